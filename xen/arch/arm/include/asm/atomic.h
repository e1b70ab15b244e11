/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * atomic_t, and single-copy atomic reads and writes.
 *
 * Operations that return a value are full barriers; add, sub, inc, dec, and,
 * set and read order nothing.
 */
#ifndef ARM_ATOMIC_H
#define ARM_ATOMIC_H

#include <xen/atomic.h>
#include <xen/types.h>

#include <asm/system.h>

/* Never defined: an object of another size fails at link time. */
void bad_atomic_size(void);

static always_inline void read_atomic_size(const volatile void *p, void *res,
                                           unsigned int size)
{
    switch ( size )
    {
    case 1: *(uint8_t *)res = *(const volatile uint8_t *)p; break;
    case 2: *(uint16_t *)res = *(const volatile uint16_t *)p; break;
    case 4: *(uint32_t *)res = *(const volatile uint32_t *)p; break;
    case 8: *(uint64_t *)res = *(const volatile uint64_t *)p; break;
    default: bad_atomic_size(); break;
    }
}

static always_inline void write_atomic_size(volatile void *p, const void *val,
                                            unsigned int size)
{
    switch ( size )
    {
    case 1: *(volatile uint8_t *)p = *(const uint8_t *)val; break;
    case 2: *(volatile uint16_t *)p = *(const uint16_t *)val; break;
    case 4: *(volatile uint32_t *)p = *(const uint32_t *)val; break;
    case 8: *(volatile uint64_t *)p = *(const uint64_t *)val; break;
    default: bad_atomic_size(); break;
    }
}

#define read_atomic(p) ({                                               \
    union { typeof(*(p)) val; char c[0]; } read_u_;                     \
    read_atomic_size(p, read_u_.c, sizeof(*(p)));                       \
    read_u_.val; })

#define write_atomic(p, x) ({                                           \
    union { typeof(*(p)) val; char c[0]; } write_u_;                    \
    write_u_.val = (x);                                                 \
    write_atomic_size(p, write_u_.c, sizeof(*(p)));                     \
    write_u_.val; })

#define add_sized(p, x) ({                                              \
    typeof(*(p)) add_x_ = (x);                                          \
    write_atomic(p, read_atomic(p) + add_x_); })

static inline int atomic_read(const atomic_t *v)
{
    return *(const volatile int *)&v->counter;
}

/* Without volatile: for values no other CPU can see yet. */
static inline int _atomic_read(atomic_t v)
{
    return v.counter;
}

static inline void atomic_set(atomic_t *v, int i)
{
    *(volatile int *)&v->counter = i;
}

static inline void _atomic_set(atomic_t *v, int i)
{
    v->counter = i;
}

#define ATOMIC_OP(name, insn)                                                 \
static inline void name(int i, atomic_t *v)                                   \
{                                                                             \
    unsigned int fail;                                                        \
    int val;                                                                  \
                                                                              \
    __asm__ __volatile__ (                                                    \
        "1: ldxr %w0, %2\n"                                                   \
        "   " insn " %w0, %w0, %w3\n"                                         \
        "   stxr %w1, %w0, %2\n"                                              \
        "   cbnz %w1, 1b"                                                     \
        : "=&r" (val), "=&r" (fail), "+Q" (v->counter)                        \
        : "r" (i) );                                                          \
}

#define ATOMIC_OP_RETURN(name, insn)                                          \
static inline int name(int i, atomic_t *v)                                    \
{                                                                             \
    unsigned int fail;                                                        \
    int val;                                                                  \
                                                                              \
    __asm__ __volatile__ (                                                    \
        "1: ldxr %w0, %2\n"                                                   \
        "   " insn " %w0, %w0, %w3\n"                                         \
        "   stlxr %w1, %w0, %2\n"                                             \
        "   cbnz %w1, 1b\n"                                                   \
        "   dmb ish"                                                          \
        : "=&r" (val), "=&r" (fail), "+Q" (v->counter)                        \
        : "r" (i) : "memory" );                                               \
                                                                              \
    return val;                                                               \
}

ATOMIC_OP(atomic_add, "add")
ATOMIC_OP(atomic_sub, "sub")
ATOMIC_OP(atomic_and, "and")
ATOMIC_OP_RETURN(atomic_add_return, "add")
ATOMIC_OP_RETURN(atomic_sub_return, "sub")

#undef ATOMIC_OP
#undef ATOMIC_OP_RETURN

static inline int atomic_cmpxchg(atomic_t *v, int old, int new)
{
    return cmpxchg(&v->counter, old, new);
}

#define atomic_xchg(v, new) xchg(&(v)->counter, new)

static inline void atomic_inc(atomic_t *v)
{
    atomic_add(1, v);
}

static inline void atomic_dec(atomic_t *v)
{
    atomic_sub(1, v);
}

static inline int atomic_inc_return(atomic_t *v)
{
    return atomic_add_return(1, v);
}

static inline int atomic_dec_return(atomic_t *v)
{
    return atomic_sub_return(1, v);
}

static inline bool atomic_inc_and_test(atomic_t *v)
{
    return !atomic_add_return(1, v);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
    return !atomic_sub_return(1, v);
}

static inline bool atomic_sub_and_test(int i, atomic_t *v)
{
    return !atomic_sub_return(i, v);
}

static inline bool atomic_add_negative(int i, atomic_t *v)
{
    return atomic_add_return(i, v) < 0;
}

/* Add @a unless the value is @u. Returns the value found. */
static inline int atomic_add_unless(atomic_t *v, int a, int u)
{
    int cur = atomic_read(v), seen;

    while ( cur != u )
    {
        seen = atomic_cmpxchg(v, cur, cur + a);
        if ( seen == cur )
            break;
        cur = seen;
    }

    return cur;
}

/* *p += x, returns what *p was. Full barrier. */
static inline uint32_t arch_fetch_and_add(volatile uint32_t *p, uint32_t x)
{
    uint32_t old, sum, fail;

    __asm__ __volatile__ (
        "1: ldaxr %w0, %3\n"
        "   add %w1, %w0, %w4\n"
        "   stlxr %w2, %w1, %3\n"
        "   cbnz %w2, 1b\n"
        "   dmb ish"
        : "=&r" (old), "=&r" (sum), "=&r" (fail), "+Q" (*p)
        : "r" (x) : "memory" );

    return old;
}

#endif /* ARM_ATOMIC_H */
