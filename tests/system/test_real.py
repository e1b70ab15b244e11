# SPDX-License-Identifier: BSD-2-Clause
"""The real world: TF-A and OP-TEE below, unmodified Linux guests above. Nothing here was written by us but the middle.

What the guests say comes from tools/realstack/guest-init.sh, lines that start with `guest:`.
"""

import gzip
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import time

import pytest

import realstack
from realstack import firmware
from realstack.initrd import INIT, Newc
from scene import complaints, ledger

pytestmark = pytest.mark.real

TIMEOUT = 1500                          # ends runs that hang; none takes a quarter of it on a machine that is not busy
LISTEN = 600                            # a guest that has waited so long for an NPI will get none
# An emulated CPU that was off for long: the host was busy.
HOSTS = r"hrtimer: interrupt took"
# Linux without preemption stays in the kernel as long as OP-TEE computes for it; emulated, on a busy machine, that is minutes.
SLOW = r"rcu: "
OUR_COMPLAINTS = complaints.pattern()


@pytest.fixture(autouse=True)
def _stack(need_real):
    need_real("initrd")


def linux(name: str, *words: str, kernel: str = "linux", vcpus: int = 2, memory: int = 256, tee: str = "ffa") -> dict:
    """A Linux guest; @words are for guest-init.sh."""
    return {"name": name, "kernel": kernel, "ramdisk": "initrd", "cmdline": " ".join(["console=ttyAMA0", "--", *words]),
            "vcpus": vcpus, "memory": memory, "tee": tee}


def keeper(*words: str) -> dict:
    """The control domain that makes and destroys others (tests/guest/programs/keeper.c)."""
    return {"name": "keeper", "kernel": "keeper", "ramdisk": "linux", "cmdline": " ".join(words), "memory": 32, "control": True}


@pytest.fixture
def real_scene(run_scene, need_real):
    """A function that runs Linux guests on a firmware and holds every guest's kernel log against what it should be."""

    def call(guests: list[dict], firmware: str = "optee", cpu: str = "max", cmdline: str = "", script=None, allow: str = "",
             expect: dict | None = None, killed: tuple = ()):
        need_real(*{firmware, *(guest["kernel"] for guest in guests)} & set(realstack.PARTS))
        result = run_scene({"machine": {"cpus": 2, "memory": 2048, "cpu": cpu}, "firmware": {"kind": firmware},
                            "hypervisor": {"cmdline": cmdline}, "domain": guests,
                            "expect": {"timeout": TIMEOUT, "tap": [], "no_lines": [OUR_COMPLAINTS], **(expect or {})}},
                           script=script)
        for guest in guests:
            if not guest.get("control") and guest["name"] not in killed:
                reached_user_space_cleanly(result, guest, allow)
        return result

    return call


def said(result, name: str, pattern: str) -> list[re.Match]:
    """Matches of @pattern in what the guest's init said."""
    return [match for line in result.lines
            if line.who == name and line.text.startswith("guest: ") and (match := re.search(pattern, line.text[len("guest: "):]))]


def npis(result, name: str) -> list[int]:
    """The guest's own count of its NPIs, CPU by CPU, when it ended."""
    counts = said(result, name, r"^interrupts: .*?: ((?: *\d+)+) .*ARM-FFA-NPI")
    assert counts, f"{name} has no ARM-FFA-NPI in its /proc/interrupts"
    return [int(word) for word in counts[-1].group(1).split()]


def reached_user_space_cleanly(result, guest: dict, allow: str) -> None:
    """All CPUs are up, the kernel complained of nothing, and the machine ended as its init wanted."""
    name = guest["name"]
    booted = said(result, name, r"^kernel (\S+) cpus (\d+) memory")
    assert booted, f"{name} did not reach user space"
    assert int(booted[0].group(2)) == guest["vcpus"]
    complaints = [match.string for match in said(result, name, r"^(warning|error):") if not re.search(HOSTS, match.string)
                  and not (allow and re.search(allow, match.string))]
    assert not complaints, "\n".join([f"{name}'s kernel complained:", *complaints])
    assert said(result, name, r"^end: ")


def ffa_probed(result, name: str, devices: int) -> None:
    """arm_ffa found partitions and has its interrupts, without an error."""
    found = said(result, name, r"^ffa devices: (.*)$")[0].group(1).split()
    assert len(found) == devices, found
    assert said(result, name, r"^dmesg: .*ARM FF-A: Firmware version 1\.2 found")
    assert not said(result, name, r"^dmesg: .*ARM FF-A: .*([Ee]rror|fail|Incompatible)")
    npis(result, name)


# ---- boot ------------------------------------------------------------------------------------------------------------

def test_two_guests_on_op_tee(real_scene):
    result = real_scene([linux("linux1"), linux("linux2")])
    for name in ("linux1", "linux2"):
        ffa_probed(result, name, devices=2)
        assert said(result, name, r"^dmesg: .*optee: revision 4\.")
        assert said(result, name, r"^dmesg: .*optee: initialized driver")
        assert said(result, name, r"^tee devices: .*\btee0 .*\bteepriv0")


def test_two_guests_on_the_builtin_secure_world(real_scene):
    result = real_scene([linux("linux1"), linux("linux2")], firmware="builtin")
    for name in ("linux1", "linux2"):
        ffa_probed(result, name, devices=4)


# QEMU 7.2's neoverse-n1 lacks a register that TF-A's reset handler of this CPU reads: it dies before anything is printed.
@pytest.mark.parametrize("cpu, firmware", [("cortex-a57", "optee"), ("max,pauth-impdef=on", "optee"), ("neoverse-n1", "builtin")])
def test_no_guest_sees_what_traps_at_el3(real_scene, cpu, firmware):
    result = real_scene([linux("linux1", memory=128)], firmware=firmware, cpu=cpu)
    ffa_probed(result, "linux1", devices=2 if firmware == "optee" else 4)
    assert not result.find(r"^linux1: .*(Scalable (Vector|Matrix)|Memory Tagging|Statistical Profiling)")


@pytest.mark.parametrize("firmware", ["optee", "builtin"])
def test_stock_kernel_of_debian(real_scene, firmware):
    result = real_scene([linux("debian", kernel="linux-debian", memory=512)], firmware=firmware)
    assert said(result, "debian", r"^ffa devices: *$"), "this kernel has no FF-A driver"


def test_guest_without_ffa_sees_none(real_scene):
    result = real_scene([linux("plain", tee="none"), linux("linux1")])
    assert said(result, "plain", r"^ffa devices: *$")
    assert not said(result, "plain", r"ARM-FFA-NPI")
    ffa_probed(result, "linux1", devices=2)


def test_more_vcpus_than_cpus(real_scene):
    real_scene([linux("linux1", vcpus=4)])


@pytest.mark.parametrize("end", ["off", "reboot"])
def test_end_of_a_guest(real_scene, end):
    result = real_scene([linux("linux1", f"end={end}", memory=128)])
    assert result.find(rf"^hv: d1 \(linux1\) has shut down: {'power off' if end == 'off' else 'reboot'}")


# A boot loader: changes the conduit in the device tree that the hypervisor wrote, then starts the kernel behind it.
SMC_LOADER = """
        b       1f
        nop
        .quad   0, {size}, 2, 0, 0, 0
        .ascii  "ARM\\x64"
        .word   0
1:      ldr     w1, [x0, #4]            // totalsize
        rev     w1, w1
        add     x2, x0, x1
        mov     x3, x0
        ldr     w4, =0x00637668         // "hvc"
        ldr     w5, =0x00636d73         // "smc"
2:      ldr     w6, [x3]
        cmp     w6, w4
        b.ne    3f
        str     w5, [x3]
        dc      civac, x3
3:      add     x3, x3, #4
        cmp     x3, x2
        b.lo    2b
        dsb     sy
        mov     x1, xzr                 // as the boot protocol wants it
        mov     x2, xzr
        mov     x3, xzr
        adr     x7, .
        and     x7, x7, #~0x1fffff
        add     x7, x7, #0x200000
        br      x7
"""


@pytest.fixture
def smc_kernel(need_real, assemble, tmp_path):
    """The kernel `linux` with the loader before it, as a file."""
    need_real("linux")
    kernel = realstack.need("linux").read_bytes()
    size = 0x200000 + int.from_bytes(kernel[16:24], "little")
    loader = assemble(SMC_LOADER.format(size=hex(size)), tmp_path).read_bytes()
    image = tmp_path / "Image"
    image.write_bytes(loader.ljust(0x200000, b"\0") + kernel)
    return image


@pytest.mark.parametrize("firmware", ["optee", "builtin"])
def test_conduit_smc_next_to_hvc(real_scene, smc_kernel, firmware):
    xtest = "xtest=1004" if firmware == "optee" else "xtest=no"
    result = real_scene([linux("byhvc", xtest, memory=128), linux("bysmc", xtest, kernel=str(smc_kernel), memory=128)],
                        firmware=firmware)
    for name, conduit in (("byhvc", "hvc"), ("bysmc", "smc")):
        assert said(result, name, rf"^conduit {conduit}$")
        ffa_probed(result, name, devices=2 if firmware == "optee" else 4)
        if firmware == "optee":
            assert xtest_passed(result, name)[0] == 1


# ---- make run SCENE=linux --------------------------------------------------------------------------------------------

def scene_linux(make, build, *variables: str) -> list[str]:
    """The lines of `make run SCENE=linux`, which fails when anything is not as the scene expects."""
    return make("run", "SCENE=linux", f"O={build}", *variables).stdout.splitlines()


def test_plain_make_run(make, build, need_real):
    """Everything that issue and README promise is in the scene's own list of lines."""
    need_real("optee", "linux")
    lines = scene_linux(make, build)
    assert "portcullis: linux: as expected" in lines
    for name in ("linux1", "linux2"):
        assert [line for line in lines if f"{name}: guest: xtest: status 0 " in line]
        assert [line for line in lines if re.search(rf"{name}: guest: dmesg: .*optee: initialized driver", line)]


def test_make_run_with_the_users_own_parts(make, build, smc_kernel, need_real, tmp_path):
    """
    FIRMWARE=, KERNEL= and INITRD= are files that say so themselves: an image with another greeting; the kernel behind a boot loader
    that changes its conduit; and an archive with another /init before the real one.
    """
    need_real("optee", "initrd")
    firmware, initrd = tmp_path / "own.bios", tmp_path / "own.gz"
    old, new = b"Booting Trusted Firmware", b"Booting somebody's own FW"[:24]
    image = realstack.need("optee").read_bytes()
    assert old in image
    firmware.write_bytes(image.replace(old, new))
    with gzip.open(initrd, "wb") as out:
        out.write(gzip.decompress(realstack.need("initrd").read_bytes()))
        archive = Newc(out)             # the kernel unpacks one archive behind the other, and the last file of a name counts
        archive.add("real", stat.S_IFREG | 0o755, INIT.read_bytes())
        archive.add("init", stat.S_IFREG | 0o755, b"#!/bin/busybox sh\necho guest: my own\nexec /real \"$@\"\n")
        archive.close()
    lines = scene_linux(make, build, f"FIRMWARE={firmware}", f"KERNEL={smc_kernel}", f"INITRD={initrd}")
    assert "portcullis: linux: as expected" in lines
    assert any(new.decode() in line for line in lines)
    for name in ("linux1", "linux2"):
        assert [line for line in lines if line.endswith(f"{name}: guest: my own")]
        assert [line for line in lines if line.endswith(f"{name}: guest: conduit smc")]


def test_make_run_with_the_builtin_firmware(make, build, need_real):
    need_real("linux")
    lines = scene_linux(make, build, "FIRMWARE=builtin")
    assert "portcullis: linux: as expected" in lines
    assert sum("guest: xtest: there is no OP-TEE here" in line for line in lines) == 2


@pytest.mark.parametrize("variable", ["FIRMWARE", "KERNEL", "INITRD"])
def test_make_run_with_a_file_that_is_not_there(build, root, variable, need_real):
    need_real("optee")                  # which is looked for first
    done = subprocess.run(["make", "-C", root, "run", "SCENE=linux", f"O={build}", f"{variable}=/nowhere/file"], capture_output=True,
                          text=True, check=False)
    assert done.returncode
    assert re.search(r"^scene: no such (firmware|image): /nowhere/file", done.stderr, re.M), done.stderr


def test_shell_in_either_guest(build, root, need_real):
    """`make run SCENE=linux INTERACTIVE=1` as a person uses it: on a terminal, with the secure console in another window."""
    need_real("optee", "linux")
    ours, theirs = pty.openpty()
    make = subprocess.Popen(["make", "-C", root, "run", "SCENE=linux", "INTERACTIVE=1", f"O={build}"], stdin=theirs, stdout=theirs,
                            stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = ""

    def wait_for(*patterns: str) -> str:
        """What was written until each of the patterns was seen; forgets it."""
        nonlocal seen
        deadline = time.monotonic() + TIMEOUT
        while not all(re.search(pattern, seen) for pattern in patterns):
            assert time.monotonic() < deadline and make.poll() is None, seen
            if select.select([ours], [], [], 1)[0]:
                seen += os.read(ours, 65536).decode("utf-8", "replace")
        got, seen = seen, ""
        return got

    def press(keys: str, *patterns: str) -> str:
        os.write(ours, keys.encode())
        return wait_for(*patterns)

    def go(domid: int) -> None:
        while f"Input to d{domid} " not in press("\x01\x01\x01", r"Input to .* to switch"):
            pass

    def command(text: str) -> str:
        return press(f"{text}; echo fi''nished\r", "finished")

    def npi(domid: int) -> int:
        go(domid)
        for _ in range(10):     # a live console may have somebody else's words in the middle of the line
            said = command("grep FFA /proc/interrupts")
            if found := re.search(r"linux\d: +\d+:((?: +\d+)+) .*ARM-FFA-NPI", said):
                return sum(map(int, found.group(1).split()))
        raise AssertionError(said)

    try:
        wait_for("linux1: .*guest: shell", "linux2: .*guest: shell")
        go(1)
        press("\r", "linux1: .*# ")
        press("cat\r", "cat")
        press("echoed\r", "linux1: echoed")
        press("\x03", "# ")
        go(2)
        press("\r", "linux2: .*# ")
        assert "arm-ffa-1" in command("ls /sys/bus/arm_ffa/devices")
        assert npi(1) == npi(2) == 0
        with socket.socket(socket.AF_UNIX) as secure:
            secure.connect(str(build / "run" / "linux" / "secure.sock"))
            secure.sendall(b"x")
            while npi(1) + npi(2) != 1:
                time.sleep(0.1)         # the next look; how long it takes does not matter
        go(2)
        press("exit\r", "d2 .* has shut down: power off", "Input to the hypervisor")
        go(1)
        press("\x1d", "ended by the user")
        make.wait(TIMEOUT)
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGTERM)
            make.wait()
        os.close(ours)
    assert make.returncode == 0


# ---- notifications ---------------------------------------------------------------------------------------------------

RINGS = 25


class Bell:
    """
    Somebody at the secure UART: rings when the guests listen, at each NPI again, until one has had @rings; when it is gone, the
    next one, if there are to be @guests.

    OP-TEE keeps the UART's interrupt off from the notification to the end of the bottom half, which reads what has come by
    then: a byte that is typed as soon as the guest has seen its NPI may have no notification of its own. So the guest that says
    that it still waits (every 5 s) gets another one. If that one was too early, the guest gets more than @rings.
    """

    LINE = r"^(?:(\w+): guest: (still )?npi (\d+)|I/TC: Removing guest)"

    def __init__(self, rings: int, guests: int = 1) -> None:
        self.rings = rings
        self.guests = guests
        self.owner = None
        self.owners = []
        self.again = 0

    def script(self, listeners: int = 2) -> list[tuple]:
        """For the runner, of a scene with so many guests that listen."""
        listening = r"guest: listening"
        return [*[(listening, b"")] * (listeners - 1), (listening, b"x", "secure"),
                *[(self.LINE, self.answer, "secure")] * (100 * self.rings)]

    def answer(self, match) -> bytes:
        """What to type when a guest has said how many NPIs it has, or is gone."""
        name, still, count = match.groups()
        if not name:
            self.owner = None
            return b"x" if len(self.owners) < self.guests else b""
        if still and name != self.owner:
            return b""                  # it is not its turn
        if not self.owner:
            self.owner = name
            self.owners.append(name)
        if int(count) >= self.rings:
            return b""
        self.again += bool(still)
        return b"x"

    def heard(self, result, *guests: str) -> None:
        """
        All counters agree: every notification that OP-TEE raised was fetched, by a guest that had an NPI for it. A guest that was
        slow to fetch had more NPIs than that. @guests: in the order of their ids.
        """
        books = ledger.books(result.lines)
        repeated = sum(count for text, count in ledger.counters(result.lines).items() if text.startswith("NPI injected again"))
        npi = got = 0
        for domid, name in enumerate(guests, start=1):
            count = sum(npis(result, name))
            fetched = len(result.find(rf"^hv: ffa: get d{domid}v\d+ sp 0x0*1 vm 0x0*$"))
            book = books.domains[domid]
            assert (book["bits"], book["dropped"]) == (fetched, 0), name
            assert book["npi"] == count, name
            if name in self.owners:
                assert self.rings <= count <= self.rings + self.again + repeated, name
            else:
                assert count == 0, name
            npi, got = npi + count, got + fetched
        assert got == len(result.find(r"^hv: ffa: SRI on cpu"))
        assert 0 <= npi - got <= repeated


def test_secure_uart_rings_its_owner_alone_then_the_heir(real_scene):
    """OP-TEE's console belongs to the guest it served last; when that one has gone, to the other."""
    words = (f"listen={RINGS}", f"listen_s={LISTEN}")
    bell = Bell(RINGS, guests=2)
    result = real_scene([linux("linux1", *words), linux("linux2", *words)], cmdline="ffa-trace final-keys=f",
                        script=bell.script())

    owner, heir = bell.owners
    assert {owner, heir} == {"linux1", "linux2"}
    assert {line.who for line in result.lines[:result.lines.index(result.find(rf"^{owner}: guest: end")[0])]
            if re.match("guest: npi", line.text)} == {owner}
    bell.heard(result, "linux1", "linux2")


@pytest.mark.parametrize("cpu", [0, 1])
def test_rings_find_the_cpu_that_is_left(real_scene, cpu):
    bell = Bell(5)
    result = real_scene([linux("linux1", f"offline={cpu}", "listen=5", f"listen_s={LISTEN}", memory=128)],
                        cmdline="ffa-trace final-keys=f", script=bell.script(listeners=1))
    assert said(result, "linux1", rf"^online {1 - cpu}$")
    assert bell.owners == ["linux1"]
    bell.heard(result, "linux1")
    assert {line.text[-1] for line in result.find(r"^hv: ffa: NPI to d1v")} == {str(1 - cpu)}


def test_heir_of_a_killed_owner_gets_the_notifications(real_scene):
    """
    The owner dies in peace: OP-TEE keeps its UART's interrupt off from the notification to the end of the bottom half, and
    would keep it off for ever if the bottom half did not come.
    """
    words = (f"listen={RINGS}", f"listen_s={LISTEN}")
    bell = Bell(RINGS)
    killed = []

    def kill(match) -> bytes:
        killed.append(match.group(1))
        return f"k{match.group(2)}\r".encode()

    start, ring, *more = bell.script()
    script = [start, ring, (r"^(linux(\d)): guest: still npi 1", kill), (r"^I/TC: Removing guest", b"x", "secure"), *more]
    guests = [linux("linux1", *words), linux("linux2", *words), keeper()]
    result = real_scene(guests, cmdline="ffa-trace conswitch=keeper", script=script, expect={"tap": ["keeper"]},
                        killed=("linux1", "linux2"))
    heir = {"linux1": "linux2", "linux2": "linux1"}[killed[0]]
    reached_user_space_cleanly(result, next(guest for guest in guests if guest["name"] == heir), "")
    assert not said(result, killed[0], "^end:")
    assert bell.owners == [heir]
    assert RINGS <= sum(npis(result, heir)) <= RINGS + bell.again
    count = sum(npis(result, heir))
    assert result.find(rf"^hv: ffa: d{heir[-1]} ledger: npi {count} .* bits {count} dropped 0")
    assert result.find(rf"^hv: ffa: d{killed[0][-1]} ledger: npi 1 .* bits 1 dropped 0")


# ---- births and deaths -----------------------------------------------------------------------------------------------

CYCLES = 50


def test_third_ffa_guest_is_refused_by_name(real_scene):
    """OP-TEE serves CFG_VIRT_GUEST_COUNT guests, 2 in this build. The first two are none the worse."""
    result = real_scene([linux(f"linux{i}", memory=128) for i in (1, 2, 3)], killed=("linux3",),
                        expect={"boots": ["linux1", "linux2"], "no_lines": []})
    assert result.find(r"^hv: ffa: d3: SP 0x8001 refuses VM created: -6")
    assert result.find(r"^hv: domain linux3: xen,tee: the mediator refuses the domain")
    for name in ("linux1", "linux2"):
        ffa_probed(result, name, devices=2)


def test_op_tee_gets_back_what_vms_had(real_scene, need_real):
    """Linux boots without a root file system, so it has probed OP-TEE when it panics and resets. OP-TEE has two slots."""
    need_real("optee")
    assert firmware.patched(), f"{firmware.PATCH.name} does not fit this OP-TEE: built without, it panics at about the 47th VM"
    result = real_scene([linux("linux1", "xtest=1004"), keeper(f"cycles={CYCLES}", "mib=32")], cmdline="final-keys=f",
                        expect={"tap": ["keeper"], "timeout": 3 * TIMEOUT})
    assert xtest_passed(result, "linux1")[0] == 1
    assert len(result.find(r"^I/TC: Added guest")) == len(result.find(r"^I/TC: Removing guest")) == CYCLES + 1


def test_guest_killed_in_the_middle_of_xtest_takes_nothing_along(real_scene):
    """
    With memory shared, sessions open and perhaps a thread of OP-TEE at work; the other guest's tests go on. There is much more to
    come when the word to kill is given, so that it finds the guest at it.
    """
    guests = [linux("linux1", "xtest=100", memory=384), linux("linux2", "xtest=1004", memory=384), keeper()]
    result = real_scene(guests, cmdline="conswitch=keeper", script=[(r"^linux1: o regression_1004.2", b"k1\r")],
                        expect={"tap": ["keeper"]}, killed=("linux1",), allow=SLOW)
    assert not said(result, "linux1", r"^xtest: status")
    assert xtest_passed(result, "linux2")[0] == 1
    assert len(result.find(r"^I/TC: Added guest")) == len(result.find(r"^I/TC: Removing guest")) == 2


# ---- a hostile guest -------------------------------------------------------------------------------------------------

def test_guest_cannot_stop_op_tee_for_the_other(real_scene):
    """What OP-TEE would not survive (tests/guest/programs/opteebad.c), before and while the other guest works with it."""
    hostile = {"name": "hostile", "kernel": "opteebad", "memory": 32, "tee": "ffa"}
    result = real_scene([hostile, linux("linux1", "xtest=1004")], expect={"tap": ["hostile"], "no_lines": [OUR_COMPLAINTS]},
                        killed=("hostile",))
    assert xtest_passed(result, "linux1")[0] == 1


# ---- xtest -----------------------------------------------------------------------------------------------------------

def xtest_passed(result, name: str) -> tuple[int, int]:
    """Cases and subtests of the guest's xtest run, none of which failed."""
    mine = [line.text for line in result.lines if line.who == name]
    counts = [re.match(rf"(\d+) {what} of which (\d+) failed", text) for what in ("subtests?", "test cases?") for text in mine]
    subtests, cases = [(int(match.group(1)), int(match.group(2))) for match in counts if match]
    failed = [text for text in mine if re.search(r"regression_\S+ FAILED|has an unexpected value", text)]
    assert (subtests[1], cases[1]) == (0, 0), "\n".join(failed)
    assert said(result, name, r"^xtest: status 0 ")
    passed = {match.group(1) for text in mine if (match := re.match(r"\s*(regression_\w+) OK", text))}
    assert len(passed) == cases[0]
    return cases[0], subtests[0]


@pytest.mark.parametrize("tests, cases", [("100", 9), ("600", 9)])
def test_xtest_in_both_guests_at_once(real_scene, tests, cases):
    result = real_scene([linux(name, f"xtest={tests}", memory=384) for name in ("linux1", "linux2")], allow=SLOW)
    for name in ("linux1", "linux2"):
        assert xtest_passed(result, name)[0] >= cases
    assert xtest_passed(result, "linux1") == xtest_passed(result, "linux2")


def xtest_while_the_secure_uart_rings(real_scene, tests: str, rings: int, timeout: int):
    """The owner alone gets the notifications, whatever both do meanwhile; the other one waits for none."""
    words = (f"xtest={tests}", f"listen={rings}")
    bell = Bell(rings)
    result = real_scene([linux(name, *words, memory=512) for name in ("linux1", "linux2")], cmdline="ffa-trace final-keys=f",
                        script=bell.script(), expect={"timeout": timeout}, allow=SLOW)
    assert len(bell.owners) == 1
    bell.heard(result, "linux1", "linux2")
    return result


def test_rings_arrive_while_both_guests_run_xtest(real_scene):
    result = xtest_while_the_secure_uart_rings(real_scene, "1004", RINGS, TIMEOUT)
    assert xtest_passed(result, "linux1") == xtest_passed(result, "linux2")


if os.environ.get("REAL") == "all":     # make soak

    def test_whole_xtest_in_both_guests_and_1000_rings(real_scene):
        result = xtest_while_the_secure_uart_rings(real_scene, "all", 1000, 4 * 3600)
        for name in ("linux1", "linux2"):
            assert xtest_passed(result, name)[0] == 108
