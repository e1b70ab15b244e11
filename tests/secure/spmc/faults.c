/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Misbehaviour on demand: what sp.faults or the mailbox armed. Wrong INFO_GET answers never mark anything as reported,
 * so a fault by itself loses no notification. sp.faults' own answers are never falsified. Lock: spmc_lock.
 */
#include "spmc.h"

#define MAX_FAULTS      8
#define FOR_EVER        0xffffffffu

static struct fault {
    uint32_t kind, a, b, times;
} faults[MAX_FAULTS];

static uint32_t applied;

int fault_arm(uint32_t kind, uint32_t a, uint32_t b, uint32_t times)
{
    int ret = FFA_NO_MEMORY;
    unsigned int i;

    if ( kind < FAULT_INFO_COUNT || kind > FAULT_LEND_REG || !times )
        return FFA_INVALID;

    spin_lock(&spmc_lock);
    for ( i = 0; i < MAX_FAULTS && ret; i++ )
        if ( !faults[i].times )
        {
            faults[i] = (struct fault){ kind, a, b, times };
            ret = 0;
        }
    spin_unlock(&spmc_lock);

    return ret;
}

void fault_clear(void)
{
    unsigned int i;

    spin_lock(&spmc_lock);
    for ( i = 0; i < MAX_FAULTS; i++ )
        faults[i].times = 0;
    spin_unlock(&spmc_lock);
}

uint32_t fault_count(void)
{
    return applied;
}

bool fault_hit(uint32_t kind, uint32_t call, uint32_t *a, uint32_t *b)
{
    bool by_call = kind == FAULT_CALL_ERROR || kind == FAULT_CALL_WEIRD, hit = false;
    unsigned int i;

    spin_lock(&spmc_lock);
    for ( i = 0; i < MAX_FAULTS && !hit; i++ )
    {
        struct fault *f = &faults[i];

        if ( !f->times || f->kind != kind || (by_call && f->a != call) )
            continue;
        if ( f->times != FOR_EVER )
            f->times--;
        applied++;
        *a = f->a;
        *b = f->b;
        hit = true;
    }
    spin_unlock(&spmc_lock);

    return hit;
}

/* Faults that replace a whole call of the normal world. */
bool fault_call(struct regs *r)
{
    uint32_t nr = r->x[0] & 0xff, a, b;
    unsigned int i;

    if ( nr == (FFA_DIRECT_REQ_32 & 0xff) && (uint16_t)r->x[1] == SP_FAULTS_ID )
        return false; /* the way to clear it again stays open */

    if ( fault_hit(FAULT_CALL_ERROR, nr, &a, &b) )
    {
        if ( nr == (FFA_VERSION & 0xff) )
            ret_regs(r, b, 0, 0, 0);
        else
            ret_status(r, b ? (int)b : FFA_NOT_SUPPORTED);
        return true;
    }
    if ( fault_hit(FAULT_CALL_WEIRD, nr, &a, &b) )
    {
        r->x[0] = b;
        for ( i = 1; i < 8; i++ )
            r->x[i] = 0xdeadbeefdeadbe00UL + i;
        return true;
    }

    return false;
}

/* Faults that replace an answer to INFO_GET. */
bool fault_info(struct regs *r, bool wide)
{
    uint32_t ok = wide ? FFA_SUCCESS_64 : FFA_SUCCESS_32, a, b;
    unsigned int i;

    if ( fault_hit(FAULT_INFO_COUNT, 0, &a, &b) )
    {
        ret_regs(r, ok, 0, ((uint64_t)(a & 0x1f) << 7) | ((uint64_t)b << 12), 1);
        if ( !wide )
            r->x[2] = (uint32_t)r->x[2];
    }
    else if ( fault_hit(FAULT_INFO_ID, 0, &a, &b) )
        ret_regs(r, ok, 0, 1 << 7, (uint16_t)a);
    else if ( fault_hit(FAULT_INFO_RAW, 0, &a, &b) )
    {
        ret_regs(r, ok, 0, wide ? a | (uint64_t)b << 32 : a, 0);
        for ( i = 3; i < 8; i++ )
            r->x[i] = wide ? 0x0001000100010001UL : 0x00010001;
    }
    else if ( fault_hit(FAULT_INFO_ZERO, 0, &a, &b) )
        ret_regs(r, ok, 0, 0, 0);
    else
        return false;

    return true;
}

/* Falsifies the response of partition `sp` to an ordinary request. */
void fault_response(struct regs *r, uint16_t sp)
{
    uint32_t fid = r->x[0], a, b;

    if ( sp == SP_FAULTS_ID ||
         (fid != FFA_DIRECT_RESP_32 && fid != FFA_DIRECT_RESP_64 && fid != FFA_DIRECT_RESP2) ||
         (fid == FFA_DIRECT_RESP_32 && (r->x[2] & FFA_FRAMEWORK)) )
        return;
    if ( fault_hit(FAULT_RESP_IDS, 0, &a, &b) )
        r->x[1] = (r->x[1] >> 16 & 0xffff) | (r->x[1] & 0xffff) << 16;
    if ( fault_hit(FAULT_RESP_FRAMEWORK, 0, &a, &b) )
        r->x[2] = FFA_FWK_VM_CREATED_RESP;
}
