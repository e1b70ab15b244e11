/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * toolstack: every hypercall of a toolstack with every argument that is wrong: the errno is Xen's, and nothing changes.
 * Command line: priv=0|1 (1): does this domain control others? If not, each call is -EPERM. self=<id>: its domain id (one
 * less than FF-A's, where that can be asked).
 */
#include "ffa_port.h"
#include "../toolstack/toolstack.h"

#define NOWHERE         0x7ffff00000ul          /* no mapping there */
#define UNKNOWN         0x7001                  /* no domain has this id */
#define FLAGS           (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)

static char hole[2 * PAGE_SIZE] __attribute__((aligned(4096)));  /* its second page is unmapped */
static const struct xen_domctl constant = { .cmd = XEN_DOMCTL_createdomain,
                                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = DOMID_ANY,
                                            .u.createdomain = { .flags = FLAGS, .max_vcpus = 1 } };
static uint16_t self, victim;

#define DOMCTL(cmd_, dom_, ...) ({                                                      \
    struct xen_domctl op_ = { .cmd = (cmd_), .domain = (dom_), __VA_ARGS__ };           \
    ts_domctl(&op_); })

/* createdomain with one member changed */
#define CREATE(dom_, ...) ({                                                            \
    struct xen_domctl op_ = { .cmd = XEN_DOMCTL_createdomain, .domain = (dom_) };       \
    struct xen_domctl_createdomain *c = &op_.u.createdomain;                            \
    *c = (struct xen_domctl_createdomain){ .flags = FLAGS, .max_vcpus = 1 };            \
    __VA_ARGS__;                                                                        \
    ts_domctl(&op_); })

static int64_t raw_domctl(const void *op)
{
    return hypercall(__HYPERVISOR_domctl, (uintptr_t)op, 0, 0);
}

/* ---- domctl --------------------------------------------------------------------------------------------------------- */

static void test_domctl_struct(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = victim };
    struct xen_domctl_getdomaininfo list[8];
    uint32_t version;
    int before;

    expect_eq(raw_domctl((void *)NOWHERE), -EFAULT, "domctl: unmapped structure");
    expect_eq(raw_domctl((void *)0xffff000000001000ul), -EFAULT, "domctl: address of the other half");
    expect_eq(raw_domctl((void *)~7ul), -EFAULT, "domctl: structure wraps");
    expect_eq(raw_domctl(hole + PAGE_SIZE - 16), -EFAULT, "domctl: structure ends in a hole");

    for ( version = XEN_DOMCTL_INTERFACE_VERSION - 2; version <= XEN_DOMCTL_INTERFACE_VERSION + 1; version++ )
    {
        op.interface_version = version;
        expect_eq(raw_domctl(&op), version == XEN_DOMCTL_INTERFACE_VERSION ? 0 : -EACCES, "domctl: version 0x%x", version);
    }
    op.interface_version = 0;
    expect_eq(raw_domctl(&op), -EACCES, "domctl: version 0");
    before = ts_list(0, list, ARRAY_SIZE(list));
    expect_eq(raw_domctl(&constant), -EFAULT, "domctl: an answer into read-only memory");
    expect_eq(ts_list(0, list, ARRAY_SIZE(list)), before, "domctl: no domain was made that nobody knows the id of");

    expect_eq(DOMCTL(0, victim), -ENOSYS, "domctl: command 0");
    expect_eq(DOMCTL(XEN_DOMCTL_vuart_op, victim), -ENOSYS, "domctl: vuart_op");
    expect_eq(DOMCTL(0xffffffff, victim), -ENOSYS, "domctl: command ~0");
}

static void test_domctl_unknown_domain(void)
{
    static const uint32_t cmds[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getdomaininfo,
        XEN_DOMCTL_max_mem, XEN_DOMCTL_setvcpucontext, XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_getvcpuinfo,
        XEN_DOMCTL_max_vcpus, XEN_DOMCTL_set_address_size, XEN_DOMCTL_get_address_size, XEN_DOMCTL_cacheflush,
        XEN_DOMCTL_set_paging_mempool_size, XEN_DOMCTL_get_paging_mempool_size,
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(cmds); i++ )
    {
        expect_eq(DOMCTL(cmds[i], UNKNOWN), -ESRCH, "domctl %u: unknown domain", cmds[i]);
        expect_eq(DOMCTL(cmds[i], DOMID_XEN), -ESRCH, "domctl %u: DOMID_XEN", cmds[i]);
        expect_eq(DOMCTL(cmds[i], DOMID_IDLE), -ESRCH, "domctl %u: DOMID_IDLE", cmds[i]);
    }
}

static void test_create(void)
{
    struct xen_domctl_getdomaininfo list[8];
    int before = ts_list(0, list, ARRAY_SIZE(list));

    expect_eq(CREATE(victim, ), -EEXIST, "createdomain: id taken");
    expect_eq(CREATE(DOMID_SELF, ), -EINVAL, "createdomain: DOMID_SELF");
    expect_eq(CREATE(DOMID_IDLE, ), -EINVAL, "createdomain: DOMID_IDLE");
    expect_eq(CREATE(0xffff, ), -EINVAL, "createdomain: id 0xffff");
    expect_eq(CREATE(DOMID_ANY, c->flags = 0), -EINVAL, "createdomain: no flags");
    expect_eq(CREATE(DOMID_ANY, c->flags = XEN_DOMCTL_CDF_hvm), -EINVAL, "createdomain: without hap");
    expect_eq(CREATE(DOMID_ANY, c->flags |= XEN_DOMCTL_CDF_iommu), -EINVAL, "createdomain: iommu");
    expect_eq(CREATE(DOMID_ANY, c->flags |= XEN_DOMCTL_CDF_xs_domain), -EINVAL, "createdomain: xs_domain");
    expect_eq(CREATE(DOMID_ANY, c->flags |= 1u << 31), -EINVAL, "createdomain: flag 31");
    expect_eq(CREATE(DOMID_ANY, c->iommu_opts = 1), -EINVAL, "createdomain: iommu_opts");
    expect_eq(CREATE(DOMID_ANY, c->vmtrace_size = 4096), -EINVAL, "createdomain: vmtrace_size");
    expect_eq(CREATE(DOMID_ANY, c->grant_opts = 0x10), -EINVAL, "createdomain: grant_opts");
    expect_eq(CREATE(DOMID_ANY, c->altp2m.opts = 1), -EINVAL, "createdomain: altp2m");
    expect_eq(CREATE(DOMID_ANY, c->altp2m.nr = 1), -EINVAL, "createdomain: altp2m.nr");
    expect_eq(CREATE(DOMID_ANY, c->cpupool_id = 1), -ENOENT, "createdomain: cpupool 1");
    expect_eq(CREATE(DOMID_ANY, c->max_vcpus = 0), -EINVAL, "createdomain: no vCPU");
    expect_eq(CREATE(DOMID_ANY, c->max_vcpus = GUEST_MAX_VCPUS + 1), -EINVAL, "createdomain: 129 vCPUs");
    expect_eq(CREATE(DOMID_ANY, c->max_vcpus = ~0u), -EINVAL, "createdomain: ~0 vCPUs");
    expect_eq(CREATE(DOMID_ANY, c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V2), -EINVAL, "createdomain: GICv2");
    expect_eq(CREATE(DOMID_ANY, c->arch.gic_version = 9), -EINVAL, "createdomain: GIC 9");
    expect_eq(CREATE(DOMID_ANY, c->arch.sve_vl = 1), -EINVAL, "createdomain: SVE");
    expect_eq(CREATE(DOMID_ANY, c->arch.tee_type = XEN_DOMCTL_CONFIG_TEE_OPTEE), -EINVAL, "createdomain: OP-TEE");
    expect_eq(CREATE(DOMID_ANY, c->arch.tee_type = 0xffff), -EINVAL, "createdomain: TEE 0xffff");
    expect_eq(CREATE(DOMID_ANY, c->arch.nr_spis = 961), -EINVAL, "createdomain: 961 SPIs");
    expect_eq(CREATE(DOMID_ANY, c->arch.nr_spis = ~0u), -EINVAL, "createdomain: ~0 SPIs");
    expect_eq(CREATE(DOMID_ANY, c->arch.arm_sci_type = 1), -EINVAL, "createdomain: SCI");
    expect_eq(CREATE(DOMID_ANY, c->arch.v8r_el1_msa = 1), -EINVAL, "createdomain: MSA");
    expect_eq(CREATE(DOMID_ANY, c->arch.pad = 1), -EINVAL, "createdomain: padding");
    expect_eq(ts_list(0, list, ARRAY_SIZE(list)), before, "createdomain: none of these made a domain");
}

static void test_vcpus(void)
{
    struct vcpu_guest_context ctxt = { .user_regs.cpsr = PSR_GUEST64_INIT };
    static const uint64_t bad_modes[] = { 0x09, 0x0d, 0x10, 0x13, 0x1f };
    unsigned int i;

#define CONTEXT(vcpu_, where_) ({                                                                       \
    struct xen_domctl op_ = { .cmd = XEN_DOMCTL_setvcpucontext, .domain = victim, .u.vcpucontext.vcpu = (vcpu_) };     \
    op_.u.vcpucontext.ctxt.q = (uintptr_t)(where_);                                                     \
    ts_domctl(&op_); })

    expect_eq(CONTEXT(0, &ctxt), -EINVAL, "setvcpucontext: before max_vcpus");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpuinfo, victim, .u.getvcpuinfo.vcpu = 0), -ESRCH, "getvcpuinfo: before max_vcpus");
    expect_eq(ts_vcpus(victim, 1), -EINVAL, "max_vcpus: fewer than at creation");
    expect_eq(ts_vcpus(victim, 3), -EINVAL, "max_vcpus: more than at creation");
    expect_eq(ts_vcpus(victim, 0), -EINVAL, "max_vcpus: 0");
    expect_eq(ts_vcpus(victim, 2), 0, "max_vcpus");
    expect_eq(ts_vcpus(victim, 2), 0, "max_vcpus: again");
    expect_eq(ts_vcpus(self, (unsigned int)nr_cpus), -EINVAL, "max_vcpus: of itself");

    expect_eq(CONTEXT(2, &ctxt), -EINVAL, "setvcpucontext: vCPU 2 of 2");
    expect_eq(CONTEXT(~0u, &ctxt), -EINVAL, "setvcpucontext: vCPU ~0");
    expect_eq(CONTEXT(0, NOWHERE), -EFAULT, "setvcpucontext: unmapped context");
    expect_eq(CONTEXT(0, hole + PAGE_SIZE - 8), -EFAULT, "setvcpucontext: context ends in a hole");
    for ( i = 0; i < ARRAY_SIZE(bad_modes); i++ )
    {
        ctxt.user_regs.cpsr = bad_modes[i];
        expect_eq(CONTEXT(0, &ctxt), -EINVAL, "setvcpucontext: mode 0x%lx", (unsigned long)bad_modes[i]);
    }
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpucontext, victim, .u.vcpucontext = { .vcpu = 1 }), -ENODATA,
              "getvcpucontext: never set");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpucontext, victim, .u.vcpucontext = { .vcpu = 2 }), -EINVAL,
              "getvcpucontext: vCPU 2 of 2");
    expect_eq(ts_context(victim, 0, 0x40000000, 0x1234), 0, "setvcpucontext");
    expect_eq(CONTEXT(1, NULL), 0, "setvcpucontext: NULL resets");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpucontext, victim, .u.vcpucontext = { 0, { .q = NOWHERE } }), -EFAULT,
              "getvcpucontext: unmapped");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpucontext, victim, .u.vcpucontext = { 0, { .p = &ctxt } }), 0, "getvcpucontext");
    ok(ctxt.user_regs.pc64 == 0x40000000 && ctxt.user_regs.x0 == 0x1234 && (ctxt.flags & VGCF_online),
       "getvcpucontext: what was set");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpuinfo, victim, .u.getvcpuinfo.vcpu = 2), -EINVAL, "getvcpuinfo: vCPU 2 of 2");
    expect_eq(DOMCTL(XEN_DOMCTL_getvcpuinfo, victim, .u.getvcpuinfo.vcpu = 1), 0, "getvcpuinfo");
}

static void test_pause(void)
{
    struct xen_domctl_getdomaininfo info;
    unsigned int i, rc = 0;

    expect_eq(ts_pause(self), -EINVAL, "pausedomain: itself");
    for ( i = 1; i < 255 && !rc; i++ )
        rc = (unsigned int)ts_pause(victim);
    expect_eq(rc, 0, "pausedomain: up to 255 times");
    expect_eq(ts_pause(victim), -ERANGE, "pausedomain: 256th time");
    for ( i = 1; i < 255 && !rc; i++ )
        rc = (unsigned int)ts_unpause(victim);
    expect_eq(rc, 0, "unpausedomain: all but one");
    ok(!ts_info(victim, &info) && (info.flags & XEN_DOMINF_paused) && info.domain == victim &&
       !(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown)), "getdomaininfo: paused, alive");
    expect_eq(ts_unpause(self), -EINVAL, "unpausedomain: not paused");
}

static void test_sizes(void)
{
    expect_eq(DOMCTL(XEN_DOMCTL_set_address_size, victim, .u.address_size.size = 48), -EINVAL, "set_address_size: 48");
    expect_eq(DOMCTL(XEN_DOMCTL_set_address_size, victim, .u.address_size.size = 32), -EINVAL, "set_address_size: 32");
    expect_eq(ts_address_size(victim), 0, "set_address_size: 64");
    expect_eq(ts_pool(victim, 4095), -EINVAL, "set_paging_mempool_size: no whole page");
    expect_eq(ts_pool(victim, 1ul << 50), -ENOMEM, "set_paging_mempool_size: more than there is");
    expect_eq(ts_pool(victim, 64 * PAGE_SIZE), 0, "set_paging_mempool_size");
#define FLUSH(start, nr) DOMCTL(XEN_DOMCTL_cacheflush, victim, .u.cacheflush = { (start), (nr) })
    expect_eq(FLUSH(~0ul, 2), -EINVAL, "cacheflush: wraps");
    expect_eq(FLUSH(0, (1ul << 18) + 1), -EINVAL, "cacheflush: too much");
    expect_eq(FLUSH(0x40000, 512), 0, "cacheflush: nothing there");
}

/* ---- A call that is made again ---------------------------------------------------------------------------------------- */

static volatile bool other_stop;

static void other_domctls(void *unused)
{
    struct xen_domctl_getdomaininfo info;

    (void)unused;
    while ( !other_stop )
        ts_info(victim, &info);
}

/* domctl has one argument: x1 to x4 are not its own, also when it meets another one and is made again. */
static bool domctl_keeps_registers(struct xen_domctl *op)
{
    register uint64_t x0 asm("x0") = (uintptr_t)op, x16 asm("x16") = __HYPERVISOR_domctl;
    register uint64_t x1 asm("x1") = 11, x2 asm("x2") = 12, x3 asm("x3") = 13, x4 asm("x4") = 14;

    asm volatile ( "hvc #0xea1" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3), "+r" (x4), "+r" (x16) : : "memory" );

    return !x0 && x1 == 11 && x2 == 12 && x3 == 13 && x4 == 14;
}

static void test_made_again(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = victim };
    unsigned int i, kept = 0;

    cpu_start(1, other_domctls, NULL);
    for ( i = 0; i < 5000; i++ )
        kept += domctl_keeps_registers(&op);
    other_stop = true;
    expect_eq(kept, i, "domctl: changes no register but its own, beside another one");
    ok(cpu_wait(1, 10000000), "the other one ends");
}

/* ---- memory_op ------------------------------------------------------------------------------------------------------ */

static int64_t populate(unsigned int cmd, uint16_t domid, const void *list, uint64_t n, unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order, .mem_flags = flags, .domid = domid };

    r.extent_start.q = (uintptr_t)list;
    return ts_memory_op(cmd, &r);
}

static void test_reservations(void)
{
    uint64_t gfns[3] = { 0x40000, 0x40001, 0x40002 }, twice[2] = { 0x40010, 0x40010 };
    uint64_t far[1] = { 1ul << 52 }, *end = (uint64_t *)(hole + PAGE_SIZE) - 1;
    uint16_t unknown = UNKNOWN;

    expect_eq(ts_memory_op(XENMEM_populate_physmap, (void *)NOWHERE), 0, "populate_physmap: unmapped structure");
    expect_eq(populate(XENMEM_populate_physmap, UNKNOWN, gfns, 1, 0, 0), 0, "populate_physmap: unknown domain");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, 0), 0, "populate_physmap: before max_mem");
    expect_eq(ts_max_mem(victim, 4096), 0, "max_mem: 4 MiB");
    expect_eq(populate(XENMEM_populate_physmap, victim, (void *)NOWHERE, 1, 0, 0), 0, "populate_physmap: unmapped list");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 10, 0), 0, "populate_physmap: order 10");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, ~0u, 0), 0, "populate_physmap: order ~0");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 0, 0, 0), 0, "populate_physmap: none");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, ~0ul, 0, 0), 0, "populate_physmap: ~0 extents");
    expect_eq(populate(XENMEM_populate_physmap, victim, far, 1, 0, 0), 0, "populate_physmap: beyond all addresses");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, XENMEMF_populate_on_demand), 0,
              "populate_physmap: on demand");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, XENMEMF_vnode), 0, "populate_physmap: of a virtual node");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, XENMEMF_address_bits(20)), 0,
              "populate_physmap: below 1 MiB, where there is nothing");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, XENMEMF_address_bits(40)), 1, "populate_physmap: below 1 TiB");
    expect_eq(populate(XENMEM_decrease_reservation, victim, gfns, 1, 0, 0), 1, "decrease_reservation: of that");
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 3, 0, 0), 3, "populate_physmap");
    expect_eq(populate(XENMEM_populate_physmap, victim, twice, 2, 0, 0), 1, "populate_physmap: a frame twice");
    *end = 0x40020;
    expect_eq(populate(XENMEM_populate_physmap, victim, end, 2, 0, 0), 1, "populate_physmap: list ends in a hole");
    expect_eq(populate(XENMEM_increase_reservation, victim, NULL, 1, 0, 0), -ENOSYS, "increase_reservation");
    expect_eq(ts_memory_op(XENMEM_current_reservation, &victim), 5, "current_reservation");
    expect_eq(ts_memory_op(XENMEM_maximum_reservation, &victim), 1024, "maximum_reservation");
    expect_eq(ts_memory_op(XENMEM_maximum_gpfn, &victim), 0x40020, "maximum_gpfn");
    expect_eq(ts_memory_op(XENMEM_current_reservation, &unknown), -ESRCH, "current_reservation: unknown domain");
    expect_eq(ts_memory_op(XENMEM_current_reservation, (void *)NOWHERE), -EFAULT, "current_reservation: unmapped");
    expect_eq(populate(XENMEM_decrease_reservation, victim, twice, 2, 0, 0), 1, "decrease_reservation: a frame twice");
    expect_eq(populate(XENMEM_decrease_reservation, victim, end, 1, 0, 0), 1, "decrease_reservation");
    expect_eq(ts_memory_op(XENMEM_current_reservation, &victim), 3, "current_reservation: two less");
    expect_eq(DOMCTL(XEN_DOMCTL_set_address_size, victim, .u.address_size.size = 64), -EBUSY,
              "set_address_size: it has memory");
    expect_eq(ts_max_mem(victim, 12), 0, "max_mem: what it has");
    gfns[0] = 0x40100;
    expect_eq(populate(XENMEM_populate_physmap, victim, gfns, 1, 0, 0), 0, "populate_physmap: over max_mem");
    expect_eq(ts_max_mem(victim, ~0ul), 0, "max_mem: saturates");
    expect_eq(ts_memory_op(XENMEM_maximum_ram_page, NULL), -ENOSYS, "maximum_ram_page");
    expect_eq(ts_memory_op(63, NULL), -ENOSYS, "memory_op 63");
    expect_eq(ts_memory_op(XENMEM_current_reservation | 1u << 6, &victim), -EINVAL, "memory_op: continuation of none");
}

static int64_t batch(uint16_t domid, unsigned int space, uint16_t foreign, const uint64_t *idxs, const uint64_t *gpfns, int *errs,
                     unsigned int n)
{
    struct xen_add_to_physmap_batch b = {
        .domid = domid, .space = (uint16_t)space, .size = (uint16_t)n, .u.foreign_domid = foreign,
    };

    b.idxs.q = (uintptr_t)idxs;
    b.gpfns.q = (uintptr_t)gpfns;
    b.errs.q = (uintptr_t)errs;
    return ts_memory_op(XENMEM_add_to_physmap_batch, &b);
}

static int64_t remove(uint16_t domid, uint64_t gfn)
{
    struct xen_remove_from_physmap r = { .domid = domid, .gpfn = gfn };

    return ts_memory_op(XENMEM_remove_from_physmap, &r);
}

static void test_foreign(void)
{
    uint64_t idx = 0x40000, bad_idx = 0x50000, at = 0x480000, far = 1ul << 52, own = ram_base / PAGE_SIZE;
    unsigned int space;
    int err = 0;
    struct xen_add_to_physmap single = { .domid = DOMID_SELF };
    struct xen_add_to_physmap_batch one = { .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 1 };

    for ( space = 0; space < 7; space++ )
    {
        single.space = space;
        expect_eq(ts_memory_op(XENMEM_add_to_physmap, &single), -ENOSYS, "add_to_physmap: space %u", space);
        err = 0;
        if ( space == XENMAPSPACE_gmfn_range )
            expect_eq(batch(DOMID_SELF, space, victim, &idx, &at, &err, 1), -EOPNOTSUPP, "add_to_physmap_batch: gmfn_range");
        else if ( space != XENMAPSPACE_gmfn_foreign )
            expect_eq(batch(DOMID_SELF, space, victim, &idx, &at, &err, 1) ?: err, -ENOSYS, "add_to_physmap_batch: space %u",
                      space);
    }
    single = (struct xen_add_to_physmap){ .domid = UNKNOWN, .space = XENMAPSPACE_gmfn_foreign };
    expect_eq(ts_memory_op(XENMEM_add_to_physmap, &single), -ENOSYS, "add_to_physmap: foreign only in batches");
    single.space = XENMAPSPACE_shared_info;
    expect_eq(ts_memory_op(XENMEM_add_to_physmap, &single), -ESRCH, "add_to_physmap: unknown domain");
    expect_eq(batch(DOMID_SELF, 4, victim, &idx, &at, &err, 0), 0, "add_to_physmap_batch: none");
    expect_eq(batch(UNKNOWN, 4, victim, &idx, &at, &err, 1), -ESRCH, "add_to_physmap_batch: unknown domain");
    expect_eq(batch(DOMID_SELF, 4, victim, (void *)NOWHERE, &at, &err, 1), -EFAULT, "add_to_physmap_batch: unmapped idxs");
    expect_eq(batch(DOMID_SELF, 4, victim, &idx, (void *)NOWHERE, &err, 1), -EFAULT, "add_to_physmap_batch: unmapped gpfns");
    expect_eq(ts_memory_op(XENMEM_add_to_physmap_batch, (void *)NOWHERE), -EFAULT, "add_to_physmap_batch: unmapped");

#define ENTRY(foreign, i, g) ({ int64_t rc_ = batch(DOMID_SELF, 4, foreign, i, g, &err, 1); rc_ ? rc_ : err; })
    expect_eq(ENTRY(UNKNOWN, &idx, &at), -ESRCH, "foreign: unknown owner");
    expect_eq(ENTRY(self, &own, &at), -EINVAL, "foreign: its own frame");
    expect_eq(ENTRY(DOMID_SELF, &own, &at), -EINVAL, "foreign: DOMID_SELF");
    expect_eq(ENTRY(victim, &bad_idx, &at), -EINVAL, "foreign: no such frame");
    expect_eq(ENTRY(victim, &far, &at), -EINVAL, "foreign: frame beyond all addresses");
    expect_eq(ENTRY(victim, &idx, &own), -EBUSY, "foreign: over memory of its own");
    expect_eq(ENTRY(victim, &idx, &far), -EINVAL, "foreign: to a place beyond all addresses");
    expect_eq(batch(DOMID_SELF, 4, victim, &idx, &at, (void *)NOWHERE, 1), -EFAULT, "add_to_physmap_batch: unmapped errs");
    expect_eq(remove(DOMID_SELF, at), 0, "and what could not be told is done");
    expect_eq(ENTRY(victim, &idx, &at), 0, "foreign: mapped");
    expect_eq(ENTRY(victim, &idx, &at), -EBUSY, "foreign: mapped there already");
    err = 0;
    expect_eq(batch(victim, 4, self, &own, &bad_idx, &err, 1) ?: err, -EPERM, "foreign: frames of the control domain for another");
    expect_eq(remove(DOMID_SELF, at), 0, "remove_from_physmap");
    expect_eq(remove(DOMID_SELF, at), -ENOENT, "remove_from_physmap: again");
    expect_eq(remove(victim, 0x50000), -ENOENT, "remove_from_physmap: nothing there");
    expect_eq(remove(UNKNOWN, at), -ESRCH, "remove_from_physmap: unknown domain");
    expect_eq(ts_memory_op(XENMEM_remove_from_physmap, (void *)NOWHERE), -EFAULT, "remove_from_physmap: unmapped");
    expect_eq(ts_memory_op(XENMEM_add_to_physmap_batch | 1u << 6, &one), -EILSEQ, "add_to_physmap_batch: continued at its end");
    expect_eq(ts_memory_op(XENMEM_add_to_physmap, (void *)NOWHERE), -EFAULT, "add_to_physmap: unmapped");
}

/* Frames that have been somebody's hold zeroes again, for us, too, when we are the first to look at them */
static void test_recycled(void)
{
    uint64_t gfns[32];
    unsigned int turn, i;
    void *va;

    for ( i = 0; i < ARRAY_SIZE(gfns); i++ )
        gfns[i] = 0x41000 + i;
    for ( turn = 0; turn < 2; turn++ )
    {
        uint64_t *p, *end, bad = 0;

        expect_eq(populate(XENMEM_populate_physmap, victim, gfns, ARRAY_SIZE(gfns), 0, 0), ARRAY_SIZE(gfns), "some frames");
        if ( !expect_eq(ts_map(victim, gfns[0], ARRAY_SIZE(gfns), &va), 0, "mapped before their owner has seen them") )
            return;
        for ( p = va, end = p + sizeof(gfns) / sizeof(*gfns) * PAGE_SIZE / sizeof(*p); p < end; p++ )
        {
            bad += *p != 0;
            *p = 0x7061737470617374ul;
        }
        expect_eq(bad, 0, "they are zero");
        expect_eq(ts_unmap(va, ARRAY_SIZE(gfns)), 0, "let go, with a mark");
        expect_eq(populate(XENMEM_decrease_reservation, victim, gfns, ARRAY_SIZE(gfns), 0, 0), ARRAY_SIZE(gfns), "and given back");
    }
}

/* Neither a block can be split nor a frame be put where no table is when the pool has nothing left. */
static void test_empty_pool(void)
{
    uint64_t block = 0x60000, far_gfn = 0x7000000;
    unsigned int pages;

    expect_eq(populate(XENMEM_populate_physmap, victim, &block, 1, 9, 0), 1, "a block of 2 MiB");
    for ( pages = 1; pages < 1024 && ts_pool(victim, pages * PAGE_SIZE); pages++ )
        ;
    ok(pages < 1024, "the pool is what is in use, %u pages", pages);
    expect_eq(remove(victim, block + 3), -ENOMEM, "remove_from_physmap: pool empty");
    expect_eq(populate(XENMEM_populate_physmap, victim, &far_gfn, 1, 0, 0), 0, "populate_physmap: pool empty");
    expect_eq(ts_pool(victim, 64 * PAGE_SIZE), 0, "more of it");
    expect_eq(remove(victim, block + 3), 0, "remove_from_physmap: the rest of the block stays");
}

/* ---- sysctl, sched_op, vcpu_op -------------------------------------------------------------------------------------- */

static void test_sysctl(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1 };
    struct xen_domctl_getdomaininfo list[4];

    expect_eq(hypercall(__HYPERVISOR_sysctl, NOWHERE, 0, 0), -EFAULT, "sysctl: unmapped");
    expect_eq(hypercall(__HYPERVISOR_sysctl, (uintptr_t)&op, 0, 0), -EACCES, "sysctl: version");
    expect_eq(ts_sysctl(&op), 0, "sysctl: physinfo");
    ok(op.u.physinfo.nr_cpus && op.u.physinfo.free_pages && op.u.physinfo.free_pages < op.u.physinfo.total_pages,
       "physinfo: %u CPUs, %lu of %lu pages free", op.u.physinfo.nr_cpus, op.u.physinfo.free_pages, op.u.physinfo.total_pages);
    op.cmd = 99;
    expect_eq(ts_sysctl(&op), -ENOSYS, "sysctl: command 99");
    expect_eq(ts_list(0, (void *)NOWHERE, 4), -EFAULT, "getdomaininfolist: unmapped list");
    expect_eq(ts_list(0, list, 0), 0, "getdomaininfolist: no room");
    expect_eq(ts_list(0, list, 1), 1, "getdomaininfolist: one");
    expect_eq(ts_list(victim, list, 4), 1, "getdomaininfolist: from the last id on");
    expect_eq(list[0].domain, victim, "getdomaininfolist: it is that one");
    expect_eq(ts_list(UNKNOWN, list, 4), 0, "getdomaininfolist: behind all");
}

static void test_sched_vcpu(void)
{
    struct sched_remote_shutdown remote = { .domain_id = UNKNOWN, .reason = SHUTDOWN_suspend };
    struct vcpu_register_vcpu_info info = { .mfn = 1ul << 52 };
    struct vcpu_register_runstate_memory_area area = { .addr.p = NOWHERE };
    static struct vcpu_runstate_info runstate;
    unsigned int reason;

    expect_eq(ts_sched_op(SCHEDOP_yield, NULL), 0, "sched_op: yield");
    expect_eq(ts_sched_op(SCHEDOP_shutdown, (void *)NOWHERE), -EFAULT, "sched_op: shutdown, unmapped");
    expect_eq(ts_sched_op(99, NULL), -ENOSYS, "sched_op 99");
    expect_eq(ts_sched_op(SCHEDOP_remote_shutdown, (void *)NOWHERE), -EFAULT, "remote_shutdown: unmapped");
    expect_eq(ts_sched_op(SCHEDOP_remote_shutdown, &remote), -ESRCH, "remote_shutdown: unknown domain");
    remote.domain_id = victim;
    expect_eq(ts_sched_op(SCHEDOP_remote_shutdown, &remote), 0, "remote_shutdown");
    ok(!ts_wait_shutdown(victim, 1000000, &reason) && reason == SHUTDOWN_suspend, "remote_shutdown: state and reason are seen");

    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, nr_cpus, (uintptr_t)&info), -ENOENT,
              "vcpu_op: no such vCPU");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, ~0ul, (uintptr_t)&info), -ENOENT, "vcpu_op: vCPU ~0");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, 0, 0), -EINVAL, "vcpu_op: up");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, NOWHERE), -EFAULT, "register_vcpu_info: unmapped");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info), -EINVAL,
              "register_vcpu_info: no such frame");
    info = (struct vcpu_register_vcpu_info){ .mfn = (uintptr_t)hole / PAGE_SIZE, .offset = 4090 };
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info), -ENXIO,
              "register_vcpu_info: crosses the page");
    info.offset = 64;
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info), 0, "register_vcpu_info");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info), -EBUSY,
              "register_vcpu_info: again");
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (uintptr_t)&area), -EFAULT,
              "register_runstate_memory_area: unmapped");
    area.addr.v = &runstate;
    expect_eq(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (uintptr_t)&area), 0,
              "register_runstate_memory_area");
    (void)wait_event(false, 5000);
    ok(runstate.state == RUNSTATE_running && runstate.time[RUNSTATE_blocked] > 1000000,
       "runstate: it runs, and has slept %lu ns", runstate.time[RUNSTATE_blocked]);
}

/* ---- Without the privilege ------------------------------------------------------------------------------------------ */

static void test_unprivileged(void)
{
    struct sched_remote_shutdown remote = { .domain_id = 1, .reason = SHUTDOWN_poweroff };
    struct debug_op_counters counters;
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_physinfo };
    uint64_t gfn = 0x40000, at = 0x480000, spare = (uintptr_t)hole / PAGE_SIZE + 1;
    uint16_t other = self == 1 ? 2 : 1;
    unsigned int cmd;
    int err = 0;

    for ( cmd = 0; cmd < 96; cmd++ )
        expect_eq(DOMCTL(cmd, other), -EPERM, "domctl %u", cmd);
    expect_eq(DOMCTL(XEN_DOMCTL_getdomaininfo, UNKNOWN), -EPERM, "domctl: of an unknown domain");
    expect_eq(ts_sysctl(&sysctl), -EPERM, "sysctl: physinfo");
    sysctl.cmd = XEN_SYSCTL_getdomaininfolist;
    expect_eq(ts_sysctl(&sysctl), -EPERM, "sysctl: getdomaininfolist");
    expect_eq(ts_sched_op(SCHEDOP_remote_shutdown, &remote), -EPERM, "remote_shutdown");
    expect_eq(populate(XENMEM_populate_physmap, other, &gfn, 1, 0, 0), 0, "populate_physmap");
    expect_eq(populate(XENMEM_decrease_reservation, other, &gfn, 1, 0, 0), 0, "decrease_reservation");
    expect_eq(ts_memory_op(XENMEM_current_reservation, &other), -EPERM, "current_reservation");
    expect_eq(populate(XENMEM_decrease_reservation, DOMID_SELF, &spare, 1, 0, 0), 1, "decrease_reservation: of its own");
    expect_eq(populate(XENMEM_populate_physmap, DOMID_SELF, &spare, 1, 0, XENMEMF_address_bits(40)), 0,
              "populate_physmap: below 1 TiB, for itself");
    expect_eq(populate(XENMEM_populate_physmap, DOMID_SELF, &spare, 1, 0, 0), 1, "populate_physmap: for itself, anywhere");
    expect_eq(batch(other, 4, DOMID_SELF, &gfn, &at, &err, 1), -EPERM, "add_to_physmap_batch: into another");
    expect_eq(batch(DOMID_SELF, 4, other, &gfn, &at, &err, 1) ?: err, -EPERM, "add_to_physmap_batch: of another");
    expect_eq(remove(other, gfn), -EPERM, "remove_from_physmap");
    expect_eq(ts_debug_op(DEBUGOP_counters, &counters), -EPERM, "debug_op: counters");
    expect_eq(ts_debug_op(DEBUGOP_fail_alloc, (void *)1), -EPERM, "debug_op: fail_alloc");
    expect_eq(ts_debug_op(DEBUGOP_break, DEBUGOP_BREAK_bug), -EPERM, "debug_op: break");
}

static uint16_t own_id(void)
{
    struct smccc version = { { FFA_VERSION, FFA_VERSION_1_2 } }, id = { { FFA_ID_GET } };

    smccc_call(psci_conduit, &version);
    smccc_call(psci_conduit, &id);

    return (uint16_t)cmdline_u64("self", id.x[2] - 1);
}

int program(void)
{
    struct ts_domain dom;

    mmu_unmap_page((uintptr_t)hole + PAGE_SIZE);
    self = own_id();
    if ( !expect_eq(ts_init(), 0, "hypercalls are there") )
        return 1;
    if ( !cmdline_u64("priv", 1) )
    {
        test_unprivileged();
        return 0;
    }

    smp_up_all();
    victim = 60;
    if ( !expect_eq(ts_create(&victim, 2, XEN_DOMCTL_CONFIG_TEE_FFA, 32), 0, "createdomain") )
        return 1;
    test_domctl_struct();
    test_domctl_unknown_domain();
    test_create();
    test_sizes();
    test_vcpus();
    test_pause();
    test_made_again();
    test_reservations();
    test_foreign();
    test_recycled();
    test_empty_pool();
    test_sysctl();
    test_sched_vcpu();

    dom.id = victim;
    expect_eq(ts_destroy_once(self), -EINVAL, "destroydomain: itself");
    expect_eq(ts_destroy(&dom, 10000000), 0, "destroydomain");
    expect_eq(ts_destroy_once(victim), -ESRCH, "destroydomain: it is gone");

    return 0;
}
