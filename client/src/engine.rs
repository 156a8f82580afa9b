//! The base layer: one client without a host language. Bindings convert, call one function of it, and convert back.
//!
//! It raises no callbacks: events wait in it until they are taken, and whoever runs the callback of one says so with
//! [`Engine::enter_delivery`]. The Rust API (`client.rs`) is built on it as the other languages are.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tessera_core::client::{CallId, Config, EventKind, Init, Stamp, TicketRequestId};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus, Platform};
use tessera_core::id::{AppId, UserId};
use tessera_core::settings::ClientSettings;
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;

use crate::clock;
use crate::delivery::Delivering;
use crate::device;
use crate::dial::Endpoint;
use crate::driver::{Driver, Event, OnEvents};
use crate::entropy;
use crate::log;
use crate::runtime;
use crate::tls::ExtraRoots;
use crate::url::Address;

/// One client. Clones are the same client; when the last is dropped, it ends as unInit does, without callbacks.
#[derive(Clone)]
pub struct Engine {
    driver: Arc<Driver>,
    shared: bool,
    last_error: Arc<Mutex<Option<Error>>>,
}

impl Engine {
    /// A client that is not initialised. `shared` says that it is the instance of the process, which has the
    /// installation's device id; every other has its own (C23). `on_events` is told when events begin to wait: a host
    /// with a loop of its own posts there a call of [`Engine::try_next_events`]; one that waits in
    /// [`Engine::next_events`] needs nothing.
    ///
    /// # Errors
    /// 7012 when the operating system gives no randomness.
    pub fn new(shared: bool, on_events: OnEvents) -> Result<Self, Error> {
        let driver = Driver::new(entropy::bytes()?, on_events);
        Ok(Engine { driver, shared, last_error: Arc::default() })
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// Initialises (C9, C22, C23). With the same app while initialised it is a success without effect.
    ///
    /// # Errors
    /// 6017 for app 0, and for settings that are invalid (no address, `ws://` without `allow_plain`, an unreadable
    /// `ca_file`); 90101 while initialised with another app; 6018 without a thread. [`Engine::last_error`] keeps it.
    pub fn init(&self, app: u64, settings: ClientSettings) -> Result<Init, Error> {
        self.init_with(app, || Ok(settings))
    }

    /// As [`Engine::init`]; the settings are asked for only if they are needed, and [`Engine::last_error`] keeps their
    /// error too.
    ///
    /// # Errors
    /// As [`Engine::init`], and what `settings` gives.
    pub fn init_with(
        &self,
        app: u64,
        settings: impl FnOnce() -> Result<ClientSettings, Error>,
    ) -> Result<Init, Error> {
        let result = self.try_init(AppId(app), settings);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = result.as_ref().err().cloned();
        if let Ok(Init::AlreadyRunning) = result {
            tracing::info!("already initialised with this app; the first configuration is kept");
        }
        result
    }

    fn try_init(
        &self,
        app: AppId,
        settings: impl FnOnce() -> Result<ClientSettings, Error>,
    ) -> Result<Init, Error> {
        let lifecycle = self.driver.lifecycle();
        match self.app() {
            Some(running) if running == app => return Ok(Init::AlreadyRunning),
            // Whatever else is wrong with the call, this is what to tell.
            Some(_) => return Err(Error::of(codes::ERR_SDK_HAD_INITIALIZED)),
            None => {}
        }
        let settings = settings()?;
        let address = Address::parse(&settings.server_url, settings.allow_plain)?;
        let roots = ExtraRoots::read(settings.ca_file.as_deref())?;
        let device = device::resolve(&settings, self.shared)?;
        runtime::handle()?;
        let endpoint = Arc::new(Endpoint { address, roots });
        let platform = settings.platform.unwrap_or_else(platform_of_process);
        let un_init_timeout = Duration::from_millis(settings.uninit_timeout_ms);
        let log_level = settings.log_level;
        let init = self.driver.input_holding(lifecycle, |state, now| {
            let init = state.machine.init(now, Config { app, device, platform, settings })?;
            if init == Init::Started {
                state.endpoint = Some(endpoint);
                state.un_init_timeout = un_init_timeout;
                self.driver.start(state);
            }
            Ok(init)
        });
        if init == Ok(Init::Started) {
            log::set_level(log_level);
        }
        init
    }

    /// Ends everything (C9): from here on no event of this initialisation is delivered, and every result that was not
    /// becomes 7009. It does not wait; see [`Ending`]. A caller inside a callback of this client runs what is left
    /// with [`Engine::deliver_waiting`] instead of waiting. Results of calls without an init end in the same way.
    pub fn un_init(&self) -> Ending {
        self.un_init_with(|| ()).0
    }

    /// As [`Engine::un_init`]; `forget` takes away whoever is told of events, and returns them to the caller, who drops
    /// them. It runs first, while no init can begin: so nothing is forgotten that a callback of the ending sets, or
    /// somebody who initialises at the same time. It must not run host code.
    pub fn un_init_with<T>(&self, forget: impl FnOnce() -> T) -> (Ending, T) {
        let lifecycle = self.driver.lifecycle();
        let forgotten = forget();
        let (init, waiting, target, within) = self.driver.input_holding(lifecycle, |state, now| {
            state.machine.un_init(now);
            state.init += 1;
            while let Some(event) = state.machine.poll_event() {
                state.leaving.push_back(Event { stamp: event.stamp, kind: event.kind, init: state.init });
            }
            let waiting = state.leaving.len();
            let target = self.driver.delivery.begin_init(state.init, waiting);
            (state.init, waiting as u64, target, state.un_init_timeout)
        });
        (Ending { driver: Arc::clone(&self.driver), init, waiting, target, within }, forgotten)
    }

    /// Logs in (C4–C7, C10, C16). Status and user are the new ones when it returns; the result follows as
    /// [`EventKind::Completed`].
    ///
    /// # Errors
    /// 7008 if as many events wait as the setting `events_waiting_max` allows; then no event follows.
    pub fn login(&self, user: &str, ticket: &str) -> Result<CallId, Error> {
        self.login_with(user, ticket, |_| {})
    }

    /// As [`Engine::login`]; `register` gets the call's id before its result can be delivered. It runs under the
    /// client's lock: it must be short, must not call the client, and must not run host code.
    ///
    /// # Errors
    /// As [`Engine::login`].
    pub fn login_with(
        &self,
        user: &str,
        ticket: &str,
        register: impl FnOnce(CallId),
    ) -> Result<CallId, Error> {
        let ticket = Ticket::new(ticket.to_owned());
        self.driver.input(|state, now| state.machine.login(now, user, ticket).inspect(|call| register(*call)))
    }

    /// As [`Engine::login`], with status and user as this call has left them: for a host that keeps them in fields. The
    /// answer of a gateway nearby can be there before the host has asked for [`Engine::stamp`].
    pub fn login_stamped(&self, user: &str, ticket: &str) -> (Result<CallId, Error>, Stamp) {
        let ticket = Ticket::new(ticket.to_owned());
        self.driver.input(|state, now| (state.machine.login(now, user, ticket), state.machine.stamp()))
    }

    /// As [`Engine::logout`], with the stamp of [`Engine::login_stamped`].
    pub fn logout_stamped(&self) -> (Result<CallId, Error>, Stamp) {
        self.driver.input(|state, now| (state.machine.logout(now), state.machine.stamp()))
    }

    /// Logs out (C8).
    ///
    /// # Errors
    /// As [`Engine::login`].
    pub fn logout(&self) -> Result<CallId, Error> {
        self.logout_with(|_| {})
    }

    /// As [`Engine::logout`], with the `register` of [`Engine::login_with`].
    ///
    /// # Errors
    /// As [`Engine::login`].
    pub fn logout_with(&self, register: impl FnOnce(CallId)) -> Result<CallId, Error> {
        self.driver.input(|state, now| state.machine.logout(now).inspect(|call| register(*call)))
    }

    /// Gives a call that the binding has answered by itself its result: it is delivered in order with the others, and
    /// becomes 7009 as they do. There is room for it however many wait. `register` is that of [`Engine::login_with`].
    pub fn answer_with(&self, result: Result<(), Error>, register: impl FnOnce(CallId)) -> CallId {
        self.driver.input(|state, _| {
            let call = state.machine.answer(result);
            register(call);
            call
        })
    }

    /// The network is available, or the app is in the foreground: reconnect or probe now (C11). Takes effect at most
    /// once a second.
    pub fn hint(&self) {
        self.driver.input(|state, now| state.machine.hint(now));
    }

    /// Says whether the host answers [`EventKind::TicketRequest`] (C15). Ends with unInit.
    pub fn set_has_provider(&self, has_provider: bool) {
        self.driver.input(|state, now| state.machine.set_has_provider(now, has_provider));
    }

    /// Answers a ticket request (C15). An answer to a request that is no longer open has no effect.
    pub fn provide_ticket(&self, request: TicketRequestId, answer: Result<String, String>) {
        let answer = answer.map(Ticket::new);
        self.driver.input(|state, now| state.machine.provide_ticket(now, request, answer));
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /// Takes up to `max` events that wait, and waits for the first. To be called by one thread or task at a time, for
    /// ever: with each call it says that the callbacks of the batch before are done. Empty once
    /// [`Engine::close_events`] was called, and then for ever.
    pub async fn next_events(&self, max: usize) -> Vec<Event> {
        loop {
            self.wait_for_events().await;
            if let Some(events) = self.take(max) {
                return events;
            }
        }
    }

    /// Waits until [`Engine::next_events`] would not have to, and takes nothing: a host that may drop a future after it
    /// is done loses no events. As with that, each call says that the callbacks of the batch before are done.
    pub async fn wait_for_events(&self) {
        self.driver.delivery.finish_all();
        loop {
            let waiting = self.driver.events_async.notified();
            if self.driver.lock().has_events_or_is_closed() {
                return;
            }
            waiting.await;
        }
    }

    /// As [`Engine::next_events`], blocking the calling thread.
    pub fn next_events_blocking(&self, max: usize) -> Vec<Event> {
        self.driver.delivery.finish_all();
        loop {
            if let Some(events) = self.take(max) {
                return events;
            }
            let nothing = |state: &mut crate::driver::State| !state.has_events_or_is_closed();
            let mut state = self.driver.lock();
            state.waiting += 1;
            let waited = self.driver.events.wait_while(state, nothing);
            waited.unwrap_or_else(PoisonError::into_inner).waiting -= 1;
        }
    }

    /// Takes up to `max` events that wait, without waiting. It says nothing of batches before: each event of the
    /// batch has to go through [`Engine::enter_delivery`].
    pub fn try_next_events(&self, max: usize) -> Vec<Event> {
        self.take(max).unwrap_or_default()
    }

    /// Ends delivery for good: [`Engine::next_events`] returns an empty batch, and unInit waits for nobody any more.
    pub fn close_events(&self) {
        self.driver.lock().closed = true;
        self.driver.delivery.close();
        self.driver.events.notify_all();
        // One permit for a task that is about to wait, beside those that do.
        self.driver.events_async.notify_waiters();
        self.driver.events_async.notify_one();
    }

    /// Whether events wait.
    pub fn has_events(&self) -> bool {
        self.driver.lock().has_events()
    }

    /// To be called before the callback of each event, with the result held until the callback returns. `None`: unInit
    /// came in between, and the event must not be delivered. A result is delivered in any case, but may have become
    /// 7009 here (C9).
    pub fn enter_delivery(&self, event: &mut Event) -> Option<Delivering<'_>> {
        let delivery = &self.driver.delivery;
        if let Some(delivering) = delivery.start(event.init) {
            return Some(delivering);
        }
        if let EventKind::Completed(_, result) = &mut event.kind {
            *result = Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT));
            return Some(delivery.running());
        }
        delivery.finish();
        None
    }

    /// To be called before a callback that no event has brought, such as one with a log record, by whoever delivers the
    /// events too. It counts as a callback of this client until the result is dropped: unInit waits for it, and a
    /// blocking call in it fails. `None`: events wait, which come first.
    pub fn enter_aside(&self) -> Option<Delivering<'_>> {
        // Under the lock, as unInit counts under it what it has to wait for.
        let state = self.driver.lock();
        if state.has_events() {
            return None;
        }
        self.driver.delivery.take(1);
        Some(self.driver.delivery.running())
    }

    /// Delivers what waits, one event after the other, until nothing does. For a host whose delivery context is the
    /// calling thread.
    pub fn deliver_waiting(&self, deliver: &mut dyn FnMut(Event)) {
        while let Some(mut event) = self.try_next_events(1).pop() {
            let delivering = self.enter_delivery(&mut event);
            if delivering.is_some() {
                deliver(event);
            }
        }
    }

    /// Whether the caller stands inside a callback of this client.
    pub fn is_delivering_here(&self) -> bool {
        self.driver.delivery.is_here()
    }

    fn take(&self, max: usize) -> Option<Vec<Event>> {
        let mut state = self.driver.lock();
        if state.closed {
            return Some(Vec::new());
        }
        let events: Vec<Event> = std::iter::from_fn(|| state.next_event()).take(max.max(1)).collect();
        // Counted before unInit can come in between.
        self.driver.delivery.take(events.len());
        (!events.is_empty()).then_some(events)
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /// The login status, the newest: one atomic load.
    #[inline]
    pub fn status(&self) -> LoginStatus {
        self.driver.published.status()
    }

    /// The user, while logged in (C21).
    pub fn login_user(&self) -> Option<UserId> {
        match self.status() {
            LoginStatus::LoggedIn => self.stamp().user,
            LoginStatus::LoggedOut | LoginStatus::LoggingIn | LoginStatus::LoggingOut => None,
        }
    }

    /// Status and user of one moment, with the number that says which of two is newer.
    pub fn stamp(&self) -> Stamp {
        self.driver.published.stamp()
    }

    /// The state of the connection, which moves without the login status (C1).
    pub fn connection_status(&self) -> ConnectionStatus {
        self.driver.published.connection()
    }

    /// Gateway time as Unix milliseconds; `None` until the gateway told it since init.
    pub fn server_time(&self) -> Option<Millis> {
        self.driver.lock().machine.gateway_time(clock::now())
    }

    /// Whether it is initialised, and with which app.
    pub fn app(&self) -> Option<AppId> {
        self.driver.lock().machine.app()
    }

    /// Why the last call of init failed; `None` if it succeeded.
    pub fn last_error(&self) -> Option<Error> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// The same client for somebody who must not keep it alive.
    pub fn downgrade(&self) -> WeakEngine {
        let (driver, last_error) = (Arc::downgrade(&self.driver), Arc::clone(&self.last_error));
        WeakEngine { driver, shared: self.shared, last_error }
    }
}

/// A client that may be gone.
#[derive(Clone)]
pub struct WeakEngine {
    driver: Weak<Driver>,
    shared: bool,
    last_error: Arc<Mutex<Option<Error>>>,
}

impl WeakEngine {
    /// The client, if somebody still has it.
    pub fn upgrade(&self) -> Option<Engine> {
        let last_error = Arc::clone(&self.last_error);
        self.driver.upgrade().map(|driver| Engine { driver, shared: self.shared, last_error })
    }
}

impl fmt::Debug for WeakEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakEngine(..)")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("stamp", &self.stamp()).finish_non_exhaustive()
    }
}

/// An unInit whose last callbacks may still run. Dropping it waits for nothing.
#[must_use = "unInit has returned to the host when the last callback has, or in time"]
pub struct Ending {
    driver: Arc<Driver>,
    init: u64,
    /// How many results are still to be handed out.
    waiting: u64,
    target: u64,
    within: Duration,
}

impl Ending {
    /// The [`Event::init`] of whatever comes from now on. A host that has taken a batch of events compares: what has a
    /// lower number is not delivered any more, but for results, which become 7009 (C9).
    pub fn init(&self) -> u64 {
        self.init
    }

    /// How many events this client has handed out, ever, when all that came before unInit are. For a host that counts.
    pub fn events_before(&self) -> u64 {
        self.target
    }

    /// How long unInit may wait: the setting `uninit_timeout_ms`. For a host that knows by itself which callback runs.
    pub fn within(&self) -> Duration {
        self.within
    }

    /// Waits for the callback that was running and for the results that became 7009, as long as the setting
    /// `uninit_timeout_ms` allows. False if a callback is stuck and may still be running.
    pub fn wait(self) -> bool {
        self.delivered_within(self.within)
    }

    /// As [`Ending::wait`], for so long at most: for a host that has to look at something else from time to time.
    pub fn delivered_within(&self, at_most: Duration) -> bool {
        self.driver.delivery.wait(self.target, at_most)
    }

    /// Waits for the callback that was running, and not for the results that became 7009: for a host with a loop of its
    /// own, which delivers them later (C9).
    pub fn wait_for_running(self) -> bool {
        self.returned_within(self.within)
    }

    /// As [`Ending::wait_for_running`], for so long at most.
    pub fn returned_within(&self, at_most: Duration) -> bool {
        self.driver.delivery.wait(self.target - self.waiting, at_most)
    }

    /// As [`Ending::wait`], without blocking; on any executor.
    pub async fn delivered(self) -> bool {
        let Ok(runtime) = runtime::handle() else { return self.wait() };
        let waiting = async move { self.driver.delivery.done(self.target, self.within).await };
        runtime.spawn(waiting).await.unwrap_or(false)
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending").field("within", &self.within).finish_non_exhaustive()
    }
}

/// What the operating system of the process counts as (C23).
fn platform_of_process() -> Platform {
    if cfg!(target_os = "android") {
        Platform::Android
    } else if cfg!(target_os = "ios") {
        Platform::Iphone
    } else if cfg!(target_vendor = "apple") {
        Platform::Mac
    } else if cfg!(windows) {
        Platform::Windows
    } else if cfg!(target_family = "wasm") {
        Platform::Web
    } else {
        Platform::Linux
    }
}
