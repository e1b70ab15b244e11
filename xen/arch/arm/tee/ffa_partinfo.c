/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM is told about partitions: PARTITION_INFO_GET and PARTITION_INFO_GET_REGS.
 *
 * The list of a VM has what its policy lets it discover: other VMs, by id, then entries of the boot-time list of SPs
 * (ffa_splist.c), below 1.2 one per partition, from 1.2 on one per (partition, UUID). The VM's own entry comes first from 1.2
 * on; old drivers stumble over it, so they get it only when there is no other: an empty list would stop them altogether. VMs
 * have no UUID. They come and go, which the tag tells; SPs never change. Properties are cut to the VM's version and to what
 * works through us. Lock: ctx->rxtx.lock through ffa_rx_acquire().   Spec: DEN0077A 1.2 ch. 13.
 */
#include <xen/bitmap.h>

#include "ffa_private.h"

#define PARTINFO_COUNT_ONLY             BIT(0, U)

/* Entries of 24 bytes that x3-x17 can hold */
#define REGS_PER_ENTRY                  3U
#define ENTRIES_PER_CALL                ((FFA_NR_REGS - 3) / REGS_PER_ENTRY)

/* Not 0: drivers take that for "no tag". */
static uint16_t list_tag(const struct ffa_ctx *ctx)
{
    return ffa_vm_changes(ctx) % UINT16_MAX + 1;
}

/* Can @reader exchange indirect messages with @vm? Of itself: with anybody? */
static bool indirect(const struct ffa_ctx *vm, const struct ffa_ctx *reader)
{
    return ffa_call_offered(reader, FFA_NR_MSG_SEND2) &&
           (vm == reader || (vm->version >= FFA_VERSION_1_1 && ffa_may(reader, vm->vm_id, FFA_MAY_MESSAGE)));
}

/* The entry of @vm for @reader */
static void vm_entry(const struct ffa_ctx *vm, const struct ffa_ctx *reader, struct ffa_part_info *info)
{
    uint32_t properties = is_64bit_domain(vm->d) ? FFA_PART_AARCH64 : 0;

    if ( ffa_call_offered(vm, FFA_NR_DIRECT_REQ_32) || ffa_call_offered(vm, FFA_NR_DIRECT_REQ_64) )
        properties |= FFA_PART_DIRECT_SEND;
    if ( ffa_call_offered(vm, FFA_NR_DIRECT_REQ2) )
        properties |= FFA_PART_DIRECT2_SEND;
    if ( ffa_call_offered(vm, FFA_NR_MSG_WAIT) && (vm == reader || ffa_may(reader, vm->vm_id, FFA_MAY_MESSAGE)) )
        properties |= FFA_PART_DIRECT_RECV | (vm->version >= FFA_VERSION_1_2 ? FFA_PART_DIRECT2_RECV : 0);
    if ( ffa_call_offered(vm, FFA_NR_NOTIF_GET) )
        properties |= FFA_PART_NOTIF_RECV;

    if ( indirect(vm, reader) )
        properties |= FFA_PART_INDIRECT;

    *info = (struct ffa_part_info){
        .id = vm->vm_id,
        .contexts = vm->d->max_vcpus,
        .properties = ffa_desc_properties(properties, reader->version),
    };
}

/* What @ctx may know of an SP. SPs cannot send requests to VMs. */
static uint32_t sp_properties(const struct ffa_ctx *ctx, uint32_t properties)
{
    properties &= ~(FFA_PART_DIRECT_SEND | FFA_PART_DIRECT2_SEND);
    if ( !ffa_msg2_to_sps() || !ffa_call_offered(ctx, FFA_NR_MSG_SEND2) )
        properties &= ~FFA_PART_INDIRECT;
    if ( !ffa_spmc_has(FFA_NR_DIRECT_REQ_32) && !ffa_spmc_has(FFA_NR_DIRECT_REQ_64) )
        properties &= ~FFA_PART_DIRECT_RECV;
    if ( !ffa_spmc_has(FFA_NR_DIRECT_REQ2) )
        properties &= ~FFA_PART_DIRECT2_RECV;
    if ( !ffa_call_offered(ctx, FFA_NR_NOTIF_SET) )
        properties &= ~FFA_PART_NOTIF_RECV;

    return ffa_desc_properties(properties, ctx->version);
}

/*
 * What one VM may see for one UUID, and how far a walk through it has come: itself or not, other VMs or not, then those
 * entries of the boot-time list whose bits are set
 */
struct view {
    bool own, vms;
    uint16_t vm;                        /* other VMs up to this one have been seen                                   */
    unsigned int count;                 /* entries that a walk has                                                   */
    DECLARE_BITMAP(listed, FFA_MAX_SP_ENTRIES);
};

/* Next entry of the walk. False: that was all. A VM that comes or goes during the walk is in it or not. */
static bool view_next(const struct ffa_ctx *ctx, struct view *view, struct ffa_part_info *info)
{
    struct ffa_ctx *vm;
    unsigned int i;

    if ( view->own )
    {
        view->own = false;
        vm_entry(ctx, ctx, info);
        return true;
    }

    while ( view->vms )
    {
        view->vm = ffa_vm_next(ctx, view->vm);
        view->vms = view->vm;
        vm = view->vms ? ffa_vm_lock(view->vm) : NULL;
        if ( vm )
        {
            vm_entry(vm, ctx, info);
            ffa_vm_unlock(vm);
            return true;
        }
    }

    i = find_first_bit(view->listed, FFA_MAX_SP_ENTRIES);
    if ( i >= FFA_MAX_SP_ENTRIES )
        return false;

    clear_bit(i, view->listed);
    *info = *ffa_splist_entry(i);
    info->properties = sp_properties(ctx, info->properties);

    return true;
}

static unsigned int view_count(const struct ffa_ctx *ctx, const struct view *view)
{
    struct view walk = *view;
    struct ffa_part_info info;
    unsigned int n = 0;

    while ( view_next(ctx, &walk, &info) )
        n++;

    return n;
}

/* Make the view of @ctx for @uuid (nil: all). INVALID_PARAMETERS: nobody has it; else as ffa_splist_find(). */
static ffa_rc_t view_make(const struct ffa_ctx *ctx, const struct ffa_uuid *uuid, struct view *view)
{
    bool per_uuid = ctx->version >= FFA_VERSION_1_2, all = ffa_uuid_nil(uuid), listed = false;
    unsigned int i, count;
    ffa_rc_t rc;

    rc = ffa_splist_find(uuid, view->listed);
    if ( !ffa_ok(rc) )
        return rc;

    bitmap_and(view->listed, view->listed, ctx->policy.listed, FFA_MAX_SP_ENTRIES);
    /* Below 1.2 a partition is listed once, however many UUIDs it has. */
    for ( i = 0; i < ffa_splist_entries() && !per_uuid; i++ )
    {
        if ( !i || ffa_splist_entry(i)->id != ffa_splist_entry(i - 1)->id )
            listed = false;

        if ( test_bit(i, view->listed) && listed )
            clear_bit(i, view->listed);
        listed |= test_bit(i, view->listed);
    }

    view->own = all && per_uuid;
    view->vms = all;
    view->vm = 0;
    count = view_count(ctx, view);
    if ( !count && all )
        count = view->own = true;
    view->count = count;

    return count ? FFA_OK : FFA_INVALID_PARAMETERS;
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

/* Returns with the number of entries written in view->count: VMs may have gone since they were counted. */
static ffa_rc_t act_get(struct ffa_ctx *ctx, const struct partinfo_args *a, struct view *view, size_t size)
{
    uint8_t desc[FFA_DESC_SIZE_1_1];
    struct ffa_part_info info;
    unsigned int n;
    ffa_rc_t rc = ffa_rx_acquire(ctx, view->count * size);

    if ( !ffa_ok(rc) )
        return rc;

    for ( n = 0; n < view->count && view_next(ctx, view, &info); n++ )
    {
        ffa_desc_emit(desc, size, &info, ffa_uuid_nil(&a->uuid));
        ffa_rx_write(ctx, n * size, desc, size);
    }
    view->count = n;
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
 * INVALID_PARAMETERS: UUID unknown, start beyond the end, reserved bits; RETRY: not our tag, or
 * a VM came or went since.
 */
FFA_HANDLER(partition_info_regs)
{
    struct ffa_uuid uuid = { .lo = in->x[1], .hi = in->x[2] };
    unsigned int start = in->x[3] & 0xffff, tag = (in->x[3] >> 16) & 0xffff, last = 0, n;
    uint16_t now = list_tag(ctx);
    struct ffa_part_info info;
    struct view view;
    ffa_rc_t rc;

    if ( in->x[3] >> 32 )
        return FFA_INVALID_PARAMETERS;

    if ( start ? tag != now : tag )
        return FFA_RETRY;

    rc = view_make(ctx, &uuid, &view);
    if ( !ffa_ok(rc) )
        return rc;

    /* One walk: what is counted is what is written. A VM that comes or goes meanwhile makes the tag stale. */
    *out = (struct ffa_regs){ .x = { [0] = FFA_FID(SUCCESS_64) }, .nr = FFA_NR_REGS };
    for ( n = 0; view_next(ctx, &view, &info); n++ )
    {
        if ( n < start || n >= start + ENTRIES_PER_CALL )
            continue;

        ffa_desc_emit_regs(&out->x[3 + (n - start) * REGS_PER_ENTRY], &info, ffa_uuid_nil(&uuid));
        last = n;
    }

    if ( start && now != list_tag(ctx) )
        return FFA_RETRY;

    if ( start >= n )
        return FFA_INVALID_PARAMETERS;

    out->x[2] = (n - 1) | ((uint64_t)last << 16) | ((uint64_t)now << 32) | ((uint64_t)FFA_DESC_SIZE_1_1 << 48);

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
