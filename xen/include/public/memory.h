/* SPDX-License-Identifier: MIT */
/* memory_op(cmd, arg) */
#ifndef XEN_PUBLIC_MEMORY_H
#define XEN_PUBLIC_MEMORY_H

#include "xen.h"

#define XENMEM_increase_reservation     0
#define XENMEM_decrease_reservation     1
#define XENMEM_maximum_ram_page         2
#define XENMEM_current_reservation      3
#define XENMEM_maximum_reservation      4
#define XENMEM_populate_physmap         6
#define XENMEM_add_to_physmap           7
#define XENMEM_memory_map               9
#define XENMEM_maximum_gpfn            14
#define XENMEM_remove_from_physmap     15
#define XENMEM_add_to_physmap_batch    23

/* Addresses below 2^n, for populate and increase; other flags are hints or refused. */
#define XENMEMF_address_bits(n)    (n)
#define XENMEMF_get_address_bits(x) ((x) & 0xffU)
#define XENMEMF_populate_on_demand (1U << 16)
#define XENMEMF_vnode              (1U << 18)

/* increase, decrease, populate */
struct xen_memory_reservation {
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    xen_ulong_t nr_extents;
    unsigned int extent_order;
    unsigned int mem_flags;     /* XENMEMF_x */
    domid_t domid;
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);

#define XENMAPSPACE_shared_info  0
#define XENMAPSPACE_grant_table  1
#define XENMAPSPACE_gmfn         2
#define XENMAPSPACE_gmfn_range   3
#define XENMAPSPACE_gmfn_foreign 4
#define XENMAPSPACE_dev_mmio     5

struct xen_add_to_physmap {
    domid_t domid;
    uint16_t size;              /* pages, gmfn_range only */
    unsigned int space;         /* XENMAPSPACE_x */
    xen_ulong_t idx;
    xen_pfn_t gpfn;
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);

struct xen_add_to_physmap_batch {
    domid_t domid;              /* whose map changes */
    uint16_t space;             /* XENMAPSPACE_x */
    uint16_t size;              /* entries of the arrays */
    union xen_add_to_physmap_batch_extra {
        domid_t foreign_domid;  /* gmfn_foreign: whose frames */
        uint16_t res0;          /* 0 for every other space */
    } u;
    XEN_GUEST_HANDLE(xen_ulong_t) idxs;
    XEN_GUEST_HANDLE(xen_pfn_t) gpfns;
    XEN_GUEST_HANDLE(int) errs;
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);

struct xen_remove_from_physmap {
    domid_t domid;
    xen_pfn_t gpfn;
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

#endif /* XEN_PUBLIC_MEMORY_H */
