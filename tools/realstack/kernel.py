# SPDX-License-Identifier: BSD-2-Clause
"""Linux 6.12 with FF-A (tinyconfig and linux-guest.config), and Debian's stock kernel, which has no FF-A driver."""

import gzip
import lzma
import shutil
import struct
import subprocess
from pathlib import Path

from . import apt, cache

CONFIG = Path(__file__).resolve().parent / "linux-guest.config"
SUITES = ["bookworm-security", "trixie", "trixie-security"]
SOURCE = "linux-source-6.12"
STOCK_SUITES = ["bookworm", "bookworm-security", "trixie"]
STOCK = "linux-image-arm64"
CROSS = "aarch64-linux-gnu-"
IMAGE_MAGIC = b"ARM\x64"        # at offset 56 of an arm64 Image


def get() -> Path:
    """The Image, from the cache or made now."""
    return cache.entry("linux", cache.recipe(SUITES, SOURCE, CONFIG), _make) / "Image"


def _make(folder: Path, scratch: Path) -> str:
    cache.install_tools()
    package = apt.first("linux", SUITES, SOURCE, lambda suite: suite.download(SOURCE))
    version = package.name.split("_")[1]
    cache.say("linux", f"unpacking {SOURCE} {version}")
    subprocess.run(["dpkg", "-x", package, scratch / "deb"], check=True)
    source, out, log = scratch / "source", scratch / "out", scratch / "log"
    source.mkdir()
    out.mkdir()
    subprocess.run(["tar", "-C", source, "--strip-components=1", "-xf", next((scratch / "deb/usr/src").glob("*.tar.*"))], check=True)
    make = ["nice", "make", "-C", source, f"O={out}", "ARCH=arm64", f"CROSS_COMPILE={CROSS}", "KBUILD_BUILD_USER=portcullis",
            "KBUILD_BUILD_HOST=portcullis", "KBUILD_BUILD_TIMESTAMP=1970-01-01"]
    cache.run("linux", "configuring", [*make, "tinyconfig"], log)
    with (out / ".config").open("a", encoding="utf-8") as config:       # the last word on a symbol counts
        config.write(CONFIG.read_text(encoding="utf-8"))
    cache.run("linux", "configuring: linux-guest.config", [*make, "olddefconfig"], log)
    _check_config(out / ".config")
    cache.run("linux", f"compiling Linux {version} (about 4 minutes on 2 CPUs)", [*make, cache.jobs(), "Image"], log)
    shutil.copy(out / "arch/arm64/boot/Image", folder / "Image")
    shutil.copy(out / ".config", folder / "config")
    shutil.copy(out / "System.map", folder / "System.map")
    return version


def _check_config(path: Path) -> None:
    """Every line of ours must have survived; a symbol that another one forbids vanishes silently otherwise."""
    got = set(path.read_text(encoding="utf-8").splitlines())
    wanted = [line for line in CONFIG.read_text(encoding="utf-8").splitlines() if line.startswith("CONFIG_")]
    lost = [line for line in wanted if not line.endswith("=n") and line not in got]
    lost += [line for line in wanted if line.endswith("=n") and line.removesuffix("n") + "y" in got]
    if lost:
        raise cache.RealStackError(f"linux: the kernel's configuration does not take {', '.join(lost)}")


def stock() -> Path:
    """Debian's own kernel as a plain Image."""
    return cache.entry("debian-kernel", cache.recipe(STOCK_SUITES, STOCK, 1), _make_stock) / "Image"


def _make_stock(folder: Path, scratch: Path) -> str:
    def attempt(suite: apt.Suite) -> Path:
        names = [name for name in suite.depends(STOCK) if name.startswith("linux-image-")]
        if not names:
            raise cache.Unavailable(STOCK, f"{STOCK} is not in {suite.name}")
        cache.say("debian-kernel", f"fetching {names[0]}")
        return suite.download(names[0])

    package = apt.first("debian-kernel", STOCK_SUITES, STOCK, attempt)
    subprocess.run(["dpkg", "-x", package, scratch / "deb"], check=True)
    data = next((scratch / "deb/boot").glob("vmlinuz-*")).read_bytes()
    (folder / "Image").write_bytes(plain_image(data))
    return "-".join(package.stem.split("_")[:2])


def plain_image(data: bytes) -> bytes:
    """The arm64 Image inside @data: itself, gzipped, or an EFI program that carries it compressed. Raises RealStackError."""
    if data[:2] == b"MZ" and data[4:8] == b"zimg":
        offset, size = struct.unpack_from("<II", data, 8)
        method = data[24:56].split(b"\0")[0].decode("ascii", "replace")
        payload = data[offset:offset + size]
        if method == "gzip":
            data = gzip.decompress(payload)
        elif method in ("xzkern", "lzma"):
            data = lzma.decompress(payload)
        elif method == "zstd22":
            data = subprocess.run(["zstd", "-d", "-q", "-c"], input=payload, capture_output=True, check=True).stdout
        else:
            raise cache.RealStackError(f"an EFI kernel compressed with {method}, which nobody here can unpack")
    elif data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[56:60] != IMAGE_MAGIC:
        raise cache.RealStackError("not an arm64 kernel image")
    return data
