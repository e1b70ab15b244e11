# SPDX-License-Identifier: BSD-2-Clause
"""
The events: their names, and what their words mean. Numbers come from the headers that the hypervisor and the firmware are
built with, names of calls from the mediator's own table.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = (ROOT / "xen/include/public/trace.h", ROOT / "xen/arch/arm/tee/ffa_private.h")
CALLS = ROOT / "xen/arch/arm/tee/ffa_calls.h"

HYPERVISOR, FIRMWARE = 0, 1


@dataclass(frozen=True)
class Field:
    """@bits bits of the event's words, from bit @shift of word @word on. @kind: u | x (shown in hex) | fid (a call's name)."""
    name: str
    word: int
    shift: int = 0
    bits: int = 32
    kind: str = "u"

    def value(self, words: tuple[int, ...]) -> int:
        """What the field is in an event with these words."""
        whole = sum(word << 32 * i for i, word in enumerate(words))
        return whole >> (32 * self.word + self.shift) & (1 << self.bits) - 1


@dataclass(frozen=True)
class Kind:
    """One kind of event."""
    name: str
    source: int
    fields: tuple[Field, ...]


def _vcpu(word: int, prefix: str = "") -> tuple[Field, Field]:
    return Field(f"{prefix}domain", word, 16, 16), Field(f"{prefix}vcpu", word, 0, 16)


_REGS = (Field("w0", 0, kind="fid"), *(Field(f"w{i}", i, kind="x") for i in range(1, 5)))
_FID = Field("w0", 0, kind="fid")
_ENDPOINT = Field("id", 0, kind="x")

KINDS = {
    "TRC_SCHED_SWITCH": Kind("switch", HYPERVISOR, (*_vcpu(0, "from_"), *_vcpu(1, "to_"))),
    "TRC_HVM_VMENTRY": Kind("entry", HYPERVISOR, _vcpu(0)),
    "TRC_HVM_VMEXIT": Kind("trap", HYPERVISOR, (*_vcpu(0), Field("class", 1, 26, 6, "x"), Field("syndrome", 1, kind="x"),
                                                Field("w0", 2, kind="fid"), Field("pc", 3, bits=64, kind="x"))),
    "TRC_FFA_SMC_OUT": Kind("smc_out", HYPERVISOR, _REGS),
    "TRC_FFA_SMC_IN": Kind("smc_in", HYPERVISOR, _REGS),
    "TRC_FFA_SRI": Kind("sri", HYPERVISOR, (Field("irq", 0),)),
    "TRC_FFA_LIST": Kind("list", HYPERVISOR, (Field("vm", 0), Field("vcpus", 1), *(Field(f"vcpu{i}", 2 + i) for i in range(3)))),
    "TRC_FFA_NPI": Kind("npi", HYPERVISOR, (Field("vm", 0), Field("vcpu", 1), Field("why", 2))),
    "TRC_FFA_GET": Kind("get", HYPERVISOR, (Field("vm", 0, 0, 16), Field("vcpu", 0, 16, 16),
                                            Field("sp", 1, bits=64, kind="x"), Field("vms", 3, bits=64, kind="x"))),
    "TRC_FW_EL3_IN": Kind("el3_in", FIRMWARE, (Field("secure", 0), Field("w0", 1, kind="fid"))),
    "TRC_FW_EL3_OUT": Kind("el3_out", FIRMWARE, (Field("secure", 0), Field("w0", 1, kind="fid"))),
    "TRC_FW_SPMC_IN": Kind("spmc_in", FIRMWARE, (_FID,)),
    "TRC_FW_SPMC_OUT": Kind("spmc_out", FIRMWARE, (_FID,)),
    "TRC_FW_SP_IN": Kind("sp_in", FIRMWARE, (_ENDPOINT,)),
    "TRC_FW_SP_OUT": Kind("sp_out", FIRMWARE, (_ENDPOINT,)),
    "TRC_FW_SET": Kind("set", FIRMWARE, (Field("sender", 0, 16, 16, "x"), Field("receiver", 0, 0, 16), Field("flags", 1, 0, 16, "x"),
                                         Field("vcpu", 1, 16, 16), Field("bits", 2, bits=64, kind="x"))),
    "TRC_FW_SRI": Kind("sri_raise", FIRMWARE, (Field("irq", 0),)),
}


@lru_cache(maxsize=None)
def numbers() -> dict[str, int]:
    """The number of each event, by its name in the headers."""
    pattern = re.compile(r"^#define\s+(TRC_\w+)\s+(0x[0-9a-fA-F]+)U?\b", re.M)
    return {name: int(value, 0) for header in HEADERS for name, value in pattern.findall(header.read_text(encoding="utf-8"))}


@lru_cache(maxsize=None)
def kinds() -> dict[int, Kind]:
    """What is known of each event, by its number."""
    return {number: KINDS[name] for name, number in numbers().items()}


@lru_cache(maxsize=None)
def calls() -> dict[int, str]:
    """Names of FF-A's functions, by their ids."""
    pattern = re.compile(r"^FFA_CALL\((\w+),\s*(0x[0-9a-fA-F]+)U", re.M)
    found = {int(value, 0): f"FFA_{name}" for name, value in pattern.findall(CALLS.read_text(encoding="utf-8"))}
    return found | {0x8400007C: "FFA_NORMAL_WORLD_RESUME"}      # between SPMC and EL3 only, so not in the table
