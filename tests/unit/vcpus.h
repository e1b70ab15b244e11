/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three VMs whose vCPUs may wait in the middle of a call: each call is a thread, one of them, or the test, runs at a time, and a
 * vCPU that is blocked does not. All of it is between booted() and gone(), set-up and teardown of each test.
 */
#ifndef TESTS_UNIT_VCPUS_H
#define TESTS_UNIT_VCPUS_H

#include <pthread.h>

#include "world.h"

#define A 2                             /* VM ids: domain id + 1 */
#define B 3
#define C 4
#define PAIR(from, to) ((uint32_t)(from) << 16 | (to))

struct cpu {
    struct domain *d;
    struct vcpu *v;
    struct cpu_user_regs regs;          /* of its call, afterwards of the result */
    bool busy, killed;                  /* it is in a call; it must not go on */
    pthread_t thread;
};

extern struct domain *dom[3];           /* NULL: dead and gone */
extern struct cpu a0, a1, b0, b1, c0;   /* vCPU 0 and 1 of A, ... */

void boot(const char *one, const char *two, const char *three); /* instead of booted(): their policies */
void others_run(void);                  /* what boot() makes shim_softirq */
int booted(void **state);
int gone(void **state);
void kill_vm(unsigned int i);           /* dom[i] dies, and its clean-up ends */

struct cpu make(struct domain *d, unsigned int vcpu);
/* A call, until it waits or has its result in c->regs */
void call(struct cpu *c, uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
void call_regs_of(struct cpu *c, const struct cpu_user_regs *regs);
bool waits(const struct cpu *c);
bool woken(const struct cpu *c);        /* ... and would go on */
void go_on(struct cpu *c);
void interrupt(struct cpu *c);          /* it waits, and gets an interrupt: that must be the end of its call */
void forget(struct cpu *c);             /* its VM is dead: what it is in does not end */

#define assert_result(c, fid, w1)                       \
    do {                                                \
        assert_false((c)->busy);                        \
        assert_int_equal((c)->regs.x[0], fid);          \
        assert_int_equal((c)->regs.x[1], w1);           \
    } while ( 0 )
#define assert_error(c, code)                           \
    do {                                                \
        assert_false((c)->busy);                        \
        assert_int_equal((c)->regs.x[0], FFA_FID(ERROR)); \
        assert_true((int64_t)(c)->regs.x[2] == (code)); \
    } while ( 0 )

#endif /* TESTS_UNIT_VCPUS_H */
