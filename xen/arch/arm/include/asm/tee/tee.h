/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TEE mediator framework: what the rest of the hypervisor sees of arch/arm/tee/, and what a mediator must provide.
 *
 * At most one mediator is active. It is chosen once at boot (tee_init() in tee.c) and never changes.
 */
#ifndef __ARCH_ARM_TEE_TEE_H__
#define __ARCH_ARM_TEE_TEE_H__

#include <xen/errno.h>
#include <xen/init.h>
#include <xen/types.h>

#include <public/xen.h>
#include <public/arch-arm.h>

struct cpu_user_regs;
struct domain;

#ifdef CONFIG_TEE

/* Duties of a mediator. The context of each callback is in docs/notifications.md and in the head of tee.c. */
struct tee_mediator_ops {
    /* Once, on CPU0. True: usable. False must leave nothing behind, the next mediator is tried. */
    bool (*probe)(void);

    /* Once on each further CPU, interrupts enabled. Optional. */
    void (*init_secondary)(void);

    /* A domain that asked for this TEE is being created: no vCPU yet, cannot be found by id. 0 or -errno. */
    int (*domain_init)(struct domain *d);

    /* The domain's vCPUs have stopped for good. 0, or -ERESTART to be called again. Also without domain_init. */
    int (*domain_teardown)(struct domain *d);

    /* Nobody can refer to the domain any more: free what is left. Also without domain_init. Optional. */
    void (*free_domain_ctx)(struct domain *d);

    /* After domain_teardown, before the domain's pages go. 0, or -ERESTART. Also without domain_init. */
    int (*relinquish_resources)(struct domain *d);

    /* An SMC or HVC of the current vCPU. True: the result is in @regs. */
    bool (*handle_call)(struct cpu_user_regs *regs);
};

struct tee_mediator_desc {
    const char *name;                   /* for people                             */
    const char *cmdline_name;           /* for the command line option "tee="     */
    const struct tee_mediator_ops *ops;
    uint16_t tee_type;                  /* XEN_DOMCTL_CONFIG_TEE_*                */
};

/* Callers in the core; each documented at its body in tee.c. */
bool tee_handle_call(struct cpu_user_regs *regs);
int tee_domain_init(struct domain *d, uint16_t tee_type);
int tee_domain_teardown(struct domain *d);
int tee_relinquish_resources(struct domain *d);
uint16_t tee_get_type(void);
void init_tee_secondary(void);
void tee_free_domain_ctx(struct domain *d);

/*
 * Put a mediator on the list that tee_init() walks. @_name is the word for "tee=", @_namestr the one for the log. The
 * linker script collects the section between _steemediator and _eteemediator.
 */
#define REGISTER_TEE_MEDIATOR(_name, _namestr, _type, _ops)              \
static const struct tee_mediator_desc __tee_desc_##_name __used          \
__section(".teemediator.info") = {                                       \
    .name = (_namestr),                                                  \
    .cmdline_name = #_name,                                              \
    .ops = (_ops),                                                       \
    .tee_type = (_type),                                                 \
}

#else /* !CONFIG_TEE */

static inline bool tee_handle_call(struct cpu_user_regs *regs)
{
    return false;
}

static inline int tee_domain_init(struct domain *d, uint16_t tee_type)
{
    return tee_type == XEN_DOMCTL_CONFIG_TEE_NONE ? 0 : -ENODEV;
}

static inline int tee_domain_teardown(struct domain *d)
{
    return 0;
}

static inline int tee_relinquish_resources(struct domain *d)
{
    return 0;
}

static inline uint16_t tee_get_type(void)
{
    return XEN_DOMCTL_CONFIG_TEE_NONE;
}

static inline void init_tee_secondary(void)
{
}

static inline void tee_free_domain_ctx(struct domain *d)
{
}

#endif /* CONFIG_TEE */

#endif /* __ARCH_ARM_TEE_TEE_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
