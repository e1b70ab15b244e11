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

/* ---- what may be lent at all ---- */

static uint8_t tree[2048];

static void reserved(const char *name, uint64_t base, uint64_t bytes, const char *status, bool no_map)
{
    fdt64_t reg[2] = { cpu_to_fdt64(base), cpu_to_fdt64(bytes) };

    fdt_begin_node(tree, name);
    fdt_property(tree, "reg", reg, sizeof(reg));
    if ( no_map )
        fdt_property(tree, "no-map", NULL, 0);
    if ( status )
        fdt_property_string(tree, "status", status);
    fdt_end_node(tree);
}

static void begin_tree(int ranges)
{
    static const uint8_t moved[24];

    world_reset();
    assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
    fdt_finish_reservemap(tree);
    fdt_begin_node(tree, "");
    fdt_begin_node(tree, "chosen");
    fdt_property_string(tree, "xen,ffa-peers", "sp:* all");
    fdt_end_node(tree);
    fdt_begin_node(tree, "reserved-memory");
    fdt_property_u32(tree, "#address-cells", 2);
    fdt_property_u32(tree, "#size-cells", 2);
    if ( ranges >= 0 )
        fdt_property(tree, "ranges", moved, ranges);
}

/* The log of a boot with that tree */
static const char *boot_tree(void)
{
    const void *before = device_tree_flattened;

    fdt_end_node(tree);
    fdt_end_node(tree);
    assert_int_equal(fdt_finish(tree), 0);
    device_tree_flattened = tree;
    world_boot();
    device_tree_flattened = before;
    return shim_log;
}

/* ... with this /reserved-memory; @ranges: bytes of that property, -1 for none */
static const char *boot_with(int ranges)
{
    begin_tree(ranges);
    reserved("a", 0x10000000, 0x10000, NULL, true);
    reserved("b", 0x20000000, 0x10000, "okay", true);
    reserved("c", 0x30000000, 0x10000, "ok", true);
    reserved("d", 0x40000000, 0x10000, "disabled", true);
    reserved("e", 0x50000000, 0x10000, "okay-ish", true);
    reserved("f", 0x60000000, 0x10000, NULL, false);
    return boot_tree();
}

static void regions__as_boot_reserves_them__no_others(void **state)
{
    const char *log = boot_with(0);

    assert_non_null(strstr(log, "may lend 0x10000000-0x10010000"));
    assert_non_null(strstr(log, "may lend 0x20000000-0x20010000"));
    assert_non_null(strstr(log, "may lend 0x30000000-0x30010000"));
    assert_null(strstr(log, "lend 0x40000000"));
    assert_null(strstr(log, "lend 0x50000000"));
    assert_null(strstr(log, "lend 0x60000000"));
}

/* Addresses of some bus that is not there, or is elsewhere: boot does not know them either. */
static void regions__addresses_not_the_machines__none(void **state)
{
    assert_null(strstr(boot_with(-1), "may lend"));
    assert_null(strstr(boot_with(24), "may lend"));
}

static uint32_t lent_first, lent_pages;         /* what the SPMC says that the SP lends: pages from SHIM_OUTSIDE on */

static void answer_retrieve(const struct ffa_regs *call)
{
    struct ffa_mem_range range = { SHIM_OUTSIDE + lent_first * 4096, lent_pages };
    struct ffa_mem_access access = { VM, FFA_MEM_RO | FFA_MEM_NX, 0, { 0, 0 } };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = SP, .attributes = FFA_MEM_NORMAL | FFA_MEM_NS,
        .flags = FFA_MEM_LEND << FFA_MEM_TYPE_SHIFT, .handle = 7, .access = &access, .nr_accesses = 1, .ranges = &range,
        .nr_ranges = 1, .nr_pages = lent_pages,
    };

    if ( call->x[0] == FFA_FID(MEM_RETRIEVE_REQ_64) )
        ffa_mem_emit((void *)ffa_spmc_rx(), 4096, &m, 0);
}

/* Eight pages may be lent, and behind and before them is memory just like them. */
static void take__at_the_edges_of_what_may_be_lent__no_page_more(void **state)
{
    static const struct { uint32_t first, pages; int64_t rc; } row[] = {
        { 4, 8, 0 }, { 4, 1, 0 }, { 11, 1, 0 }, { 3, 1, -6 }, { 3, 2, -6 }, { 3, 9, -6 }, { 11, 2, -6 }, { 12, 1, -6 }, { 4, 9, -6 },
        { 0, 16, -6 }, { 4, 8, 0 },
    };
    struct ffa_mem_access access = { VM, FFA_MEM_RO | FFA_MEM_NX, 0, { 0, 0 } };
    struct ffa_mem_range ipa = { 0x100000000, 0 };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = SP, .flags = FFA_MEM_LEND << FFA_MEM_TYPE_SHIFT, .handle = 7,
        .access = &access, .nr_accesses = 1, .ranges = &ipa, .nr_ranges = 1,
    };
    struct domain *d;
    uint8_t *tx = shim_page[2].bytes;
    unsigned int i;
    uint32_t bytes;

    begin_tree(0);
    reserved("lendable", SHIM_OUTSIDE + 4 * 4096, 8 * 4096, NULL, true);
    assert_non_null(strstr(boot_tree(), "may lend"));
    d = vm_create(1, 1);
    vm_version(d, FFA_VERSION_1_2);
    vm_do(d, FFA_FID(RXTX_MAP_64), 2 << 12, 3 << 12, 1, 0, 0);
    assert_ffa_ok();
    spmc.during = answer_retrieve;
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        lent_first = row[i].first;
        lent_pages = m.nr_pages = ipa.pages = row[i].pages;
        spmc_answer(FFA_FID(MEM_RETRIEVE_REQ_64), &(struct ffa_regs){ .x = { FFA_FID(MEM_RETRIEVE_RESP), 96, 96 } });
        bytes = ffa_mem_emit(tx, 4096, &m, 0);
        vm_do(d, FFA_FID(MEM_RETRIEVE_REQ_64), bytes, bytes, 0, 0, 0);
        if ( row[i].rc )
        {
            assert_ffa_error(row[i].rc);
            continue;
        }
        assert_int_equal(call_regs.x[0], FFA_FID(MEM_RETRIEVE_RESP));
        vm_do(d, FFA_FID(RX_RELEASE), 0, 0, 0, 0, 0);
        memset(tx, 0, 18);
        tx[0] = 7;
        tx[12] = 1;
        tx[16] = VM;
        vm_do(d, FFA_FID(MEM_RELINQUISH), 0, 0, 0, 0, 0);
        assert_ffa_ok();
    }
    spmc.during = NULL;
    vm_destroy(d);
}

/* Nothing of the hypervisor's, or of the allocator's, goes into a VM, even if the tree says that it may be lent. */
static void map__a_page_in_use_without_an_owner__denied(void **state)
{
    struct ffa_mem_range range = { page_to_maddr(&shim_page[40]), 1 }, ipa = { 0x100000, 1 };
    const struct ffa_mem_pages pages = { .ranges = &range, .nr_ranges = 1, .nr_pages = 1 };
    const struct ffa_mem_ipas ipas = { .ranges = &ipa, .nr_ranges = 1, .nr_pages = 1 };
    const struct ffa_mem_mapping how = { .outside = true, .writable = true };
    static struct domain d;
    struct ffa_mem_walk walk = { .done = 0 };

    world_reset();
    shim_page[ipa.base >> 12].type = p2m_invalid;
    shim_looker = NULL;
    assert_true(ffa_is(ffa_pages_map(&d, &pages, &ipas, &walk, &how), FFA_DENIED));
    shim_page[40].count_info = 0;               /* as one that boot has reserved */
    assert_true(ffa_ok(ffa_pages_map(&d, &pages, &ipas, &walk, &how)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response__good__accepted),
        cmocka_unit_test(response__spoiled__never_more_than_was_asked_for),
        cmocka_unit_test(regions__as_boot_reserves_them__no_others),
        cmocka_unit_test(regions__addresses_not_the_machines__none),
        cmocka_unit_test(take__at_the_edges_of_what_may_be_lent__no_page_more),
        cmocka_unit_test(map__a_page_in_use_without_an_owner__denied),
    };

    return cmocka_run_group_tests_name("loans", tests, NULL, NULL);
}
