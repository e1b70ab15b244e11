/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Arm adds to a domain and to a vCPU.
 *
 * Ownership: EL1 and FP registers of a vCPU are in hardware while it is the last guest that ran on its CPU
 * (ctxt_switch_from/to move them), in arch_vcpu otherwise; only the CPU that runs the vCPU, or a caller that has
 * paused it, touches them.
 */
#ifndef ASM_ARM_DOMAIN_H
#define ASM_ARM_DOMAIN_H

#include <xen/cache.h>
#include <xen/timer.h>
#include <xen/types.h>
#include <asm/gic.h>
#include <asm/mmio.h>
#include <asm/p2m.h>
#include <asm/vfp.h>
#include <asm/vgic.h>
#include <asm/vpl011.h>
#include <asm/vtimer.h>
#include <public/arch-arm.h>

struct cpu_info;
struct domain;
struct vcpu;

/* Steps of domain_relinquish_resources(), in order; a preempted call goes on where it stopped */
enum domain_rel_stage {
    REL_VPL011 = 0,
    REL_TEE,
    REL_PAGES,
    REL_MAPPINGS,
    REL_P2M,
    REL_P2M_POOL,
    REL_DONE,
};

struct arch_domain
{
    struct p2m_domain p2m;
    struct paging_domain paging;
    struct vmmio vmmio;
    struct vgic_dist vgic;

    struct vpl011 vpl011;

    enum domain_rel_stage rel_stage;    /* only touched by the one who destroys the domain */
    struct page_list_head relmem_list;  /* its pages that others still hold while it dies; page_alloc_lock */

#ifdef CONFIG_TEE
    void *tee;                          /* the mediator's; nothing else reads it */
#endif
} __cacheline_aligned;

/* Callee-saved registers of a descheduled vCPU; entry.S knows the layout through asm-offsets.c */
struct saved_context {
    register_t x19;
    register_t x20;
    register_t x21;
    register_t x22;
    register_t x23;
    register_t x24;
    register_t x25;
    register_t x26;
    register_t x27;
    register_t x28;
    register_t fp;
    register_t sp;
    register_t pc;
};

/* Pointer authentication keys, low word first. The fifth, APIA, is in struct cpu_info. */
struct ptrauth_keys {
    uint64_t apib[2];
    uint64_t apda[2];
    uint64_t apdb[2];
    uint64_t apga[2];
};

struct arch_vcpu
{
    struct saved_context saved_context;

    void *stack;                        /* lowest address of the EL2 stack, STACK_SIZE aligned */
    struct cpu_info *cpu_info;          /* at its top */

    struct vfp_state vfp;

    /* Those that stay in their registers until the context switch; APIA is swapped at each trap (entry.S) */
    struct ptrauth_keys keys;

    /* Banked EL1/EL0 state */
    register_t sp_el0;
    register_t sp_el1;
    register_t elr_el1;
    register_t spsr_el1;
    register_t sctlr;
    register_t cpacr;
    register_t tcr;
    register_t ttbr0;
    register_t ttbr1;
    register_t mair;
    register_t amair;
    register_t esr;
    register_t far;
    register_t afsr0;
    register_t afsr1;
    register_t vbar;
    register_t par;
    register_t contextidr;
    register_t tpidr_el0;
    register_t tpidrro_el0;
    register_t tpidr_el1;
    register_t cntkctl;
    register_t csselr;
    register_t vdisr;                   /* CPUs with RAS: DISR_EL1 as the guest sees it */
    register_t tpidr2;                  /* CPUs with SME: not trapped, though SME is    */

    /* Controls, loaded when the vCPU is */
    register_t vmpidr;
    register_t vpidr;
    register_t hcr_el2;
    register_t mdcr_el2;
    register_t cptr_el2;

    bool serror;                        /* it caused an SError: the domain is crashed on the way out */
    bool on_pending;                    /* PSCI CPU_ON has started it, it has not run yet */
    bool at_rest;                       /* while it does not run: nothing is left to be done to its frame, no trap goes on with it */

    /* Where a set/way flush of the whole RAM goes on after it was preempted; 0: not under way */
    unsigned long setway_gfn;

    struct vgic_cpu vgic;

    struct vtimer phys_timer;
    struct vtimer virt_timer;
} __cacheline_aligned;

/* vCPU number to affinity and back: Aff0 = n & 0xf, Aff1 = n >> 4 */
static inline register_t vcpuid_to_vaffinity(unsigned int vcpuid)
{
    return (vcpuid & 0xf) | ((register_t)(vcpuid >> 4) << 8);
}

static inline unsigned int vaffinity_to_vcpuid(register_t vaff)
{
    /* A field that no vCPU number reaches gives a number that no vCPU has */
    if ( vaff & ~(register_t)0xff0f )
        return ~0U;

    return (vaff & 0xf) | ((vaff >> 8) << 4);
}

/*
 * vcpu_boot_state - @v starts at @entry with x0 = @ctx, everything else as after reset
 * Context: @v does not run, is at rest, and cannot be brought up by anybody else meanwhile; the caller brings it up.
 */
void vcpu_boot_state(struct vcpu *v, vaddr_t entry, register_t ctx);

void context_switch(struct vcpu *prev, struct vcpu *next);
void continue_running(struct vcpu *same);
void noreturn startup_cpu_idle_loop(void);

/* entry.S: switch stacks; returns in the context of whoever comes back, with the vCPU that ran before */
struct vcpu *__context_switch(struct vcpu *prev, struct vcpu *next);

/* entry.S: drop the stack, then enter the guest whose frame @top begins with / go to @fn with @sp */
void noreturn return_to_new_vcpu64(struct cpu_info *top);
void noreturn reset_stack_and_call(void (*fn)(void), void *sp);

#endif /* ASM_ARM_DOMAIN_H */
