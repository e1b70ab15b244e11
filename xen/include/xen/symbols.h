/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the hypervisor's own functions, from tables the build generates
 * (offsets from _start, sorted; absent in the first link pass).
 */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

/*
 * symbols_lookup - the function around @addr
 * @symbolsize, @offset: set to its length and the distance into it, in bytes.
 * Returns its name, or NULL when @addr is not in our text or no table is there.
 * Context: any; takes no lock.
 */
const char *symbols_lookup(unsigned long addr, unsigned long *symbolsize,
                           unsigned long *offset);

#endif /* XEN_SYMBOLS_H */
