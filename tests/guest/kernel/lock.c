/* SPDX-License-Identifier: BSD-2-Clause */
/* Test-and-set spinlocks; a waiter sleeps in WFE, which the store of the unlock ends. */
#include "kernel.h"

void spin_lock(struct spinlock *lock)
{
    uint32_t old, failed;

    asm volatile("   sevl\n"
                 "1: wfe\n"
                 "2: ldaxr %w0, [%2]\n"
                 "   cbnz  %w0, 1b\n"
                 "   stxr  %w1, %w3, [%2]\n"
                 "   cbnz  %w1, 2b\n"
                 : "=&r" (old), "=&r" (failed) : "r" (&lock->taken), "r" (1) : "memory");
}

void spin_unlock(struct spinlock *lock)
{
    asm volatile("stlr wzr, [%0]" :: "r" (&lock->taken) : "memory");
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
    uint64_t flags = irq_save();

    spin_lock(lock);
    return flags;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t flags)
{
    spin_unlock(lock);
    irq_restore(flags);
}
