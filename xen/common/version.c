/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who we are. Major and minor are the level of Xen's public interface that include/public/ follows, the extra version
 * says that this is another hypervisor behind it. Compiler and changeset come from the build.
 */
#include <xen/version.h>
#include <generated/compile.h>

const char *xen_extra_version(void)
{
    return ".0-portcullis";
}

/* Builds are reproducible: nothing in them says who made them, where or when */
const char *xen_compile_by(void)
{
    return "";
}

const char *xen_compile_domain(void)
{
    return "";
}

const char *xen_compile_date(void)
{
    return "";
}

const char *xen_compiler(void)
{
    return XEN_COMPILER;
}

const char *xen_changeset(void)
{
    return XEN_CHANGESET;
}
