/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of bits (unsigned long words). The bodies are in common/bitmap.c. */
#ifndef XEN_BITMAP_H
#define XEN_BITMAP_H

#include <xen/bitops.h>
#include <xen/string.h>
#include <xen/types.h>

bool __bitmap_empty(const unsigned long *bitmap, unsigned int bits);
bool __bitmap_full(const unsigned long *bitmap, unsigned int bits);
bool __bitmap_equal(const unsigned long *a, const unsigned long *b,
                    unsigned int bits);
bool __bitmap_intersects(const unsigned long *a, const unsigned long *b,
                         unsigned int bits);
bool __bitmap_subset(const unsigned long *a, const unsigned long *b,
                     unsigned int bits);
unsigned int __bitmap_weight(const unsigned long *bitmap, unsigned int bits);
void __bitmap_set(unsigned long *map, unsigned int start, int len);
void __bitmap_clear(unsigned long *map, unsigned int start, int len);

/* Bits of the last word that belong to the bitmap. */
#define BITMAP_LAST_WORD_MASK(nbits) \
    (((nbits) % BITS_PER_LONG) ? (1UL << ((nbits) % BITS_PER_LONG)) - 1 : ~0UL)

#define bitmap_bytes(nbits) (BITS_TO_LONGS(nbits) * sizeof(unsigned long))

static inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
    memset(dst, 0, bitmap_bytes(nbits));
}

static inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
    if ( !nbits )
        return;
    memset(dst, 0xff, bitmap_bytes(nbits));
    dst[BITS_TO_LONGS(nbits) - 1] = BITMAP_LAST_WORD_MASK(nbits);
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src,
                               unsigned int nbits)
{
    memcpy(dst, src, bitmap_bytes(nbits));
}

static inline void bitmap_and(unsigned long *dst, const unsigned long *a,
                              const unsigned long *b, unsigned int nbits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++ )
        dst[i] = a[i] & b[i];
}

static inline void bitmap_or(unsigned long *dst, const unsigned long *a,
                             const unsigned long *b, unsigned int nbits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++ )
        dst[i] = a[i] | b[i];
}

static inline void bitmap_xor(unsigned long *dst, const unsigned long *a,
                              const unsigned long *b, unsigned int nbits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++ )
        dst[i] = a[i] ^ b[i];
}

static inline void bitmap_andnot(unsigned long *dst, const unsigned long *a,
                                 const unsigned long *b, unsigned int nbits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++ )
        dst[i] = a[i] & ~b[i];
}

static inline void bitmap_complement(unsigned long *dst,
                                     const unsigned long *src,
                                     unsigned int nbits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++ )
        dst[i] = ~src[i];
    if ( nbits )
        dst[BITS_TO_LONGS(nbits) - 1] &= BITMAP_LAST_WORD_MASK(nbits);
}

#define bitmap_empty(map, nbits)       __bitmap_empty(map, nbits)
#define bitmap_full(map, nbits)        __bitmap_full(map, nbits)
#define bitmap_equal(a, b, nbits)      __bitmap_equal(a, b, nbits)
#define bitmap_intersects(a, b, nbits) __bitmap_intersects(a, b, nbits)
#define bitmap_subset(a, b, nbits)     __bitmap_subset(a, b, nbits)
#define bitmap_weight(map, nbits)      __bitmap_weight(map, nbits)
#define bitmap_set(map, start, len)    __bitmap_set(map, start, len)
#define bitmap_clear(map, start, len)  __bitmap_clear(map, start, len)

/* @bit (declared here) walks the numbers of the set bits, lowest first. */
#define bitmap_for_each(bit, addr, size)                                \
    for ( unsigned int bit = find_first_bit(addr, size);                \
          bit < (size);                                                 \
          bit = find_next_bit(addr, size, bit + 1) )

#endif /* XEN_BITMAP_H */
