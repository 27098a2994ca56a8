// SPDX-License-Identifier: MIT OR Apache-2.0
//! Metrics for Prometheus: its text format and OpenMetrics, which differ in the names of counters and in the end.

use nfacct_netlink::{Object, QuotaKind};

/// The flavour of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Text format 0.0.4: what the textfile collector reads.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Flavour {
    /// The media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Reads the value of an object for one family of metrics; `None` if the object has none.
type Value = fn(&Object) -> Option<u64>;

/// A family: name without `_total`, type, help and value.
const FAMILIES: [(&str, &str, &str, Value); 6] = [
    ("nfacct_packets", "counter", "Packets counted.", |object| {
        Some(object.packets)
    }),
    ("nfacct_bytes", "counter", "Bytes counted.", |object| Some(object.bytes)),
    ("nfacct_rules", "gauge", "Rules that use the object.", |object| {
        object.as_ref().rules().map(u64::from)
    }),
    ("nfacct_quota_packets", "gauge", "Quota in packets.", |object| {
        object
            .quota
            .filter(|quota| quota.kind == QuotaKind::Packets)
            .map(|quota| quota.limit)
    }),
    ("nfacct_quota_bytes", "gauge", "Quota in bytes.", |object| {
        object
            .quota
            .filter(|quota| quota.kind == QuotaKind::Bytes)
            .map(|quota| quota.limit)
    }),
    (
        "nfacct_over_quota",
        "gauge",
        "1 if the quota was reached since the last reset.",
        |object| object.quota.map(|quota| u64::from(quota.exceeded)),
    ),
];

/// Renders all metrics.
pub(crate) fn render(objects: &[Object], flavour: Flavour) -> String {
    let labels: Vec<String> = objects.iter().map(|object| label(object.name.as_bytes())).collect();
    let count = objects.len();
    let mut lines = vec![
        "# HELP nfacct_objects Accounting objects.".to_owned(),
        "# TYPE nfacct_objects gauge".to_owned(),
        format!("nfacct_objects {count}"),
    ];
    for (name, kind, help, value) in FAMILIES {
        let counter = kind == "counter";
        let sample = if counter {
            format!("{name}_total")
        } else {
            name.to_owned()
        };
        let family = if counter && flavour == Flavour::Prometheus {
            &sample
        } else {
            name
        };
        lines.push(format!("# HELP {family} {help}"));
        lines.push(format!("# TYPE {family} {kind}"));
        for (object, label) in objects.iter().zip(&labels) {
            if let Some(value) = value(object) {
                lines.push(format!("{sample}{{name=\"{label}\"}} {value}"));
            }
        }
    }
    if flavour == Flavour::OpenMetrics {
        lines.push("# EOF".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The value of a label as the format writes it: with `\`, `"` and line breaks escaped. In the value itself a byte that
/// is not UTF-8 appears as `\xNN` and a backslash as two, so that different names stay different.
fn label(name: &[u8]) -> String {
    let mut label = String::new();
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => label.push_str("\\\\\\\\"),
                '"' => label.push_str("\\\""),
                '\n' => label.push_str("\\n"),
                other => label.push(other),
            }
        }
        label.extend(chunk.invalid().iter().map(|byte| format!("\\\\x{byte:02x}")));
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        assert_eq!(label(b"plain-1"), "plain-1");
        assert_eq!(label(b"a\"b\\c\nd"), "a\\\"b\\\\\\\\c\\nd");
        assert_eq!(label("é\t".as_bytes()), "é\t");
        assert_eq!(label(b"\xff"), "\\\\xff");
    }

    #[test]
    fn different_names_have_different_labels() {
        let names = [
            &b"\xff"[..],
            b"\\xff",
            b"\\\\xff",
            b"\\\xff",
            b"\\",
            b"\\\\",
            b"\n",
            b"\\n",
            b"x\\",
            b"\\x5cxff",
            b"\\x5c",
        ];
        let labels: std::collections::HashSet<String> = names.iter().map(|name| label(name)).collect();
        assert_eq!(labels.len(), names.len(), "{labels:?}");
    }
}
