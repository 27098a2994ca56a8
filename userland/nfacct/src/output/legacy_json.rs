// SPDX-License-Identifier: MIT OR Apache-2.0
//! The JSON of nfacct 1.0.2, with quotas and names written so that it is JSON.

use nfacct_netlink::ObjectRef;

use super::{Formatter, json::push_string, plain::mode};

pub(super) struct LegacyJson {
    timestamp: u64,
}

impl LegacyJson {
    pub(super) fn new(timestamp: u64) -> Self {
        Self { timestamp }
    }
}

impl Formatter for LegacyJson {
    fn begin(&mut self, text: &mut Vec<u8>) {
        let header = format!("{{ \"timestamp\" : {}, \n  \"nfacct_counters\" : [\n", self.timestamp);
        text.extend(header.as_bytes());
    }

    fn object(&mut self, text: &mut Vec<u8>, object: &ObjectRef<'_>, first: bool) {
        if !first {
            text.extend(b",\n");
        }
        let counters = format!("  {{ \"pkts\" : {}, \"bytes\" : {}, ", object.packets, object.bytes);
        text.extend(counters.as_bytes());
        if let Some(quota) = object.quota {
            let quota = format!(
                "\"quota\" : {}, \"mode\" : \"{}\", \"overquota\" : {}, ",
                quota.limit,
                mode(&quota),
                u8::from(quota.exceeded)
            );
            text.extend(quota.as_bytes());
        }
        text.extend(b"\"name\" : ");
        push_string(text, object.name);
        text.extend(b" }");
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        text.extend(b"\n] }\n");
    }
}
