#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots the stock kernel on the root itself through virtme-ng, with our modules
# in /lib/modules/*/updates and our tools in /usr/local/bin:
#   vm.sh shell      an interactive shell
#   vm.sh demo       run demo.sh and pass its verdict on
#   vm.sh session    play session.py
# The guest sees the root read-only, through virtiofs.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

# Inside the root: lay what was built over it. Nothing of this outlasts us.
if [[ $1 == --inside ]]; then
	kernel=$(</.lab/kernel)
	modules=/usr/lib/modules/$kernel
	mkdir /run/layers
	mkdir /run/layers/{up,work}
	mount -t overlay overlay -o "lowerdir=$modules,upperdir=/run/layers/up,workdir=/run/layers/work" "$modules"
	install -D -t "$modules/updates" -m 644 /out/modules/kernel-module/*.ko
	depmod "$kernel"
	mount -t tmpfs local /usr/local/bin
	install -t /usr/local/bin /out/target-userland/release/{nfacct,nfacct-bench}
	options=(--run "/boot/vmlinuz-$kernel" --user root --cpus 2 --memory 1G
		--append mitigations=off)
	[[ $3 == kvm ]] || options+=(--disable-kvm)
	declare -A scripts=([demo]="sh /checkout/qemu-tests/demo.sh" [session]="python3 /checkout/qemu-tests/session.py")
	if [[ -n ${scripts[$2]:-} ]]; then
		# Through a pipe: a file would be opened again, and emptied, by QEMU.
		vng "${options[@]}" --exec "${scripts[$2]} 2>&1" 2>&1 | cat
		exit "${PIPESTATUS[0]}"
	fi
	exec vng "${options[@]}"
fi

paths=$("$LAB/root.sh")
{ read -r ROOT && read -r OUT; } <<<"$paths"
step "building the modules" "$LOGS/modules.log" "$LAB/build.sh" modules
step "building the userland" "$LOGS/userland.log" "$LAB/build.sh" cargo userland userland
accelerator=$(python3 "$LAB/accel.py")
[[ $1 != shell ]] || say "in the guest, nfacct is the C tool and /usr/local/bin/nfacct is ours; leave with 'exit'"
say "booting through virtme-ng under $accelerator; this takes 15 to 40 seconds ..."
in_root /checkout/qemu-tests/lab/vm.sh --inside "$1" "$accelerator"
