/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame numbers as types, so that a guest frame and a machine frame cannot be
 * mixed: mfn_t (machine) and gfn_t (guest physical).
 */
#ifndef XEN_MM_FRAME_H
#define XEN_MM_FRAME_H

#include <xen/types.h>
#include <xen/pfn.h>

typedef struct { unsigned long mfn; } mfn_t;
typedef struct { unsigned long gfn; } gfn_t;

#define PRI_mfn "05lx"
#define PRI_gfn "05lx"

#define INVALID_MFN_RAW     (~0UL)
#define INVALID_GFN_RAW     (~0UL)
#define INVALID_MFN         _mfn(INVALID_MFN_RAW)
#define INVALID_GFN         _gfn(INVALID_GFN_RAW)
#define INVALID_MFN_INITIALIZER { INVALID_MFN_RAW }
#define INVALID_GFN_INITIALIZER { INVALID_GFN_RAW }

static inline mfn_t _mfn(unsigned long m)
{
    return (mfn_t){ m };
}

static inline unsigned long mfn_x(mfn_t m)
{
    return m.mfn;
}

static inline gfn_t _gfn(unsigned long g)
{
    return (gfn_t){ g };
}

static inline unsigned long gfn_x(gfn_t g)
{
    return g.gfn;
}

static inline mfn_t mfn_add(mfn_t mfn, unsigned long i)
{
    return _mfn(mfn_x(mfn) + i);
}

static inline mfn_t mfn_max(mfn_t x, mfn_t y)
{
    return mfn_x(x) > mfn_x(y) ? x : y;
}

static inline mfn_t mfn_min(mfn_t x, mfn_t y)
{
    return mfn_x(x) < mfn_x(y) ? x : y;
}

static inline bool mfn_eq(mfn_t x, mfn_t y)
{
    return mfn_x(x) == mfn_x(y);
}

static inline gfn_t gfn_add(gfn_t gfn, unsigned long i)
{
    return _gfn(gfn_x(gfn) + i);
}

static inline gfn_t gfn_max(gfn_t x, gfn_t y)
{
    return gfn_x(x) > gfn_x(y) ? x : y;
}

static inline gfn_t gfn_min(gfn_t x, gfn_t y)
{
    return gfn_x(x) < gfn_x(y) ? x : y;
}

static inline bool gfn_eq(gfn_t x, gfn_t y)
{
    return gfn_x(x) == gfn_x(y);
}

#define paddr_to_pfn(pa)  ((unsigned long)((pa) >> PAGE_SHIFT))
#define pfn_to_paddr(pfn) ((paddr_t)(pfn) << PAGE_SHIFT)
#define maddr_to_mfn(ma)  _mfn(paddr_to_pfn(ma))
#define mfn_to_maddr(mfn) pfn_to_paddr(mfn_x(mfn))
#define gaddr_to_gfn(ga)  _gfn(paddr_to_pfn(ga))
#define gfn_to_gaddr(gfn) pfn_to_paddr(gfn_x(gfn))

#endif /* XEN_MM_FRAME_H */
