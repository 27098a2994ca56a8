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

# What ours exports beside what C's export, as lines of exports().
additional=(
	# Our match refers to it, so that it is not linked to the C provider.
	"nfnetlink_acct nfacct_rs_abi_1 EXPORT_SYMBOL_GPL "
)

# exports SYMVERS: module, symbol, licence and name space of all that the pair exports.
exports() {
	awk -F '\t' '{ sub(".*/", "", $3) }
		$3 == "nfnetlink_acct" || $3 == "xt_nfacct" { print $3, $2, $4, $5 }' "$1"
}

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

ours=$(exports "$OUT/modules/Module.symvers" | sort)
theirs=$(exports "$ROOT/build/linux/Module.symvers")
[[ -n $theirs ]] || die "the kernel's Module.symvers has no symbol of the stock modules"
theirs=$(printf '%s\n' "$theirs" "${additional[@]}" | sort)
[[ $ours == "$theirs" ]] || die "exported symbols (< the stock modules', > ours):" "$(diff <(echo "$theirs") <(echo "$ours"))"
say "exported symbols equal the stock modules', but for ${#additional[@]}"
