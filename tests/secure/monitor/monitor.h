/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the EL3 monitor: per-CPU state and the entry points of its files. */
#ifndef SECURE_MONITOR_H
#define SECURE_MONITOR_H

#include "arch.h"
#include "bootinfo.h"
#include "layout.h"

/* What an exception to EL3 saves on the stack; entry.S knows the layout. */
struct frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t sp_el0;
};

#define EL1_REGS(X)                                                                                                \
    X(sctlr_el1) X(actlr_el1) X(cpacr_el1) X(ttbr0_el1) X(ttbr1_el1) X(tcr_el1) X(esr_el1) X(afsr0_el1)            \
    X(afsr1_el1) X(far_el1) X(mair_el1) X(amair_el1) X(vbar_el1) X(contextidr_el1) X(tpidr_el0) X(tpidrro_el0)     \
    X(tpidr_el1) X(sp_el1) X(elr_el1) X(spsr_el1) X(par_el1) X(cntkctl_el1) X(csselr_el1) X(mdscr_el1)

/* The five 128-bit pointer authentication keys, low and high: present only with FEAT_PAuth */
#define PAC_KEYS(X)                                                                                                \
    X(0, S3_0_C2_C1_0) X(1, S3_0_C2_C1_1) X(2, S3_0_C2_C1_2) X(3, S3_0_C2_C1_3) X(4, S3_0_C2_C2_0)                 \
    X(5, S3_0_C2_C2_1) X(6, S3_0_C2_C2_2) X(7, S3_0_C2_C2_3) X(8, S3_0_C2_C3_0) X(9, S3_0_C2_C3_1)

#define FIELD(r) uint64_t r;
struct world_regs {
    struct frame frame;
    uint64_t scr;
    EL1_REGS(FIELD)
    uint64_t pac[10];
};
#undef FIELD

enum world { SECURE, NORMAL };

/* Why the secure world of a CPU is running: decides what its next SMC means. */
enum secure_reason {
    REASON_BOOT,          /* its first run on this CPU; done: enter the normal world       */
    REASON_CALL,          /* serves a call of the normal world; done: hand over the result */
    REASON_INTERRUPT,     /* took a secure interrupt; done: resume the normal world        */
    REASON_POWER,         /* heard about a PSCI call; done: carry it out                   */
};

enum power { CPU_OFF, CPU_ON_PENDING, CPU_ON };

struct mon_cpu {
    struct world_regs world[2];
    enum world current;
    enum secure_reason reason;
    uint32_t power_call;       /* PSCI function of REASON_POWER                                */
    bool spmc_up;              /* SPMC ran here once: later starts are warm boots              */
    enum power power;          /* under psci_lock                                              */
    uint64_t entry, context;   /* of CPU_ON, under psci_lock until the CPU is awake            */
};

extern struct mon_cpu mon_cpus[MAX_CPUS];
extern bool have_spmc;
extern uint64_t scr_normal, scr_secure;
extern bool have_pauth;

/* entry.S */
struct frame *mon_frame(unsigned int cpu);
void mon_launch(struct frame *frame) __attribute__((noreturn));
extern const char mon_vectors[], spmc_image[], spmc_image_end[];

static inline unsigned int this_cpu(void) { return mpidr_to_cpu(read_sysreg(mpidr_el1)); }

/* mmu.c */
void mmu_build(void);
void mmu_enable(void);

/* cpu.c: traps off for lower levels, what ID registers decide */
void cpu_init(const struct bootinfo *info);
void enter_normal_world(unsigned int cpu, struct frame *frame, uint64_t entry, uint64_t arg, unsigned int el);

/* gic.c */
unsigned int gic_count_cpus(void);
void gic_dist_init(void);
void gic_cpu_init(void);
void gic_pen_enter(void);
void gic_pen_leave(void);
void gic_wake(unsigned int cpu);
bool gic_take_wake(void);
void gic_set_pending(uint32_t intid);

/* world.c */
void world_init(unsigned int cpu);
void world_switch(unsigned int cpu, struct frame *frame, enum world to);
void world_call_spmc(unsigned int cpu, struct frame *frame, enum secure_reason why);

/* psci.c */
bool psci_call(unsigned int cpu, struct frame *frame, uint32_t fid);
void psci_finish(unsigned int cpu, struct frame *frame) __attribute__((noreturn));
void psci_boot_cpu_on(unsigned int cpu);
void psci_pen(unsigned int cpu) __attribute__((noreturn));
void machine_off(void) __attribute__((noreturn));
void machine_reset(void) __attribute__((noreturn));

/* main.c, called by entry.S */
void mon_sync(struct frame *frame);
void mon_fiq(struct frame *frame);
void mon_unexpected(struct frame *frame, uint64_t kind) __attribute__((noreturn));
void mon_main(unsigned int cpu) __attribute__((noreturn));

#endif /* SECURE_MONITOR_H */
