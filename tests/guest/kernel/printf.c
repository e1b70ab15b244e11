/* SPDX-License-Identifier: BSD-2-Clause */
/* A small printf: %d %i %u %x %p %s %c %%, flags 0 and -, width, l ll z. One call, one uninterrupted piece of output. */
#include "kernel.h"

struct out { char *buf; size_t size, n; };

static struct spinlock console_lock;

static void put(struct out *o, char c)
{
    if ( o->n + 1 < o->size )
        o->buf[o->n] = c;
    o->n++;
}

static void pad(struct out *o, int n, char c)
{
    while ( n-- > 0 )
        put(o, c);
}

static void put_number(struct out *o, uint64_t val, bool negative, unsigned int base, int width, bool zero, bool left)
{
    char digits[24];
    int n = 0, len;

    do {
        digits[n++] = "0123456789abcdef"[val % base];
        val /= base;
    } while ( val );

    len = n + negative;
    if ( !zero && !left )
        pad(o, width - len, ' ');
    if ( negative )
        put(o, '-');
    if ( zero )
        pad(o, width - len, '0');
    while ( n )
        put(o, digits[--n]);
    if ( left )
        pad(o, width - len, ' ');
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };

    for ( ; *fmt; fmt++ )
    {
        bool zero = false, left = false;
        int width = 0, longs = 0;
        const char *s;
        int64_t val;

        if ( *fmt != '%' )
        {
            put(&o, *fmt);
            continue;
        }

        for ( fmt++; *fmt == '0' || *fmt == '-'; fmt++ )
        {
            zero |= *fmt == '0';
            left |= *fmt == '-';
        }
        if ( *fmt == '*' )
        {
            width = va_arg(ap, int);
            fmt++;
        }
        for ( ; *fmt >= '0' && *fmt <= '9'; fmt++ )
            width = width * 10 + *fmt - '0';
        for ( ; *fmt == 'l' || *fmt == 'z'; fmt++ )
            longs++;

        switch ( *fmt )
        {
        case 'd':
        case 'i':
            val = longs ? va_arg(ap, long) : va_arg(ap, int);
            put_number(&o, val < 0 ? -(uint64_t)val : (uint64_t)val, val < 0, 10, width, zero, left);
            break;

        case 'u':
        case 'x':
            put_number(&o, longs ? va_arg(ap, unsigned long) : va_arg(ap, unsigned int), false, *fmt == 'x' ? 16 : 10,
                       width, zero, left);
            break;

        case 'p':
            put(&o, '0');
            put(&o, 'x');
            put_number(&o, (uintptr_t)va_arg(ap, void *), false, 16, width, zero, left);
            break;

        case 'c':
            put(&o, (char)va_arg(ap, int));
            break;

        case 's':
            s = va_arg(ap, const char *);
            if ( !s )
                s = "(null)";
            if ( !left )
                pad(&o, width - (int)strlen(s), ' ');
            for ( val = 0; s[val]; val++ )
                put(&o, s[val]);
            if ( left )
                pad(&o, width - (int)val, ' ');
            break;

        case '\0':
            fmt--;
            break;

        default:
            put(&o, *fmt);
            break;
        }
    }

    if ( size )
        buf[o.n < size ? o.n : size - 1] = '\0';

    return (int)o.n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);

    return n;
}

void printf(const char *fmt, ...)
{
    char buf[320];
    uint64_t flags;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    flags = spin_lock_irqsave(&console_lock);
    uart_write(buf, n < (int)sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
    spin_unlock_irqrestore(&console_lock, flags);
}
