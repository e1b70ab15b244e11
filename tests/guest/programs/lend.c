/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lend: memory to other VMs and back: SHARE, LEND, DONATE, RETRIEVE, RELINQUISH, RECLAIM. The other VMs run `borrow`; what
 * is wrong or hostile is in `lendbad`.
 * Command line: peers=<n> (1), their VM ids are those after ours; part=basic|frag|many|big|die (basic), ours=1 (with die: we
 * do, not the peer), version=1.0|1.1|1.2, conduit=hvc|smc.
 */
#include "mem/lender.h"

/* ---- good ones ---- */

static void there_and_back(enum mem_kind kind, bool scattered, unsigned int n)
{
    size_t nr = lay_out(scattered, 0, n);
    struct txn t = offer(kind, nr), w;
    uint64_t handle, want;

    fill(n);
    want = checksum(nr);
    if ( !expect_eq(send(kind, &t, &handle), FFA_OK, "MEM_%s of %u pages%s", kind_name[kind], n,
                    scattered ? ", scattered" : "") )
        return;
    expect_eq(traps_at(area[n / 2]), kind != SHARE, "they are %s", kind == SHARE ? "still ours" : "gone");
    w = wish(kind, handle, n);
    if ( !expect_eq(peer_retrieve(0, &w), FFA_OK, "the borrower retrieves them") )
        return;
    release_rx();
    expect_sum(n, want, "it sees what we wrote");
    peer_do(0, PEER_FILL, ADDRESS, n, n);
    if ( kind == SHARE )
        expect_eq(wrong_words(nr, n), 0, "we see what it writes");
    expect_eq(peer_retrieve(0, &w), FFA_DENIED, "it cannot have them twice");
    expect_eq(reclaim(handle, 0), FFA_DENIED, "RECLAIM while they are in use");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(peer_traps(ADDRESS, false) != 0, true, "the borrower has them no more");
    expect_eq(peer_relinquish(0, handle, 0), FFA_INVALID_PARAMETERS, "RELINQUISH again");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    expect_eq(wrong_words(nr, n), 0, "what it wrote is there");
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM again");
    expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "nothing is to be retrieved any more");
}

/* Pages to the peer for good, and by the peer back to us */
static void donate_there_and_back(bool scattered, unsigned int n)
{
    size_t nr = lay_out(scattered, 0, n);
    struct txn t = offer(DONATE, nr), w;
    struct mailbox *m;
    uint64_t handle, back, want;
    size_t bytes;

    fill(n);
    want = checksum(nr);
    if ( !expect_eq(send(DONATE, &t, &handle), FFA_OK, "MEM_DONATE of %u pages%s", n, scattered ? ", scattered" : "") )
        return;
    w = wish(DONATE, handle, n);
    expect_eq(peer_retrieve(0, &w), FFA_NO_MEMORY, "more than the borrower may own");
    expect_eq(peer_do(0, PEER_BALLOON, n, 0, 0)->result[0], n, "it makes room");
    if ( !expect_eq(peer_retrieve(0, &w), FFA_OK, "and has them") )
        return;
    release_rx();
    expect_sum(n, want, "it sees what we wrote");
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "there is nothing to be reclaimed");
    expect_eq(peer_relinquish(0, handle, 0), FFA_INVALID_PARAMETERS, "nor given up");
    expect_eq(traps_at(area[0]), 1, "we have them no more");

    /* They are the borrower's own now: it can donate them. */
    m = peer_do(0, PEER_FILL, ADDRESS, n, 3 * n);
    t = (struct txn){ .sender = peer_id, .tag = TAG, .nr = 1, .to = { { .id = ffa.id } }, .ranges = there, .nr_ranges = 1 };
    m->desc_bytes = (uint32_t)txn_write(m->version, &t, m->desc);
    expect_eq(peer_call(0, FFA_MEM_DONATE_64, m->desc_bytes, m->desc_bytes, 0), FFA_OK, "the borrower donates them to us");
    m->desc_bytes = 0;
    back = (uint32_t)m->x[2] | m->x[3] << 32;
    w = (struct txn){
        .sender = peer_id, .handle = back, .tag = TAG, .nr = 1, .flags = FFA_MEM_TYPE(DONATE),
        .to = { { .id = ffa.id, .perm = FFA_MEM_RW | FFA_MEM_X } }, .ranges = ranges, .nr_ranges = nr,
    };
    bytes = txn_write(ffa.version, &w, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0, 0, 0, 0);
    expect_eq((uint32_t)regs.x[0], FFA_MEM_RETRIEVE_RESP, "we retrieve them");
    expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");
    expect_eq(wrong_words(nr, 3 * n), 0, "with what it wrote");
    expect_eq(peer_traps(ADDRESS, false) != 0, true, "the borrower has them no more");
}

static void reclaim_unretrieved(enum mem_kind kind)
{
    struct txn t = offer(kind, lay_out(false, 3, 5)), w;
    uint64_t handle, want;

    fill(kind);
    want = checksum(1);
    expect_eq(send(kind, &t, &handle), FFA_OK, "MEM_%s", kind_name[kind]);
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM before anybody has come");
    expect_eq(checksum(1), want, "all is as it was");
    w = wish(kind, handle, 5);
    expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "too late");
}

static void zeroing(void)
{
    struct txn t = offer(LEND, lay_out(false, 0, 4)), w;
    uint64_t handle;

    fill(1);
    t.flags = FFA_MEM_ZERO;
    expect_eq(send(LEND, &t, &handle), FFA_OK, "MEM_LEND, to be cleared");
    w = wish(LEND, handle, 4);
    w.flags |= FFA_MEM_ZERO;
    expect_eq(peer_retrieve(0, &w), FFA_OK, "retrieved, to be cleared");
    release_rx();
    expect_sum(4, 0, "zeroes");
    peer_do(0, PEER_FILL, ADDRESS, 4, 9);
    expect_eq(peer_relinquish(0, handle, FFA_MEM_ZERO), FFA_OK, "RELINQUISH, to be cleared");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    expect_eq(checksum(1), 0, "zeroes");

    fill(2);
    t.flags = 0;
    expect_eq(send(LEND, &t, &handle), FFA_OK, "MEM_LEND");
    w = wish(LEND, handle, 4);
    w.flags |= FFA_MEM_ZERO;
    expect_eq(peer_retrieve(0, &w), FFA_DENIED, "to be cleared, which the lender has not offered");
    w.flags = FFA_MEM_ZERO_AFTER;
    expect_eq(peer_retrieve(0, &w), FFA_OK, "to be cleared in the end");
    release_rx();
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    expect_eq(checksum(1), 0, "zeroes");

    fill(3);
    t = offer(SHARE, lay_out(false, 0, 4));
    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE");
    expect_eq(reclaim(handle, FFA_MEM_ZERO), FFA_OK, "RECLAIM, to be cleared");
    expect_eq(checksum(1), 0, "zeroes");
}

static void read_only(void)
{
    struct txn t = offer(SHARE, lay_out(false, 0, 1)), w;
    uint64_t handle;

    t.to[0].perm = FFA_MEM_RO;
    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE, read-only");
    w = wish(SHARE, handle, 1);
    expect_eq(peer_retrieve(0, &w), FFA_DENIED, "not to be had writable");
    w.to[0].perm = FFA_MEM_RO;
    expect_eq(peer_retrieve(0, &w), FFA_OK, "but read-only");
    release_rx();
    expect_eq(peer_traps(ADDRESS, false), 0, "it can be read");
    expect_eq(peer_traps(ADDRESS, true), 1, "and not written");
    expect_eq(peer_relinquish(0, handle, FFA_MEM_ZERO), FFA_INVALID_PARAMETERS, "what is shared is not cleared");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
}

/* The borrower does not say where: the response does. */
static void address_of_their_choice(void)
{
    struct txn t = offer(SHARE, lay_out(true, 0, 3)), w;
    uint64_t handle, at = 0;
    struct mailbox *m;
    unsigned int i;

    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE");
    w = wish(SHARE, handle, 3);
    w.nr_ranges = 0;
    expect_eq(peer_retrieve(0, &w), FFA_OK, "retrieved, wherever");
    m = peer_box(0);
    /* 1.0: header 32, access 16; else 48. Then the composite, and its first range. */
    for ( i = 0; i < 8; i++ )
        at |= (uint64_t)m->rx[(m->version < FFA_VERSION_1_1 ? 48 : 64) + 16 + i] << (8 * i);
    ok(at >= 1ul << 32 && !(at % PAGE_SIZE), "it is told where: 0x%lx", at);
    release_rx();
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
}

static void basic(void)
{
    enum mem_kind kind;

    for ( kind = SHARE; kind <= LEND; kind++ )
    {
        there_and_back(kind, false, 1);
        there_and_back(kind, true, 3);
        there_and_back(kind, false, 65);
        there_and_back(kind, true, 200);
    }
    for ( kind = SHARE; kind <= DONATE; kind++ )
        reclaim_unretrieved(kind);
    donate_there_and_back(false, 1);
    donate_there_and_back(true, 7);
    donate_there_and_back(false, 130);
    zeroing();
    read_only();
    address_of_their_choice();
}

/* ---- fragments and buffers of one's own ---- */

static uint8_t buffer[4 * PAGE_SIZE] __attribute__((aligned(4096)));

/* @t in fragments of @first, then @next bytes, from TX or from our own buffer */
static int send_fragments(enum mem_kind kind, const struct txn *t, size_t first, size_t next, bool own, uint64_t *handle)
{
    static uint8_t whole[4 * PAGE_SIZE];
    size_t total = txn_write(ffa.version, t, whole), done = first < total ? first : total;
    uint8_t *to = own ? buffer : ffa.tx;
    int rc;

    memcpy(to, whole, done);
    rc = send_raw(kind_fid[kind], total, done, own ? (uintptr_t)buffer : 0, own ? sizeof(buffer) / PAGE_SIZE : 0);
    while ( (uint32_t)regs.x[0] == FFA_MEM_FRAG_RX )
    {
        uint64_t h = (uint32_t)regs.x[1] | regs.x[2] << 32;
        size_t n = total - done < next ? total - done : next;

        if ( regs.x[3] != done )
            return FFA_ABORTED;
        memcpy(to, whole + done, n);
        done += n;
        ffa_call(&ffa, &regs, FFA_MEM_FRAG_TX, (uint32_t)h, h >> 32, n, 0, 0, 0, 0);
        rc = ffa_status(&regs);
    }
    *handle = (uint32_t)regs.x[2] | regs.x[3] << 32;

    return rc;
}

static void fragments(void)
{
    static const struct { size_t first, next; bool own; } row[] = {
        { 96, 16, false }, { 96, 4096, false }, { 112, 48, true }, { 4096, 4096, false }, { 4096, 16, true }, { 16384, 16, true },
    };
    struct txn t, w;
    uint64_t handle, want;
    size_t nr, total;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
    {
        unsigned int n = row[i].next == 16 && row[i].first < 200 ? 40 : 500;

        nr = lay_out(true, 0, n);
        t = offer(SHARE, nr);
        fill(i);
        want = checksum(nr);
        if ( !expect_eq(send_fragments(SHARE, &t, row[i].first, row[i].next, row[i].own, &handle), FFA_OK,
                        "%u ranges in fragments of %lu and %lu bytes%s", n, row[i].first, row[i].next,
                        row[i].own ? ", not from TX" : "") )
            continue;
        w = wish(SHARE, handle, n);
        expect_eq(peer_retrieve(0, &w), FFA_OK, "retrieved");
        release_rx();
        expect_sum(n, want, "all pages, in order");
        expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
        expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
    }

    /* What goes wrong ends the transfer. */
    t = offer(LEND, lay_out(true, 0, 10));
    total = txn_write(ffa.version, &t, ffa.tx);
#define BEGIN() \
    do { \
        expect_eq((send_raw(kind_fid[LEND], total, total - 32, 0, 0), (uint32_t)regs.x[0]), FFA_MEM_FRAG_RX, "a beginning"); \
        handle = (uint32_t)regs.x[1] | regs.x[2] << 32; \
    } while ( 0 )
#define NEXT(bytes, error, what) \
    do { \
        ffa_call(&ffa, &regs, FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, bytes, 0, 0, 0, 0); \
        expect_eq(ffa_status(&regs), error, what); \
    } while ( 0 )
    BEGIN();
    NEXT(48, FFA_INVALID_PARAMETERS, "more than announced");
    NEXT(32, FFA_INVALID_PARAMETERS, "which ends it");
    BEGIN();
    NEXT(0, FFA_INVALID_PARAMETERS, "nothing");
    BEGIN();
    NEXT(24, FFA_INVALID_PARAMETERS, "half a range");
    BEGIN();
    expect_eq(reclaim(handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM of something unfinished");
    handle++;
    NEXT(32, FFA_INVALID_PARAMETERS, "another handle");
    handle--;
    ffa_call(&ffa, &regs, FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, 32, 1u << 16, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "a sender, which is not ours to name");
    /* Ranges that are none: 32 zero bytes */
    memset(ffa.tx, 0, 32);
    NEXT(32, FFA_INVALID_PARAMETERS, "empty ranges");
    expect_eq(traps_at(area[0]), 0, "nothing has been lent");

    /* Four at a time */
    total = txn_write(ffa.version, &t, ffa.tx);
    for ( i = 0; i < 4; i++ )
        BEGIN();
    expect_eq(send_raw(kind_fid[LEND], total, total - 32, 0, 0), FFA_NO_MEMORY, "not a fifth");
    handle -= 4;
    for ( i = 0; i < 4; i++ )
    {
        handle++;
        NEXT(0, FFA_INVALID_PARAMETERS, "ended");
    }
    expect_eq(send_raw(kind_fid[LEND], total, total, (uintptr_t)buffer + 8, 1), FFA_INVALID_PARAMETERS, "an unaligned buffer");
    expect_eq(send_raw(kind_fid[LEND], total, total, (uintptr_t)buffer, 0), FFA_INVALID_PARAMETERS, "a buffer of no pages");
    expect_eq(send_raw(kind_fid[LEND], total, total, 0, 1), FFA_INVALID_PARAMETERS, "pages of no buffer");
    expect_eq(send_raw(kind_fid[LEND], total, total, uart_base, 1), FFA_INVALID_PARAMETERS, "a buffer that is a device");
    expect_eq(send_raw(kind_fid[LEND], 4128, 4128, (uintptr_t)buffer, 1), FFA_INVALID_PARAMETERS, "more than the buffer");
    expect_eq(send_raw(kind_fid[LEND], total, 48, 0, 0), FFA_INVALID_PARAMETERS, "half a header");
#undef BEGIN
#undef NEXT
}

/* A list of addresses that is longer than the borrower's TX and RX: from its own buffer, and the response in fragments */
static void long_response(void)
{
    static struct ffa_mem_range apart[300];
    static uint8_t whole[2 * PAGE_SIZE];
    struct txn t = offer(SHARE, lay_out(false, 0, 300)), w;
    struct mailbox *m = peer_box(0);
    size_t bytes, done, head = m->version < FFA_VERSION_1_1 ? 64 : 80;
    uint64_t handle, at = 0;
    unsigned int i;

    fill(8);
    expect_eq(send(SHARE, &t, &handle), FFA_OK, "MEM_SHARE of 300 pages");
    w = wish(SHARE, handle, 300);
    for ( i = 0; i < 300; i++ )
        apart[i] = (struct ffa_mem_range){ ADDRESS + 2 * i * PAGE_SIZE, 1 };
    w.ranges = apart;
    w.nr_ranges = 300;
    bytes = txn_write(m->version, &w, whole);
    for ( done = 0; done < bytes; done += m->desc_bytes )
    {
        m->desc_bytes = bytes - done < sizeof(m->desc) ? bytes - done : sizeof(m->desc);
        memcpy(m->desc, whole + done, m->desc_bytes);
        at = peer_do(0, PEER_WRITE, done, 0, 0)->result[0];
    }
    m->desc_bytes = 0;
    expect_eq((peer_call4(0, FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, ADDRESS, 2), (int32_t)m->x[2]), FFA_INVALID_PARAMETERS,
              "a buffer that is not there");
    peer_call4(0, FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, at, 2);
    expect_eq((uint32_t)m->x[0], FFA_MEM_RETRIEVE_RESP, "retrieved, by a request in a buffer of its own");
    expect_eq(m->x[1], head + 300 * 16, "so long is the response");
    done = m->x[2];
    ok(done < m->x[1], "longer than RX");
    expect_eq(peer_call(0, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, done), FFA_BUSY, "MEM_FRAG_RX while RX is full");
    release_rx();
    expect_eq(peer_call(0, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, done - 16), FFA_INVALID_PARAMETERS, "from elsewhere");
    expect_eq(peer_call(0, FFA_MEM_FRAG_RX, (uint32_t)handle + 1, handle >> 32, done), FFA_INVALID_PARAMETERS, "of another");
    peer_call(0, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, done);
    expect_eq((uint32_t)m->x[0], FFA_MEM_FRAG_TX, "the rest");
    expect_eq(done + m->x[3], head + 300 * 16, "is all of it");
    /* Its last range is the last address. */
    for ( i = 0, at = 0; i < 8; i++ )
        at |= (uint64_t)m->rx[m->x[3] - 16 + i] << (8 * i);
    expect_eq(at, apart[299].ipa, "to the last address");
    release_rx();
    expect_eq(peer_call(0, FFA_MEM_FRAG_RX, (uint32_t)handle, handle >> 32, head + 300 * 16), FFA_INVALID_PARAMETERS, "no more");
    expect_eq(peer_do(0, PEER_SUM, apart[299].ipa, 1, 0)->result[1], 0, "it is mapped");
    expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
    expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
}

/* ---- many borrowers ---- */

static void many(unsigned int peers)
{
    enum mem_kind kind;
    unsigned int i;

    for ( kind = SHARE; kind <= LEND; kind++ )
    {
        struct txn t = offer(kind, lay_out(true, 0, 20)), w;
        uint64_t handle;
        int rc = FFA_OK;

        fill(kind);
        t.nr = peers;
        t.attributes = FFA_MEM_NORMAL;
        for ( i = 0; i < peers; i++ )
        {
            t.to[i].id = (uint16_t)(peer_id + i);
            t.to[i].perm = FFA_MEM_RW;
        }
        if ( !expect_eq(send(kind, &t, &handle), FFA_OK, "MEM_%s to %u VMs", kind_name[kind], peers) )
            return;
        expect_eq(traps_at(area[0]), kind == LEND, "ours, or not");
        for ( i = 0; i < peers; i++ )
        {
            unsigned int j;

            w = wish(kind, handle, 20);
            w.nr = peers;
            for ( j = 0; j < peers; j++ )
            {
                w.to[j].id = (uint16_t)(peer_id + j);
                w.to[j].perm = FFA_MEM_RW;
                w.to[j].flags = j != i;
                w.to[j].no_composite = j != i;
            }
            if ( i == 0 )
            {
                w.to[1].id = 0x8001;
                expect_eq(peer_retrieve(0, &w), FFA_DENIED, "a list with a stranger");
                w.to[1].id = peer_id + 1;
                w.to[0].perm |= FFA_MEM_NX;
                expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "nobody of several is asked about execution");
                w.to[0].perm = FFA_MEM_RW;
                w.flags |= FFA_MEM_BYPASS;
                expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "a list with the flag that there is none");
                w.flags &= ~FFA_MEM_BYPASS;
                w.nr = 1;
                expect_eq(peer_retrieve(0, &w), FFA_INVALID_PARAMETERS, "a list that is too short");
                w.flags |= FFA_MEM_BYPASS;
            }
            rc |= peer_retrieve(i, &w);
            rc |= peer_call(i, FFA_RX_RELEASE, 0, 0, 0);
        }
        expect_eq(rc, FFA_OK, "each retrieves them, the first without naming the others");
        peer_do(peers - 1, PEER_FILL, ADDRESS, 20, 100);
        expect_eq(peer_do(0, PEER_SUM, ADDRESS, 20, 0)->result[0], peer_do(peers - 1, PEER_SUM, ADDRESS, 20, 0)->result[0],
                  "all see the same");
        for ( i = 0; i < peers; i++ )
        {
            expect_eq(reclaim(handle, 0), FFA_DENIED, "RECLAIM while %u have it", peers - i);
            expect_eq(peer_relinquish(i, handle, 0), FFA_OK, "RELINQUISH of VM %u", peer_id + i);
        }
        expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM");
        expect_eq(wrong_words(20, 100), 0, "with what the last one wrote");
    }
}

/* ---- death ---- */

/* The last peer dies with all that it holds; then, if we are to, we. */
static void deaths(unsigned int peers, bool ours)
{
    enum mem_kind kind;
    uint64_t handle[4], until = time_us() + 30000000;
    struct txn t, w;
    int rc;

    for ( kind = SHARE; kind <= LEND; kind++ )
    {
        ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[100 * kind], 70 };
        t = offer(kind, 1);
        t.to[0].id = (uint16_t)(peer_id + peers - 1);
        expect_eq(send(kind, &t, &handle[kind]), FFA_OK, "MEM_%s", kind_name[kind]);
        w = wish(kind, handle[kind], 70);
        w.to[0].id = t.to[0].id;
        there[0].ipa = ADDRESS + kind * (1ul << 20);
        expect_eq(peer_retrieve(peers - 1, &w), FFA_OK, "retrieved");
        expect_eq(peer_call(peers - 1, FFA_RX_RELEASE, 0, 0, 0), FFA_OK, "RX_RELEASE");
        expect_eq(reclaim(handle[kind], 0), FFA_DENIED, "RECLAIM");
    }
    t = offer(DONATE, lay_out(false, 400, 3));
    t.to[0].id = (uint16_t)(peer_id + peers - 1);
    expect_eq(send(DONATE, &t, &handle[DONATE]), FFA_OK, "MEM_DONATE, not retrieved");
    if ( ours )
        system_off();

    peer_do(peers - 1, PEER_DIE, 0, 0, 0);
    for ( kind = SHARE; kind <= DONATE; kind++ )
    {
        while ( (rc = reclaim(handle[kind], 0)) == FFA_DENIED && time_us() < until )
            (void)wait_event(false, 2000);
        expect_eq(rc, FFA_OK, "the borrower is dead: RECLAIM");
    }
    expect_eq(traps_at(area[200]) + traps_at(area[269]) + traps_at(area[400]), 0, "all is ours again");
}

/* ---- 64 MiB ---- */

static void big(void)
{
    uint64_t base = (ram_base + ram_size - (66ul << 20)) & ~0x1ffffful, handle, i, before;
    enum mem_kind kind;
    struct txn t, w;

    ok(mmu_map(base, 64ul << 20, MEM_NORMAL), "64 MiB at the end of RAM");
    for ( i = 0; i < 64ul << 20; i += PAGE_SIZE )
        *(volatile uint64_t *)(base + i) = i;
    for ( kind = SHARE; kind <= LEND; kind++ )
    {
        ranges[0] = (struct ffa_mem_range){ base, 16384 };
        t = offer(kind, 1);
        before = time_us();
        expect_eq(send(kind, &t, &handle), FFA_OK, "MEM_%s of 64 MiB", kind_name[kind]);
        w = wish(kind, handle, 16384);
        expect_eq(peer_retrieve(0, &w), FFA_OK, "retrieved");
        release_rx();
        expect_eq(peer_do(0, PEER_SUM, ADDRESS + (63ul << 20), 1, 0)->result[1], 0, "the end of it is there");
        expect_eq(reclaim(handle, 0), FFA_DENIED, "RECLAIM");
        expect_eq(peer_relinquish(0, handle, 0), FFA_OK, "RELINQUISH");
        expect_eq(reclaim(handle, 0), FFA_OK, "RECLAIM, after %lu us in all", time_us() - before);
        for ( i = 0, before = 0; i < 64ul << 20; i += PAGE_SIZE )
            before += *(volatile uint64_t *)(base + i) != i;
        expect_eq(before, 0, "all is as it was");
    }
}

int program(void)
{
    unsigned int peers;
    char part[16] = "basic";

    if ( !lender_begin(&peers) )
        return 1;

    cmdline_get("part", part, sizeof(part));
    if ( !strcmp(part, "frag") )
    {
        fragments();
        long_response();
    }
    else if ( !strcmp(part, "many") )
        many(peers);
    else if ( !strcmp(part, "big") )
        big();
    else if ( !strcmp(part, "die") )
        deaths(peers--, cmdline_u64("ours", 0));
    else
        basic();
    lender_end(peers);

    return 0;
}
