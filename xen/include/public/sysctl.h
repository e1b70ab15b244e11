/* SPDX-License-Identifier: MIT */
/* sysctl(op): what a control domain may ask of the machine. */
#ifndef XEN_PUBLIC_SYSCTL_H
#define XEN_PUBLIC_SYSCTL_H

#include "domctl.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x00000016

/* XEN_SYSCTL_physinfo */
struct xen_sysctl_physinfo {
    uint32_t threads_per_core;
    uint32_t cores_per_socket;
    uint32_t nr_cpus;           /* online */
    uint32_t max_cpu_id;
    uint32_t nr_nodes;
    uint32_t max_node_id;
    uint32_t cpu_khz;           /* rate of the system counter */
#define XEN_SYSCTL_PHYSCAP_hvm (1U << 0)
#define XEN_SYSCTL_PHYSCAP_hap (1U << 3)
    uint32_t capabilities;
    uint32_t arch_capabilities;
    uint32_t pad;
    uint64_aligned_t total_pages;
    uint64_aligned_t free_pages;
    uint64_aligned_t scrub_pages;
    uint64_aligned_t outstanding_pages;
    uint64_aligned_t max_mfn;
    uint32_t hw_cap[8];
};

/* XEN_SYSCTL_getdomaininfolist */
struct xen_sysctl_getdomaininfolist {
    domid_t first_domain;
    uint32_t max_domains;       /* room in the buffer */
    XEN_GUEST_HANDLE_64(xen_domctl_getdomaininfo_t) buffer;
    uint32_t num_domains;       /* out */
};

/*
 * XEN_SYSCTL_ffa_ledger, not part of Xen's interface: what became of FF-A
 * notifications. Counters of 32 bits that wrap. pending = set - delivered -
 * dropped, for bits whose set is known: those from VMs and framework bits of
 * the hypervisor (32-63). What SPs set is counted by the secure world.
 */
struct xen_sysctl_ffa_ledger {
    domid_t domain;             /* DOMID_INVALID: all that are gone; DOMID_XEN: the
                                   hypervisor as an endpoint */
#define XEN_FFA_LEDGER_SPS       0 /* from SPs to the domain */
#define XEN_FFA_LEDGER_VMS       1 /* from other domains */
#define XEN_FFA_LEDGER_FRAMEWORK 2
#define XEN_FFA_LEDGER_OUT       3 /* set by the domain: set, refused */
    uint16_t way;
#define XEN_FFA_LEDGER_ALL      64
    uint32_t bit;               /* 0 to 63; 64: the sum of all */
    uint32_t set, merged, refused, delivered, dropped; /* out */
};

struct xen_sysctl {
    uint32_t cmd;
#define XEN_SYSCTL_physinfo          3
#define XEN_SYSCTL_getdomaininfolist 6
#define XEN_SYSCTL_ffa_ledger        0x46460001
    uint32_t interface_version; /* XEN_SYSCTL_INTERFACE_VERSION */
    union {
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_ffa_ledger ffa_ledger;
        uint8_t pad[128];
    } u;
};
typedef struct xen_sysctl xen_sysctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_t);

#endif /* XEN_PUBLIC_SYSCTL_H */
