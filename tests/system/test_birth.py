# SPDX-License-Identifier: BSD-2-Clause
"""Domains are born and die while the SPMC says no: nothing is left, and the others never notice."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from scene import ledger    # noqa: E402

NOT_SUPPORTED, INVALID, NO_MEMORY, BUSY, INTERRUPTED, DENIED, RETRY, ABORTED = range(0xffffffff, 0xfffffff7, -1)


def ring(index: int, cmdline: str = "", **more) -> dict:
    """A guest that sp.notify rings."""
    return {"name": f"guest{index}", "kernel": "ring", "cmdline": cmdline, "vcpus": 2, "tee": "ffa", **more}


def fault(kind: str, a: int, b: int = 0, times: int = 1) -> dict:
    """A firmware that misbehaves from the start."""
    return {"fault": {"kind": kind, "a": a, "b": b, "times": times}}


@pytest.mark.parametrize("code", [NO_MEMORY, DENIED, INVALID], ids=["NO_MEMORY", "DENIED", "INVALID"])
def test_bitmap_create_refused_leaves_a_domain_without_notifications(run_scene, code):
    msg = {"name": "guest1", "kernel": "msg", "vcpus": 1, "tee": "ffa"}
    result = run_scene({"firmware": fault("CALL_ERROR", 0x7d, code), "domain": [msg, ring(2)],
                        "expect": {"notifications": True}})
    assert len(result.find(r"^hv: ffa: d1.*(BITMAP_CREATE|notification)")) == 1, result.text()


@pytest.mark.parametrize("code", [DENIED, INVALID, NOT_SUPPORTED], ids=["DENIED", "INVALID", "NOT_SUPPORTED"])
def test_vm_created_refused_fails_that_domain_and_leaves_nothing(run_scene, code):
    result = run_scene({"firmware": fault("CALL_ERROR", 0x6f, code), "domain": [ring(1), ring(2)],
                        "expect": {"notifications": True, "boots": ["guest2"]}})
    assert result.find(r"^hv: ffa: d1 cannot become a VM"), result.text()


@pytest.mark.parametrize("times", [1, 3, 20])
def test_bitmap_destroy_refused_is_tried_again(run_scene, times):
    run_scene({"firmware": fault("CALL_ERROR", 0x7e, DENIED, times), "domain": [ring(1), ring(2)],
               "expect": {"notifications": True}})


@pytest.mark.parametrize("times", [1, 3])
def test_vm_created_and_destroyed_preempted_are_resumed(run_scene, times):
    run_scene({"firmware": fault("CALL_INTERRUPT", times, times=100), "domain": [ring(1), ring(2)],
               "expect": {"notifications": True}})


def test_list_that_never_ends_is_left_at_the_bound_and_taken_up_again(run_scene):
    guest = {"name": "faults", "kernel": "faults", "cmdline": "fault=3 times=200", "tee": "ffa"}
    result = run_scene({"hypervisor": {"cmdline": "final-keys=f"}, "domain": [guest], "expect": {"faulty_spmc": True}})
    totals = ledger.counters(result.lines)
    assert totals["INFO_GET: bound reached, continued later"] >= 1, totals
    assert totals["INFO_GET calls to the SPMC"] > 200, totals
