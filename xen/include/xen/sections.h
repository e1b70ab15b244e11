/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the sections that xen.lds.S places, as attributes. */
#ifndef XEN_SECTIONS_H
#define XEN_SECTIONS_H

#include <xen/compiler.h>

/* Rarely written data, kept together and away from hot counters. */
#ifndef __read_mostly
#define __read_mostly      __section(".data.read_mostly")
#endif

/*
 * Writable until the end of boot, then read-only. On definitions only. Zero at first, since it is not in the image: the
 * assembler refuses an initializer.
 */
#ifndef __ro_after_init
#define __ro_after_init    __section(".bss.ro_after_init")
#endif

#endif /* XEN_SECTIONS_H */
