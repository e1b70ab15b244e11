/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM is told about partitions: PARTITION_INFO_GET and PARTITION_INFO_GET_REGS.
 *
 * The list of a VM is a view of the boot-time list (ffa_splist.c): below 1.2 one entry per partition, without the VM
 * itself, since old drivers stumble over it, unless it is the only one, since an empty list would stop them altogether;
 * from 1.2 on one entry per (partition, UUID), after the VM's own. It never changes, so count, windows and tag agree for
 * ever. Properties are cut to the VM's version and to what works through us. Other VMs are never listed. Lock:
 * ctx->rxtx.lock through ffa_rx_acquire().   Spec: DEN0077A 1.2 ch. 13.
 */
#include <xen/bitmap.h>

#include "ffa_private.h"

#define PARTINFO_COUNT_ONLY             BIT(0, U)

/* Entries of 24 bytes that x3-x17 can hold */
#define REGS_PER_ENTRY                  3U
#define ENTRIES_PER_CALL                ((FFA_NR_REGS - 3) / REGS_PER_ENTRY)

/* The list never changes, so a constant will do. Not 0: drivers take that for "no tag". */
#define PARTINFO_TAG                    1U

static void own_entry(const struct ffa_ctx *ctx, struct ffa_part_info *info)
{
    *info = (struct ffa_part_info){
        .id = ctx->vm_id,
        .contexts = ctx->d->max_vcpus,
        .properties = FFA_PART_AARCH64,
    };

    if ( ffa_call_offered(ctx, FFA_NR_DIRECT_REQ_32) || ffa_call_offered(ctx, FFA_NR_DIRECT_REQ_64) )
        info->properties |= FFA_PART_DIRECT_SEND;
    if ( ffa_call_offered(ctx, FFA_NR_DIRECT_REQ2) )
        info->properties |= FFA_PART_DIRECT2_SEND;
    if ( ctx->notif.bitmap )
        info->properties |= FFA_PART_NOTIF_RECV;
}

/* What @ctx may know of an SP. SPs cannot send to VMs, and indirect messages end here. */
static uint32_t sp_properties(const struct ffa_ctx *ctx, uint32_t properties)
{
    properties &= ~(FFA_PART_DIRECT_SEND | FFA_PART_DIRECT2_SEND | FFA_PART_INDIRECT);
    if ( !ffa_call_offered(ctx, FFA_NR_DIRECT_REQ_32) && !ffa_call_offered(ctx, FFA_NR_DIRECT_REQ_64) )
        properties &= ~FFA_PART_DIRECT_RECV;
    if ( !ffa_call_offered(ctx, FFA_NR_DIRECT_REQ2) )
        properties &= ~FFA_PART_DIRECT2_RECV;
    if ( !ffa_call_offered(ctx, FFA_NR_NOTIF_SET) )
        properties &= ~FFA_PART_NOTIF_RECV;

    return ffa_desc_properties(properties, ctx->version);
}

/* What one VM may see for one UUID: itself or not, then those entries of the boot-time list whose bits are set */
struct view {
    bool own;
    unsigned int count;
    DECLARE_BITMAP(listed, FFA_MAX_SP_ENTRIES);
};

/* Make the view of @ctx for @uuid (nil: all). INVALID_PARAMETERS: nobody has it; else as ffa_splist_find(). */
static ffa_rc_t view_make(const struct ffa_ctx *ctx, const struct ffa_uuid *uuid, struct view *view)
{
    bool per_uuid = ctx->version >= FFA_VERSION_1_2, all = ffa_uuid_nil(uuid), listed = false;
    unsigned int i;
    ffa_rc_t rc;

    rc = ffa_splist_find(uuid, view->listed);
    if ( !ffa_ok(rc) )
        return rc;

    bitmap_and(view->listed, view->listed, ctx->policy.listed, FFA_MAX_SP_ENTRIES);
    view->own = all && (per_uuid || bitmap_empty(view->listed, FFA_MAX_SP_ENTRIES));
    view->count = view->own;
    for ( i = 0; i < ffa_splist_entries(); i++ )
    {
        if ( !i || ffa_splist_entry(i)->id != ffa_splist_entry(i - 1)->id )
            listed = false;

        if ( !test_bit(i, view->listed) )
            continue;

        /* Below 1.2 a partition is listed once, however many UUIDs it has. */
        if ( listed && !per_uuid )
            clear_bit(i, view->listed);
        else
            view->count++;
        listed = true;
    }

    return view->count || all ? FFA_OK : FFA_INVALID_PARAMETERS;
}

/* Entry @index of @view, below view->count. Linear in a list of at most FFA_MAX_SP_ENTRIES. */
static void view_entry(const struct ffa_ctx *ctx, const struct view *view, unsigned int index,
                       struct ffa_part_info *info)
{
    unsigned int i;

    if ( view->own && index-- == 0 )
    {
        own_entry(ctx, info);
        return;
    }

    i = find_first_bit(view->listed, FFA_MAX_SP_ENTRIES);
    while ( index-- )
        i = find_next_bit(view->listed, FFA_MAX_SP_ENTRIES, i + 1);

    *info = *ffa_splist_entry(i);
    info->properties = sp_properties(ctx, info->properties);
}

struct partinfo_args {
    struct ffa_uuid uuid;
    uint32_t flags;
};

static struct partinfo_args decode_get(const struct ffa_regs *in)
{
    return (struct partinfo_args){
        .uuid = ffa_uuid_from_words(in->x[1], in->x[2], in->x[3], in->x[4]), .flags = in->x[5],
    };
}

static ffa_rc_t validate_get(const struct ffa_ctx *ctx, const struct partinfo_args *a)
{
    /* The count flag came with 1.1. */
    uint32_t known = ctx->version >= FFA_VERSION_1_1 ? PARTINFO_COUNT_ONLY : 0;

    return a->flags & ~known ? FFA_INVALID_PARAMETERS : FFA_OK;
}

static ffa_rc_t act_get(struct ffa_ctx *ctx, const struct partinfo_args *a, const struct view *view, size_t size)
{
    uint8_t desc[FFA_DESC_SIZE_1_1];
    struct ffa_part_info info;
    unsigned int i;
    ffa_rc_t rc = ffa_rx_acquire(ctx, view->count * size);

    if ( !ffa_ok(rc) )
        return rc;

    for ( i = 0; i < view->count; i++ )
    {
        view_entry(ctx, view, i, &info);
        ffa_desc_emit(desc, size, &info, ffa_uuid_nil(&a->uuid));
        ffa_rx_write(ctx, i * size, desc, size);
    }
    ffa_rx_deliver(ctx, true);

    return FFA_OK;
}

/*
 * FFA_PARTITION_INFO_GET: w1-w4 = UUID or nil, w5 bit 0 = only count. w2 = count, w3 = size of one descriptor (>= 1.1,
 * not when only counting). INVALID_PARAMETERS: UUID unknown, flags; BUSY: RX not free, or (SPMC 1.0 only) another VM asks by UUID;
 * NO_MEMORY: RX too small.
 */
FFA_HANDLER(partition_info_get)
{
    struct partinfo_args a = decode_get(in);
    size_t size = ffa_desc_size(ctx->version);
    bool count_only = a.flags & PARTINFO_COUNT_ONLY;
    struct view view;
    ffa_rc_t rc = validate_get(ctx, &a);

    if ( ffa_ok(rc) )
        rc = view_make(ctx, &a.uuid, &view);
    if ( ffa_ok(rc) && !count_only )
        rc = act_get(ctx, &a, &view, size);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, view.count, !count_only && size > FFA_DESC_SIZE_1_0 ? size : 0);

    return rc;
}

/*
 * FFA_PARTITION_INFO_GET_REGS: x1, x2 = UUID or nil, x3 = start index [15:0], tag [31:16].
 * x2 = last index, last index in this answer, tag, size; x3-x17 = up to five descriptors.
 * INVALID_PARAMETERS: UUID unknown, start beyond the end, reserved bits; RETRY: not our tag.
 */
FFA_HANDLER(partition_info_regs)
{
    struct ffa_uuid uuid = { .lo = in->x[1], .hi = in->x[2] };
    unsigned int start = in->x[3] & 0xffff, tag = (in->x[3] >> 16) & 0xffff;
    struct view view;
    unsigned int i;
    ffa_rc_t rc;

    if ( in->x[3] >> 32 )
        return FFA_INVALID_PARAMETERS;

    if ( start ? tag != PARTINFO_TAG : tag )
        return FFA_RETRY;

    rc = view_make(ctx, &uuid, &view);
    if ( !ffa_ok(rc) )
        return rc;

    if ( start >= view.count )
        return FFA_INVALID_PARAMETERS;

    *out = (struct ffa_regs){ .x = { [0] = FFA_FID(SUCCESS_64) }, .nr = FFA_NR_REGS };
    for ( i = 0; i < ENTRIES_PER_CALL && start + i < view.count; i++ )
    {
        struct ffa_part_info info;

        view_entry(ctx, &view, start + i, &info);
        ffa_desc_emit_regs(&out->x[3 + i * REGS_PER_ENTRY], &info, ffa_uuid_nil(&uuid));
    }
    out->x[2] = (view.count - 1) | ((uint64_t)(start + i - 1) << 16) | ((uint64_t)PARTINFO_TAG << 32) |
                ((uint64_t)FFA_DESC_SIZE_1_1 << 48);

    return FFA_OK;
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
