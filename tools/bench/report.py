# SPDX-License-Identifier: BSD-2-Clause
"""The figures for people and for programs: table, lines, CSV, SVG."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from .figures import FIGURES, Figure
from .measure import Numbers

BAR = 420                   # width of the longest bar
ROW = 26
LEFT = 290
COLOURS = {"firmware": "#9aa5b1", "ours": "#2f6fab", "limit": "#c0392b"}


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for people: the first column to the left, the others to the right."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def text(row: Sequence[str]) -> str:
        return "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))

    return "\n".join([text(heads), "  ".join("-" * w for w in widths), *map(text, rows)])


def write_rows(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for programs."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(heads)
        out.writerows(rows)


def _rows(numbers: dict[str, Numbers]) -> list[tuple[Figure, Numbers]]:
    return [(figure, numbers[figure.name]) for figure in FIGURES if figure.name in numbers]


def lines(numbers: dict[str, Numbers]) -> list[str]:
    """One machine-readable line per figure."""
    return [f"bench: name={n.name} firmware={n.firmware} total={n.total} overhead={n.overhead}" for _, n in _rows(numbers)]


def table(numbers: dict[str, Numbers], against: dict[str, Numbers] | None = None) -> str:
    """The table of `make bench`; @against: the same of another hypervisor."""
    heads = ["call (instructions)", "firmware alone", "through Portcullis", "our share", "limit"]
    rows = [[f.text, f"{n.firmware:,}", f"{n.total:,}", f"{n.overhead:,}", f"{f.limit:,}"] for f, n in _rows(numbers)]
    if against is not None:
        heads += ["through the other", "its share"]
        for row, (_, n) in zip(rows, _rows(numbers), strict=True):
            other = against.get(n.name)
            row += [f"{other.total:,}", f"{other.overhead:,}"] if other else ["-", "-"]
    return columns(heads, rows)


def write_csv(path: Path, numbers: dict[str, Numbers], against: dict[str, Numbers] | None = None) -> None:
    """One row per figure."""
    heads = ["name", "firmware", "total", "overhead", "limit"] + (["other_total", "other_overhead"] if against else [])
    rows = [[n.name, n.firmware, n.total, n.overhead, figure.limit] for figure, n in _rows(numbers)]
    for row in rows if against else []:
        other = against.get(row[0])
        row += [other.total, other.overhead] if other else []
    write_rows(path, heads, rows)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def write_svg(path: Path, numbers: dict[str, Numbers]) -> None:
    """Per call a bar of our share, and a mark at the limit; each bar is drawn against its own limit."""
    rows = _rows(numbers)
    height = ROW * (len(rows) + 2)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + BAR + 180}" height="{height}" '
             'font-family="sans-serif" font-size="13">', f'<rect width="100%" height="100%" fill="white"/>',
             _text(LEFT, ROW * 0.7, "our share in instructions; the red mark is the limit")]
    scale = BAR / 1.25
    for i, (figure, n) in enumerate(rows):
        y = ROW * (i + 1)
        width = min(BAR, scale * max(n.overhead, 0) / figure.limit)
        parts += [_text(LEFT - 10, y + 17, figure.text, "end"),
                  f'<rect x="{LEFT}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" fill="{COLOURS["ours"]}"/>',
                  f'<rect x="{LEFT + scale:.1f}" y="{y + 2}" width="2" height="{ROW - 4}" fill="{COLOURS["limit"]}"/>',
                  _text(LEFT + BAR + 10, y + 17, f"{n.overhead:,} of {figure.limit:,}")]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")
