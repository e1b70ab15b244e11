/* SPDX-License-Identifier: GPL-2.0-only */
/* Small macros without state: arithmetic, arrays, compile-time checks. */
#ifndef XEN_MACROS_H
#define XEN_MACROS_H

#include <xen/compiler.h>
#include <xen/const.h>

/* For a power of two @a. */
#define ROUNDUP(x, a)   (((x) + (a) - 1) & ~((a) - 1))
#define ROUNDDOWN(x, a) ((x) & ~((a) - 1))
#define IS_ALIGNED(val, align) (!((val) & ((align) - 1)))

/* For any divisor. */
#define DIV_ROUND(n, d)    (((n) + (d) / 2) / (d))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

/* Extract or insert a field given by its mask. */
#define MASK_EXTR(v, m) (((v) & (m)) / ((m) & -(m)))
#define MASK_INSR(v, m) (((v) * ((m) & -(m))) & (m))

#define ISOLATE_LSB(x) ((x) & -(x))

#define count_args_(dot, a1, a2, a3, a4, a5, a6, a7, a8, x, ...) x
#define count_args(args...) \
    count_args_(., ## args, 8, 7, 6, 5, 4, 3, 2, 1, 0)

#define PASTE_(a, b) a ## b
#define PASTE(a, b)  PASTE_(a, b)

#define __STR(...) #__VA_ARGS__
#define STR(...)   __STR(__VA_ARGS__)

#define KB(kb) (_AC(kb, ULL) << 10)
#define MB(mb) (_AC(mb, ULL) << 20)
#define GB(gb) (_AC(gb, ULL) << 30)

/* Plain comparison: both arguments may be evaluated twice. */
#define MIN(x, y) ((x) < (y) ? (x) : (y))
#define MAX(x, y) ((x) > (y) ? (x) : (y))

#ifndef __ASSEMBLY__

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]) + __must_be_array(x))

/* Fails to compile when @cond is true; the second form is an expression 0. */
#define BUILD_BUG_ON(cond)      ((void)sizeof(char[1 - 2 * !!(cond)]))
#define BUILD_BUG_ON_ZERO(cond) (sizeof(char[1 - 2 * !!(cond)]) - sizeof(char))

#define sizeof_field(type, member) sizeof(((type *)NULL)->member)
#define endof_field(type, member) \
    (offsetof(type, member) + sizeof_field(type, member))

#define typeof_field(type, member) typeof(((type *)NULL)->member)

/* The object of @type whose @member is at @ptr; keeps the type check of @ptr. */
#define container_of(ptr, type, member) ({                      \
    typeof_field(type, member) *mptr_ = (ptr);                  \
    (type *)((char *)mptr_ - offsetof(type, member)); })

#define access_field(ptr, type, member) \
    (*(typeof_field(type, member) *)((char *)(ptr) + offsetof(type, member)))

/* Type-checked, arguments evaluated once. */
#define min(x, y) ({                    \
    const typeof(x) min_x_ = (x);       \
    const typeof(y) min_y_ = (y);       \
    (void)(&min_x_ == &min_y_);         \
    min_x_ < min_y_ ? min_x_ : min_y_; })
#define max(x, y) ({                    \
    const typeof(x) max_x_ = (x);       \
    const typeof(y) max_y_ = (y);       \
    (void)(&max_x_ == &max_y_);         \
    max_x_ > max_y_ ? max_x_ : max_y_; })

#define min_t(type, x, y) ({            \
    type min_t_x_ = (x);                \
    type min_t_y_ = (y);                \
    min_t_x_ < min_t_y_ ? min_t_x_ : min_t_y_; })
#define max_t(type, x, y) ({            \
    type max_t_x_ = (x);                \
    type max_t_y_ = (y);                \
    max_t_x_ > max_t_y_ ? max_t_x_ : max_t_y_; })

#define clamp(val, lo, hi)         min(max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)

#define SWAP(a, b) do {                 \
    typeof(a) swap_ = (a);              \
    (a) = (b);                          \
    (b) = swap_;                        \
} while ( 0 )

#endif /* !__ASSEMBLY__ */

#endif /* XEN_MACROS_H */
