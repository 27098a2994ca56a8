#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ensures that the suite's root exists, is whole and is not stale, with the
# prepared kernel tree in it. Prints the paths of the root and of the results;
# everything else goes to stderr. Takes no time when there is nothing to do.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=qemu-tests/lab/recipe.sh
. "$LAB/recipe.sh"

"$LAB/host-packages.sh"

KEY=$(cat "$LAB"/{recipe,bootstrap,tree}.sh | sha256sum | cut -c1-12)
ROOT=$CACHE/$SUITE-$KEY

is_whole() {
	local file
	[[ -e $ROOT/.lab/complete ]] || return 1
	for file in "${essential[@]}" "boot/vmlinuz-$(<"$ROOT/.lab/kernel")"; do
		if [[ ! -e $ROOT/$file && ! -L $ROOT/$file ]]; then
			say "the root lacks /$file"
			return 1
		fi
	done
}

# is_fresh: the suite offers nothing newer. Asked once a day at most; a host
# without network keeps what it has.
is_fresh() {
	local stamp=$ROOT/.lab/checked package have offered release
	[[ -z $(find "$stamp" -mmin -1440 2>/dev/null) ]] || return 0
	if ! in_root apt-get -q update >"$LOGS/fresh.log" 2>&1 || grep -q '^[WE]: .*Failed to fetch' "$LOGS/fresh.log"; then
		say "the archive is out of reach: the $SUITE root of $(date -r "$ROOT/.lab/complete" +%F) is kept as it is"
		return 0
	fi
	while read -r package have; do
		release=
		[[ $package != linux-* ]] || release=$kernel_release
		offered=$(in_root apt-cache ${release:+-o "APT::Default-Release=$release"} policy "$package" |
			awk '$1 == "Candidate:" { print $2 }')
		if [[ $offered != "$have" ]]; then
			say "the suite offers $package $offered, the root has $have"
			return 1
		fi
	done <"$ROOT/.lab/versions"
	in_root sh -c 'apt-get clean && rm -rf /var/lib/apt/lists/*'
	touch "$stamp"
}

# make_root: make a new root, and only then put it in the place of the old one.
# Whoever works in a root holds a shared lock on it.
make_root() {
	local part=$CACHE/.part-$SUITE old
	rm -rf --one-file-system "$part"
	mkdir -p "$CACHE"
	step "making the $SUITE root" "$LOGS/root.log" \
		unshare --mount --pid --fork --kill-child --mount-proc "$LAB/bootstrap.sh" "$part" || return 1
	if [[ -e $ROOT ]] && ! remove_unused "$ROOT"; then
		say "another run still works in $ROOT"
		return 1
	fi
	mv "$part" "$ROOT"
	touch "$ROOT/.lab/checked" "$ROOT/.lab/complete"
	# Roots of the same suite by an older recipe serve nobody any more, unless
	# another checkout works in them.
	for old in "$CACHE/$SUITE"-????????????; do
		[[ $old == "$ROOT" ]] || remove_unused "$old" || true
	done
}

# prune: results of checkouts that are gone serve nobody either.
prune() {
	local note
	printf '%s\n' "$TOP" >"${OUT%/*}/checkout"
	for note in "$CACHE"/out-????????/checkout; do
		[[ -d $(<"$note") ]] || rm -rf --one-file-system "${note%/*}"
	done
}

ensure() {
	mkdir -p "$LOGS"
	prune
	if ! is_whole; then
		make_root
	elif ! is_fresh && ! make_root; then
		say "the $SUITE root of $(date -r "$ROOT/.lab/complete" +%F) is good and is kept for today"
		touch "$ROOT/.lab/checked"
	fi
	"$LAB/tree.sh" "$ROOT"
}

locked "$SUITE" ensure
printf '%s\n' "$ROOT" "$OUT"
