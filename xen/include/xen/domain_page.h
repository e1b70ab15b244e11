/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping of any page of RAM. All RAM sits in the direct map, so a mapping is
 * a calculation and the unmap calls have nothing to undo; callers must still
 * pair them, for they are the contract of this interface.
 */
#ifndef XEN_DOMAIN_PAGE_H
#define XEN_DOMAIN_PAGE_H

#include <xen/mm.h>

static inline void *map_domain_page(mfn_t mfn)
{
    return mfn_to_virt(mfn_x(mfn));
}

static inline void *__map_domain_page(const struct page_info *pg)
{
    return page_to_virt(pg);
}

static inline void unmap_domain_page(const void *va)
{
}

static inline mfn_t domain_page_map_to_mfn(const void *va)
{
    return virt_to_mfn(va);
}

static inline void *map_domain_page_global(mfn_t mfn)
{
    return map_domain_page(mfn);
}

static inline void *__map_domain_page_global(const struct page_info *pg)
{
    return page_to_virt(pg);
}

static inline void unmap_domain_page_global(const void *va)
{
}

#define UNMAP_DOMAIN_PAGE(p) do { \
    unmap_domain_page(p);         \
    (p) = NULL;                   \
} while ( 0 )

void clear_domain_page(mfn_t mfn);

#endif /* XEN_DOMAIN_PAGE_H */
