#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds inside the suite's root, with the suite's own compilers:
#   build.sh modules [MAKE-ARGUMENT...]   the kernel modules, into /out/modules
#   build.sh cargo NAME DIR [CARGO-ARGUMENT...]   a cargo workspace
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

build_modules() {
	local arguments
	read -ra arguments <"$ROOT/build/linux/.make-arguments"
	in_root make -C /build/linux "${arguments[@]}" M=/checkout MO=/out/modules \
		-j"$(nproc)" "$@" modules
}

build_cargo() {
	local name=$1 dir=$2
	shift 2
	in_root env CARGO_TARGET_DIR="/out/target-$name" \
		cargo build --locked --release --manifest-path "/checkout/$dir/Cargo.toml" "$@"
}

{ read -r ROOT && read -r OUT; } < <("$LAB/root.sh") || exit 1
what=$1
shift
mkdir -p "$OUT/modules"
locked "build-$CHECKOUT_ID-$SUITE" "build_$what" "$@"
