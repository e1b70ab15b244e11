/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications from SPs to a VM, and from a VM to SPs: the calls of the VM, what it has not fetched yet, the NPI.
 *
 * Owns ctx->notif and the VM's bitmap at the SPMC. The SPMC keeps the bits; here are only hints that something may pend
 * ("any vCPU", or one vCPU), which decide about NPIs and answer the VM's INFO_GET. docs/notifications.md has the protocol
 * and why nothing is lost. Refuses other ids than the caller's, reserved flags, VMs as senders or receivers.
 * Lock: ctx->notif.lock, never over an SMC, held while injecting; inside it only the vGIC's, the scheduler's and the
 * timer's locks.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/cpumask.h>
#include <xen/nospec.h>
#include <xen/param.h>
#include <xen/time.h>

#include <asm/vgic.h>

#include "ffa_private.h"

/* The timer that looks after hints nobody fetches: first and longest period; from when on it repeats NPIs */
#define RETRY_MIN_MS                    16U
#define RETRY_REPEAT_MS                 256U
#define RETRY_MAX_MS                    1024U

/*
 * vCPUs of a VM that have bits of their own, 0: as many as there are CPUs. An SPMC's tables have room for as many as the
 * platform has CPUs; some do not check and run past them.
 */
static unsigned int __read_mostly opt_vcpus;
integer_param("ffa-notif-vcpus", opt_vcpus);

/* Most GETs per vCPU in one attempt to drain a dead VM's bitmap */
#define DRAIN_MAX                       8U

#define NOTIF_SPS                       (FFA_NOTIF_GET_SP | FFA_NOTIF_GET_SPM)

/* ---- Hints and NPIs -------------------------------------------------------------------------------------------- */

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

/* Why an NPI is sent: for a list; late, by the timer; again, since nobody came; again, since another vCPU was at it */
enum npi_why { NPI_LIST, NPI_TIMER, NPI_REPEAT, NPI_OTHER };

/* Send the NPI for hint @i, if a vCPU can take it. The hint is set already: whoever fetches finds it. */
static void notify(struct ffa_ctx *ctx, unsigned int i, enum npi_why why)
{
    struct ffa_hint *h = &ctx->notif.hint[i];
    bool any = i == ctx->d->max_vcpus;
    struct vcpu *v = any ? any_vcpu(ctx) : online_vcpu(ctx, i);

    ASSERT(spin_is_locked(&ctx->notif.lock));

    h->told = v;
    if ( !v )
    {
        FFA_COUNT(ctx, npi_deferred);
        return;
    }

    switch ( why )
    {
    case NPI_LIST:
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
    ffa_trace("NPI to d%uv%u\n", ctx->d->domain_id, v->vcpu_id);
    vgic_inject_irq(ctx->d, v, GUEST_FFA_NOTIF_PEND_INTR_ID, true);
}

static void arm_timer(struct ffa_notif *notif, unsigned int ms)
{
    notif->period_ms = ms;
    set_timer(&notif->timer, NOW() + MILLISECS(ms));
}

/* A list names hint @i: something new may be there since it was last fetched. */
static void mark_one(struct ffa_ctx *ctx, unsigned int i)
{
    struct ffa_hint *h = &ctx->notif.hint[i];
    bool outstanding = h->told && h->sp && h->spm;

    h->sp = h->spm = true;
    h->reported = false;

    /* Who took that NPI has not fetched yet, and will find the new bits, too. */
    if ( outstanding )
        FFA_COUNT(ctx, npi_merged);
    else
    {
        h->told = false;
        notify(ctx, i, NPI_LIST);
    }
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

            mark_one(ctx, vcpus[i]);
            online |= online_vcpu(ctx, vcpus[i]) != NULL;
        }

        /* A list with vCPUs may stand for a global notification as well, which must not wait for vCPUs that are off. */
        if ( !online )
            mark_one(ctx, ctx->d->max_vcpus);

        arm_timer(notif, RETRY_MIN_MS);
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
                mark_one(ctx, i);
        mark_one(ctx, ctx->d->max_vcpus);
        arm_timer(notif, RETRY_MIN_MS);
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
    bool pending = false;
    unsigned int i;

    spin_lock(&notif->lock);
    for ( i = 0; i < notif->nr_hints && !notif->dying; i++ )
    {
        const struct ffa_hint *h = &notif->hint[i];
        bool told = h->told;

        /* Framework bits alone: old guests never ask for them. */
        if ( !h->sp )
            continue;

        pending = true;
        if ( told && notif->period_ms < RETRY_REPEAT_MS )
            continue;

        notify(ctx, i, told ? NPI_REPEAT : NPI_TIMER);

        /* Switched off meanwhile: as in ffa_notif_mark(). "Any vCPU" is the last hint, so its turn is still to come. */
        if ( told && !h->told && i != ctx->d->max_vcpus )
            notif->hint[ctx->d->max_vcpus].sp = notif->hint[ctx->d->max_vcpus].spm = true;
    }
    if ( pending )
        arm_timer(notif, min(notif->period_ms * 2, RETRY_MAX_MS));
    spin_unlock(&notif->lock);
}

/* Before a GET of @vcpu asks the SPMC: from here on a list means something that this GET may miss. */
static struct ffa_hint clear_hint(struct ffa_hint *h, uint32_t flags)
{
    struct ffa_hint before = *h;

    if ( flags & FFA_NOTIF_GET_SP )
        h->sp = false;
    if ( flags & FFA_NOTIF_GET_SPM )
        h->spm = false;
    if ( !h->sp && !h->spm )
        h->told = h->reported = false;

    return before;
}

static void restore_hint(struct ffa_hint *h, const struct ffa_hint *before)
{
    h->sp |= before->sp;
    h->spm |= before->spm;

    /* The NPI has been used up. */
    if ( before->sp || before->spm )
        h->told = false;
}

/* ---- GET and INFO_GET ------------------------------------------------------------------------------------------ */

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
    if ( a->flags & ~(NOTIF_SPS | FFA_NOTIF_GET_VM | FFA_NOTIF_GET_HYP) )
        return FFA_INVALID_PARAMETERS;

    return a->receiver == ctx->vm_id && a->vcpu < ctx->d->max_vcpus ? FFA_OK : FFA_INVALID_PARAMETERS;
}

/*
 * One GET at the SPMC. @flags has only those that are the SPMC's business; H refuses the others for a VM. A vCPU beyond
 * those the SPMC knows goes as vCPU 0, for the bits that are everybody's.
 */
static ffa_rc_t get_at_spmc(const struct ffa_ctx *ctx, uint16_t vcpu, uint32_t flags, uint64_t *sp, uint32_t *spm)
{
    uint32_t as = vcpu < ctx->notif.nr_vcpus ? vcpu : 0;
    struct ffa_regs res;
    ffa_rc_t rc = ffa_spmc_simple(FFA_FID(NOTIF_GET), (as << 16) | ctx->vm_id, flags, 0, 0, &res);

    *sp = *spm = 0;
    if ( ffa_ok(rc) && (flags & FFA_NOTIF_GET_SP) )
        *sp = (uint32_t)res.x[2] | (res.x[3] << 32);
    if ( ffa_ok(rc) && (flags & FFA_NOTIF_GET_SPM) )
        *spm = res.x[6];

    return rc;
}

/* Does another vCPU have something to fetch? Read without the lock: who sets a hint sends its NPI as well. */
static bool others_wait(const struct ffa_ctx *ctx, unsigned int vcpu)
{
    unsigned int i;

    for ( i = 0; i < ctx->d->max_vcpus; i++ )
        if ( i != vcpu && ACCESS_ONCE(ctx->notif.hint[i].any) )
            return true;

    return false;
}

static ffa_rc_t act_get(struct ffa_ctx *ctx, const struct get_args *a, uint64_t *sp, uint32_t *spm)
{
    struct ffa_notif *notif = &ctx->notif;
    struct ffa_hint *own = &notif->hint[a->vcpu], *any = &notif->hint[ctx->d->max_vcpus];
    struct ffa_hint own_before, any_before;
    uint32_t flags = a->flags & NOTIF_SPS;
    unsigned int i;
    ffa_rc_t rc;

    *sp = *spm = 0;
    if ( !flags )
        return FFA_OK;

    /*
     * Clear, then ask: see docs/notifications.md. The SPMC gives what is global and what is this vCPU's. A hint that is
     * not set needs no clearing, so no lock: one that is set at this moment stays, with its NPI, for another GET.
     */
    own_before.any = any_before.any = 0;
    if ( ACCESS_ONCE(own->any) | ACCESS_ONCE(any->any) )
    {
        spin_lock(&notif->lock);
        own_before = clear_hint(own, flags);
        any_before = clear_hint(any, flags);
        spin_unlock(&notif->lock);
    }

    rc = get_at_spmc(ctx, a->vcpu, flags, sp, spm);
    if ( likely(ffa_ok(rc)) && !others_wait(ctx, a->vcpu) )
        return rc;

    spin_lock(&notif->lock);
    if ( !ffa_ok(rc) )
    {
        restore_hint(own, &own_before);
        restore_hint(any, &any_before);
        if ( own->sp || any->sp )
            arm_timer(notif, max(notif->period_ms, RETRY_MIN_MS));
    }
    else
        /* NPIs of other vCPUs that a guest dropped because it was busy with this one */
        for ( i = 0; i < ctx->d->max_vcpus; i++ )
            if ( notif->hint[i].sp && i != a->vcpu )
                notify(ctx, i, NPI_OTHER);
    spin_unlock(&notif->lock);

    return rc;
}

/*
 * FFA_NOTIFICATION_GET: w1 = vCPU:receiver, w2 = which sets. w2-w7 = bits: SPs, VMs (none), framework.
 * INVALID_PARAMETERS: not the caller's id, no such vCPU, reserved flags; else what the SPMC says, with nothing forgotten.
 */
FFA_HANDLER(notif_get)
{
    struct get_args a = decode_get(in);
    ffa_rc_t rc = validate_get(ctx, &a);
    uint64_t sp = 0;
    uint32_t spm = 0;

    if ( !ffa_ok(rc) )
        return rc;

    a.vcpu = array_index_nospec(a.vcpu, ctx->d->max_vcpus);
    rc = act_get(ctx, &a, &sp, &spm);
    if ( !ffa_ok(rc) )
    {
        FFA_COUNT(ctx, get_error);
        return rc;
    }

    FFA_COUNT_CALL(ctx, get);
    if ( sp )
        atomic_add(hweight64(sp), &ctx->count.bits);
    else if ( !spm )
        FFA_COUNT_CALL(ctx, get_empty);
    ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DELIVERED, sp);
    ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DELIVERED, spm);
    ffa_trace("get d%uv%u sp 0x%016"PRIx64"\n", ctx->d->domain_id, a.vcpu, sp);

    ffa_encode_success(out, (uint32_t)sp, sp >> 32);
    out->x[6] = spm;
    return FFA_OK;
}

static bool unreported(const struct ffa_hint *h)
{
    return (h->sp || h->spm) && !h->reported;
}

/*
 * FFA_NOTIFICATION_INFO_GET: what we know of this VM, as one list and the more flag, in the width of the call. Never
 * forwarded: the SPMC would name other VMs, and think that they have been told. NO_DATA: nothing new.
 */
FFA_HANDLER(notif_info_get)
{
    struct ffa_notif *notif = &ctx->notif;
    unsigned int i, nr = 0, per_reg = in->x[0] & FFA_CONV_64 ? 4 : 2;
    uint16_t ids[4] = { ctx->vm_id };
    bool more = false, found;

    FFA_COUNT_CALL(ctx, info_vm);

    /* Nothing, seen without the lock: what comes at this moment comes with an NPI. */
    if ( !unreported(&notif->hint[ctx->d->max_vcpus]) && !others_wait(ctx, ctx->d->max_vcpus) )
        return FFA_NO_DATA;

    spin_lock(&notif->lock);
    found = unreported(&notif->hint[ctx->d->max_vcpus]);
    notif->hint[ctx->d->max_vcpus].reported |= found;
    for ( i = 0; i < ctx->d->max_vcpus && !more; i++ )
    {
        if ( !unreported(&notif->hint[i]) )
            continue;

        found = true;
        more = nr == ARRAY_SIZE(ids) - 1;
        if ( !more )
        {
            ids[++nr] = i;
            notif->hint[i].reported = true;
        }
    }
    spin_unlock(&notif->lock);

    if ( !found )
        return FFA_NO_DATA;

    *out = (struct ffa_regs){
        .x = {
            [0] = in->x[0] & FFA_CONV_64 ? FFA_FID(SUCCESS_64) : FFA_FID(SUCCESS_32),
            [2] = (more ? 1 : 0) | (1U << 7) | (nr << 12),
        },
        .nr = FFA_NR_REGS_SHORT,
    };
    for ( i = 0; i <= nr; i++ )
        out->x[3 + i / per_reg] |= (uint64_t)ids[i] << (16 * (i % per_reg));

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

/* @other is the endpoint that is not the caller; OK: the SP index of it is in @sp */
static ffa_rc_t validate_bits(const struct ffa_ctx *ctx, const struct bits_args *a, uint16_t other, int *sp)
{
    if ( other == ctx->vm_id || other == FFA_ID_HYP || !a->bits )
        return FFA_INVALID_PARAMETERS;

    if ( !(other & FFA_ID_SECURE) )
        return FFA_NOT_SUPPORTED;

    *sp = ffa_splist_index(other);

    return *sp < 0 || !ffa_may_sp(ctx, *sp, FFA_MAY_NOTIFY) ? FFA_INVALID_PARAMETERS : FFA_OK;
}

static ffa_rc_t forward(const struct ffa_regs *in)
{
    return ffa_spmc_simple(in->x[0], in->x[1], in->x[2], in->x[3], in->x[4], NULL);
}

/*
 * FFA_NOTIFICATION_BIND: w1 = sender:receiver, w2 bit 0 = per-vCPU, w3, w4 = bits lo, hi. The SPMC knows what is bound;
 * ctx->notif.bound is kept for the day the VM dies.
 */
FFA_HANDLER(notif_bind)
{
    struct bits_args a = decode_bits(in);
    int sp = -1;
    ffa_rc_t rc;

    if ( (a.flags & ~FFA_NOTIF_PER_VCPU) || a.receiver != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, &a, a.sender, &sp);
    if ( !ffa_ok(rc) )
        return rc;

    FFA_COUNT_CALL(ctx, bind);
    rc = forward(in);
    if ( !ffa_ok(rc) )
        return rc;

    spin_lock(&ctx->notif.lock);
    ctx->notif.bound[sp] |= a.bits;
    ctx->notif.bind_gen++;
    spin_unlock(&ctx->notif.lock);
    ffa_encode_success(out, 0, 0);

    return FFA_OK;
}

/*
 * FFA_NOTIFICATION_UNBIND: w1 = sender:receiver, w2 MBZ, w3, w4 = bits lo, hi.
 * If another vCPU bound something meanwhile we cannot tell which came first at the SPMC: the bits stay recorded. Too many
 * do no harm, unbind_all() finds out; one too few would leave the bitmap undestroyed.
 */
FFA_HANDLER(notif_unbind)
{
    struct bits_args a = decode_bits(in);
    unsigned int gen;
    int sp = -1;
    ffa_rc_t rc;

    if ( a.flags || a.receiver != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, &a, a.sender, &sp);
    if ( !ffa_ok(rc) )
        return rc;

    spin_lock(&ctx->notif.lock);
    gen = ctx->notif.bind_gen;
    spin_unlock(&ctx->notif.lock);

    FFA_COUNT_CALL(ctx, unbind);
    rc = forward(in);
    if ( !ffa_ok(rc) )
        return rc;

    spin_lock(&ctx->notif.lock);
    if ( gen == ctx->notif.bind_gen )
        ctx->notif.bound[sp] &= ~a.bits;
    spin_unlock(&ctx->notif.lock);
    ffa_encode_success(out, 0, 0);

    return FFA_OK;
}

static ffa_rc_t act_set(struct ffa_ctx *ctx, const struct bits_args *a, const struct ffa_regs *in)
{
    int sp = -1;
    ffa_rc_t rc;

    if ( (a->flags & 0xffffU & ~FFA_NOTIF_PER_VCPU) || (!(a->flags & FFA_NOTIF_PER_VCPU) && (a->flags >> 16)) ||
         a->sender != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    rc = validate_bits(ctx, a, a->receiver, &sp);
    if ( !ffa_ok(rc) )
        return rc;

    FFA_COUNT_CALL(ctx, set);

    return forward(in);
}

/*
 * FFA_NOTIFICATION_SET: w1 = sender:receiver, w2 = vCPU id [31:16], per-vCPU [0], w3, w4 = bits lo, hi. To SPs only. The
 * flag that delays the SRI is for secure senders.
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

/* ---- Birth and death ------------------------------------------------------------------------------------------- */

static ffa_rc_t create(const struct ffa_ctx *ctx)
{
    return ffa_spmc_simple(FFA_FID(NOTIF_BITMAP_CREATE), ctx->vm_id, ctx->notif.nr_vcpus, 0, 0, NULL);
}

static ffa_rc_t destroy(const struct ffa_ctx *ctx)
{
    return ffa_spmc_simple(FFA_FID(NOTIF_BITMAP_DESTROY), ctx->vm_id, 0, 0, 0, NULL);
}

/* Fetch and discard. Returns: false if the SPMC did not give all there is. */
static bool drain(struct ffa_ctx *ctx)
{
    unsigned int vcpu, i;
    bool all = true;
    uint64_t sp;
    uint32_t spm;

    for ( vcpu = 0; vcpu < ctx->notif.nr_vcpus; vcpu++ )
        for ( i = 0; i < DRAIN_MAX; i++ )
        {
            if ( !ffa_ok(get_at_spmc(ctx, vcpu, NOTIF_SPS, &sp, &spm)) )
            {
                all = false;
                break;
            }
            if ( !sp && !spm )
                break;
            FFA_COUNT_ADD(ctx, drained, hweight64(sp));
            ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DROPPED, sp);
            ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DROPPED, spm);
        }

    return all;
}

/* ffa_notif_init - let the SPMC make a bitmap. If it will not, the VM runs without notifications, and a line says so. */
int ffa_notif_init(struct ffa_ctx *ctx)
{
    ffa_rc_t rc;

    init_timer(&ctx->notif.timer, retry, ctx, smp_processor_id());
    if ( !ffa_notif_works() )
        return 0;

    ctx->notif.nr_vcpus = min(ctx->d->max_vcpus, opt_vcpus ?: num_online_cpus());
    rc = create(ctx);
    if ( ffa_is(rc, FFA_DENIED) )
    {
        /* There is one already: of whoever was here before us, since nobody else has this id. */
        printk(XENLOG_WARNING "ffa: d%u: BITMAP_CREATE denied, VM %u may have had a life before\n", ctx->d->domain_id,
               ctx->vm_id);
        drain(ctx);
        destroy(ctx);
        rc = create(ctx);
    }
    ctx->notif.bitmap = ffa_ok(rc);
    if ( !ctx->notif.bitmap )
        printk(XENLOG_WARNING "ffa: d%u runs without notifications: BITMAP_CREATE: %d\n", ctx->d->domain_id, rc.code);

    return 0;
}

static bool unbind(const struct ffa_ctx *ctx, uint16_t sp, uint64_t bits)
{
    return ffa_ok(ffa_spmc_simple(FFA_FID(NOTIF_UNBIND), ((uint32_t)sp << 16) | ctx->vm_id, 0, (uint32_t)bits,
                                  bits >> 32, NULL));
}

/* All or nothing, says the SPMC; when our record has a bit too many, or one pends again, the bits go one by one. */
static void unbind_all(struct ffa_ctx *ctx)
{
    unsigned int i, bit;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        uint16_t sp = ffa_splist_sp(i)->id;
        uint64_t bits = ctx->notif.bound[i];

        if ( !bits )
            continue;

        if ( unbind(ctx, sp, bits) )
        {
            ctx->notif.bound[i] = 0;
            continue;
        }

        for ( bit = 0; bit < 64; bit++ )
            if ( ((bits >> bit) & 1) && unbind(ctx, sp, (uint64_t)1 << bit) )
                ctx->notif.bound[i] &= ~((uint64_t)1 << bit);
    }
}

/*
 * ffa_notif_fini - take the VM's bitmap away
 * The SPMC refuses while something pends (all), or is bound (O), and the next VM with this id would inherit both: drain,
 * unbind what this VM bound, destroy, and again if an SP rang in between. Not before all is drained: some destroy what
 * pends, and give it to the next.
 */
enum ffa_fini ffa_notif_fini(struct ffa_ctx *ctx, bool last)
{
    struct ffa_notif *notif = &ctx->notif;
    bool first;
    ffa_rc_t rc;

    spin_lock(&notif->lock);
    first = !notif->dying;
    notif->dying = true;
    spin_unlock(&notif->lock);

    /* Nobody arms it any more. */
    if ( first )
        kill_timer(&notif->timer);

    if ( !notif->bitmap )
        return FFA_FINI_DONE;

    /* If GET fails for long, the SPMC may have nothing to give. */
    if ( !drain(ctx) && !last && !ctx->fini_late )
        return FFA_FINI_AGAIN;

    unbind_all(ctx);
    rc = destroy(ctx);

    /* For long it has said that there is none: so be it. */
    if ( !ffa_ok(rc) && !last && !(ctx->fini_late && ffa_is(rc, FFA_INVALID_PARAMETERS)) )
        return FFA_FINI_AGAIN;

    if ( !ffa_ok(rc) )
        printk(XENLOG_ERR "ffa: d%u: BITMAP_DESTROY: %d\n", ctx->d->domain_id, rc.code);

    spin_lock(&notif->lock);
    notif->bitmap = false;
    spin_unlock(&notif->lock);

    return FFA_FINI_DONE;
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
