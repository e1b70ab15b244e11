/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domain that schedules SPs ("xen,ffa-scheduler" in its node): its interrupt, its lists, its FFA_RUN.
 *
 * Owns who that is, and the timer that tells it again. What SPs want, and the turns, are in ffa_cycles.c. It is told of the
 * SPs that it may message, from its first call on, by the virtual SRI; its INFO_GET lists them, each piece of news once; its
 * RUN is let through for what has something to do. Refuses everybody else's RUN, and that of anything else, with DENIED.
 * SPs that it leaves waiting for a second get their turns from the hypervisor until it comes again, and all do once it has shut down.
 * Lock: ffa_cycles_lock.   Spec: DEN0077A 1.2, chapters "Notifications" and "CPU cycles".
 */
#include <xen/cpumask.h>
#include <xen/time.h>

#include <asm/vgic.h>

#include "ffa_private.h"

/* The scheduler is told again while it has not asked, by its timer, doubled each time. */
#define TELL_MIN                        MILLISECS(16)
#define TELL_MAX                        MILLISECS(1024)

/* What it leaves waiting for so long is the hypervisor's, until it runs the SP again. */
#define NEGLECT                         SECONDS(1)

/* The domain that schedules SPs: under ffa_cycles_lock; it lives from its creation to the beginning of its death. */
static struct ffa_ctx *scheduler;
static struct timer tell_timer;
static s_time_t tell_wait, told_at;     /* that long after the last SRI comes the next                               */

/* Is @sp one of the scheduler's? It must have spoken FF-A. */
static bool is_its(unsigned int sp)
{
    return scheduler && ACCESS_ONCE(scheduler->version_frozen) && ffa_may_sp(scheduler, sp, FFA_MAY_MESSAGE);
}

/* ffa_sched_hears - is the scheduler told what @sp wants? Context: ffa_cycles_lock. */
bool ffa_sched_hears(unsigned int sp)
{
    return is_its(sp) && !ACCESS_ONCE(scheduler->d->is_shutting_down);
}

/* ffa_sched_owns - does the scheduler, nobody else, look after @sp? Context: ffa_cycles_lock. */
bool ffa_sched_owns(unsigned int sp)
{
    return ffa_sched_hears(sp) && !ffa_cycles[sp].neglected;
}

/* ---- The scheduler's interrupt --------------------------------------------------------------------------------- */

static bool has_news(void)
{
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
        if ( (ffa_cycles[i].any_news || !cpumask_empty(&ffa_cycles[i].news)) && ffa_sched_hears(i) )
            return true;

    return false;
}

/* Since when has @sp waited for the scheduler to come? 0: it does not. */
static s_time_t waits_since(unsigned int sp)
{
    const struct ffa_sp_cycles *c = &ffa_cycles[sp];
    s_time_t oldest = is_its(sp) && !c->neglected ? ffa_cycles_oldest(sp) : 0;

    return oldest ? max(oldest, c->run_at) : 0;
}

/* The timer: the next SRI, while there is news; the end of patience, while something waits. */
static void rearm(void)
{
    s_time_t next = has_news() ? told_at + tell_wait : 0, since;
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        since = waits_since(i);
        if ( since && (!next || since + NEGLECT < next) )
            next = since + NEGLECT;
    }

    if ( next )
        set_timer(&tell_timer, next);
    else
        stop_timer(&tell_timer);
}

/* The virtual SRI, if a vCPU can take it; the timer sees to it that it is not the last one while there is news. */
static void tell(void)
{
    struct vcpu *v, *to = NULL;

    for_each_vcpu ( scheduler->d, v )
        if ( is_vcpu_online(v) && (!to || v->is_running) )
            to = v;

    if ( to )
    {
        FFA_COUNT(scheduler, sri_sent);
        ffa_trace("SRI to d%uv%u\n", scheduler->d->domain_id, to->vcpu_id);
        vgic_inject_irq(scheduler->d, to, GUEST_FFA_SCHEDULE_RECV_INTR_ID, true);
    }
    told_at = NOW();
}

/* ffa_sched_tell - there may be news for the scheduler. Context: ffa_cycles_lock. */
void ffa_sched_tell(void)
{
    if ( !scheduler || !has_news() )
        return;

    tell_wait = TELL_MIN;
    tell();
    rearm();
}

/* What the scheduler does not come for, or will not any more, is the hypervisor's. */
static void take_over(unsigned int sp)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    s_time_t since = waits_since(sp);

    if ( !since || (ffa_sched_hears(sp) && NOW() - since < NEGLECT) )
        return;

    c->neglected = true;
    ffa_cycles_kick_all(c);
}

static void tell_again(void *data)
{
    unsigned int i;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps(); i++ )
        take_over(i);
    if ( has_news() )
    {
        tell_wait = min(tell_wait * 2, TELL_MAX);
        tell();
    }
    rearm();
    spin_unlock(&ffa_cycles_lock);
}

/* ---- By the scheduler ------------------------------------------------------------------------------------------ */

/*
 * ffa_sched_list - the SPs for the scheduler's INFO_GET, each piece of news once
 * Returns: true if not all fitted.   Context: call of the VM @ctx.
 */
bool ffa_sched_list(struct ffa_ctx *ctx, struct ffa_info_lists *lists)
{
    bool more = false;
    unsigned int i, cpu;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps() && ctx == scheduler; i++ )
    {
        struct ffa_sp_cycles *c = &ffa_cycles[i];
        uint16_t id = ffa_splist_sp(i)->id;

        if ( !ffa_sched_hears(i) )
            continue;

        /* A list with vCPUs says also that something may pend for any of them. */
        for_each_cpu ( cpu, &cpu_online_map )
            if ( cpumask_test_cpu(cpu, &c->news) )
            {
                if ( ffa_info_add_vcpu(lists, id, cpu) )
                {
                    cpumask_clear_cpu(cpu, &c->news);
                    c->any_news = false;
                }
                else
                    more = true;
            }

        if ( c->any_news )
        {
            if ( ffa_info_add(lists, id) )
                c->any_news = false;
            else
                more = true;
        }
    }
    spin_unlock(&ffa_cycles_lock);

    return more;
}

/*
 * ffa_sched_run - FFA_RUN of an SP in which no request of the VM @ctx waits
 * Result: MSG_WAIT: it has nothing more to do; INTERRUPT, YIELD: it has.
 * DENIED: the VM is not the scheduler, or the SP has nothing to do on that vCPU. BUSY, and others of the SPMC: as they say.
 * Another CPU's vCPU gets its turn there, and INTERRUPT is the answer meanwhile.   Context: call of the VM.
 */
ffa_rc_t ffa_sched_run(struct ffa_ctx *ctx, uint16_t id, uint16_t vcpu, struct ffa_regs *out)
{
    unsigned int cpu = smp_processor_id(), on;
    int sp = ffa_splist_index(id);
    struct ffa_turn turn = { .any = false };
    struct ffa_regs res;
    bool wanted = false, finished = false, here = false;

    if ( sp < 0 )
        return FFA_INVALID_PARAMETERS;

    on = ffa_cycles_one_context(sp) ? cpu : vcpu;
    if ( on >= nr_cpu_ids || !cpu_online(on) || (ffa_cycles_one_context(sp) && vcpu) )
        return FFA_INVALID_PARAMETERS;
    here = on == cpu;

    spin_lock(&ffa_cycles_lock);
    if ( ctx == scheduler && is_its(sp) )
    {
        struct ffa_sp_cycles *c = &ffa_cycles[sp];

        wanted = c->any || cpumask_test_cpu(on, &c->wants) || ffa_cycles_begun(sp, on) ||
                 cpumask_test_cpu(on, &c->asked);
        /* Asking where there is nothing to do is no looking after what waits elsewhere. */
        c->neglected = false;
        if ( wanted )
            c->run_at = NOW();
        finished = !wanted && cpumask_test_cpu(on, &c->finished);
        cpumask_clear_cpu(on, &c->finished);
        if ( wanted && here )
        {
            cpumask_clear_cpu(cpu, &c->asked);
            turn = ffa_cycles_take(c, cpu);
        }
        else if ( wanted && !cpumask_test_cpu(on, &c->asked) )
        {
            cpumask_set_cpu(on, &c->asked);
            ffa_cycles_kick(on, 0);
        }
    }
    spin_unlock(&ffa_cycles_lock);

    ffa_encode(out, FFA_FID(INTERRUPT), 0, 0);
    out->x[1] = ((uint32_t)id << 16) | vcpu;
    if ( finished )
        ffa_encode(out, FFA_FID(MSG_WAIT), 0, 0);
    if ( finished || (wanted && !here) )
        return FFA_OK;

    if ( !wanted )
        return FFA_DENIED;

    switch ( ffa_cycles_turn(sp, &turn, true, &res) )
    {
    case FFA_TURN_OVER:
        ffa_encode(out, FFA_FID(MSG_WAIT), 0, 0);
        return FFA_OK;

    case FFA_TURN_CUT:
        /* It is the scheduler's to go on; if it does not, ours after a while, so that the SP is not lost to the others. */
        spin_lock(&ffa_cycles_lock);
        ffa_cycles_kick(cpu, FFA_CYCLES_PERIOD);
        spin_unlock(&ffa_cycles_lock);
        ffa_encode(out, res.x[0], 0, 0);
        out->x[1] = res.x[1];
        if ( res.x[0] == FFA_FID(YIELD) && ctx->version >= FFA_VERSION_1_2 )
        {
            out->x[2] = res.x[2];
            out->x[3] = res.x[3];
        }
        return FFA_OK;

    case FFA_TURN_LATER:
        /* It may not come again. */
        spin_lock(&ffa_cycles_lock);
        rearm();
        spin_unlock(&ffa_cycles_lock);
        return res.x[0] == FFA_FID(ERROR) ? ffa_spmc_status(&res) : FFA_OK;

    case FFA_TURN_REFUSED:
        break;
    }

    return res.x[0] == FFA_FID(ERROR) ? ffa_spmc_status(&res) : FFA_ABORTED;
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

/* ffa_sched_init - the VM schedules SPs, if its node says so. Context: domain creation. Undone by ffa_sched_fini(). */
void ffa_sched_init(struct ffa_ctx *ctx)
{
    bool taken;

    if ( !ctx->policy.scheduler )
        return;

    if ( !ffa_notif_works() )
    {
        ctx->policy.scheduler = false;
        return;
    }

    spin_lock(&ffa_cycles_lock);
    taken = scheduler;
    if ( !taken )
    {
        scheduler = ctx;
        tell_wait = TELL_MIN;
    }
    spin_unlock(&ffa_cycles_lock);

    if ( !taken )
        return;

    ctx->policy.scheduler = false;
    printk(XENLOG_WARNING "ffa: d%u: another domain schedules partitions\n", ctx->d->domain_id);
}

/* ffa_sched_fini - the VM begins to die: what it has not run is the hypervisor's. Context: its vCPUs have stopped. */
void ffa_sched_fini(struct ffa_ctx *ctx)
{
    unsigned int i, cpu;

    spin_lock(&ffa_cycles_lock);
    if ( scheduler == ctx )
    {
        scheduler = NULL;
        stop_timer(&tell_timer);
        for ( i = 0; i < ffa_splist_sps(); i++ )
        {
            struct ffa_sp_cycles *c = &ffa_cycles[i];

            cpumask_clear(&c->finished);
            cpumask_clear(&c->asked);
            c->neglected = false;
            ffa_cycles_kick_all(c);
            for_each_cpu ( cpu, &c->begun )
                ffa_cycles_kick(cpu, 0);
        }
    }
    spin_unlock(&ffa_cycles_lock);
}

/* ffa_sched_reset - nobody schedules yet. Context: boot, CPU0. */
void ffa_sched_reset(void)
{
    scheduler = NULL;
    init_timer(&tell_timer, tell_again, NULL, 0);
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
