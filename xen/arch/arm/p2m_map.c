/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of the hypervisor asks of stage 2: map, unmap, look up, take references, flush caches.
 *
 * Owns nothing; takes the p2m lock of the domain around the descriptor operations. Foreign mappings take over the
 * caller's reference and drop it when they are replaced or removed.
 */
#include <xen/domain_page.h>
#include <xen/event.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <asm/cpufeature.h>

#include "p2m_private.h"

#define PREEMPT_STEP 512

/* ---- Changes --------------------------------------------------------------------------------------------------- */

/* Nothing is mapped at the @nr frames from @gfn; p2m lock held */
static bool is_unused(struct p2m_domain *p2m, gfn_t gfn, unsigned long nr)
{
    unsigned long i = 0;

    while ( i < nr )
    {
        unsigned int order;
        bool valid;

        p2m_get_entry(p2m, gfn_add(gfn, i), NULL, NULL, &order, &valid);
        if ( valid )
            return false;
        i += (1UL << order) - ((gfn_x(gfn) + i) & ((1UL << order) - 1));
    }

    return true;
}

static int map_range(struct domain *d, gfn_t gfn, unsigned long nr, mfn_t mfn, p2m_type_t t)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    int rc;

    /* No frame number that wraps, or counts as unused because there is no such address */
    if ( (gfn_x(gfn) | (gfn_x(gfn) + nr - 1)) >> (p2m_ipa_bits - PAGE_SHIFT) )
        return -EINVAL;

    p2m_write_lock(p2m);
    rc = is_unused(p2m, gfn, nr) ? 0 : -EBUSY;
    if ( !rc )
        rc = p2m_set_entry(p2m, gfn, nr, mfn, t, p2m_access_rwx);
    /* Unmapping splits no block that this call made, so it needs no page and cannot fail where mapping got through */
    if ( rc == -ENOMEM )
        p2m_set_entry(p2m, gfn, nr, INVALID_MFN, p2m_invalid, p2m_access_n);
    p2m_write_unlock(p2m);

    return rc;
}

static int unmap_range(struct domain *d, gfn_t gfn, unsigned long nr, mfn_t mfn)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned long i = 0;
    int rc = 0;

    p2m_write_lock(p2m);

    /* All of it must be what the caller believes it is */
    while ( i < nr )
    {
        unsigned int order;
        mfn_t found = p2m_get_entry(p2m, gfn_add(gfn, i), NULL, NULL, &order, NULL);
        unsigned long run = (1UL << order) - ((gfn_x(gfn) + i) & ((1UL << order) - 1));

        if ( !mfn_eq(found, INVALID_MFN) && !mfn_eq(mfn, INVALID_MFN) && !mfn_eq(found, mfn_add(mfn, i)) )
        {
            rc = -EINVAL;
            break;
        }
        i += run;
    }

    if ( !rc )
        rc = p2m_set_entry(p2m, gfn, nr, INVALID_MFN, p2m_invalid, p2m_access_n);

    p2m_write_unlock(p2m);

    return rc;
}

int guest_physmap_add_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long page_order, p2m_type_t t)
{
    return map_range(d, gfn, 1UL << page_order, mfn, t);
}

int guest_physmap_remove_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int page_order)
{
    return unmap_range(d, gfn, 1UL << page_order, mfn);
}

int map_foreign_page(struct domain *d, gfn_t gfn, struct page_info *page, bool writable)
{
    return map_range(d, gfn, 1, page_to_mfn(page), writable ? p2m_map_foreign_rw : p2m_map_foreign_ro);
}

int relinquish_p2m_mapping(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned long step = 0;
    int rc = 0;

    p2m_write_lock(p2m);

    /* lowest_mapped_gfn moves along, so a second call goes on where this one stopped */
    while ( p2m->foreign_mappings && gfn_x(p2m->lowest_mapped_gfn) <= gfn_x(p2m->max_mapped_gfn) )
    {
        gfn_t gfn = p2m->lowest_mapped_gfn;
        unsigned int order;
        p2m_type_t t;

        p2m_get_entry(p2m, gfn, &t, NULL, &order, NULL);

        if ( p2m_is_foreign(t) )
        {
            rc = p2m_set_entry(p2m, gfn, 1, INVALID_MFN, p2m_invalid, p2m_access_n);
            if ( rc )
                break;
        }

        p2m->lowest_mapped_gfn = _gfn((gfn_x(gfn) | ((1UL << order) - 1)) + 1);

        if ( !(++step % PREEMPT_STEP) && general_preempt_check() )
        {
            rc = -ERESTART;
            break;
        }
    }

    p2m_write_unlock(p2m);

    return rc;
}

/* ---- Look-ups -------------------------------------------------------------------------------------------------- */

gfn_t p2m_max_gfn(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    gfn_t gfn;

    p2m_read_lock(p2m);
    gfn = p2m->max_mapped_gfn;
    p2m_read_unlock(p2m);

    return gfn;
}

mfn_t p2m_lookup(struct domain *d, gfn_t gfn, p2m_type_t *t)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    mfn_t mfn;

    p2m_read_lock(p2m);
    mfn = p2m_get_entry(p2m, gfn, t, NULL, NULL, NULL);
    p2m_read_unlock(p2m);

    return mfn;
}

struct page_info *p2m_get_page_from_gfn(struct domain *d, gfn_t gfn, p2m_type_t *t)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *pg = NULL;
    p2m_type_t type;
    mfn_t mfn;

    p2m_read_lock(p2m);

    mfn = p2m_get_entry(p2m, gfn, &type, NULL, NULL, NULL);

    if ( p2m_is_any_ram(type) && mfn_valid(mfn) )
    {
        pg = mfn_to_page(mfn);

        /* A foreign or granted page is somebody else's: its mapping keeps it alive while we hold the lock */
        if ( p2m_is_ram(type) )
        {
            if ( !get_page(pg, d) )
                pg = NULL;
        }
        else if ( !page_get_owner_and_reference(pg) )
            pg = NULL;
    }

    p2m_read_unlock(p2m);

    if ( t )
        *t = type;

    return pg;
}

/* ---- Caches ---------------------------------------------------------------------------------------------------- */

int p2m_cache_flush_range(struct domain *d, gfn_t *pstart, gfn_t end)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    gfn_t gfn = *pstart;
    unsigned long step = 0;
    int rc = 0;

    p2m_read_lock(p2m);

    gfn = gfn_max(gfn, p2m->lowest_mapped_gfn);
    end = gfn_min(end, gfn_add(p2m->max_mapped_gfn, 1));

    while ( gfn_x(gfn) < gfn_x(end) )
    {
        unsigned int order;
        p2m_type_t t;
        mfn_t mfn = p2m_get_entry(p2m, gfn, &t, NULL, &order, NULL);

        if ( p2m_is_any_ram(t) && mfn_valid(mfn) )
        {
            void *p = map_domain_page(mfn);

            clean_and_invalidate_dcache_va_range(p, PAGE_SIZE);
            unmap_domain_page(p);
            gfn = gfn_add(gfn, 1);
        }
        else
            gfn = _gfn((gfn_x(gfn) | ((1UL << order) - 1)) + 1);

        if ( !(++step % PREEMPT_STEP) && general_preempt_check() )
        {
            rc = -ERESTART;
            break;
        }
    }

    p2m_read_unlock(p2m);
    *pstart = gfn;

    return rc;
}
