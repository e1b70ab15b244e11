/* SPDX-License-Identifier: GPL-2.0-only */
/* bool, true and false for freestanding C99. */
#ifndef XEN_STDBOOL_H
#define XEN_STDBOOL_H

#define bool _Bool
#define true 1
#define false 0
#define __bool_true_false_are_defined 1

#endif /* XEN_STDBOOL_H */
