/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM has not fetched yet, and the NPIs that tell it so.
 *
 * Owns the hints and the timer of ctx->notif. A hint is for one vCPU, or for "any vCPU", and has a bit per set of GET (SPs,
 * VMs, SPMC, hypervisor): those of the SPMC say that something may pend there, those of ours (ffa_notif_vm.c) that it does.
 * docs/notifications.md has the protocol and why nothing is lost.
 * Lock: ctx->notif.lock, never over an SMC, held while injecting; inside it only the vGIC's, the scheduler's and the
 * timer's locks.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/time.h>

#include <asm/vgic.h>

#include "ffa_private.h"

/* The timer that looks after hints nobody fetches: first and longest period; from when on it repeats NPIs */
#define RETRY_MIN_MS                    16U
#define RETRY_REPEAT_MS                 256U
#define RETRY_MAX_MS                    1024U

/* What the guest has bound, so it will ask for it: framework bits alone are nothing to old guests. */
#define RETRY_SETS                      (FFA_NOTIF_GET_SP | FFA_NOTIF_GET_VM)

static struct vcpu *online_vcpu(const struct ffa_ctx *ctx, unsigned int id)
{
    struct vcpu *v = domain_vcpu(ctx->d, id);

    return v && is_vcpu_online(v) ? v : NULL;
}

/* Who gets the NPI for "any vCPU": one that runs, else one that is online, else nobody. */
static struct vcpu *any_vcpu(const struct ffa_ctx *ctx)
{
    struct vcpu *v, *found = NULL;

    for_each_vcpu ( ctx->d, v )
    {
        if ( !is_vcpu_online(v) )
            continue;

        if ( v->is_running )
            return v;

        if ( !found )
            found = v;
    }

    return found;
}

/* Why an NPI is sent: for something new; late, by the timer; again, since nobody came; again, another vCPU was at it */
enum npi_why { NPI_NEW, NPI_TIMER, NPI_REPEAT, NPI_OTHER };

/* Send the NPI for hint @i, if a vCPU can take it. The hint is set already: whoever fetches finds it. */
static void notify(struct ffa_ctx *ctx, unsigned int i, enum npi_why why)
{
    struct ffa_hint *h = &ctx->notif.hint[i];
    bool any = i == ctx->d->max_vcpus;
    struct vcpu *v = any ? any_vcpu(ctx) : online_vcpu(ctx, i);

    ASSERT(spin_is_locked(&ctx->notif.lock));

    h->told = v ? h->sets : 0;
    if ( !v )
    {
        FFA_COUNT(ctx, npi_deferred);
        return;
    }

    switch ( why )
    {
    case NPI_NEW:
        FFA_COUNT(ctx, npi);
        break;

    case NPI_TIMER:
        FFA_COUNT(ctx, npi_rescued);
        break;

    case NPI_REPEAT:
        FFA_COUNT(ctx, npi_repeated);
        break;

    case NPI_OTHER:
        FFA_COUNT(ctx, npi_other);
        break;
    }
    TRACE_TIME(TRC_FFA_NPI, ctx->vm_id, v->vcpu_id, why);
    ffa_trace("NPI to d%uv%u\n", ctx->d->domain_id, v->vcpu_id);
    vgic_inject_irq(ctx->d, v, GUEST_FFA_NOTIF_PEND_INTR_ID, true);
}

/*
 * ffa_notif_hint_set - something may pend (VMs, hypervisor: pends) for hint @i that was not there when it was last fetched
 * @sets: FFA_NOTIF_GET_*.   Context: ctx->notif.lock.
 */
void ffa_notif_hint_set(struct ffa_ctx *ctx, unsigned int i, uint32_t sets)
{
    struct ffa_hint *h = &ctx->notif.hint[i];

    ctx->notif.hinted = true;
    h->sets |= sets;
    h->reported &= ~sets;

    /* Who took that NPI has not fetched yet, and will find the new bits, too. */
    if ( !(sets & ~h->told) )
        FFA_COUNT(ctx, npi_merged);
    else
        notify(ctx, i, NPI_NEW);

    /* Armed with the first period, it comes soon enough: most hints are fetched long before, and arming is dear. */
    if ( ctx->notif.period_ms == RETRY_MIN_MS && timer_is_active(&ctx->notif.timer) )
        return;
    ctx->notif.period_ms = RETRY_MIN_MS;
    set_timer(&ctx->notif.timer, NOW() + MILLISECS(RETRY_MIN_MS));
}

/*
 * ffa_notif_mark - the SPMC has listed the VM
 * @vcpus, @nr: vCPUs that have something of their own; none: any vCPU may fetch. Not trusted.
 * Context: softirq, under rcu_lock_domain; the domain may be dying.
 */
void ffa_notif_mark(struct ffa_ctx *ctx, const uint16_t *vcpus, unsigned int nr)
{
    struct ffa_notif *notif = &ctx->notif;
    bool online = false;
    unsigned int i;

    spin_lock(&notif->lock);
    if ( !notif->bitmap )
        FFA_COUNT(ctx, drop_no_ffa);
    else if ( notif->dying || ctx->d->is_dying != DOMDYING_alive )
        FFA_COUNT(ctx, drop_dying);
    else
    {
        for ( i = 0; i < nr; i++ )
        {
            if ( vcpus[i] >= notif->nr_vcpus )
            {
                FFA_COUNT(ctx, drop_vcpu);
                continue;
            }

            ffa_notif_hint_set(ctx, vcpus[i], FFA_NOTIF_GET_SPMC);
            online |= online_vcpu(ctx, vcpus[i]) != NULL;
        }

        /* A list with vCPUs may stand for a global notification as well, which must not wait for vCPUs that are off. */
        if ( !online )
            ffa_notif_hint_set(ctx, ctx->d->max_vcpus, FFA_NOTIF_GET_SPMC);
    }
    spin_unlock(&notif->lock);
}

/*
 * ffa_notif_mark_all - the SPMC may have listed the VM and each of its vCPUs: it said so unintelligibly
 * Context: as ffa_notif_mark(). At worst the guest gets NPIs for nothing.
 */
void ffa_notif_mark_all(struct ffa_ctx *ctx)
{
    struct ffa_notif *notif = &ctx->notif;
    unsigned int i;

    spin_lock(&notif->lock);
    if ( notif->bitmap && !notif->dying && ctx->d->is_dying == DOMDYING_alive )
    {
        for ( i = 0; i < notif->nr_vcpus; i++ )
            if ( online_vcpu(ctx, i) )
                ffa_notif_hint_set(ctx, i, FFA_NOTIF_GET_SPMC);
        ffa_notif_hint_set(ctx, ctx->d->max_vcpus, FFA_NOTIF_GET_SPMC);
    }
    spin_unlock(&notif->lock);
}

/*
 * Something is unfetched for a while: no vCPU was online, the one that got the NPI was switched off, or the guest lost
 * the NPI (Linux 6.12 does when another CPU's is being handled). Xen tells nobody when a vCPU comes up, hence a timer.
 */
static void retry(void *data)
{
    struct ffa_ctx *ctx = data;
    struct ffa_notif *notif = &ctx->notif;
    struct ffa_hint *any = &notif->hint[ctx->d->max_vcpus];
    bool pending = false;
    unsigned int i;

    spin_lock(&notif->lock);
    for ( i = 0; i < notif->nr_hints && !notif->dying; i++ )
    {
        const struct ffa_hint *h = &notif->hint[i];
        bool told = !(h->sets & ~h->told);

        if ( !(h->sets & RETRY_SETS) && told )
            continue;

        pending = true;
        if ( told && notif->period_ms < RETRY_REPEAT_MS )
            continue;

        notify(ctx, i, told ? NPI_REPEAT : NPI_TIMER);

        /*
         * Switched off meanwhile: as in ffa_notif_mark(). "Any vCPU" is the last hint, so its turn is still to come. What
         * is kept here is exact: another vCPU would find nothing.
         */
        if ( told && !h->told && h != any && (h->sets & FFA_NOTIF_GET_SP) )
        {
            any->sets |= FFA_NOTIF_GET_SPMC;
            notif->hinted = true;
        }
    }
    if ( pending )
    {
        notif->period_ms = min(notif->period_ms * 2, RETRY_MAX_MS);
        set_timer(&notif->timer, NOW() + MILLISECS(notif->period_ms));
    }
    spin_unlock(&notif->lock);
}

/* Hints have changed. Who reads notif.hinted without the lock may rely on it as on the hints. */
static void sum_hints(struct ffa_notif *notif)
{
    bool any = false;
    unsigned int i;

    for ( i = 0; i < notif->nr_hints; i++ )
        any |= notif->hint[i].any;
    notif->hinted = any;
}

/*
 * ffa_notif_hint_clear - before a GET of these @sets asks the SPMC, or when it has taken what is kept here
 * Returns: which of them were set.   Context: ctx->notif.lock. From here on something new sends an NPI again.
 */
struct ffa_hint ffa_notif_hint_clear(struct ffa_ctx *ctx, unsigned int i, uint32_t sets)
{
    struct ffa_hint *h = &ctx->notif.hint[i], before = *h;

    before.sets &= sets;
    h->sets &= ~sets;
    h->told &= ~sets;
    h->reported &= ~sets;
    sum_hints(&ctx->notif);

    return before;
}

/*
 * ffa_notif_hint_restore - undo of ffa_notif_hint_clear() after a GET that failed: the NPI has been used up, so the timer
 * sends another.   Context: ctx->notif.lock.
 */
void ffa_notif_hint_restore(struct ffa_ctx *ctx, unsigned int i, const struct ffa_hint *before)
{
    struct ffa_notif *notif = &ctx->notif;
    struct ffa_hint *h = &notif->hint[i];

    h->sets |= before->sets;
    if ( before->sets )
        h->told = 0;
    sum_hints(notif);
    if ( !(h->sets & RETRY_SETS) )
        return;

    notif->period_ms = max(notif->period_ms, RETRY_MIN_MS);
    set_timer(&notif->timer, NOW() + MILLISECS(notif->period_ms));
}

/*
 * ffa_notif_hint_others - a GET of @vcpu is over: NPIs of other vCPUs, which a guest may have dropped since it was busy with
 * this one, are sent again.   Context: ctx->notif.lock.
 */
void ffa_notif_hint_others(struct ffa_ctx *ctx, unsigned int vcpu)
{
    unsigned int i;

    for ( i = 0; i < ctx->d->max_vcpus; i++ )
        if ( (ctx->notif.hint[i].sets & RETRY_SETS) && i != vcpu )
            notify(ctx, i, NPI_OTHER);
}

/* ffa_notif_hint_init - nothing pends. Undone by ffa_notif_hint_fini(). */
void ffa_notif_hint_init(struct ffa_ctx *ctx)
{
    init_timer(&ctx->notif.timer, retry, ctx, smp_processor_id());
}

/* ffa_notif_hint_fini - notif.dying is set, so nobody arms the timer any more. Waits for it, so no lock is held. */
void ffa_notif_hint_fini(struct ffa_ctx *ctx)
{
    kill_timer(&ctx->notif.timer);
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
