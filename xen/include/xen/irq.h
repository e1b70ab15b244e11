/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts and their handlers.
 *
 * Handlers run in interrupt context (in_irq()) with IRQs enabled; the same interrupt does not nest on its CPU.
 * Locks: irq_desc.lock, irqsave, not held while a handler runs.
 */
#ifndef XEN_IRQ_H
#define XEN_IRQ_H

#include <xen/types.h>
#include <xen/spinlock.h>
#include <asm/irq.h>
#include <asm/hardirq.h>

typedef void (*irq_handler_t)(int irq, void *dev_id);

struct irqaction {
    irq_handler_t handler;
    const char *name;
    void *dev_id;
    bool free_on_release;           /* allocated by request_irq() */
};

/* irq_desc.status, bits */
#define _IRQ_INPROGRESS         0   /* a handler runs                                */
#define _IRQ_DISABLED           1   /* nobody has requested it                       */
#define _IRQ_PENDING            2   /* it came again while its handler ran           */
#define _IRQ_KEEP_ACTIVE        3   /* the handler takes care of the deactivation    */

#define IRQ_NONE                0U
/* Flags of request_irq(), setup_irq() */
#define IRQF_SHARED             (1U << 0)   /* refused: no user                              */
#define IRQF_KEEP_ACTIVE        (1U << 1)   /* handler deactivates (or a guest's LR does)    */

typedef struct irq_desc {
    spinlock_t lock;                /* covers everything below                       */
    unsigned int irq;
    unsigned long status;
    unsigned int type;              /* IRQ_TYPE_*                                    */
    struct irqaction *action;
    unsigned long count;            /* times taken                                   */
} irq_desc_t;

/* irq_to_desc - descriptor of irq (of the calling CPU if private); irq must be below NR_IRQS */
struct irq_desc *irq_to_desc(unsigned int irq);

/*
 * request_irq - allocate an action, route and enable the interrupt
 * @irq: SGI (not one of the hypervisor's own), PPI or SPI; SGI and PPI mean the calling CPU's. @irqflags: IRQF_*
 * Returns: 0, -EINVAL (number, type not set, already taken), -ENOMEM. Context: not from interrupts.
 * Inverse: release_irq(). setup_irq() does the same with an action of the caller and never allocates.
 */
int request_irq(unsigned int irq, unsigned int irqflags, irq_handler_t handler, const char *devname, void *dev_id);
int setup_irq(unsigned int irq, unsigned int irqflags, struct irqaction *new);

/* release_irq - disable, wait until the handler has returned, free the action. Not from the handler itself. */
void release_irq(unsigned int irq, const void *dev_id);

#endif /* XEN_IRQ_H */
