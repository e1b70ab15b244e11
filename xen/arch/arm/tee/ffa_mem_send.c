/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a descriptor that is here in full to a share: borrowers, pages, the SPMC.
 *
 * Owns nothing; the share that it fills is on its VM's list, so that a vCPU that is stopped under way leaves nothing behind.
 * Refuses pages that are not the VM's alone, or are its RX/TX; borrowers that the policy does not allow, as if there were
 * none. A page may be SHAREd several times, Linux does that; each share has its own reference.
 * Locks: none held while pages are worked on or the SPMC is called.
 * Spec: DEN0077A 1.2, chapter "Memory management".
 */
#include <xen/string.h>
#include <xen/xmalloc.h>

#include "ffa_mem.h"

/* Are there such borrowers, for this VM? If not, it must not make a difference why. */
static ffa_rc_t check_borrowers(const struct ffa_ctx *ctx, const struct ffa_mem_deal *deal)
{
    unsigned int i;

    for ( i = 0; i < deal->nr_borrowers; i++ )
    {
        uint16_t id = deal->borrower[i].id;
        struct ffa_ctx *vm;

        if ( !ffa_may(ctx, id, FFA_MAY_SHARE) )
            return FFA_INVALID_PARAMETERS;

        if ( id & FFA_ID_SECURE )
            continue;

        vm = ffa_vm_lock(id);
        if ( !vm )
            return FFA_INVALID_PARAMETERS;
        ffa_vm_unlock(vm);
    }

    if ( deal->nr_sps && !ffa_mem_spmc_takes(deal->kind) )
        return FFA_NOT_SUPPORTED;

    /* Rather refused than dropped on the way */
    for ( i = 0; i < deal->nr_borrowers; i++ )
        if ( (deal->borrower[i].id & FFA_ID_SECURE) && (deal->borrower[i].impdef[0] || deal->borrower[i].impdef[1]) &&
             ffa_spmc_version() < FFA_VERSION_1_2 )
            return FFA_NOT_SUPPORTED;

    return FFA_OK;
}

/* The VM's addresses out of the descriptor at @buf, none of them twice */
static ffa_rc_t read_addresses(struct ffa_share *share, const void *buf, const struct ffa_mem_desc *desc)
{
    struct ffa_mem_range *ranges = share->few_ipas, *sorted;
    uint32_t i;

    if ( desc->nr_ranges > FFA_MEM_FEW )
        ranges = xmalloc_array(struct ffa_mem_range, desc->nr_ranges);
    if ( !ranges )
        return FFA_NO_MEMORY;

    for ( i = 0; i < desc->nr_ranges; i++ )
        ffa_mem_range(buf, desc, i, &ranges[i]);
    share->ipas = (struct ffa_mem_ipas){ .ranges = ranges, .nr_ranges = desc->nr_ranges, .nr_pages = desc->nr_pages };
    XFREE(share->desc);
    if ( ffa_mem_ascending(ranges, desc->nr_ranges) )
        return FFA_OK;

    /* On the record: the sort may be interrupted for ever. */
    sorted = share->desc = xmalloc_array(struct ffa_mem_range, desc->nr_ranges);
    if ( !sorted )
        return FFA_NO_MEMORY;

    memcpy(sorted, ranges, desc->nr_ranges * sizeof(*sorted));
    if ( ffa_mem_overlap(sorted, desc->nr_ranges, ffa_mem_breathe) )
        return FFA_INVALID_PARAMETERS;
    XFREE(share->desc);

    return FFA_OK;
}

static ffa_rc_t take_pages(struct ffa_share *share, const struct ffa_rxtx_pages *rxtx)
{
    unsigned int stretches = 0, i;
    ffa_rc_t rc = FFA_OK;

    while ( ffa_ok(rc) && share->walk.done < share->ipas.nr_pages )
    {
        rc = ffa_pages_take(share->d, &share->pages, &share->ipas, &share->walk, share->out);
        if ( share->out )
            ffa_mem_breathe_at(&stretches);
        else if ( share->walk.done < share->ipas.nr_pages )
            ffa_mem_breathe();
    }

    for ( i = 0; ffa_ok(rc) && i < rxtx->nr; i++ )
        if ( ffa_pages_contain(&share->pages, page_to_maddr(rxtx->page[i])) )
            rc = FFA_DENIED;

    return rc;
}

/* The SPs among the borrowers get it from the SPMC; @told: a handle that the VM knows already, or 0. */
static ffa_rc_t send_to_sps(struct ffa_ctx *ctx, struct ffa_share *share, bool wide, uint64_t told, uint64_t *handle)
{
    const struct ffa_mem_deal *deal = &share->deal;
    struct ffa_mem_access access[FFA_MAX_BORROWERS];
    struct ffa_mem_out m = {
        .version = ffa_spmc_version(),
        /* Every SPMC takes the short form; the long one only for what it alone can carry. */
        .access_size = wide && ffa_spmc_version() >= FFA_VERSION_1_2 ? FFA_MEM_ACCESS_32 : FFA_MEM_ACCESS_16,
        .sender = ctx->vm_id,
        /* For the SPMC an SP that VMs borrow with is alone: of what one borrower is lent, that one says what it is. */
        .attributes = deal->kind == FFA_MEM_LEND && deal->nr_sps == 1 ? 0 : deal->attributes,
        .flags = deal->flags,
        .handle = told,
        .tag = deal->tag,
        .access = access,
        .ranges = share->pages.ranges,
        .nr_pages = share->pages.nr_pages,
        .nr_ranges = share->pages.nr_ranges,
    };
    unsigned int i;
    bool lost;
    ffa_rc_t rc;

    for ( i = 0; i < deal->nr_borrowers; i++ )
        if ( deal->borrower[i].id & FFA_ID_SECURE )
            access[m.nr_accesses++] = (struct ffa_mem_access){
                .id = deal->borrower[i].id, .permissions = deal->borrower[i].permissions,
                .impdef = { deal->borrower[i].impdef[0], deal->borrower[i].impdef[1] },
            };

    rc = ffa_mem_spmc_send(ctx, share, &m, handle, &lost);
    share->sps_done = !ffa_ok(rc);
    if ( lost )
    {
        share->handle = *handle;
        ffa_share_lose(ctx, share, "bad answer to MEM_SHARE");
    }

    return rc;
}

/* What is for VMs alone is cleared here; else the SPMC does it, before an SP can get it. */
static void zero_pages(struct ffa_share *share)
{
    unsigned int stretches = 0;

    share->walk = (struct ffa_mem_walk){ .done = 0 };
    while ( share->walk.done < share->pages.nr_pages )
    {
        ffa_pages_zero(&share->pages, &share->walk);
        ffa_mem_breathe_at(&stretches);
    }
}

/* FILLING to SHARED. The share stays the caller's if an error is returned, unless it is LOST then. */
static ffa_rc_t fill(struct ffa_ctx *ctx, struct ffa_share *share, const struct ffa_mem_message *msg,
                     const struct ffa_mem_desc *desc, uint64_t *handle)
{
    uint32_t nr_ranges;
    ffa_rc_t rc = read_addresses(share, msg->buf, desc);

    if ( ffa_ok(rc) )
        rc = take_pages(share, &msg->rxtx);
    if ( !ffa_ok(rc) )
        return rc;

    share->alias = msg->handle;
    *handle = msg->handle;
    nr_ranges = share->pages.nr_ranges;
    if ( share->deal.nr_sps )
    {
        rc = send_to_sps(ctx, share, desc->access_size == FFA_MEM_ACCESS_32, msg->handle, handle);
        if ( !ffa_ok(rc) )
            return rc;
    }
    else
    {
        if ( !*handle )
            *handle = share->alias = ffa_mem_new_handle(ctx);
        if ( share->deal.flags & FFA_MEM_ZERO )
            zero_pages(share);
    }

    if ( !ffa_share_settle(ctx, share, *handle) )
    {
        ffa_share_lose(ctx, share, "bad answer to MEM_SHARE");
        return FFA_ABORTED;
    }

    /* From here on it may be gone already: another vCPU can guess the handle and reclaim it. */
    FFA_COUNT_CALL(ctx, share);
    FFA_COUNT_CALL_ADD(ctx, share_pages, desc->nr_pages);
    FFA_COUNT_CALL_ADD(ctx, share_ranges, nr_ranges);

    return rc;
}

/* FILLING to gone: as if nothing had been sent */
static void undo(struct ffa_ctx *ctx, struct ffa_share *share)
{
    unsigned int stretches = 0;

    ffa_share_set_state(ctx, share, FFA_SHARE_UNDOING);
    share->walk = (struct ffa_mem_walk){ .done = 0 };
    while ( share->out && share->walk.done < share->pages.nr_pages )
    {
        ffa_pages_give_back(share->d, &share->pages, &share->ipas, &share->walk, false, true);
        ffa_mem_breathe_at(&stretches);
    }
    ffa_share_put_pages(share);
    ffa_share_forget(ctx, share);
}

/*
 * ffa_share_send - make a share of a descriptor that is complete
 * @msg: ->buf becomes the share's, or is freed   @handle: as the borrowers know it
 * Returns: OK, or what FFA_HANDLER(mem_send) says of errors, with everything as it was.
 * Context: trap of a vCPU, no lock held; other vCPUs may run meanwhile.
 */
ffa_rc_t ffa_share_send(struct ffa_ctx *ctx, const struct ffa_mem_message *msg, uint64_t *handle)
{
    struct ffa_share *share = NULL;
    struct ffa_mem_desc desc;
    struct ffa_mem_deal deal;
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;

    if ( ffa_mem_parse(msg->buf, msg->bytes, ctx->version, &desc) )
        rc = ffa_mem_judge_send(ctx->vm_id, msg->kind, msg->buf, &desc, &deal);
    if ( ffa_ok(rc) )
        rc = check_borrowers(ctx, &deal);
    if ( ffa_ok(rc) )
    {
        share = ffa_share_new(ctx, &deal, desc.nr_pages);
        if ( !share )
            rc = FFA_NO_MEMORY;
    }

    if ( !share )
    {
        ffa_mem_message_free(msg);
        return rc;
    }

    if ( msg->buf != msg->small )
        share->desc = msg->buf;
    rc = fill(ctx, share, msg, &desc, handle);
    if ( !ffa_ok(rc) && share->state == FFA_SHARE_FILLING )
        undo(ctx, share);

    return rc;
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
