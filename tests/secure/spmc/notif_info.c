/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NOTIFICATION_INFO_GET: who has something new. Each pending notification is reported once, until GET has fetched it; a
 * list is an endpoint and up to three vCPUs, an endpoint and its first vCPU are never in two answers. Lock: spmc_lock.
 */
#include "spmc.h"

struct answer {
    unsigned int ids, lists, max_ids;
    uint16_t id[20];
    uint64_t sizes;
};

/* Quick for those who have none: the hypervisor, which is always there, is not to cost the others' lists anything. */
static bool has_news(struct notif *n)
{
    unsigned int v;

    if ( !n->enabled || !n->news )
        return false;
    if ( (n->pending & ~n->reported) || (n->framework & ~n->framework_reported) )
        return true;
    for ( v = 0; v < n->vcpus; v++ )
        if ( n->vpending[v] & ~n->vreported[v] )
            return true;
    n->news = false;

    return false;
}

static void start_list(struct answer *a, uint16_t id)
{
    a->id[a->ids++] = id;
    a->lists++;
}

/* Lists what is new for one endpoint, as far as it fits, and marks that as reported. */
static void list_endpoint(struct answer *a, uint16_t id, struct notif *n)
{
    unsigned int v, in_list = 3;
    bool listed = false;

    for ( v = 0; v < n->vcpus; v++ )
    {
        if ( !(n->vpending[v] & ~n->vreported[v]) )
            continue;
        if ( in_list == 3 )
        {
            if ( a->ids + 2 > a->max_ids )
                return;
            start_list(a, id);
            in_list = 0;
        }
        else if ( a->ids == a->max_ids )
            return;
        a->id[a->ids++] = v;
        in_list++;
        a->sizes += 1UL << (2 * (a->lists - 1));
        n->vreported[v] = n->vpending[v];
        n->reported = n->pending; /* naming the endpoint at all covers its global bits */
        n->framework_reported = n->framework;
        listed = true;
    }
    if ( !listed && ((n->pending & ~n->reported) || (n->framework & ~n->framework_reported)) && a->ids < a->max_ids )
    {
        start_list(a, id);
        n->reported = n->pending;
        n->framework_reported = n->framework;
    }
}

static void walk(struct answer *a, bool *more)
{
    unsigned int i;

    *more = false;
    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
        if ( vms[i].used && has_news(&vms[i].notif) )
        {
            list_endpoint(a, vms[i].id, &vms[i].notif);
            *more |= has_news(&vms[i].notif);
        }
    for ( i = 0; i < SP_COUNT; i++ )
        if ( has_news(&sps[i].notif) )
        {
            list_endpoint(a, sps[i].head->id, &sps[i].notif);
            *more |= has_news(&sps[i].notif);
        }
}

void call_info_get(struct regs *r)
{
    bool wide = (uint32_t)r->x[0] == FFA_NOTIFICATION_INFO_64, more;
    struct answer a = { .max_ids = wide ? 20 : 10 };
    unsigned int i, per_reg = wide ? 4 : 2;
    uint32_t fault_id, unused;

    if ( r->x[1] || r->x[2] || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    if ( fault_info(r, wide) )
        return;

    spin_lock(&spmc_lock);
    walk(&a, &more);
    spin_unlock(&spmc_lock);
    if ( fault_hit(FAULT_INFO_MORE, 0, &fault_id, &unused) )
    {
        more = true;
        if ( !a.lists )
            start_list(&a, fault_id);
    }
    if ( !a.lists )
    {
        ret_status(r, FFA_NO_DATA);
        return;
    }
    ret_regs(r, wide ? FFA_SUCCESS_64 : FFA_SUCCESS_32, 0, more | (a.lists << 7) | (a.sizes << 12), 0);
    for ( i = 0; i < a.ids; i++ )
        r->x[3 + i / per_reg] |= (uint64_t)a.id[i] << (16 * (i % per_reg));
}
