/* SPDX-License-Identifier: MIT */
/* vcpu_op(cmd, vcpuid, arg). vCPUs are started and stopped through PSCI. */
#ifndef XEN_PUBLIC_VCPU_H
#define XEN_PUBLIC_VCPU_H

#include "xen.h"

#define VCPUOP_initialise                    0
#define VCPUOP_up                            1
#define VCPUOP_down                          2
#define VCPUOP_is_up                         3
#define VCPUOP_get_runstate_info             4
#define VCPUOP_register_runstate_memory_area 5
#define VCPUOP_register_vcpu_info           10

#define RUNSTATE_running  0     /* on a CPU */
#define RUNSTATE_runnable 1     /* waits for one */
#define RUNSTATE_blocked  2     /* waits for an event */
#define RUNSTATE_offline  3     /* off, or paused */

struct vcpu_runstate_info {
    int state;                  /* RUNSTATE_x */
    uint64_t state_entry_time;  /* ns of system time */
    uint64_t time[4];           /* ns spent in each state */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);

/* Set in state_entry_time while an update is under way, if asked for. */
#define XEN_RUNSTATE_UPDATE (1ULL << 63)

struct vcpu_register_runstate_memory_area {
    union {
        XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
        struct vcpu_runstate_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_runstate_memory_area
    vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);

struct vcpu_register_vcpu_info {
    uint64_t mfn;
    uint32_t offset;
    uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);

#endif /* XEN_PUBLIC_VCPU_H */
