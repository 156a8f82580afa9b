//! The client's login machine (C1): who is logged in, and what each call, frame and timer does about it.
//!
//! `step` is the table; what its rows do stands below it and in `renewal.rs`. The connection is `link.rs`'s.

use super::queue::{CallId, EventKind, Kick, TicketRequestId};
use super::renewal::{Refresh, Renewal};
use super::running::Running;
use super::timers::Timer;
use super::{Order, Shared};
use crate::error::{Code, Error};
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::id::{SessionId, UserId};
use crate::ticket::Ticket;
use crate::time::Millis;
use crate::transitions;
use crate::wire::{
    self, ClientFrame, GatewayFrame, KickAck, KickReason, Kicked, LoginOk, Logout, Refused, SessionNote,
};

/// Where the login is.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nobody is logged in.
    #[default]
    LoggedOut,
    /// A login waits for the gateway.
    LoggingIn(Attempt),
    /// A user is logged in, connected or not.
    LoggedIn(Live),
    /// A logout waits for the gateway.
    LoggingOut(Leaving),
}

/// A login under way.
#[derive(Debug)]
pub(super) struct Attempt {
    user: UserId,
    ticket: Ticket,
    session: SessionId,
    callers: Vec<CallId>,
    deadline: Millis,
    /// The connection that the login frame went out on last.
    sent_on: Option<u64>,
    /// Whether there was a connection at any time of the attempt: it decides between 9523 and 9520 (C10).
    connected: bool,
    last_failure: Option<Error>,
}

/// A session that was acknowledged.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) user: UserId,
    pub(super) ticket: Ticket,
    pub(super) session: SessionId,
    /// When the ticket expires, in gateway time.
    pub(super) expires: Millis,
    pub(super) renewal: Renewal,
    /// A resume met 70001, and the provider has the word (C11).
    pub(super) awaits_ticket: bool,
}

/// A logout under way.
#[derive(Debug)]
pub(super) struct Leaving {
    session: SessionId,
    callers: Vec<CallId>,
}

/// What happens to it.
#[derive(Debug)]
pub(super) enum Event {
    Login {
        call: CallId,
        user: UserId,
        ticket: Ticket,
    },
    Logout {
        call: CallId,
    },
    UnInit,
    ProviderChanged,
    Provided(TicketRequestId, Result<Ticket, String>),
    /// The gateway has greeted a connection that brought no login.
    LinkUp,
    /// The connection could not be made, or is gone. `answered`: the gateway refused it by an HTTP answer.
    LinkFailed {
        error: Error,
        answered: bool,
    },
    /// The gateway closes the connection, because no login came on it.
    LinkClosed,
    /// The gateway's time was heard.
    ClockHeard,
    Accepted(LoginOk),
    Refused(Refused),
    Renewed(wire::Renewed),
    RenewRefused(Refused),
    LoggedOut(SessionNote),
    Kicked(Kicked),
    Expired(SessionNote),
    ExpiryDue,
    LoginDeadline,
    LogoutDeadline,
    RenewDeadline,
    TicketDeadline,
    AskTicketDue,
}

/// What the first frame on a connection says about the connection.
#[derive(Debug)]
pub(super) enum FirstFrame {
    /// The connection is there.
    Greets,
    /// It is there, and carries the end of the session, so that "connected" would mislead.
    GreetsQuietly,
    /// The try has failed; the gateway wants it later.
    FailsTheTry(Error),
}

/// The login of one client.
#[derive(Debug, Default)]
pub(super) struct Login {
    pub(super) state: State,
    /// The connection that is being made carries a login which is no longer wanted.
    pub(super) dial_is_stale: bool,
    /// Somebody waits, so that a back-off would be wrong.
    pub(super) in_a_hurry: bool,
    /// The session that ended last, so that a late kick of it can be confirmed.
    last: Option<(UserId, SessionId)>,
}

impl Login {
    /// Whether a connection is needed. A logout uses the one that is there.
    pub(super) fn needs_link(&self) -> bool {
        match &self.state {
            State::LoggingIn(_) => true,
            State::LoggedIn(live) => !live.awaits_ticket,
            State::LoggedOut | State::LoggingOut(_) => false,
        }
    }

    pub(super) fn waiting_calls(&self) -> usize {
        match &self.state {
            State::LoggedOut => 0,
            State::LoggingIn(attempt) => attempt.callers.len(),
            State::LoggedIn(live) => live.renewal.waiting_calls(),
            State::LoggingOut(leaving) => leaving.callers.len(),
        }
    }

    /// Whether this user is logged in, or logging in, with this very ticket.
    pub(super) fn has(&self, user: &UserId, ticket: &Ticket) -> bool {
        match &self.state {
            State::LoggingIn(attempt) => attempt.user == *user && attempt.ticket == *ticket,
            State::LoggedOut | State::LoggedIn(_) | State::LoggingOut(_) => {
                self.is_logged_in_with(user, ticket)
            }
        }
    }

    pub(super) fn is_logged_in_with(&self, user: &UserId, ticket: &Ticket) -> bool {
        matches!(&self.state, State::LoggedIn(live) if live.user == *user && live.ticket == *ticket)
    }

    pub(super) fn first_frame(&self, frame: &GatewayFrame) -> FirstFrame {
        match (&self.state, frame) {
            (_, GatewayFrame::Drain(drain)) => FirstFrame::FailsTheTry(draining(drain)),
            (State::LoggedIn(live), GatewayFrame::LoginRefused(refused))
                if refused.session == live.session =>
            {
                if is_worth_retrying(refused) {
                    FirstFrame::FailsTheTry(error_of(refused))
                } else {
                    FirstFrame::GreetsQuietly
                }
            }
            (State::LoggedIn(_), GatewayFrame::Kicked(_) | GatewayFrame::Expired(_)) => {
                FirstFrame::GreetsQuietly
            }
            (State::LoggedOut | State::LoggingIn(_) | State::LoggedIn(_) | State::LoggingOut(_), _) => {
                FirstFrame::Greets
            }
        }
    }
}

impl Running {
    /// Runs one event through the machine.
    pub(super) fn login_event(&mut self, now: Millis, cx: &mut Shared, event: Event) {
        #[cfg(feature = "transitions")]
        let before = (name_of_state(&self.login.state), name_of_event(&event));
        let state = std::mem::take(&mut self.login.state);
        let next = self.step(now, cx, state, event);
        self.login.state = next;
        #[cfg(feature = "transitions")]
        {
            let after = Plain(name_of_state(&self.login.state));
            transitions::record!("client login", Plain(before.0), Plain(before.1), after);
        }
        #[cfg(not(feature = "transitions"))]
        transitions::record!("client login", (), (), ());
        match &self.login.state {
            State::LoggedOut => cx.set(LoginStatus::LoggedOut, None),
            State::LoggingIn(_) => cx.set(LoginStatus::LoggingIn, None),
            State::LoggedIn(live) => cx.set(LoginStatus::LoggedIn, Some(live.user)),
            State::LoggingOut(_) => cx.set(LoginStatus::LoggingOut, None),
        }
    }

    /// The table.
    fn step(&mut self, now: Millis, cx: &mut Shared, state: State, event: Event) -> State {
        use Event as E;
        use State::{LoggedIn, LoggedOut, LoggingIn, LoggingOut};
        match (state, event) {
            (LoggedOut, E::Login { call, user, ticket }) => self.begin(now, cx, call, user, ticket),
            (LoggingIn(attempt), E::Login { call, user, ticket }) => {
                self.log_in_again(now, cx, attempt, call, user, ticket)
            }
            (LoggedIn(live), E::Login { call, user, ticket }) if live.user == user => {
                self.renew_by_login(now, cx, live, call, ticket)
            }
            (LoggedIn(live), E::Login { call, user, ticket }) => {
                self.leave_for_another(cx, live);
                self.begin(now, cx, call, user, ticket)
            }
            (LoggingOut(leaving), E::Login { call, user, ticket }) => {
                self.finish_logout(cx, leaving);
                self.begin(now, cx, call, user, ticket)
            }

            (LoggedOut, E::Logout { call }) => {
                cx.complete(call, Ok(()));
                LoggedOut
            }
            (LoggingIn(attempt), E::Logout { call }) => {
                self.cancel(cx, attempt, codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED);
                cx.complete(call, Ok(()));
                LoggedOut
            }
            (LoggedIn(live), E::Logout { call }) => self.log_out(now, cx, live, call),
            (LoggingOut(mut leaving), E::Logout { call }) => {
                leaving.callers.push(call);
                LoggingOut(leaving)
            }

            (LoggedOut, E::UnInit) => LoggedOut,
            (LoggingIn(attempt), E::UnInit) => {
                self.cancel(cx, attempt, codes::ERR_SDK_COMM_INTERRUPT);
                LoggedOut
            }
            (LoggedIn(live), E::UnInit) => self.interrupt(cx, live),
            (LoggingOut(leaving), E::UnInit) => {
                cx.complete_all(leaving.callers, &Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
                LoggedOut
            }

            (LoggingIn(attempt), E::LinkUp) => LoggingIn(self.send_login(cx, attempt)),
            (LoggedIn(live), E::LinkUp) => self.resume(cx, live),
            (state @ (LoggedOut | LoggingOut(_)), E::LinkUp) => {
                self.report_ends(cx);
                state
            }

            (LoggingIn(attempt), E::LinkFailed { error, answered }) => {
                self.login_link_failed(now, cx, attempt, error, answered)
            }
            (LoggedIn(live), E::LinkFailed { .. } | E::LinkClosed) => {
                LoggedIn(self.renewal_link_failed(live))
            }
            (LoggingOut(leaving), E::LinkFailed { .. } | E::LinkClosed) => self.finish_logout(cx, leaving),
            (LoggingIn(mut attempt), E::LinkClosed) => {
                attempt.sent_on = None;
                LoggingIn(attempt)
            }

            (LoggingIn(attempt), E::Accepted(ok)) if ok.session == attempt.session => {
                self.accepted(now, cx, attempt, &ok)
            }
            (LoggedIn(live), E::Accepted(ok)) if ok.session == live.session => {
                self.resumed(now, cx, live, &ok)
            }
            // An acknowledgement that comes after cancel, supersede or deadline is logged out at once (C10).
            (state, E::Accepted(ok)) => {
                self.log_out_late(cx, &ok);
                state
            }

            (LoggingIn(attempt), E::Refused(refused)) if refused.session == attempt.session => {
                self.login_refused(now, cx, attempt, &refused)
            }
            (LoggedIn(live), E::Refused(refused)) if refused.session == live.session => {
                self.resume_refused(now, cx, live, &refused)
            }
            (state, E::Refused(_)) => state,

            (LoggedIn(live), E::Renewed(renewed)) if renewed.session == live.session => {
                self.renewed(now, cx, live, &renewed)
            }
            (LoggedIn(live), E::RenewRefused(refused)) if refused.session == live.session => {
                self.renew_refused(now, cx, live, &refused)
            }
            // The answer to a renewal of a session that has ended since.
            (state, E::Renewed(_) | E::RenewRefused(_)) => state,

            (LoggingOut(leaving), E::LoggedOut(note)) if note.session == leaving.session => {
                cx.forget_end(note.session);
                self.finish_logout(cx, leaving)
            }
            (state, E::LoggedOut(note)) => {
                cx.forget_end(note.session);
                state
            }

            (LoggedIn(live), E::Kicked(kicked)) if kicked.session == live.session => {
                self.confirm_kick(cx, live.user, live.session);
                let kick =
                    Kick { reason: kicked.reason, platform: kicked.platform, at: kicked.at, code: None };
                self.kicked(cx, live, kick)
            }
            (LoggingIn(attempt), E::Kicked(kicked)) if kicked.session == attempt.session => {
                self.confirm_kick(cx, attempt.user, attempt.session);
                let error = Error::of(code_of_kick(kicked.reason));
                self.fail(cx, attempt, error)
            }
            // It ended by its own user first, and a session ends once (C1).
            (state, E::Kicked(kicked)) => self.kicked_late(cx, state, &kicked),

            (LoggedIn(live), E::Expired(note)) if note.session == live.session => self.expire(cx, live),
            (LoggingIn(attempt), E::Expired(note)) if note.session == attempt.session => {
                self.fail(cx, attempt, Error::of(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED))
            }
            (LoggingOut(leaving), E::Expired(note)) if note.session == leaving.session => {
                cx.forget_end(note.session);
                self.finish_logout(cx, leaving)
            }
            (state, E::Expired(_)) => state,

            (LoggedIn(live), E::ExpiryDue | E::ClockHeard) => self.check_expiry(now, cx, live),
            (LoggingIn(attempt), E::LoginDeadline) => self.login_deadline(cx, attempt),
            (LoggingOut(leaving), E::LogoutDeadline) => self.finish_logout(cx, leaving),
            (LoggedIn(live), E::RenewDeadline) => LoggedIn(self.renew_deadline(now, cx, live)),
            (LoggedIn(live), E::TicketDeadline) => self.ticket_deadline(cx, live),
            (LoggedIn(live), E::AskTicketDue) => LoggedIn(self.ask_ticket(now, cx, live)),
            (LoggedIn(live), E::ProviderChanged) => LoggedIn(self.schedule_renewal(now, cx, live)),
            (LoggedIn(live), E::Provided(request, answer)) => self.provided(now, cx, live, request, answer),

            // A link that fails while nobody is logged in concerns nobody here.
            (LoggedOut, E::LinkFailed { .. } | E::LinkClosed) => LoggedOut,
            // Timers and answers that a change of state has made void (C15: a late ticket is dropped).
            (
                state @ (LoggedOut | LoggingIn(_) | LoggingOut(_)),
                E::ExpiryDue
                | E::ClockHeard
                | E::RenewDeadline
                | E::TicketDeadline
                | E::AskTicketDue
                | E::ProviderChanged
                | E::Provided(..),
            )
            | (state @ (LoggedOut | LoggedIn(_) | LoggingOut(_)), E::LoginDeadline)
            | (state @ (LoggedOut | LoggingIn(_) | LoggedIn(_)), E::LogoutDeadline) => state,
        }
    }

    // ---- logging in ---------------------------------------------------------------------------------------------

    fn begin(&mut self, now: Millis, cx: &mut Shared, call: CallId, user: UserId, ticket: Ticket) -> State {
        let deadline = now + Millis(self.config.settings.login_timeout_ms);
        self.timers.set(Timer::LoginDeadline, deadline);
        let attempt = Attempt {
            user,
            ticket,
            session: SessionId(cx.ids.bytes()),
            callers: vec![call],
            deadline,
            sent_on: None,
            connected: false,
            last_failure: None,
        };
        self.login.in_a_hurry = true;
        State::LoggingIn(self.send_login(cx, attempt))
    }

    /// C6.
    fn log_in_again(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut attempt: Attempt,
        call: CallId,
        user: UserId,
        ticket: Ticket,
    ) -> State {
        if attempt.user == user && attempt.ticket == ticket {
            attempt.callers.push(call);
            return State::LoggingIn(attempt);
        }
        self.give_up(cx, attempt, codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED, false);
        self.begin(now, cx, call, user, ticket)
    }

    /// Sends the login, if there is a connection that has not seen it.
    fn send_login(&mut self, cx: &mut Shared, mut attempt: Attempt) -> Attempt {
        let Some(connection) = self.link.up() else { return attempt };
        attempt.connected = true;
        if attempt.sent_on != Some(connection) {
            attempt.sent_on = Some(connection);
            let login = self.login_frame(cx, attempt.user, &attempt.ticket, attempt.session, false);
            cx.send(connection, ClientFrame::Login(Box::new(login)));
        }
        attempt
    }

    /// The login that a new connection carries in its upgrade request.
    pub(super) fn login_to_dial(&mut self, cx: &mut Shared, connection: u64) -> Option<wire::Login> {
        let mut state = std::mem::take(&mut self.login.state);
        let login = match &mut state {
            State::LoggingIn(attempt) => {
                attempt.sent_on = Some(connection);
                Some(self.login_frame(cx, attempt.user, &attempt.ticket, attempt.session, false))
            }
            State::LoggedIn(live) if !live.awaits_ticket => {
                Some(self.login_frame(cx, live.user, live.ticket_to_resume(), live.session, true))
            }
            State::LoggedIn(_) | State::LoggedOut | State::LoggingOut(_) => None,
        };
        self.login.state = state;
        self.login.in_a_hurry = false;
        login
    }

    fn login_frame(
        &self,
        cx: &mut Shared,
        user: UserId,
        ticket: &Ticket,
        session: SessionId,
        resume: bool,
    ) -> wire::Login {
        cx.attempt += 1;
        let attempt = cx.attempt;
        let ends = cx.ends.iter_mut().filter(|(end, _)| end.session != session).map(|(end, reported)| {
            *reported = Some(attempt);
            end.clone()
        });
        let ends = ends.collect();
        let lease = self.config.settings.lease_ms;
        wire::Login {
            app: self.config.app,
            user: user.to_string(),
            ticket: ticket.clone(),
            device: self.config.device,
            platform: self.config.platform,
            session,
            instance: cx.instance,
            attempt,
            resume,
            ends,
            lease: (lease > 0).then_some(Millis(lease)),
        }
    }

    fn accepted(&mut self, now: Millis, cx: &mut Shared, attempt: Attempt, ok: &LoginOk) -> State {
        self.timers.clear(Timer::LoginDeadline);
        cx.ends.retain(|(_, reported)| *reported != Some(ok.attempt));
        cx.set(LoginStatus::LoggedIn, Some(attempt.user));
        cx.complete_all(attempt.callers, &Ok(()));
        let live = Live {
            user: attempt.user,
            ticket: attempt.ticket,
            session: attempt.session,
            expires: ok.expires,
            renewal: Renewal::default(),
            awaits_ticket: false,
        };
        let live = self.lifetime_begins(now, cx, live);
        self.check_expiry(now, cx, live)
    }

    fn login_refused(&mut self, now: Millis, cx: &mut Shared, attempt: Attempt, refused: &Refused) -> State {
        cx.ends.retain(|(_, reported)| *reported != Some(refused.attempt));
        let error = error_of(refused);
        if self.may_wait(now, &attempt, &error) {
            let attempt =
                Attempt { sent_on: None, connected: true, last_failure: Some(error.clone()), ..attempt };
            // The state has to be in place: the connection machine asks whether a connection is needed.
            self.login.state = State::LoggingIn(attempt);
            self.drop_link(now, cx, error);
            return std::mem::take(&mut self.login.state);
        }
        let next = self.fail(cx, attempt, error);
        self.close_link(now, cx);
        next
    }

    /// Whether the gateway's answer is one to come back after, within the deadline (C10).
    fn may_wait(&self, now: Millis, attempt: &Attempt, error: &Error) -> bool {
        error.retryable && error.retry_after.is_some_and(|after| now + after < attempt.deadline)
    }

    fn login_link_failed(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut attempt: Attempt,
        error: Error,
        answered: bool,
    ) -> State {
        attempt.sent_on = None;
        if answered && !self.may_wait(now, &attempt, &error) {
            return self.fail(cx, attempt, error);
        }
        attempt.last_failure = Some(error);
        State::LoggingIn(attempt)
    }

    fn login_deadline(&mut self, cx: &mut Shared, attempt: Attempt) -> State {
        let (code, what) = if attempt.connected || self.link.up().is_some() {
            (codes::ERR_SDK_NET_WAIT_ACK_TIMEOUT, "the gateway did not answer the login in time")
        } else {
            (codes::ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK, "the gateway could not be reached in time")
        };
        let desc = match &attempt.last_failure {
            Some(failure) => format!("{what}; the last try failed with {failure}"),
            None => what.to_owned(),
        };
        self.abandon(cx, &attempt);
        self.fail(cx, attempt, Error::new(code, desc))
    }

    fn fail(&mut self, cx: &mut Shared, attempt: Attempt, error: Error) -> State {
        self.timers.clear(Timer::LoginDeadline);
        cx.set(LoginStatus::LoggedOut, None);
        cx.complete_all(attempt.callers, &Err(error));
        State::LoggedOut
    }

    fn cancel(&mut self, cx: &mut Shared, attempt: Attempt, code: Code) {
        self.give_up(cx, attempt, code, true);
    }

    /// Ends an attempt whose answer nobody wants any more. `tell` sends the logout at once; otherwise the login that
    /// follows carries it.
    fn give_up(&mut self, cx: &mut Shared, attempt: Attempt, code: Code, tell: bool) {
        self.timers.clear(Timer::LoginDeadline);
        self.abandon(cx, &attempt);
        if tell && attempt.sent_on.is_some() && attempt.sent_on == self.link.up() {
            self.send_end(cx, attempt.user, attempt.session);
        }
        let next = if tell { LoginStatus::LoggedOut } else { LoginStatus::LoggingIn };
        cx.set(next, None);
        cx.complete_all(attempt.callers, &Err(Error::of(code)));
    }

    /// The gateway may have the login, or get it yet.
    fn abandon(&mut self, cx: &mut Shared, attempt: &Attempt) {
        self.dial_goes_stale();
        self.login.last = Some((attempt.user, attempt.session));
        cx.remember_end(self.end_of(attempt.user, attempt.session));
    }

    fn dial_goes_stale(&mut self) {
        if self.link.up().is_none() && self.dial_carries_login {
            self.login.dial_is_stale = true;
        }
    }

    fn log_out_late(&mut self, cx: &mut Shared, ok: &LoginOk) {
        let end = cx.ends.iter().find(|(end, _)| end.session == ok.session).map(|(end, _)| end.clone());
        if let (Some(end), Some(connection)) = (end, self.link.up()) {
            cx.send(connection, ClientFrame::Logout(end));
        }
    }

    // ---- logging out --------------------------------------------------------------------------------------------

    fn log_out(&mut self, now: Millis, cx: &mut Shared, live: Live, call: CallId) -> State {
        let (user, session) = (live.user, live.session);
        self.end_lifetime(
            cx,
            live,
            &Error::of(codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED),
            LoginStatus::LoggingOut,
        );
        cx.remember_end(self.end_of(user, session));
        if self.link.up().is_none() {
            self.dial_goes_stale();
            cx.set(LoginStatus::LoggedOut, None);
            cx.complete(call, Ok(()));
            return State::LoggedOut;
        }
        self.send_end(cx, user, session);
        self.timers.set(Timer::LogoutDeadline, now + Millis(self.config.settings.logout_timeout_ms));
        State::LoggingOut(Leaving { session, callers: vec![call] })
    }

    fn finish_logout(&mut self, cx: &mut Shared, leaving: Leaving) -> State {
        self.timers.clear(Timer::LogoutDeadline);
        cx.set(LoginStatus::LoggedOut, None);
        cx.complete_all(leaving.callers, &Ok(()));
        State::LoggedOut
    }

    /// Account switch (C7): the login that follows ends this session first.
    fn leave_for_another(&mut self, cx: &mut Shared, live: Live) {
        let end = self.end_of(live.user, live.session);
        self.dial_goes_stale();
        self.end_lifetime(
            cx,
            live,
            &Error::of(codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED),
            LoginStatus::LoggingIn,
        );
        cx.remember_end(end);
    }

    fn interrupt(&mut self, cx: &mut Shared, live: Live) -> State {
        let (user, session) = (live.user, live.session);
        self.end_lifetime(cx, live, &Error::of(codes::ERR_SDK_COMM_INTERRUPT), LoginStatus::LoggedOut);
        cx.remember_end(self.end_of(user, session));
        if self.link.up().is_some() {
            self.send_end(cx, user, session);
        }
        State::LoggedOut
    }

    fn end_of(&self, user: UserId, session: SessionId) -> Logout {
        Logout { app: self.config.app, user: user.to_string(), session }
    }

    fn send_end(&mut self, cx: &mut Shared, user: UserId, session: SessionId) {
        if let Some(connection) = self.link.up() {
            cx.send(connection, ClientFrame::Logout(self.end_of(user, session)));
        }
    }

    /// C8: an ended session is reported at the device's next connection.
    fn report_ends(&mut self, cx: &mut Shared) {
        let Some(connection) = self.link.up() else { return };
        for (end, _) in &cx.ends {
            let frame = ClientFrame::Logout(end.clone());
            cx.orders.push_back(Order::Send { connection, frame });
        }
    }

    // ---- being ended --------------------------------------------------------------------------------------------

    pub(super) fn kicked(&mut self, cx: &mut Shared, live: Live, kick: Kick) -> State {
        let error = Error::of(code_of_kick(kick.reason));
        self.end_lifetime(cx, live, &error, LoginStatus::LoggedOut);
        cx.raise(EventKind::KickedOffline(kick));
        State::LoggedOut
    }

    fn kicked_late(&mut self, cx: &mut Shared, state: State, kicked: &Kicked) -> State {
        if let Some((user, session)) = self.login.last
            && session == kicked.session
        {
            self.confirm_kick(cx, user, session);
        }
        match state {
            State::LoggingOut(leaving) if leaving.session == kicked.session => {
                cx.forget_end(leaving.session);
                self.finish_logout(cx, leaving)
            }
            State::LoggedOut | State::LoggingIn(_) | State::LoggedIn(_) | State::LoggingOut(_) => state,
        }
    }

    fn confirm_kick(&mut self, cx: &mut Shared, user: UserId, session: SessionId) {
        if let Some(connection) = self.link.up() {
            let ack = KickAck { app: self.config.app, user: user.to_string(), session };
            cx.send(connection, ClientFrame::KickAck(ack));
        }
    }

    /// C14, whoever sees it first.
    pub(super) fn expire(&mut self, cx: &mut Shared, live: Live) -> State {
        self.dial_goes_stale();
        if live.renewal.refresh().is_some() {
            // The gateway may have the newer ticket, and would keep a session that nobody has (C15).
            cx.remember_end(self.end_of(live.user, live.session));
            self.send_end(cx, live.user, live.session);
        }
        self.end_lifetime(cx, live, &Error::of(codes::ERR_USER_SIG_EXPIRED), LoginStatus::LoggedOut);
        cx.raise(EventKind::UserSigExpired);
        State::LoggedOut
    }

    fn check_expiry(&mut self, now: Millis, cx: &mut Shared, live: Live) -> State {
        if self.clock.gateway(now).is_some_and(|gateway| gateway > live.expires) {
            return self.expire(cx, live);
        }
        self.timers.set(Timer::Expiry, self.clock.own(now, live.expires + Millis(1)));
        State::LoggedIn(self.schedule_renewal(now, cx, live))
    }

    /// A session is over: its timers stop, and calls that wait for a renewal get `error`.
    fn end_lifetime(&mut self, cx: &mut Shared, live: Live, error: &Error, next: LoginStatus) {
        for timer in [Timer::Expiry, Timer::RenewDeadline, Timer::TicketDeadline, Timer::AskTicket] {
            self.timers.clear(timer);
        }
        self.login.last = Some((live.user, live.session));
        cx.set(next, None);
        cx.complete_all(live.renewal.into_callers(), &Err(error.clone()));
    }
}

/// Whether a resume that was refused so may be tried again. 6208 is worth another login, but it ends this session.
pub(super) fn is_worth_retrying(refused: &Refused) -> bool {
    refused.retryable && refused.code != codes::ERR_LOGIN_KICKED_OFF_BY_OTHER
}

/// The gateway's refusal as an error.
pub(super) fn error_of(refused: &Refused) -> Error {
    Error {
        code: refused.code,
        desc: refused.desc.clone(),
        retryable: refused.retryable,
        retry_after: refused.retry_after,
    }
}

/// The gateway is about to stop (G8).
pub(super) fn draining(drain: &wire::Drain) -> Error {
    Error::new(codes::ERR_SVR_SSO_OVERLOAD, "the gateway is stopping").retry_after(Some(drain.retry_after))
}

/// What a call gets whose session was kicked under it.
fn code_of_kick(reason: KickReason) -> Code {
    match reason {
        KickReason::Policy | KickReason::Other => codes::ERR_LOGIN_KICKED_OFF_BY_OTHER,
        KickReason::Disabled => codes::ERR_SVR_ACCOUNT_BLACKLIST,
        KickReason::Admin | KickReason::Revoked => codes::ERR_SVR_ACCOUNT_INVALID_USERSIG,
        KickReason::TicketRefused => codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED,
    }
}

impl Live {
    /// The ticket that a resume is tried with: a newer one that waits, if the old one was found expired.
    fn ticket_to_resume(&self) -> &Ticket {
        match self.renewal.refresh() {
            Some(Refresh { ticket, resumes: true, .. }) => ticket,
            Some(_) | None => &self.ticket,
        }
    }
}

#[cfg(feature = "transitions")]
struct Plain(&'static str);

#[cfg(feature = "transitions")]
impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(feature = "transitions")]
fn name_of_state(state: &State) -> &'static str {
    match state {
        State::LoggedOut => "LoggedOut",
        State::LoggingIn(_) => "LoggingIn",
        State::LoggedIn(_) => "LoggedIn",
        State::LoggingOut(_) => "LoggingOut",
    }
}

#[cfg(feature = "transitions")]
fn name_of_event(event: &Event) -> &'static str {
    match event {
        Event::Login { .. } => "Login",
        Event::Logout { .. } => "Logout",
        Event::UnInit => "UnInit",
        Event::ProviderChanged => "ProviderChanged",
        Event::Provided(_, Ok(_)) => "TicketProvided",
        Event::Provided(_, Err(_)) => "ProviderFailed",
        Event::LinkUp => "LinkUp",
        Event::LinkFailed { answered: false, .. } => "LinkFailed",
        Event::LinkFailed { answered: true, .. } => "LinkRefused",
        Event::LinkClosed => "LinkClosed",
        Event::ClockHeard => "ClockHeard",
        Event::Accepted(_) => "Accepted",
        Event::Refused(_) => "Refused",
        Event::Renewed(_) => "Renewed",
        Event::RenewRefused(_) => "RenewRefused",
        Event::LoggedOut(_) => "LoggedOut",
        Event::Kicked(_) => "Kicked",
        Event::Expired(_) => "Expired",
        Event::ExpiryDue => "ExpiryDue",
        Event::LoginDeadline => "LoginDeadline",
        Event::LogoutDeadline => "LogoutDeadline",
        Event::RenewDeadline => "RenewDeadline",
        Event::TicketDeadline => "TicketDeadline",
        Event::AskTicketDue => "AskTicketDue",
    }
}
