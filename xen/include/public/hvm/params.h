/* SPDX-License-Identifier: MIT */
/* Parameters of hvm_op(HVMOP_get_param, HVMOP_set_param). */
#ifndef XEN_PUBLIC_HVM_PARAMS_H
#define XEN_PUBLIC_HVM_PARAMS_H

#include "hvm_op.h"

/*
 * value[63:56] is the kind; 2: a PPI, number in [7:0], bit 8 edge-triggered,
 * bit 9 active low.
 */
#define HVM_PARAM_CALLBACK_IRQ                     0
#define HVM_PARAM_CALLBACK_IRQ_TYPE_MASK           0xFF00000000000000ULL
#define HVM_PARAM_CALLBACK_TYPE_PPI                2
#define HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_MASK      0xFF00
#define HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL 2

#define HVM_PARAM_STORE_PFN       1
#define HVM_PARAM_STORE_EVTCHN    2
#define HVM_PARAM_CONSOLE_PFN    17
#define HVM_PARAM_CONSOLE_EVTCHN 18

#endif /* XEN_PUBLIC_HVM_PARAMS_H */
