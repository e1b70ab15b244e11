/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Synchronous exceptions and SErrors. Between trap_begin() and trap_end() they are recorded per CPU, and the instruction
 * is stepped over (a branch to nowhere returns to its caller); at any other time they end the program with a dump.
 */
#include "kernel.h"

extern char _start[];

void except_sync(struct regs *regs);
void except_serror(struct regs *regs);
void except_bad(struct regs *regs);

void trap_begin(void)
{
    struct cpu *c = this_cpu();

    c->trap = (struct trap){ 0 };
    barrier();
    c->trap_depth = 1;
    barrier();
}

struct trap trap_end(void)
{
    struct cpu *c = this_cpu();

    dsb(sy);
    isb();
    c->trap_depth = 0;
    barrier();
    return c->trap;
}

static void dump(const struct regs *r)
{
    unsigned int i;

    for ( i = 0; i < 30; i += 3 )
        printf("# x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n", i, r->x[i], i + 1, r->x[i + 1], i + 2, r->x[i + 2]);
    printf("# x30 %016lx  elr %016lx  spsr %016lx\n# esr %016lx  far %016lx\n", r->x[30], r->elr, r->spsr, r->esr,
           r->far);
}

void panic(const char *fmt, ...)
{
    char buf[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    printf("Bail out! guest panic on vcpu %u: %s\n", this_cpu() ? cpu_id() : 0, buf);
    system_off();
}

void except_sync(struct regs *regs)
{
    struct cpu *c = this_cpu();

    if ( c && c->trap_depth )
    {
        c->trap.count++;
        c->trap.esr = regs->esr;
        c->trap.far = regs->far;
        c->trap.elr = regs->elr;
        regs->elr = ESR_EC(regs->esr) == EC_IABORT_SAME ? regs->x[30] : regs->elr + 4;
        return;
    }

    dump(regs);
    panic("unexpected exception, class 0x%lx, at image offset 0x%lx", ESR_EC(regs->esr),
          regs->elr - (uintptr_t)_start);
}

void except_serror(struct regs *regs)
{
    struct cpu *c = this_cpu();

    if ( c && c->trap_depth )
    {
        c->trap.count++;
        c->trap.esr = regs->esr;
        return;
    }

    dump(regs);
    panic("SError");
}

void except_bad(struct regs *regs)
{
    dump(regs);
    panic("exception through a vector that is never used");
}
