/* SPDX-License-Identifier: GPL-2.0-only */
/* What sched.c (who runs when) and sched_place.c (who runs where) share. */
#ifndef COMMON_SCHED_PRIVATE_H
#define COMMON_SCHED_PRIVATE_H

#include <xen/percpu.h>
#include <xen/sched.h>

/* vCPUs that wait, in two classes: the first goes before the second. */
enum { WAIT_BOOSTED, WAIT_TURN, NR_WAIT };

struct runq {
    spinlock_t lock;
    struct list_head queue[NR_WAIT];
    unsigned int nr_waiting;    /* entries of both; read anywhere as a hint */
    unsigned int nr_assigned;   /* vCPUs that belong here, idle not counted */
    struct vcpu *curr;          /* chosen; its context may still be loading */
    struct timer slice_timer;   /* end of curr's slice, while somebody waits */
    s_time_t next_balance;      /* give somebody away not before that time */
    bool yield;                 /* curr gives up the rest of its slice */
};

DECLARE_PER_CPU(struct runq, runqs);

extern unsigned int sched_slice_ms;

static inline s_time_t sched_slice(void)
{
    return MILLISECS(sched_slice_ms);
}

/* Runnable vCPUs of @cpu. Without the lock: a hint. */
static inline unsigned int runq_load(unsigned int cpu)
{
    const struct runq *rq = &per_cpu(runqs, cpu);

    return read_atomic(&rq->nr_waiting) +
           !is_idle_vcpu(read_atomic(&rq->curr));
}

/* The queue that @v belongs to, locked. IRQs off until unlock. */
struct runq *lock_runq(const struct vcpu *v, unsigned long *flags);

/* Those of @v and of @cpu, locked. Returns the CPU that @v belongs to. */
unsigned int lock_runqs_of(const struct vcpu *v, unsigned int cpu,
                           unsigned long *flags);
void unlock_runqs(unsigned int a, unsigned int b, unsigned long flags);

/* Under the lock of the queue: put @v into it, take it out, tell the CPU. */
void runq_insert(struct runq *rq, struct vcpu *v, bool at_head);
void runq_remove(struct runq *rq, struct vcpu *v);
void runq_poke(struct runq *rq, const struct vcpu *v);

/*
 * sched_place_waking - choose a CPU for @v, which is about to be runnable
 * The result is a suggestion. @claimed: an idle CPU was taken off the list of
 * those; the caller raises its SCHEDULE_SOFTIRQ in any case. Any context.
 */
unsigned int sched_place_waking(const struct vcpu *v, bool *claimed);

/* Under both locks: @v, queued nowhere, belongs to @cpu if it can move. */
void sched_try_assign(struct vcpu *v, unsigned int cpu);

/* @v waits: let an idle CPU that may run it come and take it. Any context. */
void sched_tickle(const struct vcpu *v);

/*
 * sched_balance - first thing in schedule(), no lock held
 * Takes a vCPU from elsewhere if this CPU would be idle otherwise; gives one
 * away if others have less to do. Returns whether this CPU is on the list of
 * idle ones.
 */
bool sched_balance(unsigned int cpu, const struct vcpu *prev, bool tasklet);

/* This CPU runs something after all. */
void sched_not_idle(unsigned int cpu);

#endif /* COMMON_SCHED_PRIVATE_H */
