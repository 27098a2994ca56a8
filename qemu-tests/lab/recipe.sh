# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What a root holds, suite by suite. Sourced; sets:
#   suite_dists      distributions to name as sources, the base one first
#   kernel_release   distribution that the kernel packages come from ("" = base)
#   kernel_packages  one consistent set: image, headers, source
#   packages         everything else
# A root is keyed by this file: a change here makes a new root.

case $SUITE in
forky)
	suite_dists=(forky)
	kernel_release=
	;;
trixie-backports)
	suite_dists=(trixie trixie-backports)
	kernel_release=trixie-backports
	;;
*)
	die "SUITE=$SUITE is not known; use forky or trixie-backports"
	;;
esac

kernel_packages=(linux-image-cloud-amd64 linux-headers-cloud-amd64 linux-source)

packages=(
	# the module build
	rustc rust-src rust-clippy rustfmt bindgen libclang-dev clang gcc make
	bc bison flex libelf-dev libssl-dev dwarves cpio kmod xz-utils zstd perl
	# the userland build
	cargo ca-certificates
	# the lab itself
	qemu-system-x86 virtme-ng virtiofsd python3 busybox-static dash
	systemd systemd-sysv udev dbus procps util-linux shellcheck
	# what the guest runs
	iptables nftables nfacct libnetfilter-acct1 ulogd2 conntrack iproute2
	iputils-ping strace libcap2-bin
)

# Documentation and translations are never read in the root.
dpkg_options=(
	'path-exclude=/usr/share/doc/*'
	'path-exclude=/usr/share/man/*'
	'path-exclude=/usr/share/locale/*'
)

# A root without one of these is broken and is made again.
essential=(
	usr/bin/rustc usr/bin/bindgen usr/bin/cargo usr/bin/pahole usr/bin/vng
	usr/bin/qemu-system-x86_64 usr/sbin/nfacct usr/sbin/ulogd
	usr/sbin/iptables-legacy usr/sbin/iptables-nft usr/bin/busybox
)
