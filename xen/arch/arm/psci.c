/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's PSCI (by SMC) and which SMC Calling Convention it speaks.
 * Refuses: the HVC conduit, since nobody sits below EL2's HVC. No state but
 * two versions, fixed at boot.
 */
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/processor.h>
#include <asm/psci.h>
#include <asm/smp.h>

uint32_t __ro_after_init psci_ver;
uint32_t __ro_after_init smccc_ver;

/* Only PSCI 0.1 left the function identifier to the device tree. */
static uint32_t __ro_after_init psci_cpu_on_fid;

static int32_t psci_call(uint32_t fid, register_t a1, register_t a2,
                         register_t a3)
{
    struct arm_smccc_res res;

    arm_smccc_smc(fid, a1, a2, a3, &res);

    return res.a0;
}

static int psci_errno(int32_t ret)
{
    switch ( ret )
    {
    case PSCI_SUCCESS:
        return 0;
    case PSCI_NOT_SUPPORTED:
        return -EOPNOTSUPP;
    case PSCI_INVALID_PARAMETERS:
    case PSCI_INVALID_ADDRESS:
        return -EINVAL;
    case PSCI_DENIED:
        return -EPERM;
    case PSCI_ALREADY_ON:
    case PSCI_ON_PENDING:
        return -EBUSY;
    case PSCI_NOT_PRESENT:
    case PSCI_DISABLED:
        return -ENODEV;
    default:
        return -EIO;
    }
}

int call_psci_cpu_on(unsigned int cpu)
{
    return psci_errno(psci_call(psci_cpu_on_fid, cpu_logical_map(cpu),
                                virt_to_maddr(init_secondary), cpu));
}

void call_psci_system_off(void)
{
    if ( psci_ver >= PSCI_VERSION(0, 2) )
        psci_call(PSCI_0_2_FN32_SYSTEM_OFF, 0, 0, 0);
}

static void __init smccc_discover(void)
{
    smccc_ver = ARM_SMCCC_VERSION_1_0;

    /* A firmware may crash on a version call that PSCI did not announce. */
    if ( psci_ver >= PSCI_VERSION(1, 0) &&
         psci_call(PSCI_1_0_FN32_PSCI_FEATURES, ARM_SMCCC_VERSION_FID,
                   0, 0) >= 0 )
    {
        int32_t ret = psci_call(ARM_SMCCC_VERSION_FID, 0, 0, 0);

        if ( ret > 0 )
            smccc_ver = ret;
    }
}

int __init psci_init(void)
{
    static const char *const compats[] = {
        "arm,psci-1.0", "arm,psci-0.2", "arm,psci", NULL
    };
    int node = dt_find_compatible_list(compats);
    const char *method;

    if ( node < 0 )
    {
        printk(XENLOG_WARNING "PSCI: none in the device tree: one CPU, no power off\n");
        return -ENODEV;
    }

    method = dt_read_string(node, "method");
    if ( !method || strcmp(method, "smc") )
    {
        printk(XENLOG_ERR "PSCI: method is \"%s\", need \"smc\"\n",
               method ?: "");
        return -EINVAL;
    }

    if ( dt_prop_has_string(node, "compatible", "arm,psci-1.0") ||
         dt_prop_has_string(node, "compatible", "arm,psci-0.2") )
    {
        psci_ver = psci_call(PSCI_0_2_FN32_PSCI_VERSION, 0, 0, 0);
        if ( (int32_t)psci_ver < (int32_t)PSCI_VERSION(0, 2) )
        {
            printk(XENLOG_ERR "PSCI: bad version %#x\n", psci_ver);
            psci_ver = 0;
            return -EINVAL;
        }
        psci_cpu_on_fid = PSCI_0_2_FN64_CPU_ON;
    }
    else
    {
        psci_ver = PSCI_VERSION(0, 1);
        if ( !dt_read_u32(node, "cpu_on", &psci_cpu_on_fid) )
            return -EINVAL;
    }

    smccc_discover();

    printk(XENLOG_INFO "PSCI: version %u.%u, SMC Calling Convention %u.%u\n",
           PSCI_VERSION_MAJOR(psci_ver), PSCI_VERSION_MINOR(psci_ver),
           SMCCC_VERSION_MAJOR(smccc_ver), SMCCC_VERSION_MINOR(smccc_ver));

    return 0;
}
