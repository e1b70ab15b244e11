/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included before every source file, C and assembly: the configuration
 * (CONFIG_*), and the constants that depend on the architecture. It must stay
 * free of anything but preprocessor definitions, so that assembly can use it.
 */
#ifndef XEN_CONFIG_H
#define XEN_CONFIG_H

#include <generated/autoconf.h>

#include <xen/kconfig.h>

#ifndef __XEN__
#define __XEN__ 1
#endif

#ifndef CONFIG_NR_CPUS
#define CONFIG_NR_CPUS 8
#endif
#define NR_CPUS CONFIG_NR_CPUS

#ifndef __ASSEMBLY__
#define asmlinkage
#endif

#include <asm/config.h>

#endif /* XEN_CONFIG_H */
