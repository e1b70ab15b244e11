/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One copy of a variable per CPU, zero at start.
 *
 * DEFINE_PER_CPU(type, name) defines it; this_cpu(name) is the caller's copy,
 * per_cpu(name, cpu) that of a CPU which was brought up. The caller must stay
 * on its CPU while it uses this_cpu(): hypervisor code always does, since a
 * vCPU moves only when it is descheduled.
 */
#ifndef XEN_PERCPU_H
#define XEN_PERCPU_H

#include <xen/compiler.h>
#include <asm/percpu.h>

#define DECLARE_PER_CPU(type, name) \
    extern __typeof__(type) per_cpu__ ## name

#define DEFINE_PER_CPU(type, name) \
    __section(".bss.percpu") __typeof__(type) per_cpu__ ## name

#define DEFINE_PER_CPU_READ_MOSTLY(type, name) \
    __section(".bss.percpu.read_mostly") __typeof__(type) per_cpu__ ## name

/* Allocate cpu's area. 0 or -ENOMEM. Never undone: CPUs do not go away. */
int percpu_alloc_area(unsigned int cpu);

#endif /* XEN_PERCPU_H */
