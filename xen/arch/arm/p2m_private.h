/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by p2m.c (domains, VMIDs, pool, TLB), p2m_table.c (descriptors) and p2m_map.c (callers' operations).
 * Spec: Arm ARM DDI 0487, D8.3 (stage 2 descriptors), D8.4.
 */
#ifndef ARM_P2M_PRIVATE_H
#define ARM_P2M_PRIVATE_H

#include <xen/const.h>
#include <xen/macros.h>
#include <asm/p2m.h>

/* Stage 2 descriptors, 4K granule */
#define S2_VALID            _AC(0x1, UL)
#define S2_TABLE            _AC(0x2, UL)    /* levels 0-2: next table; level 3: page */
#define S2_MEMATTR(x)       (_AC(x, UL) << 2)
#define S2_ATTR_DEVICE      S2_MEMATTR(0x1) /* Device-nGnRE */
#define S2_ATTR_NORMAL_NC   S2_MEMATTR(0x5)
#define S2_ATTR_NORMAL      S2_MEMATTR(0xf) /* write-back, unless the guest wants less */
#define S2_ATTR_NORMAL_FWB  S2_MEMATTR(0x6) /* with HCR_EL2.FWB: write-back in any case; the two above mean the same then */
#define S2_READ             (_AC(1, UL) << 6)
#define S2_WRITE            (_AC(2, UL) << 6)
#define S2_SH_OUTER         (_AC(2, UL) << 8)
#define S2_SH_INNER         (_AC(3, UL) << 8)
#define S2_AF               (_AC(1, UL) << 10)
#define S2_XN               (_AC(2, UL) << 53)
#define S2_ADDR_MASK        _AC(0x0000fffffffff000, UL)
#define S2_TYPE_SHIFT       55
#define S2_TYPE_MASK        (_AC(0xf, UL) << S2_TYPE_SHIFT)

typedef uint64_t s2_entry_t;

/* Frames below one entry of a level, as an order */
static inline unsigned int s2_level_order(unsigned int level)
{
    return 9 * (3 - level);
}

static inline bool s2_is_valid(s2_entry_t e)
{
    return e & S2_VALID;
}

static inline bool s2_is_table(s2_entry_t e, unsigned int level)
{
    return level < 3 && (e & (S2_VALID | S2_TABLE)) == (S2_VALID | S2_TABLE);
}

static inline mfn_t s2_mfn(s2_entry_t e)
{
    return maddr_to_mfn(e & S2_ADDR_MASK);
}

static inline p2m_type_t s2_type(s2_entry_t e)
{
    return MASK_EXTR(e, S2_TYPE_MASK);
}

/* p2m.c: pages of the domain's pool; p2m write lock held. The page is cleared. NULL: the pool is empty. */
struct page_info *p2m_alloc_table(struct p2m_domain *p2m);
void p2m_free_table(struct p2m_domain *p2m, struct page_info *pg);

/* p2m.c: note that @nr frames from @gfn changed / tell the TLBs of all CPUs now. p2m write lock held. */
void p2m_flush_later(struct p2m_domain *p2m, gfn_t gfn, unsigned long nr);
void p2m_flush_now(struct p2m_domain *p2m);

#endif /* ARM_P2M_PRIVATE_H */
