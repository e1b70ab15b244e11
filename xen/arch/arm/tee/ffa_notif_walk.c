/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ID lists in an answer to NOTIFICATION_INFO_GET.
 *
 * Pure: registers in, callback out; no lock, no domain. Each count and index is checked against the registers that hold
 * the ids before anything is handed out, so the callback only ever sees ids that the answer contains.
 *   w2/x2: [0] more, [11:7] number of lists, then two bits per list: number of vCPU ids in it
 *   ids: u16, lowest half-word first, x3-x7 (20 of them; lists in x2[51:12]) or w3-w7 (10; w2[31:12])
 * The other bits of w2/x2 must be zero, but are not looked at: a newer SPMC may use them, and the bits are no reason to
 * lose notifications.   Spec: DEN0077A 1.2, FFA_NOTIFICATION_INFO_GET.
 */
#include "ffa_private.h"

#define INFO_MORE                       BIT(0, U)
#define INFO_COUNT_SHIFT                7
#define INFO_COUNT_MASK                 0x1fU
#define INFO_SIZES_SHIFT                12
#define INFO_FIRST_REG                  3U
#define INFO_ID_REGS                    5U
#define INFO_MAX_VCPUS                  3U

/* Id @i of the answer, from memory: both worlds are little-endian. */
static always_inline uint16_t id_at(const struct ffa_regs *res, unsigned int i, unsigned int per_reg)
{
    const uint16_t *ids = (const uint16_t *)&res->x[INFO_FIRST_REG];

    return ids[per_reg == 4 ? i : i / per_reg * 4 + i % per_reg];
}

/* @per_reg, ids in a register, is a constant: this is on the way of every notification. */
static always_inline struct ffa_walk_result walk(const struct ffa_regs *res, ffa_walk_fn *fn, void *arg, unsigned int per_reg)
{
    unsigned int capacity = per_reg * INFO_ID_REGS, next = 0, i, j;
    unsigned int count = (res->x[2] >> INFO_COUNT_SHIFT) & INFO_COUNT_MASK;
    struct ffa_walk_result result = { .more = res->x[2] & INFO_MORE };
    uint64_t sizes = res->x[2] >> INFO_SIZES_SHIFT;
    uint16_t vcpus[INFO_MAX_VCPUS];

    /* There is a size for each id that fits. */
    for ( i = 0; i < count && i < capacity; i++, sizes >>= 2 )
    {
        unsigned int nr = sizes & 3;

        if ( next + 1 + nr > capacity )
            break;

        for ( j = 0; j < nr; j++ )
            vcpus[j] = id_at(res, next + 1 + j, per_reg);
        fn(arg, id_at(res, next, per_reg), vcpus, nr);
        next += 1 + nr;
    }
    result.lists = i;
    result.malformed = i < count;

    return result;
}

/*
 * ffa_notif_walk - hand out the lists of an answer, in their order
 * @res: SUCCESS_64 or SUCCESS_32; its ID decides the layout
 * @fn, @arg: called once per list
 * A list that does not fit into the registers ends the walk: malformed, and neither it nor what follows is handed out.
 */
struct ffa_walk_result ffa_notif_walk(const struct ffa_regs *res, ffa_walk_fn *fn, void *arg)
{
    return res->x[0] == FFA_FID(SUCCESS_64) ? walk(res, fn, arg, 4) : walk(res, fn, arg, 2);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
