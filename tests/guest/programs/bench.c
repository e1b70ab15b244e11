/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: how many instructions a call takes, and how many pass from a notification to its handler.
 *
 * Runs in a VM, and unchanged on the firmware alone, where it plays VM 1: the difference is the hypervisor's share. Meant
 * for QEMU with `-icount shift=0,sleep=off -smp 1`: there one instruction is one nanosecond of the counter.
 *
 * With the built-in partitions, or with OP-TEE, where there are no rings.
 *
 * Command line: calls=<n> (1024 per figure, a multiple of 64), rings=<n> (32), only=<name>; idle=1 (only bind a bit and wait
 * for notifications: a VM beside the one that measures), wait=<us>.
 * vms=<n>: nothing but how long a ring takes when n VMs are rung at once, of which this has the first id; the others have
 * idle=pending, and fetch in between without being woken by their NPI. settle=<us>: not before that time.
 * shares=<n>: nothing but MEM_SHARE and RECLAIM of 1, 4, 16 ... n pages in one range, at the end of memory.
 * Output: `bench: name=<name> calls=<n> ns=<all calls together>`.
 */
#include "ffa_port.h"

#define RING_US         1000

struct call { uint64_t x[18]; };                /* x0-x17 */

/* OP-TEE's requests and ids are those of its ABI. It rings nobody who does not ask for it, so it rings nobody here. */
static const struct ffa_uuid uuid_optee = { { 0xe0786148, 0xe311f8e7, 0x02005ebc, 0x1bc5d5a5 } };
#define OPTEE_API_VERSION       0
#define VM_CREATED              0x80000004u

static struct ffa_partition echo, notify;       /* who answers, who notifies; OP-TEE is both */
static bool optee;
static uint64_t freq;

static uint64_t ticks(void)
{
    isb();
    return read_sysreg(cntpct_el0);
}

static uint64_t to_ns(uint64_t t)
{
    return t * (1000000000 / 1000) / (freq / 1000);
}

/*
 * @n calls, @step structs apart (0: always the same). All of x0-x17 are loaded, as any caller of FF-A does. Returns the time
 * it took. One function per instruction: the loops differ in nothing else.
 */
#define DEFINE_LOOP(name, insn)                                                                                         \
static uint64_t name(const struct call *c, uint64_t step, uint64_t n)                                                  \
{                                                                                                                      \
    register uint64_t at asm("x19") = (uintptr_t)c;                                                                    \
    register uint64_t skip asm("x20") = step * sizeof(*c);                                                             \
    register uint64_t left asm("x21") = n;                                                                             \
    uint64_t begin = ticks();                                                                                          \
                                                                                                                       \
    asm volatile("1: ldp x0, x1, [x19]\n"                                                                              \
                 "   ldp x2, x3, [x19, #16]\n"                                                                         \
                 "   ldp x4, x5, [x19, #32]\n"                                                                         \
                 "   ldp x6, x7, [x19, #48]\n"                                                                         \
                 "   ldp x8, x9, [x19, #64]\n"                                                                         \
                 "   ldp x10, x11, [x19, #80]\n"                                                                       \
                 "   ldp x12, x13, [x19, #96]\n"                                                                       \
                 "   ldp x14, x15, [x19, #112]\n"                                                                      \
                 "   ldp x16, x17, [x19, #128]\n"                                                                      \
                 "   add x19, x19, x20\n"                                                                              \
                 "   " insn "\n"                                                                                       \
                 "   subs x21, x21, #1\n"                                                                              \
                 "   b.ne 1b"                                                                                          \
                 : "+r" (at), "+r" (left) : "r" (skip)                                                                 \
                 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",      \
                   "x15", "x16", "x17", "x18", "cc", "memory");                                                        \
    return ticks() - begin;                                                                                            \
}

DEFINE_LOOP(loop_hvc, "hvc #0")
DEFINE_LOOP(loop_smc, "smc #0")
DEFINE_LOOP(loop_xen, "hvc #0xea1")
DEFINE_LOOP(loop_nop, "nop")

typedef uint64_t (*loop_fn)(const struct call *, uint64_t, uint64_t);

static loop_fn loop_default(void)
{
    return ffa_conduit == CONDUIT_HVC ? loop_hvc : loop_smc;
}

/* Time of @n calls without that of the loop around them */
static uint64_t calls_time(loop_fn loop, const struct call *c, uint64_t step, uint64_t n)
{
    uint64_t t = loop(c, step, n), empty = loop_nop(c, step, n);

    return t > empty ? t - empty : 0;
}

static void report(const char *name, uint64_t calls, uint64_t t)
{
    printf("bench: name=%s calls=%lu ns=%lu\n", name, (unsigned long)calls, (unsigned long)to_ns(t));
}

/* One call must have succeeded before it is measured, else we would measure a refusal. */
static bool works(const char *name, const struct call *c, bool error_wanted)
{
    struct smccc r;
    bool error;

    memcpy(&r, c, sizeof(r));
    smccc_call(ffa_conduit, &r);
    error = (uint32_t)r.x[0] == FFA_ERROR || r.x[0] == ~0ul || (int32_t)r.x[0] == -1;

    return ok(error == error_wanted, "%s is answered as it should (0x%x, %d)", name, (uint32_t)r.x[0], (int)r.x[2]);
}

/* Is it to be measured? */
static bool wanted(const char *name)
{
    char only[24];

    return !cmdline_get("only", only, sizeof(only)) || !strcmp(only, name);
}

static void measure(const char *name, struct call c, uint64_t calls, bool error_wanted)
{
    if ( wanted(name) && works(name, &c, error_wanted) )
        report(name, calls, calls_time(loop_default(), &c, 0, calls));
}

/* ---- Calls ----------------------------------------------------------------------------------------------------- */

static void simple_calls(uint64_t calls)
{
    struct call ids = { { FFA_ID_GET } };

    measure("psci_version", (struct call){ { PSCI_VERSION } }, calls, false);
    measure("ffa_id_get", ids, calls, false);
    measure("ffa_features", (struct call){ { FFA_FEATURES, FFA_NOTIFICATION_GET } }, calls, false);
    measure("info_get", (struct call){ { FFA_NOTIFICATION_INFO_GET_64 } }, calls, true);
    /* FFA_NORMAL_WORLD_RESUME: an id of FF-A that no VM may ever use */
    measure("refused", (struct call){ { 0x8400007c } }, calls, true);

    if ( !entered_at_el2 && wanted("xen_version") )
    {
        struct call version = { { 0 } };

        version.x[16] = HYP_xen_version;
        report("xen_version", calls, calls_time(loop_xen, &version, 0, calls));
        report("ffa_id_get_smc", calls, calls_time(loop_smc, &ids, 0, calls));
    }
}

static void forwarded_calls(uint64_t calls)
{
    static struct call bind[64], unbind[64];
    struct call request = { { 0, (uint64_t)ffa.id << 16 | echo.id, 0, optee ? OPTEE_API_VERSION : 1, 2, 3, 4, 5 } };
    uint64_t t_bind = 0, t_unbind = 0, n, pair = (uint64_t)notify.id << 16 | ffa.id;
    unsigned int i;

    measure("notif_get", (struct call){ { FFA_NOTIFICATION_GET, ffa.id, FFA_GET_SP } }, calls, false);

    for ( i = 0; i < 64; i++ )
    {
        bind[i] = (struct call){ { FFA_NOTIFICATION_BIND, pair, 0, (uint32_t)(1ul << i), 1ul << i >> 32 } };
        unbind[i] = (struct call){ { FFA_NOTIFICATION_UNBIND, pair, 0, (uint32_t)(1ul << i), 1ul << i >> 32 } };
    }
    if ( wanted("notif_bind") && works("notif_bind", &bind[0], false) && works("notif_unbind", &unbind[0], false) )
    {
        for ( n = 0; n < calls; n += 64 )
        {
            t_bind += calls_time(loop_default(), bind, 1, 64);
            t_unbind += calls_time(loop_default(), unbind, 1, 64);
        }
        report("notif_bind", calls, t_bind);
        report("notif_unbind", calls, t_unbind);
    }

    /* A bit that sp.notify has not bound: refused by the SPMC, since a SET that succeeds would raise an SRI in between */
    if ( !optee )
        measure("notif_set", (struct call){ { FFA_NOTIFICATION_SET, (uint64_t)ffa.id << 16 | notify.id, 0, 1, 0 } }, calls, true);
    request.x[0] = FFA_MSG_SEND_DIRECT_REQ_32;
    measure("direct_req", request, calls, false);
    request.x[0] = FFA_MSG_SEND_DIRECT_REQ_64;
    measure("direct_req64", request, calls, false);
}

/* ---- Notifications --------------------------------------------------------------------------------------------- */

static volatile uint64_t handler_time, info_time;
static volatile unsigned int handled;

/* The time first. On the firmware alone this is the SRI, and what a hypervisor has to ask is asked here. */
static void on_interrupt(uint32_t intid, void *arg)
{
    static const struct call info = { { FFA_NOTIFICATION_INFO_GET_64 } };
    struct ffa_bitmaps got;

    (void)intid;
    (void)arg;
    handler_time = ticks();
    if ( ffa_physical )
        info_time = calls_time(loop_smc, &info, 0, 1);
    ffa_notif_get(&ffa, 0, FFA_GET_SP, &got);
    handled++;
}

/* Counts in the counter until an interrupt has been handled; returns the last time seen before it. */
static uint64_t spin_until(unsigned int seen)
{
    uint64_t last, now = ticks();

    do {
        last = now;
        now = ticks();
    } while ( handled == seen );

    return last;
}

/*
 * sp.notify rings with a fixed period. Every other ring finds this CPU counting, and the last time it saw is when the
 * secure timer fired; the next ring is due one period after that (and a constant of the secure world) and finds it in WFI.
 * The firmware's INFO_GET is part of both ways: a hypervisor makes it, and on the firmware alone we do.
 */
static void rings(unsigned int rings)
{
    uint64_t w[5] = { NOTIFY_RING | (uint64_t)(2 * rings) << 16, ffa.id, 1, 0, 0xff << 8 | (uint64_t)(RING_US / 100) << 16 };
    uint64_t period = RING_US * freq / 1000000, running = 0, idle = 0, fired;
    unsigned int i, seen;

    irq_set_handler(ffa.npi, on_interrupt, NULL);
    if ( !ok(ffa_notif_bind(&ffa, notify.id, 0, 1) == FFA_OK, "a bit is bound to sp.notify") ||
         !ok(sp_command(notify.id, w) == FFA_OK && !w[0], "sp.notify will ring") )
        return;

    for ( i = 0; i < rings; i++ )
    {
        seen = handled;
        fired = spin_until(seen);
        running += handler_time - fired + info_time;

        seen = handled;
        while ( handled == seen )
            wfi();
        idle += handler_time - fired - period + info_time;
    }
    report("sri_running", rings, running);
    report("sri_idle", rings, idle);
    ffa_notif_unbind(&ffa, notify.id, 1);
}

/* Every so often all VMs are rung, in the middle between two times the others fetch what was for them. */
#define SLOT_US         20000ul

static void wait_until(uint64_t us)
{
    (void)wait_event(false, us - time_us());
}

/* Take what is there for the VMs behind this one, which on the firmware alone nobody else does */
static void fetch_for(unsigned int vms)
{
    struct ffa_regs r;
    unsigned int i;

    for ( i = 1; i < vms; i++ )
        ffa_call(&ffa, &r, FFA_NOTIFICATION_GET, ffa.id + i, FFA_GET_SP, 0, 0, 0, 0, 0);
}

static int receive_for(unsigned int vms)
{
    struct ffa_regs r;
    unsigned int i;

    for ( i = 1; i < vms; i++ )
    {
        ffa_call(&ffa, &r, FFA_NOTIFICATION_BITMAP_CREATE, ffa.id + i, 1, 0, 0, 0, 0, 0);
        if ( ffa_status(&r) != FFA_OK )
            return ffa_status(&r);
        ffa_call(&ffa, &r, FFA_NOTIFICATION_BIND, (uint64_t)notify.id << 16 | (ffa.id + i), 0, 1, 0, 0, 0, 0);
        if ( ffa_status(&r) != FFA_OK )
            return ffa_status(&r);
    }

    return FFA_OK;
}

/* As in on_interrupt(), but as many INFO_GETs as a hypervisor makes for that many VMs */
#define INFO_LISTS      20
static unsigned int infos;
static bool infos_left;

static void on_pending(uint32_t intid, void *arg)
{
    static const struct call info = { { FFA_NOTIFICATION_INFO_GET_64 } };
    struct ffa_bitmaps got;
    struct smccc r;

    (void)intid;
    (void)arg;
    handler_time = ticks();
    if ( ffa_physical )
    {
        info_time = calls_time(loop_smc, &info, 0, infos);
        memcpy(&r, &info, sizeof(r));
        smccc_call(CONDUIT_SMC, &r);
        infos_left |= (uint32_t)r.x[0] != FFA_ERROR;
    }
    ffa_notif_get(&ffa, 0, FFA_GET_SP, &got);
    handled++;
}

static void pending(unsigned int rounds, unsigned int vms)
{
    uint64_t w[5], total = 0, fired, slot;
    unsigned int i, seen;

    infos = (vms + INFO_LISTS - 1) / INFO_LISTS;
    irq_set_handler(ffa.npi, on_pending, NULL);
    if ( !ok(ffa_notif_bind(&ffa, notify.id, 0, 1) == FFA_OK, "a bit is bound to sp.notify") ||
         !ok(!ffa_physical || receive_for(vms) == FFA_OK, "and one of %u others", vms - 1) )
        return;

    for ( i = 0; i < rounds; i++ )
    {
        /* Early in a slot of its own, when all others have fetched what came in the last one */
        slot = time_us() / SLOT_US + 1;
        wait_until(slot * SLOT_US);
        w[0] = NOTIFY_RING | (uint64_t)vms << 16;
        w[1] = ffa.id;
        w[2] = 1;
        w[3] = 0;
        w[4] = (vms > 1 ? 0x40 : 0) | 0xff << 8 | (uint64_t)(RING_US / 100) << 16;
        seen = handled;
        if ( sp_command(notify.id, w) != FFA_OK || w[0] )
        {
            ok(false, "sp.notify will ring %u VMs", vms);
            return;
        }
        fired = spin_until(seen);
        total += handler_time - fired + info_time;
        if ( ffa_physical )
            fetch_for(vms);
    }
    if ( ok(!infos_left, "%u INFO_GETs told all", infos) )
        report("pending", rounds, total);
    ffa_notif_unbind(&ffa, notify.id, 1);
}

/* One of the others: awake in the second half of a slot only */
static void wait_pending(void)
{
    uint64_t until = time_us() + cmdline_u64("wait", 1000000);
    struct ffa_bitmaps got;
    unsigned int fetched = 0;

    gic_disable(ffa.npi);
    ok(ffa_notif_bind(&ffa, notify.id, 0, 1) == FFA_OK, "a bit is bound to sp.notify");
    while ( time_us() < until )
    {
        wait_until((time_us() / SLOT_US + 1) * SLOT_US + SLOT_US / 2);
        if ( ffa_notif_get(&ffa, 0, FFA_GET_SP, &got) == FFA_OK )
            fetched += got.sp == 1;
    }
    ok(fetched == cmdline_u64("rings", 32), "%u notifications were for us", fetched);
    ffa_notif_unbind(&ffa, notify.id, 1);
}

/* A VM that others are measured beside */
static void wait_for_rings(void)
{
    uint64_t until = time_us() + cmdline_u64("wait", 1000000);

    irq_set_handler(ffa.npi, on_interrupt, NULL);
    ok(ffa_notif_bind(&ffa, notify.id, 0, 1) == FFA_OK, "a bit is bound to sp.notify");
    (void)wait_event(false, until - time_us());
    ffa_notif_unbind(&ffa, notify.id, 1);
}

/* OP-TEE takes requests of VMs it was told of only, and on the firmware alone we tell it. */
static bool find_optee(void)
{
    struct ffa_regs r;

    if ( ffa_find(&ffa, &uuid_optee, &echo) != FFA_OK )
        return false;

    notify = echo;
    optee = true;
    if ( ffa_physical )
    {
        ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, echo.id, VM_CREATED, 0, 0, ffa.id, 0, 0);
        if ( !ok((uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP_32 && !(uint32_t)r.x[3], "OP-TEE knows VM %u", ffa.id) )
            return false;
        ffa_call(&ffa, &r, FFA_NOTIFICATION_BITMAP_CREATE, ffa.id, 1, 0, 0, 0, 0, 0);
        return ok(ffa_status(&r) == FFA_OK, "it has notifications");
    }

    return true;
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */


static void shares(uint32_t most)
{
    struct ffa_mem_range range;
    struct ffa_mem mem = {
        .receiver = echo.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1,
    };
    uint64_t handle, begin, t;
    char name[24];
    unsigned int i, rounds;
    int rc;

    for ( range.pages = 1; range.pages <= most; range.pages *= 4 )
    {
        range.ipa = ram_base + ram_size - (uint64_t)range.pages * PAGE_SIZE;
        /* Memory in use: the first to come to a page has it zeroed, which is no part of a share */
        for ( i = 0; i < range.pages; i++ )
            *(volatile uint64_t *)(range.ipa + (uint64_t)i * PAGE_SIZE) = i;
        /* A tick of the clock is 16 instructions: that counts where there are few. */
        rounds = range.pages > 64 ? 4 : 64;
        for ( i = 0, t = 0, rc = FFA_OK; i < rounds && rc == FFA_OK; i++ )
        {
            begin = ticks();
            rc = ffa_mem_share(&ffa, &mem, &handle);
            if ( rc == FFA_OK )
                rc = ffa_mem_reclaim(&ffa, handle, 0);
            t += ticks() - begin;
        }
        if ( !expect_eq(rc, FFA_OK, "%u pages are shared and reclaimed", range.pages) )
            return;
        snprintf(name, sizeof(name), "share_%u", range.pages);
        report(name, rounds, t);
    }
}

int program(void)
{
    uint64_t calls = cmdline_u64("calls", 1024);
    char idle[12];
    int rc;

    freq = read_sysreg(cntfrq_el0);
    report("boot", 1, entry_ticks);

    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there") )
        return 1;
    if ( !ok((ffa_find(&ffa, &uuid_echo, &echo) == FFA_OK && ffa_find(&ffa, &uuid_notify, &notify) == FFA_OK) ||
             find_optee(), "the partitions are there") || !ok(optee || ffa.npi != 0, "notifications are there") )
        return 1;

    if ( cmdline_get("idle", idle, sizeof(idle)) )
    {
        if ( !strcmp(idle, "pending") )
            wait_pending();
        else
            wait_for_rings();
        return 0;
    }
    if ( cmdline_u64("vms", 0) )
    {
        wait_until(cmdline_u64("settle", 0));
        pending((unsigned int)cmdline_u64("rings", 32), (unsigned int)cmdline_u64("vms", 1));
        return 0;
    }

    if ( cmdline_u64("shares", 0) )
    {
        shares((uint32_t)cmdline_u64("shares", 0));
        return 0;
    }

    simple_calls(calls);
    forwarded_calls(calls);
    if ( !optee && wanted("rings") )
        rings((unsigned int)cmdline_u64("rings", 32));

    return 0;
}
