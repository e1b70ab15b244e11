/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmwrong: every wrong way to ring another VM, to be rung by it, and to send it a message; each is refused by its own error, and
 * changes nothing. Three other VMs (role=idle) wait for requests and do what these say: one that has all, one that speaks 1.0, one
 * without buffers. No interrupt: what is pending stays so until it is fetched here.
 *
 * The wrong one is VM 2, the others 3 to 5. Command line: role=wrong|idle (wrong), buffers=<0|1> (1: of an idle one),
 * version=1.0|1.1|1.2.
 */
#include "ffa_port.h"

#define WRONG           2u
#define PEER            3u
#define OLD             4u
#define BARE            5u
#define NOBODY          0x7e00u

/* Requests: w3 */
#define CMD_WHO         0x776f0001u
#define CMD_RING        0x776f0002u     /* w4: bits; w5: flags. w4 of the answer: the error */
#define CMD_READ        0x776f0003u     /* RX_RELEASE. w4 of the answer: the error */
#define CMD_STOP        0x776f0004u
#define CMD_WAIT        0x776f0005u     /* to wait for the next request without keeping RX */

#define GLOBAL          1ul
#define VCPU            2ul
#define PATIENCE_US     60000000
#define RETRY_US        500
#define MAX_PAGES       4
#define PAIR(high, low) ((uint32_t)(high) << 16 | (uint16_t)(low))

static uint8_t tx[MAX_PAGES * PAGE_SIZE] __attribute__((aligned(4096))), rx[MAX_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));

static int raw(uint32_t fid, uint64_t w1, uint64_t w2, uint64_t bits, uint64_t w5)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, fid, w1, w2, (uint32_t)bits, bits >> 32, w5, 0, 0);
    return ffa_status(&r);
}

/* ---- the others ---- */

static int idle(void)
{
    uint32_t what, keep = ffa.version >= FFA_VERSION_1_2;       /* RX stays full over MSG_WAIT */
    uint64_t until = time_us() + PATIENCE_US;
    bool over = false, release = false;
    struct ffa_regs r;
    int rc;

    if ( ffa.version >= FFA_VERSION_1_1 )
    {
        /* It does not exist before it has made a call. */
        while ( (rc = ffa_notif_bind(&ffa, WRONG, 0, GLOBAL)) == FFA_INVALID_PARAMETERS && time_us() < until )
            (void)wait_event(false, RETRY_US);
        expect_eq(rc, FFA_OK, "BIND");
        expect_eq(ffa_notif_bind(&ffa, WRONG, FFA_NOTIF_PER_VCPU, VCPU), FFA_OK, "BIND, per vCPU");
    }
    what = ffa_msg_wait(&ffa, &r, keep);
    while ( !over )
    {
        if ( what == FFA_INTERRUPT )
        {
            what = ffa_msg_wait(&ffa, &r, release ? 0 : keep);
            release = false;
            continue;
        }
        if ( what != FFA_MSG_SEND_DIRECT_REQ_32 )
            return ok(false, "a request comes, not 0x%x", what);

        rc = FFA_OK;
        switch ( (uint32_t)r.x[3] )
        {
        case CMD_RING:
            rc = ffa_notif_set(&ffa, WRONG, (uint32_t)r.x[5], (uint32_t)r.x[4]);
            break;
        case CMD_READ:
            rc = ffa_rx_release(&ffa);
            break;
        case CMD_WAIT:
            release = true;
            break;
        case CMD_STOP:
            over = true;
            break;
        }
        r.x[4] = (uint32_t)rc;
        what = release || over ? ffa_msg_respond_briefly(&ffa, &r) : ffa_msg_respond(&ffa, &r);
    }
    ok(true, "it is over");

    return 0;
}

/* The other one's answer, or the error of the request */
static int tell(uint16_t to, uint32_t command, uint64_t w4, uint64_t w5)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg m;
    int rc;

    do {
        m = (struct ffa_msg){ .w = { command, w4, w5 } };
        rc = ffa_msg(&ffa, to, &m);
        if ( rc == FFA_BUSY || rc == FFA_INVALID_PARAMETERS )
            (void)wait_event(false, RETRY_US);
    } while ( (rc == FFA_BUSY || rc == FFA_INVALID_PARAMETERS) && time_us() < until );

    return rc == FFA_OK ? (int32_t)m.w[1] : rc;
}

/* ---- notifications ---- */

struct row { uint64_t w1, w2, bits, w5; int rc; const char *what; };

static void table(uint32_t fid, const char *name, const struct row *row, unsigned int n)
{
    unsigned int i;

    for ( i = 0; i < n; i++ )
        expect_eq(raw(fid, row[i].w1, row[i].w2, row[i].bits, row[i].w5), row[i].rc, "%s: %s", name, row[i].what);
}

static void binds(void)
{
    const uint16_t me = ffa.id;
    const struct row bind[] = {
        { PAIR(PEER, me), 2, GLOBAL, 0, FFA_INVALID_PARAMETERS, "a reserved flag" },
        { PAIR(PEER, me), 1u << 31, GLOBAL, 0, FFA_INVALID_PARAMETERS, "the highest reserved flag" },
        { PAIR(PEER, me), 0, 0, 0, FFA_INVALID_PARAMETERS, "no bits" },
        { PAIR(PEER, me), 0, GLOBAL, 1, FFA_INVALID_PARAMETERS, "w5" },
        { PAIR(me, PEER), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "ids exchanged" },
        { PAIR(me, me), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "oneself" },
        { PAIR(NOBODY, me), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "nobody" },
        { PAIR(PEER, BARE), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "for another VM" },
        { PAIR(PEER, 0), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "for the hypervisor" },
        { PAIR(PEER, me), 0, GLOBAL, 0, FFA_OK, "a bit" },
        { PAIR(PEER, me), 1, VCPU, 0, FFA_OK, "another one, per vCPU" },
        { PAIR(PEER, me), 0, GLOBAL, 0, FFA_DENIED, "the same bit, same sender" },
        { PAIR(BARE, me), 0, GLOBAL, 0, FFA_DENIED, "... other sender" },
        { PAIR(BARE, me), 0, GLOBAL | 4, 0, FFA_DENIED, "... among others" },
        { PAIR(BARE, me), 0, 4, 0, FFA_OK, "which were left alone" },
    };
    const struct row unbind[] = {
        { PAIR(PEER, me), 0, 0, 0, FFA_INVALID_PARAMETERS, "no bits" },
        { PAIR(PEER, me), 1, GLOBAL, 0, FFA_INVALID_PARAMETERS, "w2" },
        { PAIR(PEER, me), 0, GLOBAL, 1, FFA_INVALID_PARAMETERS, "w5" },
        { PAIR(me, PEER), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "ids exchanged" },
        { PAIR(me, me), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "oneself" },
        { PAIR(NOBODY, me), 0, GLOBAL, 0, FFA_DENIED, "nobody, who has none" },
        { PAIR(PEER, BARE), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "for another VM" },
        { PAIR(PEER, me), 0, 8, 0, FFA_DENIED, "a bit that is not bound" },
        { PAIR(PEER, me), 0, GLOBAL | 8, 0, FFA_DENIED, "... and one that is" },
        { PAIR(PEER, me), 0, 4, 0, FFA_DENIED, "another sender's bit" },
        { PAIR(BARE, me), 0, 4, 0, FFA_OK, "its own" },
    };

    table(FFA_NOTIFICATION_BIND, "BIND", bind, ARRAY_SIZE(bind));
    table(FFA_NOTIFICATION_UNBIND, "UNBIND", unbind, ARRAY_SIZE(unbind));
}

static void sets(void)
{
    const uint16_t me = ffa.id;
    const struct row set[] = {
        { PAIR(me, PEER), 0, 0, 0, FFA_INVALID_PARAMETERS, "no bits" },
        { PAIR(me, PEER), 2, GLOBAL, 0, FFA_INVALID_PARAMETERS, "a delayed SRI" },
        { PAIR(me, PEER), 4, GLOBAL, 0, FFA_INVALID_PARAMETERS, "a reserved flag" },
        { PAIR(me, PEER), 0, GLOBAL, 1, FFA_INVALID_PARAMETERS, "w5" },
        { PAIR(me, PEER), FFA_NOTIF_VCPU(1), GLOBAL, 0, FFA_INVALID_PARAMETERS, "a vCPU for a global bit" },
        { PAIR(me, PEER), FFA_NOTIF_PER_VCPU, GLOBAL, 0, FFA_INVALID_PARAMETERS, "a global bit as per-vCPU" },
        { PAIR(me, PEER), 0, VCPU, 0, FFA_INVALID_PARAMETERS, "a per-vCPU bit as global" },
        { PAIR(me, PEER), FFA_NOTIF_PER_VCPU | FFA_NOTIF_VCPU(1), VCPU, 0, FFA_INVALID_PARAMETERS, "a vCPU that it does not have" },
        { PAIR(me, PEER), 0, 8, 0, FFA_DENIED, "a bit that is not bound" },
        { PAIR(me, PEER), 0, GLOBAL | 8, 0, FFA_DENIED, "... and one that is" },
        { PAIR(PEER, me), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "as the peer, to oneself" },
        { PAIR(me, me), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "to oneself" },
        { PAIR(BARE, PEER), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "as another VM" },
        { PAIR(0, PEER), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "as the hypervisor" },
        { PAIR(me, NOBODY), 0, GLOBAL, 0, FFA_INVALID_PARAMETERS, "to nobody" },
        { PAIR(me, OLD), 0, GLOBAL, 0, FFA_DENIED, "to a VM of 1.0, which has none" },
        { PAIR(me, PEER), 0, GLOBAL, 0, FFA_OK, "right" },
        { PAIR(me, PEER), 0, GLOBAL, 0, FFA_OK, "again" },
        { PAIR(me, PEER), FFA_NOTIF_PER_VCPU, VCPU, 0, FFA_OK, "right, per vCPU" },
    };

    table(FFA_NOTIFICATION_SET, "SET", set, ARRAY_SIZE(set));
}

static void gets(void)
{
    uint64_t fault[5] = { FAULT_ARM, FAULT_CALL_ERROR, 0x82, (uint32_t)FFA_DENIED, 1 };
    struct ffa_bitmaps got;
    uint8_t lens[20];
    uint16_t ids[20];
    bool more;

    expect_eq(ffa_notif_info(&ffa, ids, lens, &more), FFA_NO_DATA, "INFO_GET: nothing");
    expect_eq(tell(PEER, CMD_RING, 8, 0), FFA_DENIED, "the peer rings what is not bound");
    expect_eq(tell(PEER, CMD_RING, GLOBAL | 4, 0), FFA_DENIED, "... among others");
    expect_eq(tell(PEER, CMD_RING, GLOBAL, 0), FFA_OK, "the peer rings");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(PEER, ffa.id), 0, GLOBAL, 0), FFA_DENIED, "UNBIND of a pending bit");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(PEER, ffa.id), 0, GLOBAL | VCPU, 0), FFA_DENIED, "... and another one");
    expect_eq(raw(FFA_NOTIFICATION_BIND, PAIR(BARE, ffa.id), 0, GLOBAL, 0), FFA_DENIED, "BIND of a pending bit");
    ok(ffa_notif_info(&ffa, ids, lens, &more) == 1 && !more && ids[0] == ffa.id && !lens[0], "INFO_GET names us, and no vCPU");
    expect_eq(ffa_notif_info(&ffa, ids, lens, &more), FFA_NO_DATA, "once");
    expect_eq(tell(PEER, CMD_RING, GLOBAL, 0), FFA_OK, "rung again");
    expect_eq(tell(PEER, CMD_RING, VCPU, FFA_NOTIF_PER_VCPU), FFA_OK, "and per vCPU");
    ok(ffa_notif_info(&ffa, ids, lens, &more) == 1 && !more && ids[0] == ffa.id && lens[0] == 1 && !ids[1], "INFO_GET names vCPU 0");

    expect_eq(ffa_notif_get(&ffa, 0, 0x10, &got), FFA_INVALID_PARAMETERS, "GET with a reserved flag");
    expect_eq(ffa_notif_get(&ffa, (uint16_t)nr_cpus, FFA_GET_VM, &got), FFA_INVALID_PARAMETERS, "GET for a vCPU that is none");
    expect_eq(raw(FFA_NOTIFICATION_GET, PAIR(0, PEER), FFA_GET_VM, 0, 0), FFA_INVALID_PARAMETERS, "GET for the peer");
    expect_eq(raw(FFA_NOTIFICATION_GET, PAIR(0, ffa.id), FFA_GET_VM, 1, 0), FFA_INVALID_PARAMETERS, "GET with w3");
    ok(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got) == FFA_OK && !got.sp && !got.vm, "GET of what SPs have set has nothing");
    expect_eq(sp_command(SP_FAULTS_ID, fault), FFA_OK, "the SPMC will refuse its part of GET");
    expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP | FFA_GET_VM, &got), FFA_DENIED, "so it is refused");
    fault[0] = FAULT_CLEAR;
    expect_eq(sp_command(SP_FAULTS_ID, fault), FFA_OK, "no more");
    ok(ffa_notif_get(&ffa, 0, FFA_GET_VM, &got) == FFA_OK && got.vm == (GLOBAL | VCPU), "GET: both, merged, nothing lost (0x%lx)", got.vm);
    ok(ffa_notif_get(&ffa, 0, FFA_GET_VM, &got) == FFA_OK && !got.vm, "once");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(PEER, ffa.id), 0, GLOBAL | VCPU, 0), FFA_OK, "UNBIND");
    expect_eq(tell(PEER, CMD_RING, GLOBAL, 0), FFA_DENIED, "it cannot be rung any more");
}

/* ---- indirect messages ---- */

static unsigned int head;

static void put32(unsigned int at, uint32_t v) { *(volatile uint32_t *)(tx + at) = v; }

/* A good one for @to, with the word at @at replaced (none: ~0) */
static int send(uint16_t from, uint16_t to, unsigned int at, uint32_t value)
{
    unsigned int i;

    for ( i = 0; i < 64; i += 4 )
        put32(i, 0);
    put32(8, head);
    put32(12, PAIR(from, to));
    put32(16, 24);
    if ( at != ~0u )
        put32(at, value);

    return ffa_send2(&ffa);
}

static void messages(void)
{
    const struct { unsigned int at; uint32_t value; int rc; const char *what; } row[] = {
        { 0, 1, FFA_INVALID_PARAMETERS, "flags" },
        { 0, 2, FFA_INVALID_PARAMETERS, "a delayed SRI" },
        { 4, 1, FFA_INVALID_PARAMETERS, "a reserved word" },
        { 8, 0, FFA_INVALID_PARAMETERS, "no offset" },
        { 8, head - 1, FFA_INVALID_PARAMETERS, "an offset in the header" },
        { 8, sizeof(tx), FFA_INVALID_PARAMETERS, "an offset behind TX" },
        { 8, 0xffffffff, FFA_INVALID_PARAMETERS, "an offset that wraps" },
        { 16, 0, FFA_INVALID_PARAMETERS, "no payload" },
        { 16, sizeof(tx) - head + 1, FFA_INVALID_PARAMETERS, "a byte more than TX" },
        { 16, 0xfffffff8, FFA_INVALID_PARAMETERS, "a size that wraps" },
        { 16, PAGE_SIZE + 1 - head, FFA_NO_MEMORY, "a byte more than its RX" },
    };
    const struct { uint16_t from, to; int rc; const char *what; } who[] = {
        { WRONG, WRONG, FFA_INVALID_PARAMETERS, "to oneself" },
        { WRONG, 0, FFA_INVALID_PARAMETERS, "to the hypervisor" },
        { WRONG, NOBODY, FFA_INVALID_PARAMETERS, "to nobody" },
        { WRONG, BARE, FFA_INVALID_PARAMETERS, "to a VM without buffers" },
        { WRONG, OLD, FFA_DENIED, "to a VM of 1.0" },
        { BARE, PEER, FFA_INVALID_PARAMETERS, "as another VM" },
        { PEER, PEER, FFA_INVALID_PARAMETERS, "as the receiver" },
        { 0, PEER, FFA_INVALID_PARAMETERS, "as the hypervisor" },
        { SP_ECHO_ID, PEER, FFA_INVALID_PARAMETERS, "as an SP" },
    };
    uint64_t until = time_us() + PATIENCE_US;
    unsigned int i;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
        expect_eq(send(WRONG, PEER, row[i].at, row[i].value), row[i].rc, "SEND2: %s", row[i].what);
    for ( i = 0; i < ARRAY_SIZE(who); i++ )
        expect_eq(send(who[i].from, who[i].to, ~0u, 0), who[i].rc, "SEND2 %s", who[i].what);
    expect_eq(ffa_reserved(FFA_MSG_SEND2, 1, 0, 0, 0), 0, "SEND2 with a register that is not zero");
    expect_eq(tell(PEER, CMD_READ, 0, 0), FFA_DENIED, "nothing has come");
    expect_eq(send(WRONG, PEER, ~0u, 0), FFA_OK, "a good one");
    expect_eq(send(WRONG, PEER, ~0u, 0), FFA_BUSY, "another one, before it is read");
    expect_eq(tell(PEER, CMD_READ, 0, 0), FFA_OK, "it is read");
    expect_eq(tell(PEER, CMD_READ, 0, 0), FFA_DENIED, "once");
    expect_eq(send(WRONG, PEER, ~0u, 0), FFA_OK, "the next");
    expect_eq(tell(PEER, CMD_READ, 0, 0), FFA_OK, "it is read");

    /* MSG_WAIT keeps RX if it is told to, and releases it if not; an answer never does. */
    expect_eq(send(WRONG, PEER, ~0u, 0), FFA_OK, "and one more");
    expect_eq(tell(PEER, CMD_WHO, 0, 0), FFA_OK, "the peer answers");
    expect_eq(send(WRONG, PEER, ~0u, 0), FFA_BUSY, "and has RX still");
    expect_eq(tell(PEER, CMD_WAIT, 0, 0), FFA_OK, "it will wait");
    while ( (rc = send(WRONG, PEER, ~0u, 0)) == FFA_BUSY && time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq(rc, FFA_OK, "when it waits RX is free");
    expect_eq(tell(PEER, CMD_READ, 0, 0), FFA_OK, "that is read");
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    expect_eq(ffa_send2(&ffa), FFA_DENIED, "SEND2 without buffers");
}

int program(void)
{
    char role[16] = "wrong";
    uint16_t id;

    cmdline_get("role", role, sizeof(role));
    if ( !expect_eq(ffa_start(FFA_VERSION_1_2), FFA_OK, "FF-A is there") )
        return 1;
    if ( cmdline_u64("buffers", 1) )
        expect_eq(ffa_rxtx_map(&ffa, tx, rx, role[0] == 'i' ? 1 : MAX_PAGES), FFA_OK, "RXTX_MAP");
    if ( role[0] == 'i' )
        return idle();

    head = ffa.version >= FFA_VERSION_1_2 ? 40 : 20;
    for ( id = PEER; id <= BARE; id++ )
        expect_eq(tell(id, CMD_WHO, 0, 0), FFA_OK, "VM %u is there", id);
    binds();
    sets();
    gets();
    messages();
    for ( id = PEER; id <= BARE; id++ )
        expect_eq(tell(id, CMD_STOP, 0, 0), FFA_OK, "VM %u hears that it is over", id);

    return 0;
}
