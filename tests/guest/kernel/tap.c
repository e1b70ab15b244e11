/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP on the console. Tests may report from any CPU; the plan comes last. */
#include "kernel.h"

static struct spinlock lock;
static unsigned int run, failed;

void tap_ok(bool ok, const char *file, int line, const char *fmt, ...)
{
    char text[160];
    uint64_t flags;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    flags = spin_lock_irqsave(&lock);
    run++;
    if ( ok )
        printf("ok %u - %s\n", run, text);
    else
    {
        failed++;
        printf("not ok %u - %s (%s:%d)\n", run, text, file, line);
    }
    spin_unlock_irqrestore(&lock, flags);
}

void tap_skip(const char *fmt, ...)
{
    char text[160];
    uint64_t flags;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    flags = spin_lock_irqsave(&lock);
    run++;
    printf("ok %u - # SKIP %s\n", run, text);
    spin_unlock_irqrestore(&lock, flags);
}

int tap_done(void)
{
    printf("1..%u\n", run);
    return failed || !run;
}
