/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched: what a guest sees of the scheduler. Command line: mode=...
 *   hog       all vCPUs count for=<ms> (1500); "sched: vcpu N from B K K ...": so much in each 100 ms of the machine's
 *             time, from the Bth on; "sched: half the time" when that is over
 *   pingpong  rounds=<n> (10000): vCPUs wake each other in pairs, asleep in between; none is lost
 *   storm     rounds=<n> (300): several vCPUs turn others on, which turn themselves off at once
 */
#include "kernel.h"

#define SGI_BALL        5
#define BUCKET_MS       100
#define PATIENCE_US     10000000ul

/* ---- hog --------------------------------------------------------------------------------------------------------- */

#define MAX_BUCKETS     64

static uint64_t bucket_ticks, first_bucket, nr_buckets;
static uint32_t counted[MAX_CPUS][MAX_BUCKETS];

static uint64_t now_ticks(void)
{
    isb();
    return read_sysreg(cntpct_el0);
}

static void hog(void *unused)
{
    uint32_t *mine = counted[cpu_id()];
    bool said = cpu_id() != 0;
    unsigned int i;
    uint64_t n;

    (void)unused;
    while ( (n = now_ticks() / bucket_ticks - first_bucket) < nr_buckets )
    {
        for ( i = 0; i < 200; i++ )
            __asm__ volatile ( "" ::: "memory" );
        mine[n]++;
        if ( !said && n >= nr_buckets / 2 )
        {
            said = true;
            printf("sched: half the time\n");
        }
    }
}

static void run_hogs(void)
{
    uint64_t all = 0;
    unsigned int i, k;

    bucket_ticks = read_sysreg(cntfrq_el0) / 1000 * BUCKET_MS;
    nr_buckets = cmdline_u64("for", 1500) / BUCKET_MS;
    if ( nr_buckets > MAX_BUCKETS )
        nr_buckets = MAX_BUCKETS;
    first_bucket = now_ticks() / bucket_ticks;

    for ( i = 1; i < nr_cpus; i++ )
        cpu_start(i, hog, NULL);
    hog(NULL);
    for ( i = 1; i < nr_cpus; i++ )
        ok(cpu_wait(i, PATIENCE_US), "vCPU %u ends", i);

    for ( i = 0; i < nr_cpus; i++ )
    {
        for ( k = 0; k < nr_buckets; k++ )
        {
            /* Short lines: the hypervisor splits long ones */
            if ( k % 8 == 0 )
                printf("%ssched: vcpu %u from %lu", k ? "\n" : "", i, first_bucket + k);
            printf(" %u", counted[i][k]);
            all += counted[i][k];
        }
        printf("\n");
    }
    ok(all > 0, "counted %lu", all);
}

/* ---- pingpong ---------------------------------------------------------------------------------------------------- */

static volatile uint64_t balls[MAX_CPUS], lost[MAX_CPUS], slowest[MAX_CPUS];
static uint64_t rounds;

static void on_ball(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    balls[cpu_id()]++;
}

/* vCPUs 2n and 2n+1 play; the even one serves. */
static void play(void *unused)
{
    unsigned int me = cpu_id(), other = me ^ 1;
    uint64_t i, t;

    (void)unused;
    gic_enable(SGI_BALL);
    for ( i = 1; i <= rounds; i++ )
    {
        if ( !(me & 1) )
            gic_send_sgi(SGI_BALL, other);
        t = time_us();
        if ( !wait_event(balls[me] >= i, PATIENCE_US) )
        {
            lost[me]++;
            return;
        }
        t = time_us() - t;
        if ( t > slowest[me] )
            slowest[me] = t;
        if ( me & 1 )
            gic_send_sgi(SGI_BALL, other);
    }
}

static void enable_ball(void *unused)
{
    (void)unused;
    gic_enable(SGI_BALL);
}

static void run_pingpong(void)
{
    unsigned int i, players = nr_cpus & ~1u;

    rounds = cmdline_u64("rounds", 10000);
    irq_set_handler(SGI_BALL, on_ball, NULL);
    for ( i = 0; i < players; i++ )
        cpu_call(i, enable_ball, NULL);

    for ( i = 1; i < players; i++ )
        cpu_start(i, play, NULL);
    play(NULL);
    for ( i = 1; i < players; i++ )
        ok(cpu_wait(i, 60 * PATIENCE_US), "vCPU %u ends", i);
    for ( i = 0; i < players; i++ )
    {
        ok(!lost[i] && balls[i] == rounds, "vCPU %u was woken %lu times of %lu", i, balls[i], rounds);
        printf("sched: vcpu %u waited %lu us at most\n", i, slowest[i]);
    }
}

/* ---- storm ------------------------------------------------------------------------------------------------------- */

void secondary_entry(void);

static volatile uint64_t won[MAX_CPUS], odd[MAX_CPUS];

/* The first half of the vCPUs turns on those of the second half. */
static void blow(void *unused)
{
    unsigned int me = cpu_id(), half = nr_cpus / 2, target;
    uint64_t i;
    int64_t rc;

    (void)unused;
    for ( i = 0; i < rounds; i++ )
    {
        target = half + (unsigned int)((i + me) % (nr_cpus - half));
        rc = psci(PSCI_CPU_ON, cpus[target].mpidr, (uintptr_t)secondary_entry, (uintptr_t)&cpus[target]);
        if ( rc == 0 )
            won[me]++;
        else if ( rc != PSCI_ALREADY_ON && rc != -5 )
            odd[me]++;
        rc = psci(PSCI_AFFINITY_INFO, cpus[target].mpidr, 0, 0);
        if ( rc < 0 || rc > 2 )
            odd[me]++;
    }
}

static bool all_off(void)
{
    unsigned int i;

    for ( i = nr_cpus / 2; i < nr_cpus; i++ )
        if ( psci(PSCI_AFFINITY_INFO, cpus[i].mpidr, 0, 0) != 1 )
            return false;

    return true;
}

static void run_storm(void)
{
    unsigned int i, half = nr_cpus / 2, tries;
    uint64_t starts = 0, winners = 0, strange = 0;

    rounds = cmdline_u64("rounds", 300);
    for ( i = half; i < nr_cpus; i++ )
    {
        ok(cpu_down(i), "vCPU %u is off before the storm", i);
        cpus[i].starts = 0;
        cpus[i].stop = true;            /* comes up and goes off by itself */
        cpus[i].caller = 0;
    }

    for ( i = 1; i < half; i++ )
        cpu_start(i, blow, NULL);
    blow(NULL);
    for ( i = 1; i < half; i++ )
        ok(cpu_wait(i, 6 * PATIENCE_US), "vCPU %u ends", i);

    for ( tries = 0; tries < 1000 && !all_off(); tries++ )
        (void)wait_event(false, 1000);
    ok(all_off(), "all are off after the storm");

    for ( i = 0; i < nr_cpus; i++ )
    {
        starts += cpus[i].starts * (i >= half);
        winners += won[i];
        strange += odd[i];
    }
    expect_eq(strange, 0, "no odd answer");
    expect_eq(starts, winners, "as many starts as CPU_ONs that succeeded (%lu)", winners);
    ok(winners > 0, "some succeeded");
}

int program(void)
{
    char mode[16] = "hog";

    (void)cmdline_get("mode", mode, sizeof(mode));
    expect_eq(smp_up_all(), nr_cpus, "all %u vCPUs come up", nr_cpus);

    if ( !strcmp(mode, "pingpong") )
        run_pingpong();
    else if ( !strcmp(mode, "storm") )
        run_storm();
    else
        run_hogs();

    return 0;
}
