/* SPDX-License-Identifier: BSD-2-Clause */
/* ffa_notif_walk.c: the ID lists of INFO_GET, well-formed and not. */
#include "world.h"

static char seen[512];

static void note(void *arg, uint16_t vm, const uint16_t *vcpus, unsigned int nr)
{
    size_t used = strlen(seen);
    unsigned int i;

    assert_ptr_equal(arg, seen);
    used += snprintf(seen + used, sizeof(seen) - used, "[%u", vm);
    for ( i = 0; i < nr; i++ )
        used += snprintf(seen + used, sizeof(seen) - used, ",%u", vcpus[i]);
    snprintf(seen + used, sizeof(seen) - used, "]");
}

static struct ffa_walk_result walk(bool wide, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,
                                   uint64_t x7)
{
    struct ffa_regs res = {
        .x = { wide ? FFA_FID(SUCCESS_64) : FFA_FID(SUCCESS_32), 0, x2, x3, x4, x5, x6, x7 },
    };

    seen[0] = '\0';
    return ffa_notif_walk(&res, note, seen);
}

static void worked_example__64_bit__four_lists(void **state)
{
    struct ffa_walk_result r = walk(true, 0x78200, 0x0003000000020001, 0x0002000100000003, 0x0000000000050003, 0, 0);

    assert_string_equal(seen, "[1][2,0,3][3,0,1,2][3,5]");
    assert_int_equal(r.lists, 4);
    assert_false(r.more);
    assert_false(r.malformed);
}

static void worked_example__32_bit__four_lists(void **state)
{
    struct ffa_walk_result r = walk(false, 0x78200, 0x00020001, 0x00030000, 0x00000003, 0x00020001, 0x00050003);

    assert_string_equal(seen, "[1][2,0,3][3,0,1,2][3,5]");
    assert_int_equal(r.lists, 4);
    assert_false(r.malformed);
}

static void more_flag__set__reported(void **state)
{
    assert_true(walk(true, 1 | 1 << 7, 5, 0, 0, 0, 0).more);
    assert_string_equal(seen, "[5]");
}

static void no_lists__success__nothing_handed_out(void **state)
{
    struct ffa_walk_result r = walk(true, 0, 1, 2, 3, 4, 5);

    assert_string_equal(seen, "");
    assert_int_equal(r.lists, 0);
    assert_false(r.malformed);
}

static void twenty_lists__64_bit__all_handed_out(void **state)
{
    struct ffa_walk_result r = walk(true, 20 << 7, 0x0004000300020001, 0x0008000700060005, 0x000c000b000a0009,
                                    0x0010000f000e000d, 0x0014001300120011);

    assert_int_equal(r.lists, 20);
    assert_false(r.malformed);
    assert_string_equal(seen, "[1][2][3][4][5][6][7][8][9][10][11][12][13][14][15][16][17][18][19][20]");
}

static void ten_lists__32_bit__all_handed_out(void **state)
{
    struct ffa_walk_result r = walk(false, 10 << 7, 0x00020001, 0x00040003, 0x00060005, 0x00080007, 0x000a0009);

    assert_int_equal(r.lists, 10);
    assert_false(r.malformed);
}

static void count_beyond_registers__64_bit__stops_at_twenty(void **state)
{
    unsigned int count;

    for ( count = 21; count < 32; count++ )
    {
        struct ffa_walk_result r = walk(true, count << 7, 0, 0, 0, 0, 0);

        assert_int_equal(r.lists, 20);
        assert_true(r.malformed);
    }
}

static void count_beyond_registers__32_bit__stops_at_ten(void **state)
{
    unsigned int count;

    for ( count = 11; count < 32; count++ )
    {
        struct ffa_walk_result r = walk(false, count << 7, 0, 0, 0, 0, 0);

        assert_int_equal(r.lists, 10);
        assert_true(r.malformed);
    }
}

static void sizes_beyond_registers__every_combination__never_past_the_end(void **state)
{
    uint64_t sizes;

    /* All sizes 3: five lists of four ids fit into 20, two into 10. */
    for ( sizes = 0; sizes < 4; sizes++ )
    {
        uint64_t pattern = sizes * 0x5555555555ULL;
        struct ffa_walk_result r = walk(true, (20 << 7) | (pattern << 12), 0, 0, 0, 0, 0);

        assert_int_equal(r.lists, 20 / (sizes + 1));
        assert_int_equal(r.malformed, sizes != 0);
        r = walk(false, (uint32_t)((10 << 7) | (pattern << 12)), 0, 0, 0, 0, 0);
        assert_int_equal(r.lists, 10 / (sizes + 1));
        assert_int_equal(r.malformed, sizes != 0);
    }
}

static void last_list_one_id_too_long__not_handed_out(void **state)
{
    /* Four lists of four, one of three and one of two ids: 21 in all */
    uint64_t sizes = 0x3ff & (3 | 3 << 2 | 3 << 4 | 3 << 6 | 2 << 8);
    struct ffa_walk_result r = walk(true, (6 << 7) | ((sizes | 1 << 10) << 12), 0, 0, 0, 0, 0);

    assert_int_equal(r.lists, 5);
    assert_true(r.malformed);

    /* ... and with one id less it fits. */
    r = walk(true, (6 << 7) | (sizes << 12), 0, 0, 0, 0, 0);
    assert_int_equal(r.lists, 6);
    assert_false(r.malformed);
}

static void zero_ids__handed_out_as_they_are(void **state)
{
    walk(true, (2 << 7) | (2 << 14), 0, 0, 0, 0, 0);
    assert_string_equal(seen, "[0][0,0,0]");
}

static void reserved_bits__set__ignored(void **state)
{
    struct ffa_walk_result r = walk(true, 0xfff000000000007e | 1 << 7, 9, 0, 0, 0, 0);

    assert_string_equal(seen, "[9]");
    assert_false(r.more);
    assert_false(r.malformed);
}

static void all_ones__bounded(void **state)
{
    struct ffa_walk_result r = walk(true, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL);

    assert_int_equal(r.lists, 5);
    assert_true(r.malformed && r.more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example__64_bit__four_lists),
        cmocka_unit_test(worked_example__32_bit__four_lists),
        cmocka_unit_test(more_flag__set__reported),
        cmocka_unit_test(no_lists__success__nothing_handed_out),
        cmocka_unit_test(twenty_lists__64_bit__all_handed_out),
        cmocka_unit_test(ten_lists__32_bit__all_handed_out),
        cmocka_unit_test(count_beyond_registers__64_bit__stops_at_twenty),
        cmocka_unit_test(count_beyond_registers__32_bit__stops_at_ten),
        cmocka_unit_test(sizes_beyond_registers__every_combination__never_past_the_end),
        cmocka_unit_test(last_list_one_id_too_long__not_handed_out),
        cmocka_unit_test(zero_ids__handed_out_as_they_are),
        cmocka_unit_test(reserved_bits__set__ignored),
        cmocka_unit_test(all_ones__bounded),
    };

    return cmocka_run_group_tests_name("ID-list walk", tests, NULL, NULL);
}
