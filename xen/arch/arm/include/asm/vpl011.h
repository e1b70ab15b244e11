/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SBSA UART of a domain.
 *
 * Locks: vpl011.lock (irqsave) covers all but the constants. The vgic is told under it, so that levels arrive in order;
 * the console is called without it.
 */
#ifndef ASM_VPL011_H
#define ASM_VPL011_H

#include <xen/types.h>
#include <xen/spinlock.h>

struct domain;

#define VPL011_RX_SIZE          256     /* power of two; deeper than a PL011's, so that a paste survives */

struct vpl011 {
    spinlock_t lock;
    bool initialised;
    bool line_high;                     /* interrupt level last given to the vgic                        */
    unsigned int virq;                  /* constant */
    uint32_t imsc;                      /* interrupt mask                                                */
    uint32_t ris;                       /* latched causes: transmit, overrun                             */
    uint32_t rsr;                       /* receive status: overrun                                       */
    unsigned int rx_head, rx_tail;      /* free-running; head - tail bytes wait                          */
    uint8_t rx[VPL011_RX_SIZE];
};

/* domain_vpl011_init - UART at GUEST_PL011, SPI 32. 0, -EINVAL: no such SPI. After domain_vgic_init(). Inverse: _deinit */
int domain_vpl011_init(struct domain *d);
void domain_vpl011_deinit(struct domain *d);

/* vpl011_rx_char - a character for the guest; dropped (overrun) when its FIFO is full. Any context. */
void vpl011_rx_char(struct domain *d, char c);

#endif /* ASM_VPL011_H */
