/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preempt: hypercalls that take long are made again and again, so that this vCPU's interrupts have their turn in between. A
 * timer interrupts every TICK_US; the longest time between two of them, while a large domain is given memory and is
 * destroyed, must be a small part of the whole. Meant for `icount`: one instruction is one nanosecond.
 *
 * Runs in a control domain with the image of `child` as ramdisk. Command line: mib=<n> (64): memory of the domain.
 */
#include "ffa_port.h"
#include "../toolstack/toolstack.h"

#define PATIENCE_US     (30 * 1000000ul)
#define TICK_US         20
#define WORST_US        2000            /* the mediator's part of a death, in a tasklet, comes in steps of a millisecond */

static uint64_t began, last, worst;
static unsigned int ticks;

static void on_tick(uint32_t intid, void *arg)
{
    uint64_t now = time_us();

    (void)intid;
    (void)arg;
    if ( now - last > worst )
        worst = now - last;
    last = now;
    ticks++;
    timer_arm(TICK_US);
}

static void begin(void)
{
    began = last = time_us();
    worst = ticks = 0;
    irq_set_handler(timer_virt_intid, on_tick, NULL);
    timer_arm(TICK_US);
}

/* Of a call that is made again all the time: at least @least_us in all, and never long without an interrupt */
static void end(const char *what, uint64_t least_us)
{
    uint64_t now, all;

    irq_disable();
    timer_disarm();
    now = time_us();
    all = now - began;
    if ( now - last > worst )
        worst = now - last;
    timer_init();
    irq_enable();

    printf("preempt: %s: %lu us, %u interrupts, %lu us without one at most\n", what, all, ticks, worst);
    if ( least_us )
        ok(all > least_us && worst < WORST_US, "%s: interrupts get their turn", what);
}

static void one_domain(unsigned int vcpus, unsigned int tee, uint64_t mib)
{
    uint64_t pages = (mib << 20) / PAGE_SIZE;
    struct ts_domain dom = { .id = 0 };
    struct xen_domctl info = { .cmd = XEN_DOMCTL_getvcpuinfo, .u.getvcpuinfo.vcpu = vcpus - 1 };
    uint16_t id = DOMID_ANY;

    if ( !expect_eq(ts_create(&id, vcpus, tee, 32), 0, "a domain for %u vCPUs", vcpus) )
        return;
    dom.id = id;
    begin();
    expect_eq(ts_vcpus(id, vcpus), 0, "its vCPUs are made");
    end("max_vcpus", 0);
    info.domain = id;
    expect_eq(ts_domctl(&info), 0, "the last of them is there");
    expect_eq(ts_address_size(id) ?: ts_max_mem(id, mib * 1024), 0, "it may have memory");
    expect_eq(ts_pool(id, (32 + mib) * PAGE_SIZE), 0, "and tables");

    begin();
    expect_eq(ts_populate(id, ts_ram_base() / PAGE_SIZE, pages, 0), 0, "it gets %lu pages one by one", pages);
    end("populate_physmap", 4 * WORST_US);

    begin();
    expect_eq(ts_destroy_once(id), 0, "destroyed");
    end("destroydomain", 4 * WORST_US);
    expect_eq(ts_destroy(&dom, PATIENCE_US), 0, "gone");
}

int program(void)
{
    struct debug_op_counters before = { 0 }, now = { 0 };
    uint64_t mib = cmdline_u64("mib", 64), until = time_us() + PATIENCE_US;

    if ( !expect_eq(ts_init(), 0, "hypercalls are there") )
        return 1;

    ts_counters(&before);
    one_domain(1, XEN_DOMCTL_CONFIG_TEE_NONE, mib);
    one_domain(1, XEN_DOMCTL_CONFIG_TEE_FFA, mib);
    one_domain(128, XEN_DOMCTL_CONFIG_TEE_NONE, mib);
    one_domain(128, XEN_DOMCTL_CONFIG_TEE_FFA, mib);
    do {
        (void)wait_event(false, 2000);
        ts_counters(&now);
    } while ( (now.free_pages != before.free_pages || now.heap_bytes != before.heap_bytes) && time_us() < until );
    expect_eq(now.free_pages, before.free_pages, "pages are back");
    expect_eq(now.heap_bytes, before.heap_bytes, "the heap is back");
    expect_eq(now.domains, before.domains, "no domain is left");

    return 0;
}
