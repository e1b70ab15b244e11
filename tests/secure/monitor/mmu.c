/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL3's own translation: identity, 4 GiB, W^X. Maps the monitor, the boot information, the distributor, redistributors,
 * secure UART and secure GPIO, and the rings of a trace if there is one; nothing else of the machine, so a stray pointer
 * faults. CPU 0 builds it with the MMU off.
 */
#include "monitor.h"
#include "sp_abi.h"
#include "trace.h"

#define DESC_TABLE      3UL
#define DESC_BLOCK      1UL
#define DESC_PAGE       3UL
#define ATTR_DEVICE     (0UL << 2)
#define ATTR_NORMAL     (1UL << 2)
#define AP_RO           (1UL << 7)
#define SH_INNER        (3UL << 8)
#define AF              (1UL << 10)
#define XN              (1UL << 54)
#define RES1_AP         (1UL << 6)

#define MAIR            0xff00UL /* 0: device nGnRnE, 1: normal write-back */
#define SCTLR_RES1      0x30c50830UL

static uint64_t l1[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t l2[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t trace_l2[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t l3[512] __attribute__((aligned(PAGE_SIZE)));

extern char __text_end[], __rodata_end[], __bss_end[];

static void map_device_block(uint64_t pa)
{
    l2[pa >> 21] = (pa & ~0x1fffffUL) | DESC_BLOCK | ATTR_DEVICE | RES1_AP | AF | XN;
}

static void map_pages(uint64_t from, uint64_t to, uint64_t attr)
{
    for ( ; from < to; from += PAGE_SIZE )
        l3[(from >> 12) & 511] = from | DESC_PAGE | ATTR_NORMAL | RES1_AP | SH_INNER | AF | attr;
}

void mmu_build(void)
{
    uint64_t pa;

    l1[0] = (uint64_t)l2 | DESC_TABLE;
    for ( pa = GICD_BASE; pa < GPIO_SECURE + PAGE_SIZE; pa += 0x200000 )
        map_device_block(pa);
    l2[MON_BASE >> 21] = (uint64_t)l3 | DESC_TABLE;
    map_pages(MON_BASE, (uint64_t)__text_end, AP_RO);
    map_pages((uint64_t)__text_end, (uint64_t)__rodata_end, AP_RO | XN);
    map_pages((uint64_t)__rodata_end, (uint64_t)__bss_end, XN);
    map_pages(BOOTINFO_PA, BOOTINFO_PA + PAGE_SIZE, AP_RO | XN);
    if ( ((const struct bootinfo *)BOOTINFO_PA)->options & FW_OPT_TRACE )
    {
        l1[FW_TRACE_PA >> 30] = (uint64_t)trace_l2 | DESC_TABLE;
        trace_l2[(FW_TRACE_PA >> 21) & 511] = FW_TRACE_PA | TRACE_DESC | RES1_AP;
    }
    dsb();
}

void mmu_enable(void)
{
    write_sysreg(mair_el3, MAIR);
    /* T0SZ 32 (walk starts at level 1), inner shareable write-back walks, 4K, 40-bit PA, RES1 bits 23 and 31 */
    write_sysreg(tcr_el3, 32 | (1UL << 8) | (1UL << 10) | (3UL << 12) | (2UL << 16) | (1UL << 23) | (1UL << 31));
    write_sysreg(ttbr0_el3, (uint64_t)l1);
    isb();
    asm volatile("tlbi alle3\n dsb sy\n isb" : : : "memory");
    write_sysreg(sctlr_el3, SCTLR_RES1 | (1UL << 19) /* WXN */ | (1UL << 12) /* I */ | (1UL << 3) /* SA */ |
                            (1UL << 2) /* C */ | 1);
    isb();
}
