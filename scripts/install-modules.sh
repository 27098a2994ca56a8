#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Puts the built modules into /lib/modules/KERNEL/updates, which modprobe
# prefers to the stock modules:
#   install-modules.sh install [DIR]     DIR is a module build directory; without
#                                        it, the lab's
#   install-modules.sh uninstall         removes them for every kernel that has them
# INSTALL_MOD_PATH is put in front of /lib/modules, as in the kernel's own
# modules_install.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
modules=(nfnetlink_acct xt_nfacct)
# The symbol that ties our two modules together; no others have it.
MARK=nfacct_rs_abi_1

die() {
	echo "error: $*" >&2
	exit 1
}

install_modules() {
	local built kernel base name
	if [[ -n ${1:-} ]]; then
		built=$top/$1/kernel-module
	else
		# shellcheck source=qemu-tests/lab/common.sh
		built=$(. "$top/qemu-tests/lab/common.sh" && echo "$OUT/modules/kernel-module")
	fi
	for name in "${modules[@]}"; do
		[[ -e $built/$name.ko ]] ||
			die "no modules in $built: run 'make modules' first (with the same KDIR or SUITE)"
	done
	kernel=$(modinfo -F vermagic "$built/${modules[0]}.ko" | cut -d' ' -f1)
	base=${INSTALL_MOD_PATH:-}/lib/modules/$kernel
	[[ -e $base/modules.order || -e $base/modules.builtin ]] ||
		die "the modules are for kernel $kernel, which is not installed in ${INSTALL_MOD_PATH:-/}"
	for name in "${modules[@]}"; do
		install -D -m 644 "$built/$name.ko" "$base/updates/$name.ko"
		echo "installed $base/updates/$name.ko"
	done
	index "$kernel"
}

uninstall_modules() {
	local base name found=
	for base in "${INSTALL_MOD_PATH:-}"/lib/modules/*; do
		for name in "${modules[@]}"; do
			# A module of that name may be somebody else's.
			grep -qs "$MARK" "$base/updates/$name.ko" || continue
			rm "$base/updates/$name.ko"
			echo "removed $base/updates/$name.ko"
			found=$base
		done
		if [[ $found == "$base" ]]; then
			rmdir --ignore-fail-on-non-empty "$base/updates"
			index "${base##*/}"
		fi
	done
	[[ -n $found ]] || echo "none of our modules is installed in ${INSTALL_MOD_PATH:-}/lib/modules"
}

# index KERNEL: let modprobe know.
index() {
	depmod ${INSTALL_MOD_PATH:+-b "$INSTALL_MOD_PATH"} "$1"
}

if ! command -v depmod >/dev/null || ! command -v modinfo >/dev/null; then
	die "depmod and modinfo (package kmod) are missing on this host"
fi
case ${1:-} in
install) install_modules "${2:-}" ;;
uninstall) uninstall_modules ;;
*) die "usage: install-modules.sh install [DIR] | uninstall" ;;
esac
