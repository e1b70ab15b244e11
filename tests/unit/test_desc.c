/* SPDX-License-Identifier: BSD-2-Clause */
/* ffa_desc.c: partition descriptors of all versions. */
#include "world.h"

static const uint8_t wire[48] = {
    0x01, 0x80, 0x04, 0x00, 0x0b, 0x07, 0x00, 0x00,
    0x48, 0x61, 0x78, 0xe0, 0xe7, 0xf8, 0x11, 0xe3, 0xbc, 0x5e, 0x00, 0x02, 0xa5, 0xd5, 0xc5, 0x1b,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static void parse__each_stride__same_fields(void **state)
{
    static const size_t strides[] = { 8, 24, 48 };
    struct ffa_part_info info;
    unsigned int i;

    for ( i = 0; i < 3; i++ )
    {
        assert_true(ffa_desc_parse(wire, sizeof(wire), strides[i], 0, &info));
        assert_int_equal(info.id, 0x8001);
        assert_int_equal(info.contexts, 4);
        assert_int_equal(info.properties, 0x70b);
        assert_true(info.uuid.lo == (i ? 0xe311f8e7e0786148ULL : 0));
        assert_true(info.uuid.hi == (i ? 0x1bc5d5a502005ebcULL : 0));
    }
}

static void parse__second_of_two__at_the_stride(void **state)
{
    uint8_t two[96];
    struct ffa_part_info info;

    memcpy(two, wire, 48);
    memcpy(two + 48, wire, 48);
    two[48] = 2;
    assert_true(ffa_desc_parse(two, sizeof(two), 48, 1, &info));
    assert_int_equal(info.id, 0x8002);
}

static void parse__beyond_the_buffer__refused(void **state)
{
    uint8_t *exact = malloc(24);
    struct ffa_part_info info;

    memcpy(exact, wire, 24);
    assert_true(ffa_desc_parse(exact, 24, 24, 0, &info));
    assert_false(ffa_desc_parse(exact, 24, 24, 1, &info));
    assert_false(ffa_desc_parse(exact, 23, 24, 0, &info));
    assert_false(ffa_desc_parse(exact, 24, 48, 0, &info));
    assert_false(ffa_desc_parse(exact, 24, 24, UINT32_MAX, &info));
    assert_false(ffa_desc_parse(exact, 24, UINT32_MAX, 1, &info));
    free(exact);
}

static void parse__impossible_stride__refused(void **state)
{
    struct ffa_part_info info;
    size_t stride;

    for ( stride = 0; stride < 24; stride++ )
        if ( stride != 8 )
            assert_false(ffa_desc_parse(wire, sizeof(wire), stride, 0, &info));
}

static void emit__parsed_again__unchanged(void **state)
{
    struct ffa_part_info info;
    uint8_t out[24];

    assert_true(ffa_desc_parse(wire, sizeof(wire), 48, 0, &info));
    memset(out, 0xaa, sizeof(out));
    ffa_desc_emit(out, 24, &info, true);
    assert_memory_equal(out, wire, 24);
    memset(out, 0xaa, sizeof(out));
    ffa_desc_emit(out, 8, &info, true);
    assert_memory_equal(out, wire, 8);
    assert_int_equal(out[8], 0xaa);
}

static void emit__one_uuid_asked_for__field_zero(void **state)
{
    static const uint8_t zero[16];
    struct ffa_part_info info;
    uint64_t x[3];
    uint8_t out[24];

    assert_true(ffa_desc_parse(wire, sizeof(wire), 24, 0, &info));
    ffa_desc_emit(out, 24, &info, false);
    assert_memory_equal(out + 8, zero, 16);
    ffa_desc_emit_regs(x, &info, false);
    assert_true(x[0] == 0x0000070b00048001ULL && !x[1] && !x[2]);
    ffa_desc_emit_regs(x, &info, true);
    assert_true(x[1] == 0xe311f8e7e0786148ULL && x[2] == 0x1bc5d5a502005ebcULL);
}

static void properties__cut_to_the_version(void **state)
{
    assert_int_equal(ffa_desc_properties(UINT32_MAX, FFA_VERSION_1_0), 0x7);
    assert_int_equal(ffa_desc_properties(UINT32_MAX, FFA_VERSION_1_1), 0x13f);
    assert_int_equal(ffa_desc_properties(UINT32_MAX, FFA_VERSION_1_2), 0x73f);
}

static void uuid__packed_as_in_the_example(void **state)
{
    struct ffa_uuid u = ffa_uuid_from_words(0xe0786148, 0xe311f8e7, 0x02005ebc, 0x1bc5d5a5);

    assert_true(u.lo == 0xe311f8e7e0786148ULL && u.hi == 0x1bc5d5a502005ebcULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__each_stride__same_fields),
        cmocka_unit_test(parse__second_of_two__at_the_stride),
        cmocka_unit_test(parse__beyond_the_buffer__refused),
        cmocka_unit_test(parse__impossible_stride__refused),
        cmocka_unit_test(emit__parsed_again__unchanged),
        cmocka_unit_test(emit__one_uuid_asked_for__field_zero),
        cmocka_unit_test(properties__cut_to_the_version),
        cmocka_unit_test(uuid__packed_as_in_the_example),
    };

    return cmocka_run_group_tests_name("partition descriptors", tests, NULL, NULL);
}
