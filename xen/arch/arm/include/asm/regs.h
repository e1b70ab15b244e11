/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame that every exception into EL2 leaves on the stack, and how to read a guest's registers from it.
 *
 * One layout serves traps from a guest and traps from EL2 itself. It holds what the trap path saves: x0-x30, the
 * return address, the saved PSTATE and the syndrome. Banked EL1 registers live in struct arch_vcpu.
 */
#ifndef ASM_ARM_REGS_H
#define ASM_ARM_REGS_H

#ifndef __ASSEMBLY__

#include <xen/bug.h>
#include <xen/compiler.h>
#include <xen/types.h>

#define DECL_REG(n64, n32) union { uint64_t n64, n32; }

struct cpu_user_regs
{
    DECL_REG(x0, r0);
    DECL_REG(x1, r1);
    DECL_REG(x2, r2);
    DECL_REG(x3, r3);
    DECL_REG(x4, r4);
    DECL_REG(x5, r5);
    DECL_REG(x6, r6);
    DECL_REG(x7, r7);
    DECL_REG(x8, r8);
    DECL_REG(x9, r9);
    DECL_REG(x10, r10);
    DECL_REG(x11, r11);
    DECL_REG(x12, r12);
    uint64_t x13;
    uint64_t x14;
    uint64_t x15;
    uint64_t x16;
    uint64_t x17;
    uint64_t x18;
    uint64_t x19;
    uint64_t x20;
    uint64_t x21;
    uint64_t x22;
    uint64_t x23;
    uint64_t x24;
    uint64_t x25;
    uint64_t x26;
    uint64_t x27;
    uint64_t x28;
    DECL_REG(fp, x29);
    DECL_REG(lr, x30);

    uint64_t pc;    /* ELR_EL2. From fp to hsr: the order in which entry.S saves pairs. */
    uint64_t cpsr;  /* SPSR_EL2 */
    uint64_t hsr;   /* ESR_EL2 */
    uint64_t sp;    /* SP_EL2 of the interrupted code; meaningless for a guest's frame */
    uint64_t pad;   /* the frame is a multiple of 16 bytes */
};

#undef DECL_REG

#define PSR_MODE_BIT_32     0x10U
#define PSR_MODE_EL_MASK    0x0fU

/* Did @regs interrupt AArch32 code? */
static inline bool regs_mode_is_32bit(const struct cpu_user_regs *regs)
{
    return regs->cpsr & PSR_MODE_BIT_32;
}

/* Did @regs interrupt a guest (EL0 or EL1), rather than EL2? */
static inline bool guest_mode(const struct cpu_user_regs *regs)
{
    return regs_mode_is_32bit(regs) || ((regs->cpsr >> 2) & 3) < 2;
}

/* Did @regs interrupt a guest's user space? */
static inline bool regs_mode_is_user(const struct cpu_user_regs *regs)
{
    return (regs->cpsr & PSR_MODE_EL_MASK) == 0;
}

/*
 * get_user_reg - value of general register @reg (0-30; 31 is the zero register) of a trapped guest
 * set_user_reg - write it (31: ignored)
 * The syndrome of a trap from AArch32 user space names registers by their AArch64 place already, and user mode has no banked
 * registers below EL1: one array serves both.
 * Context: any; @regs is a frame of the current vCPU. Panics on @reg above 31 (our own bug).
 */
static always_inline register_t get_user_reg(struct cpu_user_regs *regs, int reg)
{
    BUG_ON(reg < 0 || reg > 31);

    return reg == 31 ? 0 : ((const uint64_t *)regs)[reg];
}

static always_inline void set_user_reg(struct cpu_user_regs *regs, int reg, register_t val)
{
    BUG_ON(reg < 0 || reg > 31);

    if ( reg < 31 )
        ((uint64_t *)regs)[reg] = val;
}

/* 64-bit values in pairs of 32-bit registers, high word first */
static inline uint64_t regpair_to_uint64(register_t hi, register_t lo)
{
    return ((uint64_t)hi << 32) | (uint32_t)lo;
}

static inline void uint64_to_regpair(register_t *hi, register_t *lo, uint64_t val)
{
    *hi = (uint32_t)(val >> 32);
    *lo = (uint32_t)val;
}

#endif /* __ASSEMBLY__ */

#endif /* ASM_ARM_REGS_H */
