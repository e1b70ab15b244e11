/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RX and TX of a VM: RXTX_MAP, RXTX_UNMAP, RX_RELEASE, writing a message into RX, copying one out of TX.
 *
 * Owns ctx->rxtx and a reference on each page in it, from MAP to UNMAP or the VM's death. The SPMC never sees these
 * buffers. Refuses whatever is not the VM's own writable RAM, and pages of the hypervisor that the guest merely sees.
 * Lock: ctx->rxtx.lock; pages are taken and put outside of it.   Spec: DEN0077A 1.2, chapter "Setup", RX/TX buffers.
 */
#include <xen/domain_page.h>
#include <xen/string.h>

#include <asm/p2m.h>

#include "ffa_private.h"

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

static ffa_rc_t act_map(struct ffa_ctx *ctx, const struct rxtx_map_args *a)
{
    struct page_info *tx[FFA_RXTX_MAX_PAGES], *rx[FFA_RXTX_MAX_PAGES];
    void *tx_map[FFA_RXTX_MAX_PAGES], *rx_map[FFA_RXTX_MAX_PAGES];
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;
    unsigned int i, nr = a->pages;

    if ( !get_pages(ctx->d, a->tx, tx, nr) )
        return rc;

    if ( !get_pages(ctx->d, a->rx, rx, nr) )
        goto err_put_tx;

    if ( share_a_page(tx, rx, nr) )
        goto err_put_rx;

    rc = FFA_NO_MEMORY;
    if ( !map_pages(rx, rx_map, nr) )
        goto err_put_rx;

    if ( !map_pages(tx, tx_map, nr) )
        goto err_unmap_rx;

    spin_lock(&ctx->rxtx.lock);
    rc = ctx->rxtx.nr_pages ? FFA_DENIED : FFA_OK;
    if ( ffa_ok(rc) )
    {
        for ( i = 0; i < nr; i++ )
        {
            ctx->rxtx.tx[i] = tx[i];
            ctx->rxtx.rx[i] = rx[i];
            ctx->rxtx.tx_map[i] = tx_map[i];
            ctx->rxtx.rx_map[i] = rx_map[i];
        }
        ctx->rxtx.rx_full = false;
        ctx->rxtx.nr_pages = nr;
    }
    spin_unlock(&ctx->rxtx.lock);
    if ( ffa_ok(rc) )
        return rc;

    unmap_pages(tx_map, nr);
 err_unmap_rx:
    unmap_pages(rx_map, nr);
 err_put_rx:
    put_pages(rx, nr);
 err_put_tx:
    put_pages(tx, nr);

    return rc;
}

/*
 * FFA_RXTX_MAP: w1/x1 = IPA of TX, w2/x2 = IPA of RX, w3[5:0] = pages of each
 * INVALID_PARAMETERS: alignment, count, overlap, not the VM's writable RAM. DENIED: a pair is mapped already.
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

/* Take the pair away; @force: even if the VM owns RX. */
static ffa_rc_t unmap(struct ffa_ctx *ctx, bool force)
{
    struct ffa_rxtx *rxtx = &ctx->rxtx;
    struct page_info *tx[FFA_RXTX_MAX_PAGES], *rx[FFA_RXTX_MAX_PAGES];
    void *tx_map[FFA_RXTX_MAX_PAGES], *rx_map[FFA_RXTX_MAX_PAGES];
    unsigned int i, nr = 0;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&rxtx->lock);
    if ( !rxtx->nr_pages )
        rc = FFA_INVALID_PARAMETERS;
    else if ( rxtx->rx_full && !force )
        rc = FFA_DENIED;
    else
    {
        nr = rxtx->nr_pages;
        for ( i = 0; i < nr; i++ )
        {
            tx[i] = rxtx->tx[i];
            rx[i] = rxtx->rx[i];
            tx_map[i] = rxtx->tx_map[i];
            rx_map[i] = rxtx->rx_map[i];
        }
        rxtx->nr_pages = 0;
        rxtx->rx_full = false;
    }
    spin_unlock(&rxtx->lock);

    if ( nr )
    {
        unmap_pages(tx_map, nr);
        unmap_pages(rx_map, nr);
        put_pages(rx, nr);
        put_pages(tx, nr);
    }

    return rc;
}

/* FFA_RXTX_UNMAP. INVALID_PARAMETERS: no pair. DENIED: the VM has not released RX. */
FFA_HANDLER(rxtx_unmap)
{
    ffa_rc_t rc = unmap(ctx, false);

    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/* FFA_RX_RELEASE. DENIED: the VM does not own RX, or has none. */
FFA_HANDLER(rx_release)
{
    ffa_rc_t rc = FFA_DENIED;

    spin_lock(&ctx->rxtx.lock);
    if ( ctx->rxtx.nr_pages && ctx->rxtx.rx_full )
    {
        ctx->rxtx.rx_full = false;
        rc = FFA_OK;
    }
    spin_unlock(&ctx->rxtx.lock);

    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/*
 * ffa_rx_acquire - get hold of an empty RX with room for @bytes
 * Returns: OK with ctx->rxtx.lock held, until ffa_rx_deliver(); BUSY if RX is full or not mapped; NO_MEMORY if too small.
 */
ffa_rc_t ffa_rx_acquire(struct ffa_ctx *ctx, size_t bytes)
{
    ffa_rc_t rc = FFA_OK;

    spin_lock(&ctx->rxtx.lock);
    if ( !ctx->rxtx.nr_pages || ctx->rxtx.rx_full )
        rc = FFA_BUSY;
    else if ( bytes > (size_t)ctx->rxtx.nr_pages * FFA_PAGE_SIZE )
        rc = FFA_NO_MEMORY;

    if ( !ffa_ok(rc) )
        spin_unlock(&ctx->rxtx.lock);

    return rc;
}

/* ffa_rx_write - @bytes at @offset of RX, within what ffa_rx_acquire() was asked for; the lock is held. */
void ffa_rx_write(struct ffa_ctx *ctx, size_t offset, const void *data, size_t bytes)
{
    const uint8_t *from = data;

    ASSERT(spin_is_locked(&ctx->rxtx.lock));
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

/* ffa_rx_deliver - end of ffa_rx_acquire(): hand RX over to the VM (@full) or keep it. */
void ffa_rx_deliver(struct ffa_ctx *ctx, bool full)
{
    ctx->rxtx.rx_full = full;
    spin_unlock(&ctx->rxtx.lock);
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
    fits = bytes <= (size_t)rxtx->nr_pages * FFA_PAGE_SIZE;
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

/* ffa_rxtx_init - a new VM has no buffers. */
int ffa_rxtx_init(struct ffa_ctx *ctx)
{
    return 0;
}

/* ffa_rxtx_fini - put the pages, whoever owns RX: else they would keep the domain alive. */
enum ffa_fini ffa_rxtx_fini(struct ffa_ctx *ctx, bool last)
{
    unmap(ctx, true);
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
