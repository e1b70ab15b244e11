/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks: fair (ticket), not recursive, raise the preemption count.
 *
 * Each lock is taken either always with interrupts on or always with
 * interrupts off; with CONFIG_DEBUG_LOCKS the first acquisition decides which,
 * and a later mismatch, a recursion, or an unlock by a CPU that does not hold
 * the lock is a BUG that prints both facts.
 *
 * rspinlock_t may be taken again by the CPU that holds it; nrspin_* take it as
 * if it were an ordinary one.
 */
#ifndef XEN_SPINLOCK_H
#define XEN_SPINLOCK_H

#include <xen/preempt.h>
#include <xen/types.h>

#include <asm/system.h>

#define SPINLOCK_NO_CPU 0xffffU

#ifdef CONFIG_DEBUG_LOCKS
union lock_debug {
    uint32_t val;
    struct {
        uint16_t owner;         /* CPU, SPINLOCK_NO_CPU when free */
        bool seen:1;            /* irqs_off is decided */
        bool irqs_off:1;
    };
};
#define LOCK_DEBUG_UNLOCKED { .owner = SPINLOCK_NO_CPU }

/* Stop checking, for the panic path (enable undoes disable). */
void spin_debug_enable(void);
void spin_debug_disable(void);
#else
union lock_debug { };
#define LOCK_DEBUG_UNLOCKED { }
#define spin_debug_enable()  ((void)0)
#define spin_debug_disable() ((void)0)
#endif

typedef union {
    uint32_t head_tail;
    struct {
        uint16_t head;          /* the ticket being served */
        uint16_t tail;          /* the next ticket to hand out */
    };
} spinlock_tickets_t;

typedef struct spinlock {
    spinlock_tickets_t tickets;
    union lock_debug debug;
} spinlock_t;

typedef struct rspinlock {
    spinlock_tickets_t tickets;
    uint16_t recurse_cpu;       /* written by the holder only */
    uint8_t recurse_cnt;
    union lock_debug debug;
} rspinlock_t;

#define SPINLOCK_MAX_RECURSE 15U

#define SPIN_LOCK_UNLOCKED { .tickets = { 0 }, .debug = LOCK_DEBUG_UNLOCKED }
#define RSPIN_LOCK_UNLOCKED {                                           \
    .tickets = { 0 },                                                   \
    .recurse_cpu = SPINLOCK_NO_CPU,                                     \
    .debug = LOCK_DEBUG_UNLOCKED,                                       \
}

#define DEFINE_SPINLOCK(l)  spinlock_t l = SPIN_LOCK_UNLOCKED
#define DEFINE_RSPINLOCK(l) rspinlock_t l = RSPIN_LOCK_UNLOCKED

#define spin_lock_init(l)  (*(l) = (spinlock_t)SPIN_LOCK_UNLOCKED)
#define rspin_lock_init(l) (*(l) = (rspinlock_t)RSPIN_LOCK_UNLOCKED)

void _spin_lock(spinlock_t *lock);
void _spin_lock_cb(spinlock_t *lock, void (*cb)(void *data), void *data);
void _spin_lock_irq(spinlock_t *lock);
unsigned long _spin_lock_irqsave(spinlock_t *lock);
void _spin_unlock(spinlock_t *lock);
void _spin_unlock_irq(spinlock_t *lock);
void _spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
bool _spin_is_locked(const spinlock_t *lock);
bool _spin_trylock(spinlock_t *lock);
void _spin_barrier(spinlock_t *lock);

bool _rspin_trylock(rspinlock_t *lock);
void _rspin_lock(rspinlock_t *lock);
unsigned long _rspin_lock_irqsave(rspinlock_t *lock);
void _rspin_unlock(rspinlock_t *lock);
void _rspin_unlock_irqrestore(rspinlock_t *lock, unsigned long flags);
bool _rspin_is_locked(const rspinlock_t *lock);
void _rspin_barrier(rspinlock_t *lock);

bool _nrspin_trylock(rspinlock_t *lock);
void _nrspin_lock(rspinlock_t *lock);
void _nrspin_lock_irq(rspinlock_t *lock);
unsigned long _nrspin_lock_irqsave(rspinlock_t *lock);
void _nrspin_unlock(rspinlock_t *lock);
void _nrspin_unlock_irq(rspinlock_t *lock);
void _nrspin_unlock_irqrestore(rspinlock_t *lock, unsigned long flags);

#define spin_lock(l)                  _spin_lock(l)
#define spin_lock_cb(l, c, d)         _spin_lock_cb(l, c, d)
#define spin_lock_irq(l)              _spin_lock_irq(l)
#define spin_lock_irqsave(l, f) ({                                      \
    BUILD_BUG_ON(sizeof(f) != sizeof(unsigned long));                   \
    (f) = _spin_lock_irqsave(l); })
#define spin_unlock(l)                _spin_unlock(l)
#define spin_unlock_irq(l)            _spin_unlock_irq(l)
#define spin_unlock_irqrestore(l, f)  _spin_unlock_irqrestore(l, f)

/* For assertions only: without CONFIG_DEBUG_LOCKS any holder counts. */
#define spin_is_locked(l)             _spin_is_locked(l)
#define spin_trylock(l)               _spin_trylock(l)
#define spin_trylock_irqsave(l, f) ({                                   \
    bool strl_;                                                         \
                                                                        \
    local_irq_save(f);                                                  \
    strl_ = spin_trylock(l);                                            \
    if ( !strl_ )                                                       \
        local_irq_restore(f);                                           \
    strl_; })

/* Returns once nobody holds the lock that held it at the call. */
#define spin_barrier(l)               _spin_barrier(l)

#define rspin_trylock(l)              _rspin_trylock(l)
#define rspin_lock(l)                 _rspin_lock(l)
#define rspin_lock_irqsave(l, f) ({                                     \
    BUILD_BUG_ON(sizeof(f) != sizeof(unsigned long));                   \
    (f) = _rspin_lock_irqsave(l); })
#define rspin_unlock(l)               _rspin_unlock(l)
#define rspin_unlock_irqrestore(l, f) _rspin_unlock_irqrestore(l, f)
#define rspin_barrier(l)              _rspin_barrier(l)
#define rspin_is_locked(l)            _rspin_is_locked(l)

#define nrspin_trylock(l)             _nrspin_trylock(l)
#define nrspin_lock(l)                _nrspin_lock(l)
#define nrspin_lock_irq(l)            _nrspin_lock_irq(l)
#define nrspin_lock_irqsave(l, f) ({                                    \
    BUILD_BUG_ON(sizeof(f) != sizeof(unsigned long));                   \
    (f) = _nrspin_lock_irqsave(l); })
#define nrspin_unlock(l)              _nrspin_unlock(l)
#define nrspin_unlock_irq(l)          _nrspin_unlock_irq(l)
#define nrspin_unlock_irqrestore(l, f) _nrspin_unlock_irqrestore(l, f)

#ifdef CONFIG_DEBUG_LOCKS
/*
 * Checks around an acquisition: @try says that it cannot spin. Shared with the
 * rwlocks, which have an owner only while written.
 */
void check_lock(union lock_debug *debug, bool try);
void lock_enter(union lock_debug *debug);
void lock_exit(union lock_debug *debug);
#else
static inline void check_lock(union lock_debug *debug, bool try) {}
static inline void lock_enter(union lock_debug *debug) {}
static inline void lock_exit(union lock_debug *debug) {}
#endif

#endif /* XEN_SPINLOCK_H */
