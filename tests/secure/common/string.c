/* SPDX-License-Identifier: BSD-2-Clause */
/* The four functions a freestanding compiler may call by itself. Alignment-safe: also used with the MMU off. */
#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    while ( n-- )
        *d++ = *s++;

    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    if ( d <= s )
        return memcpy(dst, src, n);

    while ( n-- )
        d[n] = s[n];

    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    char *d = dst;

    while ( n-- )
        *d++ = c;

    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for ( ; n--; p++, q++ )
        if ( *p != *q )
            return *p - *q;

    return 0;
}
