#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run a scene: see tools/scene/cli.py, or --help."""

import sys

from scene.cli import main

if __name__ == "__main__":
    sys.exit(main())
