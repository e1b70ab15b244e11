# SPDX-License-Identifier: BSD-2-Clause
"""Cycles for SPs that have notifications to fetch: by the hypervisor in idle time, by a domain that schedules them."""

import pytest

from scene import ledger


def vm(index: int, kernel: str, cmdline: str = "", **more) -> dict:
    """The n-th domain, which is VM n + 1."""
    return {"name": f"vm{index + 1}", "kernel": kernel, "cmdline": cmdline, "vcpus": 1, "tee": "ffa",
            "ffa_peers": ["sp:* all"], **more}


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_sps_that_vms_ring_get_cycles_in_idle_time(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus}, "domain": [vm(1, "cycles", f"pcpus={cpus}")], "expect": {"notifications": True}})


def test_sps_get_cycles_where_no_cpu_is_idle(run_scene):
    hogs = [vm(i, "sched", "mode=hog for=4000", tee="none", affinity=[str(i % 2)]) for i in (2, 3)]
    run_scene({"domain": [vm(1, "cycles", "rounds=5"), *hogs], "expect": {"notifications": True}})


@pytest.mark.parametrize("cpus", [1, 2])
def test_an_sp_that_computes_on_has_a_budget(run_scene, cpus):
    """What others notice: nothing. What it may have is in the counters."""
    result = run_scene({"machine": {"cpus": cpus}, "hypervisor": {"cmdline": "final-keys=f"},
                        "domain": [vm(1, "cycles", f"role=hog pcpus={cpus} rounds=4 spin=1000000"),
                                   vm(2, "ring", "rounds=20 delay=500 timeout=60")],
                        "expect": {"notifications": True}})
    totals = ledger.counters(result.lines)
    assert totals["SPs that used up their cycles of a period"] > 0, totals
    assert totals["... interrupted or yielding, gone on with later"] > 0, totals


def test_a_vm_is_scheduled_for_by_another(run_scene):
    run_scene({"domain": [vm(1, "cycles", "role=schedule turns=10", ffa_scheduler=True), vm(2, "cycles", "rounds=10")],
               "expect": {"notifications": True, "lines": ["hv: ffa: policy of d1: gives partitions their cycles$"],
                          "no_lines": ["hv: ffa: policy of d2: gives"]}})


def test_the_scheduler_dies_and_the_hypervisor_gives_cycles(run_scene):
    run_scene({"domain": [vm(1, "cycles", "role=schedule turns=5", ffa_scheduler=True), vm(2, "cycles", "rounds=10")],
               "expect": {"notifications": True}})


@pytest.mark.parametrize("cpus", [1, 2])
def test_a_scheduler_that_hears_and_does_not_run(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm(1, "cycles", f"role=neglect pcpus={cpus} rounds=4", ffa_scheduler=True)],
               "expect": {"notifications": True}})


@pytest.mark.parametrize("cpus, version", [(1, "1.2"), (2, "1.1"), (2, "1.2"), (6, "1.2")])
def test_the_scheduler_gives_cycles(run_scene, cpus, version):
    """Six vCPUs of a partition are more than one list can name."""
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm(1, "cycles", f"role=both pcpus={cpus} version={version}", ffa_scheduler=True)],
               "expect": {"notifications": True}})
