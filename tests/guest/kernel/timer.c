/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic virtual timer, one deadline per CPU. Its interrupt switches it off; wait_event() arms it again. */
#include "kernel.h"

uint32_t timer_virt_intid = 27, timer_phys_intid = 30;
volatile unsigned long timer_fired[MAX_CPUS];
static uint64_t freq;

uint64_t time_us(void)
{
    uint64_t now;

    isb();
    now = read_sysreg(cntvct_el0);
    return now / freq * 1000000 + now % freq * 1000000 / freq;
}

void timer_arm(uint64_t us)
{
    write_sysreg(read_sysreg(cntvct_el0) + us / 1000000 * freq + us % 1000000 * freq / 1000000 + 1, cntv_cval_el0);
    write_sysreg(1ul, cntv_ctl_el0);
    isb();
}

void timer_disarm(void)
{
    write_sysreg(0ul, cntv_ctl_el0);
    isb();
}

static void timer_interrupt(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
    timer_disarm();
    timer_fired[cpu_id()]++;
}

void timer_init(void)
{
    int node = dt_find(-1, NULL, "arm,armv8-timer");

    freq = read_sysreg(cntfrq_el0);
    if ( !freq )
        panic("CNTFRQ_EL0 is 0");

    if ( node >= 0 && dt_irq(node, 2) )
    {
        timer_phys_intid = dt_irq(node, 1);
        timer_virt_intid = dt_irq(node, 2);
    }
    irq_set_handler(timer_virt_intid, timer_interrupt, NULL);
}

void timer_cpu_init(void)
{
    timer_disarm();
    gic_enable(timer_virt_intid);
}
