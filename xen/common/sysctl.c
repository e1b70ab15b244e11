/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: what a control domain may ask of the machine as a whole. Refuses
 * everybody else. Locks: none; the list of domains is read under RCU.
 */
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/mm.h>
#include <xen/sched.h>

#include <asm/tee/ffa.h>
#include <asm/time.h>

#include <public/sysctl.h>

static void get_physinfo(struct xen_sysctl_physinfo *info)
{
    memset(info, 0, sizeof(*info));

    info->threads_per_core = 1;
    info->cores_per_socket = nr_cpu_ids;
    info->nr_cpus = num_online_cpus();
    info->max_cpu_id = nr_cpu_ids - 1;
    info->nr_nodes = 1;
    info->cpu_khz = cpu_khz;
    info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    info->total_pages = total_heap_pages();
    info->free_pages = total_free_pages();
    info->max_mfn = PFN_DOWN(ram_end) - 1;
}

/* As many as there is room for, in order of their ids. */
static int get_domain_list(struct xen_sysctl_getdomaininfolist *arg)
{
    struct xen_domctl_getdomaininfo info;
    struct domain *d;
    int rc = 0;

    arg->num_domains = 0;

    rcu_read_lock(&domlist_read_lock);

    for_each_domain ( d )
    {
        if ( d->domain_id < arg->first_domain )
            continue;
        if ( arg->num_domains == arg->max_domains )
            break;

        getdomaininfo(d, &info);
        if ( copy_to_guest_offset(arg->buffer, arg->num_domains, &info, 1) )
        {
            rc = -EFAULT;
            break;
        }
        arg->num_domains++;
    }

    rcu_read_unlock(&domlist_read_lock);

    return rc;
}

static int get_ffa_ledger(struct xen_sysctl_ffa_ledger *arg)
{
    uint32_t sums[FFA_LEDGER_SUMS];
    int rc = ffa_ledger_read(arg->domain, arg->way, arg->bit, sums);

    if ( rc )
        return rc;

    arg->set = sums[0];
    arg->merged = sums[1];
    arg->refused = sums[2];
    arg->delivered = sums[3];
    arg->dropped = sums[4];

    return 0;
}

long do_sysctl(register_t where, register_t unused1, register_t unused2)
{
    struct xen_sysctl op;
    int rc = 0;

    if ( raw_copy_from_guest(&op, (void *)where, sizeof(op)) )
        return -EFAULT;

    if ( op.interface_version != XEN_SYSCTL_INTERFACE_VERSION )
        return -EACCES;

    if ( !is_control_domain(current->domain) )
        return -EPERM;

    switch ( op.cmd )
    {
    case XEN_SYSCTL_physinfo:
        get_physinfo(&op.u.physinfo);
        break;

    case XEN_SYSCTL_getdomaininfolist:
        rc = get_domain_list(&op.u.getdomaininfolist);
        break;

    case XEN_SYSCTL_ffa_ledger:
        rc = get_ffa_ledger(&op.u.ffa_ledger);
        break;

    default:
        return -ENOSYS;
    }

    if ( !rc && raw_copy_to_guest((void *)where, &op, sizeof(op)) )
        rc = -EFAULT;

    return rc;
}
