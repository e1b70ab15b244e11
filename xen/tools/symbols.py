#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn the output of nm -n (standard input) into an assembly file with the tables that common/symbols.c searches.

  symbols_groups   number of groups
  symbols_group    two words per group: offset of its first symbol from _start, where it begins in symbols_data; one more group
                   with the end of both
  symbols_data     per symbol: bytes from the symbol before (seven bits per byte, low ones first, bit 7: more follow), number
                   of name bytes, name bytes. A name byte above 127 stands for a pair.
  symbols_pairs    two name bytes for each of 128...

Only code of the image counts; mapping symbols ($x, $d) and local labels are left out. The tables' own addresses are left out
as well, so that a second pass over the linked result gives tables of the same size. No input gives empty tables, for the
first pass.
"""
import sys
from collections import Counter

GROUP = 32              # symbols; a gap as between two sections also begins a group
GAP = 1 << 14
FIRST_PAIR, LAST_PAIR = 128, 255
DEPTH = 16              # pairs within pairs, as SYMBOLS_DEPTH of common/symbols.c
NAME_LEN = 127          # KSYM_NAME_LEN


def read(lines):
    """(address, name) of each symbol worth a name, sorted by address, one per address, and the end of the last one."""
    start, end, seen = None, None, {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "_start":
            start = address
        if name == "_einittext":
            end = address
        if kind in "tTwW" and not name.startswith(("$", ".L")):
            seen.setdefault(address, name)
    if seen and (start is None or end is None):
        sys.exit("symbols.py: _start or _einittext is missing")
    return [(a - start, n) for a, n in sorted(seen.items()) if start <= a < end], (end or 0) - (start or 0)


def replace(name, pair, code):
    """@name, a list of bytes, with @code for each occurrence of @pair."""
    out, i = [], 0
    while i < len(name):
        if tuple(name[i:i + 2]) == pair:
            out.append(code)
            i += 2
        else:
            out.append(name[i])
            i += 1
    return out


def compress(names):
    """Byte pair encoding: the names with the most frequent pair replaced, again and again, and the pairs."""
    names = [list(name.encode("ascii")[:NAME_LEN]) for name in names]
    pairs, depth = [], {}
    for code in range(FIRST_PAIR, LAST_PAIR + 1):
        count = Counter(pair for name in names for pair in zip(name, name[1:])
                        if max(depth.get(c, 0) for c in pair) + 1 < DEPTH)
        if not count:
            break
        pair = max(count, key=lambda p: (count[p], p))
        depth[code] = max(depth.get(c, 0) for c in pair) + 1
        pairs.append(pair)
        names = [replace(name, pair, code) for name in names]
    return names, pairs


def number(n):
    """@n in bytes of seven bits."""
    out = []
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    return out + [n]


def main():
    symbols, end = read(sys.stdin)
    names, pairs = compress([name for _, name in symbols])
    groups, data, before, left = [], [], 0, 0
    for (address, _), name in zip(symbols, names):
        if not left or address - before >= GAP:
            groups.append((address, len(data)))
            before, left = address, GROUP
        data += number(address - before) + [len(name)] + name
        before, left = address, left - 1

    groups.append((end, len(data)))

    out = ['    .section .rodata, "a"', "    .balign 4"]

    def table(label, kind, values):
        out.extend([f"    .globl {label}", f"{label}:"])
        out.extend(f"    {kind} " + ", ".join(str(v) for v in values[i:i + 16]) for i in range(0, len(values), 16))

    table("symbols_groups", ".word", [len(groups) - 1])
    table("symbols_group", ".word", [word for group in groups for word in group])
    table("symbols_data", ".byte", data)
    table("symbols_pairs", ".byte", [c for pair in pairs for c in pair])
    out.append("    .balign 4")
    out.append('    .section .note.GNU-stack, "", %progbits')
    print("\n".join(out))


if __name__ == "__main__":
    main()
