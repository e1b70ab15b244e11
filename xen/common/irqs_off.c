/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long interrupts stay masked at EL2 (CONFIG_IRQS_OFF_TIMES).
 *
 * A stretch begins where a CPU masks them, or takes a trap, and ends where it unmasks them, or returns. Time in WFI does
 * not count, nor does that in the secure world, which is left when an interrupt comes (smc.S takes it off). What boot does
 * before a CPU's idle loop starts is not counted: nobody waits for it.
 * Owns: a record per CPU, which nobody else writes. Locks: none; every function runs with IRQs off.
 */
#include <xen/cpumask.h>
#include <xen/irqs_off.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/time.h>

struct irqs_off {
    bool counts;
    uint64_t since;             /* counter when the stretch under way began, 0: there is none */
    uint64_t secure;            /* secure_ticks at that time */
    const void *from;
    uint64_t longest;           /* ticks */
    const void *longest_from, *longest_to;
};
static DEFINE_PER_CPU(struct irqs_off, irqs_off);

DEFINE_PER_CPU(uint64_t, secure_ticks);         /* in SMCs; written by smc.S */

void irqs_off_count(void)
{
    this_cpu(irqs_off).counts = true;
}

void irqs_off_begin(void)
{
    struct irqs_off *o = &this_cpu(irqs_off);

    if ( !o->counts || o->since )
        return;

    o->from = __builtin_return_address(0);
    o->secure = this_cpu(secure_ticks);
    o->since = get_cycles();
}

void irqs_off_end(void)
{
    struct irqs_off *o = &this_cpu(irqs_off);
    uint64_t ticks;

    if ( !o->since )
        return;

    ticks = get_cycles() - o->since - (this_cpu(secure_ticks) - o->secure);
    o->since = 0;
    if ( ticks <= o->longest )
        return;

    o->longest = ticks;
    o->longest_from = o->from;
    o->longest_to = __builtin_return_address(0);
}

void irqs_off_print(void)
{
    unsigned int cpu;

    for_each_online_cpu ( cpu )
    {
        const struct irqs_off *o = &per_cpu(irqs_off, cpu);

        printk("irqs off: cpu%u for at most %"PRI_stime" ns, from %pS to %pS\n", cpu, ticks_to_ns(o->longest),
               o->longest_from, o->longest_to);
    }
}
