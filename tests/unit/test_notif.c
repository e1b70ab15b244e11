/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: ffa_notif.c and ffa_notif_sri.c against a scripted SPMC. */
#include "notif.h"

static void bind__low_word_in_w3_high_in_w4__forwarded_as_is(void **state)
{
    const struct ffa_regs *smc;

    vm_do(*state, BIND, 0x80020002, 1, 0x11111111, 0x22222222, 0);
    assert_ffa_ok();
    smc = spmc_last(BIND);
    assert_int_equal(smc->x[1], 0x80020002);
    assert_int_equal(smc->x[2], 1);
    assert_int_equal(smc->x[3], 0x11111111);
    assert_int_equal(smc->x[4], 0x22222222);
    vm_do(*state, UNBIND, 0x80020002, 0, 0x11111111, 0x22222222, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_last(UNBIND)->x[4], 0x22222222);
}

static void checks__table_of_misuse__refused_without_an_smc(void **state)
{
    static const struct {
        uint32_t fid, w1, w2, w3, w4, w5;
        int32_t code;
    } row[] = {
        { BIND, 0x80020003, 0, 1, 0, 0, -2 },     /* receiver is another VM  */
        { BIND, 0x80028001, 0, 1, 0, 0, -2 },     /* receiver is an SP       */
        { BIND, 0x00028002, 0, 1, 0, 0, -2 },     /* halves swapped          */
        { BIND, 0x00020002, 0, 1, 0, 0, -2 },     /* sender is the caller    */
        { BIND, 0x00000002, 0, 1, 0, 0, -2 },     /* sender is the hypervisor */
        { BIND, 0x80770002, 0, 1, 0, 0, -2 },     /* no such SP              */
        { BIND, 0x80000002, 0, 1, 0, 0, -2 },     /* the SPMC                */
        { BIND, 0x00030002, 0, 1, 0, 0, -2 },     /* sender is no VM         */
        { BIND, 0x80020002, 2, 1, 0, 0, -2 },     /* reserved flag           */
        { BIND, 0x80020002, 0, 0, 0, 0, -2 },     /* no bits                 */
        { BIND, 0x80020002, 0, 1, 0, 1, -2 },     /* MBZ register            */
        { UNBIND, 0x80020003, 0, 1, 0, 0, -2 },
        { UNBIND, 0x80020002, 1, 1, 0, 0, -2 },
        { UNBIND, 0x80020002, 0, 0, 0, 0, -2 },
        { SET, 0x00038002, 0, 1, 0, 0, -2 },      /* sender is another VM    */
        { SET, 0x80020002, 0, 1, 0, 0, -2 },      /* sender is an SP         */
        { SET, 0x00020002, 0, 1, 0, 0, -2 },
        { SET, 0x00020003, 0, 1, 0, 0, -2 },      /* receiver is no VM       */
        { SET, 0x00028077, 0, 1, 0, 0, -2 },
        { SET, 0x00028002, 2, 1, 0, 0, -2 },      /* delay SRI               */
        { SET, 0x00028002, 4, 1, 0, 0, -2 },
        { SET, 0x00028002, 0x10000, 1, 0, 0, -2 }, /* vCPU for a global one  */
        { SET, 0x00028002, 0, 0, 0, 0, -2 },
        { GET, 0x00000003, 1, 0, 0, 0, -2 },      /* another VM's            */
        { GET, 0x00020000, 1, 0, 0, 0, -2 },      /* halves swapped          */
        { GET, 0x00040002, 1, 0, 0, 0, -2 },      /* vCPU 4 of 4             */
        { GET, 0x00000002, 0x10, 0, 0, 0, -2 },
        { GET, 0x00000002, 1, 1, 0, 0, -2 },
        { INFO32, 1, 0, 0, 0, 0, -2 },
        { INFO64, 0, 0, 0, 0, 1, -2 },
        { 0x8400007d, 2, 4, 0, 0, 0, -1 },        /* BITMAP_CREATE           */
        { 0x8400007e, 2, 0, 0, 0, 0, -1 },
    };
    unsigned int i, before = spmc.nr_log;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        vm_do(*state, row[i].fid, row[i].w1, row[i].w2, row[i].w3, row[i].w4, row[i].w5);
        assert_ffa_error(row[i].code);
    }
    assert_int_equal(spmc.nr_log, before);
}

/* One bit too many costs an UNBIND at the end, one too few a bitmap that stays. */
static void spmc_error__bind__passed_on_and_recorded(void **state)
{
    spmc_error(BIND, -6, 1);
    vm_do(*state, BIND, 0x80020002, 0, 3, 0, 0);
    assert_ffa_error(-6);
    assert_int_equal(CTX((struct domain *)*state)->notif.bound[1], 3);
}

static void get__vm_and_hyp_flags__not_forwarded(void **state)
{
    struct domain *d = *state;

    spmc.pending[0] = 0x8000000000000001;
    vm_do(d, GET, VM(d), 0xf, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc_last(GET)->x[2], 5);
    assert_int_equal(call_regs.x[2], 1);
    assert_int_equal(call_regs.x[3], 0x80000000U);
    assert_int_equal(call_regs.x[4] | call_regs.x[5] | call_regs.x[7], 0);

    spmc.nr_log = 0;
    vm_do(d, GET, VM(d), 0xa, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(spmc.nr_log, 0);
}

static void get__answer_has_what_was_not_asked_for__hidden(void **state)
{
    struct domain *d = *state;

    spmc_answer(GET, &(struct ffa_regs){ .x = { FFA_FID(SUCCESS_32), 0, 1, 2, 3, 4, 5, 6 } });
    vm_do(d, GET, VM(d), 4, 0, 0, 0);
    assert_int_equal(call_regs.x[2] | call_regs.x[3] | call_regs.x[4] | call_regs.x[5] | call_regs.x[7], 0);
    assert_int_equal(call_regs.x[6], 5);
}

static void sri__global__one_running_vcpu_gets_the_npi(void **state)
{
    struct domain *d = *state;

    d->vcpu[2]->is_running = true;
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(d->vcpu[2]->npis, 1);
    assert_int_equal(npis(d), 1);
    assert_int_equal(atomic_read(&CTX(d)->count.npi), 1);
}

static void sri__per_vcpu__just_those_named(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7 | 2 << 12, VM(d) | 1 << 16 | 3ULL << 32, 0);
    sri(1);
    assert_int_equal(d->vcpu[0]->npis + d->vcpu[2]->npis, 0);
    assert_int_equal(d->vcpu[1]->npis + d->vcpu[3]->npis, 2);
}

static void sri__listed_twice_before_get__merged(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 1);
    assert_int_equal(atomic_read(&CTX(d)->count.npi_merged), 1);
    get(d, 1, FROM_SPS);
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 2);
}

static unsigned int npis_without_a_hint;

static void look_for_the_hint(struct vcpu *v)
{
    const struct ffa_notif *notif = &CTX(v->domain)->notif;

    npis_without_a_hint += !notif->hinted || !(notif->hint[v->vcpu_id].sets | notif->hint[v->domain->max_vcpus].sets);
}

/* A vCPU that runs elsewhere takes the NPI at once, and its GET reads the hint without the lock. */
static void sri__npi__hint_is_there_before_it(void **state)
{
    struct domain *d = *state;

    npis_without_a_hint = 0;
    shim_on_npi = look_for_the_hint;
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    spmc_lists(1 << 7 | 1 << 12, VM(d) | 1 << 16, 0);
    sri(1);
    shim_on_npi = NULL;
    assert_int_equal(npis(d), 2);
    assert_int_equal(npis_without_a_hint, 0);
}

static void sri__domain_dies_when_the_rcu_section_ends__not_touched_any_more(void **state)
{
    struct domain *d = vm_boot(9, 2, FFA_VERSION_1_2);

    shim_rcu_unlocked = vm_destroy;
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_null(shim_rcu_unlocked);
    assert_int_equal(npis(*state), 0);
}

static void sri__id_of_the_dead_has_a_new_domain__at_worst_an_npi(void **state)
{
    struct domain *d = vm_boot(9, 2, FFA_VERSION_1_2);

    vm_destroy(d);
    d = vm_boot(9, 2, FFA_VERSION_1_2);

    /* The SPMC named the id while the first one lived; the list is worked off now. */
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 1);
    get(d, 0, FROM_SPS);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 0);
    assert_int_equal(call_regs.x[3], 0);
    assert_int_equal(shim_run_timers(shim_now + SECONDS(5)) > 1, 0);
    vm_destroy(d);
}

static struct domain *ring_during_get;

static void ring(const struct ffa_regs *call)
{
    if ( call->x[0] != GET )
        return;

    /* Just after the SPMC has answered: another CPU takes the SRI of a new SET. */
    spmc.during = NULL;
    spmc_lists(1 << 7, VM(ring_during_get), 0);
    sri(1);
}

static void get__set_comes_in_between__npi_again(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    ring_during_get = d;
    spmc.during = ring;
    get(d, 0, FROM_SPS);
    assert_ffa_ok();
    assert_int_equal(npis(d), 2);
    assert_true(CTX(d)->notif.hint[4].sets & FFA_NOTIF_GET_SP);
}

static void get__fails__still_pending_and_npi_repeated(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    spmc_error(GET, -4, 1);
    get(d, 0, FROM_SPS);
    assert_ffa_error(-4);
    assert_true(CTX(d)->notif.hint[4].sets & FFA_NOTIF_GET_SP);
    shim_run_timers(shim_now + MILLISECS(40));
    assert_int_equal(npis(d), 2);
    assert_int_equal(atomic_read(&CTX(d)->count.npi_rescued), 1);
    get(d, 0, FROM_SPS);
    assert_ffa_ok();
    assert_int_equal(shim_run_timers(shim_now + SECONDS(5)), 1);
}

static void get__other_vcpu_still_waiting__its_npi_repeated(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7 | 2 << 12, VM(d) | 0 << 16 | 3ULL << 32, 0);
    sri(0);
    get(d, 0, FROM_SPS);
    assert_int_equal(d->vcpu[0]->npis, 1);
    assert_int_equal(d->vcpu[3]->npis, 2);
    assert_int_equal(atomic_read(&CTX(d)->count.npi_other), 1);
    get(d, 3, FROM_SPS);
    assert_int_equal(d->vcpu[3]->npis, 2);
}

static void sri__nobody_online__injected_when_one_comes(void **state)
{
    struct domain *d = *state;
    unsigned int i;

    for ( i = 0; i < 4; i++ )
        d->vcpu[i]->online = false;
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    shim_run_timers(shim_now + MILLISECS(100));
    assert_int_equal(npis(d), 0);
    d->vcpu[3]->online = true;
    shim_run_timers(shim_now + SECONDS(2));
    assert_true(d->vcpu[3]->npis >= 1);
}

static void sri__told_vcpu_switched_off__another_is_told(void **state)
{
    struct domain *d = *state;

    spmc_lists(1 << 7 | 1 << 12, VM(d) | 3 << 16, 0);
    sri(0);
    assert_int_equal(d->vcpu[3]->npis, 1);
    d->vcpu[3]->online = false;
    shim_run_timers(shim_now + SECONDS(2));
    assert_true(d->vcpu[0]->npis >= 1);
}

static void sri__strange_ids__counted_and_others_served(void **state)
{
    struct domain *d = *state;

    /* 0, an unknown SP, an unknown VM, then ours; vCPU 9 does not exist */
    spmc_lists(4 << 7 | 2 << 18, 0x80ffULL << 16 | 77ULL << 32 | VM(d) << 48, 9 | 1 << 16);
    sri(0);
    assert_int_equal(atomic_read(&ffa_total.drop_hyp), 1);
    assert_int_equal(atomic_read(&ffa_total.drop_sp), 1);
    assert_int_equal(atomic_read(&ffa_total.drop_unknown), 1);
    assert_int_equal(atomic_read(&ffa_total.drop_vcpu), 1);
    assert_int_equal(d->vcpu[1]->npis, 1);
    assert_int_equal(npis(d), 1);
}

static void sri__spurious_and_errors__counted(void **state)
{
    sri(0);
    spmc_error(INFO64, -2, 1);
    sri(0);
    spmc_answer(INFO64, &(struct ffa_regs){ .x = { 0x12345678, 1, ~0ULL, ~0ULL } });
    sri(0);
    assert_int_equal(atomic_read(&ffa_total.info_nodata), 1);
    assert_int_equal(atomic_read(&ffa_total.info_error), 2);
    assert_int_equal(atomic_read(&ffa_total.sri), 3);
}

static void sri__more_for_ever__bounded_then_later(void **state)
{
    struct domain *d = *state;
    unsigned int i, first;

    for ( i = 0; i < 100; i++ )
        spmc_lists(1 | 1 << 7, VM(d), 0);
    sri(0);
    first = spmc_count(INFO64);
    assert_true(first < 100);
    assert_int_equal(atomic_read(&ffa_total.info_bound), 1);
    for ( i = 0; i < 20; i++ )
    {
        shim_run_timers(shim_now + MILLISECS(10));
        shim_run_tasklets();
    }
    assert_int_equal(spmc_count(INFO64), 101);
    assert_int_equal(atomic_read(&ffa_total.info_nodata), 1);
}

static void sri__info_get_fails__tried_again(void **state)
{
    static const int32_t codes[] = { -4, -7, -5, -8 };
    struct domain *d = *state;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(codes); i++ )
        spmc_error(INFO64, codes[i], 1);
    spmc_answer(INFO64, &(struct ffa_regs){ .x = { 0x12345678, 1, ~0ULL, ~0ULL } });
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 0);
    shim_run_timers(shim_now + MILLISECS(40));
    assert_int_equal(npis(d), 1);
    assert_int_equal(atomic_read(&ffa_total.info_again), 5);
    assert_int_equal(atomic_read(&CTX(d)->count.npi_rescued), 0);
}

static void sri__info_get_fails_for_ever__left_until_the_next(void **state)
{
    struct domain *d = *state;

    spmc_error(INFO64, -4, 11);
    sri(0);
    shim_run_timers(shim_now + SECONDS(5));
    assert_int_equal(spmc_count(INFO64), 11);
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(npis(d), 1);
}

static void sri__answer_contradicts_itself__all_vms_told(void **state)
{
    struct domain *d = *state, *other = vm_create(6, 1);

    d->vcpu[3]->online = false;
    /* 31 lists in 20 ids, each of which is the hypervisor's */
    spmc_lists(31 << 7, 0, 0);
    sri(0);
    assert_int_equal(atomic_read(&ffa_total.info_malformed), 1);
    assert_true(d->vcpu[0]->npis && d->vcpu[1]->npis && d->vcpu[2]->npis && !d->vcpu[3]->npis);
    assert_true(npis(other));
    get(d, 0, FROM_SPS);
    get(d, 1, FROM_SPS);
    get(d, 2, FROM_SPS);
    vm_destroy(other);
}

static void info_get__own_state__one_list_in_the_width_of_the_call(void **state)
{
    struct domain *d = *state;

    vm_do(d, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_error(-9);
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    spmc.nr_log = 0;
    vm_do(d, INFO64, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(SUCCESS_64));
    assert_int_equal(call_regs.x[2], 0x80);
    assert_int_equal(call_regs.x[3], VM(d));
    vm_do(d, INFO64, 0, 0, 0, 0, 0);
    assert_ffa_error(-9);
    assert_int_equal(spmc.nr_log, 0);

    /* All four vCPUs, in two lists of the SPMC: three and more, then the last one */
    spmc_lists(2 << 7 | 3 << 12 | 1 << 14, VM(d) | 0ULL << 16 | 1ULL << 32 | 2ULL << 48, VM(d) | 3 << 16);
    sri(0);
    vm_do(d, INFO32, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[0], FFA_FID(SUCCESS_32));
    assert_int_equal(call_regs.x[2], 1 | 1 << 7 | 3 << 12);
    assert_int_equal(call_regs.x[3], VM(d) | 0 << 16);
    assert_int_equal(call_regs.x[4], 1 | 2 << 16);
    vm_do(d, INFO32, 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2], 1 << 7 | 1 << 12);
    assert_int_equal(call_regs.x[3], VM(d) | 3 << 16);
}

/* Boot again, with the schedule receiver interrupt @intid */
static void boot_with_sri(void **state, uint32_t intid)
{
    vm_destroy(*state);
    world_reset();
    spmc.sri = intid;
    world_boot();
    *state = vm_boot(1, 4, FFA_VERSION_1_2);
}

static void sri__ppi__type_first_and_one_request_per_cpu(void **state)
{
    boot_with_sri(state, 20);
    assert_true(ffa_notif_works());
    assert_string_equal(shim_irqs, "type 20, request 20 on 0, type 20, request 20 on 1, type 20, request 20 on 2, type 20, "
                                   "request 20 on 3, ");
}

static void sri__spi__type_first_and_one_request_in_all(void **state)
{
    boot_with_sri(state, 40);
    assert_true(ffa_notif_works());
    assert_string_equal(shim_irqs, "type 40, request 40 on 0, ");
}

static void sri__sgi__no_type(void **state)
{
    assert_string_equal(shim_irqs, "request 8 on 0, request 8 on 1, request 8 on 2, request 8 on 3, ");
}

/* FEATURES says yes, the call says NOT_SUPPORTED: guests are told the truth. */
static void set__not_there_though_features_says_so__not_offered(void **state)
{
    vm_destroy(*state);
    world_reset();
    world_policy("sp:* all", NULL, 0);
    spmc_error(SET, -1, 1);
    world_boot();
    *state = vm_boot(1, 4, FFA_VERSION_1_2);
    vm_do(*state, FFA_FID(FEATURES), SET, 0, 0, 0, 0);
    assert_ffa_error(-1);
    vm_do(*state, SET, 0x00028002, 0, 1, 0, 0);
    assert_ffa_error(-1);
    vm_do(*state, FFA_FID(FEATURES), GET, 0, 0, 0, 0);
    assert_ffa_ok();
}

static void birth__bitmap_refused__vm_without_notifications(void **state)
{
    struct domain *d;

    vm_destroy(*state);
    world_reset();
    world_policy("sp:* all", NULL, 0);
    world_boot();
    *state = vm_create(1, 4);
    spmc.nr_log = 0;
    spmc_error(FFA_FID(NOTIF_BITMAP_CREATE), -3, 1);
    d = vm_boot(6, 1, FFA_VERSION_1_2);
    assert_non_null(d);
    get(d, 0, FROM_SPS);
    assert_ffa_error(-1);
    vm_do(d, FFA_FID(FEATURES), 2, 0, 0, 0, 0);
    assert_ffa_error(-1);
    assert_int_equal(spmc_count(GET), 0);
    spmc_lists(1 << 7, VM(d), 0);
    sri(0);
    assert_int_equal(atomic_read(&CTX(d)->count.drop_no_ffa), 1);
    vm_destroy(d);
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_DESTROY)), 0);
}

static void birth__an_sp_refuses__undone(void **state)
{
    struct ffa_regs deny = { .x = { FFA_FID(DIRECT_RESP_32), 0x80020000, 0x80000005, (uint32_t)-6 } };

    spmc_answer(FFA_FID(DIRECT_REQ_32), &deny);
    assert_null(vm_create(7, 1));
    assert_int_equal(spmc_count(FFA_FID(NOTIF_BITMAP_CREATE)), 1);
}

static void messages__preempted__resumed_to_the_end(void **state)
{
    struct ffa_regs interrupt = { .x = { FFA_FID(INTERRUPT), 0x80020001 } };
    struct ffa_regs done = { .x = { FFA_FID(DIRECT_RESP_32), 0x80020000, 0x80000005, 0 } };
    struct domain *d;

    spmc_answer(FFA_FID(DIRECT_REQ_32), &interrupt);
    spmc_answer(FFA_FID(RUN), &interrupt);
    spmc_answer(FFA_FID(RUN), &interrupt);
    spmc_answer(FFA_FID(RUN), &done);
    d = vm_create(8, 1);
    assert_non_null(d);
    assert_int_equal(spmc_count(FFA_FID(RUN)), 3);
    assert_int_equal(spmc_last(FFA_FID(RUN))->x[1], 0x80020001);
    vm_destroy(d);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, one_vm, one_vm_gone)
    const struct CMUnitTest tests[] = {
        T(bind__low_word_in_w3_high_in_w4__forwarded_as_is),
        T(checks__table_of_misuse__refused_without_an_smc),
        T(spmc_error__bind__passed_on_and_recorded),
        T(get__vm_and_hyp_flags__not_forwarded),
        T(get__answer_has_what_was_not_asked_for__hidden),
        T(sri__global__one_running_vcpu_gets_the_npi),
        T(sri__per_vcpu__just_those_named),
        T(sri__listed_twice_before_get__merged),
        T(sri__npi__hint_is_there_before_it),
        T(sri__domain_dies_when_the_rcu_section_ends__not_touched_any_more),
        T(sri__id_of_the_dead_has_a_new_domain__at_worst_an_npi),
        T(get__set_comes_in_between__npi_again),
        T(get__fails__still_pending_and_npi_repeated),
        T(get__other_vcpu_still_waiting__its_npi_repeated),
        T(sri__nobody_online__injected_when_one_comes),
        T(sri__told_vcpu_switched_off__another_is_told),
        T(sri__strange_ids__counted_and_others_served),
        T(sri__spurious_and_errors__counted),
        T(sri__more_for_ever__bounded_then_later),
        T(sri__info_get_fails__tried_again),
        T(sri__info_get_fails_for_ever__left_until_the_next),
        T(sri__answer_contradicts_itself__all_vms_told),
        T(info_get__own_state__one_list_in_the_width_of_the_call),
        T(sri__ppi__type_first_and_one_request_per_cpu),
        T(sri__spi__type_first_and_one_request_in_all),
        T(sri__sgi__no_type),
        T(set__not_there_though_features_says_so__not_offered),
        T(birth__bitmap_refused__vm_without_notifications),
        T(birth__an_sp_refuses__undone),
        T(messages__preempted__resumed_to_the_end),
    };

    return cmocka_run_group_tests_name("notifications", tests, NULL, NULL);
}
