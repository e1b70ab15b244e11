# SPDX-License-Identifier: BSD-2-Clause
"""
The way of one notification through the machine: from the partition's SET to the guest that has fetched its bit. All of it on
one CPU. Each step is the first event of its kind behind the one before that speaks of the same VM.
"""

from dataclasses import dataclass

from .rings import Event

INFO_GET = (0xC4000083, 0x84000083)
GET = 0x84000082


@dataclass(frozen=True)
class Step:
    """One step: what it is, and where it was seen."""
    text: str
    event: Event


@dataclass(frozen=True)
class Way:
    """The steps of one notification; @events is everything on that CPU meanwhile, and what led to it."""
    vm: int
    bits: int
    steps: tuple[Step, ...]
    events: tuple[Event, ...]


# Text, name of the event, and what must hold besides: (way's vm, its bits, event)
_STEPS = (
    ("SET", "set", lambda vm, bits, e: True),
    ("SRI raised", "sri_raise", lambda vm, bits, e: True),
    ("SRI taken at EL2", "sri", lambda vm, bits, e: True),
    ("INFO_GET out", "smc_out", lambda vm, bits, e: e.w0 in INFO_GET),
    ("INFO_GET back", "smc_in", lambda vm, bits, e: True),
    ("list walked", "list", lambda vm, bits, e: e.vm == vm),
    ("NPI injected", "npi", lambda vm, bits, e: e.vm == vm),
    ("guest entered", "entry", lambda vm, bits, e: e.domain == vm - 1),
    ("guest calls GET", "trap", lambda vm, bits, e: e.domain == vm - 1 and e.w0 == GET),
    ("GET out", "smc_out", lambda vm, bits, e: e.w0 == GET and e.w1 & 0xFFFF == vm),
    ("GET back", "smc_in", lambda vm, bits, e: True),
    ("bits known", "get", lambda vm, bits, e: e.vm == vm and e.sp & bits == bits),
    ("guest has its bit", "entry", lambda vm, bits, e: e.domain == vm - 1),
)
STEPS = tuple(text for text, _, _ in _STEPS)


def _follow(events: list[Event], start: int) -> Way | None:
    """The way of the SET at @start; None if a step is not there, or another SET for the VM came in between."""
    vm, bits = events[start].receiver, events[start].bits
    steps, at = [], start
    for text, name, fits in _STEPS:
        while at < len(events) and not (events[at].name == name and fits(vm, bits, events[at])):
            if steps and events[at].name == "set" and events[at].receiver == vm:
                return None
            at += 1
        if at == len(events):
            return None
        steps.append(Step(text, events[at]))
        at += 1
    begin = start
    while begin > 0 and events[begin].name not in ("trap", "el3_in"):
        begin -= 1
    return Way(vm, bits, tuple(steps), tuple(events[begin:at]))


def ways(events: list[Event]) -> list[Way]:
    """The ways of all notifications that can be followed from their SET to their bit on one CPU, in the order of time."""
    found = []
    for cpu in sorted({event.cpu for event in events}):
        here = [event for event in events if event.cpu == cpu]
        found += [way for i, event in enumerate(here) if event.name == "set" and (way := _follow(here, i))]
    return sorted(found, key=lambda way: way.steps[0].event.time)


def balance(events: list[Event]) -> tuple[int, int]:
    """Bits that partitions have made pending for VMs, and bits that VMs have fetched."""
    pending: dict[tuple[int, int], int] = {}
    given = taken = 0
    for event in events:
        if event.name == "set" and event.sender & 0x8000:
            who = event.receiver, event.vcpu if event.flags & 1 else -1
            fresh = event.bits & ~pending.get(who, 0)
            given += fresh.bit_count()
            pending[who] = pending.get(who, 0) | fresh
        elif event.name == "get":
            taken += event.sp.bit_count()
            for who in ((event.vm, -1), (event.vm, event.vcpu)):
                pending[who] = pending.get(who, 0) & ~event.sp
    return given, taken
