/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory transactions towards the SPMC: a descriptor of physical ranges, in as many fragments as it takes.
 *
 * Owns nothing. Trusts no answer: one that makes no sense says that the memory may be in the secure world's hands.
 * Lock: tx_lock of ffa_spmc.c, per fragment: between those of a large share other VMs get their turn.
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

/* One fragment: our TX is taken for this SMC only. Returns the bytes it had. */
static uint32_t send_fragment(enum ffa_mem_kind kind, const struct ffa_mem_out *m, uint32_t offset, uint64_t handle,
                              struct ffa_regs *regs)
{
    uint32_t total = ffa_mem_emit_size(m), bytes;
    void *tx = ffa_spmc_tx_acquire();

    bytes = ffa_mem_emit(tx, FFA_PAGE_SIZE, m, offset);
    if ( offset )
        ffa_regs_set(regs, FFA_FID(MEM_FRAG_TX), (uint32_t)handle, handle >> 32, bytes, (uint32_t)m->sender << 16);
    else
        ffa_regs_set(regs, ffa_spmc_has(calls[kind].nr64) ? calls[kind].fid64 : calls[kind].fid32, total, bytes, 0, 0);
    ffa_spmc_call(regs);
    ffa_spmc_tx_release();

    return bytes;
}

/*
 * ffa_mem_spmc_send - all of @m; each fragment moves on by at least one range
 * @ctx: whose memory it is, for the statistics
 * Returns: OK with @handle; the SPMC's error; ABORTED with @lost if it said something else. NO_MEMORY: too many ranges for
 * an SPMC without fragments.   Context: no lock held.
 */
ffa_rc_t ffa_mem_spmc_send(struct ffa_ctx *ctx, enum ffa_mem_kind kind, const struct ffa_mem_out *m, uint64_t *handle,
                           bool *lost)
{
    uint32_t total = ffa_mem_emit_size(m), offset = 0;
    struct ffa_regs regs;

    *handle = 0;
    *lost = false;

    /* Started and never ended, a transfer would keep its slot at the SPMC for good. */
    if ( total > FFA_PAGE_SIZE && !ffa_spmc_has(FFA_NR_MEM_FRAG_TX) )
        return FFA_NO_MEMORY;

    for ( ; ; )
    {
        uint64_t before = *handle;
        bool first = !offset;

        offset += send_fragment(kind, m, offset, before, &regs);
        FFA_COUNT_CALL(ctx, share_frags);

        if ( regs.x[0] == FFA_FID(ERROR) || regs.x[0] == UINT32_MAX )
            return ffa_spmc_status(&regs);

        if ( regs.x[0] == FFA_FID(SUCCESS_32) || regs.x[0] == FFA_FID(SUCCESS_64) )
        {
            *handle = ffa_mem_handle(&regs, 2);
            *lost = offset != total || (!first && *handle != before);
            return *lost ? FFA_ABORTED : FFA_OK;
        }

        /* "Go on": with the handle, how far we are, and the VM's id, which some leave out. */
        *handle = ffa_mem_handle(&regs, 1);
        if ( regs.x[0] != FFA_FID(MEM_FRAG_RX) || offset == total || (!first && *handle != before) ||
             (uint32_t)regs.x[3] != offset ||
             ((uint32_t)regs.x[4] && (uint32_t)regs.x[4] != (uint32_t)m->sender << 16) )
        {
            *lost = true;
            return FFA_ABORTED;
        }

        /* There may be 129 of them. No other vCPU yet: ours might not come back, and the SPMC would have half of it. */
        process_pending_softirqs();
    }
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
