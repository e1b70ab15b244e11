/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI 1.1 for the normal world: CPUs on and off, standby, system off and reset. Refuses calls from the secure world
 * (main.c keeps them away), power-down states, vendor resets. CPU_OFF and the system calls are told to the SPMC first;
 * it answers, then psci_finish() acts.
 *
 * Lock: psci_lock, for power, entry and context of every CPU.
 */
#include "monitor.h"
#include "psci.h"

static spinlock_t psci_lock;

#define GPIO_DATA(line) (GPIO_SECURE + (4u << (line)))
#define GPIO_DIR        (GPIO_SECURE + 0x400)
#define LINE_OFF        0
#define LINE_RESET      1

static void __attribute__((noreturn)) pull(unsigned int line)
{
    mmio_write32(GPIO_DIR, 3);
    mmio_write32(GPIO_DATA(line), 0);
    mmio_write32(GPIO_DATA(line), 1u << line);
    dsb();
    for ( ; ; )
        asm volatile("wfi");
}

void machine_off(void) { pull(LINE_OFF); }
void machine_reset(void) { pull(LINE_RESET); }

static bool cpu_exists(unsigned int cpu)
{
    return cpu < ((const struct bootinfo *)BOOTINFO_PA)->cpus;
}

static int64_t cpu_on(uint64_t target, uint64_t entry, uint64_t context)
{
    unsigned int cpu = mpidr_to_cpu(target);
    int64_t ret = PSCI_SUCCESS;

    if ( !cpu_exists(cpu) || (target & ~0xff00ffffffULL) )
        return PSCI_INVALID_PARAMETERS;
    if ( entry < NS_RAM_BASE || entry >= NS_RAM_END || (entry & 3) )
        return PSCI_INVALID_ADDRESS;

    spin_lock(&psci_lock);
    if ( mon_cpus[cpu].power == CPU_ON )
        ret = PSCI_ALREADY_ON;
    else if ( mon_cpus[cpu].power == CPU_ON_PENDING )
        ret = PSCI_ON_PENDING;
    else
    {
        mon_cpus[cpu].power = CPU_ON_PENDING;
        mon_cpus[cpu].entry = entry;
        mon_cpus[cpu].context = context;
    }
    spin_unlock(&psci_lock);

    if ( !ret )
        gic_wake(cpu);

    return ret;
}

static int64_t affinity_info(uint64_t target, uint64_t level)
{
    static const int8_t state[] = { [CPU_ON] = 0, [CPU_OFF] = 1, [CPU_ON_PENDING] = 2 };
    unsigned int cpu = mpidr_to_cpu(target);
    int64_t ret;

    if ( level || !cpu_exists(cpu) || (target & ~0xff00ffffffULL) )
        return PSCI_INVALID_PARAMETERS;

    spin_lock(&psci_lock);
    ret = state[mon_cpus[cpu].power];
    spin_unlock(&psci_lock);

    return ret;
}

static int64_t cpu_suspend(uint64_t state)
{
    if ( state & BIT(16) || state & ~0x30101ffffUL )
        return PSCI_INVALID_PARAMETERS;

    /* Any interrupt of any world ends it; EL3 takes none itself here. */
    dsb();
    asm volatile("wfi" : : : "memory");

    return PSCI_SUCCESS;
}

static int64_t psci_features(uint32_t fid)
{
    switch ( fid )
    {
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | PSCI_64:
    case SMCCC_VERSION:
        return PSCI_SUCCESS;
    default:
        return PSCI_NOT_SUPPORTED;
    }
}

/* Calls that end this CPU or the machine: the SPMC hears of them first. */
static void power_call(unsigned int cpu, struct frame *frame, uint32_t fid)
{
    mon_cpus[cpu].power_call = fid;
    if ( !have_spmc )
        psci_finish(cpu, frame);
    world_call_spmc(cpu, frame, REASON_POWER);
}

bool psci_call(unsigned int cpu, struct frame *frame, uint32_t fid)
{
    /* 32-bit forms carry 32-bit arguments. */
    uint64_t mask = fid & PSCI_64 ? ~0UL : 0xffffffffUL;
    uint64_t a1 = frame->x[1] & mask, a2 = frame->x[2] & mask, a3 = frame->x[3] & mask;
    int64_t ret;

    switch ( fid )
    {
    case SMCCC_VERSION:
        ret = 0x10002;
        break;
    case SMCCC_ARCH_FEATURES:
        ret = (uint32_t)a1 == SMCCC_VERSION || (uint32_t)a1 == SMCCC_ARCH_FEATURES ? 0 : -1;
        break;
    case PSCI_VERSION:
        ret = 0x10001;
        break;
    case PSCI_FEATURES:
        ret = psci_features(a1);
        break;
    case PSCI_MIGRATE_INFO_TYPE:
        ret = 2; /* no Trusted OS that would have to migrate */
        break;
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
        ret = cpu_on(a1, a2, a3);
        break;
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
        ret = affinity_info(a1, a2);
        break;
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
        ret = cpu_suspend((uint32_t)a1);
        break;
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | PSCI_64:
        if ( (uint32_t)a1 ) /* only the architectural warm reset, which this machine does as a cold one */
        {
            ret = PSCI_INVALID_PARAMETERS;
            break;
        }
        fid = PSCI_SYSTEM_RESET;
        /* fallthrough */
    case PSCI_SYSTEM_RESET:
    case PSCI_SYSTEM_OFF:
    case PSCI_CPU_OFF:
        power_call(cpu, frame, fid);
        return true;
    default:
        return false;
    }
    frame->x[0] = ret;

    return true;
}

void psci_finish(unsigned int cpu, struct frame *frame)
{
    (void)frame;

    switch ( mon_cpus[cpu].power_call )
    {
    case PSCI_SYSTEM_OFF:
        machine_off();
    case PSCI_SYSTEM_RESET:
        machine_reset();
    default:
        psci_pen(cpu);
    }
}

void psci_boot_cpu_on(unsigned int cpu)
{
    spin_lock(&psci_lock);
    mon_cpus[cpu].power = CPU_ON;
    spin_unlock(&psci_lock);
}

/* Where a CPU that is off sleeps, until CPU_ON sends it EL3's interrupt. */
void psci_pen(unsigned int cpu)
{
    struct mon_cpu *c = &mon_cpus[cpu];
    struct frame *frame = mon_frame(cpu);
    bool wake;

    gic_pen_enter();
    spin_lock(&psci_lock);
    /* At boot CPU_ON may have come before this CPU got here. */
    if ( c->power == CPU_ON )
        c->power = CPU_OFF;
    spin_unlock(&psci_lock);

    for ( ; ; )
    {
        gic_take_wake();
        spin_lock(&psci_lock);
        wake = c->power == CPU_ON_PENDING;
        if ( wake )
            c->power = CPU_ON;
        spin_unlock(&psci_lock);
        if ( wake )
            break;
        dsb();
        asm volatile("wfi" : : : "memory");
    }

    gic_pen_leave();
    if ( !have_spmc )
        enter_normal_world(cpu, frame, c->entry, c->context, 2);
    else if ( !c->spmc_up )
    {
        c->spmc_up = true;
        c->reason = REASON_BOOT;
        world_init(cpu);
    }
    else
        world_call_spmc(cpu, frame, REASON_BOOT);
    mon_launch(frame);
}
