/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and truth values in text. Locks: none. Context: any. */
#include <xen/ctype.h>
#include <xen/lib.h>

static unsigned int digit_of(char c)
{
    if ( isdigit(c) )
        return c - '0';
    if ( isalpha(c) )
        return tolower(c) - 'a' + 10;
    return 64;
}

unsigned long long simple_strtoull(const char *s, const char **endp,
                                   unsigned int base)
{
    unsigned long long val = 0;

    if ( (base == 0 || base == 16) && s[0] == '0' && tolower(s[1]) == 'x' &&
         isxdigit(s[2]) )
    {
        base = 16;
        s += 2;
    }
    else if ( base == 0 )
        base = s[0] == '0' ? 8 : 10;

    for ( ; digit_of(*s) < base; s++ )
        val = val * base + digit_of(*s);

    if ( endp )
        *endp = s;

    return val;
}

unsigned long simple_strtoul(const char *s, const char **endp,
                             unsigned int base)
{
    return simple_strtoull(s, endp, base);
}

unsigned long long parse_size_and_unit(const char *s, const char **endp)
{
    const char *end;
    unsigned long long val = simple_strtoull(s, &end, 0);

    switch ( *end )
    {
    case 'T': case 't': val <<= 40; end++; break;
    case 'G': case 'g': val <<= 30; end++; break;
    case 'M': case 'm': val <<= 20; end++; break;
    case 'K': case 'k': val <<= 10; end++; break;
    case 'B': case 'b': end++; break;
    default: val <<= 10; break;
    }

    if ( endp )
        *endp = end;

    return val;
}

/* Is [s, e) the word @word? */
static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && !strncmp(s, word, len);
}

int parse_bool(const char *s, const char *e)
{
    static const char *const yes[] = { "yes", "on", "true", "enable", "1" };
    static const char *const no[] = { "no", "off", "false", "disable", "0" };
    size_t len = e ? (size_t)(e - s) : strlen(s);
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(yes); i++ )
    {
        if ( is_word(s, len, yes[i]) )
            return 1;
        if ( is_word(s, len, no[i]) )
            return 0;
    }

    return -1;
}

