/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory transaction descriptors on the wire: version 1.0 (32-byte header), 1.1 and 1.2 (48), endpoint memory access
 * descriptors ("access") of 16 and of 32 bytes, the composite with its ranges.
 *
 * Pure: bytes in, struct out, and back. No lock, no domain, no allocation. Refuses whatever does not lie wholly within
 * the bytes it is given, every reserved field that is not zero, and surplus bytes. What a field means for SHARE, LEND or
 * DONATE is the caller's business. Bytes are little-endian and perhaps unaligned; they must not change meanwhile.
 *   header   @0 u16 sender; 1.0: @2 u8 attributes, @4 u32 flags, @8 handle, @16 tag, @28 u32 accesses, which follow @32
 *            1.1: @2 u16 attributes, ... @24 u32 size, @28 u32 number, @32 u32 offset of the accesses
 *   access   @0 u16 receiver, @2 u8 permissions, @3 u8 flags, @4 u32 offset of the composite, 32 bytes: @8 implementation
 *            defined, 16 bytes
 *   composite @0 u32 pages in all, @4 u32 ranges; @16 ranges: u64 base, u32 pages, u32 0
 * Spec: DEN0077A 1.2, chapter "Memory management" (1.0: DEN0077A 1.0 ch. 11).
 */
#include <xen/string.h>

#include "ffa_private.h"

#define HEADER_1_0                      32U
#define HEADER_1_1                      48U
#define COMPOSITE_HEADER                16U
#define RANGE_SIZE                      16U

/* May @count items of @size bytes at @offset lie within @bytes? */
static bool fits(uint32_t offset, uint32_t count, uint32_t size, uint32_t bytes)
{
    return (uint64_t)offset + (uint64_t)count * size <= bytes;
}

static bool all_zero(const uint8_t *p, unsigned int bytes)
{
    while ( bytes )
        if ( p[--bytes] )
            return false;

    return true;
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

/* Every access names the same composite, behind all of them, and no receiver twice. */
static bool parse_accesses(const uint8_t *p, struct ffa_mem_desc *desc)
{
    uint32_t i, j;

    desc->composite = ffa_get_le(p + desc->access_offset + 4, 4);
    for ( i = 0; i < desc->nr_accesses; i++ )
    {
        const uint8_t *a = p + desc->access_offset + i * desc->access_size;

        if ( ffa_get_le(a + 4, 4) != desc->composite || !all_zero(a + desc->access_size - 8, 8) )
            return false;

        for ( j = 0; j < i; j++ )
            if ( !memcmp(a, p + desc->access_offset + j * desc->access_size, 2) )
                return false;
    }

    return IS_ALIGNED(desc->composite, 16U) &&
           desc->composite >= desc->access_offset + desc->nr_accesses * desc->access_size;
}

static bool parse_composite(const uint8_t *p, uint32_t bytes, struct ffa_mem_desc *desc)
{
    struct ffa_mem_range range;
    uint64_t pages = 0;
    uint32_t i;

    if ( !fits(desc->composite, 1, COMPOSITE_HEADER, bytes) )
        return false;

    p += desc->composite;
    desc->nr_pages = ffa_get_le(p, 4);
    desc->nr_ranges = ffa_get_le(p + 4, 4);
    if ( !desc->nr_ranges || !all_zero(p + 8, 8) ||
         desc->composite + COMPOSITE_HEADER + (uint64_t)desc->nr_ranges * RANGE_SIZE != bytes )
        return false;

    for ( i = 0; i < desc->nr_ranges; i++ )
    {
        const uint8_t *r = p + COMPOSITE_HEADER + i * RANGE_SIZE;
        uint64_t size;

        range.base = ffa_get_le(r, 8);
        range.pages = ffa_get_le(r + 8, 4);
        size = (uint64_t)range.pages * FFA_PAGE_SIZE;
        if ( !size || !IS_ALIGNED(range.base, (uint64_t)FFA_PAGE_SIZE) || range.base + size - 1 < range.base ||
             !all_zero(r + 12, 4) )
            return false;
        pages += range.pages;
    }

    return pages == desc->nr_pages;
}

/*
 * ffa_mem_parse - check a complete descriptor and find its parts
 * @buf, @bytes: the descriptor, all of it
 * @version: FF-A version of who wrote it
 * @max_accesses: more borrowers than these are refused
 * Returns: false: malformed, INVALID_PARAMETERS. True: ffa_mem_access() and ffa_mem_range() work for every index.
 */
bool ffa_mem_parse(const void *buf, uint32_t bytes, uint32_t version, uint32_t max_accesses, struct ffa_mem_desc *desc)
{
    return IS_ALIGNED(bytes, 16U) && parse_header(buf, bytes, version, desc) && desc->nr_accesses <= max_accesses &&
           parse_accesses(buf, desc) && parse_composite(buf, bytes, desc);
}

/* ffa_mem_access - borrower @i of a descriptor that ffa_mem_parse() has accepted */
void ffa_mem_access(const void *buf, const struct ffa_mem_desc *desc, uint32_t i, struct ffa_mem_access *access)
{
    const uint8_t *p = (const uint8_t *)buf + desc->access_offset + i * desc->access_size;
    bool wide = desc->access_size == FFA_MEM_ACCESS_32;

    access->id = ffa_get_le(p, 2);
    access->permissions = p[2];
    access->flags = p[3];
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
    return out_composite(m) + COMPOSITE_HEADER + m->nr_ranges * RANGE_SIZE;
}

static void emit_head(uint8_t *p, const struct ffa_mem_out *m)
{
    bool old = m->version < FFA_VERSION_1_1;
    uint32_t i, composite = out_composite(m);

    memset(p, 0, composite + COMPOSITE_HEADER);
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
        ffa_put_le(a + 4, composite, 4);
        if ( m->access_size == FFA_MEM_ACCESS_32 )
        {
            ffa_put_le(a + 8, m->access[i].impdef[0], 8);
            ffa_put_le(a + 16, m->access[i].impdef[1], 8);
        }
    }

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
    uint32_t head = out_composite(m) + COMPOSITE_HEADER, done = 0, i;
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

/*
 * ffa_mem_overlap - does a page occur twice in @r? Sorts @r (a heap sort: no recursion, no bad case).
 * @r: ranges as ffa_mem_parse() accepts them: none is empty or wraps
 */
bool ffa_mem_overlap(struct ffa_mem_range *r, uint32_t nr)
{
    struct ffa_mem_range tmp;
    uint32_t i;

    for ( i = nr / 2; i; i-- )
        sift_down(r, i - 1, nr);

    for ( i = nr; i > 1; i-- )
    {
        tmp = r[0];
        r[0] = r[i - 1];
        r[i - 1] = tmp;
        sift_down(r, 0, i - 1);
    }

    for ( i = 1; i < nr; i++ )
        if ( r[i].base - r[i - 1].base < (uint64_t)r[i - 1].pages * FFA_PAGE_SIZE )
            return true;

    return false;
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
