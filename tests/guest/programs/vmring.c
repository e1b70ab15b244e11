/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmring: VMs that ring each other. Every VM pings each of its peers, global and per-vCPU, and answers each ping with a
 * pong; a ping is sent only after the pong for the last one, so none merge and all counts are the same in every run.
 *
 * A VM with the id n has, at each receiver, four bits from 4 * (n - 2) on: ping, pong, per-vCPU ping, per-vCPU pong.
 * Command line: peers=<ids> (2-3: of VMs, this one left out), rounds=<n> (20), timeout=<s> (60), version=1.1|1.2,
 * sp=<0|1> (0: sp.notify rings it meanwhile, and both kinds come with the same GETs).
 * Output: TAP, and `vmring: pings <n> pongs <n>`.
 */
#include "ffa_port.h"

#define MAX_VMS         18
#define PING            1ul
#define PONG            2ul
#define VPING           4ul
#define VPONG           8ul
#define ALL             (PING | PONG | VPING | VPONG)
#define RETRY_US        1000

static uint64_t peers;
static unsigned int rounds, wrong, strange, refused, sp_rings;
static volatile unsigned int pings[MAX_VMS], pongs[MAX_VMS], vpings[MAX_VMS], vpongs[MAX_VMS], sp_got;
static volatile unsigned int events;

static unsigned int shift(unsigned int vm) { return 4 * (vm - 2); }

static int set(unsigned int to, uint64_t what, unsigned int vcpu, bool per_vcpu)
{
    return ffa_notif_set(&ffa, (uint16_t)to, per_vcpu ? FFA_NOTIF_PER_VCPU | FFA_NOTIF_VCPU(vcpu) : 0,
                         what << shift(ffa.id));
}

static void pong(unsigned int to, uint64_t what, unsigned int vcpu, bool per_vcpu)
{
    if ( set(to, what, vcpu, per_vcpu) != FFA_OK )
        __atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
}

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    unsigned int n;

    (void)f;
    for ( n = 2; n < MAX_VMS; n++ )
    {
        uint64_t bits = (got->vm >> shift(n)) & ALL;

        if ( !bits )
            continue;
        if ( !(peers & BIT(n)) )
        {
            __atomic_add_fetch(&strange, 1, __ATOMIC_RELAXED);
            continue;
        }

        /* The k-th per-vCPU ring of a peer is for vCPU k modulo their number, in both directions */
        if ( (bits & VPING) && vcpu != vpings[n] % nr_cpus )
            __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        if ( (bits & VPONG) && vcpu != vpongs[n] % nr_cpus )
            __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        /* Counted before they are answered: the next may come to another vCPU at once */
        pings[n] += !!(bits & PING);
        pongs[n] += !!(bits & PONG);
        vpings[n] += !!(bits & VPING);
        vpongs[n] += !!(bits & VPONG);
        if ( bits & PING )
            pong(n, PONG, 0, false);
        if ( bits & VPING )
            pong(n, VPONG, (vpings[n] - 1) % nr_cpus, true);
    }
    if ( got->sp )
    {
        printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
        __atomic_add_fetch(&sp_got, 1, __ATOMIC_RELAXED);
    }
    if ( got->hyp || got->spm )
        __atomic_add_fetch(&strange, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&events, 1, __ATOMIC_RELEASE);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

/* The first ring of a peer: it may not be there yet (INVALID_PARAMETERS), or not have bound its bits (DENIED). */
static bool first(unsigned int to, uint64_t what, bool per_vcpu, uint64_t until)
{
    int rc;

    while ( (rc = set(to, what, 0, per_vcpu)) != FFA_OK )
    {
        if ( (rc != FFA_INVALID_PARAMETERS && rc != FFA_DENIED) || time_us() >= until )
            return ok(false, "VM %u is rung for the first time (%d)", to, rc);
        (void)wait_event(false, RETRY_US);
    }

    return true;
}

/* The same for BIND */
static bool bind(unsigned int from, uint64_t until)
{
    int rc;

    while ( (rc = ffa_notif_bind(&ffa, (uint16_t)from, 0, (PING | PONG) << shift(from))) == FFA_INVALID_PARAMETERS &&
            time_us() < until )
        (void)wait_event(false, RETRY_US);
    if ( rc == FFA_OK )
        rc = ffa_notif_bind(&ffa, (uint16_t)from, FFA_NOTIF_PER_VCPU, (VPING | VPONG) << shift(from));

    return ok(rc == FFA_OK, "bits are bound to VM %u (%d)", from, rc);
}

static bool done(void)
{
    unsigned int n;

    for ( n = 2; n < MAX_VMS; n++ )
        if ( (peers & BIT(n)) &&
             (pings[n] < rounds || pongs[n] < rounds || vpings[n] < rounds || vpongs[n] < rounds) )
            return false;

    return true;
}

int program(void)
{
    static unsigned int sent[MAX_VMS], vsent[MAX_VMS];
    uint64_t until = time_us() + cmdline_u64("timeout", 60) * 1000000;
    unsigned int n, before, total_pings = 0, total_pongs = 0, bad = 0;
    struct ffa_partition sp;
    int rc;

    peers = cmdline_bits("peers", 0xc);
    rounds = (unsigned int)cmdline_u64("rounds", 20);
    smp_up_all();
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) ||
         !ok(ffa.npi, "notifications are there") )
        return 1;
    peers &= ~BIT(ffa.id);
    ffa.on_get = on_get;
    ffa_cpus_enable();

    if ( cmdline_u64("sp", 0) )
    {
        uint64_t w[5] = { NOTIFY_RING | 20u << 16, ffa.id, 1, 0, 0xffu << 8 | 5u << 16 };

        ok(ffa_find(&ffa, &uuid_notify, &sp) == FFA_OK && ffa_notif_bind(&ffa, sp.id, 0, 1) == FFA_OK &&
           sp_command(sp.id, w) == FFA_OK && !w[0], "sp.notify rings as well");
        sp_rings = 1;
    }

    for ( n = 2; n < MAX_VMS; n++ )
        if ( (peers & BIT(n)) && !bind(n, until) )
            return 1;
    for ( n = 2; n < MAX_VMS; n++ )
        if ( peers & BIT(n) )
        {
            if ( !first(n, PING, false, until) || !first(n, VPING, true, until) )
                return 1;
            sent[n] = vsent[n] = 1;
        }

    while ( !done() && time_us() < until )
    {
        before = events;
        for ( n = 2; n < MAX_VMS; n++ )
        {
            if ( !(peers & BIT(n)) )
                continue;
            if ( sent[n] < rounds && pongs[n] == sent[n] )
            {
                sent[n]++;
                bad += set(n, PING, 0, false) != FFA_OK;
            }
            if ( vsent[n] < rounds && vpongs[n] == vsent[n] )
                bad += set(n, VPING, vsent[n]++ % nr_cpus, true) != FFA_OK;
        }
        (void)wait_event(events != before, until > time_us() ? until - time_us() : 0);
    }

    (void)wait_event(false, 5000);
    for ( n = 2; n < MAX_VMS; n++ )
    {
        if ( !(peers & BIT(n)) )
            continue;
        ok(pings[n] == rounds && vpings[n] == rounds, "VM %u: %u pings and %u per-vCPU ones of %u came", n, pings[n],
           vpings[n], rounds);
        ok(pongs[n] == rounds && vpongs[n] == rounds, "VM %u: %u pongs and %u per-vCPU ones of %u came", n, pongs[n],
           vpongs[n], rounds);
        total_pings += pings[n] + vpings[n];
        total_pongs += pongs[n] + vpongs[n];

        /* A peer that is gone has taken its bindings along */
        rc = ffa_notif_unbind(&ffa, (uint16_t)n, ALL << shift(n));
        ok(rc == FFA_OK || rc == FFA_DENIED, "its bits can be unbound, or it is gone (%d)", rc);
    }
    expect_eq(bad, 0, "no ring was refused");
    expect_eq(refused, 0, "no answer was refused");
    expect_eq(wrong, 0, "per-vCPU bits came to their vCPU");
    expect_eq(strange, 0, "nothing else came");
    if ( sp_rings )
    {
        ok(wait_event(sp_got, 5000000), "bits of sp.notify came as well");
        (void)wait_event(false, 20000);
        rc = ffa_notif_unbind(&ffa, sp.id, 1);
        ok(rc == FFA_OK, "and can be unbound (%d)", rc);
    }
    printf("vmring: pings %u pongs %u\n", total_pings, total_pongs);

    return 0;
}
