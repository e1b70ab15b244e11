/* SPDX-License-Identifier: BSD-2-Clause */
/* The FF-A library in this kernel: one instance, its buffers, and the interrupt that brings notifications. */
#ifndef GUEST_FFA_PORT_H
#define GUEST_FFA_PORT_H

#include "kernel.h"
#include "../ffa/ffa.h"
#include "../../include/sp_abi.h"

extern struct ffa ffa;
extern enum conduit ffa_conduit;        /* cmdline conduit=hvc|smc; otherwise that of PSCI */
extern bool ffa_physical;               /* no hypervisor: this kernel is the normal world, and plays VM 1 (or as=N) */
extern volatile unsigned long ffa_npis[MAX_CPUS];

extern const struct ffa_uuid uuid_echo, uuid_notify, uuid_faults;

/* Only struct ffa's services, for raw calls before anything was negotiated */
void ffa_port_raw(void);
/* VERSION (cmdline version=1.0|1.1|1.2, else @version) and ID_GET, no more. 0 or an FF-A error. */
int ffa_start(uint32_t version);
uint32_t ffa_wanted_version(uint32_t otherwise);
/* Also: buffers, and the notification interrupt enabled on this CPU. 0 or an FF-A error. */
int ffa_start_all(uint32_t version);
/* ... without: nobody can send us anything yet */
int ffa_start_without_buffers(uint32_t version);
void ffa_cpu_enable(void *unused);      /* the notification interrupt on this CPU (for cpu_call()) */
void ffa_cpus_enable(void);             /* ... and on all others that are online */
/* A command to a test SP: retried while BUSY, at most ten seconds. Status of the message; w[] is the answer. */
int sp_command(uint16_t sp, uint64_t w[5]);
/* ffa_msg_respond() that waits for a millisecond at most: the answer is out when it comes back. */
uint32_t ffa_msg_respond_briefly(struct ffa *ffa, struct ffa_regs *r);
/* The call with each register from @first on, one at a time, not zero: how many of them are not INVALID_PARAMETERS */
unsigned int ffa_reserved(uint32_t fid, unsigned int first, uint64_t x1, uint64_t x2, uint64_t x3);

#endif /* GUEST_FFA_PORT_H */
