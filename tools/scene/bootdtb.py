# SPDX-License-Identifier: BSD-2-Clause
"""The boot device tree: QEMU's own description of the machine, plus /chosen with the domains and their modules.

Also decides where in memory each module lies, because the tree has to say so. The bindings are those of dom0less
(docs/interfaces.md).
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import realstack

from . import abi
from .model import Domain, Scene, SceneError

RAM_BASE = 0x40000000
MODULES_BASE = 0x48200000       # below: room for the tree, which QEMU puts at 0x48000000 when there is no firmware
MODULES_END = 0x60000000        # the hypervisor is loaded here
MODULE_ALIGN = 0x200000
HYPERVISOR_PA = 0x60000000
RUNNER_BASE = 0x4fc00000         # the runner's own: trace of the firmware, mailbox, and what qemu.py needs for ready-made trees
LENDABLE_BASE = abi.numbers()["SP_NS_BASE"]     # below it: memory of the built-in secure world's, reserved in the tree
LENDABLE_SIZE = abi.numbers()["SP_NS_PAGES"] * 4096
RUNNER_END = 0x50000000
CAPABILITY_CONTROL = 1
NO_DOMAIN = ""


@dataclass(frozen=True)
class Module:
    """A file in memory, and the node that describes it."""
    path: Path
    address: int
    size: int
    kind: str                   # multiboot,kernel | multiboot,ramdisk | multiboot,device-tree
    bootargs: str = ""


class Placer:
    """Hands out module addresses from low to high and steps over the secure world's 4 MiB and the runner's own 4 MiB."""

    def __init__(self) -> None:
        self.next = MODULES_BASE

    def place(self, path: Path) -> tuple[int, int]:
        """Address and size for @path. Every module gets its own copy: the hypervisor gives each one's memory back."""
        size = path.stat().st_size
        address = self.next
        if address < RUNNER_END and address + size > LENDABLE_BASE:
            address = RUNNER_END
        if address + size > MODULES_END:
            raise SceneError(f"{path}: no room left for modules below {MODULES_END:#x}")
        self.next = (address + size + MODULE_ALIGN - 1) & -MODULE_ALIGN
        return address, size


def find_image(name: str, build: Path) -> Path:
    """The file of an image name: a part of the real stack, <build>/guest/<name>.img, or a path. Raises SceneError."""
    if name in realstack.PARTS:
        return realstack.need(name)
    candidates = [build / "guest" / f"{name}.img"] if "/" not in name else []
    candidates.append(Path(name))
    for path in candidates:
        if path.is_file():
            return path.resolve()
    raise SceneError(f"no such image: {name} (looked for {', '.join(map(str, candidates))})")


def place_modules(scene: Scene, build: Path) -> dict[str, list[Module]]:
    """The modules of every domain, by its name; NO_DOMAIN: of a kernel in the hypervisor's place."""
    placer = Placer()
    placed = {}
    if scene.hypervisor.ramdisk:
        path = find_image(scene.hypervisor.ramdisk, build)
        placed[NO_DOMAIN] = [Module(path, *placer.place(path), "")]
    for domain in scene.domains:
        modules = []
        for kind, name, bootargs in (("multiboot,kernel", domain.kernel, domain.cmdline),
                                     ("multiboot,ramdisk", domain.ramdisk, ""),
                                     ("multiboot,device-tree", domain.device_tree, "")):
            if name:
                path = find_image(name, build)
                address, size = placer.place(path)
                modules.append(Module(path, address, size, kind, bootargs))
        placed[domain.name] = modules
    return placed


def _libfdt():
    try:
        import libfdt
    except ImportError as error:
        raise SceneError("python3-libfdt is missing; run scripts/install-packages.sh and use /usr/bin/python3") from error
    return libfdt


def _property(value) -> bytes | None:
    """A scene's value as a device tree property; None: no such property."""
    if value is False:
        return None
    if value is True:
        return b""
    if isinstance(value, int):
        return struct.pack(">I", value)
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, list) and all(isinstance(v, int) for v in value):
        return struct.pack(f">{len(value)}I", *value)
    raise SceneError(f"[domain.dt]: {value!r} is no property value (number, string, list of numbers, true, false)")


def _strings(values: list[str] | None) -> bytes | None:
    """A list of strings; None: no such property."""
    return None if values is None else b"".join(value.encode() + b"\0" for value in values)


def _u64(value: int) -> bytes:
    return struct.pack(">Q", value)


def _add_domain(fdt, chosen: int, domain: Domain, modules: list[Module]) -> None:
    node = fdt.add_subnode(chosen, domain.name)
    properties = {
        "compatible": _property("xen,domain"),
        "#address-cells": _property(2),
        "#size-cells": _property(2),
        "memory": _u64(domain.memory * 1024),
        "cpus": _property(domain.vcpus),
        "vpl011": _property(domain.vpl011),
        "xen,tee": _property(domain.tee or False),
        "xen,ffa-peers": _strings(domain.ffa_peers),
        "xen,ffa-scheduler": _property(domain.ffa_scheduler),
        "capabilities": _property(CAPABILITY_CONTROL if domain.control else False),
        "nr_spis": _property(domain.nr_spis if domain.nr_spis is not None else False),
    }
    properties.update({name: _property(value) for name, value in domain.dt.items()})
    for name, value in properties.items():
        if value is not None:
            fdt.setprop(node, name, value)
    for vcpu, cpus in enumerate(domain.affinity):
        if cpus:
            sub = fdt.add_subnode(node, f"vcpu{vcpu}")
            fdt.setprop_str(sub, "compatible", "xen,vcpu")
            fdt.setprop_u32(sub, "id", vcpu)
            fdt.setprop_str(sub, "hard-affinity", cpus)
    # libfdt puts a new node before its siblings, so the last one is added first.
    for module in reversed(modules):
        sub = fdt.add_subnode(node, f"module@{module.address:x}")
        fdt.setprop(sub, "compatible", f"{module.kind}\0multiboot,module\0".encode())
        fdt.setprop(sub, "reg", _u64(module.address) + _u64(module.size))
        if module.bootargs:
            fdt.setprop_str(sub, "bootargs", module.bootargs)


def _subnodes(fdt, parent: int):
    libfdt = _libfdt()
    offset = fdt.first_subnode(parent, [libfdt.NOTFOUND])
    while offset >= 0:
        yield offset
        offset = fdt.next_subnode(offset, [libfdt.NOTFOUND])


def _add_psci(fdt) -> None:
    """QEMU describes no PSCI when firmware is to provide it."""
    libfdt = _libfdt()
    if fdt.path_offset("/psci", [libfdt.NOTFOUND]) < 0:
        node = fdt.add_subnode(0, "psci")
        fdt.setprop(node, "compatible", b"arm,psci-1.0\0arm,psci-0.2\0")
        fdt.setprop_str(node, "method", "smc")
    names = [fdt.get_name(offset) for offset in _subnodes(fdt, fdt.path_offset("/cpus"))]
    for name in names:
        if name.startswith("cpu@"):
            fdt.setprop_str(fdt.path_offset(f"/cpus/{name}"), "enable-method", "psci")


def _reserve(fdt, name: str, address: int, size: int, no_map: bool = False) -> None:
    """Memory that the hypervisor leaves alone."""
    libfdt = _libfdt()
    parent = fdt.path_offset("/reserved-memory", [libfdt.NOTFOUND])
    if parent < 0:
        parent = fdt.add_subnode(0, "reserved-memory")
        fdt.setprop_u32(parent, "#address-cells", 2)
        fdt.setprop_u32(parent, "#size-cells", 2)
        fdt.setprop(parent, "ranges", b"")
    node = fdt.add_subnode(parent, f"{name}@{address:x}")
    fdt.setprop(node, "reg", _u64(address) + _u64(size))
    if no_map:
        fdt.setprop(node, "no-map", b"")


def build(base: bytes, scene: Scene, modules: dict[str, list[Module]]) -> bytes:
    """The boot device tree of @scene on the machine described by @base."""
    libfdt = _libfdt()
    fdt = libfdt.Fdt(bytearray(base))
    fdt.resize(len(base) + 0x4000 + 0x800 * len(scene.domains) + len(scene.hypervisor.cmdline) +
               sum(len(d.cmdline) + 0x100 * len(d.affinity) + len(_strings(d.ffa_peers) or b"") for d in scene.domains) +
               len(_strings(scene.hypervisor.ffa_peers)))

    if scene.firmware.kind != "none":
        _add_psci(fdt)
    if "TRACE" in scene.firmware.options:
        _reserve(fdt, "runner", abi.numbers()["FW_TRACE_PA"], abi.numbers()["FW_TRACE_SIZE"])
    if scene.firmware.kind == "builtin":
        _reserve(fdt, "sp", LENDABLE_BASE, LENDABLE_SIZE, no_map=True)
    chosen = fdt.path_offset("/chosen", [libfdt.NOTFOUND])
    if chosen < 0:
        chosen = fdt.add_subnode(0, "chosen")
    fdt.setprop_str(chosen, "xen,xen-bootargs", scene.hypervisor.cmdline)
    if not scene.domains:       # something else than a hypervisor, perhaps, which reads its command line here
        fdt.setprop_str(chosen, "bootargs", scene.hypervisor.cmdline)
    fdt.setprop(chosen, "xen,ffa-peers", _strings(scene.hypervisor.ffa_peers))
    for ramdisk in modules.get(NO_DOMAIN, []):
        fdt.setprop_str(chosen, "bootargs", scene.hypervisor.cmdline)
        fdt.setprop(chosen, "linux,initrd-start", _u64(ramdisk.address))
        fdt.setprop(chosen, "linux,initrd-end", _u64(ramdisk.address + ramdisk.size))
    for domain in reversed(scene.domains):
        _add_domain(fdt, fdt.path_offset("/chosen"), domain, modules[domain.name])
    fdt.pack()
    return bytes(fdt.as_bytearray())[:fdt.totalsize()]
