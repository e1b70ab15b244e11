/* SPDX-License-Identifier: BSD-2-Clause */
/* The call itself, version negotiation, features, buffers. State written here: version, id, tx/rx. */
#include "ffa.h"

uint32_t ffa_call(struct ffa *ffa, struct ffa_regs *out, uint32_t fid, uint64_t a1, uint64_t a2, uint64_t a3,
                  uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7)
{
    const uint64_t in[8] = { fid, a1, a2, a3, a4, a5, a6, a7 };
    unsigned int i;

    for ( i = 0; i < 18; i++ )
        out->x[i] = i < 8 ? in[i] : 0;

    ffa->os->call(ffa->os->ctx, out);
    return (uint32_t)out->x[0];
}

int ffa_status(const struct ffa_regs *r)
{
    int32_t code;

    switch ( (uint32_t)r->x[0] )
    {
    case FFA_SUCCESS_32:
    case FFA_SUCCESS_64:
        return FFA_OK;

    case FFA_ERROR:
        code = (int32_t)(uint32_t)r->x[2];
        return code < 0 ? code : FFA_NOT_SUPPORTED;     /* 0 is seen in buggy firmware */

    case 0xffffffffu:                                   /* SMCCC: nobody there */
        return FFA_NOT_SUPPORTED;

    default:
        return FFA_ABORTED;
    }
}

int ffa_init(struct ffa *ffa, const struct ffa_os *os, uint32_t want)
{
    struct ffa_regs r;
    uint32_t asked, got;
    int rc;

    *ffa = (struct ffa){ .os = os, .get_flags = FFA_GET_ALL };

    /* A callee that cannot speak our minor may say so with its own version or with NOT_SUPPORTED: try lower ones */
    for ( asked = want; ; asked-- )
    {
        got = ffa_call(ffa, &r, FFA_VERSION, asked, 0, 0, 0, 0, 0, 0);

        if ( !(got & (1u << 31)) )
        {
            if ( (got >> 16) != (asked >> 16) )
                return FFA_NOT_SUPPORTED;
            if ( got >= asked )
                break;
            asked = got + 1;                            /* asked-- makes it the callee's own */
            continue;
        }

        if ( !(asked & 0xffff) )
            return FFA_NOT_SUPPORTED;
    }

    ffa->callee_version = got;
    ffa->version = asked;

    ffa_call(ffa, &r, FFA_ID_GET, 0, 0, 0, 0, 0, 0, 0);
    rc = ffa_status(&r);
    if ( rc == FFA_OK )
        ffa->id = (uint16_t)r.x[2];

    return rc;
}

int ffa_features(struct ffa *ffa, uint32_t what, uint32_t input, uint32_t *w2, uint32_t *w3)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_FEATURES, what, input, 0, 0, 0, 0, 0);
    if ( w2 )
        *w2 = (uint32_t)r.x[2];
    if ( w3 )
        *w3 = (uint32_t)r.x[3];

    return ffa_status(&r);
}

int ffa_spm_id(struct ffa *ffa, uint16_t *id)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_SPM_ID_GET, 0, 0, 0, 0, 0, 0, 0);
    *id = (uint16_t)r.x[2];

    return ffa_status(&r);
}

int ffa_rxtx_map(struct ffa *ffa, void *tx, void *rx, unsigned int pages)
{
    const struct ffa_os *os = ffa->os;
    struct ffa_regs r;
    int rc;

    ffa_call(ffa, &r, FFA_RXTX_MAP_64, os->to_ipa(os->ctx, tx), os->to_ipa(os->ctx, rx), pages, 0, 0, 0, 0);
    rc = ffa_status(&r);
    if ( rc == FFA_OK )
    {
        ffa->tx = tx;
        ffa->rx = rx;
        ffa->rxtx_bytes = (size_t)pages * 4096;
    }

    return rc;
}

int ffa_rxtx_unmap(struct ffa *ffa)
{
    struct ffa_regs r;
    int rc;

    ffa_call(ffa, &r, FFA_RXTX_UNMAP, 0, 0, 0, 0, 0, 0, 0);
    rc = ffa_status(&r);
    if ( rc == FFA_OK )
    {
        ffa->tx = NULL;
        ffa->rx = NULL;
        ffa->rxtx_bytes = 0;
    }

    return rc;
}

int ffa_rx_release(struct ffa *ffa)
{
    struct ffa_regs r;

    ffa_call(ffa, &r, FFA_RX_RELEASE, 0, 0, 0, 0, 0, 0, 0);
    return ffa_status(&r);
}
