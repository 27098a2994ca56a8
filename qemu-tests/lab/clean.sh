#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Removes what was built for this checkout; with "all", the whole cache, unless
# another checkout is at work in it.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

rm -rf --one-file-system "${OUT%/*}" "$TOP/build"
if [[ ${1:-} == all ]]; then
	for root in "$CACHE"/*-????????????; do
		[[ ! -d $root ]] || remove_unused "$root" || die "another run works in $root"
	done
	rm -rf --one-file-system "$CACHE"
fi
