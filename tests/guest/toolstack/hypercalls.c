/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each hypercall of a toolstack, one by one. Owns the window through which memory of other domains is seen: 512 pages of
 * address space behind all RAM, handed out by a bitmap. Lock: window_lock, for the bitmap.
 */
#include "toolstack.h"

#define WINDOW          0x400000000ul           /* IPA and VA */
#define WINDOW_PAGES    512u
#define POPULATE_BATCH  64u

static uint64_t window_used[WINDOW_PAGES / 64]; /* under window_lock */
static struct spinlock window_lock;

int ts_init(void)
{
    if ( hypercall(__HYPERVISOR_xen_version, 0, 0, 0) < 0 )
        return -ENODEV;

    return mmu_map(WINDOW, WINDOW_PAGES * PAGE_SIZE, MEM_NORMAL) ? 0 : -ENOMEM;
}

int64_t ts_domctl(struct xen_domctl *op)
{
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return hypercall(__HYPERVISOR_domctl, (uintptr_t)op, 0, 0);
}

int64_t ts_sysctl(struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall(__HYPERVISOR_sysctl, (uintptr_t)op, 0, 0);
}

int64_t ts_memory_op(unsigned int cmd, void *arg)
{
    return hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)arg, 0);
}

int64_t ts_sched_op(unsigned int cmd, void *arg)
{
    return hypercall(__HYPERVISOR_sched_op, cmd, (uintptr_t)arg, 0);
}

int64_t ts_debug_op(unsigned int cmd, void *arg)
{
    return hypercall(__HYPERVISOR_debug_op, cmd, (uintptr_t)arg, 0);
}

int ts_domctl_plain(uint32_t cmd, uint16_t domid)
{
    struct xen_domctl op = { .cmd = cmd, .domain = domid };

    return (int)ts_domctl(&op);
}

int ts_create(uint16_t *domid, unsigned int vcpus, unsigned int tee, unsigned int nr_spis)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_createdomain,
        .domain = *domid,
        .u.createdomain = {
            .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
            .max_vcpus = vcpus,
            .max_grant_frames = -1,
            .max_maptrack_frames = -1,
            .arch = { .tee_type = (uint16_t)tee, .nr_spis = nr_spis },
        },
    };
    int rc = (int)ts_domctl(&op);

    if ( !rc )
        *domid = op.domain;
    return rc;
}

int ts_vcpus(uint16_t domid, unsigned int vcpus)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus, .domain = domid, .u.max_vcpus.max = vcpus };

    return (int)ts_domctl(&op);
}

int ts_address_size(uint16_t domid)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_set_address_size, .domain = domid, .u.address_size.size = 64 };

    return (int)ts_domctl(&op);
}

int ts_max_mem(uint16_t domid, uint64_t kib)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = domid, .u.max_mem.max_memkb = kib };

    return (int)ts_domctl(&op);
}

int ts_pool(uint16_t domid, uint64_t bytes)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_set_paging_mempool_size, .domain = domid, .u.paging_mempool.size = bytes,
    };

    return (int)ts_domctl(&op);
}

int ts_populate(uint16_t domid, uint64_t gfn, uint64_t pages, unsigned int max_order)
{
    uint64_t list[POPULATE_BATCH], end = gfn + pages;

    while ( gfn < end )
    {
        struct xen_memory_reservation r = { .domid = domid };
        unsigned int order = max_order < 9 ? max_order : 9, n;
        int64_t done;

        while ( order && ((gfn & ((1ul << order) - 1)) || end - gfn < 1ul << order) )
            order--;
        for ( n = 0; n < POPULATE_BATCH && end - gfn >= 1ul << order; n++, gfn += 1ul << order )
            list[n] = gfn;

        set_xen_guest_handle(r.extent_start, list);
        r.nr_extents = n;
        r.extent_order = order;
        done = ts_memory_op(XENMEM_populate_physmap, &r);
        if ( done < 0 )
            return (int)done;
        if ( done != n )
            return -ENOMEM;
    }

    return 0;
}

/* The first of @pages free ones in a row, or WINDOW_PAGES */
static unsigned int window_take(unsigned int pages)
{
    uint64_t flags = spin_lock_irqsave(&window_lock);
    unsigned int at, n = 0;

    for ( at = 0; at < WINDOW_PAGES && n < pages; at++ )
        n = window_used[at / 64] & BIT(at % 64) ? 0 : n + 1;
    if ( n == pages )
        for ( at -= pages, n = at; n < at + pages; n++ )
            window_used[n / 64] |= BIT(n % 64);
    else
        at = WINDOW_PAGES;
    spin_unlock_irqrestore(&window_lock, flags);

    return at;
}

static void window_put(unsigned int at, unsigned int pages)
{
    uint64_t flags = spin_lock_irqsave(&window_lock);

    for ( ; pages; pages--, at++ )
        window_used[at / 64] &= ~BIT(at % 64);
    spin_unlock_irqrestore(&window_lock, flags);
}

static int remove_mappings(uint64_t gfn, unsigned int pages)
{
    struct xen_remove_from_physmap r = { .domid = DOMID_SELF };
    int rc = 0, one;

    for ( ; pages; pages--, gfn++ )
    {
        r.gpfn = gfn;
        one = (int)ts_memory_op(XENMEM_remove_from_physmap, &r);
        if ( one && !rc )
            rc = one;
    }

    return rc;
}

int ts_map(uint16_t domid, uint64_t gfn, unsigned int pages, void **va)
{
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = (uint16_t)pages, .u.foreign_domid = domid,
    };
    uint64_t idxs[TS_MAP_MAX], gpfns[TS_MAP_MAX];
    int errs[TS_MAP_MAX], rc;
    unsigned int at, i;

    if ( !pages || pages > TS_MAP_MAX )
        return -EINVAL;
    at = window_take(pages);
    if ( at == WINDOW_PAGES )
        return -ENOMEM;

    for ( i = 0; i < pages; i++ )
    {
        idxs[i] = gfn + i;
        gpfns[i] = WINDOW / PAGE_SIZE + at + i;
        errs[i] = -EIO;                         /* not reached */
    }
    set_xen_guest_handle(b.idxs, idxs);
    set_xen_guest_handle(b.gpfns, gpfns);
    set_xen_guest_handle(b.errs, errs);

    rc = (int)ts_memory_op(XENMEM_add_to_physmap_batch, &b);
    for ( i = 0; i < pages && !rc; i++ )
        rc = errs[i];
    if ( !rc )
    {
        *va = (void *)(WINDOW + at * PAGE_SIZE);
        return 0;
    }

    for ( i = 0; i < pages; i++ )
        if ( !errs[i] )
            remove_mappings(gpfns[i], 1);
    window_put(at, pages);

    return rc;
}

int ts_unmap(void *va, unsigned int pages)
{
    unsigned int at = (unsigned int)(((uintptr_t)va - WINDOW) / PAGE_SIZE);
    int rc = remove_mappings((uintptr_t)va / PAGE_SIZE, pages);

    /* What could not be removed must not be handed out again */
    if ( !rc )
        window_put(at, pages);
    return rc;
}

static int clean_caches(uint16_t domid, uint64_t gfn, uint64_t pages)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_cacheflush, .domain = domid, .u.cacheflush = { .start_pfn = gfn, .nr_pfns = pages },
    };

    return (int)ts_domctl(&op);
}

int ts_write(uint16_t domid, uint64_t ipa, const void *data, size_t bytes)
{
    uint64_t first = ipa / PAGE_SIZE, last = (ipa + bytes + PAGE_SIZE - 1) / PAGE_SIZE, gfn;
    const char *from = data;
    size_t off = ipa % PAGE_SIZE, n;
    unsigned int pages;
    void *va;
    int rc;

    for ( gfn = first; bytes; gfn += pages, bytes -= n, off = 0 )
    {
        pages = last - gfn < TS_MAP_MAX ? (unsigned int)(last - gfn) : TS_MAP_MAX;
        n = pages * PAGE_SIZE - off < bytes ? pages * PAGE_SIZE - off : bytes;
        rc = ts_map(domid, gfn, pages, &va);
        if ( rc )
            return rc;
        if ( from )
        {
            memcpy((char *)va + off, from, n);
            from += n;
        }
        else
            memset((char *)va + off, 0, n);
        rc = ts_unmap(va, pages);
        if ( rc )
            return rc;
    }

    return clean_caches(domid, first, last - first);
}

int ts_context(uint16_t domid, unsigned int vcpu, uint64_t pc, uint64_t x0)
{
    struct vcpu_guest_context ctxt = {
        .flags = VGCF_online,
        .user_regs = { .x0 = x0, .pc64 = pc, .cpsr = PSR_GUEST64_INIT },
        .sctlr = SCTLR_GUEST_INIT,
    };
    struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpucontext, .domain = domid, .u.vcpucontext.vcpu = vcpu };

    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctxt);
    return (int)ts_domctl(&op);
}

int ts_unpause(uint16_t domid)
{
    return ts_domctl_plain(XEN_DOMCTL_unpausedomain, domid);
}

int ts_pause(uint16_t domid)
{
    return ts_domctl_plain(XEN_DOMCTL_pausedomain, domid);
}

int ts_destroy_once(uint16_t domid)
{
    return ts_domctl_plain(XEN_DOMCTL_destroydomain, domid);
}

int ts_info(uint16_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = domid };
    int rc = (int)ts_domctl(&op);

    if ( !rc )
        *info = op.u.getdomaininfo;
    return rc;
}

int ts_free_pages(uint64_t *pages)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
    int rc = (int)ts_sysctl(&op);

    if ( !rc )
        *pages = op.u.physinfo.free_pages;
    return rc;
}

int ts_counters(struct debug_op_counters *c)
{
    return (int)ts_debug_op(DEBUGOP_counters, c);
}

int ts_list(uint16_t first, struct xen_domctl_getdomaininfo *list, unsigned int max)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_getdomaininfolist,
        .u.getdomaininfolist = { .first_domain = first, .max_domains = max },
    };
    int rc;

    set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
    rc = (int)ts_sysctl(&op);

    return rc ? rc : (int)op.u.getdomaininfolist.num_domains;
}
