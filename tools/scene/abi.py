# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of tests/include/sp_abi.h, read from the header itself so that they cannot drift apart."""

import re
import struct
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "tests" / "include" / "sp_abi.h"

MAILBOX_SIZE = 4096


@lru_cache(maxsize=None)
def numbers() -> dict[str, int]:
    """Every `#define NAME number` of the header; `(1 << n)` is the only expression it uses."""
    found = {}
    pattern = re.compile(r"^#define\s+(\w+)\s+(?:\(1\s*<<\s*(\d+)\)|(0x[0-9a-fA-F]+|\d+))(?:\s|$)", re.M)
    for name, shift, value in pattern.findall(HEADER.read_text(encoding="utf-8")):
        found[name] = 1 << int(shift) if shift else int(value, 0)
    return found


def option_names() -> list[str]:
    """Names a scene may use in [firmware] options, without FW_OPT_."""
    return sorted(name[len("FW_OPT_"):] for name in numbers() if name.startswith("FW_OPT_"))


def fault_names() -> list[str]:
    """Names a scene may use as kind of a fault, without FAULT_."""
    return sorted(name[len("FAULT_"):] for name in numbers() if re.match(r"FAULT_(INFO|CALL|RESP)_", name))


def mailbox(options: int, entry: int, max_version: int, sri: int, fault: tuple[int, int, int, int], level: int) -> bytes:
    """The firmware mailbox page. Layout: tests/include/sp_abi.h."""
    words = struct.pack("<IIQIIIIIII", numbers()["FW_MAILBOX_MAGIC"], options, entry, max_version, sri, *fault, level)
    return words.ljust(MAILBOX_SIZE, b"\0")
