// SPDX-License-Identifier: GPL-2.0-only
//! Numbers of the wire format: netlink, nfnetlink and accounting messages.

/// Message types of subsystem 7 (accounting).
pub const NEW: u16 = 0x700;
/// Read one object, or all of them with a dump flag.
pub const GET: u16 = 0x701;
/// Read and reset.
pub const CTRZERO: u16 = 0x702;
/// Delete one object, or all unused ones when no name is given.
pub const DEL: u16 = 0x703;

/// Acknowledgement or error, from the netlink core.
pub const NLMSG_ERROR: u16 = 2;
/// End of a dump.
pub const NLMSG_DONE: u16 = 3;
/// Start of an nfnetlink transaction.
pub const BATCH_BEGIN: u16 = 16;
/// End of an nfnetlink transaction.
pub const BATCH_END: u16 = 17;

/// The message is a request.
pub const REQUEST: u16 = 0x1;
/// Part of a multi-part reply.
pub const MULTI: u16 = 0x2;
/// Ask for an acknowledgement.
pub const ACK: u16 = 0x4;
/// Ask for an echo.
pub const ECHO: u16 = 0x8;
/// A dump was interrupted.
pub const DUMP_INTR: u16 = 0x10;
/// First dump bit.
pub const ROOT: u16 = 0x100;
/// Second dump bit.
pub const MATCH: u16 = 0x200;
/// Both dump bits.
pub const DUMP: u16 = ROOT | MATCH;
/// NEW: reset the object if it exists.
pub const REPLACE: u16 = 0x100;
/// NEW: refuse if it exists.
pub const EXCL: u16 = 0x200;
/// NEW: create.
pub const CREATE: u16 = 0x400;
/// NEW: append.
pub const APPEND: u16 = 0x800;
/// Flags with which clients create.
pub const ADD: u16 = REQUEST | ACK | CREATE;
/// Flags with which clients ask about one object.
pub const ASK: u16 = REQUEST | ACK;
/// Flags with which clients ask for all objects.
pub const LIST: u16 = REQUEST | DUMP;
/// In an acknowledgement: attributes follow.
pub const ACK_TLVS: u16 = 0x200;
/// In an acknowledgement: the request is not echoed.
pub const CAPPED: u16 = 0x100;

/// Name of the object, NUL-terminated.
pub const NAME: u16 = 1;
/// Packet counter.
pub const PKTS: u16 = 2;
/// Byte counter.
pub const BYTES: u16 = 3;
/// Reference count.
pub const USE: u16 = 4;
/// Quota kind and over-quota bit.
pub const FLAGS: u16 = 5;
/// Quota.
pub const QUOTA: u16 = 6;
/// Dump filter, nested.
pub const FILTER: u16 = 7;
/// Padding for 64-bit alignment.
pub const PAD: u16 = 8;

/// Inside FILTER: which flag bits count.
pub const FILTER_MASK: u16 = 1;
/// Inside FILTER: what they must be.
pub const FILTER_VALUE: u16 = 2;

/// Attribute type bit: nested.
pub const NESTED: u16 = 0x8000;
/// Attribute type bit: network byte order.
pub const NET_BYTEORDER: u16 = 0x4000;

/// Packet quota.
pub const F_PKTS: u32 = 1;
/// Byte quota.
pub const F_BYTES: u32 = 2;
/// Over quota, set by the kernel only.
pub const F_OVER: u32 = 4;

/// Multicast group of the over-quota events.
pub const GROUP_QUOTA: i32 = 8;
