/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMC and HVC #0 of guests by the SMC Calling Convention (DEN0028): which owner serves which function.
 *
 * Owns: the arch, hypervisor and standard service ranges. PSCI goes to vpsci.c; FF-A, trusted applications and trusted
 * OSes to the TEE mediator. Everything else is answered with -1 in x0 and at most one rate-limited line; FF-A ids that
 * nobody serves do not even get that, for discovery asks for them. Locks: none.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/smccc.h>
#include <asm/tee/ffa.h>
#include <asm/tee/tee.h>
#include <asm/traps.h>
#include <asm/vpsci.h>

/* SMCCC 1.3: the caller has no live SVE state. A hint that is no part of the function. */
#define SMCCC_SVE_HINT          (1U << 16)

#define SERVICE_MAJOR           0
#define SERVICE_MINOR           1

/* Calls of the hypervisor service: count, UID, revision */
#define HYP_NR_FUNCS            3
/* ... of the standard service on top of PSCI and FF-A */
#define STD_NR_FUNCS            3

/* Asked by Linux wherever it runs: random numbers of the firmware, and is there KVM. Nothing to report when it hears no. */
#define TRNG_VERSION_FID \
    ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_CONV_32, ARM_SMCCC_OWNER_STANDARD, 0x50)
#define OWNER_VENDOR_HYP        6

/* The hypercall interface behind HVC 0xEA1 is Xen's: so is the UID that announces it */
static const uint32_t hyp_uid[4] = { 0xa71812dcU, 0x436998c6U, 0xd179cf9aU, 0x67e6de8dU };
static const uint32_t std_uid[4] = { 0x6b21b3d4U, 0x4f7ea09cU, 0x2c5e6cb1U, 0x91d07fe3U };

static bool set_result(struct cpu_user_regs *regs, int64_t ret)
{
    set_user_reg(regs, 0, ret);
    return true;
}

static bool set_uid(struct cpu_user_regs *regs, const uint32_t *uid)
{
    unsigned int i;

    for ( i = 0; i < 4; i++ )
        set_user_reg(regs, i, uid[i]);

    return true;
}

static bool set_revision(struct cpu_user_regs *regs)
{
    set_user_reg(regs, 0, SERVICE_MAJOR);
    set_user_reg(regs, 1, SERVICE_MINOR);
    return true;
}

static bool handle_arch(struct cpu_user_regs *regs, uint32_t fid)
{
    switch ( fid )
    {
    case ARM_SMCCC_VERSION_FID:
        return set_result(regs, ARM_SMCCC_VERSION_1_2);

    case ARM_SMCCC_ARCH_FEATURES_FID:
        switch ( (uint32_t)get_user_reg(regs, 1) )
        {
        case ARM_SMCCC_VERSION_FID:
        case ARM_SMCCC_ARCH_FEATURES_FID:
            return set_result(regs, ARM_SMCCC_SUCCESS);
        default:
            return set_result(regs, ARM_SMCCC_NOT_SUPPORTED);
        }

    /* Firmware workarounds are not passed on: ARCH_FEATURES has said so, the guest asks all the same */
    case ARM_SMCCC_ARCH_SOC_ID_FID:
    case ARM_SMCCC_ARCH_WORKAROUND_1_FID:
    case ARM_SMCCC_ARCH_WORKAROUND_2_FID:
    case ARM_SMCCC_ARCH_WORKAROUND_3_FID:
        return set_result(regs, ARM_SMCCC_NOT_SUPPORTED);

    default:
        return false;
    }
}

static bool handle_hypervisor(struct cpu_user_regs *regs, uint32_t fid)
{
    switch ( fid )
    {
    case ARM_SMCCC_CALL_COUNT_FID(ARM_SMCCC_OWNER_HYPERVISOR):
        return set_result(regs, HYP_NR_FUNCS);
    case ARM_SMCCC_CALL_UID_FID(ARM_SMCCC_OWNER_HYPERVISOR):
        return set_uid(regs, hyp_uid);
    case ARM_SMCCC_REVISION_FID(ARM_SMCCC_OWNER_HYPERVISOR):
        return set_revision(regs);
    default:
        return false;
    }
}

static bool handle_standard(struct cpu_user_regs *regs, uint32_t fid)
{
    if ( is_psci_fid(fid) )
        return smccc_is_fast_call(fid) && do_vpsci_call(regs, fid);

    if ( is_ffa_fid(fid) )
        return tee_handle_call(regs);

    switch ( fid )
    {
    case ARM_SMCCC_CALL_COUNT_FID(ARM_SMCCC_OWNER_STANDARD):
        return set_result(regs, VPSCI_NR_FUNCS + FFA_NR_FUNCS + STD_NR_FUNCS);
    case ARM_SMCCC_CALL_UID_FID(ARM_SMCCC_OWNER_STANDARD):
        return set_uid(regs, std_uid);
    case ARM_SMCCC_REVISION_FID(ARM_SMCCC_OWNER_STANDARD):
        return set_revision(regs);
    case TRNG_VERSION_FID:
        return set_result(regs, ARM_SMCCC_NOT_SUPPORTED);
    default:
        return false;
    }
}

/* Serve the call @fid in @regs; false: nobody does */
static bool vsmccc_handle_call(struct cpu_user_regs *regs, uint32_t fid)
{
    if ( unlikely(fid & SMCCC_SVE_HINT) && smccc_is_fast_call(fid) )
    {
        fid &= ~SMCCC_SVE_HINT;
        set_user_reg(regs, 0, fid);
    }

    if ( likely(smccc_get_owner(fid) == ARM_SMCCC_OWNER_STANDARD) )
        return handle_standard(regs, fid);

    /* Before PSCI 0.2 and SMCCC function ids were the platform's */
    if ( fid <= ARM_SMCCC_RESERVED_RANGE_END )
        return false;

    switch ( smccc_get_owner(fid) )
    {
    case ARM_SMCCC_OWNER_ARCH:
        return handle_arch(regs, fid);
    case ARM_SMCCC_OWNER_HYPERVISOR:
        return handle_hypervisor(regs, fid);
    case OWNER_VENDOR_HYP:
        return fid == ARM_SMCCC_CALL_UID_FID(OWNER_VENDOR_HYP) && set_result(regs, ARM_SMCCC_NOT_SUPPORTED);
    case ARM_SMCCC_OWNER_TRUSTED_APP ... ARM_SMCCC_OWNER_TRUSTED_APP_END:
    case ARM_SMCCC_OWNER_TRUSTED_OS ... ARM_SMCCC_OWNER_TRUSTED_OS_END:
        return tee_handle_call(regs);
    default:
        return false;
    }
}

void do_trap_hvc_smccc(struct cpu_user_regs *regs)
{
    uint32_t fid = get_user_reg(regs, 0);

    if ( vsmccc_handle_call(regs, fid) )
        return;

    if ( !is_ffa_fid(fid) || smccc_get_owner(fid) != ARM_SMCCC_OWNER_STANDARD )
        guest_trap_debug("unknown SMC/HVC function %#x\n", fid);

    set_user_reg(regs, 0, ARM_SMCCC_ERR_UNKNOWN_FUNCTION);
}

void do_trap_smc(struct cpu_user_regs *regs, const union hsr hsr)
{
    /* The convention knows immediate 0 only */
    if ( hsr.smc64.imm != 0 )
    {
        inject_undef_exception(regs);
        return;
    }

    do_trap_hvc_smccc(regs);
    advance_pc(regs, hsr);
}
