#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Puts the built modules into /lib/modules/KERNEL/updates, which modprobe
# prefers to the stock modules, or removes exactly those:
#   install-modules.sh install|uninstall [DIR]
# DIR is a module build directory; without it, the lab's. INSTALL_MOD_PATH is
# put in front of /lib/modules, as in the kernel's own modules_install.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
action=${1:?usage: install-modules.sh install|uninstall [DIR]}
if [[ -n ${2:-} ]]; then
	built=$top/$2/kernel-module
else
	# shellcheck source=qemu-tests/lab/common.sh
	. "$top/qemu-tests/lab/common.sh"
	built=$OUT/modules/kernel-module
fi
modules=(nfnetlink_acct xt_nfacct)

if ! command -v depmod >/dev/null || ! command -v modinfo >/dev/null; then
	echo "error: depmod and modinfo (package kmod) are missing on this host" >&2
	exit 1
fi
if [[ -e $built/${modules[0]}.ko && -e $built/${modules[1]}.ko ]]; then
	kernel=$(modinfo -F vermagic "$built/${modules[0]}.ko" | cut -d' ' -f1)
elif [[ $action == uninstall ]]; then
	kernel=$(uname -r)
else
	echo "error: no modules in $built: run 'make modules' first (with the same KDIR or SUITE)" >&2
	exit 1
fi
base=${INSTALL_MOD_PATH:-}/lib/modules/$kernel
if [[ ! -e $base/modules.order && ! -e $base/modules.builtin ]]; then
	echo "error: the modules are for kernel $kernel, which is not installed in ${INSTALL_MOD_PATH:-/}" >&2
	exit 1
fi

case $action in
install)
	for name in "${modules[@]}"; do
		install -D -m 644 "$built/$name.ko" "$base/updates/$name.ko"
		echo "installed $base/updates/$name.ko"
	done
	;;
uninstall)
	for name in "${modules[@]}"; do
		rm -f "$base/updates/$name.ko"
		echo "removed $base/updates/$name.ko"
	done
	rmdir --ignore-fail-on-non-empty "$base/updates" 2>/dev/null || true
	;;
*)
	echo "error: $action is neither install nor uninstall" >&2
	exit 2
	;;
esac
depmod ${INSTALL_MOD_PATH:+-b "$INSTALL_MOD_PATH"} "$kernel"
