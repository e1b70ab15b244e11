/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making CPUs talk: calls on other CPUs and the interrupts behind them.
 */
#ifndef XEN_SMP_H
#define XEN_SMP_H

#include <xen/cpumask.h>
#include <asm/smp.h>

/* Interrupt one CPU, or a set, so that it looks at its softirqs. */
void smp_send_event_check_mask(const cpumask_t *mask);
#define smp_send_event_check_cpu(cpu) smp_send_event_check_mask(cpumask_of(cpu))

/*
 * Run func(info) on every CPU of selected, the caller included if it is in
 * there; with wait, return only when all have finished. func runs in hard
 * interrupt context with interrupts off. The caller must have interrupts on.
 * One call at a time; do not nest.
 */
void on_selected_cpus(const cpumask_t *selected, void (*func)(void *info),
                      void *info, int wait);

static inline void on_each_cpu(void (*func)(void *info), void *info, int wait)
{
    on_selected_cpus(&cpu_online_map, func, info, wait);
}

/* Make another CPU print its registers; gives up when it does not answer. Not in an interrupt. */
void smp_dump_state(unsigned int cpu);

/* The receiving halves: called by the GIC driver, in interrupt context. */
struct cpu_user_regs;
void smp_call_function_interrupt(void);
void smp_dump_state_interrupt(const struct cpu_user_regs *regs);

/* Stop all other CPUs for good (shutdown, panic). Any context. */
void smp_send_stop(void);

/* Boot: how many CPUs there are (nr_cpu_ids), then all of them up. */
void smp_init_cpus(void);
void smp_prepare_boot_cpu(void);
int __cpu_up(unsigned int cpu);

#endif /* XEN_SMP_H */
