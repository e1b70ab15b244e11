/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of the hypervisor, by the Linux arm64 boot protocol: MMU off, x0 = physical address of the device tree, the
 * image anywhere at a multiple of 2 MiB. And entry of the other CPUs, by PSCI CPU_ON: x0 = number of the CPU.
 *
 *   primary:   header -> primary_entry -> page tables -> enable_mmu -> primary_switched -> start_xen()
 *   secondary: init_secondary          ->             -> enable_mmu -> secondary_switched -> start_secondary()
 *
 * Everything here lies in the first 2 MiB of the image: that block alone is identity mapped (executable, read-only)
 * in boot_pgtable, and a CPU leaves boot_pgtable for xen_pgtable as soon as it runs at the linked address. Both tables
 * share the image's part, mapped by 4 KiB pages with final permissions: no page is ever writable and executable.
 *
 * Entered at another exception level, or at a bad address, it says so on the PL011 at CONFIG_EARLY_UART_BASE and stops.
 *
 * Registers that live through the primary path:
 *   x19 physical address of _start    x20 physical minus linked address    x21 device tree
 *   x22 PTE_GP if the CPU checks branch targets, else 0                    x23 SCTLR_EL2 to run with
 */
#include <xen/page-size.h>
#include <asm/config.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <generated/asm-offsets.h>

#define EARLY_UART_DR   0x00
#define EARLY_UART_FR   0x18
#define EARLY_UART_FR_TXFF_BIT 5

#define RNDR_TRIES      100

/* \reg = physical address of \sym, wherever the image is (MMU off) */
.macro adr_l reg, sym
        adrp    \reg, \sym
        add     \reg, \reg, :lo12:\sym
.endm

/* \reg = a constant of 64 bits */
.macro mov_l reg, value
        movz    \reg, #:abs_g3:(\value)
        movk    \reg, #:abs_g2_nc:(\value)
        movk    \reg, #:abs_g1_nc:(\value)
        movk    \reg, #:abs_g0_nc:(\value)
.endm

        .section ".text.header", "ax"

GLOBAL(_start)
        b       primary_entry           /* executable code; the rest is the arm64 Image header */
        .long   0
        .quad   0                       /* text_offset */
        .quad   _image_size             /* with everything that is not in the file */
        .quad   0x0a                    /* little endian, 4 KiB pages, any physical placement */
        .quad   0
        .quad   0
        .quad   0
        .ascii  "ARM\x64"
        .long   0

primary_entry:
        msr     daifset, #0xf
        mov     x21, x0
        adr     x19, _start
        ldr     x20, =_start
        sub     x20, x19, x20

        bl      check_level

        tst     x19, #0x1fffff
        adr     x0, msg_alignment
        b.ne    early_stop
        /* The identity map must not meet the hypervisor's own range, which has its own entry of level 0. */
        lsr     x1, x19, #39
        cmp     x1, #TABLE_INDEX(XEN_VIRT_START, 0)
        adr     x0, msg_placement
        b.eq    early_stop

        bl      cpu_setup
        bl      create_page_tables
        ldr     x17, =primary_switched
        b       enable_mmu

primary_switched:
        hint    #38                     /* BTI jc */
        bl      use_xen_pgtable

        ldr     x0, =__bss_start
        ldr     x1, =__bss_end
1:      stp     xzr, xzr, [x0], #16
        cmp     x0, x1
        b.lo    1b

        ldr     x0, =phys_offset
        str     x20, [x0]

        cbz     x24, 2f                 /* pointer authentication: x24 from cpu_setup */
        bl      make_key
        ldr     x0, =cpu_has_ptrauth
        mov     w1, #1
        str     w1, [x0]
        bl      load_key
2:
        ldr     x0, =init_stack_top
        sub     sp, x0, #CPU_INFO_SIZE
        msr     tpidr_el2, xzr
        mov     x29, xzr
        mov     lr, xzr
        mov     x0, x21
        ldr     x17, =start_xen
        br      x17

/*
 * Entry of a CPU started by PSCI: x0 = its number. Reads no data before its MMU is on, except literals of this file.
 */
GLOBAL(init_secondary)
        msr     daifset, #0xf
        mov     x21, x0
        adr     x19, _start
        bl      check_level
        bl      cpu_setup
        ldr     x17, =secondary_switched
        b       enable_mmu

secondary_switched:
        hint    #38
        bl      use_xen_pgtable
        ldr     x0, =__per_cpu_offset
        ldr     x0, [x0, x21, lsl #3]
        msr     tpidr_el2, x0
        ldr     x0, =secondary_stack
        ldr     x0, [x0, x21, lsl #3]
        cbz     x0, park                /* too late: CPU 0 has given us up */
        add     x0, x0, #STACK_SIZE
        sub     sp, x0, #CPU_INFO_SIZE
        ldr     x0, =cpu_has_ptrauth
        ldr     w0, [x0]
        cbz     w0, 1f
        bl      load_key
1:      mov     x29, xzr
        mov     lr, xzr
        ldr     x17, =start_secondary
        br      x17

park:
        wfi
        b       park

/* EL2, or one line on the UART and the end */
check_level:
        mrs     x0, CurrentEL
        ubfx    x0, x0, #2, #2
        cmp     x0, #2
        b.ne    1f
        ret
1:      cmp     x0, #3
        adr     x1, msg_el3
        adr     x2, msg_el1
        csel    x0, x1, x2, eq
        b       early_stop

/*
 * System registers of EL2, MMU still off. Sets x22, x23, and x24 = not 0 if the CPU has pointer authentication.
 * Clobbers x0-x2.
 */
cpu_setup:
        msr     SPSel, #1
        mov_l   x0, HCR_RW
        msr     hcr_el2, x0             /* not VHE: the registers below have their EL2 layout */
        isb
        mov_l   x0, SCTLR_EL2_MMU_OFF
        msr     sctlr_el2, x0
        isb

        mov_l   x0, MAIR_EL2_VALUE
        msr     mair_el2, x0

        mov_l   x0, TCR_EL2_VALUE
        mrs     x1, id_aa64mmfr0_el1
        and     x1, x1, #0xf            /* PARange; more than 48 bits need a format we do not use */
        cmp     x1, #5
        mov     x2, #5
        csel    x1, x1, x2, lo
        orr     x0, x0, x1, lsl #TCR_EL2_PS_SHIFT
        msr     tcr_el2, x0

        mov_l   x23, SCTLR_EL2_SET
        mrs     x0, id_aa64isar1_el1
        ubfx    x24, x0, #4, #8         /* APA, API */
        mrs     x0, SR_ID_AA64ISAR2_EL1
        ubfx    x0, x0, #12, #4         /* APA3 */
        orr     x24, x24, x0
        cbz     x24, 1f
        mov_l   x0, SCTLR_ELx_EnIA
        orr     x23, x23, x0
1:      mov     x22, xzr
        mrs     x0, id_aa64pfr1_el1
        tst     x0, #0xf                /* BT */
        b.eq    2f
        mov_l   x22, PTE_GP
        mov_l   x0, SCTLR_EL2_BT
        orr     x23, x23, x0
2:      tlbi    alle2
        ic      iallu
        dsb     nsh
        isb
        ret

/*
 * boot_pgtable: the identity block and the image. xen_pgtable: the image. Written with the MMU off, so the lines are
 * dropped from the cache before (a dirty one must not be written over our work) and after (a clean one must not be
 * hit). x19, x22 as above; clobbers x0-x9.
 */
create_page_tables:
        mov     x9, lr
        bl      invalidate_tables
        adr_l   x0, __boot_tables_start
        adr_l   x1, __boot_tables_end
1:      stp     xzr, xzr, [x0], #16
        cmp     x0, x1
        b.lo    1b

        /* Identity: one block of 2 MiB. */
        adr_l   x0, boot_pgtable
        adr_l   x1, boot_id_first
        ubfx    x2, x19, #TABLE_SHIFT(0), #9
        orr     x3, x1, #PTE_TABLE
        str     x3, [x0, x2, lsl #3]
        adr_l   x4, boot_id_second
        ubfx    x2, x19, #TABLE_SHIFT(1), #9
        orr     x3, x4, #PTE_TABLE
        str     x3, [x1, x2, lsl #3]
        ubfx    x2, x19, #TABLE_SHIFT(2), #9
        mov_l   x3, (PTE_NORMAL | PTE_RO | PTE_BLOCK)
        orr     x3, x3, x19
        orr     x3, x3, x22
        str     x3, [x4, x2, lsl #3]

        /* The image: both level 0 tables share level 1 and below. */
        adr_l   x1, xen_pgtable
        adr_l   x2, xen_first
        orr     x3, x2, #PTE_TABLE
        str     x3, [x0, #(8 * TABLE_INDEX(XEN_VIRT_START, 0))]
        str     x3, [x1, #(8 * TABLE_INDEX(XEN_VIRT_START, 0))]
        adr_l   x1, xen_second
        orr     x3, x1, #PTE_TABLE
        str     x3, [x2, #(8 * TABLE_INDEX(XEN_VIRT_START, 1))]
        add     x1, x1, #(8 * TABLE_INDEX(XEN_VIRT_START, 2))
        adr_l   x2, xen_third
        orr     x3, x2, #PTE_TABLE
        mov     x4, #(XEN_VIRT_SIZE >> 21)
2:      str     x3, [x1], #8
        add     x3, x3, #PAGE_SIZE
        subs    x4, x4, #1
        b.ne    2b

        /* One entry per page of [_start, _end); the permission changes at section bounds, which are page aligned. */
        mov     x0, x19
        adr_l   x1, _end
3:      mov_l   x3, (PAGE_HYPERVISOR_RW | PTE_PAGE)
        adr_l   x4, _srodata
        adr_l   x5, _erodata
        cmp     x0, x4
        ccmp    x0, x5, #2, hs          /* in [x4, x5): carry clear */
        b.hs    4f
        mov_l   x3, (PAGE_HYPERVISOR_RO | PTE_PAGE)
4:      mov_l   x6, ((PAGE_HYPERVISOR_RX & ~PTE_GP) | PTE_PAGE)
        orr     x6, x6, x22
        adr_l   x4, _stext
        adr_l   x5, _etext
        cmp     x0, x4
        ccmp    x0, x5, #2, hs
        csel    x3, x6, x3, lo
        adr_l   x4, _sinittext
        adr_l   x5, _einittext
        cmp     x0, x4
        ccmp    x0, x5, #2, hs
        csel    x3, x6, x3, lo
        orr     x3, x3, x0
        str     x3, [x2], #8
        add     x0, x0, #PAGE_SIZE
        cmp     x0, x1
        b.lo    3b

        mov     lr, x9
        /* and drop the lines again, below */

/* Clobbers x0-x3 */
invalidate_tables:
        adr_l   x0, __boot_tables_start
        adr_l   x1, __boot_tables_end
        mrs     x2, ctr_el0
        ubfx    x2, x2, #16, #4
        mov     x3, #4
        lsl     x2, x3, x2
        dmb     sy
1:      dc      ivac, x0
        add     x0, x0, x2
        cmp     x0, x1
        b.lo    1b
        dsb     sy
        ret

/* MMU on with boot_pgtable and x23, then to the linked address in x17. Does not return. */
enable_mmu:
        adr_l   x0, boot_pgtable
        msr     ttbr0_el2, x0
        dsb     sy
        isb
        msr     sctlr_el2, x23
        isb
        br      x17

/* To xen_pgtable, without the identity map; exception vectors. Clobbers x0, x1. */
use_xen_pgtable:
        adr_l   x0, boot_pgtable        /* MMU on: linked address */
        adr_l   x1, xen_pgtable
        sub     x1, x1, x0
        mrs     x0, ttbr0_el2
        add     x0, x0, x1
        msr     ttbr0_el2, x0
        isb
        tlbi    alle2
        dsb     nsh
        isb
        ldr     x0, =hyp_traps_vector
        msr     vbar_el2, x0
        isb
        ret

/* \reg ^= a random number, if one comes soon. Clobbers x4, x5. */
.macro mix_rndr reg
        mov     x5, #RNDR_TRIES
9:      mrs     x4, S3_3_C2_C4_0
        b.ne    8f                      /* Z: there was none, x4 is 0 */
        sub     x5, x5, #1
        cbnz    x5, 9b
8:      eor     \reg, \reg, x4
.endm

/*
 * The key that signs our return addresses: from the random number generator if the CPU has one. Without, the counter
 * and the addresses we were given can be guessed; then the key is as good as the seed in the device tree, which
 * start_xen() adds. Clobbers x0-x5.
 */
make_key:
        ldr     x0, =ptrauth_hyp_key
        mrs     x1, cntpct_el0
        eor     x1, x1, x21
        mov_l   x3, 0x9e3779b97f4a7c15
        mul     x1, x1, x3
        eor     x2, x1, x1, lsr #29
        eor     x2, x2, x19
        mul     x2, x2, x3
        mrs     x4, id_aa64isar0_el1
        lsr     x4, x4, #60             /* RNDR */
        cbz     x4, 1f
        mix_rndr x1
        mix_rndr x2
1:      stp     x1, x2, [x0]
        ret

load_key:
        ldr     x0, =ptrauth_hyp_key
        ldp     x1, x2, [x0]
        msr     SR_APIAKEYLO_EL1, x1
        msr     SR_APIAKEYHI_EL1, x2
        isb
        ret

/* MMU off: print the string at x0 and stop for good */
early_stop:
        mov_l   x1, CONFIG_EARLY_UART_BASE
        cbz     x1, 3f
1:      ldrb    w2, [x0], #1
        cbz     w2, 3f
2:      ldr     w3, [x1, #EARLY_UART_FR]
        tbnz    w3, #EARLY_UART_FR_TXFF_BIT, 2b
        str     w2, [x1, #EARLY_UART_DR]
        b       1b
3:      wfe
        b       3b

msg_el1:
        .asciz  "[    0.000000] hv: entered at EL1, need EL2. Stopped.\r\n"
msg_el3:
        .asciz  "[    0.000000] hv: entered at EL3, need EL2. Stopped.\r\n"
msg_alignment:
        .asciz  "[    0.000000] hv: the image is not loaded at a multiple of 2 MiB. Stopped.\r\n"
msg_placement:
        .asciz  "[    0.000000] hv: the image cannot run from memory at 512 GiB. Stopped.\r\n"
        .p2align 3
        .ltorg

        .section ".bss.boot_tables", "aw", %nobits
        .p2align PAGE_SHIFT
GLOBAL(boot_pgtable)
        .space  PAGE_SIZE
boot_id_first:
        .space  PAGE_SIZE
boot_id_second:
        .space  PAGE_SIZE
GLOBAL(xen_pgtable)
        .space  PAGE_SIZE
GLOBAL(xen_first)
        .space  PAGE_SIZE
GLOBAL(xen_second)
        .space  PAGE_SIZE
GLOBAL(xen_third)
        .space  PAGE_SIZE * (XEN_VIRT_SIZE >> 21)

        /*
         * Stack of CPU 0 until its idle vCPU's: the upper half of this, at an odd multiple of STACK_SIZE. The lower
         * half is unmapped as soon as C runs. Given back at the end of boot.
         */
        .section ".init.stack", "aw", %nobits
        .p2align (PAGE_SHIFT + STACK_ORDER + 1)
GLOBAL(init_stack_guard)
        .space  STACK_SIZE
GLOBAL(init_stack)
        .space  STACK_SIZE
GLOBAL(init_stack_top)
