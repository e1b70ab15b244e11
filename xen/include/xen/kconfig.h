/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IS_ENABLED(CONFIG_X) is 1 when the option is set, 0 when it is not; usable in
 * C expressions and in #if. The option macros are 1 or undefined, so pasting
 * the value behind a prefix selects an argument position.
 */
#ifndef XEN_KCONFIG_H
#define XEN_KCONFIG_H

#define XEN_ARG_PLACEHOLDER_1 0,
#define XEN_TAKE_SECOND(ignored, val, ...) val
#define XEN_IS_SET__(arg_or_junk) XEN_TAKE_SECOND(arg_or_junk 1, 0)
#define XEN_IS_SET_(value) XEN_IS_SET__(XEN_ARG_PLACEHOLDER_##value)
#define XEN_IS_SET(option) XEN_IS_SET_(option)

#define IS_ENABLED(option) XEN_IS_SET(option)

#endif /* XEN_KCONFIG_H */
