// SPDX-License-Identifier: GPL-2.0-only

//! Keyed hashing for tables whose keys an adversary chooses.
//!
//! C counterpart: `siphash()` of `linux/siphash.h`.

use super::bindings;

/// A random key.
pub(crate) struct HashKey(bindings::siphash_key_t);

impl HashKey {
    /// Makes a key. It is only as random as the kernel is at that time.
    pub(crate) fn random() -> Self {
        let mut key = bindings::siphash_key_t { key: [0; 2] };
        // SAFETY: `key` is valid for writes of its own size.
        unsafe {
            bindings::get_random_bytes((&raw mut key).cast(), core::mem::size_of_val(&key));
        }
        Self(key)
    }

    /// The hash of `data` under this key.
    pub(crate) fn hash(&self, data: &[u8]) -> u64 {
        // SAFETY: The slice is valid for reads of its length, the key for reads.
        unsafe { bindings::__siphash_unaligned(data.as_ptr().cast(), data.len(), &self.0) }
    }
}
