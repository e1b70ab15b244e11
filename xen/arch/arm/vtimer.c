/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of a guest.
 *
 * Virtual timer: the guest programs the hardware. Its physical PPI is taken here, stays active and becomes the guest's
 * PPI 27 with the HW bit in its list register: the guest's deactivation re-arms it, so a condition that still holds
 * comes again, and the guest never finds a mask bit that it has not set. While the vCPU does not run, a struct timer
 * stands for the hardware and wakes it.
 *
 * Physical timer: CNTP_* trap; its line is computed here and kept by a struct timer. The counter itself is read directly.
 *
 * A vCPU takes its timers along when it changes its pCPU; a callback that has begun on the old one ends there. For the
 * virtual timer that is a late "line up", which is compared with hardware before the guest sees it (vgic-lr.c); the
 * physical timer's callback looks at the registers again.
 *
 * Locks: struct vtimer.lock (physical timer only), then those of timers and of the vGIC.
 */
#include <xen/errno.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/time.h>
#include <xen/timer.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/hsr.h>
#include <asm/regs.h>
#include <asm/sysregs.h>
#include <asm/system.h>
#include <asm/time.h>
#include <asm/vgic.h>
#include <asm/vtimer.h>
#include <public/xen.h>

#define CNTx_CTL_ENABLE     (1U << 0)
#define CNTx_CTL_IMASK      (1U << 1)
#define CNTx_CTL_ISTATUS    (1U << 2)

/* ---- Physical timer --------------------------------------------------------------------------------------------- */

/* Bring the line and the deadline in step with the registers. Under the lock. */
static void phys_update(struct vtimer *t)
{
    bool armed = (t->ctl & (CNTx_CTL_ENABLE | CNTx_CTL_IMASK)) == CNTx_CTL_ENABLE;
    bool fired = armed && get_cycles() >= t->cval;

    if ( armed && !fired )
        set_timer(&t->timer, ticks_to_ns(t->cval));
    else
        stop_timer(&t->timer);

    vgic_inject_irq(t->v->domain, t->v, t->irq, fired);
}

static void phys_expired(void *data)
{
    struct vtimer *t = data;

    spin_lock(&t->lock);
    phys_update(t);
    spin_unlock(&t->lock);
}

static uint64_t phys_read(const struct vtimer *t, uint32_t reg)
{
    uint64_t now = get_cycles();

    switch ( reg )
    {
    case HSR_SYSREG_CNTP_CTL_EL0:
        return t->ctl | ((t->ctl & CNTx_CTL_ENABLE) && now >= t->cval ? CNTx_CTL_ISTATUS : 0);

    case HSR_SYSREG_CNTP_CVAL_EL0:
        return t->cval;

    default:
        return (uint32_t)(t->cval - now);
    }
}

static void phys_write(struct vtimer *t, uint32_t reg, uint64_t val)
{
    spin_lock(&t->lock);

    switch ( reg )
    {
    case HSR_SYSREG_CNTP_CTL_EL0:
        t->ctl = val & (CNTx_CTL_ENABLE | CNTx_CTL_IMASK);
        break;

    case HSR_SYSREG_CNTP_CVAL_EL0:
        t->cval = val;
        break;

    default:
        t->cval = get_cycles() + (int64_t)(int32_t)val;
        break;
    }

    phys_update(t);

    spin_unlock(&t->lock);
}

bool vtimer_emulate(struct cpu_user_regs *regs, union hsr hsr)
{
    struct vtimer *t = &current->arch.phys_timer;
    uint32_t reg = hsr.bits & HSR_SYSREG_REGS_MASK;

    switch ( reg )
    {
    case HSR_SYSREG_CNTP_CTL_EL0:
    case HSR_SYSREG_CNTP_CVAL_EL0:
    case HSR_SYSREG_CNTP_TVAL_EL0:
        break;

    default:
        return false;
    }

    if ( hsr.sysreg.read )
        set_user_reg(regs, hsr.sysreg.reg, phys_read(t, reg));
    else
        phys_write(t, reg, get_user_reg(regs, hsr.sysreg.reg));

    return true;
}

/* ---- Virtual timer ---------------------------------------------------------------------------------------------- */

bool vtimer_line(void)
{
    uint64_t ctl = READ_SYSREG(CNTV_CTL_EL0);

    return (ctl & (CNTx_CTL_ENABLE | CNTx_CTL_IMASK | CNTx_CTL_ISTATUS)) == (CNTx_CTL_ENABLE | CNTx_CTL_ISTATUS);
}

static void vtimer_interrupt(int irq, void *dev_id)
{
    struct vcpu *v = current;

    /* The line may have dropped since, or have been that of a vCPU which has left: then nobody else deactivates. */
    if ( is_idle_vcpu(v) || !vtimer_line() )
        gic_deactivate_irq(irq);
    else
        vgic_inject_hw_irq(v, GUEST_TIMER_VIRT_PPI);
}

static DEFINE_PER_CPU(struct irqaction, vtimer_action);

void vtimer_init_interrupt(void)
{
    struct irqaction *action = &this_cpu(vtimer_action);
    unsigned int ppi = timer_get_irq(TIMER_VIRT_PPI);

    action->name = "virtimer";
    action->handler = vtimer_interrupt;
    irq_set_type(ppi, IRQ_TYPE_LEVEL_LOW);
    if ( setup_irq(ppi, IRQF_KEEP_ACTIVE, action) )
        panic("vtimer: cannot use PPI %u\n", ppi);
}

/* The deadline came while the vCPU was not running. */
static void virt_expired(void *data)
{
    struct vtimer *t = data;

    vgic_inject_irq(t->v->domain, t->v, t->irq, true);
}

void virt_timer_save(struct vcpu *v)
{
    struct vtimer *t = &v->arch.virt_timer;

    if ( is_idle_vcpu(v) )
        return;

    t->ctl = READ_SYSREG(CNTV_CTL_EL0) & (CNTx_CTL_ENABLE | CNTx_CTL_IMASK);
    WRITE_SYSREG(0, CNTV_CTL_EL0);
    t->cval = READ_SYSREG64(CNTV_CVAL_EL0);
    isb();

    /* A deadline beyond the end of the counter never comes. */
    if ( t->ctl == CNTx_CTL_ENABLE && t->cval <= ~t->offset )
        set_timer(&t->timer, ticks_to_ns(t->cval + t->offset));
}

/* The vCPU may be on another CPU than before. */
static void follow_vcpu(struct vtimer *t)
{
    if ( t->timer.cpu != t->v->processor )
        migrate_timer(&t->timer, t->v->processor);
}

void virt_timer_restore(struct vcpu *v)
{
    struct vtimer *t = &v->arch.virt_timer;

    if ( is_idle_vcpu(v) )
        return;

    stop_timer(&t->timer);
    follow_vcpu(t);
    follow_vcpu(&v->arch.phys_timer);

    WRITE_SYSREG64(t->offset, CNTVOFF_EL2);
    WRITE_SYSREG64(t->cval, CNTV_CVAL_EL0);
    isb();
    WRITE_SYSREG(t->ctl, CNTV_CTL_EL0);
    isb();
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

int domain_vtimer_init(struct domain *d, struct xen_arch_domainconfig *config)
{
    config->clock_frequency = 0;    /* the guest reads CNTFRQ_EL0 */

    if ( !vgic_reserve_virq(d, GUEST_TIMER_VIRT_PPI) || !vgic_reserve_virq(d, GUEST_TIMER_PHYS_S_PPI) ||
         !vgic_reserve_virq(d, GUEST_TIMER_PHYS_NS_PPI) )
        return -EINVAL;

    return 0;
}

static void init_one(struct vcpu *v, struct vtimer *t, unsigned int irq, void (*expired)(void *data))
{
    spin_lock_init(&t->lock);
    t->v = v;
    t->irq = irq;
    t->ctl = 0;
    t->cval = 0;
    init_timer(&t->timer, expired, t, v->processor);
    t->live = true;
}

int vcpu_vtimer_init(struct vcpu *v)
{
    if ( is_idle_vcpu(v) )
        return 0;

    init_one(v, &v->arch.phys_timer, GUEST_TIMER_PHYS_NS_PPI, phys_expired);
    init_one(v, &v->arch.virt_timer, GUEST_TIMER_VIRT_PPI, virt_expired);
    v->arch.virt_timer.offset = v->vcpu_id ? v->domain->vcpu[0]->arch.virt_timer.offset : get_cycles();
    vgic_map_hw(v, GUEST_TIMER_VIRT_PPI, timer_get_irq(TIMER_VIRT_PPI));

    return 0;
}

static void destroy_one(struct vtimer *t)
{
    if ( t->live )
        kill_timer(&t->timer);
    t->live = false;
}

void vcpu_timer_destroy(struct vcpu *v)
{
    destroy_one(&v->arch.virt_timer);
    destroy_one(&v->arch.phys_timer);
}

static void reset_one(struct vtimer *t)
{
    spin_lock(&t->lock);
    stop_timer(&t->timer);
    t->ctl = 0;
    t->cval = 0;
    vgic_inject_irq(t->v->domain, t->v, t->irq, false);
    spin_unlock(&t->lock);
}

void vtimer_reset(struct vcpu *v)
{
    reset_one(&v->arch.phys_timer);
    reset_one(&v->arch.virt_timer);
}
