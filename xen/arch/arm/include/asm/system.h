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

#define arch_lock_acquire_barrier() smp_mb()
#define arch_lock_release_barrier() smp_mb()

/* Wait for, and wake up, a CPU that spins on a lock. */
#define arch_lock_relax() wfe()
#define arch_lock_signal() do { dsb(ishst); sev(); } while ( 0 )
#define arch_lock_signal_wmb() arch_lock_signal()

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
