/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: memory that a VM has sent by MEM_SHARE, MEM_LEND or MEM_DONATE (ffa_mem_send.c), until MEM_RECLAIM or the VM's
 * death. docs/memory-sharing.md tells the whole way.
 *
 * Owns ctx->shm.shares: each share with a reference on every page in it, so that no frame is used for anything else while a
 * borrower may touch it. Refuses more than the limits of the VM; handles that are not the VM's: RECLAIM names no sender, so
 * the SPMC could not tell.
 *
 * The life of a share is in ffa_mem.h. While it is FILLING, UNDOING or RECLAIMING it belongs to the vCPU that made it so.
 * Locks: ctx->shm.lock for the list, the counts and the states; share->lock inside for what its borrowers look at. Pages
 * are worked on, and the SPMC is called, without either.
 * Spec: DEN0077A 1.2, chapter "Memory management".
 */
#include <xen/param.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

#include "ffa_mem.h"

/* Limits of each VM: pages in all its shares together, and shares; as many borrows, too */
static unsigned int __read_mostly opt_max_pages = 32768;
integer_param("ffa-shm-max-pages", opt_max_pages);

static unsigned int __read_mostly opt_max_count = 64;
integer_param("ffa-shm-max-count", opt_max_count);

/* Bytes of a descriptor that are no ranges, at most; each range has a page. */
#define DESC_OVERHEAD                   4096U
#define DESC_RANGE                      16U
#define DESC_MAX                        BIT(30, U)

#define FINI_SMCS                       16U     /* shares of a dead VM that one step of its clean-up reclaims          */

/* ffa_mem_max_bytes - of a descriptor, that is worth looking at */
uint32_t ffa_mem_max_bytes(void)
{
    return opt_max_pages < (DESC_MAX - DESC_OVERHEAD) / DESC_RANGE ? DESC_OVERHEAD + opt_max_pages * DESC_RANGE : DESC_MAX;
}

/* ffa_mem_max_count - shares, and borrows, that a VM may have */
unsigned int ffa_mem_max_count(void)
{
    return opt_max_count;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

/* ffa_share_set_state - by the vCPU that the share belongs to */
void ffa_share_set_state(struct ffa_ctx *ctx, struct ffa_share *share, enum ffa_share_state state)
{
    spin_lock(&ctx->shm.lock);
    share->state = state;
    spin_unlock(&ctx->shm.lock);
}

/* ffa_share_free - nobody refers to it any more; its pages have been put, or are lost */
void ffa_share_free(struct ffa_share *share)
{
    ASSERT(share->lost || !share->pages.nr_pages);
    if ( share->pages.max_ranges > FFA_MEM_FEW )
        xfree(share->pages.ranges);
    if ( share->ipas.ranges != share->few_ipas )
        xfree(share->ipas.ranges);
    xfree(share->desc);
    xfree(share);
}

/* Off the list; ctx->shm.lock and share->lock held. True: no borrow refers to it either. */
static bool unlist_locked(struct ffa_ctx *ctx, struct ffa_share *share)
{
    ASSERT(!share->doubtful);
    ctx->shm.nr_shares--;
    ctx->shm.nr_pages -= share->counted;
    list_del(&share->list);
    share->open = false;

    return !--share->refs;
}

/* ctx->shm.lock held */
static bool unlist(struct ffa_ctx *ctx, struct ffa_share *share)
{
    bool last;

    spin_lock(&share->lock);
    last = unlist_locked(ctx, share);
    spin_unlock(&share->lock);

    return last;
}

/*
 * The end of a share whose owner is dead. True: borrows refer to it, and the last of them ends it; it is not the caller's any
 * more. False: none does, nor ever will. One decision: a borrower that goes sees either all of it or nothing.
 */
static bool leave_to_borrowers(struct ffa_ctx *ctx, struct ffa_share *share)
{
    bool shared;

    spin_lock(&ctx->shm.lock);
    spin_lock(&share->lock);
    share->open = false;
    shared = share->refs > 1;
    if ( shared )
        unlist_locked(ctx, share);
    spin_unlock(&share->lock);
    spin_unlock(&ctx->shm.lock);

    return shared;
}

/*
 * ffa_share_forget - the owner is done with it, and no borrow refers to it; the pages are put, or lost
 * The record is kept for the next share, if there is none yet and nothing hangs on it.
 */
void ffa_share_forget(struct ffa_ctx *ctx, struct ffa_share *share)
{
    bool last, spare = share->pages.max_ranges <= FFA_MEM_FEW && share->ipas.ranges == share->few_ipas && !share->desc;

    spin_lock(&ctx->shm.lock);
    last = unlist(ctx, share);
    spare = spare && last && !ctx->shm.spare;
    if ( spare )
        ctx->shm.spare = share;
    spin_unlock(&ctx->shm.lock);

    if ( last && !spare )
        ffa_share_free(share);
}

/* Have the pages of a donation got another owner? */
static bool share_gone(struct ffa_share *share)
{
    bool gone;

    spin_lock(&share->lock);
    gone = share->gone;
    spin_unlock(&share->lock);

    return gone;
}

/* Records of donations that have been retrieved. ctx->shm.lock held; @freed gets those that nobody refers to. */
static void purge(struct ffa_ctx *ctx, struct list_head *freed)
{
    struct ffa_share *share, *next;

    if ( likely(!ctx->shm.donates) )
        return;

    list_for_each_entry_safe ( share, next, &ctx->shm.shares, list )
        if ( share->state == FFA_SHARE_SHARED && share->deal.kind == FFA_MEM_DONATE && share_gone(share) &&
             unlist(ctx, share) )
            list_add_tail(&share->list, freed);
}

static void free_list(struct list_head *freed)
{
    struct ffa_share *share, *next;

    list_for_each_entry_safe ( share, next, freed, list )
        ffa_share_free(share);
}

static void share_init(struct ffa_ctx *ctx, struct ffa_share *share, const struct ffa_mem_deal *deal, uint32_t nr_pages)
{
    memset(share, 0, offsetof(struct ffa_share, next_doubtful));
    memcpy(&share->deal, deal, offsetof(struct ffa_mem_deal, borrower) + deal->nr_borrowers * sizeof(deal->borrower[0]));
    spin_lock_init(&share->lock);
    share->state = FFA_SHARE_FILLING;
    share->counted = nr_pages;
    share->refs = 1;
    share->pages.ranges = share->few_pages;
    share->pages.max_ranges = FFA_MEM_FEW;
    share->d = ctx->d;
    share->out = deal->kind != FFA_MEM_SHARE;
    share->sps_done = true;
    list_add_tail(&share->list, &ctx->shm.shares);
    if ( unlikely(deal->kind == FFA_MEM_DONATE) )
        ctx->shm.donates = true;
}

/* ffa_share_new - a FILLING share for @deal, counted. NULL: a limit, or no memory. */
struct ffa_share *ffa_share_new(struct ffa_ctx *ctx, const struct ffa_mem_deal *deal, uint32_t nr_pages)
{
    struct ffa_shm *shm = &ctx->shm;
    struct ffa_share *share = NULL;
    struct list_head freed;
    bool room;

    INIT_LIST_HEAD(&freed);
    spin_lock(&shm->lock);
    purge(ctx, &freed);
    room = shm->nr_shares < opt_max_count && shm->nr_pages <= opt_max_pages && nr_pages <= opt_max_pages - shm->nr_pages;
    if ( room )
    {
        shm->nr_shares++;
        shm->nr_pages += nr_pages;
        share = shm->spare;
        shm->spare = NULL;
        if ( share )
            share_init(ctx, share, deal, nr_pages);
    }
    spin_unlock(&shm->lock);
    free_list(&freed);

    if ( !room )
        FFA_COUNT(ctx, share_limit);
    if ( !room || share )
        return share;

    share = xzalloc(struct ffa_share);
    spin_lock(&shm->lock);
    if ( share )
        share_init(ctx, share, deal, nr_pages);
    else
    {
        shm->nr_shares--;
        shm->nr_pages -= nr_pages;
    }
    spin_unlock(&shm->lock);

    return share;
}

static bool has_handle(const struct ffa_share *share, uint64_t handle)
{
    return share->handle == handle || (share->alias && share->alias == handle);
}

/* ffa_share_lose - the SPMC may or may not have the pages, and nobody can tell. */
void ffa_share_lose(struct ffa_ctx *ctx, struct ffa_share *share, const char *why)
{
    FFA_COUNT(ctx, share_lost);
    printk(XENLOG_ERR "ffa: d%u: share of %u pages, handle 0x%"PRIx64": %s; the pages are lost\n", ctx->d->domain_id,
           share->counted, share->handle, why);
    ffa_mem_spmc_forget(share);
    ffa_share_set_state(ctx, share, FFA_SHARE_LOST);

    spin_lock(&share->lock);
    share->lost = true;
    spin_unlock(&share->lock);
}

/*
 * A donation of whose handle the SPMC knows nothing any more, for sure: an SP has retrieved it, and owns it. While the VM lives
 * the pages count as its own, so that it cannot give away more than it may have. ctx->shm.lock held.
 */
static void share_is_given(struct ffa_ctx *ctx, struct ffa_share *share)
{
    FFA_COUNT_ADD(ctx, given, share->counted);
    printk(XENLOG_INFO "ffa: d%u: donation of %u pages, handle 0x%"PRIx64": an SP owns them\n", ctx->d->domain_id,
           share->counted, share->handle);
    share->sps_done = true;
    share->state = FFA_SHARE_GIVEN;
}

/*
 * ffa_share_settle - FILLING or RECLAIMING to SHARED; false if the VM has such a handle already, or it is one that the SPMC cannot
 * give. A RECLAIMING share may have it: the SPMC has let go of that one, gave the handle out again, and the vCPU that asked has not
 * heard yet. So may a donation, if it is for a new share: an SP has retrieved it then. If that goes so fast that @share itself is the
 * old one, it is GIVEN.
 */
bool ffa_share_settle(struct ffa_ctx *ctx, struct ffa_share *share, uint64_t handle)
{
    struct ffa_share *other;
    bool fine = !(handle & FFA_HANDLE_OF_HYP) || handle == share->alias;

    spin_lock(&ctx->shm.lock);
    share->handle = handle;
    if ( unlikely(share->overtaken && share->deal.kind == FFA_MEM_DONATE) )
    {
        share_is_given(ctx, share);
        spin_unlock(&ctx->shm.lock);
        return true;
    }

    list_for_each_entry ( other, &ctx->shm.shares, list )
    {
        if ( other == share || other->state != FFA_SHARE_SHARED || !has_handle(other, handle) )
            continue;
        if ( share->state == FFA_SHARE_FILLING && other->overtaken && other->deal.kind == FFA_MEM_DONATE )
            share_is_given(ctx, other);
        else
            fine = false;
    }
    if ( fine )
    {
        /* Who looks at ->open has found the share with our lock held. */
        share->open = true;
        share->state = FFA_SHARE_SHARED;
    }
    spin_unlock(&ctx->shm.lock);

    return fine;
}

/* ffa_share_put_pages - all references of a share that is on its way out */
void ffa_share_put_pages(struct ffa_share *share)
{
    unsigned int stretches = 0;

    while ( !ffa_pages_put(&share->pages) )
        ffa_mem_breathe_at(&stretches);
}

/* ---- Borrowers -------------------------------------------------------------------------------------------------- */

/* The share with the handle of @desc; lock of its owner @ctx held. */
static struct ffa_share *find_open(struct ffa_ctx *ctx, uint64_t handle)
{
    struct ffa_share *share;

    list_for_each_entry ( share, &ctx->shm.shares, list )
        if ( share->state == FFA_SHARE_SHARED && has_handle(share, handle) )
            return share;

    return NULL;
}

/*
 * ffa_share_hold - the share that a VM's request to retrieve is about, held for it
 * @msg, @desc: the request   @index, @permissions: see ffa_mem_judge_retrieve()
 * Returns: OK: undone by ffa_share_release(); INVALID_PARAMETERS: no such share, or not for this VM; DENIED: the VM has it;
 * else what ffa_mem_judge_retrieve() says.   Context: trap of a vCPU, no lock held.
 */
ffa_rc_t ffa_share_hold(struct ffa_ctx *caller, const struct ffa_mem_message *msg, const struct ffa_mem_desc *desc,
                        struct ffa_share **held, unsigned int *index, uint8_t *permissions)
{
    /* Handles of ours say whose they are; the sender must be the same, but that is not to be said to everybody. */
    uint16_t id = desc->handle & FFA_HANDLE_OF_HYP ? (desc->handle >> FFA_HANDLE_VM_SHIFT) & (FFA_ID_SECURE - 1)
                                                   : desc->sender;
    struct ffa_ctx *owner = ffa_may(caller, id, FFA_MAY_SHARE) ? ffa_vm_lock(id) : NULL;
    struct ffa_share *share;
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;

    if ( !owner )
        return rc;

    spin_lock(&owner->shm.lock);
    share = find_open(owner, desc->handle);
    if ( share )
    {
        spin_lock(&share->lock);
        if ( share->open )
            rc = ffa_mem_judge_retrieve(caller->vm_id, caller->version, msg->buf, desc, &share->deal, index, permissions);
        if ( ffa_ok(rc) && share->deal.borrower[*index].held )
            rc = FFA_DENIED;
        if ( ffa_ok(rc) )
        {
            share->deal.borrower[*index].held = true;
            share->refs++;
            *held = share;
        }
        spin_unlock(&share->lock);
    }
    spin_unlock(&owner->shm.lock);
    ffa_vm_unlock(owner);

    return rc;
}

/* ffa_share_release - the borrower has nothing of it any more. True: nobody else refers to it, the caller ends it. */
bool ffa_share_release(struct ffa_share *share, unsigned int index)
{
    bool last;

    spin_lock(&share->lock);
    share->deal.borrower[index].held = false;
    last = !--share->refs;
    spin_unlock(&share->lock);

    return last;
}

/* ---- MEM_RECLAIM ------------------------------------------------------------------------------------------------ */

/* The share with @handle to RECLAIMING. INVALID_PARAMETERS: none, or it is under way; DENIED: a VM has it. */
static ffa_rc_t claim(struct ffa_ctx *ctx, uint64_t handle, struct ffa_share **found)
{
    struct ffa_share *share;
    struct list_head freed;
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;
    unsigned int i;

    INIT_LIST_HEAD(&freed);
    spin_lock(&ctx->shm.lock);
    purge(ctx, &freed);
    list_for_each_entry ( share, &ctx->shm.shares, list )
    {
        if ( (share->state != FFA_SHARE_SHARED && share->state != FFA_SHARE_CLOSED) || !has_handle(share, handle) )
            continue;

        rc = FFA_OK;
        spin_lock(&share->lock);
        for ( i = 0; i < share->deal.nr_borrowers; i++ )
            if ( share->deal.borrower[i].held )
                rc = FFA_DENIED;
        if ( ffa_ok(rc) )
            share->open = false;
        spin_unlock(&share->lock);

        if ( ffa_ok(rc) )
        {
            if ( share->state == FFA_SHARE_SHARED )
                share->walk = (struct ffa_mem_walk){ .done = 0 };
            share->state = FFA_SHARE_RECLAIMING;
            *found = share;
        }
        break;
    }
    spin_unlock(&ctx->shm.lock);
    free_list(&freed);

    return rc;
}

/*
 * Ask the SPMC for a RECLAIMING share, if it has to do with it. An answer that is neither yes nor no leaves it SHARED. That
 * it does not know the handle, or has given it to another share, loses the pages, or, of a donation, tells that they are an SP's.
 * DENIED is no end for that: it may be that of a retrieval under way, which can still fail.
 */
static ffa_rc_t reclaim_from_sps(struct ffa_ctx *ctx, struct ffa_share *share)
{
    ffa_rc_t rc = FFA_OK;

    if ( !share->sps_done )
        rc = unlikely(share->deal.kind == FFA_MEM_DONATE || ctx->fini_begun) ? ffa_mem_spmc_reclaim_doubtful(share)
                                                                            : ffa_mem_spmc_reclaim(share->handle);

    if ( ffa_ok(rc) )
        share->sps_done = true;
    else if ( ACCESS_ONCE(share->overtaken) ||
              (ffa_is(rc, FFA_INVALID_PARAMETERS) && (!ctx->fini_begun || ctx->fini_late)) )
    {
        if ( share->deal.kind == FFA_MEM_DONATE )
        {
            ffa_mem_spmc_forget(share);
            spin_lock(&ctx->shm.lock);
            share_is_given(ctx, share);
            spin_unlock(&ctx->shm.lock);
        }
        else
            ffa_share_lose(ctx, share, share->overtaken ? "another one has its handle" : "the SPMC does not know it");
    }
    else
    {
        FFA_COUNT(ctx, reclaim_refused);
        if ( !ffa_share_settle(ctx, share, share->handle) )
            ffa_share_lose(ctx, share, "another one has its handle");
    }

    return rc;
}

/* Pages of a RECLAIMING share back to the VM, and the end of it; or CLOSED, where the VM has put something in their place. */
static ffa_rc_t return_pages(struct ffa_ctx *ctx, struct ffa_share *share)
{
    unsigned int stretches = 0;
    ffa_rc_t rc = FFA_OK;

    while ( ffa_ok(rc) && share->walk.done < share->pages.nr_pages )
    {
        if ( share->out )
            rc = ffa_pages_give_back(share->d, &share->pages, &share->ipas, &share->walk, share->zero, false);
        else if ( share->zero )
            ffa_pages_zero(&share->pages, &share->walk);
        else
            break;
        ffa_mem_breathe_at(&stretches);
    }

    if ( !ffa_ok(rc) )
    {
        ffa_share_set_state(ctx, share, FFA_SHARE_CLOSED);
        return rc;
    }

    FFA_COUNT_CALL(ctx, reclaim);
    ffa_share_put_pages(share);
    ffa_share_forget(ctx, share);

    return rc;
}

/*
 * FFA_MEM_RECLAIM: w1, w2 = handle, w3 = flags: bit 0, clear the memory (here: not every SPMC can).
 * INVALID_PARAMETERS: not a handle of this VM, or another vCPU reclaims it, or it was donated and is somebody's, or flags;
 * DENIED: a borrower still uses the memory, the share stays as it was; or something else is mapped in its place: again,
 * when that is gone; NO_MEMORY: no memory for tables, again.
 */
FFA_HANDLER(mem_reclaim)
{
    struct ffa_share *share = NULL;
    uint32_t flags = in->x[3];
    ffa_rc_t rc;

    if ( flags & ~FFA_MEM_ZERO )
        return FFA_INVALID_PARAMETERS;

    rc = claim(ctx, ffa_mem_handle(in, 1), &share);
    if ( ffa_ok(rc) )
        rc = reclaim_from_sps(ctx, share);
    if ( ffa_ok(rc) )
    {
        share->zero |= flags & FFA_MEM_ZERO;
        rc = return_pages(ctx, share);
    }
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
 * ffa_shm_dies - the VM is dead, and nobody knows yet: from now on no handle of it is for sure
 * Context: no vCPU of it runs, no lock held.
 */
void ffa_shm_dies(struct ffa_ctx *ctx)
{
    struct ffa_share *share;

    if ( !ctx->shm.nr_shares )
        return;

    ffa_spmc_tx_acquire();
    list_for_each_entry ( share, &ctx->shm.shares, list )
        if ( !share->sps_done && share->state != FFA_SHARE_LOST )
            ffa_mem_spmc_doubt(share);
    ffa_spmc_tx_release();
}

/* A stretch of a dead VM's share; true: that was all. Of what is lost the references keep the frames, and the domain, for ever. */
static bool let_go(struct ffa_ctx *ctx, struct ffa_share *share)
{
    if ( share->lost )
        return true;

    return share->state == FFA_SHARE_GIVEN ? ffa_pages_give_up(ctx->d, &share->pages) : ffa_pages_put(&share->pages);
}

/*
 * One share of a dead VM: DONE, it is off the list; MORE, there are pages left; AGAIN, the SPMC refuses. What VMs have of it
 * they keep, and with it the domain's id: its pages are still its own. No vCPU runs, so what is FILLING, UNDOING or
 * RECLAIMING was left behind by one that was stopped between two stretches; the SPMC knows nothing of it then, unless it is
 * SHARED.
 */
static enum ffa_fini share_fini(struct ffa_ctx *ctx, struct ffa_share *share, unsigned int *steps)
{
    bool reclaimed;
    ffa_rc_t rc = FFA_OK;

    if ( share->state != FFA_SHARE_LOST && !share->sps_done )
        rc = reclaim_from_sps(ctx, share);
    if ( !ffa_ok(rc) )
    {
        return share->state == FFA_SHARE_SHARED ? FFA_FINI_AGAIN : FFA_FINI_MORE;
    }

    reclaimed = share->state == FFA_SHARE_SHARED;
    if ( !leave_to_borrowers(ctx, share) )
    {
        while ( !let_go(ctx, share) )
            if ( ++*steps >= FFA_MEM_FINI_STRETCHES )
                return FFA_FINI_MORE;
        ffa_share_forget(ctx, share);
    }
    if ( reclaimed )
        FFA_COUNT_CALL(ctx, reclaim);

    return FFA_FINI_DONE;
}

/*
 * ffa_shm_fini - what a dead VM has got goes back, and what it has sent is its own again, to be freed
 * After VM destroyed: until then an SP may hold them. DENIED and the like mean later.
 */
enum ffa_fini ffa_shm_fini(struct ffa_ctx *ctx)
{
    struct ffa_share *share, *next;
    unsigned int steps = 0, smcs = 0;
    enum ffa_fini borrows;
    bool again;

    ffa_transfer_fini(ctx);
    borrows = ffa_borrow_fini(ctx, &steps);
    if ( borrows == FFA_FINI_MORE )
        return borrows;
    again = borrows == FFA_FINI_AGAIN;

    list_for_each_entry_safe ( share, next, &ctx->shm.shares, list )
    {
        enum ffa_fini fini;

        if ( !share->sps_done && smcs++ == FINI_SMCS )
            return FFA_FINI_MORE;

        fini = share_fini(ctx, share, &steps);
        if ( fini == FFA_FINI_MORE )
            return fini;
        again |= fini == FFA_FINI_AGAIN;
    }
    XFREE(ctx->shm.spare);

    return again ? FFA_FINI_AGAIN : FFA_FINI_DONE;
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
