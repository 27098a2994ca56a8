# SPDX-License-Identifier: GPL-2.0-only
"""What the lean guest holds: programs, kernel modules and small files."""

PROGRAMS = """
    /bin/dash /usr/bin/busybox /usr/bin/kmod /usr/bin/ping /usr/bin/strace
    /usr/bin/unshare /usr/bin/nsenter /usr/bin/setpriv /usr/sbin/capsh
    /usr/sbin/xtables-legacy-multi /usr/sbin/xtables-nft-multi /usr/sbin/nft
    /usr/sbin/nfacct /usr/sbin/conntrack /usr/sbin/ulogd /usr/sbin/ip
""".split()

# What programs written in Rust need beside the C library.
RUNTIME = ["/usr/lib/x86_64-linux-gnu/libgcc_s.so.1", "/usr/lib/x86_64-linux-gnu/libm.so.6"]

# Loaded at run time by name, so no list of needed libraries shows them.
PLUGINS = ["usr/lib/x86_64-linux-gnu/xtables", "usr/lib/x86_64-linux-gnu/ulogd"]

KMOD_LINKS = "modprobe insmod rmmod lsmod modinfo depmod".split()
XTABLES_LINKS = [
    f"{family}-{kind}{action}"
    for family in ("iptables", "ip6tables")
    for kind in ("legacy", "nft")
    for action in ("", "-save", "-restore")
]

# Kernel modules by name; those they depend on come with them. Names that a
# kernel has built in or does not know are left out.
MODULES = """
    nfnetlink_acct xt_nfacct
    ip_tables iptable_filter iptable_mangle iptable_raw
    ip6_tables ip6table_filter ip6table_mangle ip6table_raw
    nf_tables nft_compat nft_ct nft_log nft_limit nf_conntrack nf_conntrack_netlink
    nfnetlink_log nfnetlink_queue
    xt_LOG xt_NFLOG xt_comment xt_conntrack xt_limit xt_mark xt_multiport
    xt_owner xt_pkttype xt_quota xt_state xt_statistic xt_string xt_tcpudp
    veth dummy
""".split()

FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
COPIED = ["etc/protocols", "etc/services", "etc/ethertypes"]
