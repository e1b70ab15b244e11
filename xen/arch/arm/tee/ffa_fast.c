/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a call of a VM comes in, and the fast path: calls that VMs make all the time, in the state in which they mostly are.
 *
 * The specification of the fast path is the slow one, ffa_call_slow() with the handlers: same registers to the guest, same
 * SMC, same counters. tests/unit/test_fast.c compares the two on random calls. What is left out here is only what does not
 * arise: each function below first looks whether arguments and VM are as simple as it takes, and leaves everything else,
 * each refusal of ours among it, to the slow path before anything has changed. Nothing is forwarded that was not checked.
 *
 * It works on the guest's frame, without a copy; takes no lock; and looks only at words of the VM that are constant or may
 * be read without their lock (ctx->fast, ctx->notif.hinted). Arguments are read as words, which is the truncation of SMC32.
 * With "ffa-trace" it is off.
 */
#include <xen/softirq.h>

#include "ffa_private.h"

#define BIT_OF(name)                    ((uint64_t)1 << FFA_NR_##name)
#define FAST_CALLS                                                                                                     \
    (BIT_OF(ID_GET) | BIT_OF(FEATURES) | BIT_OF(NOTIF_INFO_GET_32) | BIT_OF(NOTIF_INFO_GET_64) | BIT_OF(NOTIF_GET) |   \
     BIT_OF(NOTIF_BIND) | BIT_OF(NOTIF_UNBIND) | BIT_OF(NOTIF_SET) | BIT_OF(DIRECT_REQ_32) | BIT_OF(DIRECT_REQ_64))

/* ffa_fast_init - the SPs that the fast path serves. Context: domain creation; the VM has its policy. */
void ffa_fast_init(struct ffa_ctx *ctx)
{
    unsigned int i;

    /* An id that belongs into another place matches nothing. */
    for ( i = 0; i < FFA_FAST_PEERS; i++ )
        ctx->fast.notify[i].id = ctx->fast.direct[i].id = i + 1;

    /* Of two SPs that share a place, one is left to the slow path. */
    for ( i = 0; i < ffa_splist_sps(); i++ )
    {
        const struct ffa_part_info *sp = ffa_splist_sp(i);
        struct ffa_fast_peer peer = { .id = sp->id, .index = i, .judged = i == ffa_optee_sp };

        if ( ffa_may_sp(ctx, i, FFA_MAY_NOTIFY) )
            ctx->fast.notify[sp->id % FFA_FAST_PEERS] = peer;
        if ( ffa_may_sp(ctx, i, FFA_MAY_MESSAGE) && (sp->properties & FFA_PART_DIRECT_RECV) )
            ctx->fast.direct[sp->id % FFA_FAST_PEERS] = peer;
    }
}

/* ffa_fast_offer - the VM may use the calls @offered from now on. Context: as ffa_version_freeze(), under its lock. */
void ffa_fast_offer(struct ffa_ctx *ctx, uint64_t offered)
{
    /* Without a bitmap the VM has notifications of other VMs only. */
    if ( !ctx->notif.bitmap )
        offered &= ~(BIT_OF(NOTIF_GET) | BIT_OF(NOTIF_BIND) | BIT_OF(NOTIF_UNBIND) | BIT_OF(NOTIF_SET));
    /* Who schedules SPs has more to be told than its hints. */
    if ( ctx->policy.scheduler )
        offered &= ~(BIT_OF(NOTIF_INFO_GET_32) | BIT_OF(NOTIF_INFO_GET_64));
    if ( !ffa_spmc_has(FFA_NR_NOTIF_SET) )
        offered &= ~BIT_OF(NOTIF_SET);
    /* Without these in the firmware they are there for other VMs. */
    if ( !ffa_spmc_has(FFA_NR_DIRECT_REQ_32) )
        offered &= ~BIT_OF(DIRECT_REQ_32);
    if ( !ffa_spmc_has(FFA_NR_DIRECT_REQ_64) )
        offered &= ~BIT_OF(DIRECT_REQ_64);
    if ( !opt_ffa_trace )
        ACCESS_ONCE(ctx->fast.calls) = offered & FAST_CALLS;
}

static always_inline bool may(const struct ffa_ctx *ctx, enum ffa_call_nr nr)
{
    return (ACCESS_ONCE(ctx->fast.calls) >> nr) & 1;
}

static always_inline uint32_t word(struct cpu_user_regs *regs, int reg)
{
    return get_user_reg(regs, reg);
}

/* Registers @first (1-5) to 7, or-ed */
static always_inline uint64_t rest(struct cpu_user_regs *regs, unsigned int first)
{
    uint64_t any = get_user_reg(regs, 5) | get_user_reg(regs, 6) | get_user_reg(regs, 7);

    if ( first <= 4 )
        any |= get_user_reg(regs, 4);
    if ( first <= 3 )
        any |= get_user_reg(regs, 3);
    if ( first <= 2 )
        any |= get_user_reg(regs, 2);
    if ( first <= 1 )
        any |= get_user_reg(regs, 1);

    return any;
}

static always_inline bool answer(struct cpu_user_regs *regs, uint64_t x0, uint64_t x2, uint64_t x3, uint64_t x6)
{
    set_user_reg(regs, 0, x0);
    set_user_reg(regs, 1, 0);
    set_user_reg(regs, 2, x2);
    set_user_reg(regs, 3, x3);
    set_user_reg(regs, 4, 0);
    set_user_reg(regs, 5, 0);
    set_user_reg(regs, 6, x6);
    set_user_reg(regs, 7, 0);

    return true;
}

/* The call @nr succeeded, with up to three results */
static always_inline bool success(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr, uint64_t x2,
                                  uint64_t x3, uint64_t x6)
{
    atomic_inc(&ctx->done[nr]);
    return answer(regs, FFA_FID(SUCCESS_32), x2, x3, x6);
}

static always_inline bool failure(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr, ffa_rc_t rc)
{
    atomic_inc(&ctx->refused[nr]);
    return answer(regs, FFA_FID(ERROR), (int64_t)rc.code, 0, 0);
}

static always_inline bool succeeded(const struct ffa_regs *res)
{
    return ((uint32_t)res->x[0] & ~FFA_CONV_64) == FFA_FID(SUCCESS_32);
}

/* ffa_spmc_status() of what did not succeed */
static always_inline ffa_rc_t refusal(const struct ffa_regs *res)
{
    int32_t code = (uint32_t)res->x[2];

    if ( likely((uint32_t)res->x[0] == FFA_FID(ERROR) && code < 0 && code >= FFA_NOT_READY.code) )
        return FFA_RC(code);

    return ffa_spmc_status(res);
}

/* ---- Answered here --------------------------------------------------------------------------------------------- */

static bool id_get(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    if ( !may(ctx, FFA_NR_ID_GET) )
        return ffa_call_slow(ctx, regs);

    return success(ctx, regs, FFA_NR_ID_GET, ctx->vm_id, 0, 0);
}

/* What FEATURES says more of than that it is there */
#define WITH_PROPERTIES                                                                                                \
    (BIT_OF(RXTX_MAP_32) | BIT_OF(RXTX_MAP_64) | BIT_OF(MEM_DONATE_32) | BIT_OF(MEM_DONATE_64) | BIT_OF(MEM_LEND_32) | \
     BIT_OF(MEM_LEND_64) | BIT_OF(MEM_SHARE_32) | BIT_OF(MEM_SHARE_64) | BIT_OF(MEM_RETRIEVE_REQ_32) |                 \
     BIT_OF(MEM_RETRIEVE_REQ_64))

/* Calls without properties */
static bool features(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    enum ffa_call_nr nr = ffa_call_lookup(word(regs, 1));

    if ( !may(ctx, FFA_NR_FEATURES) || nr == FFA_NR_CALLS || !ffa_call_offered(ctx, nr) ||
         ((WITH_PROPERTIES >> nr) & 1) )
        return ffa_call_slow(ctx, regs);

    return success(ctx, regs, FFA_NR_FEATURES, 0, 0, 0);
}

/* Nothing to report */
static always_inline bool info_get(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr)
{
    if ( !may(ctx, nr) || rest(regs, 1) || ACCESS_ONCE(ctx->notif.hinted) )
        return ffa_call_slow(ctx, regs);

    return failure(ctx, regs, nr, FFA_NO_DATA);
}

static bool info_get_32(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return info_get(ctx, regs, FFA_NR_NOTIF_INFO_GET_32);
}

static bool info_get_64(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return info_get(ctx, regs, FFA_NR_NOTIF_INFO_GET_64);
}

/* ---- Forwarded ------------------------------------------------------------------------------------------------- */

/*
 * The hints are clear: nothing is kept here for the VM, and what comes at this moment comes with an NPI, and stays for another
 * GET.
 */
static bool get(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    uint32_t w1 = word(regs, 1), flags = word(regs, 2);
    struct ffa_regs res;
    uint32_t spm;
    uint64_t sp;

    if ( !may(ctx, FFA_NR_NOTIF_GET) || rest(regs, 3) || (uint16_t)w1 != ctx->vm_id ||
         (w1 >> 16) >= ctx->notif.nr_vcpus || !(flags & FFA_NOTIF_GET_SPMC) ||
         (flags & ~(FFA_NOTIF_GET_SPMC | FFA_NOTIF_GET_OWN)) ||
         ACCESS_ONCE(ctx->notif.hinted) )
        return ffa_call_slow(ctx, regs);

    ffa_regs_set(&res, FFA_FID(NOTIF_GET), w1, flags & FFA_NOTIF_GET_SPMC, 0, 0);
    ffa_spmc_call_raw(&res);
    if ( unlikely(!succeeded(&res)) )
    {
        FFA_COUNT(ctx, get_error);
        return failure(ctx, regs, FFA_NR_NOTIF_GET, refusal(&res));
    }

    sp = flags & FFA_NOTIF_GET_SP ? (uint32_t)res.x[2] | (res.x[3] << 32) : 0;
    spm = flags & FFA_NOTIF_GET_SPM ? (uint32_t)res.x[6] : 0;
    TRACE_TIME(TRC_FFA_GET, w1, sp, sp >> 32, 0, 0);
    if ( unlikely(sp | spm) )
    {
        atomic_add(hweight64(sp), &ctx->count.bits);
        ffa_book(ctx, FFA_WAY_SPS, FFA_FATE_DELIVERED, sp);
        ffa_book(ctx, FFA_WAY_FRAMEWORK, FFA_FATE_DELIVERED, spm);
    }

    return success(ctx, regs, FFA_NR_NOTIF_GET, (uint32_t)sp, sp >> 32, spm);
}

/* ffa_book() with a SET of @bits, which are not 0: in place for a single one */
static always_inline void book_set(struct ffa_ctx *ctx, enum ffa_fate fate, uint64_t bits)
{
    if ( unlikely(bits & (bits - 1)) )
        ffa_book(ctx, FFA_WAY_OUT, fate, bits);
    else
        atomic_inc(&ctx->ledger->n[FFA_WAY_OUT][fate][__builtin_ctzll(bits)]);
}

/* BIND, UNBIND, SET: what they have in common */
static always_inline bool bits_call(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr)
{
    uint32_t w1 = word(regs, 1), flags = word(regs, 2), lo = word(regs, 3), hi = word(regs, 4);
    uint16_t sp = nr == FFA_NR_NOTIF_SET ? w1 : w1 >> 16, own = nr == FFA_NR_NOTIF_SET ? w1 >> 16 : w1;
    const struct ffa_fast_peer *peer = &ctx->fast.notify[sp % FFA_FAST_PEERS];
    bool unbind = nr == FFA_NR_NOTIF_UNBIND, judged = nr != FFA_NR_NOTIF_SET && peer->judged;
    uint64_t bits = lo | ((uint64_t)hi << 32);
    struct ffa_regs res;

    if ( !may(ctx, nr) || rest(regs, 5) || own != ctx->vm_id || sp != peer->id || !bits ||
         (unbind ? flags : flags & ~FFA_NOTIF_PER_VCPU) )
        return ffa_call_slow(ctx, regs);

    /* As ffa_optee_bits() */
    if ( judged && !ffa_optee_begin(ctx) )
        return ffa_call_slow(ctx, regs);
    if ( judged && unbind && unlikely(ctx->optee.told & bits) )
    {
        ffa_optee_end(ctx);
        return ffa_call_slow(ctx, regs);
    }

    if ( nr == FFA_NR_NOTIF_BIND )
        ffa_notif_note_bound(ctx, peer->index, bits);

    ffa_regs_set(&res, ffa_table[nr].fid, w1, flags, lo, hi);
    ffa_spmc_call_raw(&res);
    if ( unlikely(!succeeded(&res)) )
    {
        if ( judged )
            ffa_optee_end(ctx);
        if ( nr == FFA_NR_NOTIF_SET )
            book_set(ctx, FFA_FATE_REFUSED, bits);
        return failure(ctx, regs, nr, refusal(&res));
    }

    if ( judged )
    {
        ffa_optee_note(ctx, unbind, flags, bits);
        ffa_optee_end(ctx);
    }
    if ( nr == FFA_NR_NOTIF_SET )
        book_set(ctx, FFA_FATE_SET, bits);
    return success(ctx, regs, nr, 0, 0, 0);
}

static bool bind(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return bits_call(ctx, regs, FFA_NR_NOTIF_BIND);
}

static bool unbind(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return bits_call(ctx, regs, FFA_NR_NOTIF_UNBIND);
}

static bool set(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return bits_call(ctx, regs, FFA_NR_NOTIF_SET);
}

/* Anything but the response of the SP: preempted, refused, or nonsense */
static bool odd_answer(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr, struct ffa_call *call,
                       struct ffa_regs *res)
{
    struct ffa_regs out;
    ffa_rc_t rc;

    call->fid = ffa_table[nr].fid;
    call->cpu = smp_processor_id();
    ffa_spmc_cut(res);
    rc = ffa_call_finish(ctx, call, res, &out);
    if ( ffa_is(rc, FFA_BUSY) && ffa_cycles_make_way(call->sp) )
        return ffa_call_slow(ctx, regs);
    if ( !ffa_ok(rc) )
        return failure(ctx, regs, nr, rc);

    atomic_inc(&ctx->done[nr]);
    set_user_reg(regs, 0, out.x[0]);
    set_user_reg(regs, 1, out.x[1]);
    set_user_reg(regs, 2, out.x[2]);
    set_user_reg(regs, 3, out.x[3]);
    set_user_reg(regs, 4, out.x[4]);
    set_user_reg(regs, 5, out.x[5]);
    set_user_reg(regs, 6, out.x[6]);
    set_user_reg(regs, 7, out.x[7]);

    return true;
}

/* Does ffa_optee_judge() look at requests with this w3? */
static always_inline bool optee_judges(uint32_t w3)
{
    return w3 < 32 &&
           ((((1U << OPTEE_UNREGISTER_SHM) | (1U << OPTEE_ENABLE_ASYNC_NOTIF) | (1U << OPTEE_RELEASE_PROTMEM)) >> w3) & 1);
}

/* With the record of this vCPU's own, which nobody else makes RUNNING (ffa_run.c) */
static always_inline bool direct(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr)
{
    uint64_t mask = nr == FFA_NR_DIRECT_REQ_64 ? UINT64_MAX : UINT32_MAX, w1 = get_user_reg(regs, 1) & mask;
    uint16_t sp = w1;
    const struct ffa_fast_peer *peer = &ctx->fast.direct[sp % FFA_FAST_PEERS];
    struct ffa_call *call = &ctx->calls[current->vcpu_id];
    struct ffa_regs res;

    if ( !may(ctx, nr) || (w1 >> 16) != ctx->vm_id || (get_user_reg(regs, 2) & mask) || sp != peer->id ||
         (peer->judged && optee_judges(get_user_reg(regs, 3))) ||
         ACCESS_ONCE(call->state) != FFA_CALL_FREE )
        return ffa_call_slow(ctx, regs);

    /* As ffa_spmc_call_briefly() */
    local_irq_disable();
    if ( unlikely(softirq_pending(smp_processor_id())) )
    {
        local_irq_enable();
        return ffa_call_slow(ctx, regs);
    }

    call->sp = sp;
    ACCESS_ONCE(call->state) = FFA_CALL_RUNNING;
    ffa_regs_set(&res, ffa_table[nr].fid, w1, 0, get_user_reg(regs, 3) & mask, get_user_reg(regs, 4) & mask);
    res.x[5] = get_user_reg(regs, 5) & mask;
    res.x[6] = get_user_reg(regs, 6) & mask;
    res.x[7] = get_user_reg(regs, 7) & mask;
    ffa_spmc_call_raw(&res);
    local_irq_enable();

    /* The response in the width of the request, from the SP to this VM, and no framework message */
    if ( unlikely((uint32_t)res.x[0] != ffa_table[nr].fid + 1 || (res.x[1] & mask) != (((uint32_t)sp << 16) | ctx->vm_id) ||
                  (res.x[2] & mask)) )
        return odd_answer(ctx, regs, nr, call, &res);

    ACCESS_ONCE(call->state) = FFA_CALL_FREE;
    atomic_inc(&ctx->done[nr]);
    set_user_reg(regs, 0, (uint32_t)res.x[0]);
    set_user_reg(regs, 1, res.x[1] & mask);
    set_user_reg(regs, 2, 0);
    set_user_reg(regs, 3, res.x[3] & mask);
    set_user_reg(regs, 4, res.x[4] & mask);
    set_user_reg(regs, 5, res.x[5] & mask);
    set_user_reg(regs, 6, res.x[6] & mask);
    set_user_reg(regs, 7, res.x[7] & mask);

    return true;
}

static bool direct_32(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return direct(ctx, regs, FFA_NR_DIRECT_REQ_32);
}

static bool direct_64(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    return direct(ctx, regs, FFA_NR_DIRECT_REQ_64);
}

#define FNUM_FIRST                      (FFA_FID_FEATURES & 0xff)
#define FNUM_LAST                       (FFA_FID_NOTIF_INFO_GET_64 & 0xff)
#define FAST(name, fn)                  [!!(FFA_FID_##name & FFA_CONV_64)][(FFA_FID_##name & 0xff) - FNUM_FIRST] = fn
typedef bool fast_fn(struct ffa_ctx *ctx, struct cpu_user_regs *regs);
static fast_fn *const fast[2][FNUM_LAST - FNUM_FIRST + 1] = {
    FAST(ID_GET, id_get),
    FAST(FEATURES, features),
    FAST(NOTIF_INFO_GET_32, info_get_32),
    FAST(NOTIF_INFO_GET_64, info_get_64),
    FAST(NOTIF_GET, get),
    FAST(NOTIF_BIND, bind),
    FAST(NOTIF_UNBIND, unbind),
    FAST(NOTIF_SET, set),
    FAST(DIRECT_REQ_32, direct_32),
    FAST(DIRECT_REQ_64, direct_64),
};

/*
 * ffa_handle_call - a call of the current vCPU, if it is one of FF-A
 * Returns: false for domains without FF-A and for IDs of others: the core answers.
 * Context and registers: see ffa_call_slow().
 */
bool ffa_handle_call(struct cpu_user_regs *regs)
{
    struct ffa_ctx *ctx = current->domain->arch.tee;
    uint32_t fid = word(regs, 0), i = (fid & ~FFA_CONV_64) - (0x84000000U + FNUM_FIRST);
    fast_fn *fn;

    if ( unlikely(!ctx) )
        return false;

    if ( unlikely(i > FNUM_LAST - FNUM_FIRST) )
        return ffa_call_slow(ctx, regs);

    fn = fast[!!(fid & FFA_CONV_64)][i];

    return likely(fn) ? fn(ctx, regs) : ffa_call_slow(ctx, regs);
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
