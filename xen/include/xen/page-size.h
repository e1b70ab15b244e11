/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of EL2 and of all interfaces with guests: 4 KiB. */
#ifndef XEN_PAGE_SIZE_H
#define XEN_PAGE_SIZE_H

#include <xen/const.h>

#define PAGE_SHIFT      12
#define PAGE_SIZE       (_AC(1, L) << PAGE_SHIFT)
#define PAGE_MASK       (~(PAGE_SIZE - 1))
#define PAGE_OFFSET(p)  ((unsigned long)(p) & ~PAGE_MASK)

#endif /* XEN_PAGE_SIZE_H */
