/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions that a guest takes because we say so, and stepping it over what we emulated.
 *
 * Owns: the architecture's rules for exception entry to EL1 (vector, PSTATE, SPSR, ELR, ESR, FAR), applied to the
 * trapped frame. Context of everything: trap of the current vCPU, whose EL1 registers are in hardware.
 * Locks: none. Spec: Arm ARM DDI 0487, D1.3 (exception entry), D1.4 (PSTATE on entry), ESR_EL1.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/cpufeature.h>
#include <asm/current.h>
#include <asm/processor.h>
#include <asm/sysregs.h>
#include <asm/traps.h>

/* PSTATE as SPSR_ELx has it, AArch64 form unless stated */
#define SPSR_M_EL1H     0x5UL
#define SPSR_DAIF       0x3c0UL
#define SPSR_BTYPE      (3UL << 10)
#define SPSR_SSBS       (1UL << 12)
#define SPSR_SS         (1UL << 21)
#define SPSR_PAN        (1UL << 22)
#define SPSR_DIT        (1UL << 24)
#define SPSR_NZCV       (0xfUL << 28)
#define SPSR32_T        (1UL << 5)
#define SPSR32_IT       0x0600fc00UL /* IT[1:0] in 26:25, IT[7:2] in 15:10 */

#define SCTLR_EL1_SPAN  (1UL << 23)
#define SCTLR_EL1_DSSBS (1UL << 44)

#define ID_AA64MMFR1_PAN_SHIFT  20
#define ID_AA64PFR1_SSBS_SHIFT  4

/* Offset of the vector in VBAR_EL1's table for a synchronous exception out of @cpsr */
static vaddr_t el1_sync_vector(register_t cpsr)
{
    if ( cpsr & PSR_MODE_BIT_32 )
        return 0x600;

    switch ( cpsr & PSR_MODE_EL_MASK )
    {
    case 0x0:
        return 0x400;
    case 0x4:
        return 0x000;
    default:
        return 0x200;
    }
}

/* PSTATE after an exception to EL1 out of @cpsr */
static register_t el1_entry_pstate(register_t cpsr)
{
    register_t sctlr = READ_SYSREG(SCTLR_EL1);
    register_t pstate = SPSR_M_EL1H | SPSR_DAIF | (cpsr & (SPSR_NZCV | SPSR_DIT));

    /* PAN is kept, or set if the kernel asked for it; a CPU without PAN has the bit RES0 in both places */
    pstate |= cpsr & SPSR_PAN;
    if ( ((READ_SYSREG(ID_AA64MMFR1_EL1) >> ID_AA64MMFR1_PAN_SHIFT) & 0xf) && !(sctlr & SCTLR_EL1_SPAN) )
        pstate |= SPSR_PAN;

    if ( ((READ_SYSREG(ID_AA64PFR1_EL1) >> ID_AA64PFR1_SSBS_SHIFT) & 0xf) && (sctlr & SCTLR_EL1_DSSBS) )
        pstate |= SPSR_SSBS;

    return pstate;
}

static void enter_el1(struct cpu_user_regs *regs, register_t esr)
{
    WRITE_SYSREG(regs->cpsr, SPSR_EL1);
    WRITE_SYSREG(regs->pc, ELR_EL1);
    WRITE_SYSREG(esr, ESR_EL1);

    regs->pc = READ_SYSREG(VBAR_EL1) + el1_sync_vector(regs->cpsr);
    regs->cpsr = el1_entry_pstate(regs->cpsr);
}

static register_t esr_of(unsigned int ec, unsigned int iss)
{
    return ((register_t)ec << 26) | HSR_IL | iss;
}

void inject_undef_exception(struct cpu_user_regs *regs)
{
    enter_el1(regs, esr_of(HSR_EC_UNKNOWN, 0));
}

static void inject_abort(struct cpu_user_regs *regs, bool instr, vaddr_t addr, unsigned int iss)
{
    unsigned int ec = instr ? HSR_EC_INSTR_ABORT_LOWER_EL : HSR_EC_DATA_ABORT_LOWER_EL;

    /* Same class, next value: "without a change in exception level" */
    if ( !regs_mode_is_user(regs) && !regs_mode_is_32bit(regs) )
        ec++;

    WRITE_SYSREG(addr, FAR_EL1);
    enter_el1(regs, esr_of(ec, FSC_SEA | iss));
}

void inject_dabt_exception(struct cpu_user_regs *regs, vaddr_t addr)
{
    const union hsr hsr = { .bits = regs->hsr };
    union hsr iss = { .bits = 0 };

    /* What the guest did: a write, cache maintenance; and whether FAR_EL1 says where */
    iss.dabt.write = hsr.dabt.write;
    iss.dabt.cache = hsr.dabt.cache;
    iss.dabt.fnv = hsr.dabt.fnv;

    inject_abort(regs, false, addr, iss.bits);
}

void inject_iabt_exception(struct cpu_user_regs *regs, vaddr_t addr)
{
    inject_abort(regs, true, addr, 0);
}

/* ---- AArch32 user space ---------------------------------------------------------------------------------------- */

static unsigned int psr_it(register_t cpsr)
{
    return ((cpsr >> 8) & 0xfc) | ((cpsr >> 25) & 3);
}

/* Which of the 16 flag combinations NZCV satisfy condition n: bit nzcv of entry n (AArch32 condition codes) */
static bool cond_holds(unsigned int cond, register_t cpsr)
{
    bool n = cpsr & (1UL << 31), z = cpsr & (1UL << 30), c = cpsr & (1UL << 29), v = cpsr & (1UL << 28);
    bool r;

    switch ( cond >> 1 )
    {
    case 0:
        r = z;
        break;
    case 1:
        r = c;
        break;
    case 2:
        r = n;
        break;
    case 3:
        r = v;
        break;
    case 4:
        r = c && !z;
        break;
    case 5:
        r = n == v;
        break;
    case 6:
        r = !z && n == v;
        break;
    default:
        return true;
    }

    return (cond & 1) ? !r : r;
}

bool check_conditional_instr(struct cpu_user_regs *regs, const union hsr hsr)
{
    unsigned int cond;

    if ( !regs_mode_is_32bit(regs) )
        return true;

    /* Only these classes carry a condition; the others report an instruction that did execute */
    switch ( hsr.ec )
    {
    case HSR_EC_WFI_WFE:
    case HSR_EC_CP15_32:
    case HSR_EC_CP15_64:
    case HSR_EC_CP14_32:
    case HSR_EC_CP14_DBG:
    case HSR_EC_FP_SIMD:
    case HSR_EC_CP10:
    case HSR_EC_CP14_64:
    case HSR_EC_SMC32:
        break;
    default:
        return true;
    }

    if ( hsr.cond.ccvalid )
        cond = hsr.cond.cc;
    else
    {
        unsigned int it = psr_it(regs->cpsr);

        /* Thumb without a valid code: the IT state has it; outside an IT block the instruction is unconditional */
        if ( !(it & 0xf) )
            return true;
        cond = it >> 4;
    }

    return cond_holds(cond, regs->cpsr);
}

void advance_pc(struct cpu_user_regs *regs, const union hsr hsr)
{
    if ( regs_mode_is_32bit(regs) )
    {
        unsigned int it = psr_it(regs->cpsr);

        if ( (regs->cpsr & SPSR32_T) && it )
        {
            /* ITAdvance(): the last instruction of a block ends it */
            it = (it & 7) ? (it & 0xe0) | ((it << 1) & 0x1f) : 0;
            regs->cpsr &= ~SPSR32_IT;
            regs->cpsr |= ((register_t)(it & 0xfc) << 8) | ((register_t)(it & 3) << 25);
        }

        regs->pc += hsr.len ? 4 : 2;
        regs->pc = (uint32_t)regs->pc;
    }
    else
    {
        regs->pc += 4;
        regs->cpsr &= ~SPSR_BTYPE;
    }

    regs->cpsr &= ~SPSR_SS;
}
