/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PL011 (and its SBSA subset): the physical console.
 *
 * Owns the UART of /chosen/stdout-path, or the first arm,pl011 or arm,sbsa-uart. Speed and format stay as the firmware
 * left them. Transmission is polled and gives up after a bound; from then on, until there is room again, a character
 * costs one look. So a dead UART costs messages, never a CPU.
 * Locks: none here; the console serialises putc(), the interrupt descriptor serialises the receive handler.
 * Spec: Arm PrimeCell UART DDI 0183.
 */
#include <xen/console.h>
#include <xen/device_tree.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/sections.h>
#include <xen/vmap.h>
#include <asm/io.h>

#define UART_DR         0x00
#define UART_FR         0x18
#define UART_FR_RXFE    0x10
#define UART_FR_TXFF    0x20
#define UART_IMSC       0x38
#define UART_ICR        0x44
#define UART_INT_RX     0x10
#define UART_INT_RT     0x40
#define UART_INT_ERRORS 0x780
#define UART_INT_ALL    0x7ff

/* Polls of a full FIFO before a character is given up: far longer than any real UART takes for one */
#define TX_POLLS        1000000
/* Characters taken per interrupt: twice the FIFO */
#define RX_BATCH        64

static void *__ro_after_init uart_base;
static struct dt_irq __ro_after_init uart_irq;

static bool tx_dead;    /* it did not take the last character: do not wait for the next one */

static void pl011_putc(char c)
{
    unsigned int polls = tx_dead ? 1 : TX_POLLS;

    while ( readl_relaxed(uart_base + UART_FR) & UART_FR_TXFF )
    {
        if ( !--polls )
        {
            tx_dead = true;
            return;
        }
        cpu_relax();
    }

    tx_dead = false;
    writel_relaxed((uint8_t)c, uart_base + UART_DR);
}

static void pl011_interrupt(int irq, void *dev)
{
    unsigned int i;

    for ( i = 0; i < RX_BATCH && !(readl_relaxed(uart_base + UART_FR) & UART_FR_RXFE); i++ )
    {
        uint32_t data = readl_relaxed(uart_base + UART_DR);

        /* Bits 11:8 say what was wrong with the character: such a one is noise */
        if ( !(data & 0xf00) )
            console_rx(data);
    }

    writel_relaxed(UART_INT_ERRORS | UART_INT_RT, uart_base + UART_ICR);
}

static void pl011_start_rx(void)
{
    int rc = irq_set_type(uart_irq.irq, uart_irq.type);

    writel_relaxed(0, uart_base + UART_IMSC);
    writel_relaxed(UART_INT_ALL, uart_base + UART_ICR);

    if ( !rc )
        rc = request_irq(uart_irq.irq, 0, pl011_interrupt, "pl011", NULL);
    if ( rc )
    {
        printk(XENLOG_WARNING "pl011: no input, interrupt %u: %d\n", uart_irq.irq, rc);
        return;
    }

    writel_relaxed(UART_INT_RX | UART_INT_RT, uart_base + UART_IMSC);
}

static const struct console_uart pl011_uart = {
    .name = "pl011",
    .putc = pl011_putc,
    .start_rx = pl011_start_rx,
};

static const struct console_uart pl011_uart_output_only = {
    .name = "pl011 (output only)",
    .putc = pl011_putc,
};

int __init pl011_init(void)
{
    static const char *const compats[] = { "arm,pl011", "arm,sbsa-uart", NULL };
    int node = dt_stdout_node();
    paddr_t base, size;
    int rc;

    if ( node < 0 || !(dt_prop_has_string(node, "compatible", compats[0]) ||
                       dt_prop_has_string(node, "compatible", compats[1])) )
        node = dt_find_compatible_list(compats);
    if ( node < 0 )
        return -ENODEV;

    rc = dt_get_reg(node, 0, &base, &size);
    if ( rc )
        return rc;

    uart_base = ioremap_nocache(base, size);
    if ( !uart_base )
        return -ENOMEM;

    if ( dt_get_irq(node, 0, &uart_irq) )
        console_register_uart(&pl011_uart_output_only);
    else
        console_register_uart(&pl011_uart);

    return 0;
}
