#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What modprobe and modpost will believe about the built modules must equal
# what the stock modules say:  check-modules.sh ROOT
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

ROOT=$1
kernel=$(<"$ROOT/.lab/kernel")
stock=/usr/lib/modules/$kernel/kernel/net/netfilter

field() {
	in_root modinfo -F "$1" "$2" | tr ',' '\n' | sort
}

for name in nfnetlink_acct xt_nfacct; do
	for what in vermagic depends alias; do
		ours=$(field "$what" "/out/modules/kernel-module/$name.ko")
		theirs=$(field "$what" "$stock/$name.ko.xz")
		[[ $ours == "$theirs" ]] || die "$name.ko: $what is '$ours', the stock module has '$theirs'"
	done
	say "$name.ko: vermagic, dependencies and aliases equal the stock module's"
done
