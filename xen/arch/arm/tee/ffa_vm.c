/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Framework messages "VM created" and "VM destroyed" to the SPs that want them.
 *
 * Owns ctx->told_created: an SP is told of the death if it was told of the birth, or only wants deaths. A message that
 * comes back preempted is resumed here, on this CPU, until it ends or a bound is reached; interrupts are taken between.
 * VM destroyed keeps INFO_GET out (ffa_gate_close()): OP-TEE walks freed guests otherwise. Locks: none held over an SMC.
 * Context: domain creation and death.   Spec: DEN0077A 1.2, "VM availability messages".
 */
#include <xen/bitmap.h>
#include <xen/time.h>

#include "ffa_private.h"

/* A message is given this many tries and resumptions, and this long. */
#define MSG_MAX_SMCS                    1000U
#define MSG_MAX_TIME                    SECONDS(1)

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

/*
 * Tell @sp about the VM, or go on with what was preempted there.
 * Returns: what it answered: OK; RETRY, BUSY or INTERRUPTED if another try may help; NO_DATA if it is preempted when the
 * bound is reached: ctx->msg_resume is set then, and the next call on this CPU goes on.
 */
static ffa_rc_t tell(struct ffa_ctx *ctx, uint16_t sp, uint32_t message)
{
    const struct ffa_regs request = {
        /* w3, w4: handle of memory that belongs to the message; all ones: none */
        .x = { FFA_FID(DIRECT_REQ_32), ((uint32_t)FFA_ID_HYP << 16) | sp, message, UINT32_MAX, UINT32_MAX,
               ctx->vm_id },
    };
    s_time_t end = NOW() + MSG_MAX_TIME;
    ffa_rc_t rc = FFA_NO_DATA;
    struct ffa_regs regs;
    unsigned int i;

    for ( i = 0; i < MSG_MAX_SMCS && NOW() < end; i++ )
    {
        if ( (ctx->msg_resume >> 16) == sp )
            regs = (struct ffa_regs){ .x = { FFA_FID(RUN), ctx->msg_resume } };
        else
        {
            regs = request;
            ctx->msg_sent = message;
        }

        ffa_spmc_call(&regs);
        if ( (regs.x[0] == FFA_FID(INTERRUPT) || regs.x[0] == FFA_FID(YIELD)) && (regs.x[1] >> 16) == sp )
        {
            ctx->msg_resume = regs.x[1];
            rc = FFA_NO_DATA;
            continue;
        }

        ctx->msg_resume = 0;
        rc = judge(sp, ctx->msg_sent + 1, &regs);

        /* The end of an earlier message makes room for this one. */
        if ( ctx->msg_sent == message && !ffa_is(rc, FFA_RETRY) && !ffa_is(rc, FFA_INTERRUPTED) )
            break;
    }

    return rc;
}

static bool wants(unsigned int sp, uint32_t property)
{
    return (ffa_splist_sp(sp)->properties & property) && (ffa_splist_sp(sp)->properties & FFA_PART_DIRECT_RECV);
}

/* ffa_vm_init - VM created, to all that want it. Returns 0, or -errno if an SP does not accept the VM. */
int ffa_vm_init(struct ffa_ctx *ctx)
{
    unsigned int i;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        ffa_rc_t rc = FFA_OK;

        if ( wants(i, FFA_PART_VM_CREATED) )
            rc = tell(ctx, ffa_splist_sp(i)->id, FFA_MSG_VM_CREATED);
        else if ( !wants(i, FFA_PART_VM_DESTROYED) )
            continue;

        /* Who may have heard of it must be told of its end, too. */
        if ( ffa_ok(rc) || ffa_is(rc, FFA_NO_DATA) )
            set_bit(i, ctx->told_created);

        if ( !ffa_ok(rc) )
        {
            printk(XENLOG_ERR "ffa: d%u: SP 0x%04x refuses VM created: %d\n", ctx->d->domain_id,
                   ffa_splist_sp(i)->id, rc.code);
            return ffa_is(rc, FFA_NO_MEMORY) ? -ENOMEM : -EIO;
        }
    }

    return 0;
}

/* ffa_vm_fini - VM destroyed, to all that know of it. */
enum ffa_fini ffa_vm_fini(struct ffa_ctx *ctx, bool last)
{
    enum ffa_fini fini = FFA_FINI_DONE;
    unsigned int i;

    if ( bitmap_empty(ctx->told_created, FFA_MAX_SPS) )
        return fini;

    if ( !ctx->gate_closed && !ffa_gate_close() )
    {
        if ( !last )
            return FFA_FINI_AGAIN;

        /* Rather not sent at all than unsafely. */
        printk(XENLOG_ERR "ffa: d%u: INFO_GET does not end, VM destroyed not sent\n", ctx->d->domain_id);
        return FFA_FINI_DONE;
    }
    ctx->gate_closed = true;

    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        ffa_rc_t rc = FFA_OK;

        if ( !test_bit(i, ctx->told_created) )
            continue;

        if ( wants(i, FFA_PART_VM_DESTROYED) )
            rc = tell(ctx, ffa_splist_sp(i)->id, FFA_MSG_VM_DESTROYED);

        /* Somebody else's request keeps the SP's context busy, or it asks for time. */
        if ( !last && (ffa_is(rc, FFA_BUSY) || ffa_is(rc, FFA_RETRY) || ffa_is(rc, FFA_INTERRUPTED) ||
                       ffa_is(rc, FFA_NO_DATA)) )
        {
            fini = FFA_FINI_AGAIN;

            /* One preempted message at a time. */
            if ( ctx->msg_resume )
                break;
            continue;
        }

        if ( !ffa_ok(rc) )
            printk(XENLOG_ERR "ffa: d%u: SP 0x%04x on VM destroyed: %d\n", ctx->d->domain_id, ffa_splist_sp(i)->id,
                   rc.code);
        clear_bit(i, ctx->told_created);
        ctx->msg_resume = 0;
    }

    /* A message under way keeps the gate closed. */
    if ( !ctx->msg_resume )
    {
        ffa_gate_open();
        ctx->gate_closed = false;
    }

    return fini;
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
