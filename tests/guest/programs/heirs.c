/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * heirs: control domains that end before their children, by themselves or by another's hand.
 *
 * Needs, but for `stay`, the image of `child` as ramdisk. Command line: first=<id> (80) of the children, part=
 *   leave   makes children in every state, and ends
 *   stay    (not privileged) ends when a key is pressed
 *   victim  makes and destroys children for ever, and has a page of one mapped all the time
 *   killer  waits until each of victims=<n> (1) is in the middle of that, destroys it, then what it has left. The victims are
 *           the domains behind this one; the first has first=<id of the killer's>, each next one 10 more.
 */
#include "ffa_port.h"
#include "../toolstack/child.h"
#include "../toolstack/toolstack.h"

#define SETTLE_US       (90 * 1000000ul)
#define STEP            10u
#define SEEN            3u                      /* births of a victim's children before it is killed */

static struct ts_config config = { .vcpus = 2, .id_us = SETTLE_US };
static uint16_t first;

static int start(uint16_t id, const char *args, struct ts_domain *dom)
{
    int rc;

    config.domid = id;
    config.cmdline = args;
    rc = ts_build(&config, dom);
    return rc ? rc : ts_unpause(dom->id);
}

/* The page of @dom when its child is ready, mapped; NULL: it does not get there */
static struct child_page *ready(const struct ts_domain *dom)
{
    uint64_t until = time_us() + SETTLE_US;
    struct child_page *page;
    void *va;

    if ( ts_map(dom->id, dom->shared_gfn, 1, &va) )
        return NULL;
    page = va;
    while ( page->state < CHILD_READY && time_us() < until )
        (void)wait_event(false, 500);

    return page->state == CHILD_READY ? page : NULL;
}

/* ---- leave, stay ----------------------------------------------------------------------------------------------------- */

static void leave(void)
{
    struct ts_domain dom;
    unsigned int reason;
    uint16_t id = (uint16_t)(first + 5);

    ok(!start(first, "mode=busy", &dom) && ready(&dom), "one runs, and we look into it");
    ok(!start((uint16_t)(first + 1), "mode=call bits=0-7", &dom) && ready(&dom), "one calls an SP");
    ok(!start((uint16_t)(first + 2), "mode=ring bits=0-7", &dom) && ready(&dom) && !ts_pause(dom.id), "one is paused");
    ok(!start((uint16_t)(first + 3), "mode=off", &dom) && !ts_wait_shutdown(dom.id, SETTLE_US, &reason), "one has shut down");
    config.domid = (uint16_t)(first + 4);
    expect_eq(ts_build(&config, &dom), 0, "one has never run");
    expect_eq(ts_create(&id, 2, XEN_DOMCTL_CONFIG_TEE_FFA, 32) ?: ts_vcpus(id, 2) ?: ts_max_mem(id, 4096) ?:
              ts_pool(id, 16 * PAGE_SIZE) ?: ts_populate(id, 0x40000, 3, 0), 0, "one is half built");
    ok(!start((uint16_t)(first + 6), "mode=mute bits=0-7", &dom) && ready(&dom) && !ts_destroy_once(dom.id),
       "one is dead, and there as long as we look into it");
}

static void stay(void)
{
    while ( uart_getc() < 0 )
        (void)wait_event(false, 5000);
    ok(true, "a key");
}

/* ---- victim, killer -------------------------------------------------------------------------------------------------- */

static struct ts_domain watched;

static void look(void *unused)
{
    void *va;

    (void)unused;
    while ( !ts_map(watched.id, watched.shared_gfn, 1, &va) && !ts_unmap(va, 1) )
        ;
    ok(false, "the watched one cannot be looked at");
}

static void victim(void)
{
    struct ts_domain dom;

    if ( !ok(!start(first, "mode=wfi bits=0-7", &watched) && ready(&watched), "one to look into") )
        return;
    cpu_start(1, look, NULL);
    while ( !start((uint16_t)(first + 1), "mode=call bits=0-7", &dom) && !ts_destroy(&dom, SETTLE_US) )
        ;
    ok(false, "no more children");
}

/* Until the domain is there, or is not */
static bool wait_exists(uint16_t id, bool exists)
{
    uint64_t until = time_us() + SETTLE_US;
    struct xen_domctl_getdomaininfo info;

    while ( !ts_info(id, &info) != exists )
    {
        if ( time_us() >= until )
            return false;
        (void)wait_event(false, 100);
    }

    return true;
}

static void killer(uint16_t self)
{
    unsigned int victims = (unsigned int)cmdline_u64("victims", 1), i, n;
    struct xen_domctl_getdomaininfo info;
    struct ts_domain dom;
    bool busy = true;

    for ( i = 0; i < victims; i++ )
    {
        uint16_t id = (uint16_t)(first + i * STEP), prey = (uint16_t)(self + 1 + i);

        for ( n = 0; n < SEEN && busy; n++ )
            busy = wait_exists((uint16_t)(id + 1), true) && wait_exists((uint16_t)(id + 1), false);
        busy = busy && wait_exists((uint16_t)(id + 1), true);
        ok(busy, "d%u makes and destroys domains", prey);
        dom.id = prey;
        expect_eq(ts_destroy(&dom, SETTLE_US), 0, "it is destroyed, and gone");
        ok(!ts_info(id, &info) && !(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown)), "its child lives");
        dom.id = (uint16_t)(id + 1);
        expect_eq(ts_destroy(&dom, SETTLE_US), 0, "what it was making is not there any more");
        dom.id = id;
        expect_eq(ts_destroy(&dom, SETTLE_US), 0, "the child that it looked into is destroyed, and gone");
    }
    ok(!start(first, "mode=wfi bits=0-7", &dom) && ready(&dom), "another one with that id works");
}

int program(void)
{
    char part[16] = "leave";

    cmdline_get("part", part, sizeof(part));
    if ( !strcmp(part, "stay") )
    {
        stay();
        return 0;
    }

    first = (uint16_t)cmdline_u64("first", 80);
    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !ts_begin(&config) )
        return 1;

    if ( !strcmp(part, "victim") )
        victim();
    else if ( !strcmp(part, "killer") )
        killer((uint16_t)(ffa.id - 1));
    else
        leave();

    return 0;
}
