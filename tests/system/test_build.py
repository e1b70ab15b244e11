# SPDX-License-Identifier: BSD-2-Clause
"""Builds, headers, style, unit tests and the drop-in rule: what can be said without booting."""

import json
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAVOURS = [(compiler, debug) for compiler in ("gcc", "clang") for debug in ("y", "n")]


def flavour_folder(build: Path, compiler: str, debug: str) -> Path:
    """Where a flavour of the hypervisor is built."""
    return build / "flavours" / f"{compiler}-{'debug' if debug == 'y' else 'release'}"


@pytest.mark.parametrize("compiler, debug", FLAVOURS)
def test_hypervisor_builds_without_a_warning(make, build, compiler, debug):
    folder = flavour_folder(build, compiler, debug)
    done = make("xen", f"O={folder}", f"CC_KIND={compiler}", f"DEBUG={debug}")
    assert "warning" not in done.stderr.lower()
    config = (folder / ".config").read_text()
    assert ("CONFIG_DEBUG=y" in config) == (debug == "y")
    check_image_header((folder / "xen").read_bytes())
    commands = json.loads((folder / "compile_commands.json").read_text())
    assert any(entry["file"].endswith("arch/arm/tee/ffa.c") for entry in commands)


def check_image_header(image: bytes) -> None:
    """The header of the arm64 boot protocol: magic, 2 MiB aligned, any load address, little endian."""
    text_offset, image_size, flags = struct.unpack_from("<QQQ", image, 8)
    assert image[56:60] == b"ARM\x64"
    assert text_offset == 0
    assert image_size >= len(image)
    assert flags & 1 == 0, "little endian"
    assert flags & 8, "may be placed anywhere in memory"


def test_second_build_has_nothing_to_do(make, build):
    make("all", f"O={build}")
    again = make("all", f"O={build}").stdout
    assert not [line for line in again.splitlines() if line.startswith("  CC") or line.startswith("  LD")], again


def test_headers_compile_alone(build):
    done = subprocess.run([ROOT / "scripts" / "check-headers.sh", build], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- unit tests, and the secure world by itself ----------------------------------------------------------------------

@pytest.mark.parametrize("program", sorted(p.stem for p in (ROOT / "tests" / "unit").glob("test_*.c")))
def test_unit(make, build, program):
    make(f"O={build / 'unit'}", str(build / "unit" / program), folder="tests/unit")
    done = subprocess.run([build / "unit" / program], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "[  PASSED  ]" in said and "[  FAILED  ]" not in said, said


def test_secure_world_by_itself(make, build):
    make(f"O={build / 'secure'}", "check", folder="tests/secure")


# ---- the mediator fits into Xen --------------------------------------------------------------------------------------

def mediator_objects(make, build: Path) -> list[str]:
    """The objects of xen/arch/arm/tee, built."""
    return make("-s", f"O={build}", "tee-objects", folder="xen").stdout.split()


def dropin(*arguments: str) -> subprocess.CompletedProcess:
    """Runs the check."""
    return subprocess.run(["/usr/bin/python3", ROOT / "scripts" / "check-dropin", *arguments], capture_output=True, text=True,
                          check=False)


def test_mediator_keeps_to_what_xen_has(make, build):
    objects = mediator_objects(make, build)
    assert len(objects) > 5
    done = dropin(*objects)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source, complaint", [
    ("#include <xen/lib.h>\n#include <xen/no-such.h>\n", "includes xen/no-such.h"),
    ("", "needs portcullis_only"),
])
def test_dropin_check_finds_what_it_should(tmp_path, source, complaint):
    (tmp_path / "a.c").write_text(source)
    (tmp_path / "b.c").write_text("void portcullis_only(void); void f(void); void f(void) { portcullis_only(); }\n")
    subprocess.run(["aarch64-linux-gnu-gcc", "-c", "-o", tmp_path / "b.o", tmp_path / "b.c"], check=True)
    done = dropin("--source", str(tmp_path), str(tmp_path / "b.o"))
    assert done.returncode == 1 and complaint in done.stdout, done.stdout


def test_status_page_is_what_the_call_table_says():
    done = subprocess.run(["/usr/bin/python3", ROOT / "scripts" / "gen-ffa-status", "--check"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- style -----------------------------------------------------------------------------------------------------------

def test_style():
    done = subprocess.run(["/usr/bin/python3", str(ROOT / "scripts" / "style-check.py")], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text, rule", [
    ("if( x )\n", "space missing"), ("    if (x)\n", "spaces missing inside"), ("    if ( x ) {\n", "opening brace"),
    ("int x; \n", "trailing white"), ("\tint x;\n", "tab"), ("// x\n", "// comment"), ("x" * 200 + "\n", "longer than"),
    ("/* TO" "DO */\n", "unfinished"), ("int x;", "no newline"), ("int x;\n", "no SPDX"),
])
def test_style_check_finds_what_it_should(text, rule, build):
    # Inside the tree, because the check names files relative to it; in a folder git ignores.
    folder = ROOT / "build" / "style"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"sample-{abs(hash((text, rule)))}.c"
    file.write_text(text if "SPDX" in rule else "/* SPDX-License-Identifier: BSD-2-Clause */\n" + text)
    done = subprocess.run(["/usr/bin/python3", str(ROOT / "scripts" / "style-check.py"), str(file)], capture_output=True,
                          text=True, check=False)
    file.unlink()
    assert done.returncode == 1 and rule in done.stdout, done.stdout
