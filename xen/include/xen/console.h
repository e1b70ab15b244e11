/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: one UART shared by the hypervisor and its guests.
 *
 * Output of a guest is collected per domain and printed line by line with the
 * name of the domain. Input goes to the hypervisor or to one domain; Ctrl-A
 * pressed three times moves it on.
 */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

struct domain;

/* The physical UART, registered by its driver. */
struct console_uart {
    const char *name;
    /* Put one character; wait for room, but not for ever. IRQs on or off. */
    void (*putc)(char c);
    /* Start receiving: characters go to console_rx(). NULL: output only. */
    void (*start_rx)(void);
};

/* Find and set up the UART; from here printk() goes to it. IRQs still off. */
void console_init_preirq(void);

/* Start input. IRQs on, request_irq() usable. */
void console_init_postirq(void);

/* The domains are built: the one named by "conswitch=" gets the input. */
void console_endboot(void);

void console_register_uart(const struct console_uart *uart);

/* A character came in. Interrupt context of the UART. */
void console_rx(char c);

/*
 * guest_console_write - characters a guest wrote
 * Lines are printed with the domain's name when they end or when the buffer of
 * the domain is full; control characters other than tab are left out, and so
 * are lines beyond 2000 in a second (a line says how many).
 * Locking: takes the console lock of @d, then that of the console.
 * Context: any but the UART's interrupt.
 */
void guest_console_write(struct domain *d, const char *s, size_t n);

/* Print what @d left without a newline. At its death. */
void guest_console_flush(struct domain *d);

/* @d is going: the input does not belong to it any more. */
void console_domain_gone(struct domain *d);

/*
 * One line of output: prefix, text, end of line, in one piece. It waits until
 * console_drain(), which whoever wrote calls as soon as it can, best with
 * interrupts on: what was written before the call is out when it returns.
 * Context: any.
 */
void console_write_line(const char *prefix, size_t prefix_len,
                        const char *text, size_t len);
void console_drain(void);

/* The owner of the lock may be gone: from here on take no lock. For panic(). */
void console_force_unlock(void);

/* Without a UART yet: what was kept goes out through the early one. */
void console_panic_flush(void);

/* pl011.c: set up the UART of the device tree. 0 or -errno. */
int pl011_init(void);

#endif /* XEN_CONSOLE_H */
