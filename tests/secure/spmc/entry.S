/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of the SPMC on each CPU, its vectors, and the three switches: to the monitor, to a partition, a probe. */
#include "call_regs.h"
#include "layout.h"

#define CTX_PC      248

        .section .text.head, "ax"
        .globl  _start
_start:
        cbnz    x0, 2f
        ldr     x1, =__bss_start                /* CPU 0, before it has a stack in there */
        ldr     x2, =__bss_end
1:      stp     xzr, xzr, [x1], #16
        cmp     x1, x2
        b.lo    1b
2:      ldr     x1, =spmc_stacks
        add     x2, x0, #1
        mov     x3, #SPMC_STACK_SIZE
        madd    x1, x2, x3, x1
        mov     sp, x1
        ldr     x1, =spmc_vectors
        msr     vbar_el1, x1
        isb
        b       spmc_main
        .ltorg

/* What a C function must leave as it was, in a frame with 16 bytes to spare at [sp, #96] */
        .macro  enter_function
        stp     x29, x30, [sp, #-112]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        .endm

        .macro  leave_function
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     x29, x30, [sp], #112
        ret
        .endm

/* x2 to x29 in the struct sp_ctx at x0 */
        .macro  each_ctx_pair op
        \op    x2, x3, [x0, #16]
        \op    x4, x5, [x0, #32]
        \op    x6, x7, [x0, #48]
        \op    x8, x9, [x0, #64]
        \op    x10, x11, [x0, #80]
        \op    x12, x13, [x0, #96]
        \op    x14, x15, [x0, #112]
        \op    x16, x17, [x0, #128]
        \op    x18, x19, [x0, #144]
        \op    x20, x21, [x0, #160]
        \op    x22, x23, [x0, #176]
        \op    x24, x25, [x0, #192]
        \op    x26, x27, [x0, #208]
        \op    x28, x29, [x0, #224]
        .endm

        .text
/* uint64_t spmc_exchange(struct regs *r) */
        .globl  spmc_exchange
spmc_exchange:
        enter_function
        str     x0, [sp, #96]
        mov     x18, x0
        each_call_pair ldp, x18
        smc     #0
        ldr     x19, [sp, #96]
        each_call_pair stp, x19
        mov     x0, x18
        leave_function

/* unsigned int sp_enter(struct sp_ctx *ctx): the stack keeps our registers, and ctx on top of them */
        .globl  sp_enter
sp_enter:
        enter_function
        str     x0, [sp, #-16]!
        ldp     x1, x2, [x0, #CTX_PC]
        ldr     x3, [x0, #CTX_PC + 16]
        msr     elr_el1, x1
        msr     spsr_el1, x2
        msr     sp_el0, x3
        each_ctx_pair ldp
        ldr     x30, [x0, #240]
        ldp     x0, x1, [x0]
        eret

        .macro  from_sp reason
        stp     x0, x1, [sp, #-16]!
        mov     x1, #\reason
        b       sp_left
        .endm

/* x1 = reason; on the stack x0, x1 of the partition, then ctx, then sp_enter()'s frame */
sp_left:
        ldr     x0, [sp, #16]
        each_ctx_pair stp
        str     x30, [x0, #240]
        ldp     x2, x3, [sp], #32
        stp     x2, x3, [x0]
        mrs     x2, elr_el1
        mrs     x3, spsr_el1
        mrs     x4, sp_el0
        stp     x2, x3, [x0, #CTX_PC]
        str     x4, [x0, #CTX_PC + 16]
        mov     x0, x1
        leave_function

/* bool mem_probe(const volatile uint8_t *p, unsigned int pages) */
        .globl  mem_probe
mem_probe:
        cbz     w1, 2f
1:
probe_load:
        ldrb    w2, [x0]
        add     x0, x0, #PAGE_SIZE
        subs    w1, w1, #1
        b.ne    1b
2:      mov     w0, #1
        ret
probe_failed:
        mov     w0, #0
        ret

/* Our own exceptions: a failed probe goes on, everything else is the end. */
own_sync:
        stp     x0, x1, [sp, #-16]!
        mrs     x0, elr_el1
        ldr     x1, =probe_load
        cmp     x0, x1
        b.ne    own_fatal
        ldr     x0, =probe_failed
        msr     elr_el1, x0
        ldp     x0, x1, [sp], #16
        eret
own_fatal:
        mrs     x0, esr_el1
        mrs     x1, elr_el1
        mrs     x2, far_el1
        bl      spmc_fatal

        .macro  slot target
        .balign 128
        b       \target
        .endm
        .macro  slot_sp reason
        .balign 128
        from_sp \reason
        .endm

        .balign 2048
        .globl  spmc_vectors
spmc_vectors:
        .rept   4
        slot    own_fatal
        .endr
        slot    own_sync
        .rept   3
        slot    own_fatal
        .endr
        slot_sp 0
        slot_sp 1
        slot_sp 2
        slot_sp 3
        .rept   4
        slot    own_fatal
        .endr

        .section .rodata, "a"
        .balign PAGE_SIZE
        .globl  sp_images
sp_images:
        .incbin SP_ECHO_BIN
        .balign PAGE_SIZE
        .incbin SP_NOTIFY_BIN
        .balign PAGE_SIZE
        .incbin SP_FAULTS_BIN
        .balign PAGE_SIZE

        .section .bss.stacks, "aw", %nobits
        .balign 16
spmc_stacks:
        .space  SPMC_STACK_SIZE * MAX_CPUS
