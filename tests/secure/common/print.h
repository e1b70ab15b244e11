/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text on the secure UART. One call of log_line() is one line, never mixed with another CPU's: it is formatted first
 * and sent under one lock. Monitor and SPMC each have their own copy and lock; the monitor only speaks when it dies.
 */
#ifndef SECURE_PRINT_H
#define SECURE_PRINT_H

#include <stdarg.h>
#include <stddef.h>

#define LOG_MAX 240

/* Formats %s %c %d %u %x with l, width and 0; returns the length, at most size - 1. */
size_t format(char *buf, size_t size, const char *fmt, va_list ap);

/* "[%5u.%06u] who: text" */
void log_line(const char *who, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SECURE_PRINT_H */
