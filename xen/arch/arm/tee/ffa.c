/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FF-A mediator: probe of the firmware, birth and death of a VM's context, dispatch of its calls.
 *
 * What a guest can call is in ffa_calls.h and, for people, in docs/ffa-status.md; everything else is NOT_SUPPORTED.
 * Limitations: the list of partitions is read once at boot; a direct request occupies the physical CPU until the SP
 * answers or an interrupt arrives; a VM that starts over without dying (kexec, a driver loaded again) keeps its
 * version: VERSION with another one is NOT_SUPPORTED. Payloads are the SPs' business, except what a guest could stop
 * OP-TEE with (ffa_optee.c); there, below another SPMC, a VM's bit is unbound at its death before OP-TEE is told of it.
 *
 * Hops of a call: entry.S, traps.c, vsmc.c, tee.c, ffa_fast.c, and unless that could answer it ffa_call_slow() here,
 * ffa_do_*() of the chapter. Only this file and ffa_fast.c write registers of a guest. Locks: see ffa_private.h.
 */
#include <xen/bitmap.h>
#include <xen/init.h>
#include <xen/rcupdate.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <xen/xmalloc.h>

#include <asm/regs.h>
#include <asm/smccc.h>
#include <asm/tee/ffa.h>
#include <asm/tee/tee.h>

#include "ffa_mem.h"

/*
 * Pace of a clean-up. A step may keep its CPU for a SLICE, in which a dead VM's SP runs, and leaves it to others for at
 * least as long. After the PATIENCE it is late: it goes on for ever, but costs next to nothing.
 */
#define FINI_SLICE                      MILLISECS(1)
#define FINI_SLICE_TRIES                5
#define FINI_MORE                       MILLISECS(1)
#define FINI_AGAIN                      MILLISECS(10)
#define FINI_PATIENCE                   SECONDS(5)
#define FINI_MORE_LATE                  MILLISECS(20)
#define FINI_AGAIN_LATE                 SECONDS(1)

/* VM ids without a domain that the secure world has not let go of: births that have failed */
static DECLARE_BITMAP(kept_ids, 0x8000);

/* Register 5 or one before it, and always to the last one: what reserved_set() looks at */
#define FFA_Z(first, last)              ((first) / ((first) <= 5 && (last) == FFA_NR_REGS_SHORT - 1))
#define FFA_CALL(name_, fid_, since_, from_, needs_, args_, mbz_, handler_)                                            \
    [FFA_NR_##name_] = {                                                                                               \
        .name = #name_, .fid = (fid_), .since = FFA_VERSION_##since_, .from = FFA_FROM_##from_,                        \
        .needs = FFA_NEED_##needs_, .mbz_from = (mbz_),                                                                     \
    },
const struct ffa_call_desc ffa_table[FFA_NR_CALLS] = {
#include "ffa_calls.h"
};

/* What a guest can call, for FFA_NR_FUNCS */
#define FFA_CALL(name_, fid_, since_, from_, needs_, args_, mbz_, handler_) + (FFA_FROM_##from_ == FFA_FROM_VM)
enum { NR_VM_CALLS = 0
#include "ffa_calls.h"
};

/* ---- Birth and death ------------------------------------------------------------------------------------------- */

/*
 * What a VM is made of towards the SPMC. Birth walks down, death walks up. A fini gets along with a part that is half
 * built or already gone; MORE and AGAIN leave it as far as it came, to go on later on ctx->fini_cpu.
 */
static const struct ffa_part {
    int (*init)(struct ffa_ctx *ctx);
    enum ffa_fini (*fini)(struct ffa_ctx *ctx);
} parts[] = {
    { ffa_shm_init,   ffa_shm_fini   },   /* nothing shared            / shares reclaimed: SPs have let go by then */
    { ffa_vm_init,    ffa_vm_fini    },   /* VM created                / VM destroyed                             */
    { ffa_notif_init, ffa_notif_fini },   /* bitmap created            / drained, unbound, bitmap destroyed       */
    { ffa_rxtx_init,  ffa_rxtx_fini  },   /* nothing mapped            / pages put back                           */
    { ffa_run_init,   ffa_run_fini   },   /* no request in flight      / preempted requests run to their end      */
};

static enum ffa_fini parts_fini(struct ffa_ctx *ctx)
{
    while ( ctx->nr_parts )
    {
        enum ffa_fini fini = parts[ctx->nr_parts - 1].fini(ctx);

        if ( fini != FFA_FINI_DONE )
            return fini;
        ctx->nr_parts--;
    }

    return FFA_FINI_DONE;
}

static void ctx_free(struct ffa_ctx *ctx)
{
    ffa_ledger_free(ctx);
    xfree(ctx->notif.own.vpending);
    xfree(ctx->notif.bound);
    xfree(ctx->notif.hint);
    xfree(ctx->serve);
    xfree(ctx->calls);
    xfree(ctx);
}

static struct ffa_ctx *ctx_alloc(struct domain *d)
{
    struct ffa_ctx *ctx = xzalloc(struct ffa_ctx);

    if ( !ctx )
        return NULL;

    ctx->d = d;
    ctx->vm_id = d->domain_id + 1;
    ctx->offered = (uint64_t)1 << FFA_NR_VERSION;
    spin_lock_init(&ctx->version_lock);
    spin_lock_init(&ctx->log.lock);
    spin_lock_init(&ctx->rxtx.lock);
    spin_lock_init(&ctx->run_lock);
    spin_lock_init(&ctx->notif.lock);
    spin_lock_init(&ctx->shm.lock);
    INIT_LIST_HEAD(&ctx->shm.shares);
    INIT_LIST_HEAD(&ctx->shm.borrows);
    INIT_LIST_HEAD(&ctx->shm.transfers);

    ctx->nr_calls = d->max_vcpus * FFA_CALLS_PER_VCPU;
    ctx->calls = xzalloc_array(struct ffa_call, ctx->nr_calls);
    ctx->notif.nr_hints = d->max_vcpus + 1;
    ctx->notif.hint = xzalloc_array(struct ffa_hint, ctx->notif.nr_hints);
    ctx->notif.bound = xzalloc_array(uint64_t, ffa_splist_sps() + 1);
    ctx->notif.own.vpending = xzalloc_array(uint64_t, d->max_vcpus);
    if ( ffa_ledger_init(ctx) || !ctx->calls || !ctx->notif.hint || !ctx->notif.bound || !ctx->notif.own.vpending )
    {
        ctx_free(ctx);
        return NULL;
    }

    return ctx;
}

/* ffa_id_kept - may no domain have this id now, although none has it? Context: any. */
bool ffa_id_kept(domid_t domid)
{
    return test_bit(domid + 1, kept_ids);
}

/* ffa_ids_kept - how many of them there are. Context: any. */
unsigned int ffa_ids_kept(void)
{
    return bitmap_weight(kept_ids, 0x8000);
}

/* ---- The clean-up ---------------------------------------------------------------------------------------------- */

/*
 * It runs in steps, each in a tasklet of the idle vCPU: no vCPU or softirq has to wait for an SP longer than for the next
 * interrupt. The domain reference makes a zombie of a domain that the secure world does not let go of, so that its id
 * cannot be given to another. A birth that has failed leaves no domain: its context goes on alone, and kept_ids has the id.
 */
static void fini_later(struct ffa_ctx *ctx, s_time_t delay)
{
    migrate_timer(&ctx->fini_timer, ctx->fini_cpu);
    set_timer(&ctx->fini_timer, NOW() + delay);
}

/* Timer, on ctx->fini_cpu */
static void fini_wake(void *data)
{
    struct ffa_ctx *ctx = data;

    tasklet_schedule(&ctx->fini_tasklet);
}

/*
 * Set the timer that ends this step, for its interrupt; the callback has its turn when the step is over. The softirq
 * programs the hardware, or finds that the time is over already, which must not go unnoticed: then a longer slice.
 * Returns: false if this CPU is so slow that none could be begun.
 */
static bool fini_start_slice(struct ffa_ctx *ctx)
{
    unsigned int try;

    for ( try = 0; try < FINI_SLICE_TRIES; try++ )
    {
        ctx->fini_slice = NOW() + (FINI_SLICE << try);
        set_timer(&ctx->fini_timer, ctx->fini_slice);
        process_pending_softirqs();
        if ( timer_is_active(&ctx->fini_timer) )
            return true;
    }

    return false;
}

static void fini_begin(struct ffa_ctx *ctx)
{
    ctx->fini_begun = true;
    ffa_shm_dies(ctx);
    ctx->fini_deadline = NOW() + FINI_PATIENCE;
    fini_later(ctx, 0);
}

/* Nobody finds the context any more, and the secure world does not know the VM. Not in its own tasklet. */
static void ctx_bury(struct ffa_ctx *ctx)
{
    kill_timer(&ctx->fini_timer);
    tasklet_kill(&ctx->fini_tasklet);
    ffa_debug_fold(ctx);
    ctx_free(ctx);
}

static void ctx_bury_rcu(struct rcu_head *head)
{
    ctx_bury(container_of(head, struct ffa_ctx, rcu));
}

static void fini_step(void *data)
{
    struct ffa_ctx *ctx = data;
    struct domain *d = ctx->d;
    enum ffa_fini fini;

    /* Woken while it was at it, and then there was nothing left */
    if ( !ctx->nr_parts )
        return;

    ctx->fini_cpu = smp_processor_id();
    if ( !ctx->fini_late && NOW() >= ctx->fini_deadline )
    {
        ctx->fini_late = true;
        printk(XENLOG_WARNING "ffa: d%u: the secure world does not let go of VM %u, its id is kept back\n",
               ctx->vm_id - 1, ctx->vm_id);
    }

    if ( !fini_start_slice(ctx) )
    {
        fini_later(ctx, FINI_MORE);
        return;
    }

    fini = parts_fini(ctx);
    if ( fini != FFA_FINI_DONE )
    {
        if ( fini == FFA_FINI_MORE )
            fini_later(ctx, ctx->fini_late ? FINI_MORE_LATE : FINI_MORE);
        else
            fini_later(ctx, ctx->fini_late ? FINI_AGAIN_LATE : FINI_AGAIN);
        return;
    }

    stop_timer(&ctx->fini_timer);
    if ( !d )
    {
        clear_bit(ctx->vm_id, kept_ids);
        /* In a softirq of this CPU, which this tasklet must have left for it */
        call_rcu(&ctx->rcu, ctx_bury_rcu);
        return;
    }

    ffa_debug_ledger(ctx);
    ffa_ledger_close(ctx);

    /* The braces are for Xen's macro, which is an if without else. */
    {
        put_domain(d);
    }
}

/*
 * The end of a context that no domain has any more. After a death there is nothing left to do. Of a birth that has failed the
 * SPs and the SPMC are told at once, each once: who is busy is told by the tasklet, and the id is kept until then.
 */
static void ctx_end(struct ffa_ctx *ctx)
{
    unsigned int more = ffa_splist_sps();
    enum ffa_fini fini;

    ctx->fini_cpu = smp_processor_id();
    ctx->fini_slice = NOW() + FINI_SLICE;
    ffa_sched_fini(ctx);
    do {
        fini = parts_fini(ctx);
    } while ( fini == FFA_FINI_MORE && !ctx->msg_resume && more-- );
    ffa_policy_forget(ctx);

    if ( fini == FFA_FINI_DONE )
    {
        ctx_bury(ctx);
        return;
    }

    /* No guest has run: what looks at the domain was over at once. */
    ASSERT(parts[ctx->nr_parts - 1].fini == ffa_vm_fini || parts[ctx->nr_parts - 1].fini == ffa_notif_fini);
    ctx->d = NULL;
    set_bit(ctx->vm_id, kept_ids);
    fini_begin(ctx);
}

/*
 * ffa_domain_init - make a VM of a domain: tell the SPs, create its notification bitmap
 * Returns: 0, or -errno with everything undone.   Context: domain creation, no vCPU exists.
 * Undone by: ffa_domain_teardown(), or by ffa_free_domain_ctx() if the creation fails later.
 */
static int ffa_domain_init(struct domain *d)
{
    struct ffa_ctx *ctx;
    unsigned int i;
    int rc = 0;

    /* 0x7fff is "invalid" to some SPMCs; domain IDs stay below 0x7ff0. */
    if ( d->domain_id >= 0x7ffe || !d->max_vcpus )
        return -EINVAL;

    if ( ffa_id_kept(d->domain_id) )
        return -EBUSY;

    ctx = ctx_alloc(d);
    if ( !ctx )
        return -ENOMEM;

    ffa_policy_assign(ctx);
    ffa_fast_init(ctx);
    ffa_sched_init(ctx);
    init_timer(&ctx->fini_timer, fini_wake, ctx, smp_processor_id());
    tasklet_init(&ctx->fini_tasklet, fini_step, ctx);
    for ( i = 0; i < ARRAY_SIZE(parts) && !rc; i++ )
    {
        ctx->nr_parts++;
        rc = parts[i].init(ctx);
    }

    if ( rc )
    {
        printk(XENLOG_ERR "ffa: d%u cannot become a VM: error %d\n", d->domain_id, rc);
        ctx_end(ctx);
        return rc;
    }

    /* From here on the SRI path can see it. */
    smp_wmb();
    d->arch.tee = ctx;

    return 0;
}

/*
 * ffa_domain_teardown - begin to take a VM away: the steps are the tasklet's, which keeps a reference on the domain until
 * the secure world has let go of it. Returns: 0.   Context: domain destruction, the vCPUs have stopped.
 */
static int ffa_domain_teardown(struct domain *d)
{
    struct ffa_ctx *ctx = d->arch.tee;

    /* No context: no VM, or a creation that failed. Begun already: the callers come back until they are done. */
    if ( !ctx || d->is_dying == DOMDYING_dead || ctx->fini_begun )
        return 0;

    ffa_vm_went(ctx);
    ffa_sched_fini(ctx);
    ffa_console_end(ctx);
    ctx->fini_cpu = smp_processor_id();
    get_knownalive_domain(d);
    fini_begin(ctx);

    return 0;
}

/*
 * ffa_relinquish_resources - nothing to do: pages of RX and TX are put by then, and shared ones that an SP still uses are
 * kept by their references until the clean-up has reclaimed them.
 */
static int ffa_relinquish_resources(struct domain *d)
{
    return 0;
}

/*
 * ffa_free_domain_ctx - free the context; may be called twice and for domains that never had one. A creation that failed
 * after ffa_domain_init() has told the SPMC of a VM that nobody took back: begun here.
 */
static void ffa_free_domain_ctx(struct domain *d)
{
    struct ffa_ctx *ctx = d->arch.tee;

    if ( !ctx )
        return;

    d->arch.tee = NULL;
    ctx_end(ctx);
}

/* ---- Dispatch -------------------------------------------------------------------------------------------------- */

/* Row of the call with this convention and function number, plus one; 0: none */
#define FNUM_FIRST                      0x60U
#define FNUM_LAST                       0x8FU
#define FFA_CALL(name_, fid_, since_, from_, needs_, args_, mbz_, handler_)                                            \
    [!!((fid_) & FFA_CONV_64)][((fid_) & 0xffffU) - FNUM_FIRST] = FFA_NR_##name_ + 1,
static const uint8_t call_rows[2][FNUM_LAST - FNUM_FIRST + 1] = {
#include "ffa_calls.h"
};

/* ffa_call_lookup - row of the table with exactly this ID; FFA_NR_CALLS if there is none. */
enum ffa_call_nr ffa_call_lookup(uint32_t fid)
{
    unsigned int fnum = (fid & 0xffffU) - FNUM_FIRST, row;

    if ( (fid & ~(FFA_CONV_64 | 0xffffU)) != 0x84000000U || fnum > FNUM_LAST - FNUM_FIRST )
        return FFA_NR_CALLS;

    row = call_rows[!!(fid & FFA_CONV_64)][fnum];

    return row ? row - 1 : FFA_NR_CALLS;
}

static void encode_error(struct ffa_regs *out, ffa_rc_t rc)
{
    /*
     * FFA_ERROR is an SMC32 result, so w2 is what counts. Linux 6.12 compares all of x2 with negative numbers, though:
     * sign-extended codes serve both.
     */
    ffa_encode(out, FFA_FID(ERROR), (uint64_t)(int64_t)rc.code, 0);
}

/* A call that is in the table for its name only */
FFA_HANDLER(refuse)
{
    return FFA_NOT_SUPPORTED;
}

/* Is a register from @from (1-5; 0: none) to 7 not zero? Written out: a loop costs more than all the rest. */
static bool reserved_set(const struct ffa_regs *in, unsigned int from)
{
    uint64_t any = in->x[5] | in->x[6] | in->x[7];

    if ( !from )
        return false;

    if ( from <= 4 )
        any |= in->x[4];
    if ( from <= 3 )
        any |= in->x[3];
    if ( from <= 2 )
        any |= in->x[2];
    if ( from <= 1 )
        any |= in->x[1];

    return any;
}

/* Arguments of the call @nr, as wide as its convention says. x8-x17 exist since version 1.2: older calls have none. */
static void load_args(struct ffa_regs *in, struct cpu_user_regs *regs, uint32_t fid, enum ffa_call_nr nr)
{
    uint64_t mask = fid & FFA_CONV_64 ? UINT64_MAX : UINT32_MAX;
    unsigned int i;

    in->x[0] = fid;
    in->x[1] = get_user_reg(regs, 1) & mask;
    in->x[2] = get_user_reg(regs, 2) & mask;
    in->x[3] = get_user_reg(regs, 3) & mask;
    in->x[4] = get_user_reg(regs, 4) & mask;
    in->x[5] = get_user_reg(regs, 5) & mask;
    in->x[6] = get_user_reg(regs, 6) & mask;
    in->x[7] = get_user_reg(regs, 7) & mask;

    if ( ffa_table[nr].since >= FFA_VERSION_1_2 )
        for ( i = FFA_NR_REGS_SHORT; i < FFA_NR_REGS; i++ )
            in->x[i] = get_user_reg(regs, i) & mask;
}

/* x0-x7 of a result; read first, then written, so that the compiler can pair them */
static void store_result(struct cpu_user_regs *regs, const struct ffa_regs *out)
{
    uint64_t x0 = out->x[0], x1 = out->x[1], x2 = out->x[2], x3 = out->x[3];
    uint64_t x4 = out->x[4], x5 = out->x[5], x6 = out->x[6], x7 = out->x[7];

    barrier();
    set_user_reg(regs, 0, x0);
    set_user_reg(regs, 1, x1);
    set_user_reg(regs, 2, x2);
    set_user_reg(regs, 3, x3);
    set_user_reg(regs, 4, x4);
    set_user_reg(regs, 5, x5);
    set_user_reg(regs, 6, x6);
    set_user_reg(regs, 7, x7);
}

static ffa_rc_t dispatch(struct ffa_ctx *ctx, struct cpu_user_regs *regs, uint32_t fid, enum ffa_call_nr nr,
                         struct ffa_regs *out)
{
    struct ffa_regs in;

    BUILD_BUG_ON(FFA_NR_CALLS > 64);

    /* Not offered, or not known yet: any call but VERSION settles the version. */
    if ( unlikely(!ffa_call_offered(ctx, nr)) &&
         (ffa_table[nr].from != FFA_FROM_VM || !ffa_version_freeze(ctx) || !ffa_call_offered(ctx, nr)) )
        return FFA_NOT_SUPPORTED;
    /* Pairs with ffa_version_freeze(): ctx->version is read later. */
    smp_rmb();

    load_args(&in, regs, fid, nr);
    if ( unlikely(reserved_set(&in, ffa_table[nr].mbz_from)) )
        return FFA_INVALID_PARAMETERS;

    switch ( nr )
    {
#define FFA_CALL(name_, fid_, since_, from_, needs_, args_, mbz_, handler_) \
    case FFA_NR_##name_: return ffa_do_##handler_(ctx, &in, out);
#include "ffa_calls.h"
    default:
        return FFA_NOT_SUPPORTED;
    }
}

/*
 * ffa_call_refuse - the call @nr is over, and its result is FFA_ERROR
 * Context: as ffa_call_slow().
 */
void ffa_call_refuse(struct ffa_ctx *ctx, struct cpu_user_regs *regs, enum ffa_call_nr nr, ffa_rc_t rc)
{
    struct ffa_regs out;

    if ( nr != FFA_NR_CALLS )
        atomic_inc(&ctx->refused[nr]);
    else
        FFA_COUNT_CALL(ctx, unknown);
    encode_error(&out, rc);
    store_result(regs, &out);
}

/*
 * ffa_call_slow - a call of the current vCPU, if it is one of FF-A: any call, in any state of the VM
 * Registers: reads x0-x17; writes x0-x7, and x8-x17 only for results that define them.
 * Returns: false for IDs of others: the core answers.
 * Context: trap of a guest vCPU, interrupts enabled.      Spec: DEN0077A, SMCCC 1.3 (truncation, SVE hint).
 */
bool ffa_call_slow(struct ffa_ctx *ctx, struct cpu_user_regs *regs)
{
    uint32_t fid = (uint32_t)get_user_reg(regs, 0) & ~FFA_SVE_HINT;
    enum ffa_call_nr nr = ffa_call_lookup(fid);
    struct ffa_regs out;
    unsigned int i;
    ffa_rc_t rc = FFA_NOT_SUPPORTED;

    if ( likely(nr != FFA_NR_CALLS) )
        rc = dispatch(ctx, regs, fid, nr, &out);
    /* Fast call, standard service, all reserved bits clear: anything else only looks like FF-A. */
    else if ( (fid & ~(FFA_CONV_64 | 0xffffU)) != 0x84000000U || !is_ffa_fid(fid) )
        return false;

    if ( !ffa_ok(rc) )
    {
        ffa_call_refuse(ctx, regs, nr, rc);
        return true;
    }

    atomic_inc(&ctx->done[nr]);
    ASSERT(out.nr == FFA_NR_REGS_SHORT || out.nr == FFA_NR_REGS);
    store_result(regs, &out);
    if ( unlikely(out.nr == FFA_NR_REGS) )
        for ( i = FFA_NR_REGS_SHORT; i < FFA_NR_REGS; i++ )
            set_user_reg(regs, i, out.x[i]);

    return true;
}

/* ---- Probe ----------------------------------------------------------------------------------------------------- */

/*
 * ffa_probe - find out what the firmware can do
 * Returns: false without FF-A firmware, with one line that says so and nothing left behind.
 * Context: boot, CPU0 only.
 */
static bool __init ffa_probe(void)
{
    BUILD_BUG_ON(NR_VM_CALLS != FFA_NR_FUNCS);

    if ( smccc_ver < ARM_SMCCC_VERSION_1_2 )
    {
        printk(XENLOG_INFO "ffa: no FF-A: the firmware's SMCCC is older than 1.2\n");
        return false;
    }

    if ( !ffa_spmc_probe() )
        return false;

    if ( ffa_splist_init() )
    {
        ffa_spmc_forget();
        return false;
    }

    ffa_optee_init();
    ffa_policy_init();
    ffa_loan_init();
    ffa_hyp_init_cpu();
    ffa_notif_patrol_init();
    ffa_sri_probe();
    ffa_debug_init();
    printk(XENLOG_INFO "ffa: firmware speaks %u.%u, %u partitions, notifications %s\n",
           FFA_VERSION_MAJOR(ffa_spmc_version()), FFA_VERSION_MINOR(ffa_spmc_version()), ffa_splist_sps(),
           ffa_notif_works() ? "on" : "off");

    return true;
}

static void __init ffa_init_secondary(void)
{
    ffa_hyp_init_cpu();
    ffa_sri_init_secondary();
}

static const struct tee_mediator_ops ffa_ops = {
    .probe = ffa_probe,
    .init_secondary = ffa_init_secondary,
    .domain_init = ffa_domain_init,
    .domain_teardown = ffa_domain_teardown,
    .free_domain_ctx = ffa_free_domain_ctx,
    .relinquish_resources = ffa_relinquish_resources,
    .handle_call = ffa_handle_call,
};

REGISTER_TEE_MEDIATOR(ffa, "FF-A", XEN_DOMCTL_CONFIG_TEE_FFA, &ffa_ops);

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
