#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Breaks the rules and the netlink parser in every small way that cargo-mutants
# knows, and tells which of these mutants no test notices.
#   mutants.sh [model|parser]...
# Needs cargo-mutants. Without it nothing is run, and the exit status is 77.
# Takes half an hour. A mutant that means the same as the code is always missed.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
parts=(model parser)
(($# == 0)) || parts=("$@")

if ! cargo mutants --version >/dev/null 2>&1; then
	echo "NO MUTANTS: there is no cargo-mutants (cargo install --locked cargo-mutants)" >&2
	exit 77
fi
# Most of the time is compiling.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_TEST_OPT_LEVEL=0

# mutants DIR OPTION...: test the mutants of a crate.
mutants() {
	local dir=$1 out=$top/build/mutants/$part
	shift
	mkdir -p "$out"
	cargo mutants --dir "$top/$dir" --output "$out" --minimum-test-timeout 60 "$@" || failed=1
}

for part in "${parts[@]}"; do
	case $part in
	# Without the exhaustive interleavings, which take longer than all else.
	model) mutants kernel-module/model -- --lib -- --skip interleavings ;;
	parser) mutants userland -p nfacct-netlink -f '**/src/{attr,error,framing,name,object}.rs' \
		-- --lib --test golden --test protocol ;;
	*)
		echo "error: $part is neither model nor parser" >&2
		exit 2
		;;
	esac
done
exit "${failed:-0}"
