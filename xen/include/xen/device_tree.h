/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host's device tree says. The tree stays flat: a node is its offset
 * (int, >= 0; negative is "none"), to be used with libfdt too. The tree never
 * changes after boot, so offsets stay valid and no lock is needed.
 */
#ifndef XEN_DEVICE_TREE_H
#define XEN_DEVICE_TREE_H

#include <xen/types.h>
#include <xen/libfdt/libfdt.h>

/* The host's tree, mapped. */
extern const void *device_tree_flattened;

#define DT_MAX_CELLS 4

/* Interrupt types: bits as in the third cell of a GIC specifier. */
#define DT_IRQ_TYPE_NONE         0x00000000
#define DT_IRQ_TYPE_EDGE_RISING  0x00000001
#define DT_IRQ_TYPE_EDGE_FALLING 0x00000002
#define DT_IRQ_TYPE_EDGE_BOTH    (DT_IRQ_TYPE_EDGE_FALLING | DT_IRQ_TYPE_EDGE_RISING)
#define DT_IRQ_TYPE_LEVEL_HIGH   0x00000004
#define DT_IRQ_TYPE_LEVEL_LOW    0x00000008
#define DT_IRQ_TYPE_LEVEL_MASK   (DT_IRQ_TYPE_LEVEL_LOW | DT_IRQ_TYPE_LEVEL_HIGH)
#define DT_IRQ_TYPE_SENSE_MASK   0x0000000f
#define DT_IRQ_TYPE_INVALID      0x00000010

/* An interrupt, decoded: INTID (PPI 16-31, SPI from 32) and DT_IRQ_TYPE_*. */
struct dt_irq {
    unsigned int irq;
    unsigned int type;
};

/*
 * dt_list_nodes - make what follows fast. Boot, when device_tree_flattened is
 * set; offsets stay what they are when the tree is moved.
 */
void dt_list_nodes(void);

/* The child of @parent after @child (-1: the first), < 0: no more. */
int dt_next_child(int parent, int child);

#define dt_for_each_child(node, parent)                         \
    for ( (node) = dt_next_child(parent, -1); (node) >= 0;      \
          (node) = dt_next_child(parent, node) )

/* A child of the root by its whole name, "chosen"; < 0: there is none. */
int dt_root_child(const char *name);

/* First available node after from (-1: all) with this compatible, or < 0. */
int dt_find_compatible(int from, const char *compat);

/* The same for a NULL-terminated list of compatibles; first string first. */
int dt_find_compatible_list(const char *const compats[]);

/* False when the node's status says anything but "okay" or "ok". */
bool dt_node_available(int node);

/*
 * The index-th entry of "reg", translated to a CPU physical address. Either
 * pointer may be NULL. 0, -ENOENT (no such entry), -EINVAL (malformed or not
 * translatable).
 */
int dt_get_reg(int node, unsigned int index, paddr_t *addr, paddr_t *size);

/* The same for any property, cells of the node's parent, no translation. */
int dt_read_addr_size(int node, const char *prop, unsigned int index,
                      uint64_t *addr, uint64_t *size);

/* The index-th interrupt of the node ("interrupts", GIC three-cell form). */
int dt_get_irq(int node, unsigned int index, struct dt_irq *irq);

/* Cells; a missing property reads as the specification's default. */
unsigned int dt_address_cells(int node);
unsigned int dt_size_cells(int node);
uint64_t dt_cells_to_u64(const fdt32_t *cell, unsigned int nr);

/* Property of exactly 4, of 4 or 8 bytes. False: absent or malformed. */
bool dt_read_u32(int node, const char *prop, uint32_t *out);
bool dt_read_number(int node, const char *prop, uint64_t *out);

/* Terminated string property, or NULL. */
const char *dt_read_string(int node, const char *prop);

/* Is str one of the strings of a string-list property? */
bool dt_prop_has_string(int node, const char *prop, const char *str);

/* Name without unit address is not cut: "uart@9000000". */
const char *dt_node_name(int node);

/* The console's node: stdout-path of /chosen, alias and options resolved. */
int dt_stdout_node(void);

/* Command line of the hypervisor, "" if there is none. */
const char *dt_xen_bootargs(void);

/* Boot (bootfdt.c): check header and structure; NULL when sound, else why. */
const char *dt_check_blob(const void *fdt, size_t limit);

#endif /* XEN_DEVICE_TREE_H */
