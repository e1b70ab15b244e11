/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings that TRACE_TIME() writes to, one per CPU; they stay in memory, whatever becomes of the machine, and the newest
 * events are in them. Format: public/trace.h. Built with CONFIG_TRACEBUFFER only.
 *
 * Locks: none; a ring is written by its own CPU with interrupts masked.
 */
#include <xen/cpumask.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/param.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/string.h>
#include <xen/trace.h>

#include <asm/processor.h>
#include <asm/time.h>

/* Pages per CPU, rounded down to a power of two */
static unsigned int __initdata opt_tbuf_size = 256;
integer_param("tbuf_size", opt_tbuf_size);

static DEFINE_PER_CPU(struct trace_ring *, trace_ring);

void trace_record(uint32_t event, const uint32_t words[TRACE_EXTRA_MAX])
{
    uint64_t now = get_cycles();
    struct trace_record *rec;
    struct trace_ring *ring;
    unsigned long flags;

    local_irq_save(flags);
    ring = this_cpu(trace_ring);
    if ( likely(ring) )
    {
        rec = &ring->rec[ring->next];
        rec->time = now;
        rec->event = event;
        memcpy(rec->extra, words, sizeof(rec->extra));
        ring->next = ring->next + 1 == ring->capacity ? 0 : ring->next + 1;
        ring->count++;
    }
    local_irq_restore(flags);
}

/* Two events, one right after the other, in a ring that is empty again afterwards */
static uint32_t __init cost_of_event(struct trace_ring *ring)
{
    unsigned int i;

    for ( i = 0; i < 2; i++ )
        TRACE_TIME(TRC_HVM_VMENTRY, 1, 2, 3);
    ring->next = ring->count = 0;

    return ring->rec[1].time - ring->rec[0].time;
}

static int __init init_trace_bufs(void)
{
    unsigned int cpu, order, cost = 0;

    for ( order = 0; order < 16 && (2U << order) <= opt_tbuf_size; order++ )
        ;

    for_each_online_cpu ( cpu )
    {
        struct trace_ring *ring = alloc_xenheap_pages(order, 0);

        if ( !ring )
        {
            printk(XENLOG_WARNING "trace: no memory for CPU%u\n", cpu);
            continue;
        }

        memset(ring, 0, PAGE_SIZE << order);
        ring->source = TRACE_SOURCE_HYPERVISOR;
        ring->cpu = cpu;
        ring->frequency = cpu_khz * 1000UL;
        ring->capacity = ((PAGE_SIZE << order) - sizeof(*ring)) / sizeof(ring->rec[0]);
        if ( cpu == smp_processor_id() )
        {
            unsigned long flags;

            local_irq_save(flags);
            per_cpu(trace_ring, cpu) = ring;
            cost = cost_of_event(ring);
            local_irq_restore(flags);
        }
        ring->cost = cost;
        ring->magic = TRACE_RING_MAGIC;
        smp_wmb();
        per_cpu(trace_ring, cpu) = ring;
        printk(XENLOG_INFO "trace: CPU%u: %u events at %#lx\n", cpu, ring->capacity, virt_to_maddr(ring));
    }

    return 0;
}
__initcall(init_trace_bufs);
