/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory shared with sp.echo, as a hypervisor does it: descriptor in TX, 1.2, in fragments. */
#include "test.h"

#define TX      ((volatile uint64_t *)0x61000000UL)
#define MEM     0x61100000UL
#define VM      5
#define TAG     0x1234

/* Header, access, composite header for @pages in @ranges; returns the bytes of the whole. */
static uint32_t head(uint32_t ranges, uint32_t pages)
{
    unsigned int i;

    for ( i = 0; i < 512; i++ )
        TX[i] = 0;
    TX[0] = VM | 0x2f << 16;
    TX[2] = TAG;
    TX[3] = 16 | 1UL << 32;
    TX[4] = 48;
    TX[6] = SP_ECHO_ID | 2 << 16 | 64UL << 32;
    TX[8] = pages | (uint64_t)ranges << 32;

    return 80 + 16 * ranges;
}

static void range(unsigned int i, uint64_t base, uint32_t pages)
{
    TX[10 + 2 * i] = base;
    TX[11 + 2 * i] = pages;
}

static int echo(uint16_t vm, uint32_t what, uint64_t handle, uint32_t w6, uint32_t w7)
{
    return command(vm, SP_ECHO_ID, what, handle, handle >> 32, w6, w7);
}

static int reclaim(uint64_t handle) { return status(FFA_MEM_RECLAIM, (uint32_t)handle, handle >> 32, 0, 0); }

static uint64_t handle_of(void) { return (uint32_t)ans.x[2] | ans.x[3] << 32; }

static void test_use(uint64_t handle)
{
    volatile uint64_t *mem = (uint64_t *)MEM;
    uint64_t sum = 0;
    unsigned int i;

    for ( i = 0; i < 1024; i++ )
    {
        mem[i] = i * 0x123456789abcdefUL;
        sum = (sum << 7 | sum >> 57) + mem[i];
    }
    check(echo(VM, ECHO_MEM_MAP, handle, 1, 0) == FFA_INVALID, "RETRIEVE_REQ: wrong tag");
    check(echo(VM + 1, ECHO_MEM_MAP, handle, TAG, 0) == FFA_DENIED, "RETRIEVE_REQ: wrong lender");
    check(!echo(VM, ECHO_MEM_MAP, handle, TAG, 0) && ans.x[4] == 2, "RETRIEVE_REQ");
    check(echo(VM, ECHO_MEM_MAP, handle, TAG, 0) == FFA_DENIED, "RETRIEVE_REQ: twice");
    check(!echo(VM, ECHO_MEM_SUM, handle, 0, 0) && (ans.x[4] | ans.x[5] << 32) == sum, "the partition reads the pages");
    check(!echo(VM, ECHO_MEM_FILL, handle, 77, 0) && mem[0] == 77 && mem[1023] == 77 + 1023, "it writes them");
    check(echo(VM + 1, ECHO_MEM_SUM, handle, 0, 0) == FFA_INVALID, "not for another VM");
    check(reclaim(handle) == FFA_DENIED, "RECLAIM: in use");
    check(!echo(VM, ECHO_MEM_UNMAP, handle, 0, 0), "RELINQUISH");
    check(echo(VM, ECHO_MEM_UNMAP, handle, 0, 0) == FFA_INVALID, "RELINQUISH: twice");
}

static void test_fragments(void)
{
    uint32_t total = head(600, 600), at = 4096, n, i;
    uint64_t handle;

    for ( i = 0; i < 251; i++ )
        range(i, MEM + i * 0x2000, 1);
    check(call(FFA_MEM_SHARE_64, total, 4096, 0, 0, 0, 0, 0) == FFA_MEM_FRAG_RX && ans.x[3] == 4096 && ans.x[4] == VM << 16,
          "MEM_SHARE: the first fragment");
    handle = (uint32_t)ans.x[1] | ans.x[2] << 32;
    check(reclaim(handle) == FFA_INVALID, "RECLAIM: not complete");
    for ( ; i < 600; at += n * 16 )
    {
        for ( n = 0; n < 256 && i < 600; n++, i++ )
        {
            TX[2 * n] = MEM + i * 0x2000;
            TX[2 * n + 1] = 1;
        }
        call(FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, n * 16, VM << 16, 0, 0, 0);
    }
    check(at == total && !error() && handle_of() == handle, "MEM_FRAG_TX: the last one");
    for ( i = 0; i < 600; i++ )
        *(volatile uint64_t *)(MEM + i * 0x2000) = 0;
    check(!echo(VM, ECHO_MEM_MAP, handle, TAG, 0) && ans.x[4] == 600, "600 scattered pages are retrieved");
    check(!echo(VM, ECHO_MEM_FILL, handle, 0, 0) && *(volatile uint64_t *)(MEM + 599 * 0x2000) == 599 * 512, "in order");
    check(!echo(VM, ECHO_MEM_UNMAP, handle, 0, 0) && !reclaim(handle), "and given back");

    head(600, 600);
    for ( i = 0; i < 251; i++ )
        range(i, MEM + i * 0x2000, 1);
    call(FFA_MEM_SHARE_64, total, 4096, 0, 0, 0, 0, 0);
    handle = (uint32_t)ans.x[1] | ans.x[2] << 32;
    check(status(FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, 16, 6 << 16) == FFA_INVALID, "MEM_FRAG_TX: another VM");
    check(status(FFA_MEM_FRAG_TX, (uint32_t)handle, handle >> 32, 8, VM << 16) == FFA_INVALID, "MEM_FRAG_TX: half a range");
}

void test_memory(void)
{
    static const struct { uint32_t at, value; int error; const char *what; } bad[] = {
        { 0, 0x8001 | 0x2f << 16, FFA_INVALID, "MEM_SHARE: a partition as sender" },
        { 0, VM | 0x2e << 16, FFA_DENIED, "MEM_SHARE: other attributes" },
        { 1, 1, FFA_INVALID, "MEM_SHARE: flags" },
        { 7, 2, FFA_INVALID, "MEM_SHARE: two receivers" },
        { 8, 56, FFA_INVALID, "MEM_SHARE: unaligned access" },
        { 12, 0x8077 | 2 << 16, FFA_INVALID, "MEM_SHARE: no such partition" },
        { 12, SP_ECHO_ID, FFA_INVALID, "MEM_SHARE: no permissions" },
        { 13, 80, FFA_INVALID, "MEM_SHARE: composite elsewhere" },
        { 16, 3, FFA_INVALID, "MEM_SHARE: wrong number of pages" },
        { 20, MEM + 16, FFA_INVALID, "MEM_SHARE: unaligned page" },
        { 20, 0x0e000000, FFA_DENIED, "MEM_SHARE: secure memory" },
    };
    volatile uint32_t *tx = (volatile uint32_t *)TX;
    uint64_t handle;
    uint32_t total;
    unsigned int i;

    total = head(1, 2);
    check(status(FFA_MEM_SHARE_64, total, total, 0, 0) == FFA_INVALID, "MEM_SHARE: no buffer");
    status(FFA_RXTX_MAP_64, (uint64_t)TX, (uint64_t)TX + PAGE_SIZE, 1, 0);
    for ( i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        total = head(1, 2);
        range(0, MEM, 2);
        tx[bad[i].at] = bad[i].value;
        check(status(FFA_MEM_SHARE_64, total, total, 0, 0) == bad[i].error, bad[i].what);
    }
    total = head(1, 2);
    range(0, MEM, 2);
    check(status(FFA_MEM_SHARE_64, total, total, MEM, 1) == FFA_INVALID, "MEM_SHARE: a buffer of its own");
    check(!status(FFA_MEM_SHARE_32, total, total, 0, 0) && !handle_of(), "MEM_SHARE: the first handle is 0");
    handle = handle_of();
    check(!status(FFA_MEM_SHARE_64, total, total, 0, 0) && handle_of() != handle, "MEM_SHARE: the same page again");
    check(!reclaim(handle_of()), "RECLAIM");
    test_use(handle);
    check(status(FFA_MEM_RECLAIM, handle, 0, 1, 0) == FFA_INVALID, "RECLAIM: flags");
    check(!reclaim(handle), "RECLAIM");
    check(reclaim(handle) == FFA_INVALID, "RECLAIM: twice");
    test_fragments();
    status(FFA_RXTX_UNMAP, 0, 0, 0, 0);
}
