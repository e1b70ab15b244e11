/* SPDX-License-Identifier: GPL-2.0-only */
/* Architecture types: arm64, LP64, little endian. */
#ifndef ARM_TYPES_H
#define ARM_TYPES_H

#ifndef BITS_PER_LONG
#define BITS_PER_LONG 64
#endif
#ifndef BITS_PER_BYTE
#define BITS_PER_BYTE 8
#endif

#ifndef __ASSEMBLY__

#include <xen/stdint.h>

typedef __INT8_TYPE__ s8;
typedef __UINT8_TYPE__ u8;
typedef __INT16_TYPE__ s16;
typedef __UINT16_TYPE__ u16;
typedef __INT32_TYPE__ s32;
typedef __UINT32_TYPE__ u32;
typedef __INT64_TYPE__ s64;
typedef __UINT64_TYPE__ u64;

typedef s8 __s8;
typedef u8 __u8;
typedef s16 __s16;
typedef u16 __u16;
typedef s32 __s32;
typedef u32 __u32;
typedef s64 __s64;
typedef u64 __u64;

/* A virtual address of a guest or of ours. */
typedef u64 vaddr_t;
#define PRIvaddr "016lx"

/* A physical address, or an intermediate one of a guest. */
typedef u64 paddr_t;
#define INVALID_PADDR (~0UL)
#define PRIpaddr "016lx"

/* A general or system register. */
typedef u64 register_t;
#define PRIregister "016lx"

#endif /* !__ASSEMBLY__ */

#endif /* ARM_TYPES_H */
