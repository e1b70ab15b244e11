/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe, version negotiation, FEATURES and dispatch: ffa.c, ffa_setup.c, ffa_spmc.c. */
#include "world.h"

static int fresh(void **state)
{
    world_reset();
    return 0;
}

static void probe__no_firmware__false_and_one_line(void **state)
{
    spmc.version = 0;
    assert_false(mediator->probe());
    assert_string_equal(shim_log, "ffa: no FF-A firmware\n");
    assert_int_equal(spmc_count(FFA_FID(VERSION)), spmc.nr_log);
}

static void probe__old_smccc__false_without_an_smc(void **state)
{
    smccc_ver = 0x10001;
    assert_false(mediator->probe());
    smccc_ver = ARM_SMCCC_VERSION_1_2;
    assert_int_equal(spmc.nr_log, 0);
}

static void probe__no_partition_list__buffers_unmapped(void **state)
{
    spmc_error(FFA_FID(PARTITION_INFO_GET), -3, 1);
    assert_false(mediator->probe());
    assert_int_equal(spmc_count(FFA_FID(RXTX_UNMAP)), 1);
}

/* No partition at all, which some call an invalid parameter: old drivers give up when the list is empty. */
static void probe__no_partitions__a_vm_sees_itself(void **state)
{
    struct domain *d;

    spmc_error(FFA_FID(PARTITION_INFO_GET), -2, 1);
    world_boot();
    assert_int_equal(spmc_count(FFA_FID(RXTX_UNMAP)), 0);
    d = vm_boot(1, 1, FFA_VERSION_1_1);
    vm_do(d, FFA_FID(PARTITION_INFO_GET), 0, 0, 0, 0, 1);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 1);
    vm_destroy(d);
}

static void probe__partition_list_beyond_the_page__refused_and_released(void **state)
{
    spmc_answer(FFA_FID(PARTITION_INFO_GET), &(struct ffa_regs){ .x = { FFA_FID(SUCCESS_32), 0, 100, 48 } });
    assert_false(mediator->probe());
    assert_int_equal(spmc_count(FFA_FID(RX_RELEASE)), 1);
    assert_int_equal(spmc_count(FFA_FID(RXTX_UNMAP)), 1);

    spmc_answer(FFA_FID(PARTITION_INFO_GET), &(struct ffa_regs){ .x = { FFA_FID(SUCCESS_32), 0, UINT32_MAX, 24 } });
    assert_false(mediator->probe());
}

static void probe__sri_unusable__works_without_notifications(void **state)
{
    static const uint32_t bad[] = { 1, 2, 1020, 8192, UINT32_MAX };
    struct domain *d;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        world_reset();
        world_policy("sp:* all", NULL, 0);
        spmc.sri = bad[i];
        shim_sri = NULL;
        world_boot();
        assert_null(shim_sri);
        assert_non_null(strstr(shim_log, "cannot be used"));
        assert_false(ffa_notif_works());

        d = vm_boot(1, 1, FFA_VERSION_1_2);
        vm_do(d, FFA_FID(FEATURES), 1, 0, 0, 0, 0);
        assert_ffa_error(-1);
        vm_do(d, FFA_FID(NOTIF_GET), 2, 1, 0, 0, 0);
        assert_ffa_error(-1);
        assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_CREATE)), 0);
        vm_destroy(d);
    }
}

static void probe__version_is_the_first_call(void **state)
{
    assert_true(mediator->probe());
    assert_int_equal(spmc.log[0].x[0], FFA_FID(VERSION));
    assert_int_equal(spmc.log[0].x[1], FFA_VERSION_1_2);
    assert_int_equal(ffa_spmc_version(), FFA_VERSION_1_2);
}

static void probe__older_firmware__lower_versions_are_tried(void **state)
{
    spmc.version = FFA_VERSION_1_1;
    world_boot();
    assert_int_equal(ffa_spmc_version(), FFA_VERSION_1_1);

    /* ... also if it answers with its own instead of refusing; then it must be told. */
    world_reset();
    spmc_answer(FFA_FID(VERSION), &(struct ffa_regs){ .x = { FFA_VERSION_1_1 } });
    assert_true(mediator->probe());
    assert_int_equal(ffa_spmc_version(), FFA_VERSION_1_1);
    assert_int_equal(spmc.log[1].x[1], FFA_VERSION_1_1);

    /* A newer one behaves like what we asked for. */
    world_reset();
    spmc.version = FFA_VERSION(1, 3);
    spmc.stride = 48;
    world_boot();
    assert_int_equal(ffa_spmc_version(), FFA_VERSION_1_2);
    assert_int_equal(ffa_splist_sps(), 3);
    assert_int_equal(ffa_splist_entries(), 4);
}

static int booted(void **state)
{
    world_reset();
    world_boot();
    *state = vm_create(1, 2);
    return 0;
}

static void version__table_of_requests(void **state)
{
    static const struct {
        uint32_t ask;
        uint64_t answer;
        uint32_t recorded;
    } row[] = {
        { 0x00010000, 0x10002, 0x10000 },
        { 0x00010001, 0x10002, 0x10001 },
        { 0x00010002, 0x10002, 0x10002 },
        { 0x00010003, 0x10002, 0x10002 },
        { 0x0001ffff, 0x10002, 0x10002 },
        { 0x00020000, ~0ULL, 0 },
        { 0x00000001, ~0ULL, 0 },
        { 0x80010001, ~0ULL, 0 },
        { 0xffffffff, ~0ULL, 0 },
        { 0, ~0ULL, 0 },
    };
    struct ffa_ctx *ctx = ((struct domain *)*state)->arch.tee;
    unsigned int i, j;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        ctx->version = 0;
        vm_do(*state, FFA_FID(VERSION), row[i].ask, 0, 0, 0, 0);
        assert_true(call_regs.x[0] == row[i].answer);
        assert_int_equal(ctx->version, row[i].recorded);
        for ( j = 1; j < 8; j++ )
            assert_int_equal(call_regs.x[j], 0);
    }
}

static void version__before_it_nothing_else(void **state)
{
    vm_do(*state, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    assert_ffa_error(-1);
    vm_version(*state, FFA_VERSION_1_0);
    vm_version(*state, FFA_VERSION_1_2);
    vm_do(*state, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 2);
}

static void version__after_another_call__only_the_same(void **state)
{
    vm_version(*state, FFA_VERSION_1_1);
    vm_do(*state, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    vm_do(*state, FFA_FID(VERSION), FFA_VERSION_1_2, 0, 0, 0, 0);
    assert_true(call_regs.x[0] == ~0ULL);
    vm_version(*state, FFA_VERSION_1_1);
    vm_do(*state, FFA_FID(FEATURES), FFA_FID(DIRECT_REQ2), 0, 0, 0, 0);
    assert_ffa_error(-1);
}

static bool offered(void *d, uint64_t id)
{
    vm_do(d, FFA_FID(FEATURES), id, 0, 0, 0, 0);
    if ( call_regs.x[0] == FFA_FID(SUCCESS_32) )
        return true;
    assert_ffa_error(-1);
    return false;
}

static void features__by_version(void **state)
{
    static const struct {
        uint32_t id;
        unsigned int since;             /* minor version, 9: never */
    } row[] = {
        { FFA_FID(ERROR), 0 }, { FFA_FID(SUCCESS_32), 0 }, { FFA_FID(SUCCESS_64), 0 }, { FFA_FID(INTERRUPT), 0 },
        { FFA_FID(VERSION), 0 }, { FFA_FID(FEATURES), 0 }, { FFA_FID(ID_GET), 0 }, { FFA_FID(RX_RELEASE), 0 },
        { FFA_FID(RXTX_MAP_32), 0 }, { FFA_FID(RXTX_MAP_64), 0 }, { FFA_FID(RXTX_UNMAP), 0 },
        { FFA_FID(PARTITION_INFO_GET), 0 }, { FFA_FID(RUN), 0 }, { FFA_FID(DIRECT_REQ_32), 0 },
        { FFA_FID(DIRECT_REQ_64), 0 }, { FFA_FID(DIRECT_RESP_32), 0 }, { FFA_FID(SPM_ID_GET), 1 },
        { FFA_FID(NOTIF_BIND), 1 }, { FFA_FID(NOTIF_UNBIND), 1 }, { FFA_FID(NOTIF_SET), 1 }, { FFA_FID(NOTIF_GET), 1 },
        { FFA_FID(NOTIF_INFO_GET_32), 1 }, { FFA_FID(NOTIF_INFO_GET_64), 1 }, { 1, 1 }, { 2, 9 },
        { FFA_FID(PARTITION_INFO_REGS), 2 }, { FFA_FID(DIRECT_REQ2), 2 }, { FFA_FID(DIRECT_RESP2), 2 },
        { FFA_FID(NOTIF_BITMAP_CREATE), 9 }, { FFA_FID(NOTIF_BITMAP_DESTROY), 9 }, { FFA_FID(YIELD), 0 },
        { FFA_FID(MEM_SHARE_32), 0 }, { FFA_FID(MEM_SHARE_64), 0 }, { FFA_FID(MEM_RECLAIM), 0 }, { FFA_FID(MEM_FRAG_RX), 0 },
        { FFA_FID(MEM_FRAG_TX), 0 }, { FFA_FID(MSG_WAIT), 0 }, { 0x84000071, 0 }, { FFA_FID(MEM_RETRIEVE_RESP), 0 },
        { 0x84000072, 0 }, { 0xc4000074, 0 }, { 0x84000076, 0 }, { 0x84000078, 9 }, { 0x84000079, 9 },
        { 0x84000084, 9 }, { FFA_FID(MSG_SEND2), 1 },
        { 0x8400007c, 9 }, { 0x84000087, 9 }, { 0x84000088, 9 }, { 0x8400008a, 2 }, { 0xc400008a, 2 }, { 0, 9 }, { 3, 9 }, { 4, 9 },
        { 0x101, 9 }, { 0x80000001, 9 },
    };
    struct ffa_ctx *ctx = ((struct domain *)*state)->arch.tee;
    unsigned int i, minor;

    for ( minor = 0; minor <= 2; minor++ )
    {
        /* As before the first call: what is offered is worked out once */
        ctx->version = FFA_VERSION(1, minor);
        ctx->version_frozen = false;
        ctx->offered = (uint64_t)1 << FFA_NR_VERSION;
        for ( i = 0; i < ARRAY_SIZE(row); i++ )
            assert_int_equal(offered(*state, row[i].id), minor >= row[i].since);
    }
}

static void features__values(void **state)
{
    vm_version(*state, FFA_VERSION_1_2);
    offered(*state, 1);
    assert_int_equal(call_regs.x[2], 8);
    offered(*state, FFA_FID(RXTX_MAP_64));
    assert_int_equal(call_regs.x[2], FFA_RXTX_MAX_PAGES << 16);
    ((struct ffa_ctx *)((struct domain *)*state)->arch.tee)->version = FFA_VERSION_1_1;
    offered(*state, FFA_FID(RXTX_MAP_64));
    assert_int_equal(call_regs.x[2], 0);
}

static void features__firmware_lacks_it__denied(void **state)
{
    vm_destroy(*state);
    world_reset();
    world_policy("sp:* all", NULL, 0);
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(DIRECT_REQ2);
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(NOTIF_SET);
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(RUN);
    world_boot();
    *state = vm_boot(1, 2, FFA_VERSION_1_2);
    assert_false(offered(*state, FFA_FID(DIRECT_REQ2)));
    assert_false(offered(*state, FFA_FID(DIRECT_RESP2)));
    assert_false(offered(*state, FFA_FID(NOTIF_SET)));
    assert_true(offered(*state, FFA_FID(NOTIF_BIND)));
    assert_true(offered(*state, FFA_FID(RUN)));
    vm_do(*state, FFA_FID(DIRECT_REQ2), 0x00028001, 0, 0, 0, 0);
    assert_ffa_error(-1);
    vm_do(*state, FFA_FID(NOTIF_SET), 0x00028002, 0, 1, 0, 0);
    assert_ffa_error(-1);
}

static void dispatch__every_number_both_widths__features_and_call_agree(void **state)
{
    uint32_t fn, width, fid;

    vm_version(*state, FFA_VERSION_1_2);
    for ( fn = 0x60; fn <= 0xef; fn++ )
        for ( width = 0; width < 2; width++ )
        {
            enum ffa_call_nr nr;
            bool known;

            fid = 0x84000000U | (width << 30) | fn;
            nr = ffa_call_lookup(fid);
            known = nr != FFA_NR_CALLS && ffa_table[nr].from == FFA_FROM_VM;
            if ( fid == FFA_FID(VERSION) || fid == FFA_FID(FEATURES) )
                continue;

            if ( known )
                assert_true(offered(*state, fid));
            vm_do(*state, fid, 0, 0, 0, 0, 0);
            if ( !known )
                assert_ffa_error(-1);
            else
                assert_true(call_regs.x[0] != FFA_FID(ERROR) || (int64_t)call_regs.x[2] != -1);
        }
    /* Nobody wrote a line about it. */
    assert_null(strstr(shim_log, "unknown"));
}

static void dispatch__not_ffa__left_to_the_core(void **state)
{
    static const uint32_t other[] = {
        0x04000063, 0x84000000, 0x8400005f, 0x840000f0, 0x85000063, 0xb2000063, 0x84020063, 0x86000063, 0xbf00ff01,
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(other); i++ )
    {
        struct cpu_user_regs regs = { .x = { other[i], 1, 2, 3 } };

        assert_false(vm_call(*state, &regs));
        assert_int_equal(regs.x[0], other[i]);
        assert_int_equal(regs.x[1], 1);
    }
}

static void dispatch__no_context__left_to_the_core(void **state)
{
    struct domain *d = *state;
    struct cpu_user_regs regs = { .x = { FFA_FID(VERSION), FFA_VERSION_1_2 } };
    void *tee = d->arch.tee;

    d->arch.tee = NULL;
    assert_false(vm_call(d, &regs));
    d->arch.tee = tee;
}

static void dispatch__sve_hint_and_upper_halves__ignored(void **state)
{
    vm_do(*state, 0xabcdef0000000000ULL | FFA_FID(VERSION) | FFA_SVE_HINT, 0xffffffff00010002ULL, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_VERSION_1_2);
    vm_do(*state, FFA_FID(DIRECT_REQ_32), 0x1234567800028001ULL, 0xffffffff00000000ULL, 0xaaaaaaaabbbbbbbbULL, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(DIRECT_RESP_32));
    assert_true(spmc_last(FFA_FID(DIRECT_REQ_32))->x[1] == 0x00028001);
    assert_true(spmc_last(FFA_FID(DIRECT_REQ_32))->x[2] == 0);
    assert_true(spmc_last(FFA_FID(DIRECT_REQ_32))->x[3] == 0xbbbbbbbb);
    /* MBZ registers are looked at after truncation, too. */
    vm_do(*state, FFA_FID(RX_RELEASE), 0xffffffff00000000ULL, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(*state, FFA_FID(RX_RELEASE), 1, 0, 0, 0, 0);
    assert_ffa_error(-2);
}

static void dispatch__results__w1_to_w7_written_x8_up_kept(void **state)
{
    unsigned int i;

    vm_version(*state, FFA_VERSION_1_2);
    vm_do(*state, FFA_FID(ID_GET), 0x11, 0x22, 0x33, 0x44, 0x55);
    for ( i = 1; i < 8; i++ )
        assert_int_equal(call_regs.x[i], i == 2 ? 2 : 0);
    for ( i = 8; i < 31; i++ )
        assert_int_equal(call_regs.x[i], 0xdead0000U + i);
    vm_do(*state, 0x84000097, 0x11, 0x22, 0x33, 0x44, 0x55);
    for ( i = 8; i < 31; i++ )
        assert_int_equal(call_regs.x[i], 0xdead0000U + i);
}

static void dispatch__aarch32__no_64_bit_ids(void **state)
{
    struct domain *d = *state;

    vm_version(d, FFA_VERSION_1_2);
    d->is_32bit = true;
    assert_false(offered(d, FFA_FID(RXTX_MAP_64)));
    assert_true(offered(d, FFA_FID(RXTX_MAP_32)));
    vm_do(d, FFA_FID(RXTX_MAP_64), 0, 0, 0, 0, 0);
    assert_ffa_error(-1);
}

/* A call of @n characters, @per of them in a register, all of them @c but those at @ends, which are line ends */
static void log_call(struct domain *d, uint32_t fid, unsigned int per, unsigned int n, char c, uint64_t ends)
{
    struct cpu_user_regs regs = { .x = { fid, n } };
    unsigned int i;

    for ( i = 0; i < n && 2 + i / per < FFA_NR_REGS; i++ )
        regs.x[2 + i / per] |= (uint64_t)(uint8_t)(i < 64 && ((ends >> i) & 1) ? '\n' : c) << (8 * (i % per));
    assert_true(vm_call(d, &regs));
    call_regs = regs;
}

static void console_log__lines_sizes_and_characters(void **state)
{
    vm_version(*state, FFA_VERSION_1_2);
    log_call(*state, 0x8400008a, 4, 24, 'a', 1U << 23);
    assert_ffa_ok();
    assert_non_null(strstr(shim_log, "d1 says: aaaaaaaaaaaaaaaaaaaaaaa\n"));
    log_call(*state, 0x8400008a, 4, 25, 'a', 0);
    assert_ffa_error(-2);
    log_call(*state, 0xc400008a, 8, 129, 'a', 0);
    assert_ffa_error(-2);
    log_call(*state, 0xc400008a, 8, 0, 'a', 0);
    assert_ffa_error(-2);

    /* The line is full, nothing is lost. */
    shim_log[0] = '\0';
    log_call(*state, 0xc400008a, 8, 128, 'b', 0);
    assert_string_equal(shim_log, "");
    log_call(*state, 0xc400008a, 8, 128, 'c', 0);
    assert_int_equal(strlen(shim_log), 9 + 128 + 1);
    assert_non_null(strstr(shim_log, "d1 says: bbb"));
    log_call(*state, 0xc400008a, 8, 1, '\n', 0);
    assert_int_equal(strlen(shim_log), 2 * (9 + 128 + 1));

    /* Not more lines than a few; what is no text is not passed on. */
    shim_log[0] = '\0';
    log_call(*state, 0xc400008a, 8, 64, '\033', 0xaaaaaaaaaaaaaaaaULL);
    assert_string_equal(shim_log, "d1 says: ?\nd1 says: ?\nd1 says: ?\nd1 says: ?\n");
    shim_log[0] = '\0';
    log_call(*state, 0xc400008a, 8, 1, '\x80', 0);
    vm_die(*state);
    assert_non_null(strstr(shim_log, "d1 says: ? ? ? "));
    assert_non_null(strstr(shim_log, " ?\n"));
    assert_true(vm_gone(*state, SECONDS(20)));
    vm_bury(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(probe__no_firmware__false_and_one_line, fresh),
        cmocka_unit_test_setup(probe__old_smccc__false_without_an_smc, fresh),
        cmocka_unit_test_setup(probe__no_partition_list__buffers_unmapped, fresh),
        cmocka_unit_test_setup(probe__partition_list_beyond_the_page__refused_and_released, fresh),
        cmocka_unit_test_setup(probe__sri_unusable__works_without_notifications, fresh),
        cmocka_unit_test_setup(probe__version_is_the_first_call, fresh),
        cmocka_unit_test_setup(probe__older_firmware__lower_versions_are_tried, fresh),
        cmocka_unit_test_setup_teardown(version__table_of_requests, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(version__before_it_nothing_else, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(version__after_another_call__only_the_same, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(features__by_version, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(features__values, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(features__firmware_lacks_it__denied, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(dispatch__every_number_both_widths__features_and_call_agree, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(dispatch__not_ffa__left_to_the_core, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(dispatch__no_context__left_to_the_core, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(dispatch__sve_hint_and_upper_halves__ignored, booted, one_vm_gone),
        cmocka_unit_test_setup_teardown(dispatch__results__w1_to_w7_written_x8_up_kept, booted, one_vm_gone),
        cmocka_unit_test_setup(probe__no_partitions__a_vm_sees_itself, fresh),
        cmocka_unit_test_setup(console_log__lines_sizes_and_characters, booted),
        cmocka_unit_test_setup_teardown(dispatch__aarch32__no_64_bit_ids, booted, one_vm_gone),
    };

    return cmocka_run_group_tests_name("setup and dispatch", tests, NULL, NULL);
}
