# SPDX-License-Identifier: BSD-2-Clause
"""Cache entries: a folder per part, version and recipe. Made once, by one process, whole or not at all.

<cache>/<part>/<version>-<recipe> holds the files; the link <cache>/<part>/for-<recipe> finds it without knowing the
version, and so without asking a mirror. The recipe is a hash of everything on our side that decides the result.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TICK_SECONDS = 15
LOG_TAIL = 25


class RealStackError(Exception):
    """A part could not be made; the text says why."""


class Unavailable(RealStackError):
    """A Debian package could not be had from any suite. @package is its name."""

    def __init__(self, package: str, text: str) -> None:
        super().__init__(text)
        self.package = package


def root() -> Path:
    """The cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "portcullis"


def say(part: str, text: str) -> None:
    """A line of progress, on stderr: stdout belongs to the answer."""
    print(f"realstack: {part}: {text}", file=sys.stderr, flush=True)


def recipe(*parts) -> str:
    """Hash of what decides a result: strings, lists, dicts, and files by their contents."""
    def plain(part):
        return part.read_text(encoding="utf-8") if isinstance(part, Path) else part
    text = json.dumps([plain(part) for part in parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def entry(part: str, key: str, make: Callable[[Path, Path], str]) -> Path:
    """
    The folder of @part made by recipe @key; made now by @make(folder, scratch) when it is not there.

    @make fills the folder and returns the version. Several processes may ask at once: one makes, the others wait.
    A maker that fails leaves nothing behind but the error.
    """
    home = root() / part
    link = home / f"for-{key}"
    if link.is_dir():
        return link.resolve()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if link.is_dir():
            return link.resolve()
        scratch = Path(tempfile.mkdtemp(prefix="tmp.", dir=home))
        try:
            started = time.monotonic()
            made = scratch / "entry"
            made.mkdir()
            version = make(made, scratch)
            (made / "VERSION").write_text(version + "\n", encoding="utf-8")
            final = home / f"{version}-{key}"
            shutil.rmtree(final, ignore_errors=True)
            made.rename(final)
            temporary = home / f"for-{key}.{os.getpid()}"
            temporary.symlink_to(final.name)
            temporary.replace(link)
            say(part, f"{version} is ready after {time.monotonic() - started:.0f} s")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return link.resolve()


def version(folder: Path) -> str:
    """The version of a finished entry."""
    return (folder / "VERSION").read_text(encoding="utf-8").strip()


def run(part: str, what: str, command: list, log: Path) -> None:
    """
    Runs a long command with its output in @log, and says now and then how far it is. Raises RealStackError.

    The variables of our own make (O, DEBUG, V and the like) are not for it: it gets a bare environment.
    """
    say(part, what)
    started = told = time.monotonic()
    with log.open("ab") as out:
        child = subprocess.Popen([str(word) for word in command], env=_bare_environment(), stdout=out,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            while child.poll() is None:
                try:
                    child.wait(0.5)
                except subprocess.TimeoutExpired:
                    pass
                now = time.monotonic()
                if now - told >= TICK_SECONDS:
                    told = now
                    say(part, f"{what}: {now - started:.0f} s, {_compiled(log)} files compiled")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:])
        kept = root() / f"{part}-failed.log"
        shutil.copyfile(log, kept)
        raise RealStackError(f"{part}: {what} failed (status {child.returncode}; all of it in {kept}):\n{tail}")


def _compiled(log: Path) -> int:
    with log.open("rb") as file:
        return sum(1 for line in file if line.lstrip().startswith(b"CC "))


def install_tools() -> None:
    """The packages that compiling needs, installed when they are missing. Raises Unavailable with the first that still is."""
    scripts = Path(__file__).resolve().parents[2] / "scripts"
    packages = scripts / "packages-real.txt"
    done = subprocess.run([scripts / "install-packages.sh", "", packages], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode == 0:
        return
    text = f"the packages of {packages.name} could not be installed:\n{done.stdout}{done.stderr}"
    wanted = [line for line in packages.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    there = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted], capture_output=True, text=True,
                           check=False).stdout.splitlines()
    for name in wanted:
        if f"{name} installed" not in there:
            raise Unavailable(name, text)
    raise RealStackError(text)


def _bare_environment() -> dict:
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | {"LC_ALL": "C"}


def jobs() -> str:
    """-j for builds: JOBS, or all CPUs."""
    return f"-j{os.environ.get('JOBS') or os.cpu_count() or 1}"
