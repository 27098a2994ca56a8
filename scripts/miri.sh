#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests of the rules and of the netlink parser in Miri, an interpreter
# that notices undefined behaviour, also that of the crates they use.
#   miri.sh [model|parser]...
# Needs a nightly toolchain with Miri and the sources of the standard library.
# Without them nothing is run, and the exit status is 77.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build/miri
parts=(model parser)
(($# == 0)) || parts=("$@")

skip() {
	echo "NOT RUN IN MIRI: $*" >&2
	exit 77
}

cargo +nightly --version >/dev/null 2>&1 || skip "there is no nightly toolchain (rustup toolchain install nightly)"
sysroot=$(rustc +nightly --print sysroot)
if ! cargo +nightly miri --version >/dev/null 2>&1 || ! [[ -d $sysroot/lib/rustlib/src/rust/library ]]; then
	skip "the nightly toolchain is not complete (rustup +nightly component add miri rust-src)"
fi

# miri DIR ARGUMENT...: run these tests of a crate. They see no clock, no file and no socket.
miri() {
	local dir=$1
	shift
	MIRIFLAGS=-Zmiri-strict-provenance CARGO_TARGET_DIR=$build \
		cargo +nightly miri test --locked --manifest-path "$top/$dir/Cargo.toml" "$@"
}

for part in "${parts[@]}"; do
	case $part in
	model) miri kernel-module/model --lib ;;
	parser) miri userland --package nfacct-netlink --lib --test golden --test hostile --test protocol ;;
	*)
		echo "error: $part is neither model nor parser" >&2
		exit 2
		;;
	esac
done
