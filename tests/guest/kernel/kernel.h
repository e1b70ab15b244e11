/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kernel's services, grouped by the file that gives them.
 *
 * A program defines `int program(void)`, which runs on the boot CPU with the MMU, GIC, timer and UART ready, interrupts
 * open and all other CPUs off. Its return is the end: TAP plan, SYSTEM_OFF.
 */
#ifndef GUEST_KERNEL_H
#define GUEST_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sysreg.h"

#define MAX_CPUS                32
#define PAGE_SIZE               4096UL
#define ARRAY_SIZE(a)           (sizeof(a) / sizeof((a)[0]))
#define BIT(n)                  (1UL << (n))

int program(void);

/* ---- main.c ---- */
extern uint64_t entry_ticks;            /* physical counter at the first instruction (start.S) */

/* ---- string.c ---- */
void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* ---- printf.c: each call is one piece of output that other CPUs cannot split ---- */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- uart.c ---- */
void uart_init(void);
void uart_write(const char *s, size_t n);
int uart_getc(void);                    /* -1: nothing there */
void uart_rx_irq(bool enable);          /* receive (and receive timeout) interrupt */
extern uint32_t uart_intid;             /* 0: unknown */
extern uintptr_t uart_base;

/* ---- lock.c ---- */
struct spinlock { volatile uint32_t taken; };
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
uint64_t spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, uint64_t flags);

/* ---- dt.c: a reader of the flattened device tree, without copies ---- */
bool dt_init(const void *blob);
size_t dt_size(const void *blob);       /* 0: not a device tree */
int dt_find(int after, const char *device_type, const char *compatible);   /* node offset or -1; start with -1 */
int dt_path(const char *path);
const void *dt_prop(int node, const char *name, uint32_t *len);
bool dt_reg(int node, unsigned int index, uint64_t *addr, uint64_t *size); /* root's cells: right for top-level nodes */
uint32_t dt_irq(int node, unsigned int index);                             /* INTID of GIC interrupt @index, 0: none */
uint32_t dt_u32(const void *prop, unsigned int index);
bool dt_cpu_reg(unsigned int index, uint64_t *mpidr);                      /* /cpus/cpu@... number @index */
const char *cmdline(void);
bool cmdline_get(const char *key, char *buf, size_t size);                 /* key=value, or the bare word: "1" */
uint64_t cmdline_u64(const char *key, uint64_t otherwise);
uint64_t cmdline_bits(const char *key, uint64_t otherwise);                /* "0-3,8,60-63", "none", "all" */

/* ---- mmu.c: VA = IPA ---- */
enum mem_type { MEM_NORMAL, MEM_DEVICE, MEM_RO };
void mmu_early(uintptr_t dtb);
void mmu_on(void);                              /* this CPU (start.S) */
bool mmu_map(uint64_t base, uint64_t size, enum mem_type type);   /* whole 2 MiB blocks; already mapped ones stay */
bool mmu_unmap_page(uintptr_t va);              /* a page of the kernel's own image becomes invalid */
void *page_alloc(void);                         /* 4 KiB, zeroed, never freed; panics if there are none */
extern uint64_t ram_base, ram_size;             /* first bank */

/* ---- except.c ---- */
struct regs {
    uint64_t x[31], elr, spsr, esr, far, pad;
};
struct trap {
    unsigned int count;                         /* exceptions taken since trap_begin() */
    uint64_t esr, far, elr;                     /* of the last one */
};
void trap_begin(void);                          /* from now on, on this CPU, exceptions are recorded and stepped over */
struct trap trap_end(void);
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- gic.c ---- */
typedef void (*irq_handler)(uint32_t intid, void *arg);
void gic_init(void);
void gic_cpu_init(void);
void irq_set_handler(uint32_t intid, irq_handler fn, void *arg);
void gic_enable(uint32_t intid);                /* SGI, PPI: on this CPU */
void gic_disable(uint32_t intid);
void gic_set_priority(uint32_t intid, uint8_t prio);
uint8_t gic_get_priority(uint32_t intid);
void gic_set_pending(uint32_t intid);
void gic_clear_pending(uint32_t intid);
bool gic_is_pending(uint32_t intid);
bool gic_is_active(uint32_t intid);
bool gic_is_enabled(uint32_t intid);
void gic_set_active(uint32_t intid, bool active);
void gic_set_edge(uint32_t intid, bool edge);
void gic_route_spi(uint32_t intid, unsigned int cpu);
void gic_send_sgi(uint32_t sgi, unsigned int cpu);
void gic_send_sgi_others(uint32_t sgi);
uintptr_t gic_reg(uint32_t intid, uint32_t offset);   /* distributor or this CPU's SGI frame, bank-relative */
extern uintptr_t gicd_base, gicr_base;          /* gicr_base: start of the first redistributor region */
extern uint64_t gicr_size;
void irq_dispatch(void);                        /* from the vectors */

#define IRQ_SPURIOUS            1023
#define SGI_KICK                0               /* wakes a CPU out of WFI, no more */
#define SGI_CALL                1               /* cpu_call() */

/* ---- timer.c: everything in microseconds ---- */
void timer_init(void);
void timer_cpu_init(void);
uint64_t time_us(void);
void timer_arm(uint64_t us);                    /* virtual timer of this CPU; the handler switches it off */
void timer_disarm(void);
extern uint32_t timer_virt_intid, timer_phys_intid;
extern volatile unsigned long timer_fired[MAX_CPUS];

/*
 * Sleeps until @cond or @us have passed; @cond is evaluated with interrupts masked after each interrupt of this CPU.
 * What @cond looks at must be changed by an interrupt handler of this CPU or be followed by an SGI to it.
 */
#define wait_event(cond, us) ({                                 \
    uint64_t until_ = time_us() + (us), flags_ = irq_save();    \
    uint64_t now_; /* read once: this vCPU may be taken off */  \
    bool ok_;                                                   \
    while ( !(ok_ = (cond)) && (now_ = time_us()) < until_ )    \
    {                                                           \
        timer_arm(until_ - now_);                               \
        wfi();                                                  \
        irq_enable();                                           \
        isb();                                                  \
        irq_disable();                                          \
    }                                                           \
    timer_disarm();                                             \
    irq_restore(flags_);                                        \
    ok_; })

/* ---- smccc.S / psci.c ---- */
struct smccc { uint64_t x[18]; };               /* x0-x17 in and out */
void smccc_hvc(struct smccc *r);
void smccc_smc(struct smccc *r);
enum conduit { CONDUIT_HVC, CONDUIT_SMC };
void smccc_call(enum conduit conduit, struct smccc *r);
extern enum conduit psci_conduit;               /* from the device tree */
extern bool entered_at_el2;
void psci_init(void);
int64_t psci(uint32_t fid, uint64_t a, uint64_t b, uint64_t c);
void system_off(void) __attribute__((noreturn));

#define PSCI_VERSION            0x84000000u
#define PSCI_CPU_SUSPEND        0xc4000001u
#define PSCI_CPU_OFF            0x84000002u
#define PSCI_CPU_ON             0xc4000003u
#define PSCI_AFFINITY_INFO      0xc4000004u
#define PSCI_MIGRATE_INFO_TYPE  0x84000006u
#define PSCI_SYSTEM_OFF         0x84000008u
#define PSCI_SYSTEM_RESET       0x84000009u
#define PSCI_FEATURES           0x8400000au
#define SMCCC_VERSION           0x80000000u
#define SMCCC_ARCH_FEATURES     0x80000001u

#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMS     (-2)
#define PSCI_DENIED             (-3)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_INVALID_ADDRESS    (-9)

/* ---- smp.c ---- */
struct cpu {
    uint64_t stack_top;                         /* start.S reads this at offset 0 */
    uint64_t mpidr;
    unsigned int id;
    volatile bool online;
    volatile bool stop;                         /* leave by CPU_OFF */
    uintptr_t gicr;                             /* RD frame */
    unsigned int trap_depth;
    struct trap trap;
    void (*volatile fn)(void *);                /* cpu_call() */
    void *arg;
    volatile uint64_t calls_done;
    unsigned int caller;
    volatile uint64_t starts;                   /* times it came up */
};
extern struct cpu cpus[MAX_CPUS];
extern unsigned int nr_cpus;                    /* in the device tree */
static inline struct cpu *this_cpu(void) { return (struct cpu *)read_sysreg(tpidr_el1); }
static inline unsigned int cpu_id(void) { return this_cpu()->id; }
void smp_init(void);
bool cpu_up(unsigned int cpu);                  /* PSCI CPU_ON and wait until it is idle */
unsigned int smp_up_all(void);                  /* number of CPUs online now */
bool cpu_down(unsigned int cpu);
void cpu_serve(void) __attribute__((noreturn)); /* from now on this CPU is as one that cpu_up() has brought up, also the boot CPU */
bool cpu_call(unsigned int cpu, void (*fn)(void *), void *arg);   /* runs @fn there, waits for its end */
bool cpu_start(unsigned int cpu, void (*fn)(void *), void *arg);  /* runs @fn there, does not wait */
bool cpu_wait(unsigned int cpu, uint64_t us);                     /* until what cpu_start() began has ended */

/* ---- hyper.c: Xen's hypercalls, HVC #0xEA1 ---- */
int64_t hypercall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c);
#define HYP_xen_version         17
#define HYP_console_io          18
#define HYP_ENOSYS              (-38)

/* ---- fp.S ---- */
void fp_enable(void);
void fp_fill(uint64_t seed);                    /* v0-v31 and FPCR/FPSR from @seed */
unsigned int fp_check(uint64_t seed);           /* number of registers that differ */

/* ---- tap.c: TAP on the console ---- */
void tap_ok(bool ok, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void tap_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int tap_done(void);                             /* prints the plan; 0: all well */
#define ok(cond, ...)           ({ bool c_ = (cond); tap_ok(c_, __FILE__, __LINE__, __VA_ARGS__); c_; })
#define expect_eq(got, want, ...) ({                                                                    \
    uint64_t g_ = (uint64_t)(got), w_ = (uint64_t)(want);                                               \
    if ( g_ != w_ )                                                                                     \
        printf("# %s:%d: got 0x%lx (%ld), wanted 0x%lx (%ld)\n", __FILE__, __LINE__, g_, (long)g_,      \
               w_, (long)w_);                                                                           \
    tap_ok(g_ == w_, __FILE__, __LINE__, __VA_ARGS__);                                                  \
    g_ == w_; })

#endif /* GUEST_KERNEL_H */
