/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg: direct messages to SPs. Payloads by 32, 64 and REQ2, every refusal, interrupted and yielding requests and RUN.
 * Command line: part=all|refused|aborted (all; refused: sp.faults takes none; aborted: what is left of an SP that died),
 * pcpus=<n> (2), version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#include "ffa_port.h"

static struct ffa_partition echo;
static struct ffa_regs regs;

#define PATIENCE_US     10000000
#define PAIR(high, low) ((uint32_t)(high) << 16 | (uint16_t)(low))

static int call(uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    ffa_call(&ffa, &regs, fid, a1, a2, a3, a4, 0, 0, 0);
    return ffa_status(&regs);
}

/* sp.echo may be busy with another VM; nobody tells when it is free */
static bool try_again(int rc, uint64_t until)
{
    if ( rc != FFA_BUSY || time_us() >= until )
        return false;
    (void)wait_event(false, 500);
    return true;
}

static int send(struct ffa_msg *m, struct ffa_run_stats *stats)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg copy;
    int rc;

    do {
        copy = *m;
        rc = ffa_msg_stats(&ffa, echo.id, &copy, stats);
    } while ( try_again(rc, until) );

    *m = copy;
    return rc;
}

static int send2(struct ffa_msg2 *m)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg2 copy;
    int rc;

    do {
        copy = *m;
        rc = ffa_msg2(&ffa, echo.id, &copy);
    } while ( try_again(rc, until) );

    *m = copy;
    return rc;
}

static void payloads(void)
{
    uint64_t until = time_us() + PATIENCE_US;
    struct ffa_msg m;
    unsigned int i, j, bad;
    bool again;

    for ( i = 0, bad = 0; i < 64; i++ )
    {
        for ( j = 0; j < 5; j++ )
            m.w[j] = 0x10000000u + i * 5 + j;
        m.is64 = i & 1;
        if ( m.is64 )
            for ( j = 0; j < 5; j++ )
                m.w[j] |= 0x8765432100000000ul;
        if ( send(&m, NULL) != FFA_OK )
            bad++;
        for ( j = 0; j < 5; j++ )
            if ( m.w[j] != ((0x10000000u + i * 5 + j) | (i & 1 ? 0x8765432100000000ul : 0)) )
                bad++;
    }
    expect_eq(bad, 0, "payloads come back, 32 and 64 bits wide");

    m = (struct ffa_msg){ .w = { 0xffff000010000001ul, 2, 3, 4, 0x1234567800000005ul } };
    expect_eq(send(&m, NULL), FFA_OK, "a 32-bit request with garbage above");
    ok(m.w[0] == 0x10000001 && m.w[4] == 5, "comes back without it");

    do {
        for ( i = 0; i < 18; i++ )
            regs.x[i] = i < 8 ? i + 0x100 : 0x5a5a000000000000ul + i;
        regs.x[0] = FFA_MSG_SEND_DIRECT_REQ_32;
        regs.x[1] = PAIR(ffa.id, echo.id);
        regs.x[2] = 0;
        smccc_call(ffa_conduit, (struct smccc *)&regs);
        again = (uint32_t)regs.x[0] == FFA_INTERRUPT;
        if ( again )
            ffa_resume(&ffa, echo.id, &regs, NULL);     /* RUN has other x8-x17: no use for this test */
    } while ( again || try_again(ffa_status(&regs), until) );
    for ( i = 8, bad = 0; i < 18; i++ )
        bad += regs.x[i] != 0x5a5a000000000000ul + i;
    ok((uint32_t)regs.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 && regs.x[1] == PAIR(echo.id, ffa.id) && !regs.x[2],
       "the raw answer: 0x%lx 0x%lx 0x%lx", regs.x[0], regs.x[1], regs.x[2]);
    expect_eq(bad, 0, "x8-x17 are kept");

    m = (struct ffa_msg){ .w = { ECHO_WHOAMI } };
    expect_eq(send(&m, NULL), FFA_OK, "who am I?");
    ok(m.w[1] == echo.id && (uint16_t)m.w[2] == ffa.id, "the SP is 0x%lx and sees 0x%lx", m.w[1], m.w[2]);
}

static void errors(void)
{
    uint16_t other = (uint16_t)(ffa.id == 1 ? 2 : 1);
    uint32_t fids[2] = { FFA_MSG_SEND_DIRECT_REQ_32, FFA_MSG_SEND_DIRECT_REQ_64 };
    unsigned int i;
    int rc;

    for ( i = 0; i < 2; i++ )
    {
        const char *w = i ? "64" : "32";
        uint32_t f = fids[i];

        if ( !ffa_physical )
        {
            expect_eq(call(f, PAIR(other, echo.id), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as another VM", w);
            expect_eq(call(f, PAIR(0, echo.id), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as the hypervisor", w);
            expect_eq(call(f, PAIR(ffa.id, echo.id), 0x80000004, 0, 0), FFA_INVALID_PARAMETERS,
                      "REQ_%s with a framework message", w);
            expect_eq(call(f, PAIR(ffa.id, echo.id), 0x80000008, FFA_VERSION_1_0, 0), FFA_INVALID_PARAMETERS,
                      "REQ_%s with a framework VERSION", w);
            rc = call(f, PAIR(ffa.id, other), 0, 0, 0);
            ok(rc == FFA_NOT_SUPPORTED || rc == FFA_INVALID_PARAMETERS, "REQ_%s to another VM: %d", w, rc);
            rc = call(f, PAIR(ffa.id, 0), 0, 0, 0);
            ok(rc == FFA_NOT_SUPPORTED || rc == FFA_INVALID_PARAMETERS, "REQ_%s to the hypervisor: %d", w, rc);
        }
        expect_eq(call(f, PAIR(0x8002, echo.id), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s as an SP", w);
        expect_eq(call(f, PAIR(echo.id, ffa.id), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s with its ids exchanged", w);
        expect_eq(call(f, PAIR(ffa.id, ffa.id), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to oneself", w);
        expect_eq(call(f, PAIR(ffa.id, 0x8077), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to nobody", w);
        expect_eq(call(f, PAIR(ffa.id, SPMC_ID), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to the SPMC", w);
        expect_eq(call(f, PAIR(ffa.id, 0xffff), 0, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s to the SPMD", w);
        expect_eq(call(f, PAIR(ffa.id, echo.id), 1, 0, 0), FFA_INVALID_PARAMETERS, "REQ_%s with a reserved w2", w);
    }

    if ( !ffa_physical )
    {
        rc = call(FFA_MSG_SEND_DIRECT_RESP_32, PAIR(ffa.id, echo.id), 0, 0, 0);
        expect_eq(rc, FFA_DENIED, "a response to nothing");
        rc = call(FFA_MSG_WAIT, 0, 0, 0, 0);
        expect_eq(rc, FFA_NOT_SUPPORTED, "MSG_WAIT from a VM that receives nothing");
        rc = call(FFA_YIELD, 0, 0, 0, 0);
        expect_eq(rc, FFA_NOT_SUPPORTED, "YIELD from a VM that receives nothing");
    }
}

static void req2(void)
{
    static const struct ffa_uuid wrong = { { 9, 9, 9, 9 } };
    struct ffa_msg2 m = { .uuid = uuid_echo };
    unsigned int i, bad;

    for ( i = 0; i < 14; i++ )
        m.x[i] = 0x1111111100000000ul * (i + 1) + i + 0x20000000;
    if ( ffa.version < FFA_VERSION_1_2 )
    {
        expect_eq(send2(&m), FFA_NOT_SUPPORTED, "no REQ2 before 1.2");
        return;
    }

    expect_eq(send2(&m), FFA_OK, "REQ2 with the SP's UUID");
    for ( i = 0, bad = 0; i < 14; i++ )
        bad += m.x[i] != 0x1111111100000000ul * (i + 1) + i + 0x20000000;
    expect_eq(bad, 0, "all 14 registers come back");

    m.uuid = (struct ffa_uuid){ { 0 } };
    expect_eq(send2(&m), FFA_OK, "REQ2 with the nil UUID");
    m.uuid = wrong;
    expect_eq(send2(&m), FFA_INVALID_PARAMETERS, "REQ2 with a UUID that is not the SP's");
    m.uuid = uuid_echo;
    expect_eq(ffa_msg2(&ffa, 0x8077, &m), FFA_INVALID_PARAMETERS, "REQ2 to nobody");
    expect_eq(ffa_msg2(&ffa, SPMC_ID, &m), FFA_INVALID_PARAMETERS, "REQ2 to the SPMC");
    if ( !ffa_physical )
    {
        expect_eq(call(FFA_MSG_SEND_DIRECT_REQ2, PAIR(ffa.id ^ 3, echo.id), 0, 0, 0), FFA_INVALID_PARAMETERS,
                  "REQ2 as another VM");
        expect_eq(call(FFA_MSG_SEND_DIRECT_REQ2, 1ul << 32 | PAIR(ffa.id, echo.id), 0, 0, 0), FFA_INVALID_PARAMETERS,
                  "REQ2 with a reserved upper half of x1");
    }
}

/* A request that takes longer than the next interrupt */
static void interrupted(void)
{
    struct ffa_run_stats stats = { 0, 0 };
    struct ffa_msg m = { .w = { ECHO_SPIN, 5000 } };
    unsigned long fired = timer_fired[0];
    uint64_t t0 = time_us(), spent;

    timer_arm(1000);
    expect_eq(send(&m, &stats), FFA_OK, "a request of 5 ms, with a timer in 1 ms");
    spent = time_us() - t0;
    ok(spent >= 4000, "took %lu us, %u times FFA_INTERRUPT", spent, stats.interrupts);
    ok(wait_event(timer_fired[0] > fired, 2000000), "and the timer's interrupt came");
    timer_disarm();
}

static void yields_and_run(void)
{
    struct ffa_run_stats stats = { 0, 0 };
    struct ffa_msg m = { .w = { ECHO_YIELD, 3 } };
    uint64_t target, until;
    int rc;

    expect_eq(send(&m, &stats), FFA_OK, "a request that yields three times");
    expect_eq(m.w[1], 3, "its answer");
    expect_eq(stats.yields, 3, "each YIELD came to us");

    if ( !ffa_physical )
    {
        rc = call(FFA_RUN, PAIR(echo.id, 0), 0, 0, 0);
        ok(rc == FFA_DENIED || rc == FFA_INVALID_PARAMETERS, "RUN of an SP where one has nothing open: %d", rc);
        rc = call(FFA_RUN, PAIR(0, 0), 0, 0, 0);
        ok(rc < 0 && rc != FFA_ABORTED, "RUN of the hypervisor: %d", rc);
        rc = call(FFA_RUN, PAIR(ffa.id, 0), 0, 0, 0);
        ok(rc < 0 && rc != FFA_ABORTED, "RUN of oneself: %d", rc);
        rc = call(FFA_RUN, PAIR(ffa.id ^ 3, 0), 0, 0, 0);
        ok(rc < 0 && rc != FFA_ABORTED, "RUN of another VM: %d", rc);
        expect_eq(ffa_reserved(FFA_RUN, 2, PAIR(echo.id, 0), 0, 0), 0, "RUN with a reserved register");
        rc = call(FFA_RUN, PAIR(0, echo.id), 0, 0, 0);
        ok(rc < 0 && rc != FFA_ABORTED, "RUN with its halves exchanged: %d", rc);
        rc = call(FFA_RUN, PAIR(SPMC_ID, 0), 0, 0, 0);
        ok(rc < 0 && rc != FFA_ABORTED, "RUN of the SPMC: %d", rc);
    }
    rc = call(FFA_RUN, PAIR(0x8077, 0), 0, 0, 0);
    ok(rc < 0 && rc != FFA_ABORTED, "RUN of nobody: %d", rc);

    /* By hand: while the request is open */
    until = time_us() + PATIENCE_US;
    do {
        ffa_call(&ffa, &regs, FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, echo.id), 0, ECHO_YIELD, 1, 0, 0, 0);
    } while ( try_again(ffa_status(&regs), until) );
    while ( (uint32_t)regs.x[0] == FFA_INTERRUPT )
        ffa_call(&ffa, &regs, FFA_RUN, regs.x[1], 0, 0, 0, 0, 0, 0);
    if ( !expect_eq((uint32_t)regs.x[0], FFA_YIELD, "the request yields") )
        return;
    target = regs.x[1];
    expect_eq(target >> 16, echo.id, "YIELD names the SP");
    /* The SP has a context on each CPU: that of the one we may have moved to is free. */
    rc = call(FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, echo.id), 0, 0, 0);
    if ( cmdline_u64("pcpus", 2) > 1 )
    {
        ffa_resume(&ffa, echo.id, &regs, NULL);
        ok(rc == FFA_BUSY || (uint32_t)regs.x[0] == FFA_MSG_SEND_DIRECT_RESP_32, "another request meanwhile: %d", rc);
    }
    else
        expect_eq(rc, FFA_BUSY, "another request meanwhile");
    if ( !ffa_physical )
    {
        rc = call(FFA_RUN, (uint32_t)target ^ 0x1f, 0, 0, 0);
        ok(rc == FFA_DENIED || rc == FFA_INVALID_PARAMETERS, "RUN of another context of it: %d", rc);
    }
    ffa_call(&ffa, &regs, FFA_RUN, target, 0, 0, 0, 0, 0, 0);
    ffa_resume(&ffa, echo.id, &regs, NULL);
    ok((uint32_t)regs.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 && (uint32_t)regs.x[4] == 1, "RUN brings the response (0x%lx)",
       regs.x[0]);
    if ( !ffa_physical )
    {
        rc = call(FFA_RUN, target, 0, 0, 0);
        ok(rc == FFA_DENIED || rc == FFA_INVALID_PARAMETERS, "RUN once more: %d", rc);
    }
}

/* How requests of each kind to @sp end, and what is not one of 1.2 does not count */
static void each_ends(uint16_t sp, int error, const char *why)
{
    struct ffa_msg2 m2 = { .x = { 0 } };
    struct ffa_msg m = { .w = { 1 } };

    expect_eq(ffa_msg(&ffa, sp, &m), error, "REQ_32 to %s", why);
    m = (struct ffa_msg){ .w = { 1 }, .is64 = true };
    expect_eq(ffa_msg(&ffa, sp, &m), error, "REQ_64 to %s", why);
    if ( ffa.version >= FFA_VERSION_1_2 )
        expect_eq(ffa_msg2(&ffa, sp, &m2), error, "REQ2 to %s", why);
}

static void refused(void)
{
    struct ffa_partition p;

    expect_eq(ffa_find(&ffa, &uuid_faults, &p), FFA_OK, "sp.faults is found");
    expect_eq(p.properties & (1u | 1u << 9), 0, "and takes no direct requests, says its list entry");
    each_ends(p.id, FFA_DENIED, "an SP that takes none");
    expect_eq(call(FFA_RUN, PAIR(p.id, 0), 0, 0, 0), FFA_DENIED, "there is nothing to run");
}

/* It reads what is not its own, on this CPU, where this vCPU stays. */
static void aborted(void)
{
    struct ffa_msg m = { .w = { NOTIFY_STATS } };

    ffa_call(&ffa, &regs, FFA_MSG_SEND_DIRECT_REQ_32, PAIR(ffa.id, echo.id), 0, ECHO_READ, 0x0e000000, 0, 1, 0);
    while ( (uint32_t)regs.x[0] == FFA_INTERRUPT )
        ffa_call(&ffa, &regs, FFA_RUN, regs.x[1], 0, 0, 0, 0, 0, 0);
    if ( !expect_eq((uint32_t)regs.x[0], FFA_YIELD, "a request yields") )
        return;
    ffa_call(&ffa, &regs, FFA_RUN, regs.x[1], 0, 0, 0, 0, 0, 0);
    ffa_resume(&ffa, echo.id, &regs, NULL);
    expect_eq(ffa_status(&regs), FFA_ABORTED, "RUN, and the SP dies of it");
    each_ends(echo.id, FFA_ABORTED, "an SP that is dead");
    expect_eq(call(FFA_RUN, PAIR(echo.id, 0), 0, 0, 0), FFA_DENIED, "there is nothing to run");
    expect_eq(ffa_msg(&ffa, SP_NOTIFY_ID, &m), FFA_OK, "others are well");
}

int program(void)
{
    char part[16] = "all";

    cmdline_get("part", part, sizeof(part));
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_echo, &echo), FFA_OK, "sp.echo is found") )
        return 1;

    if ( !strcmp(part, "refused") )
    {
        refused();
        return 0;
    }
    if ( !strcmp(part, "aborted") )
    {
        aborted();
        return 0;
    }
    payloads();
    errors();
    req2();
    interrupted();
    yields_and_run();
    return 0;
}
