/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Arm part of domains and vCPUs: creation, the switch between vCPUs, destruction.
 *
 * Creation:     p2m -> MMIO table -> vGIC -> vtimer -> TEE. If a step fails the caller runs arch_domain_destroy(), which
 *               accepts any half-built domain.
 * Death:        arch_domain_teardown() (TEE) -> domain_relinquish_resources() (UART, TEE, pages, p2m) -> after a grace
 *               period arch_vcpu_destroy() per vCPU and arch_domain_destroy().
 * Locks: none of its own; page_alloc_lock while pages are given back.
 */
#include <xen/event.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/tasklet.h>
#include <xen/trace.h>
#include <xen/xmalloc.h>
#include <asm/cpufeature.h>
#include <asm/current.h>
#include <asm/gic.h>
#include <asm/processor.h>
#include <asm/system.h>
#include <asm/tee/tee.h>
#include <asm/traps.h>
#include <asm/vgic.h>
#include <asm/vpl011.h>
#include <asm/vtimer.h>

#include "vcpu_state.h"

DEFINE_PER_CPU(struct vcpu *, curr_vcpu);

/* Pages given back between two looks at whether somebody else needs this CPU */
#define RELINQUISH_STEP 256

/* ---- Idle ------------------------------------------------------------------------------------------------------ */

static void idle_loop(void)
{
    unsigned int cpu = smp_processor_id();

    for ( ; ; )
    {
        /* Work of tasklets first; it may be preempted between two of them */
        if ( tasklet_work_to_do(cpu) )
            do_tasklet();
        else
        {
            local_irq_disable();
            /* With IRQs off nothing can become pending unseen: an interrupt ends WFI although it is masked */
            if ( !softirq_pending(cpu) && !tasklet_work_to_do(cpu) )
            {
                dsb(sy);
                irqs_off_end();
                wfi();
                irqs_off_begin();
            }
            local_irq_enable();
        }

        do_softirq();
    }
}

/* The boot (or AP start-up) code has done its work: this CPU becomes its idle vCPU, on that vCPU's own stack. */
void noreturn startup_cpu_idle_loop(void)
{
    irqs_off_count();
    reset_stack_and_call(idle_loop, current->arch.cpu_info);
}

/* ---- The switch ------------------------------------------------------------------------------------------------ */

static void ctxt_switch_from(struct vcpu *p)
{
    if ( is_idle_vcpu(p) )
        return;

    vcpu_save_el1(p);
    virt_timer_save(p);
    vfp_save_state(p);
    gic_save_state(p);
    p2m_save_state(p);

    /* It may go on on another CPU: its barriers there would not wait for TLB and cache maintenance it began here */
    dsb(ish);
}

static void ctxt_switch_to(struct vcpu *n)
{
    if ( is_idle_vcpu(n) )
        return;

    p2m_restore_state(n);
    vcpu_restore_el1(n);
    gic_restore_state(n);
    virt_timer_restore(n);
    vfp_restore_state(n);

    n->arch.on_pending = false;
}

/* On the stack of the vCPU that comes back, IRQs off */
static void schedule_tail(struct vcpu *prev)
{
    struct vcpu *next = current;

    TRACE_TIME(TRC_SCHED_SWITCH, TRACE_VCPU(prev), TRACE_VCPU(next));

    ctxt_switch_from(prev);
    ctxt_switch_to(next);

    local_irq_enable();

    sched_context_switched(prev, next);
}

/* Where a vCPU starts that never ran: __context_switch() returns here, x0 = who ran before */
static void noreturn continue_new_vcpu(struct vcpu *prev)
{
    schedule_tail(prev);

    if ( is_idle_vcpu(current) )
        reset_stack_and_call(idle_loop, current->arch.cpu_info);

    current->arch.at_rest = false;
    return_to_new_vcpu64(current->arch.cpu_info);
}

/*
 * context_switch - give this CPU to @next, a different vCPU
 * Context: scheduler. Returns when @prev gets a CPU again, IRQs on.
 */
void context_switch(struct vcpu *prev, struct vcpu *next)
{
    ASSERT(prev != next);
    ASSERT(!in_irq());

    local_irq_disable();
    set_current(next);
    prev = __context_switch(prev, next);
    schedule_tail(prev);
}

/* The scheduler has decided for the vCPU that runs already */
void continue_running(struct vcpu *same)
{
    local_irq_enable();
    sched_context_switched(same, same);
}

/* ---- vCPUs ----------------------------------------------------------------------------------------------------- */

struct vcpu *alloc_vcpu_struct(const struct domain *d)
{
    return xzalloc(struct vcpu);
}

void free_vcpu_struct(struct vcpu *v)
{
    xfree(v);
}

int arch_vcpu_create(struct vcpu *v)
{
    int rc;

    v->arch.stack = alloc_vcpu_stack();
    if ( !v->arch.stack )
        return -ENOMEM;

    v->arch.cpu_info = v->arch.stack + STACK_SIZE - sizeof(struct cpu_info);
    memset(v->arch.cpu_info, 0, sizeof(*v->arch.cpu_info));
    v->arch.cpu_info->vcpu = v;

    v->arch.saved_context.sp = (register_t)v->arch.cpu_info;
    v->arch.saved_context.pc = (register_t)continue_new_vcpu;
    v->arch.at_rest = true;

    if ( is_idle_vcpu(v) )
        return 0;

    vcpu_init_controls(v);

    rc = vcpu_vgic_init(v);
    if ( rc )
        goto err_stack;

    rc = vcpu_vtimer_init(v);
    if ( rc )
        goto err_vgic;

    vcpu_reset_el1(v);

    return 0;

 err_vgic:
    vcpu_vgic_free(v);
 err_stack:
    free_vcpu_stack(v->arch.stack);
    v->arch.stack = NULL;
    return rc;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    if ( !is_idle_vcpu(v) )
    {
        vcpu_timer_destroy(v);
        vcpu_vgic_free(v);
    }

    if ( v->arch.stack )
        free_vcpu_stack(v->arch.stack);
    v->arch.stack = NULL;
}

void vcpu_boot_state(struct vcpu *v, vaddr_t entry, register_t ctx)
{
    struct cpu_user_regs *regs = &v->arch.cpu_info->guest_cpu_user_regs;

    ASSERT(v->arch.at_rest);

    memset(regs, 0, sizeof(*regs));
    regs->pc = entry;
    regs->x0 = ctx;
    regs->cpsr = PSR_GUEST64_INIT;

    vcpu_reset_el1(v);
    vgic_cpuif_reset(v);
    vtimer_reset(v);

    v->is_initialised = true;
}

/*
 * The registers of a vCPU may be replaced only where it goes on with them: one that waits in the middle of a trap would store
 * the trap's results over them.
 */
int arch_vcpu_reset(struct vcpu *v)
{
    if ( !v->arch.at_rest )
        return -EBUSY;

    vcpu_boot_state(v, 0, 0);
    v->is_initialised = false;

    return 0;
}

/* Only AArch64 EL1 and EL0 are offered */
static bool is_guest64_cpsr(register_t cpsr)
{
    unsigned int mode = cpsr & (PSR_MODE_BIT_32 | PSR_MODE_EL_MASK);

    return mode == 0x5 || mode == 0x4 || mode == 0x0;
}

int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *ctxt)
{
    const struct vcpu_guest_core_regs *r = &ctxt->user_regs;
    struct cpu_user_regs *regs = &v->arch.cpu_info->guest_cpu_user_regs;

    if ( !is_guest64_cpsr(r->cpsr) )
        return -EINVAL;

    if ( !v->arch.at_rest )
        return -EBUSY;

    vcpu_boot_state(v, r->pc64, 0);

    /* x0 to x30 lie in both structures in order, 8 bytes each */
    BUILD_BUG_ON(offsetof(struct vcpu_guest_core_regs, x30) - offsetof(struct vcpu_guest_core_regs, x0) != 240);
    memcpy(&regs->x0, &r->x0, 31 * sizeof(uint64_t));
    regs->cpsr = r->cpsr;

    v->arch.spsr_el1 = r->spsr_el1;
    v->arch.sp_el0 = r->sp_el0;
    v->arch.sp_el1 = r->sp_el1;
    v->arch.elr_el1 = r->elr_el1;
    v->arch.sctlr = ctxt->sctlr;
    v->arch.tcr = ctxt->ttbcr;
    v->arch.ttbr0 = ctxt->ttbr0;
    v->arch.ttbr1 = ctxt->ttbr1;

    if ( ctxt->flags & VGCF_online )
        clear_bit(_VPF_down, &v->pause_flags);
    else
        set_bit(_VPF_down, &v->pause_flags);

    return 0;
}

/* ---- Domains --------------------------------------------------------------------------------------------------- */

struct domain *alloc_domain_struct(void)
{
    return xzalloc(struct domain);
}

void free_domain_struct(struct domain *d)
{
    xfree(d);
}

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    unsigned int max_vcpus = MAX_VIRT_CPUS;

    if ( config->arch.gic_version == XEN_DOMCTL_CONFIG_GIC_NATIVE )
        config->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;

    if ( config->arch.gic_version != XEN_DOMCTL_CONFIG_GIC_V3 )
    {
        printk(XENLOG_INFO "domain: only a GICv3 can be had\n");
        return -EINVAL;
    }

    if ( !config->max_vcpus || config->max_vcpus > max_vcpus )
    {
        printk(XENLOG_INFO "domain: %u vCPUs, 1 to %u can be had\n", config->max_vcpus, max_vcpus);
        return -EINVAL;
    }

    if ( config->arch.nr_spis > VGIC_MAX_SPIS )
    {
        printk(XENLOG_INFO "domain: %u SPIs, at most %u can be had\n", config->arch.nr_spis, VGIC_MAX_SPIS);
        return -EINVAL;
    }

    if ( config->arch.sve_vl || config->arch.arm_sci_type || config->arch.v8r_el1_msa || config->arch.pad )
    {
        printk(XENLOG_INFO "domain: SVE, SCI and the MPU cannot be had\n");
        return -EINVAL;
    }

    if ( config->arch.tee_type != XEN_DOMCTL_CONFIG_TEE_NONE && config->arch.tee_type != tee_get_type() )
    {
        printk(XENLOG_INFO "domain: TEE type %u is not the one of this machine (%u)\n", config->arch.tee_type,
               tee_get_type());
        return -EINVAL;
    }

    return 0;
}

int arch_domain_create(struct domain *d, struct xen_domctl_createdomain *config, unsigned int flags)
{
    int rc;

    INIT_PAGE_LIST_HEAD(&d->arch.relmem_list);

    /* Idle and the other system domains have no guest */
    if ( is_system_domain(d) )
        return 0;

    if ( (rc = p2m_init(d)) != 0 )
        return rc;

    if ( (rc = domain_io_init(d, MAX_IO_HANDLER)) != 0 )
        return rc;

    if ( (rc = domain_vgic_init(d, config->arch.nr_spis)) != 0 )
        return rc;

    if ( (rc = domain_vtimer_init(d, &config->arch)) != 0 )
        return rc;

    return tee_domain_init(d, config->arch.tee_type);
}

void arch_domain_destroy(struct domain *d)
{
    tee_free_domain_ctx(d);
    domain_vpl011_deinit(d);
    p2m_final_teardown(d);
    domain_vgic_free(d);
    domain_io_free(d);
}

int arch_domain_teardown(struct domain *d)
{
    return tee_domain_teardown(d);
}

/* Drop the domain's own reference on its pages; those that others hold go when they let go */
static int relinquish_memory(struct domain *d, struct page_list_head *list)
{
    unsigned long step = 0;

    for ( ; ; )
    {
        struct page_info *pg;
        bool held;

        nrspin_lock(&d->page_alloc_lock);
        pg = page_list_empty(list) ? NULL : page_list_first(list);
        if ( pg )
        {
            page_list_del(pg, list);
            page_list_add_tail(pg, &d->arch.relmem_list);
        }
        /*
         * Already without references: whoever dropped the last one is about to take it off the list. What nobody has seen is
         * not zeroed for this.
         */
        held = pg && get_page_unseen(pg);
        nrspin_unlock(&d->page_alloc_lock);

        if ( !pg )
            return 0;

        if ( held )
        {
            put_page_alloc_ref(pg);
            put_page(pg);
        }

        if ( !(++step % RELINQUISH_STEP) && general_preempt_check() )
            return -ERESTART;
    }
}

/*
 * domain_relinquish_resources - give back everything that a dead domain no longer needs
 * Returns 0; -ERESTART (called again, goes on where it stopped); another error of a step.
 * Context: domain_kill(), the vCPUs have stopped for good.
 */
int domain_relinquish_resources(struct domain *d)
{
    for ( ; ; )
    {
        int rc = 0;

        switch ( d->arch.rel_stage )
        {
        case REL_VPL011:
            domain_vpl011_deinit(d);
            break;

        case REL_TEE:
            rc = tee_relinquish_resources(d);
            break;

        case REL_PAGES:
            rc = relinquish_memory(d, &d->xenpage_list);
            if ( !rc )
                rc = relinquish_memory(d, &d->page_list);
            break;

        case REL_MAPPINGS:
            rc = relinquish_p2m_mapping(d);
            break;

        case REL_P2M:
            rc = p2m_teardown(d);
            break;

        case REL_P2M_POOL:
            rc = p2m_teardown_allocation(d);
            break;

        case REL_DONE:
            return 0;
        }

        if ( rc )
            return rc;

        d->arch.rel_stage++;
    }
}

void arch_domain_creation_finished(struct domain *d)
{
    /* What was written to its memory while it was built, it may read with caches off */
    dsb(sy);
    /* and run: it was data when somebody's instruction cache last saw these pages */
    invalidate_icache();
}

void arch_domain_shutdown(struct domain *d)
{
    /* Nothing of a domain's machine keeps running by itself */
}

/* ---- Debug keys ------------------------------------------------------------------------------------------------ */

