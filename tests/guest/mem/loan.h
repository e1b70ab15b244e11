/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of sp.echo's that this VM borrows through the SPMC: what the SP is told, and what a good borrower says. */
#ifndef GUEST_MEM_LOAN_H
#define GUEST_MEM_LOAN_H

#include "lender.h"

extern uint32_t first_page;             /* of the SP's that are ours: command line first=<n> (0) */

/* ---- the SP: status or error ---- */
int echo(uint32_t command, uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7, uint64_t *result);
int sp_lends(enum mem_kind kind, uint32_t how, uint32_t pages, uint64_t *handle);       /* its first ones; how: ECHO_LEND_* */
int sp_reclaims(uint64_t handle);
uint64_t sp_sum(uint32_t pages);        /* of what it sees there, as sum_at() */
void sp_fills(uint32_t pages, uint32_t seed);
int fault(uint32_t kind, uint32_t a, uint32_t b, uint32_t times);      /* the SPMC will err */
void no_fault(void);

/* ---- this VM ---- */
struct txn want(enum mem_kind kind, uint64_t handle, uint32_t pages);   /* at ADDRESS */
int retrieve(const struct txn *t);      /* the response stays in RX */
int retrieve_and_release(const struct txn *t);
int relinquish(uint64_t handle, uint32_t flags);
uint64_t sum_at(const volatile uint64_t *p, uint64_t pages);
uint64_t rx_at(unsigned int at, unsigned int bytes);

#endif /* GUEST_MEM_LOAN_H */
