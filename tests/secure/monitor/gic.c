/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 set-up: who owns which interrupt. SPIs belong to the normal world except the secure UART's. SGIs 0-8 are the
 * normal world's (8 is the SRI, donated), 9-14 and the secure timer are secure group 1, 15 is group 0: EL3's own, it
 * ends the holding pen.
 */
#include "monitor.h"

#define GICD_CTLR           0x0000
#define GICD_TYPER          0x0004
#define GICD_IGROUPR(n)     (0x0080 + 4 * (n))
#define GICD_ICENABLER(n)   (0x0180 + 4 * (n))
#define GICD_ISPENDR(n)     (0x0200 + 4 * (n))
#define GICD_IPRIORITYR(n)  (0x0400 + (n))
#define GICD_IGRPMODR(n)    (0x0d00 + 4 * (n))
#define CTLR_GRP0           (1u << 0)
#define CTLR_GRP1_S         (1u << 2)
#define CTLR_ARE_S          (1u << 4)
#define CTLR_ARE_NS         (1u << 5)
#define CTLR_RWP            (1u << 31)

#define GICR_WAKER          0x0014
#define GICR_TYPER          0x0008
#define WAKER_SLEEP         (1u << 1)
#define WAKER_CHILDREN      (1u << 2)
#define GICR_SGI            0x10000 /* second frame: the same offsets as the distributor */
#define GICD_ISENABLER0     0x0100

#define INTID_UART_SECURE   40

/* By encoding: not every assembler knows the names */
#define ICC_SRE_EL3         S3_6_C12_C12_5
#define ICC_SRE_EL2         S3_4_C12_C9_5
#define ICH_HCR_EL2         S3_4_C12_C11_0
#define ICC_IGRPEN1_EL3     S3_6_C12_C12_7

#define PRIO_MONITOR        0x10
#define PRIO_SECURE         0x40
#define PRIO_NORMAL         0xa0

unsigned int gic_count_cpus(void)
{
    unsigned int n;

    for ( n = 1; n < MAX_CPUS && !(mmio_read64(GICR_BASE + (n - 1) * GICR_STRIDE + GICR_TYPER) & BIT(4)); n++ )
        ;

    return n;
}

void gic_dist_init(void)
{
    unsigned int lines = ((mmio_read32(GICD_BASE + GICD_TYPER) & 31) + 1) * 32, i;

    mmio_write32(GICD_BASE + GICD_CTLR, 0);
    for ( i = 32; i < lines; i += 32 )
    {
        mmio_write32(GICD_BASE + GICD_ICENABLER(i / 32), ~0u);
        mmio_write32(GICD_BASE + GICD_IGROUPR(i / 32), ~0u);
        mmio_write32(GICD_BASE + GICD_IGRPMODR(i / 32), 0);
    }
    for ( i = 32; i < lines; i++ )
        mmio_write8(GICD_BASE + GICD_IPRIORITYR(i), PRIO_NORMAL);

    i = INTID_UART_SECURE;
    mmio_write32(GICD_BASE + GICD_IGROUPR(i / 32), ~(1u << (i % 32)));
    mmio_write32(GICD_BASE + GICD_IGRPMODR(i / 32), 1u << (i % 32));
    mmio_write8(GICD_BASE + GICD_IPRIORITYR(i), PRIO_SECURE);
    dsb();

    /* Secure group 1 last: the other CPUs take its enable bit as their start signal. */
    mmio_write32(GICD_BASE + GICD_CTLR, CTLR_ARE_S | CTLR_ARE_NS);
    mmio_write32(GICD_BASE + GICD_CTLR, CTLR_ARE_S | CTLR_ARE_NS | CTLR_GRP0 | CTLR_GRP1_S);
    while ( mmio_read32(GICD_BASE + GICD_CTLR) & CTLR_RWP )
        ;
}

static uintptr_t find_redistributor(void)
{
    uint64_t mpidr = read_sysreg(mpidr_el1), typer;
    uint32_t affinity = (mpidr & 0xffffff) | ((mpidr >> 8) & 0xff000000);
    uintptr_t base = GICR_BASE;
    unsigned int n;

    for ( n = 0; n < MAX_CPUS; n++, base += GICR_STRIDE )
    {
        typer = mmio_read64(base + GICR_TYPER);
        if ( (uint32_t)(typer >> 32) == affinity )
            return base;
    }

    return GICR_BASE;
}

void gic_cpu_init(void)
{
    uintptr_t base = find_redistributor(), sgi = base + GICR_SGI;
    uint32_t secure = (0x7eu << 8) | (1u << INTID_SECURE_TIMER), group0 = 1u << INTID_MONITOR_WAKE;
    unsigned int i;

    mmio_write32(base + GICR_WAKER, mmio_read32(base + GICR_WAKER) & ~WAKER_SLEEP);
    while ( mmio_read32(base + GICR_WAKER) & WAKER_CHILDREN )
        ;
    mmio_write32(sgi + GICD_ICENABLER(0), ~0u);
    mmio_write32(sgi + GICD_IGROUPR(0), ~(secure | group0));
    mmio_write32(sgi + GICD_IGRPMODR(0), secure);
    for ( i = 0; i < 32; i++ )
        mmio_write8(sgi + GICD_IPRIORITYR(i), group0 & (1u << i) ? PRIO_MONITOR :
                                              secure & (1u << i) ? PRIO_SECURE : PRIO_NORMAL);
    mmio_write32(sgi + GICD_ISENABLER0, group0 | (1u << INTID_SECURE_IPI) | (1u << INTID_SECURE_TIMER));
    dsb();

    /* System registers for all levels of both worlds; EL3 sees the normal world's copies with SCR_EL3.NS = 1. */
    write_sysreg(ICC_SRE_EL3, 0xf);
    isb();
    write_sysreg(scr_el3, scr_normal);
    isb();
    write_sysreg(ICC_SRE_EL2, 0xf);
    isb();
    write_sysreg(icc_sre_el1, 7);
    isb();
    write_sysreg(scr_el3, scr_secure);
    isb();
    write_sysreg(icc_sre_el1, 7);
    isb();
    /* A normal world may only write the priority mask while it is outside the secure range: open it for good. */
    write_sysreg(icc_pmr_el1, 0xff);
    write_sysreg(icc_igrpen0_el1, 1);
    isb();
}

/* Only EL3's wake-up reaches a CPU in the pen: others' interrupts, virtual ones too, must not keep it from sleeping. */
void gic_pen_enter(void)
{
    write_sysreg(ICH_HCR_EL2, 0);
    write_sysreg(hcr_el2, BIT(31));
    write_sysreg(ICC_IGRPEN1_EL3, 0);
    write_sysreg(icc_pmr_el1, 0xff);
    isb();
}

void gic_pen_leave(void)
{
    write_sysreg(ICC_IGRPEN1_EL3, 2); /* secure group 1; the normal world opens its own */
    isb();
}

void gic_wake(unsigned int cpu)
{
    uint64_t aff1 = cpu / 16, aff0 = cpu % 16;

    dsb();
    write_sysreg(icc_sgi0r_el1, ((uint64_t)INTID_MONITOR_WAKE << 24) | (aff1 << 16) | BIT(aff0));
    isb();
}

/* A PPI of this CPU or an SPI, as if its wire had been pulled. An SGI has a register of its own for that. */
void gic_set_pending(uint32_t intid)
{
    uintptr_t base = intid < 32 ? find_redistributor() + GICR_SGI : GICD_BASE;

    if ( intid >= 16 && intid <= INTID_SPI_LAST )
        mmio_write32(base + GICD_ISPENDR(intid / 32), 1u << (intid % 32));
    dsb();
}

/* Takes EL3's own interrupt if it is the one that waits. */
bool gic_take_wake(void)
{
    uint64_t id;

    if ( read_sysreg(icc_hppir0_el1) != INTID_MONITOR_WAKE )
        return false;

    id = read_sysreg(icc_iar0_el1);
    if ( id == INTID_MONITOR_WAKE )
        write_sysreg(icc_eoir0_el1, id);
    isb();

    return true;
}
