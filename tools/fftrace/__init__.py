# SPDX-License-Identifier: BSD-2-Clause
"""What happened, with the time of each event, from rings in the memory of the machine (xen/include/public/trace.h).

    events     what the words of each event mean
    rings      finds and reads the rings in a memory image
    run        runs a scene with its memory in a file, and reads the rings afterwards
    ctf        writes Common Trace Format 1.8
    way        the events of one notification, and what became of each
    picture    that way across the exception levels, as SVG
    cli        the command line of tools/fftrace.py
"""

from .rings import Event, Ring, read_rings
from .run import run_with_rings, trace

__all__ = ["Event", "Ring", "read_rings", "run_with_rings", "trace"]
