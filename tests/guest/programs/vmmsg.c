/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmmsg: direct messages between VMs. A server waits for requests on all its vCPUs and does what they say; clients ask it
 * everything a client can, from all their vCPUs, and tell it when they are done.
 *
 * Command line: role=server|client|flood|quit|restart, peer=<id> (2: the server), clients=<n> (1: of the server), version=1.0|1.1|1.2,
 * rounds=<n> (40), cycle=<id> (0: who the client itself is asked back by the server), die=<point> (none): the client ends in the
 * middle of a request; ms=<n> (2000: of a flood), listed=<0|1> (1: the policy lets a client discover the server).
 * Output: TAP; the server's ends with how many requests it has answered.
 */
#include "ffa_port.h"

/* w3 of a request (x4 of REQ2); anything else comes back as it is */
#define CMD_SPIN        0x564d0001u     /* w4: us to compute, with interrupts open              */
#define CMD_YIELD       0x564d0002u     /* w4: how often; w5: ns                                */
#define CMD_STOP        0x564d0003u     /* one client is done                                   */
#define CMD_OFF         0x564d0004u     /* power off instead of an answer                       */
#define CMD_ASK_BACK    0x564d0005u     /* ask the requester something; w4 of the answer: how that ended */
#define CMD_WRONG       0x564d0006u     /* try every wrong answer first; w4: how many were not refused as they must be */
#define CMD_WHO         0x564d0007u     /* w4: the vCPU                                         */
#define CMD_CPU_OFF     0x564d0008u     /* CPU_OFF instead of an answer; not of vCPU 0      */
#define CMD_CPU_ON      0x564d0009u     /* turn on again who went off; w4: how many             */

#define PATIENCE_US     60000000
#define RETRY_US        500
#define PAIR(high, low) ((uint32_t)(high) << 16 | (uint16_t)(low))

static uint16_t peer;
static volatile unsigned int served, stops, wrong, aborted, interrupts, clients;

static void count(volatile unsigned int *n) { __atomic_add_fetch(n, 1, __ATOMIC_RELAXED); }

static int call(uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, fid, a1, a2, a3, 0, 0, 0, 0);
    return ffa_status(&r);
}

/* ---- the server ---- */

static bool over(void) { return stops >= clients; }

static unsigned int wrong_answers(uint16_t to, uint32_t request)
{
    static const struct { uint32_t fid; uint16_t from, to; uint64_t w2; int rc; } row[] = {
        { FFA_MSG_SEND_DIRECT_RESP_32, 1, 0, 0, FFA_INVALID_PARAMETERS },          /* 1: another VM's id */
        { FFA_MSG_SEND_DIRECT_RESP_32, 0, 0, 1, FFA_INVALID_PARAMETERS },
        { FFA_MSG_SEND_DIRECT_RESP_32, 0, 0, 0x80000005, FFA_INVALID_PARAMETERS },
        { FFA_MSG_SEND_DIRECT_RESP_32, 0, 0x7e00, 0, FFA_DENIED },
        { FFA_MSG_SEND_DIRECT_RESP_32, 0, SP_ECHO_ID, 0, FFA_DENIED },
        { FFA_MSG_SEND_DIRECT_RESP_32, 0, 0, 0, FFA_DENIED },
        { FFA_MSG_SEND_DIRECT_RESP_64, 0, 0, 0, FFA_DENIED },
    };
    int no_resp2 = ffa.version < FFA_VERSION_1_2 ? FFA_NOT_SUPPORTED : FFA_DENIED;
    unsigned int i, n = 0;

    if ( request == FFA_MSG_SEND_DIRECT_REQ2 )
    {
        n += call(FFA_MSG_SEND_DIRECT_RESP2, PAIR(ffa.id ^ 1, to), 0, 0) != FFA_INVALID_PARAMETERS;
        n += call(FFA_MSG_SEND_DIRECT_RESP2, PAIR(ffa.id, to), 1, 0) != FFA_INVALID_PARAMETERS;
        n += call(FFA_MSG_SEND_DIRECT_RESP2, PAIR(ffa.id, to), 0, 1) != FFA_INVALID_PARAMETERS;
        n += call(FFA_MSG_SEND_DIRECT_RESP2, 1ul << 32 | PAIR(ffa.id, to), 0, 0) != FFA_INVALID_PARAMETERS;
        n += call(FFA_MSG_SEND_DIRECT_RESP2, PAIR(ffa.id, SP_ECHO_ID), 0, 0) != FFA_DENIED;
    }
    else
        n += call(FFA_MSG_SEND_DIRECT_RESP2, PAIR(ffa.id, to), 0, 0) != no_resp2;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        if ( row[i].fid == request + 1 && row[i].rc == FFA_DENIED && !row[i].to )
            continue;                   /* that one would be right */
        n += call(row[i].fid, PAIR(row[i].from ? ffa.id ^ 1 : ffa.id, row[i].to ? row[i].to : to), row[i].w2, 0) != row[i].rc;
    }
    n += call(FFA_MSG_WAIT, 0, 0, 0) != FFA_DENIED;
    n += call(FFA_MSG_WAIT, 1, 0, 0) != FFA_INVALID_PARAMETERS;
    n += call(FFA_MSG_WAIT, 0, 2, 0) != FFA_INVALID_PARAMETERS;
    n += call(FFA_YIELD, 1, 0, 0) != FFA_INVALID_PARAMETERS;
    n += ffa_reserved(FFA_MSG_WAIT, 3, 0, 0, 0) + ffa_reserved(FFA_YIELD, ffa.version < FFA_VERSION_1_2 ? 2 : 4, 0, 0, 0);

    return n;
}

static uint64_t ask_back(uint16_t who)
{
    struct ffa_msg m = { .w = { 1, 2, 3, 4, 5 } };

    return (uint32_t)ffa_msg(&ffa, who, &m);
}

static void serve(void *unused);

/* By a vCPU that serves: who has gone off serves again. */
static unsigned int cpus_on(void)
{
    unsigned int i, n = 0;

    for ( i = 1; i < nr_cpus; i++ )
        n += !cpus[i].online && cpu_up(i) && cpu_start(i, serve, NULL);

    return n;
}

static void do_command(struct ffa_regs *r)
{
    bool wide = (uint32_t)r->x[0] == FFA_MSG_SEND_DIRECT_REQ2;
    uint64_t *w = wide ? &r->x[4] : &r->x[3], until;
    uint16_t client = (uint16_t)(r->x[1] >> 16);
    struct ffa_regs y;
    unsigned int i;

    if ( (uint16_t)r->x[1] != ffa.id || r->x[2] || (wide && r->x[3]) )
        count(&wrong);

    switch ( (uint32_t)w[0] )
    {
    case CMD_SPIN:
        for ( until = time_us() + w[1]; time_us() < until; )
            ;
        break;
    case CMD_YIELD:
        for ( i = 0; i < w[1]; i++ )
        {
            ffa_call(&ffa, &y, FFA_YIELD, 0, ffa.version >= FFA_VERSION_1_2 ? w[2] : 0, 0, 0, 0, 0, 0);
            if ( (uint32_t)y.x[0] == FFA_INTERRUPT )
                count(&interrupts);
            else if ( ffa_status(&y) != FFA_OK )
                break;
        }
        break;
    case CMD_STOP:
        count(&stops);
        break;
    case CMD_OFF:
        system_off();
    case CMD_CPU_OFF:
        if ( cpu_id() )
        {
            cpus[cpu_id()].stop = true;
            return;
        }
        break;
    case CMD_CPU_ON:
        w[1] = cpus_on();
        break;
    case CMD_ASK_BACK:
        w[1] = ask_back(client);
        break;
    case CMD_WRONG:
        w[1] = wrong_answers(client, (uint32_t)r->x[0]);
        break;
    case CMD_WHO:
        w[1] = cpu_id();
        break;
    }
    count(&served);
}

/* Masked, so that a kick after our look ends the wait. */
static uint32_t wait_unless_over(struct ffa_regs *r)
{
    uint64_t flags = irq_save();
    uint32_t what = over() ? FFA_INTERRUPT : ffa_msg_wait(&ffa, r, 0);

    irq_restore(flags);
    return what;
}

static void serve(void *unused)
{
    struct ffa_regs r;
    uint32_t what = ffa_msg_wait(&ffa, &r, 0);

    (void)unused;
    for ( ; ; )
    {
        switch ( what )
        {
        case FFA_MSG_SEND_DIRECT_REQ_32:
        case FFA_MSG_SEND_DIRECT_REQ_64:
        case FFA_MSG_SEND_DIRECT_REQ2:
            do_command(&r);
            if ( cpus[cpu_id()].stop )
                return;                 /* it goes off */
            if ( over() )
                gic_send_sgi_others(SGI_KICK);
            what = over() ? ffa_msg_respond_briefly(&ffa, &r) : ffa_msg_respond(&ffa, &r);
            break;
        case FFA_INTERRUPT:
            count(&interrupts);
            if ( over() )
                return;
            what = wait_unless_over(&r);
            break;
        default:
            if ( ffa_status(&r) == FFA_ABORTED )
                count(&aborted);
            else
            {
                printf("# 0x%lx 0x%lx 0x%lx\n", r.x[0], r.x[1], r.x[2]);
                count(&wrong);
            }
            if ( over() || wrong > 10 )
                return;
            what = wait_unless_over(&r);
            break;
        }
    }
}

static int server(void)
{
    unsigned int i;

    clients = (unsigned int)cmdline_u64("clients", 1);
    expect_eq(ffa_features(&ffa, FFA_MSG_WAIT, 0, NULL, NULL), FFA_OK, "this VM may receive");
    expect_eq(ffa_features(&ffa, FFA_YIELD, 0, NULL, NULL), FFA_OK, "and yield");
    expect_eq(call(FFA_MSG_SEND_DIRECT_RESP_32, PAIR(ffa.id, peer), 0, 0), FFA_DENIED, "an answer to nothing");
    expect_eq(call(FFA_YIELD, 0, 0, 0), FFA_DENIED, "there is nobody to yield to");
    expect_eq(call(FFA_MSG_WAIT, 0, 0, 1), FFA_INVALID_PARAMETERS, "MSG_WAIT with a reserved register");
    expect_eq(call(FFA_MSG_WAIT, 0, ffa.version < FFA_VERSION_1_2 ? 1 : 2, 0), FFA_INVALID_PARAMETERS, "MSG_WAIT with a reserved flag");
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_start(i, serve, NULL);
    serve(NULL);
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
        {
            gic_send_sgi(SGI_KICK, i);
            ok(cpu_wait(i, PATIENCE_US), "vCPU %u has ended", i);
        }
    expect_eq(wrong, 0, "nothing strange came");
    expect_eq(stops, clients, "%u clients are done", clients);
    printf("vmmsg: served %u interrupts %u aborted %u\n", served, interrupts, aborted);

    return 0;
}

/* ---- a client ---- */

/* The server may be busy, or not there yet */
static int ask(struct ffa_msg *m, struct ffa_run_stats *stats)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg copy;
    int rc;

    for ( ; ; )
    {
        copy = *m;
        rc = ffa_msg_stats(&ffa, peer, &copy, stats);
        if ( (rc != FFA_BUSY && rc != FFA_INVALID_PARAMETERS) || time_us() >= until )
            break;
        (void)wait_event(false, RETRY_US);
    }
    *m = copy;

    return rc;
}

static int ask2(struct ffa_msg2 *m)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg2 copy;
    int rc;

    for ( ; ; )
    {
        copy = *m;
        rc = ffa_msg2(&ffa, peer, &copy);
        if ( rc != FFA_BUSY || time_us() >= until )
            break;
        (void)wait_event(false, RETRY_US);
    }
    *m = copy;

    return rc;
}

static unsigned int rounds;
static volatile unsigned int bad;

/* On each vCPU */
static void payloads(void *unused)
{
    unsigned int i, j, n = rounds * 10;
    struct ffa_msg m;

    (void)unused;
    for ( i = 0; i < n; i++ )
    {
        uint64_t high = i & 1 ? 0x8765432100000000ul : 0, base = 0x10000000u + cpu_id() * 0x10000 + i * 5;

        m.is64 = i & 1;
        for ( j = 0; j < 5; j++ )
            m.w[j] = high | (base + j);
        if ( ask(&m, NULL) != FFA_OK )
            count(&bad);
        for ( j = 0; j < 5; j++ )
            if ( m.w[j] != (high | (base + j)) )
                count(&bad);
    }
}

static void everywhere(void (*fn)(void *))
{
    unsigned int i;

    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_start(i, fn, NULL);
    fn(NULL);
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            ok(cpu_wait(i, PATIENCE_US), "vCPU %u has ended", i);
}

static void discovery(void)
{
    uint32_t wanted = 1 | (ffa.version >= FFA_VERSION_1_2 && cmdline_u64("peer12", 1) ? 1u << 9 : 0), got = 0;
    struct ffa_partition p[16];
    int i, n = ffa_partitions(&ffa, NULL, p, 16);

    for ( i = 0; i < n && i < 16; i++ )
        if ( p[i].id == peer )
            got = p[i].properties;
    expect_eq(got & (1 | 1u << 9), wanted, "the server is listed with what it takes");
}

static void errors(void)
{
    static const uint32_t fids[] = { FFA_MSG_SEND_DIRECT_REQ_32, FFA_MSG_SEND_DIRECT_REQ_64 };
    struct ffa_msg m = { .w = { CMD_WRONG } };
    unsigned int i;

    for ( i = 0; i < 2; i++ )
    {
        const char *w = i ? "64" : "32";
        uint32_t f = fids[i];

        expect_eq(call(f, PAIR(peer, ffa.id), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s with its ids exchanged", w);
        expect_eq(call(f, PAIR(0, peer), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as the hypervisor", w);
        expect_eq(call(f, PAIR(SP_ECHO_ID, peer), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as an SP", w);
        expect_eq(call(f, PAIR(0x7e00, peer), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as another VM", w);
        expect_eq(call(f, PAIR(ffa.id, ffa.id), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to oneself", w);
        expect_eq(call(f, PAIR(ffa.id, 0), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to the hypervisor", w);
        expect_eq(call(f, PAIR(ffa.id, 0x7e00), 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to nobody", w);
        expect_eq(call(f, PAIR(ffa.id, peer), 1, 0), FFA_INVALID_PARAMETERS, "REQ_%s with a reserved w2", w);
        expect_eq(call(f, PAIR(ffa.id, peer), 0x80000004, 0), FFA_INVALID_PARAMETERS, "REQ_%s as VM created", w);
        expect_eq(call(f, PAIR(ffa.id, peer), 0x80000006, 0), FFA_INVALID_PARAMETERS, "REQ_%s as VM destroyed", w);
    }
    expect_eq(call(FFA_RUN, PAIR(peer, 0), 0, 0), FFA_DENIED, "RUN of what was not asked");
    expect_eq(call(FFA_RUN, PAIR(peer, 0x1234), 0, 0), FFA_DENIED, "RUN of a vCPU that is none");
    expect_eq(call(FFA_RUN, PAIR(0, 0), 0, 0), FFA_INVALID_PARAMETERS, "RUN of the hypervisor");
    expect_eq(call(FFA_RUN, PAIR(ffa.id, 0), 0, 0), FFA_INVALID_PARAMETERS, "RUN of oneself");
    expect_eq(call(FFA_RUN, PAIR(peer, 0), 1, 0), FFA_INVALID_PARAMETERS, "RUN with a reserved register");

    for ( i = 0; i < 2; i++ )
    {
        m = (struct ffa_msg){ .w = { CMD_WRONG }, .is64 = i };
        expect_eq(ask(&m, NULL), FFA_OK, "the server tries wrong answers");
        expect_eq(m.w[1], 0, "each is refused as it must be");
    }
}

static void req2(void)
{
    struct ffa_msg2 m = { .uuid = { { 0 } } };
    bool both = ffa.version >= FFA_VERSION_1_2 && cmdline_u64("peer12", 1);
    unsigned int i, n, diff = 0;
    int rc;

    for ( n = 0; n < rounds; n++ )
    {
        for ( i = 0; i < 14; i++ )
            m.x[i] = 0x1111111100000000ul * (i + 1) + i + n;
        rc = ask2(&m);
        if ( !both )
        {
            expect_eq(rc, ffa.version < FFA_VERSION_1_2 ? FFA_NOT_SUPPORTED : FFA_DENIED, "REQ2 needs 1.2 on both sides");
            return;
        }
        diff += rc != FFA_OK;
        for ( i = 0; i < 14; i++ )
            diff += m.x[i] != 0x1111111100000000ul * (i + 1) + i + n;
    }
    expect_eq(diff, 0, "REQ2: all 14 registers come back");

    m.x[0] = CMD_WRONG;
    expect_eq(ask2(&m), FFA_OK, "the server tries wrong answers to REQ2");
    expect_eq(m.x[1], 0, "each is refused as it must be");
    m.uuid.word[0] = 1;
    expect_eq(ask2(&m), FFA_INVALID_PARAMETERS, "REQ2 with a UUID: a VM has none");
    expect_eq(call(FFA_MSG_SEND_DIRECT_REQ2, 1ul << 32 | PAIR(ffa.id, peer), 0, 0), FFA_INVALID_PARAMETERS,
              "REQ2 with a reserved upper half of x1");
    expect_eq(call(FFA_MSG_SEND_DIRECT_REQ2, PAIR(ffa.id ^ 1, peer), 0, 0), FFA_INVALID_PARAMETERS, "REQ2 as another VM");
}

/* The timer comes in the middle of a request; on a busy machine also before or after it, so more than once is tried. */
static void interrupted(void)
{
    struct ffa_run_stats stats = { 0 };
    unsigned long before = timer_fired[0];
    unsigned int tries;
    struct ffa_msg m;
    int rc = FFA_OK;

    for ( tries = 0; tries < 50 && !stats.interrupts; tries++ )
    {
        m = (struct ffa_msg){ .w = { CMD_SPIN, 20000 } };
        timer_arm(2000);
        rc = ask(&m, &stats);
        timer_disarm();
        if ( rc != FFA_OK )
            break;
    }
    expect_eq(rc, FFA_OK, "a long request is answered");
    ok(stats.interrupts && timer_fired[0] != before, "its sender took timer interrupts meanwhile, after INTERRUPT %u times",
       stats.interrupts);
}

static void yields(void)
{
    struct ffa_run_stats stats = { 0 };
    struct ffa_msg m = { .w = { CMD_YIELD, 8, 100000 } };

    expect_eq(ask(&m, &stats), FFA_OK, "a request whose receiver yields");
    ok(stats.yields && stats.yields <= 8, "and was told so %u times of 8", stats.yields);
}

static void raw(void)
{
    struct ffa_regs r;
    unsigned int i, diff;
    uint64_t until = time_us() + PATIENCE_US;

    do {
        for ( i = 0; i < 18; i++ )
            r.x[i] = i < 8 ? i + 0x100 : 0x5a5a000000000000ul + i;
        r.x[0] = FFA_MSG_SEND_DIRECT_REQ_32;
        r.x[1] = PAIR(ffa.id, peer);
        r.x[2] = 0;
        r.x[3] |= 0xffff000000000000ul;
        smccc_call(ffa_conduit, (struct smccc *)&r);
    } while ( (uint32_t)r.x[0] != FFA_MSG_SEND_DIRECT_RESP_32 && time_us() < until && (ffa_resume(&ffa, peer, &r, NULL), true) &&
              (uint32_t)r.x[0] != FFA_MSG_SEND_DIRECT_RESP_32 );
    for ( i = 4, diff = 0; i < 8; i++ )
        diff += r.x[i] != i + 0x100;
    ok((uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 && r.x[1] == PAIR(peer, ffa.id) && !r.x[2] && r.x[3] == 0x103 && !diff,
       "the raw answer: 0x%lx 0x%lx 0x%lx 0x%lx", r.x[0], r.x[1], r.x[2], r.x[3]);
}

static int client(void)
{
    struct ffa_msg m = { .w = { CMD_WHO } };
    uint64_t cycle = cmdline_u64("cycle", 0);

    rounds = (unsigned int)cmdline_u64("rounds", 40);
    if ( !expect_eq(ask(&m, NULL), FFA_OK, "the server is there") )
        return 1;
    if ( cmdline_u64("listed", 1) )
        discovery();
    errors();
    everywhere(payloads);
    expect_eq(bad, 0, "payloads come back, 32 and 64 bits wide, on all vCPUs at once");
    raw();
    req2();
    interrupted();
    yields();
    if ( cycle )
    {
        m = (struct ffa_msg){ .w = { CMD_ASK_BACK } };
        expect_eq(ask(&m, NULL), FFA_OK, "a request whose receiver asks back");
        expect_eq((int)m.w[1], cycle == 1 ? FFA_BUSY : FFA_INVALID_PARAMETERS, "which ends, and does not wait for ever");
    }
    m = (struct ffa_msg){ .w = { CMD_STOP } };
    expect_eq(ask(&m, NULL), FFA_OK, "the server hears that it is done");

    return 0;
}

/* The server powers off in the middle of requests of all vCPUs. */
static volatile unsigned int ended;

static void until_it_dies(void *unused)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg m;
    int rc;

    (void)unused;
    /* Now and then a vCPU of the server must be free for who tells it to go. */
    do {
        m = (struct ffa_msg){ .w = { CMD_SPIN, 3000 } };
        rc = ffa_msg(&ffa, peer, &m);
        if ( rc == FFA_OK || rc == FFA_BUSY )
            (void)wait_event(false, RETRY_US);
    } while ( (rc == FFA_OK || rc == FFA_BUSY) && time_us() < until );
    /* Nobody has its id any more, or it died meanwhile. */
    if ( rc == FFA_ABORTED || rc == FFA_INVALID_PARAMETERS )
        count(&ended);
    else
        printf("# vcpu %u: %d\n", cpu_id(), rc);
}

static int quit(void)
{
    struct ffa_msg m = { .w = { CMD_WHO } };
    unsigned int i, n = 0;
    int rc;

    if ( !expect_eq(ask(&m, NULL), FFA_OK, "the server is there") )
        return 1;
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
        {
            cpu_start(i, until_it_dies, NULL);
            n++;
        }
    (void)wait_event(false, 20000);
    m = (struct ffa_msg){ .w = { CMD_OFF } };
    rc = ask(&m, NULL);
    expect_eq(rc, FFA_ABORTED, "a request whose receiver powers off");
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            ok(cpu_wait(i, PATIENCE_US), "vCPU %u has ended", i);
    expect_eq(ended, n, "the requests of all others have ended, too");
    expect_eq(call(FFA_RUN, PAIR(peer, 0), 0, 0) == FFA_OK, 0, "nothing is left to run");

    return 0;
}

/*
 * A request, or a RUN: what comes of it, if that is no interrupt. The timer, because there may be no other to end the wait; masked,
 * because it may be over before that begins.
 */
static uint32_t raw_call(uint32_t fid, uint64_t w1, uint64_t w3, uint64_t w4, struct ffa_regs *r)
{
    uint64_t until = time_us() + PATIENCE_US, flags = irq_save();

    timer_arm(RETRY_US);
    ffa_call(&ffa, r, fid, w1, 0, w3, w4, 0, 0, 0);
    while ( (uint32_t)r->x[0] == FFA_INTERRUPT && time_us() < until )
    {
        irq_restore(flags);
        flags = irq_save();
        timer_arm(RETRY_US);
        ffa_call(&ffa, r, FFA_RUN, r->x[1], 0, 0, 0, 0, 0, 0);
    }
    timer_disarm();
    irq_restore(flags);

    return (uint32_t)r->x[0];
}

/* vCPUs of the server go off instead of answering, all but its first, which yields meanwhile; and come back. */
static int restart(void)
{
    unsigned int off = 0, vcpus = (unsigned int)cmdline_u64("vcpus", 3);
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg m = { .w = { CMD_WHO } };
    struct ffa_regs r, first;

    if ( !expect_eq(ask(&m, NULL), FFA_OK, "the server is there") )
        return 1;
    while ( (raw_call(FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, peer), CMD_YIELD, 1, &first) != FFA_YIELD ||
             first.x[1] != PAIR(peer, 0)) && time_us() < until )
    {
        if ( (uint32_t)first.x[0] == FFA_YIELD )
            raw_call(FFA_RUN, first.x[1], 0, 0, &r);
        (void)wait_event(false, RETRY_US);
    }
    ok((uint32_t)first.x[0] == FFA_YIELD && first.x[1] == PAIR(peer, 0), "its first vCPU yields");

    while ( off < vcpus - 1 && time_us() < until )
    {
        raw_call(FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, peer), CMD_CPU_OFF, 0, &r);
        off += ffa_status(&r) == FFA_ABORTED;
        (void)wait_event(false, RETRY_US);
    }
    expect_eq(off, vcpus - 1, "the others go off instead of answering: ABORTED");
    expect_eq(raw_call(FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, peer), CMD_WHO, 0, &r) == FFA_ERROR ? ffa_status(&r) : 0, FFA_BUSY,
              "nobody else is there");
    expect_eq(raw_call(FFA_RUN, first.x[1], 0, 0, &r), FFA_MSG_SEND_DIRECT_RESP_32, "the first one answers");

    m = (struct ffa_msg){ .w = { CMD_CPU_ON } };
    ok(ask(&m, NULL) == FFA_OK && m.w[1] == off, "it turns on the others");
    everywhere(payloads);
    expect_eq(bad, 0, "they answer, too");
    m = (struct ffa_msg){ .w = { CMD_STOP } };
    expect_eq(ask(&m, NULL), FFA_OK, "the server hears that this was all");

    return 0;
}

/* A client that powers off in the middle of a request, while others of its vCPUs are in one, too */
static int die(void)
{
    struct ffa_msg m = { .w = { CMD_WHO } };
    unsigned int i;

    ask(&m, NULL);
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_start(i, until_it_dies, NULL);
    (void)wait_event(false, 10000 + cmdline_u64("die", 0) * 500);
    printf("vmmsg: dies\n");
    system_off();
}

/* As fast as it can */
static uint64_t flood_until;
static volatile unsigned int asked;

static void flood(void *unused)
{
    struct ffa_regs r;

    (void)unused;
    while ( time_us() < flood_until )
    {
        ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, peer), 0, 1, 2, 3, 4, 5);
        while ( (uint32_t)r.x[0] == FFA_INTERRUPT || (uint32_t)r.x[0] == FFA_YIELD )
            ffa_call(&ffa, &r, FFA_RUN, r.x[1], 0, 0, 0, 0, 0, 0);
        count(&asked);
    }
}

int program(void)
{
    char role[16] = "client";
    int rc;

    peer = (uint16_t)cmdline_u64("peer", 2);
    cmdline_get("role", role, sizeof(role));
    smp_up_all();
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;

    if ( !strcmp(role, "server") )
        return server();
    if ( !strcmp(role, "quit") )
        return quit();
    if ( !strcmp(role, "restart") )
        return restart();
    if ( !strcmp(role, "die") )
        return die();
    if ( !strcmp(role, "flood") )
    {
        struct ffa_msg m = { .w = { CMD_WHO } };

        ok(ask(&m, NULL) == FFA_OK, "the server is there");
        flood_until = time_us() + cmdline_u64("ms", 2000) * 1000;
        everywhere(flood);
        m = (struct ffa_msg){ .w = { CMD_STOP } };
        ok(ask(&m, NULL) == FFA_OK, "it still answers after %u requests", asked);
        return 0;
    }

    return client();
}
