/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Birth and death of a VM's notifications: its bitmap at the SPMC, and what is left of bindings and pending bits.
 *
 * Owns ctx->notif.bitmap, nr_vcpus, dying. Lock: ctx->notif.lock, never over an SMC.
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
static bool drain(struct ffa_ctx *ctx)
{
    unsigned int vcpu, i;
    bool all = true;

    for ( vcpu = 0; vcpu < ctx->notif.nr_vcpus; vcpu++ )
        for ( i = 0; i < DRAIN_MAX; i++ )
        {
            struct ffa_notif_bits bits = { .sp = 0 };

            if ( !ffa_ok(ffa_notif_get_spmc(ctx, vcpu, FFA_NOTIF_GET_SPMC, &bits)) )
            {
                all = false;
                break;
            }
            if ( !bits.sp && !bits.spm )
                break;
            FFA_COUNT_ADD(ctx, drained, hweight64(bits.sp));
            ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DROPPED, bits.sp);
            ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DROPPED, bits.spm);
        }

    return all;
}

/* ffa_notif_init - let the SPMC make a bitmap. If it will not, the VM runs without notifications, and a line says so. */
int ffa_notif_init(struct ffa_ctx *ctx)
{
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

/* All or nothing, says the SPMC; when one is not bound any more, or pends again, the bits go one by one. */
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

    if ( first )
    {
        ffa_notif_own_fini(ctx);
        ffa_hyp_vm_fini(ctx);
    }

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
