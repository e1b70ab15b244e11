/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ASM_DELAY_H
#define ASM_DELAY_H

/* udelay - spin for at least @usecs microseconds of the system counter. Any context. */
void udelay(unsigned long usecs);

#endif /* ASM_DELAY_H */
