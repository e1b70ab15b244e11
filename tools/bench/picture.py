# SPDX-License-Identifier: BSD-2-Clause
"""Two kinds of pictures as SVG, drawn without a library: curves, and rows that show minimum, median, 99 % and maximum."""

import math
from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = ("#2f6fab", "#c9822b", "#3f8f5f", "#7d5ba6")
LIMIT = "#c0392b"
GREY = "#e3e6ea"
WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 90, 30, 50, 50
ROW, NAMES = 26, 260


def _text(x: float, y: float, text: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


def _open(width: int, height: int) -> list[str]:
    return [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="white"/>']


def nice_ceiling(value: float) -> float:
    """The next number above that people like at the end of an axis."""
    if value <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def write_curves(path: Path, title: str, across: str, curves: dict[str, list[tuple[int, float]]], log: bool = True) -> None:
    """@curves: by their names, points (x, y). @log: the x axis is logarithmic to the base 2, for x that grows by doubling."""
    xs = sorted({x for points in curves.values() for x, _ in points})
    top = nice_ceiling(max(y for points in curves.values() for _, y in points))
    place = math.log2 if log else float
    low, span = place(xs[0]), max(1e-9, place(xs[-1]) - place(xs[0]))

    def at(x: float, y: float) -> tuple[float, float]:
        return (LEFT + (place(x) - low) / span * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    parts = [*_open(WIDTH, HEIGHT), _text(LEFT, 22, title, extra=' font-size="15"'),
             _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, across, "middle")]
    for i in range(5):
        _, y = at(xs[0], top * i / 4)
        parts += [f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GREY}"/>',
                  _text(LEFT - 8, y + 4, f"{top * i / 4:,.0f}", "end")]
    parts += [_text(at(x, 0)[0], HEIGHT - BOTTOM + 18, f"{x:,}", "middle") for x in xs]
    for (name, points), colour in zip(curves.items(), COLOURS * len(curves)):
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point in points:
            x, y = at(*point)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{point[0]:,}: {point[1]:,.0f}</title></circle>')
    for i, (name, colour) in enumerate(zip(curves, COLOURS * len(curves))):
        parts += [f'<rect x="{LEFT + 12}" y="{TOP + 4 + 17 * i}" width="12" height="4" fill="{colour}"/>',
                  _text(LEFT + 30, TOP + 11 + 17 * i, name)]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def write_ranges(path: Path, title: str, rows: list[tuple[str, dict[str, int]]], limit: float) -> None:
    """@rows: a name, and four values from the smallest to the largest. @limit: a mark for the third."""
    width, height = NAMES + 620, ROW * (len(rows) + 3)
    top = nice_ceiling(max(limit, *(max(values.values()) for _, values in rows)))

    def at(value: float) -> float:
        return NAMES + value / top * 520

    parts = [*_open(width, height), _text(10, ROW * 0.8, f"{title}: {', '.join(rows[0][1])}; red: limit of the third")]
    for i in range(5):
        x = at(top * i / 4)
        parts += [f'<line x1="{x:.1f}" y1="{ROW * 1.2}" x2="{x:.1f}" y2="{height - ROW}" stroke="{GREY}"/>',
                  _text(x, height - ROW * 0.3, f"{top * i / 4:,.0f}", "middle")]
    parts.append(f'<line x1="{at(limit):.1f}" y1="{ROW * 1.2}" x2="{at(limit):.1f}" y2="{height - ROW}" stroke="{LIMIT}" '
                 'stroke-width="2"/>')
    for i, (name, values) in enumerate(rows):
        y = ROW * (i + 1.7)
        low, middle, high, most = values.values()
        parts += [_text(NAMES - 10, y + 4, name, "end"),
                  f'<line x1="{at(low):.1f}" y1="{y}" x2="{at(most):.1f}" y2="{y}" stroke="{COLOURS[0]}"/>',
                  f'<rect x="{at(low):.1f}" y="{y - 5}" width="{max(1.0, at(high) - at(low)):.1f}" height="10" fill="{COLOURS[0]}"/>',
                  f'<rect x="{at(middle) - 1:.1f}" y="{y - 8}" width="2" height="16" fill="black"/>',
                  _text(at(most) + 6, y + 4, f"{high:,}", extra=' fill="#55606b"')]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")
