/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lifecycle: a control domain makes domains, lets sp.notify ring them, and destroys them in whatever state they are, with
 * ids that are used again and again. Its other vCPUs ring living, dying and dead domains meanwhile, from all CPUs.
 *
 * Needs the image of `child` as ramdisk. Command line: cycles=<n> (50), alive=<n> (8, at most 16), seed=<n> (1),
 * pcpus=<n> (2: CPUs that ring), rings=0|1 (1), first=<id> (100), small=0|1 (0: extents of two pages),
 * books=0|1 (1: nothing else changes what is counted at the end).
 * Output: a line with counters every second, TAP, and `lifecycle: sets good <n> bad <n>` (calls of SET, one bit each).
 */
#include "ffa_port.h"
#include "../toolstack/child.h"
#include "../toolstack/toolstack.h"

#define MAX_ALIVE       16
#define SETTLE_US       (90 * 1000000ul)
#define READY_US        (90 * 1000000ul)

static const char *const modes[] = {
    "wfi", "call", "spin", "ring", "mute", "rx", "yield", "off", "reset", "crash", "cpus", "busy", "noffa", "wfi",
};

struct slot {
    bool exists, started;
    struct ts_domain dom;
    struct child_page *page;                    /* its page, mapped here; NULL: not mapped */
    unsigned int mode;
    volatile uint16_t vm_id;                    /* ringers aim here whether it exists or not */
    volatile unsigned int generation;           /* decides about its bits */
};

static struct slot slots[MAX_ALIVE];
static unsigned int alive, pcpus, small;
static const void *image;
static size_t image_bytes;
static struct ffa_partition notify, faults;

static volatile bool stop;
static volatile uint64_t rings_now, rings_refused, rings_later, rings_wrong;
static uint64_t made, destroyed, child_got, child_stray, child_failed, child_calls, not_ready, zombies;
static unsigned int by_state[4];

static uint64_t seed;

/* xorshift; not shared between CPUs */
static uint64_t random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- Ringing ------------------------------------------------------------------------------------------------------ */

/* Six global bits and two per-vCPU ones, others in each generation: a bit of the last one is a stray */
static uint64_t global_bits(unsigned int generation) { return 0x3ful << generation % 8 * 8; }
static uint64_t vcpu_bits(unsigned int generation) { return 0xc0ul << generation % 8 * 8; }

static void ring(uint64_t *state)
{
    struct slot *s = &slots[random(state) % alive];
    unsigned int generation = s->generation, cpu, delay, vcpu = 0, flags = 0;
    uint64_t r = random(state), bit, w[5];
    int rc;

    if ( !(r & 0x700) && generation )
        generation--;                           /* a bit of the one that had the id before */
    bit = 1ul << (generation % 8 * 8 + (r & 7));
    if ( bit & vcpu_bits(generation) )
    {
        flags = 1;
        vcpu = r >> 16 & 1;
    }
    delay = r & 0x3000 ? 0 : 2;
    cpu = delay ? (unsigned int)(r >> 20) % pcpus : 0xff;

    w[0] = NOTIFY_RING;
    w[1] = s->vm_id | vcpu << 16;
    w[2] = (uint32_t)bit;
    w[3] = bit >> 32;
    w[4] = flags | cpu << 8 | delay << 16;
    rc = sp_command(notify.id, w);
    if ( rc != FFA_OK )
        __atomic_add_fetch(&rings_wrong, rc != FFA_BUSY, __ATOMIC_RELAXED);
    else if ( delay )
        __atomic_add_fetch(&rings_later, !w[0], __ATOMIC_RELAXED);
    else if ( !w[0] )
        __atomic_add_fetch(&rings_now, 1, __ATOMIC_RELAXED);
    else if ( (int32_t)w[0] == FFA_DENIED || (int32_t)w[0] == FFA_INVALID_PARAMETERS )
        __atomic_add_fetch(&rings_refused, 1, __ATOMIC_RELAXED);
    else
        __atomic_add_fetch(&rings_wrong, 1, __ATOMIC_RELAXED);
}

static void ringer(void *unused)
{
    uint64_t state = seed * 77 + cpu_id();

    (void)unused;
    while ( !stop )
    {
        ring(&state);
        (void)wait_event(stop, 150 + random(&state) % 300);
    }
}

/* ---- One domain --------------------------------------------------------------------------------------------------- */

static unsigned int first_bit(uint64_t bits)
{
    return (unsigned int)__builtin_ctzl(bits);
}

static int make(struct slot *s, unsigned int turn)
{
    unsigned int generation = s->generation + 1, vcpus = 1 + turn % 2, first;
    struct ts_config c = { .image = image, .image_bytes = image_bytes, .domid = (uint16_t)(s->vm_id - 1),
                           .id_us = SETTLE_US, .vcpus = vcpus };
    uint64_t percpu = vcpus > 1 ? vcpu_bits(generation) : 0;
    char args[96];
    void *va;
    int rc;

    s->mode = (unsigned int)(random(&seed) % ARRAY_SIZE(modes));
    first = first_bit(global_bits(generation));
    if ( percpu )
        snprintf(args, sizeof(args), "mode=%s bits=%u-%u percpu=%u-%u", modes[s->mode], first, first + 7, first + 6,
                 first + 7);
    else
        snprintf(args, sizeof(args), "mode=%s bits=%u-%u", modes[s->mode], first, first + 5);
    c.cmdline = args;
    c.max_order = small ? 1 : 0;

    rc = ts_build(&c, &s->dom);
    if ( rc )
        return rc;
    s->generation = generation;
    s->exists = true;
    made++;

    rc = ts_map(s->dom.id, s->dom.shared_gfn, 1, &va);
    if ( rc )
        return rc;
    s->page = va;

    /* Some are killed before they start */
    s->started = random(&seed) % 16;
    return s->started ? ts_unpause(s->dom.id) : 0;
}

/* Does a child in this mode end by itself, and with which reason? */
static bool wanted_end(const char *mode, unsigned int *reason)
{
    static const struct { const char *mode; unsigned int reason; } ends[] = {
        { "off", SHUTDOWN_poweroff }, { "cpus", SHUTDOWN_poweroff }, { "reset", SHUTDOWN_reboot }, { "crash", SHUTDOWN_crash },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(ends); i++ )
        if ( !strcmp(mode, ends[i].mode) )
        {
            *reason = ends[i].reason;
            return true;
        }

    return false;
}

/* Waits, for most, until the child does what it is made for. It may be over by then. */
static void wait_ready(struct slot *s)
{
    uint64_t until = time_us() + READY_US;
    unsigned int reason, wanted;

    if ( !s->started || !(random(&seed) % 4) )
        return;
    while ( s->page->state < CHILD_READY && time_us() < until )
        (void)wait_event(false, 300);
    if ( s->page->state < CHILD_READY )
    {
        not_ready++;
        printf("# d%u (%s) is not ready: state %u\n", s->dom.id, modes[s->mode], s->page->state);
        return;
    }
    if ( wanted_end(modes[s->mode], &wanted) )
    {
        if ( ts_wait_shutdown(s->dom.id, READY_US, &reason) || reason != wanted )
            ok(false, "d%u (%s) says why it stopped", s->dom.id, modes[s->mode]);
        return;
    }
    (void)wait_event(false, random(&seed) % 3000);
}

static void read_page(struct slot *s)
{
    unsigned int state = s->page->state;

    by_state[state < 4 ? state : 3]++;
    child_got += s->page->got;
    child_stray += s->page->stray;
    child_calls += s->page->calls;
    if ( state == CHILD_FAILED )
    {
        child_failed++;
        printf("# d%u (%s) failed at line %u: %d\n", s->dom.id, modes[s->mode], s->page->error, s->page->code);
    }
}

/* 0, or the line that went wrong */
static int kill(struct slot *s)
{
    struct xen_domctl_getdomaininfo info;
    uint16_t id = s->dom.id;
    int rc;

    wait_ready(s);

    /* Our mapping of its page is a reference: the domain is dead, but not gone, and its id is taken */
    do {
        rc = ts_destroy_once(id);
    } while ( rc == -EAGAIN || rc == -EBUSY );
    if ( rc )
        return __LINE__;
    if ( ts_info(id, &info) || !(info.flags & XEN_DOMINF_dying) )
        return __LINE__;
    zombies++;
    if ( random(&seed) % 8 == 0 && ts_create(&id, 1, XEN_DOMCTL_CONFIG_TEE_NONE, 32) != -EEXIST )
        return __LINE__;

    read_page(s);
    if ( ts_unmap(s->page, 1) )
        return __LINE__;
    s->page = NULL;
    if ( ts_destroy(&s->dom, SETTLE_US) )
        return __LINE__;
    s->exists = false;
    destroyed++;

    return 0;
}

/* ---- Books -------------------------------------------------------------------------------------------------------- */

struct books {
    struct debug_op_counters hv;
    uint64_t bitmaps, bound, vms;               /* at the SPMC */
    int domains;
};

static void read_books(struct books *b)
{
    static struct xen_domctl_getdomaininfo list[64];
    uint64_t w[5] = { FAULT_QUERY };

    *b = (struct books){ .domains = ts_list(0, list, ARRAY_SIZE(list)) };
    if ( ts_counters(&b->hv) )
    {
        uint64_t pages = 0;

        ts_free_pages(&pages);
        b->hv = (struct debug_op_counters){ .free_pages = pages };
    }
    if ( sp_command(faults.id, w) == FFA_OK && !w[0] )
    {
        b->bitmaps = (uint32_t)w[2];
        b->bound = (uint32_t)w[3];
        b->vms = (uint32_t)w[4];
    }
}

/* Before anything has begun. Timers come and go with the time slices: what is always there is the least that is seen. */
static void open_books(struct books *b)
{
    uint64_t timers = ~0ul;
    unsigned int i;

    for ( i = 0; i < 20; i++ )
    {
        (void)wait_event(false, 2000);
        read_books(b);
        if ( b->hv.timers < timers )
            timers = b->hv.timers;
    }
    b->hv.timers = timers;
}

static bool same_books(const struct books *a, const struct books *b)
{
    return a->hv.free_pages == b->hv.free_pages && a->hv.heap_bytes == b->hv.heap_bytes &&
           a->hv.domains == b->hv.domains && a->hv.dead == b->hv.dead && a->hv.timers == b->hv.timers &&
           a->hv.rcu_callbacks == b->hv.rcu_callbacks && a->domains == b->domains &&
           a->bitmaps == b->bitmaps && a->bound == b->bound && a->vms == b->vms;
}

static void check_books(const struct books *before)
{
    uint64_t until = time_us() + SETTLE_US;
    struct books now;

    do {
        (void)wait_event(false, 20000);
        read_books(&now);
    } while ( !same_books(before, &now) && time_us() < until );

    expect_eq(now.hv.free_pages, before->hv.free_pages, "pages are back");
    expect_eq(now.hv.heap_bytes, before->hv.heap_bytes, "the heap is back");
    expect_eq(now.hv.domains, before->hv.domains, "no domain is left");
    expect_eq(now.hv.dead, before->hv.dead, "no dead one either");
    expect_eq(now.domains, before->domains, "the list of domains is as before");
    expect_eq(now.hv.rcu_callbacks, before->hv.rcu_callbacks, "no RCU callback is pending");
    expect_eq(now.hv.timers, before->hv.timers, "no timer is armed that was not");
    expect_eq(now.bitmaps, before->bitmaps, "the SPMC has no bitmap more");
    expect_eq(now.bound, before->bound, "the SPMC has no binding more");
    expect_eq(now.vms, before->vms, "the SPMC knows no VM more");
}

static void progress(unsigned int turn, unsigned int cycles)
{
    printf("lifecycle: %u of %u, made %lu destroyed %lu, rings %lu refused %lu later %lu, bits fetched by them %lu\n",
           turn, cycles, made, destroyed, rings_now, rings_refused, rings_later, child_got);
}

int program(void)
{
    unsigned int cycles = (unsigned int)cmdline_u64("cycles", 50), turn, i;
    bool rings = cmdline_u64("rings", 1);
    uint64_t said, w[5], jobs_until, began;
    struct books before;
    int rc = 0, line = 0;

    alive = (unsigned int)cmdline_u64("alive", 8);
    if ( !alive || alive > MAX_ALIVE )
        alive = MAX_ALIVE;
    seed = cmdline_u64("seed", 1) * 0x9e3779b97f4a7c15ul + 1;
    pcpus = (unsigned int)cmdline_u64("pcpus", 2);
    small = (unsigned int)cmdline_u64("small", 0);

    smp_up_all();
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_notify, &notify), FFA_OK, "sp.notify is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_faults, &faults), FFA_OK, "sp.faults is there") )
        return 1;
    image = ts_module(&image_bytes);
    if ( !expect_eq(ts_init(), 0, "hypercalls are there") || !ok(image != NULL, "the child's image is the ramdisk") )
        return 1;

    for ( i = 0; i < alive; i++ )
        slots[i].vm_id = (uint16_t)(cmdline_u64("first", 100) + i + 1);
    open_books(&before);
    for ( i = 1; rings && i < nr_cpus; i++ )
        cpu_start(i, ringer, NULL);

    said = began = time_us();
    for ( turn = 0; turn < cycles && !rc && !line; turn++ )
    {
        struct slot *s = &slots[turn % alive];

        if ( s->exists )
            line = kill(s);
        if ( !line )
            rc = make(s, turn);
        if ( time_us() - said > 1000000 )
        {
            said = time_us();
            progress(turn, cycles);
        }
    }
    for ( i = 0; i < alive && !line; i++ )
        if ( slots[i].exists )
            line = kill(&slots[i]);
    began = time_us() - began;

    stop = true;
    for ( i = 1; i < nr_cpus; i++ )
    {
        gic_send_sgi(SGI_KICK, i);
        cpu_wait(i, SETTLE_US);
    }
    jobs_until = time_us() + SETTLE_US;
    do {
        (void)wait_event(false, 5000);
        w[0] = NOTIFY_STATS;
        if ( sp_command(notify.id, w) != FFA_OK )
            break;
    } while ( (uint32_t)w[3] && time_us() < jobs_until );

    progress(turn, cycles);
    expect_eq(rc, 0, "every domain could be made");
    expect_eq(line, 0, "every domain could be destroyed");
    expect_eq(made, cycles, "%u domains were made", cycles);
    expect_eq(destroyed, made, "and destroyed");
    expect_eq(child_failed, 0, "none of them failed");
    expect_eq(not_ready, 0, "none of them got stuck");
    expect_eq(child_stray, 0, "none got a bit of another, also not of the one with its id before");
    expect_eq(rings_wrong, 0, "rings are done or refused as gone, nothing else");
    expect_eq((uint32_t)w[3], 0, "no ring is under way");
    ok(!rings || (rings_now && rings_refused), "rings met the living (%lu) and the dead (%lu)", rings_now, rings_refused);
    printf("lifecycle: states at the end: not booted %u, booted %u, ready %u, failed %u; calls %lu; seen dead %lu\n",
           by_state[0], by_state[1], by_state[2], by_state[3], child_calls, zombies);
    if ( cmdline_u64("books", 1) )
        check_books(&before);
    printf("lifecycle: %u cycles in %lu ms\n", cycles, began / 1000);
    printf("lifecycle: sets good %lu bad %lu\n", (uint64_t)(uint32_t)w[1], (uint64_t)(uint32_t)w[2]);

    return 0;
}
