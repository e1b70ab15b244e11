/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events with their time, for tools/trace. TRACE_TIME() is Xen's; without CONFIG_TRACEBUFFER it is nothing at all, and its
 * arguments are not evaluated. Any context.
 */
#ifndef XEN_TRACE_H
#define XEN_TRACE_H

#include <xen/kconfig.h>
#include <xen/types.h>

#include <public/trace.h>

/* trace_record - write an event into the ring of this CPU, if there is one yet */
void trace_record(uint32_t event, const uint32_t words[TRACE_EXTRA_MAX]);

/* TRACE_TIME(event, words...) - up to TRACE_EXTRA_MAX words */
#define TRACE_TIME(_e, ...)                                                     \
    do {                                                                        \
        if ( IS_ENABLED(CONFIG_TRACEBUFFER) )                                   \
        {                                                                       \
            const uint32_t _words[TRACE_EXTRA_MAX] = { __VA_ARGS__ };           \
                                                                                \
            trace_record(_e, _words);                                           \
        }                                                                       \
    } while ( 0 )

/* A vCPU in one word */
#define TRACE_VCPU(v) (((uint32_t)(v)->domain->domain_id << 16) | (v)->vcpu_id)

#endif /* XEN_TRACE_H */
