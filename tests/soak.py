#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The long run: domains made and killed under fire on 1, 2 and 4 CPUs, with the balance printed after each."""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from scene import Scene, check, ledger, run  # noqa: E402  (needs the path above)

SHOWN = re.compile(r"^(lifecycle: (\d+ of|sets|\d+ cycles|states)|balance: |not ok|# )")


def soak(cpus: int, cycles: int, seed: int, build: Path) -> bool:
    """One run; prints what it says about itself and what is wrong. True when nothing is."""
    scene = Scene.from_dict({
        "machine": {"cpus": cpus},
        "firmware": {"options": ["QUIET"]},
        "hypervisor": {"cmdline": "ffa-notif-vcpus=128"},
        "domain": [{"name": "toolstack", "kernel": "lifecycle", "ramdisk": "child", "vcpus": 3, "tee": "ffa", "control": True,
                    "cmdline": f"cycles={cycles} alive=8 pcpus={cpus} seed={seed}"}],
        "expect": {"timeout": 120 + 3 * cycles},
    }, f"soak{cpus}")
    print(f"soak: {cycles} cycles on {cpus} CPU{'' if cpus == 1 else 's'}, seed {seed}", flush=True)

    def show(line) -> None:
        if SHOWN.match(line.text):
            print(line.raw, flush=True)

    result = run(scene, build, build / "soak" / scene.name, on_line=show)
    (result.workdir / "console.log").write_text(result.text(), encoding="utf-8")
    problems = check(result) + ledger.unaccounted(result.lines)
    for problem in problems:
        print(f"soak: FAILED: {problem}")
    print(f"soak: {cpus} CPUs: {'FAILED' if problems else 'balanced'}, {cycles / result.seconds:.1f} cycles a second", flush=True)
    return not problems


def main() -> int:
    """Entry point; 0 when every run balanced."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=Path, default=ROOT / "build")
    p.add_argument("--cycles", type=int, default=1000)
    p.add_argument("--cpus", type=int, nargs="+", default=[1, 2, 4])
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    return 0 if all([soak(cpus, args.cycles, args.seed + cpus, args.build.resolve()) for cpus in args.cpus]) else 1


if __name__ == "__main__":
    sys.exit(main())
