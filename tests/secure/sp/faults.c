/* SPDX-License-Identifier: BSD-2-Clause */
/* sp.faults: tells the SPMC to misbehave, and rings the scheduler for nothing, once or in a storm. */
#include "sp.h"

SP_HEADER(SP_FAULTS_ID, "sp.faults", 0, FFA_PROP_RECV_DIRECT | FFA_PROP_AARCH64 | FFA_PROP_RECV_REQ2, SP_FAULTS_UUID);

#define STORM_MIN_US 20 /* leaves the normal world some time between two of them */

/* One storm per CPU; each is touched by its own CPU's context alone. */
static struct {
    uint32_t left;
    uint64_t period; /* ticks */
} storms[256];

void sp_run(unsigned int cpu) { (void)cpu; }

void sp_interrupt(unsigned int cpu)
{
    if ( !storms[cpu].left )
        return;
    storms[cpu].left--;
    sp_service(NULL, SVC_RAISE_SRI, 0, 0, 0, 0);
    if ( storms[cpu].left )
        sp_service(NULL, SVC_TIMER_AT, cpu, counter() + storms[cpu].period, 0, 0);
}

static int storm(const struct command *c)
{
    uint32_t us = c->arg[2] < STORM_MIN_US ? STORM_MIN_US : c->arg[2];

    storms[c->cpu].left = c->arg[1];
    storms[c->cpu].period = us_to_ticks(us);
    if ( !storms[c->cpu].left )
        return 0;

    return sp_service(NULL, SVC_TIMER_AT, c->cpu, counter() + storms[c->cpu].period, 0, 0);
}

bool sp_command(struct command *c)
{
    struct regs r;
    unsigned int i;

    switch ( (uint32_t)c->w3 )
    {
    case FAULT_ARM:
        c->status = sp_service(NULL, SVC_FAULT_ARM, c->arg[0], c->arg[1], c->arg[2], c->arg[3]);
        break;
    case FAULT_CLEAR:
        c->status = sp_service(NULL, SVC_FAULT_CLEAR, 0, 0, 0, 0);
        break;
    case FAULT_QUERY:
        c->status = sp_service(&r, SVC_FAULT_QUERY, 0, 0, 0, 0);
        for ( i = 0; i < 4; i++ )
            c->result[i] = r.x[1 + i];
        break;
    case FAULT_RING_RAW:
        c->status = sp_service(NULL, SVC_RAISE_SRI, 0, 0, 0, 0);
        break;
    case FAULT_SRI_STORM:
        c->status = storm(c);
        break;
    default:
        c->status = FFA_INVALID;
        break;
    }

    return true;
}

/* Not subscribed: the SPMC never delivers these. */
int sp_vm_created(uint16_t vm) { (void)vm; return FFA_NOT_SUPPORTED; }
int sp_vm_destroyed(uint16_t vm, unsigned int cpu) { (void)vm; (void)cpu; return FFA_NOT_SUPPORTED; }
