/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct page_info, and the arithmetic between addresses, frames and pages.
 */
#ifndef ARM_MM_H
#define ARM_MM_H

#include <xen/kernel.h>
#include <xen/types.h>
#include <xen/list.h>
#include <xen/mm-frame.h>
#include <asm/page.h>

struct domain;

struct page_info
{
    /* Owner's list (page_alloc_lock), or a list of free blocks (heap lock). */
    struct list_head list;

    /* References and PGC_* flags; changed by cmpxchg only once in use. */
    unsigned long count_info;

    /* Owner while in use: set before the first reference, NULL for our own. */
    struct domain *domain;

    /* Free head of a block: its order. In use: free for the owner's code. */
    union {
        struct {
            unsigned int order;
        } free;
        unsigned long type_info;
    } u;
};

/* count_info: flags on top, references below. */
#define PGC_shift(idx)    (BITS_PER_LONG - (idx))
#define PGC_allocated     (1UL << PGC_shift(1)) /* the reference of the owner   */
#define PGC_xen_heap      (1UL << PGC_shift(2)) /* the hypervisor's own page    */
#define PGC_state_inuse   0UL
#define PGC_state_free    (1UL << PGC_shift(3)) /* in the allocator             */
#define _PGC_need_scrub   PGC_shift(4)
#define PGC_need_scrub    (1UL << PGC_shift(4)) /* holds old data: free, a domain's; in use, get_page() or p2m_touch() zeroes it */
#define PGC_extra         (1UL << PGC_shift(5)) /* owned, not in tot_pages      */
#define _PGC_scrubbing    PGC_shift(6)
#define PGC_scrubbing     (1UL << PGC_shift(6)) /* a CPU is at the above        */
#define PGC_count_width   PGC_shift(10)
#define PGC_count_mask    ((1UL << PGC_count_width) - 1)

#define page_get_owner(p)       ((p)->domain)
#define page_set_owner(p, d)    ((p)->domain = (d))

#define is_xen_heap_page(page)  (((page)->count_info & PGC_xen_heap) != 0)
#define is_xen_heap_mfn(mfn) \
    (mfn_valid(mfn) && is_xen_heap_page(mfn_to_page(mfn)))
#define is_special_page(page)   is_xen_heap_page(page)
#define page_state_is_free(pg)  (((pg)->count_info & PGC_state_free) != 0)

/* Bounds of the image, and of what is given back at the end of boot. */
extern const char _start[], _sdata[], _end[];
extern const char __init_begin[], __init_end[];

/* Load address minus link address of the image. */
extern unsigned long phys_offset;

/* Direct map: address of the first byte of RAM, and one past the last. */
extern paddr_t directmap_base;
extern paddr_t ram_start, ram_end;

#define frame_table ((struct page_info *)FRAMETABLE_VIRT_START)

#define is_xen_fixed_mfn(mfn) \
    (mfn_to_maddr(mfn) >= virt_to_maddr(_start) && \
     mfn_to_maddr(mfn) < virt_to_maddr(_end))

/* Has this frame a struct page_info? RAM banks only. Any context. */
bool __mfn_valid(unsigned long mfn);
#define mfn_valid(mfn)  __mfn_valid(mfn_x(mfn))

/* RAM only; maddr in bytes. */
static inline void *maddr_to_virt(paddr_t ma)
{
    return (void *)(DIRECTMAP_VIRT_START + (ma - directmap_base));
}

/* An address outside direct map and image: asks the MMU. Panics if unmapped. */
paddr_t virt_to_maddr_slow(unsigned long va);

/* Any mapped hypervisor address to its physical address. */
static inline paddr_t __virt_to_maddr(unsigned long va)
{
    if ( va >= DIRECTMAP_VIRT_START )
        return va - DIRECTMAP_VIRT_START + directmap_base;
    if ( va >= XEN_VIRT_START && va < XEN_VIRT_START + XEN_VIRT_SIZE )
        return va + phys_offset;

    return virt_to_maddr_slow(va);
}

#define virt_to_maddr(va)   __virt_to_maddr((unsigned long)(va))
#define __pa(x)             virt_to_maddr(x)
#define __va(x)             maddr_to_virt(x)

#define __mfn_to_virt(mfn)  maddr_to_virt((paddr_t)(mfn) << PAGE_SHIFT)
#define mfn_to_virt(mfn)    __mfn_to_virt(mfn)
#define __virt_to_mfn(va)   paddr_to_pfn(virt_to_maddr(va))
#define virt_to_mfn(va)     _mfn(__virt_to_mfn(va))

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
    return frame_table + (mfn_x(mfn) - paddr_to_pfn(directmap_base));
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return _mfn((unsigned long)(pg - frame_table) +
                paddr_to_pfn(directmap_base));
}

#define maddr_to_page(ma)   mfn_to_page(maddr_to_mfn(ma))
#define page_to_maddr(pg)   mfn_to_maddr(page_to_mfn(pg))
#define virt_to_page(va)    maddr_to_page(virt_to_maddr(va))
#define page_to_virt(pg)    maddr_to_virt(page_to_maddr(pg))
#define gaddr_to_pfn(ga)    paddr_to_pfn(ga)

/* Take a reference whoever owns the page; the owner, or NULL if it is free. */
struct domain *page_get_owner_and_reference(struct page_info *page);

/*
 * Let d map a page of the hypervisor: it becomes d's, PGC_xen_heap stays set.
 * Undone by put_page_alloc_ref() and free_xenheap_page() after d is gone.
 */
enum XENSHARE_flags {
    SHARE_rw,
    SHARE_ro,
};
void share_xen_page_with_guest(struct page_info *page, struct domain *d,
                               enum XENSHARE_flags flags);

/*
 * Pages of EL2's own map: nr_mfns pages from virt to mfn with PAGE_HYPERVISOR_*
 * flags; the range must be unmapped. 0 or -ENOMEM/-EINVAL/-EEXIST.
 */
int map_pages_to_xen(unsigned long virt, mfn_t mfn, unsigned long nr_mfns,
                     unsigned long flags);

/* Unmap [s, e): missing entries are fine. */
int destroy_xen_mappings(unsigned long s, unsigned long e);

/* Change the permission of mapped pages of [s, e); never to writable + exec. */
int modify_xen_mappings(unsigned long s, unsigned long e, unsigned long flags);

/* Stack of a vCPU with an unmapped page below. NULL: no memory. */
void *alloc_vcpu_stack(void);
void free_vcpu_stack(void *stack);

/* Boot (CPU 0): final map of the image; then all of RAM; then no init left. */
void setup_pagetables(void);
void setup_mm(void);
void prepare_vmap_tables(void);
unsigned long free_init_memory(void);

/* Print the walk of EL2's tables for addr. Any context, no lock. */
void dump_hyp_walk(unsigned long addr);

/* Why did this access of EL2 fail: address range it falls into, or NULL. */
const char *describe_hyp_address(unsigned long addr);

#endif /* ARM_MM_H */
