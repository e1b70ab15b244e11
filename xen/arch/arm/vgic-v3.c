/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual GICv3 as the guest programs it: distributor and redistributors. Trapped registers: vgic-v3-sysreg.c.
 *
 * One security state (DS = 1), affinity routing always on, no LPIs, no message-based SPIs, no 1-of-N routing. Each row of
 * the tables below is one register or array of registers: where, how wide an access may be, who reads, who writes. What
 * no row covers reads as zero and ignores writes when accessed with 32 bits. A width that a row does not list, or an
 * unaligned access, is refused: the guest takes an external abort.
 *
 * Locks: an owner's vgic lock per interrupt (asm/vgic.h), never two. vgic_pull() is called before, without.
 * Spec: Arm IHI 0069, chapter 12.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/domain.h>
#include <asm/event.h>
#include <asm/gic_v3_defs.h>
#include <asm/mmio.h>
#include <asm/vgic.h>
#include <public/xen.h>

#include "vgic.h"

/* Implementer Arm, no product */
#define VGIC_IIDR           0x0000043bU
#define VGIC_IDBITS         9U      /* ten bits of INTID */

/* One access, as its row sees it */
struct access {
    struct domain *d;
    struct vcpu *v;         /* whose redistributor; NULL: the distributor, where private interrupts do not exist */
    unsigned int off;       /* from the start of the row */
    unsigned int size;      /* bytes */
};

typedef uint64_t (*reg_read_t)(const struct access *a);
typedef void (*reg_write_t)(const struct access *a, uint64_t val);

struct reg_row {
    uint32_t start, end;    /* offsets in the frame */
    unsigned int widths;    /* sum of the sizes in bytes that are allowed */
    reg_read_t read;        /* NULL: reads as zero */
    reg_write_t write;      /* NULL: ignored */
};

#define W8  1
#define W32 4
#define W64 8

/* ---- Fields of interrupts --------------------------------------------------------------------------------------- */

typedef bool (*irq_test_t)(const struct vgic_irq *irq);
typedef bool (*irq_change_t)(struct vcpu *owner, struct vgic_irq *irq);

static bool test_group(const struct vgic_irq *irq)   { return irq->group1; }
static bool test_enabled(const struct vgic_irq *irq) { return irq->enabled; }
static bool test_active(const struct vgic_irq *irq)  { return irq->active; }

static bool set_group(struct vcpu *owner, struct vgic_irq *irq, bool group1)
{
    if ( irq->queue == VGIC_Q_READY )
        vgic_dequeue(owner, irq);
    irq->group1 = group1;

    return vgic_requeue(owner, irq);
}

static bool set_enabled(struct vcpu *owner, struct vgic_irq *irq)
{
    irq->enabled = true;

    return vgic_requeue(owner, irq);
}

static bool clear_enabled(struct vcpu *owner, struct vgic_irq *irq)
{
    irq->enabled = false;

    return vgic_requeue(owner, irq);
}

static bool set_pending(struct vcpu *owner, struct vgic_irq *irq)
{
    irq->latch = true;

    return vgic_requeue(owner, irq);
}

/* A level that is up stays pending: the guest has to calm the device. */
static bool clear_pending(struct vcpu *owner, struct vgic_irq *irq)
{
    irq->latch = false;
    irq->pend = false;

    return vgic_requeue(owner, irq);
}

static bool set_active(struct vcpu *owner, struct vgic_irq *irq)
{
    if ( irq->queue == VGIC_Q_EVICTED )
        return false;

    irq->active = true;
    irq->active_priority = irq->priority;

    return vgic_requeue(owner, irq);
}

/* Make sure that what we know of nr interrupts from first on is current, also those in the hands of a running vCPU */
static void pull_irqs(const struct access *a, unsigned int first, unsigned int nr)
{
    struct vcpu *last = NULL;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, first + i);
        struct vcpu *owner;

        if ( !irq || irq->lr == VGIC_LR_NONE )
            continue;
        owner = ACCESS_ONCE(irq->owner);
        if ( owner != last )
            vgic_pull(owner);
        last = owner;
    }
}

static uint64_t read_bits(const struct access *a, irq_test_t test)
{
    unsigned int i, first = a->off * 8;
    uint64_t val = 0;

    for ( i = 0; i < 32; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, first + i);
        unsigned long flags;
        struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

        if ( !owner )
            continue;
        if ( test(irq) )
            val |= 1UL << i;
        vgic_unlock_irq(owner, flags, false);
    }

    return val;
}

static void change_irq(struct vgic_irq *irq, irq_change_t change)
{
    unsigned long flags;
    struct vcpu *owner = vgic_lock_irq(irq, &flags);

    if ( !owner )
        return;
    vgic_unlock_irq(owner, flags, change(owner, irq));

    /* Nothing holds it here any more: do not wait for a vCPU that may be off. */
    if ( ACCESS_ONCE(irq->queue) == VGIC_Q_MOVING )
        vgic_move(irq);
}

static void write_bits(const struct access *a, uint32_t val, irq_change_t change)
{
    unsigned int i, first = a->off * 8;

    for ( i = 0; i < 32; i++ )
    {
        struct vgic_irq *irq = val & (1U << i) ? vgic_get_irq(a->d, a->v, first + i) : NULL;

        if ( irq )
            change_irq(irq, change);
    }
}

static uint64_t read_group(const struct access *a)
{
    return read_bits(a, test_group);
}

static void write_group(const struct access *a, uint64_t val)
{
    unsigned int i, first = a->off * 8;

    for ( i = 0; i < 32; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, first + i);
        unsigned long flags;
        struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

        if ( owner )
            vgic_unlock_irq(owner, flags, set_group(owner, irq, val & (1UL << i)));
    }
}

static uint64_t read_enabled(const struct access *a)
{
    return read_bits(a, test_enabled);
}

static void write_enable(const struct access *a, uint64_t val)
{
    write_bits(a, val, set_enabled);
}

static void write_disable(const struct access *a, uint64_t val)
{
    write_bits(a, val, clear_enabled);
}

static uint64_t read_pending(const struct access *a)
{
    pull_irqs(a, a->off * 8, 32);

    return read_bits(a, vgic_pending);
}

static void write_set_pending(const struct access *a, uint64_t val)
{
    write_bits(a, val, set_pending);
}

static void write_clear_pending(const struct access *a, uint64_t val)
{
    write_bits(a, val, clear_pending);
}

static uint64_t read_active(const struct access *a)
{
    pull_irqs(a, a->off * 8, 32);

    return read_bits(a, test_active);
}

static void write_set_active(const struct access *a, uint64_t val)
{
    write_bits(a, val, set_active);
}

static void write_clear_active(const struct access *a, uint64_t val)
{
    write_bits(a, val, vgic_deactivate);
}

/* One byte per interrupt; an access covers one or four. */
static uint64_t read_priority(const struct access *a)
{
    uint64_t val = 0;
    unsigned int i;

    for ( i = 0; i < a->size; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, a->off + i);

        if ( irq )
            val |= (uint64_t)ACCESS_ONCE(irq->priority) << (i * 8);
    }

    return val;
}

static void write_priority(const struct access *a, uint64_t val)
{
    unsigned int i;

    for ( i = 0; i < a->size; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, a->off + i);
        unsigned long flags;
        struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

        if ( !owner )
            continue;
        /* The ready queue is chosen by the priority: leave the old one first. */
        if ( irq->queue == VGIC_Q_READY )
            vgic_dequeue(owner, irq);
        irq->priority = (val >> (i * 8)) & VGIC_PRIO_MASK;
        vgic_unlock_irq(owner, flags, vgic_requeue(owner, irq));
    }
}

/* Two bits per interrupt, of which the upper says edge. */
static uint64_t read_config(const struct access *a)
{
    unsigned int i, first = a->off * 4;
    uint64_t val = 0;

    for ( i = 0; i < 16; i++ )
    {
        struct vgic_irq *irq = vgic_get_irq(a->d, a->v, first + i);

        if ( irq && ACCESS_ONCE(irq->edge) )
            val |= 2UL << (i * 2);
    }

    return val;
}

static void write_config(const struct access *a, uint64_t val)
{
    unsigned int i, first = a->off * 4;

    for ( i = 0; i < 16; i++ )
    {
        struct vgic_irq *irq = first + i < NR_GIC_SGI ? NULL : vgic_get_irq(a->d, a->v, first + i);
        unsigned long flags;
        struct vcpu *owner = irq ? vgic_lock_irq(irq, &flags) : NULL;

        if ( !owner )
            continue;
        irq->edge = val & (2UL << (i * 2));
        vgic_unlock_irq(owner, flags, vgic_requeue(owner, irq));
    }
}

/* The half of a 64-bit register that a 32-bit access means */
static uint64_t half_of(const struct access *a, uint64_t val)
{
    return a->size == W64 ? val : (uint32_t)(val >> (a->off & 4 ? 32 : 0));
}

static uint64_t merge_half(const struct access *a, uint64_t old, uint64_t val)
{
    if ( a->size == W64 )
        return val;

    return a->off & 4 ? (uint32_t)old | (val << 32) : (old & ~0xffffffffUL) | (uint32_t)val;
}

static uint64_t read_router(const struct access *a)
{
    struct vgic_irq *irq = vgic_get_irq(a->d, NULL, a->off / 8);

    return irq ? half_of(a, ACCESS_ONCE(irq->irouter)) : 0;
}

static void write_router(const struct access *a, uint64_t val)
{
    struct vgic_irq *irq = vgic_get_irq(a->d, NULL, a->off / 8);
    struct vcpu *owner;
    unsigned long flags;

    owner = irq ? vgic_lock_irq(irq, &flags) : NULL;
    if ( !owner )
        return;

    irq->irouter = merge_half(a, irq->irouter, val) & GICD_IROUTER_AFF_MASK;
    /* Routed to nobody is allowed: it waits. */
    irq->target = domain_vcpu(a->d, vaffinity_to_vcpuid(irq->irouter));
    vgic_unlock_irq(owner, flags, vgic_requeue(owner, irq));

    vgic_move(irq);
}

/* ---- Distributor ------------------------------------------------------------------------------------------------ */

static uint64_t read_gicd_ctlr(const struct access *a)
{
    return a->d->arch.vgic.ctlr | GICD_CTLR_ARE_NS | GICD_CTLR_DS;
}

static void write_gicd_ctlr(const struct access *a, uint64_t val)
{
    uint32_t ctlr = val & (GICD_CTLR_ENABLE_GRP0 | GICD_CTLR_ENABLE_GRP1);
    struct vcpu *v;

    if ( xchg(&a->d->arch.vgic.ctlr, ctlr) == ctlr )
        return;

    for_each_vcpu ( a->d, v )
    {
        unsigned long flags;

        if ( !v->arch.vgic.initialised )
            continue;
        spin_lock_irqsave(&v->arch.vgic.lock, flags);
        v->arch.vgic.dirty = true;
        vgic_unlock_irq(v, flags, true);
    }
}

static uint64_t read_gicd_typer(const struct access *a)
{
    return (a->d->arch.vgic.nr_spis / 32) | (VGIC_IDBITS << GICD_TYPER_IDBITS_SHIFT) | GICD_TYPER_NO1N;
}

static uint64_t read_iidr(const struct access *a)
{
    return VGIC_IIDR;
}

static uint64_t read_pidr2(const struct access *a)
{
    return GIC_PIDR2_ARCH_GICV3;
}

static const struct reg_row gicd_rows[] = {
    /* start            end                   widths      read            write               */
    { GICD_CTLR,        GICD_CTLR + 4,        W32,        read_gicd_ctlr, write_gicd_ctlr     },
    { GICD_TYPER,       GICD_TYPER + 4,       W32,        read_gicd_typer, NULL               },
    { GICD_IIDR,        GICD_IIDR + 4,        W32,        read_iidr,      NULL                },
    { GICD_IGROUPR,     GICD_ISENABLER,       W32,        read_group,     write_group         },
    { GICD_ISENABLER,   GICD_ICENABLER,       W32,        read_enabled,   write_enable        },
    { GICD_ICENABLER,   GICD_ISPENDR,         W32,        read_enabled,   write_disable       },
    { GICD_ISPENDR,     GICD_ICPENDR,         W32,        read_pending,   write_set_pending   },
    { GICD_ICPENDR,     GICD_ISACTIVER,       W32,        read_pending,   write_clear_pending },
    { GICD_ISACTIVER,   GICD_ICACTIVER,       W32,        read_active,    write_set_active    },
    { GICD_ICACTIVER,   GICD_IPRIORITYR,      W32,        read_active,    write_clear_active  },
    { GICD_IPRIORITYR,  GICD_ITARGETSR,       W8 | W32,   read_priority,  write_priority      },
    { GICD_ITARGETSR,   GICD_ICFGR,           W8 | W32,   NULL,           NULL                },
    { GICD_ICFGR,       GICD_IGRPMODR,        W32,        read_config,    write_config        },
    { 0x0f10,           0x0f30,               W8 | W32,   NULL,           NULL                }, /* C/SPENDSGIR */
    { GICD_IROUTER,     GICD_IROUTER + 0x2000, W32 | W64, read_router,    write_router        },
    { GICD_PIDR2,       GICD_PIDR2 + 4,       W32,        read_pidr2,     NULL                },
};

/* ---- Redistributors --------------------------------------------------------------------------------------------- */

static uint64_t read_gicr_typer(const struct access *a)
{
    uint64_t typer = vcpuid_to_vaffinity(a->v->vcpu_id) << 32;

    typer |= (uint64_t)a->v->vcpu_id << 8;
    if ( a->v->vcpu_id == a->d->max_vcpus - 1 )
        typer |= GICR_TYPER_LAST;

    return half_of(a, typer);
}

static uint64_t read_waker(const struct access *a)
{
    return a->v->arch.vgic.asleep ? GICR_WAKER_PS | GICR_WAKER_CA : 0;
}

/* Sleep is remembered, nothing more: a guest that turns its CPU off does so with PSCI. */
static void write_waker(const struct access *a, uint64_t val)
{
    a->v->arch.vgic.asleep = val & GICR_WAKER_PS;
}

static const struct reg_row gicr_rd_rows[] = {
    /* start            end                   widths      read             write              */
    { GICR_CTLR,        GICR_CTLR + 4,        W32,        NULL,            NULL               },
    { GICR_IIDR,        GICR_IIDR + 4,        W32,        read_iidr,       NULL               },
    { GICR_TYPER,       GICR_TYPER + 8,       W32 | W64,  read_gicr_typer, NULL               },
    { GICR_WAKER,       GICR_WAKER + 4,       W32,        read_waker,      write_waker        },
    { 0x0040,           0x0050,               W32 | W64,  NULL,            NULL               }, /* SET/CLRLPIR */
    { GICR_PROPBASER,   GICR_PROPBASER + 8,   W32 | W64,  NULL,            NULL               },
    { GICR_PENDBASER,   GICR_PENDBASER + 8,   W32 | W64,  NULL,            NULL               },
    { 0x00a0,           0x00c0,               W32 | W64,  NULL,            NULL               }, /* INVLPIR, INVALLR */
    { GICR_PIDR2,       GICR_PIDR2 + 4,       W32,        read_pidr2,      NULL               },
};

static const struct reg_row gicr_sgi_rows[] = {
    /* start            end                   widths      read             write              */
    { GICD_IGROUPR,     GICD_IGROUPR + 4,     W32,        read_group,     write_group         },
    { GICD_ISENABLER,   GICD_ISENABLER + 4,   W32,        read_enabled,   write_enable        },
    { GICD_ICENABLER,   GICD_ICENABLER + 4,   W32,        read_enabled,   write_disable       },
    { GICD_ISPENDR,     GICD_ISPENDR + 4,     W32,        read_pending,   write_set_pending   },
    { GICD_ICPENDR,     GICD_ICPENDR + 4,     W32,        read_pending,   write_clear_pending },
    { GICD_ISACTIVER,   GICD_ISACTIVER + 4,   W32,        read_active,    write_set_active    },
    { GICD_ICACTIVER,   GICD_ICACTIVER + 4,   W32,        read_active,    write_clear_active  },
    { GICD_IPRIORITYR,  GICD_IPRIORITYR + 32, W8 | W32,   read_priority,  write_priority      },
    { GICD_ICFGR,       GICD_ICFGR + 8,       W32,        read_config,    write_config        },
};

/* ---- Dispatch --------------------------------------------------------------------------------------------------- */

static const struct reg_row *find_row(const struct reg_row *rows, unsigned int nr, unsigned int off)
{
    static const struct reg_row reserved = { 0, GICD_FRAME_SIZE, W32, NULL, NULL };
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        if ( off >= rows[i].start && off < rows[i].end )
            return &rows[i];

    return &reserved;
}

/* Row of an access to the frame at offset off; NULL if it must be refused. Fills in the rest of a. */
static const struct reg_row *decode(struct access *a, const struct reg_row *rows, unsigned int nr, unsigned int off,
                                    const mmio_info_t *info)
{
    const struct reg_row *row = find_row(rows, nr, off);

    a->size = 1U << info->dabt.size;
    a->off = off - row->start;

    return (row->widths & a->size) && !(off & (a->size - 1)) ? row : NULL;
}

static int do_read(const struct reg_row *row, const struct access *a, register_t *r)
{
    if ( !row )
        return 0;
    *r = row->read ? row->read(a) : 0;

    return 1;
}

static int do_write(const struct reg_row *row, const struct access *a, register_t r)
{
    if ( !row )
        return 0;
    if ( row->write )
        row->write(a, r);

    return 1;
}

static const struct reg_row *decode_gicd(struct access *a, struct vcpu *v, const mmio_info_t *info)
{
    a->d = v->domain;
    a->v = NULL;

    return decode(a, gicd_rows, ARRAY_SIZE(gicd_rows), info->gpa - a->d->arch.vgic.dbase, info);
}

static const struct reg_row *decode_gicr(struct access *a, struct vcpu *v, const mmio_info_t *info)
{
    paddr_t off = info->gpa - v->domain->arch.vgic.rbase;

    a->d = v->domain;
    a->v = domain_vcpu(a->d, off / GICR_STRIDE);
    if ( !a->v || !a->v->arch.vgic.initialised )
        return NULL;

    off %= GICR_STRIDE;
    if ( off < GICR_SGI_FRAME )
        return decode(a, gicr_rd_rows, ARRAY_SIZE(gicr_rd_rows), off, info);

    return decode(a, gicr_sgi_rows, ARRAY_SIZE(gicr_sgi_rows), off - GICR_SGI_FRAME, info);
}

static int gicd_read(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv)
{
    struct access a;
    const struct reg_row *row = decode_gicd(&a, v, info);

    return do_read(row, &a, r);
}

static int gicd_write(struct vcpu *v, mmio_info_t *info, register_t r, void *priv)
{
    struct access a;
    const struct reg_row *row = decode_gicd(&a, v, info);

    return do_write(row, &a, r);
}

static int gicr_read(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv)
{
    struct access a;
    const struct reg_row *row = decode_gicr(&a, v, info);

    return do_read(row, &a, r);
}

static int gicr_write(struct vcpu *v, mmio_info_t *info, register_t r, void *priv)
{
    struct access a;
    const struct reg_row *row = decode_gicr(&a, v, info);

    return do_write(row, &a, r);
}

static const struct mmio_handler_ops gicd_ops = { .read = gicd_read, .write = gicd_write };
static const struct mmio_handler_ops gicr_ops = { .read = gicr_read, .write = gicr_write };

void vgic_v3_map(struct domain *d)
{
    const struct vgic_dist *dist = &d->arch.vgic;

    register_mmio_handler(d, &gicd_ops, dist->dbase, GICD_FRAME_SIZE, NULL);
    register_mmio_handler(d, &gicr_ops, dist->rbase, (paddr_t)d->max_vcpus * GICR_STRIDE, NULL);
}
