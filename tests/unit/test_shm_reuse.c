/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ffa_shm.c, ffa_mem_spmc.c: the SPMC gives a handle out again: as soon as it has let go of a share, when the vCPU that asked for it
 * has not heard yet; or without a word, when an SP has retrieved a donation.
 */
#include "world.h"

#define MAP     0xc4000066U
#define SHARE   0xc4000073U
#define DONATE  0xc4000071U
#define RECLAIM 0x84000077U
#define FRAG_TX 0x8400007bU
#define RETRIEVE 0xc4000074U
#define RETRIEVE_RESP 0x84000075U
#define RELINQUISH 0x84000076U
#define AT      0x100000U               /* a frame where e has nothing */
#define TX      2U                      /* of d; RX behind it; those of e behind these */
#define PAGE    16U
#define IPA(page) ((uint64_t)(page) << 12)

static struct domain *d, *e;
static uint64_t wanted;

static struct domain *vm(domid_t id)
{
    struct domain *vm = vm_boot(id, 3, FFA_VERSION_1_2);

    INIT_LIST_HEAD(&vm->page_list);
    vm_do(vm, MAP, IPA(TX * id), IPA(TX * id + 1), 1, 0, 0);
    assert_ffa_ok();
    return vm;
}

static int booted(void **state)
{
    world_reset();
    world_boot();
    d = vm(1);
    e = NULL;
    return 0;
}

static int two_booted(void **state)
{
    booted(state);
    e = vm(2);
    return 0;
}

static int gone(void **state)
{
    if ( d )
        vm_destroy(d);
    if ( e )
        vm_destroy(e);
    assert_int_equal(shim_refs(0, SHIM_PAGES), 0);
    return 0;
}

/* The handle of @nr pages, every second one, that @from shares, or donates, now */
static uint64_t send_many(struct domain *from, uint32_t fid, unsigned int page, unsigned int nr)
{
    const struct ffa_mem_access access = { SP_ECHO, fid == SHARE ? 2 : 0, 0, { 0, 0 } };
    struct ffa_mem_range range[300];
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = from->domain_id + 1, .attributes = fid == SHARE ? 0x2f : 0,
        .access = &access, .nr_accesses = 1, .ranges = range, .nr_ranges = nr, .nr_pages = nr,
    };
    void *tx = shim_page[TX * from->domain_id].bytes;
    uint32_t bytes, have;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        range[i] = (struct ffa_mem_range){ IPA(page + 2 * i), 1 };
    have = ffa_mem_emit(tx, 4096, &m, 0);
    bytes = ffa_mem_emit_size(&m);
    vm_do(from, fid, bytes, have, 0, 0, 0);
    if ( have < bytes )
    {
        uint32_t more = ffa_mem_emit(tx, 4096, &m, have);

        assert_int_equal(have + more, bytes);
        vm_do(from, FRAG_TX, call_regs.x[1], call_regs.x[2], more, 0, 0);
    }
    assert_ffa_ok();
    return call_regs.x[2] | call_regs.x[3] << 32;
}

static uint64_t send(uint32_t fid, unsigned int page) { return send_many(d, fid, page, 1); }
static uint64_t share(void) { return send(SHARE, PAGE); }

static void reclaim_by(struct domain *vm)
{
    vm_do(vm, RECLAIM, (uint32_t)wanted, wanted >> 32, 0, 0, 0);
}

static void reclaim(void) { reclaim_by(d); }

/* d has one page, PAGE */
static void own_page(void)
{
    shim_page[PAGE].domain = d;
    d->tot_pages = 1;
    list_add_tail(&shim_page[PAGE].list, &d->page_list);
}

/* ... and it has donated it; the SP has retrieved it, and the SPMC gives the handle to whom comes next. */
static void donate(void)
{
    own_page();
    wanted = send(DONATE, PAGE);
    d->refs++;                          /* the page's */
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    spmc_mem.nr_live = 0;
}

/* The SP has it for good, and of d, which is dead, nothing is left. */
static void it_is_the_sps(void)
{
    assert_int_equal(ffa_total.given.counter, 1);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    assert_int_equal(shim_page[PAGE].refs, 1);
    assert_null(shim_page[PAGE].domain);
    assert_int_equal(d->tot_pages, 0);
    shim_page[PAGE].refs = 0;
    vm_bury(d);
    d = NULL;
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
    shim_page[PAGE].refs = 0;
}

static void donated__handle_given_to_the_vms_next_share__it_is_the_sps(void **state)
{
    donate();
    assert_true(send(SHARE, PAGE + 1) == wanted);
    assert_int_equal(ffa_total.given.counter, 1);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(shim_page[PAGE + 1].refs, 0);
    assert_int_equal(shim_page[PAGE].refs, 1);
    reclaim();
    assert_ffa_error(-2);
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    it_is_the_sps();
}

static bool overtaken;

/* Is the first share of d, when the next fragment comes? */
static void look_at_first(const struct ffa_regs *call)
{
    if ( call->x[0] == FRAG_TX )
        overtaken = list_entry(CTX(d)->shm.shares.next, struct ffa_share, list)->overtaken;
}

/* RECLAIM of the old one would take the new one back; whoever may have got the handle, in one piece or by its first fragment. */
static void donated__handle_given_to_another_vm__not_asked_for_again(void **state)
{
    unsigned int nr;

    for ( nr = 1; nr <= 300; nr += 299 )
    {
        donate();
        overtaken = nr == 1;
        spmc.during = look_at_first;
        send_many(e, SHARE, PAGE + 1, nr);
        assert_true(overtaken && spmc_mem.handle == wanted);
        reclaim();
        assert_ffa_error(-2);
        assert_int_equal(spmc_count(RECLAIM), 0);
        assert_int_equal(shim_refs(PAGE + 1, 2 * nr), nr);
        reclaim();
        assert_ffa_error(-2);
        vm_die(d);
        assert_true(vm_gone(d, SECONDS(1)));
        it_is_the_sps();
        vm_destroy(e);
        assert_int_equal(spmc_count(RECLAIM), 1);
        assert_int_equal(spmc_mem.nr_live, 0);
        assert_int_equal(shim_refs(0, SHIM_PAGES), 0);
        two_booted(state);
    }
}

/* Nor by the clean-up of a VM that has not asked: it knows at once, and does not wait five seconds for another answer. */
static void donated__handle_given_to_another_vm__clean_up_does_not_ask(void **state)
{
    donate();
    assert_true(send_many(e, DONATE, PAGE + 1, 1) == wanted);
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    assert_int_equal(spmc_count(RECLAIM), 0);
    it_is_the_sps();
    reclaim_by(e);
    assert_ffa_ok();
}

/* What was reclaimed is nobody's any more: the handle is as good as new. */
static void donated__reclaimed__handle_is_as_good_as_new(void **state)
{
    unsigned int i;

    for ( i = 0; i < 3; i++ )
    {
        wanted = send(DONATE, PAGE);
        reclaim();
        assert_ffa_ok();
        spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
        assert_true(send_many(e, DONATE, PAGE + 1, 1) == wanted);
        reclaim_by(e);
        assert_ffa_ok();
        spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    }
    assert_int_equal(spmc_count(RECLAIM), 6);
    assert_int_equal(ffa_total.given.counter, 0);
}

/* Between our look and the SPMC's no share may get the handle: whoever wants one waits for our buffers. */
static unsigned int locks;

static void look_at_locks(const struct ffa_regs *call)
{
    if ( call->x[0] == RECLAIM )
        locks = shim_locks;
}

static void reclaim__lock_of_our_buffers__of_donations_only(void **state)
{
    spmc.during = look_at_locks;
    wanted = send(DONATE, PAGE);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(locks, 1);
    wanted = share();
    reclaim();
    assert_ffa_ok();
    assert_int_equal(locks, 0);
}

/* Of a dead VM's share the SPMC says once that it does not know it, and means it. */
static void dead__unknown_and_handle_given_to_another_vm__not_asked_for_again(void **state)
{
    wanted = share();
    d->refs++;                          /* of its page, which is lost */
    spmc_mem.nr_live = 0;
    vm_die(d);
    assert_false(vm_gone(d, SECONDS(1)));
    assert_true(spmc_count(RECLAIM) > 0);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    assert_true(send_many(e, SHARE, PAGE + 1, 1) == wanted);
    spmc.nr_log = 0;
    vm_gone(d, SECONDS(10));
    assert_int_equal(spmc_count(RECLAIM), 0);
    assert_int_equal(ffa_total.share_lost.counter, 1);
    assert_int_equal(shim_page[PAGE].refs, 1);
    shim_page[PAGE].refs = 0;
    d->refs--;
    vm_bury(d);
    d = NULL;
    reclaim_by(e);
    assert_ffa_ok();
}

/* The answer of a confused SPMC to one VM's share names no handle: nothing happens to another VM's donation. */
static void donated__answer_without_sense_to_another_vm__still_the_vms_to_reclaim(void **state)
{
    const struct ffa_mem_access access = { SP_ECHO, 2, 0, { 0, 0 } };
    struct ffa_mem_range range = { IPA(PAGE + 1), 1 };
    struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = 3, .attributes = 0x2f,
        .access = &access, .nr_accesses = 1, .ranges = &range, .nr_ranges = 1, .nr_pages = 1,
    };
    uint32_t bytes = ffa_mem_emit(shim_page[TX * 2].bytes, 4096, &m, 0);

    wanted = send(DONATE, PAGE);
    spmc_answer(SHARE, &(struct ffa_regs){ .x = { 0x84000062U, (uint32_t)wanted, wanted >> 32 } });    /* INTERRUPT */
    vm_do(e, SHARE, bytes, bytes, 0, 0, 0);
    assert_ffa_error(-8);
    assert_int_equal(ffa_total.share_lost.counter, 1);
    shim_page[PAGE + 1].refs = 0;
    reclaim();
    assert_ffa_ok();
    assert_int_equal(ffa_total.given.counter, 0);
    assert_int_equal(shim_page[PAGE].refs, 0);
}

/* The giver is dead and buried, and then its handle comes again. */
static void donated__giver_gone__handle_is_as_good_as_new(void **state)
{
    donate();
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(10)));
    it_is_the_sps();
    assert_true(send_many(e, SHARE, PAGE + 1, 1) == wanted);
    reclaim_by(e);
    assert_ffa_ok();
}

static unsigned int unlocked_at;

/* The other vCPU, when the SPMC has given the donation a handle: the SP retrieves it, and the handle is free again. */
static void share_before_it_has_heard(void)
{
    struct cpu_user_regs mine = call_regs;
    struct vcpu *current_was = shim_current;

    if ( spmc_count(DONATE) != 1 || spmc_count(SHARE) )
        return;
    shim_unlocked = NULL;
    wanted = spmc_mem.handle;
    spmc_mem.nr_live = 0;
    spmc_mem.handle -= SPMC_HANDLE_STEP;
    unlocked_at++;
    assert_true(send(SHARE, PAGE + 1) == wanted);
    shim_current = current_was;
    call_regs = mine;
}

static void donating__retrieved_and_handle_given_to_another_vcpu__it_is_the_sps(void **state)
{
    own_page();
    d->refs++;                          /* the page's */
    unlocked_at = 0;
    shim_unlocked = share_before_it_has_heard;
    (void)send(DONATE, PAGE);
    assert_int_equal(unlocked_at, 1);
    assert_int_equal(ffa_total.share_lost.counter, 0);
    reclaim();
    assert_ffa_ok();
    assert_int_equal(shim_page[PAGE + 1].refs, 0);
    assert_int_equal(shim_page[PAGE].refs, 1);
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    it_is_the_sps();
}

/* With VM destroyed the SPMC drops what the VM has shared, and the handle is free before the clean-up asks for the first time. */
static void share_at_vm_destroyed(const struct ffa_regs *call)
{
    if ( call->x[0] != FFA_FID(DIRECT_REQ_32) || call->x[2] != 0x80000006U )
        return;
    spmc.after = NULL;
    spmc_mem.nr_live = 0;
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    assert_true(send_many(e, SHARE, PAGE + 1, 1) == wanted);
    shim_current = NULL;
    spmc.nr_log = 0;
}

static void dead__dropped_with_the_vm_and_handle_given_to_another_vm__never_asked_for(void **state)
{
    wanted = share();
    d->refs++;                          /* of its page, which is lost */
    spmc.after = share_at_vm_destroyed;
    vm_die(d);
    vm_gone(d, SECONDS(10));
    assert_null(spmc.after);
    assert_int_equal(spmc_count(RECLAIM), 0);
    assert_int_equal(spmc_mem.nr_live, 1);
    assert_int_equal(ffa_total.share_lost.counter, 1);
    assert_int_equal(shim_page[PAGE].refs, 1);
    shim_page[PAGE].refs = 0;
    d->refs--;
    vm_bury(d);
    d = NULL;
    reclaim_by(e);
    assert_ffa_ok();
}

/* @from shares @page with an SP and e, or e retrieves that at @page */
static void with_both(struct domain *from, uint32_t fid, unsigned int page)
{
    const bool retrieve = fid == RETRIEVE;
    const struct ffa_mem_access access[2] = { { e->domain_id + 1, 2, 0, { 0, 0 } }, { SP_ECHO, 2, 0, { 0, 0 } } };
    const struct ffa_mem_range range = { IPA(page), 1 };
    const struct ffa_mem_out m = {
        .version = FFA_VERSION_1_2, .access_size = 16, .sender = from->domain_id + 1, .attributes = retrieve ? 0 : 0x2f,
        .flags = retrieve ? FFA_MEM_BYPASS : 0, .handle = retrieve ? wanted : 0, .access = access, .nr_accesses = retrieve ? 1 : 2,
        .ranges = &range, .nr_ranges = 1, .nr_pages = 1,
    };
    struct domain *by = retrieve ? e : from;
    uint32_t bytes = ffa_mem_emit(shim_page[TX * by->domain_id].bytes, 4096, &m, 0);

    vm_do(by, fid, bytes, bytes, 0, 0, 0);
}

static void relinquish(void)
{
    uint8_t *tx = shim_page[TX * e->domain_id].bytes;

    ffa_put_le(tx, wanted, 8);
    ffa_put_le(tx + 8, 0, 4);
    ffa_put_le(tx + 12, 1, 4);
    ffa_put_le(tx + 16, e->domain_id + 1, 2);
    vm_do(e, RELINQUISH, 0, 0, 0, 0, 0);
    assert_ffa_ok();
}

static void retrieved(unsigned int at)
{
    assert_int_equal(call_regs.x[0], RETRIEVE_RESP);
    vm_do(e, FFA_FID(RX_RELEASE), 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_true(e->p2m.nr && e->p2m.map[e->p2m.nr - 1].gfn == at && e->p2m.map[e->p2m.nr - 1].page);
}

/*
 * e has what d had shared with an SP, too; d is dead, and the SPMC has let go of that. The next VM's share has the handle: RELINQUISH
 * would not know which of the two.
 */
static void borrowed__of_the_dead__handle_given_to_another_vm__denied_until_given_back(void **state)
{
    struct domain *third = vm(3);

    with_both(d, SHARE, PAGE);
    assert_ffa_ok();
    wanted = call_regs.x[2] | call_regs.x[3] << 32;
    with_both(d, RETRIEVE, AT);
    retrieved(AT);
    d->refs++;                          /* the page's, as long as e has it */
    vm_die(d);
    vm_gone(d, SECONDS(1));
    assert_int_equal(spmc_mem.nr_live, 0);
    spmc_mem.handle = wanted - SPMC_HANDLE_STEP;
    with_both(third, SHARE, PAGE + 1);
    assert_ffa_ok();
    assert_true((call_regs.x[2] | call_regs.x[3] << 32) == wanted);

    with_both(third, RETRIEVE, AT + 1);
    assert_ffa_error(-6);
    relinquish();
    assert_int_equal(shim_page[PAGE].refs, 0);
    d->refs--;
    with_both(third, RETRIEVE, AT + 1);
    retrieved(AT + 1);
    relinquish();
    reclaim_by(third);
    assert_ffa_ok();
    vm_destroy(third);
    vm_bury(d);
    d = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reclaim__handle_given_out_again__both_fine, booted, gone),
        cmocka_unit_test_setup_teardown(reclaim__refused_and_handle_given_out_again__lost, booted, gone),
        cmocka_unit_test_setup_teardown(donated__handle_given_to_the_vms_next_share__it_is_the_sps, booted, gone),
        cmocka_unit_test_setup_teardown(donated__handle_given_to_another_vm__not_asked_for_again, two_booted, gone),
        cmocka_unit_test_setup_teardown(donated__handle_given_to_another_vm__clean_up_does_not_ask, two_booted, gone),
        cmocka_unit_test_setup_teardown(donated__reclaimed__handle_is_as_good_as_new, two_booted, gone),
        cmocka_unit_test_setup_teardown(reclaim__lock_of_our_buffers__of_donations_only, booted, gone),
        cmocka_unit_test_setup_teardown(dead__unknown_and_handle_given_to_another_vm__not_asked_for_again, two_booted, gone),
        cmocka_unit_test_setup_teardown(donated__answer_without_sense_to_another_vm__still_the_vms_to_reclaim, two_booted, gone),
        cmocka_unit_test_setup_teardown(donated__giver_gone__handle_is_as_good_as_new, two_booted, gone),
        cmocka_unit_test_setup_teardown(donating__retrieved_and_handle_given_to_another_vcpu__it_is_the_sps, booted, gone),
        cmocka_unit_test_setup_teardown(dead__dropped_with_the_vm_and_handle_given_to_another_vm__never_asked_for, two_booted, gone),
        cmocka_unit_test_setup_teardown(borrowed__of_the_dead__handle_given_to_another_vm__denied_until_given_back, two_booted, gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
