/* SPDX-License-Identifier: GPL-2.0-only */
/* Power State Coordination Interface: numbers, and the firmware's side. */
#ifndef ARM_PSCI_H
#define ARM_PSCI_H

#include <asm/smccc.h>

/* Return values */
#define PSCI_SUCCESS              0
#define PSCI_NOT_SUPPORTED       -1
#define PSCI_INVALID_PARAMETERS  -2
#define PSCI_DENIED              -3
#define PSCI_ALREADY_ON          -4
#define PSCI_ON_PENDING          -5
#define PSCI_INTERNAL_FAILURE    -6
#define PSCI_NOT_PRESENT         -7
#define PSCI_DISABLED            -8
#define PSCI_INVALID_ADDRESS     -9

#define PSCI_0_2_FN32(nr) \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_STANDARD, nr)
#define PSCI_0_2_FN64(nr) \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_64, ARM_SMCCC_OWNER_STANDARD, nr)

#define PSCI_0_2_FN32_PSCI_VERSION        PSCI_0_2_FN32(0)
#define PSCI_0_2_FN32_CPU_SUSPEND         PSCI_0_2_FN32(1)
#define PSCI_0_2_FN32_CPU_OFF             PSCI_0_2_FN32(2)
#define PSCI_0_2_FN32_CPU_ON              PSCI_0_2_FN32(3)
#define PSCI_0_2_FN32_AFFINITY_INFO       PSCI_0_2_FN32(4)
#define PSCI_0_2_FN32_MIGRATE             PSCI_0_2_FN32(5)
#define PSCI_0_2_FN32_MIGRATE_INFO_TYPE   PSCI_0_2_FN32(6)
#define PSCI_0_2_FN32_SYSTEM_OFF          PSCI_0_2_FN32(8)
#define PSCI_0_2_FN32_SYSTEM_RESET        PSCI_0_2_FN32(9)
#define PSCI_1_0_FN32_PSCI_FEATURES       PSCI_0_2_FN32(10)
#define PSCI_1_0_FN32_SYSTEM_SUSPEND      PSCI_0_2_FN32(14)
#define PSCI_1_1_FN32_SYSTEM_RESET2       PSCI_0_2_FN32(18)

#define PSCI_0_2_FN64_CPU_SUSPEND         PSCI_0_2_FN64(1)
#define PSCI_0_2_FN64_CPU_ON              PSCI_0_2_FN64(3)
#define PSCI_0_2_FN64_AFFINITY_INFO       PSCI_0_2_FN64(4)
#define PSCI_0_2_FN64_MIGRATE_INFO_UP_CPU PSCI_0_2_FN64(7)
#define PSCI_1_0_FN64_SYSTEM_SUSPEND      PSCI_0_2_FN64(14)
#define PSCI_1_1_FN64_SYSTEM_RESET2       PSCI_0_2_FN64(18)

#define PSCI_0_2_AFFINITY_LEVEL_ON         0
#define PSCI_0_2_AFFINITY_LEVEL_OFF        1
#define PSCI_0_2_AFFINITY_LEVEL_ON_PENDING 2

#define PSCI_0_2_TOS_UP_MIGRATE_CAPABLE    0
#define PSCI_0_2_TOS_UP_NOT_MIGRATE_CAPABLE 1
#define PSCI_0_2_TOS_MP_OR_NOT_PRESENT     2

#define PSCI_0_2_POWER_STATE_TYPE_MASK     (1U << 16)

#define PSCI_VERSION(major, minor) (((major) << 16) | (minor))
#define PSCI_VERSION_MAJOR(ver)    (((ver) >> 16) & 0x7FFF)
#define PSCI_VERSION_MINOR(ver)    ((ver) & 0xFFFF)

#ifndef __ASSEMBLY__

#include <xen/types.h>

/* Version of the firmware's PSCI, 0 without one. */
extern uint32_t psci_ver;

/* Boot: find PSCI in the device tree, read its and SMCCC's version. 0/-err. */
int psci_init(void);

/* Start the CPU with this number; context id is the number. 0 or -err. */
int call_psci_cpu_on(unsigned int cpu);

/* Return only if the firmware refuses. */
void call_psci_system_off(void);

#endif /* __ASSEMBLY__ */

#endif /* ARM_PSCI_H */
