/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions at EL2: what entry.S calls, what a handler may use to answer the guest.
 */
#ifndef ASM_ARM_TRAPS_H
#define ASM_ARM_TRAPS_H

#include <xen/types.h>
#include <asm/hsr.h>
#include <asm/regs.h>

struct vcpu;

/* ---- Called by entry.S ----------------------------------------------------------------------------------------- */
void do_trap_guest_sync(struct cpu_user_regs *regs);
void do_trap_guest_irq(struct cpu_user_regs *regs);
void do_trap_guest_serror(struct cpu_user_regs *regs);
/* Code that may trap at EL2, and where it goes on then: vcpu_state.c. */
extern const char tpidr2_try[], tpidr2_try_end[];

void do_trap_hyp_sync(struct cpu_user_regs *regs);
void do_trap_hyp_serror(struct cpu_user_regs *regs);
void do_trap_irq(struct cpu_user_regs *regs);
void do_trap_fiq(struct cpu_user_regs *regs);
void do_bad_mode(struct cpu_user_regs *regs, unsigned int vector);
void do_stack_overflow(struct cpu_user_regs *regs);
void leave_hypervisor_to_guest(void);

/* ---- For handlers ---------------------------------------------------------------------------------------------- */

/*
 * advance_pc - step the guest over the instruction that trapped
 * Clears BTYPE and the software-step bit; for AArch32 also moves the IT state.
 * Context: trap of the current vCPU.
 */
void advance_pc(struct cpu_user_regs *regs, const union hsr hsr);

/*
 * inject_undef_exception - the guest takes an Undefined Instruction exception at EL1 at regs->pc
 * inject_dabt_exception  - ... a synchronous external data abort, FAR_EL1 = @addr
 * inject_iabt_exception  - ... a synchronous external instruction abort, FAR_EL1 = @addr
 * The EL1 vector, SPSR_EL1, ELR_EL1, ESR_EL1 and PSTATE are set as the architecture has it for the interrupted mode.
 * Context: trap of the current vCPU (its EL1 registers are loaded).
 */
void inject_undef_exception(struct cpu_user_regs *regs);
void inject_dabt_exception(struct cpu_user_regs *regs, vaddr_t addr);
void inject_iabt_exception(struct cpu_user_regs *regs, vaddr_t addr);

/* AArch32 user space: does the condition of the trapped instruction hold? Always true for AArch64. */
bool check_conditional_instr(struct cpu_user_regs *regs, const union hsr hsr);

/* ---- Handlers in their own files ------------------------------------------------------------------------------- */
void do_sysreg(struct cpu_user_regs *regs, const union hsr hsr);            /* vsysreg.c */
void do_trap_smc(struct cpu_user_regs *regs, const union hsr hsr);          /* vsmc.c */
void do_trap_hvc_smccc(struct cpu_user_regs *regs);                         /* vsmc.c */
void do_trap_data_abort(struct cpu_user_regs *regs, const union hsr hsr);   /* traps_abort.c */
void do_trap_instr_abort(struct cpu_user_regs *regs, const union hsr hsr);  /* traps_abort.c */

/* Per-vCPU values of the trap controls: HCR_EL2 for @v (arch_vcpu.hcr_el2) and the boot value for this CPU */
register_t get_default_hcr_flags(void);
register_t get_default_cptr_flags(void);
register_t get_default_mdcr_flags(void);
void init_traps(void);

/* A line about what a guest did wrong: debug level, limited in rate for each domain (guest_loglvl) */
#define guest_trap_debug(...) gprintk(XENLOG_DEBUG, __VA_ARGS__)

/* Registers of a frame, readable (panic path) */
void show_registers(const struct cpu_user_regs *regs);
void show_execution_state(const struct cpu_user_regs *regs);

/* Emergency stack of each CPU, used when the ordinary one overflowed */
/* Signed return addresses: our own addresses have nothing above bit 47 */
#define STRIP_PAC(addr) ((addr) & ((1UL << VADDR_BITS) - 1))

/* The call that returns to @addr; what is behind it may belong to another function, if it never returns */
#define CALL_BEFORE(addr) (STRIP_PAC(addr) - 4)

#define EMERGENCY_STACK_SIZE 8192

#endif /* ASM_ARM_TRAPS_H */
