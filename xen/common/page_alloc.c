/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: a buddy system over all RAM that nothing else occupies,
 * and the ownership and references of pages in use.
 *
 *   boot regions  --end_boot_allocator()-->  free lists, one per order
 *   free lists    --alloc_heap_pages()---->  anonymous / domain / xenheap
 *
 * A free block is a naturally aligned run of 2^order pages; its first page is
 * on the list of that order and carries PGC_state_free, the order, and nobody
 * else's data: the other pages of the block have no flag but the one below.
 *
 * What a page held before must not be seen by the next owner, and every free
 * page held something: a domain's data (PGC_need_scrub), ours, or somebody's
 * from before us. It is zeroed when it is handed out, unless it stays ours and
 * held no domain's (alloc_xenheap_pages(), whose callers clear what they share).
 * Zeroing is left until then because most pages are never handed out.
 *
 * A domain's RAM (MEMF_scrub_later) is zeroed later still: its pages keep
 * PGC_need_scrub until somebody is about to see them, since a guest is made in
 * no time then, and most of a large one is never touched. There are two ways to
 * see a page. A reference: page_get_owner_and_reference() zeroes it. And the
 * guest's stage 2, where such pages have no access flag: the first access
 * faults, and p2m_touch() zeroes what the descriptor covers.
 *
 * Locks: heap_lock protects the lists, the counters and the page_info of free
 * pages; it is a leaf. A page of a domain loses PGC_need_scrub by the CPU that
 * set its PGC_scrubbing, which nobody waits for but who needs this very page.
 * d->page_alloc_lock protects a domain's lists and counts and is never held
 * together with heap_lock. References (count_info) change by cmpxchg alone.
 */
#include <xen/fail_alloc.h>
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/domain_page.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <asm/hardirq.h>
#include <asm/p2m.h>
#include <asm/setup.h>

static struct list_head free_lists[MAX_ORDER + 1];
static unsigned long free_pages_count;
static unsigned long total_pages_count;     /* ever given to us; boot only */
static DEFINE_SPINLOCK(heap_lock);

/* Allocation needs interrupts on once there is another CPU to wait for. */
#define ASSERT_ALLOC_CONTEXT() \
    ASSERT(!in_irq() && (local_irq_is_enabled() || num_online_cpus() <= 1))

/* ---- Memory before the lists exist: boot, CPU 0, no lock ---- */

struct boot_region {
    paddr_t s, e;
};
static struct boot_region __initdata boot_regions[NR_RESERVED + NR_MEM_BANKS];
static unsigned int __initdata nr_boot_regions;

void __init init_boot_pages(paddr_t ps, paddr_t pe)
{
    ps = round_pgup(ps);
    pe = round_pgdown(pe);
    if ( ps >= pe )
        return;

    if ( nr_boot_regions == ARRAY_SIZE(boot_regions) )
        early_panic("memory map too scattered for the boot allocator");

    boot_regions[nr_boot_regions].s = ps;
    boot_regions[nr_boot_regions].e = pe;
    nr_boot_regions++;
}

mfn_t __init alloc_boot_pages(unsigned long nr_pfns, unsigned long pfn_align)
{
    paddr_t size = pfn_to_paddr(nr_pfns), align = pfn_to_paddr(pfn_align);
    unsigned int i;

    /* From the top, which leaves low memory for modules and devices. */
    for ( i = nr_boot_regions; i-- > 0; )
    {
        paddr_t pa = (boot_regions[i].e - size) & ~(align - 1);

        if ( boot_regions[i].e - boot_regions[i].s < size ||
             pa < boot_regions[i].s )
            continue;

        /* What lies above an aligned block is a region of its own. */
        if ( pa + size < boot_regions[i].e )
            init_boot_pages(pa + size, boot_regions[i].e);
        boot_regions[i].e = pa;

        return maddr_to_mfn(pa);
    }

    early_panic("out of memory while booting");
}

void __init end_boot_allocator(void)
{
    unsigned int i;

    for ( i = 0; i <= MAX_ORDER; i++ )
        INIT_LIST_HEAD(&free_lists[i]);

    for ( i = 0; i < nr_boot_regions; i++ )
        init_domheap_pages(boot_regions[i].s, boot_regions[i].e);
    nr_boot_regions = 0;
}

/* ---- Buddies ---- */

/* Put a block on its list, joined with its free buddies. heap_lock held. */
static void free_block(struct page_info *pg, unsigned int order)
{
    unsigned long mfn = mfn_x(page_to_mfn(pg));

    free_pages_count += 1UL << order;

    for ( ; order < MAX_ORDER; order++ )
    {
        unsigned long buddy_mfn = mfn ^ (1UL << order);
        struct page_info *buddy = mfn_to_page(_mfn(buddy_mfn));

        if ( !mfn_valid(_mfn(buddy_mfn)) || !page_state_is_free(buddy) ||
             buddy->u.free.order != order )
            break;

        list_del(&buddy->list);
        buddy->count_info &= ~PGC_state_free;
        mfn &= ~(1UL << order);
    }

    pg = mfn_to_page(_mfn(mfn));
    pg->count_info |= PGC_state_free;
    pg->u.free.order = order;
    list_add(&pg->list, &free_lists[order]);
}

/* Give nr pages from pg on to the lists, as the largest aligned blocks. */
static void free_run(struct page_info *pg, unsigned long nr)
{
    spin_lock(&heap_lock);
    while ( nr )
    {
        unsigned long mfn = mfn_x(page_to_mfn(pg));
        unsigned int order = min_t(unsigned int, MAX_ORDER, flsl(nr) - 1);

        if ( mfn )
            order = min_t(unsigned int, order, ffsl(mfn) - 1);
        free_block(pg, order);
        pg += 1UL << order;
        nr -= 1UL << order;
    }
    spin_unlock(&heap_lock);
}

void init_domheap_pages(paddr_t ps, paddr_t pe)
{
    unsigned long s = PFN_UP(ps), e = PFN_DOWN(pe);

    if ( s >= e )
        return;

    /* Their part of the frame table is as setup_mm() made it: zero. */
    total_pages_count += e - s;
    free_run(mfn_to_page(_mfn(s)), e - s);
}

/* First block of the list that ends below limit (0: any). heap_lock held. */
static struct page_info *find_block(unsigned int order, paddr_t limit)
{
    struct page_info *pg;

    list_for_each_entry ( pg, &free_lists[order], list )
        if ( !limit ||
             page_to_maddr(pg) + ((paddr_t)PAGE_SIZE << order) <= limit )
            return pg;

    return NULL;
}

/*
 * The one place where memory is handed out: 2^order pages, without owner, no
 * reference, zeroed if they held a domain's data or zero says so; see memflags
 * for exceptions. NULL: no such block.
 */
static struct page_info *alloc_heap_pages(unsigned int order,
                                          unsigned int memflags, bool zero)
{
    unsigned int bits = memflags >> _MEMF_bits, o;
    paddr_t limit = bits && bits < PADDR_BITS ? (paddr_t)1 << bits : 0;
    struct page_info *pg = NULL;
    unsigned long i;

    ASSERT_ALLOC_CONTEXT();

    if ( order > MAX_ORDER || fail_alloc_now() )
        return NULL;

    spin_lock(&heap_lock);

    for ( o = order; o <= MAX_ORDER && !pg; o++ )
        pg = find_block(o, limit);
    if ( !pg )
    {
        spin_unlock(&heap_lock);
        return NULL;
    }

    list_del(&pg->list);
    pg->count_info &= ~PGC_state_free;
    free_pages_count -= 1UL << order;

    /* o is one more than the order found: give back the upper halves. */
    while ( --o > order )
    {
        struct page_info *half = pg + (1UL << (o - 1));

        half->count_info |= PGC_state_free;
        half->u.free.order = o - 1;
        list_add(&half->list, &free_lists[o - 1]);
    }

    spin_unlock(&heap_lock);

    for ( i = 0; i < 1UL << order; i++ )
    {
        unsigned long later = 0;

        ASSERT(!(pg[i].count_info & ~PGC_need_scrub));
        if ( !(zero || pg[i].count_info) || (memflags & MEMF_no_scrub) )
            ;
        else if ( memflags & MEMF_scrub_later )
            later = PGC_need_scrub;
        else
            scrub_one_page(&pg[i]);
        pg[i].count_info = later;
        page_set_owner(&pg[i], NULL);
        pg[i].u.type_info = 0;
    }

    return pg;
}

/* domain: they contain a domain's data; those that are not zeroed yet do anyway. */
static void free_heap_pages(struct page_info *pg, unsigned int order,
                            bool domain)
{
    unsigned long i;

    ASSERT_ALLOC_CONTEXT();
    ASSERT(order <= MAX_ORDER);

    for ( i = 0; i < 1UL << order; i++ )
    {
        ASSERT(!(pg[i].count_info & PGC_count_mask));
        ASSERT(!page_state_is_free(&pg[i]));
        pg[i].count_info = domain ? PGC_need_scrub
                                  : pg[i].count_info & PGC_need_scrub;
        page_set_owner(&pg[i], NULL);
    }

    free_run(pg, 1UL << order);
}

void scrub_one_page(const struct page_info *pg)
{
    clear_page(page_to_virt(pg));
}

bool scrub_page_unless_busy(struct page_info *pg)
{
    unsigned long flags;
    bool mine;

    /* An interrupt handler of this CPU may need the page, too, and would wait for ever. */
    local_irq_save(flags);
    mine = !test_and_set_bit(_PGC_scrubbing, &pg->count_info);
    if ( mine )
    {
        if ( ACCESS_ONCE(pg->count_info) & PGC_need_scrub )
        {
            scrub_one_page(pg);
            /* As far as RAM: who reads past the caches, a partition or a guest with its own off, sees no owner before. */
            clean_dcache_va_range(page_to_virt(pg), PAGE_SIZE);
            /* Who sees the flag gone sees the zeroes. References come and go meanwhile. */
            smp_wmb();
            clear_bit(_PGC_need_scrub, &pg->count_info);
        }
        clear_bit(_PGC_scrubbing, &pg->count_info);
    }
    local_irq_restore(flags);

    return mine;
}

struct domain *scrub_page_in_use(struct page_info *pg)
{
    while ( !scrub_page_unless_busy(pg) )
        cpu_relax();

    /* No page changes hands before it is clean: who gives it away has a reference. */
    return page_get_owner(pg);
}

void clear_domain_page(mfn_t mfn)
{
    clear_page(mfn_to_virt(mfn_x(mfn)));
}

unsigned long total_free_pages(void)
{
    return ACCESS_ONCE(free_pages_count);
}

unsigned long total_heap_pages(void)
{
    return total_pages_count;
}

/* ---- The hypervisor's own pages ---- */

void *alloc_xenheap_pages(unsigned int order, unsigned int memflags)
{
    struct page_info *pg = alloc_heap_pages(order, memflags, false);
    unsigned long i;

    if ( !pg )
        return NULL;

    for ( i = 0; i < 1UL << order; i++ )
        pg[i].count_info |= PGC_xen_heap;

    return page_to_virt(pg);
}

void free_xenheap_pages(void *v, unsigned int order)
{
    struct page_info *pg;
    unsigned long i;
    bool shared = false;

    if ( !v )
        return;

    pg = virt_to_page(v);
    for ( i = 0; i < 1UL << order; i++ )
    {
        ASSERT(is_xen_heap_page(&pg[i]));
        shared |= page_get_owner(&pg[i]) != NULL;
        pg[i].count_info &= ~PGC_xen_heap;
    }

    free_heap_pages(pg, order, shared);
}

/* ---- Pages of domains ---- */

unsigned long domain_adjust_tot_pages(struct domain *d, long pages)
{
    ASSERT(rspin_is_locked(&d->page_alloc_lock));
    d->tot_pages += pages;

    return d->tot_pages;
}

int assign_pages(struct page_info *pg, unsigned int nr, struct domain *d,
                 unsigned int memflags)
{
    unsigned int i;
    int rc = 0;

    nrspin_lock(&d->page_alloc_lock);

    if ( unlikely(d->is_dying) )
    {
        rc = -EINVAL;
        goto out;
    }

    if ( memflags & MEMF_no_refcount )
    {
        for ( i = 0; i < nr; i++ )
            pg[i].count_info |= PGC_extra;
    }
    else
    {
        if ( d->tot_pages + nr > d->max_pages || d->tot_pages + nr < nr )
        {
            rc = -E2BIG;
            goto out;
        }
        /* The pages of a domain hold one reference on it, all together. */
        if ( domain_adjust_tot_pages(d, nr) == nr )
            get_knownalive_domain(d);
    }

    for ( i = 0; i < nr; i++ )
    {
        ASSERT(page_get_owner(&pg[i]) == NULL);
        page_set_owner(&pg[i], d);
        /* The owner must be visible before get_page() can succeed. */
        smp_wmb();
        pg[i].count_info = (pg[i].count_info & (PGC_extra | PGC_need_scrub)) | PGC_allocated | 1;
        page_list_add_tail(&pg[i], &d->page_list);
    }

 out:
    nrspin_unlock(&d->page_alloc_lock);
    return rc;
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags)
{
    struct page_info *pg = alloc_heap_pages(order, memflags, true);

    if ( pg && d && !(memflags & MEMF_no_owner) &&
         assign_pages(pg, 1U << order, d, memflags) )
    {
        free_heap_pages(pg, order, false);
        return NULL;
    }

    return pg;
}

void free_domheap_pages(struct page_info *pg, unsigned int order)
{
    struct domain *d = page_get_owner(pg);
    unsigned long i, counted = 0;
    bool drop_ref = false;

    if ( !d )
    {
        free_heap_pages(pg, order, false);
        return;
    }

    if ( unlikely(is_xen_heap_page(pg)) )
    {
        /* Shared by share_xen_page_with_guest(): freed by its allocator. */
        nrspin_lock(&d->page_alloc_lock);
        for ( i = 0; i < 1UL << order; i++ )
        {
            page_list_del(&pg[i], &d->xenpage_list);
            d->xenheap_pages--;
        }
        drop_ref = d->xenheap_pages == 0;
        nrspin_unlock(&d->page_alloc_lock);
    }
    else
    {
        nrspin_lock(&d->page_alloc_lock);
        for ( i = 0; i < 1UL << order; i++ )
        {
            page_list_del(&pg[i], &d->page_list);
            if ( !(pg[i].count_info & PGC_extra) )
                counted++;
        }
        drop_ref = counted && domain_adjust_tot_pages(d, -(long)counted) == 0;
        nrspin_unlock(&d->page_alloc_lock);

        free_heap_pages(pg, order, true);
    }

    if ( drop_ref )
    {
        put_domain(d);
    }
}

/* ---- References ---- */

/* What the page's count_info was, 0: free, or one reference more would overflow. */
static always_inline unsigned long take_reference(struct page_info *page)
{
    unsigned long x, y = ACCESS_ONCE(page->count_info);

    do {
        x = y;
        /* Free (0), or one more would wrap to 0. */
        if ( unlikely(((x + 1) & PGC_count_mask) <= 1) )
            return 0;
    } while ( (y = cmpxchg(&page->count_info, x, x + 1)) != x );

    return x;
}

bool get_page_unseen(struct page_info *page)
{
    return take_reference(page) != 0;
}

struct domain *page_get_owner_and_reference(struct page_info *page)
{
    unsigned long x = take_reference(page);
    struct domain *owner;

    if ( !x )
        return NULL;

    owner = page_get_owner(page);
    if ( !owner )
    {
        /* A partition's, by a donation: who still maps it gets it from nobody. */
        put_page(page);
        return NULL;
    }

    if ( unlikely(x & PGC_need_scrub) )
        owner = scrub_page_in_use(page);

    return owner;
}

/* Apart, so that get_page() needs no frame: shares call it by the thousand. */
static noinline bool not_yours(struct page_info *page)
{
    put_page(page);

    return false;
}

static noinline bool yours_scrubbed(struct page_info *page)
{
    return scrub_page_in_use(page) != NULL;
}

bool get_page(struct page_info *page, const struct domain *domain)
{
    unsigned long x = take_reference(page);

    if ( !x )
        return false;

    /* Nobody's: as in page_get_owner_and_reference() */
    if ( unlikely(page_get_owner(page) != domain) )
        return not_yours(page);

    return likely(!(x & PGC_need_scrub)) || yours_scrubbed(page);
}

void put_page(struct page_info *page)
{
    unsigned long x, nx, y = ACCESS_ONCE(page->count_info);

    do {
        ASSERT((y & PGC_count_mask) != 0);
        x = y;
        nx = x - 1;
    } while ( unlikely((y = cmpxchg(&page->count_info, x, nx)) != x) );

    if ( unlikely((nx & PGC_count_mask) == 0) )
        free_domheap_page(page);
}

void put_page_alloc_ref(struct page_info *page)
{
    unsigned long x, y = ACCESS_ONCE(page->count_info);

    do {
        x = y;
        if ( !(x & PGC_allocated) )
            return;
    } while ( (y = cmpxchg(&page->count_info, x, x & ~PGC_allocated)) != x );

    put_page(page);
}
