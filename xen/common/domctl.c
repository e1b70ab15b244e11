/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: how a control domain makes, changes, looks at and destroys domains.
 *
 * Owns: the checks of what it says; the work is done by domain.c,
 * domain_kill.c and the architecture. Refuses: everybody but a control domain.
 *
 * Locks: the domctl lock around every operation, so that a domain is built and
 * destroyed by one vCPU at a time. It is tried only: see domctl_lock_acquire().
 */
#include <xen/err.h>
#include <xen/fail_alloc.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/sched.h>

#include <public/domctl.h>

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    const struct vcpu *v;
    struct vcpu_runstate_info runstate;
    uint32_t flags = XEN_DOMINF_blocked;

    memset(info, 0, sizeof(*info));

    info->domain = d->domain_id;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;

    for_each_vcpu ( d, v )
    {
        /*
         * Before its time is read: who is told that nothing runs finds the
         * same time again. One that goes off, too, is on its CPU until then.
         */
        if ( read_atomic(&v->is_running) )
            flags |= XEN_DOMINF_running;
        smp_rmb();
        vcpu_runstate_get(v, &runstate);
        info->cpu_time += runstate.time[RUNSTATE_running];
        info->max_vcpu_id = v->vcpu_id;

        if ( !is_vcpu_online(v) )
            continue;
        info->nr_online_vcpus++;
        if ( !(read_atomic(&v->pause_flags) & VPF_blocked) )
            flags &= ~XEN_DOMINF_blocked;
    }

    if ( d->options & XEN_DOMCTL_CDF_hvm )
        flags |= XEN_DOMINF_hvm_guest;
    if ( d->options & XEN_DOMCTL_CDF_hap )
        flags |= XEN_DOMINF_hap;
    if ( d->is_dying == DOMDYING_dead )
        flags |= XEN_DOMINF_dying;
    if ( domain_shutdown_completed(d) )
        flags |= XEN_DOMINF_shutdown;
    if ( d->controller_pause_count > 0 )
        flags |= XEN_DOMINF_paused;
    /* None yet reads as 255. */
    flags |= (d->shutdown_code & XEN_DOMINF_shutdownmask)
             << XEN_DOMINF_shutdownshift;

    info->flags = flags;
    info->tot_pages = domain_tot_pages(d);
    info->max_pages = d->max_pages;
    info->shared_info_frame = ~(uint64_t)0;
    info->gpaddr_bits = p2m_ipa_bits;
    memcpy(info->handle, d->handle, sizeof(info->handle));
}

static int create_domain(struct xen_domctl *op)
{
    struct domain *d;

    if ( op->domain >= DOMID_FIRST_RESERVED && op->domain != DOMID_ANY )
        return -EINVAL;

    d = domain_create(op->domain, &op->u.createdomain, CDF_toolstack);
    if ( IS_ERR(d) )
        return PTR_ERR(d);

    op->domain = d->domain_id;

    return 0;
}

/* All vCPUs, with their numbers below what the domain was created for. */
static int create_vcpus(struct domain *d, unsigned int max)
{
    unsigned int i;
    int rc = 0;

    if ( d == current->domain || d->is_dying || max != d->max_vcpus )
        return -EINVAL;

    domain_pause(d);
    for ( i = 0; i < max && !rc; i++ )
        if ( !d->vcpu[i] && !vcpu_create(d, i) )
            rc = -ENOMEM;
    domain_unpause(d);

    return rc;
}

static int set_vcpu_context(struct domain *d,
                            const struct xen_domctl_vcpucontext *arg)
{
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct vcpu_guest_context ctxt;
    int rc;

    /* A domain cannot wait for its own vCPUs to stop. */
    if ( d == current->domain || d->is_dying || !v )
        return -EINVAL;

    if ( guest_handle_is_null(arg->ctxt) )
        return vcpu_reset(v);

    if ( copy_from_guest(&ctxt, arg->ctxt, 1) )
        return -EFAULT;

    domain_pause(d);
    domain_lock(d);
    rc = arch_set_info_guest(v, &ctxt);
    domain_unlock(d);
    domain_unpause(d);

    return rc;
}

static int get_vcpu_context(struct domain *d,
                            const struct xen_domctl_vcpucontext *arg)
{
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct vcpu_guest_context ctxt = {};

    if ( !v || v == current )
        return -EINVAL;
    if ( !v->is_initialised )
        return -ENODATA;

    vcpu_pause(v);
    arch_get_info_guest(v, &ctxt);
    vcpu_unpause(v);

    return copy_to_guest(arg->ctxt, &ctxt, 1) ? -EFAULT : 0;
}

static int get_vcpu_info(struct domain *d, struct xen_domctl_getvcpuinfo *arg)
{
    const struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct vcpu_runstate_info runstate;

    if ( arg->vcpu >= d->max_vcpus )
        return -EINVAL;
    if ( !v )
        return -ESRCH;

    vcpu_runstate_get(v, &runstate);
    arg->online = is_vcpu_online(v);
    arg->blocked = !!(read_atomic(&v->pause_flags) & VPF_blocked);
    arg->running = read_atomic(&v->is_running);
    arg->cpu_time = runstate.time[RUNSTATE_running];
    arg->cpu = v->processor;

    return 0;
}

static void set_max_mem(struct domain *d, uint64_t kib)
{
    nrspin_lock(&d->page_alloc_lock);
    d->max_pages = min_t(uint64_t, kib >> (PAGE_SHIFT - 10), UINT_MAX);
    nrspin_unlock(&d->page_alloc_lock);
}

/* One operation on @d (NULL: createdomain), under the domctl lock. */
static long one_op(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    *copyback = false;

    switch ( op->cmd )
    {
    case XEN_DOMCTL_createdomain:
        *copyback = true;
        return create_domain(op);

    case XEN_DOMCTL_destroydomain:
        return domain_kill(d);

    case XEN_DOMCTL_pausedomain:
        return d == current->domain ? -EINVAL
                                    : domain_pause_by_systemcontroller(d);

    case XEN_DOMCTL_unpausedomain:
        return domain_unpause_by_systemcontroller(d);

    case XEN_DOMCTL_getdomaininfo:
        getdomaininfo(d, &op->u.getdomaininfo);
        *copyback = true;
        return 0;

    case XEN_DOMCTL_max_mem:
        set_max_mem(d, op->u.max_mem.max_memkb);
        return 0;

    case XEN_DOMCTL_setvcpucontext:
        return set_vcpu_context(d, &op->u.vcpucontext);

    case XEN_DOMCTL_getvcpucontext:
        return get_vcpu_context(d, &op->u.vcpucontext);

    case XEN_DOMCTL_getvcpuinfo:
        *copyback = true;
        return get_vcpu_info(d, &op->u.getvcpuinfo);

    case XEN_DOMCTL_max_vcpus:
        return create_vcpus(d, op->u.max_vcpus.max);

    default:
        return arch_do_domctl(op, d, copyback);
    }
}

static long domctl(void *where)
{
    struct xen_domctl op;
    struct domain *d = NULL;
    bool copyback;
    long rc;

    if ( raw_copy_from_guest(&op, where, sizeof(op)) )
        return -EFAULT;

    if ( op.interface_version != XEN_DOMCTL_INTERFACE_VERSION )
        return -EACCES;

    if ( !is_control_domain(current->domain) )
        return -EPERM;

    if ( op.cmd == XEN_DOMCTL_createdomain )
    {
        /* No domain of which the caller cannot be told the id. */
        if ( raw_copy_to_guest(where, &op, sizeof(op)) )
            return -EFAULT;
    }
    else
    {
        d = rcu_lock_domain_by_id(op.domain);
        if ( !d )
            return -ESRCH;
    }

    if ( domctl_lock_acquire() )
    {
        rc = one_op(&op, d, &copyback);
        domctl_lock_release();
    }
    else
    {
        copyback = false;
        rc = -ERESTART;
    }

    if ( d )
        rcu_unlock_domain(d);

    /* An error says nothing but itself, save how far a preempted one has come. */
    if ( copyback && (!rc || rc == -ERESTART) &&
         raw_copy_to_guest(where, &op, sizeof(op)) )
        rc = -EFAULT;

    if ( rc == -ERESTART )
        return hypercall_create_continuation((register_t)where);

    return rc;
}

long do_domctl(register_t op, register_t unused1, register_t unused2)
{
    long rc;

    fail_alloc_scope(true);
    rc = domctl((void *)op);
    fail_alloc_scope(false);

    return rc;
}
