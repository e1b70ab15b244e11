# SPDX-License-Identifier: BSD-2-Clause
"""The QEMU command line of a scene, and the files it names (device tree, mailbox), written into a work folder."""

import hashlib
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import realstack

from . import abi, bootdtb
from .model import Scene, SceneError

QEMU = os.environ.get("QEMU", "qemu-system-aarch64")
DTB_PA = 0x4fe00000              # used only when a ready-made device tree replaces ours: the tree
STUB_PA = 0x4ffe0000            # and the stub that hands it over
DUMP_TIMEOUT = 60


@dataclass
class Prepared:
    """A scene turned into files and arguments; consoles are added by whoever runs it."""
    argv: list[str]
    dtb: Path


def machine_args(scene: Scene, bios: Path | None) -> list[str]:
    """-M, -cpu, -smp, -m, -bios: what the base device tree depends on."""
    if bios is None:
        virtualization = "on" if scene.firmware.entry_el == 2 else "off"
        machine = f"virt,virtualization={virtualization},gic-version=3"
    else:
        machine = "virt,secure=on,virtualization=on,gic-version=3"
    args = ["-M", machine, "-cpu", scene.machine.cpu, "-smp", str(scene.machine.cpus), "-m", f"{scene.machine.memory}M",
            "-display", "none", "-nic", "none", "-no-reboot"]
    if bios is not None:
        args += ["-bios", str(bios)]
    return args


def base_dtb(args: list[str], cache: Path) -> bytes:
    """QEMU's own device tree for this machine, dumped once per set of arguments and kept in @cache."""
    key = hashlib.sha256("\0".join([QEMU, *args]).encode()).hexdigest()[:16]
    path = cache / f"machine-{key}.dtb"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = cache / f"machine-{key}.{os.getpid()}.tmp"
        command = [QEMU, *args]
        command[2] += f",dumpdtb={temporary}"
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                                  timeout=DUMP_TIMEOUT)
        except FileNotFoundError as error:
            raise SceneError(f"{QEMU} is missing; run scripts/install-packages.sh") from error
        if done.returncode != 0 or not temporary.is_file():
            raise SceneError(f"QEMU refused the machine: {done.stderr.strip()}")
        temporary.replace(path)
    return path.read_bytes()


def firmware_image(scene: Scene, build: Path) -> Path | None:
    """The BIOS image; None: QEMU's own PSCI. Raises SceneError."""
    if scene.firmware.kind == "none":
        return None
    if scene.firmware.kind in realstack.PARTS:
        return realstack.need(scene.firmware.kind)
    path = build / "secure" / "firmware.bin" if scene.firmware.kind == "builtin" else Path(scene.firmware.kind)
    if not path.is_file():
        raise SceneError(f"no such firmware: {path}")
    return path.resolve()


def hypervisor_image(scene: Scene, build: Path) -> Path:
    """The hypervisor: a name in the build folder or a path; or a kernel in its place. Raises SceneError."""
    name = scene.hypervisor.image
    if name in realstack.PARTS:
        return realstack.need(name)
    path = build / name if "/" not in name else Path(name)
    if not path.is_file():
        raise SceneError(f"no such hypervisor: {path}")
    return path.resolve()


def _loader(path: Path, address: int) -> list[str]:
    return ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]


def _entry_stub(dtb: int, entry: int) -> bytes:
    """Machine code: x0 = @dtb, x1 = 0, jump to @entry through x4."""
    code = struct.pack("<4I", 0x58000080,       # ldr x0, . + 16
                       0xD2800001,              # mov x1, #0
                       0x58000084,              # ldr x4, . + 16
                       0xD61F0080)              # br  x4
    return code + struct.pack("<QQ", dtb, entry)


def prepare(scene: Scene, build: Path, workdir: Path, raw_dtb: bytes | None = None) -> Prepared:
    """
    Writes the device tree and the mailbox of @scene into @workdir and returns the command line.

    @raw_dtb replaces the generated tree, unread: this is how broken trees reach the hypervisor. QEMU would refuse such
    a file, so it is loaded as plain bytes and a stub of four instructions hands its address over.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    bios = firmware_image(scene, build)
    hypervisor = hypervisor_image(scene, build)
    modules = bootdtb.place_modules(scene, build)
    args = machine_args(scene, bios)
    dtb = workdir / "boot.dtb"
    dtb.write_bytes(bootdtb.build(base_dtb(args, build / "dtb"), scene, modules))

    argv = [QEMU, *args, *scene.machine.qemu_args, "-dtb", str(dtb)]
    if scene.machine.icount:
        argv += ["-icount", "shift=0,sleep=off"]
    if bios is None:
        if raw_dtb is not None:
            raise SceneError("a ready-made device tree needs the built-in firmware")
        argv += ["-kernel", str(hypervisor)]
    else:
        entry = bootdtb.HYPERVISOR_PA
        argv += _loader(hypervisor, entry)
        if raw_dtb is not None:
            (workdir / "raw.dtb").write_bytes(raw_dtb)
            (workdir / "stub.bin").write_bytes(_entry_stub(DTB_PA, entry))
            argv += _loader(workdir / "raw.dtb", DTB_PA) + _loader(workdir / "stub.bin", STUB_PA)
            entry = STUB_PA
        if scene.firmware.kind == "builtin":
            argv += _loader(_write_mailbox(scene, workdir, entry), abi.numbers()["FW_MAILBOX_PA"])
    for module in (module for of_domain in modules.values() for module in of_domain):
        argv += _loader(module.path, module.address)
    return Prepared(argv, dtb)


def _write_mailbox(scene: Scene, workdir: Path, entry: int) -> Path:
    known = abi.numbers()
    firmware = scene.firmware
    options = sum(known[f"FW_OPT_{name}"] for name in set(firmware.options))
    fault = (0, 0, 0, 0)
    if firmware.fault.kind:
        fault = (known[f"FAULT_{firmware.fault.kind}"], firmware.fault.a, firmware.fault.b, firmware.fault.times)
    path = workdir / "mailbox.bin"
    path.write_bytes(abi.mailbox(options, entry, scene.max_version_number(), firmware.sri, fault, firmware.entry_el))
    return path
