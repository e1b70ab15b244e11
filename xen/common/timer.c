/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers. Each CPU has a heap of them by deadline; its root programs the
 * hypervisor's hardware timer. A timer is queued on one CPU and its callback
 * runs there, in TIMER_SOFTIRQ, with no lock held.
 *
 * The heap is a leftist tree made of the timers themselves: arming and
 * disarming cost O(log n) in the number n of armed timers of the CPU and need
 * no memory. In such a tree the way down to the right is nowhere longer than
 * the way down to the left (dist: nodes on it), so it has at most log2(n + 1)
 * nodes, and two trees are merged along these ways.
 *
 * Lock: timers.lock of the CPU, IRQs off. A timer that moves has timer->cpu
 * changed under both CPUs' locks, lower CPU first.
 */
#include <xen/atomic.h>
#include <xen/cpu.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/symbols.h>
#include <xen/timer.h>

struct timers {
    spinlock_t lock;
    struct timer *first;        /* root of the heap of armed timers */
    struct timer *running;      /* its callback is under way */
};

static DEFINE_PER_CPU(struct timers, timers);

/* Is the earliest deadline of @cpu a new one? Its CPU programs the hardware. */
static void head_changed(unsigned int cpu)
{
    cpu_raise_softirq(cpu, TIMER_SOFTIRQ);
}

/* ---- The heap ------------------------------------------------------------ */

static unsigned int dist(const struct timer *t)
{
    return t ? t->dist : 0;
}

/* After a child of @t has changed. Returns whether dist has. */
static bool mend(struct timer *t)
{
    unsigned int old = t->dist;
    struct timer *child;

    if ( dist(t->left) < dist(t->right) )
    {
        child = t->left;
        t->left = t->right;
        t->right = child;
    }
    t->dist = dist(t->right) + 1;

    return t->dist != old;
}

/* One tree of two: down the right sides by deadline, and back up. */
static struct timer *merge(struct timer *a, struct timer *b)
{
    struct timer *root = NULL, **link = &root, *parent = NULL, *t;

    while ( a && b )
    {
        if ( b->expires < a->expires )
        {
            t = a;
            a = b;
            b = t;
        }
        *link = a;
        a->parent = parent;
        parent = a;
        link = &a->right;
        a = a->right;
    }

    *link = a ?: b;
    if ( *link )
        (*link)->parent = parent;

    for ( t = parent; t; t = t->parent )
        mend(t);

    return root;
}

static void heap_insert(struct timers *ts, struct timer *t)
{
    t->parent = t->left = t->right = NULL;
    t->dist = 1;
    ts->first = merge(ts->first, t);
}

static void heap_remove(struct timers *ts, struct timer *t)
{
    struct timer *parent = t->parent, *sub;

    /* Two trees of their own: merge() ends at their roots. */
    if ( t->left )
        t->left->parent = NULL;
    if ( t->right )
        t->right->parent = NULL;
    sub = merge(t->left, t->right);

    if ( sub )
        sub->parent = parent;
    if ( !parent )
        ts->first = sub;
    else if ( parent->left == t )
        parent->left = sub;
    else
        parent->right = sub;

    while ( parent && mend(parent) )
        parent = parent->parent;
}

/* All of them, parents first, starting with the root; NULL: no more. */
static struct timer *heap_next(const struct timer *t)
{
    if ( t->left )
        return t->left;

    for ( ; t->parent; t = t->parent )
        if ( t->parent->left == t && t->parent->right )
            return t->parent->right;

    return NULL;
}

/* ---- Timers -------------------------------------------------------------- */

/* Under the lock of t->cpu. */
static void arm(struct timer *t)
{
    struct timers *ts = &per_cpu(timers, t->cpu);

    heap_insert(ts, t);
    t->status = TIMER_STATUS_armed;

    if ( ts->first == t )
        head_changed(t->cpu);
}

static void disarm(struct timer *t)
{
    heap_remove(&per_cpu(timers, t->cpu), t);
    t->status = TIMER_STATUS_inactive;
}

unsigned int timers_armed(void)
{
    const struct timer *t;
    unsigned int cpu, nr = 0;
    unsigned long flags;

    for_each_online_cpu ( cpu )
    {
        struct timers *ts = &per_cpu(timers, cpu);

        spin_lock_irqsave(&ts->lock, flags);
        for ( t = ts->first; t; t = heap_next(t) )
            nr++;
        spin_unlock_irqrestore(&ts->lock, flags);
    }

    return nr;
}

/* Lock the queue @timer belongs to. False: it is killed, nothing is locked. */
static bool timer_lock(struct timer *timer, unsigned long *flags)
{
    unsigned int cpu;

    for ( ; ; )
    {
        cpu = read_atomic(&timer->cpu);
        if ( unlikely(cpu == TIMER_CPU_status_killed) )
            return false;

        spin_lock_irqsave(&per_cpu(timers, cpu).lock, *flags);
        if ( likely(timer->cpu == cpu) )
            return true;
        spin_unlock_irqrestore(&per_cpu(timers, cpu).lock, *flags);
    }
}

static void timer_unlock(struct timer *timer, unsigned long flags)
{
    spin_unlock_irqrestore(&per_cpu(timers, timer->cpu).lock, flags);
}

void init_timer(struct timer *timer, void (*function)(void *data), void *data,
                unsigned int cpu)
{
    memset(timer, 0, sizeof(*timer));
    timer->function = function;
    timer->data = data;
    timer->status = TIMER_STATUS_inactive;
    write_atomic(&timer->cpu, cpu);
}

void set_timer(struct timer *timer, s_time_t expires)
{
    unsigned long flags;

    if ( !timer_lock(timer, &flags) )
        return;

    if ( timer_is_active(timer) )
        disarm(timer);
    timer->expires = expires;
    arm(timer);

    timer_unlock(timer, flags);
}

bool stop_timer(struct timer *timer)
{
    unsigned long flags;
    bool was_armed;

    /* Without the lock: who arms it meanwhile comes after us. */
    if ( !timer_is_active(timer) || !timer_lock(timer, &flags) )
        return false;

    was_armed = timer_is_active(timer);
    if ( was_armed )
        disarm(timer);

    timer_unlock(timer, flags);

    return was_armed;
}

void kill_timer(struct timer *timer)
{
    unsigned int old_cpu, cpu;
    unsigned long flags;

    if ( timer->status == TIMER_STATUS_invalid || !timer_lock(timer, &flags) )
        return;

    BUG_ON(this_cpu(timers).running == timer);

    if ( timer_is_active(timer) )
        disarm(timer);
    timer->status = TIMER_STATUS_killed;
    old_cpu = timer->cpu;
    write_atomic(&timer->cpu, TIMER_CPU_status_killed);

    spin_unlock_irqrestore(&per_cpu(timers, old_cpu).lock, flags);

    /* It may have moved while its callback ran: look at every CPU. */
    for_each_online_cpu ( cpu )
        while ( read_atomic(&per_cpu(timers, cpu).running) == timer )
            cpu_relax();
    smp_mb();
}

void migrate_timer(struct timer *timer, unsigned int new_cpu)
{
    unsigned int old_cpu;
    unsigned long flags;
    spinlock_t *first, *second;
    bool active;

    for ( ; ; )
    {
        old_cpu = read_atomic(&timer->cpu);
        if ( old_cpu == new_cpu || old_cpu == TIMER_CPU_status_killed )
            return;

        first = &per_cpu(timers, MIN(old_cpu, new_cpu)).lock;
        second = &per_cpu(timers, MAX(old_cpu, new_cpu)).lock;
        spin_lock_irqsave(first, flags);
        spin_lock(second);
        if ( likely(timer->cpu == old_cpu) )
            break;
        spin_unlock(second);
        spin_unlock_irqrestore(first, flags);
    }

    active = timer_is_active(timer);
    if ( active )
        disarm(timer);
    write_atomic(&timer->cpu, new_cpu);
    if ( active )
        arm(timer);

    spin_unlock(second);
    spin_unlock_irqrestore(first, flags);
}

/*
 * Run what is due, then program the hardware for the new root. Callbacks may
 * arm timers that are due at once; after a millisecond the rest waits for the
 * next round, behind the other softirqs (a deadline in the past fires at once).
 */
static void timer_softirq_action(void)
{
    struct timers *ts = &this_cpu(timers);
    s_time_t now = NOW();
    struct timer *t;

    spin_lock_irq(&ts->lock);

    while ( (t = ts->first) != NULL && t->expires <= now &&
            NOW() - now < MILLISECS(1) )
    {
        void (*fn)(void *data) = t->function;
        void *data = t->data;

        disarm(t);
        write_atomic(&ts->running, t);
        spin_unlock_irq(&ts->lock);

        fn(data);

        spin_lock_irq(&ts->lock);
        /* Everything of the callback is visible before kill_timer() returns. */
        smp_wmb();
        write_atomic(&ts->running, NULL);
    }

    reprogram_timer(t ? t->expires : 0);

    spin_unlock_irq(&ts->lock);
}

static void dump_timerq(unsigned char key)
{
    unsigned int cpu;
    unsigned long flags;
    s_time_t now = NOW();
    struct timer *t;

    printk("timers, now %"PRI_stime" ns\n", now);
    for_each_online_cpu ( cpu )
    {
        struct timers *ts = &per_cpu(timers, cpu);

        spin_lock_irqsave(&ts->lock, flags);
        for ( t = ts->first; t; t = heap_next(t) )
            printk("  cpu%u: in %"PRI_stime" us %ps(%p)\n", cpu,
                   (t->expires - now) / 1000, t->function, t->data);
        spin_unlock_irqrestore(&ts->lock, flags);
    }
}

static int cpu_callback(struct notifier_block *nfb, unsigned long action,
                        void *hcpu)
{
    unsigned int cpu = (unsigned long)hcpu;

    if ( action == CPU_UP_PREPARE )
    {
        spin_lock_init(&per_cpu(timers, cpu).lock);
        per_cpu(timers, cpu).first = NULL;
    }

    return NOTIFY_DONE;
}

static struct notifier_block cpu_nfb = {
    .notifier_call = cpu_callback,
    .priority = 99,
};

void __init timer_init(void)
{
    open_softirq(TIMER_SOFTIRQ, timer_softirq_action);

    cpu_callback(&cpu_nfb, CPU_UP_PREPARE,
                 (void *)(unsigned long)smp_processor_id());
    register_cpu_notifier(&cpu_nfb);

    register_keyhandler('a', dump_timerq, "dump timers", true);
}
