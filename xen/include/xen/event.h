/* SPDX-License-Identifier: GPL-2.0-only */
/* Waking vCPUs up for events. */
#ifndef XEN_EVENT_H
#define XEN_EVENT_H

#include <xen/sched.h>

#include <asm/event.h>

#endif /* XEN_EVENT_H */
