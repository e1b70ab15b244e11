/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bit operations on values, bit searches in arrays, masks. The operations on
 * memory are in <asm/bitops.h>.
 */
#ifndef XEN_BITOPS_H
#define XEN_BITOPS_H

#include <xen/compiler.h>
#include <xen/const.h>
#include <xen/types.h>

#include <asm/bitops.h>

/* Bits @h down to @l (both included) of an unsigned long (64-bit) value. */
#define GENMASK(h, l) \
    ((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))
#define GENMASK_ULL(h, l) \
    ((~0ULL << (l)) & (~0ULL >> (64 - 1 - (h))))

#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)

/* Find first (last) set: bit 0 gives 1; 0 when no bit is set. */
static always_inline __attribute_const__ unsigned int ffs(unsigned int x)
{
    return x ? __builtin_ctz(x) + 1 : 0;
}

static always_inline __attribute_const__ unsigned int ffsl(unsigned long x)
{
    return x ? __builtin_ctzl(x) + 1 : 0;
}

static always_inline __attribute_const__ unsigned int ffs64(uint64_t x)
{
    return x ? __builtin_ctzl(x) + 1 : 0;
}

static always_inline __attribute_const__ unsigned int fls(unsigned int x)
{
    return x ? 32 - __builtin_clz(x) : 0;
}

static always_inline __attribute_const__ unsigned int flsl(unsigned long x)
{
    return x ? BITS_PER_LONG - __builtin_clzl(x) : 0;
}

static always_inline __attribute_const__ unsigned int fls64(uint64_t x)
{
    return x ? 64 - __builtin_clzl(x) : 0;
}

/* Number of set bits. Written out: the builtin wants SIMD or a library. */
static inline __attribute_const__ unsigned int hweight64(uint64_t x)
{
    x -= (x >> 1) & 0x5555555555555555UL;
    x = (x & 0x3333333333333333UL) + ((x >> 2) & 0x3333333333333333UL);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fUL;

    return (x * 0x0101010101010101UL) >> 56;
}

static inline __attribute_const__ unsigned int hweightl(unsigned long x)
{
    return hweight64(x);
}

static inline __attribute_const__ unsigned int hweight32(uint32_t x)
{
    return hweight64(x);
}

static inline __attribute_const__ unsigned int hweight16(uint16_t x)
{
    return hweight64(x);
}

static inline __attribute_const__ unsigned int hweight8(uint8_t x)
{
    return hweight64(x);
}

static inline bool multiple_bits_set(unsigned long x)
{
    return x & (x - 1);
}

/* @iter walks the numbers of the bits set in @val, lowest first. */
#define for_each_set_bit(iter, val)                                     \
    for ( typeof(val) fsb_v_ = (val), *fsb_once_ = &fsb_v_;             \
          fsb_once_; fsb_once_ = NULL )                                 \
        for ( unsigned int iter;                                        \
              fsb_v_ && ((iter) = ffs64(fsb_v_) - 1, true);             \
              fsb_v_ &= fsb_v_ - 1 )

static inline uint32_t rol32(uint32_t word, unsigned int shift)
{
    return (word << (shift & 31)) | (word >> (-shift & 31));
}

static inline uint32_t ror32(uint32_t word, unsigned int shift)
{
    return (word >> (shift & 31)) | (word << (-shift & 31));
}

/*
 * Searches in an array of unsigned long. All return a bit number, or a number
 * >= @size when there is none.
 */
unsigned long find_next_bit(const unsigned long *addr, unsigned long size,
                            unsigned long offset);
unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset);

#define find_first_bit(addr, size)      find_next_bit(addr, size, 0)
#define find_first_zero_bit(addr, size) find_next_zero_bit(addr, size, 0)

#define find_first_set_bit(word) (ffsl(word) - 1)

#endif /* XEN_BITOPS_H */
