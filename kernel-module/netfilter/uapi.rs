// SPDX-License-Identifier: GPL-2.0-only

//! Constants of the user space interface, for code outside of this layer.

#![expect(unused_imports, reason = "each module uses a part of them")]

pub(crate) use super::bindings::{
    nfnetlink_groups_NFNLGRP_ACCT_QUOTA as NFNLGRP_ACCT_QUOTA,
    nfnl_acct_flags_NFACCT_F_OVERQUOTA as NFACCT_F_OVERQUOTA,
    nfnl_acct_flags_NFACCT_F_QUOTA_BYTES as NFACCT_F_QUOTA_BYTES,
    nfnl_acct_flags_NFACCT_F_QUOTA_PKTS as NFACCT_F_QUOTA_PKTS,
    nfnl_acct_msg_types_NFNL_MSG_ACCT_GET_CTRZERO as NFNL_MSG_ACCT_GET_CTRZERO,
    nfnl_acct_msg_types_NFNL_MSG_ACCT_MAX as NFNL_MSG_ACCT_MAX,
    nfnl_acct_msg_types_NFNL_MSG_ACCT_NEW as NFNL_MSG_ACCT_NEW,
    nfnl_acct_type_NFACCT_BYTES as NFACCT_BYTES, nfnl_acct_type_NFACCT_FILTER as NFACCT_FILTER,
    nfnl_acct_type_NFACCT_FLAGS as NFACCT_FLAGS, nfnl_acct_type_NFACCT_NAME as NFACCT_NAME,
    nfnl_acct_type_NFACCT_PAD as NFACCT_PAD, nfnl_acct_type_NFACCT_PKTS as NFACCT_PKTS,
    nfnl_acct_type_NFACCT_QUOTA as NFACCT_QUOTA, nfnl_acct_type_NFACCT_USE as NFACCT_USE,
    nfnl_attr_filter_type_NFACCT_FILTER_MASK as NFACCT_FILTER_MASK,
    nfnl_attr_filter_type_NFACCT_FILTER_VALUE as NFACCT_FILTER_VALUE, EOPNOTSUPP, NFACCT_NAME_MAX,
    NFNL_SUBSYS_ACCT, NFPROTO_UNSPEC, NLA_NESTED, NLA_U32, NLA_U64, NLM_F_DUMP, NLM_F_EXCL,
    NLM_F_MULTI, NLM_F_REPLACE,
};
