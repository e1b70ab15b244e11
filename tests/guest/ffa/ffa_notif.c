/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications from SPs: bind, fetch, and one callback per bit. Everywhere the bitmap's low word is w3, the high one w4.
 *
 * ffa_notif_interrupt() may run on all vCPUs at once: GET hands each pending bit to exactly one of them, so the callback
 * of one notification runs once.
 */
#include "ffa.h"

int ffa_notif_init(struct ffa *ffa)
{
    uint32_t intid;
    int rc = ffa_features(ffa, FFA_FEATURE_NPI, 0, &intid, NULL);

    if ( rc == FFA_OK )
        ffa->npi = intid;

    return rc;
}

int ffa_notif_bind(struct ffa *ffa, uint16_t sender, uint32_t flags, uint64_t bits)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_NOTIFICATION_BIND, (uint32_t)sender << 16 | ffa->id, flags, (uint32_t)bits, bits >> 32,
             0, 0, 0);
    return ffa_status(&r);
}

int ffa_notif_unbind(struct ffa *ffa, uint16_t sender, uint64_t bits)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_NOTIFICATION_UNBIND, (uint32_t)sender << 16 | ffa->id, 0, (uint32_t)bits, bits >> 32,
             0, 0, 0);
    return ffa_status(&r);
}

int ffa_notif_set(struct ffa *ffa, uint16_t receiver, uint32_t flags, uint64_t bits)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_NOTIFICATION_SET, (uint32_t)ffa->id << 16 | receiver, flags, (uint32_t)bits, bits >> 32,
             0, 0, 0);
    return ffa_status(&r);
}

int ffa_notif_get(struct ffa *ffa, uint16_t vcpu, uint32_t flags, struct ffa_bitmaps *got)
{
    struct ffa_regs r;
    int rc;

    ffa_call(ffa, &r, FFA_NOTIFICATION_GET, (uint32_t)vcpu << 16 | ffa->id, flags, 0, 0, 0, 0, 0);
    rc = ffa_status(&r);

    *got = (struct ffa_bitmaps){ 0 };
    if ( rc == FFA_OK )
    {
        got->sp = (uint32_t)r.x[2] | (uint64_t)(uint32_t)r.x[3] << 32;
        got->vm = (uint32_t)r.x[4] | (uint64_t)(uint32_t)r.x[5] << 32;
        got->spm = (uint32_t)r.x[6];
        got->hyp = (uint32_t)r.x[7];
    }

    return rc;
}

int ffa_notif_info(struct ffa *ffa, uint16_t ids[20], uint8_t lens[20], bool *more)
{
    struct ffa_regs r;
    unsigned int i, count, total = 0;
    int rc;

    ffa_call(ffa, &r, FFA_NOTIFICATION_INFO_GET_64, 0, 0, 0, 0, 0, 0, 0);
    rc = ffa_status(&r);
    *more = false;
    if ( rc != FFA_OK )
        return rc;

    count = (r.x[2] >> 7) & 0x1f;
    if ( count > 20 )
        return FFA_ABORTED;

    for ( i = 0; i < count; i++ )
    {
        lens[i] = (r.x[2] >> (12 + 2 * i)) & 3;
        total += lens[i] + 1u;
    }
    if ( total > 20 )
        return FFA_ABORTED;

    for ( i = 0; i < total; i++ )
        ids[i] = (uint16_t)(r.x[3 + i / 4] >> (16 * (i % 4)));

    *more = r.x[2] & 1;
    return (int)count;
}

int ffa_notif_register(struct ffa *ffa, uint16_t sender, unsigned int bit, uint32_t flags, ffa_notif_fn fn, void *arg)
{
    const struct ffa_os *os = ffa->os;
    unsigned long irq;
    int rc;

    if ( bit >= 64 || !fn )
        return FFA_INVALID_PARAMETERS;

    /* The slot is there before the bit can ring, and goes again if the bit is refused */
    irq = os->lock(os->ctx);
    if ( ffa->bound & (1ull << bit) )
    {
        os->unlock(os->ctx, irq);
        return FFA_DENIED;
    }
    ffa->bound |= 1ull << bit;
    ffa->slot[bit] = (struct ffa_notif_slot){ fn, arg, sender, flags & FFA_NOTIF_PER_VCPU };
    os->unlock(os->ctx, irq);

    rc = ffa_notif_bind(ffa, sender, flags, 1ull << bit);
    if ( rc != FFA_OK )
    {
        irq = os->lock(os->ctx);
        ffa->bound &= ~(1ull << bit);
        ffa->slot[bit].fn = NULL;
        os->unlock(os->ctx, irq);
    }

    return rc;
}

int ffa_notif_unregister(struct ffa *ffa, unsigned int bit)
{
    const struct ffa_os *os = ffa->os;
    unsigned long irq;
    int rc;

    if ( bit >= 64 || !(ffa->bound & (1ull << bit)) )
        return FFA_INVALID_PARAMETERS;

    rc = ffa_notif_unbind(ffa, ffa->slot[bit].sender, 1ull << bit);
    if ( rc != FFA_OK )
        return rc;

    irq = os->lock(os->ctx);
    ffa->bound &= ~(1ull << bit);
    ffa->slot[bit].fn = NULL;
    os->unlock(os->ctx, irq);

    return FFA_OK;
}

int ffa_notif_fetch(struct ffa *ffa, uint16_t vcpu)
{
    const struct ffa_os *os = ffa->os;
    struct ffa_notif_slot slot;
    struct ffa_bitmaps got;
    unsigned long irq;
    unsigned int bit;
    uint64_t left;
    int rc;

    rc = ffa_notif_get(ffa, vcpu, ffa->get_flags, &got);
    if ( rc != FFA_OK )
        return rc;

    if ( ffa->on_get )
        ffa->on_get(ffa, vcpu, &got);

    for ( left = got.sp; left; left &= left - 1 )
    {
        bit = (unsigned int)__builtin_ctzll(left);

        irq = os->lock(os->ctx);
        slot = ffa->slot[bit];
        if ( !slot.fn )
            ffa->stray++;
        os->unlock(os->ctx, irq);

        if ( slot.fn )
            slot.fn(ffa, bit, vcpu, slot.arg);
    }

    return FFA_OK;
}

int ffa_notif_interrupt(struct ffa *ffa)
{
    return ffa_notif_fetch(ffa, ffa->os->vcpu(ffa->os->ctx));
}
