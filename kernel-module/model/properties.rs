// SPDX-License-Identifier: GPL-2.0-only

//! Names, filters and quotas against what the C module does, on arbitrary input.
//!
//! The references are written from the C code, in its terms: buffers of 32 bytes, `strncmp()`,
//! bits. A failure is made small and printed; nothing is written to disk.

use super::{
    filter::Filter,
    name::{Name, NAME_MAX},
    quota::{Counters, Quota, Rejection, Unit},
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{RngAlgorithm, RngSeed},
};

/// As many cases as asked for; under Miri, which is slow, a few from a simple generator.
///
/// Every run has the same ones, unless `PROPTEST_RNG_SEED` is set.
pub(super) fn cases(cases: u32) -> ProptestConfig {
    let (cases, rng_algorithm) = if cfg!(miri) {
        (4, RngAlgorithm::XorShift)
    } else {
        (cases, RngAlgorithm::default())
    };
    ProptestConfig {
        cases,
        rng_algorithm,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The length of a history: as asked for; under Miri a tenth.
pub(super) fn length(most: usize) -> std::ops::Range<usize> {
    1..if cfg!(miri) { most / 10 } else { most }
}

/// Any number, those at the ends of the range often.
pub(super) fn edgy() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4_u64,
        any::<u64>(),
        (0..4_u64).prop_map(|back| u64::MAX - back),
        (0..64_u32, -2..3_i64).prop_map(|(bit, off)| (1_u64 << bit).wrapping_add_signed(off)),
    ]
}

/// Buffers around the size of a name, of few letters, so that two of them may well be equal.
fn buffer() -> impl Strategy<Value = Vec<u8>> {
    let letter = || select(&[b'a', b'a', b'a', b'a', b'b', 0xff, 0][..]);
    prop_oneof![
        vec(letter(), 0..4),
        vec(letter(), 28..36),
        vec(select(&b"aab"[..]), 28..36),
        vec(any::<u8>(), 0..40),
    ]
}

type Field = [u8; NAME_MAX];

/// What `nla_strscpy()` makes of an attribute in the `char name[NFACCT_NAME_MAX]` of an object.
fn nla_strscpy(attribute: &[u8]) -> Field {
    let mut field = [0; NAME_MAX];
    let text = attribute.strip_suffix(&[0]).unwrap_or(attribute);
    let len = text.len().min(NAME_MAX - 1);
    field[..len].copy_from_slice(&text[..len]);
    field
}

/// Whether `strncmp(a, b, NFACCT_NAME_MAX) == 0`. Behind the end of a buffer is a NUL.
fn strncmp_is_zero(a: &[u8], b: &[u8]) -> bool {
    for at in 0..NAME_MAX {
        let (a, b) = (a.get(at).unwrap_or(&0), b.get(at).unwrap_or(&0));
        if a != b {
            return false;
        }
        if *a == 0 {
            break;
        }
    }
    true
}

fn strlen(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| *byte == 0)
        .unwrap_or(text.len())
}

/// Whether the policy `NLA_NUL_STRING` with `NFACCT_NAME_MAX - 1` lets an attribute through.
fn is_nul_string(attribute: &[u8]) -> bool {
    let text = attribute.strip_suffix(&[0]).unwrap_or(attribute);
    attribute.iter().take(NAME_MAX).any(|byte| *byte == 0) && text.len() < NAME_MAX
}

/// Makes an object from the attribute of a request as C does; [`None`] if it refuses.
fn created(attribute: &[u8]) -> Option<Field> {
    (is_nul_string(attribute) && strlen(attribute) > 0).then(|| nla_strscpy(attribute))
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn an_object_is_named_as_in_c(attribute in buffer()) {
        if !is_nul_string(&attribute) {
            return Ok(());
        }
        let name = Name::from_c_buffer(&attribute);
        let field = created(&attribute);
        prop_assert_eq!(name.is_some(), field.is_some());
        if let (Some(name), Some(field)) = (name, field) {
            let len = strlen(&field);
            prop_assert_eq!(name.as_bytes(), &field[..len]);
            // nla_put_string()
            prop_assert_eq!(name.as_bytes_with_nul(), &field[..len + 1]);
        }
    }

    #[test]
    fn a_name_finds_the_object_that_c_finds(attribute in buffer(), wanted in buffer(), same: bool) {
        let wanted = if same { attribute.clone() } else { wanted };
        let Some(field) = created(&attribute) else { return Ok(()) };
        let ours = Name::from_c_buffer(&attribute) == Name::from_c_buffer(&wanted);
        prop_assert_eq!(ours, strncmp_is_zero(&field, &wanted));
    }

    #[test]
    fn a_name_is_its_bytes_up_to_the_first_nul(buffer in buffer()) {
        let len = strlen(&buffer);
        let expected = (1..NAME_MAX).contains(&len).then(|| buffer[..len].to_vec());
        prop_assert_eq!(Name::from_c_buffer(&buffer).map(|name| name.as_bytes().to_vec()), expected);
    }

    #[test]
    fn a_filter_looks_at_each_bit_alone(mask in edgy(), value in edgy(), flags in edgy()) {
        // Like flags at random would hardly ever be selected.
        for value in [value, flags, flags & mask] {
            let [mask, value, flags] = [mask, value, flags].map(|wide| wide as u32);
            let bit_fits = |bit: u32| {
                let [mask, value, flag] = [mask, value, flags].map(|bits| bits >> bit & 1);
                if mask == 1 { flag == value } else { value == 0 }
            };
            prop_assert_eq!(Filter { mask, value }.selects(flags), (0..32).all(bit_fits));
            prop_assert!(Filter::ALL.selects(flags));
        }
    }

    #[test]
    fn a_request_defines_the_quota_that_c_defines(
        flags in option::of(prop_oneof![0..9_u32, any::<u32>()]), limit in option::of(edgy())
    ) {
        // nfnl_acct_new(), in its order.
        let bit = |number: u32| flags.unwrap_or(0) >> number & 1 == 1;
        let expected = if (2..32).any(bit) {
            Err(Rejection::UnsupportedFlags)
        } else if bit(0) && bit(1) {
            Err(Rejection::BothUnits)
        } else if (bit(0) || bit(1)) && limit.is_none() {
            Err(Rejection::MissingQuota)
        } else {
            Ok(limit.filter(|_| bit(0) || bit(1)))
        };
        let quota = Quota::from_request(flags, limit);
        prop_assert_eq!(quota.map(|quota| quota.map(|quota| quota.limit)), expected);
        if let Ok(Some(quota)) = quota {
            prop_assert_eq!(Some(quota.flag()), flags);
            prop_assert_eq!(quota.unit == Unit::Packets, bit(0));
        }
    }

    #[test]
    fn a_limit_is_compared_as_in_c(
        limit in edgy(), off in -3..4_i64, other in edgy(), far in option::of(edgy()), packets: bool
    ) {
        let metered = far.unwrap_or(limit.wrapping_add_signed(off));
        let (unit, counters) = if packets {
            (Unit::Packets, Counters { pkts: metered, bytes: other })
        } else {
            (Unit::Bytes, Counters { pkts: other, bytes: metered })
        };
        let quota = Quota { unit, limit };
        let now = quota.metered(counters);
        prop_assert_eq!(now, metered);
        let above = i128::from(now) - i128::from(limit);
        prop_assert_eq!((quota.is_reached(now), quota.is_exceeded(now)), (above >= 0, above > 0));
    }
}
