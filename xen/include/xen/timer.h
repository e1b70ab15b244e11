/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers with an absolute deadline in nanoseconds of NOW(). The
 * callback runs in softirq context on the timer's CPU, not before the deadline.
 */
#ifndef XEN_TIMER_H
#define XEN_TIMER_H

#include <xen/time.h>
#include <xen/types.h>

/* Life: invalid -> init -> inactive <-> armed; killed from either, for good. */
enum timer_status {
    TIMER_STATUS_invalid = 0,
    TIMER_STATUS_inactive,
    TIMER_STATUS_killed,
    TIMER_STATUS_armed,
};

struct timer {
    s_time_t expires;           /* ns */
    struct timer *parent;       /* armed: in the heap of its CPU (timer.c) */
    struct timer *left, *right;
    unsigned int dist;
    unsigned int cpu;           /* TIMER_CPU_status_killed when killed */
    uint8_t status;             /* enum timer_status */
    void (*function)(void *data);
    void *data;
};

#define TIMER_CPU_status_killed 0xffffU

/* All are usable from any context. @timer is new or killed. */
void init_timer(struct timer *timer, void (*function)(void *data), void *data,
                unsigned int cpu);

/* Arm, or arm again for another deadline. No-op on a killed timer. O(log n). */
void set_timer(struct timer *timer, s_time_t expires);

/* Disarm. The callback may still be running. Returns whether it was armed. */
bool stop_timer(struct timer *timer);

/* Disarm for good; on return the callback runs nowhere. Not from the callback. */
void kill_timer(struct timer *timer);

/* Move to @new_cpu, armed or not. */
void migrate_timer(struct timer *timer, unsigned int new_cpu);

static inline bool timer_is_active(const struct timer *timer)
{
    return timer->status == TIMER_STATUS_armed;
}

/* Timers that will go off, in the whole machine. */
unsigned int timers_armed(void);

/* Boot CPU, before the first timer. */
void timer_init(void);

#endif /* XEN_TIMER_H */
