/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine is little endian. */
#ifndef ARM_BYTEORDER_H
#define ARM_BYTEORDER_H

#ifndef __BYTEORDER_HAS_U64__
#define __BYTEORDER_HAS_U64__
#endif
#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif

#endif /* ARM_BYTEORDER_H */
