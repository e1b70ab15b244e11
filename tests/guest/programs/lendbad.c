/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lendbad: memory for another VM, offered, asked for and given back in every wrong way, and by a VM that means no good. The
 * other VM runs `borrow`.
 * Command line: part=wrong|hostile (wrong), version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#define __XEN_TOOLS__
#include "mem/lender.h"

#include <public/xen.h>
#include <public/memory.h>

extern uint64_t mmu_l1[];               /* kernel/mmu.c */

/* ---- wrong ones ---- */

/* A good descriptor with @bytes at @at replaced; its total */
static size_t spoil(const struct txn *t, size_t at, unsigned int bytes, uint64_t value, void *buf)
{
    size_t total = txn_write(ffa.version, t, buf);
    unsigned int i;

    for ( i = 0; i < bytes; i++, value >>= 8 )
        ((uint8_t *)buf)[at + i] = (uint8_t)value;

    return total;
}

static void wrong_offers(enum mem_kind kind)
{
    bool old = ffa.version < FFA_VERSION_1_1;
    size_t acc = old ? 32 : 48, comp = acc + 16, range = comp + 16, total;
    const uint8_t perm = kind == DONATE ? 0 : FFA_MEM_RW;
    const struct { size_t at; unsigned int bytes; uint64_t value; int error; const char *what; } row[] = {
        { 0, 2, peer_id, FFA_DENIED, "another VM as sender" },
        { 0, 2, 0x8001, FFA_DENIED, "an SP as sender" },
        { 2, 1, 0x6f, FFA_INVALID_PARAMETERS, "the NS attribute" },
        { 2, 1, 0x10, kind == SHARE ? FFA_DENIED : FFA_INVALID_PARAMETERS, "device memory" },
        { 2, 1, kind == SHARE ? 0 : 0x2f, kind == SHARE ? FFA_DENIED : FFA_INVALID_PARAMETERS, "a memory type of another kind" },
        { 4, 4, kind == SHARE ? 1 : 2, FFA_INVALID_PARAMETERS, "a flag that it does not have" },
        { 4, 4, 1u << 31, FFA_INVALID_PARAMETERS, "a reserved flag" },
        { 8, 8, 1, FFA_INVALID_PARAMETERS, "a handle" },
        { 28, 4, 0, FFA_INVALID_PARAMETERS, "no borrower" },
        { 28, 4, 2, FFA_INVALID_PARAMETERS, "a borrower announced too many" },
        { acc, 2, ffa.id, FFA_INVALID_PARAMETERS, "oneself as borrower" },
        { acc, 2, 0, FFA_INVALID_PARAMETERS, "the hypervisor as borrower" },
        { acc, 2, 0x7000, FFA_INVALID_PARAMETERS, "nobody as borrower" },
        { acc + 2, 1, perm ? 0 : 2, FFA_INVALID_PARAMETERS, "data permissions of another kind" },
        { acc + 2, 1, 3, FFA_INVALID_PARAMETERS, "reserved permissions" },
        { acc + 2, 1, perm | 4, FFA_INVALID_PARAMETERS, "execution ruled out by the lender" },
        { acc + 2, 1, perm | 8, FFA_INVALID_PARAMETERS, "execution granted by the lender" },
        { acc + 3, 1, 1, FFA_INVALID_PARAMETERS, "access flags" },
        { comp, 4, 3, FFA_INVALID_PARAMETERS, "more pages in all than in the ranges" },
        { range, 8, (uintptr_t)area[0] + 8, FFA_INVALID_PARAMETERS, "an unaligned page" },
        { range, 8, 1ul << 39, FFA_DENIED, "pages that are not there" },
        { range, 8, (uintptr_t)ffa.tx, FFA_DENIED, "the TX buffer" },
        { range, 8, (uintptr_t)ffa.rx, FFA_DENIED, "the RX buffer" },
        { range, 8, uart_base, FFA_DENIED, "a device" },
        { range + 8, 4, 0, FFA_INVALID_PARAMETERS, "an empty range" },
    };
    struct txn t = offer(kind, lay_out(false, 0, 2));
    unsigned int i;

    fill(77);
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        total = spoil(&t, row[i].at, row[i].bytes, row[i].value, ffa.tx);
        expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), row[i].error, "MEM_%s with %s", kind_name[kind], row[i].what);
    }
    ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[4], 3 };
    ranges[1] = (struct ffa_mem_range){ (uintptr_t)area[0], 5 };
    t = offer(kind, 2);
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "a page twice in one descriptor");

    /* A good page before a bad one: it must be as it was. */
    ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[0], 100 };
    ranges[1] = (struct ffa_mem_range){ (uintptr_t)ffa.rx, 1 };
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_DENIED, "a hundred good pages and RX");
    expect_eq(traps_at(area[0]) + traps_at(area[99]), 0, "all are where they were");

    /* A good one, but for a register */
    t = offer(kind, lay_out(false, 0, 2));
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(ffa_reserved(kind_fid[kind], 5, total, total, 0), 0, "MEM_%s with a reserved register", kind_name[kind]);

    t = offer(kind, lay_out(false, 0, 1));
    t.nr = 2;
    t.to[1].id = 0x8001;
    t.to[1].perm = perm;
    if ( kind == DONATE )
    {
        total = txn_write(ffa.version, &t, ffa.tx);
        expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "MEM_DONATE to two");
        return;
    }

    /* To several: good but for one thing */
    t.attributes = FFA_MEM_NORMAL;
    total = spoil(&t, acc + 16 + 4, 4, acc + 32 + 16, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "two composites");
    t.attributes = 0;
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_DENIED, "unspecified memory for two");
    t.attributes = 0x10;
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_DENIED, "device memory for two");
    t.attributes = FFA_MEM_NORMAL;
    t.to[1].id = 0x7000;
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "nobody as the second borrower");
    t.to[1].id = peer_id;
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "a borrower twice");
    t.to[1].id = 0x8001;
    t.nr = ARRAY_SIZE(t.to);
    for ( i = 2; i < t.nr; i++ )
    {
        t.to[i].id = (uint16_t)(0x8000 + i);
        t.to[i].perm = perm;
    }
    total = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(kind_fid[kind], total, total, 0, 0), FFA_INVALID_PARAMETERS, "more borrowers than there may be");
    expect_eq(traps_at(area[0]), 0, "all is where it was");
}

static void wrong_wishes(void)
{
    struct txn t = offer(LEND, lay_out(false, 0, 4)), w;
    uint64_t handle;

    expect_eq(send(LEND, &t, &handle), FFA_OK, "MEM_LEND");
#define WRONG(change, error, what) \
    do { \
        w = wish(LEND, handle, 4); \
        change; \
        expect_eq(peer_retrieve(0, &w), error, "RETRIEVE_REQ with " what); \
    } while ( 0 )
    WRONG(w.handle++, FFA_INVALID_PARAMETERS, "another handle");
    WRONG(w.handle = ~0ul, FFA_INVALID_PARAMETERS, "no handle");
    WRONG(w.tag++, FFA_INVALID_PARAMETERS, "another tag");
    WRONG(w.flags = FFA_MEM_TYPE(SHARE), FFA_INVALID_PARAMETERS, "another kind");
    WRONG(w.sender = 0x8001, FFA_DENIED, "another lender");
    WRONG(w.attributes = 0x6f, FFA_INVALID_PARAMETERS, "the NS attribute");
    WRONG(w.attributes = 0x27, FFA_DENIED, "other attributes");
    WRONG(w.to[0].id = ffa.id, FFA_INVALID_PARAMETERS, "another borrower");
    WRONG((w.nr = 2, w.to[1].id = 0x8001, w.to[1].no_composite = true), FFA_INVALID_PARAMETERS, "a longer list");
    WRONG(w.to[0].flags = 1, FFA_INVALID_PARAMETERS, "not to be retrieved");
    WRONG(w.to[0].perm = FFA_MEM_RW, FFA_INVALID_PARAMETERS, "nothing said about execution");
    WRONG(w.to[0].perm = FFA_MEM_RW | FFA_MEM_X, FFA_DENIED, "execution");
    WRONG(w.to[0].perm = FFA_MEM_NX, FFA_INVALID_PARAMETERS, "no data permission");
    WRONG(w.to[0].perm = 0x16, FFA_INVALID_PARAMETERS, "reserved permissions");
    WRONG(w.flags |= 2, FFA_INVALID_PARAMETERS, "time slices");
    WRONG(w.flags |= 1u << 9, FFA_INVALID_PARAMETERS, "an alignment hint");
    WRONG(w.flags |= 1u << 31, FFA_INVALID_PARAMETERS, "a reserved flag");
    WRONG(w.nr = 0, FFA_INVALID_PARAMETERS, "no borrower");
    WRONG(w.flags = FFA_MEM_TYPE(DONATE), FFA_INVALID_PARAMETERS, "a donation");
    WRONG(w.flags |= FFA_MEM_BYPASS, FFA_INVALID_PARAMETERS, "bypass, for one borrower");
    WRONG(w.flags |= FFA_MEM_ZERO, FFA_DENIED, "clearing that was not offered");
    WRONG((w.flags |= FFA_MEM_ZERO_AFTER, w.to[0].perm = FFA_MEM_RO | FFA_MEM_NX), FFA_DENIED, "clearing of what is read-only");
    WRONG(there[0].pages = 3, FFA_INVALID_PARAMETERS, "fewer pages");
    WRONG(there[0].ipa = MAILBOX_VA, FFA_DENIED, "an address in use");
    WRONG(there[0].ipa = MAILBOX_VA - 2 * PAGE_SIZE, FFA_DENIED, "the last address in use");
    WRONG(there[0].ipa = 1ul << 45, FFA_INVALID_PARAMETERS, "an address that is none");
    WRONG((w.nr_ranges = 2, there[0].pages = 2, there[1] = there[0]), FFA_DENIED, "an address twice");
#undef WRONG
    w = wish(LEND, handle, 4);
    expect_eq(peer_call(0, FFA_PARTITION_INFO_GET, 0, 0, 0), FFA_OK, "the borrower's RX is full");
    expect_eq(peer_retrieve(0, &w), FFA_BUSY, "RETRIEVE_REQ");
    release_rx();
    expect_eq(peer_relinquish(0, handle, 0), FFA_INVALID_PARAMETERS, "RELINQUISH of what is not held");
    expect_eq(peer_retrieve(0, &w), FFA_OK, "after all this, it can be had");
    release_rx();
    expect_eq(peer_relinquish(0, handle, 2), FFA_INVALID_PARAMETERS, "RELINQUISH with a flag");
    expect_eq(peer_relinquish(0, handle + 1, 0), FFA_INVALID_PARAMETERS, "RELINQUISH of another handle");
    relinquish_write(handle, 0, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH by the lender");
    expect_eq(peer_call(0, FFA_MEM_RECLAIM, (uint32_t)handle, handle >> 32, 0), FFA_INVALID_PARAMETERS, "RECLAIM by the borrower");
    expect_eq(reclaim(handle, 2), FFA_INVALID_PARAMETERS, "RECLAIM with a reserved flag");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(ffa_reserved(FFA_MEM_RECLAIM, 4, (uint32_t)handle, handle >> 32, 0), 0, "RECLAIM with a reserved register");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
}

/* What is wrong with some kinds only */
static void wrong_for_the_kind(void)
{
    struct txn t = offer(SHARE, lay_out(false, 0, 4)), w;
    uint64_t handle;

    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE");
#define WRONG(kind, change, error, what) \
    do { \
        w = wish(kind, handle, 4); \
        change; \
        expect_eq(peer_retrieve(0, &w), error, "RETRIEVE_REQ with " what); \
    } while ( 0 )
    WRONG(SHARE, w.to[0].perm |= FFA_MEM_NX, FFA_INVALID_PARAMETERS, "something said about execution");
    WRONG(SHARE, w.to[0].perm |= FFA_MEM_X, FFA_INVALID_PARAMETERS, "execution");
    WRONG(SHARE, w.flags |= FFA_MEM_ZERO, FFA_INVALID_PARAMETERS, "clearing before");
    WRONG(SHARE, w.flags |= FFA_MEM_ZERO_AFTER, FFA_INVALID_PARAMETERS, "clearing after");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");

    t = offer(DONATE, lay_out(false, 0, 4));
    expect_eq(send(DONATE, &t, &handle), FFA_OK, "MEM_DONATE");
    WRONG(DONATE, w.flags |= FFA_MEM_ZERO_AFTER, FFA_INVALID_PARAMETERS, "clearing of what is never given up");
    WRONG(DONATE, w.flags |= FFA_MEM_ZERO, FFA_DENIED, "clearing that was not offered");
    WRONG(DONATE, w.to[0].perm = FFA_MEM_RW, FFA_INVALID_PARAMETERS, "nothing said about execution");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");

    t = offer(LEND, lay_out(false, 0, 4));
    t.to[0].perm = FFA_MEM_RO;
    expect_eq(send(LEND, &t, &handle), FFA_OK, "MEM_LEND, read-only");
    WRONG(LEND, w.flags = 0, FFA_DENIED, "more than was granted");
    w.to[0].perm = FFA_MEM_RO | FFA_MEM_NX;
    expect_eq(peer_retrieve(0, &w), FFA_OK, "RETRIEVE_REQ, read-only");
    release_rx();
    expect_eq(peer_relinquish(0, handle, FFA_MEM_ZERO), FFA_DENIED, "RELINQUISH, clearing what is read-only");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");

    if ( ffa.version < FFA_VERSION_1_2 || peer_box(0)->version < FFA_VERSION_1_2 )
        return;

    t = offer(LEND, lay_out(false, 0, 4));
    t.wide = true;
    t.impdef[0] = 1;
    t.impdef[1] = 2;
    expect_eq(send(LEND, &t, &handle), FFA_OK, "MEM_LEND with an access of 32 bytes");
    WRONG(LEND, (w.wide = true, w.impdef[0] = 1, w.impdef[1] = 3), FFA_INVALID_PARAMETERS, "other implementation-defined bytes");
    WRONG(LEND, w.wide = true, FFA_INVALID_PARAMETERS, "none");
    WRONG(LEND, (w.wide = true, w.impdef[0] = 1, w.impdef[1] = 2), FFA_OK, "those of the lender");
#undef WRONG
    expect_eq(peer_box(0)->rx[48 + 8] | peer_box(0)->rx[48 + 16] << 8, 0x201, "they are in the response");
    release_rx();
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
}

/* ---- hostile ones ---- */

static int64_t memory_op(unsigned int cmd, uint64_t ipa)
{
    xen_pfn_t gfn = ipa / PAGE_SIZE;
    struct xen_memory_reservation res = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(res.extent_start, &gfn);

    return hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)&res, 0);
}

/* RXTX_MAP of the first two pages, without a pair and with it again: what it is answered by */
static int as_buffers(void)
{
    void *tx = ffa.tx, *rx = ffa.rx;
    int rc;

    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    rc = ffa_rxtx_map(&ffa, area[0], area[1], 1);
    if ( rc == FFA_OK )
        expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");

    return rc;
}

static void offered_twice(void)
{
    struct txn t = offer(SHARE, lay_out(false, 0, 2)), u = offer(LEND, 1), v = offer(DONATE, 1), w;
    struct mailbox *m;
    uint64_t first, second;

    expect_eq(send(SHARE, &t, &first), FFA_OK, "MEM_SHARE");
    expect_eq(send(LEND, &u, &second), FFA_DENIED, "the same pages lent");
    expect_eq(send(DONATE, &v, &second), FFA_DENIED, "or donated");
    expect_eq(traps_at(area[0]), 0, "they are still ours");
    expect_eq(send(SHARE, &t, &second), FFA_OK, "but shared again");
    expect_eq(as_buffers(), FFA_OK, "or a buffer, which the borrower then sees");
    expect_eq(reclaim(first, 0), FFA_OK, "RECLAIM");
    expect_eq(reclaim(second, 0), FFA_OK, "RECLAIM");

    expect_eq(send(LEND, &u, &first), FFA_OK, "MEM_LEND");
    expect_eq(send(SHARE, &t, &second), FFA_DENIED, "the same pages shared");
    expect_eq(send(LEND, &u, &second), FFA_DENIED, "or lent");
    expect_eq(as_buffers(), FFA_INVALID_PARAMETERS, "or a buffer");
    expect_eq(memory_op(XENMEM_decrease_reservation, (uintptr_t)area[0]), 0, "or given to the hypervisor");

    /* What is borrowed is not the borrower's to offer. */
    w = wish(LEND, first, 2);
    expect_eq(peer_retrieve(0, &w), FFA_OK, "the borrower has them");
    release_rx();
    m = peer_box(0);
    t = (struct txn){ .sender = peer_id, .attributes = FFA_MEM_NORMAL, .nr = 1,
                      .to = { { .id = ffa.id, .perm = FFA_MEM_RW } }, .ranges = there, .nr_ranges = 1 };
    m->desc_bytes = (uint32_t)txn_write(m->version, &t, m->desc);
    expect_eq(peer_call(0, FFA_MEM_SHARE_64, m->desc_bytes, m->desc_bytes, 0), FFA_DENIED, "and cannot share them");
    m->desc_bytes = 0;
    expect_eq(peer_call(0, FFA_RXTX_UNMAP, 0, 0, 0), FFA_OK, "RXTX_UNMAP");
    expect_eq(peer_call(0, FFA_RXTX_MAP_64, ADDRESS, ADDRESS + PAGE_SIZE, 1), FFA_INVALID_PARAMETERS, "nor use them as buffers");
    expect_eq(peer_call(0, FFA_RXTX_MAP_64, m->tx_at, ADDRESS, 1), FFA_INVALID_PARAMETERS, "or one as RX");
    expect_eq(peer_call(0, FFA_RXTX_MAP_64, m->tx_at, m->rx_at, 1), FFA_OK, "RXTX_MAP");
    expect_eq(peer_do(0, PEER_UNMAP, ADDRESS, 0, 0)->result[0], 0, "it unmaps one itself");
    expect_eq(reclaim(first, 0), FFA_DENIED, "and has it all the same");
    expect_eq(peer_relinquish(0, first, 0), FFA_OK, "RELINQUISH");

    /* Something else in their place */
    expect_eq(memory_op(XENMEM_populate_physmap, (uintptr_t)area[1]), 0, "we may own no more");
    expect_eq(memory_op(XENMEM_decrease_reservation, (uintptr_t)area[9]), 1, "one page less");
    expect_eq(memory_op(XENMEM_populate_physmap, (uintptr_t)area[1]), 1, "and one in the place of a lent one");
    expect_eq(reclaim(first, 0), FFA_DENIED, "RECLAIM finds it");
    expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "nobody can have them any more");
    expect_eq(memory_op(XENMEM_decrease_reservation, (uintptr_t)area[1]), 1, "it goes");
    expect_eq(reclaim(first, 0), FFA_OK, "RECLAIM");
    expect_eq(memory_op(XENMEM_populate_physmap, (uintptr_t)area[9]), 1, "all are back");

    /* Given away while it is shared: it stays a page of ours until nobody has it. */
    t = offer(SHARE, lay_out(false, 9, 1));
    expect_eq(send(SHARE, &t, &first), FFA_OK, "MEM_SHARE");
    w = wish(SHARE, first, 1);
    expect_eq(peer_retrieve(0, &w), FFA_OK, "retrieved");
    release_rx();
    peer_do(0, PEER_FILL, ADDRESS, 1, 5);
    expect_eq(memory_op(XENMEM_decrease_reservation, (uintptr_t)area[9]), 1, "we give it to the hypervisor");
    expect_eq(peer_traps(ADDRESS, false), 0, "the borrower still has it");
    expect_eq(peer_relinquish(0, first, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(first, 0), FFA_OK, "RECLAIM");
    expect_eq(memory_op(XENMEM_populate_physmap, (uintptr_t)area[9]), 1, "another one in its place");
    expect_eq(area[9][0], 0, "which is clean");
}

/* A page of our own translation tables goes, and with it what it maps. */
static void page_tables(enum mem_kind kind)
{
    const unsigned int slot = 300;
    struct txn t = offer(kind, lay_out(false, 8, 1));
    volatile uint64_t *far = (volatile uint64_t *)((uint64_t)slot << 30 | ((uintptr_t)area[10] & 0x1fffff));
    uint64_t handle;
    unsigned int i;

    for ( i = 0; i < WORDS; i++ )
        area[8][i] = 0;
    area[8][0] = ((uintptr_t)area[10] & ~0x1ffffful) | 0x0060000000000701ul;    /* a block: normal, never executable */
    dsb(ishst);
    mmu_l1[slot] = (uintptr_t)area[8] | 3;
    dsb(ishst);
    isb();
    area[10][0] = 4711;
    expect_eq(*far, 4711, "a table of our own maps a page twice");
    expect_eq(send(kind, &t, &handle), FFA_OK, "MEM_%s of the table", kind_name[kind]);
    asm volatile("tlbi vmalle1is" ::: "memory");
    dsb(ish);
    isb();
    expect_eq(traps_at(far), 1, "what it maps is an abort, ours to handle");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    expect_eq(*far, 4711, "and there again");
    mmu_l1[slot] = 0;
    dsb(ishst);
    asm volatile("tlbi vmalle1is" ::: "memory");
    dsb(ish);
    isb();
}

static volatile bool racing, raced;

/* The other vCPU: good, and RX instead of the second page, and another kind of flags */
static void rewrite(void *unused)
{
    size_t comp = ffa.version < FFA_VERSION_1_1 ? 48 : 64;
    volatile uint64_t *base = (volatile uint64_t *)((uint8_t *)ffa.tx + comp + 32);
    volatile uint32_t *pages = (volatile uint32_t *)((uint8_t *)ffa.tx + comp);

    (void)unused;
    while ( racing )
    {
        *base = (uintptr_t)ffa.rx;
        *pages = 0x10000;
        *base = (uintptr_t)area[2];
        *pages = 2;
    }
    raced = true;
}

static void race(enum mem_kind kind, unsigned int rounds)
{
    unsigned int i, sent = 0, refused = 0, wrong = 0;
    struct txn t;
    uint64_t handle;
    size_t bytes;

    if ( nr_cpus < 2 || !(cpus[1].online || cpu_up(1)) )
    {
        tap_skip("no second vCPU");
        return;
    }
    ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[0], 1 };
    ranges[1] = (struct ffa_mem_range){ (uintptr_t)area[2], 1 };
    t = offer(kind, 2);
    bytes = txn_write(ffa.version, &t, ffa.tx);
    racing = true;
    raced = false;
    dmb(ish);
    cpus[1].caller = 0;
    cpus[1].fn = rewrite;
    gic_send_sgi(SGI_CALL, 1);
    for ( i = 0; i < rounds; i++ )
    {
        int rc = send_raw(kind_fid[kind], bytes, bytes, 0, 0);

        handle = (uint32_t)regs.x[2] | regs.x[3] << 32;
        if ( rc == FFA_OK )
        {
            sent++;
            wrong += kind != SHARE && (!traps_at(area[0]) || !traps_at(area[2]));
            wrong += reclaim(handle, 0) != FFA_OK;
        }
        else if ( rc == FFA_DENIED || rc == FFA_INVALID_PARAMETERS )
            refused++;
        wrong += traps_at(area[0]) || traps_at(area[2]);
    }
    racing = false;
    ok(wait_event(raced, 20000000), "the other vCPU ends");
    expect_eq(sent + refused, rounds, "MEM_%s against a vCPU that rewrites it: %u, refused %u", kind_name[kind], sent, refused);
    expect_eq(wrong, 0, "what was taken was ours, and came back");
}

int program(void)
{
    unsigned int peers, i;
    char part[16] = "wrong";

    if ( !lender_begin(&peers) )
        return 1;

    cmdline_get("part", part, sizeof(part));
    if ( !strcmp(part, "hostile") )
    {
        offered_twice();
        page_tables(LEND);
        page_tables(DONATE);
        for ( i = SHARE; i <= DONATE; i++ )
            race(i, 150);
    }
    else
    {
        for ( i = SHARE; i <= DONATE; i++ )
            wrong_offers(i);
        wrong_wishes();
        wrong_for_the_kind();
    }
    lender_end(peers);

    return 0;
}
