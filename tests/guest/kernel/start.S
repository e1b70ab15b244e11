/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image header, entry of the boot CPU and of secondaries, exception vectors. Entered at EL1 (guest of a hypervisor) or at
 * EL2 (firmware alone): there it first goes down to EL1, leaving a vector table that answers HVC with -1.
 */
#include "sysreg.h"

#define FRAME_SIZE      (36 * 8)

    .section .head, "ax"
    .globl _start
_start:
    b       boot
    .long   0
    .quad   0                           /* text_offset */
    .quad   image_size                  /* from the linker script */
    .quad   0x2 | (1 << 3)              /* little endian, 4K pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .section .text.boot, "ax"
/* x20: DTB or struct cpu; returns at EL1 with w21 = 1 if it came from EL2 */
drop_to_el1:
    mov     w21, #0
    mrs     x1, CurrentEL
    cmp     x1, #(2 << 2)
    b.ne    1f

    mov     w21, #1
    mov     x1, #(1 << 31)              /* HCR_EL2.RW */
    orr     x1, x1, #(3 << 40)          /* API, APK: no traps of pointer authentication */
    msr     hcr_el2, x1
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    mov     x1, #3                      /* EL1 reads the counter and has the physical timer */
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mov     x1, #0x33ff
    msr     cptr_el2, x1
    msr     hstr_el2, xzr
    msr     vttbr_el2, xzr
    mrs     x1, id_aa64pfr0_el1
    ubfx    x1, x1, #24, #4
    cbz     x1, 2f
    mov     x1, #0xf
    msr     S3_4_C12_C9_5, x1           /* ICC_SRE_EL2: system registers, EL1 may use them */
    isb
    msr     S3_4_C12_C11_0, xzr         /* ICH_HCR_EL2 */
2:  adrp    x1, el2_vectors
    add     x1, x1, :lo12:el2_vectors
    msr     vbar_el2, x1
    movz    x1, #0x30d0, lsl #16        /* SCTLR_EL1: the RES1 bits */
    movk    x1, #0x0800
    msr     sctlr_el1, x1
    mov     x1, #0x3c5                  /* EL1h, all masked */
    msr     spsr_el2, x1
    msr     elr_el2, x30
    isb
    eret
1:  ret

boot:
    mrs     x22, cntpct_el0             /* when we were entered */
    mov     x20, x0
    bl      drop_to_el1

    /* Nothing of the image may linger in caches while they are off */
    adrp    x0, _start
    adrp    x1, _end
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x2, x3, x2
3:  dc      civac, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    3b
    dsb     sy

    /* Relocate to where we are: the image is linked at 0 */
    adrp    x0, _start
    adrp    x1, __rela_start
    add     x1, x1, :lo12:__rela_start
    adrp    x2, __rela_end
    add     x2, x2, :lo12:__rela_end
4:  cmp     x1, x2
    b.hs    6f
    ldp     x3, x4, [x1], #16           /* offset, info */
    ldr     x5, [x1], #8                /* addend */
    cmp     w4, #1027                   /* R_AARCH64_RELATIVE */
    b.ne    4b
    add     x5, x5, x0
    str     x5, [x0, x3]
    b       4b

6:  adrp    x1, __bss_start
    add     x1, x1, :lo12:__bss_start
    adrp    x2, __bss_end
    add     x2, x2, :lo12:__bss_end
7:  cmp     x1, x2
    b.hs    8f
    str     xzr, [x1], #8
    b       7b

8:  adrp    x1, boot_stack_top
    add     x1, x1, :lo12:boot_stack_top
    mov     sp, x1
    mov     x29, xzr
    adrp    x1, entry_ticks
    str     x22, [x1, :lo12:entry_ticks]
    mov     x0, x20
    bl      mmu_early
    bl      mmu_enable
    mov     x0, x20
    mov     w1, w21
    bl      kernel_main
    b       .

    .globl secondary_entry              /* PSCI CPU_ON: x0 = struct cpu */
secondary_entry:
    mov     x20, x0
    bl      drop_to_el1
    bl      mmu_enable
    ldr     x1, [x20]                   /* stack_top */
    mov     sp, x1
    mov     x29, xzr
    mov     x0, x20
    bl      secondary_main
    b       .

mmu_enable:
    msr     tpidr_el1, xzr
    adrp    x0, vectors
    add     x0, x0, :lo12:vectors
    msr     vbar_el1, x0
    movz    x0, #0x04ff                 /* MAIR: 0 normal write-back, 1 device nGnRE */
    msr     mair_el1, x0
    adrp    x0, mmu_tcr
    ldr     x0, [x0, :lo12:mmu_tcr]
    msr     tcr_el1, x0
    adrp    x0, mmu_l1
    add     x0, x0, :lo12:mmu_l1
    msr     ttbr0_el1, x0
    dsb     ish
    tlbi    vmalle1
    dsb     nsh
    ic      iallu
    dsb     nsh
    isb
    mrs     x0, sctlr_el1
    movz    x1, #0x1005                 /* I, C, M */
    orr     x0, x0, x1
    orr     x0, x0, #(1 << 19)          /* WXN */
    orr     x0, x0, #(1 << 3)           /* SA */
    msr     sctlr_el1, x0
    isb
    ret

    .text
    .macro  vector label
    .balign 0x80
    b       \label
    .endm

    .balign 0x800
vectors:
    vector  bad_mode
    vector  bad_mode
    vector  bad_mode
    vector  bad_mode
    vector  el1_sync
    vector  el1_irq
    vector  bad_mode
    vector  el1_serror
    .rept   8
    vector  bad_mode
    .endr

    .balign 0x800
el2_vectors:
    .rept   8
    vector  el2_stop
    .endr
    vector  el2_hvc
    .rept   7
    vector  el2_stop
    .endr
el2_hvc:
    mov     x0, #-1
    eret
el2_stop:
    wfi
    b       el2_stop

    .macro  save
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x0, elr_el1
    stp     x30, x0, [sp, #240]
    mrs     x0, spsr_el1
    mrs     x1, esr_el1
    stp     x0, x1, [sp, #256]
    mrs     x0, far_el1
    str     x0, [sp, #272]
    .endm

restore:
    ldp     x30, x0, [sp, #240]
    msr     elr_el1, x0
    ldr     x0, [sp, #256]
    msr     spsr_el1, x0
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp, #0]
    add     sp, sp, #FRAME_SIZE
    eret

el1_sync:
    save
    mov     x0, sp
    bl      except_sync
    b       restore

el1_irq:
    save
    bl      irq_dispatch
    b       restore

el1_serror:
    save
    mov     x0, sp
    bl      except_serror
    b       restore

bad_mode:
    save
    mov     x0, sp
    bl      except_bad
    b       .

    .section .bss.stack, "aw", %nobits
    .balign 16
    .space  16384
boot_stack_top:
