/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the chapters of the FF-A mediator share: types, the context of a VM, and the functions of each file in the order
 * of a call: ffa_fast.c, ffa.c, ffa_setup.c, ffa_rxtx.c, ffa_desc.c, ffa_splist.c, ffa_policy.c, ffa_partinfo.c,
 * ffa_msg.c, ffa_optee.c, ffa_msg_vm.c, ffa_msg2.c, ffa_run.c, ffa_cycles.c, ffa_sched.c, ffa_notif*.c, ffa_hyp.c,
 * ffa_mem_*.c, ffa_shm.c, ffa_vm.c, ffa_console.c, ffa_ledger.c, ffa_debug.c, ffa_spmc.c.
 *
 * Lock order (outer first): none is taken in an interrupt handler, and none is held across an SMC, except for tx_lock
 * (ffa_spmc.c): the SPMC reads our TX during the call, or must not give a handle out during it.
 *   ctx->version_lock | ctx->rxtx.lock -> (p2m) | ctx->run_lock -> (scheduler)
 *   | ctx->notif.lock -> listen_lock or patrol.lock -> (timer)
 *   | ctx->shm.lock -> share->lock | ctx->log.lock -> (console) | tx_lock | ffa_cycles_lock -> (vGIC, timer)
 * "|": never held together.
 */
#ifndef __TEE_FFA_PRIVATE_H__
#define __TEE_FFA_PRIVATE_H__

#include <xen/bitops.h>
#include <xen/const.h>
#include <xen/cpumask.h>
#include <xen/errno.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/list.h>
#include <xen/mm.h>
#include <xen/rcupdate.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/tasklet.h>
#include <xen/timer.h>
#include <xen/trace.h>
#include <xen/types.h>

#include <asm/atomic.h>

#include "ffa_bytes.h"
#include "ffa_ledger.h"
#include <asm/smccc.h>

/* Missing in Xen 4.20 */
#ifndef UINT64_MAX
#define UINT64_MAX (~(uint64_t)0)
#endif

/* ---- Numbers of the specification ------------------------------------------------------------------------------ */

#define FFA_VERSION(major, minor)       (((uint32_t)(major) << 16) | (minor))
#define FFA_VERSION_1_0                 FFA_VERSION(1, 0)
#define FFA_VERSION_1_1                 FFA_VERSION(1, 1)
#define FFA_VERSION_1_2                 FFA_VERSION(1, 2)
#define FFA_VERSION_MAJOR(v)            (((v) >> 16) & 0x7fffU)
#define FFA_VERSION_MINOR(v)            ((v) & 0xffffU)
#define FFA_VERSION_MBZ                 BIT(31, U)

/* The highest version we speak, to guests and to the SPMC */
#define FFA_MY_VERSION                  FFA_VERSION_1_2

#define FFA_PAGE_SIZE                   4096U
#define FFA_SVE_HINT                    BIT(16, U)  /* SMCCC 1.3: no live SVE state. Not part of the ID.            */
#define FFA_CONV_64                     BIT(30, U)

#define FFA_ID_HYP                      0x0000U
#define FFA_ID_SECURE                   BIT(15, U)
#define FFA_ID_SPMC_DEFAULT             0x8000U
#define FFA_ID_SPMD                     0xffffU

/* Bits of the flags and of the result of the notification calls */
#define FFA_NOTIF_PER_VCPU              BIT(0, U)
#define FFA_NOTIF_GET_SP                BIT(0, U)
#define FFA_NOTIF_GET_VM                BIT(1, U)
#define FFA_NOTIF_GET_SPM               BIT(2, U)
#define FFA_NOTIF_GET_HYP               BIT(3, U)
/* ... which the SPMC keeps, which we do, and what flags that leaves */
#define FFA_NOTIF_GET_SPMC              (FFA_NOTIF_GET_SP | FFA_NOTIF_GET_SPM)
#define FFA_NOTIF_GET_OWN               (FFA_NOTIF_GET_VM | FFA_NOTIF_GET_HYP)

/* Framework notifications of the hypervisor, as in w7 of GET */
#define FFA_NOTIF_RX_FULL               BIT(0, U)

#define FFA_FEATURE_NPI                 1U
#define FFA_FEATURE_SRI                 2U

/* Properties of a partition */
#define FFA_PART_DIRECT_RECV            BIT(0, U)
#define FFA_PART_DIRECT_SEND            BIT(1, U)
#define FFA_PART_INDIRECT               BIT(2, U)
#define FFA_PART_NOTIF_RECV             BIT(3, U)
#define FFA_PART_VM_CREATED             BIT(6, U)
#define FFA_PART_VM_DESTROYED           BIT(7, U)
#define FFA_PART_AARCH64                BIT(8, U)
#define FFA_PART_DIRECT2_RECV           BIT(9, U)
#define FFA_PART_DIRECT2_SEND           BIT(10, U)

/* Framework messages */
#define FFA_MSG_FRAMEWORK               BIT(31, U)
#define FFA_MSG_VM_CREATED              (FFA_MSG_FRAMEWORK | 4)
#define FFA_MSG_VM_CREATED_RESP         (FFA_MSG_FRAMEWORK | 5)
#define FFA_MSG_VM_DESTROYED            (FFA_MSG_FRAMEWORK | 6)
#define FFA_MSG_VM_DESTROYED_RESP       (FFA_MSG_FRAMEWORK | 7)

/* ---- Our own limits -------------------------------------------------------------------------------------------- */

#define FFA_RXTX_MAX_PAGES              16U   /* FF-A pages in each buffer of a VM                                   */
#define FFA_MAX_SPS                     64U   /* partitions behind the SPMC, and                                     */
#define FFA_MAX_SP_ENTRIES              128U  /* ... their (partition, UUID) entries                                 */
#define FFA_MAX_BORROWERS               8U    /* of one memory transaction                                           */
#define FFA_NO_VCPU                     0xffffU /* sp_vcpu of a request that is not delivered yet                    */
#define FFA_CALLS_PER_VCPU              4U    /* records of direct requests in flight, times the VM's vCPUs          */

/* ---- Types ----------------------------------------------------------------------------------------------------- */

/* Status of an FF-A call. Not an -errno and not a register: only the dispatcher turns it into FFA_ERROR. */
typedef struct { int32_t code; } ffa_rc_t;

#define FFA_RC(code_)                   ((ffa_rc_t){ .code = (code_) })
#define FFA_OK                          FFA_RC(0)
#define FFA_NOT_SUPPORTED               FFA_RC(-1)
#define FFA_INVALID_PARAMETERS          FFA_RC(-2)
#define FFA_NO_MEMORY                   FFA_RC(-3)
#define FFA_BUSY                        FFA_RC(-4)
#define FFA_INTERRUPTED                 FFA_RC(-5)
#define FFA_DENIED                      FFA_RC(-6)
#define FFA_RETRY                       FFA_RC(-7)
#define FFA_ABORTED                     FFA_RC(-8)
#define FFA_NO_DATA                     FFA_RC(-9)
#define FFA_NOT_READY                   FFA_RC(-10)

static inline bool ffa_ok(ffa_rc_t rc)
{
    return rc.code == 0;
}

static inline bool ffa_is(ffa_rc_t rc, ffa_rc_t other)
{
    return rc.code == other.code;
}

/* x0-x17 of a call or a result. Arguments are truncated by convention before a handler sees them. */
#define FFA_NR_REGS                     18U
#define FFA_NR_REGS_SHORT               8U
struct ffa_regs {
    uint64_t x[FFA_NR_REGS];
    unsigned int nr;                    /* of a result: how many registers it defines, 8 or 18; 0 = none set yet     */
};

/* A call with up to four arguments. Written out: this is on the way of every call, and a memset() is not cheap. */
static inline void ffa_regs_set(struct ffa_regs *r, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    r->x[0] = x0;
    r->x[1] = x1;
    r->x[2] = x2;
    r->x[3] = x3;
    r->x[4] = x4;
    r->x[5] = r->x[6] = r->x[7] = r->x[8] = r->x[9] = r->x[10] = r->x[11] = 0;
    r->x[12] = r->x[13] = r->x[14] = r->x[15] = r->x[16] = r->x[17] = 0;
}

/* x0-x7, the others zero */
static inline void ffa_regs_copy_short(struct ffa_regs *to, const struct ffa_regs *from)
{
    ffa_regs_set(to, from->x[0], from->x[1], from->x[2], from->x[3], from->x[4]);
    to->x[5] = from->x[5];
    to->x[6] = from->x[6];
    to->x[7] = from->x[7];
}

struct ffa_uuid {
    uint64_t lo, hi;                    /* bytes 0-7, 8-15 of the text order, each little-endian                     */
};

static inline bool ffa_uuid_nil(const struct ffa_uuid *u)
{
    return !(u->lo | u->hi);
}

/* One entry of a partition list, as parsed from whatever layout it had */
struct ffa_part_info {
    uint16_t id;
    uint16_t contexts;
    uint32_t properties;
    struct ffa_uuid uuid;
};

/* Names of the calls: position in the table */
#define FFA_CALL(name, fid, since, from, needs, args, mbz, handler) FFA_NR_##name,
enum ffa_call_nr {
#include "ffa_calls.h"
    FFA_NR_CALLS
};

/* ... and their IDs */
#define FFA_CALL(name, fid, since, from, needs, args, mbz, handler) FFA_FID_##name = (int32_t)(fid),
enum ffa_call_fid {
#include "ffa_calls.h"
};

/* An ID from the table as the unsigned number a register holds */
#define FFA_FID(name)                   ((uint32_t)FFA_FID_##name)

#include "ffa_counters.h"

/* ---- Context of a VM ------------------------------------------------------------------------------------------- */

/*
 * Buffers of a VM. Life of RX: FREE -- somebody writes --> CLAIMED -- it is handed over --> FULL -- RX_RELEASE --> FREE.
 * CLAIMED also while the SPMC is told of an RX_RELEASE. UNSURE from the start if nobody knows whether the SPMC has the pair:
 * for the VM nothing is mapped, and nobody writes there; the pages are kept until an UNMAP.
 */
enum ffa_rx_state { FFA_RX_FREE, FFA_RX_CLAIMED, FFA_RX_FULL, FFA_RX_UNSURE };
struct ffa_rxtx {
    spinlock_t lock;                    /* covers everything below; the pages while none of these keeps others off   */
    unsigned int nr_pages;              /* FF-A pages in each buffer; 0 = not mapped                                 */
    bool changing;                      /* a vCPU maps or unmaps them                                                */
    bool forwarded;                     /* the SPMC knows the pair: it says who owns RX                              */
    bool sending;                       /* a vCPU has a message in out                                               */
    uint8_t *out;                       /* if forwarded: the page of ours that the SPMC takes for the VM's TX        */
    uint8_t denials;                    /* how often the SPMC denied the pair of the dead VM; clean-up only          */
    enum ffa_rx_state rx_state;         /* as far as we know                                                         */
    struct page_info *tx[FFA_RXTX_MAX_PAGES], *rx[FFA_RXTX_MAX_PAGES]; /* a reference held on each                   */
    void *tx_map[FFA_RXTX_MAX_PAGES], *rx_map[FFA_RXTX_MAX_PAGES];  /* our mappings                                  */
};

/*
 * A direct request of a VM that is not answered yet.
 *   FREE -- DIRECT_REQ* --> RUNNING -- INTERRUPT, YIELD --> PREEMPTED; response, error --> FREE
 *                           PREEMPTED -- RUN --> RESUMED (of a VM: RUNNING), which goes on as RUNNING
 *                           PREEMPTED -- RUN on another CPU --> AWAY -- tasklet --> ANSWERED
 *                           ANSWERED -- RUN, on any CPU --> PREEMPTED or FREE, as the answer says
 * A turn brings the response:
 *   PREEMPTED --> ANSWERED          RUNNING, RESUMED, AWAY --> OVERTAKEN -- who runs it is back --> ANSWERED
 */
enum ffa_call_state { FFA_CALL_FREE, FFA_CALL_RUNNING, FFA_CALL_PREEMPTED, FFA_CALL_RESUMED, FFA_CALL_AWAY,
                      FFA_CALL_ANSWERED, FFA_CALL_OVERTAKEN };
enum ffa_reply { FFA_REPLY_NONE, FFA_REPLY_YIELD, FFA_REPLY_END };
struct ffa_call {                       /* under ctx->run_lock; while it is being run only who does that uses the others */
    enum ffa_call_state state;
    uint16_t sp;                        /* the receiver, which may be a VM                                           */
    uint16_t sp_vcpu;                   /* low half of what INTERRUPT or YIELD said; valid while PREEMPTED. VM: its vCPU */
    uint16_t away_vcpu;                 /* AWAY, OVERTAKEN there, ANSWERED: the same, as the guest knows it          */
    uint16_t asker;                     /* our vCPU that made the request; not FREE                                  */
    uint32_t fid;                       /* of the request: decides which response fits                               */
    unsigned int cpu;                   /* physical CPU of the request: the SP's context may be tied to it           */
    struct ffa_ctx *ctx;                /* fixed                                                                     */
    struct tasklet tasklet;             /* AWAY: does the RUN on cpu                                                 */
    struct ffa_regs answer;             /* ANSWERED, OVERTAKEN: what came of it...                                   */
    ffa_rc_t rc;
    enum ffa_call_state after;          /* ...and what state it is in then                                           */
    /* Requests to VMs, under the lock also while RUNNING (ffa_msg_vm.c); answer and rc are used, too.               */
    enum ffa_reply reply;               /* what the receiver has said that the guest has not heard yet               */
    struct vcpu *waiter;                /* who waits for it; NULL: nobody                                            */
};

/*
 * A vCPU that other VMs can send direct requests to (ffa_msg_vm.c).
 *   NOT -- MSG_WAIT --> WAITING -- request --> CALLED -- it has got it --> WORKING -- response --> WAITING
 *   WAITING -- interrupt --> NOT          WORKING -- YIELD --> YIELDED -- RUN, interrupt --> WORKING
 *   WORKING, YIELDED -- the requester dies --> ORPHAN -- response, YIELD, MSG_WAIT --> NOT
 */
enum ffa_serve_state { FFA_SERVE_NOT, FFA_SERVE_WAITING, FFA_SERVE_CALLED, FFA_SERVE_WORKING, FFA_SERVE_YIELDED,
                       FFA_SERVE_ORPHAN };
struct ffa_serve {                      /* under ctx->run_lock; from CALLED on the others do not change              */
    enum ffa_serve_state state;
    uint16_t client;                    /* the VM that asks                                                          */
    unsigned int call;                  /* which of its ctx->calls that is                                           */
    struct ffa_regs request;
};

/*
 * What the VM has not fetched yet, as far as we know; one per vCPU and one for "any vCPU". Each is a set of FFA_NOTIF_GET_*;
 * told and reported are part of sets. See docs/notifications.md.
 */
struct ffa_hint {
    union {
        struct {
            uint8_t sets;               /* something may pend there (what we keep: pends)                            */
            uint8_t told;               /* an NPI for it is on its way or was taken                                  */
            uint8_t reported;           /* the VM's own INFO_GET has listed it                                       */
        };
        uint32_t any;                   /* any of them; readable without the lock                                    */
    };
};

/* Notifications from VMs and the hypervisor, which are kept here: see ffa_notif_vm.c. Under notif.lock. */
struct ffa_own_notif {
    uint64_t bound, per_vcpu;           /* bits with a sender; those of them that are for one vCPU                   */
    uint16_t sender[64];                /* of each bound bit                                                         */
    uint64_t pending;                   /* for any vCPU                                                              */
    uint64_t *vpending;                 /* [max_vcpus]                                                               */
    uint32_t framework;                 /* FFA_NOTIF_RX_FULL                                                         */
};

struct ffa_notif {
    bool bitmap;                        /* the SPMC has a bitmap for this VM; changes only at birth and death        */
    unsigned int nr_vcpus;              /* vCPUs that the SPMC's bitmap is for; fixed                                */
    unsigned int nr_hints;              /* max_vcpus + 1; fixed                                                      */
    unsigned int phase, at;             /* how far the clean-up is: see ffa_notif_life.c. Nobody else uses them      */
    spinlock_t lock;                    /* covers everything below                                                   */
    bool dying;                         /* no more injections                                                        */
    bool hinted;                        /* a hint may be set; readable without the lock                              */
    struct ffa_hint *hint;              /* [0 .. max_vcpus - 1]: that vCPU; [max_vcpus]: any vCPU                    */
    struct ffa_own_notif own;
    s_time_t due;                       /* what is unfetched is looked after, not before then; 0: as soon as it can  */
    unsigned int period_ms;             /* ... be; and then after so long                                            */
    uint64_t *bound;                    /* [SP index]: every bit that this VM ever asked to bind to it               */
};

/* The VM and the hypervisor as endpoints: see ffa_hyp.c. Under notif.lock. */
struct ffa_hyp_vm {
    uint64_t pending;                   /* what it has rung for any CPU, until it is listened to                     */
    uint64_t vpending[NR_CPUS];         /* ... for that CPU                                                          */
    s_time_t next;                      /* not before then                                                           */
    unsigned int changes;               /* ffa_vm_changes() that it was told of; only the tasklet uses it            */
};

/* Pages of memory: IPAs when a VM names them, PAs towards the SPMC */
struct ffa_mem_range {
    uint64_t base;                      /* page aligned, bytes                                                       */
    uint32_t pages;                     /* FF-A pages, at least 1                                                    */
};

/* Memory that the VM has sent, got and is sending; what the records are is in ffa_mem.h. */
struct ffa_shm {
    spinlock_t lock;                    /* covers everything below, and what the records say is covered by it        */
    struct list_head shares;            /* struct ffa_share: sent by this VM                                         */
    struct ffa_share *spare;            /* a record that the next one may have, or NULL                              */
    bool donates;                       /* there has been a donation among the shares                                */
    struct list_head borrows;           /* struct ffa_borrow: got from others                                        */
    struct list_head transfers;         /* struct ffa_transfer: descriptors that are not here in full                */
    unsigned int nr_shares, nr_pages;   /* that count against the limits, those of FILLING ones included             */
    unsigned int nr_borrows;
    unsigned int nr_transfers;
    unsigned int transfer_bytes;        /* of all transfers, when they are complete                                  */
    uint64_t serial;                    /* of handles that we gave out for this VM                                   */
    uint64_t next_ipa;                  /* where the next borrower's mapping goes that names no address; 0: the start */
};

/* What a VM may do with others (ffa_policy.c). The values of "right" of ffa_may(). */
enum ffa_right {
    FFA_MAY_DISCOVER,                   /* find the peer in the lists of partitions                                  */
    FFA_MAY_MESSAGE,                    /* send it messages, direct or indirect                                      */
    FFA_MAY_NOTIFY,                     /* set its notifications, bind own ones to it                                */
    FFA_MAY_SHARE,                      /* offer it memory, retrieve what it offers                                  */
    FFA_NR_RIGHTS
};

struct ffa_policy {
    uint64_t sps[FFA_NR_RIGHTS];        /* [right]: bit per SP index                                                 */
    uint64_t vms[FFA_NR_RIGHTS];        /* [right]: bit n is the domain with id n + 1 that booted with the machine   */
    unsigned int others;                /* bit per right: towards all other domains                                  */
    DECLARE_BITMAP(listed, FFA_MAX_SP_ENTRIES); /* entries of the list of SPs that the VM may see                    */
    unsigned int hyp;                   /* bit per right towards the hypervisor: FFA_MAY_NOTIFY counts               */
    bool scheduler;                     /* the VM gives SPs their cycles (ffa_sched.c)                               */
};

/* What a VM has said with CONSOLE_LOG since its last line */
#define FFA_LOG_LINE                    128U
struct ffa_log {
    spinlock_t lock;                    /* covers the others                                                         */
    unsigned int len;
    char text[FFA_LOG_LINE + 1];
};

/* What the fast path must know, in words that are constant once it may be used (ffa_fast.c) */
#define FFA_FAST_PEERS                  8U
struct ffa_fast_peer {
    uint16_t id;
    uint8_t index;                      /* of this SP                                                                */
    bool judged;                        /* is OP-TEE: some requests are judged, on the slow path; BIND is recorded   */
};
struct ffa_fast {
    uint64_t calls;                     /* bit per call that may take the fast path; 0 until the version is frozen   */
    struct ffa_fast_peer notify[FFA_FAST_PEERS]; /* SPs the VM may bind to and notify, by the low bits of the id     */
    struct ffa_fast_peer direct[FFA_FAST_PEERS]; /* SPs that take its direct requests                                */
};

/* What OP-TEE may do to a VM (ffa_optee.c); used by who has set busy                                               */
struct ffa_optee {
    bool busy;
    uint64_t bound;                     /* bound to it, global                                                       */
    uint64_t told;                      /* those it may set at any time: they stay bound                             */
};

struct ffa_ctx {
    struct domain *d;                   /* this to notif.bitmap: fixed after domain_init. NULL: a birth that failed  */
    uint16_t vm_id;
    bool boot_vm;                       /* has a bit in ffa_boot_vms; domain creation and death only                 */
    struct ffa_policy policy;           /* fixed                                                                     */
    unsigned int nr_parts;              /* parts that are initialised; domain creation and death only                */

    uint32_t version;                   /* negotiated; 0 = none. Written under version_lock, read without: it is one
                                           word, and fixed once version_frozen is seen                               */
    bool version_frozen;                /* a call other than VERSION was made                                        */
    spinlock_t version_lock;
    uint64_t offered;                   /* bit per call that this VM may use; VERSION alone until the version is frozen,
                                           one word and constant from then on                                        */

    struct ffa_rxtx rxtx;

    spinlock_t run_lock;                /* covers calls[] and serve[]                                                */
    unsigned int nr_calls;              /* fixed                                                                     */
    struct ffa_call *calls;             /* one of each vCPU's own, by its number, for SPs; then those that any may take */
    struct ffa_serve *serve;            /* [max_vcpus]; fixed. NULL: no VM may send it requests                      */

    struct ffa_notif notif;
    struct ffa_optee optee;
    struct ffa_hyp_vm hyp;
    struct ffa_shm shm;

    /* VM created and destroyed (ffa_vm.c); used by domain creation and death only                                   */
    DECLARE_BITMAP(told_created, FFA_MAX_SPS); /* SPs that know of the VM                                           */
    uint32_t msg_resume;                /* w1 for the RUN of a message that is preempted; 0: none                    */
    uint32_t msg_sent;                  /* which message that is                                                     */
    uint16_t msg_sp;                    /* who gets it; 0: there is none                                             */
    bool msg_brought;                   /* a turn of the SP has brought the answer:                                  */
    struct ffa_regs msg_answer;
    struct list_head msg_list;

    /* The clean-up (ffa.c). From fini_begun on it holds a reference on d, and only its tasklet uses the others.      */
    bool fini_begun;
    bool fini_late;                     /* it takes longer than it should: the id is in quarantine                   */
    s_time_t fini_deadline;             /* when it is late                                                           */
    s_time_t fini_slice;                /* when this step is over                                                    */
    unsigned int fini_cpu;              /* where the next step must run                                              */
    struct timer fini_timer;            /* starts the next step, and interrupts an SP that this one lets run         */
    struct tasklet fini_tasklet;        /* one step                                                                  */
    struct rcu_head rcu;                /* without a domain: it is freed when the last step is over                  */

    struct ffa_log log;
    struct ffa_ledger *ledger;          /* fixed                                                                     */
    struct ffa_fast fast;

    struct ffa_counters count;
    atomic_t done[FFA_NR_CALLS];        /* calls of each kind that were answered with a result                       */
    atomic_t refused[FFA_NR_CALLS];     /* ... with an error                                                         */
};

/* ---- ffa.c: life of a VM, dispatch ----------------------------------------------------------------------------- */

/* A row of ffa_calls.h */
enum ffa_from { FFA_FROM_VM, FFA_FROM_RET, FFA_FROM_RES, FFA_FROM_HYP };
enum ffa_need { FFA_NEED_NONE, FFA_NEED_REQ, FFA_NEED_RUN, FFA_NEED_RESP, FFA_NEED_RESP2, FFA_NEED_RECV, FFA_NEED_NOTIF,
                FFA_NEED_SET, FFA_NEED_SEND2, FFA_NEED_SHARE, FFA_NEED_LEND, FFA_NEED_DONATE, FFA_NEED_RECLAIM, FFA_NEED_RETRIEVE };
struct ffa_call_desc {
    const char *name;
    uint32_t fid;
    uint32_t since;
    enum ffa_from from;
    enum ffa_need needs;
    unsigned int mbz_from;              /* this register and those behind it, to 7, must be zero; 0: none            */
};

extern const struct ffa_call_desc ffa_table[FFA_NR_CALLS];

enum ffa_call_nr ffa_call_lookup(uint32_t fid);
bool ffa_call_slow(struct ffa_ctx *ctx, struct cpu_user_regs *regs);
void ffa_call_refuse(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr, ffa_rc_t rc);

/* ---- ffa_fast.c: the calls that VMs make all the time ------------------------------------------------------------ */

bool ffa_handle_call(struct cpu_user_regs *regs);
void ffa_fast_init(struct ffa_ctx *ctx);
void ffa_fast_offer(struct ffa_ctx *ctx, uint64_t offered);

/*
 * The handlers: decode, validate, act, encode. @in is truncated by convention, and has x8-x17 only for calls that 1.2
 * brought; @out is not initialised. The version is negotiated, the call is offered to the VM and the must-be-zero registers
 * are zero. FFA_OK: @out is complete. Anything else: nothing has changed, and the dispatcher makes an FFA_ERROR of it.
 * Context: trap of a vCPU of the VM, no lock held.
 */
#define FFA_HANDLER(name) \
    ffa_rc_t ffa_do_##name(struct ffa_ctx *ctx, const struct ffa_regs *in, struct ffa_regs *out)
FFA_HANDLER(refuse);
FFA_HANDLER(version);
FFA_HANDLER(features);
FFA_HANDLER(id_get);
FFA_HANDLER(spm_id_get);
FFA_HANDLER(console_log);
FFA_HANDLER(partition_info_get);
FFA_HANDLER(partition_info_regs);
FFA_HANDLER(rx_release);
FFA_HANDLER(rxtx_map);
FFA_HANDLER(rxtx_unmap);
FFA_HANDLER(run);
FFA_HANDLER(direct_req);
FFA_HANDLER(direct_resp);
FFA_HANDLER(msg_wait);
FFA_HANDLER(yield);
FFA_HANDLER(msg_send2);
FFA_HANDLER(notif_bind);
FFA_HANDLER(notif_unbind);
FFA_HANDLER(notif_set);
FFA_HANDLER(notif_get);
FFA_HANDLER(notif_info_get);
FFA_HANDLER(mem_send);
FFA_HANDLER(mem_frag_tx);
FFA_HANDLER(mem_frag_rx);
FFA_HANDLER(mem_retrieve);
FFA_HANDLER(mem_relinquish);
FFA_HANDLER(mem_reclaim);

/* A result in x0-x7, without a copy of what it does not define */
static inline void ffa_encode(struct ffa_regs *out, uint64_t w0, uint64_t w2, uint64_t w3)
{
    out->x[0] = w0;
    out->x[1] = 0;
    out->x[2] = w2;
    out->x[3] = w3;
    out->x[4] = out->x[5] = out->x[6] = out->x[7] = 0;
    out->nr = FFA_NR_REGS_SHORT;
}

/* SUCCESS_32 with up to two results */
static inline void ffa_encode_success(struct ffa_regs *out, uint64_t w2, uint64_t w3)
{
    ffa_encode(out, FFA_FID(SUCCESS_32), w2, w3);
}

/*
 * How a step of the clean-up ends. MORE: an SP has run, or must on another CPU; go on soon. AGAIN: somebody refuses, go on
 * later. A step lets an SP run until an interrupt comes or its slice is over.
 */
enum ffa_fini { FFA_FINI_DONE, FFA_FINI_MORE, FFA_FINI_AGAIN };

/* ---- ffa_setup.c: VERSION, FEATURES, IDs ----------------------------------------------------------------------- */

bool ffa_version_freeze(struct ffa_ctx *ctx);

/*
 * ffa_call_offered - may this VM use the call, or get the result, @nr of the table?
 * FEATURES and the dispatcher share the answer, so that they cannot disagree. Worked out once, by ffa_version_freeze().
 */
static inline bool ffa_call_offered(const struct ffa_ctx *ctx, enum ffa_call_nr nr)
{
    return (ACCESS_ONCE(ctx->offered) >> nr) & 1;
}

/* ---- ffa_rxtx.c: buffers --------------------------------------------------------------------------------------- */

int ffa_rxtx_init(struct ffa_ctx *ctx);
enum ffa_fini ffa_rxtx_fini(struct ffa_ctx *ctx);
ffa_rc_t ffa_rx_acquire(struct ffa_ctx *ctx, size_t bytes);
void ffa_rx_write(struct ffa_ctx *ctx, size_t offset, const void *data, size_t bytes);
void ffa_rx_deliver(struct ffa_ctx *ctx, bool full);
ffa_rc_t ffa_rx_take_back(struct ffa_ctx *ctx);

/* The pages of a pair at the time of ffa_tx_copy() */
struct ffa_rxtx_pages {
    unsigned int nr;
    const struct page_info *page[2 * FFA_RXTX_MAX_PAGES];
};
bool ffa_tx_copy(struct ffa_ctx *ctx, void *to, size_t bytes, struct ffa_rxtx_pages *pages);
ffa_rc_t ffa_out_acquire(struct ffa_ctx *ctx, uint8_t **out);
void ffa_out_release(struct ffa_ctx *ctx);

/* ---- ffa_desc.c: partition descriptors, pure --------------------------------------------------------------------- */

#define FFA_DESC_SIZE_1_0               8U
#define FFA_DESC_SIZE_1_1               24U

struct ffa_uuid ffa_uuid_from_words(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3);
bool ffa_desc_parse(const void *buf, size_t bytes, size_t stride, unsigned int index, struct ffa_part_info *info);
size_t ffa_desc_size(uint32_t version);
void ffa_desc_emit(void *buf, size_t size, const struct ffa_part_info *info, bool with_uuid);
void ffa_desc_emit_regs(uint64_t *x, const struct ffa_part_info *info, bool with_uuid);
uint32_t ffa_desc_properties(uint32_t properties, uint32_t version);
void ffa_desc_emit_rxtx(void *buf, uint16_t vm_id, uint64_t rx, uint64_t tx, uint32_t pages);

/* ---- ffa_splist.c: the partitions behind the SPMC, read once at boot --------------------------------------------- */

int ffa_splist_init(void);
unsigned int ffa_splist_entries(void);
const struct ffa_part_info *ffa_splist_entry(unsigned int i);
unsigned int ffa_splist_sps(void);
int ffa_splist_index(uint16_t id);
const struct ffa_part_info *ffa_splist_sp(unsigned int index);
ffa_rc_t ffa_splist_find(const struct ffa_uuid *uuid, unsigned long *listed);

/* ---- ffa_policy.c: who may do what with whom, other VMs ----------------------------------------------------------- */

#define FFA_MAX_BOOT_VMS                64U

/* Bit n: the domain with id n + 1 is the one of the boot device tree, not a later one */
extern unsigned long ffa_boot_vms;

void ffa_policy_init(void);
void ffa_policy_assign(struct ffa_ctx *ctx);
void ffa_policy_forget(struct ffa_ctx *ctx);
bool ffa_policy_asked(const struct ffa_ctx *ctx);
void ffa_vm_came(struct ffa_ctx *ctx);
void ffa_vm_went(struct ffa_ctx *ctx);
unsigned int ffa_vm_changes(const struct ffa_ctx *ctx);
uint16_t ffa_vm_next(const struct ffa_ctx *ctx, uint16_t after);
struct ffa_ctx *ffa_vm_lock(uint16_t vm_id);
void ffa_vm_unlock(struct ffa_ctx *ctx);
struct ffa_ctx *ffa_vm_get(uint16_t vm_id);
void ffa_vm_put(struct ffa_ctx *ctx);

/* ffa_may_sp - ffa_may() for the SP with index @sp of the list, for who has looked that up anyway */
static inline bool ffa_may_sp(const struct ffa_ctx *ctx, unsigned int sp, unsigned int right)
{
    return (ctx->policy.sps[right] >> sp) & 1;
}

/*
 * ffa_may - may the VM do @right (FFA_MAY_*) to @peer_id?
 * The VM that makes the call needs the right, for the peer it names. Answers to what the peer was allowed to begin, or
 * ends of what the VM itself was (DIRECT_RESP, MEM_RELINQUISH, MEM_RECLAIM), need none.
 * Says nothing about whether the peer exists. If the answer is no, the call must end exactly as for an id that nobody has:
 * same error, nothing done, the peer not looked at.
 * @peer_id: as the guest wrote it. False for the hypervisor, the SPMC, the SPMD, the VM itself and ids of no SP.
 * Context: any; constant time, no lock.
 */
static inline bool ffa_may(const struct ffa_ctx *ctx, uint16_t peer_id, unsigned int right)
{
    unsigned int vm = peer_id - 2U;     /* VM id = domain id + 1                                                     */
    int sp;

    if ( peer_id & FFA_ID_SECURE )
    {
        sp = ffa_splist_index(peer_id);
        return sp >= 0 && ffa_may_sp(ctx, sp, right);
    }

    if ( peer_id == FFA_ID_HYP || peer_id == ctx->vm_id )
        return false;

    if ( vm < FFA_MAX_BOOT_VMS && ((ACCESS_ONCE(ffa_boot_vms) >> vm) & 1) )
        return (ctx->policy.vms[right] >> vm) & 1;

    return (ctx->policy.others >> right) & 1;
}

/* ffa_may_hyp - may the VM ring the hypervisor, and be rung by it? */
static inline bool ffa_may_hyp(const struct ffa_ctx *ctx)
{
    return ctx->policy.hyp & BIT(FFA_MAY_NOTIFY, U);
}

/* ---- ffa_msg*.c, ffa_run.c: messages; direct requests, preempted or not --------------------------------------------- */

int ffa_run_init(struct ffa_ctx *ctx);
enum ffa_fini ffa_run_fini(struct ffa_ctx *ctx);
bool ffa_call_overtake(uint16_t sp, const struct ffa_regs *res);
struct ffa_call *ffa_call_start(struct ffa_ctx *ctx, uint16_t sp, uint32_t fid);
void ffa_call_cancel(struct ffa_ctx *ctx, struct ffa_call *call);
ffa_rc_t ffa_call_finish(struct ffa_ctx *ctx, struct ffa_call *call, const struct ffa_regs *res, struct ffa_regs *out);
ffa_rc_t ffa_vm_request(struct ffa_ctx *ctx, uint16_t receiver, const struct ffa_regs *in, struct ffa_regs *out);
ffa_rc_t ffa_vm_run(struct ffa_ctx *ctx, struct ffa_call *call, struct ffa_regs *out);
int ffa_vm_msg_init(struct ffa_ctx *ctx);
void ffa_vm_msg_fini(struct ffa_ctx *ctx);
bool ffa_msg2_to_sps(void);

#include "ffa_notif.h"
#include "ffa_cycles.h"
#include "ffa_hyp.h"

/* ---- ffa_optee.c: what would stop OP-TEE for all ------------------------------------------------------------------- */

#define OPTEE_UNREGISTER_SHM            3U /* w3 of the direct requests that are judged                              */
#define OPTEE_ENABLE_ASYNC_NOTIF        5U
#define OPTEE_RELEASE_PROTMEM           8U
extern int ffa_optee_sp;                /* index of its SP, negative without; fixed after boot                       */

void ffa_optee_init(void);
ffa_rc_t ffa_optee_judge(struct ffa_ctx *ctx, const struct ffa_regs *in);
ffa_rc_t ffa_optee_bits(struct ffa_ctx *ctx, const struct ffa_regs *in, uint64_t bits);

/* ffa_optee_begin - BIND, UNBIND and ENABLE_ASYNC_NOTIF of a VM, one at a time. False: another vCPU is at it. Undone by _end(). */
static always_inline bool ffa_optee_begin(struct ffa_ctx *ctx)
{
    return !test_and_set_bool(ctx->optee.busy);
}

static always_inline void ffa_optee_end(struct ffa_ctx *ctx)
{
    smp_mb();
    ACCESS_ONCE(ctx->optee.busy) = false;
}

/* ffa_optee_note - BIND, with these @flags, or UNBIND has succeeded. OP-TEE sets what is global: no other binding counts. */
static always_inline void ffa_optee_note(struct ffa_ctx *ctx, bool unbind, uint32_t flags, uint64_t bits)
{
    if ( unbind )
        ctx->optee.bound &= ~bits;
    else if ( !(flags & FFA_NOTIF_PER_VCPU) )
        ctx->optee.bound |= bits;
}

/* ---- ffa_mem_*.c, ffa_shm.c: memory; among themselves they share ffa_mem.h ------------------------------------------ */

int ffa_shm_init(struct ffa_ctx *ctx);
void ffa_shm_dies(struct ffa_ctx *ctx);
enum ffa_fini ffa_shm_fini(struct ffa_ctx *ctx);

/* ---- ffa_console.c: CONSOLE_LOG ------------------------------------------------------------------------------------ */

void ffa_console_end(struct ffa_ctx *ctx);

/* ---- ffa_vm.c: VM created and destroyed ---------------------------------------------------------------------------- */

bool ffa_vm_in_message(uint32_t target, bool one);
void ffa_vm_overtake(uint32_t target, const struct ffa_regs *res);
int ffa_vm_init(struct ffa_ctx *ctx);
enum ffa_fini ffa_vm_fini(struct ffa_ctx *ctx);

/* ---- ffa_debug.c: counters, names, debug key, trace ---------------------------------------------------------------- */

void ffa_debug_init(void);
void ffa_debug_fold(const struct ffa_ctx *ctx);
void ffa_debug_ledger(const struct ffa_ctx *ctx);

/* Events for xentrace, or here for tools/trace: a subclass of TRC_HW that nobody else uses */
#define TRC_FFA_SMC_OUT         0x00804001U     /* w0 to w4 */
#define TRC_FFA_SMC_IN          0x00804002U     /* w0 to w4 */
#define TRC_FFA_SRI             0x00804003U     /* interrupt id */
#define TRC_FFA_LIST            0x00804004U     /* VM, number of vCPUs, the first three of them */
#define TRC_FFA_NPI             0x00804005U     /* VM, vCPU, why (enum npi_why) */
#define TRC_FFA_GET             0x00804006U     /* vCPU [31:16] and VM; bits of SPs low and high; of VMs low and high */

/* The same for people, on the console */
extern bool opt_ffa_trace;
#define ffa_trace(fmt, ...)                                                                                            \
    do {                                                                                                               \
        if ( unlikely(opt_ffa_trace) )                                                                                 \
            printk(XENLOG_INFO "ffa: " fmt, ##__VA_ARGS__);                                                            \
    } while ( 0 )

/* ---- ffa_spmc.c: the only file that calls the secure world --------------------------------------------------------- */

bool ffa_spmc_probe(void);
void ffa_spmc_probe_set(uint16_t sp);
void ffa_spmc_forget(void);
uint32_t ffa_spmc_version(void);
uint16_t ffa_spmc_id(void);
bool ffa_spmc_has(enum ffa_call_nr nr);
bool ffa_spmc_feature(uint32_t id, uint32_t *value);
void ffa_spmc_call(struct ffa_regs *regs);
void ffa_spmc_cut(struct ffa_regs *regs);

/*
 * ffa_spmc_call_raw - ffa_spmc_call() whose result is not cut to the width of its convention: for who looks at the low
 * halves only, or calls ffa_spmc_cut() next
 */
static inline void ffa_spmc_call_raw(struct ffa_regs *regs)
{
    /* The same 18 registers: no copy on the way in or out. */
    struct arm_smccc_1_2_regs *smc = (struct arm_smccc_1_2_regs *)regs->x;

    BUILD_BUG_ON(sizeof(*smc) != sizeof(regs->x));

    TRACE_TIME(TRC_FFA_SMC_OUT, regs->x[0], regs->x[1], regs->x[2], regs->x[3], regs->x[4]);
    arm_smccc_1_2_smc(smc, smc);
    TRACE_TIME(TRC_FFA_SMC_IN, regs->x[0], regs->x[1], regs->x[2], regs->x[3], regs->x[4]);
}
bool ffa_spmc_call_briefly(struct ffa_regs *regs, bool for_guest);
ffa_rc_t ffa_spmc_status(const struct ffa_regs *res);
void ffa_spmc_set_buffers(void *tx, const void *rx);
void *ffa_spmc_tx_acquire(void);
const void *ffa_spmc_rx(void);
void ffa_spmc_tx_release(void);
ffa_rc_t ffa_spmc_simple(uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, struct ffa_regs *res);

#endif /* __TEE_FFA_PRIVATE_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
