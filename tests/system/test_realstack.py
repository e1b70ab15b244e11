# SPDX-License-Identifier: BSD-2-Clause
"""
The real stack's packages when they cannot be had: tried again, as another version, from the next suite, and then the tests that
need them are skipped by name. The mirror is a stand-in for apt that writes down what it is asked.
"""

import json
import os
import re
import subprocess
import sys

import pytest

import realstack
from realstack import apt, cache, userland

APT = """#!/usr/bin/python3
import json, os, re, sys
mirror = json.load(open(os.environ["MIRROR"]))
line = " ".join(sys.argv[1:])
suite = re.search(r"Lists=\\S*/(\\w+)-arm64/lists", line).group(1)
command = next(word for word in sys.argv[1:] if not word.startswith("-"))
what = sys.argv[-1]
with open(os.environ["LOG"], "a") as log:
    print(suite, command, what if command in ("madison", "download", "showsrc", "source") else "", file=log)
if command == "update":
    if suite not in mirror:
        print("E: Failed to fetch the lists", file=sys.stderr)
    sys.exit(100 if suite not in mirror else 0)
versions = mirror[suite].get(what.partition("=")[0], {})
if command == "madison":
    for version in versions:
        print(f" {what} | {version} | http://mirror.test {suite}/main arm64 Packages")
if command == "showsrc":
    print("".join(f"Package: {what}\\nVersion: {version}\\n\\n" for version in versions))
if command == "depends":
    print(what, *versions, sep="\\n  Depends: ")
if command in ("download", "source"):
    name, _, version = what.partition("=")
    tries = open(os.environ["LOG"]).read().count(f"{suite} {command} {what}\\n")
    if tries <= versions[version]:      # so many downloads of it fail
        sys.exit(100)
    open(f"{name}_{version}" + ("_arm64.deb" if command == "download" else ".dsc"), "w").write(suite)
"""
# What is broken is no source package at all.
DPKG_SOURCE = """#!/bin/sh
shift 2
grep -q broken "$1" && exit 1
mkdir "$2" && cp "$1" "$2/source"
"""
ALWAYS = 1000


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A function that makes a mirror of {suite: {package: {version: downloads that fail}}}; `.asked` tells what was asked for."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("apt-get", "apt-cache"):
        (tools / name).write_text(APT)
        (tools / name).chmod(0o755)
    (tools / "dpkg-source").write_text(DPKG_SOURCE)
    (tools / "dpkg-source").chmod(0o755)
    sources = tmp_path / "sources.py"
    sources.write_text("print('Types: deb')\n")
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIRROR", str(tmp_path / "mirror.json"))
    monkeypatch.setenv("LOG", str(log))
    monkeypatch.setattr(apt, "SOURCES", sources)
    monkeypatch.setattr(apt.Suite, "_known", {})

    def call(suites: dict) -> None:
        (tmp_path / "mirror.json").write_text(json.dumps(suites))

    call.asked = lambda: [line.strip() for line in log.read_text().splitlines()]
    return call


def fetch(package: str = "thing", suites: tuple = ("one", "two")):
    """As the parts do it."""
    return apt.first("part", list(suites), package, lambda suite: suite.download(package))


def test_download_that_fails_is_tried_again(mirror):
    mirror({"one": {"thing": {"1.0": 1}}, "two": {}})
    assert fetch().name == "thing_1.0_arm64.deb"
    assert mirror.asked().count("one download thing=1.0") == 2
    assert "two update" not in mirror.asked()


def test_then_as_another_version(mirror):
    mirror({"one": {"thing": {"1.0": 0, "1.10": ALWAYS, "1.9": ALWAYS}}, "two": {"thing": {"2.0": 0}}})
    assert fetch().name == "thing_1.0_arm64.deb"
    assert [line for line in mirror.asked() if "download" in line] == [
        *["one download thing=1.10"] * 2, *["one download thing=1.9"] * 2, "one download thing=1.0"]


@pytest.mark.parametrize("first", [{"one": {"thing": {"1.0": ALWAYS}}}, {"one": {}}, {}], ids=["broken", "without", "unreachable"])
def test_then_from_the_next_suite(mirror, first):
    mirror({**first, "two": {"thing": {"2.0": 0}}})
    assert fetch().read_text() == "two"


def test_what_was_fetched_is_kept(mirror):
    mirror({"one": {"thing": {"1.0": 0}}})
    fetch()
    mirror({"one": {"thing": {"1.0": ALWAYS}}})
    fetch()
    assert sum("download" in line for line in mirror.asked()) == 1


@pytest.mark.parametrize("suites", [{}, {"one": {}, "two": {}}, {"one": {"thing": {"1": ALWAYS}}, "two": {"thing": {"2": ALWAYS}}}])
def test_and_then_it_is_missing_by_name(mirror, suites):
    mirror(suites)
    with pytest.raises(realstack.Unavailable) as error:
        fetch()
    assert error.value.package == "thing"


def fetch_source(folder, suites: tuple = ("one", "two")) -> str:
    """As the firmware does it; the version."""
    return apt.first("part", list(suites), "thing", lambda suite: suite.source("thing", folder))


def test_source_is_tried_again_then_as_another_version(mirror, tmp_path):
    mirror({"one": {"thing": {"1.0": 1, "1.10": ALWAYS}}, "two": {"thing": {"2.0": 0}}})
    assert fetch_source(tmp_path / "thing") == "1.0"
    assert (tmp_path / "thing" / "source").read_text() == "one"
    assert [line for line in mirror.asked() if " source " in line] == [*["one source thing=1.10"] * 2, *["one source thing=1.0"] * 2]


@pytest.mark.parametrize("first", [{"one": {"thing": {"1.0": ALWAYS}}}, {"one": {}}, {}, {"broken": {"thing": {"1.0": 0}}}],
                         ids=["missing", "without", "unreachable", "broken"])
def test_source_then_comes_from_the_next_suite(mirror, tmp_path, first):
    mirror({**first, "two": {"thing": {"2.0": 0}}})
    assert fetch_source(tmp_path / "thing", (next(iter(first), "one"), "two")) == "2.0"
    assert (tmp_path / "thing" / "source").read_text() == "two"


def test_source_that_nobody_has_is_missing_by_name(mirror, tmp_path):
    mirror({"one": {"thing": {"1.0": ALWAYS}}, "two": {}})
    with pytest.raises(realstack.Unavailable) as error:
        fetch_source(tmp_path / "thing")
    assert error.value.package == "thing"
    assert not (tmp_path / "thing").exists()


def test_dependencies_are_those_of_the_suite(mirror):
    mirror({"one": {"thing": {"libfirst": 0, "libsecond": 0}}})
    assert apt.Suite.get("one").depends("thing") == ["libfirst", "libsecond"]


def test_part_that_needs_it_leaves_nothing_half_made(mirror):
    mirror({"trixie": {"busybox-static": {"1": 0}}})
    with pytest.raises(realstack.Unavailable) as error:
        realstack.need("initrd")
    assert error.value.package == "optee-test-qemu"
    assert sorted(path.name for path in (cache.root() / "userland").iterdir()) == ["lock"]


def test_tool_that_cannot_be_installed_is_missing_by_name(tmp_path, monkeypatch):
    installed = 'for name; do case $name in -*|*{*|flex) ;; *) echo "$name installed" ;; esac; done\n'
    for name, text in (("apt-get", "exit 100\n"), ("dpkg-query", installed), ("sudo", 'exec "$@"\n')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(realstack.Unavailable) as error:
        cache.install_tools()
    assert error.value.package == "flex"


def last_line(root, tests: str) -> str:
    """The verdict of a whole run of pytest."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-c", "tests/system/pytest.ini", "-p", "no:cacheprovider",
                           "tests/system/test_real.py", "tests/system/test_docs.py", "-k", tests], cwd=root, capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines()[-1]


SOME = "test_end_of_a_guest or test_debug_keys"


def test_last_line_names_the_package(mirror, root, monkeypatch):
    """On a machine that can have nothing."""
    mirror({})
    monkeypatch.delenv("REAL", raising=False)
    assert last_line(root, SOME) == "1 passed, 0 failed, 2 skipped for want of optee-test-qemu"


def test_last_line_names_the_package_of_one_part(mirror, root, monkeypatch):
    """Only the kernel's source is missing: those that say `make` need it, too."""
    mirror({})
    monkeypatch.delenv("REAL", raising=False)

    def there(part, key, _make):
        folder = cache.root() / part / f"for-{key}"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("VERSION", userland.TA_KEY):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("1\n")
        return folder

    with monkeypatch.context() as patched:
        patched.setattr(cache, "entry", there)
        realstack.need("initrd")
        realstack.need("optee")
    assert last_line(root, "test_shell_in_either_guest or test_plain_make_run or own_parts or builtin_firmware") == \
        "0 passed, 0 failed, 4 skipped for want of linux-source-6.12"


def test_last_line_tells_what_was_left_out(mirror, root, monkeypatch):
    """On purpose: nothing is asked for."""
    mirror({})
    monkeypatch.setenv("REAL", "0")
    assert last_line(root, SOME) == "1 passed, 0 failed, 2 left out by REAL=0"
    assert not mirror.asked()


def test_parts_are_made_in_spite_of_one_that_is_missing(mirror, root):
    """What `make check` calls first."""
    mirror({})
    done = subprocess.run([sys.executable, root / "tools/realstack.py", "initrd", "linux-debian"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 4
    missing = re.findall(r"^realstack: (\S+): (\S+) cannot be had", done.stderr, re.M)
    assert missing == [("userland", "optee-test-qemu"), ("debian-kernel", "linux-image-arm64")], done.stderr
