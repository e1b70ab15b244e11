/* SPDX-License-Identifier: GPL-2.0-only */
/* Little-endian fields of descriptors, at any alignment. */
#ifndef __TEE_FFA_BYTES_H__
#define __TEE_FFA_BYTES_H__

#include <xen/types.h>
#include <xen/unaligned.h>

/* @bytes: 1, 2, 4 or 8, known when this is compiled */
static always_inline uint64_t ffa_get_le(const uint8_t *p, unsigned int bytes)
{
    switch ( bytes )
    {
    case 1:
        return *p;

    case 2:
        return get_unaligned_le16(p);

    case 4:
        return get_unaligned_le32(p);

    default:
        return get_unaligned_le64(p);
    }
}

static always_inline void ffa_put_le(uint8_t *p, uint64_t v, unsigned int bytes)
{
    switch ( bytes )
    {
    case 1:
        *p = v;
        break;

    case 2:
        put_unaligned_le16(v, p);
        break;

    case 4:
        put_unaligned_le32(v, p);
        break;

    default:
        put_unaligned_le64(v, p);
        break;
    }
}

#endif /* __TEE_FFA_BYTES_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
