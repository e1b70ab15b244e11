/* SPDX-License-Identifier: BSD-2-Clause */
/* FF-A numbers (DEN0077A) as the secure world uses them. Names without prefix details: FFA_<CALL>_<width>. */
#ifndef SECURE_FFA_H
#define SECURE_FFA_H

#define FFA_NR_FIRST                0x60
#define FFA_NR_LAST                 0xef
#define FFA32(nr)                   (0x84000000u | (nr))
#define FFA64(nr)                   (0xc4000000u | (nr))

#define FFA_ERROR                   FFA32(0x60)
#define FFA_SUCCESS_32              FFA32(0x61)
#define FFA_SUCCESS_64              FFA64(0x61)
#define FFA_INTERRUPT               FFA32(0x62)
#define FFA_VERSION                 FFA32(0x63)
#define FFA_FEATURES                FFA32(0x64)
#define FFA_RX_RELEASE              FFA32(0x65)
#define FFA_RXTX_MAP_32             FFA32(0x66)
#define FFA_RXTX_MAP_64             FFA64(0x66)
#define FFA_RXTX_UNMAP              FFA32(0x67)
#define FFA_PARTITION_INFO_GET      FFA32(0x68)
#define FFA_ID_GET                  FFA32(0x69)
#define FFA_MSG_WAIT                FFA32(0x6b)
#define FFA_YIELD                   FFA32(0x6c)
#define FFA_RUN                     FFA32(0x6d)
#define FFA_DIRECT_REQ_32           FFA32(0x6f)
#define FFA_DIRECT_REQ_64           FFA64(0x6f)
#define FFA_DIRECT_RESP_32          FFA32(0x70)
#define FFA_DIRECT_RESP_64          FFA64(0x70)
#define FFA_MEM_DONATE_32           FFA32(0x71)
#define FFA_MEM_DONATE_64           FFA64(0x71)
#define FFA_MEM_LEND_32             FFA32(0x72)
#define FFA_MEM_LEND_64             FFA64(0x72)
#define FFA_MEM_SHARE_32            FFA32(0x73)
#define FFA_MEM_SHARE_64            FFA64(0x73)
#define FFA_MEM_RETRIEVE_REQ_32     FFA32(0x74)
#define FFA_MEM_RETRIEVE_REQ_64     FFA64(0x74)
#define FFA_MEM_RETRIEVE_RESP       FFA32(0x75)
#define FFA_MEM_RELINQUISH          FFA32(0x76)
#define FFA_MEM_RECLAIM             FFA32(0x77)
#define FFA_MEM_OP_PAUSE            FFA32(0x78)
#define FFA_MEM_FRAG_RX             FFA32(0x7a)
#define FFA_MEM_FRAG_TX             FFA32(0x7b)
#define FFA_NORMAL_WORLD_RESUME     FFA32(0x7c)
#define FFA_BITMAP_CREATE           FFA32(0x7d)
#define FFA_BITMAP_DESTROY          FFA32(0x7e)
#define FFA_NOTIFICATION_BIND       FFA32(0x7f)
#define FFA_NOTIFICATION_UNBIND     FFA32(0x80)
#define FFA_NOTIFICATION_SET        FFA32(0x81)
#define FFA_NOTIFICATION_GET        FFA32(0x82)
#define FFA_NOTIFICATION_INFO_32    FFA32(0x83)
#define FFA_NOTIFICATION_INFO_64    FFA64(0x83)
#define FFA_RX_ACQUIRE              FFA32(0x84)
#define FFA_MSG_SEND2               FFA32(0x86)
#define FFA_SPM_ID_GET              FFA32(0x85)
#define FFA_CONSOLE_LOG_32          FFA32(0x8a)
#define FFA_CONSOLE_LOG_64          FFA64(0x8a)
#define FFA_PARTITION_INFO_REGS     FFA64(0x8b)
#define FFA_DIRECT_REQ2             FFA64(0x8d)
#define FFA_DIRECT_RESP2            FFA64(0x8e)

#define FFA_NOT_SUPPORTED           (-1)
#define FFA_INVALID                 (-2)
#define FFA_NO_MEMORY               (-3)
#define FFA_BUSY                    (-4)
#define FFA_DENIED                  (-6)
#define FFA_RETRY                   (-7)
#define FFA_ABORTED                 (-8)
#define FFA_NO_DATA                 (-9)

#define FFA_1_0                     0x10000u
#define FFA_1_1                     0x10001u
#define FFA_1_2                     0x10002u

#define FFA_ID_SPMD                 0xffff
#define FFA_ID_SECURE               0x8000 /* bit 15: lives in the secure world */
#define FFA_ID_INVALID              0x7fff

#define FFA_FEATURE_NPI             1
#define FFA_FEATURE_SRI             2
#define FFA_FEATURE_NOTIFICATION    4

/* w2 of direct messages */
#define FFA_FRAMEWORK               0x80000000u
#define FFA_FWK_PSCI_REQ            0x80000000u
#define FFA_FWK_WARM_BOOT           0x80000001u
#define FFA_FWK_PSCI_RESP           0x80000002u
#define FFA_FWK_VM_CREATED          0x80000004u
#define FFA_FWK_VM_CREATED_RESP     0x80000005u
#define FFA_FWK_VM_DESTROYED        0x80000006u
#define FFA_FWK_VM_DESTROYED_RESP   0x80000007u

/* Partition properties */
#define FFA_PROP_RECV_DIRECT        (1u << 0)
#define FFA_PROP_INDIRECT           (1u << 2)
#define FFA_PROP_NOTIFICATIONS      (1u << 3)
#define FFA_PROP_VM_CREATED         (1u << 6)
#define FFA_PROP_VM_DESTROYED       (1u << 7)
#define FFA_PROP_AARCH64            (1u << 8)
#define FFA_PROP_RECV_REQ2          (1u << 9)

#define FFA_NOTIF_PER_VCPU          (1u << 0) /* BIND and SET */
#define FFA_NOTIF_DELAY_SRI         (1u << 1) /* SET          */
#define FFA_GET_SP                  (1u << 0)
#define FFA_GET_VM                  (1u << 1)
#define FFA_GET_SPM                 (1u << 2)
#define FFA_GET_HYP                 (1u << 3)
/* Framework notifications, of 64 bits: RX is full of a message from a partition, from a VM */
#define FFA_RX_FULL_SP              (1UL << 0)
#define FFA_RX_FULL_VM              (1UL << 32)

/* Calls of the partitions to our SPMC that FF-A does not have (OEM range). x1... arguments, x0 = 0 or FF-A code. */
#define SVC_TIMER_AT                0xc3000001u /* x1 CPU, x2 counter value: FFA_INTERRUPT there, then, at the latest */
#define SVC_RAISE_SRI               0xc3000002u /* SRI on this CPU, whatever is pending                         */
#define SVC_FAULT_ARM               0xc3000003u /* x1 kind, x2 a, x3 b, x4 times                                */
#define SVC_FAULT_CLEAR             0xc3000004u
#define SVC_FAULT_QUERY             0xc3000005u /* x1..x4 as FAULT_QUERY's w4..w7                               */
#define SVC_MEM_WHERE               0xc3000007u /* x1 handle that was retrieved: x1 address, x2 pages, x3 sender   */
#define SVC_CPU_INDEX               0xc3000006u /* x1 = CPU this context is tied to                             */

/* SMC of the SPMC to the monitor after a fatal error of its own */
#define SVC_MACHINE_OFF             0xc30000ffu
#define SVC_SET_PENDING             0xc30000feu /* x1 = PPI or SPI of the normal world */

#endif /* SECURE_FFA_H */
