//! The client machine (C1–C23): calls and network inputs go in, orders to the transport and events for the host come
//! out. It has no socket and no clock.
//!
//! `login.rs` is the login machine, `link.rs` the connection machine; here they are put together. After every call the
//! caller carries out what [`Client::poll_order`] gives, delivers what [`Client::poll_event`] gives, and comes back
//! with [`Client::handle_timeout`] at [`Client::next_timeout`].

mod clock;
mod link;
mod login;
mod queue;
mod renewal;
mod running;
mod timers;

use std::collections::VecDeque;

use queue::Queue;
pub use queue::{CallId, Event, EventKind, Kick, Stamp, TicketRequestId};
use running::Running;

use crate::error::Error;
use crate::generated::codes;
use crate::generated::settings::ClientSettings;
use crate::generated::status::{ConnectionStatus, LoginStatus, Platform};
use crate::id::{AppId, DeviceId, IdSource, InstanceId, SessionId, UserId};
use crate::ticket::Ticket;
use crate::time::Millis;
use crate::wire::{ClientFrame, GatewayFrame, Login, Logout};

/// How many ended sessions are kept until the gateway can be told; a gateway takes as many in one login.
const ENDS_MAX: usize = crate::generated::limits::default::ENDS_PER_LOGIN as usize;

/// What a client is initialised with.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The app.
    pub app: AppId,
    /// The installation.
    pub device: DeviceId,
    /// What it runs on.
    pub platform: Platform,
    /// Everything else (C23).
    pub settings: ClientSettings,
}

/// An order to the transport. Connections are numbered, and what comes from a number that is no longer current has no
/// effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Open a connection; a login goes into the upgrade request.
    Connect {
        /// Its number.
        connection: u64,
        /// The login.
        login: Option<Box<Login>>,
    },
    /// Send a frame.
    Send {
        /// On which connection.
        connection: u64,
        /// The frame.
        frame: ClientFrame,
    },
    /// Close a connection, after what was sent on it.
    Disconnect {
        /// Its number.
        connection: u64,
    },
}

/// What the transport reports of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A frame came.
    Frame(GatewayFrame),
    /// Something else came: a ping, or a frame that this version does not know.
    Heard,
    /// It could not be made, or is gone.
    Failed {
        /// Why.
        error: Error,
        /// True if it was the gateway that refused it, by an HTTP answer.
        answered: bool,
    },
}

/// What a call of `init` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// The client is initialised.
    Started,
    /// It was already, with the same app; its first configuration is kept (C9).
    AlreadyRunning,
}

/// What outlives an initialisation, and what both machines write to.
#[derive(Debug)]
struct Shared {
    stamp: Stamp,
    queue: Queue,
    orders: VecDeque<Order>,
    ids: IdSource,
    instance: InstanceId,
    /// The number of the last login frame (G4).
    attempt: u64,
    /// Sessions that ended without the gateway's word on it, and the login that reported them last.
    ends: Vec<(Logout, Option<u64>)>,
    has_provider: bool,
    requests: u64,
    /// The number of the last connection of the initialisations before.
    dialed: u64,
}

impl Shared {
    fn set(&mut self, status: LoginStatus, user: Option<UserId>) {
        if (self.stamp.status, self.stamp.user) != (status, user) {
            self.stamp = Stamp { epoch: self.stamp.epoch + 1, status, user };
        }
    }

    fn raise(&mut self, kind: EventKind) {
        self.queue.push(self.stamp, kind);
    }

    fn complete(&mut self, call: CallId, result: Result<(), Error>) {
        self.raise(EventKind::Completed(call, result));
    }

    fn complete_all(&mut self, calls: impl IntoIterator<Item = CallId>, result: &Result<(), Error>) {
        calls.into_iter().for_each(|call| self.complete(call, result.clone()));
    }

    fn next_request(&mut self) -> TicketRequestId {
        self.requests += 1;
        TicketRequestId(self.requests)
    }

    fn send(&mut self, connection: u64, frame: ClientFrame) {
        self.orders.push_back(Order::Send { connection, frame });
    }

    fn remember_end(&mut self, end: Logout) {
        self.ends.retain(|(known, _)| known.session != end.session);
        if self.ends.len() >= ENDS_MAX {
            self.ends.remove(0);
        }
        self.ends.push((end, None));
    }

    fn forget_end(&mut self, session: SessionId) {
        self.ends.retain(|(end, _)| end.session != session);
    }
}

/// One client: V2TIM's manager without its host.
#[derive(Debug)]
pub struct Client {
    shared: Shared,
    running: Option<Box<Running>>,
    calls: u64,
}

impl Client {
    /// A client that is not initialised. `entropy` must be unpredictable: session ids are drawn from it.
    pub fn new(entropy: [u8; 32]) -> Self {
        let mut ids = IdSource::new(entropy);
        let instance = InstanceId(ids.bytes());
        let shared = Shared {
            stamp: Stamp { epoch: 0, status: LoginStatus::LoggedOut, user: None },
            queue: Queue::new(ClientSettings::default().events_waiting_max as usize),
            orders: VecDeque::new(),
            ids,
            instance,
            attempt: 0,
            ends: Vec::new(),
            has_provider: false,
            requests: 0,
            dialed: 0,
        };
        Client { shared, running: None, calls: 0 }
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// Initialises (C9, C22).
    ///
    /// # Errors
    /// 6017 for app 0 or settings that contradict each other; 90101 if the client is initialised with another app.
    pub fn init(&mut self, now: Millis, config: Config) -> Result<Init, Error> {
        if config.app == AppId(0) {
            return Err(Error::new(codes::ERR_INVALID_PARAMETERS, "the SDKAppID is 0"));
        }
        if let Err(error) = config.settings.check() {
            return Err(Error::new(codes::ERR_INVALID_PARAMETERS, error.to_string()));
        }
        match &self.running {
            Some(running) if running.app() == config.app => Ok(Init::AlreadyRunning),
            Some(running) => {
                let desc = format!("already initialised with app {}; call unInit first", running.app());
                Err(Error::new(codes::ERR_SDK_HAD_INITIALIZED, desc))
            }
            None => {
                self.shared.queue.set_waiting_max(config.settings.events_waiting_max as usize);
                let running = self.running.insert(Box::new(Running::new(config, self.shared.dialed)));
                running.start(now, &mut self.shared);
                Ok(Init::Started)
            }
        }
    }

    /// Ends everything; undelivered results become 7009, events are dropped (C9).
    pub fn un_init(&mut self, now: Millis) {
        let running = self.running.take();
        self.shared.set(LoginStatus::LoggedOut, None);
        // Also without an init before: calls were answered with 6013.
        self.shared.queue.interrupt(self.shared.stamp);
        self.shared.has_provider = false;
        if let Some(mut running) = running {
            running.stop(now, &mut self.shared);
        }
    }

    /// Logs in (C4–C7, C10, C16). Status and user are the new ones when it returns; the result follows as an event.
    ///
    /// # Errors
    /// 7008 if as many events wait as the setting `events_waiting_max` allows; then nothing has happened and no event
    /// follows.
    pub fn login(&mut self, now: Millis, user: &str, ticket: Ticket) -> Result<CallId, Error> {
        let call = self.next_call()?;
        match (&mut self.running, check_arguments(user, &ticket)) {
            (_, Err(error)) => self.shared.complete(call, Err(error)),
            (None, Ok(_)) => self.shared.complete(call, Err(Error::of(codes::ERR_SDK_NOT_INITIALIZED))),
            (Some(running), Ok(user)) => running.login(now, &mut self.shared, call, user, ticket),
        }
        Ok(call)
    }

    /// Logs out (C8).
    ///
    /// # Errors
    /// As [`Client::login`].
    pub fn logout(&mut self, now: Millis) -> Result<CallId, Error> {
        let call = self.next_call()?;
        match &mut self.running {
            None => self.shared.complete(call, Err(Error::of(codes::ERR_SDK_NOT_INITIALIZED))),
            Some(running) => running.logout(now, &mut self.shared, call),
        }
        Ok(call)
    }

    /// Gives a call that the binding has answered by itself its result: it waits with the other results, in the order
    /// of the calls, and becomes 7009 as they do (C9). There is room for it however many wait.
    pub fn answer(&mut self, result: Result<(), Error>) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.shared.complete(call, result);
        call
    }

    /// The network is available, or the app is in the foreground (C11).
    pub fn hint(&mut self, now: Millis) {
        if let Some(running) = &mut self.running {
            running.hint(now, &mut self.shared);
        }
    }

    /// Says whether the host answers [`EventKind::TicketRequest`] (C15). Ends with unInit.
    pub fn set_has_provider(&mut self, now: Millis, has_provider: bool) {
        self.shared.has_provider = has_provider;
        if let Some(running) = &mut self.running {
            running.provider_changed(now, &mut self.shared);
        }
    }

    /// Answers a ticket request (C15). An answer to a request that is no longer open has no effect.
    pub fn provide_ticket(&mut self, now: Millis, request: TicketRequestId, answer: Result<Ticket, String>) {
        if let Some(running) = &mut self.running {
            running.provide_ticket(now, &mut self.shared, request, answer);
        }
    }

    // ---- the world ----------------------------------------------------------------------------------------------

    /// Takes what the transport reports of a connection.
    pub fn handle_report(&mut self, now: Millis, connection: u64, report: Report) {
        if let Some(running) = &mut self.running {
            running.handle_report(now, &mut self.shared, connection, report);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Millis) {
        if let Some(running) = &mut self.running {
            running.handle_timeout(now, &mut self.shared);
        }
    }

    /// When [`Client::handle_timeout`] is due; [`Millis::NEVER`] if nothing is.
    pub fn next_timeout(&self) -> Millis {
        self.running.as_ref().map_or(Millis::NEVER, |running| running.next_timeout())
    }

    /// The next order to the transport.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.shared.orders.pop_front()
    }

    /// The next event for the host.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.shared.queue.pop()
    }

    /// Whether [`Client::poll_event`] has one.
    pub fn has_events(&self) -> bool {
        !self.shared.queue.is_empty()
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /// Whether it is initialised, and with which app.
    pub fn app(&self) -> Option<AppId> {
        self.running.as_ref().map(|running| running.app())
    }

    /// Status and user, the newest.
    pub fn stamp(&self) -> Stamp {
        self.shared.stamp
    }

    /// The state of the connection, which moves without the login status (C1).
    pub fn connection_status(&self) -> ConnectionStatus {
        self.running.as_ref().map_or(ConnectionStatus::Disconnected, |running| running.connection_status())
    }

    /// Gateway time; `None` until the gateway told it.
    pub fn gateway_time(&self, now: Millis) -> Option<Millis> {
        self.running.as_ref().and_then(|running| running.gateway_time(now))
    }

    fn next_call(&mut self) -> Result<CallId, Error> {
        let waiting = self.running.as_ref().map_or(0, |running| running.waiting_calls());
        if self.shared.queue.is_full_with(waiting) {
            return Err(Error::of(codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT));
        }
        self.calls += 1;
        Ok(CallId(self.calls))
    }
}

/// C4.
fn check_arguments(user: &str, ticket: &Ticket) -> Result<UserId, Error> {
    let user = UserId::parse(user)?;
    if ticket.expose().is_empty() {
        return Err(Error::new(codes::ERR_INVALID_PARAMETERS, "the ticket (userSig) is empty"));
    }
    Ok(user)
}
