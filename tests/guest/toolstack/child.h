/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program `child` and its maker share: the page before the last 2 MiB block of the child's RAM, which the maker
 * zeroes and may watch through a foreign mapping. Only the child writes, without locks: each field is one counter.
 */
#ifndef GUEST_TOOLSTACK_CHILD_H
#define GUEST_TOOLSTACK_CHILD_H

#include <stdint.h>

#define CHILD_BOOTED    1               /* values of state, in this order */
#define CHILD_READY     2               /* its bits are bound, it does what its mode says */
#define CHILD_FAILED    3               /* error tells the line of child.c, code the result there */

#define CHILD_VCPUS     8

#define CHILD_SERVE_NO_MORE 0x6e6f6d6fu /* w3 of a request to mode=serve */

struct child_page {
    volatile uint32_t state, error;
    volatile int32_t code;
    volatile uint32_t vm_id;
    volatile uint64_t asked;            /* rings it asked for, one bit each */
    volatile uint64_t got;              /* bits fetched */
    volatile uint64_t stray;            /* of those: bits that it had not bound */
    volatile uint64_t calls;            /* direct messages that came back as they should */
    volatile uint64_t begun;            /* those that it began: one more while it is in one */
    volatile uint64_t interrupts;       /* answers FFA_INTERRUPT to the one that it is in */
    volatile uint64_t npis;
    volatile uint64_t offline;          /* NPIs that a vCPU took before it said it was up, or after it went */
    volatile uint64_t loops[CHILD_VCPUS];       /* of a busy loop, per vCPU */
};

#endif /* GUEST_TOOLSTACK_CHILD_H */
