#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Headers compile alone: each public one as C and as C++ (with the sizes that the interface promises), each of xen/ and
# asm/ as C with the hypervisor's flags. Usage: scripts/check-headers.sh [BUILD-FOLDER]; needs a configured build there.
set -u

cd "$(dirname "$0")/.." || exit 2
build=${1:-build}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
checked=0
failed=0

# check NAME COMMAND...: the command reads the program from standard input
check() {
    name=$1
    shift
    checked=$((checked + 1))
    if ! "$@" > "$tmp/out" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED $name"
        sed 's/^/    /' "$tmp/out" | head -n 8
    fi
}

public() {
    c=$1; cxx=$2
    for h in xen/include/public/*.h xen/include/public/hvm/*.h; do
        printf '#include "%s"\n' "$h" > "$tmp/alone.h"
        check "$h as C ($c)" "$c" -std=c99 -Wall -Wextra -Werror -I. -fsyntax-only -x c "$tmp/alone.h"
        check "$h as C++ ($cxx)" "$cxx" -std=c++11 -Wall -Wextra -Werror -I. -fsyntax-only -x c++ "$tmp/alone.h"
    done
    check "sizes ($c)" "$c" -std=c11 -Wall -Werror -I. -fsyntax-only -x c "$tmp/sizes.c"
    check "sizes ($cxx)" "$cxx" -std=c++11 -Wall -Werror -I. -fsyntax-only -x c++ "$tmp/sizes.c"
}

cat > "$tmp/sizes.c" <<'SIZES'
#define __XEN_TOOLS__ 1
#include "xen/include/public/debug_op.h"
#include "xen/include/public/domctl.h"
#include "xen/include/public/hvm/params.h"
#include "xen/include/public/memory.h"
#include "xen/include/public/sched.h"
#include "xen/include/public/sysctl.h"
#include "xen/include/public/vcpu.h"
#include "xen/include/public/version.h"
#ifndef __cplusplus
#define static_assert _Static_assert
#endif
#define SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset), #type "." #member)
SIZE(struct xen_domctl, 144);
AT(struct xen_domctl, domain, 8);
AT(struct xen_domctl, u, 16);
SIZE(struct xen_domctl_createdomain, 76);
AT(struct xen_domctl_createdomain, handle, 4);
AT(struct xen_domctl_createdomain, flags, 20);
AT(struct xen_domctl_createdomain, max_vcpus, 28);
AT(struct xen_domctl_createdomain, max_grant_frames, 36);
AT(struct xen_domctl_createdomain, altp2m, 48);
AT(struct xen_domctl_createdomain, cpupool_id, 56);
AT(struct xen_domctl_createdomain, arch, 60);
SIZE(struct xen_arch_domainconfig, 16);
AT(struct xen_arch_domainconfig, tee_type, 2);
AT(struct xen_arch_domainconfig, nr_spis, 4);
AT(struct xen_arch_domainconfig, arm_sci_type, 12);
SIZE(struct xen_domctl_getdomaininfo, 120);
AT(struct xen_domctl_getdomaininfo, tot_pages, 8);
AT(struct xen_domctl_getdomaininfo, cpu_time, 56);
AT(struct xen_domctl_getdomaininfo, handle, 76);
AT(struct xen_domctl_getdomaininfo, gpaddr_bits, 96);
AT(struct xen_domctl_getdomaininfo, arch_config, 104);
SIZE(struct vcpu_guest_core_regs, 312);
AT(struct vcpu_guest_core_regs, spsr_fiq, 272);
AT(struct vcpu_guest_core_regs, elr_el1, 304);
SIZE(struct vcpu_guest_context, 352);
AT(struct vcpu_guest_context, user_regs, 8);
AT(struct vcpu_guest_context, sctlr, 320);
SIZE(struct xen_add_to_physmap, 24);
SIZE(struct xen_add_to_physmap_batch, 32);
AT(struct xen_add_to_physmap_batch, idxs, 8);
SIZE(struct xen_memory_reservation, 32);
SIZE(struct xen_remove_from_physmap, 16);
SIZE(struct xen_sysctl, 136);
AT(struct xen_sysctl_physinfo, total_pages, 40);
SIZE(struct xen_sysctl_physinfo, 112);
AT(struct xen_sysctl_getdomaininfolist, buffer, 8);
AT(struct xen_sysctl_getdomaininfolist, num_domains, 16);
SIZE(struct debug_op_counters, 64);
SIZE(struct xen_hvm_param, 16);
SIZE(struct vcpu_register_vcpu_info, 16);
SIZE(struct vcpu_runstate_info, 48);
SIZE(struct vcpu_info, 48);
SIZE(struct shared_info, 1088);
AT(struct shared_info, evtchn_mask, 560);
AT(struct shared_info, wc_sec_hi, 1084);
SIZE(xen_commandline_t, 1024);
SIZE(struct xen_feature_info, 8);
SIZES

# The hypervisor's own headers, with the flags it is built with.
private() {
    cc=$1
    shift
    for h in xen/include/xen/*.h xen/arch/arm/include/asm/*.h xen/arch/arm/include/asm/tee/*.h; do
        printf '#include <%s>\n' "$(echo "$h" | sed 's|^xen/include/||; s|^xen/arch/arm/include/||')" > "$tmp/alone.c"
        check "$h ($cc)" "$cc" "$@" -std=gnu99 -O2 -nostdinc -fno-builtin -mgeneral-regs-only -Wall -Werror \
            -Wstrict-prototypes -Wredundant-decls -Wwrite-strings -Wdeclaration-after-statement -Wnested-externs \
            -Wno-unused-function -Wno-pointer-arith -D__XEN__ -Ixen/include -Ixen/arch/arm/include \
            -I"$build/include" -I"$build/include/libfdt" -Ixen/include/xen/libfdt -include xen/config.h -fsyntax-only "$tmp/alone.c"
    done
}

public "${CC:-cc}" "${CXX:-c++}"
if [ -f "$build/include/generated/autoconf.h" ]; then
    private "${CROSS_COMPILE:-aarch64-linux-gnu-}gcc"
else
    echo "$build is not configured: only the public headers are checked"
fi

echo "check-headers: $checked checked, $failed failed"
[ "$failed" -eq 0 ]
