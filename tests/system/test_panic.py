# SPDX-License-Identifier: BSD-2-Clause
"""The hypervisor's own mistakes: each is caught, and the panic says where it was, with registers and a symbolised backtrace."""

import re

import pytest

from scene import Outcome


def panic(run_scene, **values):
    """Runs a scene in which the hypervisor is to panic; checks that it does, once, and shows its registers."""
    result = run_scene(values, judge=False)
    assert result.outcome is Outcome.PANIC, result.text()
    assert len(result.find(r"^hv: Panic on CPU \d+:$")) == 1, result.text()
    assert result.find(r"^hv: +x0 +[0-9a-f]{16} +x1 +[0-9a-f]{16}"), result.text()
    return result


def breaking(number: int) -> dict:
    """A control domain that tells the hypervisor to make a mistake (DEBUGOP_BREAK_* of debug_op.h)."""
    return {"name": "hand", "kernel": "crash", "cmdline": f"how=hv break={number}", "control": True}


@pytest.mark.parametrize("number, said, where", [
    (0, r"BUG at arch/arm/debug_break\.c:\d+", "debug_break"),
    (1, "data abort on a write", "debug_break"),
    (2, "data abort on a write", "debug_break"),
    (3, "instruction abort", "debug_break"),
    (4, "instruction abort", "run_heap debug_break"),
    (5, r"stack overflow at overflow[.+]", "overflow"),
    (6, "branch to a place that is no branch target", "branch_astray"),
    (7, "instruction abort|misaligned PC|pointer authentication failure", ""),
], ids=["BUG", "code", "closed data", "data", "heap", "stack", "branch", "return"])
def test_own_mistake_is_caught(run_scene, number, said, where):
    result = panic(run_scene, domain=[breaking(number)])
    assert result.find(f"^hv: (CPU\\d+: )?(unexpected trap at EL2: )?({said})"), result.text()
    # A function without a frame is found in the link register.
    found = [line.text.split()[-1] for line in result.find(r"^hv: +(\[<[0-9a-f]{16}>\]|lr +[0-9a-f]{16}) [\w.]+\+0x\w+/0x\w+$")]
    names = {re.split("[.+]", name)[0] for name in found}
    assert set(where.split()) <= names, names
    assert number == 5 or {"do_hypercall", "do_trap_guest_sync"} <= names, names


@pytest.mark.parametrize("number", [6, 7])
def test_old_cpu_does_not_notice_but_goes_on(run_scene, number):
    run_scene({"machine": {"cpu": "cortex-a57"}, "domain": [breaking(number)], "expect": {"lines": ["does not notice"], "tap": []}})


@pytest.mark.parametrize("tee, firmware, why", [
    ("optee", {}, "no such mediator"), ("ffa", {"options": ["NO_FFA"]}, "the probe failed"),
])
def test_mediator_that_was_asked_for_must_be_there(run_scene, tee, firmware, why):
    result = panic(run_scene, hypervisor={"cmdline": f"tee={tee}"}, firmware=firmware, domain=[])
    assert result.find(f"^hv: tee={tee}: {why}"), result.text()
    assert result.find(r"^hv: +\[<[0-9a-f]{16}>\] tee_init\+"), result.text()
