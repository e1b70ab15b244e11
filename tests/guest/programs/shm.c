/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shm: memory shared with sp.echo. The SP sees the pages, in order, and writes them; RECLAIM gives them back; every way to
 * do it wrong is refused, also by a second vCPU that rewrites the descriptor during the call.
 * Command line: version=1.0|1.1|1.2, conduit=hvc|smc, max_pages=<n> max_count=<n> (the hypervisor's limits, if they are to
 * be tried), rounds=<n> (200) of the race; what the firmware is like: once=1 (it refuses a page twice),
 * lacks=NO_MEM|NO_FRAG. donated=1: only what an SP takes for good; ask=0: and
 * is not to be reclaimed.
 */
#include "mem/lender.h"

static struct ffa_partition echo;

static bool lacks(const char *what)
{
    char buf[16];

    return cmdline_get("lacks", buf, sizeof(buf)) && !strcmp(buf, what);
}

/* ---- the SP ---- */

static int sp_mem(uint32_t what, uint64_t handle, uint32_t w6, uint32_t w7, uint64_t *result)
{
    uint64_t w[5] = { what, (uint32_t)handle, handle >> 32, w6, w7 };
    int rc = sp_command(echo.id, w);

    if ( rc != FFA_OK )
    {
        printf("# command 0x%x: %d\n", what, rc);
        return rc;
    }
    if ( result )
        *result = (uint32_t)w[1] | w[2] << 32;

    return (int32_t)(uint32_t)w[0];
}

static int sp_map(uint64_t handle) { return sp_mem(ECHO_MEM_MAP, handle, TAG, 0, NULL); }
static int sp_unmap(uint64_t handle) { return sp_mem(ECHO_MEM_UNMAP, handle, 0, 0, NULL); }

/* ---- descriptors ---- */

static struct ffa_mem mem_of(size_t nr_ranges)
{
    return (struct ffa_mem){
        .receiver = echo.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .tag = TAG, .ranges = ranges,
        .nr_ranges = nr_ranges,
    };
}

/* @n pages: neighbours in one range, every second one, or backwards */
enum shape { ONE_RANGE, SCATTERED, BACKWARDS };

static size_t arrange(enum shape shape, unsigned int n)
{
    unsigned int i;

    if ( shape == ONE_RANGE )
    {
        ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[0], n };
        return 1;
    }

    for ( i = 0; i < n; i++ )
        ranges[i] = (struct ffa_mem_range){ (uintptr_t)(shape == SCATTERED ? area[2 * i] : area[NR_PAGES - 1 - i]), 1 };

    return n;
}

/* ---- good ones ---- */

static void one_share(enum shape shape, unsigned int n, bool wide)
{
    static const char *const names[] = { "in one range", "scattered", "backwards" };
    size_t nr = arrange(shape, n);
    struct ffa_mem mem = mem_of(nr);
    uint64_t handle = 0, sum = 0, want;
    int rc;

    fill(n);
    mem.wide = wide;
    mem.impdef[0] = wide ? 0x1234 : 0;
    rc = ffa_mem_share(&ffa, &mem, &handle);
    if ( wide && rc == FFA_NOT_SUPPORTED )
    {
        tap_skip("the firmware takes no implementation-defined bytes");
        return;
    }
    if ( !expect_eq(rc, FFA_OK, "%u pages %s are shared%s", n, names[shape], wide ? ", 32-byte access" : "") )
        return;

    want = checksum(nr);
    expect_eq(sp_map(handle), FFA_OK, "the SP retrieves them");
    ok(sp_mem(ECHO_MEM_SUM, handle, 0, 0, &sum) == FFA_OK && sum == want, "it sees what we wrote: 0x%lx", sum);
    expect_eq(sp_mem(ECHO_MEM_FILL, handle, n, 0, NULL), FFA_OK, "it writes");
    expect_eq(wrong_words(nr, n), 0, "we see what it wrote");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_DENIED, "RECLAIM while the SP uses them");
    expect_eq(sp_mem(ECHO_MEM_SUM, handle, 0, 0, NULL), FFA_OK, "which changes nothing for the SP");
    expect_eq(sp_unmap(handle), FFA_OK, "the SP gives them up");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM again");
    expect_eq(sp_map(handle), FFA_INVALID_PARAMETERS, "the SP cannot retrieve them any more");
}

static void good(void)
{
    static const unsigned int counts[] = { 1, 2, 3, 65, 250 };
    unsigned int i;
    enum shape shape;

    for ( i = 0; i < ARRAY_SIZE(counts); i++ )
        for ( shape = ONE_RANGE; shape <= BACKWARDS; shape++ )
            one_share(shape, counts[i], false);
    one_share(ONE_RANGE, NR_PAGES, false);
    if ( ffa.version >= FFA_VERSION_1_2 )
        one_share(SCATTERED, 7, true);
}

/* More ranges than fit a page of the hypervisor's: it sends fragments. */
static void long_descriptor(void)
{
    static char buffers[8][PAGE_SIZE] __attribute__((aligned(4096)));
    void *tx = ffa.tx, *rx = ffa.rx;

    if ( !expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP") ||
         !expect_eq(ffa_rxtx_map(&ffa, buffers[0], buffers[4], 4), FFA_OK, "RXTX_MAP of four pages each") )
        return;
    one_share(BACKWARDS, 251, false);
    if ( lacks("NO_FRAG") )
    {
        struct ffa_mem mem = mem_of(arrange(BACKWARDS, NR_PAGES));
        uint64_t handle;

        expect_eq(ffa_mem_share(&ffa, &mem, &handle), FFA_NO_MEMORY, "pages too scattered for this firmware");
    }
    else
    {
        one_share(BACKWARDS, 252, false);
        one_share(BACKWARDS, NR_PAGES, false);
    }
    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");
}

/*
 * A descriptor that comes in fragments of at most @first, then @next bytes. The handle under which the rest is sent is as good as the one
 * that comes in the end, whoever gave it: @by_first, RECLAIM is by that.
 */
static void in_fragments(unsigned int n, size_t first, size_t next, bool by_first)
{
    static uint8_t whole[4 * PAGE_SIZE];
    size_t nr = arrange(BACKWARDS, n), total, done;
    struct ffa_mem mem = mem_of(nr);
    uint64_t begun = 0, handle, sum = 0;
    unsigned int calls = 1;

    fill(n);
    total = ffa_mem_describe(&ffa, &mem, whole, sizeof(whole));
    done = first < total ? first : total;
    memcpy(ffa.tx, whole, done);
    ffa_call(&ffa, &regs, FFA_MEM_SHARE_64, total, done, 0, 0, 0, 0, 0);
    while ( (uint32_t)regs.x[0] == FFA_MEM_FRAG_RX && regs.x[3] == done && done < total )
    {
        size_t bytes = total - done < next ? total - done : next;

        begun = (uint32_t)regs.x[1] | regs.x[2] << 32;
        memcpy(ffa.tx, whole + done, bytes);
        done += bytes;
        calls++;
        ffa_call(&ffa, &regs, FFA_MEM_FRAG_TX, (uint32_t)begun, begun >> 32, bytes, 0, 0, 0, 0);
    }
    if ( !expect_eq(ffa_status(&regs), FFA_OK, "%u ranges for the SP in %u fragments of %lu and %lu bytes", n, calls, first, next) )
        return;
    ok(calls > 1 && done == total, "all of it was asked for");
    handle = (uint32_t)regs.x[2] | regs.x[3] << 32;
    expect_eq(sp_map(handle), FFA_OK, "the SP retrieves them");
    ok(sp_mem(ECHO_MEM_SUM, handle, 0, 0, &sum) == FFA_OK && sum == checksum(nr), "it sees all, in order: 0x%lx", sum);
    expect_eq(ffa_mem_reclaim(&ffa, by_first ? begun : handle, 0), FFA_DENIED, "RECLAIM while the SP uses them");
    expect_eq(sp_unmap(handle), FFA_OK, "the SP gives them up");
    expect_eq(ffa_mem_reclaim(&ffa, by_first ? begun : handle, 0), FFA_OK, "RECLAIM");
    expect_eq(ffa_mem_reclaim(&ffa, begun, 0), FFA_INVALID_PARAMETERS, "once");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_INVALID_PARAMETERS, "by either handle");
}

static void fragments(void)
{
    in_fragments(40, 96, 16, false);
    in_fragments(40, 112, 48, true);
    in_fragments(200, 2048, 1008, false);
    if ( !lacks("NO_FRAG") )
        in_fragments(NR_PAGES, PAGE_SIZE, PAGE_SIZE, true);
}

static void read_only(void)
{
    struct ffa_mem mem = mem_of(arrange(ONE_RANGE, 1));
    uint64_t handle;

    mem.permissions = FFA_MEM_RO;
    if ( !expect_eq(ffa_mem_share(&ffa, &mem, &handle), FFA_OK, "a page is shared read-only") )
        return;
    expect_eq(sp_map(handle), FFA_DENIED, "the SP cannot have it writable");
    expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG, 1, NULL), FFA_OK, "but read-only");
    expect_eq(sp_unmap(handle), FFA_OK, "and gives it up");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");

    mem.permissions = FFA_MEM_RW;
    if ( !expect_eq(ffa_mem_share(&ffa, &mem, &handle), FFA_OK, "another share") )
        return;
    expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG + 1, 0, NULL), FFA_INVALID_PARAMETERS, "the tag was passed on: not another one");
    expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG, 0x4321u << 16, NULL), FFA_DENIED, "the sender was passed on: not another one");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 4), FFA_INVALID_PARAMETERS, "RECLAIM with a reserved flag");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 2), FFA_INVALID_PARAMETERS, "RECLAIM in time slices");
    /* This firmware does not clear memory: the hypervisor does. */
    expect_eq(ffa_mem_reclaim(&ffa, handle, !ffa_physical), FFA_OK, "RECLAIM");
    if ( !ffa_physical )
        ok(!area[0][0] && !area[0][WORDS - 1], "cleared, as was wanted");
}

/* ---- lent, donated, to several partitions ---- */

static void send_to_sps(enum mem_kind kind, unsigned int borrowers, uint32_t flags)
{
    bool alone = kind == DONATE || (kind == LEND && borrowers == 1);
    size_t nr = arrange(BACKWARDS, 5), bytes;
    struct txn t = {
        .sender = ffa.id, .attributes = alone ? 0 : FFA_MEM_NORMAL, .flags = flags, .tag = TAG, .nr = borrowers,
        .to = { { .id = echo.id, .perm = kind == DONATE ? 0 : FFA_MEM_RW }, { .id = SP_NOTIFY_ID, .perm = FFA_MEM_RO } },
        .ranges = ranges, .nr_ranges = nr,
    };
    uint32_t how = (alone ? ECHO_MEM_NX : 0) | (borrowers > 1 ? ECHO_MEM_SHARED : 0);
    uint64_t handle, sum = 0, want;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        ranges[i].ipa = (uintptr_t)area[i];
    fill(kind);
    want = flags ? 0 : checksum(nr);
    bytes = txn_write(ffa.version, &t, ffa.tx);
    /* A driver of 1.0 as one may be: with calls of 32 bits */
    ffa_call(&ffa, &regs, ffa.version < FFA_VERSION_1_1 ? kind_fid[kind] & ~0x40000000u : kind_fid[kind], bytes, bytes, 0, 0, 0, 0, 0);
    if ( !expect_eq(ffa_status(&regs), FFA_OK, "MEM_%s to %u SPs%s", kind_name[kind], borrowers, flags ? ", to be cleared" : "") )
        return;
    handle = (uint32_t)regs.x[2] | regs.x[3] << 32;
    expect_eq(!traps_at(area), kind == SHARE, "the pages are %s", kind == SHARE ? "still there" : "gone");
    if ( kind != DONATE )
    {
        expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG, how ^ ECHO_MEM_NX, NULL), FFA_INVALID_PARAMETERS,
                  "the SP says the wrong thing about execution");
        expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG, how, NULL), FFA_OK, "the SP retrieves them");
        ok(sp_mem(ECHO_MEM_SUM, handle, 0, 0, &sum) == FFA_OK && sum == want, "it sees what it should: 0x%lx", sum);
        expect_eq(sp_mem(ECHO_MEM_FILL, handle, 7, 0, NULL), FFA_OK, "it writes");
        expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_DENIED, "RECLAIM while the SP uses them");
        expect_eq(!traps_at(area), kind == SHARE, "changes nothing");
        expect_eq(sp_unmap(handle), FFA_OK, "the SP gives them up");
    }
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");
    expect_eq(!traps_at(area), true, "the pages are back");
    if ( kind != DONATE )
        expect_eq(wrong_words(nr, 7), 0, "with what it wrote");
    else
        expect_eq(checksum(nr), want, "as they were");
}

static void lent(void)
{
    send_to_sps(SHARE, 2, 0);
    send_to_sps(LEND, 1, 0);
    send_to_sps(LEND, 2, 0);
    send_to_sps(LEND, 1, FFA_MEM_ZERO);
    send_to_sps(DONATE, 1, 0);
}

/* What an SP has taken is its own: not to be reclaimed, nor there, nor anybody else's when we are gone. */
static void donated(void)
{
    size_t nr = arrange(BACKWARDS, 5), bytes;
    struct txn t = {
        .sender = ffa.id, .tag = TAG, .nr = 1, .to = { { .id = echo.id } }, .ranges = ranges, .nr_ranges = nr,
    };
    uint64_t handle, sum = 0, want;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        ranges[i].ipa = (uintptr_t)area[i];
    fill(DONATE);
    want = checksum(nr);
    bytes = txn_write(ffa.version, &t, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_DONATE_64, bytes, bytes, 0, 0, 0, 0, 0);
    if ( !expect_eq(ffa_status(&regs), FFA_OK, "MEM_DONATE") )
        return;
    handle = (uint32_t)regs.x[2] | regs.x[3] << 32;
    expect_eq(sp_mem(ECHO_MEM_MAP, handle, TAG, ECHO_MEM_NX, NULL), FFA_OK, "the SP retrieves them");
    ok(sp_mem(ECHO_MEM_SUM, handle, 0, 0, &sum) == FFA_OK && sum == want, "it sees what it should: 0x%lx", sum);
    expect_eq(sp_mem(ECHO_MEM_FILL, handle, 7, 0, NULL), FFA_OK, "it writes");
    expect_eq(!traps_at(area), false, "the pages are gone");
    if ( cmdline_u64("ask", 1) )
    {
        expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_INVALID_PARAMETERS, "RECLAIM");
        expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_INVALID_PARAMETERS, "again");
    }
    expect_eq(!traps_at(area), false, "the pages are gone for good");
    expect_eq(sp_mem(ECHO_MEM_FILL, handle, 9, 0, NULL), FFA_OK, "the SP has them");
}

/* ---- wrong ones ---- */

static int share_raw(uint64_t total, uint64_t fragment, uint64_t address, uint64_t pages, uint64_t w5)
{
    ffa_call(&ffa, &regs, FFA_MEM_SHARE_64, total, fragment, address, pages, w5, 0, 0);
    return ffa_status(&regs);
}

static int share_tx(size_t total)
{
    return share_raw(total, total, 0, 0, 0);
}

/* A good descriptor of two pages with @bytes at @at replaced */
static size_t spoiled(size_t at, unsigned int bytes, uint64_t value)
{
    struct ffa_mem mem = mem_of(arrange(ONE_RANGE, 2));
    size_t total = ffa_mem_describe(&ffa, &mem, ffa.tx, PAGE_SIZE);
    unsigned int i;

    for ( i = 0; i < bytes; i++, value >>= 8 )
        ((uint8_t *)ffa.tx)[at + i] = (uint8_t)value;

    return total;
}

static void wrong_fields(void)
{
    bool old = ffa.version < FFA_VERSION_1_1;
    size_t acc = old ? 32 : 48, comp = acc + 16, range = comp + 16;
    const struct { size_t at; unsigned int bytes; uint64_t value; int error; const char *what; } row[] = {
        { 0, 2, ffa.id == 1 ? 2 : 1, FFA_DENIED, "another VM as sender" },
        { 0, 2, 0, FFA_DENIED, "the hypervisor as sender" },
        { 0, 2, echo.id, FFA_DENIED, "an SP as sender" },
        { 2, 1, 0x6f, FFA_INVALID_PARAMETERS, "the NS attribute" },
        { 2, 1, 0xaf, FFA_INVALID_PARAMETERS, "a reserved attribute" },
        { 2, 1, 0x2d, FFA_INVALID_PARAMETERS, "reserved shareability" },
        { 2, 1, 0x3f, FFA_INVALID_PARAMETERS, "a reserved memory type" },
        { 2, 1, 0x2e, FFA_DENIED, "outer shareable memory" },
        { 2, 1, 0x27, FFA_DENIED, "non-cacheable memory" },
        { 2, 1, 0x10, FFA_DENIED, "device memory" },
        { 2, 1, 0, FFA_DENIED, "unspecified memory" },
        { old ? 3 : 36, 1, 1, FFA_INVALID_PARAMETERS, "a reserved byte" },
        { 4, 4, 1, FFA_INVALID_PARAMETERS, "the zero flag" },
        { 4, 4, 2, FFA_INVALID_PARAMETERS, "the time slice flag" },
        { 4, 4, 0x18, FFA_INVALID_PARAMETERS, "a transaction type" },
        { 4, 4, 1u << 31, FFA_INVALID_PARAMETERS, "a reserved flag" },
        { 8, 8, 1, FFA_INVALID_PARAMETERS, "a handle" },
        { 28, 4, 0, FFA_INVALID_PARAMETERS, "no borrower" },
        { 28, 4, 2, FFA_INVALID_PARAMETERS, "two borrowers" },
        { 28, 4, 0xffffffff, FFA_INVALID_PARAMETERS, "very many borrowers" },
        { acc, 2, ffa.id, FFA_INVALID_PARAMETERS, "oneself as borrower" },
        { acc, 2, 0, FFA_INVALID_PARAMETERS, "the hypervisor as borrower" },
        { acc, 2, 0x7000, FFA_INVALID_PARAMETERS, "a VM that is not there as borrower" },
        { acc, 2, SPMC_ID, FFA_INVALID_PARAMETERS, "the SPMC as borrower" },
        { acc, 2, 0xffff, FFA_INVALID_PARAMETERS, "the SPMD as borrower" },
        { acc, 2, 0x8077, FFA_INVALID_PARAMETERS, "nobody as borrower" },
        { acc + 2, 1, 0, FFA_INVALID_PARAMETERS, "no permissions" },
        { acc + 2, 1, 3, FFA_INVALID_PARAMETERS, "reserved permissions" },
        { acc + 2, 1, 6, FFA_INVALID_PARAMETERS, "never-execute given by the lender" },
        { acc + 2, 1, 0xa, FFA_INVALID_PARAMETERS, "execute given by the lender" },
        { acc + 2, 1, 0x12, FFA_INVALID_PARAMETERS, "reserved permission bits" },
        { acc + 3, 1, 1, FFA_INVALID_PARAMETERS, "access flags" },
        { acc + 4, 4, 0, FFA_INVALID_PARAMETERS, "no composite" },
        { acc + 4, 4, acc, FFA_INVALID_PARAMETERS, "a composite inside the access" },
        { acc + 4, 4, comp + 4, FFA_INVALID_PARAMETERS, "an unaligned composite" },
        { acc + 4, 4, comp + 32, FFA_INVALID_PARAMETERS, "a composite at the end" },
        { acc + 4, 4, 0xfffffff0, FFA_INVALID_PARAMETERS, "a composite far away" },
        { acc + 8, 8, 1, FFA_INVALID_PARAMETERS, "a reserved word in the access" },
        { comp, 4, 1, FFA_INVALID_PARAMETERS, "fewer pages in all than in the ranges" },
        { comp, 4, 3, FFA_INVALID_PARAMETERS, "more pages in all than in the ranges" },
        { comp + 4, 4, 0, FFA_INVALID_PARAMETERS, "no ranges" },
        { comp + 4, 4, 2, FFA_INVALID_PARAMETERS, "more ranges than there are" },
        { comp + 4, 4, 0x10000001, FFA_INVALID_PARAMETERS, "ranges that overflow 32 bits" },
        { comp + 8, 8, 1, FFA_INVALID_PARAMETERS, "a reserved word in the composite" },
        { range, 8, (uintptr_t)area + 8, FFA_INVALID_PARAMETERS, "an unaligned page" },
        { range, 8, ~0xffful, FFA_INVALID_PARAMETERS, "a range that wraps around" },
        { range, 8, 1ul << 40, FFA_DENIED, "pages that are not there" },
        { range, 8, (uintptr_t)ffa.tx, FFA_DENIED, "the TX buffer" },
        { range, 8, (uintptr_t)ffa.rx, FFA_DENIED, "the RX buffer" },
        { range, 8, uart_base, FFA_DENIED, "a device" },
        { range + 8, 4, 0, FFA_INVALID_PARAMETERS, "an empty range" },
        { range + 8, 4, 0xffffffff, FFA_INVALID_PARAMETERS, "a range of 16 TiB" },
        { range + 12, 4, 1, FFA_INVALID_PARAMETERS, "a reserved word in the range" },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
        expect_eq(share_tx(spoiled(row[i].at, row[i].bytes, row[i].value)), row[i].error, "MEM_SHARE with %s", row[i].what);

    if ( !old )
    {
        expect_eq(share_tx(spoiled(24, 4, 0)), FFA_INVALID_PARAMETERS, "MEM_SHARE with accesses of no size");
        expect_eq(share_tx(spoiled(24, 4, 24)), FFA_INVALID_PARAMETERS, "MEM_SHARE with accesses of 24 bytes");
        expect_eq(share_tx(spoiled(32, 4, 32)), FFA_INVALID_PARAMETERS, "MEM_SHARE with accesses inside the header");
        expect_eq(share_tx(spoiled(32, 4, 56)), FFA_INVALID_PARAMETERS, "MEM_SHARE with unaligned accesses");
        expect_eq(share_tx(spoiled(32, 4, 0xfffffff0)), FFA_INVALID_PARAMETERS, "MEM_SHARE with accesses far away");
    }
    if ( ffa.version == FFA_VERSION_1_1 )
    {
        struct ffa_mem mem = mem_of(arrange(ONE_RANGE, 2));

        mem.wide = true;
        expect_eq(share_tx(ffa_mem_describe(&ffa, &mem, ffa.tx, PAGE_SIZE)), FFA_INVALID_PARAMETERS,
                  "MEM_SHARE with a 32-byte access before 1.2");
    }
}

static void wrong_calls(void)
{
    size_t total = spoiled(0, 0, 0);
    struct ffa_mem mem;
    uint64_t handle;

    expect_eq(share_raw(0, 0, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE of nothing");
    expect_eq(share_raw(total, 0, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with an empty fragment");
    expect_eq(share_raw(total, total + 16, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with a fragment above the total");
    expect_eq(share_raw(total - 1, total - 1, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE cut by a byte");
    expect_eq(share_raw(total - 16, total - 16, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE cut by a range");
    expect_eq(share_raw(total + 16, total + 16, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with surplus bytes");
    expect_eq(share_raw(4112, 4112, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE longer than TX");
    expect_eq(share_raw(0xffffffff, 0xffffffff, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE of 4 GiB");
    expect_eq(share_raw(total, total, (uintptr_t)area, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with a buffer address");
    expect_eq(share_raw(total, total, 0, 1, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with a page count");
    expect_eq(ffa_reserved(FFA_MEM_SHARE_64, 5, total, total, 0), 0, "MEM_SHARE with a reserved register");
    if ( !ffa_physical )
        expect_eq(share_raw(total + 16, total, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE with a range announced too many");

    ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[0], 4 };
    ranges[1] = (struct ffa_mem_range){ (uintptr_t)area[9], 1 };
    ranges[2] = (struct ffa_mem_range){ (uintptr_t)area[3], 2 };
    mem = mem_of(3);
    if ( !ffa_physical )
        expect_eq(ffa_mem_share(&ffa, &mem, &handle), FFA_INVALID_PARAMETERS, "a page twice in one descriptor");

    ffa_call(&ffa, &regs, FFA_MEM_RECLAIM, 0xdeadbeef, 0xdeadbeef, 0, 0, 0, 0, 0);
    expect_eq(ffa_status(&regs), FFA_INVALID_PARAMETERS, "RECLAIM of an unknown handle");
    expect_eq(ffa_mem_reclaim(&ffa, ~0ul, 0), FFA_INVALID_PARAMETERS, "RECLAIM of no handle");
    expect_eq(ffa_mem_reclaim(&ffa, 1ul << 63, 0), FFA_INVALID_PARAMETERS, "RECLAIM of a hypervisor's handle");

    if ( !ffa_physical )
    {
        void *tx = ffa.tx, *rx = ffa.rx;

        expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
        expect_eq(share_raw(total, total, 0, 0, 0), FFA_INVALID_PARAMETERS, "MEM_SHARE without TX");
        expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP");
    }
}

static void page_twice(void)
{
    struct ffa_mem mem = mem_of(arrange(ONE_RANGE, 2));
    uint64_t first, second;
    int rc;

    expect_eq(ffa_mem_share(&ffa, &mem, &first), FFA_OK, "two pages");
    rc = ffa_mem_share(&ffa, &mem, &second);
    if ( cmdline_u64("once", 0) )
        expect_eq(rc, FFA_DENIED, "the same pages again, which this firmware refuses");
    else if ( expect_eq(rc, FFA_OK, "the same pages again") )
    {
        ok(first != second, "are another share");
        expect_eq(ffa_mem_reclaim(&ffa, first, 0), FFA_OK, "the first is reclaimed");
        expect_eq(sp_map(second), FFA_OK, "the second lives on");
        expect_eq(sp_unmap(second), FFA_OK, "until the SP");
        first = second;
    }
    expect_eq(ffa_mem_reclaim(&ffa, first, 0), FFA_OK, "and we are done with it");
}

/* Whatever handles there may be: those of others are not ours. The builtin SPMC gives serial << 40 | slot. */
static void foreign_handles(void)
{
    struct ffa_mem mem = mem_of(arrange(ONE_RANGE, 1));
    unsigned int serial, slot, taken = 0;
    uint64_t mine;

    expect_eq(ffa_mem_share(&ffa, &mem, &mine), FFA_OK, "a share of our own");
    for ( serial = 0; serial < 64; serial++ )
        for ( slot = 0; slot < 4; slot++ )
            if ( ((uint64_t)serial << 40 | slot) != mine )
                taken += ffa_mem_reclaim(&ffa, (uint64_t)serial << 40 | slot, 0) != FFA_INVALID_PARAMETERS;
    expect_eq(taken, 0, "no other handle can be reclaimed");
    expect_eq(ffa_mem_reclaim(&ffa, mine, 0), FFA_OK, "but our own");
}

static void limits(unsigned int max_pages, unsigned int max_count)
{
    static uint64_t handles[256];
    struct ffa_mem mem = mem_of(arrange(ONE_RANGE, max_pages));
    unsigned int i, n;
    int rc;

    if ( max_pages )
    {
        expect_eq(ffa_mem_share(&ffa, &mem, &handles[0]), FFA_OK, "as many pages as we may have");
        mem = mem_of(arrange(ONE_RANGE, 1));
        expect_eq(ffa_mem_share(&ffa, &mem, &handles[1]), FFA_NO_MEMORY, "not one more");
        expect_eq(ffa_mem_reclaim(&ffa, handles[0], 0), FFA_OK, "RECLAIM");
        mem = mem_of(arrange(ONE_RANGE, max_pages + 1));
        expect_eq(ffa_mem_share(&ffa, &mem, &handles[0]), FFA_NO_MEMORY, "nor in one share");
    }

    for ( n = 0; n < max_count; n++ )
    {
        mem = mem_of(arrange(ONE_RANGE, 1));
        if ( ffa_mem_share(&ffa, &mem, &handles[n]) != FFA_OK )
            break;
    }
    expect_eq(n, max_count, "as many shares as we may have");
    expect_eq(ffa_mem_share(&ffa, &mem, &handles[n]), FFA_NO_MEMORY, "not one more");
    for ( i = 0, rc = 0; i < n; i++ )
        rc |= ffa_mem_reclaim(&ffa, handles[i], 0);
    expect_eq(rc, FFA_OK, "all reclaimed");
    expect_eq(ffa_mem_share(&ffa, &mem, &handles[0]), FFA_OK, "there is room again");
    expect_eq(ffa_mem_reclaim(&ffa, handles[0], 0), FFA_OK, "RECLAIM");
}

/* ---- the race ---- */

static volatile bool racing, raced;

/* The other vCPU: takes the descriptor from good to one that names a page which is not ours, or another sender, and back. */
static void spoil(void *unused)
{
    volatile uint64_t *base = (volatile uint64_t *)((uint8_t *)ffa.tx + (ffa.version < FFA_VERSION_1_1 ? 64 : 80));
    volatile uint16_t *sender = ffa.tx;
    uint64_t good = (uintptr_t)area[0];

    (void)unused;
    while ( racing )
    {
        *base = (uintptr_t)ffa.rx;
        *sender = ffa.id == 1 ? 2 : 1;
        *base = good;
        *sender = ffa.id;
    }
    raced = true;
}

static void race(unsigned int rounds)
{
    unsigned int i, shared = 0, refused = 0, other = 0, wrong = 0;
    uint64_t sum, want, handle;
    size_t total;
    int rc;

    if ( nr_cpus < 2 || !(cpus[1].online || cpu_up(1)) )
    {
        tap_skip("no second vCPU");
        return;
    }

    fill(99);
    total = spoiled(0, 0, 0);
    want = checksum(1);
    racing = true;
    dmb(ish);
    cpus[1].caller = 0;
    cpus[1].fn = spoil;
    gic_send_sgi(SGI_CALL, 1);

    for ( i = 0; i < rounds; i++ )
    {
        rc = share_tx(total);
        if ( rc != FFA_OK )
        {
            refused += rc == FFA_DENIED;
            other += rc != FFA_DENIED;
            continue;
        }
        shared++;
        handle = (uint32_t)regs.x[2] | regs.x[3] << 32;
        sum = 0;
        if ( sp_map(handle) || sp_mem(ECHO_MEM_SUM, handle, 0, 0, &sum) || sp_unmap(handle) || sum != want )
            wrong++;
        wrong += ffa_mem_reclaim(&ffa, handle, 0) != FFA_OK;
    }
    racing = false;
    ok(wait_event(raced, 5000000), "the other vCPU ends");
    expect_eq(shared + refused, rounds, "%u shared, %u refused", shared, refused);
    expect_eq(other, 0, "never another answer");
    expect_eq(wrong, 0, "every share was of our pages and came back");
}

static volatile uint64_t guess;

/* The other vCPU: reclaims a share before its maker has seen the handle. */
static void reclaim_early(void *unused)
{
    struct ffa_regs r;

    (void)unused;
    while ( racing )
        ffa_call(&ffa, &r, FFA_MEM_RECLAIM, (uint32_t)guess, guess >> 32, 0, 0, 0, 0, 0);
    raced = true;
}

static void race_reclaim(unsigned int rounds)
{
    struct ffa_mem mem = mem_of(arrange(SCATTERED, 20));
    unsigned int i, wrong = 0, early = 0;
    uint64_t handle = 0;
    int rc;

    if ( nr_cpus < 2 || !cpus[1].online )
        return;

    /* A firmware that takes a page only once may still have it from the share that the other vCPU is reclaiming. */
    if ( cmdline_u64("once", 0) )
        return;

    racing = true;
    raced = false;
    dmb(ish);
    cpus[1].fn = reclaim_early;
    gic_send_sgi(SGI_CALL, 1);
    for ( i = 0; i < rounds; i++ )
    {
        wrong += ffa_mem_share(&ffa, &mem, &handle) != FFA_OK;
        guess = handle + (1ul << 40);           /* what the builtin SPMC gives next, if nobody else asks */
        rc = ffa_mem_reclaim(&ffa, handle, 0);
        early += rc == FFA_INVALID_PARAMETERS;
        wrong += rc != FFA_OK && rc != FFA_INVALID_PARAMETERS;
    }
    racing = false;
    ok(wait_event(raced, 5000000), "the other vCPU ends");
    expect_eq(wrong, 0, "shares and RECLAIMs against another vCPU's RECLAIM, which was first %u times", early);
}

int program(void)
{
    uint32_t w2 = 1;

    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") ||
         !expect_eq(ffa_find(&ffa, &uuid_echo, &echo), FFA_OK, "sp.echo is found") )
        return 1;

    if ( lacks("NO_MEM") )
    {
        expect_eq(ffa_features(&ffa, FFA_MEM_SHARE_64, 0, NULL, NULL), FFA_NOT_SUPPORTED, "FEATURES(MEM_SHARE_64)");
        expect_eq(ffa_features(&ffa, FFA_MEM_RECLAIM, 0, NULL, NULL), FFA_NOT_SUPPORTED, "FEATURES(MEM_RECLAIM)");
        expect_eq(share_tx(96), FFA_NOT_SUPPORTED, "MEM_SHARE");
        expect_eq(ffa_mem_reclaim(&ffa, 0, 0), FFA_NOT_SUPPORTED, "MEM_RECLAIM");
        return 0;
    }

    expect_eq(ffa_features(&ffa, FFA_MEM_SHARE_64, 0, &w2, NULL), FFA_OK, "FEATURES(MEM_SHARE_64)");
    expect_eq(w2, !ffa_physical, "descriptors in TX, or in buffers of our own");
    expect_eq(ffa_features(&ffa, FFA_MEM_SHARE_32, 0, NULL, NULL), FFA_OK, "FEATURES(MEM_SHARE_32)");
    expect_eq(ffa_features(&ffa, FFA_MEM_RECLAIM, 0, NULL, NULL), FFA_OK, "FEATURES(MEM_RECLAIM)");

    if ( cmdline_u64("max_count", 0) )
    {
        limits(cmdline_u64("max_pages", 0), cmdline_u64("max_count", 0));
        return 0;
    }

    if ( cmdline_u64("donated", 0) )
    {
        donated();
        return 0;
    }

    good();
    read_only();
    if ( !ffa_physical )
    {
        lent();
        long_descriptor();
        fragments();
        wrong_fields();
    }
    wrong_calls();
    page_twice();
    if ( !ffa_physical )
    {
        foreign_handles();
        race(cmdline_u64("rounds", 200));
        race_reclaim(cmdline_u64("rounds", 200));
    }
    return 0;
}
