/* SPDX-License-Identifier: BSD-2-Clause */
/* The few architecture helpers that the monitor, the SPMC and the partitions share. Header only, no state. */
#ifndef SECURE_ARCH_H
#define SECURE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name may be a macro for an S3_... encoding. */
#define STR_(s) #s
#define STR(s)  STR_(s)
#define read_sysreg(name) ({ uint64_t v_; asm volatile("mrs %0, " STR(name) : "=r" (v_)); v_; })
#define write_sysreg(name, v) \
    do { uint64_t v_ = (v); asm volatile("msr " STR(name) ", %0" : : "r" (v_) : "memory"); } while ( 0 )

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1UL << (n))

static inline void isb(void) { asm volatile("isb" : : : "memory"); }
static inline void dsb(void) { asm volatile("dsb sy" : : : "memory"); }

static inline void mmio_write32(uintptr_t addr, uint32_t v) { *(volatile uint32_t *)addr = v; }
static inline void mmio_write8(uintptr_t addr, uint8_t v) { *(volatile uint8_t *)addr = v; }
static inline uint32_t mmio_read32(uintptr_t addr) { return *(volatile uint32_t *)addr; }
static inline uint64_t mmio_read64(uintptr_t addr) { return *(volatile uint64_t *)addr; }

/* Counter since power on and its frequency: the time base of every log line of both worlds. */
static inline uint64_t counter(void)
{
    isb();
    return read_sysreg(cntpct_el0);
}

static inline uint64_t us_to_ticks(uint64_t us)
{
    return us * read_sysreg(cntfrq_el0) / 1000000;
}

typedef struct { uint32_t taken; } spinlock_t;

static inline void spin_lock(spinlock_t *l)
{
    uint32_t tmp;

    asm volatile("   sevl\n"
                 "1: wfe\n"
                 "2: ldaxr %w0, [%1]\n"
                 "   cbnz  %w0, 1b\n"
                 "   stxr  %w0, %w2, [%1]\n"
                 "   cbnz  %w0, 2b\n"
                 : "=&r" (tmp) : "r" (&l->taken), "r" (1) : "memory");
}

static inline void spin_unlock(spinlock_t *l)
{
    asm volatile("stlr wzr, [%0]" : : "r" (&l->taken) : "memory");
}

/* Linear CPU number of an MPIDR on this machine (16 CPUs per Aff1 cluster); anything else gives MAX_CPUS or more. */
static inline unsigned int mpidr_to_cpu(uint64_t mpidr)
{
    if ( (mpidr & 0xff00ff0000ULL) || (mpidr & 0xff) > 15 )
        return ~0u;

    return ((mpidr >> 8) & 0xff) * 16 + (mpidr & 0xff);
}

#endif /* SECURE_ARCH_H */
