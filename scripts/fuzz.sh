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

failed=0
for target in "${targets[@]}"; do
	echo "== $target for $seconds seconds"
	mkdir -p "$build/found/$target" "$build/artifacts"
	if "$build/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$build/artifacts/$target-" "$build/found/$target" "$top/userland/fuzz/corpus/$target" \
		>"$build/$target.log" 2>&1; then
		grep -E 'stat::number_of_executed_units|^Done' "$build/$target.log"
	else
		failed=$((failed + 1))
		tail -n 40 "$build/$target.log"
		echo "FAILED: $target; see $build/$target.log and $build/artifacts" >&2
	fi
done
echo "${#targets[@]} targets fuzzed, $failed failed"
exit $((failed > 0))
