# SPDX-License-Identifier: BSD-2-Clause
"""Domains come and go under notification fire: a control domain makes and kills them, and nothing is left behind.

After every run the fixture has checked that pages, heap, domains, bitmaps and bindings are as before.
"""

import re

import pytest

from scene import ledger
from scene.console import parse

CYCLES = {1: 200, 2: 200, 4: 200}       # in the fast set; `make soak` runs 1 000 on each


def control(program: str, cmdline: str = "", **more) -> dict:
    """A control domain that runs one of the test programs, with the children's image as ramdisk."""
    return {"name": "toolstack", "kernel": program, "ramdisk": "child", "cmdline": cmdline, "vcpus": 2, "tee": "ffa",
            "control": True, **more}


# The built-in SPMC has room for all vCPUs of a guest, also for more than there are CPUs.
ALL_VCPUS = {"cmdline": "ffa-notif-vcpus=128"}


def scene(domains: list, cpus: int = 2, timeout: int = 240, memory: int = 1024, options: tuple = ("QUIET",), **expect) -> dict:
    """A scene of these domains; without a line for each ring unless @options says otherwise."""
    return {"machine": {"cpus": cpus, "memory": memory}, "firmware": {"options": list(options)}, "hypervisor": ALL_VCPUS,
            "domain": domains, "expect": {"timeout": timeout, **expect}}


def account(result) -> None:
    """Every SET is accounted for: refused, merged into one that was pending, fetched, or dropped with its domain."""
    assert not ledger.unaccounted(result.lines)


# ---- the cycle -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", CYCLES)
def test_lifecycle_under_fire(run_scene, cpus):
    result = run_scene(scene([control("lifecycle", f"cycles={CYCLES[cpus]} alive=8 pcpus={cpus} seed={cpus}", vcpus=3)], cpus))
    account(result)
    # What `make run SCENE=lifecycle` shows meanwhile
    assert len(result.find(r"^toolstack: lifecycle: \d+ of \d+, made \d+ destroyed \d+, rings \d+ refused \d+ later \d+, bits")) > 1


def test_lifecycle_make_run(make, build):
    """The scene for people; its own list of lines has the counter line twice."""
    assert "portcullis: lifecycle: as expected" in make("run", "SCENE=lifecycle", f"O={build}").stdout.splitlines()


def test_lifecycle_with_ids_chosen_by_few(run_scene):
    """Two ids only, so that each death is followed by a birth with the same id, and in small extents."""
    result = run_scene(scene([control("lifecycle", "cycles=40 alive=2 small=1 seed=9", vcpus=3)]))
    account(result)


def test_lifecycle_beside_boot_domains(run_scene):
    """Two boot domains are rung all the time, and lose nothing while others die."""
    ring = {"kernel": "ring", "cmdline": "rounds=20 delay=2000 timeout=200", "vcpus": 2, "tee": "ffa"}
    run_scene(scene([control("lifecycle", "cycles=20 alive=4 seed=3 books=0", vcpus=2), {"name": "guest1", **ring},
                     {"name": "guest2", **ring}]))


@pytest.mark.parametrize("option", ["DESTROY_BOUND", "INFO32_ONLY", "NO_RX_ACQUIRE"])
def test_lifecycle_with_another_spmc(run_scene, option):
    account(run_scene(scene([control("lifecycle", "cycles=24 alive=4 seed=5", vcpus=3)], options=("QUIET", option))))


def test_lifecycle_rings_are_seen_by_the_spmc(run_scene):
    """The stale id of the tasklet: rings for the dead are refused, none becomes pending for their successors."""
    result = run_scene(scene([control("lifecycle", "cycles=24 alive=2 seed=11", vcpus=3)], options=()))
    account(result)
    assert result.find(r"^sp\.notify: set vm 10[12] .*: error -")


# ---- each hypercall, each death --------------------------------------------------------------------------------------

@pytest.mark.parametrize("first", ["control", "plain"])
def test_lifecycle_arguments_of_every_hypercall(run_scene, first):
    """Also from a domain without the privilege, beside it."""
    plain = {"name": "plain", "kernel": "toolstack", "cmdline": "priv=0", "tee": "ffa"}
    domains = [control("toolstack"), plain]
    run_scene(scene(domains if first == "control" else domains[::-1]))


def test_lifecycle_toolstack_of_a_machine_without_control_domain(run_scene):
    run_scene(scene([{"name": "first", "kernel": "basics", "cmdline": "xen=1"},
                     {"name": "plain", "kernel": "toolstack", "cmdline": "priv=0 self=2"}]))


@pytest.mark.parametrize("cpus", [1, 2])
def test_lifecycle_deaths_in_every_state(run_scene, cpus):
    run_scene(scene([control("deaths", "part=kill")], cpus))


@pytest.mark.parametrize("cpus", [1, 2])
def test_lifecycle_ends_are_seen(run_scene, cpus):
    """State and reason by getdomaininfo (deaths.c) and on the console; registers of a crashed domain once, also of two vCPUs."""
    result = run_scene(scene([control("deaths", "part=ends")], cpus))
    for reason, times in (("power off", 2), ("reboot", 1), ("crash", 2)):
        assert len(result.find(rf"^hv: d70 \(d70\) has shut down: {reason}$")) == times
    assert len(result.find(r"^hv: d70 \(d70\) crashed on cpu\d$")) == 2
    assert len(result.find(r"^hv: d70v\d: pc [0-9a-f]{16} ")) == 2
    assert len(result.find(r"^hv:   x0 +[0-9a-f]{16}  x1 ")) == 2


@pytest.mark.parametrize("cpus", [1, 2])
def test_lifecycle_control_domain_destroyed_by_another(run_scene, cpus):
    """In its hypercalls, with pages of others mapped. The other one then has its children."""
    victims = [control("heirs", f"part=victim first={80 + 10 * i}") | {"name": f"victim{i}"} for i in range(3)]
    result = run_scene(scene([control("heirs", "part=killer victims=3"), *victims], cpus, tap=["toolstack"]))
    assert len(result.find(r"^victim\d: ok \d - one to look into")) == 3


@pytest.mark.parametrize("cpus", [1, 2])
def test_lifecycle_registers_of_a_vcpu_that_waits_in_a_call(run_scene, cpus):
    values = scene([control("contexts")], cpus, timeout=90)
    run_scene({**values, "hypervisor": {**ALL_VCPUS, "ffa_peers": ["sp:* all", "vm:* all"]}})


def children_that_went(lines) -> list[int]:
    """Their ids, as the mediator said goodbye to them."""
    return sorted(int(match.group(1)) for line in lines if (match := re.match(r"ffa: d(8\d) ledger:", line.text)))


@pytest.mark.parametrize("cpus", [1, 2])
def test_lifecycle_children_of_the_last_boot_domain_go_with_it(run_scene, cpus):
    """Whatever they do: nobody is left who could end them. The fixture has the balance."""
    result = run_scene(scene([control("heirs", "part=leave")], cpus, timeout=120))
    assert children_that_went(result.lines) == list(range(80, 87))


def test_lifecycle_children_live_as_long_as_a_boot_domain(run_scene):
    """Without control domain those that have shut down, and no others."""
    values = scene([control("heirs", "part=leave"), {"name": "plain", "kernel": "heirs", "cmdline": "part=stay"}])
    result = run_scene({**values, "hypervisor": {"cmdline": f"{ALL_VCPUS['cmdline']} conswitch=plain"}},
                       script=[(r"^hv: ffa: d83 ledger", b"x")])
    end = result.lines.index(result.find(r"^hv: d2 \(plain\) has shut down")[0])
    assert children_that_went(result.lines[:end]) == [83, 86]
    assert children_that_went(result.lines[end:]) == [80, 81, 82, 84, 85]


def test_lifecycle_long_calls_let_interrupts_in(run_scene):
    """-ERESTART, seen by the guest: giving memory to a large domain and destroying it is interrupted. Counted instructions."""
    values = scene([control("preempt", vcpus=1)], cpus=1)
    run_scene({**values, "machine": {**values["machine"], "icount": True}})


def test_lifecycle_each_allocation_fails(run_scene):
    run_scene(scene([control("deaths", "part=alloc")]))


def test_lifecycle_each_call_to_the_spmc_fails(run_scene):
    run_scene(scene([control("deaths", "part=spmc")], faulty_spmc=True))


@pytest.mark.parametrize("call", [0x65, 0x73, 0x77, 0x84])
def test_lifecycle_call_for_buffers_and_shares_fails(run_scene, call):
    """RX_RELEASE, MEM_SHARE, MEM_RECLAIM, RX_ACQUIRE."""
    run_scene(scene([control("deaths", f"part=spmc only={call}")], faulty_spmc=True))


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_lifecycle_stale_id(run_scene, cpus):
    """The successor of a domain whose notifications were in flight gets at worst NPIs for nothing, never a bit."""
    run_scene(scene([control("deaths", "part=stale")], cpus, faulty_spmc=True))


def test_lifecycle_id_in_quarantine(run_scene):
    run_scene(scene([control("deaths", "part=quarantine")], faulty_spmc=True))


def test_lifecycle_id_in_quarantine_for_long(run_scene):
    """Longer than any number of tries at once."""
    result = run_scene(scene([control("deaths", "part=quarantine ms=7000")], faulty_spmc=True),
                       script=[(r"^toolstack: ok \d+ - and dead, but there", b"q")])
    assert result.find(r"^hv: +2 domains, of which dead \(ids held back\): 1$")


def test_lifecycle_id_of_a_failed_birth(run_scene):
    """Given to nobody, counted, and asked for again and again until the secure world lets go, also when that takes long."""
    result = run_scene(scene([control("deaths", "part=births ms=7000")], faulty_spmc=True),
                       script=[(r"^hv: .*ffa: d\d+: the secure world does not let go of VM", b"q")])
    assert result.find(r"^hv: +1 domains, of which dead \(ids held back\): 0$")
    assert result.find(r"^hv: +1 ids held back, of domains that could not be made$")


# ---- many --------------------------------------------------------------------------------------------------------------

def test_lifecycle_64_domains_at_once(run_scene):
    run_scene(scene([control("crowd", "domains=64")], cpus=4, memory=2048))


# One CPU: counted instructions, so the work is exact, too. More: time as the hypervisor gives it.
@pytest.mark.parametrize("cpus,domains,vcpus,ms,words", [(1, 4, 1, 500, "share=90 work=90"), (2, 6, 1, 2000, "share=40"),
                                                         (2, 3, 8, 6000, "share=25"), (4, 4, 4, 4000, "share=25")])
def test_lifecycle_busy_domains_share_fairly(run_scene, cpus, domains, vcpus, ms, words):
    """More vCPUs than CPUs."""
    values = scene([control("crowd", f"domains={domains} vcpus={vcpus} busy=1 ms={ms} {words}")], cpus)
    run_scene({**values, "machine": {**values["machine"], "icount": cpus == 1}})


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_lifecycle_eight_vcpus(run_scene, cpus):
    run_scene(scene([{"name": "smp", "kernel": "smp", "cmdline": "cycles=2", "vcpus": 8}], cpus))


# ---- vCPUs go off and on while they are rung -----------------------------------------------------------------------------

def offline_npis(lines) -> list[str]:
    """NPIs for a vCPU between its going off and its coming on, as the guest tells."""
    off: set[str] = set()
    found = []
    for line in lines:
        if match := re.match(r"storm: vcpu (\d+) (on|off)", line.text):
            (off.add if match.group(2) == "off" else off.discard)(match.group(1))
        elif (match := re.match(r"ffa: NPI to d1v(\d+)", line.text)) and match.group(1) in off:
            found.append(line.raw)
    return found


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_lifecycle_psci_storm(run_scene, cpus):
    values = scene([{"name": "guest1", "kernel": "storm", "cmdline": f"pcpus={cpus} rounds=60", "vcpus": 4, "tee": "ffa"}], cpus)
    result = run_scene({**values, "hypervisor": {"cmdline": "ffa-trace ffa-notif-vcpus=128"}})
    assert result.find(r"^hv: ffa: NPI to d1v")
    assert not offline_npis(result.lines)


def test_lifecycle_psci_storms_of_two(run_scene):
    storm = {"kernel": "storm", "vcpus": 4, "tee": "ffa"}
    run_scene(scene([{"name": "guest1", "cmdline": "seed=1", **storm}, {"name": "guest2", "cmdline": "seed=2", **storm}]))


# ---- the judges themselves, on canned logs -----------------------------------------------------------------------------

BALANCED = """\
[    1.000000] hv: ffa: d100 ledger: npi 2 merged 0 get 2 bits 3 dropped 0
[    2.000000] hv: ffa: d100 ledger: npi 1 merged 0 get 1 bits 1 dropped 2
[    3.000000] toolstack: lifecycle: sets good 8 bad 4
[    4.000000] spmc: balance: set 6 delivered 6 discarded 0 merged 2 bitmaps 0 bound 0 vms 0 rxtx 0
"""


@pytest.mark.parametrize("old,new", [("dropped 2", "dropped 1"), ("good 8", "good 9"), ("bad 4", "bad 0"), ("merged 2", "merged 1"),
                                     ("delivered 6", "delivered 5"), ("discarded 0", "discarded 1"), ("sets good", "sets")])
def test_lifecycle_judge_misses_no_set(old, new):
    assert not ledger.unaccounted(parse(BALANCED))
    assert ledger.unaccounted(parse(BALANCED.replace(old, new)))


def test_lifecycle_judge_sees_an_npi_for_a_vcpu_that_is_off():
    log = "[ 1.000000] guest1: storm: vcpu 2 off\n[ 1.000001] hv: ffa: NPI to d1v{}\n[ 1.000002] guest1: storm: vcpu 2 on\n"
    assert not offline_npis(parse(log.format(1)))
    assert offline_npis(parse(log.format(2)))
    assert not offline_npis(parse(log.format(1) + "[ 1.000003] hv: ffa: NPI to d1v2\n"))
