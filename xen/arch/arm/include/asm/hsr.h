/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exception syndromes (ESR_EL2, and the ESR_EL1 values we give to guests): classes, fields, system register numbers.
 * Spec: Arm ARM DDI 0487, ESR_ELx.
 */
#ifndef ASM_ARM_HSR_H
#define ASM_ARM_HSR_H

#include <xen/types.h>

/* Exception classes */
#define HSR_EC_UNKNOWN              0x00
#define HSR_EC_WFI_WFE              0x01
#define HSR_EC_CP15_32              0x03
#define HSR_EC_CP15_64              0x04
#define HSR_EC_CP14_32              0x05
#define HSR_EC_CP14_DBG             0x06
#define HSR_EC_FP_SIMD              0x07
#define HSR_EC_CP10                 0x08
#define HSR_EC_PAC                  0x09
#define HSR_EC_LD64B                0x0a
#define HSR_EC_CP14_64              0x0c
#define HSR_EC_BTI                  0x0d
#define HSR_EC_ILLEGAL              0x0e
#define HSR_EC_SVC32                0x11
#define HSR_EC_HVC32                0x12
#define HSR_EC_SMC32                0x13
#define HSR_EC_SVC64                0x15
#define HSR_EC_HVC64                0x16
#define HSR_EC_SMC64                0x17
#define HSR_EC_SYSREG               0x18
#define HSR_EC_SVE                  0x19
#define HSR_EC_ERET                 0x1a
#define HSR_EC_FPAC                 0x1c
#define HSR_EC_SME                  0x1d
#define HSR_EC_INSTR_ABORT_LOWER_EL 0x20
#define HSR_EC_INSTR_ABORT_CURR_EL  0x21
#define HSR_EC_PC_ALIGN             0x22
#define HSR_EC_DATA_ABORT_LOWER_EL  0x24
#define HSR_EC_DATA_ABORT_CURR_EL   0x25
#define HSR_EC_SP_ALIGN             0x26
#define HSR_EC_SERROR               0x2f
#define HSR_EC_BRK                  0x3c
#define HSR_EC_MAX                  0x3f

/* Fault status codes (DFSC/IFSC), low two bits are the level where that makes sense */
#define FSC_TYPE_MASK               0x3c
#define FSC_FLT_ADDR_SIZE           0x00
#define FSC_FLT_TRANS               0x04
#define FSC_FLT_ACCESS              0x08
#define FSC_FLT_PERM                0x0c
#define FSC_SEA                     0x10 /* synchronous external abort, not on a table walk */
#define FSC_SEATT                   0x14
#define FSC_TLB_CONFLICT            0x30

#define HSR_IL                      (1UL << 25)

union hsr {
    register_t bits;
    struct {
        unsigned long iss:25;
        unsigned long len:1;    /* 32-bit instruction */
        unsigned long ec:6;
        unsigned long iss2:24;
        unsigned long res:8;
    };

    /* CP15/CP14 32-bit access, MCR/MRC; cond is shared by all conditional AArch32 classes */
    struct hsr_cond {
        unsigned long iss:20;
        unsigned long cc:4;
        unsigned long ccvalid:1;
        unsigned long len:1;
        unsigned long ec:6;
    } cond;

    struct hsr_wfi_wfe {
        unsigned long ti:2;     /* 0 WFI, 1 WFE, 2 WFIT, 3 WFET */
        unsigned long rv:1;
        unsigned long sbzp:2;
        unsigned long rn:5;
        unsigned long res:10;
        unsigned long cc:4;
        unsigned long ccvalid:1;
        unsigned long len:1;
        unsigned long ec:6;
    } wfi_wfe;

    struct hsr_hvc {
        unsigned long imm:16;
        unsigned long res:9;
        unsigned long len:1;
        unsigned long ec:6;
    } hvc, smc64;

    struct hsr_sysreg {
        unsigned long read:1;   /* 1: MRS */
        unsigned long crm:4;
        unsigned long reg:5;    /* Rt */
        unsigned long crn:4;
        unsigned long op1:3;
        unsigned long op2:3;
        unsigned long op0:2;
        unsigned long res:3;
        unsigned long len:1;
        unsigned long ec:6;
    } sysreg;

    struct hsr_iabt {
        unsigned long ifsc:6;
        unsigned long res0:1;
        unsigned long s1ptw:1;
        unsigned long res1:1;
        unsigned long eat:1;
        unsigned long fnv:1;
        unsigned long set:2;
        unsigned long res2:12;
        unsigned long len:1;
        unsigned long ec:6;
    } iabt;

    struct hsr_dabt {
        unsigned long dfsc:6;
        unsigned long write:1;
        unsigned long s1ptw:1;  /* fault on a stage 1 table walk */
        unsigned long cache:1;  /* cache maintenance or address translation */
        unsigned long eat:1;
        unsigned long fnv:1;    /* FAR not valid */
        unsigned long set:2;
        unsigned long vncr:1;
        unsigned long ar:1;     /* acquire/release */
        unsigned long sf:1;     /* 64-bit register */
        unsigned long reg:5;
        unsigned long sign:1;
        unsigned long size:2;
        unsigned long valid:1;  /* ISV: the fields from ar to size hold */
        unsigned long len:1;
        unsigned long ec:6;
    } dabt;
};

/* System register numbers, as they stand in the ISS of a trapped MRS/MSR (read bit and Rt cleared) */
#define HSR_SYSREG_OP0_SHIFT        20
#define HSR_SYSREG_OP2_SHIFT        17
#define HSR_SYSREG_OP1_SHIFT        14
#define HSR_SYSREG_CRN_SHIFT        10
#define HSR_SYSREG_CRM_SHIFT        1
#define HSR_SYSREG_REGS_MASK        0x3ffc1eUL

#define HSR_SYSREG(op0, op1, crn, crm, op2)                                     \
    (((op0) << HSR_SYSREG_OP0_SHIFT) | ((op1) << HSR_SYSREG_OP1_SHIFT) |        \
     ((crn) << HSR_SYSREG_CRN_SHIFT) | ((crm) << HSR_SYSREG_CRM_SHIFT) |        \
     ((op2) << HSR_SYSREG_OP2_SHIFT))

#define HSR_SYSREG_DCISW            HSR_SYSREG(1, 0, 7, 6, 2)
#define HSR_SYSREG_DCCSW            HSR_SYSREG(1, 0, 7, 10, 2)
#define HSR_SYSREG_DCCISW           HSR_SYSREG(1, 0, 7, 14, 2)

#define HSR_SYSREG_ACTLR_EL1        HSR_SYSREG(3, 0, 1, 0, 1)

#define HSR_SYSREG_ICC_SRE_EL1      HSR_SYSREG(3, 0, 12, 12, 5)
#define HSR_SYSREG_ICC_SGI1R_EL1    HSR_SYSREG(3, 0, 12, 11, 5)
#define HSR_SYSREG_ICC_ASGI1R_EL1   HSR_SYSREG(3, 0, 12, 11, 6)
#define HSR_SYSREG_ICC_SGI0R_EL1    HSR_SYSREG(3, 0, 12, 11, 7)

#define HSR_SYSREG_CNTPCT_EL0       HSR_SYSREG(3, 3, 14, 0, 1)
#define HSR_SYSREG_CNTP_TVAL_EL0    HSR_SYSREG(3, 3, 14, 2, 0)
#define HSR_SYSREG_CNTP_CTL_EL0     HSR_SYSREG(3, 3, 14, 2, 1)
#define HSR_SYSREG_CNTP_CVAL_EL0    HSR_SYSREG(3, 3, 14, 2, 2)

/* The same for the timer's coprocessor accesses from AArch32 EL0: op1, crn, crm, op2 of ISS */
#define HSR_CP32_REGS_MASK          0xffc1eUL
#define HSR_CP64_REGS_MASK          0xf001eUL

#endif /* ASM_ARM_HSR_H */
