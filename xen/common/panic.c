/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of everything: panic, BUG, failed assertions, backtraces.
 *
 * The first CPU that panics stops the others, takes the console away from
 * whoever has it, and prints; a CPU that panics as well meanwhile just stops.
 * Locks: none is taken on that path.
 */
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/spinlock.h>

#include <asm/traps.h>

#define BACKTRACE_MAX 32

static atomic_t panic_cpu = ATOMIC_INIT(-1);
static DEFINE_PER_CPU(bool, in_backtrace);

/* A vCPU's, or an idle one's. We may be on the emergency stack while that is the one in question. */
static bool is_stack(unsigned long addr)
{
    return addr >= STACKS_VIRT_START &&
           addr < STACKS_VIRT_START + STACKS_VIRT_SIZE &&
           (addr & (1UL << STACK_GUARD_BIT));
}

/* Frames are 16-byte aligned, grow upwards, and stay on one stack. */
static bool frame_ok(unsigned long fp, unsigned long low)
{
    return fp > low && !(fp & 15) &&
           ROUNDDOWN(fp, (unsigned long)STACK_SIZE) ==
           ROUNDDOWN(low, (unsigned long)STACK_SIZE) &&
           fp + 16 <= ROUNDDOWN(fp, (unsigned long)STACK_SIZE) + STACK_SIZE;
}

void show_backtrace(unsigned long pc, unsigned long fp)
{
    unsigned long here = (unsigned long)__builtin_frame_address(0);
    unsigned long low = ROUNDDOWN(is_stack(fp) ? fp : here, (unsigned long)STACK_SIZE);
    const unsigned long *frame;
    unsigned int i;

    /* A fault on the way must not end up here again and again. */
    if ( test_and_set_bool(this_cpu(in_backtrace)) )
    {
        printk("No backtrace: this is a fault inside of one\n");
        return;
    }

    printk("Backtrace:\n");
    printk("  [<%016lx>] %pS\n", pc, (void *)pc);
    for ( i = 0; i < BACKTRACE_MAX && frame_ok(fp, low); i++ )
    {
        frame = (const unsigned long *)fp;
        if ( !frame[1] )
            break;
        pc = CALL_BEFORE(frame[1]);
        printk("  [<%016lx>] %pS\n", pc, (void *)pc);
        low = fp;
        fp = frame[0];
    }
    this_cpu(in_backtrace) = false;
}

void dump_execution_state(void)
{
    show_backtrace(CALL_BEFORE((unsigned long)__builtin_return_address(0)),
                   *(unsigned long *)__builtin_frame_address(0));
}

static void noreturn stop_here(void)
{
    local_irq_disable();
    for ( ; ; )
        wfi();
}

/* The registers as they are, more or less: the compiler has moved on. */
static always_inline void capture_registers(struct cpu_user_regs *regs)
{
    memset(regs, 0, sizeof(*regs));
    __asm__ __volatile__ (
        "stp x19, x20, [%0, #152]\n"
        "stp x21, x22, [%0, #168]\n"
        "stp x23, x24, [%0, #184]\n"
        "stp x25, x26, [%0, #200]\n"
        "stp x27, x28, [%0, #216]\n"
        :: "r" (regs) : "memory" );
    regs->cpsr = 0x3c9;         /* EL2h: so that nobody takes it for a guest's */
}

void noreturn panic(const char *fmt, ...)
{
    static char text[256];
    unsigned int cpu = smp_processor_id();
    struct cpu_user_regs regs;
    va_list args;
    int first;

    local_irq_disable();

    first = atomic_cmpxchg(&panic_cpu, -1, cpu);
    if ( first != -1 )
        stop_here();

    spin_debug_disable();
    console_force_unlock();
    smp_send_stop();

    capture_registers(&regs);
    regs.pc = CALL_BEFORE((unsigned long)__builtin_return_address(0));
    regs.fp = *(unsigned long *)__builtin_frame_address(0);
    regs.lr = (unsigned long)__builtin_return_address(0);
    regs.sp = (unsigned long)__builtin_frame_address(0);

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    printk("\n");
    printk("****************************************\n");
    printk("Panic on CPU %u:\n", cpu);
    printk("%s\n", text);
    printk("****************************************\n");
    show_execution_state(&regs);
    console_panic_flush();

    machine_halt();
}

void noreturn bug_at(const char *file, unsigned int line)
{
    panic("BUG at %s:%u", file, line);
}

void warn_at(const char *file, unsigned int line)
{
    printk(XENLOG_WARNING "WARN at %s:%u\n", file, line);
    dump_execution_state();
}

void noreturn assert_failed(const char *what, const char *file,
                            unsigned int line)
{
    panic("Assertion '%s' failed at %s:%u", what, file, line);
}
