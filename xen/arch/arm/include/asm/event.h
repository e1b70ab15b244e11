/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a vCPU have something to wake up for? */
#ifndef ARM_EVENT_H
#define ARM_EVENT_H

#include <xen/sched.h>

#include <asm/vgic.h>

/* PSTATE.I of the guest as it was when it trapped. */
static inline bool local_event_delivery_is_enabled(void)
{
    return !(guest_cpu_user_regs()->cpsr & (1UL << 7));
}

/* Would a WFI of current return at once? It does so even when PSTATE.I is set. */
static inline bool local_events_need_delivery_nomask(void)
{
    return vgic_vcpu_pending_irq(current);
}

static inline bool local_events_need_delivery(void)
{
    return local_event_delivery_is_enabled() &&
           local_events_need_delivery_nomask();
}

static inline void local_event_delivery_enable(void)
{
    guest_cpu_user_regs()->cpsr &= ~(1UL << 7);
}

#endif /* ARM_EVENT_H */
