/* SPDX-License-Identifier: GPL-2.0-only */
/* do_div(n, base): n /= base, returns the remainder. 64-bit machine: plain. */
#ifndef ARM_DIV64_H
#define ARM_DIV64_H

#include <xen/types.h>

#define do_div(n, base) ({                              \
    uint32_t do_div_base_ = (base);                     \
    uint32_t do_div_rem_ = (uint64_t)(n) % do_div_base_; \
    (n) = (uint64_t)(n) / do_div_base_;                 \
    do_div_rem_; })

#endif /* ARM_DIV64_H */
