# SPDX-License-Identifier: BSD-2-Clause
"""The names by which scenes and people ask for the parts."""

from collections.abc import Callable
from pathlib import Path

from . import firmware, initrd, kernel

PARTS: dict[str, Callable[[], Path]] = {
    "optee": firmware.get,                  # firmware: TF-A and OP-TEE
    "optee-single": firmware.single,        # the same for one normal world, without a hypervisor
    "linux": kernel.get,                    # kernel: Linux 6.12 with FF-A
    "linux-debian": kernel.stock,           # kernel: Debian's own
    "initrd": initrd.get,                   # ramdisk for either
}


def need(name: str) -> Path:
    """The file of part @name, fetched and built when it is not in the cache. Raises RealStackError, Unavailable."""
    return PARTS[name]()
