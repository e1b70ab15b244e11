/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct messages between VMs: ffa_msg_vm.c. Death and chance are in test_msg_vm_death.c. */
#include "vcpus.h"

/* B's vCPU 0 waits, A's asks it. */
static void ask(uint64_t fid)
{
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    assert_true(waits(&b0));
    call(&a0, fid, PAIR(A, B), 0, 7, 8);
    assert_true(waits(&a0) && woken(&b0));
}

static void ask_and_take(uint64_t fid)
{
    ask(fid);
    go_on(&b0);
    assert_result(&b0, fid, PAIR(A, B));
}

static void request__each_width__there_and_back(void **state)
{
    static const uint64_t fids[] = { FFA_FID(DIRECT_REQ_32), FFA_FID(DIRECT_REQ_64) };
    unsigned int i, j, told = spmc_count(FFA_FID(DIRECT_REQ_32));

    for ( i = 0; i < 2; i++ )
    {
        uint64_t high = i ? 0x1234567800000000ULL : 0;

        call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
        call(&a0, fids[i], PAIR(A, B), 0, 0x1234567800000007ULL, 8);
        go_on(&b0);
        assert_result(&b0, fids[i], PAIR(A, B));
        assert_int_equal(b0.regs.x[2], 0);
        assert_true(b0.regs.x[3] == (high | 7) && b0.regs.x[4] == 8 && !b0.regs.x[7]);
        for ( j = 8; j < 31; j++ )
            assert_int_equal(b0.regs.x[j], 0xdead0000U + j);

        call(&b0, fids[i] + 1, PAIR(B, A), 0, 0x1234567800000042ULL, 43);
        assert_true(waits(&b0));
        go_on(&a0);
        assert_result(&a0, fids[i] + 1, PAIR(B, A));
        assert_true(a0.regs.x[3] == (high | 0x42) && a0.regs.x[4] == 43);
        for ( j = 8; j < 31; j++ )
            assert_int_equal(a0.regs.x[j], 0xdead0000U + j);
        interrupt(&b0);
        assert_result(&b0, FFA_FID(INTERRUPT), 0);
    }
    assert_int_equal(spmc_count(FFA_FID(DIRECT_REQ_32)), told);
}

static void request2__all_eighteen_registers_both_ways(void **state)
{
    struct cpu *const both[] = { &a0, &b0 };
    struct cpu_user_regs regs = { .x = { 0 } };
    unsigned int i, k;

    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    for ( k = 0; k < 2; k++ )
    {
        struct cpu *from = both[k], *to = both[!k];

        regs.x[0] = k ? FFA_FID(DIRECT_RESP2) : FFA_FID(DIRECT_REQ2);
        regs.x[1] = k ? PAIR(B, A) : PAIR(A, B);
        for ( i = 4; i < 31; i++ )
            regs.x[i] = 0x1111111100000000ULL * (k + 1) + i;
        call_regs_of(from, &regs);
        assert_true(waits(from));
        go_on(to);
        assert_result(to, k ? FFA_FID(DIRECT_RESP2) : FFA_FID(DIRECT_REQ2), k ? PAIR(B, A) : PAIR(A, B));
        assert_true(!to->regs.x[2] && !to->regs.x[3]);
        for ( i = 4; i < 18; i++ )
            assert_true(to->regs.x[i] == 0x1111111100000000ULL * (k + 1) + i);
    }
}

static void request__misuse__refused(void **state)
{
    static const struct {
        uint64_t fid, w1, x2, x3;
        int code;
    } row[] = {
        { FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, -2 },           /* as another VM     */
        { FFA_FID(DIRECT_REQ_32), PAIR(0x8001, B), 0, 0, -2 },      /* as an SP          */
        { FFA_FID(DIRECT_REQ_32), PAIR(0, B), 0, 0, -2 },           /* as the hypervisor */
        { FFA_FID(DIRECT_REQ_32), PAIR(B, A), 0, 0, -2 },           /* halves swapped    */
        { FFA_FID(DIRECT_REQ_32), PAIR(A, A), 0, 0, -2 },           /* itself            */
        { FFA_FID(DIRECT_REQ_32), PAIR(A, 9), 0, 0, -2 },           /* nobody            */
        { FFA_FID(DIRECT_REQ_32), PAIR(A, 0x7fff), 0, 0, -2 },
        { FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0x80000004, 0, -2 },  /* framework         */
        { FFA_FID(DIRECT_REQ_64), PAIR(A, B), 0x80000006, 0, -2 },
        { FFA_FID(DIRECT_REQ_64), PAIR(A, B), 1, 0, -2 },
        { FFA_FID(DIRECT_REQ_64), 1ULL << 32 | PAIR(A, B), 0, 0, -2 },
        { FFA_FID(DIRECT_REQ2), 1ULL << 32 | PAIR(A, B), 0, 0, -2 },
        { FFA_FID(DIRECT_REQ2), PAIR(A, B), 5, 0, -2 },             /* a UUID            */
        { FFA_FID(DIRECT_REQ2), PAIR(A, B), 0, 5, -2 },
        { FFA_FID(DIRECT_REQ2), PAIR(C, B), 0, 0, -2 },
        { FFA_FID(RUN), PAIR(B, 0), 0, 0, -6 },                     /* nothing to run    */
        { FFA_FID(RUN), PAIR(9, 0), 0, 0, -6 },
        { FFA_FID(RUN), PAIR(A, 0), 0, 0, -2 },
        { FFA_FID(RUN), PAIR(0, 0), 0, 0, -2 },
    };
    unsigned int i;

    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        call(&a0, row[i].fid, row[i].w1, row[i].x2, row[i].x3, 0);
        assert_error(&a0, row[i].code);
        assert_true(waits(&b0));
    }
    assert_int_equal(spmc_count(FFA_FID(RUN)), 0);
}

static void request__nobody_waits__busy(void **state)
{
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_error(&a0, -4);
    ask_and_take(FFA_FID(DIRECT_REQ_32));
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
    assert_error(&c0, -4);

    /* The other vCPU takes it. */
    call(&b1, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
    assert_true(waits(&c0));
    go_on(&b1);
    assert_result(&b1, FFA_FID(DIRECT_REQ_32), PAIR(C, B));
    interrupt(&c0);
    assert_result(&c0, FFA_FID(INTERRUPT), PAIR(B, 1));

    /* Each answer to who asked, by the vCPU that was asked */
    call(&b1, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
    assert_error(&b1, -6);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, C), 0, 0, 0);
    assert_error(&b0, -6);
    call(&b1, FFA_FID(DIRECT_RESP_32), PAIR(B, C), 0, 1, 0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 2, 0);
    go_on(&a0);
    assert_int_equal(a0.regs.x[3], 2);
    call(&c0, FFA_FID(RUN), PAIR(B, 1), 0, 0, 0);
    assert_result(&c0, FFA_FID(DIRECT_RESP_32), PAIR(B, C));
    assert_int_equal(c0.regs.x[3], 1);
}

static void response__misuse__refused_and_the_request_stays_open(void **state)
{
    static const struct {
        uint64_t fid, w1, x2, x3;
        int code;
    } row[] = {
        { FFA_FID(DIRECT_RESP_32), PAIR(A, B), 0, 0, -2 },
        { FFA_FID(DIRECT_RESP_32), PAIR(C, A), 0, 0, -2 },
        { FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0x80000005, 0, -2 },
        { FFA_FID(DIRECT_RESP_32), PAIR(B, A), 1, 0, -2 },
        { FFA_FID(DIRECT_RESP_64), 1ULL << 32 | PAIR(B, A), 0, 0, -2 },
        { FFA_FID(DIRECT_RESP2), PAIR(B, A), 1, 0, -2 },
        { FFA_FID(DIRECT_RESP2), PAIR(B, A), 0, 1, -2 },
        { FFA_FID(DIRECT_RESP_32), PAIR(B, C), 0, 0, -6 },
        { FFA_FID(DIRECT_RESP_32), PAIR(B, 0x8001), 0, 0, -6 },
        { FFA_FID(DIRECT_RESP_64), PAIR(B, A), 0, 0, -6 },          /* another width, another kind */
        { FFA_FID(DIRECT_RESP2), PAIR(B, A), 0, 0, -6 },
        { FFA_FID(MSG_WAIT), 0, 0, 0, -6 },
        { FFA_FID(MSG_WAIT), 1, 0, 0, -2 },
        { FFA_FID(MSG_WAIT), 0, 2, 0, -2 },
        { FFA_FID(MSG_WAIT), 0, 0, 1, -2 },
        { FFA_FID(YIELD), 1, 0, 0, -2 },
    };
    unsigned int i;

    /* Not asked at all */
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
    assert_error(&b0, -6);
    call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
    assert_error(&b0, -6);

    ask_and_take(FFA_FID(DIRECT_REQ_32));
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        call(&b0, row[i].fid, row[i].w1, row[i].x2, row[i].x3, 0);
        assert_error(&b0, row[i].code);
        assert_true(waits(&a0));
    }
    call(&b0, FFA_FID(YIELD), 0, 0, 0, 1);
    assert_error(&b0, -2);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 5, 0);
    go_on(&a0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
    assert_true(waits(&b0));
}

static void interrupts__sender__run_goes_on(void **state)
{
    ask_and_take(FFA_FID(DIRECT_REQ_64));
    interrupt(&a0);
    assert_result(&a0, FFA_FID(INTERRUPT), PAIR(B, 0));
    assert_int_equal(a0.regs.x[2], 0);

    /* Another VM has no part in it, another vCPU of the VM may go on. */
    call(&c0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_error(&c0, -6);
    call(&a1, FFA_FID(RUN), PAIR(B, 1), 0, 0, 0);
    assert_error(&a1, -6);
    call(&a1, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_true(waits(&a1));
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_error(&a0, -4);
    interrupt(&a1);
    assert_result(&a1, FFA_FID(INTERRUPT), PAIR(B, 0));

    /* The answer is kept. */
    call(&b0, FFA_FID(DIRECT_RESP_64), PAIR(B, A), 0, 0x99, 0);
    assert_true(waits(&b0));
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_64), PAIR(B, A));
    assert_int_equal(a0.regs.x[3], 0x99);
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_error(&a0, -6);
}

static void interrupts__one_is_there_already__no_wait(void **state)
{
    b0.v->irq = true;
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    assert_result(&b0, FFA_FID(INTERRUPT), 0);
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    a0.v->irq = true;
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_result(&a0, FFA_FID(INTERRUPT), PAIR(B, 0));

    /* A request and an interrupt: the request comes with the call, the interrupt by itself. */
    b0.v->irq = true;
    go_on(&b0);
    assert_result(&b0, FFA_FID(DIRECT_REQ_32), PAIR(A, B));
    b0.v->irq = true;
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0, 0);
    assert_result(&b0, FFA_FID(INTERRUPT), 0);
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
}

static void interrupts__too_many_preempted__busy(void **state)
{
    struct ffa_ctx *ctx = dom[0]->arch.tee;
    unsigned int i;

    /* Each needs a vCPU of the receiver: as if there were that many */
    for ( i = 0; i <= ctx->nr_calls - dom[0]->max_vcpus; i++ )
        assert_non_null(ffa_call_start(((void)(shim_current = a0.v), ctx), 0x8001, FFA_FID(DIRECT_REQ_32)));
    shim_current = NULL;
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_error(&a0, -4);
    assert_true(waits(&b0));
    for ( i = 0; i < ctx->nr_calls; i++ )
        if ( ctx->calls[i].state == FFA_CALL_RUNNING )
            ffa_call_cancel(ctx, &ctx->calls[i]);
}

/* B has answered one vCPU of A, which has not fetched it, and could be asked by the other: whose would the next RUN be? */
static void interrupts__answer_not_fetched__nobody_else_gets_it(void **state)
{
    ask_and_take(FFA_FID(DIRECT_REQ_32));
    interrupt(&a0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0x10, 0);
    assert_true(waits(&b0));
    call(&a1, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_error(&a1, -4);
    assert_true(waits(&b0));

    /* Others may ask it, and A another vCPU of B. */
    call(&b1, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&a1, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_true(waits(&b0) && woken(&b1));
    go_on(&b1);
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
    go_on(&b0);
    assert_result(&b0, FFA_FID(DIRECT_REQ_32), PAIR(C, B));
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, C), 0, 0, 0);
    go_on(&c0);
    call(&b1, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0x20, 0);
    go_on(&a1);
    assert_int_equal(a1.regs.x[3], 0x20);

    /* Once it is fetched, by whichever vCPU, it may be asked again. */
    call(&a1, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_result(&a1, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
    assert_int_equal(a1.regs.x[3], 0x10);
    call(&a1, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_true(woken(&b0));
    go_on(&b0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0x30, 0);
    go_on(&a1);
    assert_int_equal(a1.regs.x[3], 0x30);
}

/* Receivers that never answer: the partitions can be asked all the same, and preempt the requests. */
static void interrupts__vms_do_not_answer__room_for_sps_is_left(void **state)
{
    struct ffa_ctx *ctx = dom[0]->arch.tee;
    const struct ffa_regs intr = { .x = { FFA_FID(INTERRUPT), 0x80010001 } };
    struct cpu *asks[] = { &a0, &a1 };
    unsigned int i, n;

    shim_current = a0.v;
    for ( n = 0; ffa_call_start(ctx, B, FFA_FID(DIRECT_REQ_32)); n++ )
        ;
    assert_int_equal(n, 4);
    assert_null(ffa_call_start(((void)(shim_current = a1.v), ctx), C, FFA_FID(DIRECT_REQ_32)));
    shim_current = NULL;

    /* Both vCPUs, twice */
    for ( i = 0; i < 4; i++ )
    {
        spmc_answer(FFA_FID(DIRECT_REQ_32), &intr);
        call(asks[i % 2], FFA_FID(DIRECT_REQ_32), PAIR(A, SP_ECHO), 0, 0, 0);
        assert_result(asks[i % 2], FFA_FID(INTERRUPT), 0x80010001);
    }
    for ( i = 0; i < 4; i++ )
    {
        spmc_answer(FFA_FID(RUN), &(struct ffa_regs){ .x = { FFA_FID(DIRECT_RESP_32), PAIR(SP_ECHO, A) } });
        call(asks[i % 2], FFA_FID(RUN), 0x80010001, 0, 0, 0);
        assert_result(asks[i % 2], FFA_FID(DIRECT_RESP_32), PAIR(SP_ECHO, A));
    }
    for ( i = 0; i < ctx->nr_calls; i++ )
        if ( ctx->calls[i].state == FFA_CALL_RUNNING )
            ffa_call_cancel(ctx, &ctx->calls[i]);
}

static void yield__told_to_the_sender__run_ends_it(void **state)
{
    ask_and_take(FFA_FID(DIRECT_REQ_32));
    call(&b0, FFA_FID(YIELD), 0, 0x1000, 2, 0);
    assert_true(waits(&b0));
    go_on(&a0);
    assert_result(&a0, FFA_FID(YIELD), PAIR(B, 0));
    assert_true(a0.regs.x[2] == 0x1000 && a0.regs.x[3] == 2);
    call(&c0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_error(&c0, -6);
    assert_true(waits(&b0));

    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_true(waits(&a0) && woken(&b0));
    go_on(&b0);
    assert_result(&b0, FFA_FID(SUCCESS_32), 0);

    /* Yields while the sender is away: it need not hear of it. */
    interrupt(&a0);
    call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
    assert_true(waits(&b0));
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_true(waits(&a0));
    go_on(&b0);
    assert_result(&b0, FFA_FID(SUCCESS_32), 0);

    /* The sender does not come: an interrupt gets the receiver out, and it may answer all the same. */
    interrupt(&a0);
    call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
    interrupt(&b0);
    assert_result(&b0, FFA_FID(INTERRUPT), 0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 3, 0);
    assert_true(waits(&b0));
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
    assert_int_equal(a0.regs.x[3], 3);
}

/* As if two vCPUs of A had asked at the same moment, and B had yielded to the other request */
static void yield__to_another_request__run_does_not_end_it(void **state)
{
    struct ffa_serve *serve = ((struct ffa_ctx *)dom[1]->arch.tee)->serve;
    unsigned int call_nr;

    ask_and_take(FFA_FID(DIRECT_REQ_32));
    call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
    go_on(&a0);
    assert_result(&a0, FFA_FID(YIELD), PAIR(B, 0));
    call_nr = serve[0].call;
    serve[0].call++;
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_true(waits(&a0) && waits(&b0));
    serve[0].call = call_nr;
    interrupt(&a0);
    call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
    assert_true(waits(&a0) && woken(&b0));
    go_on(&b0);
    assert_result(&b0, FFA_FID(SUCCESS_32), 0);
}

static void versions__side_by_side(void **state)
{
    static const uint32_t version[] = { FFA_VERSION_1_0, FFA_VERSION_1_1, FFA_VERSION_1_2 };
    unsigned int i, k;

    for ( i = 0; i < 3; i++ )
        for ( k = 0; k < 3; k++ )
        {
            gone(state);
            booted(state);
            ((struct ffa_ctx *)dom[0]->arch.tee)->version_frozen = ((struct ffa_ctx *)dom[1]->arch.tee)->version_frozen = false;
            ((struct ffa_ctx *)dom[0]->arch.tee)->offered = ((struct ffa_ctx *)dom[1]->arch.tee)->offered = 1ULL << FFA_NR_VERSION;
            vm_version(dom[0], version[i]);
            vm_version(dom[1], version[k]);
            vm_do(dom[0], FFA_FID(ID_GET), 0, 0, 0, 0, 0);
            vm_do(dom[1], FFA_FID(ID_GET), 0, 0, 0, 0, 0);

            /* The flag of MSG_WAIT and the timeout came with 1.2. */
            call(&b0, FFA_FID(MSG_WAIT), 0, 1, 0, 0);
            if ( k < 2 )
            {
                assert_error(&b0, -2);
                call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
            }
            assert_true(waits(&b0));
            call(&a0, FFA_FID(DIRECT_REQ2), PAIR(A, B), 0, 0, 0);
            if ( i == 2 && k == 2 )
            {
                go_on(&b0);
                assert_result(&b0, FFA_FID(DIRECT_REQ2), PAIR(A, B));
                call(&b0, FFA_FID(DIRECT_RESP2), PAIR(B, A), 0, 0, 0);
                go_on(&a0);
            }
            else
                assert_error(&a0, i == 2 ? -6 : -1);

            call(&a0, FFA_FID(DIRECT_REQ_64), PAIR(A, B), 0, 1, 0);
            go_on(&b0);
            call(&b0, FFA_FID(YIELD), 0, 77, 78, 0);
            if ( k < 2 )
            {
                assert_error(&b0, -2);
                call(&b0, FFA_FID(YIELD), 0, 0, 0, 0);
            }
            go_on(&a0);
            assert_result(&a0, FFA_FID(YIELD), PAIR(B, 0));
            assert_int_equal(a0.regs.x[2], i == 2 && k == 2 ? 77 : 0);
            assert_int_equal(a0.regs.x[3], i == 2 && k == 2 ? 78 : 0);
            call(&a0, FFA_FID(RUN), PAIR(B, 0), 0, 0, 0);
            go_on(&b0);
            call(&b0, FFA_FID(DIRECT_RESP_64), PAIR(B, A), 0, 9, 0);
            go_on(&a0);
            assert_result(&a0, FFA_FID(DIRECT_RESP_64), PAIR(B, A));
        }
}

/* On B's other CPU, while A's vCPU 0 is about to sleep */
static void take_and_answer(void)
{
    struct cpu_user_regs regs = { .x = { FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 0x77 } };

    shim_current = b1.v;
    assert_true(mediator->handle_call(&regs));
    assert_int_equal(regs.x[0], FFA_FID(INTERRUPT));
    b1.v->irq = false;
}

static void wait__the_answer_comes_just_before_the_sleep__noticed(void **state)
{
    call(&b1, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    go_on(&b1);
    interrupt(&a0);
    shim_blocking = take_and_answer;
    call(&a0, FFA_FID(RUN), PAIR(B, 1), 0, 0, 0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_32), PAIR(B, A));
    assert_int_equal(a0.regs.x[3], 0x77);
}

static void circle__no_wait_without_end(void **state)
{
    /* A asks B, B asks A back: nobody of A waits. */
    ask_and_take(FFA_FID(DIRECT_REQ_32));
    call(&b0, FFA_FID(DIRECT_REQ_32), PAIR(B, A), 0, 0, 0);
    assert_error(&b0, -4);

    /* With another vCPU that waits it is no circle. */
    call(&a1, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&b0, FFA_FID(DIRECT_REQ_64), PAIR(B, A), 0, 1, 0);
    go_on(&a1);
    assert_result(&a1, FFA_FID(DIRECT_REQ_64), PAIR(B, A));
    call(&a1, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    assert_error(&a1, -4);
    call(&a1, FFA_FID(DIRECT_RESP_64), PAIR(A, B), 0, 2, 0);
    go_on(&b0);
    assert_int_equal(b0.regs.x[3], 2);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 3, 0);
    go_on(&a0);
    assert_int_equal(a0.regs.x[3], 3);
}

static bool offered(struct domain *d, uint64_t fid)
{
    vm_do(d, FFA_FID(FEATURES), fid, 0, 0, 0, 0);
    return call_regs.x[0] == FFA_FID(SUCCESS_32);
}

static void policy__only_who_may_be_asked_receives(void **state)
{
    static const uint64_t receives[] = { FFA_FID(MSG_WAIT), FFA_FID(YIELD) };
    unsigned int i;

    gone(state);
    boot("vm:two message", "sp:* all|vm:two message", "sp:* all|vm:one notify share discover");
    for ( i = 0; i < 2; i++ )
    {
        assert_false(offered(dom[0], receives[i]));
        assert_true(offered(dom[1], receives[i]));
        assert_false(offered(dom[2], receives[i]));
        call(&a0, receives[i], 0, 0, 0, 0);
        assert_error(&a0, -1);
    }
    call(&a0, FFA_FID(DIRECT_RESP_32), PAIR(A, B), 0, 0, 0);
    assert_error(&a0, -6);
    call(&b0, FFA_FID(MSG_WAIT), 0, 0, 0, 0);
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, B), 0, 0, 0);
    assert_error(&c0, -2);
    call(&c0, FFA_FID(DIRECT_REQ_32), PAIR(C, A), 0, 0, 0);
    assert_error(&c0, -2);
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, C), 0, 0, 0);
    assert_error(&a0, -2);
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, 0x8001), 0, 0, 0);
    assert_error(&a0, -2);

    /* The answer needs no right. */
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    go_on(&b0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 4, 0);
    go_on(&a0);
    assert_int_equal(a0.regs.x[3], 4);
}

static void firmware__takes_no_requests__vms_do(void **state)
{
    gone(state);
    world_reset();
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(DIRECT_REQ2);
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(DIRECT_REQ_64);
    world_boot();
    shim_softirq = others_run;
    dom[0] = vm_boot(1, 2, FFA_VERSION_1_2);
    dom[1] = vm_boot(2, 2, FFA_VERSION_1_2);
    a0 = make(dom[0], 0);
    b0 = make(dom[1], 0);
    call(&a0, FFA_FID(DIRECT_REQ2), PAIR(A, 0x8001), 0, 0, 0);
    assert_error(&a0, -1);
    call(&a0, FFA_FID(DIRECT_REQ_64), PAIR(A, 0x8001), 0, 0, 0);
    assert_error(&a0, -1);
    ask_and_take(FFA_FID(DIRECT_REQ_64));
    call(&b0, FFA_FID(DIRECT_RESP_64), PAIR(B, A), 0, 4, 0);
    go_on(&a0);
    assert_result(&a0, FFA_FID(DIRECT_RESP_64), PAIR(B, A));
    call(&a0, FFA_FID(DIRECT_REQ_32), PAIR(A, B), 0, 0, 0);
    go_on(&b0);
    call(&b0, FFA_FID(DIRECT_RESP_32), PAIR(B, A), 0, 4, 0);
    go_on(&a0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, booted, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(request__each_width__there_and_back),
        TEST(request2__all_eighteen_registers_both_ways),
        TEST(request__misuse__refused),
        TEST(request__nobody_waits__busy),
        TEST(response__misuse__refused_and_the_request_stays_open),
        TEST(interrupts__sender__run_goes_on),
        TEST(interrupts__one_is_there_already__no_wait),
        TEST(interrupts__too_many_preempted__busy),
        TEST(interrupts__answer_not_fetched__nobody_else_gets_it),
        TEST(interrupts__vms_do_not_answer__room_for_sps_is_left),
        TEST(yield__told_to_the_sender__run_ends_it),
        TEST(yield__to_another_request__run_does_not_end_it),
        TEST(versions__side_by_side),
        TEST(wait__the_answer_comes_just_before_the_sleep__noticed),
        TEST(circle__no_wait_without_end),
        TEST(policy__only_who_may_be_asked_receives),
        TEST(firmware__takes_no_requests__vms_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
