/* SPDX-License-Identifier: BSD-2-Clause */
/* FP/SIMD registers filled and compared; the only code that touches them */
    .arch_extension fp
    .arch_extension simd
    .text

    .globl  fp_enable
fp_enable:
    mrs     x0, cpacr_el1
    orr     x0, x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    ret

/* x0: seed. vN = { seed + 2N, ~(seed + 2N) } */
    .globl  fp_fill
fp_fill:
    mov     x1, x0
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mvn     x2, x1
    mov     v\n\().d[0], x1
    mov     v\n\().d[1], x2
    add     x1, x1, #2
    .endr
    and     x1, x0, #0x3
    lsl     x1, x1, #22                 /* rounding mode */
    msr     fpcr, x1
    and     x1, x0, #0x1f               /* exception flags */
    msr     fpsr, x1
    ret

    .globl  fp_check
fp_check:
    mov     x1, x0
    mov     w5, #0
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mvn     x2, x1
    mov     x3, v\n\().d[0]
    mov     x4, v\n\().d[1]
    cmp     x3, x1
    ccmp    x4, x2, #0, eq
    cinc    w5, w5, ne
    add     x1, x1, #2
    .endr
    and     x1, x0, #0x3
    lsl     x1, x1, #22
    mrs     x2, fpcr
    cmp     x1, x2
    cinc    w5, w5, ne
    and     x1, x0, #0x1f
    mrs     x2, fpsr
    cmp     x1, x2
    cinc    w5, w5, ne
    mov     w0, w5
    ret
