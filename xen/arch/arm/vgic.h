/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the virtual GIC share: vgic.c (state and queues), vgic-lr.c (list registers),
 * vgic-v3.c (MMIO registers), vgic-v3-sysreg.c (trapped CPU-interface registers).
 */
#ifndef ARM_VGIC_PRIVATE_H
#define ARM_VGIC_PRIVATE_H

#include <xen/sched.h>
#include <asm/vgic.h>

/*
 * vgic_get_irq - interrupt of a domain by INTID; private ones are those of v
 * Returns NULL if there is none (also for private INTIDs without v).
 */
struct vgic_irq *vgic_get_irq(struct domain *d, struct vcpu *v, unsigned int intid);

/*
 * vgic_lock_irq - lock the vCPU that owns irq; returns it, or NULL (nothing locked) before the domain has vCPUs
 * vgic_unlock_irq - undo it, then wake or kick the owner if kick says so
 */
struct vcpu *vgic_lock_irq(struct vgic_irq *irq, unsigned long *flags);
void vgic_unlock_irq(struct vcpu *owner, unsigned long flags, bool kick);

/* vgic_pending - is irq pending in the sense of GICD_ISPENDR? Owner locked. */
bool vgic_pending(const struct vgic_irq *irq);

/*
 * vgic_requeue - put irq where its state wants it, after any change
 * Returns true if the owner must be woken or kicked to notice. Owner locked.
 */
bool vgic_requeue(struct vcpu *owner, struct vgic_irq *irq);

/* vgic_unlink - take irq off the queue it is on. Owner locked. */
void vgic_unlink(struct vcpu *owner, struct vgic_irq *irq);

/* vgic_dequeue - the same, if it is on one; before its group, priority or active priority changes, which say on which. */
static inline void vgic_dequeue(struct vcpu *owner, struct vgic_irq *irq)
{
    if ( irq->queue != VGIC_Q_NONE )
        vgic_unlink(owner, irq);
}

/* vgic_release_lr - irq, which has a list register, has none any more; the caller clears c->lr[]. Owner locked. */
void vgic_release_lr(struct vgic_cpu *c, struct vgic_irq *irq);

/* vgic_move - let irq go to the vCPU it is routed to, unless a list register or the active state holds it back. No lock held. */
void vgic_move(struct vgic_irq *irq);

/* vgic_pull - on return the state of v's interrupts is not older than the call. No lock held, IRQs on. */
void vgic_pull(struct vcpu *v);

/* vgic_deactivate - the guest ended irq by other means than its list register. Owner locked; result as vgic_requeue(). */
bool vgic_deactivate(struct vcpu *owner, struct vgic_irq *irq);

/* vgic_v3_map - register the MMIO frames. Domain construction. */
void vgic_v3_map(struct domain *d);

#endif /* ARM_VGIC_PRIVATE_H */
