/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory transaction descriptors on the wire: version 1.0 (32-byte header), 1.1 and 1.2 (48), endpoint memory access
 * descriptors ("access") of 16 and of 32 bytes, the composite with its ranges.
 *
 * Pure: bytes in, struct out, and back. No lock, no domain, no allocation. Refuses whatever does not lie wholly within
 * the bytes it is given, every reserved field that is not zero, and surplus bytes. What a field means for which call is
 * ffa_mem_rules.c's business. Bytes are little-endian and perhaps unaligned; they must not change meanwhile.
 *   header   @0 u16 sender; 1.0: @2 u8 attributes, @4 u32 flags, @8 handle, @16 tag, @28 u32 accesses, which follow @32
 *            1.1: @2 u16 attributes, ... @24 u32 size, @28 u32 number, @32 u32 offset of the accesses
 *   access   @0 u16 receiver, @2 u8 permissions, @3 u8 flags, @4 u32 offset of the composite, 32 bytes: @8 implementation
 *            defined, 16 bytes
 *            In a request to retrieve the offset is 0, or, in the caller's own, that of the addresses it wants.
 *   composite @0 u32 pages in all, @4 u32 ranges; @16 ranges: u64 base, u32 pages, u32 0
 * Spec: DEN0077A 1.2, chapter "Memory management" (1.0: DEN0077A 1.0 ch. 11).
 */
#include <xen/string.h>

#include "ffa_mem.h"

#define HEADER_1_0                      32U
#define HEADER_1_1                      48U
#define COMPOSITE_HEADER                16U
#define RANGE_SIZE                      16U

#define SORT_STRETCH                    64U     /* ranges between two looks at what else there is to do            */

/* May @count items of @size bytes at @offset lie within @bytes? */
static bool fits(uint32_t offset, uint32_t count, uint32_t size, uint32_t bytes)
{
    return (uint64_t)offset + (uint64_t)count * size <= bytes;
}

/* @bytes: a multiple of 4, known when this is compiled */
static always_inline bool all_zero(const uint8_t *p, unsigned int bytes)
{
    uint64_t any = bytes % 8 ? ffa_get_le(p, 4) : 0;

    for ( p += bytes % 8; bytes >= 8; bytes -= 8, p += 8 )
        any |= ffa_get_le(p, 8);

    return !any;
}

/* Header to @desc; only the place of the accesses is checked against @bytes. */
static bool parse_header(const uint8_t *p, uint32_t bytes, uint32_t version, struct ffa_mem_desc *desc)
{
    bool old = version < FFA_VERSION_1_1;

    if ( bytes < (old ? HEADER_1_0 : HEADER_1_1) )
        return false;

    desc->sender = ffa_get_le(p, 2);
    desc->attributes = ffa_get_le(p + 2, old ? 1 : 2);
    desc->flags = ffa_get_le(p + 4, 4);
    desc->handle = ffa_get_le(p + 8, 8);
    desc->tag = ffa_get_le(p + 16, 8);
    desc->nr_accesses = ffa_get_le(p + 28, 4);
    if ( old )
    {
        desc->access_size = FFA_MEM_ACCESS_16;
        desc->access_offset = HEADER_1_0;
        if ( p[3] || !all_zero(p + 24, 4) )
            return false;
    }
    else
    {
        desc->access_size = ffa_get_le(p + 24, 4);
        desc->access_offset = ffa_get_le(p + 32, 4);
        if ( !all_zero(p + 36, 12) )
            return false;
    }

    if ( desc->access_size != FFA_MEM_ACCESS_16 &&
         (desc->access_size != FFA_MEM_ACCESS_32 || version < FFA_VERSION_1_2) )
        return false;

    return desc->nr_accesses && IS_ALIGNED(desc->access_offset, 16U) &&
           desc->access_offset >= (old ? HEADER_1_0 : HEADER_1_1) &&
           fits(desc->access_offset, desc->nr_accesses, desc->access_size, bytes);
}

/* No receiver twice, nothing reserved; each names the same composite or, if @optional, none. False also for too many. */
static bool parse_accesses(const uint8_t *p, bool optional, struct ffa_mem_desc *desc)
{
    uint32_t i, j, composite;

    if ( desc->nr_accesses > FFA_MAX_BORROWERS )
        return false;

    desc->composite = 0;
    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        const uint8_t *a = p + desc->access_offset + i * desc->access_size;

        composite = ffa_get_le(a + 4, 4);
        if ( !all_zero(a + desc->access_size - 8, 8) ) /* the last field of either form */
            return false;

        if ( !i || (optional && !desc->composite) )
            desc->composite = composite;
        else if ( composite != desc->composite && !(optional && !composite) )
            return false;

        for ( j = 0; j < i; j++ )
            if ( !memcmp(a, p + desc->access_offset + j * desc->access_size, 2) )
                return false;
    }

    if ( optional && !desc->composite )
        return true;

    return IS_ALIGNED(desc->composite, 16U) &&
           desc->composite >= desc->access_offset + desc->nr_accesses * desc->access_size;
}

/* The composite's own header; @total: bytes of the whole descriptor */
static bool parse_composite(const uint8_t *p, uint32_t bytes, uint32_t total, struct ffa_mem_desc *desc)
{
    if ( !fits(desc->composite, 1, COMPOSITE_HEADER, bytes) )
        return false;

    p += desc->composite;
    desc->nr_pages = ffa_get_le(p, 4);
    desc->nr_ranges = ffa_get_le(p + 4, 4);

    return desc->nr_ranges && all_zero(p + 8, 8) &&
           desc->composite + COMPOSITE_HEADER + (uint64_t)desc->nr_ranges * RANGE_SIZE == total;
}

static bool parse_ranges(const uint8_t *p, const struct ffa_mem_desc *desc)
{
    struct ffa_mem_range range;
    uint64_t pages = 0;
    uint32_t i;

    p += desc->composite + COMPOSITE_HEADER;
    for ( i = 0; i < desc->nr_ranges; i++, p += RANGE_SIZE )
    {
        uint64_t size;

        range.base = ffa_get_le(p, 8);
        range.pages = ffa_get_le(p + 8, 4);
        size = (uint64_t)range.pages * FFA_PAGE_SIZE;
        if ( !size || !IS_ALIGNED(range.base, (uint64_t)FFA_PAGE_SIZE) || range.base + size - 1 < range.base ||
             !all_zero(p + 12, 4) )
            return false;
        pages += range.pages;
    }

    return pages == desc->nr_pages;
}

/*
 * ffa_mem_parse_head - check the first fragment of a descriptor that is sent: everything but the ranges
 * @buf, @bytes: the fragment   @total: bytes of the whole descriptor   @version: FF-A version of who wrote it
 * Returns: false: malformed, INVALID_PARAMETERS. True: ffa_mem_access() works for every index.
 */
bool ffa_mem_parse_head(const void *buf, uint32_t bytes, uint32_t total, uint32_t version, struct ffa_mem_desc *desc)
{
    return IS_ALIGNED(bytes, 16U) && IS_ALIGNED(total, 16U) && parse_header(buf, bytes, version, desc) &&
           parse_accesses(buf, false, desc) && parse_composite(buf, bytes, total, desc);
}

/*
 * ffa_mem_parse - check a complete descriptor that is sent, and find its parts
 * Returns: false: malformed, INVALID_PARAMETERS. True: ffa_mem_access() and ffa_mem_range() work for every index.
 */
bool ffa_mem_parse(const void *buf, uint32_t bytes, uint32_t version, struct ffa_mem_desc *desc)
{
    return ffa_mem_parse_head(buf, bytes, bytes, version, desc) && parse_ranges(buf, desc);
}

/* ffa_mem_parse_request - the same for one that asks for memory: the composite may be missing, desc->composite is 0 then. */
bool ffa_mem_parse_request(const void *buf, uint32_t bytes, uint32_t version, struct ffa_mem_desc *desc)
{
    if ( !IS_ALIGNED(bytes, 16U) || !parse_header(buf, bytes, version, desc) || !parse_accesses(buf, true, desc) )
        return false;

    if ( desc->composite )
        return parse_composite(buf, bytes, bytes, desc) && parse_ranges(buf, desc);

    desc->nr_pages = desc->nr_ranges = 0;

    return bytes == desc->access_offset + desc->nr_accesses * desc->access_size;
}

/* ffa_mem_access - borrower @i of a descriptor that ffa_mem_parse() has accepted */
void ffa_mem_access(const void *buf, const struct ffa_mem_desc *desc, uint32_t i, struct ffa_mem_access *access)
{
    const uint8_t *p = (const uint8_t *)buf + desc->access_offset + i * desc->access_size;
    bool wide = desc->access_size == FFA_MEM_ACCESS_32;

    access->id = ffa_get_le(p, 2);
    access->permissions = p[2];
    access->flags = p[3];
    access->composite = ffa_get_le(p + 4, 4);
    access->impdef[0] = wide ? ffa_get_le(p + 8, 8) : 0;
    access->impdef[1] = wide ? ffa_get_le(p + 16, 8) : 0;
}

/* ffa_mem_range - range @i of a descriptor that ffa_mem_parse() has accepted */
void ffa_mem_range(const void *buf, const struct ffa_mem_desc *desc, uint32_t i, struct ffa_mem_range *range)
{
    const uint8_t *p = (const uint8_t *)buf + desc->composite + COMPOSITE_HEADER + i * RANGE_SIZE;

    range->base = ffa_get_le(p, 8);
    range->pages = ffa_get_le(p + 8, 4);
}

static uint32_t out_composite(const struct ffa_mem_out *m)
{
    return (m->version < FFA_VERSION_1_1 ? HEADER_1_0 : HEADER_1_1) + m->nr_accesses * m->access_size;
}

/* ffa_mem_emit_size - bytes of the whole descriptor that ffa_mem_emit() makes of @m */
uint32_t ffa_mem_emit_size(const struct ffa_mem_out *m)
{
    if ( !m->nr_ranges )
        return out_composite(m);

    return out_composite(m) + COMPOSITE_HEADER + m->nr_ranges * RANGE_SIZE;
}

static void emit_head(uint8_t *p, const struct ffa_mem_out *m)
{
    bool old = m->version < FFA_VERSION_1_1;
    uint32_t i, composite = out_composite(m);

    memset(p, 0, m->nr_ranges ? composite + COMPOSITE_HEADER : composite);
    ffa_put_le(p, m->sender, 2);
    ffa_put_le(p + 2, m->attributes, old ? 1 : 2);
    ffa_put_le(p + 4, m->flags, 4);
    ffa_put_le(p + 8, m->handle, 8);
    ffa_put_le(p + 16, m->tag, 8);
    ffa_put_le(p + 28, m->nr_accesses, 4);
    if ( !old )
    {
        ffa_put_le(p + 24, m->access_size, 4);
        ffa_put_le(p + 32, HEADER_1_1, 4);
    }

    for ( i = 0; i < m->nr_accesses; i++ )
    {
        uint8_t *a = p + composite - (m->nr_accesses - i) * m->access_size;

        ffa_put_le(a, m->access[i].id, 2);
        a[2] = m->access[i].permissions;
        a[3] = m->access[i].flags;
        ffa_put_le(a + 4, m->nr_ranges ? composite : 0, 4);
        if ( m->access_size == FFA_MEM_ACCESS_32 )
        {
            ffa_put_le(a + 8, m->access[i].impdef[0], 8);
            ffa_put_le(a + 16, m->access[i].impdef[1], 8);
        }
    }

    if ( !m->nr_ranges )
        return;

    p += composite;
    ffa_put_le(p, m->nr_pages, 4);
    ffa_put_le(p + 4, m->nr_ranges, 4);
}

/*
 * ffa_mem_emit - write a descriptor, or the next fragment of it
 * @room: bytes at @buf, at least enough for everything up to the first range
 * @offset: bytes that earlier fragments had; each ends with a whole range
 * Returns: bytes written; @offset plus these is ffa_mem_emit_size() after the last fragment.
 */
uint32_t ffa_mem_emit(void *buf, uint32_t room, const struct ffa_mem_out *m, uint32_t offset)
{
    uint32_t head = m->nr_ranges ? out_composite(m) + COMPOSITE_HEADER : out_composite(m), done = 0, i;
    uint8_t *p = buf;

    if ( !offset )
    {
        ASSERT(room >= head);
        emit_head(p, m);
        done = head;
        offset = head;
    }

    for ( i = (offset - head) / RANGE_SIZE; i < m->nr_ranges && done + RANGE_SIZE <= room; i++, done += RANGE_SIZE )
    {
        ffa_put_le(p + done, m->ranges[i].base, 8);
        ffa_put_le(p + done + 8, m->ranges[i].pages, 4);
        ffa_put_le(p + done + 12, 0, 4);
    }

    return done;
}

static void sift_down(struct ffa_mem_range *r, uint32_t at, uint32_t nr)
{
    struct ffa_mem_range tmp;
    uint32_t child;

    for ( ; (child = 2 * at + 1) < nr; at = child )
    {
        if ( child + 1 < nr && r[child + 1].base > r[child].base )
            child++;
        if ( r[at].base >= r[child].base )
            return;

        tmp = r[at];
        r[at] = r[child];
        r[child] = tmp;
    }
}

/* ffa_mem_ascending - is every range of @r behind the one before it? Then none overlap. */
bool ffa_mem_ascending(const struct ffa_mem_range *r, uint32_t nr)
{
    uint32_t i;

    for ( i = 1; i < nr; i++ )
        if ( r[i].base <= r[i - 1].base || r[i].base - r[i - 1].base < (uint64_t)r[i - 1].pages * FFA_PAGE_SIZE )
            return false;

    return true;
}

/*
 * ffa_mem_overlap - does a page occur twice in @r? Sorts @r (a heap sort: no recursion, no bad case).
 * @r: ranges as ffa_mem_parse() accepts them: none is empty or wraps
 * @breathe: called every now and then, since this takes long
 */
bool ffa_mem_overlap(struct ffa_mem_range *r, uint32_t nr, void (*breathe)(void))
{
    struct ffa_mem_range tmp;
    uint32_t i;

    for ( i = nr / 2; i; i-- )
    {
        sift_down(r, i - 1, nr);
        if ( i % SORT_STRETCH == 0 )
            breathe();
    }

    for ( i = nr; i > 1; i-- )
    {
        tmp = r[0];
        r[0] = r[i - 1];
        r[i - 1] = tmp;
        sift_down(r, 0, i - 1);
        if ( i % SORT_STRETCH == 0 )
            breathe();
    }

    return !ffa_mem_ascending(r, nr);
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
