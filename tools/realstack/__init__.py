# SPDX-License-Identifier: BSD-2-Clause
"""The real stack: firmware and guests from Debian's packages, fetched, built and kept in the user's cache.

    apt        packages and sources of any suite and architecture, without touching the machine's apt
    cache      entries keyed by what went into them; one builder at a time; progress on long steps
    userland   Debian's arm64 binaries: busybox, xtest and its TAs, tee-supplicant, their libraries
    initrd     the initramfs made of them and guest-init.sh
    firmware   TF-A with OP-TEE as its SPMC, one BIOS image; the hypervisor is not part of it
    kernel     Linux 6.12 with FF-A, and Debian's own kernel without it
    parts      the names by which scenes ask for all that

docs/real-stack.md tells how to bring one's own.
"""

from .cache import RealStackError, Unavailable
from .parts import PARTS, need

__all__ = ["PARTS", "RealStackError", "Unavailable", "need"]
