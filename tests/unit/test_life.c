/* SPDX-License-Identifier: BSD-2-Clause */
/* Birth and death of a VM: bitmap, bindings, what pends, the messages to the SPs, the reference on the domain. */
#include "notif.h"

static void death__pending_and_bound__drained_unbound_destroyed(void **state)
{
    struct domain *d = vm_boot(5, 2, FFA_VERSION_1_1);

    vm_do(d, BIND, 0x80020000 | VM(d), 0, 0xf0, 0x1, 0);
    vm_do(d, BIND, 0x80010000 | VM(d), 1, 0x3, 0, 0);
    vm_do(d, UNBIND, 0x80010000 | VM(d), 0, 0x1, 0, 0);
    spmc.pending[0] = 0x10;
    spmc.pending[1] = 0x3;
    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -6, 2);
    spmc.nr_log = 0;
    vm_destroy(d);
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 3);
    assert_int_equal(spmc_count(UNBIND), 2);
    assert_int_equal(spmc_last(UNBIND)->x[1], 0x80020006);
    assert_int_equal(spmc_last(UNBIND)->x[3], 0xf0);
    assert_int_equal(spmc_last(UNBIND)->x[4], 0x1);
    assert_non_null(strstr(shim_log, "d5 ledger: npi 0 merged 0 get 0 bits 0 dropped 3 rescued 0\n"));
    /* Echo wants VM destroyed, as does notify; neither heard of it before the bitmap went. */
    assert_int_equal(spmc_last(FFA_FID(DIRECT_REQ_32)) > spmc_last(FFA_FID(NOTIF_BITMAP_DESTROY)), 1);
}

static void death__spmc_refuses_for_long__domain_kept_until_it_lets_go(void **state)
{
    struct domain *d = vm_create(5, 1);
    unsigned int smcs;

    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -6, 510);
    vm_die(d);
    assert_false(vm_gone(d, SECONDS(6)));
    assert_non_null(strstr(shim_log, "its id is kept back"));

    /* Once a second from now on */
    smcs = spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY));
    assert_true(smcs > 100);
    assert_false(vm_gone(d, SECONDS(4)));
    assert_in_range(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)) - smcs, 3, 5);
    assert_true(vm_gone(d, SECONDS(510)));
    vm_bury(d);
}

static void death__teardown_called_again__one_reference_dropped_once(void **state)
{
    struct domain *d = vm_create(5, 1);
    unsigned int i;

    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -6, 20);
    for ( i = 0; i < 3; i++ )
    {
        vm_die(d);
        assert_int_equal(d->refs, 1);
        shim_run_timers(shim_now + MILLISECS(15));
    }
    assert_true(vm_gone(d, SECONDS(5)));

    /* A killer that comes back, and a timer that is late, find nothing to do. */
    i = spmc.nr_log;
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(20)));
    assert_int_equal(spmc.nr_log, i);
    vm_bury(d);
}

static void death__no_context__nothing_to_do(void **state)
{
    struct domain *d = *state;
    void *ctx = d->arch.tee;

    d->arch.tee = NULL;
    d->is_dying = DOMDYING_dying;
    assert_int_equal(mediator->domain_teardown(d), 0);
    assert_int_equal(mediator->relinquish_resources(d), 0);
    mediator->free_domain_ctx(d);
    assert_int_equal(d->refs, 0);
    d->is_dying = DOMDYING_alive;

    /* And a list that names it rings nobody. */
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 0);
    d->arch.tee = ctx;
}

static void death__spmc_knows_no_bitmap__over_in_the_end(void **state)
{
    struct domain *d = vm_create(5, 1);

    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -2, 510);
    vm_die(d);
    assert_false(vm_gone(d, SECONDS(4)));
    assert_true(vm_gone(d, SECONDS(4)));
    assert_non_null(strstr(shim_log, "BITMAP_DESTROY: -2"));
    vm_bury(d);
}

static void death__get_fails__no_destroy_before_all_is_drained(void **state)
{
    struct domain *d = vm_create(5, 2);

    spmc.pending[1] = 0x3;
    spmc_error(GET, -4, 3);
    vm_die(d);
    shim_run_timers(shim_now + MILLISECS(5));
    assert_true(spmc_count(GET) > 0);
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 0);
    assert_true(vm_gone(d, SECONDS(1)));
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 1);
    assert_non_null(strstr(shim_log, "dropped 2 "));
    vm_bury(d);
}

static unsigned int death_cpus;

static void note_cpu(const struct ffa_regs *call)
{
    if ( call->x[0] == FFA_FID(DIRECT_REQ_32) && call->x[2] == FFA_MSG_VM_DESTROYED )
        death_cpus |= 1U << shim_cpu;
}

static void death__sp_busy__asked_on_the_other_cpus(void **state)
{
    struct domain *d = vm_create(5, 1);

    death_cpus = 0;
    spmc.during = note_cpu;
    spmc_error(FFA_FID(DIRECT_REQ_32), -4, 3);
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    assert_int_equal(death_cpus, 0xf);
    vm_bury(d);
}

static void death__message_preempted__info_get_goes_on_between(void **state)
{
    struct ffa_regs interrupt = { .x = { FFA_FID(INTERRUPT), 0x80020001 } };
    struct ffa_regs done = { .x = { FFA_FID(DIRECT_RESP_32), 0x80020000, 0x80000007, 0 } };
    struct domain *d = vm_create(5, 1);
    unsigned int i;

    for ( i = 0; i < 50; i++ )
        spmc_answer(i ? FFA_FID(RUN) : FFA_FID(DIRECT_REQ_32), &interrupt);
    spmc_answer(FFA_FID(RUN), &done);
    vm_die(d);
    while ( spmc_count(FFA_FID(RUN)) < 20 )
        shim_run_timers(shim_now + MILLISECS(1));
    assert_true(d->refs);
    spmc_lists(1 << 7, VM((struct domain *)*state), 0);
    sri(0);
    assert_int_equal(npis(*state), 1);
    assert_true(vm_gone(d, SECONDS(1)));
    vm_bury(d);
}

/* More vCPUs than CPUs: the SPMC's tables may have no room for them. */
static void birth__many_vcpus__no_more_than_cpus_at_the_spmc(void **state)
{
    struct domain *d = vm_create(6, 8);

    assert_int_equal(spmc_last(FFA_FID(NOTIF_BITMAP_CREATE))->x[2], 4);
    vm_version(d, FFA_VERSION_1_2);
    get(d, 3, FROM_SPS);
    assert_int_equal(spmc_last(GET)->x[1], 3 << 16 | 7);
    get(d, 6, FROM_SPS);
    assert_ffa_ok();
    assert_int_equal(spmc_last(GET)->x[1], 7);

    /* A list that names one of them is nonsense. */
    spmc_lists(1 << 7 | 1 << 12, VM(d) | 6 << 16, 0);
    sri(0);
    assert_int_equal(atomic_read(&ffa_total.drop_vcpu), 1);
    assert_int_equal(d->vcpu[6]->npis, 0);
    vm_destroy(d);
    assert_true(spmc_last(GET)->x[1] >> 16 < 4);
}

static void birth__sp_busy_for_a_while__waited_for(void **state)
{
    struct domain *d;

    spmc_error(FFA_FID(DIRECT_REQ_32), -4, 3);
    d = vm_create(6, 1);
    assert_non_null(d);
    vm_destroy(d);
}

static void birth__bitmap_of_an_earlier_life__taken_away(void **state)
{
    struct domain *d;

    spmc_error(FFA_FID(NOTIF_BITMAP_CREATE), -6, 1);
    spmc.pending[0] = 0x3;
    d = vm_create(6, 1);
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 1);
    vm_version(d, FFA_VERSION_1_2);
    get(d, 0, FROM_SPS);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 0);
    vm_destroy(d);
}
int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, one_vm, one_vm_gone)
    const struct CMUnitTest tests[] = {
        T(death__pending_and_bound__drained_unbound_destroyed),
        T(death__spmc_refuses_for_long__domain_kept_until_it_lets_go),
        T(death__teardown_called_again__one_reference_dropped_once),
        T(death__no_context__nothing_to_do),
        T(death__spmc_knows_no_bitmap__over_in_the_end),
        T(death__get_fails__no_destroy_before_all_is_drained),
        T(death__sp_busy__asked_on_the_other_cpus),
        T(death__message_preempted__info_get_goes_on_between),
        T(birth__many_vcpus__no_more_than_cpus_at_the_spmc),
        T(birth__sp_busy_for_a_while__waited_for),
        T(birth__bitmap_of_an_earlier_life__taken_away),
    };

    return cmocka_run_group_tests_name("births and deaths", tests, NULL, NULL);
}
