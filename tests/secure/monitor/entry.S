/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reset and exception entry of EL3.
 *
 * All CPUs start at flash 0 together. CPU 0 copies the monitor to secure RAM and goes on; the others wait for
 * GICD_CTLR.EnableGrp1S, which CPU 0 sets when everything is in place: unlike RAM it is cleared by every kind of reset.
 */
#include "layout.h"

#define FRAME_SIZE  272
#define F_X(n)      ((n) * 8)
#define F_ELR       248
#define F_SP_EL0    264

        .section .text.reset, "ax"
        .globl  _start
_start:
        mrs     x0, mpidr_el1
        ubfx    x1, x0, #8, #8
        and     x0, x0, #0xff
        add     x20, x0, x1, lsl #4
        cmp     x20, #MAX_CPUS
        b.hs    park
        cbnz    x20, secondary

        ldr     x0, =0                          /* flash */
        ldr     x1, =MON_BASE
        ldr     x2, =__load_end
1:      ldp     x3, x4, [x0], #16
        stp     x3, x4, [x1], #16
        cmp     x1, x2
        b.lo    1b
        ldr     x1, =__bss_start
        ldr     x2, =__bss_end
2:      stp     xzr, xzr, [x1], #16
        cmp     x1, x2
        b.lo    2b
        dsb     sy
        ic      iallu
        dsb     sy
        isb
        b       3f

secondary:
        ldr     x1, =GICD_BASE
4:      yield
        ldr     w2, [x1]
        tbz     w2, #2, 4b
        dsb     sy
        ic      iallu
        isb

3:      ldr     x1, =in_ram
        br      x1
park:
        wfi
        b       park
        .ltorg

        .text
in_ram:
        mov     w0, w20
        bl      mon_frame
        mov     sp, x0
        ldr     x1, =mon_vectors
        msr     vbar_el3, x1
        isb
        mov     w0, w20
        b       mon_main

/* struct frame *mon_frame(unsigned int cpu): the one exception frame of a CPU, at the top of its stack */
        .globl  mon_frame
mon_frame:
        ldr     x1, =mon_stacks
        add     w0, w0, #1
        mov     x2, #MON_STACK_SIZE
        madd    x0, x0, x2, x1
        sub     x0, x0, #FRAME_SIZE
        ret

/* void mon_launch(struct frame *frame): leave EL3 with these registers and an empty stack */
        .globl  mon_launch
mon_launch:
        mov     sp, x0
restore:
        ldp     x0, x1, [sp, #F_ELR]
        msr     elr_el3, x0
        msr     spsr_el3, x1
        ldr     x0, [sp, #F_SP_EL0]
        msr     sp_el0, x0
        ldp     x0, x1, [sp, #F_X(0)]
        ldp     x2, x3, [sp, #F_X(2)]
        ldp     x4, x5, [sp, #F_X(4)]
        ldp     x6, x7, [sp, #F_X(6)]
        ldp     x8, x9, [sp, #F_X(8)]
        ldp     x10, x11, [sp, #F_X(10)]
        ldp     x12, x13, [sp, #F_X(12)]
        ldp     x14, x15, [sp, #F_X(14)]
        ldp     x16, x17, [sp, #F_X(16)]
        ldp     x18, x19, [sp, #F_X(18)]
        ldp     x20, x21, [sp, #F_X(20)]
        ldp     x22, x23, [sp, #F_X(22)]
        ldp     x24, x25, [sp, #F_X(24)]
        ldp     x26, x27, [sp, #F_X(26)]
        ldp     x28, x29, [sp, #F_X(28)]
        ldr     x30, [sp, #F_X(30)]
        add     sp, sp, #FRAME_SIZE
        eret

        .macro  save
        sub     sp, sp, #FRAME_SIZE
        stp     x0, x1, [sp, #F_X(0)]
        stp     x2, x3, [sp, #F_X(2)]
        stp     x4, x5, [sp, #F_X(4)]
        stp     x6, x7, [sp, #F_X(6)]
        stp     x8, x9, [sp, #F_X(8)]
        stp     x10, x11, [sp, #F_X(10)]
        stp     x12, x13, [sp, #F_X(12)]
        stp     x14, x15, [sp, #F_X(14)]
        stp     x16, x17, [sp, #F_X(16)]
        stp     x18, x19, [sp, #F_X(18)]
        stp     x20, x21, [sp, #F_X(20)]
        stp     x22, x23, [sp, #F_X(22)]
        stp     x24, x25, [sp, #F_X(24)]
        stp     x26, x27, [sp, #F_X(26)]
        stp     x28, x29, [sp, #F_X(28)]
        mrs     x0, elr_el3
        stp     x30, x0, [sp, #F_X(30)]
        mrs     x0, spsr_el3
        mrs     x1, sp_el0
        stp     x0, x1, [sp, #F_ELR + 8]
        .endm

        .macro  vector handler
        .balign 128
        b       \handler
        .endm

        .macro  dead kind
        .balign 128
        save
        mov     x0, sp
        mov     x1, #\kind
        bl      mon_unexpected
        .endm

sync_lower:
        save
        mov     x0, sp
        bl      mon_sync
        b       restore
fiq_lower:
        save
        mov     x0, sp
        bl      mon_fiq
        b       restore

        .balign 2048
        .globl  mon_vectors
mon_vectors:
        dead    0
        dead    1
        dead    2
        dead    3
        dead    4
        dead    5
        dead    6
        dead    7
        vector  sync_lower
        dead    9
        vector  fiq_lower
        dead    11
        vector  sync_lower
        dead    13
        vector  fiq_lower
        dead    15

        .section .spmc_image, "a"
        .balign 16
        .globl  spmc_image, spmc_image_end
spmc_image:
        .incbin SPMC_BIN
        .balign 16
spmc_image_end:

        .section .bss.stacks, "aw", %nobits
        .balign 16
mon_stacks:
        .space  MON_STACK_SIZE * MAX_CPUS
