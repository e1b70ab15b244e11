# SPDX-License-Identifier: BSD-2-Clause
"""Memory that guests share with, lend and donate to each other, by FF-A."""

import pytest

from scene import ledger


def guest(name: str, kernel: str, cmdline: str = "", **more) -> dict:
    """An FF-A guest that may share memory with all others."""
    return {"name": name, "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa",
            "ffa_peers": ["sp:* all", "vm:* all"], **more}


def pair(part: str, lender: str = "", borrower: str = "", **more) -> dict:
    """A lender with the tests of @part, and one borrower."""
    kernel = "lendbad" if part in ("wrong", "hostile") else "lend"
    return {"domain": [guest("lend", kernel, f"part={part} {lender}"), guest("borrow", "borrow", borrower)], **more}


@pytest.mark.parametrize("lender, borrower", [("1.2", "1.2"), ("1.0", "1.1"), ("1.1", "1.0")])
def test_there_and_back(run_scene, lender, borrower):
    run_scene(pair("basic", f"version={lender}", f"version={borrower}"))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_wrong_descriptors_and_wishes(run_scene, version):
    run_scene(pair("wrong", f"version={version}"))


def test_hostile_lenders_and_borrowers(run_scene):
    run_scene(pair("hostile"))


def test_a_control_domain_meddles_with_what_is_shared(run_scene):
    """Pages taken out of lender and borrower, and others put in their place: references keep them until RECLAIM."""
    run_scene({"domain": [guest("meddle", "meddle", "peers=2", control=True), guest("lender", "borrow"),
                          guest("borrower", "borrow", "index=1")]})


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_fragments_and_buffers_of_ones_own(run_scene, version):
    run_scene(pair("frag", f"version={version}"))


@pytest.mark.parametrize("peers", [2, 7])
def test_several_borrowers(run_scene, peers):
    borrowers = [guest(f"borrow{i}", "borrow", f"index={i}", vcpus=1) for i in range(peers)]
    run_scene({"domain": [guest("lend", "lend", f"part=many peers={peers}"), *borrowers]})


def test_64_mib(run_scene):
    run_scene({"domain": [guest("lend", "lend", "part=big", memory=128), guest("borrow", "borrow")]})


# ---- death -----------------------------------------------------------------------------------------------------------

def test_death_of_a_borrower(run_scene):
    run_scene({**pair("die"), "expect": {"tap": ["lend"]}})


def test_death_of_a_lender_and_then_of_its_borrower(run_scene):
    run_scene({**pair("die", "ours=1", "patience=3000"), "expect": {"tap": []}})


@pytest.mark.parametrize("cpus", [1, 2])
def test_death_of_a_receiver_in_the_middle_of_a_donation(run_scene, cpus):
    """Six moments of a RETRIEVE_REQ: all pages are the giver's again, or none is."""
    takers = [guest(f"borrow{i}", "borrow", f"index={i}", memory=64) for i in range(7)]
    result = run_scene({"machine": {"cpus": cpus, "icount": cpus == 1}, "hypervisor": {"cmdline": "final-keys=f"},
                        "domain": [guest("donate", "donate", "peers=7", memory=256), *takers],
                        "expect": {"tap": ["donate", "borrow0"]}})
    [line] = result.find(r"^donate: donate: back \d+ gone \d+$")
    back, gone = int(line.text.split()[2]), int(line.text.split()[4])
    answered = ledger.counters(result.lines)["memory of others retrieved"] - 8      # one lives; seven mailboxes
    assert back + gone == 6 and answered <= gone
    if cpus == 1:                       # what is counted in instructions is the same in every run
        assert back and answered < gone, "nobody died while pages became its own"
