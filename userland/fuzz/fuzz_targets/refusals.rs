// SPDX-License-Identifier: MIT OR Apache-2.0
//! Refusals with an explanation: whatever stands behind the error number, the number itself comes through.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nfacct_netlink::{Client, Error, Name, transport::Recorded};

const PORT: u32 = 7;
const SEQUENCE: u32 = 1;
const NLMSG_ERROR: u16 = 2;

fuzz_target!(|bytes: &[u8]| {
    // CAPPED and ACK_TLVS are among the flags.
    let Some((&[errno, high, low], rest)) = bytes.split_first_chunk() else {
        return;
    };
    let rest = &rest[..rest.len().min(8192)];
    let message = [
        &u32::try_from(20 + rest.len()).unwrap().to_ne_bytes()[..],
        &NLMSG_ERROR.to_ne_bytes(),
        &u16::from_be_bytes([high, low]).to_ne_bytes(),
        &SEQUENCE.to_ne_bytes(),
        &PORT.to_ne_bytes(),
        &(-i32::from(errno)).to_ne_bytes(),
        rest,
    ]
    .concat();
    let mut client = Client::with_sequence(Recorded::new(PORT).datagram(&message), SEQUENCE);
    match client.delete(&Name::truncated(b"web")) {
        Ok(()) => assert_eq!(errno, 0),
        Err(Error::Kernel(refusal)) => {
            assert_eq!(refusal.errno, i32::from(errno));
            // For people: it can be shown.
            let _ = refusal.to_string();
        }
        Err(error) => panic!("{error}"),
    }
});
