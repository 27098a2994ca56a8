// SPDX-License-Identifier: GPL-2.0-only

//! A pair of counters that every CPU has one of.
//!
//! C counterpart: `alloc_percpu_gfp()`, `this_cpu_inc()`, `this_cpu_add()` and `per_cpu_ptr()` on
//! x86-64. Only the owner CPU ever writes its cells, with single instructions that neither an
//! interrupt nor a migration can split, and without a LOCK prefix. So nobody may clear them:
//! whoever wants to start from zero remembers what to subtract.

use super::bindings;
use crate::model::quota::Counters;
use core::ptr::NonNull;
use kernel::{alloc::AllocError, prelude::*};

#[cfg(not(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML))))]
compile_error!("per-CPU counters are written for 64-bit x86 with CONFIG_SMP");

/// The counters of one CPU.
#[repr(C, align(16))]
struct Cell {
    pkts: u64,
    bytes: u64,
}

/// One cell for each possible CPU.
///
/// # Invariants
///
/// The pointer is a `__percpu` pointer to a `Cell`, allocated and not freed.
#[repr(transparent)]
pub(crate) struct Cells(NonNull<Cell>);

// SAFETY: Cells belong to no thread; see the module's comment for who writes what.
unsafe impl Send for Cells {}
// SAFETY: As above.
unsafe impl Sync for Cells {}

impl Cells {
    /// Allocates zeroed cells, charged to the caller's memory cgroup. May sleep.
    pub(crate) fn new() -> Result<Self, AllocError> {
        // SAFETY: Size and alignment are those of a type and within the limits of the allocator.
        let cells = unsafe {
            bindings::pcpu_alloc_noprof(
                core::mem::size_of::<Cell>(),
                core::mem::align_of::<Cell>(),
                false,
                bindings::GFP_KERNEL_ACCOUNT,
            )
        };
        // INVARIANT: What the allocator returns is null or such a pointer.
        Ok(Self(NonNull::new(cells.cast()).ok_or(AllocError)?))
    }

    /// Counts one packet of `len` bytes on this CPU. Any context.
    #[inline(always)]
    pub(crate) fn count(&self, len: u64) {
        // SAFETY: By the type invariant the pointer plus the base of this CPU, which is that of
        // the GS segment, is this CPU's cell. Each instruction finds the base anew, so a migration
        // between the two only spreads the packet over two CPUs.
        unsafe {
            core::arch::asm!(
                "incq %gs:0({cell})",
                "addq {len}, %gs:8({cell})",
                cell = in(reg) self.0.as_ptr(),
                len = in(reg) len,
                options(nostack, att_syntax),
            );
        }
    }

    /// The sum over all CPUs. Packets that are counted meanwhile may or may not be in it.
    pub(crate) fn sum(&self) -> Counters {
        let mut sum = Counters::default();
        for cpu in possible_cpus() {
            // SAFETY: The CPU is possible, so its offset was set at boot, and the type invariant
            // gives it a cell. Aligned 64-bit reads are not torn by the owner's writes.
            unsafe {
                let base = (&raw const bindings::__per_cpu_offset)
                    .cast::<usize>()
                    .add(cpu)
                    .read();
                let cell: *const Cell = self.0.as_ptr().wrapping_byte_add(base);
                sum.pkts = sum
                    .pkts
                    .wrapping_add((&raw const (*cell).pkts).read_volatile());
                sum.bytes = sum
                    .bytes
                    .wrapping_add((&raw const (*cell).bytes).read_volatile());
            }
        }
        sum
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `self` is the only pointer to the cells.
        unsafe { bindings::free_percpu(self.0.as_ptr().cast()) }
    }
}

/// `for_each_possible_cpu()`.
fn possible_cpus() -> impl Iterator<Item = usize> {
    const BITS: usize = usize::BITS as usize;
    // SAFETY: Set at boot and constant since.
    let limit = unsafe { bindings::nr_cpu_ids } as usize;
    (0..limit).filter(|cpu| {
        // SAFETY: The mask has at least `nr_cpu_ids` bits and is constant after boot.
        let word = unsafe {
            (&raw const bindings::__cpu_possible_mask)
                .cast::<usize>()
                .add(cpu / BITS)
                .read()
        };
        word >> (cpu % BITS) & 1 != 0
    })
}
