/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GICv3 registers and bits, physical and virtual. Spec: Arm IHI 0069 (GICv3 and GICv4), chapters 12 and 13.
 */
#ifndef ASM_GIC_V3_DEFS_H
#define ASM_GIC_V3_DEFS_H

#include <xen/const.h>

/* Distributor, and the SGI frame of a redistributor where the names have no R suffix of their own */
#define GICD_CTLR               0x0000
#define GICD_TYPER              0x0004
#define GICD_IIDR               0x0008
#define GICD_TYPER2             0x000c
#define GICD_STATUSR            0x0010
#define GICD_IGROUPR            0x0080
#define GICD_ISENABLER          0x0100
#define GICD_ICENABLER          0x0180
#define GICD_ISPENDR            0x0200
#define GICD_ICPENDR            0x0280
#define GICD_ISACTIVER          0x0300
#define GICD_ICACTIVER          0x0380
#define GICD_IPRIORITYR         0x0400
#define GICD_ITARGETSR          0x0800
#define GICD_ICFGR              0x0c00
#define GICD_IGRPMODR           0x0d00
#define GICD_IROUTER            0x6000
#define GICD_PIDR2              0xffe8
#define GICD_FRAME_SIZE         0x10000

#define GICD_CTLR_RWP           BIT(31, U)
#define GICD_CTLR_DS            BIT(6, U)
#define GICD_CTLR_ARE_NS        BIT(4, U)
#define GICD_CTLR_ENABLE_G1A    BIT(1, U)
#define GICD_CTLR_ENABLE_G1     BIT(0, U)
/* The same bits where there is one security state (DS = 1), as guests see it */
#define GICD_CTLR_ENABLE_GRP0   BIT(0, U)
#define GICD_CTLR_ENABLE_GRP1   BIT(1, U)

#define GICD_TYPER_LINES_MASK   0x1fU
#define GICD_TYPER_IDBITS_SHIFT 19
#define GICD_TYPER_NO1N         BIT(25, U)

#define GICD_IROUTER_IRM        BIT(31, UL)
#define GICD_IROUTER_AFF_MASK   0xff00ffffffUL

#define GIC_PIDR2_ARCH_MASK     0xf0U
#define GIC_PIDR2_ARCH_GICV3    0x30U

/* Redistributor, RD frame; the SGI frame follows at 64 KiB */
#define GICR_CTLR               0x0000
#define GICR_IIDR               0x0004
#define GICR_TYPER              0x0008
#define GICR_STATUSR            0x0010
#define GICR_WAKER              0x0014
#define GICR_PROPBASER          0x0070
#define GICR_PENDBASER          0x0078
#define GICR_PIDR2              0xffe8
#define GICR_SGI_FRAME          0x10000
#define GICR_FRAME_SIZE         0x10000
#define GICR_STRIDE             0x20000
#define GICR_STRIDE_GICV4       0x40000

#define GICR_CTLR_RWP           BIT(3, U)
#define GICR_TYPER_VLPIS        BIT(1, UL)
#define GICR_TYPER_LAST         BIT(4, UL)
#define GICR_WAKER_PS           BIT(1, U)
#define GICR_WAKER_CA           BIT(2, U)

/* CPU interface, by encoding: assemblers of the base architecture need not know them */
#define ICC_PMR_EL1             S3_0_C4_C6_0
#define ICC_IAR1_EL1            S3_0_C12_C12_0
#define ICC_EOIR1_EL1           S3_0_C12_C12_1
#define ICC_BPR1_EL1            S3_0_C12_C12_3
#define ICC_CTLR_EL1            S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1         S3_0_C12_C12_7
#define ICC_DIR_EL1             S3_0_C12_C11_1
#define ICC_SGI1R_EL1           S3_0_C12_C11_5
#define ICC_SRE_EL1             S3_0_C12_C12_5
#define ICC_SRE_EL2             S3_4_C12_C9_5

#define ICC_CTLR_EOIMODE        BIT(1, U)
#define ICC_SRE_SRE             BIT(0, U)
#define ICC_SRE_DFB             BIT(1, U)
#define ICC_SRE_DIB             BIT(2, U)
#define ICC_SRE_ENABLE          BIT(3, U)

#define ICC_IAR_INTID_MASK      0xffffffU
#define ICC_IAR_SPECIAL         1020

/* ICC_SGI{0,1}R_EL1, ICC_ASGI1R_EL1 */
#define ICC_SGIR_TARGETS_MASK   0xffffUL
#define ICC_SGIR_AFF1_SHIFT     16
#define ICC_SGIR_INTID_SHIFT    24
#define ICC_SGIR_AFF2_SHIFT     32
#define ICC_SGIR_IRM            BIT(40, UL)
#define ICC_SGIR_RS_SHIFT       44
#define ICC_SGIR_AFF3_SHIFT     48

/* Hypervisor interface */
#define ICH_AP0R0_EL2           S3_4_C12_C8_0
#define ICH_AP0R1_EL2           S3_4_C12_C8_1
#define ICH_AP0R2_EL2           S3_4_C12_C8_2
#define ICH_AP0R3_EL2           S3_4_C12_C8_3
#define ICH_AP1R0_EL2           S3_4_C12_C9_0
#define ICH_AP1R1_EL2           S3_4_C12_C9_1
#define ICH_AP1R2_EL2           S3_4_C12_C9_2
#define ICH_AP1R3_EL2           S3_4_C12_C9_3
#define ICH_HCR_EL2             S3_4_C12_C11_0
#define ICH_VTR_EL2             S3_4_C12_C11_1
#define ICH_MISR_EL2            S3_4_C12_C11_2
#define ICH_VMCR_EL2            S3_4_C12_C11_7
#define ICH_LR0_EL2             S3_4_C12_C12_0
#define ICH_LR1_EL2             S3_4_C12_C12_1
#define ICH_LR2_EL2             S3_4_C12_C12_2
#define ICH_LR3_EL2             S3_4_C12_C12_3
#define ICH_LR4_EL2             S3_4_C12_C12_4
#define ICH_LR5_EL2             S3_4_C12_C12_5
#define ICH_LR6_EL2             S3_4_C12_C12_6
#define ICH_LR7_EL2             S3_4_C12_C12_7
#define ICH_LR8_EL2             S3_4_C12_C13_0
#define ICH_LR9_EL2             S3_4_C12_C13_1
#define ICH_LR10_EL2            S3_4_C12_C13_2
#define ICH_LR11_EL2            S3_4_C12_C13_3
#define ICH_LR12_EL2            S3_4_C12_C13_4
#define ICH_LR13_EL2            S3_4_C12_C13_5
#define ICH_LR14_EL2            S3_4_C12_C13_6
#define ICH_LR15_EL2            S3_4_C12_C13_7

#define ICH_HCR_EN              BIT(0, U)
#define ICH_HCR_UIE             BIT(1, U)   /* at most one list register valid */
#define ICH_HCR_LRENPIE         BIT(2, U)   /* an EOI had no list register     */
#define ICH_HCR_NPIE            BIT(3, U)   /* no list register pending        */
#define ICH_HCR_TDIR            BIT(14, U)  /* trap ICC_DIR_EL1                */
#define ICH_HCR_EOICOUNT_SHIFT  27
#define ICH_HCR_MAINTENANCE     (ICH_HCR_UIE | ICH_HCR_LRENPIE | ICH_HCR_NPIE)

#define ICH_VTR_LISTREGS_MASK   0x1fU
#define ICH_VTR_TDS             BIT(19, U)
#define ICH_VTR_PREBITS_SHIFT   26
#define ICH_VTR_PREBITS_MASK    0x7U

#define ICH_VMCR_VENG0          BIT(0, U)
#define ICH_VMCR_VENG1          BIT(1, U)
#define ICH_VMCR_VBPR1_SHIFT    18
#define ICH_VMCR_VBPR0_SHIFT    21
#define ICH_VMCR_VPMR_SHIFT     24

#define ICH_LR_PENDING          BIT(62, UL)
#define ICH_LR_ACTIVE           BIT(63, UL)
#define ICH_LR_STATE            (ICH_LR_PENDING | ICH_LR_ACTIVE)
#define ICH_LR_HW               BIT(61, UL)
#define ICH_LR_GROUP1           BIT(60, UL)
#define ICH_LR_PRIO_SHIFT       48
#define ICH_LR_PINTID_SHIFT     32
#define ICH_LR_EOI              BIT(41, UL) /* maintenance interrupt at deactivation; only without HW */

#endif /* ASM_GIC_V3_DEFS_H */
