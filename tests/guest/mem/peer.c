/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides of peer.h. */
#define __XEN_TOOLS__
#include "peer.h"

#include <public/xen.h>
#include <public/memory.h>

#define MAX_PEERS       8
#define WORDS           (PAGE_SIZE / sizeof(uint64_t))
#define BALLOON_PAGES   512
#define PATIENCE_US     60000000ul
#define CALL_SETTLE_US  5000

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
    unsigned int i;

    for ( i = 0; i < bytes; i++, v >>= 8 )
        p[i] = (uint8_t)v;
}

size_t txn_write(uint32_t version, const struct txn *t, void *buf)
{
    bool old = version < FFA_VERSION_1_1;
    size_t header = old ? 32 : 48, access = t->wide ? 32 : 16, composite = header + t->nr * access;
    size_t total = composite + (t->nr_ranges ? 16 + t->nr_ranges * 16 : 0), i;
    uint32_t pages = 0;
    uint8_t *p = buf, *a;

    for ( i = 0; i < total; i++ )
        p[i] = 0;
    put(p, t->sender, 2);
    put(p + 2, t->attributes, old ? 1 : 2);
    put(p + 4, t->flags, 4);
    put(p + 8, t->handle, 8);
    put(p + 16, t->tag, 8);
    put(p + 28, t->nr, 4);
    if ( !old )
    {
        put(p + 24, access, 4);
        put(p + 32, header, 4);
    }
    for ( i = 0, a = p + header; i < t->nr; i++, a += access )
    {
        put(a, t->to[i].id, 2);
        a[2] = t->to[i].perm;
        a[3] = t->to[i].flags;
        put(a + 4, t->nr_ranges && !t->to[i].no_composite ? composite : 0, 4);
        if ( t->wide )
        {
            put(a + 8, t->impdef[0], 8);
            put(a + 16, t->impdef[1], 8);
        }
    }
    for ( i = 0; i < t->nr_ranges; i++ )
    {
        put(p + composite + 16 + i * 16, t->ranges[i].ipa, 8);
        put(p + composite + 24 + i * 16, t->ranges[i].pages, 4);
        pages += t->ranges[i].pages;
    }
    if ( t->nr_ranges )
    {
        put(p + composite, pages, 4);
        put(p + composite + 4, t->nr_ranges, 4);
    }

    return total;
}

size_t relinquish_write(uint64_t handle, uint32_t flags, uint32_t count, uint16_t id, void *buf)
{
    put(buf, handle, 8);
    put((uint8_t *)buf + 8, flags, 4);
    put((uint8_t *)buf + 12, count, 4);
    put((uint8_t *)buf + 16, id, 2);

    return 18;
}

/* ---- the borrower ------------------------------------------------------------------------------------------------- */

static uint64_t spare[BALLOON_PAGES][WORDS] __attribute__((aligned(4096)));
static unsigned int ballooned;

static uint64_t balloon_at(uint64_t ipa, uint64_t pages)
{
    uint64_t done;

    for ( done = 0; done < pages; done++ )
    {
        xen_pfn_t gfn = ipa / PAGE_SIZE + done;
        struct xen_memory_reservation res = { .nr_extents = 1, .domid = DOMID_SELF };

        set_xen_guest_handle(res.extent_start, &gfn);
        if ( hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uintptr_t)&res, 0) != 1 )
            break;
    }

    return done;
}

static uint64_t balloon(uint64_t pages)
{
    uint64_t room = BALLOON_PAGES - ballooned, done = balloon_at((uintptr_t)spare[ballooned], pages < room ? pages : room);

    ballooned += (unsigned int)done;

    return done;
}

static int64_t unmap(uint64_t ipa)
{
    struct xen_remove_from_physmap x = { .domid = DOMID_SELF, .gpfn = ipa / PAGE_SIZE };

    return hypercall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, (uintptr_t)&x, 0);
}

/* Has this CPU met a fault? The instruction was stepped over, which may leave its pointer where it was: no loop goes on. */
static bool trapped(void)
{
    return *(volatile unsigned int *)&this_cpu()->trap.count;
}

static void call(struct mailbox *m)
{
    unsigned int i;

    for ( i = 0; i < m->desc_bytes; i++ )
        ((volatile uint8_t *)ffa.tx)[i] = m->desc[i];
    smccc_call(ffa_conduit, (struct smccc *)m->x);
    for ( i = 0; i < sizeof(m->rx); i++ )
        m->rx[i] = ((volatile uint8_t *)ffa.rx)[i];
}

static uint64_t death_us;

static void die_in_time(void *unused)
{
    (void)unused;
    while ( time_us() < death_us )
        (void)wait_event(false, death_us - time_us());
    system_off();
}

/* The second vCPU is asleep when the call begins. */
static void call_timed(struct mailbox *m)
{
    uint64_t start = time_us() + CALL_SETTLE_US;

    if ( m->arg[0] )
    {
        death_us = start + m->arg[0];
        if ( !(cpus[1].online || cpu_up(1)) || !cpu_start(1, die_in_time, NULL) )
            panic("no second vCPU");
    }
    while ( time_us() < start )
        ;
    start = time_us();
    call(m);
    m->result[0] = time_us() - start;
}

static void serve(struct mailbox *m)
{
    volatile uint64_t *p = (volatile uint64_t *)m->arg[0];
    uint64_t words = m->arg[1] * WORDS, n, sum = 0;
    struct trap trap;

    switch ( m->command )
    {
    case PEER_CALL:
        call(m);
        break;
    case PEER_CALL_TIMED:
        call_timed(m);
        break;
    case PEER_SUM:
        trap_begin();
        for ( n = 0; n < words && !trapped(); n++ )
            sum = (sum << 7 | sum >> 57) + p[n];
        trap = trap_end();
        m->result[0] = sum;
        m->result[1] = trap.count;
        break;
    case PEER_FILL:
        trap_begin();
        for ( n = 0; n < words && !trapped(); n++ )
            p[n] = m->arg[2] + n;
        trap = trap_end();
        m->result[0] = n;
        m->result[1] = trap.count;
        break;
    case PEER_BALLOON:
        m->result[0] = m->arg[1] ? balloon_at(m->arg[1], m->arg[0]) : balloon(m->arg[0]);
        break;
    case PEER_UNMAP:
        m->result[0] = (uint64_t)unmap(m->arg[0]);
        break;
    case PEER_WRITE:
        memcpy((uint8_t *)spare[0] + m->arg[0], m->desc, m->desc_bytes);
        m->result[0] = (uintptr_t)spare[0];
        break;
    }
}

static int retrieve_mailbox(uint16_t lender, unsigned int index)
{
    struct ffa_mem_range at = { MAILBOX_VA, 1 };
    struct txn t = {
        .sender = lender, .handle = HANDLE(lender, index), .tag = MAILBOX_TAG, .nr = 1,
        .to = { { .id = ffa.id, .perm = FFA_MEM_RW } }, .ranges = &at, .nr_ranges = 1,
    };
    size_t bytes = txn_write(ffa.version, &t, ffa.tx);
    struct ffa_regs r;

    ffa_call(&ffa, &r, FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0, 0, 0, 0);
    if ( (uint32_t)r.x[0] != FFA_MEM_RETRIEVE_RESP )
        return ffa_status(&r);

    return ffa_rx_release(&ffa);
}

void peer_serve(uint16_t lender, unsigned int index)
{
    struct mailbox *m = (struct mailbox *)MAILBOX_VA;
    uint64_t until = time_us() + PATIENCE_US, patience = cmdline_u64("patience", 0) * 1000, last;
    uint32_t command = PEER_CALL;
    struct ffa_regs r;
    int rc;

    ok(mmu_map(WINDOW, WINDOW_SIZE, MEM_NORMAL), "a place for borrowed memory");
    while ( (rc = retrieve_mailbox(lender, index)) == FFA_INVALID_PARAMETERS && time_us() < until )
        (void)wait_event(false, 2000);
    if ( !expect_eq(rc, FFA_OK, "the mailbox is there") )
        return;

    m->version = ffa.version;
    m->tx_at = (uintptr_t)ffa.tx;
    m->rx_at = (uintptr_t)ffa.rx;
    dmb(ish);
    m->id = ffa.id;
    while ( command != PEER_END )
    {
        last = time_us();
        while ( m->seq == m->ack )
        {
            (void)wait_event(false, 500);
            if ( patience && time_us() - last > patience )
                system_off();
        }
        dmb(ish);
        command = m->command;
        if ( command == PEER_DIE )
            system_off();
        serve(m);
        dmb(ish);
        m->ack = m->seq;
    }

    relinquish_write(HANDLE(lender, index), 0, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &r, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_OK, "the mailbox is given back");
}

/* ---- the lender --------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct mailbox) <= PAGE_SIZE, "a mailbox is a page");
static uint8_t box_pages[MAX_PEERS][PAGE_SIZE] __attribute__((aligned(4096)));
static uint64_t box_handles[MAX_PEERS];

struct mailbox *peer_box(unsigned int n)
{
    return (struct mailbox *)box_pages[n];
}

int peer_meet(unsigned int n, uint16_t id)
{
    struct ffa_mem_range range = { (uintptr_t)peer_box(n), 1 };
    struct txn t = {
        .sender = ffa.id, .attributes = FFA_MEM_NORMAL, .tag = MAILBOX_TAG, .nr = 1,
        .to = { { .id = id, .perm = FFA_MEM_RW } }, .ranges = &range, .nr_ranges = 1,
    };
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_regs r;
    int rc;

    /* It does not exist for us before it has made a call. */
    do {
        size_t bytes = txn_write(ffa.version, &t, ffa.tx);

        ffa_call(&ffa, &r, FFA_MEM_SHARE_64, bytes, bytes, 0, 0, 0, 0, 0);
        rc = ffa_status(&r);
        if ( rc == FFA_INVALID_PARAMETERS )
            (void)wait_event(false, 2000);
    } while ( rc == FFA_INVALID_PARAMETERS && time_us() < until );
    if ( rc != FFA_OK )
        return rc;

    box_handles[n] = (uint32_t)r.x[2] | r.x[3] << 32;
    expect_eq(box_handles[n], HANDLE(ffa.id, n), "the handle of mailbox %u", n);
    while ( !((volatile struct mailbox *)peer_box(n))->id && time_us() < until )
        (void)wait_event(false, 500);

    return peer_box(n)->id == id ? FFA_OK : FFA_ABORTED;
}

struct mailbox *peer_do(unsigned int n, enum peer_command command, uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct mailbox *m = peer_box(n);
    uint64_t until = time_us() + PATIENCE_US;

    m->command = command;
    m->arg[0] = a0;
    m->arg[1] = a1;
    m->arg[2] = a2;
    dmb(ish);
    m->seq++;
    while ( m->ack != m->seq && command != PEER_DIE && !(command == PEER_CALL_TIMED && a0) )
    {
        (void)wait_event(false, 200);
        if ( time_us() > until )
            panic("the peer does not answer to command %u", command);
    }
    dmb(ish);

    return m;
}

int peer_call(unsigned int n, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return peer_call4(n, fid, x1, x2, x3, 0);
}

int peer_call4(unsigned int n, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    struct mailbox *m = peer_box(n);
    unsigned int i;

    for ( i = 0; i < 18; i++ )
        m->x[i] = 0;
    m->x[0] = fid;
    m->x[1] = x1;
    m->x[2] = x2;
    m->x[3] = x3;
    m->x[4] = x4;
    peer_do(n, PEER_CALL, 0, 0, 0);

    return ffa_status((struct ffa_regs *)m->x);
}

int peer_retrieve(unsigned int n, const struct txn *t)
{
    struct mailbox *m = peer_box(n);
    int rc;

    m->desc_bytes = (uint32_t)txn_write(m->version, t, m->desc);
    rc = peer_call(n, m->version < FFA_VERSION_1_1 ? FFA_MEM_RETRIEVE_REQ_32 : FFA_MEM_RETRIEVE_REQ_64, m->desc_bytes,
                   m->desc_bytes, 0);
    m->desc_bytes = 0;

    return (uint32_t)m->x[0] == FFA_MEM_RETRIEVE_RESP ? FFA_OK : rc;
}

uint64_t peer_retrieve_timed(unsigned int n, const struct txn *t, uint64_t death)
{
    struct mailbox *m = peer_box(n);
    unsigned int i;

    m->desc_bytes = (uint32_t)txn_write(m->version, t, m->desc);
    for ( i = 0; i < 18; i++ )
        m->x[i] = 0;
    m->x[0] = FFA_MEM_RETRIEVE_REQ_32;
    m->x[1] = m->x[2] = m->desc_bytes;
    peer_do(n, PEER_CALL_TIMED, death, 0, 0);
    if ( death )
        return 0;
    m->desc_bytes = 0;

    return (uint32_t)m->x[0] == FFA_MEM_RETRIEVE_RESP ? m->result[0] : 0;
}

int peer_relinquish(unsigned int n, uint64_t handle, uint32_t flags)
{
    struct mailbox *m = peer_box(n);
    int rc;

    m->desc_bytes = (uint32_t)relinquish_write(handle, flags, 1, (uint16_t)m->id, m->desc);
    rc = peer_call(n, FFA_MEM_RELINQUISH, 0, 0, 0);
    m->desc_bytes = 0;

    return rc;
}

int peer_part(unsigned int n)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_regs r;
    int rc;

    peer_do(n, PEER_END, 0, 0, 0);
    do {
        ffa_call(&ffa, &r, FFA_MEM_RECLAIM, (uint32_t)box_handles[n], box_handles[n] >> 32, 0, 0, 0, 0, 0);
        rc = ffa_status(&r);
        if ( rc == FFA_DENIED )
            (void)wait_event(false, 1000);
    } while ( rc == FFA_DENIED && time_us() < until );

    return rc;
}
