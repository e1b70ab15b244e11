/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Setup and discovery: VERSION, FEATURES, ID_GET, SPM_ID_GET.
 *
 * Owns: the version of each VM and the answer to "may this VM use that call?", which FEATURES and the dispatcher share, so
 * that they cannot disagree. Refuses: everything newer than the VM's version, 64-bit IDs from AArch32, what the firmware
 * below cannot do. Lock: ctx->version_lock, for the step from "may renegotiate" to "frozen".   Spec: DEN0077A 1.2 ch. 13.
 */
#include <public/arch-arm.h>

#include "ffa_mem.h"

static bool direct_works(void)
{
    return ffa_spmc_has(FFA_NR_DIRECT_REQ_32) || ffa_spmc_has(FFA_NR_DIRECT_REQ_64);
}

/*
 * What ffa_call_offered() answers for @nr once the version is frozen.
 * RUN and the responses exist if requests do: O runs what it denies in FEATURES, and only what a request of this VM left
 * behind can be run.
 */
static bool call_exists(const struct ffa_ctx *ctx, enum ffa_call_nr nr)
{
    const struct ffa_call_desc *desc = &ffa_table[nr];

    if ( nr == FFA_NR_VERSION )
        return true;

    if ( desc->from != FFA_FROM_VM && desc->from != FFA_FROM_RET )
        return false;

    if ( desc->since > ctx->version )
        return false;

    /* Not known before the guest's kernel is loaded, so asked here and not kept. */
    if ( (desc->fid & FFA_CONV_64) && !is_64bit_domain(ctx->d) )
        return false;

    switch ( desc->needs )
    {
    case FFA_NEED_NONE:
        return true;

    case FFA_NEED_REQ:
        return ffa_spmc_has(nr) || ffa_may_vms(ctx, FFA_MAY_MESSAGE);

    case FFA_NEED_RUN:
        return direct_works() || ffa_may_vms(ctx, FFA_MAY_MESSAGE);

    case FFA_NEED_RESP:
        return direct_works() || ffa_may_vms(ctx, FFA_MAY_MESSAGE) || ctx->serve;

    case FFA_NEED_RESP2:
        return ffa_spmc_has(FFA_NR_DIRECT_REQ2) || ffa_may_vms(ctx, FFA_MAY_MESSAGE) || ctx->serve;

    case FFA_NEED_RECV:
        return ctx->serve;

    case FFA_NEED_NOTIF:
        return ctx->notif.bitmap || ffa_may_vms(ctx, FFA_MAY_NOTIFY) || ffa_may_vms(ctx, FFA_MAY_MESSAGE) || ffa_may_hyp(ctx);

    case FFA_NEED_SET:
        return (ctx->notif.bitmap && ffa_spmc_has(FFA_NR_NOTIF_SET)) || ffa_may_vms(ctx, FFA_MAY_NOTIFY) || ffa_may_hyp(ctx);

    case FFA_NEED_SEND2:
        return ffa_msg2_to_sps() || ffa_may_vms(ctx, FFA_MAY_MESSAGE);

    case FFA_NEED_SHARE:
        return ffa_mem_spmc_takes(FFA_MEM_SHARE) || ffa_may_vms(ctx, FFA_MAY_SHARE);

    case FFA_NEED_LEND:
        return ffa_mem_spmc_takes(FFA_MEM_LEND) || ffa_may_vms(ctx, FFA_MAY_SHARE);

    case FFA_NEED_DONATE:
        return ffa_mem_spmc_takes(FFA_MEM_DONATE) || ffa_may_vms(ctx, FFA_MAY_SHARE);

    case FFA_NEED_RECLAIM:
        return ffa_mem_spmc_takes(FFA_MEM_SHARE) || ffa_mem_spmc_takes(FFA_MEM_LEND) ||
               ffa_mem_spmc_takes(FFA_MEM_DONATE) || ffa_may_vms(ctx, FFA_MAY_SHARE);

    case FFA_NEED_RETRIEVE:
        return ffa_mem_spmc_lends() || ffa_may_vms(ctx, FFA_MAY_SHARE);
    }

    ASSERT_UNREACHABLE();
    return false;
}

/*
 * ffa_version_freeze - a call other than VERSION arrives: the version, and with it what the VM may call, is settled
 * Returns: false if there is none; the call must be refused, and negotiation stays open.
 * Context: call of the VM; its kernel is loaded, so its width is known.
 */
bool ffa_version_freeze(struct ffa_ctx *ctx)
{
    uint64_t offered = 0;
    unsigned int i;
    bool agreed;

    spin_lock(&ctx->version_lock);
    agreed = ctx->version;
    if ( agreed && !ctx->version_frozen )
    {
        for ( i = 0; i < FFA_NR_CALLS; i++ )
            if ( call_exists(ctx, i) )
                offered |= (uint64_t)1 << i;
        ctx->version_frozen = true;
        /* Who sees a call offered sees the version. */
        smp_wmb();
        ACCESS_ONCE(ctx->offered) = offered;
        ffa_vm_came(ctx);
        ffa_fast_offer(ctx, offered);
    }
    spin_unlock(&ctx->version_lock);

    return agreed;
}

static void encode_version(struct ffa_regs *out, int64_t x0)
{
    *out = (struct ffa_regs){ .x = { [0] = (uint64_t)x0 }, .nr = FFA_NR_REGS_SHORT };
}

/*
 * FFA_VERSION: w1 = wanted version. Result in w0 alone, never FFA_ERROR; NOT_SUPPORTED is all ones in 64 bits, since
 * Linux 6.12 looks at 64. A newer minor version gets ours, which it then must speak. Once frozen only the same is fine.
 */
FFA_HANDLER(version)
{
    uint32_t wanted = in->x[1], version;
    bool refuse;

    if ( (wanted & FFA_VERSION_MBZ) || FFA_VERSION_MAJOR(wanted) != FFA_VERSION_MAJOR(FFA_MY_VERSION) )
    {
        encode_version(out, FFA_NOT_SUPPORTED.code);
        return FFA_OK;
    }

    version = min(wanted, FFA_MY_VERSION);
    spin_lock(&ctx->version_lock);
    refuse = ctx->version_frozen && ctx->version != version;
    if ( !refuse )
        ctx->version = version;
    spin_unlock(&ctx->version_lock);

    encode_version(out, refuse ? FFA_NOT_SUPPORTED.code : (int64_t)FFA_MY_VERSION);
    return FFA_OK;
}

/* Properties of the call @nr, in w2 */
static uint32_t call_properties(uint32_t version, enum ffa_call_nr nr)
{
    switch ( nr )
    {
    /* [1:0] = 0: buffers of 4 KiB and aligned to it; [31:16], since 1.2: most pages of one buffer */
    case FFA_NR_RXTX_MAP_32:
    case FFA_NR_RXTX_MAP_64:
        return version >= FFA_VERSION_1_2 ? FFA_RXTX_MAX_PAGES << 16 : 0;

    /* Bit 0: the descriptor may be in a buffer of the caller's */
    case FFA_NR_MEM_DONATE_32:
    case FFA_NR_MEM_DONATE_64:
    case FFA_NR_MEM_LEND_32:
    case FFA_NR_MEM_LEND_64:
    case FFA_NR_MEM_SHARE_32:
    case FFA_NR_MEM_SHARE_64:
        return 1;

    /* ... and bit 1: the NS bit is in the response, since 1.1 */
    case FFA_NR_MEM_RETRIEVE_REQ_32:
    case FFA_NR_MEM_RETRIEVE_REQ_64:
        return version >= FFA_VERSION_1_1 ? 3 : 1;

    default:
        return 0;
    }
}

/*
 * FFA_FEATURES: w1 = function ID, or feature ID in [7:0]; properties of the query (w2) are SBZ for all we offer.
 * The SRI number is one of our virtual machine; the physical one is nobody's business. Only the domain that schedules SPs
 * ever gets it, so only that has it.
 */
FFA_HANDLER(features)
{
    uint32_t query = in->x[1], w2 = 0;

    if ( query & BIT(31, U) )
    {
        enum ffa_call_nr nr = ffa_call_lookup(query);

        if ( nr == FFA_NR_CALLS || !ffa_call_offered(ctx, nr) )
            return FFA_NOT_SUPPORTED;

        w2 = call_properties(ACCESS_ONCE(ctx->version), nr);
    }
    else
    {
        if ( !ffa_call_offered(ctx, FFA_NR_NOTIF_GET) )
            return FFA_NOT_SUPPORTED;

        switch ( query )
        {
        case FFA_FEATURE_NPI:
            w2 = GUEST_FFA_NOTIF_PEND_INTR_ID;
            break;

        case FFA_FEATURE_SRI:
            if ( !ctx->policy.scheduler )
                return FFA_NOT_SUPPORTED;
            w2 = GUEST_FFA_SCHEDULE_RECV_INTR_ID;
            break;

        default:
            return FFA_NOT_SUPPORTED;
        }
    }

    ffa_encode_success(out, w2, 0);
    return FFA_OK;
}

/* FFA_ID_GET: w2 = id of the caller */
FFA_HANDLER(id_get)
{
    ffa_encode_success(out, ctx->vm_id, 0);
    return FFA_OK;
}

/* FFA_SPM_ID_GET: w2 = id of the SPMC */
FFA_HANDLER(spm_id_get)
{
    ffa_encode_success(out, ffa_spmc_id(), 0);
    return FFA_OK;
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
