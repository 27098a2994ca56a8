#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs a suite's root from nothing:  bootstrap.sh DIR
# Notes in DIR/.lab which kernel it holds and which versions make it stale.
set -euo pipefail
# shellcheck source=qemu-tests/lab/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=qemu-tests/lab/sources.sh
. "$LAB/sources.sh"
# shellcheck source=qemu-tests/lab/recipe.sh
. "$LAB/recipe.sh"

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# bootstrap DIR: install everything.
bootstrap() {
	local dir=$1 mirror dist line package options=() include=() lines=()
	mirror=$(host_mirror)
	while IFS= read -r line; do
		options+=("--aptopt=$line")
	done < <(host_apt_options)
	for line in "${dpkg_options[@]}"; do
		options+=("--dpkgopt=$line")
	done
	for package in "${kernel_packages[@]}"; do
		include+=("$package${kernel_release:+/$kernel_release}")
	done
	include+=("${packages[@]}")
	for dist in "${suite_dists[@]}"; do
		lines+=("deb [signed-by=$KEYRING] $mirror $dist main")
	done
	mmdebstrap --variant=minbase --mode=root --architectures=amd64 "${options[@]}" \
		--include="$(IFS=,; echo "${include[*]}")" "${suite_dists[0]}" "$dir" "${lines[@]}"
	describe "$dir"
}

# describe DIR: note what the root holds and refuse a set that does not fit.
describe() {
	local dir=$1 kv image source
	# The newest, in case the metapackages pulled more than one.
	kv=$(basename "$(printf '%s\n' "$dir"/boot/vmlinuz-* | sort -V | tail -n 1)")
	kv=${kv#vmlinuz-}
	[[ -e $dir/usr/src/linux-headers-$kv/.config ]] || die "no headers for kernel $kv in the suite"
	image=$(package_version "$dir" "linux-image-$kv")
	source=$(package_version "$dir" "linux-source-$(cut -d. -f1,2 <<<"$kv")")
	[[ $image == "$source" ]] || die "the suite is between two kernels: image $image, source $source; try again later"
	mkdir -p "$dir/.lab"
	echo "$kv" >"$dir/.lab/kernel"
	offered_names | while read -r package; do
		echo "$package $(package_version "$dir" "$package")"
	done >"$dir/.lab/versions"
}

package_version() {
	# shellcheck disable=SC2016 # a field name of dpkg-query
	chroot "$1" dpkg-query -W -f '${Version}\n' "$2" 2>/dev/null
}

offered_names() {
	printf '%s\n' linux-image-cloud-amd64 rustc bindgen
}

bootstrap "$1"
