/* SPDX-License-Identifier: BSD-2-Clause */
/* See print.h. Lock: uart_lock, innermost, held while one line goes out. */
#include "arch.h"
#include "layout.h"
#include "print.h"

#define UARTDR      0x00
#define UARTFR      0x18
#define FR_TXFF     (1u << 5)

static spinlock_t uart_lock;

struct out {
    char *buf;
    size_t size, len;
};

static void put(struct out *o, char c)
{
    if ( o->len + 1 < o->size )
        o->buf[o->len++] = c;
}

static void put_number(struct out *o, uint64_t v, unsigned int base, bool neg, unsigned int width, char pad)
{
    char digits[20];
    unsigned int n = 0;

    do
        digits[n++] = "0123456789abcdef"[v % base];
    while ( (v /= base) );

    if ( neg && pad == '0' )
        put(o, '-');
    for ( ; width > n + neg; width-- )
        put(o, pad);
    if ( neg && pad != '0' )
        put(o, '-');
    while ( n )
        put(o, digits[--n]);
}

size_t format(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };

    for ( ; *fmt; fmt++ )
    {
        unsigned int width = 0;
        bool is_long = false;
        char pad = ' ';
        const char *s;
        int64_t d;

        if ( *fmt != '%' )
        {
            put(&o, *fmt);
            continue;
        }
        if ( *++fmt == '0' )
        {
            pad = '0';
            fmt++;
        }
        for ( ; *fmt >= '0' && *fmt <= '9'; fmt++ )
            width = width * 10 + *fmt - '0';
        for ( ; *fmt == 'l'; fmt++ )
            is_long = true;

        switch ( *fmt )
        {
        case 's':
            for ( s = va_arg(ap, const char *); *s; s++ )
                put(&o, *s);
            break;
        case 'c':
            put(&o, va_arg(ap, int));
            break;
        case 'd':
            d = is_long ? va_arg(ap, int64_t) : va_arg(ap, int);
            put_number(&o, d < 0 ? -(uint64_t)d : (uint64_t)d, 10, d < 0, width, pad);
            break;
        case 'u':
        case 'x':
            put_number(&o, is_long ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int), *fmt == 'x' ? 16 : 10, false,
                       width, pad);
            break;
        default:
            put(&o, *fmt);
            break;
        }
    }
    if ( size )
        buf[o.len] = 0;

    return o.len;
}

static size_t format_args(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = format(buf, size, fmt, ap);
    va_end(ap);

    return n;
}

static void uart_putc(char c)
{
    while ( mmio_read32(UART_SECURE + UARTFR) & FR_TXFF )
        ;
    mmio_write32(UART_SECURE + UARTDR, (unsigned char)c);
}

void log_line(const char *who, const char *fmt, ...)
{
    uint64_t freq = read_sysreg(cntfrq_el0), now = counter();
    char line[LOG_MAX];
    size_t len, i;
    va_list ap;

    len = format_args(line, sizeof(line), "[%5u.%06u] %s: ", (unsigned int)(now / freq),
                      (unsigned int)(now % freq * 1000000 / freq), who);
    va_start(ap, fmt);
    len += format(line + len, sizeof(line) - len, fmt, ap);
    va_end(ap);

    spin_lock(&uart_lock);
    for ( i = 0; i < len; i++ )
        uart_putc(line[i]);
    uart_putc('\r');
    uart_putc('\n');
    spin_unlock(&uart_lock);
}
