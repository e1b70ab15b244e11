/* SPDX-License-Identifier: BSD-2-Clause */
/* What an SPMC may answer to a request for an SP's memory: the good answer, and 200,000 spoiled ones (fixed seed). */
#include "world.h"

#define VM 2
#define SP SP_ECHO

static struct ffa_mem_wish wish;

static uint32_t response(uint8_t *buf, size_t room)
{
    struct ffa_mem_range range = { SHIM_OUTSIDE, 4 };
    struct ffa_mem_access access = { VM, FFA_MEM_RO | FFA_MEM_NX, 0, { 0, 0 } };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = SP, .attributes = FFA_MEM_NORMAL | FFA_MEM_NS,
        .flags = FFA_MEM_LEND << FFA_MEM_TYPE_SHIFT, .handle = 7, .access = &access, .nr_accesses = 1, .ranges = &range,
        .nr_ranges = 1, .nr_pages = 4,
    };

    wish = (struct ffa_mem_wish){ .desc = { .sender = SP, .handle = 7, .tag = 9, .nr_accesses = 1 },
                                  .access = { { .id = VM, .permissions = FFA_MEM_RO | FFA_MEM_NX } } };

    return ffa_mem_emit(buf, room, &m, 0);
}

static bool accepted(const uint8_t *buf, uint32_t bytes, struct ffa_mem_desc *desc, struct ffa_mem_access *granted)
{
    return ffa_mem_parse(buf, bytes, FFA_VERSION_1_2, desc) &&
           ffa_ok(ffa_mem_judge_response(&wish, FFA_MEM_LEND, FFA_VERSION_1_2, buf, desc, granted));
}

static void response__good__accepted(void **state)
{
    uint8_t buf[256];
    struct ffa_mem_desc desc;
    struct ffa_mem_access granted;
    uint32_t bytes = response(buf, sizeof(buf));

    assert_true(accepted(buf, bytes, &desc, &granted));
    assert_int_equal(granted.permissions, FFA_MEM_RO | FFA_MEM_NX);
}

static void response__spoiled__never_more_than_was_asked_for(void **state)
{
    uint32_t seed = 4711, i, n, bytes;
    unsigned int good = 0;

    for ( i = 0; i < 200000; i++ )
    {
        uint8_t *buf = malloc(96);      /* exactly as long: the sanitizer sees each byte read behind it */
        struct ffa_mem_desc desc;
        struct ffa_mem_access granted;

        bytes = response(buf, 96);
        for ( n = 0; n <= i % 3; n++ )
        {
            seed = seed * 1664525 + 1013904223;
            buf[(seed >> 8) % bytes] = seed >> 24;
        }
        if ( accepted(buf, bytes, &desc, &granted) )
        {
            good++;
            assert_int_equal(desc.sender, SP);
            assert_int_equal(desc.handle, 7);
            assert_int_equal(desc.attributes, FFA_MEM_NORMAL | FFA_MEM_NS);
            assert_int_equal(granted.id, VM);
            assert_int_equal(granted.permissions, FFA_MEM_RO | FFA_MEM_NX);
            assert_int_equal(desc.nr_pages, buf[desc.composite + 24] | buf[desc.composite + 25] << 8);
        }
        free(buf);
    }
    assert_in_range(good, 100, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response__good__accepted),
        cmocka_unit_test(response__spoiled__never_more_than_was_asked_for),
    };

    return cmocka_run_group_tests_name("loans", tests, NULL, NULL);
}
