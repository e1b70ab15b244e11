/* SPDX-License-Identifier: GPL-2.0-only */
/* The basic types, their limits, and bitmap declarations. */
#ifndef XEN_TYPES_H
#define XEN_TYPES_H

#include <xen/compiler.h>
#include <xen/stdbool.h>
#include <xen/stddef.h>
#include <xen/stdint.h>

#include <asm/types.h>

typedef signed long ssize_t;

#define BITS_TO_LONGS(bits) \
    (((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) \
    unsigned long name[BITS_TO_LONGS(bits)]

#define SHRT_MAX    0x7fff
#define SHRT_MIN    (-SHRT_MAX - 1)
#define USHRT_MAX   (SHRT_MAX * 2 + 1)
#define INT_MAX     ((int)(~0U >> 1))
#define INT_MIN     (-INT_MAX - 1)
#define UINT_MAX    (~0U)
#define LONG_MAX    ((long)(~0UL >> 1))
#define LONG_MIN    (-LONG_MAX - 1)
#define ULONG_MAX   (~0UL)

/* Integers of a stated byte order, for documentation. */
typedef uint16_t __le16;
typedef uint16_t __be16;
typedef uint32_t __le32;
typedef uint32_t __be32;
typedef uint64_t __le64;
typedef uint64_t __be64;

/* Atomically set (clear) a bool and return what it was. Full barrier. */
#define test_and_set_bool(b)   xchg(&(b), true)
#define test_and_clear_bool(b) xchg(&(b), false)

#endif /* XEN_TYPES_H */
