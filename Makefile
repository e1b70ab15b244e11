# SPDX-License-Identifier: BSD-2-Clause
#
# Portcullis. `make help` lists what can be done; everything built goes to $(O).

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

O      ?= build
override O := $(abspath $(O))
# Debian's python modules (kconfiglib, libfdt, pytest) belong to Debian's python, which need not be first in PATH.
PYTHON ?= /usr/bin/python3
SCENE  ?= two-guests
JOBS   ?= $(shell nproc)
T      ?=
Q      := $(if $(V),,@)

export PYTHONPYCACHEPREFIX := $(O)/pycache

SCENE_PY  = $(PYTHON) tools/scene.py --build $(O)
# A name stands for scenes/<name>.toml. FIRMWARE, KERNEL and INITRD replace what the real stack would provide.
scene     = $(if $(findstring /,$1)$(filter %.toml,$1),$1,scenes/$1.toml)
REPLACE   = $(if $(FIRMWARE),--firmware '$(FIRMWARE)') $(if $(KERNEL),--kernel '$(KERNEL)') $(if $(INITRD),--initrd '$(INITRD)')
PACKAGES := $(O)/.packages
# Parallel also when the user did not say -j: the parts are built one after the other, each with all CPUs.
SUBMAKE   = +$(Q)$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS)) PYTHON=$(PYTHON)

.PHONY: help all packages xen firmware guests run shell check unit bench bench-lifecycle bench-scale bench-isolation trace
.PHONY: menuconfig defconfig clean distclean compile_commands.json format-check

help:
	@echo 'Portcullis, an Arm64 hypervisor with an FF-A mediator'
	@echo
	@echo '  make run                     two FF-A guests get their notifications (installs and builds what is missing)'
	@echo '  make run SCENE=<name|file>   another scene; scenes/ has more'
	@echo '  make run SCENE=linux         TF-A, OP-TEE and two Linux guests, from Debian packages (8 minutes the first time);'
	@echo '                               FIRMWARE=builtin|<file> KERNEL=<file> INITRD=<file> take others'
	@echo '  make run SCENE=bare          one of these guests without Portcullis, to compare with'
	@echo '  make shell                   boot and stay on the console (SCENE=… as above; the same as run INTERACTIVE=1)'
	@echo '  make check [T=<expr>]        every test; T: only those matching a pytest -k expression'
	@echo '  make unit                    the host unit tests only'
	@echo '  make soak [CYCLES=<n>]       1000 domains made and killed on 1, 2 and 4 CPUs, and the balance; the whole of'
	@echo '                               xtest in two guests at once, and 1000 notifications meanwhile (not with REAL=0)'
	@echo '  make mutants [T=<word>]      deliberate bugs, each of which a test must find'
	@echo '  make bench                   count the instructions of calls (AGAINST=<hypervisor> adds another; FIRMWARE=optee|<BIOS>)'
	@echo '  make bench-lifecycle         the same for making and destroying a domain'
	@echo '  make bench-scale             curves: many VMs rung at once, births among many domains, shares of many pages'
	@echo '  make bench-isolation         from SET to the handler of a VM, alone and beside one that floods'
	@echo '  make trace [SCENE=<name>]    every trap, SMC, interrupt and notification of a run with its time: Common Trace Format'
	@echo '                               for babeltrace2, and a picture of one notification on its way (WAY=<n>: of another)'
	@echo
	@echo '  make all                     build/xen, build/secure/firmware.bin, build/guest/*.img'
	@echo '  make menuconfig | defconfig  change | reset the configuration in build/.config'
	@echo '  make compile_commands.json   build/compile_commands.json, for editors'
	@echo '  make format-check            rules of style that a program can check'
	@echo '  make clean | distclean       remove what was built, not the configuration | everything, also the download cache'
	@echo
	@echo '  V=1 shows commands, O=<folder> builds elsewhere, JOBS=<n> limits parallelism, CC_KIND=clang, DEBUG=n'

# ---- packages: one stamp, renewed when the list changes -------------------------------------------------------------

packages: $(PACKAGES)
$(PACKAGES): scripts/packages.txt scripts/install-packages.sh
	$(Q)scripts/install-packages.sh $@

# ---- building: each part has its own Makefile and knows itself what is out of date ----------------------------------

all: xen firmware guests

xen: $(PACKAGES)
	$(SUBMAKE) -C xen O=$(O)

firmware: $(PACKAGES)
	$(SUBMAKE) -C tests/secure O=$(O)/secure

guests: $(PACKAGES)
	$(SUBMAKE) -C tests/guest O=$(O)/guest

menuconfig: $(PACKAGES)
	+$(Q)$(MAKE) -C xen O=$(O) PYTHON=$(PYTHON) menuconfig

defconfig: $(PACKAGES)
	$(Q)rm -f $(O)/.config
	+$(Q)$(MAKE) -C xen O=$(O) PYTHON=$(PYTHON) olddefconfig

compile_commands.json: xen

# ---- running ---------------------------------------------------------------------------------------------------------

run: $(if $(INTERACTIVE),shell,run-scene)

.PHONY: run-scene
run-scene: all
	$(Q)JOBS=$(JOBS) $(SCENE_PY) $(REPLACE) $(call scene,$(SCENE))

shell: all
	$(Q)JOBS=$(JOBS) $(SCENE_PY) $(REPLACE) --interactive $(call scene,$(if $(filter command environment,$(origin SCENE)),$(SCENE),shell))

# ---- testing ---------------------------------------------------------------------------------------------------------

# Firmware and guests for the tests marked `real`, here rather than in the tests so that one sees the progress. A part that
# cannot be had is no error yet: the tests that need it say so.
WANT_REAL = $(if $(filter 0,$(REAL)),,$(if $(T),$(findstring real,$(T)),yes))

check: all
	$(if $(WANT_REAL),$(Q)JOBS=$(JOBS) $(PYTHON) tools/realstack.py optee linux initrd linux-debian >/dev/null || true)
	$(Q)PORTCULLIS_BUILD=$(O) $(PYTHON) -m pytest -c tests/system/pytest.ini -n $(JOBS) tests/system $(if $(T),-k '$(T)')

unit: $(PACKAGES)
	$(SUBMAKE) -C tests/unit O=$(O)/unit check

# Numbers are those of a release build, which has a folder of its own; how long interrupts stay masked needs another one.
.PHONY: release
release: $(PACKAGES)
	$(SUBMAKE) O=$(O)/release DEBUG=n all
	$(SUBMAKE) -C xen O=$(O)/release/irqs-off DEBUG=n IRQS_OFF=y

bench: release
	$(Q)$(PYTHON) tools/bench.py --build $(O)/release $(if $(AGAINST),--against $(AGAINST)) \
		$(if $(FIRMWARE),--firmware $(FIRMWARE)) $(BENCH_ARGS)

bench-lifecycle: release
	$(Q)$(PYTHON) tools/bench_lifecycle.py --build $(O)/release $(BENCH_ARGS)

bench-isolation: release
	$(Q)$(PYTHON) tools/bench_isolation.py --build $(O)/release $(BENCH_ARGS)

bench-scale: release
	$(Q)$(PYTHON) tools/bench_scale.py --build $(O)/release $(BENCH_ARGS)

# A release build with the trace in it, in a folder of its own; secure world and guests are the ordinary ones.
trace: firmware guests
	$(SUBMAKE) -C xen O=$(O)/trace DEBUG=n TRACE=y
	$(Q)JOBS=$(JOBS) $(PYTHON) tools/fftrace.py $(call scene,$(if $(filter command environment,$(origin SCENE)),$(SCENE),trace)) \
		--build $(O) --hypervisor $(O)/trace/xen $(if $(FIRMWARE),--firmware '$(FIRMWARE)') $(if $(WAY),--way $(WAY))

soak: all
	$(Q)$(PYTHON) tests/soak.py --build $(O) $(if $(CYCLES),--cycles $(CYCLES))
	$(if $(filter 0,$(REAL)),,$(Q)REAL=all PORTCULLIS_BUILD=$(O) $(PYTHON) -m pytest -c tests/system/pytest.ini tests/system -k whole_xtest)

mutants: $(PACKAGES)
	$(Q)$(PYTHON) tests/mutants/run.py --build $(O) $(if $(T),'$(T)')

format-check:
	$(Q)$(PYTHON) scripts/style-check.py

# ---- cleaning --------------------------------------------------------------------------------------------------------

clean:
	$(Q)if [ -d $(O) ]; then find $(O) -mindepth 1 -maxdepth 1 ! -name .config -exec rm -rf {} +; fi

distclean:
	$(Q)rm -rf $(O) "$${XDG_CACHE_HOME:-$$HOME/.cache}/portcullis"
