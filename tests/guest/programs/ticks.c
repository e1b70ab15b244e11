/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ticks: waits for a timer again and again, and measures how late it comes: what others do to this guest.
 * Command line: ms=<n> (5000: for how long), period=<ms> (100), late=<ms> (400: how late is too late).
 */
#include "kernel.h"

int program(void)
{
    uint64_t period = cmdline_u64("period", 100) * 1000, end = time_us() + cmdline_u64("ms", 5000) * 1000, before, took;
    uint64_t late = cmdline_u64("late", 400) * 1000, worst = 0;
    unsigned int ticks = 0;

    while ( time_us() < end )
    {
        before = time_us();
        (void)wait_event(false, period);
        took = time_us() - before;
        if ( took > worst )
            worst = took;
        ticks++;
    }
    printf("ticks: %u, the longest took %lu us\n", ticks, (unsigned long)worst);
    ok(worst < period + late, "no tick came late");

    return 0;
}
