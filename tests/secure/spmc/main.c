/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPMC's thread on each CPU, its start, and its end. See spmc.h for the locks.
 */
#include "spmc.h"
#include "trace.h"

spinlock_t spmc_lock;
struct spmc_cpu cpus[MAX_CPUS];
uint32_t nwd_version;

const struct bootinfo *const info = (const struct bootinfo *)BOOTINFO_PA;

void ret_regs(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3)
{
    r->x[0] = fid;
    r->x[1] = x1;
    r->x[2] = x2;
    r->x[3] = x3;
    r->x[4] = r->x[5] = r->x[6] = r->x[7] = 0;
}

void ret_status(struct regs *r, int code)
{
    if ( code )
        ret_regs(r, FFA_ERROR, 0, (uint32_t)code, 0);
    else
        ret_regs(r, FFA_SUCCESS_32, 0, 0, 0);
}

static const char *sri_kind(void)
{
    return info->sri < 16 ? "SGI" : info->sri < 32 ? "PPI" : "SPI";
}

void sri_raise(void)
{
    uint64_t cpu = this_cpu()->index;

    trace(cpu, TRC_FW_SRI, info->sri, 0, 0, 0);
    if ( info->sri < 16 )
    {
        /* The other world's group 1: from here that is the normal world's. */
        write_sysreg(icc_asgi1r_el1, ((uint64_t)info->sri << 24) | ((cpu / 16) << 16) | BIT(cpu % 16));
        isb();
    }
    else
    {
        struct regs r = { { SVC_SET_PENDING, info->sri } };

        spmc_exchange(&r);
    }
    if ( !(info->options & FW_OPT_QUIET) )
        log_line("spmc", "SRI (%s %u) raised on cpu%u", sri_kind(), info->sri, (unsigned int)cpu);
}

/* The monitor speaks of power: only whether this CPU may be rung matters here. */
static void power_message(struct regs *r)
{
    uint32_t what = (uint32_t)r->x[2], call = (uint32_t)r->x[3];

    spin_lock(&spmc_lock);
    this_cpu()->online = what == FFA_FWK_WARM_BOOT;
    spin_unlock(&spmc_lock);

    if ( what == FFA_FWK_PSCI_REQ && (call == 0x84000008 || call == 0x84000009) )
        notif_balance();
    ret_regs(r, FFA_DIRECT_RESP_32, ((uint64_t)FFA_ID_SECURE << 16) | FFA_ID_SPMD, FFA_FWK_PSCI_RESP, 0);
}

static void first_cpu(void)
{
    nwd_version = info->max_version;
    sp_load_all();
    mmu_build();
}

void spmc_main(unsigned int index)
{
    struct regs r = { { FFA_MSG_WAIT } };
    bool monitor;

    if ( index == 0 )
        first_cpu();
    mmu_enable();
    cpus[index].index = index;
    write_sysreg(tpidr_el1, (uint64_t)&cpus[index]);
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    sp_boot_cpu(index);
    spin_lock(&spmc_lock);
    cpus[index].online = true;
    spin_unlock(&spmc_lock);
    if ( index == 0 )
    {
        if ( info->fault_kind )
            fault_arm(info->fault_kind, info->fault_a, info->fault_b, info->fault_times);
        log_line("spmc", "FF-A %u.%u, %u SPs, SRI %s %u", info->max_version >> 16, info->max_version & 0xffff,
                 SP_COUNT, sri_kind(), info->sri);
    }

    for ( ; ; )
    {
        if ( cpus[index].delayed_sri )
        {
            cpus[index].delayed_sri = false;
            sri_raise();
        }
        trace(index, TRC_FW_SPMC_OUT, r.x[0], 0, 0, 0);
        monitor = spmc_exchange(&r);
        trace(index, TRC_FW_SPMC_IN, r.x[0], 0, 0, 0);
        if ( !monitor )
            ffa_dispatch(&r);
        else if ( (uint32_t)r.x[0] == FFA_INTERRUPT )
        {
            interrupts_take();
            sp_run_interrupts();
            ret_regs(&r, FFA_NORMAL_WORLD_RESUME, 0, 0, 0);
        }
        else
            power_message(&r);
    }
}

void spmc_fatal(uint64_t esr, uint64_t elr, uint64_t far)
{
    struct regs r = { { SVC_MACHINE_OFF } };

    log_line("spmc", "fatal exception: esr %016lx elr %016lx far %016lx", esr, elr, far);
    for ( ; ; )
        spmc_exchange(&r);
}
