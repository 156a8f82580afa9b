//! One client behind a handle: calls go to the base layer, its events come out as callbacks.

use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};
use std::thread::{self, ThreadId};

use tessera_client::settings::{self, Layers};
use tessera_client::{
    CallId, ConnectionStatus, Delivering, Engine, Error, Event, EventKind, LogRecord, Logs, codes,
    is_delivering_here,
};

use crate::boundary::{UserData, c_text};
use crate::calls::{Call, Calls};
use crate::config::{self, Pending};
use crate::delivery::{self, Delivery};
use crate::fork;
use crate::generated::enums::TIMNetworkStatus;
use crate::last_error::{self, Seen};
use crate::listener::{ListenerSet, TesseraListener};
use crate::logs::{self, LogFunction};
use crate::slot::Slot;
use crate::tim::TIMCommCallback;

/// The functions that the setters of `tim.rs` take, without their `Option`.
type NetworkFunction = unsafe extern "C" fn(TIMNetworkStatus, i32, *const c_char, *const c_void);
type PlainFunction = unsafe extern "C" fn(*const c_void);
type TicketFunction = unsafe extern "C" fn(u64, *const c_char, *const c_void);
/// `TesseraWakeCallback` without its `Option`.
pub(crate) type WakeFunction = unsafe extern "C" fn(*const c_void);

/// A client: one account at a time (C20). Made by `tessera_client_new`, or the one of the process, which the functions
/// `TIM…` use.
pub struct TesseraClient {
    is_shared: bool,
    pub(crate) engine: Engine,
    pub(crate) delivery: Delivery,
    pub(crate) calls: Calls,
    pub(crate) listeners: ListenerSet,
    pub(crate) network: Slot<NetworkFunction>,
    pub(crate) kicked: Slot<PlainFunction>,
    pub(crate) expired: Slot<PlainFunction>,
    pub(crate) log: Slot<LogFunction>,
    pub(crate) provider: Slot<TicketFunction>,
    /// What TIMSetConfig and callExperimentalAPI have said for the next init.
    pub(crate) pending: Mutex<Pending>,
    /// The thread of the host's loop, if it has one.
    loop_thread: Mutex<Option<ThreadId>>,
    /// Tells the host's loop that callbacks wait.
    wake_loop: Slot<WakeFunction>,
    /// The host's loop was told, and has not come yet.
    is_posted: AtomicBool,
    /// Held by whoever delivers.
    delivering: Mutex<()>,
}

/// The client of the process, once it was made. In a child it is NULL again, so that a getter has nothing else to ask.
static SHARED: AtomicPtr<TesseraClient> = AtomicPtr::new(std::ptr::null_mut());

impl TesseraClient {
    pub(crate) fn new(is_shared: bool) -> Result<Arc<Self>, Error> {
        // A client has locks and random numbers that a child must not share with its parent, and may start a thread at
        // any time.
        fork::watch(|| SHARED.store(std::ptr::null_mut(), Ordering::Relaxed));
        let me: Arc<OnceLock<Weak<TesseraClient>>> = Arc::default();
        let waker = Arc::clone(&me);
        let on_events = move || {
            if let Some(client) = waker.get().and_then(Weak::upgrade)
                && let Err(error) = client.wake()
            {
                tracing::error!("events cannot be delivered: {error}");
            }
        };
        let client = Arc::new(TesseraClient {
            is_shared,
            engine: Engine::new(is_shared, Box::new(on_events))?,
            delivery: Delivery::default(),
            calls: Calls::default(),
            listeners: ListenerSet::default(),
            network: Slot::new(),
            kicked: Slot::new(),
            expired: Slot::new(),
            log: Slot::new(),
            provider: Slot::new(),
            pending: Mutex::default(),
            loop_thread: Mutex::default(),
            wake_loop: Slot::new(),
            is_posted: AtomicBool::new(false),
            delivering: Mutex::default(),
        });
        // It is new, so nobody has set it.
        let _ = me.set(Arc::downgrade(&client));
        Ok(client)
    }

    /// The client of the process, made when it is needed first.
    pub(crate) fn shared() -> Result<Arc<Self>, Error> {
        fork::check()?;
        if let Some(client) = TesseraClient::shared_if_made() {
            return Ok(client.retained());
        }
        let new = TesseraClient::new(true)?;
        let pointer = Arc::as_ptr(&new).cast_mut();
        match SHARED.compare_exchange(std::ptr::null_mut(), pointer, Ordering::AcqRel, Ordering::Acquire) {
            // What is kept there counts, and is never given back.
            Ok(_) => std::mem::forget(Arc::clone(&new)),
            Err(_) => return TesseraClient::shared(),
        }
        Ok(new)
    }

    #[inline]
    pub(crate) fn shared_if_made() -> Option<&'static Self> {
        // SAFETY: NULL, or a client that is never freed.
        unsafe { SHARED.load(Ordering::Acquire).as_ref() }
    }

    /// One more owner. Whoever runs callbacks is one, or starts what may run them: a callback may free the client, even
    /// before the call that caused it has returned.
    pub(crate) fn retained(&self) -> Arc<Self> {
        // SAFETY: every client is made by `new`, in an `Arc`, and lives at least as long as this borrow.
        unsafe {
            Arc::increment_strong_count(self);
            Arc::from_raw(self)
        }
    }

    /// Something waits for delivery. Calls nobody: a host's loop is told from the thread, because a runtime that has
    /// met one of the core's threads may wait for its end when it ends itself.
    pub(crate) fn wake(self: &Arc<Self>) -> std::io::Result<()> {
        // The loop takes everything when it comes.
        if self.is_posted.load(Ordering::Acquire) { Ok(()) } else { self.wake_thread() }
    }

    /// Something waits, or the thread has to look whether it is still needed.
    fn wake_thread(self: &Arc<Self>) -> std::io::Result<()> {
        self.delivery.wake(self)
    }

    /// A log record waits. Logs nothing itself.
    pub(crate) fn wake_for_log(self: &Arc<Self>) {
        // Without a thread nobody can be told, and logging that would lead back here.
        let _ = self.wake();
    }

    fn post(&self) {
        if !self.is_posted.swap(true, Ordering::AcqRel) {
            // SAFETY: the host gave it for this purpose.
            self.wake_loop.call(|wake, user_data| unsafe { wake(user_data.0) });
        }
    }

    fn lock_loop(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.loop_thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loop_thread(&self) -> Option<ThreadId> {
        *self.lock_loop()
    }

    /// Whether the thread has to be there even while nothing waits.
    pub(crate) fn needs_thread(&self) -> bool {
        self.engine.app().is_some()
    }

    /// On the delivery thread: delivers, or has the host do it.
    pub(crate) fn deliver_here(&self) {
        if self.loop_thread().is_some() { self.post() } else { self.deliver_waiting() }
    }

    /// From now on callbacks run where the host calls `tessera_deliver_waiting`, on this thread; with `None`, on the
    /// SDK's thread again. When it returns, the function before is not called any more, and the SDK's thread takes
    /// nothing more.
    pub(crate) fn set_host_loop(self: &Arc<Self>, wake: Option<WakeFunction>, user_data: UserData) {
        let thread = wake.map(|_| thread::current().id());
        *self.lock_loop() = thread;
        self.wake_loop.set(wake, user_data);
        self.is_posted.store(false, Ordering::Release);
        // What waits already, and a thread that is not needed any more.
        let _ = self.wake_thread();
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    pub(crate) fn init(self: &Arc<Self>, app: u64, json: Option<&str>) -> Result<(), Error> {
        // Malformed JSON is an error even if the client is initialised already.
        let given = config::layer_of(json)?;
        self.engine.init_with(app, || {
            let mut code = self.pending.lock().unwrap_or_else(PoisonError::into_inner).layer();
            code.extend(given);
            settings::resolve(&Layers { code, environment: settings::environment(), ..Layers::default() })
        })?;
        self.wake().map_err(|error| {
            // Nobody would ever be told anything.
            let _ = self.engine.un_init();
            Error::new(codes::ERR_INIT_CORE_FAIL, format!("the SDK's thread could not be started: {error}"))
        })
    }

    /// C9: when it returns, only a callback that is stuck may still be running.
    pub(crate) fn un_init(self: &Arc<Self>) {
        // First: a callback with what was due may initialise again, and set new ones.
        let (ending, ()) = self.engine.un_init_with(|| self.forget_callbacks());
        let in_time = if self.engine.is_delivering_here() {
            self.engine.deliver_waiting(&mut |event| self.deliver(event));
            true
        } else if self.loop_thread().is_some() {
            ending.wait_for_running()
        } else {
            ending.wait()
        };
        if !in_time {
            tracing::warn!("a callback still runs after unInit");
        }
        // The thread has to see that it is not needed any more.
        let _ = self.wake_thread();
    }

    /// unInit for a client that is freed: its own loop is not told any more, and what that would have delivered later is
    /// delivered now.
    pub(crate) fn end(self: &Arc<Self>) {
        self.wake_loop.set(None, UserData(std::ptr::null()));
        self.un_init();
        if self.loop_thread().is_some() {
            self.engine.deliver_waiting(&mut |event| self.deliver(event));
        }
    }

    /// Waits for nobody and calls nobody.
    fn forget_callbacks(&self) {
        self.network.clear();
        self.kicked.clear();
        self.expired.clear();
        self.provider.clear();
        self.listeners.clear();
        if self.log.is_set() {
            self.log.clear();
            logs::collect(|| self.log.is_set());
        }
    }

    pub(crate) fn login(&self, user: &str, ticket: &str, call: Call) -> Result<(), Error> {
        self.engine.login_with(user, ticket, |id| self.calls.add(id, call)).map(drop)
    }

    pub(crate) fn logout(&self, call: Call) -> Result<(), Error> {
        self.engine.logout_with(|id| self.calls.add(id, call)).map(drop)
    }

    /// A call that has its result already; it comes as that of any other.
    pub(crate) fn answer(&self, result: Result<(), Error>, call: Call) {
        self.engine.answer_with(result, |id| self.calls.add(id, call));
    }

    /// What a call that could not be taken comes to is told by its callback all the same.
    pub(crate) fn always_answered(
        &self,
        callback: TIMCommCallback,
        user_data: *const c_void,
        call: impl FnOnce(&Self, Call) -> Result<(), Error>,
    ) {
        let tell = || Call::tell(callback, user_data, "");
        if let Err(error) = call(self, tell()) {
            self.answer(Err(error), tell());
        }
    }

    /// Makes a call and waits for its result (C18: inside a callback it fails at once).
    pub(crate) fn wait(&self, call: impl FnOnce(&Self, Call) -> Result<(), Error>) -> Result<(), Error> {
        // Its result would be delivered after it, or by the loop that it stops.
        if is_delivering_here() || delivery::is_here() {
            return Err(Error::of(codes::ERR_SDK_INVALID_OPERATION));
        }
        if self.loop_thread() == Some(thread::current().id()) {
            let desc = "a call that waits was made on the thread of the host's loop, which it would stop";
            return Err(Error::new(codes::ERR_SDK_INVALID_OPERATION, desc));
        }
        let (sender, result) = std::sync::mpsc::sync_channel(1);
        call(self, Call::Wait(sender))?;
        // Every call that was taken has a result.
        result.recv().unwrap_or_else(|_| Err(Error::of(codes::ERR_SDK_INTERNAL_ERROR)))
    }

    pub(crate) fn set_provider(&self, ask: Option<TicketFunction>, user_data: UserData) {
        if ask.is_none() {
            self.engine.set_has_provider(false);
        }
        self.provider.set(ask, user_data);
        if ask.is_some() {
            self.engine.set_has_provider(true);
        }
    }

    pub(crate) fn set_log(&self, callback: Option<LogFunction>, user_data: UserData) {
        self.log.set(callback, user_data);
        logs::collect(|| self.log.is_set());
    }

    pub(crate) fn connection_status(&self) -> TIMNetworkStatus {
        match self.engine.connection_status() {
            ConnectionStatus::Connected => TIMNetworkStatus::kTIMConnected,
            ConnectionStatus::Disconnected => TIMNetworkStatus::kTIMDisconnected,
            ConnectionStatus::Connecting => TIMNetworkStatus::kTIMConnecting,
            ConnectionStatus::ConnectFailed => TIMNetworkStatus::kTIMConnectFailed,
        }
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------

    /// Delivers all that waits, unless somebody does already, who then goes on with it.
    pub(crate) fn deliver_waiting(&self) {
        self.is_posted.store(false, Ordering::Release);
        loop {
            let delivering = match self.delivering.try_lock() {
                Ok(delivering) => delivering,
                // A panic of ours must not end delivery for ever.
                Err(TryLockError::Poisoned(delivering)) => delivering.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            self.deliver_all();
            drop(delivering);
            // What came since the last look may have met the lock. The SDK's thread has the host's loop told next.
            if is_for_the_loop(self.loop_thread()) || !self.engine.has_events() {
                return;
            }
        }
    }

    fn deliver_all(&self) {
        while let Some(next) = self.take_next() {
            match next {
                Next::Event(mut event) => {
                    if let Some(_delivering) = self.engine.enter_delivery(&mut event) {
                        self.deliver(event);
                    }
                }
                Next::Record(_aside, record) => {
                    last_error::set(None);
                    self.log.call(|callback, user_data| logs::hand_out(&record, callback, user_data));
                }
            }
        }
    }

    /// Events first, then log records.
    fn take_next(&self) -> Option<Next<'_>> {
        // Held while it takes: what comes after the host has set a loop is the loop's.
        let loop_thread = self.lock_loop();
        if is_for_the_loop(*loop_thread) {
            return None;
        }
        loop {
            if let Some(event) = self.engine.try_next_events(1).pop() {
                return Some(Next::Event(event));
            }
            if !self.is_shared || !self.log.is_set() {
                return None;
            }
            let Some(aside) = self.engine.enter_aside() else { continue };
            return Logs::of_process().try_next(1).pop().map(|record| Next::Record(aside, record));
        }
    }

    fn deliver(&self, event: Event) {
        last_error::set(None);
        match event.kind {
            EventKind::Completed(call, result) => self.complete(call, result),
            EventKind::Connecting => {
                self.tell_network(TIMNetworkStatus::kTIMConnecting, None);
                self.listeners.each(TesseraListener::connecting);
            }
            EventKind::ConnectSuccess => {
                self.tell_network(TIMNetworkStatus::kTIMConnected, None);
                self.listeners.each(TesseraListener::connect_success);
            }
            EventKind::ConnectFailed(error) => {
                self.tell_network(TIMNetworkStatus::kTIMConnectFailed, Some(&error));
                let seen = Seen::new(&error);
                self.listeners.each(|listener| listener.connect_failed(&seen));
            }
            EventKind::Disconnected(error) => {
                self.tell_network(TIMNetworkStatus::kTIMDisconnected, Some(&error));
                let seen = Seen::new(&error);
                self.listeners.each(|listener| listener.disconnected(&seen));
            }
            EventKind::KickedOffline(kick) => {
                // SAFETY: the host gave it for this purpose; so in all that follow.
                self.kicked.call(|callback, user_data| unsafe { callback(user_data.0) });
                self.listeners.each(|listener| listener.kicked_offline(&kick));
            }
            EventKind::UserSigExpired => {
                // SAFETY: as above.
                self.expired.call(|callback, user_data| unsafe { callback(user_data.0) });
                self.listeners.each(TesseraListener::user_sig_expired);
            }
            EventKind::TicketRequest(request, user) => {
                let user = c_text(user.as_str());
                // SAFETY: as above; the text lives until it returns.
                self.provider.call(|ask, user_data| unsafe { ask(request.0, user.as_ptr(), user_data.0) });
            }
        }
    }

    fn complete(&self, call: CallId, result: Result<(), Error>) {
        if let Some(call) = self.calls.take(call) {
            call.complete(result);
        }
    }

    fn tell_network(&self, status: TIMNetworkStatus, error: Option<&Error>) {
        let code = error.map_or(0, |error| error.code.0);
        let desc = c_text(error.map_or("", |error| &error.desc));
        last_error::set(error.cloned());
        self.network.call(|callback, user_data| {
            // SAFETY: the host gave it for this purpose; the text lives until it returns.
            unsafe { callback(status, code, desc.as_ptr(), user_data.0) };
        });
    }
}

/// What is delivered next.
enum Next<'a> {
    Event(Event),
    Record(Delivering<'a>, LogRecord),
}

/// Whether this is the SDK's thread, and callbacks run on another one.
fn is_for_the_loop(loop_thread: Option<ThreadId>) -> bool {
    delivery::is_here() && loop_thread.is_some_and(|thread| thread != thread::current().id())
}

impl std::fmt::Debug for TesseraClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TesseraClient").field("engine", &self.engine).finish_non_exhaustive()
    }
}
