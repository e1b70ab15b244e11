/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of a partition on each CPU (x0 = CPU, SP set by the SPMC), and its way to call. */
#include "call_regs.h"

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
        each_call_pair ldp, x19
        svc     #0
        each_call_pair stp, x19
        ldp     x19, x30, [sp], #16
        ret
