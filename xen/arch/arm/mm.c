/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables of EL2: one set (xen_pgtable), used by every CPU.
 *
 * head.S maps the image with final permissions. This file adds the direct map
 * of all RAM, the frame table, and whatever vmap.c asks for; it takes away the
 * guard below the boot stack and, at the end of boot, the init sections.
 *
 * Refuses: mapping over a mapping, and any mapping that is writable and
 * executable. Level 1 and 2 blocks are used for the direct map and the frame
 * table and are never split: what needs other permissions later is mapped by
 * pages from the start.
 *
 * Locks: xen_pt_lock protects all table entries, innermost but for the
 * allocator's. Readers are the MMU, and dump_hyp_walk().
 */
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/string.h>
#include <xen/vmap.h>
#include <asm/cpufeature.h>
#include <asm/setup.h>

/* Tables of head.S. */
extern uint64_t xen_pgtable[], xen_first[], xen_second[], xen_third[];
extern char init_stack_guard[], init_stack[];
extern char __ro_after_init_start[], __ro_after_init_end[];

/* Enough to map the first piece of RAM, whose pages then serve. */
#define BOOT_POOL_PAGES 16
static char __aligned(PAGE_SIZE) __section(".bss.page_aligned")
    boot_pool[BOOT_POOL_PAGES][PAGE_SIZE];
static unsigned int __initdata boot_pool_used;
static uint64_t __aligned(PAGE_SIZE) __section(".bss.page_aligned")
    boot_window_second[LPAE_ENTRIES];

unsigned long __ro_after_init phys_offset;
paddr_t __ro_after_init directmap_base;
paddr_t __ro_after_init ram_start;
paddr_t __ro_after_init ram_end;

/* Where table pages come from; moves on as boot does. */
enum table_source { TABLES_POOL, TABLES_BOOT, TABLES_HEAP };
static enum table_source __ro_after_init table_source;

static DEFINE_SPINLOCK(xen_pt_lock);

/* A table of ours by its physical address: in the image, or in RAM. */
static uint64_t *table_va(paddr_t pa)
{
    paddr_t image = XEN_VIRT_START + phys_offset;

    if ( pa >= image && pa < image + XEN_VIRT_SIZE &&
         pa < image + (_end - _start) )
        return (uint64_t *)(pa - phys_offset);

    return maddr_to_virt(pa);
}

static void write_pte(uint64_t *entry, uint64_t pte)
{
    *(volatile uint64_t *)entry = pte;
    dsb(ishst);
    isb();
}

/* A zeroed page for a table; INVALID_PADDR if there is none. */
static paddr_t alloc_table(void)
{
    void *table = NULL;

    switch ( table_source )
    {
    case TABLES_POOL:
        if ( boot_pool_used == BOOT_POOL_PAGES )
            early_panic("memory map too scattered for the boot page tables");
        table = boot_pool[boot_pool_used++];
        break;

    case TABLES_BOOT:
        table = maddr_to_virt(mfn_to_maddr(alloc_boot_pages(1, 1)));
        break;

    case TABLES_HEAP:
        table = alloc_xenheap_page();
        break;
    }

    if ( !table )
        return INVALID_PADDR;

    clear_page(table);
    return virt_to_maddr(table);
}

/*
 * Table entry for va at the wanted level, tables on the way made if alloc.
 * NULL: no memory, not there, or a block is in the way.
 */
static uint64_t *walk_to(unsigned long va, unsigned int level, bool alloc)
{
    uint64_t *table = xen_pgtable;
    unsigned int l;

    for ( l = 0; l < level; l++ )
    {
        uint64_t *entry = &table[TABLE_INDEX(va, l)];

        if ( !(*entry & PTE_VALID) )
        {
            paddr_t pa;

            if ( !alloc )
                return NULL;
            pa = alloc_table();
            if ( pa == INVALID_PADDR )
                return NULL;
            write_pte(entry, pa | PTE_TABLE);
        }
        else if ( (*entry & PTE_TABLE) != PTE_TABLE )
            return NULL;

        table = table_va(*entry & PTE_ADDR_MASK);
    }

    return &table[TABLE_INDEX(va, level)];
}

static bool flags_are_sound(uint64_t flags)
{
    return (flags & PTE_RO) || (flags & PTE_XN);
}

/* min_level 1: blocks of 1 GiB and 2 MiB allowed; 3: pages only. */
static int map_range(unsigned long va, paddr_t pa, unsigned long size,
                     uint64_t flags, unsigned int min_level)
{
    unsigned int last_level = 0;
    uint64_t *entry = NULL;
    int rc = 0;

    ASSERT(IS_ALIGNED(va | pa | size, PAGE_SIZE));

    if ( !flags_are_sound(flags) )
        return -EINVAL;
    if ( !cpu_has_bti )
        flags &= ~PTE_GP;

    spin_lock(&xen_pt_lock);

    while ( size )
    {
        unsigned int level = min_level;

        while ( level < 3 &&
                (!IS_ALIGNED(va | pa, TABLE_SIZE(level)) ||
                 size < TABLE_SIZE(level)) )
            level++;

        /* Most are neighbours in one table. */
        if ( level == last_level && TABLE_INDEX(va, level) )
            entry++;
        else
            entry = walk_to(va, level, true);
        last_level = level;
        if ( !entry )
        {
            rc = -ENOMEM;
            break;
        }
        if ( *entry & PTE_VALID )
        {
            rc = -EEXIST;
            break;
        }
        write_pte(entry, pa | flags | (level == 3 ? PTE_PAGE : PTE_BLOCK));

        va += TABLE_SIZE(level);
        pa += TABLE_SIZE(level);
        size -= TABLE_SIZE(level);
    }

    spin_unlock(&xen_pt_lock);

    return rc;
}

int map_pages_to_xen(unsigned long virt, mfn_t mfn, unsigned long nr_mfns,
                     unsigned long flags)
{
    return map_range(virt, mfn_to_maddr(mfn), nr_mfns << PAGE_SHIFT, flags, 3);
}

/*
 * Does a table below this address come and go? Those of the vmap and stack
 * areas do, or the books would never balance after a domain is gone.
 */
static bool table_is_temporary(unsigned long va)
{
    return table_source == TABLES_HEAP &&
           va >= VMAP_VIRT_START && va < STACKS_VIRT_START + STACKS_VIRT_SIZE;
}

/* Take an empty level 3 table out; NULL if it is not. xen_pt_lock held. */
static void *unhook_table(unsigned long va)
{
    uint64_t *second = walk_to(va, 2, false), *third;
    unsigned int i;

    if ( !second || (*second & PTE_TABLE) != PTE_TABLE )
        return NULL;

    third = table_va(*second & PTE_ADDR_MASK);
    for ( i = 0; i < LPAE_ENTRIES; i++ )
        if ( third[i] & PTE_VALID )
            return NULL;

    *(volatile uint64_t *)second = 0;

    return third;
}

int destroy_xen_mappings(unsigned long s, unsigned long e)
{
    unsigned long va, next;
    int rc = 0;

    spin_lock(&xen_pt_lock);

    for ( va = s; va < e; va += PAGE_SIZE )
    {
        uint64_t *entry = walk_to(va, 3, false);

        if ( entry )
            *(volatile uint64_t *)entry = 0;
        else
            rc = -ENOENT;
    }
    flush_xen_tlb_range_va(s, e - s);

    for ( va = s; va < e && table_is_temporary(va); va = next )
    {
        void *table = unhook_table(va);

        next = (va & ~(TABLE_SIZE(2) - 1)) + TABLE_SIZE(2);
        if ( table )
        {
            /* No walk may still hold the level 2 entry. */
            flush_xen_tlb_range_va(va & ~(TABLE_SIZE(2) - 1), PAGE_SIZE);
            free_xenheap_page(table);
        }
    }

    spin_unlock(&xen_pt_lock);

    return rc;
}

int modify_xen_mappings(unsigned long s, unsigned long e, unsigned long flags)
{
    unsigned long va;
    int rc = 0;

    if ( !flags_are_sound(flags) )
        return -EINVAL;
    if ( !cpu_has_bti )
        flags &= ~PTE_GP;

    spin_lock(&xen_pt_lock);
    for ( va = s; va < e && !rc; va += PAGE_SIZE )
    {
        uint64_t *entry = walk_to(va, 3, false);

        /* Only permissions change: no break-before-make is called for. */
        if ( entry && (*entry & PTE_VALID) )
            *(volatile uint64_t *)entry =
                (*entry & PTE_ADDR_MASK) | flags | PTE_PAGE;
        else
            rc = -ENOENT;
    }
    flush_xen_tlb_range_va(s, e - s);
    spin_unlock(&xen_pt_lock);

    return rc;
}

paddr_t virt_to_maddr_slow(unsigned long va)
{
    uint64_t par = va_to_par(va);

    if ( par & PAR_F )
        panic("No translation for hypervisor address %#lx\n", va);

    return (par & PAR_PA_MASK) | (va & ~PAGE_MASK);
}

bool __mfn_valid(unsigned long mfn)
{
    unsigned int i;

    for ( i = 0; i < bootinfo.mem.nr_banks; i++ )
    {
        const struct membank *bank = &bootinfo.mem.bank[i];

        if ( mfn >= paddr_to_pfn(bank->start) &&
             mfn < paddr_to_pfn(bank->start + bank->size) )
            return true;
    }

    return false;
}

/* First thing in C: the boot stack gets its guard, the windows their table. */
void __init setup_pagetables(void)
{
    unsigned int window = TABLE_INDEX(BOOT_FDT_VIRT_START, 1);

    destroy_xen_mappings((unsigned long)init_stack_guard,
                         (unsigned long)init_stack);
    write_pte(&xen_first[window],
              virt_to_maddr(boot_window_second) | PTE_TABLE);
}

/*
 * The device tree before there is a direct map: 4 MiB from the 2 MiB boundary
 * below it. Returns its address; *limit is how many bytes can be read there.
 */
const void *__init early_fdt_map(paddr_t pa, size_t *limit)
{
    paddr_t base = pa & ~(TABLE_SIZE(2) - 1);
    unsigned int i, first = TABLE_INDEX(BOOT_FDT_VIRT_START, 2);

    for ( i = 0; i < BOOT_FDT_VIRT_SIZE / TABLE_SIZE(2); i++ )
        write_pte(&boot_window_second[first + i],
                  (base + i * TABLE_SIZE(2)) | PAGE_HYPERVISOR_RO | PTE_BLOCK);

    *limit = BOOT_FDT_VIRT_SIZE - (pa - base);

    return (const void *)(BOOT_FDT_VIRT_START + (pa - base));
}

/* The early UART; NULL if none is configured. */
volatile void *early_uart_map(void)
{
    paddr_t pa = CONFIG_EARLY_UART_BASE;

    if ( !pa )
        return NULL;

    write_pte(&boot_window_second[TABLE_INDEX(BOOT_UART_VIRT_START, 2)],
              (pa & ~(TABLE_SIZE(2) - 1)) | PAGE_HYPERVISOR_NOCACHE |
              PTE_BLOCK);

    return (void *)(BOOT_UART_VIRT_START + (pa & (TABLE_SIZE(2) - 1)));
}

/* Take the windows away: nothing may use the early addresses any more. */
void __init early_windows_unmap(void)
{
    unsigned long va;

    memset(boot_window_second, 0, sizeof(boot_window_second));
    dsb(ishst);
    for ( va = BOOT_FDT_VIRT_START; va < BOOT_FDT_VIRT_START + TABLE_SIZE(1);
          va += TABLE_SIZE(2) )
        flush_xen_tlb_range_va(va, PAGE_SIZE);
}

static void __init map_direct(paddr_t s, paddr_t e, uint64_t flags,
                              unsigned int min_level)
{
    if ( s < e && map_range((unsigned long)maddr_to_virt(s), s, e - s, flags,
                            min_level) )
        early_panic("cannot build the direct map");
}

/*
 * [s, e) of RAM into the direct map. The image's frames are mapped by pages,
 * so that the alias of what is read-only can be read-only too.
 */
static void __init map_ram(paddr_t s, paddr_t e)
{
    paddr_t image = virt_to_maddr(_start);
    paddr_t data = virt_to_maddr(_sdata);
    paddr_t ro = virt_to_maddr(__ro_after_init_start);
    paddr_t ro_end = virt_to_maddr(__ro_after_init_end);
    paddr_t image_end = ROUNDUP(virt_to_maddr(_end), TABLE_SIZE(2));

    image_end = min(image_end, e);
    if ( image < s || image >= e )
    {
        map_direct(s, e, PAGE_HYPERVISOR_RW, 1);
        return;
    }

    map_direct(s, image, PAGE_HYPERVISOR_RW, 1);
    map_direct(image, min(data, image_end), PAGE_HYPERVISOR_RO, 3);
    map_direct(data, min(ro, image_end), PAGE_HYPERVISOR_RW, 3);
    map_direct(ro, min(ro_end, image_end), PAGE_HYPERVISOR_RO, 3);
    map_direct(ro_end, image_end, PAGE_HYPERVISOR_RW, 3);
    map_direct(image_end, e, PAGE_HYPERVISOR_RW, 1);
}

/* Call fn for the parts of [s, e) that no reservation from first on covers. */
void __init dt_unreserved_regions(paddr_t s, paddr_t e,
                                  void (*fn)(paddr_t s, paddr_t e),
                                  unsigned int first)
{
    unsigned int i;

    for ( i = first; i < bootinfo.reserved.nr_banks; i++ )
    {
        paddr_t r_s = round_pgdown(bootinfo.reserved.bank[i].start);
        paddr_t r_e = round_pgup(bootinfo.reserved.bank[i].start +
                                 bootinfo.reserved.bank[i].size);

        if ( s < r_e && r_s < e )
        {
            dt_unreserved_regions(r_e, e, fn, i + 1);
            dt_unreserved_regions(s, r_s, fn, i + 1);
            return;
        }
    }

    if ( s < e )
        fn(s, e);
}

static void __init init_free_region(paddr_t s, paddr_t e)
{
    init_boot_pages(s, e);
}

/* Frame table entries of one bank; the table is zeroed. */
static void __init map_frame_table(const struct membank *bank)
{
    const struct page_info *first = maddr_to_page(bank->start);
    const struct page_info *last = maddr_to_page(bank->start + bank->size);
    unsigned long va = round_pgdown((unsigned long)first);
    unsigned long end = round_pgup((unsigned long)last);

    /* Two banks may share a page of the table. */
    while ( va < end )
    {
        unsigned long chunk = PAGE_SIZE, i;
        uint64_t *entry = walk_to(va, 3, false);
        mfn_t mfn;

        if ( entry && (*entry & PTE_VALID) )
        {
            va += PAGE_SIZE;
            continue;
        }
        if ( IS_ALIGNED(va, TABLE_SIZE(2)) && end - va >= TABLE_SIZE(2) )
            chunk = TABLE_SIZE(2);

        mfn = alloc_boot_pages(PFN_DOWN(chunk), PFN_DOWN(chunk));
        if ( map_range(va, mfn_to_maddr(mfn), chunk, PAGE_HYPERVISOR_RW, 1) )
            early_panic("cannot build the frame table");
        for ( i = 0; i < chunk; i += PAGE_SIZE )
            clear_page((void *)(va + i));
        va += chunk;
    }
}

/*
 * RAM as the device tree describes it becomes usable: direct map, frame table,
 * page allocator. Boot, CPU 0; needs bootinfo.
 */
void __init setup_mm(void)
{
    const struct meminfo *mem = &bootinfo.mem;
    unsigned int i;

    ram_start = mem->bank[0].start;
    ram_end = mem->bank[mem->nr_banks - 1].start +
              mem->bank[mem->nr_banks - 1].size;
    directmap_base = ram_start & ~(TABLE_SIZE(1) - 1);

    if ( ram_end - directmap_base > DIRECTMAP_SIZE ||
         PFN_DOWN(ram_end - directmap_base) * sizeof(struct page_info) >
         FRAMETABLE_SIZE )
        early_panic("RAM spans more than the address space provides for");

    for ( i = 0; i < mem->nr_banks; i++ )
    {
        paddr_t s = mem->bank[i].start, e = s + mem->bank[i].size;

        map_ram(s, e);
        dt_unreserved_regions(s, e, init_free_region, 0);
        table_source = TABLES_BOOT;
    }

    for ( i = 0; i < mem->nr_banks; i++ )
        map_frame_table(&mem->bank[i]);

    end_boot_allocator();
    table_source = TABLES_HEAP;
}

/* Level 2 tables of the vmap and stack areas, which stay for ever. Boot. */
void __init prepare_vmap_tables(void)
{
    unsigned long va;

    for ( va = VMAP_VIRT_START; va < STACKS_VIRT_START + STACKS_VIRT_SIZE;
          va += TABLE_SIZE(1) )
        if ( !walk_to(va, 2, true) )
            early_panic("out of memory while booting");
}

/*
 * End of boot: init sections go to the allocator, __ro_after_init closes. Not
 * on the boot stack, and no other CPU may still be in init code. Returns the
 * number of pages freed.
 */
unsigned long free_init_memory(void)
{
    unsigned long s = (unsigned long)__init_begin;
    unsigned long e = (unsigned long)__init_end;
    unsigned long ro = (unsigned long)__ro_after_init_start;
    unsigned long ro_end = (unsigned long)__ro_after_init_end;
    paddr_t pa = virt_to_maddr(__init_begin);
    int rc;

    rc = modify_xen_mappings(ro, ro_end, PAGE_HYPERVISOR_RO);
    BUG_ON(rc);

    destroy_xen_mappings(s, e);
    init_domheap_pages(pa, pa + (e - s));
    printk(XENLOG_INFO "Freed %lukB init memory\n", (e - s) >> 10);

    return PFN_DOWN(e - s);
}

void share_xen_page_with_guest(struct page_info *page, struct domain *d,
                               enum XENSHARE_flags flags)
{
    ASSERT(is_xen_heap_page(page));

    nrspin_lock(&d->page_alloc_lock);

    /* The owner must be visible before the reference that makes it matter. */
    page_set_owner(page, d);
    smp_wmb();
    page->count_info |= PGC_allocated | 1;
    if ( d->xenheap_pages++ == 0 )
        get_knownalive_domain(d);
    page_list_add_tail(page, &d->xenpage_list);

    nrspin_unlock(&d->page_alloc_lock);
}

const char *describe_hyp_address(unsigned long addr)
{
    if ( addr < XEN_VIRT_START )
        return "low addresses (NULL pointer?)";
    if ( addr < XEN_VIRT_START + XEN_VIRT_SIZE )
        return "image";
    if ( addr >= VMAP_VIRT_START && addr < VMAP_VIRT_START + VMAP_VIRT_SIZE )
        return "vmap";
    if ( addr >= STACKS_VIRT_START &&
         addr < STACKS_VIRT_START + STACKS_VIRT_SIZE )
        return addr & (1UL << STACK_GUARD_BIT) ? "stack"
                                               : "guard below a stack";
    if ( addr >= FRAMETABLE_VIRT_START &&
         addr < FRAMETABLE_VIRT_START + FRAMETABLE_SIZE )
        return "frame table";
    if ( addr >= DIRECTMAP_VIRT_START )
        return "direct map";

    return NULL;
}

void dump_hyp_walk(unsigned long addr)
{
    uint64_t *table = xen_pgtable;
    const char *where = describe_hyp_address(addr);
    unsigned int level;

    printk("Walk of EL2 address %#lx (%s):\n", addr, where ?: "unused");

    for ( level = 0; level < 4; level++ )
    {
        uint64_t pte = table[TABLE_INDEX(addr, level)];
        bool leaf = level == 3 || (pte & PTE_TABLE) == PTE_BLOCK;

        printk("  level %u[%03lx] = %016lx%s\n", level,
               TABLE_INDEX(addr, level), pte,
               !(pte & PTE_VALID) ? " not mapped" :
               !leaf ? "" :
               !(pte & PTE_XN) ? " r-x" : (pte & PTE_RO) ? " r--" : " rw-");
        if ( !(pte & PTE_VALID) || leaf )
            return;
        table = table_va(pte & PTE_ADDR_MASK);
    }
}
