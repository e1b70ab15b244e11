# SPDX-License-Identifier: BSD-2-Clause
"""The path of a notification: from the SP's SET to the guest's GET, none lost, none to a stranger."""

import pytest


def ring(index: int, cmdline: str = "", **more) -> dict:
    """A guest that sp.notify rings; it checks that it gets its own bits and nothing else."""
    return {"name": f"guest{index}", "kernel": "ring", "cmdline": cmdline, "vcpus": 2, "tee": "ffa", **more}


DELIVERED = {"notifications": True, "no_rescues": True}


# The built-in SPMC has room for all vCPUs of a guest, also for more than there are CPUs.
ALL_VCPUS = {"hypervisor": {"cmdline": "ffa-notif-vcpus=128"}}


def test_global_bits(run_scene):
    run_scene({"domain": [ring(1, "bits=0-7")], "expect": DELIVERED})


def test_per_vcpu_bits_reach_their_vcpu(run_scene):
    result = run_scene({**ALL_VCPUS, "domain": [ring(1, "bits=0-7 percpu=0-7 rounds=6", vcpus=4)], "expect": DELIVERED})
    assert {line.text.rpartition(" ")[2] for line in result.find(r"^guest1: notify: got")} == {"0", "1", "2", "3"}


def test_global_and_per_vcpu_bits_together(run_scene):
    run_scene({**ALL_VCPUS, "domain": [ring(1, "bits=0-15 percpu=8-15", vcpus=3)], "expect": DELIVERED})


def test_guest_with_more_vcpus_than_cpus_gets_global_bits(run_scene):
    run_scene({"domain": [ring(1, "bits=0-7", vcpus=8)], "expect": DELIVERED})


def test_all_64_bits(run_scene):
    result = run_scene({"domain": [ring(1, "bits=all rounds=2 inflight=8")], "expect": DELIVERED})
    got = 0
    for line in result.find(r"^guest1: notify: got"):
        got |= int(line.text.split()[2], 16)
    assert got == (1 << 64) - 1


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_two_guests_at_once(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [ring(1, f"bits=0-15 rounds=10 inflight=4 delay=300 pcpus={cpus}"),
                          ring(2, f"bits=8-23 rounds=10 inflight=4 delay=300 pcpus={cpus}")],
               "expect": DELIVERED})


def test_eight_guests_on_four_cpus(run_scene):
    run_scene({"machine": {"cpus": 4}, "domain": [ring(i, "bits=0-3,60-63 percpu=60-63 rounds=3 timeout=60") for i in range(1, 9)],
               "expect": DELIVERED})


@pytest.mark.parametrize("options", [["INFO32_ONLY"], ["NO_PER_VCPU"], ["NO_RX_ACQUIRE"], ["NO_GET_REGS"], ["DESTROY_BOUND"]],
                         ids=lambda options: options[0])
def test_firmware_with_less(run_scene, options):
    run_scene({"firmware": {"options": options}, "domain": [ring(1, "percpu=4-7"), ring(2, "bits=0-7")], "expect": DELIVERED})


def test_quiet_firmware_needs_no_secure_console(run_scene):
    run_scene({"firmware": {"options": ["QUIET"]}, "domain": [ring(1, "rounds=50 inflight=8 delay=100"), ring(2)]})


def test_every_step_is_visible_in_the_trace(run_scene):
    result = run_scene({"hypervisor": {"cmdline": "ffa-trace"}, "domain": [ring(1, "bits=5 rounds=1")], "expect": DELIVERED})
    steps = [r"^sp\.notify: set vm 2 bits 0x0000000000000020 global: new 0x0000000000000020",
             r"^spmc: SRI \(SGI 8\) raised on cpu\d", r"^hv: ffa: SRI on cpu\d", r"^hv: ffa: info_get: lists 1 more 0",
             r"^hv: ffa: list vm 2$", r"^hv: ffa: NPI to d1v\d", r"^hv: ffa: get d1v\d sp 0x0000000000000020",
             r"^guest1: notify: got 0x0000000000000020 on vcpu \d"]
    for step in steps:
        assert result.find(step), step


@pytest.mark.parametrize("how", ["bind", "rx", "preempt", "panic"])
def test_guest_that_dies_in_the_middle_leaves_nothing(run_scene, how):
    run_scene({"domain": [{"name": "dying", "kernel": "crash", "cmdline": f"how={how}", "vcpus": 2, "tee": "ffa"},
                          ring(2, "rounds=8")],
               "expect": {"tap": ["guest2"]}})


# One CPU: counted instructions, so nearly every tick comes. Two: the machine's CPUs are threads of a host that may be busy, but
# a CPU that the SP keeps brings no tick at all.
@pytest.mark.parametrize("cpus, spin_ms, period_ms, part", [(1, 800, 20, 0.8), (2, 3000, 100, 0.3)])
def test_dying_guest_whose_sp_computes_on_does_not_stop_the_others(run_scene, cpus, spin_ms, period_ms, part):
    ticks = {"kernel": "ticks", "cmdline": f"ms={2 * spin_ms} period={period_ms}"}
    result = run_scene({"machine": {"cpus": cpus, "icount": cpus == 1},
                        "domain": [{"name": "dying", "kernel": "crash", "cmdline": f"how=spin spin={spin_ms}", "tee": "ffa"},
                                   {"name": "one", **ticks}, {"name": "other", **ticks}],
                        "expect": {"tap": ["one", "other"]}})
    assert result.find(r"^dying: crash: the request came back with 0x84000062"), result.text()
    [dead] = result.find(r"^hv: d1 \(dying\) has shut down")
    [gone] = result.find(r"^hv: ffa: d1 ledger")
    assert gone.time - dead.time > spin_ms * 500, "the SP did not compute on"
    for name in "one", "other":
        came = sum(dead.time < line.time < gone.time for line in result.find(rf"^{name}: ticks: "))
        assert came >= part * (gone.time - dead.time) / (period_ms * 1000), f"{name} had {came} ticks in the meantime"


@pytest.mark.parametrize("option", ["DESTROY_BOUND", "NO_RX_ACQUIRE"])
def test_dying_guest_is_cleaned_up_also_with_a_strict_spmc(run_scene, option):
    run_scene({"firmware": {"options": [option]},
               "domain": [{"name": "dying", "kernel": "crash", "cmdline": "how=bind", "tee": "ffa"}], "expect": {"tap": []}})
