/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sp.echo: gives back what it gets; spins, yields, tells who it is and works on memory that the requester has shared.
 * Preemptible by the normal world.
 */
#include "sp.h"

SP_HEADER(SP_ECHO_ID, "sp.echo", SP_FLAG_PREEMPTIBLE,
          FFA_PROP_RECV_DIRECT | FFA_PROP_NOTIFICATIONS | FFA_PROP_AARCH64 | FFA_PROP_RECV_REQ2, SP_ECHO_UUID);

#define SPIN_MAX_US     10000000
#define WORDS_PER_PAGE  512

static void memory(struct command *c)
{
    uint64_t handle = (uint32_t)c->arg[0] | (uint64_t)(uint32_t)c->arg[1] << 32, pages = 0, n, sum = 0, *p;
    uint16_t lender = (uint32_t)c->arg[3] >> 16;

    if ( (uint32_t)c->w3 == ECHO_MEM_MAP )
    {
        c->status = sp_mem_map(handle, lender ? lender : c->requester, (uint32_t)c->arg[2], c->arg[3], &pages);
        c->result[0] = pages;
        return;
    }

    c->status = sp_mem_where(handle, c->requester, &p, &pages);
    if ( c->status )
        return;

    switch ( (uint32_t)c->w3 )
    {
    case ECHO_MEM_SUM:
        for ( n = 0; n < pages * WORDS_PER_PAGE; n++ )
            sum = (sum << 7 | sum >> 57) + ((volatile uint64_t *)p)[n];
        c->result[0] = (uint32_t)sum;
        c->result[1] = sum >> 32;
        break;
    case ECHO_MEM_FILL:
        for ( n = 0; n < pages * WORDS_PER_PAGE; n++ )
            ((volatile uint64_t *)p)[n] = (uint32_t)c->arg[2] + n;
        c->result[0] = n;
        break;
    default:
        c->status = sp_mem_unmap(handle);
        break;
    }
}

bool sp_command(struct command *c)
{
    uint64_t end, i;

    switch ( (uint32_t)c->w3 )
    {
    case ECHO_SPIN:
        end = counter() + us_to_ticks(c->arg[0] < SPIN_MAX_US ? c->arg[0] : SPIN_MAX_US);
        while ( counter() < end )
            ;
        break;
    case ECHO_YIELD:
        for ( i = 0; i < (uint32_t)c->arg[0]; i++ )
            sp_ffa(NULL, FFA_YIELD, 0, 0, 0, 0);
        c->result[0] = c->arg[0];
        break;
    case ECHO_WHOAMI:
        c->result[0] = sp_header.id;
        c->result[1] = c->requester;
        c->result[2] = c->cpu;
        break;
    case ECHO_READ:
        c->result[0] = *(volatile uint8_t *)((uint32_t)c->arg[0] | (uint64_t)(uint32_t)c->arg[1] << 32);
        break;
    case ECHO_MEM_MAP:
    case ECHO_MEM_SUM:
    case ECHO_MEM_FILL:
    case ECHO_MEM_UNMAP:
        memory(c);
        break;
    default:
        return false;
    }

    return true;
}

void sp_interrupt(unsigned int cpu) { (void)cpu; }

/* Not subscribed: the SPMC never delivers these. */
int sp_vm_created(uint16_t vm) { (void)vm; return FFA_NOT_SUPPORTED; }
int sp_vm_destroyed(uint16_t vm, unsigned int cpu) { (void)vm; (void)cpu; return FFA_NOT_SUPPORTED; }
