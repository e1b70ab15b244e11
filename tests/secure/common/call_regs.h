/* SPDX-License-Identifier: BSD-2-Clause */
/* x0 to x17, the registers of a call, from and to memory at \base (none of them). For assembly only. */
#ifndef SECURE_CALL_REGS_H
#define SECURE_CALL_REGS_H

        .macro  each_call_pair op, base
        \op     x0, x1, [\base]
        \op     x2, x3, [\base, #16]
        \op     x4, x5, [\base, #32]
        \op     x6, x7, [\base, #48]
        \op     x8, x9, [\base, #64]
        \op     x10, x11, [\base, #80]
        \op     x12, x13, [\base, #96]
        \op     x14, x15, [\base, #112]
        \op     x16, x17, [\base, #128]
        .endm

#endif /* SECURE_CALL_REGS_H */
