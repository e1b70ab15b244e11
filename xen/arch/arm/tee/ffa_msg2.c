/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indirect messages: MSG_SEND2 from a VM to another, or to an SP.
 *
 * The message goes from the sender's TX into a copy and from there into the receiver's RX, with a header of the receiver's
 * version, or into the page that the SPMC takes for the VM's TX, with the header of 1.2: SPMCs of 1.2 read no other, those of
 * 1.1 take the rest of it for a gap. What the header says is believed as it was read once. Messages of SPs come past us: the SPMC
 * writes RX and sets the notification. Refuses: a header that does not fit its version or TX,
 * other senders than the caller, receivers that do not exist, have no buffers or are denied by the policy, all with the same
 * error. Lock: none here; ctx->rxtx.lock of one VM at a time inside.   Spec: DEN0077A 1.2, chapter "Indirect messages".
 */
#include <xen/string.h>
#include <xen/xmalloc.h>

#include "ffa_private.h"

/* Header: flags, reserved, offset of the payload, receiver, sender, size of the payload; 1.2: reserved, UUID */
#define HEADER_SIZE_1_1                 20U
#define HEADER_SIZE_1_2                 40U
#define AT_FLAGS                        0
#define AT_RESERVED                     4
#define AT_OFFSET                       8
#define AT_RECEIVER                     12
#define AT_SENDER                       14
#define AT_SIZE                         16
#define AT_RESERVED_1_2                 20
#define AT_UUID                         24

struct header {
    uint32_t reserved;                  /* whatever must be zero, together                                           */
    uint32_t offset, size;              /* of the payload, bytes                                                     */
    uint16_t receiver, sender;
    struct ffa_uuid uuid;               /* nil below 1.2                                                             */
};

static uint32_t header_size(uint32_t version)
{
    return version >= FFA_VERSION_1_2 ? HEADER_SIZE_1_2 : HEADER_SIZE_1_1;
}

static struct header parse(const uint8_t *p, uint32_t version)
{
    struct header h = {
        .reserved = ffa_get_le(p + AT_FLAGS, 4) | ffa_get_le(p + AT_RESERVED, 4),
        .offset = ffa_get_le(p + AT_OFFSET, 4),
        .size = ffa_get_le(p + AT_SIZE, 4),
        .receiver = ffa_get_le(p + AT_RECEIVER, 2),
        .sender = ffa_get_le(p + AT_SENDER, 2),
    };

    if ( header_size(version) == HEADER_SIZE_1_2 )
    {
        h.reserved |= ffa_get_le(p + AT_RESERVED_1_2, 4);
        h.uuid.lo = ffa_get_le(p + AT_UUID, 8);
        h.uuid.hi = ffa_get_le(p + AT_UUID + 8, 8);
    }

    return h;
}

static void emit(uint8_t *p, const struct header *h, uint32_t version)
{
    memset(p, 0, header_size(version));
    ffa_put_le(p + AT_OFFSET, h->offset, 4);
    ffa_put_le(p + AT_RECEIVER, h->receiver, 2);
    ffa_put_le(p + AT_SENDER, h->sender, 2);
    ffa_put_le(p + AT_SIZE, h->size, 4);
    if ( header_size(version) == HEADER_SIZE_1_2 )
    {
        ffa_put_le(p + AT_UUID, h->uuid.lo, 8);
        ffa_put_le(p + AT_UUID + 8, h->uuid.hi, 8);
    }
}

/* What is wrong with the message itself; @room: bytes of the sender's TX */
static ffa_rc_t validate(const struct ffa_ctx *ctx, const struct header *h, uint32_t room)
{
    if ( h->reserved || h->sender != ctx->vm_id || !ffa_may(ctx, h->receiver, FFA_MAY_MESSAGE) )
        return FFA_INVALID_PARAMETERS;

    if ( !h->size || h->offset < header_size(ctx->version) || h->offset > room || h->size > room - h->offset )
        return FFA_INVALID_PARAMETERS;

    return FFA_OK;
}

/* @h: as the sender wrote it, checked; @payload: a copy. */
static ffa_rc_t deliver(struct ffa_ctx *to, const struct header *h, const uint8_t *payload)
{
    uint32_t size = header_size(to->version);
    uint8_t head[HEADER_SIZE_1_2];
    struct header out = *h;
    ffa_rc_t rc;

    /* Who has no buffers does not receive: as if it did not exist. */
    if ( !ACCESS_ONCE(to->rxtx.nr_pages) )
        return FFA_INVALID_PARAMETERS;

    if ( to->version < FFA_VERSION_1_1 || !ffa_call_offered(to, FFA_NR_NOTIF_GET) )
        return FFA_DENIED;

    out.offset = max(h->offset, size);
    rc = ffa_rx_acquire(to, (size_t)out.offset + h->size);
    if ( !ffa_ok(rc) )
        return rc;

    /* Between header and payload is nothing: not what the buffer had before. */
    memset(head, 0, sizeof(head));
    emit(head, &out, to->version);
    ffa_rx_write(to, 0, head, size);
    ffa_rx_write(to, out.offset, payload, h->size);
    ffa_rx_deliver(to, true);
    FFA_COUNT(to, messages);
    ffa_notif_own_framework(to, FFA_NOTIF_RX_FULL);

    return FFA_OK;
}

/* ffa_msg2_to_sps - can VMs send messages to SPs at all? It takes SEND2 of the SPMC, and RX_ACQUIRE, with which it knows a VM's pair. */
bool ffa_msg2_to_sps(void)
{
    return ffa_spmc_has(FFA_NR_MSG_SEND2) && ffa_spmc_has(FFA_NR_RX_ACQUIRE);
}

/* The SP of @h, which the VM may message; @payload: a copy. Errors of the SPMC as they come. */
static ffa_rc_t forward(struct ffa_ctx *ctx, const struct header *h, const uint8_t *payload)
{
    struct header out = *h;
    uint8_t *page;
    ffa_rc_t rc;

    if ( !ffa_msg2_to_sps() )
        return FFA_NOT_SUPPORTED;

    if ( !(ffa_splist_sp(ffa_splist_index(h->receiver))->properties & FFA_PART_INDIRECT) )
        return FFA_DENIED;

    out.offset = max(h->offset, HEADER_SIZE_1_2);
    if ( out.offset > FFA_PAGE_SIZE || h->size > FFA_PAGE_SIZE - out.offset )
        return FFA_NO_MEMORY;

    rc = ffa_out_acquire(ctx, &page);
    if ( !ffa_ok(rc) )
        return rc;

    memset(page, 0, FFA_PAGE_SIZE);
    emit(page, &out, FFA_VERSION_1_2);
    memcpy(page + out.offset, payload, h->size);
    rc = ffa_spmc_simple(FFA_FID(MSG_SEND2), (uint32_t)ctx->vm_id << 16, 0, 0, 0, NULL);
    ffa_out_release(ctx);

    return rc;
}

/*
 * FFA_MSG_SEND2: all registers MBZ, the message is in TX.
 * INVALID_PARAMETERS: header, no such receiver, or it has no buffers; DENIED: no buffers of its own, or the receiver takes no
 * indirect messages; BUSY: the receiver's RX is not free, or another vCPU is sending to an SP; NO_MEMORY: it is too small, for an
 * SP also more than a page; NOT_SUPPORTED: an SP, below an SPMC without such messages.
 */
FFA_HANDLER(msg_send2)
{
    uint32_t bytes = header_size(ctx->version);
    uint8_t head[HEADER_SIZE_1_2], *message;
    struct ffa_rxtx_pages pages;
    struct ffa_ctx *to;
    struct header h;
    ffa_rc_t rc;

    if ( !ffa_tx_copy(ctx, head, bytes, &pages) )
        return FFA_DENIED;

    h = parse(head, ctx->version);
    rc = validate(ctx, &h, pages.nr / 2 * FFA_PAGE_SIZE);
    if ( !ffa_ok(rc) )
        return rc;

    message = xzalloc_array(uint8_t, h.offset + h.size);
    if ( !message )
        return FFA_NO_MEMORY;

    if ( !ffa_tx_copy(ctx, message, h.offset + h.size, &pages) )
        rc = FFA_DENIED;                /* unmapped by another vCPU meanwhile: as if it had been before */
    else if ( h.receiver & FFA_ID_SECURE )
        rc = forward(ctx, &h, message + h.offset);
    else
    {
        rc = FFA_INVALID_PARAMETERS;
        to = ffa_vm_get(h.receiver);
        if ( to )
        {
            rc = deliver(to, &h, message + h.offset);
            ffa_vm_put(to);
        }
    }
    xfree(message);
    if ( ffa_ok(rc) )
        ffa_encode_success(out, 0, 0);

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
