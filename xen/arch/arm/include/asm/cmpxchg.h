/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xchg() and cmpxchg() on objects of 1, 2, 4 or 8 bytes: exclusive load and
 * store loops (Armv8.0 has nothing else), full barriers. A failed cmpxchg()
 * is a full barrier too.
 */
#ifndef ARM_CMPXCHG_H
#define ARM_CMPXCHG_H

#include <xen/compiler.h>
#include <xen/types.h>

/* Never defined: an object of another size fails at link time. */
extern unsigned long bad_xchg_size(void);

#define XCHG_LOOP(sz, reg)                                              \
    __asm__ __volatile__ (                                              \
        "1: ldxr" sz " %" reg "0, %2\n"                                 \
        "   stlxr" sz " %w1, %" reg "3, %2\n"                           \
        "   cbnz %w1, 1b\n"                                             \
        "   dmb ish"                                                    \
        : "=&r" (old), "=&r" (fail), "+Q" (*(volatile uint8_t *)ptr)    \
        : "r" (val) : "memory" )

static always_inline unsigned long __xchg(volatile void *ptr,
                                          unsigned long val,
                                          unsigned int size)
{
    unsigned long old;
    unsigned int fail;

    switch ( size )
    {
    case 1: XCHG_LOOP("b", "w"); break;
    case 2: XCHG_LOOP("h", "w"); break;
    case 4: XCHG_LOOP("", "w"); break;
    case 8: XCHG_LOOP("", "x"); break;
    default: old = bad_xchg_size(); break;
    }

    return old;
}
#undef XCHG_LOOP

#define xchg(ptr, x) ({                                                 \
    typeof(*(ptr)) xchg_new_ = (x);                                     \
    (typeof(*(ptr)))__xchg((ptr), (unsigned long)xchg_new_,             \
                           sizeof(*(ptr))); })

/*
 * The old value is compared after zero extension, as the load delivers it, so
 * the caller's must be extended the same way.
 */
#define CMPXCHG_LOOP(sz, reg, type)                                     \
    __asm__ __volatile__ (                                              \
        "   dmb ish\n"                                                  \
        "1: ldxr" sz " %" reg "0, %2\n"                                 \
        "   cmp %" reg "0, %" reg "3\n"                                 \
        "   b.ne 2f\n"                                                  \
        "   stxr" sz " %w1, %" reg "4, %2\n"                            \
        "   cbnz %w1, 1b\n"                                             \
        "2: dmb ish"                                                    \
        : "=&r" (cur), "=&r" (fail), "+Q" (*(volatile uint8_t *)ptr)    \
        : "r" ((unsigned long)(type)old), "r" (val) : "cc", "memory" )

static always_inline unsigned long __cmpxchg(volatile void *ptr,
                                             unsigned long old,
                                             unsigned long val,
                                             unsigned int size)
{
    unsigned long cur;
    unsigned int fail;

    switch ( size )
    {
    case 1: CMPXCHG_LOOP("b", "w", uint8_t); break;
    case 2: CMPXCHG_LOOP("h", "w", uint16_t); break;
    case 4: CMPXCHG_LOOP("", "w", uint32_t); break;
    case 8: CMPXCHG_LOOP("", "x", uint64_t); break;
    default: cur = bad_xchg_size(); break;
    }

    return cur;
}
#undef CMPXCHG_LOOP

#define cmpxchg(ptr, o, n) ({                                           \
    typeof(*(ptr)) cmpxchg_old_ = (o);                                  \
    typeof(*(ptr)) cmpxchg_new_ = (n);                                  \
    (typeof(*(ptr)))__cmpxchg((ptr), (unsigned long)cmpxchg_old_,       \
                              (unsigned long)cmpxchg_new_,              \
                              sizeof(*(ptr))); })

#endif /* ARM_CMPXCHG_H */
