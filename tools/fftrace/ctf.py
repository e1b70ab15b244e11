# SPDX-License-Identifier: BSD-2-Clause
"""
Writes a folder of Common Trace Format 1.8, for babeltrace2 and everything that uses it: `metadata` describes the events,
and each ring is one stream of one packet.
"""

import struct
from pathlib import Path

from . import events
from .rings import Ring

PACKET_MAGIC = 0xC1FC1FC1
PACKET = struct.Struct("<IIQQQQQI")     # magic, stream; begin, end, bits of content, bits of packet, events lost, CPU
HEADER = struct.Struct("<IQ")           # id, time
SOURCES = {events.HYPERVISOR: "hypervisor", events.FIRMWARE: "firmware"}
SIZES = {8: "B", 16: "H", 32: "I", 64: "Q"}

_HEAD = """/* CTF 1.8 */

typealias integer {{ size = 8; align = 8; signed = false; }} := uint8_t;
typealias integer {{ size = 16; align = 8; signed = false; }} := uint16_t;
typealias integer {{ size = 32; align = 8; signed = false; }} := uint32_t;
typealias integer {{ size = 64; align = 8; signed = false; }} := uint64_t;
typealias integer {{ size = 8; align = 8; signed = false; base = 16; }} := xint8_t;
typealias integer {{ size = 16; align = 8; signed = false; base = 16; }} := xint16_t;
typealias integer {{ size = 32; align = 8; signed = false; base = 16; }} := xint32_t;
typealias integer {{ size = 64; align = 8; signed = false; base = 16; }} := xint64_t;

trace {{
    major = 1;
    minor = 8;
    byte_order = le;
    packet.header := struct {{ uint32_t magic; uint32_t stream_id; }};
}};

env {{ tracer_name = "portcullis"; event_cost_hypervisor = {cost[0]}; event_cost_firmware = {cost[1]}; }};

clock {{
    name = counter;
    description = "CNTPCT_EL0";
    freq = {frequency};
    offset = 0;
}};
typealias integer {{ size = 64; align = 8; signed = false; map = clock.counter.value; }} := tick_t;

enum ffa_call : uint32_t {{
{calls}
}};
"""

_STREAM = """
/* {name} */
stream {{
    id = {id};
    packet.context := struct {{
        tick_t timestamp_begin; tick_t timestamp_end; uint64_t content_size; uint64_t packet_size;
        uint64_t events_discarded; uint32_t cpu_id;
    }};
    event.header := struct {{ uint32_t id; tick_t timestamp; }};
}};
"""


def _size(field: events.Field) -> int:
    return next(bits for bits in SIZES if field.bits <= bits)


def _declaration(field: events.Field) -> str:
    kind = {"u": f"uint{_size(field)}_t", "x": f"xint{_size(field)}_t", "fid": "enum ffa_call"}[field.kind]
    return f"{kind} _{field.name};"


def metadata(rings: list[Ring]) -> str:
    """The text that describes the streams of @rings."""
    cost = [max((ring.cost for ring in rings if ring.source == source), default=0) for source in SOURCES]
    calls = ",\n".join(f"    {name} = {value:#x}" for value, name in sorted(events.calls().items()))
    text = _HEAD.format(cost=cost, frequency=rings[0].frequency, calls=calls)
    for source, name in SOURCES.items():
        text += _STREAM.format(name=name, id=source)
        for number, kind in events.kinds().items():
            if kind.source == source:
                fields = " ".join(_declaration(field) for field in kind.fields)
                text += f'\nevent {{ name = "{kind.name}"; id = {number}; stream_id = {source}; fields := struct {{ {fields} }}; }};'
        text += "\n"
    return text


def _stream(ring: Ring) -> bytes:
    numbers = {id(kind): number for number, kind in events.kinds().items()}
    body = bytearray()
    for event in ring.events:
        body += HEADER.pack(numbers[id(event.kind)], event.time)
        for field in event.kind.fields:
            body += struct.pack("<" + SIZES[_size(field)], field.value(event.words))
    bits = 8 * (PACKET.size + len(body))
    first, last = (ring.events[0].time, ring.events[-1].time) if ring.events else (0, 0)
    return PACKET.pack(PACKET_MAGIC, ring.source, first, last, bits, bits, ring.lost, ring.cpu) + bytes(body)


def write(folder: Path, rings: list[Ring]) -> None:
    """A trace of @rings in @folder, in place of what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "metadata").write_text(metadata(rings), encoding="utf-8")
    for ring in rings:
        (folder / f"{SOURCES[ring.source]}_{ring.cpu}").write_bytes(_stream(ring))
