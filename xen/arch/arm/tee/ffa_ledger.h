/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger of notifications: what ffa_private.h has of it in the context of a VM, and what ffa_ledger.c offers.
 */
#ifndef __TEE_FFA_LEDGER_H__
#define __TEE_FFA_LEDGER_H__

#include <xen/types.h>

#include <asm/atomic.h>

struct ffa_ctx;

/* Where notifications of a VM come from or go to, and what became of them (ffa_ledger.c); sysctl.h has these numbers, too. */
enum ffa_way {
    FFA_WAY_SPS,                        /* from SPs, kept by the SPMC: SET, MERGED are not known here                */
    FFA_WAY_VMS,                        /* from VMs                                                                  */
    FFA_WAY_FRAMEWORK,                  /* bits 0-31 from the SPMC, as those from SPs; 32-63 the hypervisor's         */
    FFA_WAY_OUT,                        /* what this VM sets for others: SET (also if it merges there), REFUSED      */
    FFA_NR_WAYS
};

enum ffa_fate {
    FFA_FATE_SET,                       /* accepted, became pending. What is not DELIVERED or DROPPED still is        */
    FFA_FATE_MERGED,                    /* accepted, was pending already                                             */
    FFA_FATE_REFUSED,                   /* the call that was to set it failed                                        */
    FFA_FATE_DELIVERED,                 /* fetched by the receiver                                                   */
    FFA_FATE_DROPPED,                   /* the receiver died                                                         */
    FFA_NR_FATES
};

#define FFA_LEDGER_BITS                 64U
struct ffa_ledger {
    atomic_t n[FFA_NR_WAYS][FFA_NR_FATES][FFA_LEDGER_BITS];
};

#define FFA_LEDGER_ALL                  FFA_LEDGER_BITS /* "bit" that means all of them                             */

int ffa_ledger_init(struct ffa_ctx *ctx);
void ffa_ledger_free(struct ffa_ctx *ctx);
void ffa_hyp_book(enum ffa_way way, enum ffa_fate fate, uint64_t bits);
void ffa_ledger_report(const struct ffa_ctx *ctx);
void ffa_ledger_book(struct ffa_ctx *ctx, enum ffa_way way, enum ffa_fate fate, uint64_t bits);
void ffa_ledger_dump(const struct ffa_ctx *ctx);
void ffa_ledger_close(const struct ffa_ctx *ctx);

/*
 * ffa_book - write in the ledger of a VM what became of @bits
 * @ctx: the receiver; for FFA_WAY_OUT the sender. Every SET has one entry there: SET or REFUSED; a notification of the
 * hypervisor or from VM to VM has one with the receiver, too, SET or MERGED, and, when it is pending no more, DELIVERED or DROPPED.
 * Context: any; no lock.
 */
static inline void ffa_book(struct ffa_ctx *ctx, enum ffa_way way, enum ffa_fate fate, uint64_t bits)
{
    if ( bits )
        ffa_ledger_book(ctx, way, fate, bits);
}

#endif /* __TEE_FFA_LEDGER_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
