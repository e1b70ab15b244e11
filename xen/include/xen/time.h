/* SPDX-License-Identifier: GPL-2.0-only */
/* Time: nanoseconds since power on (the system counter's zero), the same on every CPU. */
#ifndef XEN_TIME_H
#define XEN_TIME_H

#include <xen/types.h>
#include <asm/time.h>

typedef int64_t s_time_t;
#define PRI_stime               PRId64

#define STIME_MAX               ((s_time_t)((uint64_t)~0ULL >> 1))
#define STIME_DELTA_MAX         ((s_time_t)((uint64_t)~0ULL >> 2))

#define SECONDS(s)              ((s_time_t)((s) * 1000000000ULL))
#define MILLISECS(ms)           ((s_time_t)((ms) * 1000000ULL))
#define MICROSECS(us)           ((s_time_t)((us) * 1000ULL))

/* get_s_time - nanoseconds since power on; 0 before preinit_xen_time(). Any context. */
s_time_t get_s_time(void);
#define NOW()                   get_s_time()

/*
 * reprogram_timer - one interrupt of this CPU's hypervisor timer at @timeout (ns, absolute); 0 switches it off
 * A time in the past fires at once. Returns 1. Context: any, IRQs off.
 */
int reprogram_timer(s_time_t timeout);

#endif /* XEN_TIME_H */
