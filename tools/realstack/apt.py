# SPDX-License-Identifier: BSD-2-Clause
"""Packages and sources of any Debian suite and architecture, with a private apt.

The machine's own apt configuration is only read, by scripts/debian-sources.py, which names the mirror. Lists and
downloads live in the cache. A download that fails is tried again, then as another version, then from the next suite.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import cache
from .cache import RealStackError, Unavailable, say

SOURCES = Path(__file__).resolve().parents[2] / "scripts" / "debian-sources.py"
ARCHITECTURE = "arm64"
TRIES = 2


class SuiteMissing(RealStackError):
    """The machine's mirrors have no such suite, or it cannot be reached."""


class Suite:
    """A suite as seen from ARCHITECTURE. Lists are fetched on first use, once per process."""

    _known: dict[str, "Suite"] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = cache.root() / "apt" / f"{name}-{ARCHITECTURE}"
        self.packages = cache.root() / "packages"
        self._update()

    @classmethod
    def get(cls, name: str) -> "Suite":
        """The suite, updated once. Raises SuiteMissing, also the second time."""
        if name not in cls._known:
            try:
                cls._known[name] = cls(name)
            except SuiteMissing as error:
                say("apt", str(error))
                cls._known[name] = None
        if cls._known[name] is None:
            raise SuiteMissing(f"{name}: not to be had")
        return cls._known[name]

    def _options(self) -> list[str]:
        folder = self.folder
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        return [f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache", f"-oDir::Etc::sourcelist={folder}/apt.sources",
                "-oDir::Etc::sourceparts=/dev/null", f"-oDir::State::status={folder}/status", f"-oAPT::Sandbox::User={user}",
                f"-oAPT::Architecture={ARCHITECTURE}", f"-oAPT::Architectures={ARCHITECTURE}", "-oAcquire::Languages=none",
                "-oAcquire::Retries=2"]

    def _apt(self, tool: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([tool, *self._options(), *arguments], cwd=cwd, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})

    def _update(self) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        done = subprocess.run(["/usr/bin/python3", SOURCES, "--types", "deb deb-src", "--suite", self.name], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise SuiteMissing(f"{self.name}: {done.stderr.strip()}")
        (self.folder / "apt.sources").write_text(done.stdout, encoding="utf-8")
        say("apt", f"reading the package lists of {self.name}")
        for _ in range(TRIES):
            done = self._apt("apt-get", "-q", "update")
            if done.returncode == 0 and not re.search(r"^(W|E): .*(Failed|not)", done.stderr, re.M):
                return
        raise SuiteMissing(f"{self.name}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no lists'}")

    def versions(self, package: str, source: bool = False) -> list[str]:
        """Versions of a package in this suite, newest first."""
        if source:
            said = self._apt("apt-cache", "showsrc", "--only-source", package).stdout
            found = re.findall(r"^Version: (\S+)$", said, re.M)
        else:
            said = self._apt("apt-cache", "madison", package).stdout
            found = [fields[1] for line in said.splitlines()
                     if len(fields := [word.strip() for word in line.split("|")]) == 3 and fields[2].endswith("Packages")]
        return sorted(dict.fromkeys(found), key=_version_key, reverse=True)

    def depends(self, package: str) -> list[str]:
        """What the newest version of @package depends on, one level."""
        return re.findall(r"^ +Depends: (\S+)$", self._apt("apt-cache", "depends", package).stdout, re.M)

    def download(self, package: str) -> Path:
        """The .deb, from the cache or the mirror. Raises Unavailable."""
        for version in self.versions(package):
            for _ in range(TRIES):
                if found := self._fetch(package, version, ["download"], f"{package}_*.deb"):
                    return found[0]
            say("apt", f"{package} {version} is not to be had from {self.name}")
        raise Unavailable(package, f"package {package} cannot be had from {self.name}")

    def source(self, package: str, into: Path) -> str:
        """Unpacks the source package into the folder @into (which must not exist); returns its version. Raises Unavailable."""
        for version in self.versions(package, source=True):
            for _ in range(TRIES):
                files = self._fetch(package, version, ["--download-only", "source"], "*")
                description = next((file for file in files if file.suffix == ".dsc"), None)
                if description and self._unpack(description, into):
                    return version
            say("apt", f"the source of {package} {version} is not to be had from {self.name}")
        raise Unavailable(package, f"source package {package} cannot be had from {self.name}")

    @staticmethod
    def _unpack(description: Path, into: Path) -> bool:
        done = subprocess.run(["dpkg-source", "--no-check", "-x", description.name, into], cwd=description.parent,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(into, ignore_errors=True)
        return done.returncode == 0

    def _fetch(self, package: str, version: str, command: list[str], pattern: str) -> list[Path]:
        """Files of one package and version; empty when they could not be fetched whole."""
        kind = "src" if "source" in command else "deb"
        safe = re.sub(r"[^\w.+~-]", "_", f"{package}_{version}_{kind}")
        kept = self.packages / safe
        if not kept.is_dir():
            self.packages.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix="tmp.", dir=self.packages))
            try:
                done = self._apt("apt-get", "-q", *command, f"{package}={version}", cwd=scratch)
                if done.returncode != 0 or not list(scratch.glob(pattern)):
                    return []
                try:
                    scratch.rename(kept)
                except OSError:
                    pass                # somebody else was faster
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return sorted(kept.glob(pattern))


def _version_key(version: str) -> tuple:
    """Good enough an order for the versions of one package in one suite; `~` sorts before everything."""
    key = []
    for number, text in re.findall(r"(\d+)|([^\d.+:-]+)", version):
        key.append((1, int(number), "") if number else (0 if text.startswith("~") else 2, 0, text))
    return tuple(key)


def first(part: str, suites: list[str], package: str, attempt):
    """
    @attempt(suite) of the first suite that gives a result. Raises Unavailable naming @package, or what was missing last.
    """
    last: RealStackError | None = None
    for name in suites:
        try:
            return attempt(Suite.get(name))
        except Unavailable as error:
            say(part, f"{error}; trying the next suite")
            last = error
        except SuiteMissing:
            continue
    if isinstance(last, Unavailable):
        package = last.package
    raise Unavailable(package, f"{part}: {package} cannot be had from any of {', '.join(suites)}")
