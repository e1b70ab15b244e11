/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters, the debug key 'f', the ledger of a VM, the option "ffa-trace".
 *
 * Counters are atomic and never reset; a VM's go with it. Names of calls come from the table. Locks: the debug key walks
 * the domains under RCU and reads hints under ctx->notif.lock; nothing else takes any.
 */
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/param.h>
#include <xen/rcupdate.h>

#include "ffa_private.h"

/* One line per step of a notification: for tests and for the curious */
bool __read_mostly opt_ffa_trace;
boolean_param("ffa-trace", opt_ffa_trace);

struct ffa_counters ffa_total;

struct calls {
    atomic_t done[FFA_NR_CALLS], refused[FFA_NR_CALLS];
};

/* Of VMs that are gone */
static struct calls calls;

#define ADD_COUNTER(field) atomic_add(atomic_read(&ctx->count.field), &to->field);
static void add_calls(struct ffa_counters *to, struct calls *to_calls, const struct ffa_ctx *ctx)
{
    unsigned int i;

    FFA_CALL_COUNTERS(ADD_COUNTER)
    for ( i = 0; i < FFA_NR_CALLS; i++ )
    {
        atomic_add(atomic_read(&ctx->done[i]), &to_calls->done[i]);
        atomic_add(atomic_read(&ctx->refused[i]), &to_calls->refused[i]);
    }
}

/* ffa_debug_fold - the VM is gone, its calls go into the total. Context: domain destruction, once. */
void ffa_debug_fold(const struct ffa_ctx *ctx)
{
    add_calls(&ffa_total, &calls, ctx);
}

/* What is not zero, one per line */
static void print_counters(const struct ffa_counters *count)
{
#define PRINT_COUNTER(field, text)                                                                                     \
    if ( atomic_read(&count->field) )                                                                                  \
        printk("  %10u %s\n", (unsigned int)atomic_read(&count->field), text);
    FFA_COUNTERS(PRINT_COUNTER)
#undef PRINT_COUNTER
}

/*
 * ffa_debug_ledger - the balance of a VM that is gone, for people and for tools
 * npi: injected for a list; merged: lists that needed none; get: GETs answered; bits: notifications the VM got; dropped:
 * those thrown away because it died; rescued: NPIs that the timer had to make up for.
 */
void ffa_debug_ledger(const struct ffa_ctx *ctx)
{
    printk(XENLOG_INFO "ffa: d%u ledger: npi %d merged %d get %d bits %d dropped %d rescued %d\n", ctx->d->domain_id,
           atomic_read(&ctx->count.npi), atomic_read(&ctx->count.npi_merged), atomic_read(&ctx->done[FFA_NR_NOTIF_GET]),
           atomic_read(&ctx->count.bits), atomic_read(&ctx->count.drained), atomic_read(&ctx->count.npi_rescued));
}

static void print_vm(struct ffa_ctx *ctx)
{
    unsigned int i, preempted = 0;

    for ( i = 0; i < ctx->nr_calls; i++ )
        preempted += ACCESS_ONCE(ctx->calls[i].state) == FFA_CALL_PREEMPTED;

    printk("d%u: VM %u, version %u.%u%s, RX/TX pages %u, RX %s, preempted requests %u, notifications %s\n",
           ctx->d->domain_id, ctx->vm_id, FFA_VERSION_MAJOR(ctx->version), FFA_VERSION_MINOR(ctx->version),
           ctx->version_frozen ? "" : " (open)", ctx->rxtx.nr_pages, ctx->rxtx.rx_state == FFA_RX_FREE ? "empty" : "full", preempted,
           ctx->notif.bitmap ? "on" : "off");

    if ( ACCESS_ONCE(ctx->shm.nr_shares) )
        printk("  shares memory %u times, %u pages\n", ctx->shm.nr_shares, ctx->shm.nr_pages);

    spin_lock(&ctx->notif.lock);
    for ( i = 0; i < ctx->notif.nr_hints; i++ )
    {
        const struct ffa_hint *h = &ctx->notif.hint[i];

        if ( h->sets )
            printk("  unfetched: %s %u, sets 0x%x, NPI sent for 0x%x\n", i == ctx->d->max_vcpus ? "any of" : "vCPU", i,
                   h->sets, h->told);
    }
    if ( ctx->notif.own.bound )
        printk("  bound to VMs: 0x%016"PRIx64"\n", ctx->notif.own.bound);
    spin_unlock(&ctx->notif.lock);

    for ( i = 0; i < ffa_splist_sps(); i++ )
        if ( ACCESS_ONCE(ctx->notif.bound[i]) )
            printk("  asked to bind to SP 0x%04x: 0x%016"PRIx64"\n", ffa_splist_sp(i)->id, ctx->notif.bound[i]);

    print_counters(&ctx->count);
    ffa_ledger_dump(ctx);
}

static void dump(unsigned char key)
{
    struct ffa_counters all = ffa_total;
    struct calls all_calls = calls;
    const struct domain *d;
    unsigned int i;

    printk("FF-A: firmware %u.%u, SPMC 0x%04x, notifications %s\n", FFA_VERSION_MAJOR(ffa_spmc_version()),
           FFA_VERSION_MINOR(ffa_spmc_version()), ffa_spmc_id(), ffa_notif_works() ? "on" : "off");
    for ( i = 0; i < ffa_splist_entries(); i++ )
    {
        const struct ffa_part_info *sp = ffa_splist_entry(i);

        printk("  SP 0x%04x: contexts %u, properties 0x%x, UUID %016"PRIx64" %016"PRIx64"\n", sp->id, sp->contexts,
               sp->properties, sp->uuid.lo, sp->uuid.hi);
    }

    ffa_cycles_dump();

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        const struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( ctx )
            add_calls(&all, &all_calls, ctx);
    }
    rcu_read_unlock(&domlist_read_lock);

    printk("Calls of VMs, answered with a result, with an error:\n");
    for ( i = 0; i < FFA_NR_CALLS; i++ )
        if ( atomic_read(&all_calls.done[i]) || atomic_read(&all_calls.refused[i]) )
            printk("  %10u %10u %s\n", (unsigned int)atomic_read(&all_calls.done[i]),
                   (unsigned int)atomic_read(&all_calls.refused[i]), ffa_table[i].name);

    printk("All VMs since boot:\n");
    print_counters(&all);
    ffa_ledger_dump(NULL);

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( ctx )
            print_vm(ctx);
    }
    rcu_read_unlock(&domlist_read_lock);
}

/* ffa_debug_init - install the debug key. Context: boot. */
void __init ffa_debug_init(void)
{
    register_keyhandler('f', dump, "dump FF-A state", true);
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
