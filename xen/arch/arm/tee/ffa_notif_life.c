/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Birth and death of a VM's notifications: its bitmap at the SPMC, and what is left of bindings and pending bits.
 *
 * Owns ctx->notif.bitmap, nr_vcpus, phase, at, dying. Lock: ctx->notif.lock, never over an SMC.
 * Spec: DEN0077A 1.2, chapter "Notifications"; docs/notifications.md, "Death".
 */
#include <xen/param.h>

#include "ffa_private.h"

/*
 * vCPUs of a VM that have bits of their own, 0: as many as there are CPUs. An SPMC's tables have room for as many as the
 * platform has CPUs; some do not check and run past them.
 */
static unsigned int __read_mostly opt_vcpus;
integer_param("ffa-notif-vcpus", opt_vcpus);

/* Most GETs per vCPU in one attempt to drain a dead VM's bitmap */
#define DRAIN_MAX                       8U

static ffa_rc_t create(const struct ffa_ctx *ctx)
{
    return ffa_spmc_simple(FFA_FID(NOTIF_BITMAP_CREATE), ctx->vm_id, ctx->notif.nr_vcpus, 0, 0, NULL);
}

static ffa_rc_t destroy(const struct ffa_ctx *ctx)
{
    return ffa_spmc_simple(FFA_FID(NOTIF_BITMAP_DESTROY), ctx->vm_id, 0, 0, 0, NULL);
}

/* Fetch and discard. Returns: false if the SPMC did not give all there is. */
static bool drain_vcpu(struct ffa_ctx *ctx, unsigned int vcpu)
{
    unsigned int i;

    for ( i = 0; i < DRAIN_MAX; i++ )
    {
        struct ffa_notif_bits bits = { .sp = 0 };

        if ( !ffa_ok(ffa_notif_get_spmc(ctx, vcpu, FFA_NOTIF_GET_SPMC, &bits)) )
            return false;
        if ( !bits.sp && !bits.spm )
            break;
        FFA_COUNT_ADD(ctx, drained, hweight64(bits.sp));
        ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DROPPED, bits.sp);
        ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DROPPED, bits.spm);
    }

    return true;
}

/* ffa_notif_init - let the SPMC make a bitmap. If it will not, the VM runs without notifications, and a line says so. */
int ffa_notif_init(struct ffa_ctx *ctx)
{
    unsigned int vcpu;
    ffa_rc_t rc;

    if ( !ffa_notif_works() )
        return 0;

    ctx->notif.nr_vcpus = min(ctx->d->max_vcpus, opt_vcpus ?: num_online_cpus());
    rc = create(ctx);
    if ( ffa_is(rc, FFA_DENIED) )
    {
        /* There is one already: of whoever was here before us, since nobody else has this id. */
        printk(XENLOG_WARNING "ffa: d%u: BITMAP_CREATE denied, VM %u may have had a life before\n", ctx->d->domain_id,
               ctx->vm_id);
        for ( vcpu = 0; vcpu < ctx->notif.nr_vcpus; vcpu++ )
            drain_vcpu(ctx, vcpu);
        destroy(ctx);
        rc = create(ctx);
    }
    ctx->notif.bitmap = ffa_ok(rc);
    if ( !ctx->notif.bitmap )
        printk(XENLOG_WARNING "ffa: d%u runs without notifications: BITMAP_CREATE: %d\n", ctx->d->domain_id, rc.code);

    return 0;
}

/* The phases of a death, each as far as this step's time reaches, but at least one item further; notif->at is the next item. */
typedef enum ffa_fini phase_fn(struct ffa_ctx *ctx);

static bool step_over(const struct ffa_ctx *ctx)
{
    return NOW() >= ctx->fini_slice;
}

/* An item is a vCPU. If GET fails for long, the SPMC may have nothing to give. */
static enum ffa_fini drain(struct ffa_ctx *ctx)
{
    struct ffa_notif *notif = &ctx->notif;
    unsigned int first = notif->at;

    for ( ; notif->at < notif->nr_vcpus; notif->at++ )
    {
        if ( notif->at != first && step_over(ctx) )
            return FFA_FINI_MORE;
        if ( !drain_vcpu(ctx, notif->at) && !ctx->fini_late )
            return FFA_FINI_AGAIN;
    }

    return FFA_FINI_DONE;
}

static bool unbind(const struct ffa_ctx *ctx, uint16_t sp, uint64_t bits)
{
    return ffa_ok(ffa_spmc_simple(FFA_FID(NOTIF_UNBIND), ((uint32_t)sp << 16) | ctx->vm_id, 0, (uint32_t)bits,
                                  bits >> 32, NULL));
}

/*
 * An item is a bit of an SP, the first one stands for all. All or nothing, says the SPMC; when one is not bound any more, or
 * pends again, the bits go one by one.
 */
static enum ffa_fini unbind_all(struct ffa_ctx *ctx)
{
    struct ffa_notif *notif = &ctx->notif;
    unsigned int first = notif->at;

    for ( ; notif->at < ffa_splist_sps() * 64; notif->at++ )
    {
        uint64_t *bound = &notif->bound[notif->at / 64], bit = (uint64_t)1 << notif->at % 64;
        uint16_t sp = ffa_splist_sp(notif->at / 64)->id;

        if ( !(*bound & (bit == 1 ? ~(uint64_t)0 : bit)) )
            continue;
        if ( notif->at != first && step_over(ctx) )
            return FFA_FINI_MORE;

        if ( bit == 1 && unbind(ctx, sp, *bound) )
            *bound = 0;
        else if ( (*bound & bit) && unbind(ctx, sp, bit) )
            *bound &= ~bit;
    }

    return FFA_FINI_DONE;
}

/* Once more at the end: SPs could ring until then. */
static phase_fn *const phases[] = { drain, unbind_all, drain };

/*
 * ffa_notif_fini - take the VM's bitmap away
 * The SPMC refuses while something pends (all), or is bound (O), and the next VM with this id would inherit both: drain,
 * unbind what this VM bound, drain what came meanwhile, destroy; all of it again if that is refused. Not before all is
 * drained: some destroy what pends, and give it to the next.
 */
enum ffa_fini ffa_notif_fini(struct ffa_ctx *ctx)
{
    struct ffa_notif *notif = &ctx->notif;
    bool first;
    ffa_rc_t rc;

    spin_lock(&notif->lock);
    first = !notif->dying;
    notif->dying = true;
    spin_unlock(&notif->lock);

    if ( first )
    {
        ffa_notif_own_fini(ctx);
        ffa_hyp_vm_fini(ctx);
    }

    if ( !notif->bitmap )
        return FFA_FINI_DONE;

    for ( ; notif->phase < ARRAY_SIZE(phases); notif->phase++, notif->at = 0 )
    {
        enum ffa_fini fini = phases[notif->phase](ctx);

        if ( fini != FFA_FINI_DONE )
            return fini;
    }

    rc = destroy(ctx);

    /* For long it has said that there is none: so be it. */
    if ( !ffa_ok(rc) && !(ctx->fini_late && ffa_is(rc, FFA_INVALID_PARAMETERS)) )
    {
        notif->phase = 0;
        return FFA_FINI_AGAIN;
    }

    if ( !ffa_ok(rc) )
        printk(XENLOG_ERR "ffa: d%u: BITMAP_DESTROY: %d\n", ctx->vm_id - 1, rc.code);

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
