/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU by softirq rounds.
 *
 * A read section holds the preemption count, so its CPU does not process
 * softirqs. Hence: once every online CPU has run its RCU_SOFTIRQ handler after
 * a given moment, every section that was open then has ended. A grace period
 * is one such round; it is started when a CPU has callbacks and none is under
 * way, and it interrupts the other CPUs, idle ones included, so it takes no
 * longer than the longest read section or trap handler.
 *
 * Callbacks of a CPU go through three lists in order: next (newly queued),
 * waiting (for the end of grace period wait_for), done (run now).
 *
 * Locks: rcu_ctrl.lock (IRQs off) covers rcu_ctrl. The lists belong to their
 * CPU, with interrupts off.
 */
#include <xen/atomic.h>
#include <xen/cpumask.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/rcupdate.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>

/* Callbacks run in one go; more wait for the next round of softirqs. */
#define RCU_BATCH 32

static struct {
    spinlock_t lock;
    unsigned long started;      /* number of the newest grace period */
    unsigned long completed;    /* == started: none is under way */
    unsigned long wanted;       /* start more until this one is done */
    cpumask_t to_pass;          /* CPUs the current one still waits for */
} rcu_ctrl = { .lock = SPIN_LOCK_UNLOCKED };

struct rcu_list {
    struct rcu_head *head, **tail;
};

struct rcu_data {
    bool ready;
    struct rcu_list next, waiting, done;
    unsigned long wait_for;
    unsigned long queued, called;   /* callbacks so far; called by the CPU */
};

DEFINE_PER_CPU(unsigned int, rcu_lock_cnt);
static DEFINE_PER_CPU(struct rcu_data, rcu_data);

static void list_clear(struct rcu_list *l)
{
    l->head = NULL;
    l->tail = &l->head;
}

/* Append all of @src to @dst. */
static void list_join(struct rcu_list *dst, struct rcu_list *src)
{
    if ( !src->head )
        return;
    *dst->tail = src->head;
    dst->tail = src->tail;
    list_clear(src);
}

/* IRQs off. Boot CPU and, through its first call, every other one. */
static struct rcu_data *my_data(void)
{
    struct rcu_data *rd = &this_cpu(rcu_data);

    if ( unlikely(!rd->ready) )
    {
        list_clear(&rd->next);
        list_clear(&rd->waiting);
        list_clear(&rd->done);
        rd->ready = true;
    }

    return rd;
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
    struct rcu_data *rd;
    unsigned long flags;

    head->func = func;
    head->next = NULL;

    local_irq_save(flags);
    rd = my_data();
    *rd->next.tail = head;
    rd->next.tail = &head->next;
    write_atomic(&rd->queued, rd->queued + 1);
    raise_softirq(RCU_SOFTIRQ);
    local_irq_restore(flags);
}

/* Under rcu_ctrl.lock: begin the next grace period if one is wanted. */
static void maybe_start(void)
{
    unsigned int cpu;

    if ( rcu_ctrl.started != rcu_ctrl.completed ||
         (long)(rcu_ctrl.wanted - rcu_ctrl.completed) <= 0 )
        return;

    rcu_ctrl.started++;
    /* A CPU that comes up later has seen nothing of before. */
    cpumask_copy(&rcu_ctrl.to_pass, &cpu_online_map);
    for_each_cpu ( cpu, &rcu_ctrl.to_pass )
        cpu_raise_softirq(cpu, RCU_SOFTIRQ);
}

/* This CPU is in no read section: say so to the current grace period. */
static void report_quiescent(void)
{
    unsigned int cpu = smp_processor_id();
    unsigned long flags;

    if ( !cpumask_test_cpu(cpu, &rcu_ctrl.to_pass) )
        return;

    spin_lock_irqsave(&rcu_ctrl.lock, flags);
    if ( cpumask_test_and_clear_cpu(cpu, &rcu_ctrl.to_pass) &&
         cpumask_empty(&rcu_ctrl.to_pass) )
    {
        rcu_ctrl.completed = rcu_ctrl.started;
        maybe_start();
        /* Those who waited for it look at their lists. */
        cpumask_raise_softirq(&cpu_online_map, RCU_SOFTIRQ);
    }
    spin_unlock_irqrestore(&rcu_ctrl.lock, flags);
}

static void run_callbacks(struct rcu_data *rd)
{
    struct rcu_head *head;
    unsigned int n;

    for ( n = 0; n < RCU_BATCH && rd->done.head; n++ )
    {
        head = rd->done.head;
        local_irq_disable();
        rd->done.head = head->next;
        if ( !rd->done.head )
            list_clear(&rd->done);
        local_irq_enable();

        head->func(head);

        smp_wmb();
        write_atomic(&rd->called, rd->called + 1);
    }

    if ( rd->done.head )
        raise_softirq(RCU_SOFTIRQ);
}

static void rcu_process_callbacks(void)
{
    struct rcu_data *rd;

    ASSERT(rcu_quiesce_allowed());
    report_quiescent();

    local_irq_disable();
    rd = my_data();

    if ( rd->waiting.head &&
         (long)(read_atomic(&rcu_ctrl.completed) - rd->wait_for) >= 0 )
        list_join(&rd->done, &rd->waiting);

    if ( rd->next.head && !rd->waiting.head )
    {
        spin_lock(&rcu_ctrl.lock);
        /* One under way may have begun before the callbacks were queued. */
        rd->wait_for = rcu_ctrl.started + 1;
        list_join(&rd->waiting, &rd->next);
        if ( (long)(rd->wait_for - rcu_ctrl.wanted) > 0 )
            rcu_ctrl.wanted = rd->wait_for;
        maybe_start();
        spin_unlock(&rcu_ctrl.lock);
    }
    local_irq_enable();

    run_callbacks(rd);
}

void rcu_barrier(void)
{
    unsigned int cpu;
    unsigned long target;

    ASSERT(!in_irq() && local_irq_is_enabled() && rcu_quiesce_allowed());

    for_each_online_cpu ( cpu )
    {
        struct rcu_data *rd = &per_cpu(rcu_data, cpu);

        target = read_atomic(&rd->queued);
        while ( (long)(read_atomic(&rd->called) - target) < 0 )
        {
            process_pending_softirqs();
            cpu_relax();
        }
    }
    smp_mb();
}

unsigned int rcu_outstanding(void)
{
    unsigned int cpu;
    unsigned long n = 0;

    for_each_online_cpu ( cpu )
    {
        const struct rcu_data *rd = &per_cpu(rcu_data, cpu);

        n += read_atomic(&rd->queued) - read_atomic(&rd->called);
    }

    return n;
}

void __init rcu_init(void)
{
    open_softirq(RCU_SOFTIRQ, rcu_process_callbacks);
}
