//! An initialised client: the login machine and the connection machine, and the wires between them.

use super::clock::GatewayClock;
use super::link::{self, Link};
use super::login::{self, Login};
use super::queue::{CallId, EventKind, TicketRequestId};
use super::timers::{Timer, Timers};
use super::{Config, Order, Report, Shared};
use crate::error::Error;
use crate::generated::codes;
use crate::generated::status::ConnectionStatus;
use crate::id::{AppId, UserId};
use crate::ticket::{self, Ticket};
use crate::time::Millis;
use crate::wire::{ClientFrame, Fault, GatewayFrame};

/// An initialised client.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) config: Config,
    pub(super) clock: GatewayClock,
    pub(super) timers: Timers,
    pub(super) link: Link,
    pub(super) login: Login,
    /// Whether the connection that is being made carries a login in its upgrade.
    pub(super) dial_carries_login: bool,
    /// True from init until the first connection (C22): it is wanted although nobody logs in.
    standing: bool,
    last_hint: Option<Millis>,
    connecting_announced: bool,
}

impl Running {
    pub(super) fn new(config: Config, dialed: u64) -> Self {
        let standing = config.settings.connect_at_init;
        Running {
            config,
            clock: GatewayClock::default(),
            timers: Timers::new(),
            link: Link::new(dialed),
            login: Login::default(),
            dial_carries_login: false,
            standing,
            last_hint: None,
            connecting_announced: false,
        }
    }

    pub(super) fn app(&self) -> AppId {
        self.config.app
    }

    pub(super) fn connection_status(&self) -> ConnectionStatus {
        self.link.status()
    }

    pub(super) fn gateway_time(&self, now: Millis) -> Option<Millis> {
        self.clock.gateway(now)
    }

    pub(super) fn next_timeout(&self) -> Millis {
        self.timers.next()
    }

    pub(super) fn waiting_calls(&self) -> usize {
        self.login.waiting_calls()
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    pub(super) fn start(&mut self, now: Millis, cx: &mut Shared) {
        self.settle(now, cx);
    }

    pub(super) fn stop(&mut self, now: Millis, cx: &mut Shared) {
        self.login_event(now, cx, login::Event::UnInit);
        if let Some(connection) = self.link.connection() {
            cx.orders.push_back(Order::Disconnect { connection });
        }
        cx.dialed = self.link.dialed();
    }

    pub(super) fn login(&mut self, now: Millis, cx: &mut Shared, call: CallId, user: UserId, ticket: Ticket) {
        self.judge_expiry(now, cx);
        if self.is_expired(now, &ticket) && !self.login.has(&user, &ticket) {
            return cx.complete(call, Err(Error::of(codes::ERR_USER_SIG_EXPIRED)));
        }
        let again = self.login.is_logged_in_with(&user, &ticket);
        self.login_event(now, cx, login::Event::Login { call, user, ticket });
        self.settle(now, cx);
        if again && self.link.up().is_none() {
            // C7: while reconnecting, the same login again acts as a network hint.
            self.hint(now, cx);
        }
    }

    pub(super) fn logout(&mut self, now: Millis, cx: &mut Shared, call: CallId) {
        self.judge_expiry(now, cx);
        self.login_event(now, cx, login::Event::Logout { call });
        self.settle(now, cx);
    }

    pub(super) fn hint(&mut self, now: Millis, cx: &mut Shared) {
        self.judge_expiry(now, cx);
        let interval = Millis(self.config.settings.hint_interval_ms);
        if self.last_hint.is_some_and(|last| now < last + interval) {
            return;
        }
        self.last_hint = Some(now);
        self.link_event(now, cx, link::Event::Hint);
    }

    pub(super) fn provider_changed(&mut self, now: Millis, cx: &mut Shared) {
        self.login_event(now, cx, login::Event::ProviderChanged);
        self.settle(now, cx);
    }

    pub(super) fn provide_ticket(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        request: TicketRequestId,
        answer: Result<Ticket, String>,
    ) {
        self.judge_expiry(now, cx);
        self.login_event(now, cx, login::Event::Provided(request, answer));
        self.settle(now, cx);
    }

    /// C16: whether the ticket is known to be expired without asking anybody.
    pub(super) fn is_expired(&self, now: Millis, ticket: &Ticket) -> bool {
        let lifetime = ticket::peek_lifetime(ticket.expose());
        lifetime.zip(self.clock.gateway(now)).is_some_and(|(lifetime, gateway)| lifetime.is_expired(gateway))
    }

    // ---- the world ----------------------------------------------------------------------------------------------

    pub(super) fn handle_report(&mut self, now: Millis, cx: &mut Shared, connection: u64, report: Report) {
        self.judge_expiry(now, cx);
        if self.link.connection() != Some(connection) {
            return;
        }
        match report {
            Report::Heard => self.heard(now),
            Report::Failed { error, answered } => {
                self.login_event(now, cx, login::Event::LinkFailed { error: error.clone(), answered });
                self.link_failed(now, cx, error);
            }
            Report::Frame(frame) => self.frame(now, cx, connection, frame),
        }
        self.settle(now, cx);
    }

    fn frame(&mut self, now: Millis, cx: &mut Shared, connection: u64, frame: GatewayFrame) {
        if let Some(time) = frame.time() {
            self.clock.hear(now, time);
            self.login_event(now, cx, login::Event::ClockHeard);
            // The session may have ended just now, and with it the need for this connection.
            self.settle(now, cx);
            if self.link.connection() != Some(connection) {
                return;
            }
        }
        if self.link.up().is_none() {
            match self.login.first_frame(&frame) {
                login::FirstFrame::Greets => self.link_event(now, cx, link::Event::Greeted),
                login::FirstFrame::GreetsQuietly => {
                    self.link.handle(now, link::Event::Greeted, &self.config.settings, &mut cx.ids);
                    self.link_is_up(now);
                }
                login::FirstFrame::FailsTheTry(error) => {
                    return self.give_up_connection(now, cx, error);
                }
            }
        }
        self.heard(now);
        match frame {
            GatewayFrame::Hello(_) => self.login_event(now, cx, login::Event::LinkUp),
            GatewayFrame::LoginOk(ok) => self.login_event(now, cx, login::Event::Accepted(ok)),
            GatewayFrame::LoginRefused(refused) => self.login_event(now, cx, login::Event::Refused(refused)),
            GatewayFrame::Renewed(renewed) => self.login_event(now, cx, login::Event::Renewed(renewed)),
            GatewayFrame::RenewRefused(refused) => {
                self.login_event(now, cx, login::Event::RenewRefused(refused))
            }
            GatewayFrame::LoggedOut(note) => self.login_event(now, cx, login::Event::LoggedOut(note)),
            GatewayFrame::Kicked(kicked) => self.login_event(now, cx, login::Event::Kicked(kicked)),
            GatewayFrame::Expired(note) => self.login_event(now, cx, login::Event::Expired(note)),
            GatewayFrame::Drain(drain) => self.give_up_connection(now, cx, login::draining(&drain)),
            GatewayFrame::Bye(_) => {
                cx.orders.push_back(Order::Disconnect { connection });
                self.login_event(now, cx, login::Event::LinkClosed);
                let wanted = self.login.needs_link();
                self.link_event(now, cx, link::Event::Bye { wanted });
            }
            GatewayFrame::Error(Fault { code, desc, retry_after: Some(after) }) => {
                self.give_up_connection(now, cx, Error::new(code, desc).retry_after(Some(after)));
            }
            // A pong has said what it had to say by its time, and another fault is for the log of the transport.
            GatewayFrame::Pong(_) | GatewayFrame::Error(_) => {}
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Millis, cx: &mut Shared) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Expiry => self.login_event(now, cx, login::Event::ExpiryDue),
                Timer::LoginDeadline => self.login_event(now, cx, login::Event::LoginDeadline),
                Timer::LogoutDeadline => self.login_event(now, cx, login::Event::LogoutDeadline),
                Timer::RenewDeadline => self.login_event(now, cx, login::Event::RenewDeadline),
                Timer::TicketDeadline => self.login_event(now, cx, login::Event::TicketDeadline),
                Timer::AskTicket => self.login_event(now, cx, login::Event::AskTicketDue),
                Timer::RetryDue => self.link_event(now, cx, link::Event::RetryDue),
                Timer::DialDeadline => self.give_up_connection(now, cx, link::timed_out()),
                Timer::ProbeDeadline | Timer::Silence => self.give_up_connection(now, cx, link::silent()),
            }
            self.settle(now, cx);
        }
    }

    // ---- the wires ----------------------------------------------------------------------------------------------

    /// After a suspend anything may come before the timers do; expiry goes first all the same (C11).
    fn judge_expiry(&mut self, now: Millis, cx: &mut Shared) {
        if self.timers.is_due(Timer::Expiry, now) {
            self.timers.clear(Timer::Expiry);
            self.login_event(now, cx, login::Event::ExpiryDue);
            self.settle(now, cx);
        }
    }

    /// Makes the connection machine follow what the login machine needs.
    fn settle(&mut self, now: Millis, cx: &mut Shared) {
        let wanted = self.wanted();
        let stale = std::mem::take(&mut self.login.dial_is_stale) && self.link.up().is_none();
        let event = match (wanted, stale) {
            (true, true) => link::Event::Redial,
            (true, false) if matches!(self.link.state, link::State::Down) => link::Event::Wanted,
            (true, false) if std::mem::take(&mut self.login.in_a_hurry) => link::Event::Wanted,
            (true, false) => return,
            (false, _) => link::Event::Unwanted,
        };
        self.link_event(now, cx, event);
    }

    fn wanted(&self) -> bool {
        self.standing || self.login.needs_link()
    }

    fn heard(&mut self, now: Millis) {
        if self.link.up().is_some() {
            self.timers.clear(Timer::ProbeDeadline);
            self.timers.set(Timer::Silence, now + Millis(self.config.settings.silence_timeout_ms));
        }
    }

    fn give_up_connection(&mut self, now: Millis, cx: &mut Shared, error: Error) {
        if let Some(connection) = self.link.connection() {
            cx.orders.push_back(Order::Disconnect { connection });
        }
        self.login_event(now, cx, login::Event::LinkFailed { error: error.clone(), answered: false });
        self.link_failed(now, cx, error);
    }

    /// Drops the connection after an answer that asks to come back later.
    pub(super) fn drop_link(&mut self, now: Millis, cx: &mut Shared, error: Error) {
        if let Some(connection) = self.link.connection() {
            cx.orders.push_back(Order::Disconnect { connection });
        }
        self.link_failed(now, cx, error);
    }

    fn link_failed(&mut self, now: Millis, cx: &mut Shared, error: Error) {
        let wanted = self.wanted();
        self.link_event(now, cx, link::Event::Failed { error, wanted });
    }

    /// Closes a connection that the gateway is about to close, without an event.
    pub(super) fn close_link(&mut self, now: Millis, cx: &mut Shared) {
        if let Some(connection) = self.link.up() {
            cx.orders.push_back(Order::Disconnect { connection });
            self.link_event(now, cx, link::Event::Bye { wanted: false });
        }
    }

    fn link_is_up(&mut self, now: Millis) {
        self.standing = false;
        self.connecting_announced = false;
        self.timers.clear(Timer::DialDeadline);
        self.heard(now);
    }

    fn link_event(&mut self, now: Millis, cx: &mut Shared, event: link::Event) {
        let action = self.link.handle(now, event, &self.config.settings, &mut cx.ids);
        match action {
            link::Action::None => {}
            link::Action::Dial { announce } => self.dial(now, cx, announce),
            link::Action::Close(connection) => {
                cx.orders.push_back(Order::Disconnect { connection });
                self.clear_link_timers();
            }
            link::Action::CloseAndDial(connection) => {
                cx.orders.push_back(Order::Disconnect { connection });
                self.dial(now, cx, false);
            }
            link::Action::Made => {
                self.link_is_up(now);
                cx.raise(EventKind::ConnectSuccess);
            }
            link::Action::Probe => {
                if let Some(connection) = self.link.up() {
                    cx.send(connection, ClientFrame::Ping {});
                    // A hint during a probe does not prolong it.
                    let end = now + Millis(self.config.settings.probe_timeout_ms);
                    self.timers.set(Timer::ProbeDeadline, end.min(self.timers.at(Timer::ProbeDeadline)));
                }
            }
            link::Action::RetryIn(delay, error) => {
                self.clear_link_timers();
                cx.raise(EventKind::ConnectFailed(error));
                self.timers.set(Timer::RetryDue, now + delay);
            }
            link::Action::ReconnectIn(delay, error) => {
                self.clear_link_timers();
                cx.raise(EventKind::Disconnected(error));
                self.announce_connecting(cx);
                self.timers.set(Timer::RetryDue, now + delay);
            }
            link::Action::GaveUp(error) => {
                self.clear_link_timers();
                cx.raise(EventKind::ConnectFailed(error));
            }
            link::Action::Gone(error) => {
                self.clear_link_timers();
                cx.raise(EventKind::Disconnected(error));
            }
        }
        if matches!(self.link.state, link::State::Down) {
            self.connecting_announced = false;
            self.clear_link_timers();
        }
    }

    fn dial(&mut self, now: Millis, cx: &mut Shared, announce: bool) {
        self.clear_link_timers();
        if announce {
            self.announce_connecting(cx);
        }
        let Some(connection) = self.link.connection() else { return };
        let login = self.login_to_dial(cx, connection).map(Box::new);
        self.dial_carries_login = login.is_some();
        cx.orders.push_back(Order::Connect { connection, login });
        self.timers.set(Timer::DialDeadline, now + Millis(self.config.settings.connect_timeout_ms));
    }

    /// `onConnecting`, once per outage.
    fn announce_connecting(&mut self, cx: &mut Shared) {
        if !std::mem::replace(&mut self.connecting_announced, true) {
            cx.raise(EventKind::Connecting);
        }
    }

    fn clear_link_timers(&mut self) {
        for timer in [Timer::DialDeadline, Timer::RetryDue, Timer::ProbeDeadline, Timer::Silence] {
            self.timers.clear(timer);
        }
    }
}
