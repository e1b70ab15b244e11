/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Barriers, masking of interrupts, and the exchange primitives (which
 * asm/cmpxchg.h has).
 */
#ifndef ARM_SYSTEM_H
#define ARM_SYSTEM_H

#include <xen/compiler.h>
#include <xen/irqs_off.h>
#include <xen/macros.h>
#include <xen/types.h>

#include <asm/cmpxchg.h>

#define sev()   __asm__ __volatile__ ( "sev" ::: "memory" )
#define wfe()   __asm__ __volatile__ ( "wfe" ::: "memory" )
#define wfi()   __asm__ __volatile__ ( "wfi" ::: "memory" )

#define isb()      __asm__ __volatile__ ( "isb" ::: "memory" )
#define dsb(scope) __asm__ __volatile__ ( "dsb " #scope ::: "memory" )
#define dmb(scope) __asm__ __volatile__ ( "dmb " #scope ::: "memory" )

/* Towards devices and other observers of the system. */
#define mb()    dsb(sy)
#define rmb()   dsb(ld)
#define wmb()   dsb(st)

/* Towards other CPUs. */
#define smp_mb()  dmb(ish)
#define smp_rmb() dmb(ishld)
#define smp_wmb() dmb(ishst)

#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic()  smp_mb()


/*
 * arch_lock_wait - until @head, 16 bits of a lock, is @ticket: acquires. The exclusive load has the monitor watch it: whoever
 * writes there ends the WFE, so a release needs no SEV. The first WFE falls through.
 * arch_lock_release - to the next ticket; a full barrier before it
 */
static inline void arch_lock_wait(const volatile uint16_t *head, uint16_t ticket)
{
    unsigned int seen;

    __asm__ __volatile__ ( "    sevl\n"
                           "1:  wfe\n"
                           "    ldaxrh %w0, %1\n"
                           "    cmp    %w0, %w2\n"
                           "    b.ne   1b"
                           : "=&r" (seen) : "Q" (*head), "r" ((uint32_t)ticket) : "cc", "memory" );
}

static inline void arch_lock_release(uint16_t *head)
{
    smp_mb();
    __asm__ __volatile__ ( "strh %w1, %0" : "=Q" (*head) : "r" (*head + 1) : "memory" );
}

#define local_irq_disable() \
    ({ __asm__ __volatile__ ( "msr daifset, #2" ::: "memory" ); irqs_off_begin(); })
#define local_irq_enable() \
    ({ irqs_off_end(); __asm__ __volatile__ ( "msr daifclr, #2" ::: "memory" ); })

#define local_abort_enable()  __asm__ __volatile__ ( "msr daifclr, #4" ::: "memory" )
#define local_abort_disable() __asm__ __volatile__ ( "msr daifset, #4" ::: "memory" )

#define local_save_flags(x) \
    ({ BUILD_BUG_ON(sizeof(x) != sizeof(long)); \
       __asm__ __volatile__ ( "mrs %0, daif" : "=r" (x) :: "memory" ); })

#define local_irq_save(x) \
    ({ local_save_flags(x); local_irq_disable(); })

#define local_irq_restore(x) \
    ({ BUILD_BUG_ON(sizeof(x) != sizeof(long)); \
       if ( !((x) & ARM_DAIF_I) ) \
           irqs_off_end(); \
       __asm__ __volatile__ ( "msr daif, %0" :: "r" (x) : "memory" ); })

/* PSTATE.I as DAIF shows it. */
#define ARM_DAIF_I (1UL << 7)

static inline bool local_irq_is_enabled(void)
{
    unsigned long flags;

    __asm__ __volatile__ ( "mrs %0, daif" : "=r" (flags) :: "memory" );

    return !(flags & ARM_DAIF_I);
}

#ifndef cpu_relax
#define cpu_relax() __asm__ __volatile__ ( "yield" ::: "memory" )
#endif

#endif /* ARM_SYSTEM_H */
