/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM has not fetched yet, and the NPIs that tell it so.
 *
 * Owns the hints of ctx->notif, and one timer for all VMs. A hint is for one vCPU, or for "any vCPU", and has a bit per set of GET
 * (SPs, VMs, SPMC, hypervisor): those of the SPMC say that something may pend there, those of ours (ffa_notif_vm.c) that it does.
 * docs/notifications.md has the protocol and why nothing is lost.
 * Locks: ctx->notif.lock, never over an SMC, held while injecting; inside it the vGIC's and the scheduler's, or patrol.lock and
 * inside that the timer's.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/init.h>
#include <xen/rcupdate.h>
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
static struct vcpu *any_vcpu(const struct domain *d)
{
    struct vcpu *v, *found = NULL;

    for_each_vcpu ( d, v )
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

/* Send the NPI for hint @h, if @v can take it; NULL: nobody can. The hint is set already: whoever fetches finds it. */
static always_inline void notify(struct ffa_ctx *ctx, struct ffa_hint *h, uint8_t sets, struct vcpu *v, enum npi_why why)
{
    struct domain *d = ctx->d;

    ASSERT(spin_is_locked(&ctx->notif.lock));

    h->told = v ? sets : 0;
    if ( !v )
    {
        FFA_COUNT(ctx, npi_deferred);
        return;
    }

    switch ( why )
    {
    case NPI_NEW:
        FFA_COUNT_LOCKED(ctx, npi);
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
    ffa_trace("NPI to d%uv%u\n", d->domain_id, v->vcpu_id);
    vgic_inject_irq(d, v, GUEST_FFA_NOTIF_PEND_INTR_ID, true);
}

static void notify_again(struct ffa_ctx *ctx, unsigned int i, enum npi_why why)
{
    struct ffa_hint *h = &ctx->notif.hint[i];

    notify(ctx, h, h->sets, i == ctx->d->max_vcpus ? any_vcpu(ctx->d) : online_vcpu(ctx, i), why);
}

/* ---- The patrol -------------------------------------------------------------------------------------------------- */

/*
 * Something is unfetched for a while: no vCPU was online, the one that got the NPI was switched off, or the guest lost
 * the NPI (Linux 6.12 does when another CPU's is being handled). Xen tells nobody when a vCPU comes up, hence a timer: one for
 * all VMs, since most hints are fetched long before, and a timer armed for each would be half of what a notification costs.
 * It goes from VM to VM and looks at one word of those that have no hint.
 */
static struct {
    spinlock_t lock;                    /* covers soon, and arming                                                   */
    bool soon;                          /* it comes within RETRY_MIN_MS; readable without the lock                   */
    struct timer timer;
} patrol;

/* ffa_notif_patrol - hints have been set. Context: any, also under ctx->notif.lock, but no interrupt. */
void ffa_notif_patrol(void)
{
    /* Hint, then "soon"; the patrol clears "soon", then looks at the hints. */
    smp_mb();
    if ( likely(ACCESS_ONCE(patrol.soon)) )
        return;

    spin_lock(&patrol.lock);
    if ( !patrol.soon )
    {
        patrol.soon = true;
        set_timer(&patrol.timer, NOW() + MILLISECS(RETRY_MIN_MS));
    }
    spin_unlock(&patrol.lock);
}

/* One VM. Returns: when to come again; 0: never. */
static s_time_t look_after(struct ffa_ctx *ctx, s_time_t now)
{
    struct ffa_notif *notif = &ctx->notif;
    struct ffa_hint *any = &notif->hint[ctx->d->max_vcpus];
    bool pending = false;
    s_time_t due = 0;
    unsigned int i;

    spin_lock(&notif->lock);
    if ( !notif->due )
        notif->period_ms = RETRY_MIN_MS;
    else if ( notif->due > now )
        due = notif->due;

    for ( i = 0; !due && i < notif->nr_hints && !notif->dying; i++ )
    {
        const struct ffa_hint *h = &notif->hint[i];
        bool told = !(h->sets & ~h->told);

        if ( !(h->sets & RETRY_SETS) && told )
            continue;

        pending = true;
        if ( told && notif->period_ms < RETRY_REPEAT_MS )
            continue;

        notify_again(ctx, i, told ? NPI_REPEAT : NPI_TIMER);

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
        due = notif->due = now + MILLISECS(notif->period_ms);
    }
    spin_unlock(&notif->lock);

    return due;
}

/* All VMs. One that dies meanwhile has its context until the read section ends. */
static void patrol_all(void *data)
{
    s_time_t now = NOW(), next = 0, due;
    struct domain *d;

    spin_lock(&patrol.lock);
    patrol.soon = false;
    spin_unlock(&patrol.lock);
    smp_mb();

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( !ctx || !ACCESS_ONCE(ctx->notif.hinted) )
            continue;

        due = look_after(ctx, now);
        if ( due && (!next || due < next) )
            next = due;
    }
    rcu_read_unlock(&domlist_read_lock);

    /* Armed meanwhile it comes sooner than that, and works it out again. */
    spin_lock(&patrol.lock);
    if ( next && !patrol.soon )
        set_timer(&patrol.timer, next);
    spin_unlock(&patrol.lock);
}

/* ffa_notif_patrol_init - the timer for all VMs. Context: boot, CPU0. */
void __init ffa_notif_patrol_init(void)
{
    spin_lock_init(&patrol.lock);
    patrol.soon = false;
    init_timer(&patrol.timer, patrol_all, NULL, smp_processor_id());
}

/* ---- Hints ------------------------------------------------------------------------------------------------------- */

/* @any: @i is the hint for any vCPU */
static always_inline void hint_set(struct ffa_ctx *ctx, unsigned int i, bool any, uint8_t sets)
{
    struct ffa_hint *h = &ctx->notif.hint[i];
    uint8_t all = h->sets | sets;

    ctx->notif.hinted = true;
    h->sets = all;
    h->reported &= ~sets;

    /* Who took that NPI has not fetched yet, and will find the new bits, too. */
    if ( !(sets & ~h->told) )
        FFA_COUNT_LOCKED(ctx, npi_merged);
    else
        notify(ctx, h, all, any ? any_vcpu(ctx->d) : online_vcpu(ctx, i), NPI_NEW);

    /* The next patrol is to look at it, whatever came before. */
    ctx->notif.due = 0;
}

/*
 * ffa_notif_hint_set - something may pend (VMs, hypervisor: pends) for hint @i that was not there when it was last fetched
 * @sets: FFA_NOTIF_GET_*.   Context: ctx->notif.lock.
 */
void ffa_notif_hint_set(struct ffa_ctx *ctx, unsigned int i, uint32_t sets)
{
    hint_set(ctx, i, i == ctx->d->max_vcpus, sets);
    ffa_notif_patrol();
}

/* Lists that name vCPUs. Returns: is one of them online? */
static noinline bool mark_vcpus(struct ffa_ctx *ctx, const uint16_t *vcpus, unsigned int nr)
{
    bool online = false;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
    {
        if ( vcpus[i] >= ctx->notif.nr_vcpus )
        {
            FFA_COUNT(ctx, drop_vcpu);
            continue;
        }

        hint_set(ctx, vcpus[i], false, FFA_NOTIF_GET_SPMC);
        online |= online_vcpu(ctx, vcpus[i]) != NULL;
    }

    return online;
}

/*
 * ffa_notif_mark - the SPMC has listed the VM
 * @vcpus, @nr: vCPUs that have something of their own; none: any vCPU may fetch. Not trusted.
 * Context: softirq, under rcu_lock_domain; the domain may be dying. ffa_notif_patrol() when all lists have been marked.
 */
void ffa_notif_mark(struct ffa_ctx *ctx, const uint16_t *vcpus, unsigned int nr)
{
    struct ffa_notif *notif = &ctx->notif;

    spin_lock(&notif->lock);
    if ( unlikely(!notif->bitmap) )
        FFA_COUNT(ctx, drop_no_ffa);
    else if ( unlikely(notif->dying || ctx->d->is_dying != DOMDYING_alive) )
        FFA_COUNT(ctx, drop_dying);
    /* A list with vCPUs may stand for a global notification as well, which must not wait for vCPUs that are off. */
    else if ( likely(!nr) || !mark_vcpus(ctx, vcpus, nr) )
        hint_set(ctx, ctx->d->max_vcpus, true, FFA_NOTIF_GET_SPMC);
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
 * ffa_notif_hint_restore - undo of ffa_notif_hint_clear() after a GET that failed: the NPI has been used up, so the patrol
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

    if ( notif->due )
        notif->due = NOW() + MILLISECS(notif->period_ms);
    ffa_notif_patrol();
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
            notify_again(ctx, i, NPI_OTHER);
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
