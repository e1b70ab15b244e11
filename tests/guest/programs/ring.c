/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring: sp.notify rings this VM, and the VM gets exactly its own bits. Each bit has at most one ring on its way: the next is
 * asked for only after it was received, so no two rings merge and all counts are the same in every run.
 *
 * Command line: bits=<list> (0-7), percpu=<list> (none: which of them are per-vCPU), rounds=<n> (4), delay=<us> (1000),
 * inflight=<n> (2: rings on their way at a time), pcpus=<n> (tried out: physical CPUs that ring in turn),
 * version=1.1|1.2, timeout=<s> (60).
 * Output: a line for every GET that brought bits, TAP, and `ring: asked <n> got <n> stray <n>`.
 */
#include "ffa_port.h"

struct bit {
    bool bound, per_vcpu, on_its_way;
    uint16_t vcpu;                              /* expected, if per_vcpu */
    unsigned int asked;
    volatile unsigned int got;
};

static struct bit bits[64];
static struct ffa_partition sp;
static volatile unsigned int got_total, wrong_vcpu, unasked;
static volatile unsigned long foreign;          /* bits of another kind: from VMs, framework */
static unsigned int asked_total, rounds, pcpus, turn;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    if ( got->sp )
        printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
    if ( got->vm || got->spm || got->hyp )
        __atomic_add_fetch(&foreign, 1, __ATOMIC_RELAXED);
}

static void on_bit(struct ffa *f, unsigned int n, uint16_t vcpu, void *arg)
{
    struct bit *b = arg;

    (void)f;
    (void)n;
    if ( b->per_vcpu && vcpu != b->vcpu )
        __atomic_add_fetch(&wrong_vcpu, 1, __ATOMIC_RELAXED);
    if ( b->got == b->asked )
        __atomic_add_fetch(&unasked, 1, __ATOMIC_RELAXED);
    b->got++;
    __atomic_add_fetch(&got_total, 1, __ATOMIC_RELEASE);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

/* Asks for one ring; false: not now (no job free). Any other refusal fails the test. */
static bool ask(unsigned int n, uint64_t delay)
{
    struct bit *b = &bits[n];
    uint32_t cpu = pcpus > 1 ? turn % pcpus : 0xff;
    uint64_t w[5];
    int rc;

    b->vcpu = b->per_vcpu ? (uint16_t)(b->asked % nr_cpus) : 0;
    while ( b->per_vcpu && !cpus[b->vcpu].online )
        b->vcpu = (uint16_t)((b->vcpu + 1u) % nr_cpus);

    b->asked++;                                 /* before the ring can come */
    for ( ; ; )
    {
        w[0] = NOTIFY_RING;
        w[1] = ffa.id | (uint64_t)b->vcpu << 16;
        w[2] = (uint32_t)(1ul << n);
        w[3] = (1ul << n) >> 32;
        w[4] = (b->per_vcpu ? 1u : 0u) | cpu << 8 | (delay / 100 ? delay / 100 : 1) << 16;
        rc = sp_command(sp.id, w);
        if ( rc == FFA_OK && (int32_t)w[0] == FFA_INVALID_PARAMETERS && cpu != 0xff && pcpus > 1 )
        {
            pcpus = cpu;                        /* there are fewer CPUs than we tried */
            cpu = pcpus > 1 ? 0 : 0xff;
            continue;
        }
        break;
    }

    if ( rc == FFA_OK && !w[0] )
    {
        turn++;
        asked_total++;
        return true;
    }

    b->asked--;
    if ( rc != FFA_OK || (int32_t)w[0] != FFA_NO_MEMORY )
    {
        ok(false, "asking for bit %u: message %d, SP %d", n, rc, (int32_t)w[0]);
        rounds = 0;
    }
    return false;
}

int program(void)
{
    uint64_t want = cmdline_bits("bits", 0xff), percpu = cmdline_bits("percpu", 0);
    uint64_t delay = cmdline_u64("delay", 1000), until;
    unsigned int inflight = (unsigned int)cmdline_u64("inflight", 2), i, n, next = 0, open, before, nr_bits = 0, stray;
    bool refused = false;
    int rc;

    rounds = (unsigned int)cmdline_u64("rounds", 4);
    pcpus = (unsigned int)cmdline_u64("pcpus", 2);
    until = time_us() + cmdline_u64("timeout", 60) * 1000000;

    smp_up_all();
    ffa.on_get = NULL;
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;
    ok(ffa.npi != 0, "notifications are there (interrupt %u)", ffa.npi);
    ffa.on_get = on_get;
    ffa_cpus_enable();

    if ( !expect_eq(ffa_find(&ffa, &uuid_notify, &sp), FFA_OK, "sp.notify is found by its UUID (0x%x)", sp.id) )
        return 1;

    for ( n = 0; n < 64; n++ )
    {
        if ( !(want & BIT(n)) )
            continue;
        bits[n].per_vcpu = percpu & BIT(n);
        rc = ffa_notif_register(&ffa, sp.id, n, bits[n].per_vcpu ? FFA_NOTIF_PER_VCPU : 0, on_bit, &bits[n]);
        if ( rc == FFA_INVALID_PARAMETERS && bits[n].per_vcpu )
        {
            bits[n].per_vcpu = false;           /* optional in FF-A */
            rc = ffa_notif_register(&ffa, sp.id, n, 0, on_bit, &bits[n]);
        }
        bits[n].bound = rc == FFA_OK;
        refused |= rc != FFA_OK;
        nr_bits += rc == FFA_OK;
    }
    ok(!refused && nr_bits, "%u bits are bound to sp.notify", nr_bits);

    /* One round after the other over the bits, as many on their way as allowed */
    while ( nr_bits && got_total < rounds * nr_bits && time_us() < until )
    {
        for ( open = 0, i = 0; i < 64; i++ )
            open += bits[i].asked - bits[i].got;

        before = got_total;
        for ( i = 0; i < 64 && open < inflight; i++ )
        {
            n = (next + i) % 64;
            if ( !bits[n].bound || bits[n].asked != bits[n].got || bits[n].asked >= rounds )
                continue;
            if ( !ask(n, delay + 300 * open) )
                break;
            open++;
            next = n + 1;
            i = (unsigned int)-1;               /* the scan starts again behind this bit */
        }

        if ( open )
            (void)wait_event(got_total != before, until > time_us() ? until - time_us() : 0);
        else if ( rounds )
            (void)wait_event(false, 1000);      /* other VMs have all the jobs */
    }

    /* What comes now was not asked for */
    (void)wait_event(false, 5000);

    stray = (unsigned int)ffa.stray + (unsigned int)foreign + wrong_vcpu + unasked;
    expect_eq(asked_total, rounds * nr_bits, "all %u rings were asked for", rounds * nr_bits);
    expect_eq(got_total, asked_total, "each ring arrived, once");
    expect_eq(wrong_vcpu, 0, "per-vCPU bits came to their vCPU");
    expect_eq(stray, 0, "nothing else came");

    for ( n = 0, refused = false; n < 64; n++ )
        if ( bits[n].bound && ffa_notif_unregister(&ffa, n) != FFA_OK )
            refused = true;
    ok(!refused, "all bits can be unbound at the end");

    printf("ring: asked %u got %u stray %u\n", asked_total, got_total, stray);
    return 0;
}
