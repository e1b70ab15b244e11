/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small world around the mediator: an SPMC that answers by script or sensibly, domains, and calls as a guest makes them.
 * Every test starts with world_reset(), usually followed by world_boot() and vm_create().
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "shim.h"

#include <cmocka.h>

#include <asm/tee/tee.h>

#include "ffa_mem.h"

extern const struct tee_mediator_desc _steemediator[], _eteemediator[];
#define mediator (_steemediator[0].ops)

#define CTX(d) ((struct ffa_ctx *)(d)->arch.tee)

/* ---- SPMC ---- */
#define SP_ECHO 0x8001
#define SP_NOTIFY 0x8002
#define SP_PLAIN 0x8003                 /* takes no direct requests */

struct spmc {
    uint32_t version;                   /* highest it speaks; 0: no FF-A                     */
    uint32_t sri;                       /* 0: none                                           */
    uint32_t lacks[16];                 /* IDs that FEATURES denies and calls refuse         */
    unsigned int nr_lacks;
    uint32_t hides;                     /* the ID that FEATURES denies and that works        */
    bool optee;                         /* SP_ECHO has OP-TEE's UUID, as its second one      */
    uint16_t contexts;                  /* of each SP                                        */
    uint32_t stride;                    /* of partition descriptors: 24 or 48                */
    uint8_t vm_pair[128];               /* the last descriptor of a VM's RX/TX               */
    bool rx_full[64];                   /* by VM                                             */
    uint64_t pending[8];                /* what GET of vCPU n fetches, once                  */
    struct ffa_regs log[4096];          /* every SMC since world_reset()                     */
    unsigned int nr_log;
    void (*during)(const struct ffa_regs *call); /* runs inside each SMC, like another CPU   */
    void (*after)(const struct ffa_regs *call);  /* the same when the answer is made, before the hypervisor reads it */
};
extern struct spmc spmc;

#define SPMC_HANDLE_STEP 0x100000001ULL  /* between the handles it gives out                 */

/* The memory side: the last descriptor it got, all fragments of it, and the handles that are live */
struct spmc_mem {
    uint8_t desc[1 << 17];
    uint32_t total, have;
    uint64_t handle;                    /* of the transfer that is going on, or of the last one */
    uint64_t live[128];
    unsigned int nr_live;
    bool denies;                        /* RECLAIM: an SP holds everything */
};
extern struct spmc_mem spmc_mem;

void spmc_answer(uint32_t fid, const struct ffa_regs *answer); /* next call of fid gets this; queued per call     */
void spmc_forget_answers(void);         /* those not used                                   */
void spmc_error(uint32_t fid, int32_t code, unsigned int times);
unsigned int spmc_count(uint32_t fid);
const struct ffa_regs *spmc_last(uint32_t fid);

/* ---- World ---- */
void world_reset(void);

/*
 * The boot device tree of the next world_boot(): "xen,ffa-peers" of /chosen, and of the domains 1, 2, ... up to @nr, called
 * "one", "two", "three"; strings separated by '|', "" for an empty list, NULL for none; "scheduler" as the first string is the
 * property "xen,ffa-scheduler". world_reset(): all is allowed.
 */
void world_policy(const char *chosen, const char *const *domains, unsigned int nr);
void world_boot(void);
struct domain *vm_create(domid_t id, unsigned int vcpus);
struct domain *vm_boot(domid_t id, unsigned int vcpus, uint32_t version); /* ... and it makes its first calls */
void vm_destroy(struct domain *d);      /* the three steps of a death, with time for the second one   */
void vm_die(struct domain *d);
bool vm_gone(struct domain *d, s_time_t patience); /* has the mediator let go of it by then?          */
void vm_bury(struct domain *d);
bool vm_call(struct domain *d, struct cpu_user_regs *regs); /* on vCPU 0                              */

/* A call with up to seven arguments; the result stays in call_regs. Returns x0. */
extern struct cpu_user_regs call_regs;
uint64_t vm_do(struct domain *d, uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
void vm_version(struct domain *d, uint32_t version);

/* Set-up and teardown with one VM in *state: domain 1, with as many vCPUs as CPUs; it has called VERSION, no more */
int one_vm(void **state);
int one_vm_gone(void **state);

#define assert_ffa_ok() assert_int_equal(call_regs.x[0] & ~0x40000000ULL, 0x84000061U)
#define assert_ffa_error(code_)                                          \
    do {                                                                 \
        assert_int_equal(call_regs.x[0], 0x84000060U);                   \
        assert_true((int64_t)call_regs.x[2] == (code_));                 \
    } while ( 0 )

void sri(unsigned int cpu);             /* the interrupt and its tasklet */
void spmc_lists(uint64_t x2, uint64_t x3, uint64_t x4); /* the next INFO_GET answers this */

#endif /* TESTS_UNIT_WORLD_H */
