/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor: bits of the system registers EL2 programs or reads. Exception
 * syndromes are in asm/hsr.h, PSR bits in public/arch-arm.h.
 */
#ifndef ARM_PROCESSOR_H
#define ARM_PROCESSOR_H

#include <xen/const.h>
#include <asm/sysregs.h>

/* MPIDR_EL1 */
#define MPIDR_HWID_MASK     _AC(0xff00ffffff, UL)
#define MPIDR_INVALID       (~MPIDR_HWID_MASK)
#define MPIDR_LEVEL_BITS    8
#define MPIDR_LEVEL_MASK    0xff
#define MPIDR_LEVEL_SHIFT(level) (((1 << (level)) >> 1) << 3)
#define MPIDR_AFFINITY_LEVEL(mpidr, level) \
    (((mpidr) >> MPIDR_LEVEL_SHIFT(level)) & MPIDR_LEVEL_MASK)

/* HCR_EL2 */
#define HCR_VM              (_AC(1, UL) << 0)
#define HCR_SWIO            (_AC(1, UL) << 1)
#define HCR_PTW             (_AC(1, UL) << 2)
#define HCR_FMO             (_AC(1, UL) << 3)
#define HCR_IMO             (_AC(1, UL) << 4)
#define HCR_AMO             (_AC(1, UL) << 5)
#define HCR_VF              (_AC(1, UL) << 6)
#define HCR_VI              (_AC(1, UL) << 7)
#define HCR_VA              (_AC(1, UL) << 8)
#define HCR_FB              (_AC(1, UL) << 9)
#define HCR_BSU_INNER       (_AC(1, UL) << 10)
#define HCR_BSU_OUTER       (_AC(2, UL) << 10)
#define HCR_DC              (_AC(1, UL) << 12)
#define HCR_TWI             (_AC(1, UL) << 13)
#define HCR_TWE             (_AC(1, UL) << 14)
#define HCR_TID0            (_AC(1, UL) << 15)
#define HCR_TID1            (_AC(1, UL) << 16)
#define HCR_TID2            (_AC(1, UL) << 17)
#define HCR_TID3            (_AC(1, UL) << 18)
#define HCR_TSC             (_AC(1, UL) << 19)
#define HCR_TIDCP           (_AC(1, UL) << 20)
#define HCR_TAC             (_AC(1, UL) << 21)
#define HCR_TACR            HCR_TAC
#define HCR_TSW             (_AC(1, UL) << 22)
#define HCR_TPC             (_AC(1, UL) << 23)
#define HCR_TPU             (_AC(1, UL) << 24)
#define HCR_TTLB            (_AC(1, UL) << 25)
#define HCR_TVM             (_AC(1, UL) << 26)
#define HCR_TGE             (_AC(1, UL) << 27)
#define HCR_TDZ             (_AC(1, UL) << 28)
#define HCR_HCD             (_AC(1, UL) << 29)
#define HCR_TRVM            (_AC(1, UL) << 30)
#define HCR_RW              (_AC(1, UL) << 31)
#define HCR_CD              (_AC(1, UL) << 32)
#define HCR_ID              (_AC(1, UL) << 33)
#define HCR_E2H             (_AC(1, UL) << 34)
#define HCR_TLOR            (_AC(1, UL) << 35)
#define HCR_TERR            (_AC(1, UL) << 36)
#define HCR_TEA             (_AC(1, UL) << 37)
#define HCR_APK             (_AC(1, UL) << 40)
#define HCR_API             (_AC(1, UL) << 41)
#define HCR_FWB             (_AC(1, UL) << 46)
#define HCR_FIEN            (_AC(1, UL) << 47)
#define HCR_TID4            (_AC(1, UL) << 49)
#define HCR_TID5            (_AC(1, UL) << 58)

/* SCTLR_ELx */
#define SCTLR_Axx_ELx_M     (_AC(1, UL) << 0)
#define SCTLR_Axx_ELx_A     (_AC(1, UL) << 1)
#define SCTLR_Axx_ELx_C     (_AC(1, UL) << 2)
#define SCTLR_Axx_ELx_SA    (_AC(1, UL) << 3)
#define SCTLR_Axx_ELx_I     (_AC(1, UL) << 12)
#define SCTLR_ELx_EnIB      (_AC(1, UL) << 30)
#define SCTLR_ELx_EnIA      (_AC(1, UL) << 31)
#define SCTLR_Axx_ELx_WXN   (_AC(1, UL) << 19)
#define SCTLR_Axx_ELx_EE    (_AC(1, UL) << 25)
#define SCTLR_EL2_BT        (_AC(1, UL) << 36)

/* Bits 4, 5, 11, 16, 18, 22, 23, 28, 29: RES1 at EL2 without VHE. */
#define SCTLR_EL2_RES1      _AC(0x30c50830, UL)

/* What EL2 runs with; EnIA and BT are added when the CPU has them. */
#define SCTLR_EL2_SET       (SCTLR_EL2_RES1 | SCTLR_Axx_ELx_M | \
                             SCTLR_Axx_ELx_C | SCTLR_Axx_ELx_I | \
                             SCTLR_Axx_ELx_SA | SCTLR_Axx_ELx_WXN)

/* What EL2 runs with while its MMU is off. */
#define SCTLR_EL2_MMU_OFF   SCTLR_EL2_RES1

/* MAIR_EL2: one byte per attribute index. */
#define MT_DEVICE_nGnRnE    0
#define MT_NORMAL_NC        1
#define MT_DEVICE_nGnRE     4
#define MT_NORMAL           7
#define MAIR_EL2_VALUE      ((_AC(0x00, UL) << (8 * MT_DEVICE_nGnRnE)) | \
                             (_AC(0x44, UL) << (8 * MT_NORMAL_NC)) |     \
                             (_AC(0x04, UL) << (8 * MT_DEVICE_nGnRE)) |  \
                             (_AC(0xff, UL) << (8 * MT_NORMAL)))

/*
 * TCR_EL2: 48-bit addresses (T0SZ 16), 4K granule, walks inner shareable and
 * write-back; RES1 bits 23 and 31. PS is filled in from ID_AA64MMFR0_EL1.
 */
#define TCR_EL2_RES1        ((_AC(1, UL) << 31) | (_AC(1, UL) << 23))
#define TCR_T0SZ(x)         (_AC(x, UL) << 0)
#define TCR_IRGN0_WBWA      (_AC(1, UL) << 8)
#define TCR_ORGN0_WBWA      (_AC(1, UL) << 10)
#define TCR_SH0_IS          (_AC(3, UL) << 12)
#define TCR_TG0_4K          (_AC(0, UL) << 14)
#define TCR_EL2_PS_SHIFT    16
#define TCR_EL2_VALUE       (TCR_EL2_RES1 | TCR_T0SZ(16) | TCR_IRGN0_WBWA | \
                             TCR_ORGN0_WBWA | TCR_SH0_IS | TCR_TG0_4K)

/* CPTR_EL2 (E2H = 0): RES1 bits; traps of FP, SVE, SME. */
#define CPTR_EL2_TFP        (_AC(1, UL) << 10)
#define CPTR_EL2_TZ         (_AC(1, UL) << 8)
#define CPTR_EL2_TSM        (_AC(1, UL) << 12)
#define CPTR_EL2_TTA        (_AC(1, UL) << 20)
#define CPTR_EL2_RES1       _AC(0x32ff, UL)

/* PAR_EL1 */
#define PAR_F               (_AC(1, ULL) << 0)
#define PAR_FST(par)        (((par) >> 1) & 0x3f)       /* PAR_F: FSC_* */
#define PAR_S               (_AC(1, ULL) << 9)          /* PAR_F: of stage 2, on the walk */
#define PAR_PA_MASK         _AC(0x0000fffffffff000, ULL)

#ifndef __ASSEMBLY__

#include <public/arch-arm.h>

/* Affinity of each logical CPU, MPIDR_INVALID before it is known. */
extern uint64_t __cpu_logical_map[];
#define cpu_logical_map(cpu) __cpu_logical_map[cpu]

#endif /* __ASSEMBLY__ */

#endif /* ARM_PROCESSOR_H */
