/* SPDX-License-Identifier: BSD-2-Clause */
/* Birth and death of a VM: bitmap, bindings, what pends, the messages to the SPs, the reference on the domain. */
#include "notif.h"

#include <asm/tee/ffa.h>

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

/* ---- How long a step takes ------------------------------------------------------------------------------------------ */

#define SMC_TIME        MICROSECS(40)
#define UNIT_SMCS       8                       /* that are made without a look at the clock */
#define PHASES          3

extern unsigned int *shim_param_opt_vcpus;

static struct ffa_ctx *watched;
static s_time_t watched_slice;
static unsigned int watched_steps, watched_unbound;
static uint64_t watched_gets[2];

/* Each SMC takes its time; a step that began has to end, with those that cannot be told when it is over. */
static void watch_steps(const struct ffa_regs *call)
{
    unsigned int vcpu = call->x[1] >> 16;

    shim_now += SMC_TIME;
    if ( call->x[0] != GET && call->x[0] != UNBIND && call->x[0] != FFA_FID(NOTIF_BITMAP_DESTROY) )
        return;

    if ( watched->fini_slice != watched_slice )
    {
        watched_slice = watched->fini_slice;
        watched_steps++;
    }
    assert_true(shim_now <= watched_slice + PHASES * UNIT_SMCS * SMC_TIME);
    if ( call->x[0] == UNBIND )
    {
        watched_unbound++;
        /* Rung as long as it can be, also after all was drained */
        spmc.pending[3] = 0x8;
    }
    if ( call->x[0] == GET )
        watched_gets[vcpu / 64] |= 1ULL << vcpu % 64;
}

static void death__many_vcpus_and_bits__many_steps_all_drained(void **state)
{
    struct domain *d;
    unsigned int i;

    *shim_param_opt_vcpus = 128;
    d = vm_boot(5, 128, FFA_VERSION_1_2);
    *shim_param_opt_vcpus = 0;
    bits_call(d, BIND, 0x80020000 | VM(d), 0, ~0ULL);
    assert_ffa_ok();
    for ( i = 0; i < ARRAY_SIZE(spmc.pending); i++ )
        spmc.pending[i] = 0x3;

    watched = CTX(d);
    watched_slice = 0;
    watched_steps = watched_unbound = 0;
    watched_gets[0] = watched_gets[1] = 0;
    spmc_error(UNBIND, -6, 1);
    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -6, 1);
    spmc.nr_log = 0;
    spmc.during = watch_steps;
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    spmc.during = NULL;

    /* 128 vCPUs, four times, and 65 UNBINDs at 40 us each, a thousand in a step */
    assert_in_range(watched_steps, 20, 50);
    assert_int_equal(watched_unbound, 65);
    assert_true(watched_gets[0] == ~0ULL && watched_gets[1] == ~0ULL);
    assert_true(spmc_count(GET) >= 4 * 128);
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 2);
    for ( i = 0; i < ARRAY_SIZE(spmc.pending); i++ )
        assert_int_equal(spmc.pending[i], 0);
    assert_non_null(strstr(shim_log, "dropped 17 "));
    vm_bury(d);
}

/* It is resumed at the vCPU that could not be drained, not at the first one. */
static void death__get_fails_in_the_middle__goes_on_there(void **state)
{
    static const struct ffa_regs nothing = { .x = { FFA_FID(SUCCESS_32) } };
    struct domain *d = vm_create(5, 4);
    unsigned int i;

    for ( i = 0; i < 2; i++ )
        spmc_answer(GET, &nothing);
    spmc_error(GET, -4, 2);
    spmc.nr_log = 0;
    vm_die(d);
    assert_true(vm_gone(d, SECONDS(1)));
    /* 0, 1, 2 twice in vain, 2, 3; and all once more */
    assert_int_equal(spmc_count(GET), 2 + 2 + 2 + 4);
    vm_bury(d);
}

/* ---- Who is told -------------------------------------------------------------------------------------------------------- */

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

/* ---- Births that fail: the id is kept until the secure world has let go ---- */

/* An SMC takes 10 ms. */
static void take_time(const struct ffa_regs *call)
{
    shim_now += MILLISECS(10);
}

static unsigned int deaths_told(void)
{
    unsigned int i, told = 0;

    for ( i = 0; i < spmc.nr_log; i++ )
        told += spmc.log[i].x[0] == FFA_FID(DIRECT_REQ_32) && spmc.log[i].x[2] == FFA_MSG_VM_DESTROYED;

    return told;
}

/* Of all allocations the last one fails: the SPs know of the VM. From then on they are busy, for @busy messages. */
static void fail_late(struct domain *d, unsigned int busy)
{
    struct ffa_regs yes = { .x = { FFA_FID(DIRECT_RESP_32), (uint64_t)SP_NOTIFY << 16, FFA_MSG_VM_CREATED_RESP } };
    unsigned int n;

    spmc_answer(FFA_FID(DIRECT_REQ_32), &yes);
    if ( busy )
        spmc_error(FFA_FID(DIRECT_REQ_32), -4, busy);
    spmc.nr_log = 0;
    for ( n = 1; !spmc_count(FFA_FID(DIRECT_REQ_32)); n++ )
    {
        assert_true(n < 20);
        shim_alloc_fails = n;
        assert_int_equal(mediator->domain_init(d), -ENOMEM);
        shim_alloc_fails = 0;
        assert_null(d->arch.tee);
    }
}

static void birth__fails__taken_back_at_once(void **state)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->domain_id = 6;
    d->max_vcpus = 1;
    fail_late(d, 0);
    free(d);
    assert_int_equal(deaths_told(), 1);
    assert_int_equal(ffa_ids_kept(), 0);
    d = vm_create(6, 1);
    assert_non_null(d);
    vm_destroy(d);
}

static void birth__fails_and_death_not_heard__id_kept_until_it_is(void **state)
{
    struct domain *d = calloc(1, sizeof(*d));
    s_time_t before = shim_now;
    unsigned int told;

    d->domain_id = 6;
    d->max_vcpus = 1;
    fail_late(d, 510);
    /* Nobody waits: who asked for the domain has a lock. */
    assert_int_equal(deaths_told(), 1);
    assert_true(shim_now - before < MILLISECS(1));
    mediator->free_domain_ctx(d);
    assert_int_equal(d->refs, 0);
    free(d);

    assert_true(ffa_id_kept(6));
    assert_false(ffa_id_kept(5) || ffa_id_kept(7));
    assert_int_equal(ffa_ids_kept(), 1);
    told = deaths_told();
    assert_null(vm_create(6, 1));
    assert_int_equal(deaths_told(), told);
    /* For ever, in the end once a second */
    shim_run_timers(shim_now + SECONDS(6));
    assert_non_null(strstr(shim_log, "ffa: d6: the secure world does not let go of VM 7, its id is kept back"));
    told = deaths_told();
    shim_run_timers(shim_now + SECONDS(4));
    assert_in_range(deaths_told() - told, 3, 5);
    assert_true(ffa_id_kept(6));

    spmc_forget_answers();
    shim_run_timers(shim_now + SECONDS(2));
    assert_int_equal(spmc_last(FFA_FID(DIRECT_REQ_32))->x[5], 7);
    assert_int_equal(spmc_last(FFA_FID(DIRECT_REQ_32))->x[2], FFA_MSG_VM_DESTROYED);
    assert_int_equal(ffa_ids_kept(), 0);

    /* That was all: no timer is left, and the next one is like any other. */
    told = spmc.nr_log;
    shim_run_timers(shim_now + SECONDS(20));
    assert_int_equal(spmc.nr_log, told);
    d = vm_create(6, 1);
    assert_non_null(d);
    assert_int_equal(ffa_ids_kept(), 0);
    vm_destroy(d);
}

/* The domain fails behind the mediator's back, and the bitmap stays. */
static void birth__undone_by_others__bitmap_goes_later(void **state)
{
    struct domain *d = vm_create(6, 2);

    spmc_error(FFA_FID(NOTIF_BITMAP_DESTROY), -6, 510);
    spmc.pending[1] = 0x3;
    shim_domains = d->next_in_list;
    d->is_dying = DOMDYING_dead;
    mediator->free_domain_ctx(d);
    assert_null(d->arch.tee);
    mediator->domain_teardown(d);
    assert_int_equal(d->refs, 0);
    free(d->vcpu[0]);
    free(d->vcpu[1]);
    free(d);
    assert_int_equal(ffa_ids_kept(), 1);
    assert_int_equal(deaths_told(), 0);

    shim_run_timers(shim_now + SECONDS(2));
    assert_int_equal(ffa_ids_kept(), 1);
    spmc_forget_answers();
    shim_run_timers(shim_now + SECONDS(2));
    assert_int_equal(ffa_ids_kept(), 0);
    assert_int_equal(deaths_told(), 1);
    d = vm_create(6, 1);
    assert_non_null(d);
    vm_destroy(d);
}

/* VM created is preempted and does not end: VM destroyed comes behind its end, and nobody else runs the SP meanwhile. */
static void birth__sp_preempted_for_long__message_ended_later(void **state)
{
    struct ffa_regs interrupt = { .x = { FFA_FID(INTERRUPT), (uint64_t)SP_NOTIFY << 16 } };
    struct ffa_regs created = { .x = { FFA_FID(DIRECT_RESP_32), (uint64_t)SP_NOTIFY << 16, FFA_MSG_VM_CREATED_RESP } };
    const uint32_t target = (uint32_t)SP_NOTIFY << 16;

    spmc_answer(FFA_FID(DIRECT_REQ_32), &interrupt);
    spmc_error(FFA_FID(RUN), -4, 510);
    spmc.during = take_time;
    shim_cpu = 2;
    assert_null(vm_create(6, 1));
    shim_cpu = 0;
    spmc.during = NULL;
    assert_int_equal(ffa_ids_kept(), 1);
    assert_true(ffa_vm_in_message(target | 1, true));
    assert_true(ffa_vm_in_message(target, false));
    assert_false(ffa_vm_in_message(target | 1, false));
    assert_int_equal(deaths_told(), 0);

    spmc_forget_answers();
    spmc_answer(FFA_FID(RUN), &created);
    shim_run_timers(shim_now + SECONDS(1));
    assert_int_equal(deaths_told(), 1);
    assert_false(ffa_vm_in_message(target, true));
    assert_int_equal(ffa_ids_kept(), 0);
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
        T(death__many_vcpus_and_bits__many_steps_all_drained),
        T(death__get_fails_in_the_middle__goes_on_there),
        T(death__sp_busy__asked_on_the_other_cpus),
        T(death__message_preempted__info_get_goes_on_between),
        T(birth__many_vcpus__no_more_than_cpus_at_the_spmc),
        T(birth__sp_busy_for_a_while__waited_for),
        T(birth__bitmap_of_an_earlier_life__taken_away),
        T(birth__fails__taken_back_at_once),
        T(birth__fails_and_death_not_heard__id_kept_until_it_is),
        T(birth__undone_by_others__bitmap_goes_later),
        T(birth__sp_preempted_for_long__message_ended_later),
    };

    return cmocka_run_group_tests_name("births and deaths", tests, NULL, NULL);
}
