# SPDX-License-Identifier: GPL-2.0
#
# winvm: the module, its library, its tests. "make help" lists the targets.

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
BUILD ?= $(TOP)/build
PREFIX ?= /usr/local

# The kernel the module is built for: 6.1, 6.12, debug, running or a kernel
# image's path. Without a choice: the running one if its headers are there, else 6.1.
KERNEL ?= $(if $(wildcard /lib/modules/$(shell uname -r)/build/Makefile),running,6.1)
# The kernels "make check" boots, and whether it shows that the VM runner fails where
# it must.
KERNELS ?= 6.1
VM_SELFTEST ?=

export BUILD PREFIX MAKE

# The parts have their own variables; the VM's scripts get the kernel by name.
unexport KERNEL KERNELS

kernel = tests/vm/kernel.sh $(KERNEL)
INSTALLED_MODULE = $(DESTDIR)/lib/modules/$(shell $(kernel) release)/updates/winvm.ko
INSTALLED_RULE = $(DESTDIR)/usr/lib/udev/rules.d/60-winvm.rules
parts := libwinvm tests/unit tests/kselftest tests/tools tests/conformance tests/bench

all: module lib tests ## build module, library, program and tests

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo 'KERNEL=6.1|6.12|debug|running|PATH  the kernel to build the module for'
	@echo 'KERNELS="6.1 6.12 debug"            the kernels to run the tests on (6.1; CI: all three)'
	@echo 'PREFIX=, DESTDIR=                   where install puts things'

deps: ## install the Debian packages that building and testing need
	@tests/deps $(KERNEL) $(KERNELS)

module: deps ## build winvm.ko for KERNEL (W=1 C=1: all of it, with more warnings)
	@W=$(W) C=$(C) tests/vm/module.sh $(KERNEL)

lib: deps ## build the libraries, the program winvm and the examples
	@$(MAKE) -C libwinvm all

tests: lib ## build the tests
	@$(MAKE) -C tests/unit all
	@$(MAKE) -C tests/kselftest all
	@$(MAKE) -C tests/tools all
	@$(MAKE) -C tests/conformance all
	@$(MAKE) -C tests/bench all

unit: deps ## run the unit tests here
	@$(MAKE) --no-print-directory -C tests/unit check

check: lib tests ## run the unit tests here and the others in the VM, on KERNELS
	@VM_SELFTEST=$(VM_SELFTEST) tests/check $(KERNELS) | tests/summary $(BUILD)/check.tap

check-debug: ## the same on the debug kernel (built on first use)
	@$(MAKE) check KERNELS=debug

check-long: lib tests ## three million random operations, 10,000 dying targets, long races, in the VM
	@for kernel in $(KERNELS); do \
		tests/vm/check $$kernel guest-suite-long; \
	done | tests/summary $(BUILD)/check-long.tap; status=$$?; \
	grep -E '^# +[0-9]|^# [a-z, ]+: [0-9]+$$|^# came' $(BUILD)/check-long.tap; exit $$status

check-races: lib ## races on a kernel that finds data races (built on first use)
	@$(MAKE) -C tests/kselftest all
	@ROUNDS=1000 FUZZ_SECONDS=30 tests/vm/check kcsan guest-suite-races | \
		tests/summary $(BUILD)/check-races.tap

check-vm: deps ## show that the VM runner fails where it must
	@for kernel in $(KERNELS); do \
		tests/produce "the VM runner on $$kernel" tests/vm/selftest $$kernel; \
	done | tests/summary $(BUILD)/check-vm.tap

demo: lib ## boot a VM and watch the module at work
	@WINVM_COLOR=$$([ ! -t 1 ] || echo 1) tests/vm/run --kernel $(firstword $(KERNELS)) -- \
		$(BUILD)/libwinvm/examples/demo

map-picture: lib tests ## make docs/map-*.svg of what winvm map shows in the VM
	tests/tools/pictures -f svg -w 100 -o $(BUILD)/map 'winvm map -h $$kinds'
	cp $(BUILD)/map/01-100-dark.svg docs/map-dark.svg
	cp $(BUILD)/map/01-100-light.svg docs/map-light.svg

bench: lib ## measure, in the VM on KERNELS (ICOUNT=1: count instructions; QUICK=1; GROUPS="reserve ...")
	@$(MAKE) --no-print-directory -C tests/bench all
	@tests/bench/run $(if $(QUICK),--quick) $(if $(ICOUNT),--icount) \
		$(if $(GROUPS),--only "$(GROUPS)") $(KERNELS)

bench-page: ## make docs/performance.md of the figures in build/bench.tsv
	cp $(BUILD)/bench.tsv docs/performance.tsv
	tests/bench/report docs/performance.tsv $(BUILD)/bench.md docs/performance.svg \
		docs/performance.in.md docs/performance.md

mutants: deps ## break the pure code in many ways; the unit tests must notice each
	@$(MAKE) -C tests/unit mutants

style: deps ## checkpatch --strict, sparse and W=1
	@tests/style $(KERNEL)

install: module lib ## install module, libraries, program, manual and udev rule (DESTDIR, PREFIX, KERNEL)
	install -D -m 644 $(BUILD)/module/$(shell $(kernel) release)/winvm.ko $(INSTALLED_MODULE)
	install -D -m 644 packaging/60-winvm.rules $(INSTALLED_RULE)
	$(MAKE) -C libwinvm install
	$(if $(DESTDIR),,depmod $(shell $(kernel) release) && ldconfig)

uninstall: ## remove what install put there
	rm -f $(INSTALLED_MODULE) $(INSTALLED_RULE)
	@rmdir $(dir $(INSTALLED_MODULE)) 2>/dev/null || :
	$(MAKE) -C libwinvm uninstall
	$(if $(DESTDIR),,depmod $(shell $(kernel) release) && ldconfig)

dkms: deps ## let DKMS build and install the module for KERNEL
	tests/dkms $(shell $(kernel) release)

clean: ## remove what was built
	@for part in $(parts); do $(MAKE) -C $$part clean || exit 1; done
	rm -rf $(BUILD)

distclean: clean ## and the cached kernels
	rm -rf $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/winvm

.PHONY: all help deps module lib tests unit check check-debug check-long check-races check-vm \
	demo map-picture bench bench-page mutants style install uninstall dkms clean distclean
