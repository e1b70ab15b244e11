/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of guests: MEM_SHARE, MEM_LEND, MEM_DONATE as far as the descriptor's way into the hypervisor, and
 * MEM_FRAG_TX. They lie in TX or in a buffer of the caller's, and come whole or in fragments of any size.
 *
 * Owns ctx->shm.transfers: descriptors of which fragments are missing. They are collected here and go on in one piece: an
 * SPMC keeps the slot of a transfer that is never completed. Each byte is read once; what counts afterwards is the copy, so
 * other vCPUs may change the buffer as they like. Refuses more than the limits, fragments that do not fit; a transfer with a
 * wrong fragment is over.
 * Lock: ctx->shm.lock, for the list; a transfer that is being worked on is marked busy.
 * Spec: DEN0077A 1.2, chapter "Memory management", transmission of a transaction descriptor, fragments.
 */
#include <xen/domain_page.h>
#include <xen/string.h>
#include <xen/xmalloc.h>

#include <asm/p2m.h>

#include "ffa_mem.h"

#define MAX_TRANSFERS                   4U      /* of a VM, at a time                                                */

struct ffa_transfer {
    struct list_head list;
    bool busy;                          /* a vCPU adds to it                                                         */
    uint64_t handle;
    paddr_t ipa;                        /* the caller's buffer; 0: TX                                                */
    uint32_t room;                      /* its bytes, if it is not TX                                                */
    uint32_t total, have;               /* bytes                                                                     */
    enum ffa_mem_kind kind;
    uint8_t *buf;
};

/* Registers of the calls that come with a descriptor */
struct intake_args {
    uint32_t total, fragment;           /* bytes                                                                     */
    paddr_t ipa;                        /* of a buffer of the caller's; 0: TX                                        */
    uint64_t pages;                     /* FF-A pages in it                                                          */
};

static struct intake_args decode(const struct ffa_regs *in)
{
    return (struct intake_args){
        .total = in->x[1], .fragment = in->x[2], .ipa = in->x[3], .pages = (uint32_t)in->x[4],
    };
}

static ffa_rc_t validate(const struct intake_args *a)
{
    if ( !a->fragment || a->fragment > a->total || !IS_ALIGNED(a->total, 16U) || !IS_ALIGNED(a->fragment, 16U) )
        return FFA_INVALID_PARAMETERS;

    if ( !!a->ipa != !!a->pages || !IS_ALIGNED(a->ipa, FFA_PAGE_SIZE) ||
         (a->ipa && a->fragment > a->pages * FFA_PAGE_SIZE) )
        return FFA_INVALID_PARAMETERS;

    /* Nobody may have as many pages as that has ranges. */
    return a->total > ffa_mem_max_bytes() ? FFA_NO_MEMORY : FFA_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

/* @bytes of the VM's RAM at @ipa, read once */
static bool copy_from_ram(struct domain *d, uint8_t *to, paddr_t ipa, uint32_t bytes)
{
    while ( bytes )
    {
        uint32_t n = min(bytes, FFA_PAGE_SIZE);
        p2m_type_t t;
        struct page_info *page = get_page_from_gfn(d, gfn_x(gaddr_to_gfn(ipa)), &t, P2M_ALLOC);
        void *from;

        if ( !page )
            return false;

        if ( !p2m_is_ram(t) )
        {
            put_page(page);
            return false;
        }

        from = __map_domain_page(page);
        memcpy(to, from, n);
        unmap_domain_page(from);
        put_page(page);
        to += n;
        ipa += n;
        bytes -= n;
    }
    barrier();

    return true;
}

/* The next fragment. INVALID_PARAMETERS: there is no TX, or it is smaller, or the buffer is not RAM. */
static ffa_rc_t read_fragment(struct ffa_ctx *ctx, uint8_t *to, uint32_t bytes, paddr_t ipa, struct ffa_rxtx_pages *rxtx)
{
    bool fine = ffa_tx_copy(ctx, to, ipa ? 0 : bytes, rxtx);

    if ( ipa )
        fine = copy_from_ram(ctx->d, to, ipa, bytes);

    return fine ? FFA_OK : FFA_INVALID_PARAMETERS;
}

/*
 * ffa_mem_fetch - a descriptor that must come in one piece (RETRIEVE_REQ)
 * @in: its registers   @msg: ->buf is the caller's if OK is returned; ffa_mem_message_free()
 * INVALID_PARAMETERS: lengths, no TX, fragments; NO_MEMORY.
 */
ffa_rc_t ffa_mem_fetch(struct ffa_ctx *ctx, const struct ffa_regs *in, struct ffa_mem_message *msg)
{
    struct intake_args a = decode(in);
    ffa_rc_t rc = validate(&a);

    if ( !ffa_ok(rc) )
        return rc;

    if ( a.fragment != a.total )
        return FFA_INVALID_PARAMETERS;

    msg->buf = a.total <= FFA_MEM_SMALL ? msg->small : xmalloc_array(uint8_t, a.total);
    if ( !msg->buf )
        return FFA_NO_MEMORY;

    msg->bytes = a.total;
    rc = read_fragment(ctx, msg->buf, a.total, a.ipa, &msg->rxtx);
    if ( !ffa_ok(rc) )
        ffa_mem_message_free(msg);

    return rc;
}

/* ---- Transfers -------------------------------------------------------------------------------------------------- */

/* ffa_mem_new_handle - a handle for memory of this VM that the SPMC does not give; never 0, never twice */
uint64_t ffa_mem_new_handle(struct ffa_ctx *ctx)
{
    uint64_t serial;

    spin_lock(&ctx->shm.lock);
    serial = ctx->shm.serial++;
    spin_unlock(&ctx->shm.lock);

    return FFA_HANDLE_OF_HYP | ((uint64_t)ctx->vm_id << FFA_HANDLE_VM_SHIFT) | (serial & FFA_HANDLE_SERIAL);
}

static void transfer_free(struct ffa_ctx *ctx, struct ffa_transfer *t)
{
    spin_lock(&ctx->shm.lock);
    list_del(&t->list);
    ctx->shm.transfer_bytes -= t->total;
    ctx->shm.nr_transfers--;
    spin_unlock(&ctx->shm.lock);

    xfree(t->buf);
    xfree(t);
}

/* A busy transfer for @total bytes, or NULL: a limit, or no memory. */
static struct ffa_transfer *transfer_new(struct ffa_ctx *ctx, const struct intake_args *a, enum ffa_mem_kind kind)
{
    struct ffa_transfer *t = xzalloc(struct ffa_transfer);
    bool room;

    if ( !t )
        return NULL;

    t->busy = true;
    t->handle = ffa_mem_new_handle(ctx);
    t->ipa = a->ipa;
    t->room = min_t(uint64_t, a->pages * FFA_PAGE_SIZE, UINT32_MAX);
    t->total = a->total;
    t->kind = kind;

    spin_lock(&ctx->shm.lock);
    room = ctx->shm.nr_transfers < MAX_TRANSFERS && a->total <= ffa_mem_max_bytes() - ctx->shm.transfer_bytes;
    if ( room )
    {
        ctx->shm.nr_transfers++;
        ctx->shm.transfer_bytes += a->total;
        list_add_tail(&t->list, &ctx->shm.transfers);
    }
    spin_unlock(&ctx->shm.lock);

    if ( !room )
    {
        FFA_COUNT(ctx, share_limit);
        xfree(t);
        return NULL;
    }

    t->buf = xmalloc_array(uint8_t, a->total);
    if ( t->buf )
        return t;

    transfer_free(ctx, t);

    return NULL;
}

/* Somebody's with @handle, busy from now on */
static struct ffa_transfer *transfer_claim(struct ffa_ctx *ctx, uint64_t handle)
{
    struct ffa_transfer *t, *found = NULL;

    spin_lock(&ctx->shm.lock);
    list_for_each_entry ( t, &ctx->shm.transfers, list )
        if ( t->handle == handle && !t->busy )
        {
            t->busy = true;
            found = t;
            break;
        }
    spin_unlock(&ctx->shm.lock);

    return found;
}

/* "Go on": the bytes that are here */
static void ask_for_more(struct ffa_ctx *ctx, struct ffa_transfer *t, struct ffa_regs *out)
{
    ffa_encode(out, FFA_FID(MEM_FRAG_RX), t->handle >> 32, t->have);
    out->x[1] = (uint32_t)t->handle;

    spin_lock(&ctx->shm.lock);
    t->busy = false;
    spin_unlock(&ctx->shm.lock);
}

static void encode_handle(struct ffa_regs *out, uint64_t handle)
{
    ffa_encode_success(out, (uint32_t)handle, handle >> 32);
}

/* The first of several fragments: everything but the ranges must be there, and good. */
static ffa_rc_t begin(struct ffa_ctx *ctx, const struct intake_args *a, enum ffa_mem_kind kind, struct ffa_regs *out)
{
    struct ffa_transfer *t = transfer_new(ctx, a, kind);
    struct ffa_rxtx_pages rxtx;
    struct ffa_mem_desc desc;
    struct ffa_mem_deal deal;
    ffa_rc_t rc;

    if ( !t )
        return FFA_NO_MEMORY;

    rc = read_fragment(ctx, t->buf, a->fragment, a->ipa, &rxtx);
    if ( ffa_ok(rc) && !ffa_mem_parse_head(t->buf, a->fragment, a->total, ctx->version, &desc) )
        rc = FFA_INVALID_PARAMETERS;
    if ( ffa_ok(rc) )
        rc = ffa_mem_judge_send(ctx->vm_id, kind, t->buf, &desc, &deal);
    if ( !ffa_ok(rc) )
    {
        transfer_free(ctx, t);
        return rc;
    }

    t->have = a->fragment;
    ask_for_more(ctx, t, out);

    return FFA_OK;
}

static enum ffa_mem_kind kind_of(uint32_t fid)
{
    switch ( fid )
    {
    case FFA_FID(MEM_DONATE_32):
    case FFA_FID(MEM_DONATE_64):
        return FFA_MEM_DONATE;

    case FFA_FID(MEM_LEND_32):
    case FFA_FID(MEM_LEND_64):
        return FFA_MEM_LEND;

    default:
        return FFA_MEM_SHARE;
    }
}

/*
 * FFA_MEM_SHARE, FFA_MEM_LEND, FFA_MEM_DONATE: w1 = bytes of the descriptor, w2 = of them here, w3/x3 = IPA of a buffer (0:
 * TX), w4 = its pages. SUCCESS: w2, w3 = handle. MEM_FRAG_RX: w1, w2 = handle, w3 = bytes received.
 * INVALID_PARAMETERS: lengths, no TX, malformed, flags, no such borrower, permissions; DENIED: sender, attributes, pages that
 * are not the VM's alone; NOT_SUPPORTED: an SP, and the SPMC cannot; NO_MEMORY: limits; else what the SPMC says.
 */
FFA_HANDLER(mem_send)
{
    struct intake_args a = decode(in);
    struct ffa_mem_message msg;
    uint64_t handle;
    ffa_rc_t rc = validate(&a);

    msg.kind = kind_of(in->x[0]);
    msg.handle = 0;
    if ( ffa_ok(rc) && a.fragment < a.total )
        return begin(ctx, &a, msg.kind, out);

    if ( ffa_ok(rc) )
        rc = ffa_mem_fetch(ctx, in, &msg);
    if ( ffa_ok(rc) )
        rc = ffa_share_send(ctx, &msg, &handle);
    if ( ffa_ok(rc) )
        encode_handle(out, handle);

    return rc;
}

/*
 * FFA_MEM_FRAG_TX: w1, w2 = handle, w3 = bytes of this fragment, where the first one was. Results as for mem_send.
 * INVALID_PARAMETERS: no such transfer, or another vCPU adds to it; bytes: the transfer is over then.
 */
FFA_HANDLER(mem_frag_tx)
{
    struct ffa_transfer *t = transfer_claim(ctx, ffa_mem_handle(in, 1));
    struct ffa_mem_message msg;
    uint32_t bytes = in->x[3];
    ffa_rc_t rc = FFA_INVALID_PARAMETERS;
    uint64_t handle;

    if ( !t )
        return rc;

    if ( bytes && IS_ALIGNED(bytes, 16U) && bytes <= t->total - t->have && (!t->ipa || bytes <= t->room) )
        rc = read_fragment(ctx, t->buf + t->have, bytes, t->ipa, &msg.rxtx);
    if ( !ffa_ok(rc) )
    {
        transfer_free(ctx, t);
        return rc;
    }

    t->have += bytes;
    if ( t->have < t->total )
    {
        ask_for_more(ctx, t, out);
        return FFA_OK;
    }

    msg.buf = t->buf;
    msg.bytes = t->total;
    msg.kind = t->kind;
    msg.handle = t->handle;
    t->buf = NULL;
    transfer_free(ctx, t);

    rc = ffa_share_send(ctx, &msg, &handle);
    if ( ffa_ok(rc) )
        encode_handle(out, handle);

    return rc;
}

/* ffa_transfer_fini - the VM is dead: nobody completes them. */
void ffa_transfer_fini(struct ffa_ctx *ctx)
{
    struct ffa_transfer *t, *next;

    list_for_each_entry_safe ( t, next, &ctx->shm.transfers, list )
        transfer_free(ctx, t);
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
