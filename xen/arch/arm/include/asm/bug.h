/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing beyond <xen/bug.h>: BUG and WARN are function calls here. */
#ifndef ARM_BUG_H
#define ARM_BUG_H

#include <xen/bug.h>

#endif /* ARM_BUG_H */
