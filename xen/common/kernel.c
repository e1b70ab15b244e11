/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: words separated by blanks, each acted upon by the parameter of its name (xen/param.h), in order.
 *
 * Owns the saved line and the taint flags. Refuses: a word that no parameter knows, with one warning.
 * Locks: none, boot only; taint is an atomic or.
 */
#include <xen/atomic.h>
#include <xen/ctype.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/param.h>

#define MAX_CMDLINE 1024
#define MAX_WORD    256

char __initdata saved_cmdline[MAX_CMDLINE];

static int __init assign_integer(const struct kernel_param *param, uint64_t val)
{
    switch ( param->len )
    {
    case sizeof(uint8_t):
        if ( val > UINT8_MAX )
            return -EOVERFLOW;
        write_atomic((uint8_t *)param->par.var, val);
        break;
    case sizeof(uint16_t):
        if ( val > UINT16_MAX )
            return -EOVERFLOW;
        write_atomic((uint16_t *)param->par.var, val);
        break;
    case sizeof(uint32_t):
        if ( val > UINT32_MAX )
            return -EOVERFLOW;
        write_atomic((uint32_t *)param->par.var, val);
        break;
    case sizeof(uint64_t):
        write_atomic((uint64_t *)param->par.var, val);
        break;
    default:
        BUG();
    }

    return 0;
}

/* @value: what follows "=", or NULL without one; @negated: the word began with "no-" */
static int __init assign(const struct kernel_param *param, const char *value, bool negated)
{
    const char *end = NULL;
    uint64_t number;
    int on;

    if ( negated && param->type != OPT_BOOL )
        return -EINVAL;

    switch ( param->type )
    {
    case OPT_STR:
        strlcpy(param->par.var, value ?: "", param->len);
        return 0;

    case OPT_UINT:
        if ( !value || !*value )
            return -EINVAL;
        number = simple_strtoull(value, &end, 0);
        return *end ? -EINVAL : assign_integer(param, number);

    case OPT_SIZE:
        if ( !value || !*value )
            return -EINVAL;
        number = parse_size_and_unit(value, &end);
        return *end ? -EINVAL : assign_integer(param, number);

    case OPT_BOOL:
        on = value ? parse_bool(value, NULL) : 1;
        return on < 0 ? -EINVAL : assign_integer(param, negated ? !on : on);

    case OPT_CUSTOM:
        return param->par.func(value ?: "");
    }

    return -EINVAL;
}

static void __init parse_word(char *word)
{
    const struct kernel_param *param;
    char *value = strchr(word, '=');
    bool negated, known = false;
    const char *name;

    if ( value )
        *value++ = '\0';

    for ( param = __setup_start; param < __setup_end; param++ )
    {
        negated = !strncmp(word, "no-", 3) && strcmp(word, param->name);
        name = negated ? word + 3 : word;

        if ( strcmp(name, param->name) )
            continue;

        known = true;
        if ( assign(param, value, negated) )
            printk(XENLOG_WARNING "Command line: \"%s\" does not take \"%s\"\n", word, value ?: "");
    }

    if ( !known )
        printk(XENLOG_WARNING "Command line: nobody knows \"%s\"\n", word);
}

void __init cmdline_parse(const char *cmdline)
{
    const char *p = cmdline;
    char word[MAX_WORD];

    strlcpy(saved_cmdline, cmdline, sizeof(saved_cmdline));

    for ( ; ; )
    {
        size_t n = 0;

        while ( *p == ' ' )
            p++;
        if ( !*p )
            return;

        for ( ; *p && *p != ' '; p++ )
            if ( n < sizeof(word) - 1 )
                word[n++] = *p;
        word[n] = '\0';

        parse_word(word);
    }
}

unsigned int tainted;

void add_taint(unsigned int taint)
{
    unsigned int old, seen = ACCESS_ONCE(tainted);

    do {
        old = seen;
        seen = cmpxchg(&tainted, old, old | taint);
    } while ( seen != old );
}

