// SPDX-License-Identifier: GPL-2.0-only

//! Whom an answer is for.

use super::bindings;

/// The socket that sent a request, and the number of the request.
#[derive(Clone, Copy)]
pub(crate) struct Recipient {
    /// `nlmsg_pid` of the answer: the port of the socket; 0 in multicasts.
    pub(crate) portid: u32,
    /// `nlmsg_seq` of the answer: that of the request; 0 in multicasts.
    pub(crate) sequence: u32,
}

impl Recipient {
    /// The members of a multicast group.
    pub(crate) const GROUP: Self = Self {
        portid: 0,
        sequence: 0,
    };

    /// The sender of a request: `NETLINK_CB(skb).portid` and `nlh->nlmsg_seq`.
    ///
    /// # Safety
    ///
    /// Both pointers must be valid for reads, and `skb` must have come through a netlink socket.
    pub(super) unsafe fn of(skb: *const bindings::sk_buff, nlh: *const bindings::nlmsghdr) -> Self {
        // SAFETY: Netlink keeps its parameters in the control buffer of such a buffer, which is
        // large enough and aligned to eight bytes.
        unsafe {
            let parameters: *const bindings::netlink_skb_parms = (&raw const (*skb).cb).cast();
            Self {
                portid: (*parameters).portid,
                sequence: (*nlh).nlmsg_seq,
            }
        }
    }
}
