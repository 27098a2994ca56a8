#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the command with its manual and completions, or removes exactly those:
#   install-userland.sh install|uninstall
# PREFIX (/usr/local) is where they belong, DESTDIR (empty) is put in front of it.
# NFACCT is the program to install; without it, it is built with this host's cargo.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
action=${1:?usage: install-userland.sh install|uninstall}
prefix=${DESTDIR:-}${PREFIX:-/usr/local}
program=$prefix/sbin/nfacct
manual=$prefix/share/man/man8/nfacct.8
declare -A completions=(
	[bash]=$prefix/share/bash-completion/completions/nfacct
	[zsh]=$prefix/share/zsh/site-functions/_nfacct
	[fish]=$prefix/share/fish/vendor_completions.d/nfacct.fish
)

case $action in
install)
	built=${NFACCT:-$top/build/userland/release/nfacct}
	if [[ -z ${NFACCT:-} ]]; then
		command -v cargo >/dev/null || {
			echo "error: cargo 1.85 or newer is missing on this host" >&2
			exit 1
		}
		CARGO_TARGET_DIR=$top/build/userland cargo build --release --locked --package nfacct \
			--manifest-path "$top/userland/Cargo.toml"
	fi
	install -D -m 755 "$built" "$program"
	install -D -m 644 "$top/userland/nfacct/man/nfacct.8" "$manual"
	for shell in "${!completions[@]}"; do
		mkdir -p "${completions[$shell]%/*}"
		"$built" completions "$shell" >"${completions[$shell]}"
	done
	printf 'installed %s\n' "$program" "$manual" "${completions[@]}"
	;;
uninstall)
	rm -f "$program" "$manual" "${completions[@]}"
	printf 'removed %s\n' "$program" "$manual" "${completions[@]}"
	;;
*)
	echo "error: $action is neither install nor uninstall" >&2
	exit 2
	;;
esac
