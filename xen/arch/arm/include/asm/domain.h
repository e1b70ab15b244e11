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

    /* Guest counter = CNTPCT - offset; nanoseconds is the same moment in NOW() terms. Fixed at creation. */
    struct {
        uint64_t offset;
        s_time_t nanoseconds;
    } virt_timer_base;

    struct vpl011 vpl011;

    enum domain_rel_stage rel_stage;    /* only touched by the one who destroys the domain */

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

/* Pointer authentication keys, low word first */
struct ptrauth_keys {
    uint64_t apia[2];
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

    /*
     * Guest's instruction key A. entry.S swaps it at each trap, so this is where it lives while EL2 runs;
     * the other keys stay in their registers until the context switch.
     */
    struct ptrauth_keys keys;

    /* Banked EL1/EL0 state */
    register_t sp_el0;
    register_t sp_el1;
    register_t elr_el1;
    register_t spsr_el1;
    register_t sctlr;
    register_t actlr;
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
    register_t mdscr;
    register_t csselr;
    /* AArch32 user space */
    register_t spsr_fiq;
    register_t spsr_irq;
    register_t spsr_und;
    register_t spsr_abt;
    register_t dacr32;
    register_t ifsr32;

    /* Controls, loaded when the vCPU is */
    register_t vmpidr;
    register_t vpidr;
    register_t hcr_el2;
    register_t mdcr_el2;
    register_t cptr_el2;
    register_t hstr_el2;

    /* Where a set/way flush of the whole RAM goes on after it was preempted; 0: not under way */
    unsigned long setway_gfn;

    struct vgic_cpu vgic;
    union gic_state_data gic;
    uint64_t lr_mask;

    struct vtimer phys_timer;
    struct vtimer virt_timer;
    bool vtimer_initialized;
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

struct vcpu_guest_context;

/* Initial state of a 64-bit guest's EL1 */
#define SCTLR_GUEST_INIT    0x00c50078UL
#define PSR_GUEST64_INIT    0x3c5UL /* D, A, I, F masked; EL1h */

/*
 * arch_set_info_guest / arch_vcpu_reset: see <xen/domain.h>. vcpu_boot_state - @v starts at @entry with x0 = @ctx,
 * everything else as after reset. The vCPU is offline or not started yet; the caller brings it up.
 */
void vcpu_boot_state(struct vcpu *v, vaddr_t entry, register_t ctx);

void context_switch(struct vcpu *prev, struct vcpu *next);
void continue_running(struct vcpu *same);
void noreturn startup_cpu_idle_loop(void);

/* entry.S: switch stacks; returns in the context of whoever comes back, with the vCPU that ran before */
struct vcpu *__context_switch(struct vcpu *prev, struct vcpu *next);
void return_to_new_vcpu64(void);

void vcpu_show_registers(struct vcpu *v);
void vcpu_switch_to_aarch64_mode(struct vcpu *v);

/* dom0less.c: build every /chosen domain of the boot device tree; boot, CPU0, all CPUs up */
void create_domUs(void);

/* Number of /chosen domain nodes and how many of them run; valid after create_domUs() */
extern unsigned int nr_boot_domains;

#endif /* ASM_ARM_DOMAIN_H */
