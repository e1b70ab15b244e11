/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace.h. */
#include "arch.h"
#include "bootinfo.h"
#include "layout.h"
#include "sp_abi.h"
#include "trace.h"

#define RING_BYTES  0x40000
#define RINGS       (FW_TRACE_SIZE / RING_BYTES)
#define SUBCLASS    0xfffff000

static const struct bootinfo *const info = (const struct bootinfo *)BOOTINFO_PA;

static struct trace_ring *ring_of(unsigned int cpu)
{
    if ( !(info->options & FW_OPT_TRACE) || cpu >= RINGS )
        return NULL;

    return (struct trace_ring *)(uintptr_t)(FW_TRACE_PA + cpu * RING_BYTES);
}

void trace_init(unsigned int cpu)
{
    struct trace_ring *r = ring_of(cpu);

    if ( !r )
        return;

    *r = (struct trace_ring){
        .source = TRACE_SOURCE_FIRMWARE, .cpu = cpu, .frequency = read_sysreg(cntfrq_el0),
        .capacity = (RING_BYTES - sizeof(*r)) / sizeof(r->rec[0]),
    };
    trace(cpu, TRC_FW_SRI, 0, 0, 0, 0);
    trace(cpu, TRC_FW_SRI, 0, 0, 0, 0);
    r->cost = r->rec[1].time - r->rec[0].time;
    r->next = r->count = 0;
    r->magic = TRACE_RING_MAGIC;
}

void trace(unsigned int cpu, uint32_t event, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    struct trace_ring *r = ring_of(cpu);

    if ( !r || ((info->options & FW_OPT_TRACE_SET) && (event & SUBCLASS) != (TRC_FW_SET & SUBCLASS)) )
        return;

    r->rec[r->next] = (struct trace_record){ .time = counter(), .event = event, .extra = { a, b, c, d } };
    r->next = r->next + 1 == r->capacity ? 0 : r->next + 1;
    r->count++;
}
