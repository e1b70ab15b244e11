/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the host's device tree with libfdt: nodes by compatible, registers
 * translated to CPU addresses, interrupts decoded. The tree is not trusted to
 * be complete: every property is checked for length before it is read.
 *
 * A flat tree has no way up and no way across: libfdt finds a parent by walking
 * from the start. So the nodes are put on a list once, dt_list_nodes(); a tree
 * with more of them than the list can hold is read the slow way.
 *
 * Lock: none, the tree is read-only after boot.
 */
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/string.h>

const void *__ro_after_init device_tree_flattened;

/* Depth of nodes we translate through. */
#define MAX_DEPTH 16

#define MAX_NODES 512

/* In the order of the tree, so offsets ascend. */
static struct dt_node {
    int offset;
    int parent;                 /* its offset, -1: the root's */
    int compatible, len;        /* the property's value, from the start of the tree; len 0: none */
} nodes[MAX_NODES];
static unsigned int nr_nodes;   /* 0: there is no list */

void __init dt_list_nodes(void)
{
    const void *fdt = device_tree_flattened;
    int above[MAX_DEPTH], depth = 0, node;

    nr_nodes = 0;
    for ( node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth) )
    {
        struct dt_node *n = &nodes[nr_nodes];
        const char *compatible;

        if ( nr_nodes == MAX_NODES || depth >= MAX_DEPTH )
        {
            nr_nodes = 0;
            return;
        }

        above[depth] = node;
        n->offset = node;
        n->parent = depth ? above[depth - 1] : -1;
        n->len = 0;
        compatible = fdt_getprop(fdt, node, "compatible", &n->len);
        n->compatible = compatible ? compatible - (const char *)fdt : 0;
        nr_nodes++;
    }
}

/* First on the list that is not before @node, NULL: none, or no list. */
static const struct dt_node *listed_from(int node)
{
    unsigned int low = 0, high = nr_nodes;

    while ( low < high )
    {
        unsigned int mid = low + (high - low) / 2;

        if ( nodes[mid].offset < node )
            low = mid + 1;
        else
            high = mid;
    }

    return low < nr_nodes ? &nodes[low] : NULL;
}

static int parent_of(int node)
{
    const struct dt_node *n = listed_from(node);

    return n && n->offset == node ? n->parent : fdt_parent_offset(device_tree_flattened, node);
}

int dt_next_child(int parent, int child)
{
    const void *fdt = device_tree_flattened;
    const struct dt_node *n;

    if ( !nr_nodes )
        return child < 0 ? fdt_first_subnode(fdt, parent) : fdt_next_subnode(fdt, child);

    /* All below the parent come right behind it. */
    for ( n = listed_from(max(parent, child) + 1); n && n < nodes + nr_nodes && n->parent >= parent; n++ )
        if ( n->parent == parent )
            return n->offset;

    return -FDT_ERR_NOTFOUND;
}

int dt_root_child(const char *name)
{
    int node;

    dt_for_each_child ( node, 0 )
        if ( !strcmp(dt_node_name(node), name) )
            break;

    return node;
}

static int next_compatible(int from, const char *compat)
{
    const void *fdt = device_tree_flattened;
    const struct dt_node *n;

    if ( !nr_nodes )
        return fdt_node_offset_by_compatible(fdt, from, compat);

    for ( n = listed_from(from + 1); n && n < nodes + nr_nodes; n++ )
        if ( n->len > 0 && fdt_stringlist_contains(fdt + n->compatible, n->len, compat) )
            return n->offset;

    return -FDT_ERR_NOTFOUND;
}

bool dt_node_available(int node)
{
    const char *status = dt_read_string(node, "status");

    return !status || !strcmp(status, "okay") || !strcmp(status, "ok");
}

int dt_find_compatible(int from, const char *compat)
{
    int node = from;

    do {
        node = next_compatible(node, compat);
    } while ( node >= 0 && !dt_node_available(node) );

    return node;
}

int dt_find_compatible_list(const char *const compats[])
{
    unsigned int i;

    for ( i = 0; compats[i]; i++ )
    {
        int node = dt_find_compatible(-1, compats[i]);

        if ( node >= 0 )
            return node;
    }

    return -ENOENT;
}

uint64_t dt_cells_to_u64(const fdt32_t *cell, unsigned int nr)
{
    uint64_t value = 0;

    while ( nr-- )
        value = (value << 32) | fdt32_to_cpu(*cell++);

    return value;
}

bool dt_read_u32(int node, const char *prop, uint32_t *out)
{
    int len;
    const fdt32_t *cell = fdt_getprop(device_tree_flattened, node, prop, &len);

    if ( !cell || len != sizeof(*cell) )
        return false;
    *out = fdt32_to_cpu(*cell);

    return true;
}

bool dt_read_number(int node, const char *prop, uint64_t *out)
{
    int len;
    const fdt32_t *cell = fdt_getprop(device_tree_flattened, node, prop, &len);

    if ( !cell || (len != 4 && len != 8) )
        return false;
    *out = dt_cells_to_u64(cell, len / 4);

    return true;
}

const char *dt_read_string(int node, const char *prop)
{
    int len;
    const char *s = fdt_getprop(device_tree_flattened, node, prop, &len);

    return s && len > 0 && strnlen(s, len) < len ? s : NULL;
}

bool dt_prop_has_string(int node, const char *prop, const char *str)
{
    return fdt_stringlist_search(device_tree_flattened, node, prop, str) >= 0;
}

const char *dt_node_name(int node)
{
    return fdt_get_name(device_tree_flattened, node, NULL) ?: "?";
}

static unsigned int cells_of(int node, const char *prop, unsigned int missing)
{
    uint32_t nr;

    if ( !dt_read_u32(node, prop, &nr) )
        return missing;

    return nr <= DT_MAX_CELLS ? nr : DT_MAX_CELLS;
}

unsigned int dt_address_cells(int node)
{
    return cells_of(node, "#address-cells", 2);
}

unsigned int dt_size_cells(int node)
{
    return cells_of(node, "#size-cells", 1);
}

int dt_read_addr_size(int node, const char *prop, unsigned int index,
                      uint64_t *addr, uint64_t *size)
{
    int len, parent = parent_of(node);
    unsigned int na, ns;
    const fdt32_t *cell;

    if ( parent < 0 )
        return -EINVAL;

    na = dt_address_cells(parent);
    ns = dt_size_cells(parent);
    cell = fdt_getprop(device_tree_flattened, node, prop, &len);
    if ( !cell )
        return -ENOENT;
    if ( !na || len % ((na + ns) * sizeof(*cell)) )
        return -EINVAL;
    if ( index >= len / ((na + ns) * sizeof(*cell)) )
        return -ENOENT;

    cell += index * (na + ns);
    if ( addr )
        *addr = dt_cells_to_u64(cell, na);
    if ( size )
        *size = dt_cells_to_u64(cell + na, ns);

    return 0;
}

/* One level up: child address to an address of bus's parent. */
static int translate(int bus, int parent, uint64_t *addr)
{
    unsigned int na = dt_address_cells(bus), ns = dt_size_cells(bus);
    unsigned int pna = dt_address_cells(parent), step = na + pna + ns;
    int len, i;
    const fdt32_t *cell = fdt_getprop(device_tree_flattened, bus, "ranges",
                                      &len);

    if ( !cell )
        return -EINVAL;
    if ( !len )
        return 0;
    if ( len % (step * sizeof(*cell)) )
        return -EINVAL;

    for ( i = 0; i < len / (int)(step * sizeof(*cell)); i++, cell += step )
    {
        uint64_t child = dt_cells_to_u64(cell, na);
        uint64_t to = dt_cells_to_u64(cell + na, pna);
        uint64_t size = dt_cells_to_u64(cell + na + pna, ns);

        if ( *addr >= child && *addr - child < size )
        {
            *addr = to + (*addr - child);
            return 0;
        }
    }

    return -EINVAL;
}

int dt_get_reg(int node, unsigned int index, paddr_t *addr, paddr_t *size)
{
    uint64_t a, s;
    int bus, rc = dt_read_addr_size(node, "reg", index, &a, &s);
    unsigned int depth;

    if ( rc )
        return rc;

    bus = parent_of(node);
    for ( depth = 0; bus > 0; depth++ )
    {
        int parent = parent_of(bus);

        if ( parent < 0 || depth == MAX_DEPTH )
            return -EINVAL;
        rc = translate(bus, parent, &a);
        if ( rc )
            return rc;
        bus = parent;
    }

    if ( a & ~PADDR_MASK )
        return -EINVAL;
    if ( addr )
        *addr = a;
    if ( size )
        *size = s;

    return 0;
}

/* Most interrupts go to one controller: what was looked for last is remembered. */
static int node_by_phandle(uint32_t phandle)
{
    static uint32_t last;
    static int last_node;

    if ( !last || phandle != last )
    {
        last_node = fdt_node_offset_by_phandle(device_tree_flattened, phandle);
        last = last_node >= 0 ? phandle : 0;
    }

    return last_node;
}

/* Node that handles the interrupts of node, or < 0. */
static int interrupt_parent(int node)
{
    unsigned int depth;

    for ( depth = 0; node >= 0 && depth < MAX_DEPTH; depth++ )
    {
        uint32_t phandle;

        if ( dt_read_u32(node, "interrupt-parent", &phandle) )
            return node_by_phandle(phandle);
        node = parent_of(node);
    }

    return -ENOENT;
}

int dt_get_irq(int node, unsigned int index, struct dt_irq *irq)
{
    const void *fdt = device_tree_flattened;
    int len, parent = interrupt_parent(node);
    uint32_t cells, number;
    const fdt32_t *cell;

    if ( parent < 0 || !dt_read_u32(parent, "#interrupt-cells", &cells) ||
         cells < 3 )
        return -EINVAL;

    cell = fdt_getprop(fdt, node, "interrupts", &len);
    if ( !cell )
        return -ENOENT;
    if ( len % (cells * sizeof(*cell)) )
        return -EINVAL;
    if ( index >= len / (cells * sizeof(*cell)) )
        return -ENOENT;

    cell += index * cells;
    number = fdt32_to_cpu(cell[1]);
    switch ( fdt32_to_cpu(cell[0]) )
    {
    case 0: /* SPI */
        if ( number >= 988 )
            return -EINVAL;
        irq->irq = 32 + number;
        break;

    case 1: /* PPI */
        if ( number >= 16 )
            return -EINVAL;
        irq->irq = 16 + number;
        break;

    default:
        return -EINVAL;
    }
    irq->type = fdt32_to_cpu(cell[2]) & DT_IRQ_TYPE_SENSE_MASK;

    return 0;
}

int dt_stdout_node(void)
{
    const void *fdt = device_tree_flattened;
    int chosen = dt_root_child("chosen");
    const char *path, *end;

    if ( chosen < 0 )
        return -ENOENT;
    path = dt_read_string(chosen, "stdout-path");
    if ( !path )
        path = dt_read_string(chosen, "linux,stdout-path");
    if ( !path )
        return -ENOENT;

    /* Options such as the baud rate follow a colon. */
    end = strchr(path, ':');

    return fdt_path_offset_namelen(fdt, path, end ? end - path : strlen(path));
}

const char *dt_xen_bootargs(void)
{
    const void *fdt = device_tree_flattened;
    int node, chosen = dt_root_child("chosen");
    const char *args;

    if ( chosen < 0 )
        return "";

    args = dt_read_string(chosen, "xen,xen-bootargs");
    if ( args )
        return args;

    /*
     * "bootargs" is ours when something else says what the first domain's
     * command line is; otherwise it is that domain's.
     */
    if ( fdt_getprop(fdt, chosen, "xen,dom0-bootargs", NULL) )
        return dt_read_string(chosen, "bootargs") ?: "";

    dt_for_each_child ( node, chosen )
        if ( (dt_prop_has_string(node, "compatible", "multiboot,kernel") ||
              dt_prop_has_string(node, "compatible", "xen,linux-zimage")) &&
             fdt_getprop(fdt, node, "bootargs", NULL) )
            return dt_read_string(chosen, "bootargs") ?: "";

    return "";
}
