# SPDX-License-Identifier: BSD-2-Clause
"""The command line of `make trace`: runs a scene with the trace on, writes Common Trace Format and a picture.

Exit status: 0 as expected; 1 a check failed, or no notification could be followed; 2 wrong usage or scene, or no trace.
"""

import argparse
import sys
from pathlib import Path

from realstack import RealStackError
from scene import Scene, check
from scene.model import SceneError

from . import ctf, events, picture, rings, way
from .run import trace


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="fftrace.py", description="Trace a scene.", epilog=__doc__.split("\n\n")[1])
    p.add_argument("scene", type=Path, help="TOML file")
    p.add_argument("--build", type=Path, required=True, help="where secure/ and guest/ are; results go to trace/ in there")
    p.add_argument("--hypervisor", type=Path, required=True, help="xen, built with CONFIG_TRACEBUFFER")
    p.add_argument("--firmware", default="", metavar="WHAT", help="builtin, optee or a BIOS image, instead of the scene's own")
    p.add_argument("--way", type=int, default=0, metavar="N", help="draw the Nth notification that can be followed (default: 0)")
    return p


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/fftrace.py; returns the exit status."""
    args = parser().parse_args(argv)
    build = args.build.resolve()
    out = build / "trace" / args.scene.stem
    try:
        scene = Scene.load(args.scene)
        scene.replace_parts(args.firmware)
        result, found = trace(scene, build, out, args.hypervisor.resolve())
    except (SceneError, RealStackError) as error:
        print(f"trace: {error}", file=sys.stderr)
        return 2

    problems = check(result)
    merged = rings.merged(found)
    ctf.write(out / "ctf", found)
    print(f"{out / 'ctf'}: {len(merged):,} events of {len(found)} rings, {sum(ring.lost for ring in found):,} older ones overwritten")
    if any(ring.source == events.FIRMWARE for ring in found):
        given, taken = way.balance(merged)
        followed = way.ways(merged)
        print(f"trace: {given} notifications set, {taken} fetched, {len(followed)} can be followed all the way")
        if args.way < len(followed):
            (out / "notification.svg").write_text(picture.draw(followed[args.way], found), encoding="utf-8")
            print(out / "notification.svg")
        else:
            problems.append(f"notification {args.way} cannot be drawn: {len(followed)} were followed")
    print(f"look at it with: babeltrace2 --clock-seconds {out / 'ctf'}")
    for problem in problems:
        print(f"trace: FAILED: {problem}")
    return 1 if problems else 0
