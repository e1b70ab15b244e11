#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Count the instructions of a domain's birth and death: see tools/bench/births.py, or --help."""

import sys

from bench.births import main

if __name__ == "__main__":
    sys.exit(main())
