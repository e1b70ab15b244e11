/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is waited for, and how long: CPUs that are never idle, a scheduler that does not come. ffa_cycles.c, ffa_sched.c. */
#include "turns.h"

static int booted(void **state) { return turns_start("sp:* all", 2); }
static int scheduled(void **state) { return turns_start("scheduler|sp:* all", 2); }

static void ring_vcpu(uint16_t sp, unsigned int vcpu)
{
    spmc_lists(ONE_LIST(1), sp | vcpu << 16, 0);
    sri(0);
}

/* ---- CPUs that are never idle ---- */

static void busy_cpus__asked_in_turn_then_one_is_made_to(void **state)
{
    s_time_t begin = shim_now;
    unsigned int looks;

    shim_current = b->vcpu[0];
    answers(FFA_FID(MSG_WAIT), 0, 1);
    ring(SP_NOTIFY);
    looks = passes(MILLISECS(30) - (shim_now - begin));
    assert_int_equal(spmc_count(RUN), 0);
    /* Each CPU once, and then at 1, 2, 4, 8, 16 ms: not a chain of them that goes round and round */
    assert_in_range(looks, SHIM_CPUS + 4, 2 * SHIM_CPUS + 8);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 1);

    /* And again for the next one */
    answers(FFA_FID(MSG_WAIT), 0, 1);
    ring(SP_NOTIFY);
    passes(MILLISECS(29));
    assert_int_equal(spmc_count(RUN), 1);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 2);
    assert_int_equal(passes(SECONDS(1)), 0);
}

static void busy_cpus__an_idle_one_among_them__at_once(void **state)
{
    shim_current = b->vcpu[0];
    shim_idle = 1U << 3;
    answers(FFA_FID(MSG_WAIT), 0, 2);
    ring(SP_NOTIFY);
    passes(MICROSECS(500));
    assert_int_equal(spmc_count(RUN), 1);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1 | 3);
    ring(SP_NOTIFY);
    passes(MICROSECS(500));
    assert_int_equal(spmc_count(RUN), 2);
}

/* Of those that become idle later, one is asked in time. */
static void busy_cpus__idle_later__not_made_to(void **state)
{
    shim_current = b->vcpu[0];
    answers(FFA_FID(MSG_WAIT), 0, 1);
    ring(SP_NOTIFY);
    passes(MILLISECS(1));
    assert_int_equal(spmc_count(RUN), 0);
    shim_idle = ~0ULL;
    passes(MILLISECS(4));
    assert_int_equal(spmc_count(RUN), 1);
}

static void busy_cpu__what_is_for_it_alone__not_passed_on(void **state)
{
    shim_current = b->vcpu[0];
    shim_idle = ~2ULL;
    answers(FFA_FID(MSG_WAIT), 0, 2);
    ring_vcpu(SP_NOTIFY, 1);
    passes(MILLISECS(29));
    assert_int_equal(spmc_count(RUN), 0);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 1);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1 | 1);

    /* What is for another CPU has its own patience. */
    ring_vcpu(SP_NOTIFY, 1);
    passes(MILLISECS(20));
    ring_vcpu(SP_NOTIFY, 2);
    passes(MILLISECS(1));
    assert_int_equal(spmc_count(RUN), 2);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1 | 2);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(15));
    assert_int_equal(spmc_count(RUN), 3);
}

static void takes_a_slice(const struct ffa_regs *call)
{
    if ( call->x[0] == RUN )
        shim_now += MILLISECS(1);
}

/* An SP that computes on has a slice in a while, also where the CPU has no time. */
static void busy_cpu__turn_that_was_cut__goes_on_slowly(void **state)
{
    shim_current = b->vcpu[0];
    spmc.during = takes_a_slice;
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 50);
    ring_vcpu(SP_NOTIFY, 0);
    passes(MILLISECS(330));
    assert_in_range(spmc_count(RUN), 6, 13);
}

/* ---- A scheduler that does not come ---- */

static void scheduler__hears_and_does_not_run__taken_over_until_it_does(void **state)
{
    ring(SP_NOTIFY);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    passes(MILLISECS(900));
    assert_int_equal(spmc_count(RUN), 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(200));
    assert_int_equal(spmc_count(RUN), 1);
    assert_int_equal(passes(SECONDS(3)), 0);

    /* It is told all the same, but nobody waits. */
    a->vcpu[0]->sris = a->vcpu[1]->sris = 0;
    answers(FFA_FID(MSG_WAIT), 0, 1);
    ring(SP_NOTIFY);
    assert_int_equal(sris(), 1);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 2);

    /* That of other SPs is still its own. */
    ring(SP_ECHO);
    passes(MILLISECS(900));
    assert_int_equal(spmc_count(RUN), 2);

    /* It comes: nothing is left for it, but from now on it is waited for. */
    vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    ring(SP_NOTIFY);
    passes(MILLISECS(900));
    assert_int_equal(spmc_count(RUN), 3);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    passes(SECONDS(3));
    assert_int_equal(spmc_count(RUN), 4);
}

/* What comes again and again does not put it off. */
static void scheduler__does_not_hear_and_is_rung_on__taken_over(void **state)
{
    unsigned int i;

    for ( i = 0; i < 110; i++ )
    {
        ring(SP_NOTIFY);
        passes(MILLISECS(9));
    }
    assert_int_equal(spmc_count(RUN), 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(30));
    assert_int_equal(spmc_count(RUN), 1);
}

static void scheduler__one_vcpu_of_an_sp_is_left__taken_over(void **state)
{
    ring_vcpu(SP_NOTIFY, 2);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(1100));
    assert_int_equal(spmc_count(RUN), 1);
    assert_int_equal(spmc_last(RUN)->x[1], NOTIFY_W1 | 2);
}

/* It is at it, for long: what comes meanwhile is for later. */
static void scheduler__works_for_long__is_waited_for(void **state)
{
    unsigned int i;

    ring(SP_NOTIFY);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 40);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    ring(SP_NOTIFY);
    for ( i = 1; i < 40; i++ )
    {
        passes(MILLISECS(50));
        assert_int_equal(spmc_count(RUN), i);
        assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    }
    answers(FFA_FID(MSG_WAIT), 0, 2);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
}

static void scheduler__finds_it_busy_and_gives_up__taken_over(void **state)
{
    ring(SP_NOTIFY);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    passes(MILLISECS(100));
    spmc_error(RUN, FFA_BUSY.code, 1);
    vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0);
    assert_ffa_error(-4);
    passes(MILLISECS(950));
    assert_int_equal(spmc_count(RUN), 1);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(100));
    assert_int_equal(spmc_count(RUN), 2);
}

/* The timer finds nothing that waits, since it is being run. */
static void time_flies(const struct ffa_regs *call)
{
    if ( call->x[0] != RUN )
        return;

    spmc.during = NULL;
    passes(MILLISECS(1200));
}

static void scheduler__takes_long_to_find_it_busy__taken_over(void **state)
{
    ring(SP_NOTIFY);
    vm_do(a, INFO64, 0, 0, 0, 0, 0);
    spmc.during = time_flies;
    spmc_error(RUN, FFA_BUSY.code, 1);
    vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0);
    assert_ffa_error(-4);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(1100));
    assert_int_equal(spmc_count(RUN), 2);
}

/* What it leaves cut off is the hypervisor's after a while, whatever comes for the SP meanwhile. */
static void scheduler__leaves_a_turn_and_is_rung_on__ended_for_it(void **state)
{
    ring_vcpu(SP_NOTIFY, 0);
    answers(FFA_FID(INTERRUPT), NOTIFY_W1, 1);
    assert_int_equal(vm_do(a, RUN, NOTIFY_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    passes(MILLISECS(60));
    ring_vcpu(SP_NOTIFY, 0);
    passes(MILLISECS(30));
    assert_int_equal(spmc_count(RUN), 1);
    answers(FFA_FID(MSG_WAIT), 0, 1);
    passes(MILLISECS(30));
    assert_int_equal(spmc_count(RUN), 2);
}

static void scheduler__has_shut_down__not_waited_for(void **state)
{
    ring(SP_NOTIFY);
    passes(MILLISECS(10));
    a->is_shutting_down = true;
    answers(FFA_FID(MSG_WAIT), 0, 2);
    passes(MILLISECS(100));
    assert_int_equal(spmc_count(RUN), 1);

    a->vcpu[0]->sris = a->vcpu[1]->sris = 0;
    ring(SP_NOTIFY);
    passes(MILLISECS(5));
    assert_int_equal(spmc_count(RUN), 2);
    assert_int_equal(sris(), 0);
}

#define T(f, setup) cmocka_unit_test_setup_teardown(f, setup, turns_gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(busy_cpus__asked_in_turn_then_one_is_made_to, booted),
        T(busy_cpus__an_idle_one_among_them__at_once, booted),
        T(busy_cpus__idle_later__not_made_to, booted),
        T(busy_cpu__what_is_for_it_alone__not_passed_on, booted),
        T(busy_cpu__turn_that_was_cut__goes_on_slowly, booted),
        T(scheduler__hears_and_does_not_run__taken_over_until_it_does, scheduled),
        T(scheduler__does_not_hear_and_is_rung_on__taken_over, scheduled),
        T(scheduler__one_vcpu_of_an_sp_is_left__taken_over, scheduled),
        T(scheduler__works_for_long__is_waited_for, scheduled),
        T(scheduler__finds_it_busy_and_gives_up__taken_over, scheduled),
        T(scheduler__takes_long_to_find_it_busy__taken_over, scheduled),
        T(scheduler__leaves_a_turn_and_is_rung_on__ended_for_it, scheduled),
        T(scheduler__has_shut_down__not_waited_for, scheduled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
