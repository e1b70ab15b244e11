# SPDX-License-Identifier: BSD-2-Clause
"""What a guest may and may not do through FF-A, what a faulty SPMC does to it, and hostile guests beside a working one."""

import pytest


def guest(kernel: str, cmdline: str = "", **more) -> dict:
    """An FF-A guest that runs one of the test programs."""
    return {"name": kernel, "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa", **more}


RING = guest("ring", "rounds=6 delay=500 timeout=60")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_setup_and_discovery(run_scene, version):
    said = ["in pieces, by 32-bit registers", r"next\?\[31m", r"\.\.\.", "0123456789abcdef" * 7 + "0123456789abcde", "4", "5 6 7 8 ",
            "a line without end"]
    run_scene({"domain": [guest("setup", f"version={version}")],
               "expect": {"lines": [f"hv: d1 says: {line}$" for line in said] if version == "1.2" else [],
                          "no_lines": [] if version == "1.2" else ["d1 says"]}})


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("firmware, lacks", [
    ({}, ""), ({"options": ["NO_NOTIF"]}, "notif=0"), ({"options": ["NO_MEM"]}, "mem=0"), ({"max_version": "1.1"}, "req2=0"),
    ({"max_version": "1.0"}, "req2=0 notif=0 send2=0"), ({"options": ["NO_RX_ACQUIRE"]}, "send2=0"),
], ids=["all", "no-notif", "no-mem", "1.1", "1.0", "no-acquire"])
def test_features_of_each_firmware(run_scene, firmware, lacks, version):
    """Beside a guest whose policy has no other VM, one that may ring and message it."""
    run_scene({"firmware": firmware,
               "domain": [guest("features", f"version={version} {lacks} recv=1"),
                          guest("features", f"version={version} {lacks} vms=1", name="vms",
                                ffa_peers=["sp:* all", "vm:features message notify"])]})


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_direct_messages(run_scene, version):
    run_scene({"domain": [guest("msg", f"version={version}")]})


def test_direct_messages_on_one_cpu(run_scene):
    """No vCPU moves to where the SP has another context: BUSY is what it says while one is open."""
    run_scene({"machine": {"cpus": 1}, "domain": [guest("msg", "pcpus=1")]})


def test_direct_messages_of_two_guests_at_once(run_scene):
    run_scene({"domain": [guest("msg"), guest("msg", name="msg2")]})


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_direct_messages_to_an_sp_that_takes_none(run_scene, version):
    run_scene({"firmware": {"options": ["NO_DIRECT"]}, "domain": [guest("msg", f"part=refused version={version}")]})


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_direct_messages_to_an_sp_that_dies(run_scene, version):
    run_scene({"domain": [guest("msg", f"part=aborted version={version}", vcpus=1, affinity=["0"]), guest("smp", tee="none")]})


# The built-in SPMC has room for all vCPUs of a guest, also for more than there are CPUs.
ALL_VCPUS = {"hypervisor": {"cmdline": "ffa-notif-vcpus=128"}}


@pytest.mark.parametrize("vcpus", [1, 2, 4, 8])
def test_notification_calls_and_their_errors(run_scene, vcpus):
    run_scene({**ALL_VCPUS, "domain": [guest("notif", vcpus=vcpus)]})


def test_notification_calls_of_a_guest_of_1_1(run_scene):
    run_scene({**ALL_VCPUS, "domain": [guest("notif", "version=1.1")]})


def test_notification_calls_on_four_cpus(run_scene):
    run_scene({"machine": {"cpus": 4}, "domain": [guest("notif", vcpus=4)]})


def test_notification_calls_with_info_get_32(run_scene):
    run_scene({**ALL_VCPUS, "firmware": {"options": ["INFO32_ONLY"]}, "domain": [guest("notif", vcpus=8)]})


def test_notification_calls_without_per_vcpu_bits(run_scene):
    run_scene({"firmware": {"options": ["NO_PER_VCPU"]}, "domain": [guest("notif", "percpu=0")]})


def test_sri_storm_beside_a_rung_guest(run_scene):
    run_scene({"domain": [guest("notif", "storm=3000"), RING]})


# ---- a faulty SPMC ---------------------------------------------------------------------------------------------------

LYING = {"faulty_spmc": True}


def test_faults_one_after_the_other(run_scene):
    run_scene({"domain": [guest("faults")], "expect": LYING})


def test_faults_that_last(run_scene):
    run_scene({"domain": [guest("faults", "times=30")], "expect": LYING})


def test_faults_beside_another_guest(run_scene):
    run_scene({"domain": [guest("faults"), guest("smp", tee="none")], "expect": LYING})


# ---- hostile guests --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", [1, 2])
def test_abuse_beside_a_rung_guest(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus}, "domain": [guest("abuse", "xen=1"), RING]})


def test_abuse_without_ffa(run_scene):
    run_scene({"domain": [guest("abuse", "xen=1", tee="none"), RING]})


def test_many_abusers(run_scene):
    run_scene({"domain": [guest("abuse", f"xen=1 seed={i}", name=f"abuse{i}") for i in (1, 2, 3)] + [RING]})
