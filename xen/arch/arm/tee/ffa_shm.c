/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory a VM shares with an SP: MEM_SHARE and MEM_RECLAIM. docs/memory-sharing.md tells the whole way.
 *
 * Owns ctx->shm: each share of the VM with a reference on every page in it, so that no frame is used for anything else
 * while the secure world may touch it. Refuses pages that are not the VM's own writable RAM, that the hypervisor keeps,
 * or that are its RX/TX; more than the limits of the VM; handles that are not the VM's: RECLAIM names no sender, so the
 * SPMC could not tell. A page may be in several shares, Linux does that; each share has its own reference.
 *
 * Life of a share (state, under ctx->shm.lock):
 *   FILLING    -- the SPMC takes it --> SHARED      pages pinned, handle known
 *   FILLING    -- any error         --> gone        pages put back
 *   SHARED     -- MEM_RECLAIM       --> RECLAIMING  keeps others off it while the SPMC is asked
 *   RECLAIMING -- yes / no          --> gone / SHARED
 *   FILLING, RECLAIMING -- an answer that makes no sense --> LOST   the pages are never put: the SPMC may use them
 *
 * Lock: ctx->shm.lock, for the list, the counts and the states only: pages are pinned and put, and the SPMC is called,
 * without it. While FILLING or RECLAIMING a share belongs to the vCPU that made it so. That vCPU can be descheduled for
 * ever in pin(), nowhere else: everything it holds hangs on the share.
 * Spec: DEN0077A 1.2, chapter "Memory management".
 */
#include <xen/param.h>
#include <xen/softirq.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

#include <asm/p2m.h>

#include "ffa_private.h"

/* Limits of each VM: pages in all its shares together, and shares */
static unsigned int __read_mostly opt_max_pages = 4096;
integer_param("ffa-shm-max-pages", opt_max_pages);

static unsigned int __read_mostly opt_max_count = 64;
integer_param("ffa-shm-max-count", opt_max_count);

/* Normal write-back inner-shareable memory: how we and the guests map RAM */
#define ATTRIBUTES                      0x2fU
#define ATTR_RESERVED                   GENMASK(15, 7)
#define ATTR_NS                         BIT(6, U)

#define PERM_RESERVED                   GENMASK(7, 4)
#define PERM_EXEC                       GENMASK(3, 2)
#define PERM_DATA                       GENMASK(1, 0)

#define RECLAIM_FLAGS                   GENMASK(1, 0)   /* zero the memory, may be time-sliced                       */

#define HANDLE_OF_HYP                   BIT(63, ULL)    /* handles with this bit are not the SPMC's to give          */

#define PIN_STRETCH                     256U            /* pages between two looks at what else there is to do       */
#define FINI_STRETCH                    16U             /* shares of a dead VM that are reclaimed at once            */

enum share_state { FILLING, SHARED, RECLAIMING, LOST };

struct ffa_share {
    struct list_head list;              /* ctx->shm.shares                                                           */
    enum share_state state;
    uint64_t handle;                    /* not while FILLING; LOST: perhaps                                          */
    uint32_t nr_pages;                  /* that were counted against the limit                                       */
    struct ffa_mem_range *ranges;       /* PAs; a reference is held on each page                                     */
    uint32_t nr_ranges, max_ranges;     /* used, allocated                                                           */
    void *desc;                         /* FILLING: our copy of the VM's descriptor                                  */
};

/* ---- References ------------------------------------------------------------------------------------------------- */

/* One more page at the end; false without memory. */
static bool push_page(struct ffa_share *share, paddr_t pa)
{
    struct ffa_mem_range *last = share->nr_ranges ? &share->ranges[share->nr_ranges - 1] : NULL;

    if ( last && last->base + (uint64_t)last->pages * FFA_PAGE_SIZE == pa )
    {
        last->pages++;
        return true;
    }

    if ( share->nr_ranges == share->max_ranges )
    {
        unsigned int max = max(share->max_ranges * 2, 8U);
        struct ffa_mem_range *ranges = xzalloc_array(struct ffa_mem_range, max);

        if ( !ranges )
            return false;

        if ( share->nr_ranges )
            memcpy(ranges, share->ranges, share->nr_ranges * sizeof(*ranges));
        xfree(share->ranges);
        share->ranges = ranges;
        share->max_ranges = max;
    }

    share->ranges[share->nr_ranges++] = (struct ffa_mem_range){ .base = pa, .pages = 1 };

    return true;
}

static ffa_rc_t pin_page(struct domain *d, struct ffa_share *share, paddr_t ipa)
{
    p2m_type_t t;
    struct page_info *page = get_page_from_gfn(d, gfn_x(gaddr_to_gfn(ipa)), &t, P2M_ALLOC);
    ffa_rc_t rc = FFA_DENIED;

    if ( !page )
        return rc;

    if ( t == p2m_ram_rw && page_get_owner(page) == d && !is_special_page(page) )
        rc = push_page(share, page_to_maddr(page)) ? FFA_OK : FFA_NO_MEMORY;
    if ( !ffa_ok(rc) )
        put_page(page);

    return rc;
}

/* A reference on each page of the descriptor. On an error share_drop() puts those that were taken. */
static ffa_rc_t pin(struct domain *d, struct ffa_share *share, const struct ffa_mem_desc *desc)
{
    unsigned int done = 0;
    uint32_t i, j;
    ffa_rc_t rc;

    for ( i = 0; i < desc->nr_ranges; i++ )
    {
        struct ffa_mem_range range;

        ffa_mem_range(share->desc, desc, i, &range);
        for ( j = 0; j < range.pages; j++ )
        {
            rc = pin_page(d, share, range.base + (uint64_t)j * FFA_PAGE_SIZE);
            if ( !ffa_ok(rc) )
                return rc;

            /* Timers, other vCPUs: a VM with a large share has no right to more than its time slice. */
            if ( ++done % PIN_STRETCH == 0 )
                do_softirq();
        }
    }

    return FFA_OK;
}

/* From the last one backwards. */
static void unpin(struct ffa_share *share)
{
    while ( share->nr_ranges )
    {
        struct ffa_mem_range *last = &share->ranges[share->nr_ranges - 1];

        put_page(maddr_to_page(last->base + (uint64_t)--last->pages * FFA_PAGE_SIZE));
        if ( !last->pages )
            share->nr_ranges--;
    }
}

/* Does a page occur twice, or is it one of the VM's RX/TX? */
static ffa_rc_t check_pages(const struct ffa_share *share, const struct ffa_rxtx_pages *rxtx)
{
    struct ffa_mem_range *sorted;
    uint32_t i, j;
    bool twice;

    for ( i = 0; i < rxtx->nr; i++ )
    {
        paddr_t pa = page_to_maddr(rxtx->page[i]);

        for ( j = 0; j < share->nr_ranges; j++ )
            if ( pa >= share->ranges[j].base &&
                 pa - share->ranges[j].base < (uint64_t)share->ranges[j].pages * FFA_PAGE_SIZE )
                return FFA_DENIED;
    }

    sorted = xzalloc_array(struct ffa_mem_range, share->nr_ranges);
    if ( !sorted )
        return FFA_NO_MEMORY;

    memcpy(sorted, share->ranges, share->nr_ranges * sizeof(*sorted));
    twice = ffa_mem_overlap(sorted, share->nr_ranges);
    xfree(sorted);

    return twice ? FFA_INVALID_PARAMETERS : FFA_OK;
}

/* ---- Shares ----------------------------------------------------------------------------------------------------- */

/* A FILLING share for what @desc says, counted; @buf becomes the share's. NULL: a limit, or no memory. */
static struct ffa_share *share_new(struct ffa_ctx *ctx, const struct ffa_mem_desc *desc, void *buf)
{
    struct ffa_shm *shm = &ctx->shm;
    struct ffa_share *share = xzalloc(struct ffa_share);
    bool room;

    if ( !share )
        return NULL;

    share->state = FILLING;
    share->nr_pages = desc->nr_pages;
    share->desc = buf;

    spin_lock(&shm->lock);
    room = shm->nr_shares < opt_max_count && shm->nr_pages <= opt_max_pages &&
           desc->nr_pages <= opt_max_pages - shm->nr_pages;
    if ( room )
    {
        shm->nr_shares++;
        shm->nr_pages += desc->nr_pages;
        list_add_tail(&share->list, &shm->shares);
    }
    spin_unlock(&shm->lock);

    if ( room )
        return share;

    FFA_COUNT(ctx, share_limit);
    xfree(share);

    return NULL;
}

/* The record goes, references stay. */
static void share_forget(struct ffa_ctx *ctx, struct ffa_share *share)
{
    spin_lock(&ctx->shm.lock);
    ctx->shm.nr_shares--;
    ctx->shm.nr_pages -= share->nr_pages;
    list_del(&share->list);
    spin_unlock(&ctx->shm.lock);

    xfree(share->ranges);
    xfree(share->desc);
    xfree(share);
}

/* Undo of share_new() and pin(): the share is the caller's, and the SPMC does not know of it, or no longer. */
static void share_drop(struct ffa_ctx *ctx, struct ffa_share *share)
{
    unpin(share);
    share_forget(ctx, share);
}

/* The SPMC may or may not have the pages, and nobody can tell. */
static void share_lose(struct ffa_ctx *ctx, struct ffa_share *share, const char *why)
{
    FFA_COUNT(ctx, share_lost);
    printk(XENLOG_ERR "ffa: d%u: share of %u pages, handle 0x%"PRIx64": %s; the pages are lost\n", ctx->d->domain_id,
           share->nr_pages, share->handle, why);
    spin_lock(&ctx->shm.lock);
    share->state = LOST;
    spin_unlock(&ctx->shm.lock);
}

/* The SHARED share with @handle becomes RECLAIMING, or NULL. */
static struct ffa_share *share_claim(struct ffa_ctx *ctx, uint64_t handle)
{
    struct ffa_share *share, *found = NULL;

    spin_lock(&ctx->shm.lock);
    list_for_each_entry ( share, &ctx->shm.shares, list )
        if ( share->state == SHARED && share->handle == handle )
        {
            share->state = RECLAIMING;
            found = share;
            break;
        }
    spin_unlock(&ctx->shm.lock);

    return found;
}

/*
 * FILLING or RECLAIMING to SHARED; false if the VM has such a handle already, or no SPMC gives it. A RECLAIMING share may
 * have it: the SPMC has let go of that one, gave the handle out again, and the vCPU that asked has not heard yet.
 */
static bool share_settle(struct ffa_ctx *ctx, struct ffa_share *share, uint64_t handle)
{
    const struct ffa_share *other;
    bool fine = !(handle & HANDLE_OF_HYP);

    spin_lock(&ctx->shm.lock);
    list_for_each_entry ( other, &ctx->shm.shares, list )
        if ( other != share && other->state == SHARED && other->handle == handle )
            fine = false;
    share->handle = handle;
    if ( fine )
        share->state = SHARED;
    spin_unlock(&ctx->shm.lock);

    return fine;
}

/* ---- Towards the SPMC ------------------------------------------------------------------------------------------- */

static uint64_t handle_of(const struct ffa_regs *regs, unsigned int lo)
{
    return (uint32_t)regs->x[lo] | ((uint64_t)(uint32_t)regs->x[lo + 1] << 32);
}

/* One fragment: our TX is taken for this SMC only. Returns the bytes it had. */
static uint32_t send_fragment(const struct ffa_mem_out *m, uint32_t offset, uint64_t handle, struct ffa_regs *regs)
{
    uint32_t total = ffa_mem_emit_size(m), bytes;
    void *tx = ffa_spmc_tx_acquire();

    bytes = ffa_mem_emit(tx, FFA_PAGE_SIZE, m, offset);
    if ( offset )
        *regs = (struct ffa_regs){
            .x = { FFA_FID(MEM_FRAG_TX), (uint32_t)handle, handle >> 32, bytes, (uint32_t)m->sender << 16 },
        };
    else
        *regs = (struct ffa_regs){
            .x = { ffa_spmc_has(FFA_NR_MEM_SHARE_64) ? FFA_FID(MEM_SHARE_64) : FFA_FID(MEM_SHARE_32), total, bytes },
        };
    ffa_spmc_call(regs);
    ffa_spmc_tx_release();

    return bytes;
}

/*
 * All of @m, in as many fragments as it takes; each moves on by at least one range.
 * Returns: OK with @handle; the SPMC's error; ABORTED with @lost if it said something else.
 */
static ffa_rc_t send(struct ffa_ctx *ctx, const struct ffa_mem_out *m, uint64_t *handle, bool *lost)
{
    uint32_t total = ffa_mem_emit_size(m), offset = 0;
    struct ffa_regs regs;

    *handle = 0;
    *lost = false;

    /* Started and never ended, a transfer would keep its slot at the SPMC for good. */
    if ( total > FFA_PAGE_SIZE && !ffa_spmc_has(FFA_NR_MEM_FRAG_TX) )
        return FFA_NO_MEMORY;

    for ( ; ; )
    {
        uint64_t before = *handle;
        bool first = !offset;

        offset += send_fragment(m, offset, before, &regs);
        FFA_COUNT(ctx, share_frags);

        if ( regs.x[0] == FFA_FID(ERROR) || regs.x[0] == UINT32_MAX )
            return ffa_spmc_status(&regs);

        if ( regs.x[0] == FFA_FID(SUCCESS_32) || regs.x[0] == FFA_FID(SUCCESS_64) )
        {
            *handle = handle_of(&regs, 2);
            *lost = offset != total || (!first && *handle != before);
            return *lost ? FFA_ABORTED : FFA_OK;
        }

        /* "Go on": with the handle, how far we are, and the VM's id, which some leave out. */
        *handle = handle_of(&regs, 1);
        if ( regs.x[0] != FFA_FID(MEM_FRAG_RX) || offset == total || (!first && *handle != before) ||
             (uint32_t)regs.x[3] != offset ||
             ((uint32_t)regs.x[4] && (uint32_t)regs.x[4] != (uint32_t)m->sender << 16) )
        {
            *lost = true;
            return FFA_ABORTED;
        }
    }
}

/* ---- MEM_SHARE -------------------------------------------------------------------------------------------------- */

struct share_args {
    uint32_t total, fragment;           /* bytes                                                                     */
};

static struct share_args decode_share(const struct ffa_regs *in)
{
    return (struct share_args){ .total = in->x[1], .fragment = in->x[2] };
}

static ffa_rc_t validate_lengths(const struct share_args *a)
{
    if ( !a->fragment || a->fragment > a->total || a->fragment > FFA_RXTX_MAX_PAGES * FFA_PAGE_SIZE )
        return FFA_INVALID_PARAMETERS;

    /* FEATURES denies MEM_FRAG_TX: the rest could not come. */
    return a->fragment == a->total ? FFA_OK : FFA_NOT_SUPPORTED;
}

static ffa_rc_t validate_attributes(uint16_t attributes)
{
    /* NS is for the relayer to set. Shareability 1 and memory type 3 are reserved. */
    if ( (attributes & (ATTR_RESERVED | ATTR_NS)) || (attributes & 3) == 1 || ((attributes >> 4) & 3) == 3 )
        return FFA_INVALID_PARAMETERS;

    return attributes == ATTRIBUTES ? FFA_OK : FFA_DENIED;
}

/* Everything that can be said without looking at the pages. @access: the one borrower. */
static ffa_rc_t validate_share(const struct ffa_ctx *ctx, const struct ffa_mem_desc *desc,
                               const struct ffa_mem_access *access)
{
    unsigned int data = access->permissions & PERM_DATA;
    ffa_rc_t rc;

    if ( desc->sender != ctx->vm_id )
        return FFA_DENIED;

    /* Flags: nothing to zero, and time slices are not offered. Access flags are for retrieving. */
    if ( desc->flags || desc->handle || access->flags )
        return FFA_INVALID_PARAMETERS;

    rc = validate_attributes(desc->attributes);
    if ( !ffa_ok(rc) )
        return rc;

    if ( (access->permissions & (PERM_RESERVED | PERM_EXEC)) || !data || data == 3 )
        return FFA_INVALID_PARAMETERS;

    if ( access->id == ctx->vm_id || access->id == FFA_ID_HYP )
        return FFA_INVALID_PARAMETERS;

    if ( !(access->id & FFA_ID_SECURE) )
        return FFA_NOT_SUPPORTED;

    if ( !ffa_may(ctx, access->id, FFA_MAY_SHARE) )
        return FFA_INVALID_PARAMETERS;

    /* Rather refused than dropped on the way */
    if ( (access->impdef[0] || access->impdef[1]) && ffa_spmc_version() < FFA_VERSION_1_2 )
        return FFA_NOT_SUPPORTED;

    return FFA_OK;
}

/*
 * The pages, then the SPMC. @share is FILLING and stays the caller's if an error is returned, unless it is LOST then. With
 * OK it may be gone already: another vCPU can guess the handle and reclaim it.
 */
static ffa_rc_t fill(struct ffa_ctx *ctx, struct ffa_share *share, const struct ffa_mem_desc *desc,
                     const struct ffa_mem_access *access, const struct ffa_rxtx_pages *rxtx, uint64_t *handle)
{
    struct ffa_mem_out m = {
        .version = ffa_spmc_version(),
        .access_size = FFA_MEM_ACCESS_16,
        .sender = ctx->vm_id,
        .attributes = desc->attributes,
        .tag = desc->tag,
        .access = access,
        .nr_accesses = 1,
        .nr_pages = desc->nr_pages,
    };
    bool lost;
    ffa_rc_t rc = pin(ctx->d, share, desc);

    if ( ffa_ok(rc) )
        rc = check_pages(share, rxtx);
    if ( !ffa_ok(rc) )
        return rc;

    /* Every SPMC takes the short form; the long one only for what it alone can carry. */
    if ( desc->access_size == FFA_MEM_ACCESS_32 && m.version >= FFA_VERSION_1_2 )
        m.access_size = FFA_MEM_ACCESS_32;
    m.ranges = share->ranges;
    m.nr_ranges = share->nr_ranges;

    rc = send(ctx, &m, handle, &lost);
    XFREE(share->desc);
    if ( ffa_ok(rc) && share_settle(ctx, share, *handle) )
    {
        FFA_COUNT(ctx, share);
        FFA_COUNT_ADD(ctx, share_pages, m.nr_pages);
        FFA_COUNT_ADD(ctx, share_ranges, m.nr_ranges);
        return rc;
    }

    if ( ffa_ok(rc) || lost )
    {
        share_lose(ctx, share, "bad answer to MEM_SHARE");
        return FFA_ABORTED;
    }

    return rc;
}

/* @buf: our copy; kept or freed */
static ffa_rc_t act_share(struct ffa_ctx *ctx, void *buf, uint32_t bytes, const struct ffa_rxtx_pages *rxtx,
                          uint64_t *handle)
{
    struct ffa_mem_access access;
    struct ffa_mem_desc desc;
    struct ffa_share *share = NULL;
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;

    if ( ffa_mem_parse(buf, bytes, ctx->version, FFA_MAX_BORROWERS, &desc) )
    {
        ffa_mem_access(buf, &desc, 0, &access);
        rc = validate_share(ctx, &desc, &access);
    }

    if ( ffa_ok(rc) )
    {
        share = share_new(ctx, &desc, buf);
        if ( !share )
            rc = FFA_NO_MEMORY;
    }

    if ( !share )
    {
        xfree(buf);
        return rc;
    }

    rc = fill(ctx, share, &desc, &access, rxtx, handle);
    if ( !ffa_ok(rc) && share->state == FILLING )
        share_drop(ctx, share);

    return rc;
}

/*
 * FFA_MEM_SHARE: w1 = bytes of the descriptor in TX, w2 = the same. w2, w3 = handle.
 * INVALID_PARAMETERS: lengths, malformed, no such SP, permissions, no TX; DENIED: sender, attributes, pages that are not
 * the VM's RAM or are its RX/TX; NOT_SUPPORTED: fragments, a VM as borrower; NO_MEMORY: limits; else what the SPMC says.
 */
FFA_HANDLER(mem_share)
{
    struct share_args a = decode_share(in);
    struct ffa_rxtx_pages rxtx;
    uint64_t handle = 0;
    void *buf;
    ffa_rc_t rc = validate_lengths(&a);

    if ( !ffa_ok(rc) )
        return rc;

    buf = xzalloc_array(uint8_t, a.total);
    if ( !buf )
        return FFA_NO_MEMORY;

    if ( !ffa_tx_copy(ctx, buf, a.total, &rxtx) )
    {
        xfree(buf);
        return FFA_INVALID_PARAMETERS;
    }

    rc = act_share(ctx, buf, a.total, &rxtx, &handle);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, (uint32_t)handle, handle >> 32);

    return rc;
}

/* ---- MEM_RECLAIM ------------------------------------------------------------------------------------------------ */

/*
 * Ask for the pages of a RECLAIMING share, and settle it. An answer that is neither yes nor no leaves it SHARED; that it
 * does not know the handle, without another reason to say INVALID_PARAMETERS, loses it; at death only when it has said so
 * for long.
 */
static ffa_rc_t reclaim(struct ffa_ctx *ctx, struct ffa_share *share, uint32_t flags)
{
    ffa_rc_t rc = ffa_spmc_simple(FFA_FID(MEM_RECLAIM), (uint32_t)share->handle, share->handle >> 32, flags, 0, NULL);

    if ( ffa_ok(rc) )
    {
        FFA_COUNT(ctx, reclaim);
        share_drop(ctx, share);
    }
    else if ( ffa_is(rc, FFA_INVALID_PARAMETERS) && !flags && (!ctx->fini_begun || ctx->fini_late) )
        share_lose(ctx, share, "the SPMC does not know it");
    else
    {
        FFA_COUNT(ctx, reclaim_refused);
        if ( !share_settle(ctx, share, share->handle) )
            share_lose(ctx, share, "the SPMC keeps it, and gave its handle to another");
    }

    return rc;
}

/*
 * FFA_MEM_RECLAIM: w1, w2 = handle, w3 = flags.
 * INVALID_PARAMETERS: not a handle of this VM, or another vCPU reclaims it, or flags; DENIED: the SP still uses the
 * memory, the share stays as it was.
 */
FFA_HANDLER(mem_reclaim)
{
    uint64_t handle = handle_of(in, 1);
    uint32_t flags = in->x[3];
    struct ffa_share *share;
    ffa_rc_t rc;

    if ( flags & ~RECLAIM_FLAGS )
        return FFA_INVALID_PARAMETERS;

    share = share_claim(ctx, handle);
    if ( !share )
        return FFA_INVALID_PARAMETERS;

    rc = reclaim(ctx, share, flags);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/* ---- Birth and death -------------------------------------------------------------------------------------------- */

/* ffa_shm_init - a new VM shares nothing. */
int ffa_shm_init(struct ffa_ctx *ctx)
{
    return 0;
}

/*
 * ffa_shm_fini - give the pages of a dead VM back
 * After VM destroyed: until then an SP may hold them. DENIED and the like mean later. No vCPU runs, so a share is FILLING
 * only because its vCPU was stopped in pin(): the SPMC does not know of it.
 */
enum ffa_fini ffa_shm_fini(struct ffa_ctx *ctx, bool last)
{
    struct ffa_share *share, *next;
    unsigned int calls = 0;
    bool again = false;

    list_for_each_entry_safe ( share, next, &ctx->shm.shares, list )
    {
        ffa_rc_t rc;

        /* Nobody looks for it any more, but its references keep the frames, and the domain, for ever. */
        if ( share->state == LOST )
        {
            share_forget(ctx, share);
            continue;
        }

        if ( share->state == FILLING )
        {
            share_drop(ctx, share);
            continue;
        }

        if ( calls++ == FINI_STRETCH && !last )
            return FFA_FINI_AGAIN;

        rc = reclaim(ctx, share, 0);
        if ( ffa_ok(rc) )
            continue;

        again = true;
        if ( last && share->state == SHARED )
            share_lose(ctx, share, "it cannot be reclaimed");
        if ( last )
            share_forget(ctx, share);
    }

    return again && !last ? FFA_FINI_AGAIN : FFA_FINI_DONE;
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
