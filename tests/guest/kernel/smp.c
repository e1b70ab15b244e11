/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs: one struct and one stack each. A secondary waits in its idle loop for cpu_call() or cpu_start(); calls are made by
 * one CPU at a time (normally the boot CPU). The end of a call is signalled with SGI_KICK, so that the caller can sleep.
 */
#include "kernel.h"

#define STACK_SIZE      16384
#define CPU_TIMEOUT     (10 * 1000000ul)

void secondary_entry(void);
void secondary_main(struct cpu *c);

struct cpu cpus[MAX_CPUS];
unsigned int nr_cpus;
static char stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(16)));

static void on_kick(uint32_t intid, void *arg)
{
    (void)intid;
    (void)arg;
}

void smp_init(void)
{
    uint64_t mpidr, self = read_sysreg(mpidr_el1) & 0xff00fffffful;
    unsigned int i, n = 1;

    /* The boot CPU is number 0 whatever its place in the tree: it is vCPU 0 */
    cpus[0].mpidr = self;
    for ( i = 0; n < MAX_CPUS && dt_cpu_reg(i, &mpidr); i++ )
        if ( mpidr != self )
            cpus[n++].mpidr = mpidr;
    nr_cpus = n;

    for ( i = 0; i < n; i++ )
    {
        cpus[i].id = i;
        cpus[i].stack_top = (uintptr_t)stacks[i] + STACK_SIZE;
    }

    cpus[0].online = true;
    irq_set_handler(SGI_KICK, on_kick, NULL);
    irq_set_handler(SGI_CALL, on_kick, NULL);
}

static void cpu_interrupts(void)
{
    gic_cpu_init();
    timer_cpu_init();
    gic_enable(SGI_KICK);
    gic_enable(SGI_CALL);
}

void secondary_main(struct cpu *c)
{
    write_sysreg((uintptr_t)c, tpidr_el1);
    cpu_interrupts();
    c->fn = NULL;
    c->starts++;
    dmb(ish);
    c->online = true;
    gic_send_sgi(SGI_KICK, c->caller);
    cpu_serve();
}

void cpu_serve(void)
{
    struct cpu *c = &cpus[cpu_id()];

    for ( ; ; )
    {
        irq_disable();
        if ( c->stop )
            break;
        if ( c->fn )
        {
            void (*fn)(void *) = c->fn;

            irq_enable();
            fn(c->arg);
            irq_disable();
            c->fn = NULL;
            dmb(ish);
            c->calls_done++;
            gic_send_sgi(SGI_KICK, c->caller);
        }
        else
            wfi();
        irq_enable();
        isb();
    }

    c->online = false;
    dsb(ish);
    psci(PSCI_CPU_OFF, 0, 0, 0);
    panic("CPU_OFF came back");
}

bool cpu_up(unsigned int cpu)
{
    struct cpu *c = &cpus[cpu];
    int64_t rc;

    if ( cpu >= nr_cpus || c->online )
        return false;

    c->caller = cpu_id();
    c->stop = false;
    dsb(sy);
    rc = psci(PSCI_CPU_ON, c->mpidr, (uintptr_t)secondary_entry, (uintptr_t)c);
    if ( rc )
    {
        printf("# CPU_ON of vcpu %u (0x%lx): %ld\n", cpu, c->mpidr, (long)rc);
        return false;
    }

    return wait_event(c->online, CPU_TIMEOUT);
}

unsigned int smp_up_all(void)
{
    unsigned int i, n = 1;

    for ( i = 1; i < nr_cpus; i++ )
        n += cpus[i].online || cpu_up(i);

    return n;
}

bool cpu_start(unsigned int cpu, void (*fn)(void *), void *arg)
{
    struct cpu *c = &cpus[cpu];

    if ( cpu >= nr_cpus || cpu == cpu_id() || !c->online || c->fn )
        return false;

    c->caller = cpu_id();
    c->arg = arg;
    dmb(ish);
    c->fn = fn;
    gic_send_sgi(SGI_CALL, cpu);

    return true;
}

bool cpu_call(unsigned int cpu, void (*fn)(void *), void *arg)
{
    uint64_t before;

    if ( cpu == cpu_id() )
    {
        fn(arg);
        return true;
    }
    before = cpu < nr_cpus ? cpus[cpu].calls_done : 0;

    return cpu_start(cpu, fn, arg) && wait_event(cpus[cpu].calls_done != before, CPU_TIMEOUT);
}

bool cpu_wait(unsigned int cpu, uint64_t us)
{
    return cpu < nr_cpus && wait_event(!cpus[cpu].fn, us);
}

bool cpu_down(unsigned int cpu)
{
    struct cpu *c = &cpus[cpu];
    unsigned int tries;

    if ( cpu >= nr_cpus || cpu == cpu_id() || !c->online )
        return false;

    c->caller = cpu_id();
    c->stop = true;
    gic_send_sgi(SGI_CALL, cpu);

    /* Nobody can signal the very end of a CPU: AFFINITY_INFO is asked, with the timer between the questions */
    for ( tries = 0; tries < 1000; tries++ )
    {
        if ( !c->online && psci(PSCI_AFFINITY_INFO, c->mpidr, 0, 0) == 1 )
            return true;
        (void)wait_event(false, 1000);
    }

    return false;
}

void smp_boot_cpu(void);
void smp_boot_cpu(void)
{
    cpu_interrupts();
}
