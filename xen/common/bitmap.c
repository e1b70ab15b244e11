/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on arrays of bits that do not fit in a line of a header.
 * Locks: none; nothing here is atomic.
 */
#include <xen/bitmap.h>
#include <xen/macros.h>

unsigned long find_next_bit(const unsigned long *addr, unsigned long size,
                            unsigned long offset)
{
    unsigned long word, i = offset / BITS_PER_LONG;

    if ( offset >= size )
        return size;

    word = addr[i] & (~0UL << (offset % BITS_PER_LONG));
    while ( !word )
    {
        if ( ++i >= BITS_TO_LONGS(size) )
            return size;
        word = addr[i];
    }

    return MIN(size, i * BITS_PER_LONG + ffsl(word) - 1);
}

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset)
{
    unsigned long word, i = offset / BITS_PER_LONG;

    if ( offset >= size )
        return size;

    word = ~addr[i] & (~0UL << (offset % BITS_PER_LONG));
    while ( !word )
    {
        if ( ++i >= BITS_TO_LONGS(size) )
            return size;
        word = ~addr[i];
    }

    return MIN(size, i * BITS_PER_LONG + ffsl(word) - 1);
}

bool __bitmap_empty(const unsigned long *bitmap, unsigned int bits)
{
    return find_next_bit(bitmap, bits, 0) >= bits;
}

bool __bitmap_full(const unsigned long *bitmap, unsigned int bits)
{
    return find_next_zero_bit(bitmap, bits, 0) >= bits;
}

/* Word @i of a bitmap, without the bits that are not part of it. */
static unsigned long word_of(const unsigned long *map, unsigned int i,
                             unsigned int bits)
{
    return i < bits / BITS_PER_LONG ? map[i]
                                    : map[i] & BITMAP_LAST_WORD_MASK(bits);
}

bool __bitmap_equal(const unsigned long *a, const unsigned long *b,
                    unsigned int bits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(bits); i++ )
        if ( word_of(a, i, bits) != word_of(b, i, bits) )
            return false;

    return true;
}

bool __bitmap_intersects(const unsigned long *a, const unsigned long *b,
                         unsigned int bits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(bits); i++ )
        if ( word_of(a, i, bits) & b[i] )
            return true;

    return false;
}

bool __bitmap_subset(const unsigned long *a, const unsigned long *b,
                     unsigned int bits)
{
    for ( unsigned int i = 0; i < BITS_TO_LONGS(bits); i++ )
        if ( word_of(a, i, bits) & ~b[i] )
            return false;

    return true;
}

unsigned int __bitmap_weight(const unsigned long *bitmap, unsigned int bits)
{
    unsigned int n = 0;

    for ( unsigned int i = 0; i < BITS_TO_LONGS(bits); i++ )
        n += hweightl(word_of(bitmap, i, bits));

    return n;
}

/* Bits [from, to) of one word. */
static unsigned long span_mask(unsigned int from, unsigned int to)
{
    return GENMASK(to - 1, from);
}

void __bitmap_set(unsigned long *map, unsigned int start, int len)
{
    unsigned int at = start, end = start + len, lo, hi;

    for ( ; at < end; at += hi - lo )
    {
        lo = at % BITS_PER_LONG;
        hi = min_t(unsigned int, BITS_PER_LONG, lo + end - at);
        map[at / BITS_PER_LONG] |= span_mask(lo, hi);
    }
}

void __bitmap_clear(unsigned long *map, unsigned int start, int len)
{
    unsigned int at = start, end = start + len, lo, hi;

    for ( ; at < end; at += hi - lo )
    {
        lo = at % BITS_PER_LONG;
        hi = min_t(unsigned int, BITS_PER_LONG, lo + end - at);
        map[at / BITS_PER_LONG] &= ~span_mask(lo, hi);
    }
}
