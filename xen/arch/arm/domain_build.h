/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain that is built at boot: what its device tree node asks for (dom0less.c), where things go in its memory
 * (domain_build.c), its own device tree (domain_fdt.c).
 */
#ifndef ARM_DOMAIN_BUILD_H
#define ARM_DOMAIN_BUILD_H

#include <xen/types.h>
#include <public/arch-arm.h>

struct domain;

/* A boot module: machine physical bytes. size 0: there is none. */
struct boot_image {
    paddr_t start;
    paddr_t size;
};

/* What the node says, checked */
struct domain_request {
    int node;
    const char *name;
    uint64_t mem_kib;
    unsigned int cpus;
    unsigned int nr_spis;
    bool vpl011;
    bool control;               /* may create and destroy other domains */
    uint16_t tee_type;
    uint64_t p2m_pages;
    struct boot_image kernel;
    struct boot_image ramdisk;
    struct boot_image partial_dtb;
    const char *bootargs;
};

struct ram_bank {
    paddr_t start;
    paddr_t size;
};

/* Where everything is, guest physical bytes */
struct domain_layout {
    struct ram_bank banks[GUEST_RAM_BANKS];
    unsigned int nr_banks;
    paddr_t kernel;
    paddr_t entry;
    paddr_t ramdisk;        /* size as in the request */
    paddr_t dtb;
};

/* A refused request: the property to blame and what is wrong with it. property NULL: nothing wrong. */
struct build_error {
    const char *property;
    const char *text;
};

/* Most bytes of a generated device tree: arm64 kernels map 2 MiB of it */
#define GUEST_DTB_MAX 0x200000UL

/*
 * build_domain - memory, images and vCPUs of the new domain @d as @req asks; it is then ready to be unpaused
 * Returns false with *@err set. Context: boot. The caller destroys @d after a failure.
 */
bool build_domain(struct domain *d, const struct domain_request *req, struct domain_layout *l,
                  struct build_error *err);

/*
 * make_domain_fdt - the device tree of a domain
 * Returns an xmalloc()ed tree of fdt_totalsize() bytes, or NULL with *@err set. Inverse: xfree().
 */
void *make_domain_fdt(const struct domain *d, const struct domain_request *req, const struct domain_layout *l,
                      struct build_error *err);

#endif /* ARM_DOMAIN_BUILD_H */
