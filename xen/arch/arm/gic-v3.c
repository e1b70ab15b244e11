/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical GICv3: distributor, redistributors, CPU interface.
 *
 * Everything runs as non-secure group 1. What the secure world owns (secure interrupts, group configuration when there
 * are two security states) reads as zero and ignores writes; nothing here depends on such a write taking effect.
 * EOImode is 1: gic_eoi_irq() drops the priority, gic_deactivate_irq() ends the interrupt, so that handlers run with
 * IRQs on and a guest's list register can deactivate a physical interrupt.
 *
 * Refuses: no GICv3 or no system-register access (panic at boot), LPIs, 1-of-N routing.
 * Locks: gicd_lock (irqsave, leaf) for read-modify-write of distributor registers that several interrupts share;
 * redistributor registers are only touched by their own CPU with IRQs off.
 * Spec: Arm IHI 0069.
 */
#include <xen/cpumask.h>
#include <xen/delay.h>
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/irq.h>
#include <xen/irq_cpustat.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/sizes.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/vmap.h>
#include <asm/current.h>
#include <asm/gic.h>
#include <asm/gic_v3_defs.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <asm/time.h>
#include <asm/traps.h>

#define MAX_RDIST_REGIONS   16
#define USUAL_MAINTENANCE_IRQ 25

static void *gicd __ro_after_init;
static unsigned int nr_lines __ro_after_init;
static unsigned int nr_lrs __ro_after_init;
static unsigned int nr_aprs __ro_after_init;
static unsigned int maintenance_irq __ro_after_init;

static struct rdist_region {
    void *base;
    paddr_t size;
} rdist_regions[MAX_RDIST_REGIONS];
static unsigned int nr_rdist_regions;
static unsigned int rdist_stride;       /* 0: what GICR_TYPER says */

static DEFINE_PER_CPU(void *, rbase);
static DEFINE_SPINLOCK(gicd_lock);

unsigned int gic_number_lines(void)
{
    return nr_lines;
}

/* ---- Distributor and redistributor registers ------------------------------------------------------------------- */

/* A write is visible to the interrupt logic once RWP reads 0. A broken GIC must not hang us: give up after 1 ms. */
static void wait_for_rwp(const void *reg, uint32_t bit)
{
    unsigned int i;

    for ( i = 0; i < 100; i++ )
    {
        if ( !(readl_relaxed(reg) & bit) )
            return;
        udelay(10);
    }

    printk_once(XENLOG_ERR "GICv3: register write pending for 1 ms\n");
}

static void gicd_wait(void)
{
    wait_for_rwp(gicd + GICD_CTLR, GICD_CTLR_RWP);
}

static void gicr_wait(void)
{
    wait_for_rwp(this_cpu(rbase) + GICR_CTLR, GICR_CTLR_RWP);
}

/* Frame that has the set/clear registers of an interrupt */
static void *irq_frame(unsigned int irq)
{
    return irq < NR_GIC_LOCAL_IRQS ? this_cpu(rbase) + GICR_SGI_FRAME : gicd;
}

static void poke_irq(unsigned int irq, unsigned int reg)
{
    writel(1U << (irq % 32), irq_frame(irq) + reg + (irq / 32) * 4);
}

void gic_enable_irq(unsigned int irq)
{
    poke_irq(irq, GICD_ISENABLER);
}

void gic_disable_irq(unsigned int irq)
{
    poke_irq(irq, GICD_ICENABLER);
    if ( irq < NR_GIC_LOCAL_IRQS )
        gicr_wait();
    else
        gicd_wait();
}

int gic_set_type(unsigned int irq, unsigned int type)
{
    void *reg = irq_frame(irq) + GICD_ICFGR + (irq / 16) * 4;
    uint32_t bit = 2U << ((irq % 16) * 2), cfg, got;
    unsigned long flags;

    if ( type != IRQ_TYPE_EDGE_RISING && type != IRQ_TYPE_LEVEL_HIGH && type != IRQ_TYPE_LEVEL_LOW )
        return -EINVAL;
    if ( irq < NR_GIC_SGI )
        return type == IRQ_TYPE_EDGE_RISING ? 0 : -EINVAL;

    spin_lock_irqsave(&gicd_lock, flags);
    cfg = readl_relaxed(reg);
    cfg = type == IRQ_TYPE_EDGE_RISING ? cfg | bit : cfg & ~bit;
    writel_relaxed(cfg, reg);
    got = readl_relaxed(reg);
    spin_unlock_irqrestore(&gicd_lock, flags);

    /* PPIs may be wired one way only. */
    return (got ^ cfg) & bit ? -EPERM : 0;
}

void gic_set_priority(unsigned int irq, unsigned int priority)
{
    writeb_relaxed(priority, irq_frame(irq) + GICD_IPRIORITYR + irq);
}

void gic_route_spi(unsigned int irq, unsigned int cpu)
{
    ASSERT(irq >= NR_GIC_LOCAL_IRQS && irq < nr_lines);
    writeq(cpu_logical_map(cpu) & GICD_IROUTER_AFF_MASK, gicd + GICD_IROUTER + irq * 8);
}

/* ---- CPU interface --------------------------------------------------------------------------------------------- */

void gic_eoi_irq(unsigned int irq)
{
    WRITE_SYSREG(irq, ICC_EOIR1_EL1);
    isb();
}

void gic_deactivate_irq(unsigned int irq)
{
    WRITE_SYSREG(irq, ICC_DIR_EL1);
    isb();
}

/* SGIs go to up to 16 CPUs that share all affinity fields but the lowest. */
void send_SGI_mask(const cpumask_t *mask, enum gic_sgi sgi)
{
    cpumask_t left;
    unsigned int cpu, other;

    cpumask_and(&left, mask, &cpu_online_map);
    dsb(ishst);

    for_each_cpu ( cpu, &left )
    {
        uint64_t mpidr = cpu_logical_map(cpu);
        uint64_t rs = MPIDR_AFFINITY_LEVEL(mpidr, 0) / 16;
        uint64_t targets = 0;

        for_each_cpu ( other, &left )
        {
            uint64_t m = cpu_logical_map(other);

            if ( (m ^ mpidr) & GICD_IROUTER_AFF_MASK & ~0xfULL )
                continue;
            targets |= 1UL << (m & 0xf);
            cpumask_clear_cpu(other, &left);
        }

        WRITE_SYSREG((MPIDR_AFFINITY_LEVEL(mpidr, 3) << ICC_SGIR_AFF3_SHIFT) | (rs << ICC_SGIR_RS_SHIFT) |
                     (MPIDR_AFFINITY_LEVEL(mpidr, 2) << ICC_SGIR_AFF2_SHIFT) |
                     ((uint64_t)sgi << ICC_SGIR_INTID_SHIFT) |
                     (MPIDR_AFFINITY_LEVEL(mpidr, 1) << ICC_SGIR_AFF1_SHIFT) | targets, ICC_SGI1R_EL1);
    }

    isb();
}

/* One of the hypervisor's own SGIs. The sender wrote its data before; the barrier after the acknowledge orders us. */
static void do_sgi(struct cpu_user_regs *regs, unsigned int sgi)
{
    irq_enter();
    gic_eoi_irq(sgi);
    gic_deactivate_irq(sgi);
    irq_to_desc(sgi)->count++;

    switch ( sgi )
    {
    case GIC_SGI_EVENT_CHECK:
        /* The interrupt itself is the message: softirqs are looked at on the way out. */
        break;

    case GIC_SGI_DUMP_STATE:
        smp_dump_state_interrupt(regs);
        break;

    case GIC_SGI_CALL_FUNCTION:
        smp_call_function_interrupt();
        break;
    }

    irq_exit();
}

void gic_interrupt(struct cpu_user_regs *regs)
{
    for ( ; ; )
    {
        unsigned int irq = READ_SYSREG(ICC_IAR1_EL1) & ICC_IAR_INTID_MASK;

        /* The acknowledge takes effect, and memory written before the interrupt was sent is seen, from here on. */
        dsb(sy);
        isb();

        if ( irq >= ICC_IAR_SPECIAL )
            break;

        if ( irq < GIC_SGI_STATIC_MAX )
            do_sgi(regs, irq);
        else
            do_IRQ(regs, irq, 0);
    }
}

/* ---- Virtual CPU interface at context switch ------------------------------------------------------------------- */

/* Active-priority registers: how many there are depends on the number of preemption bits. */
static void save_aprs(struct vgic_cpu *c)
{
    switch ( nr_aprs )
    {
    case 4:
        c->ap0r[3] = READ_SYSREG(ICH_AP0R3_EL2);
        c->ap0r[2] = READ_SYSREG(ICH_AP0R2_EL2);
        c->ap1r[3] = READ_SYSREG(ICH_AP1R3_EL2);
        c->ap1r[2] = READ_SYSREG(ICH_AP1R2_EL2);
        fallthrough;
    case 2:
        c->ap0r[1] = READ_SYSREG(ICH_AP0R1_EL2);
        c->ap1r[1] = READ_SYSREG(ICH_AP1R1_EL2);
        fallthrough;
    default:
        c->ap0r[0] = READ_SYSREG(ICH_AP0R0_EL2);
        c->ap1r[0] = READ_SYSREG(ICH_AP1R0_EL2);
    }
}

static void restore_aprs(const struct vgic_cpu *c)
{
    switch ( nr_aprs )
    {
    case 4:
        WRITE_SYSREG(c->ap0r[3], ICH_AP0R3_EL2);
        WRITE_SYSREG(c->ap0r[2], ICH_AP0R2_EL2);
        WRITE_SYSREG(c->ap1r[3], ICH_AP1R3_EL2);
        WRITE_SYSREG(c->ap1r[2], ICH_AP1R2_EL2);
        fallthrough;
    case 2:
        WRITE_SYSREG(c->ap0r[1], ICH_AP0R1_EL2);
        WRITE_SYSREG(c->ap1r[1], ICH_AP1R1_EL2);
        fallthrough;
    default:
        WRITE_SYSREG(c->ap0r[0], ICH_AP0R0_EL2);
        WRITE_SYSREG(c->ap1r[0], ICH_AP1R0_EL2);
    }
}

void gic_read_cpuif(struct vcpu *v, uint32_t *vmcr, unsigned int *limit)
{
    struct vgic_cpu *c = &v->arch.vgic;
    unsigned int i, step = nr_aprs == 4 ? 1 : nr_aprs == 2 ? 2 : 3;

    if ( v == current )
    {
        c->vmcr = READ_SYSREG(ICH_VMCR_EL2);
        save_aprs(c);
    }
    else if ( v->is_running )
    {
        /* In the registers of another CPU: assume nothing is masked. */
        *vmcr = ICH_VMCR_VENG0 | ICH_VMCR_VENG1;
        *limit = 0x100;
        return;
    }

    *vmcr = c->vmcr;
    *limit = (c->vmcr >> ICH_VMCR_VPMR_SHIFT) & 0xff;
    for ( i = 0; i < nr_aprs; i++ )
    {
        uint32_t active = c->ap0r[i] | c->ap1r[i];

        /* Bit n stands for preemption level n, the lowest is the running priority. */
        if ( active )
        {
            *limit = min(*limit, (i * 32 + ffs(active) - 1) << step);
            break;
        }
    }
}

void gic_save_state(struct vcpu *v)
{
    ASSERT(!local_irq_is_enabled());

    if ( is_idle_vcpu(v) )
        return;

    vgic_save_lrs(v);
    isb();
    v->arch.vgic.vmcr = READ_SYSREG(ICH_VMCR_EL2);
    save_aprs(&v->arch.vgic);
    WRITE_SYSREG(0, ICH_HCR_EL2);
    isb();
}

void gic_restore_state(struct vcpu *v)
{
    ASSERT(!local_irq_is_enabled());

    if ( is_idle_vcpu(v) )
        return;

    WRITE_SYSREG(v->arch.vgic.vmcr, ICH_VMCR_EL2);
    restore_aprs(&v->arch.vgic);
    vgic_restore_lrs(v);
    isb();
}

/* ---- Set-up ---------------------------------------------------------------------------------------------------- */

/*
 * The maintenance interrupt has done its work by interrupting the guest: the list registers were read on the way in
 * (which also withdraws the cause) and are filled again on the way out.
 */
static void maintenance_interrupt(int irq, void *dev_id)
{
}

static DEFINE_PER_CPU(struct irqaction, maintenance_action);

void init_maintenance_interrupt(void)
{
    struct irqaction *action = &this_cpu(maintenance_action);

    action->name = "irq-maintenance";
    action->handler = maintenance_interrupt;
    irq_set_type(maintenance_irq, IRQ_TYPE_LEVEL_HIGH);
    if ( setup_irq(maintenance_irq, 0, action) )
        panic("GICv3: cannot use PPI %u for maintenance\n", maintenance_irq);
}

static void __init gicd_init(void)
{
    uint32_t typer = readl_relaxed(gicd + GICD_TYPER);
    uint64_t affinity = cpu_logical_map(0) & GICD_IROUTER_AFF_MASK;
    unsigned int i;

    nr_lines = min(32U * ((typer & GICD_TYPER_LINES_MASK) + 1), (unsigned int)NR_GIC_IRQS);

    /* Affinity routing, once on, stays on: turning it off is unpredictable. */
    writel(readl_relaxed(gicd + GICD_CTLR) & GICD_CTLR_ARE_NS, gicd + GICD_CTLR);
    gicd_wait();

    /* With one security state the groups are ours to choose; with two these writes are ignored. */
    for ( i = NR_GIC_LOCAL_IRQS; i < nr_lines; i += 32 )
    {
        writel_relaxed(~0U, gicd + GICD_IGROUPR + (i / 32) * 4);
        writel_relaxed(0, gicd + GICD_IGRPMODR + (i / 32) * 4);
        writel_relaxed(~0U, gicd + GICD_ICENABLER + (i / 32) * 4);
        writel_relaxed(~0U, gicd + GICD_ICACTIVER + (i / 32) * 4);
        writel_relaxed(~0U, gicd + GICD_ICPENDR + (i / 32) * 4);
    }
    for ( i = NR_GIC_LOCAL_IRQS; i < nr_lines; i += 16 )
        writel_relaxed(0, gicd + GICD_ICFGR + (i / 16) * 4);
    for ( i = NR_GIC_LOCAL_IRQS; i < nr_lines; i += 4 )
        writel_relaxed(GIC_PRI_IRQ * 0x01010101U, gicd + GICD_IPRIORITYR + i);
    gicd_wait();

    writel(GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_G1A | GICD_CTLR_ENABLE_G1, gicd + GICD_CTLR);
    gicd_wait();

    for ( i = NR_GIC_LOCAL_IRQS; i < nr_lines; i++ )
        writeq_relaxed(affinity, gicd + GICD_IROUTER + i * 8);
}

/* Redistributor of this CPU: the one whose GICR_TYPER has our affinity. */
static void *find_rdist(void)
{
    uint64_t mpidr = READ_SYSREG(MPIDR_EL1);
    uint32_t aff = (MPIDR_AFFINITY_LEVEL(mpidr, 3) << 24) | (mpidr & 0xffffff);
    unsigned int i;

    for ( i = 0; i < nr_rdist_regions; i++ )
    {
        paddr_t off = 0;

        while ( off + GICR_STRIDE <= rdist_regions[i].size )
        {
            void *frame = rdist_regions[i].base + off;
            uint64_t typer = readq_relaxed(frame + GICR_TYPER);

            if ( (readl_relaxed(frame + GICR_PIDR2) & GIC_PIDR2_ARCH_MASK) < GIC_PIDR2_ARCH_GICV3 )
                break;
            if ( (uint32_t)(typer >> 32) == aff )
                return frame;
            if ( typer & GICR_TYPER_LAST )
                break;

            if ( rdist_stride )
                off += rdist_stride;
            else
                off += typer & GICR_TYPER_VLPIS ? GICR_STRIDE_GICV4 : GICR_STRIDE;
        }
    }

    return NULL;
}

static void gicr_init(void)
{
    void *rd = find_rdist(), *sgi;
    unsigned int i;

    if ( !rd )
        panic("GICv3: no redistributor for CPU%u (MPIDR 0x%"PRIx64")\n", smp_processor_id(),
              READ_SYSREG(MPIDR_EL1));

    this_cpu(rbase) = rd;
    sgi = rd + GICR_SGI_FRAME;

    /* With two security states the firmware has woken it and the register ignores us. */
    writel(readl_relaxed(rd + GICR_WAKER) & ~GICR_WAKER_PS, rd + GICR_WAKER);
    wait_for_rwp(rd + GICR_WAKER, GICR_WAKER_CA);

    writel_relaxed(~0U, sgi + GICD_IGROUPR);
    writel_relaxed(0, sgi + GICD_IGRPMODR);
    writel_relaxed(~0U, sgi + GICD_ICENABLER);
    gicr_wait();
    writel_relaxed(~0U, sgi + GICD_ICACTIVER);
    for ( i = 0; i < NR_GIC_LOCAL_IRQS; i += 4 )
        writel_relaxed((i < NR_GIC_SGI ? GIC_PRI_IPI : GIC_PRI_IRQ) * 0x01010101U, sgi + GICD_IPRIORITYR + i);

    /* Our own SGIs, including those that will only be used once there are other CPUs. */
    writel((1U << GIC_SGI_STATIC_MAX) - 1, sgi + GICD_ISENABLER);
    gicr_wait();
}

static void cpu_interface_init(void)
{
    uint64_t vtr;

    /* Without Enable: guests see ICC_SRE_EL1 through vgic-v3-sysreg.c, and what it says here holds for all of them. */
    WRITE_SYSREG(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB, ICC_SRE_EL2);
    isb();
    WRITE_SYSREG(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB, ICC_SRE_EL1);
    isb();
    if ( !(READ_SYSREG(ICC_SRE_EL2) & ICC_SRE_SRE) )
        panic("GICv3: no system-register access at EL2\n");

    WRITE_SYSREG(0, ICC_BPR1_EL1);
    WRITE_SYSREG(GIC_PRI_LOWEST, ICC_PMR_EL1);
    WRITE_SYSREG(ICC_CTLR_EOIMODE, ICC_CTLR_EL1);
    WRITE_SYSREG(1, ICC_IGRPEN1_EL1);

    /* Virtual side: off until a vCPU is loaded. */
    WRITE_SYSREG(0, ICH_HCR_EL2);
    vtr = READ_SYSREG(ICH_VTR_EL2);
    if ( !nr_lrs )
    {
        unsigned int prebits = ((vtr >> ICH_VTR_PREBITS_SHIFT) & ICH_VTR_PREBITS_MASK) + 1;

        nr_lrs = min((unsigned int)(vtr & ICH_VTR_LISTREGS_MASK) + 1, (unsigned int)GIC_MAX_LRS);
        nr_aprs = prebits >= 7 ? 4 : prebits == 6 ? 2 : 1;
        vgic_set_hw_limits(nr_lrs, vtr & ICH_VTR_TDS);
    }
    vgic_init_lrs();
    isb();
}

void gic_init_secondary_cpu(void)
{
    gicr_init();
    cpu_interface_init();
}

void __init gic_init(void)
{
    int node = dt_find_compatible(-1, "arm,gic-v3");
    uint32_t regions = 1;
    uint64_t stride;
    paddr_t addr, size;
    struct dt_irq irq;
    unsigned int i;

    if ( node < 0 )
        panic("GICv3: no node compatible with \"arm,gic-v3\" in the device tree\n");

    if ( dt_get_reg(node, 0, &addr, &size) || size < GICD_FRAME_SIZE )
        panic("GICv3: reg has no distributor\n");
    gicd = ioremap_nocache(addr, size);
    if ( !gicd )
        panic("GICv3: cannot map the distributor\n");
    if ( (readl_relaxed(gicd + GICD_PIDR2) & GIC_PIDR2_ARCH_MASK) < GIC_PIDR2_ARCH_GICV3 )
        panic("GICv3: no GICv3 distributor at 0x%"PRIpaddr"\n", addr);
    printk("GICv3: distributor at 0x%"PRIpaddr"\n", addr);

    dt_read_u32(node, "#redistributor-regions", &regions);
    if ( !regions || regions > MAX_RDIST_REGIONS )
        panic("GICv3: %u redistributor regions\n", regions);
    if ( dt_read_number(node, "redistributor-stride", &stride) )
        rdist_stride = ROUNDUP(min(stride, (uint64_t)SZ_1M), (uint64_t)GICR_FRAME_SIZE);

    for ( i = 0; i < regions; i++ )
    {
        if ( dt_get_reg(node, 1 + i, &addr, &size) )
            panic("GICv3: reg has no redistributor region %u\n", i);
        rdist_regions[i].base = ioremap_nocache(addr, size);
        rdist_regions[i].size = size;
        if ( !rdist_regions[i].base )
            panic("GICv3: cannot map redistributor region %u\n", i);
    }
    nr_rdist_regions = regions;

    if ( !dt_get_irq(node, 0, &irq) && irq.irq >= NR_GIC_SGI && irq.irq < NR_GIC_LOCAL_IRQS )
        maintenance_irq = irq.irq;
    else
        maintenance_irq = USUAL_MAINTENANCE_IRQ;

    gicd_init();
    gicr_init();
    cpu_interface_init();

    printk("GICv3: %u lines, %u list registers, maintenance PPI %u\n", nr_lines, nr_lrs, maintenance_irq);
}
