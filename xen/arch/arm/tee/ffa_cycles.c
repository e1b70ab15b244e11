/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cycles for Secure Partitions that have notifications to fetch.
 *
 * Owns what INFO_GET has said of each SP, from the list that names it until a turn (FFA_RUN) that ends with MSG_WAIT; and per
 * CPU a timer and a tasklet of the idle vCPU. Who gives the turns: the domain that the device tree made the scheduler
 * (ffa_sched.c), if it is there and may message the SP; else the hypervisor, in the idle time of a CPU, after some waiting
 * also where there is none.
 * A turn ends with the next interrupt, and one of the timer comes after SLICE. All turns of an SP that the hypervisor gives
 * have a BUDGET per FFA_CYCLES_PERIOD: one that computes on has that much, and then waits. The scheduler's turns are its own time.
 * An SP with several contexts has one per physical CPU, so that a vCPU's turn is on the CPU of its number.
 * Never run here: an SP whose context is preempted in a request of a VM. RUN would go on with that. If it was preempted too late
 * for us to see it, the answer comes to us, and is handed on.
 * Lock: ffa_cycles_lock, never over an SMC; inside it only the vGIC's, the scheduler's and the timers' locks.
 * Spec: DEN0077A 1.2, chapters "Notifications" and "CPU cycles".
 */
#include <xen/cpumask.h>
#include <xen/percpu.h>
#include <xen/rcupdate.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include "ffa_private.h"

#define SLICE                           MILLISECS(1)
#define BUDGET                          MILLISECS(10)
#define TURN_MIN                        MICROSECS(50) /* what the shortest turn counts for: SPs that yield all the time */

/* How long CPUs that are never idle are waited for; then one has to give a turn. The first look again is after WAIT_MIN. */
#define WAIT_MIN                        MILLISECS(1)
#define PATIENCE                        MILLISECS(31)

/* An SP that cannot be run here now is let alone that long, doubled each time until it can. */
#define AGAIN_MAX                       MILLISECS(32)

struct cycles_cpu {
    struct timer timer;                 /* looks after what is wanted here, and ends turns                           */
    struct tasklet tasklet;             /* gives turns                                                               */
    unsigned int turns;                 /* turns given here, and                                                     */
    s_time_t took;                      /* ... the time they took: only that CPU writes them                         */
    struct {                            /* under ffa_cycles_lock                                                     */
        s_time_t since;                 /* when its vCPU of here began to want the turn, or got the one that was cut */
        s_time_t when, delay;           /* no turn before; that long after the last try                              */
    } sp[FFA_MAX_SPS];
};
static DEFINE_PER_CPU(struct cycles_cpu, cycles_cpu);

DEFINE_SPINLOCK(ffa_cycles_lock);
struct ffa_sp_cycles ffa_cycles[FFA_MAX_SPS];

/* ---- What is wanted -------------------------------------------------------------------------------------------- */

/*
 * ffa_cycles_kick - let @cpu look after what is wanted there in @delay, or before
 * Context: ffa_cycles_lock, so that rearm() does not miss it.
 */
void ffa_cycles_kick(unsigned int cpu, s_time_t delay)
{
    struct timer *timer = &per_cpu(cycles_cpu, cpu).timer;
    s_time_t when = NOW() + delay;

    if ( !timer_is_active(timer) || timer->expires > when )
        set_timer(timer, when);
}

/* ffa_cycles_kick_all - let the CPUs look after all that is wanted of an SP. Context: ffa_cycles_lock. */
void ffa_cycles_kick_all(const struct ffa_sp_cycles *c)
{
    unsigned int cpu;

    for_each_cpu ( cpu, &c->wants )
        ffa_cycles_kick(cpu, 0);
    if ( c->any )
        ffa_cycles_kick(c->any_cpu, 0);
}

static void want_any(struct ffa_sp_cycles *c)
{
    if ( !c->any )
        c->any_since = NOW();
    c->any = c->any_news = true;
    c->any_cpu = smp_processor_id();
    c->passed = 0;
}

static void want_on(unsigned int sp, unsigned int cpu)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];

    if ( !cpumask_test_cpu(cpu, &c->wants) && !cpumask_test_cpu(cpu, &c->begun) )
        per_cpu(cycles_cpu, cpu).sp[sp].since = NOW();
    cpumask_set_cpu(cpu, &c->wants);
    cpumask_set_cpu(cpu, &c->news);
}

/*
 * ffa_cycles_oldest - when @sp began to want the oldest of what it wants and is in no turn for; 0: nothing
 * Context: ffa_cycles_lock.
 */
s_time_t ffa_cycles_oldest(unsigned int sp)
{
    const struct ffa_sp_cycles *c = &ffa_cycles[sp];
    s_time_t oldest = c->any ? c->any_since : 0, since;
    unsigned int cpu;

    for_each_cpu ( cpu, &c->wants )
    {
        since = per_cpu(cycles_cpu, cpu).sp[sp].since;
        oldest = oldest ? min(oldest, since) : since;
    }

    return oldest;
}

static void want(unsigned int sp, const uint16_t *vcpus, unsigned int nr)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    unsigned int i;

    for ( i = 0; i < nr && !ffa_cycles_one_context(sp); i++ )
    {
        if ( vcpus[i] >= nr_cpu_ids || !cpu_online(vcpus[i]) )
        {
            FFA_COUNT_TOTAL(drop_vcpu);
            continue;
        }
        want_on(sp, vcpus[i]);
    }

    if ( !nr || ffa_cycles_one_context(sp) )
        want_any(c);

    /* Who gives it turns is told. */
    if ( !ffa_sched_owns(sp) )
        ffa_cycles_kick_all(c);
    if ( ffa_sched_hears(sp) )
        ffa_sched_tell();
}

/*
 * ffa_cycles_want - an SP has something to fetch
 * @id: of the SP, as the SPMC or the SP says: not trusted; @vcpus, @nr: its vCPUs that have, none: any of them
 * Context: softirq.
 */
void ffa_cycles_want(uint16_t id, const uint16_t *vcpus, unsigned int nr)
{
    int sp = ffa_splist_index(id);

    if ( sp < 0 )
    {
        FFA_COUNT_TOTAL(drop_sp);
        return;
    }

    spin_lock(&ffa_cycles_lock);
    want(sp, vcpus, nr);
    spin_unlock(&ffa_cycles_lock);
}

/* ffa_cycles_want_all - the SPMC has said something unintelligible: each SP that has notifications may be meant. Context: softirq. */
void ffa_cycles_want_all(void)
{
    unsigned int i, cpu;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        struct ffa_sp_cycles *c = &ffa_cycles[i];

        if ( !(ffa_splist_sp(i)->properties & FFA_PART_NOTIF_RECV) )
            continue;

        for_each_cpu ( cpu, &cpu_online_map )
            if ( !ffa_cycles_one_context(i) )
                want_on(i, cpu);
        want_any(c);
        if ( !ffa_sched_owns(i) )
            ffa_cycles_kick_all(c);
    }
    ffa_sched_tell();
    spin_unlock(&ffa_cycles_lock);
}

/* ---- One turn -------------------------------------------------------------------------------------------------- */

/* ffa_cycles_take - begin a turn on @cpu, or go on with it: what it is for. Context: ffa_cycles_lock. */
struct ffa_turn ffa_cycles_take(struct ffa_sp_cycles *c, unsigned int cpu)
{
    struct ffa_turn turn = { .want = cpumask_test_cpu(cpu, &c->wants), .any = c->any };

    if ( ffa_cycles_begun(c - ffa_cycles, cpu) )
        return (struct ffa_turn){ .any = false };

    cpumask_clear_cpu(cpu, &c->wants);
    cpumask_clear_cpu(cpu, &c->news);
    c->any = c->any_news = false;

    return turn;
}

static void put_back(struct ffa_sp_cycles *c, unsigned int cpu, const struct ffa_turn *turn)
{
    if ( turn->want )
        cpumask_set_cpu(cpu, &c->wants);
    if ( turn->any && !c->any )
    {
        c->any = true;
        c->any_cpu = cpu;
    }
}

/* The turn of @sp on @cpu is over, or it will have none. */
static void over(unsigned int sp, unsigned int cpu)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];

    /* With one context, another CPU may have begun it. */
    if ( ffa_cycles_one_context(sp) )
        cpumask_clear(&c->begun);
    else
        cpumask_clear_cpu(cpu, &c->begun);

    /* The scheduler may have been told during the turn, and think that this was it. */
    if ( ffa_sched_owns(sp) && (c->any || cpumask_test_cpu(cpu, &c->wants)) )
    {
        c->any_news = c->any;
        if ( cpumask_test_cpu(cpu, &c->wants) )
            cpumask_set_cpu(cpu, &c->news);
        ffa_sched_tell();
    }
    if ( cpumask_test_cpu(cpu, &c->asked) )
    {
        cpumask_clear_cpu(cpu, &c->asked);
        cpumask_set_cpu(cpu, &c->finished);
    }
}

/*
 * RUN of @sp cannot be made on @cpu, which the SP's own context is in the way of, or it is BUSY. "Any vCPU" may be another
 * CPU's then: who leaves a request preempted on one keeps nobody's notifications from the SP. Context: ffa_cycles_lock.
 */
static void hold(unsigned int sp, unsigned int cpu)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    s_time_t *delay = &this_cpu(cycles_cpu).sp[sp].delay;
    unsigned int next = cpumask_cycle(cpu, &cpu_online_map);

    *delay = min(*delay ? *delay * 2 : WAIT_MIN, AGAIN_MAX);
    this_cpu(cycles_cpu).sp[sp].when = NOW() + *delay;

    if ( c->any && c->any_cpu == cpu && !ffa_cycles_one_context(sp) && !ffa_sched_owns(sp) )
    {
        c->any_cpu = next;
        ffa_cycles_kick(next, WAIT_MIN);
    }
}

/*
 * Is the context of @sp that RUN with @target would go on with in a request of a VM, or in a message about one? That of several is
 * this CPU's, which could change that, and is here. An only one may have been preempted on any CPU.
 */
static bool occupied(unsigned int sp, uint32_t target)
{
    unsigned int cpu = smp_processor_id(), i;
    uint16_t id = ffa_splist_sp(sp)->id;
    bool one = ffa_cycles_one_context(sp), found = ffa_vm_in_message(target, one);
    struct domain *d;

    rcu_read_lock(&domlist_read_lock);
    for_each_domain ( d )
    {
        const struct ffa_ctx *ctx = ACCESS_ONCE(d->arch.tee);

        if ( !ctx )
            continue;

        for ( i = 0; i < ctx->nr_calls; i++ )
        {
            const struct ffa_call *call = &ctx->calls[i];
            enum ffa_call_state state = ACCESS_ONCE(call->state);

            found |= state != FFA_CALL_FREE && !(state == FFA_CALL_ANSWERED && call->after == FFA_CALL_FREE) &&
                     call->sp == id && (one || call->cpu == cpu);
        }
    }
    rcu_read_unlock(&domlist_read_lock);

    return found;
}

/*
 * Is @res, of RUN with @target in w1, the end of a request or message that was preempted after occupied()? Its sender gets it,
 * if there is one still. What the turn was for is yet to come.
 */
static bool ends_a_request(uint32_t target, const struct ffa_regs *res)
{
    uint16_t id = target >> 16;
    bool response = res->x[0] == FFA_FID(DIRECT_RESP_32) || res->x[0] == FFA_FID(DIRECT_RESP_64) ||
                    res->x[0] == FFA_FID(DIRECT_RESP2);

    if ( !response || res->x[1] >> 16 != id )
        return false;

    if ( (uint16_t)res->x[1] == FFA_ID_HYP )
        ffa_vm_overtake(target, res);
    else
        ffa_call_overtake(id, res);

    return true;
}

/*
 * ffa_cycles_in_turn - is a turn of the SP @id being made, which may have got the response to a request that is not ANSWERED or
 * OVERTAKEN yet?
 * Context: any; if not, what the turn has found is seen in the record afterwards.
 */
bool ffa_cycles_in_turn(uint16_t id)
{
    int sp = ffa_splist_index(id);
    bool found = sp >= 0 && atomic_read(&ffa_cycles[sp].turning);

    smp_rmb();
    return found;
}

/*
 * ffa_cycles_turn - one RUN of @sp on this CPU, for @turn, which was taken
 * @for_guest: for current, whose own time it is; else the SP's budget is charged
 * @res: the answer, if it is OVER or CUT   Context: no lock held, interrupts enabled.
 */
enum ffa_turn_end ffa_cycles_turn(unsigned int sp, const struct ffa_turn *turn, bool for_guest, struct ffa_regs *res)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    unsigned int cpu = smp_processor_id();
    uint16_t id = ffa_splist_sp(sp)->id;
    uint32_t target = ((uint32_t)id << 16) | (ffa_cycles_one_context(sp) ? 0 : cpu);
    s_time_t start = NOW(), took;
    enum ffa_turn_end end = FFA_TURN_LATER;
    ffa_rc_t rc = FFA_BUSY;
    bool made = false, overtook = false, in_the_way = occupied(sp, target);

    if ( in_the_way )
        ffa_regs_set(res, FFA_FID(ERROR), 0, (uint32_t)FFA_BUSY.code, 0, 0);
    else
    {
        ffa_regs_set(res, FFA_FID(RUN), target, 0, 0, 0);
        /* Interrupts come before the booking, and other CPUs are faster: ffa_cycles_in_turn() */
        atomic_inc(&c->turning);
        smp_mb();
        made = ffa_spmc_call_briefly(res, for_guest);
        overtook = made && ends_a_request(target, res);
        smp_mb();
        atomic_dec(&c->turning);
    }
    took = max(NOW() - start, TURN_MIN);
    if ( made )
    {
        this_cpu(cycles_cpu).turns++;
        this_cpu(cycles_cpu).took += took;
    }

    spin_lock(&ffa_cycles_lock);
    if ( !for_guest && made )
    {
        if ( c->used < BUDGET && c->used + took >= BUDGET )
            FFA_COUNT_TOTAL(turn_budget);
        c->used += took;
    }

    if ( !in_the_way && made && res->x[0] == FFA_FID(ERROR) )
    {
        rc = ffa_spmc_status(res);
        in_the_way = ffa_is(rc, FFA_BUSY) || ffa_is(rc, FFA_RETRY);
    }
    if ( made && !in_the_way )
        this_cpu(cycles_cpu).sp[sp].when = this_cpu(cycles_cpu).sp[sp].delay = 0;

    if ( !made || in_the_way || overtook )
    {
        put_back(c, cpu, turn);
        if ( in_the_way )
            hold(sp, cpu);
    }
    else if ( res->x[0] == FFA_FID(MSG_WAIT) )
    {
        FFA_COUNT_TOTAL(turns);
        over(sp, cpu);
        end = FFA_TURN_OVER;
    }
    else if ( (res->x[0] == FFA_FID(INTERRUPT) || res->x[0] == FFA_FID(YIELD)) && res->x[1] >> 16 == id )
    {
        FFA_COUNT_TOTAL(turn_cut);
        if ( ffa_cycles_one_context(sp) )
            cpumask_clear(&c->begun);
        cpumask_set_cpu(cpu, &c->begun);
        this_cpu(cycles_cpu).sp[sp].since = start;
        end = FFA_TURN_CUT;
    }
    else
    {
        FFA_COUNT_TOTAL(turn_refused);
        over(sp, cpu);
        end = FFA_TURN_REFUSED;
    }
    spin_unlock(&ffa_cycles_lock);

    return end;
}

/* ---- In idle time ---------------------------------------------------------------------------------------------- */

/* Is there something for @sp that this CPU has to do? The scheduler has FFA_CYCLES_PERIOD to go on with what it began. */
static bool due(unsigned int sp, unsigned int cpu)
{
    const struct ffa_sp_cycles *c = &ffa_cycles[sp];

    if ( cpumask_test_cpu(cpu, &c->asked) )
        return true;

    if ( ffa_sched_owns(sp) )
        return cpumask_test_cpu(cpu, &c->begun) &&
               NOW() - per_cpu(cycles_cpu, cpu).sp[sp].since >= FFA_CYCLES_PERIOD;

    return cpumask_test_cpu(cpu, &c->begun) || cpumask_test_cpu(cpu, &c->wants) || (c->any && c->any_cpu == cpu);
}

/* Is what @sp may have in its present period used up? Begins a new one. Context: ffa_cycles_lock. */
static bool is_spent(struct ffa_sp_cycles *c)
{
    s_time_t now = NOW();

    if ( now - c->period >= FFA_CYCLES_PERIOD )
    {
        c->period = now;
        c->used = 0;
    }

    return c->used >= BUDGET;
}

/* A turn of @sp on this CPU, if there is something to do. */
static void give_turn(unsigned int sp, unsigned int cpu)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    struct timer *timer = &this_cpu(cycles_cpu).timer;
    struct ffa_turn turn = { .any = false };
    struct ffa_regs res;
    bool give;

    spin_lock(&ffa_cycles_lock);
    give = due(sp, cpu) && !is_spent(c) && NOW() >= this_cpu(cycles_cpu).sp[sp].when;
    if ( give )
        turn = ffa_cycles_take(c, cpu);
    spin_unlock(&ffa_cycles_lock);

    if ( !give )
        return;

    /* The interrupt that ends the slice must be still to come. */
    set_timer(timer, NOW() + SLICE);
    process_pending_softirqs();
    if ( timer_is_active(timer) )
    {
        ffa_cycles_turn(sp, &turn, false, &res);
        return;
    }

    spin_lock(&ffa_cycles_lock);
    put_back(c, cpu, &turn);
    spin_unlock(&ffa_cycles_lock);
}

/* How long has @sp waited for what is due on @cpu? */
static s_time_t waited(unsigned int sp, unsigned int cpu)
{
    const struct ffa_sp_cycles *c = &ffa_cycles[sp];
    s_time_t now = NOW(), since = now;

    if ( cpumask_test_cpu(cpu, &c->begun) || cpumask_test_cpu(cpu, &c->wants) )
        since = per_cpu(cycles_cpu, cpu).sp[sp].since;
    if ( c->any && c->any_cpu == cpu )
        since = min(since, c->any_since);

    return now - since;
}

/* Until the next look at what has waited for @time already, and may wait for PATIENCE in all: the longer, the less often */
static s_time_t patience(s_time_t time)
{
    return max(min(time, PATIENCE - time), WAIT_MIN);
}

/* This CPU has no time. What any may do, the next one may have time for: each is asked once at once, then by and by. */
static void pass_on(unsigned int sp, unsigned int cpu)
{
    struct ffa_sp_cycles *c = &ffa_cycles[sp];
    unsigned int next = cpumask_cycle(cpu, &cpu_online_map);

    if ( !due(sp, cpu) || !c->any || c->any_cpu != cpu || next == cpu )
        return;

    c->any_cpu = next;
    c->passed++;
    ffa_cycles_kick(next, c->passed < num_online_cpus() ? 0 : patience(NOW() - c->any_since));
}

/* The next look is when something may be done. @busy: now this CPU has no time. */
static void rearm(struct cycles_cpu *here, bool busy)
{
    unsigned int cpu = smp_processor_id(), i;
    s_time_t next = 0, when;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        struct ffa_sp_cycles *c = &ffa_cycles[i];

        if ( busy )
            pass_on(i, cpu);
        if ( due(i, cpu) )
        {
            when = NOW() + (busy ? patience(waited(i, cpu)) : WAIT_MIN);
            when = max(is_spent(c) ? c->period + FFA_CYCLES_PERIOD : when, here->sp[i].when);
        }
        else if ( cpumask_test_cpu(cpu, &c->begun) )
            when = here->sp[i].since + FFA_CYCLES_PERIOD;
        else
            continue;

        if ( !next || when < next )
            next = when;
    }
    if ( next )
        set_timer(&here->timer, next);
    else
        stop_timer(&here->timer);
    spin_unlock(&ffa_cycles_lock);
}

/* Tasklet, on the idle vCPU */
static void give_turns(void *data)
{
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
        give_turn(i, smp_processor_id());
    rearm(data, false);
}

/*
 * Is a turn to be given also if the CPU is not idle: something has waited for long enough, an SP was cut off in a short turn,
 * or the scheduler asks?
 */
static bool pressing(unsigned int cpu)
{
    bool found = false;
    unsigned int i;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps() && !found; i++ )
    {
        const struct ffa_sp_cycles *c = &ffa_cycles[i];

        found = due(i, cpu) && (cpumask_test_cpu(cpu, &c->asked) || waited(i, cpu) >= PATIENCE ||
                                (cpumask_test_cpu(cpu, &c->begun) && c->used < SLICE));
    }
    spin_unlock(&ffa_cycles_lock);

    return found;
}

/* Timer, on its CPU: is it idle, or has it been waited for long enough? */
static void look(void *data)
{
    struct cycles_cpu *here = data;

    if ( is_idle_vcpu(current) || pressing(smp_processor_id()) )
        tasklet_schedule(&here->tasklet);
    else
        rearm(here, true);
}

/*
 * ffa_cycles_make_way - a VM's request to the SP @id was BUSY: is it in a turn of ours here?
 * Then it is let to the end of that, or to the next interrupt. Returns: true: it is free now, the request is worth another try.
 * Context: trap of a vCPU, no lock held.
 */
bool ffa_cycles_make_way(uint16_t id)
{
    int sp = ffa_splist_index(id);
    const struct ffa_turn turn = { .any = false };
    struct ffa_regs res;

    return sp >= 0 && ffa_cycles_begun(sp, smp_processor_id()) &&
           ffa_cycles_turn(sp, &turn, true, &res) == FFA_TURN_OVER;
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

/* ffa_cycles_init_cpu - for this CPU. Context: boot, that CPU. */
void ffa_cycles_init_cpu(void)
{
    struct cycles_cpu *here = &this_cpu(cycles_cpu);

    memset(here->sp, 0, sizeof(here->sp));
    tasklet_init(&here->tasklet, give_turns, here);
    init_timer(&here->timer, look, here, smp_processor_id());
    if ( smp_processor_id() )
        return;

    /* Nobody wants anything yet. */
    memset(ffa_cycles, 0, sizeof(ffa_cycles));
    ffa_sched_reset();
}

/* ffa_cycles_report - the domain @domid wants to be seen what turns SPs had on @cpu so far. Context: any. */
void ffa_cycles_report(unsigned int domid, unsigned int cpu)
{
    const struct cycles_cpu *there = &per_cpu(cycles_cpu, cpu);

    printk("ffa: d%u asks: cpu%u gave SPs %u turns, %"PRIu64" us\n", domid, cpu, ACCESS_ONCE(there->turns),
           (uint64_t)ACCESS_ONCE(there->took) / 1000);
}

/* ffa_cycles_dump - for the debug key: SPs that wait for a turn */
void ffa_cycles_dump(void)
{
    unsigned int i;

    spin_lock(&ffa_cycles_lock);
    for ( i = 0; i < ffa_splist_sps(); i++ )
        if ( ffa_cycles[i].any || !cpumask_empty(&ffa_cycles[i].wants) || !cpumask_empty(&ffa_cycles[i].begun) )
            printk("  SP 0x%04x: waits for %u turns, is in %u; %"PRIu64" us used\n", ffa_splist_sp(i)->id,
                   ffa_cycles[i].any + cpumask_weight(&ffa_cycles[i].wants), cpumask_weight(&ffa_cycles[i].begun),
                   (uint64_t)ffa_cycles[i].used / 1000);
    spin_unlock(&ffa_cycles_lock);
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
