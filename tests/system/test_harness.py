# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself: each check must be able to fail. Canned logs, and a payload of a few instructions for the runner."""

import json
import re
import shlex
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from scene import Outcome, Scene, SceneError, check, run, summary
from scene import abi, checks, complaints, console, qemu

GOOD = """\
[    0.010000] spmc: ready
[    0.050000] hv: domain d1 (a): 2 vCPUs, 32 MiB, tee ffa, kernel at 0x40000000
[    0.060000] hv: domain d2 (b): 2 vCPUs, 32 MiB, tee ffa, kernel at 0x40000000
[    0.100000] a: 1..2
[    0.100100] a: ok 1 - bound
[    0.200000] sp.notify: set vm 2 bits 0x0000000000000005 global: new 0x0000000000000005
[    0.200100] spmc: SRI (SGI 8) raised on cpu0
[    0.200300] a: notify: got 0x0000000000000005 on vcpu 0
[    0.210000] sp.notify: set vm 3 bits 0x8000000000000000 vcpu 1: new 0x8000000000000000
[    0.210300] b: notify: got 0x8000000000000000 on vcpu 1
[    0.220000] sp.notify: set vm 2 bits 0x0000000000000005 global: new 0x0000000000000004
[    0.220300] a: notify: got 0x0000000000000004 on vcpu 1
[    0.230000] sp.notify: set vm 2 bits 0x0000000000000100 global: error -6
[    0.240000] a: ok 2 - rung
[    0.250000] b: ok 1 - rung
[    0.250001] b: 1..1
[    0.300000] hv: ffa: d1 ledger: npi 2 merged 0 get 2 bits 3 dropped 0 rescued 0
[    0.300001] hv: ffa: d2 ledger: npi 1 merged 0 get 1 bits 1 dropped 0 rescued 0
[    0.310000] hv: balance: pages 1000 of 1000, heap 4096 of 4096, domains 0
[    0.310001] hv: All domains are gone. Power off.
[    0.320000] spmc: balance: set 4 delivered 4 discarded 0 merged 1 bitmaps 0 bound 0 vms 0 rxtx 0
"""


def two_guests(**expect) -> Scene:
    """The scene that GOOD is the log of."""
    return Scene.from_dict({"domain": [{"name": "a", "kernel": "ring", "vcpus": 2}, {"name": "b", "kernel": "ring", "vcpus": 2}],
                            "expect": {"notifications": True, **expect}})


def judge(log: str, **expect) -> list[str]:
    """The problems found in a log."""
    return checks.check_lines(two_guests(**expect), console.parse(log))


def without(text: str) -> str:
    """GOOD without the lines that contain @text; the text must occur, or the test would test nothing."""
    assert text in GOOD
    return "".join(line for line in GOOD.splitlines(True) if text not in line)


def changed(old: str, new: str) -> str:
    """GOOD with a replacement that must apply."""
    assert old in GOOD
    return GOOD.replace(old, new)


def test_npi_that_came_late_is_found():
    """A rescue by the timer counts only where the scene says so."""
    late = changed("bits 3 dropped 0 rescued 0", "bits 3 dropped 0 rescued 2")
    assert judge(late) == []
    assert judge(GOOD, no_rescues=True) == []
    assert judge(late, no_rescues=True) == ["d1: 2 NPIs came late, by the timer"]
    assert judge(GOOD.replace(" rescued 0", ""), no_rescues=True)


def test_good_log_passes():
    assert not judge(GOOD)
    assert summary(two_guests(), console.parse(GOOD)) == "portcullis: 2 domains, 4 notifications set, 4 delivered, 0 lost"


@pytest.mark.parametrize("log, complaint", [
    (without("got 0x8000000000000000"), "bit 63 for b: set 1 times, fetched 0 times"),
    (without("got 0x0000000000000004"), "bit 2 for a: set 2 times, fetched 1 times"),
    (changed("b: notify: got 0x8000000000000000 on vcpu 1", "a: notify: got 0x8000000000000000 on vcpu 1"),
     "bit 63 for a: set 0 times, fetched 1 times"),
    (changed("got 0x8000000000000000 on vcpu 1", "got 0x8000000000000000 on vcpu 0"), "bit 63 for b vcpu 1: set 1 times"),
    (changed("set vm 3 ", "set vm 9 "), "VM 9, which is no domain"),
    (changed("balance: set 4 delivered 4", "balance: set 5 delivered 5"), "the SPMC counted 5"),
])
def test_lost_or_strayed_notification_is_found(log, complaint):
    assert any(complaint in problem for problem in judge(log)), judge(log)


def test_summary_counts_a_lost_bit_once():
    lost = console.parse(without("got 0x8000000000000000"))
    assert summary(two_guests(), lost) == "portcullis: 2 domains, 4 notifications set, 3 delivered, 1 lost"


def test_summary_counts_the_domains_that_were_seen():
    one = console.parse(without("domain d2 (b)"))
    assert summary(two_guests(), one).startswith("portcullis: 1 domain, ")


def test_summary_names_strays():
    log = changed("b: notify: got 0x8000000000000000 on vcpu 1", "a: notify: got 0x8000000000000000 on vcpu 1")
    assert summary(two_guests(), console.parse(log)).endswith("1 lost, 1 delivered to the wrong domain or twice")


def test_nothing_set_at_all_is_a_failure():
    log = "".join(line for line in GOOD.splitlines(True) if "set vm" not in line and "got 0x" not in line)
    log = log.replace("set 4 delivered 4", "set 0 delivered 0").replace("bits 3", "bits 0").replace("bits 1 ", "bits 0 ")
    assert judge(log) == ["no notification was set at all"]


def with_ways(*lines: str) -> str:
    """GOOD with the ledgers' lines about ways of notifications."""
    return GOOD.replace("[    0.310000]", "".join(f"[    0.305000] hv: ffa: {line}\n" for line in lines) + "[    0.310000]", 1)


def test_notifications_between_vms_balance():
    assert not judge(with_ways("d1 to others: set 6 merged 0 refused 2 delivered 0 dropped 0",
                               "d2 from VMs: set 5 merged 1 refused 0 delivered 4 dropped 1"))


@pytest.mark.parametrize("lines, complaint", [
    (["d1 to others: set 6 merged 0", "d2 from VMs: set 5 merged 1 refused 0 delivered 4 dropped 0"], "5 set, 4 delivered, 0 dropped"),
    (["d1 to others: set 5 merged 0", "d2 from VMs: set 5 merged 1 refused 0 delivered 5 dropped 0"], "got 6 notifications from VMs"),
    (["d1: bit 3 from VMs does not balance"], "bit 3 from VMs does not balance"),
])
def test_notifications_between_vms_that_do_not_balance_are_found(lines, complaint):
    log = with_ways(*lines)
    assert any(complaint in problem for problem in judge(log)), judge(log)


def test_pages_that_partitions_own_are_no_leak():
    assert not judge(changed("pages 1000 of", "pages 995 of").replace("rxtx 0", "rxtx 0 owned 5"))


@pytest.mark.parametrize("log, complaint", [
    (changed("pages 1000 of", "pages 999 of"), "pages leaked: 999 of 1000"),
    (changed("pages 1000 of", "pages 999 of").replace("rxtx 0", "rxtx 0 owned 2"), "pages leaked: 999 of 1000"),
    (changed("rxtx 0", "rxtx 0 owned 1"), "pages leaked: 1000 of 1000"),
    (changed("heap 4096 of", "heap 4112 of"), "heap leaked"),
    (changed("domains 0", "domains 1"), "1 domains are left"),
    (changed("bitmaps 0", "bitmaps 1"), "SPMC: bitmaps left over: 1"),
    (changed("bound 0", "bound 3"), "SPMC: bound left over: 3"),
    (changed("vms 0", "vms 1"), "SPMC: vms left over: 1"),
    (changed("delivered 4", "delivered 3"), "4 bits set, but 3 delivered and 0 discarded"),
    (changed("get 2 bits 3", "get 2 bits 2"), "ledgers count 3 bits, the SPMC delivered 4"),
    (without("hv: balance"), "no balance line of the hypervisor"),
    (without("spmc: balance"), "no balance line of the SPMC"),
    (without("All domains are gone"), "never said"),
])
def test_leak_is_found(log, complaint):
    assert any(complaint in problem for problem in judge(log)), judge(log)


@pytest.mark.parametrize("log, complaint", [
    (without("a: ok 2"), "a: result 2 of 2 is missing"),
    (changed("a: ok 2", "a: not ok 2"), "a: not ok 2 - rung"),
    (without("b: 1..1"), "b: no TAP plan"),
    (changed("b: 1..1", "b: 1..0"), "b: result 1 is beyond the plan"),
    (changed("a: ok 2", "a: ok 1"), "a: result 1 was reported twice"),
    (changed("b: 1..1", "b: Bail out! no buffers"), "b: gave up: no buffers"),
])
def test_incomplete_tap_is_found(log, complaint):
    assert any(complaint in problem for problem in judge(log)), judge(log)


def test_expected_and_forbidden_lines():
    assert not judge(GOOD, lines=[r"^spmc: SRI \(SGI 8\)"], no_lines=["^hv: Panic"])
    assert judge(GOOD, lines=["^hv: something else"]) == ["no line matches: ^hv: something else"]
    assert judge(GOOD, no_lines=["^spmc: ready"]) == ["a line matches ^spmc: ready: spmc: ready"]


@pytest.mark.parametrize("line", [
    "ffa: d2 runs without notifications: BITMAP_CREATE: -3", "ffa: d2: BITMAP_DESTROY: -6",
    "ffa: d2: the secure world does not let go of VM 3, its id is kept back", "WARN at tee/ffa.c:12",
    "d2 (linux2) crashed on cpu1", "ffa: d1: share of 4 pages, handle 0x12: the SPMC does not know it; the pages are lost"])
def test_complaint_of_the_hypervisor_is_known(line):
    assert re.search(complaints.pattern(), f"hv: {line}")
    assert not re.search(complaints.pattern(), f"guest1: {line}")


def test_no_complaint_is_seen_in_a_good_log():
    assert len(complaints.messages()) > 50
    assert min(len(message.replace(".*", "")) for message in complaints.messages()) > 8
    assert not [line.said for line in console.parse(GOOD) if re.search(complaints.pattern(), line.said)]


def test_lines_of_both_consoles_are_merged_by_time():
    merger = console.Merger()
    merger.add(console.Splitter("ns").feed(b"[    0.000002] hv: two\n[    0.000004] hv: four\nno stamp\n"))
    merger.add(console.Splitter("secure").feed(b"[    0.000001] spmc: one\r\n[    0.000003] spmc: three\n"))
    assert [line.text for line in merger.ready(everything=True)] == ["one", "two", "three", "four", "no stamp"]
    assert [line.text for line in merger.sorted()] == ["one", "two", "three", "four", "no stamp"]


def test_a_line_may_arrive_in_pieces():
    splitter = console.Splitter("ns")
    assert splitter.feed(b"[    1.500000] hv: ha") == []
    (line,) = splitter.feed(b"lf\n[")
    assert (line.time, line.who, line.text) == (1_500_000, "hv", "half")
    assert [line.raw for line in splitter.finish()] == ["["]


@pytest.mark.parametrize("values, complaint", [
    ({"domain": [{"name": "a"}]}, "'kernel' is missing"),
    ({"domain": [{"name": "a", "kernel": "x", "colour": 1}]}, "unknown key 'colour'"),
    ({"domain": [{"name": "a", "kernel": "x", "vcpus": "two"}]}, "'vcpus' must be a number"),
    ({"domain": [{"name": "a", "kernel": "x"}, {"name": "a", "kernel": "x"}]}, "two domains have this name"),
    ({"domains": []}, "unknown table [domains]"),
    ({"firmware": {"options": ["NO_SUCH"]}}, "unknown option 'NO_SUCH'"),
    ({"firmware": {"fault": {"kind": "NO_SUCH"}}}, "unknown kind 'NO_SUCH'"),
    ({"firmware": {"max_version": "new"}}, "max_version"),
    ({"machine": {"cpus": 0}}, "'cpus' must be"),
    ({"expect": {"tap": ["z"]}}, "'z', which is no domain"),
    ({"hypervisor": {"ramdisk": "initrd"}}, "there is no hypervisor"),
    ({"hypervisor": {"ramdisk": "initrd"}, "expect": {"off": False}, "domain": [{"name": "a", "kernel": "x"}]}, "no [[domain]]"),
])
def test_wrong_scene_is_refused_with_the_place(values, complaint):
    with pytest.raises(SceneError) as error:
        Scene.from_dict(values)
    assert complaint in str(error.value)


def test_every_scene_in_the_tree_is_valid(root):
    scenes = sorted((root / "scenes").glob("*.toml"))
    assert scenes
    for path in scenes:
        Scene.load(path)


def test_mailbox_has_the_layout_of_the_header():
    page = abi.mailbox(0x81, 0x60000000, 0x10001, 9, (6, 7, 8, 9), 1)
    assert len(page) == 4096
    assert struct.unpack_from("<IIQIIIIIII", page) == (0x5754, 0x81, 0x60000000, 0x10001, 9, 6, 7, 8, 9, 1)
    assert {"NO_FFA", "QUIET", "INFO32_ONLY"} <= set(abi.option_names())
    assert {"INFO_COUNT", "CALL_ERROR"} <= set(abi.fault_names())


def test_each_option_of_the_firmware_has_a_bit_of_its_own():
    bits = [abi.numbers()[f"FW_OPT_{name}"] for name in abi.option_names()]
    assert len(bits) == len(set(bits)) and all(bit & (bit - 1) == 0 for bit in bits)


# ---- the runner, with a payload that needs neither hypervisor nor firmware ------------------------------------------

PAYLOAD = """
        movz    x1, #0x0900, lsl #16
        adr     x2, text
1:      ldrb    w0, [x2], #1
        cbz     w0, 2f
        strb    w0, [x1]
        b       1b
2:      {end}
text:   .asciz  "[    0.000001] hv: hello\\n[    0.000002] hv: world\\n{more}"
"""
POWER_OFF = "ldr x0, =0x84000008\n smc #0"
WAIT_FOR_EVER = "wfi\n b 2b"


@pytest.fixture
def payload(tmp_path, assemble):
    """A function: machine code that says two lines, and @more, then @end."""

    def make_payload(end: str, more: str = "") -> Path:
        return assemble(PAYLOAD.format(end=end, more=more), tmp_path)

    return make_payload


def payload_scene(image: Path, **expect) -> Scene:
    """A scene in which @image stands for the hypervisor."""
    return Scene.from_dict({"firmware": {"kind": "none"}, "hypervisor": {"image": str(image)},
                            "expect": {"off": False, **expect}})


def test_runner_sees_the_lines_and_the_end(payload, build, tmp_path):
    seen = []
    result = run(payload_scene(payload(POWER_OFF), lines=["hv: hello", "hv: world"]), build, tmp_path, on_line=seen.append)
    assert not check(result)
    assert result.outcome is Outcome.OFF
    assert [line.text for line in seen] == ["hello", "world"]


def test_runner_ends_a_machine_that_hangs(payload, build, tmp_path):
    result = run(payload_scene(payload(WAIT_FOR_EVER), timeout=2), build, tmp_path)
    assert result.outcome is Outcome.TIMEOUT
    assert re.search(r"CPU#0\nPC=", result.detail)
    assert "PC=" in (tmp_path / "registers.txt").read_text()
    assert check(result)


def test_runner_stops_at_the_expected_line(payload, build, tmp_path):
    result = run(payload_scene(payload(WAIT_FOR_EVER), stop_at="hv: world"), build, tmp_path)
    assert result.outcome is Outcome.STOPPED
    assert not check(result)


ECHO_ONE = """mov w5, #0x18
2:      ldr     w4, [x1, x5]            // flags: receiver empty?
        tbnz    w4, #4, 2b
        ldrb    w0, [x1]
        strb    w0, [x1]
        mov     w0, #10
        strb    w0, [x1]
        """ + POWER_OFF


def test_script_types_when_a_line_matches(payload, build, tmp_path):
    result = run(payload_scene(payload(ECHO_ONE)), build, tmp_path, script=[("hv: world", b"x")])
    assert result.outcome is Outcome.OFF
    assert result.lines[-1].raw == "x"


def test_exit_status_of_the_command_line(payload, build, tmp_path):
    def status(end: str, *options: str, **expect) -> int:
        values = {"off": False, "timeout": 3, **expect}
        text = f'[firmware]\nkind = "none"\n[hypervisor]\nimage = "{payload(end)}"\n[expect]\n'
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        (tmp_path / "scene.toml").write_text(text)
        return subprocess.run([sys.executable, Path(abi.ROOT) / "tools" / "scene.py", "--build", tmp_path, *options,
                               tmp_path / "scene.toml"], capture_output=True, check=False).returncode

    assert status(POWER_OFF) == 0
    assert status(POWER_OFF, lines=["hv: no such line"]) == 1
    assert status(POWER_OFF, colour=True) == 2
    assert status(WAIT_FOR_EVER) == 3
    assert status(POWER_OFF, "--write-dtb", str(tmp_path / "out.dtb")) == 0
    assert (tmp_path / "out.dtb").read_bytes()[:4] == b"\xd0\x0d\xfe\xed"


def test_printed_command_runs_by_itself(payload, build, tmp_path):
    (tmp_path / "scene.toml").write_text(f'[firmware]\nkind = "none"\n[hypervisor]\nimage = "{payload(POWER_OFF)}"\n')
    printed = subprocess.run([sys.executable, Path(abi.ROOT) / "tools" / "scene.py", "--build", tmp_path, "--print-command",
                              tmp_path / "scene.toml"], capture_output=True, text=True, check=True).stdout
    done = subprocess.run(shlex.split(printed), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    assert "hv: hello" in done.stdout


@pytest.mark.parametrize("last", ["E/TC:2 1   Panic at core/kernel/assert.c:28 <_assert_break>", "Unhandled Exception in EL3."])
def test_runner_does_not_wait_when_the_firmware_panics(payload, build, tmp_path, last):
    result = run(payload_scene(payload(WAIT_FOR_EVER, f"{last}\\n"), timeout=1e9), build, tmp_path)
    assert result.outcome is Outcome.FIRMWARE_PANIC
    assert "the firmware panicked" in check(result)[0]


def test_users_own_parts_replace_those_of_the_real_stack(root):
    linux, bare = (Scene.load(root / "scenes" / f"{name}.toml") for name in ("linux", "bare"))
    for scene in (linux, bare):
        scene.replace_parts("my.bios", "my.Image", "my.gz")
        assert scene.firmware.kind == "my.bios"
    assert {(domain.kernel, domain.ramdisk) for domain in linux.domains} == {("my.Image", "my.gz")}
    assert linux.hypervisor.image == "xen"
    assert (bare.hypervisor.image, bare.hypervisor.ramdisk) == ("my.Image", "my.gz")


def test_linux_in_the_hypervisors_place(payload, build, tmp_path):
    import libfdt
    image = payload(POWER_OFF)
    scene = Scene.from_dict({"firmware": {"kind": "none"}, "hypervisor": {"image": str(image), "ramdisk": str(image), "cmdline": "a=b"},
                             "expect": {"off": False}})
    prepared = qemu.prepare(scene, build, tmp_path)
    fdt = libfdt.Fdt(prepared.dtb.read_bytes())
    chosen = fdt.path_offset("/chosen")
    assert fdt.getprop(chosen, "bootargs").as_str() == "a=b"
    start, end = (struct.unpack(">Q", fdt.getprop(chosen, f"linux,initrd-{which}"))[0] for which in ("start", "end"))
    assert end - start == image.stat().st_size
    assert f"loader,file={image},addr={start:#x},force-raw=on" in prepared.argv


def test_interactive_guests_of_the_real_stack_end_in_a_shell(root):
    scene = Scene.load(root / "scenes" / "linux.toml")
    scene.ask_for_shells()
    assert {domain.cmdline for domain in scene.domains} == {"console=ttyAMA0 -- shell"}
    scene = Scene.load(root / "scenes" / "bare.toml")
    scene.ask_for_shells()
    assert scene.hypervisor.cmdline == "console=ttyAMA0 mem=512M -- shell"


def test_interactive_passes_keys_and_console(payload, build, tmp_path):
    (tmp_path / "scene.toml").write_text(f'[firmware]\nkind = "none"\n[hypervisor]\nimage = "{payload(ECHO_ONE)}"\n')
    done = subprocess.run([sys.executable, Path(abi.ROOT) / "tools" / "scene.py", "--build", tmp_path, "--interactive",
                           tmp_path / "scene.toml"], input="y", capture_output=True, text=True, check=True)
    assert "hv: world\ny\n" in done.stdout


def test_runner_says_when_qemu_dies(payload, build, tmp_path):
    scene = payload_scene(payload(POWER_OFF))
    scene.machine.qemu_args = ["-device", "no-such-device"]
    result = run(scene, build, tmp_path)
    assert result.outcome is Outcome.DIED
    assert any("no-such-device" in problem for problem in check(result))


def test_boot_tree_describes_domains_in_their_order(payload, build, tmp_path):
    import libfdt
    image = payload(POWER_OFF)
    scene = Scene.from_dict({
        "firmware": {"kind": "none"}, "hypervisor": {"image": str(image), "cmdline": "ffa-trace"}, "machine": {"cpus": 3},
        "domain": [{"name": "first", "kernel": str(image), "ramdisk": str(image), "cmdline": "a=b", "tee": "ffa", "memory": 48},
                   {"name": "second", "kernel": str(image), "vcpus": 3, "vpl011": False, "nr_spis": 0,
                    "dt": {"memory": False, "extra": [1, 2]}}]})
    prepared = qemu.prepare(scene, build, tmp_path)
    fdt = libfdt.Fdt(prepared.dtb.read_bytes())
    chosen = fdt.path_offset("/chosen")
    assert fdt.getprop(chosen, "xen,xen-bootargs").as_str() == "ffa-trace"
    first = fdt.path_offset("/chosen/first")
    second = fdt.path_offset("/chosen/second")
    assert first < second
    assert fdt.getprop(first, "memory").as_uint64() == 48 * 1024
    assert fdt.getprop(first, "xen,tee").as_str() == "ffa"
    assert fdt.getprop(second, "cpus").as_uint32() == 3
    for node, name in ((second, "memory"), (second, "vpl011")):
        assert fdt.getprop(node, name, [libfdt.NOTFOUND]) == -libfdt.NOTFOUND
    assert bytes(fdt.getprop(second, "nr_spis")) == bytes(4)
    assert bytes(fdt.getprop(second, "extra")) == struct.pack(">II", 1, 2)
    module = fdt.first_subnode(first)
    assert bytes(fdt.getprop(module, "compatible")) == b"multiboot,kernel\0multiboot,module\0"
    address, size = struct.unpack(">QQ", bytes(fdt.getprop(module, "reg")))
    assert size == image.stat().st_size and address % 0x200000 == 0
    assert fdt.getprop(module, "bootargs").as_str() == "a=b"
    assert f"loader,file={image},addr={address:#x},force-raw=on" in prepared.argv


def test_domain_ids_are_what_the_hypervisor_said():
    log = changed("domain d2 (b)", "domain d7 (b)")
    assert checks.domain_names(two_guests(), console.parse(log)) == {1: "a", 7: "b"}


def test_domain_that_was_not_built_is_found():
    assert "b: the hypervisor did not build it" in judge(without("domain d2 (b)"))
    assert "b: built, though it should not be" in judge(GOOD, boots=["a"])


def test_lying_spmc_is_no_leak_but_a_bitmap_left_is():
    log = changed("get 2 bits 3", "get 2 bits 9")
    assert not judge(log, notifications=False, faulty_spmc=True)
    assert judge(log, notifications=False)
    assert judge(log.replace("bitmaps 0", "bitmaps 1"), notifications=False, faulty_spmc=True)
