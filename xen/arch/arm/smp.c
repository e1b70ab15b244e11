/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls on other CPUs, by interrupt.
 *
 * One call at a time: call_lock is held from filling call_data until every CPU
 * has taken what it needs from it. A CPU clears its bit in call_data.selected
 * before the function runs (nobody waits for it) or after (somebody does).
 *
 * Stopping goes beside all that, since it must work while the lock's owner is
 * broken: a flag and an interrupt.
 */
#include <xen/lib.h>
#include <xen/cpumask.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/delay.h>
#include <asm/gic.h>
#include <asm/hardirq.h>
#include <asm/traps.h>

static DEFINE_SPINLOCK(call_lock);
static struct {
    void (*func)(void *info);
    void *info;
    int wait;
    cpumask_t selected;
} call_data;

static bool stop_all;

/* CPUs that have been asked for their registers. */
static cpumask_t dumping;

/* How long others get to reach their interrupt when all is to stop, or to print. */
#define STOP_TIMEOUT_MS 100

void smp_send_event_check_mask(const cpumask_t *mask)
{
    send_SGI_mask(mask, GIC_SGI_EVENT_CHECK);
}

void on_selected_cpus(const cpumask_t *selected, void (*func)(void *info),
                      void *info, int wait)
{
    unsigned int cpu = smp_processor_id();
    cpumask_t others;

    ASSERT(local_irq_is_enabled() && !in_irq());
    ASSERT(cpumask_subset(selected, &cpu_online_map));

    spin_lock(&call_lock);

    cpumask_copy(&others, selected);
    __cpumask_clear_cpu(cpu, &others);

    call_data.func = func;
    call_data.info = info;
    call_data.wait = wait;
    smp_wmb();
    cpumask_copy(&call_data.selected, &others);

    if ( !cpumask_empty(&others) )
        send_SGI_mask(&others, GIC_SGI_CALL_FUNCTION);

    if ( cpumask_test_cpu(cpu, selected) )
    {
        local_irq_disable();
        irq_enter();
        func(info);
        irq_exit();
        local_irq_enable();
    }

    while ( !cpumask_empty(&call_data.selected) )
        cpu_relax();
    smp_mb();

    spin_unlock(&call_lock);
}

void smp_call_function_interrupt(void)
{
    unsigned int cpu = smp_processor_id();
    void (*func)(void *info);
    void *info;

    if ( ACCESS_ONCE(stop_all) )
        stop_cpu();

    if ( !cpumask_test_cpu(cpu, &call_data.selected) )
        return;

    smp_rmb();
    func = call_data.func;
    info = call_data.info;

    if ( call_data.wait )
    {
        func(info);
        smp_mb();
        cpumask_clear_cpu(cpu, &call_data.selected);
    }
    else
    {
        smp_mb();
        cpumask_clear_cpu(cpu, &call_data.selected);
        func(info);
    }
}

void smp_dump_state(unsigned int cpu)
{
    unsigned int ms;

    cpumask_set_cpu(cpu, &dumping);
    send_SGI_mask(cpumask_of(cpu), GIC_SGI_DUMP_STATE);

    for ( ms = 0; ms < STOP_TIMEOUT_MS && cpumask_test_cpu(cpu, &dumping); ms++ )
        mdelay(1);
    if ( cpumask_test_and_clear_cpu(cpu, &dumping) )
        printk("CPU%u does not answer\n", cpu);
}

void smp_dump_state_interrupt(const struct cpu_user_regs *regs)
{
    show_execution_state(regs);
    smp_mb();
    cpumask_clear_cpu(smp_processor_id(), &dumping);
}

void noreturn stop_cpu(void)
{
    local_irq_disable();
    cpumask_clear_cpu(smp_processor_id(), &cpu_online_map);
    dsb(sy);
    for ( ; ; )
        wfi();
}

void smp_send_stop(void)
{
    unsigned int cpu = smp_processor_id(), ms;
    cpumask_t others;

    ACCESS_ONCE(stop_all) = true;
    smp_mb();

    cpumask_copy(&others, &cpu_online_map);
    __cpumask_clear_cpu(cpu, &others);
    if ( cpumask_empty(&others) )
        return;
    send_SGI_mask(&others, GIC_SGI_CALL_FUNCTION);

    for ( ms = 0; ms < STOP_TIMEOUT_MS && num_online_cpus() > 1; ms++ )
        mdelay(1);

    if ( num_online_cpus() > 1 )
        printk(XENLOG_WARNING "%u CPUs do not answer\n",
               num_online_cpus() - 1);
}
