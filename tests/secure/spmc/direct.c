/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Direct requests of the normal world, framework messages about VMs, and RUN. A context serves one request at a time:
 * BUSY until its response is out, however often it was preempted. Locks: none but for the table of VMs; a context
 * belongs to its CPU.
 */
#include "spmc.h"

/* Hands a checked request to the partition's context of this CPU. */
static void request(struct sp *sp, struct regs *r, uint16_t sender, unsigned int regs)
{
    struct sp_ctx *ctx = sp_here(sp);
    uint32_t fid = r->x[0], times, unused;
    unsigned int i;

    if ( ctx->state != SP_WAITING )
    {
        ret_status(r, ctx->state == SP_ABORTED ? FFA_ABORTED : FFA_BUSY);
        return;
    }
    ctx->model = MODEL_DIRECT;
    ctx->request = fid;
    ctx->requester = sender;
    ctx->framework = fid == FFA_DIRECT_REQ2 ? 0 : (uint32_t)r->x[2] & FFA_FRAMEWORK ? (uint32_t)r->x[2] : 0;
    ctx->framework_vm = r->x[5];
    for ( i = 0; i < 18; i++ )
        ctx->x[i] = i < regs ? r->x[i] : 0;

    if ( ctx->framework && fault_hit(FAULT_CALL_INTERRUPT, 0, &times, &unused) && times )
    {
        ctx->fake_interrupts = times - 1;
        ctx->state = SP_PREEMPTED;
        ret_regs(r, FFA_INTERRUPT, ((uint64_t)sp->head->id << 16) | ctx->cpu, 0, 0);
        return;
    }
    sp_resume(ctx, r);
    fault_response(r, sp->head->id);
}

/* Sender and receiver of w1 for every kind of request; 0 or the error. */
static int check_ids(uint64_t w1, struct sp **sp, uint16_t *sender)
{
    *sender = w1 >> 16;
    *sp = sp_find(w1);

    return is_secure(*sender) || *sender == FFA_ID_INVALID || !*sp ? FFA_INVALID : 0;
}

static int check_framework(const struct sp *sp, const struct regs *r, uint16_t sender)
{
    uint32_t w2 = r->x[2], need;

    if ( w2 == FFA_FWK_VM_CREATED )
        need = FFA_PROP_VM_CREATED;
    else if ( w2 == FFA_FWK_VM_DESTROYED )
        need = FFA_PROP_VM_DESTROYED;
    else
        return FFA_INVALID;

    if ( sender || r->x[0] != FFA_DIRECT_REQ_32 || !(sp->head->properties & need) || nwd_version < FFA_1_1 )
        return FFA_INVALID;
    if ( !(uint16_t)r->x[5] || is_secure(r->x[5]) )
        return FFA_INVALID;

    return 0;
}

void call_direct(struct regs *r)
{
    struct sp *sp;
    uint16_t sender;
    int ret = check_ids((uint32_t)r->x[1], &sp, &sender);

    if ( !ret && (r->x[2] & FFA_FRAMEWORK) )
        ret = check_framework(sp, r, sender);
    else if ( !ret && r->x[2] )
        ret = FFA_INVALID;
    if ( !ret && !(sp_properties(sp) & FFA_PROP_RECV_DIRECT) )
        ret = FFA_DENIED;

    if ( ret )
        ret_status(r, ret);
    else
        request(sp, r, sender, 8);
}

void call_direct2(struct regs *r)
{
    struct sp *sp;
    uint16_t sender;
    int ret = check_ids((uint32_t)r->x[1], &sp, &sender);

    if ( r->x[1] >> 32 )
        ret = FFA_INVALID;
    if ( !ret && !(sp_properties(sp) & FFA_PROP_RECV_REQ2) )
        ret = FFA_DENIED;
    if ( !ret && (r->x[2] || r->x[3]) &&
         (r->x[2] != (sp->head->uuid[0] | (uint64_t)sp->head->uuid[1] << 32) ||
          r->x[3] != (sp->head->uuid[2] | (uint64_t)sp->head->uuid[3] << 32)) )
        ret = FFA_INVALID;

    if ( ret )
        ret_status(r, ret);
    else
        request(sp, r, sender, 18);
}

/* Cycles for a context of this CPU: resumes what was preempted or yielded, or lets a waiting one look around. */
void call_run(struct regs *r)
{
    struct sp *sp = sp_find(r->x[1] >> 16);
    unsigned int vcpu = r->x[1] & 0xffff, i;
    struct sp_ctx *ctx;

    if ( !sp || vcpu != this_cpu()->index || r->x[2] || r->x[3] || r->x[4] || r->x[5] || r->x[6] || r->x[7] )
    {
        ret_status(r, FFA_INVALID);
        return;
    }
    ctx = sp_here(sp);
    switch ( ctx->state )
    {
    case SP_PREEMPTED:
        if ( ctx->fake_interrupts )
        {
            ctx->fake_interrupts--;
            ret_regs(r, FFA_INTERRUPT, ((uint64_t)sp->head->id << 16) | ctx->cpu, 0, 0);
            return;
        }
        break;
    case SP_BLOCKED:
        for ( i = 0; i < 8; i++ )
            ctx->x[i] = 0;
        ctx->x[0] = FFA_SUCCESS_32;
        break;
    case SP_WAITING:
        ctx->model = MODEL_RUN;
        for ( i = 0; i < 18; i++ )
            ctx->x[i] = 0;
        ctx->x[0] = FFA_RUN;
        break;
    case SP_ABORTED:
        ret_status(r, FFA_ABORTED);
        return;
    default:
        ret_status(r, FFA_BUSY);
        return;
    }
    sp_resume(ctx, r);
    fault_response(r, sp->head->id);
}
