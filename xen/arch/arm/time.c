/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time and the hypervisor's own timer.
 *
 * NOW() is the physical counter in nanoseconds: zero at power on, the same on every CPU and in the secure world's log.
 * The hypervisor timer (CNTHP_EL2, PPI 26) gives the one interrupt per CPU that the timer wheel asks for.
 * No locks: everything is constant after boot or per CPU.
 */
#include <xen/delay.h>
#include <xen/device_tree.h>
#include <xen/init.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <asm/sysregs.h>
#include <asm/system.h>
#include <asm/time.h>
#include <asm/vtimer.h>

#define NS_PER_SEC      1000000000ULL

/* CNTHCTL_EL2 without E2H: guests read the physical counter, access to CNTP_* traps */
#define CNTHCTL_EL1PCTEN    (1UL << 0)
#define CNTx_CTL_ENABLE     (1UL << 0)
#define CNTx_CTL_ISTATUS    (1UL << 2)

unsigned long __read_mostly cpu_khz;
static uint64_t __read_mostly counter_hz;
static uint64_t __read_mostly ns_per_tick;  /* 32.32 fixed point */

static unsigned int timer_irq[MAX_TIMER_PPI] __ro_after_init;
static const uint8_t __initconst usual_irq[MAX_TIMER_PPI] = {
    [TIMER_PHYS_SECURE_PPI] = 29,
    [TIMER_PHYS_NONSECURE_PPI] = 30,
    [TIMER_VIRT_PPI] = 27,
    [TIMER_HYP_PPI] = 26,
};

unsigned int timer_get_irq(enum timer_ppi ppi)
{
    ASSERT(ppi < MAX_TIMER_PPI);

    return timer_irq[ppi];
}

cycles_t get_cycles(void)
{
    isb();
    return READ_SYSREG64(CNTPCT_EL0);
}

/* 64 x 64 -> 128 bits, so that the product of any tick count is exact before it is scaled back. */
s_time_t ticks_to_ns(uint64_t ticks)
{
    unsigned __int128 ns = ((unsigned __int128)ticks * ns_per_tick) >> 32;

    return ns > (unsigned __int128)STIME_MAX ? STIME_MAX : (s_time_t)ns;
}

uint64_t ns_to_ticks(s_time_t ns)
{
    uint64_t sec, rest;

    if ( ns <= 0 )
        return 0;

    sec = (uint64_t)ns / NS_PER_SEC;
    rest = (uint64_t)ns % NS_PER_SEC;

    return sec * counter_hz + (rest * counter_hz + NS_PER_SEC - 1) / NS_PER_SEC;
}

s_time_t get_s_time(void)
{
    return ticks_to_ns(get_cycles());
}

static void set_frequency(uint64_t hz)
{
    /* The architecture's range is 1 MHz to 1 GHz; outside it the arithmetic above would not hold. */
    if ( hz < 1000000 || hz > 1000000000 )
        panic("timer: counter frequency of %"PRIu64" Hz is not usable\n", hz);

    counter_hz = hz;
    cpu_khz = hz / 1000;
    /* Rounded up: when the timer fires at ns_to_ticks(t), NOW() has reached t. */
    ns_per_tick = ((NS_PER_SEC << 32) + hz - 1) / hz;
}

void __init preinit_xen_time(void)
{
    uint64_t hz = READ_SYSREG64(CNTFRQ_EL0) & 0xffffffffUL;

    if ( hz )
        set_frequency(hz);
}

int __init init_xen_time(void)
{
    int node = dt_find_compatible(-1, "arm,armv8-timer");
    struct dt_irq irq;
    unsigned int i;
    uint32_t hz;

    for ( i = 0; i < MAX_TIMER_PPI; i++ )
        timer_irq[i] = usual_irq[i];

    if ( node < 0 )
        printk(XENLOG_WARNING "timer: no node compatible with \"arm,armv8-timer\", using the usual PPIs\n");
    else
    {
        for ( i = 0; i < MAX_TIMER_PPI; i++ )
            if ( !dt_get_irq(node, i, &irq) && irq.irq >= NR_GIC_SGI && irq.irq < NR_LOCAL_IRQS )
                timer_irq[i] = irq.irq;
        if ( !counter_hz && dt_read_u32(node, "clock-frequency", &hz) )
            set_frequency(hz);
    }

    if ( !counter_hz )
        panic("timer: the firmware did not set CNTFRQ_EL0\n");

    printk("timer: %lu kHz, PPIs hyp %u virt %u\n", cpu_khz, timer_irq[TIMER_HYP_PPI], timer_irq[TIMER_VIRT_PPI]);

    return 0;
}

int reprogram_timer(s_time_t timeout)
{
    if ( timeout == 0 )
        WRITE_SYSREG(0, CNTHP_CTL_EL2);
    else
    {
        /* A deadline that has passed holds already: the interrupt comes as soon as it can. */
        WRITE_SYSREG64(ns_to_ticks(timeout), CNTHP_CVAL_EL2);
        WRITE_SYSREG(CNTx_CTL_ENABLE, CNTHP_CTL_EL2);
    }
    isb();

    return 1;
}

static void htimer_interrupt(int irq, void *dev_id)
{
    if ( !(READ_SYSREG(CNTHP_CTL_EL2) & CNTx_CTL_ISTATUS) )
        return;

    /* The softirq programs the next deadline; until then the level must be low. */
    WRITE_SYSREG(0, CNTHP_CTL_EL2);
    isb();
    raise_softirq(TIMER_SOFTIRQ);
}

static DEFINE_PER_CPU(struct irqaction, htimer_action);

void init_timer_interrupt(void)
{
    struct irqaction *action = &this_cpu(htimer_action);
    unsigned int ppi = timer_irq[TIMER_HYP_PPI];

    WRITE_SYSREG64(0, CNTVOFF_EL2);
    WRITE_SYSREG(CNTHCTL_EL1PCTEN, CNTHCTL_EL2);
    WRITE_SYSREG(0, CNTP_CTL_EL0);
    WRITE_SYSREG(0, CNTV_CTL_EL0);
    WRITE_SYSREG(0, CNTHP_CTL_EL2);
    isb();

    action->name = "hyptimer";
    action->handler = htimer_interrupt;
    irq_set_type(ppi, IRQ_TYPE_LEVEL_LOW);
    if ( setup_irq(ppi, 0, action) )
        panic("timer: cannot use PPI %u\n", ppi);

    vtimer_init_interrupt();
}

void udelay(unsigned long usecs)
{
    /* In pieces, so that no count of microseconds overflows. */
    while ( usecs )
    {
        unsigned long part = usecs > 1000000 ? 1000000 : usecs;
        uint64_t start = get_cycles(), ticks = ns_to_ticks(part * 1000);

        while ( get_cycles() - start < ticks )
            cpu_relax();
        usecs -= part;
    }
}
