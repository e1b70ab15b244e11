# SPDX-License-Identifier: BSD-2-Clause
"""The scripts that touch the machine, with stand-ins for apt and dpkg that only write down what they are asked; the list of
deliberate bugs."""

import importlib.util
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

APT_GET = """#!/bin/sh
echo "$@" >> "$LOG"
case " $* " in
*" -s "*) [ -e "$FRESH" ] ;;
*" update "*) touch "$FRESH" ;;
*" install "*) [ -e "$FRESH" ] && touch "$INSTALLED" ;;
esac
"""
DPKG_QUERY = """#!/bin/sh
for name; do
    case $name in -*|*{*) continue ;; esac
    [ "$name" = qemu-system-arm ] && [ ! -e "$INSTALLED" ] && continue
    echo "$name installed"
done
"""


@pytest.fixture
def machine(tmp_path):
    """A machine on which one package is missing; returns a function that runs the installer and gives apt's calls."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg-query", DPKG_QUERY), ("sudo", '#!/bin/sh\nexec "$@"\n')):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    log = tmp_path / "log"
    env = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", LOG=str(log), FRESH=str(tmp_path / "fresh"),
               INSTALLED=str(tmp_path / "installed"))

    def install() -> tuple[str, list[str]]:
        log.write_text("")
        done = subprocess.run([SCRIPTS / "install-packages.sh", tmp_path / "stamp"], env=env, capture_output=True, text=True,
                              check=True)
        return done.stdout, log.read_text().splitlines()

    install.fresh = tmp_path / "fresh"
    install.stamp = tmp_path / "stamp"
    return install


def test_only_the_missing_package_is_installed(machine):
    machine.fresh.touch()
    said, calls = machine()
    assert said.splitlines() == ["packages: installing qemu-system-arm", "packages: done"]
    assert [call for call in calls if " -s " not in f" {call} "] == ["-y -q --no-install-recommends install qemu-system-arm"]
    assert machine.stamp.exists()


def test_lists_are_updated_only_when_the_package_is_not_found(machine):
    _, calls = machine()
    assert sum("update" in call for call in calls) == 1
    assert machine.stamp.exists()


def test_nothing_is_done_when_all_is_there(machine):
    machine.fresh.touch()
    machine()
    machine.stamp.unlink()
    assert machine() == ("", [])
    assert machine.stamp.exists()


# ---- the private source list ----------------------------------------------------------------------------------------

DEB822 = """Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main
"""
ONE_LINE = """# deb http://comment.test/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.test/debian bookworm main contrib
deb http://mirror.test/other suite main
deb-src http://mirror.test/src bookworm main
"""


@pytest.mark.parametrize("name, text", [("debian.sources", DEB822), ("debian.list", ONE_LINE)])
@pytest.mark.parametrize("suite", [None, "trixie"])
def test_private_source_list_is_derived_from_the_machines_own(tmp_path, name, text, suite):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / name).write_text(text)
    (tmp_path / "os-release").write_text('PRETTY_NAME="Debian"\nVERSION_CODENAME=bookworm\n')
    done = subprocess.run(["/usr/bin/python3", SCRIPTS / "debian-sources.py", "--types", "deb-src", "--apt-dir", tmp_path, "--etc",
                           tmp_path, *(["--suite", suite] if suite else [])], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n\n") == [
        f"Types: deb-src\nURIs: http://mirror.test/debian\nSuites: {suite or 'bookworm'}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/a.gpg", ""]


def test_no_debian_source_is_an_error(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "os-release").write_text("VERSION_CODENAME=bookworm\n")
    done = subprocess.run(["/usr/bin/python3", SCRIPTS / "debian-sources.py", "--apt-dir", tmp_path, "--etc", tmp_path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_libfdt_can_be_given(tmp_path):
    (tmp_path / "libfdt").mkdir()
    env = dict(os.environ, PORTCULLIS_LIBFDT=str(tmp_path))
    missing = subprocess.run([SCRIPTS / "fetch-libfdt.sh"], env=env, capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    (tmp_path / "libfdt" / "fdt.c").touch()
    given = subprocess.run([SCRIPTS / "fetch-libfdt.sh"], env=env, capture_output=True, text=True, check=True)
    assert given.stdout == f"{tmp_path}\n"


# ---- the deliberate bugs -----------------------------------------------------------------------------------------------

MUTANTS = SCRIPTS.parent / "tests" / "mutants"


def mutants() -> list[dict]:
    """The list of `make mutants`."""
    return tomllib.loads((MUTANTS / "mutants.toml").read_text(encoding="utf-8"))["mutant"]


@pytest.fixture(scope="module")
def mutants_run():
    """run.py of the mutants as a module."""
    spec = importlib.util.spec_from_file_location("mutants_run", MUTANTS / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant["name"])
def test_mutant_fits_the_code(mutants_run, mutant):
    """Code that moves takes its mutants along, or `make mutants` would find out much later."""
    text = (SCRIPTS.parent / mutant["file"]).read_text(encoding="utf-8")
    assert mutants_run.mutated(text, mutant) != text
    assert mutant["tests"]


@pytest.mark.parametrize("text", ["", "one one"])
def test_mutant_that_does_not_fit_is_an_error(mutants_run, text):
    with pytest.raises(mutants_run.Moved):
        mutants_run.mutated(text, {"old": "one", "new": "two"})
