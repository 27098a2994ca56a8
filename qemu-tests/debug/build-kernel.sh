#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the debug kernel in /build/debug, inside a suite's root, from the source
# package that lies there (debug-kernel.sh fetched it). Leaves:
#   bzImage       the kernel            modules/   its modules, installed
#   tree/         what out-of-tree modules are built against, without the rest
set -euo pipefail

# build: everything in /build/debug; nothing of it is used before it is complete.
build() {
	local top=/build/debug source=/build/debug/source tree=/build/debug/tree option
	cd "$top"
	unpack
	mkdir -p "$tree"
	KCONFIG_ALLCONFIG=/checkout/qemu-tests/debug/kernel.config run allnoconfig
	while read -r option; do
		grep -qxF -- "$option" "$tree/.config" || {
			echo "the kernel does not take this line of kernel.config: $option"
			exit 1
		}
	done < <(grep -E '^(CONFIG_|# CONFIG_)' /checkout/qemu-tests/debug/kernel.config)
	run -j"$(nproc)" bzImage modules
	run INSTALL_MOD_PATH="$top/modules" modules_install
	cp "$tree/arch/x86/boot/bzImage" "$tree/System.map" "$top/"
	prune
}

run() {
	make -C "$source" O="$tree" LLVM=1 "$@"
}

# unpack: the source, without what no PC needs.
unpack() {
	local package
	package=$(basename "$(printf '%s\n' "$PWD"/linux-source-*.deb)")
	mkdir -p "$source"
	dpkg-deb --fsys-tarfile "$package" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc -T0 |
		tar -C "$source" --strip-components=1 -x \
			--exclude='*/Documentation/*.rst' --exclude='*/Documentation/devicetree' \
			--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*/*.[ch]' --exclude='*/sound/*.[ch]' \
			--exclude='*/tools/testing' --exclude='*.dts' --exclude='*.dtsi' --exclude='*/arch/[!x]*/*.[chS]'
	rm -f "$package"
}

# prune: leave what an out-of-tree build reads; the prepared source of the root
# (tree.sh) serves as the source tree then.
prune() {
	rm -rf "$source" "$tree/arch/x86/boot" "$tree/vmlinux"* "$tree"/.tmp_*
	find "$tree" -name '*.[oa]' ! -path '*/scripts/*' ! -path '*/tools/*' -delete
	find "$tree" -name '*.ko' -delete -o -name '.*.cmd' -delete
}

build
