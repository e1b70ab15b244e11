/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers and partition information: ffa_rxtx.c, ffa_partinfo.c. */
#include "world.h"

#define MAP 0xc4000066U
#define UNMAP 0x84000067U
#define RELEASE 0x84000065U
#define INFO 0x84000068U
#define REGS 0xc400008bU

static int booted(void **state)
{
    world_reset();
    shim_page[5].type = p2m_invalid;
    shim_page[6].type = p2m_ram_ro;
    shim_page[7].special = true;
    world_boot();
    *state = vm_boot(1, 3, FFA_VERSION_1_2);
    return 0;
}

static unsigned int refs(void) { return shim_refs(0, SHIM_PAGES); }

static int gone(void **state)
{
    vm_destroy(*state);
    assert_int_equal(refs(), 0);
    return 0;
}

static void map(void *d, uint64_t tx, uint64_t rx, uint64_t n)
{
    vm_do(d, MAP, tx, rx, n, 0, 0);
}

static void map__misuse__refused_and_no_reference_kept(void **state)
{
    static const struct { uint64_t tx, rx, n; } row[] = {
        { 0x1000, 0x2000, 0 }, { 0x1000, 0x8000, 5 }, { 0x1000, 0x8000, 64 }, { 0x1800, 0x3000, 1 },
        { 0x1000, 0x3001, 1 }, { 0x1000, 0x1000, 1 }, { 0x1000, 0x2000, 2 }, { 0x2000, 0x1000, 2 },
        { 0x5000, 0x1000, 1 }, { 0x1000, 0x5000, 1 }, { 0x4000, 0x8000, 2 }, { 0x1000, 0x6000, 1 },
        { 0x1000, 0x7000, 1 }, { 0x1000, 0x400000, 1 }, { ~0xfffULL, 0x1000, 1 }, { 0x1000, ~0xfffULL, 2 },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        map(*state, row[i].tx, row[i].rx, row[i].n);
        assert_ffa_error(-2);
        assert_int_equal(refs(), 0);
    }
}

static void map__twice__denied(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_ok();
    assert_int_equal(refs(), 2);
    map(*state, 0x3000, 0x4000, 1);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 2);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(refs(), 0);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_error(-2);
}

static void unmap__vm_owns_rx__denied(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_error(-4);
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
}

static void rx_release__vm_does_not_own__denied(void **state)
{
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

static void info__1_2__own_entry_then_every_uuid_sorted(void **state)
{
    const uint8_t *rx = shim_page[2].bytes;
    static const uint16_t ids[] = { 2, 0x8001, 0x8001, 0x8002, 0x8003 };
    unsigned int i;

    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2], 5);
    assert_int_equal(call_regs.x[3], 24);
    for ( i = 0; i < 5; i++ )
        assert_int_equal(rx[i * 24] | rx[i * 24 + 1] << 8, ids[i]);
    assert_int_equal(rx[2], 3);
    assert_int_equal(rx[24 + 8], 0x11);
    assert_int_equal(rx[48 + 8], 0x44);
    /* Echo: receives requests of both kinds and notifications; "can send" is not for VMs to know. */
    assert_int_equal(rx[24 + 4] | rx[24 + 5] << 8, 0x30d);
}

static void info__1_1__one_per_partition_without_the_vm(void **state)
{
    ((struct ffa_ctx *)((struct domain *)*state)->arch.tee)->version = FFA_VERSION_1_1;
    vm_do(*state, INFO, 0, 0, 0, 0, 1);
    assert_int_equal(call_regs.x[2], 3);
    assert_int_equal(call_regs.x[3], 0);
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2], 3);
    assert_int_equal(call_regs.x[3], 24);
    assert_int_equal(shim_page[2].bytes[4] | shim_page[2].bytes[5] << 8, 0x10d);
}

static void info__1_0__eight_bytes_and_no_count_flag(void **state)
{
    ((struct ffa_ctx *)((struct domain *)*state)->arch.tee)->version = FFA_VERSION_1_0;
    vm_do(*state, INFO, 0, 0, 0, 0, 1);
    assert_ffa_error(-2);
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2], 3);
    assert_int_equal(call_regs.x[3], 0);
    assert_int_equal(shim_page[2].bytes[8], 2);
    assert_int_equal(shim_page[2].bytes[12], 1);
}

static void info__uuid__only_those_and_unknown_is_refused(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0x44444444, 0x44444444, 0x44444444, 0x44444444, 0);
    assert_int_equal(call_regs.x[2], 1);
    assert_int_equal(shim_page[2].bytes[0] | shim_page[2].bytes[1] << 8, 0x8001);
    assert_int_equal(shim_page[2].bytes[8], 0);
    vm_do(*state, INFO, 0x55555555, 0, 0, 0, 1);
    assert_ffa_error(-2);
    vm_do(*state, INFO, 0, 0, 0, 0, 2);
    assert_ffa_error(-2);
}

static void info__no_buffers__busy_but_counting_works(void **state)
{
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_error(-4);
    vm_do(*state, INFO, 0, 0, 0, 0, 1);
    assert_int_equal(call_regs.x[2], 5);
}

static void regs__full_window_and_bad_cursors(void **state)
{
    vm_do(*state, REGS, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], 0xc4000061);
    assert_true(call_regs.x[2] == (4 | 4ULL << 16 | 1ULL << 32 | 24ULL << 48));
    assert_int_equal(call_regs.x[3] & 0xffff, 2);
    assert_int_equal(call_regs.x[15] & 0xffff, 0x8003);
    vm_do(*state, REGS, 0, 0, 3 | 1 << 16, 0, 0);
    assert_true(call_regs.x[2] == (4 | 4ULL << 16 | 1ULL << 32 | 24ULL << 48));
    assert_int_equal(call_regs.x[3] & 0xffff, 0x8002);
    vm_do(*state, REGS, 0, 0, 5 | 1 << 16, 0, 0);
    assert_ffa_error(-2);
    vm_do(*state, REGS, 0, 0, 3 | 2 << 16, 0, 0);
    assert_ffa_error(-7);
    vm_do(*state, REGS, 0, 0, 1 << 16, 0, 0);
    assert_ffa_error(-7);
    vm_do(*state, REGS, 1, 0, 0, 0, 0);
    assert_ffa_error(-2);
    vm_do(*state, REGS, 0, 0, 1ULL << 32, 0, 0);
    assert_ffa_error(-2);
}

static void map__several_pages__each_referenced(void **state)
{
    map(*state, 0x1000, 0x8000, 4);
    assert_ffa_ok();
    assert_int_equal(refs(), 8);
}

/* ---- and the SPMC ---- */

#define ACQUIRE 0x84000084U

static int booted_alone(void **state)
{
    world_reset();
    spmc.lacks[spmc.nr_lacks++] = ACQUIRE;
    world_boot();
    *state = vm_boot(1, 3, FFA_VERSION_1_2);
    return 0;
}

static void map__sixteen_pages__not_more(void **state)
{
    map(*state, 0x10000, 0x30000, 17);
    assert_ffa_error(-2);
    map(*state, 0x10000, 0x30000, 16);
    assert_ffa_ok();
    assert_int_equal(refs(), 32);
}

static void map__spmc_with_acquire__told_of_rx_and_a_page_of_ours(void **state)
{
    struct ffa_ctx *ctx = ((struct domain *)*state)->arch.tee;
    uint8_t want[80] = { 2, 0, 0, 0, 16, 0, 0, 0, 48 };

    map(*state, 0x10000, 0x30000, 3);
    assert_ffa_ok();
    assert_int_equal(spmc_count(MAP), 1);
    assert_true(!spmc_last(MAP)->x[1] && !spmc_last(MAP)->x[2] && !spmc_last(MAP)->x[3]);
    want[16] = want[48] = 1;
    want[20] = want[52] = 1;
    ffa_put_le(want + 32, page_to_maddr(&shim_page[0x30]), 8);
    /* The VM's TX is not its business. */
    assert_non_null(ctx->rxtx.out);
    assert_false((uint8_t *)shim_page <= ctx->rxtx.out && ctx->rxtx.out < (uint8_t *)(shim_page + SHIM_PAGES));
    ffa_put_le(want + 64, (uintptr_t)ctx->rxtx.out, 8);
    want[40] = want[72] = 1;
    assert_memory_equal(spmc.vm_pair, want, sizeof(want));
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_last(UNMAP)->x[1], 2 << 16);
    assert_int_equal(refs(), 0);
}

static void map__spmc_refuses__its_code_and_nothing_kept(void **state)
{
    spmc_error(MAP, -6, 1);
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 0);
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_ok();
}

static void nonsense(uint32_t fid, unsigned int times)
{
    while ( times-- )
        spmc_answer(fid, &(struct ffa_regs){ .x = { 0x84000062U } });
}

static void map__spmc_says_nonsense_and_undoes__nothing_kept(void **state)
{
    static const int32_t undone[] = { 0, -2 };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(undone); i++ )
    {
        nonsense(MAP, 1);
        if ( undone[i] )
            spmc_error(UNMAP, undone[i], 1);
        map(*state, 0x1000, 0x2000, 1);
        assert_ffa_error(-8);
        assert_int_equal(spmc_count(UNMAP), i + 1);
        assert_int_equal(spmc_last(UNMAP)->x[1], 2 << 16);
        assert_int_equal(refs(), 0);
    }
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_ok();
}

static void map__spmc_says_nonsense_twice__pages_kept_until_unmapped(void **state)
{
    struct ffa_ctx *ctx = ((struct domain *)*state)->arch.tee;

    nonsense(MAP, 1);
    spmc_error(UNMAP, -4, 2);
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_error(-8);
    /* What it may use stays: the VM's pages, and ours. */
    assert_int_equal(refs(), 2);
    assert_non_null(ctx->rxtx.out);
    assert_int_equal(atomic_read(&ctx->count.bad_response), 1);
    assert_non_null(strstr(shim_log, "pages kept"));
    /* The VM does not know of an RX: nobody writes there, and nothing is released. */
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_error(-4);
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
    map(*state, 0x3000, 0x4000, 1);
    assert_ffa_error(-6);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_error(-4);
    assert_int_equal(refs(), 2);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(refs(), 0);
    map(*state, 0x3000, 0x4000, 1);
    assert_ffa_ok();
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
}

static void map__spmc_says_nonsense_and_the_vm_dies__asked_again(void **state)
{
    nonsense(MAP, 1);
    nonsense(UNMAP, 3);
    map(*state, 0x1000, 0x2000, 1);
    assert_ffa_error(-8);
    assert_int_equal(refs(), 2);
    vm_die(*state);
    assert_true(vm_gone(*state, SECONDS(20)));
    assert_int_equal(spmc_count(UNMAP), 4);
    assert_int_equal(refs(), 0);
    vm_bury(*state);
    *state = vm_create(2, 1);
}

static void map__scattered_frames__all_the_same(void **state)
{
    shim_page[0x11].frame = 0x900000;
    map(*state, 0x10000, 0x30000, 3);
    assert_ffa_ok();
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_count(MAP), 1);
    assert_int_equal(spmc_count(UNMAP), 1);
    shim_page[0x11].frame = 0;
}

static void map__spmc_without_acquire__keeps_out(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_count(MAP) + spmc_count(ACQUIRE) + spmc_count(RELEASE) + spmc_count(UNMAP), 0);
}

static void rx__an_sp_has_written__busy_until_released(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    spmc.rx_full[2] = true;
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_error(-4);
    /* We do not see the message: the SPMC judges. */
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_last(RELEASE)->x[1], 2);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
}

static void unmap__an_sp_has_written__denied(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    spmc.rx_full[2] = true;
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 2);
    spmc.rx_full[2] = false;
    spmc_error(UNMAP, -6, 1);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_error(-6);
    assert_int_equal(refs(), 2);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
}

static struct domain *racer;
static uint32_t race_in, race_fid;
static int64_t race_code;

/* What another vCPU gets while the SPMC works on a call */
static void race(const struct ffa_regs *call)
{
    struct cpu_user_regs saved = call_regs;

    if ( call->x[0] != race_in )
        return;
    spmc.during = NULL;
    shim_locks -= race_in == MAP;               /* that of our TX is another CPU's */
    map(racer, 0x1000, 0x2000, 1);
    race_code = call_regs.x[2];
    if ( race_fid != MAP )
    {
        vm_do(racer, race_fid, 0, 0, 0, 0, 0);
        race_code = call_regs.x[2];
    }
    shim_locks += race_in == MAP;
    call_regs = saved;
    shim_current = racer->vcpu[0];
}

static int64_t raced(void *d, uint32_t in, uint32_t fid)
{
    racer = d;
    race_in = in;
    race_fid = fid;
    race_code = 1;
    spmc.during = race;
    return 0;
}

static void races__unmap_and_release__one_wins(void **state)
{
    raced(*state, MAP, MAP);
    map(*state, 0x3000, 0x4000, 1);
    assert_ffa_ok();
    assert_true(race_code == -6);
    assert_int_equal(refs(), 2);

    raced(*state, UNMAP, UNMAP);
    vm_do(*state, UNMAP, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(race_code == -2);
    assert_int_equal(refs(), 0);

    /* RX is being written: nobody releases it or takes it away. */
    map(*state, 0x3000, 0x4000, 1);
    raced(*state, ACQUIRE, RELEASE);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(race_code == -6);
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    raced(*state, ACQUIRE, UNMAP);
    vm_do(*state, INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(race_code == -6);
    raced(*state, RELEASE, RELEASE);
    vm_do(*state, RELEASE, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(race_code == -6);
}

static void death__spmc_keeps_the_pair__asked_again(void **state)
{
    map(*state, 0x1000, 0x2000, 1);
    spmc_error(UNMAP, -4, 3);
    vm_die(*state);
    assert_true(vm_gone(*state, SECONDS(20)));
    assert_int_equal(spmc_count(UNMAP), 4);
    assert_int_equal(refs(), 0);
    vm_bury(*state);
    *state = vm_create(2, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, booted, gone)
    const struct CMUnitTest tests[] = {
        T(map__misuse__refused_and_no_reference_kept),
        T(map__twice__denied),
        T(unmap__vm_owns_rx__denied),
        T(rx_release__vm_does_not_own__denied),
        T(info__1_2__own_entry_then_every_uuid_sorted),
        T(info__1_1__one_per_partition_without_the_vm),
        T(info__1_0__eight_bytes_and_no_count_flag),
        T(info__uuid__only_those_and_unknown_is_refused),
        T(info__no_buffers__busy_but_counting_works),
        T(regs__full_window_and_bad_cursors),
        T(map__several_pages__each_referenced),
        T(map__sixteen_pages__not_more),
        T(map__spmc_with_acquire__told_of_rx_and_a_page_of_ours),
        T(map__spmc_refuses__its_code_and_nothing_kept),
        T(map__spmc_says_nonsense_and_undoes__nothing_kept),
        T(map__spmc_says_nonsense_twice__pages_kept_until_unmapped),
        T(map__spmc_says_nonsense_and_the_vm_dies__asked_again),
        T(map__scattered_frames__all_the_same),
        cmocka_unit_test_setup_teardown(map__spmc_without_acquire__keeps_out, booted_alone, gone),
        T(rx__an_sp_has_written__busy_until_released),
        T(unmap__an_sp_has_written__denied),
        T(races__unmap_and_release__one_wins),
        T(death__spmc_keeps_the_pair__asked_again),
    };

    return cmocka_run_group_tests_name("buffers and partition information", tests, NULL, NULL);
}
