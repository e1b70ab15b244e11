/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two guests that test memory transactions between them. The one ("lend") has all the tests; the other ("borrow") does what
 * it is told through a page that the first shares with it: calls with a descriptor, sums, writes.
 *
 * The handle of that page is known beforehand: the mediator numbers those of each VM. borrow: lender=<id> index=<n>.
 */
#ifndef GUEST_MEM_PEER_H
#define GUEST_MEM_PEER_H

#include "ffa_port.h"

/* Where borrowed memory goes: behind all RAM, VA = IPA */
#define WINDOW          0x400000000ul
#define WINDOW_SIZE     (160ul << 20)
#define MAILBOX_VA      (WINDOW + WINDOW_SIZE - (2ul << 20))

enum mem_kind { SHARE = 1, LEND, DONATE };

/* A transaction descriptor, good or not */
struct txn {
    uint16_t sender, attributes;
    uint32_t flags;
    uint64_t handle, tag;
    unsigned int nr;                    /* borrowers */
    struct { uint16_t id; uint8_t perm, flags; bool no_composite; } to[9];
    bool wide;
    uint64_t impdef[2];
    const struct ffa_mem_range *ranges;
    size_t nr_ranges;                   /* 0: no composite */
};

size_t txn_write(uint32_t version, const struct txn *t, void *buf);
size_t relinquish_write(uint64_t handle, uint32_t flags, uint32_t count, uint16_t id, void *buf);
#define HANDLE(vm, serial) (1ul << 63 | (uint64_t)(vm) << 48 | (serial))
#define MAILBOX_TAG     0x6d61696c

/* What the other one is to do */
enum peer_command {
    PEER_CALL,              /* x[]: registers both ways; desc goes to its TX before, its RX comes back */
    PEER_CALL_TIMED,        /* the same; result = us it took. arg[0]: so many us after its begin the second vCPU powers off (0: no) */
    PEER_SUM,               /* arg[0] = address, arg[1] = pages; result = checksum, trap count */
    PEER_FILL,              /* arg[2] = seed: word n becomes seed + n; result = words written, trap count */
    PEER_BALLOON,           /* arg[0] = pages to give to the hypervisor, from IPA arg[1] on (0: of its own); result = how many */
    PEER_UNMAP,             /* arg[0] = IPA: XENMEM_remove_from_physmap; result = its error */
    PEER_WRITE,             /* desc goes to its buffer, to byte arg[0]; result = IPA of the buffer */
    PEER_END,
    PEER_DIE,               /* at once, with all that it has */
};

struct mailbox {
    volatile uint32_t seq, ack;         /* differ: there is something to do */
    uint32_t command, version, id;
    uint64_t tx_at, rx_at;              /* where its buffers are */
    uint64_t x[18];
    uint64_t arg[3], result[3];
    uint32_t desc_bytes;
    uint8_t desc[1024], rx[1024];
};

void peer_serve(uint16_t lender, unsigned int index);

/* The lender's side: peer number @n has VM id @id. 0 or the FF-A error; then commands, which wait until they are done. */
int peer_meet(unsigned int n, uint16_t id);
struct mailbox *peer_do(unsigned int n, enum peer_command command, uint64_t a0, uint64_t a1, uint64_t a2);
struct mailbox *peer_box(unsigned int n);
int peer_call(unsigned int n, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3);    /* status */
int peer_call4(unsigned int n, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);
int peer_retrieve(unsigned int n, const struct txn *t);
/* The time it took, 0 if it failed. With @death: does not wait, the peer dies so many us after it has begun. */
uint64_t peer_retrieve_timed(unsigned int n, const struct txn *t, uint64_t death);
int peer_relinquish(unsigned int n, uint64_t handle, uint32_t flags);
int peer_part(unsigned int n);          /* it gives the page back; its end */

#endif /* GUEST_MEM_PEER_H */
