/* SPDX-License-Identifier: BSD-2-Clause */
/* ffa_shm.c: MEM_SHARE, MEM_RECLAIM, limits, a VM's death; and what the SPMC gets to see. */
#include "world.h"

#define MAP 0xc4000066U
#define SHARE 0xc4000073U
#define SHARE_32 0x84000073U
#define RECLAIM 0x84000077U
#define TX 1                            /* pages of the pair */
#define RX 2
#define IPA(page) ((uint64_t)(page) << 12)

extern unsigned int *shim_param_opt_max_pages, *shim_param_opt_max_count;

/* What the guest writes; sample() makes a good one, tests spoil it. */
static struct {
    uint32_t version, access_size;
    struct ffa_mem_range range[255];
    uint32_t nr_ranges;
    struct ffa_mem_access access;
    uint16_t sender, attributes;
    uint32_t flags;
    uint64_t handle;
} g;

static unsigned int refs(void) { return shim_refs(0, SHIM_PAGES); }

static int booted_with(void **state, uint32_t spmc_version)
{
    world_reset();
    spmc.version = spmc_version;
    world_boot();
    *state = vm_boot(1, 3, FFA_VERSION_1_2);
    vm_do(*state, MAP, IPA(TX), IPA(RX), 1, 0, 0);
    assert_ffa_ok();
    g = (__typeof__(g)){
        .version = FFA_VERSION_1_2, .access_size = 16, .range = { { IPA(16), 2 }, { IPA(18), 1 }, { IPA(30), 1 } },
        .nr_ranges = 3, .access = { SP_ECHO, 2, 0, { 0, 0 } }, .sender = 2, .attributes = 0x2f,
    };
    *shim_param_opt_max_pages = 4096;
    *shim_param_opt_max_count = 64;
    return 0;
}

static int booted(void **state) { return booted_with(state, FFA_VERSION_1_2); }
static int booted_1_0(void **state) { return booted_with(state, FFA_VERSION_1_0); }
static int booted_1_1(void **state) { return booted_with(state, FFA_VERSION_1_1); }

static int gone(void **state)
{
    vm_destroy(*state);
    assert_int_equal(refs(), 0);
    assert_int_equal(spmc_mem.nr_live, 0);
    return 0;
}

/* The guest's descriptor in its TX. Returns its bytes. */
static uint32_t write_desc(void)
{
    struct ffa_mem_out m = {
        .version = g.version, .access_size = g.access_size, .sender = g.sender, .attributes = g.attributes,
        .flags = g.flags, .handle = g.handle, .tag = 0xfeed, .access = &g.access, .nr_accesses = 1, .ranges = g.range,
        .nr_ranges = g.nr_ranges,
    };
    unsigned int i;

    for ( i = 0; i < g.nr_ranges; i++ )
        m.nr_pages += g.range[i].pages;
    assert_true(ffa_mem_emit_size(&m) <= 4096);
    return ffa_mem_emit(shim_page[TX].bytes, 4096, &m, 0);
}

static void share(void *d)
{
    uint32_t bytes = write_desc();

    vm_do(d, SHARE, bytes, bytes, 0, 0, 0);
}

static uint64_t handle(void)
{
    return call_regs.x[2] | call_regs.x[3] << 32;
}

static void reclaim(void *d, uint64_t h, uint32_t flags)
{
    vm_do(d, RECLAIM, (uint32_t)h, h >> 32, flags, 0, 0);
}

static void refused(void *d, int code)
{
    unsigned int before = refs(), calls = spmc.nr_log;

    share(d);
    assert_ffa_error(code);
    assert_int_equal(refs(), before);
    assert_int_equal(spmc.nr_log, calls);
}

/* ---- what the SPMC sees ---- */

static void looks_right(uint32_t version, uint32_t access_size)
{
    struct ffa_mem_desc desc;
    struct ffa_mem_access access;
    struct ffa_mem_range range;

    assert_true(ffa_mem_parse(spmc_mem.desc, spmc_mem.total, version, &desc));
    assert_true(desc.sender == 2 && desc.attributes == 0x2f && !desc.flags && !desc.handle && desc.tag == 0xfeed);
    assert_int_equal(desc.access_size, access_size);
    ffa_mem_access(spmc_mem.desc, &desc, 0, &access);
    assert_true(access.id == SP_ECHO && access.permissions == 2 && !access.flags);
    assert_int_equal(desc.nr_pages, 4);
    assert_int_equal(desc.nr_ranges, 2);            /* three neighbours are one */
    ffa_mem_range(spmc_mem.desc, &desc, 0, &range);
    assert_true(range.base == page_to_maddr(&shim_page[16]) && range.pages == 3);
    ffa_mem_range(spmc_mem.desc, &desc, 1, &range);
    assert_true(range.base == page_to_maddr(&shim_page[30]) && range.pages == 1);
}

static void share_and_reclaim(void *d, uint32_t spmc_version)
{
    unsigned int before = refs();
    uint64_t h;

    share(d);
    assert_ffa_ok();
    h = handle();
    assert_int_equal(refs(), before + 4);
    looks_right(spmc_version, 16);
    assert_int_equal(spmc_last(SHARE)->x[1], spmc_mem.total);
    reclaim(d, h, 0);
    assert_ffa_ok();
    assert_int_equal(refs(), before);
    reclaim(d, h, 0);
    assert_ffa_error(-2);
}

static void share__spmc_1_0__translated(void **state)
{
    share_and_reclaim(*state, FFA_VERSION_1_0);
}

static void share__spmc_1_1__translated(void **state)
{
    share_and_reclaim(*state, FFA_VERSION_1_1);
}

static void share__spmc_1_2__short_access_unless_asked(void **state)
{
    share_and_reclaim(*state, FFA_VERSION_1_2);
    g.access_size = 32;
    g.access.impdef[0] = 0x1234, g.access.impdef[1] = 0x5678;
    share(*state);
    assert_ffa_ok();
    looks_right(FFA_VERSION_1_2, 32);
    assert_int_equal(spmc_mem.desc[48 + 8], 0x34);
    assert_int_equal(spmc_mem.desc[48 + 16], 0x78);
}

static void share__impdef_below_1_2__refused_not_dropped(void **state)
{
    g.access_size = 32;
    share(*state);
    assert_ffa_ok();
    looks_right(FFA_VERSION_1_1, 16);
    g.access.impdef[1] = 1;
    refused(*state, -1);
}

static void share__by_32_and_64__the_same(void **state)
{
    uint32_t bytes = write_desc();

    vm_do(*state, SHARE_32, bytes | 0xabcd00000000ULL, bytes, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[0], 0x84000061U);
    vm_do(*state, SHARE, bytes, bytes, 0, 0, 0);
    assert_ffa_ok();
}

static void share__old_guests__own_layout(void **state)
{
    static const uint32_t versions[] = { FFA_VERSION_1_0, FFA_VERSION_1_1 };
    unsigned int i;

    for ( i = 0; i < 2; i++ )
    {
        struct domain *d = vm_boot(10 + i, 1, versions[i]);

        vm_do(d, MAP, IPA(40), IPA(41), 1, 0, 0);
        assert_ffa_ok();
        g.version = versions[i];
        g.sender = 11 + i;
        memcpy(shim_page[40].bytes, shim_page[TX].bytes, write_desc());
        memcpy(shim_page[40].bytes, shim_page[TX].bytes, 4096);
        vm_do(d, SHARE, i ? 0x80 : 0x70, i ? 0x80 : 0x70, 0, 0, 0);
        assert_ffa_ok();
        assert_int_equal(spmc_mem.desc[0], 11 + i);
        vm_destroy(d);
    }
}

static void share__scattered__in_fragments(void **state)
{
    struct ffa_mem_desc desc;
    struct ffa_mem_range range;
    unsigned int i, smcs = spmc.nr_log;
    uint64_t h;

    /* One range for the guest, 600 frames that do not touch: 9.7 kB for the SPMC */
    for ( i = 100; i < 700; i++ )
        shim_page[i].frame = 0x900000 + 2 * i;
    g.range[0] = (struct ffa_mem_range){ IPA(100), 600 };
    g.nr_ranges = 1;
    shim_processed = 0;
    share(*state);
    assert_ffa_ok();
    h = handle();
    assert_true(h == spmc_mem.live[0]);
    assert_int_equal(spmc.nr_log - smcs, 3);
    assert_int_equal(shim_processed, 2);
    assert_true(ffa_mem_parse(spmc_mem.desc, spmc_mem.total, FFA_VERSION_1_2, &desc));
    assert_int_equal(desc.nr_ranges, 600);
    for ( i = 0; i < 600; i++ )
    {
        ffa_mem_range(spmc_mem.desc, &desc, i, &range);
        assert_true(range.base == page_to_maddr(&shim_page[100 + i]) && range.pages == 1);
    }
    reclaim(*state, h, 0);
    assert_ffa_ok();
}

static void share__scattered_and_no_fragments_below__refused_at_once(void **state)
{
    unsigned int i;

    vm_destroy(*state);
    world_reset();
    spmc.lacks[spmc.nr_lacks++] = FFA_FID(MEM_FRAG_TX);
    world_boot();
    *state = vm_boot(1, 1, FFA_VERSION_1_2);
    vm_do(*state, MAP, IPA(TX), IPA(RX), 1, 0, 0);
    for ( i = 100; i < 700; i++ )
        shim_page[i].frame = 0x900000 + 2 * i;
    g.range[0] = (struct ffa_mem_range){ IPA(100), 600 };
    g.nr_ranges = 1;
    refused(*state, -3);
}

/* ---- refusals ---- */

static void share__lengths__checked(void **state)
{
    static const struct { uint32_t total, fragment; int code; } row[] = {
        { 0, 0, -2 }, { 0x80, 0, -2 }, { 0x80, 0x90, -2 }, { 0x90, 0x80, -2 }, { 0x70, 0x70, -2 }, { 0x90, 0x90, -2 },
        { 0x81, 0x81, -2 }, { 4097, 4097, -2 }, { 0x4000, 0x4000, -2 }, { 0x4010, 0x4010, -2 }, { ~0U, ~0U, -2 },
        { 16, 16, -2 }, { 0x8000, 0x80, -2 }, { 0x100000, 0x80, -3 },
    };
    unsigned int i, calls;

    assert_int_equal(write_desc(), 0x80);
    calls = spmc.nr_log;
    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        vm_do(*state, SHARE, row[i].total, row[i].fragment, 0, 0, 0);
        assert_ffa_error(row[i].code);
    }
    vm_do(*state, SHARE, 0x80, 0x80, IPA(16), 0, 0);
    assert_ffa_error(-2);
    vm_do(*state, SHARE, 0x80, 0x80, 0, 1, 0);
    assert_ffa_error(-2);
    vm_do(*state, SHARE, 0x80, 0x80, 0, 0, 1);
    assert_ffa_error(-2);
    assert_int_equal(spmc.nr_log, calls);
}

static void share__fields__each_with_its_error(void **state)
{
    static const struct { uint16_t sender, attributes; uint32_t flags; uint64_t handle; uint16_t id; uint8_t perm, aflags;
                          int code; } row[] = {
        { 1, 0x2f, 0, 0, SP_ECHO, 2, 0, -6 },       /* another VM             */
        { 0, 0x2f, 0, 0, SP_ECHO, 2, 0, -6 },       /* the hypervisor         */
        { 0x8001, 0x2f, 0, 0, SP_ECHO, 2, 0, -6 },
        { 2, 0x6f, 0, 0, SP_ECHO, 2, 0, -2 },       /* NS                     */
        { 2, 0x802f, 0, 0, SP_ECHO, 2, 0, -2 },
        { 2, 0xaf, 0, 0, SP_ECHO, 2, 0, -2 },
        { 2, 0x2d, 0, 0, SP_ECHO, 2, 0, -2 },       /* shareability reserved  */
        { 2, 0x3f, 0, 0, SP_ECHO, 2, 0, -2 },       /* type reserved          */
        { 2, 0x2e, 0, 0, SP_ECHO, 2, 0, -6 },       /* outer                  */
        { 2, 0x27, 0, 0, SP_ECHO, 2, 0, -6 },       /* non-cacheable          */
        { 2, 0x10, 0, 0, SP_ECHO, 2, 0, -6 },       /* device                 */
        { 2, 0, 0, 0, SP_ECHO, 2, 0, -6 },          /* not said               */
        { 2, 0x2f, 1, 0, SP_ECHO, 2, 0, -2 },       /* zero                   */
        { 2, 0x2f, 2, 0, SP_ECHO, 2, 0, -2 },       /* time slices            */
        { 2, 0x2f, 4, 0, SP_ECHO, 2, 0, -2 },
        { 2, 0x2f, 8, 0, SP_ECHO, 2, 0, -2 },
        { 2, 0x2f, 1U << 31, 0, SP_ECHO, 2, 0, -2 },
        { 2, 0x2f, 0, 1, SP_ECHO, 2, 0, -2 },       /* handle                 */
        { 2, 0x2f, 0, 1ULL << 63, SP_ECHO, 2, 0, -2 },
        { 2, 0x2f, 0, 0, 2, 2, 0, -2 },             /* itself                 */
        { 2, 0x2f, 0, 0, 0, 2, 0, -2 },
        { 2, 0x2f, 0, 0, 3, 2, 0, -2 },             /* a VM that is not there */
        { 2, 0x2f, 0, 0, 0x8000, 2, 0, -2 },
        { 2, 0x2f, 0, 0, 0xffff, 2, 0, -2 },
        { 2, 0x2f, 0, 0, 0x8077, 2, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 0, 0, -2 },       /* permissions            */
        { 2, 0x2f, 0, 0, SP_ECHO, 3, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 6, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 0x0a, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 0x12, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 0x82, 0, -2 },
        { 2, 0x2f, 0, 0, SP_ECHO, 2, 1, -2 },       /* access flags           */
        { 2, 0x2f, 0, 0, SP_ECHO, 2, 0x80, -2 },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        g.sender = row[i].sender;
        g.attributes = row[i].attributes;
        g.flags = row[i].flags;
        g.handle = row[i].handle;
        g.access.id = row[i].id;
        g.access.permissions = row[i].perm;
        g.access.flags = row[i].aflags;
        refused(*state, row[i].code);
    }
}

static void share__pages_that_are_not_to_give__denied_and_all_put_back(void **state)
{
    struct domain other = { .domain_id = 9 };

    shim_page[50].type = p2m_invalid;
    shim_page[51].type = p2m_ram_ro;
    shim_page[52].special = true;
    shim_page[53].foreign = &other;
    g.nr_ranges = 2;
    for ( g.range[1] = (struct ffa_mem_range){ IPA(50), 1 }; g.range[1].base <= IPA(53); g.range[1].base += 4096 )
        refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ IPA(49), 5 };
    refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ IPA(TX), 1 };
    refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ IPA(RX), 1 };
    refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ IPA(SHIM_PAGES - 1), 2 };
    refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ ~0xfffULL, 1 };
    refused(*state, -6);
    g.range[1] = (struct ffa_mem_range){ IPA(17), 1 };     /* twice in one descriptor */
    refused(*state, -2);
}

static void share__one_page_in_two__counted_twice(void **state)
{
    unsigned int before = refs();
    uint64_t first, second;

    share(*state);
    first = handle();
    g.nr_ranges = 1;
    share(*state);
    assert_ffa_ok();
    second = handle();
    assert_true(first != second);
    assert_int_equal(shim_page[16].refs, 2);
    reclaim(*state, first, 0);
    assert_ffa_ok();
    assert_int_equal(shim_page[16].refs, 1);
    reclaim(*state, second, 0);
    assert_int_equal(refs(), before);
}

static void share__limits__counted_and_given_back(void **state)
{
    uint64_t h;

    *shim_param_opt_max_pages = 7;
    share(*state);
    assert_ffa_ok();
    h = handle();
    refused(*state, -3);
    g.nr_ranges = 2;
    share(*state);
    assert_ffa_ok();
    g.nr_ranges = 1;
    g.range[0].pages = 1;
    refused(*state, -3);
    reclaim(*state, h, 0);
    share(*state);
    assert_ffa_ok();
    *shim_param_opt_max_pages = 4;              /* lowered under what is there: nothing wraps */
    refused(*state, -3);

    *shim_param_opt_max_pages = 4096;
    *shim_param_opt_max_count = 3;
    share(*state);
    assert_ffa_ok();
    refused(*state, -3);
    *shim_param_opt_max_count = 4;
    g.range[0].pages = 4097;
    refused(*state, -3);
    assert_int_equal(ffa_total.share_limit.counter, 5);
}

static void share__no_memory_at_any_step__undone(void **state)
{
    unsigned int n, before = refs();

    for ( g.nr_ranges = 0; g.nr_ranges < 6; g.nr_ranges++ ) /* too many for the record, not in order, no neighbours */
        g.range[g.nr_ranges] = (struct ffa_mem_range){ IPA(60 - 2 * g.nr_ranges), 1 };
    for ( n = 1; n < 20; n++ )
    {
        shim_alloc_fails = n;
        share(*state);
        if ( shim_alloc_fails )
            break;
        assert_ffa_error(-3);
        assert_int_equal(refs(), before);
    }
    shim_alloc_fails = 0;
    assert_ffa_ok();
    assert_int_equal(n, 5);                     /* the copy, addresses, the same sorted, pages */
}

/* ---- a hostile guest ---- */

static void spoil(const struct ffa_regs *call) { memset(shim_page[TX].bytes, 0xff, 4096); }
static void spoil_now(void) { spoil(NULL); }

static void share__descriptor_changed_meanwhile__the_copy_counts(void **state)
{
    unsigned int i;

    for ( i = 100; i < 700; i++ )
        shim_page[i].frame = 0x900000 + 2 * i;
    g.range[0] = (struct ffa_mem_range){ IPA(100), 600 };
    g.nr_ranges = 1;
    spmc.during = spoil;
    shim_softirq = spoil_now;
    share(*state);
    assert_ffa_ok();
    spmc.during = NULL;
    assert_int_equal(spmc_mem.desc[0], 2);
    assert_int_equal(spmc_mem.total, 48 + 16 + 16 + 600 * 16);
}

static jmp_buf elsewhere;

static void never_again(void)
{
    longjmp(elsewhere, 1);
}

/* The vCPU is descheduled in the middle, and its VM dies. */
static void share__vm_dies_while_pages_are_pinned__all_put(void **state)
{
    g.range[0] = (struct ffa_mem_range){ IPA(100), 600 };
    g.nr_ranges = 1;
    shim_softirq = never_again;
    if ( !setjmp(elsewhere) )
        share(*state);
    shim_softirq = NULL;
    shim_current = NULL;
    assert_int_equal(refs(), 2 + 256);
    assert_int_equal(spmc_count(SHARE), 0);
}

static void *asker;
static uint64_t wanted;

static void reclaim_too(const struct ffa_regs *call)
{
    struct cpu_user_regs mine = call_regs;

    spmc.during = NULL;
    reclaim(asker, wanted, 0);
    assert_ffa_error(-2);
    call_regs = mine;
}

static void reclaim__two_at_once__one_wins(void **state)
{
    share(*state);
    wanted = handle();
    asker = *state;
    spmc.during = reclaim_too;
    reclaim(*state, wanted, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_count(RECLAIM), 1);
}

static void reclaim__foreign_or_unknown_handle__refused_here(void **state)
{
    struct domain *d = vm_boot(2, 1, FFA_VERSION_1_1);
    uint64_t h;

    share(*state);
    h = handle();
    reclaim(d, h, 0);
    assert_ffa_error(-2);
    reclaim(*state, h + 1, 0);
    assert_ffa_error(-2);
    reclaim(*state, 0, 0);
    assert_ffa_error(-2);
    reclaim(*state, ~0ULL, 0);
    assert_ffa_error(-2);
    reclaim(*state, h, 4);
    assert_ffa_error(-2);
    vm_do(*state, RECLAIM, (uint32_t)h, h >> 32, 0, 1, 0);
    assert_ffa_error(-2);
    assert_int_equal(spmc_count(RECLAIM), 0);
    vm_destroy(d);
}

/* ---- the SPMC's moods ---- */

static void reclaim__denied__the_share_stays(void **state)
{
    uint64_t h;

    share(*state);
    h = handle();
    spmc_mem.denies = true;
    reclaim(*state, h, 1);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 2 + 4);
    spmc_mem.denies = false;
    reclaim(*state, h, 0);
    assert_ffa_ok();
}

/* Not every SPMC takes the flag, so none gets it. */
static void reclaim__zero__done_here(void **state)
{
    uint64_t h;

    shim_page[16].bytes[0] = shim_page[30].bytes[4095] = 0x5a;
    share(*state);
    h = handle();
    reclaim(*state, h, 2);
    reclaim(*state, h, 1);
    assert_ffa_ok();
    assert_int_equal(spmc_last(RECLAIM)->x[3], 0);
    assert_int_equal(shim_page[16].bytes[0] | shim_page[30].bytes[4095], 0);
    assert_true(shim_page[16].cleaned && shim_page[30].cleaned);
}

static void share__refused_by_the_spmc__code_passed_pages_put(void **state)
{
    static const int codes[] = { -2, -3, -4, -6, -8 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(codes); i++ )
    {
        spmc_error(SHARE, codes[i], 1);
        share(*state);
        assert_ffa_error(codes[i]);
        assert_int_equal(refs(), 2);
    }
    spmc_answer(SHARE, &(struct ffa_regs){ .x = { ~0ULL } });
    share(*state);
    assert_ffa_error(-1);
    assert_int_equal(refs(), 2);
}

static void share__nonsense_from_the_spmc__pages_lost_but_never_reused(void **state)
{
    static const struct ffa_regs answers[] = {
        { .x = { 0x84000062U, 0x80010000 } },                       /* INTERRUPT              */
        { .x = { 0x12345678U } },
        { .x = { 0x8400007aU, 1, 0, 0x80, 2 << 16 } },              /* more, of a whole one   */
        { .x = { 0x84000061U, 0, ~0U, ~0U } },                      /* no handle              */
        { .x = { 0x84000061U, 0, 0, 1U << 31 } },                   /* one of the hypervisor  */
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(answers); i++ )
    {
        spmc_answer(SHARE, &answers[i]);
        share(*state);
        assert_ffa_error(-8);
        assert_int_equal(refs(), 2 + 4 * (i + 1));
    }
    assert_int_equal(ffa_total.share_lost.counter, i);
    reclaim(*state, 1ULL << 63, 0);
    assert_ffa_error(-2);
}

static void share__same_handle_twice__second_lost(void **state)
{
    uint64_t h;

    share(*state);
    h = handle();
    spmc_answer(SHARE, &(struct ffa_regs){ .x = { 0x84000061U, 0, (uint32_t)h, h >> 32 } });
    share(*state);
    assert_ffa_error(-8);
    reclaim(*state, h, 0);
    assert_ffa_ok();
    assert_int_equal(refs(), 2 + 4);
}

static void share__fragments_gone_wrong__no_success(void **state)
{
    struct ffa_regs more = { .x = { 0x8400007aU, 7, 0, 4096, 2 << 16 } };
    unsigned int i;

    for ( i = 100; i < 700; i++ )
        shim_page[i].frame = 0x900000 + 2 * i;
    g.range[0] = (struct ffa_mem_range){ IPA(100), 600 };
    g.nr_ranges = 1;

    spmc_answer(SHARE, &more);                  /* a refusal in the middle: not shared */
    spmc_error(FFA_FID(MEM_FRAG_TX), -3, 1);
    share(*state);
    assert_ffa_error(-3);
    assert_int_equal(refs(), 2);

    more.x[4] = 0;                              /* some leave the VM's id out */
    spmc_answer(SHARE, &more);
    spmc_error(FFA_FID(MEM_FRAG_TX), -6, 1);
    share(*state);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 2);

    more.x[3] = 4080;                           /* other bytes than we sent */
    spmc_answer(SHARE, &more);
    share(*state);
    assert_ffa_error(-8);
    more.x[3] = 4096;
    more.x[4] = 9 << 16;                        /* another VM */
    spmc_answer(SHARE, &more);
    share(*state);
    assert_ffa_error(-8);
    more.x[4] = 0;
    spmc_answer(SHARE, &more);                  /* another handle in the second */
    more.x[1] = 8;
    more.x[3] = 8192;
    spmc_answer(FFA_FID(MEM_FRAG_TX), &more);
    share(*state);
    assert_ffa_error(-8);
    spmc_answer(SHARE, &(struct ffa_regs){ .x = { 0x84000061U, 0, 77 } }); /* done, with a part of it */
    share(*state);
    assert_ffa_error(-8);
    assert_int_equal(ffa_total.share_lost.counter, 4);
}

/* ---- a VM's death ---- */

static unsigned int order[64], nr_order;

static void note(const struct ffa_regs *call)
{
    uint32_t nr = call->x[0] & 0xff;

    if ( nr == 0x77 || nr == 0x7e || (nr == 0x6f && call->x[2]) )
        order[nr_order++] = nr;
}

static void death__bitmap_then_vm_destroyed_then_shares(void **state)
{
    share(*state);
    share(*state);
    nr_order = 0;
    spmc.during = note;
    vm_destroy(*state);
    spmc.during = NULL;
    assert_int_equal(nr_order, 4);
    assert_true(order[0] == 0x7e && order[1] == 0x6f && order[2] == 0x77 && order[3] == 0x77);
    assert_int_equal(refs(), 0);
    *state = vm_create(1, 1);
}

static void death__denied_or_unknown_for_a_while__tried_again(void **state)
{
    share(*state);
    spmc_error(RECLAIM, -6, 20);
    spmc_error(RECLAIM, -2, 20);
    vm_destroy(*state);
    assert_int_equal(refs(), 0);
    *state = vm_create(1, 1);
}

static void death__many_shares__in_stretches(void **state)
{
    unsigned int i;

    for ( i = 0; i < 50; i++ )
    {
        share(*state);
        assert_ffa_ok();
    }
}

static void death__denied_for_long__domain_and_pages_kept_until_reclaimed(void **state)
{
    share(*state);
    spmc_mem.denies = true;
    vm_die(*state);
    assert_false(vm_gone(*state, SECONDS(60)));
    assert_int_equal(refs(), 4);
    assert_non_null(strstr(shim_log, "its id is kept back"));
    spmc_mem.denies = false;
    assert_true(vm_gone(*state, SECONDS(2)));
    assert_int_equal(refs(), 0);
    vm_bury(*state);
    *state = vm_create(1, 1);
}

static void calls__without_spmc_support__not_for_sps(void **state)
{
    vm_destroy(*state);
    world_reset();
    spmc.lacks[spmc.nr_lacks++] = RECLAIM;
    world_boot();
    *state = vm_boot(1, 1, FFA_VERSION_1_2);
    vm_do(*state, MAP, IPA(TX), IPA(RX), 1, 0, 0);
    refused(*state, -1);
    vm_do(*state, 0x84000064U, SHARE, 0, 0, 0, 0);
    assert_ffa_ok();
}

static void features__share_and_reclaim__own_buffers(void **state)
{
    static const uint32_t fids[] = { SHARE, SHARE_32, RECLAIM };

    for ( unsigned int i = 0; i < 3; i++ )
    {
        vm_do(*state, 0x84000064U, fids[i], 0, 0, 0, 0);
        assert_ffa_ok();
        assert_int_equal(call_regs.x[2], i < 2);
        assert_int_equal(call_regs.x[3], 0);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, booted, gone)
#define L(name) cmocka_unit_test_setup_teardown(name, booted, one_vm_gone) /* pages are lost on purpose */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(share__spmc_1_0__translated, booted_1_0, gone),
        cmocka_unit_test_setup_teardown(share__spmc_1_1__translated, booted_1_1, gone),
        cmocka_unit_test_setup_teardown(share__impdef_below_1_2__refused_not_dropped, booted_1_1, gone),
        T(share__spmc_1_2__short_access_unless_asked),
        T(share__by_32_and_64__the_same),
        T(share__old_guests__own_layout),
        T(share__scattered__in_fragments),
        T(share__scattered_and_no_fragments_below__refused_at_once),
        T(share__lengths__checked),
        T(share__fields__each_with_its_error),
        T(share__pages_that_are_not_to_give__denied_and_all_put_back),
        T(share__one_page_in_two__counted_twice),
        T(share__limits__counted_and_given_back),
        T(share__no_memory_at_any_step__undone),
        T(share__descriptor_changed_meanwhile__the_copy_counts),
        T(share__vm_dies_while_pages_are_pinned__all_put),
        T(reclaim__two_at_once__one_wins),
        T(reclaim__foreign_or_unknown_handle__refused_here),
        T(reclaim__denied__the_share_stays),
        T(reclaim__zero__done_here),
        T(share__refused_by_the_spmc__code_passed_pages_put),
        L(share__nonsense_from_the_spmc__pages_lost_but_never_reused),
        L(share__same_handle_twice__second_lost),
        L(share__fragments_gone_wrong__no_success),
        T(death__bitmap_then_vm_destroyed_then_shares),
        T(death__denied_or_unknown_for_a_while__tried_again),
        T(death__many_shares__in_stretches),
        T(death__denied_for_long__domain_and_pages_kept_until_reclaimed),
        T(calls__without_spmc_support__not_for_sps),
        T(features__share_and_reclaim__own_buffers),
    };

    return cmocka_run_group_tests_name("memory sharing", tests, NULL, NULL);
}
