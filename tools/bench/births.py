# SPDX-License-Identifier: BSD-2-Clause
"""The command line of `make bench-lifecycle`: runs tests/guest/programs/births.c in a control domain, counting instructions.

Exit status: 0 measured; 1 the run failed.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scene import Scene, check, run
from scene.model import SceneError

from . import baseline, report
from .measure import LINE

BIRTHS = {
    "birth": "1 vCPU, 6 MiB, FF-A",
    "birth_noffa": "the same without FF-A",
    "birth_8vcpus": "8 vCPUs, 6 MiB, FF-A",
    "birth_bare": "no memory, no vCPU, FF-A",
    "birth_bare_noffa": "the same without FF-A",
}
HEADS = ("domain", "create + destroy", "createdomain", "destroydomain")


@dataclass(frozen=True)
class Birth:
    """Instructions on average, the firmware's included. @whole: with all that is done between the calls and after them."""
    name: str
    whole: int
    create: int
    destroy: int


def measure(build: Path, workdir: Path, cmdline: str = "", names: Iterable[str] = BIRTHS) -> dict[str, Birth]:
    """@names with the hypervisor in @build. Raises SceneError if the run did not go well."""
    values = {"machine": {"cpus": 1, "icount": True}, "firmware": {"options": ["QUIET"]},
              "domain": [{"name": "births", "kernel": "births", "tee": "ffa", "control": True, "cmdline": cmdline}],
              "expect": {"timeout": 600.0}}
    result = run(Scene.from_dict(values, "births"), build, workdir)
    (workdir / "console.log").write_text(result.text(), encoding="utf-8")
    if problems := check(result):
        raise SceneError(f"{'; '.join(problems)} (log: {workdir / 'console.log'})")
    found = {name: round(int(ns) / int(calls)) for name, calls, ns in LINE.findall(result.text())}
    return {name: Birth(name, found[name], found[f"{name}_create"], found[f"{name}_destroy"]) for name in names}


def lines(births: list[Birth]) -> list[str]:
    """One machine-readable line per kind of domain."""
    return [f"bench: name={b.name} total={b.whole} createdomain={b.create} destroydomain={b.destroy}" for b in births]


def table(births: list[Birth]) -> str:
    """The table for people."""
    return report.columns(HEADS, [(BIRTHS[b.name], f"{b.whole:,}", f"{b.create:,}", f"{b.destroy:,}") for b in births])


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/bench_lifecycle.py; returns the exit status."""
    p = argparse.ArgumentParser(description="Count the instructions of a domain's birth and death.", epilog=__doc__.split("\n\n")[1])
    p.add_argument("--build", type=Path, required=True, help="where xen (a release build), secure/ and guest/ are")
    p.add_argument("--update-baseline", action="store_true", help="accept what is measured")
    args = p.parse_args(argv)
    build = args.build.resolve()
    out = build / "bench"
    try:
        births = list(measure(build, out / "run-births").values())
    except SceneError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    print("\n".join(lines(births)))
    print()
    print(table(births))
    report.write_rows(out / "lifecycle.csv", ["name", "total", "createdomain", "destroydomain"],
                      ([b.name, b.whole, b.create, b.destroy] for b in births))
    print(out / "lifecycle.csv")
    if args.update_baseline:
        baseline.write({b.name: b.whole for b in births})
    return 0
