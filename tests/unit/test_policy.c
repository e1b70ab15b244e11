/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may do what with whom, and the look-up of other VMs: ffa_policy.c, and the calls that ask it. */
#include "world.h"

/* The first of its two */
#define UUID_ECHO "sp:11111111-1111-1111-1111-111111111111"
#define INFO FFA_FID(PARTITION_INFO_GET)

static int fresh(void **state)
{
    world_reset();
    return 0;
}

/* Bit per right of ffa_may() */
static unsigned int rights(struct domain *d, uint16_t peer)
{
    unsigned int right, all = 0;

    for ( right = 0; right < FFA_NR_RIGHTS; right++ )
        all |= (unsigned int)ffa_may(d->arch.tee, peer, right) << right;

    return all;
}

static unsigned int log_count(const char *text)
{
    const char *p = shim_log;
    unsigned int n = 0;

    while ( (p = strstr(p, text)) )
    {
        n++;
        p++;
    }

    return n;
}

#define D BIT(FFA_MAY_DISCOVER, U)
#define M BIT(FFA_MAY_MESSAGE, U)
#define N BIT(FFA_MAY_NOTIFY, U)
#define S BIT(FFA_MAY_SHARE, U)
#define ALL (D | M | N | S)

static void no_property__nothing_is_allowed(void **state)
{
    const uint16_t peers[] = { 0, 1, 2, 3, 4, 0x7fff, 0x8000, SP_ECHO, SP_NOTIFY, SP_PLAIN, 0x8099, 0xffff };
    struct domain *d;
    unsigned int i;

    world_policy(NULL, (const char *const[]){ NULL, NULL }, 2);
    world_boot();
    d = vm_create(1, 1);
    for ( i = 0; i < ARRAY_SIZE(peers); i++ )
        assert_int_equal(rights(d, peers[i]), 0);
    assert_int_equal(log_count("policy of d1: nobody\n"), 1);
    assert_int_equal(log_count("policy of other domains: nobody\n"), 1);
    vm_destroy(d);
}

static void wildcards__everybody_but_itself_and_the_secure_framework(void **state)
{
    struct domain *d;

    world_boot();
    d = vm_create(1, 1);
    assert_int_equal(rights(d, SP_ECHO), ALL);
    assert_int_equal(rights(d, SP_PLAIN), ALL);
    assert_int_equal(rights(d, 1), ALL);
    assert_int_equal(rights(d, 3), ALL);
    assert_int_equal(rights(d, 200), ALL);
    assert_int_equal(rights(d, 2), 0);
    assert_int_equal(rights(d, 0), 0);
    assert_int_equal(rights(d, 0x8000), 0);
    assert_int_equal(rights(d, 0xffff), 0);
    vm_destroy(d);
}

static void each_right__alone(void **state)
{
    static const struct {
        const char *text;
        unsigned int rights;
    } row[] = {
        { "vm:two discover", D }, { "vm:two message", M }, { "vm:two notify", N }, { "vm:two share", S },
        { "vm:two all", ALL }, { "vm:two share discover", S | D }, { "vm:two  notify  message ", N | M },
        { "vm:two discover|vm:two share", D | S }, { "vm:two message message", M },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        struct domain *d, *e;

        world_reset();
        world_policy("", (const char *const[]){ row[i].text, NULL, NULL }, 3);
        world_boot();
        d = vm_create(1, 1);
        e = vm_create(2, 1);
        assert_int_equal(rights(d, 3), row[i].rights);
        assert_int_equal(rights(d, 4), 0);
        assert_int_equal(rights(d, SP_ECHO), 0);
        assert_int_equal(rights(e, 2), 0);
        assert_int_equal(log_count("ignored"), 0);
        vm_destroy(e);
        vm_destroy(d);
    }
}

static void own_list__instead_of_that_of_chosen(void **state)
{
    struct domain *d, *e, *f;

    world_policy("sp:* message", (const char *const[]){ UUID_ECHO " notify", NULL, "" }, 3);
    world_boot();
    d = vm_create(1, 1);
    e = vm_create(2, 1);
    f = vm_create(3, 1);
    assert_int_equal(rights(d, SP_ECHO), N);
    assert_int_equal(rights(d, SP_NOTIFY), 0);
    assert_int_equal(rights(e, SP_ECHO), M);
    assert_int_equal(rights(e, SP_NOTIFY), M);
    assert_int_equal(rights(f, SP_ECHO), 0);
    assert_int_equal(log_count("policy of d1: SP 0x8001: notify\n"), 1);
    assert_int_equal(log_count("policy of d3: nobody\n"), 1);
    vm_destroy(f);
    vm_destroy(e);
    vm_destroy(d);
}

static void entries_that_cannot_be_read__a_line_and_nothing_else(void **state)
{
    static const char *const bad[] = {
        "vm:two", "vm:two ", "vm:two discovery", "vm:two all,", "vm:two message Notify", "vm:four all", "vm: all", "vm:tw all",
        "vm:twoo all", "two all", "sp:two all", "sp: all", "SP:* all", "sp:** all", " all", "x", "",
        "sp:00000000-0000-0000-0000-000000000000 all", "sp:55555555-1111-1111-1111-111111111111 all",
        "sp:1234567-123456-1234-1234-123456789abc all", "sp:g2345678-1234-1234-1234-123456789abc all",
        "sp:12345678-1234-1234-1234-123456789abcd all",
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        char list[128];
        struct domain *d, *f;

        world_reset();
        snprintf(list, sizeof(list), "vm:three share|%s|sp:* notify", bad[i]);
        world_policy("", (const char *const[]){ list, NULL, NULL }, 3);
        world_boot();
        d = vm_create(1, 1);
        f = vm_create(3, 1);
        assert_int_equal(log_count("ffa: one: xen,ffa-peers: "), 1);
        assert_int_equal(rights(d, 3), 0);
        assert_int_equal(rights(d, 4), S);
        assert_int_equal(rights(d, SP_ECHO), N);
        vm_destroy(f);
        vm_destroy(d);
    }
}

/* A domain that is made later gets an id that a boot domain had: it is not meant by the name, and has other rights. */
static void id_of_a_dead_boot_domain__another_policy(void **state)
{
    struct domain *d, *e, guest = { .domain_id = 9 };
    struct vcpu v = { .domain = &guest };

    world_policy("sp:* message", (const char *const[]){ "vm:two all|sp:* all", "vm:one all", NULL }, 3);
    world_boot();
    d = vm_create(1, 1);
    e = vm_create(2, 1);
    assert_int_equal(rights(d, 3), ALL);
    assert_int_equal(rights(d, SP_ECHO), ALL);
    assert_int_equal(rights(e, 2), ALL);
    vm_destroy(e);
    assert_int_equal(rights(d, 3), 0);

    shim_current = &v;
    e = vm_create(2, 1);
    shim_current = NULL;
    assert_int_equal(rights(d, 3), 0);
    assert_int_equal(rights(e, 2), 0);
    assert_int_equal(rights(e, SP_ECHO), M);
    vm_destroy(e);
    vm_destroy(d);
}

static void vm_wildcard__domains_made_later_too(void **state)
{
    struct domain *d;

    world_policy("", (const char *const[]){ "vm:* notify|vm:two message" }, 1);
    world_boot();
    d = vm_create(1, 1);
    /* No second node: "two" is nobody. */
    assert_int_equal(log_count("no such domain"), 1);
    assert_int_equal(rights(d, 3), N);
    assert_int_equal(rights(d, 1), N);
    assert_int_equal(rights(d, 0x7000), N);
    vm_destroy(d);
}

/* What a call to @peer with the right withheld is answered, and one to nobody */
static void same_as_nobody(struct domain *d, uint64_t fid, bool receiver, uint64_t a2, uint64_t a3)
{
    static const uint16_t peers[] = { 0x80f0, SP_ECHO };
    struct cpu_user_regs answer[2];
    unsigned int i, before = spmc.nr_log;

    for ( i = 0; i < 2; i++ )
    {
        vm_do(d, fid, receiver ? 2U << 16 | peers[i] : (uint32_t)peers[i] << 16 | 2, a2, a3, 0, 0);
        answer[i] = call_regs;
    }
    assert_int_equal(answer[0].x[0], FFA_FID(ERROR));
    assert_memory_equal(answer[0].x, answer[1].x, 8 * sizeof(register_t));
    assert_int_equal(spmc.nr_log, before);
}

static void calls_without_the_right__as_to_nobody(void **state)
{
    struct domain *d;

    world_policy("", (const char *const[]){ "sp:* discover share" }, 1);
    world_boot();
    d = vm_boot(1, 1, FFA_VERSION_1_2);
    same_as_nobody(d, FFA_FID(DIRECT_REQ_32), true, 0, 1);
    same_as_nobody(d, FFA_FID(DIRECT_REQ_64), true, 0, 1);
    same_as_nobody(d, FFA_FID(DIRECT_REQ2), true, 0, 1);
    same_as_nobody(d, FFA_FID(RUN), false, 0, 0);
    same_as_nobody(d, FFA_FID(NOTIF_BIND), false, 0, 1);
    same_as_nobody(d, FFA_FID(NOTIF_UNBIND), false, 0, 1);
    same_as_nobody(d, FFA_FID(NOTIF_SET), true, 0, 1);
    vm_destroy(d);
}

/* How many, with the UUID of one partition or without */
static void info(struct domain *d, bool echo)
{
    uint32_t word = echo ? 0x11111111 : 0;

    vm_do(d, INFO, word, word, word, word, 1);
}

static void discovery__lists_what_may_be_discovered(void **state)
{
    struct domain *d;

    world_policy(NULL, (const char *const[]){ UUID_ECHO " discover|sp:* message notify share", "sp:* message" }, 2);
    world_boot();
    d = vm_boot(1, 1, FFA_VERSION_1_1);
    info(d, false);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 1);
    info(d, true);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 1);
    vm_destroy(d);

    /* Nothing to see: old drivers are shown themselves. */
    d = vm_boot(2, 1, FFA_VERSION_1_1);
    info(d, false);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2], 1);
    info(d, true);
    assert_ffa_error(-2);
    vm_destroy(d);
}

/* A page of RX has room for 170 descriptors: itself, the four of SPs, and as many VMs; the next one is too many, but is counted. */
static void discovery__more_than_rx_holds__no_memory(void **state)
{
    struct domain *d[167];
    unsigned int i, n;

    world_boot();
    for ( i = 0; i < ARRAY_SIZE(d); i++ )
    {
        d[i] = vm_boot(i + 1, 1, FFA_VERSION_1_2);
        n = i + 1 + 4;
        if ( !i )
        {
            vm_do(d[0], FFA_FID(RXTX_MAP_64), 2ULL << 12, 3ULL << 12, 1, 0, 0);
            assert_ffa_ok();
        }
        if ( n < 170 )
            continue;
        vm_do(d[0], INFO, 0, 0, 0, 0, 0);
        if ( n == 170 )
        {
            assert_ffa_ok();
            assert_int_equal(call_regs.x[2], n);
            vm_do(d[0], FFA_FID(RX_RELEASE), 0, 0, 0, 0, 0);
            assert_ffa_ok();
        }
        else
            assert_ffa_error(-3);
        vm_do(d[0], INFO, 0, 0, 0, 0, 1);
        assert_ffa_ok();
        assert_int_equal(call_regs.x[2], n);
    }
    /* RX is free still: nobody has it after the error. */
    vm_destroy(d[--i]);
    vm_do(d[0], INFO, 0, 0, 0, 0, 0);
    assert_ffa_ok();
    while ( i )
        vm_destroy(d[--i]);
}

/* Two windows: REGS tells with its tag when a VM that may be discovered came or went, and nothing of others. */
static void regs__tag_tells_of_vms_that_come_and_go(void **state)
{
    struct domain *d, *two, *three;
    uint32_t tag;

    world_policy("", (const char *const[]){ "sp:* discover|vm:two discover", "", "" }, 3);
    world_boot();
    d = vm_boot(1, 1, FFA_VERSION_1_2);
    two = vm_create(2, 1);
    three = vm_create(3, 1);
    vm_version(three, FFA_VERSION_1_2);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 0, 0, 0);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2] & 0xffff, 4);
    tag = (call_regs.x[2] >> 32) & 0xffff;

    vm_do(three, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 1 | tag << 16, 0, 0);
    assert_ffa_ok();
    assert_int_equal(call_regs.x[2] & 0xffff, 4);

    vm_version(two, FFA_VERSION_1_0);
    vm_do(two, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 1 | tag << 16, 0, 0);
    assert_ffa_error(-7);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2] & 0xffff, 5);
    assert_int_equal(call_regs.x[6] & 0xffff, 3);
    assert_int_not_equal((call_regs.x[2] >> 32) & 0xffff, tag);
    tag = (call_regs.x[2] >> 32) & 0xffff;

    vm_destroy(three);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 1 | tag << 16, 0, 0);
    assert_ffa_ok();
    vm_destroy(two);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 1 | tag << 16, 0, 0);
    assert_ffa_error(-7);
    vm_do(d, FFA_FID(PARTITION_INFO_REGS), 0, 0, 0, 0, 0);
    assert_int_equal(call_regs.x[2] & 0xffff, 4);
    vm_destroy(d);
}

static void vm_lock__only_those_that_live_and_speak(void **state)
{
    struct domain *d, *e;

    world_boot();
    d = vm_create(1, 1);
    e = vm_create(2, 1);
    assert_null(ffa_vm_lock(0));
    assert_null(ffa_vm_lock(0x8001));
    assert_null(ffa_vm_lock(9));
    assert_null(ffa_vm_lock(3));
    vm_version(e, FFA_VERSION_1_1);
    assert_null(ffa_vm_lock(3));
    vm_do(e, FFA_FID(ID_GET), 0, 0, 0, 0, 0);
    assert_ptr_equal(ffa_vm_lock(3), e->arch.tee);
    ffa_vm_unlock(e->arch.tee);

    assert_ptr_equal(ffa_vm_get(3), e->arch.tee);
    assert_int_equal(e->refs, 1);
    ffa_vm_put(e->arch.tee);
    assert_int_equal(e->refs, 0);

    vm_die(e);
    assert_null(ffa_vm_lock(3));
    assert_null(ffa_vm_get(3));
    assert_true(vm_gone(e, SECONDS(20)));
    vm_bury(e);
    vm_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_property__nothing_is_allowed, fresh),
        cmocka_unit_test_setup(wildcards__everybody_but_itself_and_the_secure_framework, fresh),
        cmocka_unit_test_setup(each_right__alone, fresh),
        cmocka_unit_test_setup(own_list__instead_of_that_of_chosen, fresh),
        cmocka_unit_test_setup(entries_that_cannot_be_read__a_line_and_nothing_else, fresh),
        cmocka_unit_test_setup(id_of_a_dead_boot_domain__another_policy, fresh),
        cmocka_unit_test_setup(vm_wildcard__domains_made_later_too, fresh),
        cmocka_unit_test_setup(calls_without_the_right__as_to_nobody, fresh),
        cmocka_unit_test_setup(discovery__lists_what_may_be_discovered, fresh),
        cmocka_unit_test_setup(discovery__more_than_rx_holds__no_memory, fresh),
        cmocka_unit_test_setup(regs__tag_tells_of_vms_that_come_and_go, fresh),
        cmocka_unit_test_setup(vm_lock__only_those_that_live_and_speak, fresh),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
