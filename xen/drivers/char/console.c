/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One UART for the hypervisor and all guests.
 *
 * Output goes to the UART line by line under console_lock; before there is a
 * UART it is kept, and printed when one comes. A guest's text is collected in
 * its struct domain and printed with the domain's name.
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

/* console_lock: output before the UART is there; what does not fit is lost. */
static char early_text[16384];
static unsigned int early_len;

/* Who gets the input: a domain, or DOMID_INVALID for the hypervisor. */
static domid_t rx_owner = DOMID_INVALID;

static bool __ro_after_init console_live;
boolean_param("console-live", console_live);

/* console_lock: the domain whose unfinished line is the last thing on the UART. */
static const struct domain *live_line;

static char __initdata conswitch[64];
string_param("conswitch", conswitch);

/* ---- Output -------------------------------------------------------------- */

static void emit(const char *s, size_t n)
{
    size_t i;

    for ( i = 0; i < n; i++ )
    {
        if ( uart )
            uart->putc(s[i]);
        else if ( early_len < sizeof(early_text) )
            early_text[early_len++] = s[i];
    }
}

void console_write_line(const char *prefix, size_t prefix_len,
                        const char *text, size_t len)
{
    bool lock = !read_atomic(&console_free_for_all);
    unsigned long flags;

    local_irq_save(flags);
    if ( lock )
        spin_lock(&console_lock);

    if ( live_line )
        emit("\r\n", 2);
    live_line = NULL;
    emit(prefix, prefix_len);
    emit(text, len);
    emit("\r\n", 2);

    if ( lock )
        spin_unlock(&console_lock);
    local_irq_restore(flags);
}

void console_force_unlock(void)
{
    write_atomic(&console_free_for_all, true);
}

void console_panic_flush(void)
{
    if ( uart )
        return;
    early_text[MIN(early_len, sizeof(early_text) - 1)] = '\0';
    early_puts(early_text);
}

void console_register_uart(const struct console_uart *new)
{
    unsigned long flags;

    spin_lock_irqsave(&console_lock, flags);
    uart = new;
    emit(early_text, early_len);
    spin_unlock_irqrestore(&console_lock, flags);
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

/* Under d->console_lock. */
static void guest_line_out(struct domain *d)
{
    char prefix[80];
    unsigned int n = guest_prefix(d, prefix, sizeof(prefix));

    console_write_line(prefix, n, d->console_line, d->console_len);
    d->console_len = 0;
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

void guest_console_write(struct domain *d, const char *s, size_t n)
{
    unsigned long flags;
    size_t i;

    spin_lock_irqsave(&d->console_lock, flags);
    for ( i = 0; i < n; i++ )
    {
        unsigned char c = s[i];

        if ( console_live && read_atomic(&rx_owner) == d->domain_id )
            guest_char_live(d, c);
        else if ( c == '\n' )
            guest_line_out(d);
        else if ( (c >= ' ' && c != 0x7f) || c == '\t' )
        {
            if ( d->console_len == sizeof(d->console_line) )
                guest_line_out(d);
            d->console_line[d->console_len++] = c;
        }
    }
    spin_unlock_irqrestore(&d->console_lock, flags);
}

void guest_puts(struct domain *d, const char *s)
{
    guest_console_write(d, s, strlen(s));
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
    spin_unlock_irqrestore(&d->console_lock, flags);
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
