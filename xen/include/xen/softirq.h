/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Softirqs: work a CPU does at its next exit to a guest, in the idle loop, or
 * where process_pending_softirqs() is called; IRQs on, no lock held. The
 * numbers are fixed; code outside of the core uses tasklets.
 */
#ifndef XEN_SOFTIRQ_H
#define XEN_SOFTIRQ_H

#include <xen/cpumask.h>
#include <xen/irq_cpustat.h>

/* Handled in this order. */
enum {
    TIMER_SOFTIRQ = 0,
    RCU_SOFTIRQ,
    SCHED_SLAVE_SOFTIRQ,
    SCHEDULE_SOFTIRQ,
    NEW_TLBFLUSH_CLOCK_PERIOD_SOFTIRQ,
    TASKLET_SOFTIRQ,
    NR_COMMON_SOFTIRQS
};

#define NR_SOFTIRQS NR_COMMON_SOFTIRQS

typedef void (*softirq_handler)(void);

/* Install the handler of @nr. Boot only. */
void open_softirq(int nr, softirq_handler handler);

/* Mark @nr pending here, on @cpu, on the CPUs of @mask (with an IPI). Any context. */
void raise_softirq(unsigned int nr);
void cpu_raise_softirq(unsigned int cpu, unsigned int nr);
void cpumask_raise_softirq(const cpumask_t *mask, unsigned int nr);

/* Run what is pending until nothing is. IRQs on, not in atomic context. */
void do_softirq(void);

/*
 * As do_softirq() but without the scheduler, and without RCU work inside a
 * read section. For long loops: IRQs on, not in an interrupt, no spinlock held.
 */
void process_pending_softirqs(void);

#endif /* XEN_SOFTIRQ_H */
