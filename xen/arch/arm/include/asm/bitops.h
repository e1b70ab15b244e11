/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bit operations on memory, in 32-bit words.
 *
 * set/clear/change_bit are atomic and order nothing; the test_and_ forms are
 * atomic and full barriers; the forms with two underscores and "test" are not
 * atomic.
 */
#ifndef ARM_BITOPS_H
#define ARM_BITOPS_H

#include <xen/compiler.h>
#include <xen/types.h>

#define BITOP_BITS_PER_WORD 32
#define BITOP_MASK(nr)      (1U << ((unsigned int)(nr) % BITOP_BITS_PER_WORD))
#define BITOP_WORD(nr)      ((unsigned int)(nr) / BITOP_BITS_PER_WORD)

#define __set_bit(n, p)     set_bit(n, p)
#define __clear_bit(n, p)   clear_bit(n, p)

#define BITOP(name, insn)                                                     \
static inline void name(int nr, volatile void *p)                             \
{                                                                             \
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);           \
    uint32_t val, fail;                                                       \
                                                                              \
    __asm__ __volatile__ (                                                    \
        "1: ldxr %w0, %2\n"                                                   \
        "   " insn " %w0, %w0, %w3\n"                                         \
        "   stxr %w1, %w0, %2\n"                                              \
        "   cbnz %w1, 1b"                                                     \
        : "=&r" (val), "=&r" (fail), "+Q" (*w)                                \
        : "r" (BITOP_MASK(nr)) );                                             \
}

#define TEST_AND_BITOP(name, insn)                                            \
static inline int name(int nr, volatile void *p)                              \
{                                                                             \
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);           \
    uint32_t old, val, fail;                                                  \
                                                                              \
    __asm__ __volatile__ (                                                    \
        "   dmb ish\n"                                                        \
        "1: ldxr %w0, %3\n"                                                   \
        "   " insn " %w1, %w0, %w4\n"                                         \
        "   stxr %w2, %w1, %3\n"                                              \
        "   cbnz %w2, 1b\n"                                                   \
        "   dmb ish"                                                          \
        : "=&r" (old), "=&r" (val), "=&r" (fail), "+Q" (*w)                   \
        : "r" (BITOP_MASK(nr)) : "memory" );                                  \
                                                                              \
    return !!(old & BITOP_MASK(nr));                                          \
}

BITOP(set_bit, "orr")
BITOP(clear_bit, "bic")
BITOP(change_bit, "eor")
TEST_AND_BITOP(test_and_set_bit, "orr")
TEST_AND_BITOP(test_and_clear_bit, "bic")
TEST_AND_BITOP(test_and_change_bit, "eor")

#undef BITOP
#undef TEST_AND_BITOP

static inline int __test_and_set_bit(int nr, volatile void *p)
{
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);
    uint32_t old = *w;

    *w = old | BITOP_MASK(nr);

    return !!(old & BITOP_MASK(nr));
}

static inline int __test_and_clear_bit(int nr, volatile void *p)
{
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);
    uint32_t old = *w;

    *w = old & ~BITOP_MASK(nr);

    return !!(old & BITOP_MASK(nr));
}

static inline int __test_and_change_bit(int nr, volatile void *p)
{
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);
    uint32_t old = *w;

    *w = old ^ BITOP_MASK(nr);

    return !!(old & BITOP_MASK(nr));
}

static inline void __change_bit(int nr, volatile void *p)
{
    volatile uint32_t *w = (volatile uint32_t *)p + BITOP_WORD(nr);

    *w ^= BITOP_MASK(nr);
}

static inline int test_bit(int nr, const volatile void *p)
{
    const volatile uint32_t *w = (const volatile uint32_t *)p + BITOP_WORD(nr);

    return !!(*w & BITOP_MASK(nr));
}

#endif /* ARM_BITOPS_H */
