/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NOTIFICATION_INFO_GET of a VM: who has something to fetch, as far as the caller schedules it.
 *
 * That is the VM itself, by its hints (ffa_notif_hint.c), and for the domain that schedules them the SPs that wait for cycles
 * (ffa_sched.c). Never forwarded: the SPMC would name other VMs, and think that they have been told. What is reported once is
 * not again until something new comes. VMs but the scheduler get one list per call, since Linux 6.12 loses step with more.
 * Lock: ctx->notif.lock.   Spec: DEN0077A 1.2, FFA_NOTIFICATION_INFO_GET; layout as in ffa_notif_walk.c.
 */
#include "ffa_private.h"

#define VCPUS_PER_LIST                  3U

static unsigned int last_size(const struct ffa_info_lists *l)
{
    return (l->sizes >> (2 * (l->lists - 1))) & 3;
}

/* ffa_info_add - a list that names @id and no vCPU. Returns: false: no room. */
bool ffa_info_add(struct ffa_info_lists *l, uint16_t id)
{
    if ( l->ids == l->max_ids || l->lists == l->max_lists )
        return false;

    l->id[l->ids++] = id;
    l->lists++;

    return true;
}

/* ffa_info_add_vcpu - name @vcpu of @id, in the last list if that is of @id and has room. Returns: false: no room. */
bool ffa_info_add_vcpu(struct ffa_info_lists *l, uint16_t id, uint16_t vcpu)
{
    bool last = l->lists && last_size(l) < VCPUS_PER_LIST && l->id[l->ids - 1 - last_size(l)] == id;

    /* An endpoint and its first vCPU are never in two answers. */
    if ( l->ids + (last ? 1 : 2) > l->max_ids || (!last && !ffa_info_add(l, id)) )
        return false;

    l->id[l->ids++] = vcpu;
    l->sizes += (uint64_t)1 << (2 * (l->lists - 1));

    return true;
}

static bool unreported(const struct ffa_hint *h)
{
    return h->sets & ~h->reported;
}

/* What the VM has itself. Returns: true if not all fitted. */
static bool list_own(struct ffa_ctx *ctx, struct ffa_info_lists *lists)
{
    struct ffa_hint *hint = ctx->notif.hint, *any = &hint[ctx->d->max_vcpus];
    bool more = false;
    unsigned int i;

    /* Nothing, seen without the lock: what comes at this moment comes with an NPI. */
    if ( !unreported(any) && !ffa_notif_others_wait(ctx, ctx->d->max_vcpus) )
        return false;

    spin_lock(&ctx->notif.lock);
    for ( i = 0; i < ctx->d->max_vcpus && !more; i++ )
    {
        if ( !unreported(&hint[i]) )
            continue;

        more = !ffa_info_add_vcpu(lists, ctx->vm_id, i);
        if ( !more )
            hint[i].reported = hint[i].sets;
    }

    /* Any list of the VM says that any vCPU may fetch something as well. */
    if ( unreported(any) && (lists->lists || ffa_info_add(lists, ctx->vm_id)) )
        any->reported = any->sets;
    spin_unlock(&ctx->notif.lock);

    return more;
}

/* FFA_NOTIFICATION_INFO_GET: lists and the more flag, in the width of the call. NO_DATA: nothing new. */
FFA_HANDLER(notif_info_get)
{
    bool wide = in->x[0] & FFA_CONV_64, scheduler = ctx->policy.scheduler, more;
    unsigned int per_reg = wide ? 4 : 2, room = 5 * per_reg, i;
    struct ffa_info_lists lists = {
        .max_ids = scheduler ? room : 1 + VCPUS_PER_LIST, .max_lists = scheduler ? room : 1,
    };

    more = list_own(ctx, &lists);
    if ( scheduler )
        more |= ffa_sched_list(ctx, &lists);

    if ( !lists.lists )
        return FFA_NO_DATA;

    ffa_encode(out, wide ? FFA_FID(SUCCESS_64) : FFA_FID(SUCCESS_32), more | (lists.lists << 7) | (lists.sizes << 12), 0);
    for ( i = 0; i < lists.ids; i++ )
        out->x[3 + i / per_reg] |= (uint64_t)lists.id[i] << (16 * (i % per_reg));

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
