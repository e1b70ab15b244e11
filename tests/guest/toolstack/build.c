/* SPDX-License-Identifier: BSD-2-Clause */
/* A domain from nothing to ready to run, and back. No state of its own: what a build leaves is in the hypervisor. */
#include "toolstack.h"

#define BLOCK           (2ul << 20)
#define DTB_MAX         8192u
#define POOL_BYTES(mib) ((32ul + (mib) / 2) * PAGE_SIZE)
#define POLL_US         500

uint64_t ts_ram_base(void)
{
    return GUEST_RAM0_BASE;
}

const void *ts_module(size_t *bytes)
{
    int chosen = dt_path("/chosen");
    uint32_t len;
    const void *p = dt_prop(chosen, "linux,initrd-start", &len), *q = dt_prop(chosen, "linux,initrd-end", NULL);
    uint64_t start, stop;

    if ( !p || !q || (len != 4 && len != 8) )
        return NULL;
    start = len == 8 ? (uint64_t)dt_u32(p, 0) << 32 | dt_u32(p, 1) : dt_u32(p, 0);
    stop = len == 8 ? (uint64_t)dt_u32(q, 0) << 32 | dt_u32(q, 1) : dt_u32(q, 0);
    *bytes = stop - start;

    return (const void *)start;
}

bool ts_begin(struct ts_config *config)
{
    if ( !expect_eq(ts_init(), 0, "hypercalls are there") )
        return false;
    config->image = ts_module(&config->image_bytes);

    return ok(config->image != NULL, "the child's image is the ramdisk");
}

/* What the image needs at run time, from its header; 0: not an arm64 Image */
static uint64_t image_size(const struct ts_config *c)
{
    const char *h = c->image;
    uint64_t size;

    if ( !h || c->image_bytes < 64 || memcmp(h + 56, "ARM\x64", 4) )
        return 0;
    memcpy(&size, h + 16, sizeof(size));

    return size > c->image_bytes ? size : c->image_bytes;
}

static int one_step(unsigned int step, uint16_t id, const struct ts_config *c, unsigned int vcpus, uint64_t bytes)
{
    uint64_t ram = ts_ram_base(), dtb_at = ram + bytes - BLOCK;
    char dtb[DTB_MAX];
    size_t n;

    switch ( step )
    {
    case 0:
        return ts_vcpus(id, vcpus);
    case 1:
        return ts_address_size(id);
    case 2:
        return ts_max_mem(id, bytes / 1024);
    case 3:
        return ts_pool(id, POOL_BYTES(bytes >> 20));
    case 4:
        return ts_populate(id, ram / PAGE_SIZE, bytes / PAGE_SIZE, c->max_order ? c->max_order : 9);
    case 5:
        return ts_write(id, ram, c->image, c->image_bytes);
    case 6:
        n = ts_fdt(dtb, sizeof(dtb), c->cmdline, vcpus, ram, bytes);
        return n ? ts_write(id, dtb_at, dtb, n) : -E2BIG;
    case 7:
        return ts_write(id, dtb_at - PAGE_SIZE, NULL, PAGE_SIZE);
    default:
        return ts_context(id, 0, ram, dtb_at);
    }
}

int ts_build(const struct ts_config *c, struct ts_domain *dom)
{
    unsigned int vcpus = c->vcpus ? c->vcpus : 1, step;
    uint64_t bytes = (uint64_t)(c->mib ? c->mib : 6) << 20;
    uint16_t id = c->domid ? c->domid : DOMID_ANY;
    uint64_t until;
    int rc;

    /* The kernel maps its image by pages and the block of the tree read-only: the shared page is in neither */
    if ( bytes < 3 * BLOCK || bytes % BLOCK || !image_size(c) || image_size(c) > bytes - 2 * BLOCK )
        return -EINVAL;

    until = time_us() + c->id_us;
    while ( (rc = ts_create(&id, vcpus, c->no_tee ? XEN_DOMCTL_CONFIG_TEE_NONE : XEN_DOMCTL_CONFIG_TEE_FFA, 32)) ==
            -EEXIST && time_us() < until )
        (void)wait_event(false, POLL_US);
    if ( rc )
        return rc;

    *dom = (struct ts_domain){ .id = id, .shared_gfn = (ts_ram_base() + bytes - BLOCK) / PAGE_SIZE - 1 };
    for ( step = 0; step < TS_STEPS && !rc; step++ )
    {
        if ( c->between )
            rc = c->between(step, id, c->arg);
        if ( !rc )
            rc = one_step(step, id, c, vcpus, bytes);
    }

    if ( rc )
        (void)ts_destroy(dom, 10 * 1000000);
    return rc;
}

int ts_wait_shutdown(uint16_t domid, uint64_t us, unsigned int *reason)
{
    uint64_t until = time_us() + us;
    struct xen_domctl_getdomaininfo info;
    int rc;

    while ( !(rc = ts_info(domid, &info)) && !(info.flags & XEN_DOMINF_shutdown) )
    {
        if ( time_us() >= until )
            return -ETIMEDOUT;
        (void)wait_event(false, POLL_US);
    }
    if ( !rc )
        *reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

    return rc;
}

int ts_destroy(const struct ts_domain *dom, uint64_t us)
{
    uint64_t until = time_us() + us;
    struct xen_domctl_getdomaininfo info;
    int rc;

    /* Busy or out of memory is no end; 0 of a domain that is dead already does no harm */
    while ( (rc = ts_destroy_once(dom->id)) == -EAGAIN || rc == -EBUSY || rc == -ENOMEM )
    {
        if ( time_us() >= until )
            return -ETIMEDOUT;
        (void)wait_event(false, POLL_US);
    }

    while ( !rc && !(rc = ts_info(dom->id, &info)) )
    {
        if ( time_us() >= until )
            return -ETIMEDOUT;
        (void)wait_event(false, POLL_US);
    }

    return rc == -ESRCH ? 0 : rc;
}
