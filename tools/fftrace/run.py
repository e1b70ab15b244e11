# SPDX-License-Identifier: BSD-2-Clause
"""Runs a scene with the machine's memory in a file, so that the rings are there when QEMU has ended, however it ended."""

from pathlib import Path

from scene import Result, Scene, run
from scene.model import SceneError

from .events import HYPERVISOR
from .rings import Ring, read_rings


def run_with_rings(scene: Scene, build: Path, workdir: Path) -> tuple[Result, list[Ring]]:
    """
    Runs @scene and reads the rings that there are. One tick of the counter is one nanosecond; with machine.icount that is
    one instruction.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    memory = workdir / "memory.img"
    memory.unlink(missing_ok=True)
    scene.machine.cpu += ",cntfrq=1000000000"
    scene.machine.qemu_args += ["-object", f"memory-backend-file,id=ram,size={scene.machine.memory}M,mem-path={memory},share=on",
                                "-machine", "memory-backend=ram"]
    try:
        result = run(scene, build, workdir)
        (workdir / "console.log").write_text(result.text(), encoding="utf-8")
        return result, read_rings(memory)
    finally:
        memory.unlink(missing_ok=True)


def trace(scene: Scene, build: Path, workdir: Path, hypervisor: Path | None = None) -> tuple[Result, list[Ring]]:
    """
    Runs @scene with @hypervisor (None: the scene's own), which must have been built with CONFIG_TRACEBUFFER. The built-in
    firmware traces, too. Raises SceneError when there is no trace.
    """
    if scene.firmware.kind == "builtin":
        scene.firmware.options.append("TRACE")
    if hypervisor:
        scene.hypervisor.image = str(hypervisor)
    result, rings = run_with_rings(scene, build, workdir)
    if not any(ring.source == HYPERVISOR for ring in rings):
        raise SceneError(f"no trace of the hypervisor in the machine's memory: was it built with CONFIG_TRACEBUFFER? "
                         f"(log: {workdir / 'console.log'})")
    return result, rings
