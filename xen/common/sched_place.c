/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: on which pCPU a vCPU runs.
 *
 *   created      the pCPU with the fewest vCPUs
 *   wakes        where it was if that is idle, else another idle pCPU, else the
 *                least loaded, in doubt where it was
 *   pCPU idle    takes a vCPU that waits elsewhere
 *   slice over   a pCPU with more to do than another one gives a vCPU away,
 *                every few slices; with one vCPU too many they so take turns
 *                in having a pCPU to themselves
 * Always within the vCPU's hard affinity.
 *
 * A vCPU moves only while is_running is false, that is, when its registers are
 * in memory, and under the locks of both run queues. One that waits while it is
 * still being saved stays; sched_context_switched() offers it again.
 *
 * No vCPU waits while a pCPU that may run it sleeps: the idle pCPU goes on the
 * list idle_cpus, then looks at the queues; whoever queues a vCPU (or makes a
 * queued one movable) does that, then looks at the list; there is a full
 * barrier in the middle of both, so one sees the other. Who takes a pCPU off
 * the list raises its SCHEDULE_SOFTIRQ, and it starts over.
 *
 * Locks: run queue locks, two in order of CPU number. idle_cpus is atomic.
 */
#include <xen/atomic.h>
#include <xen/cpumask.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#include "sched_private.h"

/* A vCPU is given away at most once in so many slices. */
#define BALANCE_SLICES 3

/* A CPU that stopped its vCPU for a tasklet gets so long to go on with it. */
#define TASKLET_PATIENCE MILLISECS(1)

/* CPUs that have looked for work and found none. */
static cpumask_t idle_cpus;

static bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_test_cpu(cpu, &v->cpu_hard_affinity);
}

/* Is it in memory completely? Then so is what the next CPU loads. */
static bool is_movable(const struct vcpu *v)
{
    bool movable = !read_atomic(&v->is_running);

    /* Pairs with sched_context_switched(). */
    smp_mb();

    return movable;
}

/* ---- Two queues ---------------------------------------------------------- */

unsigned int lock_runqs_of(const struct vcpu *v, unsigned int cpu,
                           unsigned long *flags)
{
    unsigned int own;

    for ( ; ; )
    {
        own = read_atomic(&v->processor);
        spin_lock_irqsave(&per_cpu(runqs, min(own, cpu)).lock, *flags);
        if ( own != cpu )
            spin_lock(&per_cpu(runqs, max(own, cpu)).lock);
        if ( likely(read_atomic(&v->processor) == own) )
            return own;
        unlock_runqs(own, cpu, *flags);
    }
}

void unlock_runqs(unsigned int a, unsigned int b, unsigned long flags)
{
    if ( a != b )
        spin_unlock(&per_cpu(runqs, max(a, b)).lock);
    spin_unlock_irqrestore(&per_cpu(runqs, min(a, b)).lock, flags);
}

static void assign(struct vcpu *v, unsigned int cpu)
{
    ASSERT(!v->queued);

    per_cpu(runqs, v->processor).nr_assigned--;
    per_cpu(runqs, cpu).nr_assigned++;
    write_atomic(&v->processor, cpu);
    v->nr_moves++;
}

void sched_try_assign(struct vcpu *v, unsigned int cpu)
{
    if ( v->processor != cpu && may_run_on(v, cpu) && is_movable(v) )
        assign(v, cpu);
}

/* Under both locks: take a waiting vCPU over; the next of its class there. */
static void move_waiting(struct vcpu *v, unsigned int cpu)
{
    struct runq *to = &per_cpu(runqs, cpu);

    runq_remove(&per_cpu(runqs, v->processor), v);
    assign(v, cpu);
    runq_insert(to, v, true);
    runq_poke(to, v);
}

/* ---- Choosing ------------------------------------------------------------ */

/* An idle CPU for @v, off the list; nr_cpu_ids: none. */
static unsigned int claim_idle(const struct vcpu *v, unsigned int preferred)
{
    unsigned int cpu;

    if ( may_run_on(v, preferred) &&
         cpumask_test_cpu(preferred, &idle_cpus) &&
         cpumask_test_and_clear_cpu(preferred, &idle_cpus) )
        return preferred;

    for_each_cpu ( cpu, &idle_cpus )
        if ( may_run_on(v, cpu) &&
             cpumask_test_and_clear_cpu(cpu, &idle_cpus) )
            return cpu;

    return nr_cpu_ids;
}

/* The online CPU of @v with the least to do, in doubt @preferred. */
static unsigned int least_loaded(const struct vcpu *v, unsigned int preferred)
{
    unsigned int cpu, load, best = nr_cpu_ids, best_load = ~0U;

    if ( cpu_online(preferred) && may_run_on(v, preferred) )
    {
        best = preferred;
        best_load = runq_load(preferred);
    }

    for_each_online_cpu ( cpu )
    {
        load = runq_load(cpu);
        if ( load < best_load && may_run_on(v, cpu) )
        {
            best = cpu;
            best_load = load;
        }
    }

    /* The affinity always has an online CPU; be safe. */
    return best < nr_cpu_ids ? best : preferred;
}

unsigned int sched_place_waking(const struct vcpu *v, bool *claimed)
{
    unsigned int own = read_atomic(&v->processor), cpu;

    *claimed = false;
    if ( !vcpu_runnable(v) || read_atomic(&v->queued) ||
         read_atomic(&v->is_running) )
        return own;

    cpu = claim_idle(v, own);
    if ( cpu < nr_cpu_ids )
    {
        *claimed = true;
        return cpu;
    }

    return least_loaded(v, own);
}

void sched_tickle(const struct vcpu *v)
{
    unsigned int cpu;

    /* Queued, or movable, before the list is read: see above. */
    smp_mb();

    cpu = claim_idle(v, v->processor);
    if ( cpu < nr_cpu_ids )
        cpu_raise_softirq(cpu, SCHEDULE_SOFTIRQ);
}

/* ---- Balance ------------------------------------------------------------- */

/* One that waits in @from for @cpu, or NULL. Under both locks. */
static struct vcpu *find_waiting(const struct runq *from, unsigned int cpu,
                                 s_time_t now)
{
    unsigned int class;
    struct vcpu *v;

    for ( class = 0; class < NR_WAIT; class++ )
        list_for_each_entry ( v, &from->queue[class], runq_link )
        {
            /* Its CPU is about to run it. */
            if ( is_idle_vcpu(from->curr) &&
                 now - (s_time_t)v->runstate.state_entry_time <
                 TASKLET_PATIENCE )
                continue;
            if ( may_run_on(v, cpu) && is_movable(v) )
                return v;
        }

    return NULL;
}

static bool take_from(unsigned int other, unsigned int cpu)
{
    struct runq *from = &per_cpu(runqs, other);
    unsigned long flags;
    struct vcpu *v;

    lock_runqs_of(idle_vcpu[other], cpu, &flags);
    v = find_waiting(from, cpu, NOW());
    if ( v )
        move_waiting(v, cpu);
    unlock_runqs(other, cpu, flags);

    return v != NULL;
}

/* This CPU has nothing to do: say so, then look around. */
static void take_one(unsigned int cpu)
{
    unsigned int other;

    cpumask_set_cpu(cpu, &idle_cpus);
    smp_mb();

    for_each_online_cpu ( other )
        if ( other != cpu && read_atomic(&per_cpu(runqs, other).nr_waiting) &&
             take_from(other, cpu) )
            return;
}

/* Who can go, and where? From the end of the row: its turn here is far. */
static struct vcpu *find_surplus(const struct runq *rq, unsigned int cpu,
                                 unsigned int load, unsigned int *to)
{
    int class;
    struct vcpu *v;

    for ( class = NR_WAIT - 1; class >= 0; class-- )
        list_for_each_entry_reverse ( v, &rq->queue[class], runq_link )
        {
            *to = least_loaded(v, cpu);
            if ( *to != cpu && runq_load(*to) < load && is_movable(v) )
                return v;
        }

    return NULL;
}

static void give_one(unsigned int cpu, unsigned int load, s_time_t now)
{
    struct runq *rq = &per_cpu(runqs, cpu);
    unsigned int to, own;
    unsigned long flags;
    struct vcpu *v;

    spin_lock_irqsave(&rq->lock, flags);
    rq->next_balance = now + BALANCE_SLICES * sched_slice();
    v = find_surplus(rq, cpu, load, &to);
    spin_unlock_irqrestore(&rq->lock, flags);

    /* It stays in memory: no grace period ends before we leave schedule(). */
    if ( !v )
        return;

    own = lock_runqs_of(v, to, &flags);
    if ( own == cpu && v->queued && may_run_on(v, to) && is_movable(v) )
    {
        move_waiting(v, to);
        per_cpu(runqs, to).next_balance = rq->next_balance;
    }
    unlock_runqs(own, to, flags);
}

bool sched_balance(unsigned int cpu, const struct vcpu *prev, bool tasklet)
{
    const struct runq *rq = &per_cpu(runqs, cpu);
    unsigned int waiting = read_atomic(&rq->nr_waiting);
    bool busy = tasklet || (!is_idle_vcpu(prev) && vcpu_runnable(prev));
    s_time_t now;

    if ( !busy && !waiting )
    {
        take_one(cpu);
        return true;
    }

    now = NOW();
    if ( waiting && (tasklet || now >= rq->next_balance) )
        give_one(cpu, waiting + busy, now);

    return false;
}

void sched_not_idle(unsigned int cpu)
{
    if ( cpumask_test_cpu(cpu, &idle_cpus) )
        cpumask_clear_cpu(cpu, &idle_cpus);
}

/* ---- vCPUs come and go --------------------------------------------------- */

/* The CPU of @v with the fewest vCPUs. */
static unsigned int fewest_assigned(const struct vcpu *v)
{
    unsigned int cpu, nr, best = smp_processor_id(), least = ~0U;

    for_each_online_cpu ( cpu )
    {
        nr = read_atomic(&per_cpu(runqs, cpu).nr_assigned);
        if ( nr < least && may_run_on(v, cpu) )
        {
            best = cpu;
            least = nr;
        }
    }

    return best;
}

static void count_assigned(const struct vcpu *v, int change)
{
    unsigned long flags;
    struct runq *rq = lock_runq(v, &flags);

    rq->nr_assigned += change;
    spin_unlock_irqrestore(&rq->lock, flags);
}

int sched_init_vcpu(struct vcpu *v)
{
    INIT_LIST_HEAD(&v->runq_link);
    v->slice_left = sched_slice();
    v->runstate.state_entry_time = NOW();

    if ( is_idle_vcpu(v) )
    {
        cpumask_copy(&v->cpu_hard_affinity, cpumask_of(v->vcpu_id));
        v->processor = v->vcpu_id;
        v->runstate.state = RUNSTATE_running;
        v->is_running = true;
        per_cpu(runqs, v->processor).curr = v;
        return 0;
    }

    cpumask_setall(&v->cpu_hard_affinity);
    v->runstate.state = RUNSTATE_offline;
    v->processor = fewest_assigned(v);
    count_assigned(v, 1);

    return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
    if ( is_idle_vcpu(v) )
        return;

    ASSERT(!v->queued && !v->is_running);
    count_assigned(v, -1);
}

int vcpu_set_hard_affinity(struct vcpu *v, const cpumask_t *affinity)
{
    unsigned int own, to;
    unsigned long flags;
    struct runq *rq;

    if ( !cpumask_intersects(affinity, &cpu_online_map) )
        return -EINVAL;

    rq = lock_runq(v, &flags);
    if ( vcpu_runnable(v) || v->queued || read_atomic(&v->is_running) )
    {
        spin_unlock_irqrestore(&rq->lock, flags);
        return -EBUSY;
    }
    cpumask_copy(&v->cpu_hard_affinity, affinity);
    spin_unlock_irqrestore(&rq->lock, flags);

    if ( may_run_on(v, v->processor) )
        return 0;

    /* It could wait until it wakes; but so it is counted where it will be. */
    to = fewest_assigned(v);
    own = lock_runqs_of(v, to, &flags);
    if ( !v->queued )
        sched_try_assign(v, to);
    unlock_runqs(own, to, flags);

    return 0;
}
