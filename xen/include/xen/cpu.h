/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing CPUs up, and who wants to know. */
#ifndef XEN_CPU_H
#define XEN_CPU_H

#include <xen/types.h>
#include <xen/notifier.h>

/*
 * Called with the CPU's number as data:
 * CPU_UP_PREPARE   on CPU 0 before the CPU starts: allocate. May fail.
 * CPU_UP_CANCELED  on CPU 0 when the start failed: undo.
 * CPU_STARTING     on the CPU itself, interrupts off.
 * CPU_ONLINE       on CPU 0, the CPU is in cpu_online_map.
 * CPU_DOWN_PREPARE, CPU_DYING, CPU_DEAD: numbers kept for source
 * compatibility; CPUs do not go away on Arm.
 */
#define NOTIFY_REVERSE   0x4000

#define CPU_UP_PREPARE   0x0002
#define CPU_UP_CANCELED  (0x0003 | NOTIFY_REVERSE)
#define CPU_STARTING     0x0004
#define CPU_ONLINE       0x0005
#define CPU_DOWN_PREPARE (0x0006 | NOTIFY_REVERSE)
#define CPU_DOWN_FAILED  0x0007
#define CPU_DYING        (0x0008 | NOTIFY_REVERSE)
#define CPU_DEAD         (0x0009 | NOTIFY_REVERSE)
#define CPU_REMOVE       (0x000a | NOTIFY_REVERSE)

/* Boot, CPU 0. */
void register_cpu_notifier(struct notifier_block *nb);

/* On the starting CPU, interrupts off. */
void notify_cpu_starting(unsigned int cpu);

/* Start a present CPU. 0 or a negative error; boot, CPU 0. */
int cpu_up(unsigned int cpu);

#endif /* XEN_CPU_H */
