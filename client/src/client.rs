//! The Rust API: one client with its callbacks, on top of the base layer.
//!
//! Events are delivered by a task of the SDK's runtime, which exists while some wait. It needs no runtime of the host,
//! and does not mind one.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tessera_core::client::{CallId, EventKind, TicketRequestId};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus};
use tessera_core::generated::versions::SDK_VERSION;
use tessera_core::id::UserId;
use tessera_core::time::Millis;

use crate::config::ClientConfig;
use crate::driver::Event;
use crate::engine::Engine;
use crate::events::{Events, Receivers, SdkEvent};
use crate::listener::SdkListener;
use crate::listeners::Listeners;
use crate::pending::{Pending, Slot};
use crate::provider::{self, ProviderSeat};
use crate::runtime;

/// One client: one account at a time (C20). Clones are the same client; when the last is dropped, the session ends as
/// with [`Client::un_init`], and calls that wait get 7009.
///
/// ```no_run
/// use tessera_client::{Client, ClientConfig, Error};
///
/// fn main() -> Result<(), Error> {
///     let client = Client::new();
///     client.init(1400000000, ClientConfig::new().server_url("wss://chat.example.com"))?;
///     client.login("alice", "her UserSig, from your server").wait()?;
///     assert_eq!(client.login_user().as_deref(), Some("alice"));
///     client.logout().wait()?;
///     client.un_init().wait()
/// }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    calls: Mutex<HashMap<CallId, Arc<Slot>>>,
    listeners: Listeners<Arc<dyn SdkListener>>,
    receivers: Receivers,
    provider: ProviderSeat,
    /// Whether a task delivers now.
    delivering: AtomicBool,
}

impl Client {
    /// A client that is not initialised, with a device id of its own.
    ///
    /// # Panics
    /// If the operating system gives no randomness, without which no session id would be safe.
    pub fn new() -> Self {
        Client::build(false)
    }

    /// The shared instance of the process, which has the device id of the installation (C23). V2TIM's singleton.
    ///
    /// # Panics
    /// As [`Client::new`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Client> = OnceLock::new();
        SHARED.get_or_init(|| Client::build(true))
    }

    fn build(is_shared: bool) -> Self {
        let me: Arc<OnceLock<Weak<Shared>>> = Arc::default();
        let waker = Arc::clone(&me);
        let on_events = move || {
            if let Some(shared) = waker.get().and_then(Weak::upgrade) {
                shared.start_delivery();
            }
        };
        let engine =
            Engine::new(is_shared, Box::new(on_events)).expect("the operating system has randomness");
        let shared = Arc::new(Shared {
            engine,
            calls: Mutex::default(),
            listeners: Listeners::new(),
            receivers: Receivers::default(),
            provider: ProviderSeat::default(),
            delivering: AtomicBool::new(false),
        });
        // It is new, so nobody has set it.
        let _ = me.set(Arc::downgrade(&shared));
        Client { shared }
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// Initialises (C9, C22, C23) and, unless the settings say otherwise, connects. With the same app while
    /// initialised it is a success: the first configuration is kept. `app` is the SDKAppID.
    ///
    /// # Errors
    /// 6017 for app 0 and for settings that are invalid or incomplete; 90101 while initialised with another app; 6018
    /// when the SDK's thread does not start.
    pub fn init(&self, app: u64, config: ClientConfig) -> Result<(), Error> {
        self.shared.engine.init_with(app, || config.resolve()).map(drop)
    }

    /// Ends everything (C9): the session is logged out without waiting for the gateway, listeners and provider are
    /// forgotten, calls that wait get 7009. That holds when it returns; what it returns is done when the callback that
    /// was running is, or after the setting `uninit_timeout_ms`. Inside a callback of this client it is done at once.
    /// [`Client::init`] may follow.
    pub fn un_init(&self) -> Pending {
        let shared = &self.shared;
        let (ending, forgotten) = shared.engine.un_init_with(|| {
            (shared.receivers.take(), shared.listeners.take(), shared.provider.replace(None))
        });
        drop(forgotten);
        if shared.engine.is_delivering_here() {
            shared.deliver_waiting();
            return Pending::ready(Ok(()));
        }
        let (pending, slot) = Pending::new();
        match runtime::handle() {
            Ok(runtime) => drop(runtime.spawn(async move {
                if !ending.delivered().await {
                    tracing::warn!("a callback still runs after unInit");
                }
                slot.complete(Ok(()));
            })),
            // Without a runtime nothing was ever delivered.
            Err(_) => slot.complete(Ok(())),
        }
        pending
    }

    /// Logs in (C4–C7, C10). Status and user are the new ones when it returns; the result follows.
    ///
    /// # Errors
    /// Through the result: 6013 before init; 6017 or 7003 for an invalid argument; 6206, 70001 or 70052 when a new
    /// ticket is needed (C17); 9520 or 9523 at the deadline; 6023 when a logout or another login came in between; 7009
    /// after unInit; 7008 when too many results wait; else what the gateway says.
    pub fn login(&self, user: &str, user_sig: &str) -> Pending {
        self.call(|engine, register| engine.login_with(user, user_sig, register))
    }

    /// Logs out (C8). Succeeds when nobody is logged in.
    ///
    /// # Errors
    /// Through the result: 6013 before init; 7009 after unInit; 7008 when too many results wait.
    pub fn logout(&self) -> Pending {
        self.call(|engine, register| engine.logout_with(register))
    }

    fn call(&self, call: impl FnOnce(&Engine, &mut dyn FnMut(CallId)) -> Result<CallId, Error>) -> Pending {
        let (pending, slot) = Pending::new();
        let mut register = |id| drop(self.shared.calls().insert(id, Arc::clone(&slot)));
        match call(&self.shared.engine, &mut register) {
            Ok(_) => pending,
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// The network is back or has changed: reconnect or probe now (C11). Takes effect at most once a second.
    pub fn notify_network_available(&self) {
        self.shared.engine.hint();
    }

    /// The app is in the foreground again: reconnect or probe now (C11). Takes effect at most once a second.
    pub fn notify_foreground(&self) {
        self.shared.engine.hint();
    }

    /// Sets who is asked for a new ticket before the old one expires (C15). The closure gets the user id; its future
    /// runs on the SDK's tokio runtime. An error never ends a session: the provider is asked again later. unInit
    /// forgets it.
    ///
    /// ```
    /// # use tessera_client::Client;
    /// # async fn ticket_from_my_server(user: &str) -> Result<String, std::io::Error> { Ok(user.to_owned()) }
    /// let client = Client::new();
    /// client.set_ticket_provider(async |user: String| ticket_from_my_server(&user).await);
    /// ```
    pub fn set_ticket_provider<F, A, E>(&self, ask: F)
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = Result<String, E>> + Send + 'static,
        E: Display + 'static,
    {
        self.shared.provider.set(Some(provider::boxed(ask)));
        self.shared.engine.set_has_provider(true);
    }

    /// Forgets the ticket provider.
    pub fn clear_ticket_provider(&self) {
        self.shared.engine.set_has_provider(false);
        self.shared.provider.set(None);
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /// Adds a listener, before or after init (C19). The same one twice counts once. unInit forgets it.
    pub fn add_listener(&self, listener: Arc<dyn SdkListener>) {
        self.shared.listeners.add(key_of(&listener), listener);
    }

    /// Removes a listener. When it returns, no callback of it runs or will start, except the one that this was called
    /// from; so it blocks while one runs on another thread.
    pub fn remove_listener(&self, listener: &Arc<dyn SdkListener>) {
        self.shared.listeners.remove(key_of(listener));
    }

    /// The events from now on, until unInit, to be awaited.
    pub fn events(&self) -> Events {
        self.shared.receivers.add()
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /// The login status (C1), the newest: one atomic load.
    pub fn status(&self) -> LoginStatus {
        self.shared.engine.status()
    }

    /// The user, while logged in (C21).
    pub fn login_user(&self) -> Option<String> {
        self.shared.engine.login_user().map(|user| user.to_string())
    }

    /// The state of the connection, which moves without the login status.
    pub fn connection_status(&self) -> ConnectionStatus {
        self.shared.engine.connection_status()
    }

    /// Gateway time in milliseconds of Unix time; `None` until the gateway told it since init.
    pub fn server_time(&self) -> Option<Millis> {
        self.shared.engine.server_time()
    }

    /// Why the last [`Client::init`] failed; `None` if it succeeded.
    pub fn last_error(&self) -> Option<Error> {
        self.shared.engine.last_error()
    }

    /// Version of the SDK.
    pub fn version() -> &'static str {
        SDK_VERSION
    }
}

impl Default for Client {
    fn default() -> Self {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("stamp", &self.shared.engine.stamp()).finish_non_exhaustive()
    }
}

fn key_of(listener: &Arc<dyn SdkListener>) -> usize {
    Arc::as_ptr(listener).addr()
}

impl Shared {
    fn calls(&self) -> MutexGuard<'_, HashMap<CallId, Arc<Slot>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events wait: a task delivers them, unless one does already.
    fn start_delivery(self: Arc<Self>) {
        if self.delivering.swap(true, Ordering::AcqRel) {
            return;
        }
        match runtime::handle() {
            Ok(runtime) => drop(runtime.spawn(deliver(self))),
            Err(error) => {
                tracing::error!("events cannot be delivered: {error}");
                self.delivering.store(false, Ordering::Release);
            }
        }
    }

    fn deliver_waiting(&self) {
        self.engine.deliver_waiting(&mut |event| self.deliver(event));
    }

    fn deliver(&self, event: Event) {
        match event.kind {
            EventKind::Completed(call, result) => {
                let slot = self.calls().remove(&call);
                if let Some(slot) = slot {
                    slot.complete(result);
                }
            }
            EventKind::TicketRequest(request, user) => self.ask_ticket(request, user),
            EventKind::Connecting => {
                self.tell(&SdkEvent::Connecting, |listener| listener.on_connecting());
            }
            EventKind::ConnectSuccess => {
                self.tell(&SdkEvent::ConnectSuccess, |listener| listener.on_connect_success());
            }
            EventKind::ConnectFailed(error) => {
                self.tell(&SdkEvent::ConnectFailed(error.clone()), |listener| {
                    listener.on_connect_failed(&error);
                });
            }
            EventKind::Disconnected(error) => {
                self.tell(&SdkEvent::Disconnected(error.clone()), |listener| {
                    listener.on_disconnected(&error)
                });
            }
            EventKind::KickedOffline(kick) => {
                self.tell(&SdkEvent::KickedOffline(kick.clone()), |listener| {
                    listener.on_kicked_offline();
                    listener.on_kicked_offline_ex(&kick);
                });
            }
            EventKind::UserSigExpired => {
                self.tell(&SdkEvent::UserSigExpired, |listener| listener.on_user_sig_expired());
            }
        }
    }

    fn tell(&self, event: &SdkEvent, call: impl Fn(&dyn SdkListener)) {
        self.receivers.send(event);
        self.listeners.each(|listener| call(&**listener));
    }

    fn ask_ticket(&self, request: TicketRequestId, user: UserId) {
        let Ok(runtime) = runtime::handle() else { return };
        let engine = self.engine.downgrade();
        self.provider.ask(runtime, user.to_string(), move |answer| {
            if let Some(engine) = engine.upgrade() {
                engine.provide_ticket(request, answer);
            }
        });
    }
}

impl Drop for Shared {
    /// The last handle is gone, and with it whoever would deliver.
    fn drop(&mut self) {
        self.provider.set(None);
        drop(self.receivers.take());
        let calls = std::mem::take(&mut *self.calls());
        for slot in calls.into_values() {
            slot.complete(Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
        }
    }
}

/// The delivery task: callbacks may block it, so the runtime's worker goes on elsewhere meanwhile.
async fn deliver(shared: Arc<Shared>) {
    loop {
        tokio::task::block_in_place(|| shared.deliver_waiting());
        shared.delivering.store(false, Ordering::Release);
        // What came between the last look and the line above has seen a task that was about to end.
        if !shared.engine.has_events() || shared.delivering.swap(true, Ordering::AcqRel) {
            return;
        }
    }
}
