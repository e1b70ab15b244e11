/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the partitions, by SVC from S-EL0: FF-A at their instance, and the few services of the OEM range
 * (common/ffa.h). Partitions are separate programs: their arguments are checked like anybody's. Unknown calls:
 * NOT_SUPPORTED.
 */
#include "spmc.h"

static void answer(struct sp_ctx *ctx, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    unsigned int i;

    ctx->x[0] = x0;
    ctx->x[1] = x1;
    ctx->x[2] = x2;
    ctx->x[3] = x3;
    for ( i = 4; i < 8; i++ )
        ctx->x[i] = 0;
}

static bool answer_status(struct sp_ctx *ctx, int code)
{
    if ( code )
        answer(ctx, FFA_ERROR, 0, (uint32_t)code, 0);
    else
        answer(ctx, FFA_SUCCESS_32, 0, 0, 0);

    return true;
}

static bool msg_wait(struct sp_ctx *ctx, struct regs *r)
{
    if ( ctx->model == MODEL_DIRECT )
        return answer_status(ctx, FFA_DENIED);
    if ( ctx->x[1] || ctx->x[2] & ~1UL || ctx->x[3] || ctx->x[4] || ctx->x[5] || ctx->x[6] || ctx->x[7] )
        return answer_status(ctx, FFA_INVALID);

    if ( !ctx->x[2] )
    {
        spin_lock(&spmc_lock);
        ctx->sp_of->buf.rx_full = false;
        spin_unlock(&spmc_lock);
    }
    ctx->state = SP_WAITING;
    ret_regs(r, FFA_MSG_WAIT, 0, 0, 0);

    return false;
}

static bool yield(struct sp_ctx *ctx, struct regs *r)
{
    if ( ctx->model == MODEL_INIT )
        return answer_status(ctx, FFA_DENIED);
    if ( ctx->x[1] || ctx->x[4] || ctx->x[5] || ctx->x[6] || ctx->x[7] )
        return answer_status(ctx, FFA_INVALID);
    if ( ctx->model == MODEL_INTERRUPT ) /* nobody to yield to */
        return answer_status(ctx, 0);

    ctx->state = SP_BLOCKED;
    ret_regs(r, FFA_YIELD, ((uint64_t)ctx->sp_of->head->id << 16) | ctx->cpu, (uint32_t)ctx->x[2], (uint32_t)ctx->x[3]);

    return false;
}

/* A partition agreed to a VM's birth or heard of its death. */
static void note_vm(const struct sp_ctx *ctx)
{
    struct vm *vm;

    spin_lock(&spmc_lock);
    if ( ctx->framework == FFA_FWK_VM_CREATED )
    {
        vm = vm_get(ctx->framework_vm);
        if ( vm )
            vm->announced = true;
    }
    else
    {
        mem_vm_destroyed(ctx->framework_vm);
        vm = vm_find(ctx->framework_vm);
        if ( vm )
        {
            vm->announced = false;
            vm_put(vm);
        }
    }
    spin_unlock(&spmc_lock);
}

static bool respond(struct sp_ctx *ctx, struct regs *r)
{
    uint32_t fid = ctx->x[0], ids = ctx->x[1], w2 = ctx->x[2];
    unsigned int i, regs = fid == FFA_DIRECT_RESP2 ? 18 : 8;

    /* The kind and the width of the response are those of the request. */
    if ( ctx->model != MODEL_DIRECT || (uint16_t)ids != ctx->requester || fid != ctx->request + 1 )
        return answer_status(ctx, FFA_DENIED);
    if ( ids >> 16 != ctx->sp_of->head->id )
        return answer_status(ctx, FFA_INVALID);
    if ( ctx->framework ? w2 != ctx->framework + 1 : w2 != 0 )
        return answer_status(ctx, FFA_DENIED);

    for ( i = 0; i < regs; i++ )
        r->x[i] = fid == FFA_DIRECT_RESP_32 ? (uint32_t)ctx->x[i] : ctx->x[i];
    ctx->state = SP_WAITING;
    if ( ctx->framework && !(uint32_t)ctx->x[3] )
        note_vm(ctx);

    return false;
}

/* FFA_ERROR instead of a response */
static bool fail_request(struct sp_ctx *ctx, struct regs *r)
{
    if ( ctx->model != MODEL_DIRECT || !(uint32_t)ctx->x[2] )
        return answer_status(ctx, FFA_DENIED);

    ret_status(r, (int)(uint32_t)ctx->x[2]);
    ctx->state = SP_WAITING;

    return false;
}

static bool set(struct sp_ctx *ctx, const struct regs *args)
{
    uint32_t w2 = args->x[2], recv = args->x[1] & 0xffff;
    uint64_t bits = (uint32_t)args->x[3] | (uint64_t)(uint32_t)args->x[4] << 32, fresh;
    const char *who = ctx->sp_of->head->name;
    char target[16] = "global";
    int ret = notif_set(ctx->sp_of->head->id, true, args, &fresh);

    if ( !(info->options & FW_OPT_QUIET) )
    {
        if ( w2 & FFA_NOTIF_PER_VCPU )
        {
            unsigned int v = w2 >> 16, div = 10000, at = 5;

            target[0] = 'v', target[1] = 'c', target[2] = 'p', target[3] = 'u', target[4] = ' ';
            while ( div > 1 && v < div )
                div /= 10;
            for ( ; div; div /= 10 )
                target[at++] = '0' + v / div % 10;
            target[at] = 0;
        }
        if ( ret )
            log_line(who, "set vm %u bits 0x%016lx %s: error %d", recv, bits, target, ret);
        else
            log_line(who, "set vm %u bits 0x%016lx %s: new 0x%016lx", recv, bits, target, fresh);
    }
    if ( !ret && (w2 & FFA_NOTIF_DELAY_SRI) )
        this_cpu()->delayed_sri = true;
    else if ( !ret )
        sri_raise();

    return answer_status(ctx, ret);
}

static bool get(struct sp_ctx *ctx, const struct regs *args)
{
    uint64_t bits, framework;
    int ret = notif_get(ctx->sp_of->head->id, true, args, &bits, &framework);

    if ( ret )
        return answer_status(ctx, ret);
    answer(ctx, FFA_SUCCESS_32, 0, 0, 0);
    ctx->x[4] = (uint32_t)bits;
    ctx->x[5] = bits >> 32;
    ctx->x[6] = (uint32_t)framework;
    ctx->x[7] = framework >> 32;

    return true;
}

static bool notification(struct sp_ctx *ctx, uint32_t fid)
{
    struct regs args;
    unsigned int i;

    if ( !has_notifications() )
        return answer_status(ctx, FFA_NOT_SUPPORTED);
    for ( i = 0; i < 18; i++ )
        args.x[i] = (uint32_t)ctx->x[i];

    switch ( fid )
    {
    case FFA_NOTIFICATION_SET:
        return set(ctx, &args);
    case FFA_NOTIFICATION_GET:
        return get(ctx, &args);
    default:
        return answer_status(ctx, notif_bind(ctx->sp_of->head->id, true, &args, fid == FFA_NOTIFICATION_UNBIND));
    }
}

/* Characters packed little-endian from x2 on; a line goes out at its newline or when the buffer is full. */
static bool console_log(struct sp_ctx *ctx, unsigned int per_reg, unsigned int max)
{
    unsigned int n = ctx->x[1] & 0xff, i;

    if ( !n || n > max )
        return answer_status(ctx, FFA_INVALID);
    for ( i = 0; i < n; i++ )
    {
        char c = ctx->x[2 + i / per_reg] >> (8 * (i % per_reg));

        if ( c != '\n' && c >= ' ' && c < 0x7f )
            ctx->log[ctx->log_len++] = c;
        if ( c == '\n' || ctx->log_len == sizeof(ctx->log) - 1 )
        {
            ctx->log[ctx->log_len] = 0;
            log_line(ctx->sp_of->head->name, "%s", ctx->log);
            ctx->log_len = 0;
        }
    }

    return answer_status(ctx, 0);
}

static bool features(struct sp_ctx *ctx)
{
    static const uint32_t known[] = {
        FFA_ERROR, FFA_VERSION, FFA_FEATURES, FFA_ID_GET, FFA_SPM_ID_GET, FFA_MSG_WAIT, FFA_YIELD, FFA_DIRECT_RESP_32,
        FFA_DIRECT_RESP_64, FFA_DIRECT_RESP2, FFA_CONSOLE_LOG_32, FFA_CONSOLE_LOG_64, FFA_MEM_RETRIEVE_REQ_64,
        FFA_RXTX_MAP_64, FFA_RX_RELEASE, FFA_MSG_SEND2, FFA_MEM_RELINQUISH, FFA_MEM_SHARE_64, FFA_MEM_LEND_64, FFA_MEM_DONATE_64,
        FFA_MEM_RECLAIM,
    };
    static const uint32_t notif[] = {
        FFA_NOTIFICATION_BIND, FFA_NOTIFICATION_UNBIND, FFA_NOTIFICATION_SET, FFA_NOTIFICATION_GET,
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(known); i++ )
        if ( (uint32_t)ctx->x[1] == known[i] )
            return answer_status(ctx, 0);
    for ( i = 0; i < ARRAY_SIZE(notif); i++ )
        if ( (uint32_t)ctx->x[1] == notif[i] && has_notifications() )
            return answer_status(ctx, 0);

    return answer_status(ctx, FFA_NOT_SUPPORTED);
}

/* Memory of the partition that it may write itself: data, or the stack of this context */
static uint8_t *own_memory(const struct sp_ctx *ctx, uint64_t va, uint64_t bytes)
{
    const struct sp_header *h = ctx->sp_of->head;
    uint64_t stack = SP_STACK_VA + (2 * ctx->cpu + 1) * PAGE_SIZE;

    if ( bytes > LEND_BYTES || va + bytes < va )
        return NULL;
    if ( (va >= h->rodata_end && va + bytes <= h->bss_end) || (va >= stack && va + bytes <= stack + PAGE_SIZE) )
        return (uint8_t *)va;

    return NULL;
}

/* x1 = TX, x2 = RX, x3 = 1: pages of its data. Once. */
static bool rxtx_map(struct sp_ctx *ctx)
{
    struct sp_buffers b = { .mapped = true, .tx = own_memory(ctx, ctx->x[1], PAGE_SIZE), .rx = own_memory(ctx, ctx->x[2], PAGE_SIZE) };
    int ret = 0;

    if ( !b.tx || !b.rx || b.tx == b.rx || ((ctx->x[1] | ctx->x[2]) & (PAGE_SIZE - 1)) || ctx->x[3] != 1 ||
         ctx->x[1] >= SP_STACK_VA || ctx->x[2] >= SP_STACK_VA )
        return answer_status(ctx, FFA_INVALID);

    spin_lock(&spmc_lock);
    if ( ctx->sp_of->buf.mapped )
        ret = FFA_DENIED;
    else
        ctx->sp_of->buf = b;
    spin_unlock(&spmc_lock);

    return answer_status(ctx, ret);
}

static bool rx_release(struct sp_ctx *ctx)
{
    int ret = 0;

    spin_lock(&spmc_lock);
    if ( !ctx->sp_of->buf.rx_full )
        ret = FFA_DENIED;
    ctx->sp_of->buf.rx_full = false;
    spin_unlock(&spmc_lock);

    return answer_status(ctx, ret);
}

static bool send2(struct sp_ctx *ctx)
{
    bool told = false;
    int ret = FFA_INVALID;

    if ( info->options & FW_OPT_NO_RX_ACQUIRE )
        ret = FFA_NOT_SUPPORTED;
    else if ( !(uint32_t)ctx->x[1] && !((uint32_t)ctx->x[2] & ~FFA_NOTIF_DELAY_SRI) )
        ret = msg_send(ctx->sp_of, &told);
    if ( told && ((uint32_t)ctx->x[2] & FFA_NOTIF_DELAY_SRI) )
        this_cpu()->delayed_sri = true;
    else if ( told )
        sri_raise();

    return answer_status(ctx, ret);
}

/* x1, x2 = bytes of the request, x3 = where it is; the response takes its place. */
static bool retrieve(struct sp_ctx *ctx)
{
    uint8_t *desc = own_memory(ctx, ctx->x[3], (uint32_t)ctx->x[1]);
    int ret = FFA_INVALID;

    if ( desc && (uint32_t)ctx->x[1] == (uint32_t)ctx->x[2] )
        ret = mem_retrieve(ctx->sp_of, desc, ctx->x[1]);
    if ( ret )
        return answer_status(ctx, ret);
    answer(ctx, FFA_MEM_RETRIEVE_RESP, MEM_RESPONSE, MEM_RESPONSE, 0);

    return true;
}

static bool relinquish(struct sp_ctx *ctx)
{
    const uint8_t *desc = own_memory(ctx, ctx->x[3], 24);

    return answer_status(ctx, desc ? mem_relinquish(ctx->sp_of, desc) : FFA_INVALID);
}

/* x1 = x2 = bytes of the descriptor, x3 = where it is; x7, ours alone = most bytes of a fragment of the response, or 0 */
static bool lend(struct sp_ctx *ctx, uint32_t kind)
{
    const uint8_t *desc = own_memory(ctx, ctx->x[3], (uint32_t)ctx->x[1]);
    uint64_t handle = 0;
    int ret = FFA_INVALID;

    if ( desc && (uint32_t)ctx->x[1] == (uint32_t)ctx->x[2] )
        ret = lend_send(ctx->sp_of, kind, desc, ctx->x[1], ctx->x[7], &handle);
    if ( ret )
        return answer_status(ctx, ret);
    answer(ctx, FFA_SUCCESS_32, 0, (uint32_t)handle, handle >> 32);

    return true;
}

static bool where(struct sp_ctx *ctx)
{
    uint64_t va, pages;
    uint16_t sender;

    if ( !mem_where(ctx->sp_of, ctx->x[1], &va, &pages, &sender) )
        answer(ctx, (uint32_t)FFA_INVALID, 0, 0, 0);
    else
        answer(ctx, 0, va, pages, sender);

    return true;
}

static bool fault_query(struct sp_ctx *ctx)
{
    unsigned int bitmaps = 0, bound = 0, announced = 0, i, b;

    spin_lock(&spmc_lock);
    for ( i = 0; i < ARRAY_SIZE(vms); i++ )
    {
        if ( !vms[i].used )
            continue;
        announced += vms[i].announced;
        bitmaps += i && vms[i].notif.enabled;
        for ( b = 0; i && b < 64 && vms[i].notif.enabled; b++ )
            bound += (vms[i].notif.bound >> b) & 1;
    }
    spin_unlock(&spmc_lock);
    answer(ctx, 0, fault_count(), bitmaps, bound);
    ctx->x[4] = announced;

    return true;
}

/* Services that FF-A does not have. The fault service is sp.faults' alone. */
static bool service(struct sp_ctx *ctx, uint32_t fid)
{
    bool may_fault = ctx->sp_of->head->id == SP_FAULTS_ID;

    switch ( fid )
    {
    case SVC_TIMER_AT:
        answer(ctx, (uint32_t)timer_at(ctx->sp_of, ctx->x[1], ctx->x[2]), 0, 0, 0);
        return true;
    case SVC_MEM_WHERE:
        return where(ctx);
    case SVC_CPU_INDEX:
        answer(ctx, 0, ctx->cpu, 0, 0);
        return true;
    }
    if ( may_fault )
        switch ( fid )
        {
        case SVC_RAISE_SRI:
            sri_raise();
            answer(ctx, 0, 0, 0, 0);
            return true;
        case SVC_FAULT_ARM:
            answer(ctx, (uint32_t)fault_arm(ctx->x[1], ctx->x[2], ctx->x[3], ctx->x[4]), 0, 0, 0);
            return true;
        case SVC_FAULT_CLEAR:
            fault_clear();
            answer(ctx, 0, 0, 0, 0);
            return true;
        case SVC_FAULT_QUERY:
            return fault_query(ctx);
        }

    return answer_status(ctx, FFA_NOT_SUPPORTED);
}

bool svc_call(struct sp_ctx *ctx, struct regs *r)
{
    uint32_t fid = ctx->x[0];

    switch ( fid )
    {
    case FFA_MSG_WAIT:
        return msg_wait(ctx, r);
    case FFA_YIELD:
        return yield(ctx, r);
    case FFA_DIRECT_RESP_32:
    case FFA_DIRECT_RESP_64:
    case FFA_DIRECT_RESP2:
        return respond(ctx, r);
    case FFA_ERROR:
        return fail_request(ctx, r);
    case FFA_VERSION:
        answer(ctx, (uint32_t)ctx->x[1] >> 31 ? (uint32_t)FFA_NOT_SUPPORTED : FFA_1_2, 0, 0, 0);
        return true;
    case FFA_FEATURES:
        return features(ctx);
    case FFA_ID_GET:
        answer(ctx, FFA_SUCCESS_32, 0, ctx->sp_of->head->id, 0);
        return true;
    case FFA_SPM_ID_GET:
        answer(ctx, FFA_SUCCESS_32, 0, SPMC_ID, 0);
        return true;
    case FFA_NOTIFICATION_BIND:
    case FFA_NOTIFICATION_UNBIND:
    case FFA_NOTIFICATION_SET:
    case FFA_NOTIFICATION_GET:
        return notification(ctx, fid);
    case FFA_RXTX_MAP_64:
        return rxtx_map(ctx);
    case FFA_RX_RELEASE:
        return rx_release(ctx);
    case FFA_MSG_SEND2:
        return send2(ctx);
    case FFA_MEM_RETRIEVE_REQ_64:
        return retrieve(ctx);
    case FFA_MEM_RELINQUISH:
        return relinquish(ctx);
    case FFA_MEM_SHARE_64:
        return lend(ctx, 1);
    case FFA_MEM_LEND_64:
        return lend(ctx, 2);
    case FFA_MEM_DONATE_64:
        return lend(ctx, 3);
    case FFA_MEM_RECLAIM:
        return answer_status(ctx, lend_reclaim(ctx->sp_of, (uint32_t)ctx->x[1] | (uint64_t)(uint32_t)ctx->x[2] << 32));
    case FFA_CONSOLE_LOG_32:
        return console_log(ctx, 4, 24);
    case FFA_CONSOLE_LOG_64:
        return console_log(ctx, 8, 128);
    default:
        return service(ctx, fid);
    }
}
