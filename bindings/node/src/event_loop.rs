//! The way from the SDK's threads to one JavaScript thread: a wake-up call, and nothing else.
//!
//! A thread-safe function of Node-API is not safe while its environment ends: before Node 24.14 a call from another
//! thread then reads memory that is gone, and a worker may end at any time. So it is only touched under a lock, and a
//! clean-up hook, which runs before Node's own, takes it away for good.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{Env, Function, Result, Status, check_status, sys};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

/// Calls JavaScript with the number of whoever has something to take. Weak: it keeps no process alive by itself.
type Wake = ThreadsafeFunction<u32, (), u32, Status, false, true>;

/// Whether some environment of the process has the shared instance.
static SHARED_TAKEN: AtomicBool = AtomicBool::new(false);

/// One JavaScript environment: the main thread's or a worker's.
#[napi]
pub struct EventLoop {
    waker: Arc<Waker>,
    has_shared: bool,
}

#[napi]
impl EventLoop {
    /// `wake` is called on this environment's thread with the number of a client whose events wait, and with 0 when
    /// log records do. It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, wake: Function<'_, u32, ()>) -> Result<Self> {
        let wake =
            wake.build_threadsafe_function::<u32>().weak::<true>().callee_handled::<false>().build()?;
        let waker = Arc::new(Waker { wake: Mutex::new(Some(wake)) });
        let has_shared = !SHARED_TAKEN.swap(true, Ordering::AcqRel);
        // Hooks run last in, first out: this one before that of the function that was made above.
        env.add_env_cleanup_hook(Arc::clone(&waker), move |waker: Arc<Waker>| {
            waker.close();
            if has_shared {
                SHARED_TAKEN.store(false, Ordering::Release);
            }
        })?;
        Ok(EventLoop { waker, has_shared })
    }

    /// Whether the shared instance of the process is here (C23): in the environment that was first.
    #[napi(getter, catch_unwind)]
    pub fn has_shared(&self) -> bool {
        self.has_shared
    }

    /// Whether the loop, and with it the process, goes on while only this module has something to wait for.
    #[napi(catch_unwind)]
    pub fn keep_alive(&self, env: Env, keep: bool) -> Result<()> {
        self.waker.keep_alive(&env, keep)
    }
}

impl EventLoop {
    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }
}

/// Wakes one environment, for as long as it is there.
pub(crate) struct Waker {
    wake: Mutex<Option<Wake>>,
}

impl Waker {
    /// From any thread.
    pub(crate) fn wake(&self, number: u32) {
        if let Some(wake) = &*self.lock() {
            // It fails only when the environment ends, and then nobody is left to be told.
            let _ = wake.call(number, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Whether the environment is still there.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    fn keep_alive(&self, env: &Env, keep: bool) -> Result<()> {
        let lock = self.lock();
        let Some(wake) = &*lock else { return Ok(()) };
        // SAFETY: `env` is the environment that the function was made in, because the object that has it belongs to
        // that environment, and this is its thread. The function is there: whoever takes it away holds the lock.
        let status = unsafe {
            match keep {
                true => sys::napi_ref_threadsafe_function(env.raw(), wake.raw()),
                false => sys::napi_unref_threadsafe_function(env.raw(), wake.raw()),
            }
        };
        check_status!(status)
    }

    fn close(&self) {
        let wake = self.lock().take();
        drop(wake);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Wake>> {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
