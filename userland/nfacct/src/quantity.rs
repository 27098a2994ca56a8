// SPDX-License-Identifier: MIT OR Apache-2.0
//! Quantities with units, in and out: `10GiB`, `1.5 M`.

use nfacct_netlink::QuotaKind;

/// Units of 1000 and of 1024.
const DECIMAL: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// Reads a number with an optional unit: `k`, `M`, `G`... are powers of 1000, `Ki`, `Mi`, `Gi`... of 1024, and a `B` may
/// follow. With a unit there may be a fraction; what is less than one is cut off.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let (whole, fraction) = match digits.split_once('.') {
        // More digits than these make no difference to 64 bits.
        Some((whole, fraction)) => (whole, Some(fraction.get(..20).unwrap_or(fraction))),
        None => (digits, None),
    };
    let number = |digits: &str| {
        let value = digits.parse::<u128>();
        value.map_err(|_| format!("\"{text}\" is not a number of 64 bits"))
    };
    let whole = number(whole)?;
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('B').unwrap_or(unit);
    let power = |units: [&str; 7], base: u128| {
        let exponent = units.iter().position(|known| known.eq_ignore_ascii_case(unit))?;
        Some(u128::pow(base, u32::try_from(exponent).ok()?))
    };
    let factor = power(DECIMAL, 1000)
        .or_else(|| power(BINARY, 1024))
        .ok_or_else(|| format!("\"{unit}\" is not a unit; there are k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei"))?;
    let part = match fraction {
        None => 0,
        Some(_) if factor == 1 => return Err(format!("\"{text}\" is not a whole number")),
        // 20 digits times 2^60 fit.
        Some(digits) => number(digits)? * factor / 10u128.pow(u32::try_from(digits.len()).unwrap_or(0)),
    };
    whole
        .checked_mul(factor)
        .and_then(|value| u64::try_from(value.checked_add(part)?).ok())
        .ok_or_else(|| format!("\"{text}\" is more than 64 bits can hold"))
}

/// Reads a quota: `bytes=10GiB` or `packets=5M`.
pub(crate) fn parse_quota(text: &str) -> Result<(QuotaKind, u64), String> {
    let (kind, limit) = text
        .split_once('=')
        .ok_or("a quota looks like bytes=10GiB or packets=5000")?;
    let kind = match kind {
        "bytes" => QuotaKind::Bytes,
        "packets" => QuotaKind::Packets,
        _ => return Err(format!("\"{kind}\" is neither \"bytes\" nor \"packets\"")),
    };
    Ok((kind, parse(limit)?))
}

/// Three significant digits and a unit of 1024 for bytes.
pub(crate) fn bytes(value: u64) -> String {
    format!("{}B", scaled(value, 1024, BINARY))
}

/// Three significant digits and a unit of 1000 for all else.
pub(crate) fn count(value: u64) -> String {
    scaled(value, 1000, DECIMAL)
}

fn scaled(value: u64, base: u64, units: [&str; 7]) -> String {
    let mut divisor = 1;
    let mut unit = "";
    for next in units.iter().skip(1) {
        if value / divisor < base {
            break;
        }
        divisor *= base;
        unit = next;
    }
    let (whole, rest) = (value / divisor, value % divisor);
    if divisor == 1 || whole >= 100 {
        return format!("{whole}{unit}");
    }
    // One decimal, cut and not rounded, so that 999.99k never becomes 1000k.
    let tenth = u128::from(rest) * 10 / u128::from(divisor);
    format!("{whole}.{tenth}{unit}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::config;

    #[test]
    fn reading() {
        for (text, value) in [
            ("0", 0),
            ("1500", 1500),
            ("10k", 10_000),
            ("10K", 10_000),
            ("10KiB", 10_240),
            ("10 GiB", 10 << 30),
            ("3MB", 3_000_000),
            ("7B", 7),
            ("15Ei", 15 << 60),
            ("1.5GiB", 3 << 29),
            ("0.1KiB", 102),
            ("2.000k", 2000),
            ("15.99999999999999999999999999Ei", u64::MAX),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        for text in [
            "",
            "x",
            "-1",
            "1.5",
            "1.5B",
            "1.",
            ".5k",
            "1.k",
            "1..5k",
            "1.5.5k",
            "16Ei",
            "340282366920938463463374607431768211456",
            "340282366920938463463374607431768211455k",
            "340282366920938463463374607431768211.9k",
            "18446744073709551616",
            "10kk",
            "1 0",
            "10GiBB",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quotas() {
        assert_eq!(parse_quota("bytes=1k"), Ok((QuotaKind::Bytes, 1000)));
        assert_eq!(parse_quota("packets=7"), Ok((QuotaKind::Packets, 7)));
        for text in ["1k", "byte=1", "bytes=", "bytes=-1"] {
            assert!(parse_quota(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writing() {
        assert_eq!(bytes(1023), "1023B");
        assert_eq!(bytes(1024), "1.0KiB");
        assert_eq!(bytes(10 << 30), "10.0GiB");
        assert_eq!(bytes(u64::MAX), "15.9EiB");
        assert_eq!(count(999), "999");
        assert_eq!(count(999_999), "999k");
        assert_eq!(count(1_234_567), "1.2M");
        assert_eq!(count(u64::MAX), "18.4E");
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn units_multiply(value in 0u64..1000, power in 0u32..6, binary: bool) {
            let (base, units) = if binary { (1024, BINARY) } else { (1000, DECIMAL) };
            let unit = units[usize::try_from(power).unwrap()];
            prop_assert_eq!(parse(&format!("{value}{unit}B")), Ok(value * u64::pow(base, power)));
        }

        #[test]
        fn any_text_is_a_number_or_an_error(text: String) {
            if let Ok(value) = parse(&text) {
                prop_assert!(text.starts_with(|c: char| c.is_ascii_digit()), "{text} {value}");
            }
        }

        #[test]
        fn what_is_written_is_never_too_much(value: u64) {
            let text = count(value);
            let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let unit = DECIMAL.iter().position(|unit| *unit == &text[digits.len()..]).unwrap();
            let shown = digits.parse::<f64>().unwrap() * 1000f64.powi(i32::try_from(unit).unwrap());
            #[allow(clippy::cast_precision_loss)]
            let value = value as f64;
            prop_assert!(shown <= value * 1.000_001 && shown >= value * 0.89, "{text}");
        }
    }
}
