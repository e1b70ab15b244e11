/* SPDX-License-Identifier: BSD-2-Clause */
/* The selftest's small library: TAP on the normal UART, calls, interrupts. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "arch.h"
#include "ffa.h"
#include "layout.h"
#include "print.h"
#include "regs.h"
#include "sp_abi.h"

#define SRI_WAIT_US 200000

void smc(struct regs *r);
extern const char secondary_start[];
void test_main(uint64_t dtb);
void test_secondary(uint64_t context);
void test_irq(void);
bool test_options(void);
void test_el1(void);
void test_memory(void);
void test_fault(uint64_t esr, uint64_t elr, uint64_t far) __attribute__((noreturn));

extern volatile unsigned int sri_count[2], timer_count;

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void check(bool good, const char *what);
void plan(void);
void power_off(void) __attribute__((noreturn));

/* One call, x1-x7 given; the answer stays in `ans`. Returns the low word of x0. */
extern struct regs ans;
uint32_t call(uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6, uint64_t x7);
/* The error of the last answer, 0 for success */
int error(void);
int status(uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);
/* A command to a test partition as a 32-bit request, RUN until it is done. Returns w3 of the response. */
int command(uint16_t sender, uint16_t sp, uint32_t w3, uint32_t w4, uint32_t w5, uint32_t w6, uint32_t w7);

void irq_init(unsigned int cpu);
void irq_open(void);
void irq_close(void);
bool wait_sri(unsigned int cpu, unsigned int count);
void timer_in(uint64_t us);

#endif /* SELFTEST_H */
