/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that the normal world sends to partitions: MEM_SHARE, MEM_LEND, MEM_DONATE with their fragments, MEM_RECLAIM, and
 * for the partitions RETRIEVE_REQ and RELINQUISH (README: in which form). Normal memory, 1.0, 1.1 and 1.2 descriptors, as
 * many borrowers as there are partitions.
 *
 * A share is open (fragments missing) or complete, and retrieved at most once by each borrower. An error ends an open one.
 * Ranges are kept in chunks of a common pool. Handles are given once and never again (FW_OPT_REUSE_HANDLES: the lowest free one);
 * the first one is 0; one of the hypervisor's (bit 63) is taken over. Lock: spmc_lock.
 */
#include "desc.h"

#define MAX_SHARES          160
#define CHUNK_RANGES        64
#define CHUNKS              224

struct chunk {
    struct chunk *next;
    uint64_t base[CHUNK_RANGES];
    uint32_t pages[CHUNK_RANGES];
};

static struct share {
    bool used, complete;
    enum kind kind;
    bool zero;                          /* before anybody gets it */
    uint64_t handle, tag;
    uint16_t sender;
    struct borrowers borrowers;
    uint32_t total, have;               /* bytes of the descriptor  */
    uint32_t pages, ranges;             /* as announced             */
    uint32_t pages_have, ranges_have;   /* as they came             */
    uint32_t taken;                     /* when it was retrieved last: a number that grows */
    struct chunk *first, *last;
} shares[MAX_SHARES];

static struct chunk pool[CHUNKS];
static struct chunk *spare;
static bool pool_ready;
static uint32_t serial, retrievals;
static uint8_t copy[WINDOW_PAGES * PAGE_SIZE];  /* of the fragment that is looked at */

static struct chunk *chunk_get(void)
{
    struct chunk *c;
    unsigned int i;

    for ( i = 0; i < CHUNKS && !pool_ready; i++ )
    {
        pool[i].next = spare;
        spare = &pool[i];
    }
    pool_ready = true;
    c = spare;
    if ( c )
    {
        spare = c->next;
        c->next = NULL;
    }

    return c;
}

static void share_free(struct share *s)
{
    if ( s->last )
    {
        s->last->next = spare;
        spare = s->first;
    }
    s->used = false;
}

/* A donation that its borrower has: with FW_OPT_REUSE_HANDLES it has no handle any more. */
static bool nameless(const struct share *s)
{
    return (info->options & FW_OPT_REUSE_HANDLES) && s->kind == DONATE && borrowers_retrieved(&s->borrowers);
}

static struct share *share_find(uint64_t handle)
{
    unsigned int i;

    for ( i = 0; i < MAX_SHARES; i++ )
        if ( shares[i].used && shares[i].handle == handle && !nameless(&shares[i]) )
            return &shares[i];

    return NULL;
}

static uint64_t new_handle(unsigned int slot)
{
    uint64_t handle = 0;

    if ( !(info->options & FW_OPT_REUSE_HANDLES) )
        return (uint64_t)serial << 40 | slot;
    while ( share_find(handle) )
        handle++;

    return handle;
}

static struct share *share_new(void)
{
    unsigned int i;

    for ( i = 0; i < MAX_SHARES; i++ )
        if ( !shares[i].used )
        {
            uint64_t handle = new_handle(i);

            shares[i] = (struct share){ .used = true, .handle = handle };
            return &shares[i];
        }

    return NULL;
}

/* Is one of these pages in a complete share, or only (@lent) in one that is not the sender's any more? */
static bool shared_already(uint64_t base, uint32_t pages, bool lent)
{
    const struct chunk *c;
    unsigned int i, n;

    for ( i = 0; i < MAX_SHARES; i++ )
    {
        if ( !shares[i].used || !shares[i].complete || (lent && shares[i].kind == SHARE) )
            continue;
        for ( c = shares[i].first, n = 0; n < shares[i].ranges_have; n++ )
        {
            uint64_t other = c->base[n % CHUNK_RANGES], end = other + (uint64_t)c->pages[n % CHUNK_RANGES] * PAGE_SIZE;

            if ( base < end && other < base + (uint64_t)pages * PAGE_SIZE )
                return true;
            if ( n % CHUNK_RANGES == CHUNK_RANGES - 1 )
                c = c->next;
        }
    }

    return false;
}

static int add_range(struct share *s, uint64_t base, uint32_t pages)
{
    unsigned int at = s->ranges_have % CHUNK_RANGES;
    uint64_t size = (uint64_t)pages * PAGE_SIZE;

    if ( (base & (PAGE_SIZE - 1)) || !pages || base + size < base || s->ranges_have == s->ranges ||
         pages > s->pages - s->pages_have )
        return FFA_INVALID;
    if ( base < NS_RAM_BASE || base + size > NS_RAM_END )
        return FFA_DENIED;
    /* Some SPMCs do not want a page in two shares: FW_OPT_SHM_ONCE. */
    if ( shared_already(base, pages, s->kind == SHARE && !(info->options & FW_OPT_SHM_ONCE)) )
        return FFA_DENIED;
    if ( !at )
    {
        struct chunk *c = chunk_get();

        if ( !c )
            return FFA_NO_MEMORY;
        if ( s->last )
            s->last->next = c;
        else
            s->first = c;
        s->last = c;
    }
    s->last->base[at] = base;
    s->last->pages[at] = pages;
    s->ranges_have++;
    s->pages_have += pages;

    return 0;
}

/* Whole ranges at @p. */
static int add_ranges(struct share *s, const uint8_t *p, uint32_t bytes)
{
    int ret = 0;

    for ( ; bytes && !ret; p += RANGE_SIZE, bytes -= RANGE_SIZE )
    {
        ret = get(p + 12, 4) ? FFA_INVALID : add_range(s, get(p, 8), get(p + 8, 4));
        s->have += RANGE_SIZE;
    }

    return ret;
}

/* Header, accesses and composite header of the first fragment, @bytes of it at @p. */
static int take_head(struct share *s, const uint8_t *p, uint32_t bytes)
{
    bool old = nwd_version < FFA_1_1;
    uint32_t header = old ? HEADER_1_0 : HEADER_1_1, size = old ? 16 : get(p + 24, 4), at = old ? header : get(p + 32, 4);
    uint32_t attributes = get(p + 2, old ? 1 : 2), flags = get(p + 4, 4), nr = get(p + 28, 4), composite;
    uint64_t handle = get(p + 8, 8);

    if ( bytes < header + 16 + COMPOSITE_HEADER || (flags & ~FLAG_ZERO) || (flags && s->kind == SHARE) || !nr || nr > SP_COUNT ||
         (s->kind == DONATE && nr != 1) )
        return FFA_INVALID;
    if ( handle && (!(handle >> 63) || share_find(handle)) )
        return FFA_INVALID;
    if ( (size != 16 && (size != 32 || nwd_version < FFA_1_2)) || (at & 15) || at < header || at > bytes ||
         nr * size > bytes - at )
        return FFA_INVALID;
    if ( old ? p[3] || get(p + 24, 4) : get(p + 36, 4) || get(p + 40, 8) )
        return FFA_INVALID;

    composite = get(p + at + 4, 4);
    if ( !borrowers_take(&s->borrowers, s->kind, true, p + at, size, nr, composite) )
        return FFA_INVALID;
    if ( (composite & 15) || composite < at + nr * size || composite > bytes - COMPOSITE_HEADER )
        return FFA_INVALID;
    s->sender = get(p, 2);
    s->tag = get(p + 16, 8);
    s->zero = flags;
    s->pages = get(p + composite, 4);
    s->ranges = get(p + composite + 4, 4);
    if ( get(p + composite + 8, 8) || is_secure(s->sender) || s->sender == FFA_ID_INVALID )
        return FFA_INVALID;
    if ( (attributes & ~0x3fu) || !s->ranges ||
         composite + COMPOSITE_HEADER + (uint64_t)s->ranges * RANGE_SIZE != s->total )
        return FFA_INVALID;
    if ( s->kind == DONATE || (s->kind == LEND && nr == 1) ? attributes != 0 : attributes != ATTRIBUTES )
        return s->kind == SHARE || attributes ? FFA_DENIED : FFA_INVALID;
    if ( handle )
        s->handle = handle;
    s->have = composite + COMPOSITE_HEADER;

    return add_ranges(s, p + s->have, bytes - s->have);
}

/* @bytes from the hypervisor's TX into the copy */
static int fetch(uint32_t bytes)
{
    const struct buffers *b = &vms[0].buf;
    uint32_t i;

    if ( !b->mapped || !bytes || (bytes & 15) || bytes > b->pages * PAGE_SIZE )
        return FFA_INVALID;
    for ( i = 0; i < bytes; i++ )
        copy[i] = ((const volatile uint8_t *)b->tx)[i];

    return 0;
}

/* The end of a fragment: an error, more to come, or done. */
static void fragment_end(struct share *s, struct regs *r, int ret)
{
    if ( !ret && s->have == s->total && s->pages_have != s->pages )
        ret = FFA_INVALID;
    if ( ret )
    {
        share_free(s);
        ret_status(r, ret);
    }
    else if ( s->have < s->total )
    {
        ret_regs(r, FFA_MEM_FRAG_RX, (uint32_t)s->handle, s->handle >> 32, s->have);
        r->x[4] = (uint64_t)s->sender << 16;
    }
    else
    {
        s->complete = true;
        ret_regs(r, FFA_SUCCESS_32, 0, (uint32_t)s->handle, s->handle >> 32);
    }
}

static void send(struct regs *r, enum kind kind)
{
    uint32_t total = r->x[1], bytes = r->x[2];
    struct share *s;
    int ret;

    if ( r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] || bytes > total || (total & 15) ||
         bytes < HEADER_1_0 + 16 + COMPOSITE_HEADER )
    {
        ret_status(r, FFA_INVALID);
        return;
    }

    spin_lock(&spmc_lock);
    ret = fetch(bytes);
    s = ret ? NULL : share_new();
    if ( s )
    {
        s->total = total;
        s->kind = kind;
        fragment_end(s, r, take_head(s, copy, bytes));
        serial += (uint32_t)r->x[0] != FFA_ERROR; /* the handle is known to others now */
    }
    else
        ret_status(r, ret ? ret : FFA_NO_MEMORY);
    spin_unlock(&spmc_lock);
}

void call_mem_share(struct regs *r) { send(r, SHARE); }
void call_mem_lend(struct regs *r) { send(r, LEND); }
void call_mem_donate(struct regs *r) { send(r, DONATE); }

static uint64_t handle_of(const struct regs *r) { return (uint32_t)r->x[1] | (uint64_t)(uint32_t)r->x[2] << 32; }

void call_mem_frag_tx(struct regs *r)
{
    uint32_t bytes = r->x[3];
    struct share *s;

    spin_lock(&spmc_lock);
    s = share_find(handle_of(r));
    if ( !s || s->complete || r->x[4] != (uint64_t)s->sender << 16 || r->x[5] || r->x[6] || r->x[7] )
        ret_status(r, FFA_INVALID);
    else if ( bytes > s->total - s->have || fetch(bytes) )
        fragment_end(s, r, FFA_INVALID);
    else
        fragment_end(s, r, add_ranges(s, copy, bytes));
    spin_unlock(&spmc_lock);
}

void call_mem_reclaim(struct regs *r)
{
    struct share *s;
    int ret = 0;

    spin_lock(&spmc_lock);
    s = share_find(handle_of(r));
    if ( !s || !s->complete || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
        ret = FFA_INVALID;
    else if ( borrowers_retrieved(&s->borrowers) )
        ret = s->kind == DONATE ? FFA_INVALID : FFA_DENIED;
    else
        share_free(s);
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

/* ---- partitions ------------------------------------------------------------------------------------------------- */

static void unmap(const struct share *s, struct borrower *b)
{
    shm_unmap(sp_find(b->id) - sps, b->va, s->pages);
    b->retrieved = false;
}

static int map(struct share *s, struct borrower *b, bool writable)
{
    const struct chunk *c = s->first;
    unsigned int n = sp_find(b->id) - sps, i;
    uint64_t va = shm_reserve(n, s->pages), at = va;

    if ( !va )
        return FFA_NO_MEMORY;
    for ( i = 0; i < s->ranges; i++ )
    {
        shm_map(n, at, c->base[i % CHUNK_RANGES], c->pages[i % CHUNK_RANGES], writable || s->zero);
        at += (uint64_t)c->pages[i % CHUNK_RANGES] * PAGE_SIZE;
        if ( i % CHUNK_RANGES == CHUNK_RANGES - 1 )
            c = c->next;
    }
    b->va = va;
    b->retrieved = true;
    s->taken = ++retrievals;
    if ( !mem_probe((const uint8_t *)va, s->pages) )
    {
        unmap(s, b);
        return FFA_DENIED;
    }
    if ( s->zero )
        for ( at = va; at < va + (uint64_t)s->pages * PAGE_SIZE; at += 8 )
            *(volatile uint64_t *)at = 0;
    if ( s->zero && !writable )
    {
        s->zero = false;
        unmap(s, b);
        return map(s, b, false);
    }
    s->zero = false;

    return 0;
}

/* The request, 1.1 layout: one access (of several borrowers: with the bypass flag), without a composite. */
static int check_request(const struct sp *sp, const uint8_t *p, uint32_t bytes, struct share **found, struct borrower **who,
                         bool *writable)
{
    uint32_t size, at, flags = get(p + 4, 4), type = (flags >> 3) & 3, attributes = get(p + 2, 2);
    const uint8_t *a;
    struct borrower *b;
    struct share *s;
    int ret;

    size = get(p + 24, 4);
    at = get(p + 32, 4);
    if ( (size != 16 && size != 32) || get(p + 28, 4) != 1 || (at & 15) || at < HEADER_1_1 || at > bytes - size )
        return FFA_INVALID;
    a = p + at;
    s = share_find(get(p + 8, 8));
    if ( !s || !s->complete || s->tag != get(p + 16, 8) || (flags & ~(FLAG_TYPE | FLAG_BYPASS)) || (type && type != s->kind) )
        return FFA_INVALID;
    if ( s->sender != get(p, 2) )
        return FFA_DENIED;
    b = borrower_of(&s->borrowers, sp->head->id);
    if ( !b || !(flags & FLAG_BYPASS) != (s->borrowers.nr == 1) || get(a, 2) != b->id || a[3] || get(a + 4, 4) )
        return FFA_INVALID;
    ret = borrower_may(b, s->kind, s->borrowers.nr, a, size, attributes);
    if ( ret )
        return ret;
    *writable = (a[2] & 3) == 2;
    *found = s;
    *who = b;

    return 0;
}

/* Header, access, and a composite of one range: where the pages are in the partition's address space. */
static void respond(const struct share *s, const struct borrower *b, uint8_t *p, bool writable)
{
    unsigned int i;

    for ( i = 0; i < MEM_RESPONSE; i++ )
        p[i] = 0;
    put(p, s->sender, 2);
    put(p + 2, ATTRIBUTES | ATTR_NS, 2);
    put(p + 4, s->kind << 3, 4);
    put(p + 8, s->handle, 8);
    put(p + 16, s->tag, 8);
    put(p + 24, 16, 4);
    put(p + 28, 1, 4);
    put(p + 32, HEADER_1_1, 4);
    put(p + 48, b->id, 2);
    p[50] = writable ? 6 : 5;
    put(p + 52, 64, 4);
    put(p + 64, s->pages, 4);
    put(p + 68, 1, 4);
    put(p + 80, b->va, 8);
    put(p + 88, s->pages, 4);
}

int mem_retrieve(struct sp *sp, uint8_t *p, uint32_t bytes)
{
    struct borrower *b = NULL;
    struct share *s = NULL;
    bool writable = false;
    int ret;

    if ( bytes < MEM_RESPONSE )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    ret = check_request(sp, p, bytes, &s, &b, &writable);
    if ( !ret )
        ret = map(s, b, writable);
    if ( !ret )
        respond(s, b, p, writable);
    spin_unlock(&spmc_lock);

    return ret;
}

int mem_relinquish(struct sp *sp, const uint8_t *p)
{
    struct borrower *b;
    struct share *s;
    int ret = 0;

    spin_lock(&spmc_lock);
    s = share_find(get(p, 8));
    b = s ? borrower_of(&s->borrowers, sp->head->id) : NULL;
    if ( get(p + 8, 4) || get(p + 12, 4) != 1 || get(p + 16, 2) != sp->head->id || !b || !b->retrieved || s->kind == DONATE )
        ret = FFA_INVALID;
    else
        unmap(s, b);
    spin_unlock(&spmc_lock);

    return ret;
}

/* Of what was donated the partition knows the handle that it had then: the last one of these. */
bool mem_where(const struct sp *sp, uint64_t handle, uint64_t *va, uint64_t *pages, uint16_t *sender)
{
    uint32_t last = 0;
    unsigned int i;

    spin_lock(&spmc_lock);
    for ( i = 0; i < MAX_SHARES; i++ )
    {
        const struct share *s = &shares[i];
        struct borrower *b = s->used && s->handle == handle ? borrower_of(&shares[i].borrowers, sp->head->id) : NULL;

        if ( !b || !b->retrieved || s->taken <= last )
            continue;
        last = s->taken;
        *va = b->va;
        *pages = s->pages;
        *sender = s->sender;
    }
    spin_unlock(&spmc_lock);

    return last;
}

/*
 * Partitions let go of the memory of a VM that is no more; its shares stay until they are reclaimed. What was donated is
 * theirs. spmc_lock.
 */
void mem_vm_destroyed(uint16_t vm)
{
    unsigned int i, j;

    for ( i = 0; i < MAX_SHARES; i++ )
        for ( j = 0; shares[i].used && shares[i].sender == vm && shares[i].kind != DONATE && j < shares[i].borrowers.nr; j++ )
            if ( shares[i].borrowers.to[j].retrieved )
                unmap(&shares[i], &shares[i].borrowers.to[j]);
}

/* Open ones count, too, but not what a partition has of a donation: *owned pages in all. spmc_lock. */
unsigned int mem_shares(uint64_t *owned)
{
    unsigned int i, n = 0;

    *owned = 0;
    for ( i = 0; i < MAX_SHARES; i++ )
    {
        if ( shares[i].used && shares[i].kind == DONATE && borrowers_retrieved(&shares[i].borrowers) )
            *owned += shares[i].pages;
        else
            n += shares[i].used;
    }

    return n;
}
