/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmap area: virtual ranges with an unmapped page on either side, for
 * stacks, scattered pages and device registers.
 *
 * All calls: not in interrupt context. Mapping NULL on lack of memory or room.
 */
#ifndef XEN_VMAP_H
#define XEN_VMAP_H

#include <xen/types.h>
#include <xen/mm-frame.h>

void vm_init(void);

/* Map nr frames at consecutive addresses, data (no execute). Inverse vunmap(). */
void *vmap(const mfn_t *mfn, unsigned int nr);

/* The same for nr frames, with a start aligned to align pages and attributes. */
void *__vmap(const mfn_t *mfn, unsigned int granularity, unsigned int nr,
             unsigned int align, unsigned long flags);
void vunmap(const void *va);

/* Pages of a mapping made by the calls above; 0 if va is none. */
unsigned int vmap_size(const void *va);

/* Virtually contiguous memory; inverse vfree(). */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(void *va);

/*
 * Device registers, Device-nGnRE, no execute. pa and len in bytes, any
 * alignment. Devices stay mapped.
 */
void *ioremap(paddr_t pa, size_t len);
void *ioremap_nocache(paddr_t pa, size_t len);

#endif /* XEN_VMAP_H */
