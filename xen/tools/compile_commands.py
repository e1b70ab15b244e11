#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write compile_commands.json: the objects come on standard input, folder and compiler command as arguments."""
import json
import os
import sys

folder, command = sys.argv[1], sys.argv[2]
sources = (line.strip()[:-2] + ".c" for line in sys.stdin)
json.dump([{"directory": folder, "file": source, "command": f"{command} -c {source}"}
           for source in sources if os.path.exists(os.path.join(folder, source))], sys.stdout, indent=1)
