/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cycles: a VM rings SPs that nobody sends a message to: they fetch only if they are given cycles (FFA_RUN). sp.notify rings
 * back what it fetched, which is how the VM knows.
 * Command line: rounds=<n> (10), pcpus=<n> (2: physical CPUs, an SP has a vCPU on each), timeout=<s> (60), version=1.1|1.2,
 *   role=ring      rings; the hypervisor, or another VM, gives the cycles
 *   role=both      is the scheduler itself: SRI, INFO_GET, RUN
 *   role=schedule  schedules for another VM, until turns=<n> (40) turns have ended
 *   role=neglect   is the scheduler, and does not RUN what it is told of; after rounds=<n> it does
 *   role=hog       rings sp.echo, which then keeps the CPU for spin=<us> (2000000) in each of its turns
 * Output: TAP, and `cycles: rang <n> answered <n> turns <n>`.
 */
#include "ffa_port.h"

#define GLOBAL          1ul
#define VCPU            2ul
#define SRI             9
#define RETRY_US        1000

static struct ffa_partition notify, echo;
static unsigned int pcpus, rounds, turns, interrupts, lists, alien, refused;
static volatile unsigned int global_got, vcpu_got, sris;
static bool schedules, neglects;
static uint64_t until;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    if ( !got->sp )
        return;
    printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
    global_got += !!(got->sp & GLOBAL);
    vcpu_got += !!(got->sp & VCPU);
}

static void on_sri(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    sris++;
}

static int run(uint16_t id, uint16_t vcpu, struct ffa_regs *r)
{
    ffa_call(&ffa, r, FFA_RUN, (uint32_t)id << 16 | vcpu, 0, 0, 0, 0, 0, 0);

    return ffa_status(r);
}

/* All turns that this vCPU of the SP wants. Where it is on another CPU, INTERRUPT says that it is being run there. */
static void give(uint16_t id, uint16_t vcpu)
{
    struct ffa_regs r;

    for ( ; time_us() < until; )
    {
        int rc = run(id, vcpu, &r);

        switch ( (uint32_t)r.x[0] )
        {
        case FFA_MSG_WAIT:
            turns++;
            return;
        case FFA_INTERRUPT:
        case FFA_YIELD:
            interrupts++;
            if ( r.x[1] != ((uint32_t)id << 16 | vcpu) )
                alien++;
            (void)wait_event(false, 100);
            continue;
        default:
            /* BUSY: it serves a request. DENIED: another list of the same has been served already. */
            if ( rc == FFA_DENIED )
                return;
            if ( rc != FFA_BUSY )
            {
                printf("# RUN of 0x%x vCPU %u: %d\n", id, vcpu, rc);
                refused++;
                return;
            }
            (void)wait_event(false, RETRY_US);
        }
    }
}

/* What a scheduler does after its interrupt */
static void serve(void)
{
    uint16_t ids[20];
    uint8_t lens[20];
    bool more = true;
    int n, i, j, at;

    while ( more && time_us() < until )
    {
        n = ffa_notif_info(&ffa, ids, lens, &more);
        for ( i = 0, at = 0; i < n; at += lens[i] + 1, i++ )
        {
            lists++;
            if ( ids[at] == ffa.id )
                continue;               /* its own, which the NPI brings */
            if ( ids[at] != notify.id && ids[at] != echo.id )
            {
                alien++;
                continue;
            }
            if ( !lens[i] && !neglects )
                give(ids[at], 0);
            for ( j = 1; j <= lens[i] && !neglects; j++ )
                give(ids[at], ids[at + j]);
        }
    }
}

/* Until @count has changed; a scheduler works meanwhile. */
static bool answered(volatile unsigned int *count, unsigned int before)
{
    unsigned int seen;

    while ( *count == before && time_us() < until )
    {
        seen = sris;
        if ( schedules )
            serve();
        (void)wait_event(*count != before || (schedules && sris != seen), until - time_us());
    }

    return *count != before;
}

static int command(uint16_t sp, uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *result)
{
    uint64_t w[5] = { what, a, b, c, d };
    int rc = sp_command(sp, w);

    if ( result )
        result[0] = w[1], result[1] = w[2];

    return rc == FFA_OK ? (int32_t)w[0] : rc;
}

static void ring(void)
{
    unsigned int k, before, bad = 0, late = 0;
    uint64_t begin[2], end[2];

    expect_eq(ffa_notif_bind(&ffa, notify.id, 0, GLOBAL | VCPU), FFA_OK, "bind bits for the answers");
    expect_eq(command(notify.id, NOTIFY_BIND, ffa.id, GLOBAL, 0, 0, NULL), FFA_OK, "the SP binds a global bit");
    expect_eq(command(notify.id, NOTIFY_BIND, ffa.id, VCPU, 0, FFA_NOTIF_PER_VCPU, NULL), FFA_OK, "and a per-vCPU one");
    expect_eq(command(notify.id, NOTIFY_ANSWER, 1, 0, 0, 0, NULL), FFA_OK, "it will answer");
    expect_eq(command(notify.id, NOTIFY_RUNS, 0, 0, 0, 0, begin), FFA_OK, "how often it had cycles before");

    for ( k = 0; k < rounds && !late; k++ )
    {
        before = global_got;
        bad += ffa_notif_set(&ffa, notify.id, 0, GLOBAL) != FFA_OK;
        late += !answered(&global_got, before);
        before = vcpu_got;
        bad += ffa_notif_set(&ffa, notify.id, FFA_NOTIF_PER_VCPU | FFA_NOTIF_VCPU(k % pcpus), VCPU) != FFA_OK;
        late += !answered(&vcpu_got, before);
    }
    expect_eq(bad, 0, "no ring was refused");
    expect_eq(late, 0, "each was answered");
    expect_eq(global_got, rounds, "global ones");
    expect_eq(vcpu_got, rounds, "per-vCPU ones");

    expect_eq(ffa_notif_set(&ffa, notify.id, FFA_NOTIF_PER_VCPU | FFA_NOTIF_VCPU(pcpus), VCPU), FFA_INVALID_PARAMETERS,
              "a vCPU that the SP does not have");
    expect_eq(ffa_notif_set(&ffa, notify.id, 0, VCPU), FFA_INVALID_PARAMETERS, "a per-vCPU bit rung as a global one");
    expect_eq(ffa_notif_set(&ffa, notify.id, 0, 4), FFA_DENIED, "a bit that is not bound");

    expect_eq(command(notify.id, NOTIFY_RUNS, 0, 0, 0, 0, end), FFA_OK, "how often it has had cycles");
    ok((uint32_t)(end[0] - begin[0]) >= 2 * rounds, "once for each ring: %u", (uint32_t)(end[0] - begin[0]));
    if ( rounds >= pcpus )
        expect_eq((uint32_t)end[1], BIT(pcpus) - 1, "on each CPU");
    expect_eq(command(notify.id, NOTIFY_ANSWER, 0, 0, 0, 0, NULL), FFA_OK, "no more answers");
    expect_eq(command(notify.id, NOTIFY_UNBIND, ffa.id, GLOBAL | VCPU, 0, 0, NULL), FFA_OK, "the SP unbinds");
    expect_eq(ffa_notif_unbind(&ffa, notify.id, GLOBAL | VCPU), FFA_OK, "unbind");
}

/* Refusals of RUN, and of INFO_GET, for a scheduler and for others */
static void rules(void)
{
    struct ffa_regs r;
    uint32_t w2;
    int rc;

    rc = ffa_features(&ffa, FFA_FEATURE_SRI, 0, &w2, NULL);
    ok(schedules ? rc == FFA_OK && w2 == SRI : rc == FFA_NOT_SUPPORTED, "FEATURES(SRI) (%d)", rc);
    expect_eq(run(notify.id, 0, &r), FFA_DENIED, "RUN of an SP that has nothing to do");
    expect_eq(run(0x8fff, 0, &r), FFA_INVALID_PARAMETERS, "... of nobody");
    expect_eq(run(0x8000, 0, &r), FFA_INVALID_PARAMETERS, "... of the SPMC");
    expect_eq(run(0, 0, &r), FFA_INVALID_PARAMETERS, "... of the hypervisor");
    ffa_call(&ffa, &r, FFA_RUN, (uint32_t)notify.id << 16, 1, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "... with a register that must be zero");
    rc = run(notify.id, 0x7fff, &r);
    ok(rc == FFA_INVALID_PARAMETERS, "... of a vCPU that it does not have (%d)", rc);
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_32, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_NO_DATA, "INFO_GET without news");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 1, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "INFO_GET with an argument");
}

/* Both forms of INFO_GET name the SP once, with its vCPUs, and then no more. */
static void reported_once(void)
{
    struct ffa_regs r;
    unsigned int seen;

    expect_eq(command(notify.id, NOTIFY_BIND, ffa.id, GLOBAL | 4, 0, 0, NULL), FFA_OK, "the SP binds two global bits");
    expect_eq(command(notify.id, NOTIFY_BIND, ffa.id, VCPU, 0, FFA_NOTIF_PER_VCPU, NULL), FFA_OK, "and a per-vCPU one");
    expect_eq(command(notify.id, NOTIFY_ANSWER, 1, 0, 0, 0, NULL), FFA_OK, "and fetches with its cycles");

    seen = sris;
    expect_eq(ffa_notif_set(&ffa, notify.id, 0, GLOBAL), FFA_OK, "ring");
    ok(wait_event(sris != seen, until - time_us()), "the SRI comes");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_32, 0, 0, 0, 0, 0, 0, 0);
    ok((uint32_t)r.x[0] == FFA_SUCCESS_32 && r.x[2] == 1u << 7 && r.x[3] == notify.id && !r.x[4],
       "INFO_GET_32 names the SP, no vCPU (0x%lx 0x%lx 0x%lx)", r.x[0], r.x[2], r.x[3]);
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_NO_DATA, "once");

    seen = sris;
    expect_eq(ffa_notif_set(&ffa, notify.id, FFA_NOTIF_PER_VCPU, VCPU), FFA_OK, "ring vCPU 0");
    ok(wait_event(sris != seen, until - time_us()), "the SRI comes");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 0, 0, 0, 0, 0, 0, 0);
    /* An SP with one vCPU is run anywhere */
    ok((uint32_t)r.x[0] == FFA_SUCCESS_64 && r.x[2] == ((pcpus > 1 ? 1u << 12 : 0) | 1u << 7) && r.x[3] == notify.id && !r.x[4],
       "INFO_GET_64 names the SP and its vCPU 0 (0x%lx 0x%lx 0x%lx)", r.x[0], r.x[2], r.x[3]);
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_NO_DATA, "once");
    give(notify.id, 0);
    expect_eq(turns, 1, "one turn serves both");
    expect_eq(run(notify.id, 0, &r), FFA_DENIED, "then there is nothing to do");
    expect_eq(command(notify.id, NOTIFY_UNBIND, ffa.id, GLOBAL | VCPU | 4, 0, 0, NULL), FFA_OK, "it had fetched all of it");
}

/* A list has at most three vCPUs: one more for the rest, with the same id. Each vCPU is named once. */
static void more_than_a_list(void)
{
    unsigned int i, at, wrong = 0, seen, named = 0, answers = 0, before = turns;
    uint16_t ids[20];
    uint8_t lens[20];
    bool more;
    int n, list, rc;

    expect_eq(command(notify.id, NOTIFY_BIND, ffa.id, VCPU, 0, FFA_NOTIF_PER_VCPU, NULL), FFA_OK, "the SP binds a per-vCPU bit");
    for ( i = 0; i < pcpus; i++ )
        wrong += ffa_notif_set(&ffa, notify.id, FFA_NOTIF_PER_VCPU | FFA_NOTIF_VCPU(i), VCPU) != FFA_OK;
    expect_eq(wrong, 0, "each of its vCPUs is rung");
    while ( named != BIT(pcpus) - 1 && time_us() < until )
    {
        seen = sris;
        n = ffa_notif_info(&ffa, ids, lens, &more);
        answers += n > 0;
        for ( list = 0, at = 0; list < n; at += lens[list] + 1u, list++ )
        {
            wrong += ids[at] != notify.id || !lens[list] || lens[list] > 3;
            for ( i = 1; i <= lens[list]; i++ )
            {
                wrong += ids[at + i] >= pcpus || (named & BIT(ids[at + i]));
                named |= BIT(ids[at + i]);
            }
        }
        if ( n <= 0 )
            (void)wait_event(sris != seen, RETRY_US);
    }
    expect_eq(named, BIT(pcpus) - 1, "all are named, in %u answers", answers);
    expect_eq(wrong, 0, "each once, and nobody else");
    for ( i = 0; i < pcpus; i++ )
        give(notify.id, (uint16_t)i);
    /* Of the hypervisor, if this took us a second */
    ok(turns - before <= pcpus, "each has a turn, %u of them ours", turns - before);
    while ( (rc = command(notify.id, NOTIFY_UNBIND, ffa.id, VCPU, 0, 0, NULL)) == FFA_DENIED && time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq(rc, FFA_OK, "in which it has fetched");
}

static void schedule(void)
{
    unsigned int wanted = (unsigned int)cmdline_u64("turns", 40), seen;

    while ( turns < wanted && time_us() < until )
    {
        seen = sris;
        serve();
        (void)wait_event(sris != seen || turns >= wanted, until - time_us());
    }
    ok(turns >= wanted, "%u turns of SPs have ended", turns);
}

/* The hypervisor waits for a scheduler that has stopped to come, but not for ever; and not at all until it comes again. */
static void neglect(void)
{
    struct ffa_regs r;

    neglects = true;
    ring();
    expect_eq(turns, 0, "nothing was run here");
    ok(sris && lists, "it was told (%u times), and asked (%u lists)", sris, lists);

    neglects = false;
    global_got = vcpu_got = 0;
    expect_eq(run(notify.id, 0, &r), FFA_DENIED, "it comes again: nothing is left");
    ring();
    ok(turns >= 2 * rounds, "all is its own again (%u turns)", turns);
}

/* What comes back is that the SP keeps a CPU. Nobody may notice but by the clock. */
static void hog(void)
{
    unsigned int k, bad = 0;
    uint64_t spin = cmdline_u64("spin", 2000000);

    expect_eq(command(echo.id, ECHO_BIND, GLOBAL, 0, 0, 0, NULL), FFA_OK, "sp.echo binds a bit");
    expect_eq(command(echo.id, ECHO_RUN_SPIN, spin, 0, 0, 0, NULL), FFA_OK, "it will compute for long");
    for ( k = 0; k < rounds; k++ )
    {
        bad += ffa_notif_set(&ffa, echo.id, 0, GLOBAL) != FFA_OK;
        (void)wait_event(false, spin / 4);
    }
    expect_eq(bad, 0, "no ring was refused");

    /* A request to it is BUSY while it is in such a turn; each attempt lets it go on. */
    expect_eq(command(echo.id, ECHO_RUN_SPIN, 0, 0, 0, 0, NULL), FFA_OK, "a message gets through in the end");
    while ( (k = (unsigned int)command(echo.id, ECHO_UNBIND, GLOBAL, 0, 0, 0, NULL)) == (unsigned int)FFA_DENIED &&
            time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq((int)k, FFA_OK, "it has fetched, and unbinds");
}

int program(void)
{
    char role[16] = "ring";
    int rc;

    (void)cmdline_get("role", role, sizeof(role));
    rounds = (unsigned int)cmdline_u64("rounds", 10);
    pcpus = (unsigned int)cmdline_u64("pcpus", 2);
    until = time_us() + cmdline_u64("timeout", 60) * 1000000;
    schedules = !strcmp(role, "both") || !strcmp(role, "schedule") || !strcmp(role, "neglect");

    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) ||
         !ok(ffa.npi, "notifications are there") ||
         !ok(ffa_find(&ffa, &uuid_notify, &notify) == FFA_OK && ffa_find(&ffa, &uuid_echo, &echo) == FFA_OK, "the SPs are there") )
        return 1;
    ffa.on_get = on_get;
    if ( schedules )
    {
        irq_set_handler(SRI, on_sri, NULL);
        gic_enable(SRI);
    }

    if ( strcmp(role, "schedule") )
        rules();
    if ( !strcmp(role, "both") )
    {
        reported_once();
        if ( pcpus > 1 )
            more_than_a_list();
    }
    if ( !strcmp(role, "schedule") )
        schedule();
    else if ( !strcmp(role, "neglect") )
        neglect();
    else if ( !strcmp(role, "hog") )
        hog();
    else
        ring();

    expect_eq(alien, 0, "nobody else was named");
    expect_eq(refused, 0, "no RUN was refused");
    printf("cycles: rang %u answered %u turns %u interrupts %u lists %u\n", 2 * rounds, global_got + vcpu_got, turns, interrupts,
           lists);

    return 0;
}
