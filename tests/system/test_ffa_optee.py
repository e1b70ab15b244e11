# SPDX-License-Identifier: BSD-2-Clause
"""Memory shared with the real OP-TEE by a guest of ours (tests/guest/programs/opteemem.c): what OP-TEE takes, and what it refuses."""

import pytest

from scene import ledger

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _stack(need_real):
    need_real("optee")


def guest(cmdline: str = "", name: str = "guest", **more) -> dict:
    """A guest that runs opteemem."""
    return {"name": name, "kernel": "opteemem", "cmdline": cmdline, "vcpus": 1, "tee": "ffa", "ffa_peers": ["sp:* all"], **more}


def on_optee(*domains: dict, **expect) -> dict:
    """A scene of @domains above TF-A and OP-TEE."""
    return {"machine": {"memory": 2048}, "firmware": {"kind": "optee"}, "domain": list(domains), "expect": {"timeout": 300, **expect}}


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_ffa_optee_memory_shared_and_refused(run_scene, version):
    run_scene(on_optee(guest(f"version={version}")))


def test_ffa_optee_memory_by_two_guests_at_once(run_scene):
    """They may share with each other, too: what OP-TEE has no calls for is refused by what it is about."""
    run_scene(on_optee(*[guest("vms=1", f"guest{i}", ffa_peers=["sp:* all", "vm:* all"]) for i in (1, 2)]))


def test_ffa_optee_memory_as_many_shares_as_there_may_be(run_scene):
    run_scene(on_optee(guest("part=many")))


def test_ffa_optee_memory_of_a_guest_that_dies(run_scene):
    """Some of it OP-TEE has registered: all of it comes back, while the other guest goes on."""
    result = run_scene({**on_optee(guest("part=die", "dying"), guest(), tap=["guest"]), "hypervisor": {"cmdline": "final-keys=f"}})
    assert result.find(r"^dying: opteemem: dies with 20 shares, bad 0$"), result.text()
    totals = ledger.counters(result.lines)
    assert totals["memory shares made"] == totals["memory shares reclaimed"] > 20, totals
    assert not totals.get("memory shares lost: the SPMC may use the pages for ever"), totals
