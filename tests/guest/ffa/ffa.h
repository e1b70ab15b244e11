/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An FF-A driver for a kernel at EL1, as a library: no allocation, no globals, no dependency but <stdint.h>,
 * <stdbool.h> and <stddef.h>. The kernel gives it a few services in struct ffa_os, and calls ffa_notif_interrupt()
 * from the handler of the notification pending interrupt.
 *
 *     static struct ffa ffa;
 *
 *     rc = ffa_init(&ffa, &my_os, FFA_VERSION_1_2);            negotiates; rc < 0: there is no usable FF-A
 *     rc = ffa_rxtx_map(&ffa, tx_page, rx_page, 1);            wanted by ffa_partitions() below 1.2
 *     rc = ffa_find(&ffa, &uuid, &sp);                         the "bus": a partition by its UUID
 *     rc = ffa_msg(&ffa, sp.id, &msg);                         a direct request, INTERRUPT and YIELD resumed inside
 *     rc = ffa_mem_share(&ffa, &mem, &handle);                 pages for the partition; back by ffa_mem_reclaim()
 *     rc = ffa_notif_init(&ffa);                               asks for the NPI: ffa.npi, to be enabled on each CPU
 *     rc = ffa_notif_register(&ffa, sp.id, bit, flags, fn, p); binds the bit and calls fn for each notification
 *
 * Results: FFA_OK or a negative FF-A code, of the low 32 bits whatever width the callee used. FFA_ABORTED also stands
 * for an answer that fits no rule. Locking: ffa->lock callbacks guard the RX buffer and the table of callbacks; they are
 * never held over a call that can be preempted in the secure world. Callbacks run in interrupt context, without a lock.
 */
#ifndef FFA_H
#define FFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa_abi.h"

/* x0-x17 of a call and of its answer */
struct ffa_regs { uint64_t x[18]; };

struct ffa;

/* What the kernel provides. @ctx is handed back. */
struct ffa_os {
    void *ctx;
    void (*call)(void *ctx, struct ffa_regs *regs);             /* SMC or HVC #0 with x0-x17 both ways */
    uint64_t (*to_ipa)(void *ctx, const void *va);
    uint16_t (*vcpu)(void *ctx);                                /* index of the calling vCPU, from 0 */
    unsigned long (*lock)(void *ctx);                           /* against other CPUs and against interrupts */
    void (*unlock)(void *ctx, unsigned long flags);
    void (*pause)(void *ctx, uint64_t ns);                      /* let time pass after FFA_YIELD (0: as you like) */
};

struct ffa_uuid { uint32_t word[4]; };                          /* as in w1-w4 of FFA_PARTITION_INFO_GET */

struct ffa_partition {
    uint16_t id, vcpus;
    uint32_t properties;
    struct ffa_uuid uuid;                                       /* zero if the callee did not tell */
};

struct ffa_bitmaps { uint64_t sp, vm; uint32_t spm, hyp; };

typedef void (*ffa_notif_fn)(struct ffa *ffa, unsigned int bit, uint16_t vcpu, void *arg);

struct ffa_notif_slot { ffa_notif_fn fn; void *arg; uint16_t sender; bool per_vcpu; };

struct ffa {
    const struct ffa_os *os;
    uint32_t version;                                           /* negotiated: min(asked, callee's) */
    uint32_t callee_version;
    uint16_t id;                                                /* of this VM; 0 at the physical instance */
    void *tx, *rx;                                              /* NULL: not mapped */
    size_t rxtx_bytes;
    uint32_t npi;                                               /* INTID; 0: no notifications */
    uint32_t get_flags;                                         /* what ffa_notif_fetch() asks for: FFA_GET_ALL */
    uint64_t bound;                                             /* bits with a slot */
    struct ffa_notif_slot slot[64];                             /* under lock; from SPs */
    void (*on_get)(struct ffa *ffa, uint16_t vcpu, const struct ffa_bitmaps *got);   /* optional: sees each GET */
    uint64_t stray;                                             /* bits that came without a slot, ever */
};

/* ---- raw ------------------------------------------------------------------------------------------------------ */
/* One call: x0 = fid, x1-x7 as given, all else zero; the answer in @out. Returns its x0's low half. */
uint32_t ffa_call(struct ffa *ffa, struct ffa_regs *out, uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3,
                  uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7);
/* Answer to status: FFA_OK for SUCCESS, the code of an FFA_ERROR, NOT_SUPPORTED for SMCCC's -1, else ABORTED */
int ffa_status(const struct ffa_regs *r);

/* ---- setup ---------------------------------------------------------------------------------------------------- */
int ffa_init(struct ffa *ffa, const struct ffa_os *os, uint32_t want);  /* VERSION, retried lower; ID_GET */
int ffa_features(struct ffa *ffa, uint32_t what, uint32_t input, uint32_t *w2, uint32_t *w3);
int ffa_spm_id(struct ffa *ffa, uint16_t *id);
int ffa_rxtx_map(struct ffa *ffa, void *tx, void *rx, unsigned int pages);
int ffa_rxtx_unmap(struct ffa *ffa);
int ffa_rx_release(struct ffa *ffa);

/* ---- the bus of partitions ------------------------------------------------------------------------------------ */
/* All partitions with @uuid (NULL: all): fills up to @max, returns how many there are, or an error. */
int ffa_partitions(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max);
/* The same by registers (1.2) or by the RX buffer, whichever the caller wants to see */
int ffa_partitions_regs(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max);
int ffa_partitions_rx(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max);
int ffa_partition_count(struct ffa *ffa, const struct ffa_uuid *uuid);
int ffa_find(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out);

/* ---- direct messages ------------------------------------------------------------------------------------------ */
struct ffa_msg { uint64_t w[5]; bool is64; };                   /* w3-w7 / x3-x7; in place: request, response */
struct ffa_msg2 { struct ffa_uuid uuid; uint64_t x[14]; };      /* x4-x17 */
struct ffa_run_stats { unsigned int interrupts, yields; };

int ffa_msg(struct ffa *ffa, uint16_t to, struct ffa_msg *msg);
int ffa_msg_stats(struct ffa *ffa, uint16_t to, struct ffa_msg *msg, struct ffa_run_stats *stats);
int ffa_msg2(struct ffa *ffa, uint16_t to, struct ffa_msg2 *msg);
/* Goes on with RUN while the answer in @r is INTERRUPT or YIELD of @to; the last answer is left in @r */
void ffa_resume(struct ffa *ffa, uint16_t to, struct ffa_regs *r, struct ffa_run_stats *stats);

/* ---- direct messages that come (from VMs) ----------------------------------------------------------------------- */
/* Waits for one: @r is the request, or FFA_INTERRUPT: take it, wait again. Returns its x0's low half; FFA_ERROR: see ffa_status() */
uint32_t ffa_msg_wait(struct ffa *ffa, struct ffa_regs *r, uint32_t flags);
/* Answers the request @r, whose payload is that of the answer by now, and waits for the next, as ffa_msg_wait() */
uint32_t ffa_msg_respond(struct ffa *ffa, struct ffa_regs *r);

/* ---- indirect messages ---------------------------------------------------------------------------------------- */
uint32_t ffa_send2_header_bytes(const struct ffa *ffa);        /* of the negotiated version; the payload may begin there */
/* The header in TX: @size bytes at @offset are for @to. The payload is the caller's to write, and RX the receiver's to release. */
void ffa_send2_header(struct ffa *ffa, uint16_t to, uint32_t offset, uint32_t size);
int ffa_send2(struct ffa *ffa);                                 /* what is in TX */

/* ---- memory --------------------------------------------------------------------------------------------------- */
struct ffa_mem_range { uint64_t ipa; uint32_t pages; };         /* pages of 4 KiB */
struct ffa_mem {
    uint16_t receiver;                                          /* one SP */
    uint16_t attributes;                                        /* FFA_MEM_NORMAL */
    uint8_t permissions;                                        /* FFA_MEM_RO, FFA_MEM_RW */
    bool wide;                                                  /* the 32-byte access descriptor of 1.2 */
    uint64_t tag, impdef[2];                                    /* impdef: with @wide only */
    const struct ffa_mem_range *ranges;
    size_t nr_ranges;
};

/* The descriptor of the negotiated version; 0: not enough room, else its bytes */
size_t ffa_mem_describe(const struct ffa *ffa, const struct ffa_mem *mem, void *buf, size_t room);
int ffa_mem_share(struct ffa *ffa, const struct ffa_mem *mem, uint64_t *handle);  /* through TX, under the lock */
int ffa_mem_reclaim(struct ffa *ffa, uint64_t handle, uint32_t flags);

/* ---- notifications -------------------------------------------------------------------------------------------- */
int ffa_notif_init(struct ffa *ffa);                            /* FEATURES(NPI) -> ffa->npi */
int ffa_notif_bind(struct ffa *ffa, uint16_t sender, uint32_t flags, uint64_t bits);
int ffa_notif_unbind(struct ffa *ffa, uint16_t sender, uint64_t bits);
int ffa_notif_set(struct ffa *ffa, uint16_t receiver, uint32_t flags, uint64_t bits);
int ffa_notif_get(struct ffa *ffa, uint16_t vcpu, uint32_t flags, struct ffa_bitmaps *got);
/* One answer of INFO_GET_64: ids[] as they come, lens[i] = vCPU ids of list i. Returns the number of lists or an error */
int ffa_notif_info(struct ffa *ffa, uint16_t ids[20], uint8_t lens[20], bool *more);

int ffa_notif_register(struct ffa *ffa, uint16_t sender, unsigned int bit, uint32_t flags, ffa_notif_fn fn, void *arg);
int ffa_notif_unregister(struct ffa *ffa, unsigned int bit);
/* The NPI came on this vCPU: GET, callbacks. Returns the status of the GET. */
int ffa_notif_interrupt(struct ffa *ffa);
/* The same for a named vCPU */
int ffa_notif_fetch(struct ffa *ffa, uint16_t vcpu);

#endif /* FFA_H */
