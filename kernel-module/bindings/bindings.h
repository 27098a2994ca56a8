/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bindgen reads: the netfilter headers that the kernel's own bindings
 * leave out, and values that exist only as C expressions.
 */
#ifndef NFACCT_BINDINGS_H
#define NFACCT_BINDINGS_H

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_acct.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_nfacct.h>
#include <linux/netlink.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

/* struct net and struct sock are opaque in kernel::bindings. */
static const size_t OFFSETOF_NET_GEN = offsetof(struct net, gen);
static const size_t OFFSETOF_SOCK_NET = offsetof(struct sock, __sk_common.skc_net);

/* In a nest of anonymous unions, which bindgen numbers anew in each version. */
static const size_t OFFSETOF_SKB_SK = offsetof(struct sk_buff, sk);

/* Function-like macros. */
static const size_t NLMSG_DEFAULT_SKB_SIZE = NLMSG_ALIGN(NLMSG_HDRLEN + NLMSG_DEFAULT_SIZE);

#endif
