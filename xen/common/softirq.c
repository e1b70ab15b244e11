/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Softirqs and the preemption count.
 *
 * A pending softirq is a bit of irq_stat.__softirq_pending of a CPU, set by any
 * CPU, cleared by its own just before the handler runs: a softirq raised while
 * its handler runs makes it run again.
 *
 * Locks: none. Handlers run with IRQs on and no lock held.
 */
#include <xen/atomic.h>
#include <xen/bitops.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/preempt.h>
#include <xen/rcupdate.h>
#include <xen/smp.h>
#include <xen/softirq.h>

DEFINE_PER_CPU(irq_cpustat_t, irq_stat);

static softirq_handler softirq_handlers[NR_SOFTIRQS];

#ifndef NDEBUG
DEFINE_PER_CPU(unsigned int, __preempt_count);

void ASSERT_NOT_IN_ATOMIC(void)
{
    ASSERT(!preempt_count());
    ASSERT(!in_irq());
    ASSERT(local_irq_is_enabled());
}
#endif

static void run_softirqs(unsigned long ignore)
{
    unsigned int nr;
    unsigned long pending;

    /* The CPU's word anew each time: schedule() may come back on another. */
    while ( (pending = read_atomic(&local_softirq_pending()) & ~ignore) != 0 )
    {
        nr = ffsl(pending) - 1;
        clear_bit(nr, &local_softirq_pending());
        /* What was published before the raise is visible to the handler. */
        smp_mb__after_atomic();
        if ( softirq_handlers[nr] )
            softirq_handlers[nr]();
    }
}

void do_softirq(void)
{
    ASSERT_NOT_IN_ATOMIC();
    run_softirqs(0);
}

void process_pending_softirqs(void)
{
    unsigned long ignore = (1UL << SCHEDULE_SOFTIRQ) |
                           (1UL << SCHED_SLAVE_SOFTIRQ);

    ASSERT(!in_irq() && local_irq_is_enabled());

    /* In a read section a grace period must not end. */
    if ( !rcu_quiesce_allowed() )
        ignore |= 1UL << RCU_SOFTIRQ;

    run_softirqs(ignore);
}

void __init open_softirq(int nr, softirq_handler handler)
{
    ASSERT(nr < NR_SOFTIRQS);
    softirq_handlers[nr] = handler;
}

void raise_softirq(unsigned int nr)
{
    /* Our own exit path looks at it: no barrier, no IPI. */
    set_bit(nr, &local_softirq_pending());
}

void cpu_raise_softirq(unsigned int cpu, unsigned int nr)
{
    if ( cpu == smp_processor_id() )
    {
        raise_softirq(nr);
        return;
    }

    smp_mb__before_atomic();
    if ( !test_and_set_bit(nr, &softirq_pending(cpu)) )
        smp_send_event_check_cpu(cpu);
}

void cpumask_raise_softirq(const cpumask_t *mask, unsigned int nr)
{
    unsigned int cpu;

    for_each_cpu ( cpu, mask )
        cpu_raise_softirq(cpu, nr);
}
