/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PSCI of guests: turning vCPUs on and off, and the end of a domain.
 *
 * Owns: the transitions of _VPF_down after creation. Refuses: what PSCI lets it refuse; MIGRATE, STAT, SYSTEM_SUSPEND
 * and the optional rest are NOT_SUPPORTED.
 *
 *   off --CPU_ON--> on pending --first run--> on --CPU_OFF--> (leaving its CPU: still "on") --> off
 *
 * Locks: the domain lock covers every transition and the choice of CPU_ON's winner. Spec: DEN0022, PSCI 1.1.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/current.h>
#include <asm/p2m.h>
#include <asm/smccc.h>
#include <asm/traps.h>
#include <asm/vpsci.h>

#define PSCI_VERSION_1_1            0x10001

#define PSCI_FN32(n)                (0x84000000U | (n))
#define PSCI_FN64(n)                (0xc4000000U | (n))
#define PSCI_CONV64                 0x40000000U

/* Function numbers, both conventions */
#define FN_VERSION                  PSCI_FN32(0x00)
#define FN_CPU_SUSPEND              PSCI_FN32(0x01)
#define FN_CPU_OFF                  PSCI_FN32(0x02)
#define FN_CPU_ON                   PSCI_FN32(0x03)
#define FN_AFFINITY_INFO            PSCI_FN32(0x04)
#define FN_MIGRATE_INFO_TYPE        PSCI_FN32(0x06)
#define FN_SYSTEM_OFF               PSCI_FN32(0x08)
#define FN_SYSTEM_RESET             PSCI_FN32(0x09)
#define FN_FEATURES                 PSCI_FN32(0x0a)
#define FN_SYSTEM_RESET2            PSCI_FN32(0x12)

#define RET_SUCCESS                 0
#define RET_NOT_SUPPORTED           (-1)
#define RET_INVALID_PARAMETERS      (-2)
#define RET_ALREADY_ON              (-4)
#define RET_ON_PENDING              (-5)
#define RET_INVALID_ADDRESS         (-9)

#define AFFINITY_ON                 0
#define AFFINITY_OFF                1
#define AFFINITY_ON_PENDING         2

/* No trusted OS that would have to be migrated */
#define MIGRATE_NOT_REQUIRED        2

/* CPU_SUSPEND, original format: bits 31:26 and 23:17 must be zero */
#define POWER_STATE_RESERVED        0xfcfe0000U

/* SYSTEM_RESET2: architectural warm reset; bit 31 marks vendor types */
#define RESET2_WARM                 0U

/* The vCPU behind an MPIDR argument, or NULL */
static struct vcpu *vcpu_by_affinity(struct domain *d, register_t affinity)
{
    unsigned int id = vaffinity_to_vcpuid(affinity);

    return id == ~0U ? NULL : domain_vcpu(d, id);
}

static int32_t psci_cpu_on(register_t target, register_t entry, register_t context)
{
    struct domain *d = current->domain;
    struct vcpu *v = vcpu_by_affinity(d, target);
    p2m_type_t t;

    if ( !v )
        return RET_INVALID_PARAMETERS;

    /* The MMU is off when it starts: an instruction must be there, at an address that can be mapped */
    if ( (entry & 3) || mfn_eq(p2m_lookup(d, gaddr_to_gfn(entry), &t), INVALID_MFN) || !p2m_is_ram(t) )
        return RET_INVALID_ADDRESS;

    domain_lock(d);

    /* Just turned off and still on its way out counts as on: its registers are not ours yet */
    if ( is_vcpu_online(v) || read_atomic(&v->is_running) )
    {
        bool pending = is_vcpu_online(v) && read_atomic(&v->arch.on_pending);

        domain_unlock(d);
        return pending ? RET_ON_PENDING : RET_ALREADY_ON;
    }

    smp_rmb();
    vcpu_boot_state(v, entry, context);
    write_atomic(&v->arch.on_pending, true);

    /* The state is complete before anybody can schedule it */
    smp_wmb();
    clear_bit(_VPF_down, &v->pause_flags);

    domain_unlock(d);

    vcpu_wake(v);

    return RET_SUCCESS;
}

/* The caller is gone when this vCPU next leaves the hypervisor, if CPU_ON brings it back */
static void psci_cpu_off(void)
{
    struct vcpu *v = current, *other;
    struct domain *d = v->domain;
    bool last = true;

    domain_lock(d);

    set_bit(_VPF_down, &v->pause_flags);
    for_each_vcpu ( d, other )
    {
        if ( is_vcpu_online(other) )
            last = false;
    }

    domain_unlock(d);

    /* Nobody is left who could turn one on */
    if ( last )
        domain_shutdown(d, SHUTDOWN_poweroff);

    vcpu_sleep_nosync(v);
}

static int32_t psci_affinity_info(register_t target, uint32_t level)
{
    struct domain *d = current->domain;
    struct vcpu *v = vcpu_by_affinity(d, target);
    int32_t ret;

    /* PSCI 1.0 on: levels above 0 need not be served */
    if ( level != 0 || !v )
        return RET_INVALID_PARAMETERS;

    domain_lock(d);
    if ( is_vcpu_online(v) )
        ret = read_atomic(&v->arch.on_pending) ? AFFINITY_ON_PENDING : AFFINITY_ON;
    else
        ret = read_atomic(&v->is_running) ? AFFINITY_ON : AFFINITY_OFF;
    domain_unlock(d);

    return ret;
}

/* Any state is served as standby: the deepest one keeps all registers, which a caller must be prepared for */
static int32_t psci_cpu_suspend(uint32_t power_state)
{
    if ( power_state & POWER_STATE_RESERVED )
        return RET_INVALID_PARAMETERS;

    vcpu_block();

    return RET_SUCCESS;
}

static int32_t psci_features(uint32_t fid)
{
    switch ( fid )
    {
    case FN_VERSION:
    case FN_CPU_SUSPEND:
    case FN_CPU_SUSPEND | PSCI_CONV64:
    case FN_CPU_OFF:
    case FN_CPU_ON:
    case FN_CPU_ON | PSCI_CONV64:
    case FN_AFFINITY_INFO:
    case FN_AFFINITY_INFO | PSCI_CONV64:
    case FN_MIGRATE_INFO_TYPE:
    case FN_SYSTEM_OFF:
    case FN_SYSTEM_RESET:
    case FN_FEATURES:
    case FN_SYSTEM_RESET2:
    case FN_SYSTEM_RESET2 | PSCI_CONV64:
    case ARM_SMCCC_VERSION_FID:
        return 0;
    default:
        return RET_NOT_SUPPORTED;
    }
}

/* Argument @n of a call, as wide as its convention says */
static register_t arg(struct cpu_user_regs *regs, uint32_t fid, int n)
{
    register_t val = get_user_reg(regs, n);

    return smccc_is_conv_64(fid) ? val : (uint32_t)val;
}

bool do_vpsci_call(struct cpu_user_regs *regs, uint32_t fid)
{
    int32_t ret;

    /* Ahead of the comparisons below: the cheapest call there is, and what a call costs at least is measured with it */
    if ( fid == FN_VERSION )
    {
        set_user_reg(regs, 0, PSCI_VERSION_1_1);
        return true;
    }

    switch ( fid )
    {
    case FN_CPU_SUSPEND:
    case FN_CPU_SUSPEND | PSCI_CONV64:
        ret = psci_cpu_suspend(arg(regs, fid, 1));
        break;

    case FN_CPU_OFF:
        psci_cpu_off();
        ret = RET_SUCCESS;
        break;

    case FN_CPU_ON:
    case FN_CPU_ON | PSCI_CONV64:
        ret = psci_cpu_on(arg(regs, fid, 1), arg(regs, fid, 2), arg(regs, fid, 3));
        break;

    case FN_AFFINITY_INFO:
    case FN_AFFINITY_INFO | PSCI_CONV64:
        ret = psci_affinity_info(arg(regs, fid, 1), arg(regs, fid, 2));
        break;

    case FN_MIGRATE_INFO_TYPE:
        ret = MIGRATE_NOT_REQUIRED;
        break;

    case FN_SYSTEM_OFF:
        domain_shutdown(current->domain, SHUTDOWN_poweroff);
        ret = RET_SUCCESS;
        break;

    case FN_SYSTEM_RESET:
        domain_shutdown(current->domain, SHUTDOWN_reboot);
        ret = RET_SUCCESS;
        break;

    case FN_SYSTEM_RESET2:
    case FN_SYSTEM_RESET2 | PSCI_CONV64:
        if ( (uint32_t)arg(regs, fid, 1) != RESET2_WARM )
            ret = RET_INVALID_PARAMETERS;
        else
        {
            domain_shutdown(current->domain, SHUTDOWN_reboot);
            ret = RET_SUCCESS;
        }
        break;

    case FN_FEATURES:
        ret = psci_features(arg(regs, fid, 1));
        break;

    default:
        return false;
    }

    /* int32 in the 32-bit convention: sign extension is what both forms allow */
    set_user_reg(regs, 0, (int64_t)ret);

    return true;
}
