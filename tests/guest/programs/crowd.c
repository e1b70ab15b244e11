/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crowd: many domains at once, made by a control domain. Each is rung, gets its bit and no other. Or, with busy=1, each
 * only counts, and the time of the CPUs must be shared fairly.
 *
 * Needs the image of `child` as ramdisk. Command line: domains=<n> (64), vcpus=<n> of each (1), busy=0|1 (0),
 * ms=<n> (3000: how long they count), share=<n> (40: per cent of the average time that each vCPU must have had), work=<n>
 * (0: per cent of the average work that each must have done).
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
    uint64_t cpu_time[CHILD_VCPUS], loops[CHILD_VCPUS];
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

static uint64_t cpu_time(unsigned int i, unsigned int vcpu)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuinfo, .domain = members[i].dom.id, .u.getvcpuinfo.vcpu = vcpu };

    return ts_domctl(&op) ? 0 : op.u.getvcpuinfo.cpu_time;
}

struct amount {
    uint64_t sum, least;
};

static void add(struct amount *a, uint64_t n)
{
    a->sum += n;
    if ( n < a->least )
        a->least = n;
}

/* Time is what the hypervisor gives; how much is done in it is the host's business, unless instructions are counted. */
static void test_shares(void)
{
    uint64_t ms = cmdline_u64("ms", 3000), share = cmdline_u64("share", 40), work = cmdline_u64("work", 0);
    struct amount time = { .least = ~0ul }, loops = { .least = ~0ul };
    unsigned int i, v, all = nr * vcpus;

    for ( i = 0; i < nr; i++ )
        for ( v = 0; v < vcpus; v++ )
        {
            members[i].cpu_time[v] = cpu_time(i, v);
            members[i].loops[v] = members[i].page->loops[v];
        }
    (void)wait_event(false, ms * 1000);
    for ( i = 0; i < nr; i++ )
        for ( v = 0; v < vcpus; v++ )
        {
            members[i].cpu_time[v] = cpu_time(i, v) - members[i].cpu_time[v];
            members[i].loops[v] = members[i].page->loops[v] - members[i].loops[v];
            add(&time, members[i].cpu_time[v]);
            add(&loops, members[i].loops[v]);
            printf("crowd: domain %u vCPU %u: %lu ms, %lu loops\n", i, v, members[i].cpu_time[v] / 1000000, members[i].loops[v]);
        }
    printf("crowd: on average %lu ms, least %lu ms; %lu loops, least %lu\n", time.sum / all / 1000000, time.least / 1000000,
           loops.sum / all, loops.least);
    ok(time.least * 100 >= time.sum / all * share, "no vCPU had less than %lu%% of the average time", share);
    ok(loops.least * 100 >= loops.sum / all * work, "no vCPU did less than %lu%% of the average work", work);
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
         !ts_begin(&config) )
        return 1;
    config.vcpus = vcpus;
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
