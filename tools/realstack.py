#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fetch and build the real firmware and guests, and print where they are.

    realstack.py [PART…]        optee optee-single linux linux-debian initrd; none: optee linux initrd

A part that cannot be made does not keep the others from it. Exit status: 0 all there; 1 a build failed;
4 a package cannot be had (its name is in the message).
"""

import sys

from realstack import PARTS, RealStackError, Unavailable, need

EXIT_FAILED, EXIT_USAGE, EXIT_UNAVAILABLE = 1, 2, 4


def main(names: list[str]) -> int:
    """Print `part=file` for every part."""
    if unknown := [name for name in names if name not in PARTS]:
        print(__doc__ if unknown[0] in ("-h", "--help") else f"realstack: no such part: {unknown[0]} (known: {', '.join(PARTS)})")
        return 0 if unknown[0] in ("-h", "--help") else EXIT_USAGE
    status = 0
    for name in names or ["optee", "linux", "initrd"]:
        try:
            print(f"{name}={need(name)}", flush=True)
        except RealStackError as error:
            print(f"realstack: {error}", file=sys.stderr)
            status = status or (EXIT_UNAVAILABLE if isinstance(error, Unavailable) else EXIT_FAILED)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
