// SPDX-License-Identifier: GPL-2.0-only

//! State that every network namespace has one of, behind a mutex.
//!
//! C counterpart: `struct pernet_operations`, `register_pernet_subsys()` and `net_generic()`.
//! The namespace holds a pointer to the state, which is made in the `init` callback and dropped in
//! `exit`. Not handled: `pre_exit`, `exit_batch` and `exit_rtnl`.

use super::{bindings, net::Net};
use core::{cell::UnsafeCell, marker::PhantomData, pin::Pin};
use kernel::{
    error::{from_result, to_result},
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Release},
        lock::{mutex::MutexBackend, Guard},
        rcu, Mutex,
    },
    types::ForeignOwnable,
};

/// Data of which every network namespace has one instance.
pub(crate) trait PerNet: Default + Send + 'static {
    /// The table under which the data is registered.
    fn pernet() -> &'static Pernet<Self>;
}

/// What a namespace stores, boxed.
type State<T> = Pin<KBox<Mutex<T>>>;

/// What the kernel allocates for us in each namespace: a pointer, null until `init` has run.
///
/// A zeroed slot is valid, as `register_pernet_subsys()` requires.
type Slot = Atomic<*mut c_void>;

/// A `struct pernet_operations` for data of type `T`.
pub(crate) struct Pernet<T> {
    operations: UnsafeCell<bindings::pernet_operations>,
    id: UnsafeCell<c_uint>,
    claimed: Atomic<bool>,
    ready: Atomic<bool>,
    data: PhantomData<fn() -> T>,
}

// SAFETY: `operations` and `id` are written by whoever has set `claimed`, before they are handed to
// the kernel, which then writes them under `pernet_ops_rwsem` only. `id` is read while registered.
unsafe impl<T> Sync for Pernet<T> {}

impl<T: PerNet> Pernet<T> {
    /// An unregistered table, to be stored in a static.
    pub(crate) const fn new() -> Self {
        Self {
            operations: UnsafeCell::new(bindings::pernet_operations {
                list: bindings::list_head {
                    next: core::ptr::null_mut(),
                    prev: core::ptr::null_mut(),
                },
                init: Some(init_callback::<T>),
                pre_exit: None,
                exit: Some(exit_callback::<T>),
                exit_batch: None,
                exit_rtnl: None,
                id: core::ptr::null_mut(),
                size: core::mem::size_of::<Slot>(),
            }),
            id: UnsafeCell::new(0),
            claimed: Atomic::new(false),
            ready: Atomic::new(false),
            data: PhantomData,
        }
    }

    /// Makes the data of all namespaces, present and future.
    ///
    /// # Errors
    ///
    /// `EBUSY` if it is registered already, `ENOMEM`.
    pub(crate) fn register(&'static self) -> Result<Registration<T>> {
        if self.claimed.xchg(true, Full) {
            return Err(EBUSY);
        }
        // SAFETY: `claimed` was false, so neither the kernel nor another caller uses the table.
        // `self` is static, so the pointers stay valid until it is unregistered.
        let result = to_result(unsafe {
            (*self.operations.get()).id = self.id.get();
            bindings::register_pernet_subsys(self.operations.get())
        });
        if let Err(error) = result {
            self.claimed.store(false, Release);
            return Err(error);
        }
        self.ready.store(true, Release);
        Ok(Registration(self))
    }

    /// Locks the data of a namespace. Process context, may sleep.
    ///
    /// Returns [`None`] while the table is not registered, and in a namespace whose `exit` callback
    /// has run.
    pub(crate) fn lock<'a>(&'static self, net: Net<'a>) -> Option<Guard<'a, T, MutexBackend>> {
        if !self.ready.load(Acquire) {
            return None;
        }
        // SAFETY: `ready` says that the table is registered. It stays so during `'a`: before it is
        // unregistered, module exit waits for all requests, and whoever else can get here, a dump,
        // a rule or a module that is linked to ours, holds a reference to the module.
        let state = unsafe { self.slot(net) }.load(Acquire);
        if state.is_null() {
            return None;
        }
        // SAFETY: The pointer is one of `into_foreign()` in `init_callback()`. It goes back to
        // `from_foreign()` in `exit_callback()`. That runs when the module exits, see above, or in
        // `cleanup_net()`, when no process and no socket is left in the namespace: nobody sends
        // requests or adds rules by then.
        let mutex: Pin<&'a Mutex<T>> = unsafe { State::<T>::borrow(state) };
        Some(Pin::get_ref(mutex).lock())
    }

    /// `net_generic()`.
    ///
    /// # Safety
    ///
    /// The table must be registered and the slot of the namespace allocated, both during `'a`.
    unsafe fn slot<'a>(&'static self, net: Net<'a>) -> &'a Slot {
        let _guard = rcu::read_lock();
        // SAFETY: The offset is that of `struct net::gen`, an RCU pointer that is never null;
        // `_guard` keeps the array alive. `register_pernet_subsys()` has assigned the id, and the
        // array has a slot for it by the requirements of this function.
        unsafe {
            let generic = net
                .as_ptr()
                .byte_add(bindings::OFFSETOF_NET_GEN)
                .cast::<*const *const Slot>()
                .read_volatile();
            let id = *self.id.get() as usize;
            &*generic.add(id).read_volatile()
        }
    }
}

/// The registration of a table; dropping it drops the data of all namespaces.
///
/// Nobody may lock by then, see [`Pernet::lock`]: drop it after everything that does.
pub(crate) struct Registration<T: PerNet>(&'static Pernet<T>);

impl<T: PerNet> Drop for Registration<T> {
    fn drop(&mut self) {
        self.0.ready.store(false, Release);
        // SAFETY: The table was registered in `Pernet::register()` and is unregistered once.
        unsafe { bindings::unregister_pernet_subsys(self.0.operations.get()) };
        self.0.claimed.store(false, Release);
    }
}

/// Makes the data of a new namespace.
///
/// # Safety
///
/// Called by the kernel for `pernet_operations::init` of the table of `T`.
unsafe extern "C" fn init_callback<T: PerNet>(net: *mut bindings::net) -> c_int {
    from_result(|| {
        let state = KBox::pin_init(new_mutex!(T::default(), "pernet_data"), GFP_KERNEL_ACCOUNT)?;
        // SAFETY: The kernel has assigned the id and allocated the slot before this callback.
        let slot = unsafe { T::pernet().slot(Net::from_raw(net)) };
        slot.store(state.into_foreign(), Release);
        Ok(0)
    })
}

/// Drops the data of a namespace.
///
/// # Safety
///
/// Called by the kernel for `pernet_operations::exit` of the table of `T`.
unsafe extern "C" fn exit_callback<T: PerNet>(net: *mut bindings::net) {
    // SAFETY: The kernel frees the slot after this callback.
    let slot = unsafe { T::pernet().slot(Net::from_raw(net)) };
    let state = slot.xchg(core::ptr::null_mut(), Full);
    // SAFETY: The pointer is null or comes from `into_foreign()`, and the exchange makes this the
    // only call for it.
    drop(unsafe { State::<T>::try_from_foreign(state) });
}
