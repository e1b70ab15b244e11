# SPDX-License-Identifier: BSD-2-Clause
"""
The trace: what babeltrace2 reads of the demo, the order of the events of one notification, that the same run gives the same
trace, and that a hypervisor without the option has nothing of it.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from fftrace import cli, ctf, events, picture, rings, run, way  # noqa: E402  (needs the path above)
from scene import Outcome, Scene, check  # noqa: E402

LINE = re.compile(r"^\[(\d+)\.(\d{9})\] \([^)]*\) (\w+): \{ cpu_id = (\d+) \}, \{ (.*) \}$")
FIELD = re.compile(r"(\w+) = (?:\( (?:\"(\w+)\"|<unknown>) : container = (\w+) \)|(\w+))")


def babeltrace(folder: Path, warning: str = "") -> list[tuple[int, str, dict]]:
    """Time in ns, name, and fields of each event, as babeltrace2 tells them; a call has its name, if it has one."""
    done = subprocess.run(["babeltrace2", "--clock-seconds", folder], capture_output=True, text=True, check=True)
    assert warning in done.stderr and bool(warning) == bool(done.stderr), done.stderr
    found = []
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        assert match, line
        seconds, nanos, name, _, fields = match.groups()
        found.append((int(seconds) * 10**9 + int(nanos), name,
                      {key: label or int(container or number, 0) for key, label, container, number in FIELD.findall(fields)}))
    return found


@pytest.fixture(scope="module")
def traced(build):
    """A function that traces the demo and returns the rings and the folder of the Common Trace Format."""

    def call(make, number: int):
        make(f"O={build / 'trace'}", "DEBUG=n", "TRACE=y", folder="xen")
        folder = build / "tests" / "test_trace" / f"run{number}"
        result, found = run.trace(Scene.load(ROOT / "scenes" / "trace.toml"), build, folder, build / "trace" / "xen")
        assert not check(result), check(result)
        ctf.write(folder / "ctf", found)
        return found, folder / "ctf"

    return call


@pytest.mark.xdist_group("bench")
def test_trace_of_the_demo_as_babeltrace_reads_it(make, traced):
    found, folder = traced(make, 0)
    seen = babeltrace(folder)
    assert len(seen) == sum(len(ring.events) for ring in found) and not any(ring.lost for ring in found)
    assert [time for time, _, _ in seen] == sorted(time for time, _, _ in seen)
    assert {name for _, name, _ in seen} == {kind.name for kind in events.KINDS.values()}

    # Every bit that sp.notify set for a VM was fetched by this VM, once
    asked = sorted((e["receiver"], e["bits"]) for _, name, e in seen if name == "set")
    got = sorted((e["vm"], e["sp"]) for _, name, e in seen if name == "get" and e["sp"])
    assert len(asked) == 64 and asked == got

    # One of them, step by step: the events from its SET to the guest that has the bit, and no others of these kinds
    start = next(i for i, (_, name, _) in enumerate(seen) if name == "set")
    vm, bits = seen[start][2]["receiver"], seen[start][2]["bits"]
    wanted = [("set", {}), ("sri_raise", {"irq": 8}), ("sri", {"irq": 8}), ("smc_out", {"w0": "FFA_NOTIF_INFO_GET_64"}),
              ("smc_in", {"w0": "FFA_SUCCESS_64"}), ("list", {"vm": vm, "vcpus": 0}), ("npi", {"vm": vm, "why": 0}),
              ("smc_out", {"w0": "FFA_NOTIF_GET", "w1": vm}), ("smc_in", {"w0": "FFA_SUCCESS_32", "w2": bits}),
              ("get", {"vm": vm, "sp": bits})]
    kinds = {name for name, _ in wanted}
    steps = [(name, fields) for _, name, fields in seen[start:] if name in kinds][:len(wanted)]
    assert [name for name, _ in steps] == [name for name, _ in wanted]
    for (name, fields), (_, expected) in zip(steps, wanted, strict=True):
        assert {key: fields[key] for key in expected} == expected, name
    assert (seen[start + 1][0] - seen[start][0]) < 1000, "from SET to SRI in the SPMC"


@pytest.mark.xdist_group("bench")
def test_trace_follows_and_draws_each_notification(make, traced):
    found, _ = traced(make, 1)
    merged = rings.merged(found)
    followed = way.ways(merged)
    assert way.balance(merged) == (64, 64) and len(followed) == 64
    assert all(tuple(step.text for step in one.steps) == way.STEPS for one in followed)

    drawing = ET.fromstring(picture.draw(followed[0], found))
    texts = [node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert set(way.STEPS) | set(picture.NAMES.values()) <= set(texts)
    shown = picture.spans(followed[0].events, at_el1=False)
    assert {span.lane for span in shown} == set(picture.LANES)
    assert all(before.end == after.begin for before, after in zip(shown, shown[1:]))


@pytest.mark.xdist_group("bench")
def test_trace_is_the_same_in_every_run(make, traced):
    first, second = (traced(make, i)[0] for i in (2, 3))
    assert [ring.events for ring in first] == [ring.events for ring in second]


@pytest.mark.xdist_group("bench")
def test_trace_of_a_machine_that_was_killed(make, build):
    make(f"O={build / 'trace'}", "DEBUG=n", "TRACE=y", folder="xen")
    scene = Scene.load(ROOT / "scenes" / "trace.toml")
    scene.expect.stop_at = r"notify: got 0x0*4 on"
    folder = build / "tests" / "test_trace" / "killed"
    result, found = run.trace(scene, build, folder, build / "trace" / "xen")
    assert result.outcome is Outcome.STOPPED and not (folder / "memory.img").exists()
    given, taken = way.balance(rings.merged(found))
    assert 3 <= taken <= given


def test_trace_command_line(make, build, capsys):
    make(f"O={build / 'trace'}", "DEBUG=n", "TRACE=y", folder="xen")
    scene = str(ROOT / "scenes" / "trace.toml")
    assert cli.main([scene, "--build", str(build), "--hypervisor", str(build / "trace" / "xen"), "--way", "3"]) == 0
    assert "64 notifications set, 64 fetched" in capsys.readouterr().out
    assert (build / "trace" / "trace" / "notification.svg").is_file()
    # The ordinary hypervisor has no rings; the firmware's alone are no trace of it
    assert cli.main([scene, "--build", str(build), "--hypervisor", str(build / "xen")]) == 2
    assert "CONFIG_TRACEBUFFER" in capsys.readouterr().err


def test_trace_is_not_in_an_ordinary_build(build):
    def symbols(elf: Path) -> str:
        return subprocess.run(["aarch64-linux-gnu-nm", elf], capture_output=True, text=True, check=True).stdout

    assert "trace_record" not in symbols(build / "xen-syms")
    assert "trace_record" in symbols(build / "trace" / "xen-syms")


def test_trace_describes_every_event_of_the_headers():
    assert set(events.numbers()) == set(events.KINDS)
    assert len(set(events.numbers().values())) == len(events.KINDS)
    assert all(field.word * 32 + field.shift + field.bits <= 160 for kind in events.KINDS.values() for field in kind.fields)


# ---- what a run does not give ----------------------------------------------------------------------------------------

SET, SRI, ENTRY = (events.numbers()[name] for name in ("TRC_FW_SET", "TRC_FFA_SRI", "TRC_HVM_VMENTRY"))


def image(path: Path, records: list[tuple[int, int]], capacity: int, count: int, junk: bool = False) -> Path:
    """A memory image with one ring, its records given as (time, event), by their places."""
    body = b"\0" * rings.PAGE * 2
    if junk:                    # somebody's data that begins like a ring, on a page of its own
        body += (rings.MAGIC + b"\xff" * 64).ljust(rings.PAGE, b"\0")
    body += rings.HEAD.pack(int.from_bytes(rings.MAGIC, "little"), events.HYPERVISOR, 1, 10**9, count, capacity, count % capacity, 7)
    body += b"".join(rings.RECORD.pack(time, event, 2 << 16 | 1, 0, 0, 0, 0) for time, event in records)
    path.write_bytes(body.ljust(rings.PAGE * 8, b"\0"))
    return path


def test_trace_ring_that_went_round(tmp_path):
    # Seven events in a ring of four: the sixth and seventh are where the second and third were
    found = rings.read_rings(image(tmp_path / "memory", [(50, ENTRY), (60, ENTRY), (70, SRI), (40, ENTRY)], 4, 7, junk=True))
    assert len(found) == 1
    ring = found[0]
    assert (ring.cpu, ring.lost, ring.cost) == (1, 3, 7)
    assert [(event.time, event.name) for event in ring.events] == [(40, "entry"), (50, "entry"), (60, "entry"), (70, "sri")]
    assert (ring.events[0].domain, ring.events[0].vcpu) == (2, 1)
    with pytest.raises(AttributeError):
        ring.events[0].no_such_field
    ctf.write(tmp_path / "ctf", found)
    seen = babeltrace(tmp_path / "ctf", "may have discarded events")
    assert [(time, name) for time, name, _ in seen] == [(40, "entry"), (50, "entry"), (60, "entry"), (70, "sri")]


def test_trace_event_that_nobody_describes_is_left_out(tmp_path):
    found = rings.read_rings(image(tmp_path / "memory", [(10, ENTRY), (20, 0xABCDEF)], 4, 2))
    assert [event.time for event in found[0].events] == [10]


def test_trace_way_with_a_step_missing_is_no_way():
    kinds = {kind.name: kind for kind in events.KINDS.values()}

    def event(time, name, *words):
        return rings.Event(time, kinds[name], (*words, *(0,) * (5 - len(words))), 0)

    whole = [event(0, "el3_in"), event(1, "set", 0x80020002, 0, 4), event(2, "sri_raise", 8), event(3, "sri", 8),
             event(4, "smc_out", 0xC4000083), event(5, "smc_in", 0xC4000061), event(6, "list", 2), event(7, "npi", 2),
             event(8, "entry", 1 << 16), event(9, "trap", 1 << 16, 0, way.GET), event(10, "smc_out", way.GET, 2),
             event(11, "smc_in", 0x84000061, 0, 4), event(12, "get", 2, 4), event(13, "entry", 1 << 16)]
    assert [one.vm for one in way.ways(whole)] == [2] and way.balance(whole) == (1, 1)
    for i in range(2, len(whole)):
        assert not way.ways(whole[:i] + whole[i + 1:]), whole[i].name
    assert way.balance([e for e in whole if e.name != "get"]) == (1, 0)
    assert way.balance([*whole[:12], event(12, "get", 3, 4)]) == (1, 1), "fetched by another VM: not ours any less set"
