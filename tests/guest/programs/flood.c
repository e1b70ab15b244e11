/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood: a VM that does one thing as fast as it can, for some time, while others want something.
 *
 * Command line: what=direct|refused|bind|share|sgi|sri (direct), or to another VM, peer=<id> (4), which is what=peer peer=<this one>:
 * vmring|vmmsg|vmask|vmshare (a notification, an indirect message, a direct request, memory); ms=<n> (100), pages=<n> (128, at most,
 * of a share), period=<us> (50, of an SRI storm).   Output: TAP, and how often it was done.
 */
#include "ffa_port.h"

#define MAX_PAGES       128
#define SGI_FLOOD       3
#define STOP            0x73746f70u     /* w3 of a request to the peer: the flood is over */
#define PATIENCE_US     60000000

static struct ffa_partition echo, notify, faults;
static uint64_t until;
static uint8_t memory[MAX_PAGES][4096] __attribute__((aligned(4096)));
static struct ffa_mem_range range;
static volatile unsigned long sgis;
static volatile unsigned long fetched, full;
static uint16_t peer;
static unsigned long busy;

static void on_sgi(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    sgis++;
}

static bool direct(void)
{
    struct ffa_msg m = { .w = { 1, 2, 3, 4, 5 } };

    return ffa_msg(&ffa, echo.id, &m) == FFA_OK;
}

/* An id of FF-A that no VM may ever use */
static bool refused(void)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, 0x8400007c, 0, 0, 0, 0, 0, 0, 0);
    return ffa_status(&r) == FFA_NOT_SUPPORTED;
}

static bool bind(void)
{
    return ffa_notif_bind(&ffa, notify.id, 0, ~0ul) == FFA_OK && ffa_notif_unbind(&ffa, notify.id, ~0ul) == FFA_OK;
}

static bool share(void)
{
    struct ffa_mem mem = {
        .receiver = echo.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1,
    };
    uint64_t handle;

    return ffa_mem_share(&ffa, &mem, &handle) == FFA_OK && ffa_mem_reclaim(&ffa, handle, 0) == FFA_OK;
}

static bool sgi(void)
{
    unsigned long before = sgis;

    gic_send_sgi(SGI_FLOOD, 0);
    return sgis != before;
}

/* The storm comes by itself; this VM waits like the others. */
static bool sri(void)
{
    uint64_t us = cmdline_u64("period", 50), left = until > time_us() ? until - time_us() : 0;
    uint64_t w[5] = { FAULT_SRI_STORM, 0, left / us, us };

    if ( sp_command(faults.id, w) != FFA_OK || w[0] )
        return false;
    (void)wait_event(false, left);

    return true;
}

/* ---- to another VM ---- */

/* It may not have come to take the last one: that is what a flood is about. */
static bool taken_or_busy(int rc)
{
    busy += rc == FFA_BUSY;
    return rc == FFA_OK || rc == FFA_BUSY;
}

static bool vmring(void)
{
    return ffa_notif_set(&ffa, peer, 0, ~0ul) == FFA_OK;
}

static bool vmmsg(void)
{
    volatile uint32_t *tx = ffa.tx;
    struct ffa_regs r;

    tx[2] = 64;
    tx[3] = (uint32_t)ffa.id << 16 | peer;
    tx[4] = PAGE_SIZE - 64;
    ffa_call(&ffa, &r, FFA_MSG_SEND2, 0, 0, 0, 0, 0, 0, 0);

    return taken_or_busy(ffa_status(&r));
}

static int ask(uint64_t what)
{
    struct ffa_msg m = { .w = { what, 2, 3, 4, 5 } };

    return ffa_msg(&ffa, peer, &m);
}

static bool vmask(void)
{
    return taken_or_busy(ask(1));
}

static bool vmshare(void)
{
    struct ffa_mem mem = {
        .receiver = peer, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1,
    };
    uint64_t handle;

    return ffa_mem_share(&ffa, &mem, &handle) == FFA_OK && ffa_mem_reclaim(&ffa, handle, 0) == FFA_OK;
}

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    (void)vcpu;
    fetched += !!got->vm;
    full += got->hyp & 1;
}

/* Answers, fetches, and has each message for read: MSG_WAIT releases RX. */
static int be_the_peer(void)
{
    uint64_t end = time_us() + PATIENCE_US;
    bool over = false;
    struct ffa_regs r;
    uint32_t what;
    int rc;

    ffa.on_get = on_get;
    while ( (rc = ffa_notif_bind(&ffa, peer, 0, ~0ul)) == FFA_INVALID_PARAMETERS && time_us() < end )
        (void)wait_event(false, 100);
    expect_eq(rc, FFA_OK, "bits are bound to VM %u", peer);
    what = ffa_msg_wait(&ffa, &r, 0);
    while ( !over )
    {
        if ( what == FFA_MSG_SEND_DIRECT_REQ_32 )
        {
            over = (uint32_t)r.x[3] == STOP;
            what = over ? ffa_msg_respond_briefly(&ffa, &r) : ffa_msg_respond(&ffa, &r);
        }
        else if ( what == FFA_INTERRUPT )
            what = ffa_msg_wait(&ffa, &r, 0);
        else
            return ok(false, "a request or an interrupt comes, not 0x%x", what);
    }
    ok(true, "it is over: fetched %lu times, %lu messages", fetched, full);

    return 0;
}

/* The peer is there, and takes what comes: it has bound our bits. */
static bool meet(void)
{
    uint64_t end = time_us() + PATIENCE_US;
    int rc;

    while ( (rc = ffa_notif_set(&ffa, peer, 0, 1)) != FFA_OK && time_us() < end )
        (void)wait_event(false, 100);

    return expect_eq(rc, FFA_OK, "VM %u is there", peer);
}

static void part(void)
{
    uint64_t end = time_us() + PATIENCE_US;
    int rc;

    while ( (rc = ask(STOP)) == FFA_BUSY && time_us() < end )
        (void)wait_event(false, 100);

    expect_eq(rc, FFA_OK, "VM %u hears that it is over; it was busy %lu times", peer, busy);
}

static const struct {
    const char *name;
    bool (*once)(void);
} floods[] = {
    { "direct", direct }, { "refused", refused }, { "bind", bind }, { "share", share }, { "sgi", sgi }, { "sri", sri },
    { "vmring", vmring }, { "vmmsg", vmmsg }, { "vmask", vmask }, { "vmshare", vmshare },
};

int program(void)
{
    char what[16] = "direct";
    unsigned long done = 0, bad = 0;
    unsigned int i;
    bool to_vm;

    cmdline_get("what", what, sizeof(what));
    peer = (uint16_t)cmdline_u64("peer", 4);
    if ( !strcmp(what, "peer") )
        return expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ? be_the_peer() : 1;
    for ( i = 0; i < ARRAY_SIZE(floods) && strcmp(floods[i].name, what); i++ )
        ;
    if ( !ok(i < ARRAY_SIZE(floods), "%s is known", what) ||
         !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !ok(ffa_find(&ffa, &uuid_echo, &echo) == FFA_OK && ffa_find(&ffa, &uuid_notify, &notify) == FFA_OK &&
             ffa_find(&ffa, &uuid_faults, &faults) == FFA_OK, "the partitions are there") )
        return 1;

    range.ipa = (uintptr_t)memory;
    range.pages = (uint32_t)cmdline_u64("pages", MAX_PAGES);
    irq_set_handler(SGI_FLOOD, on_sgi, NULL);
    gic_enable(SGI_FLOOD);
    to_vm = !strncmp(what, "vm", 2);
    if ( to_vm && !meet() )
        return 1;

    until = time_us() + cmdline_u64("ms", 100) * 1000;
    while ( time_us() < until )
    {
        done++;
        bad += !floods[i].once();
    }
    ok(done > busy && !bad, "%s: %lu times, %lu failed", what, done, bad);
    if ( to_vm )
        part();

    return 0;
}
