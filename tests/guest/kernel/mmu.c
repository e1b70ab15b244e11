/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables: VA = IPA, 4 KiB granule, 39 bits. The image itself is mapped by pages: text executable and read-only, the
 * rest never executable. RAM and devices come as blocks of 2 MiB when somebody asks for them. mmu_early() runs with the
 * MMU off. Only mappings that were invalid are ever added, which needs no TLB maintenance.
 */
#include "kernel.h"

#define ENTRIES         512
#define BLOCK           (2ul << 20)
#define VA_LIMIT        (1ul << 39)
#define NR_TABLES       64
#define NR_PAGES        64

#define D_VALID         BIT(0)
#define D_TABLE         BIT(1)          /* also: page at level 3 */
#define D_ATTR(n)       ((uint64_t)(n) << 2)
#define D_RO            BIT(7)
#define D_SH_INNER      (3ul << 8)
#define D_AF            BIT(10)
#define D_PXN           BIT(53)
#define D_UXN           BIT(54)
#define D_ADDR          0x0000fffffffff000ul

#define NORMAL          (D_VALID | D_AF | D_UXN | D_SH_INNER | D_ATTR(0))
#define DEVICE          (D_VALID | D_AF | D_UXN | D_PXN | D_ATTR(1))

extern char _start[], __rodata_start[], __data_start[], _end[];

uint64_t mmu_l1[ENTRIES] __attribute__((aligned(4096)));
uint64_t mmu_tcr __attribute__((aligned(8)));

static uint64_t tables[NR_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned int tables_used;
static char pages[NR_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int pages_used;
static struct spinlock lock;

uint64_t ram_base, ram_size;

static uint64_t *table_of(uint64_t *entry)
{
    if ( !(*entry & D_VALID) )
    {
        if ( tables_used == NR_TABLES )
            return NULL;
        *entry = (uintptr_t)tables[tables_used++] | D_VALID | D_TABLE;
    }

    return *entry & D_TABLE ? (uint64_t *)(*entry & D_ADDR) : NULL;
}

static bool map_blocks(uint64_t base, uint64_t size, enum mem_type type)
{
    uint64_t va, end = base + size, *l2, attr;

    if ( end < base || end > VA_LIMIT )
        return false;

    attr = type == MEM_DEVICE ? DEVICE : NORMAL | D_PXN | (type == MEM_RO ? D_RO : 0);

    for ( va = base & ~(BLOCK - 1); va < end; va += BLOCK )
    {
        l2 = table_of(&mmu_l1[va >> 30]);
        if ( !l2 )
            return false;
        if ( !(l2[(va >> 21) % ENTRIES] & D_VALID) )
            l2[(va >> 21) % ENTRIES] = va | attr;
    }

    return true;
}

static uint64_t *page_entry(uintptr_t va)
{
    uint64_t *l2 = table_of(&mmu_l1[va >> 30]);
    uint64_t *l3 = l2 ? table_of(&l2[(va >> 21) % ENTRIES]) : NULL;

    return l3 ? &l3[(va >> 12) % ENTRIES] : NULL;
}

void mmu_early(uintptr_t dtb)
{
    uintptr_t va, text = (uintptr_t)_start, rodata = (uintptr_t)__rodata_start, data = (uintptr_t)__data_start;
    uintptr_t first = text & ~(BLOCK - 1), last = ((uintptr_t)_end + BLOCK - 1) & ~(BLOCK - 1);
    uint64_t parange = read_sysreg(id_aa64mmfr0_el1) & 7;

    /* T0SZ 25, write-back inner shareable walks, 4K, no TTBR1; never a larger IPS than the CPU has */
    mmu_tcr = 25 | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23 | (parange > 5 ? 5 : parange) << 32;

    for ( va = first; va < last; va += PAGE_SIZE )
    {
        uint64_t *entry = page_entry(va);

        if ( va >= text && va < rodata )
            *entry = va | NORMAL | D_TABLE | D_RO;
        else if ( va >= rodata && va < data )
            *entry = va | NORMAL | D_TABLE | D_RO | D_PXN;
        else
            *entry = va | NORMAL | D_TABLE | D_PXN;
    }

    /* The device tree is at most 2 MiB, anywhere */
    map_blocks(dtb, BLOCK, MEM_RO);
}

bool mmu_map(uint64_t base, uint64_t size, enum mem_type type)
{
    uint64_t flags = spin_lock_irqsave(&lock);
    bool done = map_blocks(base, size, type);

    spin_unlock_irqrestore(&lock, flags);
    dsb(ishst);
    isb();

    return done;
}

bool mmu_unmap_page(uintptr_t va)
{
    uint64_t *entry;

    if ( va < (uintptr_t)__data_start || va >= (uintptr_t)_end )
        return false;

    entry = page_entry(va);
    *entry = 0;
    dsb(ishst);
    asm volatile("tlbi vaae1is, %0" :: "r" (va >> 12) : "memory");
    dsb(ish);
    isb();

    return true;
}

void *page_alloc(void)
{
    uint64_t flags = spin_lock_irqsave(&lock);
    void *page = pages_used < NR_PAGES ? pages[pages_used++] : NULL;

    spin_unlock_irqrestore(&lock, flags);
    if ( !page )
        panic("out of pages");
    memset(page, 0, PAGE_SIZE);

    return page;
}
