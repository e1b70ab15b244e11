# SPDX-License-Identifier: BSD-2-Clause
"""The scheduler: fair shares, hard affinity, wake-ups of vCPUs that move, PSCI storms."""

import re

import pytest


def sched(name: str, mode: str, vcpus: int = 1, **more) -> dict:
    """A domain that runs the program `sched`."""
    options = " ".join(f"{key}={more.pop(key)}" for key in ("rounds", "for") if key in more)
    return {"name": name, "kernel": "sched", "cmdline": f"mode={mode} {options}".strip(), "vcpus": vcpus, **more}


def run_times(result) -> dict[str, tuple[int, str, int]]:
    """What key 'r' said last about each vCPU: its CPU, those it may have, how often it moved."""
    pattern = r"^hv:\s+(d\d+v\d+): cpu(\d+) of (\S+), .* moved (\d+) times"
    found = [re.search(pattern, line.said) for line in result.lines]
    return {m[1]: (int(m[2]), m[3], int(m[4])) for m in found if m}


def counts(result) -> dict[str, int]:
    """What each hog ("name/vcpu") has counted while all of them were at it."""
    hogs = {}
    for line in result.lines:
        if match := re.search(r"(\S+): sched: vcpu (\d+) from (\d+)((?: \d+)+)$", line.said):
            hog = hogs.setdefault(f"{match[1]}/{match[2]}", {})
            hog.update({int(match[3]) + i: int(n) for i, n in enumerate(match[4].split())})
    # The first and the last one are not whole.
    common = set.intersection(*(set(sorted(hog)[1:-1]) for hog in hogs.values()))
    assert len(common) >= 3, "they did not run at the same time"
    return {name: sum(hog[i] for i in common) for name, hog in hogs.items()}


# Counted instructions, so the shares are exact.
@pytest.mark.parametrize("domains", [[1, 1, 1], [4, 1]])
def test_hogs_get_equal_shares(run_scene, domains):
    hogs = [sched(f"d{i}", "hog", vcpus, **{"for": 900}) for i, vcpus in enumerate(domains, 1)]
    result = run_scene({"machine": {"cpus": 1, "icount": True}, "domain": hogs})
    done = counts(result)
    assert len(done) == sum(domains)
    assert max(done.values()) <= 1.3 * min(done.values()), done


@pytest.mark.parametrize("cpus, domains", [(2, [1, 1, 1]), (2, [4, 1])])
def test_hogs_get_equal_shares_of_several_cpus(run_scene, cpus, domains):
    """
    Of the time in which a vCPU wanted a CPU, the part in which it had one. How much a CPU then did is the business of the host,
    whose threads the CPUs are. One that has a CPU to itself gets 1, 2.5 times what is fair for five on two; when the host stops
    one of the CPUs for long, those on the other were seen at 1.82 times.
    """
    hogs = [sched(f"d{i}", "hog", vcpus, **{"for": 3000}) for i, vcpus in enumerate(domains, 1)]
    result = run_scene({"machine": {"cpus": cpus}, "domain": hogs}, script=[("d[123]: sched: half the time", b"r")])
    fair = min(1, cpus / sum(domains))
    pattern = r"^hv:\s+(d\d+v\d+): .* ms run (\d+) wait (\d+)"
    found = [re.search(pattern, line.said) for line in result.lines]
    shares = {m[1]: int(m[2]) / (int(m[2]) + int(m[3])) for m in found if m}
    assert len(shares) == sum(domains), shares
    assert all(0.5 * fair <= share <= 2.2 * fair for share in shares.values()), (fair, shares)


def test_affinity_is_honoured(run_scene):
    result = run_scene(
        {"machine": {"cpus": 2},
         "domain": [sched("d1", "hog", 3, affinity=["0", "0", "0"], **{"for": 3000}),
                    sched("d2", "hog", 2, affinity=["", "1"], **{"for": 3000}), sched("d3", "hog", **{"for": 600})]},
        script=[("d[12]: ok 1", b""), ("d[12]: ok 1", b""), ("d3: sched: vcpu 0", b"rqd")])
    seen = run_times(result)
    assert [seen[f"d1v{i}"][:2] for i in range(3)] == [(0, "0")] * 3, seen
    # At most to where it may be, before it first runs.
    assert all(seen[f"d1v{i}"][2] <= 1 for i in range(3)), seen
    assert seen["d2v1"][:2] == (1, "1") and seen["d2v0"][1] == "0-1", seen
    assert result.find(r"^hv: (CPU\d|d\dv\d): pc"), "key 'd' shows the registers of the other CPU"


@pytest.mark.parametrize("text", ["", "x", "0-", "1-0", "0,", "7", "0-9999999999"])
def test_wrong_affinity_is_refused(run_scene, text):
    # The scene leaves an empty text out; a blank is as wrong and gets through.
    bad = sched("broken", "hog", affinity=[text or " "])
    result = run_scene({"domain": [bad, {"name": "d2", "kernel": "smp", "cmdline": "cycles=0"}], "expect": {"boots": ["d2"]}})
    assert len(result.find("^hv: .*broken.*hard-affinity")) == 1


# Counted instructions: many rounds go by quickly. Real threads: the races are real, and depend on a host that may be busy.
@pytest.mark.parametrize("cpus, vcpus, rounds", [(1, 2, 10000), (1, 4, 10000), (2, 2, 1000), (2, 4, 1000), (4, 8, 500)])
def test_no_wakeup_is_lost(run_scene, cpus, vcpus, rounds):
    result = run_scene({"machine": {"cpus": cpus, "icount": cpus == 1}, "domain": [
        sched("ball", "pingpong", vcpus, rounds=rounds), sched("hog", "hog", 2, **{"for": 900})],
        "expect": {"timeout": 400.0}})
    assert len(result.find("waited .* us at most")) == vcpus


def test_sleeper_gets_its_turn_and_starves_nobody(run_scene):
    result = run_scene({"machine": {"cpus": 1, "icount": True}, "domain": [
        sched("ball", "pingpong", 2, rounds=5000), *(sched(f"h{i}", "hog", **{"for": 900}) for i in (1, 2))]})
    done = counts(result).values()
    assert max(done) <= 1.3 * min(done), done


@pytest.mark.parametrize("cpus", [1, 2, 4])
@pytest.mark.parametrize("vcpus", [4, 8])
def test_psci_storm(run_scene, cpus, vcpus):
    run_scene({"machine": {"cpus": cpus}, "domain": [sched("storm", "storm", vcpus, tee="ffa"), sched("hog", "hog", 2)]})


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_eight_vcpus(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [{"name": f"d{i}", "kernel": "smp", "cmdline": "cycles=2", "vcpus": 8} for i in (1, 2)]})
