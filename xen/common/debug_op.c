/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of the hypervisor may ask of a debug build: an allocation that
 * fails, counters of what is in use, and a mistake of its own. Refuses everybody but a control domain.
 *
 * Locks: fail_lock for the armed failure, which belongs to one vCPU at a time;
 * it is a leaf.
 */
#include <xen/fail_alloc.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>

#include <asm/tee/ffa.h>

#include <public/debug_op.h>

static struct {
    const struct vcpu *v;       /* whose allocations count */
    bool in_scope;              /* it is in a hypercall that counts */
    unsigned long left;         /* allocations until one fails, itself included */
    bool fired;
} fail;
static DEFINE_SPINLOCK(fail_lock);

void fail_alloc_arm(unsigned long n)
{
    spin_lock(&fail_lock);
    fail.v = n ? current : NULL;
    fail.in_scope = false;
    fail.left = n;
    fail.fired = false;
    spin_unlock(&fail_lock);
}

bool fail_alloc_fired(void)
{
    return ACCESS_ONCE(fail.fired);
}

void fail_alloc_scope(bool enter)
{
    if ( likely(read_atomic(&fail.v) != current) )
        return;

    spin_lock(&fail_lock);
    if ( fail.v == current )
        fail.in_scope = enter;
    spin_unlock(&fail_lock);
}

bool fail_alloc_now(void)
{
    const struct vcpu *v = read_atomic(&fail.v);
    bool now = false;

    /* While the machine boots nobody is current yet. */
    if ( likely(!v) || v != current )
        return false;

    spin_lock(&fail_lock);
    if ( fail.v == current && fail.in_scope && fail.left )
    {
        now = --fail.left == 0;
        fail.fired |= now;
    }
    spin_unlock(&fail_lock);

    return now;
}

void fail_alloc_forget(const struct domain *d)
{
    spin_lock(&fail_lock);
    if ( fail.v && fail.v->domain == d )
        fail.v = NULL;
    spin_unlock(&fail_lock);
}

static long give_counters(void *buffer)
{
    struct debug_op_counters counters = {
        .free_pages = total_free_pages(),
        .heap_bytes = xmalloc_bytes_in_use(),
        .domains = domains_in_existence(),
        .dead = domains_dead(),
        .rcu_callbacks = rcu_outstanding(),
        .tasklets = tasklets_outstanding(),
        .timers = timers_armed(),
        .kept_ids = ffa_ids_kept(),
    };

    return raw_copy_to_guest(buffer, &counters, sizeof(counters)) ? -EFAULT : 0;
}

long do_debug_op(register_t cmd, register_t arg, register_t unused)
{
    if ( !is_control_domain(current->domain) )
        return -EPERM;

    switch ( cmd )
    {
    case DEBUGOP_fail_alloc:
        fail_alloc_arm(arg);
        return 0;

    case DEBUGOP_fail_alloc_fired:
        return fail_alloc_fired();

    case DEBUGOP_counters:
        return give_counters((void *)arg);

    case DEBUGOP_break:
        return debug_break(arg);

    default:
        return -ENOSYS;
    }
}
