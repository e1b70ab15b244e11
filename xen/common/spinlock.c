/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks and their recursive kind.
 *
 * tail counts the tickets drawn, head the ticket served; a CPU draws one and
 * waits until it is served, so nobody starves. Waiters sleep in WFE until head
 * is written.
 *
 * With CONFIG_DEBUG_LOCKS the owner is recorded, and the state of interrupts
 * at the first acquisition becomes the rule of that lock. Breaking a rule is
 * our own bug: the machine stops and both facts are printed.
 */
#include <xen/atomic.h>
#include <xen/init.h>
#include <xen/irq_cpustat.h>
#include <xen/lib.h>
#include <xen/preempt.h>
#include <xen/smp.h>
#include <xen/spinlock.h>

#ifdef CONFIG_DEBUG_LOCKS

/*
 * 0: checks are on. They start when all CPUs are up, since boot takes locks
 * with interrupts still off, and end when one CPU panics.
 */
static atomic_t spin_debug_off = ATOMIC_INIT(1);

void spin_debug_disable(void)
{
    atomic_inc(&spin_debug_off);
}

void spin_debug_enable(void)
{
    atomic_dec(&spin_debug_off);
}

static int __init spin_debug_init(void)
{
    spin_debug_enable();

    return 0;
}
__initcall(spin_debug_init);

/*
 * The rule: a lock that interrupt handlers take must never be held with
 * interrupts on, or a handler can spin on what its own CPU holds. A trylock
 * cannot spin, so with interrupts off it breaks nothing.
 */
void check_lock(union lock_debug *debug, bool try)
{
    bool irqs_off = !local_irq_is_enabled();
    union lock_debug seen = { .val = read_atomic(&debug->val) };

    if ( unlikely(atomic_read(&spin_debug_off)) )
        return;

    if ( try && irqs_off )
        return;

    if ( !seen.seen )
    {
        debug->irqs_off = irqs_off;
        smp_wmb();
        debug->seen = true;
        return;
    }

    if ( unlikely(seen.irqs_off != irqs_off) )
        panic("lock %p: first taken with IRQs %s, now with IRQs %s\n", debug,
              seen.irqs_off ? "off" : "on", irqs_off ? "off" : "on");
}

void lock_enter(union lock_debug *debug)
{
    debug->owner = smp_processor_id();
}

void lock_exit(union lock_debug *debug)
{
    if ( unlikely(atomic_read(&spin_debug_off)) )
        return;
    if ( unlikely(debug->owner != smp_processor_id()) )
        panic("lock %p: owner is CPU %u, released by CPU %u\n", debug,
              debug->owner, smp_processor_id());
    debug->owner = SPINLOCK_NO_CPU;
}

/* About to spin: the owner must be somebody else. */
static void check_recursion(const union lock_debug *debug)
{
    if ( unlikely(debug->owner == smp_processor_id()) &&
         !atomic_read(&spin_debug_off) )
        panic("lock %p: CPU %u holds it and takes it again\n", debug,
              smp_processor_id());
}

#else

static void check_recursion(const union lock_debug *debug) {}

#endif /* CONFIG_DEBUG_LOCKS */

/* ---- Tickets ------------------------------------------------------------- */

static spinlock_tickets_t observe_lock(const spinlock_tickets_t *t)
{
    spinlock_tickets_t v = { .head_tail = read_atomic(&t->head_tail) };

    return v;
}

static uint16_t observe_head(const spinlock_tickets_t *t)
{
    return read_atomic(&t->head);
}

static void tickets_lock(spinlock_tickets_t *t, union lock_debug *debug,
                         void (*cb)(void *data), void *data)
{
    spinlock_tickets_t ticket;

    check_lock(debug, false);
    preempt_disable();

    ticket.head_tail = arch_fetch_and_add(&t->head_tail, 1U << 16);
    if ( ticket.tail != ticket.head )
    {
        check_recursion(debug);
        while ( cb && ticket.tail != observe_head(t) )
            cb(data);
        arch_lock_wait(&t->head, ticket.tail);
    }
    lock_enter(debug);
}

static bool tickets_trylock(spinlock_tickets_t *t, union lock_debug *debug)
{
    spinlock_tickets_t old, new;

    preempt_disable();
    check_lock(debug, true);
    old = observe_lock(t);
    new = old;
    new.tail++;
    if ( old.head != old.tail ||
         cmpxchg(&t->head_tail, old.head_tail, new.head_tail) != old.head_tail )
    {
        preempt_enable();
        return false;
    }
    lock_enter(debug);

    return true;
}

static void tickets_unlock(spinlock_tickets_t *t, union lock_debug *debug)
{
    lock_exit(debug);
    arch_lock_release(&t->head);
    preempt_enable();
}

static bool tickets_are_locked(const spinlock_tickets_t *t,
                               const union lock_debug *debug)
{
    spinlock_tickets_t v = observe_lock(t);

#ifdef CONFIG_DEBUG_LOCKS
    return v.head != v.tail && debug->owner == smp_processor_id();
#else
    return v.head != v.tail;
#endif
}

static void tickets_barrier(spinlock_tickets_t *t)
{
    spinlock_tickets_t seen;

    smp_mb();
    seen = observe_lock(t);
    if ( seen.head != seen.tail )
        while ( observe_head(t) == seen.head )
            cpu_relax();
    smp_mb();
}

/* ---- Ordinary locks ------------------------------------------------------ */

void _spin_lock(spinlock_t *lock)
{
    tickets_lock(&lock->tickets, &lock->debug, NULL, NULL);
}

/* @cb runs while it waits. */
void _spin_lock_cb(spinlock_t *lock, void (*cb)(void *data), void *data)
{
    tickets_lock(&lock->tickets, &lock->debug, cb, data);
}

void _spin_lock_irq(spinlock_t *lock)
{
    ASSERT(local_irq_is_enabled());
    local_irq_disable();
    _spin_lock(lock);
}

unsigned long _spin_lock_irqsave(spinlock_t *lock)
{
    unsigned long flags;

    local_irq_save(flags);
    _spin_lock(lock);

    return flags;
}

void _spin_unlock(spinlock_t *lock)
{
    tickets_unlock(&lock->tickets, &lock->debug);
}

void _spin_unlock_irq(spinlock_t *lock)
{
    _spin_unlock(lock);
    local_irq_enable();
}

void _spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
    _spin_unlock(lock);
    local_irq_restore(flags);
}

bool _spin_is_locked(const spinlock_t *lock)
{
    return tickets_are_locked(&lock->tickets, &lock->debug);
}

bool _spin_trylock(spinlock_t *lock)
{
    return tickets_trylock(&lock->tickets, &lock->debug);
}

void _spin_barrier(spinlock_t *lock)
{
    tickets_barrier(&lock->tickets);
}

/* ---- Recursive locks ----------------------------------------------------- */

void _rspin_lock(rspinlock_t *lock)
{
    unsigned int cpu = smp_processor_id();

    if ( read_atomic(&lock->recurse_cpu) != cpu )
    {
        tickets_lock(&lock->tickets, &lock->debug, NULL, NULL);
        lock->recurse_cpu = cpu;
    }

    ASSERT(lock->recurse_cnt < SPINLOCK_MAX_RECURSE);
    lock->recurse_cnt++;
}

bool _rspin_trylock(rspinlock_t *lock)
{
    unsigned int cpu = smp_processor_id();

    if ( read_atomic(&lock->recurse_cpu) != cpu )
    {
        if ( !tickets_trylock(&lock->tickets, &lock->debug) )
            return false;
        lock->recurse_cpu = cpu;
    }

    ASSERT(lock->recurse_cnt < SPINLOCK_MAX_RECURSE);
    lock->recurse_cnt++;

    return true;
}

unsigned long _rspin_lock_irqsave(rspinlock_t *lock)
{
    unsigned long flags;

    local_irq_save(flags);
    _rspin_lock(lock);

    return flags;
}

void _rspin_unlock(rspinlock_t *lock)
{
    ASSERT(lock->recurse_cpu == smp_processor_id() && lock->recurse_cnt);
    if ( --lock->recurse_cnt == 0 )
    {
        lock->recurse_cpu = SPINLOCK_NO_CPU;
        tickets_unlock(&lock->tickets, &lock->debug);
    }
}

void _rspin_unlock_irqrestore(rspinlock_t *lock, unsigned long flags)
{
    _rspin_unlock(lock);
    local_irq_restore(flags);
}

bool _rspin_is_locked(const rspinlock_t *lock)
{
    /* The recursive count is the better witness than the ticket. */
    return lock->recurse_cpu == SPINLOCK_NO_CPU
           ? tickets_are_locked(&lock->tickets, &lock->debug)
           : lock->recurse_cpu == smp_processor_id();
}

void _rspin_barrier(rspinlock_t *lock)
{
    tickets_barrier(&lock->tickets);
}

bool _nrspin_trylock(rspinlock_t *lock)
{
    return tickets_trylock(&lock->tickets, &lock->debug);
}

void _nrspin_lock(rspinlock_t *lock)
{
    tickets_lock(&lock->tickets, &lock->debug, NULL, NULL);
}

void _nrspin_lock_irq(rspinlock_t *lock)
{
    ASSERT(local_irq_is_enabled());
    local_irq_disable();
    _nrspin_lock(lock);
}

unsigned long _nrspin_lock_irqsave(rspinlock_t *lock)
{
    unsigned long flags;

    local_irq_save(flags);
    _nrspin_lock(lock);

    return flags;
}

void _nrspin_unlock(rspinlock_t *lock)
{
    tickets_unlock(&lock->tickets, &lock->debug);
}

void _nrspin_unlock_irq(rspinlock_t *lock)
{
    _nrspin_unlock(lock);
    local_irq_enable();
}

void _nrspin_unlock_irqrestore(rspinlock_t *lock, unsigned long flags)
{
    _nrspin_unlock(lock);
    local_irq_restore(flags);
}
