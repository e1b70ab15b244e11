#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The rules of style that a program can check, over every file that git knows or would add.

    style-check.py [FILE…]      exit status 1 when a rule is broken; each place is printed as file:line: rule

What only a reader can judge is in CONTRIBUTING.md.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_COLUMNS = 140
MAX_LINES = 800                 # the aim is 600; from here on a file has a seam somebody should find

C_SUFFIXES = {".c", ".h", ".S"}
LICENSED_SUFFIXES = C_SUFFIXES | {".py", ".sh"}
TABLE_ROW = re.compile(r"\s*[A-Z][A-Z_]+\(.*\)[ \\]*$")     # a row of a table made of macro calls may be as long as it needs
NO_RULES = ("LICENSES/",)

# (what is wrong, pattern); the patterns are split so that this file does not break its own rules.
EVERYWHERE = [
    ("trailing white space", re.compile(r"[ \t]+$")),
    ("unfinished work marker", re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")),
    ("path of somebody's machine", re.compile(r"(?<![\w./$~-])/(wo" r"rk|ho" r"me|ro" r"ot)/")),
]
IN_C = [
    ("tab", re.compile(r"\t")),
    ("// comment", re.compile(r"^\s*//")),
    ("space missing after the keyword", re.compile(r"^\s*(?:\}\s*else )?(if|for|while|switch)\(")),
    ("spaces missing inside the parentheses of a condition", re.compile(r"^\s*(?:else )?(if|while|switch) \((?! |$)")),
    ("opening brace on the line of the condition", re.compile(r"^\s*(if|while|for|switch) \(.*\)\s*\{$")),
]


def files() -> list[Path]:
    """Tracked files and new ones that are not ignored."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in sorted(set(listed.splitlines()))]


def check_file(path: Path) -> list[str]:
    """Broken rules of one file, as lines to print."""
    full = ROOT / path
    if not full.is_file() or str(path).startswith(NO_RULES):
        return []
    try:
        text = full.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    lines = text.split("\n")
    rules = EVERYWHERE + (IN_C if path.suffix in (".c", ".h") else [])
    broken = []
    for number, line in enumerate(lines, start=1):
        broken += [f"{path}:{number}: {what}" for what, pattern in rules if pattern.search(line)]
        if path.suffix in LICENSED_SUFFIXES and len(line) > MAX_COLUMNS and not TABLE_ROW.match(line):
            broken.append(f"{path}:{number}: longer than {MAX_COLUMNS} columns")
    if text and not text.endswith("\n"):
        broken.append(f"{path}:{len(lines)}: no newline at the end")
    if path.suffix in LICENSED_SUFFIXES:
        if not any("SPDX-License-Identifier:" in line for line in lines[:3]):
            broken.append(f"{path}:1: no SPDX line")
        if len(lines) > MAX_LINES:
            broken.append(f"{path}:{len(lines)}: longer than {MAX_LINES} lines")
    return broken


def main(names: list[str]) -> int:
    """Check the named files, or all."""
    chosen = [Path(name).resolve().relative_to(ROOT) for name in names] or files()
    broken = [text for path in chosen for text in check_file(path)]
    print("\n".join(broken) if broken else f"style: {len(chosen)} files, nothing to say")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
