/* SPDX-License-Identifier: BSD-2-Clause */
/* Cycles for SPs, in idle time and by the scheduler: ffa_cycles.c, ffa_notif_info.c. */
#include "turns.h"

static int booted(void **state) { return turns_start("sp:* all", 2); }
static int booted_one_context(void **state) { return turns_start("sp:* all", 1); }
static int scheduled(void **state) { return turns_start("scheduler|sp:* all", 2); }
static int scheduled_one_context(void **state) { return turns_start("scheduler|sp:* all", 1); }

/* VM b asks @sp, which is interrupted at it; and later answers. */
static void request_preempted(uint16_t sp)
{
    spmc_answer(FFA_FID(DIRECT_REQ_32), &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), (uint32_t)sp << 16 } });
    vm_do(b, FFA_FID(DIRECT_REQ_32), VM(b) << 16 | sp, 0, 1, 2, 3);
    assert_int_equal(call_regs.x[0], FFA_FID(INTERRUPT));
}

static void request_ends(uint16_t sp)
{
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), (uint32_t)sp << 16 | VM(b) } });
    vm_do(b, RUN, (uint32_t)sp << 16, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(DIRECT_RESP_32));
}

static void list__of_an_sp__run_until_it_waits(void **state)
{
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 2);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    sri(0);
    passes(MILLISECS(20));
    assert_int_equal(spmc_count(RUN), 3);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1);
    assert_int_equal(COUNTED(turns), 1);
    assert_int_equal(COUNTED(turn_cut), 2);
    passes(SECONDS(5));
    assert_int_equal(spmc_count(RUN), 3);
}

static void list__of_vcpus__each_on_its_cpu(void **state)
{
    spmc_lists(ONE_LIST(2), SP_NOTIFY | 1 << 16 | 3ULL << 32, 0);
    answers(FFA_FID(MSG_WAIT), 0, 2);
    sri(2);
    passes(MILLISECS(20));
    assert_int_equal(spmc_count(RUN), 2);
    assert_int_equal(spmc.log[spmc.nr_log - 2].x[1] & 1, 1);
    assert_int_equal(spmc_last(RUN)->x[1] & 1, 1);
    assert_int_not_equal(spmc.log[spmc.nr_log - 2].x[1], spmc_last(RUN)->x[1]);
    assert_int_equal(shim_cpu, 0);
}

static void list__vcpus_that_are_no_cpus__counted(void **state)
{
    spmc_lists(ONE_LIST(2), SP_NOTIFY | 99 << 16 | 0xffffULL << 32, 0);
    sri(0);
    passes(SECONDS(1));
    assert_int_equal(spmc_count(RUN), 0);
    assert_int_equal(COUNTED(drop_vcpu), 2);
}

static void list__comes_during_a_turn__another_follows(void **state)
{
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 1);
    sri(0);
    shim_run_timers(shim_now + 5000);
    assert_int_equal(spmc_count(RUN), 1);
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answers(FFA_FID(MSG_WAIT), 0, 2);
    sri(0);
    passes(MILLISECS(20));
    assert_int_equal(spmc_count(RUN), 3);
    assert_int_equal(COUNTED(turns), 2);
}

/* Each turn takes a millisecond, as of an SP that computes on. */
static void takes_a_slice(const struct ffa_regs *call)
{
    if ( call->x[0] == RUN )
        shim_now += MILLISECS(1);
}

static void budget__ten_slices_a_period(void **state)
{
    spmc_lists(ONE_LIST(0), SP_ECHO, 0);
    answers(FFA_FID(INTERRUPT), ECHO_W1, 60);
    spmc.during = takes_a_slice;
    sri(0);
    passes(MILLISECS(90));
    assert_in_range(spmc_count(RUN), 9, 10);
    assert_int_equal(COUNTED(turn_budget), 1);
    passes(MILLISECS(300));
    assert_in_range(spmc_count(RUN), 36, 45);
}

static void busy_cpu__waits_then_gives_a_turn(void **state)
{
    spmc_lists(ONE_LIST(1), SP_NOTIFY, 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    shim_current = a->vcpu[0];
    sri(0);
    passes(MILLISECS(20));
    assert_int_equal(spmc_count(RUN), 0);
    passes(MILLISECS(40));
    assert_int_equal(spmc_count(RUN), 1);
    shim_current = NULL;
}

/* @x2: a list of SP_ECHO, which CPU @cpu hears of while a VM's request is preempted there, on CPU0 */
static void not_run_before_the_request_ends(uint64_t x2, unsigned int cpu)
{
    request_preempted(SP_ECHO);
    spmc_lists(x2, SP_ECHO, 0);
    sri(cpu);
    passes(MILLISECS(200));
    assert_int_equal(spmc_count(RUN), 0);

    request_ends(SP_ECHO);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(200));
    assert_int_equal(spmc_count(RUN), 2);
}

static void sp_in_a_request_of_a_vm__not_run(void **state)
{
    not_run_before_the_request_ends(ONE_LIST(1), 0);
}

/* A VM leaves its request preempted on CPU0: others' notifications reach the SP on another one. */
static void sp_in_a_request_of_a_vm__run_elsewhere(void **state)
{
    request_preempted(SP_NOTIFY);
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    sri(0);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 1);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1 | 1);
    assert_int_equal(COUNTED(turns), 1);
}

/* An SP with one context runs anywhere: what another CPU began there is in the way here, too. */
static void one_context__in_a_request_made_on_another_cpu__not_run(void **state)
{
    not_run_before_the_request_ends(ONE_LIST(0), 1);
}

/* "VM created" was preempted on CPU0, and is about to be resumed: CPU1 has a list for the SP. */
static void rings_during_a_birth(const struct ffa_regs *call)
{
    if ( call->x[0] != RUN )
        return;

    spmc.during = NULL;
    shim_cpu = 1;
    sri(1);
    shim_run_timers(shim_now + MICROSECS(10));
    shim_cpu = 0;
    assert_int_equal(spmc_count(RUN), 1);
}

static void one_context__in_the_message_of_a_birth__not_run(void **state)
{
    struct domain *c;

    spmc_answer(FFA_FID(DIRECT_REQ_32), &(struct ffa_regs){ .x = { FFA_FID(INTERRUPT), NOTIFY_W1 } });
    spmc_answer(RUN, &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), NOTIFY_W1, FFA_MSG_VM_CREATED + 1 } });
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    spmc.during = rings_during_a_birth;
    c = vm_create(7, 1);
    assert_non_null(c);
    assert_null(spmc.during);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(200));
    assert_int_equal(spmc_count(RUN), 2);
    vm_destroy(c);
}

static void run__errors__dropped_or_tried_again(void **state)
{
    static const int32_t code[] = { -1, -2, -6, -8 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(code); i++ )
    {
        spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
        spmc_error(RUN, code[i], 1);
        sri(0);
        passes(SECONDS(1));
        assert_int_equal(spmc_count(RUN), i + 1);
        assert_int_equal(COUNTED(turn_refused), i + 1);
    }

    spmc.nr_log = 0;
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    spmc_error(RUN, FFA_BUSY.code, 3);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    sri(0);
    passes(SECONDS(1));
    assert_int_equal(spmc_count(RUN), 4);

    spmc.nr_log = 0;
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    spmc_error(RUN, FFA_BUSY.code, 50);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    sri(0);
    passes(MILLISECS(100));
    assert_in_range(spmc_count(RUN), 5, 40);
    passes(SECONDS(2));
    assert_int_equal(spmc_count(RUN), 51);
    assert_int_equal(COUNTED(turn_refused), i);

    /* Of another SP, and nothing that RUN can end with */
    spmc_forget_answers();
    spmc.nr_log = 0;
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answers(FFA_FID(INTERRUPT), ECHO_W1, 1);
    sri(0);
    passes(SECONDS(1));
    assert_int_equal(spmc_count(RUN), 1);
}

static void request__busy_since_it_is_in_a_turn__made_way(void **state)
{
    spmc_lists(ONE_LIST(0), SP_ECHO, 0);
    answers(FFA_FID(INTERRUPT), ECHO_W1, 1);
    sri(0);
    shim_run_timers(shim_now + 5000);
    assert_int_equal(spmc_count(RUN), 1);

    spmc_error(FFA_FID(DIRECT_REQ_32), FFA_BUSY.code, 1);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    vm_do(b, FFA_FID(DIRECT_REQ_32), VM(b) << 16 | SP_ECHO, 0, 1, 2, 3);
    assert_int_equal(call_regs.x[0], FFA_FID(DIRECT_RESP_32));
    assert_int_equal(spmc_count(RUN), 2);

    /* Busy for another reason: no more than one try */
    spmc_error(FFA_FID(DIRECT_REQ_32), FFA_BUSY.code, 1);
    vm_do(b, FFA_FID(DIRECT_REQ_32), VM(b) << 16 | SP_ECHO, 0, 1, 2, 3);
    assert_ffa_error(-4);
    assert_int_equal(spmc_count(RUN), 2);
}

static void malformed__every_sp_may_be_meant(void **state)
{
    unsigned int i, notify = 0, plain = 0;

    spmc_lists(31ULL << 7 | ~0xfffULL, 0, 0);
    sri(0);
    passes(SECONDS(1));
    for ( i = 0; i < spmc.nr_log; i++ )
        if ( spmc.log[i].x[0] == RUN )
        {
            notify += spmc.log[i].x[1] >> 16 == SP_NOTIFY;
            plain += spmc.log[i].x[1] >> 16 == SP_PLAIN;
        }
    assert_true(notify >= SHIM_CPUS);
    assert_int_equal(plain, SHIM_CPUS); /* it has the property as well */
}

/* ---- The scheduler ---- */

static void scheduler__sri_lists_run(void **state)
{
    assert_int_equal(vm_do(a, FFA_FID(FEATURES), 2, 0, 0, 0, 0), FFA_FID(SUCCESS_32));
    assert_int_equal(call_regs.x[2], 9);
    vm_do(b, FFA_FID(FEATURES), 2, 0, 0, 0, 0);
    assert_ffa_error(-1);

    spmc_lists(2ULL << 7 | 2ULL << 12, SP_NOTIFY | 1ULL << 32 | (uint64_t)SP_ECHO << 48, 0);
    sri(0);
    assert_int_equal(sris(), 2);
    assert_int_equal(b->vcpu[0]->sris, 0);
    passes(MILLISECS(10));
    assert_int_equal(spmc_count(RUN), 0);

    vm_do(b, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_error(-9);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(SUCCESS_64));
    assert_int_equal(call_regs.x[2], 2 << 7 | 2 << 14);
    assert_true(call_regs.x[3] == (SP_ECHO | (uint64_t)SP_NOTIFY << 16 | 1ULL << 48));
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_error(-9);

    /* Only the scheduler may, and only what has something to do */
    vm_do(b, RUN, NOTIFY_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(a, RUN, (uint32_t)SP_PLAIN << 16, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(a, RUN, NOTIFY_W1 | 77, 0, 0, 0, 0);
    assert_ffa_error(-2);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 1);
    answers(FFA_FID(YIELD), NOTIFY_W1, 1);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    assert_int_equal(call_regs.x[1], NOTIFY_W1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(YIELD));
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    assert_int_equal(call_regs.x[1], 0);

    /* vCPU 1 is on CPU 1 */
    answers(FFA_FID(MSG_WAIT), 0, 1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1 | 1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    assert_int_equal(spmc_count(RUN), 3);
    passes(MILLISECS(10));
    assert_int_equal(spmc_count(RUN), 4);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1 | 1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    vm_do(a, RUN, NOTIFY_W1 | 1, 0, 0, 0, 0);
    assert_ffa_error(-6);
    assert_int_equal(spmc_count(RUN), 4);
}

static void scheduler__malformed_list__told_once(void **state)
{
    spmc_lists(31ULL << 7 | ~0xfffULL, 0, 0);
    sri(0);
    assert_int_equal(sris(), 1);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(call_regs.x[2] >> 7 & 31);
}

static void scheduler__hears_nothing__told_again(void **state)
{
    a->vcpu[0]->online = a->vcpu[1]->online = false;
    ring(SP_NOTIFY);
    passes(MILLISECS(10));
    a->vcpu[1]->online = true;
    passes(MILLISECS(500));
    assert_true(a->vcpu[1]->sris >= 1);
    vm_do(a, INFO32, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(SUCCESS_32));
    assert_int_equal(call_regs.x[2], 1 << 7);
    assert_int_equal(call_regs.x[3], SP_NOTIFY);
    a->vcpu[1]->sris = 0;
    passes(SECONDS(10));
    assert_int_equal(a->vcpu[1]->sris, 0);
}

static void scheduler__leaves_a_turn_unfinished__ended_for_it(void **state)
{
    ring(SP_NOTIFY);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    passes(MILLISECS(50));
    assert_int_equal(spmc_count(RUN), 1);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(100));
    assert_int_equal(spmc_count(RUN), 2);
}

static void one_context__a_turn_moves_with_the_scheduler(void **state)
{
    ring(SP_ECHO);
    answers(FFA_FID(INTERRUPT), ECHO_W1, 2);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    shim_cpu = 1;
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    shim_cpu = 2;
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    shim_cpu = 0;
    assert_int_equal(spmc_count(RUN), 3);

    /* Nothing is left of it anywhere: neither for a request that finds the SP busy, nor after a while. */
    spmc_error(FFA_FID(DIRECT_REQ_32), FFA_BUSY.code, 1);
    vm_do(b, FFA_FID(DIRECT_REQ_32), VM(b) << 16 | SP_ECHO, 0, 1, 2, 3);
    assert_ffa_error(-4);
    vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
    passes(SECONDS(1));
    assert_int_equal(spmc_count(RUN), 3);
}

static void scheduler__dies__the_hypervisor_goes_on(void **state)
{
    ring(SP_NOTIFY);
    passes(MILLISECS(50));
    assert_int_equal(spmc_count(RUN), 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    vm_destroy(a);
    assert_int_equal(spmc_count(RUN), 1);
    a = vm_create(1, 2);
}

static void scheduler__news_during_its_turn__told_after_it(void **state)
{
    unsigned int before;

    ring(SP_NOTIFY);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 1);
    vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0);
    ring(SP_NOTIFY);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    before = sris();
    answers(FFA_FID(MSG_WAIT), 0, 2);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    assert_int_equal(sris(), before + 1);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
}

static void lists__packed_and_never_split(void **state)
{
    struct ffa_info_lists l = { .max_ids = 10, .max_lists = 10 };
    unsigned int i;

    /* The example of the specification: VM 1 global; VM 2 vCPUs 0 and 3; VM 3 vCPUs 0, 1, 2, 5 */
    assert_true(ffa_info_add(&l, 1));
    assert_true(ffa_info_add_vcpu(&l, 2, 0));
    assert_true(ffa_info_add_vcpu(&l, 2, 3));
    for ( i = 0; i < 3; i++ )
        assert_true(ffa_info_add_vcpu(&l, 3, i));
    /* Eight are in use: a further list and its first vCPU just fit, and then nothing does. */
    assert_true(ffa_info_add_vcpu(&l, 3, 5));
    assert_int_equal(l.lists, 4);
    assert_int_equal(l.ids, 10);
    assert_true((l.lists << 7 | l.sizes << 12) == 0x78200);
    assert_false(ffa_info_add_vcpu(&l, 3, 6));
    assert_false(ffa_info_add(&l, 4));

    l = (struct ffa_info_lists){ .max_ids = 10, .max_lists = 10, .ids = 9, .lists = 9 };
    assert_false(ffa_info_add_vcpu(&l, 3, 0));
    assert_int_equal(l.ids, 9);
    assert_true(ffa_info_add(&l, 3));

    /* One list, for who cannot take more */
    l = (struct ffa_info_lists){ .max_ids = 4, .max_lists = 1 };
    for ( i = 0; i < 3; i++ )
        assert_true(ffa_info_add_vcpu(&l, 3, i));
    assert_false(ffa_info_add_vcpu(&l, 3, 3));
    assert_false(ffa_info_add(&l, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list__of_an_sp__run_until_it_waits, booted, turns_gone),
        cmocka_unit_test_setup_teardown(list__of_vcpus__each_on_its_cpu, booted, turns_gone),
        cmocka_unit_test_setup_teardown(list__vcpus_that_are_no_cpus__counted, booted, turns_gone),
        cmocka_unit_test_setup_teardown(list__comes_during_a_turn__another_follows, booted, turns_gone),
        cmocka_unit_test_setup_teardown(budget__ten_slices_a_period, booted, turns_gone),
        cmocka_unit_test_setup_teardown(busy_cpu__waits_then_gives_a_turn, booted, turns_gone),
        cmocka_unit_test_setup_teardown(sp_in_a_request_of_a_vm__not_run, booted, turns_gone),
        cmocka_unit_test_setup_teardown(sp_in_a_request_of_a_vm__run_elsewhere, booted, turns_gone),
        cmocka_unit_test_setup_teardown(one_context__in_a_request_made_on_another_cpu__not_run, booted_one_context, turns_gone),
        cmocka_unit_test_setup_teardown(one_context__in_the_message_of_a_birth__not_run, booted_one_context, turns_gone),
        cmocka_unit_test_setup_teardown(one_context__a_turn_moves_with_the_scheduler, scheduled_one_context, turns_gone),
        cmocka_unit_test_setup_teardown(run__errors__dropped_or_tried_again, booted, turns_gone),
        cmocka_unit_test_setup_teardown(request__busy_since_it_is_in_a_turn__made_way, booted, turns_gone),
        cmocka_unit_test_setup_teardown(malformed__every_sp_may_be_meant, booted, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__sri_lists_run, scheduled, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__malformed_list__told_once, scheduled, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__hears_nothing__told_again, scheduled, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__leaves_a_turn_unfinished__ended_for_it, scheduled, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__dies__the_hypervisor_goes_on, scheduled, turns_gone),
        cmocka_unit_test_setup_teardown(scheduler__news_during_its_turn__told_after_it, scheduled, turns_gone),
        cmocka_unit_test(lists__packed_and_never_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
