/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: memory of domains, and whose frames appear where.
 *
 * Owns: nothing; a domain changes its own memory, a control domain that of
 * others. Refuses: what is mapped already is never replaced. Calls that work on
 * a list say how far they are in the upper bits of the command when they are
 * made again.
 *
 * Locks: domain_lock around what gives pages or references to a domain, so that
 * none comes once domain_kill() has begun; page_alloc_lock and the p2m's inside.
 */
#include <xen/domain_page.h>
#include <xen/event.h>
#include <xen/fail_alloc.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#include <asm/p2m.h>
#include <asm/page.h>

#include <public/memory.h>

/* The command is in the lower bits, where a preempted one goes on in the rest. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     ((1UL << MEMOP_EXTENT_SHIFT) - 1)

/* 2 MiB: what is zeroed, or given back, in one go. */
#define MAX_EXTENT_ORDER 9

/* How far a list has been worked off. */
struct progress {
    unsigned long done;
    bool preempted;
};

/* Looked at before each element but the first of this (part of the) call. */
static bool preempt(struct progress *p, unsigned long start)
{
    p->preempted = p->done != start && hypercall_preempt_check();

    return p->preempted;
}

/* ---- Reservations -------------------------------------------------------- */

/* Memory for @d at @gfn. The pages are zero, whoever reads them how. */
static bool populate_one(struct domain *d, gfn_t gfn, unsigned int order,
                         unsigned int memflags)
{
    struct page_info *pg = alloc_domheap_pages(NULL, order, memflags | MEMF_scrub_later);
    unsigned long i;
    int rc;

    if ( !pg )
        return false;

    domain_lock(d);

    rc = assign_pages(pg, 1U << order, d, 0);
    if ( rc )
        free_domheap_pages(pg, order);
    else
    {
        rc = guest_physmap_add_page(d, gfn, page_to_mfn(pg), order);
        for ( i = 0; rc && i < 1UL << order; i++ )
            put_page_alloc_ref(&pg[i]);
    }

    domain_unlock(d);

    return !rc;
}

/* Take the page at @gfn from @d. */
static bool decrease_one(struct domain *d, gfn_t gfn)
{
    struct page_info *pg;
    p2m_type_t t;
    int rc = -EINVAL;

    pg = get_page_from_gfn(d, gfn_x(gfn), &t, P2M_ALLOC);
    if ( !pg )
        return false;

    /* Somebody else's page is not d's to give. */
    if ( p2m_is_ram(t) )
        rc = guest_physmap_remove_page(d, gfn, page_to_mfn(pg), 0);
    if ( !rc )
        put_page_alloc_ref(pg);
    put_page(pg);

    return !rc;
}

static bool decrease_extent(struct domain *d, gfn_t gfn, unsigned int order)
{
    unsigned long i;

    for ( i = 0; i < 1UL << order; i++ )
        if ( !decrease_one(d, gfn_add(gfn, i)) )
            return false;

    return true;
}

static void change_extents(struct domain *d, unsigned int cmd,
                           const struct xen_memory_reservation *res,
                           unsigned int memflags, struct progress *p)
{
    unsigned long start = p->done;
    xen_pfn_t gfn;

    for ( ; p->done < res->nr_extents; p->done++ )
    {
        if ( preempt(p, start) ||
             copy_from_guest_offset(&gfn, res->extent_start, p->done, 1) )
            break;

        if ( cmd == XENMEM_populate_physmap
             ? !populate_one(d, _gfn(gfn), res->extent_order, memflags)
             : !decrease_extent(d, _gfn(gfn), res->extent_order) )
            break;
    }

    /* What a domain that runs may execute was data when an instruction cache last saw it. */
    if ( cmd == XENMEM_populate_physmap && d->creation_finished && p->done != start )
        invalidate_icache();
}

/*
 * Allocation flags of a reservation; false: some cannot be had. Memory below an
 * address has to be looked for, with the heap locked: not at any guest's word.
 */
static bool reservation_memflags(unsigned int mem_flags, unsigned int *memflags)
{
    unsigned int bits = XENMEMF_get_address_bits(mem_flags);

    if ( mem_flags & (XENMEMF_populate_on_demand | XENMEMF_vnode) )
        return false;

    if ( bits && !is_control_domain(current->domain) )
        return false;

    *memflags = MEMF_bits(bits);

    return true;
}

/* The result is the number of extents done, whatever ended it. */
static long change_reservation(unsigned int cmd, unsigned long start,
                               register_t arg)
{
    struct progress p = { .done = start };
    struct xen_memory_reservation res;
    unsigned int memflags;
    struct domain *d;

    if ( raw_copy_from_guest(&res, (void *)arg, sizeof(res)) )
        return start;

    /* What is done must fit into the command. */
    if ( res.nr_extents > UINT_MAX >> MEMOP_EXTENT_SHIFT ||
         start >= res.nr_extents || res.extent_order > MAX_EXTENT_ORDER ||
         !reservation_memflags(res.mem_flags, &memflags) )
        return start;

    d = rcu_lock_domain_by_any_id(res.domid);
    if ( !d )
        return start;

    if ( may_control(current->domain, d) )
        change_extents(d, cmd, &res, memflags, &p);

    rcu_unlock_domain(d);

    if ( p.preempted )
        return hypercall_create_continuation(
            cmd | (p.done << MEMOP_EXTENT_SHIFT));

    return p.done;
}

/* A number about the domain whose id is at @arg. */
static long ask_reservation(unsigned int cmd, register_t arg)
{
    struct domain *d;
    domid_t domid;
    long rc;

    if ( raw_copy_from_guest(&domid, (void *)arg, sizeof(domid)) )
        return -EFAULT;

    d = rcu_lock_domain_by_any_id(domid);
    if ( !d )
        return -ESRCH;

    if ( !may_control(current->domain, d) )
        rc = -EPERM;
    else if ( cmd == XENMEM_current_reservation )
        rc = domain_tot_pages(d);
    else if ( cmd == XENMEM_maximum_reservation )
        rc = d->max_pages;
    else
        rc = gfn_x(p2m_max_gfn(d));

    rcu_unlock_domain(d);

    return rc;
}

/* ---- Frames of others ---------------------------------------------------- */

/* Frame @idx of domain @foreign appears at @gpfn of @d. */
static int map_foreign_frame(struct domain *d, domid_t foreign,
                             xen_ulong_t idx, xen_pfn_t gpfn)
{
    struct domain *owner = rcu_lock_domain_by_any_id(foreign);
    struct page_info *pg = NULL;
    p2m_type_t t;
    int rc = -EINVAL;

    if ( !owner )
        return -ESRCH;

    if ( owner == d )
        goto out;

    rc = -EPERM;
    if ( !may_control(d, owner) )
        goto out;

    rc = -EINVAL;
    pg = get_page_from_gfn(owner, idx, &t, P2M_ALLOC);
    if ( !pg || !p2m_is_ram(t) )
        goto out;

    domain_lock(d);
    if ( !d->is_dying )
        rc = map_foreign_page(d, _gfn(gpfn), pg, t == p2m_ram_rw);
    domain_unlock(d);

 out:
    /* The mapping has taken the reference over. */
    if ( rc && pg )
        put_page(pg);
    rcu_unlock_domain(owner);

    return rc;
}

static int map_batch(struct domain *d, const struct xen_add_to_physmap_batch *b,
                     struct progress *p)
{
    unsigned long start = p->done;

    /* Only a forged continuation has nothing left to do. */
    if ( start && start >= b->size )
        return -EILSEQ;

    for ( ; p->done < b->size; p->done++ )
    {
        xen_ulong_t idx;
        xen_pfn_t gpfn;
        int rc;

        if ( preempt(p, start) )
            return 0;

        if ( copy_from_guest_offset(&idx, b->idxs, p->done, 1) ||
             copy_from_guest_offset(&gpfn, b->gpfns, p->done, 1) )
            return -EFAULT;

        /* Event channels and grants, which need the others, are not offered. */
        rc = b->space == XENMAPSPACE_gmfn_foreign
             ? map_foreign_frame(d, b->u.foreign_domid, idx, gpfn) : -ENOSYS;

        if ( copy_to_guest_offset(b->errs, p->done, &rc, 1) )
            return -EFAULT;
    }

    return 0;
}

static long add_to_physmap_batch(unsigned long start, register_t arg)
{
    struct progress p = { .done = start };
    struct xen_add_to_physmap_batch batch;
    struct domain *d;
    long rc;

    if ( raw_copy_from_guest(&batch, (void *)arg, sizeof(batch)) )
        return -EFAULT;

    if ( batch.space == XENMAPSPACE_gmfn_range )
        return -EOPNOTSUPP;

    d = rcu_lock_domain_by_any_id(batch.domid);
    if ( !d )
        return -ESRCH;

    if ( !may_control(current->domain, d) )
        rc = -EPERM;
    else
        rc = map_batch(d, &batch, &p);

    rcu_unlock_domain(d);

    if ( p.preempted )
        return hypercall_create_continuation(
            XENMEM_add_to_physmap_batch | (p.done << MEMOP_EXTENT_SHIFT));

    return rc;
}

/* No space that this form is for can be had. */
static long add_to_physmap(register_t arg)
{
    struct xen_add_to_physmap xatp;
    struct domain *d;
    long rc;

    if ( raw_copy_from_guest(&xatp, (void *)arg, sizeof(xatp)) )
        return -EFAULT;

    /* Only by the other form, since whose frame it is has no place in here. */
    if ( xatp.space == XENMAPSPACE_gmfn_foreign )
        return -ENOSYS;

    d = rcu_lock_domain_by_any_id(xatp.domid);
    if ( !d )
        return -ESRCH;

    rc = may_control(current->domain, d) ? -ENOSYS : -EPERM;
    rcu_unlock_domain(d);

    return rc;
}

static long remove_from_physmap(register_t arg)
{
    struct xen_remove_from_physmap xrfp;
    struct page_info *pg;
    struct domain *d;
    long rc;

    if ( raw_copy_from_guest(&xrfp, (void *)arg, sizeof(xrfp)) )
        return -EFAULT;

    d = rcu_lock_domain_by_any_id(xrfp.domid);
    if ( !d )
        return -ESRCH;

    if ( !may_control(current->domain, d) )
        rc = -EPERM;
    else if ( (pg = get_page_from_gfn(d, xrfp.gpfn, NULL, P2M_ALLOC)) == NULL )
        rc = -ENOENT;
    else
    {
        rc = guest_physmap_remove_page(d, _gfn(xrfp.gpfn), page_to_mfn(pg), 0);
        put_page(pg);
    }

    rcu_unlock_domain(d);

    return rc;
}

static long memory_op(register_t cmd, register_t arg)
{
    unsigned long start = cmd >> MEMOP_EXTENT_SHIFT;

    cmd &= MEMOP_CMD_MASK;

    switch ( cmd )
    {
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return change_reservation(cmd, start, arg);

    case XENMEM_add_to_physmap_batch:
        return add_to_physmap_batch(start, arg);
    }

    /* The others are done in one go. */
    if ( start )
        return -EINVAL;

    switch ( cmd )
    {
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return ask_reservation(cmd, arg);

    case XENMEM_add_to_physmap:
        return add_to_physmap(arg);

    case XENMEM_remove_from_physmap:
        return remove_from_physmap(arg);

    default:
        return -ENOSYS;
    }
}

long do_memory_op(register_t cmd, register_t arg, register_t unused)
{
    long rc;

    fail_alloc_scope(true);
    rc = memory_op(cmd, arg);
    fail_alloc_scope(false);

    return rc;
}
