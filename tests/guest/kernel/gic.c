/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3: distributor, this CPU's redistributor, system registers. All interrupts are group 1 at priority 0xa0, edge or
 * level as reset left them. The table of handlers is written before an interrupt is enabled; it has no lock.
 */
#include "kernel.h"

#define GICD_CTLR       0x0000
#define GICD_TYPER      0x0004
#define GIC_IGROUPR     0x0080
#define GIC_ISENABLER   0x0100
#define GIC_ICENABLER   0x0180
#define GIC_ISPENDR     0x0200
#define GIC_ICPENDR     0x0280
#define GIC_ISACTIVER   0x0300
#define GIC_ICACTIVER   0x0380
#define GIC_IPRIORITYR  0x0400
#define GIC_ICFGR       0x0c00
#define GICD_IROUTER    0x6000
#define GICR_TYPER      0x0008
#define GICR_WAKER      0x0014
#define GICR_SGI        0x10000
#define CTLR_RWP        BIT(31)
#define DEFAULT_PRIO    0xa0
#define NR_INTIDS       1020

struct handler { irq_handler fn; void *arg; };

static struct handler handlers[NR_INTIDS];
static struct spinlock gic_lock;
static uint64_t gicr_stride = 0x20000;
static unsigned int nr_intids;

uintptr_t gicd_base, gicr_base;
uint64_t gicr_size;

uintptr_t gic_reg(uint32_t intid, uint32_t offset)
{
    return intid < 32 ? this_cpu()->gicr + GICR_SGI + offset : gicd_base + offset;
}

static void wait_rwp(uint32_t intid)
{
    if ( intid >= 32 )
        while ( mmio_read32(gicd_base + GICD_CTLR) & CTLR_RWP )
            barrier();
    else
        while ( mmio_read32(this_cpu()->gicr) & BIT(3) )
            barrier();
}

static void write_bit(uint32_t intid, uint32_t bank)
{
    mmio_write32(gic_reg(intid, bank + intid / 32 * 4), 1u << (intid % 32));
}

static bool read_bit(uint32_t intid, uint32_t bank)
{
    return mmio_read32(gic_reg(intid, bank + intid / 32 * 4)) >> (intid % 32) & 1;
}

void gic_enable(uint32_t intid) { write_bit(intid, GIC_ISENABLER); }
void gic_set_pending(uint32_t intid) { write_bit(intid, GIC_ISPENDR); }
void gic_clear_pending(uint32_t intid) { write_bit(intid, GIC_ICPENDR); }
bool gic_is_pending(uint32_t intid) { return read_bit(intid, GIC_ISPENDR); }
bool gic_is_active(uint32_t intid) { return read_bit(intid, GIC_ISACTIVER); }
bool gic_is_enabled(uint32_t intid) { return read_bit(intid, GIC_ISENABLER); }

void gic_disable(uint32_t intid)
{
    write_bit(intid, GIC_ICENABLER);
    wait_rwp(intid);
}

void gic_set_active(uint32_t intid, bool active)
{
    write_bit(intid, active ? GIC_ISACTIVER : GIC_ICACTIVER);
}

void gic_set_priority(uint32_t intid, uint8_t prio)
{
    mmio_write8(gic_reg(intid, GIC_IPRIORITYR + intid), prio);
}

uint8_t gic_get_priority(uint32_t intid)
{
    return mmio_read8(gic_reg(intid, GIC_IPRIORITYR + intid));
}

void gic_set_edge(uint32_t intid, bool edge)
{
    uint64_t flags = spin_lock_irqsave(&gic_lock);
    uintptr_t reg = gic_reg(intid, GIC_ICFGR + intid / 16 * 4);
    uint32_t bit = 2u << (intid % 16 * 2), val = mmio_read32(reg);

    mmio_write32(reg, edge ? val | bit : val & ~bit);
    spin_unlock_irqrestore(&gic_lock, flags);
}

static uint64_t affinity(uint64_t mpidr)
{
    return mpidr & 0xff00fffffful;
}

void gic_route_spi(uint32_t intid, unsigned int cpu)
{
    mmio_write64(gicd_base + GICD_IROUTER + intid * 8ul, affinity(cpus[cpu].mpidr));
}

void gic_send_sgi(uint32_t sgi, unsigned int cpu)
{
    uint64_t m = cpus[cpu].mpidr;

    dsb(ishst);
    write_reg((m >> 32 & 0xff) << 48 | (m >> 16 & 0xff) << 32 | (m >> 8 & 0xff) << 16 | (m & 0xf0) >> 4 << 44 |
              1ul << (m & 0xf) | (uint64_t)sgi << 24, ICC_SGI1R_EL1);
    isb();
}

void gic_send_sgi_others(uint32_t sgi)
{
    dsb(ishst);
    write_reg(1ul << 40 | (uint64_t)sgi << 24, ICC_SGI1R_EL1);
    isb();
}

void irq_set_handler(uint32_t intid, irq_handler fn, void *arg)
{
    handlers[intid] = (struct handler){ fn, arg };
    dsb(ish);
}

void irq_dispatch(void)
{
    uint32_t intid = (uint32_t)read_reg(ICC_IAR1_EL1) & 0xffffff;

    dsb(sy);
    if ( intid >= NR_INTIDS && intid <= IRQ_SPURIOUS )
        return;

    if ( intid < NR_INTIDS && handlers[intid].fn )
        handlers[intid].fn(intid, handlers[intid].arg);
    else
        printf("# interrupt %u without a handler on vcpu %u\n", intid, cpu_id());

    write_reg(intid, ICC_EOIR1_EL1);
    isb();
}

static uintptr_t find_redistributor(uint64_t mpidr, int node, uint32_t regions)
{
    uint64_t aff = affinity(mpidr), want = (aff >> 32) << 24 | (aff & 0xffffff), base, size, at, typer;
    uint32_t i;

    for ( i = 0; i < regions && dt_reg(node, 1 + i, &base, &size); i++ )
        for ( at = base; at + gicr_stride <= base + size; at += gicr_stride )
        {
            mmu_map(at, gicr_stride, MEM_DEVICE);
            typer = mmio_read64(at + GICR_TYPER);
            if ( typer >> 32 == want )
                return at;
            if ( typer & BIT(4) )
                break;
        }

    return 0;
}

void gic_init(void)
{
    int node = dt_find(-1, NULL, "arm,gic-v3");
    uint64_t base, size;
    uint32_t len, i;
    const void *p;

    if ( node < 0 || !dt_reg(node, 0, &base, &size) || !mmu_map(base, size, MEM_DEVICE) )
        panic("no GICv3 in the device tree");
    gicd_base = base;
    if ( !dt_reg(node, 1, &base, &size) )
        panic("no redistributors in the device tree");
    gicr_base = base;
    gicr_size = size;

    p = dt_prop(node, "redistributor-stride", &len);
    if ( p && len == 8 )
        gicr_stride = (uint64_t)dt_u32(p, 0) << 32 | dt_u32(p, 1);

    nr_intids = ((mmio_read32(gicd_base + GICD_TYPER) & 0x1f) + 1) * 32;
    if ( nr_intids > NR_INTIDS )
        nr_intids = NR_INTIDS;

    /* Enable group 1 (and, seen from the non-secure side, group 1A) with affinity routing */
    mmio_write32(gicd_base + GICD_CTLR, 0);
    wait_rwp(32);
    mmio_write32(gicd_base + GICD_CTLR, BIT(4));
    wait_rwp(32);
    mmio_write32(gicd_base + GICD_CTLR, BIT(4) | BIT(1) | BIT(0));
    wait_rwp(32);

    for ( i = 32; i < nr_intids; i += 32 )
    {
        mmio_write32(gicd_base + GIC_ICENABLER + i / 8, ~0u);
        mmio_write32(gicd_base + GIC_IGROUPR + i / 8, ~0u);
    }
    for ( i = 32; i < nr_intids; i += 4 )
        mmio_write32(gicd_base + GIC_IPRIORITYR + i, DEFAULT_PRIO * 0x01010101u);
}

void gic_cpu_init(void)
{
    int node = dt_find(-1, NULL, "arm,gic-v3");
    struct cpu *c = this_cpu();
    uint32_t len, regions = 1, i;
    const void *p = dt_prop(node, "#redistributor-regions", &len);

    if ( p && len == 4 )
        regions = dt_u32(p, 0);

    c->gicr = find_redistributor(c->mpidr, node, regions);
    if ( !c->gicr )
        panic("no redistributor for MPIDR 0x%lx", c->mpidr);

    mmio_write32(c->gicr + GICR_WAKER, mmio_read32(c->gicr + GICR_WAKER) & ~2u);
    while ( mmio_read32(c->gicr + GICR_WAKER) & 4 )
        barrier();

    mmio_write32(c->gicr + GICR_SGI + GIC_ICENABLER, ~0u);
    wait_rwp(0);
    mmio_write32(c->gicr + GICR_SGI + GIC_IGROUPR, ~0u);
    for ( i = 0; i < 32; i += 4 )
        mmio_write32(c->gicr + GICR_SGI + GIC_IPRIORITYR + i, DEFAULT_PRIO * 0x01010101u);

    write_reg(read_reg(ICC_SRE_EL1) | 1, ICC_SRE_EL1);
    isb();
    write_reg(0xf8ul, ICC_PMR_EL1);
    write_reg(0ul, ICC_BPR1_EL1);
    write_reg(0ul, ICC_CTLR_EL1);
    write_reg(1ul, ICC_IGRPEN1_EL1);
    isb();
}
