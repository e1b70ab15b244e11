/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes and builtins, under the names the rest of the code uses. */
#ifndef XEN_COMPILER_H
#define XEN_COMPILER_H

#if !defined(__GNUC__) && !defined(__clang__)
#error "GCC or clang is needed"
#endif

#define barrier()          __asm__ __volatile__ ( "" : : : "memory" )

#define likely(x)          __builtin_expect(!!(x), 1)
#define unlikely(x)        __builtin_expect(!!(x), 0)

#undef inline
#define inline             __inline__
#undef always_inline
#define always_inline      inline __attribute__((__always_inline__))
#undef noinline
#define noinline           __attribute__((__noinline__))
#undef noreturn
#define noreturn           __attribute__((__noreturn__))

#define __packed           __attribute__((__packed__))
#define __weak             __attribute__((__weak__))
#define __aligned(a)       __attribute__((__aligned__(a)))
#define __used             __attribute__((__used__))
#define __maybe_unused     __attribute__((__unused__))
#define __must_check       __attribute__((__warn_unused_result__))
#define __must_be_array(a) \
    BUILD_BUG_ON_ZERO(__builtin_types_compatible_p(typeof(a), typeof(&(a)[0])))
#define __pure             __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __printf(f, v)     __attribute__((__format__(__printf__, f, v)))
#define __section(s)       __attribute__((__section__(s)))

/* The control-flow check marker of Xen; this architecture needs none. */
#define cf_check

#define unreachable()      __builtin_unreachable()

#if defined(__has_attribute)
#if __has_attribute(__fallthrough__)
#define fallthrough        __attribute__((__fallthrough__))
#endif
#endif
#ifndef fallthrough
#define fallthrough        do { } while ( 0 )
#endif

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

/*
 * Hide the origin of a pointer from the optimiser (and from its bounds
 * analysis), then add an offset to it.
 */
#define RELOC_HIDE(ptr, off)                            \
    ({ unsigned long reloc_ptr_;                        \
       __asm__ ( "" : "=r" (reloc_ptr_) : "0" (ptr) );  \
       (typeof(ptr))(reloc_ptr_ + (off)); })

/* Evaluate x for its type only and make its value unknown to the compiler. */
#define OPTIMIZER_HIDE_VAR(var) __asm__ ( "" : "+g" (var) )

#endif /* XEN_COMPILER_H */
