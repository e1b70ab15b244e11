# SPDX-License-Identifier: BSD-2-Clause
"""The initramfs of the guests: Debian's binaries and guest-init.sh, as a compressed newc archive.

Written here rather than with cpio(1): no root is needed for device nodes and owners, and the same input gives the same
bytes.
"""

import gzip
import stat
from pathlib import Path

from . import cache, userland

INIT = Path(__file__).resolve().parent / "guest-init.sh"
FOLDERS = ["bin", "sbin", "dev", "proc", "sys", "tmp", "run", "etc", "root", "lib", "usr", "usr/bin", "usr/sbin", "var", "var/lib",
           "var/lib/tee", "data", "data/tee", "lib/optee_armtz", "lib/aarch64-linux-gnu", "usr/lib", "usr/lib/tee-supplicant",
           "usr/lib/tee-supplicant/plugins"]
PROGRAMS = {"bin/busybox": "usr/bin/busybox", "usr/bin/xtest": "usr/bin/xtest", "usr/sbin/tee-supplicant": "usr/sbin/tee-supplicant"}
LIBRARIES = ["libteec.so.2", "libckteec.so.0", "libcrypto.so.3", "libssl.so.3", "libz.so.1", "libzstd.so.1", "libc.so.6",
             "libgcc_s.so.1", "libm.so.6", "libdl.so.2", "libpthread.so.0", "ld-linux-aarch64.so.1"]
LINKS = {"lib/ld-linux-aarch64.so.1": "aarch64-linux-gnu/ld-linux-aarch64.so.1", "lib64": "lib", "bin/sh": "busybox"}
LAYOUT = 3                      # raise when this file changes what the archive contains


class Newc:
    """Writes the archive format the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format)."""

    def __init__(self, out) -> None:
        self.out = out
        self.inode = 0

    def add(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        """One entry, owned by root, of time 0."""
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._padded(b"070701" + b"".join(b"%08x" % field for field in fields) + encoded)
        self._padded(data)

    def close(self) -> None:
        """The trailer."""
        self.add("TRAILER!!!", 0)

    def _padded(self, data: bytes) -> None:
        self.out.write(data + b"\0" * (-len(data) % 4))


def get() -> Path:
    """The initramfs file, from the cache or made now."""
    tree = userland.get()
    return cache.entry("initrd", cache.recipe(tree.name, INIT, FOLDERS, PROGRAMS, LIBRARIES, LINKS, LAYOUT),
                       lambda folder, _: _make(tree, folder)) / "initrd.gz"


def _make(tree: Path, folder: Path) -> str:
    with (folder / "initrd.gz").open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as out:
        archive = Newc(out)
        for name in FOLDERS:
            archive.add(name, stat.S_IFDIR | 0o755)
        archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        archive.add("init", stat.S_IFREG | 0o755, INIT.read_bytes())
        for name, source in PROGRAMS.items():
            archive.add(name, stat.S_IFREG | 0o755, (tree / source).read_bytes())
        for name in LIBRARIES:
            path = tree / "usr/lib/aarch64-linux-gnu" / name
            if path.exists():
                archive.add(f"lib/aarch64-linux-gnu/{name}", stat.S_IFREG | 0o755, path.read_bytes())
        for path in sorted((tree / "usr/lib/optee_armtz").glob("*.ta")):
            archive.add(f"lib/optee_armtz/{path.name}", stat.S_IFREG | 0o644, path.read_bytes())
        for path in sorted((tree / "usr/lib/tee-supplicant/plugins").glob("*.plugin")):       # xtest 1033
            archive.add(f"usr/lib/tee-supplicant/plugins/{path.name}", stat.S_IFREG | 0o755, path.read_bytes())
        for name, target in LINKS.items():
            archive.add(name, stat.S_IFLNK | 0o777, target.encode())
        archive.close()
    return cache.version(tree)
