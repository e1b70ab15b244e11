/* SPDX-License-Identifier: GPL-2.0-only */
/* What the ticket locks need from the architecture is in <asm/system.h>. */
#ifndef ARM_SPINLOCK_H
#define ARM_SPINLOCK_H

#include <asm/system.h>

#endif /* ARM_SPINLOCK_H */
