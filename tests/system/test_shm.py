# SPDX-License-Identifier: BSD-2-Clause
"""Memory that guests share with partitions, reclaim, or leave behind when they die."""

import re

import pytest

from scene import ledger


def guest(kernel: str, cmdline: str = "", **more) -> dict:
    """An FF-A guest that runs one of the test programs."""
    return {"name": kernel, "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa", **more}


def crash(name: str = "crash", **more) -> dict:
    """A guest that dies with memory shared."""
    return guest("crash", "how=share", name=name, **more)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_share_and_reclaim(run_scene, version):
    run_scene({"domain": [guest("shm", f"version={version}")]})


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_share_below_an_older_spmc(run_scene, version):
    run_scene({"firmware": {"max_version": version}, "domain": [guest("shm")]})


def test_share_by_smc(run_scene):
    run_scene({"domain": [guest("shm", "conduit=smc rounds=20")]})


def test_two_guests_share_at_once(run_scene):
    run_scene({"domain": [guest("shm"), guest("shm", "version=1.1", name="shm2")]})


def test_share_on_four_cpus(run_scene):
    run_scene({"machine": {"cpus": 4}, "domain": [guest("shm", "rounds=400", name=f"shm{i}") for i in range(3)]})


def test_a_page_shared_twice_that_the_firmware_refuses(run_scene):
    run_scene({"firmware": {"options": ["SHM_ONCE"]}, "domain": [guest("shm", "once=1")]})


def test_limits_from_the_command_line(run_scene):
    run_scene({"hypervisor": {"cmdline": "ffa-shm-max-pages=40 ffa-shm-max-count=5"},
               "domain": [guest("shm", "max_pages=40 max_count=5")]})


def test_default_limit_of_shares_is_64(run_scene):
    run_scene({"domain": [guest("shm", "max_count=64")]})


@pytest.mark.parametrize("option", ["NO_MEM", "NO_FRAG"])
def test_firmware_that_cannot_do_all(run_scene, option):
    run_scene({"firmware": {"options": [option]}, "domain": [guest("shm", f"lacks={option}"), guest("msg")]})


@pytest.mark.parametrize("version, ask", [("1.0", 1), ("1.2", 1), ("1.2", 0)])
def test_what_is_donated_to_an_sp_is_the_sps(run_scene, version, ask):
    """Nobody gets the five pages any more; of the giver nothing is left when it is gone, whether it has asked for them or not."""
    result = run_scene({"hypervisor": {"cmdline": "final-keys=f"},
                        "domain": [guest("shm", f"donated=1 ask={ask} version={version}"), guest("msg")]})
    assert result.find(r"^hv: ffa: d1: donation of 5 pages, handle \S+: an SP owns them"), result.text()
    books = ledger.books(result.lines)
    now, before, *_ = books.hypervisor
    totals = ledger.counters(result.lines)
    assert before - now == books.spmc["owned"] == totals["pages donated that SPs own"] == 5, result.text()
    assert not totals.get("memory shares lost: the SPMC may use the pages for ever"), totals


def given_handles_again(run_scene, scene: dict, donations: int) -> None:
    """Each donation stays with the SP, and no other share is touched."""
    everything = ["sp:* all", "vm:* all"]
    for domain in scene["domain"]:
        domain["ffa_peers"] = everything
    result = run_scene({"firmware": {"options": ["REUSE_HANDLES"]}, "hypervisor": {"cmdline": "final-keys=f"}, **scene})
    books = ledger.books(result.lines)
    totals = ledger.counters(result.lines)
    assert books.spmc["owned"] == totals["pages donated that SPs own"] == 3 * donations, result.text()
    assert books.spmc["shares"] == 0, result.text()
    assert not totals.get("memory shares lost: the SPMC may use the pages for ever"), totals


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_handle_of_a_donation_is_given_to_another_vms_share(run_scene, version):
    given_handles_again(run_scene, {"domain": [guest("handles", f"version={version}"), guest("borrow", "patience=1000")],
                                    "expect": {"tap": ["handles"]}}, 7)


def test_handles_of_donations_are_given_out_while_others_share(run_scene):
    given_handles_again(run_scene, {"machine": {"cpus": 2},
                                    "domain": [guest("handles", "part=donate peer=3"),
                                               guest("handles", "part=share peer=2", name="share")]}, 50)


# ---- death -----------------------------------------------------------------------------------------------------------

def test_death_with_memory_shared(run_scene):
    result = run_scene({"domain": [crash()], "expect": {"tap": []}})
    assert any(re.search(r"crash: shared 40, in use 20", line.text) for line in result.lines)


def test_death_with_memory_shared_beside_a_sharer(run_scene):
    run_scene({"domain": [crash("crash1"), guest("shm"), crash("crash2")], "expect": {"tap": ["shm"]}})


def test_death_while_the_spmc_is_busy(run_scene):
    run_scene({"firmware": {"fault": {"kind": "CALL_ERROR", "a": 0x77, "b": 0xfffffffc, "times": 30}},
               "domain": [crash()], "expect": {"tap": [], "faulty_spmc": True}})
