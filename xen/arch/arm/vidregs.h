/* SPDX-License-Identifier: GPL-2.0-only */
/* Identification registers as guests see them. */
#ifndef ARM_VIDREGS_H
#define ARM_VIDREGS_H

#include <xen/types.h>

/*
 * vidreg_value - what a guest reads in the register 3, 0, c0, c@crm, @op2
 * The same on every CPU. Registers without a row read as zero, as the architecture has it for the unallocated ones.
 */
uint64_t vidreg_value(unsigned int crm, unsigned int op2);

#endif /* ARM_VIDREGS_H */
