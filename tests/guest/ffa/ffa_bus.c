/* SPDX-License-Identifier: BSD-2-Clause */
/* Partitions, looked up by UUID: FFA_PARTITION_INFO_GET by the RX buffer and by registers. */
#include "ffa.h"

#define DESC_1_0_BYTES  8               /* id, contexts, properties */
#define DESC_MIN_BYTES  24              /* 1.1: and the UUID */
#define REGS_MAX_CALLS  64

static uint64_t uuid_pair(const struct ffa_uuid *uuid, unsigned int first)
{
    return uuid ? uuid->word[first] | (uint64_t)uuid->word[first + 1] << 32 : 0;
}

static uint32_t uuid_word(const struct ffa_uuid *uuid, unsigned int n)
{
    return uuid ? uuid->word[n] : 0;
}

static void put(struct ffa_partition *p, uint64_t head, uint64_t lo, uint64_t hi)
{
    p->id = (uint16_t)head;
    p->vcpus = (uint16_t)(head >> 16);
    p->properties = (uint32_t)(head >> 32);
    p->uuid.word[0] = (uint32_t)lo;
    p->uuid.word[1] = (uint32_t)(lo >> 32);
    p->uuid.word[2] = (uint32_t)hi;
    p->uuid.word[3] = (uint32_t)(hi >> 32);
}

int ffa_partition_count(struct ffa *ffa, const struct ffa_uuid *uuid)
{
    struct ffa_regs r;
    int rc;

    ffa_call(ffa, &r, FFA_PARTITION_INFO_GET, uuid_word(uuid, 0), uuid_word(uuid, 1), uuid_word(uuid, 2),
             uuid_word(uuid, 3), FFA_PARTITION_COUNT_ONLY, 0, 0);
    rc = ffa_status(&r);

    return rc == FFA_OK ? (int)(uint32_t)r.x[2] : rc;
}

int ffa_partitions_rx(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max)
{
    const struct ffa_os *os = ffa->os;
    unsigned long flags;
    struct ffa_regs r;
    uint32_t count, stride, i;
    int rc;

    if ( !ffa->rx )
        return FFA_DENIED;

    flags = os->lock(os->ctx);

    ffa_call(ffa, &r, FFA_PARTITION_INFO_GET, uuid_word(uuid, 0), uuid_word(uuid, 1), uuid_word(uuid, 2),
             uuid_word(uuid, 3), 0, 0, 0);
    rc = ffa_status(&r);
    if ( rc != FFA_OK )
    {
        os->unlock(os->ctx, flags);
        return rc;
    }

    /* The stride is what the callee says, never the size of our own struct */
    count = (uint32_t)r.x[2];
    stride = ffa->version >= FFA_VERSION_1_1 ? (uint32_t)r.x[3] : DESC_1_0_BYTES;
    if ( stride < (ffa->version >= FFA_VERSION_1_1 ? DESC_MIN_BYTES : DESC_1_0_BYTES) || stride % 8 ||
         count > ffa->rxtx_bytes / stride )
        rc = FFA_ABORTED;
    else
        rc = (int)count;

    for ( i = 0; rc > 0 && i < count && (int)i < max; i++ )
    {
        const uint64_t *d = (const uint64_t *)((const char *)ffa->rx + (size_t)i * stride);

        put(&out[i], d[0], stride >= DESC_MIN_BYTES ? d[1] : 0, stride >= DESC_MIN_BYTES ? d[2] : 0);
    }

    ffa_rx_release(ffa);
    os->unlock(os->ctx, flags);

    return rc;
}

int ffa_partitions_regs(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max)
{
    uint32_t start = 0, tag = 0, last, current, words, i;
    unsigned int calls;
    struct ffa_regs r;
    int rc;

    for ( calls = 0; calls < REGS_MAX_CALLS; calls++ )
    {
        ffa_call(ffa, &r, FFA_PARTITION_INFO_GET_REGS, uuid_pair(uuid, 0), uuid_pair(uuid, 2),
                 start | (uint64_t)tag << 16, 0, 0, 0, 0);
        rc = ffa_status(&r);
        if ( rc == FFA_RETRY && start )
        {
            start = tag = 0;                    /* the list has changed under us */
            continue;
        }
        if ( rc != FFA_OK )
            return rc;

        last = (uint16_t)r.x[2];
        current = (uint16_t)(r.x[2] >> 16);
        tag = (uint16_t)(r.x[2] >> 32);
        words = (uint32_t)(r.x[2] >> 48) / 8;
        if ( current < start || current > last || words < 3 || (current - start + 1) * words > 15 )
            return FFA_ABORTED;

        for ( i = start; i <= current && (int)i < max; i++ )
        {
            const uint64_t *d = &r.x[3 + (i - start) * words];

            put(&out[i], d[0], d[1], d[2]);
        }

        if ( current == last )
            return (int)last + 1;
        start = current + 1;
    }

    return FFA_ABORTED;
}

int ffa_partitions(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out, int max)
{
    if ( ffa->version >= FFA_VERSION_1_2 && ffa_features(ffa, FFA_PARTITION_INFO_GET_REGS, 0, NULL, NULL) == FFA_OK )
        return ffa_partitions_regs(ffa, uuid, out, max);

    return ffa_partitions_rx(ffa, uuid, out, max);
}

int ffa_find(struct ffa *ffa, const struct ffa_uuid *uuid, struct ffa_partition *out)
{
    int n = ffa_partitions(ffa, uuid, out, 1);

    if ( n < 0 )
        return n;

    /* Some answer an unknown UUID with a count of 0 */
    return n ? FFA_OK : FFA_INVALID_PARAMETERS;
}
