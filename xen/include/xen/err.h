/* SPDX-License-Identifier: GPL-2.0-only */
/* Error numbers carried in pointers. */
#ifndef XEN_ERR_H
#define XEN_ERR_H

#include <xen/compiler.h>
#include <xen/errno.h>
#include <xen/stdbool.h>
#include <xen/stddef.h>

/* The last page of the address space holds no object. */
#define MAX_ERRNO 4095

#define IS_ERR_VALUE(x) unlikely((x) >= (unsigned long)-MAX_ERRNO)

static inline void *__must_check ERR_PTR(long error)
{
    return (void *)error;
}

static inline long __must_check PTR_ERR(const void *ptr)
{
    return (long)ptr;
}

static inline bool __must_check IS_ERR(const void *ptr)
{
    return IS_ERR_VALUE((unsigned long)ptr);
}

static inline bool __must_check IS_ERR_OR_NULL(const void *ptr)
{
    return !ptr || IS_ERR_VALUE((unsigned long)ptr);
}

static inline int __must_check PTR_RET(const void *ptr)
{
    return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0;
}

#endif /* XEN_ERR_H */
