/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Borrows: memory of other VMs or of SPs that a VM has retrieved, by MEM_RETRIEVE_REQ, with its response in fragments if RX is
 * small (MEM_FRAG_RX), until MEM_RELINQUISH or the VM's death. What was donated becomes its own.
 *
 * Owns ctx->shm.borrows. A borrow of a VM's memory holds its share, and so the pages, even if their owner dies: the mapping
 * is the borrower's until it gives it up. A borrow of an SP's memory has a loan (ffa_mem_sp.c). The pages appear where the
 * request says (the composite of the caller's access), or where we choose. Refuses addresses that are in use, what the share's
 * deal does not allow (ffa_mem_rules.c), more borrows than the limit.
 *
 * Life of a borrow (under ctx->shm.lock):
 *   TAKING  -- mapped, the response is in RX --> HELD      or, donated: the VM's own --> LEAVING
 *   TAKING  -- any error                     --> LEAVING   what was mapped is unmapped
 *   HELD    -- MEM_RELINQUISH                --> LEAVING --> gone
 *   LEAVING -- the SPMC refuses              --> HELD      without a mapping; MEM_RELINQUISH again
 * While TAKING or LEAVING it belongs to the vCPU that made it so.
 * Lock: ctx->shm.lock for the list and the states; the share's inside ffa_share_*().
 * Spec: DEN0077A 1.2, chapter "Memory management", retrieve and relinquish.
 */
#include <xen/string.h>
#include <xen/xmalloc.h>

#include <asm/p2m.h>

#include "ffa_mem.h"

#define EMIT_BYTES                      256U    /* of a response that are made at once                               */

enum borrow_state { TAKING, HELD, LEAVING };

struct ffa_borrow {
    struct list_head list;
    enum borrow_state state;
    uint64_t handle;
    void *request;                      /* TAKING: our copy of it                                                    */
    bool of_sp;                         /* an SP's: @loan, else @share                                               */
    struct ffa_loan loan;
    struct ffa_share *share;            /* held; NULL: released                                                      */
    unsigned int index;                 /* which of its borrowers                                                    */
    enum ffa_mem_kind kind;
    struct ffa_mem_access access;       /* as granted                                                                */
    bool zero_after;

    struct ffa_mem_ipas ipas;           /* where the pages are                                                       */
    struct ffa_mem_walk walk;           /* of what is under way                                                      */
    uint32_t mapped;                    /* pages, from the start                                                     */
    uint32_t room;                      /* pages that are counted for the VM already, and not its own yet            */
    uint32_t got;                       /* pages, from the start, that are, while not all of them are                */
    struct ffa_mem_pages pages;         /* what was donated, from the first page that is the VM's own on             */
    bool last;                          /* the share has no other user: its pages are ours to put                    */

    uint32_t version;                   /* of the response                                                           */
    uint32_t access_size;
    uint16_t lender;
    uint32_t flags;
    uint64_t tag;
    uint32_t total, sent;               /* bytes                                                                     */
};

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static void set_state(struct ffa_ctx *ctx, struct ffa_borrow *b, enum borrow_state state)
{
    spin_lock(&ctx->shm.lock);
    b->state = state;
    spin_unlock(&ctx->shm.lock);
}

static void borrow_free(struct ffa_ctx *ctx, struct ffa_borrow *b)
{
    spin_lock(&ctx->shm.lock);
    list_del(&b->list);
    ctx->shm.nr_borrows--;
    spin_unlock(&ctx->shm.lock);

    ffa_loan_free(&b->loan);
    xfree(b->request);
    xfree(b->ipas.ranges);
    xfree(b);
}

static const struct ffa_mem_pages *pages_of(const struct ffa_borrow *b)
{
    if ( b->of_sp )
        return &b->loan.pages;

    return b->pages.nr_ranges ? &b->pages : &b->share->pages;
}

/*
 * Has the VM other memory than @share by @handle? An SPMC that gave an SP's twice would take both back with one; and RELINQUISH
 * would not know which, if a dead VM's share had the handle before. ctx->shm.lock held.
 */
static bool borrowed(const struct ffa_ctx *ctx, uint64_t handle, const struct ffa_share *share)
{
    const struct ffa_borrow *b;

    list_for_each_entry ( b, &ctx->shm.borrows, list )
        if ( b->handle == handle && (b->of_sp || (b->share && b->share != share)) )
            return true;

    return false;
}

/*
 * A borrow that is TAKING. NO_MEMORY: a limit, or no memory; DENIED: the VM has it already, or another vCPU takes it.
 * Of a handle that we have given, nothing is an SP's.
 */
static ffa_rc_t borrow_new(struct ffa_ctx *ctx, const struct ffa_mem_desc *desc, struct ffa_borrow **made)
{
    struct ffa_borrow *b = xzalloc(struct ffa_borrow);
    ffa_rc_t rc = FFA_OK;

    if ( !b )
        return FFA_NO_MEMORY;

    b->handle = desc->handle;
    b->of_sp = (desc->sender & FFA_ID_SECURE) && !(desc->handle & FFA_HANDLE_OF_HYP);
    spin_lock(&ctx->shm.lock);
    if ( b->of_sp && borrowed(ctx, b->handle, NULL) )
        rc = FFA_DENIED;
    else if ( ctx->shm.nr_borrows >= ffa_mem_max_count() )
        rc = FFA_NO_MEMORY;
    else
    {
        ctx->shm.nr_borrows++;
        list_add_tail(&b->list, &ctx->shm.borrows);
    }
    spin_unlock(&ctx->shm.lock);

    if ( ffa_ok(rc) )
    {
        *made = b;
        return rc;
    }

    if ( ffa_is(rc, FFA_NO_MEMORY) )
        FFA_COUNT(ctx, share_limit);
    xfree(b);

    return rc;
}

/* The HELD borrow with @handle; @then: its state from now on */
static struct ffa_borrow *borrow_claim(struct ffa_ctx *ctx, uint64_t handle, enum borrow_state then)
{
    struct ffa_borrow *b, *found = NULL;

    spin_lock(&ctx->shm.lock);
    list_for_each_entry ( b, &ctx->shm.borrows, list )
        if ( b->state == HELD && b->handle == handle )
        {
            b->state = then;
            found = b;
            break;
        }
    spin_unlock(&ctx->shm.lock);

    return found;
}

/*
 * One stretch of the way out of a borrow that is LEAVING, whatever it has. DONE: nothing is left but the record; AGAIN: the
 * SPMC does not take it back, @why.   Also for a VM that died while it was TAKING.
 */
static enum ffa_fini leave_step(struct ffa_ctx *ctx, struct ffa_borrow *b, ffa_rc_t *why)
{
    /* A donation was broken off, because one of the two died. The giver has lost it: all of it goes, whosever it is now. */
    if ( b->got )
    {
        ffa_pages_disown(&b->pages, &b->walk);
        if ( b->walk.done == b->pages.nr_pages )
        {
            b->got = 0;
            b->walk = (struct ffa_mem_walk){ .done = 0 };
        }
        return FFA_FINI_MORE;
    }

    if ( b->mapped )
    {
        ffa_pages_unmap(ctx->d, pages_of(b), &b->ipas, &b->walk, b->mapped);
        if ( b->walk.done == b->mapped )
        {
            b->mapped = 0;
            b->walk = (struct ffa_mem_walk){ .done = 0 };
        }
        return FFA_FINI_MORE;
    }

    ffa_pages_return_room(ctx->d, b->room);
    b->room = 0;

    if ( b->of_sp )
    {
        *why = ffa_loan_return(ctx, &b->loan, b->zero_after ? FFA_MEM_ZERO : 0);
        return ffa_ok(*why) ? FFA_FINI_DONE : FFA_FINI_AGAIN;
    }

    if ( b->zero_after && b->walk.done < b->share->pages.nr_pages )
    {
        ffa_pages_zero(&b->share->pages, &b->walk);
        return FFA_FINI_MORE;
    }
    b->zero_after = false;

    if ( b->pages.nr_ranges && !ffa_pages_put(&b->pages) )
        return FFA_FINI_MORE;

    if ( b->share && !b->last )
    {
        b->last = ffa_share_release(b->share, b->index);
        if ( !b->last )
            b->share = NULL;
    }

    if ( b->share )
    {
        if ( !b->share->lost && b->share->pages.nr_ranges && !ffa_pages_put(&b->share->pages) )
            return FFA_FINI_MORE;
        ffa_share_free(b->share);
        b->share = NULL;
    }

    return FFA_FINI_DONE;
}

/* All steps but the record's end, or what the SPMC says against it */
static ffa_rc_t let_go(struct ffa_ctx *ctx, struct ffa_borrow *b)
{
    unsigned int stretches = 0;
    ffa_rc_t rc = FFA_OK;

    while ( leave_step(ctx, b, &rc) == FFA_FINI_MORE )
        ffa_mem_breathe_at(&stretches);

    return rc;
}

/* From LEAVING to gone, or back to HELD */
static ffa_rc_t leave(struct ffa_ctx *ctx, struct ffa_borrow *b)
{
    ffa_rc_t rc;

    b->walk = (struct ffa_mem_walk){ .done = 0 };
    rc = let_go(ctx, b);
    if ( ffa_ok(rc) )
        borrow_free(ctx, b);
    else
    {
        b->sent = b->total;
        set_state(ctx, b, HELD);
    }

    return rc;
}

/* ---- The response ------------------------------------------------------------------------------------------------ */

static struct ffa_mem_out response(const struct ffa_borrow *b)
{
    return (struct ffa_mem_out){
        .version = b->version, .access_size = b->access_size, .sender = b->lender,
        /* NS is what the memory is; the bit came with 1.1. */
        .attributes = FFA_MEM_NORMAL | (b->version >= FFA_VERSION_1_1 ? FFA_MEM_NS : 0),
        .flags = b->flags, .handle = b->handle, .tag = b->tag, .access = &b->access, .nr_accesses = 1,
        .ranges = b->ipas.ranges, .nr_ranges = b->ipas.nr_ranges, .nr_pages = b->ipas.nr_pages,
    };
}

/* As much of the response as RX has room for. BUSY: RX is not free. @bytes: how much it was. */
static ffa_rc_t respond(struct ffa_ctx *ctx, struct ffa_borrow *b, uint32_t *bytes)
{
    struct ffa_mem_out m = response(b);
    uint8_t chunk[EMIT_BYTES];
    uint32_t done = 0, room;
    ffa_rc_t rc = ffa_rx_acquire(ctx, 0);

    if ( !ffa_ok(rc) )
        return rc;

    /* All sizes in question are multiples of 16: no range is cut. */
    room = ctx->rxtx.nr_pages * FFA_PAGE_SIZE;
    while ( b->sent < b->total && done < room )
    {
        uint32_t n = ffa_mem_emit(chunk, min(room - done, EMIT_BYTES), &m, b->sent);

        ffa_rx_write(ctx, done, chunk, n);
        done += n;
        b->sent += n;
    }
    ffa_rx_deliver(ctx, true);
    *bytes = done;

    return FFA_OK;
}

/*
 * FFA_MEM_FRAG_RX: w1, w2 = handle, w3 = bytes of the response that the caller has. MEM_FRAG_TX: w1, w2 = handle, w3 = bytes.
 * INVALID_PARAMETERS: no such borrow, or that is not where it stands; BUSY: RX has not been released.
 */
FFA_HANDLER(mem_frag_rx)
{
    uint64_t handle = ffa_mem_handle(in, 1);
    struct ffa_borrow *b = borrow_claim(ctx, handle, TAKING);
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;
    uint32_t bytes = 0;

    if ( !b )
        return rc;

    if ( b->sent < b->total && b->sent == (uint32_t)in->x[3] )
        rc = respond(ctx, b, &bytes);

    /* Of a donation nothing is left to be given up: when the VM knows all there is to know, that was it. */
    if ( b->kind == FFA_MEM_DONATE && b->sent == b->total )
        borrow_free(ctx, b);
    else
        set_state(ctx, b, HELD);

    if ( ffa_ok(rc) )
    {
        ffa_encode(out, FFA_FID(MEM_FRAG_TX), handle >> 32, bytes);
        out->x[1] = (uint32_t)handle;
    }

    return rc;
}

/* ---- MEM_RETRIEVE_REQ -------------------------------------------------------------------------------------------- */

/* Where @nr_pages go if the VM does not say: high up, one behind the other, round and round */
static uint64_t choose_address(struct ffa_ctx *ctx, uint32_t nr_pages)
{
    uint64_t first = (uint64_t)1 << (p2m_ipa_bits - 2), size = (uint64_t)nr_pages * FFA_PAGE_SIZE, base;

    spin_lock(&ctx->shm.lock);
    base = ctx->shm.next_ipa;
    if ( base < first || base + size > 2 * first )
        base = first;
    ctx->shm.next_ipa = base + size;
    spin_unlock(&ctx->shm.lock);

    return base;
}

/* The addresses for @nr_pages. INVALID_PARAMETERS: not as many, or one twice. */
static ffa_rc_t read_addresses(struct ffa_ctx *ctx, struct ffa_borrow *b, const struct ffa_mem_message *msg,
                               const struct ffa_mem_desc *desc, uint32_t nr_pages)
{
    uint32_t nr = desc->composite ? desc->nr_ranges : 1, i;

    if ( desc->composite && desc->nr_pages != nr_pages )
        return FFA_INVALID_PARAMETERS;

    b->ipas.ranges = xmalloc_array(struct ffa_mem_range, nr);
    if ( !b->ipas.ranges )
        return FFA_NO_MEMORY;

    b->ipas.nr_ranges = nr;
    b->ipas.nr_pages = nr_pages;
    if ( !desc->composite )
        b->ipas.ranges[0] = (struct ffa_mem_range){ .base = choose_address(ctx, nr_pages), .pages = nr_pages };
    for ( i = 0; desc->composite && i < nr; i++ )
        ffa_mem_range(msg->buf, desc, i, &b->ipas.ranges[i]);

    /* A page twice is found when it is mapped: the address is in use then. */
    return FFA_OK;
}

static ffa_rc_t map_pages(struct ffa_ctx *ctx, struct ffa_borrow *b, bool zero)
{
    struct ffa_mem_mapping how = {
        .own = b->kind == FFA_MEM_DONATE,
        .outside = b->of_sp,
        .writable = (b->access.permissions & FFA_MEM_DATA) == FFA_MEM_RW,
        .executable = (b->access.permissions & FFA_MEM_EXEC) == FFA_MEM_X,
        .zero = zero,
    };
    const struct ffa_mem_pages *pages = pages_of(b);
    unsigned int stretches = 0;
    ffa_rc_t rc = FFA_OK;

    while ( ffa_ok(rc) && b->mapped < pages->nr_pages )
    {
        rc = ffa_pages_map(ctx->d, pages, &b->ipas, &b->walk, &how);
        b->mapped = b->walk.done;
        ffa_mem_breathe_at(&stretches);
    }

    return rc;
}

/*
 * What was donated, and is mapped, becomes the VM's. ABORTED: the giver dies. There is no way back from the first page on: the
 * giver must not reclaim memory with holes, whatever becomes of the VM.
 */
static ffa_rc_t take_over(struct ffa_ctx *ctx, struct ffa_borrow *b)
{
    struct ffa_share *share = b->share;
    struct ffa_mem_walk walk = { .done = 0 };
    unsigned int stretches = 0;
    ffa_rc_t rc = FFA_OK;

    spin_lock(&share->lock);
    share->gone = true;
    b->pages = share->pages;
    share->pages = (struct ffa_mem_pages){ .nr_pages = 0 };
    spin_unlock(&share->lock);

    /* The giver's pages that have not come yet keep its struct. */
    while ( ffa_ok(rc) && b->got < b->pages.nr_pages )
    {
        rc = ffa_pages_transfer(share->d, ctx->d, &b->pages, &walk);
        b->room -= walk.done - b->got;
        b->got = walk.done;
        ffa_mem_breathe_at(&stretches);
    }
    if ( ffa_ok(rc) )
        b->mapped = b->got = 0;

    return rc;
}

/* What a VM has sent. After an error the borrow is the caller's to leave; so it is from here on. */
static ffa_rc_t get_of_vm(struct ffa_ctx *ctx, struct ffa_borrow *b, const struct ffa_mem_message *msg,
                          const struct ffa_mem_desc *desc)
{
    const struct ffa_mem_deal *deal;
    ffa_rc_t rc = ffa_share_hold(ctx, msg, desc, &b->share, &b->index, &b->access.permissions);

    if ( !ffa_ok(rc) )
        return rc;

    deal = &b->share->deal;
    b->kind = deal->kind;
    b->flags = deal->flags & FFA_MEM_ZERO;
    memcpy(b->access.impdef, deal->borrower[b->index].impdef, sizeof(b->access.impdef));

    spin_lock(&ctx->shm.lock);
    if ( borrowed(ctx, b->handle, b->share) )
        rc = FFA_DENIED;
    spin_unlock(&ctx->shm.lock);

    return rc;
}

/* What an SP has sent */
static ffa_rc_t get_of_sp(struct ffa_ctx *ctx, struct ffa_borrow *b, const struct ffa_mem_message *msg,
                          const struct ffa_mem_desc *desc)
{
    struct ffa_mem_wish wish;
    struct ffa_mem_access granted;
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;

    if ( ffa_may(ctx, desc->sender, FFA_MAY_SHARE) )
        rc = ffa_mem_judge_wish(ctx->vm_id, ctx->version, msg->buf, desc, &wish);
    if ( ffa_ok(rc) )
        rc = ffa_loan_take(ctx, &b->loan, &wish, &b->kind, &granted);
    if ( ffa_ok(rc) )
    {
        b->access.permissions = granted.permissions;
        memcpy(b->access.impdef, granted.impdef, sizeof(granted.impdef));
    }

    return rc;
}

/* The memory is there: mapped, and told of */
static ffa_rc_t fill(struct ffa_ctx *ctx, struct ffa_borrow *b, const struct ffa_mem_message *msg,
                     const struct ffa_mem_desc *desc, uint32_t *bytes)
{
    uint32_t nr_pages = pages_of(b)->nr_pages;
    struct ffa_mem_out m;
    ffa_rc_t rc;

    b->version = ctx->version;
    b->access_size = desc->access_size;
    b->lender = desc->sender;
    b->tag = desc->tag;
    b->flags |= b->kind << FFA_MEM_TYPE_SHIFT;
    b->access.id = ctx->vm_id;
    b->access.flags = 0;

    rc = read_addresses(ctx, b, msg, desc, nr_pages);
    if ( ffa_ok(rc) && b->kind == FFA_MEM_DONATE )
    {
        rc = ffa_pages_reserve_room(ctx->d, nr_pages);
        if ( ffa_ok(rc) )
            b->room = nr_pages;
    }
    if ( ffa_ok(rc) )
        rc = map_pages(ctx, b, (desc->flags & FFA_MEM_ZERO) && !b->of_sp);
    if ( !ffa_ok(rc) )
        return rc;

    m = response(b);
    b->total = ffa_mem_emit_size(&m);
    rc = respond(ctx, b, bytes);
    if ( ffa_ok(rc) && b->kind == FFA_MEM_DONATE )
    {
        rc = take_over(ctx, b);
        if ( !ffa_ok(rc) )
            ffa_rx_take_back(ctx);
    }
    else if ( ffa_ok(rc) && !b->of_sp )
        b->zero_after = desc->flags & FFA_MEM_ZERO_AFTER;

    return rc;
}

/* @msg: ->buf becomes the borrow's, or is freed. */
static ffa_rc_t act_retrieve(struct ffa_ctx *ctx, const struct ffa_mem_message *msg, struct ffa_regs *out)
{
    struct ffa_borrow *b;
    struct ffa_mem_desc desc;
    uint32_t bytes = 0, total;
    ffa_rc_t rc;

    if ( !ffa_mem_parse_request(msg->buf, msg->bytes, ctx->version, &desc) )
    {
        ffa_mem_message_free(msg);
        return FFA_INVALID_PARAMETERS;
    }

    rc = borrow_new(ctx, &desc, &b);
    if ( !ffa_ok(rc) )
    {
        ffa_mem_message_free(msg);
        return rc;
    }

    /* On the record, like everything from here on: this vCPU may be stopped for ever. */
    if ( msg->buf != msg->small )
        b->request = msg->buf;
    rc = b->of_sp ? get_of_sp(ctx, b, msg, &desc) : get_of_vm(ctx, b, msg, &desc);
    if ( ffa_ok(rc) )
        rc = fill(ctx, b, msg, &desc, &bytes);
    total = b->total;
    if ( ffa_ok(rc) )
    {
        FFA_COUNT(ctx, retrieve);
        ffa_encode(out, FFA_FID(MEM_RETRIEVE_RESP), bytes, 0);
        out->x[1] = total;
    }

    /* A donation is no borrow; its record stays only as long as the VM has not read all of the response. */
    if ( ffa_ok(rc) && (b->kind != FFA_MEM_DONATE || bytes < total) )
    {
        if ( b->kind == FFA_MEM_DONATE )
            let_go(ctx, b);
        XFREE(b->request);
        set_state(ctx, b, HELD);
        return rc;
    }

    set_state(ctx, b, LEAVING);
    leave(ctx, b);

    return rc;
}

/*
 * FFA_MEM_RETRIEVE_REQ: registers as for mem_send. MEM_RETRIEVE_RESP: w1 = bytes of the response, w2 = of them in RX.
 * INVALID_PARAMETERS: lengths, malformed, nothing for this VM with that handle, tag, kind, list; permissions, flags, another
 * number of pages, no such address; DENIED: the VM has it, another lender, more than was granted, attributes, an address in
 * use; BUSY: RX is not free; NO_MEMORY: for tables, or more pages than the VM may own; ABORTED: the giver has died. Of an SP
 * also NOT_SUPPORTED: the SPMC cannot; DENIED: a donation; ABORTED: its answer makes no sense; or what it says.
 */
FFA_HANDLER(mem_retrieve)
{
    struct ffa_mem_message msg;
    ffa_rc_t rc = ffa_mem_fetch(ctx, in, &msg);

    return ffa_ok(rc) ? act_retrieve(ctx, &msg, out) : rc;
}

/* ---- MEM_RELINQUISH ---------------------------------------------------------------------------------------------- */

/*
 * FFA_MEM_RELINQUISH: in TX: handle, flags (bit 0: clear it), number of endpoints, their ids.
 * INVALID_PARAMETERS: no TX, not one endpoint, not the caller, not held, flags; DENIED: to be cleared, but read-only; for
 * memory of an SP what the SPMC says: nothing is mapped any more then, and the call is to be made again.
 */
FFA_HANDLER(mem_relinquish)
{
    uint8_t desc[FFA_MEM_RELINQUISH_BYTES];
    struct ffa_rxtx_pages rxtx;
    struct ffa_borrow *b;
    uint32_t flags;
    ffa_rc_t rc = FFA_OK;

    if ( !ffa_tx_copy(ctx, desc, sizeof(desc), &rxtx) )
        return FFA_INVALID_PARAMETERS;

    flags = ffa_get_le(desc + 8, 4);
    if ( (flags & ~FFA_MEM_ZERO) || ffa_get_le(desc + 12, 4) != 1 || ffa_get_le(desc + 16, 2) != ctx->vm_id )
        return FFA_INVALID_PARAMETERS;

    b = borrow_claim(ctx, ffa_get_le(desc, 8), LEAVING);
    if ( !b )
        return FFA_INVALID_PARAMETERS;

    if ( b->kind == FFA_MEM_DONATE || (flags && b->kind == FFA_MEM_SHARE) )
        rc = FFA_INVALID_PARAMETERS;
    else if ( flags && (b->access.permissions & FFA_MEM_DATA) != FFA_MEM_RW )
        rc = FFA_DENIED;
    if ( !ffa_ok(rc) )
    {
        set_state(ctx, b, HELD);
        return rc;
    }

    FFA_COUNT(ctx, relinquish);
    b->zero_after |= flags;
    rc = leave(ctx, b);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

    return rc;
}

/*
 * ffa_borrow_fini - the VM is dead, and what it has of others goes back to them
 * @steps: stretches that were done so far in this step of the clean-up
 * Returns: MORE: there is more to do; AGAIN: the SPMC refuses to take back what is an SP's.
 */
enum ffa_fini ffa_borrow_fini(struct ffa_ctx *ctx, unsigned int *steps)
{
    struct ffa_borrow *b, *next;
    bool again = false;

    list_for_each_entry_safe ( b, next, &ctx->shm.borrows, list )
    {
        enum ffa_fini fini;
        ffa_rc_t rc;

        if ( b->state != LEAVING )
            b->walk = (struct ffa_mem_walk){ .done = 0 };
        b->state = LEAVING;

        while ( (fini = leave_step(ctx, b, &rc)) == FFA_FINI_MORE )
            if ( ++*steps >= FFA_MEM_FINI_STRETCHES )
                return FFA_FINI_MORE;

        if ( fini == FFA_FINI_AGAIN )
        {
            again = true;
            continue;
        }
        borrow_free(ctx, b);
    }

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
