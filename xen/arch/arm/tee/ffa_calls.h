/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of FF-A calls. No include guard: each user defines what it needs and includes the file.
 *
 * From it come the dispatch, FFA_FEATURES, the probe of the firmware, the names in the statistics, the unit test over all
 * IDs and docs/ffa-status.md. A call that is not here is answered NOT_SUPPORTED and never forwarded.
 *
 * FFA_CALL(name, fid, since, from, needs, (arguments 1-7), must_be_zero, handler)
 *   since   first FF-A version (major_minor); a caller that negotiated less gets NOT_SUPPORTED
 *   from    VM   a guest may call it
 *           RET  only a result, and FEATURES admits it
 *           RES  only a result, and FEATURES denies it to a VM
 *           HYP  only from the hypervisor to the SPMC
 *   needs   what must work below for a guest to get it (FFA_NEED_*): NONE; REQ, this very ID, or VMs to message;
 *           RUN, direct requests to SPs or VMs; RESP, RESP2, these or those of other VMs; RECV, VMs that may message it;
 *           NOTIF, notifications of this VM; SET, NOTIFICATION_SET to SPs or VMs; SEND2, messages to SPs or VMs; SHARE, LEND,
 *           DONATE, that to SPs or VMs; RECLAIM, any of these; RETRIEVE, memory of SPs or VMs
 *   arguments   what registers 1-7 mean, _ = not read; "..." = the rest is payload
 *   must_be_zero   registers the dispatcher refuses with INVALID_PARAMETERS when not zero (FFA_Z(first, last), or 0)
 *   handler ffa_do_<handler>()
 * Specification: DEN0077A; since 1.1 the notifications, since 1.2 the calls with x8-x17.
 */
#ifndef FFA_CALL
#error "define FFA_CALL before including ffa_calls.h"
#endif

/* Results */
FFA_CALL(ERROR,               0x84000060U, 1_0, RET, NONE,    (target, code, _, _, _, _, _),                 0,         refuse)
FFA_CALL(SUCCESS_32,          0x84000061U, 1_0, RET, NONE,    (target, result...),                           0,         refuse)
FFA_CALL(SUCCESS_64,          0xC4000061U, 1_0, RET, NONE,    (target, result...),                           0,         refuse)
FFA_CALL(INTERRUPT,           0x84000062U, 1_0, RET, NONE,    (endpoint:vcpu, intid, _, _, _, _, _),         0,         refuse)

/* Setup and discovery */
FFA_CALL(VERSION,             0x84000063U, 1_0, VM,  NONE,    (version, _, _, _, _, _, _),                   0,         version)
FFA_CALL(FEATURES,            0x84000064U, 1_0, VM,  NONE,    (function or feature id, _, _, _, _, _, _),    0,         features)
FFA_CALL(ID_GET,              0x84000069U, 1_0, VM,  NONE,    (_, _, _, _, _, _, _),                         0,         id_get)
FFA_CALL(SPM_ID_GET,          0x84000085U, 1_1, VM,  NONE,    (_, _, _, _, _, _, _),                         0,         spm_id_get)
FFA_CALL(PARTITION_INFO_GET,  0x84000068U, 1_0, VM,  NONE,    (uuid0, uuid1, uuid2, uuid3, flags, _, _),     0,         partition_info_get)
FFA_CALL(PARTITION_INFO_REGS, 0xC400008BU, 1_2, VM,  NONE,    (uuid lo, uuid hi, tag:index, _, _, _, _),     0,         partition_info_regs)
FFA_CALL(CONSOLE_LOG_32,      0x8400008AU, 1_2, VM,  NONE,    (count, characters...),                        0,         console_log)
FFA_CALL(CONSOLE_LOG_64,      0xC400008AU, 1_2, VM,  NONE,    (count, characters...),                        0,         console_log)

/* Buffers */
FFA_CALL(RX_RELEASE,          0x84000065U, 1_0, VM,  NONE,    (_, _, _, _, _, _, _),                         FFA_Z(1, 7), rx_release)
FFA_CALL(RXTX_MAP_32,         0x84000066U, 1_0, VM,  NONE,    (tx ipa, rx ipa, pages, _, _, _, _),           FFA_Z(4, 7), rxtx_map)
FFA_CALL(RXTX_MAP_64,         0xC4000066U, 1_0, VM,  NONE,    (tx ipa, rx ipa, pages, _, _, _, _),           FFA_Z(4, 7), rxtx_map)
FFA_CALL(RXTX_UNMAP,          0x84000067U, 1_0, VM,  NONE,    (_, _, _, _, _, _, _),                         FFA_Z(1, 7), rxtx_unmap)
FFA_CALL(RX_ACQUIRE,          0x84000084U, 1_1, HYP, NONE,    (vm, _, _, _, _, _, _),                        0,         refuse)

/* Messages and CPU cycles */
FFA_CALL(RUN,                 0x8400006DU, 1_0, VM,  RUN,     (endpoint:vcpu, _, _, _, _, _, _),             FFA_Z(2, 7), run)
FFA_CALL(DIRECT_REQ_32,       0x8400006FU, 1_0, VM,  REQ,     (sender:receiver, flags, payload...),          0,         direct_req)
FFA_CALL(DIRECT_REQ_64,       0xC400006FU, 1_0, VM,  REQ,     (sender:receiver, flags, payload...),          0,         direct_req)
FFA_CALL(DIRECT_REQ2,         0xC400008DU, 1_2, VM,  REQ,     (sender:receiver, uuid lo, uuid hi, payload...), 0,       direct_req)
FFA_CALL(DIRECT_RESP_32,      0x84000070U, 1_0, VM,  RESP,    (sender:receiver, flags, payload...),          0,         direct_resp)
FFA_CALL(DIRECT_RESP_64,      0xC4000070U, 1_0, VM,  RESP,    (sender:receiver, flags, payload...),          0,         direct_resp)
FFA_CALL(DIRECT_RESP2,        0xC400008EU, 1_2, VM,  RESP2,   (sender:receiver, 0, 0, payload...),           0,         direct_resp)
FFA_CALL(MSG_WAIT,            0x8400006BU, 1_0, VM,  RECV,    (0, flags, _, _, _, _, _),                     FFA_Z(3, 7), msg_wait)
FFA_CALL(YIELD,               0x8400006CU, 1_0, VM,  RECV,    (0, timeout lo, timeout hi, _, _, _, _),       FFA_Z(4, 7), yield)
FFA_CALL(MSG_SEND2,           0x84000086U, 1_1, VM,  SEND2,   (_, _, _, _, _, _, _),                         FFA_Z(1, 7), msg_send2)

/* Notifications */
FFA_CALL(NOTIF_BITMAP_CREATE, 0x8400007DU, 1_1, HYP, NONE,    (vm, vcpus, _, _, _, _, _),                    0,         refuse)
FFA_CALL(NOTIF_BITMAP_DESTROY, 0x8400007EU, 1_1, HYP, NONE,   (vm, _, _, _, _, _, _),                        0,         refuse)
FFA_CALL(NOTIF_BIND,          0x8400007FU, 1_1, VM,  NOTIF,   (sender:receiver, flags, bits lo, bits hi, _, _, _), FFA_Z(5, 7), notif_bind)
FFA_CALL(NOTIF_UNBIND,        0x84000080U, 1_1, VM,  NOTIF,   (sender:receiver, flags, bits lo, bits hi, _, _, _), FFA_Z(5, 7), notif_unbind)
FFA_CALL(NOTIF_SET,           0x84000081U, 1_1, VM,  SET,     (sender:receiver, vcpu:flags, bits lo, bits hi, _, _, _), FFA_Z(5, 7), notif_set)
FFA_CALL(NOTIF_GET,           0x84000082U, 1_1, VM,  NOTIF,   (vcpu:receiver, flags, _, _, _, _, _),         FFA_Z(3, 7), notif_get)
FFA_CALL(NOTIF_INFO_GET_32,   0x84000083U, 1_1, VM,  NOTIF,   (_, _, _, _, _, _, _),                         FFA_Z(1, 7), notif_info_get)
FFA_CALL(NOTIF_INFO_GET_64,   0xC4000083U, 1_1, VM,  NOTIF,   (_, _, _, _, _, _, _),                         FFA_Z(1, 7), notif_info_get)

/* Memory */
FFA_CALL(MEM_DONATE_32,       0x84000071U, 1_0, VM,  DONATE,  (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_DONATE_64,       0xC4000071U, 1_0, VM,  DONATE,  (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_LEND_32,         0x84000072U, 1_0, VM,  LEND,    (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_LEND_64,         0xC4000072U, 1_0, VM,  LEND,    (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_SHARE_32,        0x84000073U, 1_0, VM,  SHARE,   (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_SHARE_64,        0xC4000073U, 1_0, VM,  SHARE,   (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_send)
FFA_CALL(MEM_RETRIEVE_REQ_32, 0x84000074U, 1_0, VM,  RETRIEVE, (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_retrieve)
FFA_CALL(MEM_RETRIEVE_REQ_64, 0xC4000074U, 1_0, VM,  RETRIEVE, (total bytes, fragment bytes, address, pages, _, _, _), FFA_Z(5, 7), mem_retrieve)
FFA_CALL(MEM_RETRIEVE_RESP,   0x84000075U, 1_0, RET, RETRIEVE, (total bytes, fragment bytes, _, _, _, _, _),  0,         refuse)
FFA_CALL(MEM_RELINQUISH,      0x84000076U, 1_0, VM,  RETRIEVE, (_, _, _, _, _, _, _),                         FFA_Z(1, 7), mem_relinquish)
FFA_CALL(MEM_RECLAIM,         0x84000077U, 1_0, VM,  RECLAIM, (handle lo, handle hi, flags, _, _, _, _),     FFA_Z(4, 7), mem_reclaim)
FFA_CALL(MEM_FRAG_RX,         0x8400007AU, 1_0, VM,  RETRIEVE, (handle lo, handle hi, offset, sender, _, _, _), FFA_Z(4, 7), mem_frag_rx)
FFA_CALL(MEM_FRAG_TX,         0x8400007BU, 1_0, VM,  RECLAIM, (handle lo, handle hi, bytes, sender, _, _, _), FFA_Z(4, 7), mem_frag_tx)

#undef FFA_CALL
