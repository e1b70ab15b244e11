# SPDX-License-Identifier: BSD-2-Clause
"""Lines of the two consoles, merged while they arrive.

Both worlds stamp their lines with the same counter, so the order of the stamps is the order of the events. The bytes
reach us over two pipes at slightly different times, therefore a line is held back for a moment of host time: long
enough for the other console's line with a smaller stamp to arrive, short enough for a person not to notice. The lines
of a finished run are sorted completely.
"""

import re
import time
from dataclasses import dataclass

HOLD_SECONDS = 0.15

_STAMPED = re.compile(r"^\[ *(\d+)\.(\d{6})\] ([^\s:]+): ?(.*)$")

COLOURS = {"hv": "36", "spmc": "35", "el3": "90"}
SP_COLOUR = "33"
GUEST_COLOURS = ("32", "34", "92", "94")


@dataclass(frozen=True)
class Line:
    """One console line. @time is in microseconds since power on; a line without a stamp inherits the one before it."""
    time: int
    who: str            # hv, spmc, sp.*, el3, a domain's name; "" for a line without a stamp
    text: str
    console: str        # ns | secure
    raw: str

    def __str__(self) -> str:
        return self.raw

    @property
    def said(self) -> str:
        """`who: text`, what expectations are matched against."""
        return f"{self.who}: {self.text}" if self.who else self.text


class Splitter:
    """Bytes of one console in, lines out."""

    def __init__(self, console: str) -> None:
        self.console = console
        self.rest = b""
        self.time = 0

    def feed(self, data: bytes) -> list[Line]:
        """The lines completed by @data."""
        *whole, self.rest = (self.rest + data).split(b"\n")
        return [self._line(line) for line in whole]

    def finish(self) -> list[Line]:
        """The unfinished last line, if there is one."""
        rest, self.rest = self.rest, b""
        return [self._line(rest)] if rest.strip() else []

    def _line(self, data: bytes) -> Line:
        raw = data.decode("utf-8", "replace").strip("\r\0")
        match = _STAMPED.match(raw)
        if not match:
            return Line(self.time, "", raw, self.console, raw)
        seconds, micros, who, text = match.groups()
        self.time = int(seconds) * 1_000_000 + int(micros)
        return Line(self.time, who, text, self.console, raw)


class Merger:
    """Collects the lines of both consoles; gives them out in order, each after a short time of holding."""

    def __init__(self) -> None:
        self.all: list[Line] = []
        self._held: list[tuple[int, int, float, Line]] = []

    def add(self, lines: list[Line]) -> None:
        """Take lines as they arrived."""
        now = time.monotonic()
        for line in lines:
            self._held.append((line.time, len(self.all), now, line))
            self.all.append(line)

    def ready(self, everything: bool = False) -> list[Line]:
        """Lines that need not wait longer, by time stamp. With @everything: all that are left."""
        limit = time.monotonic() - HOLD_SECONDS
        self._held.sort(key=lambda entry: entry[:2])
        out = []
        while self._held and (everything or self._held[0][2] <= limit):
            out.append(self._held.pop(0)[3])
        return out

    def sorted(self) -> list[Line]:
        """All lines of the run by time stamp; equal stamps stay in the order of arrival."""
        return sorted(self.all, key=lambda line: line.time)


def parse(text: str) -> list[Line]:
    """Lines of a canned log (both consoles in one text)."""
    splitter = Splitter("ns")
    return splitter.feed(text.encode()) + splitter.finish()


class Painter:
    """Colours a line by who speaks."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.guests: dict[str, str] = {}

    def paint(self, line: Line) -> str:
        """The line as it goes to the terminal."""
        if not self.enabled or not line.who:
            return line.raw
        if line.who.startswith("sp."):
            colour = SP_COLOUR
        elif line.who in COLOURS:
            colour = COLOURS[line.who]
        else:
            colour = self.guests.setdefault(line.who, GUEST_COLOURS[len(self.guests) % len(GUEST_COLOURS)])
        return f"\033[{colour}m{line.raw}\033[0m"
