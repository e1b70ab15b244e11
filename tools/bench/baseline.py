# SPDX-License-Identifier: BSD-2-Clause
"""
The figures of the last accepted state (tests/system/bench-baseline.csv), and the rule that nothing gets worse by more
than 5 % unnoticed. `--update-baseline` of the tools writes the file; the change belongs into the commit that causes it.
"""

import csv
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "tests" / "system" / "bench-baseline.csv"
TOLERANCE = 0.05


def load() -> dict[str, int]:
    """Our share of each figure, by name."""
    with FILE.open(encoding="utf-8") as file:
        return {row["name"]: int(row["overhead"]) for row in csv.DictReader(file)}


def write(numbers: dict[str, int]) -> None:
    """Accept @numbers, by their names; what is not among them stays as it is."""
    rows = [f"{name},{overhead}\n" for name, overhead in (load() | numbers).items()]
    FILE.write_text("name,overhead\n" + "".join(rows), encoding="utf-8")


def worse(name: str, overhead: int, baseline: dict[str, int]) -> str:
    """What is wrong with @overhead, in a line; empty if nothing is."""
    old = baseline.get(name)
    if old is None:
        return f"{name}: not in {FILE.name}: run the tool with --update-baseline"
    if overhead > old * (1 + TOLERANCE):
        return f"{name}: {overhead} instructions, {old} before: more than {TOLERANCE:.0%} worse"
    return ""
