/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * past: all RAM that nobody has written is zero when this domain first sees it, whoever comes there first: the hypervisor for
 * a hypercall, an SP through buffers and a share, a page table walk, the guest itself. The runner has filled the machine's
 * RAM with something else. Each of them has a block of 2 MiB of its own, in which the guest has not been before.
 * Command line: none; 32 MiB at least.
 */
#include "ffa_port.h"

#define BLOCK           (2ul << 20)
#define ENTRIES         512
#define WORDS           (PAGE_SIZE / sizeof(uint64_t))
#define FAR_VA          (511ul << 30)           /* nothing is mapped there */
#define D_TABLE         3ul
#define D_PAGE          0x703ul                 /* valid, accessed, inner shareable, attribute 0 */

extern char _end[];
extern uint64_t mmu_l1[];

static uint64_t far_l2[ENTRIES] __attribute__((aligned(4096)));

/* Block @n that only this test uses: the image and the tree are not there, or the last check finds out */
static uint64_t *block(unsigned int n)
{
    return (uint64_t *)(ram_base + 16 * (1ul << 20) + n * BLOCK);
}

static unsigned int not_zero(const volatile uint64_t *p, size_t words)
{
    unsigned int n = 0;
    size_t i;

    for ( i = 0; i < words; i++ )
        n += p[i] != 0;

    return n;
}

/* Text of the hypervisor's own, and nothing but zeroes behind it */
static void hypervisor_first(char *text, const char *how)
{
    const size_t room = 16;                     /* xen_extraversion_t */

    if ( expect_eq(hypercall(HYP_xen_version, 1, (uintptr_t)text, 0), 0, "xen_version into memory %s", how) )
        expect_eq(not_zero((uint64_t *)(text + room), WORDS - room / 8), 0, "zeroes behind it");
}

static void buffers_first(void)
{
    expect_eq(ffa_rxtx_map(&ffa, block(1), block(2), 1), FFA_OK, "buffers where nobody has been");
    expect_eq(not_zero(block(1), WORDS) + not_zero(block(2), WORDS), 0, "are zero");
}

static uint64_t echo_memory(uint16_t echo, uint32_t what, uint64_t handle, uint32_t arg)
{
    uint64_t w[5] = { what, (uint32_t)handle, handle >> 32, arg, 0 };

    return sp_command(echo, w) == FFA_OK ? (uint32_t)w[0] | w[1] << 32 : ~0ul;
}

/* The SP sees zeroes, too, and turns the page into a table, which nobody but the MMU reads */
static void partition_first(void)
{
    struct ffa_mem_range range = { .ipa = (uintptr_t)block(3), .pages = 1 };
    struct ffa_mem mem = { .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1 };
    struct ffa_partition echo;
    uint64_t handle;

    if ( !expect_eq(ffa_find(&ffa, &uuid_echo, &echo), FFA_OK, "sp.echo is there") )
        return;
    mem.receiver = echo.id;
    if ( !expect_eq(ffa_mem_share(&ffa, &mem, &handle), FFA_OK, "a share where nobody has been") )
        return;
    expect_eq(echo_memory(echo.id, ECHO_MEM_MAP, handle, 0) & 0xffffffff, 0, "the SP maps it");
    expect_eq(echo_memory(echo.id, ECHO_MEM_SUM, handle, 0), 0, "and sees zeroes");
    echo_memory(echo.id, ECHO_MEM_FILL, handle, (uint32_t)((uintptr_t)block(4) | D_PAGE));
    echo_memory(echo.id, ECHO_MEM_UNMAP, handle, 0);
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");

    far_l2[0] = (uintptr_t)block(3) | D_TABLE;
    mmu_l1[FAR_VA >> 30] = (uintptr_t)far_l2 | D_TABLE;
    asm volatile("dsb ishst; isb" ::: "memory");
    hypervisor_first((char *)FAR_VA, "behind a table where nobody has been");
}

/* What is lent is gone from us: the SP is the only one that can see what was there */
static void borrower_first(void)
{
    struct ffa_mem_range range = { .ipa = (uintptr_t)block(5), .pages = 1 };
    struct ffa_mem mem = { .permissions = FFA_MEM_RW, .ranges = &range, .nr_ranges = 1 };
    struct ffa_partition echo;
    uint64_t handle, w[5];
    struct ffa_regs r;
    size_t bytes;

    if ( !expect_eq(ffa_find(&ffa, &uuid_echo, &echo), FFA_OK, "sp.echo is there") )
        return;
    mem.receiver = echo.id;
    bytes = ffa_mem_describe(&ffa, &mem, ffa.tx, ffa.rxtx_bytes);
    ffa_call(&ffa, &r, FFA_MEM_LEND_64, bytes, bytes, 0, 0, 0, 0, 0);
    if ( !expect_eq(ffa_status(&r), FFA_OK, "memory is lent where nobody has been") )
        return;
    handle = (uint32_t)r.x[2] | (uint64_t)(uint32_t)r.x[3] << 32;
    w[0] = ECHO_MEM_MAP;
    w[1] = (uint32_t)handle;
    w[2] = handle >> 32;
    w[3] = 0;
    w[4] = ECHO_MEM_NX;
    expect_eq(sp_command(echo.id, w) == FFA_OK ? w[0] : ~0ul, 0, "the SP maps it");
    expect_eq(echo_memory(echo.id, ECHO_MEM_SUM, handle, 0), 0, "and sees zeroes");
    expect_eq(echo_memory(echo.id, ECHO_MEM_UNMAP, handle, 0) & 0xffffffff, 0, "gives it back");
    expect_eq(ffa_mem_reclaim(&ffa, handle, 0), FFA_OK, "RECLAIM");
}

/* Our own eyes. What is not ours: the device tree. What we have written ourselves: pages 0 of the blocks above. */
static void all_of_it(void)
{
    uint64_t at = ((uintptr_t)_end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), end = ram_base + ram_size, pages = 0, bad = 0;
    unsigned int i;
    size_t tree;

    for ( i = 0; i < 5; i++ )
        memset(block(i), 0, PAGE_SIZE);

    for ( ; at < end; at += PAGE_SIZE )
    {
        if ( !not_zero((uint64_t *)at, WORDS) )
            pages++;
        else if ( (tree = dt_size((void *)at)) != 0 )
            at += (tree - 1) & ~(PAGE_SIZE - 1);
        else if ( !bad++ )
            printf("# 0x%lx: 0x%lx\n", at, *(uint64_t *)at);
    }
    expect_eq(bad, 0, "%lu pages are zero", pages);
}

int program(void)
{
    hypervisor_first((char *)block(0), "where nobody has been");
    if ( expect_eq(ffa_start(FFA_VERSION_1_2), FFA_OK, "FF-A") )
    {
        buffers_first();
        partition_first();
        borrower_first();
        expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP");
    }
    all_of_it();

    return tap_done();
}
