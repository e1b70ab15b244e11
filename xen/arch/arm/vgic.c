/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual GIC: the state of interrupts, who owns them, and how they get to a vCPU.
 *
 * An interrupt belongs to one vCPU at a time (its owner), whose lock covers it; an SPI changes hands when the guest
 * routes it elsewhere and nothing holds it. An interrupt is in at most one place:
 *
 *   list register   pending and/or active, chosen by vgic-lr.c
 *   READY           enabled and pending, waits for a list register; by group and priority
 *   EVICTED         active, gave its list register to something more urgent; by the priority it has while active
 *   MOVING          left its list register to change owner
 *   nowhere         nothing to tell the guest
 *
 * How a remote CPU looks into a running vCPU: vgic_pull() makes that pCPU take an interrupt. The trap reads the list
 * registers back before anything else runs, so after the call returns the state here is as new as the call. Nobody is
 * paused; a change is made on the state here, marks the vCPU dirty and kicks it, and the vCPU writes its list
 * registers before it goes back to the guest. What the guest did in between is merged as a difference (vgic-lr.c), so
 * neither side's change is lost.
 *
 * Locks: see asm/vgic.h.
 */
#include <xen/bitmap.h>
#include <xen/bitops.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/xmalloc.h>
#include <xen/xvmalloc.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/event.h>
#include <asm/gic_v3_defs.h>
#include <asm/vgic.h>
#include <public/xen.h>

#include "vgic.h"

struct vgic_irq *vgic_get_irq(struct domain *d, struct vcpu *v, unsigned int intid)
{
    if ( intid < VGIC_NR_LOCAL_IRQS )
        return v && v->arch.vgic.initialised ? &v->arch.vgic.private_irqs[intid] : NULL;

    intid -= VGIC_NR_LOCAL_IRQS;

    return intid < d->arch.vgic.nr_spis ? &d->arch.vgic.spis[intid] : NULL;
}

struct vcpu *vgic_lock_irq(struct vgic_irq *irq, unsigned long *flags)
{
    for ( ; ; )
    {
        struct vcpu *owner = ACCESS_ONCE(irq->owner);

        if ( !owner )
            return NULL;

        spin_lock_irqsave(&owner->arch.vgic.lock, *flags);
        /* The owner changes only under the old owner's lock: if it is still the same, it stays. */
        if ( irq->owner == owner )
            return owner;
        spin_unlock_irqrestore(&owner->arch.vgic.lock, *flags);
    }
}

void vgic_unlock_irq(struct vcpu *owner, unsigned long flags, bool kick)
{
    spin_unlock_irqrestore(&owner->arch.vgic.lock, flags);

    if ( kick )
        vcpu_kick(owner);
}

bool vgic_pending(const struct vgic_irq *irq)
{
    return irq->latch || irq->pend || (!irq->edge && irq->line);
}

void vgic_unlink(struct vcpu *owner, struct vgic_irq *irq)
{
    struct vgic_cpu *c = &owner->arch.vgic;
    unsigned int prio = irq->priority >> VGIC_PRIO_SHIFT, active_prio = irq->active_priority >> VGIC_PRIO_SHIFT;

    list_del(&irq->link);
    if ( irq->queue == VGIC_Q_READY && list_empty(&c->ready[irq->group1][prio]) )
        c->ready_mask[irq->group1] &= ~(1U << prio);
    if ( irq->queue == VGIC_Q_EVICTED && list_empty(&c->evicted[active_prio]) )
        c->evicted_mask &= ~(1U << active_prio);
    irq->queue = VGIC_Q_NONE;
}

/* It is on no queue, and in no list register. */
static always_inline bool enqueue(struct vcpu *owner, struct vgic_irq *irq)
{
    struct vgic_cpu *c = &owner->arch.vgic;
    unsigned int prio;

    if ( unlikely(irq->active) )
    {
        prio = irq->active_priority >> VGIC_PRIO_SHIFT;
        list_add_tail(&irq->link, &c->evicted[prio]);
        c->evicted_mask |= 1U << prio;
        irq->queue = VGIC_Q_EVICTED;
        c->dirty = true;
        return true;
    }

    /* Routed elsewhere while something held it here: it goes with the next flush(), or with vgic_move() before that. */
    if ( unlikely(irq->target && irq->target != owner) )
    {
        list_add_tail(&irq->link, &c->moving);
        irq->queue = VGIC_Q_MOVING;
        c->dirty = true;
        return true;
    }

    if ( !irq->enabled || !irq->target || !vgic_pending(irq) )
        return false;

    prio = irq->priority >> VGIC_PRIO_SHIFT;
    list_add_tail(&irq->link, &c->ready[irq->group1][prio]);
    c->ready_mask[irq->group1] |= 1U << prio;
    irq->queue = VGIC_Q_READY;
    c->dirty = true;

    return true;
}

/* The same for one that is on a queue. Not inlined: the way of most calls needs no stack. */
static noinline bool move_queue(struct vcpu *owner, struct vgic_irq *irq)
{
    if ( irq->queue == VGIC_Q_MOVING && !irq->active && irq->target && irq->target != owner )
        return false;

    vgic_unlink(owner, irq);

    return enqueue(owner, irq);
}

bool vgic_requeue(struct vcpu *owner, struct vgic_irq *irq)
{
    ASSERT(spin_is_locked(&owner->arch.vgic.lock));

    /* A list register may have to change; only the vCPU's own CPU can tell, on its way to the guest. */
    if ( irq->lr != VGIC_LR_NONE )
    {
        owner->arch.vgic.dirty = true;
        return true;
    }

    return irq->queue == VGIC_Q_NONE ? enqueue(owner, irq) : move_queue(owner, irq);
}

bool vgic_deactivate(struct vcpu *owner, struct vgic_irq *irq)
{
    irq->active = false;

    return vgic_requeue(owner, irq);
}

void vgic_move(struct vgic_irq *irq)
{
    for ( ; ; )
    {
        struct vcpu *from = ACCESS_ONCE(irq->owner), *to = ACCESS_ONCE(irq->target), *first, *second;
        unsigned long flags;
        bool kick, again;

        if ( !from || !to || from == to )
            return;

        first = from->vcpu_id < to->vcpu_id ? from : to;
        second = first == from ? to : from;
        spin_lock_irqsave(&first->arch.vgic.lock, flags);
        spin_lock(&second->arch.vgic.lock);

        kick = false;
        again = irq->owner != from || irq->target != to;
        if ( !again )
        {
            if ( irq->lr == VGIC_LR_NONE && !irq->active )
            {
                vgic_dequeue(from, irq);
                irq->owner = to;
                kick = vgic_requeue(to, irq);
            }
            else
                vgic_requeue(from, irq);        /* made active here meanwhile: it stays until that ends */
        }

        spin_unlock(&second->arch.vgic.lock);
        spin_unlock_irqrestore(&first->arch.vgic.lock, flags);

        if ( again )
            continue;
        if ( kick )
            vcpu_kick(to);
        else if ( irq->owner == from )
            vcpu_kick(from);
        return;
    }
}

static void nothing(void *info)
{
}

void vgic_pull(struct vcpu *v)
{
    /* Our own list registers were read when we trapped; those of a vCPU that does not run, when it was descheduled. */
    if ( !v || v == current || !read_atomic(&v->is_running) )
        return;

    /* Where it ran when we looked. If it has left that pCPU since, it was descheduled after this call began. */
    smp_rmb();
    on_selected_cpus(cpumask_of(v->processor), nothing, NULL, 1);
}

/* ---- Injection -------------------------------------------------------------------------------------------------- */

static void inject_spi(struct domain *d, unsigned int virq, bool level)
{
    struct vgic_irq *irq = vgic_get_irq(d, NULL, virq);
    unsigned long flags;
    struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

    if ( !owner )
        return;

    irq->line = level;
    /* While its target is off an event waits in the distributor. */
    if ( level && irq->edge )
        irq->latch = true;
    vgic_unlock_irq(owner, flags, vgic_requeue(owner, irq) && is_vcpu_online(owner));
}

/* An event: NPI, SRI. Nobody but v ever owns it. */
static void inject_sgi(struct vcpu *v, struct vgic_irq *irq)
{
    unsigned long flags;
    bool kick = false;

    spin_lock_irqsave(&v->arch.vgic.lock, flags);
    /* It is lost with a vCPU that is off. */
    if ( likely(is_vcpu_online(v)) )
    {
        irq->latch = true;
        kick = vgic_requeue(v, irq);
    }
    vgic_unlock_irq(v, flags, kick);
}

static void inject_ppi(struct vcpu *v, struct vgic_irq *irq, bool level)
{
    unsigned long flags;
    bool online, kick;

    spin_lock_irqsave(&v->arch.vgic.lock, flags);
    online = is_vcpu_online(v);
    irq->line = level;
    if ( level && irq->edge && online )
        irq->latch = true;
    kick = vgic_requeue(v, irq) && online;
    vgic_unlock_irq(v, flags, kick);
}

void vgic_inject_irq(struct domain *d, struct vcpu *v, unsigned int virq, bool level)
{
    if ( virq >= VGIC_NR_LOCAL_IRQS )
        inject_spi(d, virq, level);
    else if ( unlikely(!v || !v->arch.vgic.initialised) )
        return;
    else if ( virq >= NR_GIC_SGI )
        inject_ppi(v, &v->arch.vgic.private_irqs[virq], level);
    else if ( level )
        inject_sgi(v, &v->arch.vgic.private_irqs[virq]);
}

void vgic_inject_hw_irq(struct vcpu *v, unsigned int virq)
{
    struct vgic_irq *irq = vgic_get_irq(v->domain, v, virq);
    unsigned long flags;

    ASSERT(v == current && irq->hwintid);

    spin_lock_irqsave(&v->arch.vgic.lock, flags);
    irq->line = true;
    irq->hw_active = true;
    if ( irq->edge )
        irq->latch = true;
    vgic_requeue(v, irq);
    spin_unlock_irqrestore(&v->arch.vgic.lock, flags);
}

bool vgic_evtchn_irq_pending(struct vcpu *v)
{
    struct vgic_irq *irq = vgic_get_irq(v->domain, v, GUEST_EVTCHN_PPI);

    return irq && vgic_pending(irq);
}

void vgic_map_hw(struct vcpu *v, unsigned int virq, unsigned int hwintid)
{
    struct vgic_irq *irq = vgic_get_irq(v->domain, v, virq);

    ASSERT(irq && virq < VGIC_NR_LOCAL_IRQS && hwintid < NR_GIC_LOCAL_IRQS);
    irq->hwintid = hwintid;
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

static unsigned int nr_virqs(const struct domain *d)
{
    return VGIC_NR_LOCAL_IRQS + d->arch.vgic.nr_spis;
}

bool vgic_reserve_virq(struct domain *d, unsigned int virq)
{
    struct vgic_dist *dist = &d->arch.vgic;
    unsigned long flags;
    bool ok;

    if ( virq >= nr_virqs(d) )
        return false;

    spin_lock_irqsave(&dist->lock, flags);
    ok = !test_bit(virq, dist->allocated);
    if ( ok )
        set_bit(virq, dist->allocated);
    spin_unlock_irqrestore(&dist->lock, flags);

    return ok;
}

int vgic_allocate_spi(struct domain *d)
{
    struct vgic_dist *dist = &d->arch.vgic;
    unsigned long flags;
    unsigned int virq;

    spin_lock_irqsave(&dist->lock, flags);
    virq = find_next_zero_bit(dist->allocated, nr_virqs(d), VGIC_NR_LOCAL_IRQS);
    if ( virq < nr_virqs(d) )
        set_bit(virq, dist->allocated);
    spin_unlock_irqrestore(&dist->lock, flags);

    return virq < nr_virqs(d) ? (int)virq : -ENOSPC;
}

void vgic_free_virq(struct domain *d, unsigned int virq)
{
    struct vgic_dist *dist = &d->arch.vgic;
    unsigned long flags;

    if ( virq >= nr_virqs(d) )
        return;

    spin_lock_irqsave(&dist->lock, flags);
    clear_bit(virq, dist->allocated);
    spin_unlock_irqrestore(&dist->lock, flags);
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

static void init_irq(struct vgic_irq *irq, unsigned int intid, struct vcpu *owner)
{
    INIT_LIST_HEAD(&irq->link);
    irq->intid = intid;
    irq->owner = owner;
    irq->target = owner;
    irq->lr = VGIC_LR_NONE;
    irq->queue = VGIC_Q_NONE;
    irq->group1 = true;
    irq->edge = intid < NR_GIC_SGI;
    irq->enabled = intid < NR_GIC_SGI;
}

int domain_vgic_init(struct domain *d, unsigned int nr_spis)
{
    struct vgic_dist *dist = &d->arch.vgic;
    unsigned int i;

    if ( nr_spis > VGIC_MAX_SPIS )
        return -EINVAL;

    spin_lock_init(&dist->lock);
    nr_spis = ROUNDUP(nr_spis, 32);
    dist->dbase = GUEST_GICV3_GICD_BASE;
    dist->rbase = GUEST_GICV3_GICR0_BASE;

    dist->allocated = xzalloc_array(unsigned long, BITS_TO_LONGS(VGIC_NR_LOCAL_IRQS + nr_spis));
    dist->spis = nr_spis ? xvzalloc_array(struct vgic_irq, nr_spis) : NULL;
    if ( !dist->allocated || (nr_spis && !dist->spis) )
    {
        domain_vgic_free(d);
        return -ENOMEM;
    }

    /* vCPU 0 becomes the owner of SPIs when it is created; until then they cannot be raised. */
    for ( i = 0; i < nr_spis; i++ )
        init_irq(&dist->spis[i], VGIC_NR_LOCAL_IRQS + i, NULL);
    dist->nr_spis = nr_spis;

    /* SGIs are the guest's own. */
    for ( i = 0; i < NR_GIC_SGI; i++ )
        set_bit(i, dist->allocated);

    vgic_v3_map(d);

    return 0;
}

void domain_vgic_free(struct domain *d)
{
    struct vgic_dist *dist = &d->arch.vgic;

    dist->nr_spis = 0;
    XVFREE(dist->spis);
    XFREE(dist->allocated);
}

int vcpu_vgic_init(struct vcpu *v)
{
    struct vgic_dist *dist = &v->domain->arch.vgic;
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i;

    if ( is_idle_vcpu(v) )
        return 0;

    c->private_irqs = xzalloc_array(struct vgic_irq, VGIC_NR_LOCAL_IRQS);
    if ( !c->private_irqs )
        return -ENOMEM;

    spin_lock_init(&c->lock);
    for ( i = 0; i < VGIC_NR_PRIO; i++ )
    {
        INIT_LIST_HEAD(&c->ready[0][i]);
        INIT_LIST_HEAD(&c->ready[1][i]);
        INIT_LIST_HEAD(&c->evicted[i]);
    }
    INIT_LIST_HEAD(&c->moving);
    for ( i = 0; i < VGIC_NR_LOCAL_IRQS; i++ )
        init_irq(&c->private_irqs[i], i, v);

    c->hcr = ICH_HCR_EN;
    c->asleep = true;
    smp_wmb();
    c->initialised = true;

    if ( v->vcpu_id == 0 )
        for ( i = 0; i < dist->nr_spis; i++ )
        {
            dist->spis[i].target = v;
            smp_wmb();
            ACCESS_ONCE(dist->spis[i].owner) = v;
        }

    return 0;
}

void vcpu_vgic_free(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;

    /* The domain is gone from every list and no vCPU runs: nobody else looks. */
    c->initialised = false;
    c->lr_used = 0;
    XFREE(c->private_irqs);
}

void vgic_cpuif_reset(struct vcpu *v)
{
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned long flags;
    unsigned int i;

    spin_lock_irqsave(&c->lock, flags);

    c->vmcr = 0;
    memset(c->ap0r, 0, sizeof(c->ap0r));
    memset(c->ap1r, 0, sizeof(c->ap1r));

    /* Its private interrupts keep what the guest configured and the lines; what was going on is over. */
    for ( i = 0; i < VGIC_NR_LOCAL_IRQS; i++ )
    {
        struct vgic_irq *irq = &c->private_irqs[i];

        if ( irq->lr != VGIC_LR_NONE )
        {
            c->lr[irq->lr] = 0;
            vgic_release_lr(c, irq);
        }
        irq->active = irq->latch = irq->pend = false;
        vgic_requeue(v, irq);
    }
    c->dirty = true;

    spin_unlock_irqrestore(&c->lock, flags);
}

/* ---- Debug key -------------------------------------------------------------------------------------------------- */

static void dump_irq(struct vgic_irq *irq)
{
    static const char *const queue[] = {
        [VGIC_Q_NONE] = "", [VGIC_Q_READY] = " ready", [VGIC_Q_EVICTED] = " evicted", [VGIC_Q_MOVING] = " moving",
    };
    struct vgic_irq copy;
    unsigned long flags;
    struct vcpu *owner = vgic_lock_irq(irq, &flags);

    if ( !owner )
        return;
    copy = *irq;
    vgic_unlock_irq(owner, flags, false);

    if ( !vgic_pending(&copy) && !copy.active )
        return;

    printk("    %pv irq %u prio 0x%02x:%s%s%s%s%s%s", owner, copy.intid, copy.priority, copy.enabled ? "" : " disabled",
           vgic_pending(&copy) ? " pending" : "", copy.active ? " active" : "", copy.line ? " line" : "",
           copy.hw_active ? " hw" : "", queue[copy.queue]);
    if ( copy.lr != VGIC_LR_NONE )
        printk(" lr%u", copy.lr);
    printk("\n");
}

void vgic_dump(struct domain *d)
{
    struct vcpu *v;
    unsigned int i;

    printk("  %pd: groups %x, %u SPIs\n", d, d->arch.vgic.ctlr, d->arch.vgic.nr_spis);
    for_each_vcpu ( d, v )
    {
        struct vgic_cpu *c = &v->arch.vgic;

        if ( !c->initialised )
            continue;
        printk("    %pv lrs %04x hcr %08x vmcr %08x%s\n", v, c->lr_used, c->hcr, c->vmcr, c->dirty ? " dirty" : "");
        for ( i = 0; i < VGIC_NR_LOCAL_IRQS; i++ )
            dump_irq(&c->private_irqs[i]);
    }
    for ( i = 0; i < d->arch.vgic.nr_spis; i++ )
        dump_irq(&d->arch.vgic.spis[i]);
}
