/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy-update. A read section keeps its CPU from scheduling and from
 * processing softirqs; a callback of call_rcu() runs (in softirq context of the
 * calling CPU) once every section that was open at the call has ended.
 *
 * The lock argument names what is protected, for the reader; it has no state.
 */
#ifndef XEN_RCUPDATE_H
#define XEN_RCUPDATE_H

#include <xen/compiler.h>
#include <xen/percpu.h>
#include <xen/preempt.h>
#include <xen/types.h>

#include <asm/system.h>

struct rcu_head {
    struct rcu_head *next;
    void (*func)(struct rcu_head *head);
};

typedef struct rcu_read_lock_tag { char unused; } rcu_read_lock_t;
#define DEFINE_RCU_READ_LOCK(x) rcu_read_lock_t x
#define RCU_READ_LOCK_INIT { 0 }

/* Open read sections of this CPU. */
DECLARE_PER_CPU(unsigned int, rcu_lock_cnt);

static inline void rcu_quiesce_disable(void)
{
    preempt_disable();
    this_cpu(rcu_lock_cnt)++;
    barrier();
}

static inline void rcu_quiesce_enable(void)
{
    barrier();
    this_cpu(rcu_lock_cnt)--;
    preempt_enable();
}

static inline bool rcu_quiesce_allowed(void)
{
    return !this_cpu(rcu_lock_cnt);
}

static inline void rcu_read_lock(rcu_read_lock_t *lock)
{
    rcu_quiesce_disable();
}

static inline void rcu_read_unlock(rcu_read_lock_t *lock)
{
    ASSERT(!rcu_quiesce_allowed());
    rcu_quiesce_enable();
}

#define rcu_assign_pointer(p, v) ({ smp_wmb(); (p) = (v); })
/* Dependent loads are ordered by the architecture. */
#define rcu_dereference(p) (*(volatile typeof(p) *)&(p))

/* Any context, interrupts included. @head lives until @func has run. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

/* Wait until all callbacks queued so far, on any CPU, have run. IRQs on. */
void rcu_barrier(void);

/* Callbacks not run yet, in the whole machine. */
unsigned int rcu_outstanding(void);

void rcu_init(void);

#endif /* XEN_RCUPDATE_H */
