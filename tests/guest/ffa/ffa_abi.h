/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the FF-A ABI (Arm DEN0077A), as a guest sees them. */
#ifndef FFA_ABI_H
#define FFA_ABI_H

#define FFA_VERSION_1_0                 0x10000u
#define FFA_VERSION_1_1                 0x10001u
#define FFA_VERSION_1_2                 0x10002u

#define FFA_ERROR                       0x84000060u
#define FFA_SUCCESS_32                  0x84000061u
#define FFA_SUCCESS_64                  0xc4000061u
#define FFA_INTERRUPT                   0x84000062u
#define FFA_VERSION                     0x84000063u
#define FFA_FEATURES                    0x84000064u
#define FFA_RX_RELEASE                  0x84000065u
#define FFA_RXTX_MAP_32                 0x84000066u
#define FFA_RXTX_MAP_64                 0xc4000066u
#define FFA_RXTX_UNMAP                  0x84000067u
#define FFA_PARTITION_INFO_GET          0x84000068u
#define FFA_ID_GET                      0x84000069u
#define FFA_MSG_POLL                    0x8400006au
#define FFA_MSG_WAIT                    0x8400006bu
#define FFA_YIELD                       0x8400006cu
#define FFA_RUN                         0x8400006du
#define FFA_MSG_SEND                    0x8400006eu
#define FFA_MSG_SEND_DIRECT_REQ_32      0x8400006fu
#define FFA_MSG_SEND_DIRECT_REQ_64      0xc400006fu
#define FFA_MSG_SEND_DIRECT_RESP_32     0x84000070u
#define FFA_MSG_SEND_DIRECT_RESP_64     0xc4000070u
#define FFA_MEM_DONATE_32               0x84000071u
#define FFA_MEM_DONATE_64               0xc4000071u
#define FFA_MEM_LEND_32                 0x84000072u
#define FFA_MEM_LEND_64                 0xc4000072u
#define FFA_MEM_SHARE_32                0x84000073u
#define FFA_MEM_SHARE_64                0xc4000073u
#define FFA_MEM_RETRIEVE_REQ_32         0x84000074u
#define FFA_MEM_RETRIEVE_REQ_64         0xc4000074u
#define FFA_MEM_RETRIEVE_RESP           0x84000075u
#define FFA_MEM_RELINQUISH              0x84000076u
#define FFA_MEM_RECLAIM                 0x84000077u
#define FFA_MEM_FRAG_RX                 0x8400007au
#define FFA_MEM_FRAG_TX                 0x8400007bu
#define FFA_NORMAL_WORLD_RESUME         0x8400007cu
#define FFA_NOTIFICATION_BITMAP_CREATE  0x8400007du
#define FFA_NOTIFICATION_BITMAP_DESTROY 0x8400007eu
#define FFA_NOTIFICATION_BIND           0x8400007fu
#define FFA_NOTIFICATION_UNBIND         0x84000080u
#define FFA_NOTIFICATION_SET            0x84000081u
#define FFA_NOTIFICATION_GET            0x84000082u
#define FFA_NOTIFICATION_INFO_GET_32    0x84000083u
#define FFA_NOTIFICATION_INFO_GET_64    0xc4000083u
#define FFA_RX_ACQUIRE                  0x84000084u
#define FFA_SPM_ID_GET                  0x84000085u
#define FFA_MSG_SEND2                   0x84000086u
#define FFA_SECONDARY_EP_REGISTER_64    0xc4000087u
#define FFA_MEM_PERM_GET_32             0x84000088u
#define FFA_MEM_PERM_SET_32             0x84000089u
#define FFA_CONSOLE_LOG_32              0x8400008au
#define FFA_CONSOLE_LOG_64              0xc400008au
#define FFA_PARTITION_INFO_GET_REGS     0xc400008bu
#define FFA_EL3_INTR_HANDLE             0x8400008cu
#define FFA_MSG_SEND_DIRECT_REQ2        0xc400008du
#define FFA_MSG_SEND_DIRECT_RESP2       0xc400008eu

#define FFA_OK                          0
#define FFA_NOT_SUPPORTED               (-1)
#define FFA_INVALID_PARAMETERS          (-2)
#define FFA_NO_MEMORY                   (-3)
#define FFA_BUSY                        (-4)
#define FFA_INTERRUPTED                 (-5)
#define FFA_DENIED                      (-6)
#define FFA_RETRY                       (-7)
#define FFA_ABORTED                     (-8)
#define FFA_NO_DATA                     (-9)
#define FFA_NOT_READY                   (-10)

/* FFA_FEATURES: feature numbers (function numbers are asked for as they are) */
#define FFA_FEATURE_NPI                 1
#define FFA_FEATURE_SRI                 2
#define FFA_FEATURE_MEI                 3

/* FFA_NOTIFICATION_BIND / SET flags (w2) */
#define FFA_NOTIF_PER_VCPU              (1u << 0)
#define FFA_NOTIF_DELAY_SRI             (1u << 1)       /* SET only */
#define FFA_NOTIF_VCPU(n)               ((uint32_t)(n) << 16)

/* FFA_NOTIFICATION_GET flags (w2) */
#define FFA_GET_SP                      (1u << 0)
#define FFA_GET_VM                      (1u << 1)
#define FFA_GET_SPM                     (1u << 2)
#define FFA_GET_HYP                     (1u << 3)
#define FFA_GET_ALL                     0xfu

/* Partition properties */
#define FFA_PROP_DIRECT_RECV            (1u << 0)
#define FFA_PROP_DIRECT_SEND            (1u << 1)
#define FFA_PROP_INDIRECT               (1u << 2)
#define FFA_PROP_NOTIF_RECV             (1u << 3)
#define FFA_PROP_AARCH64                (1u << 8)
#define FFA_PROP_REQ2_RECV              (1u << 9)

#define FFA_PARTITION_COUNT_ONLY        1u

/* Memory transactions */
#define FFA_MEM_NORMAL                  0x2fu           /* attributes: write-back, inner shareable */
#define FFA_MEM_RO                      1u
#define FFA_MEM_RW                      2u
#define FFA_MEM_NX                      4u
#define FFA_MEM_X                       8u
#define FFA_MEM_ZERO                    1u              /* flags */
#define FFA_MEM_ZERO_AFTER              4u
#define FFA_MEM_TYPE(kind)              ((uint32_t)(kind) << 3)
#define FFA_MEM_BYPASS                  (1u << 10)

#endif /* FFA_ABI_H */
