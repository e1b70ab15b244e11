/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secure interrupts: the secure physical timer, shared out as one deadline per partition and CPU, and the IPI that
 * makes another CPU look at its deadlines. Deadlines are under spmc_lock; the timer itself belongs to its CPU.
 */
#include "spmc.h"

#define ICC_SPURIOUS    1020

static void timer_program_locked(void)
{
    uint64_t first = 0;
    unsigned int n;

    for ( n = 0; n < SP_COUNT; n++ )
    {
        uint64_t d = sp_here(&sps[n])->deadline;

        if ( d && (!first || d < first) )
            first = d;
    }
    if ( first )
        write_sysreg(cntps_cval_el1, first);
    write_sysreg(cntps_ctl_el1, first ? 1 : 0);
    isb();
}

static void ring_cpu(unsigned int cpu)
{
    dsb();
    write_sysreg(icc_sgi1r_el1, ((uint64_t)INTID_SECURE_IPI << 24) | ((uint64_t)(cpu / 16) << 16) | BIT(cpu % 16));
    isb();
}

/* An FFA_INTERRUPT for the partition's context on that CPU, at `when` or as soon as it waits. DENIED: CPU is not on. */
int timer_at(struct sp *sp, unsigned int cpu, uint64_t when)
{
    int ret = 0;

    if ( cpu >= info->cpus || cpu >= MAX_CPUS || !when )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    if ( !cpus[cpu].online )
        ret = FFA_DENIED;
    else
    {
        if ( !sp->ctx[cpu].deadline || when < sp->ctx[cpu].deadline )
            sp->ctx[cpu].deadline = when;
        if ( cpu == this_cpu()->index )
            timer_program_locked();
        else
            ring_cpu(cpu);
    }
    spin_unlock(&spmc_lock);

    return ret;
}

static void expire(void)
{
    uint64_t now = counter();
    unsigned int n;

    spin_lock(&spmc_lock);
    for ( n = 0; n < SP_COUNT; n++ )
    {
        struct sp_ctx *ctx = sp_here(&sps[n]);

        if ( ctx->deadline && ctx->deadline <= now )
        {
            ctx->deadline = 0;
            ctx->virq = true;
        }
    }
    timer_program_locked();
    spin_unlock(&spmc_lock);
}

/* Acknowledges every secure interrupt that waits on this CPU. */
void interrupts_take(void)
{
    for ( ; ; )
    {
        uint64_t id = read_sysreg(icc_iar1_el1) & 0xffffff;

        if ( id >= ICC_SPURIOUS && id < 1024 )
            return;
        if ( id == INTID_SECURE_TIMER || id == INTID_SECURE_IPI )
            expire();
        else
            log_line("spmc", "unexpected interrupt %u", (unsigned int)id);
        write_sysreg(icc_eoir1_el1, id);
        isb();
    }
}
