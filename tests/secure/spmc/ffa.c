/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the normal world: the table, dispatch by it, and the calls about the interface itself (VERSION, FEATURES,
 * ids). What is not in the table, or is newer than what was negotiated, or switched off by the mailbox, is
 * NOT_SUPPORTED.
 *
 * Lock: spmc_lock for the version. Every other handler takes what it needs.
 */
#include "spmc.h"

#define CALL_NOTIF      (1u << 0) /* needs notifications             */
#define CALL_ACQUIRE    (1u << 1) /* FW_OPT_NO_RX_ACQUIRE removes it  */
#define CALL_INFO64     (1u << 2) /* FW_OPT_INFO32_ONLY removes it    */
#define CALL_REGS       (1u << 3) /* FW_OPT_NO_GET_REGS removes it    */
#define CALL_X17        (1u << 4) /* x8-x17 are arguments or results  */
#define CALL_MEM        (1u << 5) /* FW_OPT_NO_MEM removes it         */
#define CALL_FRAG       (1u << 6) /* FW_OPT_NO_FRAG removes it        */
#define CALL_LEND       (1u << 7) /* FW_OPT_NO_LEND removes it        */

struct ffa_call {
    uint32_t fid, since;
    unsigned int flags;
    void (*handler)(struct regs *r);
};

static const struct ffa_call calls[] = {
    { FFA_VERSION,              FFA_1_0, 0,                         call_version },
    { FFA_FEATURES,             FFA_1_0, 0,                         call_features },
    { FFA_ID_GET,               FFA_1_0, 0,                         call_id_get },
    { FFA_SPM_ID_GET,           FFA_1_1, 0,                         call_spm_id_get },
    { FFA_RXTX_MAP_32,          FFA_1_0, 0,                         call_rxtx_map },
    { FFA_RXTX_MAP_64,          FFA_1_0, 0,                         call_rxtx_map },
    { FFA_RXTX_UNMAP,           FFA_1_0, 0,                         call_rxtx_unmap },
    { FFA_RX_RELEASE,           FFA_1_0, 0,                         call_rx_release },
    { FFA_RX_ACQUIRE,           FFA_1_1, CALL_ACQUIRE,              call_rx_acquire },
    { FFA_MSG_SEND2,            FFA_1_1, CALL_ACQUIRE,              call_msg_send2 },
    { FFA_PARTITION_INFO_GET,   FFA_1_0, 0,                         call_partition_info },
    { FFA_PARTITION_INFO_REGS,  FFA_1_2, CALL_REGS | CALL_X17,      call_partition_info_regs },
    { FFA_DIRECT_REQ_32,        FFA_1_0, 0,                         call_direct },
    { FFA_DIRECT_REQ_64,        FFA_1_0, 0,                         call_direct },
    { FFA_DIRECT_REQ2,          FFA_1_2, CALL_X17,                  call_direct2 },
    { FFA_RUN,                  FFA_1_0, 0,                         call_run },
    { FFA_BITMAP_CREATE,        FFA_1_1, CALL_NOTIF,                call_bitmap_create },
    { FFA_BITMAP_DESTROY,       FFA_1_1, CALL_NOTIF,                call_bitmap_destroy },
    { FFA_NOTIFICATION_BIND,    FFA_1_1, CALL_NOTIF,                call_bind },
    { FFA_NOTIFICATION_UNBIND,  FFA_1_1, CALL_NOTIF,                call_unbind },
    { FFA_NOTIFICATION_SET,     FFA_1_1, CALL_NOTIF,                call_set },
    { FFA_NOTIFICATION_GET,     FFA_1_1, CALL_NOTIF,                call_get },
    { FFA_NOTIFICATION_INFO_32, FFA_1_1, CALL_NOTIF,                call_info_get },
    { FFA_NOTIFICATION_INFO_64, FFA_1_1, CALL_NOTIF | CALL_INFO64,  call_info_get },
    { FFA_MEM_SHARE_32,         FFA_1_0, CALL_MEM,                  call_mem_share },
    { FFA_MEM_SHARE_64,         FFA_1_0, CALL_MEM,                  call_mem_share },
    { FFA_MEM_LEND_32,          FFA_1_0, CALL_MEM,                  call_mem_lend },
    { FFA_MEM_LEND_64,          FFA_1_0, CALL_MEM,                  call_mem_lend },
    { FFA_MEM_DONATE_32,        FFA_1_0, CALL_MEM,                  call_mem_donate },
    { FFA_MEM_DONATE_64,        FFA_1_0, CALL_MEM,                  call_mem_donate },
    { FFA_MEM_FRAG_TX,          FFA_1_0, CALL_MEM | CALL_FRAG,      call_mem_frag_tx },
    { FFA_MEM_RECLAIM,          FFA_1_0, CALL_MEM,                  call_mem_reclaim },
    { FFA_MEM_RETRIEVE_REQ_32,  FFA_1_0, CALL_MEM | CALL_LEND,      call_mem_retrieve },
    { FFA_MEM_RETRIEVE_REQ_64,  FFA_1_0, CALL_MEM | CALL_LEND,      call_mem_retrieve },
    { FFA_MEM_RELINQUISH,       FFA_1_0, CALL_MEM | CALL_LEND,      call_mem_relinquish },
    { FFA_MEM_FRAG_RX,          FFA_1_0, CALL_MEM | CALL_FRAG | CALL_LEND, call_mem_frag_rx },
};

/* The version is settled by the first call that is not VERSION. */
static bool version_settled;

/* The row of a call that exists for the normal world as it is now, or NULL. */
const struct ffa_call *ffa_lookup(uint32_t fid)
{
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(calls); i++ )
    {
        const struct ffa_call *c = &calls[i];

        if ( c->fid != fid )
            continue;
        if ( c->since > nwd_version ||
             ((c->flags & CALL_NOTIF) && !has_notifications()) ||
             ((c->flags & CALL_ACQUIRE) && (info->options & FW_OPT_NO_RX_ACQUIRE)) ||
             ((c->flags & CALL_INFO64) && (info->options & FW_OPT_INFO32_ONLY)) ||
             ((c->flags & CALL_REGS) && (info->options & FW_OPT_NO_GET_REGS)) ||
             ((c->flags & CALL_MEM) && (info->options & FW_OPT_NO_MEM)) ||
             ((c->flags & CALL_LEND) && (info->options & FW_OPT_NO_LEND)) ||
             ((c->flags & CALL_FRAG) && (info->options & FW_OPT_NO_FRAG)) )
            return NULL;
        return c;
    }

    return NULL;
}

void ffa_dispatch(struct regs *r)
{
    uint32_t fid = (uint32_t)r->x[0];
    const struct ffa_call *call;
    unsigned int i;

    if ( fid != FFA_VERSION )
    {
        spin_lock(&spmc_lock);
        version_settled = true;
        spin_unlock(&spmc_lock);
    }
    if ( fault_call(r) )
        return;

    call = ffa_lookup(fid);
    if ( !call )
    {
        ret_status(r, FFA_NOT_SUPPORTED);
        return;
    }
    /* The upper halves of a 32-bit call's arguments are garbage. */
    if ( !(fid & 0x40000000u) )
        for ( i = 1; i < 8; i++ )
            r->x[i] = (uint32_t)r->x[i];
    call->handler(r);
}

/* Unlike all others it answers in w0 alone. An incompatible request gets our version and changes nothing. */
void call_version(struct regs *r)
{
    uint32_t want = (uint32_t)r->x[1];
    uint64_t ret = info->max_version;

    spin_lock(&spmc_lock);
    if ( want & (1u << 31) )
        ret = (uint32_t)FFA_NOT_SUPPORTED;
    else if ( version_settled )
    {
        if ( want != nwd_version )
            ret = (uint32_t)FFA_NOT_SUPPORTED;
    }
    else if ( want >= FFA_1_0 && want <= info->max_version )
        nwd_version = want;
    spin_unlock(&spmc_lock);
    ret_regs(r, ret, 0, 0, 0);
}

void call_features(struct regs *r)
{
    uint32_t what = (uint32_t)r->x[1];
    uint64_t w2 = 0;

    if ( what & (1u << 31) )
    {
        if ( !ffa_lookup(what) || r->x[2] )
        {
            ret_status(r, FFA_NOT_SUPPORTED);
            return;
        }
        if ( (what == FFA_RXTX_MAP_32 || what == FFA_RXTX_MAP_64) && nwd_version >= FFA_1_2 )
            w2 = WINDOW_PAGES << 16; /* 4K granules */
    }
    else if ( what == FFA_FEATURE_SRI && has_notifications() && !r->x[2] )
        w2 = info->sri;
    else if ( what == FFA_FEATURE_NOTIFICATION && has_notifications() && !r->x[2] )
        w2 = info->options & FW_OPT_NO_PER_VCPU ? 3 : 0;
    else
    {
        ret_status(r, FFA_NOT_SUPPORTED);
        return;
    }
    ret_regs(r, FFA_SUCCESS_32, 0, w2, 0);
}

void call_id_get(struct regs *r) { ret_regs(r, FFA_SUCCESS_32, 0, 0, 0); }

void call_spm_id_get(struct regs *r) { ret_regs(r, FFA_SUCCESS_32, 0, SPMC_ID, 0); }
