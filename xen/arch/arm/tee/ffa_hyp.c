/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor as an endpoint of notifications: id 0.
 *
 * As sender: ffa_hyp_notif_set() rings VMs, and SPs through the SPMC, that have bound the bit to id 0. A per-vCPU bit is for
 * all vCPUs of the receiver: what happens here concerns an endpoint, not one of its vCPUs. As receiver: a table of handlers
 * per bit. Bits from VMs are kept here, with the VM that set them (ctx->hyp), so each VM has its own; bits from SPs are the
 * SPMC's, if it makes a bitmap for id 0 (O with NS virtualization does not: then there are none, and a line says so).
 * The hypervisor's vCPUs are the CPUs. A VM is listened to once per BELL_PERIOD; what it rings meanwhile merges.
 * Locks: ctx->notif.lock for what a VM has rung; listen_lock, inside it, for the timers. None over an SMC.
 * Spec: DEN0077A 1.2, chapter "Notifications".
 */
#include <xen/cpumask.h>
#include <xen/nospec.h>
#include <xen/percpu.h>
#include <xen/rcupdate.h>
#include <xen/time.h>

#include "ffa_private.h"

#define BELL_PERIOD                     SECONDS(1)

/* A GET that failed is repeated, since the SPMC has said that something pends, and will not again. */
#define FETCH_AGAIN                     MILLISECS(10)
#define FETCH_TRIES                     10U

static ffa_hyp_handler *from_vms[64], *from_sps[64];
static uint64_t vm_bits, vm_per_vcpu;   /* those of the VMs' set that have a handler; fixed after boot               */
static uint16_t sp_of[64];              /* who each bit of the SPs' set is bound to; 0: nobody                       */

static bool receives;                   /* the SPMC has a bitmap for id 0                                            */
static bool prepared;                   /* it was asked                                                              */
static DECLARE_BITMAP(listens, FFA_MAX_SPS); /* SPs that rang since they last refused an event                       */

static struct tasklet changed;
static DEFINE_PER_CPU(struct timer, bell_timer);

/* CPUs whose GET failed; under listen_lock, as is setting a bell_timer */
static DEFINE_SPINLOCK(listen_lock);
static cpumask_t fetch_again;
static unsigned int fetch_tries;
static struct timer fetch_timer;

/* ---- Sender ---------------------------------------------------------------------------------------------------- */

/* Rings @bits of @sp, whether it has bound them as global or per-vCPU: it says so itself by refusing the other. Its vCPUs are the CPUs. */
static void ring_sp(unsigned int sp, uint64_t bits)
{
    uint32_t ids = ((uint32_t)FFA_ID_HYP << 16) | ffa_splist_sp(sp)->id;
    unsigned int vcpu, vcpus = min_t(unsigned int, ffa_splist_sp(sp)->contexts, nr_cpu_ids), set = 0;
    ffa_rc_t rc = ffa_spmc_simple(FFA_FID(NOTIF_SET), ids, 0, (uint32_t)bits, bits >> 32, NULL);

    if ( ffa_ok(rc) )
        ffa_hyp_book(FFA_WAY_OUT, FFA_FATE_SET, bits);

    for ( vcpu = 0; ffa_is(rc, FFA_INVALID_PARAMETERS) && vcpu < vcpus; vcpu++ )
        if ( ffa_ok(ffa_spmc_simple(FFA_FID(NOTIF_SET), ids, FFA_NOTIF_PER_VCPU | (vcpu << 16), (uint32_t)bits,
                                    bits >> 32, NULL)) )
        {
            ffa_hyp_book(FFA_WAY_OUT, FFA_FATE_SET, bits);
            set++;
        }
        else
            break;

    if ( ffa_ok(rc) || set )
        return;

    /* It has not bound them. It hears of events again after it has rung. */
    ffa_hyp_book(FFA_WAY_OUT, FFA_FATE_REFUSED, bits);
    clear_bit(sp, listens);
}

/*
 * ffa_hyp_notif_set - ring a VM
 * @bits: of its set "from VMs"; those that it has not bound to id 0 are left out
 * Context: trap, softirq; no lock held; @to does not go away.
 */
void ffa_hyp_notif_set(struct ffa_ctx *to, uint64_t bits)
{
    ffa_hyp_book(FFA_WAY_OUT, FFA_FATE_SET, ffa_notif_own_event(to, bits));
}

/* ffa_hyp_partitions_changed - a VM has come or gone. Context: trap, softirq; locks may be held. */
void ffa_hyp_partitions_changed(void)
{
    tasklet_schedule(&changed);
}

/* ---- Receiver: VMs --------------------------------------------------------------------------------------------- */

/*
 * ffa_hyp_notif_bind - let VMs that the policy allows it ring @bit
 * @per_vcpu: they name a CPU, and @handler is called there   Context: boot.
 */
void ffa_hyp_notif_bind(unsigned int bit, bool per_vcpu, ffa_hyp_handler *handler)
{
    from_vms[bit] = handler;
    vm_bits |= (uint64_t)1 << bit;
    if ( per_vcpu )
        vm_per_vcpu |= (uint64_t)1 << bit;
}

/* The timer of @cpu comes at @when, or before. Also for another CPU, and for one that is in its timer's function. */
static void listen_by(unsigned int cpu, s_time_t when)
{
    struct timer *timer = &per_cpu(bell_timer, cpu);

    spin_lock(&listen_lock);
    if ( !timer_is_active(timer) || timer->expires > when )
        set_timer(timer, when);
    spin_unlock(&listen_lock);
}

/*
 * ffa_hyp_rung - FFA_NOTIFICATION_SET of a VM for the hypervisor
 * @flags: w2, its reserved bits checked. INVALID_PARAMETERS: no such CPU, per-vCPU or not is not how the bits are bound;
 * DENIED: one of them has no handler.   Context: call of the VM, which the policy lets ring the hypervisor.
 */
ffa_rc_t ffa_hyp_rung(struct ffa_ctx *from, uint32_t flags, uint64_t bits)
{
    bool per_vcpu = flags & FFA_NOTIF_PER_VCPU;
    unsigned int cpu = flags >> 16;
    struct ffa_hyp_vm *hyp = &from->hyp;
    uint64_t *pending = &hyp->pending, fresh;

    if ( cpu >= nr_cpu_ids )
        return FFA_INVALID_PARAMETERS;
    cpu = array_index_nospec(cpu, NR_CPUS);
    if ( !cpu_online(cpu) )
        return FFA_INVALID_PARAMETERS;

    if ( bits & ~vm_bits )
        return FFA_DENIED;

    if ( (vm_per_vcpu & bits) != (per_vcpu ? bits : 0) )
        return FFA_INVALID_PARAMETERS;

    if ( per_vcpu )
        pending = &hyp->vpending[cpu];
    else
        cpu = smp_processor_id();

    spin_lock(&from->notif.lock);
    fresh = bits & ~*pending;
    *pending |= bits;
    ffa_hyp_book(FFA_WAY_VMS, FFA_FATE_SET, fresh);
    ffa_hyp_book(FFA_WAY_VMS, FFA_FATE_MERGED, bits & ~fresh);
    if ( fresh )
        listen_by(cpu, max(hyp->next, NOW()));
    spin_unlock(&from->notif.lock);

    return FFA_OK;
}

/* What @ctx has rung, globally and on @cpu, to the handlers. */
static void listen_to(struct ffa_ctx *ctx, unsigned int cpu)
{
    uint64_t bits, vbits;

    spin_lock(&ctx->notif.lock);
    bits = ctx->hyp.pending;
    vbits = ctx->hyp.vpending[cpu];
    ctx->hyp.pending = ctx->hyp.vpending[cpu] = 0;
    ctx->hyp.next = NOW() + BELL_PERIOD;
    spin_unlock(&ctx->notif.lock);

    ffa_hyp_book(FFA_WAY_VMS, FFA_FATE_DELIVERED, bits);
    ffa_hyp_book(FFA_WAY_VMS, FFA_FATE_DELIVERED, vbits);
    for ( bits |= vbits; bits; bits &= bits - 1 )
        from_vms[__builtin_ctzll(bits)](ctx->vm_id, __builtin_ctzll(bits), cpu);
}

/* Timer of a CPU */
static void listen_to_vms(void *unused)
{
    unsigned int cpu = smp_processor_id();
    s_time_t now = NOW(), next = 0;
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( !ctx || !(ACCESS_ONCE(ctx->hyp.pending) | ACCESS_ONCE(ctx->hyp.vpending[cpu])) )
            continue;

        if ( ctx->hyp.next <= now )
            listen_to(ctx, cpu);
        else if ( !next || ctx->hyp.next < next )
            next = ctx->hyp.next;
    }
    rcu_read_unlock(&domlist_read_lock);

    if ( next )
        listen_by(cpu, next);
}

/* ffa_hyp_vm_fini - a VM is dead: what it has rung is heard now. Context: clean-up; its vCPUs have stopped. */
void ffa_hyp_vm_fini(struct ffa_ctx *ctx)
{
    unsigned int cpu;

    for_each_cpu ( cpu, &cpu_online_map )
        if ( ctx->hyp.pending | ctx->hyp.vpending[cpu] )
            listen_to(ctx, cpu);
}

/* ---- Receiver: SPs --------------------------------------------------------------------------------------------- */

/*
 * ffa_hyp_notif_bind_sp - let the SP with index @sp ring @bit: BIND at the SPMC
 * Returns: what the SPMC says. @per_vcpu: a vCPU of the hypervisor is a CPU.   Context: once, when the first VM comes.
 */
ffa_rc_t ffa_hyp_notif_bind_sp(unsigned int sp, unsigned int bit, bool per_vcpu, ffa_hyp_handler *handler)
{
    uint16_t id = ffa_splist_sp(sp)->id;
    uint64_t mask = (uint64_t)1 << bit;
    ffa_rc_t rc;

    if ( sp_of[bit] )
        return FFA_DENIED;

    rc = ffa_spmc_simple(FFA_FID(NOTIF_BIND), ((uint32_t)id << 16) | FFA_ID_HYP, per_vcpu ? FFA_NOTIF_PER_VCPU : 0,
                         (uint32_t)mask, mask >> 32, NULL);
    if ( !ffa_ok(rc) )
        return rc;

    sp_of[bit] = id;
    from_sps[bit] = handler;

    return FFA_OK;
}

/* What pends for @cpu, and for any, to the handlers. Returns: false: the SPMC does not say. */
static bool fetch(unsigned int cpu)
{
    struct ffa_regs res;
    uint64_t bits;

    if ( !ffa_ok(ffa_spmc_simple(FFA_FID(NOTIF_GET), ((uint32_t)cpu << 16) | FFA_ID_HYP, FFA_NOTIF_GET_SPMC, 0, 0, &res)) )
        return false;

    bits = (uint32_t)res.x[2] | (res.x[3] << 32);
    ffa_hyp_book(FFA_WAY_SPS, FFA_FATE_DELIVERED, bits);
    for ( ; bits; bits &= bits - 1 )
    {
        unsigned int bit = __builtin_ctzll(bits);

        /* Nobody may set others. */
        if ( !sp_of[bit] )
            continue;

        set_bit(ffa_splist_index(sp_of[bit]), listens);
        from_sps[bit](sp_of[bit], bit, cpu);
    }

    return true;
}

static void fetch_or_retry(unsigned int cpu)
{
    if ( fetch(cpu) )
        return;

    FFA_COUNT_TOTAL(hyp_get_error);
    spin_lock(&listen_lock);
    if ( fetch_tries < FETCH_TRIES )
    {
        cpumask_set_cpu(cpu, &fetch_again);
        set_timer(&fetch_timer, NOW() + FETCH_AGAIN);
    }
    spin_unlock(&listen_lock);
}

static void retry_fetch(void *unused)
{
    cpumask_t cpus;
    unsigned int cpu;

    spin_lock(&listen_lock);
    cpumask_copy(&cpus, &fetch_again);
    cpumask_clear(&fetch_again);
    fetch_tries++;
    spin_unlock(&listen_lock);

    for_each_cpu ( cpu, &cpus )
        fetch_or_retry(cpu);
}

/*
 * ffa_hyp_listed - INFO_GET names the hypervisor
 * @vcpus, @nr: CPUs that have something of their own. Not trusted.   Context: softirq.
 */
void ffa_hyp_listed(const uint16_t *vcpus, unsigned int nr)
{
    unsigned int i;

    if ( !receives )
    {
        FFA_COUNT_TOTAL(drop_hyp);
        return;
    }

    FFA_COUNT_TOTAL(hyp_lists);
    fetch_tries = 0;
    for ( i = 0; i < nr; i++ )
    {
        if ( vcpus[i] < nr_cpu_ids && cpu_online(vcpus[i]) )
            fetch_or_retry(vcpus[i]);
        else
            FFA_COUNT_TOTAL(drop_vcpu);
    }
    if ( !nr )
        fetch_or_retry(smp_processor_id());
}

/* ffa_hyp_listed_all - the SPMC has said something unintelligible. Context: softirq. */
void ffa_hyp_listed_all(void)
{
    unsigned int cpu;

    if ( !receives )
        return;

    for_each_cpu ( cpu, &cpu_online_map )
        fetch_or_retry(cpu);
}

/* ---- What the bits are for ------------------------------------------------------------------------------------- */

/* An SP wants cycles, for any of its vCPUs or for the one of this number. */
static void sp_wants_cycles(uint16_t sender, unsigned int bit, unsigned int cpu)
{
    uint16_t vcpu = cpu;

    ffa_cycles_want(sender, &vcpu, bit & 1);
}

static void print_ledger(uint16_t sender, unsigned int bit, unsigned int cpu)
{
    struct domain *d = rcu_lock_domain_by_id(sender - 1U);

    if ( !d )
        return;

    if ( d->arch.tee )
        ffa_ledger_report(d->arch.tee);
    rcu_unlock_domain(d);
}

static void print_cpu(uint16_t sender, unsigned int bit, unsigned int cpu)
{
    ffa_cycles_report(sender - 1U, cpu);
}

/* Become an endpoint of the SPMC's. Context: softirq, with all CPUs online; once, later calls do nothing. */
static void prepare(void)
{
    unsigned int i, bit;
    ffa_rc_t rc;

    if ( prepared || !ffa_notif_works() )
        return;
    prepared = true;

    rc = ffa_spmc_simple(FFA_FID(NOTIF_BITMAP_CREATE), FFA_ID_HYP, num_online_cpus(), 0, 0, NULL);
    receives = ffa_ok(rc);
    for ( i = 0; receives && i < ffa_splist_sps(); i++ )
    {
        bit = FFA_HYP_BELL_SP(ffa_splist_sp(i)->id);
        rc = ffa_hyp_notif_bind_sp(i, bit, false, sp_wants_cycles);
        if ( ffa_ok(rc) )
            rc = ffa_hyp_notif_bind_sp(i, bit + 1, true, sp_wants_cycles);
        if ( !ffa_ok(rc) )
            printk(XENLOG_INFO "ffa: SP 0x%04x cannot ring for cycles: %d\n", ffa_splist_sp(i)->id, rc.code);
    }
    if ( !receives )
        printk(XENLOG_INFO "ffa: SPs cannot ring the hypervisor: BITMAP_CREATE: %d\n", rc.code);
}

/* Tasklet: VMs have come or gone. Who could see that is told; who came itself knows. */
static void tell_changed(void *unused)
{
    struct domain *d;
    unsigned int i;

    prepare();

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);
        unsigned int changes;

        if ( !ctx || !ACCESS_ONCE(ctx->version_frozen) )
            continue;

        changes = ffa_vm_changes(ctx);
        if ( changes == ctx->hyp.changes )
            continue;

        ctx->hyp.changes = changes;
        ffa_hyp_notif_set(ctx, (uint64_t)1 << FFA_HYP_EVENT_PARTITIONS);
    }
    rcu_read_unlock(&domlist_read_lock);

    for ( i = 0; i < ffa_splist_sps() && ffa_spmc_has(FFA_NR_NOTIF_SET); i++ )
        if ( test_bit(i, listens) )
            ring_sp(i, (uint64_t)1 << FFA_HYP_EVENT_PARTITIONS);
}

/* ffa_hyp_init_cpu - for this CPU; on the first one, for all. Context: boot, that CPU. */
void ffa_hyp_init_cpu(void)
{
    init_timer(&this_cpu(bell_timer), listen_to_vms, NULL, smp_processor_id());
    if ( smp_processor_id() )
        return;

    prepared = receives = false;
    memset(sp_of, 0, sizeof(sp_of));
    bitmap_zero(listens, FFA_MAX_SPS);
    init_timer(&fetch_timer, retry_fetch, NULL, 0);
    softirq_tasklet_init(&changed, tell_changed, NULL);
    ffa_hyp_notif_bind(FFA_HYP_BELL_LEDGER, false, print_ledger);
    ffa_hyp_notif_bind(FFA_HYP_BELL_CPU, true, print_cpu);
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
