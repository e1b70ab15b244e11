/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup: version negotiation, FEATURES, ids, buffers, partition information, and what a guest may not call.
 * Command line: version=1.0|1.1|1.2 (1.2). Meant for a VM; on the firmware alone the rules are the SPMC's own.
 */
#include "ffa_port.h"

#define MAX_BUFFER      16u             /* pages */

static uint32_t version;

static struct ffa_regs regs;

static int call(uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    ffa_call(&ffa, &regs, fid, a1, a2, a3, a4, a5, 0, 0);
    return ffa_status(&regs);
}

static uint32_t ask_version(uint32_t v)
{
    return ffa_call(&ffa, &regs, FFA_VERSION, v, 0, 0, 0, 0, 0, 0);
}

static unsigned int nonzero(unsigned int first, unsigned int last)
{
    unsigned int i, n = 0;

    for ( i = first; i <= last; i++ )
        n += regs.x[i] != 0;

    return n;
}

static void negotiation(void)
{
    uint32_t got;

    expect_eq(call(FFA_ID_GET, 0, 0, 0, 0, 0), FFA_NOT_SUPPORTED, "no call before VERSION");

    expect_eq(ask_version(0x80010002), 0xffffffffu, "VERSION with bit 31");
    got = ask_version(0x20000);
    ok(got == 0xffffffffu || (got >> 16) == 1, "VERSION 2.0: own version or NOT_SUPPORTED (0x%x)", got);
    got = ask_version(0x00009);
    ok(got == 0xffffffffu || (got >> 16) == 1, "VERSION 0.9: own version or NOT_SUPPORTED (0x%x)", got);
    got = ask_version(0x17fff);
    ok(got == 0xffffffffu || got == FFA_VERSION_1_2, "VERSION 1.32767: own version or NOT_SUPPORTED (0x%x)", got);
    expect_eq(ask_version(FFA_VERSION_1_0), FFA_VERSION_1_2, "VERSION 1.0: the callee's own");
    expect_eq(nonzero(1, 17), 0, "with all other registers zero");
    expect_eq(ask_version(FFA_VERSION_1_2), FFA_VERSION_1_2, "VERSION 1.2");
    expect_eq(ask_version(version), FFA_VERSION_1_2, "the one to be used, as the last: renegotiation is open");

    expect_eq(call(FFA_ID_GET, 0, 0, 0, 0, 0), FFA_OK, "ID_GET");
    ffa.id = (uint16_t)regs.x[2];
    ok(ffa.id && ffa.id < 0x7fff && !(regs.x[2] >> 16), "the id is a VM's: 0x%lx", regs.x[2]);

    expect_eq(ask_version(version), FFA_VERSION_1_2, "the same version again, after a call");
    expect_eq(ask_version(version == FFA_VERSION_1_1 ? FFA_VERSION_1_0 : FFA_VERSION_1_1), 0xffffffffu,
              "another version, after a call");
    expect_eq(call(FFA_ID_GET, 0, 0, 0, 0, 0), FFA_OK, "that did no harm");
    ffa.version = version;
}

static void features(void)
{
    static const struct { uint32_t fid; uint32_t since; } table[] = {
        { FFA_ERROR, FFA_VERSION_1_0 }, { FFA_SUCCESS_32, FFA_VERSION_1_0 }, { FFA_INTERRUPT, FFA_VERSION_1_0 },
        { FFA_VERSION, FFA_VERSION_1_0 }, { FFA_FEATURES, FFA_VERSION_1_0 }, { FFA_RX_RELEASE, FFA_VERSION_1_0 },
        { FFA_RXTX_MAP_32, FFA_VERSION_1_0 }, { FFA_RXTX_MAP_64, FFA_VERSION_1_0 }, { FFA_RXTX_UNMAP, FFA_VERSION_1_0 },
        { FFA_PARTITION_INFO_GET, FFA_VERSION_1_0 }, { FFA_ID_GET, FFA_VERSION_1_0 }, { FFA_RUN, FFA_VERSION_1_0 },
        { FFA_MSG_SEND_DIRECT_REQ_32, FFA_VERSION_1_0 }, { FFA_MSG_SEND_DIRECT_REQ_64, FFA_VERSION_1_0 },
        { FFA_MEM_SHARE_32, FFA_VERSION_1_0 }, { FFA_MEM_SHARE_64, FFA_VERSION_1_0 }, { FFA_MEM_RECLAIM, FFA_VERSION_1_0 },
        { FFA_MEM_FRAG_TX, FFA_VERSION_1_0 }, { FFA_MEM_LEND_32, FFA_VERSION_1_0 }, { FFA_MEM_LEND_64, FFA_VERSION_1_0 },
        { FFA_MEM_DONATE_32, FFA_VERSION_1_0 }, { FFA_MEM_DONATE_64, FFA_VERSION_1_0 },
        { FFA_MEM_RETRIEVE_REQ_32, FFA_VERSION_1_0 }, { FFA_MEM_RETRIEVE_REQ_64, FFA_VERSION_1_0 },
        { FFA_MEM_RELINQUISH, FFA_VERSION_1_0 }, { FFA_MEM_FRAG_RX, FFA_VERSION_1_0 },
        { FFA_SPM_ID_GET, FFA_VERSION_1_1 }, { FFA_NOTIFICATION_BIND, FFA_VERSION_1_1 },
        { FFA_NOTIFICATION_UNBIND, FFA_VERSION_1_1 }, { FFA_NOTIFICATION_SET, FFA_VERSION_1_1 },
        { FFA_NOTIFICATION_GET, FFA_VERSION_1_1 }, { FFA_NOTIFICATION_INFO_GET_32, FFA_VERSION_1_1 },
        { FFA_NOTIFICATION_INFO_GET_64, FFA_VERSION_1_1 }, { FFA_PARTITION_INFO_GET_REGS, FFA_VERSION_1_2 },
        { FFA_MSG_SEND_DIRECT_REQ2, FFA_VERSION_1_2 }, { FFA_CONSOLE_LOG_32, FFA_VERSION_1_2 },
        { FFA_CONSOLE_LOG_64, FFA_VERSION_1_2 }, { FFA_MSG_SEND2, FFA_VERSION_1_1 },
        /* never for a VM, or not in this version of the hypervisor */
        { FFA_NOTIFICATION_BITMAP_CREATE, ~0u }, { FFA_NOTIFICATION_BITMAP_DESTROY, ~0u }, { FFA_RX_ACQUIRE, ~0u },
        { FFA_NORMAL_WORLD_RESUME, ~0u }, { FFA_SECONDARY_EP_REGISTER_64, ~0u }, { FFA_MEM_PERM_GET_32, ~0u },
        { FFA_MEM_PERM_SET_32, ~0u }, { FFA_EL3_INTR_HANDLE, ~0u }, { FFA_MSG_SEND, ~0u }, { FFA_MSG_POLL, ~0u },
        { 0x840000efu, ~0u }, { 0xc40000efu, ~0u }, { 0x84000091u, ~0u },
        { 0xc4000063u, ~0u }, { 0x80000000u, ~0u }, { 0xffffffffu, ~0u },
        /* of 1.3 */
        { 0xc400008fu, ~0u }, { 0x84000090u, ~0u }, { 0xc4000090u, ~0u }, { 0xc4000094u, ~0u }, { 0xc4000095u, ~0u },
        { 0xc4000096u, ~0u }, { 0xc4000097u, ~0u },
    };
    static const struct { uint32_t fid, since, w2, older; const char *what; } properties[] = {
        { FFA_RXTX_MAP_32, FFA_VERSION_1_2, MAX_BUFFER << 16, 0, "buffers of 4 KiB, since 1.2 how many pages" },
        { FFA_RXTX_MAP_64, FFA_VERSION_1_2, MAX_BUFFER << 16, 0, "buffers of 4 KiB, since 1.2 how many pages" },
        { FFA_MEM_SHARE_64, FFA_VERSION_1_0, 1, 1, "a descriptor in a buffer of one's own" },
        { FFA_MEM_LEND_64, FFA_VERSION_1_0, 1, 1, "a descriptor in a buffer of one's own" },
        { FFA_MEM_DONATE_64, FFA_VERSION_1_0, 1, 1, "a descriptor in a buffer of one's own" },
        { FFA_MEM_RETRIEVE_REQ_64, FFA_VERSION_1_1, 3, 1, "the same, and since 1.1 the NS bit in responses" },
        { FFA_ID_GET, FFA_VERSION_1_0, 0, 0, "no properties" },
    };
    uint32_t w2, w3;
    unsigned int i;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(table); i++ )
        expect_eq(ffa_features(&ffa, table[i].fid, 0, NULL, NULL), table[i].since <= version ? FFA_OK : FFA_NOT_SUPPORTED,
                  "FEATURES(0x%x)", table[i].fid);

    for ( i = 0; i < ARRAY_SIZE(properties); i++ )
    {
        expect_eq(ffa_features(&ffa, properties[i].fid, 0, &w2, &w3), FFA_OK, "FEATURES(0x%x) has properties", properties[i].fid);
        expect_eq(w2, version >= properties[i].since ? properties[i].w2 : properties[i].older, "%s", properties[i].what);
        expect_eq(w3, 0, "w3 is zero");
    }

    rc = ffa_features(&ffa, FFA_FEATURE_NPI, 0, &w2, NULL);
    if ( version >= FFA_VERSION_1_1 )
    {
        ok(rc == FFA_OK && w2 == 8, "the NPI is SGI 8 (%d: %u)", rc, w2);
        rc = ffa_features(&ffa, FFA_FEATURE_SRI, 0, &w2, NULL);
        expect_eq(rc, FFA_NOT_SUPPORTED, "no SRI for who schedules nobody");
    }
    else
    {
        expect_eq(rc, FFA_NOT_SUPPORTED, "no NPI in 1.0");
        expect_eq(ffa_features(&ffa, FFA_FEATURE_SRI, 0, &w2, NULL), FFA_NOT_SUPPORTED, "no SRI in 1.0");
    }
    expect_eq(ffa_features(&ffa, FFA_FEATURE_MEI, 0, NULL, NULL), FFA_NOT_SUPPORTED, "no managed exit interrupt");
    expect_eq(ffa_features(&ffa, 0, 0, NULL, NULL), FFA_NOT_SUPPORTED, "feature 0");
    expect_eq(ffa_features(&ffa, 0xff, 0, NULL, NULL), FFA_NOT_SUPPORTED, "feature 255");
    expect_eq(ffa_features(&ffa, 0x101, 0, NULL, NULL), FFA_NOT_SUPPORTED, "a feature id with reserved bits");

    rc = call(FFA_SPM_ID_GET, 0, 0, 0, 0, 0);
    if ( version >= FFA_VERSION_1_1 )
        ok(rc == FFA_OK && regs.x[2] == SPMC_ID, "SPM_ID_GET: 0x%lx (%d)", regs.x[2], rc);
    else
        expect_eq(rc, FFA_NOT_SUPPORTED, "SPM_ID_GET in 1.0");
}

static char large[34][PAGE_SIZE] __attribute__((aligned(4096)));

static void buffers(void *tx, void *rx)
{
    uintptr_t t = (uintptr_t)tx, r = (uintptr_t)rx;
    int rc;

    expect_eq(call(FFA_RX_RELEASE, 0, 0, 0, 0, 0), FFA_DENIED, "RX_RELEASE without buffers");
    expect_eq(call(FFA_RXTX_UNMAP, 0, 0, 0, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_UNMAP without buffers");
    rc = call(FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0);
    ok(rc == FFA_BUSY || rc == FFA_DENIED, "PARTITION_INFO_GET without buffers: %d", rc);

    expect_eq(call(FFA_RXTX_MAP_64, t, r, 0, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP of no pages");
    expect_eq(call(FFA_RXTX_MAP_64, (uintptr_t)large[0], (uintptr_t)large[17], 17, 0, 0), FFA_INVALID_PARAMETERS,
              "RXTX_MAP of too many pages");
    expect_eq(call(FFA_RXTX_MAP_64, (uintptr_t)large[0], (uintptr_t)large[16], 16, 0, 0), FFA_OK, "RXTX_MAP of 16 pages each");
    expect_eq(call(FFA_RXTX_UNMAP, 0, 0, 0, 0, 0), FFA_OK, "RXTX_UNMAP");
    expect_eq(call(FFA_RXTX_MAP_64, t, r, 0x41, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP with reserved bits");
    expect_eq(call(FFA_RXTX_MAP_64, t + 8, r, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, TX not aligned");
    expect_eq(call(FFA_RXTX_MAP_64, t, r + 0x800, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, RX not aligned");
    expect_eq(call(FFA_RXTX_MAP_64, t, t, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, one page for both");
    expect_eq(call(FFA_RXTX_MAP_64, (uintptr_t)large[0], (uintptr_t)large[3], 4, 0, 0), FFA_INVALID_PARAMETERS,
              "RXTX_MAP, TX ends in RX");
    expect_eq(call(FFA_RXTX_MAP_64, (uintptr_t)large[3], (uintptr_t)large[0], 4, 0, 0), FFA_INVALID_PARAMETERS,
              "RXTX_MAP, RX ends in TX");
    expect_eq(call(FFA_RXTX_MAP_64, ram_base + ram_size - PAGE_SIZE, r, 2, 0, 0), FFA_INVALID_PARAMETERS,
              "RXTX_MAP, TX ends behind the RAM");
    expect_eq(call(FFA_RXTX_MAP_64, 0x30000000, r, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, TX not memory");
    expect_eq(call(FFA_RXTX_MAP_64, t, 0x30000000, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, RX not memory");
    expect_eq(call(FFA_RXTX_MAP_64, t, gicd_base, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, RX is a device");
    expect_eq(call(FFA_RXTX_MAP_64, 0xfffffffffffff000ul, r, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, beyond all");
    expect_eq(call(FFA_RXTX_MAP_64, t, ram_base + ram_size, 1, 0, 0), FFA_INVALID_PARAMETERS, "RXTX_MAP, behind the RAM");

    expect_eq(call(FFA_RXTX_MAP_32, 0xabcd000000000000ul | t, 0xabcd000000000000ul | r, 1, 0, 0), FFA_OK,
              "RXTX_MAP_32, garbage in the upper halves");
    expect_eq(call(FFA_RXTX_MAP_64, t, r, 1, 0, 0), FFA_DENIED, "RXTX_MAP twice");
    expect_eq(call(FFA_RXTX_UNMAP, (uint32_t)(ffa.id ^ 3) << 16, 0, 0, 0, 0), FFA_INVALID_PARAMETERS,
              "RXTX_UNMAP for another VM");
    expect_eq(call(FFA_RXTX_UNMAP, 0, 0, 0, 0, 0), FFA_OK, "RXTX_UNMAP");
    expect_eq(ffa_rxtx_map(&ffa, tx, rx, 1), FFA_OK, "RXTX_MAP_64");
}

static bool listed(const struct ffa_partition *p, int n, uint16_t id)
{
    int i, found = 0;

    for ( i = 0; i < n; i++ )
        found += p[i].id == id;

    return found == 1;
}

static uint32_t allowed_properties(void)
{
    return version >= FFA_VERSION_1_2 ? 0x7ff : version >= FFA_VERSION_1_1 ? 0x1ff : 0x7;
}

static void partitions(void)
{
    static const struct ffa_uuid nobody = { { 1, 2, 3, 4 } };
    struct ffa_partition p[16] = { { 0 } }, q[16];
    int n, m, i, rc;
    uint32_t extra = 0;
    uint64_t tag;

    expect_eq(call(FFA_RX_RELEASE, 0, 0, 0, 0, 0), FFA_DENIED, "RX_RELEASE of what one does not own");

    n = ffa_partitions_rx(&ffa, NULL, p, 16);
    ok(n >= 3 && n <= 16, "PARTITION_INFO_GET: %d partitions", n);
    ok(listed(p, n, SP_ECHO_ID) && listed(p, n, SP_NOTIFY_ID) && listed(p, n, SP_FAULTS_ID), "the three SPs, once each");
    for ( i = 0; i < n && i < 16; i++ )
        extra |= p[i].properties & ~allowed_properties();
    expect_eq(extra, 0, "no properties that this version does not know");

    expect_eq(call(FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0), FFA_OK, "PARTITION_INFO_GET, RX kept");
    expect_eq(regs.x[3], version >= FFA_VERSION_1_1 ? 24 : 0, "size of a descriptor");
    expect_eq(nonzero(4, 7), 0, "w4-w7 are zero");
    expect_eq(call(FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 0), FFA_BUSY, "PARTITION_INFO_GET while RX is full");
    if ( version >= FFA_VERSION_1_1 )
    {
        expect_eq(ffa_partition_count(&ffa, NULL), n, "the count alone needs no buffer");
        expect_eq(regs.x[1], 0, "w1 is zero");
    }
    expect_eq(call(FFA_RXTX_UNMAP, 0, 0, 0, 0, 0), FFA_DENIED, "RXTX_UNMAP while RX is full");
    expect_eq(call(FFA_RX_RELEASE, ffa.id ^ 3u, 0, 0, 0, 0), FFA_INVALID_PARAMETERS, "RX_RELEASE for another VM");
    expect_eq(call(FFA_RX_RELEASE, 0, 0, 0, 0, 0), FFA_OK, "RX_RELEASE");
    expect_eq(call(FFA_RX_RELEASE, 0, 0, 0, 0, 0), FFA_DENIED, "RX_RELEASE twice");

    m = ffa_partitions_rx(&ffa, &uuid_notify, q, 16);
    ok(m == 1 && q[0].id == SP_NOTIFY_ID, "by UUID: only sp.notify (%d)", m);
    rc = ffa_partitions_rx(&ffa, &nobody, q, 16);
    expect_eq(rc, FFA_INVALID_PARAMETERS, "an unknown UUID");
    if ( version >= FFA_VERSION_1_1 )
    {
        expect_eq(ffa_partition_count(&ffa, &uuid_echo), 1, "count by UUID");
        expect_eq(ffa_partition_count(&ffa, &nobody), FFA_INVALID_PARAMETERS, "count of an unknown UUID");
        expect_eq(call(FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 2), FFA_INVALID_PARAMETERS, "reserved flags");
        /* The nil UUID gives each partition's own */
        for ( i = 0; i < n && i < 16 && p[i].id != SP_ECHO_ID; i++ )
            ;
        ok(i < n && !memcmp(&p[i].uuid, &uuid_echo, sizeof(uuid_echo)), "UUIDs are told when all are listed");
    }
    else
        expect_eq(call(FFA_PARTITION_INFO_GET, 0, 0, 0, 0, 1), FFA_INVALID_PARAMETERS, "no count flag in 1.0");
    expect_eq(call(FFA_RX_RELEASE, 0, 0, 0, 0, 0), FFA_DENIED, "a failed call leaves RX free");

    if ( version < FFA_VERSION_1_2 )
    {
        expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 0, 0, 0), FFA_NOT_SUPPORTED, "_REGS only from 1.2 on");
        return;
    }

    m = ffa_partitions_regs(&ffa, NULL, q, 16);
    expect_eq(m, n, "_REGS lists as many");
    for ( i = 0, rc = 0; i < m && i < 16; i++ )
        rc += !listed(p, n, q[i].id);
    expect_eq(rc, 0, "and the same");
    m = ffa_partitions_regs(&ffa, &uuid_faults, q, 16);
    ok(m == 1 && q[0].id == SP_FAULTS_ID, "_REGS by UUID (%d)", m);
    expect_eq(ffa_partitions_regs(&ffa, &nobody, q, 16), FFA_INVALID_PARAMETERS, "_REGS of an unknown UUID");
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 0, 0, 0), FFA_OK, "_REGS from the start");
    rc = call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 100 | (regs.x[2] >> 32 & 0xffff) << 16, 0, 0);
    expect_eq(rc, FFA_INVALID_PARAMETERS, "_REGS beyond the end");
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 0x770000, 0, 0), FFA_RETRY, "_REGS with a tag at index 0");
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 0, 0, 0), FFA_OK, "_REGS from the start");
    tag = regs.x[2] >> 32 & 0xffff;
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 1 | tag << 16, 0, 0), FFA_OK, "_REGS from the second");
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 1 | (tag ^ 1) << 16, 0, 0), FFA_RETRY, "_REGS with a tag that was never given");
    expect_eq(call(FFA_PARTITION_INFO_GET_REGS, 0, 0, 1ul << 32, 0, 0), FFA_INVALID_PARAMETERS, "_REGS with reserved bits");
}

/* @text in registers from x2 on, @per of its bytes in each */
static int console_log(uint32_t fid, unsigned int per, uint64_t count, const char *text)
{
    struct ffa_regs r = { .x = { fid, count } };
    unsigned int i;

    for ( i = 0; text[i]; i++ )
        r.x[2 + i / per] |= (uint64_t)(uint8_t)text[i] << (8 * (i % per));
    smccc_call(ffa_conduit, (struct smccc *)&r);

    return ffa_status(&r);
}

static void console(void)
{
    static const char longest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                                  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";

    if ( version < FFA_VERSION_1_2 )
    {
        expect_eq(console_log(FFA_CONSOLE_LOG_32, 4, 1, "x"), FFA_NOT_SUPPORTED, "CONSOLE_LOG_32 before 1.2");
        expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 1, "x"), FFA_NOT_SUPPORTED, "CONSOLE_LOG_64 before 1.2");
        return;
    }

    expect_eq(console_log(FFA_CONSOLE_LOG_32, 4, 0, ""), FFA_INVALID_PARAMETERS, "CONSOLE_LOG_32 of nothing");
    expect_eq(console_log(FFA_CONSOLE_LOG_32, 4, 25, ""), FFA_INVALID_PARAMETERS, "CONSOLE_LOG_32 of 25");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 0, ""), FFA_INVALID_PARAMETERS, "CONSOLE_LOG_64 of nothing");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 129, ""), FFA_INVALID_PARAMETERS, "CONSOLE_LOG_64 of 129");
    expect_eq(console_log(FFA_CONSOLE_LOG_32, 4, 20, "in pieces, by 32-bit"), FFA_OK, "CONSOLE_LOG_32");
    expect_eq(console_log(FFA_CONSOLE_LOG_32, 4, 24, " registers\nnext\033[31m\n..."), FFA_OK, "CONSOLE_LOG_32 of 24");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 0xff01, "\n"), FFA_OK, "CONSOLE_LOG_64, [31:8] is not looked at");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 128, longest), FFA_OK, "CONSOLE_LOG_64 of 128");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 16, "1\n2\n3\n4\n5\n6\n7\n8\n"), FFA_OK, "CONSOLE_LOG_64 of many lines");
    expect_eq(console_log(FFA_CONSOLE_LOG_64, 8, 19, "\na line without end"), FFA_OK, "CONSOLE_LOG_64, no line end");
}

static void forbidden(void)
{
    static const uint32_t fids[] = {
        FFA_MSG_SEND, FFA_MSG_POLL, FFA_RX_ACQUIRE, FFA_NOTIFICATION_BITMAP_CREATE,
        FFA_NOTIFICATION_BITMAP_DESTROY, FFA_NORMAL_WORLD_RESUME, FFA_SECONDARY_EP_REGISTER_64, FFA_MEM_PERM_GET_32,
        FFA_MEM_PERM_SET_32, FFA_EL3_INTR_HANDLE, FFA_INTERRUPT, FFA_SUCCESS_32, FFA_ERROR, 0x84000078u, 0x84000079u,
        0x8400008fu, 0xc400008fu, 0x84000090u, 0xc4000090u, 0xc4000094u, 0xc4000095u, 0xc4000096u, 0xc4000097u,
        0x840000efu, 0xc40000efu, 0xc4000063u, 0xc4000069u,
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(fids); i++ )
        expect_eq(call(fids[i], ffa.id, 0, 0, 0, 0), FFA_NOT_SUPPORTED, "0x%x is not for a VM", fids[i]);

    if ( version < FFA_VERSION_1_1 )
    {
        expect_eq(ffa_notif_bind(&ffa, SP_NOTIFY_ID, 0, 1), FFA_NOT_SUPPORTED, "BIND in 1.0");
        expect_eq(call(FFA_NOTIFICATION_GET, ffa.id, 1, 0, 0, 0), FFA_NOT_SUPPORTED, "GET in 1.0");
    }
    if ( version < FFA_VERSION_1_2 )
        expect_eq(call(FFA_MSG_SEND_DIRECT_REQ2, (uint32_t)ffa.id << 16 | SP_ECHO_ID, 0, 0, 0, 0), FFA_NOT_SUPPORTED,
                  "REQ2 before 1.2");
}

/* A call that would do something, or be refused for another reason, with each of its reserved registers not zero */
static void must_be_zero(void)
{
    const uint32_t sp_to_us = (uint32_t)SP_NOTIFY_ID << 16 | ffa.id, us_to_sp = (uint32_t)ffa.id << 16 | SP_NOTIFY_ID;
    const struct { uint32_t fid, since; unsigned int first; uint64_t x[3]; } row[] = {
        { FFA_RX_RELEASE, FFA_VERSION_1_0, 1, { 0 } },
        { FFA_RXTX_UNMAP, FFA_VERSION_1_0, 1, { 0 } },
        { FFA_RXTX_MAP_32, FFA_VERSION_1_0, 4, { (uintptr_t)large[0], (uintptr_t)large[16], 1 } },
        { FFA_RXTX_MAP_64, FFA_VERSION_1_0, 4, { (uintptr_t)large[0], (uintptr_t)large[16], 1 } },
        { FFA_RUN, FFA_VERSION_1_0, 2, { (uint32_t)SP_ECHO_ID << 16 } },
        { FFA_NOTIFICATION_BIND, FFA_VERSION_1_1, 5, { sp_to_us, 0, 1 } },
        { FFA_NOTIFICATION_UNBIND, FFA_VERSION_1_1, 5, { sp_to_us, 0, 1 } },
        { FFA_NOTIFICATION_SET, FFA_VERSION_1_1, 5, { us_to_sp, 0, 1 } },
        { FFA_NOTIFICATION_GET, FFA_VERSION_1_1, 3, { ffa.id, 1 } },
        { FFA_NOTIFICATION_INFO_GET_32, FFA_VERSION_1_1, 1, { 0 } },
        { FFA_NOTIFICATION_INFO_GET_64, FFA_VERSION_1_1, 1, { 0 } },
    };
    unsigned int i, j;

    for ( i = 0; i < ARRAY_SIZE(row); i++ )
        if ( version >= row[i].since )
            expect_eq(ffa_reserved(row[i].fid, row[i].first, row[i].x[0], row[i].x[1], row[i].x[2]), 0,
                      "0x%x: each of w%u-w7 must be zero", row[i].fid, row[i].first);

    /* Of the 32-bit form only the lower halves count. */
    memset(&regs, 0, sizeof(regs));
    regs.x[0] = FFA_RX_RELEASE;
    for ( j = 1; j < 8; j++ )
        regs.x[j] = 0xa5a5a5a500000000ul;
    smccc_call(ffa_conduit, (struct smccc *)&regs);
    expect_eq(ffa_status(&regs), FFA_DENIED, "RX_RELEASE of what one does not own, garbage in the upper halves");
}

static void preservation(void)
{
    static const uint32_t fids[] = {
        FFA_VERSION, FFA_ID_GET, FFA_FEATURES, FFA_SPM_ID_GET, FFA_PARTITION_INFO_GET, FFA_RX_RELEASE,
        FFA_NOTIFICATION_GET, 0x840000efu,
    };
    unsigned int i, j, changed, upper;

    for ( i = 0; i < ARRAY_SIZE(fids); i++ )
    {
        for ( j = 0; j < 18; j++ )
            regs.x[j] = j < 8 ? 0 : 0xa5a5000000000000ul + j;
        regs.x[0] = 0xdeadbeef00000000ul | fids[i];
        regs.x[1] = 0xdeadbeef00000000ul | (fids[i] == FFA_VERSION ? version : fids[i] == FFA_FEATURES ? FFA_ID_GET :
                                            fids[i] == FFA_NOTIFICATION_GET ? ffa.id : 0);
        smccc_call(ffa_conduit, (struct smccc *)&regs);
        for ( j = 8, changed = 0; j < 18; j++ )
            changed += regs.x[j] != 0xa5a5000000000000ul + j;
        /* An error code may be sign-extended: some callers compare all of x2 */
        if ( (uint32_t)regs.x[0] == FFA_ERROR && regs.x[2] == (uint64_t)(int32_t)regs.x[2] )
            regs.x[2] = (uint32_t)regs.x[2];
        for ( j = 1, upper = 0; j < 8; j++ )
            upper += regs.x[j] >> 32 != 0;
        ok(!changed && !upper, "0x%x: x8-x17 kept (%u changed), upper halves clear (%u not), answer 0x%lx", fids[i], changed,
           upper, regs.x[0]);
    }
}

int program(void)
{
    char buf[8];

    version = ffa_wanted_version(FFA_VERSION_1_2);
    ffa_conduit = psci_conduit;
    if ( cmdline_get("conduit", buf, sizeof(buf)) )
        ffa_conduit = !strcmp(buf, "smc") ? CONDUIT_SMC : CONDUIT_HVC;

    /* The services alone, for raw calls: nothing has been asked yet */
    ffa_port_raw();

    negotiation();
    features();
    buffers(page_alloc(), page_alloc());
    partitions();
    console();
    forbidden();
    must_be_zero();
    preservation();

    expect_eq(ffa_rxtx_unmap(&ffa), FFA_OK, "RXTX_UNMAP at the end");
    return 0;
}
