/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EL2 page-table entries, cache and TLB maintenance by address.
 */
#ifndef ARM_PAGE_H
#define ARM_PAGE_H

#include <xen/page-size.h>
#include <asm/processor.h>

/* Entries of stage 1 at EL2, 4K granule. */
#define PTE_VALID       (_AC(1, UL) << 0)
#define PTE_TABLE       (_AC(3, UL) << 0)  /* levels 0-2 */
#define PTE_PAGE        (_AC(3, UL) << 0)  /* level 3 */
#define PTE_BLOCK       (_AC(1, UL) << 0)  /* levels 1-2 */
#define PTE_ATTR(idx)   (_AC(idx, UL) << 2)
#define PTE_AP_RES1     (_AC(1, UL) << 6)  /* AP[1]: RES1 with one EL */
#define PTE_RO          (_AC(1, UL) << 7)
#define PTE_SH_INNER    (_AC(3, UL) << 8)
#define PTE_AF          (_AC(1, UL) << 10)
#define PTE_GP          (_AC(1, UL) << 50) /* branch targets checked */
#define PTE_CONTIG      (_AC(1, UL) << 52)
#define PTE_XN          (_AC(1, UL) << 54)
#define PTE_ADDR_MASK   _AC(0x0000fffffffff000, UL)

#define PTE_NORMAL      (PTE_ATTR(7) | PTE_SH_INNER | PTE_AF | PTE_AP_RES1)
#define PTE_DEVICE      (PTE_ATTR(4) | PTE_AF | PTE_AP_RES1 | PTE_XN)

/* The kinds of mapping there are. None is writable and executable. */
#define PAGE_HYPERVISOR_RX      (PTE_NORMAL | PTE_RO | PTE_GP)
#define PAGE_HYPERVISOR_RO      (PTE_NORMAL | PTE_RO | PTE_XN)
#define PAGE_HYPERVISOR_RW      (PTE_NORMAL | PTE_XN)
#define PAGE_HYPERVISOR         PAGE_HYPERVISOR_RW
#define PAGE_HYPERVISOR_NOCACHE PTE_DEVICE
#define PAGE_HYPERVISOR_WC      (PTE_ATTR(1) | PTE_SH_INNER | PTE_AF | \
                                 PTE_AP_RES1 | PTE_XN)

#define LPAE_ENTRIES_SHIFT      9
#define LPAE_ENTRIES            512
#define TABLE_SHIFT(level)      (39 - 9 * (level))
#define TABLE_SIZE(level)       (_AC(1, UL) << TABLE_SHIFT(level))
#define TABLE_INDEX(va, level) \
    ((_AT(unsigned long, va) >> TABLE_SHIFT(level)) & 511)

#ifndef __ASSEMBLY__

#include <xen/types.h>
#include <asm/system.h>

/*
 * Data cache by address to the point of coherency, p and size in bytes. Any
 * context. The invalidating form may drop neighbours' writes in the first and
 * last line: those lines are cleaned too.
 */
void clean_dcache_va_range(const void *p, unsigned long size);
void invalidate_dcache_va_range(const void *p, unsigned long size);
void clean_and_invalidate_dcache_va_range(const void *p, unsigned long size);

/* After code was written: the instruction caches of all CPUs. */
static inline void invalidate_icache(void)
{
    asm volatile ( "ic ialluis" ::: "memory" );
    dsb(ish);
    isb();
}

#define clean_dcache(x) clean_dcache_va_range(&(x), sizeof(x))
#define clean_and_invalidate_dcache(x) \
    clean_and_invalidate_dcache_va_range(&(x), sizeof(x))

/* Zero, copy one page; page-aligned addresses. */
void clear_page(void *page);
void copy_page(void *to, const void *from);

/* EL2 translations of [va, va + size) on all CPUs of the machine. */
static inline void flush_xen_tlb_range_va(unsigned long va, unsigned long size)
{
    unsigned long end = va + size;

    dsb(ishst);
    for ( ; va < end; va += PAGE_SIZE )
        asm volatile ( "tlbi vae2is, %0" : : "r" (va >> PAGE_SHIFT) : "memory" );
    dsb(ish);
    isb();
}

/* All EL2 translations of this CPU. */
static inline void flush_xen_tlb_local(void)
{
    dsb(nshst);
    asm volatile ( "tlbi alle2" ::: "memory" );
    dsb(nsh);
    isb();
}

/* Guest virtual to IPA (stage 1), to PA (both): PAR_EL1 as it comes. */
static inline uint64_t gva_to_ipa_par(unsigned long va, bool write)
{
    uint64_t par, saved = READ_SYSREG64(PAR_EL1);

    if ( write )
        asm volatile ( "at s1e1w, %0" : : "r" (va) );
    else
        asm volatile ( "at s1e1r, %0" : : "r" (va) );
    isb();
    par = READ_SYSREG64(PAR_EL1);
    WRITE_SYSREG64(saved, PAR_EL1);

    return par;
}

static inline uint64_t gva_to_ma_par(unsigned long va, bool write)
{
    uint64_t par, saved = READ_SYSREG64(PAR_EL1);

    if ( write )
        asm volatile ( "at s12e1w, %0" : : "r" (va) );
    else
        asm volatile ( "at s12e1r, %0" : : "r" (va) );
    isb();
    par = READ_SYSREG64(PAR_EL1);
    WRITE_SYSREG64(saved, PAR_EL1);

    return par;
}

/* Hypervisor virtual to PA, PAR_EL1 as it comes (bit 0: fault). */
static inline uint64_t va_to_par(unsigned long va)
{
    uint64_t par, saved = READ_SYSREG64(PAR_EL1);

    asm volatile ( "at s1e2r, %0" : : "r" (va) );
    isb();
    par = READ_SYSREG64(PAR_EL1);
    WRITE_SYSREG64(saved, PAR_EL1);

    return par;
}

#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)

#endif /* __ASSEMBLY__ */

#endif /* ARM_PAGE_H */
