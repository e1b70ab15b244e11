/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loan: memory of sp.echo's, shared with and lent to this VM, through the SPMC: RETRIEVE_REQ, FRAG_RX, RELINQUISH, every
 * error of theirs, and an SPMC whose answers are wrong.
 * Command line: part=basic|wrong|frag|race|spmc|pair|die|none (basic), rounds=<n> (300) of the race, error= relinquish=<n> (2): what
 * the calls answer where there is none, first=<n>: page of the SP's that ours begin with (0), peers=1 with
 * pair: the next VM runs `borrow`; version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#define __XEN_TOOLS__
#include "mem/lender.h"

#include <public/xen.h>
#include <public/memory.h>

#define NR              5u

static uint32_t first;

/* ---- the SP ---- */

static int echo(uint32_t command, uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7, uint64_t *result)
{
    uint64_t w[5] = { command, w4, w5, w6, w7 };
    int rc = sp_command(SP_ECHO_ID, w);

    if ( rc != FFA_OK )
        return rc;
    if ( result )
        *result = (uint32_t)w[1] | w[2] << 32;

    return (int)(uint32_t)w[0];
}

static int sp_lends(enum mem_kind kind, uint32_t how, uint32_t pages, uint64_t *handle)
{
    return echo(ECHO_LEND, ffa.id, first | pages << 16, kind | how, TAG, handle);
}

static int sp_reclaims(uint64_t handle) { return echo(ECHO_LEND_RECLAIM, (uint32_t)handle, handle >> 32, 0, 0, NULL); }

static uint64_t sp_sum(uint32_t pages)
{
    uint64_t sum = 0;

    expect_eq(echo(ECHO_OWN_SUM, 0, first | pages << 16, 0, 0, &sum), FFA_OK, "the SP reads its pages");

    return sum;
}

static void sp_fills(uint32_t pages, uint32_t seed)
{
    expect_eq(echo(ECHO_OWN_FILL, 0, first | pages << 16, seed, 0, NULL), FFA_OK, "the SP writes its pages");
}

static int fault(uint32_t kind, uint32_t a, uint32_t b, uint32_t times)
{
    uint64_t w[5] = { FAULT_ARM, kind, a, b, times };
    int rc = sp_command(SP_FAULTS_ID, w);

    return rc == FFA_OK ? (int)(uint32_t)w[0] : rc;
}

static void no_fault(void)
{
    uint64_t w[5] = { FAULT_CLEAR };

    sp_command(SP_FAULTS_ID, w);
}

/* ---- this VM ---- */

/* What a good borrower says */
static struct txn want(enum mem_kind kind, uint64_t handle, uint32_t pages)
{
    there[0] = (struct ffa_mem_range){ ADDRESS, pages };

    return (struct txn){
        .sender = SP_ECHO_ID, .handle = handle, .tag = TAG, .nr = 1, .flags = FFA_MEM_TYPE(kind),
        .to = { { .id = ffa.id, .perm = FFA_MEM_RW | (kind == SHARE ? 0 : FFA_MEM_NX) } }, .ranges = there, .nr_ranges = 1,
    };
}

/* The response stays in RX. */
static int retrieve(const struct txn *t)
{
    size_t bytes = txn_write(ffa.version, t, ffa.tx);
    int rc = send_raw(ffa.version < FFA_VERSION_1_1 ? FFA_MEM_RETRIEVE_REQ_32 : FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0);

    return (uint32_t)regs.x[0] == FFA_MEM_RETRIEVE_RESP ? FFA_OK : rc;
}

static int retrieve_and_release(const struct txn *t)
{
    int rc = retrieve(t);

    if ( rc == FFA_OK )
        expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");

    return rc;
}

static int relinquish(uint64_t handle, uint32_t flags)
{
    relinquish_write(handle, flags, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);

    return ffa_status(&regs);
}

static uint64_t sum_at(const volatile uint64_t *p, uint64_t pages)
{
    uint64_t sum = 0, i;

    for ( i = 0; i < pages * WORDS; i++ )
        sum = (sum << 7 | sum >> 57) + p[i];

    return sum;
}

static uint64_t rx_at(unsigned int at, unsigned int bytes)
{
    uint64_t v = 0;

    while ( bytes-- )
        v = v << 8 | ((volatile uint8_t *)ffa.rx)[at + bytes];

    return v;
}

static unsigned int writes_trap(volatile uint64_t *p)
{
    trap_begin();
    *p = 1;

    return trap_end().count;
}

/* ---- good ones ---- */

static void response(enum mem_kind kind, uint64_t handle, uint32_t pages, uint8_t perm, uint64_t address)
{
    bool old = ffa.version < FFA_VERSION_1_1;
    unsigned int acc = old ? 32 : 48, size = old ? 16 : (unsigned int)rx_at(24, 4), comp = acc + size;

    expect_eq(regs.x[1], comp + 32, "the length of the response");
    expect_eq(regs.x[2], regs.x[1], "all of it is here");
    expect_eq(rx_at(0, 2), SP_ECHO_ID, "from the SP");
    expect_eq(rx_at(2, old ? 1 : 2), old ? 0x2f : 0x6f, "normal memory");
    expect_eq(rx_at(4, 4), FFA_MEM_TYPE(kind), "of this kind");
    expect_eq(rx_at(8, 8), handle, "with this handle");
    expect_eq(rx_at(16, 8), TAG, "and tag");
    expect_eq(rx_at(acc, 2), ffa.id, "for us");
    expect_eq(rx_at(acc + 2, 1), perm | FFA_MEM_NX, "with these permissions");
    expect_eq(rx_at(acc + 4, 4), comp, "then the composite");
    expect_eq(rx_at(comp, 4), pages, "of so many pages");
    if ( address )
        expect_eq(rx_at(comp + 16, 8), address, "here");
    if ( size == 32 )
        expect_eq(rx_at(acc + 8, 8), ECHO_LEND_IMPDEF, "and what is between SP and VM");
}

static void there_and_back(enum mem_kind kind, uint32_t how)
{
    volatile uint64_t *p = (volatile uint64_t *)ADDRESS;
    bool writable = !(how & ECHO_LEND_RO), wide = how & ECHO_LEND_WIDE;
    struct txn t;
    uint64_t handle = 0, i;

    sp_fills(NR, 7);
    if ( !expect_eq(sp_lends(kind, how, NR, &handle), FFA_OK, "the SP has %s %u pages%s%s%s", kind == SHARE ? "shared" : "lent", NR,
                    writable ? "" : ", read-only", how & ECHO_LEND_SCATTERED ? ", scattered" : "", wide ? ", 32 bytes" : "") )
        return;
    t = want(kind, handle, NR);
    t.wide = wide;
    t.impdef[0] = ECHO_LEND_IMPDEF;
    t.impdef[1] = ~ECHO_LEND_IMPDEF;
    if ( !writable )
    {
        expect_eq(retrieve(&t), FFA_DENIED, "RETRIEVE_REQ for more than was granted");
        t.to[0].perm = FFA_MEM_RO | (kind == SHARE ? 0 : FFA_MEM_NX);
    }
    if ( !expect_eq(retrieve(&t), FFA_OK, "RETRIEVE_REQ") )
        return;
    response(kind, handle, NR, writable ? FFA_MEM_RW : FFA_MEM_RO, ADDRESS);
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    if ( how & ECHO_LEND_SCATTERED )
        expect_eq(p[0], 7 + (NR - 1) * WORDS, "the last page is the first one here");
    else
        expect_eq(sum_at(p, NR), sp_sum(NR), "we see what the SP wrote");
    if ( writable )
    {
        for ( i = 0; i < NR * WORDS; i++ )
            p[i] = i * 0x9e3779b97f4a7c15ul;
        if ( !(how & ECHO_LEND_SCATTERED) )
            expect_eq(sum_at(p, NR), sp_sum(NR), "the SP sees what we write");
    }
    else
        expect_eq(writes_trap(p), 1, "it cannot be written");
    expect_eq(traps_at(p + NR * WORDS), 1, "there is nothing behind it");

    expect_eq(retrieve(&t), FFA_DENIED, "it cannot be had twice");
    expect_eq(sp_reclaims(handle), FFA_DENIED, "the SP cannot have it back meanwhile");
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "nor is it ours to reclaim");
    if ( kind == SHARE )
        expect_eq(relinquish(handle, 1), FFA_INVALID_PARAMETERS, "or to clear");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(traps_at(p) + traps_at(p + (NR - 1) * WORDS), 2, "it is gone");
    expect_eq(relinquish(handle, 0), FFA_INVALID_PARAMETERS, "RELINQUISH again");
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ again");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
    expect_eq(retrieve(&t), FFA_INVALID_PARAMETERS, "there is nothing to be had any more");
}

/* Where we choose; of a kind that is not said; cleared before and after */
static void other_ways(void)
{
    volatile uint64_t *p;
    enum mem_kind kind;
    struct txn t;
    uint64_t handle = 0, address;
    bool old = ffa.version < FFA_VERSION_1_1;

    for ( kind = SHARE; kind <= LEND; kind++ )
    {
        expect_eq(sp_lends(kind, 0, NR, &handle), FFA_OK, "memory of the SP");
        t = want(kind, handle, NR);
        t.nr_ranges = 0;
        t.flags = 0;
        expect_eq(retrieve(&t), FFA_OK, "RETRIEVE_REQ without an address and a kind");
        response(kind, handle, NR, FFA_MEM_RW, 0);
        address = rx_at(old ? 64 : 80, 8);
        expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
        ok(mmu_map(address & ~0x1ffffful, 4ul << 20, MEM_NORMAL), "0x%lx", address);
        expect_eq(sum_at((volatile uint64_t *)address, NR), sp_sum(NR), "it is there");
        expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
        expect_eq(traps_at((volatile uint64_t *)address), 1, "and gone");
        expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
    }

    sp_fills(NR, 99);
    expect_eq(sp_lends(LEND, ECHO_LEND_ZERO, NR, &handle), FFA_OK, "lent, to be cleared");
    p = (volatile uint64_t *)ADDRESS;
    t = want(LEND, handle, NR);
    t.flags |= FFA_MEM_ZERO | FFA_MEM_ZERO_AFTER;
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ with both flags");
    expect_eq(sum_at(p, NR), 0, "it has been cleared");
    p[3] = 4711;
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(sp_sum(NR), 0, "and is again");
    t.flags = 0;
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ");
    p[3] = 4711;
    expect_eq(relinquish(handle, 1), FFA_OK, "RELINQUISH, clearing it");
    expect_eq(sp_sum(NR), 0, "it is cleared");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
}

static void basic(void)
{
    there_and_back(SHARE, 0);
    there_and_back(LEND, 0);
    there_and_back(SHARE, ECHO_LEND_RO);
    there_and_back(LEND, ECHO_LEND_RO);
    there_and_back(SHARE, ECHO_LEND_SCATTERED);
    if ( ffa.version >= FFA_VERSION_1_2 )
        there_and_back(LEND, ECHO_LEND_WIDE | ECHO_LEND_SCATTERED);
    other_ways();
}

/* ---- wrong and hostile ones ---- */

static int64_t memory_op(unsigned int cmd, uint64_t ipa)
{
    struct xen_remove_from_physmap x = { .domid = DOMID_SELF, .gpfn = ipa / PAGE_SIZE };
    xen_pfn_t gfn = ipa / PAGE_SIZE;
    struct xen_memory_reservation res = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(res.extent_start, &gfn);

    return hypercall(__HYPERVISOR_memory_op, cmd, cmd == XENMEM_remove_from_physmap ? (uintptr_t)&x : (uintptr_t)&res, 0);
}

static void wrong(void)
{
    volatile uint64_t *p = (volatile uint64_t *)ADDRESS;
    struct txn t, u;
    void *tx = ffa.tx, *rx = ffa.rx;
    uint64_t handle = 0, other;
    unsigned int i;
    size_t bytes;

    expect_eq(sp_lends(LEND, 0, 4, &handle), FFA_OK, "the SP has lent four pages");
#define WRONG(change, error, what) \
    do { \
        t = want(LEND, handle, 4); \
        change; \
        expect_eq(retrieve(&t), error, "RETRIEVE_REQ with " what); \
        expect_eq(traps_at(p), 1, "nothing is mapped"); \
    } while ( 0 )
    WRONG(t.handle++, FFA_INVALID_PARAMETERS, "another handle");
    WRONG(t.handle = ~0ul, FFA_INVALID_PARAMETERS, "no handle");
    WRONG(t.handle |= 1ul << 63, FFA_INVALID_PARAMETERS, "a handle of the hypervisor's");
    WRONG(t.tag++, FFA_INVALID_PARAMETERS, "another tag");
    WRONG(t.flags = FFA_MEM_TYPE(SHARE), FFA_INVALID_PARAMETERS, "another kind");
    WRONG(t.flags = FFA_MEM_TYPE(DONATE), FFA_DENIED, "a donation");
    WRONG(t.sender = SP_NOTIFY_ID, FFA_DENIED, "another SP");
    WRONG(t.sender = 0x8777, FFA_INVALID_PARAMETERS, "an SP that does not exist");
    WRONG(t.sender = SPMC_ID, FFA_INVALID_PARAMETERS, "the SPMC as lender");
    WRONG(t.sender = 0xffff, FFA_INVALID_PARAMETERS, "the SPMD as lender");
    WRONG(t.attributes = 0x6f, FFA_INVALID_PARAMETERS, "the NS attribute");
    WRONG(t.attributes = 0x27, FFA_DENIED, "other attributes");
    WRONG(t.attributes = 0x10, FFA_DENIED, "device memory");
    WRONG(t.to[0].id = (uint16_t)(ffa.id + 1), FFA_INVALID_PARAMETERS, "another borrower");
    WRONG((t.nr = 2, t.to[1] = t.to[0], t.to[1].id++, t.to[1].no_composite = true), FFA_INVALID_PARAMETERS, "a longer list");
    WRONG((t.nr = 2, t.to[1] = t.to[0]), FFA_INVALID_PARAMETERS, "oneself twice");
    WRONG(t.to[0].flags = 1, FFA_INVALID_PARAMETERS, "not to be retrieved");
    WRONG(t.to[0].perm = FFA_MEM_RW, FFA_INVALID_PARAMETERS, "nothing said about execution");
    WRONG(t.to[0].perm = FFA_MEM_RW | FFA_MEM_X, FFA_DENIED, "execution");
    WRONG(t.to[0].perm = FFA_MEM_RW | FFA_MEM_X | FFA_MEM_NX, FFA_INVALID_PARAMETERS, "both");
    WRONG(t.to[0].perm = FFA_MEM_NX, FFA_INVALID_PARAMETERS, "no data permission");
    WRONG(t.to[0].perm = 0x16, FFA_INVALID_PARAMETERS, "reserved permissions");
    WRONG(t.flags |= 2, FFA_INVALID_PARAMETERS, "time slices");
    WRONG(t.flags |= 1u << 9, FFA_INVALID_PARAMETERS, "an alignment hint");
    WRONG(t.flags |= 1u << 31, FFA_INVALID_PARAMETERS, "a reserved flag");
    WRONG(t.flags |= FFA_MEM_BYPASS, FFA_INVALID_PARAMETERS, "bypass, for one borrower");
    WRONG(t.flags |= FFA_MEM_ZERO, FFA_DENIED, "clearing that was not offered");
    WRONG((t.flags |= FFA_MEM_ZERO_AFTER, t.to[0].perm = FFA_MEM_RO | FFA_MEM_NX), FFA_DENIED, "clearing of what is read-only");
    WRONG(there[0].pages = 3, FFA_INVALID_PARAMETERS, "fewer pages");
    WRONG(there[0].pages = 5, FFA_INVALID_PARAMETERS, "more pages");
    WRONG(there[0].ipa = (uintptr_t)area[0], FFA_DENIED, "an address in use");
    WRONG(there[0].ipa = 1ul << 45, FFA_INVALID_PARAMETERS, "an address that is none");
    WRONG((t.nr_ranges = 2, there[0].pages = 2, there[1] = there[0]), FFA_DENIED, "an address twice");
#undef WRONG
    t = want(LEND, handle, 4);
    bytes = txn_write(ffa.version, &t, ffa.tx);
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_32, bytes, bytes - 16, 0, 0), FFA_INVALID_PARAMETERS, "RETRIEVE_REQ in fragments");
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_32, bytes + 16, bytes + 16, 0, 0), FFA_INVALID_PARAMETERS, "of another length");
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_32, 0, 0, 0, 0), FFA_INVALID_PARAMETERS, "of none");
    for ( i = 5; i < 8; i++ )
    {
        ffa_call(&ffa, &regs, FFA_MEM_RETRIEVE_REQ_32, bytes, bytes, 0, 0, i == 5, i == 6, i == 7);
        expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "with w%u", i);
    }
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_32, bytes, bytes, 0, 0), FFA_INVALID_PARAMETERS, "without TX");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");
    ffa_call(&ffa, &regs, FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(retrieve(&t), FFA_BUSY, "RETRIEVE_REQ while RX is full");
    expect_eq(traps_at(p), 1, "nothing is mapped");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    expect_eq(relinquish(handle, 0), FFA_INVALID_PARAMETERS, "RELINQUISH of what is not held");

    /* After all this it can be had; then it is not ours to do what one likes with. */
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ");
    expect_eq(relinquish(handle, 2), FFA_INVALID_PARAMETERS, "RELINQUISH with a flag");
    relinquish_write(handle, 0, 2, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH for two");
    relinquish_write(handle, 0, 0, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH for nobody");
    relinquish_write(handle, 0, 1, ffa.id, ffa.tx);
    for ( i = 1; i < 8; i++ )
    {
        ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, i == 1, i == 2, i == 3, i == 4, i == 5, i == 6, i == 7);
        expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH with w%u", i);
    }
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH without TX");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");
    relinquish_write(handle, 0, 1, (uint16_t)(ffa.id + 1), ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RELINQUISH for another");
    u = offer(SHARE, 1);
    ranges[0] = (struct ffa_mem_range){ ADDRESS, 1 };
    u.to[0].id = SP_ECHO_ID;
    expect_eq(send(SHARE, &u, &other), FFA_DENIED, "MEM_SHARE of what is borrowed");
    u.attributes = 0;
    expect_eq(send(LEND, &u, &other), FFA_DENIED, "MEM_LEND");
    expect_eq(send_raw(FFA_MEM_SHARE_64, 96, 96, ADDRESS, 1), FFA_INVALID_PARAMETERS, "a descriptor in it");
    expect_eq(memory_op(XENMEM_decrease_reservation, ADDRESS), 0, "it is not ours to give away");
    ok(memory_op(XENMEM_populate_physmap, ADDRESS) <= 0, "nor a place for anything else");
    expect_eq(traps_at(p), 0, "it is still there");
    expect_eq(memory_op(XENMEM_remove_from_physmap, ADDRESS) <= 0, true, "taken off by ourselves, or not");
    expect_eq(sp_reclaims(handle), FFA_DENIED, "we have it all the same");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(traps_at(p) + traps_at(p + 3 * WORDS), 2, "all of it is gone");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");

    expect_eq(echo(ECHO_LEND, ffa.id, first | 4 << 16, DONATE, TAG, &handle), FFA_OK, "the SP donates");
    t = want(DONATE, handle, 4);
    expect_eq(retrieve(&t), FFA_DENIED, "RETRIEVE_REQ");
    t.flags = 0;
    expect_eq(retrieve(&t), FFA_INVALID_PARAMETERS, "also where the kind is not said");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
}

/* ---- fragments ---- */

static void frag(void)
{
    static const uint32_t sizes[] = { 0, 112, 256, 1008, 4096 };
    volatile uint64_t *p = (volatile uint64_t *)ADDRESS;
    const uint32_t pages = 600;
    uint64_t handle = 0;
    unsigned int i;
    struct txn t;

    sp_fills(pages, 1);
    for ( i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        expect_eq(echo(ECHO_LEND, ffa.id, first | pages << 16, LEND | ECHO_LEND_SCATTERED | sizes[i] << 16, TAG, &handle), FFA_OK,
                  "lent in %u ranges, fragments of %u", pages, sizes[i]);
        t = want(LEND, handle, pages);
        if ( !expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ") )
            return;
        expect_eq(p[0], 1 + (pages - 1) * WORDS, "the last page is the first one here");
        expect_eq(p[(pages - 1) * WORDS], 1, "and the first one the last");
        expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
        expect_eq(traps_at(p) + traps_at(p + (pages - 1) * WORDS), 2, "gone");
        expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
    }

    /* Our own response in fragments: addresses one by one, the descriptor in a buffer of ours */
    expect_eq(sp_lends(LEND, ECHO_LEND_SCATTERED, NR_PAGES, &handle), FFA_OK, "lent");
    t = want(LEND, handle, NR_PAGES);
    for ( i = 0; i < NR_PAGES; i++ )
        there[i] = (struct ffa_mem_range){ ADDRESS + (uint64_t)(NR_PAGES - 1 - i) * PAGE_SIZE, 1 };
    t.nr_ranges = NR_PAGES;
    i = (unsigned int)txn_write(ffa.version, &t, area[0]);
    send_raw(FFA_MEM_RETRIEVE_REQ_64, i, i, (uintptr_t)area[0], 4);
    expect_eq(regs.x[0], FFA_MEM_RETRIEVE_RESP, "RETRIEVE_REQ out of a buffer of ours");
    expect_eq(regs.x[1], i, "a response as long as the request");
    expect_eq(regs.x[2], PAGE_SIZE, "the first fragment");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, PAGE_SIZE, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_BUSY, "FRAG_RX before RX_RELEASE");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, PAGE_SIZE - 16, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "FRAG_RX for another place");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, PAGE_SIZE, (uint32_t)ffa.id << 16, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "FRAG_RX with a sender, which is not ours to name");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, PAGE_SIZE, 0, 0, 0, 0);
    expect_eq(regs.x[0], FFA_MEM_FRAG_TX, "FRAG_RX");
    expect_eq(regs.x[1] | regs.x[2] << 32, handle, "with the handle");
    expect_eq(regs.x[3], PAGE_SIZE, "another page");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, 2 * PAGE_SIZE, 0, 0, 0, 0);
    expect_eq(regs.x[3], i - 2 * PAGE_SIZE, "and the rest");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, i, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "there is no more");
    expect_eq(p[0], 1, "twice backwards is forwards");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
}

/* ---- a second vCPU that rewrites the request ---- */

#define PATIENCE_US     20000000ul
#define ELSEWHERE       (ADDRESS + (1ul << 20))

/* Two loans, each with a request that is good; what is made of both is good as well if handle, kind and pages belong together. */
static struct { enum mem_kind kind; uint32_t pages; uint64_t address, handle, seed; struct ffa_mem_range at; struct txn t; } loan[2];
static volatile bool racing, resting, stop;

static void rewrite(void *unused)
{
    bool old = ffa.version < FFA_VERSION_1_1;
    size_t acc = old ? 32 : 48, comp = acc + 16;
    volatile uint8_t *tx = ffa.tx;
    unsigned int n, i;

    (void)unused;
    for ( n = 0; !stop; n++ )
    {
        unsigned int k = n & 1;

        resting = !racing;
        dmb(ish);
        if ( !racing || resting )
            continue;
        *(volatile uint64_t *)(tx + comp + 16) = loan[k].address;
        *(volatile uint32_t *)(tx + comp) = loan[k].pages;
        *(volatile uint64_t *)(tx + 8) = loan[k].handle;
        *(volatile uint32_t *)(tx + 4) = loan[k].t.flags;
        tx[acc + 2] = loan[k].t.to[0].perm;
        *(volatile uint32_t *)(tx + comp + 24) = loan[k].pages;
        /* Longer or shorter, so that a call meets both what is whole and what is half done. */
        for ( i = 0; i < (n & 7) * 4; i++ )
            asm volatile("");
    }
}

/* The other vCPU rests, or does not */
static bool spin_until(bool rests)
{
    for ( uint64_t until = time_us() + PATIENCE_US; resting != rests && time_us() < until; )
        ;
    return resting == rests;
}

/* After SUCCESS: is what the response says what there is, and nothing else? Returns how much is not so. */
static unsigned int not_as_told(unsigned int *which)
{
    size_t comp = ffa.version < FFA_VERSION_1_1 ? 48 : 48 + rx_at(24, 4);
    uint64_t handle = rx_at(8, 8), address = rx_at((unsigned int)comp + 16, 8);
    unsigned int k = handle == loan[1].handle, wrong = handle != loan[k].handle;
    volatile uint64_t *p = (volatile uint64_t *)address, *other = (volatile uint64_t *)(ADDRESS ^ ELSEWHERE ^ address);

    *which = k;
    if ( wrong || (address != ADDRESS && address != ELSEWHERE) )
        return 1;
    wrong += rx_at(4, 4) != FFA_MEM_TYPE(loan[k].kind) || rx_at((unsigned int)comp, 4) != loan[k].pages ||
             rx_at((unsigned int)comp + 24, 4) != loan[k].pages;
    wrong += traps_at(p) || traps_at(p + (loan[k].pages - 1) * WORDS) || traps_at(other) != 1 ||
             traps_at(p + loan[k].pages * WORDS) != 1;
    if ( !wrong )
        wrong += p[0] != loan[k].seed || p[loan[k].pages * WORDS - 1] != loan[k].seed + loan[k].pages * WORDS - 1;

    return wrong;
}

static void race(void)
{
    unsigned int rounds = (unsigned int)cmdline_u64("rounds", 300), got[2] = { 0, 0 }, refused = 0, wrong = 0, kept = 0, i, k;

    if ( !expect_eq(smp_up_all(), 2, "two vCPUs") )
        return;
    for ( k = 0; k < 2; k++ )
    {
        loan[k].kind = k ? SHARE : LEND;
        loan[k].pages = k ? 2 : 4;
        loan[k].address = k ? ELSEWHERE : ADDRESS;
        loan[k].seed = 1000 * (k + 1);
        expect_eq(echo(ECHO_OWN_FILL, 0, (first + 8 * k) | loan[k].pages << 16, (uint32_t)loan[k].seed, 0, NULL), FFA_OK,
                  "the SP writes its pages");
        expect_eq(echo(ECHO_LEND, ffa.id, (first + 8 * k) | loan[k].pages << 16, loan[k].kind, TAG, &loan[k].handle), FFA_OK,
                  "and has %s them", k ? "shared" : "lent");
        loan[k].t = want(loan[k].kind, loan[k].handle, loan[k].pages);
        loan[k].at = (struct ffa_mem_range){ loan[k].address, loan[k].pages };
        loan[k].t.ranges = &loan[k].at;
    }

    resting = true;
    cpu_start(1, rewrite, NULL);
    for ( i = 0; i < rounds; i++ )
    {
        int rc;

        racing = true;
        wrong += !spin_until(false);
        rc = retrieve(&loan[i & 1].t);
        racing = false;
        wrong += !spin_until(true);
        if ( rc == FFA_OK )
        {
            wrong += not_as_told(&k);
            got[k]++;
            wrong += ffa_rx_release(&ffa) != FFA_OK;
            wrong += relinquish(loan[!k].handle, 0) != FFA_INVALID_PARAMETERS;
            wrong += relinquish(loan[k].handle, 0) != FFA_OK;
        }
        else
        {
            refused++;
            wrong += rc != FFA_INVALID_PARAMETERS && rc != FFA_DENIED;
        }
        kept += traps_at((void *)ADDRESS) != 1 || traps_at((void *)ELSEWHERE) != 1;
    }
    stop = true;
    ok(cpu_wait(1, PATIENCE_US), "the other vCPU has ended");
    ok(got[0] && got[1] && got[0] + got[1] + refused == rounds, "RETRIEVE_REQ against a vCPU that rewrites it: %u and %u had, %u refused",
       got[0], got[1], refused);
    expect_eq(wrong, 0, "each was one request, or an error");
    expect_eq(kept, 0, "nothing was left mapped");
    for ( k = 0; k < 2; k++ )
        expect_eq(sp_reclaims(loan[k].handle), FFA_OK, "the SP has it back");
}

/* ---- an SPMC that errs ---- */

static void spmc(void)
{
    /* Where things are in the SPMC's response, which is one of 1.2 */
    enum { ACC = 48, COMP = 64, RANGE = 80 };
    static const struct { uint32_t kind, a, b; int error; const char *what; } row[] = {
        { FAULT_LEND_BYTES, 0 | 2 << 16, SP_NOTIFY_ID, FFA_ABORTED, "another lender" },
        { FAULT_LEND_BYTES, 2 | 2 << 16, 0x2f, FFA_DENIED, "secure memory" },
        { FAULT_LEND_BYTES, 2 | 2 << 16, 0x50, FFA_DENIED, "device memory" },
        { FAULT_LEND_BYTES, 2 | 2 << 16, 0x67, FFA_DENIED, "memory that is not cacheable" },
        { FAULT_LEND_BYTES, 4 | 4 << 16, DONATE << 3, FFA_ABORTED, "a donation" },
        { FAULT_LEND_BYTES, 4 | 4 << 16, SHARE << 3, FFA_ABORTED, "another kind" },
        { FAULT_LEND_BYTES, 4 | 4 << 16, 1u << 20, FFA_ABORTED, "reserved flags" },
        { FAULT_LEND_BYTES, 8 | 4 << 16, 0x1234, FFA_ABORTED, "another handle" },
        { FAULT_LEND_BYTES, 16 | 4 << 16, 0x1234, FFA_ABORTED, "another tag" },
        { FAULT_LEND_BYTES, 24 | 4 << 16, 24, FFA_ABORTED, "an access of 24 bytes" },
        { FAULT_LEND_BYTES, 28 | 4 << 16, 0, FFA_ABORTED, "no borrower" },
        { FAULT_LEND_BYTES, 28 | 4 << 16, 0x10000000, FFA_ABORTED, "borrowers without end" },
        { FAULT_LEND_BYTES, 32 | 4 << 16, 0xfffffff0, FFA_ABORTED, "accesses behind the end" },
        { FAULT_LEND_BYTES, 36 | 4 << 16, 1, FFA_ABORTED, "reserved bytes" },
        { FAULT_LEND_BYTES, ACC | 2 << 16, 0x0101, FFA_ABORTED, "another borrower" },
        { FAULT_LEND_BYTES, (ACC + 2) | 1 << 16, FFA_MEM_RW | FFA_MEM_X, FFA_ABORTED, "execution" },
        { FAULT_LEND_BYTES, (ACC + 2) | 1 << 16, FFA_MEM_NX, FFA_ABORTED, "no data permission" },
        { FAULT_LEND_BYTES, (ACC + 2) | 1 << 16, 0x86, FFA_ABORTED, "reserved permissions" },
        { FAULT_LEND_BYTES, (ACC + 4) | 4 << 16, 0xfffffff0, FFA_ABORTED, "a composite behind the end" },
        { FAULT_LEND_BYTES, (ACC + 4) | 4 << 16, ACC, FFA_ABORTED, "a composite in the accesses" },
        { FAULT_LEND_BYTES, COMP | 4 << 16, 5, FFA_ABORTED, "more pages in all" },
        { FAULT_LEND_BYTES, (COMP + 4) | 4 << 16, 2, FFA_ABORTED, "a range too many" },
        { FAULT_LEND_BYTES, (COMP + 4) | 4 << 16, 0xffffffff, FFA_ABORTED, "ranges without end" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, 0x60000000, FFA_DENIED, "the hypervisor" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, 0x48200000, FFA_DENIED, "RAM of domains" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, 0x09000000, FFA_DENIED, "the UART" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, 0x0e100000, FFA_DENIED, "the SPMC itself" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, SP_NS_BASE - 0x1000, FFA_DENIED, "a page before its memory" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, SP_NS_BASE + (SP_NS_PAGES - 3) * 0x1000, FFA_DENIED, "a page behind its memory" },
        { FAULT_LEND_BYTES, RANGE | 4 << 16, SP_NS_BASE + 8, FFA_ABORTED, "an unaligned page" },
        { FAULT_LEND_BYTES, (RANGE + 4) | 4 << 16, 0xffffffff, FFA_DENIED, "pages beyond everything" },
        { FAULT_LEND_BYTES, (RANGE + 8) | 4 << 16, 0, FFA_ABORTED, "an empty range" },
        { FAULT_LEND_BYTES, (RANGE + 8) | 4 << 16, 0xffffffff, FFA_ABORTED, "a range without end" },
        { FAULT_LEND_BYTES, (RANGE + 12) | 4 << 16, 1, FFA_ABORTED, "reserved bytes of a range" },
        { FAULT_LEND_REG, 0, 0x84000061, FFA_ABORTED, "SUCCESS" },
        { FAULT_LEND_REG, 0, 0x12345678, FFA_ABORTED, "an answer that is none" },
        { FAULT_LEND_REG, 1, 0, FFA_ABORTED, "no length" },
        { FAULT_LEND_REG, 1, 80, FFA_ABORTED, "less than the fragment in all" },
        { FAULT_LEND_REG, 1, 0xfffffff0, FFA_ABORTED, "a length without end" },
        { FAULT_LEND_REG, 1, 112, FFA_ABORTED, "a fragment that never comes" },
        { FAULT_LEND_REG, 2, 0, FFA_ABORTED, "a fragment of nothing" },
        { FAULT_LEND_REG, 2, 0x2000, FFA_ABORTED, "a fragment of more than RX" },
        { FAULT_LEND_REG, 2, 95, FFA_ABORTED, "a fragment of odd bytes" },
        { FAULT_CALL_WEIRD, 0x74, 0x84000070, FFA_ABORTED, "a direct response" },
        { FAULT_CALL_ERROR, 0x74, (uint32_t)FFA_BUSY, FFA_BUSY, "BUSY" },
        { FAULT_CALL_ERROR, 0x74, (uint32_t)FFA_NO_MEMORY, FFA_NO_MEMORY, "NO_MEMORY" },
        { FAULT_CALL_ERROR, 0x74, 5, FFA_ABORTED, "an error that is none" },
    };
    volatile uint64_t *p = (volatile uint64_t *)ADDRESS;
    uint64_t handle = 0;
    unsigned int i;
    struct txn t;

    expect_eq(sp_lends(LEND, 0, 4, &handle), FFA_OK, "the SP has lent four pages");
    t = want(LEND, handle, 4);
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        expect_eq(fault(row[i].kind, row[i].a, row[i].b, 1), FFA_OK, "the SPMC will err: %s", row[i].what);
        expect_eq(retrieve(&t), row[i].error, "RETRIEVE_REQ is answered by %s", row[i].what);
        no_fault();
        expect_eq(traps_at(p), 1, "nothing is mapped");
        expect_eq(relinquish(handle, 0), FFA_INVALID_PARAMETERS, "nothing is held");
        if ( !expect_eq(retrieve_and_release(&t), FFA_OK, "and it can be had") )
            return;
        expect_eq(traps_at(p), 0, "it is there");
        expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    }
    t.to[0].perm = FFA_MEM_RO | FFA_MEM_NX;
    fault(FAULT_LEND_BYTES, (ACC + 2) | 1 << 16, FFA_MEM_RW | FFA_MEM_NX, 1);
    expect_eq(retrieve(&t), FFA_ABORTED, "more than was asked for");
    no_fault();
    t = want(LEND, handle, 4);

    /* RELINQUISH refused: the mapping goes, the SPMC counts it as ours, and it is to be asked again. */
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ");
    fault(FAULT_CALL_ERROR, 0x76, (uint32_t)FFA_BUSY, 1);
    expect_eq(relinquish(handle, 0), FFA_BUSY, "RELINQUISH is refused");
    expect_eq(traps_at(p), 1, "nothing is mapped");
    expect_eq(retrieve(&t), FFA_DENIED, "nor is to be had");
    expect_eq(sp_reclaims(handle), FFA_DENIED, "by the SP, too");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    no_fault();

    /* The same where a retrieval has failed */
    fault(FAULT_LEND_BYTES, RANGE | 4 << 16, 0x60000000, 1);
    fault(FAULT_CALL_WEIRD, 0x76, 0x84000070, 1);
    expect_eq(retrieve(&t), FFA_DENIED, "RETRIEVE_REQ fails, and RELINQUISH of it");
    expect_eq(traps_at(p), 1, "nothing is mapped");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    no_fault();
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");

    /* Fragments that do not follow each other */
    expect_eq(sp_lends(LEND, ECHO_LEND_SCATTERED | 256 << 16, 40, &handle), FFA_OK, "lent in 40 ranges");
    t = want(LEND, handle, 40);
    for ( i = 0; i < 4; i++ )
    {
        static const struct { uint32_t kind, a, b; const char *what; } frag[] = {
            { FAULT_CALL_ERROR, 0x7a, (uint32_t)FFA_RETRY, "fails" },
            { FAULT_CALL_WEIRD, 0x7a, 0x84000061, "is answered by SUCCESS" },
            { FAULT_LEND_REG, 2, 0, "has nothing" },
            { FAULT_LEND_REG, 3, 0x1000, "has more than is missing" },
        };

        /* The first use of a register fault is the response itself. */
        if ( frag[i].kind == FAULT_LEND_REG )
        {
            fault(FAULT_LEND_REG, 7, 0, 1);
            fault(FAULT_LEND_REG, frag[i].a, frag[i].b, 2);
        }
        else
            fault(frag[i].kind, frag[i].a, frag[i].b, 1);
        expect_eq(retrieve(&t), FFA_ABORTED, "FRAG_RX %s", frag[i].what);
        no_fault();
        expect_eq(traps_at(p), 1, "nothing is mapped");
        expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ");
        expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    }
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
}

/* ---- two borrowers ---- */

static void pair(void)
{
    struct txn t;
    struct mailbox *m;
    uint64_t handle = 0;
    unsigned int peers;

    if ( !lender_begin(&peers) )
        return;
    sp_fills(NR, 3);
    expect_eq(echo(ECHO_LEND, ffa.id | (uint32_t)peer_id << 16, first | NR << 16, LEND, TAG, &handle), FFA_OK, "lent to two VMs");

    /* The whole list, then the bypass flag, then neither */
    t = want(LEND, handle, NR);
    t.to[0].perm = FFA_MEM_RW;
    expect_eq(retrieve(&t), FFA_INVALID_PARAMETERS, "RETRIEVE_REQ with half of the list");
    t.nr = 2;
    t.to[1] = t.to[0];
    t.to[1].id = (uint16_t)(peer_id + 1);
    t.to[1].no_composite = true;
    expect_eq(retrieve(&t), FFA_DENIED, "RETRIEVE_REQ with a stranger in the list");
    t.to[1].id = peer_id;
    expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ with all of the list");
    t = want(LEND, handle, NR);
    t.to[0] = (__typeof__(t.to[0])){ .id = peer_id, .perm = FFA_MEM_RW };
    t.flags |= FFA_MEM_BYPASS;
    expect_eq(peer_retrieve(0, &t), FFA_OK, "the other one, with the bypass flag");
    release_rx();
    peer_do(0, PEER_FILL, ADDRESS, NR, 1234);
    expect_eq(sum_at((volatile uint64_t *)ADDRESS, NR), sp_sum(NR), "all three see the same");
    expect_eq(*(volatile uint64_t *)ADDRESS, 1234, "what it wrote");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "the other one gives it back");
    expect_eq(peer_traps(ADDRESS, false) != 0, true, "and has it no more");
    expect_eq(traps_at((void *)ADDRESS), 0, "which takes nothing from us");
    expect_eq(sp_reclaims(handle), FFA_DENIED, "nor gives it to the SP");
    expect_eq(relinquish(handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");

    /* For us alone: to the other one it does not exist. */
    expect_eq(sp_lends(LEND, 0, NR, &handle), FFA_OK, "lent to us");
    t = want(LEND, handle, NR);
    t.to[0].id = peer_id;
    expect_eq(peer_retrieve(0, &t), FFA_INVALID_PARAMETERS, "not for the other one");
    m = peer_box(0);
    m->desc_bytes = (uint32_t)relinquish_write(handle, 0, 1, peer_id, m->desc);
    expect_eq(peer_call(0, FFA_MEM_RELINQUISH, 0, 0, 0), FFA_INVALID_PARAMETERS, "nor its to give back");
    m->desc_bytes = 0;
    expect_eq(sp_reclaims(handle), FFA_OK, "the SP has it back");
    lender_end(peers);
}

/* ---- the end of a VM that has something ---- */

static void die(int error)
{
    uint64_t handle[3];
    unsigned int i;
    struct txn t;

    for ( i = 0; i < 3; i++ )
    {
        expect_eq(echo(ECHO_LEND, ffa.id, (first + i * 8) | 8u << 16, (i ? LEND : SHARE) | ECHO_LEND_SCATTERED, TAG, &handle[i]),
                  FFA_OK, "memory of the SP");
        t = want(i ? LEND : SHARE, handle[i], 8);
        there[0].ipa += i << 20;
        expect_eq(retrieve_and_release(&t), FFA_OK, "RETRIEVE_REQ");
    }
    fault(FAULT_CALL_ERROR, 0x76, (uint32_t)error, 7);
    expect_eq(relinquish(handle[2], 0), error, "RELINQUISH is refused");
}

int program(void)
{
    char part[16] = "basic";
    int rc;

    first = (uint32_t)cmdline_u64("first", 0);
    cmdline_get("part", part, sizeof(part));
    ok(mmu_map(WINDOW, WINDOW_SIZE, MEM_NORMAL), "a place for borrowed memory");
    if ( !strcmp(part, "pair") )
    {
        pair();
        return 0;
    }

    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there") )
        return 1;
    if ( !strcmp(part, "none") )
    {
        /* An SPMC that gives VMs nothing, or a policy that does not let it */
        struct txn t = want(LEND, 1ul << 62, 1);

        rc = (int)cmdline_u64("error", 2);
        expect_eq(retrieve(&t), -rc, "RETRIEVE_REQ");
        rc = (int)cmdline_u64("relinquish", 2);
        expect_eq(relinquish(1ul << 62, 0), -rc, "RELINQUISH");
    }
    else if ( !strcmp(part, "wrong") )
        wrong();
    else if ( !strcmp(part, "frag") )
        frag();
    else if ( !strcmp(part, "race") )
        race();
    else if ( !strcmp(part, "spmc") )
        spmc();
    else if ( !strcmp(part, "die") )
        die(-(int)cmdline_u64("error", 4));
    else
        basic();

    return 0;
}
