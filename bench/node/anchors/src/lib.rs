//! What a user would have without this project: a Node-API class with a getter, a function, and events pushed one by
//! one through a thread-safe function. Everything is as `napi` gives it.

use std::sync::atomic::{AtomicI32, Ordering};

use napi::Status;
use napi::bindgen_prelude::{Function, Result};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

type OnEvent = ThreadsafeFunction<u32, (), u32, Status, false>;

/// A client that holds nothing but a status and a user.
#[napi]
pub struct Bare {
    status: AtomicI32,
    user: String,
}

#[napi]
impl Bare {
    /// Logged in as this user.
    #[napi(constructor)]
    pub fn new(user: String) -> Self {
        Bare { status: AtomicI32::new(0), user }
    }

    /// The status.
    #[napi]
    pub fn status(&self) -> i32 {
        self.status.load(Ordering::Acquire)
    }

    /// The user.
    #[napi]
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// The status of the one client.
#[napi]
pub fn status() -> i32 {
    static STATUS: AtomicI32 = AtomicI32::new(0);
    STATUS.load(Ordering::Acquire)
}

/// Pushes so many events from another thread, one call for each.
#[napi]
pub fn push_events(count: u32, on_event: Function<'_, u32, ()>) -> Result<()> {
    let on_event: OnEvent = on_event.build_threadsafe_function::<u32>().callee_handled::<false>().build()?;
    std::thread::spawn(move || {
        for n in 0..count {
            on_event.call(n, ThreadsafeFunctionCallMode::NonBlocking);
        }
    });
    Ok(())
}

/// Something that can be told one event at a time, from the thread that it is called on.
#[napi]
pub struct Bell {
    on_event: OnEvent,
}

#[napi]
impl Bell {
    /// Tells this function.
    #[napi(constructor)]
    pub fn new(on_event: Function<'_, u32, ()>) -> Result<Self> {
        let on_event = on_event.build_threadsafe_function::<u32>().callee_handled::<false>().build()?;
        Ok(Bell { on_event })
    }

    /// Tells it, later.
    #[napi]
    pub fn ring(&self) {
        self.on_event.call(0, ThreadsafeFunctionCallMode::NonBlocking);
    }
}
