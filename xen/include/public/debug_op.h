/* SPDX-License-Identifier: MIT */
/*
 * debug_op(cmd, arg): for tests. Only debug builds have it, and only a control
 * domain may use it. Not part of Xen's interface.
 */
#ifndef XEN_PUBLIC_DEBUG_OP_H
#define XEN_PUBLIC_DEBUG_OP_H

#include "xen.h"

/*
 * arg = n: of the allocations that domctl and memory_op of the calling vCPU
 * make from now on, the n-th fails, once. 0: none.
 */
#define DEBUGOP_fail_alloc       0

/* 1 if that allocation has come and failed, else 0. */
#define DEBUGOP_fail_alloc_fired 1

/* arg = address of a struct debug_op_counters */
#define DEBUGOP_counters         2

/*
 * arg = one of these: the hypervisor makes that mistake and must panic. What comes
 * back is -ENOSYS: an unknown one, or one that this CPU does not notice.
 */
#define DEBUGOP_break              3
#define DEBUGOP_BREAK_bug          0
#define DEBUGOP_BREAK_write_text   1 /* writes to its code              */
#define DEBUGOP_BREAK_write_closed 2 /* ... to data closed after boot    */
#define DEBUGOP_BREAK_run_data     3 /* runs data                        */
#define DEBUGOP_BREAK_run_heap     4 /* ... memory from the allocator    */
#define DEBUGOP_BREAK_stack        5 /* uses more stack than there is    */
#define DEBUGOP_BREAK_branch       6 /* branches to no branch target     */
#define DEBUGOP_BREAK_return       7 /* returns to an unsigned address   */

struct debug_op_counters {
    uint64_aligned_t free_pages;
    uint64_aligned_t heap_bytes;    /* of the hypervisor's heap, in use */
    uint64_aligned_t domains;       /* in existence, dead ones included */
    uint64_aligned_t dead;          /* of those: waiting for a last reference */
    uint64_aligned_t rcu_callbacks; /* that have not run yet */
    uint64_aligned_t tasklets;      /* scheduled or running */
    uint64_aligned_t timers;        /* armed */
    uint64_aligned_t kept_ids;      /* of no domain: it could not be made, and the SPMC has not let go of it */
};
typedef struct debug_op_counters debug_op_counters_t;
DEFINE_XEN_GUEST_HANDLE(debug_op_counters_t);

#endif /* XEN_PUBLIC_DEBUG_OP_H */
