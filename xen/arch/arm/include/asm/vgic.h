/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual GICv3: the state of a domain's interrupts and the interface to it.
 *
 * Locks: struct vgic_cpu.lock covers every interrupt whose owner is that vCPU, the vCPU's queues and its list-register
 * shadow. Always irqsave. A thread holds one of them, or two of the same domain in order of vcpu_id (moving an SPI).
 * struct vgic_dist.lock covers the allocation bitmap; it is a leaf. Nothing else is taken inside, except what
 * vcpu_kick() takes, and that is called after the lock has been dropped.
 */
#ifndef ASM_VGIC_H
#define ASM_VGIC_H

#include <xen/types.h>
#include <xen/list.h>
#include <xen/spinlock.h>
#include <asm/gic.h>

struct domain;
struct vcpu;
struct cpu_user_regs;
union hsr;

#define VGIC_NR_LOCAL_IRQS      NR_GIC_LOCAL_IRQS
#define VGIC_MAX_SPIS           (992U - 32U)
/* Five bits of priority are implemented, as in every GICv3 with EL2: 32 levels. */
#define VGIC_PRIO_SHIFT         3
#define VGIC_NR_PRIO            32
#define VGIC_PRIO_MASK          0xf8U
#define VGIC_NR_GROUPS          2
#define VGIC_LR_NONE            0xffU

/* Where an interrupt hangs in its owner's queues */
enum vgic_queue { VGIC_Q_NONE, VGIC_Q_READY, VGIC_Q_EVICTED, VGIC_Q_MOVING };

/*
 * One interrupt of a domain. Everything but intid is under owner->arch.vgic.lock.
 *
 * Pending is (latch | pend | level && line). An event sets latch; when the interrupt goes into a list register latch
 * moves to pend, and only the guest's acknowledge (seen when the LR is read back) clears pend. An event that arrives
 * after the acknowledge but before we have seen it is therefore in latch and cannot be lost.
 */
struct vgic_irq {
    struct list_head link;          /* READY: owner's ready[group][prio]; EVICTED: evicted[active prio]; MOVING    */
    struct vcpu *owner;             /* an SPI changes it under the old and the new owner's lock                   */
    struct vcpu *target;            /* where the guest routes it; differs from owner until it can move; may be NULL */
    uint64_t irouter;               /* as the guest wrote it                                                       */
    uint16_t intid;
    uint16_t hwintid;               /* physical interrupt behind it, 0 if none                                     */
    uint8_t priority;               /* masked by VGIC_PRIO_MASK                                                    */
    uint8_t active_priority;        /* while active: what it was when the guest acknowledged it                    */
    uint8_t lr;                     /* index of its list register, or VGIC_LR_NONE                                 */
    uint8_t queue;                  /* enum vgic_queue                                                             */
    bool enabled;
    bool group1;
    bool edge;
    bool line;                      /* input level                                                                 */
    bool latch;                     /* event not yet in a list register                                            */
    bool pend;                      /* event handed to a list register, not yet acknowledged                       */
    bool active;
    bool hw_active;                 /* the physical interrupt is active on the pCPU of the (running) owner         */
};

/* Per domain: arch.vgic */
struct vgic_dist {
    spinlock_t lock;                /* covers allocated                                                            */
    unsigned long *allocated;       /* virqs in use by somebody, bit per INTID                                     */
    uint32_t ctlr;                  /* group enables of GICD_CTLR; written whole, read anywhere                    */
    unsigned int nr_spis;           /* fixed at creation                                                           */
    struct vgic_irq *spis;          /* nr_spis of them                                                             */
    paddr_t dbase;                  /* guest physical address of the distributor                                   */
    paddr_t rbase;                  /* ... of the redistributor region                                             */
};

/* Per vCPU: arch.vgic */
struct vgic_cpu {
    spinlock_t lock;
    bool initialised;               /* between vcpu_vgic_init() and _free()                                        */
    bool dirty;                     /* list registers must be recomputed; set under lock, read by the owner without */
    bool asleep;                    /* GICR_WAKER.ProcessorSleep; only remembered                                  */
    uint16_t lr_used;               /* bit per list register in use; only the vCPU's own pCPU writes               */
    uint32_t hcr;                   /* ICH_HCR_EL2 while the vCPU runs                                              */
    uint64_t lr[GIC_MAX_LRS];       /* what we last wrote or read; only the vCPU's own pCPU writes                 */
    struct vgic_irq *lr_irq[GIC_MAX_LRS];
    struct vgic_irq *private_irqs;  /* VGIC_NR_LOCAL_IRQS of them                                                  */
    uint32_t ready_mask[VGIC_NR_GROUPS];    /* bit n: ready[group][n] is not empty                                 */
    uint32_t evicted_mask;          /* bit n: evicted[n] is not empty                                              */
    struct list_head ready[VGIC_NR_GROUPS][VGIC_NR_PRIO];   /* enabled, pending, not active, in no LR              */
    struct list_head evicted[VGIC_NR_PRIO]; /* active, in no LR; by the priority they were acknowledged with       */
    struct list_head moving;        /* out of the LRs, waits to go to another owner                                */

    /* CPU interface of a vCPU that does not run; only the context switch touches it */
    uint32_t vmcr;
    uint32_t ap0r[4];
    uint32_t ap1r[4];
};

/*
 * domain_vgic_init - interrupts of a new domain and its MMIO frames
 * @nr_spis: shared interrupts, rounded up to a multiple of 32; 0 is fine
 * Returns: 0, -EINVAL (too many), -ENOMEM. Context: creation, d->max_vcpus is set. Inverse: domain_vgic_free().
 */
int domain_vgic_init(struct domain *d, unsigned int nr_spis);
void domain_vgic_free(struct domain *d);

/* vcpu_vgic_init - private interrupts of a vCPU. 0 or -ENOMEM. Inverse: vcpu_vgic_free(); both accept half-built. */
int vcpu_vgic_init(struct vcpu *v);
void vcpu_vgic_free(struct vcpu *v);

/* vgic_cpuif_reset - CPU interface as after reset, for PSCI CPU_ON. Context: v is offline and does not run. */
void vgic_cpuif_reset(struct vcpu *v);

/*
 * vgic_inject_irq - raise or lower an interrupt of a guest
 * @v:     target; NULL only for an SPI, which then goes where the guest routes it
 * @virq:  INTID; out of range is ignored
 * @level: true raises (an event if the interrupt is edge-triggered), false lowers a level
 * While the target is offline an SPI waits and a level is remembered; an SGI or the edge of a PPI is dropped, silently.
 * Wakes and kicks the target.
 * Context: any. Locking: takes the owner's vgic lock; must not be called under one.
 */
void vgic_inject_irq(struct domain *d, struct vcpu *v, unsigned int virq, bool level);

/*
 * vgic_inject_hw_irq - the physical interrupt behind a private virq of current became active on this pCPU
 * The guest's deactivation deactivates the physical one. Context: its handler; the caller does not deactivate.
 */
void vgic_inject_hw_irq(struct vcpu *v, unsigned int virq);

/* vgic_vcpu_pending_irq - could v take an interrupt now, were it not masked in PSTATE? Nonzero if so. Any context. */
int vgic_vcpu_pending_irq(struct vcpu *v);

/* vgic_evtchn_irq_pending - is the event-channel PPI of v pending? Any context. */
bool vgic_evtchn_irq_pending(struct vcpu *v);

/* vgic_map_hw - private virq @virq of @v is driven by the physical PPI @hwintid. Context: vCPU creation. */
void vgic_map_hw(struct vcpu *v, unsigned int virq, unsigned int hwintid);

/* Numbers of virqs: reserve one, find a free SPI (negative errno if none), give it back. Any context. */
bool vgic_reserve_virq(struct domain *d, unsigned int virq);
int vgic_allocate_spi(struct domain *d);
void vgic_free_virq(struct domain *d, unsigned int virq);

/*
 * vgic_sync_from_lrs - believe what the guest did to its list registers. Right after every trap from the guest, IRQs off.
 * vgic_sync_to_lrs   - write what the guest must see. Last thing before the return to the guest, IRQs off.
 */
void vgic_sync_from_lrs(struct vcpu *v);
void vgic_sync_to_lrs(void);

/* For gic-v3.c: list registers at context switch, on the vCPU's pCPU with IRQs off; what the hardware has, at boot. */
void vgic_save_lrs(struct vcpu *v);
void vgic_restore_lrs(struct vcpu *v);
void vgic_set_hw_limits(unsigned int nr_lrs, bool can_trap_dir);

/* vgic_init_lrs - empty the list registers of this CPU. Context: its boot, after vgic_set_hw_limits(). */
void vgic_init_lrs(void);

/* vgic_emulate - trapped ICC_SGI0R, ICC_SGI1R, ICC_ASGI1R, ICC_SRE and ICC_DIR. False: not ours, inject undefined. */
bool vgic_emulate(struct cpu_user_regs *regs, union hsr hsr);

/* vgic_dump - console lines about everything that pends or is active in d, for debug keys */
void vgic_dump(struct domain *d);

#endif /* ASM_VGIC_H */
