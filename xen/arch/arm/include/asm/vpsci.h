/* SPDX-License-Identifier: GPL-2.0-only */
/* The PSCI a guest sees (DEN0022, version 1.1). */
#ifndef ASM_ARM_VPSCI_H
#define ASM_ARM_VPSCI_H

#include <xen/types.h>

struct cpu_user_regs;

/*
 * do_vpsci_call - serve the PSCI call @fid (full function id, hint bits masked) of the current vCPU
 * Returns true with x0 set, or false for an unknown function.
 */
bool do_vpsci_call(struct cpu_user_regs *regs, uint32_t fid);

/* Is @fid in the function number range of PSCI 0.2 and later (standard service, fast, 0x00-0x1f)? */
static inline bool is_psci_fid(uint32_t fid)
{
    return (fid & 0xffffU) <= 0x1fU;
}

/* How many functions we serve, 32 and 64 bit forms counted apart */
#define VPSCI_NR_FUNCS 14

#endif /* ASM_ARM_VPSCI_H */
