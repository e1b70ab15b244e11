/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger: what became of every notification, by VM, way and bit.
 *
 * Owns ctx->ledger and the sums of VMs that are gone. A bit that is accepted ends as delivered or dropped, or is pending; what
 * the SPMC keeps for a VM is only known here when it is fetched. Counters are atomic, never reset and wrap at 2^32.
 * Locks: none of its own; reading others' finds them by RCU.   docs/notifications.md says who books what.
 */
#include <xen/rcupdate.h>
#include <xen/xmalloc.h>

#include <asm/tee/ffa.h>

#include "ffa_private.h"

static struct ffa_ledger gone;

/* What the hypervisor sets as an endpoint, and what is set for it (ffa_hyp.c) */
static struct ffa_ledger hypervisor;

static const char *const way_names[FFA_NR_WAYS] = {
    [FFA_WAY_SPS] = "from SPs",
    [FFA_WAY_VMS] = "from VMs",
    [FFA_WAY_FRAMEWORK] = "framework",
    [FFA_WAY_OUT] = "to others",
};

/* ffa_ledger_init - an empty one. Returns: 0 or -ENOMEM. Inverse: ffa_ledger_free(). */
int ffa_ledger_init(struct ffa_ctx *ctx)
{
    ctx->ledger = xzalloc(struct ffa_ledger);

    return ctx->ledger ? 0 : -ENOMEM;
}

/* ffa_ledger_free - the VM is gone: its sums stay. Context: domain destruction; once, or for a context that has none. */
void ffa_ledger_free(struct ffa_ctx *ctx)
{
    unsigned int way, fate, bit;

    if ( !ctx->ledger )
        return;

    for ( way = 0; way < FFA_NR_WAYS; way++ )
        for ( fate = 0; fate < FFA_NR_FATES; fate++ )
            for ( bit = 0; bit < FFA_LEDGER_BITS; bit++ )
                if ( atomic_read(&ctx->ledger->n[way][fate][bit]) )
                    atomic_add(atomic_read(&ctx->ledger->n[way][fate][bit]), &gone.n[way][fate][bit]);

    xfree(ctx->ledger);
    ctx->ledger = NULL;
}

static void book(struct ffa_ledger *l, enum ffa_way way, enum ffa_fate fate, uint64_t bits)
{
    for ( ; bits; bits &= bits - 1 )
        atomic_inc(&l->n[way][fate][__builtin_ctzll(bits)]);
}

/* ffa_ledger_book - see ffa_book(), which calls this when there is something to book */
void ffa_ledger_book(struct ffa_ctx *ctx, enum ffa_way way, enum ffa_fate fate, uint64_t bits)
{
    book(ctx->ledger, way, fate, bits);
}

/* ffa_hyp_book - the same for the hypervisor as an endpoint, which has a ledger as VMs have */
void ffa_hyp_book(enum ffa_way way, enum ffa_fate fate, uint64_t bits)
{
    book(&hypervisor, way, fate, bits);
}

/* Sums of @l for one bit, or all of them */
static void sum_up(const struct ffa_ledger *l, unsigned int way, unsigned int bit, uint32_t sums[FFA_NR_FATES])
{
    unsigned int fate, i;

    for ( fate = 0; fate < FFA_NR_FATES; fate++ )
    {
        sums[fate] = 0;
        for ( i = 0; i < FFA_LEDGER_BITS; i++ )
            if ( bit == i || bit == FFA_LEDGER_ALL )
                sums[fate] += atomic_read(&l->n[way][fate][i]);
    }
}

/*
 * ffa_ledger_read - sums of a domain
 * @domid: of a domain, or DOMID_INVALID: those that are gone, or DOMID_XEN: the hypervisor as an endpoint
 * @way: enum ffa_way; @bit: 0-63, or FFA_LEDGER_ALL for all of them
 * @sums: by enum ffa_fate
 * Returns: 0; -EINVAL: no such way or bit; -ESRCH: no such domain; -ENOENT: it has no FF-A.   Context: hypercall.
 */
int ffa_ledger_read(domid_t domid, unsigned int way, unsigned int bit, uint32_t sums[FFA_LEDGER_SUMS])
{
    const struct ffa_ctx *ctx;
    struct domain *d;

    BUILD_BUG_ON(FFA_LEDGER_SUMS != FFA_NR_FATES);

    if ( way >= FFA_NR_WAYS || bit > FFA_LEDGER_ALL )
        return -EINVAL;

    if ( domid == DOMID_INVALID || domid == DOMID_XEN )
    {
        sum_up(domid == DOMID_XEN ? &hypervisor : &gone, way, bit, sums);
        return 0;
    }

    d = rcu_lock_domain_by_id(domid);
    if ( !d )
        return -ESRCH;

    ctx = ACCESS_ONCE(d->arch.tee);
    if ( ctx )
        sum_up(ctx->ledger, way, bit, sums);
    rcu_unlock_domain(d);

    return ctx ? 0 : -ENOENT;
}

static void print_sums(const char *who, const char *what, const uint32_t sums[FFA_NR_FATES])
{
    printk("%s%s: set %u merged %u refused %u delivered %u dropped %u\n", who, what, sums[FFA_FATE_SET],
           sums[FFA_FATE_MERGED], sums[FFA_FATE_REFUSED], sums[FFA_FATE_DELIVERED], sums[FFA_FATE_DROPPED]);
}

static bool any(const uint32_t sums[FFA_NR_FATES])
{
    return sums[FFA_FATE_SET] | sums[FFA_FATE_MERGED] | sums[FFA_FATE_REFUSED] | sums[FFA_FATE_DELIVERED] |
           sums[FFA_FATE_DROPPED];
}

static void dump(const struct ffa_ledger *l)
{
    uint32_t sums[FFA_NR_FATES];
    unsigned int way, bit;
    char bit_name[16];

    for ( way = 0; way < FFA_NR_WAYS; way++ )
    {
        sum_up(l, way, FFA_LEDGER_ALL, sums);
        if ( !any(sums) )
            continue;

        printk("  notifications %s\n", way_names[way]);
        print_sums("    all", "", sums);
        for ( bit = 0; bit < FFA_LEDGER_BITS; bit++ )
        {
            sum_up(l, way, bit, sums);
            snprintf(bit_name, sizeof(bit_name), "    bit %u", bit);
            if ( any(sums) )
                print_sums(bit_name, "", sums);
        }
    }
}

/* ffa_ledger_dump - for the debug key: each bit that has something. @ctx NULL: the hypervisor's, and those of VMs that are gone. */
void ffa_ledger_dump(const struct ffa_ctx *ctx)
{
    if ( ctx )
    {
        dump(ctx->ledger);
        return;
    }

    printk("The hypervisor:\n");
    dump(&hypervisor);
    printk("VMs that are gone:\n");
    dump(&gone);
}

/* A line per way that has something */
static void print_ways(const struct ffa_ledger *l, const char *who)
{
    uint32_t sums[FFA_NR_FATES];
    unsigned int way;

    for ( way = 0; way < FFA_NR_WAYS; way++ )
    {
        sum_up(l, way, FFA_LEDGER_ALL, sums);
        if ( any(sums) )
            print_sums(who, way_names[way], sums);
    }
}

/* ffa_ledger_report - the VM wants its ledger to be seen as it is now */
void ffa_ledger_report(const struct ffa_ctx *ctx)
{
    char who[24];

    snprintf(who, sizeof(who), "ffa: d%u so far ", ctx->d->domain_id);
    print_ways(ctx->ledger, who);
}

/*
 * ffa_ledger_close - the secure world has let go of the VM, and nobody can set anything for it: a line per way, also of the
 * hypervisor's ledger as it is now, and one for each bit of which something is left that is neither delivered nor dropped
 */
void ffa_ledger_close(const struct ffa_ctx *ctx)
{
    uint32_t sums[FFA_NR_FATES];
    unsigned int way, bit;
    char who[24];

    snprintf(who, sizeof(who), "ffa: d%u ", ctx->d->domain_id);
    print_ways(ctx->ledger, who);
    print_ways(&hypervisor, "ffa: hypervisor ");
    for ( way = 0; way < FFA_NR_WAYS; way++ )
    {
        for ( bit = 0; bit < FFA_LEDGER_BITS; bit++ )
        {
            /* Who keeps the others knows what is set. */
            if ( way != FFA_WAY_VMS && (way != FFA_WAY_FRAMEWORK || bit < 32) )
                continue;

            sum_up(ctx->ledger, way, bit, sums);
            if ( sums[FFA_FATE_SET] != sums[FFA_FATE_DELIVERED] + sums[FFA_FATE_DROPPED] )
                printk(XENLOG_ERR "ffa: d%u: bit %u %s does not balance\n", ctx->d->domain_id, bit, way_names[way]);
        }
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
