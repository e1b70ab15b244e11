/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RX/TX buffers of the hypervisor and, forwarded by it, of VMs; who owns an RX; what is written there (partition list).
 * Refuses addresses outside of normal world RAM, pages another pair uses, and pages that turn out not to exist.
 * Every access to a buffer goes through the window mapping. Lock: spmc_lock.
 */
#include "desc.h"

/* Window slots: two per entry of vms[]. */
static unsigned int slot_of(const struct vm *vm, bool rx) { return (vm - vms) * 2 + rx; }

static bool page_ok(uint64_t pa)
{
    return !(pa & (PAGE_SIZE - 1)) && pa >= NS_RAM_BASE && pa < NS_RAM_END;
}

static bool page_in_use(uint64_t pa)
{
    unsigned int i, j;

    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
        if ( vms[i].used && vms[i].buf.mapped )
            for ( j = 0; j < vms[i].buf.pages; j++ )
                if ( vms[i].buf.tx_pa[j] == pa || vms[i].buf.rx_pa[j] == pa )
                    return true;

    return false;
}

/* Checks the pages collected in *b and maps them. */
static int attach(struct vm *vm, struct buffers *b)
{
    unsigned int i, j;

    for ( i = 0; i < b->pages; i++ )
    {
        if ( !page_ok(b->tx_pa[i]) || !page_ok(b->rx_pa[i]) || page_in_use(b->tx_pa[i]) || page_in_use(b->rx_pa[i]) )
            return FFA_DENIED;
        for ( j = 0; j < b->pages; j++ )
            if ( b->tx_pa[i] == b->rx_pa[j] )
                return FFA_INVALID;
    }
    b->tx = window_map(slot_of(vm, false), b->tx_pa, b->pages, false);
    if ( !b->tx )
        return FFA_INVALID;
    b->rx = window_map(slot_of(vm, true), b->rx_pa, b->pages, true);
    if ( !b->rx )
    {
        window_unmap(slot_of(vm, false));
        return FFA_INVALID;
    }
    b->mapped = true;
    vm->buf = *b;

    return 0;
}

static int map_own(uint64_t tx, uint64_t rx, uint64_t pages)
{
    struct buffers b = { .pages = pages };
    uint64_t size = pages * PAGE_SIZE;
    unsigned int i;

    if ( !pages || pages > WINDOW_PAGES || ((tx | rx) & (PAGE_SIZE - 1)) )
        return FFA_INVALID;
    if ( tx + size < tx || rx + size < rx || (tx < rx + size && rx < tx + size) )
        return FFA_INVALID;
    if ( vms[0].buf.mapped )
        return FFA_DENIED;
    for ( i = 0; i < pages; i++ )
    {
        b.tx_pa[i] = tx + i * PAGE_SIZE;
        b.rx_pa[i] = rx + i * PAGE_SIZE;
    }

    return attach(&vms[0], &b);
}

#define DESC_COPY 1024 /* more than header, two composites and their ranges ever need */

/* One composite: page count @0, range count @4, ranges of {base u64, pages u32, 0} @16. Returns its pages, or 0. */
static unsigned int composite(const uint8_t *d, uint32_t at, uint64_t *pa)
{
    uint32_t total, ranges, i, j;
    unsigned int n = 0;

    if ( (at & 7) || at < 12 || at > DESC_COPY - 16 )
        return 0;
    total = get(d + at, 4);
    ranges = get(d + at + 4, 4);
    if ( !total || total > WINDOW_PAGES || !ranges || ranges > total || at + 16 + ranges * 16 > DESC_COPY )
        return 0;
    for ( i = 0; i < ranges; i++ )
    {
        uint32_t r = at + 16 + i * 16, pages = get(d + r + 8, 4);
        uint64_t base = get(d + r, 8);

        if ( !pages || pages > total - n )
            return 0;
        for ( j = 0; j < pages; j++ )
            pa[n++] = base + (uint64_t)j * PAGE_SIZE;
    }

    return n == total ? n : 0;
}

/* The hypervisor's TX says whose buffers and where. It may change under us: copied first. */
static int map_for_vm(void)
{
    struct buffers b = { .pages = 0 };
    uint8_t d[DESC_COPY];
    struct vm *vm;
    unsigned int i;
    uint16_t id;
    int ret;

    if ( (info->options & FW_OPT_NO_RX_ACQUIRE) || nwd_version < FFA_1_1 || !vms[0].buf.mapped )
        return FFA_INVALID;
    for ( i = 0; i < DESC_COPY; i++ )
        d[i] = ((const volatile uint8_t *)vms[0].buf.tx)[i];

    id = d[0] | d[1] << 8;
    b.pages = composite(d, get(d + 4, 4), b.rx_pa);
    if ( !b.pages || composite(d, get(d + 8, 4), b.tx_pa) != b.pages || !id )
        return FFA_INVALID;
    vm = vm_get(id);
    if ( !vm || vm->buf.mapped )
        return FFA_DENIED;
    ret = attach(vm, &b);
    vm_put(vm);

    return ret;
}

void call_rxtx_map(struct regs *r)
{
    uint64_t pages = (uint32_t)r->x[3];
    int ret;

    spin_lock(&spmc_lock);
    if ( r->x[4] || r->x[5] || r->x[6] || r->x[7] )
        ret = FFA_INVALID;
    else if ( !r->x[1] && !r->x[2] && !pages )
        ret = map_for_vm();
    else
        ret = map_own(r->x[1], r->x[2], pages);
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

void call_rxtx_unmap(struct regs *r)
{
    struct vm *vm;
    int ret = 0;

    spin_lock(&spmc_lock);
    vm = vm_find(r->x[1] >> 16);
    if ( (r->x[1] & 0xffff) || !vm || !vm->buf.mapped )
        ret = FFA_INVALID;
    else
    {
        window_unmap(slot_of(vm, false));
        window_unmap(slot_of(vm, true));
        vm->buf = (struct buffers){ .mapped = false };
        vm_put(vm);
    }
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

void call_rx_release(struct regs *r)
{
    struct vm *vm;
    int ret = 0;

    spin_lock(&spmc_lock);
    vm = vm_find(r->x[1]);
    if ( r->x[1] >> 16 || !vm )
        ret = FFA_INVALID;
    else if ( !vm->buf.mapped || !vm->buf.rx_full )
        ret = FFA_DENIED;
    else
        vm->buf.rx_full = false;
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

void call_rx_acquire(struct regs *r)
{
    struct vm *vm;
    int ret = 0;

    spin_lock(&spmc_lock);
    vm = vm_find(r->x[1]);
    if ( is_secure(r->x[1]) )
        ret = FFA_NOT_SUPPORTED;
    else if ( r->x[1] >> 16 || !vm || vm == &vms[0] || !vm->buf.mapped )
        ret = FFA_INVALID;
    else if ( vm->buf.rx_full )
        ret = FFA_DENIED;
    else
        vm->buf.rx_full = true;
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}
