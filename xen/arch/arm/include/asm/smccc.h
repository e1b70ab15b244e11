/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMC Calling Convention: numbers, and calls into the firmware. A call takes
 * the interrupt mask of its caller and any context; it may block the CPU for
 * as long as the firmware likes.
 */
#ifndef ARM_SMCCC_H
#define ARM_SMCCC_H

#include <xen/const.h>

#define SMCCC_VERSION_MAJOR_SHIFT 16
#define SMCCC_VERSION_MINOR_MASK  ((1U << SMCCC_VERSION_MAJOR_SHIFT) - 1)
#define SMCCC_VERSION_MAJOR_MASK  (~SMCCC_VERSION_MINOR_MASK)
#define SMCCC_VERSION_MAJOR(ver)  (((ver) & SMCCC_VERSION_MAJOR_MASK) >> SMCCC_VERSION_MAJOR_SHIFT)
#define SMCCC_VERSION_MINOR(ver)  ((ver) & SMCCC_VERSION_MINOR_MASK)
#define SMCCC_VERSION(major, minor) \
    (((major) << SMCCC_VERSION_MAJOR_SHIFT) | (minor))

#define ARM_SMCCC_VERSION_1_0   SMCCC_VERSION(1, 0)
#define ARM_SMCCC_VERSION_1_1   SMCCC_VERSION(1, 1)
#define ARM_SMCCC_VERSION_1_2   SMCCC_VERSION(1, 2)

#define ARM_SMCCC_STD_CALL      _AC(0, U)
#define ARM_SMCCC_FAST_CALL     _AC(1, U)
#define ARM_SMCCC_TYPE_SHIFT    31
#define ARM_SMCCC_CONV_32       _AC(0, U)
#define ARM_SMCCC_CONV_64       _AC(1, U)
#define ARM_SMCCC_CONV_SHIFT    30
#define ARM_SMCCC_OWNER_MASK    _AC(0x3F, U)
#define ARM_SMCCC_OWNER_SHIFT   24
#define ARM_SMCCC_FUNC_MASK     _AC(0xFFFF, U)

#define ARM_SMCCC_OWNER_ARCH             0
#define ARM_SMCCC_OWNER_CPU              1
#define ARM_SMCCC_OWNER_SIP              2
#define ARM_SMCCC_OWNER_OEM              3
#define ARM_SMCCC_OWNER_STANDARD         4
#define ARM_SMCCC_OWNER_HYPERVISOR       5
#define ARM_SMCCC_OWNER_TRUSTED_APP      48
#define ARM_SMCCC_OWNER_TRUSTED_APP_END  49
#define ARM_SMCCC_OWNER_TRUSTED_OS       50
#define ARM_SMCCC_OWNER_TRUSTED_OS_END   63

/* Function numbers common to the owners. */
#define ARM_SMCCC_FID_CALL_COUNT    _AC(0xFF00, U)
#define ARM_SMCCC_FID_CALL_UID      _AC(0xFF01, U)
#define ARM_SMCCC_FID_CALL_REVISION _AC(0xFF03, U)
#define ARM_SMCCC_CALL_COUNT_FID(owner) \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, owner, ARM_SMCCC_FID_CALL_COUNT)
#define ARM_SMCCC_CALL_UID_FID(owner) \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, owner, ARM_SMCCC_FID_CALL_UID)
#define ARM_SMCCC_REVISION_FID(owner) \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, owner, ARM_SMCCC_FID_CALL_REVISION)

/* Function identifiers 0 to this one are legacy calls. */
#define ARM_SMCCC_RESERVED_RANGE_START 0x0
#define ARM_SMCCC_RESERVED_RANGE_END   0x0100FFFF

#define ARM_SMCCC_CALL_VAL(type, conv, owner, func)             \
    (((type) << ARM_SMCCC_TYPE_SHIFT) |                         \
     ((conv) << ARM_SMCCC_CONV_SHIFT) |                         \
     (((owner) & ARM_SMCCC_OWNER_MASK) << ARM_SMCCC_OWNER_SHIFT) | \
     ((func) & ARM_SMCCC_FUNC_MASK))

#define ARM_SMCCC_VERSION_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x0)
#define ARM_SMCCC_ARCH_FEATURES_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x1)
#define ARM_SMCCC_ARCH_SOC_ID_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x2)
#define ARM_SMCCC_ARCH_WORKAROUND_1_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x8000)
#define ARM_SMCCC_ARCH_WORKAROUND_2_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x7FFF)
#define ARM_SMCCC_ARCH_WORKAROUND_3_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_ARCH, 0x3FFF)

#define ARM_SMCCC_SUCCESS              (0)
#define ARM_SMCCC_NOT_SUPPORTED        (-1)
#define ARM_SMCCC_NOT_REQUIRED         (-2)
#define ARM_SMCCC_INVALID_PARAMETER    (-3)
#define ARM_SMCCC_ERR_UNKNOWN_FUNCTION (-1)

#ifndef __ASSEMBLY__

#include <xen/types.h>

/* Version of the firmware's convention; 1.0 before discovery. */
extern uint32_t smccc_ver;

static inline bool smccc_is_fast_call(uint32_t funcid)
{
    return funcid & (1U << ARM_SMCCC_TYPE_SHIFT);
}

static inline bool smccc_is_conv_64(uint32_t funcid)
{
    return funcid & (1U << ARM_SMCCC_CONV_SHIFT);
}

static inline uint32_t smccc_get_owner(uint32_t funcid)
{
    return (funcid >> ARM_SMCCC_OWNER_SHIFT) & ARM_SMCCC_OWNER_MASK;
}

static inline uint32_t smccc_get_fn(uint32_t funcid)
{
    return funcid & ARM_SMCCC_FUNC_MASK;
}

struct arm_smccc_res {
    unsigned long a0;
    unsigned long a1;
    unsigned long a2;
    unsigned long a3;
};

struct arm_smccc_1_2_regs {
    unsigned long a0;
    unsigned long a1;
    unsigned long a2;
    unsigned long a3;
    unsigned long a4;
    unsigned long a5;
    unsigned long a6;
    unsigned long a7;
    unsigned long a8;
    unsigned long a9;
    unsigned long a10;
    unsigned long a11;
    unsigned long a12;
    unsigned long a13;
    unsigned long a14;
    unsigned long a15;
    unsigned long a16;
    unsigned long a17;
};

/* SMCCC 1.2: x0-x17 from args, then x0-x17 to res. The two may be the same. */
void arm_smccc_1_2_smc(const struct arm_smccc_1_2_regs *args,
                       struct arm_smccc_1_2_regs *res);

/* SMCCC 1.0: x0-x7 in, x0-x3 out. Backs the macros below. */
void __arm_smccc_1_0_smc(register_t a0, register_t a1, register_t a2,
                         register_t a3, register_t a4, register_t a5,
                         register_t a6, register_t a7,
                         struct arm_smccc_res *res);

/*
 * arm_smccc_smc(a0 [, ... a7], &res): missing arguments are zero, res may be
 * NULL. The 1.1 form promises a firmware that preserves x4-x17; one function
 * serves both, since the stricter clobbers of 1.0 are right for either.
 */
#define SMCCC_ARGS_1(a0, res) \
    (a0), 0, 0, 0, 0, 0, 0, 0, (res)
#define SMCCC_ARGS_2(a0, a1, res) \
    (a0), (a1), 0, 0, 0, 0, 0, 0, (res)
#define SMCCC_ARGS_3(a0, a1, a2, res) \
    (a0), (a1), (a2), 0, 0, 0, 0, 0, (res)
#define SMCCC_ARGS_4(a0, a1, a2, a3, res) \
    (a0), (a1), (a2), (a3), 0, 0, 0, 0, (res)
#define SMCCC_ARGS_5(a0, a1, a2, a3, a4, res) \
    (a0), (a1), (a2), (a3), (a4), 0, 0, 0, (res)
#define SMCCC_ARGS_6(a0, a1, a2, a3, a4, a5, res) \
    (a0), (a1), (a2), (a3), (a4), (a5), 0, 0, (res)
#define SMCCC_ARGS_7(a0, a1, a2, a3, a4, a5, a6, res) \
    (a0), (a1), (a2), (a3), (a4), (a5), (a6), 0, (res)
#define SMCCC_ARGS_8(a0, a1, a2, a3, a4, a5, a6, a7, res) \
    (a0), (a1), (a2), (a3), (a4), (a5), (a6), (a7), (res)
#define SMCCC_PICK(a, b, c, d, e, f, g, h, i, name, ...) name
#define SMCCC_ARGS(...)                                                  \
    SMCCC_PICK(__VA_ARGS__, SMCCC_ARGS_8, SMCCC_ARGS_7, SMCCC_ARGS_6,    \
               SMCCC_ARGS_5, SMCCC_ARGS_4, SMCCC_ARGS_3, SMCCC_ARGS_2,   \
               SMCCC_ARGS_1, none)(__VA_ARGS__)

#define SMCCC_CALL(...)         __arm_smccc_1_0_smc(__VA_ARGS__)
#define arm_smccc_smc(...)      SMCCC_CALL(SMCCC_ARGS(__VA_ARGS__))
#define arm_smccc_1_0_smc(...)  arm_smccc_smc(__VA_ARGS__)
#define arm_smccc_1_1_smc(...)  arm_smccc_smc(__VA_ARGS__)

#endif /* __ASSEMBLY__ */

#endif /* ARM_SMCCC_H */
