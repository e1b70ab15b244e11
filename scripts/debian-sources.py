#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Print a deb822 source list derived from the machine's own, for a private apt.

The machine's apt configuration is only read. Whatever mirror the machine uses for its own Debian suite is used again,
with other types (deb-src) or another suite; no mirror is named here. Understands both the one-line and the deb822 format.

    debian-sources.py --types deb-src                 the machine's own suite
    debian-sources.py --types deb --suite trixie      another one
    debian-sources.py --suite bookworm-security       security updates: taken from the machine's own source of them
Exit status 1 when the machine has no source of Debian's main suite.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path


def codename(root: Path) -> str:
    """VERSION_CODENAME of os-release, e.g. bookworm."""
    text = (root / "os-release").read_text(encoding="utf-8")
    match = re.search(r'^VERSION_CODENAME="?([a-z]+)', text, re.M)
    return match.group(1) if match else "stable"


def deb822_stanzas(text: str):
    """The stanzas of a deb822 file as dicts; keys in lower case, continuation lines kept."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and last:
                fields[last] += "\n" + line
            elif ":" in line:
                last, value = line.split(":", 1)
                last = last.strip().lower()
                fields[last] = value.strip()
        if fields:
            yield fields


def one_line_stanzas(text: str):
    """The same for lines `deb [option=value …] uri suite component …`."""
    for line in text.splitlines():
        match = re.match(r"\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if not match:
            continue
        kind, options, uri, suite, components = match.groups()
        fields = {"types": kind, "uris": uri, "suites": suite, "components": components.strip()}
        for option in (options or "").split():
            key, _, value = option.partition("=")
            if key in ("signed-by", "trusted"):
                fields[key] = value.replace(",", " ")
        yield fields


def machine_stanzas(apt_dir: Path):
    """Every enabled binary source of the machine."""
    files = [apt_dir / "sources.list", *sorted((apt_dir / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file() or file.suffix not in (".list", ".sources"):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        parse = deb822_stanzas if file.suffix == ".sources" else one_line_stanzas
        for fields in parse(text):
            if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off", "disable"):
                continue
            if "deb" in fields.get("types", "").split():
                yield fields


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--types", default="deb-src", help="deb, deb-src or both, separated by a space")
    parser.add_argument("--suite", help="suite to write instead of the machine's own")
    parser.add_argument("--apt-dir", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--etc", type=Path, default=Path("/etc"), help=argparse.SUPPRESS)
    args = parser.parse_args()

    apt_dir = args.apt_dir
    if apt_dir is None:
        shell = subprocess.run(["apt-config", "shell", "dir", "Dir::Etc/d"], capture_output=True, text=True, check=False)
        match = re.search(r"'(.*)'", shell.stdout)
        apt_dir = Path(match.group(1)) if match else Path("/etc/apt")
    own = {codename(args.etc), "stable"}
    if (args.suite or "").endswith("-security"):
        own = {f"{suite}-security" for suite in own}

    found = False
    for fields in machine_stanzas(apt_dir):
        suites = own & set(fields.get("suites", "").split())
        if not suites or "main" not in fields.get("components", "").split():
            continue
        print(f"Types: {args.types}")
        print(f"URIs: {fields['uris']}")
        print(f"Suites: {args.suite or sorted(suites)[0]}")
        print("Components: main")
        for key, name in (("signed-by", "Signed-By"), ("trusted", "Trusted")):
            if key in fields:
                print(f"{name}: {fields[key]}")
        print()
        found = True
    if not found:
        print("debian-sources: no source of Debian's main suite in the machine's apt configuration", file=sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
