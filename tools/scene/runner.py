# SPDX-License-Identifier: BSD-2-Clause
"""One run of QEMU: starts it, reads both consoles, types what a script says, and ends with its end or the timeout."""

import enum
import os
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import qemu
from .console import Line, Merger, Splitter
from .model import Scene

POLL_SECONDS = 0.05
KILL_SECONDS = 10
POST_MORTEM_SECONDS = 5         # what debug keys print after a timeout
POST_MORTEM_KEYS = b"qrai"      # domains, run queues, timers, interrupts; for the hypervisor if it has the console
PANIC_GRACE_SECONDS = 3         # a panic prints its backtrace, then the machine may stand still
PANIC = re.compile(r"^(Panic on CPU|Assertion .* failed|Xen BUG at)", re.I)
FIRMWARE_PANIC = re.compile(r"^(E/TC:.* Panic\b|Unhandled Exception in EL3|PANIC in EL3)")
QUIT_KEY = b"\x1d"              # Ctrl-]


class Outcome(enum.Enum):
    """How a run ended."""
    OFF = "QEMU ended by itself"
    STOPPED = "ended by the runner at the expected line"
    PANIC = "the hypervisor panicked"
    FIRMWARE_PANIC = "the firmware panicked"
    TIMEOUT = "timeout"
    DIED = "QEMU died"
    QUIT = "ended by the user"


@dataclass
class Result:
    """What a run left behind."""
    scene: Scene
    outcome: Outcome
    lines: list[Line]           # both consoles, by time stamp
    seconds: float              # host time, for people only
    detail: str = ""            # QEMU's own words when it died; after a timeout also where each CPU was
    workdir: Path | None = None
    says: list[str] = field(default_factory=list)   # filled by the checks: what is wrong; empty when nothing is

    def text(self) -> str:
        """The whole log."""
        return "".join(f"{line.raw}\n" for line in self.lines)

    def find(self, pattern: str) -> list[Line]:
        """Lines of which `who: text` matches the regular expression."""
        compiled = re.compile(pattern)
        return [line for line in self.lines if compiled.search(line.said)]


def secure_socket(workdir: Path) -> Path:
    """Where a user reaches the secure console of an interactive run (socat - UNIX:…)."""
    return workdir / "secure.sock"


class _Qemu:
    """The process and its two consoles; with @workdir the secure one is a socket there, for people, and not read here."""

    def __init__(self, argv: list[str], workdir: Path | None = None) -> None:
        self.secure, theirs = socket.socketpair()
        self.monitor, its = socket.socketpair()
        chardev = f"fd={theirs.fileno()}" if workdir is None else \
            f"path={secure_socket(workdir)},server=on,wait=off,logfile={workdir / 'secure.log'}"
        with theirs, its:
            try:
                self.process = subprocess.Popen(
                    [*argv, "-chardev", "stdio,id=ns,signal=off", "-serial", "chardev:ns",
                     "-chardev", f"socket,id=secure,{chardev}", "-serial", "chardev:secure",
                     "-chardev", f"socket,id=monitor,fd={its.fileno()}", "-mon", "chardev=monitor"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno(), its.fileno()])
            except BaseException:
                self.secure.close()
                self.monitor.close()
                raise
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ, "ns")
        self.selector.register(self.secure, selectors.EVENT_READ, "secure")
        self.selector.register(self.process.stderr, selectors.EVENT_READ, "stderr")
        self.open = {"ns", "secure", "stderr"}

    def read(self, timeout: float) -> list[tuple[str, bytes]]:
        """What arrived on each stream; an ended stream is forgotten."""
        got = []
        for key, _ in self.selector.select(timeout):
            try:
                data = os.read(key.fd, 65536)
            except ConnectionResetError:        # it ended with something of ours unread
                data = b""
            if data:
                got.append((key.data, data))
            else:
                self.selector.unregister(key.fileobj)
                self.open.discard(key.data)
        return got

    def type(self, data: bytes, console: str = "ns") -> None:
        """Type on a console, the normal world's or the secure one."""
        try:
            if console == "secure":
                self.secure.sendall(data)
                return
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except (BrokenPipeError, ConnectionError):
            pass                # it just ended; the reader will notice

    def registers(self) -> str:
        """Registers of all CPUs, whatever world they are in."""
        said = b""
        try:
            self.monitor.settimeout(POST_MORTEM_SECONDS)
            self.monitor.sendall(b"info registers -a\n")
            while said.count(b"(qemu)") < 2:
                data = self.monitor.recv(65536)
                if not data:
                    break
                said += data
        except OSError:
            pass                # better something than nothing
        return said.decode("utf-8", "replace")

    def end(self) -> None:
        """Make sure that the process is gone and every descriptor closed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(KILL_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.selector.close()
        for stream in (self.process.stdout, self.process.stderr, self.secure, self.monitor):
            stream.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass


def run(scene: Scene, build: Path, workdir: Path, on_line: Callable[[Line], None] | None = None,
        script: list[tuple] | None = None, raw_dtb: bytes | None = None) -> Result:
    """
    Runs @scene and returns what was seen; judging it is check()'s job.

    @on_line sees every line while it runs, in the order of time. @script is a list of (regular expression, bytes) or
    (regular expression, bytes, "secure"): when a line matches the first entry its bytes (or what a function makes of the
    match) are typed on the console, the normal world's unless said otherwise, then the next entry counts.
    Raises SceneError when the scene cannot be started. Nothing is left running, whatever happens.
    """
    prepared = qemu.prepare(scene, build, workdir, raw_dtb)
    script = list(script or [])
    stop_at = re.compile(scene.expect.stop_at) if scene.expect.stop_at else None
    merger = Merger()
    splitters = {"ns": Splitter("ns"), "secure": Splitter("secure")}
    stderr = b""
    outcome = None
    overdue = False
    registers = ""
    started = time.monotonic()
    deadline = started + scene.expect.timeout
    child = _Qemu(prepared.argv)
    try:
        while child.open and outcome is None:
            for stream, data in child.read(POLL_SECONDS):
                if stream == "stderr":
                    stderr += data
                    continue
                # Peers do not stamp their lines: those belong behind what was seen last, on either console.
                splitters[stream].time = max(splitter.time for splitter in splitters.values())
                lines = splitters[stream].feed(data)
                merger.add(lines)
                for line in lines:
                    if script and (match := re.search(script[0][0], line.said)):
                        _, keys, *console = script.pop(0)
                        child.type(keys(match) if callable(keys) else keys, *console)
                    if (line.who == "hv" and PANIC.search(line.text)) or FIRMWARE_PANIC.search(line.text):
                        deadline = min(deadline, time.monotonic() + PANIC_GRACE_SECONDS)
                    if stop_at and stop_at.search(line.said):
                        outcome = Outcome.STOPPED
            if on_line:
                for line in merger.ready():
                    on_line(line)
            if outcome is None and time.monotonic() > deadline:
                if overdue:
                    outcome = Outcome.TIMEOUT
                else:
                    overdue = True
                    deadline = time.monotonic() + POST_MORTEM_SECONDS
                    registers = child.registers()
                    child.type(POST_MORTEM_KEYS)
        if overdue:
            outcome = Outcome.TIMEOUT
        elif outcome is None:
            outcome = Outcome.OFF if child.process.wait(KILL_SECONDS) == 0 else Outcome.DIED
    finally:
        child.end()
    detail = stderr.decode("utf-8", "replace").strip()
    if overdue:
        (workdir / "registers.txt").write_text(registers, encoding="utf-8")
        detail = "\n".join([detail, *re.findall(r"CPU#\d+|PC=\w+|PSTATE=.*", registers)]).strip()
    for splitter in splitters.values():
        merger.add(splitter.finish())
    if on_line:
        for line in merger.ready(everything=True):
            on_line(line)
    lines = merger.sorted()
    if outcome is not Outcome.DIED and any(line.who == "hv" and PANIC.search(line.text) for line in lines):
        outcome = Outcome.PANIC
    elif outcome is not Outcome.DIED and any(FIRMWARE_PANIC.search(line.text) for line in lines):
        outcome = Outcome.FIRMWARE_PANIC
    return Result(scene, outcome, lines, time.monotonic() - started, detail, workdir)


def interact(scene: Scene, build: Path, workdir: Path) -> Result:
    """
    Gives the terminal to the normal world's console until QEMU ends or the user types Ctrl-].

    The secure console is the socket secure_socket(), and kept in <workdir>/secure.log. Nothing is checked.
    """
    import termios
    import tty

    scene.hypervisor.cmdline = f"{scene.hypervisor.cmdline} console-live".strip()
    scene.ask_for_shells()
    prepared = qemu.prepare(scene, build, workdir)
    started = time.monotonic()
    merger = Merger()
    splitter = Splitter("ns")
    outcome = None
    stderr = b""
    stdin = sys.stdin.fileno()
    saved = termios.tcgetattr(stdin) if os.isatty(stdin) else None
    child = _Qemu(prepared.argv, workdir)
    try:
        if saved:
            tty.setraw(stdin)
        child.selector.register(stdin, selectors.EVENT_READ, "keys")
        while child.open and outcome is None:
            for stream, data in child.read(POLL_SECONDS):
                if stream == "keys":
                    if QUIT_KEY in data:
                        outcome = Outcome.QUIT
                    child.type(data.replace(b"\n", b"\r") if not saved else data)
                elif stream == "stderr":
                    stderr += data
                else:
                    merger.add(splitter.feed(data))
                    os.write(sys.stdout.fileno(), data.replace(b"\n", b"\r\n") if saved else data)
        if outcome is None:
            outcome = Outcome.OFF if child.process.wait(KILL_SECONDS) == 0 else Outcome.DIED
    finally:
        if saved:
            termios.tcsetattr(stdin, termios.TCSADRAIN, saved)
        child.end()
    return Result(scene, outcome, merger.sorted(), time.monotonic() - started,
                  stderr.decode("utf-8", "replace").strip(), workdir)
