//! Being ended: kicks, expiry, and what every end of a session has in common.

use super::{Live, State, code_of_kick};
use crate::client::Shared;
use crate::client::queue::{EventKind, Kick};
use crate::client::running::Running;
use crate::client::timers::Timer;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::id::{SessionId, UserId};
use crate::time::Millis;
use crate::wire::{ClientFrame, KickAck, Kicked};

impl Running {
    pub(in crate::client) fn kicked(&mut self, cx: &mut Shared, live: Live, kick: Kick) -> State {
        let error = Error::of(code_of_kick(kick.reason));
        self.end_lifetime(cx, live, &error, LoginStatus::LoggedOut);
        cx.raise(EventKind::KickedOffline(kick));
        State::LoggedOut
    }

    pub(super) fn kicked_late(&mut self, cx: &mut Shared, state: State, kicked: &Kicked) -> State {
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

    pub(super) fn confirm_kick(&mut self, cx: &mut Shared, user: UserId, session: SessionId) {
        if let Some(connection) = self.link.up() {
            let ack = KickAck { app: self.config.app, user: user.to_string(), session };
            cx.send(connection, ClientFrame::KickAck(ack));
        }
    }

    /// C14, whoever sees it first.
    pub(in crate::client) fn expire(&mut self, cx: &mut Shared, live: Live) -> State {
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

    pub(super) fn check_expiry(&mut self, now: Millis, cx: &mut Shared, live: Live) -> State {
        if self.clock.gateway(now).is_some_and(|gateway| gateway > live.expires) {
            return self.expire(cx, live);
        }
        self.timers.set(Timer::Expiry, self.clock.own(now, live.expires + Millis(1)));
        State::LoggedIn(self.schedule_renewal(now, cx, live))
    }

    /// A session is over: its timers stop, and calls that wait for a renewal get `error`.
    pub(super) fn end_lifetime(&mut self, cx: &mut Shared, live: Live, error: &Error, next: LoginStatus) {
        for timer in [Timer::Expiry, Timer::RenewDeadline, Timer::TicketDeadline, Timer::AskTicket] {
            self.timers.clear(timer);
        }
        self.login.last = Some((live.user, live.session));
        cx.set(next, None);
        cx.complete_all(live.renewal.into_callers(), &Err(error.clone()));
    }
}
