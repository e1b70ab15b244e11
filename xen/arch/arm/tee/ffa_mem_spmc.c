/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory transactions towards the SPMC: a descriptor of physical ranges, in as many fragments as it takes; RECLAIM.
 *
 * Owns the doubtful shares: those whose handle the SPMC may give out again without a word, since an SP may have retrieved the
 * donation, or since the VM is dead. RECLAIM says a handle and no sender, so of an old handle it would take back what another VM
 * has got it for. Hence who gets a handle looks for the one that had it, and the old one is never asked for again.
 * Trusts no answer: one that makes no sense says that the memory may be in the secure world's hands.
 * Lock: tx_lock of ffa_spmc.c, per fragment: between those of a large share other VMs get their turn. RECLAIM of what is doubtful
 * has it, too, since a handle must not find another share between our look and the SPMC's.
 * Spec: DEN0077A 1.2, chapter "Memory management", fragments.
 */
#include "ffa_mem.h"

/* The calls of each kind, 32 and 64 bits: either width will do, since descriptors in our TX need no 64-bit address. */
static const struct {
    enum ffa_call_nr nr32, nr64;
    uint32_t fid32, fid64;
} calls[] = {
    [FFA_MEM_SHARE] = { FFA_NR_MEM_SHARE_32, FFA_NR_MEM_SHARE_64, FFA_FID(MEM_SHARE_32), FFA_FID(MEM_SHARE_64) },
    [FFA_MEM_LEND] = { FFA_NR_MEM_LEND_32, FFA_NR_MEM_LEND_64, FFA_FID(MEM_LEND_32), FFA_FID(MEM_LEND_64) },
    [FFA_MEM_DONATE] = { FFA_NR_MEM_DONATE_32, FFA_NR_MEM_DONATE_64, FFA_FID(MEM_DONATE_32), FFA_FID(MEM_DONATE_64) },
};

/* ffa_mem_spmc_takes - can SPs get memory of this kind, and can we have it back? */
bool ffa_mem_spmc_takes(enum ffa_mem_kind kind)
{
    return (ffa_spmc_has(calls[kind].nr32) || ffa_spmc_has(calls[kind].nr64)) && ffa_spmc_has(FFA_NR_MEM_RECLAIM);
}

/* Doubtful shares of all VMs by handle, chained; how many. tx_lock. */
static struct ffa_share *doubtful[1U << 6];
static unsigned int nr_doubtful;

/* Handles are counters, slots with a number for the life of the slot, or pointers: each bit counts. */
static struct ffa_share **bucket(uint64_t handle)
{
    return &doubtful[handle * 0x9e3779b97f4a7c15UL >> (64 - 6)];
}

/*
 * ffa_mem_spmc_doubt - the SPMC may give the handle of @share out without a word: of a donation that an SP has retrieved; of a dead VM's
 * share, when it hears of the death. Undone by ffa_mem_spmc_forget(), or a RECLAIM that succeeds.   Context: tx_lock.
 */
void ffa_mem_spmc_doubt(struct ffa_share *share)
{
    struct ffa_share **first = bucket(share->handle);

    if ( share->doubtful || share->overtaken )
        return;
    share->doubtful = true;
    share->next_doubtful = *first;
    *first = share;
    nr_doubtful++;
}

/* tx_lock */
static void be_sure(struct ffa_share *share)
{
    struct ffa_share **at = bucket(share->handle);

    if ( !share->doubtful )
        return;
    while ( *at != share )
        at = &(*at)->next_doubtful;
    *at = share->next_doubtful;
    share->doubtful = false;
    nr_doubtful--;
}

/* The SPMC gives @handle to a new share: it is not that of an old one any more. tx_lock. */
static void handle_given_out(uint64_t handle)
{
    struct ffa_share *share, *next;

    for ( share = *bucket(handle); share; share = next )
    {
        next = share->next_doubtful;
        if ( share->handle == handle )
        {
            be_sure(share);
            ACCESS_ONCE(share->overtaken) = true;
        }
    }
}

/* Says to the SPMC what of @m begins at byte @offset; returns how many bytes that was. tx_lock, our TX is @tx. */
static uint32_t send_fragment(enum ffa_mem_kind kind, const struct ffa_mem_out *m, uint32_t offset, uint64_t handle,
                              void *tx, struct ffa_regs *regs)
{
    uint32_t total = ffa_mem_emit_size(m), bytes = ffa_mem_emit(tx, FFA_PAGE_SIZE, m, offset);

    if ( offset )
        ffa_regs_set(regs, FFA_FID(MEM_FRAG_TX), (uint32_t)handle, handle >> 32, bytes, (uint32_t)m->sender << 16);
    else
        ffa_regs_set(regs, ffa_spmc_has(calls[kind].nr64) ? calls[kind].fid64 : calls[kind].fid32, total, bytes, 0, 0);
    ffa_spmc_call(regs);

    return bytes;
}

enum outcome { FAILED, DONE, MORE, SENSELESS };

/*
 * The answer to the fragment that ends at byte @have of @total; @handle: so far, and then. What it says of handles is known
 * before another vCPU can ask for one of them: tx_lock.
 */
static enum outcome outcome(struct ffa_share *share, const struct ffa_regs *res, uint16_t sender, uint32_t have, uint32_t total,
                            bool first, uint64_t *handle)
{
    uint64_t before = *handle;

    if ( likely(res->x[0] == FFA_FID(SUCCESS_32) || res->x[0] == FFA_FID(SUCCESS_64)) )
    {
        *handle = ffa_mem_handle(res, 2);
        if ( unlikely(nr_doubtful) )
            handle_given_out(*handle);
        if ( unlikely(share->deal.kind == FFA_MEM_DONATE) )
        {
            share->handle = *handle;
            ffa_mem_spmc_doubt(share);
        }
        return have == total && (first || *handle == before) ? DONE : SENSELESS;
    }

    if ( res->x[0] == FFA_FID(ERROR) || res->x[0] == UINT32_MAX )
        return FAILED;

    if ( res->x[0] != FFA_FID(MEM_FRAG_RX) )
        return SENSELESS;

    /* "Go on": with the handle, how far we are, and the VM's id, which some leave out. */
    *handle = ffa_mem_handle(res, 1);
    if ( unlikely(nr_doubtful) )
        handle_given_out(*handle);

    return have != total && (first || *handle == before) && (uint32_t)res->x[3] == have &&
           (!(uint32_t)res->x[4] || (uint32_t)res->x[4] == (uint32_t)sender << 16) ? MORE : SENSELESS;
}

/*
 * ffa_mem_spmc_send - all of @m; each fragment moves on by at least one range
 * @ctx: whose memory it is, for the statistics   @share: FILLING; of a donation it gets the handle
 * Returns: OK with @handle: undone by ffa_mem_spmc_reclaim(), of a donation or a dead VM's by ffa_mem_spmc_reclaim_doubtful(); the
 * SPMC's error; ABORTED with @lost if it said something else. NO_MEMORY: too many ranges for an SPMC without
 * fragments.   Context: no lock held.
 */
ffa_rc_t ffa_mem_spmc_send(struct ffa_ctx *ctx, struct ffa_share *share, const struct ffa_mem_out *m, uint64_t *handle,
                           bool *lost)
{
    uint32_t total = ffa_mem_emit_size(m), offset = 0;
    struct ffa_regs regs;
    enum outcome now;

    *handle = 0;
    *lost = false;

    /* Started and never ended, a transfer would keep its slot at the SPMC for good. */
    if ( total > FFA_PAGE_SIZE && !ffa_spmc_has(FFA_NR_MEM_FRAG_TX) )
        return FFA_NO_MEMORY;

    for ( ; ; )
    {
        bool first = !offset;

        offset += send_fragment(share->deal.kind, m, offset, *handle, ffa_spmc_tx_acquire(), &regs);
        now = outcome(share, &regs, m->sender, offset, total, first, handle);
        ffa_spmc_tx_release();
        FFA_COUNT_CALL(ctx, share_frags);
        if ( now != MORE )
            break;

        /* There may be 129 of them. No other vCPU yet: ours might not come back, and the SPMC would have half of it. */
        process_pending_softirqs();
    }

    *lost = now == SENSELESS;

    return now == DONE ? FFA_OK : now == FAILED ? ffa_spmc_status(&regs) : FFA_ABORTED;
}

/*
 * ffa_mem_spmc_reclaim_doubtful - MEM_RECLAIM of a donation, or of what a dead VM has sent
 * Returns: INVALID_PARAMETERS, too, if the SPMC has given the handle to another share (->overtaken); else what it says. After an
 * error that is the end of it: ffa_mem_spmc_forget().   Context: no lock held.
 */
ffa_rc_t ffa_mem_spmc_reclaim_doubtful(struct ffa_share *share)
{
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;

    ffa_spmc_tx_acquire();
    if ( !share->overtaken )
    {
        rc = ffa_mem_spmc_reclaim(share->handle);
        if ( ffa_ok(rc) )
            be_sure(share);
        else if ( ffa_is(rc, FFA_INVALID_PARAMETERS) )
            ffa_mem_spmc_doubt(share);
    }
    ffa_spmc_tx_release();

    return rc;
}

/* ffa_mem_spmc_forget - @share is never asked for again: whoever gets its handle need not look for it. No lock held. */
void ffa_mem_spmc_forget(struct ffa_share *share)
{
    ffa_spmc_tx_acquire();
    be_sure(share);
    ffa_spmc_tx_release();
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
