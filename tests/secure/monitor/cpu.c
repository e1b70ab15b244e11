/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EL3 lets the lower levels use: everything the ID registers show, unless the mailbox says that SVE and SME stay
 * trapped. Also the first registers of the normal world on each CPU.
 */
#include "monitor.h"
#include "sp_abi.h"

#define SCR_NS          BIT(0)
#define SCR_FIQ         BIT(2)
#define SCR_RES1        (3UL << 4)
#define SCR_HCE         BIT(8)
#define SCR_SIF         BIT(9)  /* secure world never executes normal world memory */
#define SCR_RW          BIT(10)
#define SCR_ST          BIT(11) /* secure timer belongs to S-EL1 */
#define SCR_APK         BIT(16)
#define SCR_API         BIT(17)
#define SCR_ENSCXT      BIT(25)
#define SCR_ATA         BIT(26)
#define SCR_FGTEN       BIT(27)
#define SCR_ECVEN       BIT(28)
#define SCR_AMVOFFEN    BIT(35)
#define SCR_HXEN        BIT(38)
#define SCR_ENTP2       BIT(41)

#define MDCR_SDD        BIT(16)
#define MDCR_NSPB       (3UL << 12)
#define MDCR_NSTB       (3UL << 24)
#define CPTR_EZ         BIT(8)
#define CPTR_ESM        BIT(12)

#define ZCR_EL3         S3_6_C1_C2_0
#define SMCR_EL3        S3_6_C1_C2_6
#define ID_AA64ISAR1    S3_0_C0_C6_1
#define ID_AA64ISAR2    S3_0_C0_C6_2
#define ID_AA64MMFR1    S3_0_C0_C7_1

#define SPSR_EL2H       0x3c9UL /* all masked */
#define SPSR_EL1H       0x3c5UL

uint64_t scr_normal, scr_secure;
bool have_pauth;

static unsigned int field(uint64_t reg, unsigned int lsb) { return (reg >> lsb) & 15; }

void cpu_init(const struct bootinfo *info)
{
    uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1), pfr1 = read_sysreg(id_aa64pfr1_el1);
    uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1), mmfr1 = read_sysreg(ID_AA64MMFR1);
    uint64_t isar1 = read_sysreg(ID_AA64ISAR1), isar2 = read_sysreg(ID_AA64ISAR2);
    uint64_t dfr0 = read_sysreg(id_aa64dfr0_el1), cptr = 0, scr, mdcr = MDCR_SDD;
    bool vector = !(info->options & FW_OPT_NO_SVE);

    have_pauth = (isar1 & 0xff000ff0) || (isar2 & 0xff00);
    scr = SCR_RES1 | SCR_RW | SCR_SIF;
    if ( have_pauth )
        scr |= SCR_APK | SCR_API;
    if ( field(pfr0, 56) >= 2 || field(pfr1, 32) )
        scr |= SCR_ENSCXT;
    if ( field(pfr1, 8) >= 2 )
        scr |= SCR_ATA;
    scr_secure = scr | SCR_ST;

    scr |= SCR_NS | SCR_FIQ | SCR_HCE;
    if ( field(mmfr0, 56) )
        scr |= SCR_FGTEN;
    if ( field(mmfr0, 60) >= 2 )
        scr |= SCR_ECVEN;
    if ( field(pfr0, 44) >= 2 )
        scr |= SCR_AMVOFFEN;
    if ( field(mmfr1, 40) )
        scr |= SCR_HXEN;
    if ( field(pfr1, 24) && vector )
        scr |= SCR_ENTP2;
    scr_normal = scr;

    if ( field(dfr0, 32) )
        mdcr |= MDCR_NSPB;
    if ( field(dfr0, 44) )
        mdcr |= MDCR_NSTB;
    write_sysreg(mdcr_el3, mdcr);

    if ( vector && field(pfr0, 32) )
        cptr |= CPTR_EZ;
    if ( vector && field(pfr1, 24) )
        cptr |= CPTR_ESM;
    write_sysreg(cptr_el3, cptr);
    isb();
    if ( cptr & CPTR_EZ )
        write_sysreg(ZCR_EL3, 0xf);
    if ( cptr & CPTR_ESM )
        write_sysreg(SMCR_EL3, 0xf | BIT(31));
    isb();
}

/* First instruction of the normal world on this CPU: x0 = arg, everything else 0, MMU off. */
void enter_normal_world(unsigned int cpu, struct frame *frame, uint64_t entry, uint64_t arg, unsigned int el)
{
    struct world_regs *w = &mon_cpus[cpu].world[NORMAL];

    *w = (struct world_regs){
        .scr = scr_normal,
        .sctlr_el1 = 0x30d00800,
        .frame = { .x = { arg }, .elr = entry, .spsr = el == 1 ? SPSR_EL1H : SPSR_EL2H },
    };
    write_sysreg(scr_el3, scr_normal);
    isb();
    write_sysreg(sctlr_el2, 0x30c50830);
    write_sysreg(hcr_el2, BIT(31)); /* EL1 is AArch64 */
    write_sysreg(cptr_el2, 0x32ff);
    write_sysreg(cnthctl_el2, 3);
    write_sysreg(cntvoff_el2, 0);
    write_sysreg(vttbr_el2, 0);
    write_sysreg(vpidr_el2, read_sysreg(midr_el1));
    write_sysreg(vmpidr_el2, read_sysreg(mpidr_el1));
    isb();
    world_switch(cpu, frame, NORMAL);
}
