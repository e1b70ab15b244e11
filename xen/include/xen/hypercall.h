/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of guests through HVC 0xEA1 (common/hypercall.c). The do_x() take the
 * registers x0-x2 of the caller and return its x0; what each one accepts is in
 * docs/interfaces.md.
 */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#include <xen/types.h>

struct cpu_user_regs;
struct domain;
struct xen_domctl;

/*
 * do_hypercall - run the hypercall of the current vCPU
 * Number in x16, arguments in x0-x4, result (0, positive or -errno) in x0. In
 * debug builds the argument registers and x16 are overwritten, so that nobody
 * relies on them. The caller does not touch the PC.
 */
void do_hypercall(struct cpu_user_regs *regs);

/*
 * hypercall_create_continuation - have the current hypercall made again
 * @a0: its first argument then; the other registers are left alone, since they
 * need not be arguments. The result is to be returned by the hypercall. Nothing
 * of this call may be left locked.
 */
long hypercall_create_continuation(register_t a0);

long do_memory_op(register_t cmd, register_t arg, register_t unused);
long do_vcpu_op(register_t cmd, register_t vcpu_id, register_t arg);
long do_sched_op(register_t cmd, register_t arg, register_t unused);
long do_sysctl(register_t op, register_t unused1, register_t unused2);
long do_domctl(register_t op, register_t unused1, register_t unused2);
long do_debug_op(register_t cmd, register_t arg, register_t unused);
long debug_break(register_t how);

/*
 * arch_do_domctl - the operations on @d that are the architecture's
 * @copyback: set when @op is to be given back to the caller. 0, -errno, or
 * -ERESTART: to be made again, with what @op says now. -ENOSYS: not one of them.
 * Locking: domctl lock.
 */
long arch_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback);

#endif /* XEN_HYPERCALL_H */
