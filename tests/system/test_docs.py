# SPDX-License-Identifier: BSD-2-Clause
"""What the documents list is what there is: keys, options, scenes, programs, files."""

import dataclasses
import os
import re
from pathlib import Path

import pytest

from scene import model

ROOT = Path(__file__).resolve().parents[2]
INTERFACES = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")


def tree() -> list[str]:
    """All files, without those that were built."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if not name.startswith((".", "build", "__pycache__"))]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return found


FILES = tree()


def section(title: str) -> str:
    """The text below a heading of interfaces.md, to the next one of its kind."""
    return INTERFACES.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def sources(pattern: str) -> str:
    """All files that match, as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern)))


def test_debug_keys():
    registered = set(re.findall(r"register_keyhandler\('(.)'", sources("xen/**/*.c")))
    assert registered and registered == set(re.findall(r"^\| `(.)` \|", section("Console"), re.M))


def test_options_of_the_hypervisor():
    known = set(re.findall(r'\b(?:boolean|integer|size|string|custom)_param\("([^"]+)"', sources("xen/**/*.c")))
    rows = "".join(re.findall(r"^\| (`[^|]*) \|", section("Command line of the hypervisor"), re.M))
    assert known and known == set(re.findall(r"`([a-z_-]+)(?:=[^`]*)?`", rows))


def test_keys_of_a_scene():
    tables = {"[machine]": model.Machine, "[firmware]": model.Firmware, "[firmware.fault]": model.Fault,
              "[hypervisor]": model.Hypervisor, "[[domain]]": model.Domain, "[expect]": model.Expect}
    listed: dict[str, set] = {}
    table = ""
    for first, keys in re.findall(r"^\|([^|]*)\| (`[^|]*) \|", section("Scenes"), re.M):
        table = first.strip("` ") or table
        listed.setdefault(table, set()).update(re.findall(r"`([a-z_0-9]+)`", keys))
    for name, cls in tables.items():
        fields = {field.name for field in dataclasses.fields(cls)} - {"fault"}
        assert listed.pop(name, set()) == fields, name
    assert not listed


def test_programs_of_the_guest():
    programs = {path.stem for path in (ROOT / "tests" / "guest" / "programs").glob("*.c")}
    table = (ROOT / "tests" / "guest" / "README.md").read_text(encoding="utf-8")
    assert programs == set(re.findall(r"^\| `(\w+)` \|", table, re.M))


@pytest.mark.parametrize("page", sorted(name for name in FILES if name.endswith(".md")))
def test_files_that_a_page_names_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", text)
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    # `../a.c`: from the page; `a/b.c`: the end of some path
    named = re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:c|h|S|py|sh|md|toml|txt|lds))`", text)
    missing += [name for name in named if not ((ROOT / page).parent / name).exists() and
                not any(f"/{known}".endswith(f"/{name}") for known in FILES)]
    assert not missing
