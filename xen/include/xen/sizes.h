/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes in bytes. */
#ifndef XEN_SIZES_H
#define XEN_SIZES_H

#include <xen/const.h>

#define SZ_1    _AC(0x00000001, U)
#define SZ_2    _AC(0x00000002, U)
#define SZ_4    _AC(0x00000004, U)
#define SZ_8    _AC(0x00000008, U)
#define SZ_16   _AC(0x00000010, U)
#define SZ_32   _AC(0x00000020, U)
#define SZ_64   _AC(0x00000040, U)
#define SZ_128  _AC(0x00000080, U)
#define SZ_256  _AC(0x00000100, U)
#define SZ_512  _AC(0x00000200, U)
#define SZ_1K   _AC(0x00000400, U)
#define SZ_2K   _AC(0x00000800, U)
#define SZ_4K   _AC(0x00001000, U)
#define SZ_8K   _AC(0x00002000, U)
#define SZ_16K  _AC(0x00004000, U)
#define SZ_32K  _AC(0x00008000, U)
#define SZ_64K  _AC(0x00010000, U)
#define SZ_128K _AC(0x00020000, U)
#define SZ_256K _AC(0x00040000, U)
#define SZ_512K _AC(0x00080000, U)
#define SZ_1M   _AC(0x00100000, U)
#define SZ_2M   _AC(0x00200000, U)
#define SZ_4M   _AC(0x00400000, U)
#define SZ_8M   _AC(0x00800000, U)
#define SZ_16M  _AC(0x01000000, U)
#define SZ_32M  _AC(0x02000000, U)
#define SZ_64M  _AC(0x04000000, U)
#define SZ_128M _AC(0x08000000, U)
#define SZ_256M _AC(0x10000000, U)
#define SZ_512M _AC(0x20000000, U)
#define SZ_1G   _AC(0x40000000, U)
#define SZ_2G   _AC(0x80000000, U)

#endif /* XEN_SIZES_H */
