/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ffa_shm.c: the SPMC gives a handle out again as soon as it has let go of a share. The vCPU that asked for the reclaim
 * hears of it later than another vCPU gets the handle.
 */
#include "world.h"

#define MAP     0xc4000066U
#define SHARE   0xc4000073U
#define DONATE  0xc4000071U
#define RECLAIM 0x84000077U
#define TX      2U
#define RX      3U
#define PAGE    16U
#define IPA(page) ((uint64_t)(page) << 12)

static struct domain *d;
static uint64_t wanted;

static int booted(void **state)
{
    world_reset();
    world_boot();
    d = vm_boot(1, 3, FFA_VERSION_1_2);
    vm_do(d, MAP, IPA(TX), IPA(RX), 1, 0, 0);
    assert_ffa_ok();
    return 0;
}

static int gone(void **state)
{
    vm_destroy(d);
    return 0;
}

/* The handle of one page that is shared, or donated, now */
static uint64_t send(uint32_t fid, unsigned int page)
{
    const struct ffa_mem_access access = { SP_ECHO, fid == SHARE ? 2 : 0, 0, { 0, 0 } };
    const struct ffa_mem_range range = { IPA(page), 1 };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = 2, .attributes = fid == SHARE ? 0x2f : 0, .access = &access,
        .nr_accesses = 1, .ranges = &range, .nr_ranges = 1, .nr_pages = 1,
    };
    uint32_t bytes = ffa_mem_emit(shim_page[TX].bytes, 4096, &m, 0);

    vm_do(d, fid, bytes, bytes, 0, 0, 0);
    assert_ffa_ok();
    return call_regs.x[2] | call_regs.x[3] << 32;
}

static uint64_t share(void) { return send(SHARE, PAGE); }

static void reclaim(void)
{
    vm_do(d, RECLAIM, (uint32_t)wanted, wanted >> 32, 0, 0, 0);
}

/* The other vCPU, when the SPMC has made its answer */
static void share_meanwhile(const struct ffa_regs *call)
{
    struct cpu_user_regs mine = call_regs;

    spmc.after = NULL;
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    assert_true(share() == wanted);
    call_regs = mine;
}

static void reclaim__handle_given_out_again__both_fine(void **state)
{
    wanted = share();
    spmc.after = share_meanwhile;
    reclaim();
    assert_ffa_ok();
    assert_int_equal(ffa_total.share_lost.counter, 0);
    assert_int_equal(shim_page[PAGE].refs, 1);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(shim_page[PAGE].refs, 0);
}

/* An SPMC that has two shares with one handle: which of them a later RECLAIM means, nobody can tell. */
static void reclaim__refused_and_handle_given_out_again__lost(void **state)
{
    wanted = share();
    spmc.after = share_meanwhile;
    spmc_error(RECLAIM, -6, 1);
    reclaim();
    assert_ffa_error(-6);
    assert_int_equal(ffa_total.share_lost.counter, 1);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(shim_page[PAGE].refs, 1);
}

/* An SP has retrieved what was donated, and the SPMC gives its handle to the next share. */
static void donated__handle_given_out_again__it_is_the_sps(void **state)
{
    wanted = send(DONATE, PAGE);
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    spmc_mem.nr_live = 0;
    assert_true(send(SHARE, PAGE + 1) == wanted);
    assert_int_equal(ffa_total.given.counter, 1);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(shim_page[PAGE + 1].refs, 0);
    assert_int_equal(shim_page[PAGE].refs, 1);
    reclaim();
    assert_ffa_error(-2);
    /* For gone(): its death takes the page off its list, and with the last one its hold on the domain. */
    d->tot_pages = 1;
    INIT_LIST_HEAD(&d->page_list);
    list_add_tail(&shim_page[PAGE].list, &d->page_list);
    d->refs++;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reclaim__handle_given_out_again__both_fine, booted, gone),
        cmocka_unit_test_setup_teardown(reclaim__refused_and_handle_given_out_again__lost, booted, gone),
        cmocka_unit_test_setup_teardown(donated__handle_given_out_again__it_is_the_sps, booted, gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
