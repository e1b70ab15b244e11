# SPDX-License-Identifier: BSD-2-Clause
"""TF-A (EL3, SPMD) with OP-TEE as S-EL1 SPMC for several normal-world guests: one BIOS image for QEMU's virt machine.

The hypervisor is not in it: BL33 is "preloaded", so TF-A enters HYPERVISOR_PA at EL2 with x0 = device tree, and the
runner puts the image there. Nothing is built again when the hypervisor changes.
"""

import shutil
import subprocess
from pathlib import Path

from . import apt, cache, userland

SUITES = ["trixie", "forky", "sid"]
OPTEE_SUITES = ["forky", "sid", "trixie"]       # the newer ones first: Debian 13's source was seen to be missing
HYPERVISOR_PA = 0x60000000
MANIFEST = Path(__file__).resolve().parent / "spmc-manifest.dts"
PATCH = Path(__file__).resolve().parent / "optee-tables.patch"        # its head says why
CROSS = "aarch64-linux-gnu-"

UNPATCHED = "without-patch"                                           # in a cache entry of OP-TEE: the patch did not fit

# Without the embedded watchdog test, which notifies each guest once a second: what rings here is the console alone.
OPTEE_FLAGS = ["PLATFORM=vexpress-qemu_armv8a", "CFG_ARM64_core=y", "CFG_ARM_GICV3=y", "CFG_CORE_SEL1_SPMC=y",
               "CFG_NS_VIRTUALIZATION=y", "CFG_NOTIF_TEST_WD=n", "CFG_USER_TA_TARGETS=ta_arm64", "supported-ta-targets=ta_arm64",
               "PYTHON3=/usr/bin/python3", f"CROSS_COMPILE={CROSS}", f"CROSS_COMPILE_core={CROSS}",
               f"CROSS_COMPILE_ta_arm64={CROSS}"]
# SVE and SME stay trapped at EL3: the hypervisor must not show them to guests.
TFA_FLAGS = ["PLAT=qemu", "QEMU_USE_GIC_DRIVER=QEMU_GICV3", "SPD=spmd", "SPMD_SPM_AT_SEL2=0", "SPMC_OPTEE=1",
             "CTX_INCLUDE_EL2_REGS=0", "ENABLE_SME_FOR_NS=0", "ENABLE_SVE_FOR_NS=0", "BL32_RAM_LOCATION=tdram",
             "ARM_LINUX_KERNEL_AS_BL33=1", f"PRELOADED_BL33_BASE={HYPERVISOR_PA:#x}", f"CROSS_COMPILE={CROSS}"]
# OP-TEE that serves whoever is the normal world, to compare with: it needs no hypervisor, and would refuse ours.
SINGLE_FLAGS = [flag for flag in OPTEE_FLAGS if not flag.startswith("CFG_NS_VIRTUALIZATION")]


def optee(flags: list[str]) -> Path:
    """The cache entry of OP-TEE: tee-header_v2.bin, tee-pager_v2.bin, tee-pageable_v2.bin."""
    key = userland.get() / userland.TA_KEY
    return cache.entry("optee", cache.recipe(OPTEE_SUITES, flags, PATCH, key),
                       lambda folder, scratch: _make_optee(key, flags, folder, scratch))


def get(flags: list[str] | None = None) -> Path:
    """The BIOS image, from the cache or made now. @flags: OP-TEE's, if not OPTEE_FLAGS."""
    spmc = optee(flags or OPTEE_FLAGS)
    return cache.entry("firmware", cache.recipe(SUITES, TFA_FLAGS, MANIFEST, spmc.name),
                       lambda folder, scratch: _make_tfa(spmc, folder, scratch)) / "firmware.bios"


def patched() -> bool:
    """Has the OP-TEE of get() the patch?"""
    return not (optee(OPTEE_FLAGS) / UNPATCHED).exists()


def single() -> Path:
    """The BIOS image with an OP-TEE for one normal world, from the cache or made now."""
    return get(SINGLE_FLAGS)


def _make_optee(key: Path, flags: list[str], folder: Path, scratch: Path) -> str:
    cache.install_tools()
    source = scratch / "source"
    version = apt.first("optee", OPTEE_SUITES, "optee-os", lambda suite: suite.source("optee-os", source))
    patch = ["patch", "-d", source, "-p1", "-N", "-s", "-i", PATCH]
    if subprocess.run([*patch, "--dry-run"], capture_output=True, check=False).returncode == 0:
        subprocess.run(patch, check=True)
        cache.say("optee", f"with {PATCH.name}")
    else:
        cache.say("optee", f"{PATCH.name} does not fit OP-TEE {version}: built without")
        (folder / UNPATCHED).touch()
    cache.run("optee", f"compiling OP-TEE {version} (about a minute)",
              ["nice", "make", "-C", source, cache.jobs(), f"O={scratch}/out", f"TA_SIGN_KEY={key}", *flags],
              scratch / "log")
    for name in ("tee-header_v2.bin", "tee-pager_v2.bin", "tee-pageable_v2.bin"):
        shutil.copy(scratch / "out" / "core" / name, folder)
    shutil.copy(scratch / "out" / "core" / "tee.elf", folder)           # names for addresses in OP-TEE's own reports
    return version


def _make_tfa(spmc: Path, folder: Path, scratch: Path) -> str:
    cache.install_tools()
    source = scratch / "source"
    version = apt.first("firmware", SUITES, "arm-trusted-firmware",
                        lambda suite: suite.source("arm-trusted-firmware", source))
    cache.run("firmware", f"compiling TF-A {version} around OP-TEE {cache.version(spmc)}",
              ["nice", "make", "-C", source, cache.jobs(), f"BUILD_BASE={scratch}/out", *TFA_FLAGS,
               f"BL32={spmc}/tee-header_v2.bin", f"BL32_EXTRA1={spmc}/tee-pager_v2.bin",
               f"BL32_EXTRA2={spmc}/tee-pageable_v2.bin", f"QEMU_TOS_FW_CONFIG_DTS={MANIFEST}", "all", "qemu_fw.bios"],
              scratch / "log")
    shutil.copy(next((scratch / "out").glob("**/qemu_fw.bios")), folder / "firmware.bios")
    return f"{version}-optee-{cache.version(spmc)}"
