/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OP-TEE, known by its UUID: requests of one VM that would stop it for all of them (docs/real-stack.md).
 *
 * OP-TEE 4.10 asserts that nobody unregisters the handle that means "none", and where it is an SP below another SPMC, it panics
 * when it may not set the notification a VM told it to use. So these are refused here: UNREGISTER_SHM and RELEASE_PROTMEM of that
 * handle, ENABLE_ASYNC_NOTIF with a bit that the VM has not bound to it, UNBIND of a bit that it was told. How an OP-TEE that is
 * told to stop (by a message in memory) could be seen from here is not known, so such a bit stays bound as long as its VM lives;
 * not until OP-TEE has heard of the VM's death, see docs/real-stack.md.
 * Owns ctx->optee. Lock: none; ctx->optee.busy keeps a second caller out, who is told BUSY.
 */
#include <xen/init.h>

#include "ffa_private.h"

/* 486178e0-e7f8-11e3-bc5e-0002a5d5c51b */
#define OPTEE_UUID                      ((struct ffa_uuid){ .lo = 0xe311f8e7e0786148, .hi = 0x1bc5d5a502005ebc })

/* w4, w5 */
#define OPTEE_NO_HANDLE                 UINT64_MAX

int __read_mostly ffa_optee_sp = -1;

/* ffa_optee_init - is it among the partitions? Context: boot, CPU0, after ffa_splist_init(). */
void __init ffa_optee_init(void)
{
    DECLARE_BITMAP(listed, FFA_MAX_SP_ENTRIES);
    struct ffa_uuid uuid = OPTEE_UUID;
    unsigned int i;

    ffa_optee_sp = -1;
    if ( !ffa_ok(ffa_splist_find(&uuid, listed)) )
        return;

    i = find_first_bit(listed, FFA_MAX_SP_ENTRIES);
    if ( i < FFA_MAX_SP_ENTRIES )
        ffa_optee_sp = ffa_splist_index(ffa_splist_entry(i)->id);
}

static ffa_rc_t enable(struct ffa_ctx *ctx, uint32_t bit)
{
    uint64_t mask;
    ffa_rc_t rc;

    if ( bit >= 64 )
        return FFA_INVALID_PARAMETERS;

    if ( !ffa_optee_begin(ctx) )
        return FFA_BUSY;

    mask = (uint64_t)1 << bit;
    rc = ctx->optee.bound & mask ? FFA_OK : FFA_DENIED;
    if ( ffa_ok(rc) )
        ctx->optee.told |= mask;
    ffa_optee_end(ctx);

    return rc;
}

/*
 * ffa_optee_judge - may the direct request @in go to OP-TEE? @in: as the guest made it, not REQ2
 * Returns: OK; INVALID_PARAMETERS: no handle, no bit; DENIED: a bit that is not bound; BUSY: another vCPU is at it.
 * Context: trap of a vCPU of the VM, no lock held.
 */
ffa_rc_t ffa_optee_judge(struct ffa_ctx *ctx, const struct ffa_regs *in)
{
    switch ( (uint32_t)in->x[3] )
    {
    case OPTEE_UNREGISTER_SHM:
    case OPTEE_RELEASE_PROTMEM:
        return ((uint32_t)in->x[4] | (in->x[5] << 32)) == OPTEE_NO_HANDLE ? FFA_INVALID_PARAMETERS : FFA_OK;
    case OPTEE_ENABLE_ASYNC_NOTIF:
        return enable(ctx, in->x[4]);
    default:
        return FFA_OK;
    }
}

/*
 * ffa_optee_bits - BIND or UNBIND of @bits, of which OP-TEE is the sender
 * @in: the call, checked
 * Returns: what the SPMC says; DENIED: UNBIND of a bit that OP-TEE was told; BUSY: another vCPU is at it.
 * Context: trap of a vCPU of the VM, no lock held.
 */
ffa_rc_t ffa_optee_bits(struct ffa_ctx *ctx, const struct ffa_regs *in, uint64_t bits)
{
    bool unbind = in->x[0] == FFA_FID(NOTIF_UNBIND);
    ffa_rc_t rc;

    if ( !ffa_optee_begin(ctx) )
        return FFA_BUSY;

    rc = unbind && (ctx->optee.told & bits) ? FFA_DENIED : ffa_notif_forward(in);
    if ( ffa_ok(rc) )
        ffa_optee_note(ctx, unbind, in->x[2], bits);
    ffa_optee_end(ctx);

    return rc;
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
