/* SPDX-License-Identifier: GPL-2.0-only */
/* Cache line size used for alignment; larger lines only cost speed. */
#ifndef XEN_CACHE_H
#define XEN_CACHE_H

#include <xen/sections.h>

#define L1_CACHE_SHIFT  7
#define L1_CACHE_BYTES  (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES

#ifndef __cacheline_aligned
#define __cacheline_aligned __attribute__((__aligned__(SMP_CACHE_BYTES)))
#endif

#endif /* XEN_CACHE_H */
