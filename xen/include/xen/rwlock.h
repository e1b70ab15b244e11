/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader-writer locks, fair to writers: once a writer waits, new readers queue
 * behind it. So a CPU that holds a read lock must not take it again. A writer
 * may take the read lock on top. No upgrade. IRQ rules as for spinlocks.
 */
#ifndef XEN_RWLOCK_H
#define XEN_RWLOCK_H

#include <xen/atomic.h>
#include <xen/spinlock.h>

/*
 * cnts: bits 0-11 CPU of the writer, 12-13 writer state (both set: locked;
 * bit 12 alone: waiting), 16 and up: number of readers.
 */
typedef struct {
    atomic_t cnts;
    spinlock_t lock;            /* the queue: waiting readers and writers */
} rwlock_t;

#define RW_LOCK_UNLOCKED { .cnts = ATOMIC_INIT(0), .lock = SPIN_LOCK_UNLOCKED }
#define DEFINE_RWLOCK(l) rwlock_t l = RW_LOCK_UNLOCKED
#define rwlock_init(l) (*(l) = (rwlock_t)RW_LOCK_UNLOCKED)

bool _read_trylock(rwlock_t *lock);
void _read_lock(rwlock_t *lock);
void _read_lock_irq(rwlock_t *lock);
unsigned long _read_lock_irqsave(rwlock_t *lock);
void _read_unlock(rwlock_t *lock);
void _read_unlock_irq(rwlock_t *lock);
void _read_unlock_irqrestore(rwlock_t *lock, unsigned long flags);

bool _write_trylock(rwlock_t *lock);
void _write_lock(rwlock_t *lock);
void _write_lock_irq(rwlock_t *lock);
unsigned long _write_lock_irqsave(rwlock_t *lock);
void _write_unlock(rwlock_t *lock);
void _write_unlock_irq(rwlock_t *lock);
void _write_unlock_irqrestore(rwlock_t *lock, unsigned long flags);

bool _rw_is_locked(const rwlock_t *lock);
bool _rw_is_write_locked(const rwlock_t *lock);

#define read_trylock(l)                _read_trylock(l)
#define read_lock(l)                   _read_lock(l)
#define read_lock_irq(l)               _read_lock_irq(l)
#define read_lock_irqsave(l, f) ({                                      \
    BUILD_BUG_ON(sizeof(f) != sizeof(unsigned long));                   \
    (f) = _read_lock_irqsave(l); })
#define read_unlock(l)                 _read_unlock(l)
#define read_unlock_irq(l)             _read_unlock_irq(l)
#define read_unlock_irqrestore(l, f)   _read_unlock_irqrestore(l, f)

#define write_trylock(l)               _write_trylock(l)
#define write_lock(l)                  _write_lock(l)
#define write_lock_irq(l)              _write_lock_irq(l)
#define write_lock_irqsave(l, f) ({                                     \
    BUILD_BUG_ON(sizeof(f) != sizeof(unsigned long));                   \
    (f) = _write_lock_irqsave(l); })
#define write_unlock(l)                _write_unlock(l)
#define write_unlock_irq(l)            _write_unlock_irq(l)
#define write_unlock_irqrestore(l, f)  _write_unlock_irqrestore(l, f)

#define rw_is_locked(l)                _rw_is_locked(l)
#define rw_is_write_locked(l)          _rw_is_write_locked(l)

#endif /* XEN_RWLOCK_H */
