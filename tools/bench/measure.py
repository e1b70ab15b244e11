# SPDX-License-Identifier: BSD-2-Clause
"""
Runs tests/guest/programs/bench.c in a VM of a hypervisor and, the same image, on the firmware alone.

QEMU counts instructions as time (`-icount shift=0,sleep=off -smp 1`): what the guest reads from its counter is exact, and
the same on every machine and under any load.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scene import Scene, check, run
from scene.model import SceneError

from .figures import ANSWERED_AT_EL2, FIGURES, GUEST_MIB, IRQS_OFF

LINE = re.compile(r"bench: name=(\w+) calls=(\d+) ns=(\d+)")
IRQS_OFF_LINE = re.compile(r"irqs off: cpu\d+ for at most (\d+) ns, from (.*)")
TIMEOUT = 300.0


@dataclass(frozen=True)
class Numbers:
    """Instructions per call. @firmware: what the firmware alone takes for it, 0 where the hypervisor answers."""
    name: str
    firmware: int
    total: int

    @property
    def overhead(self) -> int:
        """Our share."""
        return self.total - self.firmware


def _machine() -> dict:
    return {"cpus": 1, "icount": True}


def _firmware(kind: str) -> dict:
    # The secure console costs instructions, too: quiet.
    return {"kind": kind, "options": ["QUIET"]} if kind == "builtin" else {"kind": kind}


def _numbers(values: dict, build: Path, workdir: Path, judge: bool) -> dict[str, int]:
    """Instructions per call by name. Raises SceneError if the run did not go well."""
    result = run(Scene.from_dict(values, "bench"), build, workdir)
    (workdir / "console.log").write_text(result.text(), encoding="utf-8")
    text = result.text()
    problems = check(result) if judge else [f"the guest says: {line}" for line in re.findall(r"^not ok.*$", text, re.M)]
    found = {name: round(int(ns) / int(calls)) for name, calls, ns in LINE.findall(text)}
    if not found:
        problems.append("no figures")
    if problems:
        raise SceneError(f"{'; '.join(problems)} (log: {workdir / 'console.log'})")
    return found


def firmware_alone(build: Path, workdir: Path, kind: str = "builtin", cmdline: str = "") -> dict[str, int]:
    """The floor: the guest kernel in the place of the hypervisor."""
    return _numbers({"machine": _machine(), "firmware": _firmware(kind),
                     "hypervisor": {"image": str(build / "guest" / "bench.img"), "cmdline": cmdline},
                     "expect": {"timeout": TIMEOUT, "off": False}}, build, workdir, judge=False)


def through(hypervisor: Path, build: Path, workdir: Path, kind: str = "builtin", cmdline: str = "",
            beside: Sequence[str] = ()) -> dict[str, int]:
    """The same in a VM of @hypervisor, with a further VM for each command line in @beside."""
    domains = [{"name": "bench", "kernel": "bench", "memory": GUEST_MIB, "tee": "ffa", "cmdline": cmdline}]
    domains += [{"name": f"beside{i}", "kernel": "bench", "memory": 8, "tee": "ffa", "cmdline": line}
                for i, line in enumerate(beside)]
    return _numbers({"machine": _machine(), "firmware": _firmware(kind), "hypervisor": {"image": str(hypervisor)},
                     "domain": domains, "expect": {"timeout": TIMEOUT}}, build, workdir, judge=True)


def irqs_off(text: str) -> tuple[int, str]:
    """From a log: the longest stretch with interrupts masked, in ns, and where it began and ended. Not measured: (0, "")."""
    return max(((int(ns), where) for ns, where in IRQS_OFF_LINE.findall(text)), default=(0, ""))


def measure(hypervisor: Path, build: Path, workdir: Path, kind: str = "builtin") -> dict[str, Numbers]:
    """Every figure of @hypervisor, by name. Beside it may be irqs-off/xen, the same built with IRQS_OFF=y."""
    floor = firmware_alone(build, workdir / "firmware", kind)
    whole = through(hypervisor, build, workdir / "hypervisor", kind)
    instrumented = hypervisor.parent / "irqs-off" / "xen"
    if instrumented.exists():
        through(instrumented, build, workdir / "irqs-off", kind)
        whole[IRQS_OFF], _ = irqs_off((workdir / "irqs-off" / "console.log").read_text(encoding="utf-8"))
    numbers = {}
    for figure in FIGURES:
        if figure.name in whole:
            firmware = 0 if figure.name in ANSWERED_AT_EL2 else floor.get(figure.name, 0)
            numbers[figure.name] = Numbers(figure.name, firmware, whole[figure.name])
    return numbers
