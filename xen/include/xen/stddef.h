/* SPDX-License-Identifier: GPL-2.0-only */
/* size_t, NULL and friends. */
#ifndef XEN_STDDEF_H
#define XEN_STDDEF_H

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;

#undef NULL
#define NULL ((void *)0)

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

#endif /* XEN_STDDEF_H */
