/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notif: the whole notification path of a VM. Global and per-vCPU bits, all 64, merging, delayed SRI, other CPUs, the SP as
 * receiver, every refusal of BIND, UNBIND, SET, GET, INFO_GET, spurious SRIs and a storm of them.
 * Command line: version=1.1|1.2, storm=<n> (200: spurious SRIs, 100 us apart), percpu=0 (the SPMC has no per-vCPU).
 */
#include "ffa_port.h"

#define WAIT_US         60000000        /* ends runs that hang; what arrives ends the wait */

static struct ffa_partition sp, echo, faults;
static volatile uint64_t seen, seen_on[MAX_CPUS];
static volatile unsigned int gets;
static volatile uint64_t foreign;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    if ( got->sp )
        printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
    __atomic_or_fetch(&seen_on[vcpu % MAX_CPUS], got->sp, __ATOMIC_RELAXED);
    __atomic_or_fetch(&foreign, got->vm | got->spm | got->hyp, __ATOMIC_RELAXED);
    __atomic_add_fetch(&gets, 1, __ATOMIC_RELAXED);
    __atomic_or_fetch(&seen, got->sp, __ATOMIC_RELEASE);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static void forget(void)
{
    unsigned int i;

    for ( i = 0; i < MAX_CPUS; i++ )
        seen_on[i] = 0;
    seen = 0;
    gets = 0;
}

/* Status of the SP's SET, or 100 + error of the message itself (positive: never an FF-A code) */
static int ring(uint64_t bits, uint32_t flags, uint16_t vcpu, uint32_t cpu, uint32_t delay_100us, uint32_t count)
{
    uint64_t w[5] = { NOTIFY_RING | (uint64_t)count << 16, ffa.id | (uint64_t)vcpu << 16, (uint32_t)bits, bits >> 32,
                      flags | cpu << 8 | (uint64_t)delay_100us << 16 };
    int rc = sp_command(sp.id, w);

    return rc == FFA_OK ? (int32_t)w[0] : 100 - rc;
}

static int ring_now(uint64_t bits, uint32_t flags, uint16_t vcpu)
{
    return ring(bits, flags, vcpu, 0xff, 0, 0);
}

/* The SP has no delayed ring left to make, and we have fetched what it has made. */
static void all_rung(void)
{
    uint64_t until = time_us() + WAIT_US, w[5] = { NOTIFY_STATS };
    struct ffa_bitmaps got;

    while ( sp_command(sp.id, w) == FFA_OK && (uint32_t)w[3] && time_us() < until )
    {
        (void)wait_event(false, 500);
        w[0] = NOTIFY_STATS;
    }
    expect_eq((uint32_t)w[3], 0, "all rings have been made");
    if ( ffa_notif_get(&ffa, 0, ffa.get_flags, &got) == FFA_OK )
        __atomic_or_fetch(&seen, got.sp, __ATOMIC_RELAXED);
}

static void mask_npi(void *mask)
{
    if ( mask )
        gic_disable(ffa.npi);
    else
    {
        gic_clear_pending(ffa.npi);
        gic_enable(ffa.npi);
    }
}

/* Between these no vCPU takes the NPI: it stays pending, and GET is called by hand */
static void by_hand(bool on)
{
    struct ffa_bitmaps got;
    unsigned int i;

    if ( !on )
        ffa_notif_get(&ffa, 0, ffa.get_flags, &got);
    for ( i = 0; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_call(i, mask_npi, on ? &ffa : NULL);
}

/* Nothing interrupts us when a disabled interrupt becomes pending: look every half millisecond, at all vCPUs */
static bool npi_pends(void)
{
    uint64_t until = time_us() + WAIT_US;
    unsigned int i;

    while ( time_us() < until )
    {
        for ( i = 0; i < nr_cpus; i++ )
            if ( cpus[i].online && (mmio_read32(cpus[i].gicr + 0x10200) & (1u << ffa.npi)) )
                return true;
        (void)wait_event(false, 500);
    }

    return false;
}

static int raw(uint32_t fid, uint64_t w1, uint64_t w2, uint64_t bits)
{
    struct ffa_regs r;

    ffa_call(&ffa, &r, fid, w1, w2, (uint32_t)bits, bits >> 32, 0, 0, 0);
    return ffa_status(&r);
}

#define PAIR(high, low) ((uint32_t)(high) << 16 | (uint16_t)(low))

static void delivery(void)
{
    unsigned int n, missing = 0;
    uint64_t order = 0;
    struct ffa_bitmaps got;

    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 1), FFA_OK, "bind one global bit");
    forget();
    expect_eq(ring_now(1, 0, 0), FFA_OK, "the SP rings it");
    ok(wait_event(seen == 1, WAIT_US), "it arrives");
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 1), FFA_OK, "unbind it");
    expect_eq(ring_now(1, 0, 0), FFA_DENIED, "the SP cannot ring it any more");

    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, ~0ul), FFA_OK, "bind all 64 bits");
    forget();
    expect_eq(ring_now(~0ul, 0, 0), FFA_OK, "the SP rings all at once");
    ok(wait_event(seen == ~0ul, WAIT_US), "all 64 arrive (0x%016lx)", seen);

    for ( n = 0; n < 64; n++ )
    {
        forget();
        if ( ring_now(BIT(n), 0, 0) != FFA_OK || !wait_event(seen, WAIT_US) || seen != BIT(n) )
            missing++;
    }
    expect_eq(missing, 0, "each of the 64 arrives alone, and as itself");

    forget();
    expect_eq(ring_now(0x10, FFA_NOTIF_DELAY_SRI, 0), FFA_OK, "ring with the delay-SRI flag");
    ok(wait_event(seen == 0x10, WAIT_US), "it arrives, too");

    forget();
    expect_eq(ring(0x20, 0, 0, 0xff, 20, 0), FFA_OK, "ring in 2 ms, from the secure timer's interrupt");
    ok(wait_event(seen == 0x20, WAIT_US), "it arrives, too");

    forget();
    n = (unsigned int)ring(0x40, 0, 0, 1, 0, 0);
    if ( (int)n == FFA_INVALID_PARAMETERS )
        tap_skip("there is no physical CPU 1");
    else
        ok((int)n == FFA_OK && wait_event(seen == 0x40, WAIT_US), "rung on another physical CPU, it arrives");

    /* Rotating repetitions; two of them may come with one GET, but none may be missing */
    forget();
    for ( n = 0; n < 4; n++ )
        order |= BIT(n * 16);
    ok(ring(order, 0, 0, 0xff, 5, 6) == FFA_OK && wait_event(seen == order && gets >= 1, WAIT_US), "repeated rings arrive");
    all_rung();
    expect_eq(seen, order, "and no other bits do");

    by_hand(true);
    expect_eq(ring_now(8, 0, 0), FFA_OK, "ring a bit");
    expect_eq(ring_now(8, 0, 0), FFA_OK, "ring it again while it pends");
    expect_eq(ring_now(0x80, 0, 0), FFA_OK, "and another");
    expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got), FFA_OK, "GET");
    expect_eq(got.sp, 0x88, "both, the first merged into one");
    expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got), FFA_OK, "GET again");
    expect_eq(got.sp, 0, "nothing left");
    by_hand(false);

    expect_eq(ffa_notif_unbind(&ffa, sp.id, ~0ul), FFA_OK, "unbind all");
}

static void per_vcpu(void)
{
    const uint64_t mine = 0xff00;
    struct ffa_bitmaps got;
    unsigned int i, missing;
    int rc = ffa_notif_bind(&ffa, sp.id, FFA_NOTIF_PER_VCPU, mine);

    if ( !cmdline_u64("percpu", 1) )
    {
        expect_eq(rc, FFA_INVALID_PARAMETERS, "per-vCPU bits are refused");
        return;
    }
    if ( !expect_eq(rc, FFA_OK, "bind eight per-vCPU bits") )
        return;
    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 1), FFA_OK, "and a global one");

    for ( i = 0; i < nr_cpus; i++ )
    {
        forget();
        expect_eq(ring_now(0x100, FFA_NOTIF_PER_VCPU, (uint16_t)i), FFA_OK, "ring for vCPU %u", i);
        ok(wait_event(seen == 0x100, WAIT_US) && seen_on[i] == 0x100, "it arrives there");
    }

    /* All of them at once, then a global bit: more vCPUs than one ID list names */
    forget();
    for ( i = 0; i < nr_cpus; i++ )
        ring_now(0x200ul << (i % 7), FFA_NOTIF_PER_VCPU, (uint16_t)i);
    ring_now(1, 0, 0);
    for ( i = 0, missing = 0; i < nr_cpus; i++ )
        if ( !wait_event(seen_on[i] & (0x200ul << (i % 7)), WAIT_US) )
            missing++;
    expect_eq(missing, 0, "bits of all %u vCPUs arrive, each at its own", nr_cpus);
    ok(wait_event(seen & 1, WAIT_US), "and the global one");

    expect_eq(ring_now(0x100, 0, 0), FFA_INVALID_PARAMETERS, "a per-vCPU bit cannot be rung as a global one");
    expect_eq(ring_now(1, FFA_NOTIF_PER_VCPU, 0), FFA_INVALID_PARAMETERS, "nor the other way round");
    expect_eq(ring_now(0x100, FFA_NOTIF_PER_VCPU, (uint16_t)(nr_cpus + 100)), FFA_INVALID_PARAMETERS,
              "nor for a vCPU that does not exist");

    if ( nr_cpus > 1 )
    {
        cpu_down(1);
        by_hand(true);
        expect_eq(ring_now(0x400, FFA_NOTIF_PER_VCPU, 1), FFA_OK, "ring for a vCPU that is off");
        expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got), FFA_OK, "GET for vCPU 0");
        expect_eq(got.sp, 0, "does not bring what is vCPU 1's");
        expect_eq(ffa_notif_get(&ffa, 1, FFA_GET_SP, &got), FFA_OK, "GET that names vCPU 1");
        expect_eq(got.sp, 0x400, "does");

        by_hand(false);
        forget();
        expect_eq(ring_now(0x800, FFA_NOTIF_PER_VCPU, 1), FFA_OK, "ring again for the vCPU that is off");
        ok(cpu_up(1) && cpu_call(1, ffa_cpu_enable, NULL), "the vCPU comes up");
        ok(wait_event(seen_on[1] == 0x800, WAIT_US), "and finds its notification");
    }

    expect_eq(ffa_notif_unbind(&ffa, sp.id, mine | 1), FFA_OK, "unbind global and per-vCPU bits together");
}

static void bind_errors(void)
{
    uint16_t other = (uint16_t)(ffa.id == 1 ? 2 : 1);
    struct ffa_bitmaps got;
    int rc;

    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 0xf), FFA_OK, "bind 0xf");
    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 0x1), FFA_DENIED, "BIND of a bit that is bound, same sender");
    expect_eq(ffa_notif_bind(&ffa, echo.id, 0, 0x18), FFA_DENIED, "BIND of bits of which one is bound, other sender");
    expect_eq(ffa_notif_bind(&ffa, echo.id, 0, 0x10), FFA_OK, "nothing of that was done");
    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 0), FFA_INVALID_PARAMETERS, "BIND of no bits");
    expect_eq(ffa_notif_bind(&ffa, sp.id, 2, 0x100), FFA_INVALID_PARAMETERS, "BIND with a reserved flag");
    expect_eq(ffa_notif_bind(&ffa, sp.id, 1u << 31, 0x100), FFA_INVALID_PARAMETERS, "BIND with the highest reserved flag");
    expect_eq(raw(FFA_NOTIFICATION_BIND, PAIR(ffa.id, sp.id), 0, 0x100), FFA_INVALID_PARAMETERS,
              "BIND with sender and receiver exchanged");
    expect_eq(raw(FFA_NOTIFICATION_BIND, PAIR(ffa.id, ffa.id), 0, 0x100), FFA_INVALID_PARAMETERS, "BIND to oneself");
    expect_eq(ffa_notif_bind(&ffa, 0x8077, 0, 0x100), FFA_INVALID_PARAMETERS, "BIND to an SP that does not exist");
    if ( !ffa_physical )
    {
        expect_eq(raw(FFA_NOTIFICATION_BIND, PAIR(sp.id, other), 0, 0x100), FFA_INVALID_PARAMETERS,
                  "BIND for another VM");
        expect_eq(raw(FFA_NOTIFICATION_BIND, PAIR(sp.id, 0), 0, 0x100), FFA_INVALID_PARAMETERS,
                  "BIND for the hypervisor");
        rc = raw(FFA_NOTIFICATION_BIND, PAIR(other, ffa.id), 0, 0x100);
        ok(rc == FFA_INVALID_PARAMETERS || rc == FFA_NOT_SUPPORTED, "BIND to another VM: %d", rc);
    }

    expect_eq(ffa_notif_unbind(&ffa, echo.id, 0x1), FFA_DENIED, "UNBIND of another sender's bit");
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 0x103), FFA_DENIED, "UNBIND of bits of which one is not bound");
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 0), FFA_INVALID_PARAMETERS, "UNBIND of no bits");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(sp.id, ffa.id), 1, 1), FFA_INVALID_PARAMETERS, "UNBIND with w2");
    expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(ffa.id, sp.id), 0, 1), FFA_INVALID_PARAMETERS,
              "UNBIND with sender and receiver exchanged");
    if ( !ffa_physical )
        expect_eq(raw(FFA_NOTIFICATION_UNBIND, PAIR(sp.id, other), 0, 1), FFA_INVALID_PARAMETERS, "UNBIND for another VM");

    by_hand(true);
    expect_eq(ring_now(0x2, 0, 0), FFA_OK, "a bit pends");
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 0x3), FFA_DENIED, "UNBIND of a pending bit");
    expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got), FFA_OK, "GET");
    expect_eq(got.sp, 2, "brings it");
    by_hand(false);
    expect_eq(ring_now(0x20, 0, 0), FFA_DENIED, "the SP cannot ring what is not bound");
    expect_eq(ring_now(0x10, 0, 0), FFA_DENIED, "nor what is bound to another SP");
    expect_eq(ring_now(0x11, 0, 0), FFA_DENIED, "nor both together");

    expect_eq(ffa_notif_unbind(&ffa, sp.id, 0xf), FFA_OK, "unbind");
    expect_eq(ffa_notif_unbind(&ffa, echo.id, 0x10), FFA_OK, "unbind the other");

    if ( !ffa_physical )
    {
        expect_eq(raw(FFA_NOTIFICATION_BITMAP_CREATE, ffa.id, 1, 0), FFA_NOT_SUPPORTED, "BITMAP_CREATE is not for VMs");
        expect_eq(raw(FFA_NOTIFICATION_BITMAP_DESTROY, ffa.id, 0, 0), FFA_NOT_SUPPORTED, "BITMAP_DESTROY neither");
        expect_eq(raw(FFA_NOTIFICATION_BITMAP_DESTROY, other, 0, 0), FFA_NOT_SUPPORTED, "and another VM's not at all");
    }
}

static void get_errors(void)
{
    uint16_t other = (uint16_t)(ffa.id == 1 ? 2 : 1);
    uint32_t all = ffa.get_flags, flags, bad = 0;
    struct ffa_bitmaps got;

    by_hand(true);
    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 0x8000000000000001ul), FFA_OK, "bind the first and the last bit");
    for ( flags = 0; flags <= all; flags++ )
    {
        if ( flags & ~all )
            continue;
        if ( ring_now(0x8000000000000001ul, 0, 0) != FFA_OK || ffa_notif_get(&ffa, 0, flags, &got) != FFA_OK ||
             got.sp != (flags & FFA_GET_SP ? 0x8000000000000001ul : 0) || got.vm || got.spm || got.hyp )
            bad++;
        if ( ffa_notif_get(&ffa, 0, all, &got) != FFA_OK || got.sp != (flags & FFA_GET_SP ? 0 : 0x8000000000000001ul) )
            bad++;
    }
    expect_eq(bad, 0, "GET with each combination of flags brings and clears what was asked for");
    expect_eq(ffa_notif_get(&ffa, 0, 0, &got), FFA_OK, "GET of nothing");

    expect_eq(ffa_notif_get(&ffa, 0, 0x10, &got), FFA_INVALID_PARAMETERS, "GET with a reserved flag");
    expect_eq(ffa_notif_get(&ffa, 0, 1u << 31 | 1, &got), FFA_INVALID_PARAMETERS, "GET with the highest reserved flag");
    expect_eq(ffa_notif_get(&ffa, (uint16_t)(nr_cpus + 100), 1, &got), FFA_INVALID_PARAMETERS,
              "GET for a vCPU that does not exist");
    expect_eq(raw(FFA_NOTIFICATION_GET, PAIR(ffa.id, 0), 1, 0), FFA_INVALID_PARAMETERS, "GET with its ids exchanged");
    if ( !ffa_physical )
        expect_eq(raw(FFA_NOTIFICATION_GET, PAIR(0, other), 1, 0), FFA_INVALID_PARAMETERS, "GET for another VM");
    expect_eq(raw(FFA_NOTIFICATION_GET, PAIR(0, sp.id), 1, 0), FFA_INVALID_PARAMETERS, "GET for an SP");

    expect_eq(ring_now(1, 0, 0), FFA_OK, "after all that");
    expect_eq(ffa_notif_get(&ffa, 0, FFA_GET_SP, &got), FFA_OK, "GET works");
    expect_eq(got.sp, 1, "and brings what pends");
    by_hand(false);
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 0x8000000000000001ul), FFA_OK, "unbind");
}

static void info_get(void)
{
    uint16_t ids[20];
    uint8_t lens[20];
    struct ffa_regs r;
    bool more;
    int rc;

    if ( ffa_physical )
        return;

    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 1, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "INFO_GET with w1");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_GET, ffa.id, 1, 1, 0, 0, 0, 0);
    expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "GET with w3");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_BIND, PAIR(sp.id, ffa.id), 0, 1, 0, 1, 0, 0);
    expect_eq(ffa_status(&r), FFA_INVALID_PARAMETERS, "BIND with w5");
    expect_eq(ffa_notif_info(&ffa, ids, lens, &more), FFA_NO_DATA, "INFO_GET: nothing");
    by_hand(true);
    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 1), FFA_OK, "bind");
    expect_eq(ring_now(1, 0, 0), FFA_OK, "ring");
    ok(npi_pends(), "the NPI pends");
    rc = ffa_notif_info(&ffa, ids, lens, &more);
    ok(rc == 1 && ids[0] == ffa.id && !more, "INFO_GET lists this VM and nobody else (%d: 0x%x)", rc, ids[0]);
    expect_eq(ffa_notif_info(&ffa, ids, lens, &more), FFA_NO_DATA, "but only once");
    by_hand(false);

    by_hand(true);
    expect_eq(ring_now(1, 0, 0), FFA_OK, "ring again");
    ok(npi_pends(), "the NPI pends again");
    ffa_call(&ffa, &r, FFA_NOTIFICATION_INFO_GET_32, 0, 0, 0, 0, 0, 0, 0);
    ok((uint32_t)r.x[0] == FFA_SUCCESS_32 && (r.x[2] >> 7 & 0x1f) == 1 && (r.x[3] & 0xffff) == ffa.id,
       "INFO_GET_32 answers in its own width (0x%lx)", r.x[0]);
    by_hand(false);
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 1), FFA_OK, "unbind");
}

static void sp_receives(void)
{
    uint16_t other = (uint16_t)(ffa.id == 1 ? 2 : 1);
    uint64_t w[5] = { NOTIFY_BIND, ffa.id, 0x30, 0x80000000, 0 };

    ok(sp_command(sp.id, w) == FFA_OK && !w[0], "the SP binds bits to this VM (%d)", (int32_t)w[0]);
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0x8000000000000010ul), FFA_OK, "SET of two of them");
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0x10), FFA_OK, "SET of one that pends");
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0x40), FFA_DENIED, "SET of one that is not bound");
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0x60), FFA_DENIED, "SET of one that is and one that is not");
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0), FFA_INVALID_PARAMETERS, "SET of no bits");
    expect_eq(ffa_notif_set(&ffa, sp.id, FFA_NOTIF_DELAY_SRI, 0x20), FFA_INVALID_PARAMETERS, "SET with delayed SRI");
    expect_eq(ffa_notif_set(&ffa, sp.id, 4, 0x20), FFA_INVALID_PARAMETERS, "SET with a reserved flag");
    expect_eq(ffa_notif_set(&ffa, sp.id, FFA_NOTIF_VCPU(1), 0x20), FFA_INVALID_PARAMETERS, "SET of a global bit for a vCPU");
    expect_eq(ffa_notif_set(&ffa, sp.id, FFA_NOTIF_PER_VCPU, 0x20), FFA_INVALID_PARAMETERS, "SET of a global bit as per-vCPU");
    expect_eq(ffa_notif_set(&ffa, ffa.id, 0, 0x20), FFA_INVALID_PARAMETERS, "SET to oneself");
    expect_eq(ffa_notif_set(&ffa, 0x8077, 0, 0x20), FFA_INVALID_PARAMETERS, "SET to an SP that does not exist");
    expect_eq(raw(FFA_NOTIFICATION_SET, PAIR(sp.id, ffa.id), 0, 0x20), FFA_INVALID_PARAMETERS,
              "SET with sender and receiver exchanged");
    if ( !ffa_physical )
        expect_eq(raw(FFA_NOTIFICATION_SET, PAIR(other, sp.id), 0, 0x20), FFA_INVALID_PARAMETERS, "SET as another VM");

    w[0] = NOTIFY_GET;
    ok(sp_command(sp.id, w) == FFA_OK && w[1] == 0x10 && w[2] == 0x80000000, "the SP gets what was set: 0x%lx 0x%lx",
       w[1], w[2]);

    w[0] = NOTIFY_UNBIND;
    w[1] = ffa.id;
    w[2] = 0x30;
    w[3] = 0x80000000;
    w[4] = 0;
    ok(sp_command(sp.id, w) == FFA_OK && !w[0], "the SP unbinds (%d)", (int32_t)w[0]);
    expect_eq(ffa_notif_set(&ffa, sp.id, 0, 0x10), FFA_DENIED, "and cannot be rung any more");
}

static void spurious(void)
{
    uint64_t w[5] = { FAULT_RING_RAW };
    uint32_t storm = (uint32_t)cmdline_u64("storm", 200);
    unsigned int i;

    expect_eq(ffa_notif_bind(&ffa, sp.id, 0, 1), FFA_OK, "bind");
    forget();
    for ( i = 0; i < 5; i++ )
    {
        w[0] = FAULT_RING_RAW;
        w[1] = w[2] = w[3] = w[4] = 0;
        sp_command(faults.id, w);
    }
    (void)wait_event(seen, 5000);
    expect_eq(seen, 0, "spurious SRIs bring no bits");
    expect_eq(ring_now(1, 0, 0), FFA_OK, "ring");
    ok(wait_event(seen == 1, WAIT_US), "it arrives after spurious SRIs");

    forget();
    w[0] = FAULT_SRI_STORM;
    w[1] = 0;
    w[2] = storm;
    w[3] = 100;
    w[4] = 0;
    ok(sp_command(faults.id, w) == FFA_OK && !w[0], "a storm of %u SRIs (%d)", storm, (int32_t)w[0]);
    expect_eq(ring_now(1, 0, 0), FFA_OK, "ring in the storm");
    ok(wait_event(seen == 1, WAIT_US), "it arrives in the storm");
    (void)wait_event(false, storm * 110);
    forget();
    expect_eq(ring_now(1, 0, 0), FFA_OK, "ring after the storm");
    ok(wait_event(seen == 1, WAIT_US), "it arrives after the storm");
    expect_eq(ffa_notif_unbind(&ffa, sp.id, 1), FFA_OK, "unbind");
}

int program(void)
{
    int rc;

    smp_up_all();
    rc = ffa_start_all(FFA_VERSION_1_2);
    if ( !expect_eq(rc, FFA_OK, "FF-A is there") || !ok(ffa.npi, "notifications are there") )
        return 1;
    ffa.on_get = on_get;
    ffa_cpus_enable();

    ok(ffa_find(&ffa, &uuid_notify, &sp) == FFA_OK && ffa_find(&ffa, &uuid_echo, &echo) == FFA_OK &&
       ffa_find(&ffa, &uuid_faults, &faults) == FFA_OK, "the three SPs are found");

    delivery();
    per_vcpu();
    bind_errors();
    get_errors();
    info_get();
    sp_receives();
    spurious();

    expect_eq(foreign, 0, "no bits of other kinds came");
    return 0;
}
