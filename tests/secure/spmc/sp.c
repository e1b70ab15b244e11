/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partitions: loading, one execution context per CPU, and the turns they get.
 *
 * A context's life: STARTING -> WAITING -> RUNNING -> WAITING | PREEMPTED | BLOCKED | ABORTED. A turn is lent by a
 * direct request, by RUN, or by a secure interrupt; the last is never visible to the normal world and is not preempted
 * by it.
 */
#include "spmc.h"
#include "trace.h"

struct sp sps[SP_COUNT];

#define SPSR_EL0    0x000
#define SPSR_I      (1UL << 7)
#define SPSR_F      (1UL << 6)
#define EC_SVC64    0x15

struct sp *sp_find(uint16_t id)
{
    unsigned int n;

    for ( n = 0; n < SP_COUNT; n++ )
        if ( sps[n].head->id == id )
            return &sps[n];

    return NULL;
}

/* Copies the images to their slots. MMU off, CPU 0. The images are part of this build: a bad one is our own bug. */
void sp_load_all(void)
{
    const char *src = sp_images;
    unsigned int n;

    for ( n = 0; n < SP_COUNT; n++ )
    {
        const struct sp_header *h = (const struct sp_header *)src;
        size_t size = h->data_end - SP_VA, pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
        uint64_t *to = (uint64_t *)(uintptr_t)(SP_PA_BASE + n * SP_PA_STRIDE);
        const uint64_t *from = (const uint64_t *)src;
        size_t i;

        if ( h->magic != SP_MAGIC || h->bss_end - SP_VA > SP_IMAGE_MAX )
            spmc_fatal(0, (uint64_t)src, h->magic);
        for ( i = 0; i < SP_PA_STRIDE / 8; i++ )
            to[i] = i < size / 8 ? from[i] : 0;
        sps[n].head = h;
        sps[n].ttbr = sp_space(n);
        sps[n].notif.enabled = h->properties & FFA_PROP_NOTIFICATIONS;
        sps[n].notif.vcpus = info->cpus;
        src += pages * PAGE_SIZE;
    }
}

static void report_abort(const struct sp_ctx *ctx)
{
    log_line(ctx->sp_of->head->name, "aborted on cpu%u: esr %016lx pc %016lx far %016lx", ctx->cpu,
             read_sysreg(esr_el1), ctx->pc, read_sysreg(far_el1));
}

/*
 * Runs ctx until its turn ends. RUNNING on entry. Fills r for whoever lent the turn (ignored after interrupts).
 * The mask bits follow the model: an interrupt's turn is short and takes no further interrupt.
 */
static void sp_execute(struct sp_ctx *ctx, struct regs *r)
{
    bool preemptible = (ctx->sp_of->head->flags & SP_FLAG_PREEMPTIBLE) && ctx->model != MODEL_INTERRUPT &&
                       ctx->model != MODEL_INIT;
    bool open = ctx->model == MODEL_DIRECT || ctx->model == MODEL_RUN;

    for ( ; ; )
    {
        unsigned int why;

        ctx->spsr &= ~(SPSR_I | SPSR_F);
        ctx->spsr |= (open ? 0 : SPSR_I) | (preemptible ? 0 : SPSR_F);
        write_sysreg(ttbr0_el1, ctx->sp_of->ttbr);
        isb();
        trace(ctx->cpu, TRC_FW_SP_IN, ctx->sp_of->head->id, 0, 0, 0);
        why = sp_enter(ctx);
        trace(ctx->cpu, TRC_FW_SP_OUT, ctx->sp_of->head->id, 0, 0, 0);
        if ( why == 0 && (read_sysreg(esr_el1) >> 26) == EC_SVC64 )
        {
            if ( !svc_call(ctx, r) )
                return;
        }
        else if ( why == 1 )
        {
            interrupts_take();
            sp_run_interrupts();
        }
        else if ( why == 2 )
        {
            ctx->state = SP_PREEMPTED;
            ret_regs(r, FFA_INTERRUPT, ((uint64_t)ctx->sp_of->head->id << 16) | ctx->cpu, 0, 0);
            return;
        }
        else
        {
            report_abort(ctx);
            ctx->state = SP_ABORTED;
            ret_status(r, FFA_ABORTED);
            return;
        }
    }
}

void sp_resume(struct sp_ctx *ctx, struct regs *r)
{
    ctx->state = SP_RUNNING;
    sp_execute(ctx, r);
    if ( ctx->state == SP_WAITING && ctx->virq )
        sp_run_interrupts();
}

/* Gives every waiting context of this CPU that has an interrupt its turn. */
void sp_run_interrupts(void)
{
    struct regs ignored;
    unsigned int n;

    for ( n = 0; n < SP_COUNT; n++ )
    {
        struct sp_ctx *ctx = sp_here(&sps[n]);
        unsigned int i;

        if ( !ctx->virq || ctx->state != SP_WAITING )
            continue;
        ctx->virq = false;
        ctx->state = SP_RUNNING;
        ctx->model = MODEL_INTERRUPT;
        for ( i = 0; i < 18; i++ )
            ctx->x[i] = 0;
        ctx->x[0] = FFA_INTERRUPT;
        ctx->x[2] = INTID_SECURE_TIMER;
        sp_execute(ctx, &ignored);
    }
}

/* First turn of every partition on this CPU, up to its first MSG_WAIT. */
void sp_boot_cpu(unsigned int cpu)
{
    struct regs ignored;
    unsigned int n;

    for ( n = 0; n < SP_COUNT; n++ )
    {
        struct sp_ctx *ctx = &sps[n].ctx[cpu];

        ctx->sp_of = &sps[n];
        ctx->cpu = cpu;
        ctx->pc = sps[n].head->entry;
        ctx->sp = SP_STACK_VA + (2 * cpu + 2) * PAGE_SIZE;
        ctx->spsr = SPSR_EL0;
        ctx->x[0] = cpu;
        ctx->model = MODEL_INIT;
        ctx->state = SP_RUNNING;
        sp_execute(ctx, &ignored);
    }
}
