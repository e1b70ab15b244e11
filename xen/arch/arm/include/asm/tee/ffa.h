/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only thing traps.c and vsmc.c must know about FF-A: which function numbers belong to it.
 *
 * SMCCC sets 0x60-0xEF of the standard service range aside for FF-A. All of them go to the mediator, also those of
 * revisions newer than ours: it answers FFA_ERROR(NOT_SUPPORTED), where the core could only answer -1. Nothing is sized
 * from these values.
 */
#ifndef __ASM_ARM_TEE_FFA_H__
#define __ASM_ARM_TEE_FFA_H__

#include <xen/errno.h>
#include <xen/types.h>

#include <asm/smccc.h>

#include <public/xen.h>

#define FFA_FNUM_MIN_VALUE              0x60U
#define FFA_FNUM_MAX_VALUE              0xEFU

/* Is @fid in the window? Looks at bits [15:0] only: the mediator compares the whole ID. */
static inline bool is_ffa_fid(uint32_t fid)
{
    uint32_t fn = fid & ARM_SMCCC_FUNC_MASK;

    return fn >= FFA_FNUM_MIN_VALUE && fn <= FFA_FNUM_MAX_VALUE;
}

/*
 * What became of notifications, for a control domain's sysctl; in ffa_ledger.c. The numbers of @way, @bit and @sums are those of
 * struct xen_sysctl_ffa_ledger.
 */
#define FFA_LEDGER_SUMS                 5

/*
 * Ids that no domain has and none may have: one with this id could not be made, and the SPMC has not let go of what it heard
 * of it; in ffa.c, which refuses them with -EBUSY.
 */
#ifdef CONFIG_FFA
bool ffa_id_kept(domid_t domid);
unsigned int ffa_ids_kept(void);
int ffa_ledger_read(domid_t domid, unsigned int way, unsigned int bit, uint32_t sums[FFA_LEDGER_SUMS]);
#else
static inline bool ffa_id_kept(domid_t domid)
{
    return false;
}

static inline unsigned int ffa_ids_kept(void)
{
    return 0;
}

static inline int ffa_ledger_read(domid_t domid, unsigned int way, unsigned int bit, uint32_t sums[FFA_LEDGER_SUMS])
{
    return -ENOSYS;
}
#endif

/* ... of a fast call of the standard service, without the SVE hint and with the reserved bits clear? */
static inline bool is_plain_ffa_fid(uint32_t fid)
{
    return (fid & ~(0xffU | (1U << 30))) == 0x84000000U && is_ffa_fid(fid);
}

/* What the mediator adds to the number of standard service calls. ffa.c checks it against the call table. */
#ifdef CONFIG_FFA
#define FFA_NR_FUNCS                    40
#else
#define FFA_NR_FUNCS                    0
#endif

#endif /* __ASM_ARM_TEE_FFA_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
