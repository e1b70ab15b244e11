/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * features: FEATURES says what this VM may call, for its version, below this firmware and with its policy; and the calls say the same.
 * Command line: version=1.0|1.1|1.2 (1.2), notif=0 (the firmware has no notifications), mem=0 (no sharing), req2=0 (no REQ2),
 * send2=0 (no MSG_SEND2), vms=1 (the policy lets this VM message and ring others), recv=1 (others may message it).
 */
#include "ffa_port.h"

enum need { ALWAYS, FW_NOTIF, FW_MEM, FW_REQ2, RESP2, VM_MSG, RECV };

static const struct { uint32_t fid, since; enum need need; } calls[] = {
    { FFA_FEATURES, FFA_VERSION_1_0, ALWAYS }, { FFA_ID_GET, FFA_VERSION_1_0, ALWAYS },
    { FFA_PARTITION_INFO_GET, FFA_VERSION_1_0, ALWAYS }, { FFA_RX_RELEASE, FFA_VERSION_1_0, ALWAYS },
    { FFA_RXTX_MAP_32, FFA_VERSION_1_0, ALWAYS }, { FFA_RXTX_MAP_64, FFA_VERSION_1_0, ALWAYS },
    { FFA_RXTX_UNMAP, FFA_VERSION_1_0, ALWAYS }, { FFA_MSG_SEND_DIRECT_REQ_32, FFA_VERSION_1_0, ALWAYS },
    { FFA_MSG_SEND_DIRECT_REQ_64, FFA_VERSION_1_0, ALWAYS }, { FFA_RUN, FFA_VERSION_1_0, ALWAYS },
    { FFA_SPM_ID_GET, FFA_VERSION_1_1, ALWAYS }, { FFA_PARTITION_INFO_GET_REGS, FFA_VERSION_1_2, ALWAYS },
    { FFA_CONSOLE_LOG_32, FFA_VERSION_1_2, ALWAYS }, { FFA_CONSOLE_LOG_64, FFA_VERSION_1_2, ALWAYS },
    { FFA_NOTIFICATION_BIND, FFA_VERSION_1_1, FW_NOTIF }, { FFA_NOTIFICATION_UNBIND, FFA_VERSION_1_1, FW_NOTIF },
    { FFA_NOTIFICATION_SET, FFA_VERSION_1_1, FW_NOTIF }, { FFA_NOTIFICATION_GET, FFA_VERSION_1_1, FW_NOTIF },
    { FFA_NOTIFICATION_INFO_GET_32, FFA_VERSION_1_1, FW_NOTIF }, { FFA_NOTIFICATION_INFO_GET_64, FFA_VERSION_1_1, FW_NOTIF },
    { FFA_MEM_SHARE_32, FFA_VERSION_1_0, FW_MEM }, { FFA_MEM_SHARE_64, FFA_VERSION_1_0, FW_MEM },
    { FFA_MEM_RETRIEVE_REQ_32, FFA_VERSION_1_0, FW_MEM }, { FFA_MEM_RETRIEVE_REQ_64, FFA_VERSION_1_0, FW_MEM },
    { FFA_MEM_RELINQUISH, FFA_VERSION_1_0, FW_MEM }, { FFA_MEM_FRAG_RX, FFA_VERSION_1_0, FW_MEM },
    { FFA_MEM_RECLAIM, FFA_VERSION_1_0, FW_MEM }, { FFA_MSG_SEND_DIRECT_REQ2, FFA_VERSION_1_2, FW_REQ2 },
    { FFA_MSG_SEND2, FFA_VERSION_1_1, VM_MSG }, { FFA_MSG_WAIT, FFA_VERSION_1_0, RECV }, { FFA_YIELD, FFA_VERSION_1_0, RECV },
    { FFA_MSG_SEND_DIRECT_RESP_32, FFA_VERSION_1_0, ALWAYS }, { FFA_MSG_SEND_DIRECT_RESP_64, FFA_VERSION_1_0, ALWAYS },
    { FFA_MSG_SEND_DIRECT_RESP2, FFA_VERSION_1_2, RESP2 },
};

static bool there(enum need need)
{
    switch ( need )
    {
    case ALWAYS:
        return true;

    case FW_NOTIF:
        return cmdline_u64("notif", 1) || cmdline_u64("vms", 0);

    case FW_MEM:
        return cmdline_u64("mem", 1);

    case FW_REQ2:
        return cmdline_u64("req2", 1) || cmdline_u64("vms", 0);

    case RESP2:
        return there(FW_REQ2) || there(RECV);

    case RECV:
        return cmdline_u64("recv", 0);

    case VM_MSG:
        return cmdline_u64("send2", 1) || cmdline_u64("vms", 0);
    }

    return false;
}

int program(void)
{
    struct ffa_regs r;
    unsigned int i;
    int rc = ffa_start(FFA_VERSION_1_2);
    bool notif;

    if ( !expect_eq(rc, FFA_OK, "FF-A is there, version %u.%u", ffa.version >> 16, ffa.version & 0xffff) )
        return 1;

    for ( i = 0; i < ARRAY_SIZE(calls); i++ )
    {
        bool wanted = ffa.version >= calls[i].since && there(calls[i].need);

        expect_eq(ffa_features(&ffa, calls[i].fid, 0, NULL, NULL), wanted ? FFA_OK : FFA_NOT_SUPPORTED, "FEATURES(0x%x)",
                  calls[i].fid);
        /* No call works with such arguments, but for those that have none. There is no such feature. */
        if ( calls[i].fid == FFA_FEATURES )
            continue;
        ffa_call(&ffa, &r, calls[i].fid, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff);
        rc = ffa_status(&r);
        ok((rc == FFA_NOT_SUPPORTED) == !wanted, "0x%x says so, too (%d)", calls[i].fid, rc);
    }

    notif = ffa.version >= FFA_VERSION_1_1 && there(FW_NOTIF);
    expect_eq(ffa_features(&ffa, FFA_FEATURE_NPI, 0, NULL, NULL), notif ? FFA_OK : FFA_NOT_SUPPORTED, "the NPI");
    expect_eq(ffa_features(&ffa, FFA_FEATURE_SRI, 0, NULL, NULL), FFA_NOT_SUPPORTED, "no SRI for who schedules nobody");
    expect_eq(ffa_features(&ffa, FFA_FEATURE_MEI, 0, NULL, NULL), FFA_NOT_SUPPORTED, "no managed exit interrupt");

    return 0;
}
