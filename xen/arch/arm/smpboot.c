/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs there are, and how the others come up: CPU 0 prepares all that a
 * CPU needs (per-CPU area, idle vCPU and its stack), PSCI starts it at
 * init_secondary (head.S), it goes through start_secondary() and tells that it
 * is ready. One CPU at a time; CPUs never go away.
 *
 * Locks: none, the maps change on CPU 0 or atomically.
 */
#include <xen/cpu.h>
#include <xen/cpumask.h>
#include <xen/delay.h>
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <asm/cpufeature.h>
#include <asm/gic.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/psci.h>
#include <asm/tee/tee.h>
#include <asm/time.h>
#include <asm/traps.h>

unsigned int __read_mostly nr_cpu_ids = NR_CPUS;
cpumask_t __read_mostly cpu_online_map;
cpumask_t __read_mostly cpu_present_map;
cpumask_t __read_mostly cpu_possible_map;
const cpumask_t cpumask_all = {
    .bits = { [0 ... BITS_TO_LONGS(NR_CPUS) - 1] = ~0UL }
};

uint64_t __cpu_logical_map[NR_CPUS] = {
    [0 ... NR_CPUS - 1] = MPIDR_INVALID
};

/* Lowest address of the stack on which a CPU starts: read by head.S. */
unsigned long secondary_stack[NR_CPUS];

static cpumask_t __ro_after_init single_cpu[NR_CPUS];

/* CPUs that have left their __init code. */
static cpumask_t cpu_ready_map;

static unsigned int __initdata max_cpus = NR_CPUS;
integer_param("maxcpus", max_cpus);

#define CPU_START_TIMEOUT SECONDS(2)

const cpumask_t *cpumask_of(unsigned int cpu)
{
    return &single_cpu[cpumask_check(cpu)];
}

void __init smp_prepare_boot_cpu(void)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < NR_CPUS; cpu++ )
        __cpumask_set_cpu(cpu, &single_cpu[cpu]);

    cpu_logical_map(0) = READ_SYSREG(MPIDR_EL1) & MPIDR_HWID_MASK;
    cpumask_set_cpu(0, &cpu_possible_map);
    cpumask_set_cpu(0, &cpu_present_map);
    cpumask_set_cpu(0, &cpu_online_map);
    cpumask_set_cpu(0, &cpu_ready_map);
}

static bool __init mpidr_is_known(uint64_t mpidr, unsigned int nr)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < nr; cpu++ )
        if ( cpu_logical_map(cpu) == mpidr )
            return true;

    return false;
}

/* Number the CPUs of the device tree: the one we are on is 0. */
static unsigned int __init number_cpus(void)
{
    int node, cpus = dt_root_child("cpus");
    unsigned int nr = 1;
    bool boot_cpu_seen = false;

    if ( cpus < 0 )
    {
        printk(XENLOG_WARNING "The device tree has no /cpus: one CPU\n");
        return nr;
    }

    dt_for_each_child ( node, cpus )
    {
        const char *type = dt_read_string(node, "device_type");
        uint64_t mpidr;

        if ( !type || strcmp(type, "cpu") || !dt_node_available(node) )
            continue;
        if ( dt_read_addr_size(node, "reg", 0, &mpidr, NULL) ||
             (mpidr & ~MPIDR_HWID_MASK) )
        {
            printk(XENLOG_WARNING "%s: bad reg, CPU ignored\n",
                   dt_node_name(node));
            continue;
        }
        if ( mpidr == cpu_logical_map(0) )
        {
            boot_cpu_seen = true;
            continue;
        }
        if ( mpidr_is_known(mpidr, nr) )
        {
            printk(XENLOG_WARNING "%s: reg %#lx twice, CPU ignored\n",
                   dt_node_name(node), mpidr);
            continue;
        }
        if ( nr >= NR_CPUS || nr >= max_cpus )
        {
            printk(XENLOG_WARNING "%s: more than %u CPUs, ignored\n",
                   dt_node_name(node), min_t(unsigned int, NR_CPUS, max_cpus));
            continue;
        }
        cpu_logical_map(nr++) = mpidr;
    }

    if ( !boot_cpu_seen )
        printk(XENLOG_WARNING "The device tree does not have the boot CPU (%#lx)\n",
               cpu_logical_map(0));

    return nr;
}

void __init smp_init_cpus(void)
{
    unsigned int cpu, nr = number_cpus();

    if ( psci_init() && nr > 1 )
    {
        printk(XENLOG_WARNING "No usable PSCI: %u CPUs stay off\n", nr - 1);
        nr = 1;
    }

    nr_cpu_ids = nr;
    for ( cpu = 1; cpu < nr; cpu++ )
    {
        if ( percpu_alloc_area(cpu) )
            panic("No memory for the per-CPU area of CPU%u\n", cpu);
        cpumask_set_cpu(cpu, &cpu_possible_map);
        cpumask_set_cpu(cpu, &cpu_present_map);
    }
}

/*
 * Start a CPU whose idle vCPU exists (CPU_UP_PREPARE), and wait for it.
 * 0, -EIO (does not come), or PSCI's refusal. Boot, CPU 0, interrupts on.
 */
int __init __cpu_up(unsigned int cpu)
{
    s_time_t deadline;
    int rc;

    BUG_ON(!idle_vcpu[cpu]);
    secondary_stack[cpu] = (unsigned long)idle_vcpu[cpu]->arch.stack;
    smp_mb();

    rc = call_psci_cpu_on(cpu);
    if ( rc )
    {
        printk(XENLOG_ERR "CPU%u: PSCI CPU_ON of %#lx failed: %d\n", cpu,
               cpu_logical_map(cpu), rc);
        return rc;
    }

    deadline = NOW() + CPU_START_TIMEOUT;
    while ( !cpumask_test_cpu(cpu, &cpu_ready_map) )
    {
        if ( NOW() > deadline )
        {
            /* Should it come after all, head.S parks it. */
            secondary_stack[cpu] = 0;
            printk(XENLOG_ERR "CPU%u: does not come up\n", cpu);
            return -EIO;
        }
        process_pending_softirqs();
        cpu_relax();
    }
    smp_rmb();

    return 0;
}

/* First C function of a CPU: interrupts off, its idle vCPU's stack. */
void __init start_secondary(void)
{
    unsigned int cpu = smp_processor_id();

    set_current(idle_vcpu[cpu]);
    check_local_cpu_features();
    init_traps();

    init_secondary_IRQ();
    gic_init_secondary_cpu();

    notify_cpu_starting(cpu);

    smp_wmb();
    cpumask_set_cpu(cpu, &cpu_online_map);

    local_irq_enable();
    local_abort_enable();

    init_maintenance_interrupt();
    init_timer_interrupt();
    init_tee_secondary();

    smp_mb();
    cpumask_set_cpu(cpu, &cpu_ready_map);

    startup_cpu_idle_loop();
}
