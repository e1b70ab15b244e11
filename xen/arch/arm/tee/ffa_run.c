/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU cycles: requests that come back preempted, and FFA_RUN.
 *
 * Owns ctx->calls: every direct request of the VM from before its SMC until its response. A preempted one belongs to the
 * VM that made it: the SPMC would run anything for anybody, so RUN is forwarded for a recorded (SP, vCPU) only. A vCPU of
 * the VM other than the one that asked may do it, since a guest's thread may have moved.
 * An SP's context may be tied to the physical CPU where it was preempted: the SPMC refuses a RUN on any other. The vCPU
 * may have moved since, and nothing of Xen's that we may use can bring it back. So the RUN goes to the right CPU instead,
 * in a tasklet, and the guest is told FFA_INTERRUPT: still preempted, run it again. Its next RUN, on whatever CPU, fetches
 * what the tasklet has got, or INTERRUPT once more. The SP makes progress in any case, and no CPU waits for another.
 * A request to another VM has a record here, too; what becomes of it is in ffa_msg_vm.c.
 * Each vCPU has a record of its own for SPs, and takes another only while that one is in use: nobody else makes it RUNNING,
 * or FREE again while it is, so its vCPU may do both without the lock (ffa_fast.c). Requests to VMs take only others.
 * Lock: ctx->run_lock, never over an SMC; the states RUNNING, RESUMED and AWAY keep others off a record.
 * Spec: DEN0077A 1.2, chapters "Direct messages" and "CPU cycles".
 */
#include <xen/time.h>

#include "ffa_private.h"

/* Does the response @res fit the request of @call? Nothing in it is believed further. */
static bool response_fits(const struct ffa_ctx *ctx, const struct ffa_call *call, const struct ffa_regs *res)
{
    uint32_t fid = res->x[0];

    if ( res->x[1] != (((uint32_t)call->sp << 16) | ctx->vm_id) )
        return false;

    if ( call->fid == FFA_FID(DIRECT_REQ2) )
        return fid == FFA_FID(DIRECT_RESP2);

    /* In the width of the request. w2[31] would be a forged answer of the framework; the rest must be zero. */
    return fid == (call->fid == FFA_FID(DIRECT_REQ_32) ? FFA_FID(DIRECT_RESP_32) : FFA_FID(DIRECT_RESP_64)) && !res->x[2];
}

/* What a turn has brought is the end of @call, which is preempted: for the VM's next RUN of the SP's @vcpu. Context: run_lock. */
static void keep_answer(struct ffa_call *call, uint16_t vcpu)
{
    call->rc = response_fits(call->ctx, call, &call->answer) ? FFA_OK : FFA_ABORTED;
    call->away_vcpu = vcpu;
    call->after = FFA_CALL_FREE;
    call->state = FFA_CALL_ANSWERED;
}

/*
 * ffa_call_start - record for a request to @sp with the ID @fid; NULL if too many are preempted. RUNNING, the caller's.
 * VMs that never answer do not take all there is: for SPs there is the vCPU's own, and of the others as many as vCPUs.
 */
struct ffa_call *ffa_call_start(struct ffa_ctx *ctx, uint16_t sp, uint32_t fid)
{
    unsigned int vcpus = ctx->d->max_vcpus, i;
    bool to_vm = !(sp & FFA_ID_SECURE);
    unsigned int end = ctx->nr_calls - (to_vm ? vcpus : 0);
    struct ffa_call *call = &ctx->calls[to_vm ? vcpus : current->vcpu_id];

    spin_lock(&ctx->run_lock);
    for ( i = vcpus; call->state != FFA_CALL_FREE && i < end; i++ )
        call = &ctx->calls[i];
    if ( call->state == FFA_CALL_FREE )
    {
        call->state = FFA_CALL_RUNNING;
        call->sp = sp;
        call->asker = current->vcpu_id;
        if ( to_vm )
            call->sp_vcpu = FFA_NO_VCPU;
        call->fid = fid;
        call->cpu = smp_processor_id();
    }
    else
        call = NULL;
    spin_unlock(&ctx->run_lock);

    return call;
}

/* ffa_call_cancel - the request of @call, RUNNING, was not made after all: inverse of ffa_call_start() */
void ffa_call_cancel(struct ffa_ctx *ctx, struct ffa_call *call)
{
    spin_lock(&ctx->run_lock);
    call->state = FFA_CALL_FREE;
    spin_unlock(&ctx->run_lock);
}

/* The first @nr registers of @res in a result of eight */
static void encode_result(struct ffa_regs *out, const struct ffa_regs *res, unsigned int nr)
{
    unsigned int i;

    ffa_encode(out, res->x[0], 0, 0);
    for ( i = 1; i < nr; i++ )
        out->x[i] = res->x[i];
}

/* What became of a request in an SMC */
enum outcome { PREEMPTED, RESPONSE, OVER };

/*
 * What does @res, which is not trusted, say of @call? @out: what the guest gets, if OK.
 * Returns: OK; the SPMC's error; ABORTED for answers that make no sense.
 */
static ffa_rc_t judge(struct ffa_ctx *ctx, struct ffa_call *call, const struct ffa_regs *res, struct ffa_regs *out,
                      enum outcome *outcome)
{
    uint32_t fid = res->x[0];

    *outcome = OVER;
    switch ( fid )
    {
    case FFA_FID(INTERRUPT):
    case FFA_FID(YIELD):
        /* w1 goes back in RUN as it is: it must name the SP that was asked. */
        if ( (res->x[1] >> 16) != call->sp )
            break;

        FFA_COUNT(ctx, preempted);
        /* INTERRUPT: w1. YIELD: also a timeout in w2, w3, since 1.2. */
        encode_result(out, res, fid == FFA_FID(YIELD) && ctx->version >= FFA_VERSION_1_2 ? 4 : 2);
        call->sp_vcpu = res->x[1];
        *outcome = PREEMPTED;
        return FFA_OK;

    case FFA_FID(DIRECT_RESP_32):
    case FFA_FID(DIRECT_RESP_64):
        if ( !response_fits(ctx, call, res) )
            break;

        ffa_regs_copy_short(out, res);
        out->nr = FFA_NR_REGS_SHORT;
        *outcome = RESPONSE;
        return FFA_OK;

    case FFA_FID(DIRECT_RESP2):
        if ( !response_fits(ctx, call, res) )
            break;

        *out = *res;
        out->nr = FFA_NR_REGS;
        *outcome = RESPONSE;
        return FFA_OK;

    case FFA_FID(ERROR):
    case UINT32_MAX:
        return ffa_spmc_status(res);

    default:
        break;
    }

    FFA_COUNT(ctx, bad_response);
    return FFA_ABORTED;
}

/*
 * ffa_call_finish - judge what the secure world said to a request, and settle the record
 * @call: RUNNING, the caller's; FREE or PREEMPTED afterwards, or ANSWERED: a turn had the rest of it
 * @res, @out: the answer, not trusted; what the guest gets, if OK
 * Returns: OK; the SPMC's error; ABORTED for answers that make no sense.
 */
ffa_rc_t ffa_call_finish(struct ffa_ctx *ctx, struct ffa_call *call, const struct ffa_regs *res, struct ffa_regs *out)
{
    enum outcome outcome;
    ffa_rc_t rc = judge(ctx, call, res, out, &outcome);

    spin_lock(&ctx->run_lock);
    /* What was not preempted has no answer elsewhere: that was another's. */
    if ( outcome != PREEMPTED )
        call->state = FFA_CALL_FREE;
    else if ( call->state == FFA_CALL_OVERTAKEN )
        keep_answer(call, call->sp_vcpu);
    else
        call->state = FFA_CALL_PREEMPTED;
    spin_unlock(&ctx->run_lock);

    return rc;
}

/* Errors of a RUN that change nothing: the request is still preempted. */
static bool still_preempted(ffa_rc_t rc)
{
    return ffa_is(rc, FFA_BUSY) || ffa_is(rc, FFA_RETRY) || ffa_is(rc, FFA_INTERRUPTED);
}

/* The guest is to run the SP's @target again. */
static ffa_rc_t run_again(struct ffa_regs *out, uint32_t target)
{
    ffa_encode(out, FFA_FID(INTERRUPT), 0, 0);
    out->x[1] = target;

    return FFA_OK;
}

/*
 * The SMC of a RUN of @call, which is RESUMED, AWAY or OVERTAKEN, on the CPU where it was preempted; and what came of it.
 * @for_guest: for current, which is a vCPU of the VM
 */
static ffa_rc_t run_smc(struct ffa_ctx *ctx, struct ffa_call *call, bool for_guest, struct ffa_regs *out,
                        enum outcome *outcome)
{
    uint32_t target = ((uint32_t)call->sp << 16) | call->sp_vcpu;
    struct ffa_regs regs = { .x = { FFA_FID(RUN), target } };
    ffa_rc_t rc;

    FFA_COUNT(ctx, run);

    /*
     * Overtaken: the SP may be preempted in another request by now, which is not this one's to end. Or something else is due
     * on this CPU, or the guest. All as if the SP had been interrupted at once.
     */
    if ( ACCESS_ONCE(call->state) == FFA_CALL_OVERTAKEN || !ffa_spmc_call_briefly(&regs, for_guest) )
        regs.x[0] = FFA_FID(INTERRUPT);

    rc = ffa_spmc_status(&regs);
    if ( regs.x[0] == FFA_FID(MSG_WAIT) )
    {
        /* The SP gave up without an answer: the request is over, and the guest sees that nothing came. */
        encode_result(out, &regs, 1);
        *outcome = OVER;
        rc = FFA_OK;
    }
    else if ( regs.x[0] == FFA_FID(ERROR) && still_preempted(rc) )
        *outcome = PREEMPTED;
    else
        rc = judge(ctx, call, &regs, out, outcome);

    /* The SP has nothing left to run: perhaps a turn has the answer, and will say so. */
    if ( *outcome == OVER && ffa_cycles_in_turn(call->sp) )
    {
        *outcome = PREEMPTED;
        return run_again(out, target);
    }

    return rc;
}

/* A RUN of @call, which is RESUMED or OVERTAKEN, here. Result as of ffa_call_finish(). */
static ffa_rc_t run_once(struct ffa_ctx *ctx, struct ffa_call *call, bool for_guest, struct ffa_regs *out)
{
    uint16_t vcpu = call->sp_vcpu;
    enum outcome outcome;
    ffa_rc_t rc = run_smc(ctx, call, for_guest, out, &outcome);

    spin_lock(&ctx->run_lock);
    if ( call->state == FFA_CALL_OVERTAKEN && outcome != RESPONSE )
    {
        /* There was nothing left to run but, perhaps, a turn: the answer is here. */
        keep_answer(call, vcpu);
        rc = run_again(out, ((uint32_t)call->sp << 16) | vcpu);
    }
    else
        call->state = outcome == PREEMPTED ? FFA_CALL_PREEMPTED : FFA_CALL_FREE;
    spin_unlock(&ctx->run_lock);

    return rc;
}

/* On the CPU of an AWAY request: run it, keep the answer. Until that is here the record is the tasklet's alone. */
static void run_away(void *data)
{
    struct ffa_call *call = data;
    struct ffa_ctx *ctx = call->ctx;
    struct ffa_regs answer;
    enum outcome outcome;
    ffa_rc_t rc = run_smc(ctx, call, false, &answer, &outcome);

    spin_lock(&ctx->run_lock);
    if ( call->state == FFA_CALL_OVERTAKEN && outcome != RESPONSE )
        keep_answer(call, call->away_vcpu);
    else
    {
        call->answer = answer;
        call->rc = rc;
        call->after = outcome == PREEMPTED ? FFA_CALL_PREEMPTED : FFA_CALL_FREE;
        call->state = FFA_CALL_ANSWERED;
    }
    spin_unlock(&ctx->run_lock);
}

/*
 * How near is @call to the response that a RUN of @sp has brought? 3: preempted in the SP. 2: its RUN is being made. 1: the
 * request is, and mostly refused, since the SP is in another. 0: not waiting for one.
 */
static unsigned int nearness(const struct ffa_call *call, uint16_t sp)
{
    switch ( call->sp == sp ? call->state : FFA_CALL_FREE )
    {
    case FFA_CALL_PREEMPTED:
    case FFA_CALL_AWAY:
        return 3;

    case FFA_CALL_ANSWERED:
        return call->after == FFA_CALL_PREEMPTED ? 3 : 0;

    case FFA_CALL_RESUMED:
        return 2;

    case FFA_CALL_RUNNING:
        return 1;

    default:
        return 0;
    }
}

/*
 * ffa_call_overtake - a RUN that was to be a turn of @sp has brought @res, the response to a request
 * The request was preempted when ffa_cycles.c had already looked whether there is one. If it is being run at this moment, its
 * answer is there when that comes back. Of several requests of a VM to the SP it is the nearest one's.
 * Returns: false: nobody has made it.   Context: no lock held.
 */
bool ffa_call_overtake(uint16_t sp, const struct ffa_regs *res)
{
    struct ffa_ctx *ctx = ffa_vm_lock(res->x[1]);
    struct ffa_call *found = NULL;
    unsigned int i;

    if ( !ctx )
        return false;

    spin_lock(&ctx->run_lock);
    for ( i = 0; i < ctx->nr_calls; i++ )
        if ( nearness(&ctx->calls[i], sp) > (found ? nearness(found, sp) : 0) )
            found = &ctx->calls[i];
    if ( found )
    {
        found->answer = *res;
        found->answer.nr = res->x[0] == FFA_FID(DIRECT_RESP2) ? FFA_NR_REGS : FFA_NR_REGS_SHORT;
        if ( found->state == FFA_CALL_PREEMPTED )
            keep_answer(found, found->sp_vcpu);
        else if ( found->state == FFA_CALL_ANSWERED )
            keep_answer(found, found->away_vcpu);
        else if ( found->state == FFA_CALL_AWAY || found->state == FFA_CALL_RESUMED )
            found->state = FFA_CALL_OVERTAKEN;
        /* Its vCPU makes it FREE without the lock: then it was not this one's answer. */
        else if ( cmpxchg(&found->state, FFA_CALL_RUNNING, FFA_CALL_OVERTAKEN) != FFA_CALL_RUNNING )
            found = NULL;
    }
    spin_unlock(&ctx->run_lock);
    ffa_vm_unlock(ctx);

    return found;
}

/* Is RUN of (@sp, @vcpu) about @call? What is in somebody's hands is not. */
static bool waits_at(const struct ffa_call *call, uint16_t sp, uint16_t vcpu)
{
    if ( call->sp != sp || (call->state != FFA_CALL_PREEMPTED && call->state != FFA_CALL_AWAY &&
                            call->state != FFA_CALL_ANSWERED) )
        return false;

    /* AWAY it is in the tasklet's hands, which may get a new vCPU number; the guest knows the old one. */
    return (call->state == FFA_CALL_PREEMPTED ? call->sp_vcpu : call->away_vcpu) == vcpu;
}

/*
 * What RUN of (@sp, @vcpu) is about. @state, RESUMED (of a VM: RUNNING): from now on the caller's, to be run here; AWAY: it is
 * run elsewhere, from now on if @start; ANSWERED: it was, @rc and @out are the answer, and the record is no longer the caller's.
 * NULL: this VM has none, @rc says DENIED, or BUSY if another vCPU is at it.
 * Two vCPUs of the VM may have one there: one is answered and not fetched, the other came after it. Each has its own.
 */
static struct ffa_call *claim(struct ffa_ctx *ctx, uint16_t sp, uint16_t vcpu, enum ffa_call_state *state, bool *start,
                              ffa_rc_t *rc, struct ffa_regs *out)
{
    struct ffa_call *found = NULL;
    unsigned int i;

    *rc = FFA_DENIED;
    *start = false;
    spin_lock(&ctx->run_lock);
    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        struct ffa_call *call = &ctx->calls[i];

        if ( call->sp == sp && (call->state == FFA_CALL_RUNNING || call->state == FFA_CALL_RESUMED ||
                                call->state == FFA_CALL_OVERTAKEN) )
            *rc = FFA_BUSY;
        if ( waits_at(call, sp, vcpu) && (!found || call->asker == current->vcpu_id) )
            found = call;
    }

    if ( found )
    {
        if ( found->state == FFA_CALL_PREEMPTED )
        {
            *start = (sp & FFA_ID_SECURE) && found->cpu != smp_processor_id();
            found->away_vcpu = found->sp_vcpu;
            found->state = *start ? FFA_CALL_AWAY : sp & FFA_ID_SECURE ? FFA_CALL_RESUMED : FFA_CALL_RUNNING;
        }
        *state = found->state;
        if ( found->state == FFA_CALL_ANSWERED )
        {
            *rc = found->rc;
            *out = found->answer;
            found->state = found->after;
        }
    }
    spin_unlock(&ctx->run_lock);

    return found;
}

/*
 * FFA_RUN: w1 = endpoint:vCPU, as INTERRUPT or YIELD gave it.
 * Result: the response, INTERRUPT, YIELD or MSG_WAIT. INVALID_PARAMETERS: no such endpoint; DENIED: nothing of this VM is
 * preempted there, and it has no cycles to give (ffa_sched.c); BUSY: another vCPU runs it; BUSY, RETRY, INTERRUPTED of the
 * SPMC: try again.
 */
FFA_HANDLER(run)
{
    uint16_t sp = in->x[1] >> 16, vcpu = in->x[1];
    enum ffa_call_state state;
    struct ffa_call *call;
    bool start;
    ffa_rc_t rc;

    /* Only what has a record goes further: H waits for itself on id 0. */
    call = claim(ctx, sp, vcpu, &state, &start, &rc, out);
    if ( !call )
    {
        if ( !ffa_may(ctx, sp, FFA_MAY_MESSAGE) )
            return FFA_INVALID_PARAMETERS;
        return ffa_is(rc, FFA_DENIED) && (sp & FFA_ID_SECURE) ? ffa_sched_run(ctx, sp, vcpu, out) : rc;
    }

    switch ( state )
    {
    case FFA_CALL_ANSWERED:
        return rc;

    case FFA_CALL_AWAY:
        if ( start )
            tasklet_schedule_on_cpu(&call->tasklet, call->cpu);
        return run_again(out, in->x[1]);

    default:
        return sp & FFA_ID_SECURE ? run_once(ctx, call, true, out) : ffa_vm_run(ctx, call, out);
    }
}

/* ffa_run_init - no request in flight. Returns 0 or -ENOMEM. */
int ffa_run_init(struct ffa_ctx *ctx)
{
    unsigned int i;

    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        ctx->calls[i].ctx = ctx;
        ctx->calls[i].asker = i;        /* of each vCPU's own; the others get theirs in ffa_call_start() */
        softirq_tasklet_init(&ctx->calls[i].tasklet, run_away, &ctx->calls[i]);
    }

    return ffa_vm_msg_init(ctx);
}

/* Is @call, of a dead VM, still preempted? Then it is the caller's, to be run. */
static bool resume(struct ffa_ctx *ctx, struct ffa_call *call)
{
    bool preempted;

    spin_lock(&ctx->run_lock);
    preempted = call->state == FFA_CALL_PREEMPTED;
    if ( preempted )
        call->state = FFA_CALL_RESUMED;
    spin_unlock(&ctx->run_lock);

    return preempted;
}

/*
 * ffa_run_fini - bring the requests of a dead VM to their end, so that the SPs are free for others
 * No vCPU of the VM runs, hence no record of an SP is RUNNING or RESUMED. Each is run where it was preempted.
 */
enum ffa_fini ffa_run_fini(struct ffa_ctx *ctx)
{
    struct ffa_regs out;
    unsigned int i;

    ffa_vm_msg_fini(ctx);
    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        struct ffa_call *call = &ctx->calls[i];
        enum ffa_call_state state;
        ffa_rc_t rc = FFA_OK;

        spin_lock(&ctx->run_lock);
        if ( call->state == FFA_CALL_ANSWERED )
            call->state = call->after;
        state = call->state;
        spin_unlock(&ctx->run_lock);

        /* Its tasklet is scheduled, or waits for the SP. */
        if ( state == FFA_CALL_AWAY || state == FFA_CALL_OVERTAKEN )
            return FFA_FINI_MORE;

        /* Waits for the last instructions of the tasklet at most. */
        tasklet_kill(&call->tasklet);
        if ( state == FFA_CALL_FREE )
            continue;

        if ( call->cpu != smp_processor_id() )
        {
            ctx->fini_cpu = call->cpu;
            return FFA_FINI_MORE;
        }

        /* Some yield a thousand times: they have what is left of the step. */
        while ( resume(ctx, call) )
        {
            rc = run_once(ctx, call, false, &out);
            if ( !ffa_ok(rc) || out.x[0] != FFA_FID(YIELD) || NOW() >= ctx->fini_slice )
                break;
        }

        return call->state == FFA_CALL_PREEMPTED && !ffa_ok(rc) ? FFA_FINI_AGAIN : FFA_FINI_MORE;
    }

    return FFA_FINI_DONE;
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
