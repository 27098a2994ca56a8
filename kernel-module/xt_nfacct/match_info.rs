// SPDX-License-Identifier: GPL-2.0-only

//! The layout of a rule is that of `linux/netfilter/xt_nfacct.h`.

use crate::{
    netfilter::{
        bindings::{xt_nfacct_match_info, xt_nfacct_match_info_v1},
        xtables::{matchsize, usersize},
    },
    nfacct_match::Nfacct,
};
use core::mem::{offset_of, size_of};
use kernel::prelude::*;

static_assert!(matchsize::<Nfacct>() == size_of::<xt_nfacct_match_info>());
static_assert!(usersize::<Nfacct>() == offset_of!(xt_nfacct_match_info, nfacct));
static_assert!(matchsize::<Nfacct>() == size_of::<xt_nfacct_match_info_v1>());
static_assert!(usersize::<Nfacct>() == offset_of!(xt_nfacct_match_info_v1, nfacct));
