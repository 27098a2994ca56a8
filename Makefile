# SPDX-License-Identifier: GPL-2.0-only
#
# Front door: every task is one target. The kernel build itself is in Kbuild.

SUITE ?= forky
export SUITE ACCEL SUITE_TESTS STACKS INSTALL_MOD_PATH

LAB := qemu-tests/lab

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Variables:"
	@echo "  SUITE=forky|trixie-backports   distribution the lab works with (now: $(SUITE))"
	@echo "  KDIR=DIR                       build the modules for a kernel tree of your own, on this host"
	@echo "  SUITE_TESTS='name ...'         make test: only these tests (test, suite or glob)"
	@echo "  STACKS='c-c c-rust rust-rust'  make test: only these pairs of match and provider"
	@echo "  ACCEL=kvm|tcg                  do not try which accelerator works"

.PHONY: test
test: ## Run everything: unit tests, guests on each stack, comparison, checks
	@python3 $(LAB)/test.py
