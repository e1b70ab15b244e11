/* SPDX-License-Identifier: BSD-2-Clause */
/* The selftest's start at EL2 on both CPUs, its IRQ vector, and the SMC with all eighteen registers. */
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
        ldp     x0, x1, [x19]
        ldp     x2, x3, [x19, #16]
        ldp     x4, x5, [x19, #32]
        ldp     x6, x7, [x19, #48]
        ldp     x8, x9, [x19, #64]
        ldp     x10, x11, [x19, #80]
        ldp     x12, x13, [x19, #96]
        ldp     x14, x15, [x19, #112]
        ldp     x16, x17, [x19, #128]
        smc     #0
        stp     x0, x1, [x19]
        stp     x2, x3, [x19, #16]
        stp     x4, x5, [x19, #32]
        stp     x6, x7, [x19, #48]
        stp     x8, x9, [x19, #64]
        stp     x10, x11, [x19, #80]
        stp     x12, x13, [x19, #96]
        stp     x14, x15, [x19, #112]
        stp     x16, x17, [x19, #128]
        ldp     x19, x30, [sp], #16
        ret

irq:
        sub     sp, sp, #192
        stp     x0, x1, [sp]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        mrs     x0, elr_el2
        mrs     x1, spsr_el2
        stp     x0, x1, [sp, #160]
        bl      test_irq
        ldp     x0, x1, [sp, #160]
        msr     elr_el2, x0
        msr     spsr_el2, x1
        ldp     x0, x1, [sp]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
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
