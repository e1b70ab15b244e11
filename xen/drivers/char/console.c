/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One UART for the hypervisor and all guests.
 *
 * Lines are put into a ring whole and go out character by character, a few at
 * a time under console_lock, so that no CPU has its interrupts off for a line.
 * Who puts one in sees to it that it goes out. Before there is a UART the ring
 * keeps what fits. A guest's text is collected in its struct domain and printed
 * with the domain's name; lines above a rate that no sane guest reaches are
 * counted instead.
 * Input belongs to the hypervisor (its debug keys) or to one domain; Ctrl-A
 * three times moves it on. With "console-live" for somebody at a terminal, that
 * domain's characters go out as they come, so that one sees prompts and echo.
 *
 * Locks: d->console_lock, then console_lock; both with IRQs off. The owner of
 * the input is one word.
 */
#include <xen/console.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <xen/time.h>

#include <asm/setup.h>
#include <asm/vpl011.h>

static DEFINE_SPINLOCK(console_lock);
static bool console_free_for_all;       /* panic: nobody locks any more */

static const struct console_uart *uart;

/* console_lock: what waits for the UART; the positions run free. */
#define RING_SIZE 16384U
static char ring[RING_SIZE];
static unsigned int ring_in, ring_out;

/* Characters that go out with interrupts off: 1.4 ms at 115200 baud. */
#define RING_CHUNK 16

/* Who gets the input: a domain, or DOMID_INVALID for the hypervisor. */
static domid_t rx_owner = DOMID_INVALID;

static bool __ro_after_init console_live;
boolean_param("console-live", console_live);

/* console_lock: the domain whose unfinished line is the last thing on the UART. */
static const struct domain *live_line;

static char __initdata conswitch[64];
string_param("conswitch", conswitch);

/* ---- Output -------------------------------------------------------------- */

static void ring_drain(unsigned int max)
{
    for ( ; uart && max && ring_out != ring_in; max-- )
        uart->putc(ring[ring_out++ % RING_SIZE]);
}

/* Full: what is in it goes out first; without a UART the rest is lost. */
static void emit(const char *s, size_t n)
{
    for ( ; n; n-- )
    {
        if ( ring_in - ring_out == RING_SIZE )
            ring_drain(1);
        if ( ring_in - ring_out == RING_SIZE )
            return;
        ring[ring_in++ % RING_SIZE] = *s++;
    }
}

/* False: nobody locks any more. Interrupts are off either way. */
static bool output_lock(unsigned long *flags)
{
    bool lock = !read_atomic(&console_free_for_all);

    local_irq_save(*flags);
    if ( lock )
        spin_lock(&console_lock);

    return lock;
}

static void output_unlock(bool locked, unsigned long flags)
{
    if ( locked )
        spin_unlock(&console_lock);
    local_irq_restore(flags);
}

void console_write_line(const char *prefix, size_t prefix_len,
                        const char *text, size_t len)
{
    unsigned long flags;
    bool locked = output_lock(&flags);

    if ( live_line )
        emit("\r\n", 2);
    live_line = NULL;
    emit(prefix, prefix_len);
    emit(text, len);
    emit("\r\n", 2);

    output_unlock(locked, flags);
}

void console_drain(void)
{
    unsigned int end = read_atomic(&ring_in);
    unsigned long flags;
    bool locked;

    while ( uart && (int)(end - read_atomic(&ring_out)) > 0 )
    {
        locked = output_lock(&flags);
        ring_drain(RING_CHUNK);
        output_unlock(locked, flags);
    }
}

void console_force_unlock(void)
{
    write_atomic(&console_free_for_all, true);
}

void console_panic_flush(void)
{
    if ( uart )
        return;

    /* Nothing has gone out, so it begins at the beginning. */
    ring[MIN(ring_in, RING_SIZE - 1)] = '\0';
    early_puts(ring);
}

void console_register_uart(const struct console_uart *new)
{
    unsigned long flags;

    spin_lock_irqsave(&console_lock, flags);
    uart = new;
    spin_unlock_irqrestore(&console_lock, flags);

    console_drain();
}

/* ---- Guests -------------------------------------------------------------- */

static unsigned int guest_prefix(const struct domain *d, char *prefix,
                                 size_t size)
{
    s_time_t now = NOW();

    return scnprintf(prefix, size, "[%5u.%06u] %s: ",
                     (unsigned int)(now / SECONDS(1)),
                     (unsigned int)(now % SECONDS(1) / 1000), d->name);
}

/* Lines of a guest in a second */
#define GUEST_LINES_MAX 2000

/* Under d->console_lock. */
static void say_dropped(struct domain *d)
{
    char prefix[80], text[40];
    unsigned int n = guest_prefix(d, prefix, sizeof(prefix));

    if ( d->console_dropped )
        console_write_line(prefix, n, text,
                           scnprintf(text, sizeof(text), "(%u lines dropped)",
                                     d->console_dropped));
    d->console_dropped = 0;
}

/* Under d->console_lock. */
static void guest_line_out(struct domain *d)
{
    s_time_t now = NOW();
    char prefix[80];
    unsigned int n;

    if ( now - d->console_window >= SECONDS(1) )
    {
        say_dropped(d);
        d->console_window = now;
        d->console_lines = 0;
    }

    if ( d->console_lines < GUEST_LINES_MAX )
    {
        d->console_lines++;
        n = guest_prefix(d, prefix, sizeof(prefix));
        console_write_line(prefix, n, d->console_line, d->console_len);
    }
    else
        d->console_dropped++;

    d->console_len = 0;
}

/*
 * What of a guest's bytes goes on. To a terminal 0x80 to 0x9f are commands, as
 * bytes and encoded (0xc2 before them); within longer sequences of UTF-8 they
 * are not. d->console_utf8: bytes that are still to come of a sequence, or 0xc2,
 * which waits for the next byte. Returns how many of @out. Under
 * d->console_lock.
 */
static unsigned int guest_filter(struct domain *d, unsigned char c, char out[2])
{
    unsigned int state = d->console_utf8, n = 0;

    if ( c >= 0x80 && c <= 0xbf )
    {
        d->console_utf8 = state && state != 0xc2 ? state - 1 : 0;
        if ( c < 0xa0 && (!state || state == 0xc2) )
            return 0;
        if ( state == 0xc2 )
            out[n++] = 0xc2;
    }
    else
    {
        if ( c > 0xf4 || c < 0xc2 )
            d->console_utf8 = 0;
        else
            d->console_utf8 = c == 0xc2 ? c : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if ( c == 0xc2 || c == 0x7f )
            return 0;
    }
    out[n++] = c;

    return n;
}

/*
 * One character of the domain that has the input, control characters too. What
 * it wrote before is shown again when somebody else wrote in between. Under
 * d->console_lock.
 */
static void guest_char_live(struct domain *d, char c)
{
    char prefix[80];
    unsigned int n;

    spin_lock(&console_lock);
    if ( live_line != d )
    {
        if ( live_line )
            emit("\r\n", 2);
        n = guest_prefix(d, prefix, sizeof(prefix));
        emit(prefix, n);
        emit(d->console_line, d->console_len);
    }

    if ( c == '\n' )
    {
        emit("\r\n", 2);
        live_line = NULL;
        d->console_len = 0;
    }
    else
    {
        emit(&c, 1);
        live_line = d;
        if ( c == '\b' )
            d->console_len -= !!d->console_len;
        else if ( c >= ' ' && d->console_len < sizeof(d->console_line) )
            d->console_line[d->console_len++] = c;
    }
    spin_unlock(&console_lock);
}

/* Under d->console_lock. True: there is something to drain. */
static bool guest_char(struct domain *d, unsigned char c)
{
    bool line = c == '\n';

    if ( console_live && read_atomic(&rx_owner) == d->domain_id )
    {
        guest_char_live(d, c);
        return true;
    }

    if ( !line && c < ' ' && c != '\t' )
        return false;

    if ( !line && d->console_len == sizeof(d->console_line) )
        line = true;
    if ( line )
        guest_line_out(d);
    if ( c != '\n' )
        d->console_line[d->console_len++] = c;

    return line;
}

void guest_console_write(struct domain *d, const char *s, size_t n)
{
    unsigned long flags;

    while ( n )
    {
        bool drain = false;

        /* No more than a line at a time, so that no queue gets long. */
        spin_lock_irqsave(&d->console_lock, flags);
        for ( ; n && !drain; n-- )
        {
            unsigned int i, nr;
            char out[2];

            nr = guest_filter(d, *s++, out);
            for ( i = 0; i < nr; i++ )
                drain |= guest_char(d, out[i]);
        }
        spin_unlock_irqrestore(&d->console_lock, flags);

        if ( drain )
            console_drain();
    }
}

void guest_console_flush(struct domain *d)
{
    unsigned long flags;

    spin_lock_irqsave(&d->console_lock, flags);
    spin_lock(&console_lock);
    if ( live_line == d )
    {
        emit("\r\n", 2);
        live_line = NULL;
        d->console_len = 0;
    }
    spin_unlock(&console_lock);
    if ( d->console_len )
        guest_line_out(d);
    say_dropped(d);
    spin_unlock_irqrestore(&d->console_lock, flags);

    console_drain();
}

/* ---- Input --------------------------------------------------------------- */

#define SWITCH_CHAR  0x01       /* Ctrl-A */
#define SWITCH_COUNT 3

static void give_input_to(const struct domain *d)
{
    write_atomic(&rx_owner, d ? d->domain_id : (domid_t)DOMID_INVALID);
    if ( d )
        printk("Input to %pd (%s), Ctrl-A three times to switch\n", d,
               d->name);
    else
        printk("Input to the hypervisor, Ctrl-A three times to switch, h for help\n");
}

/* The domain behind the owner in order of ids; then the hypervisor again. */
static void switch_input(void)
{
    domid_t owner = read_atomic(&rx_owner);
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        if ( !d->is_dying && (owner == DOMID_INVALID || d->domain_id > owner) )
            break;
    give_input_to(d);
    rcu_read_unlock(&domlist_read_lock);
}

static void deliver(char c)
{
    domid_t owner = read_atomic(&rx_owner);
    struct domain *d;

    if ( owner == DOMID_INVALID )
    {
        handle_keypress(c);
        return;
    }

    d = rcu_lock_domain_by_id(owner);
    if ( d )
    {
        vpl011_rx_char(d, c);
        rcu_unlock_domain(d);
    }
}

void console_rx(char c)
{
    static unsigned int switches;       /* only the UART's interrupt */

    if ( c == SWITCH_CHAR )
    {
        if ( ++switches == SWITCH_COUNT )
        {
            switches = 0;
            switch_input();
        }
        return;
    }

    /* They were meant for the owner after all. */
    for ( ; switches; switches-- )
        deliver(SWITCH_CHAR);
    deliver(c);
}

void console_domain_gone(struct domain *d)
{
    if ( read_atomic(&rx_owner) == d->domain_id )
        give_input_to(NULL);
}

/* ---- Boot ---------------------------------------------------------------- */

void __init console_init_preirq(void)
{
    int rc = pl011_init();

    if ( rc )
        printk(XENLOG_ERR "No UART that can be used: error %d\n", rc);
}

void __init console_init_postirq(void)
{
    if ( uart && uart->start_rx )
        uart->start_rx();
}

void __init console_endboot(void)
{
    struct domain *d;

    if ( !conswitch[0] )
        return;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        if ( !strcmp(d->name, conswitch) )
            break;
    if ( d )
        give_input_to(d);
    else
        printk(XENLOG_WARNING "conswitch=%s: no such domain\n", conswitch);
    rcu_read_unlock(&domlist_read_lock);
}
