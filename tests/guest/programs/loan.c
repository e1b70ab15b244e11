/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loan: memory of sp.echo's, shared with and lent to this VM, through the SPMC: RETRIEVE_REQ, FRAG_RX, RELINQUISH. What is wrong or
 * hostile is in `loanbad`.
 * Command line: part=basic|frag|pair|die|none (basic), error= relinquish=<n> (2): what the calls answer where there is none,
 * first=<n>: page of the SP's that ours begin with (0), peers=1 with pair: the next VM runs `borrow`;
 * version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#include "mem/loan.h"

#define NR              5u


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
        expect_eq(echo(ECHO_LEND, ffa.id, first_page | pages << 16, LEND | ECHO_LEND_SCATTERED | sizes[i] << 16, TAG, &handle), FFA_OK,
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
    expect_eq(echo(ECHO_LEND, ffa.id | (uint32_t)peer_id << 16, first_page | NR << 16, LEND, TAG, &handle), FFA_OK, "lent to two VMs");

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
        expect_eq(echo(ECHO_LEND, ffa.id, (first_page + i * 8) | 8u << 16, (i ? LEND : SHARE) | ECHO_LEND_SCATTERED, TAG, &handle[i]),
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

    first_page = (uint32_t)cmdline_u64("first", 0);
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
    else if ( !strcmp(part, "frag") )
        frag();
    else if ( !strcmp(part, "die") )
        die(-(int)cmdline_u64("error", 4));
    else
        basic();

    return 0;
}
