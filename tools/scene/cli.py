# SPDX-License-Identifier: BSD-2-Clause
"""The command line: run a scene, or print what would be run.

Exit status: 0 all as expected; 1 a check failed; 2 wrong usage or scene; 3 timeout; 4 QEMU died.
"""

import argparse
import shlex
import shutil
import sys
from pathlib import Path

from realstack import RealStackError

from . import abi, checks, qemu, runner
from .console import Line, Painter
from .model import Scene, SceneError

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_TIMEOUT, EXIT_DIED = range(5)


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="scene.py", description="Run a scene and judge it.", epilog=__doc__.split("\n\n")[1])
    p.add_argument("scene", type=Path, help="TOML file")
    p.add_argument("--build", type=Path, default=abi.ROOT / "build", help="where xen, secure/ and guest/ are (default: build)")
    p.add_argument("--print-command", action="store_true", help="write the files, print the QEMU command line, run nothing")
    p.add_argument("--write-dtb", type=Path, metavar="FILE", help="write the boot device tree, run nothing")
    p.add_argument("--interactive", action="store_true", help="the console is yours; Ctrl-] ends")
    p.add_argument("--firmware", default="", metavar="WHAT", help="builtin, optee or a BIOS image, instead of the scene's own")
    p.add_argument("--kernel", default="", metavar="FILE", help="instead of the kernels of the real stack (linux, linux-debian)")
    p.add_argument("--initrd", default="", metavar="FILE", help="instead of the real stack's initramfs")
    p.add_argument("--log", type=Path, metavar="FILE", help="also write the merged log to FILE")
    p.add_argument("--timeout", type=float, metavar="S", help="end a run that hangs after S seconds")
    p.add_argument("--quiet", action="store_true", help="only the verdict")
    return p


def main(argv: list[str] | None = None) -> int:
    """Entry point of tools/scene.py; returns the exit status."""
    args = parser().parse_args(argv)
    try:
        scene = Scene.load(args.scene)
        scene.replace_parts(args.firmware, args.kernel, args.initrd)
        if args.timeout:
            scene.expect.timeout = args.timeout
        build = args.build.resolve()
        workdir = build / "run" / scene.name
        if args.print_command or args.write_dtb:
            return _prepare_only(args, scene, build, workdir)
        if args.interactive:
            return _interactive(scene, build, workdir)
        return _run(args, scene, build, workdir)
    except SceneError as error:
        print(f"scene: {error}", file=sys.stderr)
        return EXIT_USAGE
    except RealStackError as error:
        print(f"realstack: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("scene: interrupted", file=sys.stderr)
        return EXIT_FAILED


def _prepare_only(args, scene: Scene, build: Path, workdir: Path) -> int:
    prepared = qemu.prepare(scene, build, workdir)
    if args.write_dtb:
        shutil.copyfile(prepared.dtb, args.write_dtb)
    if args.print_command:
        print(shlex.join([*prepared.argv, "-serial", "stdio", "-serial", f"file:{workdir / 'secure.log'}"]))
    return EXIT_OK


def _interactive(scene: Scene, build: Path, workdir: Path) -> int:
    print(f"scene: {scene.name}; Ctrl-A three times switches the input, Ctrl-] ends; the secure console is the socket\n"
          f"scene: {runner.secure_socket(workdir)} and is kept in {workdir / 'secure.log'}", flush=True)
    result = runner.interact(scene, build, workdir)
    print(f"\nscene: {result.outcome.value}{': ' + result.detail if result.detail else ''}")
    return EXIT_DIED if result.outcome is runner.Outcome.DIED else EXIT_OK


def _run(args, scene: Scene, build: Path, workdir: Path) -> int:
    painter = Painter(sys.stdout.isatty())

    def show(line: Line) -> None:
        if not args.quiet:
            print(painter.paint(line), flush=True)

    result = runner.run(scene, build, workdir, on_line=show)
    (args.log or workdir / "console.log").write_text(result.text(), encoding="utf-8")
    problems = checks.check(result)
    for problem in problems:
        print(f"portcullis: FAILED: {problem}")
    if scene.expect.notifications:
        print("\n".join(checks.tally(scene, result.lines)))
        print(checks.summary(scene, result.lines))
    elif not problems:
        print(f"portcullis: {scene.name}: as expected")
    if not problems:
        return EXIT_OK
    if result.outcome is runner.Outcome.TIMEOUT:
        return EXIT_TIMEOUT
    return EXIT_DIED if result.outcome is runner.Outcome.DIED else EXIT_FAILED
