/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults: sp.faults makes the SPMC misbehave in each way it knows; after each the notification path must still work, and
 * while it lasts nothing may hang. Command line: fault=<n> only this one; times=<n> (3) wrong answers each,
 * others=1 other VMs have bits bound meanwhile.
 */
#include "ffa_port.h"

#define WAIT_US         5000000

struct fault { uint32_t kind; uint32_t a, b; const char *what; };

static const struct fault faults_list[] = {
    { FAULT_INFO_COUNT, 21, 0xffffffff, "INFO_GET counts 21 lists of 4" },
    { FAULT_INFO_COUNT, 31, 0, "INFO_GET counts 31 lists" },
    { FAULT_INFO_COUNT, 20, 0xffffffff, "INFO_GET has 20 lists of 4, beyond the registers" },
    { FAULT_INFO_COUNT, 0, 0, "INFO_GET counts no lists" },
    { FAULT_INFO_ID, 0x7ffe, 0, "INFO_GET names an unknown VM" },
    { FAULT_INFO_ID, 0x7fff, 0, "INFO_GET names the invalid VM" },
    { FAULT_INFO_ID, SP_ECHO_ID, 0, "INFO_GET names an SP" },
    { FAULT_INFO_ID, SPMC_ID, 0, "INFO_GET names the SPMC" },
    { FAULT_INFO_ID, 0, 0, "INFO_GET names the hypervisor" },
    { FAULT_INFO_ID, 0xffff, 0, "INFO_GET names the SPMD" },
    { FAULT_INFO_MORE, 0x7ffe, 0, "INFO_GET always says more, with an unknown VM" },
    { FAULT_INFO_MORE, 1, 0, "INFO_GET always says more, with VM 1" },
    { FAULT_INFO_RAW, 0xffffffff, 0xffffffff, "INFO_GET answers all ones" },
    { FAULT_INFO_RAW, 0x00003080, 0, "INFO_GET names vCPUs that do not exist" },
    { FAULT_INFO_RAW, 0x0000007e, 0, "INFO_GET sets reserved bits" },
    { FAULT_INFO_ZERO, 0, 0, "INFO_GET succeeds with nothing" },
    { FAULT_CALL_ERROR, 0x83, (uint32_t)FFA_ABORTED, "INFO_GET fails with ABORTED" },
    { FAULT_CALL_ERROR, 0x83, (uint32_t)FFA_NOT_SUPPORTED, "INFO_GET fails with NOT_SUPPORTED" },
    { FAULT_CALL_ERROR, 0x82, (uint32_t)FFA_DENIED, "GET fails with DENIED" },
    { FAULT_CALL_ERROR, 0x82, 0, "GET fails with code 0" },
    { FAULT_CALL_ERROR, 0x7f, (uint32_t)FFA_NO_MEMORY, "BIND fails with NO_MEMORY" },
    { FAULT_CALL_ERROR, 0x80, (uint32_t)FFA_RETRY, "UNBIND fails with RETRY" },
    { FAULT_CALL_ERROR, 0x6f, (uint32_t)FFA_BUSY, "a direct request fails with BUSY" },
    { FAULT_CALL_WEIRD, 0x83, 0x84000070, "INFO_GET is answered by a direct response" },
    { FAULT_CALL_WEIRD, 0x83, 0x12345678, "INFO_GET is answered by an unknown function" },
    { FAULT_CALL_WEIRD, 0x82, 0xc4000061, "GET is answered by SUCCESS_64 with garbage" },
    { FAULT_CALL_WEIRD, 0x82, 0x84000062, "GET is answered by INTERRUPT" },
    { FAULT_CALL_WEIRD, 0x6f, 0x84000061, "a direct request is answered by SUCCESS" },
    { FAULT_CALL_WEIRD, 0x6f, 0xdeadbeef, "a direct request is answered by an unknown function" },
    { FAULT_RESP_IDS, 0, 0, "direct responses have their ids exchanged" },
    { FAULT_RESP_FRAMEWORK, 0, 0, "direct responses are framework messages" },
};

static struct ffa_partition sp, sf;
static volatile uint64_t seen;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)f;
    if ( got->sp )
        printf("notify: got 0x%016lx on vcpu %u\n", (unsigned long)got->sp, vcpu);
    __atomic_or_fetch(&seen, got->sp, __ATOMIC_RELEASE);
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static int ring(uint64_t bits, uint32_t delay_100us)
{
    uint64_t w[5] = { NOTIFY_RING, ffa.id, (uint32_t)bits, bits >> 32, 0xff00 | (uint64_t)delay_100us << 16 };
    int rc = sp_command(sp.id, w);

    return rc == FFA_OK ? (int32_t)w[0] : 100 - rc;
}

/* The answer of this very message may be what is broken: then the status is of no use, but the fault is off */
static int clear(void)
{
    unsigned int tries;
    int rc = FFA_ABORTED;

    for ( tries = 0; tries < 16 && rc != FFA_OK; tries++ )
    {
        uint64_t w[5] = { FAULT_CLEAR };

        rc = sp_command(sf.id, w);
    }

    return rc;
}

static void one(const struct fault *f, uint32_t times)
{
    uint64_t w[5] = { FAULT_ARM, f->kind, f->a, f->b, times }, until;
    struct ffa_bitmaps got;
    unsigned int i;
    int rc;

    rc = ffa_notif_bind(&ffa, sp.id, 0, 7);
    if ( rc != FFA_OK )
        ok(false, "BIND before the fault: %d", rc);

    rc = sp_command(sf.id, w);
    if ( rc == FFA_OK && w[0] )
    {
        ok(false, "sp.faults refuses: %s (%d)", f->what, (int32_t)w[0]);
        ffa_notif_unbind(&ffa, sp.id, 7);
        return;
    }

    /* Provoke it: all that a VM does with notifications and messages, whatever comes back. None may hang. */
    seen = 0;
    ring(1, 0);
    ring(1, 5);
    ffa_notif_get(&ffa, 0, ffa.get_flags, &got);
    (void)wait_event(false, 2000);
    ffa_notif_bind(&ffa, sp.id, 0, 0x100);
    ffa_notif_unbind(&ffa, sp.id, 0x100);
    ring(1, 0);
    for ( i = 0; i < 3; i++ )
    {
        ffa_notif_get(&ffa, 0, ffa.get_flags, &got);
        (void)wait_event(false, 1000);
    }

    rc = clear();
    ok(rc == FFA_OK, "alive: %s", f->what);

    /* Whatever was pending during the fault comes out now, be it by the next ring */
    ffa_notif_get(&ffa, 0, ffa.get_flags, &got);
    seen = 0;
    rc = ring(2, 0);
    ok(rc == FFA_OK && wait_event(seen & 2, WAIT_US), "and the next notification arrives (%d)", rc);
    seen = 0;
    rc = ring(4, 10);
    ok(rc == FFA_OK && wait_event(seen & 4, WAIT_US), "and a delayed one (%d)", rc);

    /* Bits that the fault kept in the SPMC must be fetched before they can be unbound */
    ffa_notif_unbind(&ffa, sp.id, 0x100);
    until = time_us() + WAIT_US;
    do {
        ffa_notif_get(&ffa, 0, ffa.get_flags, &got);
        rc = ffa_notif_unbind(&ffa, sp.id, 7);
    } while ( rc != FFA_OK && time_us() < until );
    if ( rc != FFA_OK )
        ok(false, "UNBIND after the fault: %d", rc);
}

int program(void)
{
    uint32_t only = (uint32_t)cmdline_u64("fault", 0), times = (uint32_t)cmdline_u64("times", 3);
    uint64_t w[5] = { FAULT_QUERY };
    unsigned int i;

    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") || !ok(ffa.npi, "notifications are there") )
        return 1;
    ffa.on_get = on_get;
    ffa_cpus_enable();
    if ( !ok(ffa_find(&ffa, &uuid_notify, &sp) == FFA_OK && ffa_find(&ffa, &uuid_faults, &sf) == FFA_OK,
             "sp.notify and sp.faults are found") )
        return 1;

    for ( i = 0; i < ARRAY_SIZE(faults_list); i++ )
        if ( !only || faults_list[i].kind == only )
            one(&faults_list[i], times);

    expect_eq(sp_command(sf.id, w), FFA_OK, "sp.faults can be asked");
    printf("# faults applied %lu, bitmaps %lu, bound bits %lu, VMs %lu\n", w[1], w[2], w[3], w[4]);
    ok(w[1] > 0, "faults were applied");
    if ( !cmdline_u64("others", 0) )
        expect_eq(w[3], 0, "no bit of any VM stays bound");
    return 0;
}
