/* SPDX-License-Identifier: GPL-2.0-only */
/* The longest stretch with interrupts masked, per CPU; costs nothing without CONFIG_IRQS_OFF_TIMES. */
#ifndef XEN_IRQS_OFF_H
#define XEN_IRQS_OFF_H

#ifdef CONFIG_IRQS_OFF_TIMES

/*
 * irqs_off_begin - interrupts have just been masked, or were already; irqs_off_end - they are about to be unmasked
 * Those of local_irq_*() are there already: for trap entry and return, and around WFI.  Context: IRQs off.
 */
void irqs_off_begin(void);
void irqs_off_end(void);

/* irqs_off_count - this CPU has booted: its stretches count from now on */
void irqs_off_count(void);

/* irqs_off_print - a line per CPU: nanoseconds, and between which places. Context: IRQs on. */
void irqs_off_print(void);

#else

static inline void irqs_off_begin(void) {}
static inline void irqs_off_end(void) {}
static inline void irqs_off_count(void) {}
static inline void irqs_off_print(void) {}

#endif

#endif /* XEN_IRQS_OFF_H */
