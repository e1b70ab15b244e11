/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Features of the CPUs. The boot CPU's registers stand for the machine; every
 * other CPU must have at least what EL2 itself has come to rely on, since a
 * vCPU may move anywhere. Fixed at boot: no lock.
 */
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/cpufeature.h>
#include <asm/page.h>
#include <asm/processor.h>

struct cpuinfo_arm __ro_after_init system_cpuinfo;

/* Written by head.S, after it has cleared .bss */
uint64_t __ro_after_init ptrauth_hyp_key[2];
uint32_t __ro_after_init cpu_has_ptrauth;

static void read_cpuinfo(struct cpuinfo_arm *c)
{
    c->midr = READ_SYSREG(MIDR_EL1);
    c->mpidr = READ_SYSREG(MPIDR_EL1) & MPIDR_HWID_MASK;
    c->pfr0 = READ_SYSREG(ID_AA64PFR0_EL1);
    c->pfr1 = READ_SYSREG(ID_AA64PFR1_EL1);
    c->isar0 = READ_SYSREG(ID_AA64ISAR0_EL1);
    c->isar1 = READ_SYSREG(ID_AA64ISAR1_EL1);
    c->isar2 = READ_SYSREG(SR_ID_AA64ISAR2_EL1);
    c->mmfr0 = READ_SYSREG(ID_AA64MMFR0_EL1);
    c->mmfr1 = READ_SYSREG(ID_AA64MMFR1_EL1);
    c->mmfr2 = READ_SYSREG(S3_0_C0_C7_2);
    c->dfr0 = READ_SYSREG(ID_AA64DFR0_EL1);
    c->zfr0 = READ_SYSREG(SR_ID_AA64ZFR0_EL1);
    c->ctr = READ_SYSREG(CTR_EL0);
}

static bool has_ptrauth(const struct cpuinfo_arm *c)
{
    return id_field(c->isar1, 4) || id_field(c->isar1, 8) ||
           id_field(c->isar2, 12);
}

unsigned int cpu_pa_bits(void)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
    unsigned int range = id_field(system_cpuinfo.mmfr0, 0);

    return range < ARRAY_SIZE(bits) ? bits[range] : 48;
}

void __init read_boot_cpu(void)
{
    read_cpuinfo(&system_cpuinfo);
}

void __init identify_cpu(void)
{
    const struct cpuinfo_arm *c = &system_cpuinfo;

    printk(XENLOG_INFO "CPU: MIDR %08lx, %u-bit PA, VMID %u bits,%s%s%s%s%s%s%s%s\n",
           c->midr, cpu_pa_bits(), cpu_has_vmid16 ? 16 : 8,
           cpu_has_el1_32 ? " AArch32-EL1" : "",
           cpu_has_ptrauth ? " PAC" : "", cpu_has_bti ? " BTI" : "",
           cpu_has_lse ? " LSE" : "", cpu_has_sve ? " SVE" : "",
           cpu_has_sme ? " SME" : "", cpu_has_mte ? " MTE" : "",
           cpu_has_fwb ? " FWB" : "");

    if ( !cpu_has_gicv3 )
        panic("The CPU has no system register interface to a GICv3\n");
    if ( (id_field(c->mmfr0, 28)) == 0xf )
        panic("The CPU's MMU has no 4 KiB granule\n");
}

void check_local_cpu_features(void)
{
    struct cpuinfo_arm here;
    unsigned int cpu = smp_processor_id();

    read_cpuinfo(&here);

    if ( id_field(here.mmfr0, 0) < id_field(system_cpuinfo.mmfr0, 0) ||
         id_field(here.mmfr1, 4) < id_field(system_cpuinfo.mmfr1, 4) ||
         has_ptrauth(&here) != !!cpu_has_ptrauth ||
         !id_field(here.pfr1, 0) != !cpu_has_bti ||
         id_field(here.mmfr2, 40) < id_field(system_cpuinfo.mmfr2, 40) ||
         !id_field(here.pfr0, 24) )
        panic("CPU%u lacks features of CPU0 that the hypervisor relies on\n",
              cpu);

    if ( here.midr != system_cpuinfo.midr )
        printk(XENLOG_WARNING "CPU%u: MIDR %08lx differs from CPU0\n", cpu,
               here.midr);
}
