/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Offsets and sizes that assembly needs. The build compiles this to assembly and turns the "->NAME value" strings into
 * generated/asm-offsets.h.
 */
#define COMPILE_OFFSETS

#include <xen/sched.h>
#include <asm/current.h>
#include <asm/domain.h>
#include <asm/regs.h>
#include <asm/smccc.h>
#include <asm/traps.h>

#define DEFINE(_sym, _val) asm volatile ( "\n.ascii\"->" #_sym " %0 " #_val "\"" :: "i" (_val) )
#define OFFSET(_sym, _str, _mem) DEFINE(_sym, offsetof(_str, _mem))

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(UREGS_X0, struct cpu_user_regs, x0);
    OFFSET(UREGS_LR, struct cpu_user_regs, lr);
    OFFSET(UREGS_SP, struct cpu_user_regs, sp);
    OFFSET(UREGS_PC, struct cpu_user_regs, pc);
    OFFSET(UREGS_CPSR, struct cpu_user_regs, cpsr);
    OFFSET(UREGS_HSR, struct cpu_user_regs, hsr);
    DEFINE(UREGS_SIZE, sizeof(struct cpu_user_regs));

    OFFSET(VCPU_SAVED_CONTEXT, struct vcpu, arch.saved_context);

    OFFSET(CPU_INFO_GUEST_APIA, struct cpu_info, guest_apia);
    DEFINE(CPU_INFO_SIZE, sizeof(struct cpu_info));
    DEFINE(EMERGENCY_STACK_BYTES, EMERGENCY_STACK_SIZE);

    OFFSET(SMCCC_RES_A0, struct arm_smccc_res, a0);
    OFFSET(SMCCC_RES_A2, struct arm_smccc_res, a2);
    OFFSET(SMCCC_1_2_REGS_A0, struct arm_smccc_1_2_regs, a0);
    DEFINE(SMCCC_1_2_REGS_SIZE, sizeof(struct arm_smccc_1_2_regs));
}
