/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of a guest. The virtual timer is hardware (direct access, CNTVOFF_EL2), the physical timer is emulated.
 */
#ifndef ASM_VTIMER_H
#define ASM_VTIMER_H

#include <xen/spinlock.h>
#include <xen/types.h>
#include <xen/timer.h>

struct domain;
struct vcpu;
struct cpu_user_regs;
struct xen_arch_domainconfig;
union hsr;

/*
 * One timer of a vCPU. The virtual one's registers are touched by the context switch only. Those of the physical one are
 * under lock: the callback of .timer may still run on the CPU that the vCPU has left.
 */
struct vtimer {
    spinlock_t lock;                /* IRQs on; inside: timers, vgic                                     */
    struct vcpu *v;
    unsigned int irq;               /* PPI of the guest                                                  */
    struct timer timer;             /* physical: the deadline; virtual: armed only while v does not run  */
    uint64_t offset;                /* the timer's counter = CNTPCT - offset; fixed, same in all vCPUs   */
    uint64_t cval;                  /* in that counter                                                   */
    uint32_t ctl;                   /* ENABLE and IMASK                                                  */
    bool live;                      /* initialised                                                       */
};

/* domain_vtimer_init - reserves the PPIs. Returns 0, or -EINVAL if one is taken. */
int domain_vtimer_init(struct domain *d, struct xen_arch_domainconfig *config);

/*
 * vcpu_vtimer_init - after vcpu_vgic_init(); with vCPU 0 the domain's virtual counter starts. Returns 0.
 * Inverse: vcpu_timer_destroy(), which accepts half-built.
 */
int vcpu_vtimer_init(struct vcpu *v);
void vcpu_timer_destroy(struct vcpu *v);

/* vtimer_reset - both timers off, for PSCI CPU_ON. Context: v is offline and does not run. */
void vtimer_reset(struct vcpu *v);

/* Context switch: virtual timer out of and into hardware. IRQs off, on the vCPU's pCPU. Idle vCPUs are accepted. */
void virt_timer_save(struct vcpu *v);
void virt_timer_restore(struct vcpu *v);

/* vtimer_line - does the hardware virtual timer of current assert its interrupt right now? */
bool vtimer_line(void);

/* vtimer_emulate - trapped CNTP_{CTL,CVAL,TVAL}_EL0. False: not ours, or not allowed: inject undefined. */
bool vtimer_emulate(struct cpu_user_regs *regs, union hsr hsr);

/* vtimer_init_interrupt - request PPI 27 on the calling CPU; part of init_timer_interrupt(). */
void vtimer_init_interrupt(void);

#endif /* ASM_VTIMER_H */
