/* SPDX-License-Identifier: GPL-2.0-only */
/* The only two SMC instructions: what they pass and return is in asm/smccc.h. */
#include <asm/config.h>
#include <generated/asm-offsets.h>

/* The secure world's time is not ours: xen/irqs_off.h. x18 outlives an SMC and is nobody's between calls. */
.macro secure_begins
#ifdef CONFIG_IRQS_OFF_TIMES
        mrs     x18, cntpct_el0
#endif
.endm

/* Clobbers x19 */
.macro secure_ends
#ifdef CONFIG_IRQS_OFF_TIMES
        mrs     x19, cntpct_el0
        sub     x18, x19, x18
#endif
.endm

/* Clobbers x0-x2 */
.macro secure_counts
#ifdef CONFIG_IRQS_OFF_TIMES
        adrp    x0, per_cpu__secure_ticks
        add     x0, x0, :lo12:per_cpu__secure_ticks
        mrs     x1, tpidr_el2
        ldr     x2, [x0, x1]
        add     x2, x2, x18
        str     x2, [x0, x1]
#endif
.endm

        .section ".text.smc", "ax"

/* void arm_smccc_1_2_smc(const struct arm_smccc_1_2_regs *args, struct arm_smccc_1_2_regs *res) */
ENTRY(arm_smccc_1_2_smc)
        stp     x19, x1, [sp, #-16]!
        mov     x19, x0
        ldp     x0, x1, [x19, #0]
        ldp     x2, x3, [x19, #16]
        ldp     x4, x5, [x19, #32]
        ldp     x6, x7, [x19, #48]
        ldp     x8, x9, [x19, #64]
        ldp     x10, x11, [x19, #80]
        ldp     x12, x13, [x19, #96]
        ldp     x14, x15, [x19, #112]
        ldp     x16, x17, [x19, #128]

        secure_begins
        smc     #0
        secure_ends

        ldr     x19, [sp, #8]
        stp     x0, x1, [x19, #0]
        stp     x2, x3, [x19, #16]
        stp     x4, x5, [x19, #32]
        stp     x6, x7, [x19, #48]
        stp     x8, x9, [x19, #64]
        stp     x10, x11, [x19, #80]
        stp     x12, x13, [x19, #96]
        stp     x14, x15, [x19, #112]
        stp     x16, x17, [x19, #128]

        secure_counts
        ldr     x19, [sp], #16
        ret
END(arm_smccc_1_2_smc)

/* void __arm_smccc_1_0_smc(a0 ... a7, struct arm_smccc_res *res); the ninth argument is on the stack */
ENTRY(__arm_smccc_1_0_smc)
        smc     #0
        ldr     x4, [sp]
        cbz     x4, 1f
        stp     x0, x1, [x4, #SMCCC_RES_A0]
        stp     x2, x3, [x4, #SMCCC_RES_A2]
1:      ret
END(__arm_smccc_1_0_smc)
