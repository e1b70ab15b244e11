/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the hypervisor's own functions, from tables the build generates
 * (offsets from _start, sorted; absent in the first link pass).
 */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

#define KSYM_NAME_LEN 127       /* bytes of a name, without its end */

/*
 * symbols_lookup - the function around @addr
 * @symbolsize, @offset: set to its length and the distance into it, in bytes.
 * @namebuf: KSYM_NAME_LEN + 1 bytes, where its name goes.
 * Returns @namebuf, or NULL when @addr is not in our text or no table is there.
 * Context: any; takes no lock.
 */
const char *symbols_lookup(unsigned long addr, unsigned long *symbolsize, unsigned long *offset, char *namebuf);

#endif /* XEN_SYMBOLS_H */
