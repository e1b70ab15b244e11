/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU state of interrupts and softirqs that other CPUs write. */
#ifndef XEN_IRQ_CPUSTAT_H
#define XEN_IRQ_CPUSTAT_H

#include <xen/percpu.h>
#include <xen/types.h>

#include <asm/current.h>
#include <asm/hardirq.h>

extern irq_cpustat_t irq_stat[NR_CPUS];

#define softirq_pending(cpu)   (irq_stat[cpu].__softirq_pending)
#define local_irq_count(cpu)   (irq_stat[cpu].__local_irq_count)

#endif /* XEN_IRQ_CPUSTAT_H */
