/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: park the other CPUs, then ask the firmware. Any context. */
#include <xen/lib.h>
#include <xen/delay.h>
#include <xen/smp.h>
#include <asm/psci.h>
#include <asm/system.h>

static void noreturn halt_here(const char *what)
{
    printk(XENLOG_ERR "The firmware does not %s the machine: halted.\n", what);
    local_irq_disable();
    for ( ; ; )
        wfi();
}

void noreturn machine_halt(void)
{
    smp_send_stop();
    local_irq_disable();
    call_psci_system_off();
    halt_here("power off");
}

