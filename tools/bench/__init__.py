# SPDX-License-Identifier: BSD-2-Clause
"""What a call costs, in executed instructions, with and without the hypervisor.

    figures    what is measured, and the limit of each figure
    measure    runs the benchmark guest and reads what it says
    baseline   the figures of the last accepted state, and the 5 % rule
    report     table, machine-readable lines, CSV, SVG
    cli        the command line of tools/bench.py
    picture    curves and ranges as SVG
    isolation  a VM's notifications beside a VM that floods; the command line of tools/bench_isolation.py
    scale      many VMs, many domains, many pages; the command line of tools/bench_scale.py
    births     what a domain's birth and death cost; the command line of tools/bench_lifecycle.py
"""

from .figures import FIGURES, Figure
from .measure import Numbers, measure

__all__ = ["FIGURES", "Figure", "Numbers", "measure"]
