# SPDX-License-Identifier: BSD-2-Clause
"""One notification's way across the exception levels, as SVG: a lane per level, time from left to right."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from .rings import Event, Ring
from .way import Way

LANES = ("EL1", "EL2", "EL3", "S-EL1", "S-EL0")
NAMES = {"EL1": "EL1  guest", "EL2": "EL2  Portcullis", "EL3": "EL3  monitor", "S-EL1": "S-EL1  SPMC", "S-EL0": "S-EL0  partition"}
COLOURS = {"EL1": "#3f8f5f", "EL2": "#2f6fab", "EL3": "#9aa5b1", "S-EL1": "#7d5ba6", "S-EL0": "#c9822b"}
WIDTH, LEFT, RIGHT = 1180, 150, 40
TOP, LANE, BAR = 46, 46, 26
LABEL = 15
BENEATH = {"set": "S-EL1", "sri_raise": "S-EL1", "entry": "EL1", "trap": "EL1"}     # all others happen at EL2


@dataclass(frozen=True)
class Span:
    """A stretch of time at one level. @who: the guest, if it is known."""
    lane: str
    begin: int
    end: int
    who: str = ""


def spans(events: tuple[Event, ...], at_el1: bool) -> list[Span]:
    """Where the CPU was. @at_el1: it ran a guest before the first event, else the hypervisor."""
    normal = "EL1" if at_el1 else "EL2"
    lane, who, since = normal, "", events[0].time
    found = []
    for event in events:
        if event.name == "el3_in":
            to = "EL3"
        elif event.name == "el3_out":
            to = "S-EL1" if event.secure else normal
        elif event.name in ("spmc_in", "sp_out", "set", "sri_raise"):
            to = "S-EL1"
        elif event.name == "sp_in":
            to = "S-EL0"
        elif event.name == "entry":
            to = normal = "EL1"
        elif event.name == "spmc_out":
            to = lane
        else:
            to = normal = "EL2"
        if to != lane:
            if event.time > since:
                found.append(Span(lane, since, event.time, who if lane == "EL1" else ""))
            lane, since = to, event.time
        if event.name == "entry":
            who = f"d{event.domain}v{event.vcpu}"
    return found


def _text(x: float, y: float, text: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


def draw(way: Way, rings: list[Ring]) -> str:
    """The picture of @way; @rings tell what an event costs."""
    events = way.events
    begin, end = events[0].time, events[-1].time
    height = TOP + LANE * len(LANES)
    ruler = height + 22
    total = ruler + 30 + LABEL * (len(way.steps) + 4)
    scale = (WIDTH - LEFT - RIGHT) / max(1, end - begin)

    def x(time: int) -> float:
        return LEFT + (time - begin) * scale

    def middle(lane: str) -> float:
        return TOP + LANE * LANES.index(lane) + LANE / 2

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>',
             _text(LEFT, 20, f"VM {way.vm} gets notification bits {way.bits:#x}: {end - begin:,} instructions", extra=' font-size="15"')]
    for lane in LANES:
        y = middle(lane)
        parts += [_text(LEFT - 12, y + 4, NAMES[lane], "end"),
                  f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#e3e6ea"/>']

    last = None
    first_normal = next((e for e in events if e.name in ("trap", "sri", "smc_out", "entry")), events[0])
    for span in spans(events, at_el1=events[0].name == "trap" or first_normal.name == "trap"):
        y = middle(span.lane)
        if last:
            parts.append(f'<line x1="{x(span.begin):.1f}" y1="{middle(last):.1f}" x2="{x(span.begin):.1f}" y2="{y:.1f}" '
                         'stroke="#55606b" stroke-width="0.8"/>')
        tip = f"{span.lane} {span.who}: {span.end - span.begin:,} instructions".replace(" :", ":")
        parts.append(f'<rect x="{x(span.begin):.2f}" y="{y - BAR / 2:.1f}" width="{max(0.6, (span.end - span.begin) * scale):.2f}" '
                     f'height="{BAR}" fill="{COLOURS[span.lane]}"><title>{escape(tip)}</title></rect>')
        last = span.lane

    taken = -1e9
    for number, step in enumerate(way.steps, 1):
        at = x(step.event.time)
        lane = BENEATH.get(step.event.name, "EL2")
        label = max(at, taken + 17)
        parts += [f'<circle cx="{at:.1f}" cy="{middle(lane):.1f}" r="3" fill="white" stroke="black"/>',
                  f'<line x1="{at:.1f}" y1="{middle(lane) + 3:.1f}" x2="{label:.1f}" y2="{ruler - 10}" stroke="black" stroke-width="0.4"/>',
                  _text(label, ruler, str(number), "middle", ' font-weight="bold"')]
        taken = label

    y = ruler + 34
    before = begin
    parts.append(_text(LEFT, y - LABEL, "step, instructions since the one before, since the begin", extra=' fill="#55606b"'))
    for number, step in enumerate(way.steps, 1):
        parts += [_text(LEFT + 20, y, f"{number}", "end", ' font-weight="bold"'), _text(LEFT + 30, y, step.text),
                  _text(LEFT + 240, y, f"{step.event.time - before:,}", "end"),
                  _text(LEFT + 330, y, f"{step.event.time - begin:,}", "end")]
        before = step.event.time
        y += LABEL
    costs = ", ".join(f"{name} {max((r.cost for r in rings if r.source == source), default=0)}"
                      for source, name in ((0, "hypervisor"), (1, "firmware")))
    parts.append(_text(LEFT, y + LABEL, f"Each event takes instructions itself, which are contained here: {costs}.",
                       extra=' fill="#55606b"'))
    return "\n".join([*parts, "</svg>", ""])
