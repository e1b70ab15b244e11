/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications and indirect messages between VMs: ffa_notif_vm.c, ffa_msg2.c, and how GET merges them with the SPMC's. */
#include "notif.h"

#include <asm/tee/ffa.h>

/* VMs 2, 3 and 4; the last may do nothing with the others, nor they with it */
static struct domain *a, *b, *c;

static int booted(void **state)
{
    world_reset();
    world_policy("sp:* all", (const char *const[]){ "sp:* all|vm:two all|vm:* all", "sp:* all|vm:one all", "sp:* all" }, 3);
    world_boot();
    a = vm_boot(1, 2, FFA_VERSION_1_2);
    b = vm_boot(2, 4, FFA_VERSION_1_2);
    c = vm_boot(3, 1, FFA_VERSION_1_2);
    spmc.nr_log = 0;
    return 0;
}

static int gone(void **state)
{
    if ( a )
        vm_destroy(a);
    vm_destroy(b);
    vm_destroy(c);
    return 0;
}

/* All bits from VMs */
static uint32_t booked(struct domain *d, enum ffa_fate fate)
{
    uint32_t sums[FFA_LEDGER_SUMS];

    assert_int_equal(ffa_ledger_read(d->domain_id, FFA_WAY_VMS, FFA_LEDGER_ALL, sums), 0);
    return sums[fate];
}

static void set__global__pends_until_get_and_no_smc(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 0x8000000000000001);
    assert_ffa_ok();
    bits_call(a, SET, 0x00020003, 0, 0x8000000000000001);
    assert_ffa_ok();
    assert_int_equal(npis(b), 1);
    assert_int_equal(spmc.nr_log, 0);

    get(b, 3, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 0x8000000000000001);
    assert_int_equal(call_regs.x[2] | call_regs.x[3] | call_regs.x[6] | call_regs.x[7], 0);
    get(b, 3, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 0);
    assert_int_equal(spmc.nr_log, 0);
    assert_false(CTX(b)->notif.hinted);
}

static void set__per_vcpu__only_that_vcpu_gets_it(void **state)
{
    bits_call(b, BIND, 0x00020003, 1, 0x6);
    bits_call(a, SET, 0x00020003, 1 | 2 << 16, 0x2);
    assert_ffa_ok();
    bits_call(a, SET, 0x00020003, 1 | 3 << 16, 0x6);
    assert_ffa_ok();
    assert_int_equal(b->vcpu[2]->npis, 1);
    assert_int_equal(b->vcpu[3]->npis, 1);
    assert_int_equal(npis(b), 2);
    get(b, 0, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 0);
    get(b, 2, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 2);
    get(b, 3, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 6);
}

static void set__what_pends_already__no_second_npi(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 0x3);
    bits_call(a, SET, 0x00020003, 0, 0x1);
    bits_call(a, SET, 0x00020003, 0, 0x1);
    assert_ffa_ok();
    assert_int_equal(npis(b), 1);
    bits_call(a, SET, 0x00020003, 0, 0x3);
    assert_int_equal(npis(b), 1);
    assert_int_equal(booked(b, FFA_FATE_SET), 2);
    assert_int_equal(booked(b, FFA_FATE_MERGED), 2);
    get(b, 0, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 3);
    assert_int_equal(booked(b, FFA_FATE_DELIVERED), 2);
    bits_call(a, SET, 0x00020003, 0, 0x1);
    assert_int_equal(npis(b), 2);
}

static void get__both_kinds__merged_and_own_flags_stay_here(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 0xf00);
    bits_call(a, SET, 0x00020003, 0, 0x500);
    spmc.pending[1] = 0x80;
    get(b, 1, 0xf);
    assert_int_equal(spmc_last(GET)->x[2], 5);
    assert_int_equal(call_regs.x[2], 0x80);
    assert_true(got_vm() == 0x500);
}

static void get__spmc_fails__own_bits_stay(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 1);
    bits_call(a, SET, 0x00020003, 0, 1);
    spmc_error(GET, FFA_BUSY.code, 1);
    vm_do(b, GET, VM(b), 0xf, 0, 0, 0);
    assert_ffa_error(-4);
    assert_true(CTX(b)->notif.own.pending == 1);
    get(b, 0, 0xf);
    assert_true(got_vm() == 1);
}

static void set_during_get(const struct ffa_regs *call)
{
    struct cpu_user_regs before = call_regs;
    struct vcpu *v = shim_current;

    spmc.during = NULL;
    bits_call(a, SET, 0x00020003, 0, 2);
    assert_ffa_ok();
    call_regs = before;
    shim_current = v;
}

static void get__set_while_the_spmc_works__nothing_lost(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 3);
    spmc.during = set_during_get;
    get(b, 0, 0xf);
    assert_true(got_vm() == 0);
    assert_int_equal(npis(b), 1);
    get(b, 0, 0xf);
    assert_true(got_vm() == 2);
}

static void get__only_sps__vm_bits_are_still_told(void **state)
{
    uint64_t info;

    bits_call(b, BIND, 0x00020003, 0, 1);
    bits_call(a, SET, 0x00020003, 0, 1);
    get(b, 0, FFA_NOTIF_GET_SP);
    assert_true(got_vm() == 0);
    info = vm_do(b, FFA_FID(NOTIF_INFO_GET_64), 0, 0, 0, 0, 0);
    assert_int_equal(info, FFA_FID(SUCCESS_64));
    assert_int_equal(call_regs.x[3], 3);
    vm_do(b, FFA_FID(NOTIF_INFO_GET_64), 0, 0, 0, 0, 0);
    assert_ffa_error(-9);
    get(b, 0, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 1);
}

static void refused__table(void **state)
{
    static const struct {
        char who;
        uint32_t fid, w1, w2;
        uint64_t bits;
        int32_t code;
    } row[] = {
        { 'b', BIND, 0x00020003, 0, 0x0f, 0 },
        { 'b', BIND, 0x00020003, 1, 0xf0, 0 },
        { 'b', BIND, 0x00020003, 0, 0x100000001, -6 },     /* bound, same sender                   */
        { 'b', BIND, 0x00020003, 1, 0x100000001, -6 },
        { 'b', BIND, 0x00020003, 0, 0, -2 },               /* no bits                              */
        { 'b', BIND, 0x00020003, 2, 0x100, -2 },           /* reserved flag                        */
        { 'b', BIND, 0x00030002, 0, 0x100, -2 },           /* halves swapped                       */
        { 'b', BIND, 0x00030003, 0, 0x100, -2 },           /* itself                               */
        { 'b', BIND, 0x00020004, 0, 0x100, -2 },           /* for another                          */
        { 'b', BIND, 0x00000003, 0, 0x100, -2 },           /* the hypervisor                       */
        { 'b', BIND, 0x00040003, 0, 0x100, -2 },           /* the policy says no                   */
        { 'b', BIND, 0x00090003, 0, 0x100, -2 },           /* nobody                               */
        { 'c', BIND, 0x00020004, 0, 0x100, -2 },           /* the policy of the caller counts      */
        { 'a', BIND, 0x00040002, 0, 0x100, 0 },            /* ...                                  */
        { 'a', SET, 0x00020003, 0, 0x10f, -6 },            /* one is not bound                     */
        { 'a', SET, 0x00020003, 0, 0, -2 },
        { 'a', SET, 0x00020003, 2, 1, -2 },                /* delayed SRI                          */
        { 'a', SET, 0x00020003, 4, 1, -2 },
        { 'a', SET, 0x00020003, 0x10000, 1, -2 },          /* vCPU for a global one                */
        { 'a', SET, 0x00020003, 1, 1, -2 },                /* global as per-vCPU                   */
        { 'a', SET, 0x00020003, 0, 0x10, -2 },             /* and the other way round              */
        { 'a', SET, 0x00020003, 0, 0x11, -2 },
        { 'a', SET, 0x00020003, 1 | 4 << 16, 0x10, -2 },   /* vCPU 4 of 4                          */
        { 'a', SET, 0x00030002, 0, 1, -2 },                /* as another                           */
        { 'a', SET, 0x00020002, 0, 1, -2 },                /* itself                               */
        { 'a', SET, 0x00020000, 0, 1, -2 },                /* the hypervisor                       */
        { 'a', SET, 0x00020009, 0, 1, -2 },
        { 'b', SET, 0x00030002, 0, 1, -6 },                /* it has bound nothing                 */
        { 'c', SET, 0x00040003, 0, 1, -2 },                /* the policy says no                   */
        { 'a', SET, 0x00020003, 0, 1, 0 },
        { 'b', UNBIND, 0x00020003, 0, 0x3, -6 },           /* one pends                            */
        { 'b', UNBIND, 0x00020003, 1, 0x2, -2 },           /* w2                                   */
        { 'b', UNBIND, 0x00020003, 0, 0, -2 },
        { 'b', UNBIND, 0x00020003, 0, 0x102, -6 },         /* one is not bound                     */
        { 'b', UNBIND, 0x80020003, 0, 0x2, 0 },            /* the SP set is another (the SPMC says) */
        { 'b', UNBIND, 0x00020003, 0, 0xfe, 0 },
        { 'a', SET, 0x00020003, 0, 2, -6 },
        { 'a', UNBIND, 0x00040002, 0, 0x100, 0 },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        bits_call(row[i].who == 'a' ? a : row[i].who == 'b' ? b : c, row[i].fid, row[i].w1, row[i].w2, row[i].bits);
        if ( row[i].code ? call_regs.x[0] != FFA_FID(ERROR) || (int64_t)call_regs.x[2] != row[i].code
                         : call_regs.x[0] != FFA_FID(SUCCESS_32) )
            fail_msg("row %u: 0x%lx %ld", i, (unsigned long)call_regs.x[0], (long)call_regs.x[2]);
    }
    assert_true(CTX(b)->notif.own.pending == 1);
}

static void death__of_the_sender__its_bindings_go_what_pends_stays(void **state)
{
    bits_call(b, BIND, 0x00020003, 0, 3);
    bits_call(b, BIND, 0x00020003, 1, 4);
    bits_call(a, SET, 0x00020003, 0, 1);
    vm_destroy(a);
    a = NULL;
    assert_true(CTX(b)->notif.own.bound == 0 && CTX(b)->notif.own.per_vcpu == 0);
    get(b, 0, FFA_NOTIF_GET_VM);
    assert_true(got_vm() == 1);

    /* The next with its id is another. */
    a = vm_boot(1, 2, FFA_VERSION_1_2);
    bits_call(a, SET, 0x00020003, 0, 1);
    assert_int_equal(call_regs.x[0], FFA_FID(ERROR));
}

static void death__of_the_receiver__counted_as_discarded(void **state)
{
    uint32_t before[FFA_LEDGER_SUMS], sums[FFA_LEDGER_SUMS];

    ffa_ledger_read(DOMID_INVALID, FFA_WAY_VMS, FFA_LEDGER_ALL, before);
    bits_call(b, BIND, 0x00020003, 0, 3);
    bits_call(b, BIND, 0x00020003, 1, 4);
    bits_call(a, SET, 0x00020003, 0, 3);
    bits_call(a, SET, 0x00020003, 1 | 1 << 16, 4);
    vm_destroy(b);
    ffa_ledger_read(DOMID_INVALID, FFA_WAY_VMS, FFA_LEDGER_ALL, sums);
    assert_int_equal(sums[FFA_FATE_DROPPED] - before[FFA_FATE_DROPPED], 3);
    bits_call(a, SET, 0x00020003, 0, 1);
    assert_ffa_error(-2);
    b = vm_boot(2, 4, FFA_VERSION_1_2);
}

static void spmc_without__vms_ring_each_other_all_the_same(void **state)
{
    vm_destroy(a);
    vm_destroy(b);
    vm_destroy(c);
    world_reset();
    world_policy("sp:* all|vm:* all", (const char *const[]){ NULL, NULL, "sp:* all" }, 3);
    world_boot();
    spmc_error(FFA_FID(NOTIF_BITMAP_CREATE), FFA_NO_MEMORY.code, 3);
    a = vm_boot(1, 2, FFA_VERSION_1_1);
    b = vm_boot(2, 4, FFA_VERSION_1_2);
    c = vm_boot(3, 1, FFA_VERSION_1_2);
    bits_call(b, BIND, 0x00020003, 1, 2);
    assert_ffa_ok();
    bits_call(b, BIND, 0x80020003, 0, 1);
    assert_ffa_error(-1);
    bits_call(b, UNBIND, 0x80020003, 0, 1);
    assert_ffa_error(-1);
    bits_call(a, SET, 0x00020003, 1 | 3 << 16, 2);
    assert_ffa_ok();
    bits_call(a, SET, 0x00028002, 0, 2);
    assert_ffa_error(-1);
    get(b, 3, 0xf);
    assert_true(got_vm() == 2);
    bits_call(c, BIND, 0x80020004, 0, 1);
    assert_ffa_error(-1);
    assert_int_equal(spmc_count(GET), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(set__global__pends_until_get_and_no_smc, booted, gone),
        cmocka_unit_test_setup_teardown(set__per_vcpu__only_that_vcpu_gets_it, booted, gone),
        cmocka_unit_test_setup_teardown(set__what_pends_already__no_second_npi, booted, gone),
        cmocka_unit_test_setup_teardown(get__both_kinds__merged_and_own_flags_stay_here, booted, gone),
        cmocka_unit_test_setup_teardown(get__spmc_fails__own_bits_stay, booted, gone),
        cmocka_unit_test_setup_teardown(get__set_while_the_spmc_works__nothing_lost, booted, gone),
        cmocka_unit_test_setup_teardown(get__only_sps__vm_bits_are_still_told, booted, gone),
        cmocka_unit_test_setup_teardown(refused__table, booted, gone),
        cmocka_unit_test_setup_teardown(death__of_the_sender__its_bindings_go_what_pends_stays, booted, gone),
        cmocka_unit_test_setup_teardown(death__of_the_receiver__counted_as_discarded, booted, gone),
        cmocka_unit_test_setup_teardown(spmc_without__vms_ring_each_other_all_the_same, booted, gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
