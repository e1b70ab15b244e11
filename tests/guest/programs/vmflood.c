/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmflood: a VM that rings and messages a peer from all its vCPUs, as fast as it can, whatever comes back, for some time. The
 * peer (role=victim) binds the bits, and fetches and releases what comes, until the flood is over.
 *
 * Command line: role=flooder|victim, peer=<id>, ms=<n> (3000).
 * Output: TAP; the flooder's ends with how many calls succeeded.
 */
#include "ffa_port.h"

#define BITS            0xffff0000fffful
#define GO              (1ul << 63)             /* from the victim: it is ready. From the flooder: it is over. */
#define RETRY_US        1000

static uint16_t peer;
static uint64_t until;
static volatile unsigned int rings, messages, fetched, received;
static volatile bool go;

static void on_get(struct ffa *f, uint16_t vcpu, const struct ffa_bitmaps *got)
{
    (void)vcpu;
    if ( got->vm & GO )
        go = true;
    if ( got->vm & ~GO )
        __atomic_add_fetch(&fetched, 1, __ATOMIC_RELAXED);
    if ( got->hyp & 1 )
    {
        __atomic_add_fetch(&received, 1, __ATOMIC_RELAXED);
        ffa_rx_release(f);
    }
    if ( cpu_id() )
        gic_send_sgi(SGI_KICK, 0);
}

static void flood(void *arg)
{
    (void)arg;
    while ( time_us() < until )
    {
        if ( ffa_notif_set(&ffa, peer, 0, BITS) == FFA_OK )
            __atomic_add_fetch(&rings, 1, __ATOMIC_RELAXED);
        if ( ffa_send2(&ffa) == FFA_OK )
            __atomic_add_fetch(&messages, 1, __ATOMIC_RELAXED);
    }
}

static int bind(uint64_t bits)
{
    uint64_t end = time_us() + 60000000;
    int rc;

    while ( (rc = ffa_notif_bind(&ffa, peer, 0, bits)) == FFA_INVALID_PARAMETERS && time_us() < end )
        (void)wait_event(false, RETRY_US);

    return rc;
}

static int set_go(void)
{
    uint64_t end = time_us() + 60000000;
    int rc;

    while ( (rc = ffa_notif_set(&ffa, peer, 0, GO)) != FFA_OK && time_us() < end )
        (void)wait_event(false, RETRY_US);

    return rc;
}

int program(void)
{
    char role[16] = "flooder";
    unsigned int i;

    cmdline_get("role", role, sizeof(role));
    peer = (uint16_t)cmdline_u64("peer", 2);
    smp_up_all();
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") || !ok(ffa.npi, "notifications are there") )
        return 1;
    ffa.on_get = on_get;
    ffa_cpus_enable();

    if ( role[0] == 'v' )
    {
        expect_eq(bind(BITS | GO), FFA_OK, "the flooder may ring");
        expect_eq(set_go(), FFA_OK, "the flooder knows");
        ok(wait_event(go, 120000000), "the flood is over");
        (void)wait_event(false, 10000);
        ok(fetched, "the victim got %u times bits, %u messages", fetched, received);
        return 0;
    }

    expect_eq(bind(GO), FFA_OK, "the victim may ring");
    ok(wait_event(go, 60000000), "it is ready");
    ffa_send2_header(&ffa, peer, 64, 512);
    until = time_us() + cmdline_u64("ms", 3000) * 1000;
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            cpu_start(i, flood, NULL);
    flood(NULL);
    for ( i = 1; i < nr_cpus; i++ )
        if ( cpus[i].online )
            ok(cpu_wait(i, 10000000), "vCPU %u comes back", i);
    ok(rings, "%u rings and %u messages were taken", rings, messages);
    expect_eq(set_go(), FFA_OK, "the victim knows that it is over");

    return 0;
}
