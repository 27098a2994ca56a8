#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds inside the suite's root, with the suite's own compilers:
#   build.sh modules            the kernel modules, into /out/modules
#   build.sh clippy_modules     the same through the kernel's lints
#   build.sh debug_modules      the same for the debug kernel (LAB_DEBUG_KERNEL is
#                               set), into /out/modules-debug; and /out/crimes
#   build.sh cargo NAME DIR     a cargo workspace, into /out/target-NAME
#   build.sh clippy_cargo NAME DIR
#   build.sh bench              the benchmark's driver and emulator plugin, into /out/bench
#   build.sh format             format all Rust code of the checkout
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

make_modules() {
	local output=$1 arguments
	shift
	read -ra arguments <"$ROOT/build/linux/.make-arguments"
	mkdir -p "$OUT/$output"
	# No distilled base for the BTF: the kernel is known, and matching it to
	# another one takes fifteen times as long as all the rest of loading.
	in_root make -C /build/linux "${arguments[@]}" M=/checkout MO="/out/$output" \
		RESOLVE_BTFIDS_FLAGS=--fatal_warnings -j"$(nproc)" "$@" modules
}

run_modules() {
	make_modules modules
	"$LAB/check-modules.sh" "$ROOT"
}

run_debug_modules() {
	local target=(make -C /build/source O=/build/debug/tree LLVM=1 -j"$(nproc)" modules)
	mkdir -p "$OUT"/{modules-debug,crimes}
	in_root "${target[@]}" M=/checkout MO=/out/modules-debug NFACCT_SLAB_CELLS=y
	in_root "${target[@]}" M=/checkout/qemu-tests/debug MO=/out/crimes
}

run_clippy_modules() {
	# Lints speak while a file is compiled, so nothing may be up to date.
	rm -rf "$OUT/modules-clippy"
	make_modules modules-clippy CLIPPY=1 \
		KRUSTFLAGS='-Dwarnings -Wclippy::incompatible_msrv'
}

cargo() {
	local command=$1 name=$2 dir=$3
	shift 3
	in_root env CARGO_TARGET_DIR="/out/target-$name" \
		cargo "$command" --locked --manifest-path "/checkout/$dir/Cargo.toml" "$@"
}

run_cargo() {
	cargo build "$1" "$2" --release
}

run_clippy_cargo() {
	cargo clippy "$1" "$2" --workspace --all-targets -- -D warnings
}

run_bench() {
	local arguments
	read -ra arguments <"$ROOT/build/linux/.make-arguments"
	mkdir -p "$OUT/bench/driver"
	in_root make -C /build/linux "${arguments[@]}" M=/checkout/qemu-tests/bench/driver MO=/out/bench/driver modules
	in_root gcc -O2 -Wall -Wextra -Wno-unused-parameter -Werror -shared -fPIC -fvisibility=hidden \
		-o /out/bench/count.so /checkout/qemu-tests/bench/plugin/count.c
}

run_format() {
	local files
	mapfile -t files < <(cd "$TOP" && find kernel-module qemu-tests/debug -name '*.rs' -printf '/checkout/%p\n')
	in_root rustfmt --edition 2021 "${files[@]}"
	in_root cargo fmt --all --manifest-path /checkout/userland/Cargo.toml
	in_root cargo fmt --all --manifest-path /checkout/qemu-tests/guest/Cargo.toml
	in_root cargo fmt --all --manifest-path /checkout/qemu-tests/bench/guest/Cargo.toml
}

paths=$("$LAB/root.sh")
{ read -r ROOT && read -r OUT; } <<<"$paths"
what=$1
shift
locked "build-$CHECKOUT_ID-$SUITE" "run_$what" "$@"
