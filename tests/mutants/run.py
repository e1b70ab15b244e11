#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Deliberate bugs: each entry of mutants.toml, applied to a copy of the tree, must be found by a test named for it.

The tests of an entry have their turn in order, until one finds the bug. Before a test judges for the first time it runs on the
copy as it is, and must pass. Exit status: 0 all found; 1 one was not, or a test fails anyway.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.toml")
LEFT_OUT = ("build", ".git", "__pycache__", ".pytest_cache")
TEST_SECONDS = 600


def files_of(tree: Path) -> set[Path]:
    """Every file of a tree, relative to it, without what was built."""
    found = set()
    for folder, folders, names in os.walk(tree):
        folders[:] = [f for f in folders if f not in LEFT_OUT]
        found |= {(Path(folder) / name).relative_to(tree) for name in names}
    return found


def sync(source: Path, target: Path) -> None:
    """Makes @target like @source. What is the same stays as it is, so that make builds what changed, and only that."""
    wanted = files_of(source)
    for path in files_of(target) - wanted:
        (target / path).unlink()
    for path in wanted:
        old, new = target / path, source / path
        if not old.is_file() or old.read_bytes() != new.read_bytes():
            old.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new, old)
            shutil.copymode(new, old)


class Workshop:
    """The copy of the tree, its build folder, and what runs in them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.tree = folder / "tree"
        self.build = folder / "build"
        self.jobs = jobs
        self.log = folder / "log.txt"
        self.whole = False                  # everything but the hypervisor is built
        self.clean: dict[str, bool] = {}    # does this test pass without a bug?
        folder.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        sync(ROOT, self.tree)

    def _run(self, *argv: str) -> bool:
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
        env["PORTCULLIS_BUILD"] = str(self.build)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(argv)}\n")
            log.flush()
            with subprocess.Popen(argv, cwd=self.tree, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                  start_new_session=True) as child:
                try:
                    return child.wait(TEST_SECONDS) == 0
                except subprocess.TimeoutExpired:
                    return False
                finally:
                    if child.poll() is None:
                        os.killpg(child.pid, signal.SIGKILL)    # with all that it has started

    def _make(self, *what: str) -> bool:
        return self._run("make", f"O={self.build}", f"JOBS={self.jobs}", *what)

    def compile(self, test: str) -> bool:
        """Build what @test needs; False if that fails. Firmware and guests are never mutated: once they are built they stay."""
        if test == "unit":
            return self._run("make", "-C", "tests/unit", f"O={self.build / 'unit'}", f"-j{self.jobs}", "all")
        self.whole = self.whole or self._make("all")
        return self.whole and self._make("xen")

    def test(self, what: str) -> bool:
        """True if the test passes."""
        if what == "unit":
            return self._run("make", "-C", "tests/unit", f"O={self.build / 'unit'}", "check", "STOP=1")
        return self._run(sys.executable, "-m", "pytest", "-c", "tests/system/pytest.ini", "-x", "-p", "no:cacheprovider",
                         "tests/system", "-k", what)

    def passes(self, what: str) -> bool:
        """Does the test pass on the tree as it is, without a bug? Asked once."""
        if what not in self.clean:
            self.clean[what] = self.compile(what) and self.test(what)
        return self.clean[what]


class Moved(Exception):
    """The code is not what the entry thinks it is."""


def mutated(text: str, mutant: dict) -> str:
    """@text of its file with the bug put in: each old text, found exactly once, replaced by the new one. Raises Moved."""
    also = mutant.get("also", [])
    for old, new in [(mutant["old"], mutant["new"]), *zip(also[::2], also[1::2], strict=True)]:
        if text.count(old) != 1:
            raise Moved(f"found {text.count(old)} times, not once: {old!r}")
        text = text.replace(old, new)
    return text


def try_mutant(shop: Workshop, mutant: dict) -> tuple[str, str]:
    """The test that found it, and ""; or the last one that was asked, and what is wrong."""
    path = shop.tree / mutant["file"]
    original = path.read_text(encoding="utf-8")
    for test in mutant["tests"]:
        if not shop.passes(test):
            return test, "fails without any bug"
        try:
            path.write_text(mutated(original, mutant), encoding="utf-8")
            if not shop.compile(test):
                return test, "does not compile"
            if not shop.test(test):
                return test, ""
        except Moved as error:
            return test, str(error)
        finally:
            path.write_text(original, encoding="utf-8")
    return mutant["tests"][-1], "no test found it"


def main() -> int:
    """Entry point."""
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("word", nargs="?", default="", help="only mutants whose name contains it")
    p.add_argument("--build", type=Path, default=ROOT / "build")
    p.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or os.cpu_count() or 1))
    p.add_argument("--list", action="store_true", help="names and reasons; run nothing")
    args = p.parse_args()

    mutants = [m for m in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"] if args.word in m["name"]]
    if args.list or not mutants:
        print("\n".join(f"{m['name']}: {m['why']}" for m in mutants) or "mutants: none has such a name")
        return 0 if mutants else 1

    shop = Workshop(args.build.resolve() / "mutants", args.jobs)
    began = time.monotonic()
    bad = []
    for mutant in mutants:
        started = time.monotonic()
        test, problem = try_mutant(shop, mutant)
        if problem:
            bad.append(mutant["name"])
        print(f"{'NOT FOUND' if problem else 'found'}: {mutant['name']}: {test} ({time.monotonic() - started:.0f} s)"
              f"{': ' + problem if problem else ''}", flush=True)
    print(f"mutants: {len(mutants) - len(bad)} of {len(mutants)} found in {time.monotonic() - began:.0f} s"
          f"{'; not: ' + ', '.join(bad) + f' ({shop.log})' if bad else ''}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
