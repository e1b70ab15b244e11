/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opteebad: what a VM could stop OP-TEE with, for itself and all others: each is refused, and OP-TEE goes on.
 * Only below TF-A and OP-TEE, see docs/real-stack.md. Its own numbers are those of its ABI. Command line: rounds=<n> (20).
 */
#include "ffa_port.h"

#define GET_API_VERSION         0u
#define UNREGISTER_SHM          3u
#define ENABLE_ASYNC_NOTIF      5u
#define RELEASE_PROTMEM         8u
#define ONES                    0xffffffffu

static const struct ffa_uuid uuid = { { 0xe0786148, 0xe311f8e7, 0x02005ebc, 0x1bc5d5a5 } };
static struct ffa_partition optee;

static int ask(struct ffa_msg *m, bool wide, uint64_t w3, uint64_t w4, uint64_t w5)
{
    *m = (struct ffa_msg){ .w = { w3, w4, w5 }, .is64 = wide };
    return ffa_msg(&ffa, optee.id, m);
}

static bool alive(void)
{
    struct ffa_msg m;

    return ask(&m, false, GET_API_VERSION, 0, 0) == FFA_OK && m.w[0] == 1;
}

static void handles(void)
{
    static const uint32_t w3[] = { UNREGISTER_SHM, RELEASE_PROTMEM };
    struct ffa_msg m;
    unsigned int i, wide;

    for ( i = 0; i < ARRAY_SIZE(w3); i++ )
        for ( wide = 0; wide < 2; wide++ )
        {
            expect_eq(ask(&m, wide, w3[i], ONES, ONES), FFA_INVALID_PARAMETERS, "request %u, handle all ones", w3[i]);
            ok(alive(), "OP-TEE is alive");
        }
    expect_eq(ask(&m, true, UNREGISTER_SHM, 0x12345678ffffffff, 0x87654321ffffffff), FFA_INVALID_PARAMETERS,
              "all ones in the halves that OP-TEE reads");
    expect_eq(ask(&m, false, UNREGISTER_SHM, ONES, ONES - 1), FFA_OK, "another handle that is none");
    ok(alive(), "OP-TEE is alive");
}

static void notifications(unsigned int rounds)
{
    struct ffa_msg m;
    unsigned int i, bad = 0;

    expect_eq(ask(&m, false, ENABLE_ASYNC_NOTIF, 3, 0), FFA_DENIED, "enable a bit that is not bound");
    expect_eq(ask(&m, false, ENABLE_ASYNC_NOTIF, 64, 0), FFA_INVALID_PARAMETERS, "enable bit 64");
    for ( i = 0; i < rounds; i++ )
    {
        bad += ffa_notif_bind(&ffa, optee.id, 0, BIT(3)) != FFA_OK;
        bad += ffa_notif_unbind(&ffa, optee.id, BIT(3)) != FFA_OK;
        bad += ask(&m, false, ENABLE_ASYNC_NOTIF, 3, 0) != FFA_DENIED;
    }
    expect_eq(bad, 0, "bound, unbound, refused: %u times", rounds);

    expect_eq(ffa_notif_bind(&ffa, optee.id, 0, BIT(3) | BIT(4)), FFA_OK, "bind two bits");
    expect_eq(ask(&m, true, ENABLE_ASYNC_NOTIF, 3, 0), FFA_OK, "enable one");
    expect_eq(m.w[0], 0, "OP-TEE agrees");
    expect_eq(ffa_notif_unbind(&ffa, optee.id, BIT(3)), FFA_DENIED, "unbind what OP-TEE may set");
    expect_eq(ffa_notif_unbind(&ffa, optee.id, BIT(3) | BIT(4)), FFA_DENIED, "with another one");
    expect_eq(ffa_notif_unbind(&ffa, optee.id, BIT(4)), FFA_OK, "unbind the other one");
    ok(alive(), "OP-TEE is alive");
}

int program(void)
{
    if ( !expect_eq(ffa_start(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid, &optee), FFA_OK, "and so is OP-TEE") )
        return 1;

    ok(alive(), "OP-TEE is alive");
    handles();
    notifications((unsigned int)cmdline_u64("rounds", 20));

    return 0;
}
