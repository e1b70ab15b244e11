/* SPDX-License-Identifier: MIT */
/*
 * Rings of events in memory, and the numbers of the events. Whoever reads a ring finds it by its magic at the begin of a
 * page; tools/fftrace does so in the machine's memory after a run. The hypervisor has one per CPU when it is built with
 * CONFIG_TRACEBUFFER, the tests' firmware one per CPU when it is told to (FW_OPT_TRACE).
 */
#ifndef XEN_PUBLIC_TRACE_H
#define XEN_PUBLIC_TRACE_H

#if defined(__XEN__)
#include <xen/types.h>
#else
#include <stdint.h>
#endif

#define TRACE_RING_MAGIC        0x474e495245435254ULL   /* "TRCERING" */
#define TRACE_EXTRA_MAX         5

/* One event: 32 bytes */
struct trace_record {
    uint64_t time;                      /* CNTPCT_EL0 */
    uint32_t event;                     /* TRC_* */
    uint32_t extra[TRACE_EXTRA_MAX];    /* what it says, unused words are 0 */
};

#define TRACE_SOURCE_HYPERVISOR 0U
#define TRACE_SOURCE_FIRMWARE   1U

/* Written by its CPU only. The newest event is the one before @next; the oldest ones are overwritten. */
struct trace_ring {
    uint64_t magic;
    uint32_t source;
    uint32_t cpu;
    uint64_t frequency;                 /* of the counter, in Hz */
    uint64_t count;                     /* events ever written */
    uint32_t capacity;                  /* of rec[] */
    uint32_t next;                      /* index of the next event */
    uint32_t cost;                      /* ticks that it takes to write one, contained in each time that passes over one */
    uint32_t pad[5];
    struct trace_record rec[];
};

/* ---- The hypervisor's. vcpu: domain id [31:16], vCPU id [15:0]; the idle domain is 32767 ------------------------ */

#define TRC_SCHED_SWITCH        0x0002800aU     /* vcpu that left, vcpu that came */
#define TRC_HVM_VMENTRY         0x00081001U     /* vcpu */
#define TRC_HVM_VMEXIT          0x00081002U     /* vcpu, syndrome (0: interrupt), its w0, its pc low and high */

/* ---- The firmware's ----------------------------------------------------------------------------------------------- */

#define TRC_FW_EL3_IN           0x01001001U     /* from the secure world?, w0 (0: interrupt) */
#define TRC_FW_EL3_OUT          0x01001002U     /* to the secure world?, w0 */
#define TRC_FW_SPMC_IN          0x01002001U     /* w0 */
#define TRC_FW_SPMC_OUT         0x01002002U     /* w0 */
#define TRC_FW_SP_IN            0x01003001U     /* endpoint id */
#define TRC_FW_SP_OUT           0x01003002U     /* endpoint id */
#define TRC_FW_SET              0x01004001U     /* sender [31:16], receiver [15:0]; flags; bits low and high */
#define TRC_FW_SRI              0x01004002U     /* interrupt id */

#endif /* XEN_PUBLIC_TRACE_H */
