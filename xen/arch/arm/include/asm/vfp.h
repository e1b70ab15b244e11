/* SPDX-License-Identifier: GPL-2.0-only */
/* FP/SIMD state of a vCPU, switched eagerly with the vCPU: EL2 itself never uses these registers. */
#ifndef ASM_ARM_VFP_H
#define ASM_ARM_VFP_H

#include <xen/types.h>

struct vcpu;

struct vfp_state
{
    uint64_t fpregs[64] __aligned(16);  /* q0-q31 */
    register_t fpcr;
    register_t fpsr;
};

void vfp_save_state(struct vcpu *v);
void vfp_restore_state(struct vcpu *v);

/* guest_fp.S: move the whole register file */
void fpsimd_save(struct vfp_state *s);
void fpsimd_restore(const struct vfp_state *s);

#endif /* ASM_ARM_VFP_H */
