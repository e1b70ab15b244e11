/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct messages of a VM to a VM: who receives (MSG_WAIT, the responses, YIELD), and who waits for a response.
 *
 * A vCPU that receives has a record in ctx->serve; a request goes to one that waits, or is BUSY: nothing is queued. The request
 * is copied into that record, the reply into the sender's own (ctx->calls, as those to SPs). Both sides wait in here, blocked
 * like in WFI: an interrupt of the guest, masked or not, ends the wait with FFA_INTERRUPT, so nobody keeps a vCPU from its
 * interrupts, and no CPU waits at all. A sender goes on with RUN, a receiver with MSG_WAIT. There are no circles to wait in: each
 * request takes a vCPU that did nothing else, and a VM whose vCPUs all wait for others has none to take.
 * A VM that dies ends what its vCPUs were asked and what they have asked: ABORTED for the other side. One that has shut down
 * is not asked any more (BUSY), and the next RUN of what it was asked is ABORTED; so is that of what a vCPU took that is off.
 * A vCPU that waits may never come back, so it holds nothing: no lock, no RCU section, nothing on its stack that others use.
 * Lock: ctx->run_lock, of one VM at a time.   Spec: DEN0077A 1.2, chapters "Direct messages" and "CPU cycles".
 */
#include <xen/softirq.h>
#include <xen/xmalloc.h>

#include <asm/event.h>

#include "ffa_private.h"

#define MSG_WAIT_RETAIN_RX              BIT(0, U)

/* The record of current; NULL: its VM receives nothing */
static struct ffa_serve *own_record(const struct ffa_ctx *ctx)
{
    return ctx->serve ? &ctx->serve[current->vcpu_id] : NULL;
}

/* One look at what current waits for. True: the wait is over, with @rc and, if that is OK, @out. */
typedef bool over_fn(struct ffa_ctx *ctx, void *record, bool interrupted, struct ffa_regs *out, ffa_rc_t *rc);

/* Until @over says so. Whoever brings that about does it under ctx->run_lock, and unblocks the vCPU then. */
static ffa_rc_t wait_until(struct ffa_ctx *ctx, over_fn *over, void *record, struct ffa_regs *out)
{
    bool blocked = false, end, interrupted;
    ffa_rc_t rc = FFA_OK;

    for ( ; ; )
    {
        interrupted = local_events_need_delivery_nomask();
        spin_lock(&ctx->run_lock);
        end = over(ctx, record, interrupted, out, &rc);
        spin_unlock(&ctx->run_lock);
        if ( end )
            break;

        /* Sleep only after a look that came after the block. */
        if ( blocked )
            do_softirq();
        vcpu_block();
        blocked = true;
    }

    if ( blocked )
        vcpu_unblock(current);

    return rc;
}

static void encode_interrupt(struct ffa_regs *out, uint32_t target)
{
    ffa_encode(out, FFA_FID(INTERRUPT), 0, 0);
    out->x[1] = target;
}

/* ---- The sender -------------------------------------------------------------------------------------------------- */

/* What came of @record, a call that is RUNNING here */
static bool reply_came(struct ffa_ctx *ctx, void *record, bool interrupted, struct ffa_regs *out, ffa_rc_t *rc)
{
    struct ffa_call *call = record;
    uint32_t target = ((uint32_t)call->sp << 16) | call->sp_vcpu;

    switch ( call->reply )
    {
    case FFA_REPLY_NONE:
        if ( !interrupted )
            return false;
        encode_interrupt(out, target);
        break;

    case FFA_REPLY_YIELD:
        ffa_encode(out, FFA_FID(YIELD), 0, 0);
        out->x[1] = target;
        if ( ctx->version >= FFA_VERSION_1_2 )
        {
            out->x[2] = call->answer.x[2];
            out->x[3] = call->answer.x[3];
        }
        break;

    case FFA_REPLY_END:
        *rc = call->rc;
        *out = call->answer;
        call->state = FFA_CALL_FREE;
        call->waiter = NULL;
        return true;
    }

    FFA_COUNT(ctx, preempted);
    call->reply = FFA_REPLY_NONE;
    call->state = FFA_CALL_PREEMPTED;
    call->waiter = NULL;

    return true;
}

/* May @to be asked with @fid? A VM has no UUID, so it owns only the nil one. */
static ffa_rc_t receives(const struct ffa_ctx *to, uint32_t fid, const struct ffa_regs *in)
{
    if ( fid == FFA_FID(DIRECT_REQ2) && (in->x[2] | in->x[3]) )
        return FFA_INVALID_PARAMETERS;

    if ( (fid == FFA_FID(DIRECT_REQ2) && to->version < FFA_VERSION_1_2) ||
         ((fid & FFA_CONV_64) && !is_64bit_domain(to->d)) || !to->serve )
        return FFA_DENIED;

    return FFA_OK;
}

/* vCPUs of @receiver that this VM has asked something whose end it has not fetched: RUN could not tell two of them apart. */
static void find_asked(struct ffa_ctx *ctx, uint16_t receiver, unsigned long *asked)
{
    unsigned int i;

    spin_lock(&ctx->run_lock);
    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        const struct ffa_call *call = &ctx->calls[i];
        unsigned int vcpu = ACCESS_ONCE(call->sp_vcpu);

        if ( call->state != FFA_CALL_FREE && call->sp == receiver && vcpu < GUEST_MAX_VCPUS )
            set_bit(vcpu, asked);
    }
    spin_unlock(&ctx->run_lock);
}

/* Give the request of @call to a vCPU of its receiver. BUSY: none waits; INVALID_PARAMETERS: there is no such VM. */
static ffa_rc_t deliver(struct ffa_ctx *ctx, struct ffa_call *call, const struct ffa_regs *in)
{
    DECLARE_BITMAP(asked, GUEST_MAX_VCPUS) = { 0 };
    struct ffa_ctx *to;
    unsigned int i;
    ffa_rc_t rc;

    find_asked(ctx, call->sp, asked);
    to = ffa_vm_lock(call->sp);
    if ( !to )
        return FFA_INVALID_PARAMETERS;

    rc = receives(to, call->fid, in);
    if ( ffa_ok(rc) )
    {
        rc = FFA_BUSY;
        spin_lock(&to->run_lock);
        for ( i = 0; i < to->d->max_vcpus; i++ )
            if ( to->serve[i].state == FFA_SERVE_WAITING && !test_bit(i, asked) )
                break;
        if ( i < to->d->max_vcpus && !ACCESS_ONCE(to->d->is_shutting_down) )
        {
            struct ffa_serve *serve = &to->serve[i];

            if ( call->fid == FFA_FID(DIRECT_REQ2) )
                serve->request = *in;
            else
                ffa_regs_copy_short(&serve->request, in);
            serve->client = ctx->vm_id;
            serve->call = call - ctx->calls;
            serve->state = FFA_SERVE_CALLED;
            ACCESS_ONCE(call->sp_vcpu) = i;
            vcpu_unblock(to->d->vcpu[i]);
            FFA_COUNT(to, served);
            rc = FFA_OK;
        }
        spin_unlock(&to->run_lock);
    }
    ffa_vm_unlock(to);

    return rc;
}

/*
 * The receiver of @call, held, and what it has of it: @serve. Its id may be another VM's by now, which may have fewer vCPUs.
 * Returns: NULL: it has nothing (any more).   Takes to->run_lock; inverse: put_receiver().
 */
static struct ffa_ctx *get_receiver(const struct ffa_ctx *ctx, const struct ffa_call *call, struct ffa_serve **serve)
{
    struct ffa_ctx *to = ffa_vm_lock(call->sp);

    if ( !to )
        return NULL;

    spin_lock(&to->run_lock);
    if ( to->serve && call->sp_vcpu < to->d->max_vcpus )
    {
        *serve = &to->serve[call->sp_vcpu];
        if ( (*serve)->client == ctx->vm_id && &ctx->calls[(*serve)->call] == call )
            return to;
    }
    spin_unlock(&to->run_lock);
    ffa_vm_unlock(to);

    return NULL;
}

static void put_receiver(struct ffa_ctx *to)
{
    spin_unlock(&to->run_lock);
    ffa_vm_unlock(to);
}

/* The receiver of @call need not answer any more. */
static void forget_call(const struct ffa_ctx *ctx, const struct ffa_call *call)
{
    struct ffa_serve *serve;
    struct ffa_ctx *to = get_receiver(ctx, call, &serve);

    if ( !to )
        return;

    switch ( serve->state )
    {
    /* It has not seen it yet. */
    case FFA_SERVE_CALLED:
        serve->state = FFA_SERVE_WAITING;
        break;

    case FFA_SERVE_WORKING:
    case FFA_SERVE_YIELDED:
        serve->state = FFA_SERVE_ORPHAN;
        vcpu_unblock(to->d->vcpu[call->sp_vcpu]);
        break;

    default:
        break;
    }
    put_receiver(to);
}

/* A receiver that has yielded to @call goes on. One that is dying has its end for a reply. */
static void let_go_on(const struct ffa_ctx *ctx, const struct ffa_call *call)
{
    struct ffa_serve *serve;
    struct ffa_ctx *to = get_receiver(ctx, call, &serve);

    if ( !to )
        return;

    if ( serve->state == FFA_SERVE_YIELDED )
    {
        serve->state = FFA_SERVE_WORKING;
        vcpu_unblock(to->d->vcpu[call->sp_vcpu]);
    }
    put_receiver(to);
}

/*
 * If the receiver of @call has shut down, or the vCPU that took it is off, perhaps for ever, that is the end of the request, unless
 * it has been answered before.
 */
static void end_if_down(struct ffa_ctx *ctx, struct ffa_call *call)
{
    struct ffa_ctx *to = ffa_vm_lock(call->sp);
    struct vcpu *v;
    bool down;

    /* Dying: its clean-up ends the request. */
    if ( !to )
        return;
    v = domain_vcpu(to->d, call->sp_vcpu);
    down = ACCESS_ONCE(to->d->is_shutting_down) || !v || !is_vcpu_online(v);
    ffa_vm_unlock(to);
    if ( !down )
        return;

    forget_call(ctx, call);
    spin_lock(&ctx->run_lock);
    if ( call->reply != FFA_REPLY_END )
    {
        call->reply = FFA_REPLY_END;
        call->rc = FFA_ABORTED;
    }
    spin_unlock(&ctx->run_lock);
}

/*
 * ffa_vm_request - a direct request, checked, to another VM: @in is its registers, the result the response, INTERRUPT or YIELD
 * BUSY: no vCPU of the receiver waits that owes this VM no answer, or too many requests of this VM are open; DENIED: it does not
 * take such requests; INVALID_PARAMETERS: no such VM, or a UUID; ABORTED: it died, or has shut down.
 */
ffa_rc_t ffa_vm_request(struct ffa_ctx *ctx, uint16_t receiver, const struct ffa_regs *in, struct ffa_regs *out)
{
    struct ffa_call *call = ffa_call_start(ctx, receiver, in->x[0]);
    ffa_rc_t rc;

    if ( !call )
        return FFA_BUSY;

    call->reply = FFA_REPLY_NONE;
    call->waiter = current;
    rc = deliver(ctx, call, in);
    if ( !ffa_ok(rc) )
    {
        ffa_call_cancel(ctx, call);
        return rc;
    }

    return wait_until(ctx, reply_came, call, out);
}

/* ffa_vm_run - RUN of @call to a VM, which claim() has made RUNNING */
ffa_rc_t ffa_vm_run(struct ffa_ctx *ctx, struct ffa_call *call, struct ffa_regs *out)
{
    FFA_COUNT(ctx, run);

    spin_lock(&ctx->run_lock);
    call->waiter = current;
    if ( call->reply == FFA_REPLY_YIELD )
        call->reply = FFA_REPLY_NONE;
    spin_unlock(&ctx->run_lock);
    end_if_down(ctx, call);
    let_go_on(ctx, call);

    return wait_until(ctx, reply_came, call, out);
}

/* ---- The receiver ------------------------------------------------------------------------------------------------ */

/*
 * Tell the VM @client what became of its request number @nr, which vCPU @vcpu of @ctx had
 * @answer: of the response (NULL: none, @rc says why), or with the timeout of a YIELD
 * Returns: false: it is dead.   Context: no lock held.
 */
static bool reply(const struct ffa_ctx *ctx, unsigned int vcpu, uint16_t client, unsigned int nr, enum ffa_reply what,
                  const struct ffa_regs *answer, ffa_rc_t rc)
{
    struct ffa_ctx *to = ffa_vm_lock(client);
    struct ffa_call *call;
    bool open;

    if ( !to )
        return false;

    call = &to->calls[nr];
    spin_lock(&to->run_lock);
    open = (call->state == FFA_CALL_RUNNING || call->state == FFA_CALL_PREEMPTED) && call->sp == ctx->vm_id &&
           call->sp_vcpu == vcpu && call->reply != FFA_REPLY_END;
    if ( open )
    {
        if ( answer )
            call->answer = *answer;
        call->rc = rc;
        call->reply = what;
        if ( call->waiter )
            vcpu_unblock(call->waiter);
    }
    spin_unlock(&to->run_lock);
    ffa_vm_unlock(to);

    return open;
}

/* Has a request come for @record? It is the vCPU's then. */
static bool request_came(struct ffa_ctx *ctx, void *record, bool interrupted, struct ffa_regs *out, ffa_rc_t *rc)
{
    struct ffa_serve *serve = record;

    if ( serve->state == FFA_SERVE_CALLED )
    {
        serve->state = FFA_SERVE_WORKING;
        *out = serve->request;
        out->nr = serve->request.x[0] == FFA_FID(DIRECT_REQ2) ? FFA_NR_REGS : FFA_NR_REGS_SHORT;
        return true;
    }

    serve->state = interrupted ? FFA_SERVE_NOT : FFA_SERVE_WAITING;
    if ( interrupted )
        encode_interrupt(out, 0);

    return interrupted;
}

/* May @record, which has yielded, go on? After an interrupt it may, too: the requester hears of it when it next comes. */
static bool run_came(struct ffa_ctx *ctx, void *record, bool interrupted, struct ffa_regs *out, ffa_rc_t *rc)
{
    struct ffa_serve *serve = record;

    switch ( serve->state )
    {
    case FFA_SERVE_YIELDED:
        if ( !interrupted )
            return false;
        serve->state = FFA_SERVE_WORKING;
        encode_interrupt(out, 0);
        return true;

    case FFA_SERVE_WORKING:
        ffa_encode_success(out, 0, 0);
        return true;

    default:
        serve->state = FFA_SERVE_NOT;
        *rc = FFA_ABORTED;
        return true;
    }
}

/*
 * FFA_MSG_WAIT: w2 bit 0, since 1.2 = the VM keeps RX
 * Result: a direct request; or INTERRUPT, of this vCPU: it takes it and comes back. w1, w2 = 0 there: which interrupt it is, its
 * GIC tells. INVALID_PARAMETERS: reserved registers; DENIED: a request is not answered yet, or nobody may send one.
 */
FFA_HANDLER(msg_wait)
{
    struct ffa_serve *serve = own_record(ctx);
    uint32_t flags = ctx->version >= FFA_VERSION_1_2 ? MSG_WAIT_RETAIN_RX : 0;
    bool busy;

    if ( in->x[1] || (in->x[2] & ~(uint64_t)flags) )
        return FFA_INVALID_PARAMETERS;

    if ( !serve )
        return FFA_DENIED;

    spin_lock(&ctx->run_lock);
    busy = serve->state == FFA_SERVE_WORKING;
    spin_unlock(&ctx->run_lock);
    if ( busy )
        return FFA_DENIED;

    /* DENIED: there was nothing to release. */
    if ( !in->x[2] )
        ffa_rx_take_back(ctx);

    return wait_until(ctx, request_came, serve, out);
}

/*
 * FFA_MSG_SEND_DIRECT_RESP, RESP2: w1 = own id:requester, w2 (RESP2: x2, x3) = 0, the rest payload. Then as MSG_WAIT, but RX
 * stays whose it is. INVALID_PARAMETERS: not the own id, reserved registers; DENIED: no request of that VM is open here, or one
 * of another kind; ABORTED: the requester is dead.
 */
FFA_HANDLER(direct_resp)
{
    struct ffa_serve *serve = own_record(ctx);
    bool resp2 = in->x[0] == FFA_FID(DIRECT_RESP2);
    struct ffa_regs answer;
    bool orphan = false, fits = false;

    if ( (in->x[1] >> 32) || (uint16_t)(in->x[1] >> 16) != ctx->vm_id || in->x[2] || (resp2 && in->x[3]) )
        return FFA_INVALID_PARAMETERS;

    if ( !serve )
        return FFA_DENIED;

    spin_lock(&ctx->run_lock);
    orphan = serve->state == FFA_SERVE_ORPHAN;
    /* The ID of a response is that of its request plus one. */
    fits = (orphan || serve->state == FFA_SERVE_WORKING) && serve->client == (uint16_t)in->x[1] &&
           serve->request.x[0] + 1 == in->x[0];
    if ( fits )
        serve->state = FFA_SERVE_NOT;
    spin_unlock(&ctx->run_lock);
    if ( !fits )
        return FFA_DENIED;

    if ( resp2 )
        answer = *in;
    else
        ffa_regs_copy_short(&answer, in);
    answer.nr = resp2 ? FFA_NR_REGS : FFA_NR_REGS_SHORT;
    if ( orphan || !reply(ctx, current->vcpu_id, serve->client, serve->call, FFA_REPLY_END, &answer, FFA_OK) )
        return FFA_ABORTED;

    return wait_until(ctx, request_came, serve, out);
}

/*
 * FFA_YIELD: w2, w3 = when the requester should come back, ns; since 1.2. Waits for its RUN: SUCCESS; or INTERRUPT, as MSG_WAIT.
 * INVALID_PARAMETERS: reserved registers; DENIED: no request is open here; ABORTED: the requester is dead.
 */
FFA_HANDLER(yield)
{
    struct ffa_serve *serve = own_record(ctx);
    struct ffa_regs timeout = { .x = { [2] = in->x[2], [3] = in->x[3] } };
    enum ffa_serve_state before;

    if ( in->x[1] || (ctx->version < FFA_VERSION_1_2 && (in->x[2] | in->x[3])) )
        return FFA_INVALID_PARAMETERS;

    if ( !serve )
        return FFA_DENIED;

    spin_lock(&ctx->run_lock);
    before = serve->state;
    if ( before == FFA_SERVE_WORKING )
        serve->state = FFA_SERVE_YIELDED;
    spin_unlock(&ctx->run_lock);
    if ( before != FFA_SERVE_WORKING && before != FFA_SERVE_ORPHAN )
        return FFA_DENIED;

    if ( before == FFA_SERVE_WORKING &&
         !reply(ctx, current->vcpu_id, serve->client, serve->call, FFA_REPLY_YIELD, &timeout, FFA_OK) )
    {
        spin_lock(&ctx->run_lock);
        serve->state = FFA_SERVE_ORPHAN;
        spin_unlock(&ctx->run_lock);
    }

    return wait_until(ctx, run_came, serve, out);
}

/* ---- Birth and death --------------------------------------------------------------------------------------------- */

/* ffa_vm_msg_init - records for the vCPUs of a VM that others may ask. Returns 0 or -ENOMEM. */
int ffa_vm_msg_init(struct ffa_ctx *ctx)
{
    if ( !ffa_policy_asked(ctx) )
        return 0;

    ctx->serve = xzalloc_array(struct ffa_serve, ctx->d->max_vcpus);

    return ctx->serve ? 0 : -ENOMEM;
}

/*
 * ffa_vm_msg_fini - the end of what a dead VM was asked, and of what it has asked other VMs. Waits for nobody; may come again.
 * Context: none of its vCPUs runs: those that waited do so for ever.
 */
void ffa_vm_msg_fini(struct ffa_ctx *ctx)
{
    unsigned int i;

    for ( i = 0; ctx->serve && i < ctx->d->max_vcpus; i++ )
    {
        struct ffa_serve *serve = &ctx->serve[i];
        enum ffa_serve_state before;

        spin_lock(&ctx->run_lock);
        before = serve->state;
        serve->state = FFA_SERVE_NOT;
        spin_unlock(&ctx->run_lock);
        if ( before == FFA_SERVE_CALLED || before == FFA_SERVE_WORKING || before == FFA_SERVE_YIELDED )
            reply(ctx, i, serve->client, serve->call, FFA_REPLY_END, NULL, FFA_ABORTED);
    }

    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        struct ffa_call *call = &ctx->calls[i];

        if ( call->state == FFA_CALL_FREE || (call->sp & FFA_ID_SECURE) )
            continue;

        forget_call(ctx, call);
        spin_lock(&ctx->run_lock);
        call->state = FFA_CALL_FREE;
        spin_unlock(&ctx->run_lock);
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
