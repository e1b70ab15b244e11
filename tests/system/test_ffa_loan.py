# SPDX-License-Identifier: BSD-2-Clause
"""Memory that a Secure Partition shares with guests and lends to them, through the SPMC."""

import pytest


def guest(name: str, cmdline: str = "", kernel: str = "loan", **more) -> dict:
    """An FF-A guest that may share memory with all others."""
    return {"name": name, "kernel": kernel, "cmdline": cmdline, "vcpus": 1, "tee": "ffa",
            "ffa_peers": ["sp:* all", "vm:* all"], **more}


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_ffa_loan_there_and_back(run_scene, version):
    run_scene({"domain": [guest("loan", f"version={version}")]})


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_ffa_loan_below_an_older_spmc(run_scene, version):
    run_scene({"firmware": {"max_version": version}, "domain": [guest("loan", "version=1.1")]})


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_ffa_loan_errors_of_a_borrower(run_scene, version):
    run_scene({"domain": [guest("loan", f"part=wrong version={version}", "loanbad")]})


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_ffa_loan_requests_rewritten_during_the_call(run_scene, version):
    """By a second vCPU: the answer is that to one consistent request, or an error."""
    run_scene({"domain": [guest("loan", f"part=race version={version}", "loanbad", vcpus=2)]})


def test_ffa_loan_in_fragments(run_scene):
    run_scene({"domain": [guest("loan", "part=frag")]})


def test_ffa_loan_of_an_spmc_that_errs(run_scene):
    run_scene({"domain": [guest("loan", "part=spmc", "loanbad")], "expect": {"faulty_spmc": True}})


def test_ffa_loan_to_two_vms(run_scene):
    run_scene({"domain": [guest("loan", "part=pair"), guest("borrow", kernel="borrow")]})


def test_ffa_loan_by_guests_of_each_version_at_once(run_scene):
    run_scene({"domain": [guest(f"loan{i}", f"version={version} first={i * 16}")
                          for i, version in enumerate(["1.0", "1.1", "1.2"])]})


@pytest.mark.parametrize("error", [1, *range(3, 11)])
def test_ffa_loan_death_of_the_borrower(run_scene, error):
    """
    The SPMC refuses to take it back with each code, once while the VM lives, then six times. INVALID_PARAMETERS is none of them: it
    says that the VM has nothing of that handle.
    """
    run_scene({"domain": [guest("loan", f"part=die error={error}")], "expect": {"faulty_spmc": True}})


@pytest.mark.parametrize("option", ["NO_LEND", "NO_MEM"])
def test_ffa_loan_where_the_spmc_cannot(run_scene, option):
    """With VMs to borrow from the call is there, and says so; without it is not."""
    run_scene({"firmware": {"options": [option]},
               "domain": [guest("loan", "part=none error=1"), guest("alone", "part=none error=1 relinquish=1", ffa_peers=["sp:* all"])]})


def test_ffa_loan_that_the_policy_does_not_allow(run_scene):
    run_scene({"domain": [guest("loan", "part=none error=2", ffa_peers=["sp:* discover message notify"])]})
