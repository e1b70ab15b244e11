/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory shared with a partition: the transaction descriptor of each version, MEM_SHARE, MEM_RECLAIM. The descriptor goes
 * through TX, in one piece: a page of TX has room for about 250 ranges.
 */
#include "ffa.h"

#define HEADER_1_0      32u
#define HEADER_1_1      48u
#define COMPOSITE       16u
#define RANGE           16u

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
    unsigned int i;

    for ( i = 0; i < bytes; i++, v >>= 8 )
        p[i] = (uint8_t)v;
}

size_t ffa_mem_describe(const struct ffa *ffa, const struct ffa_mem *mem, void *buf, size_t room)
{
    bool old = ffa->version < FFA_VERSION_1_1;
    size_t header = old ? HEADER_1_0 : HEADER_1_1, access = mem->wide ? 32 : 16, composite = header + access;
    size_t total = composite + COMPOSITE + mem->nr_ranges * RANGE, i;
    uint32_t pages = 0;
    uint8_t *p = buf;

    if ( total > room )
        return 0;

    for ( i = 0; i < total; i++ )
        p[i] = 0;

    put(p, ffa->id, 2);
    put(p + 2, mem->attributes, old ? 1 : 2);
    put(p + 16, mem->tag, 8);
    put(p + 28, 1, 4);
    if ( !old )
    {
        put(p + 24, access, 4);
        put(p + 32, header, 4);
    }

    put(p + header, mem->receiver, 2);
    p[header + 2] = mem->permissions;
    put(p + header + 4, composite, 4);
    if ( mem->wide )
    {
        put(p + header + 8, mem->impdef[0], 8);
        put(p + header + 16, mem->impdef[1], 8);
    }

    for ( i = 0; i < mem->nr_ranges; i++ )
    {
        put(p + composite + COMPOSITE + i * RANGE, mem->ranges[i].ipa, 8);
        put(p + composite + COMPOSITE + i * RANGE + 8, mem->ranges[i].pages, 4);
        pages += mem->ranges[i].pages;
    }
    put(p + composite, pages, 4);
    put(p + composite + 4, mem->nr_ranges, 4);

    return total;
}

int ffa_mem_share(struct ffa *ffa, const struct ffa_mem *mem, uint64_t *handle)
{
    const struct ffa_os *os = ffa->os;
    unsigned long flags;
    struct ffa_regs r;
    size_t total;
    int rc = FFA_NO_MEMORY;

    flags = os->lock(os->ctx);
    total = ffa->tx ? ffa_mem_describe(ffa, mem, ffa->tx, ffa->rxtx_bytes) : 0;
    if ( total )
    {
        ffa_call(ffa, &r, FFA_MEM_SHARE_64, total, total, 0, 0, 0, 0, 0);
        rc = ffa_status(&r);
    }
    os->unlock(os->ctx, flags);

    if ( rc == FFA_OK )
        *handle = (uint32_t)r.x[2] | (uint64_t)(uint32_t)r.x[3] << 32;

    return rc;
}

int ffa_mem_reclaim(struct ffa *ffa, uint64_t handle, uint32_t flags)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_MEM_RECLAIM, (uint32_t)handle, handle >> 32, flags, 0, 0, 0, 0);

    return ffa_status(&r);
}
