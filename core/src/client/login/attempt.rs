//! Logging in: how an attempt begins, waits, is answered, and is given up.

use super::{Attempt, Live, State, error_of};
use crate::client::Shared;
use crate::client::queue::CallId;
use crate::client::renewal::Renewal;
use crate::client::running::Running;
use crate::client::timers::Timer;
use crate::error::{Code, Error};
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::id::{SessionId, UserId};
use crate::ticket::Ticket;
use crate::time::Millis;
use crate::wire::{self, ClientFrame, LoginOk, Refused};

impl Running {
    pub(super) fn begin(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        call: CallId,
        user: UserId,
        ticket: Ticket,
    ) -> State {
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
    pub(super) fn log_in_again(
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
    pub(super) fn send_login(&mut self, cx: &mut Shared, mut attempt: Attempt) -> Attempt {
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
    pub(in crate::client) fn login_to_dial(
        &mut self,
        cx: &mut Shared,
        connection: u64,
    ) -> Option<wire::Login> {
        let mut state = std::mem::take(&mut self.login.state);
        let login = match &mut state {
            State::LoggingIn(attempt) => {
                attempt.sent_on = Some(connection);
                Some(self.login_frame(cx, attempt.user, &attempt.ticket, attempt.session, false))
            }
            State::LoggedIn(live) => {
                Some(self.login_frame(cx, live.user, live.ticket_to_resume(), live.session, true))
            }
            State::LoggedOut | State::LoggingOut(_) => None,
        };
        self.login.state = state;
        self.login.in_a_hurry = false;
        login
    }

    pub(super) fn login_frame(
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

    pub(super) fn accepted(&mut self, now: Millis, cx: &mut Shared, attempt: Attempt, ok: &LoginOk) -> State {
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

    pub(super) fn login_refused(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        attempt: Attempt,
        refused: &Refused,
    ) -> State {
        cx.ends.retain(|(_, reported)| *reported != Some(refused.attempt));
        let error = error_of(refused);
        if self.may_wait(now, &attempt, &error) {
            let attempt = Attempt { last_failure: Some(error.clone()), ..attempt };
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
    pub(super) fn may_wait(&self, now: Millis, attempt: &Attempt, error: &Error) -> bool {
        error.retryable && error.retry_after.is_some_and(|after| now + after < attempt.deadline)
    }

    pub(super) fn login_link_failed(
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

    pub(super) fn login_deadline(&mut self, cx: &mut Shared, attempt: Attempt) -> State {
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

    pub(super) fn fail(&mut self, cx: &mut Shared, attempt: Attempt, error: Error) -> State {
        self.timers.clear(Timer::LoginDeadline);
        cx.set(LoginStatus::LoggedOut, None);
        cx.complete_all(attempt.callers, &Err(error));
        State::LoggedOut
    }

    pub(super) fn cancel(&mut self, cx: &mut Shared, attempt: Attempt, code: Code) {
        self.give_up(cx, attempt, code, true);
    }

    /// Ends an attempt whose answer nobody wants any more. `tell` sends the logout at once; otherwise the login that
    /// follows carries it.
    pub(super) fn give_up(&mut self, cx: &mut Shared, attempt: Attempt, code: Code, tell: bool) {
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
    pub(super) fn abandon(&mut self, cx: &mut Shared, attempt: &Attempt) {
        self.dial_goes_stale();
        self.login.last = Some((attempt.user, attempt.session));
        cx.remember_end(self.end_of(attempt.user, attempt.session));
    }

    pub(super) fn dial_goes_stale(&mut self) {
        if self.link.up().is_none() && self.dial_carries_login {
            self.login.dial_is_stale = true;
        }
    }

    pub(super) fn log_out_late(&mut self, cx: &mut Shared, ok: &LoginOk) {
        let end = cx.ends.iter().find(|(end, _)| end.session == ok.session).map(|(end, _)| end.clone());
        if let (Some(end), Some(connection)) = (end, self.link.up()) {
            cx.send(connection, ClientFrame::Logout(end));
        }
    }
}
