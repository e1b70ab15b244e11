/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs coming up, and who is told about it; the notifier chains behind that.
 *
 * Locks: none. Chains change and CPUs start on CPU 0 during boot, one at a
 * time. CPUs do not go away.
 */
#include <xen/cpu.h>
#include <xen/cpumask.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/notifier.h>
#include <xen/smp.h>

static struct notifier_head cpu_chain = NOTIFIER_INIT(cpu_chain);

void notifier_chain_register(struct notifier_head *nh,
                             struct notifier_block *nb)
{
    struct notifier_block *pos = &nh->head;

    while ( pos->next && pos->next->priority >= nb->priority )
        pos = pos->next;
    nb->next = pos->next;
    pos->next = nb;
}

/* The member before @nb; the head when @nb is the first. */
static struct notifier_block *before(struct notifier_head *nh,
                                     const struct notifier_block *nb)
{
    struct notifier_block *pos = &nh->head;

    while ( pos->next != nb )
        pos = pos->next;

    return pos;
}

int notifier_call_chain(struct notifier_head *nh, unsigned long val, void *v,
                        struct notifier_block **pcursor)
{
    bool reverse = val & NOTIFY_REVERSE;
    struct notifier_block *nb;
    int ret = NOTIFY_DONE;

    if ( reverse )
    {
        for ( nb = before(nh, pcursor ? *pcursor : NULL); nb != &nh->head;
              nb = before(nh, nb) )
        {
            ret = nb->notifier_call(nb, val, v);
            if ( ret & NOTIFY_STOP_MASK )
                break;
        }
        return ret;
    }

    for ( nb = nh->head.next; nb; nb = nb->next )
    {
        if ( pcursor )
            *pcursor = nb;
        ret = nb->notifier_call(nb, val, v);
        if ( ret & NOTIFY_STOP_MASK )
            break;
    }

    return ret;
}

void __init register_cpu_notifier(struct notifier_block *nb)
{
    notifier_chain_register(&cpu_chain, nb);
}

static int notify(unsigned int cpu, unsigned long action,
                  struct notifier_block **pcursor)
{
    int ret = notifier_call_chain(&cpu_chain, action,
                                  (void *)(unsigned long)cpu, pcursor);

    return (ret & NOTIFY_STOP_MASK) ? notifier_to_errno(ret) : 0;
}

void notify_cpu_starting(unsigned int cpu)
{
    /* There is no way back for this CPU. */
    BUG_ON(notify(cpu, CPU_STARTING, NULL));
}

int __init cpu_up(unsigned int cpu)
{
    struct notifier_block *failed = NULL;
    int rc;

    if ( cpu_online(cpu) || !cpu_present(cpu) )
        return -EINVAL;

    rc = notify(cpu, CPU_UP_PREPARE, &failed);
    if ( rc )
        goto cancel;

    failed = NULL;
    rc = __cpu_up(cpu);
    if ( rc )
        goto cancel;

    BUG_ON(notify(cpu, CPU_ONLINE, NULL));

    return 0;

 cancel:
    /* Those that were prepared, last first. */
    notify(cpu, CPU_UP_CANCELED, &failed);

    return rc;
}
