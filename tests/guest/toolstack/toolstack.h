/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain builder for a guest kernel that is the control domain: domains are made, looked at and destroyed with Xen's
 * hypercalls. Single calls (ts_create, ts_populate ...) and the whole way in one (ts_build):
 *
 *     ts_init();                                          once, on the boot CPU
 *     image = ts_module(&bytes);                          the ramdisk of this domain: the child's kernel image
 *     ts_build(&(struct ts_config){ .image = image, .image_bytes = bytes, .cmdline = "mode=wfi" }, &dom);
 *     ts_unpause(dom.id);                                 it runs
 *     ts_wait_shutdown(dom.id, 1000000, &reason);         or
 *     ts_destroy(&dom, 5000000);                          until the id is free again
 *
 * Results: 0 or -errno of the hypervisor (public/errno.h), or -ETIMEDOUT of this library. Every call may be made on
 * every CPU at once. What a failed ts_build() had built by then it has destroyed; ids are never guessed.
 *
 * Memory of a child: RAM at ts_ram_base(), the image at its start, the device tree at the start of the last block of 2 MiB,
 * and the page before that block is the child's to share with its maker: its number is in struct ts_domain. The library
 * maps pages of children into a window of its own, 2 MiB of guest physical addresses behind all RAM (VA = IPA).
 */
#ifndef GUEST_TOOLSTACK_H
#define GUEST_TOOLSTACK_H

#define __XEN_TOOLS__
#include "kernel.h"

#include <public/xen.h>
#include <public/domctl.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/sysctl.h>
#include <public/debug_op.h>

enum {
#define XEN_ERRNO(name, value) name = value,
#include <public/errno.h>
};

/* ---- The hypercalls, one C function each ------------------------------------------------------------------------ */
int64_t ts_domctl(struct xen_domctl *op);           /* fills in the interface version */
int64_t ts_sysctl(struct xen_sysctl *op);
int64_t ts_memory_op(unsigned int cmd, void *arg);
int64_t ts_sched_op(unsigned int cmd, void *arg);
int64_t ts_debug_op(unsigned int cmd, void *arg);
/* A domctl with nothing in its union */
int ts_domctl_plain(uint32_t cmd, uint16_t domid);

/* ---- Step by step ------------------------------------------------------------------------------------------------ */
/* @domid: in: an exact id or DOMID_ANY; out: the new domain's. @tee: XEN_DOMCTL_CONFIG_TEE_x. */
int ts_create(uint16_t *domid, unsigned int vcpus, unsigned int tee, unsigned int nr_spis);
int ts_vcpus(uint16_t domid, unsigned int vcpus);
int ts_address_size(uint16_t domid);
int ts_max_mem(uint16_t domid, uint64_t kib);
int ts_pool(uint16_t domid, uint64_t bytes);        /* memory for its stage 2 tables */
/* @pages frames from @gfn on, in extents of up to 2^@max_order (at most 9). -ENOMEM if not all could be had. */
int ts_populate(uint16_t domid, uint64_t gfn, uint64_t pages, unsigned int max_order);
/* @pages (at most TS_MAP_MAX) frames of another domain, readable and writable at *@va until ts_unmap(). */
#define TS_MAP_MAX 64
int ts_map(uint16_t domid, uint64_t gfn, unsigned int pages, void **va);
int ts_unmap(void *va, unsigned int pages);
/* Copies into the memory of @domid (NULL: zeroes), and cleans the caches there for a guest without MMU. */
int ts_write(uint16_t domid, uint64_t ipa, const void *data, size_t bytes);
int ts_context(uint16_t domid, unsigned int vcpu, uint64_t pc, uint64_t x0);
int ts_unpause(uint16_t domid);
int ts_pause(uint16_t domid);
int ts_info(uint16_t domid, struct xen_domctl_getdomaininfo *info);
int ts_destroy_once(uint16_t domid);                /* one destroydomain: 0 dead, -ESRCH already gone */

/* ---- The whole way ----------------------------------------------------------------------------------------------- */
struct ts_config {
    const void *image;                              /* an arm64 Image */
    size_t image_bytes;
    const char *cmdline;
    uint16_t domid;                                 /* 0: any */
    uint64_t id_us;                                 /* how long to try while that id is still taken */
    unsigned int vcpus;                             /* 0: 1 */
    unsigned int mib;                               /* RAM; 0: 6; even, at least 6 */
    unsigned int max_order;                         /* of extents, 0: 9; use 1 for small ones */
    bool no_tee;                                    /* without FF-A */
    /* Called between the steps, e.g. to destroy it under way; @step counts from 0. Other than 0 ends the build. */
    int (*between)(unsigned int step, uint16_t domid, void *arg);
    void *arg;
};

struct ts_domain {
    uint16_t id;
    uint64_t shared_gfn;                            /* the page for the child to share with us; zeroed */
};

#define TS_STEPS 9                                  /* of ts_build(), before each of which between() is called */

int ts_init(void);                                  /* false hopes: -ENODEV without hypercalls */
const void *ts_module(size_t *bytes);               /* NULL: no ramdisk */
/* Both, each a test point; @config has the image then. False: there is nothing to begin with. */
bool ts_begin(struct ts_config *config);
uint64_t ts_ram_base(void);
int ts_build(const struct ts_config *config, struct ts_domain *dom);
/* Until it has shut down: *@reason = SHUTDOWN_x. -ESRCH: it is gone, -ETIMEDOUT. */
int ts_wait_shutdown(uint16_t domid, uint64_t us, unsigned int *reason);
/*
 * Destroys, and waits until its id is unknown. -ETIMEDOUT: dead, but somebody holds it (or the SPMC its id). The id can be
 * used again a grace period later: see id_us.
 */
int ts_destroy(const struct ts_domain *dom, uint64_t us);

/* ---- What there is ------------------------------------------------------------------------------------------------ */
int ts_free_pages(uint64_t *pages);                 /* of the machine, by physinfo */
int ts_counters(struct debug_op_counters *c);       /* -ENOSYS in a release build */
/* Domains with an id of @first or more; at most @max entries. Number of them or -errno. */
int ts_list(uint16_t first, struct xen_domctl_getdomaininfo *list, unsigned int max);

/* ---- fdt.c: the device tree of a child, the nodes that boot domains get ------------------------------------- */
/* Bytes written to @buf, 0 if @size is not enough. */
size_t ts_fdt(void *buf, size_t size, const char *cmdline, unsigned int vcpus, uint64_t ram, uint64_t ram_bytes);

#endif /* GUEST_TOOLSTACK_H */
