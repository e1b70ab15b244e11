/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a request to a domain that can run: RAM, kernel, ramdisk, device tree, vCPUs.
 *
 * Memory of the guest: bank 0 from GUEST_RAM0_BASE, the rest in bank 1; allocated in the largest blocks there are, so
 * that stage 2 uses 2 MiB blocks.
 *
 *   bank 0: | kernel (Image: text_offset, image_size) | ramdisk | device tree |        the last two 2 MiB aligned
 *   bank 0: | kernel (raw, at the start)  ...                   | ramdisk | device tree |  at the end: a raw binary does
 *                                                                not say how much memory it uses behind its end
 * Context: boot. Locks: p2m lock. Spec: Linux Documentation/arm64/booting.rst (Image header and placement).
 */
#include <xen/domain_page.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/sizes.h>
#include <xen/softirq.h>
#include <xen/xmalloc.h>
#include <xen/device_tree.h>
#include <asm/domain.h>
#include <asm/guest_access.h>
#include <asm/p2m.h>
#include <asm/vpl011.h>

#include "domain_build.h"

/* Header of an arm64 Image, little endian */
struct arm64_image {
    uint32_t code[2];
    uint64_t text_offset;
    uint64_t image_size;    /* 0: before Linux 3.17, text_offset is 0x80000 then */
    uint64_t flags;
    uint64_t res[3];
    uint32_t magic;
    uint32_t res5;
};

#define ARM64_IMAGE_MAGIC           0x644d5241U
#define ARM64_FLAG_BIG_ENDIAN       (1UL << 0)
#define ARM64_OLD_TEXT_OFFSET       0x80000UL

static bool __init refuse(struct build_error *err, const char *property, const char *text)
{
    err->property = property;
    err->text = text;

    return false;
}

/* ---- RAM ------------------------------------------------------------------------------------------------------- */

static bool __init fill_bank(struct domain *d, const struct ram_bank *bank)
{
    unsigned long gfn = bank->start >> PAGE_SHIFT, left = bank->size >> PAGE_SHIFT;
    unsigned int order = MAX_ORDER;

    while ( left )
    {
        struct page_info *pg;

        /* As large as what is left, as the guest address is aligned, and as there was last time */
        while ( order && ((1UL << order) > left || (gfn & ((1UL << order) - 1))) )
            order--;

        pg = alloc_domheap_pages(d, order, MEMF_scrub_later);
        if ( !pg )
        {
            if ( !order )
                return false;
            order--;
            continue;
        }

        if ( guest_physmap_add_page(d, _gfn(gfn), page_to_mfn(pg), order) )
            return false;

        gfn += 1UL << order;
        left -= 1UL << order;

        process_pending_softirqs();
    }

    return true;
}

static bool __init allocate_memory(struct domain *d, const struct domain_request *req, struct domain_layout *l,
                                   struct build_error *err)
{
    static const struct ram_bank limits[GUEST_RAM_BANKS] __initconst = {
        { GUEST_RAM0_BASE, GUEST_RAM0_SIZE },
        { GUEST_RAM1_BASE, GUEST_RAM1_SIZE },
    };
    paddr_t left = req->mem_kib << 10;
    unsigned int i;

    d->max_pages = left >> PAGE_SHIFT;
    if ( d->max_pages > total_free_pages() )
        return refuse(err, "memory", "not enough memory in the machine");

    for ( i = 0; i < GUEST_RAM_BANKS && left; i++ )
    {
        struct ram_bank *bank = &l->banks[l->nr_banks];

        bank->start = limits[i].start;
        bank->size = min(left, limits[i].size);

        /* The IPA space of a CPU with few physical address bits may end before bank 1 */
        if ( (bank->start + bank->size - 1) >> p2m_ipa_bits )
            return refuse(err, "memory", "more than guest physical addresses can reach on this machine");
        if ( !fill_bank(d, bank) )
            return refuse(err, "memory", "not enough memory in the machine");

        left -= bank->size;
        l->nr_banks++;
    }

    return left == 0 || refuse(err, "memory", "more than the guest's memory map has room for");
}

/* ---- Images ---------------------------------------------------------------------------------------------------- */

/* Where the kernel goes and how far it reaches; false: it does not fit or cannot be run */
static bool __init place_kernel(const struct domain_request *req, struct domain_layout *l, paddr_t *end,
                                struct build_error *err)
{
    const struct ram_bank *ram = &l->banks[0];
    const struct arm64_image *h = maddr_to_virt(req->kernel.start);
    uint64_t offset, size;

    if ( req->kernel.size >= sizeof(*h) && h->magic == ARM64_IMAGE_MAGIC )
    {
        if ( h->flags & ARM64_FLAG_BIG_ENDIAN )
            return refuse(err, "multiboot,kernel", "a big-endian Image");

        offset = h->image_size ? h->text_offset : ARM64_OLD_TEXT_OFFSET;
        size = max(h->image_size, (uint64_t)req->kernel.size);

        /*
         * From a 2 MiB boundary near the start of RAM: right for both kinds of Image, the one that may be anywhere and
         * the one that must be close to the start.
         */
        if ( offset >= ram->size || size > ram->size - offset )
            return refuse(err, "multiboot,kernel", "the Image does not fit into bank 0 of its memory");
    }
    else
    {
        offset = 0;
        size = req->kernel.size;
        if ( size > ram->size )
            return refuse(err, "multiboot,kernel", "the binary does not fit into bank 0 of its memory");
        *end = 0;
        l->kernel = l->entry = ram->start;
        return true;
    }

    l->kernel = l->entry = ram->start + offset;
    *end = l->kernel + size;

    return true;
}

/* @kernel_end 0: unknown, a raw binary */
static bool __init place_modules(const struct domain_request *req, struct domain_layout *l, paddr_t kernel_end,
                                 unsigned long dtb_size, struct build_error *err)
{
    const struct ram_bank *ram = &l->banks[0];
    paddr_t end = ram->start + ram->size, rd_size = ROUNDUP(req->ramdisk.size, SZ_2M);
    paddr_t need = rd_size + ROUNDUP(dtb_size, SZ_2M), base;

    if ( rd_size < req->ramdisk.size || need > ram->size )
        return refuse(err, "multiboot,ramdisk", "does not fit into bank 0 of its memory");

    if ( kernel_end )
    {
        base = ROUNDUP(kernel_end, SZ_2M);
        if ( base > end || end - base < need )
            return refuse(err, "memory", "no room for ramdisk and device tree behind the kernel");
    }
    else
    {
        base = ROUNDDOWN(end - need, SZ_2M);
        if ( base < l->kernel + req->kernel.size )
            return refuse(err, "memory", "no room for ramdisk and device tree behind the kernel");
    }

    l->ramdisk = base;
    l->dtb = base + rd_size;

    return true;
}

static bool __init load(struct domain *d, paddr_t gpa, const void *src, paddr_t size)
{
    while ( size )
    {
        unsigned long chunk = min(size, (paddr_t)SZ_2M);

        if ( copy_to_guest_phys_flush_dcache(d, gpa, src, chunk) )
            return false;

        gpa += chunk;
        src += chunk;
        size -= chunk;

        process_pending_softirqs();
    }

    return true;
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static bool __init create_vcpus(struct domain *d, const struct domain_request *req, const struct domain_layout *l,
                                struct build_error *err)
{
    unsigned int i;

    for ( i = 0; i < req->cpus; i++ )
    {
        if ( !vcpu_create(d, i) )
            return refuse(err, "cpus", "no memory for the vCPUs");
    }

    vcpu_boot_state(d->vcpu[0], l->entry, l->dtb);
    clear_bit(_VPF_down, &d->vcpu[0]->pause_flags);

    return true;
}

bool __init build_domain(struct domain *d, const struct domain_request *req, struct domain_layout *l,
                         struct build_error *err)
{
    paddr_t kernel_end;
    void *fdt;
    bool ok;

    d->type = DOMAIN_64BIT;

    if ( p2m_set_allocation(d, req->p2m_pages, NULL) )
        return refuse(err, "xen,domain-p2m-mem-mb", "no memory for its page tables");

    if ( !allocate_memory(d, req, l, err) || !place_kernel(req, l, &kernel_end, err) )
        return false;

    /* Sizes do not depend on where things are, so the tree can be measured first; it is written again once they are placed */
    fdt = make_domain_fdt(d, req, l, err);
    if ( !fdt )
        return false;
    ok = place_modules(req, l, kernel_end, fdt_totalsize(fdt), err);
    xfree(fdt);
    if ( !ok )
        return false;

    fdt = make_domain_fdt(d, req, l, err);
    if ( !fdt )
        return false;

    ok = load(d, l->kernel, maddr_to_virt(req->kernel.start), req->kernel.size) &&
         load(d, l->ramdisk, maddr_to_virt(req->ramdisk.start), req->ramdisk.size) &&
         load(d, l->dtb, fdt, fdt_totalsize(fdt));
    xfree(fdt);
    if ( !ok )
        return refuse(err, "memory", "an image could not be copied");

    /* What is now code was data when somebody's instruction cache last saw these pages */
    invalidate_icache();

    if ( req->vpl011 && domain_vpl011_init(d) )
        return refuse(err, "vpl011", "the UART could not be set up");

    return create_vcpus(d, req, l, err);
}
