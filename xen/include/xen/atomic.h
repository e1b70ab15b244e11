/* SPDX-License-Identifier: GPL-2.0-only */
/* The atomic counter type; the operations are in <asm/atomic.h>. */
#ifndef XEN_ATOMIC_H
#define XEN_ATOMIC_H

typedef struct { int counter; } atomic_t;

#define ATOMIC_INIT(i) { (i) }

#include <asm/atomic.h>

#endif /* XEN_ATOMIC_H */
