// SPDX-License-Identifier: GPL-2.0-only

//! Commits one crime while it is loaded, so that the debug kernel's checkers can
//! prove that they see what Rust code does. Never for a machine that matters.
//!
//! `insmod nfacct_crimes.ko crime=N`; the numbers and what must be reported about
//! each stand in `crimes.toml`.

use core::{hint::black_box, ptr::NonNull};
use kernel::{
    bindings, cpu, new_mutex, new_spinlock,
    prelude::*,
    sync::{rcu, static_lock_class, Mutex, Refcount, SpinLock},
};
use per_cpu::access;

// Where the modules for the debug kernel have their counters.
#[allow(dead_code)]
#[path = "../../kernel-module/netfilter/per_cpu.rs"]
mod per_cpu;
#[allow(dead_code)]
#[path = "../../kernel-module/model/quota.rs"]
mod quota;
mod model {
    pub(crate) use crate::quota;
}

module! {
    type: Crimes,
    name: "nfacct_crimes",
    authors: ["nfacct contributors"],
    description: "Test only: commits the crimes that a debug kernel must report",
    license: "GPL",
    params: {
        crime: i64 {
            default: 0,
            description: "Which crime; 0 does nothing wrong",
        },
    },
}

/// Size of the objects that are misused.
const SIZE: usize = 96;

/// How many objects a leak loses. kmemleak misses some tens of the latest of a slab.
const SLAB_LOSS: usize = 2000;
const PER_CPU_LOSS: usize = 100;

struct Crimes;

impl kernel::Module for Crimes {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        match *module_parameters::crime.value() {
            0 => innocent()?,
            1 => sleep_under_rcu()?,
            2 => sleep_under_spinlock()?,
            3 => dereference_without_rcu(),
            4 => invert_locks()?,
            5 => read_after_free()?,
            6 => write_after_free()?,
            7 => read_out_of_bounds()?,
            8 => write_out_of_bounds()?,
            9 => free_twice()?,
            10 => leak_slab()?,
            11 => leak_per_cpu()?,
            12 => call_rcu_twice()?,
            13 => add_to_list_twice()?,
            14 => put_reference_twice(),
            15 => count_in_freed_cells()?,
            16 => write_behind_cells()?,
            17 => lose_cells()?,
            18 => overflow(),
            _ => return Err(EINVAL),
        }
        Ok(Self)
    }
}

/// An object on the heap whose life nobody watches.
fn object() -> Result<*mut u8> {
    Ok(KBox::into_raw(KBox::new([0u8; SIZE], GFP_KERNEL)?).cast())
}

/// Frees what `object()` returned.
///
/// # Safety
///
/// To be called once for each object, which the crimes ignore on purpose.
unsafe fn free(object: *mut u8) {
    // SAFETY: As the caller promises.
    drop(unsafe { KBox::from_raw(object.cast::<[u8; SIZE]>()) });
}

/// Memory of each processor.
fn per_cpu() -> Result<*mut core::ffi::c_void> {
    // SAFETY: A small size and alignment, which the allocator accepts.
    let cells = unsafe { bindings::pcpu_alloc_noprof(16, 8, false, bindings::GFP_KERNEL) };
    if cells.is_null() {
        return Err(ENOMEM);
    }
    Ok(cells.cast())
}

/// The counters of one object.
fn counters() -> Result<NonNull<per_cpu::Cell>> {
    access::allocate(access::MOST_CELLS).ok_or(ENOMEM)
}

type Locks = (Pin<KBox<Mutex<u32>>>, Pin<KBox<Mutex<u32>>>);

/// Two locks of different classes.
fn locks() -> Result<Locks> {
    Ok((
        KBox::pin_init(new_mutex!(0, "first"), GFP_KERNEL)?,
        KBox::pin_init(new_mutex!(0, "second"), GFP_KERNEL)?,
    ))
}

/// Uses everything that the crimes use, correctly.
fn innocent() -> Result {
    let object = object()?;
    // SAFETY: The object lives, the last byte is part of it, and it is freed once.
    unsafe {
        object.add(SIZE - 1).write_volatile(1);
        black_box(object.add(SIZE - 1).read_volatile());
        free(object);
    }
    let cells = per_cpu()?;
    // SAFETY: They were just allocated.
    unsafe { bindings::free_percpu(cells) };
    let _audit = per_cpu::Audit;
    let cells = counters()?;
    // SAFETY: They were just allocated, and are freed once.
    unsafe {
        access::count(cells, 1);
        access::free(cells);
    }
    drop(rcu::read_lock());
    let (first, second) = locks()?;
    let _first = first.lock();
    let _second = second.lock();
    Ok(())
}

fn sleep_under_rcu() -> Result {
    let _guard = rcu::read_lock();
    drop(KBox::new([0u8; SIZE], GFP_KERNEL)?);
    Ok(())
}

fn sleep_under_spinlock() -> Result {
    let lock: Pin<KBox<SpinLock<u32>>> = KBox::pin_init(new_spinlock!(0), GFP_KERNEL)?;
    let _guard = lock.lock();
    drop(KBox::new([0u8; SIZE], GFP_KERNEL)?);
    Ok(())
}

fn dereference_without_rcu() {
    // SAFETY: Process 1 never ends. Not to hold the RCU lock is the crime.
    unsafe { black_box(bindings::pid_task(bindings::find_vpid(1), 0)) };
}

fn invert_locks() -> Result {
    let (first, second) = locks()?;
    {
        let _first = first.lock();
        let _second = second.lock();
    }
    let _second = second.lock();
    let _first = first.lock();
    Ok(())
}

fn read_after_free() -> Result {
    let object = object()?;
    // SAFETY: None, this is the crime.
    unsafe {
        free(object);
        black_box(object.read_volatile());
    }
    Ok(())
}

fn write_after_free() -> Result {
    let object = object()?;
    // SAFETY: None, this is the crime.
    unsafe {
        free(object);
        object.add(8).write_volatile(1);
    }
    Ok(())
}

fn read_out_of_bounds() -> Result {
    let object = object()?;
    // SAFETY: None, this is the crime. The object is freed once.
    unsafe {
        black_box(object.add(SIZE).read_volatile());
        free(object);
    }
    Ok(())
}

fn write_out_of_bounds() -> Result {
    let object = object()?;
    // SAFETY: None, this is the crime. The object is freed once.
    unsafe {
        object.add(SIZE).write_volatile(1);
        free(object);
    }
    Ok(())
}

fn free_twice() -> Result {
    let object = object()?;
    // SAFETY: None, this is the crime.
    unsafe {
        free(object);
        free(object);
    }
    Ok(())
}

fn leak_slab() -> Result {
    for _ in 0..SLAB_LOSS {
        black_box(object()?);
    }
    Ok(())
}

fn leak_per_cpu() -> Result {
    for _ in 0..PER_CPU_LOSS {
        black_box(per_cpu()?);
    }
    Ok(())
}

/// A callback that has nothing to do.
///
/// # Safety
///
/// None: it is called by RCU.
unsafe extern "C" fn nothing(_head: *mut bindings::callback_head) {}

fn call_rcu_twice() -> Result {
    let head = KBox::into_raw(KBox::new(bindings::callback_head::default(), GFP_KERNEL)?);
    // SAFETY: The second call before the first one's end is the crime; the head is freed after
    // the last callback.
    unsafe {
        bindings::call_rcu(head, Some(nothing));
        bindings::call_rcu(head, Some(nothing));
        bindings::rcu_barrier();
        drop(KBox::from_raw(head));
    }
    Ok(())
}

fn add_to_list_twice() -> Result {
    let queue = KBox::into_raw(KBox::new(bindings::wait_queue_head::default(), GFP_KERNEL)?);
    let entry = KBox::into_raw(KBox::new(
        bindings::wait_queue_entry::default(),
        GFP_KERNEL,
    )?);
    // SAFETY: The second addition is the crime; the entry is removed before both are freed.
    unsafe {
        bindings::__init_waitqueue_head(
            queue,
            c"crime".as_char_ptr(),
            static_lock_class!().as_ptr(),
        );
        bindings::init_wait_entry(entry, 0);
        bindings::add_wait_queue(queue, entry);
        bindings::add_wait_queue(queue, entry);
        bindings::remove_wait_queue(queue, entry);
        drop(KBox::from_raw(entry));
        drop(KBox::from_raw(queue));
    }
    Ok(())
}

fn put_reference_twice() {
    let count = Refcount::new(1);
    black_box(count.dec_and_test());
    black_box(count.dec_and_test());
}

fn count_in_freed_cells() -> Result {
    let cells = counters()?;
    // SAFETY: None, this is the crime.
    unsafe {
        access::free(cells);
        access::count(cells, 1);
    }
    Ok(())
}

fn write_behind_cells() -> Result {
    let cells = counters()?;
    let behind = access::word(cells, cpu::nr_cpu_ids() as usize, quota::Unit::Packets);
    // SAFETY: There is one more word than the cells need; that it is the guard is the crime.
    unsafe {
        behind.write_volatile(1);
        access::free(cells);
    }
    Ok(())
}

fn lose_cells() -> Result {
    let _audit = per_cpu::Audit;
    black_box(counters()?);
    Ok(())
}

fn overflow() {
    let number: u8 = black_box(255);
    black_box(number + 1);
}
