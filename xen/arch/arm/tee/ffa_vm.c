/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Framework messages "VM created" and "VM destroyed" to the SPs that want them.
 *
 * Owns ctx->told_created: an SP is told of the death if it was told of the birth, or only wants deaths. A message that
 * comes back preempted is resumed on this CPU: at birth here, within a bound; at death one RUN per step of the clean-up.
 * VM destroyed keeps INFO_GET out for the time of an SMC: OP-TEE walks freed guests otherwise. (It is never preempted in
 * that message.) Locks: none held over an SMC.
 * Context: domain creation and death.   Spec: DEN0077A 1.2, "VM availability messages".
 */
#include <xen/bitmap.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include "ffa_private.h"

/* A birth waits this long for an SP, and asks one that is busy this often */
#define BIRTH_PATIENCE                  MILLISECS(500)
#define BIRTH_PERIOD                    MICROSECS(100)

/* VMs about which a message is on its way to an SP, or preempted there, by msg_list; the lock covers ctx->msg_* of those */
static LIST_HEAD(in_message);
static DEFINE_SPINLOCK(message_lock);

/*
 * ffa_vm_in_message - is an SP preempted in a message about a VM, which RUN with @target in w1 would go on with?
 * @one: it has one context, whichever vCPU it says it is on.   Context: any.
 */
bool ffa_vm_in_message(uint32_t target, bool one)
{
    const struct ffa_ctx *ctx;
    bool found = false;

    spin_lock(&message_lock);
    list_for_each_entry ( ctx, &in_message, msg_list )
        found |= one ? ctx->msg_resume >> 16 == target >> 16 : ctx->msg_resume == target;
    spin_unlock(&message_lock);

    return found;
}

/*
 * ffa_vm_overtake - as ffa_call_overtake(), but for messages about VMs: @target is w1 of the RUN
 * Who sent it finds the answer when it goes on with that. One that is on its way has no target yet.   Context: any.
 */
void ffa_vm_overtake(uint32_t target, const struct ffa_regs *res)
{
    struct ffa_ctx *ctx, *found = NULL;

    spin_lock(&message_lock);
    list_for_each_entry ( ctx, &in_message, msg_list )
        if ( !ctx->msg_brought && ctx->msg_sp == target >> 16 && (ctx->msg_resume == target || (!ctx->msg_resume && !found)) )
            found = ctx;
    if ( found )
    {
        found->msg_answer = *res;
        found->msg_brought = true;
    }
    spin_unlock(&message_lock);
}

/* A message to @sp begins: set_resume(0) ends it. */
static void begin(struct ffa_ctx *ctx, uint16_t sp)
{
    spin_lock(&message_lock);
    ctx->msg_sp = sp;
    ctx->msg_brought = false;
    list_add_tail(&ctx->msg_list, &in_message);
    spin_unlock(&message_lock);
}

/* Has a turn brought the answer to the message that is preempted? @res: it */
static bool brought(struct ffa_ctx *ctx, struct ffa_regs *res)
{
    bool yes;

    spin_lock(&message_lock);
    yes = ctx->msg_brought;
    if ( yes )
        *res = ctx->msg_answer;
    spin_unlock(&message_lock);

    return yes;
}

/* The message is preempted, @w1 is for its RUN; 0: it is over, if there was one. */
static void set_resume(struct ffa_ctx *ctx, uint32_t w1)
{
    spin_lock(&message_lock);
    ctx->msg_resume = w1;
    if ( !w1 && ctx->msg_sp )
    {
        list_del(&ctx->msg_list);
        ctx->msg_sp = 0;
    }
    spin_unlock(&message_lock);
}

static ffa_rc_t judge(uint16_t sp, uint32_t response, const struct ffa_regs *res)
{
    int32_t code = (uint32_t)res->x[3];

    if ( res->x[0] != FFA_FID(DIRECT_RESP_32) )
        return ffa_is(ffa_spmc_status(res), FFA_OK) ? FFA_ABORTED : ffa_spmc_status(res);

    /* Sender and receiver swapped; we are id 0. */
    if ( res->x[1] != ((uint32_t)sp << 16) || res->x[2] != response )
        return FFA_ABORTED;

    return FFA_RC(code);
}

/* May the next try of a message to an SP that answered @rc have another end? NO_DATA: it is preempted. */
static bool worth_another(ffa_rc_t rc)
{
    return ffa_is(rc, FFA_BUSY) || ffa_is(rc, FFA_RETRY) || ffa_is(rc, FFA_INTERRUPTED) || ffa_is(rc, FFA_NO_DATA);
}

/*
 * Tell @sp about the VM, or go on with what was preempted there: one SMC.
 * @answered: the SP itself said so, not the SPMC
 * Returns: what was answered: OK; NO_DATA if it is preempted: ctx->msg_resume is set then, and the next call on this CPU
 * goes on; RETRY if the end of an earlier message has made room for this one.
 */
static ffa_rc_t tell(struct ffa_ctx *ctx, uint16_t sp, uint32_t message, bool *answered)
{
    struct ffa_regs regs = {
        /* w3, w4: handle of memory that belongs to the message; all ones: none */
        .x = { FFA_FID(DIRECT_REQ_32), ((uint32_t)FFA_ID_HYP << 16) | sp, message, UINT32_MAX, UINT32_MAX,
               ctx->vm_id },
    };
    uint32_t sent = message;
    ffa_rc_t rc;

    if ( ctx->msg_resume )
    {
        regs = (struct ffa_regs){ .x = { FFA_FID(RUN), ctx->msg_resume } };
        sent = ctx->msg_sent;
    }
    else
        begin(ctx, sp);

    *answered = false;
    /* With its answer here the SP may be in another message: not to be run for this one. */
    if ( !ctx->msg_resume || !brought(ctx, &regs) )
    {
        if ( !ctx->fini_begun )
            ffa_spmc_call(&regs);
        else if ( !ffa_spmc_call_briefly(&regs, false) )
        {
            if ( !ctx->msg_resume )
                set_resume(ctx, 0);
            return FFA_NO_DATA;
        }

        if ( ctx->msg_resume && regs.x[0] != FFA_FID(DIRECT_RESP_32) )
            brought(ctx, &regs);
    }

    if ( (regs.x[0] == FFA_FID(INTERRUPT) || regs.x[0] == FFA_FID(YIELD)) && (regs.x[1] >> 16) == sp )
    {
        set_resume(ctx, regs.x[1]);
        ctx->msg_sent = sent;
        return FFA_NO_DATA;
    }

    /* Busy with something else, and still preempted */
    if ( ctx->msg_resume && regs.x[0] == FFA_FID(ERROR) && worth_another(ffa_spmc_status(&regs)) )
        return FFA_NO_DATA;

    set_resume(ctx, 0);
    rc = judge(sp, sent + 1, &regs);
    *answered = regs.x[0] == FFA_FID(DIRECT_RESP_32) && !ffa_is(rc, FFA_ABORTED);

    return sent == message ? rc : FFA_RETRY;
}

/* Tell @sp of the birth. Nobody can be let on this CPU meanwhile but interrupts and what they raise. */
static ffa_rc_t tell_birth(struct ffa_ctx *ctx, uint16_t sp)
{
    s_time_t end = NOW() + BIRTH_PATIENCE, next;
    bool answered;
    ffa_rc_t rc;

    for ( ; ; )
    {
        rc = tell(ctx, sp, FFA_MSG_VM_CREATED, &answered);
        if ( !worth_another(rc) || NOW() >= end )
            return rc;

        next = NOW() + (ffa_is(rc, FFA_NO_DATA) ? 0 : BIRTH_PERIOD);
        do {
            process_pending_softirqs();
            cpu_relax();
        } while ( NOW() < next );
    }
}

static bool wants(unsigned int sp, uint32_t property)
{
    uint32_t properties = ffa_splist_sp(sp)->properties;

    /* Before 1.1 the bits of the messages were reserved. */
    return ffa_spmc_version() >= FFA_VERSION_1_1 && (properties & property) && (properties & FFA_PART_DIRECT_RECV);
}

/* ffa_vm_init - VM created, to all that want it. Returns 0, or -errno if an SP does not accept the VM; -EBUSY: not now. */
int ffa_vm_init(struct ffa_ctx *ctx)
{
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        ffa_rc_t rc = FFA_OK;

        if ( wants(i, FFA_PART_VM_CREATED) )
            rc = tell_birth(ctx, ffa_splist_sp(i)->id);
        else if ( !wants(i, FFA_PART_VM_DESTROYED) )
            continue;

        /* Who may have heard of it must be told of its end, too. */
        if ( ffa_ok(rc) || ffa_is(rc, FFA_NO_DATA) )
            set_bit(i, ctx->told_created);

        if ( !ffa_ok(rc) )
        {
            printk(XENLOG_ERR "ffa: d%u: SP 0x%04x refuses VM created: %d\n", ctx->d->domain_id,
                   ffa_splist_sp(i)->id, rc.code);
            if ( ffa_is(rc, FFA_NO_MEMORY) )
                return -ENOMEM;
            return worth_another(rc) ? -EBUSY : -EIO;
        }
    }

    return 0;
}

/* One try of VM destroyed for SP @i, to which ctx->told_created is true. DONE: it is over for this SP. */
static enum ffa_fini tell_death(struct ffa_ctx *ctx, unsigned int i)
{
    uint16_t sp = ffa_splist_sp(i)->id;
    bool answered;
    ffa_rc_t rc;

    if ( !ffa_gate_close() )
        return FFA_FINI_AGAIN;
    rc = tell(ctx, sp, FFA_MSG_VM_DESTROYED, &answered);
    ffa_gate_open();

    if ( ffa_ok(rc) )
        return FFA_FINI_DONE;

    if ( ffa_is(rc, FFA_NO_DATA) )
        return FFA_FINI_MORE;

    /* An SP that says no for good, or that it knows no such VM, has heard of it. */
    if ( !answered || worth_another(rc) )
        return FFA_FINI_AGAIN;

    printk(XENLOG_ERR "ffa: d%u: SP 0x%04x on VM destroyed: %d\n", ctx->vm_id - 1, sp, rc.code);

    return FFA_FINI_DONE;
}

/*
 * ffa_vm_fini - VM destroyed, to all that know of it; one SMC. If nobody gets on here, the next try is on the next CPU:
 * the SP's context of this one may be busy with somebody's request for long.
 */
enum ffa_fini ffa_vm_fini(struct ffa_ctx *ctx)
{
    enum ffa_fini fini;
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        if ( !test_bit(i, ctx->told_created) )
            continue;

        /* One preempted message at a time */
        if ( ctx->msg_resume && (ctx->msg_resume >> 16) != ffa_splist_sp(i)->id )
            continue;

        fini = wants(i, FFA_PART_VM_DESTROYED) ? tell_death(ctx, i) : FFA_FINI_DONE;
        if ( fini == FFA_FINI_AGAIN && !ctx->msg_resume )
            ctx->fini_cpu = cpumask_cycle(smp_processor_id(), &cpu_online_map);
        if ( fini != FFA_FINI_DONE )
            return fini;

        clear_bit(i, ctx->told_created);
        set_resume(ctx, 0);

        return bitmap_empty(ctx->told_created, FFA_MAX_SPS) ? FFA_FINI_DONE : FFA_FINI_MORE;
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
