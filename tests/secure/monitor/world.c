/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch. Each CPU has one register set per world; the frame on EL3's stack is always the running world's.
 *
 * Switched: x0-x30, SP_EL0, the EL1 registers of EL1_REGS, the PAC keys. Not switched, because the secure world is
 * built never to write them: FP/SIMD/SVE (trapped there by CPACR_EL1), the EL1 timers (it has its own), ICC_PMR_EL1,
 * debug, PMU.
 */
#include "ffa.h"
#include "monitor.h"

struct mon_cpu mon_cpus[MAX_CPUS];

static void save_el1(struct world_regs *w)
{
#define SAVE(r) w->r = read_sysreg(r);
    EL1_REGS(SAVE)
#undef SAVE
    if ( have_pauth )
    {
#define SAVE(i, r) w->pac[i] = read_sysreg(r);
        PAC_KEYS(SAVE)
#undef SAVE
    }
}

static void restore_el1(const struct world_regs *w)
{
#define RESTORE(r) write_sysreg(r, w->r);
    EL1_REGS(RESTORE)
#undef RESTORE
    if ( have_pauth )
    {
#define RESTORE(i, r) write_sysreg(r, w->pac[i]);
        PAC_KEYS(RESTORE)
#undef RESTORE
    }
}

/* A CPU starts in the secure world, at the SPMC's entry with x0 = its index. */
void world_init(unsigned int cpu)
{
    mon_cpus[cpu].current = SECURE;
    mon_cpus[cpu].world[SECURE] = (struct world_regs){
        .scr = scr_secure,
        .sctlr_el1 = 0x30d00800,
        .frame = { .x = { cpu }, .elr = SPMC_BASE, .spsr = 0x3c5 },
    };
    write_sysreg(scr_el3, scr_secure);
    isb();
    restore_el1(&mon_cpus[cpu].world[SECURE]);
    *mon_frame(cpu) = mon_cpus[cpu].world[SECURE].frame;
}

void world_switch(unsigned int cpu, struct frame *frame, enum world to)
{
    struct mon_cpu *c = &mon_cpus[cpu];

    if ( c->current != to )
    {
        c->world[c->current].frame = *frame;
        save_el1(&c->world[c->current]);
    }
    c->current = to;
    write_sysreg(scr_el3, c->world[to].scr);
    isb();
    restore_el1(&c->world[to]);
    *frame = c->world[to].frame;
}

/* Into the SPMC with the caller's x0-x17, and x18 = 1 if the monitor itself speaks. */
void world_call_spmc(unsigned int cpu, struct frame *frame, enum secure_reason why)
{
    struct frame *caller = &mon_cpus[cpu].world[NORMAL].frame;
    unsigned int i;

    mon_cpus[cpu].reason = why;
    world_switch(cpu, frame, SECURE);
    for ( i = 0; i < 18; i++ )
        frame->x[i] = why == REASON_CALL ? caller->x[i] : 0;
    frame->x[18] = why != REASON_CALL;

    if ( why == REASON_INTERRUPT )
        frame->x[0] = FFA_INTERRUPT;
    else if ( why == REASON_POWER )
    {
        frame->x[0] = FFA_DIRECT_REQ_32;
        frame->x[1] = ((uint64_t)FFA_ID_SPMD << 16) | FFA_ID_SECURE;
        frame->x[2] = FFA_FWK_PSCI_REQ;
        frame->x[3] = mon_cpus[cpu].power_call;
    }
    else if ( why == REASON_BOOT ) /* not the first time: the SPMC of this CPU wakes up again */
    {
        frame->x[0] = FFA_DIRECT_REQ_32;
        frame->x[1] = ((uint64_t)FFA_ID_SPMD << 16) | FFA_ID_SECURE;
        frame->x[2] = FFA_FWK_WARM_BOOT;
    }
}
