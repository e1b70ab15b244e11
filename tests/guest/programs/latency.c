/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency: a VM that waits for notifications, and tells when its handler began for each. When the partition set the bit is in
 * the firmware's trace (make bench-isolation puts the two together).
 *
 * Command line: rings=<n> (200), period=<us> (500), settle=<us> (20000, until others do what they are there for), tail=<us>
 * (2000).   Output: `bench: handled at=<counter>`.
 */
#include "ffa_port.h"

#define MAX_RINGS       4096

static struct ffa_partition notify;
static uint64_t times[MAX_RINGS];
static volatile unsigned int handled;

static void on_npi(uint32_t intid, void *arg)
{
    uint64_t now = read_sysreg(cntpct_el0);
    struct ffa_bitmaps got;

    (void)intid;
    (void)arg;
    if ( handled < MAX_RINGS )
        times[handled++] = now;
    ffa_notif_get(&ffa, 0, FFA_GET_SP, &got);
}

int program(void)
{
    uint64_t rings = cmdline_u64("rings", 200), period = cmdline_u64("period", 500);
    uint64_t w[5] = { NOTIFY_RING | rings << 16, 0, 1, 0, 0xff << 8 | (period / 100) << 16 };
    unsigned int i;

    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_notify, &notify), FFA_OK, "and so is sp.notify") )
        return 1;
    irq_set_handler(ffa.npi, on_npi, NULL);
    (void)wait_event(false, cmdline_u64("settle", 20000));

    if ( !ok(ffa_notif_bind(&ffa, notify.id, 0, 1) == FFA_OK, "a bit is bound to sp.notify") ||
         !ok(sp_command(notify.id, w) == FFA_OK && !w[0], "sp.notify will ring") )
        return 1;
    (void)wait_event(false, rings * period + cmdline_u64("tail", 2000));
    ok(handled, "notifications came");
    ok(ffa_notif_unbind(&ffa, notify.id, 1) == FFA_OK, "the bit is unbound");

    for ( i = 0; i < handled; i++ )
        printf("bench: handled at=%lu\n", (unsigned long)times[i]);

    return 0;
}
