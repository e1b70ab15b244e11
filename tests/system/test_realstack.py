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
from realstack import apt, cache

APT = """#!/usr/bin/python3
import json, os, re, sys
mirror = json.load(open(os.environ["MIRROR"]))
line = " ".join(sys.argv[1:])
suite = re.search(r"Lists=\\S*/(\\w+)-arm64/lists", line).group(1)
command = next(word for word in sys.argv[1:] if not word.startswith("-"))
what = sys.argv[-1]
with open(os.environ["LOG"], "a") as log:
    print(suite, command, what if command in ("madison", "download") else "", file=log)
if command == "update":
    if suite not in mirror:
        print("E: Failed to fetch the lists", file=sys.stderr)
    sys.exit(100 if suite not in mirror else 0)
versions = mirror[suite].get(what.partition("=")[0], {})
if command == "madison":
    for version in versions:
        print(f" {what} | {version} | http://mirror.test {suite}/main arm64 Packages")
if command == "download":
    name, _, version = what.partition("=")
    tries = open(os.environ["LOG"]).read().count(f"{suite} download {what}\\n")
    if tries <= versions[version]:      # so many downloads of it fail
        sys.exit(100)
    open(f"{name}_{version}_arm64.deb", "w").write(suite)
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


def test_last_line_names_the_package(mirror, root, monkeypatch):
    """A whole run of pytest on a machine that can have nothing."""
    mirror({})
    monkeypatch.delenv("REAL", raising=False)
    done = subprocess.run([sys.executable, "-m", "pytest", "-c", "tests/system/pytest.ini", "-p", "no:cacheprovider",
                           "tests/system/test_real.py", "tests/system/test_docs.py", "-k", "test_end_of_a_guest or test_debug_keys"],
                          cwd=root, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"1 passed, 0 failed, 2 skipped for want of optee-test-qemu", done.stdout.splitlines()[-1]), done.stdout


def test_parts_are_made_in_spite_of_one_that_is_missing(mirror, root):
    """What `make check` calls first."""
    mirror({})
    done = subprocess.run([sys.executable, root / "tools/realstack.py", "initrd", "linux-debian"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 4
    missing = re.findall(r"^realstack: (\S+): (\S+) cannot be had", done.stderr, re.M)
    assert missing == [("userland", "optee-test-qemu"), ("debian-kernel", "linux-image-arm64")], done.stderr
