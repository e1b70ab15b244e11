/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The banked EL1 and EL0 state of a vCPU, and the EL2 registers that say what it may do.
 *
 * Owns: the part of struct arch_vcpu from keys to cptr_el2. Registers that a guest cannot reach (AArch32 EL1, debug,
 * SVE, RAS, ...) are not switched; their traps are in traps.c.
 */
#include <xen/init.h>
#include <xen/sched.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/sysregs.h>
#include <asm/system.h>
#include <asm/traps.h>

#include "vcpu_state.h"

/* Bit 31 of MPIDR_EL1 is RES1 */
#define MPIDR_RES1 (1UL << 31)

/* Keys other than APIA (which entry.S moves): EL2 does not use them */
#define APIBKEYLO_EL1   S3_0_C2_C1_2
#define APIBKEYHI_EL1   S3_0_C2_C1_3
#define APDAKEYLO_EL1   S3_0_C2_C2_0
#define APDAKEYHI_EL1   S3_0_C2_C2_1
#define APDBKEYLO_EL1   S3_0_C2_C2_2
#define APDBKEYHI_EL1   S3_0_C2_C2_3
#define APGAKEYLO_EL1   S3_0_C2_C3_0
#define APGAKEYHI_EL1   S3_0_C2_C3_1

/* Registers that guests can reach although they are not shown the feature */
#define VDISR_EL2       S3_4_C12_C1_1
#define TPIDR2_EL0      S3_3_C13_C0_5

/*
 * A guest reaches TPIDR2_EL0 only if the firmware lets the normal world have it (SCR_EL3.EnTP2). No ID register tells:
 * where it does not, EL3 takes the access and, as TF-A does, hands it back as an undefined instruction. One try before the
 * first guest; do_trap_hyp_sync() knows it. On CPU0 only: what one firmware allows, it allows on all CPUs.
 */
static bool __ro_after_init switch_tpidr2;

static int __init try_tpidr2(void)
{
    register_t refused = 1;

    if ( !cpu_has_sme )
        return 0;

    /* When it traps, the handler goes on behind the pair, and @refused is still 1 */
    asm volatile ( ".globl tpidr2_try, tpidr2_try_end\n"
                   "tpidr2_try:\n"
                   "    mrs  xzr, S3_3_C13_C0_5\n"
                   "    mov  %0, #0\n"
                   "tpidr2_try_end:" : "+r" (refused) );
    switch_tpidr2 = !refused;

    return 0;
}
presmp_initcall(try_tpidr2);

static void save_keys(struct ptrauth_keys *k)
{
    k->apib[0] = READ_SYSREG64(APIBKEYLO_EL1);
    k->apib[1] = READ_SYSREG64(APIBKEYHI_EL1);
    k->apda[0] = READ_SYSREG64(APDAKEYLO_EL1);
    k->apda[1] = READ_SYSREG64(APDAKEYHI_EL1);
    k->apdb[0] = READ_SYSREG64(APDBKEYLO_EL1);
    k->apdb[1] = READ_SYSREG64(APDBKEYHI_EL1);
    k->apga[0] = READ_SYSREG64(APGAKEYLO_EL1);
    k->apga[1] = READ_SYSREG64(APGAKEYHI_EL1);
}

static void restore_keys(const struct ptrauth_keys *k)
{
    WRITE_SYSREG64(k->apib[0], APIBKEYLO_EL1);
    WRITE_SYSREG64(k->apib[1], APIBKEYHI_EL1);
    WRITE_SYSREG64(k->apda[0], APDAKEYLO_EL1);
    WRITE_SYSREG64(k->apda[1], APDAKEYHI_EL1);
    WRITE_SYSREG64(k->apdb[0], APDBKEYLO_EL1);
    WRITE_SYSREG64(k->apdb[1], APDBKEYHI_EL1);
    WRITE_SYSREG64(k->apga[0], APGAKEYLO_EL1);
    WRITE_SYSREG64(k->apga[1], APGAKEYHI_EL1);
}

void vcpu_save_el1(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;

    a->sp_el0 = READ_SYSREG(SP_EL0);
    a->sp_el1 = READ_SYSREG(SP_EL1);
    a->elr_el1 = READ_SYSREG(ELR_EL1);
    a->spsr_el1 = READ_SYSREG(SPSR_EL1);
    a->sctlr = READ_SYSREG(SCTLR_EL1);
    a->cpacr = READ_SYSREG(CPACR_EL1);
    a->tcr = READ_SYSREG(TCR_EL1);
    a->ttbr0 = READ_SYSREG(TTBR0_EL1);
    a->ttbr1 = READ_SYSREG(TTBR1_EL1);
    a->mair = READ_SYSREG(MAIR_EL1);
    a->amair = READ_SYSREG(AMAIR_EL1);
    a->esr = READ_SYSREG(ESR_EL1);
    a->far = READ_SYSREG(FAR_EL1);
    a->afsr0 = READ_SYSREG(AFSR0_EL1);
    a->afsr1 = READ_SYSREG(AFSR1_EL1);
    a->vbar = READ_SYSREG(VBAR_EL1);
    a->par = READ_SYSREG(PAR_EL1);
    a->contextidr = READ_SYSREG(CONTEXTIDR_EL1);
    a->tpidr_el0 = READ_SYSREG(TPIDR_EL0);
    a->tpidrro_el0 = READ_SYSREG(TPIDRRO_EL0);
    a->tpidr_el1 = READ_SYSREG(TPIDR_EL1);
    a->cntkctl = READ_SYSREG(CNTKCTL_EL1);
    a->csselr = READ_SYSREG(CSSELR_EL1);
    if ( cpu_has_ras )
        a->vdisr = READ_SYSREG(VDISR_EL2);
    if ( switch_tpidr2 )
        a->tpidr2 = READ_SYSREG(TPIDR2_EL0);

    if ( cpu_has_ptrauth )
        save_keys(&a->keys);
}

void vcpu_restore_el1(struct vcpu *v)
{
    const struct arch_vcpu *a = &v->arch;

    WRITE_SYSREG(a->vpidr, VPIDR_EL2);
    WRITE_SYSREG(a->vmpidr, VMPIDR_EL2);
    WRITE_SYSREG(a->cptr_el2, CPTR_EL2);
    WRITE_SYSREG(a->mdcr_el2, MDCR_EL2);

    WRITE_SYSREG(a->sp_el0, SP_EL0);
    WRITE_SYSREG(a->sp_el1, SP_EL1);
    WRITE_SYSREG(a->elr_el1, ELR_EL1);
    WRITE_SYSREG(a->spsr_el1, SPSR_EL1);
    WRITE_SYSREG(a->sctlr, SCTLR_EL1);
    WRITE_SYSREG(a->cpacr, CPACR_EL1);
    WRITE_SYSREG(a->tcr, TCR_EL1);
    WRITE_SYSREG(a->ttbr0, TTBR0_EL1);
    WRITE_SYSREG(a->ttbr1, TTBR1_EL1);
    WRITE_SYSREG(a->mair, MAIR_EL1);
    WRITE_SYSREG(a->amair, AMAIR_EL1);
    WRITE_SYSREG(a->esr, ESR_EL1);
    WRITE_SYSREG(a->far, FAR_EL1);
    WRITE_SYSREG(a->afsr0, AFSR0_EL1);
    WRITE_SYSREG(a->afsr1, AFSR1_EL1);
    WRITE_SYSREG(a->vbar, VBAR_EL1);
    WRITE_SYSREG(a->par, PAR_EL1);
    WRITE_SYSREG(a->contextidr, CONTEXTIDR_EL1);
    WRITE_SYSREG(a->tpidr_el0, TPIDR_EL0);
    WRITE_SYSREG(a->tpidrro_el0, TPIDRRO_EL0);
    WRITE_SYSREG(a->tpidr_el1, TPIDR_EL1);
    WRITE_SYSREG(a->cntkctl, CNTKCTL_EL1);
    WRITE_SYSREG(a->csselr, CSSELR_EL1);
    if ( cpu_has_ras )
        WRITE_SYSREG(a->vdisr, VDISR_EL2);
    if ( switch_tpidr2 )
        WRITE_SYSREG(a->tpidr2, TPIDR2_EL0);

    if ( cpu_has_ptrauth )
        restore_keys(&a->keys);

    isb();
}

void vcpu_reset_el1(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;

    memset(&a->vfp, 0, sizeof(a->vfp));
    memset(&a->keys, 0, sizeof(a->keys));
    memset(a->cpu_info->guest_apia, 0, sizeof(a->cpu_info->guest_apia));

    a->sp_el0 = a->sp_el1 = a->elr_el1 = a->spsr_el1 = 0;
    a->sctlr = SCTLR_GUEST_INIT;
    a->cpacr = a->tcr = a->ttbr0 = a->ttbr1 = a->mair = a->amair = 0;
    a->esr = a->far = a->afsr0 = a->afsr1 = a->vbar = a->par = a->contextidr = 0;
    a->tpidr_el0 = a->tpidrro_el0 = a->tpidr_el1 = a->cntkctl = a->csselr = 0;
    a->vdisr = a->tpidr2 = 0;

    a->serror = false;
    a->setway_gfn = 0;
}

void vcpu_init_controls(struct vcpu *v)
{
    v->arch.vmpidr = MPIDR_RES1 | vcpuid_to_vaffinity(v->vcpu_id);
    v->arch.vpidr = system_cpuinfo.midr;
    v->arch.hcr_el2 = get_default_hcr_flags();
    v->arch.cptr_el2 = get_default_cptr_flags();
    v->arch.mdcr_el2 = get_default_mdcr_flags();
}
