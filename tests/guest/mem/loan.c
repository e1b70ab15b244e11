/* SPDX-License-Identifier: BSD-2-Clause */
/* loan.h: the SP's side by commands, ours by calls. */
#include "loan.h"

#define PATIENCE_US     10000000

uint32_t first_page;

/* ---- the SP ---- */

int echo(uint32_t command, uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7, uint64_t *result)
{
    uint64_t until = time_us() + PATIENCE_US;
    uint64_t w[5];
    int rc;

    /* Its context of another CPU may be lending, too. */
    do {
        w[0] = command, w[1] = w4, w[2] = w5, w[3] = w6, w[4] = w7;
        rc = sp_command(SP_ECHO_ID, w);
        if ( rc == FFA_OK )
            rc = (int)(uint32_t)w[0];
        if ( rc == FFA_BUSY )
            (void)wait_event(false, 500);
    } while ( rc == FFA_BUSY && time_us() < until );

    if ( rc == FFA_OK && result )
        *result = (uint32_t)w[1] | w[2] << 32;

    return rc;
}

int sp_lends(enum mem_kind kind, uint32_t how, uint32_t pages, uint64_t *handle)
{
    return echo(ECHO_LEND, ffa.id, first_page | pages << 16, kind | how, TAG, handle);
}

int sp_reclaims(uint64_t handle) { return echo(ECHO_LEND_RECLAIM, (uint32_t)handle, handle >> 32, 0, 0, NULL); }

uint64_t sp_sum(uint32_t pages)
{
    uint64_t sum = 0;

    expect_eq(echo(ECHO_OWN_SUM, 0, first_page | pages << 16, 0, 0, &sum), FFA_OK, "the SP reads its pages");

    return sum;
}

void sp_fills(uint32_t pages, uint32_t seed)
{
    expect_eq(echo(ECHO_OWN_FILL, 0, first_page | pages << 16, seed, 0, NULL), FFA_OK, "the SP writes its pages");
}

int fault(uint32_t kind, uint32_t a, uint32_t b, uint32_t times)
{
    uint64_t w[5] = { FAULT_ARM, kind, a, b, times };
    int rc = sp_command(SP_FAULTS_ID, w);

    return rc == FFA_OK ? (int)(uint32_t)w[0] : rc;
}

void no_fault(void)
{
    uint64_t w[5] = { FAULT_CLEAR };

    sp_command(SP_FAULTS_ID, w);
}

/* ---- this VM ---- */

/* What a good borrower says */
struct txn want(enum mem_kind kind, uint64_t handle, uint32_t pages)
{
    there[0] = (struct ffa_mem_range){ ADDRESS, pages };

    return (struct txn){
        .sender = SP_ECHO_ID, .handle = handle, .tag = TAG, .nr = 1, .flags = FFA_MEM_TYPE(kind),
        .to = { { .id = ffa.id, .perm = FFA_MEM_RW | (kind == SHARE ? 0 : FFA_MEM_NX) } }, .ranges = there, .nr_ranges = 1,
    };
}

int retrieve(const struct txn *t)
{
    size_t bytes = txn_write(ffa.version, t, ffa.tx);
    int rc = send_raw(ffa.version < FFA_VERSION_1_1 ? FFA_MEM_RETRIEVE_REQ_32 : FFA_MEM_RETRIEVE_REQ_64, bytes, bytes, 0, 0);

    return (uint32_t)regs.x[0] == FFA_MEM_RETRIEVE_RESP ? FFA_OK : rc;
}

int retrieve_and_release(const struct txn *t)
{
    int rc = retrieve(t);

    if ( rc == FFA_OK )
        expect_eq(ffa_rx_release(&ffa), FFA_OK, "RX_RELEASE");

    return rc;
}

int relinquish(uint64_t handle, uint32_t flags)
{
    relinquish_write(handle, flags, 1, ffa.id, ffa.tx);
    ffa_call(&ffa, &regs, FFA_MEM_RELINQUISH, 0, 0, 0, 0, 0, 0, 0);

    return ffa_status(&regs);
}

uint64_t sum_at(const volatile uint64_t *p, uint64_t pages)
{
    uint64_t sum = 0, i;

    for ( i = 0; i < pages * WORDS; i++ )
        sum = (sum << 7 | sum >> 57) + p[i];

    return sum;
}

uint64_t rx_at(unsigned int at, unsigned int bytes)
{
    uint64_t v = 0;

    while ( bytes-- )
        v = v << 8 | ((volatile uint8_t *)ffa.rx)[at + bytes];

    return v;
}
