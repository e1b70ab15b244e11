/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs of this machine: who am I, who is there. */
#ifndef ARM_SMP_H
#define ARM_SMP_H

#ifndef __ASSEMBLY__

#include <xen/percpu.h>
#include <xen/cpumask.h>

DECLARE_PER_CPU(unsigned int, cpu_id);

#define smp_processor_id()  this_cpu(cpu_id)
#define raw_smp_processor_id() smp_processor_id()

extern unsigned long secondary_stack[NR_CPUS];

/* Entry of a CPU started by PSCI (head.S), and its first C function. */
void init_secondary(void);
void start_secondary(void);

/* Stop this CPU: interrupts off, out of the online map, WFI for ever. */
void noreturn stop_cpu(void);

/* Power: to the firmware, with the other CPUs parked first. */
void noreturn machine_halt(void);

#endif /* __ASSEMBLY__ */

#endif /* ARM_SMP_H */
