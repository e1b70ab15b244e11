/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt nesting of each CPU. */
#ifndef ARM_HARDIRQ_H
#define ARM_HARDIRQ_H

#include <xen/cache.h>
#include <xen/types.h>

typedef struct {
    unsigned long __softirq_pending;    /* bit per softirq; set by any CPU */
    unsigned int __local_irq_count;     /* written by the CPU itself */
} __cacheline_aligned irq_cpustat_t;

#include <xen/irq_cpustat.h>

#define in_irq() (this_cpu(irq_stat).__local_irq_count != 0)

#define irq_enter() (this_cpu(irq_stat).__local_irq_count++)
#define irq_exit()  (this_cpu(irq_stat).__local_irq_count--)

#endif /* ARM_HARDIRQ_H */
