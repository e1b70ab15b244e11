/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of guests through HVC 0xEA1 (common/hypercall.c). */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

struct cpu_user_regs;

/*
 * do_hypercall - run the hypercall of the current vCPU
 * Number in x16, arguments in x0-x4, result (0, positive or -errno) in x0. In
 * debug builds the argument registers and x16 are overwritten, so that nobody
 * relies on them. The caller does not touch the PC.
 */
void do_hypercall(struct cpu_user_regs *regs);

#endif /* XEN_HYPERCALL_H */
