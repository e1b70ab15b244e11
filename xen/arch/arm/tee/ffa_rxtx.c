/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RX and TX of a VM: RXTX_MAP, RXTX_UNMAP, RX_RELEASE, writing a message into RX, copying one out of TX.
 *
 * Owns ctx->rxtx and a reference on each page in it, from MAP to UNMAP or the VM's death. Refuses whatever is not the VM's
 * own writable RAM, and pages of the hypervisor that the guest merely sees.
 *
 * An SPMC that offers RX_ACQUIRE gets to know the pair, and then says who owns RX: it is asked before
 * something is written there, and hears of each RX_RELEASE; what an SP has put there, it alone knows. Of RX it is given the
 * first page: one range of each buffer is all that some SPMCs look at, and one page all that some bear. For the VM's TX it is
 * given a page of ours: what it reads there is what we have checked and the VM cannot change any more.
 *
 * Lock: ctx->rxtx.lock; pages are taken and put, and the SPMC is called, outside of it. What is under way meanwhile is in
 * ->changing and ->rx, and keeps others off.   Spec: DEN0077A 1.2, chapter "Setup", RX/TX buffers.
 */
#include <xen/domain_page.h>
#include <xen/string.h>

#include <asm/p2m.h>

#include "ffa_private.h"

/* So often must the SPMC deny that it has the pair of a dead VM */
#define FINI_DENIALS                    8U

struct rxtx_map_args {
    paddr_t tx, rx;                     /* IPA of the first byte; the VM's own names                                 */
    uint64_t pages;                     /* FF-A pages in each                                                        */
};

static struct rxtx_map_args decode_map(const struct ffa_regs *in)
{
    return (struct rxtx_map_args){ .tx = in->x[1], .rx = in->x[2], .pages = (uint32_t)in->x[3] };
}

static ffa_rc_t validate_map(const struct rxtx_map_args *a)
{
    paddr_t bytes = a->pages * FFA_PAGE_SIZE;

    BUILD_BUG_ON(PAGE_SIZE != FFA_PAGE_SIZE);

    /* Linux with larger pages asks for more than we take, and comes back with less only after INVALID_PARAMETERS. */
    if ( !a->pages || a->pages > FFA_RXTX_MAX_PAGES )
        return FFA_INVALID_PARAMETERS;

    if ( !IS_ALIGNED(a->tx, FFA_PAGE_SIZE) || !IS_ALIGNED(a->rx, FFA_PAGE_SIZE) )
        return FFA_INVALID_PARAMETERS;

    if ( a->tx + bytes < a->tx || a->rx + bytes < a->rx )
        return FFA_INVALID_PARAMETERS;

    if ( a->tx < a->rx + bytes && a->rx < a->tx + bytes )
        return FFA_INVALID_PARAMETERS;

    return FFA_OK;
}

static void put_pages(struct page_info **pages, unsigned int nr)
{
    while ( nr )
        put_page(pages[--nr]);
}

/* A reference on each of @nr pages from @gpa up, or none. */
static bool get_pages(struct domain *d, paddr_t gpa, struct page_info **pages, unsigned int nr)
{
    unsigned int i;
    p2m_type_t t;

    for ( i = 0; i < nr; i++ )
    {
        pages[i] = get_page_from_gfn(d, gfn_x(gaddr_to_gfn(gpa)) + i, &t, P2M_ALLOC);
        if ( !pages[i] )
            break;

        if ( t != p2m_ram_rw || is_special_page(pages[i]) )
        {
            put_page(pages[i]);
            break;
        }
    }

    if ( i == nr )
        return true;

    put_pages(pages, i);
    return false;
}

/* Is one frame in both buffers, under two addresses? */
static bool share_a_page(struct page_info *const *a, struct page_info *const *b, unsigned int nr)
{
    unsigned int i, j;

    for ( i = 0; i < nr; i++ )
        for ( j = 0; j < nr; j++ )
            if ( a[i] == b[j] )
                return true;

    return false;
}

static void unmap_pages(void *const *map, unsigned int nr)
{
    while ( nr )
        unmap_domain_page_global(map[--nr]);
}

static bool map_pages(struct page_info *const *pages, void **map, unsigned int nr)
{
    unsigned int i;

    for ( i = 0; i < nr; i++ )
    {
        map[i] = __map_domain_page_global(pages[i]);
        if ( !map[i] )
        {
            unmap_pages(map, i);
            return false;
        }
    }

    return true;
}

/* ---- The pair and the SPMC ------------------------------------------------------------------------------------- */

static ffa_rc_t forward_unmap(const struct ffa_ctx *ctx)
{
    return ffa_spmc_simple(FFA_FID(RXTX_UNMAP), (uint32_t)ctx->vm_id << 16, 0, 0, 0, NULL);
}

/* Take back a pair of which the SPMC did not say whether it has it. OK: it does not, or not any more. */
static ffa_rc_t forward_undo(const struct ffa_ctx *ctx)
{
    ffa_rc_t rc = forward_unmap(ctx);

    return ffa_is(rc, FFA_INVALID_PARAMETERS) ? FFA_OK : rc;
}

/*
 * Tell the SPMC of the pair, if it wants to know: ->forwarded then. Also after an answer without sense that it cannot take
 * back: it may use the pages. RX is UNSURE then.
 */
static ffa_rc_t forward_map(struct ffa_ctx *ctx, struct ffa_rxtx *pair)
{
    struct ffa_regs regs = { .x = { FFA_FID(RXTX_MAP_64) } };
    ffa_rc_t rc;

    if ( !ffa_spmc_has(FFA_NR_RX_ACQUIRE) )
        return FFA_OK;

    pair->out = alloc_xenheap_pages(0, 0);
    if ( !pair->out )
        return FFA_NO_MEMORY;

    clear_page(pair->out);
    ffa_desc_emit_rxtx(ffa_spmc_tx_acquire(), ctx->vm_id, page_to_maddr(pair->rx[0]), __pa(pair->out), 1);
    ffa_spmc_call(&regs);
    ffa_spmc_tx_release();
    rc = ffa_spmc_status(&regs);
    pair->forwarded = ffa_ok(rc);
    if ( ffa_is(rc, FFA_ABORTED) && !ffa_ok(forward_undo(ctx)) )
    {
        pair->forwarded = true;
        pair->rx_state = FFA_RX_UNSURE;
        FFA_COUNT(ctx, bad_response);
        guest_printk(ctx->d, XENLOG_G_WARNING "ffa: neither yes nor no to RXTX_MAP (%#"PRIx64"): pages kept\n",
                     regs.x[0]);
    }
    if ( !pair->forwarded )
        free_xenheap_pages(pair->out, 0);

    return rc;
}

static ffa_rc_t forward_rx(const struct ffa_ctx *ctx, uint32_t fid)
{
    return ffa_spmc_simple(fid, ctx->vm_id, 0, 0, 0, NULL);
}

/* ---- RXTX_MAP --------------------------------------------------------------------------------------------------- */

/* From "none" to "under way". DENIED: there is a pair, or another vCPU is at it. */
static ffa_rc_t begin_map(struct ffa_ctx *ctx)
{
    ffa_rc_t rc = FFA_OK;

    spin_lock(&ctx->rxtx.lock);
    if ( ctx->rxtx.nr_pages || ctx->rxtx.changing )
        rc = FFA_DENIED;
    else
        ctx->rxtx.changing = true;
    spin_unlock(&ctx->rxtx.lock);

    return rc;
}

/* ... and to "mapped", or back with @pair NULL. */
static void end_map(struct ffa_ctx *ctx, const struct ffa_rxtx *pair)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    unsigned int i;

    spin_lock(&rxtx->lock);
    if ( pair )
    {
        for ( i = 0; i < pair->nr_pages; i++ )
        {
            rxtx->tx[i] = pair->tx[i];
            rxtx->rx[i] = pair->rx[i];
            rxtx->tx_map[i] = pair->tx_map[i];
            rxtx->rx_map[i] = pair->rx_map[i];
        }
        rxtx->rx_state = pair->rx_state;
        rxtx->forwarded = pair->forwarded;
        rxtx->out = pair->out;
        rxtx->nr_pages = pair->nr_pages;
    }
    rxtx->changing = false;
    spin_unlock(&rxtx->lock);
}

static ffa_rc_t act_map(struct ffa_ctx *ctx, const struct rxtx_map_args *a)
{
    struct ffa_rxtx pair = { .nr_pages = a->pages, .rx_state = FFA_RX_FREE };
    ffa_rc_t rc = begin_map(ctx);

    if ( !ffa_ok(rc) )
        return rc;

    rc = FFA_INVALID_PARAMETERS;
    if ( !get_pages(ctx->d, a->tx, pair.tx, pair.nr_pages) )
        goto err_end;

    if ( !get_pages(ctx->d, a->rx, pair.rx, pair.nr_pages) )
        goto err_put_tx;

    if ( share_a_page(pair.tx, pair.rx, pair.nr_pages) )
        goto err_put_rx;

    rc = FFA_NO_MEMORY;
    if ( !map_pages(pair.rx, pair.rx_map, pair.nr_pages) )
        goto err_put_rx;

    if ( !map_pages(pair.tx, pair.tx_map, pair.nr_pages) )
        goto err_unmap_rx;

    rc = forward_map(ctx, &pair);
    if ( ffa_ok(rc) || pair.forwarded )
    {
        end_map(ctx, &pair);
        return rc;
    }

    unmap_pages(pair.tx_map, pair.nr_pages);
 err_unmap_rx:
    unmap_pages(pair.rx_map, pair.nr_pages);
 err_put_rx:
    put_pages(pair.rx, pair.nr_pages);
 err_put_tx:
    put_pages(pair.tx, pair.nr_pages);
 err_end:
    end_map(ctx, NULL);

    return rc;
}

/*
 * FFA_RXTX_MAP: w1/x1 = IPA of TX, w2/x2 = IPA of RX, w3[5:0] = pages of each
 * INVALID_PARAMETERS: alignment, count, overlap, not the VM's writable RAM. DENIED: a pair is mapped already; else what
 * the SPMC says. ABORTED: it said something else; if it cannot undo that either, the pages are its until UNMAP succeeds.
 */
FFA_HANDLER(rxtx_map)
{
    struct rxtx_map_args a = decode_map(in);
    ffa_rc_t rc = validate_map(&a);

    if ( ffa_ok(rc) )
        rc = act_map(ctx, &a);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/* ---- RXTX_UNMAP, RX_RELEASE ------------------------------------------------------------------------------------ */

/* From "mapped" to "under way"; @forwarded: the SPMC has it, too. INVALID_PARAMETERS: none; DENIED: RX or TX is in use. */
static ffa_rc_t begin_unmap(struct ffa_ctx *ctx, bool force, bool *forwarded)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&rxtx->lock);
    if ( !rxtx->nr_pages || rxtx->changing )
        rc = FFA_INVALID_PARAMETERS;
    else if ( rxtx->sending || rxtx->rx_state == FFA_RX_CLAIMED || (rxtx->rx_state == FFA_RX_FULL && !force) )
        rc = FFA_DENIED;
    else
    {
        rxtx->changing = true;
        *forwarded = rxtx->forwarded;
    }
    spin_unlock(&rxtx->lock);

    return rc;
}

/* ... and to "none": nobody else uses the pages by then. */
static void end_unmap(struct ffa_ctx *ctx)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    unsigned int nr = rxtx->nr_pages;

    unmap_pages(rxtx->tx_map, nr);
    unmap_pages(rxtx->rx_map, nr);
    put_pages(rxtx->rx, nr);
    put_pages(rxtx->tx, nr);
    if ( rxtx->forwarded )
        free_xenheap_pages(rxtx->out, 0);

    spin_lock(&rxtx->lock);
    rxtx->nr_pages = 0;
    rxtx->rx_state = FFA_RX_FREE;
    rxtx->forwarded = rxtx->changing = false;
    spin_unlock(&rxtx->lock);
}

static void cancel_unmap(struct ffa_ctx *ctx)
{
    spin_lock(&ctx->rxtx.lock);
    ctx->rxtx.changing = false;
    spin_unlock(&ctx->rxtx.lock);
}

/*
 * FFA_RXTX_UNMAP. INVALID_PARAMETERS: no pair. DENIED: the VM has not released RX, or is sending. What an SP has left there shows when RX
 * is asked for; and RX must be free at the SPMC, since some keep it full over the UNMAP.
 */
FFA_HANDLER(rxtx_unmap)
{
    bool forwarded = false;
    ffa_rc_t rc = begin_unmap(ctx, false, &forwarded);

    if ( !ffa_ok(rc) )
        return rc;

    if ( forwarded )
    {
        if ( ctx->rxtx.rx_state == FFA_RX_UNSURE )
            rc = forward_undo(ctx);
        else
        {
            rc = forward_rx(ctx, FFA_FID(RX_ACQUIRE));
            if ( ffa_ok(rc) )
                rc = forward_rx(ctx, FFA_FID(RX_RELEASE));
            if ( ffa_ok(rc) )
                rc = forward_unmap(ctx);
        }
        if ( !ffa_ok(rc) )
        {
            cancel_unmap(ctx);
            return rc;
        }
    }

    end_unmap(ctx);
    ffa_encode_success(out, 0, 0);

    return FFA_OK;
}

/*
 * ffa_rx_take_back - what was delivered does not count; as if the VM had released RX
 * DENIED: the VM does not own RX, or has none, or another vCPU is at it.
 */
ffa_rc_t ffa_rx_take_back(struct ffa_ctx *ctx)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    enum ffa_rx_state before;
    ffa_rc_t rc = FFA_DENIED;
    bool forwarded = false;

    spin_lock(&rxtx->lock);
    before = rxtx->rx_state;
    if ( rxtx->nr_pages && !rxtx->changing && (before == FFA_RX_FREE || before == FFA_RX_FULL) )
    {
        forwarded = rxtx->forwarded;
        if ( forwarded )
            rxtx->rx_state = FFA_RX_CLAIMED;
        else if ( before == FFA_RX_FULL )
        {
            rxtx->rx_state = FFA_RX_FREE;
            rc = FFA_OK;
        }
    }
    spin_unlock(&rxtx->lock);

    if ( forwarded )
    {
        rc = forward_rx(ctx, FFA_FID(RX_RELEASE));
        spin_lock(&rxtx->lock);
        rxtx->rx_state = ffa_ok(rc) ? FFA_RX_FREE : before;
        spin_unlock(&rxtx->lock);
    }

    return rc;
}

/* FFA_RX_RELEASE: errors of ffa_rx_take_back(), or what the SPMC says. */
FFA_HANDLER(rx_release)
{
    ffa_rc_t rc = ffa_rx_take_back(ctx);

    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/* ---- Writing RX, reading TX ------------------------------------------------------------------------------------- */

static void set_rx_state(struct ffa_ctx *ctx, enum ffa_rx_state state)
{
    spin_lock(&ctx->rxtx.lock);
    ctx->rxtx.rx_state = state;
    spin_unlock(&ctx->rxtx.lock);
}

/*
 * ffa_rx_acquire - get hold of an empty RX with room for @bytes
 * @ctx: any VM's, that cannot be freed meanwhile
 * Returns: OK: RX is the caller's until ffa_rx_deliver(), which must come before it lets anybody else run; BUSY if RX is
 * full, in use or not mapped; NO_MEMORY if too small.   Context: no lock held.
 */
ffa_rc_t ffa_rx_acquire(struct ffa_ctx *ctx, size_t bytes)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    bool forwarded = false;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&rxtx->lock);
    if ( !rxtx->nr_pages || rxtx->changing || rxtx->rx_state != FFA_RX_FREE )
        rc = FFA_BUSY;
    else if ( bytes > (size_t)rxtx->nr_pages * FFA_PAGE_SIZE )
        rc = FFA_NO_MEMORY;
    else
    {
        rxtx->rx_state = FFA_RX_CLAIMED;
        forwarded = rxtx->forwarded;
    }
    spin_unlock(&rxtx->lock);

    /* An SP's message may be there. */
    if ( ffa_ok(rc) && forwarded && !ffa_ok(forward_rx(ctx, FFA_FID(RX_ACQUIRE))) )
    {
        set_rx_state(ctx, FFA_RX_FREE);
        rc = FFA_BUSY;
    }

    return rc;
}

/* ffa_rx_write - @bytes at @offset of RX, within what ffa_rx_acquire() was asked for */
void ffa_rx_write(struct ffa_ctx *ctx, size_t offset, const void *data, size_t bytes)
{
    const uint8_t *from = data;

    ASSERT(ctx->rxtx.rx_state == FFA_RX_CLAIMED);
    ASSERT(offset + bytes <= (size_t)ctx->rxtx.nr_pages * FFA_PAGE_SIZE);

    while ( bytes )
    {
        size_t in_page = offset % FFA_PAGE_SIZE;
        size_t n = min_t(size_t, bytes, FFA_PAGE_SIZE - in_page);

        memcpy((uint8_t *)ctx->rxtx.rx_map[offset / FFA_PAGE_SIZE] + in_page, from, n);
        from += n;
        offset += n;
        bytes -= n;
    }
}

/* ffa_rx_deliver - end of ffa_rx_acquire(): hand RX over to the VM (@full) or give it up. */
void ffa_rx_deliver(struct ffa_ctx *ctx, bool full)
{
    if ( !full && ctx->rxtx.forwarded )
        forward_rx(ctx, FFA_FID(RX_RELEASE));
    set_rx_state(ctx, full ? FFA_RX_FULL : FFA_RX_FREE);
}

/*
 * ffa_tx_copy - the first @bytes of TX, read once: from there on only the copy is believed
 * @pages: what the pair consists of at that moment; no reference is taken, for comparing only
 * Returns: false if nothing is mapped, or @bytes is more than TX has.
 */
bool ffa_tx_copy(struct ffa_ctx *ctx, void *to, size_t bytes, struct ffa_rxtx_pages *pages)
{
    const struct ffa_rxtx *rxtx = &ctx->rxtx;
    unsigned int i;
    bool fits;

    spin_lock(&ctx->rxtx.lock);
    fits = !rxtx->changing && bytes <= (size_t)rxtx->nr_pages * FFA_PAGE_SIZE;
    pages->nr = 2 * rxtx->nr_pages;
    for ( i = 0; i < rxtx->nr_pages; i++ )
    {
        pages->page[2 * i] = rxtx->tx[i];
        pages->page[2 * i + 1] = rxtx->rx[i];
    }
    for ( i = 0; fits && i * FFA_PAGE_SIZE < bytes; i++ )
        memcpy((uint8_t *)to + i * FFA_PAGE_SIZE, rxtx->tx_map[i],
               min_t(size_t, FFA_PAGE_SIZE, bytes - i * FFA_PAGE_SIZE));
    spin_unlock(&ctx->rxtx.lock);

    /* Nor may the compiler go back to the pages. */
    barrier();

    return fits;
}

/*
 * ffa_out_acquire - the page that the SPMC takes for the VM's TX, to be filled and given back by ffa_out_release() after the SMC
 * DENIED: it knows no pair of the VM; BUSY: another vCPU is sending.
 */
ffa_rc_t ffa_out_acquire(struct ffa_ctx *ctx, uint8_t **out)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&rxtx->lock);
    if ( !rxtx->nr_pages || rxtx->changing || !rxtx->forwarded )
        rc = FFA_DENIED;
    else if ( rxtx->sending )
        rc = FFA_BUSY;
    else
    {
        rxtx->sending = true;
        *out = rxtx->out;
    }
    spin_unlock(&rxtx->lock);

    return rc;
}

/* ffa_out_release - inverse of ffa_out_acquire() */
void ffa_out_release(struct ffa_ctx *ctx)
{
    spin_lock(&ctx->rxtx.lock);
    ctx->rxtx.sending = false;
    spin_unlock(&ctx->rxtx.lock);
}

/* ---- Birth and death ------------------------------------------------------------------------------------------- */

/* ffa_rxtx_init - a new VM has no buffers. */
int ffa_rxtx_init(struct ffa_ctx *ctx)
{
    return 0;
}

/*
 * ffa_rxtx_fini - put the pages, whoever owns RX: else they would keep the domain alive. Who writes to RX is waited for. An
 * SPMC that keeps the pair may use the pages: it is asked again for ever, and they are not put before.
 */
enum ffa_fini ffa_rxtx_fini(struct ffa_ctx *ctx)
{
    bool forwarded = false;
    ffa_rc_t rc = begin_unmap(ctx, true, &forwarded);

    if ( ffa_is(rc, FFA_INVALID_PARAMETERS) )
        return FFA_FINI_DONE;

    if ( ffa_ok(rc) && forwarded )
    {
        forward_rx(ctx, FFA_FID(RX_RELEASE));
        rc = forward_unmap(ctx);

        /* It knows of no pair? It did: believed when it says so again and again, since it may write to the pages. */
        if ( ffa_is(rc, FFA_INVALID_PARAMETERS) && ++ctx->rxtx.denials >= FINI_DENIALS )
            rc = FFA_OK;
        if ( !ffa_ok(rc) )
            cancel_unmap(ctx);
    }

    if ( ffa_ok(rc) )
    {
        end_unmap(ctx);
        return FFA_FINI_DONE;
    }

    return FFA_FINI_AGAIN;
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
