# SPDX-License-Identifier: BSD-2-Clause
"""
The command line of `make bench-isolation`: how long it takes from a partition's SET to the first instruction of the guest's
handler, for a VM (tests/guest/programs/latency.c) alone on a CPU and beside another one (flood.c) that does one thing as fast
as it can. The time of each SET is in the firmware's trace, the time of the handler on the guest's console.

Exit status: 0 measured; 1 a run failed, or --check found a figure above its limit.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from fftrace import run_with_rings
from fftrace.rings import merged
from scene import Scene, check, run
from scene.model import SceneError

from . import picture, report
from .measure import irqs_off as longest_irqs_off

RINGS = 400
PERIOD_US = 500
SETTLE_US = 20_000              # until the flood has begun
LIMIT = 2                       # p99 under a flood, in multiples of p99 alone
VICTIM, FLOODER, THIRD = 2, 3, 4        # VM ids of the domains

FLOODS = {
    "alone": "alone",
    "direct": "direct requests to an SP",
    "refused": "calls that are refused",
    "bind": "BIND and UNBIND of 64 bits",
    "share": "MEM_SHARE and RECLAIM of 512 KiB",
    "sgi": "SGIs",
    "sri": "an SRI every 50 us, nothing pending",
    "vmring": "notifications to a third VM",
    "vmmsg": "indirect messages to a third VM",
    "vmask": "direct requests to a third VM",
    "vmshare": "MEM_SHARE with a third VM and RECLAIM of 512 KiB",
}


@dataclass(frozen=True)
class Latency:
    """Instructions from SET to handler, of @count notifications."""
    name: str
    count: int
    minimum: int
    median: int
    p99: int
    maximum: int

    @classmethod
    def of(cls, name: str, values: list[int]) -> "Latency":
        """The figures of @values. A percentile is the smallest value that at least so many are not above."""
        values = sorted(values)

        def at(percent: int) -> int:
            return values[-(-len(values) * percent // 100) - 1]

        return cls(name, len(values), values[0], at(50), at(99), values[-1])


def pair(sets: list[int], handled: list[int]) -> list[int]:
    """For each SET the time until the next handler begins. Both in order; SETs that come together share a handler."""
    found, at = [], 0
    for time in sets:
        while at < len(handled) and handled[at] < time:
            at += 1
        if at == len(handled):
            raise SceneError(f"a notification set at {time} was never handled")
        found.append(handled[at] - time)
    return found


def scene(flood: str, rings: int) -> Scene:
    """The victim, beside it who floods, and perhaps whom."""
    tail = rings * PERIOD_US // 10 + PERIOD_US * 4      # each ring counts from the one before, which may have been late
    domains = [{"name": "victim", "kernel": "latency", "tee": "ffa",
                "cmdline": f"rings={rings} period={PERIOD_US} settle={SETTLE_US} tail={tail}"}]
    if flood != "alone":
        ms = (SETTLE_US + rings * PERIOD_US + tail) // 1000
        domains.append({"name": "flood", "kernel": "flood", "tee": "ffa", "cmdline": f"what={flood} ms={ms} peer={THIRD}"})
        if flood.startswith("vm"):
            domains.append({"name": "third", "kernel": "flood", "tee": "ffa", "cmdline": f"what=peer peer={FLOODER}"})
            for domain in domains[1:]:
                domain["ffa_peers"] = ["sp:* all", "vm:* all"]
    return Scene.from_dict({"machine": {"cpus": 1, "icount": True}, "domain": domains, "expect": {"timeout": 600.0},
                            "firmware": {"options": ["QUIET", "TRACE", "TRACE_SET"]}}, f"isolation-{flood}")


def measure(build: Path, workdir: Path, floods: list[str] | None = None, rings: int = RINGS) -> dict[str, Latency]:
    """The latencies under each of @floods (None: all), by their names. Raises SceneError if a run did not go well."""
    found = {}
    for flood in floods or FLOODS:
        result, traced = run_with_rings(scene(flood, rings), build, workdir / flood)
        if problems := check(result):
            raise SceneError(f"{flood}: {'; '.join(problems)} (log: {workdir / flood / 'console.log'})")
        sets = [event.time for event in merged(traced) if event.name == "set" and event.receiver == VICTIM]
        handled = [int(time) for time in re.findall(r"victim: bench: handled at=(\d+)", result.text())]
        if len(sets) != rings:
            raise SceneError(f"{flood}: {len(sets)} notifications were set, {rings} were asked for")
        found[flood] = Latency.of(flood, pair(sets, handled))
    return found


def irqs_off(build: Path, workdir: Path, floods: list[str] | None = None, rings: int = 40) -> dict[str, int]:
    """The longest stretch at EL2 with interrupts masked under each flood, with the hypervisor that is built to measure it."""
    found = {}
    for flood in floods or FLOODS:
        what = scene(flood, rings)
        what.hypervisor.image = str(build / "irqs-off" / "xen")
        result = run(what, build, workdir / f"irqs-off-{flood}")
        if problems := check(result):
            raise SceneError(f"{flood}, interrupts masked: {'; '.join(problems)}")
        found[flood], _ = longest_irqs_off(result.text())
    return found


def above(found: dict[str, Latency]) -> list[str]:
    """What is above its limit, a line each."""
    alone = found["alone"].p99
    return [f"{FLOODS[name]}: 99 % are below {one.p99:,} instructions, alone below {alone:,}: more than {LIMIT} times"
            for name, one in found.items() if one.p99 > LIMIT * alone]


def lines(found: dict[str, Latency]) -> list[str]:
    """One machine-readable line per flood."""
    return [f"bench: name=npi_{one.name} count={one.count} min={one.minimum} median={one.median} p99={one.p99} max={one.maximum}"
            for one in found.values()]


def table(found: dict[str, Latency]) -> str:
    """The table for people."""
    return report.columns(("SET to handler (instructions), beside", "minimum", "median", "99 %", "maximum"),
                          [(FLOODS[one.name], *(f"{v:,}" for v in (one.minimum, one.median, one.p99, one.maximum)))
                           for one in found.values()])


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/bench_isolation.py; returns the exit status."""
    p = argparse.ArgumentParser(description="What a VM's notifications suffer from another VM.", epilog=__doc__.split("\n\n")[1])
    p.add_argument("--build", type=Path, required=True, help="where xen (a release build), secure/ and guest/ are")
    p.add_argument("--rings", type=int, default=RINGS, help=f"notifications per flood (default: {RINGS})")
    p.add_argument("--check", action="store_true", help="fail when a figure is above its limit")
    args = p.parse_args(argv)
    out = args.build.resolve() / "bench"
    try:
        found = measure(args.build.resolve(), out / "run-isolation", rings=args.rings)
        masked = irqs_off(args.build.resolve(), out / "run-isolation")
    except SceneError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    print("\n".join(lines(found)))
    print()
    print(table(found))
    most = max(masked, key=lambda name: masked[name])
    print(f"\nlongest stretch at EL2 with interrupts masked: {masked[most]:,} instructions (beside: {FLOODS[most]})")
    print(f"bench: name=irqs_off_isolation firmware=0 total={masked[most]} overhead={masked[most]}")
    report.write_rows(out / "isolation.csv", ["name", "count", "min", "median", "p99", "max", "irqs_off"],
                      ([one.name, one.count, one.minimum, one.median, one.p99, one.maximum, masked[one.name]] for one in found.values()))
    bars = [(FLOODS[one.name], {"minimum": one.minimum, "median": one.median, "99 %": one.p99, "maximum": one.maximum})
            for one in found.values()]
    picture.write_ranges(out / "isolation.svg", "from SET to the guest's handler, in instructions", bars, LIMIT * found["alone"].p99)
    print(f"{out / 'isolation.csv'}, {out / 'isolation.svg'}")
    for line in (late := above(found)):
        print(f"bench: above its limit: {line}")
    return 1 if args.check and late else 0
