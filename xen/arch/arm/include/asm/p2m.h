/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2 translation of a domain ("physical to machine"): types, changes, look-ups, VMIDs.
 *
 * Terms: gfn/gpa = guest physical frame/address (IPA), mfn = machine frame. A table page is a page of the domain's
 * paging pool that holds descriptors; it never belongs to the guest.
 */
#ifndef ASM_ARM_P2M_H
#define ASM_ARM_P2M_H

#include <xen/mm.h>
#include <xen/rwlock.h>
#include <xen/spinlock.h>
#include <xen/types.h>

struct domain;
struct vcpu;

/* Kept in the four software bits of a descriptor: at most 16 */
typedef enum {
    p2m_invalid = 0,        /* nothing mapped */
    p2m_ram_rw,             /* ordinary memory of the domain */
    p2m_ram_ro,             /* memory the guest may read only */
    p2m_mmio_direct_dev,    /* device, Device-nGnRE */
    p2m_mmio_direct_nc,     /* device memory, Normal non-cacheable */
    p2m_mmio_direct_c,      /* device memory, Normal write-back */
    p2m_map_foreign_rw,     /* page of another domain, with a reference on it */
    p2m_map_foreign_ro,
    p2m_grant_map_rw,       /* granted page of another domain; the grant table holds the reference */
    p2m_grant_map_ro,
    p2m_iommu_map_rw,
    p2m_iommu_map_ro,
    p2m_max_real_type
} p2m_type_t;

#define p2m_to_mask(t)      (1UL << (t))
#define P2M_RAM_TYPES       (p2m_to_mask(p2m_ram_rw) | p2m_to_mask(p2m_ram_ro))
#define P2M_FOREIGN_TYPES   (p2m_to_mask(p2m_map_foreign_rw) | p2m_to_mask(p2m_map_foreign_ro))
#define P2M_GRANT_TYPES     (p2m_to_mask(p2m_grant_map_rw) | p2m_to_mask(p2m_grant_map_ro))

#define p2m_is_ram(t)       (p2m_to_mask(t) & P2M_RAM_TYPES)
#define p2m_is_foreign(t)   (p2m_to_mask(t) & P2M_FOREIGN_TYPES)
#define p2m_is_any_ram(t)   (p2m_to_mask(t) & (P2M_RAM_TYPES | P2M_GRANT_TYPES | P2M_FOREIGN_TYPES))

/* Accepted for source compatibility; a look-up never allocates here */
typedef unsigned int p2m_query_t;
#define P2M_ALLOC           (1u << 0)
#define P2M_UNSHARE         (1u << 1)

/* What a mapping allows beyond what its type says: the stricter of the two wins */
typedef enum {
    p2m_access_n = 0,
    p2m_access_r = 1,
    p2m_access_w = 2,
    p2m_access_rw = 3,
    p2m_access_x = 4,
    p2m_access_rx = 5,
    p2m_access_wx = 6,
    p2m_access_rwx = 7,
} p2m_access_t;

#define INVALID_VMID        0   /* never given to a domain: TLB entries of VMID 0 belong to nobody */
#define INVALID_VCPU_ID     0xffffU

struct p2m_domain {
    struct domain *domain;              /* fixed */
    uint16_t vmid;                      /* fixed; INVALID_VMID: never initialised */
    uint64_t vttbr;                     /* fixed: root and VMID, as VTTBR_EL2 wants them */
    struct page_info *root;             /* fixed: 1 << p2m_root_order concatenated table pages */

    rwlock_t lock;                      /* covers all descriptors and everything below */
    struct page_list_head pages;        /* table pages in use, root excluded */
    gfn_t lowest_mapped_gfn;            /* bounds of what may be mapped, for teardown and cache flushes */
    gfn_t max_mapped_gfn;
    bool need_flush;                    /* frames [flush_start, flush_end) changed and the TLB does not know yet */
    gfn_t flush_start;
    gfn_t flush_end;
    unsigned long mappings[4];          /* leaves by level */
    unsigned long foreign_mappings;     /* leaves that hold a reference on a page of another domain */

    uint16_t last_vcpu_ran[NR_CPUS];    /* each slot only used by its own CPU, with IRQs off */
};

/* Paging pool of a domain: table pages are taken from here only, so no guest can make us use more */
struct paging_domain {
    spinlock_t lock;                    /* covers the rest; nests inside the p2m lock */
    struct page_list_head p2m_freelist; /* free table pages */
    unsigned long p2m_total_pages;      /* free ones plus those in p2m_domain.pages */
};

extern unsigned int p2m_ipa_bits;       /* width of a guest physical address; fixed by setup_virt_paging() */
extern unsigned int p2m_root_order;     /* log2 of the number of concatenated root tables */
extern unsigned int p2m_root_level;

#define p2m_get_hostp2m(d)  (&(d)->arch.p2m)

/* ---- Boot ------------------------------------------------------------------------------------------------------ */

/* setup_virt_paging - choose IPA width and VMID width for all CPUs, program VTCR_EL2 on all of them. Boot, CPU0. */
void setup_virt_paging(void);

/* ---- Life of a domain (order: init, set_allocation, mappings, relinquish, teardown, teardown_allocation, final) -- */

/* p2m_init - lock, VMID and root of @d. 0, -EBUSY (VMIDs used up), -ENOMEM. Undone by p2m_final_teardown(). */
int p2m_init(struct domain *d);

/*
 * p2m_set_allocation - make the paging pool of @d @pages large (grow or shrink its free part)
 * Returns 0, -ENOMEM (too few pages in the machine or too many in use), -ERESTART if it should be called again.
 */
int p2m_set_allocation(struct domain *d, unsigned long pages, bool *preempted);

/* Drop references on foreign pages. 0 or -ERESTART. The domain no longer runs. */
int relinquish_p2m_mapping(struct domain *d);

/* Clear the root, then give all table pages back to the pool. 0 or -ERESTART. */
int p2m_teardown(struct domain *d);

/* Give the pool back to the machine. 0 or -ERESTART. */
int p2m_teardown_allocation(struct domain *d);

/* Whatever is left, in one go (few pages by then); accepts a zeroed p2m. */
void p2m_final_teardown(struct domain *d);

/* ---- Context switch -------------------------------------------------------------------------------------------- */

/* Load stage 2 of @v on this CPU (VTTBR_EL2, HCR_EL2); drops stale TLB entries if a sibling ran here before. IRQs off. */
void p2m_restore_state(struct vcpu *v);
void p2m_save_state(struct vcpu *v);

/* ---- Changes --------------------------------------------------------------------------------------------------- */

static inline void p2m_write_lock(struct p2m_domain *p2m)
{
    write_lock(&p2m->lock);
}

/* Flushes the TLB for this VMID on all CPUs if a descriptor changed under the lock. */
void p2m_write_unlock(struct p2m_domain *p2m);

static inline void p2m_read_lock(struct p2m_domain *p2m)
{
    read_lock(&p2m->lock);
}

static inline void p2m_read_unlock(struct p2m_domain *p2m)
{
    read_unlock(&p2m->lock);
}

/*
 * p2m_set_entry - map @nr frames from @sgfn to @smfn with type @t, or unmap them if @smfn is INVALID_MFN
 * Uses the largest blocks that fit. Break before make on every replaced descriptor.
 * Returns 0; -ENOMEM (pool empty, a prefix may be done); -EINVAL (beyond the IPA space).
 * Locking: p2m write lock held.
 */
int p2m_set_entry(struct p2m_domain *p2m, gfn_t sgfn, unsigned long nr, mfn_t smfn, p2m_type_t t, p2m_access_t a);

/*
 * Locks around p2m_set_entry(). Only unused frames are mapped (-EBUSY), so that on failure the prefix that was mapped can
 * be unmapped again. 0 or -errno.
 */
int guest_physmap_add_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long page_order, p2m_type_t t);
int __must_check guest_physmap_remove_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int page_order);

static inline int guest_physmap_add_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int page_order)
{
    return guest_physmap_add_entry(d, gfn, mfn, page_order, p2m_ram_rw);
}

/* Map page @mfn of another domain at @gfn; takes over the caller's reference on it if it succeeds. */
int map_foreign_page(struct domain *d, gfn_t gfn, struct page_info *page, bool writable);

/* ---- Look-ups -------------------------------------------------------------------------------------------------- */

/* Caller holds the p2m lock. @t may be NULL. @page_order: size of the mapping found, or of the hole. */
mfn_t p2m_get_entry(struct p2m_domain *p2m, gfn_t gfn, p2m_type_t *t, p2m_access_t *a, unsigned int *page_order,
                    bool *valid);

/* The highest frame that has been mapped so far. */
gfn_t p2m_max_gfn(struct domain *d);

/* Racy translation without a reference. INVALID_MFN if unmapped. */
mfn_t p2m_lookup(struct domain *d, gfn_t gfn, p2m_type_t *t);

/*
 * p2m_get_page_from_gfn / get_page_from_gfn - page behind @gfn, with a reference on it
 * Returns NULL if unmapped or not RAM. @t (may be NULL) gets the type, which the caller must check.
 * Locking: p2m read lock. Undone by put_page().
 */
struct page_info *p2m_get_page_from_gfn(struct domain *d, gfn_t gfn, p2m_type_t *t);

static inline struct page_info *get_page_from_gfn(struct domain *d, unsigned long gfn, p2m_type_t *t, p2m_query_t q)
{
    return p2m_get_page_from_gfn(d, _gfn(gfn), t);
}

/*
 * p2m_touch - a guest came to RAM that it has not accessed before, at @gfn: zero it if need be, and let the guest have it
 * Returns false when somebody else needs the CPU meanwhile: each call does 64 pages at least of 512, and a guest tries again.
 * Context: trap of a guest, no lock held. Locks: the p2m lock for reading.
 */
bool p2m_touch(struct p2m_domain *p2m, gfn_t gfn);

/*
 * p2m_cache_flush_range - clean and invalidate the RAM of @d from *@pstart to @end to PoC
 * Returns 0, or -ERESTART with *@pstart where to go on.
 */
int p2m_cache_flush_range(struct domain *d, gfn_t *pstart, gfn_t end);

#endif /* ASM_ARM_P2M_H */
