# SPDX-License-Identifier: BSD-2-Clause
"""Is what was seen what the scene expects? Pure functions of the lines; the tests feed them canned logs."""

import re

from . import ledger
from .console import Line
from .model import Scene
from .runner import Outcome, Result


_CREATED = re.compile(r"^domain d(\d+) \(([^)]+)\):")


def domain_names(scene: Scene, lines: list[Line]) -> dict[int, str]:
    """Domain name by domain id, as the hypervisor told when it built them; only domains that the scene says exist."""
    created = (match for line in lines if line.who == "hv" and (match := _CREATED.match(line.text)))
    return {int(match.group(1)): match.group(2) for match in created if match.group(2) in scene.booting_domains()}


def check_built(scene: Scene, lines: list[Line]) -> list[str]:
    """The domains of the scene were built, and no others."""
    built = [match.group(2) for line in lines if line.who == "hv" and (match := _CREATED.match(line.text))]
    wanted = scene.booting_domains()
    return [f"{name}: the hypervisor did not build it" for name in wanted if name not in built] + \
           [f"{name}: built, though it should not be" for name in built if name not in wanted]


def check_lines(scene: Scene, lines: list[Line]) -> list[str]:
    """Everything the consoles of a finished run say that is not as @scene expects; empty when all is well."""
    problems = []
    for name in scene.tap_domains():
        problems += [f"{name}: {text}" for text in ledger.tap(lines, name).problems()]
    said = [line.said for line in lines]
    for pattern in scene.expect.lines:
        if not any(re.search(pattern, text) for text in said):
            problems.append(f"no line matches: {pattern}")
    for pattern in scene.expect.no_lines:
        problems += [f"a line matches {pattern}: {text}" for text in said if re.search(pattern, text)]
    if scene.expect.off:
        problems += check_built(scene, lines)
        problems += ledger.books(lines).problems(scene.has_spmc(), scene.expect.faulty_spmc)
    if scene.expect.notifications:
        problems += check_notifications(scene, lines)
    if scene.expect.no_rescues:
        problems += check_rescues(lines)
    return problems


def check_rescues(lines: list[Line]) -> list[str]:
    """Every NPI came with the list that asked for it. The mediator's timer makes up for those that did not, unseen."""
    rescued = {domid: entry["rescued"] for domid, entry in ledger.books(lines).domains.items() if "rescued" in entry}
    if not rescued:
        return ["no ledger tells how many NPIs the timer had to make up for"]
    return [f"d{domid}: {count} NPIs came late, by the timer" for domid, count in sorted(rescued.items()) if count]


def check_notifications(scene: Scene, lines: list[Line]) -> list[str]:
    """Every notification reached its domain, and both sides' books agree with what was printed."""
    seen = ledger.notifications(lines, domain_names(scene, lines))
    problems = seen.problems()
    total = seen.set.total() + seen.for_hypervisor
    if total == 0:
        problems.append("no notification was set at all")
    books = ledger.books(lines)
    if scene.has_spmc() and books.spmc is not None:
        made, delivered = books.for_normal_world
        if made != total:
            problems.append(f"the SPs said they set {total} notifications, the SPMC counted {made}")
        if books.fetched != delivered:
            problems.append(f"the hypervisor's ledgers count {books.fetched} bits, the SPMC delivered {delivered}")
    return problems


def check(result: Result) -> list[str]:
    """Everything that is wrong with a run; also kept in result.says."""
    problems = []
    wanted = Outcome.STOPPED if result.scene.expect.stop_at else Outcome.OFF
    if result.outcome is not wanted:
        problems.append(result.outcome.value + (f": {result.detail}" if result.detail else ""))
    problems += check_lines(result.scene, result.lines)
    result.says = problems
    return problems


def summary(scene: Scene, lines: list[Line]) -> str:
    """The last line of a scene about notifications, from what was seen."""
    seen = ledger.notifications(lines, domain_names(scene, lines))
    total = seen.set.total()
    count = len(domain_names(scene, lines))
    line = f"portcullis: {count} domain{'' if count == 1 else 's'}, {total} notifications set, {total - seen.lost} delivered, " \
           f"{seen.lost} lost"
    return line + (f", {seen.strays} delivered to the wrong domain or twice" if seen.strays else "")


def tally(scene: Scene, lines: list[Line]) -> list[str]:
    """A table of what became of the notifications, per domain and in total: the mediator's counters and what the SPs set."""
    names = domain_names(scene, lines)
    seen = ledger.notifications(lines, names)
    books = ledger.books(lines)
    heads = ("npi", "merged", "get", "bits", "dropped", "rescued")
    out = ["            set  " + "".join(f"{head:>9}" for head in heads)]
    for domid, name in sorted(names.items()):
        entry = books.domains.get(domid, {})
        count = sum(number for (who, _), number in seen.set.items() if who == name)
        out.append(f"{name:<10}{count:>5}  " + "".join(f"{entry.get(head, 0):>9}" for head in heads))
    totals = ledger.counters(lines)
    return out + ([f"{number:>9}  {text}" for text, number in totals.items()] if totals else [])
