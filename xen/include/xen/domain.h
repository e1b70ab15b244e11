/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What common code asks of the architecture about domains and vCPUs, and the
 * creation and destruction of vCPUs. The structures are in <xen/sched.h>.
 */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

#include <xen/types.h>

#include <public/xen.h>

struct domain;
struct vcpu;
struct vcpu_guest_context;
struct xen_domctl_createdomain;
struct xen_domctl_getdomaininfo;

enum domain_type {
    DOMAIN_32BIT,
    DOMAIN_64BIT,
};
#define is_32bit_domain(d) ((d)->type == DOMAIN_32BIT)
#define is_64bit_domain(d) ((d)->type == DOMAIN_64BIT)

/* Flags of domain_create(). */
#define CDF_privileged (1U << 0)    /* may control other domains */
#define CDF_hardware   (1U << 1)    /* owns the hardware */
#define CDF_directmap  (1U << 2)    /* guest physical = physical */
#define CDF_toolstack  (1U << 3)    /* made by a control domain, not at boot */

/*
 * vcpu_create - the vCPU @vcpu_id (below d->max_vcpus, not there yet) of @d
 * It is offline (_VPF_down) until somebody brings it up. Returns NULL when
 * memory is short. Context: creation of @d; destroyed with it.
 */
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id);

/* Put v back to its state at creation: offline, registers reset. 0 or -errno. */
int vcpu_reset(struct vcpu *v);

/* ---- Provided by the architecture ---------------------------------------- */

/* Zeroed storage of the structures. NULL when memory is short. */
struct domain *alloc_domain_struct(void);
void free_domain_struct(struct domain *d);
struct vcpu *alloc_vcpu_struct(const struct domain *d);
void free_vcpu_struct(struct vcpu *v);

/* 0 or -errno; on failure everything is undone. Idle vCPUs come here too. */
int arch_vcpu_create(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v);

/* Check, and complete, a configuration. 0 or -EINVAL. */
int arch_sanitise_domain_config(struct xen_domctl_createdomain *config);

/* Not for the system domains. On failure arch_domain_destroy() is still called. */
int arch_domain_create(struct domain *d,
                       struct xen_domctl_createdomain *config,
                       unsigned int flags);

/* Accepts a half-built domain; may be called twice. */
void arch_domain_destroy(struct domain *d);

/*
 * The stages of death. Both may return -ERESTART, and are then called again.
 * arch_domain_teardown() returns 0 when d is dead already (failed creation).
 */
int arch_domain_teardown(struct domain *d);
int domain_relinquish_resources(struct domain *d);

/* First unpause: the guest is about to run. */
void arch_domain_creation_finished(struct domain *d);

void arch_domain_shutdown(struct domain *d);

/*
 * Set registers from @ctxt (checked); reset them. @v does not run. 0; -EINVAL;
 * -EBUSY: nothing was changed, @v is in the middle of a trap.
 */
int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *ctxt);

/* Their inverse: @ctxt is all zero before. @v does not run. */
void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *ctxt);
int arch_vcpu_reset(struct vcpu *v);

#endif /* XEN_DOMAIN_H */
