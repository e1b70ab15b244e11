/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of a partition, and helpers. See sp.h. */
#include "sp.h"

int sp_ffa(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    struct regs call = { { fid, x1, x2, x3, x4 } };

    sp_svc(&call);
    if ( r )
        *r = call;

    return (uint32_t)call.x[0] == FFA_ERROR ? (int)(uint32_t)call.x[2] : 0;
}

int sp_service(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    struct regs call = { { fid, x1, x2, x3, x4 } };

    sp_svc(&call);
    if ( r )
        *r = call;

    return (int)(uint32_t)call.x[0];
}

/* Turns the request in *r into the response in *r. */
static void respond(struct regs *r, unsigned int cpu)
{
    uint32_t fid = r->x[0], w2 = r->x[2];
    bool wide = fid == FFA_DIRECT_REQ2, framework = !wide && (w2 & FFA_FRAMEWORK);
    unsigned int first = wide ? 4 : 3, i;
    struct command c = { .requester = (uint32_t)r->x[1] >> 16, .cpu = cpu, .w3 = r->x[first] };

    if ( framework )
    {
        c.status = w2 == FFA_FWK_VM_CREATED ? sp_vm_created(r->x[5]) : sp_vm_destroyed(r->x[5], cpu);
        for ( i = 3; i < 8; i++ )
            r->x[i] = 0;
        r->x[3] = (uint32_t)c.status;
        r->x[2] = w2 + 1;
    }
    else
    {
        for ( i = 0; i < 4; i++ )
            c.arg[i] = r->x[first + 1 + i];
        if ( sp_command(&c) )
        {
            for ( i = first; i < 18; i++ )
                r->x[i] = 0;
            r->x[first] = (uint32_t)c.status;
            for ( i = 0; i < 4; i++ )
                r->x[first + 1 + i] = c.result[i];
        }
        r->x[2] = 0;
        if ( wide )
            r->x[3] = 0;
    }
    r->x[0] = fid + 1;
    r->x[1] = (uint64_t)sp_header.id << 16 | c.requester;
}

void sp_main(unsigned int cpu) __attribute__((noreturn));
void sp_main(unsigned int cpu)
{
    struct regs r = { { FFA_MSG_WAIT } };

    for ( ; ; )
    {
        sp_svc(&r);
        switch ( (uint32_t)r.x[0] )
        {
        case FFA_DIRECT_REQ_32:
        case FFA_DIRECT_REQ_64:
        case FFA_DIRECT_REQ2:
            respond(&r, cpu);
            continue;
        case FFA_INTERRUPT:
            sp_interrupt(cpu);
            break;
        }
        r = (struct regs){ { FFA_MSG_WAIT } };
    }
}
