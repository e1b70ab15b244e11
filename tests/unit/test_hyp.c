/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor as an endpoint of notifications: ffa_hyp.c, its ledger. */
#include "notif.h"

#include <asm/tee/ffa.h>

#define RUN FFA_FID(RUN)
#define CREATE FFA_FID(NOTIF_BITMAP_CREATE)
#define EVENT ((uint64_t)1 << 63)

/* VM 2 may ring the hypervisor, VM 3 may not */
static struct domain *a, *b;

static void birth(struct domain **d, domid_t id, unsigned int vcpus)
{
    *d = vm_boot(id, vcpus, FFA_VERSION_1_2);
    shim_run_tasklets();
}

static int booted(void **state)
{
    world_reset();
    world_policy("sp:* all", (const char *const[]){ "sp:* all|vm:* all|hyp notify", "sp:* all|vm:* all|hyp discover" }, 2);
    world_boot();
    birth(&a, 1, 2);
    birth(&b, 2, 1);
    return 0;
}

static int gone(void **state)
{
    spmc_forget_answers();
    vm_destroy(a);
    vm_destroy(b);
    return 0;
}

static uint64_t gets_vm(struct domain *d, unsigned int vcpu)
{
    get(d, vcpu, FFA_NOTIF_GET_VM);
    return got_vm();
}

static uint32_t booked(unsigned int way, enum ffa_fate fate)
{
    uint32_t sums[FFA_LEDGER_SUMS];

    assert_int_equal(ffa_ledger_read(DOMID_XEN, way, FFA_LEDGER_ALL, sums), 0);
    return sums[fate];
}

static void probe__bitmap_and_a_pair_of_bits_for_each_sp(void **state)
{
    unsigned int i, binds = 0, per_vcpu = 0;

    for ( i = 0; i < spmc.nr_log; i++ )
        if ( spmc.log[i].x[0] == BIND && !(uint16_t)spmc.log[i].x[1] )
        {
            binds++;
            per_vcpu += spmc.log[i].x[2];
        }
    assert_int_equal(binds, 6);
    assert_int_equal(per_vcpu, 3);
    assert_int_equal(spmc_count(CREATE), 3);
}

static void bind__to_the_hypervisor__table(void **state)
{
    static const struct {
        char who;
        uint32_t fid, w1, w2;
        uint64_t bits;
        int32_t code;
    } row[] = {
        { 'b', BIND, 0x00000003, 0, EVENT, -2 },        /* the policy: as nobody            */
        { 'b', UNBIND, 0x00000003, 0, EVENT, -2 },
        { 'b', SET, 0x00030000, 0, 1, -2 },
        { 'a', BIND, 0x00000002, 2, EVENT, -2 },        /* reserved flag                    */
        { 'a', BIND, 0x00000003, 0, EVENT, -2 },        /* for another VM                   */
        { 'a', BIND, 0x00000002, 0, 0, -2 },            /* no bits                          */
        { 'a', UNBIND, 0x00000002, 0, EVENT, -6 },      /* not bound                        */
        { 'a', BIND, 0x00000002, 0, EVENT | 1, 0 },
        { 'a', BIND, 0x00000002, 1, EVENT, -6 },        /* bound                            */
        { 'a', BIND, 0x00030002, 0, 1, -6 },            /* ... to somebody else             */
        { 'a', UNBIND, 0x00030002, 0, 1, -6 },          /* not to that one                  */
        { 'a', UNBIND, 0x00000002, 1, 1, -2 },          /* w2                               */
        { 'a', UNBIND, 0x00000002, 0, EVENT | 3, -6 },  /* one of them is not               */
        { 'a', UNBIND, 0x00000002, 0, EVENT | 1, 0 },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        bits_call(row[i].who == 'a' ? a : b, row[i].fid, row[i].w1, row[i].w2, row[i].bits);
        if ( row[i].code )
            assert_ffa_error(row[i].code);
        else
            assert_ffa_ok();
    }
}

static void set__for_the_hypervisor__table(void **state)
{
    static const struct {
        uint32_t w1, w2;
        uint64_t bits;
        int32_t code;
    } row[] = {
        { 0x00020000, 4, 1, -2 }, { 0x00020000, 2, 1, -2 },         /* flags; delayed SRI                           */
        { 0x00020000, 1 << 16, 1, -2 }, { 0x00030000, 0, 1, -2 },   /* a vCPU for a global bit; as another VM       */
        { 0x00000000, 0, 1, -2 }, { 0x00020000, 0, 0, -2 },         /* as the hypervisor; no bits                   */
        { 0x00020000, 1 | SHIM_CPUS << 16, 2, -2 }, { 0x00020000, 1 | 0xffffU << 16, 2, -2 },   /* no such CPU       */
        { 0x00020000, 0, 4, -6 }, { 0x00020000, 0, 5, -6 }, { 0x00020000, 0, EVENT, -6 },       /* nobody listens    */
        { 0x00020000, 0, 2, -2 }, { 0x00020000, 1, 1, -2 }, { 0x00020000, 0, 3, -2 },           /* global or not     */
    };
    unsigned int i;
    uint32_t before = booked(FFA_WAY_VMS, FFA_FATE_SET);

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        bits_call(a, SET, row[i].w1, row[i].w2, row[i].bits);
        assert_ffa_error(row[i].code);
    }
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_SET), before);
}

static void set__heard_once_a_second_and_balanced(void **state)
{
    uint32_t set = booked(FFA_WAY_VMS, FFA_FATE_SET), merged = booked(FFA_WAY_VMS, FFA_FATE_MERGED),
             heard = booked(FFA_WAY_VMS, FFA_FATE_DELIVERED);
    unsigned int i;

    spmc.nr_log = 0;
    bits_call(a, SET, 0x00020000, 0, 1);
    assert_ffa_ok();
    bits_call(a, SET, 0x00020000, 1 | 3 << 16, 2);
    assert_ffa_ok();
    shim_run_timers(shim_now + MILLISECS(1));
    for ( i = 0; i < 100; i++ )
        bits_call(a, SET, 0x00020000, 0, 1);
    shim_run_timers(shim_now + MILLISECS(500));
    assert_in_range(booked(FFA_WAY_VMS, FFA_FATE_DELIVERED) - heard, 1, 2);
    shim_run_timers(shim_now + SECONDS(3));
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_SET) - set, 3);
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_DELIVERED) - heard, 3);
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_MERGED) - merged, 99);
    assert_int_equal(spmc.nr_log, 0);

    /* What a VM leaves is heard when it dies. */
    bits_call(a, SET, 0x00020000, 0, 1);
    bits_call(a, SET, 0x00020000, 1 | 2 << 16, 2);
    vm_destroy(a);
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_DELIVERED) - heard, 5);
    birth(&a, 1, 2);
}

static void event__who_may_discover_is_told(void **state)
{
    struct domain *c;

    bits_call(a, BIND, 0x00000002, 0, EVENT);
    birth(&c, 7, 1);
    assert_int_equal(a->vcpu[0]->npis + a->vcpu[1]->npis, 1);
    assert_true(gets_vm(a, 1) == EVENT);
    assert_true(gets_vm(a, 1) == 0);

    /* Many changes, one notification */
    vm_destroy(c);
    birth(&c, 7, 1);
    assert_true(gets_vm(a, 0) == EVENT);
    vm_destroy(c);
    assert_true(gets_vm(a, 0) == EVENT);
    bits_call(a, UNBIND, 0x00000002, 0, EVENT);
    assert_ffa_ok();

    bits_call(a, BIND, 0x00000002, 1, EVENT);
    birth(&c, 7, 1);
    assert_true(gets_vm(a, 0) == EVENT);
    assert_true(gets_vm(a, 1) == EVENT);
    vm_destroy(c);
}

static void list__of_the_hypervisor__fetched_and_the_sp_run(void **state)
{
    uint32_t heard = booked(FFA_WAY_SPS, FFA_FATE_DELIVERED);

    /* SP 0x8002 has bits 4, for any vCPU, and 5 */
    spmc.nr_log = 0;
    spmc.pending[0] = 1 << 4;
    spmc_lists(ONE_LIST(0), 0, 0);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(MSG_WAIT) } });
    sri(0);
    shim_run_timers(shim_now + MILLISECS(10));
    assert_int_equal(spmc_last(GET)->x[1], 0);
    assert_int_equal(spmc_last(RUN)->x[1], (uint32_t)SP_NOTIFY << 16);

    spmc.pending[3] = 1 << 5;
    spmc_lists(ONE_LIST(1), 3 << 16, 0);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(MSG_WAIT) } });
    sri(0);
    shim_run_timers(shim_now + MILLISECS(10));
    assert_int_equal(spmc_last(GET)->x[1], 3 << 16);
    assert_int_equal(spmc_last(RUN)->x[1], (uint32_t)SP_NOTIFY << 16 | 3);
    assert_int_equal(booked(FFA_WAY_SPS, FFA_FATE_DELIVERED) - heard, 2);

    /* CPUs that are none, and bits that nobody has */
    spmc.nr_log = 0;
    spmc.pending[0] = EVENT;
    spmc_lists(ONE_LIST(2), 99ULL << 16, 0);
    sri(0);
    shim_run_timers(shim_now + MILLISECS(50));
    assert_int_equal(spmc_count(GET), 1);
    assert_int_equal(spmc_count(RUN), 0);
}

static void list__get_fails__asked_again(void **state)
{
    spmc.nr_log = 0;
    spmc.pending[0] = 1 << 4;
    spmc_error(GET, FFA_BUSY.code, 3);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(MSG_WAIT) } });
    spmc_lists(ONE_LIST(0), 0, 0);
    sri(0);
    shim_run_timers(shim_now + SECONDS(1));
    assert_int_equal(spmc_count(GET), 4);
    assert_int_equal(spmc_count(RUN), 1);

    /* Not for ever */
    spmc_error(GET, FFA_BUSY.code, 100);
    spmc_lists(ONE_LIST(0), 0, 0);
    sri(0);
    spmc.nr_log = 0;
    shim_run_timers(shim_now + SECONDS(10));
    assert_in_range(spmc_count(GET), 5, 15);
}

static void event__for_an_sp_that_has_rung(void **state)
{
    struct domain *c;

    /* It has not: nobody asks it. */
    spmc.nr_log = 0;
    birth(&c, 7, 1);
    assert_int_equal(spmc_count(SET), 0);

    spmc.pending[0] = 1 << 4;
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(MSG_WAIT) } });
    spmc_lists(ONE_LIST(0), 0, 0);
    sri(0);
    shim_run_timers(shim_now + MILLISECS(10));
    vm_destroy(c);
    assert_int_equal(spmc_count(SET), 1);
    assert_int_equal(spmc_last(SET)->x[1], SP_NOTIFY);
    assert_int_equal(spmc_last(SET)->x[2], 0);
    assert_int_equal(spmc_last(SET)->x[4], 1U << 31);

    /* Bound as per-vCPU */
    spmc_error(SET, -2, 1);
    birth(&c, 7, 1);
    assert_int_equal(spmc_count(SET), 4);
    assert_int_equal(spmc_last(SET)->x[2], 1 | 1 << 16);

    /* Not bound: it is not asked again */
    spmc_error(SET, -6, 1);
    vm_destroy(c);
    assert_int_equal(spmc_count(SET), 5);
    birth(&c, 7, 1);
    assert_int_equal(spmc_count(SET), 5);
    vm_destroy(c);
}

/* The SPMC says how many contexts an SP has: that many calls in a tasklet are not made. */
static void event__for_an_sp_with_too_many_contexts(void **state)
{
    struct domain *c;

    vm_destroy(a);
    vm_destroy(b);
    world_reset();
    spmc.contexts = UINT16_MAX;
    world_boot();
    birth(&a, 1, 2);
    birth(&b, 2, 1);
    spmc.pending[0] = 1 << 4;
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(MSG_WAIT) } });
    spmc_lists(ONE_LIST(0), 0, 0);
    sri(0);
    shim_run_timers(shim_now + MILLISECS(10));

    spmc.nr_log = 0;
    spmc_error(SET, -2, 1);
    birth(&c, 7, 1);
    assert_int_equal(spmc_count(SET), 1 + SHIM_CPUS);
    vm_destroy(c);
}

#define TEST_BIT 9
static struct domain *rings_in_handler;

static void rings_meanwhile(uint16_t from, unsigned int bit, unsigned int cpu)
{
    struct domain *d = rings_in_handler;

    rings_in_handler = NULL;
    if ( !d )
        return;
    bits_call(d, SET, VM(d) << 16, 0, 1);
    assert_ffa_ok();
}

/* VM 4 rings when its turn in the walk of CPU0 is over, and another VM has to wait for a second. */
static void set__during_the_walk__heard_in_time(void **state)
{
    struct domain *c;
    uint32_t heard;

    vm_destroy(a);
    vm_destroy(b);
    world_reset();
    world_policy("sp:* all", (const char *const[]){ "hyp all", "hyp all", "hyp all" }, 3);
    world_boot();
    ffa_hyp_notif_bind(TEST_BIT, false, rings_meanwhile);
    birth(&a, 1, 2);
    birth(&b, 2, 1);
    birth(&c, 3, 1);
    bits_call(b, SET, VM(b) << 16, 0, 1);
    shim_run_timers(shim_now + MILLISECS(1));
    bits_call(b, SET, VM(b) << 16, 0, 1);
    shim_run_timers(shim_now + MILLISECS(1));
    heard = booked(FFA_WAY_VMS, FFA_FATE_DELIVERED);

    rings_in_handler = c;
    bits_call(a, SET, VM(a) << 16, 0, (uint64_t)1 << TEST_BIT);
    assert_ffa_ok();
    shim_run_timers(shim_now + MILLISECS(10));
    assert_null(rings_in_handler);
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_DELIVERED) - heard, 2);
    shim_run_timers(shim_now + SECONDS(2));
    assert_int_equal(booked(FFA_WAY_VMS, FFA_FATE_DELIVERED) - heard, 3);
    vm_destroy(c);
}

static void bitmap_refused__lists_are_dropped(void **state)
{
    vm_destroy(a);
    vm_destroy(b);
    world_reset();
    world_policy("sp:* all", (const char *const[]){ "sp:* all|hyp all", "sp:* all" }, 2);
    world_boot();
    a = vm_create(1, 2);
    vm_version(a, FFA_VERSION_1_2);
    spmc_error(CREATE, FFA_INVALID_PARAMETERS.code, 1);
    vm_do(a, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    shim_run_tasklets();
    assert_int_equal(spmc_count(BIND), 0);
    spmc_lists(ONE_LIST(0), 0, 0);
    sri(0);
    assert_int_equal(spmc_count(GET), 0);
    assert_int_equal(atomic_read(&ffa_total.drop_hyp), 1);

    /* VMs all the same */
    bits_call(a, SET, 0x00020000, 0, 1);
    assert_ffa_ok();
    bits_call(a, BIND, 0x00000002, 0, EVENT);
    assert_ffa_ok();
    birth(&b, 2, 1);
    assert_true(gets_vm(a, 0) == 0);    /* which it may not discover */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(probe__bitmap_and_a_pair_of_bits_for_each_sp, booted, gone),
        cmocka_unit_test_setup_teardown(bind__to_the_hypervisor__table, booted, gone),
        cmocka_unit_test_setup_teardown(set__for_the_hypervisor__table, booted, gone),
        cmocka_unit_test_setup_teardown(set__heard_once_a_second_and_balanced, booted, gone),
        cmocka_unit_test_setup_teardown(event__who_may_discover_is_told, booted, gone),
        cmocka_unit_test_setup_teardown(list__of_the_hypervisor__fetched_and_the_sp_run, booted, gone),
        cmocka_unit_test_setup_teardown(list__get_fails__asked_again, booted, gone),
        cmocka_unit_test_setup_teardown(event__for_an_sp_that_has_rung, booted, gone),
        cmocka_unit_test_setup_teardown(event__for_an_sp_with_too_many_contexts, booted, gone),
        cmocka_unit_test_setup_teardown(set__during_the_walk__heard_in_time, booted, gone),
        cmocka_unit_test_setup_teardown(bitmap_refused__lists_are_dropped, booted, gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
