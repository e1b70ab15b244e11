/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deaths: births and deaths of domains that do not go smoothly. After each one the books (pages, heap, domains, RCU
 * callbacks, bitmaps and bindings at the SPMC) are as before, and the next domain can be made.
 *
 * Needs the image of `child` as ramdisk. Command line: part=
 *   kill        destroyed in each state, and while being made, by another vCPU too; twice, itself, unknown ones
 *   ends        how each end, each pause is told by getdomaininfo
 *   alloc       each allocation of a creation fails once (debug builds)
 *   spmc        each call to the SPMC fails with each error; only=<function number> (0: those of every VM)
 *   stale       the SPMC names an id while its domain lives, is dead, is gone, and has a successor
 *   quarantine  the SPMC does not let go of an id for a while; ms=<n> (1000): how long
 *   births      the same of an id whose domain could not be made
 */
#include "ffa_port.h"
#include "../toolstack/child.h"
#include "../toolstack/toolstack.h"

#define ID              70
#define SETTLE_US       (90 * 1000000ul)
#define READY_US        (90 * 1000000ul)
#define TELL_US         (5 * 1000000ul)         /* a run that stands still tells what it waits for */
#define ALLOC_MAX       2000u
#define FOR_EVER        0xffffffffu

static struct ts_config config = { .domid = ID, .id_us = SETTLE_US };
static struct ffa_partition faults;
static struct ts_domain dom;

/* ---- Books ---------------------------------------------------------------------------------------------------------- */

struct books {
    struct debug_op_counters hv;
    uint32_t bitmaps, bound, vms;               /* at the SPMC */
};

static struct books before;

static void read_books(struct books *b)
{
    uint64_t w[5] = { FAULT_QUERY };

    *b = (struct books){ 0 };
    if ( ts_counters(&b->hv) )
    {
        b->hv = (struct debug_op_counters){ 0 };
        ts_free_pages((uint64_t *)&b->hv.free_pages);
    }
    if ( sp_command(faults.id, w) == FFA_OK )
    {
        b->bitmaps = (uint32_t)w[2];
        b->bound = (uint32_t)w[3];
        b->vms = (uint32_t)w[4];
    }
}

/* NULL, or what is not as before */
static const char *difference(void)
{
    uint64_t until = time_us() + SETTLE_US, tell = time_us() + TELL_US;
    const char *what;
    struct books now;

    for ( ; ; )
    {
        read_books(&now);
        what = now.hv.domains != before.hv.domains ? "domains" : now.hv.dead != before.hv.dead ? "dead domains"
               : now.hv.kept_ids != before.hv.kept_ids ? "ids of failed births"
               : now.hv.rcu_callbacks ? "RCU callbacks" : now.hv.free_pages != before.hv.free_pages ? "pages"
               : now.hv.heap_bytes != before.hv.heap_bytes ? "heap" : now.bitmaps != before.bitmaps ? "bitmaps"
               : now.bound != before.bound ? "bindings" : now.vms != before.vms ? "VMs" : NULL;
        if ( !what || time_us() >= until )
            return what;
        if ( time_us() >= tell )
        {
            printf("# waiting for: %s\n", what);
            tell += TELL_US;
        }
        (void)wait_event(false, 2000);
    }
}

static bool balanced(void)
{
    const char *what = difference();

    if ( what )
    {
        printf("# not as before: %s\n", what);
        read_books(&before);                    /* the next one is judged by itself */
    }
    return !what;
}

/* ---- One domain ----------------------------------------------------------------------------------------------------- */

static int start(const char *args)
{
    int rc;

    config.cmdline = args;
    rc = ts_build(&config, &dom);
    return rc ? rc : ts_unpause(dom.id);
}

/* The state of the child after at most @us; a mapping of its page is not kept */
static unsigned int wait_state(unsigned int wanted, uint64_t us)
{
    uint64_t until = time_us() + us;
    unsigned int state = 0;
    struct child_page *page;
    void *va;

    if ( ts_map(dom.id, dom.shared_gfn, 1, &va) )
        return 0;
    page = va;
    while ( (state = page->state) < wanted && time_us() < until )
        (void)wait_event(false, 500);
    ts_unmap(va, 1);

    return state;
}

static bool one_works(const char *args)
{
    bool good = !start(args) && wait_state(CHILD_READY, READY_US) == CHILD_READY;

    return !ts_destroy(&dom, SETTLE_US) && good;
}

/* ---- kill ------------------------------------------------------------------------------------------------------------ */

static int destroy_at(unsigned int step, uint16_t domid, void *arg)
{
    if ( step == *(unsigned int *)arg )
        return ts_destroy_once(domid);
    return 0;
}

static volatile bool destroyer_stop;
static volatile unsigned int destroyer_hits;

static void destroyer(void *unused)
{
    (void)unused;
    while ( !destroyer_stop )
    {
        if ( !ts_destroy_once(ID) )
            destroyer_hits++;
        (void)wait_event(destroyer_stop, 200 + destroyer_hits * 7919 % 30000);
    }
}

/* What a domain is in the middle of when it is killed */
enum life { SLEEPS, PENDS, CALLS, INTERRUPTED, HOLDS, RUNS, RINGS, ENDS, FIRST };

static bool in_call(const struct child_page *p)
{
    return p->begun == p->calls + 1;
}

/* Is it there yet? */
static bool lives(enum life life, const struct child_page *p)
{
    struct xen_domctl_getdomaininfo info;
    bool sleeps;
    unsigned int i;

    if ( p->state != CHILD_READY || ts_info(dom.id, &info) )
        return false;
    sleeps = info.flags & XEN_DOMINF_blocked;

    switch ( life )
    {
    case SLEEPS:
        return sleeps && info.nr_online_vcpus == config.vcpus;
    case PENDS:                                 /* and does not sleep, for the same reason */
        return p->asked;
    case CALLS:
        return p->calls > 2;
    case INTERRUPTED:
        return in_call(p) && p->interrupts;
    case HOLDS:
        return sleeps && p->calls;
    case RUNS:
        for ( i = 0; i < config.vcpus && p->loops[i]; i++ )
            ;
        return i == config.vcpus;
    case RINGS:
        return p->asked > 2 && p->got;
    case ENDS:
        return info.flags & XEN_DOMINF_shutdown;
    case FIRST:
        return sleeps && info.nr_online_vcpus == 1;
    }
    return false;
}

static bool wait_life(enum life life, const struct child_page *p)
{
    uint64_t until = time_us() + READY_US;

    while ( !lives(life, p) && p->state <= CHILD_READY && time_us() < until )
        (void)wait_event(false, 300);

    return p->state == CHILD_READY && time_us() < until;
}

/* Did it die there? Where it comes and goes between the question and the blow, this cannot be told in advance. */
static bool died(enum life life, const struct child_page *p)
{
    return p->state == CHILD_READY && (life != CALLS || in_call(p)) && (life != INTERRUPTED || (in_call(p) && p->interrupts));
}

#define KILL_TRIES      50u

static void test_states(void)
{
    static const struct { const char *args; enum life life; } modes[] = {
        { "mode=wfi bits=0-7", SLEEPS }, { "mode=call bits=0-7", CALLS }, { "mode=spin bits=0-7", INTERRUPTED },
        { "mode=mute bits=0-7", PENDS }, { "mode=rx", HOLDS }, { "mode=yield", HOLDS }, { "mode=off", ENDS },
        { "mode=cpus", ENDS }, { "mode=crash", ENDS }, { "mode=busy", RUNS }, { "mode=noffa", SLEEPS },
        { "mode=ring bits=0-7", RINGS }, { "mode=first bits=0-7", FIRST },
    };
    unsigned int i, tries;
    bool there, hit;
    void *va;

    for ( config.vcpus = 1; config.vcpus <= 2; config.vcpus++ )
        for ( i = 0; i < ARRAY_SIZE(modes); i++ )
        {
            for ( tries = 0, hit = false, there = true; tries < KILL_TRIES && there && !hit; tries++ )
            {
                there = !start(modes[i].args) && !ts_map(dom.id, dom.shared_gfn, 1, &va);
                if ( !there )
                    break;
                there = wait_life(modes[i].life, va) && !ts_destroy_once(dom.id);
                hit = there && died(modes[i].life, va);
                there = !(ts_unmap(va, 1) ?: ts_destroy(&dom, SETTLE_US)) && there;
            }
            ok(hit, "%s, %u vCPUs: killed in the middle of that, at attempt %u", modes[i].args, config.vcpus, tries);
            ok(balanced(), "%s: nothing is left", modes[i].args);
        }
    config.vcpus = 2;
}

static void test_kill(void)
{
    struct xen_domctl_getdomaininfo info;
    unsigned int i, step, made = 0, failed = 0;
    struct ts_config c;
    void *va, *again;
    int rc;

    expect_eq(ts_destroy_once(ID), -ESRCH, "an unknown domain");
    expect_eq(ts_destroy_once((uint16_t)(ffa.id - 1)), -EINVAL, "itself");
    expect_eq(ts_destroy_once(DOMID_SELF), -ESRCH, "DOMID_SELF");
    expect_eq(ts_destroy_once(DOMID_XEN), -ESRCH, "DOMID_XEN");

    test_states();

    ok(!start("mode=call bits=0-7") && wait_state(CHILD_READY, READY_US) == CHILD_READY && !ts_pause(dom.id) &&
       !ts_destroy(&dom, SETTLE_US) && balanced(), "a paused one");
    config.cmdline = "";
    ok(!ts_build(&config, &dom) && !ts_destroy(&dom, SETTLE_US) && balanced(), "one that has never run");

    /* Dead, and held by a mapping */
    rc = start("mode=mute bits=0-7");
    ok(!rc && wait_state(CHILD_READY, READY_US) == CHILD_READY && !ts_map(dom.id, dom.shared_gfn, 1, &va), "one we look into");
    expect_eq(ts_destroy_once(dom.id), 0, "destroyed");
    expect_eq(ts_destroy_once(dom.id), 0, "destroyed twice");
    ok(!ts_info(dom.id, &info) && (info.flags & XEN_DOMINF_dying), "it is seen dead while we hold a page of it");
    expect_eq(ts_vcpus(dom.id, 2), -EINVAL, "no vCPUs for the dead");
    expect_eq(ts_address_size(dom.id), -EINVAL, "no address size for the dead");
    expect_eq(ts_context(dom.id, 0, 0, 0), -EINVAL, "no context for the dead");
    expect_eq(ts_pool(dom.id, 64 * PAGE_SIZE), -EINVAL, "no pool for the dead");
    expect_eq(ts_populate(dom.id, 0x50000, 1, 0), -ENOMEM, "no memory for the dead");
    expect_eq(ts_map(dom.id, dom.shared_gfn, 1, &again), -EINVAL, "none of theirs to look into");
    {
        uint16_t same = ID;

        expect_eq(ts_create(&same, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32), -EEXIST, "its id is taken");
    }
    expect_eq(ts_unmap(va, 1), 0, "let go");
    expect_eq(ts_destroy(&dom, SETTLE_US), 0, "gone");
    expect_eq(ts_destroy_once(dom.id), -ESRCH, "and unknown");
    ok(balanced(), "nothing is left");

    /* While it is made */
    for ( step = 0; step < TS_STEPS; step++ )
    {
        c = config;
        c.between = destroy_at;
        c.arg = &step;
        rc = ts_build(&c, &dom);
        ok(rc < 0, "destroyed before step %u of its creation: the rest fails (%d)", step, rc);
        ok(balanced(), "nothing is left");
    }

    /* By another vCPU, at any moment */
    cpu_start(1, destroyer, NULL);
    for ( i = 0; i < 40; i++ )
    {
        rc = start("mode=call bits=0-7");
        made += !rc;
        failed += rc != 0;
        (void)wait_event(false, i * 300);
        rc = ts_destroy(&dom, SETTLE_US);
        if ( rc )
            ok(false, "after a race: %d", rc);
    }
    destroyer_stop = true;
    gic_send_sgi(SGI_KICK, 1);
    cpu_wait(1, SETTLE_US);
    ok(destroyer_hits, "another vCPU destroyed %u times, %u made, %u not", destroyer_hits, made, failed);
    ok(balanced(), "nothing is left");
    ok(one_works("mode=mute bits=0-7") && balanced(), "the next one works");
}

/* ---- ends ------------------------------------------------------------------------------------------------------------ */

/* What getdomaininfo says when @flags of it are @wanted, or after a long time */
static struct xen_domctl_getdomaininfo wait_info(uint32_t flags, uint32_t wanted)
{
    uint64_t until = time_us() + READY_US;
    struct xen_domctl_getdomaininfo info;

    while ( !ts_info(dom.id, &info) && (info.flags & flags) != wanted && time_us() < until )
        (void)wait_event(false, 500);

    return info;
}

static void test_pause(void)
{
    struct xen_domctl_getdomaininfo info;
    volatile uint64_t *loops;
    uint64_t before[2];
    void *va;

    ok(!start("mode=busy") && wait_state(CHILD_READY, READY_US) == CHILD_READY && !ts_map(dom.id, dom.shared_gfn, 1, &va),
       "a domain that counts on two vCPUs");
    loops = ((struct child_page *)va)->loops;
    while ( !loops[0] || !loops[1] )
        (void)wait_event(false, 1000);

    expect_eq(ts_pause(dom.id) ?: ts_pause(dom.id) ?: ts_unpause(dom.id), 0, "paused twice, let go once");
    before[0] = loops[0];
    before[1] = loops[1];
    info = wait_info(0, 0);
    ok((info.flags & (XEN_DOMINF_paused | XEN_DOMINF_running | XEN_DOMINF_shutdown)) == XEN_DOMINF_paused,
       "told to be paused, and not to run");
    (void)wait_event(false, 20000);
    ok(loops[0] == before[0] && loops[1] == before[1] && wait_info(0, 0).cpu_time == info.cpu_time, "it stands still");
    expect_eq(ts_unpause(dom.id), 0, "let go");
    while ( loops[0] == before[0] || loops[1] == before[1] )
        (void)wait_event(false, 1000);
    ok(!(wait_info(0, 0).flags & XEN_DOMINF_paused), "both go on");
    expect_eq(ts_unmap(va, 1) ?: ts_destroy(&dom, SETTLE_US), 0, "destroyed");
    ok(balanced(), "nothing is left");
}

static void test_ends(void)
{
    static const struct { const char *args; unsigned int reason; } ends[] = {
        { "mode=off bits=0-7", SHUTDOWN_poweroff }, { "mode=reset bits=0-7", SHUTDOWN_reboot },
        { "mode=crash bits=0-7", SHUTDOWN_crash }, { "mode=crashes bits=0-7", SHUTDOWN_crash },
        { "mode=cpus bits=0-7", SHUTDOWN_poweroff },
    };
    struct xen_domctl_getdomaininfo info;
    unsigned int i, reason;
    uint64_t time;

    config.vcpus = 2;
    for ( i = 0; i < ARRAY_SIZE(ends); i++ )
    {
        reason = SHUTDOWN_MAX + 1;
        ok(!start(ends[i].args) && !ts_wait_shutdown(dom.id, READY_US, &reason), "%s: its end is told", ends[i].args);
        expect_eq(reason, ends[i].reason, "and why");
        info = wait_info(XEN_DOMINF_running, 0);
        time = info.cpu_time;
        ok((info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying | XEN_DOMINF_paused)) == XEN_DOMINF_shutdown && info.tot_pages,
           "shut down, but neither dead nor paused, with its memory");
        (void)wait_event(false, 5000);
        info = wait_info(0, 0);
        ok(info.cpu_time == time && !(info.flags & XEN_DOMINF_running), "its vCPUs have stopped");
        expect_eq(ts_destroy(&dom, SETTLE_US), 0, "destroyed");
        ok(balanced(), "nothing is left");
    }

    test_pause();
}

/* ---- alloc ----------------------------------------------------------------------------------------------------------- */

static void test_alloc(void)
{
    unsigned int n, made = 0, leaks = 0;
    int64_t fired = 1;
    int rc;

    config.cmdline = "mode=mute bits=0-7";
    if ( ts_debug_op(DEBUGOP_fail_alloc, 0) )
    {
        tap_skip("a release build");
        return;
    }

    for ( n = 1; n < ALLOC_MAX && fired == 1; n++ )
    {
        ts_debug_op(DEBUGOP_fail_alloc, (void *)(uintptr_t)n);
        rc = ts_build(&config, &dom);
        fired = ts_debug_op(DEBUGOP_fail_alloc_fired, NULL);
        ts_debug_op(DEBUGOP_fail_alloc, 0);
        if ( !rc )
        {
            made++;
            rc = ts_destroy(&dom, SETTLE_US);
            if ( rc )
                ok(false, "allocation %u: destroy: %d", n, rc);
        }
        else if ( rc != -ENOMEM )
            ok(false, "allocation %u: %d", n, rc);
        if ( !balanced() )
        {
            leaks++;
            printf("# when allocation %u fails\n", n);
        }
    }
    ok(n > 20 && n < ALLOC_MAX, "each of %u allocations has failed once (%u times it could be made nevertheless)", n - 2, made - 1);
    expect_eq(leaks, 0, "nothing leaked");
    ok(one_works(config.cmdline) && balanced(), "the next one works");
}

/* ---- spmc ------------------------------------------------------------------------------------------------------------ */

static void arm(uint32_t kind, uint32_t call, int code, uint32_t times)
{
    uint64_t w[5] = { FAULT_ARM, kind, call, (uint32_t)code, times };

    if ( sp_command(faults.id, w) != FFA_OK || w[0] )
        ok(false, "arming a fault: %d", (int32_t)w[0]);
}

static void disarm(void)
{
    uint64_t w[5] = { FAULT_CLEAR };

    if ( sp_command(faults.id, w) != FFA_OK || w[0] )
        ok(false, "clearing faults: %d", (int32_t)w[0]);
}

/* Faults that the SPMC has applied since it started */
static uint32_t fired(void)
{
    uint64_t w[5] = { FAULT_QUERY };

    return sp_command(faults.id, w) == FFA_OK ? (uint32_t)w[1] : 0;
}

/* All, but of RUN the first three: the others would say that the request has ended, and the SP would be lost for all. */
static const int codes[] = {
    FFA_BUSY, FFA_INTERRUPTED, FFA_RETRY, FFA_NOT_SUPPORTED, FFA_INVALID_PARAMETERS, FFA_NO_MEMORY, FFA_DENIED, FFA_ABORTED,
};
#define CODES_OF_RUN            3u

/*
 * The calls of births and lives, and those of deaths: @when an error must have come. @mode is that of a child that makes it; @apart:
 * it has its turn when it is asked for.
 */
#define LIFE                    1u
#define DEATH                   2u

static const struct { uint32_t nr; const char *name, *mode; unsigned int when; bool apart; } calls[] = {
#define CALL(fid, mode, when, apart) { FFA_ ## fid & 0xff, #fid, mode, when, apart }
#define MUTE                    "mode=mute bits=0-7"
    CALL(RXTX_MAP_32, MUTE, LIFE, false), CALL(RXTX_UNMAP, MUTE, DEATH, false),
    CALL(MSG_SEND_DIRECT_REQ_32, MUTE, LIFE | DEATH, false), CALL(RUN, "mode=spin", LIFE | DEATH, false),
    CALL(NOTIFICATION_BITMAP_CREATE, MUTE, LIFE, false), CALL(NOTIFICATION_BITMAP_DESTROY, MUTE, DEATH, false),
    CALL(NOTIFICATION_BIND, MUTE, LIFE, false), CALL(NOTIFICATION_UNBIND, MUTE, DEATH, false),
    CALL(NOTIFICATION_GET, MUTE, DEATH, false), CALL(NOTIFICATION_INFO_GET_32, "mode=ring bits=0-7", LIFE, false),
    CALL(MEM_SHARE_32, "mode=share bits=0-7", LIFE, true), CALL(MEM_RECLAIM, "mode=share bits=0-7", DEATH, true),
    CALL(RX_ACQUIRE, "mode=rx", LIFE, true), CALL(RX_RELEASE, "mode=rxput", LIFE, true),
};

/* Until one more has been */
static void wait_fired(uint32_t was)
{
    uint64_t until = time_us() + READY_US;

    while ( fired() == was && time_us() < until )
        (void)wait_event(false, 500);
}

static void test_spmc(void)
{
    unsigned int only = (unsigned int)cmdline_u64("only", 0), i, j, nr, times, made, runs, armed, lives, deaths;
    uint32_t was;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(calls); i++ )
    {
        if ( only ? only != calls[i].nr : calls[i].apart )
            continue;
        nr = calls[i].nr == (FFA_RUN & 0xff) ? CODES_OF_RUN : ARRAY_SIZE(codes);
        for ( j = 0, armed = lives = deaths = 0; j < nr; j++ )
        {
            for ( times = 1, made = runs = 0; times <= 4; times += 3, runs++ )
            {
                /* At birth and in life, as often as it takes */
                was = fired();
                arm(FAULT_CALL_ERROR, calls[i].nr, codes[j], times);
                rc = start(calls[i].mode);
                made += !rc;
                armed += times;
                if ( !rc )
                {
                    (void)wait_state(CHILD_READY, 300000);
                    if ( calls[i].when & LIFE )
                        wait_fired(was);
                    lives += fired() - was;
                    disarm();
                    /* At death */
                    was = fired();
                    arm(FAULT_CALL_ERROR, calls[i].nr, codes[j], times);
                    rc = ts_destroy(&dom, SETTLE_US);
                    if ( rc )
                        ok(false, "%s says %d: destroy: %d", calls[i].name, codes[j], rc);
                    deaths += fired() - was;
                }
                else
                    lives += fired() - was;
                disarm();
                ok(balanced(), "%s says %d, %u times: nothing is left", calls[i].name, codes[j], times);
            }
            ok(one_works("mode=mute bits=0-7") && balanced(), "%s said %d: the next one works (%u of %u could be made)",
               calls[i].name, codes[j], made, runs);
        }
        ok((lives || !(calls[i].when & LIFE)) && (deaths || !(calls[i].when & DEATH)),
           "%s has failed: %u errors in lives, %u in deaths, of %u each", calls[i].name, lives, deaths, armed);
    }
}

/* ---- stale ----------------------------------------------------------------------------------------------------------- */

#define STALE_BIRTHS    8u
#define STORM_US        300u

/* For a while interrupts make the hypervisor ask what pends, on the CPUs that this vCPU happens to be on. */
static void storm(void)
{
    uint64_t w[5];
    unsigned int i;

    for ( i = 0; i < 2 * nr_cpus; i++ )
    {
        w[0] = FAULT_SRI_STORM;
        w[1] = 0;
        w[2] = 400;
        w[3] = STORM_US;
        w[4] = 0;
        if ( sp_command(faults.id, w) != FFA_OK || w[0] )
            ok(false, "an SRI storm: %d", (int32_t)w[0]);
        (void)wait_event(false, 1500);
    }
}

/*
 * The id of a VM in the hands of the tasklet while the VM dies and is replaced: its successor, which has asked for no
 * rings, gets NPIs for nothing, but no bit; and whatever of it does not exist is not touched.
 */
static void test_stale(void)
{
    uint64_t npis = 0, got = 0, stray = 0, until;
    unsigned int i, ready = 0, bad = 0;
    struct child_page *page;
    void *va;
    int rc;

    for ( i = 0; i < STALE_BIRTHS; i++ )
    {
        /* From now on every INFO_GET names it, whatever pends. */
        arm(FAULT_INFO_ID, ID + 1, 0, FOR_EVER);
        storm();
        rc = start(i % 4 ? "mode=wfi bits=0-7 percpu=6-7" : "mode=call bits=0-7");
        bad += rc != 0;
        if ( rc )
            break;

        /* Alive: it is told, over and over, and fetches nothing. */
        bad += ts_map(dom.id, dom.shared_gfn, 1, &va) != 0;
        page = va;
        for ( until = time_us() + READY_US; !bad && time_us() < until && !(page->state == CHILD_READY && page->npis > 2); )
            storm();
        ready += page->state == CHILD_READY && page->npis > 2;

        /* Dead, but there: our mapping holds it */
        bad += ts_destroy_once(dom.id) != 0;
        (void)wait_event(false, 3 * STORM_US);
        npis += page->npis;
        got += page->got;
        stray += page->stray;
        bad += ts_unmap(va, 1) != 0;

        /* Gone, and nobody there */
        bad += ts_destroy(&dom, SETTLE_US) != 0;
        (void)wait_event(false, i % 2 ? 3 * STORM_US : 0);
        disarm();
    }

    expect_eq(bad, 0, "domains with one id are made and destroyed while the SPMC names it all the time");
    expect_eq(ready, STALE_BIRTHS, "each was told of notifications (%lu times they fetched)", npis);
    expect_eq(got, 0, "of which there were none, and none was the one before's");
    expect_eq(stray, 0, "no stray bit");
    ok(balanced(), "nothing is left");
    ok(one_works("mode=mute bits=0-7") && balanced(), "the next one works");
}

/* ---- quarantine ------------------------------------------------------------------------------------------------------ */

static void test_quarantine(void)
{
    static const struct { uint32_t kind, call; int code; const char *what; } refusals[] = {
        { FAULT_CALL_ERROR, FFA_NOTIFICATION_BITMAP_DESTROY & 0xff, FFA_DENIED, "BITMAP_DESTROY is denied" },
        { FAULT_CALL_ERROR, FFA_NOTIFICATION_BITMAP_DESTROY & 0xff, FFA_RETRY, "BITMAP_DESTROY wants a retry" },
        { FAULT_CALL_ERROR, FFA_MSG_SEND_DIRECT_REQ_32 & 0xff, FFA_BUSY, "VM destroyed finds the SP busy" },
    };
    uint64_t ms = cmdline_u64("ms", 1000), until;
    struct xen_domctl_getdomaininfo info;
    struct books now;
    unsigned int i, given;
    uint16_t id;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(refusals); i++ )
    {
        rc = start("mode=mute bits=0-7");
        ok(!rc && wait_state(CHILD_READY, READY_US) == CHILD_READY, "%s: a domain that runs", refusals[i].what);
        arm(refusals[i].kind, refusals[i].call, refusals[i].code, FOR_EVER);
        expect_eq(ts_destroy_once(dom.id), 0, "it is destroyed");
        ok(!ts_info(dom.id, &info) && (info.flags & XEN_DOMINF_dying), "and dead, but there");

        given = 0;
        until = time_us() + ms * 1000;
        do {
            id = ID;
            rc = ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32);
            given += rc != -EEXIST;
            if ( !rc )
                break;
            (void)wait_event(false, 20000);
        } while ( time_us() < until );
        expect_eq(given, 0, "its id is not given to another");
        read_books(&now);
        ok(now.hv.dead == before.hv.dead + 1 || !before.hv.heap_bytes, "the id is counted as in quarantine");

        disarm();
        expect_eq(ts_destroy(&dom, SETTLE_US), 0, "let go by the SPMC it goes");
        ok(balanced(), "nothing is left");
        ok(one_works("mode=mute bits=0-7") && balanced(), "the id can be used again");
    }
}

/* ---- births ---------------------------------------------------------------------------------------------------------- */

/* An SP is preempted in VM created, and stays so: the birth fails, and VM destroyed has to wait for the end of that. */
static void test_births(void)
{
    uint64_t ms = cmdline_u64("ms", 1000), until;
    uint16_t id = DOMID_ANY, kept;
    unsigned int given = 0;
    struct books now;
    uint32_t was;

    expect_eq(ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32), 0, "a domain with any id");
    ok(!ts_destroy_once(id) && balanced(), "it goes");
    kept = id + 1;

    arm(FAULT_CALL_INTERRUPT, 1, 0, 1);
    arm(FAULT_CALL_ERROR, FFA_RUN & 0xff, FFA_BUSY, FOR_EVER);
    id = kept;
    expect_eq(ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_FFA, 32), -EBUSY, "the next one cannot be made");
    read_books(&now);
    ok(now.hv.kept_ids == before.hv.kept_ids + 1 || !before.hv.heap_bytes, "its id is counted as held back");
    ok(now.hv.domains == before.hv.domains && now.hv.dead == before.hv.dead, "no domain is");
    id = DOMID_ANY;
    expect_eq(ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32), 0, "another with any id");
    expect_eq(id, kept + 1, "gets the one behind it");
    expect_eq(ts_destroy_once(id), 0, "and goes");

    was = fired();
    until = time_us() + ms * 1000;
    do {
        id = kept;
        given += ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32) != -EBUSY;
        given += ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_FFA, 32) != -EBUSY;
        (void)wait_event(false, 20000);
    } while ( !given && time_us() < until );
    expect_eq(given, 0, "the id is given to nobody");
    ok(fired() > was, "the SP is asked again and again (%u times)", fired() - was);

    disarm();
    ok(balanced(), "let go by the SPMC it leaves nothing");
    id = kept;
    expect_eq(ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_FFA, 32), 0, "the id can be used again");
    ok(!ts_destroy_once(id) && balanced(), "nothing is left");
    ok(one_works("mode=mute bits=0-7") && balanced(), "the next one works");
}

int program(void)
{
    char part[16] = "kill";

    cmdline_get("part", part, sizeof(part));
    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_faults, &faults), FFA_OK, "sp.faults is there") ||
         !ts_begin(&config) )
        return 1;

    read_books(&before);
    if ( !strcmp(part, "alloc") )
        test_alloc();
    else if ( !strcmp(part, "ends") )
        test_ends();
    else if ( !strcmp(part, "spmc") )
        test_spmc();
    else if ( !strcmp(part, "stale") )
        test_stale();
    else if ( !strcmp(part, "quarantine") )
        test_quarantine();
    else if ( !strcmp(part, "births") )
        test_births();
    else
        test_kill();

    return 0;
}
