#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prepares the kernel tree that Rust modules are built against: the header
# packages carry no Rust artefacts, so the source is prepared with the very
# configuration and compilers of the packaged kernel.
#   tree.sh ROOT       on the host: do it inside ROOT unless it is done
#   tree.sh --inside   in the root
set -euo pipefail

prepare() {
	local kv headers source out=/build/linux version cc wanted have
	kv=$(</.lab/kernel)
	headers=/usr/src/linux-headers-$kv
	source=/build/source
	if [[ ! -e $source/.unpacked ]]; then
		rm -rf "$source"
		mkdir -p "$source"
		# Drivers and other architectures are only needed as Kconfig files.
		tar -C "$source" --strip-components=1 -xf /usr/src/linux-source-*.tar.xz \
			--exclude='*/Documentation/*.rst' --exclude='*/Documentation/devicetree' \
			--exclude='*/drivers/*.c' --exclude='*/drivers/gpu/*.h' --exclude='*/drivers/net/*.h' \
			--exclude='*/sound/*.[ch]' --exclude='*/fs/*.c' --exclude='*/tools/testing' \
			--exclude='*.dts' --exclude='*.dtsi' --exclude='*/arch/[!x]*/*.[chS]'
		touch "$source/.unpacked"
		rm -f /usr/src/linux-source-*.tar.xz
	fi
	rm -rf "$out"
	mkdir -p "$out"
	cp "$headers/.config" "$headers/Module.symvers" "$out/"
	# Holds the kernel's BTF, from which that of modules is derived.
	[[ ! -e $headers/vmlinux ]] || cp "$headers/vmlinux" "$out/"

	wanted=$(config CC_VERSION_TEXT "$out")
	cc=${wanted%% *}
	have=$("$cc" --version | head -n 1)
	[[ $have == "$wanted" ]] || echo "note: the kernel was built by '$wanted', here is '$have'"
	wanted=$(config RUSTC_VERSION_TEXT "$out")
	have=$(rustc --version)
	if [[ $have != "$wanted" ]]; then
		echo "the kernel needs '$wanted', the suite's compiler is '$have': Rust symbols would not match"
		exit 1
	fi

	version=$(make -s -C "$source" kernelversion)
	set -- -C "$source" O="$out" CC="$cc" LOCALVERSION="${kv#"$version"}"
	make "$@" olddefconfig
	diff "$headers/.config" "$out/.config" || echo "note: the configuration differs as shown above"
	make "$@" -j"$(nproc)" modules_prepare
	[[ $(<"$out/include/config/kernel.release") == "$kv" ]] || {
		echo "the tree is $(<"$out/include/config/kernel.release"), the kernel is $kv"
		exit 1
	}
	echo "CC=$cc LOCALVERSION=${kv#"$version"}" >"$out/.make-arguments"
}

config() {
	sed -n "s/^CONFIG_$1=\"\(.*\)\"\$/\1/p" "$2/.config"
}

if [[ $1 == --inside ]]; then
	prepare
	exit
fi

# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"
ROOT=$1
if [[ ! -e $ROOT/.lab/prepared ]]; then
	step "preparing the kernel tree" "$LOGS/tree.log" in_root /checkout/qemu-tests/lab/tree.sh --inside
	touch "$ROOT/.lab/prepared"
fi
