/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants of the Arm64 port: machine word, stacks, and the map of EL2's
 * virtual address space. Only preprocessor definitions: assembly and the
 * linker script include this file.
 *
 * EL2 virtual addresses (48 bits, 4K granule, TTBR0_EL2 only):
 *
 *   slot of level 0   start                  use
 *   0                 0x0000_0000_0000_0000  identity map while a CPU turns
 *                                            its MMU on, else unmapped
 *   1                 0x0000_0080_0020_0000  the hypervisor image
 *                     0x0000_0080_4000_0000  early window on the device tree
 *   2                 0x0000_0100_0000_0000  vmap, ioremap
 *                     0x0000_0100_4000_0000  stacks
 *   3                 0x0000_0180_0000_0000  frame table
 *   256-511           0x0000_8000_0000_0000  direct map of all RAM
 */
#ifndef ARM_CONFIG_H
#define ARM_CONFIG_H

#ifndef CONFIG_ARM_64
#define CONFIG_ARM_64 1
#endif

#define LONG_BYTEORDER     3
#define BYTES_PER_LONG     8
#define BITS_PER_LONG      64
#define POINTER_ALIGN      8
#define BITS_PER_LLONG     64
#define PADDR_BITS         48
#define PADDR_MASK         ((1ULL << PADDR_BITS) - 1)
#define VADDR_BITS         48

#define MAX_VIRT_CPUS      128

/* Stack of one vCPU (idle vCPUs too), aligned to its own size. */
#define STACK_ORDER        3
#define STACK_SIZE         (4096 << STACK_ORDER)

/*
 * Stacks sit at odd multiples of their size and what lies below is unmapped:
 * inside a stack this bit of SP is set, after an overflow it is clear.
 */
#define STACK_GUARD_BIT    (12 + STACK_ORDER)

#define XEN_VIRT_START     0x0000008000200000
#define XEN_VIRT_SIZE      0x0000000000800000  /* 8 MiB: four level 3 tables */
#define BOOT_FDT_VIRT_START 0x0000008040000000
#define BOOT_FDT_VIRT_SIZE 0x0000000000400000  /* two 2 MiB blocks */
#define BOOT_UART_VIRT_START 0x0000008040600000 /* for early_panic() */

#define VMAP_VIRT_START    0x0000010000000000
#define VMAP_VIRT_SIZE     0x0000000010000000  /* 256 MiB */
#define STACKS_VIRT_START  0x0000010040000000
#define STACKS_VIRT_SIZE   0x0000000040000000  /* 1 GiB, 64 KiB per stack */

#define FRAMETABLE_VIRT_START 0x0000018000000000
#define FRAMETABLE_SIZE    0x0000008000000000

#define DIRECTMAP_VIRT_START 0x0000800000000000
#define DIRECTMAP_SIZE     0x0000800000000000

#ifndef CONFIG_EARLY_UART_BASE
#define CONFIG_EARLY_UART_BASE 0x09000000
#endif

#ifdef __ASSEMBLY__

#define ALIGN .p2align 2
/* A function: may be called through a pointer, hence the landing pad (BTI c). */
#define ENTRY(name)        \
    .global name;          \
    ALIGN;                 \
    name:                  \
    hint #34
#define GLOBAL(name)       \
    .global name;          \
    name:
#define END(name)          \
    .size name, . - name
#define ENDPROC(name)      \
    .type name, %function; \
    END(name)

#endif /* __ASSEMBLY__ */

#endif /* ARM_CONFIG_H */
