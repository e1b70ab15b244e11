/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs that lend memory have in common: the memory, descriptors that are good until they are spoiled. */
#ifndef GUEST_MEM_LENDER_H
#define GUEST_MEM_LENDER_H

#include "peer.h"

#define NR_PAGES        512
#define WORDS           (PAGE_SIZE / sizeof(uint64_t))
#define TAG             0x5eed
#define ADDRESS         WINDOW          /* where the borrower wants it */

extern uint64_t area[NR_PAGES][WORDS];
extern struct ffa_mem_range ranges[NR_PAGES], there[NR_PAGES];  /* ours, the borrower's */
extern struct ffa_regs regs;            /* of the last call */
extern uint16_t peer_id;                /* of the first borrower */
extern const char *const kind_name[];
extern const uint32_t kind_fid[];

/* What a good lender says about the first @nr_ranges of ranges[], and a good borrower about the handle */
struct txn offer(enum mem_kind kind, size_t nr_ranges);
struct txn wish(enum mem_kind kind, uint64_t handle, uint32_t pages);
int send_raw(uint32_t fid, size_t total, size_t fragment, uint64_t address, uint64_t pages);
int send(enum mem_kind kind, const struct txn *t, uint64_t *handle);
int reclaim(uint64_t handle, uint32_t flags);
/* ranges[]: @n pages from page @first: one range, or each page for itself, backwards. Returns how many ranges. */
size_t lay_out(bool scattered, unsigned int first, unsigned int n);

void fill(uint64_t seed);               /* all of area[] */
uint64_t checksum(size_t nr);           /* of the first @nr of ranges[], as PEER_SUM makes it */
unsigned int wrong_words(size_t nr, uint64_t seed);             /* that are not as PEER_FILL left them */
unsigned int traps_at(const volatile void *p);
unsigned int peer_traps(uint64_t address, bool write);
void expect_sum(uint64_t pages, uint64_t want, const char *what);
void release_rx(void);                  /* the borrower's */

/* Our part in the beginning, with the command line's peers=<n>, and in the end. False: it is of no use to go on. */
bool lender_begin(unsigned int *peers);
void lender_end(unsigned int peers);

#endif /* GUEST_MEM_LENDER_H */
