/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General registers of a trapped guest by number.
 *
 * The syndrome of a trap from AArch32 user space names registers by their AArch64 place already, and user mode has no
 * banked registers below EL1: one array serves both.
 */
#include <xen/bug.h>
#include <asm/regs.h>

register_t get_user_reg(struct cpu_user_regs *regs, int reg)
{
    BUG_ON(reg < 0 || reg > 31);

    if ( reg == 31 )
        return 0;

    return (&regs->x0)[reg];
}

void set_user_reg(struct cpu_user_regs *regs, int reg, register_t val)
{
    BUG_ON(reg < 0 || reg > 31);

    if ( reg < 31 )
        (&regs->x0)[reg] = val;
}
