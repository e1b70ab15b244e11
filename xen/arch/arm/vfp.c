/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP/SIMD of a vCPU, moved eagerly at each switch of the vCPU: there is no trap that a guest could time, and no state
 * of one guest in the registers while another runs. Context: context switch, IRQs off.
 */
#include <xen/sched.h>
#include <asm/cpufeature.h>
#include <asm/vfp.h>

void vfp_save_state(struct vcpu *v)
{
    if ( cpu_has_fp )
        fpsimd_save(&v->arch.vfp);
}

void vfp_restore_state(struct vcpu *v)
{
    if ( cpu_has_fp )
        fpsimd_restore(&v->arch.vfp);
}
