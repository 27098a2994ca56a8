# SPDX-License-Identifier: GPL-2.0-only
#
# Front door: every task is one target. The kernel build itself is in Kbuild.

SUITE ?= forky
export SUITE ACCEL SUITE_TESTS STACKS TEST_ARGS TIMES SEED INSTALL_MOD_PATH PREFIX DESTDIR FUZZ_SECONDS

LAB := qemu-tests/lab
# A run that cannot even begin says so in the way that all runs end.
READY = $(LAB)/host-packages.sh || { echo '0 passed, 1 failed'; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Variables:"
	@echo "  SUITE=forky|trixie-backports   distribution the lab works with (now: $(SUITE))"
	@echo "  KDIR=DIR                       build the modules for a kernel tree of your own, on this host"
	@echo "  SUITE_TESTS='name ...'         make test...: only these tests (test, suite or glob)"
	@echo "  STACKS='c-c c-rust rust-rust'  make test...: only these pairs of match and provider"
	@echo "  TEST_ARGS='--seed 7 ...'       make test...: more options for guest-tests"
	@echo "  LEVEL=debug|long|ci            make test: what test-debug, test-long and ci stand for"
	@echo "  TIMES=N SEED=N                 make test-long: N tenths of its size, another random seed"
	@echo "  ACCEL=kvm|tcg                  do not try which accelerator works"

.PHONY: demo
demo: ## Show the modules counting real packets in a stock kernel
	@$(LAB)/vm.sh demo

.PHONY: session
session: ## Play the terminal session of userland/README.md in a guest and record it there
	@$(LAB)/vm.sh session | $(LAB)/splice.py userland/README.md

.PHONY: test
test: ## Run everything: unit tests, guests on each stack, comparison, checks
	@$(READY)
	@python3 $(LAB)/test.py $(LEVEL)

.PHONY: test-debug
test-debug: LEVEL := debug
test-debug: test ## Run the guest tests on a kernel with KASAN, lockdep and more; prove those

.PHONY: test-long
test-long: LEVEL := long
test-long: test ## Run the guest tests as campaigns of hours (TIMES=, SEED=)

.PHONY: test-unit
test-unit: ## Run the tests that need neither root nor a virtual machine
	@python3 $(LAB)/unit.py

.PHONY: lint
lint: ## Check format, lints, unsafe code and licences
	@$(READY)
	@python3 $(LAB)/lint.py

.PHONY: ci
ci: LEVEL := ci
ci: test ## Run what continuous integration runs: lint, test, fuzz, miri, part of test-debug

.PHONY: bench
bench: ## Measure the C and the Rust modules side by side (takes long)
	@$(LAB)/host-packages.sh
	@python3 qemu-tests/bench/bench.py

.PHONY: bench-check
bench-check: ## Compare the exact figures with the limits that are kept here
	@$(LAB)/host-packages.sh
	@python3 qemu-tests/bench/bench.py check

.PHONY: vm
vm: ## Open a shell in a guest with the modules and the tools at hand
	@$(LAB)/vm.sh shell

.PHONY: modules
modules: ## Build the kernel modules (in the lab, or for KDIR=)
ifdef KDIR
	@scripts/check-kernel-tree.sh "$(KDIR)"
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" MO="$(CURDIR)/build/modules" RESOLVE_BTFIDS_FLAGS=--fatal_warnings modules
else
	@$(LAB)/build.sh modules
endif

.PHONY: modules_install
modules_install: ## Install them where modprobe prefers them to the stock ones
	@scripts/install-modules.sh install $(if $(KDIR),build/modules)

.PHONY: modules_uninstall
modules_uninstall: ## Remove them again for every kernel; the stock modules are back
	@scripts/install-modules.sh uninstall

.PHONY: userland
userland: ## Build the userland (in the lab)
	@$(LAB)/build.sh cargo userland userland

.PHONY: userland-msrv
userland-msrv: ## Build it with the oldest Rust that it supports (that of Debian trixie)
	@SUITE=trixie-backports $(LAB)/build.sh cargo userland userland

.PHONY: install
install: ## Install the command, its manual and completions (PREFIX=/usr/local, DESTDIR=)
	@scripts/install-userland.sh install

.PHONY: uninstall
uninstall: ## Remove them again
	@scripts/install-userland.sh uninstall

.PHONY: fuzz
fuzz: ## Fuzz the userland, each target for FUZZ_SECONDS=60 (needs a nightly Rust)
	@scripts/fuzz.sh

.PHONY: miri
miri: ## Run the tests of the rules and of the parser in Miri (needs a nightly Rust with it)
	@scripts/miri.sh

.PHONY: mutants
mutants: ## Break rules and parser in all small ways; which does no test notice? (needs cargo-mutants)
	@scripts/mutants.sh

.PHONY: deny
deny: ## Check licences and sources of the userland's dependencies (needs cargo-deny)
	@cd userland && cargo deny check bans licenses sources

.PHONY: fmt
fmt: ## Format all Rust code
	@$(LAB)/build.sh format

.PHONY: clean
clean: ## Remove what was built for this checkout (the roots stay in the cache)
	@$(LAB)/clean.sh

.PHONY: distclean
distclean: ## Remove the lab's whole cache as well
	@$(LAB)/clean.sh all
