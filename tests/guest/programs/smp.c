/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smp: all vCPUs up, interrupts among all pairs, broadcast, CPU_OFF and CPU_ON again.
 * Command line: cycles=<n> (off/on rounds per vCPU, default 3).
 */
#include "kernel.h"

#define SGI_TEST 5

static volatile unsigned int hits[MAX_CPUS];

static void on_test_sgi(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    hits[cpu_id()]++;
    dmb(ish);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static void enable_sgi(void *unused)
{
    (void)unused;
    gic_enable(SGI_TEST);
}

static void note_cpu(void *p)
{
    *(volatile unsigned int *)p = cpu_id();
}

static void send_to_all(void *unused)
{
    unsigned int i;

    (void)unused;
    for ( i = 0; i < nr_cpus; i++ )
        gic_send_sgi(SGI_TEST, i);
}

static void send_broadcast(void *unused)
{
    (void)unused;
    gic_send_sgi_others(SGI_TEST);
}

static unsigned int total(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < nr_cpus; i++ )
        n += hits[i];

    return n;
}

static void clear_hits(void)
{
    unsigned int i;

    for ( i = 0; i < nr_cpus; i++ )
        hits[i] = 0;
}

int program(void)
{
    unsigned int i, cycle, cycles = (unsigned int)cmdline_u64("cycles", 3), seen;
    bool all;

    expect_eq(smp_up_all(), nr_cpus, "all %u vCPUs come up", nr_cpus);
    irq_set_handler(SGI_TEST, on_test_sgi, NULL);

    for ( i = 0; i < nr_cpus; i++ )
    {
        seen = ~0u;
        ok(cpu_call(i, note_cpu, &seen) && seen == i, "vCPU %u runs what it is given", i);
        cpu_call(i, enable_sgi, NULL);
    }

    for ( i = 0; i < nr_cpus; i++ )
    {
        clear_hits();
        ok(cpu_call(i, send_to_all, NULL) && wait_event(total() == nr_cpus, 5000000),
           "SGIs from vCPU %u to each (%u of %u)", i, total(), nr_cpus);

        clear_hits();
        all = cpu_call(i, send_broadcast, NULL) && wait_event(total() == nr_cpus - 1, 5000000);
        ok(all && !hits[i], "broadcast from vCPU %u reaches all others and not itself", i);
    }

    for ( cycle = 0; cycle < cycles; cycle++ )
        for ( i = 1; i < nr_cpus; i++ )
        {
            ok(cpu_down(i), "vCPU %u goes off (round %u)", i, cycle);
            expect_eq(psci(PSCI_AFFINITY_INFO, cpus[i].mpidr, 0, 0), 1, "vCPU %u is reported off", i);
            ok(cpu_up(i), "vCPU %u comes on again (round %u)", i, cycle);
            expect_eq(psci(PSCI_AFFINITY_INFO, cpus[i].mpidr, 0, 0), 0, "vCPU %u is reported on", i);
            seen = ~0u;
            ok(cpu_call(i, note_cpu, &seen) && seen == i, "vCPU %u works after the cycle", i);
        }

    return 0;
}
