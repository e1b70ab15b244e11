/* SPDX-License-Identifier: GPL-2.0-only */
/* An allocation that fails on request, to test what follows (debug builds). */
#ifndef XEN_FAIL_ALLOC_H
#define XEN_FAIL_ALLOC_H

#include <xen/types.h>

struct domain;

#ifdef CONFIG_DEBUG

/* Of the allocations current makes in its scope the @n-th fails; 0: none. */
void fail_alloc_arm(unsigned long n);

/* Has it, since it was armed? */
bool fail_alloc_fired(void);

/* Current enters, leaves what fail_alloc_arm() is about. */
void fail_alloc_scope(bool enter);

/* The choke points: must this allocation fail? */
bool fail_alloc_now(void);

/* @d dies: its vCPU no longer counts. */
void fail_alloc_forget(const struct domain *d);

#else

static inline void fail_alloc_scope(bool enter) {}
static inline bool fail_alloc_now(void) { return false; }
static inline void fail_alloc_forget(const struct domain *d) {}

#endif

#endif /* XEN_FAIL_ALLOC_H */
