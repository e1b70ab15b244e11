/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * meddle: a control domain that takes pages of other VMs out of their stage 2, and puts others there, while one VM shares or
 * lends them to the other and to sp.echo. Both run `borrow`; what either does with FF-A it is told by us.
 */
#define __XEN_TOOLS__
#include "mem/lender.h"
#include "../toolstack/toolstack.h"

#include <public/memory.h>

#define LENDER          0u
#define BORROWER        1u
#define OURS            0x480000ul      /* frame number: where nothing is of ours */

static uint16_t vm(unsigned int n) { return (uint16_t)(peer_id + n); }
static uint16_t domid(unsigned int n) { return (uint16_t)(vm(n) - 1); }

/* ---- what a control domain can do ---- */

static int64_t take_off(uint16_t of, uint64_t ipa)
{
    struct xen_remove_from_physmap x = { .domid = of, .gpfn = ipa / PAGE_SIZE };

    return ts_memory_op(XENMEM_remove_from_physmap, &x);
}

/* The page at @ipa of @owner appears in @in as well. */
static int64_t put_in(uint16_t in, uint64_t at, uint16_t owner, uint64_t ipa)
{
    uint64_t idx = ipa / PAGE_SIZE, gpfn = at / PAGE_SIZE;
    int err = 0;
    struct xen_add_to_physmap_batch b = { .domid = in, .space = XENMAPSPACE_gmfn_foreign, .size = 1, .u.foreign_domid = owner };
    int64_t rc;

    b.idxs.q = (uintptr_t)&idx;
    b.gpfns.q = (uintptr_t)&gpfn;
    b.errs.q = (uintptr_t)&err;
    rc = ts_memory_op(XENMEM_add_to_physmap_batch, &b);

    return rc ? rc : err;
}

/* One page goes from, or comes to, @ipa of @dom. Returns how many. */
static int64_t reserve(unsigned int cmd, uint16_t dom, uint64_t ipa)
{
    xen_pfn_t gfn = ipa / PAGE_SIZE;
    struct xen_memory_reservation res = { .nr_extents = 1, .domid = dom };

    set_xen_guest_handle(res.extent_start, &gfn);

    return ts_memory_op(cmd, &res);
}

static uint64_t pages_of(unsigned int n)
{
    struct xen_domctl_getdomaininfo info;

    return ts_info(domid(n), &info) ? 0 : info.tot_pages;
}

/* ---- what the others do ---- */

/* A command of the lender's to sp.echo: status or error */
static int sp_does(uint32_t what, uint64_t handle, uint32_t w6, uint32_t w7, uint64_t *result)
{
    struct mailbox *m = peer_box(LENDER);
    const uint64_t request[] = { FFA_MSG_SEND_DIRECT_REQ_32, (uint64_t)vm(LENDER) << 16 | SP_ECHO_ID, 0, what, (uint32_t)handle,
                                 handle >> 32, w6, w7 };
    unsigned int i;

    for ( i = 0; i < 18; i++ )
        m->x[i] = i < ARRAY_SIZE(request) ? request[i] : 0;
    peer_do(LENDER, PEER_CALL, 0, 0, 0);
    while ( (uint32_t)m->x[0] == FFA_INTERRUPT )
        peer_call(LENDER, FFA_RUN, m->x[1], 0, 0);
    if ( (uint32_t)m->x[0] != FFA_MSG_SEND_DIRECT_RESP_32 )
        return ffa_status((struct ffa_regs *)m->x) ?: FFA_ABORTED;
    if ( result )
        *result = (uint32_t)m->x[4] | m->x[5] << 32;

    return (int)(uint32_t)m->x[3];
}

static uint64_t sp_sum(uint64_t handle)
{
    uint64_t sum = 0;

    expect_eq(sp_does(ECHO_MEM_SUM, handle, 0, 0, &sum), FFA_OK, "the SP reads them");

    return sum;
}

static uint64_t vm_sum(unsigned int n, uint64_t ipa, uint64_t pages) { return peer_do(n, PEER_SUM, ipa, pages, 0)->result[0]; }
static uint64_t vm_traps(unsigned int n, uint64_t ipa) { return peer_do(n, PEER_SUM, ipa, 1, 0)->result[1]; }

static int vm_sends(enum mem_kind kind, uint64_t ipa, uint64_t *handle)
{
    struct mailbox *m = peer_box(LENDER);
    struct txn t = offer(kind, 1);
    int rc;

    ranges[0] = (struct ffa_mem_range){ ipa, 2 };
    t.sender = vm(LENDER);
    t.attributes = FFA_MEM_NORMAL;
    t.nr = 2;
    t.to[0].id = vm(BORROWER);
    t.to[1].id = SP_ECHO_ID;
    t.to[1].perm = FFA_MEM_RW;
    m->desc_bytes = (uint32_t)txn_write(m->version, &t, m->desc);
    rc = peer_call(LENDER, kind_fid[kind], m->desc_bytes, m->desc_bytes, 0);
    m->desc_bytes = 0;
    *handle = (uint32_t)m->x[2] | m->x[3] << 32;

    return rc;
}

static int vm_retrieves(enum mem_kind kind, uint64_t handle)
{
    struct txn w = wish(kind, handle, 2);
    int rc;

    w.sender = vm(LENDER);
    w.to[0].id = vm(BORROWER);
    w.to[0].perm = FFA_MEM_RW;
    w.flags |= FFA_MEM_BYPASS;
    rc = peer_retrieve(BORROWER, &w);

    return rc == FFA_OK ? peer_call(BORROWER, FFA_RX_RELEASE, 0, 0, 0) : rc;
}

static int vm_reclaims(uint64_t handle) { return peer_call(LENDER, FFA_MEM_RECLAIM, (uint32_t)handle, handle >> 32, 0); }

/* A page of another VM that we have mapped is not ours to offer, nor to be a buffer. */
static void not_ours(void)
{
    void *tx = ffa.tx, *rx = ffa.rx;
    enum mem_kind kind;
    uint64_t handle;
    struct txn t;

    for ( kind = SHARE; kind <= DONATE; kind++ )
    {
        ranges[0] = (struct ffa_mem_range){ OURS * PAGE_SIZE, 1 };
        t = offer(kind, 1);
        expect_eq(send(kind, &t, &handle), FFA_DENIED, "MEM_%s of it by us", kind_name[kind]);
    }
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    ffa_call(&ffa, &regs, FFA_RXTX_MAP_64, OURS * PAGE_SIZE, (uintptr_t)rx, 1, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RXTX_MAP of it as TX");
    ffa_call(&ffa, &regs, FFA_RXTX_MAP_64, (uintptr_t)tx, OURS * PAGE_SIZE, 1, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "... as RX");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");
}

/* ---- the test ---- */

static void meddle(enum mem_kind kind, uint64_t at)
{
    const uint64_t second = at + PAGE_SIZE, other = at + 2 * PAGE_SIZE, before = pages_of(LENDER), others = pages_of(BORROWER);
    const int64_t is_there = kind == SHARE ? 0 : -ENOENT;
    uint64_t handle, sum;

    peer_do(LENDER, PEER_FILL, at, 2, kind * 1000);
    sum = vm_sum(LENDER, at, 2);
    if ( kind == LEND )
    {
        expect_eq(put_in(DOMID_SELF, OURS * PAGE_SIZE, domid(LENDER), second), 0, "we map a page of the VM");
        expect_eq(vm_sends(LEND, at, &handle), FFA_DENIED, "so that it is not the VM's alone, and cannot be lent");
        not_ours();
        expect_eq(vm_sum(LENDER, at, 2), sum, "nothing has changed");
        expect_eq(take_off(DOMID_SELF, OURS * PAGE_SIZE), 0, "we unmap it");
    }
    expect_eq(vm_sends(kind, at, &handle), FFA_OK, "MEM_%s to a VM and an SP", kind_name[kind]);
    expect_eq(vm_retrieves(kind, handle), FFA_OK, "the VM retrieves");
    /* The SPMC knows nothing of the VM: the SP has it alone. */
    expect_eq(sp_does(ECHO_MEM_MAP, handle, TAG, kind == LEND ? ECHO_MEM_NX : 0, NULL), FFA_OK, "and the SP");

    /* Out of the lender: by us, and by itself */
    expect_eq(put_in(DOMID_SELF, OURS * PAGE_SIZE, domid(LENDER), at), kind == SHARE ? 0 : -EINVAL, "we map it out of the lender, or not");
    expect_eq(put_in(DOMID_SELF, OURS * PAGE_SIZE + PAGE_SIZE, domid(BORROWER), ADDRESS), -EINVAL, "and not out of the borrower");
    expect_eq(take_off(DOMID_SELF, OURS * PAGE_SIZE), is_there, "that goes");
    expect_eq(take_off(domid(LENDER), at), is_there, "we take a page off the lender, if it is there");
    expect_eq((int64_t)peer_do(LENDER, PEER_UNMAP, second, 0, 0)->result[0], is_there, "it takes off the other itself");
    expect_eq(vm_traps(LENDER, at) + vm_traps(LENDER, second), 2, "it has neither");
    expect_eq(vm_sum(BORROWER, ADDRESS, 2), sum, "the VM still has both");
    expect_eq(sp_sum(handle), sum, "and the SP");

    /* Something else in its place, and off the borrower */
    expect_eq(put_in(domid(LENDER), at, domid(BORROWER), at), -EPERM, "a page of the borrower's cannot be put there");
    expect_eq(reserve(XENMEM_decrease_reservation, domid(LENDER), other), 1, "we take a third page of the lender's");
    expect_eq(reserve(XENMEM_populate_physmap, domid(LENDER), at), 1, "and put one in the place of the first");
    expect_eq(vm_sum(BORROWER, ADDRESS, 2), sum, "the VM has what it had");
    expect_eq(take_off(domid(BORROWER), ADDRESS), 0, "we take one off the borrower");
    expect_eq(vm_traps(BORROWER, ADDRESS), 1, "which does not see it any more");
    expect_eq(sp_sum(handle), sum, "the SP does");
    expect_eq(vm_reclaims(handle), FFA_DENIED, "RECLAIM, while both have them");
    expect_eq(peer_relinquish(BORROWER, handle, 0), FFA_OK, "the VM gives up what it has of it");
    expect_eq(vm_traps(BORROWER, ADDRESS + PAGE_SIZE), 1, "all");
    expect_eq(vm_reclaims(handle), FFA_DENIED, "RECLAIM, while the SP has them");
    expect_eq(sp_sum(handle), sum, "it does");
    expect_eq(sp_does(ECHO_MEM_UNMAP, handle, 0, 0, NULL), FFA_OK, "it gives them up");

    if ( kind == LEND )
        expect_eq(vm_reclaims(handle), FFA_DENIED, "RECLAIM finds another page in the place");
    else
        expect_eq(vm_reclaims(handle), FFA_OK, "RECLAIM: the reference ends");
    expect_eq(reserve(XENMEM_decrease_reservation, domid(LENDER), at), 1, "we take it away");
    expect_eq(reserve(XENMEM_populate_physmap, domid(LENDER), other), 1, "and give back the third");
    if ( kind == LEND )
    {
        expect_eq(vm_reclaims(handle), FFA_OK, "RECLAIM");
        expect_eq(vm_sum(LENDER, at, 2), sum, "both are where they were, as they were");
    }
    else
        expect_eq(vm_traps(LENDER, at) + vm_traps(LENDER, second), 2, "what was taken off has no address");
    expect_eq(vm_reclaims(handle), FFA_INVALID_PARAMETERS, "there is nothing more to be reclaimed");
    expect_eq(pages_of(LENDER), before, "each is the lender's, as before");
    expect_eq(pages_of(BORROWER), others, "and no more are the borrower's");
}

int program(void)
{
    unsigned int peers;
    uint64_t spare;

    if ( !expect_eq(ts_init(), 0, "hypercalls are there") || !lender_begin(&peers) || !expect_eq(peers, 2, "two VMs") )
        return 1;

    spare = peer_do(LENDER, PEER_WRITE, 0, 0, 0)->result[0];
    expect_eq(peer_do(BORROWER, PEER_WRITE, 0, 0, 0)->result[0], spare, "both have memory at the same place");
    meddle(SHARE, spare);
    meddle(LEND, spare + 3 * PAGE_SIZE);
    lender_end(peers);

    return 0;
}
