# SPDX-License-Identifier: BSD-2-Clause
"""Scenes: a small TOML file becomes a boot device tree and a QEMU command line, is run, and is judged by its consoles.

    model      what a scene says; every table and key, refused when unknown
    abi        numbers of tests/include/sp_abi.h
    bootdtb    boot device tree (libfdt) and where the modules lie in memory
    qemu       the command line and the files it names
    console    lines of the two consoles, merged in the order of their time stamps
    runner     one run of QEMU, from start to its end or the timeout
    ledger     what the lines say: TAP, notifications, balances
    checks     is that what the scene expects?
    complaints what the hypervisor prints when something is wrong, from its sources
    cli        the command line of tools/scene.py
"""

from .checks import check, summary
from .model import Domain, Scene, SceneError
from .runner import Outcome, Result, run

__all__ = ["Domain", "Outcome", "Result", "Scene", "SceneError", "check", "run", "summary"]
