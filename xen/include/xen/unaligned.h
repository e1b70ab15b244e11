/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to data of any alignment, through packed structs. */
#ifndef XEN_UNALIGNED_H
#define XEN_UNALIGNED_H

#include <xen/byteorder.h>
#include <xen/types.h>

#define get_unaligned_t(type, ptr) ({                                   \
    const struct { type x; } __packed *gu_p_ = (const void *)(ptr);     \
    gu_p_->x; })

#define put_unaligned_t(type, val, ptr) do {                            \
    struct { type x; } __packed *pu_p_ = (void *)(ptr);                 \
    pu_p_->x = (val);                                                   \
} while ( 0 )

#define get_unaligned(ptr)      get_unaligned_t(typeof(*(ptr)), ptr)
#define put_unaligned(val, ptr) put_unaligned_t(typeof(*(ptr)), val, ptr)

#define get_unaligned_le16(p) le16_to_cpu(get_unaligned_t(uint16_t, p))
#define get_unaligned_le32(p) le32_to_cpu(get_unaligned_t(uint32_t, p))
#define get_unaligned_le64(p) le64_to_cpu(get_unaligned_t(uint64_t, p))
#define get_unaligned_be16(p) be16_to_cpu(get_unaligned_t(uint16_t, p))
#define get_unaligned_be32(p) be32_to_cpu(get_unaligned_t(uint32_t, p))
#define get_unaligned_be64(p) be64_to_cpu(get_unaligned_t(uint64_t, p))

#define put_unaligned_le16(v, p) put_unaligned_t(uint16_t, cpu_to_le16(v), p)
#define put_unaligned_le32(v, p) put_unaligned_t(uint32_t, cpu_to_le32(v), p)
#define put_unaligned_le64(v, p) put_unaligned_t(uint64_t, cpu_to_le64(v), p)

#endif /* XEN_UNALIGNED_H */
