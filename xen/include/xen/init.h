/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot-time code and data, and the two lists of boot-time calls.
 *
 * __init, __initdata, __initconst: memory given back to the page allocator
 * at the end of boot (free_init_memory()).
 *
 * presmp_initcall(fn): int fn(void), run on CPU 0 before other CPUs are up.
 * __initcall(fn): the same with all CPUs up. The result is ignored.
 */
#ifndef XEN_INIT_H
#define XEN_INIT_H

#include <xen/compiler.h>
#include <xen/sections.h>

#undef __init
#undef __initdata
#undef __initconst
#undef __exit

#define __init          noinline __section(".init.text")
#define __initdata      __section(".init.data")
#define __initconst     __section(".init.rodata")
#define __exit          __used __section(".exit.text")
#define __init_call(lvl) __used __section(".initcall" lvl ".init")

#ifndef __ASSEMBLY__

typedef int (*initcall_t)(void);

#define presmp_initcall(fn) \
    static const initcall_t __initcall_##fn __init_call("presmp") = (fn)
#define __initcall(fn) \
    static const initcall_t __initcall_##fn __init_call("1") = (fn)

/* Both run every registered call in link order. Boot CPU, IRQs on. */
void do_presmp_initcalls(void);
void do_initcalls(void);

#endif /* __ASSEMBLY__ */

#endif /* XEN_INIT_H */
