/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * donate: gives memory to VMs that die while they take it. The first one lives, and tells how long that takes; the others, each
 * later than the one before, power off at another moment of their RETRIEVE_REQ. Whenever that is, the pages then are all ours, as they
 * were and to be reclaimed, or all gone: never some of them. The other VMs run `borrow` and have so much memory as we give.
 *
 * Command line: peers=<n> (7), mib=<n> (32, of each donation).
 * Output: TAP, and `donate: back <n> gone <n>`, of those that died.
 */
#define __XEN_TOOLS__
#include "mem/lender.h"

#include <public/xen.h>
#include <public/memory.h>

#define SETTLE_US       (60 * 1000000ul)
#define RETRY_US        1000

static uint64_t base, pages;            /* what is donated first, and pages of each donation */

static int64_t owned(void)
{
    domid_t self = DOMID_SELF;

    return hypercall(__HYPERVISOR_memory_op, XENMEM_current_reservation, (uintptr_t)&self, 0);
}

static volatile uint64_t *page_of(unsigned int n, uint64_t i)
{
    return (volatile uint64_t *)(base + (n * pages + i) * PAGE_SIZE);
}

/* Pages of donation @n that are not there, and that are, but not as they were */
static void look(unsigned int n, uint64_t *missing, uint64_t *wrong)
{
    uint64_t i;

    *missing = *wrong = 0;
    for ( i = 0; i < pages; i++ )
    {
        if ( traps_at(page_of(n, i)) )
            (*missing)++;
        else if ( *page_of(n, i) != (uint64_t)page_of(n, i) )
            (*wrong)++;
    }
}

/* SET of a bit that it has not bound */
static bool gone(uint16_t id)
{
    return ffa_notif_set(&ffa, id, 0, 1) == FFA_INVALID_PARAMETERS;
}

/* Donation @n, for the peer of this number, which dies so many us after it has begun to take it (0: not). Its time, or 0 */
static uint64_t give(unsigned int n, uint64_t death, uint64_t *handle)
{
    struct txn t, w;

    expect_eq(peer_do(n, PEER_BALLOON, pages, ram_base + (16ul << 20), 0)->result[0], pages, "VM %u makes room", peer_id + n);
    ranges[0] = (struct ffa_mem_range){ (uintptr_t)page_of(n, 0), (uint32_t)pages };
    t = offer(DONATE, 1);
    t.to[0].id = (uint16_t)(peer_id + n);
    expect_eq(send(DONATE, &t, handle), FFA_OK, "MEM_DONATE to VM %u", peer_id + n);
    w = wish(DONATE, *handle, (uint32_t)pages);
    w.to[0].id = t.to[0].id;

    return peer_retrieve_timed(n, &w, death);
}

int program(void)
{
    unsigned int peers, n, back = 0, lost = 0;
    uint64_t took, handle, missing, wrong, until, i;
    int64_t before;
    int rc;

    if ( !lender_begin(&peers) )
        return 1;

    pages = cmdline_u64("mib", 32) << 8;
    base = (ram_base + ram_size - peers * pages * PAGE_SIZE - (2ul << 20)) & ~0x1ffffful;
    if ( !ok(mmu_map(base, peers * pages * PAGE_SIZE, MEM_NORMAL), "memory to be given") )
        return 1;
    for ( n = 0; n < peers; n++ )
        for ( i = 0; i < pages; i++ )
            *page_of(n, i) = (uint64_t)page_of(n, i);

    before = owned();
    took = give(0, 0, &handle);
    if ( !ok(took != 0, "it is taken in %lu us", took) )
        return 1;
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "and not to be reclaimed");
    expect_eq(owned(), before - (int64_t)pages, "nor ours");

    for ( n = 1; n < peers; n++ )
    {
        before = owned();
        (void)give(n, 1 + took * n / peers, &handle);
        until = time_us() + SETTLE_US;
        while ( !gone((uint16_t)(peer_id + n)) && time_us() < until )
            (void)wait_event(false, RETRY_US);
        ok(gone((uint16_t)(peer_id + n)), "VM %u dies", peer_id + n);
        while ( (rc = reclaim(handle, 0)) == FFA_DENIED && time_us() < until )
            (void)wait_event(false, RETRY_US);
        look(n, &missing, &wrong);
        if ( rc == FFA_OK )
        {
            back++;
            ok(!missing && !wrong, "%lu us of it: all is back, %lu are missing and %lu wrong", took * n / peers, missing, wrong);
            expect_eq(owned(), before, "and ours");
        }
        else
        {
            lost++;
            expect_eq(rc, FFA_INVALID_PARAMETERS, "RECLAIM of what was given");
            expect_eq(missing, pages, "%lu us of it: all is gone", took * n / peers);
            /* What the dead one had not taken yet goes with its clean-up, step by step. */
            while ( owned() != before - (int64_t)pages && time_us() < until )
                (void)wait_event(false, RETRY_US);
            expect_eq(owned(), before - (int64_t)pages, "and not ours any more");
        }
    }
    printf("donate: back %u gone %u\n", back, lost);
    expect_eq(peer_part(0), FFA_OK, "VM %u goes", peer_id);

    return 0;
}
