/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct messages between VMs: one of them dies in the middle, and everybody does anything for long (ffa_msg_vm.c). */
#include "vcpus.h"

/* How far a request has come when somebody dies */
enum point { WAITS, CALLED, TAKEN, TAKEN_AWAY, YIELDED, YIELDED_AWAY, CALLED_AWAY, ANSWERED_AWAY, NR_POINTS };

static void reach(enum point point)
{
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    if ( point == WAITS )
        return;
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    if ( point == CALLED_AWAY )
        interrupt(&a0);
    if ( point == CALLED || point == CALLED_AWAY )
        return;
    go_on(&b0);
    if ( point == YIELDED || point == YIELDED_AWAY )
        call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
    if ( point == YIELDED_AWAY )
    {
        go_on(&a0);
        assert_result(&a0, FFA_FID(YIELD), PAIR(B, 0));
    }
    if ( point == TAKEN_AWAY || point == ANSWERED_AWAY )
        interrupt(&a0);
    if ( point == ANSWERED_AWAY )
        call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 6, 0);
}

/* B waits for whoever comes. */
static void assert_serves_others(void)
{
    assert_true(waits(&b0));
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
    go_on(&b0);
    assert_result(&b0, FFA_FID(DIRECT_REQ_32), PAIR(C, B));
}

static void death__of_the_receiver__at_every_point__aborted(void **state)
{
    unsigned int p;

    for ( p = 0; p < NR_POINTS; p++ )
    {
        reach(p);
        kill_vm(1);
        if ( p == WAITS )
            call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
        else if ( !a0.busy )
            call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        else
        {
            if ( p == YIELDED )
                assert_true(woken(&a0));
            go_on(&a0);
        }
        if ( p == ANSWERED_AWAY )
            assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
        else
            assert_error(&a0, p == WAITS ? -2 : -8);
        call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        assert_error(&a0, -6);

        gone(state);
        booted(state);
    }
}

/* Its id is another VM's when the requester comes, which has not as many vCPUs. */
static void death__of_the_receiver__its_id_used_again__aborted(void **state)
{
    call(&b1, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    go_on(&b1);
    interrupt(&a0);
    assert_result(&a0, FFA_FID(INTERRUPT), PAIR(B, 1));
    kill_vm(1);

    dom[1] = vm_boot(2, 1, FFA_VERSION_1_2);
    assert_non_null(dom[1]);
    b0 = make(dom[1], 0);
    call(&a0, FFA_FID(RUN), PAIR(B, 1), 0, 0, 0);
    assert_error(&a0, -8);
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    assert_serves_others();
}

/* It has crashed, or shut down, and nobody destroys it. Its vCPUs stand still wherever they were. */
static void shutdown__of_the_receiver__at_every_point__aborted(void **state)
{
    unsigned int p;

    for ( p = 0; p < NR_POINTS; p++ )
    {
        reach(p);
        dom[1]->is_shutting_down = true;
        call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
        assert_error(&c0, -4);
        if ( waits(&a0) )
            interrupt(&a0);
        else if ( a0.busy )
            go_on(&a0);
        call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        if ( p == ANSWERED_AWAY )
            assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
        else
            assert_error(&a0, p == WAITS ? -6 : -8);
        call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        assert_error(&a0, -6);

        /* Perhaps it was only suspended: it hears that it was too late, and may be asked again. */
        dom[1]->is_shutting_down = false;
        if ( p == TAKEN || p == TAKEN_AWAY )
            call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
        else if ( woken(&b0) )
            go_on(&b0);
        if ( p == TAKEN || p == TAKEN_AWAY || p == YIELDED || p == YIELDED_AWAY )
        {
            assert_error(&b0, -8);
            call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
        }
        assert_serves_others();
        gone(state);
        booted(state);
    }
}

/* The vCPU that took the request goes off, and may come back. */
static void cpu_off__of_the_receiver__aborted(void **state)
{
    enum { SENDER_WAITS, SENDER_AWAY, ANSWERED, NR } p;

    for ( p = SENDER_WAITS; p < NR; p++ )
    {
        reach(p == SENDER_WAITS ? TAKEN : p == SENDER_AWAY ? TAKEN_AWAY : ANSWERED_AWAY);
        if ( p == ANSWERED )
            interrupt(&b0);
        b0.v->online = false;
        if ( p == SENDER_WAITS )
            interrupt(&a0);
        call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        if ( p == ANSWERED )
            assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
        else
            assert_error(&a0, -8);
        call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
        assert_error(&a0, -6);
        call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
        assert_error(&a0, -4);

        b0.v->online = true;
        call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
        assert_serves_others();
        gone(state);
        booted(state);
    }
}

static void death__of_the_sender__at_every_point__receiver_is_free(void **state)
{
    unsigned int p;

    for ( p = 0; p < NR_POINTS; p++ )
    {
        reach(p);
        kill_vm(0);
        if ( p == CALLED || p == CALLED_AWAY )
            go_on(&b0);                 /* woken for nothing: it waits on */
        if ( p == TAKEN || p == TAKEN_AWAY )
        {
            assert_false(b0.busy);
            call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
            assert_error(&b0, -8);
            call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
            assert_error(&b0, -6);
        }
        if ( p == YIELDED || p == YIELDED_AWAY )
        {
            go_on(&b0);
            assert_error(&b0, -8);
        }
        if ( !b0.busy )
            call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
        assert_serves_others();
        gone(state);
        booted(state);
    }
}

static void death__sender_is_dying__response_yield_and_wait(void **state)
{
    static const uint64_t fid[] = { FFA_FID(DIRECT_RESP_32), FFA_FID(YIELD), FFA_FID(MSG_WAIT) };
    unsigned int i, late;

    /* Before its clean-up has begun, and after it */
    for ( i = 0; i < 3; i++ )
        for ( late = 0; late < 2; late++ )
        {
            reach(TAKEN_AWAY);
            vm_die(dom[0]);
            if ( late )
                assert_true(vm_gone(dom[0], SECONDS(1)));
            call(&b0, fid[i], fid[i] == FFA_FID(DIRECT_RESP_32) ? PAIR(B, A) : 0, 0, 0, 0);
            if ( fid[i] != FFA_FID(MSG_WAIT) )
                assert_error(&b0, -8);
            else if ( late )
                assert_true(waits(&b0));
            else
                assert_error(&b0, -6);  /* the request is open until the clean-up */
            if ( !late )
                assert_true(vm_gone(dom[0], SECONDS(1)));
            if ( !b0.busy )
                call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
            assert_true(waits(&b0));
            vm_bury(dom[0]);
            dom[0] = NULL;
            gone(state);
            booted(state);
        }
}

/* ---- Anything, for long ---- */

static uint32_t seed = 1;

static unsigned int dice(unsigned int n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

/*
 * Six vCPUs of three VMs do what they may do at that moment, interrupts come, nobody is killed. Each request carries a number;
 * its answer, whenever it comes, must be that number plus one, and at the end everybody can be asked again.
 */
static void random__every_request_gets_its_own_answer(void **state)
{
    enum { FREE, SERVES, AWAY } did[6] = { FREE };
    struct cpu cpu[6];
    uint64_t number[6] = { 0 }, asked[6] = { 0 }, kind[6] = { 0 }, next = 100;
    uint32_t target[6] = { 0 }, client[6] = { 0 };
    unsigned int step, i, answers = 0;

    for ( i = 0; i < 6; i++ )
        cpu[i] = make(dom[i / 2], i % 2);

    for ( step = 0; step < 6000; step++ )
    {
        struct cpu *c;
        unsigned int me, to;

        i = dice(6);
        c = &cpu[i];
        me = i / 2 + 2;
        if ( waits(c) )
        {
            if ( dice(3) )
                continue;
            interrupt(c);
        }
        else if ( c->busy )
            go_on(c);
        else if ( did[i] == SERVES && dice(2) )
            call(c, kind[i] + 1, PAIR(me, client[i]), 0, asked[i] + 1, 0);
        else if ( did[i] == SERVES )
            call(c, FFA_FID(YIELD), 0, 0, 0, 0);
        else if ( did[i] == AWAY )
            call(c, FFA_FID(RUN), target[i], 0, 0, 0);
        else if ( dice(2) )
            call(c, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
        else
        {
            to = 2 + dice(3);
            number[i] = next += 10;
            call(c, dice(2) ? FFA_FID(DIRECT_REQ_32) : FFA_FID(DIRECT_REQ_64), PAIR(me, to), 0, number[i], 0);
        }
        if ( c->busy )
        {
            /* In a wait, with or without an answer on its way: the response is out. */
            if ( did[i] == SERVES && kind[i] && c->regs.x[0] == kind[i] + 1 )
                did[i] = FREE;
            continue;
        }

        switch ( c->regs.x[0] )
        {
        case FFA_FID(DIRECT_REQ_32):
        case FFA_FID(DIRECT_REQ_64):
            did[i] = SERVES;
            kind[i] = c->regs.x[0];
            client[i] = c->regs.x[1] >> 16;
            asked[i] = c->regs.x[3];
            break;

        case FFA_FID(DIRECT_RESP_32):
        case FFA_FID(DIRECT_RESP_64):
            assert_true(c->regs.x[3] == number[i] + 1);
            answers++;
            did[i] = FREE;
            break;

        case FFA_FID(YIELD):
            did[i] = AWAY;
            target[i] = c->regs.x[1];
            break;

        case FFA_FID(INTERRUPT):
            if ( c->regs.x[1] )
            {
                did[i] = AWAY;
                target[i] = c->regs.x[1];
            }
            else if ( did[i] != SERVES )
                did[i] = FREE;
            break;

        case FFA_FID(ERROR):
            /* Nobody waits there, or itself was asked; a response that was out when the interrupt came */
            assert_true((int64_t)c->regs.x[2] == -4 || (int64_t)c->regs.x[2] == -2 || (int64_t)c->regs.x[2] == -6);
            if ( (int64_t)c->regs.x[2] == -6 )
                did[i] = FREE;
            break;

        default:
            assert_int_equal(c->regs.x[0], FFA_FID(SUCCESS_32));
            break;
        }
    }
    assert_in_range(answers, 100, 6000);

    for ( i = 0; i < 3; i++ )
    {
        vm_die(dom[i]);
        assert_true(vm_gone(dom[i], SECONDS(1)));
    }
    for ( i = 0; i < 6; i++ )
        forget(&cpu[i]);
    for ( i = 0; i < 3; i++ )
    {
        vm_bury(dom[i]);
        dom[i] = NULL;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, booted, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(death__of_the_receiver__at_every_point__aborted),
        TEST(death__of_the_receiver__its_id_used_again__aborted),
        TEST(shutdown__of_the_receiver__at_every_point__aborted),
        TEST(cpu_off__of_the_receiver__aborted),
        TEST(death__of_the_sender__at_every_point__receiver_is_free),
        TEST(death__sender_is_dying__response_yield_and_wait),
        TEST(random__every_request_gets_its_own_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
