/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers and barriers. Usable from assembly for the constants. */
#ifndef GUEST_SYSREG_H
#define GUEST_SYSREG_H

#define ESR_EC(esr)             (((esr) >> 26) & 0x3f)
#define ESR_WNR                 (1ul << 6)      /* data abort: on a write */
#define EC_UNKNOWN              0x00
#define EC_FP                   0x07
#define EC_SVC64                0x15
#define EC_HVC64                0x16
#define EC_SMC64                0x17
#define EC_SYSREG               0x18
#define EC_IABORT_SAME          0x21
#define EC_DABORT_SAME          0x25
#define EC_SERROR               0x2f
#define EC_BRK                  0x3c

#ifndef __ASSEMBLY__

#include <stdint.h>

#define read_sysreg(name) ({ uint64_t v_; asm volatile("mrs %0, " #name : "=r" (v_)); v_; })
#define write_sysreg(val, name) do { uint64_t v_ = (val); asm volatile("msr " #name ", %0" :: "r" (v_) : "memory"); } while ( 0 )

/* GIC CPU interface, by encoding: old assemblers know not all the names */
#define ICC_PMR_EL1             S3_0_C4_C6_0
#define ICC_IAR1_EL1            S3_0_C12_C12_0
#define ICC_EOIR1_EL1           S3_0_C12_C12_1
#define ICC_HPPIR1_EL1          S3_0_C12_C12_2
#define ICC_BPR1_EL1            S3_0_C12_C12_3
#define ICC_CTLR_EL1            S3_0_C12_C12_4
#define ICC_SRE_EL1             S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1         S3_0_C12_C12_7
#define ICC_RPR_EL1             S3_0_C12_C11_3
#define ICC_SGI1R_EL1           S3_0_C12_C11_5
#define ICC_DIR_EL1             S3_0_C12_C11_1

/* read_sysreg() of a macro name: expand it first */
#define read_reg(name)          read_sysreg(name)
#define write_reg(val, name)    write_sysreg(val, name)

#define isb()                   asm volatile("isb" ::: "memory")
#define dsb(scope)              asm volatile("dsb " #scope ::: "memory")
#define dmb(scope)              asm volatile("dmb " #scope ::: "memory")
#define wfi()                   asm volatile("dsb sy; wfi" ::: "memory")
#define barrier()               asm volatile("" ::: "memory")

static inline uint64_t irq_save(void)
{
    uint64_t flags = read_sysreg(daif);

    asm volatile("msr daifset, #2" ::: "memory");
    return flags;
}

static inline void irq_restore(uint64_t flags)
{
    write_sysreg(flags, daif);
}

static inline void irq_enable(void)
{
    asm volatile("msr daifclr, #2" ::: "memory");
}

static inline void irq_disable(void)
{
    asm volatile("msr daifset, #2" ::: "memory");
}

static inline uint32_t mmio_read32(uintptr_t addr)
{
    uint32_t val;

    asm volatile("ldr %w0, [%1]" : "=r" (val) : "r" (addr) : "memory");
    return val;
}

static inline void mmio_write32(uintptr_t addr, uint32_t val)
{
    asm volatile("str %w0, [%1]" :: "r" (val), "r" (addr) : "memory");
}

static inline uint64_t mmio_read64(uintptr_t addr)
{
    uint64_t val;

    asm volatile("ldr %0, [%1]" : "=r" (val) : "r" (addr) : "memory");
    return val;
}

static inline void mmio_write64(uintptr_t addr, uint64_t val)
{
    asm volatile("str %0, [%1]" :: "r" (val), "r" (addr) : "memory");
}

static inline uint8_t mmio_read8(uintptr_t addr)
{
    uint32_t val;

    asm volatile("ldrb %w0, [%1]" : "=r" (val) : "r" (addr) : "memory");
    return val;
}

static inline void mmio_write8(uintptr_t addr, uint8_t val)
{
    asm volatile("strb %w0, [%1]" :: "r" ((uint32_t)val), "r" (addr) : "memory");
}

static inline uint16_t mmio_read16(uintptr_t addr)
{
    uint32_t val;

    asm volatile("ldrh %w0, [%1]" : "=r" (val) : "r" (addr) : "memory");
    return val;
}

#endif /* !__ASSEMBLY__ */
#endif /* GUEST_SYSREG_H */
