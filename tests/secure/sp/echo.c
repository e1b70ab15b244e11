/* SPDX-License-Identifier: BSD-2-Clause */
/* sp.echo: gives back what it gets; spins, yields and tells who it is on request. Preemptible by the normal world. */
#include "sp.h"

SP_HEADER(SP_ECHO_ID, "sp.echo", SP_FLAG_PREEMPTIBLE,
          FFA_PROP_RECV_DIRECT | FFA_PROP_NOTIFICATIONS | FFA_PROP_AARCH64 | FFA_PROP_RECV_REQ2, SP_ECHO_UUID);

#define SPIN_MAX_US 10000000

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
    default:
        return false;
    }

    return true;
}

void sp_interrupt(unsigned int cpu) { (void)cpu; }

/* Not subscribed: the SPMC never delivers these. */
int sp_vm_created(uint16_t vm) { (void)vm; return FFA_NOT_SUPPORTED; }
int sp_vm_destroyed(uint16_t vm, unsigned int cpu) { (void)vm; (void)cpu; return FFA_NOT_SUPPORTED; }
