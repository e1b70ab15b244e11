/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_op: how a vCPU gives its CPU away, and how a guest says that it ends;
 * how a control domain ends another one. Locks: shutdown_lock for the code.
 */
#include <xen/event.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/sched.h>

#include <public/sched.h>

/* Reasons are 8 bits wide; nobody checks what they mean. */
#define REASON_MASK 0xffU

static long remote_shutdown(const struct sched_remote_shutdown *arg)
{
    struct domain *d = rcu_lock_domain_by_id(arg->domain_id);
    long rc = -EPERM;

    if ( !d )
        return -ESRCH;

    if ( is_control_domain(current->domain) )
        rc = domain_shutdown(d, arg->reason & REASON_MASK);

    rcu_unlock_domain(d);

    return rc;
}

/* The reason of a shutdown that is still to come; the first one counts. */
static void set_shutdown_code(struct domain *d, unsigned int reason)
{
    unsigned long flags;

    spin_lock_irqsave(&d->shutdown_lock, flags);
    if ( d->shutdown_code == SHUTDOWN_CODE_INVALID )
        d->shutdown_code = reason;
    spin_unlock_irqrestore(&d->shutdown_lock, flags);
}

long do_sched_op(register_t cmd, register_t arg, register_t unused)
{
    struct sched_remote_shutdown remote;
    struct sched_shutdown shutdown;

    switch ( cmd )
    {
    case SCHEDOP_yield:
        return vcpu_yield();

    case SCHEDOP_block:
        /* With its interrupts open, as the interface has it. */
        local_event_delivery_enable();
        vcpu_block();
        return 0;

    case SCHEDOP_shutdown:
    case SCHEDOP_shutdown_code:
        if ( raw_copy_from_guest(&shutdown, (void *)arg, sizeof(shutdown)) )
            return -EFAULT;
        shutdown.reason &= REASON_MASK;
        if ( cmd == SCHEDOP_shutdown_code )
            set_shutdown_code(current->domain, shutdown.reason);
        else if ( shutdown.reason == SHUTDOWN_crash )
            /* With its registers on the console. */
            __domain_crash(current->domain);
        else
            domain_shutdown(current->domain, shutdown.reason);
        return 0;

    case SCHEDOP_remote_shutdown:
        if ( raw_copy_from_guest(&remote, (void *)arg, sizeof(remote)) )
            return -EFAULT;
        return remote_shutdown(&remote);

    default:
        return -ENOSYS;
    }
}
