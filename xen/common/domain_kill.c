/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a domain pauses, stops and dies, and what happens when the last one has.
 *
 * A guest that powers off, resets or crashes is shut down: its vCPUs are
 * paused. What then happens is the control domain's business while one is
 * alive: it sees state and reason and destroys the domain. Otherwise, and to
 * control domains themselves, the reaper, a tasklet, does it. When the last
 * boot domain is gone, so are the control domains, and the reaper destroys
 * whatever they have left. When no domain is left, and all that was deferred is
 * done, the balance of pages and heap is printed and the machine is powered off.
 *
 * Locks: the domctl lock serialises domain_kill(); d->shutdown_lock and
 * reap_lock (IRQs off), the latter for the counts of living domains too;
 * domain_lock for controller_pause_count.
 */
#include <xen/console.h>
#include <xen/fail_alloc.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/xmalloc.h>

#include <asm/setup.h>
#include <asm/tee/ffa.h>
#include <asm/traps.h>

#include "domain_private.h"

static void reap(void *unused);
static void finale(void *unused);

static DEFINE_SPINLOCK(reap_lock);
static LIST_HEAD(reap_list);            /* reap_lock; each holds a reference */
static DECLARE_TASKLET(reaper, reap, NULL);
static DECLARE_TASKLET(finale_tasklet, finale, NULL);

/*
 * Domains that are not dead, under reap_lock: all, those of the boot device
 * tree, and those that may control others. The first two count one more until
 * all boot domains are built.
 */
static unsigned int nr_alive = 1, nr_boot_alive = 1, nr_control_alive;

/* ---- The lock of everything that builds, changes or destroys domains ------ */

static DEFINE_SPINLOCK(domctl_lock);

bool domctl_lock_acquire(void)
{
    return spin_trylock(&domctl_lock);
}

void domctl_lock_release(void)
{
    spin_unlock(&domctl_lock);
}

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
        rc = -ERANGE;
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

/* Under reap_lock, with d in no danger of vanishing. */
static void queue_for_reaper(struct domain *d)
{
    if ( d->reaping || !get_domain(d) )
        return;

    d->reaping = true;
    list_add_tail(&d->reap_link, &reap_list);
    tasklet_schedule(&reaper);
}

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
    /* SCHEDOP_shutdown_code may have said it in advance. */
    if ( d->shutdown_code == SHUTDOWN_CODE_INVALID )
        d->shutdown_code = reason;
    reason = d->shutdown_code;

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

    spin_lock_irqsave(&reap_lock, flags);
    if ( is_control_domain(d) || !nr_control_alive )
        queue_for_reaper(d);
    spin_unlock_irqrestore(&reap_lock, flags);

    return 0;
}

void __domain_crash(struct domain *d)
{
    unsigned long flags;
    bool first;

    spin_lock_irqsave(&d->shutdown_lock, flags);
    first = !d->is_shutting_down && !d->has_crashed;
    d->has_crashed = true;
    spin_unlock_irqrestore(&d->shutdown_lock, flags);

    /* Registers are shown once, however many vCPUs come to grief. */
    if ( !first )
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
        fail_alloc_forget(d);
        vcpu_areas_release(d);
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

/*
 * Domains that lose the last one that could look after them: those that have
 * shut down or are half destroyed, or all of them. Under reap_lock. A system
 * domain is not in the list, and a dead one does no harm.
 */
static void queue_orphans(bool all)
{
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        if ( all || d->is_shut_down || d->is_dying == DOMDYING_dying )
            queue_for_reaper(d);
    rcu_read_unlock(&domlist_read_lock);
}

/* One living domain less; NULL: the boot domains are built. */
static void one_less(struct domain *d)
{
    unsigned long flags;

    /* Under the domctl lock: counted once, even if its end is tried again. */
    if ( d && d->counted_out )
        return;
    if ( d )
        d->counted_out = true;

    spin_lock_irqsave(&reap_lock, flags);

    if ( d && is_control_domain(d) && --nr_control_alive == 0 )
        queue_orphans(false);
    if ( (!d || !(d->cdf & CDF_toolstack)) && --nr_boot_alive == 0 )
        queue_orphans(true);
    if ( --nr_alive == 0 )
        tasklet_schedule(&finale_tasklet);

    spin_unlock_irqrestore(&reap_lock, flags);
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
        /* The caller keeps d until it returns. */
        one_less(d);
        /* The reference of its creation. */
        put_domain(d);
        return 0;

    case DOMDYING_dead:
        break;
    }

    return 0;
}

/* ---- The reaper ---------------------------------------------------------- */

void domain_came_alive(const struct domain *d)
{
    unsigned long flags;

    spin_lock_irqsave(&reap_lock, flags);
    nr_alive++;
    if ( !(d->cdf & CDF_toolstack) )
        nr_boot_alive++;
    if ( is_control_domain(d) )
        nr_control_alive++;
    spin_unlock_irqrestore(&reap_lock, flags);
}

void domains_boot_done(void)
{
    one_less(NULL);
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

    /* A toolstack that holds the lock needs no vCPU of this CPU to go on. */
    spin_lock(&domctl_lock);
    rc = domain_kill(d);
    if ( rc && rc != -ERESTART )
    {
        printk(XENLOG_ERR "%pd (%s) cannot be destroyed: error %d\n", d,
               d->name, rc);
        one_less(d);
    }
    spin_unlock(&domctl_lock);

    if ( rc == -ERESTART )
    {
        spin_lock_irqsave(&reap_lock, flags);
        list_add_tail(&d->reap_link, &reap_list);
        spin_unlock_irqrestore(&reap_lock, flags);
    }
    else
    {
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
    return !domains_in_existence() && !ffa_ids_kept() && !rcu_outstanding() &&
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

    irqs_off_print();
    printk("balance: pages %lu of %lu, heap %zu of %zu, domains %u\n",
           total_free_pages(), balance_free_pages, xmalloc_bytes_in_use(),
           balance_heap_bytes, domains_in_existence());
    printk("All domains are gone. Power off.\n");
    machine_halt();
}
