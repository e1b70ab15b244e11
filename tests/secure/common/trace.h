/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of the firmware, for tools/trace: one ring per CPU in a block of the normal world's memory that the runner keeps
 * free, shared by monitor and SPMC, which never run at once on a CPU. With FW_OPT_TRACE only.
 */
#ifndef SECURE_TRACE_H
#define SECURE_TRACE_H

#include <stdint.h>

#include <public/trace.h>

/* Descriptor of the block: non-secure, normal, writable, not executable. The attribute index is 1 in both tables. */
#define TRACE_DESC      (1UL /* block */ | (1UL << 2) | (1UL << 5) /* NS */ | (3UL << 8) | (1UL << 10) | (3UL << 53))

/* An empty ring for this CPU. The block is mapped. */
void trace_init(unsigned int cpu);

/* Nothing without FW_OPT_TRACE, what FW_OPT_TRACE_SET leaves out, or on CPUs for which there is no room. */
void trace(unsigned int cpu, uint32_t event, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

#endif /* SECURE_TRACE_H */
