/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identification registers of guests, from a list of what they may have.
 *
 * A field is shown with the least value that any CPU has, capped by the newest variant we know to be safe without
 * switching more state; a field without a row reads as "not there". So new hardware shows nothing new by itself.
 * Hidden on purpose: SVE, SME, MTE, RAS, AMU, MPAM, PMU, trace, nested virtualization, EL2, EL3, AArch32, and what
 * needs HCRX_EL2 (MOPS, TCR2, S1PIE, ...). Fixed before the first guest runs: no lock afterwards.
 * Spec: Arm ARM DDI 0487, D23.2 (ID_AA64*_EL1).
 */
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <asm/p2m.h>
#include <asm/sysregs.h>

#include "vidregs.h"

enum id_reg { PFR0, PFR1, DFR0, ISAR0, ISAR1, ISAR2, MMFR0, MMFR1, MMFR2, NR_ID_REGS };

static const struct {
    uint8_t crm, op2;
    uint64_t fixed;     /* bits that do not depend on the hardware */
} id_regs[NR_ID_REGS] = {
    /* EL0 and EL1: AArch64 only; GIC system registers */
    [PFR0]  = { 4, 0, 0x11UL | (1UL << 24) },
    [PFR1]  = { 4, 1, 0 },
    /* Debug of ARMv8.0, two breakpoints, two watchpoints, one of them for contexts */
    [DFR0]  = { 5, 0, 0x6UL | (1UL << 12) | (1UL << 20) },
    [ISAR0] = { 6, 0, 0 },
    [ISAR1] = { 6, 1, 0 },
    [ISAR2] = { 6, 2, 0 },
    [MMFR0] = { 7, 0, 0 },
    [MMFR1] = { 7, 1, 0 },
    [MMFR2] = { 7, 2, 0 },
};

#define U(reg, shift, max) { reg, shift, max, false }
#define S(reg, shift, max) { reg, shift, max, true }    /* signed: 0xf is "not there" and less than 0 */

static const struct id_field {
    uint8_t reg, shift, max;
    bool is_signed;
} id_fields[] = {
    S(PFR0, 16, 1),     /* FP */
    S(PFR0, 20, 1),     /* AdvSIMD */
    U(PFR0, 48, 1),     /* DIT */
    U(PFR0, 56, 1),     /* CSV2: without SCXTNUM */
    U(PFR0, 60, 1),     /* CSV3 */

    U(PFR1, 0, 1),      /* BT */
    U(PFR1, 4, 2),      /* SSBS */

    U(ISAR0, 4, 2),     /* AES */
    U(ISAR0, 8, 1),     /* SHA1 */
    U(ISAR0, 12, 2),    /* SHA2 */
    U(ISAR0, 16, 1),    /* CRC32 */
    U(ISAR0, 20, 2),    /* Atomic */
    U(ISAR0, 28, 1),    /* RDM */
    U(ISAR0, 32, 1),    /* SHA3 */
    U(ISAR0, 36, 1),    /* SM3 */
    U(ISAR0, 40, 1),    /* SM4 */
    U(ISAR0, 44, 1),    /* DP */
    U(ISAR0, 48, 1),    /* FHM */
    U(ISAR0, 52, 2),    /* TS */
    U(ISAR0, 56, 2),    /* TLB */
    U(ISAR0, 60, 1),    /* RNDR */

    U(ISAR1, 0, 2),     /* DPB */
    U(ISAR1, 4, 5),     /* APA */
    U(ISAR1, 8, 5),     /* API */
    U(ISAR1, 12, 1),    /* JSCVT */
    U(ISAR1, 16, 1),    /* FCMA */
    U(ISAR1, 20, 2),    /* LRCPC */
    U(ISAR1, 24, 1),    /* GPA */
    U(ISAR1, 28, 1),    /* GPI */
    U(ISAR1, 32, 1),    /* FRINTTS */
    U(ISAR1, 36, 1),    /* SB */
    U(ISAR1, 40, 1),    /* SPECRES */
    U(ISAR1, 44, 1),    /* BF16 */
    U(ISAR1, 48, 1),    /* DGH */
    U(ISAR1, 52, 1),    /* I8MM */

    U(ISAR2, 8, 1),     /* GPA3 */
    U(ISAR2, 12, 5),    /* APA3 */
    U(ISAR2, 20, 1),    /* BC */
    U(ISAR2, 24, 1),    /* PAC_frac */
    U(ISAR2, 28, 1),    /* CLRBHB */

    U(MMFR0, 0, 2),     /* PARange: 40 bits at most, the width of stage 2 */
    U(MMFR0, 4, 2),     /* ASIDBits */
    U(MMFR0, 8, 1),     /* BigEnd */
    U(MMFR0, 16, 1),    /* BigEndEL0 */
    U(MMFR0, 20, 1),    /* TGran16, without LPA2 */
    S(MMFR0, 24, 0),    /* TGran64 */
    S(MMFR0, 28, 0),    /* TGran4, without LPA2 */

    U(MMFR1, 0, 2),     /* HAFDBS */
    U(MMFR1, 12, 2),    /* HPDS */
    U(MMFR1, 20, 3),    /* PAN */

    U(MMFR2, 4, 1),     /* UAO */
    U(MMFR2, 20, 1),    /* CCIDX */
    U(MMFR2, 28, 1),    /* ST */
    U(MMFR2, 32, 1),    /* AT */
    U(MMFR2, 48, 1),    /* TTL */
    U(MMFR2, 52, 2),    /* BBM */
    U(MMFR2, 60, 1),    /* E0PD */
};

static uint64_t __read_mostly vidregs[NR_ID_REGS];
static bool __initdata vidregs_seeded;
static DEFINE_SPINLOCK(vidregs_lock);

/* Fields of different worth compare as small signed numbers */
static int field_rank(uint64_t reg, const struct id_field *f)
{
    int val = (reg >> f->shift) & 0xf;

    return f->is_signed && val >= 8 ? val - 16 : val;
}

/* Merge the registers of the calling CPU. Context: IPI. */
static void __init vidregs_collect(void *unused)
{
    const uint64_t hw[NR_ID_REGS] = {
        [PFR0] = READ_SYSREG64(ID_AA64PFR0_EL1),
        [PFR1] = READ_SYSREG64(ID_AA64PFR1_EL1),
        [DFR0] = READ_SYSREG64(ID_AA64DFR0_EL1),
        [ISAR0] = READ_SYSREG64(ID_AA64ISAR0_EL1),
        [ISAR1] = READ_SYSREG64(ID_AA64ISAR1_EL1),
        [ISAR2] = READ_SYSREG64(SR_ID_AA64ISAR2_EL1),
        [MMFR0] = READ_SYSREG64(ID_AA64MMFR0_EL1),
        [MMFR1] = READ_SYSREG64(ID_AA64MMFR1_EL1),
        [MMFR2] = READ_SYSREG64(S3_0_C0_C7_2),
    };
    unsigned long flags;
    unsigned int i;

    spin_lock_irqsave(&vidregs_lock, flags);

    for ( i = 0; i < ARRAY_SIZE(id_fields); i++ )
    {
        const struct id_field *f = &id_fields[i];
        int rank = min(field_rank(hw[f->reg], f), (int)f->max);

        if ( vidregs_seeded )
            rank = min(rank, field_rank(vidregs[f->reg], f));

        vidregs[f->reg] &= ~(0xfUL << f->shift);
        vidregs[f->reg] |= (uint64_t)(rank & 0xf) << f->shift;
    }
    vidregs_seeded = true;

    spin_unlock_irqrestore(&vidregs_lock, flags);
}

static int __init vidregs_init(void)
{
    unsigned int i;

    on_each_cpu(vidregs_collect, NULL, 1);

    for ( i = 0; i < NR_ID_REGS; i++ )
        vidregs[i] |= id_regs[i].fixed;

    return 0;
}
__initcall(vidregs_init);

uint64_t vidreg_value(unsigned int crm, unsigned int op2)
{
    unsigned int i;

    for ( i = 0; i < NR_ID_REGS; i++ )
    {
        if ( id_regs[i].crm == crm && id_regs[i].op2 == op2 )
            return vidregs[i];
    }

    return 0;
}
