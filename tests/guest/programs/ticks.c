/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ticks: waits for a timer again and again, and says so: `ticks: <n>`. Whether they come is for others to judge, by what else
 * happens between two of them.   Command line: ms=<n> (5000: for how long), period=<ms> (100).
 */
#include "kernel.h"

int program(void)
{
    uint64_t period = cmdline_u64("period", 100) * 1000, end = time_us() + cmdline_u64("ms", 5000) * 1000;
    unsigned int ticks = 0;

    while ( time_us() < end )
    {
        (void)wait_event(false, period);
        printf("ticks: %u\n", ++ticks);
    }
    ok(ticks > 0, "%u ticks", ticks);

    return 0;
}
