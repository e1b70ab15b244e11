/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path (ffa_fast.c) and its specification, the slow one: the same random calls to two worlds that start alike, in
 * one of which the fast path is off. Every call must have the same registers, SMCs, counters and state of the VM as result.
 */
#include "world.h"

#define CALLS 20000                     /* of each VM below: more than 10^5 together */
#define VCPUS 3
#define OTHER 3                         /* id of another VM, which rings */

static const struct vm {
    uint32_t version;
    unsigned int vcpus;
    bool is_32bit, no_notifications, optee;
    const char *peers;                  /* NULL: all is allowed */
} vms[] = {
    { FFA_VERSION_1_2, 1 },
    { FFA_VERSION_1_2, VCPUS },
    { FFA_VERSION_1_2, VCPUS, .no_notifications = true },
    { FFA_VERSION_1_1, 2 },
    { FFA_VERSION_1_2, 2, .peers = "sp:11111111-1111-1111-1111-111111111111 notify|sp:22222222-2222-2222-2222-222222222222 message" },
    { FFA_VERSION_1_1, 2, .is_32bit = true },
    { FFA_VERSION_1_0, 1 },
    { FFA_VERSION_1_2, 2, .optee = true },
};

static const uint32_t fast_ids[] = {
    FFA_FID(ID_GET), FFA_FID(FEATURES), FFA_FID(NOTIF_INFO_GET_32), FFA_FID(NOTIF_INFO_GET_64), FFA_FID(NOTIF_GET),
    FFA_FID(NOTIF_BIND), FFA_FID(NOTIF_UNBIND), FFA_FID(NOTIF_SET), FFA_FID(DIRECT_REQ_32), FFA_FID(DIRECT_REQ_64),
};

/* What a call may change */
struct outcome {
    struct cpu_user_regs regs;
    bool handled;
    unsigned int nr_smcs;
    struct { uint64_t x[FFA_NR_REGS]; } smc[4];
    int done[FFA_NR_CALLS], refused[FFA_NR_CALLS];
    struct ffa_counters vm, total;
    uint32_t hints[VCPUS + 1];
    uint64_t bound[4];
    struct ffa_ledger ledger;
    struct { enum ffa_call_state state; uint16_t sp, sp_vcpu; uint32_t fid; unsigned int cpu; } call[VCPUS * FFA_CALLS_PER_VCPU];
};

static uint64_t seed;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static bool one_in(unsigned int n)
{
    return rnd() % n == 0;
}

#define PICK(...) (((const uint64_t[]){ __VA_ARGS__ })[rnd() % (sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8)])

static uint64_t random_pair(uint16_t own)
{
    uint64_t other = PICK(SP_ECHO, SP_ECHO, SP_NOTIFY, SP_NOTIFY, SP_PLAIN, 0, 0x8000, 0xffff, 0x8009, 9, OTHER, OTHER, own);
    uint64_t pair = one_in(2) ? (other << 16) | own : ((uint64_t)own << 16) | other;

    return one_in(20) ? pair ^ (1ULL << (rnd() % 64)) : pair;
}

static struct cpu_user_regs random_call(uint16_t own)
{
    struct cpu_user_regs r = { .x = { one_in(30) ? FFA_FID(RUN) : fast_ids[rnd() % ARRAY_SIZE(fast_ids)] } };
    uint32_t fid = r.x[0];
    unsigned int i;

    for ( i = 8; i < 31; i++ )
        r.x[i] = rnd();

    r.x[1] = random_pair(own);
    r.x[2] = PICK(0, 0, 0, 0, 1, 1, 2, 0x10001);
    if ( fid == FFA_FID(NOTIF_GET) )
    {
        r.x[1] = own | PICK(0, 0, 0, 1, 2, 3, 4) << 16;
        r.x[2] = PICK(1, 1, 4, 5, 5, 0, 2, 8, 0xf, 0x10);
    }
    else if ( fid == FFA_FID(FEATURES) )
        r.x[1] = one_in(3) ? rnd() % 4 : ffa_table[rnd() % FFA_NR_CALLS].fid;
    else if ( fid == FFA_FID(NOTIF_INFO_GET_32) || fid == FFA_FID(NOTIF_INFO_GET_64) )
        r.x[1] = r.x[2] = 0;
    else if ( fid != FFA_FID(ID_GET) )
    {
        r.x[3] = one_in(5) ? PICK(0, 3, 5, 8, 0x80000003) : rnd() & PICK(UINT64_MAX, 0xff, 1);
        r.x[4] = one_in(5) ? 0 : rnd();
    }
    if ( (fid & ~FFA_CONV_64) == FFA_FID(DIRECT_REQ_32) )
        for ( i = 5; i < 8; i++ )
            r.x[i] = rnd();

    /* The upper halves of SMC32, reserved registers, other ids */
    if ( one_in(8) )
        r.x[rnd() % 8] |= rnd() << 32;
    if ( one_in(12) )
        r.x[rnd() % 8] ^= 1ULL << (rnd() % 64);

    return r;
}

/* What the SPMC says to the next call of @fid: mostly what is sensible */
static void random_answer(uint32_t fid, uint16_t own)
{
    struct ffa_regs a = { .x = { 0 } };
    unsigned int i;

    if ( !one_in(4) )
        return;

    for ( i = 2; i < FFA_NR_REGS; i++ )
        a.x[i] = one_in(3) ? rnd() : 0;
    a.x[0] = PICK(FFA_FID(ERROR), FFA_FID(ERROR), FFA_FID(SUCCESS_32), FFA_FID(SUCCESS_64), FFA_FID(INTERRUPT),
                  FFA_FID(YIELD), FFA_FID(DIRECT_RESP_32), FFA_FID(DIRECT_RESP_64), UINT32_MAX, UINT64_MAX, 0);
    a.x[1] = one_in(4) ? rnd() : (PICK(SP_ECHO, SP_NOTIFY) << 16) | PICK(own, 0, 1);
    if ( a.x[0] == FFA_FID(ERROR) )
        a.x[2] = (uint32_t)PICK(-1, -2, -4, -6, -9, -10, -11, 0, 1);
    if ( one_in(6) )
        a.x[rnd() % 8] |= rnd() << 32;
    spmc_answer(fid & ~FFA_SVE_HINT, &a);
}

/* Things that happen to a VM between its calls */
static void random_event(struct domain *d, struct domain *other)
{
    if ( one_in(8) )
        vm_do(other, FFA_FID(NOTIF_SET), OTHER << 16 | CTX(d)->vm_id, PICK(0, 0, 1, 0x10001), rnd() & 0xff, 0, 0);
    if ( one_in(8) )
    {
        spmc_lists(1 << 7 | PICK(0, 1 << 12), CTX(d)->vm_id | PICK(0, 1, 2, 7) << 16, 0);
        sri(0);
    }
    if ( one_in(40) )
        shim_run_timers(shim_now + MILLISECS(rnd() % 500));
    if ( one_in(10) )
        spmc.pending[rnd() % VCPUS] = rnd();
    shim_cpu = rnd() % 2;
    shim_run_tasklets();
}

static void observe(struct domain *d, struct outcome *o)
{
    const struct ffa_ctx *ctx = CTX(d);
    unsigned int i;

    o->nr_smcs = spmc.nr_log;
    for ( i = 0; i < spmc.nr_log && i < ARRAY_SIZE(o->smc); i++ )
        memcpy(o->smc[i].x, spmc.log[i].x, sizeof(o->smc[i].x));
    memcpy(o->done, ctx->done, sizeof(o->done));
    memcpy(o->refused, ctx->refused, sizeof(o->refused));
    o->vm = ctx->count;
    o->total = ffa_total;
    o->ledger = *ctx->ledger;
    for ( i = 0; i < ctx->notif.nr_hints; i++ )
        o->hints[i] = ctx->notif.hint[i].any;
    memcpy(o->bound, ctx->notif.bound, ffa_splist_sps() * sizeof(o->bound[0]));
    for ( i = 0; i < ctx->nr_calls; i++ )
    {
        const struct ffa_call *call = &ctx->calls[i];

        o->call[i].state = call->state;
        if ( call->state == FFA_CALL_FREE )
            continue;
        o->call[i].sp = call->sp;
        o->call[i].sp_vcpu = call->sp_vcpu;
        o->call[i].fid = call->fid;
        o->call[i].cpu = call->cpu;
    }
}

static struct outcome *play(const struct vm *vm, uint64_t with_seed, bool fast)
{
    struct outcome *all = calloc(CALLS, sizeof(*all));
    struct domain *d, *other;
    unsigned int i;

    assert_non_null(all);
    world_reset();
    seed = with_seed;
    spmc.optee = vm->optee;
    if ( vm->no_notifications )
        spmc.lacks[spmc.nr_lacks++] = FFA_FID(NOTIF_BITMAP_CREATE);
    if ( vm->peers )
        world_policy(vm->peers, &(const char *){ NULL }, 1);
    world_boot();
    d = vm_create(1, vm->vcpus);
    d->is_32bit = vm->is_32bit;
    vm_version(d, vm->version);
    other = vm_boot(OTHER - 1, 1, FFA_VERSION_1_2);

    for ( i = 0; i < CALLS; i++ )
    {
        struct outcome *o = &all[i];

        random_event(d, other);
        o->regs = random_call(CTX(d)->vm_id);
        spmc_forget_answers();
        random_answer(o->regs.x[0], CTX(d)->vm_id);
        spmc.nr_log = 0;
        shim_current = d->vcpu[rnd() % vm->vcpus];
        if ( !fast )
            CTX(d)->fast.calls = 0;
        o->handled = mediator->handle_call(&o->regs);
        shim_current = NULL;
        observe(d, o);
    }
    assert_true(!fast || CTX(d)->fast.calls);

    spmc_forget_answers();
    spmc.nr_log = 0;
    vm_destroy(d);
    spmc.nr_log = 0;
    vm_destroy(other);

    return all;
}

static void random_calls__fast_and_slow__answered_alike(void **state)
{
    unsigned int v, i, done[FFA_NR_CALLS] = { 0 }, refused[FFA_NR_CALLS] = { 0 };

    for ( v = 0; v < ARRAY_SIZE(vms); v++ )
    {
        struct outcome *fast = play(&vms[v], 0x9e3779b97f4a7c15ULL + v, true);
        struct outcome *slow = play(&vms[v], 0x9e3779b97f4a7c15ULL + v, false);

        for ( i = 0; i < CALLS; i++ )
            if ( memcmp(&fast[i], &slow[i], sizeof(fast[i])) )
                fail_msg("VM %u: call %u differs", v, i);
        for ( i = 0; i < FFA_NR_CALLS; i++ )
        {
            done[i] += fast[CALLS - 1].done[i];
            refused[i] += fast[CALLS - 1].refused[i];
        }
        free(fast);
        free(slow);
    }

    /* The calls were such that each had both ends, often. */
    for ( i = 0; i < ARRAY_SIZE(fast_ids); i++ )
    {
        enum ffa_call_nr nr = ffa_call_lookup(fast_ids[i]);

        assert_true(done[nr] > 300);
        assert_true(nr == FFA_NR_ID_GET || refused[nr] > 300);
    }
}

/* An id that is no SP's, in each place of the fast path's table, and each SP */
static void peers__every_id__like_the_list(void **state)
{
    struct domain *d;
    unsigned int id;

    world_reset();
    world_boot();
    d = vm_boot(1, 1, FFA_VERSION_1_2);
    for ( id = 0; id < 0x10000; id++ )
    {
        spmc.nr_log = 0;
        vm_do(d, FFA_FID(NOTIF_BIND), (uint64_t)id << 16 | 2, 0, 1, 0, 0);
        assert_int_equal(spmc.nr_log, id == SP_ECHO || id == SP_NOTIFY || id == SP_PLAIN);
    }
    spmc.nr_log = 0;
    vm_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls__fast_and_slow__answered_alike),
        cmocka_unit_test(peers__every_id__like_the_list),
    };

    return cmocka_run_group_tests_name("fast path", tests, NULL, NULL);
}
