/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions taken to EL2: one table from exception class to handler for guests, fatal dumps for ourselves.
 *
 * Owns: the trap controls of a vCPU, the way in and out of the hypervisor. Refuses: every class without a row below;
 * the guest then takes an Undefined Instruction exception. Nothing a guest does ends in a panic here.
 * Locks: none. Spec: Arm ARM DDI 0487, D1 (exception model) and ESR_EL2.
 */
#include <xen/hypercall.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/symbols.h>
#include <xen/trace.h>
#include <asm/cpufeature.h>
#include <asm/current.h>
#include <asm/gic.h>
#include <asm/processor.h>
#include <asm/sysregs.h>
#include <asm/system.h>
#include <asm/tee/ffa.h>
#include <asm/tee/tee.h>
#include <asm/traps.h>
#include <asm/vgic.h>
#include <public/arch-arm.h>

#define CPTR_EL2_TAM        (1UL << 30)

#define MDCR_EL2_HPMN_MASK  0x1fUL
#define MDCR_EL2_TPMCR      (1UL << 5)
#define MDCR_EL2_TPM        (1UL << 6)
#define MDCR_EL2_TDA        (1UL << 9)
#define MDCR_EL2_TDOSA      (1UL << 10)
#define MDCR_EL2_TDRA       (1UL << 11)
#define MDCR_EL2_TPMS       (1UL << 14)
#define MDCR_EL2_TTRF       (1UL << 19)

#define PMCR_EL0_N_SHIFT            11
#define ID_AA64DFR0_PMUVER_SHIFT    8
#define ID_AA64DFR0_PMUVER_IMPDEF   0xfU

/* Fine-grained traps and HCRX_EL2, for assemblers that do not know the names */
#define HFGRTR_EL2          S3_4_C1_C1_4
#define HFGWTR_EL2          S3_4_C1_C1_5
#define HFGITR_EL2          S3_4_C1_C1_6
#define HDFGRTR_EL2         S3_4_C3_C1_4
#define HDFGWTR_EL2         S3_4_C3_C1_5
#define HCRX_EL2            S3_4_C1_C2_2
#define ID_AA64MMFR0_FGT_SHIFT      56
#define ID_AA64MMFR1_HCX_SHIFT      40

/* Off for a firmware that traps the registers of fine-grained traps, which then are closed anyway */
static bool __read_mostly fine_traps = true;
boolean_param("fine-traps", fine_traps);

extern const char hyp_traps_vector[];
/* First and last return address of each window in which a guest's SErrors are taken (entry.S) */
extern const struct serror_window {
    vaddr_t first, last;
} serror_windows[], serror_windows_end[];

/* The stack for reporting that the ordinary one is gone */
DEFINE_PER_CPU(struct { char bytes[EMERGENCY_STACK_SIZE] __aligned(16); }, emergency_stack);

/* ---- Controls -------------------------------------------------------------------------------------------------- */

register_t get_default_hcr_flags(void)
{
    register_t hcr = HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER | HCR_TWI |
                     HCR_TWE | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TAC | HCR_TSW | HCR_RW;

    /*
     * Features that guests are not shown are closed by their own controls where these exist: error records (TERR),
     * LORegions (TLOR), memory tags (ATA stays 0, TID5). Each bit is RES0 on CPUs without the feature.
     */
    hcr |= HCR_TLOR | HCR_TERR | HCR_TEA | HCR_TID5;

    /* Keys and instructions of pointer authentication belong to the guest; entry.S and the vCPU switch save them */
    if ( cpu_has_ptrauth )
        hcr |= HCR_APK | HCR_API;

    /* All that a guest does to its RAM goes through the caches, whatever its own tables or a disabled MMU say (leaf_entry()) */
    if ( cpu_has_fwb )
        hcr |= HCR_FWB;

    return hcr;
}

/* FP/SIMD is open (switched eagerly); trace, activity monitors, SVE and SME are not offered */
register_t get_default_cptr_flags(void)
{
    return CPTR_EL2_RES1 | CPTR_EL2_TZ | CPTR_EL2_TSM | CPTR_EL2_TTA | CPTR_EL2_TAM;
}

/*
 * Debug, OS lock, debug ROM and performance monitors are emulated (vsysreg.c); no event counters are given away. The
 * buffers of the profiling and trace extensions trap: E2PB and E2TB are 0.
 */
register_t get_default_mdcr_flags(void)
{
    register_t mdcr = MDCR_EL2_TDRA | MDCR_EL2_TDOSA | MDCR_EL2_TDA | MDCR_EL2_TPM | MDCR_EL2_TPMCR | MDCR_EL2_TPMS |
                      MDCR_EL2_TTRF;
    unsigned int pmu = id_field(READ_SYSREG(ID_AA64DFR0_EL1), ID_AA64DFR0_PMUVER_SHIFT);

    /* HPMN must not be 0. All counters on the guests' side of it: out of reach (TPM), and none counts for EL2. */
    if ( pmu != 0 && pmu != ID_AA64DFR0_PMUVER_IMPDEF )
        mdcr |= (READ_SYSREG(PMCR_EL0) >> PMCR_EL0_N_SHIFT) & MDCR_EL2_HPMN_MASK;

    return mdcr;
}

/* Registers that are unknown after reset. EL3 must let us: SCR_EL3.FGTEn, HXEn (Linux booting.rst asks for the same). */
static void clear_fine_traps(void)
{
    if ( !fine_traps )
        return;

    if ( id_field(READ_SYSREG(ID_AA64MMFR0_EL1), ID_AA64MMFR0_FGT_SHIFT) )
    {
        WRITE_SYSREG(0, HFGRTR_EL2);
        WRITE_SYSREG(0, HFGWTR_EL2);
        WRITE_SYSREG(0, HFGITR_EL2);
        WRITE_SYSREG(0, HDFGRTR_EL2);
        WRITE_SYSREG(0, HDFGWTR_EL2);
    }
    if ( id_field(READ_SYSREG(ID_AA64MMFR1_EL1), ID_AA64MMFR1_HCX_SHIFT) )
        WRITE_SYSREG(0, HCRX_EL2);
}

/*
 * init_traps - vectors and those trap controls of this CPU that are the same for all guests
 * Context: boot of each CPU, IRQs off, command line read. HCR_EL2 is loaded with a vCPU; until then no stage 2, no traps.
 */
void init_traps(void)
{
    WRITE_SYSREG((vaddr_t)hyp_traps_vector, VBAR_EL2);

    WRITE_SYSREG(HCR_AMO | HCR_FMO | HCR_IMO | HCR_RW, HCR_EL2);
    WRITE_SYSREG(0, HSTR_EL2);
    /* Debug is not offered: no breakpoint or single step may come from stale values */
    WRITE_SYSREG(0, MDSCR_EL1);
    clear_fine_traps();
    isb();
}

/* ---- Ways in and out ------------------------------------------------------------------------------------------- */

/* current, where the frame of its guest is at hand */
static always_inline struct vcpu *vcpu_of_frame(struct cpu_user_regs *regs)
{
    return container_of(regs, struct cpu_info, guest_cpu_user_regs)->vcpu;
}

/* First C code after a trap from a guest, IRQs off: the list registers are read back before anyone looks at the vGIC */
static always_inline void enter_from_guest(struct vcpu *v, const struct cpu_user_regs *regs, register_t syndrome)
{
    irqs_off_begin();
    TRACE_TIME(TRC_HVM_VMEXIT, TRACE_VCPU(v), syndrome, regs->x0, regs->pc, regs->pc >> 32);

    if ( v->arch.vgic.lr_used )
        vgic_sync_from_lrs(v);
}

static noinline void guest_serror(struct vcpu *v)
{
    v->arch.serror = false;
    local_irq_enable();
    domain_crash(v->domain, "%pv: SError at pc %#lx\n", v, (unsigned long)guest_cpu_user_regs()->pc);
}

/*
 * Last C code before a guest runs. Softirqs (the scheduler among them) run until none is pending with IRQs off; from
 * then on an interrupt stays pending until the guest is entered, and brings us back. Returns with IRQs off.
 */
static always_inline void leave_to_guest(struct vcpu *v)
{
    if ( unlikely(v->arch.serror) )
        guest_serror(v);

    local_irq_disable();

    while ( unlikely(local_softirq_pending()) )
    {
        v->arch.at_rest = true;
        local_irq_enable();
        do_softirq();
        local_irq_disable();
        v->arch.at_rest = false;
    }

    if ( unlikely(ACCESS_ONCE(v->arch.vgic.dirty)) )
        vgic_sync_to_lrs();

    TRACE_TIME(TRC_HVM_VMENTRY, TRACE_VCPU(v));
    irqs_off_end();
}

/* The way out of a vCPU that has not run yet */
void leave_hypervisor_to_guest(void)
{
    leave_to_guest(current);
}

/* ---- A guest's synchronous exceptions -------------------------------------------------------------------------- */

static void do_trap_wfx(struct cpu_user_regs *regs, const union hsr hsr)
{
    /* The PC first: the wait ends behind the instruction, and a vCPU that waits may be looked at */
    advance_pc(regs, hsr);

    /* The timed forms may end at any time: as a yield they are correct, if not economic */
    if ( hsr.wfi_wfe.ti == 0 )
        vcpu_block();
    else
        vcpu_yield();
}

/* The hardware has advanced the PC already */
static void do_trap_hvc(struct cpu_user_regs *regs, const union hsr hsr)
{
    if ( hsr.hvc.imm == XEN_HYPERCALL_TAG )
    {
        do_hypercall(regs);
        return;
    }

    /* The preferred return address of an undefined HVC is the HVC itself. HVC #0: see do_trap_guest_sync(). */
    regs->pc -= 4;
    inject_undef_exception(regs);
}

/* Instructions of features that guests do not have */
static void do_trap_undef(struct cpu_user_regs *regs, const union hsr hsr)
{
    inject_undef_exception(regs);
}

/* The whole syndrome of HVC #0 */
#define HSR_HVC64_0         (((register_t)HSR_EC_HVC64 << 26) | HSR_IL)

typedef void (*guest_trap_fn)(struct cpu_user_regs *regs, const union hsr hsr);

static const guest_trap_fn guest_traps[HSR_EC_MAX + 1] = {
    [HSR_EC_WFI_WFE]              = do_trap_wfx,
    [HSR_EC_CP15_32]              = do_trap_undef,
    [HSR_EC_CP15_64]              = do_trap_undef,
    [HSR_EC_CP14_32]              = do_trap_undef,
    [HSR_EC_CP14_DBG]             = do_trap_undef,
    [HSR_EC_CP14_64]              = do_trap_undef,
    [HSR_EC_CP10]                 = do_trap_undef,
    [HSR_EC_FP_SIMD]              = do_trap_undef,
    [HSR_EC_PAC]                  = do_trap_undef,
    [HSR_EC_HVC64]                = do_trap_hvc,
    [HSR_EC_SMC64]                = do_trap_smc,
    [HSR_EC_SYSREG]               = do_sysreg,
    [HSR_EC_SVE]                  = do_trap_undef,
    [HSR_EC_SME]                  = do_trap_undef,
    [HSR_EC_INSTR_ABORT_LOWER_EL] = do_trap_instr_abort,
    [HSR_EC_DATA_ABORT_LOWER_EL]  = do_trap_data_abort,
};

static void handle_guest_trap(struct cpu_user_regs *regs, const union hsr hsr)
{
    guest_trap_fn handler = guest_traps[hsr.ec];

    /* A conditional AArch32 instruction may trap although its condition fails: it is a no-op then */
    if ( regs_mode_is_32bit(regs) && !check_conditional_instr(regs, hsr) )
    {
        advance_pc(regs, hsr);
        return;
    }

    if ( !handler )
    {
        guest_trap_debug("trap of class %#x (syndrome %#lx) at %#lx: undefined\n",
                         (unsigned int)hsr.ec, (unsigned long)hsr.bits, (unsigned long)regs->pc);
        inject_undef_exception(regs);
        return;
    }

    handler(regs, hsr);
}

/*
 * do_trap_guest_sync - every synchronous exception of a guest
 * @regs: its frame; regs->hsr is the syndrome
 * Context: from entry.S, IRQs off; on for the handlers, with current the vCPU that trapped; off again at the end.
 */
void do_trap_guest_sync(struct cpu_user_regs *regs)
{
    struct vcpu *v = vcpu_of_frame(regs);
    const union hsr hsr = { .bits = regs->hsr };

    enter_from_guest(v, regs, hsr.bits);
    local_irq_enable();

    /*
     * Calls first: they are what is counted (docs/performance.md). Only AArch64 can make them. Those of FF-A go straight to
     * the mediator, as vsmc.c would have them; it has the last word on what nobody takes.
     */
    if ( likely(hsr.bits == HSR_HVC64_0) )
    {
        uint32_t fid = get_user_reg(regs, 0);

        if ( !is_plain_ffa_fid(fid) || !tee_handle_call(regs) )
            do_trap_hvc_smccc(regs);
    }
    else if ( likely(hsr.ec == HSR_EC_HVC64) )
        do_trap_hvc(regs, hsr);
    else
        handle_guest_trap(regs, hsr);

    leave_to_guest(v);
}

/* IRQs are off and locks need them on: the verdict is carried out on the way back to the guest */
void do_trap_guest_serror(struct cpu_user_regs *regs)
{
    struct vcpu *v = vcpu_of_frame(regs);

    enter_from_guest(v, regs, regs->hsr);
    v->arch.serror = true;
    leave_to_guest(v);
}

/* ---- Interrupts ------------------------------------------------------------------------------------------------ */

void do_trap_irq(struct cpu_user_regs *regs)
{
    irqs_off_begin();
    gic_interrupt(regs);
    irqs_off_end();
}

void do_trap_guest_irq(struct cpu_user_regs *regs)
{
    struct vcpu *v = vcpu_of_frame(regs);

    enter_from_guest(v, regs, 0);
    gic_interrupt(regs);
    leave_to_guest(v);
}

/* Group 0 belongs to the secure world; a FIQ here is a firmware that set it up wrong. Not a guest's doing. */
void do_trap_fiq(struct cpu_user_regs *regs)
{
    show_execution_state(regs);
    panic("FIQ taken to EL2\n");
}

/* ---- Our own exceptions: all fatal ----------------------------------------------------------------------------- */

static const char *hyp_fault_text(const union hsr hsr)
{
    switch ( hsr.ec )
    {
    case HSR_EC_DATA_ABORT_CURR_EL:
        return hsr.dabt.write ? "data abort on a write" : "data abort on a read";
    case HSR_EC_INSTR_ABORT_CURR_EL:
        return "instruction abort";
    case HSR_EC_PC_ALIGN:
        return "misaligned PC";
    case HSR_EC_SP_ALIGN:
        return "misaligned SP";
    case HSR_EC_BTI:
        return "branch to a place that is no branch target";
    case HSR_EC_FPAC:
        return "pointer authentication failure";
    case HSR_EC_ILLEGAL:
        return "illegal execution state";
    case HSR_EC_UNKNOWN:
        return "undefined instruction";
    default:
        return "exception";
    }
}

void do_trap_hyp_sync(struct cpu_user_regs *regs)
{
    const union hsr hsr = { .bits = regs->hsr };
    register_t far = READ_SYSREG(FAR_EL2);

    /* vcpu_state.c tries a register that the firmware may keep: EL3 passes its trap on as an undefined instruction */
    if ( hsr.ec == HSR_EC_UNKNOWN && regs->pc == (vaddr_t)tpidr2_try )
    {
        regs->pc = (vaddr_t)tpidr2_try_end;
        return;
    }

    printk("CPU%u: %s, syndrome %#lx, FAR %#lx\n", smp_processor_id(), hyp_fault_text(hsr),
           (unsigned long)hsr.bits, (unsigned long)far);
    show_execution_state(regs);
    panic("CPU%u: unexpected trap at EL2: %s\n", smp_processor_id(), hyp_fault_text(hsr));
}

static bool in_serror_window(vaddr_t pc)
{
    const struct serror_window *w;

    for ( w = serror_windows; w < serror_windows_end; w++ )
        if ( pc >= w->first && pc <= w->last )
            return true;

    return false;
}

void do_trap_hyp_serror(struct cpu_user_regs *regs)
{
    /* Left behind by the guest that just trapped: it pays, we go on */
    if ( in_serror_window(regs->pc) && !is_idle_vcpu(current) )
    {
        current->arch.serror = true;
        return;
    }

    show_execution_state(regs);
    panic("CPU%u: SError at EL2, syndrome %#lx\n", smp_processor_id(), (unsigned long)regs->hsr);
}

void do_bad_mode(struct cpu_user_regs *regs, unsigned int vector)
{
    printk("CPU%u: vector %u should never be used, syndrome %#lx\n", smp_processor_id(), vector,
           (unsigned long)regs->hsr);
    show_execution_state(regs);
    panic("CPU%u: bad mode\n", smp_processor_id());
}

void do_stack_overflow(struct cpu_user_regs *regs)
{
    vaddr_t far = READ_SYSREG(FAR_EL2);

    /* No overflow leaves its fault further from SP than the guard is large: an ordinary fault, on the boot stack */
    if ( far + STACK_SIZE < regs->sp || far > regs->sp + STACK_SIZE )
    {
        do_trap_hyp_sync(regs);
        return;
    }

    printk("CPU%u: the stack of %pv overflowed: sp %#lx, FAR %#lx\n", smp_processor_id(), current,
           (unsigned long)regs->sp, (unsigned long)far);
    show_registers(regs);
    show_backtrace(regs->pc, regs->fp);
    panic("CPU%u: stack overflow at %pS\n", smp_processor_id(), (void *)regs->pc);
}
