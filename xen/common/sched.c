/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: who runs on a pCPU, and for how long. Where a vCPU runs is in
 * sched_place.c.
 *
 * Order: round robin with a time slice. A vCPU that has used up its slice goes
 * to the end of the row with a new one. Alone it runs without a tick. The idle
 * vCPU runs when nobody waits, and before everybody else when a vCPU-context
 * tasklet waits for it.
 *
 * A vCPU that blocks keeps what is left of its slice, and earns more while it
 * sleeps: one n-th of the time, n being the vCPUs of the pCPU. With that it is
 * boosted when it wakes: it goes before those that wait for their turn, at
 * once. So a vCPU that asks for less than its share never waits for a slice of
 * others. Nobody starves: all sleepers together earn at most (n - 1) / n of the
 * time, then they stand in the row.
 *
 * No wake-up is lost, wherever the vCPU goes:
 *  - vcpu_block() sets VPF_blocked, then looks for a pending interrupt. Whoever
 *    makes one pending does that, then clears the bit in vcpu_unblock(). Full
 *    barriers in between: either the sleeper sees the interrupt, or the other
 *    sees the bit.
 *  - Who clears the last reason not to run calls vcpu_wake(), which decides
 *    under the lock of the vCPU's queue: waits already: nothing to do; is still
 *    rq->curr: schedule(), under the same lock, finds it runnable and keeps it;
 *    else it is put into a queue. lock_runq() looks at v->processor again under
 *    the lock, so a vCPU that has just moved is not missed.
 *  - In a queue it may move to another one; it is in exactly one throughout,
 *    under both locks. When it is taken out to run, is_running is set before
 *    its interrupts are loaded. vcpu_kick() makes pending, then reads
 *    is_running: either it sees the vCPU running and makes that pCPU take an
 *    interrupt, or the vCPU sees what is pending when it loads. If the vCPU has
 *    moved in between it has loaded in between.
 *
 * Switching: schedule() (SCHEDULE_SOFTIRQ, at the exit to a guest or in the
 * idle loop) picks; context_switch() of the architecture switches and comes
 * back through sched_context_switched(). From then on, not earlier, the vCPU
 * that left may run elsewhere.
 *
 * Lock: rq->lock of the pCPU, IRQs off: the queue, rq->curr, and of its vCPUs
 * queued, boosted, slice_left, runstate. pause_flags and pause counts are
 * atomic and looked at again under the lock after every change (vcpu_wake,
 * vcpu_sleep). Inside: locks of timers.
 */
#include <xen/atomic.h>
#include <xen/cpu.h>
#include <xen/err.h>
#include <xen/event.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#include "sched_private.h"

unsigned int __read_mostly sched_slice_ms = CONFIG_SCHED_SLICE_MS;
integer_param("sched-slice-ms", sched_slice_ms);

/* What is left of a slice is worth a boost from this part of a slice on. */
#define BOOST_PART 8

/* How long vCPUs wait for tasklets before they look for another pCPU. */
#define TASKLET_PATIENCE MILLISECS(1)

DEFINE_PER_CPU(struct runq, runqs);

struct vcpu *idle_vcpu[NR_CPUS];
static struct domain *idle_domain;

struct runq *lock_runq(const struct vcpu *v, unsigned long *flags)
{
    for ( ; ; )
    {
        unsigned int cpu = read_atomic(&v->processor);
        struct runq *rq = &per_cpu(runqs, cpu);

        spin_lock_irqsave(&rq->lock, *flags);
        if ( likely(read_atomic(&v->processor) == cpu) )
            return rq;
        spin_unlock_irqrestore(&rq->lock, *flags);
    }
}

/* ---- Time accounting ----------------------------------------------------- */

static void runstate_change(struct vcpu *v, int state, s_time_t now)
{
    s_time_t delta = now - (s_time_t)v->runstate.state_entry_time;

    if ( delta > 0 )
    {
        v->runstate.time[v->runstate.state] += delta;
        v->runstate.state_entry_time = now;
    }
    v->runstate.state = state;
}

/* State of a vCPU that does not run. */
static int resting_state(const struct vcpu *v)
{
    if ( vcpu_runnable(v) )
        return RUNSTATE_runnable;
    return (read_atomic(&v->pause_flags) & VPF_blocked) ? RUNSTATE_blocked
                                                        : RUNSTATE_offline;
}

void vcpu_runstate_get(const struct vcpu *v,
                       struct vcpu_runstate_info *runstate)
{
    unsigned long flags;
    struct runq *rq = lock_runq(v, &flags);
    s_time_t delta;

    *runstate = v->runstate;
    delta = NOW() - (s_time_t)runstate->state_entry_time;
    if ( delta > 0 )
        runstate->time[runstate->state] += delta;

    spin_unlock_irqrestore(&rq->lock, flags);
}

uint64_t get_cpu_idle_time(unsigned int cpu)
{
    struct vcpu_runstate_info state;

    if ( !idle_vcpu[cpu] )
        return 0;
    vcpu_runstate_get(idle_vcpu[cpu], &state);

    return state.time[RUNSTATE_running];
}

/* ---- Queueing ------------------------------------------------------------ */

void runq_insert(struct runq *rq, struct vcpu *v, bool at_head)
{
    struct list_head *row = &rq->queue[v->boosted ? WAIT_BOOSTED : WAIT_TURN];

    ASSERT(spin_is_locked(&rq->lock) && !v->queued && !is_idle_vcpu(v));

    if ( at_head )
        list_add(&v->runq_link, row);
    else
        list_add_tail(&v->runq_link, row);
    write_atomic(&v->queued, true);
    write_atomic(&rq->nr_waiting, rq->nr_waiting + 1);
}

void runq_remove(struct runq *rq, struct vcpu *v)
{
    list_del(&v->runq_link);
    write_atomic(&v->queued, false);
    write_atomic(&rq->nr_waiting, rq->nr_waiting - 1);
}

static struct vcpu *first_waiting(const struct runq *rq)
{
    unsigned int class;

    for ( class = 0; class < NR_WAIT; class++ )
        if ( !list_empty(&rq->queue[class]) )
            return list_first_entry(&rq->queue[class], struct vcpu, runq_link);

    return NULL;
}

/* When does curr have to make room? */
static s_time_t slice_end(const struct vcpu *curr)
{
    return (s_time_t)curr->runstate.state_entry_time + curr->slice_left;
}

void runq_poke(struct runq *rq, const struct vcpu *v)
{
    const struct vcpu *curr = rq->curr;

    if ( is_idle_vcpu(curr) || (v->boosted && !curr->boosted) )
    {
        cpu_raise_softirq(v->processor, SCHEDULE_SOFTIRQ);
        return;
    }

    if ( !timer_is_active(&rq->slice_timer) )
        set_timer(&rq->slice_timer, slice_end(curr));
    sched_tickle(v);
}

/* It slept: what it may use of its slice before it stands in the row. */
static void earn(struct vcpu *v, const struct runq *rq, s_time_t now)
{
    s_time_t slept = now - (s_time_t)v->runstate.state_entry_time;

    if ( slept > 0 )
        v->slice_left += slept / max(rq->nr_assigned, 1U);
    if ( v->slice_left > sched_slice() )
        v->slice_left = sched_slice();

    v->boosted = v->slice_left >= sched_slice() / BOOST_PART;
    if ( !v->boosted )
        v->slice_left = sched_slice();
}

void vcpu_wake(struct vcpu *v)
{
    bool claimed;
    unsigned int to = sched_place_waking(v, &claimed), own;
    unsigned long flags;
    struct runq *rq;

    own = lock_runqs_of(v, to, &flags);

    if ( !v->queued && per_cpu(runqs, own).curr != v )
    {
        s_time_t now = NOW();

        if ( vcpu_runnable(v) )
        {
            sched_try_assign(v, to);
            rq = &per_cpu(runqs, v->processor);
            earn(v, rq, now);
            runstate_change(v, RUNSTATE_runnable, now);
            runq_insert(rq, v, false);
            runq_poke(rq, v);
        }
        else
            runstate_change(v, resting_state(v), now);
    }

    unlock_runqs(own, to, flags);

    /* Whether v went there or not: it is off the list of idle CPUs. */
    if ( claimed )
        cpu_raise_softirq(to, SCHEDULE_SOFTIRQ);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct runq *rq = lock_runq(v, &flags);

    if ( !vcpu_runnable(v) )
    {
        if ( v->queued )
        {
            runq_remove(rq, v);
            runstate_change(v, resting_state(v), NOW());
        }
        else if ( rq->curr == v )
            cpu_raise_softirq(v->processor, SCHEDULE_SOFTIRQ);
    }

    spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
    ASSERT(v != current && local_irq_is_enabled());

    vcpu_sleep_nosync(v);

    while ( !vcpu_runnable(v) && read_atomic(&v->is_running) )
        cpu_relax();
    /* Its registers are in memory now. */
    smp_mb();
}

/* ---- Pause, block, kick -------------------------------------------------- */

void vcpu_pause_nosync(struct vcpu *v)
{
    atomic_inc(&v->pause_count);
    smp_mb__after_atomic();
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    atomic_inc(&v->pause_count);
    smp_mb__after_atomic();
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    if ( atomic_dec_and_test(&v->pause_count) )
        vcpu_wake(v);
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    set_bit(_VPF_blocked, &v->pause_flags);

    /*
     * An interrupt that came before the bit was set found nothing to unblock:
     * look for it now. One that comes from here on clears the bit itself.
     * Pairs with the order "make pending, then unblock" of vcpu_unblock().
     */
    smp_mb__after_atomic();

    if ( local_events_need_delivery_nomask() )
        clear_bit(_VPF_blocked, &v->pause_flags);
    else
        raise_softirq(SCHEDULE_SOFTIRQ);
}

void vcpu_unblock(struct vcpu *v)
{
    /* test_and_clear is a full barrier: what is pending is visible first. */
    if ( test_and_clear_bit(_VPF_blocked, &v->pause_flags) )
        vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
    bool running;

    /*
     * Either we see it running, or it sees what we made pending when it loads
     * its interrupts: schedule() has a barrier behind is_running = true.
     */
    smp_mb();
    running = read_atomic(&v->is_running);
    /* And either the bit is set, or vcpu_block() has seen what is pending. */
    if ( read_atomic(&v->pause_flags) & VPF_blocked )
        vcpu_unblock(v);
    if ( !running || v == current )
        return;

    /* Where it ran when we looked, or where it has loaded since. */
    smp_rmb();
    smp_send_event_check_cpu(read_atomic(&v->processor));
}

long vcpu_yield(void)
{
    /* Only this CPU reads it, in schedule(). */
    this_cpu(runqs).yield = true;
    raise_softirq(SCHEDULE_SOFTIRQ);

    return 0;
}

/* ---- The switch ---------------------------------------------------------- */

static void slice_expired(void *data)
{
    raise_softirq(SCHEDULE_SOFTIRQ);
}

/* Must the idle vCPU run for a tasklet? Tells the idle loop that it may. */
static bool tasklet_wants_cpu(unsigned int cpu)
{
    unsigned long *work = &per_cpu(tasklet_work_to_do, cpu);

    if ( tasklet_work_pending(cpu) )
    {
        set_bit(_TASKLET_scheduled, work);
        return true;
    }
    clear_bit(_TASKLET_scheduled, work);

    return false;
}

static struct vcpu *pick_next(struct runq *rq, unsigned int cpu)
{
    struct vcpu *next = tasklet_wants_cpu(cpu) ? NULL : first_waiting(rq);

    if ( !next )
        return idle_vcpu[cpu];

    runq_remove(rq, next);

    return next;
}

/* Account for prev and, if it can go on, queue it again. */
static void put_prev(struct runq *rq, struct vcpu *prev, s_time_t now)
{
    bool at_head;

    if ( is_idle_vcpu(prev) )
    {
        runstate_change(prev, RUNSTATE_runnable, now);
        return;
    }

    prev->slice_left -= now - (s_time_t)prev->runstate.state_entry_time;
    runstate_change(prev, resting_state(prev), now);

    if ( prev->runstate.state != RUNSTATE_runnable )
    {
        /* Alone it may have run for long: no debt. */
        if ( prev->slice_left < 0 )
            prev->slice_left = 0;
        return;
    }

    at_head = prev->slice_left > 0 && !rq->yield;
    if ( !at_head )
    {
        prev->slice_left = sched_slice();
        prev->boosted = false;
    }
    runq_insert(rq, prev, at_head);
}

static void schedule(void)
{
    unsigned int cpu = smp_processor_id();
    struct runq *rq = &per_cpu(runqs, cpu);
    struct vcpu *prev = current, *next;
    s_time_t now;
    bool listed;

    ASSERT_NOT_IN_ATOMIC();

    listed = sched_balance(cpu, prev, tasklet_work_pending(cpu));

    spin_lock_irq(&rq->lock);

    now = NOW();
    stop_timer(&rq->slice_timer);
    put_prev(rq, prev, now);
    rq->yield = false;
    next = pick_next(rq, cpu);
    write_atomic(&rq->curr, next);
    runstate_change(next, RUNSTATE_running, now);
    if ( rq->nr_waiting )
        set_timer(&rq->slice_timer, is_idle_vcpu(next) ? now + TASKLET_PATIENCE
                                                       : slice_end(next));

    if ( !is_idle_vcpu(next) || tasklet_work_pending(cpu) )
        sched_not_idle(cpu);
    else if ( !listed )
        /* The work has gone since we looked: look for other work. */
        raise_softirq(SCHEDULE_SOFTIRQ);

    if ( next == prev )
    {
        spin_unlock_irq(&rq->lock);
        continue_running(prev);
        return;
    }

    write_atomic(&next->is_running, true);
    /* Before its interrupts are loaded: see vcpu_kick(). */
    smp_mb();

    spin_unlock_irq(&rq->lock);

    context_switch(prev, next);
}

void sched_context_switched(struct vcpu *prev, struct vcpu *next)
{
    if ( prev == next )
        return;

    /* Whoever sees is_running clear also sees prev's registers in memory. */
    smp_mb();
    write_atomic(&prev->is_running, false);

    /*
     * Idle CPUs that looked before could not take it. When a tasklet is the
     * reason it goes on here, unless that takes long. It stays in memory: no
     * grace period ends before this CPU leaves schedule().
     */
    smp_mb();
    if ( !is_idle_vcpu(prev) && !is_idle_vcpu(next) &&
         read_atomic(&prev->queued) )
        sched_tickle(prev);

    vcpu_runstate_publish(next);
}

/* ---- CPUs ---------------------------------------------------------------- */

static void init_runq(unsigned int cpu)
{
    struct runq *rq = &per_cpu(runqs, cpu);
    unsigned int class;

    spin_lock_init(&rq->lock);
    for ( class = 0; class < NR_WAIT; class++ )
        INIT_LIST_HEAD(&rq->queue[class]);
    init_timer(&rq->slice_timer, slice_expired, NULL, cpu);
}

static int cpu_callback(struct notifier_block *nfb, unsigned long action,
                        void *hcpu)
{
    unsigned int cpu = (unsigned long)hcpu;

    if ( action == CPU_UP_PREPARE && !idle_vcpu[cpu] )
    {
        init_runq(cpu);
        if ( !vcpu_create(idle_domain, cpu) )
            return notifier_from_errno(-ENOMEM);
    }

    /* It has to go on the list of idle CPUs. */
    if ( action == CPU_STARTING )
        raise_softirq(SCHEDULE_SOFTIRQ);

    return NOTIFY_DONE;
}

static struct notifier_block cpu_nfb = {
    .notifier_call = cpu_callback,
};

void __init scheduler_init(void)
{
    open_softirq(SCHEDULE_SOFTIRQ, schedule);

    if ( !sched_slice_ms || sched_slice_ms > 1000 )
    {
        printk(XENLOG_WARNING "sched-slice-ms=%u is not in 1..1000, %u taken\n",
               sched_slice_ms, CONFIG_SCHED_SLICE_MS);
        sched_slice_ms = CONFIG_SCHED_SLICE_MS;
    }

    idle_domain = domain_create(DOMID_IDLE, NULL, 0);
    if ( IS_ERR(idle_domain) )
        panic("cannot create the idle domain: %ld\n", PTR_ERR(idle_domain));
    idle_domain->vcpu = idle_vcpu;
    idle_domain->max_vcpus = nr_cpu_ids;

    init_runq(0);
    if ( !vcpu_create(idle_domain, 0) )
        panic("cannot create the idle vCPU of CPU 0\n");

    register_cpu_notifier(&cpu_nfb);
    register_keyhandler('r', dump_runq, "run queues and run times", true);
    raise_softirq(SCHEDULE_SOFTIRQ);
}

/* ---- Debug key ----------------------------------------------------------- */

static void dump_run_time(const struct vcpu *v)
{
    struct vcpu_runstate_info r;

    vcpu_runstate_get(v, &r);
    printk("    %pv: cpu%u of %*pbl, ms run %"PRIu64" wait %"PRIu64" sleep %"
           PRIu64" off %"PRIu64", moved %lu times\n", v, v->processor,
           nr_cpu_ids, v->cpu_hard_affinity.bits,
           r.time[RUNSTATE_running] / 1000000,
           r.time[RUNSTATE_runnable] / 1000000,
           r.time[RUNSTATE_blocked] / 1000000,
           r.time[RUNSTATE_offline] / 1000000, v->nr_moves);
}

void dump_runq(unsigned char key)
{
    unsigned int cpu, class;
    unsigned long flags;
    struct domain *d;
    struct vcpu *v;

    printk("run queues, slice %u ms\n", sched_slice_ms);
    for_each_online_cpu ( cpu )
    {
        struct runq *rq = &per_cpu(runqs, cpu);
        uint64_t idle = get_cpu_idle_time(cpu);

        spin_lock_irqsave(&rq->lock, flags);
        printk("  cpu%u: runs %pv, %u vCPUs belong here, idle for %"PRIu64
               " ms\n", cpu, rq->curr, rq->nr_assigned, idle / 1000000);
        for ( class = 0; class < NR_WAIT; class++ )
            list_for_each_entry ( v, &rq->queue[class], runq_link )
                printk("    %pv waits%s, %"PRI_stime" us of its slice left\n",
                       v, v->boosted ? " boosted" : "", v->slice_left / 1000);
        spin_unlock_irqrestore(&rq->lock, flags);
    }

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        for_each_vcpu ( d, v )
            dump_run_time(v);
    rcu_read_unlock(&domlist_read_lock);
}
