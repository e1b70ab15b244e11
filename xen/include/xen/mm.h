/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages: allocation, ownership, references.
 *
 * Every page of RAM given to the allocator has a struct page_info (asm/mm.h)
 * in the frame table. A page in use has an owner (a domain, or NULL for the
 * hypervisor itself) and a count of references. A page assigned to a domain
 * starts with one reference, marked PGC_allocated; when the last reference is
 * dropped the page goes back to the allocator, and when a domain's last page
 * is gone so is the reference that its pages hold on the domain.
 *
 * Context of everything that allocates or frees: not in an interrupt handler,
 * and with interrupts on once a second CPU is up (asserted in debug builds).
 */
#ifndef XEN_MM_H
#define XEN_MM_H

#include <xen/types.h>
#include <xen/list.h>
#include <xen/spinlock.h>
#include <xen/mm-frame.h>
#include <xen/page-size.h>

struct domain;
struct page_info;

/* memflags of the allocation functions. */
#define _MEMF_no_refcount 0
#define MEMF_no_refcount  (1U << _MEMF_no_refcount) /* not counted in tot_pages */
#define _MEMF_no_owner    1
#define MEMF_no_owner     (1U << _MEMF_no_owner)    /* assigned by the caller later */
#define _MEMF_no_scrub    2
#define MEMF_no_scrub     (1U << _MEMF_no_scrub)    /* the caller overwrites all of it */
#define _MEMF_scrub_later 3
#define MEMF_scrub_later  (1U << _MEMF_scrub_later) /* for a domain: zeroed before anybody sees it, not now */
#define _MEMF_bits        24
#define MEMF_bits(n)      ((unsigned int)(n) << _MEMF_bits) /* address below 2^n */

/* Largest block: 2^18 pages, 1 GiB. */
#define MAX_ORDER 18

#define page_list_head                  list_head
#define PAGE_LIST_HEAD                  LIST_HEAD
#define INIT_PAGE_LIST_HEAD             INIT_LIST_HEAD
#define page_list_empty                 list_empty
#define page_list_first(hd)             list_first_entry(hd, struct page_info, list)
#define page_list_last(hd)              list_last_entry(hd, struct page_info, list)
#define page_list_next(pg, hd)          list_next_entry(pg, list)
#define page_list_add(pg, hd)           list_add(&(pg)->list, hd)
#define page_list_add_tail(pg, hd)      list_add_tail(&(pg)->list, hd)
#define page_list_del(pg, hd)           list_del(&(pg)->list)
#define page_list_del2(pg, hd1, hd2)    list_del(&(pg)->list)
#define page_list_move(dst, src)        list_splice_init(src, dst)
#define page_list_splice(list, hd)      list_splice(list, hd)
#define page_list_for_each(pos, head)   list_for_each_entry(pos, head, list)
#define page_list_for_each_safe(pos, tmp, head) \
    list_for_each_entry_safe(pos, tmp, head, list)
#define page_list_remove_head(head) ({                                     \
    struct page_info *pg_ = NULL;                                          \
    if ( !list_empty(head) )                                               \
    {                                                                      \
        pg_ = list_first_entry(head, struct page_info, list);              \
        list_del(&pg_->list);                                              \
    }                                                                      \
    pg_; })

#include <asm/mm.h>

/*
 * The hypervisor's own pages: contiguous, always mapped in the direct map.
 * Not zeroed unless stated. NULL when memory is short. Inverse:
 * free_xenheap_pages() with the same order.
 */
void *alloc_xenheap_pages(unsigned int order, unsigned int memflags);
void free_xenheap_pages(void *v, unsigned int order);
#define alloc_xenheap_page()    alloc_xenheap_pages(0, 0)
#define free_xenheap_page(v)    free_xenheap_pages(v, 0)

/* Free and forget: the variable is NULL before the pages are gone. */
#define FREE_XENHEAP_PAGES(p, order) do { \
    void *ptr_ = (p);                     \
    (p) = NULL;                           \
    free_xenheap_pages(ptr_, order);      \
} while ( 0 )
#define FREE_XENHEAP_PAGE(p) FREE_XENHEAP_PAGES(p, 0)

/*
 * Pages for a domain (owner d, PGC_allocated, one reference each, counted in
 * d->tot_pages) or, with d NULL, anonymous pages of the hypervisor. They come
 * zeroed. NULL when memory is short, d is dying or over d->max_pages.
 */
struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags);
void free_domheap_pages(struct page_info *pg, unsigned int order);
#define alloc_domheap_page(d, f) alloc_domheap_pages(d, 0, f)
#define free_domheap_page(p)     free_domheap_pages(p, 0)

#define FREE_DOMHEAP_PAGES(p, order) do { \
    struct page_info *pg_ = (p);          \
    (p) = NULL;                           \
    free_domheap_pages(pg_, order);       \
} while ( 0 )
#define FREE_DOMHEAP_PAGE(p) FREE_DOMHEAP_PAGES(p, 0)

/*
 * Give nr anonymous pages (MEMF_no_owner) to domain d. 0, -EINVAL when d is
 * dying, -E2BIG when d->max_pages would be exceeded.
 */
int assign_pages(struct page_info *pg, unsigned int nr, struct domain *d,
                 unsigned int memflags);

/* Hand RAM [ps, pe) to the allocator. Boot, or freed init memory. */
void init_domheap_pages(paddr_t ps, paddr_t pe);
#define init_xenheap_pages(ps, pe) init_domheap_pages(ps, pe)

/* Memory before the page allocator runs: boot, CPU 0 only. */
void init_boot_pages(paddr_t ps, paddr_t pe);
mfn_t alloc_boot_pages(unsigned long nr_pfns, unsigned long pfn_align);
void end_boot_allocator(void);

unsigned long total_free_pages(void);
unsigned long total_heap_pages(void);

/* Change d->tot_pages by pages; returns the new value. page_alloc_lock held. */
unsigned long domain_adjust_tot_pages(struct domain *d, long pages);

/*
 * A reference on a page: refused (false) unless domain owns it and it is
 * allocated. put_page() may free the page: not in interrupt context.
 */
bool __must_check get_page(struct page_info *page, const struct domain *domain);
void put_page(struct page_info *page);

/* The same, by whoever keeps the owner, to count only: what the page holds is not for anybody to see, and not zeroed. */
bool __must_check get_page_unseen(struct page_info *page);

/* Drop the allocation reference of a page, once. */
void put_page_alloc_ref(struct page_info *page);

/* Smallest order whose block holds size bytes / nr_pages pages. */
static inline unsigned int get_order_from_bytes(paddr_t size)
{
    unsigned int order = 0;

    size = (size - 1) >> PAGE_SHIFT;
    for ( ; size; order++ )
        size >>= 1;

    return order;
}

static inline unsigned int get_order_from_pages(unsigned long nr_pages)
{
    unsigned int order = 0;

    nr_pages--;
    for ( ; nr_pages; order++ )
        nr_pages >>= 1;

    return order;
}

void scrub_one_page(const struct page_info *pg);

/* scrub_page_in_use - the same for a page of a domain, once: others may be about to see it, too. Returns the domain. Any context. */
struct domain *scrub_page_in_use(struct page_info *pg);

/* scrub_page_unless_busy - the same, but if another CPU is at this page: false. */
bool scrub_page_unless_busy(struct page_info *pg);

#endif /* XEN_MM_H */
