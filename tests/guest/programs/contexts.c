/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contexts: setvcpucontext of a vCPU that has run. One that waits in the middle of a call keeps its registers, and the call
 * goes on; one that sleeps gets new ones, or none, and who waits for its answer is told.
 *
 * Needs the image of `child` as ramdisk, and a policy that lets them exchange messages.
 */
#include "ffa_port.h"
#include "../toolstack/child.h"
#include "../toolstack/toolstack.h"

#define ID              90
#define SETTLE_US       (90 * 1000000ul)
#define MAGIC           0x600d

static struct ts_domain dom;
static uint16_t vm;

static const uint32_t code[] = {
    0x91000400,                 /* 1: add x0, x0, #1    */
    0xd503207f,                 /*    wfi               */
    0x17fffffe,                 /*    b 1b              */
};
#define CODE_AT         (dom.shared_gfn * PAGE_SIZE + PAGE_SIZE / 2)
#define CODE_SLEEPS     (CODE_AT + 8)

static bool wait_blocked(void)
{
    uint64_t until = time_us() + SETTLE_US;
    struct xen_domctl_getdomaininfo info;

    while ( !ts_info(dom.id, &info) && time_us() < until )
    {
        if ( info.flags & XEN_DOMINF_blocked )
            return true;
        (void)wait_event(false, 300);
    }

    return false;
}

static bool wait_ready(void)
{
    uint64_t until = time_us() + SETTLE_US;
    struct child_page *page;
    bool ready;
    void *va;

    if ( ts_map(dom.id, dom.shared_gfn, 1, &va) )
        return false;
    page = va;
    while ( page->state < CHILD_READY && time_us() < until )
        (void)wait_event(false, 500);
    ready = page->state == CHILD_READY;
    ts_unmap(va, 1);

    return ready;
}

static int reset(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpucontext, .domain = dom.id };

    return (int)ts_domctl(&op);
}

/* Its registers: 0 or -errno */
static int look(struct vcpu_guest_context *ctxt)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpucontext, .domain = dom.id, .u.vcpucontext.ctxt.p = ctxt };

    return (int)ts_domctl(&op);
}

static bool answers(unsigned int n)
{
    struct ffa_msg m = { .w = { n, 2, 3, 4, 5 } };

    return ffa_msg(&ffa, vm, &m) == FFA_OK && m.w[0] == n + 1 && m.w[1] == 2 && m.w[2] == 3 && m.w[3] == 4 && m.w[4] == 5;
}

static void test_waits(const char *where)
{
    struct xen_domctl_getdomaininfo info;
    struct vcpu_guest_context then, now;

    ok(wait_blocked() && !ts_pause(dom.id) && !look(&then), "%s: paused", where);
    expect_eq(ts_context(dom.id, 0, ts_ram_base(), MAGIC), -EBUSY, "%s: no new registers", where);
    expect_eq(reset(), -EBUSY, "%s: no reset", where);
    ok(!look(&now) && !memcmp(&then, &now, sizeof(now)), "%s: it has the registers that it had", where);
    ok(!ts_info(dom.id, &info) && info.nr_online_vcpus == 1 && (info.flags & XEN_DOMINF_blocked), "%s: on, and waits", where);
    expect_eq(ts_unpause(dom.id), 0, "%s: goes on", where);
    expect_eq(ts_context(dom.id, 0, ts_ram_base(), MAGIC), -EBUSY, "%s: no new registers while it is not paused", where);
    ok(answers(1), "%s: and answers", where);
    ok(answers(2), "%s: again", where);
}

static void test_sleeps(void)
{
    struct vcpu_guest_context ctxt;
    struct ffa_regs r;

    /* It takes the request and sleeps; our timer ends our wait. */
    timer_arm(100000);
    ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | vm, 0, CHILD_SERVE_NO_MORE, 0, 0, 0, 0);
    expect_eq((uint32_t)r.x[0], FFA_INTERRUPT, "a request that is taken, and not answered");
    ok(wait_blocked() && !ts_pause(dom.id), "it sleeps, paused");
    expect_eq(ts_write(dom.id, CODE_AT, code, sizeof(code)), 0, "other code for it");
    expect_eq(ts_context(dom.id, 0, CODE_AT, MAGIC), 0, "new registers");
    expect_eq(look(&ctxt), 0, "to look at");
    ok(ctxt.user_regs.pc64 == CODE_AT && ctxt.user_regs.x0 == MAGIC, "those that it was given");
    expect_eq(reset(), 0, "reset");
    expect_eq(look(&ctxt), -ENODATA, "it has none");
    expect_eq(ts_unpause(dom.id), 0, "not paused, but off");
    ffa_call(&ffa, &r, FFA_RUN, (uint32_t)r.x[1], 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_ABORTED, "nobody is left to answer");

    expect_eq(ts_context(dom.id, 0, CODE_AT, MAGIC), 0, "registers for one that is off");
    ok(!ts_pause(dom.id) && !ts_unpause(dom.id), "woken");
    ok(wait_blocked() && !ts_pause(dom.id) && !look(&ctxt), "it sleeps");
    ok(ctxt.user_regs.pc64 == CODE_SLEEPS && ctxt.user_regs.x0 == MAGIC + 1, "where it was sent");
    expect_eq(ts_unpause(dom.id), 0, "not paused");
}

int program(void)
{
    struct ts_config config = { .domid = ID, .id_us = SETTLE_US, .cmdline = "mode=serve" };
    uint64_t before, after, until;

    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !ts_begin(&config) )
        return 1;

    ts_free_pages(&before);
    if ( !ok(!ts_build(&config, &dom) && !ts_unpause(dom.id) && wait_ready(), "a child that serves") )
        return 1;
    vm = (uint16_t)(dom.id + 1);
    test_waits("in MSG_WAIT");
    test_waits("in a response");
    test_sleeps();

    expect_eq(ts_destroy(&dom, SETTLE_US), 0, "destroyed");
    for ( until = time_us() + SETTLE_US; !ts_free_pages(&after) && after != before && time_us() < until; )
        (void)wait_event(false, 2000);
    expect_eq(after, before, "no page is missing");

    return 0;
}
