/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that partitions send to VMs: MEM_SHARE, MEM_LEND, MEM_DONATE and MEM_RECLAIM of a partition (README: in which form),
 * and for the normal world MEM_RETRIEVE_REQ, MEM_FRAG_RX and MEM_RELINQUISH, which the hypervisor calls for its VMs.
 *
 * Only what is normal world memory of the partition's (SP_NS_*). The borrower is the one access without the "not retrieving"
 * flag. The response has one access, in the normal world's version, and goes to the hypervisor's RX. Handles are given once;
 * bit 62 tells them from those of mem.c. Lock: spmc_lock.
 */
#include "desc.h"

#define MAX_LOANS           72
#define HANDLE              (1UL << 62)

static struct loan {
    bool used;
    enum kind kind;
    bool zero;                          /* before anybody gets it */
    uint64_t handle, tag;
    struct sp *owner;
    uint32_t fragment;                  /* most bytes of one of the response; 0: what RX has room for */
    struct borrowers borrowers;
    uint32_t pages, ranges;
    struct { uint16_t first, pages; } range[SP_NS_PAGES]; /* pages of SP_NS_* */
} loans[MAX_LOANS];

static uint64_t serial;

static struct loan *loan_find(uint64_t handle)
{
    unsigned int i;

    for ( i = 0; i < MAX_LOANS; i++ )
        if ( loans[i].used && loans[i].handle == handle )
            return &loans[i];

    return NULL;
}

static void clear(const struct loan *l)
{
    uint64_t *p;
    uint32_t i, n;

    for ( i = 0; i < l->ranges; i++ )
        for ( n = 0, p = (uint64_t *)(SP_NS_VA + (uint64_t)l->range[i].first * PAGE_SIZE);
              n < l->range[i].pages * PAGE_SIZE / sizeof(*p); n++ )
            ((volatile uint64_t *)p)[n] = 0;
}

/* ---- The partition's side ---------------------------------------------------------------------------------------- */

static bool overlaps(const struct loan *a, const struct loan *b)
{
    uint32_t i, j;

    for ( i = 0; i < a->ranges; i++ )
        for ( j = 0; j < b->ranges; j++ )
            if ( a->range[i].first < b->range[j].first + b->range[j].pages &&
                 b->range[j].first < a->range[i].first + a->range[i].pages )
                return true;

    return false;
}

static int take_ranges(struct loan *l, const uint8_t *p)
{
    uint32_t i;

    for ( i = 0; i < l->ranges; i++, p += RANGE_SIZE )
    {
        uint64_t va = get(p, 8), pages = get(p + 8, 4);

        if ( (va & (PAGE_SIZE - 1)) || !pages || get(p + 12, 4) )
            return FFA_INVALID;
        if ( va < SP_NS_VA || pages > SP_NS_PAGES || (va - SP_NS_VA) / PAGE_SIZE > SP_NS_PAGES - pages )
            return FFA_DENIED;
        l->range[i].first = (va - SP_NS_VA) / PAGE_SIZE;
        l->range[i].pages = pages;
        l->pages += pages;
    }
    /* In two shares, perhaps; what is lent is nobody else's. */
    for ( i = 0; i < MAX_LOANS; i++ )
        if ( loans[i].used && &loans[i] != l && (l->kind != SHARE || loans[i].kind != SHARE) && overlaps(l, &loans[i]) )
            return FFA_DENIED;

    return 0;
}

/* The descriptor, 1.1 layout, @bytes of it */
static int take_loan(struct loan *l, const uint8_t *p, uint32_t bytes)
{
    uint32_t size = get(p + 24, 4), nr = get(p + 28, 4), at = get(p + 32, 4), flags = get(p + 4, 4), composite;
    int ret;

    if ( get(p, 2) != l->owner->head->id )
        return FFA_DENIED;
    if ( (flags & ~FLAG_ZERO) || (flags && l->kind == SHARE) || get(p + 8, 8) || (size != 16 && size != 32) || !nr ||
         nr > MAX_BORROWERS || (l->kind == DONATE && nr != 1) || at != HEADER_1_1 || at + nr * size > bytes - COMPOSITE_HEADER )
        return FFA_INVALID;
    if ( get(p + 2, 2) != (l->kind == SHARE || (l->kind == LEND && nr > 1) ? ATTRIBUTES : 0) )
        return FFA_INVALID;
    composite = at + nr * size;
    if ( !borrowers_take(&l->borrowers, l->kind, false, p + at, size, nr, composite) )
        return FFA_INVALID;
    l->zero = flags & FLAG_ZERO;
    l->tag = get(p + 16, 8);
    l->ranges = get(p + composite + 4, 4);
    if ( !l->ranges || l->ranges > SP_NS_PAGES || composite + COMPOSITE_HEADER + l->ranges * RANGE_SIZE != bytes )
        return FFA_INVALID;
    ret = take_ranges(l, p + composite + COMPOSITE_HEADER);
    if ( !ret && l->pages != get(p + composite, 4) )
        ret = FFA_INVALID;

    return ret;
}

int lend_send(struct sp *sp, uint32_t kind, const uint8_t *desc, uint32_t bytes, uint32_t fragment, uint64_t *handle)
{
    struct loan *l = NULL;
    unsigned int i;
    int ret = FFA_NO_MEMORY;

    if ( bytes < HEADER_1_1 + 16 + COMPOSITE_HEADER + RANGE_SIZE || (fragment & 15) )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    for ( i = 0; i < MAX_LOANS && !l; i++ )
        if ( !loans[i].used )
            l = &loans[i];
    if ( l )
    {
        *l = (struct loan){ .used = true, .kind = kind, .owner = sp, .handle = HANDLE | serial, .fragment = fragment };
        ret = take_loan(l, desc, bytes);
        l->used = !ret;
        *handle = l->handle;
        serial += !ret;
    }
    spin_unlock(&spmc_lock);

    return ret;
}

int lend_reclaim(struct sp *sp, uint64_t handle)
{
    struct loan *l;
    int ret = 0;

    spin_lock(&spmc_lock);
    l = loan_find(handle);
    if ( !l || l->owner != sp )
        ret = FFA_INVALID;
    else if ( borrowers_retrieved(&l->borrowers) )
        ret = FFA_DENIED;
    else
        l->used = false;
    spin_unlock(&spmc_lock);

    return ret;
}

/* ---- The normal world's side ------------------------------------------------------------------------------------- */

/* The request in the hypervisor's TX, copied: @p. Who wants what of which loan? */
static int check_wish(const uint8_t *p, uint32_t bytes, struct loan **found, struct borrower **who)
{
    bool old = nwd_version < FFA_1_1;
    uint32_t header = old ? HEADER_1_0 : HEADER_1_1, size = old ? 16 : get(p + 24, 4), nr = get(p + 28, 4);
    uint32_t flags = get(p + 4, 4), type = (flags >> 3) & 3, attributes = get(p + 2, old ? 1 : 2), i, wanted = 0;
    const uint8_t *own = NULL;
    struct borrower *b;
    struct loan *l = loan_find(get(p + 8, 8));
    int ret;

    if ( (size != 16 && (size != 32 || nwd_version < FFA_1_2)) || !nr || nr > MAX_BORROWERS ||
         (!old && get(p + 32, 4) != header) || header + nr * size != bytes || !l || l->tag != get(p + 16, 8) ||
         (flags & ~(FLAG_ZERO | FLAG_ZERO_AFTER | FLAG_TYPE | FLAG_BYPASS)) || (type && type != l->kind) )
        return FFA_INVALID;
    if ( l->owner->head->id != get(p, 2) )
        return FFA_DENIED;

    for ( i = 0; i < nr; i++ )
    {
        const uint8_t *a = p + header + i * size;

        if ( get(a + 4, 4) || (a[3] & ~1u) || get(a + size - 8, 8) )
            return FFA_INVALID;
        if ( !a[3] )
            own = a, wanted++;
    }
    b = wanted == 1 ? borrower_of(&l->borrowers, get(own, 2)) : NULL;
    if ( !b || (flags & FLAG_BYPASS ? l->borrowers.nr == 1 || nr != 1 : nr != l->borrowers.nr) )
        return FFA_INVALID;
    for ( i = 0; i < nr; i++ )
        if ( !borrower_of(&l->borrowers, get(p + header + i * size, 2)) )
            return FFA_DENIED;

    if ( (flags & (FLAG_ZERO | FLAG_ZERO_AFTER)) && l->kind == SHARE )
        return FFA_INVALID;
    ret = borrower_may(b, l->kind, l->borrowers.nr, own, size, attributes);
    if ( ret )
        return ret;
    if ( ((flags & FLAG_ZERO) && !l->zero) || ((flags & (FLAG_ZERO | FLAG_ZERO_AFTER)) && (own[2] & 3) != 2) )
        return FFA_DENIED;

    b->granted = (own[2] & 3) | 4;
    b->size = size;
    b->zero_after = flags & FLAG_ZERO_AFTER;
    b->sent = 0;
    *found = l;
    *who = b;

    return 0;
}

/* Bytes of the response before its ranges */
static uint32_t head_size(const struct borrower *b)
{
    return (nwd_version < FFA_1_1 ? HEADER_1_0 : HEADER_1_1) + b->size + COMPOSITE_HEADER;
}

static void head(const struct loan *l, const struct borrower *b, uint8_t *p)
{
    bool old = nwd_version < FFA_1_1;
    uint32_t header = old ? HEADER_1_0 : HEADER_1_1, i;
    uint8_t *a = p + header, *c = a + b->size;

    for ( i = 0; i < head_size(b); i++ )
        p[i] = 0;
    put(p, l->owner->head->id, 2);
    put(p + 2, old ? ATTRIBUTES : ATTRIBUTES | ATTR_NS, old ? 1 : 2);
    put(p + 4, (uint32_t)l->kind << 3, 4);
    put(p + 8, l->handle, 8);
    put(p + 28, 1, 4);
    if ( !old )
    {
        put(p + 24, b->size, 4);
        put(p + 32, header, 4);
    }
    put(a, b->id, 2);
    a[2] = b->granted;
    put(a + 4, c - p, 4);
    if ( b->size == 32 )
    {
        put(a + 8, b->impdef[0], 8);
        put(a + 16, b->impdef[1], 8);
    }
    put(c, l->pages, 4);
    put(c + 4, l->ranges, 4);
}

/* The next fragment into the hypervisor's RX; returns its bytes */
static uint32_t respond(const struct loan *l, struct borrower *b)
{
    struct buffers *rx = &vms[0].buf;
    uint32_t room = rx->pages * PAGE_SIZE, done = 0, i;

    if ( l->fragment && l->fragment < room )
        room = l->fragment < head_size(b) ? head_size(b) : l->fragment;
    if ( !b->sent )
    {
        head(l, b, rx->rx);
        done = head_size(b);
    }
    for ( i = (b->sent + done - head_size(b)) / RANGE_SIZE; i < l->ranges && done + RANGE_SIZE <= room; i++, done += RANGE_SIZE )
    {
        put(rx->rx + done, SP_NS_PA + (uint64_t)l->range[i].first * PAGE_SIZE, 8);
        put(rx->rx + done + 8, l->range[i].pages, 4);
        put(rx->rx + done + 12, 0, 4);
    }
    b->sent += done;
    rx->rx_full = true;

    return done;
}

/* What was armed against an answer; spmc_lock is not held. */
static void spoil(struct regs *r)
{
    uint32_t a, b;

    if ( (uint32_t)r->x[0] == FFA_MEM_RETRIEVE_RESP && fault_hit(FAULT_LEND_BYTES, 0, &a, &b) )
        put(vms[0].buf.rx + (a & 0xfff), b, a >> 16 & 7);
    if ( (uint32_t)r->x[0] != FFA_ERROR && fault_hit(FAULT_LEND_REG, 0, &a, &b) )
        r->x[a & 7] = b;
}

void call_mem_retrieve(struct regs *r)
{
    uint32_t total = r->x[1], i;
    uint8_t copy[HEADER_1_1 + MAX_BORROWERS * 32];
    struct borrower *b = NULL;
    struct loan *l = NULL;
    int ret = 0;

    spin_lock(&spmc_lock);
    if ( !vms[0].buf.mapped || total != (uint32_t)r->x[2] || total > sizeof(copy) || total < HEADER_1_0 + 16 || r->x[3] ||
         r->x[4] || r->x[5] || r->x[6] || r->x[7] )
        ret = FFA_INVALID;
    else if ( vms[0].buf.rx_full )
        ret = FFA_BUSY;
    for ( i = 0; !ret && i < total; i++ )
        copy[i] = ((const volatile uint8_t *)vms[0].buf.tx)[i];
    if ( !ret )
        ret = check_wish(copy, total, &l, &b);
    if ( !ret )
    {
        b->retrieved = true;
        if ( l->zero )
            clear(l);
        l->zero = false;
        i = respond(l, b);
        ret_regs(r, FFA_MEM_RETRIEVE_RESP, head_size(b) + l->ranges * RANGE_SIZE, i, 0);
    }
    else
        ret_status(r, ret);
    spin_unlock(&spmc_lock);
    spoil(r);
}

void call_mem_frag_rx(struct regs *r)
{
    uint64_t handle = (uint32_t)r->x[1] | (uint64_t)(uint32_t)r->x[2] << 32;
    struct borrower *b;
    struct loan *l;
    uint32_t bytes;

    spin_lock(&spmc_lock);
    l = loan_find(handle);
    b = l && !(r->x[4] & 0xffff) ? borrower_of(&l->borrowers, r->x[4] >> 16) : NULL;
    if ( !b || !b->retrieved || b->sent == head_size(b) + l->ranges * RANGE_SIZE || b->sent != (uint32_t)r->x[3] )
        ret_status(r, FFA_INVALID);
    else if ( vms[0].buf.rx_full )
        ret_status(r, FFA_BUSY);
    else
    {
        bytes = respond(l, b);
        ret_regs(r, FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, bytes);
        r->x[4] = (uint64_t)b->id << 16;
    }
    spin_unlock(&spmc_lock);
    spoil(r);
}

void call_mem_relinquish(struct regs *r)
{
    const uint8_t *tx = vms[0].buf.tx;
    struct borrower *b = NULL;
    struct loan *l = NULL;
    uint8_t copy[18];
    uint32_t flags = 0;
    unsigned int i;
    int ret = 0;

    spin_lock(&spmc_lock);
    if ( !vms[0].buf.mapped )
        ret = FFA_INVALID;
    for ( i = 0; !ret && i < sizeof(copy); i++ )
        copy[i] = ((const volatile uint8_t *)tx)[i];
    if ( !ret )
    {
        flags = get(copy + 8, 4);
        l = loan_find(get(copy, 8));
        b = l ? borrower_of(&l->borrowers, get(copy + 16, 2)) : NULL;
        if ( !b || !b->retrieved || get(copy + 12, 4) != 1 || (flags & ~1u) || l->kind == DONATE || (flags && l->kind == SHARE) )
            ret = FFA_INVALID;
        else if ( flags && (b->granted & 3) != 2 )
            ret = FFA_DENIED;
    }
    if ( !ret )
    {
        if ( flags || b->zero_after )
            clear(l);
        b->retrieved = false;
    }
    spin_unlock(&spmc_lock);
    ret_status(r, ret);
}

/* VMs that have something. spmc_lock. */
unsigned int lend_loans(void)
{
    unsigned int i, n = 0;

    for ( i = 0; i < MAX_LOANS; i++ )
        n += loans[i].used ? borrowers_retrieved(&loans[i].borrowers) : 0;

    return n;
}
