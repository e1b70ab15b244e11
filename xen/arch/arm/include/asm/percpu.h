/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a CPU's copies are: TPIDR_EL2 holds the offset from the link address. */
#ifndef ARM_PERCPU_H
#define ARM_PERCPU_H

#ifndef __ASSEMBLY__

#include <xen/types.h>
#include <asm/sysregs.h>

extern char __per_cpu_start[], __per_cpu_data_end[];
extern unsigned long __per_cpu_offset[NR_CPUS];

/* The compiler must not reason about the variable's link address. */
#define PERCPU_SHIFT(var, offset) ({                                \
    unsigned long ptr_;                                             \
    asm ( "" : "=r" (ptr_) : "0" (&per_cpu__##var) );               \
    (typeof(per_cpu__##var) *)(ptr_ + (offset)); })

#define per_cpu(var, cpu) (*PERCPU_SHIFT(var, __per_cpu_offset[cpu]))
#define this_cpu(var)     (*PERCPU_SHIFT(var, READ_SYSREG(TPIDR_EL2)))

#define per_cpu_ptr(var, cpu) \
    ((typeof(var))((unsigned long)(var) + __per_cpu_offset[cpu]))
#define this_cpu_ptr(var) \
    ((typeof(var))((unsigned long)(var) + READ_SYSREG(TPIDR_EL2)))

#endif /* __ASSEMBLY__ */

#endif /* ARM_PERCPU_H */
