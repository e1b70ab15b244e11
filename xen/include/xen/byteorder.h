/* SPDX-License-Identifier: GPL-2.0-only */
/* Byte swapping, and conversion between machine and stated byte orders. */
#ifndef XEN_BYTEORDER_H
#define XEN_BYTEORDER_H

#include <xen/types.h>

#include <asm/byteorder.h>

#define bswap16(x) __builtin_bswap16(x)
#define bswap32(x) __builtin_bswap32(x)
#define bswap64(x) __builtin_bswap64(x)

#define cpu_to_le16(x) ((uint16_t)(x))
#define cpu_to_le32(x) ((uint32_t)(x))
#define cpu_to_le64(x) ((uint64_t)(x))
#define le16_to_cpu(x) ((uint16_t)(x))
#define le32_to_cpu(x) ((uint32_t)(x))
#define le64_to_cpu(x) ((uint64_t)(x))

#define cpu_to_be16(x) bswap16(x)
#define cpu_to_be32(x) bswap32(x)
#define cpu_to_be64(x) bswap64(x)
#define be16_to_cpu(x) bswap16(x)
#define be32_to_cpu(x) bswap32(x)
#define be64_to_cpu(x) bswap64(x)

#define be16_to_cpup(p) be16_to_cpu(*(const uint16_t *)(p))
#define be32_to_cpup(p) be32_to_cpu(*(const uint32_t *)(p))
#define be64_to_cpup(p) be64_to_cpu(*(const uint64_t *)(p))
#define le16_to_cpup(p) le16_to_cpu(*(const uint16_t *)(p))
#define le32_to_cpup(p) le32_to_cpu(*(const uint32_t *)(p))
#define le64_to_cpup(p) le64_to_cpu(*(const uint64_t *)(p))

#endif /* XEN_BYTEORDER_H */
