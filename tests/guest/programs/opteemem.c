/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opteemem: memory shared with the real OP-TEE, which reads and writes it, keeps it, and gives it back; what OP-TEE refuses, and
 * what the mediator refuses for it. OP-TEE sees the memory by a call whose message lies there (its numbers are those of its ABI).
 *
 * Only below TF-A and OP-TEE, see docs/real-stack.md. Command line: version=1.0|1.1|1.2, part=share|many|die (share), vms=1: there is a
 * VM to share memory with, so that the calls are there, and refused by what they are about.
 */
#include "mem/lender.h"

#define MAX_SHARES      64u             /* of a VM: the mediator's default, and as many as OP-TEE has */

/* Requests to OP-TEE */
#define GET_API_VERSION         0u
#define UNREGISTER_SHM          3u
#define CALL_WITH_ARG           0x80000000u
#define CALL_RESUME             0x80000001u
#define RETURN_DONE             0u
#define RETURN_INTERRUPTED      2u

/* A message in memory */
struct optee_msg {
    uint32_t cmd, func, session, cancel_id, pad, ret, ret_origin, num_params;
};
#define CMD_OPEN_SESSION        0u
#define BAD_PARAMETERS          0xffff0006u     /* what it says of a session that is for no TA */
#define FROM_OPTEE              3u

static const struct ffa_uuid uuid = { { 0xe0786148, 0xe311f8e7, 0x02005ebc, 0x1bc5d5a5 } };
static struct ffa_partition optee;
static bool vms;

static int ask(uint64_t w[5])
{
    struct ffa_msg m = { .w = { w[0], w[1], w[2], w[3], w[4] } };
    int rc = ffa_msg(&ffa, optee.id, &m);
    unsigned int i;

    for ( i = 0; i < 5; i++ )
        w[i] = m.w[i];

    return rc;
}

static bool alive(void)
{
    uint64_t w[5] = { GET_API_VERSION };

    return ask(w) == FFA_OK && w[0] == 1;
}

/*
 * OP-TEE reads the message at byte @offset of the share, of which @at is our view, and writes its answer there. 0, or what it says of
 * the call.
 */
static int call(uint64_t handle, uint32_t offset, volatile struct optee_msg *at)
{
    uint64_t w[5] = { CALL_WITH_ARG, (uint32_t)handle, handle >> 32, offset };
    int rc;

    *at = (struct optee_msg){ .cmd = CMD_OPEN_SESSION, .ret = 0x12345678, .ret_origin = 0x9abcdef0 };
    dmb(ish);
    rc = ask(w);
    while ( rc == FFA_OK && !(uint32_t)w[0] && w[1] == RETURN_INTERRUPTED )
    {
        w[0] = CALL_RESUME;
        w[1] = w[2] = w[3] = 0;
        rc = ask(w);
    }
    if ( rc != FFA_OK )
        return rc;
    if ( !(uint32_t)w[0] && w[1] != RETURN_DONE )
        return FFA_ABORTED;

    return (int)(uint32_t)w[0];
}

static bool answered(const volatile struct optee_msg *at)
{
    return at->ret == BAD_PARAMETERS && at->ret_origin == FROM_OPTEE;
}

static int unregister(uint64_t handle)
{
    uint64_t w[5] = { UNREGISTER_SHM, (uint32_t)handle, handle >> 32 };
    int rc = ask(w);

    return rc ? rc : (int)(uint32_t)w[0];
}

static struct txn offer_optee(enum mem_kind kind, size_t nr)
{
    struct txn t = offer(kind, nr);

    t.to[0].id = optee.id;

    return t;
}

/* ---- shared ---- */

/* OP-TEE's message is in the last page, which in memory need not be the neighbour of the one before. */
static void one_share(bool scattered, unsigned int n, bool wide)
{
    struct txn t = offer_optee(SHARE, lay_out(scattered, 0, n));
    volatile struct optee_msg *at = (void *)area[scattered ? 0 : n - 1];
    uint64_t handle, sum;
    int rc;

    fill(n);
    t.wide = wide;
    rc = send(SHARE, &t, &handle);
    if ( !expect_eq(rc, FFA_OK, "MEM_SHARE of %u pages%s%s", n, scattered ? ", scattered" : "", wide ? ", 32-byte access" : "") )
        return;
    expect_eq(call(handle, (n - 1) * PAGE_SIZE, at), 0, "OP-TEE takes a call whose message is there");
    ok(answered(at), "it has read it, and written 0x%x from %u", at->ret, at->ret_origin);
    expect_eq(reclaim(handle, 0), FFA_DENIED, "RECLAIM while it knows the memory");
    expect_eq(unregister(handle), 0, "it forgets it");
    *at = (struct optee_msg){ .cmd = n };
    sum = checksum(t.nr_ranges);
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    ok(checksum(t.nr_ranges) == sum, "nothing of it is changed by that");
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM again");
    ok(call(handle, 0, (void *)area[0]) != 0 && !answered((void *)area[0]), "OP-TEE does not know it any more");
}

static void good(void)
{
    static const unsigned int counts[] = { 1, 2, 65, 240 };
    uint64_t first, second;
    unsigned int i;
    struct txn t;

    for ( i = 0; i < ARRAY_SIZE(counts); i++ )
    {
        one_share(false, counts[i], false);
        one_share(true, counts[i], false);
    }
    one_share(false, NR_PAGES, false);
    if ( ffa.version >= FFA_VERSION_1_2 )
        one_share(true, 3, true);

    t = offer_optee(SHARE, lay_out(false, 0, 2));
    expect_eq(send(SHARE, &t, &first), FFA_OK, "MEM_SHARE");
    expect_eq(send(SHARE, &t, &second), FFA_OK, "the same pages again");
    ok(first != second, "are another share");
    expect_eq(reclaim(first, 1), FFA_OK, "RECLAIM of the first, to be cleared, which is left to the hypervisor");
    ok(!area[0][0] && !area[1][WORDS - 1], "it is clear");
    expect_eq(call(second, 0, (void *)area[0]), 0, "the second lives on");
    ok(answered((void *)area[0]), "and is read and written");
    expect_eq(unregister(second), 0, "OP-TEE forgets it");
    expect_eq(reclaim(second, 0), FFA_OK, "RECLAIM");
    expect_eq(unregister(second), 0, "it forgets what is none: no error");
}

/* A descriptor in fragments of at most @step bytes, which the hypervisor puts together; what is more than a page it cuts itself. */
static int share_in_fragments(unsigned int n, size_t step, uint64_t *handle)
{
    static uint8_t buf[4 * PAGE_SIZE] __attribute__((aligned(4096)));
    struct txn t = offer_optee(SHARE, lay_out(true, 0, n));
    size_t total = txn_write(ffa.version, &t, buf), sent = 0, bytes, i;

    do {
        bytes = total - sent < step ? total - sent : step;
        for ( i = 0; i < bytes; i++ )
            ((uint8_t *)ffa.tx)[i] = buf[sent + i];
        if ( !sent )
            ffa_call(&ffa, &regs, FFA_MEM_SHARE_32, total, bytes, 0, 0, 0, 0, 0);
        else
            ffa_call(&ffa, &regs, FFA_MEM_FRAG_TX, (uint32_t)*handle, *handle >> 32, bytes, 0, 0, 0, 0);
        sent += bytes;
        *handle = (uint32_t)regs.x[1] | regs.x[2] << 32;
    } while ( (uint32_t)regs.x[0] == FFA_MEM_FRAG_RX && sent < total );
    *handle = (uint32_t)regs.x[2] | regs.x[3] << 32;

    return ffa_status(&regs);
}

static void fragments(void)
{
    static const struct { unsigned int pages; size_t step; } row[] = { { 20, 160 }, { 240, 512 }, { 100, 1008 }, { NR_PAGES, PAGE_SIZE } };
    uint64_t handle;
    unsigned int i;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        rc = share_in_fragments(row[i].pages, row[i].step, &handle);
        if ( row[i].pages == NR_PAGES && rc == FFA_INVALID_PARAMETERS )
        {
            ok(true, "this OP-TEE takes no descriptor that is longer than a page (docs/real-stack.md)");
            continue;
        }
        if ( !expect_eq(rc, FFA_OK, "MEM_SHARE of %u pages, %lu bytes at a time", row[i].pages, row[i].step) )
            continue;
        expect_eq(call(handle, (row[i].pages - 1) * PAGE_SIZE, (void *)area[0]), 0, "a call whose message is in the last of them");
        ok(answered((void *)area[0]), "is answered");
        expect_eq(reclaim(handle, 0), FFA_DENIED, "RECLAIM");
        expect_eq(unregister(handle), 0, "OP-TEE forgets it");
        expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    }
}

/* ---- refused ---- */

static void refused(void)
{
    struct txn t = offer_optee(SHARE, lay_out(false, 0, 2)), u;
    uint64_t handle;
    enum mem_kind kind;
    size_t bytes;

    u = t, u.to[0].perm = FFA_MEM_RO;
    expect_eq(send(SHARE, &u, &handle), FFA_INVALID_PARAMETERS, "OP-TEE takes nothing read-only");
    u = t, u.attributes = 0x27;
    expect_eq(send(SHARE, &u, &handle), FFA_DENIED, "memory that is not cacheable");
    u = t, u.flags = FFA_MEM_ZERO;
    expect_eq(send(SHARE, &u, &handle), FFA_INVALID_PARAMETERS, "MEM_SHARE with the zero flag");
    u = t, u.sender = 0;
    expect_eq(send(SHARE, &u, &handle), FFA_DENIED, "MEM_SHARE as the hypervisor");
    u = t, u.to[0].id = optee.id + 1;
    expect_eq(send(SHARE, &u, &handle), FFA_INVALID_PARAMETERS, "MEM_SHARE with nobody");
    u = t, u.nr = 2, u.to[1] = u.to[0];
    expect_eq(send(SHARE, &u, &handle), FFA_INVALID_PARAMETERS, "MEM_SHARE with OP-TEE twice");
    ranges[0].ipa += 8;
    expect_eq(send(SHARE, &t, &handle), FFA_INVALID_PARAMETERS, "an unaligned page");
    ranges[0].ipa = uart_base;
    expect_eq(send(SHARE, &t, &handle), FFA_DENIED, "a device");
    ranges[0].ipa = (uintptr_t)ffa.rx;
    ranges[0].pages = 1;
    expect_eq(send(SHARE, &t, &handle), FFA_DENIED, "RX");

    expect_eq(reclaim(0, 0), FFA_INVALID_PARAMETERS, "RECLAIM of handle 0");
    expect_eq(reclaim(~0ul, 0), FFA_INVALID_PARAMETERS, "RECLAIM of no handle");
    expect_eq(reclaim(0x100000000001ul, 0), FFA_INVALID_PARAMETERS, "RECLAIM of what may be another's");

    /* OP-TEE has no donations, and FEATURES of it denies LEND; RETRIEVE from a VM of its normal world is none of its calls. */
    for ( kind = LEND; kind <= DONATE; kind++ )
    {
        expect_eq(ffa_features(&ffa, kind_fid[kind], 0, NULL, NULL), vms ? FFA_OK : FFA_NOT_SUPPORTED, "FEATURES(MEM_%s)",
                  kind_name[kind]);
        t = offer_optee(kind, lay_out(false, 0, 2));
        expect_eq(send(kind, &t, &handle), FFA_NOT_SUPPORTED, "MEM_%s to OP-TEE", kind_name[kind]);
        expect_eq(traps_at(area[0]) + traps_at(area[1]), 0, "the pages are still here");
    }
    expect_eq(ffa_features(&ffa, FFA_MEM_RETRIEVE_REQ_64, ffa.version < FFA_VERSION_1_1 ? 0 : 2, NULL, NULL),
              vms ? FFA_OK : FFA_NOT_SUPPORTED, "FEATURES(MEM_RETRIEVE_REQ)");
    t = offer_optee(SHARE, lay_out(false, 0, 2));
    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE");
    u = wish(SHARE, handle, 2);
    u.sender = optee.id;
    u.to[0].id = ffa.id;
    bytes = txn_write(ffa.version, &u, ffa.tx);
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0), FFA_NOT_SUPPORTED, "RETRIEVE_REQ of memory of OP-TEE's");
    u.sender = ffa.id;
    bytes = txn_write(ffa.version, &u, ffa.tx);
    expect_eq(send_raw(FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0), vms ? FFA_INVALID_PARAMETERS : FFA_NOT_SUPPORTED,
              "RETRIEVE_REQ of our own");
    relinquish_write(handle, 0, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), vms ? FFA_INVALID_PARAMETERS : FFA_NOT_SUPPORTED, "RELINQUISH of what is not held");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    ok(alive(), "OP-TEE is alive");
}

/* ---- as many as there may be ---- */

static void many(void)
{
    static uint64_t handle[MAX_SHARES + 1];
    unsigned int i, n, bad = 0, round;
    struct txn t;

    for ( round = 0; round < 3; round++ )
    {
        for ( n = 0; n <= MAX_SHARES; n++ )
        {
            t = offer_optee(SHARE, lay_out(false, n, 1));
            if ( send(SHARE, &t, &handle[n]) != FFA_OK )
                break;
            bad += call(handle[n], 0, (void *)area[n]) != 0 || !answered((void *)area[n]);
        }
        expect_eq(n, MAX_SHARES, "shares, all known to OP-TEE");
        for ( i = 0; i < n; i++ )
            bad += reclaim(handle[i], 0) != FFA_DENIED || unregister(handle[i]) != 0 || reclaim(handle[i], 0) != FFA_OK;
        expect_eq(bad, 0, "each is used, kept until OP-TEE forgets it, and comes back");
    }
}

/* Some that OP-TEE has read and written, others that it never saw */
static void die(void)
{
    unsigned int i, bad = 0;
    struct txn t;
    uint64_t handle;

    for ( i = 0; i < 20; i++ )
    {
        t = offer_optee(SHARE, lay_out(i & 2, 20 * i, 20));
        bad += send(SHARE, &t, &handle) != FFA_OK;
        if ( i & 1 )
            bad += call(handle, 0, (void *)(uintptr_t)ranges[0].ipa) != 0 || !answered((void *)(uintptr_t)ranges[0].ipa);
    }
    printf("opteemem: dies with 20 shares, bad %u\n", bad);
    system_off();
}

int program(void)
{
    char part[16] = "share";

    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid, &optee), FFA_OK, "and so is OP-TEE") )
        return 1;

    cmdline_get("part", part, sizeof(part));
    vms = cmdline_u64("vms", 0);
    ok(alive(), "OP-TEE is alive");
    if ( !strcmp(part, "die") )
        die();
    if ( !strcmp(part, "many") )
        many();
    else
    {
        good();
        fragments();
        refused();
    }
    ok(alive(), "OP-TEE is alive");

    return 0;
}
