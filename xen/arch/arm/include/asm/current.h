/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs on this CPU. TPIDR_EL2 holds the offset of the CPU's per-CPU area;
 * the top of each vCPU's stack holds struct cpu_info.
 */
#ifndef ARM_CURRENT_H
#define ARM_CURRENT_H

#include <xen/page-size.h>
#include <xen/percpu.h>
#include <xen/types.h>

#include <asm/regs.h>
#include <asm/smp.h>

#ifndef __ASSEMBLY__

struct vcpu;

/* The vCPU this CPU runs; idle vCPU when none. Written by context_switch(). */
DECLARE_PER_CPU(struct vcpu *, curr_vcpu);

#define current            (this_cpu(curr_vcpu))
#define set_current(v)     do { current = (v); } while ( 0 )
#define get_cpu_current(c) (per_cpu(curr_vcpu, c))

/* Top of a vCPU's EL2 stack: what entry.S saves at a trap from the guest, all of it within reach of SP. */
struct cpu_info {
    struct cpu_user_regs guest_cpu_user_regs;
    uint64_t guest_apia[2];     /* the guest's instruction key A, low word first, while EL2 runs */
    struct vcpu *vcpu;          /* whose stack it is; constant */
    uint64_t pad;               /* SP is a multiple of 16 */
};

static inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;

    __asm__ ( "mov %0, sp" : "=r" (sp) );

    return (struct cpu_info *)((sp & ~(STACK_SIZE - 1UL)) + STACK_SIZE -
                               sizeof(struct cpu_info));
}

#define guest_cpu_user_regs() (&get_cpu_info()->guest_cpu_user_regs)

#endif /* !__ASSEMBLY__ */

#endif /* ARM_CURRENT_H */
