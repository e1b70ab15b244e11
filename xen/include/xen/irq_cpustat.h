/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU state of interrupts and softirqs that other CPUs write. */
#ifndef XEN_IRQ_CPUSTAT_H
#define XEN_IRQ_CPUSTAT_H

#include <xen/percpu.h>
#include <xen/types.h>

#include <asm/current.h>
#include <asm/hardirq.h>

DECLARE_PER_CPU(irq_cpustat_t, irq_stat);

#define softirq_pending(cpu)   (per_cpu(irq_stat, cpu).__softirq_pending)
#define local_irq_count(cpu)   (per_cpu(irq_stat, cpu).__local_irq_count)

/* The same of the CPU we are on, without a look at its number */
#define local_softirq_pending() (this_cpu(irq_stat).__softirq_pending)

#endif /* XEN_IRQ_CPUSTAT_H */
