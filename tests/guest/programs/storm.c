/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm: vCPUs go off and on all the time while sp.notify rings, first all but vCPU 0, then all but vCPU 1. Bits 0-7 are global;
 * of the others, one belongs to each vCPU. Each bit has at most one ring on its way, so that each must arrive exactly once, those
 * for a vCPU that is off as soon as it is on again.
 *
 * Command line: rounds=<n> (60 changes of a vCPU), pcpus=<n> (2: CPUs that ring), seed=<n>.
 * Output: `storm: vcpu <n> off` once it is off, `storm: vcpu <n> on` before it is called back, TAP, and
 * `storm: asked <n> got <n>`.
 */
#include "ffa_port.h"

#define GLOBAL_BITS     8u
#define ARRIVE_US       (20 * 1000000ul)

struct bit {
    bool per_vcpu;
    unsigned int asked;
    volatile unsigned int got;
};

static struct bit bits[64];
static struct ffa_partition sp;
static volatile unsigned int wrong_vcpu, unasked, while_off;
static unsigned int nr_bits, pcpus, rounds, failed, offs;
static volatile unsigned int conductor;         /* the vCPU that turns the others off and on */
static uint64_t seed;

static uint64_t random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void on_bit(struct ffa *f, unsigned int n, uint16_t vcpu, void *arg)
{
    struct bit *b = arg;

    (void)f;
    if ( !cpus[vcpu].online )
        __atomic_add_fetch(&while_off, 1, __ATOMIC_RELAXED);
    if ( b->per_vcpu && vcpu != n - GLOBAL_BITS )
        __atomic_add_fetch(&wrong_vcpu, 1, __ATOMIC_RELAXED);
    if ( __atomic_add_fetch(&b->got, 1, __ATOMIC_RELEASE) > b->asked )
        __atomic_add_fetch(&unasked, 1, __ATOMIC_RELAXED);
    if ( cpu_id() != conductor )
        gic_send_sgi(SGI_KICK, conductor);
}

/* Asks for a ring of each bit that has none on its way; the SP has not always room for all */
static void ask_all(void)
{
    unsigned int n;

    for ( n = 0; n < nr_bits; n++ )
    {
        struct bit *b = &bits[n];
        uint64_t w[5];
        int rc;

        if ( b->asked != b->got )
            continue;
        b->asked++;
        w[0] = NOTIFY_RING;
        w[1] = ffa.id | (b->per_vcpu ? (uint64_t)(n - GLOBAL_BITS) << 16 : 0);
        w[2] = (uint32_t)(1ul << n);
        w[3] = (1ul << n) >> 32;
        w[4] = (b->per_vcpu ? 1u : 0u) | (random() % pcpus) << 8 | (1 + random() % 8) << 16;
        rc = sp_command(sp.id, w);
        if ( rc != FFA_OK || w[0] )
        {
            b->asked--;
            if ( rc != FFA_OK || (int32_t)w[0] != FFA_NO_MEMORY )
                ok(false, "asking for bit %u: message %d, SP %d", n, rc, (int32_t)w[0]);
            return;
        }
    }
}

static bool all_there(void)
{
    unsigned int n;

    for ( n = 0; n < nr_bits; n++ )
        if ( bits[n].asked != bits[n].got )
            return false;

    return true;
}

/* The other way round; true if it went as it should */
static bool toggle(unsigned int cpu)
{
    if ( cpus[cpu].online )
    {
        if ( !cpu_down(cpu) )
            return false;
        printf("storm: vcpu %u off\n", cpu);
        return psci(PSCI_AFFINITY_INFO, cpus[cpu].mpidr, 0, 0) == 1;
    }

    printf("storm: vcpu %u on\n", cpu);
    return cpu_up(cpu) && cpu_call(cpu, ffa_cpu_enable, NULL);
}

/* Half of the rounds, with this vCPU at the desk; in the end all are on. */
static void conduct(void)
{
    unsigned int i, cpu;

    conductor = cpu_id();
    for ( i = 0; i < rounds / 2; i++ )
    {
        do {
            cpu = (unsigned int)(random() % nr_cpus);
        } while ( cpu == conductor );
        ask_all();
        offs += cpus[cpu].online;
        failed += !toggle(cpu);
        ask_all();
        (void)wait_event(false, random() % 1500);
    }
    for ( i = 0; i < nr_cpus; i++ )
        if ( !cpus[i].online )
            failed += !toggle(i);
}

static void judge(void)
{
    unsigned int i, asked = 0, got = 0;

    expect_eq(failed, 0, "vCPUs went off %u times, and came on again", offs);
    ok(cpus[0].starts, "vCPU 0 too, %lu times", cpus[0].starts);
    ok(wait_event(all_there(), ARRIVE_US), "every ring has arrived");
    for ( i = 0; i < nr_bits; i++ )
    {
        asked += bits[i].asked;
        got += bits[i].got;
        if ( bits[i].asked != bits[i].got )
            printf("# bit %u: asked %u got %u\n", i, bits[i].asked, bits[i].got);
    }
    expect_eq(got, asked, "each once");
    expect_eq(unasked, 0, "none that was not asked for");
    expect_eq(wrong_vcpu, 0, "those of a vCPU by that vCPU");
    expect_eq(while_off, 0, "none by a vCPU that was off");
    expect_eq(ffa.stray, 0, "no strays");
    printf("storm: asked %u got %u\n", asked, got);
}

/* On vCPU 1, to the end */
static void second_half(void *unused)
{
    (void)unused;
    conduct();
    judge();
    (void)tap_done();
    system_off();
}

int program(void)
{
    unsigned int i;

    rounds = (unsigned int)cmdline_u64("rounds", 60);
    pcpus = (unsigned int)cmdline_u64("pcpus", 2);
    seed = cmdline_u64("seed", 1) * 0x9e3779b97f4a7c15ul + 1;
    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_notify, &sp), FFA_OK, "sp.notify is there") || !ok(nr_cpus > 1, "%u vCPUs", nr_cpus) )
        return 1;

    nr_bits = GLOBAL_BITS + nr_cpus;
    for ( i = 0; i < nr_bits; i++ )
    {
        bits[i].per_vcpu = i >= GLOBAL_BITS;
        failed += ffa_notif_register(&ffa, sp.id, i, bits[i].per_vcpu ? FFA_NOTIF_PER_VCPU : 0, on_bit, &bits[i]) != FFA_OK;
    }
    expect_eq(failed, 0, "%u bits are bound", nr_bits);
    for ( i = 1; i < nr_cpus; i++ )
        cpu_call(i, ffa_cpu_enable, NULL);

    conduct();
    if ( !ok(cpu_start(1, second_half, NULL), "vCPU 1 goes on") )
        return 1;
    cpu_serve();
}
