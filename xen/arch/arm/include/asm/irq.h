/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts: the Arm half of <xen/irq.h>. */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <xen/types.h>
#include <asm/gic.h>

/* A physical interrupt number: SGI 0-15, PPI 16-31, SPI 32 and up. */
#define NR_IRQS                 NR_GIC_IRQS

/* Trigger types; values of the device-tree binding. */
#define IRQ_TYPE_NONE           0x0U
#define IRQ_TYPE_EDGE_RISING    0x1U
#define IRQ_TYPE_EDGE_FALLING   0x2U
#define IRQ_TYPE_EDGE_BOTH      (IRQ_TYPE_EDGE_RISING | IRQ_TYPE_EDGE_FALLING)
#define IRQ_TYPE_LEVEL_HIGH     0x4U
#define IRQ_TYPE_LEVEL_LOW      0x8U
#define IRQ_TYPE_LEVEL_MASK     (IRQ_TYPE_LEVEL_HIGH | IRQ_TYPE_LEVEL_LOW)
#define IRQ_TYPE_SENSE_MASK     0xfU
#define IRQ_TYPE_INVALID        0x10U

struct cpu_user_regs;
struct irq_desc;

extern const unsigned int nr_irqs;

/* irq_set_type - trigger of a PPI (all CPUs) or SPI; before request_irq(). 0, -EINVAL (range, SGI not edge), -EBUSY. */
int irq_set_type(unsigned int irq, unsigned int type);

/* do_IRQ - run the action of one acknowledged interrupt. Context: EL2 interrupt, IRQs off; they are on inside. */
void do_IRQ(struct cpu_user_regs *regs, unsigned int irq, int is_fiq);

/* init_IRQ - descriptors, before gic_init(). init_secondary_IRQ - those of the calling CPU, before its gic init. */
void init_IRQ(void);
void init_secondary_IRQ(void);

#endif /* ASM_IRQ_H */
