/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CONSOLE_LOG: a VM's characters on the hypervisor's console, in lines that name the domain.
 *
 * Owns ctx->log, the line that is not complete yet. What is not printable ASCII is a question mark, so that nobody can write
 * what looks like another's line. A call that is long, or has many line ends, costs its caller no more than LINES_MAX lines.
 * Printed at the level of guests' warnings, with the limits that has. Lock: ctx->log.lock, over printing.
 * Spec: DEN0077A 1.2, FFA_CONSOLE_LOG.
 */
#include "ffa_private.h"

/* Complete lines printed in one call; line ends beyond are blanks. */
#define LINES_MAX                       4U

#define FIRST_REG                       2U

static void flush(struct ffa_ctx *ctx)
{
    struct ffa_log *log = &ctx->log;

    if ( !log->len )
        return;

    log->text[log->len] = '\0';
    guest_printk(ctx->d, XENLOG_G_WARNING "says: %s\n", log->text);
    log->len = 0;
}

static void put(struct ffa_ctx *ctx, char c, unsigned int *lines)
{
    struct ffa_log *log = &ctx->log;
    bool end = c == '\n' && (*lines)++ < LINES_MAX;

    if ( end || log->len == FFA_LOG_LINE )
        flush(ctx);
    if ( c == '\n' || c == '\r' || c == '\t' )
        c = ' ';
    if ( !end )
        log->text[log->len++] = c >= ' ' && c <= '~' ? c : '?';
}

/*
 * FFA_CONSOLE_LOG: w1 = number of characters [7:0], the rest SBZ; w2-w7 or x2-x17 = characters, lowest byte first.
 * INVALID_PARAMETERS: none, or more than fit.
 */
FFA_HANDLER(console_log)
{
    unsigned int n = in->x[1] & 0xff, per_reg = in->x[0] & FFA_CONV_64 ? 8 : 4, lines = 0, i;
    unsigned int regs = in->x[0] & FFA_CONV_64 ? FFA_NR_REGS : FFA_NR_REGS_SHORT;

    if ( !n || n > (regs - FIRST_REG) * per_reg )
        return FFA_INVALID_PARAMETERS;

    spin_lock(&ctx->log.lock);
    for ( i = 0; i < n; i++ )
        put(ctx, in->x[FIRST_REG + i / per_reg] >> (8 * (i % per_reg)), &lines);
    spin_unlock(&ctx->log.lock);

    ffa_encode_success(out, 0, 0);

    return FFA_OK;
}

/* ffa_console_end - the last line of a VM, if it has no end. Context: domain destruction, its vCPUs have stopped. */
void ffa_console_end(struct ffa_ctx *ctx)
{
    spin_lock(&ctx->log.lock);
    flush(ctx);
    spin_unlock(&ctx->log.lock);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
