/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted, per VM and in total, and how. Part of ffa_private.h; ffa_debug.c prints it. */
#ifndef __TEE_FFA_COUNTERS_H__
#define __TEE_FFA_COUNTERS_H__

/* Every outcome that is counted, per VM and in total. X(field, text) */
#define FFA_COUNTERS(X)                                                                                                \
    X(preempted,        "direct requests that came back preempted or yielding")                                        \
    X(run,              "FFA_RUN of such requests")                                                                    \
    X(served,           "direct requests of other VMs delivered to the VM")                                              \
    X(bad_response,     "answers of the SPMC turned into ABORTED")                                                     \
    X(sri,              "schedule receiver interrupts")                                                                \
    X(info_get,         "INFO_GET calls to the SPMC")                                                                  \
    X(info_nodata,      "INFO_GET: nothing (new) pending")                                                             \
    X(info_error,       "INFO_GET: error or unknown answer")                                                           \
    X(info_malformed,   "INFO_GET: answer contradicts itself, all VMs told")                                           \
    X(info_again,       "INFO_GET: tried again after an error")                                                        \
    X(info_bound,       "INFO_GET: bound reached, continued later")                                                    \
    X(info_deferred,    "INFO_GET: waited for a VM destroyed message")                                                 \
    X(lists,            "lists walked")                                                                                \
    X(drop_sp,          "lists dropped: names an SP that is not there")                                                \
    X(drop_hyp,         "lists dropped: names the hypervisor, which receives none")                                    \
    X(drop_unknown,     "lists dropped: no such VM")                                                                   \
    X(drop_no_ffa,      "lists dropped: VM without notifications")                                                     \
    X(drop_dying,       "lists dropped: VM is dying")                                                                  \
    X(drop_vcpu,        "vCPU ids dropped: VM has no such vCPU")                                                       \
    X(npi,              "NPI injected")                                                                                \
    X(npi_merged,       "NPI not injected: one is outstanding for the same target")                                    \
    X(npi_rescued,      "NPI injected late, by the timer")                                                             \
    X(npi_repeated,     "NPI injected again: nobody came to fetch")                                                    \
    X(npi_other,        "NPI injected again: another vCPU was fetching")                                               \
    X(npi_deferred,     "NPI kept back: no vCPU online")                                                               \
    X(turns,            "turns of SPs that have notifications")                                                        \
    X(turn_cut,         "... interrupted or yielding, gone on with later")                                             \
    X(turn_refused,     "... refused by the SPMC, dropped")                                                            \
    X(turn_budget,      "SPs that used up their cycles of a period")                                                   \
    X(sri_sent,         "virtual SRIs injected")                                                                       \
    X(hyp_lists,        "lists that name the hypervisor")                                                              \
    X(hyp_get_error,    "... whose NOTIFICATION_GET was refused")                                                      \
    X(get_error,        "NOTIFICATION_GET refused by the SPMC")                                                        \
    X(bits,             "notifications of SPs delivered to the VM")                                                    \
    X(unknown,          "calls with an id that no VM may use")                                                         \
    X(drained,          "notifications discarded because the VM died")                                                 \
    X(messages,         "indirect messages delivered to the VM")                                                       \
    X(share,            "memory shares made")                                                                          \
    X(share_pages,      "pages in them")                                                                               \
    X(share_ranges,     "physical ranges in them")                                                                     \
    X(share_frags,      "fragments sent to the SPMC for them")                                                         \
    X(share_limit,      "memory shares refused: a limit of the VM")                                                    \
    X(reclaim,          "memory shares reclaimed")                                                                     \
    X(reclaim_refused,  "MEM_RECLAIM refused by the SPMC, the share stays")                                            \
    X(share_lost,       "memory shares lost: the SPMC may use the pages for ever")                                     \
    X(given,            "pages donated that SPs own")                                                                  \
    X(retrieve,         "memory of others retrieved")                                                                  \
    X(relinquish,       "and relinquished")                                                                            \
    X(loan_bad,         "memory of SPs not taken: the SPMC's answer makes no sense")                                   \
    X(loan_kept,        "MEM_RELINQUISH refused by the SPMC")

/*
 * Calls are counted by kind and outcome (ctx->done, ctx->refused), for the VM only: one atomic operation each.
 * ffa_debug_fold() adds them to the total when the VM is gone, and the debug key adds those of the living; likewise for
 * these counters.
 */
#define FFA_CALL_COUNTERS(X)            X(bits) X(unknown) X(npi) X(npi_merged)                                        \
    X(share) X(share_pages) X(share_ranges) X(share_frags) X(reclaim)

struct ffa_counters {
#define FFA_COUNTER_FIELD(field, text) atomic_t field;
    FFA_COUNTERS(FFA_COUNTER_FIELD)
#undef FFA_COUNTER_FIELD
};

extern struct ffa_counters ffa_total;

#define FFA_COUNT_TOTAL(field)          atomic_inc(&ffa_total.field)
#define FFA_COUNT_ADD(ctx, field, n)                                                                                   \
    do {                                                                                                               \
        atomic_add(n, &(ctx)->count.field);                                                                            \
        atomic_add(n, &ffa_total.field);                                                                               \
    } while ( 0 )
#define FFA_COUNT(ctx, field)           FFA_COUNT_ADD(ctx, field, 1)
#define FFA_COUNT_CALL_ADD(ctx, field, n) atomic_add(n, &(ctx)->count.field)
#define FFA_COUNT_CALL(ctx, field)      FFA_COUNT_CALL_ADD(ctx, field, 1)
/* What is only ever counted under the lock of its chapter; read without it, too */
#define FFA_COUNT_LOCKED(ctx, field)    atomic_set(&(ctx)->count.field, atomic_read(&(ctx)->count.field) + 1)

#endif /* __TEE_FFA_COUNTERS_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
