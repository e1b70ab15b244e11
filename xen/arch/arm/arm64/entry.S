/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 exception vectors: save, call, restore; nothing is decided here.
 *
 *      guest (EL1/EL0)                         EL2 itself
 *        | HVC, SMC, abort,    | IRQ             | fault, BRK      | IRQ
 *        v sysreg trap         v                 v                 v
 *      guest_sync            guest_irq         hyp_sync          hyp_irq
 *        | save_frame, our key A                 | overflow? ----> emergency stack, do_stack_overflow()
 *        v                     v                 v                 v
 *      do_trap_guest_sync()  do_trap_guest_irq() do_trap_hyp_sync() do_trap_irq()
 *        | in: list registers; IRQs on           |                 |
 *        | the work                              +--------+--------+
 *        | out: softirqs, scheduling, vGIC                v
 *        v                     v                 return_to_hyp
 *      guest's key A, frame, ERET
 *
 * The frame is struct cpu_user_regs. While a guest runs, SP_EL2 points right behind the frame at the top of its vCPU's
 * stack (struct cpu_info), so saving fills exactly guest_cpu_user_regs().
 *
 * EL2 is compiled with return addresses signed by key A; a guest may use that key too. Hence no C function runs
 * between the trap and the swap to our key, nor after the swap back.
 */
#include <asm/config.h>
#include <generated/asm-offsets.h>

/* Key registers by number: ARMv8.0 assemblers do not know the names */
#define APIAKeyLo_EL1   S3_0_C2_C1_0
#define APIAKeyHi_EL1   S3_0_C2_C1_1

/* A stack is the upper half of a slot of twice its size (vmap.c): this bit is set in every address on it */
#define STACK_GUARD_BIT (12 + STACK_ORDER)

#define HCR_API_BIT     41

#define DAIF_SERROR     4
#define DAIF_IRQ        2

/* \dst = address of this CPU's copy of the per-CPU variable \sym; clobbers \tmp */
.macro adr_this_cpu dst, sym, tmp
        adrp    \dst, \sym
        add     \dst, \dst, :lo12:\sym
        mrs     \tmp, tpidr_el2
        add     \dst, \dst, \tmp
.endm

/* x0-x30 and the three exception registers into a new frame; leaves x0-x2 and lr free */
.macro save_frame
        stp     x0, x1, [sp, #(UREGS_X0 - UREGS_SIZE)]!
        stp     x2, x3, [sp, #UREGS_X0 + 16]
        stp     x4, x5, [sp, #UREGS_X0 + 32]
        stp     x6, x7, [sp, #UREGS_X0 + 48]
        stp     x8, x9, [sp, #UREGS_X0 + 64]
        stp     x10, x11, [sp, #UREGS_X0 + 80]
        stp     x12, x13, [sp, #UREGS_X0 + 96]
        stp     x14, x15, [sp, #UREGS_X0 + 112]
        stp     x16, x17, [sp, #UREGS_X0 + 128]
        stp     x18, x19, [sp, #UREGS_X0 + 144]
        stp     x20, x21, [sp, #UREGS_X0 + 160]
        stp     x22, x23, [sp, #UREGS_X0 + 176]
        stp     x24, x25, [sp, #UREGS_X0 + 192]
        stp     x26, x27, [sp, #UREGS_X0 + 208]
        stp     x28, x29, [sp, #UREGS_X0 + 224]
        mrs     x0, elr_el2
        mrs     x1, spsr_el2
        mrs     x2, esr_el2
        stp     lr, x0, [sp, #UREGS_LR]
        stp     x1, x2, [sp, #UREGS_CPSR]
.endm

/* The reverse, up to and including the return */
.macro restore_frame_and_eret
        ldp     lr, x0, [sp, #UREGS_LR]
        ldr     x1, [sp, #UREGS_CPSR]
        msr     elr_el2, x0
        msr     spsr_el2, x1
        ldp     x2, x3, [sp, #UREGS_X0 + 16]
        ldp     x4, x5, [sp, #UREGS_X0 + 32]
        ldp     x6, x7, [sp, #UREGS_X0 + 48]
        ldp     x8, x9, [sp, #UREGS_X0 + 64]
        ldp     x10, x11, [sp, #UREGS_X0 + 80]
        ldp     x12, x13, [sp, #UREGS_X0 + 96]
        ldp     x14, x15, [sp, #UREGS_X0 + 112]
        ldp     x16, x17, [sp, #UREGS_X0 + 128]
        ldp     x18, x19, [sp, #UREGS_X0 + 144]
        ldp     x20, x21, [sp, #UREGS_X0 + 160]
        ldp     x22, x23, [sp, #UREGS_X0 + 176]
        ldp     x24, x25, [sp, #UREGS_X0 + 192]
        ldp     x26, x27, [sp, #UREGS_X0 + 208]
        ldp     x28, x29, [sp, #UREGS_X0 + 224]
        ldp     x0, x1, [sp], #(UREGS_SIZE - UREGS_X0)
        eret
        /* Nothing behind an ERET may run, not even speculatively */
        dsb     nsh
        isb
.endm

/*
 * Key A: the guest's to struct cpu_info, which begins at sp, and ours from ptrauth_hyp_key. HCR_EL2.API says that the CPU
 * has pointer authentication: get_default_hcr_flags() gives it to every guest then.
 */
.macro ptrauth_enter
        mrs     x0, hcr_el2
        tbz     x0, #HCR_API_BIT, 1f
        mrs     x1, APIAKeyLo_EL1
        mrs     x2, APIAKeyHi_EL1
        stp     x1, x2, [sp, #CPU_INFO_GUEST_APIA]
        adr     x0, ptrauth_hyp_key
        ldp     x1, x2, [x0]
        msr     APIAKeyLo_EL1, x1
        msr     APIAKeyHi_EL1, x2
1:
.endm

/* ERET synchronises the context: no barrier needed here */
.macro ptrauth_exit
        mrs     x0, hcr_el2
        tbz     x0, #HCR_API_BIT, 1f
        ldp     x1, x2, [sp, #CPU_INFO_GUEST_APIA]
        msr     APIAKeyLo_EL1, x1
        msr     APIAKeyHi_EL1, x2
1:
.endm

        .section ".text.entry", "ax"

/*
 * What the guest left behind and not yet reported is reported at this window: do_trap_hyp_serror() blames the guest
 * for an SError whose return address lies in one. The ISB also makes the key of ptrauth_enter ours.
 */
.macro serror_window_from_guest
        dsb     sy
        msr     daifclr, #DAIF_SERROR
2:      isb
3:
        .pushsection ".rodata.serror_windows", "a"
        .quad   2b, 3b
        .popsection
.endm

/* One C function per trap: it enters the hypervisor, does the work, and leaves with IRQs off */
.macro guest_trap fn
        save_frame
        ptrauth_enter
        serror_window_from_guest
        mov     x0, sp
        bl      \fn
        return_to_guest
.endm

/* sp = the guest's frame at the top of the stack of the current vCPU */
.macro return_to_guest
        msr     daifset, #(DAIF_SERROR | DAIF_IRQ)
        ptrauth_exit
        restore_frame_and_eret
.endm

guest_sync:
        guest_trap do_trap_guest_sync

guest_irq:
        guest_trap do_trap_guest_irq

guest_fiq:
        guest_trap do_trap_fiq

guest_serror:
        guest_trap do_trap_guest_serror

/*
 * void noreturn return_to_new_vcpu64(struct cpu_info *top)
 * First entry of a vCPU: @top begins with its frame. Interrupts as in any C function of its new context.
 */
ENTRY(return_to_new_vcpu64)
        mov     sp, x0
        bl      leave_hypervisor_to_guest
        return_to_guest
ENDPROC(return_to_new_vcpu64)

/*
 * void noreturn reset_stack_and_call(void (*fn)(void), void *sp)
 * Forget everything on the stack and go to a function that does not return.
 */
ENTRY(reset_stack_and_call)
        mov     sp, x1
        mov     x29, xzr
        mov     lr, xzr
        mov     x17, x0
        br      x17
ENDPROC(reset_stack_and_call)

.macro hyp_frame_sp
        add     x0, sp, #UREGS_SIZE
        str     x0, [sp, #UREGS_SP]
.endm

/*
 * Is the stack gone? If there is no room for the frame, it reaches into the unmapped half of the stack's slot, and saving
 * it would fault for ever. SP itself may be in there or not yet: a store that moves it and faults has not moved it. No
 * register is to spare for the test: sp and x0 are summed up, then taken apart again. Boot runs on another stack, which
 * may have the bit clear: do_stack_overflow() tells the two apart by FAR.
 */
hyp_sync:
        add     sp, sp, x0              /* sp = sp + x0 */
        sub     x0, sp, x0              /* x0 = sp */
        sub     x0, x0, #UREGS_SIZE
        tbz     x0, #STACK_GUARD_BIT, hyp_stack_overflow
        add     x0, x0, #UREGS_SIZE
        sub     x0, sp, x0              /* x0 = x0 */
        sub     sp, sp, x0              /* sp = sp */
        save_frame
        hyp_frame_sp
        mov     x0, sp
        bl      do_trap_hyp_sync
        b       return_to_hyp

hyp_irq:
        save_frame
        hyp_frame_sp
        mov     x0, sp
        bl      do_trap_irq
        b       return_to_hyp

hyp_fiq:
        save_frame
        hyp_frame_sp
        mov     x0, sp
        bl      do_trap_fiq
        b       return_to_hyp

hyp_serror:
        save_frame
        hyp_frame_sp
        mov     x0, sp
        bl      do_trap_hyp_serror

return_to_hyp:
        msr     daifset, #(DAIF_SERROR | DAIF_IRQ)
        restore_frame_and_eret

/* x0 = the bad sp less a frame, sp = bad sp + x0. We will not return: the guest's thread registers are scratch space. */
hyp_stack_overflow:
        add     x0, x0, #UREGS_SIZE
        msr     tpidr_el0, x0
        sub     x0, sp, x0
        msr     tpidrro_el0, x0
        msr     sp_el0, x1
        adr_this_cpu x0, per_cpu__emergency_stack, x1
        mov     x1, #EMERGENCY_STACK_BYTES
        add     sp, x0, x1
        mrs     x0, tpidrro_el0
        mrs     x1, sp_el0
        save_frame
        mrs     x0, tpidr_el0
        str     x0, [sp, #UREGS_SP]
        mov     x0, sp
        bl      do_stack_overflow
        b       .

/* Vectors that nothing should ever use: EL2 always runs on SP_EL2 */
.macro bad_entry n
        save_frame
        hyp_frame_sp
        mov     x0, sp
        mov     x1, #\n
        bl      do_bad_mode
        b       .
.endm

bad_sp0_sync:
        bad_entry 0
bad_sp0_irq:
        bad_entry 1
bad_sp0_fiq:
        bad_entry 2
bad_sp0_serror:
        bad_entry 3

.macro ventry label
        .p2align 7
        b       \label
.endm

        .p2align 11
GLOBAL(hyp_traps_vector)
        ventry  bad_sp0_sync            /* EL2 on SP_EL0 */
        ventry  bad_sp0_irq
        ventry  bad_sp0_fiq
        ventry  bad_sp0_serror

        ventry  hyp_sync                /* EL2 */
        ventry  hyp_irq
        ventry  hyp_fiq
        ventry  hyp_serror

        ventry  guest_sync              /* AArch64 guest */
        ventry  guest_irq
        ventry  guest_fiq
        ventry  guest_serror

        ventry  guest_sync              /* AArch32 user space of a guest */
        ventry  guest_irq
        ventry  guest_fiq
        ventry  guest_serror
        .p2align 7

/*
 * struct vcpu *__context_switch(struct vcpu *prev, struct vcpu *next)
 *
 * Callee-saved registers, stack and return address of @prev to its struct, those of @next from its struct. Returns on
 * the stack of @next, with @prev (as @next sees it: who ran before it). Interrupts off.
 */
ENTRY(__context_switch)
        mov     x9, #VCPU_SAVED_CONTEXT
        add     x8, x0, x9
        mov     x10, sp
        stp     x19, x20, [x8], #16
        stp     x21, x22, [x8], #16
        stp     x23, x24, [x8], #16
        stp     x25, x26, [x8], #16
        stp     x27, x28, [x8], #16
        stp     x29, x10, [x8], #16
        str     lr, [x8]

        add     x8, x1, x9
        ldp     x19, x20, [x8], #16
        ldp     x21, x22, [x8], #16
        ldp     x23, x24, [x8], #16
        ldp     x25, x26, [x8], #16
        ldp     x27, x28, [x8], #16
        ldp     x29, x10, [x8], #16
        ldr     lr, [x8]
        mov     sp, x10
        ret
ENDPROC(__context_switch)
