/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * births: how many instructions it takes to make a domain and to destroy it again, the calls themselves and all that is done
 * later: VM destroyed, RCU. Meant for QEMU with `-icount shift=0,sleep=off -smp 1`, where one instruction is one nanosecond
 * of the counter. There is always a next domain to be made, so that nothing but the end of the last one is waited for.
 *
 * Runs in a control domain. Command line: bare=<n> (1000 domains without memory), full=<n> (200 with 6 MiB); alive=<n>: only
 * those with one vCPU and FF-A, while n - 1 others like the full ones are there all the time.
 * Output: `bench: name=<name> calls=<n> ns=<all together>`.
 */
#include "ffa_port.h"
#include "../toolstack/toolstack.h"

#define PATIENCE_US     (30 * 1000000ul)
#define RAM_MIB         6ul
#define POOL_PAGES      40ul
#define MAX_ALIVE       64

static uint64_t freq;
static int domains;                             /* that exist without ours */

static uint64_t ticks(void)
{
    isb();
    return read_sysreg(cntpct_el0);
}

static void report(const char *name, const char *what, uint64_t calls, uint64_t t)
{
    printf("bench: name=%s%s calls=%lu ns=%lu\n", name, what, calls, t * (1000000000 / 1000) / (freq / 1000));
}

static int count_domains(void)
{
    static struct xen_domctl_getdomaininfo list[MAX_ALIVE + 4];

    return ts_list(0, list, ARRAY_SIZE(list));
}

/* Everything but the images, which are the builder's work and not the hypervisor's */
static int furnish(uint16_t id, unsigned int vcpus)
{
    int rc = ts_vcpus(id, vcpus);

    rc = rc ?: ts_address_size(id);
    rc = rc ?: ts_max_mem(id, RAM_MIB * 1024);
    rc = rc ?: ts_pool(id, POOL_PAGES * PAGE_SIZE);
    rc = rc ?: ts_populate(id, ts_ram_base() / PAGE_SIZE, (RAM_MIB << 20) / PAGE_SIZE, 9);

    return rc ?: ts_context(id, 0, ts_ram_base(), 0);
}

static void measure(const char *name, unsigned int n, unsigned int vcpus, unsigned int tee, bool full)
{
    uint64_t began = ticks(), create = 0, destroy = 0, t, until;
    unsigned int i;
    int rc = 0;

    for ( i = 0; i < n && !rc; i++ )
    {
        uint16_t id = DOMID_ANY;

        t = ticks();
        rc = ts_create(&id, vcpus, tee, 32);
        create += ticks() - t;
        if ( !rc && full )
            rc = furnish(id, vcpus);
        t = ticks();
        rc = rc ?: ts_destroy_once(id);
        destroy += ticks() - t;
    }

    until = time_us() + PATIENCE_US;
    while ( count_domains() != domains && time_us() < until )
        ;
    t = ticks() - began;
    if ( !expect_eq(rc, 0, "%s: %u domains are made and destroyed", name, n) ||
         !expect_eq(count_domains(), domains, "%s: and gone", name) )
        return;
    report(name, "", n, t);
    report(name, "_create", n, create);
    report(name, "_destroy", n, destroy);
}

static void measure_among(unsigned int alive, unsigned int bare, unsigned int full)
{
    static uint16_t others[MAX_ALIVE];
    uint64_t until;
    unsigned int i;
    int rc = 0;

    for ( i = 0; i + 1 < alive && i < MAX_ALIVE && !rc; i++ )
    {
        others[i] = DOMID_ANY;
        rc = ts_create(&others[i], 1, XEN_DOMCTL_CONFIG_TEE_FFA, 32);
        rc = rc ?: furnish(others[i], 1);
    }
    if ( !expect_eq(rc, 0, "%u others are there", i) )
        return;

    domains += (int)i;
    measure("birth_bare", bare, 1, XEN_DOMCTL_CONFIG_TEE_FFA, false);
    measure("birth", full, 1, XEN_DOMCTL_CONFIG_TEE_FFA, true);
    domains -= (int)i;

    while ( i-- )
        rc = rc ?: ts_destroy_once(others[i]);
    until = time_us() + PATIENCE_US;
    while ( count_domains() != domains && time_us() < until )
        ;
    ok(!rc && count_domains() == domains, "the others are gone");
}

int program(void)
{
    unsigned int bare = (unsigned int)cmdline_u64("bare", 1000), full = (unsigned int)cmdline_u64("full", 200);
    unsigned int alive = (unsigned int)cmdline_u64("alive", 0);

    freq = read_sysreg(cntfrq_el0);
    if ( !expect_eq(ts_init(), 0, "hypercalls are there") )
        return 1;
    domains = count_domains();
    if ( alive )
    {
        measure_among(alive, bare, full);
        return 0;
    }

    measure("birth_bare_noffa", bare, 1, XEN_DOMCTL_CONFIG_TEE_NONE, false);
    measure("birth_bare", bare, 1, XEN_DOMCTL_CONFIG_TEE_FFA, false);
    measure("birth_noffa", full, 1, XEN_DOMCTL_CONFIG_TEE_NONE, true);
    measure("birth", full, 1, XEN_DOMCTL_CONFIG_TEE_FFA, true);
    measure("birth_8vcpus", full, 8, XEN_DOMCTL_CONFIG_TEE_FFA, true);

    return 0;
}
