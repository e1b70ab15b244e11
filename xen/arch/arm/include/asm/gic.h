/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical GICv3 as the rest of the hypervisor sees it.
 *
 * Owns: interrupt number ranges, the hypervisor's own SGIs, IPIs, and the switch of the virtual CPU interface between
 * vCPUs. Register names and bits live in gic_v3_defs.h.
 */
#ifndef ASM_GIC_H
#define ASM_GIC_H

#define NR_GIC_LOCAL_IRQS       32
#define NR_GIC_SGI              16
#define NR_LOCAL_IRQS           NR_GIC_LOCAL_IRQS
/* INTIDs 1020-1023 are special, larger ones are LPIs: neither is ever a valid interrupt here. */
#define NR_GIC_IRQS             1020

#define INVALID_IRQ             1023

/* Priorities (lower is more urgent): IPIs may preempt everything else. */
#define GIC_PRI_LOWEST          0xf0U
#define GIC_PRI_IRQ             0xa0U
#define GIC_PRI_IPI             0x90U
#define GIC_PRI_HIGHEST         0x80U

/* Number of list registers the architecture allows */
#define GIC_MAX_LRS             16

#ifndef __ASSEMBLY__

#include <xen/types.h>

struct cpu_user_regs;
struct vcpu;
struct cpumask;
struct irq_desc;

/* The SGIs of the hypervisor. Numbers below GIC_SGI_STATIC_MAX never reach handlers of request_irq(). */
enum gic_sgi {
    GIC_SGI_EVENT_CHECK,
    GIC_SGI_DUMP_STATE,
    GIC_SGI_CALL_FUNCTION,
    GIC_SGI_STATIC_MAX,
};

/*
 * gic_init - find the GICv3 in the device tree, map it and set it up for the boot CPU
 * Panics with one line when there is none. Context: boot, IRQs off. Inverse: none.
 */
void gic_init(void);

/* gic_init_secondary_cpu - redistributor and CPU interface of the calling CPU. Context: secondary boot, IRQs off. */
void gic_init_secondary_cpu(void);

/* init_maintenance_interrupt - request the maintenance PPI on the calling CPU. Context: boot, may allocate. */
void init_maintenance_interrupt(void);

/* gic_interrupt - acknowledge and handle everything that is pending. Context: EL2 vector, IRQs off on entry and exit. */
void gic_interrupt(struct cpu_user_regs *regs);

/* IPIs. Everything written before the call is visible to the handler (DSB inside). Any context. */
void send_SGI_mask(const struct cpumask *mask, enum gic_sgi sgi);

/*
 * Operations on one interrupt, for irq.c and the owners of physical interrupts. SGIs and PPIs are those of the calling
 * CPU. gic_set_type() takes IRQ_TYPE_* and returns -EINVAL for what hardware cannot do, -EPERM if it did not take it.
 */
void gic_enable_irq(unsigned int irq);
void gic_disable_irq(unsigned int irq);
int gic_set_type(unsigned int irq, unsigned int type);
void gic_set_priority(unsigned int irq, unsigned int priority);
void gic_route_spi(unsigned int irq, unsigned int cpu);
void gic_eoi_irq(unsigned int irq);         /* priority drop, EOImode 1 */
void gic_deactivate_irq(unsigned int irq);  /* on the CPU that acknowledged it, if private */

/* gic_number_lines - interrupts the distributor has, SGIs and PPIs included */
unsigned int gic_number_lines(void);

/*
 * gic_save_state, gic_restore_state - move the virtual CPU interface out of and into hardware
 * Locking: the vCPU's vgic lock, inside. Context: context switch on the vCPU's pCPU, IRQs off. Idle vCPUs are accepted.
 */
void gic_save_state(struct vcpu *v);
void gic_restore_state(struct vcpu *v);

/*
 * gic_read_cpuif - the group enables of v's CPU interface (ICH_VMCR layout), and the priority an interrupt must be
 * below to be taken (mask and running priority). For a vCPU that runs on another CPU: nothing masked. IRQs off.
 */
void gic_read_cpuif(struct vcpu *v, uint32_t *vmcr, unsigned int *limit);

#endif /* __ASSEMBLY__ */
#endif /* ASM_GIC_H */
