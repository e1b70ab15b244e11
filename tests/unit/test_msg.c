/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct requests and RUN: ffa_msg.c, ffa_run.c. */
#include "world.h"

#define REQ32 0x8400006fU
#define REQ64 0xc400006fU
#define REQ2 0xc400008dU
#define RUN 0x8400006dU
#define RESP32 0x84000070U

static void preempt(void *d, uint32_t w1)
{
    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), w1 } });
    vm_do(d, REQ32, 0x00028001, 0, 7, 8, 9);
    assert_int_equal(call_regs.x[0], FFA_FID(INTERRUPT));
    assert_int_equal(call_regs.x[1], w1);
}

static void request__echoed(void **state)
{
    vm_do(*state, REQ32, 0x00028001, 0, 7, 8, 9);
    assert_int_equal(call_regs.x[0], RESP32);
    assert_int_equal(call_regs.x[1], 0x80010002);
    assert_int_equal(call_regs.x[5], 9);
    vm_do(*state, REQ64, 0x00028001, 0, 0x123456789abcdef0, 8, 9);
    assert_true(call_regs.x[3] == 0x123456789abcdef0);
}

static void request2__all_eighteen_registers_both_ways(void **state)
{
    unsigned int i;

    call_regs = (struct cpu_user_regs){ .x = { REQ2, 0x00028001 } };
    for ( i = 2; i < 31; i++ )
        call_regs.x[i] = 0x1111111100000000ULL + i;
    assert_true(vm_call(*state, &call_regs));
    assert_int_equal(call_regs.x[0], 0xc400008e);
    for ( i = 4; i < 31; i++ )
        assert_true(call_regs.x[i] == 0x1111111100000000ULL + i);
    assert_true(spmc_last(REQ2)->x[17] == 0x1111111100000011ULL);
}

static void request__misuse__refused_without_an_smc(void **state)
{
    static const struct {
        uint32_t fid, w1, w2;
        int32_t code;
    } row[] = {
        { REQ32, 0x00038001, 0, -2 },          /* another VM's id            */
        { REQ32, 0x80010002, 0, -2 },          /* halves swapped             */
        { REQ32, 0x00020002, 0, -2 },          /* to itself                  */
        { REQ32, 0x00020000, 0, -2 },          /* to the hypervisor          */
        { REQ32, 0x00028000, 0, -2 },          /* to the SPMC                */
        { REQ32, 0x0002ffff, 0, -2 },          /* to the SPMD                */
        { REQ32, 0x00028077, 0, -2 },          /* nobody                     */
        { REQ32, 0x00020003, 0, -2 },          /* to a VM that is not there  */
        { REQ32, 0x00028003, 0, -6 },          /* takes no direct requests   */
        { REQ32, 0x00028001, 0x80000006, -2 }, /* a forged VM destroyed      */
        { REQ64, 0x00028001, 0x80000004, -2 },
        { REQ32, 0x00028001, 1, -2 },
        { REQ2, 0x00028003, 0, -6 },
        { REQ2, 0x00038001, 0, -2 },
    };
    unsigned int i, before = spmc.nr_log;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        vm_do(*state, row[i].fid, row[i].w1, row[i].w2, 0, 0, 0);
        assert_ffa_error(row[i].code);
    }
    vm_do(*state, REQ64, 0x100000000 | 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-2);
    assert_int_equal(spmc.nr_log, before);
}

static void response__nonsense__aborted(void **state)
{
    static const struct ffa_regs bad[] = {
        { .x = { RESP32, 0x00028001, 0 } },             /* ids swapped                  */
        { .x = { RESP32, 0x80020002, 0 } },             /* from another SP              */
        { .x = { RESP32, 0x80010003, 0 } },             /* to another VM                */
        { .x = { RESP32, 0x80010002, 0x80000005 } },    /* framework                    */
        { .x = { 0xc400008e, 0x80010002, 0 } },         /* RESP2 to a REQ               */
        { .x = { 0xc4000070, 0x80010002, 0 } },         /* wider than the request       */
        { .x = { 0x84000061, 0, 0 } },
        { .x = { 0x8400006b, 0, 0 } },
        { .x = { 0x84000062, 0x80020000, 0 } },         /* INTERRUPT of another SP      */
        { .x = { 0x12345678, 0x80010002, 0 } },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        spmc_answer(REQ32, &bad[i]);
        vm_do(*state, REQ32, 0x00028001, 0, 0, 0, 0);
        assert_ffa_error(-8);
    }
    assert_int_equal(atomic_read(&ffa_total.bad_response), i);
}

static void error__code_passed_on_sign_extended(void **state)
{
    spmc_error(REQ32, -4, 1);
    vm_do(*state, REQ32, 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-4);
    spmc_error(REQ32, 0, 1);
    vm_do(*state, REQ32, 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-1);
    spmc_error(REQ32, 12345, 1);
    vm_do(*state, REQ32, 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-8);
}

static void run__own_preempted_request__until_the_response(void **state)
{
    preempt(*state, 0x80010001);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(YIELD), 0x80010001, 5, 6, 7 } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(YIELD));
    assert_int_equal(call_regs.x[2], 5);
    assert_int_equal(call_regs.x[4], 0);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002, 0, 42 } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
    assert_int_equal(call_regs.x[3], 42);
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

static void run__of_another_vm__denied_without_an_smc(void **state)
{
    struct domain *other = vm_boot(2, 1, FFA_VERSION_1_1);
    unsigned int before;

    preempt(*state, 0x80010001);
    before = spmc.nr_log;
    vm_do(other, RUN, 0x80010001, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(other, RUN, 0x00000000, 0, 0, 0, 0);
    assert_ffa_error(-2);
    vm_do(other, RUN, 0x80770000, 0, 0, 0, 0);
    assert_ffa_error(-2);
    vm_do(other, RUN, 0x80010001, 1, 0, 0, 0);
    assert_ffa_error(-2);
    assert_int_equal(spmc.nr_log, before);
    vm_destroy(other);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002 } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
}

/* An interrupt came on the way to the SMC: what waits for it would wait for the SP. */
static unsigned int rounds, smcs, logged;

static void look_for_smcs(void)
{
    if ( rounds++ < 3 )
        smcs += spmc.nr_log - logged;
}

static void request__softirq_pending__done_before_the_smc(void **state)
{
    static const uint32_t fids[] = { REQ32, REQ64 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(fids); i++ )
    {
        rounds = smcs = 0;
        logged = spmc.nr_log;
        shim_softirqs = 3;
        shim_softirq = look_for_smcs;
        vm_do(*state, fids[i], 0x00028001, 0, 7, 8, 9);
        shim_softirq = NULL;
        assert_int_equal(call_regs.x[0], fids[i] + 1);
        assert_int_equal(shim_softirqs, 0);
        assert_true(rounds >= 3);
        assert_int_equal(smcs, 0);
    }
}

static void run__something_is_due__interrupted_at_once(void **state)
{
    preempt(*state, 0x80010001);
    shim_events = true;
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_true(call_regs.x[0] == FFA_FID(INTERRUPT) && call_regs.x[1] == 0x80010001);
    shim_events = false;
    shim_softirqs = 1;
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_true(call_regs.x[0] == FFA_FID(INTERRUPT) && call_regs.x[1] == 0x80010001);
    assert_int_equal(spmc_count(RUN), 0);
    shim_softirqs = 0;
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002 } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
}

/* RUN where the request was not preempted: never there, but by a tasklet on the right CPU; the next RUN gets the answer. */
static void run__on_another_cpu__brought_to_the_right_one(void **state)
{
    preempt(*state, 0x80010001);
    shim_cpu = 1;
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(INTERRUPT));
    assert_int_equal(call_regs.x[1], 0x80010001);
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(INTERRUPT));
    assert_int_equal(spmc_count(RUN), 0);

    /* It yields, under a new number, which only the answer tells. */
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(YIELD), 0x80010002, 5, 6 } });
    shim_run_tasklets();
    assert_int_equal(spmc_count(RUN), 1);
    vm_do(*state, RUN, 0x80010002, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(YIELD));
    assert_int_equal(call_regs.x[1], 0x80010002);

    vm_do(*state, RUN, 0x80010002, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(INTERRUPT));
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002, 0, 42 } });
    shim_run_tasklets();
    shim_cpu = 0;
    vm_do(*state, RUN, 0x80010002, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
    assert_int_equal(call_regs.x[3], 42);
    vm_do(*state, RUN, 0x80010002, 0, 0, 0, 0);
    assert_ffa_error(-6);
    assert_int_equal(spmc_count(RUN), 2);
}

/* The answer of one vCPU's request is there, not fetched; another one's request is preempted in the same context of the SP. */
static void run__two_vcpus_at_one_context__each_its_own(void **state)
{
    struct cpu_user_regs regs = { .x = { REQ32, 0x00028001 } };
    struct domain *d = *state;

    preempt(d, 0x80010001);
    shim_cpu = 1;
    vm_do(d, RUN, 0x80010001, 0, 0, 0, 0);
    shim_cpu = 0;
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002, 0, 42 } });
    shim_run_tasklets();

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010001 } });
    shim_current = d->vcpu[1];
    assert_true(mediator->handle_call(&regs));
    assert_int_equal(regs.x[0], FFA_FID(INTERRUPT));
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002, 0, 43 } });
    regs = (struct cpu_user_regs){ .x = { RUN, 0x80010001 } };
    assert_true(mediator->handle_call(&regs));
    shim_current = NULL;
    assert_int_equal(regs.x[0], RESP32);
    assert_int_equal(regs.x[3], 43);

    vm_do(d, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
    assert_int_equal(call_regs.x[3], 42);
}

static void run__error_on_the_right_cpu__fetched(void **state)
{
    preempt(*state, 0x80010001);
    shim_cpu = 1;
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    spmc_error(RUN, -8, 1);
    shim_run_tasklets();
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_ffa_error(-8);
    shim_cpu = 0;
}

/* The SPMC cannot run it now: no answer is made up, and the request stays. */
static void run__busy__passed_on_and_still_preempted(void **state)
{
    preempt(*state, 0x80010001);
    spmc_error(RUN, -4, 1);
    spmc_error(RUN, -7, 1);
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_ffa_error(-4);
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_ffa_error(-7);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002, 0, 42 } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], RESP32);
}

/* The VM dies between its RUN and the tasklet, or before it has fetched the answer. */
static void death__run_under_way_elsewhere__nothing_left(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80020002 } });
    vm_do(d, REQ32, 0x000a8002, 0, 0, 0, 0);

    shim_cpu = 1;
    vm_do(d, RUN, 0x80010002, 0, 0, 0, 0);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8001000a } });
    shim_run_tasklets();
    vm_do(d, RUN, 0x80020002, 0, 0, 0, 0);
    shim_cpu = 0;

    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8002000a } });
    vm_destroy(d);
    shim_run_tasklets();
    assert_int_equal(spmc_count(RUN), 2);
}

static void run__ends_with_msg_wait__passed_on(void **state)
{
    preempt(*state, 0x80010001);
    spmc_answer(RUN, &(struct ffa_regs){ .x = { 0x8400006b } });
    vm_do(*state, RUN, 0x80010001, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], 0x8400006b);
}

static void requests__too_many_preempted__busy(void **state)
{
    /* The vCPU that asks cannot use the records that are the others' own. */
    unsigned int i, most = SHIM_CPUS * FFA_CALLS_PER_VCPU - (SHIM_CPUS - 1);

    for ( i = 0; i < most; i++ )
        preempt(*state, 0x80010000 + i);
    vm_do(*state, REQ32, 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-4);
    for ( i = 0; i < most; i++ )
        spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x80010002 } });
}

static void death__preempted_elsewhere__run_on_that_cpu(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);

    shim_cpu = 2;
    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    shim_cpu = 0;
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8001000a } });
    vm_destroy(d);
    assert_int_equal(spmc_count(RUN), 2);
}

static void death__sp_aborts_the_request__over(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    spmc_error(RUN, -8, 1);
    vm_destroy(d);
    assert_int_equal(spmc_count(RUN), 1);
}

/* An SP that takes long: each of its stretches is one step, with time for others before and after. */
static void death__sp_spins__others_get_their_turn(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);
    unsigned int i, runs, most = 0;

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    for ( i = 0; i < 100; i++ )
        spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8001000a } });

    vm_die(d);
    for ( i = 0; i < 400 && d->refs; i++ )
    {
        runs = spmc_count(RUN);
        shim_run_timers(shim_now + MICROSECS(900));
        most = max(most, spmc_count(RUN) - runs);
    }
    assert_int_equal(most, 1);
    assert_int_equal(spmc_count(RUN), 101);
    assert_int_equal(d->refs, 0);
    vm_bury(d);
}

static void death__sp_yields_often__as_often_as_a_step_allows(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);
    unsigned int i;

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(YIELD), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    for ( i = 0; i < 400; i++ )
        spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(YIELD), 0x80010002 } });
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8001000a } });
    vm_die(d);
    assert_true(vm_gone(d, MILLISECS(20)));
    vm_bury(d);
}

static void death__sp_never_ends__domain_kept_and_little_time_spent(void **state)
{
    struct domain *d = vm_boot(9, 1, FFA_VERSION_1_2);
    unsigned int i, runs;

    spmc_answer(REQ32, &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), 0x80010002 } });
    vm_do(d, REQ32, 0x000a8001, 0, 0, 0, 0);
    spmc_error(RUN, -4, 510);
    vm_die(d);
    assert_false(vm_gone(d, SECONDS(6)));
    assert_non_null(strstr(shim_log, "its id is kept back"));
    runs = spmc_count(RUN);
    assert_false(vm_gone(d, SECONDS(4)));
    assert_in_range(spmc_count(RUN) - runs, 3, 5);

    for ( i = spmc_count(RUN); i < 510; i++ )
        shim_run_timers(shim_now + SECONDS(1));
    spmc_answer(RUN, &(struct ffa_regs){ .x = { RESP32, 0x8001000a } });
    assert_true(vm_gone(d, SECONDS(2)));
    vm_bury(d);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, one_vm, one_vm_gone)
    const struct CMUnitTest tests[] = {
        T(request__echoed),
        T(request2__all_eighteen_registers_both_ways),
        T(request__misuse__refused_without_an_smc),
        T(response__nonsense__aborted),
        T(error__code_passed_on_sign_extended),
        T(run__own_preempted_request__until_the_response),
        T(request__softirq_pending__done_before_the_smc),
        T(run__something_is_due__interrupted_at_once),
        T(run__of_another_vm__denied_without_an_smc),
        T(run__on_another_cpu__brought_to_the_right_one),
        T(run__two_vcpus_at_one_context__each_its_own),
        T(run__error_on_the_right_cpu__fetched),
        T(run__busy__passed_on_and_still_preempted),
        T(run__ends_with_msg_wait__passed_on),
        T(requests__too_many_preempted__busy),
        T(death__preempted_elsewhere__run_on_that_cpu),
        T(death__run_under_way_elsewhere__nothing_left),
        T(death__sp_aborts_the_request__over),
        T(death__sp_spins__others_get_their_turn),
        T(death__sp_yields_often__as_often_as_a_step_allows),
        T(death__sp_never_ends__domain_kept_and_little_time_spent),
    };

    return cmocka_run_group_tests_name("direct messages", tests, NULL, NULL);
}
