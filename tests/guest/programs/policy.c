/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy: whom this VM may see, message, ring and share with is what the device tree of the hypervisor says, and everybody else is
 * answered for as if he did not exist, though he does.
 *
 * Command line: discover=, message=, notify=, share=<ids in hex, with commas> (none: nobody), peer=<id> (0: none): a VM that runs
 * this program, too, and shares a page with us if offered=1. Both are there while the other one tries; they tell each other by sp.notify,
 * which both may message and bind to. version=1.1|1.2.
 */
#include "mem/peer.h"

#define TIMEOUT_US      60000000
#define BIT_SHARED      60
#define BIT_HERE        61
#define BIT_SEEN        62
#define BIT_DONE        63
#define BIT_TRIED       5
#define INDIRECT        4
#define NO_COMMAND      0x70000001
#define TAG             0x706f6c

enum right { MAY_DISCOVER, MAY_MESSAGE, MAY_NOTIFY, MAY_SHARE };
static const char *const names[] = { "discover", "message", "notify", "share" };

/* Those that exist, those that might, and ids that mean something else */
static const uint16_t ids[] = { 1, 2, 3, 4, 5, 0x40, 0x7fff, SP_ECHO_ID, SP_NOTIFY_ID, SP_FAULTS_ID, 0x8004, SPMC_ID, 0xffff };
static const uint16_t nobody_vm = 0x7e00, nobody_sp = 0x80f0;

static volatile bool rung[64];
static uint64_t page[PAGE_SIZE / 8] __attribute__((aligned(4096))), shared[PAGE_SIZE / 8] __attribute__((aligned(4096)));

static uint64_t hex(const char **s)
{
    uint64_t v = 0;

    for ( ; ; (*s)++ )
    {
        char c = **s;

        if ( c >= '0' && c <= '9' )
            v = v << 4 | (uint64_t)(c - '0');
        else if ( c >= 'a' && c <= 'f' )
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        else
            return v;
    }
}

static bool may(enum right right, uint16_t id)
{
    char list[96];
    const char *s = list;

    if ( id == ffa.id || !cmdline_get(names[right], list, sizeof(list)) )
        return false;

    while ( *s )
    {
        if ( hex(&s) == id )
            return true;
        while ( *s == ',' )
            s++;
    }

    return false;
}

/* ---- the other VM ---- */

static void on_bit(struct ffa *f, unsigned int n, uint16_t vcpu, void *arg)
{
    (void)f;
    (void)vcpu;
    (void)arg;
    rung[n] = true;
}

/* Until the peer has bound the bit there is nobody to ring. */
static bool tell(uint16_t peer, unsigned int bit)
{
    uint64_t until = time_us() + TIMEOUT_US;

    while ( time_us() < until )
    {
        uint64_t w[5] = { NOTIFY_RING, peer, (uint32_t)BIT(bit), BIT(bit) >> 32, 0xff00 };

        if ( sp_command(SP_NOTIFY_ID, w) == FFA_OK && !w[0] )
            return true;
        wait_event(false, 1000);
    }

    return false;
}

static bool await(unsigned int bit)
{
    uint64_t until = time_us() + TIMEOUT_US;

    while ( !rung[bit] && time_us() < until )
        wait_event(false, 10000);

    return rung[bit];
}

/* ---- discovery ---- */

static int listed(const struct ffa_partition *p, int n, uint16_t id)
{
    int i, found = 0;

    for ( i = 0; i < n; i++ )
        found += p[i].id == id;

    return found;
}

static void discovery(void)
{
    static const struct { const struct ffa_uuid *uuid; uint16_t id; } sps[] = {
        { &uuid_echo, SP_ECHO_ID }, { &uuid_notify, SP_NOTIFY_ID }, { &uuid_faults, SP_FAULTS_ID },
    };
    struct ffa_partition p[16], q[16];
    unsigned int i, wanted = 0;
    uint64_t until = time_us() + TIMEOUT_US;
    int n, m;

    for ( i = 0; i < ARRAY_SIZE(ids); i++ )
        wanted += may(MAY_DISCOVER, ids[i]);
    if ( !wanted || ffa.version >= FFA_VERSION_1_2 )
        wanted++;

    /* A VM is there when it has made its first call. */
    while ( (n = ffa_partitions_rx(&ffa, NULL, p, 16)) != (int)wanted && time_us() < until )
        wait_event(false, 1000);
    expect_eq(n, (int)wanted, "%d partitions are listed", n);
    for ( i = 0; i < ARRAY_SIZE(ids); i++ )
        if ( ids[i] != ffa.id )
            expect_eq(listed(p, n, ids[i]), may(MAY_DISCOVER, ids[i]), "0x%x is %slisted", ids[i], may(MAY_DISCOVER, ids[i]) ? "" : "not ");
    for ( m = 0; m < n && m < 16; m++ )
        if ( !(p[m].id & 0x8000) && p[m].id != ffa.id )
            expect_eq((p[m].properties & INDIRECT) != 0, may(MAY_MESSAGE, p[m].id), "0x%x: indirect messages, properties 0x%x", p[m].id,
                      p[m].properties);
    expect_eq(ffa_partition_count(&ffa, NULL), n, "as many are counted");

    for ( i = 0; i < ARRAY_SIZE(sps); i++ )
    {
        m = ffa_partitions_rx(&ffa, sps[i].uuid, q, 16);
        expect_eq(m, may(MAY_DISCOVER, sps[i].id) ? 1 : FFA_INVALID_PARAMETERS, "0x%x by its UUID", sps[i].id);
    }

    if ( ffa.version < FFA_VERSION_1_2 )
        return;

    m = ffa_partitions_regs(&ffa, NULL, q, 16);
    expect_eq(m, n, "_REGS lists as many");
    for ( i = 0; i < ARRAY_SIZE(ids); i++ )
        if ( listed(p, n, ids[i]) != listed(q, m, ids[i]) )
            ok(false, "_REGS: 0x%x", ids[i]);
    for ( i = 0; i < ARRAY_SIZE(sps); i++ )
    {
        m = ffa_partitions_regs(&ffa, sps[i].uuid, q, 16);
        expect_eq(m, may(MAY_DISCOVER, sps[i].id) ? 1 : FFA_INVALID_PARAMETERS, "_REGS: 0x%x by its UUID", sps[i].id);
    }
}

/* ---- calls ---- */

static void req32(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | id, 0, NO_COMMAND, 2, 3, 4, 5);
}

static void req64(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_MSG_SEND_DIRECT_REQ_64, (uint32_t)ffa.id << 16 | id, 0, NO_COMMAND, 2, 3, 4, 5);
}

static void req2(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_MSG_SEND_DIRECT_REQ2, (uint32_t)ffa.id << 16 | id, 0, 0, NO_COMMAND, 2, 3, 4);
}

static void run(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_RUN, (uint32_t)id << 16, 0, 0, 0, 0, 0, 0);
}

static void bind(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_NOTIFICATION_BIND, (uint32_t)id << 16 | ffa.id, 0, BIT(BIT_TRIED), 0, 0, 0, 0);
}

static void unbind(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_NOTIFICATION_UNBIND, (uint32_t)id << 16 | ffa.id, 0, BIT(BIT_TRIED), 0, 0, 0, 0);
}

static void set(uint16_t id, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_NOTIFICATION_SET, (uint32_t)ffa.id << 16 | id, 0, BIT(BIT_TRIED), 0, 0, 0, 0);
}

static size_t describe(enum mem_kind kind, uint16_t id, const void *what)
{
    struct ffa_mem_range range = { (uintptr_t)what, 1 };
    struct txn t = {
        .sender = ffa.id, .attributes = kind == SHARE ? FFA_MEM_NORMAL : 0, .tag = TAG, .nr = 1,
        .to = { { .id = id, .perm = kind == DONATE ? 0 : FFA_MEM_RW } }, .ranges = &range, .nr_ranges = 1,
    };

    return txn_write(ffa.version, &t, ffa.tx);
}

static void offer_and_reclaim(uint32_t fid, enum mem_kind kind, uint16_t id, struct ffa_regs *r)
{
    size_t bytes = describe(kind, id, page);

    ffa_call(&ffa, r, fid, bytes, bytes, 0, 0, 0, 0, 0);
    if ( ffa_status(r) == FFA_OK )
        ffa_mem_reclaim(&ffa, (uint32_t)r->x[2] | r->x[3] << 32, 0);
}

static void share(uint16_t id, struct ffa_regs *r) { offer_and_reclaim(FFA_MEM_SHARE_32, SHARE, id, r); }
static void lend(uint16_t id, struct ffa_regs *r) { offer_and_reclaim(FFA_MEM_LEND_32, LEND, id, r); }
static void donate(uint16_t id, struct ffa_regs *r) { offer_and_reclaim(FFA_MEM_DONATE_32, DONATE, id, r); }

/* Whatever it has: none of these handles is known. So this one is refused as nobody is, whether it is allowed or not. */
static void retrieve(uint16_t id, struct ffa_regs *r)
{
    struct txn t = {
        .sender = id, .handle = 0x7777, .tag = TAG, .nr = 1, .to = { { .id = ffa.id, .perm = FFA_MEM_RW } },
    };
    size_t bytes = txn_write(ffa.version, &t, ffa.tx);

    ffa_call(&ffa, r, FFA_MEM_RETRIEVE_REQ_32, bytes, bytes, 0, 0, 0, 0, 0);
}

/* An empty message to @id, with the header of our version. It stays in his RX: more are BUSY. */
static void send2(uint16_t id, struct ffa_regs *r)
{
    ffa_send2_header(&ffa, id, ffa_send2_header_bytes(&ffa), 4);
    ffa_call(&ffa, r, FFA_MSG_SEND2, 0, 0, 0, 0, 0, 0, 0);
}

/* Whom a call reaches if it is allowed; others refuse it, but not as nobody does. */
static const struct {
    const char *name;
    enum right right;
    void (*call)(uint16_t id, struct ffa_regs *r);
    uint32_t since;
    uint16_t sp;                    /* this SP */
    bool vms;                       /* VMs; else they are nobody for this call */
    bool vain;                      /* nor is it different for who is allowed */
} calls[] = {
    { "DIRECT_REQ_32", MAY_MESSAGE, req32, FFA_VERSION_1_0, SP_ECHO_ID, true, false },
    { "DIRECT_REQ_64", MAY_MESSAGE, req64, FFA_VERSION_1_0, SP_ECHO_ID, true, false },
    { "DIRECT_REQ2", MAY_MESSAGE, req2, FFA_VERSION_1_2, SP_ECHO_ID, true, false },
    { "RUN", MAY_MESSAGE, run, FFA_VERSION_1_0, 0, false, false },
    { "MSG_SEND2", MAY_MESSAGE, send2, FFA_VERSION_1_1, 0, true, false },
    { "BIND", MAY_NOTIFY, bind, FFA_VERSION_1_1, SP_ECHO_ID, true, false },
    { "UNBIND", MAY_NOTIFY, unbind, FFA_VERSION_1_1, SP_ECHO_ID, true, false },
    { "SET", MAY_NOTIFY, set, FFA_VERSION_1_1, 0, true, false },
    { "MEM_SHARE", MAY_SHARE, share, FFA_VERSION_1_0, SP_ECHO_ID, true, false },
    { "MEM_LEND", MAY_SHARE, lend, FFA_VERSION_1_0, SP_ECHO_ID, true, false },
    { "MEM_DONATE", MAY_SHARE, donate, FFA_VERSION_1_0, SP_ECHO_ID, true, false },
    { "MEM_RETRIEVE_REQ", MAY_SHARE, retrieve, FFA_VERSION_1_0, 0, true, true },
};

static bool same(const struct ffa_regs *a, const struct ffa_regs *b)
{
    return !memcmp(a->x, b->x, 8 * sizeof(a->x[0]));
}

/* An SP answers when it is its turn: another VM may have it, and interrupts come. */
static void call_patiently(unsigned int c, uint16_t id, struct ffa_regs *r)
{
    uint64_t until = time_us() + 10000000;

    for ( ; ; )
    {
        calls[c].call(id, r);
        ffa_resume(&ffa, id, r, NULL);
        if ( ffa_status(r) != FFA_BUSY || time_us() >= until )
            return;
        (void)wait_event(false, 500);
    }
}

static void try_calls(void)
{
    struct ffa_regs r, nobody;
    unsigned int i, c;

    for ( c = 0; c < ARRAY_SIZE(calls); c++ )
    {
        if ( calls[c].since > ffa.version )
            continue;

        for ( i = 0; i < ARRAY_SIZE(ids); i++ )
        {
            bool allowed = may(calls[c].right, ids[i]);

            if ( ids[i] == ffa.id )
                continue;

            calls[c].call(ids[i] & 0x8000 ? nobody_sp : nobody_vm, &nobody);
            if ( allowed && (ids[i] & 0x8000) && calls[c].call != run && calls[c].call != send2 )
                call_patiently(c, ids[i], &r);
            else
                calls[c].call(ids[i], &r);
            if ( !allowed )
                ok(same(&r, &nobody) && ffa_status(&r) < 0, "%s: 0x%x is nobody (%d)", calls[c].name, ids[i], ffa_status(&r));
            else if ( ids[i] == calls[c].sp )
                ok(ffa_status(&r) == FFA_OK || (uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 ||
                   (uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP_64 || (uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP2,
                   "%s: 0x%x answers (0x%lx)", calls[c].name, ids[i], r.x[0]);
            else if ( !calls[c].vain && ((ids[i] & 0x8000) || calls[c].vms) )
                ok(!same(&r, &nobody), "%s: 0x%x is somebody (0x%lx 0x%lx)", calls[c].name, ids[i], r.x[0], r.x[2]);
        }
    }
}

/* A page for the peer, if we may; returns its handle, which the peer knows: it is our first. */
static uint64_t share_with(uint16_t peer)
{
    size_t bytes = describe(SHARE, peer, shared);
    struct ffa_regs r;

    ffa_call(&ffa, &r, FFA_MEM_SHARE_64, bytes, bytes, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), may(MAY_SHARE, peer) ? FFA_OK : FFA_INVALID_PARAMETERS, "MEM_SHARE with the other VM");

    return ffa_status(&r) == FFA_OK ? (uint32_t)r.x[2] | r.x[3] << 32 : 0;
}

/* What the peer has shared with us can be had with the right to it, and does not exist without. */
static void retrieve_of(uint16_t peer)
{
    bool allowed = may(MAY_SHARE, peer) && cmdline_u64("offered", 0);
    struct ffa_mem_range there = { WINDOW, 1 };
    struct txn t = {
        .sender = peer, .handle = HANDLE(peer, 0), .tag = TAG, .nr = 1, .to = { { .id = ffa.id, .perm = FFA_MEM_RW } },
        .ranges = &there, .nr_ranges = 1,
    };
    size_t bytes = txn_write(ffa.version, &t, ffa.tx);
    struct ffa_regs r;

    ffa_call(&ffa, &r, FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0, 0, 0, 0);
    if ( !allowed )
    {
        expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "RETRIEVE_REQ of what we may not have");
        return;
    }
    expect_eq((uint32_t)r.x[0], FFA_MEM_RETRIEVE_RESP, "RETRIEVE_REQ of what the other VM has shared");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    relinquish_write(HANDLE(peer, 0), 0, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &r, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_OK, "RELINQUISH");
}

int program(void)
{
    uint64_t handle = 0;
    uint16_t peer = (uint16_t)cmdline_u64("peer", 0);
    int rc = ffa_start_all(FFA_VERSION_1_2);

    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;

    if ( peer )
    {
        rc = ffa_notif_register(&ffa, SP_NOTIFY_ID, BIT_HERE, 0, on_bit, NULL);
        rc = rc ?: ffa_notif_register(&ffa, SP_NOTIFY_ID, BIT_SHARED, 0, on_bit, NULL);
        rc = rc ?: ffa_notif_register(&ffa, SP_NOTIFY_ID, BIT_SEEN, 0, on_bit, NULL);
        expect_eq(rc ?: ffa_notif_register(&ffa, SP_NOTIFY_ID, BIT_DONE, 0, on_bit, NULL), FFA_OK, "sp.notify may ring");
        ok(tell(peer, BIT_HERE) && await(BIT_HERE), "the other VM is there");
    }

    discovery();
    if ( peer )
    {
        handle = share_with(peer);
        ok(tell(peer, BIT_SHARED) && await(BIT_SHARED), "both have shared what they may");
        retrieve_of(peer);
    }
    if ( peer )
        ok(tell(peer, BIT_SEEN) && await(BIT_SEEN), "the other VM has seen who there is");

    try_calls();
    if ( peer )
        ok(tell(peer, BIT_DONE) && await(BIT_DONE), "the other VM is through");
    if ( handle )
        expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");

    return 0;
}
