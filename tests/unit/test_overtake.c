/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns that overtake: a request is preempted between the look and the RUN of a turn of an SP with one context, so that the turn
 * runs it, and gets its answer. ffa_cycles.c, ffa_run.c, ffa_vm.c.
 */
#include "turns.h"

#define REQ FFA_FID(DIRECT_REQ_32)

static int booted(void **state) { return turns_start("sp:* all", 1); }

static int gone(void **state)
{
    unsigned int i;

    for ( i = 0; a && i < CTX(a)->nr_calls; i++ )
        assert_int_equal(CTX(a)->calls[i].state, FFA_CALL_FREE);
    return turns_gone(state);
}

static void answer(uint32_t fid, uint32_t result, uint32_t w1, uint32_t w2, uint32_t w3)
{
    spmc_answer(fid, &(struct ffa_regs){ .x = { result, w1, w2, w3 } });
}

/* What the SP is asked, and does with it: for asks_in_between() */
static uint64_t asks = REQ, preempts = FFA_FID(INTERRUPT);

/* The RUN of a turn on CPU1 is about to be made: CPU0's VM asks the SP, which is interrupted. */
static void asks_in_between(const struct ffa_regs *call)
{
    if ( call->x[0] != RUN )
        return;

    spmc.during = NULL;
    shim_cpu = 0;
    answer(asks, preempts, ECHO_W1, 0, 0);
    assert_int_equal(vm_do(a, asks, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3), preempts);
    shim_cpu = 1;
}

/* A turn of SP_ECHO on CPU1, in which the hook has its say */
static void turn(void)
{
    spmc_lists(ONE_LIST(0), SP_ECHO, 0);
    spmc.during = asks_in_between;
    shim_cpu = 1;
    sri(1);
    shim_run_timers(shim_now + MICROSECS(10));
    shim_cpu = 0;
    assert_null(spmc.during);
}

static void run_gets(uint32_t w3)
{
    unsigned int runs = spmc_count(RUN);

    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), asks + 1);
    assert_int_equal(call_regs.x[1], ECHO_W1 | VM(a));
    assert_int_equal(call_regs.x[3], w3);
    assert_int_equal(spmc_count(RUN), runs);
    vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

static void response_in_a_turn__the_requesters(void **state)
{
    static const uint64_t fid[] = { REQ, FFA_FID(DIRECT_REQ_64), FFA_FID(DIRECT_REQ2) };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(fid); i++ )
    {
        asks = fid[i];
        preempts = i == 1 ? FFA_FID(YIELD) : FFA_FID(INTERRUPT);
        spmc.nr_log = 0;
        answer(RUN, asks + 1, ECHO_W1 | VM(a), 0, 77 + i);
        turn();
        assert_int_equal(spmc_count(RUN), 1);

        /* The SP has still to fetch what the turn was for. */
        answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
        shim_run_timers(shim_now + MILLISECS(100));
        assert_int_equal(spmc_count(RUN), 2);
        assert_int_equal(atomic_read(&ffa_total.turns), i + 1);
        assert_int_equal(atomic_read(&ffa_total.turn_refused), 0);
        run_gets(77 + i);
    }
    asks = REQ;
    preempts = FFA_FID(INTERRUPT);
}

static void response_in_a_turn__does_not_fit__aborted(void **state)
{
    answer(RUN, FFA_FID(DIRECT_RESP_64), ECHO_W1 | VM(a), 0, 77);
    turn();
    vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0);
    assert_ffa_error(-8);
    vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

static void response_in_a_turn__of_another_sp__not_taken(void **state)
{
    answer(RUN, FFA_FID(DIRECT_RESP_32), NOTIFY_W1 | VM(a), 0, 77);
    turn();
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 78);
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(DIRECT_RESP_32));
    assert_int_equal(call_regs.x[3], 78);
}

/* What the turn was for comes again. */
static void response_in_a_turn__of_nobody__another_turn(void **state)
{
    static const uint16_t vm[] = { 3, 9, 0x8003 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(vm); i++ )
    {
        spmc_lists(ONE_LIST(0), SP_ECHO, 0);
        answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | vm[i], 0, 77);
        answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
        sri(1);
        shim_run_timers(shim_now + MILLISECS(100));
        assert_int_equal(atomic_read(&ffa_total.turn_refused), 0);
        assert_int_equal(atomic_read(&ffa_total.turns), i + 1);
        assert_int_equal(spmc_count(RUN), 2 * (i + 1));
    }
}

static void response_in_a_turn__vm_dies__nothing_left(void **state)
{
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 77);
    turn();
    answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
    vm_destroy(a);
    a = NULL;
    assert_int_equal(spmc_count(RUN), 2);
}

/* The turn is faster than the VM's CPU: it has the answer before that one has seen that the request was preempted. */
static void overtakes(const struct ffa_regs *call)
{
    if ( call->x[0] != REQ && call->x[0] != RUN )
        return;

    spmc.during = NULL;
    assert_true(ffa_call_overtake(SP_ECHO, &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 78 } }));
    /* Nobody else gets it meanwhile. */
    assert_false(ffa_call_overtake(SP_ECHO, &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 79 } }));
}

static void response_before_the_request_is_back__kept(void **state)
{
    spmc.during = overtakes;
    answer(REQ, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
    assert_int_equal(vm_do(a, REQ, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3), FFA_FID(INTERRUPT));
    assert_null(spmc.during);
    run_gets(78);
}

/* It was another's: that of the request itself is what counts. */
static void response_of_another_before_the_request_is_back__not_taken(void **state)
{
    spmc.during = overtakes;
    assert_int_equal(vm_do(a, REQ, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3), FFA_FID(DIRECT_RESP_32));
    assert_int_equal(call_regs.x[3], 1);
    spmc.during = overtakes;
    spmc_error(REQ, -4, 1);
    vm_do(a, REQ, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3);
    assert_ffa_error(-4);
    vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

/* The VM's RUN finds the SP busy with the turn, or idle again behind it. */
static void response_while_the_vm_runs_it__kept(void **state)
{
    static const struct ffa_regs result[] = {
        { .x = { FFA_FID(ERROR), 0, (uint32_t)-4 } },
        { .x = { FFA_FID(MSG_WAIT) } },
        { .x = { FFA_FID(ERROR), 0, (uint32_t)-6 } },
        { .x = { FFA_FID(INTERRUPT), ECHO_W1 } },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(result); i++ )
    {
        answer(REQ, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
        assert_int_equal(vm_do(a, REQ, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3), FFA_FID(INTERRUPT));
        spmc.during = overtakes;
        spmc_answer(RUN, &result[i]);
        assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
        assert_int_equal(call_regs.x[1], ECHO_W1);
        assert_null(spmc.during);
        run_gets(78);
    }
}

/* The same on another CPU than the one where it was preempted, by the tasklet there */
static void response_while_it_is_away__kept(void **state)
{
    static const uint32_t result[] = { FFA_FID(MSG_WAIT), FFA_FID(INTERRUPT) };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(result); i++ )
    {
        answer(REQ, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
        assert_int_equal(vm_do(a, REQ, VM(a) << 16 | SP_ECHO, 0, 1, 2, 3), FFA_FID(INTERRUPT));
        shim_cpu = 2;
        assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
        spmc.during = overtakes;
        answer(RUN, result[i], i ? ECHO_W1 : 0, 0, 0);
        shim_run_tasklets();
        assert_null(spmc.during);
        run_gets(78);
        shim_cpu = 0;
    }
}

/* ---- Several requests of a VM ---------------------------------------------------------------------------------- */

static bool comes(uint32_t w3)
{
    return ffa_call_overtake(SP_ECHO, &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, w3 } });
}

/* A request to SP_ECHO, or RUN of it, on a vCPU, also while another is in its call. Returns x0; @w3: is that of the result. */
static uint64_t on_vcpu(unsigned int vcpu, uint32_t fid, uint64_t *w3)
{
    struct cpu_user_regs regs = { .x = { fid, fid == RUN ? ECHO_W1 : VM(a) << 16 | SP_ECHO } };
    struct vcpu *was = shim_current;

    shim_current = a->vcpu[vcpu];
    assert_true(mediator->handle_call(&regs));
    shim_current = was;
    if ( w3 )
        *w3 = regs.x[3];
    return regs.x[0];
}

static void preempted_on(unsigned int vcpu)
{
    answer(REQ, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
    assert_int_equal(on_vcpu(vcpu, REQ, NULL), FFA_FID(INTERRUPT));
}

static void fetches(unsigned int vcpu, uint32_t expected)
{
    unsigned int runs = spmc_count(RUN);
    uint64_t w3;

    assert_int_equal(on_vcpu(vcpu, RUN, &w3), FFA_FID(DIRECT_RESP_32));
    assert_int_equal(w3, expected);
    assert_int_equal(spmc_count(RUN), runs);
}

/* The RUN of a request is on its way; another vCPU's request is refused, and meanwhile the response to the first one comes. */
static void another_is_refused(const struct ffa_regs *call)
{
    if ( call->x[0] == REQ )
    {
        spmc.during = NULL;
        assert_true(comes(78));
    }
    else if ( call->x[0] == RUN )
    {
        spmc_error(REQ, -4, 1);
        assert_int_equal(on_vcpu(0, REQ, NULL), FFA_FID(ERROR));
    }
}

static void response_while_it_is_run_and_another_is_refused__that_of_the_first(void **state)
{
    preempted_on(1);
    spmc.during = another_is_refused;
    spmc_error(RUN, -4, 1);
    assert_int_equal(on_vcpu(1, RUN, NULL), FFA_FID(INTERRUPT));
    assert_null(spmc.during);
    fetches(1, 78);
}

/* The answer of calls[1] is being fetched, that is no longer ANSWERED: a response comes, which cannot be its. */
static void comes_during_fetch(void)
{
    if ( CTX(a)->calls[1].state == FFA_CALL_ANSWERED )
        return;

    shim_unlocked = NULL;
    assert_false(comes(79));
}

static void response_while_another_is_fetched__not_mixed_up(void **state)
{
    preempted_on(1);
    assert_true(comes(78));
    shim_unlocked = comes_during_fetch;
    fetches(1, 78);
    assert_null(shim_unlocked);
}

static void answer_kept_elsewhere_is_not_fetched__response__is_the_answer(void **state)
{
    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    answer(RUN, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
    shim_run_tasklets();
    assert_true(comes(78));
    fetches(0, 78);
    shim_cpu = 0;
}

/* ---- Overtaken on another CPU ---------------------------------------------------------------------------------- */

/* By then the SP may be in another request, which the RUN would end. */
static void response_before_the_tasklet__no_run(void **state)
{
    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    assert_true(comes(78));
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 79);
    shim_run_tasklets();
    assert_int_equal(spmc_count(RUN), 0);
    fetches(0, 78);
    shim_cpu = 0;
}

static void response_before_the_tasklet__another_is_preempted__each_its_own(void **state)
{
    uint64_t w3;

    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    assert_true(comes(78));
    preempted_on(1);
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 79);
    shim_run_tasklets();
    fetches(0, 78);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(1, RUN, &w3), FFA_FID(DIRECT_RESP_32));
    assert_int_equal(w3, 79);
    shim_cpu = 0;
}

/* As soon as the answer may be fetched it is, and the record has its next life, away again. */
static void next_life(void)
{
    if ( CTX(a)->calls[0].state != FFA_CALL_ANSWERED )
        return;

    shim_unlocked = NULL;
    fetches(0, 78);
    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    shim_cpu = 0;
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 80);
}

static void overtakes_away(const struct ffa_regs *call)
{
    spmc.during = NULL;
    assert_true(comes(78));
    shim_unlocked = next_life;
}

static void response_while_it_is_away__next_request_of_the_record__its_own(void **state)
{
    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    shim_cpu = 0;
    answer(RUN, FFA_FID(INTERRUPT), ECHO_W1, 0, 0);
    spmc.during = overtakes_away;
    shim_run_tasklets();
    assert_null(shim_unlocked);
    assert_int_equal(spmc_count(RUN), 2);
    fetches(0, 80);
}

/* The SP's own response is what counts; it is kept, not lost. */
static void response_of_another_while_it_is_away__not_taken(void **state)
{
    preempted_on(0);
    shim_cpu = 2;
    assert_int_equal(on_vcpu(0, RUN, NULL), FFA_FID(INTERRUPT));
    answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 81);
    spmc.during = overtakes;
    shim_run_tasklets();
    assert_null(spmc.during);
    fetches(0, 81);
    shim_cpu = 0;
}

/* ---- Between the SMC of a turn and its booking ----------------------------------------------------------------- */

static bool away;

/* The turn's RUN has brought the response, and nobody knows yet. The VM's finds nothing left. */
static void runs_before_the_booking(const struct ffa_regs *call)
{
    if ( call->x[0] != RUN )
        return;

    spmc.after = NULL;
    shim_cpu = away ? 2 : 0;
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(INTERRUPT));
    assert_int_equal(call_regs.x[1], ECHO_W1);
    if ( away )
        shim_run_tasklets();
    shim_cpu = 1;
}

static void run_before_the_turn_is_booked__answer_kept(void **state)
{
    static const struct ffa_regs result[] = {
        { .x = { FFA_FID(MSG_WAIT) } },
        { .x = { FFA_FID(ERROR), 0, (uint32_t)-6 } },
        { .x = { FFA_FID(DIRECT_RESP_32), ECHO_W1 | 9 } },
    };
    unsigned int i;

    for ( i = 0; i < 2 * ARRAY_SIZE(result); i++ )
    {
        away = i >= ARRAY_SIZE(result);
        answer(RUN, FFA_FID(DIRECT_RESP_32), ECHO_W1 | VM(a), 0, 77);
        spmc_answer(RUN, &result[i % ARRAY_SIZE(result)]);
        spmc.after = runs_before_the_booking;
        turn();
        assert_null(spmc.after);
        answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
        shim_run_timers(shim_now + MILLISECS(100));
        run_gets(77);
    }

    /* With no turn, nothing is nothing. */
    preempted_on(0);
    answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
    assert_int_equal(vm_do(a, RUN, ECHO_W1, 0, 0, 0, 0), FFA_FID(MSG_WAIT));
}

/* ---- Messages about VMs ---------------------------------------------------------------------------------------- */

static struct domain *another;          /* in: is there to be one? */

/* "VM created" has been answered in a turn on CPU1 before CPU0 sees that it was preempted. */
static void turn_with_a_birth(const struct ffa_regs *call)
{
    unsigned int runs = spmc_count(RUN);

    if ( call->x[0] != REQ )
        return;

    spmc.during = NULL;
    spmc_lists(ONE_LIST(0), SP_NOTIFY, 0);
    answer(RUN, FFA_FID(DIRECT_RESP_32), NOTIFY_W1, FFA_MSG_VM_CREATED_RESP, 0);
    shim_cpu = 1;
    sri(1);
    shim_run_timers(shim_now + MICROSECS(10));
    shim_cpu = 0;
    assert_int_equal(spmc_count(RUN), runs + 1);
    if ( another )
    {
        another = vm_create(8, 1);
        assert_non_null(another);
    }
    answer(REQ, FFA_FID(INTERRUPT), NOTIFY_W1, 0, 0);
}

static void answer_to_vm_created_in_a_turn__the_birth_goes_on(void **state)
{
    struct domain *c;

    spmc.during = turn_with_a_birth;
    c = vm_create(7, 1);
    assert_non_null(c);
    assert_null(spmc.during);
    assert_int_equal(spmc_count(RUN), 1);
    vm_destroy(c);

    /* The SP is free meanwhile, and hears of another VM. */
    another = c;
    spmc.during = turn_with_a_birth;
    c = vm_create(7, 1);
    assert_non_null(c);
    vm_destroy(c);
    vm_destroy(another);
    another = NULL;

    /* That was the answer to one message, and is none to the next. */
    answer(REQ, FFA_FID(INTERRUPT), NOTIFY_W1, 0, 0);
    answer(RUN, FFA_FID(MSG_WAIT), 0, 0, 0);
    assert_null(vm_create(8, 1));
}

#define T(f) cmocka_unit_test_setup_teardown(f, booted, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(response_in_a_turn__the_requesters),
        T(response_in_a_turn__does_not_fit__aborted),
        T(response_in_a_turn__of_another_sp__not_taken),
        T(response_in_a_turn__of_nobody__another_turn),
        T(response_in_a_turn__vm_dies__nothing_left),
        T(response_before_the_request_is_back__kept),
        T(response_of_another_before_the_request_is_back__not_taken),
        T(response_while_the_vm_runs_it__kept),
        T(response_while_it_is_away__kept),
        T(response_while_it_is_run_and_another_is_refused__that_of_the_first),
        T(response_while_another_is_fetched__not_mixed_up),
        T(answer_kept_elsewhere_is_not_fetched__response__is_the_answer),
        T(response_before_the_tasklet__no_run),
        T(response_before_the_tasklet__another_is_preempted__each_its_own),
        T(response_while_it_is_away__next_request_of_the_record__its_own),
        T(response_of_another_while_it_is_away__not_taken),
        T(run_before_the_turn_is_booked__answer_kept),
        T(answer_to_vm_created_in_a_turn__the_birth_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
