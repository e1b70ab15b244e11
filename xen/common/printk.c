/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * printk(): levels, limits, whole lines.
 *
 * Each CPU collects its text until the line is complete and hands it to the
 * console at once, so lines of different CPUs never mix; an interrupt on the
 * same CPU cannot get in between, interrupts are off meanwhile. A level counts
 * for the rest of its line.
 *
 * Locks: none here (ratelimit_lock: IRQs off, a leaf). Context: any.
 */
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#define LINE_MAX 256

struct line {
    unsigned int len;
    bool started;               /* a level was chosen for it */
    bool drop;
    char text[LINE_MAX];
};

static DEFINE_PER_CPU(struct line, line);
static DEFINE_PER_CPU(char[512], format_buf);

/*
 * A message passes when its level is below lower; is limited in rate up to
 * upper; and is dropped from there. Text of guests is always limited, each
 * domain by itself: one that floods does not hide what another does.
 */
struct thresholds {
    unsigned int lower, upper;
};

#define LEVEL_DEFAULT 1         /* a message that names none: warning */
#define LEVEL_ALL     4

#ifndef NDEBUG
static struct thresholds __read_mostly hv_levels = { LEVEL_ALL, LEVEL_ALL };
static struct thresholds __read_mostly guest_levels = { 0, LEVEL_ALL };
#else
static struct thresholds __read_mostly hv_levels = { 3, 3 };
static struct thresholds __read_mostly guest_levels = { 0, 2 };
#endif

/* ---- loglvl=, guest_loglvl= ---------------------------------------------- */

static int __init parse_level(const char *s, size_t len)
{
    static const char *const names[] = {
        "none", "error", "warning", "info", "debug",
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(names); i++ )
        if ( strlen(names[i]) == len && !strncmp(s, names[i], len) )
            return i;

    return len == 3 && !strncmp(s, "all", 3) ? LEVEL_ALL : -EINVAL;
}

/* "<level>" or "<level>/<level up to which the rate is limited>" */
static int __init parse_thresholds(const char *s, struct thresholds *t)
{
    const char *slash = strchr(s, '/');
    int lower = parse_level(s, slash ? (size_t)(slash - s) : strlen(s));
    int upper = slash ? parse_level(slash + 1, strlen(slash + 1)) : lower;

    if ( lower < 0 || upper < 0 )
        return -EINVAL;

    t->lower = lower;
    t->upper = max(lower, upper);

    return 0;
}

static int __init parse_loglvl(const char *s)
{
    return parse_thresholds(s, &hv_levels);
}
custom_param("loglvl", parse_loglvl);

static int __init parse_guest_loglvl(const char *s)
{
    return parse_thresholds(s, &guest_levels);
}
custom_param("guest_loglvl", parse_guest_loglvl);

/* ---- Rate ---------------------------------------------------------------- */

/* Covers all limits: that of the hypervisor's text, and one in each domain. */
static DEFINE_SPINLOCK(ratelimit_lock);
static struct ratelimit hv_limit;

#define RATELIMIT_MS    5000
#define RATELIMIT_BURST 10

/* @missed: how many were refused before this one; only set on true. */
static bool ratelimit(struct ratelimit *limit, unsigned int ms,
                      unsigned int burst, unsigned int *missed)
{
    unsigned long flags;
    s_time_t now = NOW();
    bool pass;

    spin_lock_irqsave(&ratelimit_lock, flags);

    if ( now - limit->window > MILLISECS(ms) )
    {
        limit->window = now;
        limit->printed = 0;
    }

    pass = limit->printed < burst;
    if ( pass )
    {
        limit->printed++;
        *missed = limit->refused;
        limit->refused = 0;
    }
    else
        limit->refused++;

    spin_unlock_irqrestore(&ratelimit_lock, flags);

    return pass;
}

bool __printk_ratelimit(unsigned int ratelimit_ms, unsigned int ratelimit_burst)
{
    unsigned int missed;

    if ( !ratelimit(&hv_limit, ratelimit_ms, ratelimit_burst, &missed) )
        return false;
    if ( missed )
        printk("%u messages suppressed\n", missed);

    return true;
}

bool printk_ratelimit(void)
{
    return __printk_ratelimit(RATELIMIT_MS, RATELIMIT_BURST);
}

/* ---- Lines --------------------------------------------------------------- */

static void line_out(struct line *l)
{
    char prefix[40];
    s_time_t now = NOW();
    unsigned int n;

    if ( !l->drop )
    {
        n = scnprintf(prefix, sizeof(prefix), "[%5u.%06u] hv: ",
                      (unsigned int)(now / SECONDS(1)),
                      (unsigned int)(now % SECONDS(1) / 1000));
        console_write_line(prefix, n, l->text, l->len);
    }

    l->len = 0;
    l->started = false;
    l->drop = false;
}

static void line_add(struct line *l, const char *s)
{
    for ( ; *s; s++ )
    {
        if ( *s == '\n' )
            line_out(l);
        else
        {
            if ( l->len == LINE_MAX )
                line_out(l);
            l->started = true;
            l->text[l->len++] = *s;
        }
    }
}

/* Skip "<G>" and "<n>"; say what they mean. */
static const char *parse_prefix(const char *s, bool *guest, unsigned int *level)
{
    *guest = false;
    *level = LEVEL_DEFAULT;

    while ( s[0] == '<' && s[1] && s[2] == '>' )
    {
        if ( s[1] == 'G' )
            *guest = true;
        else if ( s[1] >= '0' && s[1] <= '3' )
            *level = s[1] - '0';
        else
            break;
        s += 3;
    }

    return s;
}

/* Does a line of that level have to go? */
static bool dropped(bool guest, unsigned int level, struct domain *d,
                    unsigned int *missed)
{
    struct ratelimit *limit = guest && d ? &d->log_limit : &hv_limit;
    const struct thresholds *t = guest ? &guest_levels : &hv_levels;

    if ( level < t->lower )
        return false;
    if ( level >= t->upper )
        return true;

    return !ratelimit(limit, RATELIMIT_MS, RATELIMIT_BURST, missed);
}

static void say_missed(struct line *l, const struct domain *d,
                       unsigned int missed)
{
    char text[50];

    if ( d )
        snprintf(text, sizeof(text), "%u messages about %pd suppressed\n",
                 missed, d);
    else
        snprintf(text, sizeof(text), "%u messages suppressed\n", missed);
    line_add(l, text);
}

/* @d: whose limit counts if it is text of a guest; NULL: the hypervisor's */
static void vprintk_of(struct domain *d, const char *fmt, va_list args)
{
    unsigned int level, missed = 0;
    unsigned long flags;
    struct line *l;
    const char *s;
    bool guest;
    char *buf;

    local_irq_save(flags);

    l = &this_cpu(line);
    buf = this_cpu(format_buf);
    vsnprintf(buf, sizeof(this_cpu(format_buf)), fmt, args);

    s = buf;
    if ( !l->started )
    {
        s = parse_prefix(s, &guest, &level);
        l->drop = dropped(guest, level, d, &missed);
        if ( missed )
            say_missed(l, guest ? d : NULL, missed);
        /* All lines of one message share its fate. */
        while ( l->drop && *s )
        {
            l->started = *s != '\n';
            s++;
        }
        if ( !l->started )
            l->drop = false;
    }
    else if ( l->drop )
    {
        /* The rest of a line that was dropped at its start. */
        while ( *s && *s != '\n' )
            s++;
        if ( *s )
        {
            l->started = l->drop = false;
            s++;
        }
    }
    line_add(l, s);

    local_irq_restore(flags);

    console_drain();
}

void vprintk(const char *fmt, va_list args)
{
    /* Text of guests is about the one that runs, unless guest_printk() says whom. */
    vprintk_of(current ? current->domain : NULL, fmt, args);
}

void printk(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

static void __printf(2, 3) printk_of(struct domain *d, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk_of(d, fmt, args);
    va_end(args);
}

void guest_printk(const struct domain *d, const char *fmt, ...)
{
    char text[LINE_MAX];
    const char *s;
    unsigned int level;
    va_list args;
    bool guest;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    s = parse_prefix(text, &guest, &level);
    if ( d )
        printk_of((struct domain *)d, "%.*s%pd %s", (int)(s - text), text, d, s);
    else
        printk("%s", text);
}
