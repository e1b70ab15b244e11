# SPDX-License-Identifier: BSD-2-Clause
"""The command line of `make bench`.

Exit status: 0 measured; 1 a run failed, or --check found a figure above its limit.
"""

import argparse
import sys
from pathlib import Path

from realstack import RealStackError
from scene.model import SceneError

from . import baseline, report
from .figures import FIGURES, IMAGE_LIMIT
from .measure import measure


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="bench.py", description="Count the instructions of calls.", epilog=__doc__.split("\n\n")[1])
    p.add_argument("--build", type=Path, required=True, help="where xen (a release build), secure/ and guest/ are")
    p.add_argument("--firmware", default="builtin", metavar="KIND", help="builtin, optee, or the path of a BIOS image")
    p.add_argument("--against", type=Path, metavar="FILE", help="another hypervisor with the same boot interface")
    p.add_argument("--check", action="store_true", help="fail when a figure is above its limit")
    p.add_argument("--update-baseline", action="store_true", help="accept what is measured")
    return p


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/bench.py; returns the exit status."""
    args = parser().parse_args(argv)
    build = args.build.resolve()
    out = build / "bench"
    name = "bench" if args.firmware == "builtin" else f"bench-{Path(args.firmware).stem}"
    image = (build / "xen").stat().st_size
    try:
        numbers = measure(build / "xen", build, out / f"run-{name}", args.firmware)
        against = measure(args.against.resolve(), build, out / f"run-{name}-against", args.firmware) if args.against else None
    except (SceneError, RealStackError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    print("\n".join(report.lines(numbers)))
    print(f"bench: name=image firmware=0 total={image} overhead={image}")
    print()
    print(report.table(numbers, against))
    print(f"\nimage: {image:,} bytes of {IMAGE_LIMIT:,}")
    report.write_csv(out / f"{name}.csv", numbers, against)
    report.write_svg(out / f"{name}.svg", numbers)
    print(f"{out / name}.csv, {out / name}.svg")
    if args.update_baseline:
        if args.firmware != "builtin":
            print("bench: the baseline is that of the built-in firmware", file=sys.stderr)
            return 1
        baseline.write({n.name: n.overhead for n in numbers.values()})

    above = [f.text for f in FIGURES if f.name in numbers and numbers[f.name].overhead > f.limit]
    above += ["image"] if image > IMAGE_LIMIT else []
    for text in above:
        print(f"bench: above its limit: {text}")
    return 1 if args.check and above else 0
