/* SPDX-License-Identifier: BSD-2-Clause */
/* See test.h. One CPU speaks; the other only counts its interrupts. */
#include "test.h"

#define UART0           0x09000000
#define INTID_TIMER     26 /* EL2 physical */

struct regs ans;
volatile unsigned int sri_count[2], timer_count;
static unsigned int tests, failures;

void say(const char *fmt, ...)
{
    char line[LOG_MAX];
    va_list ap;
    char *p;

    va_start(ap, fmt);
    format(line, sizeof(line), fmt, ap);
    va_end(ap);
    for ( p = line; *p; p++ )
        mmio_write32(UART0, (unsigned char)*p);
    mmio_write32(UART0, '\n');
}

void check(bool good, const char *what)
{
    tests++;
    failures += !good;
    say("%sok %u - %s", good ? "" : "not ", tests, what);
    if ( !good )
        say("# x0 %lx x1 %lx x2 %lx x3 %lx x4 %lx x5 %lx x6 %lx x7 %lx", ans.x[0], ans.x[1], ans.x[2], ans.x[3],
            ans.x[4], ans.x[5], ans.x[6], ans.x[7]);
}

void plan(void)
{
    say("1..%u", tests);
    say("# %u failed", failures);
}

void power_off(void)
{
    call(0x84000008, 0, 0, 0, 0, 0, 0, 0);
    for ( ; ; )
        asm volatile("wfi");
}

void test_fault(uint64_t esr, uint64_t elr, uint64_t far)
{
    say("not ok - exception esr %lx elr %lx far %lx", esr, elr, far);
    power_off();
}

uint32_t call(uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6, uint64_t x7)
{
    ans = (struct regs){ { fid, x1, x2, x3, x4, x5, x6, x7 } };
    smc(&ans);

    return ans.x[0];
}

int error(void)
{
    return (uint32_t)ans.x[0] == FFA_ERROR ? (int)(uint32_t)ans.x[2] : 0;
}

int status(uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    call(fid, x1, x2, x3, x4, 0, 0, 0);

    return error();
}

int command(uint16_t sender, uint16_t sp, uint32_t w3, uint32_t w4, uint32_t w5, uint32_t w6, uint32_t w7)
{
    call(FFA_DIRECT_REQ_32, (uint64_t)sender << 16 | sp, 0, w3, w4, w5, w6, w7);
    while ( (uint32_t)ans.x[0] == FFA_INTERRUPT || (uint32_t)ans.x[0] == FFA_YIELD )
        call(FFA_RUN, ans.x[1], 0, 0, 0, 0, 0, 0);
    if ( (uint32_t)ans.x[0] != FFA_DIRECT_RESP_32 )
        return error() ? error() : -1000;

    return (int)(uint32_t)ans.x[3];
}

void irq_init(unsigned int cpu)
{
    uintptr_t sgi = GICR_BASE + cpu * GICR_STRIDE + 0x10000;

    if ( cpu == 0 )
        mmio_write32(GICD_BASE, 0x12); /* ARE, group 1: as the normal world sees the register */
    mmio_write8(sgi + 0x400 + INTID_SRI, 0x80);
    mmio_write8(sgi + 0x400 + INTID_TIMER, 0x80);
    mmio_write32(sgi + 0x100, (1u << INTID_SRI) | (1u << INTID_TIMER));
    write_sysreg(hcr_el2, BIT(31) | BIT(4)); /* RW, IMO: interrupts come to EL2 */
    write_sysreg(icc_pmr_el1, 0xff);
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
}

void irq_open(void) { asm volatile("msr daifclr, #2" : : : "memory"); }
void irq_close(void) { asm volatile("msr daifset, #2" : : : "memory"); }

void test_irq(void)
{
    uint64_t id = read_sysreg(icc_iar1_el1);

    if ( id == INTID_SRI )
        sri_count[read_sysreg(mpidr_el1) & 1]++;
    else if ( id == INTID_TIMER )
    {
        write_sysreg(cnthp_ctl_el2, 0);
        timer_count++;
    }
    if ( id < 1020 )
        write_sysreg(icc_eoir1_el1, id);
    isb();
}

bool wait_sri(unsigned int cpu, unsigned int count)
{
    uint64_t end = counter() + us_to_ticks(SRI_WAIT_US);

    irq_open();
    while ( sri_count[cpu] < count && counter() < end )
        ;
    irq_close();

    return sri_count[cpu] == count;
}

void timer_in(uint64_t us)
{
    write_sysreg(cnthp_cval_el2, counter() + us_to_ticks(us));
    write_sysreg(cnthp_ctl_el2, 1);
    isb();
}
