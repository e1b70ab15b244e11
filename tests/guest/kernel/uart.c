/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PL011 and SBSA UART, found by its compatible string. No baud rate: the machine's is right. Without one, and on Xen
 * (/hypervisor in the device tree), output goes through the hypercall, and there is no input.
 */
#include "kernel.h"

#define UART_DR         0x00
#define UART_FR         0x18
#define UART_CR         0x30
#define UART_IMSC       0x38
#define UART_ICR        0x44
#define FR_RXFE         BIT(4)
#define FR_TXFF         BIT(5)
#define IRQ_RX          (BIT(4) | BIT(6))
#define CR_ON           (BIT(0) | BIT(8) | BIT(9))

#define CONSOLE_WRITE   0

uintptr_t uart_base;
uint32_t uart_intid;
static bool hypercall_console;

void uart_init(void)
{
    int node = dt_find(-1, NULL, "arm,sbsa-uart"), pl011 = -1;
    uint64_t base, size;

    if ( node < 0 )
        node = pl011 = dt_find(-1, NULL, "arm,pl011");
    hypercall_console = node < 0 && dt_find(-1, NULL, "xen,xen") >= 0;
    if ( node < 0 || !dt_reg(node, 0, &base, &size) || !mmu_map(base, size, MEM_DEVICE) )
        return;

    uart_base = base;
    uart_intid = dt_irq(node, 0);
    if ( pl011 >= 0 )
        mmio_write32(uart_base + UART_CR, CR_ON);
}

void uart_write(const char *s, size_t n)
{
    if ( hypercall_console )
        (void)hypercall(HYP_console_io, CONSOLE_WRITE, n, (uintptr_t)s);
    if ( !uart_base )
        return;

    for ( ; n; n--, s++ )
    {
        while ( mmio_read32(uart_base + UART_FR) & FR_TXFF )
            barrier();
        mmio_write32(uart_base + UART_DR, (unsigned char)*s);
    }
}

int uart_getc(void)
{
    if ( !uart_base || (mmio_read32(uart_base + UART_FR) & FR_RXFE) )
        return -1;

    return mmio_read32(uart_base + UART_DR) & 0xff;
}

void uart_rx_irq(bool enable)
{
    if ( !uart_base )
        return;
    /* What has come already must still interrupt: nothing is cleared when enabling */
    mmio_write32(uart_base + UART_IMSC, enable ? IRQ_RX : 0);
    if ( !enable )
        mmio_write32(uart_base + UART_ICR, 0x7ff);
}
