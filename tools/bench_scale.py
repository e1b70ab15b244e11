#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What grows with numbers: see tools/bench/scale.py, or --help."""

import sys

from bench.scale import main

if __name__ == "__main__":
    sys.exit(main())
