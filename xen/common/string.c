/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and string functions. The compiler may call memcpy, memset, memmove
 * and memcmp on its own; NO_LOOP_CALLS keeps it from turning
 * the loops here into calls of themselves.
 *
 * Locks: none. Context: any. Normal memory only: words may be unaligned.
 */
#include <xen/ctype.h>
#include <xen/string.h>
#include <xen/unaligned.h>

#ifdef __clang__
#define NO_LOOP_CALLS __attribute__((__no_builtin__))
#else
#define NO_LOOP_CALLS \
    __attribute__((__optimize__("no-tree-loop-distribute-patterns")))
#endif

NO_LOOP_CALLS void *memset(void *s, int c, size_t n)
{
    unsigned char *p = s;
    uint64_t word = (unsigned char)c * 0x0101010101010101UL;

    for ( ; n && ((unsigned long)p & 7); n-- )
        *p++ = c;
    for ( ; n >= 64; n -= 64, p += 64 )
    {
        ((uint64_t *)p)[0] = word;
        ((uint64_t *)p)[1] = word;
        ((uint64_t *)p)[2] = word;
        ((uint64_t *)p)[3] = word;
        ((uint64_t *)p)[4] = word;
        ((uint64_t *)p)[5] = word;
        ((uint64_t *)p)[6] = word;
        ((uint64_t *)p)[7] = word;
    }
    for ( ; n >= 16; n -= 16, p += 16 )
    {
        ((uint64_t *)p)[0] = word;
        ((uint64_t *)p)[1] = word;
    }
    for ( ; n >= 8; n -= 8, p += 8 )
        *(uint64_t *)p = word;
    for ( ; n; n-- )
        *p++ = c;

    return s;
}

NO_LOOP_CALLS void *memcpy(void *dest, const void *src, size_t n)
{
    unsigned char *d = dest;
    const unsigned char *s = src;

    if ( !(((unsigned long)d | (unsigned long)s) & 7) )
    {
        for ( ; n >= 16; n -= 16, d += 16, s += 16 )
        {
            uint64_t a = ((const uint64_t *)s)[0], b = ((const uint64_t *)s)[1];

            ((uint64_t *)d)[0] = a;
            ((uint64_t *)d)[1] = b;
        }
        for ( ; n >= 8; n -= 8, d += 8, s += 8 )
            *(uint64_t *)d = *(const uint64_t *)s;
    }
    else
        for ( ; n >= 8; n -= 8, d += 8, s += 8 )
            put_unaligned_t(uint64_t, get_unaligned_t(uint64_t, s), d);
    for ( ; n; n-- )
        *d++ = *s++;

    return dest;
}

NO_LOOP_CALLS void *memmove(void *dest, const void *src, size_t n)
{
    unsigned char *d = dest;
    const unsigned char *s = src;

    if ( d <= s || d >= s + n )
        for ( ; n; n-- )
            *d++ = *s++;
    else
        for ( ; n; n-- )
            d[n - 1] = s[n - 1];

    return dest;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for ( ; n; n--, x++, y++ )
        if ( *x != *y )
            return *x < *y ? -1 : 1;

    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    for ( ; n; n--, p++ )
        if ( *p == (unsigned char)c )
            return (void *)p;

    return NULL;
}

size_t strnlen(const char *s, size_t count)
{
    size_t n = 0;

    while ( n < count && s[n] )
        n++;

    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for ( ; n; n--, a++, b++ )
    {
        if ( *a != *b )
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        if ( !*a )
            break;
    }

    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for ( ; *s != (char)c; s++ )
        if ( !*s )
            return NULL;

    return (char *)s;
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;

    do {
        if ( *s == (char)c )
            found = s;
    } while ( *s++ );

    return (char *)found;
}

size_t strlcpy(char *dest, const char *src, size_t size)
{
    size_t len = strlen(src), n;

    if ( size )
    {
        n = len < size ? len : size - 1;
        memcpy(dest, src, n);
        dest[n] = '\0';
    }

    return len;
}

