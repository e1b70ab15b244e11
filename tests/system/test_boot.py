# SPDX-License-Identifier: BSD-2-Clause
"""Boot: numbers of domains and CPUs, what guests may rely on, nodes that are wrong, machines that are wrong."""

import struct

import pytest

from scene import Scene, qemu


def smp_guest(index: int, vcpus: int, **more) -> dict:
    """A domain that brings up its vCPUs and interrupts them from each other."""
    return {"name": f"d{index}", "kernel": "smp", "cmdline": "cycles=1", "vcpus": vcpus, **more}


@pytest.mark.parametrize("cpus", [1, 2, 4])
@pytest.mark.parametrize("domains", [1, 2, 8])
def test_boot(run_scene, domains, cpus):
    result = run_scene({
        "machine": {"cpus": cpus},
        "domain": [smp_guest(i, vcpus=1 + i % 3, tee="ffa" if i % 2 else "none") for i in range(1, domains + 1)],
    })
    assert len(result.find(r"^hv: ffa: d\d+ ledger:")) == (domains + 1) // 2


def test_more_vcpus_than_cpus(run_scene):
    run_scene({"machine": {"cpus": 1}, "domain": [smp_guest(1, vcpus=8), smp_guest(2, vcpus=8)]})


def test_more_than_sixteen_vcpus(run_scene):
    run_scene({"machine": {"cpus": 2}, "domain": [smp_guest(1, vcpus=20, memory=64)]})


@pytest.mark.parametrize("cpus, vcpus", [(1, 1), (2, 2), (1, 2)])
def test_guest_finds_what_it_may_rely_on(run_scene, cpus, vcpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [{"name": "guest", "kernel": "basics", "cmdline": "xen=1", "vcpus": vcpus, "tee": "ffa"}],
               "expect": {"lines": ["^guest: basics: 31m 31m \u26c4 \u00e9 \u00b5$"]}})


def test_fp_registers_survive_another_domain_on_the_same_cpu(run_scene):
    run_scene({"machine": {"cpus": 1},
               "domain": [{"name": f"guest{i}", "kernel": "basics", "cmdline": "xen=1"} for i in (1, 2, 3)]})


def test_oldest_cpu_we_support(run_scene):
    run_scene({"machine": {"cpus": 2, "cpu": "cortex-a57"},
               "domain": [{"name": "guest", "kernel": "basics", "cmdline": "xen=1", "vcpus": 2}, smp_guest(2, vcpus=2)]})


def test_same_run_under_instruction_counting(run_scene):
    run_scene({"machine": {"cpus": 1, "icount": True}, "domain": [smp_guest(1, vcpus=2)]})


def test_domain_without_uart_runs_and_goes(run_scene):
    run_scene({"domain": [smp_guest(1, vcpus=2, vpl011=False), smp_guest(2, vcpus=2)], "expect": {"tap": ["d2"]}})


PAST_AT = (*range(0x51000000, 0x60000000, 0x1000000), *range(0x62000000, 0x70000000, 0x1000000))


def test_guest_finds_zeroes_whoever_comes_first(run_scene, tmp_path):
    """Its RAM held something else at power on: most of what is free on this machine does."""
    past = tmp_path / "past.bin"
    past.write_bytes(b"the past" * (0x1000000 // 8))
    loaders = [word for at in PAST_AT for word in ("-device", f"loader,file={past},addr={at:#x},force-raw=on")]
    run_scene({"machine": {"cpus": 2, "memory": 768, "qemu_args": loaders},
               "domain": [{"name": f"guest{i}", "kernel": "past", "memory": 64, "vcpus": 2, "tee": "ffa"} for i in (1, 2)]})


RAW_KERNEL = """
        adr     x2, text                // console_io(CONSOLEIO_write, length, text)
        mov     x0, #0
        mov     x1, #(end - text)
        mov     x16, #18
        hvc     #0xea1
        ldr     x0, =0x84000008
        hvc     #0
text:   .ascii  "ok 1 - a raw binary runs\\n1..1\\n"
end:
"""


def test_raw_binary_is_a_kernel(run_scene, assemble, tmp_path):
    run_scene({"domain": [{"name": "raw", "kernel": str(assemble(RAW_KERNEL, tmp_path))}]})


# The header of the arm64 boot protocol with a load offset, in front of code that checks where it is.
IMAGE_KERNEL = """
        b       start
        .long   0
        .quad   {offset}                // text_offset
        .quad   0x10000                 // image_size
        .quad   {flags}
        .quad   0, 0, 0
        .ascii  "ARM\\x64"
        .long   0
start:  adr     x3, start - 0x40
        and     x3, x3, #0x1fffff
        ldr     x4, ={offset}
        cmp     x3, x4
        adr     x2, good
        adr     x5, bad
        csel    x2, x2, x5, eq
        mov     x0, #0
        mov     x1, #(bad - good)
        mov     x16, #18
        hvc     #0xea1
        ldr     x0, =0x84000008
        hvc     #0
good:   .ascii  "ok 1 - loaded\\n1..1\\n"
bad:    .ascii  "not ok 1 - at\\n1..1\\n"
        .balign 8
"""


@pytest.mark.parametrize("offset, flags", [(0, 0b1010), (0x80000, 0b1010), (0x80000, 0b0010)])
def test_image_is_loaded_at_its_offset(run_scene, assemble, tmp_path, offset, flags):
    kernel = assemble(IMAGE_KERNEL.format(offset=offset, flags=flags), tmp_path)
    run_scene({"domain": [{"name": "image", "kernel": str(kernel)}]})


def test_end_of_each_kind_leaves_nothing(run_scene):
    ways = ["off", "reset", "panic", "cpus"]
    run_scene({"domain": [{"name": way, "kernel": "crash", "cmdline": f"how={way}", "vcpus": 2, "tee": "ffa"} for way in ways],
               "expect": {"tap": []}})


def test_guest_in_an_endless_exception_loop_stops_nobody(run_scene):
    run_scene({"machine": {"cpus": 1},
               "domain": [{"name": "looping", "kernel": "crash", "cmdline": "how=vector"}, smp_guest(2, vcpus=2)],
               "expect": {"off": False, "tap": ["d2"], "stop_at": r"^hv: d2 \(d2\) has shut down: power off"}})


# ---- wrong nodes: one line each, the others boot --------------------------------------------------------------------

@pytest.mark.parametrize("property_name, broken", [
    ("memory", {"dt": {"memory": False}}),
    ("memory", {"dt": {"memory": [0, 0]}}),
    ("memory", {"dt": {"memory": "much"}}),
    ("memory", {"memory": 1 << 20}),
    ("cpus", {"dt": {"cpus": False}}),
    ("cpus", {"vcpus": 0}),
    ("cpus", {"vcpus": 100000}),
    ("xen,tee", {"tee": "optee?"}),
    ("nr_spis", {"nr_spis": 100000}),
])
def test_wrong_node_is_named_and_the_others_boot(run_scene, property_name, broken):
    bad = {"name": "broken", "kernel": "smp", **broken}
    result = run_scene({"domain": [smp_guest(1, vcpus=1), bad, smp_guest(2, vcpus=1, tee="ffa")],
                        "expect": {"boots": ["d1", "d2"]}})
    named = result.find(f"^hv: .*broken.*{property_name}")
    assert len(named) == 1, result.text()


def test_node_without_kernel_is_named(run_scene, tmp_path):
    result = run_scene({"domain": [{"name": "broken", "kernel": "", "ramdisk": __file__}, smp_guest(1, vcpus=1)],
                        "expect": {"boots": ["d1"]}})
    assert len(result.find("^hv: .*broken.*kernel")) == 1, result.text()


# What is wrong with the node of a domain, and the property to blame.
WRONG_NODES = [
    ("passthrough", {"dt": {"passthrough": "enabled"}}), ("passthrough", {"dt": {"passthrough": 1}}),
    ("xen,enhanced", {"dt": {"xen,enhanced": "legacy"}}), ("trap-unmapped-accesses", {"dt": {"trap-unmapped-accesses": 0}}),
    ("capabilities", {"dt": {"capabilities": 2}}), ("capabilities", {"dt": {"capabilities": "control"}}),
    ("xen,domain-p2m-mem-mb", {"dt": {"xen,domain-p2m-mem-mb": 0}}), ("xen,tee", {"dt": {"xen,tee": 2}}),
    ("direct-map", {"dt": {"direct-map": True}}), ("xen,static-mem", {"dt": {"xen,static-mem": [0, 0]}}),
    ("nr_spis", {"nr_spis": 0}), ("memory", {"memory": 1 << 14}), ("multiboot,device-tree", {"device_tree": __file__}),
]
# The same for properties of its first module, the kernel.
WRONG_KERNELS = [
    ("compatible", "compatible", b"multiboot,kernel\0"), ("reg", "reg", bytes(12)), ("reg", "reg", struct.pack(">QQ", 0, 1 << 56)),
    ("reg", "reg", struct.pack(">QQ", 1 << 63, 1 << 63)), ("reg", "reg", struct.pack(">QQ", 0x60000000, 0x1000)),
    ("reg", "reg", struct.pack(">QQ", 0x40000000, 1 << 30)), ("reg", "reg", struct.pack(">QQ", 0x48200000, 0)),
    ("bootargs", "bootargs", b"no end"), ("multiboot,kernel", "compatible", b"multiboot,module\0"),
]


# The same for the header of the Image: load offset and flags.
WRONG_IMAGES = [(0, 0b1011), (1 << 25, 0b1010), (1 << 63, 0b1010)]


def test_each_wrong_node_is_one_line_with_its_property(run_scene, build, assemble, tmp_path):
    import libfdt
    wrong = {f"node{i}": (blame, more) for i, (blame, more) in enumerate(WRONG_NODES)}
    wrong |= {f"kernel{i}": (blame, {}) for i, (blame, _, _) in enumerate(WRONG_KERNELS)}
    for i, (offset, flags) in enumerate(WRONG_IMAGES):
        (tmp_path / f"{i}").mkdir()
        image = assemble(IMAGE_KERNEL.format(offset=offset, flags=flags), tmp_path / f"{i}")
        wrong[f"image{i}"] = ("multiboot,kernel", {"kernel": str(image)})
    values = {"domain": [*({"name": name, "kernel": "smp", **more} for name, (_, more) in wrong.items()), smp_guest(1, vcpus=1)],
              "expect": {"boots": ["d1"]}}
    fdt = libfdt.Fdt(bytearray(qemu.prepare(Scene.from_dict(values), build, tmp_path).dtb.read_bytes()))
    fdt.resize(fdt.totalsize() + 0x1000)
    for i, (_, name, value) in enumerate(WRONG_KERNELS):
        fdt.setprop(fdt.first_subnode(fdt.path_offset(f"/chosen/kernel{i}")), name, value)

    result = run_scene(values, raw_dtb=bytes(fdt.as_bytearray()))
    said = [line.text for line in result.find(r"^hv: domain (node|kernel|image)\d+: ")]
    for name, (blame, _) in wrong.items():
        lines = [text for text in said if text.startswith(f"domain {name}: ")]
        assert len(lines) == 1 and lines[0].startswith(f"domain {name}: {blame}: "), (name, blame, lines)


# ---- wrong machines: said on the UART, then nothing more -----------------------------------------------------------

STOPPED = {"off": False, "tap": [], "no_lines": ["^hv: balance"]}


@pytest.mark.parametrize("kind", ["builtin", "none"])
def test_wrong_exception_level_is_said(run_scene, kind):
    run_scene({"firmware": {"kind": kind, "entry_el": 1}, "domain": [smp_guest(1, vcpus=1)],
               "expect": {"stop_at": "(?i)EL2", **STOPPED}})


@pytest.mark.parametrize("tree", [b"", b"no device tree at all" * 100, b"\xd0\x0d\xfe\xed" + b"\xff" * 4096],
                         ids=["nothing", "text", "header only"])
def test_broken_device_tree_is_said(run_scene, tree):
    run_scene({"domain": [smp_guest(1, vcpus=1)], "expect": {"stop_at": "(?i)device tree", **STOPPED}},
              raw_dtb=tree or bytes(64))


@pytest.mark.parametrize("spoil", ["no ranges", "half a reg"])
def test_reserved_memory_nobody_can_read_is_said(run_scene, build, tmp_path, spoil):
    """Whose memory it is, or where, must not be guessed."""
    import libfdt
    values = {"domain": [smp_guest(1, vcpus=1)], "expect": {"stop_at": "malformed /reserved-memory", **STOPPED}}
    fdt = libfdt.Fdt(bytearray(qemu.prepare(Scene.from_dict(values), build, tmp_path).dtb.read_bytes()))
    fdt.resize(fdt.totalsize() + 0x100)
    parent = fdt.path_offset("/reserved-memory")
    if spoil == "no ranges":
        fdt.delprop(parent, "ranges")
    else:
        fdt.setprop(fdt.first_subnode(parent), "reg", struct.pack(">QI", 0x4f800000, 0))
    run_scene(values, raw_dtb=bytes(fdt.as_bytearray()))


# ---- the console ---------------------------------------------------------------------------------------------------

def test_flood_of_lines_is_counted_not_printed(run_scene):
    result = run_scene({"domain": [{"name": "flood", "kernel": "abuse", "cmdline": "xen=1 rounds=1 flood=20000"}],
                        "expect": {"lines": ["^flood: l{500}$", r"^flood: \(\d+ lines dropped\)", "^flood: abuse: the flood is over"]}})
    assert len(result.find("^flood: *$")) < 20000


def test_keys_and_input_of_a_guest(run_scene):
    switch = b"\x01\x01\x01"
    result = run_scene({"domain": [{"name": "guest", "kernel": "basics", "cmdline": "xen=1 input=1", "tee": "ffa"}],
                        "expect": {"lines": ["^guest: ok .* a character came by interrupt: 0x78"]}},
                       script=[("^guest: basics: waiting for input", b"h" + b"q" + b"f" + b"i" + switch),
                               ("^hv: Input to d1", b"x")])
    for key in "hqfi":
        assert result.find(f"^hv: .*['\\[ ]{key}['\\] ]"), key
