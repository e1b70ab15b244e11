/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what with whom, the properties "xen,ffa-peers" and "xen,ffa-scheduler" of the device tree, and the look-up of
 * another VM.
 *
 * Owns ctx->policy and the rules it comes from. What the device tree does not name is denied. A domain of the boot device
 * tree has the list of its own node, or that of /chosen if it has none; every other domain (made at run time; Xen's dom0)
 * has that of /chosen. A name stands for the domain that booted with it, not for a later one with the same id.
 * Refuses: entries it cannot read, each with a line that names node and entry; they give nothing.
 * Locks: none. Rules are written on CPU0 before the others run, ctx->policy before the context can be seen.
 * Spec: docs/interfaces.md; DEN0077A has no policy.
 */
#include <xen/bitmap.h>
#include <xen/device_tree.h>
#include <xen/init.h>
#include <xen/libfdt/libfdt.h>
#include <xen/string.h>

#include "ffa_private.h"

#define PEERS                           "xen,ffa-peers"
#define SCHEDULER                       "xen,ffa-scheduler"

/* Rules of the n-th domain of the boot device tree, which has id n + 1; then those of all others */
static struct ffa_policy __ro_after_init boot_policy[FFA_MAX_BOOT_VMS];
static struct ffa_policy __ro_after_init other_policy;
static unsigned int __ro_after_init nr_boot_policies;

/* Which domains somebody may message: bit per one that boots, and the others */
static uint64_t __ro_after_init boot_asked;
static bool __ro_after_init others_asked;

unsigned long ffa_boot_vms;

/* VMs that can be found, by VM id, and what has happened: those that boot ever came or went; of all others the number of changes */
static DECLARE_BITMAP(vms, FFA_ID_SECURE);
static unsigned long boot_came, boot_went;
static atomic_t other_changes;

static const char *const right_names[FFA_NR_RIGHTS] = {
    [FFA_MAY_DISCOVER] = "discover",
    [FFA_MAY_MESSAGE] = "message",
    [FFA_MAY_NOTIFY] = "notify",
    [FFA_MAY_SHARE] = "share",
};

/* ---- The device tree ------------------------------------------------------------------------------------------- */

/* Length of the word at @s; words end with a space or the string. */
static size_t __init word_len(const char *s)
{
    size_t n = 0;

    while ( s[n] && s[n] != ' ' )
        n++;

    return n;
}

static const char *__init next_word(const char *s)
{
    s += word_len(s);
    while ( *s == ' ' )
        s++;

    return s;
}

static bool __init is_word(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && !strncmp(s, word, len);
}

/* "message notify": a bit per right. False: no right, or a word that is none. */
static bool __init parse_rights(const char *s, unsigned int *rights)
{
    unsigned int i;

    for ( *rights = 0; *s; s = next_word(s) )
    {
        size_t len = word_len(s);

        if ( is_word(s, len, "all") )
        {
            *rights = BIT(FFA_NR_RIGHTS, U) - 1;
            continue;
        }

        for ( i = 0; i < FFA_NR_RIGHTS; i++ )
            if ( is_word(s, len, right_names[i]) )
                break;
        if ( i == FFA_NR_RIGHTS )
            return false;
        *rights |= BIT(i, U);
    }

    return *rights;
}

static int __init hex_digit(char c)
{
    if ( c >= '0' && c <= '9' )
        return c - '0';
    if ( c >= 'a' && c <= 'f' )
        return c - 'a' + 10;
    if ( c >= 'A' && c <= 'F' )
        return c - 'A' + 10;

    return -1;
}

/* Text of 8-4-4-4-12 digits; @len: its length */
static bool __init parse_uuid(const char *s, size_t len, struct ffa_uuid *uuid)
{
    unsigned int i, byte = 0;

    if ( len != 36 )
        return false;

    *uuid = (struct ffa_uuid){ .lo = 0 };
    for ( i = 0; i < len; i += 2 )
    {
        int high, low;

        if ( i == 8 || i == 13 || i == 18 || i == 23 )
            if ( s[i++] != '-' )
                return false;

        high = hex_digit(s[i]);
        low = hex_digit(s[i + 1]);
        if ( high < 0 || low < 0 )
            return false;

        *(byte < 8 ? &uuid->lo : &uuid->hi) |= (uint64_t)(high << 4 | low) << (8 * (byte % 8));
        byte++;
    }

    return true;
}

/* Which of the domains in the order of their nodes is called so? -1: none */
static int __init find_boot_vm(const void *fdt, int chosen, const char *name, size_t len)
{
    int node, i = 0;

    fdt_for_each_subnode ( node, fdt, chosen )
    {
        const char *other = fdt_get_name(fdt, node, NULL);

        if ( fdt_node_check_compatible(fdt, node, "xen,domain") )
            continue;
        if ( other && is_word(name, len, other) )
            return i;
        i++;
    }

    return -1;
}

static void __init allow_sps(struct ffa_policy *policy, const unsigned long *listed, unsigned int rights)
{
    unsigned int i, right;

    for ( i = 0; i < ffa_splist_entries(); i++ )
    {
        int sp = ffa_splist_index(ffa_splist_entry(i)->id);

        if ( sp < 0 || !test_bit(i, listed) )
            continue;

        for ( right = 0; right < FFA_NR_RIGHTS; right++ )
            if ( rights & BIT(right, U) )
                policy->sps[right] |= (uint64_t)1 << sp;
        if ( rights & BIT(FFA_MAY_DISCOVER, U) )
            set_bit(i, policy->listed);
    }
}

static void __init allow_vms(struct ffa_policy *policy, uint64_t vms, bool others, unsigned int rights)
{
    unsigned int right;

    for ( right = 0; right < FFA_NR_RIGHTS; right++ )
        if ( rights & BIT(right, U) )
            policy->vms[right] |= vms;
    if ( others )
        policy->others |= rights;
}

/* One string of a list. NULL: done, else what is wrong with it. */
static const char *__init add_entry(struct ffa_policy *policy, const void *fdt, int chosen, const char *entry)
{
    DECLARE_BITMAP(listed, FFA_MAX_SP_ENTRIES);
    struct ffa_uuid uuid = { .lo = 0 };
    size_t len = word_len(entry);
    unsigned int rights;
    int vm;

    if ( !parse_rights(next_word(entry), &rights) )
        return "rights are some of discover, message, notify, share; or all";

    if ( is_word(entry, len, "hyp") )
    {
        policy->hyp |= rights;
        return NULL;
    }

    if ( is_word(entry, len, "vm:*") )
    {
        allow_vms(policy, UINT64_MAX, true, rights);
        return NULL;
    }

    if ( !strncmp(entry, "vm:", 3) )
    {
        vm = find_boot_vm(fdt, chosen, entry + 3, len - 3);
        if ( vm < 0 || vm >= FFA_MAX_BOOT_VMS )
            return "no such domain";
        allow_vms(policy, (uint64_t)1 << vm, false, rights);
        return NULL;
    }

    if ( !is_word(entry, len, "sp:*") &&
         (strncmp(entry, "sp:", 3) || !parse_uuid(entry + 3, len - 3, &uuid) || ffa_uuid_nil(&uuid)) )
        return "a peer is sp:*, sp:<UUID>, vm:*, vm:<name> or hyp";

    if ( !ffa_ok(ffa_splist_find(&uuid, listed)) || bitmap_empty(listed, FFA_MAX_SP_ENTRIES) )
        return ffa_uuid_nil(&uuid) ? NULL : "no such partition";

    allow_sps(policy, listed, rights);

    return NULL;
}

/* The list of @node. False: it has none. */
static bool __init read_policy(const void *fdt, int chosen, int node, struct ffa_policy *policy)
{
    int i, nr;

    *policy = (struct ffa_policy){ .others = 0 };
    if ( !fdt_getprop(fdt, node, PEERS, NULL) )
        return false;

    nr = fdt_stringlist_count(fdt, node, PEERS);
    if ( nr < 0 )
        printk(XENLOG_ERR "ffa: %s: " PEERS ": must be strings; nothing is allowed\n", fdt_get_name(fdt, node, NULL));

    for ( i = 0; i < nr; i++ )
    {
        const char *entry = fdt_stringlist_get(fdt, node, PEERS, i, NULL), *fault;

        fault = add_entry(policy, fdt, chosen, entry);
        if ( fault )
            printk(XENLOG_ERR "ffa: %s: " PEERS ": \"%s\": %s; ignored\n", fdt_get_name(fdt, node, NULL), entry, fault);
    }

    return true;
}

/* ---- Effective rules --------------------------------------------------------------------------------------------- */

/* Bit per right of those for which bit @i of @peers is set */
static unsigned int rights_for(const uint64_t *peers, unsigned int i)
{
    unsigned int right, rights = 0;

    for ( right = 0; right < FFA_NR_RIGHTS; right++ )
        if ( (peers[right] >> i) & 1 )
            rights |= BIT(right, U);

    return rights;
}

static void print_peer(const char *who, const char *peer, unsigned int rights)
{
    if ( rights )
        printk(XENLOG_INFO "ffa: policy of %s: %s:%s%s%s%s\n", who, peer,
               rights & BIT(FFA_MAY_DISCOVER, U) ? " discover" : "", rights & BIT(FFA_MAY_MESSAGE, U) ? " message" : "",
               rights & BIT(FFA_MAY_NOTIFY, U) ? " notify" : "", rights & BIT(FFA_MAY_SHARE, U) ? " share" : "");
}

/* A line per peer. Domains that are not in the boot device tree are not there to be named. */
static void print_policy(const char *who, const struct ffa_policy *policy)
{
    unsigned int i, any = policy->others;
    char peer[16];

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        snprintf(peer, sizeof(peer), "SP 0x%04x", ffa_splist_sp(i)->id);
        print_peer(who, peer, rights_for(policy->sps, i));
        any |= rights_for(policy->sps, i);
    }

    for ( i = 0; i < nr_boot_policies; i++ )
    {
        snprintf(peer, sizeof(peer), "d%u", i + 1);
        print_peer(who, peer, rights_for(policy->vms, i));
        any |= rights_for(policy->vms, i);
    }

    print_peer(who, "other domains", policy->others);
    /* Nothing but notifications goes to and from it. */
    any |= policy->hyp & BIT(FFA_MAY_NOTIFY, U);
    print_peer(who, "hypervisor", policy->hyp & BIT(FFA_MAY_NOTIFY, U));
    if ( !any )
        printk(XENLOG_INFO "ffa: policy of %s: nobody\n", who);
}

/*
 * ffa_policy_init - read the rules, and print those of domains that are not in the device tree
 * Context: boot, CPU0, after ffa_splist_init().
 */
void __init ffa_policy_init(void)
{
    const void *fdt = device_tree_flattened;
    int chosen = fdt_path_offset(fdt, "/chosen"), node;
    unsigned int i, right;

    BUILD_BUG_ON(FFA_MAX_SPS > 64 || FFA_MAX_BOOT_VMS > 64);

    /* Nobody has come yet. */
    nr_boot_policies = 0;
    boot_came = boot_went = 0;
    atomic_set(&other_changes, 0);
    other_policy = (struct ffa_policy){ .others = 0 };
    if ( chosen >= 0 )
    {
        read_policy(fdt, chosen, chosen, &other_policy);
        fdt_for_each_subnode ( node, fdt, chosen )
        {
            struct ffa_policy *policy = &boot_policy[nr_boot_policies];

            if ( fdt_node_check_compatible(fdt, node, "xen,domain") )
                continue;
            if ( nr_boot_policies == FFA_MAX_BOOT_VMS )
            {
                printk(XENLOG_ERR "ffa: %s and later domains: too many for a policy; nothing is allowed\n",
                       fdt_get_name(fdt, node, NULL));
                break;
            }
            if ( !read_policy(fdt, chosen, node, policy) )
                *policy = other_policy;
            /* Nobody is a peer of its own, also not by the wildcard. */
            for ( right = 0; right < FFA_NR_RIGHTS; right++ )
                policy->vms[right] &= ~((uint64_t)1 << nr_boot_policies);
            policy->scheduler = fdt_getprop(fdt, node, SCHEDULER, NULL);
            nr_boot_policies++;
        }
    }

    print_policy("other domains", &other_policy);

    boot_asked = other_policy.vms[FFA_MAY_MESSAGE];
    others_asked = other_policy.others & BIT(FFA_MAY_MESSAGE, U);
    for ( i = 0; i < nr_boot_policies; i++ )
    {
        boot_asked |= boot_policy[i].vms[FFA_MAY_MESSAGE];
        others_asked |= !!(boot_policy[i].others & BIT(FFA_MAY_MESSAGE, U));
    }
}

/* ffa_policy_asked - may any domain, one that comes later included, send messages to the VM? Context: it has its rules. */
bool ffa_policy_asked(const struct ffa_ctx *ctx)
{
    return ctx->boot_vm ? (boot_asked >> (ctx->d->domain_id - 1)) & 1 : others_asked;
}

/*
 * ffa_policy_assign - give a new VM its rules; at boot, print them
 * Context: domain creation. At boot that is the idle vCPU's work, later some control domain's.
 */
void ffa_policy_assign(struct ffa_ctx *ctx)
{
    unsigned int i = ctx->d->domain_id - 1U;
    char who[8];

    ctx->policy = other_policy;
    if ( !is_idle_vcpu(current) || !ctx->d->domain_id )
        return;

    if ( i < nr_boot_policies )
    {
        ctx->policy = boot_policy[i];
        ctx->boot_vm = true;
        set_bit(i, &ffa_boot_vms);
    }
    else if ( i >= FFA_MAX_BOOT_VMS )
        ctx->policy = (struct ffa_policy){ .others = 0 };
    snprintf(who, sizeof(who), "d%u", ctx->d->domain_id);
    print_policy(who, &ctx->policy);
    if ( ctx->policy.scheduler )
        printk(XENLOG_INFO "ffa: policy of %s: gives partitions their cycles\n", who);
}

/* ffa_policy_forget - the VM is gone: its id may be another's. Inverse of ffa_policy_assign(). */
void ffa_policy_forget(struct ffa_ctx *ctx)
{
    if ( ctx->boot_vm )
        clear_bit(ctx->d->domain_id - 1U, &ffa_boot_vms);
    ctx->boot_vm = false;
}

/* ---- Other VMs --------------------------------------------------------------------------------------------------- */

/*
 * ffa_vm_came - the VM has settled its version: others may find it. Once. Context: call of the VM.
 * Inverse: ffa_vm_went(), which may come without it.
 */
void ffa_vm_came(struct ffa_ctx *ctx)
{
    set_bit(ctx->vm_id, vms);
    if ( ctx->boot_vm )
        set_bit(ctx->d->domain_id - 1U, &boot_came);
    else
        atomic_inc(&other_changes);
    ffa_hyp_partitions_changed();
}

/* ffa_vm_went - the VM begins to die: nobody finds it any more. Once. Context: domain destruction, its vCPUs have stopped. */
void ffa_vm_went(struct ffa_ctx *ctx)
{
    if ( !test_and_clear_bit(ctx->vm_id, vms) )
        return;

    if ( ctx->boot_vm )
        set_bit(ctx->d->domain_id - 1U, &boot_went);
    else
        atomic_inc(&other_changes);
    ffa_hyp_partitions_changed();
}

/*
 * ffa_vm_changes - how often a VM that @ctx may discover has come or gone: what it may not discover does not show
 * Context: any.
 */
unsigned int ffa_vm_changes(const struct ffa_ctx *ctx)
{
    uint64_t mask = ctx->policy.vms[FFA_MAY_DISCOVER];
    unsigned int n;

    if ( ctx->boot_vm )
        mask &= ~((uint64_t)1 << (ctx->d->domain_id - 1));
    n = hweight64(ACCESS_ONCE(boot_came) & mask) + hweight64(ACCESS_ONCE(boot_went) & mask);

    return ctx->policy.others & BIT(FFA_MAY_DISCOVER, U) ? n + atomic_read(&other_changes) : n;
}

/*
 * ffa_vm_next - the next VM that @ctx may discover, in the order of ids
 * @after: where to go on, 0 to begin
 * Returns: its id; 0: no more. It may be gone before ffa_vm_lock().   Context: any. Looks at a bit per id.
 */
uint16_t ffa_vm_next(const struct ffa_ctx *ctx, uint16_t after)
{
    unsigned int id = after;

    do {
        id = find_next_bit(vms, FFA_ID_SECURE, id + 1);
    } while ( id < FFA_ID_SECURE && !ffa_may(ctx, id, FFA_MAY_DISCOVER) );

    return id < FFA_ID_SECURE ? id : 0;
}

/*
 * ffa_vm_lock - another VM, for as long as it takes to look at it or change it
 * @vm_id: as the guest wrote it; not checked against any policy: ask ffa_may() first
 * Returns: its context, in an RCU section: until ffa_vm_unlock() no SMC, no softirq, no allocation that may do either. Or
 * NULL: nobody has this id, the hypervisor does, the domain has no FF-A, is dying, or never made a call but VERSION.
 * It may begin to die at any time after the look-up; what it owns stays until the section ends.
 * Context: trap of a vCPU, softirq. Constant time. Locks of the other VM may be taken inside.
 */
struct ffa_ctx *ffa_vm_lock(uint16_t vm_id)
{
    struct ffa_ctx *ctx = NULL;
    struct domain *d;

    if ( vm_id == FFA_ID_HYP || (vm_id & FFA_ID_SECURE) )
        return NULL;

    d = rcu_lock_domain_by_id(vm_id - 1U);
    if ( !d )
        return NULL;

    if ( d->is_dying == DOMDYING_alive )
        ctx = ACCESS_ONCE(d->arch.tee);
    if ( ctx && ACCESS_ONCE(ctx->version_frozen) )
    {
        /* Pairs with ffa_version_freeze(). */
        smp_rmb();
        return ctx;
    }

    rcu_unlock_domain(d);

    return NULL;
}

/* ffa_vm_unlock - inverse of ffa_vm_lock(); @ctx must not be used any more */
void ffa_vm_unlock(struct ffa_ctx *ctx)
{
    rcu_unlock_domain(ctx->d);
}

/*
 * ffa_vm_get - another VM, for longer than an RCU section may last (over an SMC, in a list)
 * Returns: as ffa_vm_lock(), but with a reference on the domain, which keeps it from going away, though not from dying.
 * Who keeps one in a list must give it back when either VM dies: it is what teardown waits for in the end.
 */
struct ffa_ctx *ffa_vm_get(uint16_t vm_id)
{
    struct ffa_ctx *ctx = ffa_vm_lock(vm_id);
    bool got;

    if ( !ctx )
        return NULL;

    got = get_domain(ctx->d);
    ffa_vm_unlock(ctx);

    return got ? ctx : NULL;
}

/* ffa_vm_put - inverse of ffa_vm_get(). Any context but an interrupt's. */
void ffa_vm_put(struct ffa_ctx *ctx)
{
    struct domain *d = ctx->d;

    /* The braces are for Xen's macro, which is an if without else. */
    {
        put_domain(d);
    }
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
