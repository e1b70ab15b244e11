/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of partitions, in the hypervisor's RX buffer and in registers. Lock: spmc_lock while RX is written. */
#include "spmc.h"

#define LIST_TAG 1 /* the list never changes */

static bool uuid_match(const struct sp *sp, const uint32_t *uuid)
{
    bool nil = !(uuid[0] | uuid[1] | uuid[2] | uuid[3]);

    return nil || (sp->head->uuid[0] == uuid[0] && sp->head->uuid[1] == uuid[1] && sp->head->uuid[2] == uuid[2] &&
                   sp->head->uuid[3] == uuid[3]);
}

uint32_t sp_properties(const struct sp *sp)
{
    uint32_t mask = nwd_version >= FFA_1_2 ? ~0u : nwd_version >= FFA_1_1 ? 0x1ff : 0x7;

    if ( !has_notifications() )
        mask &= ~FFA_PROP_NOTIFICATIONS;
    if ( (info->options & FW_OPT_NO_RX_ACQUIRE) || nwd_version < FFA_1_1 )
        mask &= ~FFA_PROP_INDIRECT;

    if ( (info->options & FW_OPT_NO_DIRECT) && sp->head->id == SP_FAULTS_ID )
        mask &= ~(FFA_PROP_RECV_DIRECT | FFA_PROP_RECV_REQ2);

    return sp->head->properties & mask;
}

static void put32(volatile uint8_t *p, uint32_t v)
{
    p[0] = v;
    p[1] = v >> 8;
    p[2] = v >> 16;
    p[3] = v >> 24;
}

void call_partition_info(struct regs *r)
{
    uint32_t uuid[4] = { r->x[1], r->x[2], r->x[3], r->x[4] };
    bool nil = !(uuid[0] | uuid[1] | uuid[2] | uuid[3]), count_only = r->x[5] & 1;
    unsigned int n, i, found = 0, size = nwd_version >= FFA_1_1 ? 24 : 8;
    struct buffers *b = &vms[0].buf;
    int ret = 0;

    for ( n = 0; n < SP_COUNT; n++ )
        found += uuid_match(&sps[n], uuid);
    if ( (r->x[5] & ~1UL) || (count_only && nwd_version < FFA_1_1) || !found )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    if ( count_only )
    {
        ret_regs(r, FFA_SUCCESS_32, 0, found, 0);
        return;
    }

    spin_lock(&spmc_lock);
    if ( !b->mapped || b->rx_full )
        ret = FFA_BUSY;
    else
    {
        volatile uint8_t *p = b->rx;

        for ( n = 0; n < SP_COUNT; n++ )
        {
            if ( !uuid_match(&sps[n], uuid) )
                continue;
            put32(p, sps[n].head->id | info->cpus << 16);
            put32(p + 4, sp_properties(&sps[n]));
            for ( i = 0; size > 8 && i < 4; i++ )
                put32(p + 8 + 4 * i, nil ? sps[n].head->uuid[i] : 0);
            p += size;
        }
        b->rx_full = true;
    }
    spin_unlock(&spmc_lock);

    if ( ret )
        ret_status(r, ret);
    else
        ret_regs(r, FFA_SUCCESS_32, 0, found, size > 8 ? size : 0);
}

void call_partition_info_regs(struct regs *r)
{
    uint32_t uuid[4] = { r->x[1], r->x[1] >> 32, r->x[2], r->x[2] >> 32 };
    bool nil = !(uuid[0] | uuid[1] | uuid[2] | uuid[3]);
    unsigned int n, i, index = 0, last, start = r->x[3] & 0xffff, tag = (r->x[3] >> 16) & 0xffff;
    uint64_t out[18] = { 0 };

    for ( n = 0, last = 0; n < SP_COUNT; n++ )
        last += uuid_match(&sps[n], uuid);
    if ( !last || start >= last || r->x[3] >> 32 )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    last--;
    if ( tag != (start ? LIST_TAG : 0) )
    {
        ret_status(r, FFA_RETRY);
        return;
    }

    for ( n = 0, i = 3; n < SP_COUNT; n++ )
    {
        const struct sp_header *h = sps[n].head;

        if ( !uuid_match(&sps[n], uuid) || index++ < start )
            continue;
        out[i++] = h->id | (uint64_t)info->cpus << 16 | (uint64_t)sp_properties(&sps[n]) << 32;
        out[i++] = nil ? h->uuid[0] | (uint64_t)h->uuid[1] << 32 : 0;
        out[i++] = nil ? h->uuid[2] | (uint64_t)h->uuid[3] << 32 : 0;
    }
    out[0] = FFA_SUCCESS_64;
    out[2] = last | (uint64_t)last << 16 | (uint64_t)LIST_TAG << 32 | 24UL << 48;
    for ( i = 0; i < ARRAY_SIZE(out); i++ )
        r->x[i] = out[i];
}
_Static_assert(SP_COUNT <= 5, "the register list fits one answer");
