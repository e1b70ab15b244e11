/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual GIC: list registers.
 *
 * While a vCPU runs guest code its list registers are the truth; while it is in EL2 or descheduled the truth is in
 * struct vgic_irq. fold() turns one into the other right after a trap, flush() back right before the return.
 *
 * c->lr[] is what hardware had when we last touched it, so fold() learns what the guest did as a difference: an
 * acknowledge is "was pending, is not", a deactivation is "was active, is not". Changes that others made to the state
 * meanwhile (an event, a clear by another vCPU) are in the fields of the interrupt and survive the merge.
 *
 * More pending than list registers: flush() picks by priority and asks for a maintenance interrupt when at most one
 * register is in use or none is pending. If active interrupts fill all registers the least urgent one is evicted; its
 * end is then seen as EOIcount or as a trapped ICC_DIR_EL1.
 *
 * A private interrupt with a physical one behind it (the virtual timer) has the HW bit while that is active on this
 * pCPU: the guest's deactivation ends both and the line is looked at anew by hardware. It cannot be pending and active.
 *
 * A list register that is not in c->lr_used is 0, in c->lr[] and in hardware.
 *
 * Locks: the vCPU's vgic lock inside. Context: the vCPU's own pCPU, IRQs off.
 */
#include <xen/bitops.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/gic.h>
#include <asm/gic_v3_defs.h>
#include <asm/sysregs.h>
#include <asm/vgic.h>
#include <asm/vtimer.h>
#include <public/xen.h>

#include "vgic.h"

static unsigned int nr_lrs __read_mostly;
static uint32_t hcr_evicted __read_mostly;  /* what to ask for while an active interrupt has no list register */

void __init vgic_set_hw_limits(unsigned int nr, bool can_trap_dir)
{
    nr_lrs = nr;
    hcr_evicted = ICH_HCR_LRENPIE | (can_trap_dir ? ICH_HCR_TDIR : 0);
}

#define FOR_ALL_LRS(op) \
    op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)

static uint64_t read_lr(unsigned int i)
{
    switch ( i )
    {
#define LR_CASE(n) case n: return READ_SYSREG64(ICH_LR ## n ## _EL2);
    FOR_ALL_LRS(LR_CASE)
#undef LR_CASE
    }

    return 0;
}

static void write_lr(unsigned int i, uint64_t val)
{
    switch ( i )
    {
#define LR_CASE(n) case n: WRITE_SYSREG64(val, ICH_LR ## n ## _EL2); break;
    FOR_ALL_LRS(LR_CASE)
#undef LR_CASE
    }
}

void vgic_init_lrs(void)
{
    unsigned int i;

    for ( i = 0; i < nr_lrs; i++ )
        write_lr(i, 0);
}

/* For each bit of @mask, from the lowest; mask is used up */
#define for_each_lr(i, mask) \
    for ( ; (mask) && ((i) = ffs(mask) - 1, true); (mask) &= (mask) - 1 )

static void set_hcr(struct vgic_cpu *c, uint32_t hcr)
{
    if ( c->hcr == hcr )
        return;

    c->hcr = hcr;
    WRITE_SYSREG(hcr, ICH_HCR_EL2);
}

static bool group_enabled(const struct vcpu *v, const struct vgic_irq *irq)
{
    uint32_t bit = irq->group1 ? GICD_CTLR_ENABLE_GRP1 : GICD_CTLR_ENABLE_GRP0;

    return ACCESS_ONCE(v->domain->arch.vgic.ctlr) & bit;
}

void vgic_release_lr(struct vgic_cpu *c, struct vgic_irq *irq)
{
    c->lr_irq[irq->lr] = NULL;
    c->lr_used &= ~(1U << irq->lr);
    irq->lr = VGIC_LR_NONE;
}

/* ---- From list registers ---------------------------------------------------------------------------------------- */

static void fold_one(struct vcpu *v, unsigned int i, uint64_t now)
{
    struct vgic_cpu *c = &v->arch.vgic;
    struct vgic_irq *irq = c->lr_irq[i];
    uint64_t was = c->lr[i];
    bool acked = (was & ICH_LR_PENDING) && !(now & ICH_LR_PENDING);

    if ( acked )
        irq->pend = false;
    if ( acked || ((was ^ now) & ICH_LR_ACTIVE) )
    {
        irq->active = now & ICH_LR_ACTIVE;
        irq->active_priority = (now >> ICH_LR_PRIO_SHIFT) & 0xff;
    }

    c->lr[i] = now;
    c->dirty = true;
    if ( now & ICH_LR_STATE )
        return;

    /* Ended. The register is emptied at once: one that has the EOI bit keeps the maintenance interrupt up. */
    write_lr(i, 0);
    c->lr[i] = 0;
    if ( was & ICH_LR_HW )
    {
        /* The guest deactivated the physical interrupt too; if its line is still up it comes again by itself. */
        irq->hw_active = false;
        irq->line = false;
    }
    vgic_release_lr(c, irq);
    vgic_requeue(v, irq);
}

/* The most urgent one that is active without a list register: the one the guest acknowledged last, and will end first */
static struct vgic_irq *first_evicted(const struct vgic_cpu *c)
{
    if ( !c->evicted_mask )
        return NULL;

    return list_first_entry(&c->evicted[ffs(c->evicted_mask) - 1], struct vgic_irq, link);
}

/*
 * The guest ended interrupts that had no list register. An EOI ends the one that was acknowledged last, which is the most
 * urgent by the priority it had then: only a more urgent one can be acknowledged on top of it.
 */
static void fold_eoicount(struct vcpu *v, unsigned int count)
{
    struct vgic_irq *irq;

    while ( count-- && (irq = first_evicted(&v->arch.vgic)) != NULL )
        vgic_deactivate(v, irq);
}

void vgic_sync_from_lrs(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, used = c->lr_used, changed = 0, eoicount = 0;
    bool maintenance = c->hcr & ICH_HCR_MAINTENANCE;
    uint64_t now[GIC_MAX_LRS];

    for_each_lr ( i, used )
    {
        now[i] = read_lr(i);
        if ( (now[i] ^ c->lr[i]) & ICH_LR_STATE )
            changed |= 1U << i;
    }

    if ( maintenance )
    {
        /* Withdraw the request, else it stays up as long as we are in EL2. flush() decides anew. */
        eoicount = (uint32_t)READ_SYSREG(ICH_HCR_EL2) >> ICH_HCR_EOICOUNT_SHIFT;
        set_hcr(c, ICH_HCR_EN);
    }

    if ( !changed && !maintenance )
        return;

    spin_lock(&c->lock);
    c->dirty = true;
    for_each_lr ( i, changed )
        fold_one(v, i, now[i]);
    fold_eoicount(v, eoicount);
    spin_unlock(&c->lock);

    isb();
}

/* ---- To list registers ------------------------------------------------------------------------------------------ */

/* The timer line of the vCPU as hardware has it now: do not present what the guest has already taken away. */
static void resample_hw(struct vcpu *v)
{
    struct vgic_irq *irq = &v->arch.vgic.private_irqs[GUEST_TIMER_VIRT_PPI];

    if ( !irq->line || irq->active || vtimer_line() )
        return;

    irq->line = false;
    if ( irq->hw_active )
    {
        gic_deactivate_irq(irq->hwintid);
        irq->hw_active = false;
    }
    vgic_requeue(v, irq);
}

/* Most urgent interrupt of @groups (GICD_CTLR_ENABLE_GRP*) that waits for a list register */
static struct vgic_irq *first_ready(const struct vgic_cpu *c, uint32_t groups)
{
    uint32_t group0 = groups & GICD_CTLR_ENABLE_GRP0 ? c->ready_mask[0] : 0;
    uint32_t group1 = groups & GICD_CTLR_ENABLE_GRP1 ? c->ready_mask[1] : 0;
    unsigned int prio;

    if ( !(group0 | group1) )
        return NULL;
    prio = ffs(group0 | group1) - 1;

    return list_first_entry(&c->ready[!(group0 & (1U << prio))][prio], struct vgic_irq, link);
}

static void assign_lr(struct vcpu *v, struct vgic_irq *irq, unsigned int i)
{
    struct vgic_cpu *c = &v->arch.vgic;

    vgic_dequeue(v, irq);
    irq->lr = i;
    c->lr_irq[i] = irq;
    c->lr_used |= 1U << i;
}

/* Take away what may not stay: not active, and no longer deliverable to this vCPU */
static void prune(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, used = c->lr_used;

    for_each_lr ( i, used )
    {
        struct vgic_irq *irq = c->lr_irq[i];

        if ( irq->active ||
             (irq->target == v && irq->enabled && vgic_pending(irq) && group_enabled(v, irq)) )
            continue;

        vgic_release_lr(c, irq);
        vgic_requeue(v, irq);
    }
}

/*
 * The register to give up for an interrupt of priority prio: the least urgent one that only pends, if it is less
 * urgent than prio; if none pends, the least urgent active one. nr_lrs: none.
 */
static unsigned int victim_lr(const struct vgic_cpu *c, uint8_t prio)
{
    unsigned int i, pending = nr_lrs, active = nr_lrs;

    for ( i = 0; i < nr_lrs; i++ )
    {
        const struct vgic_irq *irq = c->lr_irq[i];

        if ( irq->active )
        {
            if ( active == nr_lrs || irq->active_priority > c->lr_irq[active]->active_priority )
                active = i;
        }
        else if ( pending == nr_lrs || irq->priority > c->lr_irq[pending]->priority )
            pending = i;
    }

    if ( pending == nr_lrs )
        return active;

    return c->lr_irq[pending]->priority > prio ? pending : nr_lrs;
}

static bool anything_waits(const struct vgic_cpu *c)
{
    return c->ready_mask[0] | c->ready_mask[1] | c->evicted_mask;
}

static void fill(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    struct vgic_irq *irq, *victim;
    unsigned int i, n = 0, all = (1U << nr_lrs) - 1, unused = all & ~c->lr_used;
    uint32_t hcr = ICH_HCR_EN, groups = ACCESS_ONCE(v->domain->arch.vgic.ctlr);

    for_each_lr ( i, unused )
    {
        if ( !anything_waits(c) )
            break;
        /* The most urgent first, then those whose end we would have to guess, then the rest. */
        irq = n++ == 0 ? first_ready(c, groups) : NULL;
        irq = irq ?: first_evicted(c);
        irq = irq ?: first_ready(c, groups);
        if ( !irq )
            break;
        assign_lr(v, irq, i);
    }

    /* Full: each round puts a more urgent interrupt in, so one per register is enough. */
    for ( n = 0; n < nr_lrs && c->lr_used == all; n++ )
    {
        irq = first_ready(c, groups);
        i = irq ? victim_lr(c, irq->priority) : nr_lrs;
        if ( i == nr_lrs )
            break;

        victim = c->lr_irq[i];
        vgic_release_lr(c, victim);
        vgic_requeue(v, victim);
        assign_lr(v, irq, i);
    }

    if ( anything_waits(c) && first_ready(c, groups) )
        hcr |= ICH_HCR_NPIE | (nr_lrs > 1 ? ICH_HCR_UIE : 0);
    if ( c->evicted_mask )
        hcr |= hcr_evicted;
    set_hcr(c, hcr);
}

/* The value of a list register; what it says to be pending is from now on the guest's to acknowledge. */
static uint64_t compose(struct vcpu *v, struct vgic_irq *irq)
{
    uint64_t val = irq->intid | ((uint64_t)irq->priority << ICH_LR_PRIO_SHIFT) | (irq->group1 ? ICH_LR_GROUP1 : 0);

    if ( irq->hw_active )
        val |= ICH_LR_HW | ((uint64_t)irq->hwintid << ICH_LR_PINTID_SHIFT);
    else if ( irq->target != v || (!irq->edge && !irq->hwintid) )
        val |= ICH_LR_EOI;      /* when it has ended: a level is looked at again, a rerouted interrupt moves */

    if ( irq->active )
    {
        val |= ICH_LR_ACTIVE;
        if ( irq->hw_active || !irq->enabled || irq->target != v || !group_enabled(v, irq) ||
             !(irq->latch || irq->pend) )
            return val;
    }

    irq->pend |= irq->latch;
    irq->latch = false;

    return val | ICH_LR_PENDING;
}

void vgic_sync_to_lrs(void)
{
    struct vcpu *v = current;
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, moves, before;

    ASSERT(!local_irq_is_enabled());

    if ( likely(!ACCESS_ONCE(c->dirty)) )
        return;

    spin_lock(&c->lock);
    before = c->lr_used;        /* all others are empty, here and in hardware */
    resample_hw(v);
    prune(v);
    fill(v);
    before |= c->lr_used;
    for_each_lr ( i, before )
    {
        uint64_t val = c->lr_irq[i] ? compose(v, c->lr_irq[i]) : 0;

        if ( val == c->lr[i] )
            continue;
        write_lr(i, val);
        c->lr[i] = val;
    }
    c->dirty = false;

    /* Those that left for another vCPU; one list register each, so the number is bounded. */
    for ( moves = 0; moves < GIC_MAX_LRS && !list_empty(&c->moving); moves++ )
    {
        struct vgic_irq *irq = list_first_entry(&c->moving, struct vgic_irq, link);

        vgic_dequeue(v, irq);
        spin_unlock(&c->lock);
        vgic_move(irq);
        spin_lock(&c->lock);
    }
    spin_unlock(&c->lock);
}

/* ---- Context switch --------------------------------------------------------------------------------------------- */

void vgic_save_lrs(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    struct vgic_irq *irq = &c->private_irqs[GUEST_TIMER_VIRT_PPI];
    unsigned int i, used;

    vgic_sync_from_lrs(v);
    used = c->lr_used;
    for_each_lr ( i, used )
        write_lr(i, 0);         /* the next vCPU finds all empty */

    /* The physical timer interrupt is the next vCPU's now. Ours is told again when the timer is back in hardware. */
    spin_lock(&c->lock);
    if ( irq->hw_active )
    {
        gic_deactivate_irq(irq->hwintid);
        irq->hw_active = false;
        c->dirty = true;
    }
    spin_unlock(&c->lock);
}

void vgic_restore_lrs(struct vcpu *v)
{
    const struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, used = c->lr_used;

    for_each_lr ( i, used )
        write_lr(i, c->lr[i]);
    WRITE_SYSREG(c->hcr, ICH_HCR_EL2);
}

/* ---- Can it be taken? ------------------------------------------------------------------------------------------- */

int vgic_vcpu_pending_irq(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, used, limit, best = 0x100;
    struct vgic_irq *irq;
    unsigned long flags;
    uint32_t vmcr;

    if ( !c->initialised )
        return 0;

    spin_lock_irqsave(&c->lock, flags);

    gic_read_cpuif(v, &vmcr, &limit);

    /* Of the groups that are on both in the distributor and in its CPU interface: the bits are the same. */
    BUILD_BUG_ON(ICH_VMCR_VENG0 != GICD_CTLR_ENABLE_GRP0 || ICH_VMCR_VENG1 != GICD_CTLR_ENABLE_GRP1);
    irq = first_ready(c, ACCESS_ONCE(v->domain->arch.vgic.ctlr) & vmcr);
    if ( irq )
        best = irq->priority;
    used = c->lr_used;
    for_each_lr ( i, used )
    {
        irq = c->lr_irq[i];
        if ( !irq->active && irq->enabled && vgic_pending(irq) && group_enabled(v, irq) &&
             (vmcr & (irq->group1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0)) )
            best = min(best, (unsigned int)irq->priority);
    }

    spin_unlock_irqrestore(&c->lock, flags);

    return best < limit;
}

