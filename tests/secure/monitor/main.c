/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot order of the monitor, and what happens on each exception from a lower level.
 *
 * CPU 0: mailbox -> boot information; tables; GIC; SPMC boots; normal world. Others: own GIC part, pen.
 */
#include "ffa.h"
#include "monitor.h"
#include "print.h"
#include "sp_abi.h"
#include "trace.h"

#define EC_SMC32    0x13
#define EC_SMC64    0x17

#define UARTCR      0x30
#define UARTLCR_H   0x2c

#define HYP_ENTRY   0x60000000
#define BOOT_DTB    0x40000000

bool have_spmc;

static const struct bootinfo *const info = (const struct bootinfo *)BOOTINFO_PA;

/* With the MMU off: the mailbox is normal world memory, which EL3 never maps. */
static void read_mailbox(void)
{
    struct bootinfo *b = (struct bootinfo *)BOOTINFO_PA;
    uintptr_t m = FW_MAILBOX_PA;
    bool valid = mmio_read32(m) == FW_MAILBOX_MAGIC;

    *b = (struct bootinfo){ .entry = HYP_ENTRY, .max_version = FFA_1_2, .sri = INTID_SRI, .entry_el = 2 };
    b->cpus = gic_count_cpus();
    if ( !valid )
        return;

    b->options = mmio_read32(m + 4);
    if ( mmio_read64(m + 8) )
        b->entry = mmio_read64(m + 8);
    if ( mmio_read32(m + 16) >= FFA_1_0 && mmio_read32(m + 16) < FFA_1_2 )
        b->max_version = mmio_read32(m + 16);
    if ( mmio_read32(m + 20) )
        b->sri = mmio_read32(m + 20);
    b->fault_kind = mmio_read32(m + 24);
    b->fault_a = mmio_read32(m + 28);
    b->fault_b = mmio_read32(m + 32);
    b->fault_times = mmio_read32(m + 36);
    if ( mmio_read32(m + 40) == 1 )
        b->entry_el = 1;
}

static void boot_first(void)
{
    const uint64_t *src = (const uint64_t *)(spmc_image - (uintptr_t)MON_BASE); /* in flash */
    uint64_t *dst = (uint64_t *)SPMC_BASE;
    size_t n;

    for ( n = (spmc_image_end - spmc_image) / 8; n; n-- )
        *dst++ = *src++;
    mmio_write32(UART_SECURE + UARTLCR_H, 0x70); /* 8N1, FIFO */
    mmio_write32(UART_SECURE + UARTCR, 0x101);   /* enabled, transmit only */
    read_mailbox();
    have_spmc = !(info->options & FW_OPT_NO_FFA);
    mmu_build();
    gic_dist_init();
}

void mon_main(unsigned int cpu)
{
    if ( cpu == 0 )
        boot_first();
    mmu_enable();
    trace_init(cpu);
    cpu_init(info);
    gic_cpu_init();
    if ( cpu )
        psci_pen(cpu);

    gic_pen_leave();
    psci_boot_cpu_on(0);
    mon_cpus[0].entry = info->entry;
    mon_cpus[0].context = BOOT_DTB;
    mon_cpus[0].reason = REASON_BOOT;
    mon_cpus[0].spmc_up = true;
    if ( have_spmc )
        world_init(0);
    else
        enter_normal_world(0, mon_frame(0), info->entry, BOOT_DTB, info->entry_el);
    mon_launch(mon_frame(0));
}

static void smc_from_secure(unsigned int cpu, struct frame *frame)
{
    struct mon_cpu *c = &mon_cpus[cpu];
    uint64_t result[18];
    unsigned int i;

    if ( (uint32_t)frame->x[0] == SVC_MACHINE_OFF )
        machine_off();
    if ( (uint32_t)frame->x[0] == SVC_SET_PENDING )
    {
        gic_set_pending(frame->x[1]);
        return;
    }

    switch ( c->reason )
    {
    case REASON_BOOT:
        /* Only the first CPU's first entry honours the mailbox's exception level. */
        enter_normal_world(cpu, frame, c->entry, c->context, cpu ? 2 : info->entry_el);
        break;
    case REASON_CALL:
        for ( i = 0; i < ARRAY_SIZE(result); i++ )
            result[i] = frame->x[i];
        world_switch(cpu, frame, NORMAL);
        for ( i = 0; i < ARRAY_SIZE(result); i++ )
            frame->x[i] = result[i];
        break;
    case REASON_INTERRUPT:
        world_switch(cpu, frame, NORMAL);
        break;
    case REASON_POWER:
        world_switch(cpu, frame, NORMAL);
        psci_finish(cpu, frame);
    }
}

static void smc_from_normal(unsigned int cpu, struct frame *frame)
{
    uint32_t fid = (uint32_t)frame->x[0] & ~(1u << 16); /* without SMCCC's SVE hint */

    if ( psci_call(cpu, frame, fid) )
        return;

    if ( have_spmc && (fid & 0xbfffff00u) == 0x84000000u && (fid & 0xff) >= FFA_NR_FIRST &&
         (fid & 0xff) <= FFA_NR_LAST )
    {
        frame->x[0] = fid;
        world_call_spmc(cpu, frame, REASON_CALL);
        return;
    }
    frame->x[0] = -1UL;
}

void mon_sync(struct frame *frame)
{
    unsigned int cpu = this_cpu(), ec = (read_sysreg(esr_el3) >> 26) & 0x3f, i;

    if ( ec == EC_SMC32 )
        for ( i = 0; i < 18; i++ )
            frame->x[i] = (uint32_t)frame->x[i];
    else if ( ec != EC_SMC64 )
        mon_unexpected(frame, 8);

    trace(cpu, TRC_FW_EL3_IN, mon_cpus[cpu].current == SECURE, frame->x[0], 0, 0);
    if ( mon_cpus[cpu].current == SECURE )
        smc_from_secure(cpu, frame);
    else
        smc_from_normal(cpu, frame);
    trace(cpu, TRC_FW_EL3_OUT, mon_cpus[cpu].current == SECURE, frame->x[0], 0, 0);
}

/* FIQ from the normal world: EL3's own (a wake-up that came too late to matter), or secure: the SPMC takes it. */
void mon_fiq(struct frame *frame)
{
    unsigned int cpu = this_cpu();

    trace(cpu, TRC_FW_EL3_IN, mon_cpus[cpu].current == SECURE, 0, 0, 0);
    if ( gic_take_wake() )
    {
        trace(cpu, TRC_FW_EL3_OUT, mon_cpus[cpu].current == SECURE, 0, 0, 0);
        return;
    }
    if ( !have_spmc || mon_cpus[cpu].current != NORMAL )
        mon_unexpected(frame, 10);
    world_call_spmc(cpu, frame, REASON_INTERRUPT);
    trace(cpu, TRC_FW_EL3_OUT, true, 0, 0, 0);
}

void mon_unexpected(struct frame *frame, uint64_t kind)
{
    static const char *const from[] = { "EL3 (SP0)", "EL3", "lower AArch64", "lower AArch32" };
    static const char *const what[] = { "sync", "irq", "fiq", "serror" };
    unsigned int i;

    log_line("el3", "unexpected %s from %s on cpu%u, %s world", what[kind & 3], from[(kind >> 2) & 3], this_cpu(),
             mon_cpus[this_cpu()].current == SECURE ? "secure" : "normal");
    log_line("el3", "esr %016lx elr %016lx spsr %016lx far %016lx", read_sysreg(esr_el3), frame->elr, frame->spsr,
             read_sysreg(far_el3));
    for ( i = 0; i < 30; i += 3 )
        log_line("el3", "x%02u %016lx x%02u %016lx x%02u %016lx", i, frame->x[i], i + 1, frame->x[i + 1], i + 2,
                 frame->x[i + 2]);
    log_line("el3", "x30 %016lx", frame->x[30]);
    machine_off();
}
