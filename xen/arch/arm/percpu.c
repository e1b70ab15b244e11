/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU areas. CPU 0 uses the one in the image (offset 0, so that this_cpu()
 * works from the first instruction in C); the others get theirs, zeroed, just
 * before they are started. Areas are never freed. Boot, CPU 0: no lock.
 */
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/mm.h>
#include <xen/percpu.h>
#include <xen/smp.h>

unsigned long __per_cpu_offset[NR_CPUS];

/* Number of this CPU: smp_processor_id(). */
DEFINE_PER_CPU(unsigned int, cpu_id);

#define PERCPU_ORDER \
    get_order_from_bytes(__per_cpu_data_end - __per_cpu_start)

int __init percpu_alloc_area(unsigned int cpu)
{
    unsigned int order = PERCPU_ORDER, i;
    char *area = alloc_xenheap_pages(order, 0);

    if ( !area )
        return -ENOMEM;

    for ( i = 0; i < 1U << order; i++ )
        clear_page(area + (i << PAGE_SHIFT));
    __per_cpu_offset[cpu] = area - __per_cpu_start;
    per_cpu(cpu_id, cpu) = cpu;

    return 0;
}
