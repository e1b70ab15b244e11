/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noffa: a guest without FF-A, or a machine whose firmware has none. Every FF-A function id answers NOT_SUPPORTED (-1 in the
 * low half of x0, or FFA_ERROR with that code) by both conduits, and touches no other argument register.
 */
#include "ffa_port.h"

int program(void)
{
    unsigned int conduit, wide, nr, bad, i;
    struct smccc r;
    int rc;

    for ( conduit = 0; conduit < 2; conduit++ )
    {
        /* On the firmware alone HVC ends in our own stub: nothing to learn. QEMU's PSCI takes only its own conduit. */
        if ( entered_at_el2 && conduit == CONDUIT_HVC )
            continue;

        for ( wide = 0; wide < 2; wide++ )
        {
            for ( nr = 0x60, bad = 0; nr < 0xf0; nr++ )
            {
                struct trap t;

                r = (struct smccc){ .x = { (wide ? 0xc4000000u : 0x84000000u) + nr, FFA_VERSION_1_2 } };
                trap_begin();
                smccc_call(conduit, &r);
                t = trap_end();
                if ( t.count )
                {
                    tap_skip("the conduit does not exist here");
                    goto next;
                }

                rc = ffa_status((const struct ffa_regs *)&r);
                if ( rc != FFA_NOT_SUPPORTED )
                {
                    printf("# 0x%x by %s: x0 0x%lx x2 0x%lx\n", (wide ? 0xc4000000u : 0x84000000u) + nr,
                           conduit == CONDUIT_HVC ? "hvc" : "smc", r.x[0], r.x[2]);
                    bad++;
                }
                for ( i = 8; i < 18; i++ )
                    if ( r.x[i] )
                        bad++;
            }
            expect_eq(bad, 0, "SMC%u functions by %s are NOT_SUPPORTED", wide ? 64 : 32,
                      conduit == CONDUIT_HVC ? "hvc" : "smc");
        }
    next:;
    }

    rc = ffa_start(FFA_VERSION_1_2);
    expect_eq(rc, FFA_NOT_SUPPORTED, "the driver finds no FF-A");
    return 0;
}
