/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loanbad: memory of sp.echo's, asked for and given back in every wrong way, by requests that another vCPU rewrites, and of an SPMC
 * whose answers are wrong.
 * Command line: part=wrong|race|spmc (wrong), rounds=<n> (300) of the race, first=<n>: page of the SP's that ours begin with (0);
 * version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#define __XEN_TOOLS__
#include "mem/loan.h"

#include <public/xen.h>
#include <public/memory.h>

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
    expect_eq(ffa_reserved(FFA_MEM_RETRIEVE_REQ_32, 5, bytes, bytes, 0), 0, "with a reserved register");
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
    expect_eq(ffa_reserved(FFA_MEM_RELINQUISH, 1, 0, 0, 0), 0, "RELINQUISH with a reserved register");
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

    expect_eq(echo(ECHO_LEND, ffa.id, first_page | 4 << 16, DONATE, TAG, &handle), FFA_OK, "the SP donates");
    t = want(DONATE, handle, 4);
    expect_eq(retrieve(&t), FFA_DENIED, "RETRIEVE_REQ");
    t.flags = 0;
    expect_eq(retrieve(&t), FFA_INVALID_PARAMETERS, "also where the kind is not said");
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
        expect_eq(echo(ECHO_OWN_FILL, 0, (first_page + 8 * k) | loan[k].pages << 16, (uint32_t)loan[k].seed, 0, NULL), FFA_OK,
                  "the SP writes its pages");
        expect_eq(echo(ECHO_LEND, ffa.id, (first_page + 8 * k) | loan[k].pages << 16, loan[k].kind, TAG, &loan[k].handle), FFA_OK,
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

int program(void)
{
    char part[16] = "wrong";

    first_page = (uint32_t)cmdline_u64("first", 0);
    cmdline_get("part", part, sizeof(part));
    ok(mmu_map(WINDOW, WINDOW_SIZE, MEM_NORMAL), "a place for borrowed memory");
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") )
        return 1;
    if ( !strcmp(part, "race") )
        race();
    else if ( !strcmp(part, "spmc") )
        spmc();
    else
        wrong();

    return 0;
}
