/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the choice of the one active TEE mediator and passes the core's calls on to it. Nothing of FF-A is here.
 *
 * Entry points: all of asm/tee/tee.h. Locks: none; the choice is made once, on CPU0, before the other CPUs run.
 *
 * Life of a domain as a mediator sees it:
 *   domain_init -> handle_call ... -> domain_teardown (until it returns 0) -> relinquish_resources (likewise)
 *   -> the last reference goes, RCU grace period -> free_domain_ctx
 * Failed creation: domain_init (perhaps) -> free_domain_ctx -> domain_teardown, no relinquish_resources.
 * Everything but domain_init is called for domains without TEE, too: d->arch.tee is NULL then.
 */
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <xen/string.h>
#include <xen/types.h>

#include <asm/tee/tee.h>

extern const struct tee_mediator_desc _steemediator[], _eteemediator[];

static const struct tee_mediator_desc *__ro_after_init active;

/* tee=<cmdline_name>: probe this mediator only, and do not boot without it */
static char __initdata opt_tee[16];
string_param("tee", opt_tee);

/*
 * tee_handle_call - offer an SMC or HVC of the current vCPU to the mediator
 * @regs: the trapped frame
 * Returns: true if the mediator has put a result into @regs; false if nobody took the call.
 * Context: trap of a guest vCPU, interrupts enabled.
 */
bool tee_handle_call(struct cpu_user_regs *regs)
{
    return active ? active->ops->handle_call(regs) : false;
}

/*
 * tee_domain_init - give a new domain access to the TEE
 * @tee_type: XEN_DOMCTL_CONFIG_TEE_* from the domain's configuration
 * Returns: 0; -ENODEV without mediator; -EINVAL if it is another one; what the mediator says.
 * Context: domain creation.   Undone by: tee_domain_teardown(), tee_free_domain_ctx().
 */
int tee_domain_init(struct domain *d, uint16_t tee_type)
{
    if ( tee_type == XEN_DOMCTL_CONFIG_TEE_NONE )
        return 0;

    if ( !active )
        return -ENODEV;

    if ( active->tee_type != tee_type )
        return -EINVAL;

    return active->ops->domain_init(d);
}

/* tee_domain_teardown - the domain's vCPUs have stopped. Returns 0, or -ERESTART to be called again. */
int tee_domain_teardown(struct domain *d)
{
    return active ? active->ops->domain_teardown(d) : 0;
}

/* tee_relinquish_resources - the domain's pages are about to go. Returns 0, or -ERESTART to be called again. */
int tee_relinquish_resources(struct domain *d)
{
    return active ? active->ops->relinquish_resources(d) : 0;
}

/* tee_free_domain_ctx - last callback of a domain, after the RCU grace period. */
void tee_free_domain_ctx(struct domain *d)
{
    if ( active && active->ops->free_domain_ctx )
        active->ops->free_domain_ctx(d);
}

/* tee_get_type - XEN_DOMCTL_CONFIG_TEE_* of the active mediator, _NONE without one. */
uint16_t tee_get_type(void)
{
    return active ? active->tee_type : XEN_DOMCTL_CONFIG_TEE_NONE;
}

/* init_tee_secondary - per-CPU set-up. Context: a further CPU coming up, on that CPU, interrupts enabled. */
void __init init_tee_secondary(void)
{
    if ( active && active->ops->init_secondary )
        active->ops->init_secondary();
}

static int __init tee_init(void)
{
    const struct tee_mediator_desc *desc;
    bool known = false;

    for ( desc = _steemediator; desc != _eteemediator && !active; desc++ )
    {
        if ( opt_tee[0] && strncmp(opt_tee, desc->cmdline_name, sizeof(opt_tee)) )
            continue;

        known = true;
        if ( desc->ops->probe() )
            active = desc;
    }

    if ( active )
        printk(XENLOG_INFO "TEE mediator: %s\n", active->name);
    else if ( opt_tee[0] )
        panic("tee=%s: %s\n", opt_tee, known ? "the probe failed" : "no such mediator");

    return 0;
}
presmp_initcall(tee_init);

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
