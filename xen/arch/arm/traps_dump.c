/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers for people: panic, debug keys, crashed guests. A guest's stack is never followed.
 * Locks: none, so it works in any state.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/regs.h>
#include <asm/sysregs.h>
#include <asm/traps.h>

void show_registers(const struct cpu_user_regs *regs)
{
    const uint64_t *x = &regs->x0;
    unsigned int i;

    if ( guest_mode(regs) )
        printk("%pv: pc %016lx cpsr %08lx syndrome %08lx\n", current, (unsigned long)regs->pc,
               (unsigned long)regs->cpsr, (unsigned long)regs->hsr);
    else
        printk("CPU%u: pc %016lx %pS sp %016lx cpsr %08lx syndrome %08lx\n", smp_processor_id(),
               (unsigned long)regs->pc, (void *)regs->pc, (unsigned long)regs->sp, (unsigned long)regs->cpsr,
               (unsigned long)regs->hsr);

    for ( i = 0; i < 30; i += 3 )
        printk("  x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n", i, (unsigned long)x[i], i + 1,
               (unsigned long)x[i + 1], i + 2, (unsigned long)x[i + 2]);

    if ( guest_mode(regs) )
        printk("  lr  %016lx\n", (unsigned long)regs->lr);
    else
        printk("  lr  %016lx %pS\n", (unsigned long)regs->lr, (void *)CALL_BEFORE(regs->lr));
}

void show_execution_state(const struct cpu_user_regs *regs)
{
    show_registers(regs);

    if ( !guest_mode(regs) )
        show_backtrace(regs->pc, regs->fp);
}

