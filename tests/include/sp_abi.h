/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test Secure Partitions understand, and the mailbox with which the runner configures the built-in firmware.
 *
 * Included by the secure world, by guest programs and (as text) by nobody else: the runner keeps the same numbers in
 * tools/. Usable from assembly.
 */
#ifndef TESTS_SP_ABI_H
#define TESTS_SP_ABI_H

/* ---- Endpoints of the built-in secure world ------------------------------------------------------------------- */
#define SPMC_ID                 0x8000
#define SP_ECHO_ID              0x8001
#define SP_NOTIFY_ID            0x8002
#define SP_FAULTS_ID            0x8003

/* UUIDs as the four register words of PARTITION_INFO_GET (w1-w4) */
#define SP_ECHO_UUID            { 0x6f686365, 0x4ae1b1a1, 0x8d1c7fb4, 0x01a2b3c4 }
#define SP_NOTIFY_UUID          { 0x69746f6e, 0x4be2b2a2, 0x8e2d80b5, 0x02a3b4c5 }
#define SP_FAULTS_UUID          { 0x6c756166, 0x4ce3b3a3, 0x8f3e81b6, 0x03a4b5c6 }

/*
 * ---- Commands ---------------------------------------------------------------------------------------------------
 * A command is a direct request (32 or 64) with w2 = 0. w3 = command, w4-w7 = arguments; in the response w3 = 0 or an
 * FF-A error code (as int32), w4-w7 = results. REQ2: the same in x4 (command), x5-x8 (arguments); answer in x4-x8.
 */

/* sp.echo: anything that is not one of its commands comes back unchanged (w3-w7; REQ2: x4-x17) */
#define ECHO_SPIN               0x45430001 /* w4 = microseconds to run with interrupts open; a NS IRQ preempts it  */
#define ECHO_YIELD              0x45430002 /* w4 = how often FFA_YIELD before the response; response w4 = same     */
#define ECHO_WHOAMI             0x45430003 /* response w4 = own id, w5 = requester, w6 = CPU index                 */
#define ECHO_READ               0x45430004 /* w4/w5 = address lo/hi to read, w6 = how often FFA_YIELD before: not its own, the
                                              partition is aborted on this CPU for good, every request there: ABORTED */
/* Memory that the requester has shared with sp.echo. w4/w5 = handle lo/hi in all of them; else it is INVALID_PARAMETERS. */
#define ECHO_MEM_MAP            0x45430005 /* retrieve: w6 = the share's tag (low word), w7 = ECHO_MEM_* flags, [31:16]
                                              = lender to name (0: the requester); response w4 = pages             */
#define ECHO_MEM_RO             1          /* read-only                                                            */
#define ECHO_MEM_NX             2          /* lent or donated to it alone: it must say that it will not execute it */
#define ECHO_MEM_SHARED         4          /* there are other borrowers: not named                                 */
#define ECHO_MEM_SUM            0x45430006 /* response w4/w5 = checksum lo/hi: s = rotl(s, 7) + each 64-bit word     */
#define ECHO_MEM_FILL           0x45430007 /* w6 = seed: 64-bit word n becomes seed + n; response w4 = words         */
#define ECHO_MEM_UNMAP          0x45430008 /* relinquish                                                             */
/* Memory of sp.echo's own, SP_NS_*: shared with, lent or donated to VMs. First page and pages: within it. */
#define ECHO_LEND               0x45430009 /* w4 = a VM [15:0], another one [31:16] (0: none); w5 = first page [15:0],
                                              pages [31:16]; w6 = ECHO_LEND_* [15:0], most bytes of a fragment of the
                                              response [31:16] (0: RX); w7 = tag; response w4/w5 = handle lo/hi;
                                              BUSY: another CPU is at it                                           */
#define ECHO_LEND_KIND          3          /* 1 share, 2 lend, 3 donate                                            */
#define ECHO_LEND_RO            4          /* read-only                                                            */
#define ECHO_LEND_ZERO          8          /* to be cleared                                                        */
#define ECHO_LEND_SCATTERED     16         /* each page a range of its own, from the last one to the first         */
#define ECHO_LEND_WIDE          32         /* accesses of 32 bytes, with ECHO_LEND_IMPDEF and its complement       */
#define ECHO_LEND_IMPDEF        0x696d7064656665ULL
#define ECHO_LEND_RECLAIM       0x4543000a /* w4/w5 = handle lo/hi                                                  */
#define ECHO_OWN_SUM            0x4543000b /* w5 = first page [15:0], pages [31:16]: as ECHO_MEM_SUM               */
#define ECHO_OWN_FILL           0x4543000c /* the same; w6 = seed, as ECHO_MEM_FILL                                */

/* Indirect messages, one at a time: the context of another CPU must not be at it. */
#define ECHO_MSG_GET            0x4543000d /* what a VM has sent, if the notification came: w4 = sender [31:16], receiver;
                                              w5 = bytes, w6 = checksum s = rotl32(s, 3) + each byte, w7 = offset; else NO_DATA */
#define ECHO_MSG_SEND           0x4543000e /* send to VM w4 (0: the requester) w5 bytes: w6 + 0, 1, 2, ...; w7 = flags of
                                              MSG_SEND2 [15:0], offset [31:16] (0: 40)                              */
#define ECHO_MSG_ANSWER         0x4543000f /* w4 = 1: with cycles of its own (FFA_RUN) it reads what VMs have sent, and sends each
                                              byte back inverted, at offset 40; 0: not (as in the beginning)       */

#define SP_NS_BASE              0x4f800000 /* reserved in the boot device tree by the runner                       */
#define SP_NS_PAGES             1024

/* Notifications: what it does with cycles of its own (FFA_RUN) is to fetch, and then to keep the CPU */
#define ECHO_BIND               0x45430011 /* binds w4/w5 = bitmap lo/hi, global, to the requester                   */
#define ECHO_UNBIND             0x45430012 /* w4/w5 = bitmap lo/hi                                                   */
#define ECHO_RUN_SPIN           0x45430013 /* w4 = microseconds, interrupts open, after each such fetch that finds something */

/* sp.notify */
#define NOTIFY_RING             0x00000001 /* w3[31:16] = count (0: once), see below                               */
/*   w4 = receiver id [15:0] (0: the requester, or with bit 5 of w7 the hypervisor), vCPU id [31:16]; w5, w6 = bitmap lo, hi
 *   w7 = SET's w2 flags [7:0] (bit 0 per-vCPU, bit 1 delay SRI), CPU index that rings [15:8] (0xff: this CPU),
 *        [31:16] delay in units of 100 us (0: now, within the request; else from the secure timer's interrupt);
 *        count > 1 repeats with that delay. Up to NOTIFY_JOBS delayed jobs at once; more: NO_MEMORY.
 *   Without delay at most NOTIFY_BURST at once, more: INVALID_PARAMETERS; the status is the first failure's.
 *   On a CPU that is off: DENIED. VM destroyed cancels the jobs for that VM.
 *   With count > 1 and bit 7 of w7 set, the bitmap is rotated left by one between the rings. With bit 6 set, count is a number
 *   of receivers: w4's and those with the ids behind it are rung, all at once (after the delay, if there is one).
 *   Response (delay 0 on this CPU): w3 = status of FFA_NOTIFICATION_SET, w4 = 0. Delayed or elsewhere: w3 = 0.          */
#define NOTIFY_BIND             0x00000002 /* SP binds: w4 = sender VM, w5/w6 bitmap, w7 flags (bit 0 per-vCPU)    */
#define NOTIFY_UNBIND           0x00000003 /* SP unbinds: w4 = sender VM, w5/w6 bitmap                             */
#define NOTIFY_GET              0x00000004 /* SP calls GET for itself: response w4/w5 from VMs lo/hi               */
#define NOTIFY_STATS            0x00000005 /* response w4 = SETs that succeeded, w5 = SETs that failed, w6 = jobs  */
#define NOTIFY_ANSWER           0x00000006 /* w4 = 1: what the requester rings, and the SP fetches with cycles of its own
                                              (FFA_RUN), is rung back to it: same bits, global; 0: not              */
#define NOTIFY_RUNS             0x00000007 /* response w4 = such turns that found something, w5 = mask of their CPUs,
                                              w6 = FFA_RUNs in all, w7 = mask of their CPUs                          */
#define NOTIFY_JOBS             16
#define NOTIFY_BURST            64

/* sp.faults: make the SPMC misbehave towards the normal world */
#define FAULT_ARM               0x00000001 /* w4 = kind, w5 = a, w6 = b, w7 = how many times (0xffffffff: for ever) */
#define FAULT_CLEAR             0x00000002 /* all faults off                                                       */
#define FAULT_QUERY             0x00000003 /* response: w4 = faults applied so far, w5 = notification bitmaps that exist,
                                              w6 = bound bits in all bitmaps of VMs, w7 = VMs announced           */
#define FAULT_RING_RAW          0x00000004 /* raise the SRI now, nothing pending                                   */
#define FAULT_SRI_STORM         0x00000005 /* w5 = count, w6 = period in us: spurious SRIs from the secure timer   */

#define FAULT_INFO_COUNT        1 /* INFO_GET: list count field forced to a, sizes field pattern b                  */
#define FAULT_INFO_ID           2 /* INFO_GET: one list that names endpoint a (unknown VM, SP, 0 …)                 */
#define FAULT_INFO_MORE         3 /* INFO_GET: more flag set on every answer, also when nothing pends (count 1 list of id a) */
#define FAULT_INFO_RAW          4 /* INFO_GET: x2 = b:a as given, x3… = 0x0001000100010001                          */
#define FAULT_INFO_ZERO         5 /* INFO_GET: SUCCESS with zero lists                                              */
#define FAULT_CALL_ERROR        6 /* the call with function number a (0x60…) answers FFA_ERROR with code b (int32)  */
#define FAULT_CALL_WEIRD        7 /* the call with function number a answers function id b, x1-x7 garbage          */
#define FAULT_RESP_IDS          8 /* direct responses come back with sender/receiver swapped                       */
#define FAULT_RESP_FRAMEWORK    9 /* direct responses come back with w2 = 0x80000005                               */
#define FAULT_CALL_INTERRUPT   10 /* VM created/destroyed: answered by FFA_INTERRUPT a times before the response   */
#define FAULT_LEND_BYTES        20 /* RETRIEVE_RESP: at byte a [15:0] of the descriptor, a [31:16] (1 to 4) bytes are b */
#define FAULT_LEND_REG          21 /* RETRIEVE_RESP and FRAG_TX: register a is b                                       */

/* ---- Firmware mailbox: one page of NS RAM the runner fills (all zero: defaults) ----------------------------------- */
#define FW_MAILBOX_PA           0x4fff0000
#define FW_MAILBOX_MAGIC        0x5754 /* 'TW', u32 @0; anything else: the defaults                                */
/* u32 @4  */
#define FW_OPT_NO_FFA           (1 << 0)  /* no SPMC at all: FF-A calls return -1                                   */
#define FW_OPT_NO_NOTIF         (1 << 1)  /* SPMC without notifications                                             */
#define FW_OPT_NO_PER_VCPU      (1 << 2)  /* per-vCPU BIND refused (INVALID_PARAMETERS)                             */
#define FW_OPT_INFO32_ONLY      (1 << 3)  /* INFO_GET_64 NOT_SUPPORTED                                              */
#define FW_OPT_NO_RX_ACQUIRE    (1 << 4)  /* RX_ACQUIRE and MSG_SEND2 and forwarded RXTX_MAP not there (like OP-TEE)*/
#define FW_OPT_QUIET            (1 << 5)  /* no line per notification on the secure console                         */
#define FW_OPT_DESTROY_BOUND    (1 << 6)  /* BITMAP_DESTROY DENIED while bits are bound (like OP-TEE)               */
#define FW_OPT_NO_GET_REGS      (1 << 7)  /* PARTITION_INFO_GET_REGS NOT_SUPPORTED                                  */
#define FW_OPT_NO_SVE           (1 << 8)  /* SVE and SME stay trapped to EL3, whatever the ID registers show         */
#define FW_OPT_NO_MEM           (1 << 9)  /* MEM_* NOT_SUPPORTED                                                     */
#define FW_OPT_NO_FRAG          (1 << 10) /* MEM_FRAG_TX NOT_SUPPORTED: descriptors of one page only                 */
#define FW_OPT_SHM_ONCE         (1 << 11) /* a page that is shared already: DENIED (like Hafnium)                    */
#define FW_OPT_TRACE            (1 << 12) /* events into rings at FW_TRACE_PA (public/trace.h); nobody else uses it   */
#define FW_OPT_TRACE_SET        (1 << 13) /* only those of SETs and SRIs                                             */
#define FW_OPT_NO_LEND          (1 << 14) /* RETRIEVE_REQ, RELINQUISH NOT_SUPPORTED (like OP-TEE)                     */
#define FW_OPT_NO_HYP_NOTIF     (1 << 15) /* BITMAP_CREATE for id 0 INVALID_PARAMETERS (like OP-TEE that serves VMs)  */
#define FW_OPT_NO_DIRECT        (1 << 16) /* sp.faults takes no direct requests: DENIED                              */
#define FW_OPT_REUSE_HANDLES    (1 << 17) /* the lowest free handle is given out, free once an SP has the donation   */
#define FW_TRACE_PA             0x4fc00000
#define FW_TRACE_SIZE           0x200000
/* u64 @8   entry of the hypervisor (0: 0x60000000)                                                                 */
/* u32 @16  highest FF-A version the SPMC speaks (0: 1.2)                                                           */
/* u32 @20  SRI INTID to report in FEATURES and to raise (0: 8); e.g. a PPI, or 1 to see an unusable number refused */
/* u32 @24  fault kind, u32 @28 a, u32 @32 b, u32 @36 times: a fault armed at boot                                  */
/* u32 @40  exception level of the hypervisor entry (0: 2; 1: drop to EL1, to see the refusal)                      */

#endif /* TESTS_SP_ABI_H */
