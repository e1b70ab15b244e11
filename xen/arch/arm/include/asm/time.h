/* SPDX-License-Identifier: GPL-2.0-only */
/* The Arm generic timer: counter, and the PPIs of the timers. */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <xen/types.h>

typedef uint64_t cycles_t;

enum timer_ppi {
    TIMER_PHYS_SECURE_PPI,
    TIMER_PHYS_NONSECURE_PPI,
    TIMER_VIRT_PPI,
    TIMER_HYP_PPI,
    MAX_TIMER_PPI,
};

/* timer_get_irq - physical PPI of a timer, from the device tree (29, 30, 27, 26 when it says nothing) */
unsigned int timer_get_irq(enum timer_ppi ppi);

/* Counter frequency in kHz, fixed after preinit_xen_time() */
extern unsigned long cpu_khz;

/* get_cycles - CNTPCT_EL0, not before the instructions that precede it */
cycles_t get_cycles(void);

/* preinit_xen_time - counter frequency, so that NOW() works; needs no device tree when CNTFRQ_EL0 is set. Boot. */
void preinit_xen_time(void);

/* init_xen_time - PPIs from the device tree. Boot CPU, after the tree is there. Returns 0. */
int init_xen_time(void);

/* init_timer_interrupt - this CPU's CNTHP and CNTV interrupts, guest access to counters. Every CPU, after its GIC. */
void init_timer_interrupt(void);

/* Counter ticks and nanoseconds. ticks_to_ns() saturates at the largest s_time_t; ns_to_ticks() rounds up. */
int64_t ticks_to_ns(uint64_t ticks);
uint64_t ns_to_ticks(int64_t ns);

#endif /* ASM_TIME_H */
