/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System registers that guests do not touch themselves: one table, one row per register or family.
 *
 * Owns: what a guest reads in identification registers (vidregs.c has the values), the debug registers (there, but
 * dead), cache maintenance by set/way. Timers and the GIC interface answer for themselves. Refuses: every register
 * without a row (PMU, SVE, MTE, RAS, LORegions, trace, EL2, ...): undefined. Locks: none.
 * Spec: Arm ARM DDI 0487, D23.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/p2m.h>
#include <asm/traps.h>
#include <asm/vgic.h>
#include <asm/vtimer.h>

#include "vidregs.h"

/* What a row's handler decided */
enum sysreg_result {
    SYSREG_DONE,    /* go on behind the instruction */
    SYSREG_RETRY,   /* run the instruction again */
    SYSREG_UNDEF,   /* no such register for this guest */
};

typedef enum sysreg_result (*sysreg_fn)(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg);

struct sysreg_row {
    uint32_t reg;
    uint32_t mask;      /* bits of the number that must match */
    sysreg_fn fn;
    uint64_t arg;
};

/* OSLSR_EL1: the OS lock is implemented, and open */
#define OSLSR_OSLM      0x8

/* Reads give @arg, writes are ignored */
static enum sysreg_result handle_const_wi(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    if ( hsr.sysreg.read )
        set_user_reg(regs, hsr.sysreg.reg, arg);

    return SYSREG_DONE;
}

/* Reads give @arg, there is no write */
static enum sysreg_result handle_const_ro(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    if ( !hsr.sysreg.read )
        return SYSREG_UNDEF;

    set_user_reg(regs, hsr.sysreg.reg, arg);

    return SYSREG_DONE;
}

static enum sysreg_result handle_wo_ignored(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    return hsr.sysreg.read ? SYSREG_UNDEF : SYSREG_DONE;
}

static enum sysreg_result handle_id(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    if ( !hsr.sysreg.read )
        return SYSREG_UNDEF;

    set_user_reg(regs, hsr.sysreg.reg, vidreg_value(hsr.sysreg.crm, hsr.sysreg.op2));

    return SYSREG_DONE;
}

static enum sysreg_result handle_timer(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    return vtimer_emulate(regs, hsr) ? SYSREG_DONE : SYSREG_UNDEF;
}

static enum sysreg_result handle_gic(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    return vgic_emulate(regs, hsr) ? SYSREG_DONE : SYSREG_UNDEF;
}

/*
 * Cache maintenance by set/way works on one CPU's caches only, and a vCPU moves. A guest uses it to walk over all sets
 * and ways, and each such walk passes set 0, way 0 of each level once: there the whole RAM of the guest is cleaned and
 * invalidated by address; the other steps do nothing. That takes time, so it is done in pieces: the instruction is run
 * again until the last piece is done, with interrupts and other vCPUs in between.
 */
static enum sysreg_result handle_set_way(struct cpu_user_regs *regs, const union hsr hsr, uint64_t arg)
{
    struct vcpu *v = current;
    gfn_t gfn = _gfn(v->arch.setway_gfn);

    /* Bits 3:1 are the level, the rest set and way */
    if ( get_user_reg(regs, hsr.sysreg.reg) & 0xfffffff0UL )
        return SYSREG_DONE;

    if ( p2m_cache_flush_range(v->domain, &gfn, INVALID_GFN) == -ERESTART )
    {
        v->arch.setway_gfn = gfn_x(gfn);
        return SYSREG_RETRY;
    }

    v->arch.setway_gfn = 0;

    return SYSREG_DONE;
}

#define ONE         HSR_SYSREG_REGS_MASK
#define ANY_CRM     (HSR_SYSREG_REGS_MASK & ~HSR_SYSREG(0, 0, 0, 0xf, 0))
#define ANY_OP2     (HSR_SYSREG_REGS_MASK & ~HSR_SYSREG(0, 0, 0, 0, 7))
#define ANY_CRM_OP2 (ANY_CRM & ANY_OP2)

static const struct sysreg_row sysregs[] = {
    /* Timers and GIC: busiest first */
    { HSR_SYSREG_ICC_SGI1R_EL1,         ONE,            handle_gic },
    { HSR_SYSREG_ICC_SGI0R_EL1,         ONE,            handle_gic },
    { HSR_SYSREG_ICC_ASGI1R_EL1,        ONE,            handle_gic },
    { HSR_SYSREG_ICC_SRE_EL1,           ONE,            handle_gic },
    { HSR_SYSREG(3, 0, 12, 11, 1),      ONE,            handle_gic },           /* ICC_DIR_EL1 */
    { HSR_SYSREG(3, 3, 14, 2, 0),       ANY_OP2,        handle_timer },         /* CNTP_TVAL, CTL, CVAL */

    /* Identification: op0 3, op1 0, CRn 0, all but CRm 0, which hardware answers */
    { HSR_SYSREG(3, 0, 0, 0, 0),        ANY_CRM_OP2,    handle_id },

    { HSR_SYSREG_ACTLR_EL1,             ONE,            handle_const_wi },

    { HSR_SYSREG_DCISW,                 ONE,            handle_set_way },
    { HSR_SYSREG_DCCSW,                 ONE,            handle_set_way },
    { HSR_SYSREG_DCCISW,                ONE,            handle_set_way },

    /* Debug: as many breakpoints as the architecture insists on, and none ever hits */
    { HSR_SYSREG(2, 0, 0, 0, 4),        ANY_CRM,        handle_const_wi },      /* DBGBVR<n> */
    { HSR_SYSREG(2, 0, 0, 0, 5),        ANY_CRM,        handle_const_wi },      /* DBGBCR<n> */
    { HSR_SYSREG(2, 0, 0, 0, 6),        ANY_CRM,        handle_const_wi },      /* DBGWVR<n> */
    { HSR_SYSREG(2, 0, 0, 0, 7),        ANY_CRM,        handle_const_wi },      /* DBGWCR<n> */
    { HSR_SYSREG(2, 0, 0, 2, 2),        ONE,            handle_const_wi },      /* MDSCR */
    { HSR_SYSREG(2, 0, 0, 2, 0),        ONE,            handle_const_wi },      /* MDCCINT */
    { HSR_SYSREG(2, 0, 0, 0, 2),        ONE,            handle_const_wi },      /* OSDTRRX */
    { HSR_SYSREG(2, 0, 0, 3, 2),        ONE,            handle_const_wi },      /* OSDTRTX */
    { HSR_SYSREG(2, 0, 0, 6, 2),        ONE,            handle_const_wi },      /* OSECCR */
    { HSR_SYSREG(2, 0, 1, 0, 0),        ONE,            handle_const_ro },      /* MDRAR */
    { HSR_SYSREG(2, 0, 1, 0, 4),        ONE,            handle_wo_ignored },    /* OSLAR */
    { HSR_SYSREG(2, 0, 1, 1, 4),        ONE,            handle_const_ro, OSLSR_OSLM },
    { HSR_SYSREG(2, 0, 1, 3, 4),        ONE,            handle_const_wi },      /* OSDLR */
    { HSR_SYSREG(2, 0, 1, 4, 4),        ONE,            handle_const_wi },      /* DBGPRCR */
    { HSR_SYSREG(2, 0, 7, 8, 6),        ONE,            handle_const_wi },      /* DBGCLAIMSET */
    { HSR_SYSREG(2, 0, 7, 9, 6),        ONE,            handle_const_wi },      /* DBGCLAIMCLR */
    { HSR_SYSREG(2, 0, 7, 14, 6),       ONE,            handle_const_ro },      /* DBGAUTHSTATUS */
    { HSR_SYSREG(2, 3, 0, 1, 0),        ONE,            handle_const_ro },      /* MDCCSR */
    { HSR_SYSREG(2, 3, 0, 4, 0),        ONE,            handle_const_wi },      /* DBGDTR */
    { HSR_SYSREG(2, 3, 0, 5, 0),        ONE,            handle_const_wi },      /* DBGDTRRX, TX */
};

void do_sysreg(struct cpu_user_regs *regs, const union hsr hsr)
{
    uint32_t reg = hsr.bits & HSR_SYSREG_REGS_MASK;
    enum sysreg_result r = SYSREG_UNDEF;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(sysregs); i++ )
    {
        if ( (reg & sysregs[i].mask) == sysregs[i].reg )
        {
            r = sysregs[i].fn(regs, hsr, sysregs[i].arg);
            break;
        }
    }

    switch ( r )
    {
    case SYSREG_DONE:
        advance_pc(regs, hsr);
        break;

    case SYSREG_RETRY:
        break;

    case SYSREG_UNDEF:
        guest_trap_debug("%s of system register %u, %u, c%u, c%u, %u at %#lx: undefined\n",
                         hsr.sysreg.read ? "read" : "write", (unsigned int)hsr.sysreg.op0,
                         (unsigned int)hsr.sysreg.op1, (unsigned int)hsr.sysreg.crn, (unsigned int)hsr.sysreg.crm,
                         (unsigned int)hsr.sysreg.op2, (unsigned long)regs->pc);
        inject_undef_exception(regs);
        break;
    }
}
