/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasklets: a function to be called once, soon, on one CPU.
 *
 * The ordinary kind runs in the idle vCPU of that CPU, which is boosted for
 * it; the softirq kind runs in softirq context. Scheduling a pending tasklet
 * changes nothing; scheduling a running one makes it run again afterwards. It
 * never runs on two CPUs at once.
 */
#ifndef XEN_TASKLET_H
#define XEN_TASKLET_H

#include <xen/list.h>
#include <xen/percpu.h>
#include <xen/types.h>

struct tasklet {
    struct list_head list;
    int scheduled_on;           /* CPU, or -1 */
    bool is_softirq;
    bool is_running;
    bool is_dead;
    void (*func)(void *data);
    void *data;
};

#define DECLARE_TASKLET_(name, fn, arg, softirq)                        \
    struct tasklet name = {                                             \
        .list = LIST_HEAD_INIT((name).list),                            \
        .scheduled_on = -1,                                             \
        .is_softirq = (softirq),                                        \
        .func = (fn),                                                   \
        .data = (arg),                                                  \
    }
#define DECLARE_TASKLET(name, fn, arg) \
    DECLARE_TASKLET_(name, fn, arg, false)
#define DECLARE_SOFTIRQ_TASKLET(name, fn, arg) \
    DECLARE_TASKLET_(name, fn, arg, true)

/* Bits of tasklet_work_to_do. */
#define _TASKLET_enqueued  0    /* the list of this CPU is not empty */
#define _TASKLET_scheduled 1    /* the scheduler has picked the idle vCPU for it */
#define TASKLET_enqueued   (1UL << _TASKLET_enqueued)
#define TASKLET_scheduled  (1UL << _TASKLET_scheduled)

DECLARE_PER_CPU(unsigned long, tasklet_work_to_do);

/* For the idle loop: may the idle vCPU run tasklets now? */
static inline bool tasklet_work_to_do(unsigned int cpu)
{
    return per_cpu(tasklet_work_to_do, cpu) ==
           (TASKLET_enqueued | TASKLET_scheduled);
}

/* For the scheduler: does anything wait for the idle vCPU? */
static inline bool tasklet_work_pending(unsigned int cpu)
{
    return per_cpu(tasklet_work_to_do, cpu) & TASKLET_enqueued;
}

/* Any context, interrupts included. */
void tasklet_schedule(struct tasklet *t);
void tasklet_schedule_on_cpu(struct tasklet *t, unsigned int cpu);

/* Unqueue, wait until it does not run; scheduling it later is ignored. */
void tasklet_kill(struct tasklet *t);

void tasklet_init(struct tasklet *t, void (*func)(void *data), void *data);
void softirq_tasklet_init(struct tasklet *t, void (*func)(void *data),
                          void *data);

static inline bool tasklet_is_scheduled(const struct tasklet *t)
{
    return t->scheduled_on != -1;
}

/* Idle loop: run the first tasklet of this CPU. */
void do_tasklet(void);

/* Number of tasklets queued or running in the whole machine. */
unsigned int tasklets_outstanding(void);

void tasklet_subsys_init(void);

#endif /* XEN_TASKLET_H */
