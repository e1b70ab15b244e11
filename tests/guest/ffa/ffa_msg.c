/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages, direct ones both ways and indirect ones. An answer of FFA_INTERRUPT (a normal-world interrupt came while the receiver ran) or
 * FFA_YIELD (it waits) is followed by FFA_RUN with the w1 that came with it, until the response or an error arrives.
 */
#include "ffa.h"

void ffa_resume(struct ffa *ffa, uint16_t to, struct ffa_regs *r, struct ffa_run_stats *stats)
{
    const struct ffa_os *os = ffa->os;

    for ( ; ; )
    {
        uint32_t what = (uint32_t)r->x[0], target = (uint32_t)r->x[1];

        if ( what == FFA_INTERRUPT )
        {
            if ( stats )
                stats->interrupts++;
        }
        else if ( what == FFA_YIELD )
        {
            if ( stats )
                stats->yields++;
            os->pause(os->ctx, (uint32_t)r->x[2] | r->x[3] << 32);
        }
        else
            return;

        if ( target >> 16 != to )
        {
            r->x[0] = FFA_ERROR;
            r->x[2] = (uint32_t)FFA_ABORTED;
            return;
        }

        ffa_call(ffa, r, FFA_RUN, target, 0, 0, 0, 0, 0, 0);
    }
}

int ffa_msg_stats(struct ffa *ffa, uint16_t to, struct ffa_msg *msg, struct ffa_run_stats *stats)
{
    uint32_t want = msg->is64 ? FFA_MSG_SEND_DIRECT_RESP_64 : FFA_MSG_SEND_DIRECT_RESP_32;
    struct ffa_regs r;
    unsigned int i;
    int rc;

    ffa_call(ffa, &r, msg->is64 ? FFA_MSG_SEND_DIRECT_REQ_64 : FFA_MSG_SEND_DIRECT_REQ_32,
             (uint32_t)ffa->id << 16 | to, 0, msg->w[0], msg->w[1], msg->w[2], msg->w[3], msg->w[4]);
    ffa_resume(ffa, to, &r, stats);

    if ( (uint32_t)r.x[0] == want )
    {
        if ( (uint32_t)r.x[1] != ((uint32_t)to << 16 | ffa->id) || (uint32_t)r.x[2] )
            return FFA_ABORTED;

        for ( i = 0; i < 5; i++ )
            msg->w[i] = msg->is64 ? r.x[3 + i] : (uint32_t)r.x[3 + i];
        return FFA_OK;
    }

    rc = ffa_status(&r);
    return rc < 0 ? rc : FFA_ABORTED;           /* SUCCESS is no answer to a request */
}

int ffa_msg(struct ffa *ffa, uint16_t to, struct ffa_msg *msg)
{
    return ffa_msg_stats(ffa, to, msg, NULL);
}

int ffa_msg2(struct ffa *ffa, uint16_t to, struct ffa_msg2 *msg)
{
    const struct ffa_os *os = ffa->os;
    struct ffa_regs r;
    unsigned int i;
    int rc;

    r.x[0] = FFA_MSG_SEND_DIRECT_REQ2;
    r.x[1] = (uint32_t)ffa->id << 16 | to;
    r.x[2] = msg->uuid.word[0] | (uint64_t)msg->uuid.word[1] << 32;
    r.x[3] = msg->uuid.word[2] | (uint64_t)msg->uuid.word[3] << 32;
    for ( i = 0; i < 14; i++ )
        r.x[4 + i] = msg->x[i];

    os->call(os->ctx, &r);
    ffa_resume(ffa, to, &r, NULL);

    if ( (uint32_t)r.x[0] == FFA_MSG_SEND_DIRECT_RESP2 )
    {
        if ( r.x[1] != ((uint32_t)to << 16 | ffa->id) )
            return FFA_ABORTED;
        for ( i = 0; i < 14; i++ )
            msg->x[i] = r.x[4 + i];
        return FFA_OK;
    }

    rc = ffa_status(&r);
    return rc < 0 ? rc : FFA_ABORTED;
}

uint32_t ffa_msg_wait(struct ffa *ffa, struct ffa_regs *r, uint32_t flags)
{
    return ffa_call(ffa, r, FFA_MSG_WAIT, 0, flags, 0, 0, 0, 0, 0);
}

uint32_t ffa_msg_respond(struct ffa *ffa, struct ffa_regs *r)
{
    bool wide = (uint32_t)r->x[0] == FFA_MSG_SEND_DIRECT_REQ2;

    /* The ID of each response is that of its request plus one. */
    r->x[0]++;
    r->x[1] = (uint32_t)(uint16_t)r->x[1] << 16 | (uint16_t)(r->x[1] >> 16);
    r->x[2] = 0;
    if ( wide )
        r->x[3] = 0;
    ffa->os->call(ffa->os->ctx, r);

    return (uint32_t)r->x[0];
}

uint32_t ffa_send2_header_bytes(const struct ffa *ffa)
{
    return ffa->version >= FFA_VERSION_1_2 ? 40 : 20;
}

void ffa_send2_header(struct ffa *ffa, uint16_t to, uint32_t offset, uint32_t size)
{
    volatile uint32_t *header = ffa->tx;
    unsigned int i;

    for ( i = 0; i < ffa_send2_header_bytes(ffa) / sizeof(*header); i++ )
        header[i] = 0;
    header[2] = offset;
    header[3] = (uint32_t)ffa->id << 16 | to;
    header[4] = size;
}

int ffa_send2(struct ffa *ffa)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_MSG_SEND2, 0, 0, 0, 0, 0, 0, 0);

    return ffa_status(&r);
}
