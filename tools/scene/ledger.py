# SPDX-License-Identifier: BSD-2-Clause
"""What the lines of a run say: TAP of each guest, notifications set and got, the books at the end."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .console import Line

VM_ID_OF_DOMID = 1              # FF-A id 0 is the hypervisor's, so domain n speaks as n + 1

_TAP_POINT = re.compile(r"^(not )?ok (\d+)(?:\s+-)?\s*(.*)$")
_TAP_PLAN = re.compile(r"^1\.\.(\d+)")
_SET = re.compile(r"^set vm (\d+|0x[0-9a-f]+) bits 0x([0-9a-f]+) (global|vcpu (\d+)): (?:new 0x([0-9a-f]+)|error (-?\d+))")
_GOT = re.compile(r"^notify: got 0x([0-9a-f]+) on vcpu (\d+)")
_LEDGER = re.compile(r"^ffa: d(\d+) ledger: (.*)$")
_HYPERVISOR = re.compile(r"^ffa: hypervisor (from SPs|from VMs|framework|to others): (.*)$")
_FATES = re.compile(r"^ffa: d(\d+) (from SPs|from VMs|framework|to others): (.*)$")
_UNBALANCED = re.compile(r"^ffa: d\d+: bit \d+ .* does not balance$")
_HV_BALANCE = re.compile(r"^balance: pages (\d+) of (\d+), heap (\d+) of (\d+), domains (\d+)")
_SPMC_BALANCE = re.compile(r"^balance: (.*)$")
_COUNTERS = "All VMs since boot:"
_COUNTER = re.compile(r"^\s+(\d+) (.+)$")
_PAIRS = re.compile(r"([a-z]+) (\d+)")

GONE = "All domains are gone. Power off."


@dataclass
class Tap:
    """The TAP output of one domain."""
    planned: int | None = None
    passed: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    bailed: str = ""
    repeated: list[int] = field(default_factory=list)

    def problems(self) -> list[str]:
        """What is wrong with it; a report that is not complete is wrong."""
        out = []
        if self.bailed:
            out.append(f"gave up: {self.bailed}")
        if self.planned is None:
            out.append("no TAP plan (1..N)")
        out += [f"not ok {number} - {text}" for number, text in sorted(self.failed.items())]
        out += [f"result {number} was reported twice" for number in self.repeated]
        if self.planned is not None:
            missing = [n for n in range(1, self.planned + 1) if n not in self.passed and n not in self.failed]
            out += [f"result {number} of {self.planned} is missing" for number in missing]
            out += [f"result {n} is beyond the plan 1..{self.planned}"
                    for n in (*self.passed, *self.failed) if not 1 <= n <= self.planned]
        return out


def tap(lines: list[Line], who: str) -> Tap:
    """The TAP report of the domain @who."""
    report = Tap()
    for line in lines:
        if line.who != who:
            continue
        if match := _TAP_POINT.match(line.text):
            number = int(match.group(2))
            if number in report.passed or number in report.failed:
                report.repeated.append(number)
            (report.failed if match.group(1) else report.passed)[number] = match.group(3)
        elif match := _TAP_PLAN.match(line.text):
            report.planned = int(match.group(1))
        elif line.text.startswith("Bail out!"):
            report.bailed = line.text[len("Bail out!"):].strip()
    return report


def _bits(bitmap: int):
    while bitmap:
        low = bitmap & -bitmap
        yield low.bit_length() - 1
        bitmap ^= low


@dataclass
class Notifications:
    """Every bit that became pending, and every bit a guest fetched. Keys: (domain name, bit)."""
    set: Counter = field(default_factory=Counter)
    got: Counter = field(default_factory=Counter)
    set_for_vcpu: dict = field(default_factory=lambda: defaultdict(Counter))    # vcpu -> the same, per-vCPU bits only
    got_on_vcpu: dict = field(default_factory=lambda: defaultdict(Counter))
    for_hypervisor: int = 0                             # bits set for id 0, which fetches them itself
    unknown: list = field(default_factory=list)         # SETs for a VM that is no domain of the scene

    @property
    def lost(self) -> int:
        """Set and never fetched by the domain they were meant for, or not on the vCPU they were meant for."""
        elsewhere = sum(((bits - self.got_on_vcpu[vcpu]) for vcpu, bits in self.set_for_vcpu.items()), Counter())
        return ((self.set - self.got) | elsewhere).total()      # a bit nobody fetched is in both: counted once

    @property
    def strays(self) -> int:
        """Fetched by a domain for which they were never set, or more often than they were set."""
        return (self.got - self.set).total()

    def problems(self) -> list[str]:
        """Each lost or strayed bit."""
        out = [f"bit {bit} for {name}: set {self.set[name, bit]} times, fetched {self.got[name, bit]} times"
               for name, bit in sorted((self.set - self.got).keys() | (self.got - self.set).keys())]
        for vcpu, bits in sorted(self.set_for_vcpu.items()):
            out += [f"bit {bit} for {name} vcpu {vcpu}: set {count + self.got_on_vcpu[vcpu][name, bit]} times, fetched there "
                    f"{self.got_on_vcpu[vcpu][name, bit]} times"
                    for (name, bit), count in sorted((bits - self.got_on_vcpu[vcpu]).items())]
        out += [f"notification set for VM {vm}, which is no domain of this scene" for vm in self.unknown]
        return out


def notifications(lines: list[Line], names: dict[int, str]) -> Notifications:
    """What the SPs set against what the guests got. @names: domain name by domain id."""
    found = Notifications()
    for line in lines:
        if line.who.startswith("sp.") and (match := _SET.match(line.text)):
            vm, _, _, vcpu, new, _ = match.groups()
            if new is None:
                continue                                # refused: nothing became pending
            if not int(vm, 0):
                found.for_hypervisor += int(new, 16).bit_count()
                continue
            name = names.get(int(vm, 0) - VM_ID_OF_DOMID)
            if name is None:
                found.unknown.append(vm)
                continue
            for bit in _bits(int(new, 16)):
                found.set[name, bit] += 1
                if vcpu is not None:
                    found.set_for_vcpu[int(vcpu)][name, bit] += 1
        elif line.who in names.values() and (match := _GOT.match(line.text)):
            for bit in _bits(int(match.group(1), 16)):
                found.got[line.who, bit] += 1
                found.got_on_vcpu[int(match.group(2))][line.who, bit] += 1
    return found


@dataclass
class Books:
    """The lines with which hypervisor and SPMC close."""
    domains: dict[int, dict[str, int]] = field(default_factory=dict)    # ledger by domain id
    fates: dict[tuple, Counter] = field(default_factory=lambda: defaultdict(Counter))   # of notifications, by (domain id, way)
    endpoint: dict[str, Counter] = field(default_factory=dict)  # the hypervisor's own, by way
    unbalanced: list = field(default_factory=list)      # lines of the hypervisor about bits that do not add up
    hypervisor: tuple | None = None         # pages now, before, heap now, before, domains
    spmc: dict[str, int] | None = None
    gone: bool = False

    def problems(self, has_spmc: bool, faulty_spmc: bool = False) -> list[str]:
        """Everything that does not add up. With @faulty_spmc, what it said and what it counted need not be the same."""
        out = [*self.unbalanced, *self._fate_problems()]
        if not self.gone:
            out.append(f"the hypervisor never said '{GONE}'")
        if self.hypervisor is None:
            out.append("no balance line of the hypervisor")
        else:
            pages, pages_before, heap, heap_before, domains = self.hypervisor
            owned = (self.spmc or {}).get("owned", 0)       # by partitions, to which guests have donated them
            if pages + owned != pages_before:
                out.append(f"pages leaked: {pages} of {pages_before} are free again, {owned} the partitions'")
            if heap != heap_before:
                out.append(f"heap leaked: {heap} bytes in use, {heap_before} before the domains")
            if domains:
                out.append(f"{domains} domains are left")
        return out + (self._spmc_problems(faulty_spmc) if has_spmc else [])

    def _fate_problems(self) -> list[str]:
        """Notifications between VMs: each that was set has an end, and each that was sent was set or merged."""
        out = []
        arrived = 0
        for (domid, way), n in sorted(self.fates.items()):
            if way == "from VMs":
                arrived += n["set"] + n["merged"]
                if n["set"] != n["delivered"] + n["dropped"]:
                    out.append(f"d{domid} {way}: {n['set']} set, {n['delivered']} delivered, {n['dropped']} dropped")
        hyp = self.endpoint.get("from VMs", Counter())
        if hyp["set"] != hyp["delivered"]:
            out.append(f"hypervisor from VMs: {hyp['set']} set, {hyp['delivered']} heard")
        arrived += hyp["set"] + hyp["merged"]
        if self.sent < arrived:
            out.append(f"VMs got {arrived} notifications from VMs, which sent {self.sent}")
        return out

    @property
    def sent(self) -> int:
        """Notifications that VMs and the hypervisor set for SPs, VMs and the hypervisor."""
        return sum(n["set"] for (_, way), n in self.fates.items() if way == "to others") + \
            sum(n["set"] for way, n in self.endpoint.items() if way == "to others")

    def _spmc_problems(self, faulty: bool) -> list[str]:
        if self.spmc is None:
            return ["no balance line of the SPMC"]
        out = []
        spmc = defaultdict(int, self.spmc)
        if spmc["set"] != spmc["delivered"] + spmc["discarded"]:
            out.append(f"SPMC: {spmc['set']} bits set, but {spmc['delivered']} delivered and {spmc['discarded']} discarded")
        for what in ("bitmaps", "bound", "vms", "rxtx", "shares"):
            if spmc[what]:
                out.append(f"SPMC: {what} left over: {spmc[what]}")
        delivered = spmc["delivered"] - spmc["spgot"]       # those went to SPs that VMs rang
        if self.fetched > delivered and not faulty:
            out.append(f"the hypervisor's ledgers count {self.fetched} bits, the SPMC delivered {delivered}")
        if self.fetched < delivered and not faulty:
            out.append(f"the SPMC delivered {delivered} bits, the hypervisor's ledgers count {self.fetched}")
        if self.sent < spmc["spset"]:
            out.append(f"SPs got {spmc['spset']} notifications from VMs, which sent {self.sent}")
        return out

    @property
    def for_normal_world(self) -> tuple[int, int]:
        """Bits that SPs made pending, and that were fetched, as the SPMC counts."""
        spmc = defaultdict(int, self.spmc or {})
        return spmc["set"] - spmc["spset"], spmc["delivered"] - spmc["spgot"]

    @property
    def fetched(self) -> int:
        """Bits the hypervisor fetched for its domains, those drained at their end included, and for itself."""
        return sum(entry.get("bits", 0) + entry.get("dropped", 0) for entry in self.domains.values()) + \
            self.endpoint.get("from SPs", Counter())["delivered"]


def books(lines: list[Line]) -> Books:
    """Ledger and balance lines of a run."""
    found = Books()
    for line in lines:
        if line.who == "hv":
            if match := _FATES.match(line.text):
                found.fates[int(match.group(1)), match.group(2)].update({k: int(v) for k, v in _PAIRS.findall(match.group(3))})
            elif match := _HYPERVISOR.match(line.text):         # a running total: the last one counts
                found.endpoint[match.group(1)] = Counter({k: int(v) for k, v in _PAIRS.findall(match.group(2))})
            elif _UNBALANCED.match(line.text):
                found.unbalanced.append(line.text)
            elif match := _LEDGER.match(line.text):
                entry = found.domains.setdefault(int(match.group(1)), {})       # an id may have had several domains
                entry.update({k: entry.get(k, 0) + int(v) for k, v in _PAIRS.findall(match.group(2))})
            elif match := _HV_BALANCE.match(line.text):
                found.hypervisor = tuple(int(value) for value in match.groups())
            elif line.text == GONE:
                found.gone = True
        elif line.who == "spmc" and (match := _SPMC_BALANCE.match(line.text)):
            found.spmc = {k: int(v) for k, v in _PAIRS.findall(match.group(1))}
    return found


def counters(lines: list[Line]) -> dict[str, int]:
    """The mediator's totals, from the last report of debug key 'f'; empty without one."""
    found: dict[str, int] = {}
    reading = False
    for line in lines:
        if line.who != "hv":
            continue
        if line.text == _COUNTERS:
            found, reading = {}, True
        elif reading and (match := _COUNTER.match(line.text)):
            found[match.group(2)] = int(match.group(1))
        else:
            reading = False
    return found


_SETS = re.compile(r"^lifecycle: sets good (\d+) bad (\d+)")


def unaccounted(lines: list[Line]) -> list[str]:
    """
    What became of the SETs of a `lifecycle` run, each of one bit: refused, merged into a pending one, fetched by the domain
    or dropped with it. Returns what does not add up.
    """
    found = books(lines)
    sets = [match for line in lines if (match := _SETS.match(line.text))]
    if not sets or found.spmc is None:
        return ["nobody told how many SETs there were"]
    good, bad = map(int, sets[-1].groups())
    spmc = found.spmc
    out = []
    if not good or not bad:
        out.append(f"{good} SETs accepted and {bad} refused: both kinds are wanted")
    if good != spmc["set"] + spmc["merged"]:
        out.append(f"{good} SETs accepted, but {spmc['set']} bits set and {spmc['merged']} merged")
    if spmc["set"] != spmc["delivered"] or spmc["discarded"]:
        out.append(f"{spmc['set']} bits set, {spmc['delivered']} delivered, {spmc['discarded']} discarded by the SPMC")
    if found.fetched != spmc["delivered"]:
        out.append(f"{found.fetched} bits in the ledgers, {spmc['delivered']} delivered by the SPMC")
    return out
