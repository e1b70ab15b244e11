#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn the output of nm -n (standard input) into an assembly file with the tables that common/symbols.c searches.

Tables: symbols_num, symbols_addr (offset from _start), symbols_name_off, symbols_names. Only code and data of the image
count; mapping symbols ($x, $d) and local labels are left out. Their own addresses are left out as well, so that a second pass
over the linked result gives tables of the same size. No input gives empty tables, for the first pass.
"""
import sys

SKIP = {"symbols_num", "symbols_addr", "symbols_name_off", "symbols_names"}


def read(lines):
    """Yield (address, name) of each symbol worth a name, sorted by address, one per address."""
    start, seen = None, {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "_start":
            start = address
        if kind in "tTwW" and not name.startswith(("$", ".L")) and name not in SKIP:
            seen.setdefault(address, name)
    if start is None and seen:
        sys.exit("symbols.py: there is no _start")
    return [(a - start, n) for a, n in sorted(seen.items()) if a >= start]


def main():
    symbols = read(sys.stdin)
    out = ['    .section .rodata, "a"', "    .balign 4"]

    def table(label):
        out.extend([f"    .globl {label}", f"{label}:"])

    table("symbols_num")
    out.append(f"    .word {len(symbols)}")
    table("symbols_addr")
    out.extend(f"    .word {address:#x}" for address, _ in symbols)
    table("symbols_name_off")
    offset = 0
    for _, name in symbols:
        out.append(f"    .word {offset}")
        offset += len(name) + 1
    table("symbols_names")
    out.extend(f'    .asciz "{name}"' for _, name in symbols)
    out.append('    .section .note.GNU-stack, "", %progbits')
    print("\n".join(out))


if __name__ == "__main__":
    main()
