/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of a partition on each CPU (x0 = CPU, SP set by the SPMC), and its way to call. */
        .text
        .globl  sp_start
sp_start:
        mov     x29, #0
        mov     x30, #0
        b       sp_main

/* void sp_svc(struct regs *r) */
        .globl  sp_svc
sp_svc:
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
        svc     #0
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
