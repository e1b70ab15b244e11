/* SPDX-License-Identifier: GPL-2.0-only */
/* Byte addresses to frame numbers, rounding down or up. */
#ifndef XEN_PFN_H
#define XEN_PFN_H

#include <xen/page-size.h>

#define PFN_DOWN(x)   ((x) >> PAGE_SHIFT)
#define PFN_UP(x)     (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)

#define round_pgup(p)   (((p) + ~PAGE_MASK) & PAGE_MASK)
#define round_pgdown(p) ((p) & PAGE_MASK)

#endif /* XEN_PFN_H */
