# SPDX-License-Identifier: BSD-2-Clause
"""The hypervisor as an endpoint of notifications: it rings VMs and SPs, and is rung by them, global and per-vCPU."""

import pytest


def vm(index: int, kernel: str, cmdline: str = "", **more) -> dict:
    """The n-th domain, which is VM n + 1."""
    return {"name": f"vm{index + 1}", "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa",
            "ffa_peers": ["sp:* all", "vm:* discover notify", "hyp notify"], **more}


@pytest.mark.parametrize("cpus, version", [(1, "1.2"), (2, "1.1"), (2, "1.2")])
@pytest.mark.parametrize("percpu", [0, 1])
def test_hypervisor_rings_and_is_rung(run_scene, percpu, cpus, version):
    result = run_scene({"machine": {"cpus": cpus},
                        "domain": [vm(1, "hypring", f"percpu={percpu} pcpus={cpus} version={version}"), vm(2, "hypring", "leave=2")]})
    assert result.find(r"^hv: ffa: policy of d1: hypervisor: notify$"), result.text()
    assert result.find(r"^hv: ffa: d1 so far to others: set"), result.text()
    assert result.find(rf"^hv: ffa: d1 asks: cpu{cpus - 1} gave SPs \d+ turns"), result.text()


def test_hypervisor_that_the_policy_keeps_from_a_vm(run_scene):
    run_scene({"domain": [vm(1, "hypring", "allowed=0", ffa_peers=["sp:* all", "vm:* all"])],
               "expect": {"no_lines": ["hv: ffa: policy of d1: hypervisor"]}})


def test_hypervisor_without_notifications_of_the_spmc(run_scene):
    run_scene({"firmware": {"options": ["NO_NOTIF"]},
               "domain": [vm(1, "hypring", "hyp=0"), vm(2, "hypring", "leave=2")]})


def test_hypervisor_whose_bitmap_is_refused_receives_nothing(run_scene):
    """As below OP-TEE with NS virtualization: BITMAP_CREATE for id 0 is INVALID_PARAMETERS."""
    result = run_scene({"firmware": {"options": ["NO_HYP_NOTIF"]},
                        "domain": [vm(1, "hypring", "hyp=0"), vm(2, "hypring", "leave=2")]})
    assert result.find(r"^hv: ffa: SPs cannot ring the hypervisor: BITMAP_CREATE: -2$"), result.text()


@pytest.mark.parametrize("cpus", [1, 2])
def test_flood_of_the_hypervisor_and_an_sp_leaves_others_their_notifications(run_scene, cpus):
    result = run_scene({"machine": {"cpus": cpus},
                        "domain": [vm(1, "hypring", f"flood=3000 pcpus={cpus}"), vm(2, "ring", "rounds=20 delay=500 timeout=60"),
                                   vm(3, "ring", "rounds=20 delay=500 timeout=60")],
                        "expect": {"notifications": True}})
    heard = result.find(r"^hv: ffa: d1 asks:")
    assert 1 <= len(heard) <= 8 * cpus, result.text()
