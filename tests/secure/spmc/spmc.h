/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the SPMC. One thread per CPU: leave to the normal world, come back with its call or an interrupt, serve it.
 * It runs with interrupts masked; only partitions (S-EL0) run with them open.
 *
 * Locks: spmc_lock for all FF-A state (endpoints, buffers, notifications, deadlines, faults); the UART's for one line.
 * They are never nested, and neither is held while a partition runs. An execution context of a partition belongs to its
 * CPU and needs no lock, except for its deadline.
 */
#ifndef SECURE_SPMC_H
#define SECURE_SPMC_H

#include "arch.h"
#include "bootinfo.h"
#include "ffa.h"
#include "layout.h"
#include "print.h"
#include "regs.h"
#include "sp_abi.h"

#define MAX_VMS             128
#define MAX_VCPUS           128
#define WINDOW_PAGES        16  /* of one buffer of the normal world */

/* ---- Partitions ------------------------------------------------------------------------------------------------- */

enum sp_state { SP_STARTING, SP_WAITING, SP_RUNNING, SP_PREEMPTED, SP_BLOCKED, SP_ABORTED };
enum sp_model { MODEL_INIT, MODEL_DIRECT, MODEL_RUN, MODEL_INTERRUPT };

struct sp_ctx {
    uint64_t x[31], pc, spsr, sp;   /* S-EL0 registers; entry.S knows the layout */
    struct sp *sp_of;
    unsigned int cpu;
    enum sp_state state;
    enum sp_model model;
    uint32_t request;               /* MODEL_DIRECT: function ID of the request */
    uint16_t requester;
    uint32_t framework;             /* MODEL_DIRECT: w2 of a framework message, or 0 */
    uint16_t framework_vm;
    unsigned int fake_interrupts;   /* fault injection: how often RUN still answers INTERRUPT */
    bool virq;                      /* its timer fired and it was not told yet */
    uint64_t deadline;              /* counter value, 0: none; under spmc_lock */
    char log[128];                  /* unfinished line of CONSOLE_LOG */
    unsigned int log_len;
};

/* Everything about the notifications of one receiver. Of VMs: what SPs set. Of SPs: what VMs set. */
struct notif {
    bool enabled;
    unsigned int vcpus;
    uint16_t bound_to[64];
    uint64_t bound, per_vcpu;
    bool news;                                              /* something may be pending and not reported */
    uint64_t pending, reported;                             /* global */
    uint64_t vpending[MAX_VCPUS], vreported[MAX_VCPUS];     /* per vCPU */
    uint64_t framework, framework_reported;                 /* FFA_RX_FULL_* */
};

struct buffers {
    bool mapped, rx_full;
    unsigned int slot;
    unsigned int pages;
    uint64_t tx_pa[WINDOW_PAGES], rx_pa[WINDOW_PAGES];
    const uint8_t *tx;              /* endpoint's TX, as the SPMC sees it */
    uint8_t *rx;
};

/* Of a partition: a page each, at these addresses of its own; seen from here while its space is the one that counts */
struct sp_buffers {
    bool mapped, rx_full;
    const uint8_t *tx;
    uint8_t *rx;
};

struct sp {
    const struct sp_header *head;
    uint64_t ttbr;
    struct notif notif;
    struct sp_buffers buf;
    struct sp_ctx ctx[MAX_CPUS];
};

/* A VM, from the first call that names it as somebody with state here. The hypervisor itself is vms[0]. */
struct vm {
    bool used;
    uint16_t id;
    bool announced;
    struct notif notif;
    struct buffers buf;
};

extern struct sp sps[SP_COUNT];
extern struct vm vms[1 + MAX_VMS];
extern spinlock_t spmc_lock;
extern const struct bootinfo *const info;
extern uint32_t nwd_version; /* what the normal world negotiated, or our highest */

struct sp *sp_find(uint16_t id);
struct vm *vm_find(uint16_t id);              /* NULL: never heard of; spmc_lock */
struct vm *vm_get(uint16_t id);               /* finds or makes; NULL: no slot; spmc_lock */
void vm_put(struct vm *vm);                   /* frees it if nothing is left; spmc_lock */
static inline bool is_secure(uint16_t id) { return id & FFA_ID_SECURE; }
static inline bool has_notifications(void)
{
    return !(info->options & FW_OPT_NO_NOTIF) && nwd_version >= FFA_1_1;
}

/* ---- Registers of answers --------------------------------------------------------------------------------------- */
void ret_regs(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3); /* x4-x7 = 0, x8-x17 stay */
void ret_status(struct regs *r, int code);                                         /* SUCCESS or ERROR */

/* ---- entry.S ---------------------------------------------------------------------------------------------------- */
/* Leaves to the normal world with these registers; returns with its next call in them (0), or the monitor's (1). */
uint64_t spmc_exchange(struct regs *r);
/* Runs a partition until an exception: 0 synchronous, 1 IRQ (secure), 2 FIQ (normal world's), 3 SError */
unsigned int sp_enter(struct sp_ctx *ctx);
/* Reads one byte of every page; false if the bus says no. */
bool mem_probe(const volatile uint8_t *p, unsigned int pages);
extern const char sp_images[], spmc_vectors[];

/* ---- main.c: per CPU --------------------------------------------------------------------------------------------- */
struct spmc_cpu {
    unsigned int index;
    bool online;            /* under spmc_lock */
    bool delayed_sri;
};
extern struct spmc_cpu cpus[MAX_CPUS];
static inline struct spmc_cpu *this_cpu(void) { return (struct spmc_cpu *)read_sysreg(tpidr_el1); }
void sri_raise(void);
void spmc_main(unsigned int cpu) __attribute__((noreturn));
void spmc_fatal(uint64_t esr, uint64_t elr, uint64_t far) __attribute__((noreturn));

/* ---- mmu.c ------------------------------------------------------------------------------------------------------ */
void mmu_build(void);
void mmu_enable(void);
uint64_t sp_space(unsigned int n);
/* Maps slot `slot` of the window to normal world pages; NULL if one of them is not there. */
uint8_t *window_map(unsigned int slot, const uint64_t *pa, unsigned int pages, bool writable);
void window_unmap(unsigned int slot);
/* Partition n's part of the address space for retrieved memory: room for so many pages (0: none), pages into it, out of it */
uint64_t shm_reserve(unsigned int n, unsigned int pages);
void shm_map(unsigned int n, uint64_t va, uint64_t pa, unsigned int pages, bool writable);
void shm_unmap(unsigned int n, uint64_t va, unsigned int pages);

/* ---- sp.c ------------------------------------------------------------------------------------------------------- */
void sp_load_all(void);
void sp_boot_cpu(unsigned int cpu);
/* Runs the context; the answer for the normal world in r. */
void sp_resume(struct sp_ctx *ctx, struct regs *r);
void sp_run_interrupts(void);
static inline struct sp_ctx *sp_here(struct sp *sp) { return &sp->ctx[this_cpu()->index]; }

/* ---- svc.c ------------------------------------------------------------------------------------------------------ */
/* Serves one SVC of a partition. False: its turn ends here, r is what the other side gets. */
bool svc_call(struct sp_ctx *ctx, struct regs *r);

/* ---- timer.c ---------------------------------------------------------------------------------------------------- */
int timer_at(struct sp *sp, unsigned int cpu, uint64_t when);
void interrupts_take(void);

/* ---- calls of the normal world: one per row of the table in ffa.c ------------------------------------------------ */
struct ffa_call;
const struct ffa_call *ffa_lookup(uint32_t fid);
void ffa_dispatch(struct regs *r);
void call_version(struct regs *r);
void call_features(struct regs *r);
void call_id_get(struct regs *r);
void call_spm_id_get(struct regs *r);
void call_rxtx_map(struct regs *r);
void call_rxtx_unmap(struct regs *r);
void call_rx_release(struct regs *r);
void call_rx_acquire(struct regs *r);
uint32_t sp_properties(const struct sp *sp);            /* as the normal world gets to know them */
void call_partition_info(struct regs *r);
void call_partition_info_regs(struct regs *r);
void call_direct(struct regs *r);
void call_direct2(struct regs *r);
void call_run(struct regs *r);
void call_bitmap_create(struct regs *r);
void call_bitmap_destroy(struct regs *r);
void call_bind(struct regs *r);
void call_unbind(struct regs *r);
void call_set(struct regs *r);
void call_get(struct regs *r);
void call_info_get(struct regs *r);
void call_mem_share(struct regs *r);
void call_mem_lend(struct regs *r);
void call_mem_donate(struct regs *r);
void call_mem_frag_tx(struct regs *r);
void call_mem_reclaim(struct regs *r);
void call_mem_retrieve(struct regs *r);
void call_mem_relinquish(struct regs *r);
void call_mem_frag_rx(struct regs *r);

/* ---- msg.c: indirect messages ------------------------------------------------------------------------------------ */
void call_msg_send2(struct regs *r);
int msg_send(struct sp *sp, bool *told); /* what is in the TX of the partition that runs here; *told: the VM has a notification */

/* ---- notif.c: the same for both callers, w1-w7 as FF-A has them -------------------------------------------------- */
int notif_bind(uint16_t caller, bool secure, const struct regs *r, bool unbind);
int notif_set(uint16_t caller, bool secure, const struct regs *r, uint64_t *fresh);
int notif_get(uint16_t caller, bool secure, const struct regs *r, uint64_t *bits, uint64_t *framework);
uint64_t notif_pending(const struct notif *n);
void notif_balance(void);

/* ---- mem.c: descriptors of partitions are in memory of theirs that was checked ----------------------------------- */
#define MEM_RESPONSE 96 /* bytes of the descriptor that answers mem_retrieve(), in the place of the request */
int mem_retrieve(struct sp *sp, uint8_t *desc, uint32_t bytes);
int mem_relinquish(struct sp *sp, const uint8_t *desc);
bool mem_where(const struct sp *sp, uint64_t handle, uint64_t *va, uint64_t *pages, uint16_t *sender);
void mem_vm_destroyed(uint16_t vm);
unsigned int mem_shares(uint64_t *owned);

/* ---- lend.c: the other way round -------------------------------------------------------------------------------- */
#define LEND_BYTES (17 * 1024) /* most of a descriptor of a partition */
int lend_send(struct sp *sp, uint32_t kind, const uint8_t *desc, uint32_t bytes, uint32_t fragment, uint64_t *handle);
int lend_reclaim(struct sp *sp, uint64_t handle);
unsigned int lend_loans(void);

/* Where every bit went: set == delivered + discarded + still pending. Under spmc_lock. */
struct ledger {
    uint64_t set, delivered, discarded, merged;
    uint64_t sp_set, sp_delivered;  /* those of set and delivered that were for partitions */
};
extern struct ledger ledger;

/* ---- faults.c --------------------------------------------------------------------------------------------------- */
int fault_arm(uint32_t kind, uint32_t a, uint32_t b, uint32_t times);
void fault_clear(void);
/* Consumes one application of a fault of this kind (for CALL_*: of this function number). */
bool fault_hit(uint32_t kind, uint32_t call, uint32_t *a, uint32_t *b);
uint32_t fault_count(void);
bool fault_call(struct regs *r);
bool fault_info(struct regs *r, bool wide);
void fault_response(struct regs *r, uint16_t sp);

#endif /* SECURE_SPMC_H */
