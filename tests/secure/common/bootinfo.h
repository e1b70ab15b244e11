/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor tells the SPMC once, copied from the firmware mailbox before the normal world can change it. */
#ifndef SECURE_BOOTINFO_H
#define SECURE_BOOTINFO_H

#include <stdint.h>

struct bootinfo {
    uint32_t options;      /* FW_OPT_*                                       */
    uint32_t max_version;  /* FF-A version, never 0                          */
    uint32_t sri;          /* INTID that FEATURES reports, and that is raised */
    uint32_t fault_kind;   /* armed at boot, 0: none                         */
    uint32_t fault_a;
    uint32_t fault_b;
    uint32_t fault_times;
    uint32_t entry_el;     /* 2 or 1                                         */
    uint64_t entry;        /* first instruction of the normal world          */
    uint32_t cpus;         /* CPUs the redistributors announce               */
};

#endif /* SECURE_BOOTINFO_H */
