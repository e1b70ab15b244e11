/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications: the calls of a VM.
 *
 * Bits from SPs are the SPMC's, bits from VMs and the hypervisor are kept here (ffa_notif_vm.c), bits for the hypervisor go to
 * ffa_hyp.c; what may pend of those of a VM, and the NPIs, in ffa_notif_hint.c; INFO_GET is in ffa_notif_info.c.
 * docs/notifications.md has the protocol and why nothing is lost. Refuses other ids than the caller's, reserved flags, and
 * with the same error peers that do not exist and those the policy denies.
 * Lock: ctx->notif.lock, never over an SMC.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/nospec.h>

#include "ffa_private.h"

/* ---- GET ------------------------------------------------------------------------------------------------------- */

struct get_args {
    uint16_t receiver, vcpu;
    uint32_t flags;
};

static struct get_args decode_get(const struct ffa_regs *in)
{
    return (struct get_args){ .receiver = in->x[1], .vcpu = in->x[1] >> 16, .flags = in->x[2] };
}

static ffa_rc_t validate_get(const struct ffa_ctx *ctx, const struct get_args *a)
{
    if ( a->flags & ~(FFA_NOTIF_GET_SPMC | FFA_NOTIF_GET_OWN) )
        return FFA_INVALID_PARAMETERS;

    return a->receiver == ctx->vm_id && a->vcpu < ctx->d->max_vcpus ? FFA_OK : FFA_INVALID_PARAMETERS;
}

/*
 * ffa_notif_get_spmc - one GET at the SPMC
 * @flags: only those that are the SPMC's business; H refuses the others for a VM. @bits: its sets, zero on error.
 * A vCPU beyond those the SPMC knows goes as vCPU 0, for the bits that are everybody's.
 */
ffa_rc_t ffa_notif_get_spmc(const struct ffa_ctx *ctx, uint16_t vcpu, uint32_t flags, struct ffa_notif_bits *bits)
{
    uint32_t as = vcpu < ctx->notif.nr_vcpus ? vcpu : 0;
    struct ffa_regs res;
    ffa_rc_t rc = ffa_spmc_simple(FFA_FID(NOTIF_GET), (as << 16) | ctx->vm_id, flags, 0, 0, &res);

    if ( ffa_ok(rc) && (flags & FFA_NOTIF_GET_SP) )
        bits->sp = (uint32_t)res.x[2] | (res.x[3] << 32);
    if ( ffa_ok(rc) && (flags & FFA_NOTIF_GET_SPM) )
        bits->spm = res.x[6];

    return rc;
}

/* ffa_notif_others_wait - does a vCPU other than @vcpu have something to fetch? Without the lock: who sets a hint sends its NPI as well. */
bool ffa_notif_others_wait(const struct ffa_ctx *ctx, unsigned int vcpu)
{
    unsigned int i;

    for ( i = 0; i < ctx->d->max_vcpus; i++ )
        if ( i != vcpu && ACCESS_ONCE(ctx->notif.hint[i].any) )
            return true;

    return false;
}

static ffa_rc_t act_get(struct ffa_ctx *ctx, const struct get_args *a, struct ffa_notif_bits *bits)
{
    struct ffa_notif *notif = &ctx->notif;
    struct ffa_hint own_before = { .any = 0 }, any_before = { .any = 0 };
    uint32_t flags = a->flags & FFA_NOTIF_GET_SPMC;
    unsigned int any = ctx->d->max_vcpus;
    bool hinted = ACCESS_ONCE(notif->hint[a->vcpu].any) | ACCESS_ONCE(notif->hint[any].any);
    ffa_rc_t rc = FFA_OK;

    /*
     * Clear, then ask: see docs/notifications.md. The SPMC gives what is global and what is this vCPU's. A hint that is
     * not set needs no clearing, so no lock: one that is set at this moment stays, with its NPI, for another GET.
     */
    if ( hinted )
    {
        spin_lock(&notif->lock);
        own_before = ffa_notif_hint_clear(ctx, a->vcpu, flags);
        any_before = ffa_notif_hint_clear(ctx, any, flags);
        spin_unlock(&notif->lock);
    }

    if ( flags && likely(notif->bitmap) )
        rc = ffa_notif_get_spmc(ctx, a->vcpu, flags, bits);
    if ( likely(ffa_ok(rc)) && !(hinted && (a->flags & FFA_NOTIF_GET_OWN)) && !ffa_notif_others_wait(ctx, a->vcpu) )
        return rc;

    spin_lock(&notif->lock);
    if ( !ffa_ok(rc) )
    {
        ffa_notif_hint_restore(ctx, a->vcpu, &own_before);
        ffa_notif_hint_restore(ctx, any, &any_before);
    }
    else
    {
        /* What is kept here goes only with what the SPMC gave: after an error the guest knows nothing of it. */
        ffa_notif_own_get(ctx, a->vcpu, a->flags, bits);
        ffa_notif_hint_others(ctx, a->vcpu);
    }
    spin_unlock(&notif->lock);

    return rc;
}

/*
 * FFA_NOTIFICATION_GET: w1 = vCPU:receiver, w2 = which sets. w2-w7 = bits: SPs, VMs, framework (SPMC, hypervisor).
 * INVALID_PARAMETERS: not the caller's id, no such vCPU, reserved flags; else what the SPMC says, with nothing forgotten.
 */
FFA_HANDLER(notif_get)
{
    struct get_args a = decode_get(in);
    ffa_rc_t rc = validate_get(ctx, &a);
    struct ffa_notif_bits bits = { .sp = 0 };

    if ( !ffa_ok(rc) )
        return rc;

    a.vcpu = array_index_nospec(a.vcpu, ctx->d->max_vcpus);
    rc = act_get(ctx, &a, &bits);
    if ( !ffa_ok(rc) )
    {
        FFA_COUNT(ctx, get_error);
        return rc;
    }

    if ( bits.sp )
        atomic_add(hweight64(bits.sp), &ctx->count.bits);
    ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DELIVERED, bits.sp);
    ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DELIVERED, bits.spm);
    TRACE_TIME(TRC_FFA_GET, (a.vcpu << 16) | ctx->vm_id, bits.sp, bits.sp >> 32, bits.vm, bits.vm >> 32);
    ffa_trace("get d%uv%u sp 0x%016"PRIx64" vm 0x%016"PRIx64"\n", ctx->d->domain_id, a.vcpu, bits.sp, bits.vm);

    ffa_encode_success(out, (uint32_t)bits.sp, bits.sp >> 32);
    out->x[4] = (uint32_t)bits.vm;
    out->x[5] = bits.vm >> 32;
    out->x[6] = bits.spm;
    out->x[7] = bits.hyp;
    return FFA_OK;
}

/* ---- BIND, UNBIND, SET ----------------------------------------------------------------------------------------- */

struct bits_args {
    uint16_t sender, receiver;
    uint32_t flags;
    uint64_t bits;                      /* low word in w3, high word in w4                                           */
};

static struct bits_args decode_bits(const struct ffa_regs *in)
{
    return (struct bits_args){
        .sender = in->x[1] >> 16, .receiver = in->x[1], .flags = in->x[2], .bits = in->x[3] | (in->x[4] << 32),
    };
}

/*
 * @other is the endpoint that is not the caller: an SP with the index @sp, or @sp is -1 and it is the hypervisor or a VM, which
 * may not exist.
 * INVALID_PARAMETERS: no bits, nobody, or nobody the policy lets the caller ring.
 */
static ffa_rc_t validate_bits(const struct ffa_ctx *ctx, const struct bits_args *a, uint16_t other, int *sp)
{
    *sp = -1;
    if ( !a->bits )
        return FFA_INVALID_PARAMETERS;

    if ( other == FFA_ID_HYP )
        return ffa_may_hyp(ctx) ? FFA_OK : FFA_INVALID_PARAMETERS;

    if ( !(other & FFA_ID_SECURE) )
        return ffa_may(ctx, other, FFA_MAY_NOTIFY) ? FFA_OK : FFA_INVALID_PARAMETERS;

    *sp = ffa_splist_index(other);

    return *sp < 0 || !ffa_may_sp(ctx, *sp, FFA_MAY_NOTIFY) ? FFA_INVALID_PARAMETERS : FFA_OK;
}

/* ffa_notif_forward - BIND, UNBIND or SET that is checked, to the SPMC; returns what that says */
ffa_rc_t ffa_notif_forward(const struct ffa_regs *in)
{
    return ffa_spmc_simple(in->x[0], in->x[1], in->x[2], in->x[3], in->x[4], NULL);
}

/* A VM, or the hypervisor, as sender */
static ffa_rc_t bind_vm(struct ffa_ctx *ctx, const struct bits_args *a)
{
    struct ffa_ctx *from;
    ffa_rc_t rc;

    if ( a->sender == FFA_ID_HYP )
        return ffa_notif_own_bind(ctx, NULL, a->bits, a->flags & FFA_NOTIF_PER_VCPU);

    from = ffa_vm_lock(a->sender);
    if ( !from )
        return FFA_INVALID_PARAMETERS;

    rc = ffa_notif_own_bind(ctx, from, a->bits, a->flags & FFA_NOTIF_PER_VCPU);
    ffa_vm_unlock(from);

    return rc;
}

/* ffa_notif_note_new - some of @bits are not in ctx->notif.bound. Context: trap of a vCPU of the VM, no lock held. */
void ffa_notif_note_new(struct ffa_ctx *ctx, unsigned int sp, uint64_t bits)
{
    spin_lock(&ctx->notif.lock);
    ctx->notif.bound[sp] |= bits;
    spin_unlock(&ctx->notif.lock);
}

/*
 * The SPMC knows what is bound. ctx->notif.bound is kept for the day the VM dies: set before the call and never cleared. A bit
 * too many costs an SMC on that day, one too few would leave the bitmap undestroyed.
 */
static ffa_rc_t bind_sp(struct ffa_ctx *ctx, const struct bits_args *a, int sp, const struct ffa_regs *in)
{
    if ( unlikely(!ctx->notif.bitmap) )
        return FFA_NOT_SUPPORTED;

    ffa_notif_note_bound(ctx, sp, a->bits);

    return sp == ffa_optee_sp ? ffa_optee_bits(ctx, in, a->bits) : ffa_notif_forward(in);
}

/*
 * FFA_NOTIFICATION_BIND: w1 = sender:receiver, w2 bit 0 = per-vCPU, w3, w4 = bits lo, hi.
 * INVALID_PARAMETERS: flags, ids, no bits, no such sender; DENIED: a bit is bound or pending; SPs: what the SPMC says.
 */
FFA_HANDLER(notif_bind)
{
    struct bits_args a = decode_bits(in);
    int sp;
    ffa_rc_t rc;

    if ( (a.flags & ~FFA_NOTIF_PER_VCPU) || a.receiver != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, &a, a.sender, &sp);
    if ( ffa_ok(rc) )
        rc = sp < 0 ? bind_vm(ctx, &a) : bind_sp(ctx, &a, sp, in);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

static ffa_rc_t unbind_sp(struct ffa_ctx *ctx, const struct bits_args *a, int sp, const struct ffa_regs *in)
{
    if ( unlikely(!ctx->notif.bitmap) )
        return FFA_NOT_SUPPORTED;

    return sp == ffa_optee_sp ? ffa_optee_bits(ctx, in, a->bits) : ffa_notif_forward(in);
}

/*
 * FFA_NOTIFICATION_UNBIND: w1 = sender:receiver, w2 MBZ, w3, w4 = bits lo, hi.
 * INVALID_PARAMETERS: w2, ids, no bits; DENIED: a bit is not bound to the sender, or pending; SPs: what the SPMC says.
 */
FFA_HANDLER(notif_unbind)
{
    struct bits_args a = decode_bits(in);
    int sp;
    ffa_rc_t rc;

    if ( a.flags || a.receiver != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, &a, a.sender, &sp);
    if ( ffa_ok(rc) )
        rc = sp < 0 ? ffa_notif_own_unbind(ctx, a.sender, a.bits) : unbind_sp(ctx, &a, sp, in);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/* A VM as receiver */
static ffa_rc_t set_vm(const struct ffa_ctx *ctx, const struct bits_args *a)
{
    struct ffa_ctx *to = ffa_vm_lock(a->receiver);
    ffa_rc_t rc;

    if ( !to )
        return FFA_INVALID_PARAMETERS;

    rc = ffa_notif_own_set(to, ctx->vm_id, a->flags, a->bits);
    ffa_vm_unlock(to);

    return rc;
}

static ffa_rc_t act_set(struct ffa_ctx *ctx, const struct bits_args *a, const struct ffa_regs *in)
{
    int sp;
    ffa_rc_t rc;

    if ( (a->flags & 0xffffU & ~FFA_NOTIF_PER_VCPU) || (!(a->flags & FFA_NOTIF_PER_VCPU) && (a->flags >> 16)) ||
         a->sender != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, a, a->receiver, &sp);
    if ( !ffa_ok(rc) )
        return rc;

    if ( a->receiver == FFA_ID_HYP )
        return ffa_hyp_rung(ctx, a->flags, a->bits);

    if ( sp < 0 )
        return set_vm(ctx, a);

    if ( unlikely(!ctx->notif.bitmap || !ffa_spmc_has(FFA_NR_NOTIF_SET)) )
        return FFA_NOT_SUPPORTED;

    return ffa_notif_forward(in);
}

/*
 * FFA_NOTIFICATION_SET: w1 = sender:receiver, w2 = vCPU id [31:16], per-vCPU [0], w3, w4 = bits lo, hi. The flag that delays
 * the SRI is for secure senders.
 * INVALID_PARAMETERS: flags, ids, no bits, no such receiver or vCPU of it, not bound that way; DENIED: a bit is not bound to
 * the caller; SPs: what the SPMC says.
 */
FFA_HANDLER(notif_set)
{
    struct bits_args a = decode_bits(in);
    ffa_rc_t rc = act_set(ctx, &a, in);

    ffa_book(ctx, FFA_WAY_OUT, ffa_ok(rc) ? FFA_FATE_SET : FFA_FATE_REFUSED, a.bits);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

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
