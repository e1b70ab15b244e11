# SPDX-License-Identifier: BSD-2-Clause
"""Debian's arm64 binaries for the guests. All come from one suite: xtest, its libraries and its TAs must fit together."""

import subprocess
from pathlib import Path

from . import apt, cache

SUITES = ["trixie", "forky", "sid"]
# optee-os-dev has the key the TAs of optee-test-qemu are signed with: OP-TEE must be built to trust it.
PACKAGES = ["busybox-static", "optee-test-qemu", "tee-supplicant", "libteec2", "libckteec0t64", "optee-os-dev", "libssl3t64",
            "zlib1g", "libzstd1", "libc6", "libgcc-s1"]
TA_KEY = "usr/lib/optee-os-dev/vexpress-qemu_armv8a/keys/default_ta.pem"


def get() -> Path:
    """The cache entry: the packages, unpacked over each other. packages.txt lists their versions."""
    return cache.entry("userland", cache.recipe(SUITES, PACKAGES), _make)


def _make(folder: Path, _scratch: Path) -> str:
    def attempt(suite: apt.Suite) -> str:
        cache.say("userland", f"{len(PACKAGES)} packages of {suite.name}")
        files = [suite.download(package) for package in PACKAGES]
        for file in files:
            subprocess.run(["dpkg", "-x", file, folder], check=True)
        (folder / "packages.txt").write_text("".join(f"{file.stem}\n" for file in files), encoding="utf-8")
        return f"{suite.name}-" + next(f.stem.split("_")[1] for f in files if f.name.startswith("optee-test-qemu"))
    return apt.first("userland", SUITES, PACKAGES[1], attempt)
