/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted text. The conversions of C without floating point, and:
 *
 *   %pd    domain: d1, or [IDLE], [XEN], [IO]
 *   %pv    vCPU: d1v0
 *   %ps    function at an address; %pS with offset and size
 *   %*pb   bitmap of * bits in hexadecimal; %*pbl as a list: 0-3,7
 *
 * Locks: none. Context: any. Nothing beyond @size is written; the return value
 * is what the whole text would need.
 */
#include <xen/bitmap.h>
#include <xen/ctype.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/symbols.h>

struct out {
    char *buf;
    size_t size;                /* of buf */
    size_t len;                 /* of the text; may be beyond size */
};

#define F_LEFT  (1U << 0)
#define F_ZERO  (1U << 1)
#define F_PLUS  (1U << 2)
#define F_SPACE (1U << 3)
#define F_ALT   (1U << 4)
#define F_UPPER (1U << 5)
#define F_SIGN  (1U << 6)

struct spec {
    unsigned int flags;
    int width;                  /* at least so many characters */
    int precision;              /* -1: none */
};

static void put(struct out *o, char c)
{
    if ( o->len < o->size )
        o->buf[o->len] = c;
    o->len++;
}

static void pad(struct out *o, char c, int n)
{
    for ( ; n > 0; n-- )
        put(o, c);
}

static void put_string(struct out *o, const char *s, const struct spec *spec)
{
    size_t i, len;

    if ( (unsigned long)s < PAGE_SIZE )
        s = "<NULL>";
    len = strnlen(s, spec->precision < 0 ? SIZE_MAX : spec->precision);

    if ( !(spec->flags & F_LEFT) )
        pad(o, ' ', spec->width - (int)len);
    for ( i = 0; i < len; i++ )
        put(o, s[i]);
    if ( spec->flags & F_LEFT )
        pad(o, ' ', spec->width - (int)len);
}

static void put_number(struct out *o, unsigned long long num, unsigned int base,
                       const struct spec *spec)
{
    const char *digits = (spec->flags & F_UPPER) ? "0123456789ABCDEF"
                                                 : "0123456789abcdef";
    char tmp[24], sign = 0;
    const char *prefix = "";
    int n = 0, zeros, total;
    bool is_zero = !num;

    if ( spec->flags & F_SIGN )
    {
        if ( (long long)num < 0 )
        {
            sign = '-';
            num = -num;
        }
        else if ( spec->flags & F_PLUS )
            sign = '+';
        else if ( spec->flags & F_SPACE )
            sign = ' ';
    }

    for ( ; num; num /= base )
        tmp[n++] = digits[num % base];
    if ( !n && spec->precision != 0 )
        tmp[n++] = '0';

    if ( (spec->flags & F_ALT) && !is_zero )
        prefix = base == 16 ? ((spec->flags & F_UPPER) ? "0X" : "0x")
                            : base == 8 ? "0" : "";

    zeros = spec->precision > n ? spec->precision - n : 0;
    total = n + zeros + !!sign + (int)strlen(prefix);
    if ( (spec->flags & F_ZERO) && !(spec->flags & F_LEFT) &&
         spec->precision < 0 && spec->width > total )
    {
        zeros += spec->width - total;
        total = spec->width;
    }

    if ( !(spec->flags & F_LEFT) )
        pad(o, ' ', spec->width - total);
    if ( sign )
        put(o, sign);
    while ( *prefix )
        put(o, *prefix++);
    pad(o, '0', zeros);
    while ( n )
        put(o, tmp[--n]);
    if ( spec->flags & F_LEFT )
        pad(o, ' ', spec->width - total);
}

static void put_decimal(struct out *o, unsigned long num)
{
    static const struct spec plain = { .precision = -1 };

    put_number(o, num, 10, &plain);
}

static void put_text(struct out *o, const char *s)
{
    while ( *s )
        put(o, *s++);
}

/* ---- Pointers with a meaning --------------------------------------------- */

static void put_domain_name(struct out *o, const struct domain *d)
{
    if ( !d )
    {
        put_text(o, "NULL");
        return;
    }

    switch ( d->domain_id )
    {
    case DOMID_IDLE: put_text(o, "[IDLE]"); break;
    case DOMID_XEN:  put_text(o, "[XEN]"); break;
    case DOMID_IO:   put_text(o, "[IO]"); break;
    default:
        put(o, 'd');
        put_decimal(o, d->domain_id);
        break;
    }
}

static void put_vcpu_name(struct out *o, const struct vcpu *v)
{
    put_domain_name(o, v ? v->domain : NULL);
    if ( v )
    {
        put(o, 'v');
        put_decimal(o, v->vcpu_id);
    }
}

static void put_symbol(struct out *o, const void *p, bool with_offset)
{
    static const struct spec hex = { .flags = F_ALT, .precision = -1 };
    unsigned long size, offset;
    char buf[KSYM_NAME_LEN + 1];
    const char *name = symbols_lookup((unsigned long)p, &size, &offset, buf);

    if ( !name )
    {
        put_number(o, (unsigned long)p, 16, &hex);
        return;
    }

    put_text(o, name);
    if ( with_offset || offset )
    {
        put(o, '+');
        put_number(o, offset, 16, &hex);
        put(o, '/');
        put_number(o, size, 16, &hex);
    }
}

static void put_bitmap_hex(struct out *o, const unsigned long *map, int bits)
{
    int i = ROUNDUP(bits, 32);
    struct spec spec = { .flags = F_ZERO, .precision = -1 };

    for ( ; i > 0; i -= 32 )
    {
        uint32_t word = ((const uint32_t *)map)[i / 32 - 1];

        if ( i > bits )
            word &= (1U << (bits % 32)) - 1;
        spec.width = i > bits ? DIV_ROUND_UP(bits % 32, 4) : 8;
        put_number(o, word, 16, &spec);
        if ( i > 32 )
            put(o, ',');
    }
}

static void put_bitmap_list(struct out *o, const unsigned long *map, int bits)
{
    unsigned int from = find_first_bit(map, bits), end;
    bool first = true;

    while ( from < bits )
    {
        end = find_next_zero_bit(map, bits, from);
        if ( !first )
            put(o, ',');
        first = false;
        put_decimal(o, from);
        if ( end > from + 1 )
        {
            put(o, '-');
            put_decimal(o, end - 1);
        }
        from = find_next_bit(map, bits, end);
    }
}

/* Returns the format behind what it has understood. */
static const char *put_pointer(struct out *o, const char *fmt, const void *p,
                               struct spec *spec)
{
    switch ( *fmt )
    {
    case 'd':
        put_domain_name(o, p);
        return fmt + 1;

    case 'v':
        put_vcpu_name(o, p);
        return fmt + 1;

    case 's':
    case 'S':
        put_symbol(o, p, *fmt == 'S');
        return fmt + 1;

    case 'b':
        if ( fmt[1] == 'l' )
        {
            put_bitmap_list(o, p, spec->width);
            return fmt + 2;
        }
        put_bitmap_hex(o, p, spec->width);
        return fmt + 1;
    }

    if ( spec->width <= 0 )
    {
        spec->width = 2 * sizeof(void *);
        spec->flags |= F_ZERO;
    }
    put_number(o, (unsigned long)p, 16, spec);

    return fmt;
}

/* ---- The format ---------------------------------------------------------- */

static const char *parse_flags(const char *fmt, struct spec *spec)
{
    for ( ; ; fmt++ )
        switch ( *fmt )
        {
        case '-': spec->flags |= F_LEFT; break;
        case '0': spec->flags |= F_ZERO; break;
        case '+': spec->flags |= F_PLUS; break;
        case ' ': spec->flags |= F_SPACE; break;
        case '#': spec->flags |= F_ALT; break;
        default: return fmt;
        }
}

static int parse_int(const char **fmt)
{
    int n = 0;

    for ( ; isdigit(**fmt); (*fmt)++ )
        n = n * 10 + (**fmt - '0');

    return n;
}

/* Bytes of the integer argument: hh 1, h 2, nothing 4, l ll z j t 8. */
static unsigned int parse_size(const char **fmt)
{
    switch ( **fmt )
    {
    case 'h':
        if ( *++*fmt != 'h' )
            return 2;
        ++*fmt;
        return 1;

    case 'l':
        if ( *++*fmt == 'l' )
            ++*fmt;
        return 8;

    case 'z': case 'j': case 't': case 'L':
        ++*fmt;
        return 8;
    }

    return 4;
}

static unsigned long long resize(unsigned long long num, unsigned int bytes,
                                 bool is_signed)
{
    unsigned int shift = 64 - 8 * bytes;

    num <<= shift;

    return is_signed ? (unsigned long long)((long long)num >> shift)
                     : num >> shift;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = { .buf = buf, .size = size };
    static const struct spec none = { .precision = -1 };
    unsigned long long num;
    unsigned int bytes, base;
    struct spec spec;

    while ( *fmt )
    {
        if ( *fmt != '%' )
        {
            put(&o, *fmt++);
            continue;
        }

        spec = none;
        fmt = parse_flags(fmt + 1, &spec);

        if ( *fmt == '*' )
        {
            fmt++;
            spec.width = va_arg(args, int);
            if ( spec.width < 0 )
            {
                spec.flags |= F_LEFT;
                spec.width = -spec.width;
            }
        }
        else
            spec.width = parse_int(&fmt);

        if ( *fmt == '.' )
        {
            fmt++;
            if ( *fmt == '*' )
            {
                fmt++;
                spec.precision = va_arg(args, int);
            }
            else
                spec.precision = parse_int(&fmt);
        }

        bytes = parse_size(&fmt);
        base = 10;

        switch ( *fmt++ )
        {
        case '\0':
            fmt--;
            continue;

        case '%':
            put(&o, '%');
            continue;

        case 'c':
            if ( !(spec.flags & F_LEFT) )
                pad(&o, ' ', spec.width - 1);
            put(&o, va_arg(args, int));
            if ( spec.flags & F_LEFT )
                pad(&o, ' ', spec.width - 1);
            continue;

        case 's':
            put_string(&o, va_arg(args, const char *), &spec);
            continue;

        case 'p':
            fmt = put_pointer(&o, fmt, va_arg(args, const void *), &spec);
            continue;

        case 'd':
        case 'i':
            spec.flags |= F_SIGN;
            break;

        case 'u':
            break;

        case 'o':
            base = 8;
            break;

        case 'X':
            spec.flags |= F_UPPER;
            fallthrough;
        case 'x':
            base = 16;
            break;

        default:
            /* Not a conversion: show it as it is. */
            put(&o, '%');
            put(&o, fmt[-1]);
            continue;
        }

        num = bytes == 8 ? va_arg(args, unsigned long long)
                         : va_arg(args, unsigned int);
        put_number(&o, resize(num, bytes, spec.flags & F_SIGN), base, &spec);
    }

    if ( size )
        buf[o.len < size ? o.len : size - 1] = '\0';

    return o.len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(buf, size, fmt, args);

    return len < size ? len : size ? (int)size - 1 : 0;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(buf, size, fmt, args);
    va_end(args);

    return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vscnprintf(buf, size, fmt, args);
    va_end(args);

    return len;
}
