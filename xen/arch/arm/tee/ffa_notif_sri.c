/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way in: schedule receiver interrupt, INFO_GET, lists to VMs.
 *
 * Owns the SRI on every CPU, a tasklet and a timer per CPU, and the gate between INFO_GET and VM destroyed. The handler
 * only schedules its CPU's tasklet; the tasklet, a softirq on that same CPU, calls INFO_GET while the SPMC has more, up to
 * a bound, and again after an error. What the SPMC says about unknown or dying VMs, SPs or the hypervisor is counted and no reason to stop.
 * Lock: none; the gate is one atomic word.   Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/cpumask.h>
#include <xen/init.h>
#include <xen/irq.h>
#include <xen/percpu.h>
#include <xen/rcupdate.h>
#include <xen/tasklet.h>
#include <xen/time.h>

#include <asm/gic.h>
#include <asm/processor.h>

#include "ffa_private.h"

/*
 * INFO_GETs in one go. Each names up to 20 endpoints, so an honest SPMC never gets there; one that always has more costs
 * a CPU this many SMCs per delay, and the delay doubles while that goes on.
 */
#define INFO_GET_BOUND                  32U
#define INFO_GET_DELAY_MIN              1U    /* ms */
#define INFO_GET_DELAY_MAX              64U   /* ms */

/* An INFO_GET that fails may have cost a notification, so it is repeated, with the same delays; then an SRI is waited for. */
#define INFO_GET_TRIES                  10U

/* VM destroyed waits this long for INFO_GETs that are under way. */
#define GATE_PATIENCE                   MILLISECS(1)

#define SRI_MAX                         1019U

struct sri_cpu {
    struct tasklet tasklet;
    struct timer timer;                 /* schedules the tasklet again after a bound or an error                     */
    unsigned int delay;                 /* ms; this and                                                              */
    unsigned int failures;              /* errors in a row: only the tasklet writes it                               */
};
static DEFINE_PER_CPU(struct sri_cpu, sri_cpu);

static bool __ro_after_init notif_works;
static unsigned int __ro_after_init sri;
static uint32_t __ro_after_init info_get_fid;

/* ffa_notif_works - can VMs have notifications at all? Decided at boot. */
bool ffa_notif_works(void)
{
    return notif_works;
}

/* ---- The gate -------------------------------------------------------------------------------------------------- */

/*
 * INFO_GET may be under way on any number of CPUs, or VM destroyed messages may, but not both: OP-TEE walks its guests in
 * the one and frees a guest in the other. A lock would be held over SMCs that take arbitrarily long; so whoever comes
 * second goes away and is called again: INFO_GET by ffa_gate_open(), VM destroyed by its timer.
 */
static atomic_t gate;                   /* INFO_GETs under way, plus GATE_CLOSER for each closer                       */
static cpumask_t gate_deferred;         /* CPUs whose tasklet found the gate closed                                  */

#define GATE_CLOSER                     0x10000

static bool gate_enter(void)
{
    unsigned int cpu = smp_processor_id();

    while ( unlikely(atomic_inc_return(&gate) >= GATE_CLOSER) )
    {
        /* Announced before it is left: the last closer sees it, or we see that there is none any more. */
        cpumask_set_cpu(cpu, &gate_deferred);
        if ( atomic_dec_return(&gate) >= GATE_CLOSER || !cpumask_test_and_clear_cpu(cpu, &gate_deferred) )
            return false;
    }

    return true;
}

static void gate_leave(void)
{
    (void)atomic_dec_return(&gate);
}

/* ffa_gate_open - the message has been answered (or not sent): INFO_GETs that came meanwhile are made up for. */
void ffa_gate_open(void)
{
    unsigned int cpu;

    if ( atomic_sub_return(GATE_CLOSER, &gate) >= GATE_CLOSER )
        return;

    for_each_cpu ( cpu, &gate_deferred )
        if ( cpumask_test_and_clear_cpu(cpu, &gate_deferred) )
            tasklet_schedule_on_cpu(&per_cpu(sri_cpu, cpu).tasklet, cpu);
}

/*
 * ffa_gate_close - a VM destroyed message is about to be sent
 * Returns: true: no INFO_GET is or will be under way until ffa_gate_open(). False: one did not end; the gate is as before.
 */
bool ffa_gate_close(void)
{
    s_time_t end = NOW() + GATE_PATIENCE;
    bool closed;

    (void)atomic_add_return(GATE_CLOSER, &gate);

    do {
        cpu_relax();
        closed = !(atomic_read(&gate) % GATE_CLOSER);
    } while ( !closed && NOW() < end );

    if ( !closed )
        ffa_gate_open();
    smp_mb();

    return closed;
}

/* ---- INFO_GET -------------------------------------------------------------------------------------------------- */

/* One list. The domain cannot go away under the RCU lock, and its context goes after it. */
static void take_list(void *arg, uint16_t vm, const uint16_t *vcpus, unsigned int nr)
{
    struct domain *d;
    struct ffa_ctx *ctx;

    TRACE_TIME(TRC_FFA_LIST, vm, nr, nr > 0 ? vcpus[0] : 0, nr > 1 ? vcpus[1] : 0, nr > 2 ? vcpus[2] : 0);

    /* Not a VM: out of the way of those */
    if ( unlikely(vm == FFA_ID_HYP || (vm & FFA_ID_SECURE)) )
    {
        if ( vm == FFA_ID_HYP )
            ffa_hyp_listed(vcpus, nr);
        else
            ffa_cycles_want(vm, vcpus, nr);
        return;
    }

    d = rcu_lock_domain_by_id(vm - 1);
    if ( !d )
    {
        FFA_COUNT_TOTAL(drop_unknown);
        return;
    }

    ctx = ACCESS_ONCE(d->arch.tee);
    if ( likely(ctx) )
        ffa_notif_mark(ctx, vcpus, nr);
    else
        FFA_COUNT_TOTAL(drop_unknown);
    rcu_unlock_domain(d);
}

/* The same with ffa-trace */
static void take_list_aloud(void *arg, uint16_t vm, const uint16_t *vcpus, unsigned int nr)
{
    if ( !nr )
        ffa_trace("list vm %u\n", vm);
    else if ( nr == 1 )
        ffa_trace("list vm %u vcpus %u\n", vm, vcpus[0]);
    else if ( nr == 2 )
        ffa_trace("list vm %u vcpus %u %u\n", vm, vcpus[0], vcpus[1]);
    else
        ffa_trace("list vm %u vcpus %u %u %u\n", vm, vcpus[0], vcpus[1], vcpus[2]);
    take_list(arg, vm, vcpus, nr);
}

/* Part of an answer makes no sense: what it said, it has said, and counts as told. So whoever may be meant is told. */
static void tell_all(void)
{
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( ctx )
            ffa_notif_mark_all(ctx);
    }
    rcu_read_unlock(&domlist_read_lock);
    ffa_cycles_want_all();
    ffa_hyp_listed_all();
}

/* One INFO_GET. DONE: nothing more to ask for. AGAIN: it failed. */
enum info { INFO_DONE, INFO_MORE, INFO_AGAIN };
static enum info info_get(void)
{
    struct ffa_walk_result result;
    struct ffa_regs res;
    ffa_rc_t rc;

    if ( !gate_enter() )
    {
        FFA_COUNT_TOTAL(info_deferred);
        return INFO_DONE;
    }
    FFA_COUNT_TOTAL(info_get);
    rc = ffa_spmc_simple(info_get_fid, 0, 0, 0, 0, &res);
    gate_leave();

    if ( !ffa_ok(rc) )
    {
        if ( ffa_is(rc, FFA_NO_DATA) )
            FFA_COUNT_TOTAL(info_nodata);
        else
            FFA_COUNT_TOTAL(info_error);
        ffa_trace("info_get: lists 0 more 0\n");
        return ffa_is(rc, FFA_NO_DATA) ? INFO_DONE : INFO_AGAIN;
    }

    ffa_trace("info_get: lists %u more %u\n", (unsigned int)(res.x[2] >> 7) & 0x1f, (unsigned int)res.x[2] & 1);
    result = ffa_notif_walk(&res, unlikely(opt_ffa_trace) ? take_list_aloud : take_list, NULL);
    atomic_add(result.lists, &ffa_total.lists);
    ffa_notif_patrol();
    if ( result.malformed )
    {
        FFA_COUNT_TOTAL(info_malformed);
        tell_all();
    }

    return result.more ? INFO_MORE : INFO_DONE;
}

/* Context: softirq on the CPU that took the SRI. */
static void sri_work(void *data)
{
    struct sri_cpu *cpu = data;
    enum info next = INFO_MORE;
    unsigned int i;

    for ( i = 0; i < INFO_GET_BOUND && next == INFO_MORE; i++ )
        next = info_get();

    if ( next == INFO_MORE )
    {
        FFA_COUNT_TOTAL(info_bound);
        cpu->failures = 0;
    }
    else if ( next == INFO_AGAIN && cpu->failures < INFO_GET_TRIES )
    {
        FFA_COUNT_TOTAL(info_again);
        cpu->failures++;
    }
    else
    {
        cpu->failures = 0;
        cpu->delay = INFO_GET_DELAY_MIN;
        return;
    }

    set_timer(&cpu->timer, NOW() + MILLISECS(cpu->delay));
    cpu->delay = min(cpu->delay * 2, INFO_GET_DELAY_MAX);
}

static void sri_again(void *data)
{
    struct sri_cpu *cpu = data;

    tasklet_schedule(&cpu->tasklet);
}

/* Context: interrupt. */
static void sri_interrupt(int irq, void *dev_id)
{
    TRACE_TIME(TRC_FFA_SRI, irq);
    FFA_COUNT_TOTAL(sri);
    ffa_trace("SRI on cpu%u\n", smp_processor_id());
    tasklet_schedule(&this_cpu(sri_cpu).tasklet);
}

/* ---- Set-up ---------------------------------------------------------------------------------------------------- */

static void __init prepare_cpu(void)
{
    struct sri_cpu *cpu = &this_cpu(sri_cpu);

    cpu->delay = INFO_GET_DELAY_MIN;
    softirq_tasklet_init(&cpu->tasklet, sri_work, cpu);
    init_timer(&cpu->timer, sri_again, cpu, smp_processor_id());
    ffa_cycles_init_cpu();
}

static int __init request_sri(void)
{
    int rc;

    /* SGIs have a fixed type. Nothing describes the type of another SRI; it carries no level to wait for. */
    if ( sri >= NR_GIC_SGI )
    {
        rc = irq_set_type(sri, IRQ_TYPE_EDGE_RISING);
        if ( rc )
            return rc;
    }

    return request_irq(sri, 0, sri_interrupt, "FF-A SRI", NULL);
}

/*
 * ffa_sri_probe - decide whether VMs get notifications, and take the SRI on this CPU
 * Without one of the calls, or with an SRI that cannot be used, one line says why, and the mediator works without.
 * Context: boot, CPU0, interrupts enabled.
 */
void __init ffa_sri_probe(void)
{
    static const enum ffa_call_nr needed[] = {
        FFA_NR_NOTIF_BITMAP_CREATE, FFA_NR_NOTIF_BITMAP_DESTROY, FFA_NR_NOTIF_BIND, FFA_NR_NOTIF_UNBIND,
        FFA_NR_NOTIF_GET,
    };
    uint32_t value;
    unsigned int i;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(needed); i++ )
        if ( !ffa_spmc_has(needed[i]) )
        {
            printk(XENLOG_INFO "ffa: no notifications: firmware lacks %s\n", ffa_table[needed[i]].name);
            return;
        }

    if ( ffa_spmc_has(FFA_NR_NOTIF_INFO_GET_64) )
        info_get_fid = FFA_FID(NOTIF_INFO_GET_64);
    else if ( ffa_spmc_has(FFA_NR_NOTIF_INFO_GET_32) )
        info_get_fid = FFA_FID(NOTIF_INFO_GET_32);
    else
    {
        printk(XENLOG_INFO "ffa: no notifications: firmware lacks NOTIF_INFO_GET\n");
        return;
    }

    if ( !ffa_spmc_feature(FFA_FEATURE_SRI, &value) )
    {
        printk(XENLOG_INFO "ffa: no notifications: firmware names no schedule receiver interrupt\n");
        return;
    }

    /* The first SGIs are the hypervisor's own: a handler for them would never be called. */
    if ( value < GIC_SGI_STATIC_MAX || value > SRI_MAX )
    {
        printk(XENLOG_ERR "ffa: no notifications: schedule receiver interrupt %u cannot be used\n", value);
        return;
    }

    sri = value;
    prepare_cpu();
    rc = request_sri();
    if ( rc )
    {
        printk(XENLOG_ERR "ffa: no notifications: schedule receiver interrupt %u: error %d\n", sri, rc);
        return;
    }

    notif_works = true;
    if ( ffa_splist_sps() )
        ffa_spmc_probe_set(ffa_splist_sp(0)->id);
}

/* ffa_sri_init_secondary - the same on a further CPU. An SPI needs one handler only. Context: that CPU, booting. */
void __init ffa_sri_init_secondary(void)
{
    int rc;

    if ( !notif_works )
        return;

    prepare_cpu();
    rc = sri < NR_LOCAL_IRQS ? request_sri() : 0;
    if ( rc )
        printk(XENLOG_ERR "ffa: cpu%u: schedule receiver interrupt %u: error %d; notifications raised here are lost\n",
               smp_processor_id(), sri, rc);
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
