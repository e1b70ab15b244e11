/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypring: the hypervisor as an endpoint of notifications, id 0. It rings when a VM comes or goes, VMs and SPs, global and
 * per-vCPU bits; it is rung by VMs for its ledger, and by SPs for cycles.
 * Command line: pcpus=<n> (2: physical CPUs), allowed=<0|1> (1: the policy lets this VM ring the hypervisor), percpu=<0|1> (0: how
 *   bits for its events are bound), hyp=<0|1> (1: the SPMC lets the hypervisor receive), peer=<id> (3: the VM that goes, when it is
 *   rung), timeout=<s> (60), version=1.1|1.2; leave=<id>: is that VM, and is rung by this one; flood=<ms>: rings the hypervisor and
 *   sp.echo as fast as it can.
 * Output: TAP.
 */
#include "ffa_port.h"

#define HYP             0
#define EVENT           BIT(63)
#define BELL_LEDGER     1ul
#define BELL_CPU        2ul
#define SP_BELL         BIT(2 * (SP_NOTIFY_ID % 32))    /* any vCPU; the next bit: one */
#define RING_HYP        0x20
#define GO              1ul
#define ONE_VCPU        FFA_NOTIF_PER_VCPU
#define RETRY_US        2000

static struct ffa_partition notify;
static unsigned int pcpus;
static uint64_t until;
static volatile unsigned int events[MAX_CPUS];
static volatile uint64_t others;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    if ( got->sp )
        printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
    if ( got->vm & EVENT )
        __atomic_add_fetch(&events[vcpu], 1, __ATOMIC_RELAXED);
    __atomic_or_fetch(&others, got->vm & ~EVENT, __ATOMIC_RELAXED);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static int command(uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *result)
{
    uint64_t w[5] = { what, a, b, c, d };
    int rc = sp_command(notify.id, w);
    unsigned int i;

    for ( i = 0; result && i < 4; i++ )
        result[i] = w[1 + i];

    return rc == FFA_OK ? (int32_t)w[0] : rc;
}

static int set(uint32_t flags, uint64_t bits)
{
    return ffa_notif_set(&ffa, HYP, flags, bits);
}

static int raw(uint32_t fid, uint32_t w1, uint32_t w2, uint64_t bits)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, fid, w1, w2, (uint32_t)bits, bits >> 32, 0, 0, 0);

    return ffa_status(&r);
}

static void denied(void)
{
    expect_eq(ffa_notif_bind(&ffa, HYP, 0, EVENT), FFA_INVALID_PARAMETERS, "BIND to the hypervisor, as to nobody");
    expect_eq(ffa_notif_unbind(&ffa, HYP, EVENT), FFA_INVALID_PARAMETERS, "UNBIND");
    expect_eq(set(0, BELL_LEDGER), FFA_INVALID_PARAMETERS, "SET");
}

/* The VM rings: refusals in the order of their checks, then what works */
static void doorbells(void)
{
    expect_eq(raw(FFA_NOTIFICATION_SET, ffa.id << 16 | HYP, 4, BELL_LEDGER), FFA_INVALID_PARAMETERS, "SET with reserved flags");
    expect_eq(raw(FFA_NOTIFICATION_SET, ffa.id << 16 | HYP, 2, BELL_LEDGER), FFA_INVALID_PARAMETERS, "with a delayed SRI");
    expect_eq(raw(FFA_NOTIFICATION_SET, ffa.id << 16 | HYP, FFA_NOTIF_VCPU(1), BELL_LEDGER), FFA_INVALID_PARAMETERS,
              "with a vCPU for a global bit");
    expect_eq(raw(FFA_NOTIFICATION_SET, (ffa.id + 1u) << 16 | HYP, 0, BELL_LEDGER), FFA_INVALID_PARAMETERS, "as another VM");
    expect_eq(raw(FFA_NOTIFICATION_SET, HYP << 16 | HYP, 0, BELL_LEDGER), FFA_INVALID_PARAMETERS, "as the hypervisor");
    expect_eq(set(0, 0), FFA_INVALID_PARAMETERS, "no bits");
    expect_eq(set(ONE_VCPU | FFA_NOTIF_VCPU(pcpus), BELL_CPU), FFA_INVALID_PARAMETERS, "a vCPU that the hypervisor does not have");
    expect_eq(set(ONE_VCPU | FFA_NOTIF_VCPU(0xffff), BELL_CPU), FFA_INVALID_PARAMETERS, "far beyond");
    expect_eq(set(0, 4), FFA_DENIED, "a bit that nobody listens to");
    expect_eq(set(0, BELL_LEDGER | 4), FFA_DENIED, "one such among others");
    expect_eq(set(0, BELL_CPU), FFA_INVALID_PARAMETERS, "a per-vCPU bit as a global one");
    expect_eq(set(ONE_VCPU, BELL_LEDGER), FFA_INVALID_PARAMETERS, "a global bit as a per-vCPU one");

    expect_eq(set(0, BELL_LEDGER), FFA_OK, "ring for the ledger");
    expect_eq(set(ONE_VCPU | FFA_NOTIF_VCPU(pcpus - 1), BELL_CPU), FFA_OK, "ring its last vCPU");
    expect_eq(set(0, BELL_LEDGER), FFA_OK, "again, which merges");
}

static void binding(uint32_t flags)
{
    expect_eq(raw(FFA_NOTIFICATION_BIND, HYP << 16 | ffa.id, 2, EVENT), FFA_INVALID_PARAMETERS, "BIND with reserved flags");
    expect_eq(raw(FFA_NOTIFICATION_BIND, HYP << 16 | (ffa.id + 1u), 0, EVENT), FFA_INVALID_PARAMETERS, "for another VM");
    expect_eq(ffa_notif_bind(&ffa, HYP, 0, 0), FFA_INVALID_PARAMETERS, "no bits");
    expect_eq(ffa_notif_unbind(&ffa, HYP, EVENT), FFA_DENIED, "UNBIND of what is not bound");
    expect_eq(ffa_notif_bind(&ffa, HYP, flags, EVENT), FFA_OK, "BIND");
    expect_eq(ffa_notif_bind(&ffa, HYP, flags, EVENT), FFA_DENIED, "twice");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, HYP << 16 | ffa.id, 1, EVENT), FFA_INVALID_PARAMETERS, "UNBIND with flags");
}

static unsigned int all_events(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < nr_cpus; i++ )
        n += events[i];

    return n;
}

static bool each_vcpu(void)
{
    unsigned int i;

    for ( i = 0; i < nr_cpus; i++ )
        if ( !events[i] )
            return false;

    return true;
}

/* sp.notify rings the hypervisor: for any vCPU of its, then for each one. Its turns are the proof. */
static void sp_rings(void)
{
    uint64_t was[4], now[4];
    unsigned int cpu;

    for ( cpu = 0; cpu <= pcpus; cpu++ )
    {
        bool any = cpu == pcpus;

        if ( !expect_eq(command(NOTIFY_RUNS, 0, 0, 0, 0, was), FFA_OK, "turns so far: %u", (uint32_t)was[2]) )
            return;
        expect_eq(command(NOTIFY_RING, any ? 0 : cpu << 16, any ? SP_BELL : 2 * SP_BELL, 0,
                          RING_HYP | 0xff00 | (any ? 0 : ONE_VCPU), NULL), FFA_OK, "it rings the hypervisor");
        do
            (void)wait_event(false, RETRY_US);
        while ( command(NOTIFY_RUNS, 0, 0, 0, 0, now) == FFA_OK && now[2] == was[2] && time_us() < until );
        ok(now[2] > was[2], "and has had a turn");
    }
    expect_eq((uint32_t)now[3], BIT(pcpus) - 1, "on each CPU");
    expect_eq(command(NOTIFY_RING, 0, 0x100000, 0, RING_HYP | 0xff00, NULL), FFA_DENIED, "a bit that is not its own");
    expect_eq(command(NOTIFY_RING, 0, 2 * SP_BELL, 0, RING_HYP | 0xff00, NULL), FFA_INVALID_PARAMETERS,
              "its per-vCPU bit as a global one");
}

/* ... and is rung when a VM goes, in the way in which it has bound the bit */
static void sp_is_rung(uint32_t flags, bool refused)
{
    uint64_t got[4] = { 0 }, seen[4];
    int rc;

    if ( refused )
        return;

    /* It fetches in the turns that it gets, wherever; which is seen by UNBIND being allowed again */
    while ( (command(NOTIFY_RUNS, 0, 0, 0, 0, got) != FFA_OK || !got[0]) && time_us() < until )
        (void)wait_event(false, RETRY_US);
    ok(got[0], "sp.notify was rung by the hypervisor: %u times", (uint32_t)got[0]);
    while ( (rc = command(NOTIFY_UNBIND, HYP, 0, 1u << 31, 0, seen)) == FFA_DENIED && time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq(rc, FFA_OK, "it has fetched all");
    if ( flags )
    {
        (void)command(NOTIFY_RUNS, 0, 0, 0, 0, got);
        expect_eq((uint32_t)got[1], BIT(pcpus) - 1, "on each of its vCPUs");
    }
}

/* Wait for a ring of @peer */
static int leave(uint16_t peer)
{
    while ( ffa_notif_bind(&ffa, peer, 0, GO) != FFA_OK && time_us() < until )
        (void)wait_event(false, RETRY_US);
    ok(wait_event(others & GO, until - time_us()), "told to go");

    return 0;
}

/* Nobody must notice. What is rung merges, so none is refused. */
static void flood(uint64_t ms)
{
    uint64_t end = time_us() + ms * 1000, rings = 0, w[5] = { ECHO_BIND, 1 };
    unsigned int bad = 0;
    int rc;

    ok(sp_command(SP_ECHO_ID, w) == FFA_OK && !w[0], "sp.echo binds a bit");
    while ( time_us() < end )
    {
        bad += set(0, BELL_LEDGER) != FFA_OK;
        bad += set(ONE_VCPU | FFA_NOTIF_VCPU(rings % pcpus), BELL_CPU) != FFA_OK;
        bad += ffa_notif_set(&ffa, SP_ECHO_ID, 0, 1) != FFA_OK;
        rings++;
    }
    expect_eq(bad, 0, "no ring was refused");
    ok(rings > 10, "%lu rings of each kind", (unsigned long)rings);
    do
    {
        (void)wait_event(false, RETRY_US);
        w[0] = ECHO_UNBIND;
        w[1] = 1;
        w[2] = 0;
        rc = sp_command(SP_ECHO_ID, w);
    } while ( rc == FFA_OK && (int32_t)w[0] == FFA_DENIED && time_us() < until );
    ok(rc == FFA_OK && !w[0], "sp.echo has fetched, and unbinds");
}

int program(void)
{
    uint32_t flags = cmdline_u64("percpu", 0) ? ONE_VCPU : 0;
    bool hyp = cmdline_u64("hyp", 1);
    unsigned int before;
    int rc;

    pcpus = (unsigned int)cmdline_u64("pcpus", 2);
    until = time_us() + cmdline_u64("timeout", 60) * 1000000;
    smp_up_all();
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;
    if ( !ok(ffa.npi, "notifications are there") )
        return 1;
    ffa.on_get = on_get;
    ffa_cpus_enable();

    if ( cmdline_u64("leave", 0) )
        return leave((uint16_t)cmdline_u64("leave", 0));
    if ( cmdline_u64("flood", 0) )
    {
        flood(cmdline_u64("flood", 0));
        return 0;
    }
    if ( !cmdline_u64("allowed", 1) )
    {
        denied();
        return 0;
    }

    doorbells();
    binding(flags);
    if ( hyp && ok(ffa_find(&ffa, &uuid_notify, &notify) == FFA_OK, "sp.notify is there") )
    {
        expect_eq(command(NOTIFY_BIND, HYP, 0, 1u << 31, flags, NULL), FFA_OK, "sp.notify binds the event as well");
        sp_rings();
        expect_eq(command(NOTIFY_ANSWER, 1, 0, 0, 0, NULL), FFA_OK, "it fetches in its turns");
    }

    before = all_events();
    while ( (rc = ffa_notif_set(&ffa, (uint16_t)cmdline_u64("peer", 3), 0, GO)) != FFA_OK && time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq(rc, FFA_OK, "the other VM shall go");
    ok(wait_event(flags ? each_vcpu() : all_events() > before, until - time_us()), "a VM has gone: %u events", all_events());
    sp_is_rung(flags, !hyp);
    if ( hyp )
        expect_eq(command(NOTIFY_ANSWER, 0, 0, 0, 0, NULL), FFA_OK, "sp.notify is as before");

    /* Nothing pends any more when all vCPUs have fetched. */
    while ( (rc = ffa_notif_unbind(&ffa, HYP, EVENT)) == FFA_DENIED && time_us() < until )
        (void)wait_event(false, RETRY_US);
    expect_eq(rc, FFA_OK, "UNBIND");
    expect_eq(others, 0, "nothing else came");

    return 0;
}
