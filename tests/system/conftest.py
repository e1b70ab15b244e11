# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the system tests, the rule that nothing leaks, and the last line of `make check`."""

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from scene import Outcome, Result, Scene, check, run  # noqa: E402  (needs the path above)
from scene import ledger  # noqa: E402
import realstack  # noqa: E402

BUILD = Path(os.environ.get("PORTCULLIS_BUILD", ROOT / "build")).resolve()
LOG_TAIL = 60
LOG_TAIL_TIMEOUT = 200          # with what the debug keys said


@pytest.fixture(scope="session")
def build() -> Path:
    """The build folder."""
    return BUILD


@pytest.fixture(scope="session")
def root() -> Path:
    """The source tree."""
    return ROOT


def _explain(result: Result, problems: list[str]) -> str:
    late = result.outcome is Outcome.TIMEOUT
    tail = "\n".join(line.raw for line in result.lines[-(LOG_TAIL_TIMEOUT if late else LOG_TAIL):])
    return "\n".join(["", *problems, f"(log: {result.workdir / 'console.log'}; its last lines:)", tail])


class SceneRunner:
    """Runs scenes for one test and remembers the results, so that the books can be checked afterwards."""

    def __init__(self, workdir: Path) -> None:
        self.workdir = workdir
        self.results: list[Result] = []

    def __call__(self, values: dict, judge: bool = True, script=None, raw_dtb: bytes | None = None) -> Result:
        """
        Run the scene given as nested dicts (tools/scene/model.py); with @judge, fail the test unless everything is as
        the scene's [expect] says.
        """
        scene = Scene.from_dict(values, f"run{len(self.results)}")
        result = run(scene, BUILD, self.workdir / scene.name, script=script, raw_dtb=raw_dtb)
        (result.workdir / "console.log").write_text(result.text(), encoding="utf-8")
        self.results.append(result)
        if judge and (problems := check(result)):
            pytest.fail(_explain(result, problems), pytrace=False)
        return result


@pytest.fixture
def run_scene(request):
    """A function that runs a scene. After the test, every machine that was to power off must have balanced its books."""
    name = re.sub(r"[^\w.-]+", "_", request.node.nodeid.rpartition("/")[2])
    runner = SceneRunner(BUILD / "tests" / name)
    yield runner
    for result in runner.results:
        if result.scene.expect.off and result.outcome is Outcome.OFF:
            leaks = ledger.books(result.lines).problems(result.scene.has_spmc(), result.scene.expect.faulty_spmc)
            assert not leaks, _explain(result, leaks)


@pytest.fixture
def need_real():
    """A function that makes sure that parts of the real stack are there; a package that cannot be had skips the test."""

    def call(*parts: str) -> None:
        try:
            for part in parts:
                realstack.need(part)
        except realstack.Unavailable as error:
            pytest.skip(f"missing package: {error.package}")

    return call


@pytest.fixture
def make():
    """A function that runs make in the source tree and returns the finished process; fails the test when make fails."""

    def call(*arguments: str, folder: str = ".") -> subprocess.CompletedProcess:
        # A fresh make: the variables and the job server of the one that runs the tests are not for it.
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
        BUILD.mkdir(parents=True, exist_ok=True)
        # Two tests must not build into the same folder at once; each make is parallel in itself.
        with (BUILD / ".make-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(["make", "-C", str(ROOT / folder), *arguments], env=env, capture_output=True, text=True,
                                  check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            pytest.fail(f"make {' '.join(arguments)}:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}", pytrace=False)
        return done

    return call


@pytest.fixture
def assemble():
    """A function that turns A64 assembly text into a raw binary in a folder."""

    def call(source: str, folder: Path) -> Path:
        (folder / "payload.S").write_text(source, encoding="ascii")
        subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,--build-id=none,-Ttext=0,-e0", "-o",
                        folder / "payload.elf", folder / "payload.S"], check=True)
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", folder / "payload.elf", folder / "payload.bin"], check=True)
        return folder / "payload.bin"

    return call


# ---- the last line ---------------------------------------------------------------------------------------------------

LEFT_OUT = "left out by REAL=0"


class _Tally:
    """Counts tests, not reports: a test whose teardown failed has failed."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: set[str] = set()
        self.skipped: set[str] = set()
        self.missing: set[str] = set()          # packages that could not be had
        self.left_out: set[str] = set()         # on purpose, with REAL=0

    def add(self, report) -> None:
        """Take one report (of setup, call, teardown or collection)."""
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            (self.left_out if LEFT_OUT in str(report.longrepr) else self.skipped).add(report.nodeid)
            self.missing.update(re.findall(r"missing package: ([\w.+-]+)", str(report.longrepr)))
        elif getattr(report, "when", "") == "call":
            self.passed.add(report.nodeid)

    def line(self) -> str:
        """`N passed, N failed[, N skipped[ for want of packages …]][, N left out by REAL=0]`"""
        skipped = self.skipped - self.failed
        text = f"{len(self.passed - self.failed)} passed, {len(self.failed)} failed"
        if skipped:
            text += f", {len(skipped)} skipped"
            text += f" for want of {', '.join(sorted(self.missing))}" if self.missing else ""
        return text + (f", {len(self.left_out)} left out by REAL=0" if self.left_out else "")


TALLY = _Tally()


def pytest_collection_modifyitems(items):
    """REAL=0 leaves the tests of the real stack out."""
    if os.environ.get("REAL") == "0":
        for item in items:
            if item.get_closest_marker("real"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


def pytest_runtest_logreport(report):
    """Called in the controlling process for every test, also with xdist."""
    TALLY.add(report)


def pytest_collectreport(report):
    """A file that cannot be collected is a failure."""
    if report.failed:
        TALLY.add(report)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Print the verdict, alone, as the very last line."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        print(TALLY.line(), flush=True)
