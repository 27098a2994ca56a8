// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports what exports.rs defines. In C because only EXPORT_SYMBOL_GPL() makes
 * a version for the symbol under CONFIG_MODVERSIONS; there is no logic here.
 */
#include <linux/export.h>
#include <linux/netfilter/nfnetlink_acct.h>

extern const u32 nfacct_rs_abi_1;

EXPORT_SYMBOL_GPL(nfacct_rs_abi_1);
EXPORT_SYMBOL_GPL(nfnl_acct_find_get);
EXPORT_SYMBOL_GPL(nfnl_acct_put);
EXPORT_SYMBOL_GPL(nfnl_acct_update);
EXPORT_SYMBOL_GPL(nfnl_acct_overquota);
