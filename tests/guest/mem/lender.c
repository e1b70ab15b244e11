/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of lender.h, good descriptors, and what became of it. */
#include "lender.h"

uint64_t area[NR_PAGES][WORDS] __attribute__((aligned(4096)));
struct ffa_mem_range ranges[NR_PAGES], there[NR_PAGES];
struct ffa_regs regs;
uint16_t peer_id;

const char *const kind_name[] = { "", "SHARE", "LEND", "DONATE" };
const uint32_t kind_fid[] = { 0, FFA_MEM_SHARE_64, FFA_MEM_LEND_64, FFA_MEM_DONATE_64 };

/* ---- descriptors ---- */

/* What a good lender says */
struct txn offer(enum mem_kind kind, size_t nr_ranges)
{
    return (struct txn){
        .sender = ffa.id, .attributes = kind == SHARE ? FFA_MEM_NORMAL : 0, .tag = TAG, .nr = 1,
        .to = { { .id = peer_id, .perm = kind == DONATE ? 0 : FFA_MEM_RW } }, .ranges = ranges, .nr_ranges = nr_ranges,
    };
}

/* What a good borrower says */
struct txn wish(enum mem_kind kind, uint64_t handle, uint32_t pages)
{
    there[0] = (struct ffa_mem_range){ ADDRESS, pages };

    return (struct txn){
        .sender = ffa.id, .handle = handle, .tag = TAG, .nr = 1, .flags = FFA_MEM_TYPE(kind),
        .to = { { .id = peer_id, .perm = FFA_MEM_RW | (kind == SHARE ? 0 : FFA_MEM_NX) } }, .ranges = there, .nr_ranges = 1,
    };
}

int send_raw(uint32_t fid, size_t total, size_t fragment, uint64_t address, uint64_t pages)
{
    ffa_call(&ffa, &regs, fid, total, fragment, address, pages, 0, 0, 0);
    return ffa_status(&regs);
}

int send(enum mem_kind kind, const struct txn *t, uint64_t *handle)
{
    size_t bytes = txn_write(ffa.version, t, ffa.tx);
    /* A driver of 1.0 as one may be: with calls of 32 bits */
    int rc = send_raw(ffa.version < FFA_VERSION_1_1 ? kind_fid[kind] & ~0x40000000u : kind_fid[kind], bytes, bytes, 0, 0);

    *handle = (uint32_t)regs.x[2] | regs.x[3] << 32;

    return rc;
}

int reclaim(uint64_t handle, uint32_t flags)
{
    return ffa_mem_reclaim(&ffa, handle, flags);
}

/* @n pages from page @first: one range, or each page for itself, backwards */
size_t lay_out(bool scattered, unsigned int first, unsigned int n)
{
    unsigned int i;

    if ( !scattered )
    {
        ranges[0] = (struct ffa_mem_range){ (uintptr_t)area[first], n };
        return 1;
    }
    for ( i = 0; i < n; i++ )
        ranges[i] = (struct ffa_mem_range){ (uintptr_t)area[first + n - 1 - i], 1 };

    return n;
}

/* ---- memory ---- */

void fill(uint64_t seed)
{
    unsigned int i, j;

    for ( i = 0; i < NR_PAGES; i++ )
        for ( j = 0; j < WORDS; j++ )
            area[i][j] = (seed + i * WORDS + j) * 0x9e3779b97f4a7c15ul;
}

uint64_t checksum(size_t nr)
{
    uint64_t sum = 0;
    size_t i, j;

    for ( i = 0; i < nr; i++ )
        for ( j = 0; j < ranges[i].pages * WORDS; j++ )
            sum = (sum << 7 | sum >> 57) + ((uint64_t *)ranges[i].ipa)[j];

    return sum;
}

unsigned int wrong_words(size_t nr, uint64_t seed)
{
    unsigned int wrong = 0;
    size_t i, j, n = 0;

    for ( i = 0; i < nr; i++ )
        for ( j = 0; j < ranges[i].pages * WORDS; j++ )
            wrong += ((uint64_t *)ranges[i].ipa)[j] != seed + n++;

    return wrong;
}

unsigned int traps_at(const volatile void *p)
{
    trap_begin();
    (void)*(const volatile uint64_t *)p;

    return trap_end().count;
}

unsigned int peer_traps(uint64_t address, bool write)
{
    return (unsigned int)peer_do(0, write ? PEER_FILL : PEER_SUM, address, 1, 7)->result[1];
}

void expect_sum(uint64_t pages, uint64_t want, const char *what)
{
    struct mailbox *m = peer_do(0, PEER_SUM, ADDRESS, pages, 0);

    ok(m->result[0] == want && !m->result[1], "%s: 0x%lx, %lu traps", what, m->result[0], m->result[1]);
}

void release_rx(void)
{
    expect_eq(peer_call(0, FFA_RX_RELEASE, 0, 0, 0), FFA_OK, "the borrower releases RX");
}

/* ---- beginning and end ---- */

bool lender_begin(unsigned int *peers)
{
    unsigned int i;

    *peers = (unsigned int)cmdline_u64("peers", 1);
    if ( !expect_eq(ffa_start_all(FFA_VERSION_1_2), FFA_OK, "FF-A is there") )
        return false;

    peer_id = ffa.id + 1;
    for ( i = 0; i < *peers; i++ )
        if ( !expect_eq(peer_meet(i, (uint16_t)(peer_id + i)), FFA_OK, "VM %u is there", peer_id + i) )
            return false;

    return true;
}

void lender_end(unsigned int peers)
{
    unsigned int i;

    for ( i = 0; i < peers; i++ )
        expect_eq(peer_part(i), FFA_OK, "VM %u goes", peer_id + i);
}
