//! One client: the calls and getters of `Engine`.

use std::sync::Arc;

use tessera_client::settings::{self, Layers};
use tessera_client::{CallId, Code, ConnectionStatus, Engine, Init, Numbering, TicketRequestId};

use crate::doorbell::{Doorbell, Ringer};
use crate::ending::Ending;
use crate::error::{CallError, ErrorInfo};
use crate::event::{Event, Stamp};

/// One client, not initialised at first. It ends when the host forgets it, without callbacks.
#[derive(Debug, uniffi::Object)]
pub struct Client {
    engine: Engine,
    ringer: Ringer,
}

/// A setting of `docs/settings.md`: its name in any of its spellings, and its value as text.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Setting {
    /// For example `login_timeout_ms`.
    pub name: String,
    /// For example `30000`.
    pub value: String,
}

/// A call that has begun; its result follows as [`crate::EventKind::Completed`].
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Started {
    /// Names the call in its result.
    pub call: u64,
    /// Who is logged in since the call.
    pub stamp: Stamp,
}

/// What a call of `init` did.
#[uniffi::remote(Enum)]
pub enum Init {
    /// The client is initialised.
    Started,
    /// It was already, with the same app; its first configuration is kept (C9).
    AlreadyRunning,
}

/// State of the connection, which moves without the login status (C1).
#[uniffi::remote(Enum)]
pub enum ConnectionStatus {
    /// The connection to the gateway is open.
    Connected,
    /// The connection dropped or does not exist.
    Disconnected,
    /// A connection is being made.
    Connecting,
    /// A try to connect failed.
    ConnectFailed,
}

#[uniffi::export]
impl Client {
    /// A client with a device id of its own.
    ///
    /// # Errors
    /// 7012 when the operating system gives no randomness.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>, CallError> {
        Self::make(false)
    }

    /// A client with the device id of the installation: V2TIM's singleton. A process should have one at a time.
    ///
    /// # Errors
    /// As `new`.
    #[uniffi::constructor]
    pub fn shared() -> Result<Arc<Self>, CallError> {
        Self::make(true)
    }

    /// Initialises (C9, C22, C23). With the same app while initialised it is a success without effect. `code` are the
    /// settings that the app's code gives, `manifest` those of its manifest or property list; the environment of the
    /// process is read under them.
    ///
    /// # Errors
    /// 6017 for app 0, and for settings that are invalid or incomplete; 90101 while initialised with another app; 6018
    /// without a thread.
    pub fn init(&self, app: u64, code: Vec<Setting>, manifest: Vec<Setting>) -> Result<Init, CallError> {
        let layers = move || {
            let pairs = |layer: Vec<Setting>| layer.into_iter().map(|row| (row.name, row.value)).collect();
            let environment = settings::environment();
            settings::resolve(&Layers { code: pairs(code), manifest: pairs(manifest), environment })
        };
        Ok(self.engine.init_with(app, layers)?)
    }

    /// Ends everything (C9). It does not wait; see [`Ending`].
    pub fn un_init(&self) -> Arc<Ending> {
        let ending = self.engine.un_init();
        Arc::new(Ending::new(self.engine.stamp().into(), ending))
    }

    /// Logs in (C4–C7, C10, C16).
    ///
    /// # Errors
    /// 7008 if too many events wait to be taken. Everything else is told by the result.
    pub fn login(&self, user: &str, ticket: &str) -> Result<Started, CallError> {
        started(self.engine.login_stamped(user, ticket))
    }

    /// Logs out (C8).
    ///
    /// # Errors
    /// As `login`.
    pub fn logout(&self) -> Result<Started, CallError> {
        started(self.engine.logout_stamped())
    }

    /// A call that the host has answered by itself, with the error of this code: its result is delivered in order with
    /// the others, however many wait, and becomes 7009 as they do. For a call that `login` or `logout` has refused.
    pub fn answer(&self, code: i32) -> Started {
        let call = self.engine.answer_with(Err(tessera_client::Error::of(Code(code))), |_| {});
        Started { call: call.0, stamp: self.engine.stamp().into() }
    }

    /// The network is available, or the app is in the foreground: reconnect or probe now (C11).
    pub fn hint(&self) {
        self.engine.hint();
    }

    /// Says whether the host answers [`crate::EventKind::TicketRequest`] (C15). Ends with `un_init`.
    pub fn set_has_provider(&self, has_provider: bool) {
        self.engine.set_has_provider(has_provider);
    }

    /// Answers a ticket request (C15). An answer to a request that is no longer open has no effect.
    pub fn provide_ticket(&self, request: u64, ticket: String) {
        self.engine.provide_ticket(TicketRequestId(request), Ok(ticket));
    }

    /// Answers a ticket request with an error (C15), which ends no session.
    pub fn provide_error(&self, request: u64, reason: String) {
        self.engine.provide_ticket(TicketRequestId(request), Err(reason));
    }

    /// Takes up to `max` events, in order, and blocks until there is one. To be called by one thread at a time: with
    /// each call it says that the callbacks of the batch before are done. Empty once `close_events` was called.
    pub fn next_events(&self, max: u32) -> Vec<Event> {
        convert(self.engine.next_events_blocking(max as usize))
    }

    /// Takes up to `max` events that wait, and says nothing of the batch before: for an `un_init` inside a callback,
    /// which delivers what is left before it returns.
    pub fn waiting_events(&self, max: u32) -> Vec<Event> {
        convert(self.take_waiting(max))
    }

    /// As `waiting_events`, in the one text of `tessera-batch`, with React Native's numbers: for a host with a loop of
    /// its own, which [`Doorbell`] calls, and to which each field of an event would be dear.
    pub fn waiting_events_text(&self, max: u32) -> String {
        tessera_batch::text_of(&self.take_waiting(max), Numbering::ReactNative)
    }

    /// What tells of events that wait, while there is a client.
    pub fn doorbell(&self) -> Arc<Doorbell> {
        Arc::clone(&self.ringer.0)
    }

    /// Ends delivery for good: `next_events` returns an empty batch, and nobody waits for callbacks any more.
    pub fn close_events(&self) {
        self.engine.close_events();
    }

    /// Status and user, the newest.
    pub fn stamp(&self) -> Stamp {
        self.engine.stamp().into()
    }

    /// The state of the connection.
    pub fn connection_status(&self) -> ConnectionStatus {
        self.engine.connection_status()
    }

    /// Gateway time as Unix milliseconds; 0 until the gateway told it since init.
    pub fn server_time_ms(&self) -> u64 {
        self.engine.server_time().map_or(0, |time| time.0)
    }

    /// The app that it is initialised with; 0 if it is not.
    pub fn app(&self) -> u64 {
        self.engine.app().map_or(0, |app| app.0)
    }

    /// Why the last `init` failed; nothing if it succeeded.
    pub fn last_error(&self) -> Option<ErrorInfo> {
        self.engine.last_error().map(ErrorInfo::from)
    }
}

impl Client {
    fn take_waiting(&self, max: u32) -> Vec<tessera_client::Event> {
        // Before they are taken, so that the bell rings for those that come meanwhile.
        self.ringer.0.answer();
        self.engine.try_next_events(max as usize)
    }

    fn make(shared: bool) -> Result<Arc<Self>, CallError> {
        let bell = Arc::<Doorbell>::default();
        let ringer = Ringer(Arc::clone(&bell));
        Ok(Arc::new(Client { engine: Engine::new(shared, Box::new(move || bell.ring()))?, ringer }))
    }
}

fn started(
    (call, stamp): (Result<CallId, tessera_client::Error>, tessera_client::Stamp),
) -> Result<Started, CallError> {
    Ok(Started { call: call?.0, stamp: stamp.into() })
}

fn convert(events: Vec<tessera_client::Event>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}
