#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Count instructions: see tools/bench/cli.py, or --help."""

import sys

from bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
