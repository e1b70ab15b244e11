/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct requests of a VM: MSG_SEND_DIRECT_REQ (32, 64) and REQ2, to SPs; ffa_msg_vm.c takes those to VMs from here.
 *
 * Refuses: another sender than the caller, the framework bit (a forged "VM destroyed" would pass every SPMC we know),
 * receivers that are neither a VM nor an SP of the list, that the policy does not give to the VM, or that do not take direct
 * requests. Of those for OP-TEE, ffa_optee.c refuses what it would not survive.
 * What comes back is judged in ffa_run.c. Locks: none here, and none held over the SMC.
 * Spec: DEN0077A 1.2, chapter "Direct messages".
 */
#include <xen/softirq.h>

#include "ffa_private.h"

struct direct_args {
    uint32_t fid;
    uint16_t sender, receiver;
    bool reserved;                      /* something is set that must not be                                         */
    uint32_t property;                  /* the receiver must have it                                                 */
};

static struct direct_args decode(const struct ffa_regs *in)
{
    bool req2 = in->x[0] == FFA_FID(DIRECT_REQ2);

    return (struct direct_args){
        .fid = in->x[0],
        .sender = in->x[1] >> 16,
        .receiver = in->x[1],
        .reserved = (in->x[1] >> 32) || (!req2 && in->x[2]),
        .property = req2 ? FFA_PART_DIRECT2_RECV : FFA_PART_DIRECT_RECV,
    };
}

static ffa_rc_t validate(struct ffa_ctx *ctx, const struct direct_args *a, const struct ffa_regs *in)
{
    int sp;

    if ( a->reserved || a->sender != ctx->vm_id || a->receiver == ctx->vm_id || a->receiver == FFA_ID_HYP )
        return FFA_INVALID_PARAMETERS;

    if ( !(a->receiver & FFA_ID_SECURE) )
        return ffa_may(ctx, a->receiver, FFA_MAY_MESSAGE) ? FFA_OK : FFA_INVALID_PARAMETERS;

    /* The SPMC and the SPMD are not in the list. */
    sp = ffa_splist_index(a->receiver);
    if ( sp < 0 || !ffa_may_sp(ctx, sp, FFA_MAY_MESSAGE) )
        return FFA_INVALID_PARAMETERS;

    if ( !(ffa_splist_sp(sp)->properties & a->property) )
        return FFA_DENIED;

    /* The call may be there for VMs only. */
    if ( !ffa_spmc_has(ffa_call_lookup(a->fid)) )
        return FFA_NOT_SUPPORTED;

    return sp == ffa_optee_sp && a->property == FFA_PART_DIRECT_RECV ? ffa_optee_judge(ctx, in) : FFA_OK;
}

static ffa_rc_t act(struct ffa_ctx *ctx, const struct direct_args *a, const struct ffa_regs *in, struct ffa_regs *out)
{
    struct ffa_regs regs;
    struct ffa_call *call;

    if ( a->fid == FFA_FID(DIRECT_REQ2) )
        regs = *in;
    else
        ffa_regs_copy_short(&regs, in);

    for ( ; ; )
    {
        call = ffa_call_start(ctx, a->receiver, a->fid);
        if ( !call )
            return FFA_BUSY;

        if ( ffa_spmc_call_briefly(&regs, false) )
            break;

        /* Timers, the scheduler: they would wait for the SP. This vCPU may never come back, so it holds nothing. */
        ffa_call_cancel(ctx, call);
        do_softirq();
    }

    return ffa_call_finish(ctx, call, &regs, out);
}

/*
 * FFA_MSG_SEND_DIRECT_REQ: w1 = sender:receiver, w2 = 0, w3-w7 payload.
 * FFA_MSG_SEND_DIRECT_REQ2: x1 = sender:receiver, x2, x3 = UUID, x4-x17 payload.
 * Result: the response, INTERRUPT or YIELD.
 * INVALID_PARAMETERS: ids, w2; DENIED: the receiver takes none; BUSY: the receiver, or too many preempted requests of this VM.
 */
FFA_HANDLER(direct_req)
{
    struct direct_args a = decode(in);
    ffa_rc_t rc = validate(ctx, &a, in);

    if ( !ffa_ok(rc) )
        return rc;

    if ( !(a.receiver & FFA_ID_SECURE) )
        return ffa_vm_request(ctx, a.receiver, in, out);

    rc = act(ctx, &a, in, out);

    return ffa_is(rc, FFA_BUSY) && ffa_cycles_make_way(a.receiver) ? act(ctx, &a, in, out) : rc;
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
