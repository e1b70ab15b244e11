/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts: descriptors, who handles which, and the way from the acknowledge to the handler.
 *
 * SPIs have one descriptor; SGIs and PPIs have one per CPU, and every call means the calling CPU's. A handler runs with
 * IRQs on and without the lock. Its interrupt has been priority-dropped but is still active, so it does not come again
 * on this CPU; an SPI that some other CPU takes meanwhile is noted as pending and replayed by the one that runs it.
 *
 * Refuses: the hypervisor's own SGIs, shared interrupts, an interrupt without a type.
 * Locks: irq_desc.lock (irqsave); it is taken before gicd_lock of gic-v3.c. The way to the handler of an SGI or PPI does
 * without: only its own CPU changes the action, not from interrupts, and no other CPU takes it.
 */
#include <xen/bitops.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/irq.h>
#include <xen/irq_cpustat.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/xmalloc.h>
#include <asm/gic.h>
#include <asm/vgic.h>

const unsigned int nr_irqs = NR_IRQS;

static struct irq_desc spi_desc[NR_IRQS - NR_LOCAL_IRQS];
static DEFINE_PER_CPU(struct irq_desc[NR_LOCAL_IRQS], local_desc);

/* What irq_set_type() said about PPIs; a CPU that comes up later starts from here. Under local_type_lock. */
static uint8_t local_type[NR_LOCAL_IRQS];
static DEFINE_SPINLOCK(local_type_lock);

struct irq_desc *irq_to_desc(unsigned int irq)
{
    ASSERT(irq < NR_IRQS);

    if ( irq < NR_LOCAL_IRQS )
        return &this_cpu(local_desc)[irq];

    return &spi_desc[irq - NR_LOCAL_IRQS];
}

static void init_desc(struct irq_desc *desc, unsigned int irq, unsigned int type)
{
    spin_lock_init(&desc->lock);
    desc->irq = irq;
    desc->type = type;
    desc->action = NULL;
    desc->status = 0;
    set_bit(_IRQ_DISABLED, &desc->status);
}

void init_secondary_IRQ(void)
{
    unsigned long flags;
    unsigned int irq;

    spin_lock_irqsave(&local_type_lock, flags);
    for ( irq = 0; irq < NR_LOCAL_IRQS; irq++ )
        init_desc(irq_to_desc(irq), irq, local_type[irq]);
    spin_unlock_irqrestore(&local_type_lock, flags);
}

void __init init_IRQ(void)
{
    unsigned int irq;

    for ( irq = 0; irq < NR_LOCAL_IRQS; irq++ )
        local_type[irq] = irq < NR_GIC_SGI ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_INVALID;
    for ( irq = NR_LOCAL_IRQS; irq < NR_IRQS; irq++ )
        init_desc(irq_to_desc(irq), irq, IRQ_TYPE_INVALID);

    init_secondary_IRQ();
}

/* A type may be set when there was none, and again to the same. */
static bool type_acceptable(unsigned int old, unsigned int new)
{
    return old == IRQ_TYPE_INVALID || old == new;
}

static bool type_valid(unsigned int type)
{
    return type == IRQ_TYPE_EDGE_RISING || type == IRQ_TYPE_EDGE_FALLING || type == IRQ_TYPE_EDGE_BOTH ||
           type == IRQ_TYPE_LEVEL_HIGH || type == IRQ_TYPE_LEVEL_LOW;
}

static int set_local_type(unsigned int irq, unsigned int type)
{
    unsigned long flags;
    unsigned int cpu;
    int rc = -EBUSY;

    spin_lock_irqsave(&local_type_lock, flags);
    if ( type_acceptable(local_type[irq], type) )
    {
        local_type[irq] = type;
        for_each_online_cpu ( cpu )
            per_cpu(local_desc, cpu)[irq].type = type;
        irq_to_desc(irq)->type = type;
        rc = 0;
    }
    spin_unlock_irqrestore(&local_type_lock, flags);

    return rc;
}

int irq_set_type(unsigned int irq, unsigned int type)
{
    struct irq_desc *desc;
    unsigned long flags;
    int rc = -EBUSY;

    if ( irq >= gic_number_lines() || !type_valid(type) )
        return -EINVAL;
    if ( irq < NR_GIC_SGI )
        return type == IRQ_TYPE_EDGE_RISING ? 0 : -EINVAL;
    if ( irq < NR_LOCAL_IRQS )
        return set_local_type(irq, type);

    desc = irq_to_desc(irq);
    spin_lock_irqsave(&desc->lock, flags);
    if ( type_acceptable(desc->type, type) )
    {
        desc->type = type;
        rc = 0;
    }
    spin_unlock_irqrestore(&desc->lock, flags);

    return rc;
}

int setup_irq(unsigned int irq, unsigned int irqflags, struct irqaction *new)
{
    struct irq_desc *desc;
    unsigned long flags;
    int rc = -EINVAL;

    if ( irq < GIC_SGI_STATIC_MAX || irq >= gic_number_lines() || !new->handler || (irqflags & IRQF_SHARED) )
        return -EINVAL;

    desc = irq_to_desc(irq);
    spin_lock_irqsave(&desc->lock, flags);
    if ( desc->action || desc->type == IRQ_TYPE_INVALID )
        goto out;

    rc = 0;
    if ( irq >= NR_GIC_SGI )
    {
        rc = gic_set_type(irq, desc->type);
        if ( rc == -EPERM && irq < NR_LOCAL_IRQS )
            rc = 0;     /* the wiring of a PPI is fixed: it is what it is, not what the device tree says */
        if ( rc )
            goto out;
    }

    desc->action = new;
    if ( irqflags & IRQF_KEEP_ACTIVE )
        set_bit(_IRQ_KEEP_ACTIVE, &desc->status);
    else
        clear_bit(_IRQ_KEEP_ACTIVE, &desc->status);
    clear_bit(_IRQ_DISABLED, &desc->status);

    if ( irq >= NR_LOCAL_IRQS )
        gic_route_spi(irq, smp_processor_id());
    gic_set_priority(irq, GIC_PRI_IRQ);
    /* The handler may run from here on: everything is in place. */
    gic_enable_irq(irq);

 out:
    spin_unlock_irqrestore(&desc->lock, flags);

    return rc;
}

int request_irq(unsigned int irq, unsigned int irqflags, irq_handler_t handler, const char *devname, void *dev_id)
{
    struct irqaction *action;
    int rc;

    if ( irq >= nr_irqs || !handler )
        return -EINVAL;

    action = xzalloc(struct irqaction);
    if ( !action )
        return -ENOMEM;

    action->handler = handler;
    action->name = devname;
    action->dev_id = dev_id;
    action->free_on_release = true;

    rc = setup_irq(irq, irqflags, action);
    if ( rc )
        xfree(action);

    return rc;
}

void release_irq(unsigned int irq, const void *dev_id)
{
    struct irqaction *action = NULL;
    struct irq_desc *desc;
    unsigned long flags;

    if ( irq < GIC_SGI_STATIC_MAX || irq >= gic_number_lines() )
        return;

    desc = irq_to_desc(irq);
    spin_lock_irqsave(&desc->lock, flags);
    if ( desc->action && desc->action->dev_id == dev_id )
    {
        gic_disable_irq(irq);
        action = desc->action;
        desc->action = NULL;
        set_bit(_IRQ_DISABLED, &desc->status);
        clear_bit(_IRQ_KEEP_ACTIVE, &desc->status);
    }
    spin_unlock_irqrestore(&desc->lock, flags);

    if ( !action )
        return;

    /* A handler that another CPU has just entered ends in bounded time. */
    do {
        smp_mb();
    } while ( test_bit(_IRQ_INPROGRESS, &desc->status) );

    if ( action->free_on_release )
        xfree(action);
}

static void no_handler(unsigned int irq)
{
    printk_once(XENLOG_WARNING "irq: interrupt %u on CPU%u has no handler\n", irq, smp_processor_id());
    gic_deactivate_irq(irq);
}

/* One of this CPU's own. A handler that deactivates it itself has IRQs off: it would be interrupted by the same again. */
static void do_local_irq(struct irq_desc *desc, unsigned int irq)
{
    const struct irqaction *action = desc->action;

    desc->count++;
    gic_eoi_irq(irq);

    if ( unlikely(!action) )
        no_handler(irq);
    else if ( test_bit(_IRQ_KEEP_ACTIVE, &desc->status) )
        action->handler(irq, action->dev_id);
    else
    {
        local_irq_enable();
        action->handler(irq, action->dev_id);
        local_irq_disable();
        gic_deactivate_irq(irq);
    }
}

static void do_shared_irq(struct irq_desc *desc, unsigned int irq)
{
    struct irqaction *action;
    bool keep_active;

    spin_lock(&desc->lock);

    desc->count++;
    /* Others of the same priority may come now; this one not before its deactivation. */
    gic_eoi_irq(irq);

    if ( !desc->action )
    {
        no_handler(irq);
        goto out;
    }

    keep_active = test_bit(_IRQ_KEEP_ACTIVE, &desc->status);
    set_bit(_IRQ_PENDING, &desc->status);

    if ( !test_bit(_IRQ_INPROGRESS, &desc->status) )
    {
        set_bit(_IRQ_INPROGRESS, &desc->status);
        while ( test_bit(_IRQ_PENDING, &desc->status) && (action = desc->action) != NULL )
        {
            clear_bit(_IRQ_PENDING, &desc->status);
            spin_unlock_irq(&desc->lock);
            action->handler(irq, action->dev_id);
            spin_lock_irq(&desc->lock);
        }
        clear_bit(_IRQ_PENDING, &desc->status);
        clear_bit(_IRQ_INPROGRESS, &desc->status);
    }

    if ( !keep_active )
        gic_deactivate_irq(irq);

 out:
    spin_unlock(&desc->lock);
}

void do_IRQ(struct cpu_user_regs *regs, unsigned int irq, int is_fiq)
{
    struct irq_desc *desc = irq_to_desc(irq);

    irq_enter();
    if ( irq < NR_LOCAL_IRQS )
        do_local_irq(desc, irq);
    else
        do_shared_irq(desc, irq);
    irq_exit();
}

/* ---- Debug key -------------------------------------------------------------------------------------------------- */

static void dump_irqs(unsigned char key)
{
    unsigned int irq, cpu;
    struct domain *d;

    printk("Physical interrupts (count per CPU):\n");
    for ( irq = 0; irq < NR_LOCAL_IRQS; irq++ )
    {
        const char *name = irq < GIC_SGI_STATIC_MAX ? "ipi" : NULL;
        unsigned long total = 0;

        for_each_online_cpu ( cpu )
        {
            struct irq_desc *desc = &per_cpu(local_desc, cpu)[irq];
            unsigned long flags;

            /* The action may be released meanwhile; its name is a constant and outlives it. */
            spin_lock_irqsave(&desc->lock, flags);
            if ( desc->action )
                name = desc->action->name;
            spin_unlock_irqrestore(&desc->lock, flags);
            total += desc->count;
        }
        if ( !name && !total )
            continue;

        printk("  %4u %-16s", irq, name ?: "-");
        for_each_online_cpu ( cpu )
            printk(" cpu%u %lu", cpu, per_cpu(local_desc, cpu)[irq].count);
        printk("\n");
    }

    for ( irq = NR_LOCAL_IRQS; irq < gic_number_lines(); irq++ )
    {
        struct irq_desc *desc = irq_to_desc(irq);
        const char *name = NULL;
        unsigned long flags;

        spin_lock_irqsave(&desc->lock, flags);
        if ( desc->action )
            name = desc->action->name;
        spin_unlock_irqrestore(&desc->lock, flags);

        if ( name || desc->count )
            printk("  %4u %-16s %lu\n", irq, name ?: "-", desc->count);
    }

    printk("Virtual interrupts:\n");
    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        vgic_dump(d);
    rcu_read_unlock(&domlist_read_lock);
}

static int __init irq_dump_init(void)
{
    register_keyhandler('i', dump_irqs, "dump interrupts", true);

    return 0;
}
__initcall(irq_dump_init);
