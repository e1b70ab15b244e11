#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Trace a scene: see tools/fftrace/cli.py, or --help."""

import sys

from fftrace.cli import main

if __name__ == "__main__":
    sys.exit(main())
