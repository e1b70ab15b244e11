/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree that a guest sees: written from start to end with libfdt, plus /aliases of a partial tree.
 *
 * Refuses: a partial tree that libfdt finds broken, or that asks for devices (/passthrough): nothing is assigned here.
 * Context: boot. Bindings: Devicetree Specification 0.4; arm,gic-v3; arm,armv8-timer; arm,psci; arm,sbsa-uart.
 */
#include <xen/device_tree.h>
#include <xen/domain_page.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>
#include <asm/domain.h>

#include "domain_build.h"

#define PHANDLE_GIC         65000

#define IRQ_SPI             0
#define IRQ_PPI             1
#define IRQ_LEVEL_HIGH      4
#define IRQ_LEVEL_LOW_PPI   0xf08

/* First size to try; grows until the tree fits */
#define FDT_FIRST_SIZE      0x4000UL

/* Tree under construction: the first error sticks, later steps do nothing */
struct fdt_out {
    void *fdt;
    int rc;
};

static void __init out_begin(struct fdt_out *o, const char *name)
{
    if ( !o->rc )
        o->rc = fdt_begin_node(o->fdt, name);
}

static void __init out_end(struct fdt_out *o)
{
    if ( !o->rc )
        o->rc = fdt_end_node(o->fdt);
}

static void __init out_prop(struct fdt_out *o, const char *name, const void *val, unsigned int len)
{
    if ( !o->rc )
        o->rc = fdt_property(o->fdt, name, val, len);
}

static void __init out_string(struct fdt_out *o, const char *name, const char *val)
{
    out_prop(o, name, val, strlen(val) + 1);
}

static void __init out_u32(struct fdt_out *o, const char *name, uint32_t val)
{
    if ( !o->rc )
        o->rc = fdt_property_u32(o->fdt, name, val);
}

static void __init out_u64(struct fdt_out *o, const char *name, uint64_t val)
{
    if ( !o->rc )
        o->rc = fdt_property_u64(o->fdt, name, val);
}

static void __init put_reg(fdt64_t *cells, paddr_t start, paddr_t size)
{
    cells[0] = cpu_to_fdt64(start);
    cells[1] = cpu_to_fdt64(size);
}

static void __init put_irq(fdt32_t *cells, uint32_t kind, uint32_t num, uint32_t flags)
{
    cells[0] = cpu_to_fdt32(kind);
    cells[1] = cpu_to_fdt32(num);
    cells[2] = cpu_to_fdt32(flags);
}

static void __init out_chosen(struct fdt_out *o, const struct domain_request *req, const struct domain_layout *l)
{
    out_begin(o, "chosen");
    if ( req->bootargs )
        out_string(o, "bootargs", req->bootargs);
    if ( req->vpl011 )
        out_string(o, "stdout-path", "/sbsa-uart@22000000");
    if ( req->ramdisk.size )
    {
        out_u64(o, "linux,initrd-start", l->ramdisk);
        out_u64(o, "linux,initrd-end", l->ramdisk + req->ramdisk.size);
    }
    out_end(o);
}

static void __init out_cpus(struct fdt_out *o, const struct domain_request *req)
{
    int host = dt_root_child("cpus"), cpu = -1, len = 0;
    const void *compat = NULL;
    unsigned int i;
    char name[16];

    /* The guest's CPUs call themselves what the first one of the host does */
    if ( host >= 0 )
    {
        dt_for_each_child ( cpu, host )
        {
            compat = fdt_getprop(device_tree_flattened, cpu, "compatible", &len);
            if ( compat )
                break;
        }
    }

    out_begin(o, "cpus");
    out_u32(o, "#address-cells", 1);
    out_u32(o, "#size-cells", 0);

    for ( i = 0; i < req->cpus; i++ )
    {
        register_t aff = vcpuid_to_vaffinity(i);

        snprintf(name, sizeof(name), "cpu@%lx", (unsigned long)aff);
        out_begin(o, name);
        out_string(o, "device_type", "cpu");
        if ( compat )
            out_prop(o, "compatible", compat, len);
        else
            out_string(o, "compatible", "arm,armv8");
        out_u32(o, "reg", aff);
        out_string(o, "enable-method", "psci");
        out_end(o);
    }
    out_end(o);
}

static void __init out_memory(struct fdt_out *o, const struct domain_layout *l)
{
    fdt64_t reg[2 * GUEST_RAM_BANKS];
    unsigned int i;
    char name[32];

    for ( i = 0; i < l->nr_banks; i++ )
        put_reg(&reg[2 * i], l->banks[i].start, l->banks[i].size);

    snprintf(name, sizeof(name), "memory@%lx", (unsigned long)l->banks[0].start);
    out_begin(o, name);
    out_string(o, "device_type", "memory");
    out_prop(o, "reg", reg, l->nr_banks * 2 * sizeof(reg[0]));
    out_end(o);
}

static void __init out_gic(struct fdt_out *o)
{
    fdt64_t reg[4];
    char name[40];

    put_reg(&reg[0], GUEST_GICV3_GICD_BASE, GUEST_GICV3_GICD_SIZE);
    put_reg(&reg[2], GUEST_GICV3_GICR0_BASE, GUEST_GICV3_GICR0_SIZE);

    snprintf(name, sizeof(name), "interrupt-controller@%lx", (unsigned long)GUEST_GICV3_GICD_BASE);
    out_begin(o, name);
    out_string(o, "compatible", "arm,gic-v3");
    out_u32(o, "#address-cells", 0);
    out_u32(o, "#interrupt-cells", 3);
    out_prop(o, "interrupt-controller", NULL, 0);
    out_u32(o, "#redistributor-regions", GUEST_GICV3_RDIST_REGIONS);
    out_prop(o, "reg", reg, sizeof(reg));
    out_u32(o, "phandle", PHANDLE_GIC);
    out_end(o);
}

static void __init out_timer(struct fdt_out *o)
{
    fdt32_t irqs[9];

    put_irq(&irqs[0], IRQ_PPI, GUEST_TIMER_PHYS_S_PPI - 16, IRQ_LEVEL_LOW_PPI);
    put_irq(&irqs[3], IRQ_PPI, GUEST_TIMER_PHYS_NS_PPI - 16, IRQ_LEVEL_LOW_PPI);
    put_irq(&irqs[6], IRQ_PPI, GUEST_TIMER_VIRT_PPI - 16, IRQ_LEVEL_LOW_PPI);

    out_begin(o, "timer");
    out_string(o, "compatible", "arm,armv8-timer");
    out_u32(o, "interrupt-parent", PHANDLE_GIC);
    out_prop(o, "interrupts", irqs, sizeof(irqs));
    out_end(o);
}

static void __init out_psci(struct fdt_out *o)
{
    static const char compat[] __initconst = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

    out_begin(o, "psci");
    out_prop(o, "compatible", compat, sizeof(compat));
    out_string(o, "method", "hvc");
    out_end(o);
}

static void __init out_uart(struct fdt_out *o)
{
    fdt64_t reg[2];
    fdt32_t irq[3];

    put_reg(reg, GUEST_PL011_BASE, GUEST_PL011_SIZE);
    put_irq(irq, IRQ_SPI, GUEST_VPL011_SPI - 32, IRQ_LEVEL_HIGH);

    out_begin(o, "sbsa-uart@22000000");
    out_string(o, "compatible", "arm,sbsa-uart");
    out_prop(o, "reg", reg, sizeof(reg));
    out_u32(o, "interrupt-parent", PHANDLE_GIC);
    out_prop(o, "interrupts", irq, sizeof(irq));
    out_u32(o, "current-speed", 115200);
    out_end(o);
}

/* The partial tree, or NULL with *err set */
static const void *__init partial_tree(const struct boot_image *image, struct build_error *err)
{
    const void *fdt = maddr_to_virt(image->start);
    int passthrough;

    if ( image->size < sizeof(struct fdt_header) || fdt_check_header(fdt) || fdt_totalsize(fdt) > image->size )
    {
        *err = (struct build_error){ "multiboot,device-tree", "not a device tree" };
        return NULL;
    }

    passthrough = fdt_path_offset(fdt, "/passthrough");
    if ( passthrough >= 0 && fdt_first_subnode(fdt, passthrough) >= 0 )
    {
        *err = (struct build_error){ "multiboot,device-tree", "/passthrough: devices cannot be assigned" };
        return NULL;
    }

    return fdt;
}

static void __init out_aliases(struct fdt_out *o, const void *partial)
{
    int node = fdt_path_offset(partial, "/aliases"), prop;

    if ( node < 0 )
        return;

    out_begin(o, "aliases");
    fdt_for_each_property_offset ( prop, partial, node )
    {
        const char *name;
        int len;
        const void *val = fdt_getprop_by_offset(partial, prop, &name, &len);

        if ( val )
            out_prop(o, name, val, len);
    }
    out_end(o);
}

static int __init write_tree(void *fdt, size_t size, const struct domain_request *req,
                             const struct domain_layout *l, const void *partial)
{
    struct fdt_out out = { .fdt = fdt }, *o = &out;

    o->rc = fdt_create(fdt, size);
    if ( !o->rc )
        o->rc = fdt_finish_reservemap(fdt);

    out_begin(o, "");
    out_u32(o, "#address-cells", 2);
    out_u32(o, "#size-cells", 2);
    out_u32(o, "interrupt-parent", PHANDLE_GIC);
    out_string(o, "compatible", "xen,xenvm");
    out_string(o, "model", req->name);

    out_chosen(o, req, l);
    if ( partial )
        out_aliases(o, partial);
    out_cpus(o, req);
    out_memory(o, l);
    out_gic(o);
    out_timer(o);
    out_psci(o);
    if ( req->vpl011 )
        out_uart(o);

    out_end(o);
    if ( !o->rc )
        o->rc = fdt_finish(fdt);

    return o->rc;
}

void *__init make_domain_fdt(const struct domain *d, const struct domain_request *req, const struct domain_layout *l,
                             struct build_error *err)
{
    const void *partial = NULL;
    size_t size;

    if ( req->partial_dtb.size )
    {
        partial = partial_tree(&req->partial_dtb, err);
        if ( !partial )
            return NULL;
    }

    for ( size = FDT_FIRST_SIZE; size <= GUEST_DTB_MAX; size *= 2 )
    {
        void *fdt = xzalloc_bytes(size);
        int rc;

        if ( !fdt )
        {
            *err = (struct build_error){ "memory", "no memory for its device tree" };
            return NULL;
        }

        rc = write_tree(fdt, size, req, l, partial);
        if ( !rc )
            return fdt;

        xfree(fdt);

        if ( rc != -FDT_ERR_NOSPACE )
            break;
    }

    *err = (struct build_error){ "bootargs", "its device tree cannot be written" };

    return NULL;
}
