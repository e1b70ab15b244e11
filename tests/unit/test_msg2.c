/* SPDX-License-Identifier: BSD-2-Clause */
/* Indirect messages, to VMs and to SPs: ffa_msg2.c, and ffa_rxtx.c for the page that the SPMC reads. */
#include "world.h"

#define SEND2 FFA_FID(MSG_SEND2)
#define A 2
#define B 3
#define SP_TALKS SP_ECHO                /* has the property of indirect messages here */
#define TX 0x10000
#define RX 0x30000

static struct domain *a, *b;
static uint8_t at_spmc[4096];           /* what the SPMC read of A's message */
static void (*meanwhile)(void);

static uint8_t *tx(void) { return shim_page[TX >> 12].bytes; }
static struct ffa_ctx *ctx_of(struct domain *d) { return d->arch.tee; }

static void spmc_reads(const struct ffa_regs *call)
{
    if ( call->x[0] != SEND2 )
        return;
    if ( meanwhile )
        meanwhile();
    memcpy(at_spmc, ctx_of(a)->rxtx.out, sizeof(at_spmc));
}

static void map(struct domain *d, uint64_t tx_at, uint64_t rx_at, unsigned int pages)
{
    vm_do(d, FFA_FID(RXTX_MAP_64), tx_at, rx_at, pages, 0, 0);
    assert_ffa_ok();
}

static void start(uint32_t va, uint32_t vb)
{
    a = vm_boot(1, 2, va);
    b = vm_boot(2, 1, vb);
    map(a, TX, RX, 2);
    map(b, TX + 0x10000, RX + 0x10000, 2);
    spmc.during = spmc_reads;
    meanwhile = NULL;
}

static int booted(void **state)
{
    world_reset();
    world_boot();
    start(FFA_VERSION_1_2, FFA_VERSION_1_2);
    return 0;
}

static int gone(void **state)
{
    spmc.during = NULL;
    vm_destroy(a);
    vm_destroy(b);
    return 0;
}

/* Header of the size of @version, then bytes that count */
static void write(uint32_t version, uint16_t to, uint32_t offset, uint32_t size)
{
    unsigned int i;

    for ( i = 0; i < 2; i++ )
        memset(shim_page[(TX >> 12) + i].bytes, 0xaa, 4096);
    memset(tx(), 0, version >= FFA_VERSION_1_2 ? 40 : 20);
    ffa_put_le(tx() + 8, offset, 4);
    ffa_put_le(tx() + 12, to, 2);
    ffa_put_le(tx() + 14, A, 2);
    ffa_put_le(tx() + 16, size, 4);
    for ( i = 0; i < size && offset + i < 4096; i++ )
        tx()[offset + i] = i + 1;
}

static void send(void) { vm_do(a, SEND2, 0, 0, 0, 0, 0); }

static void unmapped__sends_no_more(void)
{
    vm_do(a, FFA_FID(RXTX_UNMAP), 0, 0, 0, 0, 0);
    assert_ffa_ok();
    send();
    assert_ffa_error(-6);
}

static void send__table_of_bad_headers(void **state)
{
    static const struct { unsigned int at, bytes; uint64_t value; int code; } row[] = {
        { 0, 4, 1, -2 }, { 4, 4, 1, -2 }, { 20, 4, 1, -2 },         /* flags, reserved */
        { 8, 4, 39, -2 }, { 8, 4, 0, -2 }, { 8, 4, 8193, -2 }, { 8, 4, 0xffffffff, -2 },
        { 16, 4, 0, -2 }, { 16, 4, 8192 - 39, -2 }, { 16, 4, 0xffffffff, -2 }, { 16, 4, 0xffffffd8, -2 },
        { 14, 2, B, -2 }, { 14, 2, 0, -2 }, { 14, 2, SP_ECHO, -2 }, /* sender */
        { 12, 2, A, -2 }, { 12, 2, 0, -2 }, { 12, 2, 9, -2 }, { 12, 2, 0x8000, -2 }, { 12, 2, 0xffff, -2 }, { 12, 2, 0x8077, -2 },
        { 12, 2, SP_PLAIN, -6 },                                     /* takes none */
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        write(FFA_VERSION_1_2, i & 1 ? B : SP_NOTIFY, 40, 16);
        ffa_put_le(tx() + row[i].at, row[i].value, row[i].bytes);
        send();
        assert_ffa_error(row[i].code);
    }
    write(FFA_VERSION_1_2, B, 40, 16);
    for ( i = 1; i < 8; i++ )
    {
        call_regs = (struct cpu_user_regs){ .x = { SEND2 } };
        call_regs.x[i] = 1;
        vm_call(a, &call_regs);
        assert_ffa_error(-2);
    }
    assert_int_equal(spmc_count(SEND2), 0);
    assert_int_equal(ctx_of(b)->rxtx.rx_state, FFA_RX_FREE);
}

static void send_to_a_vm__each_pair_of_versions(void **state)
{
    static const uint32_t version[] = { FFA_VERSION_1_0, FFA_VERSION_1_1, FFA_VERSION_1_2 };
    const uint8_t *rx = shim_page[(RX >> 12) + 16].bytes;
    unsigned int i, k, n;

    for ( i = 0; i < 3; i++ )
        for ( k = 0; k < 3; k++ )
        {
            unsigned int head = i == 2 ? 40 : 20, offset;

            gone(state);
            start(version[i], version[k]);
            write(version[i], B, head, 100);
            send();
            if ( !i || !k )
            {
                assert_ffa_error(i ? -6 : -1);
                continue;
            }
            assert_ffa_ok();
            offset = ffa_get_le(rx + 8, 4);
            assert_int_equal(offset, max(head, k == 2 ? 40U : 20U));
            assert_true(ffa_get_le(rx + 12, 4) == (A << 16 | B) && ffa_get_le(rx + 16, 4) == 100);
            for ( n = 0; n < 100; n++ )
                assert_int_equal(rx[offset + n], n + 1);
            /* RX-full of the hypervisor, and BUSY until it is released */
            send();
            assert_ffa_error(-4);
            vm_do(b, FFA_FID(NOTIF_GET), B, 8, 0, 0, 0);
            assert_ffa_ok();
            assert_int_equal(call_regs.x[7], 1);
            vm_do(b, FFA_FID(RX_RELEASE), 0, 0, 0, 0, 0);
            assert_ffa_ok();
            send();
            assert_ffa_ok();
        }
}

static void send_to_a_vm__sizes(void **state)
{
    /* All of TX, into an RX as large; and what the other's RX has no room for */
    write(FFA_VERSION_1_2, B, 40, 8192 - 40);
    send();
    assert_ffa_ok();
    vm_do(b, FFA_FID(RX_RELEASE), 0, 0, 0, 0, 0);
    vm_do(b, FFA_FID(RXTX_UNMAP), 0, 0, 0, 0, 0);
    assert_ffa_ok();
    send();
    assert_ffa_error(-2);               /* no buffers: nobody */
    map(b, TX + 0x10000, RX + 0x10000, 1);
    send();
    assert_ffa_error(-3);
    write(FFA_VERSION_1_2, B, 4096 - 8, 8);
    send();
    assert_ffa_ok();
    unmapped__sends_no_more();
}

static void send_to_an_sp__header_of_1_2_whatever_the_vm_speaks(void **state)
{
    unsigned int i, k, n;

    for ( i = 1; i < 3; i++ )
        for ( k = 0; k < 2; k++ )
        {
            unsigned int head = i == 2 ? 40 : 20, offset = k ? 256 : 40;

            gone(state);
            start(FFA_VERSION(1, i), FFA_VERSION_1_2);
            write(FFA_VERSION(1, i), SP_TALKS, k ? 256 : head, 100);
            if ( i == 2 )
                ffa_put_le(tx() + 24, 0x1122334455667788, 8);
            send();
            assert_ffa_ok();
            assert_int_equal(spmc_last(SEND2)->x[1], A << 16);
            assert_int_equal(spmc_last(SEND2)->x[2], 0);
            assert_true(!ffa_get_le(at_spmc, 8) && !ffa_get_le(at_spmc + 20, 4));
            assert_int_equal(ffa_get_le(at_spmc + 8, 4), offset);
            assert_true(ffa_get_le(at_spmc + 12, 4) == ((uint32_t)A << 16 | SP_TALKS) && ffa_get_le(at_spmc + 16, 4) == 100);
            assert_true(ffa_get_le(at_spmc + 24, 8) == (i == 2 ? 0x1122334455667788 : 0) && !ffa_get_le(at_spmc + 32, 8));
            for ( n = 0; n < 4096 - 40; n++ )
                assert_int_equal(at_spmc[40 + n], 40 + n >= offset && 40 + n < offset + 100 ? 40 + n - offset + 1 : 0);
        }
}

static void send_to_an_sp__sizes(void **state)
{
    write(FFA_VERSION_1_2, SP_TALKS, 40, 4096 - 40);
    send();
    assert_ffa_ok();
    write(FFA_VERSION_1_2, SP_TALKS, 40, 4096 - 39);
    send();
    assert_ffa_error(-3);
    write(FFA_VERSION_1_2, SP_TALKS, 5000, 1);
    send();
    assert_ffa_error(-3);
}

static void other_header(void)
{
    /* Another vCPU: another receiver, another sender, another size */
    memset(tx(), 0xff, 4096);
}

static void again(void)
{
    struct vcpu *before = shim_current;
    struct cpu_user_regs regs = { .x = { SEND2 } };

    meanwhile = NULL;
    shim_current = a->vcpu[1];
    assert_true(mediator->handle_call(&regs));
    assert_int_equal(regs.x[0], FFA_FID(ERROR));
    assert_true((int64_t)regs.x[2] == -4);
    regs = (struct cpu_user_regs){ .x = { FFA_FID(RXTX_UNMAP) } };
    assert_true(mediator->handle_call(&regs));
    assert_true((int64_t)regs.x[2] == -6);
    shim_current = before;
}

static void send_to_an_sp__another_vcpu_meanwhile(void **state)
{
    write(FFA_VERSION_1_2, SP_TALKS, 40, 100);
    meanwhile = other_header;
    send();
    assert_ffa_ok();
    assert_true(ffa_get_le(at_spmc + 12, 4) == ((uint32_t)A << 16 | SP_TALKS) && at_spmc[40] == 1);

    /* It sends, too, and unmaps the buffers: neither while the SPMC reads. */
    write(FFA_VERSION_1_2, SP_TALKS, 40, 100);
    meanwhile = again;
    send();
    assert_ffa_ok();
    send();
    assert_ffa_ok();
    unmapped__sends_no_more();
}

static void send_to_an_sp__errors_of_the_spmc_passed_on(void **state)
{
    static const int code[] = { -2, -3, -4, -6, -7, -8 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(code); i++ )
    {
        write(FFA_VERSION_1_2, SP_TALKS, 40, 100);
        spmc_error(SEND2, code[i], 1);
        send();
        assert_ffa_error(code[i]);
    }
    send();
    assert_ffa_ok();
}

static bool offered(struct domain *d)
{
    vm_do(d, FFA_FID(FEATURES), SEND2, 0, 0, 0, 0);
    return call_regs.x[0] == FFA_FID(SUCCESS_32);
}

/* O has none of it. H up to 2.14 has RX_ACQUIRE and denies it. */
static void firmware__without_send2_or_acquire(void **state)
{
    static const uint32_t lacks[] = { SEND2, FFA_FID(RX_ACQUIRE) };
    const char *const vms[] = { "sp:* all|vm:* all", "sp:* all|vm:* all" }, *const none[] = { "sp:* all", "sp:* all" };
    unsigned int i, k;

    for ( i = 0; i < 2; i++ )
        for ( k = 0; k < 2; k++ )
        {
            gone(state);
            world_reset();
            world_policy(NULL, k ? vms : none, 2);
            spmc.lacks[spmc.nr_lacks++] = lacks[i];
            world_boot();
            start(FFA_VERSION_1_2, FFA_VERSION_1_2);
            assert_int_equal(offered(a), k);
            write(FFA_VERSION_1_2, SP_TALKS, 40, 4);
            send();
            assert_ffa_error(-1);
            write(FFA_VERSION_1_2, B, 40, 4);
            send();
            if ( k )
                assert_ffa_ok();
            else
                assert_ffa_error(-1);
            assert_int_equal(spmc_count(SEND2), 0);
        }
}

static void firmware__denies_acquire_and_has_it(void **state)
{
    gone(state);
    world_reset();
    spmc.hides = FFA_FID(RX_ACQUIRE);
    world_boot();
    start(FFA_VERSION_1_2, FFA_VERSION_1_2);
    assert_true(ctx_of(a)->rxtx.forwarded);
    write(FFA_VERSION_1_2, SP_TALKS, 40, 4);
    send();
    assert_ffa_ok();
}

static void policy__sp_that_may_not_be_messaged__nobody(void **state)
{
    const char *const rights[] = { "sp:* discover notify share|vm:* discover" };

    gone(state);
    world_reset();
    world_policy(NULL, rights, 1);
    world_boot();
    start(FFA_VERSION_1_2, FFA_VERSION_1_2);
    assert_true(offered(a));
    write(FFA_VERSION_1_2, SP_TALKS, 40, 4);
    send();
    assert_ffa_error(-2);
    write(FFA_VERSION_1_2, B, 40, 4);
    send();
    assert_ffa_error(-2);
    assert_int_equal(spmc_count(SEND2), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, booted, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(send__table_of_bad_headers),
        TEST(send_to_a_vm__each_pair_of_versions),
        TEST(send_to_a_vm__sizes),
        TEST(send_to_an_sp__header_of_1_2_whatever_the_vm_speaks),
        TEST(send_to_an_sp__sizes),
        TEST(send_to_an_sp__another_vcpu_meanwhile),
        TEST(send_to_an_sp__errors_of_the_spmc_passed_on),
        TEST(firmware__without_send2_or_acquire),
        TEST(firmware__denies_acquire_and_has_it),
        TEST(policy__sp_that_may_not_be_messaged__nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
