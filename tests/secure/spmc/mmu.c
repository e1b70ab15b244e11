/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation of S-EL1&0: identity for the SPMC (global, EL1 only, W^X) in every address space, one address space per
 * partition (its own pages, EL0, W^X, tagged with an ASID), and the window through which the SPMC sees buffers of the
 * normal world. CPU 0 builds everything with the MMU off; only the window and what partitions retrieve change later, under
 * spmc_lock.
 */
#include "spmc.h"
#include "trace.h"

#define DESC_TABLE      3UL
#define DESC_PAGE       3UL
#define ATTR_DEVICE     (0UL << 2)
#define ATTR_NORMAL     (1UL << 2)
#define DESC_NS         (1UL << 5)
#define AP_EL0          (1UL << 6)
#define AP_RO           (1UL << 7)
#define SH_INNER        (3UL << 8)
#define AF              (1UL << 10)
#define NG              (1UL << 11)
#define PXN             (1UL << 53)
#define UXN             (1UL << 54)

#define NORMAL          (DESC_PAGE | ATTR_NORMAL | SH_INNER | AF)

/* From the 2 MiB that the SPMC begins in to the partitions */
#define IMAGE_TABLES    ((SPMC_BASE + SPMC_MAX - 1) / BLOCK - SPMC_BASE / BLOCK + 1)
#define BLOCK           0x200000
/* Two slots per entry of vms[] */
#define WINDOW_TABLES   ((2 * (1 + MAX_VMS) * WINDOW_PAGES + 511) / 512)

typedef uint64_t table_t[512] __attribute__((aligned(PAGE_SIZE)));

static table_t l1[SP_COUNT], l2[SP_COUNT];      /* one address space per partition */
static table_t sp_l3[SP_COUNT], shm_l3[SP_COUNT][SP_SHM_TABLES];
static table_t trace_l2;
static table_t image_l3s[IMAGE_TABLES], uart_l3, window_l2, window_l3s[WINDOW_TABLES];
static uint64_t *const window_l3 = window_l3s[0];

extern char __text_end[], __rodata_end[], __bss_end[];

static void map(uint64_t *l3, uint64_t va, uint64_t end, uint64_t pa, uint64_t attr)
{
    for ( ; va < end; va += PAGE_SIZE, pa += PAGE_SIZE )
        l3[(va >> 12) & 511] = pa | attr;
}

/* The SPMC's own: identity */
static void map_image(uint64_t va, uint64_t end, uint64_t attr)
{
    for ( ; va < end; va += PAGE_SIZE )
        image_l3s[va / BLOCK - SPMC_BASE / BLOCK][(va >> 12) & 511] = va | attr;
}

static void map_partition(unsigned int n)
{
    const struct sp_header *h = sps[n].head;
    uint64_t pa = SP_PA_BASE + n * SP_PA_STRIDE, attr = NORMAL | AP_EL0 | NG | PXN;
    unsigned int cpu;

    map(sp_l3[n], SP_VA, h->text_end, pa, attr | AP_RO);
    map(sp_l3[n], h->text_end, h->rodata_end, pa + (h->text_end - SP_VA), attr | AP_RO | UXN);
    map(sp_l3[n], h->rodata_end, h->bss_end, pa + (h->rodata_end - SP_VA), attr | UXN);
    for ( cpu = 0; cpu < MAX_CPUS; cpu++ )
        map(sp_l3[n], SP_STACK_VA + (2 * cpu + 1) * PAGE_SIZE, SP_STACK_VA + (2 * cpu + 2) * PAGE_SIZE,
            pa + SP_IMAGE_MAX + cpu * PAGE_SIZE, attr | UXN);
}

void mmu_build(void)
{
    unsigned int n, i;

    map_image(SPMC_BASE, (uint64_t)__text_end, NORMAL | AP_RO | UXN);
    map_image((uint64_t)__text_end, (uint64_t)__rodata_end, NORMAL | AP_RO | UXN | PXN);
    map_image((uint64_t)__rodata_end, (uint64_t)__bss_end, NORMAL | UXN | PXN);
    map_image(BOOTINFO_PA, BOOTINFO_PA + PAGE_SIZE, NORMAL | AP_RO | UXN | PXN);
    map(uart_l3, UART_SECURE, UART_SECURE + PAGE_SIZE, UART_SECURE, DESC_PAGE | ATTR_DEVICE | AF | UXN | PXN);
    for ( i = 0; i < WINDOW_TABLES; i++ )
        window_l2[i] = (uint64_t)window_l3s[i] | DESC_TABLE;

    trace_l2[(FW_TRACE_PA >> 21) & 511] = FW_TRACE_PA | TRACE_DESC;

    for ( n = 0; n < SP_COUNT; n++ )
    {
        map_partition(n);
        l1[n][0] = (uint64_t)l2[n] | DESC_TABLE;
        l1[n][WINDOW_VA >> 30] = (uint64_t)window_l2 | DESC_TABLE;
        if ( info->options & FW_OPT_TRACE )
            l1[n][FW_TRACE_PA >> 30] = (uint64_t)trace_l2 | DESC_TABLE;
        for ( i = 0; i < IMAGE_TABLES; i++ )
            l2[n][SPMC_BASE / BLOCK + i] = (uint64_t)image_l3s[i] | DESC_TABLE;
        l2[n][UART_SECURE >> 21] = (uint64_t)uart_l3 | DESC_TABLE;
        l2[n][SP_VA >> 21] = (uint64_t)sp_l3[n] | DESC_TABLE;
        /* sp.echo's, and the SPMC's wherever it is */
        for ( i = 0; i < SP_NS_BLOCKS; i++ )
            l2[n][(SP_NS_VA >> 21) + i] = (SP_NS_PA + (uint64_t)i * BLOCK) | (NORMAL & ~2UL) | NG | DESC_NS | UXN | PXN |
                                          (sps[n].head->id == SP_ECHO_ID ? AP_EL0 : 0);
        for ( i = 0; i < SP_SHM_TABLES; i++ )
            l2[n][(SP_SHM_VA >> 21) + i] = (uint64_t)shm_l3[n][i] | DESC_TABLE;
    }
    dsb();
}

uint64_t sp_space(unsigned int n)
{
    return (uint64_t)l1[n] | ((uint64_t)(n + 1) << 48);
}

void mmu_enable(void)
{
    write_sysreg(mair_el1, 0xff00);
    /* T0SZ 25, write-back inner shareable walks, 4K; no TTBR1 walks; 40-bit PA; 16-bit ASIDs from TTBR0 */
    write_sysreg(tcr_el1, 25 | (1UL << 8) | (1UL << 10) | (3UL << 12) | (1UL << 23) | (2UL << 32) | (1UL << 36));
    write_sysreg(ttbr0_el1, sp_space(0));
    write_sysreg(cpacr_el1, 0);      /* FP and SVE registers are the normal world's: trapped */
    write_sysreg(cntkctl_el1, 3);    /* partitions read the counters */
    isb();
    asm volatile("tlbi vmalle1\n dsb sy\n isb" : : : "memory");
    /* RES1 and fixed bits | WFE/WFI of EL0 | WXN | I | SA0 | SA | C | M */
    write_sysreg(sctlr_el1, 0x30d00800 | (1UL << 18) | (1UL << 16) | (1UL << 19) | (1UL << 12) | (1UL << 4) |
                            (1UL << 3) | (1UL << 2) | 1);
    isb();
}

static void window_flush(unsigned int slot)
{
    uint64_t va = WINDOW_VA + (uint64_t)slot * WINDOW_PAGES * PAGE_SIZE;
    unsigned int i;

    asm volatile("dsb ishst" : : : "memory");
    for ( i = 0; i < WINDOW_PAGES; i++, va += PAGE_SIZE )
        asm volatile("tlbi vaae1is, %0" : : "r" (va >> 12) : "memory");
    asm volatile("dsb ish\n isb" : : : "memory");
}

void window_unmap(unsigned int slot)
{
    unsigned int i;

    for ( i = 0; i < WINDOW_PAGES; i++ )
        window_l3[slot * WINDOW_PAGES + i] = 0;
    window_flush(slot);
}

uint8_t *window_map(unsigned int slot, const uint64_t *pa, unsigned int pages, bool writable)
{
    uint8_t *va = (uint8_t *)WINDOW_VA + (size_t)slot * WINDOW_PAGES * PAGE_SIZE;
    unsigned int i;

    for ( i = 0; i < pages; i++ )
        window_l3[slot * WINDOW_PAGES + i] = pa[i] | NORMAL | DESC_NS | UXN | PXN | (writable ? 0 : AP_RO);
    dsb();
    isb();
    if ( mem_probe(va, pages) )
        return va;

    window_unmap(slot);

    return NULL;
}

#define SHM_PAGES (SP_SHM_TABLES * 512)

/* First fit; the answer is free until shm_map() fills it. */
uint64_t shm_reserve(unsigned int n, unsigned int pages)
{
    const uint64_t *l3 = shm_l3[n][0];
    unsigned int at, run = 0;

    for ( at = 0; at < SHM_PAGES; at++ )
    {
        run = l3[at] ? 0 : run + 1;
        if ( run == pages )
            return SP_SHM_VA + (uint64_t)(at + 1 - pages) * PAGE_SIZE;
    }

    return 0;
}

void shm_map(unsigned int n, uint64_t va, uint64_t pa, unsigned int pages, bool writable)
{
    unsigned int at = (va - SP_SHM_VA) / PAGE_SIZE;

    for ( ; pages; pages--, at++, pa += PAGE_SIZE )
        shm_l3[n][0][at] = pa | NORMAL | AP_EL0 | NG | DESC_NS | UXN | PXN | (writable ? 0 : AP_RO);
    dsb();
    isb();
}

void shm_unmap(unsigned int n, uint64_t va, unsigned int pages)
{
    unsigned int at = (va - SP_SHM_VA) / PAGE_SIZE, i;

    for ( i = 0; i < pages; i++ )
        shm_l3[n][0][at + i] = 0;
    asm volatile("dsb ishst" : : : "memory");
    for ( i = 0; i < pages; i++, va += PAGE_SIZE )
        asm volatile("tlbi vaae1is, %0" : : "r" (va >> 12) : "memory");
    asm volatile("dsb ish\n isb" : : : "memory");
}
