/* SPDX-License-Identifier: BSD-2-Clause */
/* The secure world as a hypervisor sees it, call by call. Needs two CPUs and no hypervisor: it is the one at EL2. */
#include "test.h"

#define BIND(vm, sp)    ((uint64_t)(sp) << 16 | (vm))
#define TX              0x61000000UL
#define RX              0x61001000UL
#define VM_TX           0x61002000UL
#define VM_RX           0x61003000UL

static volatile unsigned int secondary_up;

static const uint32_t echo_uuid[4] = SP_ECHO_UUID;

static void test_platform(uint64_t dtb)
{
    static const uint64_t marks[] = { 0x1111, 0x2222, 0x3333 };

    check(dtb == 0x40000000, "entered with the device tree's address");
    check(call(0x80000000, 0, 0, 0, 0, 0, 0, 0) >= 0x10002, "SMCCC 1.2");
    check(call(0x84000000, 0, 0, 0, 0, 0, 0, 0) == 0x10001, "PSCI 1.1");
    check(call(0x8400000a, 0xc4000003, 0, 0, 0, 0, 0, 0) == 0, "PSCI_FEATURES knows CPU_ON");
    check((int)call(0x8400000a, 0x84000014, 0, 0, 0, 0, 0, 0) == -1, "PSCI_FEATURES: unknown call");
    check(call(0xc4000004, 1, 0, 0, 0, 0, 0, 0) == 1, "AFFINITY_INFO: CPU 1 is off");
    check((int)call(0xc4000004, 77, 0, 0, 0, 0, 0, 0) == -2, "AFFINITY_INFO: no such CPU");
    check((int)call(0xc4000003, 0, (uint64_t)secondary_start, 0, 0, 0, 0, 0) == -4, "CPU_ON of oneself: already on");
    check((int)call(0xc4000003, 1, 0x0e000000, 0, 0, 0, 0, 0) == -9, "CPU_ON into secure memory: invalid address");
    check(call(0x84000006, 0, 0, 0, 0, 0, 0, 0) == 2, "MIGRATE_INFO_TYPE");
    timer_in(3000);
    check(call(0xc4000001, 0, 0, 0, 0, 0, 0, 0) == 0, "CPU_SUSPEND: standby");
    irq_open();
    irq_close();
    check(timer_count == 1, "ended by the interrupt");
    check((int)call(0xc4000001, 1 << 16, 0, 0, 0, 0, 0, 0) == -2, "CPU_SUSPEND: no power-down");
    timer_count = 0;
    call(0x8600ff01, 0, 0, 0, 0, 0, 0, 0);
    check(ans.x[0] == ~0UL, "unknown SMC: -1");
    call(0xc3000001, 0, 1, 0, 0, 0, 0, 0);
    check(ans.x[0] == ~0UL, "services of partitions are not for the normal world");

    write_sysreg(ttbr0_el1, marks[0]);
    write_sysreg(tpidr_el0, marks[1]);
    write_sysreg(sp_el0, marks[2]);
    call(FFA_ID_GET, 0, 0, 0, 0, 0, 0, 0);
    check(read_sysreg(ttbr0_el1) == marks[0] && read_sysreg(tpidr_el0) == marks[1] && read_sysreg(sp_el0) == marks[2],
          "registers of the normal world survive a call");
}

static void test_setup(void)
{
    ans = (struct regs){ { FFA_VERSION, 1u << 31 | FFA_1_2 } };
    smc(&ans);
    check((int)ans.x[0] == -1, "VERSION with bit 31");
    check(call(FFA_VERSION, 0x10009, 0, 0, 0, 0, 0, 0) == FFA_1_2, "VERSION 1.9: answers 1.2");
    check(call(FFA_VERSION, FFA_1_2, 0, 0, 0, 0, 0, 0) == FFA_1_2, "VERSION 1.2");
    check(!status(FFA_ID_GET, 0, 0, 0, 0) && ans.x[2] == 0, "ID_GET: 0");
    check((int)call(FFA_VERSION, FFA_1_1, 0, 0, 0, 0, 0, 0) == -1, "VERSION 1.1 is too late now");
    check(call(FFA_VERSION, FFA_1_2, 0, 0, 0, 0, 0, 0) == FFA_1_2, "VERSION 1.2 again");
    check(!status(FFA_SPM_ID_GET, 0, 0, 0, 0) && ans.x[2] == SPMC_ID, "SPM_ID_GET");
    check(!status(FFA_FEATURES, FFA_FEATURE_SRI, 0, 0, 0) && ans.x[2] == INTID_SRI, "FEATURES: SRI is SGI 8");
    check(status(FFA_FEATURES, FFA_FEATURE_NPI, 0, 0, 0) == FFA_NOT_SUPPORTED, "FEATURES: no NPI here");
    check(!status(FFA_FEATURES, FFA_RXTX_MAP_64, 0, 0, 0) && ans.x[2] == 16 << 16, "FEATURES: RXTX_MAP");
    check(!status(FFA_FEATURES, FFA_NOTIFICATION_INFO_64, 0, 0, 0), "FEATURES: INFO_GET_64");
    check(status(FFA_FEATURES, FFA_MEM_OP_PAUSE, 0, 0, 0) == FFA_NOT_SUPPORTED, "FEATURES: no MEM_OP_PAUSE");
    check(status(FFA_MEM_OP_PAUSE, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "MEM_OP_PAUSE");
    check(!status(FFA_FEATURES, FFA_MEM_SHARE_32, 0, 0, 0) && !ans.x[2], "FEATURES: MEM_SHARE");
    check(status(FFA_INTERRUPT, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "INTERRUPT cannot be forged");
    check(status(FFA_NORMAL_WORLD_RESUME, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "NORMAL_WORLD_RESUME cannot be forged");
    check(status(FFA_DIRECT_REQ_32, 0xffff8000, FFA_FWK_PSCI_REQ, 0x84000008, 0) == FFA_INVALID,
          "power messages cannot be forged");
}

static void test_buffers(void)
{
    volatile uint64_t *tx = (uint64_t *)TX;
    volatile uint16_t *rx = (uint16_t *)RX;

    check(status(FFA_PARTITION_INFO_GET, 0, 0, 0, 0) == FFA_BUSY, "PARTITION_INFO_GET without a buffer");
    check(status(FFA_RXTX_UNMAP, 0, 0, 0, 0) == FFA_INVALID, "RXTX_UNMAP without a buffer");
    check(status(FFA_RX_RELEASE, 0, 0, 0, 0) == FFA_DENIED, "RX_RELEASE without a buffer");
    check(status(FFA_RXTX_MAP_64, TX + 8, RX, 1, 0) == FFA_INVALID, "RXTX_MAP: unaligned");
    check(status(FFA_RXTX_MAP_64, TX, TX, 1, 0) == FFA_INVALID, "RXTX_MAP: the same page twice");
    check(status(FFA_RXTX_MAP_64, TX, RX, 2, 0) == FFA_INVALID, "RXTX_MAP: overlap");
    check(status(FFA_RXTX_MAP_64, TX, RX, 5, 0) == FFA_INVALID, "RXTX_MAP: too many pages");
    check(status(FFA_RXTX_MAP_64, 0x0e100000, RX, 1, 0) == FFA_DENIED, "RXTX_MAP: secure memory");
    check(status(FFA_RXTX_MAP_64, TX, 0x09000000, 1, 0) == FFA_DENIED, "RXTX_MAP: a device");
    check(status(FFA_RXTX_MAP_64, 0x3000000000, RX, 1, 0) == FFA_INVALID, "RXTX_MAP: memory that does not exist");
    check(!status(FFA_RXTX_MAP_64, TX, RX, 1, 0), "RXTX_MAP");
    check(status(FFA_RXTX_MAP_64, VM_TX, VM_RX, 1, 0) == FFA_DENIED, "RXTX_MAP: twice");

    check(!status(FFA_PARTITION_INFO_GET, 0, 0, 0, 0) && ans.x[2] == 3 && ans.x[3] == 24, "PARTITION_INFO_GET: three");
    check(rx[0] == SP_ECHO_ID && rx[12] == SP_NOTIFY_ID && rx[24] == SP_FAULTS_ID && rx[1] == 2, "their ids, 2 CPUs");
    check((rx[14] & 0xc0) == 0xc0 && !(rx[2] & 0xc0), "sp.notify wants VM messages, sp.echo does not");
    check(status(FFA_PARTITION_INFO_GET, 0, 0, 0, 0) == FFA_BUSY, "RX is full");
    check(!status(FFA_RX_RELEASE, 0, 0, 0, 0), "RX_RELEASE");
    check(status(FFA_RX_RELEASE, 0, 0, 0, 0) == FFA_DENIED, "RX_RELEASE: twice");
    call(FFA_PARTITION_INFO_GET, echo_uuid[0], echo_uuid[1], echo_uuid[2], echo_uuid[3], 1, 0, 0);
    check(!error() && ans.x[2] == 1, "PARTITION_INFO_GET: count by UUID");
    check(status(FFA_PARTITION_INFO_GET, 1, 2, 3, 4) == FFA_INVALID, "PARTITION_INFO_GET: unknown UUID");
    call(FFA_PARTITION_INFO_REGS, 0, 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_SUCCESS_64 && (uint32_t)ans.x[2] == 0x00020002 && ans.x[2] >> 48 == 24 &&
          (uint16_t)ans.x[3] == SP_ECHO_ID && (uint16_t)ans.x[6] == SP_NOTIFY_ID, "PARTITION_INFO_GET_REGS");
    check(status(FFA_PARTITION_INFO_REGS, 0, 0, 3, 0) == FFA_INVALID, "PARTITION_INFO_GET_REGS: beyond the end");

    /* Buffers of VM 5: RX composite at 16, TX composite at 48, one range each */
    tx[0] = 5 | 16UL << 32;
    tx[1] = 48;
    tx[2] = 1 | 1UL << 32;
    tx[3] = 0;
    tx[4] = VM_RX;
    tx[5] = 1;
    tx[6] = 1 | 1UL << 32;
    tx[7] = 0;
    tx[8] = VM_TX;
    tx[9] = 1;
    check(!status(FFA_RXTX_MAP_64, 0, 0, 0, 0), "RXTX_MAP for VM 5");
    check(status(FFA_RXTX_MAP_64, 0, 0, 0, 0) == FFA_DENIED, "RXTX_MAP for VM 5: twice");
    check(!status(FFA_RX_ACQUIRE, 5, 0, 0, 0), "RX_ACQUIRE");
    check(status(FFA_RX_ACQUIRE, 5, 0, 0, 0) == FFA_DENIED, "RX_ACQUIRE: twice");
    check(!status(FFA_RX_RELEASE, 5, 0, 0, 0), "RX_RELEASE for VM 5");
    check(status(FFA_RX_ACQUIRE, 6, 0, 0, 0) == FFA_INVALID, "RX_ACQUIRE: unknown VM");
    check(!status(FFA_RXTX_UNMAP, 5 << 16, 0, 0, 0), "RXTX_UNMAP for VM 5");
    tx[0] = 5 | 4092UL << 32;
    check(status(FFA_RXTX_MAP_64, 0, 0, 0, 0) == FFA_INVALID, "RXTX_MAP for a VM: composite out of bounds");
    check(!status(FFA_RXTX_UNMAP, 0, 0, 0, 0), "RXTX_UNMAP");
}

static void test_direct(void)
{
    bool same = true;
    unsigned int i;

    call(FFA_DIRECT_REQ_32, 1 << 16 | SP_ECHO_ID, 0, 1, 2, 3, 4, 5);
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP_32 && (uint32_t)ans.x[1] == ((uint32_t)SP_ECHO_ID << 16 | 1) &&
          ans.x[3] == 1 && ans.x[7] == 5, "REQ_32 to echo");
    call(FFA_DIRECT_REQ_64, 1 << 16 | SP_ECHO_ID, 0, ~0UL, 2, 3, 4, 5);
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP_64 && ans.x[3] == ~0UL, "REQ_64 to echo");
    ans = (struct regs){ { FFA_DIRECT_REQ2, 1 << 16 | SP_ECHO_ID } };
    for ( i = 4; i < 18; i++ )
        ans.x[i] = 0x1000100010001000UL + i;
    smc(&ans);
    for ( i = 4; i < 18; i++ )
        same &= ans.x[i] == 0x1000100010001000UL + i;
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP2 && same, "REQ2 to echo, fourteen registers");
    ans = (struct regs){ { FFA_DIRECT_REQ_32 | 1 << 16, 1 << 16 | SP_ECHO_ID, 0, 9, 0, 0, 0, 0, 0x88, 0x99 } };
    smc(&ans);
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP_32 && ans.x[8] == 0x88 && ans.x[9] == 0x99,
          "SVE hint is dropped, x8-x17 survive");
    check(!command(3, SP_ECHO_ID, ECHO_WHOAMI, 0, 0, 0, 0) && ans.x[4] == SP_ECHO_ID && ans.x[5] == 3, "WHOAMI");

    check(status(FFA_DIRECT_REQ_32, SP_NOTIFY_ID << 16 | SP_ECHO_ID, 0, 0, 0) == FFA_INVALID, "REQ: secure sender");
    check(status(FFA_DIRECT_REQ_32, 1 << 16 | 0x8009, 0, 0, 0) == FFA_INVALID, "REQ: unknown receiver");
    check(status(FFA_DIRECT_REQ_32, 1 << 16 | SPMC_ID, 0, 0, 0) == FFA_INVALID, "REQ: to the SPMC");
    check(status(FFA_DIRECT_REQ_32, 1 << 16 | 2, 0, 0, 0) == FFA_INVALID, "REQ: VM to VM");
    check(status(FFA_DIRECT_REQ_32, 1 << 16 | SP_ECHO_ID, 1, 0, 0) == FFA_INVALID, "REQ: reserved bits of w2");
    call(FFA_DIRECT_REQ_32, 1 << 16 | SP_NOTIFY_ID, FFA_FWK_VM_CREATED, 0, 0, 9, 0, 0);
    check(error() == FFA_INVALID, "VM created by a VM");
    call(FFA_DIRECT_REQ_32, SP_ECHO_ID, FFA_FWK_VM_CREATED, 0, 0, 9, 0, 0);
    check(error() == FFA_INVALID, "VM created to a partition that does not want it");
    check(status(FFA_DIRECT_REQ2, 1 << 16 | SP_ECHO_ID, 1, 2, 0) == FFA_INVALID, "REQ2: foreign UUID");
    check(status(0x84000070, 1 << 16 | SP_ECHO_ID, 0, 0, 0) == FFA_NOT_SUPPORTED, "RESP from the normal world");

    /* Preemption: the timer fires while echo spins. */
    timer_in(2000);
    call(FFA_DIRECT_REQ_32, 1 << 16 | SP_ECHO_ID, 0, ECHO_SPIN, 20000, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_INTERRUPT && ans.x[1] == (uint64_t)SP_ECHO_ID << 16, "preempted: INTERRUPT");
    irq_open();
    irq_close();
    check(timer_count == 1, "the interrupt is ours to take");
    check(status(FFA_DIRECT_REQ_32, 2 << 16 | SP_ECHO_ID, 0, 0, 0) == FFA_BUSY, "another request meanwhile: BUSY");
    check(status(FFA_RUN, (uint64_t)SP_ECHO_ID << 16 | 1, 0, 0, 0) == FFA_INVALID, "RUN on the wrong CPU");
    check(status(FFA_RUN, 3 << 16, 0, 0, 0) == FFA_INVALID, "RUN of a VM");
    call(FFA_RUN, (uint64_t)SP_ECHO_ID << 16, 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP_32 && ans.x[3] == 0, "RUN brings the response");

    call(FFA_DIRECT_REQ_32, 1 << 16 | SP_ECHO_ID, 0, ECHO_YIELD, 2, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_YIELD && ans.x[1] == (uint64_t)SP_ECHO_ID << 16, "YIELD");
    call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_YIELD, "YIELD again");
    call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_DIRECT_RESP_32 && ans.x[4] == 2, "response after two YIELDs");
    check(call(FFA_RUN, (uint64_t)SP_ECHO_ID << 16, 0, 0, 0, 0, 0, 0) == FFA_MSG_WAIT, "RUN of a waiting partition");
}

static int vm_message(uint32_t what, uint16_t vm)
{
    call(FFA_DIRECT_REQ_32, SP_NOTIFY_ID, what, 0, 0, vm, 0, 0);
    while ( (uint32_t)ans.x[0] == FFA_INTERRUPT )
        call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0);
    if ( (uint32_t)ans.x[0] != FFA_DIRECT_RESP_32 || ans.x[2] != (what | 1) )
        return -1000;

    return (int)(uint32_t)ans.x[3];
}

static void test_bitmaps(void)
{
    uint64_t vm;

    for ( vm = 1; vm <= 3; vm++ )
    {
        check(vm_message(FFA_FWK_VM_CREATED, vm) == 0, "VM created");
        check(!status(FFA_BITMAP_CREATE, vm, 8, 0, 0), "BITMAP_CREATE");
    }
    check(vm_message(FFA_FWK_VM_CREATED, 1) == FFA_DENIED, "VM created twice");
    check(status(FFA_BITMAP_CREATE, 1, 8, 0, 0) == FFA_DENIED, "BITMAP_CREATE: twice");
    check(status(FFA_BITMAP_CREATE, SP_ECHO_ID, 8, 0, 0) == FFA_INVALID, "BITMAP_CREATE: secure id");
    check(status(FFA_BITMAP_CREATE, 9, 0, 0, 0) == FFA_INVALID, "BITMAP_CREATE: no vCPU");
    check(status(FFA_BITMAP_CREATE, 9, 8, 1, 0) == FFA_INVALID, "BITMAP_CREATE: w3");
    check(status(FFA_BITMAP_DESTROY, 9, 0, 0, 0) == FFA_DENIED, "BITMAP_DESTROY: never created");

    check(!status(FFA_NOTIFICATION_BIND, BIND(1, SP_NOTIFY_ID), 0, 0x3, 0x80000000), "BIND global for VM 1");
    check(!status(FFA_NOTIFICATION_BIND, BIND(2, SP_NOTIFY_ID), 1, 0xff, 0), "BIND per-vCPU for VM 2");
    check(!status(FFA_NOTIFICATION_BIND, BIND(3, SP_NOTIFY_ID), 1, 0xff, 0), "BIND per-vCPU for VM 3");
    check(status(FFA_NOTIFICATION_BIND, BIND(1, SP_NOTIFY_ID), 0, 1, 0) == FFA_DENIED, "BIND: bound already");
    check(status(FFA_NOTIFICATION_BIND, BIND(1, SP_NOTIFY_ID), 2, 4, 0) == FFA_INVALID, "BIND: reserved flag");
    check(status(FFA_NOTIFICATION_BIND, BIND(1, SP_NOTIFY_ID), 0, 0, 0) == FFA_INVALID, "BIND: empty bitmap");
    check(status(FFA_NOTIFICATION_BIND, BIND(1, 2), 0, 4, 0) == FFA_INVALID, "BIND: sender is a VM");
    check(status(FFA_NOTIFICATION_BIND, BIND(1, 0x8009), 0, 4, 0) == FFA_INVALID, "BIND: unknown sender");
    check(status(FFA_NOTIFICATION_BIND, BIND(SP_ECHO_ID, SP_NOTIFY_ID), 0, 4, 0) == FFA_INVALID,
          "BIND: secure receiver");
    check(status(FFA_NOTIFICATION_BIND, BIND(9, SP_NOTIFY_ID), 0, 4, 0) == FFA_INVALID, "BIND: unknown receiver");
    check(status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_ECHO_ID), 0, 1, 0) == FFA_DENIED, "UNBIND: other sender");
    check(status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_NOTIFY_ID), 0, 4, 0) == FFA_DENIED, "UNBIND: not bound");
    check(status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_NOTIFY_ID), 1, 1, 0) == FFA_INVALID, "UNBIND: flags");
    check(status(FFA_NOTIFICATION_GET, 8 << 16 | 1, 1, 0, 0) == FFA_INVALID, "GET: vCPU beyond the count");
    check(status(FFA_NOTIFICATION_GET, 9, 1, 0, 0) == FFA_INVALID, "GET: no bitmap");
    check(status(FFA_NOTIFICATION_GET, 1, 0x10, 0, 0) == FFA_INVALID, "GET: reserved flag");
    check(status(FFA_NOTIFICATION_GET, 1, 2, 0, 0) == FFA_INVALID, "GET: VM bits are not here");
    check(!status(FFA_NOTIFICATION_GET, 1, 5, 0, 0) && !ans.x[2] && !ans.x[3], "GET: nothing");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "INFO_GET: nothing");
    check(status(FFA_NOTIFICATION_INFO_64, 1, 0, 0, 0) == FFA_INVALID, "INFO_GET: w1");
}

static int ring(uint16_t vm, unsigned int vcpu, uint32_t lo, uint32_t hi, uint32_t w7)
{
    return command(vm, SP_NOTIFY_ID, NOTIFY_RING, vcpu << 16 | vm, lo, hi, w7);
}

#define NOW (0xff << 8)

static void ring_example(void)
{
    static const uint8_t vcpus3[] = { 0, 1, 2, 5 };
    unsigned int i;

    ring(1, 0, 1, 0, NOW);
    ring(2, 0, 1, 0, NOW | 1);
    ring(2, 3, 1, 0, NOW | 1);
    for ( i = 0; i < 4; i++ )
        ring(3, vcpus3[i], 2, 0, NOW | 1);
}

static void drain(uint16_t vm)
{
    unsigned int v;

    for ( v = 0; v < 8; v++ )
        status(FFA_NOTIFICATION_GET, v << 16 | vm, 5, 0, 0);
}

static void test_notifications(void)
{
    unsigned int seen = sri_count[0], v;
    uint64_t got = 0;

    check(ring(1, 0, 1, 0x80000000, NOW) == 0, "ring VM 1");
    check(wait_sri(0, seen + 1), "the SRI arrives, once");
    check(status(FFA_BITMAP_DESTROY, 1, 0, 0, 0) == FFA_DENIED, "BITMAP_DESTROY: pending");
    check(status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_NOTIFY_ID), 0, 1, 0) == FFA_DENIED, "UNBIND: pending");
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_SUCCESS_64 && ans.x[2] == 1 << 7 && ans.x[3] == 1, "INFO_GET names VM 1");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "INFO_GET: reported once");
    check(ring(1, 0, 1, 0, NOW) == 0, "ring a bit that is pending: merged");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "merged: not reported again");
    check(ring(1, 0, 2, 0, NOW) == 0, "ring another bit");
    check(!status(FFA_NOTIFICATION_INFO_32, 0, 0, 0, 0) && ans.x[3] == 1, "another bit: reported");
    check(!status(FFA_NOTIFICATION_GET, 1, 5, 0, 0) && ans.x[2] == 3 && ans.x[3] == 0x80000000, "GET: lo, hi");
    check(!status(FFA_NOTIFICATION_GET, 1, 5, 0, 0) && !ans.x[2] && !ans.x[3], "GET clears");
    check(ring(1, 0, 4, 0, NOW) == FFA_DENIED, "ring a bit that is not bound");
    check(ring(1, 0, 5, 0, NOW) == FFA_DENIED, "one bit not bound: nothing is set");
    check(ring(1, 0, 1, 0, NOW | 1) == FFA_INVALID, "ring a global bit as per-vCPU");
    check(ring(2, 0, 1, 0, NOW) == FFA_INVALID, "ring a per-vCPU bit as global");
    check(ring(2, 8, 1, 0, NOW | 1) == FFA_INVALID, "ring a vCPU beyond the count");
    check(ring(9, 0, 1, 0, NOW) == FFA_INVALID, "ring an unknown VM");
    check(command(1, SP_NOTIFY_ID, NOTIFY_RING | 65 << 16, 1, 1, 0, NOW) == FFA_INVALID, "a burst that is too long");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "failed rings leave nothing");

    ring_example();
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check(ans.x[2] == 0x78200 && ans.x[3] == 0x0003000000020001 && ans.x[4] == 0x0002000100000003 &&
          ans.x[5] == 0x0000000000050003 && !ans.x[6], "the worked example, 64");
    for ( v = 0; v < 8; v++ )
    {
        status(FFA_NOTIFICATION_GET, v << 16 | 3, 5, 0, 0);
        got |= ans.x[2] ? BIT(v) : 0;
    }
    check(got == 0x27, "per-vCPU bits come out at their vCPUs");
    drain(1);
    drain(2);
    ring_example();
    call(FFA_NOTIFICATION_INFO_32, 0, 0, 0, 0, 0, 0, 0);
    check((uint32_t)ans.x[0] == FFA_SUCCESS_32 && ans.x[2] == 0x78200 && ans.x[3] == 0x00020001 &&
          ans.x[4] == 0x00030000 && ans.x[5] == 0x00000003 && ans.x[6] == 0x00020001 && ans.x[7] == 0x00050003,
          "the worked example, 32");
    for ( v = 1; v <= 3; v++ )
        drain(v);
    for ( v = 0; v < 8; v++ )
    {
        ring(2, v, 1, 0, NOW | 1);
        ring(3, v, 1, 0, NOW | 1);
    }
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check((ans.x[2] & 1) && ((ans.x[2] >> 7) & 31) == 5, "22 ids do not fit: more flag");
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check(!(ans.x[2] & 1) && (uint16_t)ans.x[3] == 3, "the rest follows, no list was split");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "then nothing");
    drain(2);
    drain(3);

    irq_open();
    irq_close();
    seen = sri_count[0];
    check(ring(1, 0, 1, 0, NOW | 2) == 0 && wait_sri(0, seen + 1), "delayed SRI arrives");
    drain(1);
    check(!status(FFA_NOTIFICATION_BIND, BIND(1, SP_ECHO_ID), 0, 0xfffffffc, 0x7fffffff), "the other 61 bits");
    check(!status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_ECHO_ID), 0, 0xfffffffc, 0x7fffffff), "and back");
    check(!status(FFA_NOTIFICATION_BIND, BIND(1, SP_NOTIFY_ID), 0, 0xfffffffc, 0x7fffffff), "to sp.notify");
    command(1, SP_NOTIFY_ID, NOTIFY_RING | 64 << 16, 1, 1, 0, NOW | 0x80);
    check(!status(FFA_NOTIFICATION_GET, 1, 1, 0, 0) && (uint32_t)ans.x[2] == ~0u && (uint32_t)ans.x[3] == ~0u,
          "all 64 bits, one after the other");
    check(!status(FFA_NOTIFICATION_UNBIND, BIND(1, SP_NOTIFY_ID), 0, 0xfffffffc, 0x7fffffff), "UNBIND of 61 bits");
    irq_open();
    irq_close();
    seen = sri_count[0] - 1;
    check(ring(1, 0, 1, 0, NOW | 50 << 16) == 0, "ring in 5 ms");
    check(wait_sri(0, seen + 2), "its SRI arrives through the secure timer");
    check(!status(FFA_NOTIFICATION_GET, 1, 5, 0, 0) && ans.x[2] == 1, "and the bit is there");

    /* The other direction: VM 1 rings sp.notify. */
    check(status(FFA_NOTIFICATION_SET, BIND(SP_NOTIFY_ID, 1), 0, 8, 0) == FFA_DENIED, "SET: not bound");
    check(!command(1, SP_NOTIFY_ID, NOTIFY_BIND, 1, 8, 0, 0), "sp.notify binds a bit for VM 1");
    check(status(FFA_NOTIFICATION_SET, BIND(SP_NOTIFY_ID, 1), 2, 8, 0) == FFA_INVALID, "SET: delay flag from a VM");
    check(!status(FFA_NOTIFICATION_SET, BIND(SP_NOTIFY_ID, 1), 0, 8, 0), "SET");
    check(!status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) && ans.x[3] == SP_NOTIFY_ID, "INFO_GET names the partition");
    check(!command(1, SP_NOTIFY_ID, NOTIFY_GET, 0, 0, 0, 0) && ans.x[4] == 8, "sp.notify gets it");
    check(!status(FFA_NOTIFICATION_SET, BIND(SP_NOTIFY_ID, 1), 0, 8, 0), "SET, left pending for VM 1's end");
    check(!status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0), "INFO_GET names it once more");
}

static void test_other_cpu(void)
{
    uint64_t end = counter() + us_to_ticks(1000000);

    check(ring(1, 0, 1, 0, 1 << 8) == FFA_DENIED, "ring on a CPU that is off");
    check(call(0xc4000003, 1, (uint64_t)secondary_start, 0x77, 0, 0, 0, 0) == 0, "CPU_ON");
    while ( !secondary_up && counter() < end )
        ;
    check(secondary_up == 0x77, "CPU 1 runs, with its context");
    check(call(0xc4000004, 1, 0, 0, 0, 0, 0, 0) == 0, "AFFINITY_INFO: CPU 1 is on");
    check(ring(1, 0, 2, 0, 1 << 8) == 0, "ring on CPU 1");
    check(wait_sri(1, 1), "its SRI arrives at CPU 1");
    check(!status(FFA_NOTIFICATION_GET, 1, 5, 0, 0) && ans.x[2] == 2, "and the bit is there");
    check(ring(1, 0, 2, 0, 1 << 8 | 20 << 16) == 0 && wait_sri(1, 2), "ring on CPU 1 in 2 ms");
    drain(1);
    secondary_up = 0; /* the next interrupt wakes it, and it switches itself off */
    ring(1, 0, 2, 0, 1 << 8);
    end = counter() + us_to_ticks(1000000);
    while ( call(0xc4000004, 1, 0, 0, 0, 0, 0, 0) == 0 && counter() < end )
        ;
    check(ans.x[0] == 1, "CPU_OFF");
    drain(1);
    check(ring(1, 0, 1, 0, 1 << 8) == FFA_DENIED, "no ringing there any more");
    check(call(0xc4000003, 1, (uint64_t)secondary_start, 0x78, 0, 0, 0, 0) == 0, "CPU_ON again");
    end = counter() + us_to_ticks(1000000);
    while ( !secondary_up && counter() < end )
        ;
    check(secondary_up == 0x78 && ring(1, 0, 2, 0, 1 << 8) == 0 && wait_sri(1, 4), "and it can be rung again");
    drain(1);
}

static void test_faults(void)
{
    unsigned int seen;

    check(!command(0, SP_FAULTS_ID, FAULT_ARM, FAULT_CALL_ERROR, 0x7d, (uint32_t)FFA_NO_MEMORY, 1),
          "arm: CREATE fails");
    check(status(FFA_BITMAP_CREATE, 4, 1, 0, 0) == FFA_NO_MEMORY, "CREATE fails");
    check(status(FFA_BITMAP_DESTROY, 4, 0, 0, 0) == FFA_DENIED, "and had no effect");
    command(0, SP_FAULTS_ID, FAULT_ARM, FAULT_INFO_RAW, 0xffffffff, 0xffffffff, 1);
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check(ans.x[2] == ~0UL && ans.x[7] == 0x0001000100010001, "INFO_GET raw");
    command(0, SP_FAULTS_ID, FAULT_ARM, FAULT_INFO_MORE, 0x42, 0, 0xffffffff);
    call(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0, 0, 0, 0);
    check(ans.x[2] == (1 << 7 | 1) && ans.x[3] == 0x42, "INFO_GET: more for ever");
    check(!command(0, SP_FAULTS_ID, FAULT_CLEAR, 0, 0, 0, 0), "clear");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NO_DATA, "INFO_GET is honest again");
    command(0, SP_FAULTS_ID, FAULT_ARM, FAULT_CALL_INTERRUPT, 3, 0, 1);
    call(FFA_DIRECT_REQ_32, SP_NOTIFY_ID, FFA_FWK_VM_CREATED, 0, 0, 7, 0, 0);
    check((uint32_t)ans.x[0] == FFA_INTERRUPT && call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0) == FFA_INTERRUPT &&
          call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0) == FFA_INTERRUPT &&
          call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0) == FFA_DIRECT_RESP_32 && !ans.x[3],
          "VM created, interrupted three times");
    check(vm_message(FFA_FWK_VM_DESTROYED, 7) == 0, "VM destroyed");
    command(0, SP_FAULTS_ID, FAULT_ARM, FAULT_RESP_IDS, 0, 0, 1);
    call(FFA_DIRECT_REQ_32, 1 << 16 | SP_ECHO_ID, 0, 1, 0, 0, 0, 0);
    check(ans.x[1] == (1 << 16 | SP_ECHO_ID), "response with swapped ids");
    check(!command(0, SP_FAULTS_ID, FAULT_QUERY, 0, 0, 0, 0) && ans.x[4] == 5 && ans.x[5] == 3 && ans.x[7] == 3,
          "query: 5 applied, 3 bitmaps, 3 VMs");
    irq_open();
    irq_close();
    seen = sri_count[0];
    check(!command(0, SP_FAULTS_ID, FAULT_RING_RAW, 0, 0, 0, 0) && wait_sri(0, seen + 1), "spurious SRI");
    check(!command(0, SP_FAULTS_ID, FAULT_SRI_STORM, 0, 20, 500, 0), "twenty more from the timer");
    wait_sri(0, seen + 21);
    check(sri_count[0] >= seen + 4 && sri_count[0] <= seen + 21, "they arrive, some merged on a slow machine");
}

static void test_end(void)
{
    uint64_t vm;

    for ( vm = 1; vm <= 3; vm++ )
    {
        drain(vm);
        check(!status(FFA_NOTIFICATION_UNBIND, BIND(vm, SP_NOTIFY_ID), 0, vm == 1 ? 3 : 0xff, vm == 1 ? 0x80000000 : 0),
              "UNBIND");
        check(!status(FFA_BITMAP_DESTROY, vm, 0, 0, 0), "BITMAP_DESTROY");
        check(vm_message(FFA_FWK_VM_DESTROYED, vm) == 0, "VM destroyed");
    }
    check(vm_message(FFA_FWK_VM_DESTROYED, 1) == FFA_INVALID, "VM destroyed: unknown");
    check(!command(0, SP_FAULTS_ID, FAULT_QUERY, 0, 0, 0, 0) && !ans.x[5] && !ans.x[6] && !ans.x[7], "nothing is left");
}

void test_secondary(uint64_t context)
{
    irq_init(1);
    secondary_up = context;
    while ( secondary_up )
    {
        asm volatile("wfi");
        irq_open();
        irq_close();
    }
    smc(&(struct regs){ { 0x84000002 } });
    check(false, "CPU_OFF returned");
}

void test_main(uint64_t dtb)
{
    irq_init(0);
    if ( test_options() )
    {
        plan();
        power_off();
    }
    test_setup();
    test_platform(dtb);
    test_buffers();
    test_direct();
    test_memory();
    test_bitmaps();
    test_notifications();
    test_other_cpu();
    test_faults();
    test_end();
    plan();
    power_off();
}
