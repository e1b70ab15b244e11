/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPUs can do: ID registers of the boot CPU, checked against every
 * other one, which must offer at least the same of what EL2 itself uses.
 */
#ifndef ARM_CPUFEATURE_H
#define ARM_CPUFEATURE_H

#ifndef __ASSEMBLY__

#include <xen/types.h>

struct cpuinfo_arm {
    uint64_t midr;
    uint64_t mpidr;
    uint64_t pfr0, pfr1;
    uint64_t isar0, isar1, isar2;
    uint64_t mmfr0, mmfr1, mmfr2;
    uint64_t dfr0;
    uint64_t zfr0;
    uint64_t ctr;
};

/* The boot CPU's registers. */
extern struct cpuinfo_arm system_cpuinfo;

static inline unsigned int id_field(uint64_t reg, unsigned int shift)
{
    return (reg >> shift) & 0xf;
}

#define cpu_has_el1_32   (id_field(system_cpuinfo.pfr0, 4) == 2)
#define cpu_has_fp       (id_field(system_cpuinfo.pfr0, 16) != 0xf)
#define cpu_has_simd     (id_field(system_cpuinfo.pfr0, 20) != 0xf)
#define cpu_has_gicv3    (id_field(system_cpuinfo.pfr0, 24) >= 1)
#define cpu_has_ras      (id_field(system_cpuinfo.pfr0, 28) != 0)
#define cpu_has_sve      (id_field(system_cpuinfo.pfr0, 32) != 0)
#define cpu_has_bti      (id_field(system_cpuinfo.pfr1, 0) != 0)
#define cpu_has_mte      (id_field(system_cpuinfo.pfr1, 8) != 0)
#define cpu_has_sme      (id_field(system_cpuinfo.pfr1, 24) != 0)
#define cpu_has_lse      (id_field(system_cpuinfo.isar0, 20) >= 2)
#define cpu_has_vmid16   (id_field(system_cpuinfo.mmfr1, 4) == 2)
#define cpu_has_fwb      (id_field(system_cpuinfo.mmfr2, 40) != 0)
#define cpu_has_vhe      (id_field(system_cpuinfo.mmfr1, 8) != 0)

/* Physical address bits the MMU implements. */
unsigned int cpu_pa_bits(void);

/*
 * Pointer authentication of EL2: set by head.S before C runs; the trap entry
 * swaps ptrauth_hyp_key into APIAKey on every entry when the flag is not 0.
 */
extern uint64_t ptrauth_hyp_key[2];
extern uint32_t cpu_has_ptrauth;

/* Boot CPU: read; later, print and judge. */
void read_boot_cpu(void);
void identify_cpu(void);

/* Another CPU, on itself: compare; panic on what EL2 relies on. */
void check_local_cpu_features(void);

#endif /* __ASSEMBLY__ */

#endif /* ARM_CPUFEATURE_H */
