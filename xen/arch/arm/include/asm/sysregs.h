/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to system registers by name. Names the assembler may not know are
 * written in the S<op0>_<op1>_C<n>_C<m>_<op2> form.
 */
#ifndef ARM_SYSREGS_H
#define ARM_SYSREGS_H

#ifndef __ASSEMBLY__

#include <xen/types.h>

#define SYSREG_STR_(x) #x
#define SYSREG_STR(x)  SYSREG_STR_(x)

#define READ_SYSREG64(name) ({                                      \
    uint64_t sr_;                                                   \
    asm volatile ( "mrs %0, " SYSREG_STR(name) : "=r" (sr_) );      \
    sr_; })

#define WRITE_SYSREG64(v, name) do {                                \
    uint64_t sr_ = (v);                                             \
    asm volatile ( "msr " SYSREG_STR(name) ", %0" : : "r" (sr_) );  \
} while ( 0 )

#define READ_SYSREG(name)     READ_SYSREG64(name)
#define WRITE_SYSREG(v, name) WRITE_SYSREG64(v, name)

#endif /* __ASSEMBLY__ */

/* Pointer authentication keys and ID registers by encoding. */
#define SR_APIAKEYLO_EL1      S3_0_C2_C1_0
#define SR_APIAKEYHI_EL1      S3_0_C2_C1_1
#define SR_ID_AA64ISAR2_EL1   S3_0_C0_C6_2
#define SR_ID_AA64ZFR0_EL1    S3_0_C0_C4_4
#define SR_ID_AA64SMFR0_EL1   S3_0_C0_C4_5

#endif /* ARM_SYSREGS_H */
