/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications that are kept here: from VMs and from the hypervisor, for a VM.
 *
 * Owns ctx->notif.own. The rules are those of the SPMC for its bits: a bit has no sender or one, is for any vCPU or for one
 * that the sender names, is pending or not; one bad bit fails the call and changes nothing; what is pending stays until GET,
 * also when its sender dies, which takes the binding along. So a binding never outlives its VM, and the next one with that
 * id begins with none. Whatever is pending here has its hint set, and a hint of these sets says that something is pending.
 * Lock: ctx->notif.lock of the receiver; never that of two VMs.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/nospec.h>
#include <xen/rcupdate.h>

#include "ffa_private.h"

/* All that is pending, for whatever vCPU */
static uint64_t all_pending(const struct ffa_ctx *ctx)
{
    uint64_t all = ctx->notif.own.pending;
    unsigned int i;

    for ( i = 0; i < ctx->d->max_vcpus; i++ )
        all |= ctx->notif.own.vpending[i];

    return all;
}

/* Those of @bits that are bound to @sender */
static uint64_t bound_to(const struct ffa_own_notif *own, uint16_t sender, uint64_t bits)
{
    unsigned int i;

    bits &= own->bound;
    for ( i = 0; i < 64; i++ )
        if ( ((bits >> i) & 1) && own->sender[i] != sender )
            bits &= ~((uint64_t)1 << i);

    return bits;
}

/*
 * ffa_notif_own_bind - @sender, a VM or the hypervisor, may ring @bits of @ctx
 * @from: its context; NULL: the hypervisor. A VM that is dying gets nothing: it takes its bindings along under our lock.
 * DENIED: one of them is bound or pending. INVALID_PARAMETERS: the sender is gone.
 */
ffa_rc_t ffa_notif_own_bind(struct ffa_ctx *ctx, const struct ffa_ctx *from, uint64_t bits, bool per_vcpu)
{
    struct ffa_own_notif *own = &ctx->notif.own;
    unsigned int i;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&ctx->notif.lock);
    if ( from && ACCESS_ONCE(from->notif.dying) )
        rc = FFA_INVALID_PARAMETERS;
    else if ( (own->bound | all_pending(ctx)) & bits )
        rc = FFA_DENIED;
    else
    {
        for ( i = 0; i < 64; i++ )
            if ( (bits >> i) & 1 )
                own->sender[i] = from ? from->vm_id : FFA_ID_HYP;
        own->bound |= bits;
        if ( per_vcpu )
            own->per_vcpu |= bits;
    }
    spin_unlock(&ctx->notif.lock);

    return rc;
}

/* ffa_notif_own_unbind - inverse of ffa_notif_own_bind(). DENIED: one of @bits is not bound to @sender, or is pending. */
ffa_rc_t ffa_notif_own_unbind(struct ffa_ctx *ctx, uint16_t sender, uint64_t bits)
{
    struct ffa_own_notif *own = &ctx->notif.own;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&ctx->notif.lock);
    if ( bound_to(own, sender, bits) != bits || (all_pending(ctx) & bits) )
        rc = FFA_DENIED;
    else
    {
        own->bound &= ~bits;
        own->per_vcpu &= ~bits;
    }
    spin_unlock(&ctx->notif.lock);

    return rc;
}

/* @bits, bound that way, pend for @vcpu, or for any if that is max_vcpus. Context: notif.lock of @to. */
static void pend(struct ffa_ctx *to, unsigned int vcpu, uint64_t bits)
{
    struct ffa_own_notif *own = &to->notif.own;
    uint64_t *pending = vcpu < to->d->max_vcpus ? &own->vpending[vcpu] : &own->pending, fresh = bits & ~*pending;

    *pending |= bits;
    ffa_book(to, FFA_WAY_VMS, FFA_FATE_SET, fresh);
    ffa_book(to, FFA_WAY_VMS, FFA_FATE_MERGED, bits & ~fresh);

    /* What was pending already has its NPI, or waits for a vCPU: ringing on does not disturb the VM. */
    if ( fresh )
        ffa_notif_hint_set(to, vcpu, FFA_NOTIF_GET_VM);
}

/*
 * ffa_notif_own_event - the hypervisor rings @to: what it has bound of @bits to it, per-vCPU ones for each vCPU
 * Returns: those bits. A VM that is dying, or has no notifications, is not rung.   Context: no lock held.
 */
uint64_t ffa_notif_own_event(struct ffa_ctx *to, uint64_t bits)
{
    struct ffa_notif *notif = &to->notif;
    unsigned int i;

    spin_lock(&notif->lock);
    bits = notif->dying ? 0 : bound_to(&notif->own, FFA_ID_HYP, bits);
    if ( bits & ~notif->own.per_vcpu )
        pend(to, to->d->max_vcpus, bits & ~notif->own.per_vcpu);
    for ( i = 0; (bits & notif->own.per_vcpu) && i < to->d->max_vcpus; i++ )
        pend(to, i, bits & notif->own.per_vcpu);
    spin_unlock(&notif->lock);

    return bits;
}

/*
 * ffa_notif_own_set - @sender rings @to
 * @flags: w2 of SET, its reserved bits checked.
 * INVALID_PARAMETERS: no such vCPU, per-vCPU or not is not how the bits are bound; DENIED: one of them is not @sender's.
 */
ffa_rc_t ffa_notif_own_set(struct ffa_ctx *to, uint16_t sender, uint32_t flags, uint64_t bits)
{
    struct ffa_notif *notif = &to->notif;
    bool per_vcpu = flags & FFA_NOTIF_PER_VCPU;
    unsigned int vcpu = flags >> 16;
    ffa_rc_t rc = FFA_OK;

    if ( vcpu >= to->d->max_vcpus )
        return FFA_INVALID_PARAMETERS;
    vcpu = array_index_nospec(vcpu, to->d->max_vcpus);

    spin_lock(&notif->lock);
    if ( notif->dying )
        rc = FFA_INVALID_PARAMETERS;
    else if ( bound_to(&notif->own, sender, bits) != bits )
        rc = FFA_DENIED;
    else if ( (notif->own.per_vcpu & bits) != (per_vcpu ? bits : 0) )
        rc = FFA_INVALID_PARAMETERS;
    else
        pend(to, per_vcpu ? vcpu : to->d->max_vcpus, bits);
    spin_unlock(&notif->lock);

    return rc;
}

/*
 * ffa_notif_own_framework - the hypervisor tells @to something: @bits of w7 of GET (FFA_NOTIF_RX_FULL)
 * Needs no binding. A VM that is dying, or has no notifications, is not told.   Context: no lock held.
 */
void ffa_notif_own_framework(struct ffa_ctx *to, uint32_t bits)
{
    struct ffa_notif *notif = &to->notif;
    uint32_t fresh;

    spin_lock(&notif->lock);
    if ( !notif->dying && ffa_call_offered(to, FFA_NR_NOTIF_GET) )
    {
        fresh = bits & ~notif->own.framework;
        notif->own.framework |= bits;
        ffa_book(to, FFA_WAY_FRAMEWORK, FFA_FATE_SET, (uint64_t)fresh << 32);
        ffa_book(to, FFA_WAY_FRAMEWORK, FFA_FATE_MERGED, (uint64_t)(bits & ~fresh) << 32);
        ffa_notif_hint_set(to, to->d->max_vcpus, FFA_NOTIF_GET_HYP);
    }
    spin_unlock(&notif->lock);
}

/*
 * ffa_notif_own_get - what GET of @vcpu brings of what is kept here: global, and its own
 * @flags: of GET; @bits: the sets asked for.   Context: ctx->notif.lock; the SPMC, if asked, has succeeded.
 */
void ffa_notif_own_get(struct ffa_ctx *ctx, unsigned int vcpu, uint32_t flags, struct ffa_notif_bits *bits)
{
    struct ffa_own_notif *own = &ctx->notif.own;

    if ( flags & FFA_NOTIF_GET_VM )
    {
        bits->vm = own->pending | own->vpending[vcpu];
        ffa_book(ctx, FFA_WAY_VMS, FFA_FATE_DELIVERED, own->pending);
        ffa_book(ctx, FFA_WAY_VMS, FFA_FATE_DELIVERED, own->vpending[vcpu]);
        own->pending = own->vpending[vcpu] = 0;
    }
    if ( flags & FFA_NOTIF_GET_HYP )
    {
        bits->hyp = own->framework;
        ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DELIVERED, (uint64_t)own->framework << 32);
        own->framework = 0;
    }
    ffa_notif_hint_clear(ctx, vcpu, flags & FFA_NOTIF_GET_OWN);
    ffa_notif_hint_clear(ctx, ctx->d->max_vcpus, flags & FFA_NOTIF_GET_OWN);
}

/* Bits of @ctx that @sender might have rung: nobody may any more. */
static void forget_sender(struct ffa_ctx *ctx, uint16_t sender)
{
    struct ffa_own_notif *own = &ctx->notif.own;
    uint64_t bits;

    spin_lock(&ctx->notif.lock);
    bits = bound_to(own, sender, UINT64_MAX);
    own->bound &= ~bits;
    own->per_vcpu &= ~bits;
    spin_unlock(&ctx->notif.lock);
}

/*
 * ffa_notif_own_fini - what is pending for a dead VM is discarded, what it might have rung is unbound
 * notif.dying is set, under the lock: nobody binds anything to it or rings it from now on.
 */
void ffa_notif_own_fini(struct ffa_ctx *ctx)
{
    struct ffa_own_notif *own = &ctx->notif.own;
    struct domain *d;
    unsigned int i;

    spin_lock(&ctx->notif.lock);
    ffa_book(ctx, FFA_WAY_VMS, FFA_FATE_DROPPED, own->pending);
    ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DROPPED, (uint64_t)own->framework << 32);
    for ( i = 0; i < ctx->d->max_vcpus; i++ )
    {
        ffa_book(ctx, FFA_WAY_VMS, FFA_FATE_DROPPED, own->vpending[i]);
        own->vpending[i] = 0;
    }
    own->pending = own->bound = own->per_vcpu = 0;
    own->framework = 0;
    spin_unlock(&ctx->notif.lock);

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *other = ACCESS_ONCE(d->arch.tee);

        if ( other && other != ctx )
            forget_sender(other, ctx->vm_id);
    }
    rcu_read_unlock(&domlist_read_lock);
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
