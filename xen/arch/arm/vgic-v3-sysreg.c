/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual GICv3: the CPU-interface registers that trap. SGI generation always does (HCR_EL2.IMO), ICC_DIR_EL1 only while
 * vgic-lr.c asks for it; all others are the hardware's virtual CPU interface.
 *
 * Locks: the target's vgic lock, one at a time.
 * Spec: Arm IHI 0069, 12.2 (ICC_SGI1R_EL1 and its kin, ICC_DIR_EL1, ICC_SRE_EL1).
 */
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/gic_v3_defs.h>
#include <asm/hsr.h>
#include <asm/regs.h>
#include <asm/vgic.h>

#include "vgic.h"

#define HSR_SYSREG_ICC_DIR_EL1  HSR_SYSREG(3, 0, 12, 11, 1)

/* ICC_SGI1R raises an SGI of either group, the other two only one of group 0. */
static void raise_sgi(struct vcpu *v, unsigned int sgi, bool group1)
{
    struct vgic_irq *irq = vgic_get_irq(v->domain, v, sgi);

    if ( irq && (group1 || !ACCESS_ONCE(irq->group1)) )
        vgic_inject_irq(v->domain, v, sgi, true);
}

static void send_sgi(uint64_t sgir, bool group1)
{
    unsigned int sgi = (sgir >> ICC_SGIR_INTID_SHIFT) & 0xf, base, i;
    struct domain *d = current->domain;
    struct vcpu *v;

    if ( sgir & ICC_SGIR_IRM )
    {
        for_each_vcpu ( d, v )
            if ( v != current )
                raise_sgi(v, sgi, group1);
        return;
    }

    /* Aff0 is below 16 everywhere, so range selector 0 covers all; Aff2 and Aff3 are 0. */
    if ( ((sgir >> ICC_SGIR_RS_SHIFT) & 0xf) || ((sgir >> ICC_SGIR_AFF2_SHIFT) & 0xff) ||
         ((sgir >> ICC_SGIR_AFF3_SHIFT) & 0xff) )
        return;

    base = ((sgir >> ICC_SGIR_AFF1_SHIFT) & 0xff) << 4;
    for ( i = 0; i < 16; i++ )
    {
        v = sgir & (1UL << i) ? domain_vcpu(d, base + i) : NULL;
        if ( v )
            raise_sgi(v, sgi, group1);
    }
}

/* Trapped only while an active interrupt has no list register. */
static void deactivate(uint64_t dir)
{
    struct vgic_irq *irq = vgic_get_irq(current->domain, current, dir & ICC_IAR_INTID_MASK);
    unsigned long flags;
    struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

    if ( owner )
        vgic_unlock_irq(owner, flags, vgic_deactivate(owner, irq));
}

bool vgic_emulate(struct cpu_user_regs *regs, union hsr hsr)
{
    unsigned int rt = hsr.sysreg.reg;
    bool read = hsr.sysreg.read;

    switch ( hsr.bits & HSR_SYSREG_REGS_MASK )
    {
    case HSR_SYSREG_ICC_SGI1R_EL1:
        if ( read )
            return false;
        send_sgi(get_user_reg(regs, rt), true);
        return true;

    case HSR_SYSREG_ICC_SGI0R_EL1:
    case HSR_SYSREG_ICC_ASGI1R_EL1:
        if ( read )
            return false;
        send_sgi(get_user_reg(regs, rt), false);
        return true;

    case HSR_SYSREG_ICC_DIR_EL1:
        if ( read )
            return false;
        deactivate(get_user_reg(regs, rt));
        return true;

    case HSR_SYSREG_ICC_SRE_EL1:
        /* System registers on, no bypass; fixed. */
        if ( read )
            set_user_reg(regs, rt, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
        return true;

    default:
        return false;
    }
}
