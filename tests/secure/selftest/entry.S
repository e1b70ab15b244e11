/* SPDX-License-Identifier: BSD-2-Clause */
/* The selftest's start at EL2 on both CPUs, its IRQ vector, and the SMC with all eighteen registers. */
#include "call_regs.h"

#define STACK 0x4000

        .section .text.head, "ax"
        .globl  _start
_start:
        mov     x20, x0
        ldr     x1, =__bss_start
        ldr     x2, =__bss_end
1:      stp     xzr, xzr, [x1], #16
        cmp     x1, x2
        b.lo    1b
        ldr     x1, =stacks + STACK
        mov     sp, x1
        mrs     x1, currentel
        cmp     x1, #8
        b.ne    test_el1
        ldr     x1, =vectors
        msr     vbar_el2, x1
        isb
        mov     x0, x20
        bl      test_main
2:      wfi
        b       2b

        .globl  secondary_start
secondary_start:
        ldr     x1, =stacks + 2 * STACK
        mov     sp, x1
        ldr     x1, =vectors
        msr     vbar_el2, x1
        isb
        bl      test_secondary
3:      wfi
        b       3b

/* void smc(struct regs *r) */
        .text
        .globl  smc
smc:
        stp     x19, x30, [sp, #-16]!
        mov     x19, x0
        each_call_pair ldp, x19
        smc     #0
        each_call_pair stp, x19
        ldp     x19, x30, [sp], #16
        ret

irq:
        sub     sp, sp, #192
        each_call_pair stp, sp
        stp     x18, x30, [sp, #144]
        mrs     x0, elr_el2
        mrs     x1, spsr_el2
        stp     x0, x1, [sp, #160]
        bl      test_irq
        ldp     x0, x1, [sp, #160]
        msr     elr_el2, x0
        msr     spsr_el2, x1
        each_call_pair ldp, sp
        ldp     x18, x30, [sp, #144]
        add     sp, sp, #192
        eret

dead:
        mrs     x0, esr_el2
        mrs     x1, elr_el2
        mrs     x2, far_el2
        bl      test_fault

        .balign 2048
vectors:
        .rept   4
        .balign 128
        b       dead
        .endr
        .balign 128
        b       dead
        .balign 128
        b       irq
        .rept   10
        .balign 128
        b       dead
        .endr

        .section .bss.stacks, "aw", %nobits
        .balign 16
stacks:
        .space  2 * STACK
