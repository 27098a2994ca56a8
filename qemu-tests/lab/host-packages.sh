#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The few packages that the lab needs on the host itself. Missing ones are
# installed when running as root, else they are named.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

[[ $(uname -m) == x86_64 ]] || die "the lab needs an x86-64 host, this is $(uname -m)"

missing=()
need() {
	command -v "$1" >/dev/null || missing+=("$2")
}
need mmdebstrap mmdebstrap
need python3 python3
need git git
need unshare util-linux
need xz xz-utils
need flock util-linux
[[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring)

if ((${#missing[@]})); then
	((EUID == 0)) || die "these packages are missing on this host: ${missing[*]} (as root they are installed by themselves)"
	command -v apt-get >/dev/null || die "these programs are missing on this host: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	step "package lists of this host" "$LOGS/host-update.log" apt-get update
	step "installing ${missing[*]} on this host" "$LOGS/host-packages.log" \
		apt-get install -y --no-install-recommends "${missing[@]}"
fi
((EUID == 0)) || die "the lab works as root only: it uses mounts and chroot (make test-unit needs no root)"
