/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vCPUs: creation, look-up, references, destruction. How a domain
 * stops and dies is in domain_kill.c.
 *
 * Life of a domain:
 *   alive  -- shutdown, domain_kill() --> dying     its vCPUs run no more
 *   dying  -- all resources given back --> dead     a zombie, found by id while
 *                                                   somebody holds a reference
 *   dead   -- last reference           --> unlisted  RCU readers may see it
 *   unlisted -- grace period           --> freed    its id can be used again
 * Failed creation goes straight to dead: nobody could have seen it.
 *
 * Locks: domlist_update_lock for the list and the hash (readers: RCU) and for
 * the map of ids in use.
 */
#include <xen/bitmap.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/err.h>
#include <xen/init.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>

#include <asm/tee/ffa.h>

#include "domain_private.h"

DEFINE_RCU_READ_LOCK(domlist_read_lock);
static DEFINE_SPINLOCK(domlist_update_lock);

#define DOMAIN_HASH_SIZE 64
#define DOMAIN_HASH(id)  ((unsigned int)(id) % DOMAIN_HASH_SIZE)

static struct domain *domain_hash[DOMAIN_HASH_SIZE];
struct domain *domain_list;     /* in order of domain_id */

static DECLARE_BITMAP(domid_map, DOMID_FIRST_RESERVED);

struct domain *dom_xen;
struct domain *dom_io;
struct domain *hardware_domain;

/* Domains that exist, dead ones included; system domains are not counted. */
static atomic_t nr_domains = ATOMIC_INIT(0);

unsigned int domains_in_existence(void)
{
    return atomic_read(&nr_domains);
}

unsigned int domains_dead(void)
{
    const struct domain *d;
    unsigned int nr = 0;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
        if ( d->is_dying == DOMDYING_dead )
            nr++;
    rcu_read_unlock(&domlist_read_lock);

    return nr;
}

/* ---- Identifiers --------------------------------------------------------- */

/* The next one that may be used, DOMID_FIRST_RESERVED or more: none */
static unsigned int domid_next(unsigned int domid)
{
    do {
        domid = find_next_zero_bit(domid_map, DOMID_FIRST_RESERVED, domid + 1);
    } while ( domid < DOMID_FIRST_RESERVED && ffa_id_kept(domid) );

    return domid;
}

/* That behind the last one that was chosen here. */
static domid_t domid_choose(void)
{
    static domid_t last;
    unsigned int domid;

    domid = domid_next(last);
    if ( domid >= DOMID_FIRST_RESERVED )
        domid = domid_next(0);
    if ( domid >= DOMID_FIRST_RESERVED )
        return DOMID_INVALID;
    last = domid;

    return domid;
}

/* Take *@domid, or a free one for DOMID_ANY. 0, -EEXIST, -EBUSY, -ENOMEM. */
static int domid_claim(domid_t *domid)
{
    int rc = 0;

    spin_lock(&domlist_update_lock);

    if ( *domid == DOMID_ANY )
    {
        *domid = domid_choose();
        if ( *domid == DOMID_INVALID )
            rc = -ENOMEM;
    }
    else if ( test_bit(*domid, domid_map) )
        rc = -EEXIST;
    else if ( ffa_id_kept(*domid) )
        rc = -EBUSY;

    if ( !rc )
        __set_bit(*domid, domid_map);

    spin_unlock(&domlist_update_lock);

    return rc;
}

static void domid_release(domid_t domid)
{
    spin_lock(&domlist_update_lock);
    __clear_bit(domid, domid_map);
    spin_unlock(&domlist_update_lock);
}

/* ---- The list ------------------------------------------------------------ */

static void domlist_insert(struct domain *d)
{
    struct domain **pos;

    spin_lock(&domlist_update_lock);

    for ( pos = &domain_list; *pos; pos = &(*pos)->next_in_list )
        if ( (*pos)->domain_id > d->domain_id )
            break;

    d->next_in_list = *pos;
    d->next_in_hashbucket = domain_hash[DOMAIN_HASH(d->domain_id)];
    rcu_assign_pointer(*pos, d);
    rcu_assign_pointer(domain_hash[DOMAIN_HASH(d->domain_id)], d);

    spin_unlock(&domlist_update_lock);
}

/* Readers that stand on d go on through its links. */
static void domlist_remove(struct domain *d)
{
    struct domain **pos;

    spin_lock(&domlist_update_lock);

    for ( pos = &domain_list; *pos != d; pos = &(*pos)->next_in_list )
        continue;
    rcu_assign_pointer(*pos, d->next_in_list);

    for ( pos = &domain_hash[DOMAIN_HASH(d->domain_id)]; *pos != d;
          pos = &(*pos)->next_in_hashbucket )
        continue;
    rcu_assign_pointer(*pos, d->next_in_hashbucket);

    spin_unlock(&domlist_update_lock);
}

/* In a read section of domlist_read_lock. */
static struct domain *find_domain(domid_t dom)
{
    struct domain *d;

    for ( d = rcu_dereference(domain_hash[DOMAIN_HASH(dom)]); d != NULL;
          d = rcu_dereference(d->next_in_hashbucket) )
        if ( d->domain_id == dom )
            break;

    return d;
}

struct domain *rcu_lock_domain_by_id(domid_t dom)
{
    struct domain *d;

    /* One read section is as good as another: that of the list becomes the domain's. */
    rcu_read_lock(&domlist_read_lock);
    d = find_domain(dom);
    if ( unlikely(!d) )
        rcu_read_unlock(&domlist_read_lock);

    return d;
}

struct domain *rcu_lock_domain_by_any_id(domid_t dom)
{
    return dom == DOMID_SELF ? rcu_lock_current_domain()
                             : rcu_lock_domain_by_id(dom);
}

int rcu_lock_remote_domain_by_id(domid_t dom, struct domain **d)
{
    *d = rcu_lock_domain_by_id(dom);
    if ( !*d )
        return -ESRCH;

    if ( *d == current->domain )
    {
        rcu_unlock_domain(*d);
        return -EPERM;
    }

    return 0;
}

int rcu_lock_live_remote_domain_by_id(domid_t dom, struct domain **d)
{
    int rc = rcu_lock_remote_domain_by_id(dom, d);

    if ( rc )
        return rc;

    if ( (*d)->is_dying )
    {
        rcu_unlock_domain(*d);
        return -EINVAL;
    }

    return 0;
}

struct domain *get_domain_by_id(domid_t dom)
{
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    d = find_domain(dom);
    if ( d && !get_domain(d) )
        d = NULL;
    rcu_read_unlock(&domlist_read_lock);

    return d;
}

/* ---- vCPUs --------------------------------------------------------------- */

struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id)
{
    struct vcpu *v, *prev;
    unsigned long flags;

    BUG_ON(vcpu_id >= d->max_vcpus || d->vcpu[vcpu_id]);

    v = alloc_vcpu_struct(d);
    if ( !v )
        return NULL;

    v->domain = d;
    v->vcpu_id = vcpu_id;
    spin_lock_init(&v->area_lock);
    if ( is_idle_domain(d) )
        v->is_initialised = true;
    else
        v->pause_flags = VPF_down;

    if ( sched_init_vcpu(v) )
        goto err_free;

    if ( arch_vcpu_create(v) )
        goto err_sched;

    /* Others look vCPUs up, and walk them, at any time. */
    rcu_assign_pointer(d->vcpu[vcpu_id], v);
    for ( prev = NULL; vcpu_id > 0 && !prev; vcpu_id-- )
        prev = d->vcpu[vcpu_id - 1];
    if ( prev )
    {
        v->next_in_list = prev->next_in_list;
        rcu_assign_pointer(prev->next_in_list, v);
    }

    /* It comes too late for a shutdown to have paused it. */
    spin_lock_irqsave(&d->shutdown_lock, flags);
    if ( d->is_shutting_down && !v->paused_for_shutdown )
    {
        vcpu_pause_nosync(v);
        v->paused_for_shutdown = true;
    }
    spin_unlock_irqrestore(&d->shutdown_lock, flags);

    return v;

 err_sched:
    sched_destroy_vcpu(v);
 err_free:
    free_vcpu_struct(v);
    return NULL;
}

int vcpu_reset(struct vcpu *v)
{
    int rc;

    vcpu_pause(v);
    domain_lock(v->domain);

    rc = arch_vcpu_reset(v);
    if ( !rc )
    {
        set_bit(_VPF_down, &v->pause_flags);
        clear_bit(_VPF_blocked, &v->pause_flags);
    }

    domain_unlock(v->domain);
    vcpu_unpause(v);

    return rc;
}

/* ---- Creation ------------------------------------------------------------ */

static int sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    const uint32_t needed = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;

    if ( config->cpupool_id )
    {
        printk(XENLOG_INFO "domain: there is no CPU pool %u\n",
               config->cpupool_id);
        return -ENOENT;
    }

    if ( config->iommu_opts || config->vmtrace_size || config->altp2m.opts ||
         config->altp2m.nr ||
         (config->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) )
    {
        printk(XENLOG_INFO "domain: IOMMU, traces, altp2m and such options of "
               "grants cannot be had\n");
        return -EINVAL;
    }

    if ( (config->flags & needed) != needed ||
         (config->flags & ~(needed | XEN_DOMCTL_CDF_trap_unmapped_accesses)) )
    {
        printk(XENLOG_INFO "domain: flags %#x cannot be had\n", config->flags);
        return -EINVAL;
    }

    return arch_sanitise_domain_config(config);
}

/* What a domain has without its architecture and its place in the list. */
static int init_common(struct domain *d, domid_t domid,
                       const struct xen_domctl_createdomain *config,
                       unsigned int flags)
{
    d->domain_id = domid;
    snprintf(d->id_name, sizeof(d->id_name), "d%u", domid);
    d->name = d->id_name;
    d->type = DOMAIN_64BIT;
    d->cdf = flags;
    d->is_privileged = flags & CDF_privileged;
    d->shutdown_code = SHUTDOWN_CODE_INVALID;
    atomic_set(&d->refcnt, 1);
    rspin_lock_init(&d->domain_lock);
    rspin_lock_init(&d->page_alloc_lock);
    spin_lock_init(&d->shutdown_lock);
    spin_lock_init(&d->console_lock);
    INIT_PAGE_LIST_HEAD(&d->page_list);
    INIT_PAGE_LIST_HEAD(&d->xenpage_list);
    INIT_LIST_HEAD(&d->reap_link);

    if ( !config )
        return 0;

    d->options = config->flags;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    d->max_vcpus = config->max_vcpus;
    d->vcpu = xzalloc_array(struct vcpu *, d->max_vcpus);
    if ( !d->vcpu )
        return -ENOMEM;

    /* Its builder holds it until everything is in place. */
    atomic_set(&d->pause_count, 1);
    d->controller_pause_count = 1;

    return 0;
}

static void _domain_destroy(struct domain *d)
{
    BUG_ON(d->is_dying != DOMDYING_dead);
    BUG_ON((unsigned int)atomic_read(&d->refcnt) != DOMAIN_DESTROYED);

    xfree(d->vcpu);
    if ( !is_system_domain(d) )
    {
        domid_release(d->domain_id);
        atomic_dec(&nr_domains);
    }
    free_domain_struct(d);
}

struct domain *domain_create(domid_t domid,
                             struct xen_domctl_createdomain *config,
                             unsigned int flags)
{
    bool is_system = domid >= DOMID_FIRST_RESERVED && domid != DOMID_ANY;
    struct domain *d;
    int rc;

    if ( is_system != !config )
        return ERR_PTR(-EINVAL);

    if ( config && (rc = sanitise_domain_config(config)) != 0 )
        return ERR_PTR(rc);

    if ( !is_system && (rc = domid_claim(&domid)) != 0 )
        return ERR_PTR(rc);

    d = alloc_domain_struct();
    if ( !d )
    {
        if ( !is_system )
            domid_release(domid);
        return ERR_PTR(-ENOMEM);
    }
    if ( !is_system )
        atomic_inc(&nr_domains);

    rc = init_common(d, domid, config, flags);
    if ( rc )
        goto fail;

    rc = arch_domain_create(d, config, flags);
    if ( rc )
        goto fail_arch;

    if ( !is_system )
    {
        domlist_insert(d);
        domain_came_alive(d);
    }

    return d;

    /* Nobody knows d yet: no grace period, no relinquishing. */
 fail_arch:
    d->is_dying = DOMDYING_dead;
    arch_domain_destroy(d);
    if ( domain_teardown(d) )
        ASSERT_UNREACHABLE();
 fail:
    d->is_dying = DOMDYING_dead;
    atomic_set(&d->refcnt, (int)DOMAIN_DESTROYED);
    _domain_destroy(d);

    return ERR_PTR(rc);
}

void __init setup_system_domains(void)
{
    dom_xen = domain_create(DOMID_XEN, NULL, 0);
    dom_io = domain_create(DOMID_IO, NULL, 0);
    if ( IS_ERR(dom_xen) || IS_ERR(dom_io) )
        panic("cannot create the system domains\n");
}

/* ---- Destruction --------------------------------------------------------- */

/* After the grace period, in softirq context: nobody can reach d. */
static void complete_domain_destroy(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);
    struct vcpu *v;
    unsigned int i;

    for ( i = d->max_vcpus; i-- > 0; )
    {
        v = d->vcpu[i];
        if ( !v )
            continue;
        sched_destroy_vcpu(v);
        arch_vcpu_destroy(v);
    }

    /* d->vcpu[] stays readable in there. */
    arch_domain_destroy(d);

    for ( i = d->max_vcpus; i-- > 0; )
        if ( d->vcpu[i] )
        {
            free_vcpu_struct(d->vcpu[i]);
            d->vcpu[i] = NULL;
        }

    _domain_destroy(d);
}

void domain_destroy(struct domain *d)
{
    BUG_ON(!d->is_dying);

    /* get_domain() may have brought it back in between. */
    if ( atomic_cmpxchg(&d->refcnt, 0, (int)DOMAIN_DESTROYED) != 0 )
        return;

    domlist_remove(d);
    call_rcu(&d->rcu, complete_domain_destroy);
}
