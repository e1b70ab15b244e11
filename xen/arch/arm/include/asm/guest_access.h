/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only doors to guest memory: by virtual address of the current vCPU (hypercall buffers), by physical address of
 * any domain (images, rings). Copies go page by page and hold a reference on each page while they touch it.
 */
#ifndef ASM_ARM_GUEST_ACCESS_H
#define ASM_ARM_GUEST_ACCESS_H

#include <xen/types.h>

struct domain;
struct vcpu;

/*
 * raw_copy_to_guest / raw_copy_from_guest - @len bytes at a virtual address of the current vCPU
 * Stage 1 is walked by hardware with the vCPU's EL1 rights. Returns the number of bytes NOT copied.
 * Context: trap of the current vCPU.
 */
unsigned long raw_copy_to_guest(void *to, const void *from, unsigned int len);
unsigned long raw_copy_from_guest(void *to, const void *from, unsigned int len);

/* Same by guest physical address of any domain, cleaning the data cache to PoC behind the copy. Returns bytes left. */
unsigned long copy_to_guest_phys_flush_dcache(struct domain *d, paddr_t gpa, const void *buf, unsigned long len);

/*
 * access_guest_memory_by_gpa - copy @size bytes between @buf and guest physical @gpa of @d
 * Returns 0 or -EINVAL (a page is missing, is not RAM, or is read-only and @is_write; earlier pages are done).
 * Locking: takes the p2m read lock of @d. Context: any that may take it.
 */
int access_guest_memory_by_gpa(struct domain *d, paddr_t gpa, void *buf, uint32_t size, bool is_write);

/* gvirt_to_maddr - translate a stage 1 address of the current vCPU. Returns 0 and *pa, or -EFAULT. */
int gvirt_to_gpa(vaddr_t va, bool is_write, paddr_t *gpa);

#endif /* ASM_ARM_GUEST_ACCESS_H */
