/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The preemption count: raised by every held spinlock and RCU read section.
 * While it is not zero the CPU must not process softirqs or schedule. Only
 * assertions read it, so only a debug build counts.
 */
#ifndef XEN_PREEMPT_H
#define XEN_PREEMPT_H

#include <xen/bug.h>
#include <xen/percpu.h>
#include <xen/types.h>

#ifndef NDEBUG

DECLARE_PER_CPU(unsigned int, __preempt_count);

#define preempt_count() (this_cpu(__preempt_count))

#define preempt_disable() do {          \
    preempt_count()++;                  \
    barrier();                          \
} while ( 0 )

#define preempt_enable() do {           \
    barrier();                          \
    preempt_count()--;                  \
} while ( 0 )

void ASSERT_NOT_IN_ATOMIC(void);

#else

#define preempt_disable() barrier()
#define preempt_enable()  barrier()
#define ASSERT_NOT_IN_ATOMIC() ((void)0)

#endif

#endif /* XEN_PREEMPT_H */
