# SPDX-License-Identifier: BSD-2-Clause
"""Firmware that has no FF-A, an older one, or an SRI nobody can use; guests that may not use FF-A."""

import pytest


def no_ffa(index: int = 1, **more) -> dict:
    """A guest to which every FF-A call must answer NOT_SUPPORTED."""
    return {"name": f"plain{index}", "kernel": "noffa", "tee": "none", **more}


def ring(index: int, cmdline: str = "", **more) -> dict:
    """A guest that is rung."""
    return {"name": f"guest{index}", "kernel": "ring", "cmdline": cmdline, "vcpus": 2, "tee": "ffa", **more}


@pytest.mark.parametrize("tee", ["none", ""])
def test_guest_without_tee_gets_nothing_while_another_is_rung(run_scene, tee):
    run_scene({"domain": [no_ffa(tee=tee), ring(2)], "expect": {"notifications": True}})


@pytest.mark.parametrize("firmware", [{"options": ["NO_FFA"]}, {"kind": "none"}], ids=["no SPMC", "QEMU's PSCI"])
@pytest.mark.parametrize("tee", ["none", ""])
def test_no_ffa_firmware(run_scene, firmware, tee):
    run_scene({"firmware": firmware, "machine": {"cpus": 2},
               "domain": [no_ffa(1, tee=tee), {"name": "smp", "kernel": "smp", "cmdline": "cycles=1", "vcpus": 2}],
               "expect": {"lines": ["(?i)^hv: .*(no FF-A|FF-A.*not)"]}})


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_older_spmc(run_scene, version):
    kernel = {"name": "guest1", "kernel": "msg", "cmdline": f"version={version}", "vcpus": 1, "tee": "ffa"}
    run_scene({"firmware": {"max_version": version}, "domain": [kernel]})


def test_notifications_with_an_older_spmc(run_scene):
    run_scene({"firmware": {"max_version": "1.1"}, "domain": [ring(1), ring(2, "version=1.1")], "expect": {"notifications": True}})


@pytest.mark.parametrize("sri", [1, 1023, 5000])
def test_sri_that_cannot_be_used_is_refused_in_one_line(run_scene, sri):
    result = run_scene({"firmware": {"sri": sri}, "domain": [{"name": "guest1", "kernel": "smp", "cmdline": "cycles=1"}]})
    assert len(result.find(f"(?i)^hv: .*(SRI|schedule receiver).*{sri}")) == 1, result.text()


# SGIs, a PPI and an SPI that nothing else on the machine uses
@pytest.mark.parametrize("sri", [3, 7, 20, 219])
@pytest.mark.parametrize("cpus", [1, 2])
def test_sri_is_the_interrupt_that_the_firmware_names(run_scene, sri, cpus):
    result = run_scene({"machine": {"cpus": cpus}, "firmware": {"sri": sri}, "hypervisor": {"cmdline": "final-keys=i"},
                        "domain": [ring(1, f"pcpus={cpus}"), ring(2, f"pcpus={cpus}")],
                        "expect": {"notifications": True, "no_rescues": True}})
    taken = [line.text.split()[2:] for line in result.find(rf"^hv: +{sri} FF-A SRI ")]
    assert len(taken) == 1, "the handler is that of another interrupt"
    # Private interrupts come to the CPU that rings, shared ones to one.
    counts = [int(text) for text in taken[0] if text.isdecimal()]
    assert len(counts) == (cpus if sri < 32 else 1) and all(counts), taken


@pytest.mark.parametrize("option", ["NO_NOTIF"])
def test_spmc_without_notifications_still_carries_messages(run_scene, option):
    run_scene({"firmware": {"options": [option]}, "domain": [{"name": "guest1", "kernel": "msg", "tee": "ffa"}]})
