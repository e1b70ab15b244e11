/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writer-fair reader-writer locks.
 *
 * cnts holds the number of readers (from bit 16), the state of the writer
 * (bits 12-13) and the writer's CPU (bits 0-11). Whoever cannot have the lock
 * at once queues on the inner spinlock; the head of that queue waits for cnts.
 * A waiting writer shows itself in cnts, which sends new readers to the queue.
 */
#include <xen/atomic.h>
#include <xen/lib.h>
#include <xen/preempt.h>
#include <xen/rwlock.h>
#include <xen/smp.h>

#define _QW_CPUMASK 0xfffU
#define _QW_WAITING (1U << 12)
#define _QW_LOCKED  (3U << 12)
#define _QW_WMASK   (_QW_LOCKED | _QW_CPUMASK)
#define _QR_BIAS    (1U << 16)

/* No writer holds or awaits it, unless we are the holder. */
static bool can_read(uint32_t cnts)
{
    return !(cnts & _QW_LOCKED) ||
           ((cnts & _QW_LOCKED) == _QW_LOCKED &&
            (cnts & _QW_CPUMASK) == smp_processor_id());
}

static uint32_t read_begin(rwlock_t *lock)
{
    return (uint32_t)atomic_add_return(_QR_BIAS, &lock->cnts);
}

static void queue_read_lock_slowpath(rwlock_t *lock)
{
    /* Out of the writer's way while queued. */
    atomic_sub(_QR_BIAS, &lock->cnts);

    spin_lock(&lock->lock);
    atomic_add_return(_QR_BIAS, &lock->cnts);
    /* A writer that waited is behind us now; only a holder is to be awaited. */
    while ( ((uint32_t)atomic_read(&lock->cnts) & _QW_LOCKED) == _QW_LOCKED )
        cpu_relax();
    smp_mb();
    spin_unlock(&lock->lock);
}

bool _read_trylock(rwlock_t *lock)
{
    preempt_disable();
    check_lock(&lock->lock.debug, true);
    if ( likely(can_read(atomic_read(&lock->cnts))) )
    {
        if ( likely(can_read(read_begin(lock))) )
            return true;
        atomic_sub(_QR_BIAS, &lock->cnts);
    }
    preempt_enable();

    return false;
}

void _read_lock(rwlock_t *lock)
{
    preempt_disable();
    check_lock(&lock->lock.debug, false);
    if ( unlikely(!can_read(read_begin(lock))) )
        queue_read_lock_slowpath(lock);
}

void _read_lock_irq(rwlock_t *lock)
{
    ASSERT(local_irq_is_enabled());
    local_irq_disable();
    _read_lock(lock);
}

unsigned long _read_lock_irqsave(rwlock_t *lock)
{
    unsigned long flags;

    local_irq_save(flags);
    _read_lock(lock);

    return flags;
}

void _read_unlock(rwlock_t *lock)
{
    smp_mb();
    ASSERT((uint32_t)atomic_read(&lock->cnts) >= _QR_BIAS);
    atomic_sub(_QR_BIAS, &lock->cnts);
    preempt_enable();
}

void _read_unlock_irq(rwlock_t *lock)
{
    _read_unlock(lock);
    local_irq_enable();
}

void _read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
    _read_unlock(lock);
    local_irq_restore(flags);
}

static uint32_t write_lock_val(void)
{
    return _QW_LOCKED | smp_processor_id();
}

static void queue_write_lock_slowpath(rwlock_t *lock)
{
    uint32_t cnts;

    spin_lock(&lock->lock);

    /* Announce ourselves; the queue makes us the only one to do so. */
    for ( ; ; )
    {
        cnts = atomic_read(&lock->cnts);
        if ( !(cnts & _QW_LOCKED) &&
             (uint32_t)atomic_cmpxchg(&lock->cnts, cnts,
                                      cnts | _QW_WAITING) == cnts )
            break;
        cpu_relax();
    }

    /* Then wait for the readers to leave. */
    for ( ; ; )
    {
        if ( (uint32_t)atomic_read(&lock->cnts) == _QW_WAITING &&
             (uint32_t)atomic_cmpxchg(&lock->cnts, _QW_WAITING,
                                      write_lock_val()) == _QW_WAITING )
            break;
        cpu_relax();
    }

    spin_unlock(&lock->lock);
}

bool _write_trylock(rwlock_t *lock)
{
    preempt_disable();
    check_lock(&lock->lock.debug, true);
    if ( atomic_read(&lock->cnts) == 0 &&
         atomic_cmpxchg(&lock->cnts, 0, write_lock_val()) == 0 )
        return true;
    preempt_enable();

    return false;
}

void _write_lock(rwlock_t *lock)
{
    preempt_disable();
    check_lock(&lock->lock.debug, false);
#ifdef CONFIG_DEBUG_LOCKS
    /* One look: the writer may leave at any time, and 0 is a CPU, too. */
    if ( unlikely(((uint32_t)atomic_read(&lock->cnts) & _QW_WMASK) ==
                  write_lock_val()) )
        panic("rwlock %p: CPU %u writes it and takes it again\n", lock,
              smp_processor_id());
#endif
    if ( unlikely(atomic_cmpxchg(&lock->cnts, 0, write_lock_val())) )
        queue_write_lock_slowpath(lock);
}

void _write_lock_irq(rwlock_t *lock)
{
    ASSERT(local_irq_is_enabled());
    local_irq_disable();
    _write_lock(lock);
}

unsigned long _write_lock_irqsave(rwlock_t *lock)
{
    unsigned long flags;

    local_irq_save(flags);
    _write_lock(lock);

    return flags;
}

void _write_unlock(rwlock_t *lock)
{
    ASSERT(((uint32_t)atomic_read(&lock->cnts) & _QW_WMASK) ==
           write_lock_val());
    smp_mb();
    atomic_and(~_QW_WMASK, &lock->cnts);
    preempt_enable();
}

void _write_unlock_irq(rwlock_t *lock)
{
    _write_unlock(lock);
    local_irq_enable();
}

void _write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
    _write_unlock(lock);
    local_irq_restore(flags);
}

bool _rw_is_locked(const rwlock_t *lock)
{
    return (uint32_t)atomic_read(&lock->cnts) >= _QR_BIAS ||
           _rw_is_write_locked(lock);
}

bool _rw_is_write_locked(const rwlock_t *lock)
{
    return ((uint32_t)atomic_read(&lock->cnts) & _QW_LOCKED) == _QW_LOCKED;
}
