#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzes the userland: each target of userland/fuzz for FUZZ_SECONDS (60), starting
# from the corpus that is kept there and from what earlier runs found.
#   fuzz.sh [TARGET...]
# Needs a nightly toolchain and a C++ compiler. Without them nothing is fuzzed,
# and the exit status is 77. cargo-fuzz is not needed: it sets the same flags.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
seconds=${FUZZ_SECONDS:-60}
host=x86_64-unknown-linux-gnu

skip() {
	echo "NOT FUZZED: $*" >&2
	exit 77
}

cargo +nightly --version >/dev/null 2>&1 || skip "there is no nightly toolchain (rustup toolchain install nightly)"
command -v c++ >/dev/null || skip "there is no C++ compiler, which libFuzzer needs"

build=$top/build/fuzz
mapfile -t targets < <(cd "$top/userland/fuzz/fuzz_targets" && printf '%s\n' *.rs | sed 's/\.rs$//')
(($# == 0)) || targets=("$@")

flags=(--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module -Cdebug-assertions
	-Cllvm-args=-sanitizer-coverage-{level=4,inline-8bit-counters,pc-table,trace-compares})
RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$build \
	cargo +nightly build --release --locked --target "$host" --manifest-path "$top/userland/fuzz/Cargo.toml"

# one TARGET: fuzz it and say how it went. Run by xargs.
# shellcheck disable=SC2329
one() {
	local log=$build/$1.log
	mkdir -p "$build/found/$1" "$build/artifacts"
	if "$build/$host/release/$1" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
		-artifact_prefix="$build/artifacts/$1-" "$build/found/$1" "$top/userland/fuzz/corpus/$1" >"$log" 2>&1; then
		echo "$1: $(grep '^Done' "$log")"
	else
		echo "FAILED $1: see $log and $build/artifacts; the end of the log:"
		tail -n 40 "$log"
		return 1
	fi
}

export -f one
export build host seconds top
# All at a time: each has its seconds of the clock, whatever the processors can do in them.
printf '%s\n' "${targets[@]}" | xargs -P 0 -I{} bash -c 'one {}' || failed=1
echo "${#targets[@]} targets fuzzed for $seconds seconds each${failed:+, with failures}"
exit "${failed:-0}"
