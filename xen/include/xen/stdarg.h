/* SPDX-License-Identifier: GPL-2.0-only */
/* Variable arguments through the compiler's builtins. */
#ifndef XEN_STDARG_H
#define XEN_STDARG_H

typedef __builtin_va_list va_list;

#define va_start(ap, last) __builtin_va_start((ap), (last))
#define va_end(ap)         __builtin_va_end(ap)
#define va_arg             __builtin_va_arg
#define va_copy(dst, src)  __builtin_va_copy((dst), (src))

#endif /* XEN_STDARG_H */
