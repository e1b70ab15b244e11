/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SBSA UART of a domain: what it sends goes to the console, line by line; what is typed arrives in its receive FIFO.
 *
 * Registers of the SBSA subset; the others of a PL011 (baud rate, line control, identification) read as zero and ignore
 * writes. Accesses of 8, 16 and 32 bits to the start of a register are allowed, others are refused.
 * The receive interrupts follow the FIFO: raised while it holds a character. Sending never waits, so the transmit
 * interrupt is raised by each character sent and lowered by ICR.
 *
 * Locks: see asm/vpl011.h.
 * Spec: Server Base System Architecture, Generic UART; PL011 TRM (DDI 0183).
 */
#include <xen/console.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <asm/domain.h>
#include <asm/mmio.h>
#include <asm/vgic.h>
#include <asm/vpl011.h>
#include <public/xen.h>

#define DR          0x00
#define RSR         0x04
#define FR          0x18
#define IMSC        0x38
#define RIS         0x3c
#define MIS         0x40
#define ICR         0x44

#define DR_OE       (1U << 11)
#define RSR_OE      (1U << 3)

#define FR_RXFE     (1U << 4)
#define FR_RXFF     (1U << 6)
#define FR_TXFE     (1U << 7)

#define INT_RX      (1U << 4)
#define INT_TX      (1U << 5)
#define INT_RT      (1U << 6)
#define INT_OE      (1U << 10)
#define INT_MASK    (INT_RX | INT_TX | INT_RT | (0xfU << 7))

static unsigned int rx_level(const struct vpl011 *u)
{
    return u->rx_head - u->rx_tail;
}

static uint32_t raw_status(const struct vpl011 *u)
{
    return u->ris | (rx_level(u) ? INT_RX | INT_RT : 0);
}

/* Tell the vgic if the level has changed. Lock held, so that the last change told is the last one made. */
static void update_line(struct domain *d)
{
    struct vpl011 *u = &d->arch.vpl011;
    bool high = raw_status(u) & u->imsc;

    if ( high == u->line_high )
        return;

    u->line_high = high;
    vgic_inject_irq(d, NULL, u->virq, high);
}

static uint32_t read_dr(struct vpl011 *u)
{
    uint32_t val = 0;

    if ( rx_level(u) )
        val = u->rx[u->rx_tail++ % VPL011_RX_SIZE];
    if ( u->rsr & RSR_OE )
        val |= DR_OE;

    return val;
}

static bool access_ok(const mmio_info_t *info)
{
    /* 8, 16 or 32 bits, at the start of a register */
    return info->dabt.size <= 2 && !(info->gpa & 3);
}

static int vpl011_mmio_read(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv)
{
    struct domain *d = v->domain;
    struct vpl011 *u = &d->arch.vpl011;
    unsigned long flags;
    uint32_t val = 0;

    if ( !access_ok(info) )
        return 0;

    spin_lock_irqsave(&u->lock, flags);
    switch ( info->gpa - GUEST_PL011_BASE )
    {
    case DR:
        val = read_dr(u);
        update_line(d);
        break;

    case RSR:
        val = u->rsr;
        break;

    case FR:
        val = FR_TXFE | (rx_level(u) ? 0 : FR_RXFE) | (rx_level(u) == VPL011_RX_SIZE ? FR_RXFF : 0);
        break;

    case IMSC:
        val = u->imsc;
        break;

    case RIS:
        val = raw_status(u);
        break;

    case MIS:
        val = raw_status(u) & u->imsc;
        break;
    }
    spin_unlock_irqrestore(&u->lock, flags);

    *r = val & (info->dabt.size == 2 ? 0xffffffffU : (1U << (8U << info->dabt.size)) - 1);

    return 1;
}

static int vpl011_mmio_write(struct vcpu *v, mmio_info_t *info, register_t r, void *priv)
{
    struct domain *d = v->domain;
    struct vpl011 *u = &d->arch.vpl011;
    unsigned int reg = info->gpa - GUEST_PL011_BASE;
    unsigned long flags;
    char c = r;

    if ( !access_ok(info) )
        return 0;

    /* Outside the lock: the console has its own, and may be slow. */
    if ( reg == DR )
        guest_console_write(d, &c, 1);

    spin_lock_irqsave(&u->lock, flags);
    switch ( reg )
    {
    case DR:
        u->ris |= INT_TX;
        break;

    case RSR:
        u->rsr = 0;
        break;

    case IMSC:
        u->imsc = r & INT_MASK;
        break;

    case ICR:
        u->ris &= ~r;
        break;
    }
    update_line(d);
    spin_unlock_irqrestore(&u->lock, flags);

    return 1;
}

static const struct mmio_handler_ops vpl011_ops = { .read = vpl011_mmio_read, .write = vpl011_mmio_write };

void vpl011_rx_char(struct domain *d, char c)
{
    struct vpl011 *u = &d->arch.vpl011;
    unsigned long flags;

    if ( !ACCESS_ONCE(u->initialised) )
        return;

    spin_lock_irqsave(&u->lock, flags);
    if ( u->initialised )
    {
        if ( rx_level(u) < VPL011_RX_SIZE )
            u->rx[u->rx_head++ % VPL011_RX_SIZE] = c;
        else
        {
            u->rsr |= RSR_OE;
            u->ris |= INT_OE;
        }
        update_line(d);
    }
    spin_unlock_irqrestore(&u->lock, flags);
}

int domain_vpl011_init(struct domain *d)
{
    struct vpl011 *u = &d->arch.vpl011;

    if ( !vgic_reserve_virq(d, GUEST_VPL011_SPI) )
        return -EINVAL;

    spin_lock_init(&u->lock);
    u->virq = GUEST_VPL011_SPI;
    register_mmio_handler(d, &vpl011_ops, GUEST_PL011_BASE, GUEST_PL011_SIZE, NULL);
    smp_wmb();
    u->initialised = true;

    return 0;
}

void domain_vpl011_deinit(struct domain *d)
{
    struct vpl011 *u = &d->arch.vpl011;
    unsigned long flags;

    if ( !u->initialised )
        return;

    spin_lock_irqsave(&u->lock, flags);
    u->initialised = false;
    spin_unlock_irqrestore(&u->lock, flags);

    vgic_free_virq(d, u->virq);
}
