/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about memory share: descriptors, the rules of a transaction, sets of pages, and the records of what a VM
 * has sent and got. docs/memory-sharing.md tells the whole way.
 *
 * A *share* is memory that its owner has sent to borrowers, by MEM_SHARE, MEM_LEND or MEM_DONATE. A *borrow* is what one VM
 * has retrieved of a share. A *transfer* is a descriptor of which fragments are missing.
 *
 * Locks: ctx->shm.lock of the owner, then share->lock. Neither is held while pages are worked on or the SPMC is called: who
 * does that has marked the record, and everybody else keeps off it. The vCPU that does it can be descheduled in
 * ffa_mem_breathe(), and for ever if its VM is killed: all that it holds hangs on a record, whose state says how to go on.
 */
#ifndef __TEE_FFA_MEM_H__
#define __TEE_FFA_MEM_H__

#include <xen/softirq.h>
#include <xen/xmalloc.h>

#include "ffa_private.h"

/* ---- Numbers of the specification ------------------------------------------------------------------------------ */

#define FFA_MEM_ACCESS_16               16U
#define FFA_MEM_ACCESS_32               32U
#define FFA_MEM_RELINQUISH_BYTES        18U     /* its descriptor: handle, flags, number of endpoints, the first of them    */

/* Normal write-back inner-shareable memory: how we and the guests map RAM */
#define FFA_MEM_NORMAL                  0x2fU
#define FFA_MEM_NS                      BIT(6, U)

#define FFA_MEM_RO                      1U
#define FFA_MEM_RW                      2U
#define FFA_MEM_DATA                    3U
#define FFA_MEM_NX                      BIT(2, U)
#define FFA_MEM_X                       BIT(3, U)
#define FFA_MEM_EXEC                    (FFA_MEM_NX | FFA_MEM_X)

#define FFA_MEM_ZERO                    BIT(0, U)   /* all calls: zero the memory (RETRIEVE_REQ: before it is mapped)  */
#define FFA_MEM_ZERO_AFTER              BIT(2, U)   /* RETRIEVE_REQ: ... and when it is given up                       */
#define FFA_MEM_BYPASS                  BIT(10, U)  /* RETRIEVE_REQ: the list of borrowers is only the caller          */
#define FFA_MEM_TYPE_SHIFT              3U
#define FFA_MEM_TYPE                    (3U << FFA_MEM_TYPE_SHIFT)

#define FFA_MEM_NOT_RETRIEVING          BIT(0, U)   /* flag of an access                                             */

/* Handles with this bit are ours to give; the others are the SPMC's. */
#define FFA_HANDLE_OF_HYP               BIT(63, ULL)
/* ... and say whose memory it is. */
#define FFA_HANDLE_VM_SHIFT             48
#define FFA_HANDLE_SERIAL               GENMASK(47, 0)

/* The kinds of a transaction, as the type field has them */
enum ffa_mem_kind { FFA_MEM_SHARE = 1, FFA_MEM_LEND, FFA_MEM_DONATE };

/* ---- ffa_mem_desc.c: transaction descriptors, pure ------------------------------------------------------------------- */

/* Where things are in a descriptor, and its header */
struct ffa_mem_desc {
    uint16_t sender, attributes;
    uint32_t flags;
    uint64_t handle, tag;
    uint32_t access_size, nr_accesses, access_offset;   /* offsets and sizes in bytes                                */
    uint32_t composite;                                 /* offset; 0: none (retrieve requests only)                  */
    uint32_t nr_pages, nr_ranges;
};

/* What one borrower gets */
struct ffa_mem_access {
    uint16_t id;
    uint8_t permissions, flags;
    uint64_t impdef[2];                                 /* 0 in a descriptor of 16 bytes                             */
    bool composite;                                     /* it names the composite                                    */
};

/* A descriptor to be written; pages and ranges agree */
struct ffa_mem_out {
    uint32_t version;                                   /* of the reader                                             */
    uint32_t access_size;
    uint16_t sender, attributes;
    uint32_t flags;
    uint64_t handle, tag;
    const struct ffa_mem_access *access;
    const struct ffa_mem_range *ranges;                 /* NULL with nr_ranges 0: no composite at all                */
    uint32_t nr_accesses, nr_pages, nr_ranges;
};

bool ffa_mem_parse_head(const void *buf, uint32_t bytes, uint32_t total, uint32_t version, struct ffa_mem_desc *desc);
bool ffa_mem_parse(const void *buf, uint32_t bytes, uint32_t version, struct ffa_mem_desc *desc);
bool ffa_mem_parse_request(const void *buf, uint32_t bytes, uint32_t version, struct ffa_mem_desc *desc);
void ffa_mem_access(const void *buf, const struct ffa_mem_desc *desc, uint32_t i, struct ffa_mem_access *access);
void ffa_mem_range(const void *buf, const struct ffa_mem_desc *desc, uint32_t i, struct ffa_mem_range *range);
uint32_t ffa_mem_emit_size(const struct ffa_mem_out *m);
uint32_t ffa_mem_emit(void *buf, uint32_t room, const struct ffa_mem_out *m, uint32_t offset);
bool ffa_mem_ascending(const struct ffa_mem_range *r, uint32_t nr);
bool ffa_mem_overlap(struct ffa_mem_range *r, uint32_t nr, void (*breathe)(void));

/* ---- ffa_mem_rules.c: who may send and get what, pure ---------------------------------------------------------------- */

/* A borrower, as its owner's descriptor has it */
struct ffa_borrower {
    uint16_t id;
    uint8_t permissions;
    bool held;                                          /* a VM: it has the memory now                               */
    uint64_t impdef[2];
};

/* What a transaction is, fixed when it is sent */
struct ffa_mem_deal {
    enum ffa_mem_kind kind;
    uint16_t owner;
    uint16_t attributes;
    uint32_t flags;
    uint64_t tag;
    unsigned int nr_borrowers, nr_sps;                  /* the second: of the first                                  */
    struct ffa_borrower borrower[FFA_MAX_BORROWERS];
};

/* A VM's request for memory of an SP */
struct ffa_mem_wish {
    struct ffa_mem_desc desc;
    struct ffa_mem_access access[FFA_MAX_BORROWERS];
    unsigned int own;                                   /* which of these is the caller's                            */
    bool wide;                                          /* the SPMC gets the long form of the accesses               */
};

ffa_rc_t ffa_mem_judge_send(uint16_t caller, enum ffa_mem_kind kind, const void *buf, const struct ffa_mem_desc *desc,
                            struct ffa_mem_deal *deal);
ffa_rc_t ffa_mem_judge_retrieve(uint16_t caller, uint32_t version, const void *buf, const struct ffa_mem_desc *desc,
                                const struct ffa_mem_deal *deal, unsigned int *index, uint8_t *permissions);
ffa_rc_t ffa_mem_judge_wish(uint16_t caller, uint32_t version, const void *buf, const struct ffa_mem_desc *desc,
                            struct ffa_mem_wish *wish);
ffa_rc_t ffa_mem_judge_response(const struct ffa_mem_wish *wish, enum ffa_mem_kind kind, uint32_t version, const void *buf,
                                const struct ffa_mem_desc *desc, struct ffa_mem_access *granted);

/* ---- ffa_mem_pages.c: pages and stage 2 ------------------------------------------------------------------------------ */

/* Ranges for which a share has room in itself: most transactions have no more. */
#define FFA_MEM_FEW                     4U

/* Pages with a reference on each: PAs in the order of the descriptor, neighbours in one range */
struct ffa_mem_pages {
    struct ffa_mem_range *ranges;                       /* room for FFA_MEM_FEW: the share's; else allocated         */
    uint32_t nr_ranges, max_ranges;                     /* used, allocated                                           */
    uint32_t nr_pages;
};

/* A list of addresses in some VM: who owns the array frees it. */
struct ffa_mem_ipas {
    struct ffa_mem_range *ranges;
    uint32_t nr_ranges, nr_pages;
};

/* How far one is in pages and in addresses at once. Starts as zeroes. */
struct ffa_mem_walk {
    uint32_t range, in_range;                           /* of the addresses                                          */
    uint32_t pa_range, in_pa_range;                     /* of the pages                                              */
    uint32_t done;                                      /* pages                                                     */
};

/* How a borrower gets pages */
struct ffa_mem_mapping {
    bool own;                                           /* they become its own RAM                                   */
    bool outside;                                       /* they are an SP's, and no domain's                         */
    bool writable, executable;
    bool zero;                                          /* first                                                     */
};

#define FFA_MEM_STRETCH                 64U             /* pages that are worked on under a lock, or without a breath */
#define FFA_MEM_READ_STRETCH            256U            /* ... that are only looked up and counted                  */
#define FFA_MEM_FINI_STRETCHES          64U             /* that one step of a clean-up does                         */

/* The functions below that return a status do one stretch: again until walk->done is all pages. */
ffa_rc_t ffa_pages_take(struct domain *d, struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                        struct ffa_mem_walk *walk, bool out);
ffa_rc_t ffa_pages_give_back(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                             struct ffa_mem_walk *walk, bool zero, bool lenient);
ffa_rc_t ffa_pages_map(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                       struct ffa_mem_walk *walk, const struct ffa_mem_mapping *how);
void ffa_pages_unmap(struct domain *d, const struct ffa_mem_pages *pages, const struct ffa_mem_ipas *ipas,
                     struct ffa_mem_walk *walk, uint32_t nr);
ffa_rc_t ffa_pages_transfer(struct domain *from, struct domain *to, const struct ffa_mem_pages *pages,
                            struct ffa_mem_walk *walk);
void ffa_pages_zero(const struct ffa_mem_pages *pages, struct ffa_mem_walk *walk);
void ffa_pages_disown(const struct ffa_mem_pages *pages, struct ffa_mem_walk *walk);
bool ffa_pages_put(struct ffa_mem_pages *pages);
bool ffa_pages_give_up(struct domain *d, struct ffa_mem_pages *pages);
bool ffa_pages_contain(const struct ffa_mem_pages *pages, paddr_t pa);
ffa_rc_t ffa_pages_reserve_room(struct domain *d, uint32_t nr);
void ffa_pages_return_room(struct domain *d, uint32_t nr);

/* Timers, other vCPUs, other VMs: who works on much memory has no right to more than a time slice. Trap of a vCPU. */
static inline void ffa_mem_breathe(void)
{
    do_softirq();
}

/* ... after every few stretches of pages */
static inline void ffa_mem_breathe_at(unsigned int *stretches)
{
    if ( ++*stretches % 4 == 0 )
        ffa_mem_breathe();
}

/* ---- ffa_mem_intake.c: descriptors of guests, in TX or elsewhere, whole or in fragments ------------------------------ */

/* One that is here in full */
#define FFA_MEM_SMALL                   128U
struct ffa_mem_message {
    uint8_t *buf;                                       /* our copy; who gets the message frees it, if not @small    */
    uint32_t bytes;
    enum ffa_mem_kind kind;
    uint64_t handle;                                    /* that the sender has been told already; 0: none            */
    struct ffa_rxtx_pages rxtx;                         /* pages that were RX or TX then                             */
    uint8_t small[FFA_MEM_SMALL] __aligned(16);
};

static inline void ffa_mem_message_free(const struct ffa_mem_message *msg)
{
    if ( msg->buf != msg->small )
        xfree(msg->buf);
}

ffa_rc_t ffa_mem_fetch(struct ffa_ctx *ctx, const struct ffa_regs *in, struct ffa_mem_message *msg);
uint64_t ffa_mem_new_handle(struct ffa_ctx *ctx);
void ffa_transfer_fini(struct ffa_ctx *ctx);

struct ffa_share;

/* ---- ffa_mem_spmc.c: the SPMC's part ------------------------------------------------------------------------------- */

bool ffa_mem_spmc_takes(enum ffa_mem_kind kind);
ffa_rc_t ffa_mem_spmc_send(struct ffa_ctx *ctx, struct ffa_share *share, const struct ffa_mem_out *m, uint64_t *handle,
                           bool *lost);
ffa_rc_t ffa_mem_spmc_reclaim_doubtful(struct ffa_share *share);
void ffa_mem_spmc_doubt(struct ffa_share *share);
void ffa_mem_spmc_forget(struct ffa_share *share);

static inline uint64_t ffa_mem_handle(const struct ffa_regs *regs, unsigned int lo)
{
    return (uint32_t)regs->x[lo] | ((uint64_t)(uint32_t)regs->x[lo + 1] << 32);
}

/* MEM_RECLAIM: OK, the SPMC knows nothing of it any more, or its error. */
static inline ffa_rc_t ffa_mem_spmc_reclaim(uint64_t handle)
{
    return ffa_spmc_simple(FFA_FID(MEM_RECLAIM), (uint32_t)handle, handle >> 32, 0, 0, NULL);
}

/* ---- ffa_shm.c: shares --------------------------------------------------------------------------------------------- */

/*
 * Life of a share (state, under ctx->shm.lock of its owner):
 *   FILLING    -- all agree         --> SHARED      pages taken, handle known
 *   FILLING    -- any error         --> UNDOING     pages go back where they were --> gone
 *   SHARED     -- MEM_RECLAIM       --> RECLAIMING  no borrower has it; the SPMC is asked, pages go back
 *   RECLAIMING -- done              --> gone
 *   RECLAIMING -- refused           --> SHARED; or CLOSED, if no borrower can have it any more: RECLAIM goes on
 *   FILLING, RECLAIMING -- the SPMC's answer makes no sense --> LOST   the pages are never put: it may use them
 *   RECLAIMING -- the SPMC does not know a donation --> GIVEN   an SP owns it; the pages leave the VM's books when it dies
 *   any        -- another share has its handle --> GIVEN, if a donation; else, of a dead VM --> LOST
 * A VM that retrieves what was donated takes the pages out of a SHARED one, all at once, before it owns the first: @gone.
 * The record goes when somebody sees it.
 */
enum ffa_share_state {
    FFA_SHARE_FILLING, FFA_SHARE_UNDOING, FFA_SHARE_SHARED, FFA_SHARE_RECLAIMING, FFA_SHARE_CLOSED, FFA_SHARE_LOST,
    FFA_SHARE_GIVEN,
};

struct ffa_share {
    struct list_head list;                              /* ctx->shm.shares                                           */
    enum ffa_share_state state;
    uint64_t handle;                                    /* not while FILLING, but of a donation; LOST: perhaps       */
    uint64_t alias;                                     /* as the owner knows it, too; 0: none                       */
    uint32_t counted;                                   /* pages, against the limit                                  */

    struct domain *d;                                   /* fixed: the owner. Its pages keep it.                      */
    struct ffa_mem_pages pages;                         /* fixed while SHARED, but see @gone                         */
    struct ffa_mem_ipas ipas;                           /* where they are, or were, in the owner                     */
    struct ffa_mem_walk walk;                           /* of what is under way                                      */
    bool out;                                           /* taken out of the owner's stage 2                          */
    bool sps_done;                                      /* the SPMC knows nothing of it, or no longer                */
    bool doubtful;                                      /* tx_lock: the SPMC may give the handle out again           */
    bool overtaken;                                     /* tx_lock: it has done so; never undone                     */
    bool zero;                                          /* RECLAIM: clear it                                         */
    void *desc;                                         /* FILLING: our copy of the VM's descriptor                  */

    spinlock_t lock;                                    /* covers the rest, and borrower[].held                      */
    bool open;                                          /* may be retrieved                                          */
    bool gone;                                          /* the pages are somebody else's, or become so               */
    bool lost;                                          /* the references on the pages are never put                 */
    unsigned int refs;                                  /* the owner's list, and each borrow                         */

    /* From here on nothing is cleared when a record is made. */
    struct ffa_share *next_doubtful;                    /* tx_lock: chain of the doubtful                            */
    struct ffa_mem_deal deal;                           /* fixed; borrower[].held: share->lock                       */
    struct ffa_mem_range few_pages[FFA_MEM_FEW], few_ipas[FFA_MEM_FEW]; /* where there are no more                    */
};

struct ffa_share *ffa_share_new(struct ffa_ctx *ctx, const struct ffa_mem_deal *deal, uint32_t nr_pages);
void ffa_share_set_state(struct ffa_ctx *ctx, struct ffa_share *share, enum ffa_share_state state);
bool ffa_share_settle(struct ffa_ctx *ctx, struct ffa_share *share, uint64_t handle);
void ffa_share_lose(struct ffa_ctx *ctx, struct ffa_share *share, const char *why);
void ffa_share_put_pages(struct ffa_share *share);
void ffa_share_forget(struct ffa_ctx *ctx, struct ffa_share *share);
ffa_rc_t ffa_share_hold(struct ffa_ctx *caller, const struct ffa_mem_message *msg, const struct ffa_mem_desc *desc,
                        struct ffa_share **held, unsigned int *index, uint8_t *permissions);
bool ffa_share_release(struct ffa_share *share, unsigned int index);
void ffa_share_free(struct ffa_share *share);
uint32_t ffa_mem_max_bytes(void);
unsigned int ffa_mem_max_count(void);

/* ---- ffa_mem_send.c: from a descriptor to a share ------------------------------------------------------------------- */

ffa_rc_t ffa_share_send(struct ffa_ctx *ctx, const struct ffa_mem_message *msg, uint64_t *handle);

/* ---- ffa_mem_sp.c: what VMs get of SPs ------------------------------------------------------------------------------ */

struct ffa_loan {
    uint64_t handle;
    bool at_spmc;                                       /* the SPMC counts it as the VM's, or may do so              */
    struct ffa_mem_pages pages;                         /* without references: the memory is not the hypervisor's    */
    uint8_t *response;                                  /* the SPMC's, as far as it is here                          */
    uint32_t total, have;                               /* bytes of it                                               */
};

void ffa_loan_init(void);
bool ffa_mem_spmc_lends(void);
ffa_rc_t ffa_loan_take(struct ffa_ctx *ctx, struct ffa_loan *loan, struct ffa_mem_wish *wish, enum ffa_mem_kind *kind,
                       struct ffa_mem_access *granted);
ffa_rc_t ffa_loan_return(struct ffa_ctx *ctx, struct ffa_loan *loan, uint32_t flags);
void ffa_loan_free(struct ffa_loan *loan);

/* ---- ffa_mem_retrieve.c: borrows ----------------------------------------------------------------------------------- */

enum ffa_fini ffa_borrow_fini(struct ffa_ctx *ctx, unsigned int *steps);

#endif /* __TEE_FFA_MEM_H__ */
