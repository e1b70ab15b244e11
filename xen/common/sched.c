/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: preemptive round robin on each pCPU.
 *
 * A vCPU belongs to the run queue of one pCPU, the least loaded one when it was
 * created. A slice limits how long it runs while others wait behind it; alone
 * it runs without a tick. The idle vCPU runs when the queue is empty, and
 * before everybody else when a vCPU-context tasklet waits for it.
 *
 * Switching: schedule() (SCHEDULE_SOFTIRQ, at the exit to a guest or in the
 * idle loop) picks; context_switch() of the architecture switches and comes
 * back through sched_context_switched().
 *
 * Lock: rq->lock of the pCPU, IRQs off: the queue, rq->curr, and of its vCPUs
 * queued, slice_left, runstate. pause_flags and pause counts are atomic and
 * looked at again under the lock after every change (vcpu_wake, vcpu_sleep).
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

static unsigned int __read_mostly sched_slice_ms = 10;
integer_param("sched-slice-ms", sched_slice_ms);

struct runq {
    spinlock_t lock;
    struct list_head queue;     /* runnable vCPUs that wait */
    struct vcpu *curr;          /* chosen; its context may still be loading */
    unsigned int nr_assigned;   /* vCPUs that belong here, idle not counted */
    struct timer slice_timer;   /* end of curr's slice, while somebody waits */
    bool yield;                 /* curr gives up the rest of its slice */
};

static DEFINE_PER_CPU(struct runq, runqs);

/* Serialises placement: nr_assigned of all queues. */
static DEFINE_SPINLOCK(placement_lock);

struct vcpu *idle_vcpu[NR_CPUS];
static struct domain *idle_domain;

static struct runq *lock_runq(const struct vcpu *v, unsigned long *flags)
{
    struct runq *rq = &per_cpu(runqs, v->processor);

    spin_lock_irqsave(&rq->lock, *flags);

    return rq;
}

static s_time_t slice(void)
{
    return MILLISECS(sched_slice_ms);
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

/* Under the lock: v is runnable and does not run. */
static void enqueue(struct runq *rq, struct vcpu *v, bool at_head)
{
    ASSERT(!v->queued && !is_idle_vcpu(v));
    if ( at_head )
        list_add(&v->runq_link, &rq->queue);
    else
        list_add_tail(&v->runq_link, &rq->queue);
    v->queued = true;
}

static void dequeue(struct vcpu *v)
{
    list_del(&v->runq_link);
    v->queued = false;
}

/* When does curr have to make room? */
static s_time_t slice_end(const struct vcpu *curr)
{
    return (s_time_t)curr->runstate.state_entry_time + curr->slice_left;
}

void vcpu_wake(struct vcpu *v)
{
    unsigned long flags;
    struct runq *rq = lock_runq(v, &flags);

    if ( vcpu_runnable(v) )
    {
        if ( !v->queued && rq->curr != v )
        {
            runstate_change(v, RUNSTATE_runnable, NOW());
            v->slice_left = slice();
            enqueue(rq, v, false);
            if ( is_idle_vcpu(rq->curr) )
                cpu_raise_softirq(v->processor, SCHEDULE_SOFTIRQ);
            else if ( !timer_is_active(&rq->slice_timer) )
                set_timer(&rq->slice_timer, slice_end(rq->curr));
        }
    }
    else if ( !v->queued && rq->curr != v )
        runstate_change(v, resting_state(v), NOW());

    spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct runq *rq = lock_runq(v, &flags);

    if ( !vcpu_runnable(v) )
    {
        if ( v->queued )
        {
            dequeue(v);
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
    vcpu_unblock(v);
    if ( running && v != current )
        smp_send_event_check_cpu(v->processor);
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

    if ( test_bit(_TASKLET_enqueued, work) )
    {
        set_bit(_TASKLET_scheduled, work);
        return true;
    }
    clear_bit(_TASKLET_scheduled, work);

    return false;
}

static struct vcpu *pick_next(struct runq *rq, unsigned int cpu)
{
    struct vcpu *next;

    if ( tasklet_wants_cpu(cpu) || list_empty(&rq->queue) )
        return idle_vcpu[cpu];

    next = list_first_entry(&rq->queue, struct vcpu, runq_link);
    dequeue(next);

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
        return;

    at_head = prev->slice_left > 0 && !rq->yield;
    if ( !at_head )
        prev->slice_left = slice();
    enqueue(rq, prev, at_head);
}

static void schedule(void)
{
    unsigned int cpu = smp_processor_id();
    struct runq *rq = &per_cpu(runqs, cpu);
    struct vcpu *prev = current, *next;
    s_time_t now;

    ASSERT_NOT_IN_ATOMIC();

    spin_lock_irq(&rq->lock);

    now = NOW();
    stop_timer(&rq->slice_timer);
    put_prev(rq, prev, now);
    rq->yield = false;
    next = pick_next(rq, cpu);
    rq->curr = next;
    runstate_change(next, RUNSTATE_running, now);
    if ( !is_idle_vcpu(next) && !list_empty(&rq->queue) )
        set_timer(&rq->slice_timer, slice_end(next));

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

    vcpu_runstate_publish(next);
}

/* ---- vCPUs and CPUs ------------------------------------------------------ */

static unsigned int least_loaded(void)
{
    unsigned int cpu, best = smp_processor_id();

    for_each_online_cpu ( cpu )
        if ( per_cpu(runqs, cpu).nr_assigned <
             per_cpu(runqs, best).nr_assigned ||
             (per_cpu(runqs, cpu).nr_assigned ==
              per_cpu(runqs, best).nr_assigned && cpu < best) )
            best = cpu;

    return best;
}

int sched_init_vcpu(struct vcpu *v)
{
    s_time_t now = NOW();

    INIT_LIST_HEAD(&v->runq_link);
    v->slice_left = slice();
    v->runstate.state_entry_time = now;

    if ( is_idle_vcpu(v) )
    {
        v->processor = v->vcpu_id;
        v->runstate.state = RUNSTATE_running;
        v->is_running = true;
        per_cpu(runqs, v->processor).curr = v;
        return 0;
    }

    v->runstate.state = RUNSTATE_offline;

    spin_lock(&placement_lock);
    v->processor = least_loaded();
    per_cpu(runqs, v->processor).nr_assigned++;
    spin_unlock(&placement_lock);

    return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
    if ( is_idle_vcpu(v) )
        return;

    ASSERT(!v->queued && !v->is_running);

    spin_lock(&placement_lock);
    per_cpu(runqs, v->processor).nr_assigned--;
    spin_unlock(&placement_lock);
}

static void init_runq(unsigned int cpu)
{
    struct runq *rq = &per_cpu(runqs, cpu);

    spin_lock_init(&rq->lock);
    INIT_LIST_HEAD(&rq->queue);
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
        printk(XENLOG_WARNING "sched-slice-ms=%u is not in 1..1000, 10 taken\n",
               sched_slice_ms);
        sched_slice_ms = 10;
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
}

void dump_runq(unsigned char key)
{
    unsigned int cpu;
    unsigned long flags;
    struct vcpu *v;

    printk("run queues, slice %u ms\n", sched_slice_ms);
    for_each_online_cpu ( cpu )
    {
        struct runq *rq = &per_cpu(runqs, cpu);

        spin_lock_irqsave(&rq->lock, flags);
        printk("  cpu%u: runs %pv, %u vCPUs belong here, idle for %"PRIu64
               " ms\n", cpu, rq->curr, rq->nr_assigned,
               idle_vcpu[cpu]->runstate.time[RUNSTATE_running] / 1000000);
        list_for_each_entry ( v, &rq->queue, runq_link )
            printk("    %pv waits, %"PRI_stime" us of its slice left\n", v,
                   v->slice_left / 1000);
        spin_unlock_irqrestore(&rq->lock, flags);
    }
}
