/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * borrow: does what `lend` in another VM tells it; see mem/peer.h.
 * Command line: lender=<VM id> (2) index=<which mailbox> (0), patience=<ms> (0: without end; then it is
 * off, with all that it has), version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#include "mem/peer.h"

int program(void)
{
    if ( expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") )
        peer_serve((uint16_t)cmdline_u64("lender", 2), (unsigned int)cmdline_u64("index", 0));

    return 0;
}
