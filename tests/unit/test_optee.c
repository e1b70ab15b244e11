/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that would stop OP-TEE for every VM: ffa_optee.c. SP_ECHO has its UUID and says yes to everything. */
#include "world.h"

#define VM 2U                           /* id of the one that asks */
#define UNREGISTER_SHM 3U
#define ENABLE_ASYNC_NOTIF 5U
#define RELEASE_PROTMEM 8U
#define YIELDING 0x80000000U

static int booted_with(void **state, bool optee)
{
    world_reset();
    spmc.optee = optee;
    world_boot();
    *state = vm_boot(VM - 1, 2, FFA_VERSION_1_2);
    return 0;
}

static int booted(void **state)
{
    return booted_with(state, true);
}

static int booted_without(void **state)
{
    return booted_with(state, false);
}

static uint32_t fids[] = { FFA_FID(DIRECT_REQ_32), FFA_FID(DIRECT_REQ_64) };

static void request(void *d, unsigned int wide, uint16_t sp, uint64_t w3, uint64_t w4, uint64_t w5)
{
    vm_do(d, fids[wide], VM << 16 | sp, 0, w3, w4, w5);
}

static void bits(void *d, uint32_t fid, uint16_t sp, uint32_t flags, uint64_t bits)
{
    vm_do(d, fid, (uint32_t)sp << 16 | VM, flags, (uint32_t)bits, bits >> 32, 0);
}

#define BIND FFA_FID(NOTIF_BIND)
#define UNBIND FFA_FID(NOTIF_UNBIND)
#define assert_answered(wide) assert_int_equal(call_regs.x[0], fids[wide] + 1)

static void handle_that_is_none__refused_without_an_smc(void **state)
{
    static const uint64_t w3[] = { UNREGISTER_SHM, RELEASE_PROTMEM };
    unsigned int i, wide, before = spmc.nr_log;

    for ( i = 0; i < ARRAY_SIZE(w3); i++ )
        for ( wide = 0; wide < 2; wide++ )
        {
            request(*state, wide, SP_ECHO, w3[i], UINT32_MAX, UINT32_MAX);
            assert_ffa_error(-2);
            /* OP-TEE looks at the low halves */
            request(*state, wide, SP_ECHO, w3[i], 0x5a5a5a5affffffff, 0x12345678ffffffff);
            assert_ffa_error(-2);
        }
    assert_int_equal(spmc.nr_log, before);
}

static void all_else__reaches_it(void **state)
{
    static const uint64_t w[][3] = {
        { UNREGISTER_SHM, UINT32_MAX, UINT32_MAX - 1 }, { UNREGISTER_SHM, 0, UINT32_MAX }, { UNREGISTER_SHM, 1, 0 },
        { RELEASE_PROTMEM, UINT32_MAX, 0 },             { 0, UINT32_MAX, UINT32_MAX },     { 2, 0, 0 },
        { 4, UINT32_MAX, UINT32_MAX },
        { YIELDING, UINT32_MAX, UINT32_MAX },           { YIELDING | UNREGISTER_SHM, UINT32_MAX, UINT32_MAX },
    };
    unsigned int i, wide;

    for ( i = 0; i < ARRAY_SIZE(w); i++ )
        for ( wide = 0; wide < 2; wide++ )
        {
            request(*state, wide, SP_ECHO, w[i][0], w[i][1], w[i][2]);
            assert_answered(wide);
            assert_true(call_regs.x[4] == w[i][1] && call_regs.x[5] == w[i][2]);
        }
}

/* The same numbers mean something else to other partitions, and to REQ2. */
static void other_partitions_and_req2__not_judged(void **state)
{
    request(*state, 0, SP_NOTIFY, UNREGISTER_SHM, UINT32_MAX, UINT32_MAX);
    assert_answered(0);
    request(*state, 0, SP_NOTIFY, ENABLE_ASYNC_NOTIF, 9, 0);
    assert_answered(0);
    vm_do(*state, FFA_FID(DIRECT_REQ2), VM << 16 | SP_ECHO, 0, UNREGISTER_SHM, UINT32_MAX, UINT32_MAX);
    assert_int_equal(call_regs.x[0], FFA_FID(DIRECT_REQ2) + 1);
}

static void no_optee__nothing_judged(void **state)
{
    request(*state, 0, SP_ECHO, UNREGISTER_SHM, UINT32_MAX, UINT32_MAX);
    assert_answered(0);
    request(*state, 1, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_answered(1);
    bits(*state, BIND, SP_ECHO, 0, 8);
    assert_ffa_ok();
    request(*state, 1, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    bits(*state, UNBIND, SP_ECHO, 0, 8);
    assert_ffa_ok();
}

static void enable__only_what_is_bound_to_it(void **state)
{
    unsigned int before = spmc.nr_log;

    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 64, 0);
    assert_ffa_error(-2);
    assert_int_equal(spmc.nr_log, before);

    /* To another partition, for a vCPU, refused by the SPMC: none is OP-TEE's to set for all. */
    bits(*state, BIND, SP_NOTIFY, 0, 8);
    assert_ffa_ok();
    bits(*state, BIND, SP_ECHO, 1, 8);
    assert_ffa_ok();
    spmc_error(BIND, -6, 1);
    bits(*state, BIND, SP_ECHO, 0, 8);
    assert_ffa_error(-6);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);

    bits(*state, BIND, SP_ECHO, 0, 1ULL << 63 | 8);
    assert_ffa_ok();
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 2, 0);
    assert_ffa_error(-6);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_answered(0);
    request(*state, 1, SP_ECHO, ENABLE_ASYNC_NOTIF, 0x100000000 + 63, 0);
    assert_answered(1);
}

static void enable__after_unbind__denied(void **state)
{
    bits(*state, BIND, SP_ECHO, 0, 0xc);
    bits(*state, UNBIND, SP_ECHO, 0, 8);
    assert_ffa_ok();
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);

    /* An UNBIND that failed has changed nothing. */
    spmc_error(UNBIND, -6, 1);
    bits(*state, UNBIND, SP_ECHO, 0, 4);
    assert_ffa_error(-6);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 2, 0);
    assert_answered(0);
}

static void unbind__what_it_may_set__denied_without_an_smc(void **state)
{
    unsigned int before;

    bits(*state, BIND, SP_ECHO, 0, 0xff);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    before = spmc.nr_log;
    bits(*state, UNBIND, SP_ECHO, 0, 8);
    assert_ffa_error(-6);
    bits(*state, UNBIND, SP_ECHO, 0, 0xff);
    assert_ffa_error(-6);
    assert_int_equal(spmc.nr_log, before);
    bits(*state, UNBIND, SP_ECHO, 0, 0xf7);
    assert_ffa_ok();

    /* Another bit instead: OP-TEE may be about to set the first one. */
    bits(*state, BIND, SP_ECHO, 0, 0x10);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 4, 0);
    assert_answered(0);
    bits(*state, UNBIND, SP_ECHO, 0, 8);
    assert_ffa_error(-6);
}

/* What another vCPU does while one is in the SPMC with a BIND or UNBIND */
static struct domain *racer;
static struct cpu_user_regs raced[2];

static void race(const struct ffa_regs *call)
{
    uint32_t fid = call->x[0];

    if ( fid != BIND && fid != UNBIND )
        return;

    spmc.during = NULL;
    raced[0] = (struct cpu_user_regs){ .x = { fids[0], VM << 16 | SP_ECHO, 0, ENABLE_ASYNC_NOTIF, 3 } };
    vm_call(racer, &raced[0]);
    raced[1] = (struct cpu_user_regs){ .x = { fid == BIND ? UNBIND : BIND, (uint32_t)SP_ECHO << 16 | VM, 0, 8 } };
    vm_call(racer, &raced[1]);
}

static void two_vcpus_at_once__one_is_busy(void **state)
{
    const uint32_t order[] = { BIND, UNBIND };
    unsigned int i, j;

    racer = *state;
    for ( i = 0; i < ARRAY_SIZE(order); i++ )
    {
        spmc.during = race;
        bits(*state, order[i], SP_ECHO, 0, 8);
        assert_ffa_ok();
        for ( j = 0; j < ARRAY_SIZE(raced); j++ )
        {
            assert_int_equal(raced[j].x[0], FFA_FID(ERROR));
            assert_true((int64_t)raced[j].x[2] == -4);
        }
    }
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);
}

/* The VM's own account: another one starts with nothing, and so does a successor. */
static void other_vms__have_their_own(void **state)
{
    struct domain *other = vm_create(2, 1);

    vm_version(other, FFA_VERSION_1_1);
    bits(*state, BIND, SP_ECHO, 0, 8);
    vm_do(other, fids[0], 3U << 16 | SP_ECHO, 0, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_answered(0);
    vm_destroy(other);

    vm_destroy(*state);
    assert_true(spmc_count(UNBIND) > 0);
    *state = vm_boot(VM - 1, 2, FFA_VERSION_1_2);
    request(*state, 0, SP_ECHO, ENABLE_ASYNC_NOTIF, 3, 0);
    assert_ffa_error(-6);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, booted, one_vm_gone)
    const struct CMUnitTest tests[] = {
        T(handle_that_is_none__refused_without_an_smc),
        T(all_else__reaches_it),
        T(other_partitions_and_req2__not_judged),
        cmocka_unit_test_setup_teardown(no_optee__nothing_judged, booted_without, one_vm_gone),
        T(enable__only_what_is_bound_to_it),
        T(enable__after_unbind__denied),
        T(unbind__what_it_may_set__denied_without_an_smc),
        T(two_vcpus_at_once__one_is_busy),
        T(other_vms__have_their_own),
    };

    return cmocka_run_group_tests_name("what would stop OP-TEE", tests, NULL, NULL);
}
