/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device registers. The plain forms order the access against memory: a read
 * before what follows, a write after what went before. _relaxed do not.
 * Single instructions with one register: they can be decoded when trapped.
 */
#ifndef ARM_IO_H
#define ARM_IO_H

#include <xen/types.h>
#include <asm/system.h>

#define IO_ACCESSORS(sfx, type, mod, w)                                     \
static inline type read##sfx##_relaxed(const volatile void *addr)           \
{                                                                           \
    type val_;                                                              \
    asm volatile ( "ldr" mod " %" w "0, [%1]" : "=r" (val_) : "r" (addr) ); \
    return val_;                                                            \
}                                                                           \
static inline void write##sfx##_relaxed(type val, volatile void *addr)      \
{                                                                           \
    asm volatile ( "str" mod " %" w "0, [%1]" : : "r" (val), "r" (addr) );  \
}                                                                           \
static inline type read##sfx(const volatile void *addr)                     \
{                                                                           \
    type val_ = read##sfx##_relaxed(addr);                                  \
    dsb(ld);                                                                \
    return val_;                                                            \
}                                                                           \
static inline void write##sfx(type val, volatile void *addr)                \
{                                                                           \
    dsb(st);                                                                \
    write##sfx##_relaxed(val, addr);                                        \
}

IO_ACCESSORS(b, uint8_t, "b", "w")
IO_ACCESSORS(w, uint16_t, "h", "w")
IO_ACCESSORS(l, uint32_t, "", "w")
IO_ACCESSORS(q, uint64_t, "", "x")

#undef IO_ACCESSORS

#endif /* ARM_IO_H */
