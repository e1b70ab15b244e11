# SPDX-License-Identifier: BSD-2-Clause
"""VMs and each other, through FF-A: notifications and messages that the hypervisor keeps, beside those of the SPMC."""

import pytest


# The built-in SPMC has room for all vCPUs of a guest, also for more than there are CPUs.
ALL_VCPUS = {"cmdline": "ffa-notif-vcpus=128"}


def vm(index: int, kernel: str, cmdline: str = "", **more) -> dict:
    """The n-th domain, which is VM n + 1, with rights towards all VMs and SPs."""
    return {"name": f"vm{index + 1}", "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa",
            "ffa_peers": ["sp:* all", "vm:* all"], **more}


def ring_each_other(count: int, cmdline: str = "", **more) -> list[dict]:
    return [vm(i, "vmring", f"peers=2-{count + 1} {cmdline}", **more) for i in range(1, count + 1)]


# ---- the ledger ------------------------------------------------------------------------------------------------------

def test_ffa_ledger_by_domain_and_bit(run_scene):
    ringing = [vm(i, "vmring", "peers=3-4") for i in (2, 3)]
    run_scene({"domain": [vm(1, "ledger", control=True), *ringing]})


# ---- notifications ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", [1, 2])
@pytest.mark.parametrize("count", [2, 3])
def test_vms_ring_each_other(run_scene, count, cpus):
    result = run_scene({"machine": {"cpus": cpus}, "domain": ring_each_other(count)})
    for i in range(2, count + 2):
        assert result.find(rf"^vm{i}: vmring: pings {40 * (count - 1)} pongs {40 * (count - 1)}$")


def test_eight_vms_ring_each_other(run_scene):
    run_scene({"machine": {"cpus": 4}, "domain": ring_each_other(8, "rounds=6 timeout=100"), "expect": {"timeout": 240}})


def test_vms_and_an_sp_ring_with_the_same_gets(run_scene):
    run_scene({"domain": ring_each_other(3, "sp=1"), "expect": {"notifications": True}})


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_vms_of_different_versions_ring_each_other(run_scene, version):
    run_scene({"domain": [vm(1, "vmring", f"peers=2-3 version={version}"), vm(2, "vmring", "peers=2-3")]})


def test_vms_ring_each_other_where_the_spmc_cannot(run_scene):
    run_scene({"firmware": {"options": ["NO_NOTIF"]}, "domain": ring_each_other(3)})


def test_per_vcpu_rings_between_vms_with_more_vcpus_than_the_spmc_knows(run_scene):
    run_scene({"firmware": {"options": ["NO_PER_VCPU"]}, "domain": ring_each_other(2, vcpus=5)})


# ---- errors ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_vms_ring_and_message_each_other_in_every_wrong_way(run_scene, version):
    """With a VM that has all, one that speaks 1.0 only, and one without buffers."""
    run_scene({"domain": [vm(1, "vmwrong", f"version={version}", vcpus=1), vm(2, "vmwrong", "role=idle", vcpus=1),
                          vm(3, "vmwrong", "role=idle version=1.0", vcpus=1), vm(4, "vmwrong", "role=idle buffers=0", vcpus=1)]})


# ---- hostile VMs -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", [1, 2])
def test_flood_of_a_peer_leaves_a_third_vm_its_notifications(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm(1, "vmflood", "role=flooder peer=3"), vm(2, "vmflood", "role=victim peer=2"),
                          vm(3, "ring", "rounds=20 delay=500 timeout=60", ffa_peers=["sp:* all"])],
               "expect": {"notifications": True}})
