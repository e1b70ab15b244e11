/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line parameters: each macro names one and says where its value goes.
 *
 *   boolean_param("x", var)  bool or int var: "x", "no-x", "x=yes/no/..."
 *   integer_param("x", var)  an integer of any width, any base
 *   size_param("x", var)     bytes; suffix B K M G T, without one KiB
 *   string_param("x", array) copied, cut to the array
 *   custom_param("x", fn)    int fn(const char *value): 0, or -errno
 */
#ifndef XEN_PARAM_H
#define XEN_PARAM_H

#include <xen/init.h>
#include <xen/stdbool.h>
#include <xen/types.h>

struct kernel_param {
    const char *name;
    enum {
        OPT_STR,
        OPT_UINT,
        OPT_BOOL,
        OPT_SIZE,
        OPT_CUSTOM,
    } type;
    unsigned int len;           /* bytes at var */
    union {
        void *var;
        int (*func)(const char *value);
    } par;
};

extern const struct kernel_param __setup_start[], __setup_end[];

#define __param(att)  static const att __used \
    __aligned(sizeof(void *)) struct kernel_param
#define __kparam      __param(__section(".init.setup"))

#define PARAM_ID_(line, id) id##line
#define PARAM_ID(line, id)  PARAM_ID_(line, id)

#define DEFINE_PARAM_(_name, _type, _len, _field, _val)                 \
    static const char PARAM_ID(__LINE__, param_name_)[] __initconst     \
        __aligned(1) = (_name);                                         \
    __kparam PARAM_ID(__LINE__, param_) = {                             \
        .name = PARAM_ID(__LINE__, param_name_),                        \
        .type = (_type),                                                \
        .len = (_len),                                                  \
        .par._field = (_val),                                           \
    }

#define custom_param(_name, _func) \
    DEFINE_PARAM_(_name, OPT_CUSTOM, 0, func, _func)
#define boolean_param(_name, _var) \
    DEFINE_PARAM_(_name, OPT_BOOL, sizeof(_var), var, &(_var))
#define integer_param(_name, _var) \
    DEFINE_PARAM_(_name, OPT_UINT, sizeof(_var), var, &(_var))
#define size_param(_name, _var) \
    DEFINE_PARAM_(_name, OPT_SIZE, sizeof(_var), var, &(_var))
#define string_param(_name, _var) \
    DEFINE_PARAM_(_name, OPT_STR, sizeof(_var), var, &(_var))

#endif /* XEN_PARAM_H */
