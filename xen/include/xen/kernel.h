/* SPDX-License-Identifier: GPL-2.0-only */
/* State of the boot; container_of() and friends come along. */
#ifndef XEN_KERNEL_H
#define XEN_KERNEL_H

#include <xen/macros.h>
#include <xen/types.h>

/* How far boot has come; written by setup.c, CPU 0. */
extern enum system_state {
    SYS_STATE_early_boot,
    SYS_STATE_boot,
    SYS_STATE_smp_boot,
    SYS_STATE_active,
} system_state;

#endif /* XEN_KERNEL_H */
