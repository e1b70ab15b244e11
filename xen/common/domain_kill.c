/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a domain pauses, stops and dies, and what happens when the last one has.
 *
 * A guest that powers off, resets or crashes is shut down: its vCPUs are
 * paused. There is nobody else to do it, so the reaper, a tasklet, then
 * destroys the domain. When none is left, and all that was deferred is done,
 * the balance of pages and heap is printed and the machine is powered off.
 *
 * Locks: d->shutdown_lock and reap_lock (IRQs off); domain_lock for
 * controller_pause_count.
 */
#include <xen/console.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/xmalloc.h>

#include <asm/setup.h>
#include <asm/traps.h>

#include "domain_private.h"

static void reap(void *unused);
static void finale(void *unused);

static DEFINE_SPINLOCK(reap_lock);
static LIST_HEAD(reap_list);            /* reap_lock; each holds a reference */
static DECLARE_TASKLET(reaper, reap, NULL);
static DECLARE_TASKLET(finale_tasklet, finale, NULL);

/* Domains that are not dead, plus one until all boot domains are built. */
static atomic_t nr_alive = ATOMIC_INIT(1);

/* ---- Pausing ------------------------------------------------------------- */

void domain_pause_nosync(struct domain *d)
{
    struct vcpu *v;

    atomic_inc(&d->pause_count);
    smp_mb__after_atomic();
    for_each_vcpu ( d, v )
        vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    ASSERT(d != current->domain);

    domain_pause_nosync(d);
    for_each_vcpu ( d, v )
        vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if ( atomic_dec_and_test(&d->pause_count) )
        for_each_vcpu ( d, v )
            vcpu_wake(v);
}

int domain_pause_by_systemcontroller(struct domain *d)
{
    int rc = 0;

    domain_lock(d);
    if ( d->controller_pause_count >= 255 )
        rc = -EOVERFLOW;
    else
        d->controller_pause_count++;
    domain_unlock(d);

    if ( !rc )
        domain_pause(d);

    return rc;
}

int domain_unpause_by_systemcontroller(struct domain *d)
{
    bool first;

    domain_lock(d);
    if ( d->controller_pause_count <= 0 )
    {
        domain_unlock(d);
        return -EINVAL;
    }
    d->controller_pause_count--;
    first = !d->creation_finished;
    d->creation_finished = true;
    domain_unlock(d);

    /* Before the first instruction of the guest. */
    if ( first )
        arch_domain_creation_finished(d);

    domain_unpause(d);

    return 0;
}

/* ---- Shutdown ------------------------------------------------------------ */

static const char *reason_name(unsigned int reason)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "power off",
        [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",
        [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog",
        [SHUTDOWN_soft_reset] = "soft reset",
    };

    return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

int domain_shutdown(struct domain *d, unsigned int reason)
{
    struct vcpu *v;
    unsigned long flags;

    spin_lock_irqsave(&d->shutdown_lock, flags);

    if ( d->is_shutting_down )
    {
        spin_unlock_irqrestore(&d->shutdown_lock, flags);
        return 0;
    }
    d->is_shutting_down = true;
    d->shutdown_code = reason;

    for_each_vcpu ( d, v )
    {
        vcpu_pause_nosync(v);
        v->paused_for_shutdown = true;
    }
    d->is_shut_down = true;

    spin_unlock_irqrestore(&d->shutdown_lock, flags);

    arch_domain_shutdown(d);
    printk(XENLOG_INFO "%pd (%s) has shut down: %s\n", d, d->name,
           reason_name(reason));

    if ( !get_domain(d) )
        return 0;
    spin_lock_irqsave(&reap_lock, flags);
    list_add_tail(&d->reap_link, &reap_list);
    spin_unlock_irqrestore(&reap_lock, flags);
    tasklet_schedule(&reaper);

    return 0;
}

void __domain_crash(struct domain *d)
{
    if ( d->is_shutting_down )
        return;

    printk(XENLOG_ERR "%pd (%s) crashed on cpu%u\n", d, d->name,
           smp_processor_id());
    if ( d == current->domain )
        show_execution_state(guest_cpu_user_regs());

    domain_shutdown(d, SHUTDOWN_crash);
}

/* ---- Death --------------------------------------------------------------- */

int domain_teardown(struct domain *d)
{
    int rc;

    /* Stages that are done are not done again after -ERESTART. */
    switch ( d->teardown.stage )
    {
    case 0:
        guest_console_flush(d);
        console_domain_gone(d);
        d->teardown.stage++;
        fallthrough;

    case 1:
        rc = arch_domain_teardown(d);
        if ( rc )
            return rc;
        d->teardown.stage++;
        fallthrough;

    default:
        return 0;
    }
}

static void one_less(void)
{
    if ( atomic_dec_and_test(&nr_alive) )
        tasklet_schedule(&finale_tasklet);
}

int domain_kill(struct domain *d)
{
    int rc;

    if ( d == current->domain )
        return -EINVAL;

    switch ( d->is_dying )
    {
    case DOMDYING_alive:
        domain_pause(d);
        d->is_dying = DOMDYING_dying;
        /* Whoever checked is_dying under the lock before has finished. */
        rspin_barrier(&d->domain_lock);
        fallthrough;

    case DOMDYING_dying:
        rc = domain_teardown(d);
        if ( rc )
            return rc;
        rc = domain_relinquish_resources(d);
        if ( rc )
            return rc;

        d->is_dying = DOMDYING_dead;
        smp_wmb();
        /* The reference of its creation. */
        put_domain(d);
        one_less();
        return 0;

    case DOMDYING_dead:
        break;
    }

    return 0;
}

/* ---- The reaper ---------------------------------------------------------- */

void domain_came_alive(void)
{
    atomic_inc(&nr_alive);
}

void domains_boot_done(void)
{
    one_less();
}

static struct domain *first_to_reap(void)
{
    struct domain *d;
    unsigned long flags;

    spin_lock_irqsave(&reap_lock, flags);
    d = list_first_entry_or_null(&reap_list, struct domain, reap_link);
    if ( d )
        list_del_init(&d->reap_link);
    spin_unlock_irqrestore(&reap_lock, flags);

    return d;
}

/* One domain at a time, so that others get the CPU in between. */
static void reap(void *unused)
{
    struct domain *d = first_to_reap();
    unsigned long flags;
    int rc;

    if ( !d )
        return;

    rc = domain_kill(d);
    if ( rc == -ERESTART )
    {
        spin_lock_irqsave(&reap_lock, flags);
        list_add_tail(&d->reap_link, &reap_list);
        spin_unlock_irqrestore(&reap_lock, flags);
    }
    else
    {
        if ( rc )
        {
            printk(XENLOG_ERR "%pd (%s) cannot be destroyed: error %d\n", d,
                   d->name, rc);
            one_less();
        }
        put_domain(d);
    }

    tasklet_schedule(&reaper);
}

/* ---- The end ------------------------------------------------------------- */

/* What holds a dead domain's last references gets this long to let go. */
#define FINALE_PATIENCE SECONDS(10)
#define FINALE_POLL     MILLISECS(2)

static void finale_again(void *unused)
{
    tasklet_schedule(&finale_tasklet);
}

/* Is anything deferred still under way? This very tasklet counts as one. */
static bool all_settled(void)
{
    return !domains_in_existence() && !rcu_outstanding() &&
           tasklets_outstanding() <= 1;
}

/* Debug keys whose reports close the log */
static char final_keys[8];
string_param("final-keys", final_keys);

static void finale(void *unused)
{
    static struct timer timer;
    static s_time_t deadline;
    const char *key;

    if ( !deadline )
    {
        init_timer(&timer, finale_again, NULL, smp_processor_id());
        deadline = NOW() + FINALE_PATIENCE;
    }

    if ( !all_settled() && NOW() < deadline )
    {
        set_timer(&timer, NOW() + FINALE_POLL);
        return;
    }
    smp_mb();

    for ( key = final_keys; *key; key++ )
        run_keyhandler(*key);

    printk("balance: pages %lu of %lu, heap %zu of %zu, domains %u\n",
           total_free_pages(), balance_free_pages, xmalloc_bytes_in_use(),
           balance_heap_bytes, domains_in_existence());
    printk("All domains are gone. Power off.\n");
    machine_halt();
}
