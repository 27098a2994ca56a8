#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The only door into a root:  enter.sh ROOT COMMAND...
# The command runs in a private mount and process namespace, so that nothing
# stays mounted or running afterwards. Inside:
#   /checkout  this checkout          /out    results of this checkout and suite
#   /cargo     downloaded crates      /tmp, /run  private and empty
#   /build/debug  the debug kernel in LAB_DEBUG_KERNEL, if that is set
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"

if [[ ${1:-} != --inside ]]; then
	root=$1
	shift
	mkdir -p "$OUT" "$CACHE/cargo"
	# Held until the command has ended: nobody removes the root meanwhile.
	exec 8<"$root"
	flock --shared 8
	[[ -d $root/usr ]] || die "no root in $root"
	exec unshare --mount --pid --fork --kill-child -- "$0" --inside "$root" "$@"
fi

root=$2
shift 2
# A mount point as the root directory: virtiofsd refuses a plain directory.
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t tmpfs -o mode=755 run "$root/run"
mkdir -p "$root"/{checkout,out,cargo}
mount --bind "$TOP" "$root/checkout"
mount --bind "$OUT" "$root/out"
mount --bind "$CACHE/cargo" "$root/cargo"
if [[ -n ${LAB_DEBUG_KERNEL:-} ]]; then
	mkdir -p "$root/build/debug"
	mount --bind "$LAB_DEBUG_KERNEL" "$root/build/debug"
fi
# Name service and the host's certificates (it may know a proxy's).
if [[ -e /etc/resolv.conf ]]; then
	[[ -f $root/etc/resolv.conf ]] || : >"$root/etc/resolv.conf"
	mount --bind "$(realpath /etc/resolv.conf)" "$root/etc/resolv.conf"
fi
certs=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
if [[ -s $certs && -e $root/etc/ssl/certs/ca-certificates.crt ]]; then
	mount --bind "$(realpath "$certs")" "$root/etc/ssl/certs/ca-certificates.crt"
fi

environment=(
	PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
	TERM="${TERM:-dumb}" CARGO_HOME=/cargo SUITE="$SUITE"
)
for name in http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
	[[ -z ${!name:-} ]] || environment+=("$name=${!name}")
done
exec chroot "$root" env -i "${environment[@]}" "$@"
