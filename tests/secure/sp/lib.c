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

int sp_fetch(unsigned int cpu, uint64_t *bits)
{
    struct regs r;
    int ret = sp_ffa(&r, FFA_NOTIFICATION_GET, (uint64_t)cpu << 16 | sp_header.id, FFA_GET_VM, 0, 0);

    *bits = ret ? 0 : (uint32_t)r.x[4] | (uint64_t)(uint32_t)r.x[5] << 32;

    return ret;
}

int sp_service(struct regs *r, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    struct regs call = { { fid, x1, x2, x3, x4 } };

    sp_svc(&call);
    if ( r )
        *r = call;

    return (int)(uint32_t)call.x[0];
}

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
    unsigned int i;

    for ( i = 0; i < bytes; i++, v >>= 8 )
        p[i] = v;
}

int sp_mem_map(uint64_t handle, uint16_t vm, uint64_t tag, unsigned int how, uint64_t *pages)
{
    uint8_t desc[96] = { 0 };
    struct regs r;
    unsigned int i;
    int ret;

    put(desc, vm, 2);
    put(desc + 4, how & ECHO_MEM_SHARED ? 0x400 : 0, 4); /* of any kind; perhaps without naming the others */
    put(desc + 8, handle, 8);
    put(desc + 16, tag, 8);
    put(desc + 24, 16, 4);
    put(desc + 28, 1, 4);
    put(desc + 32, 48, 4);
    put(desc + 48, sp_header.id, 2);
    desc[50] = (how & ECHO_MEM_RO ? 1 : 2) | (how & ECHO_MEM_NX ? 4 : 0);
    ret = sp_ffa(&r, FFA_MEM_RETRIEVE_REQ_64, sizeof(desc), sizeof(desc), (uint64_t)desc, 1);
    if ( ret )
        return ret;
    for ( i = 0, *pages = 0; i < 4; i++ )
        *pages |= (uint64_t)desc[64 + i] << (8 * i);

    return 0;
}

int sp_mem_where(uint64_t handle, uint16_t vm, uint64_t **va, uint64_t *pages)
{
    struct regs r;
    int ret = sp_service(&r, SVC_MEM_WHERE, handle, 0, 0, 0);

    if ( ret )
        return ret;
    *va = (uint64_t *)r.x[1];
    *pages = r.x[2];

    return (uint16_t)r.x[3] == vm ? 0 : FFA_INVALID;
}

int sp_mem_unmap(uint64_t handle)
{
    uint8_t desc[24] = { 0 };

    put(desc, handle, 8);
    put(desc + 12, 1, 4);
    put(desc + 16, sp_header.id, 2);

    return sp_ffa(NULL, FFA_MEM_RELINQUISH, 0, 0, (uint64_t)desc, 1);
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

__attribute__((weak)) void sp_boot(unsigned int cpu) { (void)cpu; }

void sp_main(unsigned int cpu) __attribute__((noreturn));
void sp_main(unsigned int cpu)
{
    struct regs r = { { FFA_MSG_WAIT, 0, 1 } };  /* RX is released when it has been read, not before */

    sp_boot(cpu);
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
        case FFA_RUN:
            sp_run(cpu);
            break;
        }
        r = (struct regs){ { FFA_MSG_WAIT, 0, 1 } };
    }
}
