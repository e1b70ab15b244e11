/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2 descriptors: walking, writing, splitting.
 *
 * Owns: the contents of table pages. All functions run under the p2m lock of the domain: for writing, unless they only
 * look or set the access flag. A descriptor that was valid is cleared and flushed before anything else is written in its
 * place or a page behind it is given away (break before make, Arm ARM D8.16). Table pages come from the domain's pool only.
 */
#include <xen/domain_page.h>
#include <xen/event.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/cpufeature.h>
#include <asm/system.h>

#include "p2m_private.h"

/* Pages zeroed between two looks at whether somebody else needs this CPU */
#define SCRUB_STEP 64

static s2_entry_t *map_table(mfn_t mfn)
{
    return map_domain_page(mfn);
}

/* The entry of the (concatenated) root for @gfn, NULL beyond the IPA space */
static s2_entry_t *root_entry(struct p2m_domain *p2m, gfn_t gfn)
{
    unsigned long index = gfn_x(gfn) >> s2_level_order(p2m_root_level);

    if ( gfn_x(gfn) >> (p2m_ipa_bits - PAGE_SHIFT) || !p2m->root )
        return NULL;

    return map_table(mfn_add(page_to_mfn(p2m->root), index / LPAE_ENTRIES)) + index % LPAE_ENTRIES;
}

static s2_entry_t *next_entry(s2_entry_t table, unsigned int level, gfn_t gfn)
{
    return map_table(s2_mfn(table)) + ((gfn_x(gfn) >> s2_level_order(level)) & (LPAE_ENTRIES - 1));
}

/* Hardware walks tables on its own: entries are written whole, after what they point to */
static void write_entry(s2_entry_t *entry, s2_entry_t val)
{
    dsb(ishst);
    *(volatile s2_entry_t *)entry = val;
    dsb(ishst);
}

/* Does a page of RAM behind an entry of @level still hold somebody's past? One get_page() has zeroed may be among them. */
static bool needs_scrub(mfn_t mfn, unsigned int level)
{
    const struct page_info *pg = mfn_to_page(mfn);
    unsigned long i;

    for ( i = 0; i < 1UL << s2_level_order(level); i++ )
        if ( ACCESS_ONCE(pg[i].count_info) & PGC_need_scrub )
            return true;

    return false;
}

static s2_entry_t leaf_entry(mfn_t mfn, p2m_type_t t, p2m_access_t a, unsigned int level)
{
    bool untouched = p2m_is_ram(t) && needs_scrub(mfn, level);
    s2_entry_t e = mfn_to_maddr(mfn) | S2_VALID | (untouched ? 0 : S2_AF) | ((s2_entry_t)t << S2_TYPE_SHIFT);
    bool read = a & p2m_access_r, write = a & p2m_access_w, exec = a & p2m_access_x;

    if ( level == 3 )
        e |= S2_TABLE;

    switch ( t )
    {
    case p2m_ram_ro:
        write = false;
        break;

    case p2m_map_foreign_ro:
    case p2m_grant_map_ro:
    case p2m_iommu_map_ro:
        write = exec = false;
        break;

    case p2m_map_foreign_rw:
    case p2m_grant_map_rw:
    case p2m_iommu_map_rw:
    case p2m_mmio_direct_dev:
    case p2m_mmio_direct_nc:
    case p2m_mmio_direct_c:
        exec = false;
        break;

    default:
        break;
    }

    switch ( t )
    {
    case p2m_mmio_direct_dev:
        e |= S2_ATTR_DEVICE | S2_SH_OUTER;
        break;

    case p2m_mmio_direct_nc:
        e |= S2_ATTR_NORMAL_NC | S2_SH_OUTER;
        break;

    default:
        e |= (cpu_has_fwb ? S2_ATTR_NORMAL_FWB : S2_ATTR_NORMAL) | S2_SH_INNER;
        break;
    }

    e |= (read ? S2_READ : 0) | (write ? S2_WRITE : 0) | (exec ? 0 : S2_XN);

    return e;
}

mfn_t p2m_get_entry(struct p2m_domain *p2m, gfn_t gfn, p2m_type_t *t, p2m_access_t *a, unsigned int *page_order,
                    bool *valid)
{
    s2_entry_t *entry = root_entry(p2m, gfn);
    unsigned int level = p2m_root_level;
    s2_entry_t e = 0;
    mfn_t mfn = INVALID_MFN;

    for ( ; entry; level++ )
    {
        e = *(volatile s2_entry_t *)entry;
        if ( !s2_is_table(e, level) )
            break;
        entry = next_entry(e, level + 1, gfn);
    }

    if ( s2_is_valid(e) )
        mfn = mfn_add(s2_mfn(e), gfn_x(gfn) & ((1UL << s2_level_order(level)) - 1));

    if ( t )
        *t = s2_is_valid(e) ? s2_type(e) : p2m_invalid;
    if ( a )
        *a = s2_is_valid(e) ? ((e & S2_READ ? p2m_access_r : 0) | (e & S2_WRITE ? p2m_access_w : 0) |
                               (e & S2_XN ? 0 : p2m_access_x))
                            : p2m_access_n;
    if ( page_order )
        *page_order = s2_level_order(level);
    if ( valid )
        *valid = s2_is_valid(e);

    return mfn;
}

/*
 * The pages of a block, or as many as there is time for: the guest tries again until all are zero. What another CPU is at is left to
 * it, and waited for in the end.
 */
static bool scrub_block(struct page_info *pg, unsigned long nr)
{
    unsigned long i, scrubbed = 0, busy = 0;

    for ( i = 0; i < nr; i++ )
    {
        if ( !(ACCESS_ONCE(pg[i].count_info) & PGC_need_scrub) )
            continue;
        if ( scrubbed && !(scrubbed % SCRUB_STEP) && general_preempt_check() )
            return false;
        if ( scrub_page_unless_busy(&pg[i]) )
            scrubbed++;
        else
            busy++;
    }

    for ( i = 0; i < nr && busy; i++ )
        if ( ACCESS_ONCE(pg[i].count_info) & PGC_need_scrub )
            (void)scrub_page_in_use(&pg[i]);

    return true;
}

bool p2m_touch(struct p2m_domain *p2m, gfn_t gfn)
{
    s2_entry_t *entry, e = 0;
    unsigned int level = p2m_root_level;
    bool done = true;

    p2m_read_lock(p2m);

    for ( entry = root_entry(p2m, gfn); entry; entry = next_entry(e, ++level, gfn) )
    {
        e = *(volatile s2_entry_t *)entry;
        if ( !s2_is_table(e, level) )
            break;
    }

    /*
     * An entry without the flag is in no TLB: nothing to break first. The lock for reading is enough: as long as we have it,
     * the entry can only become what we write, too. Other vCPUs that come to this memory share the work, and calls of the
     * domain that look something up do not wait for 2 MiB.
     */
    if ( s2_is_valid(e) && !(e & S2_AF) )
    {
        done = scrub_block(mfn_to_page(s2_mfn(e)), 1UL << s2_level_order(level));
        if ( done )
            write_entry(entry, e | S2_AF);
    }

    p2m_read_unlock(p2m);

    return done;
}

/* A leaf is gone from the tables and the TLBs: drop what it held */
static void release_leaf(struct p2m_domain *p2m, s2_entry_t e, unsigned int level)
{
    p2m->mappings[level]--;

    /* Pages of the domain itself carry no reference here, and foreign pages are mapped one by one */
    if ( p2m_is_foreign(s2_type(e)) )
    {
        ASSERT(level == 3);
        p2m->foreign_mappings--;
        put_page(mfn_to_page(s2_mfn(e)));
    }
}

/* Everything below a table entry that is gone from the TLBs. At most three levels, so at most 1 + 512 + 512^2 entries. */
static void release_subtree(struct p2m_domain *p2m, s2_entry_t e, unsigned int level)
{
    s2_entry_t *table;
    unsigned int i;

    if ( !s2_is_valid(e) )
        return;

    if ( !s2_is_table(e, level) )
    {
        release_leaf(p2m, e, level);
        return;
    }

    table = map_table(s2_mfn(e));
    for ( i = 0; i < LPAE_ENTRIES; i++ )
        release_subtree(p2m, table[i], level + 1);
    unmap_domain_page(table);

    p2m_free_table(p2m, mfn_to_page(s2_mfn(e)));
}

/* Clear a valid entry that stands for frames from @gfn, tell the TLBs */
static void break_entry(struct p2m_domain *p2m, s2_entry_t *entry, unsigned int level, gfn_t gfn)
{
    unsigned long nr = 1UL << s2_level_order(level);

    write_entry(entry, 0);
    p2m_flush_later(p2m, _gfn(gfn_x(gfn) & ~(nr - 1)), nr);
}

/* Hang an empty table below an invalid entry */
static int create_table(struct p2m_domain *p2m, s2_entry_t *entry)
{
    struct page_info *pg = p2m_alloc_table(p2m);

    if ( !pg )
        return -ENOMEM;

    write_entry(entry, page_to_maddr(pg) | S2_VALID | S2_TABLE);

    return 0;
}

/* Replace a block of @level by a table of 512 entries that say the same */
static int split_block(struct p2m_domain *p2m, s2_entry_t *entry, unsigned int level, gfn_t gfn)
{
    s2_entry_t block = *entry, *table, attrs = block & ~(S2_ADDR_MASK | S2_TABLE);
    struct page_info *pg = p2m_alloc_table(p2m);
    unsigned int i;

    if ( !pg )
        return -ENOMEM;

    table = __map_domain_page(pg);
    for ( i = 0; i < LPAE_ENTRIES; i++ )
        table[i] = attrs | mfn_to_maddr(mfn_add(s2_mfn(block), (unsigned long)i << s2_level_order(level + 1))) |
                   (level + 1 == 3 ? S2_TABLE : 0);
    unmap_domain_page(table);

    break_entry(p2m, entry, level, gfn);
    p2m_flush_now(p2m);
    write_entry(entry, page_to_maddr(pg) | S2_VALID | S2_TABLE);

    p2m->mappings[level]--;
    p2m->mappings[level + 1] += LPAE_ENTRIES;

    return 0;
}

/* One aligned block of @target level: map it to @mfn, or unmap whatever is there */
static int set_block(struct p2m_domain *p2m, gfn_t gfn, unsigned int target, mfn_t mfn, p2m_type_t t, p2m_access_t a)
{
    bool removing = mfn_eq(mfn, INVALID_MFN);
    s2_entry_t *entry = root_entry(p2m, gfn), old;
    unsigned int level;
    int rc;

    if ( !entry )
        return -EINVAL;

    for ( level = p2m_root_level; level < target; level++ )
    {
        old = *entry;

        if ( !s2_is_valid(old) )
        {
            if ( removing )
                return 0;
            rc = create_table(p2m, entry);
        }
        else if ( !s2_is_table(old, level) )
            rc = split_block(p2m, entry, level, gfn);
        else
            rc = 0;

        if ( rc )
            return rc;

        entry = next_entry(*entry, level + 1, gfn);
    }

    old = *entry;
    if ( s2_is_valid(old) )
    {
        break_entry(p2m, entry, level, gfn);

        /* A plain unmap of the domain's own memory can share one flush with its neighbours, at unlock */
        if ( !removing || s2_is_table(old, level) || p2m_is_foreign(s2_type(old)) )
            p2m_flush_now(p2m);
        release_subtree(p2m, old, level);
    }

    if ( removing )
        return 0;

    write_entry(entry, leaf_entry(mfn, t, a, level));
    p2m->mappings[level]++;
    if ( p2m_is_foreign(t) )
        p2m->foreign_mappings++;

    p2m->lowest_mapped_gfn = gfn_min(p2m->lowest_mapped_gfn, gfn);
    p2m->max_mapped_gfn = gfn_max(p2m->max_mapped_gfn, gfn_add(gfn, (1UL << s2_level_order(level)) - 1));

    return 0;
}

int p2m_set_entry(struct p2m_domain *p2m, gfn_t sgfn, unsigned long nr, mfn_t smfn, p2m_type_t t, p2m_access_t a)
{
    bool removing = mfn_eq(smfn, INVALID_MFN);

    ASSERT(rw_is_write_locked(&p2m->lock));

    if ( nr > (1UL << (p2m_ipa_bits - PAGE_SHIFT)) )
        return -EINVAL;

    while ( nr )
    {
        unsigned long align = gfn_x(sgfn) | (removing ? 0 : mfn_x(smfn));
        /* RAM not by the GiB: a block is zeroed as a whole when the guest first comes there */
        unsigned int level = p2m_is_foreign(t) ? 3 : p2m_is_ram(t) ? 2 : 1;
        int rc;

        while ( level < 3 && (nr < (1UL << s2_level_order(level)) || (align & ((1UL << s2_level_order(level)) - 1))) )
            level++;

        rc = set_block(p2m, sgfn, level, smfn, t, a);
        if ( rc )
            return rc;

        sgfn = gfn_add(sgfn, 1UL << s2_level_order(level));
        if ( !removing )
            smfn = mfn_add(smfn, 1UL << s2_level_order(level));
        nr -= 1UL << s2_level_order(level);
    }

    return 0;
}
