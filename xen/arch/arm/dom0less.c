/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains of the boot device tree: children of /chosen with compatible "xen,domain".
 *
 * Owns: reading and checking the nodes. A node that cannot be served costs exactly one line, with its name and the
 * property to blame; the others are built all the same. The n-th node is domain n, also if one before it cannot be built:
 * the FF-A policy relies on it. They start when all are built. Context: boot, CPU0, all CPUs up.
 * Spec: Xen's dom0less bindings, plus xen,tee = "ffa" | "none". Of the capabilities only control can be had.
 */
#include <xen/device_tree.h>
#include <xen/err.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/sizes.h>
#include <xen/softirq.h>
#include <asm/domain.h>
#include <asm/gic.h>
#include <asm/mm.h>
#include <asm/setup.h>
#include <asm/tee/tee.h>
#include <asm/vgic.h>

#include "domain_build.h"

/* ids of domains that wait for their start */
#define MAX_BOOT_DOMAINS 64

/* Bits of "capabilities" */
#define CAPABILITY_CONTROL (1U << 0)

/* Properties that change what a domain is in ways this hypervisor cannot serve */
static const char *const unsupported[] __initconst = {
    "xen,static-mem", "direct-map", "sve", "llc-colors", "domain-cpupool", "v8r_el1_msa",
};

/* Properties that may say "disabled", which is how it is here */
static const char *const disabled[] __initconst = { "passthrough", "xen,enhanced" };

/* ---- One property each; false: refused --------------------------------------------------------------------------- */

static bool __init refuse(struct build_error *err, const char *property, const char *text)
{
    err->property = property;
    err->text = text;

    return false;
}

static bool __init has_prop(int node, const char *name)
{
    return fdt_getprop(device_tree_flattened, node, name, NULL) != NULL;
}

static bool __init read_memory(struct domain_request *req, struct build_error *err)
{
    uint64_t kib;

    if ( !has_prop(req->node, "memory") )
        return refuse(err, "memory", "missing");
    if ( !dt_read_number(req->node, "memory", &kib) )
        return refuse(err, "memory", "must be one 64-bit number of KiB");
    if ( !kib || (kib & ((PAGE_SIZE >> 10) - 1)) )
        return refuse(err, "memory", "must be a multiple of 4 KiB, and not zero");
    if ( kib > (GUEST_RAM_MAX >> 10) )
        return refuse(err, "memory", "more than the guest's memory map has room for");

    req->mem_kib = kib;

    return true;
}

static bool __init read_cpus(struct domain_request *req, struct build_error *err)
{
    uint32_t n;

    if ( !has_prop(req->node, "cpus") )
        return refuse(err, "cpus", "missing");
    if ( !dt_read_u32(req->node, "cpus", &n) || !n || n > GUEST_MAX_VCPUS )
        return refuse(err, "cpus", "must be one number from 1 to 128");

    req->cpus = n;

    return true;
}

static bool __init read_spis(struct domain_request *req, struct build_error *err)
{
    uint32_t n = gic_number_lines() > 32 ? gic_number_lines() - 32 : 0;
    unsigned int least = req->vpl011 ? GUEST_VPL011_SPI - 32 + 1 : 0;

    if ( has_prop(req->node, "nr_spis") )
    {
        if ( !dt_read_u32(req->node, "nr_spis", &n) || n > VGIC_MAX_SPIS )
            return refuse(err, "nr_spis", "must be one number up to 960");
        if ( n < least )
            return refuse(err, "nr_spis", "too few for vpl011, which uses SPI 0");
    }

    req->nr_spis = max(min(n, (uint32_t)VGIC_MAX_SPIS), (uint32_t)least);

    return true;
}

static bool __init read_tee(struct domain_request *req, struct build_error *err)
{
    const char *tee;

    req->tee_type = XEN_DOMCTL_CONFIG_TEE_NONE;
    if ( !has_prop(req->node, "xen,tee") )
        return true;

    tee = dt_read_string(req->node, "xen,tee");
    if ( tee && !strcmp(tee, "none") )
        return true;
    if ( !tee || strcmp(tee, "ffa") )
        return refuse(err, "xen,tee", "must be \"ffa\" or \"none\"");

    req->tee_type = XEN_DOMCTL_CONFIG_TEE_FFA;

    return true;
}

static bool __init read_p2m_pool(struct domain_request *req, struct build_error *err)
{
    uint32_t mib;

    if ( has_prop(req->node, "xen,domain-p2m-mem-mb") )
    {
        if ( !dt_read_u32(req->node, "xen,domain-p2m-mem-mb", &mib) || !mib )
            return refuse(err, "xen,domain-p2m-mem-mb", "must be one number of MiB, and not zero");
        req->p2m_pages = (uint64_t)mib << (20 - PAGE_SHIFT);
        return true;
    }

    /* 1 MiB per vCPU, 4 KiB per MiB of RAM, and 512 KiB */
    req->p2m_pages = ((uint64_t)req->cpus << (20 - PAGE_SHIFT)) + DIV_ROUND_UP(req->mem_kib, 1024) +
                     (SZ_512K >> PAGE_SHIFT);

    return true;
}

static bool __init read_capabilities(struct domain_request *req, struct build_error *err)
{
    uint32_t caps = 0;

    if ( has_prop(req->node, "capabilities") && !dt_read_u32(req->node, "capabilities", &caps) )
        return refuse(err, "capabilities", "must be one number");
    if ( caps & ~CAPABILITY_CONTROL )
        return refuse(err, "capabilities", "only control (1) can be given to a domain");

    req->control = caps;

    return true;
}

static bool __init read_refused(struct domain_request *req, struct build_error *err)
{
    unsigned int i;
    uint32_t traps;

    for ( i = 0; i < ARRAY_SIZE(unsupported); i++ )
    {
        if ( has_prop(req->node, unsupported[i]) )
            return refuse(err, unsupported[i], "not supported");
    }

    for ( i = 0; i < ARRAY_SIZE(disabled); i++ )
    {
        const char *s = dt_read_string(req->node, disabled[i]);

        if ( has_prop(req->node, disabled[i]) && (!s || strcmp(s, "disabled")) )
            return refuse(err, disabled[i], "can only be \"disabled\"");
    }

    if ( has_prop(req->node, "trap-unmapped-accesses") &&
         (!dt_read_u32(req->node, "trap-unmapped-accesses", &traps) || traps != 1) )
        return refuse(err, "trap-unmapped-accesses", "can only be 1");

    return true;
}

/* ---- vCPUs: nodes with compatible "xen,vcpu" --------------------------------------------------------------------- */

/* "0-3,5": CPUs that there are. False: malformed, or another one. */
static bool __init parse_cpus(const char *s, cpumask_t *cpus)
{
    unsigned long first, last;
    const char *end;

    cpumask_clear(cpus);
    do {
        first = last = simple_strtoul(s, &end, 10);
        if ( end == s )
            return false;
        if ( *end == '-' )
        {
            s = end + 1;
            last = simple_strtoul(s, &end, 10);
            if ( end == s )
                return false;
        }
        if ( first > last || last >= nr_cpu_ids )
            return false;
        for ( ; first <= last; first++ )
            __cpumask_set_cpu(first, cpus);
        s = end + 1;
    } while ( *end == ',' );

    return *end == '\0';
}

/* Read the nodes of the vCPUs and, if @d is not NULL, do what they say: its vCPUs exist and do not run. */
static bool __init read_vcpus(const struct domain_request *req, struct domain *d, struct build_error *err)
{
    int child;

    dt_for_each_child ( child, req->node )
    {
        const char *list;
        cpumask_t cpus;
        uint32_t id;

        if ( !dt_prop_has_string(child, "compatible", "xen,vcpu") )
            continue;
        if ( !dt_read_u32(child, "id", &id) || id >= req->cpus )
            return refuse(err, "id", "of a vCPU: must be one number below that of cpus");
        if ( !has_prop(child, "hard-affinity") )
            continue;

        list = dt_read_string(child, "hard-affinity");
        if ( !list || !parse_cpus(list, &cpus) )
            return refuse(err, "hard-affinity", "must be a list of CPUs of this machine, as in \"0-3,5\"");
        if ( !cpumask_intersects(&cpus, &cpu_online_map) )
            return refuse(err, "hard-affinity", "none of these CPUs is online");
        if ( d && vcpu_set_hard_affinity(d->vcpu[id], &cpus) )
            return refuse(err, "hard-affinity", "cannot be set");
    }

    return true;
}

/* ---- Modules --------------------------------------------------------------------------------------------------- */

static bool __init read_module(int node, const char *what, struct boot_image *image, struct build_error *err)
{
    uint64_t start, size;

    if ( image->size )
        return refuse(err, what, "more than one");
    /* By this boot has known it for a module: without, its memory was given away */
    if ( !dt_prop_has_string(node, "compatible", "multiboot,module") &&
         !dt_prop_has_string(node, "compatible", "xen,multiboot-module") )
        return refuse(err, "compatible", "of a module: lacks \"multiboot,module\"");
    if ( dt_read_addr_size(node, "reg", 0, &start, &size) )
        return refuse(err, "reg", "of a module: missing or malformed");
    if ( !is_module_range(start, size) )
        return refuse(err, "reg", "of a module: empty, not in memory, or where the hypervisor or its device tree is");

    image->start = start;
    image->size = size;

    return true;
}

static bool __init read_modules(struct domain_request *req, struct build_error *err)
{
    int child;

    dt_for_each_child ( child, req->node )
    {
        bool ok = true;

        if ( dt_prop_has_string(child, "compatible", "multiboot,kernel") ||
             dt_prop_has_string(child, "compatible", "xen,linux-zimage") )
        {
            ok = read_module(child, "multiboot,kernel", &req->kernel, err);
            req->bootargs = dt_read_string(child, "bootargs");
            if ( ok && !req->bootargs && has_prop(child, "bootargs") )
                ok = refuse(err, "bootargs", "must be a string");
        }
        else if ( dt_prop_has_string(child, "compatible", "multiboot,ramdisk") ||
                  dt_prop_has_string(child, "compatible", "xen,linux-initrd") )
            ok = read_module(child, "multiboot,ramdisk", &req->ramdisk, err);
        else if ( dt_prop_has_string(child, "compatible", "multiboot,device-tree") )
            ok = read_module(child, "multiboot,device-tree", &req->partial_dtb, err);
        else if ( dt_prop_has_string(child, "compatible", "xen,domain-shared-memory-v1") )
            ok = refuse(err, "xen,shared-mem", "not supported");
        else if ( dt_prop_has_string(child, "compatible", "xen,evtchn-v1") )
            ok = refuse(err, "xen,evtchn", "not supported");

        if ( !ok )
            return false;
    }

    return req->kernel.size || refuse(err, "multiboot,kernel", "no kernel module");
}

static bool __init read_request(struct domain_request *req, struct build_error *err)
{
    req->vpl011 = has_prop(req->node, "vpl011");

    return read_memory(req, err) && read_cpus(req, err) && read_spis(req, err) && read_tee(req, err) &&
           read_p2m_pool(req, err) && read_capabilities(req, err) && read_refused(req, err) &&
           read_vcpus(req, NULL, err) && read_modules(req, err);
}

/* ---- Domains --------------------------------------------------------------------------------------------------- */

/* Take back what build_domain() left half-built */
static void __init undo_domain(struct domain *d)
{
    int rc;

    while ( (rc = domain_kill(d)) == -ERESTART )
        process_pending_softirqs();

    if ( rc )
        printk(XENLOG_ERR "%pd: cannot be destroyed: %d\n", d, rc);
}

static struct domain *__init create_domU(const struct domain_request *req, domid_t domid, struct build_error *err)
{
    /* No FF-A in the firmware: the guest runs, and finds FF-A not supported */
    bool tee_missing = req->tee_type != XEN_DOMCTL_CONFIG_TEE_NONE && req->tee_type != tee_get_type();
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = req->cpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .arch = {
            .gic_version = XEN_DOMCTL_CONFIG_GIC_V3,
            .tee_type = tee_missing ? XEN_DOMCTL_CONFIG_TEE_NONE : req->tee_type,
            .nr_spis = req->nr_spis,
        },
    };
    struct domain_layout layout = { .nr_banks = 0 };
    struct domain *d = domain_create(domid, &config, req->control ? CDF_privileged : 0);

    if ( IS_ERR(d) )
    {
        if ( PTR_ERR(d) == -ENOMEM || config.arch.tee_type == XEN_DOMCTL_CONFIG_TEE_NONE )
            refuse(err, "memory", "not enough for the domain");
        else
            refuse(err, "xen,tee", "the mediator refuses the domain");
        return NULL;
    }

    d->name = req->name;
    d->is_console = true;

    if ( !build_domain(d, req, &layout, err) || !read_vcpus(req, d, err) )
    {
        undo_domain(d);
        return NULL;
    }

    printk(XENLOG_INFO "domain d%d (%s): %u vCPUs, %lu MiB, tee %s, kernel at %#lx%s\n", d->domain_id, d->name,
           req->cpus, (unsigned long)(req->mem_kib >> 10),
           config.arch.tee_type == XEN_DOMCTL_CONFIG_TEE_FFA ? "ffa" : "none", (unsigned long)layout.kernel,
           req->control ? ", controls others" : "");
    if ( tee_missing )
        printk(XENLOG_WARNING "domain d%d (%s): xen,tee: no FF-A firmware, it runs without\n", d->domain_id, d->name);

    return d;
}

/*
 * create_domUs - build and start all domains of the device tree
 * Says so if there is none to build. Context: boot, once.
 */
void __init create_domUs(void)
{
    static struct domain *built[MAX_BOOT_DOMAINS] __initdata;
    int chosen = dt_root_child("chosen"), node;
    unsigned int nr_nodes = 0, nr_built = 0, i;
    domid_t domid = 0;

    if ( chosen >= 0 )
    {
        dt_for_each_child ( node, chosen )
        {
            struct domain_request req = { .node = node, .name = dt_node_name(node) };
            struct build_error err = { NULL, NULL };
            struct domain *d = NULL;

            if ( !dt_prop_has_string(node, "compatible", "xen,domain") )
                continue;

            nr_nodes++;
            domid++;
            if ( nr_built == MAX_BOOT_DOMAINS )
                refuse(&err, "compatible", "too many domains");
            else if ( read_request(&req, &err) )
                d = create_domU(&req, domid, &err);

            if ( d )
                built[nr_built++] = d;
            else
                printk(XENLOG_ERR "domain %s: %s: %s\n", req.name, err.property, err.text);
        }
    }

    if ( !nr_nodes )
        printk(XENLOG_ERR "No domain: /chosen has no node with compatible = \"xen,domain\"\n");

    for ( i = 0; i < nr_built; i++ )
        domain_unpause_by_systemcontroller(built[i]);
}
