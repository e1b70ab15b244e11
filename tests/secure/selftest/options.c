/* SPDX-License-Identifier: BSD-2-Clause */
/* What each firmware option changes, seen from the normal world; one boot per option. Also reset and entry at EL1. */
#include "test.h"

#define RESET_MARK  0x62000000UL
#define RESET_MAGIC 0x5265736574UL

static void opt_no_ffa(void)
{
    call(FFA_VERSION, FFA_1_2, 0, 0, 0, 0, 0, 0);
    check(ans.x[0] == ~0UL, "no FF-A: VERSION gives -1");
    call(FFA_DIRECT_REQ_32, SP_ECHO_ID, 0, 0, 0, 0, 0, 0);
    check(ans.x[0] == ~0UL, "no FF-A: REQ gives -1");
    check(call(0x84000000, 0, 0, 0, 0, 0, 0, 0) == 0x10001, "PSCI is there");
}

static void opt_no_notif(void)
{
    check(status(FFA_FEATURES, FFA_FEATURE_SRI, 0, 0, 0) == FFA_NOT_SUPPORTED, "no notifications: FEATURES SRI");
    check(status(FFA_FEATURES, FFA_BITMAP_CREATE, 0, 0, 0) == FFA_NOT_SUPPORTED, "no notifications: FEATURES CREATE");
    check(status(FFA_BITMAP_CREATE, 1, 1, 0, 0) == FFA_NOT_SUPPORTED, "no notifications: CREATE");
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "no notifications: INFO_GET");
    check(command(1, SP_NOTIFY_ID, NOTIFY_RING, 1, 1, 0, 0xff00) == FFA_NOT_SUPPORTED, "no notifications: SET");
    check(!command(1, SP_ECHO_ID, ECHO_WHOAMI, 0, 0, 0, 0), "direct messages are there");
}

static void opt_no_per_vcpu(void)
{
    status(FFA_BITMAP_CREATE, 1, 1, 0, 0);
    check(!status(FFA_FEATURES, FFA_FEATURE_NOTIFICATION, 0, 0, 0) && ans.x[2] == 3, "no per-vCPU: feature 4 says so");
    check(status(FFA_NOTIFICATION_BIND, (uint64_t)SP_NOTIFY_ID << 16 | 1, 1, 1, 0) == FFA_INVALID, "no per-vCPU: BIND");
    check(!status(FFA_NOTIFICATION_BIND, (uint64_t)SP_NOTIFY_ID << 16 | 1, 0, 1, 0), "global BIND is there");
}

static void opt_info32(void)
{
    check(status(FFA_NOTIFICATION_INFO_64, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "INFO_GET_64 is not there");
    check(status(FFA_FEATURES, FFA_NOTIFICATION_INFO_64, 0, 0, 0) == FFA_NOT_SUPPORTED, "FEATURES says so");
    check(status(FFA_NOTIFICATION_INFO_32, 0, 0, 0, 0) == FFA_NO_DATA, "INFO_GET_32 is");
}

static void opt_no_acquire(void)
{
    check(status(FFA_FEATURES, FFA_RX_ACQUIRE, 0, 0, 0) == FFA_NOT_SUPPORTED, "RX_ACQUIRE is not there");
    check(status(FFA_RX_ACQUIRE, 1, 0, 0, 0) == FFA_NOT_SUPPORTED, "nor answered");
    check(!status(FFA_RXTX_MAP_64, 0x61000000, 0x61001000, 1, 0), "own buffers");
    check(status(FFA_RXTX_MAP_64, 0, 0, 0, 0) == FFA_INVALID, "buffers for a VM are refused");
}

static void opt_destroy_bound(void)
{
    status(FFA_BITMAP_CREATE, 1, 1, 0, 0);
    status(FFA_NOTIFICATION_BIND, (uint64_t)SP_NOTIFY_ID << 16 | 1, 0, 1, 0);
    check(status(FFA_BITMAP_DESTROY, 1, 0, 0, 0) == FFA_DENIED, "DESTROY while bound: denied");
    check(!status(FFA_NOTIFICATION_UNBIND, (uint64_t)SP_NOTIFY_ID << 16 | 1, 0, 1, 0), "UNBIND");
    check(!status(FFA_BITMAP_DESTROY, 1, 0, 0, 0), "DESTROY");
}

static void opt_no_regs(void)
{
    check(status(FFA_PARTITION_INFO_REGS, 0, 0, 0, 0) == FFA_NOT_SUPPORTED, "PARTITION_INFO_GET_REGS is not there");
}

static void opt_no_sve(void)
{
    check(!command(1, SP_ECHO_ID, ECHO_WHOAMI, 0, 0, 0, 0), "boots with SVE trapped");
}

static void opt_version(uint32_t highest)
{
    volatile uint32_t *rx = (uint32_t *)0x61001000UL;

    check(call(FFA_VERSION, FFA_1_2, 0, 0, 0, 0, 0, 0) == highest, "VERSION 1.2 is answered by the highest");
    check(call(FFA_VERSION, highest, 0, 0, 0, 0, 0, 0) == highest, "VERSION");
    call(FFA_DIRECT_REQ2, 1 << 16 | SP_ECHO_ID, 0, 0, 0, 0, 0, 0);
    check(error() == FFA_NOT_SUPPORTED, "REQ2 is too new");
    check(!status(FFA_FEATURES, FFA_RXTX_MAP_64, 0, 0, 0) && !ans.x[2], "FEATURES of RXTX_MAP: nothing but 4K");
    status(FFA_RXTX_MAP_64, 0x61000000, 0x61001000, 1, 0);
    check(!status(FFA_PARTITION_INFO_GET, 0, 0, 0, 0) && ans.x[3] == (highest == FFA_1_0 ? 0 : 24), "descriptor size");
    check((uint16_t)rx[highest == FFA_1_0 ? 2 : 6] == SP_NOTIFY_ID, "the second descriptor is where it belongs");
    check(status(FFA_BITMAP_CREATE, 1, 1, 0, 0) == (highest == FFA_1_0 ? FFA_NOT_SUPPORTED : 0), "CREATE");
    check(!(rx[1] & ~(highest == FFA_1_0 ? 7 : 0x1ff)), "properties of that version only");
}

static void fault_at_boot(void)
{
    check(status(FFA_ID_GET, 0, 0, 0, 0) == FFA_DENIED, "the fault of the mailbox is armed at boot");
    check(!status(FFA_ID_GET, 0, 0, 0, 0), "once");
}

static void reset(void)
{
    volatile uint64_t *mark = (uint64_t *)RESET_MARK;

    if ( *mark != RESET_MAGIC )
    {
        *mark = RESET_MAGIC;
        call(0x84000012, 0, 0, 0, 0, 0, 0, 0);
    }
    check(*mark == RESET_MAGIC, "SYSTEM_RESET2 starts again");
    check((int)call(0x84000012, 0x80000000, 0, 0, 0, 0, 0, 0) == -2, "SYSTEM_RESET2: no vendor resets");
    check(call(0xc4000004, 1, 0, 0, 0, 0, 0, 0) == 1, "CPU 1 waits in the pen again");
    *mark = 0;
}

/* A partition that reaches for memory of the SPMC dies; the others and the SPMC go on. */
static void aborted(void)
{
    check(!command(1, SP_ECHO_ID, ECHO_READ, SP_VA, 0, 0, 0) && ans.x[4] == 0x50, "a partition reads its own image");
    check(command(1, SP_ECHO_ID, ECHO_READ, SPMC_BASE, 0, 0, 0) == FFA_ABORTED, "but not the SPMC's: ABORTED");
    check(command(1, SP_ECHO_ID, ECHO_WHOAMI, 0, 0, 0, 0) == FFA_ABORTED, "from then on, too");
    check(status(FFA_RUN, (uint64_t)SP_ECHO_ID << 16, 0, 0, 0) == FFA_ABORTED, "RUN says the same");
    check(!command(1, SP_NOTIFY_ID, NOTIFY_STATS, 0, 0, 0, 0), "others are well");
}

/* What EL3 does not expect: it prints its registers and powers off, after this boot's plan. */
static void trapped_sve(void)
{
    check(read_sysreg(currentel) >> 2 == 2, "about to use SVE, which is trapped");
    plan();
    write_sysreg(S3_4_C1_C2_0 /* ZCR_EL2 */, 0);
    check(false, "still here");
}

/* True if this boot was one of these. */
bool test_options(void)
{
    uint32_t options = mmio_read32(FW_MAILBOX_PA + 4), version = mmio_read32(FW_MAILBOX_PA + 16);

    if ( mmio_read32(FW_MAILBOX_PA) != FW_MAILBOX_MAGIC )
        return false;
    if ( options == 1u << 31 ) /* no option of the firmware */
    {
        reset();
        return true;
    }
    if ( options == (1u << 29 | FW_OPT_NO_SVE) )
    {
        trapped_sve();
        return true;
    }
    if ( options == 1u << 30 )
    {
        aborted();
        return true;
    }
    if ( version )
        opt_version(version);
    if ( mmio_read32(FW_MAILBOX_PA + 24) )
        fault_at_boot();

    switch ( options )
    {
    case FW_OPT_NO_FFA:
        opt_no_ffa();
        break;
    case FW_OPT_NO_NOTIF:
        opt_no_notif();
        break;
    case FW_OPT_NO_PER_VCPU:
        opt_no_per_vcpu();
        break;
    case FW_OPT_INFO32_ONLY:
        opt_info32();
        break;
    case FW_OPT_NO_RX_ACQUIRE:
        opt_no_acquire();
        break;
    case FW_OPT_DESTROY_BOUND:
        opt_destroy_bound();
        break;
    case FW_OPT_NO_GET_REGS:
        opt_no_regs();
        break;
    case FW_OPT_NO_SVE:
        opt_no_sve();
        break;
    }

    return true;
}

void test_el1(void)
{
    check((read_sysreg(currentel) >> 2) == 1, "entered at EL1");
    check(call(FFA_VERSION, FFA_1_2, 0, 0, 0, 0, 0, 0) == FFA_1_2, "SMC works there");
    plan();
    power_off();
}
