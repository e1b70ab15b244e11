/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasklets.
 *
 * Each CPU has two queues: one run by its idle vCPU, which the scheduler
 * prefers while there is work (tasklet_work_to_do), one run in TASKLET_SOFTIRQ.
 * A running tasklet is in no queue; scheduled again meanwhile, it is queued
 * when it returns.
 *
 * Lock: tasklet_lock, IRQs off, covers all queues and all tasklets; not held
 * while one runs.
 */
#include <xen/bitops.h>
#include <xen/cpu.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/tasklet.h>

static DEFINE_SPINLOCK(tasklet_lock);
static unsigned int nr_outstanding;

DEFINE_PER_CPU(unsigned long, tasklet_work_to_do);
static DEFINE_PER_CPU(struct list_head, tasklet_list);
static DEFINE_PER_CPU(struct list_head, softirq_tasklet_list);

/* Under tasklet_lock; t->scheduled_on is set. */
static void tasklet_enqueue(struct tasklet *t)
{
    unsigned int cpu = t->scheduled_on;
    struct list_head *list;
    bool was_empty;

    if ( t->is_softirq )
    {
        list = &per_cpu(softirq_tasklet_list, cpu);
        was_empty = list_empty(list);
        list_add_tail(&t->list, list);
        if ( was_empty )
            cpu_raise_softirq(cpu, TASKLET_SOFTIRQ);
    }
    else
    {
        unsigned long *work = &per_cpu(tasklet_work_to_do, cpu);

        list_add_tail(&t->list, &per_cpu(tasklet_list, cpu));
        if ( !test_and_set_bit(_TASKLET_enqueued, work) )
            cpu_raise_softirq(cpu, SCHEDULE_SOFTIRQ);
    }
}

void tasklet_schedule_on_cpu(struct tasklet *t, unsigned int cpu)
{
    unsigned long flags;

    spin_lock_irqsave(&tasklet_lock, flags);

    if ( !t->is_dead )
    {
        if ( t->scheduled_on == -1 && !t->is_running )
            nr_outstanding++;

        if ( t->scheduled_on == -1 )
        {
            t->scheduled_on = cpu;
            if ( !t->is_running )
                tasklet_enqueue(t);
        }
    }

    spin_unlock_irqrestore(&tasklet_lock, flags);
}

void tasklet_schedule(struct tasklet *t)
{
    tasklet_schedule_on_cpu(t, smp_processor_id());
}

/* Run the first of @list. Lock held on entry and on return, not in between. */
static void do_tasklet_work(struct list_head *list)
{
    struct tasklet *t;

    if ( list_empty(list) )
        return;

    t = list_first_entry(list, struct tasklet, list);
    list_del_init(&t->list);

    BUG_ON(t->is_dead || t->is_running);
    t->scheduled_on = -1;
    t->is_running = true;

    spin_unlock_irq(&tasklet_lock);
    t->func(t->data);
    spin_lock_irq(&tasklet_lock);

    t->is_running = false;

    if ( t->scheduled_on >= 0 )
        tasklet_enqueue(t);
    else
        nr_outstanding--;
}

void do_tasklet(void)
{
    unsigned int cpu = smp_processor_id();
    unsigned long *work = &per_cpu(tasklet_work_to_do, cpu);
    struct list_head *list = &per_cpu(tasklet_list, cpu);

    spin_lock_irq(&tasklet_lock);

    do_tasklet_work(list);

    if ( list_empty(list) )
    {
        clear_bit(_TASKLET_enqueued, work);
        /* The idle vCPU has no reason to stay any more. */
        raise_softirq(SCHEDULE_SOFTIRQ);
    }

    spin_unlock_irq(&tasklet_lock);
}

static void tasklet_softirq_action(void)
{
    struct list_head *list = &this_cpu(softirq_tasklet_list);

    spin_lock_irq(&tasklet_lock);

    do_tasklet_work(list);

    /* One at a time: let other softirqs in between. */
    if ( !list_empty(list) )
        raise_softirq(TASKLET_SOFTIRQ);

    spin_unlock_irq(&tasklet_lock);
}

void tasklet_kill(struct tasklet *t)
{
    unsigned long flags;

    spin_lock_irqsave(&tasklet_lock, flags);

    if ( t->scheduled_on >= 0 )
    {
        if ( !t->is_running )
        {
            list_del_init(&t->list);
            nr_outstanding--;
        }
        t->scheduled_on = -1;
    }
    t->is_dead = true;

    while ( t->is_running )
    {
        spin_unlock_irqrestore(&tasklet_lock, flags);
        cpu_relax();
        spin_lock_irqsave(&tasklet_lock, flags);
    }

    spin_unlock_irqrestore(&tasklet_lock, flags);
}

void tasklet_init(struct tasklet *t, void (*func)(void *data), void *data)
{
    memset(t, 0, sizeof(*t));
    INIT_LIST_HEAD(&t->list);
    t->scheduled_on = -1;
    t->func = func;
    t->data = data;
}

void softirq_tasklet_init(struct tasklet *t, void (*func)(void *data),
                          void *data)
{
    tasklet_init(t, func, data);
    t->is_softirq = true;
}

unsigned int tasklets_outstanding(void)
{
    unsigned long flags;
    unsigned int nr;

    spin_lock_irqsave(&tasklet_lock, flags);
    nr = nr_outstanding;
    spin_unlock_irqrestore(&tasklet_lock, flags);

    return nr;
}

static int cpu_callback(struct notifier_block *nfb, unsigned long action,
                        void *hcpu)
{
    unsigned int cpu = (unsigned long)hcpu;

    if ( action == CPU_UP_PREPARE )
    {
        INIT_LIST_HEAD(&per_cpu(tasklet_list, cpu));
        INIT_LIST_HEAD(&per_cpu(softirq_tasklet_list, cpu));
    }

    return NOTIFY_DONE;
}

static struct notifier_block cpu_nfb = {
    .notifier_call = cpu_callback,
    .priority = 99,
};

void __init tasklet_subsys_init(void)
{
    cpu_callback(&cpu_nfb, CPU_UP_PREPARE,
                 (void *)(unsigned long)smp_processor_id());
    register_cpu_notifier(&cpu_nfb);
    open_softirq(TASKLET_SOFTIRQ, tasklet_softirq_action);
}
