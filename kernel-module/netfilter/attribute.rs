// SPDX-License-Identifier: GPL-2.0-only

//! Netlink attributes that were received, and the policies that they were checked against.
//!
//! C counterpart: `struct nlattr`, `struct nla_policy`, `nla_data()`, `nla_get_be32()`,
//! `nla_get_be64()` and `nla_parse_nested_deprecated()`.

use super::{bindings, extack::ExtAck};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{error::to_result, prelude::*};

/// The rules for the attributes 0 to `N - 1` of a message or a nest.
#[repr(transparent)]
pub(crate) struct Policy<const N: usize>([bindings::nla_policy; N]);

// SAFETY: The kernel only reads policies; the pointers in ours are null.
unsafe impl<const N: usize> Sync for Policy<N> {}

impl<const N: usize> Policy<N> {
    /// A policy that accepts everything, to be filled by the methods below.
    pub(crate) const fn new() -> Self {
        Self([rule(bindings::NLA_UNSPEC, 0); N])
    }

    /// `{ .type = TYPE }`.
    pub(crate) const fn typed(self, attribute: u32, kind: u32) -> Self {
        self.with(attribute, rule(kind, 0))
    }

    /// `{ .type = NLA_NUL_STRING, .len = LEN }`: a string with NUL, `len` bytes long without it.
    pub(crate) const fn nul_string(self, attribute: u32, len: u16) -> Self {
        self.with(attribute, rule(bindings::NLA_NUL_STRING, len))
    }

    /// `NLA_POLICY_MASK(NLA_BE32, MASK)`.
    pub(crate) const fn be32_mask(self, attribute: u32, mask: u32) -> Self {
        let mut rule = rule(bindings::NLA_BE32, 0);
        rule.validation_type = bindings::nla_policy_validation_NLA_VALIDATE_MASK as u8;
        rule.__bindgen_anon_1.mask = mask;
        self.with(attribute, rule)
    }

    const fn with(mut self, attribute: u32, rule: bindings::nla_policy) -> Self {
        self.0[attribute as usize] = rule;
        self
    }

    /// The table for C.
    pub(crate) const fn as_ptr(&self) -> *const bindings::nla_policy {
        (&raw const self.0).cast()
    }
}

/// A rule without further validation. All of the union is initialised, by a null pointer.
const fn rule(kind: u32, len: u16) -> bindings::nla_policy {
    bindings::nla_policy {
        type_: kind as u8,
        validation_type: bindings::nla_policy_validation_NLA_VALIDATE_NONE as u8,
        len,
        __bindgen_anon_1: bindings::nla_policy__bindgen_ty_1 {
            nested_policy: core::ptr::null(),
        },
    }
}

/// An attribute that was received.
///
/// # Invariants
///
/// The pointer is valid for reads of the header and the payload behind it, `nla_len` bytes in all,
/// during `'a`, and nobody changes them: `__nla_parse()` has checked the length.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a>(NonNull<bindings::nlattr>, PhantomData<&'a [u8]>);

impl<'a> Attribute<'a> {
    /// Views an attribute that `__nla_parse()` found.
    ///
    /// # Safety
    ///
    /// `attribute` must be null or point to an attribute that fulfils the invariants of
    /// [`Attribute`] during `'a`.
    pub(super) unsafe fn from_raw(attribute: *const bindings::nlattr) -> Option<Self> {
        // INVARIANT: Required from the caller.
        Some(Self(NonNull::new(attribute.cast_mut())?, PhantomData))
    }

    /// The attribute for C.
    pub(super) fn as_ptr(self) -> *const bindings::nlattr {
        self.0.as_ptr()
    }

    /// `nla_data()` with `nla_len()`.
    pub(crate) fn payload(self) -> &'a [u8] {
        let header = core::mem::size_of::<bindings::nlattr>();
        // SAFETY: By the type invariant `nla_len` bytes are valid, of which the header is first.
        unsafe {
            let len = usize::from((*self.as_ptr()).nla_len).saturating_sub(header);
            core::slice::from_raw_parts(self.as_ptr().cast::<u8>().add(header), len)
        }
    }

    /// `nla_get_be32()`; [`None`] if the payload is shorter, which a policy of 32 bits refuses.
    pub(crate) fn be32(self) -> Option<u32> {
        self.payload()
            .first_chunk()
            .copied()
            .map(u32::from_be_bytes)
    }

    /// `nla_get_be64()`; [`None`] if the payload is shorter, which a policy of 64 bits refuses.
    pub(crate) fn be64(self) -> Option<u64> {
        self.payload()
            .first_chunk()
            .copied()
            .map(u64::from_be_bytes)
    }

    /// `nla_parse_nested_deprecated()`: the attributes inside this one.
    ///
    /// # Errors
    ///
    /// Those of the policy, with text and offending attribute in `extack`.
    pub(crate) fn nested<const N: usize>(
        self,
        policy: &'static Policy<N>,
        extack: ExtAck<'_>,
    ) -> Result<Attributes<'a, N>> {
        let mut table = [core::ptr::null_mut(); N];
        let payload = self.payload();
        // SAFETY: `table` and `policy` have `N` members, of which the last is the highest type;
        // the payload is valid for reads of its length.
        to_result(unsafe {
            bindings::__nla_parse(
                table.as_mut_ptr(),
                N.saturating_sub(1) as c_int,
                payload.as_ptr().cast(),
                payload.len() as c_int,
                policy.as_ptr(),
                bindings::netlink_validation_NL_VALIDATE_LIBERAL,
                extack.as_ptr(),
            )
        })?;
        // SAFETY: `__nla_parse()` has filled the table with null and attributes inside `payload`.
        let table = table.map(|attribute| unsafe { Attribute::from_raw(attribute) });
        Ok(Attributes(table))
    }
}

/// The attributes 0 to `N - 1` of a message or a nest, each absent or present.
pub(crate) struct Attributes<'a, const N: usize>([Option<Attribute<'a>>; N]);

impl<'a, const N: usize> Attributes<'a, N> {
    /// Views the table that nfnetlink passes to callbacks.
    ///
    /// # Safety
    ///
    /// `table` must point to `N` pointers as `__nla_parse()` fills them, valid during `'a`.
    pub(crate) unsafe fn from_raw(table: *const *const bindings::nlattr) -> Self {
        // SAFETY: The table has `N` members by the requirements of this function, each of which
        // is null or an attribute of the message.
        Self(core::array::from_fn(|index| unsafe {
            Attribute::from_raw(table.add(index).read())
        }))
    }

    /// The attribute of a type, if present.
    pub(crate) fn get(&self, attribute: u32) -> Option<Attribute<'a>> {
        self.0.get(attribute as usize).copied().flatten()
    }
}
