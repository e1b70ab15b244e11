/* SPDX-License-Identifier: GPL-2.0-only */
/* Chains of callbacks, highest priority first. */
#ifndef XEN_NOTIFIER_H
#define XEN_NOTIFIER_H

#include <xen/types.h>
#include <xen/errno.h>

struct notifier_block {
    int (*notifier_call)(struct notifier_block *nb, unsigned long action,
                         void *data);
    struct notifier_block *next;
    int priority;
};

struct notifier_head {
    struct notifier_block head;
};

#define NOTIFIER_INIT(name) { .head = { .next = NULL } }

#define NOTIFY_DONE      0x0000
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_STOP      NOTIFY_STOP_MASK
#define NOTIFY_BAD       (NOTIFY_STOP_MASK | EINVAL)

static inline int notifier_from_errno(int err)
{
    return err ? NOTIFY_STOP_MASK | -err : NOTIFY_DONE;
}

static inline int notifier_to_errno(int ret)
{
    return -(ret & ~NOTIFY_STOP_MASK);
}

/* Add to a chain. Callers serialise (boot: CPU 0). */
void notifier_chain_register(struct notifier_head *nh,
                             struct notifier_block *nb);

/*
 * Call the members in order until one answers with NOTIFY_STOP_MASK. With a
 * cursor: set to the last member called. When val has NOTIFY_REVERSE
 * (xen/cpu.h) the cursor is where to stop instead: only the members before it
 * are called, last first.
 */
int notifier_call_chain(struct notifier_head *nh, unsigned long val, void *v,
                        struct notifier_block **pcursor);

#endif /* XEN_NOTIFIER_H */
