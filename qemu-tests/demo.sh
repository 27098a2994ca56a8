#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The main job, shown on real packets inside a guest that runs a stock kernel:
# our modules count what iptables rules match, and both the C nfacct and ours
# read the counters. Every claim that is printed is also checked; the exit
# status says whether all held.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
C_NFACCT=/usr/sbin/nfacct
OUR_NFACCT=/usr/local/bin/nfacct
failures=0

title() {
	printf '\n== %s\n' "$*"
}

# run COMMAND...: show a command and what it prints.
run() {
	printf '$ %s\n' "$*"
	"$@" || fail "exit status $? of: $*"
}

fail() {
	printf 'NOT OK: %s\n' "$*"
	failures=$((failures + 1))
}

# expect WHAT WANTED GOT
expect() {
	if [ "$2" = "$3" ]; then
		printf 'ok: %s: %s\n' "$1" "$3"
	else
		fail "$1: expected '$2', got '$3'"
	fi
}

# counted TOOL NAME: packets and bytes of an object, as "P/B".
counted() {
	"$1" get "$2" | sed -n 's/^{ pkts = 0*\([0-9][0-9]*\), bytes = 0*\([0-9][0-9]*\).*/\1\/\2/p'
}

title "The kernel is the distribution's own; so far it has no module of ours"
run uname -r
expect "taint" 0 "$(cat /proc/sys/kernel/tainted)"
expect "loaded nfacct modules" 0 "$(lsmod | grep -c nfacct)"

title "modprobe prefers our modules to the stock ones"
for module in nfnetlink_acct xt_nfacct; do
	run modinfo -n "$module"
	case $(modinfo -n "$module") in
	*/updates/*) ;;
	*) fail "$module is the stock module" ;;
	esac
done

title "Objects are added; the first request loads our provider by itself"
run $C_NFACCT add from-peer-legacy
run $OUR_NFACCT add from-peer-nft
run $C_NFACCT add allowance packet 3
expect "taint of nfnetlink_acct (O = out of tree, E = unsigned)" OE "$(cat /sys/module/nfnetlink_acct/taint)"

title "A peer in another network namespace, and rules that count its packets"
ip netns add peer
ip link add here type veth peer name there netns peer
ip addr add 192.0.2.1/24 dev here
ip addr add 192.0.2.3/24 dev here
ip link set here up
ip -n peer addr add 192.0.2.2/24 dev there
ip -n peer link set there up
run iptables-legacy -A INPUT -d 192.0.2.1 -p icmp -m nfacct --nfacct-name from-peer-legacy
run iptables-nft -A INPUT -d 192.0.2.1 -p icmp -m nfacct --nfacct-name from-peer-nft
run iptables-legacy -A INPUT -d 192.0.2.3 -p icmp -m nfacct --nfacct-name allowance -j DROP
expect "taint of xt_nfacct" OE "$(cat /sys/module/xt_nfacct/taint)"
run sh -c "lsmod | grep -E '^Module|nfacct'"

title "The peer sends; past its quota of three packets a rule drops the rest"
for address in 192.0.2.1 192.0.2.3; do
	printf '$ %s\n' "ping -c 5 $address     (in the peer's namespace)"
	ip netns exec peer ping -q -n -c 5 -i 0.3 -W 1 "$address" | sed '/^$/d' >/tmp/ping
	cat /tmp/ping
	replies=$(sed -n 's/.*, \([0-9]*\) received.*/\1/p' /tmp/ping)
	case $address in
	*.1) expect "replies" 5 "$replies" ;;
	*.3) expect "replies within the quota" 3 "$replies" ;;
	esac
done

title "The unmodified C tool reads the counters"
run $C_NFACCT list
title "Our tool reads the same"
run $OUR_NFACCT list
if [ "$($C_NFACCT list)" = "$($OUR_NFACCT list)" ]; then
	echo "ok: both tools print the same list"
else
	fail "the lists differ"
fi
# An ICMP echo request with 56 bytes of data is an IP packet of 84 bytes.
for tool in $C_NFACCT $OUR_NFACCT; do
	for object in from-peer-legacy from-peer-nft allowance; do
		expect "$tool: packets/bytes of $object" 5/420 "$(counted "$tool" "$object")"
	done
done
expect "overquota objects" 1 "$($C_NFACCT list overquota 2>/dev/null | grep -c allowance)"

title "Reading with reset starts the counter again"
run $OUR_NFACCT get from-peer-legacy reset
expect "after the reset" 0/0 "$(counted $C_NFACCT from-peer-legacy)"

title "An object that a rule uses cannot be deleted; without rules all go away"
printf '$ %s\n' "$C_NFACCT delete from-peer-nft"
$C_NFACCT delete from-peer-nft && fail "a used object was deleted"
iptables-legacy -F
iptables-nft -F
sleep 1
run $C_NFACCT flush
expect "objects left" 0 "$($OUR_NFACCT list | grep -c pkts)"

title "The modules can be unloaded"
for module in nft_compat xt_nfacct nfnetlink_acct; do
	run modprobe -r "$module"
done
expect "loaded nfacct modules" 0 "$(lsmod | grep -c nfacct)"
expect "warnings in the kernel log" 0 "$(dmesg | grep -cE 'WARNING|BUG|Oops|Call Trace')"

printf '\n'
if [ "$failures" -eq 0 ]; then
	echo "demo: all as expected"
else
	echo "demo: $failures check(s) failed"
	exit 1
fi
