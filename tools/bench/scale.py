# SPDX-License-Identifier: BSD-2-Clause
"""
The command line of `make bench-scale`: what grows with the number of VMs, of domains, of pages, as curves.

pending   from the SRI to the handler of a running guest, when so many VMs are rung at once; our share
share     MEM_SHARE and RECLAIM of so many pages in one range; our share
births    create and destroy a domain while so many are alive, it included; everything counts

Exit status: 0 measured; 1 a run failed, or --check found a figure above its limit.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from scene.model import SceneError

from . import baseline, births, picture, report
from .figures import FLAT, PENDING_FURTHER, share_limit
from .measure import Numbers, firmware_alone, through

PENDING = (1, 8, 32, 64)
ALIVE = (1, 2, 4, 8, 16, 32, 64)
PAGES = tuple(4 ** i for i in range(8))
ROUNDS = 8
SETTLE_US = 3_000_000           # until the last of 64 guests has bound its bit
SLOT_US = 20_000                # as in bench.c


@dataclass(frozen=True)
class Curve:
    """One curve: (x, instructions)."""
    name: str
    text: str
    across: str
    points: tuple[tuple[int, int], ...]


def pending(hypervisor: Path, build: Path, workdir: Path, numbers: tuple[int, ...] = PENDING, rounds: int = ROUNDS) -> list[Numbers]:
    """What a ring takes when @numbers of VMs are rung at once. Raises SceneError."""
    found = []
    for vms in numbers:
        what = f"vms={vms} rings={rounds}"
        floor = firmware_alone(build, workdir / f"firmware{vms}", cmdline=what)
        whole = through(hypervisor, build, workdir / f"hypervisor{vms}", cmdline=f"{what} settle={SETTLE_US}",
                        beside=[f"idle=pending rings={rounds} wait={SETTLE_US + (rounds + 4) * SLOT_US}"] * (vms - 1))
        found.append(Numbers(f"pending_{vms}", floor["pending"], whole["pending"]))
    return found


def further(found: list[Numbers], numbers: tuple[int, ...] = PENDING) -> list[float]:
    """Our share for each further VM, from each of @found to the next."""
    return [(after.overhead - before.overhead) / (m - n) for before, after, n, m in zip(found, found[1:], numbers, numbers[1:])]


def shares(hypervisor: Path, build: Path, workdir: Path, most: int = PAGES[-1]) -> dict[int, Numbers]:
    """MEM_SHARE and RECLAIM, by the number of pages. Raises SceneError."""
    floor = firmware_alone(build, workdir / "firmware-share", cmdline=f"shares={most}")
    whole = through(hypervisor, build, workdir / "hypervisor-share", cmdline=f"shares={most}")
    return {n: Numbers(f"share_{n}", floor[f"share_{n}"], whole[f"share_{n}"]) for n in PAGES if n <= most}


def alive(build: Path, workdir: Path, numbers: tuple[int, ...] = ALIVE, bare: int = 200, full: int = 40) -> dict[int, dict[str, int]]:
    """Instructions per create and destroy, by the number of domains that are alive and by the kind of domain."""
    return {n: {name: one.whole for name, one in
                births.measure(build, workdir / f"alive{n}", f"alive={n} bare={bare} full={full}", ("birth_bare", "birth")).items()}
            for n in numbers}


def above(rings: list[Numbers], births_at: dict[int, dict[str, int]], shared: dict[int, Numbers]) -> list[str]:
    """What is above its limit, a line each."""
    wrong = [f"share: {one.overhead:,} instructions for {n:,} pages, the limit is {share_limit(n):,}"
             for n, one in shared.items() if one.overhead > share_limit(n)]
    for n, each in zip(PENDING[1:], further(rings)):
        if each > PENDING_FURTHER:
            wrong.append(f"pending: {each:,.0f} instructions for each further VM up to {n}, the limit is {PENDING_FURTHER}")
    for kind in ("birth_bare", "birth"):
        values = [found[kind] for found in births_at.values()]
        if values and max(values) > min(values) * (1 + FLAT):
            wrong.append(f"{kind}: {min(values):,} to {max(values):,} instructions, not flat within {FLAT:.0%}")
    return wrong


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/bench_scale.py; returns the exit status."""
    p = argparse.ArgumentParser(description="What grows with numbers.", formatter_class=argparse.RawDescriptionHelpFormatter,
                                epilog=__doc__.split("\n\n", 1)[1])
    p.add_argument("--build", type=Path, required=True, help="where xen (a release build), secure/ and guest/ are")
    p.add_argument("--check", action="store_true", help="fail when a figure is above its limit")
    p.add_argument("--update-baseline", action="store_true", help="accept what is measured")
    args = p.parse_args(argv)
    build = args.build.resolve()
    out = build / "bench"
    try:
        rings = pending(build / "xen", build, out / "run-scale")
        shared = shares(build / "xen", build, out / "run-scale")
        births_at = alive(build, out / "run-scale")
    except SceneError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    curves = [Curve("pending", "SRI to the handler, our share", "VMs rung at once",
                    tuple((n, one.overhead) for n, one in zip(PENDING, rings, strict=True)))]
    curves += [Curve("share", "MEM_SHARE and RECLAIM, our share", "pages", tuple((n, one.overhead) for n, one in shared.items()))]
    curves += [Curve(name, text, "domains alive", tuple((n, found[name]) for n, found in births_at.items()))
               for name, text in (("birth_bare", "create + destroy, no memory"), ("birth", "create + destroy, 6 MiB"))]
    for curve in curves:
        print(f"{curve.text}, by {curve.across}:")
        print("".join(f"  {x:6,}  {y:12,}\n" for x, y in curve.points), end="")
    for n, each in zip(PENDING[1:], further(rings)):
        print(f"for each further VM up to {n}: {each:,.0f}")
    for one in (*rings, *shared.values()):
        print(f"bench: name={one.name} firmware={one.firmware} total={one.total} overhead={one.overhead}")
    for n, found in births_at.items():
        for name, whole in found.items():
            print(f"bench: name={name}_alive_{n} firmware=0 total={whole} overhead={whole}")

    report.write_rows(out / "scale.csv", ["curve", "x", "instructions"],
                      ([curve.name, x, y] for curve in curves for x, y in curve.points))
    for name, group in (("pending", curves[:1]), ("share", curves[1:2]), ("births", curves[2:])):
        picture.write_curves(out / f"scale-{name}.svg", f"instructions, by {group[0].across}", group[0].across,
                             {curve.text: list(curve.points) for curve in group}, log=name == "births")
    print(f"{out / 'scale.csv'}, {out / 'scale-pending.svg'}, {out / 'scale-share.svg'}, {out / 'scale-births.svg'}")
    if args.update_baseline:
        baseline.write({one.name: one.overhead for one in (*rings, *shared.values())})
    for line in (wrong := above(rings, births_at, shared)):
        print(f"bench: above its limit: {line}")
    return 1 if args.check and wrong else 0
