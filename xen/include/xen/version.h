/* SPDX-License-Identifier: GPL-2.0-only */
/* Who we are; the numbers come from the build. */
#ifndef XEN_VERSION_H
#define XEN_VERSION_H

static inline unsigned int xen_major_version(void)
{
    return 4;
}

static inline unsigned int xen_minor_version(void)
{
    return 22;
}

const char *xen_extra_version(void);
const char *xen_compile_by(void);
const char *xen_compile_domain(void);
const char *xen_compile_date(void);
const char *xen_compiler(void);
const char *xen_changeset(void);

#endif /* XEN_VERSION_H */
