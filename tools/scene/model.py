# SPDX-License-Identifier: BSD-2-Clause
"""What a scene says. The format is described in docs/interfaces.md; unknown tables and keys are refused by name."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realstack import PARTS

from . import abi

MIN_MEMORY_MIB = 768            # the hypervisor is loaded 512 MiB into RAM and wants room behind it


class SceneError(Exception):
    """The scene (or the command line) is wrong; the text says where."""


@dataclass
class Machine:
    """[machine]: the emulated board."""
    cpus: int = 2
    memory: int = 1024                  # MiB
    cpu: str = "max,pauth-impdef=on"    # QEMU's -cpu
    icount: bool = False                # one instruction = 1 ns of virtual time; exact and repeatable, one host thread
    qemu_args: list = field(default_factory=list)


@dataclass
class Fault:
    """[firmware.fault]: a fault the SPMC is born with."""
    kind: str = ""
    a: int = 0
    b: int = 0
    times: int = 0xFFFFFFFF


@dataclass
class Firmware:
    """[firmware]: what runs at EL3 and in the secure world."""
    kind: str = "builtin"               # builtin | none | optee | optee-single | path of a BIOS image
    options: list = field(default_factory=list)
    max_version: str = ""               # highest FF-A version the SPMC speaks, e.g. "1.1"
    sri: int = 0                        # INTID of the SRI; 0: the default
    entry_el: int = 2                   # exception level at which the hypervisor is entered
    fault: Fault = field(default_factory=Fault)


@dataclass
class Hypervisor:
    """[hypervisor]"""
    image: str = "xen"                  # name in the build folder, a part of the real stack, or a path
    cmdline: str = ""
    ramdisk: str = ""                   # with one, @image is a Linux in the hypervisor's place, and this its initramfs
    ffa_peers: list = field(default_factory=lambda: ["sp:* all"])   # FF-A policy of domains that have none of their own


@dataclass
class Domain:
    """[[domain]]: xl.cfg's names."""
    name: str
    kernel: str
    ramdisk: str = ""
    device_tree: str = ""               # partial device tree (DTB)
    cmdline: str = ""
    vcpus: int = 1
    memory: int = 32                    # MiB
    tee: str = "none"                   # none | ffa; "" leaves the property out
    control: bool = False               # may create and destroy other domains
    vpl011: bool = True
    nr_spis: int | None = None
    ffa_peers: list | None = None       # FF-A policy, as "sp:<UUID> message notify"; None: that of [hypervisor]
    ffa_scheduler: bool = False         # gives SPs that have notifications their cycles
    affinity: list = field(default_factory=list)    # of vCPU 0, 1, ...: the CPUs it may run on, as "0-3,5"; "" is any
    dt: dict = field(default_factory=dict)  # further properties of the domain's node; false removes one


@dataclass
class Expect:
    """[expect]: when the run is a success."""
    timeout: float = 120.0              # seconds of host time, only to end a run that hangs
    off: bool = True                    # ends with "All domains are gone" and balanced books
    no_rescues: bool = False            # no NPI was left to the mediator's timer
    tap: list | None = None             # domains that must report a complete TAP; None: every domain
    boots: list | None = None           # domains that exist; None: every domain (fewer when a node is bad on purpose)
    notifications: bool = False         # every notification set was delivered to its domain, and there was at least one
    lines: list = field(default_factory=list)       # regular expressions, each found in "who: text" of some line
    no_lines: list = field(default_factory=list)    # and these in none
    faulty_spmc: bool = False           # the SPMC is made to lie: its books are not held against the hypervisor's
    stop_at: str = ""                   # end the run when a line matches; for machines that stop but cannot power off


TABLES = {"machine": Machine, "firmware": Firmware, "hypervisor": Hypervisor, "expect": Expect}


def _build(cls, where: str, values: Any):
    """An instance of the dataclass @cls from a TOML table; refuses what it does not know, and wrong types."""
    if not isinstance(values, dict):
        raise SceneError(f"{where}: expected a table")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    known = {}
    for key, value in values.items():
        if key not in fields:
            raise SceneError(f"{where}: unknown key '{key}' (known: {', '.join(fields)})")
        if key == "fault":
            value = _build(Fault, f"{where}.fault", value)
        else:
            _check_type(where, key, value, fields[key].type)
        known[key] = value
    missing = [f.name for f in fields.values()
               if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in known]
    if missing:
        raise SceneError(f"{where}: '{missing[0]}' is missing")
    return cls(**known)


def _check_type(where: str, key: str, value: Any, wanted: Any) -> None:
    names = {int: "a number", float: "a number", str: "a string", bool: "true or false", list: "a list", dict: "a table"}
    allowed = wanted.__args__ if hasattr(wanted, "__args__") else (wanted,)
    for kind in allowed:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return
        if kind is int and isinstance(value, bool):
            continue
        if isinstance(value, kind):
            return
    raise SceneError(f"{where}: '{key}' must be {names.get(allowed[0], allowed[0])}")


@dataclass
class Scene:
    """A whole scene."""
    name: str
    machine: Machine
    firmware: Firmware
    hypervisor: Hypervisor
    domains: list[Domain]
    expect: Expect

    @classmethod
    def from_dict(cls, values: dict, name: str = "scene") -> "Scene":
        """A scene from nested dicts, as TOML gives them or a test writes them. Raises SceneError."""
        parts = {key: _build(table, f"[{key}]", values.get(key, {})) for key, table in TABLES.items()}
        domains = values.get("domain", [])
        if not isinstance(domains, list):
            raise SceneError("[[domain]] must be an array of tables (two brackets)")
        for key in values:
            if key not in TABLES and key != "domain":
                raise SceneError(f"unknown table [{key}] (known: {', '.join(TABLES)}, [domain])")
        scene = cls(name=name, domains=[_build(Domain, f"[[domain]] {i + 1}", d) for i, d in enumerate(domains)], **parts)
        scene.validate()
        return scene

    @classmethod
    def load(cls, path: Path) -> "Scene":
        """A scene from a TOML file. Raises SceneError."""
        try:
            with path.open("rb") as file:
                values = tomllib.load(file)
        except OSError as error:
            raise SceneError(f"{path}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise SceneError(f"{path}: {error}") from error
        try:
            return cls.from_dict(values, path.stem)
        except SceneError as error:
            raise SceneError(f"{path}: {error}") from error

    def validate(self) -> None:
        """What types alone do not say."""
        if not 1 <= self.machine.cpus <= 128:
            raise SceneError("[machine]: 'cpus' must be 1 to 128")
        if self.machine.memory < MIN_MEMORY_MIB:
            raise SceneError(f"[machine]: 'memory' must be {MIN_MEMORY_MIB} (MiB) or more")
        for option in self.firmware.options:
            if option not in abi.option_names():
                raise SceneError(f"[firmware]: unknown option '{option}' (known: {', '.join(abi.option_names())})")
        if self.firmware.fault.kind and self.firmware.fault.kind not in abi.fault_names():
            raise SceneError(f"[firmware.fault]: unknown kind '{self.firmware.fault.kind}' "
                             f"(known: {', '.join(abi.fault_names())})")
        if self.firmware.max_version:
            self.max_version_number()
        if any(not isinstance(peer, str) for peer in self.hypervisor.ffa_peers):
            raise SceneError("[hypervisor]: 'ffa_peers' is a list of texts such as \"sp:* all\"")
        if self.hypervisor.ramdisk and (self.domains or self.expect.off):
            raise SceneError("[hypervisor]: with a 'ramdisk' there is no hypervisor: no [[domain]], and [expect] off = false")
        names = [d.name for d in self.domains]
        for domain in self.domains:
            if not domain.name or set(domain.name) & set("/@: \t"):
                raise SceneError(f"[[domain]] '{domain.name}': a name is not empty and has no '/', '@', ':' or space")
            if names.count(domain.name) > 1:
                raise SceneError(f"[[domain]] '{domain.name}': two domains have this name")
            if any(not isinstance(peer, str) for peer in domain.ffa_peers or []):
                raise SceneError(f"[[domain]] '{domain.name}': 'ffa_peers' is a list of texts such as \"sp:* all\"")
            if any(not isinstance(cpus, str) for cpus in domain.affinity):
                raise SceneError(f"[[domain]] '{domain.name}': 'affinity' is a list of texts such as \"0-3,5\"")
        for key in ("tap", "boots"):
            for name in getattr(self.expect, key) or []:
                if name not in names:
                    raise SceneError(f"[expect]: '{key}' names '{name}', which is no domain")

    def max_version_number(self) -> int:
        """[firmware] max_version as FF-A writes it; 0: no limit."""
        if not self.firmware.max_version:
            return 0
        major, _, minor = self.firmware.max_version.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise SceneError("[firmware]: 'max_version' is written \"major.minor\"")
        return int(major) << 16 | int(minor)

    def replace_parts(self, firmware: str = "", kernel: str = "", ramdisk: str = "") -> None:
        """The user's own instead of what the real stack would provide; other domains keep what they have."""
        if firmware:
            self.firmware.kind = firmware
        if kernel and self.hypervisor.image in PARTS:
            self.hypervisor.image = kernel
        if ramdisk and self.hypervisor.ramdisk in PARTS:
            self.hypervisor.ramdisk = ramdisk
        for domain in self.domains:
            if kernel and domain.kernel in PARTS:
                domain.kernel = kernel
            if ramdisk and domain.ramdisk in PARTS:
                domain.ramdisk = ramdisk

    def ask_for_shells(self) -> None:
        """Guests with the real stack's initramfs give their user a shell instead of what they were to do."""
        for domain in self.domains:
            if domain.ramdisk == "initrd":
                domain.cmdline = f"{domain.cmdline.partition(' -- ')[0]} -- shell"
        if self.hypervisor.ramdisk == "initrd":
            self.hypervisor.cmdline = f"{self.hypervisor.cmdline.partition(' -- ')[0]} -- shell"

    def has_spmc(self) -> bool:
        """Is there somebody who prints the SPMC's balance?"""
        return self.firmware.kind == "builtin" and "NO_FFA" not in self.firmware.options

    def tap_domains(self) -> list[str]:
        """Domains that must report TAP."""
        return self.booting_domains() if self.expect.tap is None else list(self.expect.tap)

    def booting_domains(self) -> list[str]:
        """Domains that must exist."""
        return [d.name for d in self.domains] if self.expect.boots is None else list(self.expect.boots)
