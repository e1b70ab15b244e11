/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handles: what an SP has retrieved of a donation has no handle any more, and the firmware gives the handle to the next share,
 * which is another VM's (it runs `borrow`). MEM_RECLAIM names no sender: that of the old one may not touch the new one.
 * Firmware with REUSE_HANDLES only. Command line: part=turns|donate|share (turns; donate and share: two VMs at once, as fast as
 * they can; peer=<id> is the other one), version=1.0|1.1|1.2. With turns the last donation is left when we power off, with the
 * other VM's share in its place.
 */
#include "mem/lender.h"

#define N       3u                      /* pages of a donation */
#define STORM   50u                     /* donations; each stays on our account */
#define PATIENCE_US     30000000ul

static struct ffa_partition echo;

static int sp_mem(uint32_t what, uint64_t handle, uint32_t w6, uint32_t w7, uint64_t *result)
{
    uint64_t w[5] = { what, (uint32_t)handle, handle >> 32, w6, w7 };
    int rc = sp_command(echo.id, w);

    if ( rc != FFA_OK )
        return rc;
    *result = (uint32_t)w[1] | w[2] << 32;

    return (int32_t)(uint32_t)w[0];
}

/* Pages from @first on to the SP, which retrieves them; its view of them in @sum */
static bool donate(unsigned int first, uint64_t *handle, uint64_t *sum)
{
    struct txn t = offer(DONATE, lay_out(false, first, N));
    uint64_t none;

    t.to[0].id = echo.id;
    return expect_eq(send(DONATE, &t, handle), FFA_OK, "MEM_DONATE to an SP") &&
           expect_eq(sp_mem(ECHO_MEM_MAP, *handle, TAG, ECHO_MEM_NX, &none), FFA_OK, "which retrieves handle 0x%lx", *handle) &&
           expect_eq(sp_mem(ECHO_MEM_SUM, *handle, 0, 0, sum), FFA_OK, "and reads the pages");
}

/* Still the SP's, as they were, and not ours */
static void still_given(unsigned int first, uint64_t handle, uint64_t sum)
{
    uint64_t now = 0;

    ok(sp_mem(ECHO_MEM_SUM, handle, 0, 0, &now) == FFA_OK && now == sum, "the SP has its pages: 0x%lx", now);
    expect_eq(traps_at(area[first]), 1, "we do not");
}

/* The other VM's handle for a page of its own */
static uint64_t peer_send(enum mem_kind kind)
{
    struct mailbox *m = peer_do(0, PEER_WRITE, 0, 0, 0);
    struct ffa_mem_range range = { m->result[0], 1 };
    struct txn t = {
        .sender = peer_id, .attributes = kind == SHARE ? FFA_MEM_NORMAL : 0, .tag = TAG, .nr = 1,
        .to = { { .id = echo.id, .perm = kind == DONATE ? 0 : FFA_MEM_RW } }, .ranges = &range, .nr_ranges = 1,
    };

    m->desc_bytes = (uint32_t)txn_write(m->version, &t, m->desc);
    expect_eq(peer_call(0, kind_fid[kind], m->desc_bytes, m->desc_bytes, 0), FFA_OK, "the other VM's MEM_%s", kind_name[kind]);
    m->desc_bytes = 0;

    return (uint32_t)m->x[2] | m->x[3] << 32;
}

/* @asked: whether we have heard that the donation is gone before the other VM comes */
static void turn(enum mem_kind kind, bool asked, unsigned int first, bool last)
{
    uint64_t handle, sum;

    if ( !donate(first, &handle, &sum) )
        return;
    if ( asked )
        expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM");
    if ( !ok(peer_send(kind) == handle, "gets the same handle") || last )
        return;
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM by us");
    still_given(first, handle, sum);
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM by us again");
    expect_eq(peer_call(0, FFA_MEM_RECLAIM, (uint32_t)handle, handle >> 32, 0), FFA_OK, "RECLAIM by the other VM");
    expect_eq(peer_do(0, PEER_SUM, peer_do(0, PEER_WRITE, 0, 0, 0)->result[0], 1, 0)->result[1], 0, "whose page is there");
    still_given(first, handle, sum);
}

/* The other one shares already: it has bound our bits. */
static void donations(void)
{
    uint64_t until = time_us() + PATIENCE_US, handle, sum;
    unsigned int i, wrong = 0;
    int rc;

    while ( (rc = ffa_notif_set(&ffa, peer_id, 0, 1)) != FFA_OK && time_us() < until )
        (void)wait_event(false, 1000);
    expect_eq(rc, FFA_OK, "VM %u is there", peer_id);

    for ( i = 0; i < STORM; i++ )
    {
        if ( !donate(N * i, &handle, &sum) )
            return;
        wrong += reclaim(handle, 0) != FFA_INVALID_PARAMETERS;
    }
    expect_eq(wrong, 0, "RECLAIMs that were anything but refused");
    for ( i = 0; i < STORM; i++ )
        wrong += !traps_at(area[N * i]);
    expect_eq(wrong, 0, "donations that came back");
}

/* As long as the other one is there */
static void shares(void)
{
    uint64_t until = time_us() + PATIENCE_US, handle = 0;
    unsigned int n = 0, refused = 0, stolen = 0, second = 0;
    struct txn t = offer(SHARE, lay_out(false, 0, 1));
    int rc;

    t.to[0].id = echo.id;
    while ( (rc = ffa_notif_bind(&ffa, peer_id, 0, 1)) == FFA_INVALID_PARAMETERS && time_us() < until )
        (void)wait_event(false, 1000);
    expect_eq(rc, FFA_OK, "VM %u is there", peer_id);

    do {
        refused += send(SHARE, &t, &handle) != FFA_OK;
        second += handle == 1;
        stolen += reclaim(handle, 0) != FFA_OK;
    } while ( (++n % 16 || ffa_notif_set(&ffa, peer_id, 0, 1) != FFA_INVALID_PARAMETERS) && time_us() < until );

    expect_eq(refused, 0, "shares refused, of %u", n);
    expect_eq(stolen, 0, "shares that are not ours any more");
    ok(second && second < n, "the handles went to and fro: %u were not the first one", second);
}

int program(void)
{
    unsigned int peers, first = 0;
    char part[8] = "turns";
    enum mem_kind kind;
    bool turns;

    (void)cmdline_get("part", part, sizeof(part));
    turns = !strcmp(part, "turns");
    if ( (turns ? !lender_begin(&peers) : !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there")) ||
         !expect_eq(ffa_find(&ffa, &uuid_echo, &echo), FFA_OK, "sp.echo is found") )
        return 1;

    peer_id = (uint16_t)cmdline_u64("peer", peer_id);
    fill(1);
    if ( !turns )
    {
        if ( *part == 'd' )
            donations();
        else
            shares();
        return 0;
    }
    for ( kind = SHARE; kind <= DONATE; kind++, first += 2 * N )
    {
        turn(kind, false, first, false);
        turn(kind, true, first + N, false);
    }
    turn(SHARE, false, first, true);

    return 0;
}
