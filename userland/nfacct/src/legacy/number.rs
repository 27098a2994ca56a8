// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers as `sscanf("%lu")` of glibc reads them.

/// Is it white space to C?
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Reads a number and returns what follows it.
///
/// Leading white space and a sign are fine, a minus negates modulo 2^64. Too large a number is `None`: to C it is
/// [`u64::MAX`], and `errno` is `ERANGE` from then on.
pub(crate) fn scan_u64(text: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let start = text.iter().position(|&b| !is_blank(b))?;
    let text = text.get(start..)?;
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(len).filter(|(digits, _)| !digits.is_empty())?;
    let value = digits.iter().try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    Some((
        value.map(|value| if negative { value.wrapping_neg() } else { value }),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::config;

    #[test]
    fn what_sscanf_takes() {
        let cases: [(&str, u64, &str); 10] = [
            ("0", 0, ""),
            ("10k", 10, "k"),
            ("0x10", 0, "x10"),
            ("1.5", 1, ".5"),
            ("1e3", 1, "e3"),
            (" \t\n7", 7, ""),
            ("+7", 7, ""),
            ("-1", u64::MAX, ""),
            ("-5 ", u64::MAX - 4, " "),
            ("18446744073709551615", u64::MAX, ""),
        ];
        for (text, value, rest) in cases {
            assert_eq!(
                scan_u64(text.as_bytes()),
                Some((Some(value), rest.as_bytes())),
                "{text:?}"
            );
        }
        for text in ["18446744073709551616", "-18446744073709551616"] {
            assert_eq!(scan_u64(text.as_bytes()), Some((None, &b""[..])), "{text:?}");
        }
    }

    #[test]
    fn what_sscanf_refuses() {
        for text in ["", " ", "abc", "-", "+", "+-1", "- 1", "\u{a0}1"] {
            assert_eq!(scan_u64(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_number_is_what_arithmetic_says(
            blank in "[ \t\n\x0b\x0c\r]{0,3}", sign in "[+-]?", digits in "0{0,3}[0-9]{1,22}", rest in "([^0-9].*)?"
        ) {
            let value = u64::try_from(digits.parse::<u128>().unwrap()).ok();
            let value = value.map(|value| if sign == "-" { 0u64.wrapping_sub(value) } else { value });
            let text = format!("{blank}{sign}{digits}{rest}");
            prop_assert_eq!(scan_u64(text.as_bytes()), Some((value, rest.as_bytes())));
        }
    }
}
