//! The way from the SDK's threads to one JavaScript thread: a wake-up call, which takes what waits when it is there.
//!
//! A thread-safe function of Node-API is not safe while its environment ends: before Node 24.14 a call from another
//! thread then reads memory that is gone, and a worker may end at any time. So it is only touched under a lock, and a
//! clean-up hook, which runs before Node's own, takes it away for good.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use napi::bindgen_prelude::{Env, Error, FnArgs, Function, Result, Status, check_status, sys};
use napi::threadsafe_function::{ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::client::Doorbell;
use crate::logs;

/// The number that log records come with; clients have others.
const LOG_NUMBER: u32 = 0;
/// The text of what holds nothing.
const NOTHING: &str = "[]";

/// Calls JavaScript. Weak: it keeps no process alive by itself.
type Wake = ThreadsafeFunction<Caller, (), Message, Status, false, true>;

/// What JavaScript gets: the number of who calls, and a text.
type Message = FnArgs<(u32, String)>;

/// Who has something for JavaScript. A call that is on its way when its environment ends is never freed: it owns
/// nothing that matters.
pub(crate) enum Caller {
    Client { number: u32, doorbell: Weak<Doorbell> },
    Logs(Weak<Waker>),
}

impl Caller {
    /// Takes what waits.
    fn message(self) -> Message {
        let (number, text) = match self {
            Caller::Client { number, doorbell } => {
                (number, doorbell.upgrade().map(|doorbell| doorbell.answer()))
            }
            Caller::Logs(waker) => (LOG_NUMBER, Some(logs::take(&waker))),
        };
        (number, text.unwrap_or_else(|| NOTHING.to_owned())).into()
    }
}

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
    /// `wake` is called on this environment's thread: with the number of a client and the text of its events
    /// ([`tessera_batch`]), and with 0 and log records, a JSON array of level and text in turn. It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, wake: Function<'_, Message, ()>) -> Result<Self> {
        let wake = wake
            .build_threadsafe_function::<Caller>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(answer)?;
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

/// On JavaScript's thread, before each call. A panic becomes an error there, as at every entry.
fn answer(call: ThreadsafeCallContext<Caller>) -> Result<Message> {
    let message = catch_unwind(AssertUnwindSafe(|| call.value.message()));
    message.map_err(|_| Error::from_reason("a fault in the SDK: what waits cannot be told"))
}

/// Wakes one environment, for as long as it is there.
pub(crate) struct Waker {
    wake: Mutex<Option<Wake>>,
}

impl Waker {
    /// From any thread.
    pub(crate) fn wake(&self, caller: Caller) {
        if let Some(wake) = &*self.lock() {
            // It fails only when the environment ends, and then nobody is left to be told.
            let _ = wake.call(caller, ThreadsafeFunctionCallMode::NonBlocking);
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
