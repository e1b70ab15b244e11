/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the device tree of a child. The same nodes as the hypervisor makes for domains of the boot device tree, but
 * /hypervisor instead of a UART: the child's console is the hypercall. Owns nothing; refuses what does not fit.
 */
#include "toolstack.h"

#define FDT_MAGIC       0xd00dfeed
#define FDT_BEGIN_NODE  1
#define FDT_END_NODE    2
#define FDT_PROP        3
#define FDT_END         9
#define HEADER_BYTES    40
#define RSVMAP_BYTES    16
#define MAX_STRINGS     512
#define PHANDLE_GIC     1
#define PPI             1
#define LEVEL_LOW       0xf08           /* of a private interrupt, all CPUs */

struct fdt {
    unsigned char *buf;
    size_t size, at;
    bool full;
    char strings[MAX_STRINGS];
    size_t strings_bytes;
};

static void put_bytes(struct fdt *f, const void *data, size_t n)
{
    static const char zero[4];
    size_t padding = -n & 3;

    if ( f->full || n + padding > f->size - f->at )
    {
        f->full = true;
        return;
    }
    memcpy(f->buf + f->at, data, n);
    memcpy(f->buf + f->at + n, zero, padding);
    f->at += n + padding;
}

static uint32_t be32(uint32_t v)
{
    return __builtin_bswap32(v);
}

static void put_cell(struct fdt *f, uint32_t v)
{
    v = be32(v);
    put_bytes(f, &v, sizeof(v));
}

static uint32_t string_offset(struct fdt *f, const char *name)
{
    size_t at, n = strlen(name) + 1;

    for ( at = 0; at < f->strings_bytes; at += strlen(f->strings + at) + 1 )
        if ( !strcmp(f->strings + at, name) )
            return (uint32_t)at;
    if ( n > MAX_STRINGS - f->strings_bytes )
    {
        f->full = true;
        return 0;
    }
    memcpy(f->strings + f->strings_bytes, name, n);
    f->strings_bytes += n;

    return (uint32_t)at;
}

static void begin(struct fdt *f, const char *name)
{
    put_cell(f, FDT_BEGIN_NODE);
    put_bytes(f, name, strlen(name) + 1);
}

static void end(struct fdt *f)
{
    put_cell(f, FDT_END_NODE);
}

static void prop(struct fdt *f, const char *name, const void *data, size_t n)
{
    put_cell(f, FDT_PROP);
    put_cell(f, (uint32_t)n);
    put_cell(f, string_offset(f, name));
    put_bytes(f, data, n);
}

static void prop_string(struct fdt *f, const char *name, const char *s)
{
    prop(f, name, s, strlen(s) + 1);
}

static void prop_cells(struct fdt *f, const char *name, const uint32_t *cells, unsigned int n)
{
    uint32_t swapped[16];
    unsigned int i;

    for ( i = 0; i < n && i < ARRAY_SIZE(swapped); i++ )
        swapped[i] = be32(cells[i]);
    prop(f, name, swapped, i * sizeof(uint32_t));
}

static void prop_cell(struct fdt *f, const char *name, uint32_t v)
{
    prop_cells(f, name, &v, 1);
}

#define HI(v) ((uint32_t)((uint64_t)(v) >> 32))
#define LO(v) ((uint32_t)(v))
#define CELLS(f, name, ...) do {                                        \
    const uint32_t cells_[] = { __VA_ARGS__ };                          \
    prop_cells(f, name, cells_, ARRAY_SIZE(cells_));                    \
} while ( 0 )

static void cpu_nodes(struct fdt *f, unsigned int vcpus)
{
    unsigned int i;
    char name[16];

    begin(f, "cpus");
    prop_cell(f, "#address-cells", 1);
    prop_cell(f, "#size-cells", 0);
    for ( i = 0; i < vcpus; i++ )
    {
        uint32_t aff = (i & 0xf) | (i >> 4) << 8;

        snprintf(name, sizeof(name), "cpu@%x", aff);
        begin(f, name);
        prop_string(f, "device_type", "cpu");
        prop_string(f, "compatible", "arm,armv8");
        prop_cell(f, "reg", aff);
        prop_string(f, "enable-method", "psci");
        end(f);
    }
    end(f);
}

static void device_nodes(struct fdt *f)
{
    static const char psci_compat[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

    begin(f, "interrupt-controller@3001000");
    prop_string(f, "compatible", "arm,gic-v3");
    prop_cell(f, "#address-cells", 0);
    prop_cell(f, "#interrupt-cells", 3);
    prop(f, "interrupt-controller", "", 0);
    prop_cell(f, "#redistributor-regions", GUEST_GICV3_RDIST_REGIONS);
    CELLS(f, "reg", HI(GUEST_GICV3_GICD_BASE), LO(GUEST_GICV3_GICD_BASE), 0, LO(GUEST_GICV3_GICD_SIZE),
          HI(GUEST_GICV3_GICR0_BASE), LO(GUEST_GICV3_GICR0_BASE), 0, LO(GUEST_GICV3_GICR0_SIZE));
    prop_cell(f, "phandle", PHANDLE_GIC);
    end(f);

    begin(f, "timer");
    prop_string(f, "compatible", "arm,armv8-timer");
    prop_cell(f, "interrupt-parent", PHANDLE_GIC);
    CELLS(f, "interrupts", PPI, GUEST_TIMER_PHYS_S_PPI - 16, LEVEL_LOW, PPI, GUEST_TIMER_PHYS_NS_PPI - 16, LEVEL_LOW,
          PPI, GUEST_TIMER_VIRT_PPI - 16, LEVEL_LOW);
    end(f);

    begin(f, "psci");
    prop(f, "compatible", psci_compat, sizeof(psci_compat));
    prop_string(f, "method", "hvc");
    end(f);

    begin(f, "hypervisor");
    prop_string(f, "compatible", "xen,xen");
    end(f);
}

size_t ts_fdt(void *buf, size_t size, const char *cmdline, unsigned int vcpus, uint64_t ram, uint64_t ram_bytes)
{
    struct fdt f = { .buf = buf, .size = size, .at = HEADER_BYTES };
    uint32_t header[HEADER_BYTES / 4], struct_at, struct_bytes, strings_at;
    static const char no_reservations[RSVMAP_BYTES];
    unsigned int i;
    char name[32];

    if ( size < HEADER_BYTES )
        return 0;
    put_bytes(&f, no_reservations, RSVMAP_BYTES);
    struct_at = (uint32_t)f.at;

    begin(&f, "");
    prop_cell(&f, "#address-cells", 2);
    prop_cell(&f, "#size-cells", 2);
    prop_cell(&f, "interrupt-parent", PHANDLE_GIC);
    prop_string(&f, "compatible", "xen,xenvm");

    begin(&f, "chosen");
    prop_string(&f, "bootargs", cmdline ? cmdline : "");
    end(&f);

    cpu_nodes(&f, vcpus);

    snprintf(name, sizeof(name), "memory@%lx", (unsigned long)ram);
    begin(&f, name);
    prop_string(&f, "device_type", "memory");
    CELLS(&f, "reg", HI(ram), LO(ram), HI(ram_bytes), LO(ram_bytes));
    end(&f);

    device_nodes(&f);
    end(&f);
    put_cell(&f, FDT_END);

    struct_bytes = (uint32_t)f.at - struct_at;
    strings_at = (uint32_t)f.at;
    put_bytes(&f, f.strings, f.strings_bytes);
    if ( f.full )
        return 0;

    header[0] = FDT_MAGIC;
    header[1] = (uint32_t)f.at;
    header[2] = struct_at;
    header[3] = strings_at;
    header[4] = HEADER_BYTES;
    header[5] = 17;
    header[6] = 16;
    header[7] = 0;                      /* boot CPU */
    header[8] = (uint32_t)f.strings_bytes;
    header[9] = struct_bytes;
    for ( i = 0; i < ARRAY_SIZE(header); i++ )
        header[i] = be32(header[i]);
    memcpy(buf, header, HEADER_BYTES);

    return f.at;
}
