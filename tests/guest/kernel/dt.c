/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader of the flattened device tree. It owns nothing and copies nothing; node handles are offsets into the structure
 * block. It refuses blobs that are not version 16/17 or whose blocks leave the blob, and stops at the first token that
 * makes no sense. Written here rather than taken from libfdt so that the guest builds from this folder alone.
 */
#include "kernel.h"

#define FDT_MAGIC       0xd00dfeed
#define FDT_BEGIN_NODE  1
#define FDT_END_NODE    2
#define FDT_PROP        3
#define FDT_NOP         4
#define FDT_MAX         (2u << 20)

static const char *blob, *strings, *structure;
static uint32_t struct_bytes, strings_bytes;
static const char *bootargs = "";

static uint32_t be32(const void *p)
{
    const unsigned char *b = p;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint32_t dt_u32(const void *prop, unsigned int index)
{
    return be32((const char *)prop + 4 * index);
}

size_t dt_size(const void *p)
{
    const char *h = p;
    uint32_t size;

    if ( be32(h) != FDT_MAGIC )
        return 0;
    size = be32(h + 4);

    return size >= 40 && size <= FDT_MAX ? size : 0;
}

bool dt_init(const void *p)
{
    const char *h = p;
    size_t size = dt_size(p);
    uint32_t off_struct, off_strings;
    const char *args;
    uint32_t len;
    int chosen;

    if ( !size || be32(h + 24) > 17 || be32(h + 20) < 16 )
        return false;

    off_struct = be32(h + 8);
    off_strings = be32(h + 12);
    strings_bytes = be32(h + 32);
    struct_bytes = be32(h + 36);
    if ( off_struct > size || struct_bytes > size - off_struct || off_strings > size ||
         strings_bytes > size - off_strings )
        return false;

    blob = h;
    structure = h + off_struct;
    strings = h + off_strings;

    chosen = dt_path("/chosen");
    args = chosen >= 0 ? dt_prop(chosen, "bootargs", &len) : NULL;
    if ( args && len && !args[len - 1] )
        bootargs = args;

    return true;
}

/* The token at *@at; *@at moves behind it and its payload. @name: node or property name. 0: end or nonsense. */
static uint32_t next(uint32_t *at, const char **name, const void **val, uint32_t *len)
{
    uint32_t tag, off;

    for ( ; ; )
    {
        if ( *at > struct_bytes || struct_bytes - *at < 4 )
            return 0;
        tag = be32(structure + *at);
        *at += 4;

        switch ( tag )
        {
        case FDT_NOP:
            continue;

        case FDT_BEGIN_NODE:
            *name = structure + *at;
            for ( off = *at; off < struct_bytes && structure[off]; off++ )
                ;
            if ( off >= struct_bytes )
                return 0;
            *at = (off + 4) & ~3u;
            return tag;

        case FDT_PROP:
            if ( struct_bytes - *at < 8 )
                return 0;
            *len = be32(structure + *at);
            off = be32(structure + *at + 4);
            *at += 8;
            if ( off >= strings_bytes || *len > struct_bytes - *at )
                return 0;
            *name = strings + off;
            *val = structure + *at;
            *at += (*len + 3) & ~3u;
            return tag;

        case FDT_END_NODE:
            return tag;

        default:
            return 0;
        }
    }
}

const void *dt_prop(int node, const char *want, uint32_t *plen)
{
    uint32_t at = (uint32_t)node, tag, len = 0;
    const char *name;
    const void *val;

    if ( node < 0 || next(&at, &name, &val, &len) != FDT_BEGIN_NODE )
        return NULL;

    while ( (tag = next(&at, &name, &val, &len)) == FDT_PROP )
        if ( !strcmp(name, want) )
        {
            if ( plen )
                *plen = len;
            return val;
        }

    return NULL;
}

static bool has_string(const char *list, uint32_t len, const char *want)
{
    size_t n = strlen(want) + 1;
    uint32_t i = 0;

    while ( list && i < len )
    {
        if ( len - i >= n && !memcmp(list + i, want, n) )
            return true;
        while ( i < len && list[i] )
            i++;
        i++;
    }

    return false;
}

/* The offset of the next BEGIN_NODE token after node @after, with its depth relative to the root kept in *@depth */
static int next_node(int after, int *depth)
{
    uint32_t at = after < 0 ? 0 : (uint32_t)after, start, tag, len;
    const char *name;
    const void *val;

    if ( after >= 0 )
    {
        next(&at, &name, &val, &len);           /* the token of @after itself */
        ++*depth;
    }

    for ( ; ; )
    {
        while ( at + 4 <= struct_bytes && be32(structure + at) == FDT_NOP )
            at += 4;
        start = at;
        tag = next(&at, &name, &val, &len);
        if ( tag == FDT_BEGIN_NODE )
            return (int)start;
        if ( tag == FDT_END_NODE )
            --*depth;
        else if ( tag != FDT_PROP )
            return -1;
    }
}

int dt_find(int after, const char *device_type, const char *compatible)
{
    int node = after, depth = 0;
    uint32_t len;

    while ( (node = next_node(node, &depth)) >= 0 )
    {
        const char *p = dt_prop(node, device_type ? "device_type" : "compatible", &len);

        if ( p && has_string(p, len, device_type ? device_type : compatible) )
        {
            /* A disabled device is not there (the virt board hides its secure UART this way) */
            p = dt_prop(node, "status", &len);
            if ( !p || has_string(p, len, "okay") || has_string(p, len, "ok") )
                return node;
        }
    }

    return -1;
}

/* Only "/name" and "/name/sub": all that is needed */
int dt_path(const char *path)
{
    int node = -1, depth = 0, at_depth = 1;

    while ( (node = next_node(node, &depth)) >= 0 )
    {
        const char *name = structure + node + 4, *end;
        size_t n;

        if ( depth < at_depth && depth )
            return -1;                          /* left the parent that matched */
        if ( depth != at_depth )
            continue;

        for ( end = path + 1; *end && *end != '/'; end++ )
            ;
        n = (size_t)(end - path - 1);
        if ( strncmp(name, path + 1, n) || (name[n] && name[n] != '@') )
            continue;
        if ( !*end )
            return node;
        path = end;
        at_depth++;
    }

    return -1;
}

static uint64_t cells(const char *p, uint32_t n)
{
    uint64_t val = 0;

    while ( n-- )
    {
        val = val << 32 | be32(p);
        p += 4;
    }

    return val;
}

bool dt_reg(int node, unsigned int index, uint64_t *addr, uint64_t *size)
{
    uint32_t len, ac = 2, sc = 2;
    const void *p = dt_prop(0, "#address-cells", &len);
    const char *reg;

    if ( p && len == 4 )
        ac = be32(p);
    p = dt_prop(0, "#size-cells", &len);
    if ( p && len == 4 )
        sc = be32(p);

    reg = dt_prop(node, "reg", &len);
    if ( !reg || ac > 2 || sc > 2 || len < (index + 1) * (ac + sc) * 4 )
        return false;

    reg += index * (ac + sc) * 4;
    *addr = cells(reg, ac);
    *size = cells(reg + ac * 4, sc);
    return true;
}

uint32_t dt_irq(int node, unsigned int index)
{
    uint32_t len;
    const char *p = dt_prop(node, "interrupts", &len);

    if ( !p || len < (index + 1) * 12 )
        return 0;

    p += index * 12;
    return be32(p + 4) + (be32(p) == 1 ? 16 : 32);
}

bool dt_cpu_reg(unsigned int index, uint64_t *mpidr)
{
    int cpus = dt_path("/cpus"), node = -1;
    uint32_t len, ac = 1;
    const void *p;

    p = dt_prop(cpus, "#address-cells", &len);
    if ( p && len == 4 )
        ac = be32(p);

    do {
        node = dt_find(node, "cpu", NULL);
        if ( node < 0 )
            return false;
    } while ( index-- );

    p = dt_prop(node, "reg", &len);
    if ( !p || ac > 2 || len < ac * 4 )
        return false;

    *mpidr = cells(p, ac);
    return true;
}

const char *cmdline(void)
{
    return bootargs;
}

bool cmdline_get(const char *key, char *buf, size_t size)
{
    size_t n = strlen(key), i;
    const char *p = bootargs;

    while ( *p )
    {
        while ( *p == ' ' )
            p++;
        if ( !strncmp(p, key, n) && (!p[n] || p[n] == ' ' || p[n] == '=') )
        {
            p = p[n] == '=' ? p + n + 1 : "1";
            for ( i = 0; i + 1 < size && p[i] && p[i] != ' '; i++ )
                buf[i] = p[i];
            buf[i] = '\0';
            return true;
        }
        while ( *p && *p != ' ' )
            p++;
    }

    return false;
}

static uint64_t number(const char **s)
{
    uint64_t val = 0;
    unsigned int base = 10;

    if ( (*s)[0] == '0' && (*s)[1] == 'x' )
    {
        base = 16;
        *s += 2;
    }

    for ( ; ; ++*s )
    {
        char c = **s;

        if ( c >= '0' && c <= '9' )
            val = val * base + (unsigned int)(c - '0');
        else if ( base == 16 && c >= 'a' && c <= 'f' )
            val = val * base + (unsigned int)(c - 'a') + 10;
        else
            return val;
    }
}

uint64_t cmdline_u64(const char *key, uint64_t otherwise)
{
    char buf[32];
    const char *p = buf;

    return cmdline_get(key, buf, sizeof(buf)) ? number(&p) : otherwise;
}

uint64_t cmdline_bits(const char *key, uint64_t otherwise)
{
    uint64_t bits = 0, first, last;
    char buf[128];
    const char *p = buf;

    if ( !cmdline_get(key, buf, sizeof(buf)) )
        return otherwise;
    if ( !strcmp(buf, "all") )
        return ~0ul;
    if ( !strcmp(buf, "none") )
        return 0;

    while ( *p )
    {
        first = last = number(&p);
        if ( *p == '-' )
        {
            p++;
            last = number(&p);
        }
        for ( ; first <= last && first < 64; first++ )
            bits |= 1ul << first;
        if ( *p != ',' )
            break;
        p++;
    }

    return bits;
}
