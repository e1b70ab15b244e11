/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns of SPs, in the tests: two VMs, what SPs answer to RUN, and time that passes. */
#ifndef TESTS_UNIT_TURNS_H
#define TESTS_UNIT_TURNS_H

#include "notif.h"

#define RUN FFA_FID(RUN)
#define ECHO_W1 ((uint32_t)SP_ECHO << 16)
#define NOTIFY_W1 ((uint32_t)SP_NOTIFY << 16)
#define COUNTED(field) ((unsigned int)atomic_read(&ffa_total.field))

extern struct domain *a, *b;            /* VM 2, which its policy may make the scheduler, and VM 3; NULL: gone */

/* For set-ups: a world with @one as the policy of @a, where each SP has @contexts. Returns 0. */
int turns_start(const char *one, uint16_t contexts);
int turns_gone(void **state);           /* teardown */

void answers(uint32_t fid, uint32_t w1, unsigned int times); /* ... of RUN */
void ring(uint16_t sp);                 /* it has something to fetch, on any vCPU: CPU0 hears of it */
unsigned int sris(void);                /* that @a has got */
unsigned int passes(s_time_t time);     /* how many timers that were */

#endif /* TESTS_UNIT_TURNS_H */
