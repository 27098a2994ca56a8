#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Says whether modules written in Rust can be built for a kernel tree on this
# host, and names what is missing:  check-kernel-tree.sh KDIR
set -euo pipefail

tree=${1:?usage: check-kernel-tree.sh KDIR}
problems=()

problem() {
	problems+=("$1")
}

config() {
	sed -n "s/^CONFIG_$1=//p" "$tree/.config" | tr -d '"'
}

finish() {
	if ((${#problems[@]})); then
		printf 'error: modules cannot be built for %s:\n' "$tree" >&2
		printf '  - %s\n' "${problems[@]}" >&2
		exit 1
	fi
	exit 0
}

if [[ ! -d $tree ]]; then
	problem "there is no such directory"
	finish
fi
if [[ ! -e $tree/.config ]]; then
	problem "it has no .config: configure the kernel first, or name its build directory (O=)"
	finish
fi

if [[ $(config RUST) != y ]]; then
	problem "CONFIG_RUST is off in its configuration"
fi
if [[ $(config X86_64) != y ]]; then
	problem "it is not for x86-64, the only architecture supported"
fi
for option in SMP NET_NS PRINTK; do
	[[ $(config "$option") == y ]] || problem "CONFIG_$option is off in its configuration"
done

rustc=${RUSTC:-rustc}
wanted=$(config RUSTC_VERSION_TEXT)
if ! have=$("$rustc" --version 2>/dev/null); then
	problem "$rustc is missing; the kernel was built with ${wanted:-an unknown one}"
elif [[ -n $wanted && $have != "$wanted" ]]; then
	problem "its Rust parts were built with '$wanted', here is '$have': symbols would not match (RUSTC= names another one)"
fi

bindgen=${BINDGEN:-bindgen}
"$bindgen" --version >/dev/null 2>&1 || problem "$bindgen is missing"

[[ -e $tree/include/generated/autoconf.h ]] ||
	problem "include/generated is missing: run 'make modules_prepare' in it"
for file in libkernel.rmeta libcore.rmeta libmacros.so; do
	# Newer kernels keep what runs on the host apart.
	[[ -e $tree/rust/$file || -e $tree/rust/host/$file ]] ||
		problem "rust/$file is missing: run 'make modules_prepare' in it (header packages do not carry it)"
done
[[ -e $tree/Module.symvers ]] ||
	problem "Module.symvers is missing: build the kernel or take the file from its headers"
finish
