# SPDX-License-Identifier: BSD-2-Clause
"""Rings in a memory image. Layout: struct trace_ring and struct trace_record of xen/include/public/trace.h."""

import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path

from . import events

MAGIC = struct.pack("<Q", 0x474E495245435254)
HEAD = struct.Struct("<QIIQQIII20x")
RECORD = struct.Struct("<QI5I")
PAGE = 4096


@dataclass(frozen=True)
class Event:
    """One event. @time: ticks of the counter."""
    time: int
    kind: events.Kind
    words: tuple[int, ...]
    cpu: int

    def __getattr__(self, name: str) -> int:
        for candidate in self.kind.fields:
            if candidate.name == name:
                return candidate.value(self.words)
        raise AttributeError(f"'{self.kind.name}' has no field '{name}'")

    @property
    def name(self) -> str:
        """The kind's."""
        return self.kind.name


@dataclass
class Ring:
    """What one CPU wrote, oldest first."""
    source: int
    cpu: int
    frequency: int
    cost: int                   # ticks that writing an event takes
    lost: int                   # older events that were overwritten
    events: list[Event] = field(default_factory=list)


def _ring(memory, at: int) -> Ring | None:
    magic, source, cpu, frequency, count, capacity, following, cost = HEAD.unpack_from(memory, at)
    del magic
    first = at + HEAD.size
    if source not in (events.HYPERVISOR, events.FIRMWARE) or not capacity or following >= capacity or not frequency or \
            first + capacity * RECORD.size > len(memory):
        return None             # somebody else's eight bytes
    ring = Ring(source, cpu, frequency, cost, max(0, count - capacity))
    kept = min(count, capacity)
    for i in range(kept):
        time, number, *words = RECORD.unpack_from(memory, first + (following - kept + i) % capacity * RECORD.size)
        kind = events.kinds().get(number)
        if kind:
            ring.events.append(Event(time, kind, tuple(words), cpu))
    return ring


def read_rings(image: Path) -> list[Ring]:
    """All rings in a memory image, the hypervisor's first, by CPU."""
    rings = []
    with image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        at = memory.find(MAGIC)
        while at >= 0:
            if at % PAGE == 0 and (ring := _ring(memory, at)):
                rings.append(ring)
            at = memory.find(MAGIC, at + 1)
    return sorted(rings, key=lambda ring: (ring.source, ring.cpu))


def merged(rings: list[Ring]) -> list[Event]:
    """The events of all rings by time."""
    return sorted((event for ring in rings for event in ring.events), key=lambda event: event.time)
