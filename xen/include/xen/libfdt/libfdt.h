/* SPDX-License-Identifier: GPL-2.0-only */
/* libfdt for hypervisor code: the real header, our environment. */
#ifndef XEN_LIBFDT_H
#define XEN_LIBFDT_H

#include <xen/libfdt/libfdt_env.h>
#include <libfdt.h>

#endif /* XEN_LIBFDT_H */
