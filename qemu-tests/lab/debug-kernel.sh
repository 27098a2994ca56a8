#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ensures the debug kernel (qemu-tests/debug/), built once from the suite's source
# by the suite's clang and rustc, and prints where it lies:  debug-kernel.sh ROOT
# It stays in the cache beside the root, where a new root finds it again as long
# as neither the source nor a compiler has changed.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

# What the packages of a root lack for a build by LLVM.
LLVM_PACKAGES=(lld llvm)

ROOT=$1
kernel=$(<"$ROOT/.lab/kernel")
package=linux-source-$(cut -d. -f1,2 <<<"$kernel")

# apt COMMANDS: run them in the root, with package lists for that time only.
apt() {
	in_root env DEBIAN_FRONTEND=noninteractive sh -c "set -e
		apt-get -q update
		$1
		apt-get clean
		rm -rf /var/lib/apt/lists/*"
}

add_llvm() {
	# --no-remove: rather nothing than a root without its other compilers.
	in_root sh -c 'command -v ld.lld llvm-ar' >/dev/null ||
		step "adding ${LLVM_PACKAGES[*]} to the root" "$LOGS/debug-llvm.log" \
			apt "apt-get -q install -y --no-install-recommends --no-remove ${LLVM_PACKAGES[*]}"
}

make_kernel() {
	local version part=$CACHE/.part-debug-$SUITE old
	[[ ! -e $DEBUG/complete ]] || return 0
	# shellcheck disable=SC2016 # a field name of dpkg-query
	version=$(in_root dpkg-query -W -f '${Version}' "$package")
	rm -rf --one-file-system "$part"
	mkdir -p "$part"
	export LAB_DEBUG_KERNEL=$part
	step "fetching the kernel's source" "$LOGS/debug-source.log" \
		locked "$SUITE" apt "cd /build/debug && apt-get -q download $package=$version"
	step "building the debug kernel (10 to 30 minutes, once)" "$LOGS/debug-kernel.log" \
		in_root /checkout/qemu-tests/debug/build-kernel.sh
	rm -rf --one-file-system "$DEBUG"
	mv "$part" "$DEBUG"
	touch "$DEBUG/complete"
	# Two of a suite are kept, for checkouts may differ.
	find "$CACHE" -maxdepth 1 -name "debug-$SUITE-*" -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2- | tail -n +3 |
		while read -r old; do
			remove_unused "$old" || true
		done
}

KEY=$({
	in_root sh -c "dpkg-query -W $package clang && rustc --version && clang --version | head -n 1"
	cat "$TOP"/qemu-tests/debug/{kernel.config,build-kernel.sh}
} | sha256sum | cut -c1-12)
DEBUG=$CACHE/debug-$SUITE-$KEY
locked "$SUITE" add_llvm
locked "debug-$SUITE" make_kernel
printf '%s\n' "$DEBUG"
