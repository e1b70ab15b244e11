/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a memory transaction: references on them, out of a VM's stage 2 and back, into another's, from one owner to the
 * next.
 *
 * Owns nothing; a set of pages (struct ffa_mem_pages) has a reference on each page in it. Refuses everything that is not RAM
 * of which the VM is the one and only user: foreign and granted frames, those that the hypervisor keeps, and for what
 * leaves the VM (LEND, DONATE) frames that anybody else has a reference on: then they are shared, or RX/TX, or mapped by
 * another domain. A frame that has left is no longer in stage 2, so it cannot be offered again, ballooned or mapped.
 *
 * Everything goes in stretches of FFA_MEM_STRETCH pages, each with the p2m lock of one domain taken once.
 * Locks: p2m lock; page_alloc_lock (never two of them, never inside the p2m lock).
 */
#include <xen/domain_page.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

#include <asm/p2m.h>
#include <asm/page.h>

#include "ffa_mem.h"

/* ---- Walking ---------------------------------------------------------------------------------------------------- */

static paddr_t walk_ipa(const struct ffa_mem_ipas *ipas, const struct ffa_mem_walk *walk)
{
    return ipas->ranges[walk->range].base + (paddr_t)walk->in_range * FFA_PAGE_SIZE;
}

static gfn_t walk_gfn(const struct ffa_mem_ipas *ipas, const struct ffa_mem_walk *walk)
{
    return gaddr_to_gfn(walk_ipa(ipas, walk));
}

static mfn_t walk_mfn(const struct ffa_mem_pages *pages, const struct ffa_mem_walk *walk)
{
    return maddr_to_mfn(pages->ranges[walk->pa_range].base + (paddr_t)walk->in_pa_range * FFA_PAGE_SIZE);
}

/* @nr pages on, within one range of addresses */
static void walk_ipas_on(const struct ffa_mem_ipas *ipas, struct ffa_mem_walk *walk, uint32_t nr)
{
    walk->done += nr;
    walk->in_range += nr;
    if ( walk->in_range == ipas->ranges[walk->range].pages )
    {
        walk->range++;
        walk->in_range = 0;
    }
}

/* The next page */
static void walk_pages_on(const struct ffa_mem_pages *pages, struct ffa_mem_walk *walk)
{
    if ( ++walk->in_pa_range == pages->ranges[walk->pa_range].pages )
    {
        walk->pa_range++;
        walk->in_pa_range = 0;
    }
}

static void walk_on(const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas, struct ffa_mem_walk *walk)
{
    walk_pages_on(pages, walk);
    walk_ipas_on(ipas, walk, 1);
}

/* The array of a set, if it is not its share's own */
static void free_ranges(struct ffa_mem_pages *pages)
{
    if ( pages->max_ranges > FFA_MEM_FEW )
        xfree(pages->ranges);
}

/* ---- Taking ----------------------------------------------------------------------------------------------------- */

/* Room for another range. The p2m lock may be held. */
static bool grow(struct ffa_mem_pages *pages)
{
    uint32_t max = max(pages->max_ranges * 2, FFA_MEM_STRETCH);
    struct ffa_mem_range *ranges = xmalloc_array(struct ffa_mem_range, max);

    if ( !ranges )
        return false;

    memcpy(ranges, pages->ranges, pages->nr_ranges * sizeof(*ranges));
    free_ranges(pages);
    pages->ranges = ranges;
    pages->max_ranges = max;

    return true;
}

/* @nr pages from @pa on, whose references are the set's then. False: no memory. */
static bool push_pages(struct ffa_mem_pages *pages, paddr_t pa, uint32_t nr)
{
    struct ffa_mem_range *last = &pages->ranges[pages->nr_ranges];

    if ( pages->nr_ranges && last[-1].base + (uint64_t)last[-1].pages * FFA_PAGE_SIZE == pa )
        last[-1].pages += nr;
    else
    {
        if ( pages->nr_ranges == pages->max_ranges && !grow(pages) )
            return false;
        pages->ranges[pages->nr_ranges++] = (struct ffa_mem_range){ .base = pa, .pages = nr };
    }
    pages->nr_pages += nr;

    return true;
}

/* References on @nr frames from @mfn on, until one cannot be had. Returns how many. */
static uint32_t get_frames(struct domain *d, mfn_t mfn, uint32_t nr)
{
    struct page_info *page = mfn_to_page(mfn), *end = page + nr;
    uint32_t left;

    for ( ; page != end; page++ )
        if ( is_special_page(page) || (page->count_info & PGC_extra) || !get_page(page, d) )
            break;

    left = end - page;

    return nr - left;
}

/* ... and off them again, from the last one backwards */
static void put_frames(mfn_t mfn, uint32_t nr)
{
    struct page_info *first = mfn_to_page(mfn), *page = first + nr;

    while ( page != first )
        put_page(--page);
}

/* Up to @left frames of one mapping at the walk; p2m lock held, for writing if @out. */
static ffa_rc_t take_run(struct domain *d, struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                         struct ffa_mem_walk *walk, bool out, uint32_t *left)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    gfn_t gfn = walk_gfn(ipas, walk);
    uint32_t nr = ipas->ranges[walk->range].pages - walk->in_range, got;
    unsigned int order;
    p2m_type_t t;
    mfn_t mfn = p2m_get_entry(p2m, gfn, &t, NULL, &order, NULL);

    if ( t != p2m_ram_rw || !mfn_valid(mfn) )
        return FFA_DENIED;

    nr = min_t(unsigned long, min(nr, *left), (1UL << order) - (gfn_x(gfn) & ((1UL << order) - 1)));
    got = get_frames(d, mfn, nr);
    if ( got && !push_pages(pages, mfn_to_maddr(mfn), got) )
    {
        put_frames(mfn, got);
        return FFA_NO_MEMORY;
    }
    if ( out && got && p2m_set_entry(p2m, gfn, got, INVALID_MFN, p2m_invalid, p2m_access_n) )
    {
        /* No table to split a block with. What may be gone of it is mapped again with the rest. */
        walk_ipas_on(ipas, walk, got);
        return FFA_NO_MEMORY;
    }

    walk_ipas_on(ipas, walk, got);
    *left -= got;

    return got == nr ? FFA_OK : FFA_DENIED;
}

/* Is the owner, beside us, the only one with a reference on the @nr last pages of the set? Nobody can get a new one. */
static bool sole_user(const struct ffa_mem_pages *pages, uint32_t nr)
{
    const struct ffa_mem_range *last = &pages->ranges[pages->nr_ranges];
    uint32_t i;

    while ( nr )
    {
        last--;
        for ( i = last->pages; i && nr; i--, nr-- )
        {
            const struct page_info *page = maddr_to_page(last->base + (uint64_t)(i - 1) * FFA_PAGE_SIZE);

            if ( (ACCESS_ONCE(page->count_info) & (PGC_allocated | PGC_count_mask)) != (PGC_allocated | 2) )
                return false;
        }
    }

    return true;
}

/*
 * ffa_pages_take - references on the pages of @d at @ipas
 * @out: they leave stage 2, and nobody else may use them
 * Returns: OK; DENIED: not exclusively @d's writable RAM; NO_MEMORY. After an error the pages that were taken are in @pages:
 * ffa_pages_give_back() if @out, then ffa_pages_put(). A page that occurs twice is only found with @out.
 */
ffa_rc_t ffa_pages_take(struct domain *d, struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                        struct ffa_mem_walk *walk, bool out)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    uint32_t left = min(ipas->nr_pages - walk->done, out ? FFA_MEM_STRETCH : FFA_MEM_READ_STRETCH);
    uint32_t before = pages->nr_pages;
    ffa_rc_t rc = FFA_OK;

    if ( out )
        p2m_write_lock(p2m);
    else
        p2m_read_lock(p2m);
    while ( left && ffa_ok(rc) )
        rc = take_run(d, pages, ipas, walk, out, &left);
    if ( out )
        p2m_write_unlock(p2m);
    else
        p2m_read_unlock(p2m);

    if ( ffa_ok(rc) && out && !sole_user(pages, pages->nr_pages - before) )
        rc = FFA_DENIED;

    return rc;
}

/* @nr frames from @mfn on, with the references of a set, cease to be @d's, who may be dying. */
static void give_up_frames(struct domain *d, mfn_t mfn, uint32_t nr)
{
    struct page_info *page = mfn_to_page(mfn), *end = page + nr;
    bool last;

    nrspin_lock(&d->page_alloc_lock);
    for ( ; page != end; page++ )
    {
        ASSERT(page_get_owner(page) == d);
        put_page_alloc_ref(page);
        page_list_del(page, &d->page_list);
        page_set_owner(page, NULL);
    }
    last = !domain_adjust_tot_pages(d, -(long)nr);
    nrspin_unlock(&d->page_alloc_lock);

    if ( last )
    {
        put_domain(d);
    }
}

/* A stretch of the set ends, from the last page backwards: put, or given up by @d. True: that was all, its memory is freed. */
static bool end_stretch(struct ffa_mem_pages *pages, struct domain *d)
{
    uint32_t left = FFA_MEM_STRETCH;

    while ( pages->nr_ranges && left )
    {
        struct ffa_mem_range *last = &pages->ranges[pages->nr_ranges - 1];
        uint32_t nr = min(last->pages, left);
        mfn_t mfn;

        last->pages -= nr;
        pages->nr_pages -= nr;
        left -= nr;
        mfn = maddr_to_mfn(last->base + (uint64_t)last->pages * FFA_PAGE_SIZE);
        if ( d )
            give_up_frames(d, mfn, nr);
        else
            put_frames(mfn, nr);
        if ( !last->pages )
            pages->nr_ranges--;
    }

    if ( pages->nr_ranges )
        return false;

    free_ranges(pages);
    pages->ranges = NULL;
    pages->max_ranges = 0;

    return true;
}

/*
 * ffa_pages_put - a stretch of references; true: that was all, and the memory of the set is freed
 * Context: no lock held; any but an interrupt's.
 */
bool ffa_pages_put(struct ffa_mem_pages *pages)
{
    return end_stretch(pages, NULL);
}

/*
 * ffa_pages_give_up - as ffa_pages_put(), but nobody gets them any more: off @d's list and number of pages, without an owner,
 * each with the reference of the set for ever
 * @pages: out of @d's stage 2, all of them @d's; it may be dying, and relinquish_memory() be at its list
 * Context: as for ffa_pages_put(); somebody else holds @d.
 */
bool ffa_pages_give_up(struct domain *d, struct ffa_mem_pages *pages)
{
    return end_stretch(pages, d);
}

/* ffa_pages_contain - is the page at @pa in the set? */
bool ffa_pages_contain(const struct ffa_mem_pages *pages, paddr_t pa)
{
    uint32_t i;

    for ( i = 0; i < pages->nr_ranges; i++ )
        if ( pa >= pages->ranges[i].base &&
             pa - pages->ranges[i].base < (uint64_t)pages->ranges[i].pages * FFA_PAGE_SIZE )
            return true;

    return false;
}

/* ---- Mapping ---------------------------------------------------------------------------------------------------- */

/* As far as RAM: a VM whose caches are off would read there what was before. */
static void zero_page(mfn_t mfn)
{
    void *p = __map_domain_page(mfn_to_page(mfn));

    clear_page(p);
    clean_and_invalidate_dcache_va_range(p, PAGE_SIZE);
    unmap_domain_page(p);
}

/* One page at one address, if there is nothing yet. p2m write lock held. */
static ffa_rc_t map_page(struct p2m_domain *p2m, gfn_t gfn, mfn_t mfn, p2m_type_t t, p2m_access_t a)
{
    bool used;
    int rc;

    if ( gfn_x(gfn) >> (p2m_ipa_bits - PAGE_SHIFT) )
        return FFA_INVALID_PARAMETERS;

    p2m_get_entry(p2m, gfn, NULL, NULL, NULL, &used);
    if ( used )
        return FFA_DENIED;

    rc = p2m_set_entry(p2m, gfn, 1, mfn, t, a);

    return rc ? FFA_NO_MEMORY : FFA_OK;
}

/*
 * ffa_pages_give_back - pages that left @d's stage 2 go back where they were
 * @pages: perhaps fewer than @ipas: the first of them. Those that @d does not own any more are left out.
 * @zero: and are cleared first   @lenient: a page whose place is taken is left out, too: it stays @d's, without an address
 * Returns: OK; DENIED: @d has mapped something else there: again later; NO_MEMORY.
 */
ffa_rc_t ffa_pages_give_back(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                             struct ffa_mem_walk *walk, bool zero, bool lenient)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    uint32_t left = min(pages->nr_pages - walk->done, FFA_MEM_STRETCH);
    ffa_rc_t rc = FFA_OK;

    p2m_write_lock(p2m);
    for ( ; left; left-- )
    {
        mfn_t mfn = walk_mfn(pages, walk);

        if ( page_get_owner(mfn_to_page(mfn)) == d )
        {
            /* Still there: it could not be taken out after all. */
            if ( !mfn_eq(p2m_get_entry(p2m, walk_gfn(ipas, walk), NULL, NULL, NULL, NULL), mfn) )
                rc = map_page(p2m, walk_gfn(ipas, walk), mfn, p2m_ram_rw, p2m_access_rwx);
            if ( lenient )
                rc = FFA_OK;
            if ( !ffa_ok(rc) )
                break;
            if ( zero )
                zero_page(mfn);
        }
        walk_on(pages, ipas, walk);
    }
    p2m_write_unlock(p2m);

    return rc;
}

/* The mapping of a page of another domain holds a reference of its own; memory that is no domain's has none to be held. */
static ffa_rc_t map_one(struct p2m_domain *p2m, gfn_t gfn, mfn_t mfn, const struct ffa_mem_mapping *how)
{
    struct page_info *page;
    ffa_rc_t rc;

    if ( how->own )
        return map_page(p2m, gfn, mfn, how->writable ? p2m_ram_rw : p2m_ram_ro,
                        how->executable ? p2m_access_rwx : p2m_access_rw);

    if ( how->outside )
    {
        /* Of a page that nobody has ever allocated, nothing is known. */
        if ( mfn_valid(mfn) && (page_get_owner(mfn_to_page(mfn)) || mfn_to_page(mfn)->count_info) )
            return FFA_DENIED;

        return map_page(p2m, gfn, mfn, p2m_mmio_direct_c, how->writable ? p2m_access_rw : p2m_access_r);
    }

    page = mfn_to_page(mfn);
    if ( !get_page(page, page_get_owner(page)) )
        return FFA_DENIED;

    rc = map_page(p2m, gfn, mfn, how->writable ? p2m_map_foreign_rw : p2m_map_foreign_ro, p2m_access_rw);
    if ( !ffa_ok(rc) )
        put_page(page);

    return rc;
}

/*
 * ffa_pages_map - pages of others appear in @d
 * @how: with ->own they are about to become @d's: until ffa_pages_transfer() the set has the only reference
 * Returns: OK; DENIED: the address is in use; INVALID_PARAMETERS: there is no such address; NO_MEMORY: for tables. After an
 * error ffa_pages_unmap() takes away what was mapped.
 */
ffa_rc_t ffa_pages_map(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                       struct ffa_mem_walk *walk, const struct ffa_mem_mapping *how)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    uint32_t left = min(pages->nr_pages - walk->done, FFA_MEM_STRETCH);
    ffa_rc_t rc = FFA_OK;

    p2m_write_lock(p2m);
    for ( ; left; left-- )
    {
        mfn_t mfn = walk_mfn(pages, walk);

        if ( how->zero )
            zero_page(mfn);
        rc = map_one(p2m, walk_gfn(ipas, walk), mfn, how);
        if ( !ffa_ok(rc) )
            break;
        walk_on(pages, ipas, walk);
    }
    p2m_write_unlock(p2m);

    return rc;
}

/*
 * ffa_pages_unmap - undo of ffa_pages_map() for the first @nr pages of the set, which were mapped
 * What @d has unmapped itself, or replaced, stays as it is. Cannot fail: there are no blocks to split.
 */
void ffa_pages_unmap(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                     struct ffa_mem_walk *walk, uint32_t nr)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    uint32_t left = min(nr - walk->done, FFA_MEM_STRETCH);

    p2m_write_lock(p2m);
    for ( ; left; left-- )
    {
        gfn_t gfn = walk_gfn(ipas, walk);

        if ( mfn_eq(p2m_get_entry(p2m, gfn, NULL, NULL, NULL, NULL), walk_mfn(pages, walk)) )
            p2m_set_entry(p2m, gfn, 1, INVALID_MFN, p2m_invalid, p2m_access_n);
        walk_on(pages, ipas, walk);
    }
    p2m_write_unlock(p2m);
}

/* ffa_pages_zero - clear the next stretch of the set; only walk->done and the place among the pages move. */
void ffa_pages_zero(const struct ffa_mem_pages *pages, struct ffa_mem_walk *walk)
{
    uint32_t left = min(pages->nr_pages - walk->done, FFA_MEM_STRETCH);

    for ( ; left; left--, walk->done++ )
    {
        zero_page(walk_mfn(pages, walk));
        walk_pages_on(pages, walk);
    }
}

/* ---- Changing the owner ------------------------------------------------------------------------------------------ */

/*
 * ffa_pages_reserve_room - count @nr pages for @d before they come, so that they cannot be refused on the way
 * Returns: OK; NO_MEMORY: more than the domain may have.   Undone by ffa_pages_return_room().
 */
ffa_rc_t ffa_pages_reserve_room(struct domain *d, uint32_t nr)
{
    ffa_rc_t rc = FFA_OK;

    nrspin_lock(&d->page_alloc_lock);
    if ( d->is_dying || nr > d->max_pages || domain_tot_pages(d) > d->max_pages - nr )
        rc = FFA_NO_MEMORY;
    /* The pages of a domain hold one reference on it, all together. */
    else if ( domain_adjust_tot_pages(d, nr) == nr )
        get_knownalive_domain(d);
    nrspin_unlock(&d->page_alloc_lock);

    return rc;
}

/* ffa_pages_return_room - @nr pages do not come */
void ffa_pages_return_room(struct domain *d, uint32_t nr)
{
    bool last;

    if ( !nr )
        return;

    nrspin_lock(&d->page_alloc_lock);
    last = !domain_adjust_tot_pages(d, -(long)nr);
    nrspin_unlock(&d->page_alloc_lock);

    if ( last )
    {
        put_domain(d);
    }
}

/*
 * False: @from is dying, and its page perhaps on its way to the heap. If it is alive now, the page is off its list before its
 * death comes to look there.
 */
static bool transfer_page(struct domain *from, struct domain *to, struct page_info *page)
{
    bool fine, last = false;

    nrspin_lock(&from->page_alloc_lock);
    fine = !from->is_dying && page_get_owner(page) == from && (page->count_info & PGC_allocated);
    if ( fine )
    {
        page_list_del(page, &from->page_list);
        page_set_owner(page, to);
        last = !domain_adjust_tot_pages(from, -1);
    }
    nrspin_unlock(&from->page_alloc_lock);

    if ( fine )
    {
        nrspin_lock(&to->page_alloc_lock);
        page_list_add_tail(page, &to->page_list);
        nrspin_unlock(&to->page_alloc_lock);
    }
    if ( last )
    {
        put_domain(from);
    }

    return fine;
}

/*
 * ffa_pages_transfer - pages of @from become @to's, who has reserved room for them; their references stay as they are
 * @pages: out of @from's stage 2, with references of this set
 * Returns: OK; ABORTED: @from has begun to die; walk->done pages are @to's: ffa_pages_disown().
 * Context: @to is alive and cannot begin to die.
 */
ffa_rc_t ffa_pages_transfer(struct domain *from, struct domain *to, const struct ffa_mem_pages *pages,
                            struct ffa_mem_walk *walk)
{
    uint32_t left = min(pages->nr_pages - walk->done, FFA_MEM_STRETCH);

    for ( ; left; left--, walk->done++ )
    {
        if ( !transfer_page(from, to, mfn_to_page(walk_mfn(pages, walk))) )
            return FFA_ABORTED;
        walk_pages_on(pages, walk);
    }

    return FFA_OK;
}

/* ffa_pages_disown - the next stretch of the set loses its owners' claim: freed with the references of the set */
void ffa_pages_disown(const struct ffa_mem_pages *pages, struct ffa_mem_walk *walk)
{
    uint32_t left = min(pages->nr_pages - walk->done, FFA_MEM_STRETCH);

    for ( ; left; left--, walk->done++ )
    {
        put_page_alloc_ref(mfn_to_page(walk_mfn(pages, walk)));
        walk_pages_on(pages, walk);
    }
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
