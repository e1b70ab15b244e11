/* SPDX-License-Identifier: BSD-2-Clause */
/* ffa_mem_desc.c: memory transaction descriptors of all versions, and everything that is wrong with them. */
#include "world.h"

/* The worked example of the 1.1 form: VM 1 shares two pages at 0x41000000 with SP 0x8001. */
static const uint8_t wire_1_1[0x60] = {
    0x01, 0x00, 0x2f, 0x00, 0, 0, 0, 0,
    [0x10] = 0xef, 0xbe, 0xad, 0xde, 0, 0, 0, 0x7a,
    [0x18] = 0x10, 0, 0, 0, 0x01, 0, 0, 0, 0x30, 0, 0, 0,
    [0x30] = 0x01, 0x80, 0x02, 0, 0x40, 0, 0, 0,
    [0x40] = 0x02, 0, 0, 0, 0x01, 0, 0, 0,
    [0x50] = 0, 0, 0, 0x41, 0, 0, 0, 0, 0x02, 0, 0, 0,
};

static const struct { uint32_t version, access_size, header; } forms[] = {
    { FFA_VERSION_1_0, 16, 32 }, { FFA_VERSION_1_1, 16, 48 }, { FFA_VERSION_1_2, 16, 48 }, { FFA_VERSION_1_2, 32, 48 },
};

static struct ffa_mem_desc desc;

static void no_breath(void) { }

static bool parse(const void *buf, uint32_t bytes, uint32_t version)
{
    /* On the heap, exactly: the sanitizer sees each byte too far. */
    void *exact = malloc(bytes ? bytes : 1);
    bool fine;

    memcpy(exact, buf, bytes);
    fine = ffa_mem_parse(exact, bytes, version, &desc);
    free(exact);

    return fine;
}

static void parse__worked_example__every_field(void **state)
{
    struct ffa_mem_access access;
    struct ffa_mem_range range;

    assert_true(parse(wire_1_1, sizeof(wire_1_1), FFA_VERSION_1_1));
    assert_int_equal(desc.sender, 1);
    assert_int_equal(desc.attributes, 0x2f);
    assert_int_equal(desc.flags, 0);
    assert_true(desc.handle == 0 && desc.tag == 0x7a000000deadbeefULL);
    assert_int_equal(desc.nr_accesses, 1);
    assert_int_equal(desc.nr_pages, 2);
    assert_int_equal(desc.nr_ranges, 1);
    ffa_mem_access(wire_1_1, &desc, 0, &access);
    assert_int_equal(access.id, 0x8001);
    assert_int_equal(access.permissions, 2);
    assert_int_equal(access.flags, 0);
    ffa_mem_range(wire_1_1, &desc, 0, &range);
    assert_true(range.base == 0x41000000 && range.pages == 2);
}

#define MAX_OUT 8192
static struct ffa_mem_range ranges[600];
static struct ffa_mem_access accesses[9];

static struct ffa_mem_out sample(unsigned int form, uint32_t nr_accesses, uint32_t nr_ranges)
{
    uint32_t i, pages = 0;

    for ( i = 0; i < nr_ranges; i++ )
    {
        ranges[i] = (struct ffa_mem_range){ 0x8040001000ULL + i * 0x100000ULL, 1 + i % 3 };
        pages += ranges[i].pages;
    }
    for ( i = 0; i < nr_accesses; i++ )
        accesses[i] = (struct ffa_mem_access){ 0x8001 + i, 2, 0, { 0, 0 } };
    if ( forms[form].access_size == 32 )
        accesses[0].impdef[0] = 0x1122334455667788ULL, accesses[0].impdef[1] = 0x99aabbccddeeff00ULL;

    return (struct ffa_mem_out){
        .version = forms[form].version, .access_size = forms[form].access_size, .sender = 7, .attributes = 0x2f,
        .tag = 0x0123456789abcdefULL, .access = accesses, .ranges = ranges, .nr_accesses = nr_accesses,
        .nr_pages = pages, .nr_ranges = nr_ranges,
    };
}

static void emit_and_parse__each_form__same_fields(void **state)
{
    static uint8_t out[MAX_OUT];
    struct ffa_mem_access access;
    struct ffa_mem_range range;
    unsigned int form, i;

    for ( form = 0; form < ARRAY_SIZE(forms); form++ )
    {
        struct ffa_mem_out m = sample(form, 1 + form % 3, 20);
        uint32_t size = ffa_mem_emit_size(&m);

        memset(out, 0xa5, sizeof(out));
        assert_int_equal(size, forms[form].header + m.nr_accesses * m.access_size + 16 + 20 * 16);
        assert_int_equal(ffa_mem_emit(out, sizeof(out), &m, 0), size);
        assert_int_equal(out[size], 0xa5);
        assert_true(parse(out, size, m.version));
        assert_true(desc.sender == 7 && desc.attributes == 0x2f && desc.tag == m.tag && !desc.handle && !desc.flags);
        assert_true(desc.access_size == m.access_size && desc.nr_accesses == m.nr_accesses);
        assert_true(desc.nr_pages == m.nr_pages && desc.nr_ranges == 20);
        for ( i = 0; i < m.nr_accesses; i++ )
        {
            ffa_mem_access(out, &desc, i, &access);
            assert_true(access.id == accesses[i].id && access.permissions == 2 && !access.flags &&
                        access.impdef[0] == accesses[i].impdef[0] && access.impdef[1] == accesses[i].impdef[1]);
        }
        for ( i = 0; i < 20; i++ )
        {
            ffa_mem_range(out, &desc, i, &range);
            assert_true(range.base == ranges[i].base && range.pages == ranges[i].pages);
        }
    }
}

static void emit__fragments_of_any_size__the_same_bytes(void **state)
{
    static uint8_t whole[MAX_OUT * 2], out[MAX_OUT * 2], piece[4096];
    unsigned int form;
    uint32_t room;

    for ( form = 0; form < ARRAY_SIZE(forms); form++ )
        for ( room = 112; room <= 4096; room += room < 200 ? 1 : 97 )
        {
            struct ffa_mem_out m = sample(form, 1, 600);
            uint32_t size = ffa_mem_emit_size(&m), offset = 0;

            assert_int_equal(ffa_mem_emit(whole, sizeof(whole), &m, 0), size);
            while ( offset < size )
            {
                uint32_t n = ffa_mem_emit(piece, room, &m, offset);

                assert_true(n && n <= room && offset + n <= size);
                memcpy(out + offset, piece, n);
                offset += n;
            }
            assert_memory_equal(out, whole, size);
        }
}

static void parse__wrong_length__refused(void **state)
{
    uint8_t longer[0x80] = { 0 };
    uint32_t bytes;

    memcpy(longer, wire_1_1, sizeof(wire_1_1));
    for ( bytes = 0; bytes <= sizeof(longer); bytes++ )
        assert_int_equal(parse(longer, bytes, FFA_VERSION_1_1), bytes == sizeof(wire_1_1));
}

static void parse__each_wrong_field__refused(void **state)
{
    /* offset, size, value in the worked example */
    static const struct { uint32_t at, size; uint64_t value; } row[] = {
        { 24, 4, 0 }, { 24, 4, 15 }, { 24, 4, 32 }, { 24, 4, 0xfffffff0 }, { 24, 4, 1 << 28 },  /* size of an access */
        { 28, 4, 0 }, { 28, 4, 2 }, { 28, 4, 0x10000000 }, { 28, 4, 0xffffffff },               /* number            */
        { 32, 4, 0 }, { 32, 4, 32 }, { 32, 4, 40 }, { 32, 4, 0x38 }, { 32, 4, 0x60 }, { 32, 4, 0xfffffff0 },
        { 36, 4, 1 }, { 40, 4, 1 }, { 44, 4, 1 << 31 },                                         /* reserved          */
        { 0x34, 4, 0 }, { 0x34, 4, 0x30 }, { 0x34, 4, 0x44 }, { 0x34, 4, 0x50 }, { 0x34, 4, 0x60 },
        { 0x34, 4, 0xfffffff0 }, { 0x38, 8, 1 }, { 0x38, 8, 1ULL << 63 },
        { 0x40, 4, 0 }, { 0x40, 4, 1 }, { 0x40, 4, 3 },                                         /* pages in all      */
        { 0x44, 4, 0 }, { 0x44, 4, 2 }, { 0x44, 4, 0x10000001 }, { 0x44, 4, 0xffffffff },       /* ranges            */
        { 0x48, 8, 1 }, { 0x48, 8, 1ULL << 63 },
        { 0x50, 8, 0x41000001 }, { 0x50, 8, 0x41000800 }, { 0x50, 8, ~0xfffULL },               /* base: 2 pages wrap */
        { 0x58, 4, 0 }, { 0x58, 4, 1 }, { 0x58, 4, 3 }, { 0x58, 4, 0xffffffff }, { 0x5c, 4, 1 },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        uint8_t buf[0x60];

        memcpy(buf, wire_1_1, sizeof(buf));
        ffa_put_le(buf + row[i].at, row[i].value, row[i].size);
        if ( parse(buf, sizeof(buf), FFA_VERSION_1_1) )
            fail_msg("row %u is taken", i);
    }
}

static void parse__last_page_of_the_address_space__taken(void **state)
{
    uint8_t buf[0x60];

    memcpy(buf, wire_1_1, sizeof(buf));
    ffa_put_le(buf + 0x50, ~0x1fffULL, 8);
    assert_true(parse(buf, sizeof(buf), FFA_VERSION_1_1));
}

static void parse__1_0__reserved_fields_are_its_own(void **state)
{
    static uint8_t buf[MAX_OUT];
    struct ffa_mem_out m = sample(0, 1, 1);
    uint32_t size = ffa_mem_emit(buf, sizeof(buf), &m, 0);

    assert_int_equal(size, 0x50);
    assert_true(parse(buf, size, FFA_VERSION_1_0));
    buf[3] = 1;
    assert_false(parse(buf, size, FFA_VERSION_1_0));
    buf[3] = 0;
    buf[24] = 1;
    assert_false(parse(buf, size, FFA_VERSION_1_0));
    buf[24] = 0;
    assert_false(parse(buf, size, FFA_VERSION_1_1));
}

static void parse__long_access_before_1_2__refused(void **state)
{
    static uint8_t buf[MAX_OUT];
    struct ffa_mem_out m = sample(3, 1, 1);
    uint32_t size = ffa_mem_emit(buf, sizeof(buf), &m, 0);

    assert_int_equal(size, 0x70);
    assert_true(parse(buf, size, FFA_VERSION_1_2));
    assert_false(parse(buf, size, FFA_VERSION_1_1));
    buf[48 + 24] = 1;
    assert_false(parse(buf, size, FFA_VERSION_1_2));
}

static void parse__several_borrowers__agree_and_differ(void **state)
{
    static uint8_t buf[MAX_OUT];
    struct ffa_mem_out m = sample(2, 3, 1);
    uint32_t size = ffa_mem_emit(buf, sizeof(buf), &m, 0);

    assert_true(parse(buf, size, FFA_VERSION_1_2));
    buf[48 + 32] = 1;               /* the third is the first again */
    assert_false(parse(buf, size, FFA_VERSION_1_2));
    buf[48 + 32] = 3;
    buf[48 + 16 + 4] += 16;         /* another composite */
    assert_false(parse(buf, size, FFA_VERSION_1_2));

    m = sample(2, FFA_MAX_BORROWERS, 1);
    assert_true(parse(buf, ffa_mem_emit(buf, sizeof(buf), &m, 0), FFA_VERSION_1_2));
    m = sample(2, FFA_MAX_BORROWERS + 1, 1);
    assert_false(parse(buf, ffa_mem_emit(buf, sizeof(buf), &m, 0), FFA_VERSION_1_2));
}

/* Every byte of every form replaced by values that are likely to hurt: no verdict, only no byte out of bounds. */
static void parse__any_byte_changed__stays_within(void **state)
{
    static const uint8_t values[] = { 0, 1, 0x0f, 0x10, 0x7f, 0x80, 0xf0, 0xff };
    static uint8_t buf[MAX_OUT];
    unsigned int form, at, i, taken = 0;
    struct ffa_mem_access access;
    struct ffa_mem_range range;

    for ( form = 0; form < ARRAY_SIZE(forms); form++ )
    {
        struct ffa_mem_out m = sample(form, 1, 3);
        uint32_t size = ffa_mem_emit(buf, sizeof(buf), &m, 0), j;

        for ( at = 0; at < size; at++ )
            for ( i = 0; i < ARRAY_SIZE(values); i++ )
            {
                uint8_t *exact = malloc(size);

                memcpy(exact, buf, size);
                exact[at] = values[i];
                if ( ffa_mem_parse(exact, size, m.version, &desc) )
                {
                    taken++;
                    for ( j = 0; j < desc.nr_accesses; j++ )
                        ffa_mem_access(exact, &desc, j, &access);
                    for ( j = 0; j < desc.nr_ranges; j++ )
                        ffa_mem_range(exact, &desc, j, &range);
                }
                free(exact);
            }
    }
    assert_true(taken);
}

static void overlap__found_wherever_it_is(void **state)
{
    struct ffa_mem_range r[100];
    unsigned int i, j, k;

    for ( i = 0; i < 100; i++ )
        for ( j = 0; j < 100; j += 7 )
        {
            /* A shuffled row of neighbours that touch, which is no overlap */
            for ( k = 0; k < 100; k++ )
                r[(k * 37) % 100] = (struct ffa_mem_range){ 0x40000000 + k * 0x3000ULL, 3 };
            assert_false(ffa_mem_overlap(r, 100, no_breath));
            for ( k = 0; k < 100; k++ )
                r[(k * 37) % 100] = (struct ffa_mem_range){ 0x40000000 + k * 0x3000ULL, 3 };
            if ( i != j )
            {
                r[i] = (struct ffa_mem_range){ r[j].base + 0x2000, 1 };
                assert_true(ffa_mem_overlap(r, 100, no_breath));
            }
        }
    assert_false(ffa_mem_overlap(r, 0, no_breath));
    assert_false(ffa_mem_overlap(r, 1, no_breath));
    r[0] = (struct ffa_mem_range){ 0, UINT32_MAX };
    r[1] = (struct ffa_mem_range){ 0x1000, 1 };
    assert_true(ffa_mem_overlap(r, 2, no_breath));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__worked_example__every_field),
        cmocka_unit_test(emit_and_parse__each_form__same_fields),
        cmocka_unit_test(emit__fragments_of_any_size__the_same_bytes),
        cmocka_unit_test(parse__wrong_length__refused),
        cmocka_unit_test(parse__each_wrong_field__refused),
        cmocka_unit_test(parse__last_page_of_the_address_space__taken),
        cmocka_unit_test(parse__1_0__reserved_fields_are_its_own),
        cmocka_unit_test(parse__long_access_before_1_2__refused),
        cmocka_unit_test(parse__several_borrowers__agree_and_differ),
        cmocka_unit_test(parse__any_byte_changed__stays_within),
        cmocka_unit_test(overlap__found_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
