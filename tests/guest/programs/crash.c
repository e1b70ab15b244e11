/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: brings itself down, in the way `how=` names, to see what is left behind.
 *   off (default)  SYSTEM_OFF     reset  SYSTEM_RESET      bind   SYSTEM_OFF with bits bound and one pending
 *   panic          unhandled data abort                    cpus   all vCPUs off, one by one
 *   vector         no way to handle an exception (exception loop in the vectors)
 *   share          SYSTEM_OFF with memory shared, some of it in use by the SP
 *   rx             SYSTEM_OFF while owning the RX buffer   preempt  SYSTEM_OFF with a preempted or yielded SP
 *   spin           SYSTEM_OFF while an SP, interrupted, wants to compute for spin=<ms> (8000)
 *   hv             makes the hypervisor go down: break=<DEBUGOP_BREAK_*>, in a control domain
 * after=<ms> (0) waits first.
 */
#include "ffa_port.h"
#include "toolstack/toolstack.h"

static void leave_bits_bound(void)
{
    uint64_t w[5];
    struct ffa_partition sp;

    if ( ffa_start_all(FFA_VERSION_1_2) != FFA_OK || ffa_find(&ffa, &uuid_notify, &sp) != FFA_OK )
        panic("no FF-A");

    /* Nobody fetches */
    irq_disable();
    printf("crash: bind %d\n", ffa_notif_bind(&ffa, sp.id, 0, 0xf0000000000000ful));
    w[0] = NOTIFY_RING;
    w[1] = ffa.id;
    w[2] = 0x5;
    w[3] = 0x05000000;
    w[4] = 0xff00;
    printf("crash: ring %d", sp_command(sp.id, w));
    printf(" status %d\n", (int32_t)w[0]);
    system_off();
}

static void leave_rx_owned(void)
{
    struct ffa_regs r;

    if ( ffa_start_all(FFA_VERSION_1_2) != FFA_OK )
        panic("no FF-A");
    ffa_call(&ffa, &r, FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0, 0, 0);
    printf("crash: partition info %d\n", ffa_status(&r));
    system_off();
}

static void leave_sp_preempted(void)
{
    struct ffa_partition sp;
    struct ffa_regs r;

    if ( ffa_start_all(FFA_VERSION_1_2) != FFA_OK || ffa_find(&ffa, &uuid_echo, &sp) != FFA_OK )
        panic("no FF-A");
    ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | sp.id, 0, ECHO_YIELD, 3, 0, 0, 0);
    printf("crash: the request came back with 0x%lx\n", r.x[0]);
    system_off();
}

static void leave_sp_computing(void)
{
    struct ffa_partition sp;
    struct ffa_regs r;

    if ( ffa_start_all(FFA_VERSION_1_2) != FFA_OK || ffa_find(&ffa, &uuid_echo, &sp) != FFA_OK )
        panic("no FF-A");
    timer_arm(20000);
    ffa_call(&ffa, &r, FFA_MSG_SEND_DIRECT_REQ_32, (uint32_t)ffa.id << 16 | sp.id, 0, ECHO_SPIN,
             cmdline_u64("spin", 8000) * 1000, 0, 0, 0);
    printf("crash: the request came back with 0x%lx\n", r.x[0]);
    system_off();
}

static char area[24][PAGE_SIZE] __attribute__((aligned(4096)));

static void leave_memory_shared(void)
{
    struct ffa_mem_range range = { .pages = 3 };
    struct ffa_partition sp;
    uint64_t handle = 0, w[5];
    unsigned int i, shared = 0, used = 0;

    if ( ffa_start_all(FFA_VERSION_1_2) != FFA_OK || ffa_find(&ffa, &uuid_echo, &sp) != FFA_OK )
        panic("no FF-A");

    for ( i = 0; i < 40; i++ )
    {
        struct ffa_mem mem = { .receiver = sp.id, .attributes = FFA_MEM_NORMAL, .permissions = FFA_MEM_RW,
                               .ranges = &range, .nr_ranges = 1 };

        range.ipa = (uintptr_t)area[i % 20];
        if ( ffa_mem_share(&ffa, &mem, &handle) != FFA_OK )
            continue;

        shared++;
        w[0] = ECHO_MEM_MAP;
        w[1] = (uint32_t)handle;
        w[2] = handle >> 32;
        w[3] = w[4] = 0;
        if ( i % 2 == 0 )
            used += sp_command(sp.id, w) == FFA_OK && !w[0];
    }
    printf("crash: shared %u, in use %u\n", shared, used);
    system_off();
}

int program(void)
{
    char how[16] = "off";
    unsigned int i;

    cmdline_get("how", how, sizeof(how));
    (void)wait_event(false, cmdline_u64("after", 0) * 1000);
    printf("crash: %s\n", how);

    if ( !strcmp(how, "off") )
        system_off();
    else if ( !strcmp(how, "reset") )
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    else if ( !strcmp(how, "panic") )
        mmio_write32(0x7ffffff000ul, 0);
    else if ( !strcmp(how, "bind") )
        leave_bits_bound();
    else if ( !strcmp(how, "rx") )
        leave_rx_owned();
    else if ( !strcmp(how, "share") )
        leave_memory_shared();
    else if ( !strcmp(how, "preempt") )
        leave_sp_preempted();
    else if ( !strcmp(how, "spin") )
        leave_sp_computing();
    else if ( !strcmp(how, "vector") )
    {
        write_sysreg(0x1000ul, vbar_el1);       /* nothing is mapped there */
        isb();
        asm volatile("brk #0");
    }
    else if ( !strcmp(how, "hv") )
        expect_eq(ts_debug_op(DEBUGOP_break, (void *)cmdline_u64("break", 0)), -ENOSYS, "the CPU does not notice");
    else if ( !strcmp(how, "cpus") )
    {
        smp_up_all();
        for ( i = 1; i < nr_cpus; i++ )
            cpu_down(i);
        irq_disable();
        psci(PSCI_CPU_OFF, 0, 0, 0);
    }

    ok(false, "still alive after %s", how);
    return 1;
}
