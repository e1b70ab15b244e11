/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Environment of libfdt inside the hypervisor. The real libfdt is compiled
 * with this file force-included: it carries the guard of libfdt's own
 * libfdt_env.h, which then contributes nothing.
 */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include <xen/types.h>
#include <xen/byteorder.h>
#include <xen/lib.h>
#include <xen/string.h>

/* The library tolerates any input: no assumption is switched off. */
#define FDT_ASSUME_MASK 0

#define FDT_FORCE
#define FDT_BITWISE

typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

#define fdt16_to_cpu(x) be16_to_cpu(x)
#define cpu_to_fdt16(x) cpu_to_be16(x)
#define fdt32_to_cpu(x) be32_to_cpu(x)
#define cpu_to_fdt32(x) cpu_to_be32(x)
#define fdt64_to_cpu(x) be64_to_cpu(x)
#define cpu_to_fdt64(x) cpu_to_be64(x)

#endif /* LIBFDT_ENV_H */
