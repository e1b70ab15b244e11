#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a VM's notifications suffer from another VM: see tools/bench/isolation.py, or --help."""

import sys

from bench.isolation import main

if __name__ == "__main__":
    sys.exit(main())
