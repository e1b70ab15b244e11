/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op: memory in which a guest wants to find what we know about its vCPUs.
 *
 * Owns: info_page, runstate_page and runstate_offset of a vCPU. A page stays
 * referenced, wherever the guest may move it meanwhile, until it is given up or
 * the domain dies. Without event channels nothing is ever written to a
 * vcpu_info after it has been cleared.
 * Locks: v->area_lock; the p2m's read lock inside.
 */
#include <xen/domain_page.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/sched.h>

#include <asm/p2m.h>

#include <public/vcpu.h>

/* A page of the domain that may be written to, with a reference. */
static struct page_info *get_writable_page(struct domain *d, unsigned long gfn)
{
    p2m_type_t t;
    struct page_info *pg = get_page_from_gfn(d, gfn, &t, P2M_ALLOC);

    if ( pg && t != p2m_ram_rw )
    {
        put_page(pg);
        pg = NULL;
    }

    return pg;
}

/* @len bytes at @offset of a page that is referenced. */
static void write_page(struct page_info *pg, unsigned int offset,
                       const void *from, unsigned int len)
{
    void *p = __map_domain_page(pg);

    memcpy(p + offset, from, len);
    unmap_domain_page(p);
}

static int register_vcpu_info(struct vcpu *v,
                              const struct vcpu_register_vcpu_info *arg)
{
    const struct vcpu_info info = {};
    struct page_info *pg;
    int rc = 0;

    if ( arg->mfn > gfn_x(gaddr_to_gfn(~(paddr_t)0)) )
        return -EINVAL;
    if ( (arg->offset & (sizeof(uint64_t) - 1)) ||
         arg->offset > PAGE_SIZE - sizeof(info) )
        return -ENXIO;

    pg = get_writable_page(v->domain, arg->mfn);
    if ( !pg )
        return -EINVAL;

    spin_lock(&v->area_lock);
    if ( v->info_page )
        rc = -EBUSY;
    else
    {
        write_page(pg, arg->offset, &info, sizeof(info));
        v->info_page = pg;
    }
    spin_unlock(&v->area_lock);

    if ( rc )
        put_page(pg);

    return rc;
}

/* Exchange v's runstate pages for others. */
static void set_runstate_pages(struct vcpu *v, struct page_info *first,
                               struct page_info *second, unsigned int offset)
{
    struct page_info *old[2];
    unsigned int i;

    spin_lock(&v->area_lock);
    old[0] = v->runstate_page[0];
    old[1] = v->runstate_page[1];
    v->runstate_page[0] = first;
    v->runstate_page[1] = second;
    v->runstate_offset = offset;
    spin_unlock(&v->area_lock);

    for ( i = 0; i < ARRAY_SIZE(old); i++ )
        if ( old[i] )
            put_page(old[i]);
}

/* @va: in the caller's address space, 0 to stop it. */
static int register_runstate(struct vcpu *v, vaddr_t va)
{
    const unsigned int size = sizeof(struct vcpu_runstate_info);
    struct page_info *pg[2] = { NULL, NULL };
    unsigned int i, nr;
    paddr_t gpa;

    if ( !va )
    {
        set_runstate_pages(v, NULL, NULL, 0);
        return 0;
    }

    if ( va & (sizeof(uint64_t) - 1) )
        return -EINVAL;

    nr = (va & ~PAGE_MASK) + size > PAGE_SIZE ? 2 : 1;
    for ( i = 0; i < nr; i++ )
    {
        if ( !gvirt_to_gpa((va & PAGE_MASK) + i * PAGE_SIZE, true, &gpa) )
            pg[i] = get_writable_page(v->domain, gfn_x(gaddr_to_gfn(gpa)));
        if ( !pg[i] )
        {
            if ( i )
                put_page(pg[0]);
            return -EFAULT;
        }
    }

    set_runstate_pages(v, pg[0], pg[1], va & ~PAGE_MASK);
    vcpu_runstate_publish(v);

    return 0;
}

void vcpu_runstate_publish(struct vcpu *v)
{
    struct vcpu_runstate_info runstate;
    unsigned int first;

    if ( likely(!ACCESS_ONCE(v->runstate_page[0])) )
        return;

    vcpu_runstate_get(v, &runstate);

    spin_lock(&v->area_lock);
    if ( v->runstate_page[0] )
    {
        first = min_t(unsigned int, sizeof(runstate),
                      PAGE_SIZE - v->runstate_offset);
        write_page(v->runstate_page[0], v->runstate_offset, &runstate, first);
        if ( first < sizeof(runstate) )
            write_page(v->runstate_page[1], 0, (char *)&runstate + first,
                       sizeof(runstate) - first);
    }
    spin_unlock(&v->area_lock);
}

void vcpu_areas_release(struct domain *d)
{
    struct page_info *info;
    struct vcpu *v;

    for_each_vcpu ( d, v )
    {
        set_runstate_pages(v, NULL, NULL, 0);

        spin_lock(&v->area_lock);
        info = v->info_page;
        v->info_page = NULL;
        spin_unlock(&v->area_lock);

        if ( info )
            put_page(info);
    }
}

long do_vcpu_op(register_t cmd, register_t vcpu_id, register_t arg)
{
    struct vcpu *v = domain_vcpu(current->domain,
                                 min_t(register_t, vcpu_id, UINT_MAX));
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_register_vcpu_info info;

    if ( !v )
        return -ENOENT;

    switch ( cmd )
    {
    case VCPUOP_register_runstate_memory_area:
        if ( raw_copy_from_guest(&area, (void *)arg, sizeof(area)) )
            return -EFAULT;
        return register_runstate(v, area.addr.p);

    case VCPUOP_register_vcpu_info:
        if ( raw_copy_from_guest(&info, (void *)arg, sizeof(info)) )
            return -EFAULT;
        return register_vcpu_info(v, &info);

    default:
        return -EINVAL;
    }
}
