/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of domctl that are Arm's: width of a guest's addresses, the paging pool, caches, vCPU registers.
 *
 * Refuses: guests in AArch32. Locks: the domctl lock is held by the caller; the p2m's inside.
 */
#include <xen/hypercall.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/p2m.h>
#include <public/domctl.h>

/* The largest range of one cache flush, in pages */
#define CACHEFLUSH_MAX (1UL << MAX_ORDER)

static int set_address_size(struct domain *d, uint32_t size)
{
    if ( size != 64 || d->is_dying )
        return -EINVAL;

    if ( domain_tot_pages(d) )
        return -EBUSY;

    d->type = DOMAIN_64BIT;

    return 0;
}

static int set_paging_mempool_size(struct domain *d, uint64_t size)
{
    bool preempted = false;

    if ( (size & ~PAGE_MASK) || d->is_dying )
        return -EINVAL;

    /* What the machine never had is refused before everything else is taken */
    if ( (size >> PAGE_SHIFT) > total_heap_pages() )
        return -ENOMEM;

    return p2m_set_allocation(d, size >> PAGE_SHIFT, &preempted);
}

static int cacheflush(struct domain *d, struct xen_domctl_cacheflush *arg)
{
    uint64_t end = arg->start_pfn + arg->nr_pfns;
    gfn_t gfn = _gfn(arg->start_pfn);
    int rc;

    if ( end < arg->start_pfn || arg->nr_pfns > CACHEFLUSH_MAX )
        return -EINVAL;

    rc = p2m_cache_flush_range(d, &gfn, _gfn(end));
    if ( rc == -ERESTART )
    {
        arg->start_pfn = gfn_x(gfn);
        arg->nr_pfns = end - gfn_x(gfn);
    }

    return rc;
}

long arch_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    switch ( op->cmd )
    {
    case XEN_DOMCTL_set_address_size:
        return set_address_size(d, op->u.address_size.size);

    case XEN_DOMCTL_get_address_size:
        op->u.address_size.size = is_64bit_domain(d) ? 64 : 32;
        *copyback = true;
        return 0;

    case XEN_DOMCTL_set_paging_mempool_size:
        return set_paging_mempool_size(d, op->u.paging_mempool.size);

    case XEN_DOMCTL_get_paging_mempool_size:
        op->u.paging_mempool.size = (uint64_t)ACCESS_ONCE(d->arch.paging.p2m_total_pages) << PAGE_SHIFT;
        *copyback = true;
        return 0;

    case XEN_DOMCTL_cacheflush:
        *copyback = true;
        return cacheflush(d, &op->u.cacheflush);

    default:
        return -ENOSYS;
    }
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *ctxt)
{
    const struct cpu_user_regs *regs = &v->arch.cpu_info->guest_cpu_user_regs;
    struct vcpu_guest_core_regs *r = &ctxt->user_regs;

    /* The same order, 8 bytes each: see arch_set_info_guest() */
    memcpy(&r->x0, &regs->x0, 31 * sizeof(uint64_t));
    r->pc64 = regs->pc;
    r->cpsr = regs->cpsr;
    r->spsr_el1 = v->arch.spsr_el1;
    r->sp_el0 = v->arch.sp_el0;
    r->sp_el1 = v->arch.sp_el1;
    r->elr_el1 = v->arch.elr_el1;

    ctxt->sctlr = v->arch.sctlr;
    ctxt->ttbcr = v->arch.tcr;
    ctxt->ttbr0 = v->arch.ttbr0;
    ctxt->ttbr1 = v->arch.ttbr1;

    if ( is_vcpu_online(v) )
        ctxt->flags |= VGCF_online;
}
