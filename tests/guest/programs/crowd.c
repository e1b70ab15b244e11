/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crowd: many domains at once, made by a control domain. Each is rung, gets its bit and no other. Or, with busy=1, each
 * only counts, and the time of the CPUs must be shared fairly.
 *
 * Needs the image of `child` as ramdisk. Command line: domains=<n> (64), vcpus=<n> of each (1), busy=0|1 (0),
 * ms=<n> (3000: how long they count), share=<n> (40: per cent of the average that each must have had).
 */
#include "ffa_port.h"
#include "../toolstack/child.h"
#include "../toolstack/toolstack.h"

#define MAX_DOMAINS     128
#define FIRST_ID        100
#define READY_US        (90 * 1000000ul)
#define SETTLE_US       (90 * 1000000ul)

static struct {
    struct ts_domain dom;
    struct child_page *page;
    uint64_t cpu_time;
    uint64_t loops[CHILD_VCPUS];
} members[MAX_DOMAINS];

static unsigned int nr, vcpus;

static bool make(unsigned int i, const struct ts_config *c)
{
    char args[64];
    struct ts_config config = *c;
    void *va;
    int rc;

    snprintf(args, sizeof(args), "mode=%s bits=%u", cmdline_u64("busy", 0) ? "busy" : "wfi", i % 64);
    config.cmdline = args;
    config.domid = (uint16_t)(FIRST_ID + i);
    rc = ts_build(&config, &members[i].dom);
    if ( !rc )
        rc = ts_map(members[i].dom.id, members[i].dom.shared_gfn, 1, &va);
    if ( !rc )
    {
        members[i].page = va;
        rc = ts_unpause(members[i].dom.id);
    }
    if ( rc )
        printf("# domain %u: %d\n", i, rc);

    return !rc;
}

static unsigned int count_ready(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < nr; i++ )
        n += members[i].page && members[i].page->state == CHILD_READY;

    return n;
}

static void test_rings(void)
{
    uint64_t until = time_us() + READY_US, w[5], wrong = 0, got = 0;
    struct ffa_partition notify;
    unsigned int i, refused = 0;

    expect_eq(ffa_find(&ffa, &uuid_notify, &notify), FFA_OK, "sp.notify is there");
    for ( i = 0; i < nr; i++ )
    {
        w[0] = NOTIFY_RING;
        w[1] = members[i].page->vm_id;
        w[2] = (uint32_t)(1ul << i % 64);
        w[3] = (1ul << i % 64) >> 32;
        w[4] = 0xff00;
        refused += sp_command(notify.id, w) != FFA_OK || w[0];
    }
    expect_eq(refused, 0, "each can be rung");

    do {
        (void)wait_event(false, 2000);
        for ( i = 0, got = wrong = 0; i < nr; i++ )
        {
            got += members[i].page->got;
            wrong += members[i].page->got > 1 || members[i].page->stray;
        }
    } while ( got < nr && time_us() < until );
    expect_eq(got, nr, "each got its bit");
    expect_eq(wrong, 0, "and nothing else");
}

static uint64_t cpu_time(unsigned int i)
{
    struct xen_domctl_getdomaininfo info;

    return ts_info(members[i].dom.id, &info) ? 0 : info.cpu_time;
}

static void test_shares(void)
{
    uint64_t ms = cmdline_u64("ms", 3000), share = cmdline_u64("share", 40), total = 0, least, sum = 0, few = ~0ul;
    unsigned int i, v, all = nr * vcpus;

    for ( i = 0; i < nr; i++ )
    {
        members[i].cpu_time = cpu_time(i);
        for ( v = 0; v < vcpus; v++ )
            members[i].loops[v] = members[i].page->loops[v];
    }
    (void)wait_event(false, ms * 1000);

    for ( i = 0, least = ~0ul; i < nr; i++ )
    {
        members[i].cpu_time = cpu_time(i) - members[i].cpu_time;
        total += members[i].cpu_time;
        if ( members[i].cpu_time < least )
            least = members[i].cpu_time;
        for ( v = 0; v < vcpus; v++ )
        {
            members[i].loops[v] = members[i].page->loops[v] - members[i].loops[v];
            sum += members[i].loops[v];
            if ( members[i].loops[v] < few )
                few = members[i].loops[v];
        }
    }
    for ( i = 0; i < nr; i++ )
        printf("crowd: domain %u: %lu ms; loops of vCPU 0 %lu, of the last %lu\n", i, members[i].cpu_time / 1000000,
               members[i].loops[0], members[i].loops[vcpus - 1]);
    printf("crowd: time of each on average %lu ms, least %lu ms; loops of a vCPU on average %lu, least %lu\n",
           total / nr / 1000000, least / 1000000, sum / all, few);
    ok(least * 100 >= total / nr * share, "no domain had less than %lu%% of the average time", share);
    ok(few * 100 >= sum / all * share, "no vCPU did less than %lu%% of the average work", share);
}

int program(void)
{
    struct debug_op_counters before = { 0 }, now = { 0 };
    bool busy = cmdline_u64("busy", 0);
    struct ts_config config = { .id_us = SETTLE_US };
    unsigned int i, made = 0, gone = 0;
    uint64_t until;

    nr = (unsigned int)cmdline_u64("domains", 64);
    vcpus = (unsigned int)cmdline_u64("vcpus", 1);
    if ( nr > MAX_DOMAINS )
        nr = MAX_DOMAINS;
    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ts_init(), 0, "hypercalls are there") )
        return 1;
    config.vcpus = vcpus;
    config.image = ts_module(&config.image_bytes);
    ts_counters(&before);

    for ( i = 0; i < nr; i++ )
        made += make(i, &config);
    expect_eq(made, nr, "%u domains are made", nr);

    for ( until = time_us() + READY_US; count_ready() < nr && time_us() < until; )
        (void)wait_event(false, 5000);
    expect_eq(count_ready(), nr, "all are there at once");
    if ( count_ready() == nr )
    {
        if ( busy )
            test_shares();
        else
            test_rings();
    }

    for ( i = 0; i < nr; i++ )
    {
        if ( members[i].page )
            ts_unmap(members[i].page, 1);
        gone += !ts_destroy(&members[i].dom, SETTLE_US);
    }
    expect_eq(gone, nr, "all are destroyed");

    for ( until = time_us() + SETTLE_US; ; (void)wait_event(false, 2000) )
    {
        ts_counters(&now);
        if ( (now.free_pages == before.free_pages && now.heap_bytes == before.heap_bytes && !now.rcu_callbacks) ||
             time_us() >= until )
            break;
    }
    expect_eq(now.free_pages, before.free_pages, "pages are back");
    expect_eq(now.heap_bytes, before.heap_bytes, "the heap is back");
    expect_eq(now.domains, before.domains, "no domain is left");

    return 0;
}
